"""Whether a sheet fits on two pages, guessed from its letters. Where the PDF can be made, its own pages are counted instead."""

from __future__ import annotations

import math
from collections.abc import Callable

from wayline.brief.parts import Block, Listed, Pairs, Rows, Sheet, Words

# Of the page in sheet.typ, by the size of the text: how many average letters fill a line, and how many lines, so counted, two pages.
# Held against the real page by tests/brief/test_fitting.py.
_LETTERS_ON_A_LINE = {14: 82, 18: 64}
_LINES_ON_TWO_PAGES = {14: 100, 18: 76}
_LIKELY_LINES = {14: 110, 18: 83}  # half of the sheets that just fill two real pages lie below, half above


def fits_two_pages(sheet: Sheet) -> bool:
    """A guess on the cautious side, without making the page."""
    return lines_of(sheet) <= _LINES_ON_TWO_PAGES[sheet.size]


def may_fit(sheet: Sheet) -> bool:
    """The likeliest guess, from where to try real pages."""
    return lines_of(sheet) <= _LIKELY_LINES[sheet.size]


def lines_of(sheet: Sheet) -> float:
    """About how many lines of its own size the sheet takes."""
    wide = _LETTERS_ON_A_LINE[sheet.size]
    lines = 2.0 + sum(_lines(text, wide) for text in sheet.foot)
    for section in sheet.sections:
        lines += 1.6 + sum(_block_lines(block, wide) for block in section.blocks)
    return lines


def _lines(text: str, wide: float) -> int:
    return max(1, math.ceil(len(text) * 1.04 / wide))


def _block_lines(block: Block, wide: int) -> float:
    match block:
        case Words(text):
            return _lines(text, wide)
        case Listed(items, title=title):
            return 1.2 * bool(title) + sum(_lines(f"{item.lead} {item.text}", wide - 3) + 0.15 for item in items)
        case Pairs(pairs):
            return sum(_lines(f"{title}: {words}", wide - 2) + 0.15 for title, words in pairs)
        case Rows(_, rows):
            return 1.2 + sum(max(_lines(cell, wide / len(row)) for cell in row) + 0.3 for row in rows)
        case _:
            return _lines(block.words, wide) + 2.5


def fullest(count: int, fits_at: Callable[[int], bool], guess: int) -> int:
    """The first of `count` places, each printing no more than the one before it, at which the sheet fits; the last where none does.

    It looks around the guess in growing steps, so that a good guess costs few pages.
    """
    low, high, step = 0, count - 1, 1  # nothing before `low` fits; `high` fits or is the last
    at = min(guess, high)
    while low < high:
        if fits_at(at):
            high = at
            at = max(low, at - step) if step else (low + high) // 2
        else:
            low = at + 1
            at = min(high - 1, at + step) if step else (low + high) // 2
        step *= 2
        at = min(max(at, low), max(low, high - 1))
    return high
