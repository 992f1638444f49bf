"""Questions for a visit: which decision is open, what is chosen and in which order, what is kept, and what the reader refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import situation_of
from wayline.library import Library
from wayline.options.visit_questions import (
    GENTLY,
    NOT_KNOWN,
    PRINTED_FIRST,
    VisitQuestions,
    chosen_for,
    kept_questions,
    load_visit_questions,
    questions_for_sheet,
    stored_questions,
    suggested_first,
)
from wayline.reading import WaylineError

UNTREATED = {"therapy.history": [], "function.ecog": 1}
COURSE = {"drugs": ["fluorouracil", "oxaliplatin"], "intent": "palliative", "start": "2026-02"}
GREW = {"therapy.history": [COURSE | {"end": "2026-10", "ended_because": "progression"}], "function.ecog": 1}
GREW_TWICE = {
    "therapy.history": [
        COURSE | {"end": "2026-06", "ended_because": "progression"},
        {"drugs": ["paclitaxel"], "intent": "palliative", "start": "2026-07", "end": "2026-11", "ended_because": "progression"},
    ]
}


def decisions(content: Library, facts: dict[str, Any], *, sure: bool = True) -> set[str]:
    """The decisions whose questions are offered for these facts: as open (`sure`), or at all."""
    chosen = chosen_for(situation_of(facts), content.visit_questions)
    return {one.decision.id for one in chosen if not sure or one.because[0] == one.decision.because}


@pytest.mark.parametrize(
    ("facts", "open_now"),
    [
        (UNTREATED, {"start", "first_line", "trials"}),
        (UNTREATED | {"function.ecog": 2}, {"start", "first_line", "trials"}),
        (UNTREATED | {"function.ecog": 3}, {"start", "first_line"}),
        (UNTREATED | {"function.ecog": 4}, {"stopping"}),
        ({"therapy.history": []}, set()),  # how active somebody is decides too, and is not known
        ({"symptom.dysphagia": 1}, set()),
        ({"symptom.dysphagia": 2}, {"swallowing"}),
        ({"symptom.dysphagia": 3}, {"swallowing"}),
        ({"esophagus.stent": True}, {"swallowing"}),
        ({"metastases.liver": True, "function.ecog": 3}, {"liver"}),
        ({"metastases.liver": True, "function.ecog": 4}, {"stopping"}),
        ({"metastases.liver": False, "function.ecog": 1}, set()),
        (GREW, {"progression", "trials"}),
        (GREW | {"function.ecog": 2}, {"progression", "trials"}),
        (GREW | {"function.ecog": 3}, {"progression", "stopping"}),
        (GREW_TWICE, {"progression", "stopping"}),
        ({}, set()),
    ],
)
def test_what_is_told_opens_a_decision(content: Library, facts: dict[str, Any], open_now: set[str]) -> None:
    """Just below, at and above each limit, and with the fact missing; what fits any visit is always there."""
    assert decisions(content, facts) - {"daily_life", "caregivers", "second_opinion"} == open_now


@pytest.mark.parametrize(
    ("facts", "not_offered"),
    [
        ({}, {"progression", "stopping"}),  # that the cancer grew, or that somebody wants to stop, is never guessed
        ({"symptom.dysphagia": 1, "esophagus.obstruction": "none", "symptom.food_stuck": False, "esophagus.stent": False}, {"swallowing"}),
        ({"metastases.liver": False}, {"liver"}),
        (UNTREATED, {"progression", "stopping"}),
    ],
)
def test_a_decision_that_is_closed_or_guessed_is_not_offered(content: Library, facts: dict[str, Any], not_offered: set[str]) -> None:
    """What is not known may be open; what is known to be closed is left out."""
    assert decisions(content, facts, sure=False).isdisjoint(not_offered)


@pytest.mark.parametrize(
    ("question", "facts", "asked"),
    [
        ("start-her2", UNTREATED, True),
        ("start-her2", UNTREATED | {"biomarker.her2_ihc": 2}, True),
        ("start-her2", UNTREATED | {"biomarker.her2_ihc": 1}, False),  # HER2-negative follows
        ("start-her2", UNTREATED | {"biomarker.her2": "positive"}, False),
        ("start-her2", UNTREATED | {"diagnosis.histology": "squamous"}, False),
        ("start-her2", UNTREATED | {"diagnosis.histology": "adenocarcinoma"}, True),
        ("first-line-pd-l1", UNTREATED, True),
        ("first-line-pd-l1-known", UNTREATED, False),
        ("first-line-pd-l1", UNTREATED | {"biomarker.pdl1_cps": 0}, False),
        ("first-line-pd-l1-known", UNTREATED | {"biomarker.pdl1_cps": 0}, True),
        ("first-line-gentler", UNTREATED, False),
        ("first-line-gentler", UNTREATED | {"function.ecog": 2}, True),
        ("first-line-two-markers", UNTREATED | {"biomarker.her2": "positive", "biomarker.pdl1_cps": 0}, False),
        ("first-line-two-markers", UNTREATED | {"biomarker.her2": "positive", "biomarker.pdl1_cps": 1}, True),
        ("first-line-two-markers", UNTREATED | {"biomarker.her2": "positive"}, False),
        ("daily-life-weight", {"nutrition.weight_loss_percent": 4.9}, False),
        ("daily-life-weight", {"nutrition.weight_loss_percent": 5}, True),
        ("daily-life-weight", {}, False),
        ("daily-life-time", {}, False),
        ("daily-life-time", {"wish.numbers": False}, False),
        ("daily-life-time", {"wish.numbers": True}, True),
        ("liver-how-many", {"metastases.liver": True, "function.ecog": 1}, True),
        ("liver-how-many", {"metastases.liver": True, "function.ecog": 1, "liver.lesion_count": 2}, False),
        ("progression-her2-again", GREW, False),
        ("progression-her2-again", GREW | {"biomarker.her2": "positive"}, True),
        ("swallowing-drugs-first", {"symptom.dysphagia": 3, "therapy.history": [], "function.ecog": 3}, True),
        ("swallowing-drugs-first", {"symptom.dysphagia": 3, "therapy.history": [], "function.ecog": 4}, False),
    ],
)
def test_a_question_is_chosen_by_its_facts(content: Library, question: str, facts: dict[str, Any], asked: bool) -> None:
    """Asked while its fact is not known, or once it is; never where something told makes it pointless."""
    assert (question in {one.question.id for one in chosen_for(situation_of(facts), content.visit_questions)}) is asked


def test_a_result_that_is_too_old_is_asked_for_again(content: Library) -> None:
    """A value that has gone stale is not known, and the reason says so."""
    old = {"labs.creatinine_clearance": {"value": 80, "date": "2025-01-01"}} | UNTREATED
    chosen = {one.question.id: one for one in chosen_for(situation_of(old), content.visit_questions)}
    assert any("Needs a newer result" in reason for reason in chosen["first-line-kidneys"].because)


def test_decisions_take_turns_and_what_settles_most_comes_first(content: Library) -> None:
    """Somebody who can hardly swallow finds a question on that among the first five, whatever else is open."""
    facts = UNTREATED | {"symptom.dysphagia": 3, "metastases.liver": True}
    chosen = chosen_for(situation_of(facts), content.visit_questions, {"biomarker.her2": 6, "biomarker.msi_high": 9})
    assert {one.decision.id for one in chosen[:PRINTED_FIRST]} == {"swallowing", "start", "first_line", "liver", "trials"}
    starts = [one.question.id for one in chosen if one.decision.id == "start"]
    assert starts[:2] == ["start-msi", "start-her2"]
    reasons = next(one.because for one in chosen if one.question.id == "start-msi")
    assert any("could settle 9 " in reason for reason in reasons)


def test_what_would_settle_is_counted_by_the_options(content: Library) -> None:
    """The counts are those of what to ask first."""
    suggested = suggested_first(situation_of(UNTREATED | {"diagnosis.stage": "4b", "diagnosis.histology": "adenocarcinoma"}), content)
    counts = {one.question.id: one.settles for one in suggested}
    assert counts["start-her2"] > 0
    assert counts["start-sample"] == 0


def test_care_without_treatment_is_offered_last_and_never_put_first(content: Library) -> None:
    """Offered gently: after everything else, and never on the sheet unasked."""
    situation = situation_of({"function.ecog": 4})
    gentle = [one.is_gentle for one in chosen_for(situation, content.visit_questions)]
    assert any(gentle)
    assert gentle == sorted(gentle)
    assert not any(one.is_gentle for one in suggested_first(situation, content))
    words = {question.words for one in content.visit_questions.values() if one.offer == GENTLY for question in one.questions}
    assert words.isdisjoint(text.removesuffix(" (suggested)") for text in questions_for_sheet({}, situation, content))


@given(facts=st.fixed_dictionaries({}, optional={
    "function.ecog": st.integers(0, 4),
    "symptom.dysphagia": st.integers(0, 4),
    "therapy.history": st.sampled_from([[], GREW["therapy.history"], GREW_TWICE["therapy.history"]]),
    "metastases.liver": st.booleans(),
    "biomarker.her2": st.sampled_from(["positive", "negative"]),
    "biomarker.pdl1_cps": st.integers(0, 100),
    "diagnosis.histology": st.sampled_from(["adenocarcinoma", "squamous"]),
}))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_choosing_keeps_its_laws(content: Library, facts: dict[str, Any]) -> None:
    """No question twice, a reason for each, what is known is not asked for, and what is gentle stands last."""
    situation = situation_of(facts)
    chosen = chosen_for(situation, content.visit_questions)
    ids = [one.question.id for one in chosen]
    assert len(ids) == len(set(ids))
    assert all(one.because and all(one.because) for one in chosen)
    for one in chosen:
        if one.question.asked_if == NOT_KNOWN and one.question.about is not None:
            assert situation.value(one.question.about) is None
    assert [one.is_gentle for one in chosen] == sorted(one.is_gentle for one in chosen)


def test_the_questions_that_ship(content: Library) -> None:
    """Enough of them, one for each decision of a course; without advice, and as a person would ask."""
    questions = content.visit_questions.by_id
    assert len(questions) >= 60
    assert {"start", "first_line", "swallowing", "liver", "progression", "stopping", "second_opinion", "trials"} <= set(
        content.visit_questions
    )
    leading = re.compile(r"\b(should I|must I|isn.t|don.t you|best|right treatment|agree|why not)\b", re.IGNORECASE)
    for one in questions.values():
        assert leading.search(one.words) is None, one.words
        assert "best" not in one.why.lower().split(), one.why
    assert len({one.words for one in questions.values()}) == len(questions)


# What a person keeps


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({}, []),
        ({"kept": None}, []),
        ({"kept": "no list"}, []),
        ({"kept": [{"id": "start-her2", "words": " Is HER2 back? "}]}, ["Is HER2 back?"]),
        ({"kept": [{"id": None, "words": "Mine"}, {"words": "No id"}, {"id": 3, "words": "Odd id"}]}, ["Mine", "No id", "Odd id"]),
        ({"kept": [{"id": None, "words": "  "}, {"id": None, "words": 7}, "text", {"id": None}]}, []),
    ],
)
def test_kept_questions_are_read_from_any_store(stored: dict[str, Any], words: list[str]) -> None:
    """What has not their form is left out; each gets a key of its own, and storing changes nothing more."""
    kept = kept_questions(stored)
    assert [one.words for one in kept] == words
    assert len({one.key for one in kept}) == len(kept)
    assert kept_questions(stored_questions(kept)) == kept


def test_the_sheet_gets_what_was_kept_else_five_marked_suggestions(content: Library) -> None:
    """All that was kept in its order; without any, at most five, each marked as suggested."""
    situation = situation_of(UNTREATED)
    kept = {"kept": [{"id": None, "words": f"Question {number}?"} for number in range(1, 8)]}
    assert questions_for_sheet(kept, situation, content) == [f"Question {number}?" for number in range(1, 8)]
    suggested = questions_for_sheet({}, situation, content)
    assert len(suggested) == PRINTED_FIRST
    assert all(text.endswith("? (suggested)") for text in suggested)


# The reader

WHOLE = """decision: start
title: Before the first treatment
order: 1
offer: now
opens: therapy.lines == 0
because: It begins.
maybe: It may begin.
questions:
  - {id: start-her2, words: Is my HER2 result back?, ask: [pathology], why: It decides., about: biomarker.her2, if: not_known,
     when: null, unless: null, cites: [toga]}
reviewed: 2026-11-30
next_review: 2027-05-30
may_sign: [medical_oncology]
signed: not yet signed by a clinician
"""


def loaded(folder: Path, content: Library, **files: str) -> VisitQuestions:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return load_visit_questions(folder, content.vocabulary, content.references, content.catalog.specialties)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decision: start", "decision: begin", "must be the file's name, 'start'"),
        ("offer: now", "offer: never", "'never' is not a choice for 'offer'"),
        ("opens: therapy.lines == 0", "opens: null", "null only where the offer is 'always'"),
        ("opens: therapy.lines == 0", "opens: therapy.line == 0", "Did you mean 'therapy.lines'?"),
        ("order: 1", "order: first", "'order' must be a whole number"),
        ("about: biomarker.her2,", "about: biomarker.her,", "Did you mean 'biomarker.her2'?"),
        ("about: biomarker.her2,", "about: null,", "write 'any'"),
        ("ask: [pathology]", "ask: [pathologist]", "Did you mean 'pathology'?"),
        ("ask: [pathology]", "ask: []", "'ask' needs at least one"),
        ("cites: [toga]", "cites: []", "'cites' needs at least one"),
        ("cites: [toga]", "cites: [togo]", "Did you mean 'toga'?"),
        ("Is my HER2 result back?", "My HER2 result", "ends with a question mark"),
        ("Is my HER2 result back?", f"Is {'very ' * 19}long?", "at most 20 words; this one has 21"),
        ("when: null", "whenever: null", "'whenever' is not a key here"),
        ("next_review: 2027-05-30", "next_review: 2026-11-30", "must lie after 'reviewed'"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(tmp_path: Path, content: Library, old: str, new: str, message: str) -> None:
    """Strict, without defaults, with the nearest right word."""
    assert old in WHOLE
    with pytest.raises(WaylineError, match=re.escape(message)) as caught:
        loaded(tmp_path, content, start=WHOLE.replace(old, new, 1))
    assert str(caught.value).startswith("questions/visit/start.yaml, line ")


def test_a_question_of_twenty_words_is_taken_and_no_id_or_order_stands_twice(tmp_path: Path, content: Library) -> None:
    """The limit itself is allowed; two files never share an id or a place."""
    at_the_limit = WHOLE.replace("Is my HER2 result back?", f"Is {'very ' * 18}long?")
    assert len(loaded(tmp_path, content, start=at_the_limit).by_id) == 1
    second = WHOLE.replace("decision: start", "decision: trials")
    with pytest.raises(WaylineError, match="the order 1 is that of"):
        loaded(tmp_path, content, trials=second)
    with pytest.raises(WaylineError, match="'start-her2' stands twice"):
        loaded(tmp_path, content, trials=second.replace("order: 1", "order: 2"))


def test_an_empty_folder_is_told(tmp_path: Path, content: Library) -> None:
    with pytest.raises(WaylineError, match="no questions were found"):
        loaded(tmp_path, content)
