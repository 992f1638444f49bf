"""The word lists of `content/records/pasted/`, loaded strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.facts.vocabulary import Vocabulary
from wayline.reading import Block, Place, WaylineError, flag_at, nearest, number_at, read, require_keys, rows_at, text_at, texts_at
from wayline.records.pasted.phrases import Phrases, plain

_MARKER_KEYS = (
    *("mentions", "says_no", "says_yes", "guards", "hedges", "low_words", "gene_panel", "tests", "msi_stable", "msi_unstable"),
    *("protein_intact", "protein_lost", "not_of_proteins", "score_fillers", "about", "comparisons", "tmb_units", "claudin"),
    *("metabolizers", "not_certain_metabolizer", "goes_on", "her2_score_words", "other_methods", "plain_words"),
)
_DIAGNOSIS_KEYS = (
    *("histologies", "not_taken", "histology_no", "histology_unsure", "consistent", "origin", "in_situ", "sites", "site_labels", "organs"),
    *("specimen_words", "sections"),
)
_LAB_KEYS = ("tests", "not_these", "name_fillers", "units", "flags", "no_result", "headings", "labels", "cuts", "bad_before", "trailing")
_SCOPES = ("segment", "sentence")
SECTIONS = ("past", "methods", "amended", "addendum", "original", "open")


@dataclass(frozen=True, slots=True)
class Guard:
    """Why a segment or a whole sentence is left alone; `score_stands`: a printed HER2 score is taken all the same."""

    reason: str
    scope: str
    score_stands: bool


@dataclass(frozen=True, slots=True)
class MarkerTest:
    """How the result of one test is told, and which fact and values it gives."""

    topic: str
    fact: str
    yes: Any
    no: Any
    needs: Phrases
    lacks: Phrases


@dataclass(frozen=True, slots=True)
class Organ:
    """An organ that a specimen may come from; `begins_there`: a cancer found there usually began there."""

    name: str
    begins_there: bool


@dataclass(frozen=True)
class PastedWords:
    """All word lists, ready for use."""

    mentions: Phrases
    exact: frozenset[str]
    segment: Phrases  # roles "no", "yes", "hedge" and guards
    low: Phrases
    tests: dict[str, MarkerTest]
    msi: Phrases  # roles "stable", "unstable"
    proteins: Phrases  # roles "intact", "lost"
    not_of_proteins: Phrases
    fillers: Phrases
    about: Phrases
    comparisons: Phrases
    tmb_units: Phrases
    claudin_percent: float
    claudin_strength: Phrases  # roles "strong", "weak"
    metabolizers: Phrases
    plain_words: frozenset[str]
    not_certain_metabolizer: Phrases
    goes_on: Phrases
    histologies: Phrases  # values, or reasons with the role "left"
    histology_signs: Phrases  # roles "no", "unsure", "consistent", "in situ"
    origin: Phrases
    sites: Phrases
    site_labels: Phrases
    organs: Phrases
    specimen_words: Phrases
    sections: Phrases
    labs: LabWords


@dataclass(frozen=True)
class LabWords:
    """The names of blood tests, units as labs print them, and what may stand beside a result."""

    tests: Phrases  # a fact, or None for a test that is another one
    name_fillers: Phrases
    units: dict[str, str]  # squeezed spelling: the unit as the vocabulary knows it
    flags: dict[str, str]
    no_result: Phrases
    headings: Phrases
    labels: Phrases
    cuts: Phrases
    bad_before: Phrases
    trailing: Phrases
    accepted: dict[str, frozenset[str]]  # of each fact


def squeezed(unit: str) -> str:
    """A unit without blanks, in small letters."""
    return "".join(plain(unit).split())


def _phrases(block: Block, *roles: tuple[str, Any], loose: bool = False) -> Phrases:
    phrases = Phrases(loose)
    for key, value in roles:
        phrases.add(texts_at(block, key), value, block.at(key))
    return phrases


def _texts(words: Any, place: Place) -> Phrases:
    phrases = Phrases()
    phrases.add([str(word) for word in words], True, place)
    return phrases


def load_pasted_words(folder: Path, vocabulary: Vocabulary) -> PastedWords:
    """Load `content/records/pasted/`; every mistake is an error with file and line."""
    markers = _read(folder, "markers.yaml", _MARKER_KEYS)
    diagnoses = _read(folder, "diagnoses.yaml", _DIAGNOSIS_KEYS)
    mentions, exact = _mentions(markers)
    segment = _phrases(markers, ("says_no", "no"), ("says_yes", "yes"), ("hedges", "hedge"))
    for row, place in zip(rows_at(markers, "guards"), rows_at(markers, "guards").places, strict=True):
        guard = require_keys(row, ("reason", "scope", "score_stands", "words"), place)
        if guard["scope"] not in _SCOPES:
            raise guard.at("scope").error(f"'scope' is one of {', '.join(_SCOPES)}")
        segment.add(texts_at(guard, "words"), Guard(text_at(guard, "reason"), guard["scope"], flag_at(guard, "score_stands")), place)
    claudin = require_keys(markers["claudin"], ("positive_percent", "strong", "weak", "cites"), markers.at("claudin"))
    comparisons = Phrases()
    for written, bound in require_keys(markers["comparisons"], (), markers.at("comparisons"), tuple(markers["comparisons"])).items():
        if bound not in ("at_least", "at_most", "above", "below"):
            raise markers.at("comparisons").error(f"'{bound}' is no bound; write at_least, at_most, above or below")
        comparisons.add([written], bound, markers.at("comparisons"))
    return PastedWords(
        mentions=mentions,
        exact=exact,
        segment=segment,
        low=_phrases(markers, ("low_words", True)),
        tests=_tests(markers, vocabulary),
        msi=_phrases(markers, ("msi_stable", "stable"), ("msi_unstable", "unstable")),
        proteins=_phrases(markers, ("protein_intact", "intact"), ("protein_lost", "lost")),
        not_of_proteins=_phrases(markers, ("not_of_proteins", True)),
        fillers=_phrases(markers, ("score_fillers", True)),
        about=_phrases(markers, ("about", True)),
        comparisons=comparisons,
        tmb_units=_phrases(markers, ("tmb_units", True)),
        claudin_percent=number_at(claudin, "positive_percent"),
        claudin_strength=_phrases(claudin, ("strong", "strong"), ("weak", "weak")),
        metabolizers=_valued(markers, "metabolizers", tuple(vocabulary["biomarker.dpyd"].choices)),
        plain_words=frozenset(texts_at(markers, "plain_words")),
        not_certain_metabolizer=_phrases(markers, ("not_certain_metabolizer", True)),
        goes_on=_phrases(markers, ("goes_on", True)),
        histologies=_histologies(diagnoses, vocabulary),
        histology_signs=_phrases(
            diagnoses, ("histology_no", "no"), ("histology_unsure", "unsure"), ("consistent", "consistent"), ("in_situ", "in situ")
        ),
        origin=_phrases(diagnoses, ("origin", True)),
        sites=_valued(diagnoses, "sites", (*vocabulary["diagnosis.site"].choices, "none")),
        site_labels=_phrases(diagnoses, ("site_labels", True)),
        organs=_organs(diagnoses),
        specimen_words=_phrases(diagnoses, ("specimen_words", True)),
        sections=_sections(diagnoses),
        labs=_labs(_read(folder, "labs.yaml", _LAB_KEYS), vocabulary),
    )


def _read(folder: Path, name: str, keys: tuple[str, ...]) -> Block:
    shown = f"{folder.parent.name}/{folder.name}/{name}"
    return require_keys(read(folder / name, shown), keys, Place(shown, 1))


def _mentions(block: Block) -> tuple[Phrases, frozenset[str]]:
    mentions = Phrases(loose=True)
    rows = rows_at(block, "mentions")
    exact: set[str] = set()
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("topic", "exact", "words"), place)
        words = texts_at(one, "words")
        mentions.add(words, (text_at(one, "topic"), flag_at(one, "exact")), place)
        exact |= set(words) if one["exact"] else set()
    return mentions, frozenset(exact)


def _tests(block: Block, vocabulary: Vocabulary) -> dict[str, MarkerTest]:
    tests = {}
    rows = rows_at(block, "tests")
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("topic", "fact", "yes", "no", "needs", "lacks", "cites"), place)
        vocabulary.require(text_at(one, "fact"), one.at("fact"))
        tests[text_at(one, "topic")] = MarkerTest(
            one["topic"], one["fact"], one["yes"], one["no"], _phrases(one, ("needs", True)), _phrases(one, ("lacks", True))
        )
    return tests


def _valued(block: Block, key: str, choices: tuple[str, ...]) -> Phrases:
    phrases = Phrases()
    rows = rows_at(block, key)
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("value", "words"), place)
        if one["value"] not in choices:
            raise one.at("value").error(
                f"'{one['value']}' is not a choice.{nearest(str(one['value']), choices)} Choices: {', '.join(choices)}"
            )
        phrases.add(_spelled(texts_at(one, "words")), one["value"], place)
    return phrases


def _spelled(words: list[str]) -> list[str]:
    """Each phrase in American and British spelling."""
    return list(dict.fromkeys([*words, *(word.replace("esophag", "oesophag") for word in words if "oesophag" not in word)]))


def _histologies(block: Block, vocabulary: Vocabulary) -> Phrases:
    phrases = _valued(block, "histologies", tuple(vocabulary["diagnosis.histology"].choices))
    rows = rows_at(block, "not_taken")
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("reason", "words"), place)
        phrases.add(texts_at(one, "words"), ("left", text_at(one, "reason")), place)
    return phrases


def _organs(block: Block) -> Phrases:
    phrases = Phrases()
    rows = rows_at(block, "organs")
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("name", "begins_there", "words"), place)
        phrases.add(texts_at(one, "words"), Organ(text_at(one, "name"), flag_at(one, "begins_there")), place)
    return phrases


def _sections(block: Block) -> Phrases:
    sections = require_keys(block["sections"], SECTIONS, block.at("sections"))
    return _phrases(sections, *((kind, kind) for kind in SECTIONS))


def _labs(block: Block, vocabulary: Vocabulary) -> LabWords:
    tests = Phrases()
    accepted: dict[str, frozenset[str]] = {}
    rows = rows_at(block, "tests")
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("fact", "words"), place)
        definition = vocabulary.require(text_at(one, "fact"), one.at("fact"))
        if not definition.is_lab:
            raise one.at("fact").error(f"'{definition.id}' is not a blood test")
        tests.add(texts_at(one, "words"), definition.id, place)
        written = (definition.unit, *(other.unit for other in definition.other_units))
        accepted[definition.id] = frozenset(vocabulary.usual_unit_spelling(unit) for unit in written if unit)
    tests.add(texts_at(block, "not_these"), None, block.at("not_these"))
    used = frozenset().union(*accepted.values()) | {"%"}
    units = {squeezed(written): unit for written, unit in vocabulary.unit_spellings.items() if unit in used}
    units |= {squeezed(unit): unit for unit in used}
    units_block = block["units"]
    if not isinstance(units_block, Block):
        raise block.at("units").error("'units' must be 'spelling: unit' lines")
    for spelling, unit in units_block.items():
        if not isinstance(unit, str):
            raise units_block.at(spelling).error("a unit must be a text")
        units[squeezed(spelling)] = unit
    flags_block = block["flags"]
    if not isinstance(flags_block, Block) or any(meaning not in ("high", "low", "odd", "normal") for meaning in flags_block.values()):
        raise block.at("flags").error("'flags' must be 'sign: high, low, odd or normal' lines")
    return LabWords(
        tests=tests,
        name_fillers=_phrases(block, ("name_fillers", True)),
        units=units,
        flags={plain(sign): str(meaning) for sign, meaning in flags_block.items()},
        no_result=_phrases(block, ("no_result", True)),
        headings=_headings(block),
        labels=_phrases(block, ("labels", True)),
        cuts=_phrases(block, ("cuts", True)),
        bad_before=_phrases(block, ("bad_before", True)),
        trailing=_phrases(block, ("trailing", True)),
        accepted=accepted,
    )


def _headings(block: Block) -> Phrases:
    headings = require_keys(block["headings"], ("name", "value", "flag", "unit", "range", "before", "other"), block.at("headings"))
    return _phrases(headings, *((kind, kind) for kind in headings))


__all__ = ["Guard", "LabWords", "MarkerTest", "Organ", "PastedWords", "WaylineError", "load_pasted_words", "squeezed"]
