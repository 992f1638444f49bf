"""Values that may be partly known.

A number is a range, a date is a range of days, a choice is the set of choices still possible. A value that is wholly known is
the special case of one number, one day, one choice. Comparing two values answers YES or NO only where every possible
pair of values gives that answer, so narrowing a value can decide a comparison but never overturn one.
"""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import date, timedelta

from wayline.facts.truth import NO, NOT, UNKNOWN, YES, Truth

# Nine decimals are far finer than any laboratory prints, and coarse enough to hide binary noise
# (51.3 umol/L / 17.1 must be 3 mg/dL, not 2.9999999999999996).
_DECIMALS = 9


def tidy(number: float) -> float:
    """The number without binary noise."""
    return round(number, _DECIMALS) if math.isfinite(number) else number


@dataclass(frozen=True, slots=True)
class NumberRange:
    """All numbers between `low` and `high`; an open end does not belong to the range."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high):
            raise ValueError("a range needs numbers")
        if self.low > self.high or (self.low == self.high and (self.low_open or self.high_open)):
            raise ValueError("no number lies in this range")

    @classmethod
    def exactly(cls, number: float) -> NumberRange:
        return cls(tidy(number), tidy(number))

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    def without_bounds(self, lowest: float, highest: float) -> NumberRange:
        """The same range, open where its end is only the end of what is possible: "above 3" is no "3 to 40"."""
        if self.is_exact:
            return self
        low, high = -math.inf if self.low <= lowest else self.low, math.inf if self.high >= highest else self.high
        return NumberRange(low, high, self.low_open and low == self.low, self.high_open and high == self.high)

    def meets(self, other: NumberRange) -> NumberRange | None:
        """The part that both ranges share, or None."""
        low, low_open = max((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = min((self.high, not self.high_open), (other.high, not other.high_open))
        if low > high or (low == high and (low_open or not high_closed)):
            return None
        return NumberRange(low, high, low_open, not high_closed)

    def hull(self, other: NumberRange) -> NumberRange:
        """The smallest range that holds both."""
        low, low_closed = min((self.low, self.low_open), (other.low, other.low_open))
        high, high_closed = max((self.high, not self.high_open), (other.high, not other.high_open))
        return NumberRange(low, high, low_closed, not high_closed)


def less(left: NumberRange, right: NumberRange) -> Truth:
    """left < right, for every pair of possible values."""
    if left.high < right.low or (left.high == right.low and (left.high_open or right.low_open)):
        return YES
    return NO if left.low >= right.high else UNKNOWN


def less_or_equal(left: NumberRange, right: NumberRange) -> Truth:
    """left <= right, for every pair of possible values."""
    return NOT[less(right, left)]


def equal(left: NumberRange, right: NumberRange) -> Truth:
    """left == right, for every pair of possible values."""
    if left.is_exact and right.is_exact and left.low == right.low:
        return YES
    return NO if left.meets(right) is None else UNKNOWN


def combine(left: NumberRange, operation: str, right: NumberRange) -> NumberRange | None:
    """Add, subtract, multiply or divide two ranges; None where the result is not bounded by numbers."""
    if operation == "+":
        return _checked(left.low + right.low, left.high + right.high, left.low_open or right.low_open, left.high_open or right.high_open)
    if operation == "-":
        return _checked(left.low - right.high, left.high - right.low, left.low_open or right.high_open, left.high_open or right.low_open)
    if operation == "/" and right.low <= 0 <= right.high:
        return None
    ends: list[tuple[float, bool]] = []
    for one, one_open in ((left.low, left.low_open), (left.high, left.high_open)):
        for other, other_open in ((right.low, right.low_open), (right.high, right.high_open)):
            result = _product(one, other) if operation == "*" else _quotient(one, other)
            # An end that is reached by a closed zero is reached whatever the other side.
            is_open = (one_open or other_open) and not (result == 0 and ((one == 0 and not one_open) or (other == 0 and not other_open)))
            if math.isnan(result):
                return None
            ends.append((tidy(result), is_open))
    low = min(ends)
    high = max(ends, key=lambda end: (end[0], not end[1]))
    return _checked(low[0], high[0], low[1], high[1])


def _product(one: float, other: float) -> float:
    return 0.0 if one == 0 or other == 0 else one * other


def _quotient(one: float, other: float) -> float:
    return math.nan if math.isinf(one) and math.isinf(other) else one / other


def _checked(low: float, high: float, low_open: bool, high_open: bool) -> NumberRange | None:
    if math.isnan(low) or math.isnan(high):
        return None
    low, high = tidy(low), tidy(high)
    return NumberRange(low, high, low_open and low != high, high_open and low != high)


_WRITTEN_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class DateRange:
    """A day, or a month or year of which the day is not known; both ends belong to it."""

    first: date
    last: date

    @classmethod
    def exactly(cls, day: date) -> DateRange:
        return cls(day, day)

    @classmethod
    def parse(cls, text: object) -> DateRange:
        """Read `2026-11-20`, `2026-11` or `2026`; ValueError otherwise."""
        match = _WRITTEN_DATE.fullmatch(str(text)) if not isinstance(text, bool) else None
        if match is None:
            raise ValueError("a date is written 2026-11-20, 2026-11 or 2026")
        year, month, day = int(match[1]), match[2], match[3]
        if day:
            return cls.exactly(date(year, int(month), int(day)))
        if month:
            return cls(date(year, int(month), 1), date(year, int(month), calendar.monthrange(year, int(month))[1]))
        return cls(date(year, 1, 1), date(year, 12, 31))

    @property
    def is_exact(self) -> bool:
        return self.first == self.last

    def days_before(self, day: date) -> NumberRange:
        """How many days before `day` it lies, as a range. A month or year that has begun ends, for this, on `day` itself."""
        least, most = (day - self.last).days, (day - self.first).days
        return NumberRange(0 if least < 0 <= most else least, most)

    def meets(self, other: DateRange) -> DateRange | None:
        first, last = max(self.first, other.first), min(self.last, other.last)
        return DateRange(first, last) if first <= last else None

    def no_later_than(self, day: date) -> DateRange | None:
        """The part that is not after `day`, or None where all of it is."""
        return self.meets(DateRange(date.min, day))

    def moved(self, days: int) -> DateRange:
        return DateRange(self.first + timedelta(days), self.last + timedelta(days))

    def __str__(self) -> str:
        if self.is_exact:
            return self.first.isoformat()
        year, month = self.first.isoformat()[:4], self.first.isoformat()[:7]
        for written in (year, month):
            if self == DateRange.parse(written):
                return written
        return f"{self.first.isoformat()}/{self.last.isoformat()}"
