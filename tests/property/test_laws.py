"""Laws of the three values, for random expressions and random people."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import condition_of
from tests.property.strategies import (
    CLUSTERS,
    clusters,
    expressions,
    expressions_and_situations,
    situations,
)
from wayline.facts.situation import Situation
from wayline.facts.truth import NOT, UNKNOWN
from wayline.library import library
from wayline.logic.evaluation import evaluate
from wayline.options.matching import matches_for

VOCABULARY = library().vocabulary


@st.composite
def two_expressions(draw: Any) -> tuple[str, str, Situation]:
    """Two expressions about the same facts, and a person."""
    fact_ids = CLUSTERS[draw(clusters)]
    return draw(expressions(fact_ids, 2)), draw(expressions(fact_ids, 2)), draw(situations(fact_ids))


@st.composite
def parts_in_two_orders(draw: Any) -> tuple[list[str], list[str], Situation]:
    """Up to five expressions, the same in another order, and a person."""
    fact_ids = CLUSTERS[draw(clusters)]
    parts = draw(st.lists(expressions(fact_ids, 1), min_size=2, max_size=5))
    return parts, draw(st.permutations(parts)), draw(situations(fact_ids))


@given(two_expressions())
def test_de_morgan(drawn: tuple[str, str, Situation]) -> None:
    """Not (a and b) is not a or not b; not (a or b) is not a and not b."""
    a, b, situation = drawn
    for joined, opposite in (("and", "or"), ("or", "and")):
        left = condition_of(f"not (({a}) {joined} ({b}))").truth(situation)
        right = condition_of(f"not ({a}) {opposite} not ({b})").truth(situation)
        assert left is right


@given(expressions_and_situations())
def test_double_negation(drawn: tuple[str, Situation]) -> None:
    """Not not a is a, and not a is the opposite of a."""
    text, situation = drawn
    truth = condition_of(text).truth(situation)
    assert condition_of(f"not not ({text})").truth(situation) is truth
    assert condition_of(f"not ({text})").truth(situation) is NOT[truth]


@given(parts_in_two_orders())
def test_the_order_of_parts_does_not_matter(drawn: tuple[list[str], list[str], Situation]) -> None:
    """An `and` or `or` of the same parts in another order has the same truth and misses the same facts."""
    parts, shuffled, situation = drawn
    for word in (" and ", " or "):
        one, other = (evaluate(condition_of(word.join(f"({part})" for part in order)), situation) for order in (parts, shuffled))
        assert one.truth is other.truth
        assert one.may_change is other.may_change
        assert {missing.fact for missing in one.missing} == {missing.fact for missing in other.missing}
        assert {(reason.fact) for reason in one.because} == {(reason.fact) for reason in other.because}


@given(expressions_and_situations())
def test_an_evaluation_says_what_its_truth_needs(drawn: tuple[str, Situation]) -> None:
    """The verdict's truth is the condition's; UNKNOWN names missing facts, a decided answer gives reasons, and neither does both."""
    text, situation = drawn
    condition = condition_of(text)
    verdict = evaluate(condition, situation)
    assert verdict.truth is condition.truth(situation)
    if verdict.truth is UNKNOWN:
        assert verdict.missing
        assert not verdict.because
        assert verdict.may_change
    else:
        assert verdict.because
        assert not verdict.missing
    for missing in verdict.missing:
        assert missing.fact in VOCABULARY
        assert missing.why
    for reason in verdict.because:
        assert reason.fact in condition.fact_ids
        assert reason.text[-1] in ".!?"


@given(expressions_and_situations())
def test_an_expression_answers_the_same_every_time(drawn: tuple[str, Situation]) -> None:
    """Reading an expression again, and asking a fresh copy of the situation, changes nothing."""
    text, situation = drawn
    again = Situation(situation.vocabulary, situation.as_of, dict(situation.told))
    assert condition_of(text).truth(situation) is condition_of(text).truth(again)
    assert condition_of(text) == condition_of(text)
    assert set(condition_of(text).fact_ids) <= set(VOCABULARY)


@settings(max_examples=settings.default.max_examples // 6)
@given(clusters.flatmap(lambda cluster: situations(CLUSTERS[cluster])))
def test_every_person_can_be_matched_with_every_option(situation: Situation) -> None:
    """Matching never fails, and each match has the verdict of its option."""
    matches = matches_for(situation, library().catalog)
    for match in matches.matches:
        assert match.verdict == match.option.verdict(situation)
    assert len({one.fact for one in matches.ask_first}) == len(matches.ask_first)
