"""One trial's items against one person: each verdict with its reasons, and the trial's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers import days_ago, situation_of
from tests.trials.making import study_of
from wayline.library import library
from wayline.trials.matching import (
    DEPENDS,
    DOES_NOT_FIT,
    MAY_FIT,
    MET,
    NOT_MET,
    UNKNOWN,
    ItemVerdict,
    TrialVerdict,
    check_trial,
    verdict_of,
)
from wayline.trials.splitting import HEADING

TEXT = """Inclusion Criteria:

* Esophageal squamous cell carcinoma
* ECOG 0-1
* Platelets ≥ 100,000/mm3

Exclusion Criteria:

* Brain metastases
"""
FITTING = {"diagnosis.histology": "squamous", "function.ecog": 1, "labs.platelets": 150, "metastases.brain": False}


def check(text: str | None, facts: dict[str, Any], **told: Any) -> TrialVerdict:
    """A study of this text and these fields against a person."""
    study = study_of(1, eligibility_criteria=text, **told)
    return check_trial(library().criteria_reader.read_study(study), situation_of(facts))


@pytest.mark.parametrize(
    ("truths", "verdict"),
    [
        ([MET, MET], MAY_FIT),
        ([MET], MAY_FIT),
        ([MET, UNKNOWN], DEPENDS),
        ([UNKNOWN], DEPENDS),
        ([MET, NOT_MET], DOES_NOT_FIT),
        ([UNKNOWN, NOT_MET], DOES_NOT_FIT),
        ([], DEPENDS),  # nothing could be read, so nothing fits
    ],
)
def test_the_verdict_follows_from_the_items(truths: list[str], verdict: str) -> None:
    """One obstacle decides; without one, a single open item keeps the trial open."""
    assert verdict_of(truths) == verdict


@pytest.mark.parametrize(
    ("changed", "verdict", "counts"),
    [
        ({}, MAY_FIT, (4, 0, 0)),
        ({"labs.platelets": 100}, MAY_FIT, (4, 0, 0)),
        ({"labs.platelets": 99}, DOES_NOT_FIT, (3, 1, 0)),
        ({"labs.platelets": None}, DEPENDS, (3, 0, 1)),
        ({"metastases.brain": True}, DOES_NOT_FIT, (3, 1, 0)),
        ({"metastases.brain": None, "function.ecog": 2}, DOES_NOT_FIT, (2, 1, 1)),
        ({"diagnosis.histology": "adenocarcinoma", "metastases.brain": True}, DOES_NOT_FIT, (2, 2, 0)),
    ],
)
def test_a_trial_counts_its_items(changed: dict[str, Any], verdict: str, counts: tuple[int, int, int]) -> None:
    """Met, not met, unknown; headings are not counted."""
    found = check(TEXT, {**FITTING, **changed})
    assert found.verdict == verdict
    assert tuple(found.count(truth) for truth in (MET, NOT_MET, UNKNOWN)) == counts
    assert len(found.judged) == 4


def test_nothing_told_leaves_a_trial_open() -> None:
    """Not known is never no."""
    found = check(TEXT, {})
    assert (found.verdict, found.count(UNKNOWN)) == (DEPENDS, 4)


def test_items_stand_in_the_order_of_the_text_and_then_the_fields() -> None:
    """Headings keep their place, without a verdict."""
    found = check("Inclusion Criteria:\n\n* ECOG 0-1", {}, sex="FEMALE", minimum_age="18 Years")
    kinds = [item.criterion.kind if isinstance(item, ItemVerdict) else item.kind for item in found.items]
    assert kinds == [HEADING, "inclusion", "field", "field"]
    assert [item.criterion.text for item in found.judged] == ["ECOG 0-1", "sex FEMALE", "minimumAge 18 Years"]


@pytest.mark.parametrize("text", [None, "", " \n "])
def test_a_trial_without_text_is_judged_by_its_fields_alone(text: str | None) -> None:
    """And without fields nothing is known of it."""
    assert check(text, {"person.age": 17}, minimum_age="18 Years").verdict == DOES_NOT_FIT
    assert check(text, {"person.age": 18}, minimum_age="18 Years").verdict == MAY_FIT
    assert check(text, {"person.age": 18}).verdict == DEPENDS


def test_the_reasons_name_the_facts_that_decided() -> None:
    """Each decided item tells what it rests on, in words and by fact."""
    found = check(TEXT, {**FITTING, "metastases.brain": True})
    reasons = {item.criterion.text: [reason.fact for reason in item.because] for item in found.judged}
    assert reasons == {
        "Esophageal squamous cell carcinoma": ["diagnosis.histology"],
        "ECOG 0-1": ["function.ecog"],
        "Platelets ≥ 100,000/mm3": ["labs.platelets"],
        "Brain metastases": ["metastases.brain"],
    }
    assert all(reason.text for item in found.judged for reason in item.because)
    assert not any(item.missing for item in found.judged)


def test_an_open_item_names_the_facts_that_are_missing() -> None:
    """A stale lab is missing too: it needs a newer result."""
    facts = {**FITTING, "labs.platelets": {"value": 150, "date": days_ago(29)}, "function.ecog": None}
    missing = {item.criterion.text: [one.fact for one in item.missing] for item in check(TEXT, facts).judged if item.truth == UNKNOWN}
    assert missing == {"ECOG 0-1": ["function.ecog"], "Platelets ≥ 100,000/mm3": ["labs.platelets"]}
    fresh = {**facts, "labs.platelets": {"value": 150, "date": days_ago(28)}}
    assert [item.criterion.text for item in check(TEXT, fresh).judged if item.truth == UNKNOWN] == ["ECOG 0-1"]


@pytest.mark.parametrize(
    ("changed", "text", "may_change"),
    [
        ({"labs.platelets": 50}, "Platelets ≥ 100,000/mm3", True),  # counts recover
        ({"function.ecog": 3}, "ECOG 0-1", True),
        ({"diagnosis.histology": "adenocarcinoma"}, "Esophageal squamous cell carcinoma", False),
    ],
)
def test_an_obstacle_says_whether_it_may_change(changed: dict[str, Any], text: str, may_change: bool) -> None:
    """A lab can recover, a cell type cannot."""
    (obstacle,) = [item for item in check(TEXT, {**FITTING, **changed}).judged if item.truth == NOT_MET]
    assert (obstacle.criterion.text, obstacle.may_change) == (text, may_change)


def test_what_was_not_understood_is_counted_and_never_met() -> None:
    """It keeps a trial open that would fit otherwise."""
    found = check(TEXT + "* Elevated glorps\n", FITTING)
    assert (found.verdict, found.not_read, found.count(UNKNOWN)) == (DEPENDS, 1, 1)
    (item,) = [item for item in found.judged if not item.criterion.is_read]
    assert (item.truth, item.because, item.missing, item.may_change) == (UNKNOWN, (), (), True)


def test_what_every_person_here_meets_is_met_without_a_reason() -> None:
    """Every situation is cancer of the esophagus: to say so would tell nobody anything."""
    (item,) = check("* Esophageal cancer", {}).judged
    assert (item.truth, item.because, item.missing) == (MET, (), ())
