"""The sheet as plain text for pasting into a portal: lines of at most 80 letters, no tabs, and punctuation that every system takes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from wayline.brief.parts import Block, Listed, Pairs, Rows, Sheet, Words

WIDTH = 78
_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ", "•": "-", "×": "x", "⁹": "^9", "²": "^2",
        "°": " degrees ", "µ": "u", "≤": "<=", "≥": ">=",
    }
)  # fmt: skip


def sheet_text(sheet: Sheet) -> str:
    """The whole sheet, in the order of the printed one."""
    person = f" ({sheet.person})" if sheet.person else ""
    lines = [*_wrapped(f"{sheet.title}, {sheet.day_in_words}{person}".upper()), ""]
    for section in sheet.sections:
        heading = _wrapped(section.heading)
        lines += [*heading, "-" * max(map(len, heading))]
        for block in section.blocks:
            lines += _block(block)
        lines.append("")
    for words in (*sheet.foot, sheet.line):
        lines += _wrapped(words)
    return "\n".join(lines).rstrip() + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Words(text):
            yield from _wrapped(text)
        case Listed(items, is_ordered, first, title):
            yield from _wrapped(title)
            for number, item in enumerate(items, first):
                yield from _wrapped(f"{item.lead} {item.text}".strip(), f"{number}. " if is_ordered else "- ")
        case Pairs(pairs):
            for title, words in pairs:
                yield from _wrapped(f"{title}: {words}", "- ")
        case Rows(head, rows):
            for row in rows:
                cells = "; ".join(f"{title}: {cell}" for title, cell in zip(head[1:], row[1:], strict=True))
                yield from _wrapped(f"{row[0]}. {cells}", "- ")
        case _:
            yield from _wrapped(block.words)


def _wrapped(text: str, lead: str = "") -> list[str]:
    return textwrap.wrap(text.translate(_PLAIN), WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)
