"""The forms of the sheet: PDF, page, plain text, FHIR document. Each says the same, whole and safely."""

from __future__ import annotations

import html.parser
import io
import json
import re
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pdfua import Severity, validate

from tests.brief.situations import CASES, DIARY, LONG_DIARY, LONG_QUESTIONS, QUESTIONS, everything, name_of
from tests.brief.test_sheet import FEW_SHOWN, LITTLE
from tests.helpers import situation_of
from wayline.brief.document import sheet_document
from wayline.brief.page import sheet_body, sheet_html
from wayline.brief.pdf import MOST_PAGES, NOTE_ON_LETTERS, fits_by_pages, sheet_pdf
from wayline.brief.plain_text import WIDTH, sheet_text
from wayline.brief.sheet import SIZES, Choices, Line, Sheet, make_sheet
from wayline.facts.case import load_case
from wayline.library import Library, library
from wayline.records.codes import code_book

LINE = Line("1-800-555-0100", "9 to 5 ET")
NASTY = (
    r'#eval("1") #let x = 1 $a^2$ *bold* _it_ @ref <label> \ \u{41} // /* [x] `raw` = h - l + n ~ " ' + "'&lt; <script>alert(1)</script>"
)


@cache
def made(path: Path, size: int) -> Sheet:
    """A named person's sheet, as full as two pages are."""
    situation = load_case(path, library().vocabulary)
    choices = Choices(size=size)
    return make_sheet(situation, library(), questions=QUESTIONS, diary=DIARY, line=LINE, choices=choices, fits=fits_by_pages)


def of(facts: dict[str, Any], **more: Any) -> Sheet:
    return make_sheet(situation_of(facts), library(), fits=fits_by_pages, **more)


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    """The PDF's text in one line, without the places where long words may break."""
    return " ".join(" ".join(page.extract_text() for page in read(content).pages).replace("\u200b", "").split())


def tags_of(content: bytes) -> Counter[str]:
    """How often each kind of tag stands in the PDF's structure."""
    found: Counter[str] = Counter()

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict) and "/S" in node:
            found[str(node["/S"])] += 1
            if "/K" in node:
                walk(node["/K"])

    walk(read(content).trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def problems_of(content: bytes) -> list[str]:
    """What the checker of PDF/UA finds wrong."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        report = validate(file.name)
    return [f"{finding.rule_id}: {finding.message}" for finding in report.findings if finding.severity is Severity.ERROR]


# --- PDF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_the_pdf_of_each_person(path: Path, size: int) -> None:
    """At most two pages of US Letter, no error of PDF/UA, with title, language, and a tag for each heading."""
    sheet = made(path, size)
    content = sheet_pdf(sheet)
    document = read(content)
    assert 1 <= len(document.pages) <= MOST_PAGES
    assert [float(side) for side in document.pages[0].mediabox[2:]] == [612, 792]
    assert problems_of(content) == []
    assert document.metadata is not None
    assert document.metadata.title == "For my visit"
    root = document.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-US", True)
    tags = tags_of(content)
    assert (tags["/H1"], tags["/H2"]) == (1, len(sheet.sections))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", CASES[::5], ids=name_of)
def test_the_words_of_a_pdf_can_be_read_back(path: Path, size: int) -> None:
    """In their order: every heading, and the line's number."""
    sheet = made(path, size)
    text = text_of(sheet_pdf(sheet))
    for section in sheet.sections:
        assert section.heading in text
    assert "Survivor line: 1-800-555-0100, 9 to 5 ET" in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("is_bad", "dated", "outlook"), [(True, None, False), (True, None, True), (False, None, True), (True, "2026-08-01", False)]
)
def test_the_fullest_sheet_fits(content: Library, is_bad: bool, dated: str | None, size: int, outlook: bool) -> None:
    """With everything told, forty long questions and a long diary: still two pages, still without an error."""
    sheet = make_sheet(
        everything(is_bad=is_bad, dated=dated),
        content,
        trials=FEW_SHOWN,
        questions=LONG_QUESTIONS,
        diary=LONG_DIARY,
        line=Line("1-800-555-0100 " * 9, "hours " * 30),
        choices=Choices(size=size, outlook=outlook),
        fits=fits_by_pages,
    )
    pdf = sheet_pdf(sheet)
    assert len(read(pdf).pages) <= MOST_PAGES
    assert problems_of(pdf) == []


@pytest.mark.parametrize(("size", "points"), [(14, 14.0), (18, 18.0)])
def test_the_size_of_the_type(size: int, points: float) -> None:
    """Most of the text is set in the size that was asked for."""
    sizes: Counter[float] = Counter()

    def visit(text: str, _cm: Any, matrix: Any, _font: Any, size: float) -> None:
        sizes[round(abs(size * matrix[3]), 1)] += len(text.strip())

    for page in read(sheet_pdf(of(LITTLE, choices=Choices(size=size)))).pages:
        page.extract_text(visitor_text=visit)
    assert sizes.most_common(1)[0][0] == points


def test_a_table_has_a_head_that_says_what_its_columns_are() -> None:
    """Where there is room for the table of blood tests."""
    pdf = sheet_pdf(of({"labs.albumin": 3.9, "labs.alt": 31}))
    tags = tags_of(pdf)
    assert (tags["/Table"], tags["/TH"], tags["/TR"]) == (1, 4, 3)
    scopes = re.findall(r"/Scope", " ".join(str(one.get_object()) for one in _objects(pdf)))
    assert len(scopes) == 4


def _objects(content: bytes) -> list[Any]:
    document = read(content)
    return [document.get_object(number) for number in range(1, int(document.trailer["/Size"]))]


def test_a_drawing_has_its_words() -> None:
    """Every value of the line stands in words beside it, and the drawing itself is told to be one."""
    pdf = sheet_pdf(of(LITTLE, diary=DIARY))
    assert tags_of(pdf)["/Figure"] == 2
    assert "/Alt" in " ".join(str(one.get_object()) for one in _objects(pdf))
    assert "83.2 kg (183 lb) on Oct 30; 81.6 kg (180 lb) on Nov 6; 80.5 kg (177 lb) on Nov 13, 2026." in text_of(pdf)


def test_the_same_sheet_gives_the_same_bytes() -> None:
    """No clock in it: the only day is the sheet's own."""
    sheet = of(LITTLE, questions=QUESTIONS, diary=DIARY)
    assert sheet_pdf(sheet) == sheet_pdf(sheet)
    assert read(sheet_pdf(sheet)).metadata.get("/CreationDate", "").startswith("D:20261120")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_typed_is_read_as_code(size: int) -> None:
    """Signs that mean something to the maker of the page are letters like any other."""
    facts = LITTLE | {"person.country": "#US", "therapy.history": [{"drugs": [NASTY[:50]], "start": "2026-01"}]}
    sheet = of(facts, questions=[NASTY], line=Line("#1-800", "$x$"), choices=Choices(size=size))
    text = text_of(sheet_pdf(sheet))
    squeezed = re.sub(r"\s", "", text)
    assert re.sub(r"\s", "", NASTY) in squeezed
    assert re.sub(r"\s", "", NASTY[:50]) in squeezed
    assert "#1-800, $x$" in text


@pytest.mark.parametrize("letters", ["Привет, доктор", "Ça va? Żółć, ő", "ελληνικά", "1 ≥ 2 × 10⁹ µg"])
def test_other_letters_are_printed(letters: str) -> None:
    """Of all scripts that the font has."""
    assert letters in text_of(sheet_pdf(of(LITTLE, questions=[letters])))


@pytest.mark.parametrize("letters", ["你好吗", "😀 ok", "\U00010900 ancient"])
def test_letters_that_no_font_here_has_never_stop_the_page(letters: str) -> None:
    """They are printed by the machine's own fonts, or stand as squares, which the sheet says."""
    pdf = sheet_pdf(of(LITTLE, questions=[letters]))
    text = text_of(pdf)
    assert problems_of(pdf) == []
    assert letters[0] in text or NOTE_ON_LETTERS in text


# --- Page and text --------------------------------------------------------------------------------------------------


class Outline(html.parser.HTMLParser):
    """Which tags stand in a page, which of them stay open, and what is fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "line", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "circle"):
            assert self.open.pop() == tag


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_the_page_of_each_person(path: Path) -> None:
    """A whole document in one file: nothing is fetched, nothing runs, and each section stands under its heading."""
    sheet = made(path, 14)
    page = sheet_html(sheet)
    outline = Outline(page)
    assert outline.open == []
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert (outline.seen["h1"], outline.seen["h2"], outline.seen["main"]) == (1, len(sheet.sections), 1)
    assert not {"script", "link", "img", "iframe", "object"} & set(outline.seen)
    assert not {"src", "href", "style", "onclick"} & {name for name, _ in outline.attributes}
    ids = [value for name, value in outline.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert all(value in ids for name, value in outline.attributes if name == "aria-labelledby")


def test_what_was_typed_is_shown_as_text() -> None:
    """In the page and in the part for the site."""
    sheet = of(LITTLE | {"therapy.history": [{"drugs": ["<b>x</b>"]}]}, questions=[NASTY], line=Line("<i>1</i>"))
    for page in (sheet_html(sheet), str(sheet_body(sheet, 3))):
        assert "&lt;script&gt;" in page
        assert "&lt;i&gt;1&lt;/i&gt;" in page
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert not {"script", "i", "b"} & set(Outline(page).seen)


def test_a_table_on_the_page_has_headings_both_ways() -> None:
    page = sheet_html(of({"labs.albumin": 3.9}))
    assert page.count('<th scope="col">') == 4
    assert page.count('<th scope="row">') == 1


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_the_text_of_each_person(path: Path) -> None:
    """Lines of at most 80 letters, no tabs, plain punctuation, and the sections in their order."""
    sheet = made(path, 14)
    text = sheet_text(sheet)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.isascii()
    assert "\t" not in text
    places = [text.index(f"\n{section.heading}\n") for section in sheet.sections]
    assert places == sorted(places)


def test_long_words_break_in_the_text() -> None:
    """No line runs over, whatever was typed."""
    text = sheet_text(of(LITTLE, questions=["x" * 200, "ы" * 100]))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text.replace("\n", "").replace(" ", "").count("x") >= 150


# --- FHIR document --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CASES[::5], ids=name_of)
def test_the_document_of_a_person(path: Path) -> None:
    """The sheet's sections stand in the Composition with their words, and the day is the only instant."""
    situation = load_case(path, library().vocabulary)
    sheet = made(path, 14)
    text = sheet_document(sheet, situation, code_book())
    bundle = json.loads(text)
    composition = bundle["entry"][0]["resource"]
    titles = [section["title"] for section in composition["section"]]
    assert titles[: len(sheet.sections)] == [section.heading for section in sheet.sections]
    assert bundle["timestamp"] == "2026-11-20T00:00:00Z"
    known = next(section for section in composition["section"] if section["title"] == "What I know so far")
    assert known["entry"]
    assert sheet_document(sheet, situation, code_book()) == text
