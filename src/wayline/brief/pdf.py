"""The sheet as a tagged PDF (PDF/UA-1), made by Typst from `sheet.typ` beside this file.

The words go in as data, so nothing that a person typed is read as code. The same sheet gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wayline.brief.parts import Sheet
from wayline.brief.plain_data import sheet_data
from wayline.reading import WaylineError

MOST_PAGES = 2
_TEMPLATE = Path(__file__).parent / "sheet.typ"
_STANDARD = "ua-1"
_NOT_PRINTABLE = "\u25a1"
_BREAK = "\u200b"
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_UNDISPLAYED = re.compile(r"could not be displayed")
# Latin, Greek and Cyrillic letters, and the signs of the sheet itself, which the font that comes with Typst has.
_ALWAYS_THERE = re.compile(r"[^\u0020-\u024f\u0370-\u052f\u1e00-\u1eff\u2010-\u205e\u2070-\u2094\u20ac\u2190-\u2193\u2260-\u2265]")
NOTE_ON_LETTERS = "Some letters cannot be printed here and stand as □. They are whole in the text form."


def sheet_pdf(sheet: Sheet) -> bytes:
    """The PDF. A WaylineError tells that Typst is not installed, or that the page cannot be made."""
    data = sheet_data(sheet)
    typst = _typst()
    try:
        return _compiled(typst, data, with_system_fonts=False)
    except typst.TypstError as error:
        if not _UNDISPLAYED.search(str(error)):
            raise WaylineError("the sheet cannot be printed; this is a mistake of ours, not of the case") from error
    # Letters that the built-in fonts lack: the machine's own fonts may have them.
    try:
        return _compiled(typst, data, with_system_fonts=True)
    except typst.TypstError:
        return _compiled(typst, _printable(data), with_system_fonts=False)


def fits_by_pages(sheet: Sheet) -> bool:
    """Whether the PDF of this sheet has at most two pages."""
    typst = _typst()
    data = sheet_data(sheet)
    try:
        return _pages(typst, data) <= MOST_PAGES
    except typst.TypstError:
        return _pages(typst, _printable(data)) <= MOST_PAGES


def measure() -> Callable[[Sheet], bool] | None:
    """What tells whether a sheet fits, where Typst is installed; else None."""
    try:
        _typst()
    except WaylineError:
        return None
    return fits_by_pages


def _typst() -> Any:
    try:
        import typst
    except ImportError:
        raise WaylineError(
            "the PDF is made by the Python package typst, which is not installed: 'pip install typst', or write .html or .txt instead"
        ) from None
    return typst


def _compiled(typst: Any, data: dict[str, Any], *, with_system_fonts: bool) -> bytes:
    made: bytes = typst.compile(
        str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        format="pdf",
        sys_inputs={"sheet": json.dumps(_breakable(data))},
        pdf_standards=[_STANDARD],
        ignore_system_fonts=not with_system_fonts,
        timestamp=0,
    )
    return made


def _pages(typst: Any, data: dict[str, Any]) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", _compiled(typst, data, with_system_fonts=False)))


def _printable(data: dict[str, Any]) -> dict[str, Any]:
    """The same words with a square for each letter that no font here has; the sheet says so."""
    clean: dict[str, Any] = json.loads(json.dumps(data), object_hook=lambda block: {key: _cleaned(value) for key, value in block.items()})
    if clean != data:
        clean["foot"] = [*clean["foot"], NOTE_ON_LETTERS]
    return clean


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.startswith("<svg") else _ALWAYS_THERE.sub(_NOT_PRINTABLE, value)
    return [_cleaned(one) for one in value] if isinstance(value, list) else value


def _breakable(value: Any) -> Any:
    """The same words, with places to break where a word is wider than any column. They have no width and no meaning."""
    if isinstance(value, str):
        return value if value.startswith("<svg") else _LONG_WORD.sub(lambda word: f"{word[0]}{_BREAK}", value)
    if isinstance(value, dict):
        return {key: _breakable(one) for key, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, list) else value
