"""Three values: YES, UNKNOWN, NO, with Kleene's tables.

Every table stands here in full so that it can be checked by eye. UNKNOWN means "not decided by what we know"; it is never a
polite NO. The tables live in the lowest package because comparing a partly known value already needs the third value.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """The answer to a question about one person."""

    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"

    # Members are single objects; the default Enum hash goes through Python code and is slow in inner loops.
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("a Truth has three values: compare it with YES, UNKNOWN or NO")

    @classmethod
    def of(cls, answer: bool | None) -> Truth:
        """The truth of a plain answer; None is UNKNOWN."""
        return UNKNOWN if answer is None else YES if answer else NO


YES, UNKNOWN, NO = Truth.YES, Truth.UNKNOWN, Truth.NO

NOT = {
    YES: NO,
    UNKNOWN: UNKNOWN,
    NO: YES,
}

AND = {
    (YES, YES): YES,
    (YES, UNKNOWN): UNKNOWN,
    (YES, NO): NO,
    (UNKNOWN, YES): UNKNOWN,
    (UNKNOWN, UNKNOWN): UNKNOWN,
    (UNKNOWN, NO): NO,
    (NO, YES): NO,
    (NO, UNKNOWN): NO,
    (NO, NO): NO,
}

OR = {
    (YES, YES): YES,
    (YES, UNKNOWN): YES,
    (YES, NO): YES,
    (UNKNOWN, YES): YES,
    (UNKNOWN, UNKNOWN): UNKNOWN,
    (UNKNOWN, NO): UNKNOWN,
    (NO, YES): YES,
    (NO, UNKNOWN): UNKNOWN,
    (NO, NO): NO,
}


def all_of(truths: Iterable[Truth]) -> Truth:
    """AND over any number of truths; YES for none."""
    result = YES
    for truth in truths:
        result = AND[result, truth]
        if result is NO:
            break  # nothing that follows can change it
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """OR over any number of truths; NO for none."""
    result = NO
    for truth in truths:
        result = OR[result, truth]
        if result is YES:
            break  # nothing that follows can change it
    return result
