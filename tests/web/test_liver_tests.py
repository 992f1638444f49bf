"""Blood tests of the liver: each result with its own unit and the range of its own report, the newest the one that rules use."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.conftest import FormClient
from tests.web.liver_helpers import (
    ADD_TESTS,
    LESIONS,
    OPEN,
    RESULTS,
    SHOWING,
    TESTS,
    ago,
    day_of,
    errors_in,
    form_of,
    item,
    listed,
    put,
    results,
    row,
    shown,
    situation_of,
)
from tests.web.test_form import drafts_of, facts_of
from wayline.web.models import VaultRecord

pytestmark = pytest.mark.django_db


def test_a_first_report_is_stored_with_the_labs_own_range(client: Client) -> None:
    """The day, the unit and the range, and nothing of what was left empty."""
    response = results(client, ago(7), alt="84 U/L 7-45", bilirubin="<7 umol/L -21")
    assert (response.status_code, response["Location"]) == (302, TESTS)
    facts = facts_of(client)
    assert {key: value for key, value in facts["labs.alt"].items() if key != "unit"} == {"value": 84.0, "date": ago(7)}
    assert facts["labs.alt_lln"]["value"] == 7
    assert facts["labs.alt_uln"]["value"] == 45
    assert facts["labs.bilirubin"] == {"below": 7.0, "unit": "umol/L", "date": ago(7)}
    assert facts["labs.bilirubin_uln"] == {"value": 21.0, "unit": "umol/L"}
    assert "labs.bilirubin_lln" not in facts
    assert RESULTS not in facts
    words = shown(client, TESTS)
    assert "84 U/L above the range" in words
    assert "7 to 45 U/L" in words


def test_newer_and_older_reports_fall_into_their_places(client: Client) -> None:
    """The newest result is the one that rules use, in whatever order they are told; each keeps the range of its own report."""
    results(client, ago(30), alt="60 U/L 7-45")
    results(client, ago(7), alt="84 U/L 10-50")
    results(client, ago(90), alt="96 U/L 7-40")
    facts = facts_of(client)
    assert facts["labs.alt"]["value"] == 84
    assert facts["labs.alt_uln"]["value"] == 50
    assert [(one["date"], one["value"], one["upper_limit"]) for one in facts[RESULTS]] == [(ago(90), 96, 40), (ago(30), 60, 45)]
    words = shown(client, TESTS)
    assert words.index("84 U/L") < words.index("60 U/L") < words.index("96 U/L")


@pytest.mark.parametrize("days", [7, 30])
def test_a_result_of_the_same_test_and_day_is_a_correction(client: Client, days: int) -> None:
    """Of the newest and of an earlier one."""
    results(client, ago(30), alt="60 U/L 7-45")
    results(client, ago(7), alt="84 U/L 7-45")
    results(client, ago(days), alt="66 U/L 7-45")
    facts = facts_of(client)
    assert len(facts[RESULTS]) == 1
    assert 66 in (facts["labs.alt"]["value"], facts[RESULTS][0]["value"])


def test_the_same_report_sent_twice_is_told_once(client: Client) -> None:
    results(client, ago(30), alt="60 U/L 7-45")
    for _ in range(2):
        results(client, ago(7), alt="84 U/L 7-45", ast="70 U/L")
    assert [one["value"] for one in facts_of(client)[RESULTS]] == [60]


def test_the_range_of_one_report_does_not_leak_to_another(client: Client) -> None:
    """A newer result without a range has none, in the same unit and in another."""
    results(client, ago(30), bilirubin="0.9 mg/dL 0.2-1.2", alt="60 U/L 7-45")
    results(client, ago(7), bilirubin="20 umol/L", alt="70 U/L")
    facts = facts_of(client)
    for lab in ("bilirubin", "alt"):
        assert f"labs.{lab}_uln" not in facts
        assert f"labs.{lab}_lln" not in facts
    old = next(one for one in facts[RESULTS] if one["lab"] == "labs.bilirubin")
    assert (old["value"], old.get("unit", "mg/dL"), old["lower_limit"], old["upper_limit"]) == (0.9, "mg/dL", 0.2, 1.2)
    assert "needed for a grade" in shown(client, TESTS)


OFFERED = [
    # the range of the last report, what is left of it, in another unit
    ("0.2-1.2", {}),
    ("-1.2", {}),
    ("0.2-", {}),
    ("0.2-1.2", {"labs.bilirubin:low": ""}),
    ("0.2-1.2", {"labs.bilirubin:high": ""}),
]


@pytest.mark.parametrize(("told", "changed"), OFFERED)
def test_a_range_that_was_offered_for_one_unit_is_not_taken_for_another(client: Client, told: str, changed: dict[str, str]) -> None:
    """The page offers the last report's range; with another unit chosen and the range left as it stands, it is asked about."""
    results(client, ago(30), bilirubin=f"0.9 mg/dL {told}")
    before = facts_of(client)
    form = form_of(client.get(ADD_TESTS), having="date") | {"date": ago(7), "labs.bilirubin:value": "20", "labs.bilirubin:unit": "umol/L"}
    response = client.post(ADD_TESTS, form | changed)
    assert response.status_code == 422
    assert "another unit" in errors_in(response)
    assert facts_of(client) == before
    mended = form_of(response, having="date") | {"labs.bilirubin:low": "3", "labs.bilirubin:high": "21"}
    assert client.post(ADD_TESTS, mended).status_code == 302
    assert facts_of(client)["labs.bilirubin_uln"] == {"value": 21.0, "unit": "umol/L"}


@pytest.mark.parametrize("changed", [{}, {"labs.bilirubin:high": "1.3"}, {"labs.bilirubin:low": "", "labs.bilirubin:high": ""}])
def test_the_range_that_was_offered_is_taken_in_its_own_unit(client: Client, changed: dict[str, str]) -> None:
    """Left, changed or emptied. And in another unit, once it is emptied."""
    results(client, ago(30), bilirubin="0.9 mg/dL 0.2-1.2")
    form = form_of(client.get(ADD_TESTS), having="date") | changed | {"date": ago(7), "labs.bilirubin:value": "1"}
    assert (form["labs.bilirubin:unit"], "labs.bilirubin:offered" in form) == ("mg/dL", True)
    assert client.post(ADD_TESTS, form).status_code == 302
    limit = facts_of(client).get("labs.bilirubin_uln", {"value": ""})["value"]
    assert str(limit) == str(changed.get("labs.bilirubin:high", "1.2"))
    empty = {"labs.bilirubin:low": "", "labs.bilirubin:high": "", "labs.bilirubin:unit": "umol/L"}
    assert client.post(ADD_TESTS, form | empty | {"date": ago(5)}).status_code == 302


def test_two_units_are_brought_together(client: Client) -> None:
    """The table shows both in the fact's unit, each against its own range."""
    results(client, ago(30), bilirubin="34.2 umol/L 3-20.5")
    results(client, ago(7), bilirubin="1 mg/dL 0.2-1.2")
    words = shown(client, TESTS)
    assert "2 mg/dL above the range" in words
    assert "1 mg/dL within the range" in words


def test_limits_in_two_units_are_not_filled_in(client: Client) -> None:
    put(client, {"labs.bilirubin_lln": {"value": 3, "unit": "umol/L"}, "labs.bilirubin_uln": {"value": 1.2, "unit": "mg/dL"}})
    form = form_of(client.get(ADD_TESTS), having="date")
    assert {form[f"labs.bilirubin:{part}"] for part in ("low", "high", "offered")} == {""}


REFUSED_TESTS = [
    (7, {"alt": "84 U/L 7-<45"}, "two plain numbers"),
    (7, {"bilirubin": "1 - 0.2-1.2"}, "Choose the unit that the report prints: mg/dL or"),
    (7, {"bilirubin": "1 furlong"}, "Choose the unit"),
    (7, {"alt": "high U/L"}, "Write a number"),
    (7, {"alt": "84 U/L low-45"}, "Write a number"),
    (7, {"bilirubin": "900 mg/dL"}, "not possible"),
    (7, {"alt": "84 U/L 45-7"}, "the upper limit must lie above the lower one"),
    (7, {"alt": "84 U/L 7-0"}, "an upper limit lies above 0"),
    ("", {"alt": "84 U/L"}, "Write the day"),
    ("2099-01-01", {"alt": "84 U/L"}, "lies in the future"),
    ("1850-01-01", {"alt": "84 U/L"}, "lies too far back"),
    ("last week", {"alt": "84 U/L"}, "Write the day"),
    (ago(7) + "5", {"alt": "84 U/L"}, "Write the day"),
    (7, {}, "Fill in at least one result"),
    ("", {}, "Fill in at least one result"),
]


@pytest.mark.parametrize(("day", "tests", "words"), REFUSED_TESTS)
def test_results_that_cannot_be_read_are_explained(client: Client, day: int | str, tests: dict[str, str], words: str) -> None:
    """Nothing is stored, what was typed stays, no name of ours stands in the words."""
    response = results(client, day_of(day), **tests)
    assert response.status_code == 422
    assert words.lower() in errors_in(response).lower()
    assert "Nothing is saved yet." in errors_in(response)
    for inner in ("labs.", "_uln", "_lln", "lower_limit", "upper_limit"):
        assert inner not in errors_in(response)
    form = form_of(response, having="date")
    assert form["date"] == day_of(day)
    for lab, told in tests.items():
        assert form[f"labs.{lab}:value"] == told.split()[0]
    assert VaultRecord.objects.count() == 0


@pytest.mark.parametrize("day", ["2099-01-01", "1850-01-01", "last week"])
def test_a_wrong_day_is_told_once_beside_the_day(client: Client, day: str) -> None:
    """Not beside every result."""
    response = results(client, day, alt="84 U/L", ast="70 U/L")
    assert re.search(r'<div class="field wrong" id="report-date">', response.content.decode())
    assert errors_in(response).count("look again") == 1
    assert response.content.decode().split('role="alert"')[1].split("</ul>")[0].count("<li>") == 1


def test_one_wrong_result_stores_none_of_the_others(client: Client) -> None:
    assert results(client, ago(7), alt="84 U/L 7-45", ast="x U/L").status_code == 422
    assert "labs.alt" not in facts_of(client)


FORGED_TESTS = [
    {"labs.alt:value": "9" * 5000},
    {"labs.alt:value": "84", "labs.alt:unit": "<script>alert(1)</script>"},
    {"labs.alt:value": "84", "labs.alt:low": "\x00"},
    {"labs.alt:value": "84", "labs.alt:low": "7", "labs.alt:offered": "7  <script>alert(1)</script>"},
    {"labs.alt:value": "84", "labs.alt:offered": " " * 500},
    {"labs.inr:value": "1.1", "labs.inr:unit": "km"},
    {"labs.nothing:value": "1"},
    {"labs.alt:value": ["84", "85"]},
    {"date": ago(7) + "T00:00", "labs.alt:value": "84"},
]


@pytest.mark.parametrize("sent", FORGED_TESTS)
def test_forged_results_break_nothing(client: Client, sent: dict[str, Any]) -> None:
    response = client.post(ADD_TESTS, {"date": ago(7), "labs.alt:unit": "U/L"} | sent)
    assert response.status_code in (302, 422)
    assert b"<script>alert" not in response.content
    for address in SHOWING:
        assert "no longer be read" not in shown(client, address)


@pytest.mark.parametrize("newer", [{"times_uln": 2}, {"times_uln": {"below": 3}}])
def test_an_older_report_does_not_take_the_place_of_a_newer_value_in_another_form(client: Client, newer: dict[str, Any]) -> None:
    """ "Twice the upper limit", told a week ago, is not undone by a report of last month, which is kept as an earlier result."""
    put(client, {"labs.alt": newer | {"date": ago(7)}})
    assert results(client, ago(30), alt="40 U/L 7-45").status_code == 302
    assert facts_of(client)["labs.alt"] == newer | {"date": ago(7)}
    assert [(one["date"], one["value"]) for one in facts_of(client)[RESULTS]] == [(ago(30), 40)]
    assert "labs.alt_uln" not in facts_of(client)
    assert results(client, ago(30), alt="44 U/L 7-45").status_code == 302
    assert [(one["date"], one["value"]) for one in facts_of(client)[RESULTS]] == [(ago(30), 44)]


@pytest.mark.parametrize("days", [7, 2])
def test_a_report_of_the_same_day_or_later_takes_the_place_of_a_value_in_times_the_limit(client: Client, days: int) -> None:
    put(client, {"labs.alt": {"times_uln": 2, "date": ago(7)}})
    assert results(client, ago(days), alt="40 U/L 7-45").status_code == 302
    assert facts_of(client)["labs.alt"]["value"] == 40
    assert str(situation_of(client).told["labs.alt"].date) == ago(days)


def test_an_older_report_does_not_undo_a_newer_value_whose_correction_waits(client: Client) -> None:
    """84 of last week stands in the record, and "high" was typed over it; a report of last month must lose neither."""
    put(client, {"labs.alt": {"value": 84.0, "date": ago(7)}}, {"labs.alt": {"": "high", "date": ago(7)}})
    assert results(client, ago(30), alt="40 U/L 7-45").status_code == 302
    facts = facts_of(client)
    values = [facts["labs.alt"]["value"], *(one["value"] for one in facts.get(RESULTS, []))]
    assert 84.0 in values


def test_a_newer_report_takes_the_place_of_an_answer_that_waits(client: Client) -> None:
    put(client, {}, {"labs.alt": {"": "high", "date": ago(7)}, "labs.ast": {"": "low"}})
    results(client, ago(2), alt="84 U/L 7-45")
    assert "labs.alt" not in drafts_of(client)
    assert "labs.ast" in drafts_of(client)
    assert situation_of(client).number("labs.alt").low == 84  # type: ignore[union-attr]


def test_plain_results_work(client: Client) -> None:
    """Numbers without a day, results as a mapping."""
    stored = {"items": [row("alt", 60, 96)], "complete": False}
    put(client, {"labs.alt": 40, "labs.alt_uln": 45, RESULTS: stored})
    assert form_of(client.get(ADD_TESTS), having="date")["labs.alt:high"] == "45"
    assert results(client, ago(30), alt="60 U/L 7-45").status_code == 302
    for address in SHOWING:
        assert "no longer be read" not in shown(client, address)


def test_two_windows_add_results_without_losing_one(client: Client) -> None:
    other = FormClient()
    results(client, ago(30), alt="60 U/L 7-45")
    other.cookies = client.cookies
    results(client, ago(7), alt="84 U/L 7-45")
    results(other, ago(8), ast="70 U/L 7-45")
    facts = facts_of(client)
    assert {"labs.alt", "labs.ast", RESULTS} <= set(facts)


def test_the_scores_are_folded_and_named_for_what_they_are(client: Client) -> None:
    """Nobody meets a class by chance; its name and whose disease it was made for stand before it."""
    results(client, ago(7), bilirubin="1 mg/dL 0.2-1.2", albumin="4 g/dL", inr="1")
    html = client.get(TESTS).content.decode()
    before, scores = html.split("Two named scores, made for other diseases")
    caution, folded = scores.split("<details", 1)
    assert "Child-Pugh for scarring of the liver" in caution
    assert "<table" in folded.split("</details>")[0]
    for result in ("Child-Pugh class", "ALBI grade"):
        assert result not in before + caution
        assert result in folded.split("</details>")[0]
    assert not folded.split(">")[0].endswith("open")


# --- What decides each treatment -------------------------------------------------------------------------------------


def test_the_page_on_limits_says_what_decides_and_promises_nothing(client: Client) -> None:
    """Its name, its order, and no word of the old name."""
    for words in (shown(client, OPEN), shown(client, "/liver/")):
        assert "Liver treatments: what decides" in words
        assert "stay open" not in words
    words = shown(client, OPEN)
    assert "not of worth" in words
    assert "A limit that is met does not say that the treatment is right for you." in words


def test_what_is_asked_most_stands_on_top_with_a_way_to_tell_it(client: Client) -> None:
    """Before the first treatment, the most asked first, each with its number of treatments."""
    html = client.get(OPEN).content.decode()
    before = html.split("<article")[0]
    asked = re.findall(r'<a href="(/[^"]+)">([^<]+)</a> \((\d+) treatments?\)', before)
    assert len(asked) == 3
    counts = [int(count) for _, _, count in asked]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 0
    for address, _, _ in asked:
        assert client.get(address.partition("#")[0]).status_code == 200
    put(client, {LESIONS: listed(item("A", "6", 2.0))})
    assert "Size of the largest liver tumor" not in client.get(OPEN).content.decode().split("<article")[0]


STATES = {"fits the usual limit", "beyond the usual limit, ask", "beyond the limit", "not told yet", "no fixed limit"}


@pytest.mark.parametrize("size", [None, 1.0, 2.9, 4.0, 6.0, 12.0])
def test_each_limit_is_told_in_one_of_five_words(client: Client, size: float | None) -> None:
    """Beside a mark, never by color alone; nothing told: no limit fits."""
    if size is not None:
        put(client, {LESIONS: listed(item("A", "6", size))})
    html = client.get(OPEN).content.decode()
    lines = re.findall(r'<li class="limit [a-z_]+"><span class="mark [a-z_]+" aria-hidden="true"></span>.*?</li>', html)
    assert lines
    words = {re.sub(r".*<span class=\"word\">(.*?)</span>.*", r"\1", line) for line in lines}
    assert words <= STATES
    assert size is not None or "fits the usual limit" not in words


def test_what_is_said_of_every_limit_is_true_of_every_limit(client: Client) -> None:
    """With nothing told: what follows from the cancer alone is not "not told yet"."""
    html = client.get(OPEN).content.decode()
    words = set(re.findall(r'<li class="limit [^>]*>.*?<span class="word">(.*?)</span></li>', html))
    assert "every limit below is “not told yet”" not in html or words == {"not told yet"}


def test_a_larger_tumor_fits_no_limit_more(client: Client) -> None:
    fitting = []
    for size in (1.0, 2.9, 4.0, 6.0, 12.0):
        put(client, {LESIONS: listed(item("A", "6", size))})
        fitting.append(client.get(OPEN).content.decode().count('Size: <span class="word">fits the usual limit'))
    assert fitting == sorted(fitting, reverse=True)
    assert fitting[0] > fitting[-1]
