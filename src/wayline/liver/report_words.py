"""The words of radiology reports and what each does in a sentence, from `content/liver/report_words.yaml`.

A phrase is a run of tokens in small letters. Each phrase of the lists in `_ROLES` has one role, so that a sentence becomes a row of items
whose order can be reasoned about; where two phrases fit, the longer is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayline.facts.lesions import SEGMENTS
from wayline.reading import Block, Place, flag_at, nearest, read, require_keys, rows_at, text_at, texts_at

# Digits are a token of their own, so that "2.4cm" and "S8" fall apart as they are meant. Both signs of a decimal are taken.
TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)?|(?<![\w.,])\.[0-9]+|(?:cm|mm)(?=x[0-9])|x(?=[0-9])|[^\W\d_]+|--?>|=>|\S")

# Lists of phrases that share one role.
_ROLES = (
    *(
        "one_lobe",
        "both_lobes",
        "only_before",
        "only_after",
        "liver_nouns",
        "liver_adjectives",
        "liver_itself",
        "neutral",
        "diseases",
        "treated",
        "ablated",
    ),
    *(
        "other_organs",
        "next_to",
        "apart_from",
        "largest",
        "another",
        "stands_for",
        "these",
        "each",
        "many",
        "single",
        "at_least",
        "more_than",
    ),
    *("fewer_than", "at_most", "about", "none", "gone", "names_it", "but", "earlier", "earlier_exam", "compared_with", "changed", "now"),
    *("was_measured", "is_measured", "small", "ranges", "articles", "prepositions", "stops"),
)
# Lists of single tokens that are looked up where the grammar asks for them.
_SETS = (
    *("abbreviations", "times_signs", "dimension_words", "series_words", "months", "segment_words", "many_segment_words", "elsewhere"),
    *(
        "size_fillers",
        "heading_fillers",
        "line_goes_on",
        "counted",
        "arrows",
        "sum_words",
        "rules_out_all",
        "recurs",
        "alike",
        "list_headings",
        "compares",
        "other_lobed",
        "exams",
        "no_heading",
        "other_quantities",
        "place_labels",
        "excepting",
    ),
)
_LISTS = ("distance_after", "distance_before", "short_axis")
_TABLES = ("spellings", "units", "named_segments", "lobes", "tumors", "benign", "places", "placed_by", "numbers", "doubts", "sections")
SECTION_KINDS = ("liver", "other", "past", "open")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a run of tokens does in a sentence: its role, and a value of the role's own kind."""

    role: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class TumorWord:
    """A word for a tumor; `carries`: it may go on about the organ of the sentence before."""

    many: bool
    carries: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a reading is unsure; `outweighs`: even a harmless name beside it does not settle the matter."""

    message: str
    outweighs: bool


class Phrases:
    """Phrases by their first token, the longest first: looking one up takes no longer in a long text."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Phrase]]] = {}
        self._places: dict[tuple[str, ...], tuple[Phrase, Place]] = {}

    def add(self, words: str, phrase: Phrase, place: Place) -> None:
        tokens = tokens_of(words)
        if tokens in self._places:
            first, where = self._places[tokens]
            raise place.error(f"'{words}' stands in two lists: here under '{phrase.role}' and on line {where.line} under '{first.role}'")
        self._places[tokens] = (phrase, place)
        rows = self._by_first.setdefault(tokens[0], [])
        rows.append((tokens, phrase))
        rows.sort(key=lambda row: -len(row[0]))

    def longest(self, tokens: list[str], start: int, end: int) -> tuple[int, Phrase] | None:
        """How many tokens the longest phrase at `start` has, and what it does; None where none begins there."""
        for words, phrase in self._by_first.get(tokens[start], ()):
            if start + len(words) <= end and tuple(tokens[start : start + len(words)]) == words:
                return len(words), phrase
        return None


def tokens_of(words: str) -> tuple[str, ...]:
    return tuple(TOKEN.findall(words.lower()))


@dataclass(frozen=True, slots=True)
class ReportWords:
    """All word lists, checked."""

    phrases: Phrases
    sections: Phrases
    spellings: dict[str, str]
    units: dict[str, str]
    sets: dict[str, frozenset[str]] = field(repr=False)
    lists: dict[str, tuple[tuple[str, ...], ...]] = field(repr=False)

    def has(self, name: str, token: str) -> bool:
        return token in self.sets[name]


def load_report_words(path: Path, vocabulary_places: Collection[str]) -> ReportWords:
    """Read the word lists strictly; `vocabulary_places` are the ids that a tumor may lie next to."""
    block = require_keys(read(path), (*_ROLES, *_SETS, *_LISTS, *_TABLES), Place(str(path), 1))
    phrases, sections = Phrases(), Phrases()
    for role in _ROLES:
        for words, place in _placed(block, role):
            phrases.add(words, Phrase(role), place)
    _add_tables(block, phrases, vocabulary_places)
    for kind, words, place in _by_id(block, "sections", SECTION_KINDS, "a kind of section"):
        sections.add(words, Phrase("section", kind), place)
    return ReportWords(
        phrases,
        sections,
        dict(_spellings(block)),
        {words: unit for unit, words, _place in _by_id(block, "units", ("cm", "mm"), "a unit")},
        {name: frozenset(texts_at(block, name)) for name in _SETS},
        {name: tuple(tokens_of(words) for words in texts_at(block, name)) for name in _LISTS},
    )


def _add_tables(block: Block, phrases: Phrases, vocabulary_places: Collection[str]) -> None:
    for side, words, place in _by_id(block, "lobes", ("right", "left"), "a lobe"):
        phrases.add(words, Phrase("lobe", side), place)
    for name in ("places", "placed_by"):
        for where, words, place in _by_id(block, name, vocabulary_places, "a place in content/vocabulary/lesion_places.yaml"):
            phrases.add(words, Phrase(name, where), place)
    for number, (words, place) in enumerate(_placed(block, "numbers"), start=1):
        phrases.add(words, Phrase("number", number), place)
    for row in _rows(block, "named_segments", ("segments", "words")):
        segments = texts_at(row, "segments")
        for segment, place in zip(segments, rows_at(row, "segments").places, strict=True):
            if segment not in SEGMENTS:
                raise place.error(f"'{segment}' is not a segment.{nearest(segment, SEGMENTS)}")
        for words, place in _placed(row, "words"):
            phrases.add(words, Phrase("named_segment", tuple(segments)), place)
    for row in _rows(block, "tumors", ("one", "many", "carries")):
        for key in ("one", "many"):
            phrases.add(text_at(row, key), Phrase("tumor", TumorWord(key == "many", flag_at(row, "carries"))), row.at(key))
    for row in _rows(block, "benign", ("reason", "words")):
        for words, place in _placed(row, "words"):
            phrases.add(words, Phrase("benign", text_at(row, "reason")), place)
    for row in _rows(block, "doubts", ("message", "outweighs", "words")):
        for words, place in _placed(row, "words"):
            phrases.add(words, Phrase("doubt", Doubt(text_at(row, "message"), flag_at(row, "outweighs"))), place)


def _rows(block: Block, name: str, keys: Iterable[str]) -> Iterator[Block]:
    rows = rows_at(block, name)
    for row, place in zip(rows, rows.places, strict=True):
        yield require_keys(row, keys, place)


def _placed(block: Block, name: str) -> Iterator[tuple[str, Place]]:
    return zip(texts_at(block, name), rows_at(block, name).places, strict=True)


def _by_id(block: Block, name: str, ids: Collection[str], what: str) -> Iterator[tuple[str, str, Place]]:
    table = require_keys(block[name], (), block.at(name), optional=block[name] if isinstance(block[name], Block) else ())
    for key in table:
        if key not in ids:
            raise table.at(key).error(f"'{key}' is not {what}.{nearest(key, ids)}")
        for words, place in _placed(table, key):
            yield key, words, place


def _spellings(block: Block) -> Iterator[tuple[str, str]]:
    for row in _rows(block, "spellings", ("written", "read")):
        for words in texts_at(row, "written"):
            yield words, text_at(row, "read")
