"""What was read of a mirror's open trials, kept between runs in one file of the data folder, so that a command need not read it again.

The file holds public records and how they were read; nothing about a person. It is used only where everything is as it was when it was
written: the mirror's records, every file that the reading rests on, and this form. Whatever else is found there is passed over, the trials
are read anew, and the file is written again. It is data alone: nothing in it can name code to be run.

The file: a line that names the form, the SHA-256 of all that follows, the length of the header, the header as JSON, then its sections, each
an array or an end-to-end row of JSON texts that are unpacked one by one when asked for.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

import wayline
from wayline.facts.vocabulary import Vocabulary
from wayline.folders import write_whole
from wayline.logic import nodes
from wayline.logic.nodes import Condition
from wayline.reading import WaylineError
from wayline.trials.book import Book, parsed_literal
from wayline.trials.criterion import Criterion
from wayline.trials.expressions import All, AnyOf, Literal, Opposite, Reading, Unread
from wayline.trials.finding import OpenTrials
from wayline.trials.mirror import Mirror
from wayline.trials.places import ZipTable
from wayline.trials.study import Intervention, Site, Study

FILE_NAME = "trials.read"
FORM = 1
LARGEST_FILE_BYTES = 256 * 1024 * 1024
_FIRST_LINE = f"Wayline: trials as they were read, form {FORM}\n".encode()
_ALIGNED_BYTES = 8
_ARRAY_TYPES = frozenset({"<i8", "<f8", "|b1"})
_SOURCES = ("trials", "logic", "facts", "reading.py")
_CONTENT = ("trials", "vocabulary")
# What a kept literal may be made of. A condition on lesions holds code, so it is read from its text again.
_NODES: dict[str, type] = {
    one.__name__: one
    for one in (
        nodes.And, nodes.Or, nodes.Not, nodes.YesNoFact, nodes.ChoiceIn, nodes.ListHolds, nodes.TextIn, nodes.Within, nodes.Had,
        nodes.Compared, nodes.Number, nodes.NumberFact, nodes.Arithmetic, nodes.TimesUpperLimit, nodes.DaysSince,
    )
}  # fmt: skip
_One = TypeVar("_One")


def open_trials(mirror: Mirror, vocabulary: Vocabulary, rests_on: str | None, read: Callable[[], OpenTrials]) -> OpenTrials:
    """The mirror's open trials: as they were kept where nothing has changed since, else as `read` reads them now, and then kept.

    `rests_on` is the `fingerprint` of what reading rests on; where it is None nothing is kept. A folder that cannot be written to is none
    the worse.
    """
    if rests_on is None:
        return read()
    key = _key(mirror, rests_on)
    path = mirror.folder / FILE_NAME
    kept = _kept(path, key, vocabulary)
    if kept is not None:
        return kept
    trials = read()
    if _key(mirror, rests_on) == key:  # nothing was swapped in meanwhile
        with contextlib.suppress(WaylineError, OSError, ValueError):
            write_whole(path, _packed(trials, key), may_replace=True)
    return trials


def fingerprint(content: Path) -> str | None:
    """SHA-256 over all that a reading rests on: source, content, Python, the ZIP codes. None where the source is not to be seen."""
    import zipcodes

    package = Path(wayline.__file__).parent
    digest = hashlib.sha256(repr((wayline.__version__, sys.version_info[:3], np.__version__, zipcodes.__version__)).encode())
    for root, names, ending in ((package, _SOURCES, ".py"), (content, _CONTENT, "")):
        for name in names:
            found = sorted(path for path in _files(root / name) if path.name.endswith(ending))
            if not found:
                return None
            for path in found:
                try:
                    data = path.read_bytes()
                except OSError:
                    return None
                digest.update(f"{path.relative_to(root)} {len(data)}\n".encode() + data)
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names)


def _key(mirror: Mirror, rests_on: str) -> dict[str, object]:
    return {"form": FORM, "mirror": mirror.state_digest, "rests_on": rests_on}


# --- the file -------------------------------------------------------------------------------------------------------


def _kept(path: Path, key: dict[str, object], vocabulary: Vocabulary) -> OpenTrials | None:
    """What the file holds, if it is whole and of this key."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_FILE_BYTES:
            return None
        data = memoryview(path.read_bytes())
    except OSError:
        return None
    start = len(_FIRST_LINE)
    body = start + hashlib.sha256().digest_size
    if data[:start] != _FIRST_LINE or hashlib.sha256(data[body:]).digest() != data[start:body]:
        return None
    try:
        length = int.from_bytes(data[body : body + _ALIGNED_BYTES], "little")
        begin = body + _ALIGNED_BYTES + length
        header = json.loads(bytes(data[body + _ALIGNED_BYTES : begin]))
        if header["key"] != key:
            return None
        return _unpacked(header, data[begin:], vocabulary)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError, WaylineError):
        return None


def _packed(trials: OpenTrials, key: dict[str, object]) -> bytes:
    zip_table = ZipTable.whole()
    sections: dict[str, NDArray[Any] | bytes] = {
        "age_rank": trials.age_rank,
        "site_counts": trials.site_counts,
        "site_points": trials.site_points,
        "zip_codes": zip_table.codes,
        "zip_points": zip_table.points,
        **{f"book.{name}": array for name, array in trials.book.as_arrays().items()},
    }
    for name, texts in (
        ("studies", [_json(_study_row(study)) for study in trials.studies]),
        ("criteria", [_json([_criterion_row(one) for one in criteria]) for criteria in trials.criteria]),
    ):
        sections[name] = b"".join(texts)
        sections[f"{name}.lengths"] = np.asarray([len(text) for text in texts], dtype=np.int64)
    listed, chunks, length = {}, [], 0
    for name, section in sections.items():
        array = section if isinstance(section, np.ndarray) else None
        data = section if isinstance(section, bytes) else np.ascontiguousarray(section).astype(section.dtype.newbyteorder("<")).tobytes()
        listed[name] = [length, len(data), *((array.dtype.newbyteorder("<").str, list(array.shape)) if array is not None else (None, None))]
        chunks.append(data + bytes(-len(data) % _ALIGNED_BYTES))
        length += len(chunks[-1])
    literals = [_kept_literal(literal, text) for literal, text in zip(trials.book.literals, trials.book.literal_texts, strict=True)]
    header = _json(
        {
            "key": key,
            "numbers": trials.numbers,
            "statuses": trials.statuses,
            "rings": trials.rings,
            "literals": literals,
            "literal_texts": trials.book.literal_texts,
            "sections": listed,
        }
    )
    header += b" " * (-(len(_FIRST_LINE) + hashlib.sha256().digest_size + len(header)) % _ALIGNED_BYTES)
    body = len(header).to_bytes(_ALIGNED_BYTES, "little") + header + b"".join(chunks)
    return _FIRST_LINE + hashlib.sha256(body).digest() + body


def _unpacked(header: dict[str, Any], data: memoryview, vocabulary: Vocabulary) -> OpenTrials:
    arrays, texts = {}, {}
    for name, (begin, length, kind, shape) in header["sections"].items():
        section = data[begin : begin + length]
        if len(section) != length:
            raise ValueError(f"the section {name} is cut off")
        if kind is None:
            texts[name] = section
        elif kind in _ARRAY_TYPES:
            arrays[name] = np.frombuffer(section, dtype=kind).reshape(shape)
        else:
            raise ValueError(f"{kind} is no type of array here")
    literals = [_literal(one, text, vocabulary) for one, text in zip(header["literals"], header["literal_texts"], strict=True)]
    book_arrays = {name.removeprefix("book."): array for name, array in arrays.items() if name.startswith("book.")}
    return OpenTrials.read_before(
        _Unpacking(texts["studies"], arrays["studies.lengths"], _study),
        header["numbers"],
        header["statuses"],
        header["rings"],
        _Unpacking(texts["criteria"], arrays["criteria.lengths"], _criteria),
        Book.from_arrays(literals, header["literal_texts"], book_arrays, vocabulary),
        arrays["site_points"],
        arrays["site_counts"],
        arrays["age_rank"],
        ZipTable(arrays["zip_codes"], arrays["zip_points"]),
        vocabulary,
    )


class _Unpacking(Sequence[_One], Generic[_One]):
    """A row of JSON texts, each unpacked when it is first asked for. Several threads may ask: at worst one is unpacked twice."""

    def __init__(self, data: memoryview, lengths: NDArray[np.int64], unpack: Callable[[Any], _One]) -> None:
        ends = np.cumsum(lengths)
        if (len(lengths) and lengths.min() < 0) or int(lengths.sum()) != len(data):
            raise ValueError("the lengths of a row of texts do not fit it")
        self._data = data
        self._ends: list[int] = ends.tolist()
        self._unpack = unpack
        self._held: list[_One | None] = [None] * len(lengths)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> _One: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[_One]: ...
    def __getitem__(self, place: int | slice) -> _One | Sequence[_One]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        held = self._held[place]
        if held is None:
            place %= len(self._ends)
            begin = self._ends[place - 1] if place else 0
            held = self._held[place] = self._unpack(json.loads(bytes(self._data[begin : self._ends[place]])))
        return held


# --- its parts ------------------------------------------------------------------------------------------------------


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


_STUDY_FIELDS = tuple(one.name for one in fields(Study))
_SITE_FIELDS = tuple(one.name for one in fields(Site))
_LISTS = tuple(_STUDY_FIELDS.index(name) for name in ("phases", "conditions", "keywords", "quality"))
_INTERVENTIONS, _SITES, _DAY = (_STUDY_FIELDS.index(name) for name in ("interventions", "sites", "snapshot_date"))


def _study_row(study: Study) -> list[Any]:
    row = [getattr(study, name) for name in _STUDY_FIELDS]
    row[_SITES] = [[getattr(site, name) for name in _SITE_FIELDS] for site in study.sites]
    row[_DAY] = None if study.snapshot_date is None else study.snapshot_date.isoformat()
    return row


def _study(row: list[Any]) -> Study:
    for place in _LISTS:
        row[place] = tuple(row[place])
    row[_INTERVENTIONS] = tuple(Intervention(kind, name, tuple(others)) for kind, name, others in row[_INTERVENTIONS])
    row[_SITES] = tuple(Site(*site) for site in row[_SITES])
    row[_DAY] = None if row[_DAY] is None else date.fromisoformat(row[_DAY])
    return Study(*row)


def _criterion_row(criterion: Criterion) -> list[Any]:
    demand = None if criterion.demand is None else _reading_row(criterion.demand)
    return [criterion.kind, criterion.text, criterion.span, demand, criterion.left_over, criterion.asks_the_team, criterion.under]


def _criteria(rows: list[list[Any]]) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(
            kind,
            text,
            None if span is None else (span[0], span[1]),
            None if demand is None else _reading(demand),
            tuple(left),
            asks,
            tuple(under),
        )
        for kind, text, span, demand, left, asks, under in rows
    )


def _reading_row(reading: Reading) -> list[Any]:
    match reading:
        case Literal(text):
            return ["is", text]
        case Unread(words):
            return ["unread", words]
        case Opposite(part):
            return ["not", _reading_row(part)]
        case All(parts):
            return ["and", *(_reading_row(part) for part in parts)]
        case AnyOf(parts):
            return ["or", *(_reading_row(part) for part in parts)]


def _reading(row: list[Any]) -> Reading:
    match row:
        case ["is", str(text)]:
            return Literal(text)
        case ["unread", str(words)]:
            return Unread(words)
        case ["not", part]:
            return Opposite(_reading(part))
        case ["and", *parts]:
            return All(tuple(_reading(part) for part in parts))
        case ["or", *parts]:
            return AnyOf(tuple(_reading(part) for part in parts))
    raise ValueError("this is no reading")


def _kept_literal(literal: Condition, text: str) -> list[Any] | None:
    """A literal as data; None where it has to be read from its text again."""
    row = _node_row(literal)
    if row is None:
        return None
    try:
        row = json.loads(_json(row))
    except ValueError:  # a number that JSON does not know
        return None
    again = _node(row)
    return row if again == literal and _node_row(again) == row else None


def _node_row(node: object) -> Any:
    """A node as data: a list of its name and its fields. None where it holds anything that is not data."""
    if isinstance(node, str | int | float | bool):
        return node
    if node is None:
        return ["none"]
    members: Iterable[Any]
    if isinstance(node, frozenset):
        name, members = "frozenset", sorted(node)
    elif isinstance(node, tuple):
        name, members = "tuple", node
    elif _NODES.get(type(node).__name__) is type(node):
        name, members = type(node).__name__, [getattr(node, one.name) for one in fields(node)]  # type: ignore[arg-type]
    else:
        return None
    rows = [_node_row(one) for one in members]
    return None if None in rows else [name, *rows]


def _node(row: Any) -> Any:
    if not isinstance(row, list):
        return row
    name, *rows = row
    if name == "none":
        return None
    values = [_node(one) for one in rows]
    if name in ("frozenset", "tuple"):
        return frozenset(values) if name == "frozenset" else tuple(values)
    return _NODES[name](*values)


def _literal(row: Any, text: str, vocabulary: Vocabulary) -> Condition:
    literal = parsed_literal(text, vocabulary) if row is None else _node(row)
    if not isinstance(literal, Condition):
        raise TypeError("this is no condition")
    return literal
