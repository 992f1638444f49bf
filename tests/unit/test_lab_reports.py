"""Results of one report in their places: the newest is the current one, and none is lost, however they arrive."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wayline.library import Library
from wayline.web.lab_reports import RESULTS, take_results


def result(day: str, value: float, lab: str = "labs.alt") -> dict[str, Any]:
    return {"lab": lab, "date": day, "value": value}


def told_in(facts: dict[str, Any]) -> dict[tuple[str, str], float]:
    """Every result that the facts tell, by test and day."""
    current = {(lab, one["date"]): one["value"] for lab, one in facts.items() if lab in ("labs.alt", "labs.ast") and one}
    return current | {(one["lab"], one["date"]): one["value"] for one in facts.get(RESULTS) or []}


def test_several_results_of_one_test_in_one_call_are_all_kept(content: Library) -> None:
    facts = {"labs.alt": {"value": 40, "date": "2026-09-01"}}
    changed = take_results(facts, [result("2026-10-01", 50), result("2026-11-01", 60), result("2026-08-01", 30)], content.vocabulary)
    assert changed["labs.alt"]["value"] == 60
    assert told_in(facts | changed) == {
        ("labs.alt", "2026-08-01"): 30,
        ("labs.alt", "2026-09-01"): 40,
        ("labs.alt", "2026-10-01"): 50,
        ("labs.alt", "2026-11-01"): 60,
    }


def test_a_correction_of_one_before_it_in_the_same_call_counts(content: Library) -> None:
    changed = take_results({}, [result("2026-10-01", 50), result("2026-10-01", 55)], content.vocabulary)
    assert told_in(changed) == {("labs.alt", "2026-10-01"): 55}


DAYS = st.sampled_from(["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"])
RESULTS_OF_REPORTS = st.lists(st.builds(result, DAYS, st.integers(1, 90).map(float), st.sampled_from(["labs.alt", "labs.ast"])), max_size=8)


@given(RESULTS_OF_REPORTS)
def test_one_call_does_what_one_call_for_each_does(content: Library, results: list[dict[str, Any]]) -> None:
    """And the newest of each test is the current one."""
    facts: dict[str, Any] = {}
    for one in results:
        facts |= take_results(facts, [one], content.vocabulary)
    together = take_results({}, results, content.vocabulary)
    assert told_in(together) == told_in(facts)
    for lab in {one["lab"] for one in results}:
        assert together[lab]["date"] == max(one["date"] for one in results if one["lab"] == lab)
