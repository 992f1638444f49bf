"""A situation: everything told about one person as of a day, and what follows from it.

`Situation.finding(fact)` is the one door: it joins what was told with what is derived, hides what is stale or contradicts
itself, and says why. The day is always passed in; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Protocol

from wayline.facts.derived import DERIVATIONS, resting_on
from wayline.facts.findings import (
    CONFLICT,
    DERIVED,
    KNOWN,
    NOT_KNOWN,
    PARTLY,
    STALE,
    Derivation,
    Finding,
    Told,
    is_whole,
    joint,
)
from wayline.facts.truth import Truth
from wayline.facts.values import DateRange, NumberRange, combine
from wayline.facts.vocabulary import FactDefinition, Vocabulary

NOT_TOLD = "not known"
ONLY_PARTLY = "only partly known"
NEEDS_NEWER = "needs a newer result"
DIFFER = "what was told and what follows from other facts differ"


class Answerable(Protocol):
    """Something that is YES, UNKNOWN or NO of a person and knows which facts it rests on."""

    @property
    def rests_on(self) -> frozenset[str]: ...

    def truth(self, situation: Situation) -> Truth: ...


class Situation:
    """Facts about one person as of a day. Never changed: `with_told` and `supposing` make new ones."""

    def __init__(self, vocabulary: Vocabulary, as_of: date, told: Mapping[str, Told]) -> None:
        self.vocabulary = vocabulary
        self.as_of = as_of
        self.told = told
        self._findings: dict[str, Finding] = {}
        self._multiples: dict[str, NumberRange | None] = {}
        # By identity, with the question kept so that its identity is not given to another.
        self._answers: dict[int, tuple[Answerable, Truth]] = {}

    def with_told(self, fact_id: str, told: Told | None) -> Situation:
        """The same person with one fact told anew, or taken back."""
        facts = {known: value for known, value in self.told.items() if known != fact_id}
        return Situation(self.vocabulary, self.as_of, facts if told is None else {**facts, fact_id: told})

    def supposing(self, fact_id: str, told: Told) -> Situation:
        """The same person if this fact were known so, whatever else points against it."""
        return _Supposed(self, fact_id, told)

    def finding(self, fact_id: str) -> Finding:
        """What we hold true of this fact today."""
        if fact_id not in self._findings:
            self._findings[fact_id] = self._find(fact_id)
        return self._findings[fact_id]

    def value(self, fact_id: str) -> Any:
        """The value that rules may use, or None."""
        return self.finding(fact_id).value

    def number(self, fact_id: str) -> NumberRange | None:
        """The value of a number fact that rules may use, or None."""
        value = self.value(fact_id)
        return value if isinstance(value, NumberRange) else None

    def answer(self, question: Answerable) -> Truth:
        """The question's truth for this person, worked out once."""
        known = self._answers.get(id(question))
        if known is None:
            known = self._answers[id(question)] = (question, question.truth(self))
        return known[1]

    def known_findings(self) -> dict[str, Finding]:
        """Every fact that is known, derived, stale or in conflict, in the vocabulary's order."""
        findings = {fact_id: self.finding(fact_id) for fact_id in self.vocabulary}
        return {fact_id: finding for fact_id, finding in findings.items() if finding.state != NOT_KNOWN}

    def times_uln(self, lab_id: str) -> NumberRange | None:
        """How many times its upper limit of normal a lab is, as a range; None where that is not known.

        The report's own limit counts. Without it, the usual adult limits decide for the labs whose limits hardly differ (formulas.yaml).
        """
        if lab_id not in self._multiples:
            self._multiples[lab_id] = self._find_multiple(lab_id)
        return self._multiples[lab_id]

    def upper_limit(self, lab_id: str) -> NumberRange | None:
        """The lab's upper limit of normal: the report's own, else the span of the usual ones, else None."""
        return self.number(f"{lab_id}_uln") or self.vocabulary.usual_range(lab_id)

    def needed_for_times_uln(self, lab_id: str) -> tuple[str, ...]:
        """The facts that would have to be told to know `times_uln`."""
        finding = self.finding(lab_id)
        if finding.value is None and (finding.told is None or finding.told.times_uln is None or finding.state == STALE):
            return (lab_id,)
        return (f"{lab_id}_uln",)

    def _find_multiple(self, lab_id: str) -> NumberRange | None:
        finding = self.finding(lab_id)
        if finding.state in (STALE, CONFLICT):
            return None
        if finding.told is not None and finding.told.times_uln is not None:
            return finding.told.times_uln
        limit = self.upper_limit(lab_id)
        if limit is None or not isinstance(finding.value, NumberRange):
            return None
        return combine(finding.value, "/", limit)

    def _find(self, fact_id: str) -> Finding:
        definition = self.vocabulary[fact_id]
        told = self.told.get(fact_id)
        rule = DERIVATIONS.get(fact_id)
        derivation = rule.derive(self) if rule else None
        if told is not None and told.times_uln is not None and told.value is None:
            limit = self.upper_limit(fact_id)
            told = replace(told, value=combine(told.times_uln, "*", limit) if limit else None)
        if told is not None and self._is_stale(definition, told.date):
            if derivation is None or derivation.value is None:
                return Finding(STALE, None, told.value, told, date=told.date, needs=(fact_id,), why=NEEDS_NEWER)
            told = None  # what follows from fresher facts stands in for it
        if told is None:
            return self._derived_finding(definition, derivation)
        derived_value = derivation.value if derivation else None
        if derived_value is None or told.value is None:
            return self._told_finding(fact_id, told, told.value, None)
        common = joint(told.value, derived_value, agrees_within(self.vocabulary, fact_id))
        if common is None:
            return Finding(CONFLICT, None, told.value, told, derived_value, DERIVATIONS[fact_id].inputs, told.date, (fact_id,), DIFFER)
        return self._told_finding(fact_id, told, common, derived_value)

    def _told_finding(self, fact_id: str, told: Told, value: Any, derived_value: Any) -> Finding:
        whole = is_whole(value)
        sources = DERIVATIONS[fact_id].inputs if derived_value is not None else ()
        state, needs, why = (KNOWN, (), "") if whole else (PARTLY, (fact_id,), ONLY_PARTLY)
        return Finding(state, value, value, told, derived_value, sources, told.date, needs, why)

    def _derived_finding(self, definition: FactDefinition, derivation: Derivation | None) -> Finding:
        if derivation is None:
            return Finding(NOT_KNOWN, None, needs=(definition.id,), why=NOT_TOLD)
        inputs = DERIVATIONS[definition.id].inputs
        needs = derivation.needs or (definition.id,)
        value, dated = derivation.value, derivation.date
        if value is None:
            stale = any(self.finding(need).state == STALE for need in needs if need != definition.id)
            return Finding(NOT_KNOWN, None, derived_from=inputs, needs=needs, why=NEEDS_NEWER if stale else NOT_TOLD)
        if self._is_stale(definition, dated):
            return Finding(STALE, None, value, None, value, inputs, dated, needs, NEEDS_NEWER)
        whole = is_whole(value)
        return Finding(DERIVED, value, value, None, value, inputs, dated, () if whole else needs, "" if whole else ONLY_PARTLY)

    def _is_stale(self, definition: FactDefinition, dated: DateRange | None) -> bool:
        """A value whose day is not exactly known is stale as soon as it may be."""
        if dated is None or definition.valid_for_days is None:
            return False
        return (self.as_of - dated.first).days > definition.valid_for_days


class _Supposed(Situation):
    """A situation with one fact settled; findings that do not rest on it are shared with the original."""

    def __init__(self, original: Situation, fact_id: str, told: Told) -> None:
        super().__init__(original.vocabulary, original.as_of, {**original.told, fact_id: told})
        self._original = original
        self._settled = fact_id
        self._touched = resting_on(fact_id)
        value = told.value
        if told.times_uln is not None:
            self._multiples[fact_id] = told.times_uln
            limit = original.upper_limit(fact_id)
            value = combine(told.times_uln, "*", limit) if limit else None
        self._findings[fact_id] = Finding(KNOWN, value, value, replace(told, value=value))

    def answer(self, question: Answerable) -> Truth:
        if self._settled in question.rests_on or not self._touched.isdisjoint(question.rests_on):
            return super().answer(question)
        return self._original.answer(question)

    def finding(self, fact_id: str) -> Finding:
        if fact_id == self._settled or fact_id in self._touched:
            return super().finding(fact_id)
        return self._original.finding(fact_id)

    def times_uln(self, lab_id: str) -> NumberRange | None:
        if lab_id == self._settled or f"{lab_id}_uln" == self._settled:
            return super().times_uln(lab_id)
        return self._original.times_uln(lab_id)


def agrees_within(vocabulary: Vocabulary, fact_id: str) -> float:
    """How far a told number may lie from the derived one and still be called the same (rounding on reports)."""
    formula = {"liver.albi_score": "albi", "labs.creatinine_clearance": "cockcroft_gault", "labs.egfr": "ckd_epi_2021"}.get(fact_id)
    return vocabulary.formulas.constants[formula]["agrees_within"] if formula else 0.0
