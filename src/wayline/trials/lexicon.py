"""The words of trial criteria and what they mean to the reader, from `content/trials/reading/`.

A phrase is a run of tokens (small letters, American spelling, no hyphens). Each phrase has one role, written as one letter, so that a
sentence becomes a string of letters and its grammar regular expressions over that string. Where one phrase stands under several roles,
the later file and row win, save that a filler that can also open a modifier is a preposition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from wayline.facts.vocabulary import Vocabulary
from wayline.logic.parsing import parse_expression
from wayline.reading import Block, Place, WaylineError, nearest, number_at, read, require_keys, rows_at, text_at, texts_at
from wayline.trials.expressions import EVERYBODY, NOBODY, Literal, Reading, Unread, all_of, any_of, as_expression, from_text, opposite

# One letter a role. Capital letters carry a value that is demanded of a person.
AND, OR, NO, EXCEPT, IF, OBLIGED, FORBIDDEN, PERMITTED = "&", "|", "n", "e", "i", "o", "q", "p"
SUBJECT, OPENS, PREPOSITION, EXAMPLE, WITHIN, BEFORE, EVENT, GROUP = "s", "r", "h", "g", "H", "b", "E", "F"
FILLER, NARROWING, WORD = "f", "m", "w"
MEASURE, COMPARISON, COMPARISON_AFTER, NUMBER, UNIT, UPPER, LOWER, NORMAL, TIMES, SCALE, SPAN = (
    "L",
    "C",
    "c",
    "N",
    "U",
    "X",
    "Z",
    "W",
    "x",
    "P",
    "T",
)
PLACE, CELLS, WHOLE, EXTENT, CONDITION, DRUG, EXPERIENCE, LINES, NOW, SETTING, AGE, MARKER, MARKED = (
    "a",
    "d",
    "k",
    "S",
    "K",
    "D",
    "O",
    "R",
    "Y",
    "t",
    "Q",
    "G",
    "u",
)
TEAM, PROGRESSED, NAIVE, GRADE, PRETREATED, SIDE_EFFECT = "j", "v", "z", "l", "M", "I"

_ROLES = {
    "and": AND,
    "or": OR,
    "no": NO,
    "except": EXCEPT,
    "if": IF,
    "obliged": OBLIGED,
    "forbidden": FORBIDDEN,
    "permitted": PERMITTED,
    "subject": SUBJECT,
    "opens": OPENS,
    "example": EXAMPLE,
    "within": WITHIN,
    "before": BEFORE,
    "event": EVENT,
    "active_group": GROUP,
    "experience": EXPERIENCE,
    "lines": LINES,
    "now": NOW,
    "age": AGE,
    "ask_the_team": TEAM,
    "progressed": PROGRESSED,
    "naive": NAIVE,
    "grade": GRADE,
    "pretreated": PRETREATED,
    "side_effect": SIDE_EFFECT,
}
_PARTS = {"place": PLACE, "cells": CELLS, "whole": WHOLE, "extent": EXTENT}

RADIATION_PROCEDURES = (
    "external_radiation",
    "brachytherapy",
    "stereotactic_body_radiation",
    "robotic_radiosurgery",
    "proton_therapy",
    "liver_pain_radiation",
)
# What treats a cancer in one place, beside radiation and drugs.
LOCAL_PROCEDURES = (
    "photodynamic_therapy",
    "cryotherapy_endoscopic",
    "esophagectomy",
    "gastrectomy",
    "chemoembolization",
    "cryoablation",
    "hepatic_artery_infusion",
    "liver_resection",
    "liver_transplant",
    "radioembolization",
    "radiofrequency_ablation",
    "microwave_ablation",
    "histotripsy",
    "irreversible_electroporation",
)
_METASTATIC = any_of(Literal('diagnosis.stage == "4b"'), Literal("metastases.liver"), Literal("metastases.outside_liver"))
# Radiation as one thing. What was given is in the history; the two facts on radiation speak of two places only.
RADIATION: Reading = any_of(*(Literal(f'had("{procedure}")') for procedure in RADIATION_PROCEDURES))
_NOT_MALE = Literal('person.sex != "male"')


def named_readings(words: str) -> dict[str, Reading]:
    """The names that the lists use for readings that recur; `words` are those of the phrase."""
    unread = Unread(words)
    return {
        "everybody": EVERYBODY,
        "nobody": NOBODY,
        "metastatic": _METASTATIC,
        "advanced": any_of(Literal('diagnosis.stage == "4"'), all_of(Literal('diagnosis.stage == "3"'), unread)),
        "locally_advanced": all_of(opposite(_METASTATIC), unread),
        "open": unread,
        "metastatic_or_measurable": any_of(Literal("diagnosis.measurable"), _METASTATIC),
        "pregnant": all_of(_NOT_MALE, Literal("person.pregnant")),
        "breastfeeding": all_of(_NOT_MALE, Literal("person.breastfeeding")),
        "radiation": RADIATION,
        "not_male": _NOT_MALE,
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """What one phrase means: its role, and a value of the role's own kind."""

    role: str
    value: Any


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that trials limit. `facts` are its facts (two for "transaminases", none for a test that the facts do not hold)."""

    facts: tuple[str, ...]
    kind: str
    has_multiples: bool


@dataclass(frozen=True, slots=True)
class Scale:
    name: str
    fact: str
    alphabet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """An illness or state: its reading without a time window, and the date fact by which a window is decided."""

    reading: Reading
    date_fact: str | None


@dataclass(frozen=True, slots=True)
class Treatment:
    """A drug or class by its id, a combination's drugs, radiation, or any cancer treatment."""

    names: tuple[str, ...]
    kind: str  # "drug", "combination", "radiation", "some_radiation", "chemoradiation", "any"


@dataclass(frozen=True, slots=True)
class Marker:
    """A tumor marker: what it demands when positive and when negative."""

    positive: Reading
    negative: Reading


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign with its place in the item's text."""

    text: str
    start: int
    end: int
    number: float | None = None


_TOKEN = re.compile(
    r"(?P<power>\d+(?:[.,]\d+)?\s{0,3}(?:[x×✕]|\\?\*|•|·)\s{0,3}10\s{0,3}(?:\\?\^|\\?\*\\?\*?|"
    r"e)?\s{0,2}\(?[-+]?(?P<exponent>[369⁹³⁶])\)?(?![\d.]))"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.·]\d+)?(?:,\d{1,2}(?!\d))?)"
    r"|(?P<word>[^\W\d_]+(?:\d+[^\W_]*)?(?:['’][a-z]+)?)"
    r"|(?P<dots>\.\.\.|…)"
    r"|(?P<sign>[^\s\\])",
    re.IGNORECASE,
)
_SPELLINGS = (
    ("oesoph", "esoph"),
    ("haem", "hem"),
    ("tumour", "tumor"),
    ("leuc", "leuk"),
    ("anaem", "anem"),
    ("randomis", "randomiz"),
    ("diarrhoea", "diarrhea"),
    ("ischaem", "ischem"),
    ("localis", "localiz"),
    ("enrolment", "enrollment"),
    ("metastasise", "metastasize"),
    ("normalis", "normaliz"),
    ("paed", "ped"),
    ("oedema", "edema"),
    ("labour", "labor"),
    ("neutrophile", "neutrophil"),
    ("thromboembolus", "thromboembolism"),
    ("litre", "liter"),
    ("μ", "u"),
    ("µ", "u"),
)
_DASHES = frozenset("-–—‐‑−~")


@lru_cache(maxsize=65_536)
def _spelled(word: str) -> str:
    word = word.lower().replace("’", "'")
    for foreign, own in _SPELLINGS:
        if foreign in word:
            word = word.replace(foreign, own)
    return word


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text. A hyphen inside a word, a registry's backslash and a blank are none; a hyphen between numbers is."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        start, end = match.span()
        if kind == "word":
            word = _spelled(match[0])
            if word.endswith("'s") and len(word) > 2:
                found.append(Token(word[:-2], start, end - 2))
                found.append(Token("'s", end - 2, end))
            else:
                found.append(Token(word, start, end))
        elif kind == "number":
            found.append(Token(match[0], start, end, _number(match[0])))
        elif match["power"]:
            digits = re.match(r"\d+(?:[.,]\d+)?", match[0])
            exponent = {"3": 3, "6": 6, "9": 9, "³": 3, "⁶": 6, "⁹": 9}[match["exponent"]]
            if digits is not None:
                found.append(Token(match[0], start, end, float(digits[0].replace(",", ".")) * 10**exponent))
        else:
            sign = match[0]
            if sign in _DASHES:
                if _is_number_dash(text, start, end):
                    found.append(Token("-", start, end))
                continue
            found.append(Token(("³²".find(sign) >= 0 and {"³": "3", "²": "2"}[sign]) or ("u" if sign in "µμ" else sign), start, end))
    return found


def _is_number_dash(text: str, start: int, end: int) -> bool:
    before = text[:start].rstrip(" \\")[-1:]
    after = text[end:].lstrip()[:1]
    return (before.isdigit() and (after.isdigit() or after in "<≤")) or (
        text[start - 1 : start].isspace() and text[end : end + 1].isspace()
    )


def _number(written: str) -> float:
    if re.fullmatch(r"\d+(?:,\d{3})+(?:\.\d+)?", written):
        return float(written.replace(",", ""))
    return float(written.replace(",", ".").replace("·", "."))


_END = ""  # no token is empty


class Lexicon:
    """All phrases as a tree of tokens: from any place the longest phrase that begins there is found in as many steps as it has tokens."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, ...], Entry] = {}
        self._tree: dict[str, Any] = {}
        self.ecog_of_karnofsky: dict[int, str] = {}
        self.without_a_unit_up_to: dict[str, float] = {}

    def add(self, phrases: Iterable[str], role: str, value: Any, *, with_plurals: bool = True) -> None:
        for phrase in phrases:
            words = tuple(token.text for token in tokens_of(phrase))
            if not words:
                continue
            self._put(words, role, value)
            if with_plurals and words[-1].isalpha() and len(words[-1]) > 2:
                for plural in _plurals(words[-1]):
                    if (*words[:-1], plural) not in self._entries:
                        self._put((*words[:-1], plural), role, value)

    def _put(self, words: tuple[str, ...], role: str, value: Any) -> None:
        known = self._entries.get(words)
        if known is not None and {known.role, role} == {FILLER, OPENS}:
            role, value = PREPOSITION, None
        entry = self._entries[words] = Entry(role, value)
        branch = self._tree
        for word in words:
            branch = branch.setdefault(word, {})
        branch[_END] = entry

    def at(self, words: list[str], place: int) -> tuple[Entry, int] | None:
        """The entry of the longest phrase that begins at a place, and the place after it."""
        branch = self._tree.get(words[place])
        found = None
        count = len(words)
        while branch is not None:
            place += 1
            entry = branch.get(_END)
            if entry is not None:
                found = (entry, place)
            branch = branch.get(words[place]) if place < count else None
        return found

    def __len__(self) -> int:
        return len(self._entries)


def _plurals(word: str) -> Iterator[str]:
    if word.endswith("is"):
        yield word[:-2] + "es"
    elif word.endswith("y") and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    elif word.endswith(("s", "x", "ch")):
        yield word + "es"
    else:
        yield word + "s"


def load_lexicon(folder: Path, vocabulary: Vocabulary) -> Lexicon:
    """Load the word lists strictly, checked against the vocabulary, with the drug dictionary's names."""
    lexicon = Lexicon()
    _load_words(lexicon, folder / "words.yaml")
    _load_measures(lexicon, folder / "measures.yaml")
    _load_terms(lexicon, folder / "cancers.yaml", vocabulary)
    _load_conditions(lexicon, folder / "conditions.yaml", vocabulary)
    _load_treatments(lexicon, folder / "treatments.yaml", vocabulary)
    return lexicon


def _name(path: Path) -> str:
    return f"trials/reading/{path.name}"


def _load_words(lexicon: Lexicon, path: Path) -> None:
    keys = ("words", "spans_of_time", "numbers", "comparisons", "comparisons_after", "fillers", "narrowing")
    block = require_keys(read(path, _name(path)), keys, Place(_name(path), 1))
    lexicon.add(texts_at(block, "fillers"), FILLER, None)
    lexicon.add(texts_at(block, "narrowing"), NARROWING, None, with_plurals=False)
    for row in _rows(block, "words", ("role", "phrases")):
        role = text_at(row, "role")
        if role not in _ROLES:
            raise row.at("role").error(f"'{role}' is not a role.{nearest(role, _ROLES)}")
        lexicon.add(texts_at(row, "phrases"), _ROLES[role], None, with_plurals=role in ("subject", "active_group", "event", "side_effect"))
    for key, role, value in (("spans_of_time", SPAN, "days"), ("numbers", NUMBER, "value")):
        for row in _rows(block, key, (value, "phrases")):
            lexicon.add(texts_at(row, "phrases"), role, float(row[value]), with_plurals=role == SPAN)
    for key, role in (("comparisons", COMPARISON), ("comparisons_after", COMPARISON_AFTER)):
        for row in _rows(block, key, ("sign", "phrases")):
            lexicon.add(texts_at(row, "phrases"), role, text_at(row, "sign"), with_plurals=False)


def _load_measures(lexicon: Lexicon, path: Path) -> None:
    keys = (
        "measures",
        "scales",
        "units",
        "upper_limit",
        "lower_limit",
        "within_normal",
        "times",
        "ecog_of_karnofsky",
        "without_a_unit_up_to",
    )
    block = require_keys(read(path, _name(path)), keys, Place(_name(path), 1))
    for row in _rows(block, "measures", ("fact", "kind", "multiples", "phrases")):
        facts = () if row["fact"] is None else tuple(text_at(row, "fact").split(" and "))
        lexicon.add(texts_at(row, "phrases"), MEASURE, Measure(facts, text_at(row, "kind"), bool(row["multiples"])))
    for row in _rows(block, "scales", ("scale", "fact", "alphabet", "phrases")):
        scale = Scale(text_at(row, "scale"), text_at(row, "fact"), tuple(texts_at(row, "alphabet")))
        lexicon.add(texts_at(row, "phrases"), SCALE, scale, with_plurals=False)
    for row in _rows(block, "units", ("unit", "phrases")):
        lexicon.add(texts_at(row, "phrases"), UNIT, text_at(row, "unit"))
    for row in _rows(block, "ecog_of_karnofsky", ("karnofsky", "ecog")):
        lexicon.ecog_of_karnofsky[int(number_at(row, "karnofsky"))] = text_at(row, "ecog")
    for row in _rows(block, "without_a_unit_up_to", ("fact", "number")):
        lexicon.without_a_unit_up_to[text_at(row, "fact")] = number_at(row, "number")
    for key, role in (("upper_limit", UPPER), ("lower_limit", LOWER), ("within_normal", NORMAL), ("times", TIMES)):
        lexicon.add(texts_at(block, key), role, None, with_plurals=False)


def _load_terms(lexicon: Lexicon, path: Path, vocabulary: Vocabulary) -> None:
    block = require_keys(read(path, _name(path)), ("terms",), Place(_name(path), 1))
    for row in _rows(block, "terms", ("part", "means", "phrases")):
        part = text_at(row, "part")
        if part not in _PARTS:
            raise row.at("part").error(f"'{part}' is not a part of a cancer's name.{nearest(part, _PARTS)}")
        _check_means(row, vocabulary)
        for phrase in texts_at(row, "phrases"):
            lexicon.add([phrase], _PARTS[part], _means(row, phrase))


def _load_conditions(lexicon: Lexicon, path: Path, vocabulary: Vocabulary) -> None:
    block = require_keys(read(path, _name(path)), ("conditions",), Place(_name(path), 1))
    for row in _rows(block, "conditions", ("means", "window", "phrases")):
        date_fact = None if row["window"] is None else text_at(row, "window")
        if date_fact is not None and vocabulary.require(date_fact, row.at("window")).kind != "date":
            raise row.at("window").error(f"'{date_fact}' is not a date")
        if row["means"] is not None:
            _check_means(row, vocabulary)
        for phrase in texts_at(row, "phrases"):
            reading = _means(row, phrase) if row["means"] is not None else Literal(f"within({date_fact}, 36500)")
            lexicon.add([phrase], CONDITION, State(reading, date_fact))


def _load_treatments(lexicon: Lexicon, path: Path, vocabulary: Vocabulary) -> None:
    drugs = vocabulary.drugs
    # What does not treat the cancer is no treatment here: a blood thinner is read as a state, other medicines are not read.
    for drug in drugs.drugs.values():
        if not drug.systemic:
            continue
        lexicon.add((drug.title, *drug.brands, *drug.other_names), DRUG, Treatment((drug.id,), "drug"))
    for one in drugs.classes.values():
        members = drugs.members(one.id) or frozenset()
        if not any(drugs.drugs[member].systemic for member in members):
            continue
        lexicon.add((one.title, *one.other_names, one.id.replace("_", " ")), DRUG, Treatment((one.id,), "drug"))
    for combination in drugs.combinations.values():
        lexicon.add((combination.title, *combination.other_names), DRUG, Treatment(tuple(combination.drugs), "combination"))
    block = require_keys(read(path, _name(path)), ("treatments", "words", "settings", "markers", "statuses"), Place(_name(path), 1))
    for row in _rows(block, "treatments", ("kind", "names", "phrases")):
        names = tuple(texts_at(row, "names"))
        for name in names:
            if name not in drugs.classes and name not in drugs.drugs:
                raise row.at("names").error(f"'{name}' is not a drug or a drug class.{nearest(name, (*drugs.classes, *drugs.drugs))}")
        lexicon.add(texts_at(row, "phrases"), DRUG, Treatment(names, text_at(row, "kind")))
    for row in _rows(block, "words", ("role", "phrases")):
        role = text_at(row, "role")
        if role not in _ROLES:
            raise row.at("role").error(f"'{role}' is not a role.{nearest(role, _ROLES)}")
        lexicon.add(texts_at(row, "phrases"), _ROLES[role], None)
    for row in _rows(block, "settings", ("intent", "phrases")):
        lexicon.add(texts_at(row, "phrases"), SETTING, text_at(row, "intent"), with_plurals=False)
    for row in _rows(block, "markers", ("positive", "negative", "phrases")):
        for key in ("positive", "negative"):
            _check_means(row, vocabulary, key)
        for phrase in texts_at(row, "phrases"):
            lexicon.add([phrase], MARKER, Marker(_means(row, phrase, "positive"), _means(row, phrase, "negative")))
    for row in _rows(block, "statuses", ("positive", "phrases")):
        lexicon.add(texts_at(row, "phrases"), MARKED, bool(row["positive"]), with_plurals=False)


def _check_means(row: Block, vocabulary: Vocabulary, key: str = "means") -> None:
    """Hold a row's expression against the vocabulary, so that a mistake is told where it stands."""
    means = _means(row, "words", key)
    if means not in (EVERYBODY, NOBODY):  # the reader's own words
        parse_expression(as_expression(means), vocabulary, row.at(key))


def _means(row: Block, phrase: str, key: str = "means") -> Reading:
    text = text_at(row, key)
    try:
        return from_text(text, named_readings(phrase), phrase)
    except SyntaxError as error:
        raise row.at(key).error(f"'{text}' is not an expression: {error.msg}") from None


def _rows(block: Block, key: str, keys: tuple[str, ...]) -> Iterator[Block]:
    rows = rows_at(block, key)
    for row, place in zip(rows, rows.places, strict=True):
        if not isinstance(row, Block):
            raise WaylineError(f"{place}: a row of '{key}' must be a block")
        yield require_keys(row, keys, place)
