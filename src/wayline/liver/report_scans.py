"""Several scans told of in one text, each behind its date: which of them is the newest."""

from __future__ import annotations

from collections.abc import Sequence

from wayline.liver.report_mentions import Item, MentionReader
from wayline.liver.report_sentences import Sentence
from wayline.liver.report_words import ReportWords

OLDER, UNCLEAR = "older", "unclear"
_LONGEST_OPENING = 12  # tokens: "Current CT of the abdomen 19/07/2025:"
_OPENS = {"now", "articles", "word", "prepositions", "neutral", "liver_nouns"}
_MONTHS = 12
_CENTURY = 2000


class _Opening:
    """The beginning of what is told of one scan: "CT 14/01/2025:"."""

    def __init__(self, is_now: bool, date: tuple[str, ...]) -> None:
        self.is_now, self.date = is_now, date


def scans_told(sentences: Sequence[Sentence], mentions: MentionReader, words: ReportWords) -> list[str]:
    """For each sentence: OLDER where it tells of an earlier scan than another part does, UNCLEAR where nobody can say, or ""."""
    openings = [_opening(sentence, mentions, words) for sentence in sentences]
    dated = [opening for opening in openings if opening]
    if len({opening.date for opening in dated}) < 2:
        return [""] * len(sentences)
    newest = {opening.date for opening in dated if opening.is_now} or _newest([opening.date for opening in dated], words)
    told, roles = "", []
    for opening in openings:
        if opening:
            told = UNCLEAR if not newest else "" if opening.date in newest else OLDER
        roles.append(told)
    return roles


def _opening(sentence: Sentence, mentions: MentionReader, words: ReportWords) -> _Opening | None:
    if sentence.kind == "past":
        return None
    items = mentions.items(sentence.first, min(sentence.last, sentence.first + _LONGEST_OPENING))
    texts = mentions.texts
    is_exam = is_now = False
    for place, item in enumerate(items):
        if (item.kind in {"date", "reference"} and "/" in texts[item.first : item.last]) or item.kind == "date":
            return _Opening(is_now, tuple(texts[item.first : item.last])) if _is_opened(items, place, texts, is_exam) else None
        if item.kind not in _OPENS and texts[item.first] not in {",", "("}:
            return None
        is_now = is_now or item.kind == "now"
        is_exam = is_exam or any(words.has("exams", text) for text in texts[item.first : item.last])
    return None


def _is_opened(items: Sequence[Item], place: int, texts: Sequence[str], is_exam: bool) -> bool:
    follows = texts[items[place + 1].first] if place + 1 < len(items) else ""
    if follows == ")" and place + 2 < len(items):
        follows = texts[items[place + 2].first]
    return follows in {":", "-"} or (is_exam and follows in {"showed", "shows", "demonstrated", "demonstrates", "|"})


def _newest(dates: list[tuple[str, ...]], words: ReportWords) -> set[tuple[str, ...]]:
    """The newest of the dates, where it is the same whether the day or the month is printed first."""
    found: set[tuple[str, ...]] = set()
    for day_first in (True, False):
        days = {date: _day(date, words, day_first) for date in dates}
        if None in days.values():
            continue
        if len({len(day) for day in days.values() if day}) != 1:
            return set()  # some without a year
        found.add(max(dates, key=lambda date: days[date] or ()))
    return found if len(found) == 1 else set()


def _day(date: tuple[str, ...], words: ReportWords, day_first: bool) -> tuple[int, ...] | None:
    """(year, month, day), as far as they are printed; None where it is no date when read in this order."""
    numbers = [int(part) for text in date for part in text.replace(",", ".").split(".") if part.isascii() and part.isdigit()]
    month = next((text for text in date if words.has("months", text)), None)
    if month:
        years = [number for number in numbers if number > 31]
        return (*years[:1], _month(month), *[number for number in numbers if number <= 31][:1])
    if len(numbers) == 3 and numbers[0] > 31:
        year, first, second = numbers[0], numbers[2], numbers[1]  # 2025-04-02
        return (year, second, first)
    if len(numbers) not in {2, 3}:
        return None
    if len(numbers) == 2 and numbers[1] > 31:
        return (numbers[1], numbers[0]) if numbers[0] <= _MONTHS else None  # 04/2025
    day, month_number = (numbers[0], numbers[1]) if day_first else (numbers[1], numbers[0])
    if month_number > _MONTHS:
        return None
    year_part = [number if number > 99 else _CENTURY + number for number in numbers[2:]]
    return (*year_part, month_number, day)


def _month(name: str) -> int:
    return 1 + ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].index(name[:3])
