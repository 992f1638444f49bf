"""Blood tests of the liver: results over time with the lab's own range, named grades, the enzyme pattern, and the parts of two scores.

Nothing here says what a result means for one person. Scales are shown under their names; a value that is only partly known has several
possible grades, and one whose lab limit is not told has none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wayline.facts.courses import Course, Listing
from wayline.facts.derived import child_pugh_points_of_parts
from wayline.facts.findings import STALE, Finding
from wayline.facts.labs import LabResult
from wayline.facts.situation import Situation
from wayline.facts.truth import NO, NOT, YES, any_of
from wayline.facts.values import DateRange, NumberRange, combine, less
from wayline.facts.vocabulary import FactDefinition
from wayline.liver.scales import TIMES_UPPER_LIMIT, EnzymePattern, Scales

# In the order in which reports print them.
LIVER_TESTS = (
    "labs.bilirubin",
    "labs.albumin",
    "labs.alt",
    "labs.ast",
    "labs.alp",
    "labs.ggt",
    "labs.ldh",
    "labs.inr",
    "labs.platelets",
)


@dataclass(frozen=True)
class Result:
    """One result as it is shown: in the fact's unit, with the lab's range as far as told. `times_upper_limit` as told or computed."""

    date: DateRange
    value: NumberRange | None
    lower_limit: NumberRange | None
    upper_limit: NumberRange | None
    times_upper_limit: NumberRange | None
    is_current: bool
    is_stale: bool

    @property
    def against_range(self) -> frozenset[str]:
        """`below`, `within`, `above`: every one that value and printed range allow; empty where no limit is told."""
        if self.value is None or (self.lower_limit is None and self.upper_limit is None):
            return frozenset()
        low, high = self.lower_limit, self.upper_limit
        below = NO if low is None else less(self.value, low)
        above = NO if high is None else less(high, self.value)
        ways = {"below": below, "above": above, "within": NOT[any_of((below, above))]}
        return frozenset(way for way, truth in ways.items() if truth is not NO)


@dataclass(frozen=True)
class Grades:
    """The grades of a named scale that are possible for one result; `from_baseline` the same against the value before treatment."""

    possible: frozenset[int] | None
    from_baseline: frozenset[int] | None
    baseline: Result | None


@dataclass(frozen=True)
class Series:
    """All results of one blood test, oldest first, and the grades of the newest one; `grades` is None for a test without grades."""

    lab: str
    results: tuple[Result, ...]
    grades: Grades | None

    @property
    def newest(self) -> Result:
        return self.results[-1]


@dataclass(frozen=True)
class ScorePart:
    """One part of a score: its fact, what is held of it, and the points that are possible (None for a score without points)."""

    fact: str
    finding: Finding
    points: NumberRange | None


def series_of(situation: Situation, scales: Scales, labs: Iterable[str] = LIVER_TESTS) -> tuple[Series, ...]:
    """Every blood test of which something is told, with its results over time."""
    return tuple(series for lab in labs if (series := _series(situation, scales, lab)) is not None)


def _series(situation: Situation, scales: Scales, lab: str) -> Series | None:
    told = situation.finding("labs.earlier_results").shown
    earlier = [one for one in told if isinstance(one, LabResult) and one.lab == lab] if isinstance(told, Listing) else []
    results = [_earlier(one, situation.vocabulary[lab]) for one in earlier]
    current = _current(situation, lab)
    if current is not None:
        results.append(current)
    if not results:
        return None
    results.sort(key=lambda result: (result.date.first, result.is_current))
    return Series(lab, tuple(results), _grades(situation, scales, lab, results))


def _earlier(one: LabResult, definition: FactDefinition) -> Result:
    value = _told(one.value, definition)
    multiple = combine(value, "/", one.upper_limit) if one.upper_limit is not None else None
    return Result(one.date, value, one.lower_limit, one.upper_limit, multiple, False, False)


def _told(value: NumberRange, definition: FactDefinition) -> NumberRange:
    """The value without an upper end that nobody told: the largest number that is possible at all. No result lies below 0, so 0 stays."""
    return value.without_bounds(-math.inf, definition.highest)


def _current(situation: Situation, lab: str) -> Result | None:
    finding = situation.finding(lab)
    told = finding.told
    if told is None:
        return None
    definition = situation.vocabulary[lab]
    value = _told(finding.shown, definition) if isinstance(finding.shown, NumberRange) else None
    # The printed range is the person's own; the usual limits that rules may fall back on are no range of their lab.
    lower, upper = situation.number(f"{lab}_lln"), situation.number(f"{lab}_uln")
    multiple = told.times_uln or (combine(value, "/", upper) if value is not None and upper is not None else None)
    dated = finding.date or DateRange.exactly(situation.as_of)
    return Result(dated, value, lower, upper, multiple, True, finding.state == STALE)


def _grades(situation: Situation, scales: Scales, lab: str, results: list[Result]) -> Grades | None:
    scale = scales.grades.get(lab)
    if scale is None:
        return None
    newest = results[-1]
    counted = newest.times_upper_limit if scale.kind == TIMES_UPPER_LIMIT else newest.value
    possible = None if counted is None else scale.possible_grades(counted, newest.lower_limit)
    baseline = _before_treatment(situation, results)
    from_baseline = None
    multiple = None if baseline is None else baseline.times_upper_limit
    was_above = multiple is not None and less(NumberRange.exactly(1), multiple) is YES
    if was_above and baseline is not None and baseline.value is not None and newest.value is not None:
        times_baseline = combine(newest.value, "/", baseline.value)
        from_baseline = None if times_baseline is None else scale.possible_grades_from_baseline(times_baseline)
    return Grades(possible, from_baseline, baseline if was_above else None)


def _before_treatment(situation: Situation, results: list[Result]) -> Result | None:
    """The last result before the first course of treatment began, where that day is told: what grades may be counted from."""
    history = situation.value("therapy.history")
    if not isinstance(history, Listing) or not history.complete:
        return None
    starts = [course.start for course in history if isinstance(course, Course)]
    known = [start for start in starts if start is not None]
    if not known or len(known) < len(starts):
        return None
    first = min(known, key=lambda start: start.first)
    before = [result for result in results[:-1] if result.date.last < first.first]
    return before[-1] if before else None


def enzyme_pattern(series: Iterable[Series], pattern: EnzymePattern) -> tuple[NumberRange, frozenset[str]] | None:
    """R = (ALT / its upper limit) / (ALP / its upper limit), and its possible names.

    None where a part is missing, stale or of another day.
    """
    newest = {one.lab: one.newest for one in series}
    alt, alp = newest.get("labs.alt"), newest.get("labs.alp")
    if alt is None or alp is None or alt.times_upper_limit is None or alp.times_upper_limit is None:
        return None
    if not all(result.is_current and not result.is_stale for result in (alt, alp)):
        return None
    days = NumberRange((alt.date.first - alp.date.last).days, (alt.date.last - alp.date.first).days)
    if max(abs(days.low), abs(days.high)) > pattern.days_apart_at_most:
        return None
    ratio = combine(alt.times_upper_limit, "/", alp.times_upper_limit)
    return None if ratio is None else (ratio, pattern.possible_patterns(ratio))


def child_pugh_parts(situation: Situation) -> tuple[ScorePart, ...]:
    """The five parts of Child-Pugh with the points that each may give (Pugh 1973; numbers in content/vocabulary/formulas.yaml)."""
    points = child_pugh_points_of_parts(situation)
    return tuple(ScorePart(fact_id, situation.finding(fact_id), points[fact_id]) for fact_id in points)


def albi_parts(situation: Situation) -> tuple[ScorePart, ...]:
    """The two parts of ALBI (Johnson 2015)."""
    return tuple(ScorePart(fact_id, situation.finding(fact_id), None) for fact_id in ("labs.bilirubin", "labs.albumin"))
