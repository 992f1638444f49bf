"""The criteria language as a tree: frozen nodes that know their truth for a situation.

Two families. A `Condition` has a truth; a `Term` has a value (or None where it is not known). Each node also lists the facts it
reads, so that "what would this depend on" is never a second, hand-kept list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from wayline.facts.courses import Course, Listing
from wayline.facts.lesions import Lesion
from wayline.facts.situation import Situation
from wayline.facts.truth import NO, NOT, UNKNOWN, YES, Truth, all_of, any_of
from wayline.facts.values import DateRange, NumberRange, combine, equal, less, less_or_equal


class Condition:
    """Something that is YES, UNKNOWN or NO of a person."""

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions inside; empty for a literal."""
        return ()

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Every fact that this reads, in order, once."""
        return tuple(dict.fromkeys(fact_id for part in self.parts for fact_id in part.fact_ids))

    @cached_property
    def rests_on(self) -> frozenset[str]:
        """The facts that this reads, for quick questions of "does it matter here"."""
        return frozenset(self.fact_ids)

    def truth(self, situation: Situation) -> Truth:
        raise NotImplementedError

    def literals(self) -> Iterator[Condition]:
        """Every literal inside, in order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.literals()


@dataclass(frozen=True)
class And(Condition):
    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def truth(self, situation: Situation) -> Truth:
        return all_of(part.truth(situation) for part in self.conditions)


@dataclass(frozen=True)
class Or(Condition):
    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def truth(self, situation: Situation) -> Truth:
        return any_of(part.truth(situation) for part in self.conditions)


@dataclass(frozen=True)
class Not(Condition):
    condition: Condition

    @property
    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def truth(self, situation: Situation) -> Truth:
        return NOT[self.condition.truth(situation)]


@dataclass(frozen=True)
class FactCondition(Condition):
    """A literal on one fact."""

    fact_id: str

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return (self.fact_id,)


@dataclass(frozen=True)
class Unread(Condition):
    """Words of a criterion that nobody understood, by their number: UNKNOWN of everybody, whatever is told."""

    number: int

    def truth(self, situation: Situation) -> Truth:
        return UNKNOWN


@dataclass(frozen=True)
class YesNoFact(FactCondition):
    """A yes-or-no fact standing alone."""

    def truth(self, situation: Situation) -> Truth:
        return Truth.of(situation.value(self.fact_id))


@dataclass(frozen=True)
class ChoiceIn(FactCondition):
    """A choice fact is one of `allowed`. Every comparison of a choice is this; `written` keeps the author's words."""

    allowed: frozenset[str]
    written: str

    def truth(self, situation: Situation) -> Truth:
        return within_set(situation.value(self.fact_id), self.allowed)


def within_set(possible: frozenset[str] | None, allowed: frozenset[str]) -> Truth:
    """Whether the choices still possible all lie, or all do not lie, among the allowed ones."""
    if possible is None:
        return UNKNOWN
    if possible <= allowed:
        return YES
    return UNKNOWN if possible & allowed else NO


@dataclass(frozen=True)
class ListHolds(FactCondition):
    """A list fact holds an item: `"live_longer" in wish.goals`."""

    item: str

    def truth(self, situation: Situation) -> Truth:
        listing = situation.value(self.fact_id)
        if not isinstance(listing, Listing):
            return UNKNOWN
        return YES if self.item in listing.items else NO if listing.complete else UNKNOWN


@dataclass(frozen=True)
class TextIn(FactCondition):
    """A text fact is one of `allowed`, upper and lower case alike."""

    allowed: tuple[str, ...]

    def truth(self, situation: Situation) -> Truth:
        text = situation.value(self.fact_id)
        return UNKNOWN if text is None else Truth.of(text.casefold() in {one.casefold() for one in self.allowed})


@dataclass(frozen=True)
class DateCompared(FactCondition):
    """A date fact against a written date; both may be a month or a year.

    A written month means all its days, as a choice that stands for several: on or after 2026-10 begins on October 1, after
    2026-10 begins on November 1. So a wholly known date always decides.
    """

    operator: str
    day: DateRange

    def truth(self, situation: Situation) -> Truth:
        known = situation.value(self.fact_id)
        if not isinstance(known, DateRange):
            return UNKNOWN
        # Days counted from one fixed day turn dates into numbers; a written month means any day of it.
        days = _as_days(known.no_later_than(situation.as_of) or known)
        first, last = NumberRange.exactly(self.day.first.toordinal()), NumberRange.exactly(self.day.last.toordinal())
        if self.operator in ("==", "!="):
            within = all_of((less_or_equal(first, days), less_or_equal(days, last)))
            return within if self.operator == "==" else NOT[within]
        return compare(days, self.operator, first if self.operator in ("<", ">=") else last)


def _as_days(dated: DateRange) -> NumberRange:
    return NumberRange(dated.first.toordinal(), dated.last.toordinal())


@dataclass(frozen=True)
class Within(FactCondition):
    """`within(condition.stroke_date, 180)`: on one of the last days, both ends included."""

    days: float

    def truth(self, situation: Situation) -> Truth:
        known = situation.value(self.fact_id)
        if not isinstance(known, DateRange):
            return UNKNOWN
        return less_or_equal(known.days_before(situation.as_of), NumberRange.exactly(self.days))


@dataclass(frozen=True)
class Had(Condition):
    """`had("platinum", intent="palliative")`: some course of treatment matches in every respect asked for."""

    named: str
    intent: str | None = None
    ended_because: str | None = None
    within_days: float | None = None

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return ("therapy.history",) if self.within_days is None else ("therapy.history", "therapy.now")

    def rests_on_today(self, situation: Situation) -> bool:
        """Whether being told if treatment goes on now would say when a course asked for was given last."""
        history = situation.value("therapy.history")
        return (
            self.within_days is not None
            and isinstance(history, Listing)
            and situation.value("therapy.now") is None
            and any(_may_go_on(course, history) and self._holds_drug(course, situation) is not NO for course in history)
        )

    def truth(self, situation: Situation) -> Truth:
        history = situation.value("therapy.history")
        if not isinstance(history, Listing):
            return UNKNOWN
        truth = any_of(self.matches(course, situation) for course in history)
        return UNKNOWN if truth is NO and not history.complete else truth

    def matches(self, course: Course, situation: Situation) -> Truth:
        """Whether one course is what is asked for."""
        return all_of(
            (
                self._holds_drug(course, situation),
                _same(course.intent, self.intent),
                _same(course.ended_because, self.ended_because),
                self._recent(course, situation),
            )
        )

    def _holds_drug(self, course: Course, situation: Situation) -> Truth:
        members = situation.vocabulary.drugs.members(self.named)
        if course.procedure == self.named or (members is not None and members & set(course.drugs)):
            return YES
        # A drug that our dictionary does not know might belong to any class.
        return UNKNOWN if course.unknown_drugs and members is not None else NO

    def _recent(self, course: Course, situation: Situation) -> Truth:
        """Whether the course was given on one of the last days: it ended then, began then, or goes on."""
        if self.within_days is None:
            return YES
        history = situation.value("therapy.history")
        if isinstance(history, Listing) and _may_go_on(course, history) and situation.value("therapy.now") is True:
            return YES
        limit = NumberRange.exactly(self.within_days)
        # A procedure of one day whose day is told misses no end; radiation without an end may have gone on for weeks.
        is_dated = course.procedure in situation.vocabulary.one_day_procedures and course.start is not None
        last = course.start if course.end is None and is_dated else course.end
        if last is not None:
            return less_or_equal(last.days_before(situation.as_of), limit)
        started_recently = course.start is not None and less_or_equal(course.start.days_before(situation.as_of), limit) is YES
        return YES if started_recently else UNKNOWN


def _may_go_on(course: Course, history: Listing[Course]) -> bool:
    """Whether treatment going on now can only be this course of drugs: of all that was ever given, no other one is without an end.

    A procedure does not go on: one without an end says nothing of today.
    """
    unended = [other for other in history if other.end is None and other.ended_because is None]
    return history.complete and course.procedure is None and unended == [course]


def _same(told: str | None, asked: str | None) -> Truth:
    return YES if asked is None else UNKNOWN if told is None else Truth.of(told == asked)


class Term:
    """Something that has a number for a person, as a range, or None where it is not known."""

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return ()

    def value(self, situation: Situation) -> NumberRange | None:
        raise NotImplementedError


@dataclass(frozen=True)
class Number(Term):
    number: float

    @cached_property
    def _range(self) -> NumberRange:
        return NumberRange.exactly(self.number)

    def value(self, situation: Situation) -> NumberRange | None:
        return self._range


@dataclass(frozen=True)
class FactTerm(Term):
    """A number that one fact gives."""

    fact_id: str

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return (self.fact_id,)


@dataclass(frozen=True)
class NumberFact(FactTerm):
    """The number itself."""

    def value(self, situation: Situation) -> NumberRange | None:
        return situation.number(self.fact_id)


@dataclass(frozen=True)
class Arithmetic(Term):
    left: Term
    operation: str
    right: Term

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.left.fact_ids, *self.right.fact_ids)))

    def value(self, situation: Situation) -> NumberRange | None:
        left, right = self.left.value(situation), self.right.value(situation)
        return None if left is None or right is None else combine(left, self.operation, right)


@dataclass(frozen=True)
class TimesUpperLimit(Term):
    """`times_uln(labs.ast)`: how many times the lab's own upper limit of normal."""

    lab_id: str

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return (self.lab_id, f"{self.lab_id}_uln")

    def value(self, situation: Situation) -> NumberRange | None:
        return situation.times_uln(self.lab_id)


@dataclass(frozen=True)
class DaysSince(FactTerm):
    """`days_since(therapy.last_dose)`."""

    def value(self, situation: Situation) -> NumberRange | None:
        known = situation.value(self.fact_id)
        return known.days_before(situation.as_of) if isinstance(known, DateRange) else None


@dataclass(frozen=True)
class CountLesions(Term):
    """`count_lesions(diameter_cm > 1)`: how many lesions match, as a range."""

    predicate: LesionCondition

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return ("liver.lesions",)

    def value(self, situation: Situation) -> NumberRange | None:
        lesions = situation.value("liver.lesions")
        if not isinstance(lesions, Listing):
            return None
        truths = [self.predicate.truth(lesion, situation) for lesion in lesions]
        at_most = len(truths) - truths.count(NO) if lesions.complete else float("inf")
        return NumberRange(truths.count(YES), at_most)


@dataclass(frozen=True)
class AnyLesion(Condition):
    """`any_lesion(...)`: some lesion matches."""

    predicate: LesionCondition

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return ("liver.lesions",)

    def truth(self, situation: Situation) -> Truth:
        lesions = situation.value("liver.lesions")
        if not isinstance(lesions, Listing):
            return UNKNOWN
        truth = any_of(self.predicate.truth(lesion, situation) for lesion in lesions)
        return UNKNOWN if truth is NO and not lesions.complete else truth


@dataclass(frozen=True)
class LesionCondition:
    """A condition on one lesion; `written` keeps the author's words, `words` says it as people do: "larger than 3 cm"."""

    written: str
    truth: Callable[[Lesion, Situation], Truth]
    words: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LesionCondition) and self.written == other.written

    def __hash__(self) -> int:
        return hash(self.written)


_COMPARE: dict[str, Callable[[NumberRange, NumberRange], Truth]] = {
    "<": less,
    "<=": less_or_equal,
    ">": lambda left, right: less(right, left),
    ">=": lambda left, right: less_or_equal(right, left),
    "==": equal,
    "!=": lambda left, right: NOT[equal(left, right)],
}


def compare(left: NumberRange, operator: str, right: NumberRange) -> Truth:
    """Compare two ranges; decided only where every pair of values decides it."""
    return _COMPARE[operator](left, right)


@dataclass(frozen=True)
class Compared(Condition):
    """Two numbers compared; decided only where every possible value decides it."""

    left: Term
    operator: str
    right: Term

    @property
    def fact_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.left.fact_ids, *self.right.fact_ids)))

    def truth(self, situation: Situation) -> Truth:
        left, right = self.left.value(situation), self.right.value(situation)
        return UNKNOWN if left is None or right is None else compare(left, self.operator, right)
