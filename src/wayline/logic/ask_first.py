"""What to ask first: which missing facts could decide the most, counted by trying their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from wayline.facts.courses import Course, Listing
from wayline.facts.derived import resting_on
from wayline.facts.findings import Told
from wayline.facts.lesions import Lesion
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.logic.nodes import Compared, Condition, DaysSince, Had, Number, NumberFact, TextIn, TimesUpperLimit, Within

LONGEST_AGO_DAYS = 200 * 365  # longer ago than anybody lives; keeps the dates that are tried on the calendar


class Question(Protocol):
    """Anything whose answer may be open: an option, a trial."""

    @property
    def literals(self) -> tuple[Condition, ...]:
        """Every literal that its answer rests on."""
        ...

    def is_open(self, situation: Situation) -> bool:
        """Whether the answer depends on something not known."""
        ...


@dataclass(frozen=True)
class AskFirst:
    """One missing fact and how many open questions it alone could settle."""

    fact: str
    settles: int


def ask_first(situation: Situation, open_questions: Iterable[tuple[Question, Iterable[str]]]) -> list[AskFirst]:
    """Rank missing facts by how many open questions they could settle, most first.

    `open_questions` pairs each open question with the facts that it is missing. A fact settles a question if some value of it, alone, makes
    the answer definite. Facts that settle none alone are left out.
    """
    asking: dict[str, list[Question]] = {}
    for question, missing in open_questions:
        for fact_id in missing:
            asking.setdefault(fact_id, []).append(question)
    ranked = []
    for fact_id, questions in asking.items():
        definition = situation.vocabulary[fact_id]
        undecided = list(questions)
        literals = [literal for question in questions for literal in question.literals if fact_id in literal.rests_on]
        for told in values_to_try(definition, situation, literals):
            if not undecided:
                break
            supposed = situation.supposing(fact_id, told)
            undecided = [question for question in undecided if question.is_open(supposed)]
        if len(undecided) < len(questions):
            ranked.append(AskFirst(fact_id, len(questions) - len(undecided)))
    return sorted(ranked, key=lambda one: (-one.settles, situation.vocabulary.order[one.fact]))


def values_to_try(definition: FactDefinition, situation: Situation, literals: list[Condition]) -> list[Told]:
    """Values on every side of every limit that the literals hold the fact against, within what is still possible."""
    current = situation.finding(definition.id)
    match definition.kind:
        case "yes_no":
            return [Told(True), Told(False)]
        case "choice":
            open_choices = current.value if isinstance(current.value, frozenset) else definition.single_choices
            return [Told(frozenset({value})) for value in definition.single_choices if value in open_choices]
        case "number":
            possible = current.value if isinstance(current.value, NumberRange) else definition.possible
            limits = _limits(definition, literals, situation)
            told = [Told(NumberRange.exactly(number)) for number in _around(limits, definition, possible)]
            multiples = {
                literal.right.number
                for literal in literals
                if isinstance(literal, Compared) and literal.left == TimesUpperLimit(definition.id) and isinstance(literal.right, Number)
            }
            return told + [Told(None, times_uln=NumberRange.exactly(number)) for number in _sides(multiples) if number >= 0]
        case "date":
            days_ago = _sides(_days(definition, literals))
            return [Told(DateRange.exactly(situation.as_of).moved(-int(days))) for days in days_ago if 0 <= days <= LONGEST_AGO_DAYS]
        case "text":
            words = {
                word for literal in literals if isinstance(literal, TextIn) and literal.fact_id == definition.id for word in literal.allowed
            }
            return [Told(word) for word in (*sorted(words), "something else")]
        case "courses":
            named = dict.fromkeys(literal.named for literal in literals if isinstance(literal, Had))
            return [Told(Listing(())), *(Told(Listing((course,))) for name in named for course in _courses(name, situation))]
        case "lesions":
            return [Told(Listing(())), Told(Listing((Lesion("6", NumberRange.exactly(1.0), frozenset()),)))]
        case _:
            return [Told(Listing(())), *(Told(Listing((choice,))) for choice in definition.single_choices)]


def _courses(name: str, situation: Situation) -> list[Course]:
    """One-course histories that hold a drug, a drug of a class, or a procedure."""
    members = situation.vocabulary.drugs.members(name)
    drug = min(members) if members else None
    make: Callable[[str], Course] = (
        (lambda ending: Course(drugs=(drug,), intent="palliative", ended_because=ending))
        if drug
        else (lambda ending: Course(procedure=name, intent="palliative", ended_because=ending))
    )
    return [make("progression"), make("completed")]


def _limits(definition: FactDefinition, literals: list[Condition], situation: Situation) -> set[float]:
    """Every number that the fact is compared with, directly or through a formula that rests on it."""
    limits = set()
    for literal in literals:
        if isinstance(literal, Compared):
            for one, other in ((literal.left, literal.right), (literal.right, literal.left)):
                if one == NumberFact(definition.id) and isinstance(other, Number):
                    limits.add(other.number)
    if "liver.child_pugh_points" in resting_on(definition.id):
        for name, band in situation.vocabulary.formulas.bands.items():
            if definition.id.removeprefix("labs.") in name:
                limits |= {band.middle.low, band.middle.high}
    return limits


def _around(limits: set[float], definition: FactDefinition, possible: NumberRange) -> list[float]:
    numbers = _sides(limits) if limits else [definition.lowest, definition.highest]
    if definition.whole_number:
        numbers = sorted({float(int(number)) for number in numbers} | {limit + 1 for limit in limits})
    return [
        number for number in numbers if definition.lowest <= number <= definition.highest and possible.meets(NumberRange.exactly(number))
    ]


def _sides(limits: set[float]) -> list[float]:
    """Each limit, the middle between neighbors, and a value beyond each end."""
    ordered = sorted(limits)
    if not ordered:
        return []
    step = max(1.0, abs(ordered[-1]) / 2)
    middles = [(one + other) / 2 for one, other in pairwise(ordered)]
    return sorted({max(0.0, ordered[0] - step) if ordered[0] >= 0 else ordered[0] - step, *ordered, *middles, ordered[-1] + step})


def _days(definition: FactDefinition, literals: list[Condition]) -> set[float]:
    days = {literal.days for literal in literals if isinstance(literal, Within) and literal.fact_id == definition.id}
    for literal in literals:
        if isinstance(literal, Compared) and literal.left == DaysSince(definition.id) and isinstance(literal.right, Number):
            days.add(literal.right.number)
    return days
