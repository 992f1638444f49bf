"""The tumors of the newest scan, told on the drawing or as a list: unknown is never no, and nothing is changed that was not asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.web.conftest import FormClient
from tests.web.liver_helpers import (
    COUNT,
    EARLIER,
    LESIONS,
    LIST,
    LISTED,
    LIVER,
    NO_TUMOR,
    OPEN,
    PLAIN,
    SHOWING,
    TODAY,
    TUMORS,
    about,
    add,
    ago,
    cm,
    day_of,
    edit,
    errors_in,
    form_of,
    forms_in,
    item,
    lesions_of,
    listed,
    mm,
    named,
    put,
    remove,
    scan,
    shown,
    situation_of,
    tell_two,
)
from tests.web.test_form import facts_of
from tests.web.test_pages import text_of
from wayline.facts.lesions import SEGMENTS
from wayline.facts.values import NumberRange
from wayline.web.liver_tumors import EMPTY_ROWS, MOST_TUMORS
from wayline.web.models import VaultRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(client: Client) -> Client:
    return tell_two(client)


# --- On the drawing --------------------------------------------------------------------------------------------------

ADDED = [
    ({"segment": "6", "size": "3.4", "unit": "cm"}, {"segment": "6", "diameter_cm": cm(3.4)}),
    ({"segment": "4a", "size": " 18 ", "unit": "mm"}, {"segment": "4a", "diameter_cm": mm(18.0)}),
    ({"segment": "1", "size": "1,5", "unit": "cm"}, {"segment": "1", "diameter_cm": cm(1.5)}),
    ({"segment": "1", "size": "<1", "unit": "cm"}, {"segment": "1", "diameter_cm": {"below": 1.0, "unit": "cm"}}),
    ({"segment": "1", "size": "< 5", "unit": "mm"}, {"segment": "1", "diameter_cm": {"below": 5.0, "unit": "mm"}}),
    ({"segment": "8", "size": "", "unit": "cm"}, {"segment": "8"}),
    ({"segment": "unknown", "size": "2", "unit": "cm"}, {"segment": "unknown", "diameter_cm": cm(2)}),
]
ADDED_NEAR = [
    ({"segment": "2", "near": ["hepatic_vein", "heart"]}, {"segment": "2", "near": ["hepatic_vein", "heart"]}),
    ({"segment": "2", "near": ["none"]}, {"segment": "2", "near": []}),
    ({"segment": "unknown", "near": ["heart"]}, {"segment": "unknown", "near": ["heart"]}),
]


@pytest.mark.parametrize(("sent", "stored"), ADDED + ADDED_NEAR)
def test_a_tumor_is_stored_as_it_was_told(client: Client, sent: dict[str, Any], stored: dict[str, Any]) -> None:
    """With a name; what was not said is left out, and one tumor is never a whole list."""
    response = client.post(TUMORS, sent | {"do": "save"})
    assert (response.status_code, response["Location"]) == (302, LISTED)
    assert 'id="listed"' in client.get(TUMORS).content.decode()
    assert facts_of(client)[LESIONS] == {"items": [{"name": "A"} | stored], "complete": False, "date": TODAY.isoformat()}


REFUSED_SIZES = [
    ({"size": "3.4"}, "Choose cm or mm"),
    ({"size": "3.4", "unit": "km"}, "Choose cm or mm"),
    ({"size": "big", "unit": "cm"}, "Write a number"),
    ({"size": "3.4 x 2.1", "unit": "cm"}, "Write a number"),
    ({"size": "1e3", "unit": "cm"}, "Write a number"),
    ({"size": "-1", "unit": "cm"}, "not possible"),
    ({"size": "401", "unit": "mm"}, "not possible"),
    ({"size": "0", "unit": "cm"}, "A tumor is larger than 0"),
    ({"size": "0", "unit": "mm"}, "A tumor is larger than 0"),
    ({"size": "0,0", "unit": "cm"}, "A tumor is larger than 0"),
    ({"size": "<=0", "unit": "cm"}, "A tumor is larger than 0"),
]
REFUSED_NEAR = [
    ({"near": ["none", "heart"]}, "change one of them"),
    ({"near": ["moon"]}, "not a place in the liver"),
]


@pytest.mark.parametrize(("sent", "words"), REFUSED_SIZES + REFUSED_NEAR)
def test_what_cannot_be_read_is_explained_and_nothing_is_stored(client: Client, sent: dict[str, Any], words: str) -> None:
    """Status 422, words beside the field, what was typed still there."""
    response = client.post(TUMORS, {"segment": "6", "do": "save"} | sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert words in errors_in(response)
    assert '<p class="error">' in html
    kept = form_of(response, "save")
    assert kept["segment"] == "6"
    assert kept["size"] == sent.get("size", "")
    assert VaultRecord.objects.count() == 0


@pytest.mark.parametrize("sent", [{}, {"segment": ""}, {"segment": "unknown"}, {"segment": "unknown", "unit": "cm"}])
def test_a_form_that_says_nothing_is_refused(client: Client, sent: dict[str, Any]) -> None:
    """No segment, no size, nothing near: the button pressed once more must not count one tumor more."""
    response = client.post(TUMORS, {"do": "save", "name": "", "size": ""} | sent)
    assert response.status_code == 422
    assert "Tell the segment or the size at least" in errors_in(response)
    assert VaultRecord.objects.count() == 0
    add(client, "6", "3.4", "cm")
    assert client.post(TUMORS, {"do": "save", "name": "", "size": ""} | sent).status_code == 422
    assert [one["name"] for one in lesions_of(client)] == ["A"]


def test_the_form_after_a_tumor_that_was_added_is_empty(client: Client) -> None:
    """Neither its place nor its unit stays chosen for the next one."""
    add(client, "6", "3.4", "cm", near=["heart"])
    form = form_of(client.get(TUMORS), "save")
    assert (form["name"], form["was"], form["segment"], form["size"], form["unit"], form["near"]) == ("", "", "unknown", "", "", [])


@pytest.mark.parametrize("do", [None, "", "bogus", "take", "SAVE", "read"])
def test_an_unknown_button_changes_nothing(two: Client, do: str | None) -> None:
    before = facts_of(two)
    sent = {"name": "A", "segment": "2", "size": "9", "unit": "cm", "whole": "none", "date": ago(3)}
    response = two.post(TUMORS, sent | ({} if do is None else {"do": do}))
    assert (response.status_code, response["Location"]) == (302, TUMORS)
    assert facts_of(two) == before


FORGED = [
    {"segment": "9"},
    {"segment": "<script>"},
    {"segment": "6" * 5000},
    {"name": "Z" * 3000},
    {"name": "<b>"},
    {"name": "A", "was": "{}"},
    {"name": "A", "was": "[" * 3000},
    {"was": "x" * 5000},
    {"size": "9" * 4000, "unit": "cm"},
    {"size": "\x00", "unit": "cm"},
    {"near": ["heart"] * 300},
    {"size": "1", "unit": "cm", "size_is_right": "moon", "asked_about": "1 cm"},
    {"size": "1", "unit": "cm", "asked_about": "9" * 4000},
]


@pytest.mark.parametrize("sent", FORGED)
def test_a_forged_tumor_breaks_nothing(client: Client, sent: dict[str, Any]) -> None:
    """Refused, or stored as something that can be read."""
    assert client.post(TUMORS, {"segment": "6", "do": "save"} | sent).status_code in (302, 422)
    for one in lesions_of(client):
        assert one["segment"] in SEGMENTS
        assert one["name"] == "A"
    for address in SHOWING:
        assert "no longer be read" not in shown(client, address)


def test_a_tumor_can_be_changed_and_keeps_its_name(client: Client) -> None:
    """The form shows it as it was told; the others and the list stay as they are."""
    add(client, "6", "<1", "cm", near=["heart"])
    add(client, "8", "18", "mm")
    about(client, "all", ago(5))
    response = client.post(TUMORS, {"do": "edit", "name": "A"})
    assert "Change tumor A" in text_of(response)
    form = form_of(response, "save")
    assert (form["size"], form["unit"], form["segment"], form["near"]) == ("<1", "cm", "6", ["heart"])
    response = client.post(TUMORS, form | {"segment": "5", "size": "0.8", "near": []})
    assert (response.status_code, response["Location"]) == (302, LISTED)
    changed, other = lesions_of(client)
    assert changed == {"segment": "5", "name": "A", "diameter_cm": cm(0.8)}
    assert other == {"segment": "8", "name": "B", "diameter_cm": mm(18.0)}
    assert (facts_of(client)[LESIONS]["complete"], facts_of(client)[LESIONS]["date"]) == (True, ago(5))


def test_a_change_that_changes_nothing_changes_nothing(two: Client) -> None:
    before = facts_of(two)
    for name in ("A", "B"):
        assert two.post(TUMORS, edit(two, name)).status_code == 302
    assert facts_of(two) == before


def test_a_change_cannot_empty_a_tumor(two: Client) -> None:
    """ "Remove" is another button, and asks first."""
    before = facts_of(two)
    response = two.post(TUMORS, edit(two, "A") | {"segment": "unknown", "size": "", "near": []})
    assert response.status_code == 422
    assert "Change tumor A" in text_of(response)
    assert facts_of(two) == before


MEANWHILE = {
    "changed": lambda client: client.post(TUMORS, edit(client, "B") | {"size": "2.5"}),
    "moved": lambda client: client.post(TUMORS, edit(client, "B") | {"segment": "7"}),
    "removed": lambda client: remove(client, "B"),
    "removed, and a new one told": lambda client: (remove(client, "B"), add(client, "2", "1.2", "cm")),
    "changed as a list": lambda client: client.post(LIST, form_of(client.get(LIST), having="size-0") | {"size-1": "2.5"}),
}


@pytest.mark.parametrize("meanwhile", list(MEANWHILE))
def test_a_change_in_an_old_window_overwrites_nothing(two: Client, meanwhile: str) -> None:
    """Refused with words; what was typed is still there."""
    old = edit(two, "B")
    MEANWHILE[meanwhile](two)
    before = facts_of(two)
    response = two.post(TUMORS, old | {"segment": "5", "size": "1.9"})
    assert response.status_code == 422
    assert "changed or removed in another window" in errors_in(response)
    assert (form_of(response, "save")["segment"], form_of(response, "save")["size"]) == ("5", "1.9")
    assert facts_of(two) == before


@pytest.mark.parametrize("was", ["", "{}", "x" * 5000, '{"diameter_cm": {"unit": "cm", "value": 1.8}, "name": "A", "segment": "8"}'])
def test_a_change_without_what_the_tumor_was_is_refused(two: Client, was: str) -> None:
    before = facts_of(two)
    assert two.post(TUMORS, edit(two, "B") | {"was": was, "size": "1.9"}).status_code == 422
    assert facts_of(two) == before


@pytest.mark.parametrize("name", ["Z", "", "<b>", "A" * 500])
@pytest.mark.parametrize("do", ["edit", "ask-remove", "remove"])
def test_a_name_that_is_not_there_changes_nothing(client: Client, do: str, name: str) -> None:
    add(client, "6", "2", "cm")
    before = facts_of(client)
    assert client.post(TUMORS, {"do": do, "name": name}).status_code == 302
    assert facts_of(client) == before


def test_removing_asks_first(two: Client) -> None:
    """A page that names the tumor and its place, with a way back; its button removes that one only."""
    before = facts_of(two)
    page = two.post(TUMORS, form_of(two.get(TUMORS), "ask-remove"))
    assert page.status_code == 200
    assert "Remove tumor A?" in text_of(page)
    assert "segment 6" in text_of(page).lower()
    assert f'<a href="{TUMORS}">Keep it</a>' in page.content.decode()
    assert facts_of(two) == before
    assert two.post(TUMORS, form_of(page, "remove"))["Location"] == LISTED
    assert lesions_of(two) == [before[LESIONS]["items"][1]]
    assert facts_of(two)[LESIONS]["complete"] is True


def test_what_was_asked_about_is_what_is_removed(two: Client) -> None:
    """B is removed in another window and a new tumor gets its letter: the old question was not about that one."""
    page = two.post(TUMORS, {"do": "ask-remove", "name": "B"})
    remove(two, "B")
    add(two, "2", "1.2", "cm")
    two.post(TUMORS, form_of(page, "remove"))
    assert [one["segment"] for one in lesions_of(two)] == ["6", "2"]


def test_removing_the_last_tumor_does_not_say_that_there_is_none(client: Client) -> None:
    """Nothing is known then."""
    add(client, "6", "2", "cm")
    add(client, "8", "1", "cm")
    about(client, "all", ago(5))
    remove(client, "A")
    assert [one["name"] for one in lesions_of(client)] == ["B"]
    remove(client, "B")
    assert LESIONS not in facts_of(client)
    assert NO_TUMOR not in shown(client, LIVER)


def test_a_name_of_any_scan_is_never_given_to_another_tumor(client: Client) -> None:
    """C stands only on an earlier scan: the next ones are D and E."""
    put(client, {LESIONS: listed(item("A"), item("B")), EARLIER: [scan(90, item("A"), item("C"))]})
    add(client, "2", "1", "cm")
    client.post(LIST, form_of(client.get(LIST), having="size-0") | {"segment-3": "7"})
    assert [one["name"] for one in lesions_of(client)] == ["A", "B", "D", "E"]


def test_no_more_tumors_than_can_be_listed(client: Client) -> None:
    put(client, {LESIONS: listed(*(item(f"T{number}") for number in range(MOST_TUMORS)))})
    response = add(client, "2", "1", "cm")
    assert response.status_code == 422
    assert "Tell their number instead" in errors_in(response)
    assert len(lesions_of(client)) == MOST_TUMORS


def test_facts_follow_from_the_tumors(client: Client) -> None:
    """Number, largest, side and what they lie next to, exact only when the list is whole."""
    add(client, "6", "3.4", "cm", near=["hepatic_vein"])
    add(client, "2", "18", "mm", near=["none"])
    before = situation_of(client)
    assert before.number(COUNT).low == 2  # type: ignore[union-attr]
    assert not before.number(COUNT).is_exact  # type: ignore[union-attr]
    about(client, "all", ago(5))
    after = situation_of(client)
    assert after.number(COUNT) == NumberRange.exactly(2)
    assert after.number("liver.largest_cm") == NumberRange.exactly(3.4)
    assert after.value("liver.distribution") == {"both_lobes"}
    assert after.value("liver.near_large_vessel") is True
    assert after.value("liver.near_bile_duct") is False
    assert after.value("metastases.liver") is True


@pytest.mark.parametrize("address", ["/options/microwave_ablation/", OPEN])
def test_options_are_held_against_the_tumors(client: Client, address: str) -> None:
    """The same number and size stand in the reasons."""
    assert "3.4 cm" not in shown(client, address)
    add(client, "6", "3.4", "cm")
    about(client, "all", ago(5))
    assert "Size of the largest liver tumor: 3.4 cm" in shown(client, address)
    add(client, "6", "5.2", "cm")
    about(client, "all", ago(5))
    assert "Size of the largest liver tumor: 5.2 cm" in shown(client, address)


def test_the_options_page_asks_no_more_for_what_the_list_tells(client: Client) -> None:
    html = client.get("/options/").content.decode()
    client.post("/situation/step/about-you/", {"person.age": "61"})
    html = client.get("/options/").content.decode()
    assert "Size of the largest liver tumor" in html or "largest" in html
    add(client, "6", "3.4", "cm")
    about(client, "all", ago(5))
    assert "Size of the largest liver tumor: 3.4 cm" in shown(client, "/options/")


def test_an_old_scan_is_called_old_and_decides_nothing(client: Client) -> None:
    """A newer one is asked for, on the map and with the limits."""
    put(client, {LESIONS: listed(item("A", size=2.0), days_ago=80)})
    assert "This scan is old" in shown(client, LIVER)
    assert situation_of(client).number(COUNT) is None


def test_a_name_with_markup_is_shown_as_text(client: Client) -> None:
    """In the table, the map, the forms and the charts."""
    name = "<img src=x onerror=a()>"
    put(client, {LESIONS: listed(item(name, size=2.0)), EARLIER: [scan(90, item(name, size=3.0))]})
    pages = [client.get(address) for address in SHOWING] + [client.post(TUMORS, {"do": do, "name": name}) for do in ("edit", "ask-remove")]
    for page in pages:
        assert page.status_code == 200
        assert "<img" not in page.content.decode()


def test_two_windows_add_without_losing_a_tumor(client: Client) -> None:
    """Both forms were opened before either was sent: the second is asked to look first, with all that was typed, and then taken."""
    other = FormClient()
    add(client, "6", "3.4", "cm")
    other.cookies = client.cookies
    forms = [form_of(one.get(TUMORS), "save") for one in (client, other)]
    client.post(TUMORS, forms[0] | {"segment": "8", "size": "1.8", "unit": "cm"})
    asked = other.post(TUMORS, forms[1] | {"segment": "2", "size": "1.2", "unit": "cm"})
    assert asked.status_code == 422
    assert "Your list has changed since this page was opened" in errors_in(asked)
    form = form_of(asked, "save")
    assert (form["segment"], form["size"], form["unit"]) == ("2", "1.2", "cm")
    assert other.post(TUMORS, form).status_code == 302
    assert [(one["name"], one["segment"]) for one in lesions_of(client)] == [("A", "6"), ("B", "8"), ("C", "2")]


def test_a_list_in_the_plain_form_of_a_case_works(client: Client) -> None:
    """Shown, named, changed, removed, and marked as whole as it was."""
    put(client, {LESIONS: PLAIN, EARLIER: {"items": [scan(90, item("A", size=3.0))], "complete": True}})
    for address in SHOWING:
        assert "no longer be read" not in shown(client, address)
    form = edit(client, "A")
    assert form["size"] == "3.4"
    assert client.post(TUMORS, form | {"size": "3.6"}).status_code == 302
    remove(client, "B")
    assert [one["diameter_cm"] for one in lesions_of(client)] == [cm(3.6)]


SIZES_OF_A_CASE = [
    {"at_least": 1, "at_most": 2, "unit": "cm"},
    {"above": 1, "below": 2},
]


@pytest.mark.parametrize("size", SIZES_OF_A_CASE)
def test_a_size_that_the_form_cannot_show_is_not_changed_in_silence(client: Client, size: dict[str, Any]) -> None:
    """ "1 to 2 cm" of a case file: the place is changed, and the size stays as precise as it was told."""
    put(client, {LESIONS: listed({"segment": "6", "name": "A", "diameter_cm": size})})
    before = situation_of(client).told[LESIONS].value.items[0].diameter_cm  # type: ignore[union-attr]
    response = client.post(TUMORS, edit(client, "A") | {"segment": "5"})
    after = situation_of(client).told[LESIONS].value.items[0].diameter_cm  # type: ignore[union-attr]
    assert response.status_code == 422 or after == before


# --- About the scan --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("whole", "complete"), [("all", True), ("more", False), ("unknown", False)])
def test_only_all_makes_the_list_whole_and_one_more_tumor_opens_it_again(client: Client, whole: str, complete: bool) -> None:
    add(client, "6", "2", "cm")
    assert about(client, whole, ago(5)).status_code == 302
    assert facts_of(client)[LESIONS]["complete"] is complete
    add(client, "8", "1", "cm")
    assert facts_of(client)[LESIONS]["complete"] is False
    assert facts_of(client)[LESIONS]["date"] == ago(5)


@pytest.mark.parametrize("whole", ["", "bogus", "yes", "ALL"])
def test_no_answer_about_the_scan_is_asked_for(two: Client, whole: str) -> None:
    before = facts_of(two)
    response = about(two, whole, ago(5))
    assert response.status_code == 422
    assert "Choose one answer" in errors_in(response)
    assert form_of(response, "scan")["date"] == ago(5)
    assert facts_of(two) == before


def test_no_tumor_is_told_on_purpose(client: Client) -> None:
    about(client, "none", ago(5))
    assert facts_of(client)[LESIONS] == {"items": [], "complete": True, "date": ago(5)}
    assert situation_of(client).number(COUNT) == NumberRange.exactly(0)
    assert NO_TUMOR in shown(client, LIVER)
    assert form_of(client.get(TUMORS), "scan")["whole"] == "none"


@pytest.mark.parametrize("whole", ["more", "unknown"])
def test_a_told_none_can_be_taken_back(client: Client, whole: str) -> None:
    """Nothing is known then, neither that there is a tumor nor that there is none."""
    about(client, "none", ago(5))
    assert about(client, whole, ago(5)).status_code == 302
    assert LESIONS not in facts_of(client)
    assert NO_TUMOR not in shown(client, LIVER)
    count = situation_of(client).number(COUNT)
    assert count is None or not count.is_exact


@pytest.mark.parametrize("whole", ["more", "unknown"])
def test_not_knowing_makes_no_record(client: Client, whole: str) -> None:
    assert about(client, whole, ago(5)).status_code == 302
    assert VaultRecord.objects.count() == 0


@pytest.mark.parametrize(
    ("whole", "has_tumors", "words"), [("none", True, "Remove them first"), ("all", False, "No tumor is listed yet. Add them first.")]
)
def test_a_contradiction_about_the_scan_is_asked_about(client: Client, whole: str, has_tumors: bool, words: str) -> None:
    """What was marked and typed stays in the form."""
    if has_tumors:
        add(client, "6", "2", "cm")
    before = facts_of(client)
    response = about(client, whole, ago(3))
    assert response.status_code == 422
    assert words in errors_in(response)
    assert (form_of(response, "scan")["whole"], form_of(response, "scan")["date"]) == (whole, ago(3))
    assert facts_of(client) == before


DAYS = [
    ("2099-01-01", None, "lies in the future"),
    ("1850-01-01", None, "lies too far back"),
    ("28/10/2026", None, "Write the day as 10/28/2026"),
    ("10/28/2026", "2026-10-28", ""),
    ("Oct 28, 2026", "2026-10-28", ""),
    ("10/2026", "2026-10", ""),
    ("2026-13-01", None, "Write the day as 10/28/2026"),
    ("2026-02-30", None, "Write the day as 10/28/2026"),
    ("October", None, "Write the day as 10/28/2026"),
    (ago(20) + "7", None, "Write the day as 10/28/2026"),
    (20, 20, ""),
    ("2026-01", "2026-01", ""),
    (f" {ago(20)} ", 20, ""),
    ("", 0, ""),
]


@pytest.mark.parametrize(("typed", "stored", "words"), DAYS)
def test_the_day_of_the_scan(client: Client, typed: int | str, stored: int | str | None, words: str) -> None:
    """A day or a month, today where it is empty; what cannot be is explained, and what was typed and marked stays in the form."""
    put(client, {LESIONS: listed(item("A", size=2.0), complete=False, days_ago=3)})
    before = facts_of(client)
    response = about(client, "all", day_of(typed))
    if stored is not None:
        assert response.status_code == 302
        assert facts_of(client)[LESIONS]["date"] == day_of(stored)
        return
    assert response.status_code == 422
    assert words in errors_in(response)
    assert facts_of(client) == before
    assert (form_of(response, "scan")["whole"], form_of(response, "scan")["date"]) == ("all", typed)


def test_a_day_that_is_far_too_long_is_not_cut_to_one_that_fits(two: Client) -> None:
    """A slip of the finger is asked about, not repaired in silence."""
    assert about(two, "all", ago(20) + " " * 60 + "7").status_code == 422


@pytest.mark.parametrize("earlier", [ago(90), ago(90)[:7]])
@pytest.mark.parametrize("day", [ago(90), ago(90)[:7], ago(90)[:4], ago(200), ago(200)[:7]])
@pytest.mark.parametrize("whole", ["all", "none"])
def test_the_newest_scan_cannot_lie_on_or_before_an_earlier_one(client: Client, earlier: str, day: str, whole: str) -> None:
    """The rules are held against the newest scan: its day decides which one that is."""
    told = {LESIONS: listed(item("A", size=2.0), days_ago=10)} if whole == "all" else {}
    put(client, told | {EARLIER: [scan(90, item("A", size=3.0)) | {"date": earlier}, scan(150, item("A"))]})
    before = facts_of(client)
    response = about(client, whole, day)
    assert response.status_code == 422
    assert "scan" in errors_in(response).lower()
    assert facts_of(client) == before


# --- Slips -----------------------------------------------------------------------------------------------------------

SLIPS = [
    # told, unit, sizes of the others in cm, what was meant in cm
    ("24", "cm", [], 2.4),
    ("300", "mm", [], 3.0),
    ("15.1", "cm", [], 1.51),
    ("12", "cm", [1.1, 1.3], 1.2),
]


@pytest.mark.parametrize(("size", "unit", "others", "meant"), SLIPS)
def test_a_slip_is_asked_about_before_anything_is_stored(client: Client, size: str, unit: str, others: list[float], meant: float) -> None:
    """No answer asks again; each answer does what it says."""
    put(client, {LESIONS: listed(*(item(f"O{number}", size=one) for number, one in enumerate(others)))} if others else {})
    before = facts_of(client)
    asked = add(client, "6", size, unit, near=["heart"])
    assert asked.status_code == 422
    assert f"I meant {meant:g} cm" in text_of(asked)
    form = form_of(asked, "save")
    assert (form["size"], form["unit"], form["near"], form["size_is_right"]) == (size, unit, ["heart"], "")
    for answer in ("", "moon"):
        assert client.post(TUMORS, form | {"size_is_right": answer}).status_code == 422
    assert facts_of(client) == before
    assert client.post(TUMORS, form | {"size_is_right": "other"}).status_code == 302
    assert lesions_of(client)[-1]["diameter_cm"] == cm(meant)
    put(client, before)
    assert client.post(TUMORS, form | {"size_is_right": "as_written"}).status_code == 302
    assert lesions_of(client)[-1]["diameter_cm"] == {"value": float(size), "unit": unit}
    assert lesions_of(client)[-1]["near"] == ["heart"]


@pytest.mark.parametrize(("size", "unit"), [("38", "cm"), ("24.5", "cm"), ("240.1", "mm"), ("16", "cm")])
@pytest.mark.parametrize("answer", ["as_written", "other"])
def test_an_answer_to_one_question_answers_no_other(client: Client, size: str, unit: str, answer: str) -> None:
    """ "24 cm is what the report says" does not let 38 cm through, which was typed over it."""
    form = form_of(add(client, "6", "24", "cm"), "save")
    response = client.post(TUMORS, form | {"size": size, "unit": unit, "size_is_right": answer})
    assert response.status_code == 422
    assert LESIONS not in facts_of(client)
    assert client.post(TUMORS, form_of(response, "save") | {"size_is_right": "as_written"}).status_code == 302
    assert lesions_of(client)[0]["diameter_cm"] == {"value": float(size), "unit": unit}


@pytest.mark.parametrize("asked_about", [None, "", "23 cm", "24", "24 mm"])
def test_an_answer_without_its_question_is_asked_for_again(client: Client, asked_about: str | None) -> None:
    more = {} if asked_about is None else {"asked_about": asked_about}
    assert add(client, "6", "24", "cm", size_is_right="as_written", **more).status_code == 422
    assert LESIONS not in facts_of(client)


@pytest.mark.parametrize("answer", ["other", "as_written"])
def test_a_size_that_was_mended_needs_no_answer(client: Client, answer: str) -> None:
    """The question was about 24 cm; 2.2 cm stays 2.2 cm whatever is still marked."""
    form = form_of(add(client, "6", "24", "cm"), "save")
    assert client.post(TUMORS, form | {"size": "2.2", "size_is_right": answer}).status_code == 302
    assert lesions_of(client)[0]["diameter_cm"] == cm(2.2)


@pytest.mark.parametrize(("size", "unit"), [("15", "cm"), ("149", "mm"), ("<30", "cm"), ("7.6", "cm")])
def test_sizes_that_can_be_are_not_asked_about(client: Client, size: str, unit: str) -> None:
    put(client, {LESIONS: listed(item("A", size=1.1))} if size == "7.6" else {})
    assert add(client, "6", size, unit).status_code == 302


def test_a_size_far_from_that_of_the_scan_before_is_asked_about(client: Client) -> None:
    """Larger and smaller; the same tumor by its name."""
    put(client, {LESIONS: listed(item("A", size=1.4)), EARLIER: [scan(90, item("A", size=1.2))]})
    for size, unit, meant in (("12", "cm", 1.2), ("1.3", "mm", 1.3)):
        response = client.post(TUMORS, edit(client, "A") | {"size": size, "unit": unit})
        assert response.status_code == 422
        assert f"I meant {meant:g} cm" in text_of(response)
    assert lesions_of(client)[0]["diameter_cm"] == cm(1.4)


# --- As a list -------------------------------------------------------------------------------------------------------


def rows(client: Client) -> dict[str, Any]:
    """The list's form as it stands."""
    return form_of(client.get(LIST), having="size-0")


def told(place: int, segment: str = "unknown", size: str = "", unit: str = "") -> dict[str, str]:
    return {f"segment-{place}": segment, f"size-{place}": size, f"unit-{place}": unit}


def save(client: Client, sent: dict[str, Any]) -> Any:
    return client.post(LIST, sent)


def test_the_empty_list_offers_rows_and_keeps_nothing(client: Client) -> None:
    """Sent as it stands it changes nothing and makes no record."""
    form = rows(client)
    assert sum(key.startswith("size-") for key in form) == EMPTY_ROWS
    assert {form[f"{key}-0"] for key in ("name", "was", "size", "unit")} == {""}
    assert save(client, form)["Location"] == LISTED
    assert VaultRecord.objects.count() == 0
    assert client.post(LIST, {}).status_code == 302
    assert VaultRecord.objects.count() == 0


@pytest.mark.parametrize(("sent", "stored"), ADDED)
def test_a_row_is_stored_as_it_was_told(client: Client, sent: dict[str, Any], stored: dict[str, Any]) -> None:
    """As on the drawing: with a name, not whole, of today."""
    response = save(client, rows(client) | {f"{key}-1": value for key, value in sent.items()})
    assert (response.status_code, response["Location"]) == (302, LISTED)
    assert facts_of(client) == {LESIONS: {"items": [{"name": "A"} | stored], "complete": False, "date": TODAY.isoformat()}}


def test_all_rows_are_saved_together_and_more_are_offered(client: Client) -> None:
    """Gaps between the rows do not matter."""
    save(client, rows(client) | told(0, "6", "3.4", "cm") | told(2, "8", "18", "mm") | told(3, "4a"))
    assert [(one["name"], one["segment"]) for one in lesions_of(client)] == [("A", "6"), ("B", "8"), ("C", "4a")]
    assert lesions_of(client)[1]["diameter_cm"] == mm(18.0)
    form = rows(client)
    assert [form[f"name-{place}"] for place in range(4)] == ["A", "B", "C", ""]
    assert sum(key.startswith("size-") for key in form) == 3 + EMPTY_ROWS


UNTOUCHED = {
    "two": {LESIONS: listed(item("A", "6", 3.4) | {"near": ["heart"]}, item("B", "8", 1.8) | {"near": []})},
    "open": {LESIONS: listed(item("A", "6", 3.4), complete=False)},
    "bound": {LESIONS: listed({"segment": "6", "name": "A", "diameter_cm": {"below": 5.0, "unit": "mm"}})},
    "nothing known": {LESIONS: listed(item("A", "unknown"), item("B", "unknown") | {"near": ["heart"]})},
    "no segment": {LESIONS: listed(item("A", "unknown", 2.0))},
    "month": {LESIONS: listed(item("A", "6", 2.0)) | {"date": "2026-01"}},
    "none": {LESIONS: listed()},
    "earlier": {LESIONS: listed(item("B", "6", 2.0)), EARLIER: [scan(90, item("A", size=2.0))]},
    "many": {LESIONS: listed(*(item(f"T{number}", size=2.0) for number in range(MOST_TUMORS)))},
}


@pytest.mark.parametrize("facts", list(UNTOUCHED.values()), ids=list(UNTOUCHED))
def test_the_list_saved_untouched_changes_nothing(client: Client, facts: dict[str, Any]) -> None:
    """It shows what is told, so saving it tells the same again: near, day and wholeness too."""
    put(client, facts)
    assert save(client, rows(client)).status_code == 302
    assert facts_of(client) == facts


def test_a_large_size_that_was_confirmed_is_not_asked_about_again_and_again(client: Client) -> None:
    """24 cm stands in the report, was asked about, and stays: another row is changed."""
    put(client, {LESIONS: listed(item("A", "6", 24.0), item("B", "8", 18.0))})
    assert save(client, rows(client) | {"segment-1": "7"}).status_code == 302
    assert [one["segment"] for one in lesions_of(client)] == ["6", "7"]


def test_a_changed_row_keeps_its_name_and_what_it_lies_next_to(two: Client) -> None:
    """And the list stays whole and of its day."""
    before = facts_of(two)[LESIONS]
    save(two, rows(two) | told(0, "5", "29", "mm"))
    assert named(two, "A") == {"segment": "5", "name": "A", "diameter_cm": mm(29.0), "near": ["heart"]}
    assert named(two, "B") == before["items"][1]
    assert (facts_of(two)[LESIONS]["complete"], facts_of(two)[LESIONS]["date"]) == (True, ago(10))


def test_an_emptied_row_removes_its_tumor(two: Client) -> None:
    save(two, rows(two) | told(0))
    assert [one["name"] for one in lesions_of(two)] == ["B"]
    assert facts_of(two)[LESIONS]["date"] == ago(10)


def test_an_emptied_list_does_not_say_that_there_is_none(two: Client) -> None:
    save(two, rows(two) | told(0) | told(1))
    assert LESIONS not in facts_of(two)
    assert NO_TUMOR not in shown(two, LIVER)


def test_a_new_row_opens_the_list_again(two: Client) -> None:
    """Whether these are all has to be said anew; the day stays."""
    save(two, rows(two) | told(2, "2", "1", "cm"))
    assert (facts_of(two)[LESIONS]["complete"], facts_of(two)[LESIONS]["date"]) == (False, ago(10))
    assert [one["name"] for one in lesions_of(two)] == ["A", "B", "C"]


def test_a_new_row_opens_the_list_again_where_another_is_emptied(two: Client) -> None:
    """As many as before, but not the same ones."""
    save(two, rows(two) | told(1) | told(2, "2", "1", "cm"))
    assert [one["segment"] for one in lesions_of(two)] == ["6", "2"]
    assert facts_of(two)[LESIONS]["complete"] is False


def test_a_new_row_takes_back_that_there_is_none(client: Client) -> None:
    about(client, "none", ago(5))
    save(client, rows(client) | told(0, "2", "1", "cm"))
    assert facts_of(client)[LESIONS]["complete"] is False
    assert len(lesions_of(client)) == 1


@pytest.mark.parametrize(("sent", "words"), REFUSED_SIZES)
def test_a_row_that_cannot_be_read_is_explained_and_no_row_is_stored(two: Client, sent: dict[str, Any], words: str) -> None:
    """Named by its row; all that was typed in every row is still there."""
    before = facts_of(two)
    typed = {f"{key}-2": value for key, value in ({"segment": "2", "unit": ""} | sent).items()}
    response = save(two, rows(two) | told(0, "5", "2.9", "cm") | typed)
    assert response.status_code == 422
    assert "Row 3:" in errors_in(response)
    assert words in errors_in(response)
    assert "Nothing is saved yet." in errors_in(response)
    assert '<p class="error">' in response.content.decode()
    kept = form_of(response, having="size-0")
    assert (kept["segment-0"], kept["size-0"], kept["segment-2"], kept["size-2"]) == ("5", "2.9", "2", sent["size"])
    assert facts_of(two) == before
    mended = save(two, kept | {"size-2": "1.1", "unit-2": "cm"})
    assert mended.status_code == 302
    assert [one["segment"] for one in lesions_of(two)] == ["5", "8", "2"]


@pytest.mark.parametrize(("size", "unit", "others", "meant"), SLIPS)
def test_a_slip_in_a_row_is_asked_about(client: Client, size: str, unit: str, others: list[float], meant: float) -> None:
    """For that row only; no answer asks again; each answer does what it says."""
    form = rows(client) | told(3, "6", size, unit)
    for place, other in enumerate(others):
        form |= told(place, "8", str(other), "cm")
    asked = save(client, form)
    assert asked.status_code == 422
    assert "Row 4:" in errors_in(asked)
    assert f"I meant {meant:g} cm" in text_of(asked)
    form = form_of(asked, having="size-0")
    assert [key for key in form if key.startswith("size_is_right")] == ["size_is_right-3"]
    assert save(client, form | {"size_is_right-3": "moon"}).status_code == 422
    assert VaultRecord.objects.count() == 0
    for answer, stored in (("other", cm(meant)), ("as_written", {"value": float(size), "unit": unit})):
        put(client, {})
        assert save(client, form | {"size_is_right-3": answer}).status_code == 302
        assert lesions_of(client)[-1]["diameter_cm"] == stored
        assert [one["diameter_cm"] for one in lesions_of(client)[:-1]] == [cm(one) for one in others]


def test_an_answer_in_a_row_answers_no_other_size(client: Client) -> None:
    form = form_of(save(client, rows(client) | told(0, "6", "24", "cm")), having="size-0") | {"size_is_right-0": "as_written"}
    assert save(client, form | {"size-0": "38"}).status_code == 422
    assert save(client, form | told(1, "6", "38", "cm") | {"size_is_right-1": "as_written"}).status_code == 422
    assert save(client, form | {"asked_about-0": ""}).status_code == 422
    assert LESIONS not in facts_of(client)


def test_a_row_far_from_the_scan_before_is_asked_about(client: Client) -> None:
    """As on the drawing: 12 cm where the same tumor measured 1.2 cm."""
    put(client, {LESIONS: listed(item("A", size=1.4)), EARLIER: [scan(90, item("A", size=1.2))]})
    for size, unit in (("12", "cm"), ("1.3", "mm")):
        assert save(client, rows(client) | told(0, "6", size, unit)).status_code == 422, (size, unit)


@pytest.mark.parametrize("meanwhile", ["changed", "moved", "changed as a list"])
def test_a_row_that_was_changed_in_another_window_is_refused(two: Client, meanwhile: str) -> None:
    """With words, and nothing is overwritten, in no row."""
    old = rows(two) | told(0, "5", "2.9", "cm")
    MEANWHILE[meanwhile](two)
    before = facts_of(two)
    response = save(two, old)
    assert response.status_code == 422
    assert "changed in another window" in errors_in(response)
    assert facts_of(two) == before


def test_a_row_that_was_removed_in_another_window_does_not_come_back(two: Client) -> None:
    """B was removed there; the list, opened before, still shows it."""
    old = rows(two) | told(0, "5", "2.9", "cm")
    remove(two, "B")
    response = save(two, old)
    assert response.status_code == 422 or [one["segment"] for one in lesions_of(two)] == ["5"]


def test_a_tumor_that_was_told_in_another_window_is_not_lost(two: Client) -> None:
    """The list, opened before, knows nothing of it."""
    old = rows(two) | told(0, "5", "2.9", "cm")
    add(two, "2", "1.2", "cm")
    response = save(two, old)
    assert response.status_code == 422 or "2" in {one["segment"] for one in lesions_of(two)}
    assert "2" in {one["segment"] for one in lesions_of(two)}


def test_an_untouched_list_in_an_old_window_loses_no_tumor(client: Client) -> None:
    """Opened while empty; two tumors told on the drawing since; "Save the list" pressed with one row filled."""
    old = rows(client)
    add(client, "6", "3.4", "cm")
    add(client, "8", "1.8", "cm")
    save(client, old | told(0, "2", "1.2", "cm"))
    assert {"6", "8"} <= {one["segment"] for one in lesions_of(client)}


@pytest.mark.parametrize("has_tumors", [False, True])
def test_a_list_sent_twice_counts_nothing_twice(client: Client, has_tumors: bool) -> None:
    """A press too many, or the back button and the same press again."""
    if has_tumors:
        tell_two(client)
    old = rows(client) | told(2, "2", "1.2", "cm")
    save(client, old)
    before = facts_of(client)
    save(client, old)
    assert facts_of(client) == before


FORGED_ROWS = [
    {"name-0": "<b>"},
    {"name-0": "Z" * 3000},
    {"name-0": "B"},
    {"name-1": "A"},
    {"was-0": "{}"},
    {"was-0": "[" * 5000},
    {"segment-0": "9"},
    {"segment-2": "<script>"},
    {"size-2": "9" * 4000, "unit-2": "cm"},
    {"size-2": "\x00", "unit-2": "cm"},
    {"size-9999": "2", "unit-9999": "cm", "segment-9999": "6"},
    {"size--1": "2", "unit--1": "cm", "segment--1": "6"},
    {"near-0": "moon"},
    {"near-2": "moon", "segment-2": "2"},
    {"size_is_right-0": "moon", "asked_about-0": "9" * 500},
    {"size-0": ["1", "2"]},
]


@pytest.mark.parametrize("sent", FORGED_ROWS, ids=lambda sent: "&".join(f"{key}={str(value)[:9]}" for key, value in sent.items()))
def test_forged_rows_break_nothing(two: Client, sent: dict[str, Any]) -> None:
    """Refused, or stored as something that can be read: no name twice, no tumor out of nothing."""
    assert save(two, rows(two) | sent).status_code in (302, 422)
    names = [one["name"] for one in lesions_of(two)]
    assert len(names) == len(set(names)) <= 3
    assert all(one["segment"] in SEGMENTS for one in lesions_of(two))
    for address in SHOWING:
        assert "no longer be read" not in shown(two, address)


def test_a_list_has_no_more_rows_than_can_be_listed(client: Client) -> None:
    """As on the drawing: beyond that, the number is told instead."""
    put(client, {LESIONS: listed(*(item(f"T{number}", size=2.0) for number in range(MOST_TUMORS)))})
    sent = rows(client) | {key: value for place in range(MOST_TUMORS, MOST_TUMORS + EMPTY_ROWS) for key, value in told(place, "2").items()}
    save(client, sent)
    assert len(lesions_of(client)) == MOST_TUMORS


@pytest.mark.parametrize("count", [MOST_TUMORS + 10, MOST_TUMORS + 20])
def test_a_longer_list_loses_no_tumor(client: Client, count: int) -> None:
    """As long as a bundle can make it: the page says that it cannot be changed as rows, and a list that is sent all the same drops none."""
    put(client, {LESIONS: listed(*(item(f"T{number}", size=2.0) for number in range(count)))})
    assert not [fields for fields, _ in forms_in(client.get(LIST)) if "size-0" in fields]
    assert f"more than {MOST_TUMORS} tumors" in shown(client, LIST)
    before = facts_of(client)
    assert client.post(LIST, told(0, "2", "1.2", "cm")).status_code == 422
    assert facts_of(client) == before


def test_the_rows_are_told_apart_and_named(two: Client) -> None:
    """Each row has a legend, each field a label, and the button stands in the same form."""
    response = two.get(LIST)
    html = response.content.decode()
    assert "Tumor A" in html
    assert "Tumor B" in html
    assert "Row 3" in html
    assert len([fields for fields, _ in forms_in(response) if "size-0" in fields]) == 1
    assert html.count("<label>Size <input") == html.count("<label>Segment <select") == 2 + EMPTY_ROWS
