"""Whatever a trial says, and whatever a person tells next, the reading stands: no crash, no overturned answer, no words unaccounted for."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import example, given, note, settings
from hypothesis import strategies as st

from tests.helpers import condition_of
from tests.property.strategies import VOCABULARY, one_fact_better_known, situations, with_inputs
from tests.trials.test_reading import TABLES, only_item
from wayline.library import library
from wayline.trials.criteria import Criterion
from wayline.trials.expressions import unread_words
from wayline.trials.matching import MET, NOT_MET, check_item
from wayline.trials.splitting import HEADING

RULES = [(kind, text) for table in TABLES.values() for kind, text, _ in table]
# Every sixth rule of the tables, and a few long ones that rest on many facts.
SOME = [
    *RULES[::6],
    ("+", "ECOG 0-1 and AST and ALT ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases), unless on anticoagulants"),
    ("-", "Chemotherapy, immunotherapy or radiotherapy within 28 days, or major surgery within 4 weeks before first dose"),
    ("-", "Known HIV, active hepatitis B or C, interstitial lung disease or autoimmune disease, except vitiligo"),
    ("+", "No more than 2 prior lines of therapy including a platinum and a fluoropyrimidine, with progression on the last"),
]
# With unknown words added: an exception to an exception may mean anything.
PLAIN_RULES = [(kind, text) for kind, text in RULES if "except " not in text]


@cache
def _facts_of(expression: str) -> tuple[str, ...]:
    """The facts that an expression reads, with all that they follow from."""
    facts = condition_of(expression).fact_ids
    return tuple(sorted(frozenset().union(*(with_inputs(fact) for fact in facts if fact in VOCABULARY))))


@pytest.mark.parametrize(("kind", "text"), SOME, ids=[f"{kind} {text[:60]}" for kind, text in SOME])
@settings(max_examples=max(20, settings.default.max_examples // 10))
@given(data=st.data())
def test_one_fact_better_known_overturns_no_criterion(kind: str, text: str, data: st.DataObject) -> None:
    """Filling in or narrowing one fact never turns met into not met or back."""
    item = only_item(kind, text)
    if item.expression is None:
        assert item.left_over == (text,)
        return
    read = _facts_of(item.expression)
    before = data.draw(situations(read))
    changed, after = data.draw(one_fact_better_known(before, read))
    note(f"{item.expression}\n{dict(before.told)}\nnow {changed}: {after.told[changed]}")
    assert {check_item(item, before).truth, check_item(item, after).truth} != {MET, NOT_MET}


def _is_accounted_for(text: str, item: Criterion) -> None:
    """The span holds the item, the expression is one, and each `unread(n)` points to words that were left over."""
    assert item.span is not None
    start, end = item.span
    assert 0 <= start < end <= len(text)
    if item.kind == HEADING:
        assert (item.demand, item.left_over) == (None, ())
        return
    if item.demand is None:
        assert item.expression is None
        assert item.left_over == (item.text,)
        return
    assert item.expression is not None
    assert item.left_over == unread_words(item.demand)
    outside_texts = re.sub(r'"[^"]*"', "", item.expression)
    numbers = {int(number) for number in re.findall(r"unread\((\d+)\)", outside_texts)}
    assert numbers == set(range(len(item.left_over)))
    condition_of(item.expression)


def _read(text: str) -> None:
    for item in library().criteria_reader.read_text(text):
        _is_accounted_for(text, item)


@pytest.mark.parametrize(("kind", "text"), RULES, ids=[f"{kind} {text[:60]}" for kind, text in RULES])
def test_every_rule_of_the_tables_is_accounted_for(kind: str, text: str) -> None:
    """Their expressions are read by the language itself."""
    _read(f"{'Inclusion' if kind == '+' else 'Exclusion'} Criteria:\n\n* {text}")


@cache
def _phrases() -> list[str]:
    """Phrases that the word lists know, joints, limits and odd signs."""
    reader = library().criteria_reader
    known = sorted({" ".join(words) for words in reader._sentences.lexicon._entries})
    odd = [
        "≥ 1.5 x 10^9/L",
        "≤ 2.5 x ULN",
        "within 28 days",
        "18 to 75",
        "(",
        ")",
        ",",
        ";",
        ". ",
        ":",
        "\n* ",
        "\n  * ",
        "\n\n",
        "/",
        "|",
        "\\",
        "%",
    ]
    return known + odd * (len(known) // len(odd) // 2)


@st.composite
def _joined(draw: st.DrawFn) -> str:
    """Phrases of the lists in any order, up to 3000 characters."""
    phrases = draw(st.lists(st.sampled_from(_phrases()), max_size=draw(st.sampled_from((5, 20, 150)))))
    heading = draw(st.sampled_from(("", "Inclusion Criteria:\n\n* ", "Exclusion Criteria:\n\n* ")))
    return (heading + " ".join(phrases))[:3000]


@settings(max_examples=2 * settings.default.max_examples)
@given(_joined())
def test_any_words_of_the_lists_are_read_or_left_over(text: str) -> None:
    """Words that make no sense together raise nothing, and every reading of them is an expression."""
    _read(text)


@given(st.text(max_size=600))
@example("\ud800")
@example("* " * 300)
@example("(" * 300)
@example("1. " * 200)
@example("≤" * 3000)
def test_any_text_is_read_or_left_over(text: str) -> None:
    """Nor does any other text."""
    _read(text)


@settings(max_examples=max(20, settings.default.max_examples // 3))
@given(
    st.sampled_from(PLAIN_RULES),
    st.sampled_from(("unless glorped", "with an elevated glorp", "except glorps", "or glorps", "and a glorp")),
    st.data(),
)
def test_words_that_nobody_knows_never_turn_an_answer_round(rule: tuple[str, str], more: str, data: st.DataObject) -> None:
    """A rule with unknown words added may become open; it never says the opposite."""
    kind, text = rule
    plain, longer = only_item(kind, text), only_item(kind, f"{text.rstrip('.')} {more}")
    if plain.expression is None or longer.expression is None:
        return
    read = tuple(sorted({*_facts_of(plain.expression), *_facts_of(longer.expression)}))
    person = data.draw(situations(read))
    note(f"{plain.expression}\n{longer.expression}\n{dict(person.told)}")
    assert {check_item(plain, person).truth, check_item(longer, person).truth} != {MET, NOT_MET}
