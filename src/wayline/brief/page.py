"""The sheet as HTML: a document of its own that fetches nothing, or the part of one for a page of the site.

Django's templates are used by themselves here, without settings: they escape everything that a person typed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

from wayline.brief.parts import Sheet
from wayline.brief.plain_data import sheet_data

_TEMPLATES = Path(__file__).parent / "templates"


def sheet_html(sheet: Sheet) -> str:
    """A whole document with its style in it."""
    data = _shown(sheet)
    return _rendered("brief/sheet.html", {"sheet": data, "body": _body(data, 2)})


def sheet_body(sheet: Sheet, heading_level: int) -> SafeString:
    """The sheet's sections for a page that has a heading of its own; headings begin at `heading_level`."""
    return _body(_shown(sheet), heading_level)


def _body(data: dict[str, Any], level: int) -> SafeString:
    return _rendered("brief/body.html", {"sheet": data, "level": level})


def _shown(sheet: Sheet) -> dict[str, Any]:
    data = sheet_data(sheet)
    for section in data["sections"]:
        for part in section["parts"]:
            if part["kind"] == "list":
                part["items_of"] = part.pop("items")  # `part.items` would be the dictionary's own method
            elif part["kind"] == "line":
                part["svg"] = mark_safe(part["svg"])  # noqa: S308 - our own drawing; there is no text in it
    return data


def _rendered(name: str, context: dict[str, Any]) -> SafeString:
    return _engine().get_template(name).render(Context(context, use_l10n=False, use_tz=False))


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(_TEMPLATES)])
