"""The pages on trials: what a list, a card, a search and one study's page say, in every state that the mirror can be in."""

from __future__ import annotations

import re
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.web.old_records import record_of_form_1
from tests.web.test_pages import NEVER, TELLING, text_of
from tests.web.trial_records import SITE, days_ago, fill_mirror, record, without_dates
from wayline.facts.case import parse_case
from wayline.library import library
from wayline.reading import parse
from wayline.trials.mirror import FILE_NAME, Mirror, Standing
from wayline.web.trial_words import (
    BY_HAND,
    STATUS_WORDS,
    age_of,
    cut,
    is_shown_as_open,
    miles_in_words,
    paragraphs,
    phase_in_words,
    plain,
    status_in_words,
)
from wayline.web.trials import TrialShelf
from wayline.web.vault import Contents, Vault

pytestmark = pytest.mark.django_db

# Of a person with adenocarcinoma: fits with one rule open, stands in the way for good, and may change.
OPEN = record(1, "A study of Testumab", phases=["PHASE2"])
SQUAMOUS = record(
    2, "A study for squamous cancer", phases=["PHASE3"], criteria="Inclusion Criteria:\n\n* Squamous cell carcinoma of the esophagus"
)
MAY_CHANGE = record(3, "A study for the very active", criteria="Inclusion Criteria:\n\n* ECOG performance status of 0")
EVERYTHING_FITS = record(4, "A study that asks little", criteria="Inclusion Criteria:\n\n* Adenocarcinoma of the esophagus")
CLOSED = record(5, "A study that has ended", status="COMPLETED")
OTHER_CANCER = record(6, "A study of asthma", conditions=["Asthma"], criteria="Inclusion Criteria:\n\n* Asthma")
RECORDS = [OPEN, SQUAMOUS, MAY_CHANGE, EVERYTHING_FITS, CLOSED, OTHER_CANCER]

ALL_FOUR = ["A study that asks little", "A study of Testumab", "A study for the very active", "A study for squamous cancer"]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrialShelf:
    """A shelf over an empty folder, used by the pages in place of the server's own."""
    made = TrialShelf(tmp_path)
    for module in ("wayline.web.views.trials", "wayline.web.views.choices"):
        monkeypatch.setattr(f"{module}.shelf", lambda: made)
    return made


@pytest.fixture
def mirror(shelf: TrialShelf, tmp_path: Path) -> TrialShelf:
    """The shelf over a small mirror, read."""
    fill_mirror(tmp_path, RECORDS)
    shelf.begin_reading().join()
    return shelf


@pytest.fixture
def told(client: Client) -> Client:
    for step, answers in TELLING.items():
        client.post(f"/situation/step/{step}/", answers)
    return client


def loaded(shelf: TrialShelf, folder: Path, *records: dict[str, Any]) -> None:
    fill_mirror(folder, records)
    shelf.begin_reading().join()


def html_of(response: Any) -> str:
    return str(response.content.decode())


def titles(response: Any) -> list[str]:
    """The titles of the cards, in order."""
    return re.findall(r'<h[23]><a href="/trials/NCT\d{8}/">([^<]*)</a>', html_of(response))


def contents_of(client: Client) -> Contents:
    return Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, date.today()).read()  # noqa: DTZ011


# The states of the mirror


def test_without_a_mirror_the_example_list_is_shown_as_what_it_is(shelf: TrialShelf, told: Client) -> None:
    """Written by hand, with its day; rules are checked as ever; nothing in it is open."""
    page = told.get("/trials/")
    words = text_of(page)
    known = library().known_trials
    assert "This is an example list." in words
    assert "This server has no copy of the registry yet." in words
    assert f"written by hand on {known.written:%B} {known.written.day}, {known.written.year}" in words
    assert f"{len(known.trials)} studies" in words
    assert re.search(r"\d+ of \d+ rules? fits?\.", words)
    assert not re.search(r"(?:^|[.] )Taking people[.]", words)


def test_no_trial_of_the_example_list_is_ever_shown_as_open(shelf: TrialShelf, client: Client) -> None:
    """Whatever its status and however fresh the note: it is a note of ours, not the registry's word."""
    for known in library().known_trials.trials:
        words = text_of(client.get(f"/trials/{known.nct_id}/"))
        assert "This is an example, not the registry." in words
        assert not re.search(r"\. Taking people", words)
    assert not is_shown_as_open("RECRUITING", age_of(Standing(BY_HAND, days_ago(0), None), days_ago(0)))


def test_an_empty_mirror_is_named_and_shows_the_example(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    Mirror.open(tmp_path).close()
    words = text_of(client.get("/trials/"))
    assert "The copy of the registry on this server holds no studies yet." in words
    assert client.get(f"/trials/{library().known_trials.trials[0].nct_id}/").status_code == 200


def test_while_the_list_is_read_the_page_says_so_and_the_search_works(
    shelf: TrialShelf, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_mirror(tmp_path, RECORDS)
    go_on = threading.Event()
    read_mirror = TrialShelf._read_mirror
    monkeypatch.setattr(TrialShelf, "_read_mirror", lambda self, mark: go_on.wait(30) and read_mirror(self, mark))
    try:
        waiting = client.get("/trials/?phase=2")
        assert "The list is being read" in text_of(waiting)
        assert 'href="/trials/?phase=2"' in html_of(waiting)
        assert titles(client.post("/trials/search/", {"words": "Testumab"}))
        assert client.get("/trials/NCT00000001/").status_code == 200
    finally:
        go_on.set()
        shelf.begin_reading().join()
    assert "A study of Testumab" in titles(client.get("/trials/?phase=2"))


def test_a_damaged_mirror_is_told_calmly(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    """No page breaks; the options are still there, without counts of studies."""
    (tmp_path / FILE_NAME).write_bytes(b"this is no database" * 100)
    assert "cannot be shown right now" in text_of(told.get("/trials/"))
    assert told.get("/trials/NCT00000001/").status_code == 503
    broken = told.post("/trials/search/", {"words": "Testumab"})
    assert broken.status_code == 503
    assert "cannot be searched right now" in text_of(broken)
    assert "to ask for first" in text_of(told.get("/options/"))


def test_a_fault_while_reading_is_told_once_and_not_tried_again_and_again(
    shelf: TrialShelf, tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the mirror changes: then it is read anew."""
    fill_mirror(tmp_path, RECORDS)
    tries = []

    def fail(self: TrialShelf, mark: tuple[int, int]) -> None:
        tries.append(mark)
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(TrialShelf, "_read_mirror", fail)
        shelf.begin_reading().join()
        for _ in range(3):
            assert "cannot be shown right now" in text_of(client.get("/trials/"))
    assert len(tries) == 1
    loaded(shelf, tmp_path, record(7, "A study that came later"))
    assert "A study that came later" in titles(client.get("/trials/"))


def test_a_new_load_is_noticed(mirror: TrialShelf, tmp_path: Path, client: Client) -> None:
    """The older state is shown until the newer one is read; then the newer one."""
    assert "A study that came later" not in titles(client.get("/trials/"))
    fill_mirror(tmp_path, [record(7, "A study that came later")])
    client.get("/trials/")
    mirror.begin_reading().join()
    assert "A study that came later" in titles(client.get("/trials/"))


# The list


def test_without_facts_the_list_is_plain_and_invites(mirror: TrialShelf, client: Client) -> None:
    """Open studies about this cancer, no rule judged, the way to tell what is known."""
    page = client.get("/trials/")
    words = text_of(page)
    assert set(titles(page)) == {
        "A study of Testumab",
        "A study for squamous cancer",
        "A study for the very active",
        "A study that asks little",
    }
    assert "Tell what I know" in words
    assert "rules fit" not in words
    assert "Studies that name this cancer come first" in words
    assert "The order says nothing about which study is better." in words


def test_with_facts_the_list_is_grouped_counted_and_in_the_told_order(mirror: TrialShelf, told: Client) -> None:
    """Every rule fits, then what is open, then what has a rule in the way: of these first the one that may change."""
    page = told.get("/trials/")
    assert titles(page) == ["A study that asks little", "A study of Testumab", "A study for the very active", "A study for squamous cancer"]
    words = text_of(page)
    for heading in ("Every rule fits (1)", "Worth asking about (1)", "A rule stands in the way (2)"):
        assert words.count(heading) == 2, heading  # once in the jump list, once over its cards
    assert "fewest rules in the way that cannot change, then with the most rules that fit, then the nearest site" in words
    assert "The order says nothing about which study is better." in words


def test_a_card_says_what_the_design_asks(mirror: TrialShelf, told: Client) -> None:
    words = text_of(told.get("/trials/"))
    assert "This study may be worth asking about." in words
    assert "4 of 5 rules fit." in words
    assert re.search(r"1 we do not know: HER2[^.]*\.", words)
    assert "Only the study team can say if you can join." in words
    assert f"Record checked {days_ago(0):%B} {days_ago(0).day}, {days_ago(0).year}." in words
    assert "The study last changed it on October 2, 2026." in words
    assert "No one pays us to show this." in words
    assert "Questions to ask" in words
    assert "Not for me" in words


def test_only_an_obstacle_that_may_change_is_said_to_be_able_to(mirror: TrialShelf, told: Client) -> None:
    """ECOG may get better, a cell type does not."""
    cards = re.findall(r'<li class="trial-card">.*?</li>', html_of(told.get("/trials/")), flags=re.DOTALL)
    of_title = {re.findall(r"/\">([^<]*)</a>", one)[0]: text_of_html(one) for one in cards}
    may, cannot = of_title["A study for the very active"], of_title["A study for squamous cancer"]
    assert "You may not be able to join because of this rule: ECOG performance status of 0" in may
    assert "Ask if that could change." in may
    assert "You may not be able to join because of this rule: Squamous cell carcinoma of the esophagus" in cannot
    assert "Ask if that could change." not in cannot


def text_of_html(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?phase=3", ["A study for squamous cancer"]),
        ("?phase=2&status=recruiting", ["A study that asks little", "A study of Testumab", "A study for the very active"]),
        ("?kind=watches", []),
        ("?status=not-yet", []),
        ("?phase=&kind=&status=&miles=&page=", ALL_FOUR),
        ("?somebody=else&phase=3", ["A study for squamous cancer"]),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(mirror: TrialShelf, told: Client, query: str, shown: list[str]) -> None:
    page = told.get(f"/trials/{query}")
    assert page.status_code == 200
    assert titles(page) == shown
    if not shown:
        assert "No study here answers these filters." in text_of(page)


def test_a_filter_counts_what_it_left_out_only_because_it_is_not_told(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    loaded(shelf, tmp_path, OPEN, record(8, "A study without a phase", phases=[]))
    words = text_of(client.get("/trials/?phase=2"))
    assert "1 study with these filters" in words
    assert "1 more is not shown because the record does not tell what you asked for." in words


@pytest.mark.parametrize(
    "query", ["phase=9", "kind=fun", "status=open", "miles=12", "miles=-1", "page=0", "page=x", "page=1.5", "page=٣", "page=9999999"]
)
@pytest.mark.parametrize("address", ["/trials/", "/trials/search/"])
def test_a_filter_that_does_not_exist_is_refused_in_words(mirror: TrialShelf, client: Client, address: str, query: str) -> None:
    name, _, value = query.partition("=")
    response = client.post(address, {"words": "x", name: value}) if "search" in address else client.get(f"{address}?{query}")
    assert response.status_code == 400
    assert "We do not know that filter" in text_of(response)
    assert value in text_of(response)


def test_a_bad_filter_value_is_escaped(mirror: TrialShelf, client: Client) -> None:
    response = client.get("/trials/?phase=%3Cscript%3Ealert(1)%3C/script%3E")
    assert response.status_code == 400
    assert "<script>alert" not in html_of(response)


def test_a_long_list_comes_in_pages_and_no_study_is_lost(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    """Twenty a page; a page beyond the end is the last; filters stay in the links."""
    loaded(shelf, tmp_path, *[record(100 + number, f"Study number {number}") for number in range(41)])
    seen = []
    for page in (1, 2, 3):
        answer = told.get(f"/trials/?phase=2&page={page}")
        assert f"Page {page} of 3" in text_of(answer)
        seen += titles(answer)
    assert len(seen) == 41
    assert len(set(seen)) == 41
    assert 'href="/trials/?phase=2&amp;page=2"' in html_of(told.get("/trials/?phase=2"))
    assert "Page 3 of 3" in text_of(told.get("/trials/?page=4000"))


# How old a record is


@pytest.mark.parametrize(
    ("days", "shown"), [(0, "Taking people"), (30, "Taking people"), (31, "May have closed."), (400, "May have closed.")]
)
def test_a_record_older_than_30_days_is_not_shown_as_open(shelf: TrialShelf, tmp_path: Path, client: Client, days: int, shown: str) -> None:
    """Neither on the list, nor in the search, nor on its page, which then has a banner."""
    loaded(shelf, tmp_path, record(1, checked=days_ago(days)))
    for page in (client.get("/trials/"), client.post("/trials/search/", {"words": "Testumab"}), client.get("/trials/NCT00000001/")):
        assert shown in text_of(page)
        assert ("Taking people" in text_of(page)) == (days <= 30)
    banner = "This record is old." in text_of(client.get("/trials/NCT00000001/"))
    assert banner == (days > 30)
    assert ("These records are old." in text_of(client.get("/trials/"))) == (days > 30)


def test_some_old_records_among_fresh_ones_are_counted(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    loaded(shelf, tmp_path, OPEN, record(2, checked=days_ago(31)))
    assert "1 of these records was checked in the last 30 days." in text_of(client.get("/trials/"))


def test_a_record_without_a_day_is_never_shown_as_open(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    loaded(shelf, tmp_path, without_dates(1))
    words = text_of(client.get("/trials/NCT00000001/"))
    assert "Nobody knows when it was checked." in words
    assert "May have closed." in words
    assert "Taking people" not in words


@pytest.mark.parametrize("status", [*STATUS_WORDS, None, "SOMETHING_NEW"])
@pytest.mark.parametrize("source", ["registry", "file", "left", BY_HAND])
@pytest.mark.parametrize("days", [0, 30, 31, None])
def test_only_a_fresh_record_of_a_recruiting_study_is_shown_as_open(status: str | None, source: str, days: int | None) -> None:
    today = date(2026, 11, 23)
    day = None if days is None else days_ago_of(today, days)
    age = age_of(Standing(source, day, today if source == "left" else None), today)
    expected = status in ("RECRUITING", "AVAILABLE") and source in ("registry", "file") and days in (0, 30)
    assert is_shown_as_open(status, age) == expected
    words = status_in_words(status, age)
    if words in ("Taking people", "Giving its drug outside of a study"):
        assert expected


def days_ago_of(today: date, days: int) -> date:
    return date.fromordinal(today.toordinal() - days)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "1 day ago"), (2, "2 days ago"), (52, "52 days ago"), (60, "60 days ago"), (61, "about 2 months ago"),
     (322, "about 11 months ago"), (800, "about 2 years ago"), (-3, "today"), (None, "")],
)  # fmt: skip
def test_ages_in_words(days: int | None, words: str) -> None:
    """A day that lies ahead is a clock's fault, not an age."""
    today = date(2026, 11, 23)
    assert age_of(Standing("file", None if days is None else days_ago_of(today, days), None), today).ago == words


# Where


def with_zip(client: Client, code: str, country: str = "") -> None:
    client.post("/situation/more/person/", {"person.postal_code": code, "person.country": country})


def test_the_nearest_open_site_is_named_with_its_distance(mirror: TrialShelf, told: Client) -> None:
    """From the middle of the ZIP area to the middle of the city; the ZIP stands in no address."""
    with_zip(told, "77030")
    page = told.get("/trials/")
    words = text_of(page)
    assert re.search(r"About \d+ miles? away: Bayou Test Clinic, Houston, Texas\. The record lists this site as open\.", words)
    assert "from the middle of your ZIP area (77030) to the middle of the site’s city" in words
    assert not re.search(r'(?:href|action)="[^"]*77030', html_of(page))
    assert re.search(r"About \d+ miles?, to the middle of the city\.", text_of(told.get("/trials/NCT00000001/")))
    assert len(titles(told.get("/trials/?miles=25"))) == 4


def test_a_distance_that_is_not_known_is_said_to_be(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    """A site outside of the table, and one that does not tell its own status."""
    abroad = {"facility": "Test Hospital", "city": "Springfield Beyond", "country": "Ruritania"}
    loaded(shelf, tmp_path, record(1, sites=[abroad]), record(2, sites=[]))
    with_zip(client, "77030")
    page = client.get("/trials/")
    assert "Distance not known." in text_of(page)
    assert "The record names no open site." in text_of(page)
    near = client.get("/trials/?miles=500")
    assert titles(near) == []
    assert "2 more are not shown because the record does not tell what you asked for." in text_of(near)
    words = text_of(client.get("/trials/NCT00000001/"))
    assert "Test Hospital, Springfield Beyond, Ruritania" in words
    assert "The record does not tell whether this site is open." in words


def test_a_distance_without_a_zip_code_asks_for_it_and_leaves_nothing_out(mirror: TrialShelf, told: Client) -> None:
    page = told.get("/trials/?miles=25")
    assert len(titles(page)) == 4
    assert "Until then the list is not cut by distance." in text_of(page)
    assert 'href="/situation/more/person/#person-postal_code"' in html_of(page)


@pytest.mark.parametrize(
    ("code", "country", "found"),
    [("77030", "US", True), ("77030", "us", True), ("77030", "", True), ("77030", "DE", False), ("00000", "", False)],
)
def test_five_digits_of_another_country_are_no_zip_code(mirror: TrialShelf, client: Client, code: str, country: str, found: bool) -> None:
    with_zip(client, code, country)
    assert (" away: Bayou Test Clinic" in text_of(client.get("/trials/"))) == found


@pytest.mark.parametrize(("miles", "words"), [(0.2, "Less than 1 mile"), (1.2, "About 1 mile"), (1222.4, "About 1,222 miles")])
def test_miles_in_words(miles: float, words: str) -> None:
    assert miles_in_words(miles) == words


# One study


def test_a_study_page_shows_every_rule_in_order_with_its_state(mirror: TrialShelf, told: Client) -> None:
    """State by word and shape, the reason with a link to change it, what is missing with a link to tell it."""
    page = told.get("/trials/NCT00000001/")
    words = text_of(page)
    places = [
        words.index(rule)
        for rule in (
            "Adenocarcinoma of the esophagus",
            "ECOG performance status of 0 or 1",
            "HER2 positive",
            "Sex: anyone",
            "Youngest age: 18 years",
        )
    ]
    assert places == sorted(places)
    assert "fits Cell type: adenocarcinoma" in words
    assert re.search(r"not known yet This turns on: HER2", words)
    html = html_of(page)
    assert 'href="/situation/step/tumor-tests/#biomarker-her2"' in html
    assert 'href="/situation/step/daily-life/#function-ecog"' in html
    assert html.count('<span class="mark fits" aria-hidden="true"></span><span class="word">fits</span>') == 4
    assert 'href="https://clinicaltrials.gov/study/NCT00000001" rel="noreferrer"' in html
    assert "This link leaves our site." in words
    assert f"Record as the registry gave it on {days_ago(0):%B} {days_ago(0).day}, {days_ago(0).year}, today." in words
    assert "In the registry’s own words" in words
    assert "Testumab" in words


def test_what_was_not_read_and_what_the_team_judges_are_told_apart(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    criteria = "Inclusion Criteria:\n\n* Willing to sign the informed consent form\n* Owns a purple bicycle\n* ECOG performance status of 0"
    loaded(shelf, tmp_path, record(1, criteria=criteria))
    words = text_of(told.get("/trials/NCT00000001/"))
    assert "Willing to sign the informed consent form not known yet Only the study team can say." in words
    assert "Owns a purple bicycle not known yet We could not read this one. Ask the study team." in words
    assert re.search(r"ECOG performance status of 0 stands in the way [^!]*Ask if that could change\.", words)


def test_the_questions_come_from_the_rules(mirror: TrialShelf, told: Client) -> None:
    """What may change, what is not known, and good questions for every study; never more than eight of the rules'."""
    words = text_of(told.get("/trials/NCT00000001/"))
    assert "About what is not known yet The study asks about: “HER2 positive” Does that apply to me? What do you need to see?" in words
    assert "Can I stop at any time, and what care do I get then?" in words
    changing = text_of(told.get("/trials/NCT00000003/"))
    assert "The study asks: “ECOG performance status of 0” Could that change for me, or be checked again?" in changing
    lasting = text_of(told.get("/trials/NCT00000002/"))
    assert "Could that change for me" not in lasting


def test_many_unknown_rules_make_few_questions(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    rules = "\n".join(f"* Owns bicycle number {number}" for number in range(40))
    loaded(shelf, tmp_path, record(1, criteria=f"Inclusion Criteria:\n\n{rules}"))
    html = html_of(told.get("/trials/NCT00000001/"))
    assert 1 <= html.count("What does this rule mean for me") <= 8


def test_without_facts_the_rules_are_shown_unjudged(mirror: TrialShelf, client: Client) -> None:
    page = client.get("/trials/NCT00000001/")
    words = text_of(page)
    assert "HER2 positive" in words
    assert "not known yet" not in words
    assert "Then each rule below is held against it." in words
    assert "Can I stop at any time" in words


def test_a_closed_study_is_said_to_take_nobody(mirror: TrialShelf, told: Client) -> None:
    words = text_of(told.get("/trials/NCT00000005/"))
    assert "Ended." in words
    assert "This study takes nobody new." in words
    assert "may be worth asking about" not in words


def test_a_life_expectancy_is_never_asked_for_unasked(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    """Not on a card, not among the facts to ask for first; the rule itself is for the doctor to judge."""
    loaded(shelf, tmp_path, record(1, criteria="Inclusion Criteria:\n\n* Life expectancy of at least 12 weeks"))
    assert "life expectancy stated" not in text_of(told.get("/trials/")).lower()
    assert "life expectancy stated" not in text_of(told.get("/options/")).lower()
    words = text_of(told.get("/trials/NCT00000001/"))
    assert "This is for your doctor and the study team to judge." in words
    assert words.count("Life expectancy of at least 12 weeks") == 1  # as a rule of the registry, not as a question of ours


@pytest.mark.parametrize("number", ["NCT0000001", "NCT000000011", "nct00000001", "00000001", "NCTABCDEFGH", "NCT00000099"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_number_that_is_none_is_not_found(mirror: TrialShelf, client: Client, number: str, method: str) -> None:
    answer = client.get(f"/trials/{number}/") if method == "get" else client.post(f"/trials/{number}/", {"do": "set-aside"})
    assert answer.status_code == 404
    assert settings.VAULT_COOKIE not in client.cookies


def test_texts_of_the_registry_stay_texts(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    """Markup in a title, a summary, a rule, a drug or a site is shown, never run; escapes of Markdown are taken off."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    site = SITE | {"facility": evil}
    loaded(
        shelf,
        tmp_path,
        record(1, f"Title {evil}", summary=f"Summary {evil}", drugs=[f"Drug {evil}"], sites=[site],
               criteria=f"Inclusion Criteria:\n\n* ECOG \\<= 1 {evil}\n* Platelets \\>= 100 \\* 10\\^9 {evil}"),
    )  # fmt: skip
    with_zip(told, "77030")
    told.post("/trials/NCT00000001/", {"do": "set-aside"})
    hidden = told.get("/trials/set-aside/")
    told.post("/trials/NCT00000001/", {"do": "bring-back"})
    pages = [told.get("/trials/"), told.get("/trials/NCT00000001/"), told.post("/trials/search/", {"words": evil}), hidden]
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in html_of(page)
        assert "<img" not in html_of(page)
    assert "ECOG &lt;= 1 &lt;script&gt;" in html_of(pages[1])
    assert "\\" not in text_of(pages[1])


# Search


def test_the_search_says_what_it_searched_for(mirror: TrialShelf, client: Client) -> None:
    """A misspelled drug is read as the one that is meant; words that no record holds are named."""
    found = client.post("/trials/search/", {"words": "Testumap"})
    assert "We searched for “testumab”." in text_of(found)
    assert "A study of Testumab" in titles(found)
    nothing = text_of(client.post("/trials/search/", {"words": "qqqqzzzz"}))
    assert "Nothing was found" in nothing
    assert "No record has: qqqqzzzz." in nothing


def test_the_search_looks_beyond_this_cancer_and_keeps_the_filters(mirror: TrialShelf, client: Client) -> None:
    assert titles(client.post("/trials/search/", {"words": "asthma"})) == ["A study of asthma"]
    filtered = client.post("/trials/search/", {"words": "study", "phase": "3"})
    assert titles(filtered) == ["A study for squamous cancer"]
    assert '<option value="3" selected>' in html_of(filtered)
    assert 'name="phase" value="3"' in html_of(client.get("/trials/?phase=3"))  # the box on the list takes them along


def test_a_number_goes_straight_to_its_study(mirror: TrialShelf, client: Client) -> None:
    assert titles(client.post("/trials/search/", {"words": "nct 00000005"})) == ["A study that has ended"]


def test_searched_words_stand_in_no_address(mirror: TrialShelf, client: Client) -> None:
    """The form sends them in its body; asked for by address, nothing is searched."""
    page = client.post("/trials/search/", {"words": "Testumab"})
    assert not re.search(r'(?:href|action)="[^"]*[Tt]estumab', html_of(page))
    assert titles(client.get("/trials/search/?words=Testumab")) == []


def test_many_hits_come_in_pages(shelf: TrialShelf, tmp_path: Path, client: Client) -> None:
    loaded(shelf, tmp_path, *[record(100 + number, f"Study number {number}") for number in range(25)])
    first = client.post("/trials/search/", {"words": "Testumab"})
    second = client.post("/trials/search/", {"words": "Testumab", "page": "2"})
    assert "25 studies found" in text_of(first)
    assert len(titles(first)) == 20
    assert len(titles(second)) == 5
    assert not set(titles(first)) & set(titles(second))


def test_the_example_list_can_be_searched(shelf: TrialShelf, client: Client) -> None:
    found = client.post("/trials/search/", {"words": "pembrolizumab"})
    assert titles(found)
    assert "This is an example list" in text_of(found)


# Not for me


def test_not_for_me_hides_a_card_and_can_be_undone(mirror: TrialShelf, told: Client) -> None:
    """Hidden from the list and counted, kept in the locked record, back with one press; filters stay."""
    answer = told.post("/trials/NCT00000001/", {"do": "set-aside", "phase": "2", "page": "1"})
    assert (answer.status_code, answer["Location"]) == (302, "/trials/?phase=2&hidden=1")
    assert contents_of(told).set_aside == ["NCT00000001"]
    page = told.get(answer["Location"])
    assert "A study of Testumab" not in titles(page)
    assert "That study is set aside." in text_of(page)
    assert "What I set aside (1)" in text_of(page)
    assert titles(told.get("/trials/set-aside/")) == ["A study of Testumab"]
    back = told.post("/trials/NCT00000001/", {"do": "bring-back", "from": "set-aside"})
    assert back["Location"] == "/trials/set-aside/"
    assert contents_of(told).set_aside == []
    assert "A study of Testumab" in titles(told.get("/trials/"))
    assert "Nothing yet" in text_of(told.get("/trials/set-aside/"))


def test_not_for_me_twice_is_once(mirror: TrialShelf, told: Client) -> None:
    for number in (1, 2, 1):
        told.post(f"/trials/NCT0000000{number}/", {"do": "set-aside"})
    assert contents_of(told).set_aside == ["NCT00000002", "NCT00000001"]


def test_not_for_me_makes_a_vault_where_there_is_none(mirror: TrialShelf, client: Client) -> None:
    """As a first answer does; and what is told later stands beside it."""
    client.post("/trials/NCT00000002/", {"do": "set-aside"})
    assert contents_of(client).set_aside == ["NCT00000002"]
    assert "A study for squamous cancer" not in titles(client.get("/trials/"))
    client.post("/situation/step/about-you/", {"person.age": "61"})
    assert contents_of(client).set_aside == ["NCT00000002"]
    assert "You set this study aside." in text_of(client.get("/trials/NCT00000002/"))


def test_bringing_back_without_a_vault_makes_none(mirror: TrialShelf, client: Client) -> None:
    client.post("/trials/NCT00000002/", {"do": "bring-back"})
    assert settings.VAULT_COOKIE not in client.cookies


def test_an_unknown_wish_is_not_found(mirror: TrialShelf, told: Client) -> None:
    assert told.post("/trials/NCT00000001/", {"do": "something"}).status_code == 404


@pytest.mark.parametrize("sent", [{"phase": "//evil.example"}, {"page": "//evil.example"}, {"from": "//evil.example"}])
def test_the_way_back_never_leaves_the_site(mirror: TrialShelf, told: Client, sent: dict[str, str]) -> None:
    location = told.post("/trials/NCT00000001/", {"do": "set-aside", **sent})["Location"]
    assert location == "/trials/?hidden=1"


def test_not_for_me_needs_the_forms_own_token(mirror: TrialShelf) -> None:
    from tests.web.conftest import FormClient

    strict = FormClient(enforce_csrf_checks=True)
    assert strict.post("/trials/NCT00000001/", {"do": "set-aside"}).status_code == 403


def test_a_study_set_aside_that_the_mirror_no_longer_holds_is_still_listed(
    shelf: TrialShelf, mirror: TrialShelf, tmp_path: Path, client: Client
) -> None:
    client.post("/trials/NCT00000006/", {"do": "set-aside"})
    (tmp_path / FILE_NAME).unlink()
    words = text_of(client.get("/trials/set-aside/"))
    assert "NCT00000006" in words
    assert "does not hold this study any more" in words


def test_records_from_before_set_aside_still_open() -> None:
    """A vault record written without the field is read, and has nothing set aside."""
    key = record_of_form_1({"facts": {"person.age": 61}, "drafts": {}}, date(2026, 11, 23))
    contents = Vault(key, date(2026, 11, 23)).read()
    assert contents.facts == {"person.age": 61}
    assert contents.set_aside == []


# Ask first, home, and what holds for every page


def test_ask_first_counts_studies_too(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    """A fact that settles options and studies stands with both; the sum sorts."""
    rule = "Inclusion Criteria:\n\n* Total bilirubin <= 2 mg/dL"
    loaded(shelf, tmp_path, *[record(100 + number, f"Study {number}", criteria=rule) for number in range(3)])
    page = told.get("/options/")
    assert re.search(r"Bilirubin would settle \d+ options and 3 studies", text_of(page))
    sums = [sum(map(int, re.findall(r"\d+", one))) for one in re.findall(r"class=\"settles\">would settle ([^<]*)<", html_of(page))]
    assert len(sums) == 5
    assert sums == sorted(sums, reverse=True)


def test_a_fact_that_settles_studies_alone_is_asked_for(shelf: TrialShelf, tmp_path: Path, told: Client) -> None:
    rule = "Exclusion Criteria:\n\n* Leptomeningeal disease"
    loaded(shelf, tmp_path, *[record(100 + number, f"Study {number}", criteria=rule) for number in range(30)])
    assert re.search(r"lining of the brain or spinal cord would settle 30 studies", text_of(told.get("/options/")))


def test_without_a_mirror_ask_first_counts_options_alone(shelf: TrialShelf, told: Client) -> None:
    """The example list is no reason to ask anybody for anything."""
    panel = re.search(r'<aside class="ask-first".*?</aside>', html_of(told.get("/options/")), flags=re.DOTALL)
    assert panel is not None
    assert "would settle" in panel[0]
    assert not re.search(r"settle [^<]*stud", panel[0])


def test_ask_first_agrees_with_the_engine_and_is_remembered(mirror: TrialShelf) -> None:
    case = parse_case(
        parse("{as_of: 2026-11-23, facts: {diagnosis.histology: adenocarcinoma, person.age: 61}}", "c"), library().vocabulary, "c"
    )
    listed = mirror.current().trials
    assert listed is not None
    first = listed.facts_to_ask(case, {"person.age": 61})
    assert first == listed.open_trials.facts_to_ask(case)
    assert listed.facts_to_ask(case, {"person.age": 61}) is first


@pytest.mark.parametrize("address", ["/trials/", "/trials/search/", "/trials/set-aside/", "/trials/NCT00000001/", "/trials/NCT00000002/"])
def test_what_must_never_be_shown_is_not_shown_about_studies(mirror: TrialShelf, told: Client, address: str) -> None:
    """No promise, no percent, no rank, nothing loaded from elsewhere, nothing stored by a proxy, small."""
    response = told.get(address)
    words = text_of(response).lower()
    for phrase in (*NEVER, "you qualify", "qualify", "eligible for", "best study", "top match", "%", "score"):
        assert phrase.lower() not in words, phrase
    html = html_of(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert "style=" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert not re.search(r'(?:src|action)="(?:https?:)?//', html)
    assert 'content="noindex"' in html
    assert len(response.content) < 100_000


def test_the_way_to_the_studies_stands_on_every_page(shelf: TrialShelf, client: Client) -> None:
    for address in ("/", "/options/", "/guide/", "/nope/"):
        assert '<a class="bar-link" href="/trials/">Studies</a>' in html_of(client.get(address))
    assert "Find a study" in text_of(client.get("/"))


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        (("PHASE2",), "Phase 2"),
        (("PHASE1", "PHASE2"), "Phase 1 and 2"),
        (("EARLY_PHASE1",), "Early phase 1"),
        (("NA",), "No phase"),
        ((), "Phase not told"),
    ],
)
def test_phases_in_words(phases: tuple[str, ...], words: str) -> None:
    assert phase_in_words(phases) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ECOG \\<= 1", "ECOG <= 1"),
        ("a\n  b\t c ", "a b c"),
        ("10\\^9/L \\[lab\\]", "10^9/L [lab]"),
        ("C:\\temp", "C:\\temp"),
        ("\\\\", "\\"),
        ("", ""),
    ],
)
def test_escapes_of_markdown_are_taken_off(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_paragraphs_and_cuts() -> None:
    assert paragraphs("one\n\n two\nthree \n\n\n") == ["one", "two three"]
    assert cut("one two three", 13) == "one two three"
    assert cut("one two three", 12) == "one two …"
