"""How many days back a flag looks: each such limit just before, on and after its day, and none that the table forgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.diary.test_flags import FLAGS, VOCABULARY
from tests.helpers import days_ago, situation_of
from wayline.diary.flags import Flag, raise_flag
from wayline.facts.situation import Situation
from wayline.logic.nodes import And, Compared, Condition, DateCompared, Had, Not, Number, NumberFact, Or, Within
from wayline.reading import read

TABLE = read(Path(__file__).parent / "day_limits.yaml", "day_limits.yaml")
LIMITS: list[dict[str, Any]] = [{**row, "on": on} for row in TABLE["limits"] for on in row["on"]]
NAMES = [f"{row['flag']}-{row['on']}-{row['days']}-{'-'.join(row['told'])}" for row in LIMITS]


def absent(fact_id: str) -> Any:
    """What somebody tells who has nothing of this."""
    if fact_id == "symptom.temperature_c":
        return 36.6
    definition = VOCABULARY[fact_id]
    return next(iter(definition.choices)) if definition.kind == "choice" else {"yes_no": False, "number": 0}[definition.kind]


def course(name: str, days: int) -> dict[str, Any]:
    """A procedure done so many days ago, or a drug whose course ended then."""
    if VOCABULARY.drugs.members(name) is None:
        return {"procedure": name, "start": days_ago(days), "end": days_ago(days)}
    return {"drugs": [name], "start": days_ago(days + 60), "end": days_ago(days)}


def situation_at(row: dict[str, Any], days: int) -> Situation:
    """The signs of a row, what it dates so many days ago, and no to all else that the flag asks for."""
    conditions = conditions_of(FLAGS[row["flag"]])
    rests_on = {fact_id for condition in conditions for fact_id in condition.rests_on}
    assert set(row["told"]) <= rests_on
    dated = {"therapy.history", "therapy.last_dose"}
    facts = {fact_id: absent(fact_id) for fact_id in sorted(rests_on - dated)} | row["told"]
    if row["on"] == "therapy.last_dose":
        given = [] if row["course"] is None else [course(row["course"], 1)]
        return situation_of({**facts, "therapy.history": given, "therapy.last_dose": days_ago(days)})
    last_dose = {"therapy.last_dose": days_ago(1)} if "therapy.last_dose" in rests_on else {}
    return situation_of({**facts, **last_dose, "therapy.history": [course(row["on"], days)]})


def conditions_of(flag: Flag) -> list[Condition]:
    return [flag.raised, *(rule.when for rule in flag.acts if rule.when is not None)]


def act_of(flag: Flag, situation: Situation) -> str:
    found = raise_flag(flag, situation)
    return "not_raised" if found is None else found.act


@pytest.mark.parametrize("row", LIMITS, ids=NAMES)
def test_the_last_day_counts_and_the_day_after_does_not(row: dict[str, Any]) -> None:
    assert set(row) - {"course"} == {"flag", "told", "on", "days", "until", "after"}
    flag, days = FLAGS[row["flag"]], row["days"]
    assert row["until"] != row["after"]
    assert [act_of(flag, situation_at(row, day)) for day in (days - 1, days)] == [row["until"]] * 2
    assert act_of(flag, situation_at(row, days + 1)) == row["after"]


# --- no limit is forgotten ---


def day_limit(literal: Condition) -> tuple[str, float] | None:
    """What a literal dates and within how many days; None if it counts no days."""
    if isinstance(literal, Had) and literal.within_days is not None:
        return literal.named, literal.within_days
    return (literal.fact_id, literal.days) if isinstance(literal, Within) else None


def with_other_days(condition: Condition, change: int) -> Iterator[tuple[tuple[str, float], Condition]]:
    """The condition once for each of its day limits, with just that one moved by `change` days."""
    limit = day_limit(condition)
    if isinstance(condition, Had) and condition.within_days is not None and limit:
        yield limit, replace(condition, within_days=condition.within_days + change)
    elif isinstance(condition, Within) and limit:
        yield limit, replace(condition, days=condition.days + change)
    elif isinstance(condition, Not):
        yield from ((moved, Not(part)) for moved, part in with_other_days(condition.condition, change))
    elif isinstance(condition, (And, Or)):
        parts = condition.conditions
        for place, part in enumerate(parts):
            for moved, other in with_other_days(part, change):
                yield moved, replace(condition, conditions=(*parts[:place], other, *parts[place + 1 :]))


def moved_flags(flag: Flag, change: int) -> Iterator[tuple[tuple[str, float], Flag]]:
    """The flag once for each of its day limits, wherever it stands, with just that one moved."""
    for limit, raised in with_other_days(flag.raised, change):
        yield limit, replace(flag, raised=raised)
    for place, rule in enumerate(flag.acts):
        if rule.when is not None:
            for limit, when in with_other_days(rule.when, change):
                yield limit, replace(flag, acts=(*flag.acts[:place], replace(rule, when=when), *flag.acts[place + 1 :]))


DATED = [flag for flag in FLAGS.values() if any(day_limit(one) for condition in conditions_of(flag) for one in condition.literals())]


@pytest.mark.parametrize("flag", DATED, ids=[flag.id for flag in DATED])
def test_the_table_holds_every_day_limit(flag: Flag) -> None:
    """Whichever one of its limits moves by a day, either way, some row notices; one that none can notice is listed with its reason."""
    rows = [(row, situation_at(row, days)) for row in LIMITS if row["flag"] == flag.id for days in (row["days"], row["days"] + 1)]
    before = [act_of(flag, situation) for _, situation in rows]
    unnoticed = {
        f"{limit[0]}, {limit[1]:g}"
        for change in (-1, 1)
        for limit, other in moved_flags(flag, change)
        if [act_of(other, situation) for _, situation in rows] == before
    }
    assert unnoticed == {row["limit"] for row in TABLE["masked"] if row["flag"] == flag.id}


def test_every_row_is_of_a_flag_that_counts_days() -> None:
    assert {row["flag"] for row in LIMITS} == {flag.id for flag in DATED}
    assert len(set(NAMES)) == len(NAMES)
    assert all(row["masked_by"] for row in TABLE["masked"])


def test_days_are_counted_in_no_other_way() -> None:
    """The walk above knows `had` and `within`; a flag that counts days by days_since or by a written date would slip through."""
    for flag in FLAGS.values():
        for literal in (literal for condition in conditions_of(flag) for literal in condition.literals()):
            assert not isinstance(literal, DateCompared), flag.id
            assert not isinstance(literal, Compared) or isinstance(literal.left, NumberFact), flag.id
            assert not isinstance(literal, Compared) or isinstance(literal.right, Number), flag.id
