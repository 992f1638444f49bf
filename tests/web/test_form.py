"""The form in steps: every question can be skipped, nothing typed is lost, and each answer means what a case file means."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from tests.web.conftest import FORM, FormClient
from wayline.facts.case import parse_case
from wayline.library import library
from wayline.reading import parse
from wayline.web import middleware
from wayline.web.asking import situation_from
from wayline.web.models import VaultRecord
from wayline.web.places import place_to_tell
from wayline.web.vault import Vault

pytestmark = pytest.mark.django_db
TODAY = date.today()  # noqa: DTZ011


def facts_of(client: Client) -> dict[str, Any]:
    """What the visitor's vault holds."""
    morsel = client.cookies.get(settings.VAULT_COOKIE)
    return Vault.from_cookie(morsel.value if morsel else None, TODAY).read().facts


def drafts_of(client: Client) -> dict[str, Any]:
    return Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, TODAY).read().drafts


def test_every_step_is_shown_and_can_be_skipped_to_the_options(client: Client) -> None:
    """Pressing "save and go on" with nothing filled in leads through all steps to the options."""
    steps = library().steps.steps
    address = f"/situation/step/{steps[0].id}/"
    for step in steps:
        assert address == f"/situation/step/{step.id}/"
        page = client.get(address)
        assert page.status_code == 200
        assert step.title in page.content.decode().replace("&#x27;", "'")
        response = client.post(address, {"go": "next"})
        assert response.status_code == 302
        address = response["Location"]
    assert address == "/options/"


@pytest.mark.parametrize("group", [group.id for group in library().vocabulary.groups])
def test_every_group_can_be_filled_in(client: Client, group: str) -> None:
    """Each page of "more that may be known" opens and saves."""
    assert client.get(f"/situation/more/{group}/").status_code == 200
    assert client.post(f"/situation/more/{group}/", {"go": "next"})["Location"] == "/situation/"


def test_every_fact_can_be_told_somewhere(client: Client) -> None:
    """Every fact of the vocabulary has a field on its group's page, but for single tumors, rare limits and the fixed primary."""
    for group in library().vocabulary.groups:
        page = client.get(f"/situation/more/{group.id}/").content.decode()
        for fact_id in group.facts:
            asked_beside = fact_id.endswith("_uln") and not library().vocabulary[fact_id.removesuffix("_uln")].upper_limit
            if fact_id == "diagnosis.primary" or asked_beside:
                continue
            if fact_id in ("liver.lesions", "liver.earlier_scans", "labs.earlier_results") or fact_id.endswith("_lln"):
                assert client.get(place_to_tell(fact_id)).status_code == 200, fact_id  # told on a page of its own
                continue
            assert f'id="{fact_id.replace(".", "-")}"' in page, fact_id


NUMBERS = [
    # typed, unit, stored
    ("0.7", "mg/dL", {"value": 0.7}),
    ("0,7", "mg/dL", {"value": 0.7}),
    (".7", "mg/dL", {"value": 0.7}),
    ("<.2", "mg/dL", {"below": 0.2}),
    (" 12 ", "umol/L", {"value": 12.0, "unit": "umol/L"}),
    ("<0.2", "mg/dL", {"below": 0.2}),
    ("≤ 1.2", "mg/dL", {"at_most": 1.2}),
    ("> 3", "mg/dL", {"above": 3.0}),
    (">=3", "mg/dL", {"at_least": 3.0}),
    ("at least 3", "mg/dL", {"at_least": 3.0}),
    ("3+", "mg/dL", {"at_least": 3.0}),
    ("less than 1", "mg/dL", {"below": 1.0}),
]


@pytest.mark.parametrize(("typed", "unit", "expected"), NUMBERS)
def test_numbers_are_read_as_people_write_them(client: Client, typed: str, unit: str, expected: dict[str, Any]) -> None:
    """Comparison signs and words make a partly known number; the unit is kept; the day is today's."""
    client.post("/situation/step/blood-tests/", {"labs.bilirubin": typed, "labs.bilirubin:unit": unit})
    assert facts_of(client)["labs.bilirubin"] == {**expected, "date": TODAY.isoformat()}


WRONG = [
    ("labs.bilirubin", "high", "Write a number"),
    ("labs.bilirubin", "900", "not possible"),
    ("labs.bilirubin", "1.2.3", "Write a number"),
    ("labs.bilirubin", "1e5", "Write a number"),
    ("labs.bilirubin", "-1", "not possible"),
    ("labs.bilirubin", "9" * 40, "Write a number"),
    ("labs.bilirubin:date", "2099-01-01", "lies after"),
    ("labs.bilirubin:unit", "furlongs", "is given in"),
]


@pytest.mark.parametrize(("name", "typed", "words"), WRONG)
def test_what_cannot_be_read_is_kept_and_explained_beside_its_field(client: Client, name: str, typed: str, words: str) -> None:
    """The page comes back with status 422, the typed text, an error in words; the other answers are saved."""
    sent = {"labs.bilirubin": "1", "labs.bilirubin:unit": "mg/dL", "labs.albumin": "3.9", "labs.albumin:unit": "g/dL"} | {name: typed}
    response = client.post("/situation/step/blood-tests/", sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert 'role="alert"' in page
    if name == "labs.bilirubin":
        assert f'value="{typed}"'.replace(">", "&gt;") in page
    assert facts_of(client)["labs.albumin"]["value"] == 3.9
    assert "labs.bilirubin" in drafts_of(client)


@pytest.mark.parametrize(("go", "target"), [("back", "/situation/step/weight/"), ("options", "/options/")])
def test_leaving_another_way_loses_nothing(client: Client, go: str, target: str) -> None:
    """Back and "see my options now" save first; an unreadable answer waits on its page with its error."""
    response = client.post("/situation/step/blood-tests/", {"labs.bilirubin": "high", "labs.albumin": "3.9", "go": go})
    assert response["Location"] == target
    page = client.get("/situation/step/blood-tests/").content.decode()
    assert 'value="high"' in page
    assert "Write a number" in page
    assert 'value="3.9"' in page


def test_an_answer_can_be_changed_and_taken_back(client: Client) -> None:
    """ "I don't know" removes a fact that was told."""
    client.post("/situation/step/daily-life/", {"function.ecog": "1"})
    client.post("/situation/step/daily-life/", {"function.ecog": "2"})
    assert facts_of(client)["function.ecog"]["value"] == "2"
    client.post("/situation/step/daily-life/", {"function.ecog": ""})
    assert "function.ecog" not in facts_of(client)


def test_passing_through_a_page_does_not_make_an_old_answer_new(client: Client) -> None:
    """An answer that stands as it was keeps its day."""
    old = "2026-11-01"
    client.post("/situation/step/blood-tests/", {"labs.albumin": "3.9", "labs.albumin:unit": "g/dL", "labs.albumin:date": old})
    stored = facts_of(client)["labs.albumin"]
    page = client.get("/situation/step/blood-tests/").content.decode()
    assert f'value="{old}"' in page
    client.post("/situation/step/blood-tests/", {"labs.albumin": "3.9", "labs.albumin:unit": "g/dL", "labs.albumin:date": old})
    assert facts_of(client)["labs.albumin"] == stored


def test_a_stale_answer_is_asked_again(client: Client) -> None:
    """What is too old is not shown as chosen, and says since when."""
    client.post("/situation/step/daily-life/", {"function.ecog": "1"})
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, TODAY)
    contents = vault.read()
    contents.facts["function.ecog"] = {"value": "1", "date": "2026-01-15"}
    vault.write(contents)
    page = client.get("/situation/step/daily-life/").content.decode()
    assert "You answered this on January 15, 2026" in page
    assert not re.search(r'value="1"[^>]* checked', page)
    client.post("/situation/step/daily-life/", {"function.ecog": ""})
    assert facts_of(client)["function.ecog"]["date"] == "2026-01-15"


def test_treatments_become_a_history(client: Client) -> None:
    """Named combinations and brands are understood; "this is everything" makes the list complete."""
    sent = {
        "therapy.history": "some",
        "therapy.history:drugs-0": "FOLFOX and Opdivo",
        "therapy.history:start-0": "2026-04",
        "therapy.history:end-0": "2026-10",
        "therapy.history:intent-0": "palliative",
        "therapy.history:ended_because-0": "progression",
        "therapy.history:best_response-0": "partial",
        "therapy.history:complete": "yes",
    }
    assert client.post("/situation/step/treatment-so-far/", sent).status_code == 302
    situation = situation_from(facts_of(client), library().vocabulary, TODAY)
    (course,) = situation.value("therapy.history")
    assert set(course.drugs) == {"fluorouracil", "leucovorin", "oxaliplatin", "nivolumab"}
    assert situation.number("therapy.lines").low == 1  # type: ignore[union-attr]
    assert situation.value("disease.status") == {"progressing"}
    page = client.get("/situation/step/treatment-so-far/").content.decode()
    assert 'value="FOLFOX, Opdivo"' in page
    stored = facts_of(client)
    client.post("/situation/step/treatment-so-far/", sent | {"therapy.history:drugs-0": "FOLFOX, Opdivo"})
    assert facts_of(client) == stored


def test_a_history_that_may_have_gaps_never_means_no(client: Client) -> None:
    """Without "this is everything" the list stays incomplete."""
    client.post("/situation/step/treatment-so-far/", {"therapy.history": "some", "therapy.history:drugs-0": "FOLFOX"})
    assert facts_of(client)["therapy.history"]["complete"] is False


def test_none_so_far_is_an_empty_list(client: Client) -> None:
    """Known to be none is not the same as unknown."""
    client.post("/situation/step/treatment-so-far/", {"therapy.history": "none"})
    assert facts_of(client)["therapy.history"] == []
    assert re.search(r'value="none" checked', client.get("/situation/step/treatment-so-far/").content.decode())


def test_wishes_keep_their_order(client: Client) -> None:
    """First, second, third."""
    client.post("/situation/step/what-matters/", {"wish.goals:1": "swallow_better", "wish.goals:2": "live_longer"})
    assert facts_of(client)["wish.goals"] == ["swallow_better", "live_longer"]


@pytest.mark.parametrize("name", ["junction_untreated", "squamous_frail", "her2_positive_progressed"])
def test_the_form_and_a_case_file_give_the_same_situation(client: Client, name: str) -> None:
    """Facts that a case file tells, told through the group pages, give the same findings."""
    from tests.conftest import PEOPLE

    content = library()
    text = (PEOPLE / f"{name}.yaml").read_text(encoding="utf-8").replace("2026-11-20", TODAY.isoformat(), 1)
    situation = parse_case(parse(text, name), content.vocabulary)
    for group in content.vocabulary.groups:
        sent: dict[str, str] = {}
        for fact_id in group.facts:
            told = situation.told.get(fact_id)
            definition = content.vocabulary[fact_id]
            if told is None or definition.kind not in ("yes_no", "choice", "number") or told.value is None:
                continue
            value = told.value
            if isinstance(value, bool):
                sent[fact_id] = "yes" if value else "no"
            elif isinstance(value, frozenset):
                sent[fact_id] = next(choice.value for choice in definition.choices.values() if choice.means == value)
            elif value.is_exact:  # type: ignore[union-attr]
                sent[fact_id] = f"{value.low:g}"  # type: ignore[union-attr]
                if told.date is not None:
                    sent[f"{fact_id}:date"] = str(told.date)
        client.post(f"/situation/more/{group.id}/", sent)
    again = situation_from(facts_of(client), content.vocabulary, TODAY)
    for fact_id, told in situation.told.items():
        if fact_id in again.told:
            assert again.told[fact_id].value == told.value, fact_id


@pytest.mark.parametrize(
    "address", ["/situation/step/nothing/", "/situation/more/nothing/", "/options/nothing/", "/page/nothing/", "/nothing"]
)
def test_an_address_that_does_not_exist_is_told_kindly(client: Client, address: str) -> None:
    """404 with a way on, never a stack trace."""
    response = client.get(address)
    assert response.status_code == 404
    assert "Nothing you told us is lost" in response.content.decode()


def test_far_too_much_is_refused(client: Client) -> None:
    """A body larger than a form can be is answered with 4xx and stores nothing."""
    response = client.post("/situation/step/blood-tests/", {"labs.bilirubin": "9" * 300_000})
    assert 400 <= response.status_code < 500
    assert settings.VAULT_COOKIE not in client.cookies


def test_a_form_from_another_site_is_refused() -> None:
    """Without the token nothing is saved."""
    strict = FormClient(enforce_csrf_checks=True)
    response = strict.post("/situation/step/about-you/", {"person.age": "61"})
    assert response.status_code == 403
    assert settings.VAULT_COOKIE not in strict.cookies


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", f"{FORM}; charset=utf-16"])
def test_only_plain_forms_are_taken(client: Client, content_type: str) -> None:
    """Anything else is answered with 4xx and stores nothing."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    response = client.generic("POST", "/situation/step/about-you/", "person.age=62", content_type=content_type)
    assert response.status_code == 415
    assert facts_of(client)["person.age"]["value"] == 61


def test_a_field_that_was_not_sent_is_left_alone(client: Client) -> None:
    """Only what stood on the page can be taken back."""
    client.post("/situation/step/about-you/", {"person.age": "61", "person.sex": "male"})
    client.post("/situation/step/about-you/", {"person.age": "62"})
    assert facts_of(client)["person.sex"] == {"value": "male"}


def test_an_old_tab_does_not_undo_what_a_newer_one_told(client: Client) -> None:
    """A page that was opened before sends back what it showed; what it never touched stays as it is now."""
    client.post("/situation/step/about-you/", {"person.age": "61", "person.sex": "male", "was:person.age": "{}", "was:person.sex": "{}"})
    client.post("/situation/step/about-you/", {"person.age": "62", "person.sex": "", "was:person.age": "{}", "was:person.sex": "{}"})
    assert facts_of(client)["person.sex"] == {"value": "male"}
    assert facts_of(client)["person.age"]["value"] == 62


def test_every_page_sends_back_what_it_showed(client: Client) -> None:
    """The answers as they stood when the page was opened."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    page = client.get("/situation/step/about-you/").content.decode()
    assert 'name="was:person.age" value="{&quot;&quot;: &quot;61&quot;' in page
    assert 'name="was:person.sex" value="{}"' in page


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"therapy.history": "none", "therapy.history:drugs-0": "oxaliplatin"}, None),
        ({"therapy.history": "some"}, {"items": [], "complete": False}),
        ({"therapy.history": "none"}, []),
    ],
)
def test_none_and_a_treatment_do_not_go_together(client: Client, sent: dict[str, str], expected: Any) -> None:
    """A contradiction is asked about; "something, I do not know what" is kept as such."""
    response = client.post("/situation/step/treatment-so-far/", sent)
    assert response.status_code == (422 if expected is None else 302)
    assert facts_of(client).get("therapy.history") == expected
    if expected is None:
        assert "none so far" in response.content.decode()


@pytest.mark.parametrize("typed", ["2 3", "0,700", "<10+", "1,23", "1 2345", "12,34,567"])
def test_numbers_that_could_mean_two_things_are_asked_about(client: Client, typed: str) -> None:
    """A blank between digits is no thousand unless groups of three follow."""
    response = client.post("/situation/step/liver-tumors/", {"liver.lesion_count": typed})
    stored = facts_of(client).get("liver.lesion_count")
    assert response.status_code == 422
    assert stored is None


def test_thousands_are_read_as_people_write_them(client: Client) -> None:
    """1,200 and 265 000 cells."""
    client.post("/situation/step/blood-tests/", {"labs.platelets": "265 000", "labs.platelets:unit": "cells/uL"})
    assert facts_of(client)["labs.platelets"]["value"] == 265000


def test_an_answer_with_an_unreadable_correction_is_not_used(client: Client) -> None:
    """Until the correction can be read, rules do without either."""
    client.post("/situation/step/blood-tests/", {"labs.bilirubin": "1.0"})
    assert "1 mg/dL" in client.get("/situation/").content.decode()
    client.post("/situation/step/blood-tests/", {"labs.bilirubin": "high", "go": "options"})
    assert "1 mg/dL" not in client.get("/situation/").content.decode()


def test_erasing_sticks(client: Client) -> None:
    """A page that still carries the old key does not bring it back."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    key = client.cookies[settings.VAULT_COOKIE].value
    client.post("/situation/erase/")
    client.cookies[settings.VAULT_COOKIE] = key
    response = client.get("/situation/")
    assert settings.VAULT_COOKIE not in response.cookies
    response = client.post("/situation/step/about-you/", {"person.age": "62"})
    assert response.cookies[settings.VAULT_COOKIE].value != key


@pytest.mark.parametrize("address", ["/", "/page/pain/", "/options/", "/situation/", "/help/", "/words/"])
def test_every_visit_keeps_the_record(client: Client, address: str) -> None:
    """Reading the guide counts as a visit, for the record and for the key."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    VaultRecord.objects.update(last_used_on=TODAY - timedelta(days=80))
    response = client.get(address)
    assert VaultRecord.objects.get().last_used_on == TODAY
    assert settings.VAULT_COOKIE in response.cookies


def test_pages_are_served_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide and the urgent page need none."""
    client.post("/situation/step/about-you/", {"person.age": "61"})

    def gone(_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(middleware, "vault_of", gone)
    for address in ("/", "/help/", "/page/pain/"):
        assert client.get(address).status_code == 200


def test_coming_back_keeps_the_key(client: Client) -> None:
    """A visit that only reads renews the cookie with the record; a cookie without a record is not renewed."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    assert settings.VAULT_COOKIE in client.get("/options/").cookies
    client.cookies[settings.VAULT_COOKIE] = "A" * 43
    assert settings.VAULT_COOKIE not in client.get("/options/").cookies


@pytest.mark.parametrize("address", ["/situation/", "/options/"])
def test_an_answer_that_can_no_longer_be_read_is_named(client: Client, address: str) -> None:
    """After the vocabulary has changed nothing is dropped in silence."""
    client.post("/situation/step/about-you/", {"person.age": "61"})
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, TODAY)
    contents = vault.read()
    contents.facts |= {"diagnosis.histology": {"value": "an_older_word"}, "older.fact": {"value": 1}}
    vault.write(contents)
    html = client.get(address).content.decode()
    assert "can no longer be read" in html
    assert "Cell type" in html
    assert "older.fact" in html


# --- a unit that nobody chose, and one that was chosen wrong ---

TEMPERATURE = "symptom.temperature_c"
FEELING = f"/situation/more/{library().vocabulary[TEMPERATURE].group}/"


def words_on(client: Client, path: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(path).content.decode()))


@pytest.mark.parametrize(("typed", "kept"), [("102.9", {"value": 102.9, "unit": "degF"}), ("39", {"value": 39.0})])
def test_a_temperature_whose_unit_nobody_chose_is_taken_and_said(client: Client, typed: str, kept: dict[str, Any]) -> None:
    assert '<option value="" selected>unit</option>' in client.get(FEELING).content.decode()
    response = client.post(FEELING, {TEMPERATURE: typed, f"{TEMPERATURE}:unit": "", "go": "next"})
    assert response.status_code == 302
    assert typed not in response["Location"]
    told = facts_of(client)[TEMPERATURE]
    assert {key: told[key] for key in kept} == kept
    sentence = f"Taken as {'°F' if 'unit' in kept else '°C'}. Change it if that is wrong."
    for path in (response["Location"], "/situation/", FEELING):
        assert sentence in words_on(client, path)
    assert "Fever" in words_on(client, "/help/")


def test_a_fever_in_the_wrong_unit_is_raised_while_it_is_asked_about(client: Client) -> None:
    response = client.post(FEELING, {TEMPERATURE: "101", f"{TEMPERATURE}:unit": "Cel", "go": "next"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "101 °C is not possible" in page
    assert "Was it 101 °F?" in page
    assert "From an answer that is not clear yet." in page
    assert "Here it is read as 101 °F." in words_on(client, "/help/")


def test_an_impossible_weight_is_named_in_the_unit_that_was_typed(client: Client) -> None:
    response = client.post("/situation/more/nutrition/", {"nutrition.weight_kg": "1550", "nutrition.weight_kg:unit": "lb", "go": "next"})
    assert "1550 lb is not possible; it lies between 33.07 and 881.8 lb." in response.content.decode()


def test_a_draft_that_was_left_as_it_stands_goes_on_waiting(client: Client) -> None:
    sent = {"nutrition.weight_kg": "1550", "nutrition.weight_kg:unit": "lb", "go": "next"}
    client.post("/situation/more/nutrition/", sent)
    again = client.post("/situation/more/nutrition/", sent | {"was:nutrition.weight_kg": json.dumps({"": "1550", "unit": "lb"})})
    assert again.status_code == 422
    assert drafts_of(client)["nutrition.weight_kg"][""] == "1550"
