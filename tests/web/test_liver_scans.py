"""Scans over time: each tumor by its name, the newest scan the one that rules use, and nothing recorded that nobody said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.liver_helpers import (
    COUNT,
    EARLIER,
    LESIONS,
    PLAIN,
    SCANS,
    TUMORS,
    about,
    add,
    ago,
    cm,
    day_of,
    errors_in,
    form_of,
    item,
    lesions_of,
    listed,
    mm,
    put,
    remove,
    scan,
    shown,
    situation_of,
    tell_scan,
    tell_two,
)
from tests.web.test_form import facts_of
from tests.web.test_pages import text_of
from wayline.facts.values import NumberRange

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(client: Client) -> Client:
    return tell_two(client)


def test_the_form_asks_for_each_tumor_by_its_name(two: Client) -> None:
    """Also for those that only an earlier scan shows; nothing is marked yet."""
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    remove(two, "A")
    form = form_of(two.get(SCANS), "save")
    for name in ("A", "B"):
        assert (form[f"size:{name}"], form[f"unit:{name}"], form[f"seen:{name}"]) == ("", "", [])
    assert form["others"] == ""


def test_an_older_scan_is_put_before_the_newest(two: Client) -> None:
    """The tumors that rules are held against stay."""
    before = facts_of(two)[LESIONS]
    assert tell_scan(two, ago(100), "2.9 cm", "24 mm")["Location"] == SCANS
    assert facts_of(two)[LESIONS] == before
    (earlier,) = facts_of(two)[EARLIER]
    assert earlier["date"] == ago(100)
    assert earlier["complete"] is True
    assert [one["diameter_cm"] for one in earlier["lesions"]] == [cm(2.9), mm(24.0)]
    words = shown(two, SCANS)
    assert "53 mm" in words
    assert "52 mm" in words
    assert "1 mm smaller (2 %)" in words


def test_a_newer_scan_becomes_the_one_that_rules_use(two: Client) -> None:
    """The one before it becomes an earlier scan, whole and with its day."""
    before = facts_of(two)[LESIONS]
    assert tell_scan(two, ago(2), "2.0 cm", "")["Location"] == SCANS
    facts = facts_of(two)
    assert facts[LESIONS]["date"] == ago(2)
    assert [one.get("diameter_cm") for one in facts[LESIONS]["items"]] == [cm(2.0), None]
    assert facts[EARLIER] == [{"date": before["date"], "lesions": before["items"], "complete": True}]
    assert situation_of(two).number("liver.largest_cm").low == 2.0  # type: ignore[union-attr]


def test_a_scan_between_two_others_changes_neither(two: Client) -> None:
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    tell_scan(two, ago(50), "3.0 cm", "20 mm")
    assert [one["date"] for one in facts_of(two)[EARLIER]] == [ago(100), ago(50)]
    assert facts_of(two)[LESIONS]["date"] == ago(10)


REFUSED_SCANS = [
    (10, ("2 cm", "2 cm"), "no", "is told already"),
    ("", ("2 cm", "2 cm"), "no", "Write the day"),
    ("2099-01-01", ("2 cm", "2 cm"), "no", "lies in the future"),
    ("1850-01-01", ("2 cm", "2 cm"), "no", "lies too far back"),
    ("yesterday", ("2 cm", "2 cm"), "no", "Write the day"),
    (ago(2) + "7", ("2 cm", "2 cm"), "no", "Write the day"),
    (2, ("2", "2 cm"), "no", "Tumor A: Choose cm or mm"),
    (2, ("2 cm", "2 km"), "no", "Tumor B: Choose cm or mm"),
    (2, ("2 cm", "big cm"), "no", "Tumor B: Write a number"),
    (2, ("0 cm", "2 cm"), "no", "Tumor A: A tumor is larger than 0"),
    (2, ("2 cm", "0 mm"), "no", "Tumor B: A tumor is larger than 0"),
    (2, ("2 cm", "2 cm"), "", "Choose one answer"),
    (2, ("2 cm", "2 cm"), "moon", "Choose one answer"),
    (2, ("34 cm", "2 cm"), "no", "Tumor A: A tumor of 34 cm would fill most of a liver"),
    (2, ("2 cm", "18 cm"), "no", "Tumor B"),
    (2, ("2 cm", "2 mm"), "no", "a tenth of the same tumor"),
]


@pytest.mark.parametrize(("day", "sizes", "others", "words"), REFUSED_SCANS)
def test_a_scan_that_has_to_be_asked_about_is_not_stored(
    two: Client, day: int | str, sizes: tuple[str, ...], others: str, words: str
) -> None:
    """Words, and everything typed still in the form."""
    before = facts_of(two)
    response = tell_scan(two, day_of(day), *sizes, others=others)
    assert response.status_code == 422
    assert words in errors_in(response)
    form = form_of(response, "save")
    assert form["date"] == day_of(day)
    assert form["others"] == (others if others != "moon" else "")
    for name, told in zip("AB", sizes, strict=True):
        assert form[f"size:{name}"] == told.split()[0]
    assert facts_of(two) == before


@pytest.mark.parametrize("do", [None, "", "bogus", "scan", "SAVE"])
def test_an_unknown_button_changes_nothing(two: Client, do: str | None) -> None:
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    before = facts_of(two)
    sent = {"date": ago(2), "others": "no", "size:A": "2", "unit:A": "cm"} | ({} if do is None else {"do": do})
    for day in (ago(2), ago(100)):
        response = two.post(SCANS, sent | {"date": day})
        assert (response.status_code, response["Location"]) == (302, SCANS)
    assert facts_of(two) == before


@pytest.mark.parametrize(("answer", "stored"), [("other", cm(2.4)), ("as_written", cm(24.0))])
def test_the_answer_to_a_slip_on_a_scan_does_what_it_says(two: Client, answer: str, stored: dict[str, Any]) -> None:
    """For that tumor and that size only."""
    asked = tell_scan(two, ago(2), "24 cm", "2 cm")
    assert asked.status_code == 422
    form = form_of(asked, "save")
    assert [key for key in form if key.startswith("size_is_right")] == ["size_is_right:A"]
    assert two.post(SCANS, form | {"size_is_right:A": "moon"}).status_code == 422
    assert two.post(SCANS, form | {"size_is_right:A": answer, "size:A": "38"}).status_code == 422
    assert two.post(SCANS, form | {"size_is_right:A": answer, "asked_about:A": ""}).status_code == 422
    assert two.post(SCANS, form | {"size_is_right:A": answer, "size:B": "38", "size_is_right:B": answer}).status_code == 422
    assert two.post(SCANS, form | {"size_is_right:A": answer}).status_code == 302
    assert [one["diameter_cm"] for one in lesions_of(two)] == [stored, cm(2.0)]


@pytest.mark.parametrize(("others", "complete", "target"), [("no", True, SCANS), ("yes", False, TUMORS), ("unknown", False, SCANS)])
def test_whether_the_newest_scan_showed_others(two: Client, others: str, complete: bool, target: str) -> None:
    """Only "no" makes the list whole; "yes" leads to where they are added."""
    assert tell_scan(two, ago(2), "2 cm", "no", others=others)["Location"] == target
    assert facts_of(two)[LESIONS]["complete"] is complete
    assert [one["name"] for one in lesions_of(two)] == ["A"]
    count = situation_of(two).number(COUNT)
    assert count is not None
    assert count.is_exact is complete


def test_a_tumor_that_was_not_seen_is_known_still(two: Client) -> None:
    """All gone on a whole scan: the number is 0, and both can be told on the next scan."""
    tell_scan(two, ago(2), "no", "no")
    assert situation_of(two).number(COUNT) == NumberRange.exactly(0)
    words = shown(two, SCANS)
    assert "Not listed on the newest scan any more: A, B" in words
    assert "Longest diameter of tumor A" in words
    add(two, "2", "1", "cm")
    assert lesions_of(two)[0]["name"] == "C"


@pytest.mark.parametrize("size", ["2.4", "0", "big"])
def test_a_size_and_not_seen_contradict_each_other(two: Client, size: str) -> None:
    """A typed size is not dropped in silence; both stay in the form."""
    before = facts_of(two)
    response = tell_scan(two, ago(2), f"{size} cm", "2 cm", **{"seen:A": "no"})
    assert response.status_code == 422
    assert "Tumor A: A size is written, and “not seen” is marked" in errors_in(response)
    assert (form_of(response, "save")["size:A"], form_of(response, "save")["seen:A"]) == (size, ["no"])
    assert facts_of(two) == before


OVERLAPPING = [
    # the newest scan, an earlier one, the day that is told
    (ago(10), ago(100), ago(10)),
    (ago(10), ago(100), ago(10)[:7]),
    (ago(10), ago(100), ago(10)[:4]),
    (ago(10), ago(100), ago(100)),
    (ago(10), ago(100), ago(100)[:7]),
    (ago(10)[:7], ago(100), ago(10)),
    (ago(10)[:7], ago(100), ago(10)[:7]),
    (ago(10), ago(100)[:7], ago(100)),
]


@pytest.mark.parametrize(("newest", "earlier", "day"), OVERLAPPING)
def test_days_that_overlap_those_of_another_scan_are_asked_about(client: Client, newest: str, earlier: str, day: str) -> None:
    """Which of the two scans is newer cannot be told, and rules use the newest."""
    put(client, {LESIONS: listed(item("A", size=2.0)) | {"date": newest}, EARLIER: [scan(0, item("A", size=3.0)) | {"date": earlier}]})
    before = facts_of(client)
    response = tell_scan(client, day, "2 cm")
    assert response.status_code == 422
    assert re.search(r"A(nother)? scan (of|is told for) [0-9-]+", errors_in(response))
    assert facts_of(client) == before


def test_a_month_before_the_newest_scan_is_taken(two: Client) -> None:
    """Its order is known, so the month is enough."""
    assert tell_scan(two, ago(60)[:7], "2 cm", "2 cm").status_code == 302
    assert [one["date"] for one in facts_of(two)[EARLIER]] == [ago(60)[:7]]


def test_an_earlier_scan_can_be_removed(two: Client) -> None:
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    tell_scan(two, ago(50), "3.0 cm", "20 mm")
    for do in ("ask-remove", "remove"):
        for day in ("", "2001-01-01", ago(10), "<b>", ago(100)[:7]):
            assert two.post(SCANS, {"do": do, "date": day})["Location"] == SCANS
            assert len(facts_of(two)[EARLIER]) == 2
    two.post(SCANS, {"do": "remove", "date": ago(100)})
    assert [one["date"] for one in facts_of(two)[EARLIER]] == [ago(50)]
    two.post(SCANS, {"do": "remove", "date": ago(50)})
    assert EARLIER not in facts_of(two)
    assert len(lesions_of(two)) == 2


def test_removing_a_scan_asks_first(two: Client) -> None:
    """A page that names its day, with a way back; its button removes that scan only."""
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    tell_scan(two, ago(50), "3.0 cm", "20 mm")
    before = facts_of(two)
    page = two.post(SCANS, form_of(two.get(SCANS), "ask-remove"))
    assert page.status_code == 200
    assert "Remove the scan of" in text_of(page)
    assert f'<a href="{SCANS}">Keep it</a>' in page.content.decode()
    assert facts_of(two) == before
    assert two.post(SCANS, form_of(page, "remove"))["Location"] == SCANS
    assert [one["date"] for one in facts_of(two)[EARLIER]] == [ago(50)]
    assert facts_of(two)[LESIONS] == before[LESIONS]


def test_the_newest_scan_is_not_offered_for_removal(two: Client) -> None:
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    assert two.get(SCANS).content.decode().count('value="ask-remove"') == 1
    assert f'name="date" value="{ago(10)}"' not in two.get(SCANS).content.decode()


def test_earlier_scans_are_shown_when_the_newest_list_is_gone(two: Client) -> None:
    """What was told is not hidden: its day and its sizes stand there, and it can still be removed."""
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    for name in ("A", "B"):
        remove(two, name)
    assert len(facts_of(two)[EARLIER]) == 1
    page = two.get(SCANS)
    assert "Nothing is told yet" not in text_of(page)
    assert "2.9 cm" in text_of(page)
    assert form_of(page, "ask-remove")["date"] == ago(100)


def test_several_earlier_scans_are_shown_when_the_newest_list_is_gone(two: Client) -> None:
    """Side by side as before."""
    tell_scan(two, ago(100), "2.9 cm", "24 mm")
    tell_scan(two, ago(50), "3.0 cm", "no")
    for name in ("A", "B"):
        remove(two, name)
    words = shown(two, SCANS)
    assert "2.9 cm" in words
    assert "3 cm" in words


def test_a_scan_before_any_list_leads_to_the_list(client: Client) -> None:
    assert tell_scan(client, ago(2), "2 cm")["Location"] == TUMORS
    assert EARLIER not in facts_of(client)


def test_a_scan_can_follow_one_that_showed_none(client: Client) -> None:
    """The scan without tumors becomes an earlier one: they are new since."""
    put(client, {EARLIER: [scan(100, item("A", size=2.0))]})
    about(client, "none", ago(10))
    assert tell_scan(client, ago(2), "1.2 cm").status_code == 302
    assert [(one["date"], len(one["lesions"])) for one in facts_of(client)[EARLIER]] == [(ago(100), 1), (ago(10), 0)]
    assert lesions_of(client)[0]["diameter_cm"] == cm(1.2)


def test_the_named_definition_keeps_its_caution(two: Client) -> None:
    """Its words stand folded, with who decides, and are never said of the person."""
    tell_scan(two, ago(100), "2.0 cm", "10 mm")
    words = shown(two, SCANS)
    assert "The definition’s name for these figures, for the liver alone: progressive disease" in words
    assert "Your team decides what they mean." in words
    assert "progressive disease" not in words.split("What the named definition")[0]


def test_another_scan_after_a_plain_list_loses_neither(client: Client) -> None:
    """A plain list has no day of its own; it must not become an earlier scan that cannot be read."""
    put(client, {LESIONS: PLAIN})
    for day in (ago(0), ago(100)):
        response = tell_scan(client, day, "3.0 cm", "9 mm")
        assert response.status_code == 302 or "First tell the day of the scan that is listed now" in errors_in(response)
        assert "no longer be read" not in shown(client, SCANS)
        assert len(lesions_of(client)) == 2


# --- Old windows ------------------------------------------------------------------------------------------------------


def test_a_scan_form_in_an_old_window_gives_no_size_to_another_tumor(two: Client) -> None:
    """The form showed A and B; A is removed in another window; B must not get A's size, and A's is not dropped in silence."""
    form = form_of(two.get(SCANS), "save")
    remove(two, "A")
    before = facts_of(two)
    sent = {"date": ago(2), "others": "no", "size:A": "2.9", "unit:A": "cm", "size:B": "1.5", "unit:B": "cm"}
    response = two.post(SCANS, form | sent)
    assert cm(2.9) not in [one["diameter_cm"] for one in lesions_of(two) if one["name"] == "B"]
    assert response.status_code == 422
    assert facts_of(two) == before


def test_a_scan_form_in_an_old_window_says_nothing_of_a_tumor_told_since(two: Client) -> None:
    """The form showed A and B; C is told in another window: nobody said that C was on that scan, nor that it was not."""
    form = form_of(two.get(SCANS), "save")
    add(two, "2", "1.2", "cm")
    sent = {"date": ago(100), "others": "no", "size:A": "2.9", "unit:A": "cm", "size:B": "1.5", "unit:B": "cm"}
    response = two.post(SCANS, form | sent)
    assert response.status_code == 422 or "C" not in {one["name"] for one in facts_of(two)[EARLIER][0]["lesions"]}


def test_a_scan_sent_twice_is_told_once(two: Client) -> None:
    sent = form_of(two.get(SCANS), "save") | {"date": ago(2), "others": "no", "size:A": "2.9", "unit:A": "cm", "seen:B": "no"}
    two.post(SCANS, sent)
    before = facts_of(two)
    assert two.post(SCANS, sent).status_code == 422
    assert facts_of(two) == before


FORGED_SCANS = [
    {"size:A": "9" * 4000, "unit:A": "cm"},
    {"size:A": "\x00", "unit:A": "cm"},
    {"size:A": "2", "unit:A": "<script>alert(1)</script>"},
    {"seen:A": "moon"},
    {"seen:A": ["no", "no"]},
    {"size:Z": "2", "unit:Z": "cm"},
    {"size:": "2", "unit:": "cm"},
    {"size-0": "2", "unit-0": "cm"},
    {"others": "no" * 500},
    {"date": ago(2) + "T00:00"},
    {"date": "9" * 4000},
]


@pytest.mark.parametrize("sent", FORGED_SCANS, ids=lambda sent: "&".join(f"{key}={str(value)[:9]}" for key, value in sent.items()))
def test_a_forged_scan_breaks_nothing(two: Client, sent: dict[str, Any]) -> None:
    response = two.post(SCANS, {"do": "save", "date": ago(2), "others": "no"} | sent)
    assert response.status_code in (302, 422)
    assert b"<script>alert" not in response.content
    assert {one["name"] for one in lesions_of(two)} <= {"A", "B"}
    assert "no longer be read" not in shown(two, SCANS)
