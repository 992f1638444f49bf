"""Evaluating a condition with its reasons: what decided it, what is missing, and whether it may change."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, NOT, UNKNOWN, YES, Truth
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.nodes import And, Compared, Condition, Had, Not, TimesUpperLimit
from wayline.logic.wording import choices_in_words, literal_in_words


@dataclass(frozen=True)
class Reason:
    """One sentence in everyday words, and the fact that it rests on."""

    text: str
    fact: str
    may_change: bool


@dataclass(frozen=True)
class Missing:
    """A fact that would have to be known, and what is wrong with it now."""

    fact: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """The answer to one condition.

    `because` holds the literals that decided a YES or NO; `missing` the facts that keep an UNKNOWN open. `may_change` says whether time or
    treatment could change the answer: a lab can recover, a cell type cannot.
    """

    truth: Truth
    because: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    may_change: bool


def evaluate(condition: Condition, situation: Situation) -> Verdict:
    """The condition's truth for this person, with its reasons."""
    truth = situation.answer(condition)
    told: dict[tuple[str, str], _Told] = {}
    missing: dict[str, Missing] = {}
    may_change = _explain(condition, situation, truth, False, told, missing)
    reasons = tuple(Reason(one.sentence(situation.vocabulary), one.fact, one.may_change) for one in told.values())
    return Verdict(truth, reasons, tuple(missing.values()), may_change)


@dataclass
class _Told:
    """What is known of one fact, with everything that was asked of it: several ways in make one sentence."""

    fact: str
    known: str
    asked: list[str]
    allowed: set[str]
    may_change: bool

    def sentence(self, vocabulary: Vocabulary) -> str:
        asked = [*self.asked, *([choices_in_words(vocabulary[self.fact], self.allowed)] if self.allowed else [])]
        return f"{self.known} Asked for: {', or '.join(asked)}." if asked else self.known


def _explain(
    condition: Condition,
    situation: Situation,
    truth: Truth,
    negated: bool,
    told: dict[tuple[str, str], _Told],
    missing: dict[str, Missing],
) -> bool:
    """Collect what decided `condition` (or left it open); returns whether the answer may change.

    In an AND that is NO, every NO part stands in the way: it changes only if all of them may. In an OR that is NO, one way through is
    enough. For YES the two are mirrored, as De Morgan's laws ask.
    """
    if isinstance(condition, Not):
        return _explain(condition.condition, situation, NOT[truth], not negated, told, missing)
    if not condition.parts:
        return _explain_literal(condition, situation, truth, negated, told, missing)
    deciding = [part for part in condition.parts if situation.answer(part) is truth]
    if isinstance(condition, And) or truth is not NO:
        answers = [_explain(part, situation, truth, negated, told, missing) for part in deciding]
        return all(answers) if truth is (NO if isinstance(condition, And) else YES) else any(answers)
    # Several ways in, all closed: those that may open are the ones to speak of.
    ways = [_way(part, situation, negated) for part in deciding]
    may_open = [way for way in ways if way.may_change]
    for way in may_open or ways:
        told.update({key: entry for key, entry in way.told.items() if key not in told})
        for key, entry in way.told.items():
            told[key].asked += [asked for asked in entry.asked if asked not in told[key].asked]
            told[key].allowed |= entry.allowed
    return bool(may_open)


@dataclass
class _Way:
    """One way through an OR: what stands in it, and whether that may change."""

    told: dict[tuple[str, str], _Told]
    may_change: bool


def _way(part: Condition, situation: Situation, negated: bool) -> _Way:
    told: dict[tuple[str, str], _Told] = {}
    return _Way(told, _explain(part, situation, NO, negated, told, {}))


def still_missing(condition: Condition, situation: Situation) -> tuple[Missing, ...]:
    """What is not known in a condition that is already NO for another reason: it would matter if that reason went away."""
    found: dict[str, Missing] = {}
    for part in condition.parts if isinstance(condition, And) else (condition,):
        if situation.answer(part) is UNKNOWN:
            _explain(part, situation, UNKNOWN, False, {}, found)
    return tuple(found.values())


def _explain_literal(
    literal: Condition,
    situation: Situation,
    truth: Truth,
    negated: bool,
    told: dict[tuple[str, str], _Told],
    missing: dict[str, Missing],
) -> bool:
    if truth is UNKNOWN:
        for fact_id, why in _what_is_missing(literal, situation):
            missing.setdefault(fact_id, Missing(fact_id, why))
        return True
    may_change = _may_change(literal, situation, truth)
    fact_id = literal.fact_ids[0]
    words = literal_in_words(literal, situation, truth, negated)
    entry = told.setdefault((fact_id, words.known), _Told(fact_id, words.known, [], set(), may_change))
    if words.asked and words.asked not in entry.asked:
        entry.asked.append(words.asked)
    entry.allowed |= words.allowed
    return may_change


def _may_change(literal: Condition, situation: Situation, truth: Truth) -> bool:
    if isinstance(literal, Had):
        # What was given stays given, what was not may still be, and the calendar moves a window.
        return truth is NO or literal.within_days is not None
    return any(situation.vocabulary[fact_id].may_change for fact_id in literal.fact_ids)


def _what_is_missing(literal: Condition, situation: Situation) -> list[tuple[str, str]]:
    """The facts to ask for, told facts rather than derived ones where only those can be asked."""
    asked: list[str] = []
    if isinstance(literal, Had):
        asked += [fact_id for fact_id in literal.fact_ids if fact_id == "therapy.history" or literal.rests_on_today(situation)]
    elif isinstance(literal, Compared):
        for term in (literal.left, literal.right):
            asked += (
                _ask_for(term.fact_ids, situation) if not isinstance(term, TimesUpperLimit) else situation.needed_for_times_uln(term.lab_id)
            )
    else:
        asked += _ask_for(literal.fact_ids, situation)
    return [(fact_id, situation.finding(fact_id).why or "not known") for fact_id in dict.fromkeys(asked)]


def _ask_for(fact_ids: tuple[str, ...], situation: Situation) -> list[str]:
    needs: list[str] = []
    for fact_id in fact_ids:
        needs += situation.finding(fact_id).needs
    # A list of which one item's field is missing is itself known: it has to be told more fully.
    return needs or list(fact_ids)
