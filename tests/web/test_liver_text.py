"""A pasted scan report: kept nowhere, taken over only as it was marked, its sizes from its own words and never from the form."""

from __future__ import annotations

import logging
import re
import sqlite3
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.web.conftest import FormClient
from tests.web.liver_helpers import (
    COUNT,
    CT,
    EARLIER,
    LESIONS,
    LISTED,
    REPORT,
    SHOWING,
    SIDES,
    TODAY,
    add,
    ago,
    cm,
    confirm,
    errors_in,
    form_of,
    forms_in,
    item,
    lesions_of,
    listed,
    mm,
    paste,
    put,
    remove,
    scan,
    shown,
    situation_of,
    tell_two,
)
from tests.web.test_form import drafts_of, facts_of
from tests.web.test_pages import handler_text, text_of
from wayline.facts.lesions import SEGMENTS
from wayline.facts.values import NumberRange
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS
from wayline.web.models import VaultRecord

pytestmark = pytest.mark.django_db

NONE = "LIVER: No focal liver lesion."
OPEN_PLACE = "LIVER: 2 cm lesion in segment 5/6."  # which of the two it is has to be said


@pytest.fixture
def two(client: Client) -> Client:
    return tell_two(client)


def marked(response: Any) -> list[str]:
    """The marked words as a person sees them."""
    text = response.content.decode().split('class="report-text"')[1].split("</div>")[0]
    return [re.sub(r"&#x27;", "'", words) for words in re.findall(r'<mark class="">([^<]*)</mark>', text)]


# --- Looking ---------------------------------------------------------------------------------------------------------


def test_a_report_is_read_shown_and_taken_only_as_marked(client: Client) -> None:
    """Nothing is stored by looking; one tumor of two is marked, so one is stored, and the list stays open."""
    response = paste(client, CT)
    assert response.status_code == 200
    assert VaultRecord.objects.count() == 0
    assert {"segment VI", "3.4 x 2.1 cm", "segment 8", "18 mm", "Bilobar"} <= set(marked(response))
    assert "24 mm" not in marked(response)
    assert "6 mm" not in marked(response)
    answer = client.post(REPORT, form_of(response, "take") | {"take": ["0"], "date": ago(5)})
    assert (answer.status_code, answer["Location"]) == (302, LISTED)
    tumor = {"segment": "6", "name": "A", "diameter_cm": cm(3.4), "near": ["hepatic_vein"]}
    assert facts_of(client) == {LESIONS: {"items": [tumor], "complete": False, "date": ago(5)}}


def test_the_confirming_form_marks_nothing_by_itself(two: Client) -> None:
    """But what the report says the tumor lies next to, which counts only with the tumor; and "add" where there is a list."""
    form = form_of(paste(two, CT), "take")
    assert (form["take"], form["whole"], form["count"], form["sides"], form["date"], form["how"]) == ([], "", "", "", "", "add")
    assert "none" not in form
    assert form_of(paste(two, NONE), "take")["none"] == []
    assert "how" not in form_of(paste(FormClient(), CT), "take")


def test_nothing_marked_takes_nothing(client: Client) -> None:
    """The confirming form as it stands: no fact, and no record either."""
    for text in (CT, NONE, OPEN_PLACE):
        response = confirm(client, text, {})
        assert response.status_code == 422
        assert "Nothing is marked yet" in errors_in(response)
    assert facts_of(client) == {}
    assert VaultRecord.objects.count() == 0


def test_all_that_was_understood_can_be_taken(client: Client) -> None:
    """Tumors, number and sides; the facts follow."""
    confirm(client, CT, {"take": ["0", "1"], "count": "0", "sides": "both_lobes", "date": ago(5)})
    situation = situation_of(client)
    assert situation.number(COUNT) == NumberRange.exactly(3)
    assert situation.value(SIDES) == {"both_lobes"}
    assert facts_of(client)[COUNT] == {"value": 3, "date": ago(5)}
    assert [(one["name"], one["diameter_cm"]) for one in lesions_of(client)] == [("A", cm(3.4)), ("B", mm(18.0))]


COUNTS = [
    ("LIVER: Three to five metastases.", "0", {"at_least": 3, "at_most": 5}),
    ("LIVER: Multiple metastases, at least 10, in both lobes.", "0", {"at_least": 10}),
    ("LIVER: Three metastases.", "0", {"value": 3}),
    ("LIVER: Three metastases.", "1", None),
    ("LIVER: Three metastases.", "3-3", None),
    ("LIVER: Three metastases.", "-1", None),
    ("LIVER: Three metastases.", "٠", None),
    ("LIVER: Three metastases.", "0" * 5000, None),
    ("LIVER: 2 cm lesion in segment 6.", "0", None),
]


@pytest.mark.parametrize(("text", "count", "stored"), COUNTS)
def test_the_number_comes_from_the_text(client: Client, text: str, count: str, stored: dict[str, Any] | None) -> None:
    """The form says only which of its readings is right."""
    assert confirm(client, text, {"count": count, "date": ago(5)}).status_code == 302
    assert facts_of(client).get(COUNT) == (None if stored is None else stored | {"date": ago(5)})


@pytest.mark.parametrize(
    "forged", [{"size-0": "9", "unit-0": "cm"}, {"segment-0": "2"}, {"near-0": ["heart", "hepatic_vein"]}, {"name-0": "Z"}]
)
def test_sizes_and_segments_come_from_the_text(client: Client, forged: dict[str, Any]) -> None:
    """What a form says of a tumor beside is not looked at: it was shown as words of the report."""
    confirm(client, CT, {"take": ["0"], "date": ago(5)} | forged)
    assert lesions_of(client) == [{"segment": "6", "name": "A", "diameter_cm": cm(3.4), "near": ["hepatic_vein"]}]


def test_what_it_lies_next_to_is_taken_as_it_was_marked(client: Client) -> None:
    confirm(client, CT, {"take": ["0"], "near-0": [], "date": ago(5)})
    assert "near" not in lesions_of(client)[0]


@pytest.mark.parametrize(
    ("chosen", "stored"),
    [("5", "5"), ("6", "6"), ("unknown", "unknown"), ("", "unknown"), ("2", "unknown"), ("9", "unknown"), ("<b>", "unknown")],
)
def test_where_the_report_leaves_segments_open_the_person_says_which(client: Client, chosen: str, stored: str) -> None:
    """Only of those that it names; nothing chosen is not known."""
    response = paste(client, OPEN_PLACE)
    assert form_of(response, "take")["segment-0"] == "unknown"
    select = response.content.decode().split('<select name="segment-0">')[1].split("</select>")[0]
    assert re.findall(r'<option value="([^"]*)"', select) == ["unknown", "5", "6"]
    confirm(client, OPEN_PLACE, {"take": ["0"], "segment-0": chosen, "date": ago(5)})
    assert lesions_of(client) == [{"segment": stored, "name": "A", "diameter_cm": cm(2.0)}]


def test_a_report_without_a_segment_leaves_all_open(client: Client) -> None:
    confirm(client, "LIVER: 2 cm metastasis.", {"take": ["0"], "segment-0": "4b", "date": ago(5)})
    assert lesions_of(client)[0]["segment"] == "4b"


@pytest.mark.parametrize("take", ["2", "999", "-1", "0 ", "00", "٠", "take"])
def test_a_tumor_that_no_reading_found_is_not_taken(client: Client, take: str) -> None:
    """A number without any words to it is no tumor."""
    assert confirm(client, CT, {"take": [take], "date": ago(5)}).status_code == 302
    assert facts_of(client) == {}


def test_a_size_that_stands_in_the_report_is_not_asked_about(client: Client) -> None:
    """With its unit beside it, 18 cm was written on purpose; what was marked is never dropped in silence."""
    text = "LIVER: 18 cm metastasis in segment 6. 39 cm metastasis in segment 7. 0.4 mm metastasis in segment 2. Metastasis in segment 1."
    response = paste(client, text)
    places = [str(number) for number in range(response.content.decode().count('name="take"'))]
    client.post(REPORT, form_of(response, "take") | {"take": places, "date": ago(5)})
    assert len(places) == 4
    assert [one.get("diameter_cm") for one in lesions_of(client)] == [cm(18.0), cm(39.0), mm(0.4), None]


# --- Confirming ------------------------------------------------------------------------------------------------------


def test_the_confirmation_carries_the_text_and_the_mark_of_the_list(two: Client) -> None:
    """So that it is read again, and is known to be of this list. The mark tells nothing of what is in the list."""
    form = form_of(paste(two, CT), "take")
    assert form["text"] == CT
    assert re.fullmatch(r"[0-9a-f]{16}", form["list_was"])


@pytest.mark.parametrize("text", [None, "", "x", "Liver is mentioned nowhere."])
def test_without_the_text_nothing_is_taken(client: Client, text: str | None) -> None:
    form = form_of(paste(client, CT), "take") | {"take": ["0", "1"], "count": "0", "sides": "both_lobes", "none": "yes"}
    sent = {key: value for key, value in form.items() if key != "text"} | ({} if text is None else {"text": text})
    assert client.post(REPORT, sent).status_code in (302, 422)
    assert facts_of(client) == {}


@pytest.mark.parametrize("list_was", [None, "", "0" * 16, "x" * 5000])
def test_without_the_mark_of_the_list_nothing_is_taken(two: Client, list_was: str | None) -> None:
    before = facts_of(two)
    form = form_of(paste(two, CT), "take") | {"take": ["0"], "date": ago(10)}
    sent = {key: value for key, value in form.items() if key != "list_was"} | ({} if list_was is None else {"list_was": list_was})
    response = two.post(REPORT, sent)
    assert response.status_code == 422
    assert "Your list of tumors has changed" in errors_in(response)
    assert facts_of(two) == before


@pytest.mark.parametrize("has_list", [False, True])
def test_a_confirmation_sent_twice_counts_nothing_twice(client: Client, has_list: bool) -> None:
    """A press too many, or the back button and the same press again: refused with words, and two tumors stay two."""
    if has_list:
        tell_two(client)
    sent = form_of(paste(client, CT), "take") | {"take": ["0", "1"], "whole": "yes", "date": ago(10)}
    assert client.post(REPORT, sent).status_code == 302
    before = facts_of(client)
    response = client.post(REPORT, sent)
    assert response.status_code == 422
    assert "Your list of tumors has changed" in errors_in(response)
    assert facts_of(client) == before
    assert form_of(response, "take")["take"] == ["0", "1"]


MEANWHILE = {
    "added": lambda client: add(client, "2", "1.2", "cm"),
    "removed": lambda client: remove(client, "B"),
    "emptied": lambda client: (remove(client, "A"), remove(client, "B")),
}


@pytest.mark.parametrize("meanwhile", list(MEANWHILE))
@pytest.mark.parametrize("how", ["add", "replace"])
def test_a_list_that_changed_in_another_window_is_looked_at_first(two: Client, meanwhile: str, how: str) -> None:
    sent = form_of(paste(two, CT), "take") | {"take": ["0"], "how": how, "date": ago(10) if how == "add" else ago(2)}
    MEANWHILE[meanwhile](two)
    before = facts_of(two)
    response = two.post(REPORT, sent)
    assert response.status_code == 422
    assert "Your list of tumors has changed" in errors_in(response)
    assert facts_of(two) == before


FORGED_TAKING = [
    {"take": "999"},
    {"take": "<script>alert(1)</script>"},
    {"take": ["0"] * 400},
    {"take": "-1"},
    {"take": "0", "near-0": "moon"},
    {"take": "0", "segment-0": "9"},
    {"take": "0", "date": "2099-01-01"},
    {"take": "0", "date": "yesterday"},
    {"count": "abc"},
    {"count": "²"},
    {"count": "9" * 5000},
    {"count": "0", "date": "2099-01-01"},
    {"sides": "up"},
    {"sides": "one_lobe"},
    {"whole": "moon", "how": "moon", "none": "moon"},
    {"none": "yes"},
    {"do": "take", "text": "\x00" * 50},
    {"do": "moon"},
]


@pytest.mark.parametrize("sent", FORGED_TAKING, ids=lambda sent: "&".join(f"{key}={str(value)[:12]}" for key, value in sent.items()))
@pytest.mark.parametrize("has_list", [False, True])
def test_a_forged_confirmation_breaks_nothing(client: Client, sent: dict[str, Any], has_list: bool) -> None:
    """Refused or ignored; what is stored can be read, and is nothing that no reading found."""
    if has_list:
        tell_two(client)
    response = confirm(client, CT, sent)
    assert response.status_code in (200, 302, 422)
    assert b"<script>alert" not in response.content
    facts = facts_of(client)
    assert facts.get(COUNT, {}).get("value", 3) == 3
    assert facts.get(SIDES, {}).get("value", "both_lobes") == "both_lobes"
    assert len(lesions_of(client)) <= (3 if has_list else 1)
    for one in lesions_of(client):
        assert one["segment"] in SEGMENTS
    for address in SHOWING:
        assert "no longer be read" not in shown(client, address)


EVERYTHING = (
    "LIVER: Three metastases. 2 cm metastasis in segment 5/6, abutting the hepatic vein and the diaphragm. 1 cm metastasis in segment 2."
)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2099-01-01", "lies in the future"),
        ("2.11.2026", "Write the day as"),
        ("1850", "too far back"),
        (ago(30), "is told, which is newer"),
    ],
)
def test_a_mistake_in_the_confirmation_loses_nothing(two: Client, day: str, words: str) -> None:
    """The same page again, with everything as it was marked; mended, it is taken."""
    before = facts_of(two)
    marks = {"take": ["0"], "segment-0": "5", "near-0": ["diaphragm"], "count": "0", "whole": "yes", "how": "replace", "date": day}
    response = confirm(two, EVERYTHING, marks)
    assert response.status_code == 422
    assert words in errors_in(response)
    assert "Nothing was changed yet" in errors_in(response)
    assert facts_of(two) == before
    form = form_of(response, "take")
    assert {key: form[key] for key in marks} == marks
    assert form["text"] == EVERYTHING
    assert marked(response) == marked(paste(two, EVERYTHING))
    assert two.post(REPORT, form | {"date": ago(2)}).status_code == 302
    assert lesions_of(two) == [{"segment": "5", "name": "C", "diameter_cm": cm(2.0), "near": ["diaphragm"]}]
    assert facts_of(two)[LESIONS]["complete"] is True


def test_sides_and_none_stay_marked_after_a_mistake(client: Client) -> None:
    response = confirm(client, CT, {"sides": "both_lobes", "date": "soon"})
    assert form_of(response, "take")["sides"] == "both_lobes"
    response = confirm(client, NONE, {"none": ["yes"], "date": "soon"})
    assert form_of(response, "take")["none"] == ["yes"]
    assert facts_of(client) == {}


# --- A list that is there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["", ago(10)])
def test_tumors_of_the_same_day_are_added_to_the_list(two: Client, day: str) -> None:
    """It keeps its day, and stays open until it is said that these are all."""
    before = facts_of(two)[LESIONS]["items"]
    assert confirm(two, CT, {"take": ["0"], "how": "add", "date": day}).status_code == 302
    assert lesions_of(two)[:2] == before
    assert (lesions_of(two)[2]["name"], facts_of(two)[LESIONS]["date"], facts_of(two)[LESIONS]["complete"]) == ("C", ago(10), False)
    assert EARLIER not in facts_of(two)


@pytest.mark.parametrize("day", [ago(0), ago(2), ago(30), ago(10)[:7], ago(10)[:4]])
def test_tumors_of_another_day_are_not_added_to_a_list(two: Client, day: str) -> None:
    """Neither made new nor made old."""
    before = facts_of(two)
    response = confirm(two, CT, {"take": ["0"], "how": "add", "date": day})
    assert response.status_code == 422
    assert "Tumors of another day cannot be added" in errors_in(response)
    assert facts_of(two) == before


@pytest.mark.parametrize("how", ["", "moon", "ADD"])
def test_what_should_happen_with_the_list_is_asked(two: Client, how: str) -> None:
    before = facts_of(two)
    response = confirm(two, CT, {"take": ["0"], "how": how, "date": ago(10)})
    assert response.status_code == 422
    assert "Choose what should happen with the list" in errors_in(response)
    assert facts_of(two) == before


@pytest.mark.parametrize(("day", "stored"), [(ago(2), ago(2)), ("", TODAY.isoformat())])
def test_a_newer_report_puts_the_old_list_among_the_earlier_scans(two: Client, day: str, stored: str) -> None:
    """As the page says beside the choice: whole, with its day. The names go on."""
    before = facts_of(two)[LESIONS]
    assert confirm(two, CT, {"take": ["0"], "how": "replace", "date": day}).status_code == 302
    assert facts_of(two)[EARLIER] == [{"date": ago(10), "lesions": before["items"], "complete": True}]
    assert [one["name"] for one in lesions_of(two)] == ["C"]
    assert facts_of(two)[LESIONS]["date"] == stored


@pytest.mark.parametrize("day", [ago(10), ago(10)[:7], ago(10)[:4], ago(90), ago(60)[:7], ago(100)])
def test_only_a_newer_report_replaces_a_list(two: Client, day: str) -> None:
    """Of the same day, of a month that holds it, or older: asked about."""
    put(two, facts_of(two) | {EARLIER: [scan(100, item("A", size=2.0))]})
    before = facts_of(two)
    response = confirm(two, CT, {"take": ["0"], "how": "replace", "date": day})
    assert response.status_code == 422
    assert errors_in(response)
    assert facts_of(two) == before


def test_an_older_report_does_not_undo_that_the_newest_scan_showed_none(client: Client) -> None:
    """ "None" was told two days ago; the tumors of a report of three months ago are not those of the newest scan."""
    put(client, {LESIONS: listed(days_ago=2)})
    before = facts_of(client)
    response = confirm(client, CT, {"take": ["0"], "date": ago(90)})
    assert response.status_code == 422
    assert facts_of(client) == before


def test_a_newer_report_keeps_that_the_scan_before_showed_none(client: Client) -> None:
    """As "Tell another scan" does: the scan without tumors becomes an earlier one."""
    put(client, {LESIONS: listed(days_ago=50)})
    confirm(client, CT, {"take": ["0"], "how": "replace", "date": ago(2)})
    assert [one["date"] for one in facts_of(client).get(EARLIER, [])] == [ago(50)]


@pytest.mark.parametrize("told_days_ago", [2, 10])
def test_an_older_none_does_not_make_a_newer_none_older(client: Client, told_days_ago: int) -> None:
    put(client, {LESIONS: listed(days_ago=told_days_ago)})
    confirm(client, NONE, {"none": "yes", "date": ago(90)})
    assert facts_of(client)[LESIONS]["date"] == ago(told_days_ago)


@pytest.mark.parametrize(("text", "marks"), [(CT, {"take": ["0"]}), (NONE, {"none": "yes"})])
@pytest.mark.parametrize("day", [ago(20), ago(20)[:7], ago(90)])
def test_a_report_before_an_earlier_scan_does_not_become_the_newest(client: Client, text: str, marks: dict[str, Any], day: str) -> None:
    """No list is told, but a scan of 20 days ago: what a report says that lies on it or before is not what rules use."""
    put(client, {EARLIER: [scan(20, item("A", size=2.0)), scan(200, item("A", size=3.0))]})
    before = facts_of(client)
    response = confirm(client, text, marks | {"date": day})
    assert response.status_code == 422
    assert facts_of(client) == before


@pytest.mark.parametrize(
    ("fact", "told", "marks"), [(COUNT, {"value": 2}, {"count": "0"}), (SIDES, {"value": "one_lobe"}, {"sides": "both_lobes"})]
)
def test_an_older_report_does_not_undo_a_newer_answer(client: Client, fact: str, told: dict[str, Any], marks: dict[str, str]) -> None:
    """Told two days ago; the report is of three months ago: asked about, or the newer answer stays."""
    put(client, {fact: told | {"date": ago(2)}})
    confirm(client, CT, marks | {"date": ago(90)})
    assert facts_of(client)[fact] == told | {"date": ago(2)}


def test_names_go_on_after_those_of_earlier_scans(client: Client) -> None:
    put(client, {EARLIER: [scan(90, item("A"), item("C"))]})
    confirm(client, CT, {"take": ["0", "1"], "date": ago(5)})
    assert [one["name"] for one in lesions_of(client)] == ["B", "D"]


def test_that_the_report_finds_none_is_taken_only_where_it_is_marked(client: Client) -> None:
    response = paste(client, NONE)
    assert "No tumor in the liver" in text_of(response)
    client.post(REPORT, form_of(response, "take"))
    assert LESIONS not in facts_of(client)
    client.post(REPORT, form_of(response, "take") | {"none": "yes", "date": ago(3)})
    assert facts_of(client)[LESIONS] == {"items": [], "complete": True, "date": ago(3)}


def test_none_is_not_taken_from_a_report_that_does_not_say_so(client: Client) -> None:
    confirm(client, CT, {"none": "yes", "date": ago(3)})
    assert facts_of(client) == {}


@pytest.mark.parametrize("day", ["", ago(2), ago(10), ago(90)])
def test_none_against_a_list_is_refused(two: Client, day: str) -> None:
    """The page before said "Add this": the person is told why not."""
    before = facts_of(two)
    response = confirm(two, NONE, {"none": "yes", "date": day})
    assert response.status_code == 422
    assert "Tumors are listed already" in errors_in(response)
    assert facts_of(two) == before


@pytest.mark.parametrize("go", ["next", "options"])
def test_what_was_taken_over_takes_the_place_of_a_waiting_answer(client: Client, go: str) -> None:
    """ "many" was typed before; the confirmed number is used, and the draft is gone. Others wait on."""
    client.post("/situation/step/liver-tumors/", {COUNT: "many", "liver.largest_cm": "big", "go": go})
    confirm(client, CT, {"count": "0", "date": ago(3)})
    assert COUNT not in drafts_of(client)
    assert "liver.largest_cm" in drafts_of(client)
    assert situation_of(client).number(COUNT) == NumberRange.exactly(3)


def test_a_draft_of_what_was_not_marked_waits_on(client: Client) -> None:
    client.post("/situation/step/liver-tumors/", {COUNT: "many"})
    confirm(client, CT, {"take": ["0"], "date": ago(3)})
    assert COUNT in drafts_of(client)


# --- The text --------------------------------------------------------------------------------------------------------

TEXTS = [
    # pasted, words that must be marked exactly
    ("LIVER: 2 cm lesion in segment 6.\r\nStable.\r\n", ["2 cm", "lesion", "segment 6"]),
    ("🙂🙂 Findings – naïve\r\n\r\nLIVER: 2 cm lesion in segment 6.", ["2 cm", "lesion", "segment 6"]),
    ("LIVER: <b>x</b> & 2 cm lesion in segment 6.", ["2 cm", "lesion", "segment 6"]),
    ("LIVER:\u00a02\u00a0cm lesion in segment\u00a06.", ["2\u00a0cm", "lesion", "segment\u00a06"]),
    ("LIVER: ﬁne, İ, ß: 2 cm lesion in segment 6.", ["2 cm", "lesion", "segment 6"]),
    ("\"Old\" & 'new' scan. LIVER: 2 cm lesion in segment 6.", ["2 cm", "lesion", "segment 6"]),
    ("\r\n\r\nLIVER: 2 cm lesion in segment 6.", ["2 cm", "lesion", "segment 6"]),
    ("LIVER:\t2 cm lesion\r\nin segment 6.", ["2 cm", "lesion", "segment 6"]),
]


@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_the_right_words_are_marked_and_taken(client: Client, text: str, words: list[str]) -> None:
    """Line ends of Windows, emoji, quotes and letters that change their length shift no mark, and survive the way through the form."""
    response = paste(client, text)
    assert marked(response) == words
    # A browser sends every line end of a hidden field as carriage return and line feed.
    form = form_of(response, "take")
    client.post(REPORT, form | {"text": form["text"].replace("\n", "\r\n"), "take": ["0"], "date": ago(3)})
    assert lesions_of(client) == [{"segment": "6", "name": "A", "diameter_cm": cm(2.0)}]


def test_markup_in_a_report_is_shown_as_text(client: Client) -> None:
    """In the report, beside a reading, in its doubts and in the hidden field."""
    evil = '<script>alert(1)</script> "onload=x" <mark>'
    text = f"LIVER: {evil} 2 cm lesion {evil} in segment 6. {evil}\nSimple cyst {evil} in segment 3."
    response = paste(client, text)
    html = response.content.decode()
    assert "<script>alert" not in html
    assert "<mark>" not in html.split('class="report-text"')[1]
    assert "&lt;script&gt;" in html
    assert form_of(response, "take")["text"] == text
    assert len(forms_in(response)) == len(forms_in(paste(client, "LIVER: 2 cm lesion in segment 6.")))


ODD_TEXTS = {"empty": "", "blank": " \r\n ", "null": "\x00", "a letter": "x", "place": "segment 6", "emoji": "🙂" * 200,
             "brackets": "(" * 3000, "sizes": "2 cm " * 3000, "digits": "1" * 20_000}  # fmt: skip


@pytest.mark.parametrize("text", list(ODD_TEXTS.values()), ids=list(ODD_TEXTS))
@pytest.mark.parametrize("do", ["read", "take", "", "moon"])
def test_odd_texts_are_read_calmly(client: Client, text: str, do: str) -> None:
    """Nothing recognised never says that there is none."""
    response = client.post(REPORT, {"text": text, "do": do, "take": ["0"], "none": "yes"})
    words = text_of(response)
    assert response.status_code in (200, 302, 422)
    if "No tumor was recognized" in words:
        assert "That does not say that there is none" in words
    assert VaultRecord.objects.count() == 0


@pytest.mark.parametrize("do", ["read", "take"])
def test_a_text_that_is_too_long_is_refused_and_still_there(client: Client, do: str) -> None:
    """With words that say what to do, and without losing it."""
    text = "LIVER: 2 cm lesion in segment 6. " * (LONGEST_REPORT_CHARACTERS // 33 + 10)
    response = client.post(REPORT, {"text": text, "do": do, "take": ["0"]})
    assert response.status_code == 422
    assert "paste the part on the liver" in errors_in(response)
    assert form_of(response, "read")["text"].strip() == text.strip()
    assert facts_of(client) == {}


@pytest.mark.parametrize("line", ["Liver: hígado, 2 cm lesion in segment 6.\r\n", "Leber: vergrößert, Läsion in Segment 6: 2 cm.\r\n"])
def test_a_text_of_nearly_the_longest_length_is_taken(client: Client, line: str) -> None:
    """Line ends and accents are sent as six bytes each; the confirmation sends all of it once more."""
    response = paste(client, line * (LONGEST_REPORT_CHARACTERS // len(line)))
    assert response.status_code == 200
    form = form_of(response, "take")
    assert client.post(REPORT, form | {"text": form["text"].replace("\n", "\r\n"), "date": ago(3)}).status_code in (302, 422)


def test_a_report_is_kept_nowhere(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in the vault nor readable in the database, in an address, a cookie or a log: read, mistaken, confirmed or too long."""
    secret = "ZEBRAWORD Jane Q Public MRN 0042"
    with caplog.at_level(logging.DEBUG):
        response = paste(client, f"{secret}\n{CT}")
        assert secret in response.content.decode()
        form = form_of(response, "take") | {"take": ["0", "1"], "count": "0"}
        assert secret in form["text"]
        mistaken = client.post(REPORT, form | {"date": "ZEBRADAY"})
        assert mistaken.status_code == 422
        answer = client.post(REPORT, form | {"date": ago(5)})
        assert answer.status_code == 302
        assert client.post(REPORT, form | {"date": ago(5)}).status_code == 422
        paste(client, secret * 2000)
    for response in (mistaken, answer):
        assert "no-store" in response.headers["Cache-Control"]
    assert "ZEBRA" not in answer["Location"]
    assert "ZEBRA" not in str(client.cookies)
    assert "ZEBRA" not in str(facts_of(client))
    assert "ZEBRA" not in str(drafts_of(client))
    assert "ZEBRA" not in "\n".join(map(handler_text, caplog.records))
    database = connection.connection
    assert isinstance(database, sqlite3.Connection)
    for typed in (b"ZEBRA", b"hepatic_vein", b"0042"):
        assert typed not in database.serialize()
    assert "ZEBRA" not in client.get(REPORT).content.decode()
