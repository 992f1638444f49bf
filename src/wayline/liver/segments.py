"""The eight segments of the liver (Couinaud), named in words: `content/liver/segments.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wayline.facts.lesions import LEFT_LOBE, RIGHT_LOBE, SEGMENTS
from wayline.reading import Place, WaylineError, nearest, number_at, read, require_keys, rows_at, text_at, texts_at

UNKNOWN_SEGMENT = "unknown"
_SIDES = {"left": LEFT_LOBE, "right": RIGHT_LOBE}


@dataclass(frozen=True)
class Segment:
    """One segment: its id as in `liver.lesions`, its name, where it lies in everyday words, other ways to write its number."""

    id: str
    title: str
    words: str
    also_written: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """`Segment 6, right back, lower part`."""
        return f"{self.title}, {self.words}"


class Segments(Mapping[str, Segment]):
    """All segments by id, with the width in cm of the liver that is drawn."""

    def __init__(self, segments: Mapping[str, Segment], usual_width_cm: float, cites: tuple[str, ...]) -> None:
        self._segments = dict(segments)
        self.usual_width_cm = usual_width_cm
        self.cites = cites

    def __getitem__(self, segment_id: str) -> Segment:
        return self._segments[segment_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._segments)

    def __len__(self) -> int:
        return len(self._segments)

    def place_in_words(self, segment_id: str) -> str:
        """`segment 6 (right back, lower part)`, or that the place is not known."""
        if segment_id == UNKNOWN_SEGMENT:
            return "place not known"
        segment = self[segment_id]
        return f"segment {segment.id} ({segment.words})"


def load_segments(path: Path) -> Segments:
    """Load the segments strictly: each of them once, on the side where the facts count it."""
    name = f"liver/{path.name}"
    document = require_keys(read(path, name), ("usual_width_cm", "cites", "segments"), Place(name, 1))
    width = require_keys(document["usual_width_cm"], ("value", "cites"), document.at("usual_width_cm"))
    known = [segment for segment in SEGMENTS if segment != UNKNOWN_SEGMENT]
    segments: dict[str, Segment] = {}
    rows = rows_at(document, "segments")
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("id", "title", "words", "also_written", "side"), place)
        segment = Segment(text_at(block, "id"), text_at(block, "title"), text_at(block, "words"), tuple(texts_at(block, "also_written")))
        if segment.id not in known:
            raise block.at("id").error(f"'{segment.id}' is not a segment.{nearest(segment.id, known)}")
        if segment.id in segments:
            raise block.at("id").error(f"segment '{segment.id}' stands twice")
        side = next((side for side, ids in _SIDES.items() if segment.id in ids), "neither")
        if block["side"] != side:
            raise block.at("side").error(f"segment '{segment.id}' counts as '{side}' (docs/reference/facts.md)")
        segments[segment.id] = segment
    missing = [segment for segment in known if segment not in segments]
    if missing:
        raise WaylineError(f"{name}: segment '{missing[0]}' is missing")
    usual_width_cm = number_at(width, "value")
    if not 5 <= usual_width_cm <= 50:
        raise width.at("value").error("the width of a liver lies between 5 and 50 cm")
    return Segments(segments, usual_width_cm, (*texts_at(width, "cites"), *texts_at(document, "cites")))
