"""What is told, what is found: the plain records that situations and derivations exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wayline.facts.courses import Course, Listing
from wayline.facts.labs import LabResult
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.values import DateRange, NumberRange

# What a finding may hold: a number, the choices still possible, yes or no, a date, a text, or a list.
Value = (
    NumberRange
    | frozenset[str]
    | bool
    | DateRange
    | str
    | Listing[Lesion]
    | Listing[Scan]
    | Listing[LabResult]
    | Listing[Course]
    | Listing[str]
)

KNOWN, PARTLY, DERIVED, STALE, CONFLICT, NOT_KNOWN = "known", "partly", "derived", "stale", "conflict", "unknown"


@dataclass(frozen=True, slots=True)
class Told:
    """One fact as somebody told it.

    `times_uln` holds a lab stated against its upper limit of normal; `value` is then None unless that limit is told too.
    """

    value: Value | None
    date: DateRange | None = None
    source: str | None = None
    times_uln: NumberRange | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What we hold true of one fact.

    `value` is what rules may use: None where the fact is unknown, stale or in conflict. `shown` is what people see.
    `needs` are the facts that would have to be told to know this one; `why` says what is wrong with it.
    """

    state: str
    value: Value | None
    shown: Value | None = None
    told: Told | None = None
    derived_value: Value | None = None
    derived_from: tuple[str, ...] = ()
    date: DateRange | None = None
    needs: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A value that follows from other facts; `date` is that of the oldest of them."""

    value: Value | None
    needs: tuple[str, ...] = ()
    date: DateRange | None = None


def joint(told: Value, derived: Value, within: float) -> Value | None:
    """What both the told and the derived value allow; None where they contradict each other.

    Numbers that differ by no more than rounding stay both possible: to take one of them would overturn what the other decided.
    """
    if isinstance(told, NumberRange) and isinstance(derived, NumberRange):
        shared = told.meets(derived)
        if shared is not None or not within:
            return shared
        widened = NumberRange(derived.low - within, derived.high + within)
        return told.hull(derived) if told.meets(widened) else None
    if isinstance(told, frozenset) and isinstance(derived, frozenset):
        return (told & derived) or None
    return told if told == derived else None


def is_whole(value: Value | None) -> bool:
    """Whether a value is wholly known."""
    if value is None:
        return False
    if isinstance(value, NumberRange | DateRange):
        return value.is_exact
    if isinstance(value, frozenset):
        return len(value) == 1
    if isinstance(value, Listing):
        return value.complete
    return True


def oldest(dates: Iterable[DateRange | None]) -> DateRange | None:
    """The earliest of the dates that are there; None means as of today."""
    known = [one for one in dates if one is not None]
    return min(known, key=lambda one: one.first) if known else None
