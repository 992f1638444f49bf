"""What the person's own answers raise stands before anything else, with what to do, why, and where to answer again."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory

from tests.web.test_diary import DIARY, TODAY, ago, save, words_of
from wayline.diary.flags import URGENCY
from wayline.web import raised
from wayline.web.raised import lazily, raised_by, remember
from wayline.web.vault import Contents, Vault

pytestmark = pytest.mark.django_db
HELP = "/help/"


def acts_of(**told: Any) -> dict[str, str]:
    return {one.flag.id: one.act for one in raised_by(Contents(**told), TODAY)}


def form(value: Any, days: int = 0) -> dict[str, Any]:
    return {"value": value, "date": ago(days)}


def test_urgent_help_shows_what_is_raised_above_the_fixed_text(client: Client) -> None:
    fixed = words_of(client.get(HELP))
    save(client, black_stool="yes")
    words = words_of(client.get(HELP))
    assert words.index("Black stool, like tar.") < words.index("Call 911 now if:")
    start, end = "This page tells when to call", "No one here watches what you type"
    assert fixed[fixed.index(start) : fixed.index(end)] == words[words.index(start) : words.index(end)]  # the same for all
    assert 'href="tel:911"' in client.get(HELP).content.decode()


def test_nothing_raised_shows_nothing_and_never_that_all_is_well(client: Client) -> None:
    save(client, pain="none", vomiting="none")
    page = client.get(DIARY).content.decode()
    assert "raised-heading" not in page
    assert "all is well" not in page


def test_the_reasons_the_unknown_and_the_day_are_told(client: Client) -> None:
    save(client, ago(3), temperature="101.3 degF")
    words = words_of(client.get(DIARY))
    assert "You told 101.3 °F." in words
    assert "You told this on" in words
    assert "answer again" in words
    assert "It stays so urgent because this is not known:" in words
    assert "not yet signed by a clinician" in words


def test_thoughts_of_ending_life_name_988_by_call_and_text(client: Client) -> None:
    save(client, suicidal_thoughts="yes")
    page = client.get(DIARY).content.decode()
    assert 'href="tel:988"' in page
    assert 'href="sms:988"' in page
    save(client, self_harm_danger="no")
    assert "Call your cancer team now, day or night" in words_of(client.get(DIARY))


def test_answering_again_is_the_only_way_to_end_a_flag(client: Client) -> None:
    save(client, ago(1), chest_pain="yes")
    assert "Chest pain." in words_of(client.get(DIARY))
    save(client, chest_pain="no")
    assert "Chest pain." not in words_of(client.get(DIARY))


@pytest.mark.parametrize(("days", "is_raised"), [(0, True), (27, True), (28, True), (29, False)])
def test_a_sign_stands_for_its_days(days: int, is_raised: bool) -> None:
    assert ("fainting" in acts_of(facts={"symptom.fainting": form(True, days)})) == is_raised


def test_a_correction_that_cannot_be_read_lowers_no_alarm() -> None:
    """The old answer still raises; and where it calmed, it does not calm any more."""
    facts = {"symptom.temperature_c": form(39), "therapy.now": form(False), "therapy.history": []}
    assert acts_of(facts=facts)["fever_on_treatment"] == "call_team_today"
    assert acts_of(facts=facts, drafts={"symptom.temperature_c": {"": "abc"}})["fever_on_treatment"] == "call_team_today"
    assert acts_of(facts=facts, drafts={"therapy.history": {"": "?"}})["fever_on_treatment"] == "call_team_now"


def test_an_earlier_answer_of_today_counts_and_one_of_yesterday_does_not() -> None:
    entry = {"date": ago(0), "facts": {"symptom.vomiting_blood": False}, "note": "", "earlier": [["symptom.vomiting_blood", True]]}
    told = {"symptom.vomiting_blood": form(False)}
    assert acts_of(facts=told, diary=[entry]) == {"vomiting_blood": "call_911"}
    assert acts_of(facts=told, diary=[entry | {"date": ago(1)}]) == {}


def test_an_answer_of_earlier_today_leads_to_where_it_can_be_taken_out(client: Client) -> None:
    save(client, vomiting_blood="yes")
    save(client, vomiting_blood="no")
    page = client.get(DIARY)
    assert "You told this earlier today." in words_of(page)
    assert '<a class="change" href="/diary/day/">' in page.content.decode()


def test_in_brief_the_acts_and_titles_stand_and_the_words_are_one_tap_away() -> None:
    """For pages on which the person came for something else."""
    request = RequestFactory().get("/options/")
    remember(request, Contents(facts={"symptom.black_stool": form(True), "symptom.hearing_change": form(True)}))
    context = Context({"raised_flags": lazily(request)})
    brief = Template('{% include "web/raised_flags.html" with brief=True %}').render(context)
    whole = Template('{% include "web/raised_flags.html" %}').render(context)
    assert "Black stool, like tar." in brief
    assert 'href="tel:911"' in brief
    assert "Black and sticky counts" in whole
    assert "Black and sticky counts" not in brief
    assert "A change in hearing" not in brief
    assert "A change in hearing" in whole
    assert 'href="/help/"' in brief


def test_the_most_urgent_comes_first_and_what_can_wait_is_folded(client: Client) -> None:
    save(client, black_stool="yes", hearing_change="yes", itching="yes")
    words = words_of(client.get(DIARY))
    assert words.index("Call 911 now") < words.index("Call your cancer team today") < words.index("Tell your team at the next contact")
    found = raised_by(Contents(facts={"symptom.itching": form(True), "symptom.black_stool": form(True)}), TODAY)
    assert [URGENCY[one.act] for one in found] == sorted(URGENCY[one.act] for one in found)


def test_the_vault_is_opened_at_most_once_and_only_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(None, TODAY)
    vault.write(Contents(facts={"symptom.fainting": form(True)}))
    opened = []
    read = Vault.read
    monkeypatch.setattr(Vault, "read", lambda self: opened.append(self) or read(self))
    request = RequestFactory().get(HELP)
    request.COOKIES["wayline_key"] = vault.cookie
    shown = lazily(request)
    assert opened == []
    text = "{% for act in raised_flags %}{{ act.words }}{% endfor %}"
    twice = Template(text + text).render(Context({"raised_flags": shown}))
    assert twice == "Call 911 now" * 2
    assert len(opened) == 1
    remember(request, Contents())
    assert lazily(request)() == []
    assert len(opened) == 1


@pytest.mark.parametrize("path", ["/", "/help/", "/options/", "/situation/", "/liver/", "/trials/", DIARY])
def test_a_page_opens_the_vault_once(client: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """The flags are worked out from what the view has read."""
    save(client, black_stool="yes")
    opened = []
    read = Vault.read
    monkeypatch.setattr(Vault, "read", lambda self: opened.append(self) or read(self))
    assert "Before anything else" in words_of(client.get(path))
    assert len(opened) == 1


def test_without_a_key_no_vault_is_opened(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(request: object) -> Vault:
        raise AssertionError("a vault was opened")

    monkeypatch.setattr(raised, "vault_of", never)
    assert "Call 911 now if" in words_of(client.get(HELP))


@pytest.mark.parametrize("path", ["/page/get-help-now/", "/guide/", "/words/"])
def test_the_pages_of_the_guide_show_nothing_of_a_person(client: Client, path: str) -> None:
    save(client, black_stool="yes")
    assert "Before anything else" not in words_of(client.get(path))


def test_nothing_of_it_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        save(client, suicidal_thoughts="yes", note="very dark")
        client.get(DIARY)
    assert "suicid" not in caplog.text.lower()
    assert "very dark" not in caplog.text


def test_the_page_kept_offline_is_asked_for_without_the_key(client: Client) -> None:
    script = client.get("/offline-help.js").content.decode()
    assert 'credentials: "omit"' in script
    assert "cache.put(" not in script
    save(client, black_stool="yes")
    assert "Before anything else" not in words_of(Client().get(HELP))


OWN_PAGES = (
    "/ /help/ /options/ /options/stent/ /situation/ /situation/step/swallowing/ /situation/more/ /situation/more/labs/ /liver/ "
    "/liver/tumors/ /liver/list/ /liver/report/ /liver/blood-tests/ /liver/blood-tests/add/ /liver/scans/ /liver/stays-open/ /trials/ "
    "/trials/search/ /trials/set-aside/ /trials/NCT03189719/ /visit/ /visit/questions/ /visit/sheet/ /diary/ /diary/day/ /records/ /paste/"
)


@pytest.mark.parametrize("path", OWN_PAGES.split())
def test_every_page_of_a_person_s_own_shows_it_before_anything_else(client: Client, path: str) -> None:
    save(client, black_stool="yes")
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    main = page[page.index("<main") :]
    assert main.count('id="raised-heading"') == 1
    assert main.index('id="raised-heading"') < main.index("<h1")
    assert "Black stool, like tar." in main


@pytest.mark.parametrize("path", ["/", "/options/", "/visit/"])
def test_what_can_wait_for_the_next_contact_stands_on_no_other_page(client: Client, path: str) -> None:
    save(client, hearing_change="yes")
    assert "raised-heading" not in client.get(path).content.decode()
    assert "raised-heading" in client.get(HELP).content.decode()
