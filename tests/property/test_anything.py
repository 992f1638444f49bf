"""Whatever is written, the answer is a clear error or a reading; never a crash."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import TODAY, condition_of
from tests.property.strategies import CLUSTERS, clusters, expressions, literals
from wayline.facts.case import load_case, parse_case
from wayline.facts.truth import UNKNOWN
from wayline.library import library
from wayline.logic.evaluation import evaluate
from wayline.logic.wording import finding_in_words
from wayline.reading import WaylineError, parse

VOCABULARY = library().vocabulary

_WORDS = st.sampled_from(
    [
        *("labs.alt", "metastases.lung", "function.ecog", "liver.lesions", "therapy.history", "diagnosis.date", "person.country"),
        *(
            "wish.goals",
            "diameter_cm",
            "near",
            "segment",
            "date",
            "had",
            "within",
            "days_since",
            "times_uln",
            "any_lesion",
            "count_lesions",
        ),
        *("and", "or", "not", "in", "is", "if", "else", "lambda", "True", "None", "await", "yield", "for", "x", ":=", "**", "->", "..."),
        *("(", ")", "[", "]", "{", "}", ",", ":", ".", "+", "-", "*", "/", "//", "%", "~", "<", "<=", ">", ">=", "==", "!=", "=", "@"),
        *("0", "1", "2.5", "1e9", "1e999", "0x1f", "1_000", "3j", '"squamous"', '"platinum"', '"2026-11"', '"', "'", "f'", "b'", "\\", "#"),
        *("\n", "\t", " ", "\0", "\ufeff", "\u2028", "é", "½", "🎗", "\ud800", "9" * 30),
    ]
)


def _read_or_refused(text: str) -> None:
    try:
        condition_of(text)
    except WaylineError as error:
        assert str(error).startswith("rules.md, line 7: ")  # noqa: PT017  the message is what is tested


@given(st.text())
def test_any_text_is_an_expression_or_a_clear_error(text: str) -> None:
    """Reading arbitrary text raises nothing but WaylineError."""
    _read_or_refused(text)


@given(st.lists(_WORDS, max_size=25).map(" ".join) | st.lists(_WORDS, max_size=25).map("".join))
def test_any_words_of_the_language_are_an_expression_or_a_clear_error(text: str) -> None:
    """Nor do the language's own words in any order."""
    _read_or_refused(text)


@given(
    text=clusters.flatmap(lambda cluster: expressions(CLUSTERS[cluster], 2)),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    word=_WORDS | st.text(max_size=3),
)
def test_a_damaged_expression_is_an_expression_or_a_clear_error(text: str, cut: tuple[float, float], word: str) -> None:
    """Nor does a right expression with a piece of it replaced."""
    start, end = sorted(int(part * len(text)) for part in cut)
    _read_or_refused(text[:start] + word + text[end:])
    _read_or_refused(text[:start] + word + text[start:])
    _read_or_refused(text[:start])


@given(clusters.flatmap(lambda cluster: literals(CLUSTERS[cluster])))
def test_every_right_expression_is_read(text: str) -> None:
    """The random expressions of these tests are in the language."""
    condition_of(text)


# --- Case files ---

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["2026-11-01", "2026-10", "2025", "0999", "0001-01-01", "9999-12-31", "2026-02-30", "mg/dL", "umol/L", "U/L", "cm"]),
    st.sampled_from(
        ["positive", "none", "4a", "squamous", "cisplatin", "FOLFOX", "stent", "palliative", "progression", "bile_duct", "yes"]
    ),
)
_FORM_KEYS = st.sampled_from(
    ["value", "unit", "at_least", "at_most", "above", "below", "times_uln", "one_of", "items", "complete", "date", "source"]
)
_ITEM_KEYS = st.sampled_from(
    ["segment", "diameter_cm", "near", "date", "drugs", "procedure", "intent", "start", "end", "ended_because", "best_response"]
)


def _nested(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


_ANYTHING = _nested(_FORM_KEYS | _ITEM_KEYS | st.text(max_size=5))
_ITEMS = st.lists(st.dictionaries(_ITEM_KEYS, _ANYTHING, max_size=4), max_size=3)
_TOLD = st.one_of(
    _SCALARS,
    st.dictionaries(_FORM_KEYS, _SCALARS | _ANYTHING | _ITEMS, max_size=3),
    _ITEMS,
    _ANYTHING,
)
_FACT_IDS = st.sampled_from(sorted(VOCABULARY))
_LISTS = st.sampled_from(["liver.lesions", "therapy.history", "wish.goals"])


def _read_case_or_refused(text: str) -> None:
    """Read a case file; where it can be read, every fact can be found and said in words, and rules can be asked."""
    try:
        situation = parse_case(parse(text, "case.yaml"), VOCABULARY, "case.yaml")
    except WaylineError as error:
        assert str(error).startswith("case.yaml")  # noqa: PT017  the message is what is tested
        return
    for fact_id in VOCABULARY:
        assert finding_in_words(VOCABULARY[fact_id], situation.finding(fact_id))
    for date_fact in ("diagnosis.date", "therapy.last_dose"):
        evaluate(condition_of(f'{date_fact} < "2020-01-01" or days_since({date_fact}) > 3'), situation)


@given(_FACT_IDS, _TOLD)
def test_any_value_of_a_fact_is_read_or_refused(fact_id: str, told: Any) -> None:
    """One fact with anything as its value raises nothing but WaylineError."""
    _read_case_or_refused(json.dumps({"as_of": TODAY, "facts": {fact_id: told}}))


@given(_LISTS, _ITEMS | st.fixed_dictionaries({"items": _ITEMS}, optional={"complete": _SCALARS, "date": _SCALARS}))
def test_any_items_of_a_list_are_read_or_refused(fact_id: str, told: Any) -> None:
    """Nor do lesions and courses with anything in their fields."""
    _read_case_or_refused(json.dumps({"as_of": TODAY, "facts": {fact_id: told}}))


@given(_ANYTHING, st.dictionaries(_FACT_IDS | st.text(), _TOLD, max_size=4) | _ANYTHING)
def test_any_case_is_read_or_refused(as_of: Any, facts: Any) -> None:
    """Nor does a whole case of arbitrary nested data."""
    _read_case_or_refused(json.dumps({"as_of": as_of, "facts": facts}))
    _read_case_or_refused(json.dumps({"as_of": TODAY, "facts": facts}))
    _read_case_or_refused(json.dumps(facts))
    _read_case_or_refused(json.dumps({"as_of": TODAY, "facts": facts}, ensure_ascii=False))


@given(st.text() | st.text(alphabet='{}[]:,-?!&*#|>"%@`\n\t abc019.~\ud800').map(lambda text: f"as_of: {TODAY}\nfacts: {text}"))
def test_any_text_is_a_case_or_a_clear_error(text: str) -> None:
    """Nor does arbitrary text as a case file."""
    _read_case_or_refused(text)


# Smallest examples of data that once led to a crash or to nonsense.
CRASHES: dict[str, dict[str, Any]] = {
    "a place in the liver that is a list": {"liver.lesions": [{"near": [["bile_duct"]]}]},
    "a place in the liver that is a block": {"liver.lesions": [{"near": [{"bile_duct": True}]}]},
    "a procedure that is a list": {"therapy.history": [{"procedure": ["stent"]}]},
    "a procedure that is a block": {"therapy.history": [{"procedure": {"stent": 1}}]},
    "drugs that are a number": {"therapy.history": [{"drugs": 5}]},
    "drugs that are true": {"therapy.history": [{"drugs": True}]},
    "a year before the year 1000": {"diagnosis.date": "0999"},
    "a month before the year 1000": {"diagnosis.date": "0999-05"},
    "a course that ends before the year 1000": {"therapy.history": [{"drugs": ["FLOT"], "start": "2020", "end": "0999"}]},
    "a wrong drug among the drugs": {"therapy.history": [{"drugs": [["FLOT"]]}]},
}


@pytest.mark.parametrize("facts", CRASHES.values(), ids=CRASHES)
def test_examples_of_odd_data_are_read_or_refused(facts: dict[str, Any]) -> None:
    """Each example is read or refused with a clear error."""
    _read_case_or_refused(json.dumps({"as_of": TODAY, "facts": facts}))


@pytest.mark.parametrize("drugs", [{"cisplatin": 1}, 0, False, ""])
def test_drugs_that_are_no_list_are_refused(drugs: object) -> None:
    """A block, a number or an empty text in place of the list of drugs is not taken for one, even beside a procedure."""
    facts = {"therapy.history": [{"drugs": drugs, "procedure": "stent"}]}
    with pytest.raises(WaylineError, match="drugs"):
        parse_case(parse(json.dumps({"as_of": TODAY, "facts": facts}), "case.yaml"), VOCABULARY, "case.yaml")


@pytest.mark.parametrize("told", ["", "  ", {"value": ""}, {"value": " \t "}])
def test_an_empty_text_is_no_answer(told: object) -> None:
    """A text without a letter is refused or counts as not known; it is not a country other than the US."""
    try:
        situation = parse_case(parse(json.dumps({"as_of": TODAY, "facts": {"person.country": told}}), "case.yaml"), VOCABULARY, "case.yaml")
    except WaylineError:
        return
    assert condition_of('person.country != "US"').truth(situation) is UNKNOWN


def test_letters_beyond_the_basic_plane_are_read_from_json() -> None:
    r"""JSON may write them as a pair of escapes (`\ud83c\udf97`); programs that write plain ASCII do."""
    read = parse(json.dumps({"source": "clinic 🎗"}), "case.json")
    assert read == {"source": "clinic 🎗"}


@pytest.mark.parametrize("text", ["\ud800", "as_of: \ud800", '{"as_of": "\ud800"}', "a: \udcff"])
def test_half_a_letter_is_a_clear_error(text: str) -> None:
    """Text that no encoding can hold (half a surrogate pair, as from bad bytes on standard input) is refused, not a crash."""
    with pytest.raises(WaylineError):
        parse_case(parse(text, "case.yaml"), VOCABULARY, "case.yaml")


def test_bytes_on_standard_input_that_are_no_text_are_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is held to the same rule as a file: UTF-8 or refused."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"as_of: \xff\xfe"), encoding="utf-8"))
    with pytest.raises(WaylineError):
        load_case("-", VOCABULARY)
