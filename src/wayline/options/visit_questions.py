"""Questions for a visit, as data in `content/questions/visit/`: one file a decision, chosen by what is told and by what is not.

The criteria language says YES only of what is known. So a question names the fact that it is `about`, and whether it is asked while that
fact is `not_known`, once it is `known`, or in `any` case. No question is advice, and the order says nothing about worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

from wayline.facts.findings import CONFLICT, STALE
from wayline.facts.situation import Situation
from wayline.facts.truth import UNKNOWN, YES, Truth
from wayline.facts.vocabulary import Vocabulary
from wayline.guide.references import References, review_dates_at, word_at
from wayline.logic.evaluation import evaluate
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.logic.wording import finding_in_words
from wayline.options.catalog import Catalog
from wayline.options.matching import matches_for
from wayline.reading import Block, Place, WaylineError, nearest, read, require_keys, rows_at, text_at, texts_at

LONGEST_QUESTION_WORDS = 20
# What a person keeps: their own words too, so the limits are those of a page that can be printed and talked through.
MOST_KEPT = 30
LONGEST_KEPT_CHARACTERS = 300
PRINTED_FIRST = 5

NOT_KNOWN, KNOWN, ANY = "not_known", "known", "any"
# `now`: only while the decision is open. `always`: at any visit. `gently`: offered last, and never among the first.
NOW, ALWAYS, GENTLY = "now", "always", "gently"
_OPEN, _MAY_BE_OPEN, _ANY_VISIT, _LAST = range(4)
_OPENING_TURNS = {_OPEN: 2, _MAY_BE_OPEN: 1, _ANY_VISIT: 1}
_OF_THE_PERSON = ("person.", "wish.")
_FILE_KEYS = (
    "decision", "title", "order", "offer", "opens", "because", "maybe", "questions", "reviewed", "next_review", "may_sign", "signed",
)  # fmt: skip
_QUESTION_KEYS = ("id", "words", "ask", "why", "about", "if", "when", "unless", "cites")


@dataclass(frozen=True)
class VisitQuestion:
    """One question as a person would say it. `ask` are specialties. It is asked where `when` is YES and `unless` is not."""

    id: str
    words: str
    ask: tuple[str, ...]
    why: str
    about: str | None
    asked_if: str
    when: Condition | None
    unless: Condition | None
    cites: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class VisitDecision:
    """A decision with its questions. `opens` says when it is open; `because` and `maybe` are the words for open and for not known."""

    id: str
    title: str
    order: int
    offer: str
    opens: Condition | None
    because: str
    maybe: str | None
    questions: tuple[VisitQuestion, ...]
    reviewed: date
    next_review: date
    may_sign: tuple[str, ...]
    signed: str
    place: Place


@dataclass(frozen=True)
class ChosenQuestion:
    """A question that the situation chose, with the reasons, most general first. `settles` counts what the answer alone could settle."""

    question: VisitQuestion
    decision: VisitDecision
    because: tuple[str, ...]
    settles: int

    @property
    def is_gentle(self) -> bool:
        return self.decision.offer == GENTLY


@dataclass(frozen=True)
class KeptQuestion:
    """A question that a person keeps, in their own words. `id` says where it came from; None where they wrote it themselves.

    `key` tells it from the others of the same person, also when two have the same words.
    """

    key: int
    id: str | None
    words: str

    def with_words(self, words: str) -> KeptQuestion:
        return replace(self, words=words)

    def stored(self) -> dict[str, Any]:
        return {"key": self.key, "id": self.id, "words": self.words}


class VisitQuestions(Mapping[str, VisitDecision]):
    """All decisions by id, in their order."""

    def __init__(self, decisions: Iterable[VisitDecision]) -> None:
        self._decisions = {one.id: one for one in sorted(decisions, key=lambda one: one.order)}

    def __getitem__(self, decision_id: str) -> VisitDecision:
        return self._decisions[decision_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decisions)

    def __len__(self) -> int:
        return len(self._decisions)

    @cached_property
    def by_id(self) -> Mapping[str, VisitQuestion]:
        return {question.id: question for decision in self.values() for question in decision.questions}

    def about(self, fact_id: str) -> VisitQuestion | None:
        """The question that asks for a fact that is not known; None where none does."""
        return next((one for one in self.by_id.values() if one.about == fact_id and one.asked_if == NOT_KNOWN), None)


class Content(Protocol):
    """The part of the library that is needed here."""

    @property
    def catalog(self) -> Catalog: ...

    @property
    def visit_questions(self) -> VisitQuestions: ...


def chosen_for(situation: Situation, questions: VisitQuestions, settles: Mapping[str, int] | None = None) -> tuple[ChosenQuestion, ...]:
    """The questions that fit a situation, in the order in which they are offered.

    First two of each decision that is open now, then one of each that may be open, then one of each that fits any visit; then the rest in
    the same order; last what is offered gently. Of somebody who told nothing of their illness, what fits any visit stands first: what
    may be open would be guessed. Decisions take turns. Within a decision, those whose answer could settle the most come first
    (`settles`: options and trials by fact), the others in the order of the file.
    """
    settles = settles or {}
    tiers: dict[int, list[list[ChosenQuestion]]] = {}
    for decision in questions.values():
        truth = YES if decision.opens is None else situation.answer(decision.opens)
        tier = _tier(decision, truth)
        if tier is None:
            continue
        chosen = [found for one in decision.questions if (found := _chosen(one, decision, situation, truth, settles)) is not None]
        tiers.setdefault(tier, []).append(sorted(chosen, key=lambda one: -one.settles))
    if not any(told is not None and not fact_id.startswith(_OF_THE_PERSON) for fact_id, told in situation.told.items()):
        guessed = tiers.pop(_MAY_BE_OPEN, [])
        return (*_in_turns(tiers.get(_ANY_VISIT, ()), 0, None), *_in_turns(guessed, 0, None), *_in_turns(tiers.get(_LAST, ()), 0, None))
    opening = [one for tier, turns in _OPENING_TURNS.items() for one in _in_turns(tiers.get(tier, ()), 0, turns)]
    rest = [one for tier in sorted(tiers) for one in _in_turns(tiers[tier], _OPENING_TURNS.get(tier, 0), None)]
    return (*opening, *rest)


def _in_turns(listed: Iterable[list[ChosenQuestion]], first: int, end: int | None) -> Iterator[ChosenQuestion]:
    """One question of every decision in turn, from the turn `first` on and before the turn `end`."""
    for turn in zip_longest(*(one[first:end] for one in listed)):
        yield from (one for one in turn if one is not None)


def questions_for_sheet(stored: Mapping[str, Any], situation: Situation, content: Content) -> list[str]:
    """The person's own questions in their order; without any, the first five that the situation suggests, marked as suggested.

    `stored` is what the vault holds under `questions`. At most the first five are meant to be printed first.
    """
    kept = kept_questions(stored)
    if kept:
        return [one.words for one in kept]
    suggested = suggested_first(situation, content)
    return [f"{one.question.words} (suggested)" for one in suggested[:PRINTED_FIRST]]


def suggested_first(situation: Situation, content: Content) -> list[ChosenQuestion]:
    """What the situation suggests, without what is offered gently: that is never put before anybody unasked."""
    counts = {one.fact: one.settles for one in matches_for(situation, content.catalog).ask_first}
    return [one for one in chosen_for(situation, content.visit_questions, counts) if not one.is_gentle]


def kept_questions(stored: Mapping[str, Any]) -> list[KeptQuestion]:
    """What the vault holds of kept questions; what does not have their form is left out."""
    kept: list[KeptQuestion] = []
    rows = stored.get("kept")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and isinstance(row.get("words"), str) and row["words"].strip():
            key, taken = row.get("key"), {one.key for one in kept}
            if not isinstance(key, int) or key in taken:
                key = max(taken, default=0) + 1
            kept.append(KeptQuestion(key, row["id"] if isinstance(row.get("id"), str) else None, row["words"].strip()))
    return kept


def stored_questions(kept: Iterable[KeptQuestion]) -> dict[str, Any]:
    """Kept questions as the vault holds them; empty where there are none."""
    rows = [one.stored() for one in kept]
    return {"kept": rows} if rows else {}


def _tier(decision: VisitDecision, truth: Truth) -> int | None:
    """Where a decision's questions stand; None where they are not offered."""
    if truth is YES:
        return {NOW: _OPEN, ALWAYS: _ANY_VISIT, GENTLY: _LAST}[decision.offer]
    return _MAY_BE_OPEN if truth is UNKNOWN and decision.maybe is not None else None


def _chosen(
    question: VisitQuestion, decision: VisitDecision, situation: Situation, truth: Truth, settles: Mapping[str, int]
) -> ChosenQuestion | None:
    because = [decision.because if truth is YES else decision.maybe or decision.because]
    if question.unless is not None and situation.answer(question.unless) is YES:
        return None
    if question.when is not None:
        verdict = evaluate(question.when, situation)
        if verdict.truth is not YES:
            return None
        because += [reason.text for reason in verdict.because]
    count = 0
    if question.about is not None and question.asked_if != ANY:
        definition, finding = situation.vocabulary[question.about], situation.finding(question.about)
        if (finding.value is None) != (question.asked_if == NOT_KNOWN):
            return None
        if question.asked_if == KNOWN:
            because.append(f"{definition.label}: {finding_in_words(definition, finding)}.")
        else:
            missing = {STALE: "Needs a newer result", CONFLICT: "Told in two ways that differ"}.get(finding.state, "Not known yet")
            because.append(f"{missing}: {definition.label}.")
            count = settles.get(question.about, 0)
            if count:
                because.append(f"The answer alone could settle {count} of the choices that are still open.")
    return ChosenQuestion(question, decision, tuple(dict.fromkeys(because)), count)


def load_visit_questions(folder: Path, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Any]) -> VisitQuestions:
    """Load `content/questions/visit/`; every mistake is an error with file and line."""
    decisions: list[VisitDecision] = []
    ids: dict[str, Place] = {}
    for path in sorted(folder.glob("*.yaml")):
        decision = _decision(path, vocabulary, references, specialties)
        for other in decisions:
            if other.order == decision.order:
                raise decision.place.error(f"the order {decision.order} is that of {other.place.file} too")
        for question in decision.questions:
            if question.id in ids:
                raise question.place.error(f"the question '{question.id}' stands twice (first in {ids[question.id].file})")
            ids[question.id] = question.place
        decisions.append(decision)
    if not decisions:
        raise WaylineError(f"{folder}: no questions were found")
    return VisitQuestions(decisions)


def _decision(path: Path, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Any]) -> VisitDecision:
    name = f"questions/visit/{path.name}"
    block = require_keys(read(path, name), _FILE_KEYS, Place(name, 1))
    decision_id = text_at(block, "decision")
    if decision_id != path.stem:
        raise block.at("decision").error(f"the decision '{decision_id}' must be the file's name, '{path.stem}'")
    offer = word_at(block, "offer", (NOW, ALWAYS, GENTLY))
    opens = _condition(block, "opens", vocabulary)
    if (opens is None) != (offer == ALWAYS):
        raise block.at("opens").error("'opens' is an expression, and null only where the offer is 'always'")
    order = block["order"]
    if isinstance(order, bool) or not isinstance(order, int):
        raise block.at("order").error("'order' must be a whole number")
    rows = rows_at(block, "questions")
    if not rows:
        raise block.at("questions").error("a decision needs at least one question")
    questions = tuple(_question(row, place, vocabulary, references, specialties) for row, place in zip(rows, rows.places, strict=True))
    reviewed, next_review = review_dates_at(block)
    return VisitDecision(
        id=decision_id,
        title=text_at(block, "title"),
        order=order,
        offer=offer,
        opens=opens,
        because=text_at(block, "because"),
        maybe=None if block["maybe"] is None else text_at(block, "maybe"),
        questions=questions,
        reviewed=reviewed,
        next_review=next_review,
        may_sign=_specialties(block, "may_sign", specialties),
        signed=text_at(block, "signed"),
        place=Place(name, 1),
    )


def _question(row: Any, place: Place, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Any]) -> VisitQuestion:
    block = require_keys(row, _QUESTION_KEYS, place)
    words = text_at(block, "words")
    if len(words.split()) > LONGEST_QUESTION_WORDS:
        raise block.at("words").error(f"a question has at most {LONGEST_QUESTION_WORDS} words; this one has {len(words.split())}")
    if not words.endswith("?"):
        raise block.at("words").error("a question ends with a question mark")
    about = None if block["about"] is None else vocabulary.require(text_at(block, "about"), block.at("about")).id
    asked_if = word_at(block, "if", (NOT_KNOWN, KNOWN, ANY))
    if about is None and asked_if != ANY:
        raise block.at("if").error("a question about no fact is asked in any case: write 'any'")
    ask = _specialties(block, "ask", specialties)
    cites = references.require(texts_at(block, "cites"), block.at("cites"))
    for key, listed in (("ask", ask), ("cites", cites)):
        if not listed:
            raise block.at(key).error(f"'{key}' needs at least one")
    return VisitQuestion(
        id=text_at(block, "id"),
        words=words,
        ask=ask,
        why=text_at(block, "why"),
        about=about,
        asked_if=asked_if,
        when=_condition(block, "when", vocabulary),
        unless=_condition(block, "unless", vocabulary),
        cites=cites,
        place=place,
    )


def _condition(block: Block, key: str, vocabulary: Vocabulary) -> Condition | None:
    return None if block[key] is None else parse_expression(text_at(block, key), vocabulary, block.at(key))


def _specialties(block: Block, key: str, specialties: Mapping[str, Any]) -> tuple[str, ...]:
    found = tuple(texts_at(block, key))
    for specialty in found:
        if specialty not in specialties:
            raise block.at(key).error(f"'{specialty}' is not a specialty.{nearest(specialty, specialties)}")
    return found
