"""What holds on every page on the liver: it opens, says what is lost or waits, keeps its forms safe, and tells nobody what was typed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.web.conftest import FormClient
from tests.web.liver_helpers import (
    ADD_TESTS,
    ANEW,
    COUNT,
    CT,
    EARLIER,
    LESIONS,
    LIST,
    LIVER,
    NO_TUMOR,
    OPEN,
    PAGES,
    REPORT,
    RESULTS,
    SCANS,
    SIDES,
    TESTS,
    TODAY,
    TUMORS,
    WRITING,
    about,
    add,
    ago,
    confirm,
    edit,
    errors_in,
    form_of,
    forms_in,
    item,
    listed,
    paste,
    put,
    results,
    row,
    scan,
    shown,
    situation_of,
    tell_scan,
    tell_two,
)
from tests.web.test_form import drafts_of, facts_of
from tests.web.test_pages import NEVER, handler_text, text_of
from wayline.library import library
from wayline.web.models import VaultRecord
from wayline.web.vault import LARGEST_RECORD_BYTES, Contents, Vault

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", PAGES)
def test_a_visitor_with_nothing_told_is_told_what_to_do_first(client: Client, address: str) -> None:
    """Each page opens, judges nothing, leaves no record and says of nothing that it is not there."""
    response = client.get(address)
    words = text_of(response)
    assert response.status_code == 200
    assert settings.VAULT_COOKIE not in client.cookies
    assert VaultRecord.objects.count() == 0
    assert NO_TUMOR not in words
    for wrong in ("no longer be read", "could not be read yet", "Two of your answers differ"):
        assert wrong not in words
    assert "worth asking about" not in words.replace("which ones to ask about", "") or address == OPEN
    assert client.head(address).status_code == 200
    assert client.head(address).content == b""


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
@pytest.mark.parametrize("address", [*PAGES, ANEW])
def test_other_methods_are_refused(client: Client, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == 405
    assert settings.VAULT_COOKIE not in client.cookies


@pytest.mark.parametrize("address", [one for one in PAGES if one not in WRITING])
def test_pages_that_only_show_take_no_form(client: Client, address: str) -> None:
    assert client.post(address, {"segment": "6"}).status_code == 405


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_takes_no_list_back(client: Client, method: str) -> None:
    put(client, BROKEN["segment"])
    before = facts_of(client)
    assert getattr(client, method)(ANEW).status_code == 405
    assert facts_of(client) == before


@pytest.mark.parametrize("address", WRITING)
def test_a_form_without_its_token_is_refused(address: str) -> None:
    strict = FormClient(enforce_csrf_checks=True)
    put(strict, {LESIONS: listed(item("A", size=2.0)), EARLIER: "two"} if address == ANEW else {LESIONS: listed(item("A", size=2.0))})
    before = facts_of(strict)
    sending: list[dict[str, Any]] = [
        {"segment": "6", "do": "save"},
        {"name": "A", "do": "remove"},
        {"take": "0", "do": "take"},
        {"date": ago(9)},
        {"size-0": "", "name-0": "A"},
        {},
    ]
    for sent in sending:
        assert strict.post(address, sent).status_code == 403
    assert facts_of(strict) == before


@pytest.fixture
def filled(client: Client) -> Client:
    """Two scans, blood tests of two reports, treatment told."""
    current = [item("A", "6", 3.4) | {"near": ["hepatic_vein"]}, item("B", "8", 1.8), item("C", "unknown")]
    facts = {
        LESIONS: listed(*current),
        EARLIER: [scan(100, item("A", "6", 2.9), item("B", "8", 2.4))],
        RESULTS: [{"lab": "labs.alt", "date": ago(60), "value": 96, "lower_limit": 7, "upper_limit": 45}],
        "labs.alt": {"value": 84.0, "date": ago(7)},
        "labs.alt_lln": {"value": 7.0},
        "labs.alt_uln": {"value": 45.0},
        "labs.bilirubin": {"below": 7.0, "unit": "umol/L", "date": ago(7)},
        "metastases.liver": {"value": True},
    }
    put(client, facts)
    return client


def pages_of_forms(client: Client) -> list[Any]:
    """The pages that a form makes: a reading to confirm, questions, errors."""
    return [
        paste(client, CT),
        confirm(client, CT, {"take": ["0"], "date": "soon"}),
        client.post(TUMORS, {"do": "edit", "name": "A"}),
        client.post(TUMORS, {"do": "ask-remove", "name": "A"}),
        client.post(SCANS, {"do": "ask-remove", "date": ago(100)}),
        add(client, "6", "24", "cm"),
        about(client, "none", "soon"),
        tell_scan(client, "soon", "24 cm", "x", others=""),
        client.post(LIST, form_of(client.get(LIST), having="size-0") | {"size-3": "24", "unit-3": "cm", "size-4": "2"}),
        results(client, "soon", alt="x"),
    ]


@pytest.mark.parametrize("address", PAGES)
def test_every_form_is_posted_with_its_token_and_no_answer_stands_in_a_link(filled: Client, address: str) -> None:
    """No form sends answers in an address, no link holds more than a page's name and a place on it."""
    html = filled.get(address).content.decode()
    for form in re.findall(r"<form[^>]*>.*?</form>", html, re.DOTALL):
        assert 'method="post"' in form
        assert "csrfmiddlewaretoken" in form
        assert "action=" not in form
    own = [link for link in re.findall(r'href="(/[^"]*)"', html) if not link.startswith("/static/")]
    assert [link for link in own if "?" in link.removesuffix("?print=large")] == []
    assert "style=" not in html


def test_the_pages_that_forms_make_are_as_safe(filled: Client) -> None:
    """Posted, with a token, to a page of ours; nothing typed in a link; every form of one page closes before the next begins."""
    pages = pages_of_forms(filled)
    put(filled, {LESIONS: "many", "labs.alt": {"value": 84.0, "date": ago(7)}})
    for page in [*pages, add(filled, "6", "2", "cm"), filled.get(LIVER)]:
        html = page.content.decode()
        forms = re.findall(r"<form[^>]*>.*?</form>", html, re.DOTALL)
        assert forms
        assert html.count("<form") == len(forms)
        for form in forms:
            assert form.count("<form") == 1
            assert 'method="post"' in form
            assert "csrfmiddlewaretoken" in form
            assert set(re.findall(r'action="([^"]*)"', form)) <= {TUMORS, SCANS, ANEW}
        own = [link for link in re.findall(r'href="(/[^"]*)"', html) if not link.startswith("/static/")]
        assert [link for link in own if "?" in link.removesuffix("?print=large")] == []
        assert "style=" not in html
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


@pytest.mark.parametrize("address", PAGES)
def test_what_must_never_be_shown_is_not_shown(filled: Client, address: str) -> None:
    """Words that promise, rank, frighten, blame, falsely calm, or judge one person's result."""
    never = (*NEVER, "best treatment", "only option left", "failed", "fight", "cure", "this is normal", "eligible", "you are a candidate",
             "good news", "bad news", "median", "survival", "life expectancy", "hepatocellular carcinoma")  # fmt: skip
    words = shown(filled, address).lower().split(" sources show ")[0]  # the titles of studies are their authors' own
    assert [phrase for phrase in never if phrase.lower() in words] == []


def test_unknown_is_shown_as_not_known_and_never_as_none_or_zero(client: Client) -> None:
    """No size, no place, no "next to", an incomplete list, results without a range: each says so."""
    bare = {"segment": "unknown", "name": "A"}
    put(
        client,
        {LESIONS: listed(bare, complete=False), EARLIER: [scan(90, bare, complete=False)], "labs.alt": {"value": 40, "date": ago(3)}},
    )
    html = client.get(LIVER).content.decode()
    assert '<td data-label="Size">size not known</td>' in html
    assert '<td data-label="Next to">not known</td>' in html
    assert "not told" in shown(client, LIVER)
    scans = shown(client, SCANS)
    assert "not known" in scans
    assert "the list may have gaps" in scans
    for page in (shown(client, LIVER), shown(client, TUMORS), scans):
        assert not re.search(r"\b0 (mm|cm)\b", page)
        assert NO_TUMOR not in page
        assert "none of the places" not in page
    assert "within the range" not in shown(client, TESTS)
    assert "Child-Pugh class: not known" in shown(client, TESTS)
    form = form_of(client.get(LIST), having="size-0")
    assert (form["segment-0"], form["size-0"], form["unit-0"]) == ("unknown", "", "")


# --- What waits, and what contradicts ---------------------------------------------------------------------------------

DRAFTS = {
    "labs.bilirubin": "high",
    COUNT: "many",
    "liver.largest_cm": "big",
    LESIONS: "A",
}


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("fact", list(DRAFTS))
def test_a_draft_breaks_no_page_and_is_named(client: Client, fact: str, address: str) -> None:
    """An answer that could not be read yet is not used, and every page on the liver says so, with the way to it."""
    told: dict[str, Any] = {
        "labs.bilirubin": {"value": 1, "date": ago(3)},
        COUNT: {"value": 2, "date": ago(3)},
        "liver.largest_cm": {"value": 2, "date": ago(3)},
        LESIONS: listed(item("A")),
    }
    put(client, {fact: told[fact]}, {fact: {"": DRAFTS[fact]}})
    html = client.get(address).content.decode()
    assert "could not be read yet" in html, address
    assert f">{library().vocabulary[fact].label}</a>" in html.split("could not be read yet")[1].split("</p>")[0]


def test_a_draft_of_something_else_is_not_named_here(client: Client) -> None:
    put(client, {}, {"person.age": {"": "old"}})
    for address in PAGES:
        assert "could not be read yet" not in shown(client, address)


CONTRADICTIONS = {
    "count": {COUNT: {"value": 3, "date": ago(3)}},
    "largest": {"liver.largest_cm": {"value": 5, "date": ago(3)}},
    "sides": {SIDES: {"value": "one_lobe", "date": ago(3)}},
    "vessel": {"liver.near_large_vessel": {"value": False, "date": ago(3)}},
}


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("told", list(CONTRADICTIONS))
def test_a_contradiction_between_an_answer_and_the_list_is_named(client: Client, told: str, address: str) -> None:
    """Neither is taken, and every page on the liver says so, with the way to the answer."""
    tumors = [item("A", "6", 2.0) | {"near": ["hepatic_vein"]}, item("B", "2", 1.0)]
    put(client, CONTRADICTIONS[told] | {LESIONS: listed(*tumors, days_ago=2)})
    (fact,) = CONTRADICTIONS[told]
    assert situation_of(client).finding(fact).state == "conflict"
    words = shown(client, address)
    assert "Two of your answers differ" in words, address
    assert library().vocabulary[fact].label in words.split("Two of your answers differ")[1][:200]


def test_a_number_that_contradicts_the_list_decides_nothing(client: Client) -> None:
    """Three were counted on the scan before; the newer one lists two, and these are all: neither is taken, and the limits say why."""
    put(client, {COUNT: {"value": 3, "date": ago(40)}, LESIONS: listed(item("A", size=2.0), item("B", size=1.0), days_ago=2)})
    assert situation_of(client).number(COUNT) is None
    assert "what was told and what follows from other facts differ" in shown(client, OPEN)


# --- Too much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [TUMORS, LIST, SCANS, ADD_TESTS, REPORT])
def test_more_than_a_record_holds_is_refused_and_changes_nothing(client: Client, address: str) -> None:
    """413, in words, with a way back."""
    facts = {LESIONS: listed(item("A", size=2.0))}
    put(client, facts, {"person.note": {"": "x" * (LARGEST_RECORD_BYTES - 270)}})
    sent: dict[str, dict[str, Any]] = {
        TUMORS: {"do": "save", "segment": "6", "size": "3", "unit": "cm", "near": ["heart", "bowel"]},
        LIST: form_of(client.get(LIST), having="size-0") | {"segment-1": "2", "size-1": "3", "unit-1": "cm"},
        SCANS: {"do": "save", "date": ago(2), "others": "no", "size:A": "2", "unit:A": "cm"},
        ADD_TESTS: {"date": ago(2), "labs.alt:value": "84", "labs.alt:unit": "U/L"},
        REPORT: form_of(paste(client, CT), "take") | {"take": ["0", "1"], "date": ago(10)},
    }
    response = client.post(address, sent[address])
    assert response.status_code == 413
    assert "Nothing was changed" in text_of(response)
    assert f'href="{LIVER}"' in response.content.decode()
    assert facts_of(client) == facts


# --- What can no longer be read ---------------------------------------------------------------------------------------

BROKEN: dict[str, dict[str, Any]] = {
    "segment": {LESIONS: [{"segment": 99}]},
    "items null": {LESIONS: {"items": None}},
    "items word": {LESIONS: {"items": "A"}},
    "items of numbers": {LESIONS: {"items": [1, 2]}},
    "list of words": {LESIONS: ["A"]},
    "word": {LESIONS: "many"},
    "number": {LESIONS: 3},
    "empty": {LESIONS: {}},
    "place": {LESIONS: {"items": [{"segment": "6", "name": "A", "near": ["older_place"]}], "complete": True, "date": ago(5)}},
    "near word": {LESIONS: [{"segment": "6", "near": "heart"}]},
    "size word": {LESIONS: [{"segment": "6", "name": "A", "diameter_cm": "big"}]},
    "size unit": {LESIONS: [{"segment": "6", "name": "A", "diameter_cm": {"value": 2, "unit": "inch"}}]},
    "name list": {LESIONS: [{"segment": "6", "name": ["A"]}]},
    "name twice": {LESIONS: [{"segment": "6", "name": "A"}, {"segment": "7", "name": "A"}]},
    "day": {LESIONS: {"items": [], "complete": True, "date": "soon"}},
    "later": {LESIONS: {"items": [{"segment": "6"}], "complete": True, "date": "2099-01-01"}},
    "scan without day": {LESIONS: listed(item("A")), EARLIER: [{"lesions": [item("A")]}]},
    "scan without tumors": {LESIONS: listed(item("A")), EARLIER: [{"date": ago(90)}]},
    "scan day null": {LESIONS: listed(item("A")), EARLIER: [{"date": None, "lesions": [item("A")], "complete": True}]},
    "scan tumors null": {LESIONS: listed(item("A")), EARLIER: [{"date": ago(90), "lesions": None}]},
    "scan of words": {LESIONS: listed(item("A")), EARLIER: [{"date": ago(90), "lesions": ["A"]}]},
    "scans word": {LESIONS: listed(item("A")), EARLIER: "two"},
    "scans null": {LESIONS: listed(item("A")), EARLIER: {"items": None}},
    "scans of words": {EARLIER: ["one"]},
    "unknown lab": {RESULTS: [{"lab": "labs.older", "date": ago(60), "value": 3}]},
    "result without lab": {RESULTS: [{"date": ago(60), "value": 3}]},
    "result without day": {RESULTS: [{"lab": "labs.alt", "value": 3}]},
    "results word": {RESULTS: "many"},
    "results of words": {RESULTS: ["one"]},
    "results null": {RESULTS: {"items": None}},
    "all lists": {LESIONS: "many", EARLIER: "two", RESULTS: "many", "labs.alt": {"value": 84, "date": ago(6)}},
    "limit word": {"labs.alt": {"value": 84, "date": ago(6)}, "labs.alt_uln": "high"},
    "limit unit": {"labs.alt": {"value": 84, "date": ago(6)}, "labs.alt_uln": {"value": 45, "unit": "furlong"}},
    "value word": {"labs.alt": {"value": "high", "date": ago(6)}},
    "value missing": {"labs.alt": {"date": ago(6)}},
}
# Odd, and yet readable: nothing may break on these either.
ODD: dict[str, dict[str, Any]] = {
    "size null": {LESIONS: [{"segment": "6", "name": "A", "diameter_cm": {"value": None}}]},
    "size null in a scan": {LESIONS: listed(item("A")), EARLIER: [scan(90, item("A") | {"diameter_cm": {"value": None}})]},
    "near null": {LESIONS: [{"segment": "6", "name": "A", "near": None, "date": None, "diameter_cm": None}]},
    "segment null": {LESIONS: [{"segment": None, "name": "A"}]},
    "segment number": {LESIONS: [{"segment": 6, "name": 5}]},
    "value for items": {LESIONS: {"value": [item("A", size=2.0)], "date": ago(5)}},
    "value empty": {LESIONS: {"value": [], "date": ago(5)}},
    "complete missing": {LESIONS: {"items": [item("A")], "date": ago(5)}},
    "year": {LESIONS: {"items": [item("A", size=2.0)], "date": 2020}},
    "year of a scan": {LESIONS: listed(item("A")), EARLIER: [scan(90, item("A", size=2.0)) | {"date": 2019}]},
    "month": {LESIONS: {"items": [item("A", size=2.0)], "date": ago(200)[:7]}},
    "days of their own": {LESIONS: [item("A", size=2.0) | {"date": ago(9)}, item("B") | {"date": ago(7)}]},
    "scans without names": {LESIONS: listed(item("A")), EARLIER: [{"date": ago(90), "lesions": [{"segment": "6"}]}]},
    "scans as value": {LESIONS: listed(item("A")), EARLIER: {"value": [scan(90, item("A"))]}},
    "two scans of a day": {LESIONS: listed(item("A")), EARLIER: [scan(10, item("A")), scan(10, item("A"))]},
    "an earlier scan that is later": {LESIONS: listed(item("A")), EARLIER: [scan(3, item("A", size=2.0))]},
    "name with a line": {LESIONS: listed(item("A b:c"), item("größer é"), item('"><b>'))},
    "results as value": {RESULTS: {"value": [row("alt", 60, 96)]}},
    "range of a result": {RESULTS: [row("alt", 60, {"at_least": 20, "at_most": 40})], "labs.alt": {"above": 1000, "date": ago(6)}},
    "result of a year": {RESULTS: [row("alt", 60, 96) | {"date": 2019}], "labs.alt": {"value": 84, "date": 2020}},
    "value null": {"labs.alt": {"value": None, "date": ago(6)}, "labs.alt_uln": {"value": None}},
    "limit bound": {"labs.alt": {"value": 84, "date": ago(6)}, "labs.alt_uln": {"below": 45}, "labs.alt_lln": {"at_most": 7}},
    "times": {"labs.alt": {"times_uln": {"above": 2}, "date": ago(6)}},
}


def lists_lost(facts: dict[str, Any], client: Client) -> list[str]:
    told = situation_of(client).told
    return [fact for fact in (LESIONS, EARLIER, RESULTS) if fact in facts and fact not in told]


@pytest.mark.parametrize("broken", list(BROKEN))
def test_a_stored_answer_that_cannot_be_read_breaks_no_page_and_is_named(client: Client, broken: str) -> None:
    """Every page on the liver opens and says what is lost; where it is a list, also how to go on."""
    facts = BROKEN[broken]
    put(client, facts)
    situation = situation_of(client)
    lost = [library().vocabulary[fact].label for fact in facts if fact not in situation.told]
    assert lost
    silent = []
    for address in PAGES:
        words = shown(client, address)
        assert NO_TUMOR not in words
        says = "can no longer be read" in words and all(label in words for label in lost)
        offers = "Take the unreadable list back" in words or not lists_lost(facts, client)
        silent += [] if says and offers else [address]
    assert silent == []
    assert facts_of(client) == facts


@pytest.mark.parametrize("odd", list(ODD))
def test_an_odd_answer_breaks_no_page(client: Client, odd: str) -> None:
    client.raise_request_exception = False
    put(client, ODD[odd])
    wrong = [f"{address}: {status}" for address in PAGES if (status := client.get(address).status_code) != 200]
    assert wrong == []
    assert facts_of(client) == ODD[odd]


@pytest.mark.parametrize("broken", [key for key, facts in BROKEN.items() if LESIONS in facts])
def test_an_unreadable_list_is_not_shown_as_none(client: Client, broken: str) -> None:
    """ "The scan shows no tumor" is not what the form has marked."""
    put(client, BROKEN[broken])
    assert form_of(client.get(TUMORS), "scan")["whole"] != "none"


def posts_of(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """One press of each button, the forms taken from the pages as they stand."""
    scans = [fields for fields, buttons in forms_in(client.get(SCANS)) if "save" in buttons]
    return [
        (TUMORS, {"do": "save", "segment": "6", "size": "2", "unit": "cm"}),
        (TUMORS, {"do": "edit", "name": "A"}),
        (TUMORS, {"do": "ask-remove", "name": "A"}),
        (TUMORS, {"do": "remove", "name": "A"}),
        (TUMORS, {"do": "scan", "whole": "more", "date": ago(5)}),
        (TUMORS, {"do": "scan", "whole": "none", "date": ago(5)}),
        (LIST, form_of(client.get(LIST), having="size-0") | {"segment-0": "2"}),
        (SCANS, {"do": "save", "date": ago(3), "others": "no"}),
        (SCANS, (scans or [{}])[0] | {"do": "save", "date": ago(150), "others": "no"}),
        (SCANS, {"do": "ask-remove", "date": ago(90)}),
        (SCANS, {"do": "remove", "date": ago(90)}),
        (ADD_TESTS, {"date": ago(3), "labs.alt:value": "84", "labs.alt:unit": "U/L"}),
        (ADD_TESTS, form_of(client.get(ADD_TESTS), having="date") | {"date": ago(400), "labs.alt:value": "84", "labs.alt:unit": "U/L"}),
        (REPORT, form_of(paste(FormClient(), CT), "take") | {"take": ["0"], "count": "0", "date": ago(3)}),
        (REPORT, form_of(paste(FormClient(), CT), "take") | {"take": ["0"], "how": "replace", "date": ago(0)}),
    ]


@pytest.mark.parametrize("odd", list(ODD))
def test_no_form_breaks_on_an_odd_answer(client: Client, odd: str) -> None:
    """Every press gives a page or a way on, never an error of ours, and what it leaves can be read."""
    client.raise_request_exception = False
    put(client, ODD[odd])
    posts = posts_of(client)
    posts += [(REPORT, form_of(paste(client, CT), "take") | {"take": ["0"], "how": how, "date": ago(0)}) for how in ("add", "replace")]
    changes = [form for form, buttons in forms_in(client.post(TUMORS, {"do": "edit", "name": "A"})) if buttons[:1] == ["save"]]
    posts += [(TUMORS, change | {"do": "save", "segment": "5"}) for change in changes]
    wrong = []
    for address, sent in posts:
        put(client, ODD[odd])
        status = client.post(address, sent).status_code
        lost = [fact for fact in facts_of(client) if fact not in situation_of(client).told and facts_of(client)[fact] != ODD[odd].get(fact)]
        if status not in (200, 302, 422) or lost:
            wrong.append(f"{address} {sent.get('do', '')}: {status} {lost}")
    assert wrong == []


@pytest.mark.parametrize("broken", list(BROKEN))
def test_a_form_changes_nothing_where_a_list_cannot_be_read(client: Client, broken: str) -> None:
    """409 in words, on whichever page: nothing is added, and so nothing is lost. Other lost answers stop no form."""
    client.raise_request_exception = False
    facts = BROKEN[broken]
    put(client, facts)
    lists = lists_lost(facts, client)
    wrong = []
    for address, sent in posts_of(client):
        put(client, facts)
        response = client.post(address, sent)
        if lists and (response.status_code != 409 or facts_of(client) != facts or "Nothing was changed" not in text_of(response)):
            wrong.append(f"{address} {sent.get('do', '')}: {response.status_code}")
        if not lists and response.status_code not in (200, 302, 422):
            wrong.append(f"{address} {sent.get('do', '')}: {response.status_code}")
    assert wrong == []


def test_a_report_is_not_read_in_vain_where_a_list_cannot_be_read(client: Client) -> None:
    """Nobody marks a whole reading to hear at its end that nothing can be added."""
    put(client, BROKEN["segment"])
    assert paste(client, CT).status_code == 409


@pytest.mark.parametrize("broken", [key for key, facts in BROKEN.items() if {LESIONS, EARLIER, RESULTS} & set(facts)])
def test_starting_anew_takes_back_the_unreadable_lists_and_no_other_answer(client: Client, broken: str) -> None:
    """From the page itself; afterwards tumors, scans and results can be told again."""
    rest = {"person.age": {"value": 61}, "labs.ast": {"value": 40.0, "date": ago(6)}, "metastases.liver": {"value": True}}
    vault = Vault(None, TODAY)
    vault.write(Contents(BROKEN[broken] | rest, {COUNT: {"": "many"}}, ["NCT00000001"]))
    client.cookies[settings.VAULT_COOKIE] = vault.cookie
    lists = lists_lost(BROKEN[broken], client)
    page = add(client, "6", "2", "cm")
    assert f'action="{ANEW}"' in page.content.decode()
    assert client.post(ANEW)["Location"] == LIVER
    contents = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, TODAY).read()
    assert contents.facts == {key: value for key, value in (BROKEN[broken] | rest).items() if key not in lists}
    assert (contents.drafts, contents.set_aside) == ({COUNT: {"": "many"}}, ["NCT00000001"])
    assert add(client, "8", "2", "cm").status_code == 302
    assert "segment 8" in shown(client, TUMORS)
    assert results(client, ago(3), alt="84 U/L").status_code == 302
    for address in PAGES:
        assert "can no longer be read" not in shown(client, address)


@pytest.mark.parametrize(
    "facts", [{}, {LESIONS: listed(item("A"))}, {"labs.alt": {"value": "high", "date": ago(6)}}, ODD["two scans of a day"]]
)
def test_starting_anew_takes_back_nothing_that_can_be_read(client: Client, facts: dict[str, Any]) -> None:
    """Nor what is no list."""
    put(client, facts)
    assert client.post(ANEW)["Location"] == LIVER
    assert facts_of(client) == facts


def test_starting_anew_makes_no_record(client: Client) -> None:
    assert client.post(ANEW)["Location"] == LIVER
    assert VaultRecord.objects.count() == 0


# --- Addresses and logs ----------------------------------------------------------------------------------------------


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_no_answer_on_the_liver_reaches_an_address_or_a_log(client: Client, logged: pytest.LogCaptureFixture) -> None:
    """Redirects hold page names only; refused and broken forms are logged without what was typed."""
    client.raise_request_exception = False
    answers = [
        add(client, "6", "3.4567", "cm"),
        add(client, "6", "34567.8", "cm"),
        client.post(TUMORS, edit(client, "A") | {"size": "3.5678"}),
        about(client, "all", ago(11)),
        client.post(LIST, form_of(client.get(LIST), having="size-0") | {"size-1": "5.6789", "unit-1": "cm"}),
        client.post(LIST, form_of(client.get(LIST), having="size-0") | {"size-3": "zebra", "unit-3": "cm"}),
        tell_scan(client, ago(2), "2.3456 cm"),
        tell_scan(client, ago(2), "zebra cm"),
        results(client, ago(7), alt="84.567 U/L 7-45"),
        confirm(client, "LIVER: 4.5678 cm zebra metastasis in segment 6.", {"take": ["0"], "date": ago(0), "how": "replace"}),
        confirm(client, "LIVER: 4.5678 cm zebra metastasis in segment 6.", {"take": ["0"], "date": "zebra"}),
    ]
    assert {response.status_code for response in answers} == {302, 422}
    for response in answers:
        address, _, place = response.headers.get("Location", LIVER).partition("#")
        assert address in PAGES
        assert place in ("", "listed")
    logs = "\n".join(map(handler_text, logged.records))
    for secret in ("3.4567", "34567.8", "3.5678", "5.6789", "2.3456", "zebra", "84.567", "4.5678", ago(11)):
        assert secret not in logs


@pytest.mark.parametrize("address", PAGES)
def test_an_answer_in_an_address_is_not_used(client: Client, address: str) -> None:
    """Nothing is read from a query, so no link can tell or change anything."""
    query = "?do=save&segment=6&size=7.77&unit=cm&size-0=7.77&unit-0=cm&text=ZEBRA&date=2026-01-01&labs.alt:value=777"
    response = client.get(address + query)
    assert response.status_code == 200
    assert "7.77" not in response.content.decode()
    assert "ZEBRA" not in response.content.decode()
    assert settings.VAULT_COOKIE not in client.cookies


def test_an_answer_in_the_address_of_a_form_is_not_used(client: Client) -> None:
    tell_two(client)
    before = facts_of(client)
    for address, query in ((TUMORS, "do=remove&name=A"), (SCANS, "do=save&date=2026-01-01&others=no"), (REPORT, f"do=take&text={CT[:99]}")):
        assert client.post(f"{address}?{query}").status_code in (200, 302)
    assert facts_of(client) == before
    assert errors_in(client.post(f"{LIST}?size-0=0&unit-0=cm")) == ""


def test_drafts_are_kept_by_every_form_that_does_not_answer_them(client: Client) -> None:
    put(client, {}, {COUNT: {"": "many"}, "labs.ast": {"": "low"}})
    add(client, "6", "2", "cm")
    about(client, "all", ago(5))
    tell_scan(client, ago(2), "2.2 cm")
    results(client, ago(2), alt="84 U/L")
    client.post(LIST, form_of(client.get(LIST), having="size-0"))
    assert set(drafts_of(client)) == {COUNT, "labs.ast"}
