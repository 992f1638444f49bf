"""Figures about groups of people, shown only behind the "How long?" gate, from `content/outlook.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.guide.references import References
from wayline.reading import Block, Place, read, require_keys, rows_at, text_at, texts_at

_KEYS = (
    "id",
    "title",
    "who",
    "years",
    "people",
    "after",
    "alive_of_100",
    "compared",
    "half_lived_months",
    "not_in_it",
    "since_then",
    "cites",
)


@dataclass(frozen=True)
class Compared:
    """The comparison group of the same study."""

    title: str
    alive_of_100: int


@dataclass(frozen=True)
class Group:
    """How many of 100 people in one group were alive after a time. Never about one person."""

    id: str
    title: str
    who: str
    years: str
    people: int | None
    after: str
    alive_of_100: int
    compared: Compared | None
    half_lived_months: tuple[int, int] | None
    not_in_it: str
    since_then: str | None
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Outlook:
    """An answer in words without a number, and the groups."""

    words: str
    groups: tuple[Group, ...]


def load_outlook(path: Path, references: References) -> Outlook:
    """Load the figures strictly: whole numbers out of 100, each with its group, years and sources."""
    name = path.name
    block = require_keys(read(path, name), ("words", "groups"), Place(name, 1))
    rows = rows_at(block, "groups")
    groups = tuple(_group(require_keys(row, _KEYS, place), references) for row, place in zip(rows, rows.places, strict=True))
    return Outlook(text_at(block, "words"), groups)


def _group(row: Block, references: References) -> Group:
    cites = references.require(texts_at(row, "cites"), row.at("cites"))
    if not cites:
        raise row.at("cites").error("a figure needs a reference")
    compared = None
    if row["compared"] is not None:
        inner = require_keys(row["compared"], ("title", "alive_of_100"), row.at("compared"))
        compared = Compared(text_at(inner, "title"), _of_100(inner, "alive_of_100"))
    months = None
    if row["half_lived_months"] is not None:
        inner = require_keys(row["half_lived_months"], ("at_least", "at_most"), row.at("half_lived_months"))
        months = (_whole(inner, "at_least"), _whole(inner, "at_most"))
        if months[0] > months[1]:
            raise row.at("half_lived_months").error("'at_least' is more than 'at_most'")
    return Group(
        id=text_at(row, "id"),
        title=text_at(row, "title"),
        who=text_at(row, "who"),
        years=text_at(row, "years"),
        people=None if row["people"] is None else _whole(row, "people"),
        after=text_at(row, "after"),
        alive_of_100=_of_100(row, "alive_of_100"),
        compared=compared,
        half_lived_months=months,
        not_in_it=text_at(row, "not_in_it"),
        since_then=None if row["since_then"] is None else text_at(row, "since_then"),
        cites=cites,
    )


def _whole(block: Block, key: str) -> int:
    value: Any = block[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise block.at(key).error(f"'{key}' must be a whole number")
    return value


def _of_100(block: Block, key: str) -> int:
    value = _whole(block, key)
    if value > 100:
        raise block.at(key).error(f"'{key}' must be a number out of 100")
    return value
