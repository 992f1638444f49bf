"""Swallowing and weight over time: from two days on, every value in words, and nothing between days that were not told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.helpers import situation_of
from wayline.brief.trends import Trend, spark_svg, trends_of
from wayline.library import Library

ECOG = {"function.ecog": 1}


def trends(content: Library, *entries: tuple[str, dict[str, Any]], facts: dict[str, Any] | None = None) -> dict[str, Trend]:
    diary = [{"date": day, "facts": told} for day, told in entries]
    found = trends_of(situation_of(facts or ECOG), diary, content.sheet_plan)
    return {trend.title: trend for trend in found}


WEIGHT, SWALLOWING = "Weight", "Swallowing (dysphagia)"


@pytest.mark.parametrize(("days", "is_there"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_line_needs_two_days(content: Library, days: int, is_there: bool) -> None:
    """One day is no line."""
    entries = [(f"2026-11-{day:02d}", {"nutrition.weight_kg": 80 - day}) for day in range(1, days + 1)]
    assert (WEIGHT in trends(content, *entries)) == is_there


def test_a_day_told_among_the_facts_counts_too(content: Library) -> None:
    """The diary's entry of the same day stands before it; a fact without a day has no place on a line."""
    dated = {"nutrition.weight_kg": {"value": 82, "date": "2026-11-01"}}
    assert trends(content, ("2026-11-08", {"nutrition.weight_kg": 81}), facts=dated)[WEIGHT].words(9) == (
        "Weight: 82 kg (181 lb) on Nov 1; 81 kg (179 lb) on Nov 8, 2026."
    )
    assert trends(content, ("2026-11-01", {"nutrition.weight_kg": 81}), facts=dated) == {}
    assert trends(content, ("2026-11-08", {"nutrition.weight_kg": 81}), facts={"nutrition.weight_kg": 82}) == {}


@pytest.mark.parametrize(
    "entry",
    [
        {"date": "2026-11-09", "facts": {"nutrition.weight_kg": "heavy"}},
        {"date": "2026-11-09", "facts": {"nutrition.weight_kg": None}},
        {"date": "2026-11-09", "facts": {}},
        {"date": "yesterday", "facts": {"nutrition.weight_kg": 80}},
        {"facts": {"nutrition.weight_kg": 80}},
        {"date": "2026-11-21", "facts": {"nutrition.weight_kg": 80}},
    ],
)
def test_what_cannot_be_read_or_lies_ahead_is_no_day(content: Library, entry: dict[str, Any]) -> None:
    """It stops nothing, and is never a value."""
    diary = [{"date": "2026-11-01", "facts": {"nutrition.weight_kg": 82}}, entry]
    assert trends_of(situation_of(ECOG), diary, content.sheet_plan) == ()


def test_many_days_are_counted(content: Library) -> None:
    """The first and the latest in words, and how many lie between."""
    entries = [(f"2026-11-{day:02d}", {"symptom.dysphagia": day % 5}) for day in range(1, 11)]
    told = trends(content, *entries)[SWALLOWING].words(3)
    assert told == "Swallowing (dysphagia): 1 on Nov 1; and 7 more days; 4 on Nov 9; 0 on Nov 10, 2026."


def test_a_partly_known_day_breaks_the_line(content: Library) -> None:
    """It is told in words, has no place in the drawing, and nothing is drawn across it."""
    found = trends(
        content,
        ("2026-11-01", {"symptom.dysphagia": 1}),
        ("2026-11-02", {"symptom.dysphagia": {"one_of": [1, 2]}}),
        ("2026-11-03", {"symptom.dysphagia": 2}),
    )[SWALLOWING]
    assert [point.y is None for point in found.points] == [False, True, False]
    drawing = spark_svg(found)
    assert (drawing.count("<circle"), drawing.count("<line")) == (2, 0)
    assert "1, some solid food sticks or 2, only soft food goes down on Nov 2" in found.words(9)


def test_the_drawing_keeps_its_order_and_its_bounds(content: Library) -> None:
    """Left to right by day, more stands higher, and nothing lies outside the picture."""
    found = trends(
        content,
        ("2026-11-10", {"symptom.dysphagia": 4}),
        ("2026-11-01", {"symptom.dysphagia": 0}),
        ("2026-11-04", {"symptom.dysphagia": 2}),
    )[SWALLOWING]
    xs, ys = [point.x for point in found.points], [point.y for point in found.points if point.y is not None]
    assert xs == sorted(xs)
    assert ys == sorted(ys)
    drawing = spark_svg(found)
    assert not re.search(r">[^<>]*\w[^<>]*<", drawing)
    for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawing):
        assert 3.5 < float(x) < 236.5
        assert 3.5 < float(y) < 44.5
    assert found.scale == "(Scale: 0, all food goes down; 4, nothing goes down.)"


def test_a_weight_that_stays_is_a_level_line(content: Library) -> None:
    found = trends(content, ("2026-11-01", {"nutrition.weight_kg": 80}), ("2026-11-05", {"nutrition.weight_kg": 80}))[WEIGHT]
    assert [point.y for point in found.points] == [0.5, 0.5]
