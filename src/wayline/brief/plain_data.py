"""A sheet as plain data, for the templates of its forms."""

from __future__ import annotations

from typing import Any

from wayline.brief.parts import Block, Listed, Pairs, Rows, Sheet, Words
from wayline.brief.trends import spark_svg


def sheet_data(sheet: Sheet) -> dict[str, Any]:
    """The sheet as plain data for the template."""
    return {
        "title": sheet.title,
        "person": sheet.person,
        "day": [sheet.day.year, sheet.day.month, sheet.day.day],
        "day_in_words": sheet.day_in_words,
        "size": sheet.size,
        "line": sheet.line,
        "foot": list(sheet.foot),
        "sections": [
            {"id": section.id, "heading": section.heading, "parts": [_part(block) for block in section.blocks]}
            for section in sheet.sections
        ],
    }


def _part(block: Block) -> dict[str, Any]:
    match block:
        case Words(text):
            return {"kind": "words", "text": text}
        case Listed(items, is_ordered, first, title):
            listed = [{"lead": item.lead, "text": item.text} for item in items]
            return {"kind": "list", "title": title, "ordered": is_ordered, "first": first, "items": listed}
        case Pairs(pairs):
            return {"kind": "pairs", "pairs": [list(pair) for pair in pairs]}
        case Rows(head, rows):
            return {"kind": "table", "head": list(head), "rows": [list(row) for row in rows]}
        case _:
            return {
                "kind": "line",
                "svg": spark_svg(block.trend),
                "alt": f"A line through these values over time: {block.trend.title}.",
                "words": block.words,
            }
