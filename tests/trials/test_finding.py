"""Matching one person against many trials: which are shown, in which order, and which missing facts could settle them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.helpers import CHECKOUT, situation_of
from tests.trials.making import site_of, study_of
from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.logic.ask_first import values_to_try
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.reading import Place
from wayline.trials.finding import FactToAsk, OpenTrials, TrialMatch
from wayline.trials.known import STATUSES, as_record
from wayline.trials.matching import DEPENDS, DOES_NOT_FIT, MAY_FIT, check_trial
from wayline.trials.places import Point
from wayline.trials.relevance import ALSO_THIS_CANCER, ELSEWHERE, THIS_CANCER
from wayline.trials.study import OPEN_STATUSES, Study, parse_study

HOUSTON = Point(29.76, -95.37)
AT_HOME, NOT_FAR, FAR = (29.76, -95.37), (30.27, -97.74), (42.36, -71.06)
SQUAMOUS, BILIRUBIN, ECOG, HEMOGLOBIN = (
    "Squamous cell carcinoma of the esophagus",
    "Bilirubin <= 1.5 mg/dL",
    "ECOG 0-1",
    "Hemoglobin >= 9 g/dL",
)
NONSENSE = "Zorblatt index of the third kind"
HIV = "HIV infection"
PERSON = {
    "person.sex": "male",
    "person.age": 60,
    "diagnosis.histology": "adenocarcinoma",
    "function.ecog": 1,
    "labs.bilirubin": {"value": 3, "date": "2026-11-18"},
}


def text_of(rules: Sequence[str], ruled_out: Sequence[str] = ()) -> str:
    """Criteria in the registry's usual style."""
    sections = [("Inclusion Criteria:", rules), ("Exclusion Criteria:", ruled_out)]
    return "\n\n".join(heading + "\n\n" + "\n".join(f"* {rule}" for rule in some) for heading, some in sections if some)


def trial(number: int, rules: Sequence[str] = (), ruled_out: Sequence[str] = (), **told: Any) -> Study:
    """An open trial for cancer of the esophagus; `at` is where its one site lies."""
    place = told.pop("at", None)
    sites = () if place is None else (site_of("Somewhere", at=place, status="RECRUITING"),)
    defaults = {"overall_status": "RECRUITING", "conditions": ("Esophageal Cancer",), "sites": sites}
    return study_of(number, eligibility_criteria=text_of(rules, ruled_out), **{**defaults, **told})


def trials_of(*studies: Study, with_closed: bool = False) -> OpenTrials:
    content = library()
    return OpenTrials(studies, content.criteria_reader, content.relevance, content.vocabulary, with_closed=with_closed)


def numbers(matches: Sequence[TrialMatch]) -> list[int]:
    return [int(match.study.nct_id[3:]) for match in matches]


# --- The order ------------------------------------------------------------------------------------------------------


def test_fewest_lasting_obstacles_come_before_most_rules_met() -> None:
    """The trial that asks for another cell type meets more rules, and yet nothing could open it."""
    lasting = trial(1, [SQUAMOUS, ECOG, "Age of at least 18 years"])
    may_go_away = trial(2, [BILIRUBIN])
    found = trials_of(lasting, may_go_away).match(situation_of(PERSON))
    assert numbers(found) == [2, 1]
    assert [(one.lasting_obstacles, one.not_met, one.met) for one in found] == [(0, 1, 0), (1, 1, 2)]
    assert [one.verdict for one in found] == [DOES_NOT_FIT, DOES_NOT_FIT]


def test_most_rules_met_comes_before_the_nearest_site() -> None:
    near, full = trial(1, [NONSENSE], at=AT_HOME), trial(2, [ECOG], at=FAR)
    assert numbers(trials_of(near, full).match(situation_of(PERSON), HOUSTON)) == [2, 1]


def test_the_nearest_site_comes_before_the_newest_change_and_an_unknown_distance_last() -> None:
    studies = [
        trial(1, [ECOG], last_update_posted="2026-11-01"),
        trial(2, [ECOG], at=FAR, last_update_posted="2026-10-01"),
        trial(3, [ECOG], at=AT_HOME, last_update_posted="2019-01-01"),
        trial(4, [ECOG], at=NOT_FAR, last_update_posted="2026-09-01"),
    ]
    found = trials_of(*studies).match(situation_of(PERSON), HOUSTON)
    assert numbers(found) == [3, 4, 2, 1]
    assert found[0].miles == pytest.approx(0, abs=1)
    assert found[1].miles == pytest.approx(146, abs=5)
    assert found[2].miles == pytest.approx(1600, abs=50)
    assert found[3].miles is None


@pytest.mark.parametrize("near", [None, HOUSTON])
def test_the_newest_change_comes_first_where_all_else_is_the_same(near: Point | None) -> None:
    studies = [
        trial(1, [ECOG], last_update_posted="2024-05-31"),
        trial(2, [ECOG]),
        trial(3, [ECOG], last_update_posted="2026-11-01"),
        trial(4, [ECOG], last_update_posted="2024-06-01"),
    ]
    assert numbers(trials_of(*studies).match(situation_of(PERSON), near)) == [3, 4, 1, 2]


def test_no_distance_counts_where_nobody_says_where_they_live() -> None:
    far, near = trial(1, [ECOG], at=FAR, last_update_posted="2026-01-02"), trial(2, [ECOG], at=AT_HOME, last_update_posted="2026-01-01")
    found = trials_of(far, near).match(situation_of(PERSON))
    assert numbers(found) == [1, 2]
    assert [one.miles for one in found] == [None, None]


def test_the_nearness_of_the_ring_ranks_nothing() -> None:
    basket = trial(1, [ECOG], conditions=("Advanced Solid Tumor",), last_update_posted="2026-01-02")
    own = trial(2, [ECOG], last_update_posted="2026-01-01")
    found = trials_of(basket, own).match(situation_of(PERSON))
    assert [(number, one.ring) for number, one in zip(numbers(found), found, strict=True)] == [(1, ALSO_THIS_CANCER), (2, THIS_CANCER)]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, None])
def test_a_limit_takes_the_first_of_the_same_order(limit: int | None) -> None:
    trials = trials_of(trial(1, [BILIRUBIN]), trial(2, [ECOG]), trial(3, [SQUAMOUS]))
    assert numbers(trials.match(situation_of(PERSON), limit=limit)) == [2, 1, 3][:limit]


# --- Verdicts and counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "verdict", "met", "not_met", "unknown", "not_read"),
    [
        ([ECOG], MAY_FIT, 1, 0, 0, 0),
        ([ECOG, HEMOGLOBIN], DEPENDS, 1, 0, 1, 0),
        ([ECOG, NONSENSE], DEPENDS, 1, 0, 1, 1),
        ([ECOG, HEMOGLOBIN, BILIRUBIN], DOES_NOT_FIT, 1, 1, 1, 0),
        ([], DEPENDS, 0, 0, 1, 0),
    ],
)
def test_the_verdict_follows_from_the_items(rules: list[str], verdict: str, met: int, not_met: int, unknown: int, not_read: int) -> None:
    (found,) = trials_of(trial(1, rules)).match(situation_of(PERSON))
    assert (found.verdict, found.met, found.not_met, found.unknown, found.not_read) == (verdict, met, not_met, unknown, not_read)


def test_the_list_and_the_single_trial_say_the_same() -> None:
    trials = known_trials()
    for name in ("junction_untreated", "her2_positive_progressed", "knows_little"):
        situation = load_case(CHECKOUT / "tests" / "people" / f"{name}.yaml", library().vocabulary)
        single = {study.nct_id: check_trial(criteria, situation) for study, criteria in zip(trials.studies, trials.criteria, strict=True)}
        found = trials.match(situation)
        assert len(found) == len(single)
        for one in found:
            expected = single[one.study.nct_id]
            assert (one.verdict, one.met, one.not_met, one.unknown, one.not_read) == (
                expected.verdict,
                *(expected.count(truth) for truth in ("met", "not_met", "unknown")),
                expected.not_read,
            )


# --- Which trials are shown -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [*STATUSES, None])
def test_only_open_trials_are_matched_unless_the_closed_are_asked_for(status: str | None) -> None:
    study = trial(1, [ECOG], overall_status=status)
    assert numbers(trials_of(study).match(situation_of(PERSON))) == ([1] if status in OPEN_STATUSES else [])
    assert numbers(trials_of(study, with_closed=True).match(situation_of(PERSON))) == [1]


@pytest.mark.parametrize(
    ("told", "ring"),
    [
        ({"conditions": ("Esophageal Cancer",)}, THIS_CANCER),
        ({"conditions": ("Oesophageal Adenocarcinoma",)}, THIS_CANCER),
        ({"conditions": ("Gastroesophageal Junction Adenocarcinoma",)}, THIS_CANCER),
        ({"conditions": ("GEJ Cancer", "Breast Cancer")}, THIS_CANCER),
        ({"conditions": ("Cancer",), "keywords": ("esophageal",)}, THIS_CANCER),
        ({"conditions": ("Cancer",), "brief_title": "A study in esophagogastric cancer"}, THIS_CANCER),
        ({"conditions": ("Advanced Solid Tumor",)}, ALSO_THIS_CANCER),
        ({"conditions": ("Solid Tumors, Adult",)}, ALSO_THIS_CANCER),
        ({"conditions": ("Breast Cancer", "Advanced Cancer")}, ALSO_THIS_CANCER),
        ({"conditions": (), "brief_title": "ABC-123 in advanced solid tumors"}, ALSO_THIS_CANCER),
        ({"conditions": ("Liver Metastases",)}, ALSO_THIS_CANCER),
        ({"conditions": ("Gastric Cancer",)}, ALSO_THIS_CANCER),
        ({"conditions": ("Asthma",)}, ELSEWHERE),
        ({"conditions": ("Asthma",), "brief_title": "Inhaled steroids in children with asthma"}, ELSEWHERE),
        ({"conditions": ("Breast Cancer",)}, ELSEWHERE),
        ({"conditions": ("Metastatic Breast Cancer", "Lung Cancer")}, ELSEWHERE),
        ({"conditions": ()}, ELSEWHERE),
    ],
)
def test_trials_for_this_cancer_and_for_cancers_of_all_places_are_found(told: dict[str, Any], ring: int) -> None:
    study = trial(1, [ECOG], **told)
    assert library().relevance.ring(study) == ring
    assert trials_of(study).rings == ([] if ring == ELSEWHERE else [ring])


def test_without_trials_there_is_nothing_to_match_and_nothing_to_ask() -> None:
    for trials in (trials_of(), trials_of(trial(1, [ECOG], conditions=("Asthma",)))):
        assert trials.match(situation_of(PERSON), HOUSTON) == []
        assert trials.facts_to_ask(situation_of(PERSON)) == []


# --- What to ask first ----------------------------------------------------------------------------------------------

NOTHING_TOLD: dict[str, Any] = {"diagnosis.histology": "adenocarcinoma"}


def test_facts_are_counted_by_the_trials_that_they_alone_could_settle() -> None:
    trials = trials_of(
        trial(1, [ECOG]),  # any answer settles it
        trial(2, [ECOG, HEMOGLOBIN]),  # a bad value of either settles it
        trial(3, [ECOG, NONSENSE]),  # only a bad value
        trial(4, [], [HIV]),
        trial(5, [NONSENSE]),  # nothing settles what was not understood
        trial(6, [ECOG, SQUAMOUS]),  # settled already
        trial(7, ["Adenocarcinoma of the esophagus"]),  # met already
        trial(8, [ECOG], overall_status="COMPLETED"),  # closed
    )
    asked = {one.fact: one.trials for one in trials.facts_to_ask(situation_of(NOTHING_TOLD))}
    assert {fact: asked[fact] for fact in ("function.ecog", "labs.hemoglobin", "condition.hiv")} == {
        "function.ecog": 3,
        "labs.hemoglobin": 1,
        "condition.hiv": 1,
    }
    assert max(asked.values()) == 3


def test_the_fact_that_settles_most_comes_first_and_equals_follow_the_vocabulary() -> None:
    trials = trials_of(trial(1, [ECOG]), trial(2, [ECOG, HEMOGLOBIN]), trial(3, [], [HIV]))
    found = trials.facts_to_ask(situation_of(NOTHING_TOLD))
    assert found[0] == FactToAsk("function.ecog", 2)
    order = library().vocabulary.order
    assert found == sorted(found, key=lambda one: (-one.trials, order[one.fact]))


def test_a_fact_that_is_known_is_not_asked_for() -> None:
    trials = trials_of(trial(1, [ECOG, HEMOGLOBIN]))
    found = trials.facts_to_ask(situation_of({**NOTHING_TOLD, "function.ecog": 1}))
    assert "function.ecog" not in [one.fact for one in found]
    assert FactToAsk("labs.hemoglobin", 1) in found


def test_nothing_is_asked_where_no_trial_is_open_to_an_answer() -> None:
    trials = trials_of(trial(1, [ECOG]), trial(2, [SQUAMOUS, HEMOGLOBIN]), trial(3, [NONSENSE]))
    assert trials.facts_to_ask(situation_of(PERSON)) == []


@pytest.mark.parametrize("name", ["knows_little", "partly_known", "squamous_frail"])
def test_the_counts_are_those_of_trying_each_value_on_each_trial(name: str) -> None:
    """The oracle: every trial judged again, item by item, for every value of every fact that is missing."""
    trials = known_trials()
    situation = load_case(CHECKOUT / "tests" / "people" / f"{name}.yaml", library().vocabulary)
    expected = counted_one_by_one(trials, situation)
    assert expected
    assert {one.fact: one.trials for one in trials.facts_to_ask(situation)} == expected


def counted_one_by_one(trials: OpenTrials, situation: Situation) -> dict[str, int]:
    vocabulary = library().vocabulary
    literals: dict[str, list[Condition]] = {}
    for criteria in trials.criteria:
        for expression in {one.expression for one in criteria} - {None}:
            for literal in parse_expression(expression or "", vocabulary, Place("criteria", 1)).literals():
                for fact_id in literal.fact_ids:
                    if situation.answer(literal).value == "unknown" and literal not in literals.setdefault(fact_id, []):
                        literals[fact_id].append(literal)
    open_trials = [criteria for criteria in trials.criteria if check_trial(criteria, situation).verdict == DEPENDS]
    counts = {}
    for fact_id, asked in literals.items():
        supposed = [situation.supposing(fact_id, told) for told in values_to_try(vocabulary[fact_id], situation, asked)]
        settled = [criteria for criteria in open_trials if any(check_trial(criteria, one).verdict != DEPENDS for one in supposed)]
        if settled:
            counts[fact_id] = len(settled)
    return counts


def known_trials() -> OpenTrials:
    return trials_of(*(parse_study(as_record(one), "known") for one in library().known_trials.trials), with_closed=True)
