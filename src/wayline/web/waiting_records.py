"""What was read from a record and waits to be confirmed, as the vault holds it: a compact form, never the file itself.

What does not fit is left out and counted, oldest first: the person is told, and nothing is dropped in silence.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from wayline.facts.case import FactReader
from wayline.facts.case_forms import read_form
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.wording import date_in_words
from wayline.reading import Place, WaylineError
from wayline.records.imported import ClosedReport, ImportedFact, NotUnderstood, RecordReading, newest_first
from wayline.web.asking import friendly

MOST_FACTS = 3_000
MOST_NOT_UNDERSTOOD_LISTED = 100
MOST_REPORTS = 40
MOST_REPORT_CHARACTERS = 200_000  # of all reports together
LONGEST_WORDS = 200
_THE_RECORD = Place("record", 1)


@dataclass(frozen=True)
class WaitingReport:
    """A report that came with the record. `waits` says that the person chose to leave it closed until the visit."""

    key: str
    title: str
    date: str | None
    text: str
    where: str
    waits: bool = False

    @property
    def day_in_words(self) -> str:
        """The report's day as people read it; what is no plain day stays as the record wrote it."""
        try:
            return date_in_words(DateRange.parse(self.date))
        except ValueError:
            return self.date or ""


@dataclass(frozen=True)
class WaitingRecord:
    """One record that was read. `facts` are those not yet decided about; `taken` counts those that were taken over.

    `is_mine` says that the person confirmed whose record it is. `left_out` counts by kind what there was no room for.
    """

    form: str
    read_on: str
    facts: tuple[ImportedFact, ...]
    reports: tuple[WaitingReport, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    not_understood_counts: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    is_mine: bool = False
    taken: int = 0

    @property
    def is_decided(self) -> bool:
        return not self.facts

    def stored(self) -> dict[str, Any]:
        return {
            "form": self.form,
            "read_on": self.read_on,
            "facts": [[one.fact_id, one.told, one.words, one.where, one.code, one.date, one.is_item] for one in self.facts],
            "reports": [[one.title, one.date, one.text, one.where, one.waits] for one in self.reports],
            "not_understood": [[one.kind, one.words, one.where, one.why] for one in self.not_understood],
            "not_understood_counts": dict(self.not_understood_counts),
            "counts": dict(self.counts),
            "left_out": dict(self.left_out),
            "is_mine": self.is_mine,
            "taken": self.taken,
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> WaitingRecord:
        """What the vault holds; what a later version wrote otherwise is a KeyError or TypeError."""
        return cls(
            form=str(stored["form"]),
            read_on=str(stored["read_on"]),
            facts=tuple(_stored_fact(*row) for row in stored["facts"]),
            reports=tuple(_stored_report(*row) for row in stored["reports"]),
            not_understood=tuple(NotUnderstood(*row) for row in stored["not_understood"]),
            not_understood_counts=dict(stored["not_understood_counts"]),
            counts=dict(stored["counts"]),
            left_out=dict(stored["left_out"]),
            is_mine=bool(stored["is_mine"]),
            taken=int(stored["taken"]),
        )

    def without(self, keys: Iterable[str], taken: int) -> WaitingRecord:
        """The record without the facts that were decided about, of which so many were taken over."""
        gone = set(keys)
        return replace(self, facts=tuple(one for one in self.facts if fact_key(one) not in gone), taken=self.taken + taken, is_mine=True)


def _stored_fact(fact_id: str, told: Any, words: str, where: str, code: str | None, dated: str | None, is_item: bool) -> ImportedFact:
    """A fact that waits; ValueError where a file that was brought back holds something else."""
    if not (isinstance(fact_id, str) and isinstance(words, str) and isinstance(where, str) and isinstance(is_item, bool)):
        raise TypeError("no fact that waits")
    if dated is not None:
        DateRange.parse(dated)
    return ImportedFact(fact_id, told, words, where, None if code is None else str(code), dated, is_item)


def _stored_report(title: str, dated: str | None, text: str, where: str, waits: bool) -> WaitingReport:
    if not (isinstance(title, str) and isinstance(text, str) and isinstance(where, str)):
        raise TypeError("no report that waits")
    return WaitingReport(report_key(title, dated, text), title, None if dated is None else str(dated), text, where, bool(waits))


def waiting_records(stored: Iterable[Any]) -> list[WaitingRecord]:
    """Everything of the vault that can be read here."""
    found = []
    for row in stored:
        try:
            found.append(WaitingRecord.from_stored(row))
        except (AttributeError, KeyError, TypeError, ValueError):
            continue  # written by another version: it can be discarded and read anew
    return found


def fact_key(fact: ImportedFact) -> str:
    """A name for one candidate that does not change when others are decided about, and says nothing about it."""
    return _digest([fact.fact_id, fact.told, fact.date, fact.is_item])


def report_key(title: str, dated: str | None, text: str) -> str:
    return _digest([title, dated, text])


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]


def waiting_from(reading: RecordReading, vocabulary: Vocabulary, today: date) -> WaitingRecord:
    """A reading in the form that waits: each candidate held against the reader of facts, equal ones once, as many as there is room for."""
    reader = FactReader(vocabulary, today)
    written_on = reading.as_of if _is_past(reading.as_of, today) else None
    facts: dict[str, ImportedFact] = {}
    not_understood = list(reading.not_understood)
    for one in reading.facts:
        if one.fact_id == "diagnosis.primary":
            continue  # true of everybody here: nothing to confirm
        definition = vocabulary.get(one.fact_id)
        if definition is None:
            not_understood.append(NotUnderstood("fact", _short(one.words), _short(one.where), "this version does not know the fact"))
            continue
        try:
            told = read_form(reader, definition, [one.told] if one.is_item else one.told, _THE_RECORD)
            if one.date and DateRange.parse(one.date).first > today:
                raise _THE_RECORD.error(f"the day {one.date} lies in the future")
        except ValueError as error:
            why = friendly(definition, error) if isinstance(error, WaylineError) else str(error)
            not_understood.append(NotUnderstood(definition.label, _short(one.words), _short(one.where), why))
            continue
        if told is not None and told.date is None and one.date is None and definition.valid_for_days is not None:
            one = replace(one, date=written_on)  # only our own documents say of which day their undated values are
        if told is not None:
            facts.setdefault(fact_key(one), replace(one, words=_short(one.words), where=_short(one.where)))
    kept, older = _room_for_facts(facts.values(), vocabulary)
    reports, closed_out = _room_for_reports(reading.reports)
    counts = Counter(one.kind for one in not_understood)
    return WaitingRecord(
        form=reading.form,
        read_on=today.isoformat(),
        facts=kept,
        reports=reports,
        not_understood=tuple(
            NotUnderstood(_short(one.kind), _short(one.words), _short(one.where), _short(one.why))
            for one in not_understood[:MOST_NOT_UNDERSTOOD_LISTED]
        ),
        not_understood_counts=dict(counts.most_common()),
        counts=dict(reading.counts),
        left_out={key: count for key, count in (("older results", older), ("reports", closed_out)) if count},
    )


def _is_past(written: str | None, today: date) -> bool:
    try:
        return written is not None and DateRange.parse(written).last <= today
    except ValueError:
        return False


def _room_for_facts(facts: Iterable[ImportedFact], vocabulary: Vocabulary) -> tuple[tuple[ImportedFact, ...], int]:
    """All single facts, and the newest blood tests and items of lists as far as there is room; how many were left out."""
    listed = list(facts)
    series = newest_first(one for one in listed if _is_of_series(one, vocabulary))
    single = [one for one in listed if not _is_of_series(one, vocabulary)]
    kept = (*single, *series)[:MOST_FACTS]
    return kept, len(listed) - len(kept)


def _is_of_series(one: ImportedFact, vocabulary: Vocabulary) -> bool:
    return one.is_item or vocabulary[one.fact_id.removesuffix("_uln").removesuffix("_lln")].is_lab


def _room_for_reports(reports: Iterable[ClosedReport]) -> tuple[tuple[WaitingReport, ...], int]:
    """The newest reports that fit, whole or not at all; how many were left out."""
    listed = list(reports)
    dated = sorted((one for one in listed if one.date), key=lambda one: one.date or "", reverse=True)
    kept: dict[str, WaitingReport] = {}
    room, left_out = MOST_REPORT_CHARACTERS, 0
    for one in (*dated, *(one for one in listed if not one.date)):
        key = report_key(one.title, one.date, one.text)
        if key in kept:
            continue
        if len(kept) == MOST_REPORTS or len(one.text) > room:
            left_out += 1
            continue
        room -= len(one.text)
        kept[key] = WaitingReport(key, one.title, one.date, one.text, _short(one.where))
    return tuple(kept.values()), left_out


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
