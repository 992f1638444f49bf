"""What the diary asks, as data: whole, and strict."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers import situation_of
from wayline.diary.questions import load_diary_questions
from wayline.library import library
from wayline.reading import WaylineError

CONTENT = library()
QUESTIONS = CONTENT.diary
EIGHT_LIVER_SIGNS = {
    "symptom.upper_belly_pain", "symptom.weakness", "nutrition.weight_kg", "symptom.poor_appetite", "symptom.temperature_c",
    "symptom.bloating", "symptom.leg_swelling", "symptom.jaundice",
}  # fmt: skip


def test_every_symptom_is_asked_and_the_signs_of_the_liver_too() -> None:
    assert {fact_id for fact_id in CONTENT.vocabulary if fact_id.startswith("symptom.")} <= set(QUESTIONS.facts)
    assert set(QUESTIONS.facts) >= EIGHT_LIVER_SIGNS


def test_the_first_page_is_short() -> None:
    """One minute a day."""
    assert len(QUESTIONS.everyday) <= 10


@pytest.mark.parametrize(
    ("history", "asked", "not_asked"),
    [
        ([], set(), {"immune_checkpoint_inhibitor", "platinum"}),
        ([{"drugs": ["pembrolizumab"], "start": "2024-01", "end": "2025-01-10"}], {"immune_checkpoint_inhibitor"}, {"platinum"}),
        ([{"drugs": ["oxaliplatin"], "start": "2026-01", "end": "2026-05-24"}], {"platinum"}, {"taxane"}),  # 180 days ago
        ([{"drugs": ["oxaliplatin"], "start": "2026-01", "end": "2026-05-23"}], set(), {"platinum"}),
        ([{"drugs": ["zolbetuximab"], "start": "2026-09"}], {"claudin_18_2_targeted"}, {"vegf_targeted"}),
        (None, {one.drug_class for one in QUESTIONS.side_effects}, set()),
    ],
)
def test_side_effects_follow_the_drugs(history: object, asked: set[str], not_asked: set[str]) -> None:
    """Where nobody knows which drugs were given, all are asked for."""
    situation = situation_of({} if history is None else {"therapy.history": history})
    concern = {one.drug_class for one in QUESTIONS.side_effects if one.may_concern(situation)}
    assert asked <= concern
    assert not not_asked & concern


MISTAKES = {
    "an unknown fact": ("questions.yaml", "fact: symptom.pain", "fact: symptom.pian", "Did you mean 'symptom.pain'"),
    "a fact that is no answer of a day": (
        "questions.yaml",
        "fact: symptom.pain\n",
        "fact: therapy.history\n",
        "cannot be asked in the diary",
    ),
    "too few words": ("questions.yaml", '"No pain", ', "", "4 choices, and 3 words"),
    "words for a number": (
        "questions.yaml",
        "What do you weigh?\n    words: null",
        "What do you weigh?\n    words: [a]",
        "'words' is null",
    ),
    "asked twice": ("questions.yaml", "fact: symptom.black_stool", "fact: symptom.pain", "words"),
    "a range without a chart": (
        "questions.yaml",
        "{fact: symptom.temperature_c, low: 36",
        "{fact: symptom.hours_without_fluids, low: 36",
        "no number with a chart",
    ),
    "a range the wrong way": ("questions.yaml", "low: 36, high: 40", "low: 40, high: 36", "'low' below 'high'"),
    "a range of an unknown source": ("questions.yaml", "high: 40, cites: [facts-cdc-infections]", "high: 40, cites: [nobody]", "nobody"),
    "a chart without order": ("questions.yaml", "charts: [symptom.dysphagia", "charts: [symptom.chills", "no order"),
    "a change without days": ("questions.yaml", "change_percent: 10, days: 7", "change_percent: 10, days: null", "belong together"),
    "an unknown class": ("side_effects.yaml", "class: platinum", "class: platinums_", "no drug or class"),
    "no reference": ("side_effects.yaml", "cites: [facts-ctcae-5]", "cites: []", "at least one reference"),
    "an unknown key": ("side_effects.yaml", "    intro: Severe", "    introduction: Severe", "introduction"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_is_told_with_its_place(tmp_path: Path, name: str) -> None:
    file, old, new, words = MISTAKES[name]
    for path in (CONTENT.folder / "diary").iterdir():
        shutil.copy(path, tmp_path)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WaylineError) as caught:
        load_diary_questions(tmp_path, CONTENT.vocabulary, CONTENT.references)
    assert str(caught.value).startswith(f"diary/{file}, line ")
    assert words in str(caught.value)


def test_a_fact_that_is_asked_twice_is_a_mistake(tmp_path: Path) -> None:
    for path in (CONTENT.folder / "diary").iterdir():
        shutil.copy(path, tmp_path)
    text = (tmp_path / "questions.yaml").read_text(encoding="utf-8")
    (tmp_path / "questions.yaml").write_text(text.replace("symptom.pale_stool,", "symptom.pale_stool, symptom.pain,", 1), encoding="utf-8")
    with pytest.raises(WaylineError, match=r"'symptom.pain' is asked twice"):
        load_diary_questions(tmp_path, CONTENT.vocabulary, CONTENT.references)
