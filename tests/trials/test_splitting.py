"""From one long text to items: every form of list that the registry holds, and no character of a requirement lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.trials.splitting import EXCLUSION, HEADING, INCLUSION, Item, split_criteria

IN, OUT = (HEADING, "Inclusion Criteria:"), (HEADING, "Exclusion Criteria:")
AGE, ECOG = (INCLUSION, "Age ≥ 18 years"), (INCLUSION, "ECOG 0-1")
HIV, PREGNANCY = (EXCLUSION, "HIV infection"), (EXCLUSION, "Pregnancy")

# (text, [(kind, text of the item)])
TEXTS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "stars": (
        "Inclusion Criteria:\n\n* Age ≥ 18 years\n* ECOG 0-1\n\nExclusion Criteria:\n\n* HIV infection\n* Pregnancy",
        [IN, AGE, ECOG, OUT, HIV, PREGNANCY],
    ),
    "dashes": ("Inclusion Criteria:\n- Age ≥ 18 years\n- ECOG 0-1\nExclusion Criteria:\n- HIV infection", [IN, AGE, ECOG, OUT, HIV]),
    "long dashes": ("Inclusion Criteria:\n– Age ≥ 18 years\n— ECOG 0-1", [IN, AGE, ECOG]),
    "printed bullets": (
        "Inclusion Criteria:\n\n• Age ≥ 18 years\n▪ ECOG 0-1\n➢ Measurable disease",
        [IN, AGE, ECOG, (INCLUSION, "Measurable disease")],
    ),
    "numbers": (
        "Inclusion Criteria:\n\n1. Age ≥ 18 years\n2. ECOG 0-1\n\nExclusion Criteria:\n\n1. HIV infection\n2. Pregnancy",
        [IN, AGE, ECOG, OUT, HIV, PREGNANCY],
    ),
    "numbers with a bracket": ("Inclusion Criteria:\n\n1) Age ≥ 18 years\n2) ECOG 0-1", [IN, AGE, ECOG]),
    "numbers in brackets": ("Inclusion Criteria:\n\n(1) Age ≥ 18 years\n(2) ECOG 0-1", [IN, AGE, ECOG]),
    "letters": ("Inclusion Criteria:\n\na. Age ≥ 18 years\nb) ECOG 0-1", [IN, AGE, ECOG]),
    "escaped numbers": ("Inclusion Criteria:\n\n1\\. Age ≥ 18 years\n\n2\\. ECOG 0-1", [IN, AGE, ECOG]),
    "escaped signs stay in the text": (
        "Inclusion Criteria:\n\n* Age \\>= 18 years\n* Platelets \\> 100,000/mm3",
        [IN, (INCLUSION, "Age \\>= 18 years"), (INCLUSION, "Platelets \\> 100,000/mm3")],
    ),
    "a sign is no bullet": (
        "Inclusion Criteria:\n\n* ≥ 18 years of age\n* < 4 weeks",
        [IN, (INCLUSION, "≥ 18 years of age"), (INCLUSION, "< 4 weeks")],
    ),
    "windows line ends": (
        "Inclusion Criteria:\r\n\r\n* Age ≥ 18 years\r\n* ECOG 0-1\r\n\r\nExclusion Criteria:\r\n\r\n* HIV infection\r\n",
        [IN, AGE, ECOG, OUT, HIV],
    ),
    "lines that were wrapped": (
        "Inclusion Criteria:\n\n* Histologically confirmed\n  esophageal cancer\n- Measurable\ndisease",
        [IN, (INCLUSION, "Histologically confirmed esophageal cancer"), (INCLUSION, "Measurable disease")],
    ),
    "a list of any is kept whole": (
        "Inclusion Criteria:\n\n* One of the following:\n\n  * HER2-positive\n  * MSI-H\n* ECOG 0-1",
        [IN, (INCLUSION, "One of the following: / HER2-positive / MSI-H"), ECOG],
    ),
    "a list of all is split": (
        "Inclusion Criteria:\n\n* Must meet all of the following:\n\n  * Age ≥ 18 years\n  * ECOG 0-1\n* Measurable disease",
        [IN, (HEADING, "Must meet all of the following:"), AGE, ECOG, (INCLUSION, "Measurable disease")],
    ),
    "adequate organs are split": (
        "Inclusion Criteria:\n\n* Adequate organ function, defined as:\n\n  * Platelets ≥ 100,000/mm3\n  * Hemoglobin ≥ 9 g/dL\n* ECOG 0-1",
        [
            IN,
            (HEADING, "Adequate organ function, defined as:"),
            (INCLUSION, "Platelets ≥ 100,000/mm3"),
            (INCLUSION, "Hemoglobin ≥ 9 g/dL"),
            ECOG,
        ],
    ),
    "any of these rules out, so each does": (
        "Exclusion Criteria:\n\n* Any of the following:\n\n  * HIV infection\n  * Pregnancy",
        [OUT, (HEADING, "Any of the following:"), HIV, PREGNANCY],
    ),
    "a rule and its exceptions are one": (
        "Exclusion Criteria:\n\n* Other malignancy, except:\n\n  * Basal cell carcinoma\n  * Cervical carcinoma in situ\n* HIV infection",
        [OUT, (EXCLUSION, "Other malignancy, except: / Basal cell carcinoma / Cervical carcinoma in situ"), HIV],
    ),
    "three levels": (
        "Inclusion Criteria:\n\n* Organ function:\n  * Blood:\n    * Platelets ≥ 100,000/mm3\n    * Hemoglobin ≥ 9 g/dL\n"
        "  * Kidneys:\n    * Creatinine ≤ 1.5 mg/dL",
        [
            IN,
            (HEADING, "Organ function:"),
            (HEADING, "Blood:"),
            (INCLUSION, "Platelets ≥ 100,000/mm3"),
            (INCLUSION, "Hemoglobin ≥ 9 g/dL"),
            (HEADING, "Kidneys:"),
            (INCLUSION, "Creatinine ≤ 1.5 mg/dL"),
        ],
    ),
    "decimal numbers": (
        "Inclusion Criteria:\n\n1. Disease:\n   1.1 Esophageal cancer\n   1.2 Measurable disease\n2. ECOG 0-1",
        [IN, (HEADING, "Disease:"), (INCLUSION, "Esophageal cancer"), (INCLUSION, "Measurable disease"), ECOG],
    ),
    "numbers inside one paragraph": ("Inclusion Criteria: 1. Age ≥ 18 years 2. ECOG 0-1", [IN, AGE, ECOG]),
    "numbers with brackets inside one line": ("Exclusion Criteria:\n\n1) HIV infection 2) Pregnancy", [OUT, HIV, PREGNANCY]),
    "paragraphs without bullets": (
        "Inclusion Criteria:\n\nAge ≥ 18 years\n\nECOG 0-1\n\nExclusion Criteria:\n\nHIV infection\n\nPregnancy",
        [IN, AGE, ECOG, OUT, HIV, PREGNANCY],
    ),
    "headings without a colon": (
        "Key Inclusion Criteria\n\n* ECOG 0-1\n\nKey Exclusion Criteria\n\n* HIV infection",
        [(HEADING, "Key Inclusion Criteria"), ECOG, (HEADING, "Key Exclusion Criteria"), HIV],
    ),
    "headings in capitals": (
        "INCLUSION CRITERIA\n\n* ECOG 0-1\n\nEXCLUSION CRITERIA\n\n* HIV infection",
        [(HEADING, "INCLUSION CRITERIA"), ECOG, (HEADING, "EXCLUSION CRITERIA"), HIV],
    ),
    "titles before a list": (
        "Inclusion Criteria:\n\nDisease characteristics\n\n* Measurable disease\n\nPatient characteristics\n\n* ECOG 0-1",
        [IN, (HEADING, "Disease characteristics"), (INCLUSION, "Measurable disease"), (HEADING, "Patient characteristics"), ECOG],
    ),
    "a note belongs to the item before": (
        "Inclusion Criteria:\n\n* Measurable disease\n\nNote: Irradiated lesions count if they grew.\n\n* ECOG 0-1",
        [IN, (INCLUSION, "Measurable disease / Note: Irradiated lesions count if they grew."), ECOG],
    ),
    "a nested note belongs to the item before": (
        "Inclusion Criteria:\n\n* Measurable disease\n  * Note: Irradiated lesions count if they grew.\n* ECOG 0-1",
        [IN, (INCLUSION, "Measurable disease / Note: Irradiated lesions count if they grew."), ECOG],
    ),
    "a permission belongs to the item before": (
        "Inclusion Criteria:\n\n* Prior platinum chemotherapy\n  * Prior immunotherapy is allowed\n* ECOG 0-1",
        [IN, (INCLUSION, "Prior platinum chemotherapy / Prior immunotherapy is allowed"), ECOG],
    ),
    "a line that ends with or goes on": (
        "Inclusion Criteria:\n\n* HER2-positive OR\n* MSI-H\n* ECOG 0-1",
        [IN, (INCLUSION, "HER2-positive OR * MSI-H"), ECOG],
    ),
    "separate limits in one line": (
        "Inclusion Criteria:\n\n* ANC ≥ 1,500/mm3, platelets ≥ 100,000/mm3, and hemoglobin ≥ 9 g/dL",
        [IN, (INCLUSION, "ANC ≥ 1,500/mm3"), (INCLUSION, "platelets ≥ 100,000/mm3"), (INCLUSION, "hemoglobin ≥ 9 g/dL")],
    ),
    "limits that are tied": (
        "Inclusion Criteria:\n\n* AST ≤ 2.5 x ULN, ALT ≤ 2.5 x ULN, both ≤ 5 x ULN if liver metastases",
        [IN, (INCLUSION, "AST ≤ 2.5 x ULN, ALT ≤ 2.5 x ULN, both ≤ 5 x ULN if liver metastases")],
    ),
    "limits of which one is enough": (
        "Inclusion Criteria:\n\n* Creatinine ≤ 1.5 mg/dL or creatinine clearance ≥ 60 mL/min",
        [IN, (INCLUSION, "Creatinine ≤ 1.5 mg/dL or creatinine clearance ≥ 60 mL/min")],
    ),
    "limits that rule out": (
        "Exclusion Criteria:\n\n* ANC < 1,500/mm3, platelets < 100,000/mm3",
        [OUT, (EXCLUSION, "ANC < 1,500/mm3, platelets < 100,000/mm3")],
    ),
    "the old form in one line": (
        "DISEASE CHARACTERISTICS: Histologically confirmed esophageal cancer Measurable disease No brain metastases "
        "PATIENT CHARACTERISTICS: Age: 18 and over Life expectancy: Not specified Hematopoietic: Platelet count at least 100,000/mm3",
        [
            (HEADING, "DISEASE CHARACTERISTICS:"),
            (INCLUSION, "Histologically confirmed esophageal cancer"),
            (INCLUSION, "Measurable disease"),
            (INCLUSION, "No brain metastases"),
            (HEADING, "PATIENT CHARACTERISTICS:"),
            (HEADING, "Age:"),
            (INCLUSION, "18 and over"),
            (HEADING, "Life expectancy:"),
            (HEADING, "Not specified"),
            (HEADING, "Hematopoietic:"),
            (INCLUSION, "Platelet count at least 100,000/mm3"),
        ],
    ),
    "several cohorts": (
        "Inclusion Criteria:\n\nCohort A:\n\n* HER2-positive\n\nCohort B:\n\n* MSI-H\n\nExclusion Criteria:\n\n* HIV infection",
        [IN, (HEADING, "Cohort A:"), (INCLUSION, "HER2-positive"), (HEADING, "Cohort B:"), (INCLUSION, "MSI-H"), OUT, HIV],
    ),
    "a sentence turns to what rules out": (
        "Patients must have esophageal cancer.\n\nPatients will be disqualified if any of these apply:\n\n* HIV infection\n* Pregnancy",
        [
            (INCLUSION, "Patients must have esophageal cancer."),
            (HEADING, "Patients will be disqualified if any of these apply:"),
            HIV,
            PREGNANCY,
        ],
    ),
    "ineligibility": (
        "Eligibility:\n\n* ECOG 0-1\n\nIneligibility:\n\n* HIV infection",
        [(HEADING, "Eligibility:"), ECOG, (HEADING, "Ineligibility:"), HIV],
    ),
    "a remark that asks nothing": (
        "Inclusion Criteria:\n\n* ECOG 0-1\n\nOther protocol-defined inclusion/exclusion criteria apply.",
        [IN, ECOG, (HEADING, "Other protocol-defined inclusion/exclusion criteria apply.")],
    ),
    "a list without a heading is what is asked for": ("* Age ≥ 18 years\n* ECOG 0-1", [AGE, ECOG]),
    "one line": ("Esophageal cancer", [(INCLUSION, "Esophageal cancer")]),
    "signs beyond the usual ones": ("Inclusion Criteria:\n\n* Größe ≥ 3 cm 😀\n* ECOG 0-1", [IN, (INCLUSION, "Größe ≥ 3 cm 😀"), ECOG]),
    "empty": ("", []),
    "blank": (" \n\t\r\n\u00a0 \n", []),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_the_text_has_the_items_of_its_row(text: str, expected: list[tuple[str, str]]) -> None:
    """Kinds and texts of the items, in order, each with the place where it stands."""
    items = split_criteria(text)
    assert [(item.kind, item.text) for item in items] == expected
    for item in items:
        _assert_stands_there(text, item)
    _assert_only_separators_outside(text, items)


def _assert_stands_there(text: str, item: Item) -> None:
    """The words of the item are those at its place; between its points stand bullets and blanks only."""
    start, end = item.span
    there = text[start:end]
    assert there == there.strip()
    place = 0
    for point in item.points or (item.text,):
        for word in point.split():
            found = there.index(word, place)
            assert re.fullmatch(r"[\s*•–—▪➢-]*", there[place:found])
            place = found + len(word)
    assert place == len(there)


# Between items: signs, numbers, the letters of a list, and the word that joins two limits.
_SEPARATORS = re.compile(r"(?:\W|_|\d|\band\b|\b[A-Za-z](?=\\?[.):])|\b[ivxIVX]{1,5}(?=\\?[.):])|\bo(?=\s))*")


def _assert_only_separators_outside(text: str, items: tuple[Item, ...]) -> None:
    edge = 0
    for item in items:
        start, end = item.span
        assert edge <= start < end <= len(text), "items overlap or are out of order"
        assert _SEPARATORS.fullmatch(text[edge:start]), text[edge:start]
        edge = end
    assert _SEPARATORS.fullmatch(text[edge:]), text[edge:]


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("Inclusion Criteria:\n\n* ECOG 0-1", [()]),
        ("Inclusion Criteria:\n\nCohort A:\n\n* HER2-positive\n\nCohort B:\n\n* MSI-H", [("Cohort A:",), ("Cohort B:",)]),
        ("Inclusion Criteria:\n\n* Organ function:\n  * Blood:\n    * Platelets ≥ 100,000/mm3", [("Organ function:", "Blood:")]),
        ("Inclusion Criteria for Part B:\n\n* ECOG 0-1", [("Inclusion Criteria for Part B:",)]),
        ("DISEASE CHARACTERISTICS: Measurable disease PATIENT CHARACTERISTICS: Age: 18 and over", [("DISEASE CHARACTERISTICS",), ("Age",)]),
    ],
)
def test_an_item_knows_the_headings_over_it(text: str, under: list[tuple[str, ...]]) -> None:
    """Outermost first; the plain names of the two lists say nothing more and are left out."""
    assert [item.under for item in split_criteria(text) if item.kind != HEADING] == under


def test_the_points_of_an_item_kept_whole_stand_apart() -> None:
    """The lead first, then each point."""
    (item,) = split_criteria("* One of the following:\n  * HER2-positive\n  * MSI-H")
    assert item.points == ("One of the following:", "HER2-positive", "MSI-H")


# --- Generated lists ----------------------------------------------------------------------------------------------

_PHRASES = st.sampled_from(
    (
        "Age ≥ 18 years",
        "ECOG 0-1",
        "Measurable disease per RECIST 1.1",
        "Histologically confirmed esophageal cancer",
        "Prior platinum-based chemotherapy, unless it was stopped early",
        "ANC ≥ 1,500/mm3; platelets ≥ 100,000/mm3",
        "HIV infection (patients on treatment are eligible)",
        "One of the following",
        "Life expectancy \\> 3 months",
    )
)
_MARKS = st.sampled_from(("* ", "- ", "• ", "number. ", "number\\. ", "(number) ", "letter. ", ""))
_HEADINGS = st.sampled_from(("Inclusion Criteria:", "Exclusion Criteria:", "Cohort A:", "Adequate organ function:", ""))


@st.composite
def _lists(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text of headings and nested lists, and the words of its items and headings in order."""
    lines: list[str] = []
    words: list[str] = []
    line_end = draw(st.sampled_from(("\n", "\r\n", "\n\n")))
    for _ in range(draw(st.integers(1, 3))):
        heading = draw(_HEADINGS)
        if heading:
            lines += [heading, ""]
            words += heading.split()
        mark = draw(_MARKS)
        depth = 0
        for number in range(1, draw(st.integers(1, 6)) + 1):
            depth = draw(st.integers(0, min(depth + 1, 2))) if mark else 0
            phrase = draw(_PHRASES)
            lines.append("  " * depth + mark.replace("number", str(number)).replace("letter", chr(96 + number)) + phrase)
            words += phrase.split()
        lines.append("")
    return line_end.join(lines), words


@settings(deadline=None)
@given(_lists())
def test_no_word_of_a_list_is_lost(made: tuple[str, list[str]]) -> None:
    """Items stand in order, never overlap, and together with the headings hold every word."""
    text, words = made
    items = split_criteria(text)
    _assert_only_separators_outside(text, items)
    inside = " ".join(text[start:end] for start, end in (item.span for item in items))
    letters = re.compile(r"[A-Za-z≥]{2,}|\d[\d,]+")
    assert letters.findall(inside) == letters.findall(" ".join(words))


@settings(deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(
        st.sampled_from(("* ", "1. ", "\n", "  ", ":", "or", " and ", "Exclusion Criteria", "≥ 5 ", "ANC")) | st.text(max_size=5),
        max_size=60,
    ).map("".join)
)
def test_any_text_is_split_without_overlap(text: str) -> None:
    """Whatever the text, its items lie inside it, in order, and none is blank."""
    edge = 0
    for item in split_criteria(text):
        start, end = item.span
        assert edge <= start < end <= len(text)
        assert text[start:end].strip()
        assert item.points or item.kind == HEADING
        edge = end
