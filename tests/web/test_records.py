"""Bringing in a record: what is read waits, what is confirmed is used, and nothing else happens to what was told."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, encode_multipart

from tests.conftest import PEOPLE
from wayline.facts.case import load_case
from wayline.library import library
from wayline.reading import Place, WaylineError
from wayline.records.codes import code_book
from wayline.records.fhir_writing import bundle_of
from wayline.records.imported import ClosedReport, ImportedFact, NotUnderstood, RecordReading
from wayline.web import uploads
from wayline.web import waiting_records as waiting
from wayline.web.asking import situation_from
from wayline.web.readers import load_readers
from wayline.web.vault import Contents, Vault
from wayline.web.views import records
from wayline.web.visitors import today
from wayline.web.waiting_records import waiting_records

pytestmark = pytest.mark.django_db
RECORDS, CONFIRM = "/records/", "/records/confirm/"
FORM_WITH_FILE = f"multipart/form-data; boundary={BOUNDARY}"


def day(days_ago: int) -> str:
    return (today() - timedelta(days_ago)).isoformat()


def fact(fact_id: str, value: Any, dated: str | None = None, where: str = "entry 1", *, is_item: bool = False, **more: Any) -> ImportedFact:
    """A candidate as a reader of records makes it."""
    told = value if is_item else {"value": value, **({"date": dated} if dated else {}), **more}
    return ImportedFact(fact_id, told, f"words of {fact_id} {value}", where, "LOINC 1", dated, is_item)


def reading(*facts: ImportedFact, **more: Any) -> RecordReading:
    return RecordReading("your file", "FHIR bundle", facts, **more)


Bring = Callable[..., Any]


@pytest.fixture
def bring(client: Client, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Upload a file that reads as this."""

    def upload(found: RecordReading | None = None, data: bytes = b'{"resourceType": "Bundle"}') -> Any:
        if found is not None:
            monkeypatch.setattr(records, "_read", lambda data: found)
        return send(client, data)

    return upload


def send(client: Client, data: bytes, address: str = RECORDS, name: str = "record") -> Any:
    body = encode_multipart(BOUNDARY, {name: SimpleUploadedFile("my record.json", data)})
    return client.post(address, body, content_type=FORM_WITH_FILE)


def contents_of(client: Client) -> Contents:
    cookie = client.cookies.get(settings.VAULT_COOKIE)
    return Vault.from_cookie(cookie.value if cookie else None, today()).read()


def page(client: Client) -> str:
    answer = client.get(CONFIRM)
    assert answer.status_code == 200
    return str(answer.content.decode())


def take(client: Client, *keys: str, status: int = 302, **more: Any) -> str:
    answer = client.post(
        CONFIRM, {"mine": "yes", "take": list(keys), "do": "take"} | {key.replace("__", "-"): value for key, value in more.items()}
    )
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


def choice(client: Client, key: str, words: str) -> dict[str, str]:
    """The form's value of one of the choices of a line, found by its words."""
    for value, shown in re.findall(
        rf'name="choose-{re.escape(key)}" value="([^"]+)"[^>]*><span>(.*?)</span></label>', page(client), re.DOTALL
    ):
        if words in shown:
            return {f"choose-{key}": value}
    raise AssertionError(f"{words} is no choice of {key}")


def tell(client: Client, facts: dict[str, Any]) -> None:
    """What was told before, in the form of a case file."""
    client.post("/situation/step/swallowing/", {"symptom.dysphagia": "1"})
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, today())
    contents = vault.read()
    contents.facts = dict(facts)
    vault.write(contents)


# The file


def test_a_record_waits_and_is_used_only_once_confirmed(client: Client, bring: Bring) -> None:
    """Nothing among the facts before; what was marked afterwards, with its day and source."""
    found = reading(fact("diagnosis.histology", "adenocarcinoma", day(30)), fact("biomarker.her2", "negative", day(20)))
    assert bring(found)["Location"] == CONFIRM
    assert contents_of(client).facts == {}
    text = page(client)
    assert "adenocarcinoma" in text
    assert "checked" not in text
    take(client, "diagnosis.histology")
    facts = contents_of(client).facts
    assert facts == {"diagnosis.histology": {"value": "adenocarcinoma", "date": day(30), "source": f"record of FHIR bundle, read {day(0)}"}}
    assert "biomarker.her2" in {one.fact_id for one in waiting_records(contents_of(client).waiting)[0].facts}


def test_the_file_itself_is_kept_nowhere(client: Client, bring: Bring) -> None:
    """Neither in the vault nor, readable, in the database."""
    secret = b"Ottilie Quittenbaum"
    bring(reading(fact("diagnosis.histology", "adenocarcinoma")), data=b'{"name": "' + secret + b'"}')
    assert secret.decode() not in str(contents_of(client))
    with connection.cursor() as cursor:
        cursor.execute("select name from sqlite_master where type = 'table'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select * from "{table}"')
            rows = repr(cursor.fetchall())
            assert secret.decode() not in rows
            assert "adenocarcinoma" not in rows


def test_a_broken_file_is_told_and_changes_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong and where, in words; no record is made."""

    def broken(data: bytes) -> RecordReading:
        raise Place("your file", 12).error("this is not JSON")

    monkeypatch.setattr(records, "_read", broken)
    answer = send(client, b"{")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "In the program’s own words: Your file, line 12: this is not JSON." in text
    assert "not a health record" in text
    assert settings.VAULT_COOKIE not in client.cookies


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7", "This is a PDF. It cannot be read here."),
        (b"Dear colleague, thank you", "This is plain text"),
        (b"<html><body>Sign in", "This is a web page"),
        (b'{"resourceType": "Bundle", ', "a part of it is broken"),
    ],
)
def test_a_file_of_another_kind_is_named_in_plain_words(client: Client, data: bytes, words: str) -> None:
    """First what it is, then what can be done; the place in the file comes last."""
    answer = send(client, data)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert text.index(words) < text.index("In the program’s own words")


@pytest.mark.parametrize(
    ("address", "module", "name"),
    [
        (RECORDS, "wayline.web.views.records", "code_book"),
        ("/paste/", "wayline.records.pasted.words", "load_pasted_words"),
        ("/liver/report/", "wayline.liver.report_text", "load_report_words"),
    ],
)
def test_a_fault_in_our_content_is_not_told_as_the_persons(
    client: Client, monkeypatch: pytest.MonkeyPatch, address: str, module: str, name: str
) -> None:
    """It is ours: the page says calmly that something broke, and names no file of ours."""

    def broken(*_: Any) -> Any:
        raise Place("records/words.yaml", 6).error("'zorblatt' is not a fact")

    monkeypatch.setattr(f"{module}.{name}", broken)
    if name == "code_book":
        monkeypatch.setattr("wayline.web.readers.code_book", broken)
    for reader in ("pasted_reader", "report_reader"):
        monkeypatch.delitem(library().__dict__, reader, raising=False)
    client.raise_request_exception = False
    answer = send(client, b"{}") if address == RECORDS else client.post(address, {"text": "HER2 3+", "do": "read"})
    assert answer.status_code == 500
    assert "words.yaml" not in answer.content.decode()
    with pytest.raises(WaylineError, match="zorblatt"):
        load_readers()


def test_a_record_of_two_people_is_refused(client: Client, bring: Bring) -> None:
    answer = bring(reading(fact("diagnosis.histology", "squamous"), people=2))
    assert answer.status_code == 422
    assert "2 different people" in answer.content.decode()
    assert settings.VAULT_COOKIE not in client.cookies


@pytest.mark.parametrize(("name", "data"), [("record", b""), ("another", b"{}")])
def test_no_file_is_told(client: Client, name: str, data: bytes) -> None:
    answer = send(client, data, name=name)
    assert answer.status_code == 422
    assert "Choose a file first" in answer.content.decode()


@pytest.mark.parametrize(("extra", "status"), [(0, 302), (1, 413)])
def test_a_file_has_a_largest_size(client: Client, bring: Bring, monkeypatch: pytest.MonkeyPatch, extra: int, status: int) -> None:
    """At the limit and one byte above it."""
    monkeypatch.setattr(records, "LARGEST_FILE_BYTES", 3_000_000)
    assert bring(reading(fact("diagnosis.histology", "squamous")), data=b" " * (3_000_000 + extra)).status_code == status
    assert bool(client.cookies.get(settings.VAULT_COOKIE)) is (status == 302)


def test_a_body_far_too_long_is_refused_before_it_is_read(client: Client) -> None:
    body = encode_multipart(BOUNDARY, {"record": SimpleUploadedFile("r.json", b"{}")})
    length = str(uploads.LARGEST_BODY_BYTES + 1)
    answer = client.post(RECORDS, body, content_type=FORM_WITH_FILE, CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(body)})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


def test_a_file_that_did_not_arrive_whole_is_refused(client: Client, bring: Bring) -> None:
    """A cut connection: the length that was announced is not there."""
    bring(reading(fact("diagnosis.histology", "squamous")))
    client.post(CONFIRM, {"do": "erase-all"})
    body = encode_multipart(BOUNDARY, {"record": SimpleUploadedFile("r.json", b"{}" * 500)})
    answer = client.post(
        RECORDS, body, content_type=FORM_WITH_FILE, CONTENT_LENGTH=str(len(body) + 200), **{"wsgi.input": io.BytesIO(body)}
    )
    assert answer.status_code == 400
    assert contents_of(client).waiting == []


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", f"{FORM_WITH_FILE}2"])
def test_a_malformed_body_is_refused(client: Client, content_type: str) -> None:
    """No boundary, or another one than announced."""
    body = encode_multipart(BOUNDARY, {"record": SimpleUploadedFile("r.json", b"{}")})
    assert client.post(RECORDS, body, content_type=content_type).status_code in (400, 422)


def test_two_files_at_once_are_refused(client: Client) -> None:
    body = encode_multipart(BOUNDARY, {"record": SimpleUploadedFile("r.json", b"{}"), "other": SimpleUploadedFile("s.json", b"{}")})
    assert client.post(RECORDS, body, content_type=FORM_WITH_FILE).status_code == 400


@pytest.mark.parametrize("address", ["/situation/step/about-you/", CONFIRM, "/visit/questions/", "/situation/erase/"])
def test_a_file_is_taken_nowhere_else(client: Client, address: str) -> None:
    """A forged form with a file is refused everywhere but here."""
    assert send(client, b"{}", address=address).status_code == 415


def test_a_forged_upload_is_refused() -> None:
    """Django's check against forms from other sites holds for this form too."""
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, b"{}").status_code == 403


def test_room_in_memory_is_bounded_and_given_back(client: Client, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many bytes at once over all visitors; afterwards the room is there again."""
    monkeypatch.setattr(uploads, "ROOM", uploads.Room(2_000))
    found = reading(fact("diagnosis.histology", "squamous"))
    assert bring(found, data=b" " * 3_000).status_code == 503
    assert bring(found, data=b" " * 500).status_code == 302
    assert uploads.ROOM.held == 0


def test_one_record_is_read_at_a_time(client: Client, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who would have to wait for long is asked to come again, and nothing is changed."""
    monkeypatch.setattr(records, "_WAITS_FOR_ITS_TURN_SECONDS", 0.01)
    found = reading(fact("diagnosis.histology", "squamous"))
    with records._READING:
        assert bring(found).status_code == 503
    assert bring(found).status_code == 302


def test_one_record_waits_at_a_time(client: Client, bring: Bring) -> None:
    """A second is refused while the first is undecided, and taken afterwards."""
    bring(reading(fact("diagnosis.histology", "squamous")))
    assert bring(reading(fact("diagnosis.site", "gej"))).status_code == 409
    client.post(CONFIRM, {"do": "discard"})
    assert contents_of(client).waiting == []
    assert bring(reading(fact("diagnosis.site", "gej"))).status_code == 302


# Whose record


def test_nothing_is_taken_before_it_is_said_whose_record_it_is(client: Client, bring: Bring) -> None:
    """The birth date and sex of the record are shown, and what was told where it differs."""
    tell(client, {"person.birth_date": "1961-04-02", "person.sex": "male"})
    bring(reading(fact("person.birth_date", "1980-01-30"), fact("person.sex", "male"), fact("diagnosis.histology", "squamous")))
    text = page(client)
    assert "January 30, 1980" in text
    assert "You told us: April 2, 1961. Is this the right record?" in text
    answer = client.post(CONFIRM, {"take": ["diagnosis.histology"], "do": "take"})
    assert answer.status_code == 422
    assert "diagnosis.histology" not in contents_of(client).facts
    assert re.search(r'name="take" value="diagnosis.histology" checked', answer.content.decode())
    take(client, "diagnosis.histology")
    assert "diagnosis.histology" in contents_of(client).facts


# Values that differ


def test_values_that_differ_are_a_choice_newest_first(client: Client, bring: Bring) -> None:
    """Never merged: one of them, or none."""
    bring(reading(fact("biomarker.her2", "negative", day(400)), fact("biomarker.her2", "positive", day(10))))
    text = page(client)
    assert text.index("positive") < text.index("negative")
    take(client, "biomarker.her2", status=422)  # a tick is no choice
    chosen = choice(client, "biomarker.her2", "negative")
    assert client.post(CONFIRM, {"mine": "yes", "do": "group-biomarker"} | chosen).status_code == 302
    assert contents_of(client).facts["biomarker.her2"]["value"] == "negative"
    assert waiting_records(contents_of(client).waiting)[0].is_decided


def test_none_of_these_leaves_what_was_told(client: Client, bring: Bring) -> None:
    tell(client, {"diagnosis.histology": "squamous"})
    bring(reading(fact("diagnosis.histology", "adenocarcinoma", day(3)), fact("diagnosis.site", "gej")))
    text = page(client)
    assert "You told: <strong>squamous" in text
    assert "Keep what I told" in text
    take(client, **choice(client, "diagnosis.histology", "Keep what I told"))
    assert contents_of(client).facts["diagnosis.histology"] == "squamous"
    assert [one.fact_id for one in waiting_records(contents_of(client).waiting)[0].facts] == ["diagnosis.site"]


@pytest.mark.parametrize(
    ("told_days_ago", "record_days_ago", "is_choice"),
    [(10, 11, False), (10, 10, True), (10, 9, True)],
)
def test_an_older_value_never_replaces_a_newer_one(
    client: Client, bring: Bring, told_days_ago: int, record_days_ago: int, is_choice: bool
) -> None:
    """Older: shown, and it stays. Of the same day or newer: a choice."""
    tell(client, {"function.ecog": {"value": "1", "date": day(told_days_ago)}})
    bring(reading(fact("function.ecog", "2", day(record_days_ago))))
    assert ('name="choose-function.ecog"' in page(client)) is is_choice
    value = next(iter(waiting_records(contents_of(client).waiting)[0].stored()["facts"]))
    assert value[0] == "function.ecog"
    for attempt in ({"take": "function.ecog", "do": "take"}, {"do": "group-function"}):
        client.post(CONFIRM, {"mine": "yes"} | attempt)
    assert contents_of(client).facts["function.ecog"]["value"] == "1"
    if is_choice:
        take(client, **choice(client, "function.ecog", "words of function.ecog 2"))
        assert contents_of(client).facts["function.ecog"]["value"] == "2"


def test_what_changes_with_time_is_no_contradiction(client: Client, bring: Bring) -> None:
    """The newest weight is offered; older ones decide nothing."""
    bring(reading(*(fact("nutrition.weight_kg", 80 - number, day(30 - number)) for number in range(5))))
    assert "choose-" not in page(client)
    take(client, "nutrition.weight_kg")
    assert contents_of(client).facts["nutrition.weight_kg"]["value"] == 76
    assert waiting_records(contents_of(client).waiting)[0].is_decided


def test_what_was_told_already_is_only_counted(client: Client, bring: Bring) -> None:
    tell(client, {"diagnosis.histology": "squamous"})
    bring(reading(fact("diagnosis.histology", "squamous", day(3))))
    text = page(client)
    assert "1 entry says what you told already" in text
    assert "Nothing of this record is left to decide." in text


def test_all_that_do_not_differ_are_taken_together(client: Client, bring: Bring) -> None:
    """A whole group by one press; what differs is left to be looked at."""
    tell(client, {"biomarker.msi_high": False})
    bring(
        reading(
            fact("biomarker.her2", "negative", day(5)),
            fact("biomarker.pdl1_cps", 8, day(5)),
            fact("biomarker.msi_high", True, day(5)),
            fact("diagnosis.site", "gej"),
        )
    )
    assert client.post(CONFIRM, {"mine": "yes", "do": "group-biomarker"}).status_code == 302
    facts = contents_of(client).facts
    assert facts["biomarker.pdl1_cps"]["value"] == 8
    assert facts["biomarker.msi_high"] is False
    assert "diagnosis.site" not in facts


def test_a_value_without_a_day_is_not_taken_as_of_today(client: Client, bring: Bring) -> None:
    """How active somebody is grows old: without its day it is asked for."""
    bring(reading(fact("function.ecog", "1")))
    assert "tell the day" in take(client, "function.ecog", status=422)
    key = re.search(r'name="(day-[0-9a-f]+)"', page(client))
    assert key is not None
    answer = client.post(CONFIRM, {"mine": "yes", "take": "function.ecog", "do": "take", key[1]: "yesterday"})
    assert answer.status_code == 422
    assert "Write the day as 10/28/2026" in answer.content.decode()
    american = f"{today() - timedelta(7):%m/%d/%Y}"
    assert client.post(CONFIRM, {"mine": "yes", "take": "function.ecog", "do": "take", key[1]: american}).status_code == 302
    assert contents_of(client).facts["function.ecog"]["date"] == day(7)


# Blood tests


def bilirubin(value: float, days_ago: int, upper: float | None = None) -> list[ImportedFact]:
    where = f"entry {days_ago}"
    limit = [fact("labs.bilirubin_uln", upper, day(days_ago), where)] if upper else []
    return [fact("labs.bilirubin", value, day(days_ago), where), *limit]


def test_blood_tests_of_several_days_become_a_series(client: Client, bring: Bring) -> None:
    """The newest counts, with the limit of its own report; the others are earlier results."""
    bring(
        reading(
            *bilirubin(0.7, 40, 1.2),
            *bilirubin(1.1, 2, 1.3),
            fact("labs.earlier_results", {"lab": "labs.bilirubin", "value": 0.5, "date": day(90)}, day(90), is_item=True),
        )
    )
    text = page(client)
    assert "Bilirubin" in text
    assert "2 earlier results" in text
    assert client.post(CONFIRM, {"mine": "yes", "do": "group-labs"}).status_code == 302
    facts = contents_of(client).facts
    assert (facts["labs.bilirubin"]["value"], facts["labs.bilirubin"]["date"]) == (1.1, day(2))
    assert facts["labs.bilirubin"]["source"].startswith("record of FHIR bundle")
    assert facts["labs.bilirubin_uln"]["value"] == 1.3
    earlier = {one["date"]: one for one in facts["labs.earlier_results"]}
    assert earlier[day(40)] == {"lab": "labs.bilirubin", "value": 0.7, "date": day(40), "upper_limit": 1.2}
    assert earlier[day(90)]["value"] == 0.5
    assert waiting_records(contents_of(client).waiting)[0].is_decided


def test_an_older_blood_test_becomes_an_earlier_result(client: Client, bring: Bring) -> None:
    """What was told is newer and stays."""
    tell(client, {"labs.bilirubin": {"value": 0.9, "date": day(3)}})
    bring(reading(*bilirubin(2.0, 30)))
    take(client, f"labs.bilirubin-{day(30)}")
    facts = contents_of(client).facts
    assert facts["labs.bilirubin"]["value"] == 0.9
    assert [one["value"] for one in facts["labs.earlier_results"]] == [2.0]


@pytest.mark.parametrize("fact_id", ["labs.alt", "function.ecog"])
@pytest.mark.parametrize("extra", [0, 1])
def test_what_has_grown_old_says_so(client: Client, bring: Bring, fact_id: str, extra: int) -> None:
    """On its last day, and the day after."""
    valid = library().vocabulary[fact_id].valid_for_days
    assert valid is not None
    bring(reading(fact(fact_id, "1" if fact_id == "function.ecog" else 30, day(valid + extra))))
    assert ("the treatments need a newer one" in page(client)) is bool(extra)


def test_the_record_s_own_source_is_kept(client: Client, bring: Bring) -> None:
    bring(
        reading(
            fact("labs.alt", 30, day(1), source="City lab"),
            fact("diagnosis.site", "gej", source="Path report"),
            fact("labs.ast", 30, day(1)),
        )
    )
    take(client, f"labs.alt-{day(1)}", f"labs.ast-{day(1)}", "diagnosis.site")
    facts = contents_of(client).facts
    assert [facts[fact_id]["source"][:9] for fact_id in ("labs.alt", "diagnosis.site", "labs.ast")] == [
        "City lab",
        "Path repo",
        "record of",
    ]


def test_a_newer_blood_test_needs_a_look_of_its_own(client: Client, bring: Bring) -> None:
    """It differs from what was told, so no group takes it along."""
    tell(client, {"labs.bilirubin": {"value": 0.9, "date": day(9)}})
    bring(reading(*bilirubin(2.0, 1), fact("labs.albumin", 3.9, day(1)), fact("labs.alt", 30, day(1))))
    client.post(CONFIRM, {"mine": "yes", "do": "group-labs"})
    assert contents_of(client).facts["labs.bilirubin"]["value"] == 0.9
    assert contents_of(client).facts["labs.albumin"]["value"] == 3.9
    take(client, f"labs.bilirubin-{day(1)}")
    facts = contents_of(client).facts
    assert facts["labs.bilirubin"]["value"] == 2.0
    assert [one["value"] for one in facts["labs.earlier_results"]] == [0.9]


def test_two_results_of_one_day_are_a_choice(client: Client, bring: Bring) -> None:
    bring(reading(fact("labs.alt", 30, day(1), "entry 1"), fact("labs.alt", 300, day(1), "entry 2")))
    client.post(CONFIRM, {"mine": "yes", "do": "group-labs"})
    assert "labs.alt" not in contents_of(client).facts
    take(client, **choice(client, f"labs.alt-{day(1)}", "300 U/L"))
    assert contents_of(client).facts["labs.alt"]["value"] == 300
    assert waiting_records(contents_of(client).waiting)[0].is_decided


def test_a_blood_test_told_without_a_day_stays_until_the_person_chooses(client: Client, bring: Bring) -> None:
    """It counts as of today, so no result of a record is newer."""
    tell(client, {"labs.alt": 40})
    bring(reading(fact("labs.alt", 300, day(1)), fact("labs.alt", 200, day(50))))
    take(client, "labs.alt-earlier")
    assert contents_of(client).facts["labs.alt"] == 40
    assert [one["value"] for one in contents_of(client).facts["labs.earlier_results"]] == [200]
    take(client, **choice(client, f"labs.alt-{day(1)}", "300 U/L"))
    assert contents_of(client).facts["labs.alt"]["value"] == 300


# Lists

FOLFOX = {"drugs": ["fluorouracil", "oxaliplatin"], "intent": "palliative", "start": "2026-02"}


def course(told: dict[str, Any]) -> ImportedFact:
    return fact("therapy.history", told, told.get("start"), is_item=True)


def only_key(client: Client) -> str:
    (one,) = re.findall(r'name="take" value="([0-9a-f]{12})"', page(client))
    return str(one)


@pytest.mark.parametrize(
    ("told", "kept", "complete"),
    [
        (None, [], False),
        ([], [], False),
        ([{"drugs": ["paclitaxel"]}], [{"drugs": ["paclitaxel"]}], True),
        ({"items": [{"drugs": ["paclitaxel"]}], "complete": False}, [{"drugs": ["paclitaxel"]}], False),
    ],
)
def test_a_course_is_added_to_the_list(client: Client, bring: Bring, told: Any, kept: list[Any], complete: bool) -> None:
    """Nothing of the list is lost, and it is complete only where it was told so."""
    if told is not None:
        tell(client, {"therapy.history": told})
    bring(reading(course(FOLFOX)))
    take(client, only_key(client))
    assert contents_of(client).facts["therapy.history"] == {"items": [*kept, FOLFOX], "complete": complete}


def test_a_long_history_is_not_cut_short_by_the_form(client: Client) -> None:
    """The form has four rows: procedures and further courses travel along in their places, until they are taken out."""
    history: list[dict[str, Any]] = [
        {"drugs": [drug], "start": f"202{year}"} for year, drug in enumerate(["cisplatin", "paclitaxel", "irinotecan"], 1)
    ]
    history.insert(1, {"procedure": "stent", "start": "2022-05"})
    history += [{"drugs": ["docetaxel"]}, {"drugs": ["nivolumab"]}]
    tell(client, {"therapy.history": {"items": history, "complete": False}})
    step = "/situation/step/treatment-so-far/"
    text = client.get(step).content.decode()
    sent = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input[^>]*name="(therapy.history:(?:drugs|start|end|more)[^"]*)"[^>]*value="([^"]*)"', text)
    }
    assert "stent, from 2022-05" in text
    client.post(step, sent | {"therapy.history": "some", "therapy.history:end-0": "2021-09", "go": "next"})
    stored = contents_of(client).facts["therapy.history"]["items"]
    assert stored == [history[0] | {"end": "2021-09"}, *history[1:]]
    client.post(step, sent | {"therapy.history": "some", "therapy.history:without_more": "yes", "go": "next"})
    stored = contents_of(client).facts["therapy.history"]["items"]
    assert stored == [one for one in history if "drugs" in one and one["drugs"] != ["nivolumab"]]


@pytest.mark.parametrize(
    ("way", "history"),
    [
        ("Another treatment", [{"drugs": ["oxaliplatin", "fluorouracil"]}, FOLFOX]),
        ("in place of mine", [FOLFOX]),
        ("Keep what I told", [{"drugs": ["oxaliplatin", "fluorouracil"]}]),
    ],
)
def test_a_course_that_may_be_told_already_is_a_choice(client: Client, bring: Bring, way: str, history: list[Any]) -> None:
    """Counted twice, it would be another line of treatment."""
    tell(client, {"therapy.history": [{"drugs": ["oxaliplatin", "fluorouracil"]}]})
    bring(reading(course(FOLFOX)))
    client.post(CONFIRM, {"mine": "yes", "do": "group-therapy"})
    (key,) = set(re.findall(r'name="choose-([0-9a-f]{12})"', page(client)))
    take(client, **choice(client, key, way))
    stored = contents_of(client).facts["therapy.history"]
    assert (stored["items"] if isinstance(stored, dict) else stored) == history


def test_a_course_that_the_record_tells_twice_is_not_taken_with_others(client: Client, bring: Bring) -> None:
    """Two entries of one treatment would be two lines."""
    later = {"drugs": ["oxaliplatin", "fluorouracil"], "start": "2026-03"}
    bring(reading(course(FOLFOX), course(later), course({"drugs": ["paclitaxel"], "start": "2026-09"}), course({"drugs": ["nivolumab"]})))
    assert "Take it once" in page(client)
    client.post(CONFIRM, {"mine": "yes", "do": "group-therapy"})
    taken = contents_of(client).facts["therapy.history"]["items"]
    assert len(taken) == 3
    assert sum("oxaliplatin" in one["drugs"] for one in taken) == 1


def test_tumors_of_another_scan_do_not_mix_with_the_list(client: Client, bring: Bring) -> None:
    tell(client, {"liver.lesions": {"items": [{"segment": "6", "diameter_cm": 2.4, "date": day(60)}], "complete": True}})
    bring(reading(fact("liver.lesions", {"segment": "2", "diameter_cm": 1.0, "date": day(5)}, day(5), is_item=True)))
    assert "It stays." in page(client)
    client.post(CONFIRM, {"mine": "yes", "do": "group-liver"})
    assert len(contents_of(client).facts["liver.lesions"]["items"]) == 1


# Reports and the rest

REPORT = ClosedReport("CT of the chest and belly", "2026-10-28", "FINDINGS: <b>new</b> lesion, quittengelb", "entry 9")


def test_reports_stay_closed_until_they_are_opened(client: Client, bring: Bring) -> None:
    """Titles and days only; the text comes by a press, as plain text, and can go on waiting or be erased."""
    bring(reading(fact("diagnosis.histology", "squamous"), reports=(REPORT,)))
    text = page(client)
    assert REPORT.title in text
    assert "quittengelb" not in text
    key = re.search(r'name="open" value="([0-9a-f]+)"', text)
    assert key is not None
    opened = client.post("/records/report/", {"open": key[1]}).content.decode()
    assert "quittengelb" in opened
    assert "<b>new" not in opened
    assert "quittengelb" not in page(client)
    client.post(CONFIRM, {"do": f"wait-{key[1]}"})
    assert "Waiting for your visit (1)" in page(client)
    client.post(CONFIRM, {"do": "discard"})  # the facts go, the report stays
    assert REPORT.title in page(client)
    assert client.get(RECORDS).content.decode().count("Reports of an earlier record are still closed") == 1
    client.post(CONFIRM, {"do": f"erase-{key[1]}"})
    assert REPORT.title not in page(client)
    assert client.post("/records/report/", {"open": key[1]}).status_code == 302
    assert client.get("/records/report/").status_code == 302


def test_groups_are_folded_until_they_are_opened(client: Client, bring: Bring) -> None:
    """Results that nobody talked about yet do not jump at the reader; what is marked in stays open when something is to be mended."""
    bring(reading(fact("metastases.brain", True, day(1)), fact("diagnosis.site", "gej")))
    assert not re.search(r'<details class="fold record-group" open>', page(client))
    answer = client.post(CONFIRM, {"take": ["diagnosis.site"], "do": "take"}).content.decode()
    assert answer.count('<details class="fold record-group" open>') == 1


def test_what_was_not_understood_is_counted_and_listed(client: Client, bring: Bring) -> None:
    """What the reader could not use, and what no fact can hold."""
    odd = NotUnderstood("Observation", "Zorblatt index 7", "entry 4", "no fact has this code")
    impossible = fact("labs.albumin", 39, day(1))
    tomorrow = fact("function.ecog", "1", day(-2))
    bring(reading(impossible, tomorrow, not_understood=(odd, odd), counts={"Observation": 3, "Patient": 1}))
    text = page(client)
    assert "Observation: 2" in text
    assert "Zorblatt index 7" in text
    assert "Albumin: 1" in text
    assert "Patient: 1" in text
    assert waiting_records(contents_of(client).waiting)[0].facts == ()


def test_what_has_no_room_is_left_out_and_told(client: Client, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest results go first, and reports that are too long; what is no result of a series stays."""
    monkeypatch.setattr(waiting, "MOST_FACTS", 50)
    results = [fact("labs.alt", 30 + number, day(number), f"entry {number}") for number in range(51, 0, -1)]
    bring(reading(*results, fact("diagnosis.site", "gej"), reports=(ClosedReport("Long", None, "x" * 200_001, "entry 1"), REPORT)))
    (record,) = waiting_records(contents_of(client).waiting)
    assert {one.date for one in record.facts} == {None, *(day(number) for number in range(1, 50))}
    text = page(client)
    assert "2 older results" in text
    assert "1 reports" in text


@pytest.mark.parametrize(("ask", "act", "facts", "reports"), [("ask-facts", "discard", 0, 1), ("ask-all", "erase-all", 0, 0)])
def test_discarding_is_asked_about_first(client: Client, bring: Bring, ask: str, act: str, facts: int, reports: int) -> None:
    """The buttons of the page ask; only the answer throws away."""
    bring(reading(fact("diagnosis.histology", "squamous"), reports=(REPORT,)))
    assert f'name="do" value="{ask}"' in page(client)
    assert f'name="do" value="{act}"' not in page(client)
    before = contents_of(client).waiting
    asked = client.post(CONFIRM, {"do": ask})
    assert asked.status_code == 200
    assert "Throw away what waits?" in asked.content.decode()
    assert ("1 closed report" in asked.content.decode()) == (act == "erase-all")
    assert f'name="do" value="{act}"' in asked.content.decode()
    assert contents_of(client).waiting == before
    client.post(CONFIRM, {"do": act})
    left = waiting_records(contents_of(client).waiting)
    assert (sum(len(one.facts) for one in left), sum(len(one.reports) for one in left)) == (facts, reports)


def test_with_nothing_waiting_nothing_is_asked(client: Client) -> None:
    assert client.post(CONFIRM, {"do": "ask-all"})["Location"] == CONFIRM


def test_erasing_erases_what_waits(client: Client, bring: Bring) -> None:
    bring(reading(fact("diagnosis.histology", "squamous"), reports=(REPORT,)))
    client.post(CONFIRM, {"do": "erase-all"})
    assert contents_of(client).waiting == []
    assert "Nothing is waiting" in page(client)


def test_what_another_version_wrote_is_told_and_can_be_discarded(client: Client) -> None:
    tell(client, {})
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, today())
    contents = vault.read()
    contents.waiting = [{"form": "odd"}]
    vault.write(contents)
    assert "another version" in page(client)
    client.post(CONFIRM, {"do": "erase-all"})
    assert contents_of(client).waiting == []


@pytest.mark.parametrize(
    "odd",
    [
        "text",
        {"facts": []},
        {"facts": [["diagnosis.site"]]},
        {"facts": [["diagnosis.site", "gej", "words", 7, None, None, False]]},
        {"facts": [["diagnosis.site", "gej", "words", "entry 1", None, "yesterday", False]]},
        {"reports": [["title", None, 7, "entry 1", False]]},
        {"facts": [["no.fact", "x", "words", "entry 1", None, None, False]]},
        {"facts": [["diagnosis.site", "nowhere", "words", "entry 1", None, None, False]]},
        {"facts": [["labs.earlier_results", {"lab": "labs.alt"}, "words", "entry 1", None, None, True]]},
    ],
)
def test_what_a_file_brought_back_breaks_nothing(client: Client, odd: Any) -> None:
    """A person's own saved file may hold anything where records wait."""
    tell(client, {})
    whole = waiting.WaitingRecord("FHIR bundle", day(0), ()).stored()
    vault = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, today())
    contents = vault.read()
    contents.waiting = [whole | odd if isinstance(odd, dict) and len(odd) else odd]
    vault.write(contents)
    assert client.get(RECORDS).status_code == 200
    page(client)
    client.post(CONFIRM, {"do": "erase-all"})
    assert contents_of(client).waiting == []


@pytest.mark.parametrize("person", ["junction_untreated", "her2_positive_progressed", "partly_known"])
def test_our_own_document_comes_back_whole(client: Client, person: str) -> None:
    """Written by `wayline`, read by the site, confirmed line by line: every value that was told is told again."""
    told = load_case(PEOPLE / f"{person}.yaml", library().vocabulary)
    document = bundle_of(told, code_book(), generated_at="2026-11-20T10:00:00Z")
    assert send(client, json.dumps(document).encode()).status_code == 302
    text = page(client)
    assert 'name="choose-' not in text
    days = dict.fromkeys(re.findall(r'name="(day-[0-9a-f]+)"', text), "2026-11-20")
    sent = {"mine": "yes", "take": re.findall(r'name="take" value="([^"]+)"', text), "do": "take"} | days
    assert client.post(CONFIRM, sent).status_code == 302
    again = situation_from(contents_of(client).facts, library().vocabulary, today())
    assert {fact_id: (one.value, one.times_uln) for fact_id, one in again.told.items()} == {
        fact_id: (one.value, one.times_uln) for fact_id, one in told.told.items()
    }


def test_nothing_marked_is_told(client: Client, bring: Bring) -> None:
    bring(reading(fact("diagnosis.histology", "squamous")))
    assert "Nothing is marked yet" in take(client, status=422)
    assert contents_of(client).facts == {}


def test_a_form_of_an_old_tab_changes_nothing_more(client: Client, bring: Bring) -> None:
    """What was decided meanwhile is not decided again."""
    bring(reading(fact("diagnosis.histology", "squamous"), fact("diagnosis.site", "gej")))
    take(client, "diagnosis.histology")
    tell(client, {"diagnosis.histology": "adenocarcinoma"})
    take(client, "diagnosis.histology", status=422)
    assert contents_of(client).facts == {"diagnosis.histology": "adenocarcinoma"}
