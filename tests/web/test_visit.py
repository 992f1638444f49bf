"""Getting ready for a visit: the page of everything for it, and the questions to take along."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.helpers import situation_of
from wayline.library import library
from wayline.options.visit_questions import (
    LONGEST_KEPT_CHARACTERS,
    MOST_KEPT,
    PRINTED_FIRST,
    chosen_for,
    kept_questions,
    stored_questions,
    suggested_first,
)
from wayline.options.visit_questions import KeptQuestion as Kept
from wayline.records.imported import ImportedFact
from wayline.web.vault import Contents, Vault
from wayline.web.visitors import today
from wayline.web.waiting_records import WaitingRecord, WaitingReport

pytestmark = pytest.mark.django_db
QUESTIONS = "/visit/questions/"
HER2 = "start-her2"


def contents_of(client: Client) -> Contents:
    """What the visitor's record holds now."""
    cookie = client.cookies.get(settings.VAULT_COOKIE)
    return Vault.from_cookie(cookie.value if cookie else None, today()).read()


def words(client: Client) -> list[str]:
    return [one.words for one in kept_questions(contents_of(client).questions)]


def keep(client: Client, *texts: str) -> None:
    """A visitor who keeps these questions of their own."""
    for text in texts:
        assert client.post(QUESTIONS, {"own": text, "do": "save"}).status_code == 302


def page(client: Client) -> str:
    answer = client.get(QUESTIONS)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_hub_links_to_what_is_there(client: Client) -> None:
    """Every page that exists, and none that does not."""
    text = client.get(reverse("visit")).content.decode()
    assert f'href="{QUESTIONS}"' in text
    assert 'href="/situation/"' in text
    assert 'href="/help/"' in text
    keep(client, "What now?")
    assert "You keep 1." in client.get(reverse("visit")).content.decode()


def test_an_address_that_only_takes_forms_leads_back(client: Client) -> None:
    """Also after the browser's back button."""
    answer = client.get(f"{QUESTIONS}add/")
    assert (answer.status_code, answer.headers["Location"]) == (302, QUESTIONS)


@pytest.mark.parametrize("told", [{}, {"age": "61"}])
def test_with_nothing_told_the_first_questions_fit_anybody(client: Client, told: dict[str, str]) -> None:
    """None presumes a narrow food pipe, a spread or a treatment: only what fits any visit is put first."""
    facts = {f"person.{name}": int(value) for name, value in told.items()}
    shown = suggested_first(situation_of(facts), library())[:PRINTED_FIRST]
    assert len(shown) == PRINTED_FIRST
    assert {one.decision.offer for one in shown} == {"always"}
    text = page(client)
    assert "makes my food pipe narrow" not in text.split("More questions")[0]


@pytest.mark.parametrize(
    ("facts", "is_asked"),
    [({}, False), ({"metastases.liver": True}, False), ({"symptom.dysphagia": 1}, False), ({"symptom.dysphagia": 2}, True)],
)
def test_the_cause_of_a_narrow_food_pipe_is_asked_only_where_swallowing_is_hard(facts: dict[str, Any], is_asked: bool) -> None:
    chosen = [one.question.id for one in chosen_for(situation_of(facts), library().visit_questions)]
    assert ("swallowing-cause" in chosen) is is_asked


def test_the_hub_says_what_waits(client: Client) -> None:
    """A record that is undecided; afterwards its closed reports."""
    keep(client, "What now?")
    fact = ImportedFact("diagnosis.site", "gej", "words", "entry 1")
    for facts, words_shown in (((fact,), "A record is waiting"), ((), "1 closed report can be read here")):
        vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, today())
        contents = vault.read()
        report = WaitingReport("k", "CT", None, "text", "entry 2")
        contents.waiting = [WaitingRecord("FHIR bundle", "2026-11-30", facts, (report,)).stored()]
        vault.write(contents)
        assert words_shown in client.get(reverse("visit")).content.decode()


def test_looking_keeps_nothing(client: Client) -> None:
    """A page that was only looked at makes no record, nor does one sent back as it was."""
    page(client)
    client.post(QUESTIONS, {"do": "save", "own": "  "})
    assert settings.VAULT_COOKIE not in client.cookies


def test_a_suggestion_is_ticked_kept_and_not_offered_twice(client: Client) -> None:
    """With its own id, so that it is known later where it came from."""
    assert library().visit_questions.by_id[HER2].words in page(client)
    client.post(QUESTIONS, {"keep": [HER2, "no-such-question"], "do": "save"})
    client.post(QUESTIONS, {"keep": [HER2], "do": "save"})
    (kept,) = kept_questions(contents_of(client).questions)
    assert kept.id == HER2
    assert f'name="keep" value="{HER2}"' not in page(client)


def test_suggestions_say_why(client: Client) -> None:
    """The reason, why it matters, who to ask, and the source."""
    client.post("/situation/step/swallowing/", {"symptom.dysphagia": "3"})
    text = page(client)
    assert "Swallowing is hard for you now" in text
    assert "Who to ask:" in text
    assert "source-1" in text


def test_words_are_edited_moved_and_removed(client: Client) -> None:
    """By plain buttons; every button saves what else was changed."""
    keep(client, "First?", "Second?", "Third?")
    key = {one.words: one.key for one in kept_questions(contents_of(client).questions)}
    shown = {f"was-{number}": text for text, number in key.items()}
    typed = {f"words-{number}": text for text, number in key.items()}
    client.post(QUESTIONS, shown | typed | {f"words-{key['First?']}": "First, edited?", "do": f"down-{key['First?']}"})
    assert words(client) == ["Second?", "First, edited?", "Third?"]
    moved = client.post(QUESTIONS, {"do": f"up-{key['Third?']}"})
    assert moved["Location"] == f"{QUESTIONS}#words-{key['Third?']}"  # the page opens where the question now stands
    assert words(client) == ["Second?", "Third?", "First, edited?"]
    client.post(QUESTIONS, {"do": f"up-{key['Second?']}"})  # the first one stays first
    client.post(QUESTIONS, {"do": f"down-{key['First?']}"})  # and the last one last
    assert words(client) == ["Second?", "Third?", "First, edited?"]
    client.post(QUESTIONS, {"do": f"remove-{key['Third?']}"})
    assert words(client) == ["Second?", "First, edited?"]
    client.post(QUESTIONS, {"do": "remove-99"})
    client.post(QUESTIONS, {"do": "jump-1"})
    assert words(client) == ["Second?", "First, edited?"]


@pytest.mark.parametrize(("length", "status"), [(LONGEST_KEPT_CHARACTERS, 302), (LONGEST_KEPT_CHARACTERS + 1, 422)])
def test_a_question_of_ones_own_has_a_length(client: Client, length: int, status: int) -> None:
    """At the limit and just above; what was typed and ticked still stands there."""
    text = "x" * length
    answer = client.post(QUESTIONS, {"own": text, "keep": [HER2], "do": "save"})
    assert answer.status_code == status
    if status == 422:
        body = answer.content.decode()
        assert text in body
        assert re.search(rf'value="{HER2}" checked', body)
        assert words(client) == []


@pytest.mark.parametrize("typed", ["", "y" * (LONGEST_KEPT_CHARACTERS + 1)])
def test_an_edit_that_cannot_be_kept_is_told_beside_it(client: Client, typed: str) -> None:
    """Nothing is changed then, and what was typed is not lost."""
    keep(client, "First?", "Second?")
    first, second = kept_questions(contents_of(client).questions)
    sent = {f"was-{first.key}": "First?", f"words-{first.key}": typed, f"was-{second.key}": "Second?", f"words-{second.key}": "Better?"}
    answer = client.post(QUESTIONS, sent | {"do": "save"})
    assert answer.status_code == 422
    assert "Better?" in answer.content.decode()
    assert f'id="error-{first.key}"' in answer.content.decode()
    assert words(client) == ["First?", "Second?"]
    client.post(QUESTIONS, sent | {"do": f"remove-{first.key}"})
    assert words(client) == ["Better?"]


@pytest.mark.parametrize(("before", "status"), [(MOST_KEPT - 1, 302), (MOST_KEPT, 422)])
def test_there_is_room_for_thirty(client: Client, before: int, status: int) -> None:
    """One more is refused in words, and nothing is lost."""
    keep(client, "Number 1?")
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, today())
    contents = vault.read()
    contents.questions = stored_questions(Kept(number, None, f"Number {number}?") for number in range(1, before + 1))
    vault.write(contents)
    answer = client.post(QUESTIONS, {"own": "One more?", "do": "save"})
    assert answer.status_code == status
    assert len(words(client)) == MOST_KEPT
    if status == 422:
        assert "You can keep 30 questions" in answer.content.decode()
        assert "One more?" in answer.content.decode()
        assert client.post(reverse("visit-questions-add"), {"option": "stent", "number": "0"}).status_code == 422


def test_the_first_five_are_said_to_be_printed_first(client: Client) -> None:
    keep(client, *(f"Number {number}?" for number in range(1, PRINTED_FIRST + 2)))
    assert page(client).count("printed first</span>") == PRINTED_FIRST


def test_an_old_tab_undoes_nothing(client: Client) -> None:
    """What a tab never touched is left as it stands now; what it typed for a removed question is kept as a new one."""
    keep(client, "First?", "Second?")
    first, second = kept_questions(contents_of(client).questions)
    old = {f"was-{one.key}": one.words for one in (first, second)} | {f"words-{one.key}": one.words for one in (first, second)}
    client.post(QUESTIONS, old | {f"words-{first.key}": "First, newer?", "do": f"remove-{second.key}"})
    client.post(QUESTIONS, old | {"own": "Third?", "do": "save"})
    assert words(client) == ["First, newer?", "Third?"]
    client.post(QUESTIONS, old | {f"words-{second.key}": "Second, typed long ago?", "do": "save"})
    assert "Second, typed long ago?" in words(client)


def test_a_question_of_an_option_is_kept_from_its_page(client: Client) -> None:
    """By a button there; afterwards the page says that it is kept."""
    question = library().catalog["stent"].questions[1]
    answer = client.post(reverse("visit-questions-add"), {"option": "stent", "number": "1"})
    assert answer.status_code == 302
    assert answer["Location"] == "/options/stent/#questions"
    assert words(client) == [question]
    client.post(reverse("visit-questions-add"), {"option": "stent", "number": "1"})
    assert words(client) == [question]
    assert "in my questions</a>" in client.get("/options/stent/").content.decode()


def test_what_to_ask_first_becomes_questions(client: Client) -> None:
    """In the words of the questions where there are some, else by the fact's name."""
    client.post(reverse("visit-questions-add"), {"fact": ["biomarker.her2", "biomarker.ebv", "no.fact"]})
    assert words(client) == [
        library().visit_questions.by_id[HER2].words,
        f"What do my records say about this: {library().vocabulary['biomarker.ebv'].label}?",
    ]
    client.post("/situation/step/swallowing/", {"symptom.dysphagia": "3"})
    assert "Put these in my questions" in client.get("/options/").content.decode()


def test_a_study_becomes_a_question_for_the_team(client: Client) -> None:
    """From the study's page, by its number."""
    assert 'name="study" value="NCT03189719"' in client.get("/trials/NCT03189719/").content.decode()
    client.post(reverse("visit-questions-add"), {"study": "NCT03189719"})
    client.post(reverse("visit-questions-add"), {"study": "NCT03189719"})
    assert words(client) == ["What do you think of study NCT03189719 for me?"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"study": "NCT1"},
        {"option": "stent"},
        {"option": "stent", "number": "99"},
        {"option": "stent", "number": "-1"},
        {"fact": "no.fact"},
    ],
)
def test_what_names_no_question_is_not_found(client: Client, sent: dict[str, Any]) -> None:
    assert client.post(reverse("visit-questions-add"), sent).status_code == 404
    assert settings.VAULT_COOKIE not in client.cookies


def test_control_characters_and_markup_are_shown_as_text(client: Client) -> None:
    keep(client, "<script>alert(1)</script>\x00\r\nand  more?")
    assert words(client) == ["<script>alert(1)</script> and more?"]
    assert "<script>alert" not in page(client)


def test_care_without_treatment_stands_last_and_folded(client: Client) -> None:
    """Never among the suggestions; within its fold it says that it is only for who wants it."""
    client.post("/situation/step/swallowing/", {"symptom.dysphagia": "3"})
    client.post("/situation/step/daily-life/", {"function.ecog": "4"})
    text = page(client)
    gentle = library().visit_questions["stopping"]
    suggestions, more = text.split("More questions, by decision")
    assert not any(question.words in suggestions for question in gentle.questions)
    assert gentle.title in more
