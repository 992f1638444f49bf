"""Taking parts out of FHIR resources that may be anything: every part has the form that was asked for, or is not there.

Servers differ and break rules (a list where one value belongs, a number written as text), and a hostile file may hold anything.
Nothing here raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wayline.facts.values import DateRange
from wayline.records.codes import CodeBook, Meaning, Meant
from wayline.records.shown_words import LONGEST_NAME, NO_NAME, is_name

Resource = Mapping[str, Any]
_DATE = re.compile(r"\s*([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?![0-9])(?:[T ].*)?)?)?)\s*")
_LONGEST_TEXT = 2_000


def text_of(block: Any, key: str) -> str | None:
    """A text that holds something; None for anything else."""
    value = block.get(key) if isinstance(block, Mapping) else None
    return value.strip() or None if isinstance(value, str) else None


def block_of(block: Any, key: str) -> Mapping[str, Any]:
    """A block; an empty one for anything else. The only member of a list is taken for the block that should stand there."""
    value = block.get(key) if isinstance(block, Mapping) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, Mapping) else {}


def blocks_of(block: Any, key: str) -> list[Mapping[str, Any]]:
    """A list of blocks; a single block is taken as the list of it, which older versions wrote."""
    value = block.get(key) if isinstance(block, Mapping) else None
    if isinstance(value, Mapping):
        return [value]
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def number_of(value: Any) -> float | None:
    """A number; one written as text is taken too, as some servers write it."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def day_of(value: Any) -> str | None:
    """The day, month or year of a FHIR date or time as it was written, without its clock and zone; None where it is none."""
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    written = match[1][:10]
    try:
        DateRange.parse(written)
    except ValueError:
        return None
    return written


@dataclass(frozen=True, slots=True)
class Coding:
    system: str | None
    code: str | None
    display: str | None


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept (or a single Coding): its codes and its words."""

    codings: tuple[Coding, ...]
    text: str | None

    @classmethod
    def of(cls, block: Any, key: str) -> Concept:
        value = block.get(key) if isinstance(block, Mapping) else None
        if isinstance(value, str):
            return cls((), value.strip()[:_LONGEST_TEXT] or None)
        return cls.from_block(block_of(block, key))

    @classmethod
    def from_block(cls, concept: Mapping[str, Any]) -> Concept:
        listed = blocks_of(concept, "coding")
        if not listed and ("code" in concept or "display" in concept):
            listed = [concept]
        codings = tuple(Coding(text_of(one, "system"), _code(one), text_of(one, "display")) for one in listed)
        text = text_of(concept, "text")
        return cls(codings, text[:_LONGEST_TEXT] if text else None)

    def __bool__(self) -> bool:
        return bool(self.codings or self.text)

    @property
    def wordings(self) -> tuple[str, ...]:
        """Everything that it says in words: its own text first, then the displays."""
        return tuple(dict.fromkeys(one[:_LONGEST_TEXT] for one in (self.text, *(coding.display for coding in self.codings)) if one))

    @property
    def prose(self) -> str | None:
        """Its own text where that is too long for a name and no code is called so."""
        is_prose = self.text is not None and not is_name(self.text) and all(self.text != one.display for one in self.codings)
        return self.text if is_prose else None

    @property
    def words(self) -> str:
        """As a person would read it. A text too long for a name may be a report, so it is never shown here."""
        names = (one for one in self.wordings if is_name(one))
        displays = (f"{coding.display[:LONGEST_NAME]}..." for coding in self.codings if coding.display)
        codes = (coding.code for coding in self.codings if coding.code)
        return next((one for listed in (names, displays, codes) for one in listed), NO_NAME)

    def words_by(self, book: CodeBook) -> str:
        """As a person would read it; a bare code by the name that our own map gives it."""
        if not self.wordings:
            for _, meaning in self.meanings(book):
                return meaning.display
        return self.words

    def meanings(self, book: CodeBook) -> Iterator[tuple[Coding, Meaning]]:
        for coding in self.codings:
            meaning = book.meaning(coding.system, coding.code)
            if meaning is not None:
                yield coding, meaning

    def meant(self, book: CodeBook, kind: str) -> tuple[Meant, ...]:
        """All that its codes mean of one kind, each once."""
        return tuple(dict.fromkeys(one for _, meaning in self.meanings(book) for one in meaning.of_kind(kind)))

    def code_name(self, book: CodeBook) -> str | None:
        """The code that was understood, or else the first: `LOINC 1975-2`."""
        for coding, _ in self.meanings(book):
            return book.code_name(coding.system, coding.code)
        return next((book.code_name(coding.system, coding.code) for coding in self.codings if coding.code), None)


def _code(coding: Mapping[str, Any]) -> str | None:
    value = coding.get("code")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_of(coding, "code")
