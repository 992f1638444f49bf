"""What a sheet is made of: sections of plain words, lists, tables and small lines. Every form is made of these, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wayline.brief.trends import Trend


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Item:
    """One line of a list; `lead` stands before its text, in bold."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Listed:
    """A list; an ordered one is numbered from `first` on. `title` stands above it, in bold."""

    items: tuple[Item, ...]
    is_ordered: bool = False
    first: int = 1
    title: str = ""


@dataclass(frozen=True)
class Pairs:
    """A list of titles, each with what belongs to it."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rows:
    """A table with a head; the first cell of each row says what the row is about."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sparks:
    """A small line over time, and its text twin."""

    trend: Trend
    words: str


Block = Words | Listed | Pairs | Rows | Sparks


@dataclass(frozen=True)
class Section:
    """A part of the sheet under its heading; `facts` are those that it speaks of, as far as they are told."""

    id: str
    heading: str
    blocks: tuple[Block, ...]
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The whole sheet. `size` is that of its text in points; `person`, `line` and `foot` may be empty."""

    title: str
    day: date
    day_in_words: str
    person: str
    size: int
    sections: tuple[Section, ...]
    line: str
    foot: tuple[str, ...]
