"""Values that may be partly known: ranges of numbers and of days."""

from __future__ import annotations

from datetime import date

import pytest

from tests.helpers import span
from wayline.facts.truth import NO, UNKNOWN, YES, Truth, all_of, any_of
from wayline.facts.values import DateRange, NumberRange, combine, equal, less, less_or_equal, tidy

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("low", "high", "low_open", "high_open"),
    [
        (2, 1, False, False),
        (1, 1, True, False),
        (1, 1, False, True),
        (1, 1, True, True),
        (float("nan"), 1, False, False),
        (1, float("nan"), False, False),
    ],
)
def test_a_range_without_any_number_cannot_be_made(low: float, high: float, low_open: bool, high_open: bool) -> None:
    """An empty range would make every comparison true at once, so it is refused."""
    with pytest.raises(ValueError, match="range"):
        NumberRange(low, high, low_open, high_open)


@pytest.mark.parametrize(("number", "expected"), [(51.3 / 17.1, 3.0), (0.1 + 0.2, 0.3), (float("inf"), float("inf")), (-1.5, -1.5)])
def test_binary_noise_is_rounded_away(number: float, expected: float) -> None:
    """51.3 umol/L of bilirubin is 3 mg/dL, on the limit and not below it."""
    assert tidy(number) == expected


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("[1, 3]", "[2, 4]", "[2, 3]"),
        ("[1, 2]", "[2, 4]", "2"),
        ("[1, 2)", "[2, 4]", None),
        ("[1, 2]", "(2, 4]", None),
        ("[1, 2)", "(2, 4]", None),
        ("[1, 1.9]", "[2, 4]", None),
        ("[1, 3)", "[2, 3]", "[2, 3)"),
        ("[1, 3]", "[2, 3)", "[2, 3)"),
        ("(1, 3]", "[1, 2]", "(1, 2]"),
        ("(1, 3)", "(1, 3)", "(1, 3)"),
        ("[0, 9]", "(2, 3)", "(2, 3)"),
        ("(-inf, 2]", "[2, inf)", "2"),
        ("(-inf, 2)", "[2, inf)", None),
        ("5", "5", "5"),
        ("5", "(5, 6]", None),
        ("5", "[5, 6]", "5"),
        ("5", "6", None),
    ],
)
def test_meets_is_the_part_that_both_ranges_share(one: str, other: str, shared: str | None) -> None:
    """An open end belongs to neither range; the order of the two does not matter."""
    expected = None if shared is None else span(shared)
    assert span(one).meets(span(other)) == expected
    assert span(other).meets(span(one)) == expected


@pytest.mark.parametrize(
    ("one", "other", "hull"),
    [
        ("[1, 2]", "[3, 4]", "[1, 4]"),
        ("[1, 2)", "[1, 2]", "[1, 2]"),
        ("(1, 2]", "[1, 2]", "[1, 2]"),
        ("(1, 2)", "(1, 2)", "(1, 2)"),
        ("(1, 2)", "5", "(1, 5]"),
        ("(-inf, 2)", "[1, inf)", "(-inf, inf)"),
    ],
)
def test_hull_is_the_smallest_range_that_holds_both(one: str, other: str, hull: str) -> None:
    """An end is closed as soon as one of the two holds it."""
    assert span(one).hull(span(other)) == span(hull)
    assert span(other).hull(span(one)) == span(hull)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1", "2", YES),
        ("2", "2", NO),
        ("3", "2", NO),
        ("[0, 1]", "[2, 3]", YES),
        ("[0, 2]", "[2, 3]", UNKNOWN),
        ("[0, 2)", "[2, 3]", YES),
        ("[0, 2]", "(2, 3]", YES),
        ("[0, 2)", "(2, 3]", YES),
        ("[0, 2.1]", "[2, 3]", UNKNOWN),
        ("[2, 5]", "[1, 2]", NO),
        ("(2, 5]", "[1, 2]", NO),
        ("[2, 5]", "[1, 2)", NO),
        ("[1.9, 5]", "[1, 2]", UNKNOWN),
        ("[1, inf)", "10", UNKNOWN),
        ("[10, inf)", "10", NO),
        ("(-inf, 10)", "10", YES),
        ("(-inf, 10]", "10", UNKNOWN),
        ("(-inf, inf)", "10", UNKNOWN),
    ],
)
def test_less_is_decided_only_when_every_pair_decides_it(left: str, right: str, expected: Truth) -> None:
    """A partly known number decides a comparison only where all its possible values agree."""
    assert less(span(left), span(right)) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1", "2", YES),
        ("2", "2", YES),
        ("2.000001", "2", NO),
        ("[0, 2]", "[2, 3]", YES),
        ("[0, 2.1]", "[2, 3]", UNKNOWN),
        ("(2, 5]", "[1, 2]", NO),
        ("[2, 5]", "[1, 2]", UNKNOWN),
        ("[2, 5]", "[1, 2)", NO),
        ("[1, inf)", "1", UNKNOWN),
        ("(1, inf)", "1", NO),
        ("(-inf, 1]", "1", YES),
    ],
)
def test_less_or_equal_counts_the_limit_in(left: str, right: str, expected: Truth) -> None:
    """The limit itself is inside."""
    assert less_or_equal(span(left), span(right)) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("2", "2", YES),
        ("2", "3", NO),
        ("[1, 3]", "2", UNKNOWN),
        ("[1, 3]", "[1, 3]", UNKNOWN),
        ("[1, 2)", "2", NO),
        ("(2, 3]", "2", NO),
        ("[2, 3]", "2", UNKNOWN),
        ("[1, 2]", "[3, 4]", NO),
    ],
)
def test_equal_is_sure_only_for_single_numbers(left: str, right: str, expected: Truth) -> None:
    """Two ranges are never surely equal, even when they are the same range."""
    assert equal(span(left), span(right)) is expected
    assert equal(span(right), span(left)) is expected


@pytest.mark.parametrize(
    ("left", "operation", "right", "expected"),
    [
        ("2", "+", "3", "5"),
        ("[1, 2)", "+", "[3, 4]", "[4, 6)"),
        ("(1, 2]", "+", "[3, 4]", "(4, 6]"),
        ("5", "-", "3", "2"),
        ("[1, 2]", "-", "[3, 4)", "(-3, -1]"),
        ("(1, 2)", "-", "[3, 4]", "(-3, -1)"),
        ("2", "*", "3", "6"),
        ("[-1, 2]", "*", "[3, 4]", "[-4, 8]"),
        ("[-2, -1]", "*", "[-4, -3]", "[3, 8]"),
        ("[1, 2)", "*", "[3, 4]", "[3, 8)"),
        ("[0, 1)", "*", "(2, 3]", "[0, 3)"),
        ("(0, 1]", "*", "[2, 3]", "(0, 3]"),
        ("[0, inf)", "*", "2", "[0, inf)"),
        ("2", "/", "4", "0.5"),
        ("[1, 2]", "/", "[1, 2]", "[0.5, 2]"),
        ("[1, 2]", "/", "(1, 2]", "[0.5, 2)"),
        ("3", "/", "[1, 1.3]", "[2.307692308, 3]"),
        ("[-4, 4]", "/", "[-2, -1]", "[-4, 4]"),
        ("1", "/", "0", None),
        ("1", "/", "[-1, 1]", None),
        ("1", "/", "[0, 1]", None),
        ("[1, inf)", "/", "[1, inf)", None),
    ],
)
def test_arithmetic_holds_every_result_that_is_possible(left: str, operation: str, right: str, expected: str | None) -> None:
    """Division by a range that may be zero has no answer; nothing is guessed."""
    assert combine(span(left), operation, span(right)) == (None if expected is None else span(expected))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-20", date(2026, 11, 20), date(2026, 11, 20)),
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        (2026, date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_date_may_be_a_day_a_month_or_a_year(text: object, first: date, last: date) -> None:
    """A month or a year stands for each of its days."""
    assert DateRange.parse(text) == DateRange(first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "26-11-20",
        "2026-13",
        "2026-00",
        "2026-11-31",
        "2023-02-29",
        "2026-1-5",
        "20.11.2026",
        "11/20/2026",
        "2026-11-20T10:00:00",
        "2026-11-20 ",
        " 2026",
        "2026-",
        "-2026",
        "0000",
        "99999",
        True,
        False,
        None,
        2026.0,
        [2026],
    ],
)
def test_anything_else_is_no_date(text: object) -> None:
    """Dates have one spelling, so that 03/04/2026 is never read as the wrong month."""
    with pytest.raises(ValueError, match=r"."):
        DateRange.parse(text)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11", "2026", "2024-02", "1900"])
def test_a_date_is_written_as_it_was_read(text: str) -> None:
    """What a person told is shown in their own precision."""
    assert str(DateRange.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-11-20", "0"), ("2026-11-19", "1"), ("2026-11-21", "-1"), ("2026-10", "[20, 50]"), ("2025", "[324, 688]")],
)
def test_days_before_today_are_a_range_where_the_day_is_not_known(text: str, expected: str) -> None:
    """A month leaves as many possible distances as it has days."""
    assert DateRange.parse(text).days_before(TODAY) == span(expected)


@pytest.mark.parametrize(
    ("text", "last"),
    [("2026-11-19", date(2026, 11, 19)), ("2026-11-20", TODAY), ("2026-11-21", None), ("2026-11", TODAY), ("2026", TODAY), ("2027", None)],
)
def test_a_past_date_ends_today(text: str, last: date | None) -> None:
    """A month that has begun reaches to today; a date wholly in the future is none."""
    past = DateRange.parse(text).no_later_than(TODAY)
    assert (past.last if past else None) == last


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2026-11", "2026-11-20", "2026-11-20"),
        ("2026", "2026-11", "2026-11"),
        ("2026-10", "2026-11", None),
        ("2026-11-20", "2026-11-20", "2026-11-20"),
    ],
)
def test_date_ranges_meet_in_the_days_they_share(one: str, other: str, shared: str | None) -> None:
    """Narrowing a month by a day leaves the day."""
    assert DateRange.parse(one).meets(DateRange.parse(other)) == (None if shared is None else DateRange.parse(shared))


@pytest.mark.parametrize("truth", list(Truth))
def test_a_truth_is_never_taken_for_yes_or_no_by_accident(truth: Truth) -> None:
    """`if truth:` would turn unknown into yes, so it is an error."""
    with pytest.raises(TypeError, match="three values"):
        bool(truth)


@pytest.mark.parametrize(
    ("truths", "together", "either"),
    [
        ([], YES, NO),
        ([YES, YES], YES, YES),
        ([YES, UNKNOWN], UNKNOWN, YES),
        ([YES, NO], NO, YES),
        ([UNKNOWN, NO], NO, UNKNOWN),
        ([UNKNOWN], UNKNOWN, UNKNOWN),
        ([NO, NO], NO, NO),
        ([UNKNOWN, NO, YES], NO, YES),
    ],
)
def test_many_truths_follow_kleene(truths: list[Truth], together: Truth, either: Truth) -> None:
    """One no decides "all of", one yes decides "any of", wherever it stands."""
    assert all_of(truths) is together
    assert any_of(truths) is either
