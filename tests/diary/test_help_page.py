"""The fixed page on urgent help and the flags never say two things: each line of the page against the acts of its signs."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.diary.test_flags_document import DOCUMENT
from tests.helpers import CHECKOUT
from wayline.diary.flags import ACTS, URGENCY, flags_for
from wayline.library import library
from wayline.web.asking import situation_from
from wayline.web.visitors import today

PAGE = (CHECKOUT / "content" / "pages" / "get-help-now.md").read_text(encoding="utf-8")
ACT_OF_HEADING = {
    "Call 911 now if:": "call_911",
    "Call 911, or have somebody drive you to an emergency department now, if:": "call_911",
    "Call your cancer team now, day or night, if:": "call_team_now",
    "Call your cancer team today if:": "call_team_today",
}
WORDS_OF_HEADING = dict(zip(ACT_OF_HEADING, ("911", "emergency department", "now", "today"), strict=True))
SECTIONS = [section.partition("\n") for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]]
LINES = [(heading, line) for heading, _, body in SECTIONS for line in re.findall(r"^- (.*)$", body, flags=re.MULTILINE)]
SECTION = DOCUMENT.partition('## The page "Get help now"')[2].partition("\n## ")[0]
TABLE = [[cell.strip() for cell in row.strip("|").split("|")] for row in SECTION.splitlines() if row.startswith("| ")][2:]
OLD_TUBE = {"therapy.history": {"items": [{"procedure": "feeding_tube", "start": "2020-01-05"}], "complete": True}}
# The beginning of a line and an answer that tells its sign and nothing else; what is not told takes the more urgent act.
TOLD: list[tuple[str, dict[str, Any]]] = [
    ("you throw up blood", {"symptom.vomiting_blood": True}),
    ("you cough up blood", {"symptom.coughing_blood": True}),
    ("you cannot breathe well", {"symptom.breathlessness": "severe"}),
    ("you have new chest pain", {"symptom.chest_pain": True}),
    ("you have new chest pain", {"symptom.sudden_pain": True}),
    ("you faint", {"symptom.fainting": True}),
    ("you cannot swallow", {"symptom.cannot_swallow_saliva": True}),
    ("your face droops", {"symptom.flapping_hands": True}),
    ("your legs are suddenly weak", {"symptom.no_urine": True}),
    ("your stool is black", {"symptom.black_stool": True}),
    ("food is stuck", {"symptom.food_stuck": True}),
    ("food is stuck", {"symptom.dysphagia": "4", "symptom.hours_without_fluids": 4}),
    ("you cough or choke with each drink", {"symptom.cough_on_swallowing": "severe"}),
    ("your skin or eyes are yellow and", {"symptom.jaundice": "mild", "symptom.temperature_c": 38.5}),
    ("bad diarrhea makes you dizzy", {"symptom.diarrhea": "severe", "symptom.dizziness": "mild"}),
    ("during or after immunotherapy, you have a very bad", {"symptom.headache": "severe"}),
    ("your feeding tube is less than 72 hours", {"symptom.pain_on_feeding": True}),
    ("your temperature is", {"symptom.temperature_c": 38}),
    ("your temperature is", {"symptom.chills": True}),
    ("your temperature is", {"symptom.temperature_c": 38, "therapy.now": False, "therapy.history": []}),
    ("you feel very ill on treatment", {"symptom.very_ill": True}),
    ("you cannot keep liquids down", {"symptom.vomiting": "severe"}),
    ("swallowing is worse all of a sudden", {"symptom.swallowing_worse": "sudden", "therapy.history": []}),
    ("your skin or eyes look yellow", {"symptom.jaundice": "mild"}),
    ("your skin or eyes look yellow", {"symptom.dark_urine": True}),
    ("one leg is swollen", {"symptom.one_leg_swollen": True}),
    ("you have a new cough", {"symptom.new_cough": True}),
    ("you have strong mouth sores", {"symptom.mouth_sores": True}),
    ("you have 4 or more stools", {"symptom.stools_over_usual": 4}),
    ("you have 4 or more stools", {"symptom.blood_in_stool": True}),
    ("your feeding tube came out", {"symptom.feeding_tube_out": True}),
    ("your feeding tube came out", {"symptom.pain_on_feeding": True, **OLD_TUBE}),
    ("your belly is swelling", {"symptom.bloating": "moderate"}),
    ("swallowing is worse than last week", {"symptom.swallowing_worse": "gradual"}),
    ("you have eaten almost nothing", {"symptom.days_with_almost_no_food": 5}),
    ("pain is not held", {"symptom.pain_not_held": True}),
]


def heading_of(beginning: str) -> str:
    (heading,) = [heading for heading, line in LINES if line.startswith(beginning)]
    return heading


def test_every_line_of_the_page_stands_in_the_list_once() -> None:
    assert len(LINES) > 30
    rows = {line: [row for row in TABLE if line.startswith(row[0])] for _, line in LINES}
    assert [line for line, found in rows.items() if len(found) != 1] == []
    assert len(TABLE) == len(LINES)


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_list_says_what_the_page_says(row: list[str]) -> None:
    assert WORDS_OF_HEADING[heading_of(row[0])] == row[1]
    assert set(row[2].split(", ")) <= set(library().flags)


def test_the_most_urgent_act_of_each_flag_stands_on_the_page() -> None:
    """Where the two differ, the page is the more urgent one."""
    on_page: dict[str, int] = {}
    for beginning, _, flags in TABLE:
        for flag_id in flags.split(", "):
            on_page[flag_id] = min(on_page.get(flag_id, 9), URGENCY[ACT_OF_HEADING[heading_of(beginning)]])
    milder = [flag_id for flag_id, urgency in on_page.items() if urgency > URGENCY[library().flags[flag_id].acts[0].act]]
    assert milder == []


@pytest.mark.parametrize(("beginning", "told"), TOLD, ids=[", ".join(told) for _, told in TOLD])
def test_the_box_is_never_more_urgent_than_the_line_of_the_page(beginning: str, told: dict[str, Any]) -> None:
    facts = {
        fact_id: form if isinstance(form, (dict, list)) else {"value": form, "date": today().isoformat()} for fact_id, form in told.items()
    }
    raised = flags_for(situation_from(facts, library().vocabulary, today()), library().flags)
    assert raised
    assert min(URGENCY[one.act] for one in raised) >= URGENCY[ACT_OF_HEADING[heading_of(beginning)]]


def test_every_heading_that_names_an_act_is_the_act_s_own_word() -> None:
    headings = [heading for heading, _, body in SECTIONS if "\n- " in body]
    assert headings == list(ACT_OF_HEADING)
    for heading, act in ACT_OF_HEADING.items():
        assert heading.startswith(ACTS[act].removesuffix(" now"))
