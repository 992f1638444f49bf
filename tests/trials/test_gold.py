"""Reading real criteria, held against labels made by reading, and the harness that measures it."""

from __future__ import annotations

from functools import cache

import pytest
from bench.criteria_quality import (
    Decision,
    GoldItem,
    SqueezedText,
    category_of,
    criteria_at,
    decisions,
    joint_truth,
    load_gold,
    load_people,
    load_studies,
    measures,
    people_of,
    text_only,
    their_decisions,
)

from tests.helpers import shared_folder
from wayline.library import library
from wayline.trials.criteria import Criterion
from wayline.trials.matching import MET, NOT_MET, UNKNOWN

GOLD = shared_folder() / "data" / "gold" / "dev.jsonl"
RECORDS = shared_folder() / "data" / "studies_near.ndjson"
CASES = shared_folder() / "cases"
needs_gold = pytest.mark.skipif(
    not (GOLD.is_file() and RECORDS.is_file() and CASES.is_dir()),
    reason="the shared labels, records and cases are not here (WAYLINE_SHARED)",
)


@cache
def dev() -> list[Decision]:
    gold = load_gold(GOLD)
    studies = load_studies(RECORDS, {item.nct_id for item in gold})
    return decisions(gold, studies, load_people(people_of(gold), CASES), library().criteria_reader)


# --- The limits -----------------------------------------------------------------------------------------------------


@needs_gold
def test_every_gold_item_is_found_in_its_trial() -> None:
    assert len(dev()) == 3 * 615
    assert [one.item.text for one in dev() if not one.expressions] == []


@needs_gold
def test_enough_definite_labels_are_decided_and_nearly_all_of_these_right() -> None:
    found = measures(dev())
    assert found.decided.value >= 0.65
    assert found.right.value >= 0.97


@needs_gold
def test_enough_is_decided_of_the_text_alone() -> None:
    found = measures(text_only(dev()))
    assert found.decided.value >= 0.55
    assert found.right.value >= 0.97


@needs_gold
def test_what_nobody_can_know_is_hardly_ever_decided() -> None:
    assert measures(dev()).unknown_decided.value <= 0.03


@needs_gold
def test_obstacles_are_found_and_not_made_up() -> None:
    found = measures(dev())
    assert found.not_met_found.value >= 0.40
    assert found.not_met_precision.value >= 0.90


# --- The harness ----------------------------------------------------------------------------------------------------


def made(*pairs: tuple[str, str], kind: str = "inclusion") -> list[Decision]:
    """Decisions from (label, answer)."""
    return [Decision(GoldItem("NCT00000001", kind, "text", {"somebody": label}), "somebody", got, ()) for label, got in pairs]


def test_measures_count_what_their_names_say() -> None:
    found = measures(
        made((MET, MET), (MET, NOT_MET), (MET, UNKNOWN), (NOT_MET, NOT_MET), (NOT_MET, MET), (UNKNOWN, MET), (UNKNOWN, UNKNOWN))
    )
    assert (found.decided.part, found.decided.whole) == (4, 5)
    assert (found.right.part, found.right.whole) == (2, 4)
    assert (found.precision.part, found.precision.whole) == (2, 5)
    assert (found.unknown_decided.part, found.unknown_decided.whole) == (1, 2)
    assert (found.not_met_found.part, found.not_met_found.whole) == (1, 2)
    assert (found.not_met_precision.part, found.not_met_precision.whole) == (1, 2)


def test_no_limit_holds_of_nothing() -> None:
    found = measures([]).decided.value
    assert not found >= 0
    assert not found <= 1


def test_fields_are_no_text() -> None:
    assert text_only([*made((MET, MET), kind="field"), *made((UNKNOWN, MET))]) == made((UNKNOWN, MET))


@pytest.mark.parametrize(
    ("label", "got", "is_wrong"),
    [(MET, MET, False), (MET, UNKNOWN, False), (UNKNOWN, UNKNOWN, False), (MET, NOT_MET, True), (NOT_MET, MET, True), (UNKNOWN, MET, True)],
)
def test_only_a_definite_answer_can_be_wrong(label: str, got: str, is_wrong: bool) -> None:
    (one,) = made((label, got))
    assert one.is_wrong == is_wrong


@pytest.mark.parametrize(
    ("truths", "joint"),
    [
        ([], UNKNOWN),
        ([MET], MET),
        ([MET, MET], MET),
        ([MET, UNKNOWN], UNKNOWN),
        ([UNKNOWN, NOT_MET], NOT_MET),
        ([MET, NOT_MET], NOT_MET),
    ],
)
def test_one_obstacle_decides_and_everything_else_needs_all(truths: list[str], joint: str) -> None:
    assert joint_truth(truths) == joint


@pytest.mark.parametrize(
    ("words", "after", "span"),
    [
        ("ECOG 0-1", 0, (3, 11)),
        ("ecog 0–1", 0, (3, 11)),
        ("* ECOG 0 - 1 *", 0, (3, 11)),
        ("HIV", 0, (15, 18)),
        ("HIV", 15, (15, 18)),
        ("HIV", 16, (27, 30)),
        ("HIV", 40, (15, 18)),
        ("One of: / HIV / HBV", 18, (20, 38)),
        ("One of: / HBV / HIV", 18, None),
        ("hepatitis", 0, None),
        ("...", 0, None),
    ],
)
def test_words_are_found_by_their_letters_alone(words: str, after: int, span: tuple[int, int] | None) -> None:
    # 3 ECOG, 15 HIV, 20 One, 27 HIV, 35 HBV
    text = "1. ECOG 0-1\n2. HIV\n_One of HIV\n 4. HBV"
    assert SqueezedText(text).span_of(words, after) == span


def criterion(start: int, end: int) -> Criterion:
    return Criterion("inclusion", "text", (start, end), None, ("text",), False, ())


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 10), [(0, 10)]),
        ((0, 20), [(0, 10), (10, 20)]),
        ((0, 15), [(0, 10), (10, 20)]),  # half of the second lies within
        ((0, 14), [(0, 10)]),
        ((22, 26), [(20, 40)]),  # less than half of any: the one that holds most
        ((18, 24), [(20, 40)]),
        ((40, 50), []),
    ],
)
def test_the_criteria_that_lie_in_a_place_answer_for_it(span: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    criteria = [criterion(0, 10), criterion(10, 20), criterion(20, 40)]
    assert [one.span for one in criteria_at(span, criteria)] == expected


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("ECOG 0-1", "performance"),
        ("Age 18 years or older", "age"),
        ("Hemoglobin >= 9 g/dL", "labs"),
        ("Major surgery within 28 days before the first dose", "washout"),
        ("Received at least one prior line", "prior therapy"),
        ("Metastatic adenocarcinoma", "diagnosis, stage"),
        ("Untreated brain metastases", "brain"),
        ("Pregnant or nursing", "pregnancy"),
        ("Known HIV", "infection"),
        ("LVEF below 50 %", "heart"),
        ("Another malignancy within 3 years", "second cancer"),
        ("Signed informed consent", "consent, judgement"),
        ("Claustrophobia", "other"),
    ],
)
def test_plain_words_tell_what_an_item_is_about(text: str, category: str) -> None:
    assert category_of(GoldItem("NCT00000001", "inclusion", text, {})) == category


@pytest.mark.parametrize(
    ("statuses", "strictly", "by_signal"),
    [
        ([], UNKNOWN, UNKNOWN),
        (["unknown"], UNKNOWN, UNKNOWN),
        (["matched"], MET, MET),
        (["matched", "unknown"], UNKNOWN, MET),
        (["matched", "violated"], NOT_MET, NOT_MET),
        (["unknown", "violated"], NOT_MET, NOT_MET),
    ],
)
def test_the_other_readers_statuses_become_answers(statuses: list[str], strictly: str, by_signal: str) -> None:
    item = GoldItem("NCT00000001", "inclusion", "text", {"somebody": MET})
    for is_strict, expected in ((True, strictly), (False, by_signal)):
        (decision,) = their_decisions([item], [{"somebody": statuses}], is_strict=is_strict)
        assert decision.got == expected
