"""The soundness law: what becomes better known never turns YES into NO or NO into YES."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.helpers import CHECKOUT, condition_of, days_ago, situation_of
from tests.property.strategies import (
    CLUSTERS,
    VOCABULARY,
    expressions,
    literals,
    one_fact_better_known,
    situations,
    with_inputs,
)
from wayline.facts.case import load_case
from wayline.facts.courses import Listing
from wayline.facts.derived import resting_on
from wayline.facts.situation import Situation
from wayline.facts.truth import NO, YES, Truth
from wayline.facts.values import DateRange, NumberRange
from wayline.library import library
from wayline.options.catalog import DEPENDS

PEOPLE = [path for path in sorted((CHECKOUT / "tests" / "people").glob("*.yaml")) if not path.name.startswith("expected")]
OPTIONS = library().catalog
OPTION_FACTS = tuple(
    sorted(
        {
            fact_id
            for option in OPTIONS.values()
            for condition in option.conditions
            for read in condition.fact_ids
            for fact_id in with_inputs(read)
        }
    )
)


def overturned(before: Truth, after: Truth) -> bool:
    """Whether a decided answer became the opposite one."""
    return {before, after} == {YES, NO}


def _note(changed: str, before: Situation, after: Situation) -> None:
    note("\n".join(f"{fact_id}: {told}" for fact_id, told in before.told.items()))
    note(f"now {changed}: {after.told[changed]}")


def contradict(before: Any, after: Any) -> bool:
    """Whether two values of one fact cannot both be right; a value that is not known contradicts nothing."""
    if before is None or after is None or isinstance(before, Listing):
        return False
    if isinstance(before, NumberRange | DateRange):
        return before.meets(after) is None
    return not before & after if isinstance(before, frozenset) else before != after


@pytest.mark.parametrize("cluster", CLUSTERS)
@settings(max_examples=3 * settings.default.max_examples)
@given(data=st.data())
def test_one_fact_better_known_leaves_every_fact_possible(cluster: str, data: st.DataObject) -> None:
    """The value of every fact, told or derived, shares something with its value before: no comparison can be overturned without that."""
    read = tuple(sorted(frozenset().union(*(with_inputs(fact_id) for fact_id in CLUSTERS[cluster]))))
    before = data.draw(situations(read))
    changed, after = data.draw(one_fact_better_known(before, read))
    _note(changed, before, after)
    for fact_id in resting_on(changed) | {changed, changed.removesuffix("_uln")}:
        assert not contradict(before.value(fact_id), after.value(fact_id)), fact_id
        if VOCABULARY[fact_id].may_have_upper_limit:
            assert not contradict(before.times_uln(fact_id), after.times_uln(fact_id)), f"times_uln({fact_id})"


@pytest.mark.parametrize("cluster", CLUSTERS)
@given(data=st.data())
def test_one_fact_better_known_overturns_no_literal(cluster: str, data: st.DataObject) -> None:
    """Filling in or narrowing one fact, its derived facts included, overturns no single comparison or function."""
    _check(cluster, literals(CLUSTERS[cluster]), data)


@pytest.mark.parametrize("cluster", CLUSTERS)
@given(data=st.data())
def test_one_fact_better_known_overturns_no_expression(cluster: str, data: st.DataObject) -> None:
    """Nor does it overturn any expression put together from them."""
    _check(cluster, expressions(CLUSTERS[cluster]), data)


def _check(cluster: str, texts: st.SearchStrategy[str], data: st.DataObject) -> None:
    text = data.draw(texts)
    condition = condition_of(text)
    read = tuple(sorted(frozenset().union(*(with_inputs(fact_id) for fact_id in condition.fact_ids))))
    before = data.draw(situations(read))
    fact_id, after = data.draw(one_fact_better_known(before, read))
    _note(fact_id, before, after)
    assert not overturned(condition.truth(before), condition.truth(after))


@pytest.mark.parametrize("person", PEOPLE, ids=lambda path: path.stem)
@settings(max_examples=settings.default.max_examples // 5)
@given(data=st.data())
def test_one_fact_better_known_overturns_no_option(person: Path, data: st.DataObject) -> None:
    """`fits` never becomes `does_not_fit`, nor the other way round, for people who forgot some of what they knew."""
    known = load_case(person, VOCABULARY)
    forgotten = data.draw(st.sets(st.sampled_from(sorted(known.told)), max_size=10))
    before = Situation(VOCABULARY, known.as_of, {fact_id: told for fact_id, told in known.told.items() if fact_id not in forgotten})
    fact_id, after = data.draw(one_fact_better_known(before, OPTION_FACTS))
    _note(fact_id, before, after)
    for option in OPTIONS.values():
        verdicts = {option.verdict(before), option.verdict(after)}
        assert len(verdicts) == 1 or DEPENDS in verdicts, option.id


# Small histories, tried one field at a time: random ones seldom meet all that the counting of lines looks at.
_FIELDS: dict[str, tuple[object, ...]] = {
    "drugs": ("XYZ-123", "cisplatin", "dexamethasone"),
    "intent": (None, "perioperative", "palliative"),
    "start": (None, days_ago(450), days_ago(90)),
    "end": (None, days_ago(420), days_ago(60)),
    "ended_because": (None, "completed", "progression"),
    "best_response": (None, "partial", "progression"),
}
_COURSES = [
    course
    for values in product(*_FIELDS.values())
    if not ((course := dict(zip(_FIELDS, values, strict=True)))["start"] and course["end"] and course["end"] < course["start"])
]


def _situation_with(courses: list[dict[str, Any]], others: dict[str, Any], complete: bool = True) -> Situation:
    told = [{**course, "drugs": [course["drugs"]]} for course in courses]
    return situation_of({"therapy.history": {"items": told, "complete": complete}, **others})


def _better_told(history: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The same history with one empty field of one course filled in, or its drug recognised."""
    for place, course in enumerate(history):
        for field, (not_told, *fills) in _FIELDS.items():
            for fill in fills if course[field] == not_told else ():
                filled = {**course, field: fill}
                if filled in _COURSES:
                    yield f"{field} {fill}", [*history[:place], filled, *history[place + 1 :]]


@pytest.mark.parametrize("setting", [None, "at_diagnosis", "recurrence"])
@pytest.mark.parametrize("now", [None, True])
@pytest.mark.parametrize("courses", [0, 1, 2])
def test_more_told_of_a_history_overturns_neither_lines_nor_status(courses: int, setting: str | None, now: bool | None) -> None:
    """One more field of a course, or one more course of a list that may be incomplete, keeps lines and status within what was possible."""
    random = Random(20261120)  # the same histories on every run
    others = {"diagnosis.setting": setting, "therapy.now": now}
    overturned_by: dict[str, list[dict[str, Any]]] = {}
    for _ in range(200 if courses else 5):
        history = random.choices(_COURSES, k=courses)
        before = _situation_with(history, others)
        pairs = [(before, words, _situation_with(better, others)) for words, better in _better_told(history)]
        longer = [*history, random.choice(_COURSES)]
        pairs.append((_situation_with(history, others, complete=False), "one more course", _situation_with(longer, others)))
        for known, words, after in pairs:
            for fact_id in ("therapy.lines", "disease.status"):
                if contradict(known.value(fact_id), after.value(fact_id)):
                    overturned_by.setdefault(f"{fact_id} by {words}", history)
    assert not overturned_by, "\n".join(f"{what}: {history}" for what, history in overturned_by.items())


def _history(*courses: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"therapy.history": list(courses), **other}


AROUND_SURGERY = {"drugs": ["FLOT"], "intent": "perioperative", "end": "2024-01-10"}

# (expression, facts, the same with one of them filled in or narrowed)
EXAMPLES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a told clearance near the computed one": (
        "labs.creatinine_clearance >= 55",  # computed: 80 * 50 / 72 * 1 = 55.56
        {"person.age": 60, "nutrition.weight_kg": 50, "labs.creatinine": 1, "person.sex": "male"},
        {"labs.creatinine_clearance": 54.9},
    ),
    "a told ALBI score near the computed one": (
        "liver.albi_score <= -2.6",  # computed: -2.621
        {"labs.bilirubin": 1, "labs.albumin": 4.041},
        {"liver.albi_score": -2.58},
    ),
    "an unknown drug turns out to be no cancer drug: lines": (
        "therapy.lines >= 1",
        _history(
            {"drugs": ["FLOT"], "intent": "perioperative", "end": "2026-01-10"},
            {"drugs": ["XYZ-123"], "intent": "palliative", "start": "2026-03-10"},
            **{"diagnosis.setting": "at_diagnosis"},
        ),
        _history(
            {"drugs": ["FLOT"], "intent": "perioperative", "end": "2026-01-10"},
            {"drugs": ["dexamethasone"], "intent": "palliative", "start": "2026-03-10"},
        ),
    ),
    "an unknown drug turns out to be no cancer drug: status": (
        'disease.status == "progressing"',
        _history(
            {"drugs": ["FOLFOX"], "start": "2026-01-10", "best_response": "partial"},
            {"drugs": ["XYZ-123"], "start": "2026-03-10", "ended_because": "progression"},
            **{"therapy.now": True},
        ),
        _history(
            {"drugs": ["FOLFOX"], "start": "2026-01-10", "best_response": "partial"},
            {"drugs": ["dexamethasone"], "start": "2026-03-10", "ended_because": "progression"},
        ),
    ),
    "a course around surgery turns out to have ended because of growth": (
        "therapy.lines == 1",
        _history(AROUND_SURGERY, {"drugs": ["FOLFOX"], "intent": "palliative", "start": "2025-06-01"}),
        _history({**AROUND_SURGERY, "ended_because": "progression"}, {"drugs": ["FOLFOX"], "intent": "palliative", "start": "2025-06-01"}),
    ),
    "growth on a course around surgery is told later": (
        "therapy.lines == 0",
        _history(AROUND_SURGERY, **{"diagnosis.setting": "at_diagnosis"}),
        _history({**AROUND_SURGERY, "best_response": "progression"}),
    ),
    "the course under way turns out to have ended because of growth": (
        'disease.status == "responding"',
        _history({"drugs": ["FOLFOX"], "start": "2026-08-01", "best_response": "partial"}, **{"therapy.now": True}),
        _history({"drugs": ["FOLFOX"], "start": "2026-08-01", "best_response": "partial", "ended_because": "progression"}),
    ),
    "a lesion's segment is told": (
        'liver.distribution == "both_lobes"',
        {"liver.lesions": [{"segment": 5}, {"segment": 2}, {}]},
        {"liver.lesions": [{"segment": 5}, {"segment": 2}, {"segment": 1}]},
    ),
    "a list turns out to be longer": (
        "liver.lesion_count >= 2",
        {"liver.lesions": {"items": [{}, {}], "complete": False}},
        {"liver.lesions": [{}, {}, {}]},
    ),
    "the report's own limit takes the place of the usual ones": (
        "times_uln(labs.bilirubin) <= 1.5",
        {"labs.bilirubin": 1.5},
        {"labs.bilirubin_uln": 1.0},
    ),
}


@pytest.mark.parametrize(("expression", "facts", "filled_in"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_of_the_law(expression: str, facts: dict[str, Any], filled_in: dict[str, Any]) -> None:
    """Each example decides before, and is not overturned after."""
    condition = condition_of(expression)
    before, after = (condition.truth(situation_of(known)) for known in (facts, {**facts, **filled_in}))
    assert not overturned(before, after)
