"""Blood tests of the liver: grades at their limits, the enzyme pattern, series over time, the lab's own range, parts of scores."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import days_ago, situation_of, span
from wayline.facts.derived import CHILD_PUGH_PARTS
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.liver.blood_tests import Grades, Series, albi_parts, child_pugh_parts, enzyme_pattern, series_of
from wayline.liver.scales import GradeScale

SCALES = library().scales
MULTIPLES = ("alt", "ast", "alp", "ggt", "bilirubin")


def series(facts: dict[str, Any], lab: str) -> Series:
    (one,) = series_of(situation_of(facts), SCALES, [f"labs.{lab}"])
    return one


def grades(facts: dict[str, Any], lab: str) -> Grades:
    found = series(facts, lab).grades
    assert found is not None
    return found


def of(*names: int) -> frozenset[int]:
    return frozenset(names)


# --- Grades at their limits ----------------------------------------------------------------------------------------

ENZYMES = [(0.5, 0), (0.999, 0), (1, 0), (1.001, 1), (2.999, 1), (3, 1), (3.001, 2), (5, 2), (5.001, 3), (20, 3), (20.001, 4), (200, 4)]
DUCTS = [(0, 0), (0.999, 0), (1, 0), (1.001, 1), (2.499, 1), (2.5, 1), (2.501, 2), (5, 2), (5.001, 3), (20, 3), (20.001, 4)]
BILIRUBIN = [(0.999, 0), (1, 0), (1.001, 1), (1.499, 1), (1.5, 1), (1.501, 2), (3, 2), (3.001, 3), (10, 3), (10.001, 4)]


@pytest.mark.parametrize("told_as", ["value", "multiple"])
@pytest.mark.parametrize(
    ("lab", "times", "grade"),
    [
        *(("alt", *row) for row in ENZYMES),
        *(("ast", *row) for row in ENZYMES),
        *(("alp", *row) for row in DUCTS),
        *(("ggt", *row) for row in DUCTS),
        *(("bilirubin", *row) for row in BILIRUBIN),
    ],
)
def test_grades_counted_in_upper_limits(lab: str, times: float, grade: int, told_as: str) -> None:
    """CTCAE 5.0: a grade begins above its number; the number itself belongs to the grade before. A told multiple counts alike."""
    facts = (
        {f"labs.{lab}": round(2 * times, 6), f"labs.{lab}_uln": 2}
        if told_as == "value"
        else {f"labs.{lab}": {"times_uln": round(times, 6)}}
    )
    found = grades(facts, lab)
    assert (found.possible, found.from_baseline, found.baseline) == (of(grade), None, None)


@pytest.mark.parametrize(
    ("inr", "grade"), [(0.9, 0), (1.199, 0), (1.2, 0), (1.201, 1), (1.5, 1), (1.501, 2), (2.499, 2), (2.5, 2), (2.501, 3), (9, 3)]
)
@pytest.mark.parametrize("limit", [{}, {"labs.inr_uln": 1.1}])
def test_grades_of_inr(inr: float, grade: int, limit: dict[str, Any]) -> None:
    """INR is graded by its value, whatever the lab's limit; there is no grade 4."""
    assert grades({"labs.inr": inr, **limit}, "inr").possible == of(grade)


@pytest.mark.parametrize(
    ("lab", "lower", "value", "grade"),
    [
        *(
            ("albumin", 3.5, *row)
            for row in [(4, 0), (3.501, 0), (3.5, 0), (3.499, 1), (3.001, 1), (3, 1), (2.999, 2), (2, 2), (1.999, 3), (1, 3)]
        ),
        ("albumin", 3.2, 3.3, 0),
        ("albumin", 3.2, 3.1, 1),
        *(
            ("platelets", 150, *row)
            for row in [(151, 0), (150, 0), (149, 1), (76, 1), (75, 1), (74, 2), (50, 2), (49, 3), (25, 3), (24, 4), (0, 4)]
        ),
        ("platelets", 130, 140, 0),
    ],
)
def test_grades_counted_downwards(lab: str, lower: float, value: float, grade: int) -> None:
    """Albumin and platelets: a grade begins below its number; grade 1 below the lab's own lower limit."""
    assert grades({f"labs.{lab}": value, f"labs.{lab}_lln": lower}, lab).possible == of(grade)


@pytest.mark.parametrize(
    ("lab", "value", "possible"),
    [
        ("albumin", 4.5, None),
        ("albumin", 3.2, None),
        ("albumin", 3, None),
        ("albumin", 2.999, of(2)),
        ("albumin", 2, of(2)),
        ("albumin", 1.999, of(3)),
        ("albumin", {"below": 3}, of(2, 3)),
        ("albumin", {"at_most": 2.9}, of(2, 3)),
        ("albumin", {"below": 2}, of(3)),
        ("albumin", {"at_most": 3}, None),
        ("platelets", 200, None),
        ("platelets", 75, None),
        ("platelets", 74.9, of(2)),
        ("platelets", 24, of(4)),
        ("platelets", {"below": 75}, of(2, 3, 4)),
        ("platelets", {"below": 50}, of(3, 4)),
        ("platelets", {"at_least": 30}, None),
    ],
)
def test_grades_counted_downwards_without_the_labs_limit(lab: str, value: Any, possible: frozenset[int] | None) -> None:
    """Without the lab's own lower limit no grade and grade 1 cannot be told apart; what lies below grade 1 can."""
    assert grades({f"labs.{lab}": value}, lab).possible == possible


@pytest.mark.parametrize("lab", MULTIPLES)
def test_no_grade_without_the_labs_upper_limit(lab: str) -> None:
    """A grade that counts upper limits needs the lab's own: the usual limits that rules may use are no range of this lab."""
    assert grades({f"labs.{lab}": 100}, lab).possible is None
    assert grades({f"labs.{lab}": {"below": 1}}, lab).possible is None


@pytest.mark.parametrize(
    ("facts", "lab", "possible"),
    [
        ({"labs.alt": {"below": 45}, "labs.alt_uln": 45}, "alt", of(0)),
        ({"labs.alt": {"at_most": 45}, "labs.alt_uln": 45}, "alt", of(0)),
        ({"labs.alt": {"below": 46}, "labs.alt_uln": 45}, "alt", of(0, 1)),
        ({"labs.alt": {"at_least": 45, "at_most": 135}, "labs.alt_uln": 45}, "alt", of(0, 1)),
        ({"labs.alt": {"above": 45, "at_most": 135}, "labs.alt_uln": 45}, "alt", of(1)),
        ({"labs.alt": {"above": 45, "at_most": 136}, "labs.alt_uln": 45}, "alt", of(1, 2)),
        ({"labs.alt": {"above": 135, "at_most": 225}, "labs.alt_uln": 45}, "alt", of(2)),
        ({"labs.alt": {"above": 900}, "labs.alt_uln": 45}, "alt", of(4)),
        ({"labs.alt": {"at_least": 900}, "labs.alt_uln": 45}, "alt", of(3, 4)),
        ({"labs.alt": {"times_uln": {"at_least": 2, "below": 6}}}, "alt", of(1, 2, 3)),
        ({"labs.alt": {"times_uln": {"above": 20}}}, "alt", of(4)),
        ({"labs.alt": {"times_uln": {"below": 1}}}, "alt", of(0)),
        ({"labs.alt": 90, "labs.alt_uln": {"at_least": 30, "at_most": 45}}, "alt", of(1)),
        ({"labs.alt": 90, "labs.alt_uln": {"at_least": 29, "at_most": 45}}, "alt", of(1, 2)),
        ({"labs.inr": {"below": 1.5}}, "inr", of(0, 1)),
        ({"labs.inr": {"above": 1.5}}, "inr", of(2, 3)),
        ({"labs.albumin": {"below": 3}, "labs.albumin_lln": 3.5}, "albumin", of(2, 3)),
        ({"labs.albumin": {"at_most": 3}, "labs.albumin_lln": 3.5}, "albumin", of(1, 2, 3)),
        ({"labs.albumin": {"at_least": 3, "at_most": 4}, "labs.albumin_lln": 3.5}, "albumin", of(0, 1)),
        ({"labs.albumin": 3.4, "labs.albumin_lln": {"at_least": 3.2, "at_most": 3.5}}, "albumin", of(0, 1)),
        ({"labs.platelets": {"below": 100}, "labs.platelets_lln": 150}, "platelets", of(1, 2, 3, 4)),
    ],
)
def test_a_partly_known_value_has_every_grade_that_is_possible(facts: dict[str, Any], lab: str, possible: frozenset[int]) -> None:
    """Bounds are kept: an open end does not reach the next grade, a closed one does."""
    assert grades(facts, lab).possible == possible


@pytest.mark.parametrize("lab", ["ldh", "albumin", "alt"])
def test_a_missing_test_has_no_series(lab: str) -> None:
    """Of a test that is not told nothing is shown; a printed limit alone is no result."""
    for facts in ({}, {f"labs.{lab}_uln": 9}):
        assert series_of(situation_of(facts), SCALES, [f"labs.{lab}"]) == ()


def test_a_test_without_a_scale_has_no_grades() -> None:
    """LDH has no row in the scale."""
    assert series({"labs.ldh": 300, "labs.ldh_uln": 250}, "ldh").grades is None


@pytest.mark.parametrize(
    ("lab", "value", "shown"),
    [
        ("alt", 90, None),
        ("alt", {"times_uln": 2}, "2"),
        ("bilirubin", {"times_uln": 2}, "2"),
        ("inr", 2, None),
        ("alt", {"times_uln": {"above": 2}}, "(2, inf)"),
    ],
)
def test_times_the_limit_without_the_limit(lab: str, value: Any, shown: str | None) -> None:
    """A told multiple is shown as told; without the lab's own limit none is computed."""
    newest = series({f"labs.{lab}": value}, lab).newest
    assert newest.times_upper_limit == (None if shown is None else span(shown))


@pytest.mark.parametrize("scale", SCALES.grades.values(), ids=lambda scale: scale.lab)
@settings(max_examples=150)
@given(data=st.data())
def test_an_exact_value_has_one_grade_and_a_range_all_of_its_values(scale: GradeScale, data: st.DataObject) -> None:
    """With every limit known an exact value has exactly one grade, and a range the grades of all values in it."""
    starts = [start for start in scale.grades if start is not None]
    limit = NumberRange.exactly(2 * max(starts))
    near = [start + step for start in [*starts, limit.low] for step in (-0.001, 0, 0.001)]
    numbers = st.one_of(st.sampled_from(near), st.floats(0, 300).map(lambda number: round(number, 3)))
    low, middle, high = sorted(data.draw(st.tuples(numbers, numbers, numbers)))
    one = scale.possible_grades(NumberRange.exactly(middle), limit)
    assert one is not None
    assert len(one) == 1
    wide = scale.possible_grades(NumberRange(low, high), limit)
    assert wide is not None
    assert one <= wide
    assert wide <= frozenset(range(len(scale.grades) + 1))


# --- Grades from a value before treatment --------------------------------------------------------------------------

START = "2026-06-01"
COURSE = {"drugs": ["FOLFOX"], "start": START}


def since_baseline(lab: str, before: Any, now: Any, limit: float, **others: Any) -> Grades:
    return grades(
        {
            f"labs.{lab}": {"value": now, "date": days_ago(3)} if isinstance(now, int | float) else now,
            f"labs.{lab}_uln": limit,
            "labs.earlier_results": [{"lab": f"labs.{lab}", "value": before, "date": "2026-05-20", "upper_limit": limit}],
            "therapy.history": [COURSE],
            **others,
        },
        lab,
    )


@pytest.mark.parametrize(
    ("lab", "times", "grade"),
    [
        *(
            (lab, *row)
            for lab in ("alt", "ast")
            for row in [(0.5, 0), (1.499, 0), (1.5, 1), (3, 1), (3.001, 2), (5, 2), (5.001, 3), (20, 3), (20.001, 4)]
        ),
        *(
            (lab, *row)
            for lab in ("alp", "ggt")
            for row in [(1, 0), (1.999, 0), (2, 1), (2.5, 1), (2.501, 2), (5, 2), (5.001, 3), (20, 3), (20.001, 4)]
        ),
        *(("bilirubin", *row) for row in [(0.9, 0), (1, 0), (1.001, 1), (1.5, 1), (1.501, 2), (3, 2), (3.001, 3), (10, 3), (10.001, 4)]),
    ],
)
def test_grades_counted_from_a_value_before_treatment(lab: str, times: float, grade: int) -> None:
    """Where the value before treatment was above the limit, grades count from it: for the enzymes at their first number, not above it."""
    found = since_baseline(lab, 4, round(4 * times, 6), 2)
    assert found.from_baseline == of(grade)
    assert found.baseline is not None
    assert found.baseline.value == span("4")


def test_a_bilirubin_that_has_not_changed_since_before_treatment_has_no_grade() -> None:
    """CTCAE 5.0 writes "1.5 - 3.0 x baseline" for ALT but "> 1.0 - 1.5 x baseline" for bilirubin: unchanged is no grade."""
    assert since_baseline("bilirubin", 4, 4, 2).from_baseline == of(0)


@pytest.mark.parametrize(
    ("before", "limit", "others"),
    [
        (2, 2, {}),  # at the limit is not above it
        (1, 2, {}),
        (4, 2, {"therapy.history": []}),
        (4, 2, {"therapy.history": {"items": [COURSE], "complete": False}}),
        (4, 2, {"therapy.history": None}),
        (4, 2, {"therapy.history": [COURSE, {"drugs": ["FLOT"]}]}),  # another course of an unknown day may have been first
        (4, 2, {"therapy.history": [{"drugs": ["FLOT"], "start": "2026-05-20"}]}),
        (4, 2, {"therapy.history": [{"drugs": ["FLOT"], "start": "2026-05"}]}),
        (4, 2, {"therapy.history": [{"drugs": ["FLOT"], "start": "2026-01-10"}]}),
    ],
)
def test_no_baseline_where_it_was_not_above_the_limit_or_not_surely_before_treatment(
    before: float, limit: float, others: dict[str, Any]
) -> None:
    """A value at or below the limit, or one of which it is not known whether treatment had begun, is no baseline."""
    found = since_baseline("alt", before, 20, limit, **others)
    assert (found.from_baseline, found.baseline) == (None, None)
    assert found.possible == of(3)


def test_the_last_result_before_treatment_is_the_baseline() -> None:
    """Of several results before treatment the last counts; one after it does not."""
    earlier = [
        {"lab": "labs.alt", "value": value, "date": date, "upper_limit": 40}
        for value, date in ((400, "2026-07-01"), (80, "2026-05-31"), (200, "2026-05-01"))
    ]
    facts = {"labs.alt": 160, "labs.alt_uln": 40, "labs.earlier_results": earlier, "therapy.history": [COURSE]}
    found = grades(facts, "alt")
    assert found.baseline is not None
    assert (found.baseline.value, found.from_baseline, found.possible) == (span("80"), of(1), of(2))


def test_a_partly_known_value_has_several_grades_from_its_baseline() -> None:
    """Bounds are kept here as well."""
    assert since_baseline("alt", 4, {"below": 20}, 2).from_baseline == of(0, 1, 2)


def test_a_baseline_that_is_surely_above_the_limit_counts() -> None:
    """Told only as above the limit, a value before treatment was above it all the same."""
    found = since_baseline("alt", {"above": 2, "at_most": 4}, 20, 2)
    assert found.from_baseline == of(2, 3)


@pytest.mark.parametrize(
    ("before", "now", "possible"),
    [
        ({"above": 2, "at_most": 4}, {"below": 20}, of(0, 1, 2, 3)),
        ({"above": 4}, 20, of(0, 1, 2)),
        ({"at_least": 4}, 20, of(0, 1, 2)),
        ({"above": 4}, {"below": 20}, of(0, 1, 2)),
    ],
)
def test_a_bound_of_the_value_before_treatment_is_kept(before: Any, now: Any, possible: frozenset[int]) -> None:
    """Told only as above 4, the value before treatment leaves a value of 20 at below 5 times of it."""
    assert since_baseline("alt", before, now, 2).from_baseline == possible


@pytest.mark.parametrize("lab", ["inr", "albumin", "platelets"])
def test_a_scale_without_a_baseline(lab: str) -> None:
    """INR, albumin and platelets have no grades that count from a value before treatment."""
    assert since_baseline(lab, 4, 3, 2).from_baseline is None


# --- Series --------------------------------------------------------------------------------------------------------


def test_results_stand_oldest_first() -> None:
    """Earlier results and today's in the order of their days, each with the range that was printed beside it."""
    earlier = [
        {"lab": "labs.alt", "value": 84, "date": "2026-09", "upper_limit": 45, "lower_limit": 7},
        {"lab": "labs.ast", "value": 50, "date": "2026-08-01"},
        {"lab": "labs.alt", "value": {"above": 100}, "date": "2026-05-02"},
        {"lab": "labs.alt", "value": 1, "unit": "ukat/L", "date": "2026-07-02"},
    ]
    one = series({"labs.alt": {"value": 40, "date": days_ago(2)}, "labs.alt_uln": 50, "labs.earlier_results": earlier}, "alt")
    assert [str(result.date) for result in one.results] == ["2026-05-02", "2026-07-02", "2026-09", days_ago(2)]
    assert [result.is_current for result in one.results] == [False, False, False, True]
    assert [result.upper_limit for result in one.results] == [None, None, span("45"), span("50")]
    assert [result.lower_limit for result in one.results] == [None, None, span("7"), None]
    assert one.newest.times_upper_limit == span("0.8")
    assert one.results[2].times_upper_limit == span(str(round(84 / 45, 9)))
    assert one.results[1].value is not None
    assert one.results[1].value.low == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize(
    ("current", "earlier", "newest"),
    [
        ({"value": 40, "date": days_ago(5)}, days_ago(6), 40),
        ({"value": 40, "date": days_ago(5)}, days_ago(5), 40),
        ({"value": 40, "date": days_ago(5)}, days_ago(4), 90),
        (40, days_ago(0), 40),
        (None, days_ago(4), 90),
    ],
)
def test_the_newest_result_is_the_one_of_the_latest_day(current: Any, earlier: str, newest: float) -> None:
    """Today's result stands last of its day; a result without a day is of today."""
    facts = {"labs.alt": current, "labs.earlier_results": [{"lab": "labs.alt", "value": 90, "date": earlier}]}
    assert series(facts, "alt").newest.value == NumberRange.exactly(newest)


BOUNDS = [
    ({"above": 100}, "(100, inf)"),
    ({"at_least": 100}, "[100, inf)"),
    ({"above": 0}, "(0, inf)"),
    ({"at_least": 0}, "[0, inf)"),
    ({"below": 100}, "[0, 100)"),
    ({"at_most": 100}, "[0, 100]"),
    ({"at_least": 0, "at_most": 100}, "[0, 100]"),
    ({"at_least": 90, "below": 100}, "[90, 100)"),
    ({"above": 90, "at_most": 100}, "(90, 100]"),
    ({"at_least": 100, "at_most": 100}, "100"),
    (100, "100"),
    (0, "0"),
]


@pytest.mark.parametrize("told_as", ["current", "earlier"])
@pytest.mark.parametrize(("told", "value"), BOUNDS)
def test_the_end_of_what_is_possible_is_no_end_of_a_result(told: Any, value: str, told_as: str) -> None:
    """A result that is told only from below has no upper end; one told only from above reaches down to 0, as no result lies below."""
    earlier = [{"lab": "labs.alt", "value": told, "date": days_ago(3)}]
    facts = {"labs.alt": told} if told_as == "current" else {"labs.earlier_results": earlier}
    assert series(facts, "alt").newest.value == span(value)


@pytest.mark.parametrize(("days", "stale"), [(0, False), (28, False), (29, True)])
def test_a_stale_result_is_marked(days: int, stale: bool) -> None:
    """Blood tests hold for 28 days. One told as an earlier result is of its day, and never marked."""
    assert series({"labs.alt": {"value": 40, "date": days_ago(days)}}, "alt").newest.is_stale == stale
    earlier = {"labs.earlier_results": [{"lab": "labs.alt", "value": 40, "date": days_ago(days)}]}
    assert (series(earlier, "alt").newest.is_stale, series(earlier, "alt").newest.is_current) == (False, False)


def test_series_stand_in_the_order_of_reports() -> None:
    """Bilirubin first, whatever order they are told in; a test without results is left out."""
    facts = {"labs.inr": 1, "labs.alt": 20, "labs.bilirubin": 1}
    assert [one.lab for one in series_of(situation_of(facts), SCALES)] == ["labs.bilirubin", "labs.alt", "labs.inr"]


# --- The lab's own range -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "lower", "upper", "expected"),
    [
        (40, None, None, set()),
        (6.9, 7, 45, {"below"}),
        (7, 7, 45, {"within"}),
        (45, 7, 45, {"within"}),
        (45.1, 7, 45, {"above"}),
        (45, None, 45, {"within"}),
        (45.1, None, 45, {"above"}),
        (3.4, 3.5, None, {"below"}),
        (3.5, 3.5, None, {"within"}),
        (9, 3.5, None, {"within"}),
        ({"below": 45}, 7, 45, {"below", "within"}),
        ({"below": 7}, 7, 45, {"below"}),
        ({"at_most": 7}, 7, 45, {"below", "within"}),
        ({"above": 45}, 7, 45, {"above"}),
        ({"at_least": 45}, 7, 45, {"within", "above"}),
        ({"at_least": 1, "at_most": 90}, 7, 45, {"below", "within", "above"}),
        ({"at_least": 10, "at_most": 20}, 7, 45, {"within"}),
        # a limit that is only partly known leaves open what it leaves open
        (42, 7, {"at_least": 40, "at_most": 45}, {"within", "above"}),
        (46, 7, {"at_least": 40, "at_most": 45}, {"above"}),
        (39, 7, {"at_least": 40, "at_most": 45}, {"within"}),
        (6, {"at_least": 5, "at_most": 7}, 45, {"below", "within"}),
        (4, {"at_least": 5, "at_most": 7}, 45, {"below"}),
    ],
)
def test_against_the_labs_own_range(value: Any, lower: Any, upper: Any, expected: set[str]) -> None:
    """Every side that value and printed range allow; the limits themselves lie within. Nothing where no range is told."""
    told = {"labs.alt": value, "labs.alt_lln": lower, "labs.alt_uln": upper}
    assert series({fact: one for fact, one in told.items() if one is not None}, "alt").newest.against_range == expected


@pytest.mark.parametrize(("value", "expected"), [({"times_uln": 2}, set()), ({"times_uln": 0.5}, set())])
def test_a_told_multiple_without_its_limit_has_no_range(value: Any, expected: set[str]) -> None:
    """Without a printed range nothing is held against one."""
    assert series({"labs.alt": value}, "alt").newest.against_range == expected


# --- The enzyme pattern --------------------------------------------------------------------------------------------


def pattern(facts: dict[str, Any]) -> tuple[NumberRange, set[str]] | None:
    found = enzyme_pattern(series_of(situation_of(facts), SCALES), SCALES.pattern)
    return None if found is None else (found[0], set(found[1]))


def enzymes(alt: Any, alp: Any, **more: Any) -> dict[str, Any]:
    limits = {"labs.alt_uln": 40, "labs.alp_uln": 100}
    return {"labs.alt": alt, "labs.alp": alp, **limits, **{f"labs.{name}": value for name, value in more.items()}}


@pytest.mark.parametrize(
    ("alt", "ratio", "expected"),
    [
        (20, "0.5", {"cholestatic"}),
        (79.96, "1.999", {"cholestatic"}),
        (80, "2", {"cholestatic"}),
        (80.04, "2.001", {"mixed"}),
        (199.96, "4.999", {"mixed"}),
        (200, "5", {"hepatocellular"}),
        (200.04, "5.001", {"hepatocellular"}),
        ({"above": 80, "below": 200}, "(2, 5)", {"mixed"}),
        ({"at_least": 80, "below": 200}, "[2, 5)", {"cholestatic", "mixed"}),
        ({"above": 80, "at_most": 200}, "(2, 5]", {"mixed", "hepatocellular"}),
        ({"times_uln": 5}, "5", {"hepatocellular"}),
        ({"times_uln": {"above": 5}}, "(5, inf)", {"hepatocellular"}),
        ({"above": 200}, "(5, inf)", {"hepatocellular"}),
        ({"at_least": 80}, "[2, inf)", {"cholestatic", "mixed", "hepatocellular"}),
    ],
)
def test_the_enzyme_pattern_at_its_limits(alt: Any, ratio: str, expected: set[str]) -> None:
    """R of 2 is cholestatic, of 5 hepatocellular, between them mixed; a partly known R has every name that is possible."""
    assert pattern(enzymes(alt, 100)) == (span(ratio), expected)


@pytest.mark.parametrize(
    ("alt", "alp", "expected"),
    [
        ({"at_most": 80}, 100, {"cholestatic"}),
        ({"below": 80.04}, 100, {"cholestatic", "mixed"}),
        (80, {"above": 100}, {"cholestatic"}),
        (200, {"at_least": 100}, {"cholestatic", "mixed", "hepatocellular"}),
        ({"below": 40}, {"above": 100}, {"cholestatic"}),
        ({"at_most": 200}, {"above": 100}, {"cholestatic", "mixed"}),
        ({"above": 200}, {"at_least": 50, "at_most": 100}, {"hepatocellular"}),
    ],
)
def test_the_enzyme_pattern_of_bounds(alt: Any, alp: Any, expected: set[str]) -> None:
    """An ALT below its limit over an ALP above its limit is an R below 1, wherever the two may lie."""
    found = pattern(enzymes(alt, alp))
    assert found is not None
    assert found[1] == expected


@pytest.mark.parametrize(
    "facts",
    [
        {},
        enzymes(200, None),
        enzymes(None, 100),
        {"labs.alt": 200, "labs.alp": 100, "labs.alt_uln": 40},
        {"labs.alt": 200, "labs.alp": 100, "labs.alp_uln": 100},
        enzymes(200, 0),
        enzymes({"times_uln": {"above": 1}}, {"times_uln": {"above": 1}}),
        enzymes({"value": 200, "date": days_ago(29)}, {"value": 100, "date": days_ago(28)}),
        enzymes({"value": 200, "date": days_ago(28)}, {"value": 100, "date": days_ago(29)}),
        enzymes({"value": 200, "date": days_ago(29)}, {"value": 100, "date": days_ago(29)}),
    ],
    ids=["nothing", "no ALP", "no ALT", "no limit of ALP", "no limit of ALT", "ALP 0", "bounds", "ALT stale", "ALP stale", "both stale"],
)
def test_no_enzyme_pattern(facts: dict[str, Any]) -> None:
    """Where a result or its limit is missing, is stale, or cannot be divided by, there is no R."""
    assert pattern({fact: value for fact, value in facts.items() if value is not None}) is None


@pytest.mark.parametrize(
    ("alt_days", "alp_days", "told"),
    [(0, 0, True), (3, 0, True), (0, 3, True), (4, 0, False), (0, 4, False), (10, 10, True), (20, 24, False)],
)
def test_both_enzymes_are_of_about_one_day(alt_days: int, alp_days: int, told: bool) -> None:
    """Three days apart at most."""
    facts = enzymes({"value": 200, "date": days_ago(alt_days)}, {"value": 100, "date": days_ago(alp_days)})
    assert (pattern(facts) is not None) == told


def test_a_month_is_no_day() -> None:
    """Where only the month is known, the two results may lie weeks apart."""
    both = {"date": "2026-11", "value": 100}
    assert pattern(enzymes(both, both)) is None


def earlier_enzymes(days: int, *labs: str) -> list[dict[str, Any]]:
    told = {"alt": (200, 40), "alp": (100, 100)}
    return [{"lab": f"labs.{lab}", "value": told[lab][0], "upper_limit": told[lab][1], "date": days_ago(days)} for lab in labs]


@pytest.mark.parametrize("days", [0, 10, 28, 29, 400])
def test_earlier_results_alone_make_no_pattern(days: int) -> None:
    """However fresh: the pattern is of results that are told as today's."""
    facts = {"labs.earlier_results": earlier_enzymes(days, "alt", "alp")}
    assert pattern(facts) is None
    assert [one.newest.is_stale for one in series_of(situation_of(facts), SCALES)] == [False, False]


@pytest.mark.parametrize("lab", ["alt", "alp"])
@pytest.mark.parametrize("others", ["missing", "older"])
def test_an_earlier_result_beside_a_current_one_makes_no_pattern(lab: str, others: str) -> None:
    """Both must be today's: not where one is told only as an earlier result, nor where an earlier one is of a later day."""
    facts = enzymes({"value": 200, "date": days_ago(2)}, {"value": 100, "date": days_ago(2)})
    assert pattern(facts) is not None
    if others == "missing":
        del facts[f"labs.{lab}"]
    assert pattern({**facts, "labs.earlier_results": earlier_enzymes(1, lab)}) is None


def test_the_newest_results_make_the_pattern() -> None:
    """An earlier pair does not stand in for today's."""
    earlier = [{"lab": "labs.alt", "value": 40, "upper_limit": 40, "date": days_ago(9)}]
    assert pattern({**enzymes(200, 100), "labs.earlier_results": earlier}) == (span("5"), {"hepatocellular"})


# --- Parts of scores -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "value", "points"),
    [
        *(
            ("labs.bilirubin", *row)
            for row in [(1.999, "1"), (2, "2"), (3, "2"), (3.001, "3"), ({"below": 2}, "1"), ({"at_most": 2}, "[1, 2]")]
        ),
        *(("labs.albumin", *row) for row in [(3.501, "1"), (3.5, "2"), (2.8, "2"), (2.799, "3"), ({"below": 2.8}, "3")]),
        *(("labs.inr", *row) for row in [(1.699, "1"), (1.7, "2"), (2.3, "2"), (2.301, "3"), ({"above": 1.9}, "[2, 3]")]),
        *(
            ("liver.ascites", *row)
            for row in [("none", "1"), ("slight", "2"), ("moderate", "3"), ({"one_of": ["none", "slight"]}, "[1, 2]")]
        ),
        *(("liver.encephalopathy", *row) for row in [("none", "1"), ("grade_1_2", "2"), ("grade_3_4", "3")]),
        *((fact, None, "[1, 3]") for fact in CHILD_PUGH_PARTS),
        ("labs.bilirubin", {"value": 1, "date": days_ago(29)}, "[1, 3]"),
    ],
)
def test_points_of_the_parts_of_child_pugh(fact: str, value: Any, points: str) -> None:
    """Each part at, below and above its limits; a missing or stale part may have any points."""
    parts = {part.fact: part for part in child_pugh_parts(situation_of({} if value is None else {fact: value}))}
    assert parts[fact].points == span(points)
    assert {other: part.points for other, part in parts.items() if other != fact} == {
        other: span("[1, 3]") for other in CHILD_PUGH_PARTS if other != fact
    }


def _numbers(*limits: float) -> st.SearchStrategy[Any]:
    near = [round(limit + step, 3) for limit in limits for step in (-0.1, 0, 0.1)]
    exact = st.sampled_from(near)
    bounds = st.tuples(st.sampled_from(["below", "at_most", "above", "at_least"]), exact).map(lambda one: {one[0]: one[1]})
    return st.one_of(exact, bounds)


PARTS = {
    "labs.bilirubin": _numbers(2, 3),
    "labs.albumin": _numbers(2.8, 3.5),
    "labs.inr": _numbers(1.7, 2.3),
    "liver.ascites": st.sampled_from(["none", "slight", "moderate"]),
    "liver.encephalopathy": st.sampled_from(["none", "grade_1_2", "grade_3_4"]),
}


@settings(max_examples=300)
@given(st.fixed_dictionaries({}, optional=PARTS))
def test_the_parts_of_child_pugh_sum_to_its_points(facts: dict[str, Any]) -> None:
    """What the parts show adds up to what the score shows, known or not; with nothing told there is no score."""
    situation = situation_of(facts)
    parts = child_pugh_parts(situation)
    assert [part.fact for part in parts] == list(CHILD_PUGH_PARTS)
    total = situation.number("liver.child_pugh_points")
    if not facts:
        assert total is None
        return
    points = [part.points for part in parts if part.points is not None]
    assert total == NumberRange(sum(one.low for one in points), sum(one.high for one in points))


@pytest.mark.parametrize(
    ("albumin", "bilirubin", "score", "grade"),
    [
        (35, 20.52, -2.11, "2"),
        (44, 10, -3.08, "1"),
        (25, 60, -0.95, "3"),
    ],
)
def test_albi_vectors(albumin: float, bilirubin: float, score: float, grade: str) -> None:
    """The vectors of Johnson's formula, worked out by hand from its two parts."""
    facts = {"labs.albumin": {"value": albumin, "unit": "g/L"}, "labs.bilirubin": {"value": bilirubin, "unit": "umol/L"}}
    situation = situation_of(facts)
    found = situation.number("liver.albi_score")
    assert found is not None
    assert found.is_exact
    assert round(found.low, 2) == score
    assert situation.value("liver.albi_grade") == frozenset({grade})
    assert [(part.fact, part.points) for part in albi_parts(situation)] == [("labs.bilirubin", None), ("labs.albumin", None)]


@pytest.mark.parametrize("missing", ["labs.albumin", "labs.bilirubin"])
def test_albi_needs_both_parts(missing: str) -> None:
    """A score with a part missing is not known."""
    facts = {fact: 3 for fact in ("labs.albumin", "labs.bilirubin") if fact != missing}
    situation = situation_of(facts)
    assert (situation.value("liver.albi_score"), situation.value("liver.albi_grade")) == (None, None)
