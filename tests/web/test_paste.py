"""A pasted report of any kind: kept nowhere, taken over only as it was ticked, its values from its own words and never from the form."""

from __future__ import annotations

import logging
import re
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.web.liver_helpers import ago, errors_in, form_of, forms_in, put, situation_of
from tests.web.test_form import facts_of
from tests.web.test_pages import text_of
from wayline.facts.values import NumberRange
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS
from wayline.web.models import VaultRecord

pytestmark = pytest.mark.django_db

PASTE = "/paste/"
PATHOLOGY = f"""Collected: {ago(40)}
A. Esophagus, distal, biopsy: Adenocarcinoma.
HER2 IHC: Equivocal (2+). FISH pending.
PD-L1 CPS: 10
"""
BLOOD = f"""Collected: {ago(3)}
Test        Result   Flag   Units   Reference
Albumin     3.1      L      g/dL    3.5-5.0
ALT         88       H      U/L     7-45
"""
UNDATED = "Albumin  3.1  L  g/dL  3.5-5.0\nClaudin 18.2: negative\n"
TWO = "A. Distal esophagus, biopsy: HER2 IHC 1+.\nB. Liver, biopsy: HER2 IHC 3+.\n"
CT = "CT ABDOMEN\nLIVER: Two metastases. The larger in segment VI measures 3.4 cm."


def look(client: Client, text: str) -> Any:
    return client.post(PASTE, {"text": text, "do": "read"})


def confirm(client: Client, text: str, changed: dict[str, Any]) -> Any:
    return client.post(PASTE, form_of(look(client, text), "take") | changed)


def place_of(client: Client, text: str, words: str) -> str:
    """The number of the finding that rests on these words."""
    page = look(client, text).content.decode()
    for number, said in re.findall(r'name="take" value="(\d+)".*?class="said">“(.*?)”', page, re.DOTALL):
        if words in said:
            return str(number)
    raise AssertionError(f"no finding rests on {words!r}")


def form_places(response: Any) -> list[str]:
    return re.findall(r'name="take" value="(\d+)"', response.content.decode())


def marked(response: Any, kind: str = "") -> list[str]:
    text = response.content.decode().split('class="report-text"')[1].split("</div>")[0]
    return re.findall(rf'<mark class="{kind}">([^<]*)</mark>', text)


# --- Looking ----------------------------------------------------------------------------------------------------------


def test_looking_stores_nothing_and_ticks_nothing(client: Client) -> None:
    response = look(client, PATHOLOGY)
    assert response.status_code == 200
    assert form_of(response, "take")["take"] == []
    assert VaultRecord.objects.count() == 0


def test_nothing_marked_is_said(client: Client) -> None:
    """And nothing is stored."""
    response = confirm(client, PATHOLOGY, {})
    assert response.status_code == 422
    assert "Nothing is marked yet" in errors_in(response)
    assert VaultRecord.objects.count() == 0


def test_the_text_is_shown_with_its_words_marked(client: Client) -> None:
    response = look(client, PATHOLOGY)
    assert {"Adenocarcinoma", "2+", "CPS", "10"} <= set(marked(response))
    assert "FISH" in marked(response, "left")
    assert "The result is still to come." in text_of(response)


def test_nothing_recognized_says_that_this_means_nothing(client: Client) -> None:
    response = look(client, "The weather was fine.")
    assert "That does not say that there is none" in text_of(response)
    assert all("take" not in buttons for _, buttons in forms_in(response))


@pytest.mark.parametrize("text", ["", "   \n ", "x" * (LONGEST_REPORT_CHARACTERS + 1)])
def test_nothing_or_too_much_is_refused(client: Client, text: str) -> None:
    response = look(client, text)
    assert response.status_code == 422
    assert errors_in(response)


def test_what_a_text_holds_is_shown_as_text(client: Client) -> None:
    response = look(client, "<script>alert(1)</script> HER2 <b>IHC</b> 3+ & \"quoted\" 'x'\n<img src=x> PD-L1 CPS <1 PD-L1: pending <i>")
    page = response.content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>IHC" not in page


def test_another_organ_is_said(client: Client) -> None:
    assert "not of the esophagus" in text_of(look(client, "Colon, biopsy: Adenocarcinoma. pMMR."))


def test_tumors_of_the_liver_are_handed_to_their_own_page(client: Client) -> None:
    """The same text goes to the liver's page, which asks for its own confirmation."""
    form = form_of(look(client, CT), "read")
    assert form["text"].replace("\r\n", "\n") == CT
    assert b"/liver/report/" in look(client, CT).content
    answer = client.post("/liver/report/", form)
    assert answer.status_code == 200
    assert "segment VI" in answer.content.decode()
    assert b"/liver/report/" not in look(client, PATHOLOGY).content


# --- Confirming -------------------------------------------------------------------------------------------------------


def test_just_what_was_ticked_is_taken(client: Client) -> None:
    confirm(client, PATHOLOGY, {"take": [place_of(client, PATHOLOGY, "2+")]})
    assert facts_of(client) == {"biomarker.her2_ihc": {"value": 2, "date": ago(40), "source": "pasted report"}}


def test_all_of_it_can_be_taken_and_is_used(client: Client) -> None:
    places = [place_of(client, PATHOLOGY, words) for words in ("2+", "Adenocarcinoma", "10", "Esophagus, distal")]
    confirm(client, PATHOLOGY, {"take": places})
    situation = situation_of(client)
    assert situation.value("diagnosis.histology") == {"adenocarcinoma"}
    assert situation.value("diagnosis.site") == {"lower"}
    assert situation.number("biomarker.pdl1_cps") == NumberRange.exactly(10)


@pytest.mark.parametrize("take", ["99", "-1", "0 ", "00", "x", "٠"])
def test_what_no_reading_found_is_not_taken(client: Client, take: str) -> None:
    assert confirm(client, PATHOLOGY, {"take": [take]}).status_code == 422
    assert facts_of(client) == {}


@pytest.mark.parametrize("forged", [{"value-0": "3"}, {"biomarker.her2": "positive"}, {"labs.albumin:value": "9"}])
def test_values_come_from_the_text(client: Client, forged: dict[str, str]) -> None:
    confirm(client, PATHOLOGY, {"take": [place_of(client, PATHOLOGY, "10")]} | forged)
    assert facts_of(client) == {"biomarker.pdl1_cps": {"value": 10.0, "date": ago(40), "source": "pasted report"}}


def test_a_blood_test_is_taken_with_unit_range_and_day(client: Client) -> None:
    confirm(client, BLOOD, {"take": [place_of(client, BLOOD, "ALT")]})
    stored = facts_of(client)
    assert stored["labs.alt"] == {"value": 88.0, "unit": "U/L", "date": ago(3), "source": "pasted report"}
    assert stored["labs.alt_uln"] == {"value": 45.0, "unit": "U/L"}
    assert "labs.albumin" not in stored


@pytest.mark.parametrize(
    ("told_days_ago", "now", "earlier"), [(10, 88.0, [10]), (3, 88.0, []), (1, 40, [3])], ids=["older told", "same day", "newer told"]
)
def test_the_newest_result_is_the_current_one(client: Client, told_days_ago: int, now: float, earlier: list[int]) -> None:
    """An older one stays or becomes an earlier result; one of the same day is corrected."""
    put(client, {"labs.alt": {"value": 40, "unit": "U/L", "date": ago(told_days_ago)}})
    confirm(client, BLOOD, {"take": [place_of(client, BLOOD, "ALT")]})
    stored = facts_of(client)
    assert stored["labs.alt"]["value"] == now
    assert [one["date"] for one in stored.get("labs.earlier_results") or []] == [ago(days) for days in earlier]


def test_a_blood_test_without_a_day_asks_for_it(client: Client) -> None:
    place = place_of(client, UNDATED, "Albumin")
    response = confirm(client, UNDATED, {"take": [place]})
    assert response.status_code == 422
    assert "Write the day" in errors_in(response)
    assert form_of(response, "take")["take"] == [place]
    assert facts_of(client) == {}
    for day, problem in (("2999-01-01", "future"), ("yesterday", "10/28/2026"), ("13/28/2026", "10/28/2026"), ("1850", "far back")):
        assert problem in errors_in(confirm(client, UNDATED, {"take": [place], "date": day}))
    assert confirm(client, UNDATED, {"take": [place], "date": ago(2)}).status_code == 302
    assert facts_of(client)["labs.albumin"]["date"] == ago(2)


AMERICAN = [("10/28/2026", "2026-10-28"), ("3/4/26", "2026-03-04"), ("Oct 28, 2026", "2026-10-28"), ("28 Oct 2026", "2026-10-28")]


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize(("written", "day"), AMERICAN)
def test_a_day_is_taken_as_it_is_written_here(client: Client, written: str, day: str) -> None:
    """The month first."""
    assert confirm(client, UNDATED, {"take": [place_of(client, UNDATED, "Albumin")], "date": written}).status_code == 302
    assert facts_of(client)["labs.albumin"]["date"] == day


@pytest.mark.usefixtures("on_the_day")
def test_the_page_says_how_a_day_was_read(client: Client) -> None:
    """Three and four could be either, so it says the month by its name."""
    response = confirm(client, UNDATED, {"date": "3/4/2026"})
    assert "This is March 4, 2026." in text_of(response)
    assert "This is" not in text_of(confirm(client, UNDATED, {"date": "13/28/2026"}))


IN_GRAMS_A_LITER = {"labs.albumin_lln": {"value": 35, "unit": "g/L"}, "labs.albumin_uln": {"value": 50, "unit": "g/L"}}
SAME = [
    ({"biomarker.her2_ihc": 2}, PATHOLOGY, 1),
    ({"biomarker.her2_ihc": {"value": 2, "date": ago(400)}}, PATHOLOGY, 1),
    ({"biomarker.her2_ihc": {"value": 2, "date": ago(1)}, "biomarker.pdl1_cps": 10}, PATHOLOGY, 2),
    ({"biomarker.her2_ihc": 3}, PATHOLOGY, 0),
    ({"biomarker.her2_ihc": 3}, TWO, 0),  # the text tells two: it is asked about whole
    ({"labs.albumin": {"value": 3.1, "unit": "g/dL", "date": ago(3)}, "labs.albumin_lln": 3.5, "labs.albumin_uln": 5}, BLOOD, 1),
    ({"labs.albumin": {"value": 31, "unit": "g/L", "date": ago(3)}, **IN_GRAMS_A_LITER}, BLOOD, 1),
    ({"labs.albumin": {"value": 3.1, "unit": "g/dL", "date": ago(3)}}, BLOOD, 0),  # its range is new
    ({"labs.albumin": {"value": 3.1, "unit": "g/dL", "date": ago(4)}, "labs.albumin_lln": 3.5, "labs.albumin_uln": 5}, BLOOD, 0),
    ({"labs.albumin": {"value": 3.2, "unit": "g/dL", "date": ago(3)}, "labs.albumin_lln": 3.5, "labs.albumin_uln": 5}, BLOOD, 0),
    ({"labs.earlier_results": [{"lab": "labs.alt", "value": 88, "date": ago(3), "lower_limit": 7, "upper_limit": 45}]}, BLOOD, 1),
    ({"labs.albumin": {"value": 3.1, "unit": "g/dL"}}, UNDATED, 0),  # nobody knows whether it is the same test
]


@pytest.mark.parametrize(("told", "text", "same"), SAME)
def test_what_was_told_already_is_folded_and_not_asked_again(client: Client, told: dict[str, Any], text: str, same: int) -> None:
    before = len(form_places(look(client, text)))
    put(client, told)
    response = look(client, text)
    assert len(form_places(response)) == before - same
    assert bool(same) == ("what you told already" in text_of(response))
    if same:
        assert f"{same} say{'s' if same == 1 else ''} what you told already" in text_of(response)


def test_where_all_was_told_nothing_is_asked(client: Client) -> None:
    confirm(client, BLOOD, {"take": form_places(look(client, BLOOD))})
    response = look(client, BLOOD)
    assert "There is nothing to mark" in text_of(response)
    assert form_places(response) == []
    assert "No result was recognized" not in text_of(response)


def test_a_marker_needs_no_day(client: Client) -> None:
    confirm(client, UNDATED, {"take": [place_of(client, UNDATED, "Claudin")]})
    assert facts_of(client) == {"biomarker.cldn18_2": {"value": "negative", "source": "pasted report"}}


@pytest.mark.usefixtures("on_the_day")
def test_a_doubtful_day_can_be_put_right_and_a_sure_one_not(client: Client) -> None:
    """03/04 may be either; 2026-10-01 is that day, whatever the field says."""
    doubtful = "Collected: 03/04/2026\nALT 50 U/L 7-45\n"
    assert "other way round" in text_of(look(client, doubtful))
    confirm(client, doubtful, {"take": ["0"], "date": "2026-04-03"})
    assert facts_of(client)["labs.alt"]["date"] == "2026-04-03"
    sure = "Collected: 10/25/2026\nALT 51 U/L 7-45\n"
    confirm(client, sure, {"take": ["0"], "date": "2026-11-01"})
    assert facts_of(client)["labs.alt"]["date"] == "2026-10-25"


def test_two_different_answers_cannot_both_be_ticked(client: Client) -> None:
    assert "in different ways" in text_of(look(client, TWO))
    places = [place_of(client, TWO, "1+"), place_of(client, TWO, "3+")]
    assert "two different answers" in errors_in(confirm(client, TWO, {"take": places}))
    assert facts_of(client) == {}
    confirm(client, TWO, {"take": places[1:]})
    assert facts_of(client)["biomarker.her2_ihc"]["value"] == 3


def test_an_answer_that_is_newer_stays(client: Client) -> None:
    put(client, {"biomarker.pdl1_cps": {"value": 3, "date": ago(5)}})
    page = look(client, PATHOLOGY)
    assert "You told before: 3" in text_of(page)
    assert "newer than this report" in errors_in(confirm(client, PATHOLOGY, {"take": [place_of(client, PATHOLOGY, "10")]}))
    assert facts_of(client)["biomarker.pdl1_cps"]["value"] == 3


def test_an_old_window_changes_nothing(client: Client) -> None:
    """What was told since the page was opened is seen first."""
    form = form_of(look(client, BLOOD), "take") | {"take": ["0", "1"]}
    assert client.post(PASTE, form).status_code == 302
    stored = facts_of(client)
    response = client.post(PASTE, form)
    assert response.status_code == 422
    assert "changed since" in errors_in(response)
    assert facts_of(client) == stored


def test_a_list_that_cannot_be_read_is_kept(client: Client) -> None:
    put(client, {"labs.earlier_results": [{"lab": "labs.gone", "value": 1, "date": ago(3)}]})
    assert look(client, BLOOD).status_code == 409
    assert client.post(PASTE, {"text": BLOOD, "do": "take", "take": ["0"]}).status_code == 409


# --- Nothing kept -----------------------------------------------------------------------------------------------------


def test_nothing_of_the_text_is_kept(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the record, nor in the database's bytes, nor in a log, an address or a cookie."""
    secret = "Wilhelmina Featherstonehaugh"
    text = f"Patient: {secret}\n{BLOOD}"
    with caplog.at_level(logging.DEBUG):
        shown = look(client, text)
        answer = confirm(client, text, {"take": [place_of(client, text, "ALT")]})
    assert secret in text_of(shown)
    assert answer["Location"] == "/situation/"
    dump = "\n".join(connection.connection.iterdump()) if isinstance(connection.connection, sqlite3.Connection) else ""
    assert dump
    for kept in (dump, repr(facts_of(client)), caplog.text, client.cookies.output()):
        assert "Featherstonehaugh" not in kept
        assert "Reference" not in kept or kept is dump
    assert "Albumin" not in repr(facts_of(client))
    assert shown["Cache-Control"] == client.get(PASTE)["Cache-Control"]


def test_a_get_shows_only_the_empty_form(client: Client) -> None:
    response = client.get(PASTE + "?text=HER2+IHC+3%2B")
    assert form_of(response, "read")["text"] == ""
    assert "3+" not in text_of(response)


# --- Whole reports ----------------------------------------------------------------------------------------------------


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reports have fixed days, so the visit has one too."""
    monkeypatch.setattr("wayline.web.liver_visits.today", lambda: date(2026, 11, 20))


REPORTS = Path(__file__).parent.parent / "records" / "pasted_reports"


@pytest.mark.usefixtures("on_the_day")
@pytest.mark.parametrize(
    "name",
    [path.stem for path in sorted(REPORTS.glob("*.txt")) if path.stem not in ("26_two_specimens", "10_barrett_only", "12_insufficient")],
)
def test_every_finding_of_a_report_can_be_taken_and_read_again(client: Client, name: str) -> None:
    """What the page offers is never refused when it is taken, and all of it is an answer afterwards."""
    text = (REPORTS / f"{name}.txt").read_text()
    response = look(client, text)
    page = response.content.decode()
    places = re.findall(r'name="take" value="(\d+)"', page)
    if places:
        answer = client.post(PASTE, form_of(response, "take") | {"take": places, "date": "2026-11-01"})
        assert answer.status_code == 302, errors_in(answer)
    stored = facts_of(client)
    assert set(stored) == set(situation_of(client).told)
    assert bool(places) == bool(stored)


@pytest.mark.usefixtures("on_the_day")
def test_a_trend_fills_the_current_and_the_earlier_results(client: Client) -> None:
    text = (REPORTS / "16_trend_columns.txt").read_text()
    response = look(client, text)
    places = re.findall(r'name="take" value="(\d+)"', response.content.decode())
    client.post(PASTE, form_of(response, "take") | {"take": places})
    stored = facts_of(client)
    assert {fact: one["value"] for fact, one in stored.items() if isinstance(one, dict) and not fact.endswith(("_uln", "_lln"))} == {
        "labs.bilirubin": 1.6,
        "labs.albumin": 3.4,
        "labs.platelets": 188.0,
    }
    assert sorted((one["lab"], one["date"], one["value"]) for one in stored["labs.earlier_results"]) == [
        ("labs.albumin", "2026-09-18", 3.8),
        ("labs.albumin", "2026-10-02", 3.7),
        ("labs.bilirubin", "2026-09-18", 0.7),
        ("labs.bilirubin", "2026-10-02", 0.9),
        ("labs.platelets", "2026-09-18", 210.0),
    ]
