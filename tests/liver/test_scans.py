"""Tumors over several scans: sums, changes, new ones, RECIST 1.1, and sizes that may be in the wrong unit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers import days_ago, situation_of, span
from wayline.facts.courses import Listing
from wayline.facts.findings import Told
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange
from wayline.library import library
from wayline.liver.scans import COMPLETE, PARTIAL, PROGRESSION, STABLE, Change, History, RecistReading, history_of, size_slip
from wayline.reading import WaylineError

RECIST = library().scales.recist
SLIP = library().scales.slip

FIRST, SECOND, NOW = "2026-05-04", "2026-08-03", "2026-11-02"


def tumors(**sizes_mm: Any) -> list[dict[str, Any]]:
    """Named tumors, each with its size in mm, or as a case file writes it in cm, or None."""
    return [
        {"name": name, "diameter_cm": round(size / 10, 6) if isinstance(size, int | float) else size, "segment": 6}
        for name, size in sizes_mm.items()
    ]


def told(*scans: tuple[str, Any]) -> Situation:
    """A person with scans, oldest first, the last of them the list of today. A dict is a scan in a case file's words."""

    def block(date: str, listed: Any) -> dict[str, Any]:
        return {"date": date, **(listed if isinstance(listed, dict) else {"lesions": listed})}

    *earlier, (date, newest) = scans
    if not isinstance(newest, dict):
        newest = {"lesions": newest}
    current = {"items": newest["lesions"], "complete": newest.get("complete", True), "date": date}
    return situation_of({"liver.lesions": current, "liver.earlier_scans": [block(*scan) for scan in earlier]})


def history(*scans: tuple[str, Any]) -> History:
    return history_of(told(*scans), RECIST)


def recist(*scans: tuple[str, Any]) -> RecistReading:
    reading = history(*scans).recist
    assert reading is not None
    return reading


def listing(*named: tuple[str, float]) -> Listing[Lesion]:
    """Tumors as objects, by name and size in mm: no file may name two tumors of one scan alike, but a caller of ours might."""
    return Listing(tuple(Lesion("6", span(str(size / 10)), name=name) for name, size in named))


def history_of_objects(*scans: tuple[str, Listing[Lesion]]) -> History:
    """The same as `history`, past the reader of case files."""
    *earlier, (date, newest) = scans
    before = Listing(tuple(Scan(DateRange.parse(day), listed) for day, listed in earlier))
    situation = situation_of({}).with_told("liver.lesions", Told(newest, DateRange.parse(date)))
    return history_of(situation.with_told("liver.earlier_scans", Told(before)), RECIST)


# --- Sums ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "complete", "expected"),
    [
        ([], True, 0),
        ([], False, None),
        (tumors(A=24), True, 24),
        (tumors(A=24, B=18), True, 42),
        (tumors(A=0.1, B=0.2), True, 0.3),
        (tumors(A=24, B=18), False, None),
        (tumors(A=24, B=None), True, None),
        (tumors(A=None), True, None),
        (tumors(A=24, B={"at_least": 1}), True, None),
        (tumors(A=24, B={"below": 1}), True, None),
        (tumors(A=24, B={"at_least": 1, "at_most": 1}), True, 34),
        (tumors(A=24, B={"value": 18, "unit": "mm"}), True, 42),
        ([{"diameter_cm": 2.4}, {"diameter_cm": 2.4}], True, 48),
        (tumors(A=0), True, 0),
    ],
)
def test_a_sum_is_known_only_where_every_size_is(listed: list[Any], complete: bool, expected: float | None) -> None:
    """An unknown size or a list with gaps leaves the sum unknown, never smaller; an empty complete list sums to 0."""
    (scan,) = history((NOW, {"lesions": listed, "complete": complete})).scans
    assert scan.sum_mm == expected


def test_nothing_told_is_no_scan() -> None:
    """Without a list of tumors there are no scans and no change; a told count alone is no scan."""
    for facts in ({}, {"liver.lesion_count": 2, "liver.largest_cm": 3}):
        assert history_of(situation_of(facts), RECIST) == History((), None, None, (), (), None)


def test_one_scan_has_no_change() -> None:
    """A single scan is shown, and compared with nothing."""
    one = history((NOW, tumors(A=24)))
    assert [scan.sum_mm for scan in one.scans] == [24]
    assert (one.since_first, one.since_last, one.new_names, one.no_longer_seen, one.recist) == (None, None, (), (), None)


# --- Order and days ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "current", "dates"),
    [
        ([FIRST, SECOND], NOW, [FIRST, SECOND, NOW]),
        ([SECOND, FIRST], NOW, [FIRST, SECOND, NOW]),
        ([], NOW, [NOW]),
        (["2026"], NOW, ["2026", NOW]),
        (["2026-08", "2026-07-31"], NOW, ["2026-07-31", "2026-08", NOW]),
        ([NOW], NOW, [NOW, NOW]),
        ([NOW], SECOND, [SECOND, NOW]),
        ([SECOND], None, [SECOND, "2026-11-20"]),
    ],
)
def test_scans_stand_oldest_first(earlier: list[str], current: str | None, dates: list[str]) -> None:
    """Scans stand by their first day, today's list last of its day; a list without a day is of today."""
    dated = {} if current is None else {"date": current}
    facts = {
        "liver.lesions": {"items": tumors(A=10), **dated},
        "liver.earlier_scans": [{"date": one, "lesions": tumors(A=20)} for one in earlier],
    }
    scans = history_of(situation_of(facts), RECIST).scans
    assert [str(scan.date) for scan in scans] == dates
    assert [scan.is_current for scan in scans].count(True) == 1
    if earlier != [NOW] or current != SECOND:
        assert scans[-1].is_current


def test_earlier_scans_alone_are_compared() -> None:
    """Where today's list is not told, the scans before it still are a history."""
    facts = {"liver.earlier_scans": [{"date": SECOND, "lesions": tumors(A=12)}, {"date": FIRST, "lesions": tumors(A=20)}]}
    found = history_of(situation_of(facts), RECIST)
    assert [scan.sum_mm for scan in found.scans] == [20, 12]
    assert not any(scan.is_current for scan in found.scans)
    assert found.since_first == Change(20, 12)


@pytest.mark.parametrize(("days", "stale"), [(0, False), (55, False), (56, False), (57, True), (400, True), (None, False)])
def test_a_list_that_has_grown_old_is_still_a_scan(days: int | None, stale: bool) -> None:
    """A stale list is marked and stays in the history, though no rule may use it any more."""
    facts = {
        "liver.lesions": {"items": tumors(A=10), **({} if days is None else {"date": days_ago(days)})},
        "liver.earlier_scans": [{"date": "2025-01-10", "lesions": tumors(A=20)}],
    }
    situation = situation_of(facts)
    before, newest = history_of(situation, RECIST).scans
    assert (newest.is_stale, newest.is_current, before.is_stale, before.is_current) == (stale, True, False, False)
    assert (situation.value("liver.lesion_count") is None) == stale
    assert history_of(situation, RECIST).since_first == Change(20, 10)


# --- Changes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "millimeters", "percent"),
    [
        (50, 38, -12, -24),
        (50, 62, 12, 24),
        (50, 50, 0, 0),
        (50, 0, -50, -100),
        (0, 12, 12, None),
        (0, 0, 0, None),
        (0.1, 0.3, 0.2, 200),
        (30, 29.9, -0.1, -0.333333333),
    ],
)
def test_change_in_mm_and_percent(before: float, after: float, millimeters: float, percent: float | None) -> None:
    """Percent are of the first sum, and none where that was 0; no binary noise."""
    assert (Change(before, after).millimeters, Change(before, after).percent) == (millimeters, percent)


@pytest.mark.parametrize(
    ("scans", "since_first", "since_last"),
    [
        ([tumors(A=30), tumors(A=20)], Change(30, 20), None),
        ([tumors(A=30), tumors(A=20), tumors(A=25)], Change(30, 25), Change(20, 25)),
        ([tumors(A=30), tumors(A=None), tumors(A=25)], Change(30, 25), None),
        ([tumors(A=None), tumors(A=20), tumors(A=25)], None, Change(20, 25)),
        ([tumors(A=30), tumors(A=20), tumors(A=None)], None, None),
        ([[], tumors(A=20)], Change(0, 20), None),
        ([tumors(A=20), []], Change(20, 0), None),
    ],
)
def test_changes_are_told_from_the_first_and_from_the_last_but_one(
    scans: list[Any], since_first: Change | None, since_last: Change | None
) -> None:
    """With two scans both would be the same, so only one is given; an unknown sum gives none."""
    found = history(*zip((FIRST, SECOND, NOW), scans, strict=False))
    assert (found.since_first, found.since_last) == (since_first, since_last)


UNNAMED = [{"diameter_cm": 2.0}]
GAPS = {"lesions": tumors(A=20), "complete": False}


@pytest.mark.parametrize(
    ("scans", "new", "gone"),
    [
        ([tumors(A=20), tumors(A=20)], (), ()),
        ([tumors(A=20), tumors(A=20, B=5)], ("B",), ()),
        ([tumors(A=20, B=5), tumors(A=20)], (), ("B",)),
        ([tumors(A=20), tumors(B=20)], ("B",), ("A",)),
        ([tumors(A=20), tumors(A=20, C=5, B=5)], ("B", "C"), ()),
        ([tumors(A=20, B=None), tumors(A=20, B=9)], (), ()),
        ([[], tumors(A=20)], ("A",), ()),
        ([tumors(A=20), []], (), ("A",)),
        # a tumor that was gone on one scan and is back is not new
        ([tumors(A=20, B=9), tumors(A=20), tumors(A=20, B=9)], (), ()),
        ([tumors(A=20, B=9), tumors(A=20), tumors(A=20)], (), ("B",)),
        # what may have been there unnamed, or in a list with gaps, is not called new
        ([UNNAMED, tumors(A=20)], (), ()),
        ([GAPS, tumors(A=20, B=9)], (), ()),
        ([tumors(A=20), GAPS, tumors(A=20, B=9)], (), ()),
        ([tumors(A=20) + UNNAMED, tumors(A=20, B=9)], (), ()),
        # nor gone, where the newest list may have gaps or unnamed tumors
        ([tumors(A=20, B=9), GAPS], (), ()),
        ([tumors(A=20, B=9), tumors(A=20) + UNNAMED], (), ()),
        # but a name that a gappy newest list holds is new all the same
        ([tumors(A=20), {"lesions": tumors(A=20, B=9), "complete": False}], ("B",), ()),
    ],
)
def test_new_and_no_longer_seen(scans: list[Any], new: tuple[str, ...], gone: tuple[str, ...]) -> None:
    """Tumors are new or gone by their names only, and only where the lists that must hold them are complete and wholly named."""
    found = history(*zip((FIRST, SECOND, NOW), scans, strict=False))
    assert (found.new_names, found.no_longer_seen) == (new, gone)


TWICE = listing(("A", 20), ("A", 9))


@pytest.mark.parametrize(
    ("before", "after", "new", "gone"),
    [
        (listing(("A", 20)), TWICE, (), ()),
        (TWICE, listing(("A", 20), ("B", 9)), (), ()),
        (listing(("A", 20), ("B", 9)), TWICE, (), ()),  # the second A may be B
        (listing(("B", 9)), TWICE, ("A",), ()),
        (TWICE, TWICE, (), ()),
        (TWICE, listing(), (), ("A",)),
    ],
)
def test_a_name_that_stands_twice_makes_nothing_new_or_gone(
    before: Listing[Lesion], after: Listing[Lesion], new: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    """A list in which a name stands twice is not wholly named: nothing is called gone where it is the newest, or new where it is older."""
    found = history_of_objects((FIRST, before), (NOW, after))
    assert (found.new_names, found.no_longer_seen) == (new, gone)


@pytest.mark.parametrize("where", ["now", "before"])
def test_a_name_that_stands_twice_is_refused(where: str) -> None:
    """No list of a case file names two tumors alike; two scans may, since that is the same tumor."""
    twice = [*tumors(A=30), *tumors(A=12)]
    scans = [(FIRST, tumors(A=20)), (NOW, twice)] if where == "now" else [(FIRST, twice), (NOW, tumors(A=20))]
    with pytest.raises(WaylineError, match="the name 'A' stands twice in this list; each tumor has its own"):
        told(*scans)
    assert told((FIRST, tumors(A=20)), (NOW, tumors(A=20)))
    assert told((FIRST, [*UNNAMED, *UNNAMED]), (NOW, [*UNNAMED, *UNNAMED]))


# --- RECIST 1.1 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "category"),
    [
        # 30 % smaller
        (100, 70.1, STABLE),
        (100, 70, PARTIAL),
        (100, 69.9, PARTIAL),
        (30, 21, PARTIAL),
        (10, 7, PARTIAL),
        (10, 7.1, STABLE),
        # 20 % and 5 mm larger
        (100, 119.9, STABLE),
        (100, 120, PROGRESSION),
        (100, 120.1, PROGRESSION),
        (32, 38, STABLE),  # 6 mm, 18.75 %
        (40, 47.6, STABLE),  # 7.6 mm, 19 %
        (24.5, 29.4, STABLE),  # 20 %, 4.9 mm
        (25, 30, PROGRESSION),  # 20 %, 5 mm
        (25, 29.9, STABLE),
        (20, 24.9, STABLE),  # 24.5 %, 4.9 mm
        (20, 25, PROGRESSION),
        (10, 14.9, STABLE),
        (10, 15, PROGRESSION),
        # hardly a change
        (100, 100, STABLE),
        (100, 99, STABLE),
        (100, 101, STABLE),
        (100, 0, PARTIAL),  # still listed, at 0 mm
    ],
)
def test_recist_limits(before: float, after: float, category: str) -> None:
    """At, just below and just above 30 % smaller, 20 % larger and 5 mm larger; growth needs both."""
    reading = recist((FIRST, tumors(A=before)), (NOW, tumors(A=after)))
    assert (reading.category, reading.why_not) == (category, None)
    assert (reading.followed, reading.sums_mm) == (("A",), (before, after))
    assert (reading.from_first, reading.from_smallest) == (Change(before, after), Change(before, after))


@pytest.mark.parametrize(
    ("sizes", "category", "from_smallest"),
    [
        ((100, 50, 60), PROGRESSION, Change(50, 60)),  # growth from the smallest, though 40 % below the first
        ((100, 50, 59.9), PARTIAL, Change(50, 59.9)),
        ((100, 60, 71.9), STABLE, Change(60, 71.9)),
        ((100, 80, 96), PROGRESSION, Change(80, 96)),
        ((50, 80, 50), STABLE, Change(50, 50)),
        ((20, 12, 17), PROGRESSION, Change(12, 17)),
        ((20, 12, 16.9), STABLE, Change(12, 16.9)),
        ((20, 0, 5), PROGRESSION, Change(0, 5)),
        ((100, 70, 70), PARTIAL, Change(70, 70)),
    ],
)
def test_growth_counts_from_the_smallest_sum_and_response_from_the_first(
    sizes: tuple[float, float, float], category: str, from_smallest: Change
) -> None:
    """The smallest sum so far, the first one included, is what growth is counted from."""
    reading = recist(*((day, tumors(A=size)) for day, size in zip((FIRST, SECOND, NOW), sizes, strict=True)))
    assert reading.category == category
    assert reading.from_first == Change(sizes[0], sizes[2])
    assert reading.from_smallest == from_smallest


@pytest.mark.parametrize(
    ("before", "after", "category"),
    [
        (tumors(A=20), tumors(A=20, B=3), PROGRESSION),
        (tumors(A=20), tumors(A=4, B=3), PROGRESSION),  # new, however much smaller the other is
        (tumors(A=20), tumors(B=20), PROGRESSION),
        (tumors(A=20), tumors(A=None, B=3), PROGRESSION),
        (tumors(A=20), tumors(A=20, B=None), PROGRESSION),
        (tumors(A=20), {"lesions": tumors(A=20, B=3), "complete": False}, PROGRESSION),
        (tumors(A=20), [], COMPLETE),
        (tumors(A=20, B=4, C=18), [], COMPLETE),
        (tumors(A=20, B=4), tumors(B=4), PARTIAL),  # the followed one is gone, another is not
        (tumors(A=20, B=18, C=15), tumors(C=15), PARTIAL),
    ],
)
def test_new_tumors_and_none_left(before: list[Any], after: Any, category: str) -> None:
    """A new tumor is progression whatever the sums say; an empty complete list is a complete response, a gone target alone is not."""
    reading = recist((FIRST, before), (NOW, after))
    assert (reading.category, reading.why_not) == (category, None)


@pytest.mark.parametrize(
    ("first", "followed"),
    [
        (tumors(A=10), ("A",)),
        (tumors(A=10.1), ("A",)),
        (tumors(A=9.9), ()),
        (tumors(A=9.9, B=10), ("B",)),
        (tumors(A=20, B=30, C=25), ("B", "C")),
        (tumors(A=20, B=20, C=20), ("A", "B")),
        (tumors(B=20, C=20, A=20), ("A", "B")),
        (tumors(A=20, B=30), ("B", "A")),
        (tumors(A=20, B=None), ("A",)),
        (tumors(A=20, B={"at_least": 5}), ("A",)),
        ([*tumors(A=20), {"diameter_cm": 5}], ("A",)),
        ([{"diameter_cm": 5}], ()),
    ],
)
def test_at_most_two_measurable_tumors_are_followed(first: list[Any], followed: tuple[str, ...]) -> None:
    """The two largest of the first scan with a name and an exact size of 10 mm or more; equal ones by name."""
    reading = recist((FIRST, first), (NOW, tumors(A=10)))
    assert reading.followed == followed
    if not followed:
        assert (reading.category, set(reading.sums_mm)) == (None, {None})
        assert reading.why_not is not None
        assert "large enough to follow" in reading.why_not


@pytest.mark.parametrize(
    "scans",
    [
        [[], tumors(A=10)],
        [[], tumors(A=3)],
        [[], tumors(A=None)],
        [[], {"lesions": tumors(A=20), "complete": False}],
        [[], tumors(A=20) + UNNAMED],
        [tumors(A=9.9), tumors(A=9.9, B=3)],
        [tumors(A=9.9), tumors(B=3)],
        [tumors(A=None), tumors(A=None, B=9)],
        [tumors(A={"above": 3}), tumors(A={"above": 3}, B=9)],
        [[], [], tumors(A=3)],
        [tumors(A=9), tumors(A=None), tumors(A=9, B=3)],
    ],
)
def test_a_new_tumor_is_progression_even_where_none_is_followed(scans: list[Any]) -> None:
    """Whether a tumor of the first scan is large enough to follow does not matter then; there are no sums."""
    reading = recist(*zip((FIRST, SECOND, NOW)[-len(scans) :], scans, strict=True))
    assert (reading.category, reading.why_not) == (PROGRESSION, None)
    assert (reading.followed, set(reading.sums_mm), len(reading.sums_mm)) == ((), {None}, len(scans))
    assert (reading.from_first, reading.from_smallest) == (None, None)


@pytest.mark.parametrize(
    ("scans", "said"),
    [
        ([(NOW, []), (NOW, tumors(A=20))], "which one came first"),
        ([("2026", []), (NOW, tumors(A=20))], "which one came first"),
        ([(FIRST, UNNAMED), (NOW, tumors(A=20))], "large enough to follow"),
        ([(FIRST, {"lesions": [], "complete": False}), (NOW, tumors(A=20))], "large enough to follow"),
        ([(FIRST, []), (NOW, UNNAMED)], "large enough to follow"),
    ],
)
def test_what_is_not_surely_new_is_no_progression(scans: list[Any], said: str) -> None:
    """On scans whose order is not known, or after a list that has gaps or unnamed tumors, nothing is called new."""
    reading = recist(*scans)
    assert reading.category is None
    assert said in (reading.why_not or "")


def test_only_the_followed_tumors_are_summed() -> None:
    """A third tumor counts in the sum of all, not in that of RECIST; one that is gone counts as 0."""
    reading = recist((FIRST, tumors(A=30, B=20, C=15)), (SECOND, tumors(A=20, C=60)), (NOW, tumors(A=20, B=5, C=60)))
    assert (reading.followed, reading.sums_mm, reading.category) == (("A", "B"), (50, 20, 25), PROGRESSION)


@pytest.mark.parametrize(
    ("scans", "said"),
    [
        ([tumors(A=20), tumors(A=None)], "not exactly known"),
        ([tumors(A=20), tumors(A={"below": 1})], "not exactly known"),
        ([tumors(A=20), tumors(A=None), tumors(A=20)], "not exactly known"),
        ([tumors(A=20), UNNAMED], "new tumors is not known"),
        ([tumors(A=20), tumors(A=20) + UNNAMED], "new tumors is not known"),
        ([tumors(A=20) + UNNAMED, tumors(A=20, B=9)], "new tumors is not known"),
        ([tumors(A=20), GAPS], "new tumors is not known"),
        ([GAPS, tumors(A=20)], "new tumors is not known"),
        ([tumors(A=20), GAPS, tumors(A=5)], "new tumors is not known"),
        ([tumors(A=20), {"lesions": [], "complete": False}], "new tumors is not known"),
        ([UNNAMED, UNNAMED], "large enough to follow"),
        ([tumors(A=None), tumors(A=20)], "large enough to follow"),
        ([[], []], "large enough to follow"),
    ],
)
def test_what_is_not_known_leaves_recist_open(scans: list[Any], said: str) -> None:
    """An unknown size, a list with gaps or a tumor without a name gives no category, and says why."""
    reading = recist(*zip((FIRST, SECOND, NOW), scans, strict=False))
    assert reading.category is None
    assert reading.why_not is not None
    assert said in reading.why_not
    assert (reading.from_first, reading.from_smallest) == (None, None)


def test_a_size_that_is_not_followed_may_be_unknown() -> None:
    """Only the sizes of the tumors that are followed must be known."""
    reading = recist((FIRST, tumors(A=30, B=20, C=None)), (NOW, tumors(A=20, B=10, C=None)))
    assert (reading.sums_mm, reading.category) == ((50, 30), PARTIAL)


@pytest.mark.parametrize(
    ("first", "now", "decided"),
    [
        ("2026-08-02", "2026-08-03", True),
        ("2026-08-03", "2026-08-03", False),
        ("2026-07", "2026-08-01", True),
        ("2026-08", "2026-08-01", False),
        ("2026-08", "2026-08-31", False),
        ("2026-08", "2026-09-01", True),
        ("2026-07", "2026-08", True),
        ("2026-08", "2026-08", False),
        ("2025", "2026-01-01", True),
        ("2026", "2026-11", False),
    ],
)
def test_days_that_do_not_order_the_scans_leave_recist_open(first: str, now: str, decided: bool) -> None:
    """Two scans of one day, or of months that overlap, do not say which came first."""
    reading = recist((first, tumors(A=20)), (now, tumors(A=10)))
    assert reading.category == (PARTIAL if decided else None)
    assert decided == (reading.why_not is None)
    if not decided:
        assert reading.why_not == "The days of the scans do not say which one came first."


def test_two_earlier_scans_of_one_day_leave_recist_open() -> None:
    """The order must be plain between all scans, not only between the first and the last."""
    reading = recist((FIRST, tumors(A=20)), (FIRST, tumors(A=18)), (NOW, tumors(A=10)))
    assert reading.category is None


@pytest.mark.parametrize("turned", [False, True])
def test_two_tumors_of_one_name_are_read_alike_in_either_order(turned: bool) -> None:
    """A name that stands twice names no tumor: it is not followed with the size of whichever stands first."""
    twice = [("A", 30.0), ("A", 12.0)]
    found = history_of_objects((FIRST, listing(*twice[::-1] if turned else twice)), (NOW, listing(("A", 20))))
    first, newest = found.scans
    assert (first.sum_mm, first.size_mm("A"), newest.size_mm("A")) == (42, None, 20)
    assert not first.all_named
    assert found.recist is not None
    assert (found.recist.category, found.recist.followed, found.recist.sums_mm) == (None, (), (None, None))
    assert "large enough to follow" in (found.recist.why_not or "")


@pytest.mark.parametrize("turned", [False, True])
def test_a_name_that_stands_twice_beside_one_that_does_not(turned: bool) -> None:
    """The other tumor of that scan is followed, and its sum is known where no size of the doubled name is needed."""
    twice = [("A", 30.0), ("B", 15.0), ("A", 12.0)]
    found = history_of_objects((FIRST, listing(*twice[::-1] if turned else twice)), (NOW, listing(("A", 20), ("B", 5))))
    assert found.recist is not None
    assert (found.recist.followed, found.recist.sums_mm) == (("B",), (15, 5))
    assert (found.recist.category, found.recist.from_first) == (None, None)
    assert "new tumors is not known" in (found.recist.why_not or "")


@pytest.mark.parametrize("turned", [False, True])
def test_a_followed_tumor_whose_name_stands_twice_later(turned: bool) -> None:
    """Neither of the two is it: its size on that scan is not known."""
    twice = [("A", 30.0), ("A", 12.0)]
    found = history_of_objects((FIRST, listing(("A", 20))), (NOW, listing(*twice[::-1] if turned else twice)))
    assert found.recist is not None
    assert (found.recist.followed, found.recist.sums_mm, found.recist.category) == (("A",), (20, None), None)


# --- Sizes that may be in the wrong unit ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "others", "earlier", "meant"),
    [
        # larger than a liver
        (14.9, [], None, None),
        (15, [], None, None),
        (15.1, [], None, 1.51),
        (24, [], None, 2.4),
        (24, [24], 24, 2.4),
        (40, [], None, 4),
        # about ten times the largest of the others: from 7 to 14 times
        (6.9, [1], None, None),
        (7, [1], None, 0.7),
        (7.1, [1], None, 0.71),
        (10, [1], None, 1),
        (14, [1], None, 1.4),
        (14.1, [1], None, None),
        (7, [0.2, 1], None, 0.7),
        (7, [1.1, 0.7], None, None),
        # the same against the tumor's own earlier size
        (6.9, [], 1, None),
        (7, [], 1, 0.7),
        (14, [], 1, 1.4),
        (14.1, [], 1, None),
        # its own earlier size counts, not the others
        (10, [1], 9, None),
        (10, [9], 1, 1),
        (10, [1], 1.5, None),
        # about a tenth of its own earlier size
        (1, [], 6.9, None),
        (1, [], 7, 10),
        (0.5, [], 5, 5),
        (1, [], 14, 10),
        (1, [], 14.1, None),
        # but never against others: small tumors beside a large one are usual
        (1, [10], None, None),
        (1, [7], None, None),
        (0.3, [3], 0.4, None),
        # nothing to compare with
        (3, [], None, None),
        (3, [3], 3, None),
        (0.2, [], None, None),
    ],
)
def test_sizes_that_are_asked_about(size: float, others: list[float], earlier: float | None, meant: float | None) -> None:
    """Above 15 cm, 7 to 14 times the tumor's earlier size or else the largest other one, or a tenth of its own earlier size."""
    slip = size_slip(size, others, earlier, SLIP)
    assert (None if slip is None else slip.meant_cm) == meant
    if slip is not None:
        assert slip.told_cm == size
        assert f"{size:g} cm" in slip.why
        assert (slip.told_in_words, slip.meant_in_words) == (f"{size:g} cm", f"{meant:g} cm")


@pytest.mark.parametrize(
    ("size", "others", "earlier"), [(0, [], None), (0, [2], None), (0, [2], 2), (0, [], 2), (2, [], 0), (2, [0], None)]
)
def test_a_size_of_nothing_is_no_slip(size: float, others: list[float], earlier: float | None) -> None:
    """A size of 0, which a case file and the form take, is compared with nothing and breaks nothing."""
    assert size_slip(size, others, earlier, SLIP) is None
