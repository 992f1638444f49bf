"""What the printed sheet for a visit says of what is known, from `content/sheet.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wayline.facts.vocabulary import FactDefinition, Vocabulary, within_a_sentence
from wayline.reading import Block, Place, flag_at, nearest, read, require_keys, rows_at, text_at, texts_at

_KEYS = ("rows", "blood_tests", "trends", "never", "private", "signs_first", "labels", "names")
_PRIVATE_KEYS = ("words", "facts")
_ROW_KEYS = ("title", "facts", "missing", "unless_no", "keeps_noes")


@dataclass(frozen=True)
class RowPlan:
    """Which facts one row joins, and which of them are said to be missing."""

    title: str
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    unless_no: str | None
    keeps_noes: bool


@dataclass(frozen=True)
class SheetPlan:
    """What stands on the sheet, the most relevant first; `never` is neither printed nor asked for.

    `private` is printed and shared only where the person asks for it; `private_words` name it. `signs_first` are the flags that stand first
    of their act. `names` are the sheet's own words for a fact, in which the person speaks.
    """

    rows: tuple[RowPlan, ...]
    blood_tests: tuple[str, ...]
    trends: tuple[str, ...]
    never: frozenset[str]
    private: frozenset[str]
    private_words: str
    signs_first: tuple[str, ...]
    labels: Mapping[str, str]
    names: Mapping[str, str]

    def label(self, definition: FactDefinition) -> str:
        """The fact's label within a row; empty where the row's title says it."""
        return self.labels.get(definition.id, within_a_sentence(self.heading(definition)))

    def name(self, definition: FactDefinition) -> str:
        """The fact's name where it stands alone."""
        return self.label(definition) or within_a_sentence(self.heading(definition))

    def heading(self, definition: FactDefinition) -> str:
        """The fact's name at the beginning of a line."""
        return self.names.get(definition.id, definition.label)

    @cached_property
    def facts(self) -> frozenset[str]:
        """Every fact that has a place on the sheet."""
        return frozenset(fact for row in self.rows for fact in row.facts) | frozenset(self.blood_tests)


def load_sheet_plan(path: Path, vocabulary: Vocabulary, flag_ids: Collection[str]) -> SheetPlan:
    """Load `content/sheet.yaml` strictly: every fact and flag exists, and none stands twice."""
    name = path.name
    block = require_keys(read(path, name), _KEYS, Place(name, 1))
    rows = rows_at(block, "rows")
    never = frozenset(_facts(block, "never", vocabulary))
    named = {fact for row in rows if isinstance(row, Block) and isinstance(row.get("facts"), list) for fact in row["facts"]}
    seen: set[str] = set()
    plans = tuple(_row_plan(row, place, vocabulary, seen, named | never) for row, place in zip(rows, rows.places, strict=True))
    tests = _facts(block, "blood_tests", vocabulary, {*texts_at(block, "blood_tests"), *_no_tests(vocabulary)})
    for fact_id in tests:
        if not vocabulary[fact_id].is_lab:
            raise block.at("blood_tests").error(f"'{fact_id}' is not a blood test")
    private = require_keys(block["private"], _PRIVATE_KEYS, block.at("private"))
    return SheetPlan(
        rows=plans,
        blood_tests=tests,
        trends=_facts(block, "trends", vocabulary),
        never=never,
        private=frozenset(_facts(private, "facts", vocabulary)),
        private_words=text_at(private, "words"),
        signs_first=_signs(block, flag_ids),
        labels=_labels(block, "labels", vocabulary),
        names=_labels(block, "names", vocabulary),
    )


def _signs(block: Block, flag_ids: Collection[str]) -> tuple[str, ...]:
    listed = texts_at(block, "signs_first")
    for number, (flag_id, place) in enumerate(zip(listed, rows_at(block, "signs_first").places, strict=True)):
        if flag_id not in flag_ids:
            raise place.error(f"'{flag_id}' is not a flag.{nearest(flag_id, flag_ids)}")
        if flag_id in listed[:number]:
            raise place.error(f"'{flag_id}' stands twice")
    return tuple(listed)


def _no_tests(vocabulary: Vocabulary) -> frozenset[str]:
    """What is named like a blood test and is none, such as the ends of a lab's range."""
    return frozenset(fact_id for fact_id, definition in vocabulary.items() if not definition.is_lab)


def _row_plan(row: Any, place: Place, vocabulary: Vocabulary, seen: set[str], named: Collection[str]) -> RowPlan:
    block = require_keys(row, _ROW_KEYS, place)
    facts, missing = _facts(block, "facts", vocabulary, named), _facts(block, "missing", vocabulary)
    for fact_id in facts:
        if fact_id in seen:
            raise block.at("facts").error(f"'{fact_id}' stands in two rows")
        seen.add(fact_id)
    for fact_id in missing:
        if fact_id not in facts:
            raise block.at("missing").error(f"'{fact_id}' is not among the row's facts.{nearest(fact_id, facts)}")
    unless_no = None if block["unless_no"] is None else vocabulary.require(text_at(block, "unless_no"), block.at("unless_no")).id
    return RowPlan(text_at(block, "title"), facts, missing, unless_no, flag_at(block, "keeps_noes"))


def _labels(block: Block, key: str, vocabulary: Vocabulary) -> dict[str, str]:
    labels = block[key]
    if not isinstance(labels, Block):
        raise block.at(key).error(f"'{key}' must be 'fact: label' lines")
    for fact_id, label in labels.items():
        vocabulary.require(fact_id, labels.at(fact_id))
        if not isinstance(label, str):
            raise labels.at(fact_id).error('a label must be a text; write "" for none')
    return dict(labels)


def _facts(block: Block, key: str, vocabulary: Vocabulary, named: Collection[str] = ()) -> tuple[str, ...]:
    """The facts of a list; `symptom.*` stands for every fact of that name that is not in `named`."""
    facts: list[str] = []
    for fact_id, place in zip(texts_at(block, key), rows_at(block, key).places, strict=True):
        if fact_id.endswith(".*"):
            facts += [one for one in vocabulary if one.startswith(fact_id[:-1]) and one not in named]
        else:
            facts.append(vocabulary.require(fact_id, place).id)
    return tuple(facts)
