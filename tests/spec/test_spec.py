"""Every row of every table, on every engine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.engines import ENGINES, Engine
from tests.spec.tables import all_tables
from tests.spec.truth_tables import AND, NOT, OR, rows
from wayline.facts import truth
from wayline.facts.truth import Truth, all_of, any_of

_ROWS = [
    pytest.param(facts, expression, expected, id=f"{module}: {title}: {number}")
    for module, tables in all_tables().items()
    for title, table in tables.items()
    for number, (facts, expression, expected) in enumerate(table, start=1)
]
_TOLD = {"yes": True, "no": False}

engines = pytest.mark.parametrize("engine", [pytest.param(engine, id=name) for name, engine in ENGINES.items()])


def _facts(**answers: str) -> dict[str, bool]:
    """Two real yes-or-no facts with these answers; an unknown one is left out."""
    ids = {"left": "metastases.lung", "right": "metastases.bone"}
    return {ids[name]: _TOLD[answer] for name, answer in answers.items() if answer != "unknown"}


@engines
@pytest.mark.parametrize(("facts", "expression", "expected"), _ROWS)
def test_the_expression_has_the_answer_of_its_row(engine: Engine, facts: dict[str, Any], expression: str, expected: str) -> None:
    """Each row of the tables holds."""
    assert engine(facts, expression) == expected


@pytest.mark.parametrize(("left", "right", "expected"), rows(AND))
def test_and_follows_kleene(left: str, right: str, expected: str) -> None:
    """AND is NO as soon as one side is, and YES only when both are."""
    assert truth.AND[Truth(left), Truth(right)] is Truth(expected)
    assert all_of((Truth(left), Truth(right))) is Truth(expected)


@pytest.mark.parametrize(("left", "right", "expected"), rows(OR))
def test_or_follows_kleene(left: str, right: str, expected: str) -> None:
    """OR is YES as soon as one side is, and NO only when both are."""
    assert truth.OR[Truth(left), Truth(right)] is Truth(expected)
    assert any_of((Truth(left), Truth(right))) is Truth(expected)


@pytest.mark.parametrize(("value", "expected"), rows(NOT))
def test_not_follows_kleene(value: str, expected: str) -> None:
    """NOT swaps YES and NO and leaves UNKNOWN."""
    assert truth.NOT[Truth(value)] is Truth(expected)


@engines
@pytest.mark.parametrize(("left", "right", "expected"), rows(AND))
def test_and_of_two_facts(engine: Engine, left: str, right: str, expected: str) -> None:
    """`and` between two facts has the same nine rows."""
    assert engine(_facts(left=left, right=right), "metastases.lung and metastases.bone") == expected


@engines
@pytest.mark.parametrize(("left", "right", "expected"), rows(OR))
def test_or_of_two_facts(engine: Engine, left: str, right: str, expected: str) -> None:
    """`or` between two facts has the same nine rows."""
    assert engine(_facts(left=left, right=right), "metastases.lung or metastases.bone") == expected


@engines
@pytest.mark.parametrize(("value", "expected"), rows(NOT))
def test_not_of_a_fact(engine: Engine, value: str, expected: str) -> None:
    """`not` before a fact has the same three rows."""
    assert engine(_facts(left=value), "not metastases.lung") == expected


@pytest.mark.parametrize("table", [AND, OR, NOT])
def test_the_tables_are_whole(table: str) -> None:
    """No row of a truth table is missing or stands there twice."""
    inputs = [row[:-1] for row in rows(table)]
    assert len(inputs) == len(set(inputs)) == 3 ** len(inputs[0])


def test_all_of_nothing_is_yes_and_any_of_nothing_is_no() -> None:
    """The empty AND asks for nothing; the empty OR offers nothing."""
    assert all_of(()) is Truth.YES
    assert any_of(()) is Truth.NO


def test_a_truth_is_no_bool() -> None:
    """`if truth:` would take UNKNOWN for YES, so it is an error."""
    with pytest.raises(TypeError, match="three values"):
        bool(Truth.UNKNOWN)
