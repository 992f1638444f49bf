"""The days that a report tells: when a sample was taken, and in which order its dates write day and month."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, takewhile

_MONTHS = {
    name: number for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DATE = re.compile(
    r"(?<![\d/.\-])(?:"
    r"(?P<iso>(?P<iy>(?:19|20)\d\d)-(?P<im>\d\d?)-(?P<id>\d\d?))"
    r"|(?P<slash>(?P<sa>\d\d?)(?P<sep>[/.\-])(?P<sb>\d\d?)(?P=sep)(?P<sy>(?:19|20)\d\d|\d\d))"
    rf"|(?P<named>(?P<nd>\d\d?)[\s\-]{{1,2}}(?P<nm>{_MONTH})[\s\-,]{{1,2}}(?P<ny>(?:19|20)\d\d|\d\d))"
    rf"|(?P<us>(?P<um>{_MONTH})\s?(?P<ud>\d\d?)(?:st|nd|rd|th)?,?\s{{1,2}}(?P<uy>(?:19|20)\d\d))"
    r")(?![\d/]|[.\-]\d)"
)
_TAKEN = re.compile(
    r"(?:date(?:/time)?\s(?:and\stime\s)?(?:of\s)?(?:specimen\s)?(?:collected|collection|drawn|obtained|taken)|collection\s?(?:date|time)(?:/time)?(?:\sand\stime)?|"
    r"(?:specimen\s)?collected(?:\son|\sdate|\sdate/time)?|drawn(?:\son)?|date\sof\s(?:procedure|biopsy|collection|surgery|service)|procedure\sdate|"
    r"biopsy\sdate|draw\s(?:date|time)(?:/time)?|(?:sample|specimen)\scollection(?:\sdate)?|date\sdrawn|sample\s(?:date|taken)(?:\son)?|specimen\sdate|date\sobtained|labs?(?:\sfrom|\son|\sdated)?|result\sdate\sof\ssample)"
    r"\s{0,3}[:\-]?\s{0,20}"
)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s")
_AMBIGUOUS = "The day and the month of this date may be the other way round."
_IMPOSSIBLE = "The date in the text is not possible, so it was not used."
_LATER = "The date in the text lies in the future, so it was not used."

DATE_DOUBTS = frozenset({_AMBIGUOUS, _IMPOSSIBLE, _LATER})


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date in the text: its day as `2026-11-02`, None where it cannot be used, and what is doubtful in it."""

    day: str | None
    start: int
    end: int
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class SampleDate:
    """From `start` on, results are of this day."""

    start: int
    date: ReadDate


class Dates:
    """All dates of one plain text. US reports write the month first; a date that cannot be so shows the other order."""

    def __init__(self, text: str, as_of: date) -> None:
        self._text, self._as_of = text, as_of
        matches = list(DATE.finditer(text))
        pairs = [(int(match["sa"]), int(match["sb"])) for match in matches if match["slash"] and match["sep"] != "."]
        self._month_first = any(second > 12 >= first for first, second in pairs)
        self._day_first = any(first > 12 >= second for first, second in pairs)
        self.all = [self._read(match) for match in matches]

    def _read(self, match: re.Match[str]) -> ReadDate:
        doubt = None
        if match["iso"]:
            year, month, day = int(match["iy"]), int(match["im"]), int(match["id"])
        elif match["named"]:
            year, month, day = _year(match["ny"]), _MONTHS[match["nm"][:3]], int(match["nd"])
        elif match["us"]:
            year, month, day = int(match["uy"]), _MONTHS[match["um"][:3]], int(match["ud"])
        else:
            first, second, year = int(match["sa"]), int(match["sb"]), _year(match["sy"])
            day_first = match["sep"] == "." or first > 12 or (self._day_first and not self._month_first)
            day, month = (first, second) if day_first else (second, first)
            decided = match["sep"] == "." or first > 12 or second > 12 or first == second or self._month_first != self._day_first
            doubt = None if decided else _AMBIGUOUS
        try:
            read = date(year, month, day)
        except ValueError:
            return ReadDate(None, match.start(), match.end(), _IMPOSSIBLE)
        if read > self._as_of:
            return ReadDate(None, match.start(), match.end(), _LATER)
        return ReadDate(read.isoformat(), match.start(), match.end(), doubt)

    def within(self, start: int, end: int) -> list[ReadDate]:
        first = bisect_left(self.all, start, key=lambda one: one.start)
        return list(takewhile(lambda one: one.end <= end, islice(self.all, first, None)))

    def samples(self) -> list[SampleDate]:
        """Every place where the text says when a sample was taken."""
        starts = {one.start: one for one in self.all}
        found = []
        for match in _TAKEN.finditer(self._text):
            weekday = _WEEKDAY.match(self._text, match.end())
            told = starts.get(weekday.end() if weekday else match.end())
            if told is not None and (match.start() == 0 or not self._text[match.start() - 1].isalnum()):
                found.append(SampleDate(match.start(), told))
        return found


def _year(written: str) -> int:
    return int(written) if len(written) == 4 else 2000 + int(written)


class SampleDays:
    """The days of the samples of one text."""

    def __init__(self, samples: Sequence[SampleDate]) -> None:
        self._samples = samples
        self._only = samples[0].date if len({one.date.day for one in samples}) == 1 else None

    def at(self, place: int) -> ReadDate | None:
        """The day of a result that stands here: the only one of the text, or that of the last line before it which tells one."""
        if self._only is not None:
            return self._only
        before = bisect_right(self._samples, place, key=lambda one: one.start)
        return self._samples[before - 1].date if before else None
