"""What was found in a document while it is read: candidates as they could stand in a case file, and everything that could not.

Each value is judged by the reader of case files before it is kept, so that nothing is offered to a person that the site would then refuse.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wayline.facts.case import LONGEST_RESULTS, FactReader
from wayline.facts.case_forms import read_form
from wayline.facts.vocabulary import Vocabulary
from wayline.reading import Place, WaylineError
from wayline.records.ccda_values import brief
from wayline.records.imported import ClosedReport, ImportedFact, NotUnderstood, newest_first

EARLIER = "labs.earlier_results"
_HISTORY = "therapy.history"
_MOST_OF_A_SERIES = 20  # weights of years: the newest are enough to choose from
_NOWHERE = Place("record", 1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands in the record, and what it says there."""

    where: str
    words: str = ""
    code: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """One value of a blood test with the range that the lab prints beside it, all in one unit."""

    lab: str
    form: Mapping[str, Any]
    unit: str | None
    limits: Mapping[str, float]  # lower_limit, upper_limit
    source: Source

    @property
    def about(self) -> dict[str, Any]:
        return {} if self.unit is None else {"unit": self.unit}


@dataclass
class Gathering:
    """Collects while the document is walked through; `facts` gives what is left at its end."""

    vocabulary: Vocabulary
    as_of: date
    told_by: str  # what a case file names as the source, without any name of a person
    not_understood: list[NotUnderstood] = field(default_factory=list)
    reports: list[ClosedReport] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _texts: set[str] = field(default_factory=set)
    _found: dict[tuple[str, str], ImportedFact] = field(default_factory=dict)
    _results: dict[tuple[str, str], _Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = FactReader(self.vocabulary, self.as_of)

    @property
    def told_so_far(self) -> int:
        """How many values were kept, blood tests aside."""
        return len(self._found)

    def miss(self, kind: str, source: Source, why: str) -> None:
        """Something that was met and not taken."""
        self.not_understood.append(NotUnderstood(kind, source.words, source.where, why))

    def report(self, title: str, date: str | None, text: str, where: str) -> None:
        """A narrative, kept closed. The same text twice is kept once."""
        if text and text not in self._texts:
            self._texts.add(text)
            self.reports.append(ClosedReport(brief(title), date, text, where))

    def fact(self, kind: str, fact_id: str, form: Mapping[str, Any], source: Source) -> None:
        """One value of one fact; `form` holds its value, bounds and unit. What could not stand in a case file is listed."""
        definition = self.vocabulary[fact_id]
        if source.date is None and definition.valid_for_days is not None:
            self.miss(kind, source, f"{definition.label}: no date is told, and a value without one would count as today's")
            return
        told = {**form, **({} if source.date is None else {"date": source.date}), "source": self.told_by}
        if (why := self._refusal(fact_id, told)) is not None:
            self.miss(kind, source, why)
            return
        self._keep(ImportedFact(fact_id, told, source.words, source.where, source.code, source.date))

    def lab(self, kind: str, fact_id: str, form: Mapping[str, Any], unit: str | None, limits: Mapping[str, float], source: Source) -> None:
        """One result of a blood test; the newest of each test becomes its value, the older ones a series."""
        definition = self.vocabulary[fact_id]
        if source.date is None:
            self.miss(kind, source, f"{definition.label}: no date is told, and a value without one would count as today's")
            return
        result = _Result(fact_id, form, unit, limits, source)
        why = self._refusal(fact_id, {**form, **result.about, "date": source.date})
        if why is not None:
            self.miss(kind, source, why)
            return
        kept = {}
        for end, limit in limits.items():
            refused = self._refusal(f"{fact_id}_{'uln' if end == 'upper_limit' else 'lln'}", {"value": limit, **result.about})
            if refused is None:
                kept[end] = int(limit) if limit == int(limit) else limit
            else:
                self.miss(kind, source, f"the lab's own range: {refused}")
        key = json.dumps([fact_id, form, unit, source.date], sort_keys=True)
        self._results.setdefault((fact_id, key), _Result(fact_id, form, unit, kept, source))

    def course(self, kind: str, course: Mapping[str, Any], source: Source) -> None:
        """One course of treatment, as an item of the history."""
        if (why := self._refusal(_HISTORY, {"items": [course], "complete": False})) is not None:
            self.miss(kind, source, why)
            return
        self._keep(ImportedFact(_HISTORY, dict(course), source.words, source.where, source.code, source.date, is_item=True))

    def facts(self) -> tuple[ImportedFact, ...]:
        """All candidates, fact by fact, the newest first; of each blood test the newest day as its value and the rest as its series."""
        for fact_id in dict.fromkeys(result.lab for result in self._results.values()):
            self._settle([result for result in self._results.values() if result.lab == fact_id])
        grouped: dict[str, list[ImportedFact]] = {}
        for one in self._found.values():
            grouped.setdefault(one.fact_id, []).append(one)
        order = self.vocabulary.order
        chosen: list[ImportedFact] = []
        for fact_id in sorted(grouped, key=lambda one: order[one]):
            chosen += self._shortened(fact_id, newest_first(grouped[fact_id]))
        return tuple(chosen)

    def _settle(self, results: Iterable[_Result]) -> None:
        ordered = sorted(results, key=lambda one: one.source.date or "", reverse=True)
        newest_day = [one for one in ordered if one.source.date == ordered[0].source.date]
        for one in newest_day:
            told = {**one.form, **one.about, "date": one.source.date, "source": self.told_by}
            self._keep(ImportedFact(one.lab, told, one.source.words, one.source.where, one.source.code, one.source.date))
            for end, limit in one.limits.items():
                limit_id = f"{one.lab}_{'uln' if end == 'upper_limit' else 'lln'}"
                told = {"value": limit, **one.about, "date": one.source.date, "source": self.told_by}
                self._keep(ImportedFact(limit_id, told, one.source.words, one.source.where, one.source.code, one.source.date))
        for one in ordered[len(newest_day) :]:
            value = one.form["value"] if set(one.form) == {"value"} else {**one.form, **one.about}
            item = {"lab": one.lab, "value": value, **one.about, **one.limits, "date": one.source.date}
            if (why := self._refusal(EARLIER, {"items": [item], "complete": False})) is not None:
                self.miss("result", one.source, why)
            else:
                self._keep(ImportedFact(EARLIER, item, one.source.words, one.source.where, one.source.code, one.source.date, is_item=True))

    def _shortened(self, fact_id: str, candidates: tuple[ImportedFact, ...]) -> tuple[ImportedFact, ...]:
        most = (
            LONGEST_RESULTS if fact_id == EARLIER else _MOST_OF_A_SERIES if self.vocabulary[fact_id].kind == "number" else len(candidates)
        )
        if len(candidates) > most:
            label = self.vocabulary[fact_id].label
            words = f"{len(candidates) - most:,} older values of {label}"
            self.not_understood.append(
                NotUnderstood("older values", words, candidates[most].where, f"only the newest {most:,} are offered")
            )
        return candidates[:most]

    def _keep(self, fact: ImportedFact) -> None:
        told = {key: value for key, value in fact.told.items() if key != "source"}
        self._found.setdefault((fact.fact_id, json.dumps(told, sort_keys=True)), fact)

    def _refusal(self, fact_id: str, form: Any) -> str | None:
        """Why a case file could not hold this, or None where it could."""
        try:
            read_form(self._reader, self.vocabulary[fact_id], form, _NOWHERE)
        except WaylineError as error:
            return brief(error.message)
        return None
