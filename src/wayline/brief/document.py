"""The sheet as a FHIR document: every told fact, coded, with the sheet's own sections in its Composition."""

from __future__ import annotations

import json

from wayline.brief.parts import Listed, Pairs, Rows, Section, Sheet, Words
from wayline.facts.situation import Situation
from wayline.records.codes import CodeBook
from wayline.records.fhir_writing import SheetSection, bundle_of


def sheet_document(sheet: Sheet, situation: Situation, code_book: CodeBook) -> str:
    """The bundle as JSON text. Its instant is the sheet's day: the same sheet gives the same document."""
    bundle = bundle_of(
        situation,
        code_book,
        generated_at=f"{sheet.day.isoformat()}T00:00:00Z",
        sheet=[_section(section) for section in sheet.sections],
    )
    return json.dumps(bundle, ensure_ascii=False, indent=2) + "\n"


def _section(section: Section) -> SheetSection:
    paragraphs: list[str] = []
    items: list[str] = []
    for block in section.blocks:
        match block:
            case Words(text):
                paragraphs.append(text)
            case Listed(listed, title=title):
                items += [f"{title} {item.lead} {item.text}".strip() for item in listed]
            case Pairs(pairs):
                items += [f"{title}: {words}" for title, words in pairs]
            case Rows(_, rows):
                items += ["; ".join(row) for row in rows]
            case _:
                paragraphs.append(block.words)
    return SheetSection(section.heading, tuple(paragraphs), tuple(items), section.facts)
