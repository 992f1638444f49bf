"""The sheet in one of its forms. What makes each is imported only when it is asked for, so that a text does not wait for a PDF."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wayline.brief.parts import Sheet
from wayline.facts.situation import Situation
from wayline.library import library

if TYPE_CHECKING:
    from wayline.records.codes import CodeBook

FORMS = (".pdf", ".html", ".txt", ".json")


def written(sheet: Sheet, situation: Situation, form: str) -> str | bytes:
    """The sheet in one of the forms, named by the ending of its file."""
    if form == ".pdf":
        from wayline.brief.pdf import sheet_pdf

        return sheet_pdf(sheet)
    if form == ".html":
        from wayline.brief.page import sheet_html

        return sheet_html(sheet)
    if form == ".txt":
        from wayline.brief.plain_text import sheet_text

        return sheet_text(sheet)
    from wayline.brief.document import sheet_document

    return sheet_document(sheet, situation, _code_book())


@cache
def _code_book() -> CodeBook:
    """The codes of records, over the vocabulary that is loaded already."""
    from wayline.records.codes import load_codes

    content = library()
    return load_codes(content.folder / "records", content.vocabulary, content.references)
