"""A report's text stays closed: no sentence of it stands in what was met and not taken, and each stands in a closed report."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, encode_multipart
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import shared_folder
from tests.records import ccda_documents as ccda
from tests.records.fhir_samples import AS_OF, SUBJECT, bundle, concept, condition, medicine, observation, procedure, read
from wayline.cli import main
from wayline.library import library
from wayline.records.codes import code_book
from wayline.records.imported import RecordReading
from wayline.records.reading_record import read_record
from wayline.records.shown_words import is_result, without_repeats

SENTENCES = (
    "New hypodense lesions are seen in both lobes of the liver.",
    "This is progressive metastatic disease.",
    "Progression.",
    "Grave prognosis.",
    "Poorly differentiated carcinoma at the margin",
)
FORM = "application/x-www-form-urlencoded"
NEWS = " ".join(SENTENCES)
UNKNOWN = concept("local 77", text="CT abdomen impression")
KNOWN = concept("loinc 1975-2")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "status": "final", "subject": SUBJECT, **more}


def component(text: str) -> list[dict[str, Any]]:
    return [{"code": concept("local 78", text="Part"), "valueString": text}]


FHIR: list[tuple[str, dict[str, Any]]] = [
    ("an answer", observation(UNKNOWN, valueString=NEWS)),
    ("an answer of a blood test", observation(KNOWN, valueString=NEWS)),
    ("an answer of a marker", observation(concept("loinc 48676-1"), valueString=f"Negative. {NEWS}")),
    ("an answer of a stage", observation(concept("loinc 21908-9"), valueString=f"Stage IVB. {NEWS}")),
    ("an answer of performance", observation(concept("loinc 89247-1"), valueString=f"1, {NEWS}")),
    ("a concept's text", observation(UNKNOWN, valueCodeableConcept={"text": NEWS})),
    ("a concept's text beside a code", observation(UNKNOWN, valueCodeableConcept=concept("local 5 Seen", text=NEWS))),
    ("a part", observation(concept("local 79", text="Imaging panel"), component=component(NEWS))),
    ("a note", observation(KNOWN, valueQuantity={"value": 1, "unit": "mg/dL", "code": "mg/dL"}, note=[{"text": NEWS}])),
    ("why there is no value", observation(KNOWN, dataAbsentReason={"text": NEWS})),
    ("a unit", observation(KNOWN, valueQuantity={"value": 1, "unit": NEWS})),
    ("a range", observation(KNOWN, valueQuantity={"value": 1, "unit": "mg/dL", "code": "mg/dL"}, referenceRange=[{"text": NEWS}])),
    ("a name of a test", observation(concept("local 80", text=NEWS), valueString="Positive")),
    ("a preliminary answer", {**observation(UNKNOWN, valueString=NEWS), "status": "preliminary"}),
    ("a status not known", {**observation(UNKNOWN, valueString=NEWS), "status": "unknown"}),
    ("a name of a problem", condition(concept(text=NEWS))),
    ("a stage in prose", condition(concept("icd C15.9"), stage=[{"summary": {"text": NEWS}}])),
    ("a name of a procedure", procedure(concept(text=NEWS))),
    ("a name of a medicine", medicine(medicationCodeableConcept={"text": NEWS})),
    ("a conclusion", resource("DiagnosticReport", code=concept(text="CT"), conclusion=NEWS)),
    (
        "an attached form",
        resource("DiagnosticReport", code=concept(text="CT"), presentedForm=[{"contentType": "text/plain", "data": encoded(NEWS)}]),
    ),
    ("a report without a name", resource("DiagnosticReport", conclusion=NEWS)),
    ("a report with prose as its name", resource("DiagnosticReport", code=concept(text=NEWS), conclusion=NEWS)),
    ("a description", resource("DocumentReference", type=concept(text="CT"), description=NEWS)),
    (
        "a description beside another text",
        resource("DocumentReference", description=NEWS, content=[{"attachment": {"contentType": "text/plain", "data": encoded("Text.")}}]),
    ),
    (
        "a description of a file that is not read",
        resource("DocumentReference", description=NEWS, content=[{"attachment": {"contentType": "application/pdf", "data": "JVBERg=="}}]),
    ),
    (
        "a title",
        resource("Composition", title=NEWS, type=concept(text="Note"), section=[{"text": {"div": f"<div>{NEWS}</div>"}}]),
    ),
]

_FINDING = ccda.coded("404684003", ccda.SNOMED, "Finding", tag="code")
_LOCAL = ccda.coded("77", "1.2.3", "CT abdomen", tag="code")
_ED = f'<value xsi:type="ED">{NEWS}</value>'
CCDA: list[tuple[str, tuple[str, ...]]] = [
    ("a short finding", ("findings", ccda.panel(ccda.observation(_FINDING, ccda.st(NEWS))))),
    ("a text of results", ("results", ccda.panel(ccda.observation(_LOCAL, ccda.st(NEWS))))),
    ("an ED value", ("results", ccda.panel(ccda.observation(_LOCAL, _ED)))),
    ("a value of a blood test", ("results", ccda.panel(ccda.lab("1975-2", "Bilirubin", ccda.st(NEWS))))),
    ("words of a code", ("results", ccda.panel(ccda.observation(_LOCAL, ccda.uncoded(NEWS))))),
    ("a value among the vital signs", ("vitals", ccda.panel(ccda.observation(_LOCAL, ccda.st(NEWS))))),
    ("a name of a problem", ("problems", ccda.problem(ccda.uncoded(NEWS)))),
    ("an answer that was planned", ("results", ccda.panel(ccda.observation(_LOCAL, ccda.st(NEWS), mood="INT")))),
    ("an answer with an impossible date", ("results", ccda.panel(ccda.observation(_LOCAL, ccda.st(NEWS), day="20261399")))),
    ("an answer that was negated", ("results", ccda.panel(ccda.observation(_LOCAL, ccda.st(NEWS), negated=True)))),
    ("a suspicion", ("admission", ccda.problem(ccda.uncoded(NEWS)))),
    ("a problem as a text", ("problems", ccda.problem(ccda.st(NEWS)))),
]


def shown(reading: RecordReading) -> str:
    """All that is shown before a report is opened."""
    listed = [text for one in reading.not_understood for text in (one.kind, one.words, one.where, one.why)]
    listed += [text for one in reading.facts for text in (one.words, one.where, json.dumps(one.told))]
    listed += [text for one in reading.reports for text in (one.title, one.where)]
    return "\n".join(listed)


def judge(reading: RecordReading) -> None:
    closed, open_words = "\n".join(one.text for one in reading.reports), shown(reading)
    assert [one for one in SENTENCES if one in open_words] == []
    assert [one for one in SENTENCES if one not in closed] == []
    # Not the beginning of it either.
    assert [four for four in runs(NEWS, 4) if four in open_words] == []


def runs(text: str, count: int) -> Iterable[str]:
    words = text.split()
    return (" ".join(words[place : place + count]) for place in range(len(words) - count + 1))


@pytest.mark.parametrize("resource", [row[1] for row in FHIR], ids=[row[0] for row in FHIR])
def test_fhir_prose_is_closed(resource: dict[str, Any]) -> None:
    judge(read(bundle(resource)))


def ccda_data(entries: tuple[str, ...]) -> bytes:
    name, *listed = entries
    return ccda.document(ccda.section(name, *listed))


@pytest.mark.parametrize("entries", [row[1] for row in CCDA], ids=[row[0] for row in CCDA])
def test_ccda_prose_is_closed(entries: tuple[str, ...]) -> None:
    judge(read(ccda_data(entries)))


@pytest.mark.parametrize("data", [json.dumps(bundle(*(row[1] for row in FHIR))).encode(), *(ccda_data(row[1]) for row in CCDA)])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_command_does_not_print_it(data: bytes, form: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "record"
    path.write_bytes(data)
    assert main(["records", "read", str(path), *form, "--as-of", AS_OF.isoformat()]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "impression" in printed or "closed" in printed or '"reports"' in printed
    assert [one for one in (*SENTENCES, *runs(NEWS, 4)) if one in printed] == []


@pytest.mark.django_db
@pytest.mark.parametrize("data", [json.dumps(bundle(*(row[1] for row in FHIR))).encode(), ccda_data(CCDA[1][1])], ids=["FHIR", "C-CDA"])
def test_the_page_shows_it_only_when_it_is_asked_for(data: bytes, client: Client) -> None:
    body = encode_multipart(BOUNDARY, {"record": SimpleUploadedFile("my record", data)})
    assert client.post("/records/", body, content_type=f"multipart/form-data; boundary={BOUNDARY}").status_code == 302
    page = html.unescape(client.get("/records/confirm/").content.decode())
    assert [one for one in (*SENTENCES, *runs(NEWS, 4)) if one in page] == []
    keys = re.findall(r'name="open" value="([^"]+)"', page)
    opened = "\n".join(html.unescape(client.post("/records/report/", f"open={key}", content_type=FORM).content.decode()) for key in keys)
    assert [one for one in SENTENCES if one not in opened] == []


@pytest.mark.parametrize("answer", ["Positive", "3+", "<0.2 mg/dL", "Not detected", "trace", "light yellow"])
def test_a_plain_result_is_shown_and_closes_nothing(answer: str) -> None:
    reading = read(bundle(observation(concept("local 81", text="Some test"), valueString=answer)))
    assert [one.words for one in reading.not_understood] == [f"Some test: {answer}"]
    assert reading.reports == ()


@pytest.mark.parametrize(
    ("answer", "name", "expected"),
    [
        ("a" * 40, "Test", True),
        ("a" * 41, "Test", False),
        ("one two three four", "Test", True),
        ("one two three four five", "Test", False),
        ("Impression: Progression", "Test", False),
        ("Final diagnosis carcinoma", "Test", False),
        ("Progression. Grave", "Test", False),
        ("Grave prognosis.", "Test", False),
        ("12.5", "Test", True),
        ("Progressive disease", "Test", True),
        ("Progressive disease", "Impression", False),
        ("Progressive disease", "Findings", False),
        ("Progressive disease", "Pathology final diagnosis", False),
        ("Negative", "Comment", True),
        ("Progressive disease", "HER2 [Interpretation]", True),
        ("", "Test", True),
    ],
)
def test_where_a_result_ends(answer: str, name: str, expected: bool) -> None:
    assert is_result(answer, [name]) is expected


def test_what_was_entered_in_error_is_neither_shown_nor_kept() -> None:
    reading = read(bundle({**observation(UNKNOWN, valueString=NEWS), "status": "entered-in-error"}))
    assert reading.reports == ()
    assert "lesions" not in shown(reading)


def test_the_closed_answer_is_named_by_its_test() -> None:
    (report,) = read(bundle(observation(UNKNOWN, valueString=NEWS))).reports
    assert (report.title, report.date, report.where, report.text) == ("CT abdomen impression", "2026-11-02", "entry 2, Observation", NEWS)


@given(st.lists(st.sampled_from(["one two", "one", "two", "three\nfour", "three four", " "]), max_size=5))
def test_each_text_is_kept_once(texts: list[str]) -> None:
    kept = " | ".join(" ".join(one.split()) for one in without_repeats(texts))
    assert all(" ".join(text.split()) in kept for text in texts)


def sample_files() -> list[Path]:
    folder = shared_folder() / "data" / "patients"
    return sorted(one for one in folder.rglob("*") if one.suffix.lower() in (".xml", ".json")) if folder.is_dir() else []


@pytest.mark.parametrize("path", sample_files(), ids=lambda one: one.name)
def test_no_sentence_of_a_sample_s_report_is_shown(path: Path) -> None:
    try:
        reading = read_record(path.read_bytes(), path.name, library().vocabulary, code_book(), AS_OF)
    except ValueError:
        pytest.skip("no record of a person")
    sentences = {
        plain
        for one in reading.reports
        for line in one.text.split("\n")
        if "|" not in line
        for part in re.split(r"(?<=[.!?])\s", line)
        if len((plain := " ".join(part.split())).split()) >= 5
    }
    listed = [" ".join(one.words.split()) for one in reading.not_understood]
    assert [(one, words) for words in listed for one in sentences if one in words] == []
