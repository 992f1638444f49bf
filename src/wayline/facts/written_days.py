"""Days as people in the United States write them, brought to the one form of a case file.

Strict: the month stands before the day, as it does here, and what can be no date in that order is no date. A year of two digits lies in
this century. A month and a day without a year, or a month and a year of two digits, could be either, so they are refused.
"""

from __future__ import annotations

import re

from wayline.facts.values import DateRange

_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}

_YEAR = r"(?P<year>[0-9]{4})"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_DAY_OF_NAME = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_PATTERNS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<month>[0-9]{1,2})(?P<sign>[/-])(?P<day>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4}|[0-9]{2})",
        rf"(?P<month>[0-9]{{1,2}})[/-]{_YEAR}",
        rf"{_NAME}\s?{_DAY_OF_NAME}(?:,\s?|\s){_YEAR}",
        rf"{_DAY_OF_NAME}[\s-]?{_NAME}(?:,\s?|[\s-])?{_YEAR}",
        rf"{_NAME}(?:,\s?|[\s-]){_YEAR}",
    )
)


def written_day(text: str) -> DateRange:
    """Read `10/28/2026`, `10/28/26`, `10-28-2026`, `Oct 28, 2026`, `28 Oct 2026`, `October 2026`, `10/2026`, or the form of a case file.

    ValueError where it is none of these, or no day of any calendar.
    """
    plain = " ".join(text.split())
    try:
        return DateRange.parse(plain)
    except ValueError:
        parts = next((match.groupdict() for one in _PATTERNS if (match := one.fullmatch(plain)) is not None), None)
    if parts is None:
        raise ValueError("a day is written 10/28/2026, Oct 28, 2026 or 2026-10-28")
    name = parts.get("name")
    month = _MONTHS.get(name.lower(), 0) if name is not None else int(parts["month"])
    year = parts["year"] if len(parts["year"]) == 4 else f"20{parts['year']}"
    day = parts.get("day")
    return DateRange.parse(f"{year}-{month:02}" + ("" if day is None else f"-{int(day):02}"))


def case_day(text: str) -> str:
    """The day in the form of a case file, `2026-10-28`, `2026-10` or `2026`; the text itself where it cannot be read as one."""
    try:
        return str(written_day(text))
    except ValueError:
        return text
