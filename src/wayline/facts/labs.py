"""Results of blood tests over time."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.values import DateRange, NumberRange


@dataclass(frozen=True, slots=True)
class LabResult:
    """One result of one blood test, in the unit of its fact, with the lab's own range as printed beside it (None = not told)."""

    lab: str
    value: NumberRange
    date: DateRange
    lower_limit: NumberRange | None = None
    upper_limit: NumberRange | None = None
