"""Blood tests as one lab report tells them: values with their unit and the lab's own range, kept over time.

The newest result of each test is the fact that rules use; all others are earlier results. A result of the same test and day corrects it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from wayline.facts.case import BOUNDS, FactReader
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.liver.blood_tests import LIVER_TESTS
from wayline.reading import WaylineError
from wayline.web.asking import friendly, number_form, read_answer
from wayline.web.liver_tumors import LONGEST_ANSWER, day_from, day_problem, size_text

RESULTS = "labs.earlier_results"


@dataclass
class TestRow:
    """One blood test in the form: its value, unit and the lab's own range as typed."""

    lab: str
    label: str
    units: list[str]
    value: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    offered: str = ""  # the range that the page offered, with its unit: kept as it is, it holds in that unit only
    error: str | None = None

    @property
    def is_filled(self) -> bool:
        return bool(self.value)

    @property
    def range_in_unit(self) -> str:
        return f"{self.low}|{self.high}|{self.unit}"

    @property
    def keeps_range_of_another_unit(self) -> bool:
        """Whether a limit was left as the page offered it while another unit was chosen."""
        offered = self.offered.split("|")
        if len(offered) != 3 or offered[2] == self.unit:
            return False
        return any(limit and limit == typed for limit, typed in zip(offered, (self.low, self.high), strict=False))


@dataclass
class TestsForm:
    """One report: its day, and what it says of each test."""

    date: str
    rows: list[TestRow]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        return bool(self.errors) or any(row.error for row in self.rows)


def tests_form(vocabulary: Vocabulary, facts: Mapping[str, Any], post: QueryDict | None) -> TestsForm:
    """The form, with the unit and range of the last report filled in, or as it was posted."""
    rows = []
    for lab in LIVER_TESTS:
        definition = vocabulary[lab]
        row = TestRow(
            lab, definition.label, [unit for unit in (definition.unit, *(other.unit for other in definition.other_units)) if unit]
        )
        if post is None:
            low, high = facts.get(f"{lab}_lln"), facts.get(f"{lab}_uln")
            units = {unit_or_usual(limit, definition.unit) for limit in (low, high) if limit is not None}
            # Limits told in two units would be misread in one: then the form starts empty.
            if len(units) == 1:
                row.unit, row.low, row.high = units.pop(), size_text(low), size_text(high)
                row.offered = row.range_in_unit
        else:
            for part in ("value", "unit", "low", "high", "offered"):
                setattr(row, part, str(post.get(f"{lab}:{part}", "")).strip()[: 4 * LONGEST_ANSWER])
        rows.append(row)
    return TestsForm(day_from(post or QueryDict()), rows)


def unit_or_usual(stored: Any, usual: str | None) -> str:
    return str((stored.get("unit") if isinstance(stored, Mapping) else None) or usual or "")


def results_from(form: TestsForm, vocabulary: Vocabulary, today: date) -> list[dict[str, Any]] | None:
    """Every filled row as an earlier result of a case file; None with the errors noted in the form."""
    reader = FactReader(vocabulary, today)
    results = []
    problem = day_problem(form.date, (), today)
    if problem is not None:
        form.errors["date"] = problem
    if not any(row.is_filled for row in form.rows):
        form.errors["rows"] = "Fill in at least one result."
    for row in form.rows:
        if not row.is_filled:
            continue
        result = _result(row, today.isoformat() if problem is not None else form.date)
        if result is None:
            continue
        try:
            read_answer(reader, vocabulary[RESULTS], [result])
        except WaylineError as error:
            limits = [f"{row.lab}_{ending}" for ending in ("lln", "uln")]
            row.error = friendly(vocabulary[next((limit for limit in limits if limit in str(error)), row.lab)], error)
        results.append(result)
    return None if form.has_problems else results


def _result(row: TestRow, day: str) -> dict[str, Any] | None:
    """`unit` is written only where it is not the only one."""
    result: dict[str, Any] = {"lab": row.lab, "date": day}
    unit = {"unit": row.unit} if row.unit else {}
    if len(row.units) > 1 and row.unit not in row.units:
        row.error = f"Choose the unit that the report prints: {' or '.join(row.units)}."
        return None
    if row.keeps_range_of_another_unit:
        row.error = f"The range is that of another unit. Write the range that the report prints in {row.unit}, or leave it empty."
        return None
    try:
        value = number_form(row.value)
        limits = {key: number_form(text) for key, text in (("lower_limit", row.low), ("upper_limit", row.high)) if text}
    except WaylineError as error:
        row.error = error.message[:1].upper() + error.message[1:] + "."
        return None
    if any("value" not in limit for limit in limits.values()):
        row.error = "Write the lab’s range as two plain numbers, such as 7 and 45. Leave one empty if only one is printed."
        return None
    result["value"] = value.get("value", {**value, **unit})
    return result | unit | {key: limit["value"] for key, limit in limits.items()}


def take_results(facts: Mapping[str, Any], results: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> dict[str, Any]:
    """What changes in the facts: the newest result of each test is the current one, all others are earlier ones.

    A result of the same test and day takes the place of the old one: it is a correction. Of several results of one test each is kept.
    """
    changed: dict[str, Any] = {}
    now = dict(facts)  # with what the results before have changed
    stored = facts.get(RESULTS)
    earlier = [dict(one) for one in (stored if isinstance(stored, list) else (stored or {}).get("items", []))]
    for result in results:
        lab = str(result["lab"])
        current = current_as_result(now, vocabulary[lab])
        if current is None and _day_of_current(now, lab) > str(result["date"]):
            # The current value is newer, but told in a way that a result cannot hold, such as times the limit: it stays.
            earlier = [*(one for one in earlier if (one["lab"], one["date"]) != (lab, result["date"])), dict(result)]
            continue
        together = [*(one for one in earlier if one["lab"] == lab), *([current] if current is not None else [])]
        together = [one for one in together if one["date"] != result["date"]] + [dict(result)]
        # Days are written 2026-10-28, so their order is that of their texts; a bare month or year comes before its days.
        together.sort(key=lambda one: str(one["date"]))
        newest = together.pop()
        earlier = [one for one in earlier if one["lab"] != lab] + together
        if newest is not current:
            told = _as_current(newest)
            changed |= told
            now |= told
    return changed | {RESULTS: earlier or None}


def kept_as_earlier(facts: Mapping[str, Any], changed: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """The earlier results with those that a form is about to replace by results of another day; empty where there are none.

    A changed value under the same day is a correction and leaves nothing behind.
    """
    replaced = []
    for fact_id, told in changed.items():
        if isinstance(told, Mapping) and fact_id in vocabulary and vocabulary[fact_id].is_lab:
            current = current_as_result(facts, vocabulary[fact_id])
            if current is not None and str(current["date"]) < str(told.get("date", "")):
                replaced.append(current)
    if not replaced:
        return {}
    stored = facts.get(RESULTS)
    earlier = [dict(one) for one in (stored if isinstance(stored, list) else (stored or {}).get("items", []))]
    days = {(one["lab"], one["date"]) for one in replaced}
    return {RESULTS: [*(one for one in earlier if (one["lab"], one["date"]) not in days), *replaced]}


def _day_of_current(facts: Mapping[str, Any], lab: str) -> str:
    stored = facts.get(lab)
    return str(stored.get("date") or "") if isinstance(stored, Mapping) else ""


def current_as_result(facts: Mapping[str, Any], definition: FactDefinition) -> dict[str, Any] | None:
    """The current value of a test in the form of an earlier result; None where there is none, or it holds no value of its own."""
    stored = facts.get(definition.id)
    form = stored if isinstance(stored, Mapping) else {"value": stored}
    if stored is None or not form.get("date") or "times_uln" in form:
        return None
    limits = {
        key: limit if isinstance(limit, Mapping) else {"value": limit}
        for key, ending in (("lower_limit", "lln"), ("upper_limit", "uln"))
        if (limit := facts.get(f"{definition.id}_{ending}")) is not None
    }
    unit = form.get("unit") or definition.unit
    written = {"unit": form["unit"]} if form.get("unit") else {}
    bounds = {key: form[key] for key in BOUNDS if key in form}
    result = {"lab": definition.id, "date": form["date"], "value": {**bounds, **written} if bounds else form["value"], **written}
    for key, limit in limits.items():
        # A row holds one unit: a limit told in another one is brought to it through the usual unit, where that is possible.
        number = _in_unit(limit, str(unit or ""), definition)
        if number is not None:
            result[key] = number
    return result


def _in_unit(limit: Mapping[str, Any], unit: str, definition: FactDefinition) -> float | None:
    if "value" not in limit:
        return None
    own = limit.get("unit") or definition.unit or ""
    if own == unit:
        return float(limit["value"])
    to_usual = {other.unit: other.to_usual for other in definition.other_units}
    usual = float(limit["value"]) if own == definition.unit else to_usual[own](float(limit["value"]))
    return usual if unit == definition.unit else None


def _as_current(result: Mapping[str, Any]) -> dict[str, Any]:
    lab = str(result["lab"])
    unit = {"unit": result["unit"]} if result.get("unit") else {}
    value = result["value"]
    facts: dict[str, Any] = {lab: {**(value if isinstance(value, Mapping) else {"value": value}), **unit, "date": result["date"]}}
    for key, ending in (("lower_limit", "lln"), ("upper_limit", "uln")):
        facts[f"{lab}_{ending}"] = None if result.get(key) is None else {"value": result[key], **unit}
    return facts
