"""The word lists: tokens, phrases, and loading that fails with file and line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.helpers import condition_of
from wayline.library import library
from wayline.reading import WaylineError
from wayline.trials.expressions import All, AnyOf, Literal, Opposite, Reading, Unread, as_expression
from wayline.trials.lexicon import (
    CONDITION,
    DRUG,
    FILLER,
    MEASURE,
    NO,
    OPENS,
    PREPOSITION,
    Entry,
    Lexicon,
    Marker,
    Measure,
    Scale,
    State,
    Treatment,
    load_lexicon,
    tokens_of,
)

READING = library().folder / "trials" / "reading"


# --- Tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Age ≥ 18 years", ["age", "≥", "18", "years"]),
        ("anti-PD-1", ["anti", "pd", "1"]),
        ("18-75", ["18", "-", "75"]),
        ("18 – 75", ["18", "-", "75"]),
        ("well-known", ["well", "known"]),
        ("ECOG \\>= 1", ["ecog", ">", "=", "1"]),
        ("oesophageal tumour, haemoglobin", ["esophageal", "tumor", ",", "hemoglobin"]),
        ("Crohn's disease", ["crohn", "'s", "disease"]),
        ("100/µL", ["100", "/", "ul"]),
        ("CLDN18.2", ["cldn18", ".", "2"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_the_text_has_the_tokens_of_its_row(text: str, words: list[str]) -> None:
    """Small letters, American spelling; a hyphen counts only between numbers."""
    assert [token.text for token in tokens_of(text)] == words


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18", 18),
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1·5", 1.5),
        ("100,000", 100_000),
        ("1,500", 1_500),
        ("1,234,567", 1_234_567),
        ("100 x 10^9", 1e11),
        ("1.5 × 10⁹", 1.5e9),
        ("1.5 x 109", 1.5e9),  # the registry loses superscripts
        ("100*10^3", 1e5),
        ("1.5 x 10E9", 1.5e9),
    ],
)
def test_the_number_is_read(text: str, number: float) -> None:
    """Commas for thousands and for decimals, and powers of ten in every writing."""
    (token,) = tokens_of(text)
    assert token.number == pytest.approx(number)


@pytest.mark.parametrize("text", ["Age ≥ 18 years (±5 %)", "Crohn's, 1.5 x 10^9/L – «odd» \\>= x", "Größe 😀 3 cm"])
def test_tokens_know_their_places(text: str) -> None:
    """In order, never overlapping, and between them only blanks, hyphens and backslashes."""
    edge = 0
    for token in tokens_of(text):
        assert edge <= token.start < token.end <= len(text)
        assert re.fullmatch(r"[\s\\–—-]*", text[edge : token.start])
        edge = token.end


# --- Phrases ------------------------------------------------------------------------------------------------------


def _found(lexicon: Lexicon, text: str) -> tuple[Entry, int] | None:
    return lexicon.at([token.text for token in tokens_of(text)], 0)


def test_the_longest_phrase_wins() -> None:
    """And what only begins like a phrase is none."""
    lexicon = Lexicon()
    lexicon.add(["heart"], "x", 1)
    lexicon.add(["heart failure"], "y", 2)
    lexicon.add(["heart failure clinic visit"], "z", 3)
    assert _found(lexicon, "heart failure clinic") == (Entry("y", 2), 2)
    assert _found(lexicon, "heart attack") == (Entry("x", 1), 1)
    assert _found(lexicon, "liver failure") is None


def test_a_plural_is_understood_but_never_overrides_a_phrase() -> None:
    """metastasis and metastases, biopsy and biopsies; not where the plural is a phrase of its own."""
    lexicon = Lexicon()
    lexicon.add(["nodes"], "own", None)
    lexicon.add(["metastasis", "biopsy", "node", "virus"], "x", None)
    for plural in ("metastases", "biopsies", "viruses"):
        assert _found(lexicon, plural) == (Entry("x", None), 1)
    assert _found(lexicon, "nodes") == (Entry("own", None), 1)
    lexicon.add(["within"], "y", None, with_plurals=False)
    assert _found(lexicon, "withins") is None


def test_the_later_row_wins_save_that_a_filler_that_opens_is_a_preposition() -> None:
    """Both orders make a preposition."""
    for first, second in ((FILLER, OPENS), (OPENS, FILLER)):
        lexicon = Lexicon()
        lexicon.add(["with"], first, None)
        lexicon.add(["with"], second, None)
        assert _found(lexicon, "with") == (Entry(PREPOSITION, None), 1)
    lexicon.add(["with"], "x", 5)
    assert _found(lexicon, "with") == (Entry("x", 5), 1)


@pytest.mark.parametrize(
    ("phrase", "role"),
    [("Opdivo", DRUG), ("platinum-based chemotherapy", DRUG), ("without", NO), ("interstitial lung disease", CONDITION), ("SGOT", MEASURE)],
)
def test_the_shipped_lists_know_the_phrase(phrase: str, role: str) -> None:
    """Drug names come from the drug dictionary, all else from the lists."""
    found = _found(load_lexicon(READING, library().vocabulary), phrase)
    assert found is not None
    assert found[0].role == role


def test_a_brand_is_its_drug() -> None:
    """Opdivo is nivolumab."""
    found = _found(load_lexicon(READING, library().vocabulary), "OPDIVO")
    assert found is not None
    assert found[0].value == Treatment(("nivolumab",), "drug")


# --- What ships is sound ------------------------------------------------------------------------------------------


def _readings(value: object) -> list[Reading]:
    match value:
        case State(reading, date_fact):
            return [reading, *([] if date_fact is None else [Literal(f"within({date_fact}, 1)")])]
        case Marker(positive, negative):
            return [positive, negative]
        case Literal() | Unread() | All() | AnyOf() | Opposite():
            return [value]
    return []


def test_every_reading_in_the_lists_is_an_expression() -> None:
    """Every fact and choice that a row names is in the vocabulary."""
    lexicon = load_lexicon(READING, library().vocabulary)
    expressions = {as_expression(reading) for entry in lexicon._entries.values() for reading in _readings(entry.value)}
    assert len(expressions) > 100
    for expression in expressions:
        condition_of(expression)


def test_every_measure_and_scale_is_of_a_fact() -> None:
    """Save body mass index, which is computed from two."""
    vocabulary = library().vocabulary
    lexicon = load_lexicon(READING, vocabulary)
    values = [entry.value for entry in lexicon._entries.values()]
    measured = {fact for value in values if isinstance(value, Measure) for fact in value.facts} - {"body_mass_index"}
    scaled = {value.fact for value in values if isinstance(value, Scale)}
    assert len(measured) > 20
    for fact in measured | scaled:
        assert vocabulary[fact].id == fact


# --- Strict loading -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped lists, to be spoilt."""
    return Path(shutil.copytree(READING, tmp_path / "reading"))


def _spoil(folder: Path, name: str, pattern: str, replacement: str) -> int:
    """Replace the first match of a pattern in a list; the line it stands in."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    match = re.search(pattern, text)
    assert match is not None
    path.write_text(text[: match.start()] + match.expand(replacement) + text[match.end() :], encoding="utf-8")
    return text[: match.start()].count("\n") + 1


def _error(folder: Path) -> str:
    with pytest.raises(WaylineError) as caught:
        load_lexicon(folder, library().vocabulary)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "says"),
    [
        ("words.yaml", r"role: except\b", "role: exept", ["'exept' is not a role", "except"]),
        ("treatments.yaml", r"role: experience\b", "role: experienc", ["'experienc' is not a role", "experience"]),
        ("cancers.yaml", r"part: cells\b", "part: cels", ["'cels' is not a part of a cancer's name", "cells"]),
        (
            "treatments.yaml",
            r"names: \[immunotherapy\]",
            "names: [imunotherapy]",
            ["'imunotherapy' is not a drug or a drug class", "immunotherapy"],
        ),
        ("conditions.yaml", r"means: condition\.autoimmune,", "means: condition.autoimmune and,", ["is not an expression"]),
        ("cancers.yaml", r"means: everybody,", "means: everybody or,", ["is not an expression"]),
        ("treatments.yaml", r"positive: biomarker\.msi_high,", "positive: biomarker.msi_high and,", ["is not an expression"]),
        ("conditions.yaml", r"means: condition\.autoimmune, window", "means: condition.autoimmune, windo", ["windo"]),
        (
            "conditions.yaml",
            r"means: condition\.autoimmune,",
            "means: condition.autoimune,",
            ["condition.autoimune", "condition.autoimmune"],
        ),
        ("cancers.yaml", r'diagnosis\.histology == "squamous"', 'diagnosis.histology == "squamos"', ["squamos", "squamous"]),
        (
            "conditions.yaml",
            r"window: condition\.stroke_date",
            "window: condition.stroke_dat",
            ["condition.stroke_dat", "condition.stroke_date"],
        ),
        ("conditions.yaml", r"window: condition\.stroke_date", "window: condition.hiv", ["condition.hiv", "date"]),
        ("measures.yaml", r"\nupper_limit:", "\nuper_limit:", ["uper_limit"]),
    ],
)
def test_a_mistake_in_a_list_is_an_error_with_file_and_line(
    folder: Path, name: str, pattern: str, replacement: str, says: list[str]
) -> None:
    """The error names the file and its line, what is wrong, and the nearest right word."""
    line = _spoil(folder, name, pattern, replacement)
    message = _error(folder)
    place = re.match(r"trials/reading/(\S+), line (\d+)", message)
    assert place is not None, message
    assert place[1] == name
    # A row of one line is named by its own line; a key of the whole file by the file's first.
    assert int(place[2]) in (line, line + 1, 1), message
    for words in says:
        assert words in message


@pytest.mark.parametrize("name", ["words.yaml", "measures.yaml", "cancers.yaml", "conditions.yaml", "treatments.yaml"])
def test_a_missing_list_is_a_clear_error(folder: Path, name: str) -> None:
    """No list may be left out."""
    (folder / name).unlink()
    assert name in _error(folder)


def test_a_row_that_is_no_block_is_an_error(folder: Path) -> None:
    """A stray word among the rows is not skipped."""
    _spoil(folder, "conditions.yaml", r"conditions:\n", "conditions:\n  - stray\n")
    assert "a row of 'conditions' must be a block" in _error(folder)
