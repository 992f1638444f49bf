"""All trials compiled at once say what each item says by itself, and which obstacles could never go away."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import CHECKOUT, condition_of, days_ago, shared_folder, situation_of
from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.facts.truth import NO
from wayline.library import library
from wayline.logic.evaluation import evaluate
from wayline.trials.book import NO_CODE, UNKNOWN_CODE, YES_CODE, Book
from wayline.trials.criteria import Criterion
from wayline.trials.expressions import EVERYBODY, NOBODY, All, AnyOf, Literal, Opposite, Reading, Unread, as_expression, unread_words
from wayline.trials.known import as_record
from wayline.trials.matching import MET, NOT_MET, UNKNOWN, check_item
from wayline.trials.splitting import HEADING
from wayline.trials.study import parse_study

PEOPLE = (
    "junction_untreated",
    "her2_positive_progressed",
    "third_line_adeno",
    "squamous_frail",
    "partly_known",
    "stale_labs",
    "knows_little",
)
EVERY_PERSON = pytest.mark.parametrize("name", PEOPLE)
NEAR = shared_folder() / "data" / "studies_near.ndjson"
CODES = {NOT_MET: NO_CODE, UNKNOWN: UNKNOWN_CODE, MET: YES_CODE}
SQUAMOUS = Literal('diagnosis.histology == "squamous"')
BILIRUBIN = Literal("labs.bilirubin <= 1.5")
ALT = Literal("times_uln(labs.alt) <= 2.5")
ECOG = Literal("function.ecog <= 1")
HIV = Literal("condition.hiv")
PEMBROLIZUMAB = Literal('had("pembrolizumab")')
PEMBROLIZUMAB_LATELY = Literal('had("pembrolizumab", within_days=28)')
WORDS = Unread("Zorblatt index of the third kind")

Trials = Sequence[Sequence[Criterion]]


def person(name: str) -> Situation:
    return load_case(CHECKOUT / "tests" / "people" / f"{name}.yaml", library().vocabulary)


def criterion(demand: Reading | None, kind: str = "inclusion") -> Criterion:
    """An item that demands this; None was not understood."""
    left_over = ("text",) if demand is None else unread_words(demand)
    return Criterion(kind, "text", (0, 4), demand, left_over, False, ())


def book_of(*trials: Sequence[Reading | None]) -> Book:
    return Book([[criterion(demand) for demand in trial] for trial in trials], library().vocabulary)


def codes_one_by_one(criteria: Sequence[Criterion], situation: Situation) -> list[int]:
    """The oracle: each item judged by itself. A trial without an item is one item that is open."""
    return [CODES[check_item(one, situation).truth] for one in criteria if one.kind != HEADING] or [UNKNOWN_CODE]


def assert_agrees(trials: Trials, situation: Situation) -> None:
    """Book and items say the same, and the counts are those of the items."""
    book = Book(trials, library().vocabulary)
    literal_truths = book.literal_truths(situation)
    item_truths = book.item_truths(literal_truths)
    tally = book.tally(literal_truths)
    assert book.count == len(trials)
    for number, criteria in enumerate(trials):
        expected = codes_one_by_one(criteria, situation)
        assert book.truths_of(number, item_truths).tolist() == expected
        counts = [int(of_all[number]) for of_all in (tally.met, tally.not_met, tally.unknown)]
        assert counts == [expected.count(code) for code in (YES_CODE, NO_CODE, UNKNOWN_CODE)]
        assert tally.lasting[number] <= tally.not_met[number]


# --- The same as item by item ---------------------------------------------------------------------------------------


@EVERY_PERSON
def test_the_book_agrees_with_each_item_of_the_well_known_trials(name: str) -> None:
    reader = library().criteria_reader
    trials = [reader.read_study(parse_study(as_record(trial), "known")) for trial in library().known_trials.trials]
    assert_agrees(trials, person(name))


@pytest.mark.skipif(not NEAR.is_file(), reason="the shared records near this cancer are not here (WAYLINE_SHARED)")
@EVERY_PERSON
def test_the_book_agrees_with_each_item_of_real_records(name: str) -> None:
    reader = library().criteria_reader
    records = [json.loads(line) for line in NEAR.read_text(encoding="utf-8").splitlines()]
    assert_agrees([reader.read_study(parse_study(record, "near")) for record in records], person(name))


def readings() -> st.SearchStrategy[Reading]:
    """Any nesting of literals and unread words."""
    leaves: st.SearchStrategy[Reading] = st.sampled_from(
        [SQUAMOUS, BILIRUBIN, ECOG, HIV, PEMBROLIZUMAB, PEMBROLIZUMAB_LATELY, WORDS, Unread("more"), EVERYBODY, NOBODY]
    )
    return st.recursive(leaves, larger, max_leaves=12)


def larger(inner: st.SearchStrategy[Reading]) -> st.SearchStrategy[Reading]:
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(Opposite, inner), st.builds(All, parts), st.builds(AnyOf, parts))


ITEMS = st.builds(criterion, st.one_of(st.none(), readings()), st.sampled_from(["inclusion", "exclusion", "field", HEADING]))


@given(trials=st.lists(st.lists(ITEMS, max_size=5), min_size=1, max_size=5), name=st.sampled_from(PEOPLE))
def test_the_book_agrees_with_each_item_of_any_nesting(trials: list[list[Criterion]], name: str) -> None:
    assert_agrees(trials, person(name))


# --- Counts ---------------------------------------------------------------------------------------------------------


def test_items_are_counted_by_their_truth() -> None:
    book = book_of([ECOG, BILIRUBIN, SQUAMOUS, None, WORDS], [ECOG])
    tally = book.tally(book.literal_truths(situation_of({"function.ecog": 1, "labs.bilirubin": 3})))
    assert (tally.met.tolist(), tally.not_met.tolist(), tally.unknown.tolist()) == ([1, 1], [1, 0], [3, 0])
    assert book.not_read.tolist() == [1, 0]


def test_headings_are_no_items() -> None:
    heading = criterion(None, HEADING)
    book = Book([[heading, criterion(ECOG), heading]], library().vocabulary)
    assert book.places == [(1,)]
    assert book.not_read.tolist() == [0]
    assert len(book.item_truths(book.literal_truths(situation_of({})))) == 1


def test_a_field_that_could_not_be_read_is_open_but_is_no_text_left_unread() -> None:
    book = Book([[criterion(None, "field")]], library().vocabulary)
    assert book.not_read.tolist() == [0]
    assert book.tally(book.literal_truths(situation_of({}))).unknown.tolist() == [1]


@pytest.mark.parametrize("criteria", [[], [criterion(None, HEADING)]])
def test_a_trial_without_criteria_counts_one_unknown(criteria: list[Criterion]) -> None:
    """Nothing can be said of it: it must not look like a trial of which everything is met."""
    book = Book([[criterion(ECOG)], criteria, [criterion(ECOG)]], library().vocabulary)
    tally = book.tally(book.literal_truths(situation_of({"function.ecog": 0})))
    assert (tally.met.tolist(), tally.not_met.tolist(), tally.unknown.tolist()) == ([1, 0, 1], [0, 0, 0], [0, 1, 0])


def test_an_empty_book_counts_nothing() -> None:
    book = Book([], library().vocabulary)
    tally = book.tally(book.literal_truths(situation_of({})))
    assert book.count == 0
    assert [of_all.tolist() for of_all in (tally.met, tally.not_met, tally.unknown, tally.lasting)] == [[], [], [], []]


def test_a_book_of_unread_trials_leaves_all_of_them_open() -> None:
    book = book_of([None], [WORDS, Opposite(WORDS)])
    assert book.literals == []
    assert book.tally(book.literal_truths(person("junction_untreated"))).unknown.tolist() == [1, 2]


def test_a_literal_that_stands_in_many_items_stands_once_in_the_book() -> None:
    book = book_of([ECOG, All((ECOG, HIV))], [Opposite(ECOG), AnyOf((HIV, ECOG))])
    assert len(book.literals) == 2


# --- Obstacles that last --------------------------------------------------------------------------------------------

ADENOCARCINOMA = {"diagnosis.histology": "adenocarcinoma"}
JAUNDICED = {"labs.bilirubin": {"value": 3, "date": days_ago(3)}}
IN_BED = {"function.ecog": 3}
GIVEN = {"drugs": ["pembrolizumab"], "intent": "palliative", "start": days_ago(90), "end": days_ago(7)}
TREATED = {"therapy.history": [GIVEN]}


@pytest.mark.parametrize(
    ("demand", "facts", "not_met", "lasting"),
    [
        (SQUAMOUS, ADENOCARCINOMA, 1, 1),  # a cell type does not change
        (BILIRUBIN, JAUNDICED, 1, 0),  # a lab can recover
        (ALT, {"labs.alt": {"times_uln": 4, "date": days_ago(3)}}, 1, 0),  # though its upper limit stays
        (ECOG, IN_BED, 1, 0),
        (Opposite(HIV), {"condition.hiv": True}, 1, 1),
        (Opposite(PEMBROLIZUMAB), TREATED, 1, 1),  # what was given stays given
        (Opposite(PEMBROLIZUMAB_LATELY), TREATED, 1, 0),  # the calendar moves a window
        (PEMBROLIZUMAB, {"therapy.history": []}, 1, 0),  # what was not given may still be
        (PEMBROLIZUMAB_LATELY, {"therapy.history": []}, 1, 0),
        (NOBODY, {}, 1, 1),
        (All((SQUAMOUS, BILIRUBIN)), {**ADENOCARCINOMA, **JAUNDICED}, 1, 1),  # one of them stays in the way
        (AnyOf((SQUAMOUS, BILIRUBIN)), {**ADENOCARCINOMA, **JAUNDICED}, 1, 0),  # one way in may open
        (All((BILIRUBIN, ECOG)), {**IN_BED, **JAUNDICED}, 1, 0),
        (Opposite(AnyOf((HIV, Opposite(BILIRUBIN)))), {"condition.hiv": True, **JAUNDICED}, 1, 1),
        (All((WORDS, SQUAMOUS)), ADENOCARCINOMA, 1, 1),
        (AnyOf((WORDS, SQUAMOUS)), ADENOCARCINOMA, 0, 0),
        (SQUAMOUS, {}, 0, 0),  # what is not known is no obstacle
        (SQUAMOUS, {"diagnosis.histology": "squamous"}, 0, 0),
    ],
)
def test_an_obstacle_lasts_where_nothing_that_may_change_could_remove_it(
    demand: Reading, facts: dict[str, object], not_met: int, lasting: int
) -> None:
    book = book_of([demand])
    tally = book.tally(book.literal_truths(situation_of(facts)))
    assert (tally.not_met.tolist(), tally.lasting.tolist()) == ([not_met], [lasting])
    # The order of the list and the page of one trial say the same.
    verdict = evaluate(condition_of(as_expression(demand)), situation_of(facts))
    assert (verdict.truth is NO, verdict.truth is NO and not verdict.may_change) == (bool(not_met), bool(lasting))


def test_lasting_obstacles_are_counted_for_each_trial() -> None:
    book = book_of([SQUAMOUS, Opposite(HIV), BILIRUBIN], [BILIRUBIN, ECOG], [])
    situation = situation_of({**ADENOCARCINOMA, **JAUNDICED, **IN_BED, "condition.hiv": True})
    tally = book.tally(book.literal_truths(situation))
    assert (tally.not_met.tolist(), tally.lasting.tolist()) == ([3, 2, 0], [2, 0, 0])
