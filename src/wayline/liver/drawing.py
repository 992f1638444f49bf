"""The liver drawn: eight segments named in words, each tumor at its size and place, as an SVG that can be read without seeing it.

The same drawing serves the site, where the style sheet colors it, and a file, which brings its own small style. A tumor whose place is not
known is drawn below the liver, one whose size is not exactly known with a broken line.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from wayline.facts.courses import Listing
from wayline.facts.lesions import Lesion
from wayline.facts.values import NumberRange, tidy
from wayline.liver.segments import UNKNOWN_SEGMENT, Segments
from wayline.liver.shape import (
    HEIGHT,
    LIVER_WIDTH,
    WIDTH,
    Circle,
    Point,
    label_place,
    number_place,
    place_circles,
    segment_outlines,
    whole_outline,
)
from wayline.logic.wording import number_in_words

_SMALLEST_RADIUS = 6.0  # smaller dots could not be seen; their size stands in words
_UNSIZED_RADIUS = 13.0
_LABEL_INSIDE_FROM = 17.0
_LONGEST_NAME = 9
_ROW_GAP = 22.0
_ROW_TOP = HEIGHT + 44
_STYLE = """
.liver-map{--ink:#1D2529;--soft:#4A555B;--rule:#8B8578;--sheet:#FFFFFF;--accent:#0E5A63}
@media (prefers-color-scheme:dark){
.liver-map{--ink:#ECE8E0;--soft:#B9BDB8;--rule:#7C868B;--sheet:#1F2427;--accent:#7CC4C6;background:#16191B}}
.liver-map text{font-family:system-ui,sans-serif;font-size:22px;fill:var(--soft)}
.liver-outline{fill:var(--sheet);stroke:var(--ink);stroke-width:3}.segment-shape{fill:transparent;stroke:var(--rule);stroke-width:1.5}
.segment-1 .segment-shape{fill:var(--sheet);stroke-dasharray:5 4}.segment:focus{outline:none}
.segment:focus .segment-shape{stroke:var(--accent);stroke-width:4}
.tumor{fill:var(--accent);fill-opacity:.28;stroke:var(--accent);stroke-width:2.5}.tumor.unsure{stroke-dasharray:6 5;fill-opacity:.1}
.liver-map text.tumor-name{fill:var(--ink);font-weight:600}
""".strip()


@dataclass(frozen=True)
class DrawnTumor:
    """A tumor as it is drawn and named: `name` is its own or the next free letter."""

    name: str
    lesion: Lesion

    @property
    def size_in_words(self) -> str:
        return "size not known" if self.lesion.diameter_cm is None else number_in_words(self.lesion.diameter_cm, "cm")


def named_tumors(lesions: Sequence[Lesion] | Listing[Lesion]) -> tuple[DrawnTumor, ...]:
    """Every tumor with a name: its own, else the next letter that no other one has."""
    taken = {lesion.name for lesion in lesions if lesion.name is not None}
    free = (name for name in letters() if name not in taken)
    return tuple(DrawnTumor(next(free) if lesion.name is None else lesion.name, lesion) for lesion in lesions)


def tumors_in_words(tumors: Sequence[DrawnTumor], segments: Segments) -> str:
    """The text twin of the map: every tumor with its place and size."""
    if not tumors:
        return "No single tumor is drawn."
    told = [
        f"{tumor.name} in {segments.place_in_words(tumor.lesion.segment)}, {tumor.size_in_words}" for tumor in tumors if _is_placed(tumor)
    ]
    told += [f"{tumor.name}, place not known, {tumor.size_in_words}" for tumor in tumors if not _is_placed(tumor)]
    return f"{len(tumors)} tumor{'s' if len(tumors) > 1 else ''} drawn: {'; '.join(told)}."


def _is_placed(tumor: DrawnTumor) -> bool:
    return tumor.lesion.segment != UNKNOWN_SEGMENT


def letters() -> Sequence[str]:
    """A, B, C and on to ZZ: names for tumors that have none."""
    single = list(string.ascii_uppercase)
    return [*single, *(first + second for first in single for second in single)]


def liver_map(tumors: Sequence[DrawnTumor], segments: Segments, *, name: str = "liver", standalone: bool = False) -> str:
    """The map as SVG text, its text twin in its description. `name` makes its ids its own on a page.

    Each segment is reached by the tab key and says its name and tumors. `standalone` brings a style and the namespace of a file.
    """
    placed = [tumor for tumor in tumors if _is_placed(tumor)]
    unplaced = [tumor for tumor in tumors if not _is_placed(tumor)]
    per_cm = LIVER_WIDTH / segments.usual_width_cm
    row = _row([_radius(tumor, per_cm) for tumor in unplaced])
    height = HEIGHT if not row else _ROW_TOP + max(circle.y - _ROW_TOP + circle.radius for circle in row) + 12
    root = _root(name, tumors_in_words(tumors, segments), height, standalone, is_picture=False)
    _draw_liver(root)
    circles = place_circles([(tumor.lesion.segment, _radius(tumor, per_cm)) for tumor in placed])
    for segment_id in _front_to_back():
        held = [tumor for tumor in placed if tumor.lesion.segment == segment_id]
        _draw_segment(root, segment_id, segments, held, number_place(segment_id, circles))
    for tumor, circle in zip(placed, circles, strict=True):
        _draw_tumor(root, tumor, circle)
    if row:
        names = "; ".join(f"tumor {tumor.name}, {tumor.size_in_words}" for tumor in unplaced)
        group = _sub(root, "g", {"class": "unplaced", "role": "img", "tabindex": "0", "aria-label": f"Place not known: {names}"})
        _text(group, "Place not known", (8, HEIGHT + 24), "start")
        for tumor, circle in zip(unplaced, row, strict=True):
            _draw_tumor(group, tumor, circle)
    return ElementTree.tostring(root, encoding="unicode")


def bare_map(segments: Segments, *, name: str) -> str:
    """The liver with its segments and nothing else, for a form that puts its own buttons over it; silent for screen readers."""
    root = _root(name, "", HEIGHT, False, is_picture=True)
    _draw_liver(root)
    for segment_id in _front_to_back():
        group = _sub(root, "g", {"class": f"segment segment-{segment_id}", "data-segment": segment_id})
        _sub(group, "polygon", {"class": "segment-shape", "points": _points(segment_outlines()[segment_id])})
    return ElementTree.tostring(root, encoding="unicode")


def share_of_drawing(segment_id: str) -> tuple[float, float]:
    """Where a segment's number stands, in percent of the drawing's width and height."""
    x, y = label_place(segment_id)
    return tidy(round(100 * x / WIDTH, 1)), tidy(round(100 * y / HEIGHT, 1))


def _root(name: str, summary: str, height: float, standalone: bool, *, is_picture: bool) -> ElementTree.Element:
    attributes = {"class": "liver-map", "viewBox": f"0 0 {WIDTH:g} {height:g}"}
    if standalone:
        attributes |= {"xmlns": "http://www.w3.org/2000/svg", "width": f"{WIDTH:g}", "height": f"{height:g}"}
    if is_picture:
        return ElementTree.Element("svg", attributes | {"aria-hidden": "true", "focusable": "false"})
    root = ElementTree.Element("svg", attributes | {"role": "group", "aria-labelledby": f"{name}-title {name}-summary"})
    if standalone:
        _sub(root, "style").text = _STYLE
    _sub(root, "title", {"id": f"{name}-title"}).text = "The liver, drawn from the front"
    _sub(root, "desc", {"id": f"{name}-summary"}).text = summary
    return root


def _draw_liver(root: ElementTree.Element) -> None:
    _sub(root, "polygon", {"class": "liver-outline", "points": _points(whole_outline())})
    _text(root, "your right", (6, 24), "start")
    _text(root, "your left", (WIDTH - 6, 24), "end")


def _front_to_back() -> list[str]:
    """All segments in their order, the caudate lobe last: it is drawn over its neighbors."""
    return ["2", "3", "4a", "4b", "5", "6", "7", "8", "1"]


def _draw_segment(root: ElementTree.Element, segment_id: str, segments: Segments, tumors: Sequence[DrawnTumor], number: Point) -> None:
    held = "; ".join(f"tumor {tumor.name}, {tumor.size_in_words}" for tumor in tumors) or "no tumor told here"
    label = f"{segments[segment_id].in_words}: {held}"
    group = _sub(root, "g", {"class": f"segment segment-{segment_id}", "role": "img", "tabindex": "0", "aria-label": label})
    _sub(group, "title").text = label
    _sub(group, "polygon", {"class": "segment-shape", "points": _points(segment_outlines()[segment_id])})
    _text(group, segment_id, number, "middle")


def _draw_tumor(parent: ElementTree.Element, tumor: DrawnTumor, circle: Circle) -> None:
    size = tumor.lesion.diameter_cm
    unsure = "" if size is not None and size.is_exact else " unsure"
    group = _sub(parent, "g", {"class": "tumor-mark", "aria-hidden": "true"})
    place = {"cx": f"{circle.x:.1f}", "cy": f"{circle.y:.1f}", "r": f"{circle.radius:.1f}"}
    _sub(group, "circle", {"class": f"tumor{unsure}", **place})
    inside = circle.radius >= _LABEL_INSIDE_FROM and len(tumor.name) <= 3
    at = (circle.x, circle.y) if inside else (min(circle.x + circle.radius + 4, WIDTH - 30), circle.y)
    # Of a long name the end is drawn: "lesion 1" and "lesion 2" differ there.
    name = tumor.name if len(tumor.name) <= _LONGEST_NAME else f"…{tumor.name[1 - _LONGEST_NAME :]}"
    _text(group, name, at, "middle" if inside else "start", "tumor-name")


def _radius(tumor: DrawnTumor, per_cm: float) -> float:
    """Half the size to scale. Of a size that is only partly known the end that is known; never larger than the drawing."""
    size = tumor.lesion.diameter_cm
    known = None if size is None else _known_end(size)
    if known is None:
        return _UNSIZED_RADIUS
    return min(max(known * per_cm / 2, _SMALLEST_RADIUS), HEIGHT / 2 - 4)


def _known_end(size: NumberRange) -> float | None:
    return next((end for end in (size.high, size.low) if 0 < end < math.inf), None)


def _row(radii: Sequence[float]) -> list[Circle]:
    """Circles in lines below the liver, each with room for a name beside it."""
    circles: list[Circle] = []
    x, top, tallest = 12.0, _ROW_TOP, 0.0
    for radius in radii:
        if circles and x + 2 * radius > WIDTH - 40:
            x, top, tallest = 12.0, top + 2 * tallest + 12, 0.0
        circles.append(Circle(x + radius, top + radius, radius))
        x += 2 * radius + _ROW_GAP + (0 if radius >= _LABEL_INSIDE_FROM else 24)
        tallest = max(tallest, radius)
    return circles


def _sub(parent: ElementTree.Element, tag: str, attributes: dict[str, str] | None = None) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes or {})


def _text(parent: ElementTree.Element, words: str, at: Point, anchor: str, kind: str = "map-word") -> None:
    attributes = {"class": kind, "x": f"{at[0]:.1f}", "y": f"{at[1]:.1f}", "text-anchor": anchor, "dominant-baseline": "central"}
    _sub(parent, "text", attributes).text = words


def _points(outline: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)
