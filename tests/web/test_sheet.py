"""The sheet for a visit on the site: shown as it prints, chosen from, and written as a file that tells nobody's name for it."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.web.test_pages import handler_text
from wayline.brief.sheet import PARTS
from wayline.library import library
from wayline.options.visit_questions import KeptQuestion, stored_questions
from wayline.web.vault import Contents, Vault
from wayline.web.visitors import today

pytestmark = pytest.mark.django_db
SHEET, FILE = "/visit/sheet/", "/visit/sheet/file/"
FACTS: dict[str, Any] = {
    "person.age": 61,
    "diagnosis.histology": "adenocarcinoma",
    "diagnosis.stage": "4b",
    "metastases.liver": True,
    "metastases.lung": False,
    "therapy.history": [],
    "function.ecog": 1,
    "symptom.dysphagia": 2,
    "biomarker.pdl1_cps": 8,
}


def visitor(client: Client, **parts: Any) -> Client:
    """A visitor with a record."""
    vault = Vault(None, today())
    vault.write(Contents(**({"facts": dict(FACTS)} | parts)))
    client.cookies[settings.VAULT_COOKIE] = vault.cookie
    return client


def contents_of(client: Client) -> Contents:
    cookie = client.cookies.get(settings.VAULT_COOKIE)
    return Vault.from_cookie(cookie.value if cookie else None, today()).read()


@pytest.fixture
def told(client: Client) -> Client:
    return visitor(client)


def shown(client: Client, data: dict[str, Any] | None = None) -> str:
    answer = client.get(SHEET) if data is None else client.post(SHEET, data)
    assert answer.status_code == 200
    return str(answer.content.decode())


def form(*left_out: str, **more: str) -> dict[str, Any]:
    """The page's form as a browser sends it: every part ticked but these."""
    return {"shown": "1", "print": [part for part in PARTS if part not in left_out], "size": "14"} | more


def words_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).split())


def test_an_empty_record_says_what_will_be_here(client: Client) -> None:
    """And looking makes no record."""
    text = shown(client)
    assert "There is nothing to print yet" in text
    assert 'class="visit-sheet' not in text
    assert settings.VAULT_COOKIE not in client.cookies


def test_the_sheet_is_shown_as_it_prints(told: Client) -> None:
    """What is known, what is not, what to ask, treatments, and the questions that fit, marked as suggested."""
    text = shown(told)
    for words in ("What I know so far", "Not known yet: what to ask first", "Treatments worth asking about", "(suggested)"):
        assert words in text
    assert "only soft food goes down" in text
    assert "style=" not in text.split("<main", 1)[1]


def test_it_is_found_from_the_page_for_the_visit(told: Client) -> None:
    """The hub leads to the sheet."""
    assert f'href="{SHEET}"' in told.get(reverse("visit")).content.decode()


@pytest.mark.parametrize(
    ("kind", "begins", "type_"),
    [
        ("pdf", b"%PDF-", "application/pdf"),
        ("html", b"<!doctype html>", "text/html; charset=utf-8"),
        ("txt", b"FOR MY VISIT", "text/plain; charset=utf-8"),
        ("json", b"{", "application/fhir+json; charset=utf-8"),
    ],
)
def test_each_kind_of_file(told: Client, kind: str, begins: bytes, type_: str) -> None:
    """An attachment under a name that tells nothing, which no browser or proxy keeps."""
    answer = told.post(FILE, {"kind": kind, "size": "18"})
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert answer.headers["Content-Type"] == type_
    assert answer.headers["Content-Disposition"] == f'attachment; filename="visit-sheet-{today().isoformat()}.{kind}"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_document_holds_the_facts(told: Client) -> None:
    """A FHIR document with every told fact, and the sheet's sections in it."""
    bundle = json.loads(told.post(FILE, {"kind": "json"}).content)
    composition = bundle["entry"][0]["resource"]
    assert (bundle["type"], composition["resourceType"]) == ("document", "Composition")
    assert "What I know so far" in [section["title"] for section in composition["section"]]


@pytest.mark.parametrize("sent", [{}, {"kind": "docx"}, {"kind": "pdf", "size": "16"}, {"kind": "../pdf"}])
def test_other_kinds_and_sizes_are_not_there(told: Client, sent: dict[str, str]) -> None:
    """Nothing else can be asked for."""
    assert told.post(FILE, sent).status_code == 404


def test_a_file_is_only_sent_for_a_form(told: Client) -> None:
    """An address alone gives nobody the sheet; the browser's back button leads to its page, and nowhere empty."""
    for answer in (told.get(FILE), told.head(FILE)):
        assert (answer.status_code, answer.headers["Location"]) == (302, SHEET)
    assert told.put(FILE).status_code == 405


def test_what_is_left_out_is_kept_and_named(told: Client) -> None:
    """On the page, in the files, and on the next visit; the sheet says that it was left out."""
    text = shown(told, form("options", "tests"))
    assert "sheet-options" not in text
    assert "Left out by my choice: Blood tests; Treatments worth asking about." in text
    assert contents_of(told).sheet == {"leave_out": ["tests", "options"]}
    assert "sheet-options" not in shown(told)
    assert "Treatments worth asking about" not in told.post(FILE, {"kind": "txt"}).content.decode().split("Left out")[0]
    shown(told, form())
    assert contents_of(told).sheet == {}


def test_large_type_is_kept(told: Client) -> None:
    """For the page and for the files."""
    assert 'class="visit-sheet large"' in shown(told, form(size="18"))
    assert contents_of(told).sheet == {"size": 18}
    assert 'class="visit-sheet large"' in shown(told)


def test_figures_are_shown_only_when_ticked_and_never_kept(told: Client) -> None:
    """Ticked, they stand on this page and in this file; the next page is without them, and the box is empty."""
    title = library().outlook.groups[0].title
    ticked = shown(told, form(outlook="1"))
    assert title in ticked
    assert re.search(r'name="outlook" value="1" checked', ticked)
    assert contents_of(told).sheet == {}
    after = shown(told)
    assert title not in after
    assert not re.search(r'name="outlook" value="1" checked', after)
    assert title not in told.post(FILE, {"kind": "txt"}).content.decode()
    in_file = " ".join(told.post(FILE, form(kind="txt", outlook="1")).content.decode().split())
    assert title in in_file


PRIVATE = "Thoughts of ending"


@pytest.mark.parametrize("kind", ["txt", "html", "json"])
@pytest.mark.parametrize("fact_id", sorted(library().sheet_plan.private))
def test_what_is_private_is_printed_only_when_ticked_and_never_kept(client: Client, kind: str, fact_id: str) -> None:
    """Not on the page's sheet, not in a file, not as a fact of the document; the box on the screen stays, with its number."""
    visitor(client, facts=FACTS | {fact_id: True})
    text = shown(client)
    sheet_alone = text.split('class="visit-sheet', 1)[1]
    assert PRIVATE not in sheet_alone
    assert "988" not in sheet_alone
    assert 'href="tel:988"' in text
    assert re.search(r'name="private" value="1"(?! checked)', text)
    ticked = shown(client, form(private="1"))
    assert PRIVATE in ticked.split('class="visit-sheet', 1)[1]
    assert re.search(r'name="private" value="1" checked', ticked)
    assert contents_of(client).sheet == {}
    assert PRIVATE not in shown(client).split('class="visit-sheet', 1)[1]
    label = library().vocabulary[fact_id].label
    for sent, is_in in (({}, False), (form(), False), (form(private="1"), True)):
        file = " ".join(client.post(FILE, {**sent, "kind": kind}).content.decode().split())
        assert (PRIVATE in file or label in file) is is_in, sent
        assert ("988" in file) is is_in, sent


def test_nothing_private_told_asks_for_no_tick(told: Client) -> None:
    """The page does not bring it up."""
    assert 'name="private"' not in shown(told)


def test_own_questions_and_the_diary_come_along(client: Client) -> None:
    """In the person's own words, safely, and the line with its twin in words."""
    question = 'May I eat <b>bread</b> & "soup"? #eval $x$ \\ @a'
    day = today().isoformat()
    diary = [{"date": date, "facts": {"nutrition.weight_kg": kg}} for date, kg in (("2020-01-02", 82), ("2020-01-09", 80.5))]
    visitor(client, questions=stored_questions([KeptQuestion(1, None, question)]), diary=diary)
    text = shown(client)
    assert "May I eat &lt;b&gt;bread&lt;/b&gt; &amp; &quot;soup&quot;?" in text
    assert "<b>bread" not in text
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="spark"' in text
    assert "80.5 kg (177 lb) on Jan 9, 2020" in text
    assert question in words_of(client.post(FILE, {"kind": "pdf"}).content)
    assert day in client.post(FILE, {"kind": "pdf"}).headers["Content-Disposition"]


def test_a_raised_flag_stands_first(client: Client) -> None:
    """Whatever is left out, and before everything else."""
    visitor(client, facts=FACTS | {"symptom.vomiting_blood": True})
    text = shown(client, form(*PARTS))
    assert "Call 911 now:" in text
    assert text.index("sheet-signs") < text.index("sheet-foot")
    assert "sheet-known" not in text


def test_the_line_is_printed(told: Client, settings: Any) -> None:
    """On the page and in the files."""
    settings.LINE_NUMBER, settings.LINE_HOURS = "1-800-555-0100", "9 to 5 ET"
    assert "Survivor line: 1-800-555-0100, 9 to 5 ET" in shown(told)
    assert "Survivor line: 1-800-555-0100, 9 to 5 ET" in words_of(told.post(FILE, {"kind": "pdf"}).content)


def test_without_a_copy_of_the_registry_no_study_is_named(told: Client) -> None:
    """The example list is no list of open studies."""
    text = shown(told)
    assert "There is no copy of the registry of studies here." in text
    assert not re.search(r"NCT\d{8}", text)


def test_drafts_are_told_and_not_used(client: Client) -> None:
    """An answer that waits for its correction is on no sheet."""
    visitor(client, drafts={"biomarker.pdl1_cps": {"": "eight"}})
    text = shown(client)
    assert "Some answers could not be read yet" in text
    assert "PD-L1 (CPS): 8" not in text


def test_nothing_of_it_reaches_a_log(told: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Neither facts nor choices."""
    with caplog.at_level(logging.DEBUG, logger="django"):
        shown(told, form("studies"))
        told.post(FILE, form(kind="pdf", outlook="1"))
    logged = " ".join(handler_text(record) for record in caplog.records)
    for word in ("adenocarcinoma", "outlook", "studies"):
        assert word not in logged


def test_without_the_maker_of_pdfs_it_says_so(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is there, the text is there, and the PDF is missed in words."""
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    assert "What I know so far" in shown(told)
    assert told.post(FILE, {"kind": "txt"}).status_code == 200
    answer = told.post(FILE, {"kind": "pdf"})
    assert answer.status_code == 503
    assert "That file could not be made" in answer.content.decode()
