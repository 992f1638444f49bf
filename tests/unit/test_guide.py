"""The guide's parts: pages and links, words, search, readability, the liver matrix, outlook figures, and the IPDAS checklist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wayline.checking import option_text, reading_of
from wayline.guide.claims import unsourced_sentences
from wayline.guide.glossary import load_glossary
from wayline.guide.outlook import load_outlook
from wayline.guide.pages import SECTIONS, broken_links, load_pages
from wayline.guide.readability import plain_sentences, read_score
from wayline.guide.references import References
from wayline.library import library
from wayline.options.catalog import HEADINGS, KINDS
from wayline.options.decisions import Funding, ipdas_checklist
from wayline.options.matrix import COLUMNS, load_matrix
from wayline.reading import Place, WaylineError

CONTENT = library()
NONE = References({})

EXPECTED_PAGES = {
    "understand": [
        "what-stage-4-means",
        "in-the-liver",
        "tumor-tests",
        "reading-a-report",
        "what-has-changed",
        "new-combinations",
        "the-team",
    ],
    "choices": [
        "drug-treatment",
        "liver-directed",
        "swallowing-relief",
        "relief-of-symptoms",
        "surgery-for-relief",
        "comfort-first",
        "no-cancer-treatment",
    ],
    "studies": ["clinical-trials", "finding-a-study"],
    "daily": ["eating-and-swallowing", "pain", "tiredness", "money-and-travel", "talking-with-children"],
    "people": ["caregivers", "hospice", "stopping-treatment", "grief"],
    "site": ["about", "privacy", "get-help-now", "how-we-keep-this-true"],
}


@pytest.mark.parametrize(("section", "page_id"), [(section, page) for section, pages in EXPECTED_PAGES.items() for page in pages])
def test_every_promised_page_is_there(section: str, page_id: str) -> None:
    """Under its stable id, in its section."""
    assert CONTENT.pages[page_id].section == section


OLDER_DRUGS = [
    "mitomycin",
    "doxorubicin",
    "epirubicin",
    "gemcitabine",
    "floxuridine",
    "cisplatin",
    "fluorouracil",
    "paclitaxel",
    "docetaxel",
    "irinotecan",
]
TODAYS_DRUGS = [
    "capecitabine",
    "oxaliplatin",
    "carboplatin",
    "trifluridine_tipiracil",
    "nivolumab",
    "pembrolizumab",
    "trastuzumab",
    "zolbetuximab",
]


@pytest.mark.parametrize("drug_id", OLDER_DRUGS + TODAYS_DRUGS)
def test_every_drug_of_old_and_new_pages_has_its_own(drug_id: str) -> None:
    """With its generic name and brands."""
    page = CONTENT.pages[f"drug-{drug_id}"]
    drug = CONTENT.vocabulary.drugs.drugs[drug_id]
    text = f"{page.title} {page.summary} {' '.join(page.also_asked)} {page.body}".lower()
    for brand in drug.brands[:1]:
        assert brand.lower() in text, brand


@pytest.mark.parametrize("page_id", list(CONTENT.pages))
def test_every_page_is_readable(page_id: str) -> None:
    """Grade 8 at most, sentences of at most 20 words, 15 on average."""
    page = CONTENT.pages[page_id]
    assert reading_of(CONTENT, f"{page.summary}\n\n{page.body}").problems == ()


@pytest.mark.parametrize("option_id", list(CONTENT.catalog))
def test_every_option_is_whole_and_readable(option_id: str) -> None:
    """All six headings, within the same limits."""
    option = CONTENT.catalog[option_id]
    assert tuple(heading for heading, _ in option.sections) == HEADINGS
    assert reading_of(CONTENT, option_text(option)).problems == ()


READING = [
    ("The cat sat. The dog ran.", 2, 3),
    ("# A heading is not read\n\nThis is read.", 1, 3),
    ("- one thing here\n- another thing here", 2, 3),
    ("Cited words do not count [@a-b; @c].", 1, 5),
    ("A [link to a page](page:hospice) counts as its words.", 1, 9),
]


@pytest.mark.parametrize(("text", "sentences", "longest"), READING)
def test_sentences_are_counted_as_they_are_read(text: str, sentences: int, longest: int) -> None:
    """Marks, headings and sources are left out; each list item is a sentence."""
    assert len(plain_sentences(text)) == sentences
    assert read_score(text, ()).longest_sentence_words == longest


@pytest.mark.parametrize(("words", "fails"), [(19, False), (20, False), (21, True)])
def test_the_longest_sentence_is_limited(words: int, fails: bool) -> None:
    """Just below, at and above the limit."""
    text = f"{' '.join(['word'] * words)}. Short one. Short two. Short three. Short four."
    assert any("a sentence of" in problem for problem in read_score(text, ()).problems) is fails


def test_drug_names_are_exempt() -> None:
    """A name that nobody can choose does not raise the grade."""
    text = "You get pembrolizumab by drip. Then you get fluorouracil and oxaliplatin."
    assert read_score(text, CONTENT.names_of_drugs).grade < read_score(text, ()).grade - 2


BAD_PAGES = [
    ("section: nowhere", "section: understand", "not a choice for 'section'"),
    ("[words](https://example.org)", "text", "is not a link"),
    ("[words](page:)", "text", "is not a link"),
    ("A claim [@no-such-source].", "text", "not a reference"),
]


@pytest.mark.parametrize(("bad", "good", "message"), BAD_PAGES)
def test_a_faulty_page_is_refused_with_its_file(tmp_path: Path, bad: str, good: str, message: str) -> None:
    """And the same page without the fault loads."""
    page = """---
id: one
section: understand
order: 10
title: One
summary: A page.
also_asked: []
reviewed: 2026-11-23
next_review: 2027-05-23
may_sign: [nursing]
signed: not yet signed by a clinician
cites: []
---
text
"""
    path = tmp_path / "one.md"
    path.write_text(page, encoding="utf-8")
    assert load_pages(tmp_path, NONE)["one"].body == "text"
    path.write_text(page.replace(good, bad), encoding="utf-8")
    with pytest.raises(WaylineError, match=r"pages/one\.md") as caught:
        load_pages(tmp_path, NONE)
    assert message in str(caught.value)


def test_links_that_lead_nowhere_are_found() -> None:
    """Pages, options and words."""
    known = {"page": {"a"}, "option": {"b"}, "word": {"c"}}
    assert list(broken_links("[x](page:a) [y](option:b) [z](word:c)", Place("f", 1), known)) == []
    for text in ("[x](page:b)", "[x](option:a)", "[x](word:a)"):
        assert "leads nowhere" in next(broken_links(text, Place("f", 1), known))


CLAIMS = [
    ("In a trial, 67 of 100 people had less pain.", True),
    ("In a trial, 67 of 100 people had less pain [@cctg-he1].", False),
    ("About 6 % had a leak.", True),
    ("A study of 209 people was done.", True),
    ("It took in 44 centers.", True),
    ("How many of 100 people are helped?", False),
    ("Call at 100.4 °F (38 °C) or more.", False),
    ("Eat 5 or 6 small meals.", False),
    ("## 67 of 100 in a heading", False),
    ("Less pain came in 67 of 100 people\nwho were treated [@cctg-he1].", False),
    ("First [@cctg-he1]. Then 22 of 100 had it.", True),
]


@pytest.mark.parametrize(("text", "lacks"), CLAIMS)
def test_a_figure_without_a_source_is_found(text: str, lacks: bool) -> None:
    """In the sentence itself, not in the next one."""
    assert bool(list(unsourced_sentences(text))) is lacks


SEARCHES = [
    # what people type, what must be among the first three
    ("trouble swallowing", {"dysphagia", "eating-and-swallowing", "swallowing-relief"}),
    ("cant swallow", {"dysphagia", "eating-and-swallowing", "swallowing-relief"}),
    ("Opdivo", {"drug-nivolumab", "nivolumab_ipilimumab"}),
    ("keytruda", {"drug-pembrolizumab"}),
    ("pembrolizumb", {"drug-pembrolizumab"}),
    ("Herceptin", {"drug-trastuzumab"}),
    ("yellow skin", {"jaundice", "biliary_drainage"}),
    ("hospise", {"hospice"}),
    ("stents", {"stent", "airway_stent"}),
    ("feeding tube", {"feeding_tube", "feeding-tube"}),
    ("what can he eat next", {"eating-and-swallowing", "nutrition_support"}),
    ("how do I tell my children", {"talking-with-children"}),
    ("clinical trials", {"clinical_trial", "clinical-trials", "clinical-trial"}),
    ("mitomycin", {"drug-mitomycin"}),
    ("photodynamic", {"photodynamic_therapy"}),
    ("her2", {"her2", "tumor-tests", "trastuzumab_with_chemotherapy"}),
    ("Y-90", {"radioembolization"}),
    ("FOLFOX", {"chemotherapy_doublet", "folfox"}),
    ("chemo", {"chemotherapy", "chemotherapy_doublet", "chemotherapy_triplet"}),
    ("who pays", {"about", "money-and-travel", "how-we-keep-this-true"}),
]


@pytest.mark.parametrize(("query", "wanted"), SEARCHES)
def test_search_finds_what_is_meant(query: str, wanted: set[str]) -> None:
    """Brands, misspellings, stems and everyday words; among the first three."""
    hits = CONTENT.search_index.search(query).hits
    assert {hit.document.id for hit in hits[:3]} & wanted, [hit.document.id for hit in hits[:6]]


@pytest.mark.parametrize(
    "query", ["", "   ", "?!", '"', "AND OR NOT", "NEAR(", "*", "a" * 5000, "'; DROP TABLE found; --", "\x00", "the of and", "日本"]
)
def test_no_query_breaks_search(query: str) -> None:
    """Operators and quotation marks are only words."""
    CONTENT.search_index.search(query)


def test_a_misspelled_word_is_told_as_it_was_read() -> None:
    """And a right one is not."""
    assert CONTENT.search_index.search("swalowing").read_as == "swallowing"
    assert CONTENT.search_index.search("swallowing").read_as is None


def test_the_longest_form_of_a_word_is_found_whole_and_only_as_a_word() -> None:
    """`fistula` in "fistulas" is one form; inside another word it is none."""
    sample = "A fistula, not a confistulation."
    found = [sample[start:end] for start, end, _ in CONTENT.glossary.find(sample)]
    assert found == ["fistula"]


@pytest.mark.parametrize("word_id", list(CONTENT.glossary))
def test_words_are_explained_plainly(word_id: str) -> None:
    """One to three sentences of at most 22 words."""
    sentences = plain_sentences(CONTENT.glossary[word_id].means)
    assert 1 <= len(sentences) <= 3
    assert all(len(sentence.split()) <= 22 for sentence in sentences)


def test_a_form_of_two_words_is_refused(tmp_path: Path) -> None:
    """A form means one thing."""
    path = tmp_path / "glossary.yaml"
    rows = "  - {id: %s, word: %s, also: [%s], everyday: [], means: It is a thing., cites: []}\n"
    path.write_text("words:\n" + rows % ("a", "one", "uno") + rows % ("b", "two", "UNO"), encoding="utf-8")
    with pytest.raises(WaylineError, match="already a form of 'a'"):
        load_glossary(path, NONE)


def test_the_matrix_has_a_row_for_every_liver_directed_option_and_no_empty_cell() -> None:
    """In the catalog's order, each cell with its sources."""
    assert [row.option for row in CONTENT.matrix] == [option.id for option in CONTENT.catalog.values() if option.kind == "liver_directed"]
    for row in CONTENT.matrix:
        assert tuple(row.cells) == tuple(COLUMNS)
        assert all(cell.text and cell.cites for cell in row.cells.values())


def test_an_empty_or_missing_cell_is_refused(tmp_path: Path) -> None:
    """The matrix does not load with a hole."""
    text = (CONTENT.folder / "liver_matrix.yaml").read_text(encoding="utf-8")
    path = tmp_path / "liver_matrix.yaml"
    path.write_text(text.replace("    elsewhere:", "    elsewhere_:", 1), encoding="utf-8")
    with pytest.raises(WaylineError, match="elsewhere"):
        load_matrix(path, CONTENT.catalog, CONTENT.references)


def test_outlook_figures_are_whole_and_sourced() -> None:
    """Out of 100, with group, years, sources; the words hold no digit."""
    assert not any(letter.isdigit() for letter in CONTENT.outlook.words)
    assert len(CONTENT.outlook.groups) >= 4
    for group in CONTENT.outlook.groups:
        assert 0 <= group.alive_of_100 <= 100
        assert group.cites
        assert group.not_in_it


@pytest.mark.parametrize(
    ("value", "fails"), [("100", False), ("0", False), ("101", True), ("5.3", True), ("-1", True), ("true", True), ("null", True)]
)
def test_an_outlook_figure_that_is_no_number_out_of_100_is_refused(tmp_path: Path, value: str, fails: bool) -> None:
    """Decimals of a chance are never shown."""
    cite = next(iter(CONTENT.references))
    path = tmp_path / "outlook.yaml"
    path.write_text(
        "words: Kind words.\ngroups:\n  - {id: a, title: T, who: W, years: Y, people: null, after: 5 years, "
        f"alive_of_100: {value}, compared: null, half_lived_months: null, not_in_it: N, since_then: null, cites: [{cite}]}}\n",
        encoding="utf-8",
    )
    if fails:
        with pytest.raises(WaylineError, match="alive_of_100"):
            load_outlook(path, CONTENT.references)
    else:
        assert load_outlook(path, CONTENT.references).groups[0].alive_of_100 == int(value)


def test_the_ipdas_checklist_is_met() -> None:
    """Six criteria that qualify, six that certify."""
    checklist = ipdas_checklist(CONTENT.catalog, CONTENT.pages, CONTENT.decisions, CONTENT.funding)
    assert [criterion.id for criterion in checklist] == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "C1", "C2", "C3", "C4", "C5", "C6"]
    assert {criterion.id: criterion.problems for criterion in checklist if criterion.problems} == {}


def failing(**changes: object) -> set[str]:
    """The criteria that fail when something is taken away."""
    parts = {"catalog": CONTENT.catalog, "pages": CONTENT.pages, "decisions": CONTENT.decisions, "funding": CONTENT.funding} | changes
    return {criterion.id for criterion in ipdas_checklist(**parts) if criterion.problems}  # type: ignore[arg-type]


def with_stent(**changes: object) -> dict[str, object]:
    return {**CONTENT.catalog, "stent": replace(CONTENT.catalog["stent"], **changes)}  # type: ignore[arg-type]


def test_each_ipdas_criterion_can_fail() -> None:
    """Take one thing away, and its criterion notices."""
    sections = CONTENT.catalog["stent"].sections

    def without(heading: str) -> dict[str, object]:
        return with_stent(sections=tuple(pair for pair in sections if pair[0] != heading))

    pages = {page_id: page for page_id, page in CONTENT.pages.items() if page_id not in ("what-stage-4-means", "how-we-keep-this-true")}
    assert {"Q1", "C4"} <= failing(pages=pages)
    assert "Q2" in failing(decisions={})
    assert "Q3" in failing(catalog={key: option for key, option in CONTENT.catalog.items() if option.kind != "surgery"})
    assert "Q4" in failing(catalog=without("What it may do"))
    assert "Q5" in failing(catalog=without("What may go wrong"))
    assert "Q6" in failing(catalog=without("What it is like day to day"))
    longer = tuple((heading, text * 2 if heading == "What it may do" else text) for heading, text in sections)
    assert "C1" in failing(catalog=with_stent(sections=longer))
    assert "C2" in failing(catalog=with_stent(evidence=()))
    assert "C3" in failing(catalog=with_stent(next_review=CONTENT.catalog["stent"].reviewed))
    assert "C5" in failing(catalog=without("What is not known"))
    assert "C6" in failing(funding=Funding("", ()))


def test_every_kind_and_section_has_something() -> None:
    """No empty shelf."""
    for kind in KINDS:
        assert any(option.kind == kind for option in CONTENT.catalog.values())
    for section in SECTIONS:
        assert CONTENT.pages.in_section(section)
