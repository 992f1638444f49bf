"""Facts that follow from other facts: scores, liver tumors, kidney function, stage, lines of treatment, disease status."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from tests.helpers import situation_of, span
from wayline.facts.derived import DERIVATIONS, resting_on
from wayline.library import library
from wayline.report import facts_json

Facts = dict[str, Any]


def value_of(fact_id: str, facts: Facts, as_of: str = "2026-11-20") -> Any:
    return situation_of(facts, as_of).value(fact_id)


def choices(*values: str) -> frozenset[str]:
    return frozenset(values)


# --- ALBI -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("albumin_g_per_l", "bilirubin_umol_per_l", "score", "grade"),
    [(35, 20.52, -2.11, "2"), (44, 10, -3.08, "1"), (25, 60, -0.95, "3")],
)
def test_albi_of_published_examples(albumin_g_per_l: float, bilirubin_umol_per_l: float, score: float, grade: str) -> None:
    """Three examples computed by hand; web calculators get the first one wrong."""
    facts = {
        "labs.albumin": {"value": albumin_g_per_l, "unit": "g/L"},
        "labs.bilirubin": {"value": bilirubin_umol_per_l, "unit": "umol/L"},
    }
    assert round(value_of("liver.albi_score", facts).low, 2) == score
    assert value_of("liver.albi_grade", facts) == {grade}


def test_albi_is_the_same_in_either_unit() -> None:
    """1.2 mg/dL and 3.5 g/dL are the first example."""
    assert round(value_of("liver.albi_score", {"labs.albumin": 3.5, "labs.bilirubin": 1.2}).low, 2) == -2.11


@pytest.mark.parametrize(
    ("score", "grade"),
    [(-2.61, {"1"}), (-2.60, {"1"}), (-2.59, {"2"}), (-1.40, {"2"}), (-1.39, {"2"}), (-1.38, {"3"}), (-6, {"1"}), (2, {"3"}), (None, None)],
)
def test_albi_grade_changes_just_above_its_limits(score: float | None, grade: set[str] | None) -> None:
    """Grade 1 up to -2.60, grade 2 up to -1.39, both included."""
    assert value_of("liver.albi_grade", {"liver.albi_score": score}) == grade


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({"labs.albumin": 3.5}, None),
        ({"labs.bilirubin": 1.2}, None),
        ({"labs.albumin": 3.5, "labs.bilirubin": 0}, None),
        ({"labs.albumin": {"at_least": 4.4}, "labs.bilirubin": {"at_least": 0.3, "at_most": 0.6}}, {"1"}),
        ({"labs.albumin": {"at_least": 3.0, "at_most": 4.6}, "labs.bilirubin": 1.2}, {"1", "2"}),
    ],
)
def test_albi_is_as_wide_as_its_inputs(facts: Facts, grade: set[str] | None) -> None:
    """A missing input leaves the grade unknown; partly known inputs leave every grade that is possible."""
    assert value_of("liver.albi_grade", facts) == grade


# --- Child-Pugh -----------------------------------------------------------------------------------------------------

HEALTHY: Facts = {
    "labs.bilirubin": 1.0,
    "labs.albumin": 4.0,
    "labs.inr": 1.0,
    "liver.ascites": "none",
    "liver.encephalopathy": "none",
}


@pytest.mark.parametrize(
    ("fact_id", "value", "points"),
    [
        ("labs.bilirubin", 1.99, 1),
        ("labs.bilirubin", 2.0, 2),
        ("labs.bilirubin", 2.01, 2),
        ("labs.bilirubin", 2.99, 2),
        ("labs.bilirubin", 3.0, 2),
        ("labs.bilirubin", 3.01, 3),
        ("labs.bilirubin", {"value": 34.2, "unit": "umol/L"}, 2),
        ("labs.bilirubin", {"value": 51.3, "unit": "umol/L"}, 2),
        ("labs.bilirubin", {"value": 51.4, "unit": "umol/L"}, 3),
        ("labs.albumin", 3.51, 1),
        ("labs.albumin", 3.5, 2),
        ("labs.albumin", 3.49, 2),
        ("labs.albumin", 2.81, 2),
        ("labs.albumin", 2.8, 2),
        ("labs.albumin", 2.79, 3),
        ("labs.inr", 1.69, 1),
        ("labs.inr", 1.7, 2),
        ("labs.inr", 1.71, 2),
        ("labs.inr", 2.29, 2),
        ("labs.inr", 2.3, 2),
        ("labs.inr", 2.31, 3),
        ("liver.ascites", "none", 1),
        ("liver.ascites", "slight", 2),
        ("liver.ascites", "moderate", 3),
        ("liver.encephalopathy", "none", 1),
        ("liver.encephalopathy", "grade_1_2", 2),
        ("liver.encephalopathy", "grade_3_4", 3),
    ],
)
def test_child_pugh_points_of_each_part(fact_id: str, value: Any, points: int) -> None:
    """With the other four parts at one point each, the sum shows the part's own points; both edges belong to the middle band."""
    assert value_of("liver.child_pugh_points", {**HEALTHY, fact_id: value}) == span(str(4 + points))


@pytest.mark.parametrize(
    ("fact_id", "points"),
    [("labs.bilirubin", "[5, 7]"), ("labs.albumin", "[5, 7]"), ("labs.inr", "[5, 7]"), ("liver.ascites", "[5, 7]")],
)
def test_a_missing_part_of_child_pugh_leaves_a_range(fact_id: str, points: str) -> None:
    """Not known is one, two or three points, never one; the missing part is named."""
    situation = situation_of({**HEALTHY, fact_id: None})
    assert situation.number("liver.child_pugh_points") == span(points)
    assert situation.value("liver.child_pugh") == {"A", "B"}
    assert situation.finding("liver.child_pugh").needs == (fact_id,)


@pytest.mark.parametrize(
    ("facts", "points", "classes"),
    [
        ({}, "5", {"A"}),
        ({"labs.bilirubin": 2}, "6", {"A"}),
        ({"labs.bilirubin": 4}, "7", {"B"}),
        ({"labs.bilirubin": 4, "labs.albumin": 2, "liver.ascites": "none"}, "9", {"B"}),
        ({"labs.bilirubin": 4, "labs.albumin": 2, "liver.ascites": "slight"}, "10", {"C"}),
        (
            {"labs.bilirubin": 4, "labs.albumin": 2, "labs.inr": 3, "liver.ascites": "moderate", "liver.encephalopathy": "grade_3_4"},
            "15",
            {"C"},
        ),
        ({"labs.bilirubin": {"at_least": 1, "at_most": 2}}, "[5, 6]", {"A"}),
        ({"labs.bilirubin": {"at_least": 1, "below": 2}}, "5", {"A"}),
        ({"labs.bilirubin": {"at_least": 3}}, "[6, 7]", {"A", "B"}),
        ({"labs.bilirubin": {"above": 3}}, "7", {"B"}),
        ({"labs.albumin": {"at_most": 2.8}}, "[6, 7]", {"A", "B"}),
        ({"labs.albumin": {"below": 2.8}}, "7", {"B"}),
        ({"liver.ascites": {"one_of": ["none", "slight"]}}, "[5, 6]", {"A"}),
        ({"labs.bilirubin": 4, "labs.inr": None}, "[7, 9]", {"B"}),
        ({"labs.bilirubin": 4, "labs.albumin": 2, "labs.inr": None, "liver.ascites": "slight"}, "[10, 12]", {"C"}),
    ],
)
def test_child_pugh_class(facts: Facts, points: str, classes: set[str]) -> None:
    """A is 5 to 6 points, B 7 to 9, C 10 to 15; the class is known as soon as all possible sums agree."""
    situation = situation_of({**HEALTHY, **facts})
    assert situation.number("liver.child_pugh_points") == span(points)
    assert situation.value("liver.child_pugh") == classes


@pytest.mark.parametrize(("points", "classes"), [(5, {"A"}), (6, {"A"}), (7, {"B"}), (9, {"B"}), (10, {"C"}), (15, {"C"}), (None, None)])
def test_child_pugh_class_of_told_points(points: int | None, classes: set[str] | None) -> None:
    """Told points give the class too; with nothing known there is no class, not "A, B or C"."""
    assert value_of("liver.child_pugh", {"liver.child_pugh_points": points}) == classes


def test_old_labs_do_not_count_for_child_pugh() -> None:
    """A bilirubin of 29 days ago leaves one to three points and asks for a newer one."""
    old = {**HEALTHY, "labs.bilirubin": {"value": 1.0, "date": "2026-10-22"}}
    assert value_of("liver.child_pugh_points", old) == span("[5, 7]")
    assert value_of("liver.child_pugh_points", {**old, "labs.bilirubin": {"value": 1.0, "date": "2026-10-23"}}) == span("5")


# --- HER2 and PD-L1 -------------------------------------------------------------------------------------------------

POSITIVE, NEGATIVE = "positive", "negative"


@pytest.mark.parametrize(
    ("ihc", "ish", "expected"),
    [
        (0, None, NEGATIVE),
        (0, NEGATIVE, NEGATIVE),
        (0, POSITIVE, NEGATIVE),
        (1, None, NEGATIVE),
        (1, NEGATIVE, NEGATIVE),
        (1, POSITIVE, NEGATIVE),
        (2, None, None),
        (2, NEGATIVE, NEGATIVE),
        (2, POSITIVE, POSITIVE),
        (3, None, POSITIVE),
        (3, NEGATIVE, POSITIVE),
        (3, POSITIVE, POSITIVE),
        (None, None, None),
        (None, NEGATIVE, None),
        (None, POSITIVE, None),
        ({"one_of": [0, 1]}, None, NEGATIVE),
        ({"one_of": [1, 2]}, None, None),
        ({"one_of": [1, 2]}, NEGATIVE, NEGATIVE),
        ({"one_of": [1, 2]}, POSITIVE, None),
        ({"one_of": [2, 3]}, None, None),
        ({"one_of": [2, 3]}, POSITIVE, POSITIVE),
        ({"one_of": [2, 3]}, NEGATIVE, None),
        ({"one_of": [0, 1, 2]}, NEGATIVE, NEGATIVE),
        ({"one_of": [0, 3]}, POSITIVE, None),
        (2, {"one_of": [POSITIVE, NEGATIVE]}, None),
    ],
)
def test_her2_from_its_two_tests(ihc: Any, ish: Any, expected: str | None) -> None:
    """3+ is positive, 0 and 1+ negative, 2+ is what the gene test says; anything else stays unknown."""
    value = value_of("biomarker.her2", {"biomarker.her2_ihc": ihc, "biomarker.her2_ish": ish})
    assert value == (None if expected is None else {expected})


@pytest.mark.parametrize(
    ("ihc", "needed"), [(2, "biomarker.her2_ish"), (None, "biomarker.her2"), ({"one_of": [0, 3]}, "biomarker.her2_ihc")]
)
def test_what_would_settle_her2_is_named(ihc: Any, needed: str) -> None:
    """A stain of 2+ asks for the gene test."""
    assert needed in situation_of({"biomarker.her2_ihc": ihc}).finding("biomarker.her2").needs


@pytest.mark.parametrize(
    ("told", "ihc", "ish", "state"),
    [
        ("positive", 3, None, "known"),
        ("positive", 2, "positive", "known"),
        ("positive", 2, None, "known"),
        ("negative", 3, None, "conflict"),
        ("positive", 1, None, "conflict"),
        ("positive", 2, "negative", "conflict"),
        ("negative", None, None, "known"),
    ],
)
def test_told_her2_against_its_tests(told: str, ihc: Any, ish: Any, state: str) -> None:
    """A told result that its own tests contradict is a conflict: unknown for the rules, and both are shown."""
    situation = situation_of({"biomarker.her2": told, "biomarker.her2_ihc": ihc, "biomarker.her2_ish": ish})
    finding = situation.finding("biomarker.her2")
    assert finding.state == state
    if state == "conflict":
        assert finding.value is None
        (shown,) = [fact for fact in facts_json(situation)["facts"] if fact["id"] == "biomarker.her2"]
        assert sorted(shown["value"].values()) == ["negative", "positive"]
    else:
        assert finding.value == {told}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"biomarker.pdl1_tps": 0}, None),
        ({"biomarker.pdl1_tps": 1}, "[1, 100]"),
        ({"biomarker.pdl1_tps": 50}, "[50, 100]"),
        ({"biomarker.pdl1_tps": 100}, "100"),
        ({"biomarker.pdl1_tps": {"above": 5}}, "(5, 100]"),
        ({"biomarker.pdl1_tps": None}, None),
        ({"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": 8}, "8"),
        ({"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": 5}, "5"),
        ({"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": {"at_least": 1}}, "[5, 100]"),
        ({"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": {"at_least": 1, "below": 10}}, "[5, 10)"),
        ({"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": 4.9}, None),
    ],
)
def test_the_combined_score_is_never_below_the_tumor_score(facts: Facts, expected: str | None) -> None:
    """CPS counts the tumor cells of TPS and more, so TPS bounds it from below; a smaller told CPS is a conflict."""
    assert value_of("biomarker.pdl1_cps", facts) == (None if expected is None else span(expected))


# --- Tumors in the liver --------------------------------------------------------------------------------------------

NEAR_NOTHING: list[str] = []


def lesions(*items: Facts, complete: bool = True) -> Facts:
    return {"liver.lesions": list(items) if complete else {"items": list(items), "complete": False}}


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        (lesions(), "0"),
        (lesions({"segment": 6}), "1"),
        (lesions({"segment": 6}, {}, {}), "3"),
        (lesions(complete=False), "[0, inf)"),
        (lesions({"segment": 6}, {"segment": 7}, complete=False), "[2, inf)"),
        ({**lesions({"segment": 6}, {"segment": 7}, complete=False), "liver.lesion_count": {"at_most": 3}}, "[2, 3]"),
        ({**lesions({"segment": 6}, {"segment": 7}, complete=False), "liver.lesion_count": 2}, "2"),
        ({**lesions({"segment": 6}, {"segment": 7}), "liver.lesion_count": 3}, None),
        ({**lesions({"segment": 6}, {"segment": 7}, complete=False), "liver.lesion_count": 1}, None),
        ({}, None),
    ],
)
def test_lesion_count(facts: Facts, count: str | None) -> None:
    """A complete list gives the number, an incomplete one a lower bound; a told number that contradicts it is a conflict."""
    assert value_of("liver.lesion_count", facts) == (None if count is None else span(count))


@pytest.mark.parametrize(
    ("facts", "largest"),
    [
        (lesions({"diameter_cm": 2.4}), "2.4"),
        (lesions({"diameter_cm": 2.4}, {"diameter_cm": 3}), "3"),
        (lesions({"diameter_cm": {"value": 24, "unit": "mm"}}, {"diameter_cm": 1}), "2.4"),
        (lesions({"diameter_cm": 2.4}, {"segment": 6}), "[2.4, inf)"),
        (lesions({"diameter_cm": 2.4}, complete=False), "[2.4, inf)"),
        (lesions({"diameter_cm": {"below": 1}}, {"diameter_cm": {"at_least": 2, "at_most": 3}}), "[2, 3]"),
        (lesions({"diameter_cm": {"above": 2}}, {"diameter_cm": 2}), "(2, inf)"),
        (lesions({"diameter_cm": {"below": 3}}, {"diameter_cm": 1}), "[1, 3)"),
        (lesions({"segment": 6}), None),
        (lesions(), None),
        ({}, None),
        ({**lesions({"diameter_cm": 2.4}), "liver.largest_cm": 2.4}, "2.4"),
        ({**lesions({"diameter_cm": 2.4}), "liver.largest_cm": 2.5}, None),
        ({**lesions({"diameter_cm": 2.4}, {"segment": 6}), "liver.largest_cm": {"at_most": 3}}, "[2.4, 3]"),
    ],
)
def test_largest_lesion(facts: Facts, largest: str | None) -> None:
    """Where a size is missing the largest is at least the largest that is known."""
    assert value_of("liver.largest_cm", facts) == (None if largest is None else span(largest))


@pytest.mark.parametrize(
    ("segments", "complete", "expected"),
    [
        (["5"], True, "one_lobe"),
        (["5", "6", "7", "8"], True, "one_lobe"),
        (["2", "3", "4a", "4b"], True, "one_lobe"),
        (["4a", "5"], True, "both_lobes"),
        (["4b", "8"], True, "both_lobes"),
        (["3", "6", "unknown"], True, "both_lobes"),
        (["3", "6"], False, "both_lobes"),
        (["1"], True, "one_lobe"),
        (["1"], False, None),
        (["1", "6"], True, "one_lobe"),
        (["1", "3"], True, "one_lobe"),
        (["6", "7"], False, None),
        (["6", "unknown"], True, None),
        (["unknown"], True, None),
        (["unknown", "unknown"], True, None),
        ([], True, None),
    ],
)
def test_distribution(segments: list[str], complete: bool, expected: str | None) -> None:
    """Segments 5 to 8 are right, 2 to 4b left, 1 counts for neither; an unknown segment may lie anywhere."""
    value = value_of("liver.distribution", lesions(*({"segment": segment} for segment in segments), complete=complete))
    assert value == (None if expected is None else {expected})


@pytest.mark.parametrize("segment", [2, 3, "4a", "4b", 5, 6, 7, 8])
def test_every_segment_lies_in_one_lobe(segment: Any) -> None:
    """Beside a tumor on the other side each segment makes both lobes, beside one on its own side one."""
    left = str(segment) in ("2", "3", "4a", "4b")
    own, other = (2, 8) if left else (8, 2)
    assert value_of("liver.distribution", lesions({"segment": segment}, {"segment": own})) == {"one_lobe"}
    assert value_of("liver.distribution", lesions({"segment": segment}, {"segment": other})) == {"both_lobes"}


@pytest.mark.parametrize(
    ("facts", "vessel", "duct"),
    [
        (lesions({"near": []}), False, False),
        (lesions({"near": ["hepatic_vein"]}), True, False),
        (lesions({"near": ["portal_vein"]}), True, False),
        (lesions({"near": ["vena_cava"]}), True, False),
        (lesions({"near": ["bile_duct"]}), False, True),
        (lesions({"near": ["gallbladder", "diaphragm", "bowel", "stomach", "heart", "capsule"]}), False, False),
        (lesions({"near": ["bile_duct"]}, {"segment": 6}), None, True),
        (lesions({"near": []}, {"segment": 6}), None, None),
        (lesions({"near": []}, complete=False), None, None),
        (lesions({"near": ["portal_vein"]}, complete=False), True, None),
        (lesions(), False, False),
        ({}, None, None),
    ],
)
def test_nearness_to_vessels_and_ducts(facts: Facts, vessel: bool | None, duct: bool | None) -> None:
    """`near` left out is not known, `near: []` is next to nothing; one tumor near is enough for yes."""
    situation = situation_of(facts)
    assert situation.value("liver.near_large_vessel") is vessel
    assert situation.value("liver.near_bile_duct") is duct


@pytest.mark.parametrize(("scanned", "count"), [("2026-09-25", "1"), ("2026-09-24", None), (None, "1")])
def test_an_old_scan_no_longer_counts(scanned: str | None, count: str | None) -> None:
    """Scans count for 56 days; what follows from an older one is shown as stale. A list without dates is as of today."""
    situation = situation_of(lesions({"segment": 6, "date": scanned}, {"segment": 7, "date": "2026-11-19"}))
    value = situation.number("liver.lesion_count")
    assert value == (None if count is None else span("2"))
    assert situation.finding("liver.lesions").state == ("stale" if count is None else "known")


# --- The person, the stage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1965-11-19", "61"),
        ("1965-11-20", "61"),
        ("1965-11-21", "60"),
        ("1965-10", "61"),
        ("1965-11", "[60, 61]"),
        ("1965-12", "60"),
        ("1965", "[60, 61]"),
        ("2026-11-20", "0"),
        ("2008-02-29", "18"),
        (None, None),
    ],
)
def test_age_from_a_full_or_partial_birth_date(born: str | None, age: str | None) -> None:
    """Completed years; a month or a year leaves both ages where the birthday may still come."""
    assert value_of("person.age", {"person.birth_date": born}) == (None if age is None else span(age))


@pytest.mark.parametrize(("as_of", "age"), [("2023-02-28", "22"), ("2023-03-01", "23"), ("2024-02-29", "24")])
def test_a_leap_day_birthday(as_of: str, age: str) -> None:
    """In other years somebody born on 29 February is a year older on 1 March."""
    assert value_of("person.age", {"person.birth_date": "2000-02-29"}, as_of) == span(age)


@pytest.mark.parametrize(("age", "state"), [(61, "known"), (60, "conflict"), (None, "derived")])
def test_told_age_against_the_birth_date(age: int | None, state: str) -> None:
    """A birth date and an age that do not fit together are shown as a conflict."""
    assert situation_of({"person.birth_date": "1965-11-19", "person.age": age}).finding("person.age").state == state


OTHER_SITES = ["lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other"]


@pytest.mark.parametrize("site", OTHER_SITES)
def test_spread_outside_the_liver(site: str) -> None:
    """One site is enough for yes; no needs every site; one site not known leaves it open."""
    free = {f"metastases.{other}": False for other in OTHER_SITES}
    assert value_of("metastases.outside_liver", {f"metastases.{site}": True}) is True
    assert value_of("metastases.outside_liver", free) is False
    assert value_of("metastases.outside_liver", {**free, f"metastases.{site}": None}) is None
    assert value_of("metastases.outside_liver", {**free, f"metastases.{site}": True}) is True


@pytest.mark.parametrize(("told", "lung", "expected"), [(True, None, True), (False, None, False), (False, True, None), (True, False, True)])
def test_told_spread_outside_the_liver(told: bool, lung: bool | None, expected: bool | None) -> None:
    """A told no against a told site is a conflict, so unknown."""
    assert value_of("metastases.outside_liver", {"metastases.outside_liver": told, "metastases.lung": lung}) is expected


@pytest.mark.parametrize("site", ["liver", "outside_liver", "leptomeningeal", *OTHER_SITES])
def test_stage_four_follows_from_any_metastasis(site: str) -> None:
    """Distant nodes included; a or b stays open."""
    assert value_of("diagnosis.stage", {f"metastases.{site}": True}) == {"4a", "4b"}
    assert value_of("diagnosis.stage", {f"metastases.{site}": False}) is None
    assert value_of("diagnosis.stage", {f"metastases.{site}": None}) is None


@pytest.mark.parametrize(
    ("stage", "expected"),
    [("4b", {"4b"}), ("4a", {"4a"}), (4, {"4a", "4b"}), ("3", None), (None, {"4a", "4b"}), ({"one_of": [3, "4a"]}, {"4a"})],
)
def test_told_stage_against_metastases(stage: Any, expected: set[str] | None) -> None:
    """4b narrows stage four; stage 3 with metastases is a conflict."""
    assert value_of("diagnosis.stage", {"metastases.liver": True, "diagnosis.stage": stage}) == expected


def test_stage_follows_from_a_tumor_list() -> None:
    """Tumors in the liver are liver metastases, and those are stage four."""
    assert value_of("diagnosis.stage", lesions({"segment": 6})) == {"4a", "4b"}
    assert value_of("metastases.liver", lesions()) is None
    assert situation_of({**lesions({"segment": 6}), "metastases.liver": False}).finding("metastases.liver").state == "conflict"


def test_every_situation_is_cancer_of_the_esophagus() -> None:
    """The primary is always known."""
    assert value_of("diagnosis.primary", {}) == {"esophagus"}


# --- Kidney function ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "sex", "expected"),
    [
        (60, 72, 1.0, "male", 80.0),  # (140 - 60) * 72 / (72 * 1)
        (60, 72, 1.0, "female", 68.0),  # times 0.85
        (40, 72, 2.0, "male", 50.0),
        (80, 54, 0.9, "male", 50.0),  # 60 * 54 / 64.8
        (80, 54, 0.9, "female", 42.5),
        (60, 72, {"value": 88.4, "unit": "umol/L"}, "male", 80.0),
    ],
)
def test_cockcroft_gault(age: float, weight: float, creatinine: Any, sex: str, expected: float) -> None:
    """Worked out by hand."""
    facts = {"person.age": age, "nutrition.weight_kg": weight, "labs.creatinine": creatinine, "person.sex": sex}
    assert value_of("labs.creatinine_clearance", facts) == span(str(expected))


@pytest.mark.parametrize(
    ("age", "creatinine", "sex", "expected"),
    [
        (60, 0.9, "male", 97.78),  # 142 * 0.9938**60: the ratio is 1
        (60, 0.7, "female", 98.95),  # times 1.012
        (60, 1.8, "male", 42.56),  # ratio 2: times 2**-1.2 = 0.43528
        (50, 0.45, "male", 128.28),  # ratio 0.5: times 0.5**-0.302 = 1.23286
        (50, 0.35, "female", 124.44),  # ratio 0.5: times 0.5**-0.241 = 1.18182
        (50, 1.4, "female", 45.83),
    ],
)
def test_ckd_epi_2021(age: float, creatinine: float, sex: str, expected: float) -> None:
    """Worked out by hand from the 2021 equation without race; reports print whole numbers."""
    value = value_of("labs.egfr", {"person.age": age, "labs.creatinine": creatinine, "person.sex": sex})
    assert value.is_exact
    assert value.low == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("missing", ["person.age", "nutrition.weight_kg", "labs.creatinine"])
def test_kidney_function_needs_its_inputs(missing: str) -> None:
    """Without one of them nothing is claimed, and it is named."""
    facts = {"person.age": 60, "nutrition.weight_kg": 72, "labs.creatinine": 1.0, "person.sex": "male", missing: None}
    finding = situation_of(facts).finding("labs.creatinine_clearance")
    assert finding.value is None
    assert missing in finding.needs or (missing == "person.age" and "person.birth_date" in finding.needs)


@pytest.mark.parametrize("sex", [None, "intersex", {"one_of": ["female", "male"]}])
def test_kidney_function_without_a_decisive_sex_is_a_range(sex: Any) -> None:
    """Both forms of the formula may apply."""
    facts = {"person.age": 60, "nutrition.weight_kg": 72, "labs.creatinine": 1.0, "person.sex": sex}
    assert value_of("labs.creatinine_clearance", facts) == span("[68, 80]")
    rate = value_of("labs.egfr", facts)
    assert rate.low < rate.high


@pytest.mark.parametrize(("told", "state"), [(80, "known"), (81, "partly"), (79, "partly"), (81.5, "conflict"), (60, "conflict")])
def test_told_clearance_may_be_rounded(told: float, state: str) -> None:
    """A told clearance within 1 of the formula may be rounding: both stay possible."""
    facts = {"person.age": 60, "nutrition.weight_kg": 72, "labs.creatinine": 1.0, "person.sex": "male", "labs.creatinine_clearance": told}
    assert situation_of(facts).finding("labs.creatinine_clearance").state == state


def test_clearance_and_filtration_rate_are_not_the_same_thing() -> None:
    """A told filtration rate says nothing about clearance."""
    assert value_of("labs.creatinine_clearance", {"labs.egfr": 80}) is None
    assert value_of("labs.egfr", {"labs.creatinine_clearance": 80}) is None


# --- Lines of treatment ---------------------------------------------------------------------------------------------

FLOT = ["fluorouracil", "leucovorin", "oxaliplatin", "docetaxel"]
FIRST: Facts = {"drugs": ["fluorouracil", "oxaliplatin"], "intent": "palliative", "start": "2026-01-10", "end": "2026-06-10"}
SECOND: Facts = {"drugs": ["paclitaxel", "ramucirumab"], "intent": "palliative", "start": "2026-07-01"}


def around_surgery(**changes: Any) -> Facts:
    course = {"drugs": FLOT, "intent": "perioperative", "start": "2025-08-01", "end": "2026-01-01", "ended_because": "completed"}
    return {key: value for key, value in {**course, **changes}.items() if value is not None}


def palliative_after(days: int) -> Facts:
    return {**SECOND, "start": (date(2026, 1, 1) + timedelta(days)).isoformat()}


@pytest.mark.parametrize(
    ("history", "lines"),
    [
        ([], "0"),
        ([FIRST], "1"),
        ([FIRST, SECOND], "2"),
        ([{**FIRST, "intent": None}], "[0, 1]"),
        ([{**FIRST, "intent": None, "ended_because": "progression"}], "1"),
        ([FIRST, {**SECOND, "intent": None}], "[1, 2]"),
        # around surgery or with curative intent
        ([around_surgery(ended_because="progression")], "1"),
        # completed, yet it grew: the two do not go together
        ([around_surgery(best_response="progression")], "[0, 1]"),
        ([around_surgery(ended_because=None, best_response="progression")], "1"),
        ([around_surgery(ended_because=None), palliative_after(184)], "[1, 2]"),
        ([around_surgery(intent="definitive", ended_because="progression")], "1"),
        ([around_surgery(), palliative_after(1)], "2"),
        ([around_surgery(), palliative_after(182)], "2"),
        ([around_surgery(), palliative_after(183)], "2"),
        ([around_surgery(), palliative_after(184)], "1"),
        ([around_surgery(intent="definitive"), palliative_after(183)], "2"),
        ([around_surgery(intent="definitive"), palliative_after(184)], "1"),
        ([around_surgery(end=None, ended_because=None), palliative_after(100)], "[1, 2]"),
        ([around_surgery(), {**SECOND, "start": None}], "[1, 2]"),
        ([around_surgery(end="2026-01"), {**SECOND, "start": "2026-07"}], "[1, 2]"),
        ([around_surgery(end="2025"), {**SECOND, "start": "2026-10"}], "1"),
        ([around_surgery(end=None)], "[0, 1]"),
        # not against the cancer, or nobody knows
        ([{"drugs": ["dexamethasone"], "intent": "palliative"}], "0"),
        ([{"drugs": ["leucovorin", "filgrastim"], "intent": "palliative", "ended_because": "progression"}], "0"),
        ([{"procedure": "stent", "intent": "palliative"}], "0"),
        ([{"procedure": "external_radiation", "intent": "palliative", "ended_because": "progression"}], "0"),
        ([{"drugs": ["study drug 17"], "intent": "palliative"}], "[0, 1]"),
        ([FIRST, {"drugs": ["study drug 17"], "intent": "palliative"}], "[1, 2]"),
        ([{"drugs": ["study drug 17", "cisplatin"], "intent": "palliative"}], "1"),
        ([{"drugs": ["dexamethasone", "cisplatin"], "intent": "palliative"}], "1"),
        ({"items": [FIRST], "complete": False}, "[1, inf)"),
        ({"items": [], "complete": False}, "[0, inf)"),
        (None, None),
    ],
)
def test_lines_of_treatment(history: Any, lines: str | None) -> None:
    """Palliative courses count, and a curative one that the cancer outgrew within 183 days; what is not told leaves a range."""
    assert value_of("therapy.lines", {"therapy.history": history}) == (None if lines is None else span(lines))


@pytest.mark.parametrize(
    ("setting", "end", "lines"),
    [
        ("at_diagnosis", "2026-01-01", "0"),
        ("recurrence", "2026-05-21", "1"),  # 183 days ago: the cancer is back, so within the window
        ("recurrence", "2026-05-20", "[0, 1]"),  # 184 days ago: it may have come back within it or after
        ("recurrence", "2025-11-19", "[0, 1]"),  # 366 days ago
        ("recurrence", "2025-11-18", "0"),  # 367 days ago: no return is left untreated so long, so it came later
        (None, "2025-11-18", "0"),
        (None, "2026-05-21", "[0, 1]"),
    ],
)
def test_a_finished_curative_course_without_palliative_treatment(setting: str | None, end: str, lines: str) -> None:
    """Whether the cancer is back, and since when, decides; where that is not told both stay possible."""
    facts = {"therapy.history": [around_surgery(start=None, end=end)], "diagnosis.setting": setting}
    assert value_of("therapy.lines", facts) == span(lines)


@pytest.mark.parametrize(("told", "state"), [(1, "known"), (2, "conflict"), (0, "conflict"), ({"at_least": 1}, "known")])
def test_told_lines_against_the_history(told: Any, state: str) -> None:
    """A told number that the whole history contradicts is a conflict."""
    finding = situation_of({"therapy.history": [FIRST], "therapy.lines": told}).finding("therapy.lines")
    assert finding.state == state
    assert finding.value == (None if state == "conflict" else span("1"))


# --- Disease status -------------------------------------------------------------------------------------------------

ON_IT: Facts = {"drugs": ["fluorouracil", "oxaliplatin"], "intent": "palliative", "start": "2026-06-01"}


@pytest.mark.parametrize(
    ("history", "now", "status"),
    [
        ([], None, "not_assessed"),
        ([{"drugs": ["dexamethasone"]}], None, "not_assessed"),
        ([{**FIRST, "ended_because": "progression"}], False, "progressing"),
        ([{**FIRST, "ended_because": "progression", "best_response": "partial"}], False, "progressing"),
        ([{**ON_IT, "best_response": "complete"}], True, "responding"),
        ([{**ON_IT, "best_response": "partial"}], True, "responding"),
        ([{**ON_IT, "best_response": "stable"}], True, "stable"),
        ([{**ON_IT, "best_response": "progression"}], True, "progressing"),
        ([ON_IT], True, None),
        ([{**ON_IT, "best_response": "partial", "end": "2026-11-01", "ended_because": "completed"}], False, None),
        ([{**FIRST, "ended_because": "progression"}, {**SECOND, "best_response": "stable"}], True, "stable"),
        ([{**SECOND, "best_response": "stable"}, {**FIRST, "ended_because": "progression"}], True, "stable"),
        ([{**FIRST, "best_response": "partial"}, {**SECOND, "ended_because": "progression"}], False, "progressing"),
        ({"items": [{**ON_IT, "best_response": "partial"}], "complete": False}, True, None),
        ({"items": [], "complete": False}, None, None),
        (None, None, None),
    ],
)
def test_disease_status(history: Any, now: bool | None, status: str | None) -> None:
    """No treatment yet: not assessed. Ended because it grew: progressing. On treatment: as it responds. Else it is not known."""
    value = value_of("disease.status", {"therapy.history": history, "therapy.now": now})
    assert value == (None if status is None else {status})


def test_told_status_against_the_history() -> None:
    """Somebody told to be responding whose treatment stopped working is asked again."""
    facts = {"therapy.history": [{**FIRST, "ended_because": "progression"}], "disease.status": "responding"}
    assert situation_of(facts).finding("disease.status").state == "conflict"


# --- Limits of normal, dates, and the table itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "lab", "expected"),
    [
        ({"labs.alt": 90, "labs.alt_uln": 45}, "labs.alt", "2"),
        ({"labs.alt": 90}, "labs.alt", None),
        ({"labs.alt": {"times_uln": 2.1}}, "labs.alt", "2.1"),
        ({"labs.alt": {"times_uln": 2.1}, "labs.alt_uln": 40}, "labs.alt", "2.1"),
        ({"labs.alt_uln": 45}, "labs.alt", None),
        ({"labs.bilirubin": 2.6, "labs.bilirubin_uln": 1.3}, "labs.bilirubin", "2"),
        ({"labs.bilirubin": 1.3}, "labs.bilirubin", "[1, 1.3]"),
        ({"labs.inr": 1.43}, "labs.inr", "[1.1, 1.3]"),
        ({"labs.creatinine": 1.4}, "labs.creatinine", None),
        ({"labs.alt": {"value": 90, "date": "2026-10-22"}, "labs.alt_uln": 45}, "labs.alt", None),
        ({"labs.alt": {"value": 90, "date": "2026-10-23"}, "labs.alt_uln": 45}, "labs.alt", "2"),
        ({"labs.alt": {"times_uln": 2, "date": "2026-10-22"}}, "labs.alt", None),
    ],
)
def test_times_the_upper_limit(facts: Facts, lab: str, expected: str | None) -> None:
    """The lab's own limit counts; without it only bilirubin and INR are judged, against every usual limit at once."""
    assert situation_of(facts).times_uln(lab) == (None if expected is None else span(expected))


@pytest.mark.parametrize(("facts", "value"), [({"labs.alt_uln": 40}, "84"), ({}, None)])
def test_a_lab_told_as_a_multiple_gets_its_value_from_the_limit(facts: Facts, value: str | None) -> None:
    """2.1 times a limit of 40 is 84 U/L; without the limit the value is not known."""
    assert value_of("labs.alt", {**facts, "labs.alt": {"times_uln": 2.1}}) == (None if value is None else span(value))


@pytest.mark.parametrize(
    ("fact_id", "value", "days"),
    [
        ("labs.bilirubin", 1.0, 28),
        ("function.ecog", 1, 28),
        ("nutrition.weight_kg", 80, 28),
        ("symptom.dysphagia", 2, 28),
        ("liver.largest_cm", 3, 56),
        ("disease.status", "stable", 56),
    ],
)
def test_a_fact_goes_stale_after_its_days(fact_id: str, value: Any, days: int) -> None:
    """On its last day it counts; a day later it is shown but unknown; without a date it is as of today."""
    today = date(2026, 11, 20)
    for age, state in ((days - 1, "known"), (days, "known"), (days + 1, "stale"), (None, "known")):
        dated = None if age is None else (today - timedelta(age)).isoformat()
        finding = situation_of({fact_id: {"value": value, "date": dated}}).finding(fact_id)
        assert finding.state == state
        assert (finding.value is None) == (state == "stale")
        assert finding.shown is not None
        assert finding.why == ("needs a newer result" if state == "stale" else "")


@pytest.mark.parametrize("fact_id", ["biomarker.pdl1_cps", "diagnosis.histology", "metastases.liver", "condition.hiv", "therapy.history"])
def test_facts_of_a_lifetime_do_not_go_stale(fact_id: str) -> None:
    """Biomarkers, history and choices of a lifetime have no limit."""
    assert library().vocabulary[fact_id].valid_for_days is None


def test_a_partly_known_date_is_stale_as_soon_as_it_may_be() -> None:
    """A lab "in October" may be of the first: 50 days ago."""
    assert situation_of({"labs.bilirubin": {"value": 1, "date": "2026-10"}}).finding("labs.bilirubin").state == "stale"
    assert situation_of({"labs.bilirubin": {"value": 1, "date": "2026-11"}}).finding("labs.bilirubin").state == "known"


def test_every_derivation_is_about_known_facts() -> None:
    """The derived facts and all their inputs are in the vocabulary."""
    vocabulary = library().vocabulary
    for derived, rule in DERIVATIONS.items():
        assert derived in vocabulary
        assert set(rule.inputs) <= set(vocabulary)


@pytest.mark.parametrize(
    ("fact_id", "touched"),
    [
        ("labs.bilirubin", {"liver.child_pugh", "liver.child_pugh_points", "liver.albi_score", "liver.albi_grade"}),
        ("person.birth_date", {"person.age", "labs.egfr", "labs.creatinine_clearance"}),
        ("liver.lesions", {"liver.lesion_count", "metastases.liver", "diagnosis.stage"}),
        ("wish.numbers", set()),
    ],
)
def test_what_rests_on_a_fact_is_followed_to_its_end(fact_id: str, touched: set[str]) -> None:
    """A birth date changes the age, and through it kidney function."""
    assert touched <= resting_on(fact_id)
    assert bool(touched) == bool(resting_on(fact_id))


def test_child_pugh_agrees_with_a_plain_table_everywhere() -> None:
    """All 243 combinations of the three bands in five parts, against a sum written out in the test."""
    bands: dict[str, list[Any]] = {
        "labs.bilirubin": [1, 2.5, 4],
        "labs.albumin": [4, 3, 2],
        "labs.inr": [1, 2, 3],
        "liver.ascites": ["none", "slight", "moderate"],
        "liver.encephalopathy": ["none", "grade_1_2", "grade_3_4"],
    }
    for picked in product(range(3), repeat=5):
        total = sum(picked) + 5
        expected = "A" if total <= 6 else "B" if total <= 9 else "C"
        facts = {fact_id: values[band] for (fact_id, values), band in zip(bands.items(), picked, strict=True)}
        assert value_of("liver.child_pugh", facts) == {expected}


def test_albi_agrees_with_the_formula_over_a_grid() -> None:
    """The published formula in its own units."""
    for bilirubin, albumin in product([3, 10, 17.1, 34, 100, 400], [18, 25, 30, 35, 40, 48]):
        expected = 0.66 * math.log10(bilirubin) - 0.085 * albumin
        facts = {"labs.bilirubin": {"value": bilirubin, "unit": "umol/L"}, "labs.albumin": {"value": albumin, "unit": "g/L"}}
        assert value_of("liver.albi_score", facts).low == pytest.approx(expected, abs=1e-6)
