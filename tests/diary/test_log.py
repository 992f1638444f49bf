"""The diary's entries as plain documents: what is kept, what becomes a fact, and what follows from weights."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayline.diary.log import (
    earlier_today,
    entry_of,
    facts_after,
    newest_answers,
    read_days,
    weight_loss,
    weight_loss_change,
    with_answers,
    without_day,
    without_earlier,
)
from wayline.diary.trends import chart_of, in_words, series_of
from wayline.facts.values import NumberRange
from wayline.library import library

CONTENT = library()
TODAY = date(2026, 11, 20)
PAIN, WEIGHT, TEMPERATURE = "symptom.pain", "nutrition.weight_kg", "symptom.temperature_c"
WINDOW = CONTENT.diary.weight_loss


def back(days: int) -> date:
    return TODAY - timedelta(days)


def weighed(*weights: tuple[int, float]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for days, kilograms in weights:
        entries = with_answers(entries, back(days), {WEIGHT: kilograms}, None)
    return entries


def test_entries_stand_by_day_whatever_the_order_of_telling() -> None:
    entries = with_answers(with_answers([], TODAY, {PAIN: "mild"}, None), back(3), {PAIN: "severe"}, "bad")
    assert [entry["date"] for entry in entries] == ["2026-11-17", "2026-11-20"]
    assert entry_of(entries, back(3)) == {"date": "2026-11-17", "facts": {PAIN: "severe"}, "note": "bad"}
    assert newest_answers(entries)[PAIN] == ("2026-11-20", "mild")


def test_an_answer_told_again_keeps_the_earlier_one_and_a_correction_does_not() -> None:
    first = with_answers([], TODAY, {PAIN: "severe"}, None)
    assert earlier_today(with_answers(first, TODAY, {PAIN: "mild"}, None), TODAY) == [(PAIN, "severe")]
    assert earlier_today(with_answers(first, TODAY, {PAIN: "mild"}, None, is_correction=True), TODAY) == []
    assert earlier_today(with_answers(first, TODAY, {PAIN: "severe"}, None), TODAY) == []  # the same again
    assert earlier_today(with_answers(first, TODAY, {PAIN: "mild"}, None), back(1)) == []


def test_taken_back_and_empty_is_gone() -> None:
    entries = with_answers([], TODAY, {PAIN: "severe"}, None)
    assert with_answers(entries, TODAY, {PAIN: None}, None) == []
    assert with_answers([], TODAY, {}, "") == []
    assert with_answers([], TODAY, {}, "a note") == [{"date": "2026-11-20", "facts": {}, "note": "a note"}]


def test_taking_out_an_earlier_answer_leaves_the_others() -> None:
    entries = with_answers([], TODAY, {PAIN: "severe", TEMPERATURE: 39}, None)
    entries = with_answers(entries, TODAY, {PAIN: "mild", TEMPERATURE: 37}, None)
    assert earlier_today(without_earlier(entries, TODAY, 0), TODAY) == [(TEMPERATURE, 39)]
    assert earlier_today(without_earlier(entries, TODAY, 7), TODAY) == earlier_today(entries, TODAY)


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        (None, True),
        ("mild", True),  # undated: older than any entry
        ({"value": "mild", "date": "2026-11-19"}, True),
        ({"value": "mild", "date": "2026-11-20"}, True),  # of the same day: what is told last stands
        ({"value": "mild", "date": "2026-11-21"}, False),
    ],
)
def test_an_entry_counts_when_it_is_not_older_than_what_is_told(told: Any, taken: bool) -> None:
    after = with_answers([], TODAY, {PAIN: "severe"}, None)
    changes = facts_after({} if told is None else {PAIN: told}, [], after)
    assert changes == ({PAIN: {"value": "severe", "date": "2026-11-20", "source": "diary"}} if taken else {})


def test_what_did_not_change_in_the_diary_changes_no_fact() -> None:
    """An answer changed elsewhere since is not overwritten by saving another answer of the same day."""
    before = with_answers([], TODAY, {PAIN: "severe"}, None)
    after = with_answers(before, TODAY, {TEMPERATURE: 37}, None)
    assert set(facts_after({PAIN: {"value": "none", "date": "2026-11-20"}}, before, after)) == {TEMPERATURE}


def test_what_an_entry_took_the_place_of_outlives_it_and_moves_on() -> None:
    facts: dict[str, Any] = {PAIN: {"value": "moderate", "date": "2026-11-10"}}
    one = with_answers([], back(5), {PAIN: "mild"}, None)
    facts |= facts_after(facts, [], one)
    two = with_answers(one, TODAY, {PAIN: "severe"}, None)
    facts |= facts_after(facts, one, two)
    three = without_day(two, back(5))
    assert facts_after(facts, two, three) == {}
    assert facts_after(facts, three, without_day(three, TODAY)) == {PAIN: {"value": "moderate", "date": "2026-11-10"}}


ANSWERS = st.dictionaries(st.sampled_from([PAIN, "symptom.vomiting"]), st.sampled_from(["none", "mild", "severe", None]), max_size=2)


@given(st.lists(st.tuples(st.integers(0, 4), ANSWERS), max_size=6), st.lists(st.integers(0, 4), max_size=3))
def test_the_facts_always_follow_the_newest_entries(steps: list[tuple[int, dict[str, Any]]], gone: list[int]) -> None:
    """However days are told, told again and taken out: what only the diary told is what its newest entry tells."""
    facts: dict[str, Any] = {}
    entries: list[dict[str, Any]] = []

    def take(after: list[dict[str, Any]]) -> None:
        for fact_id, form in facts_after(facts, entries, after).items():
            if form is None:
                facts.pop(fact_id, None)
            else:
                facts[fact_id] = form

    for days, answers in steps:
        after = with_answers(entries, back(days), answers, None)
        take(after)
        entries = after
    for days in gone:
        after = without_day(entries, back(days))
        take(after)
        entries = after
    newest = newest_answers(entries)
    assert {fact_id: (form["date"], form["value"]) for fact_id, form in facts.items()} == newest


# --- weight over about six months ---


@pytest.mark.parametrize(
    ("weights", "lost"),
    [
        (((149, 80), (0, 72)), None),  # too near
        (((150, 80), (0, 72)), 10.0),
        (((214, 80), (0, 72)), 10.0),
        (((215, 80), (0, 72)), None),  # too far
        (((200, 90), (180, 80), (150, 75), (0, 72)), 10.0),  # nearest to half a year
        (((180, 70), (0, 72.1)), -3.0),  # a gain
        (((0, 72),), None),
        ((), None),
    ],
)
def test_weight_lost_in_half_a_year(weights: tuple[tuple[int, float], ...], lost: float | None) -> None:
    found = weight_loss(read_days(weighed(*weights), CONTENT.vocabulary), WINDOW, TODAY)
    assert (found["value"] if found else None) == lost
    if found is not None:
        assert found["date"] == "2026-11-20"
        assert found["source"].startswith("diary: ")


def test_a_weight_known_in_part_tells_no_loss() -> None:
    entries = with_answers(weighed((0, 72)), back(180), {WEIGHT: {"at_least": 80}}, None)
    assert weight_loss(read_days(entries, CONTENT.vocabulary), WINDOW, TODAY) is None


def test_a_told_loss_stands_and_one_from_the_diary_follows_it() -> None:
    days = read_days(weighed((180, 80), (0, 72)), CONTENT.vocabulary)
    assert weight_loss_change({"nutrition.weight_loss_percent": 3}, days, WINDOW, TODAY) == {}
    found = weight_loss_change({}, days, WINDOW, TODAY)
    assert weight_loss_change(found, days, WINDOW, TODAY) == {}
    assert weight_loss_change(found, [], WINDOW, TODAY) == {"nutrition.weight_loss_percent": None}


# --- over time ---


def test_pounds_and_kilograms_make_one_line_in_the_unit_of_the_newest() -> None:
    entries = with_answers(weighed((5, 70)), TODAY, {WEIGHT: {"value": 152.5, "unit": "lb"}}, None)
    series = series_of(read_days(entries, CONTENT.vocabulary), CONTENT.vocabulary[WEIGHT], "Weight", {})
    assert series.unit == "lb"
    assert [mark.words for mark in series.marks] == ["154.3", "152.5"]
    assert in_words(series) == "Weight. November 15, 2026: 154.3 lb; November 20, 2026: 152.5 lb."


def test_degrees_are_told_in_both_scales() -> None:
    entries = with_answers([], back(1), {TEMPERATURE: 38}, None)
    entries = with_answers(entries, TODAY, {TEMPERATURE: {"value": 99.5, "unit": "degF"}}, None)
    series = series_of(read_days(entries, CONTENT.vocabulary), CONTENT.vocabulary[TEMPERATURE], "Temperature", {})
    assert [(mark.words, mark.value) for mark in series.marks] == [
        ("100.4", NumberRange.exactly(100.4)),
        ("99.5", NumberRange.exactly(99.5)),
    ]


def test_a_scale_in_words_is_drawn_with_all_its_steps() -> None:
    entries = with_answers([], TODAY, {"symptom.dysphagia": 1}, None)
    words = CONTENT.diary.words_of("symptom.dysphagia")
    series = series_of(read_days(entries, CONTENT.vocabulary), CONTENT.vocabulary["symptom.dysphagia"], "Swallowing", words)
    drawing = chart_of(series)
    assert drawing is not None
    assert all(f">{step}<" in drawing for step in range(5))
    assert 'aria-label="Swallowing. November 20, 2026: Most food, but some solid food sticks."' in drawing


def test_nothing_told_draws_nothing() -> None:
    assert chart_of(series_of([], CONTENT.vocabulary[PAIN], "Pain", {})) is None


def test_many_days_are_all_marked_and_few_are_labeled() -> None:
    entries = weighed(*((days, 60 + days % 7) for days in range(40)))
    series = series_of(read_days(entries, CONTENT.vocabulary), CONTENT.vocabulary[WEIGHT], "Weight", {})
    drawing = chart_of(series)
    assert drawing is not None
    assert drawing.count("<circle") == 40
    labels = re.findall(r'class="point-word"[^>]*>([^<]+)<', drawing)
    assert sorted(labels) == ["60", "60", "64", "66"]  # the lowest, the newest, the oldest, the highest
    assert in_words(series).count(";") == 39


def test_what_cannot_be_read_is_named() -> None:
    entries = [{"date": "2026-11-20", "facts": {PAIN: "terrible", "symptom.gone": 1, "symptom.chills": True}, "note": ""}]
    (day,) = read_days(entries, CONTENT.vocabulary)
    assert day.unreadable == (PAIN, "symptom.gone")
    assert set(day.told) == {"symptom.chills"}
