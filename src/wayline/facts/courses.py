"""Courses of treatment in a person's history, and lists that may be incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from wayline.facts.values import DateRange

Item = TypeVar("Item")

INTENTS = ("perioperative", "definitive", "palliative")
ENDINGS = ("progression", "toxicity", "completed", "other")
RESPONSES = ("complete", "partial", "stable", "progression")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """A list as told. `complete` says that nothing is missing from it: only then does "not in the list" mean no."""

    items: tuple[Item, ...]
    complete: bool = True

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Course:
    """One course of treatment.

    `drugs` are generic ids; `unknown_drugs` are names that the drug dictionary does not know, which might be anything.
    None means not told.
    """

    drugs: tuple[str, ...] = ()
    unknown_drugs: tuple[str, ...] = ()
    procedure: str | None = None
    intent: str | None = None
    start: DateRange | None = None
    end: DateRange | None = None
    ended_because: str | None = None
    best_response: str | None = None
