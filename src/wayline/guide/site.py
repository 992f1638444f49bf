"""The words of the home page, from `content/site.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wayline.guide.pages import Page, Pages
from wayline.reading import Block, Place, nearest, read, require_keys, rows_at, text_at, texts_at


@dataclass(frozen=True)
class Way:
    """A way on from the home page."""

    page: Page
    title: str
    words: str


@dataclass(frozen=True)
class Site:
    title: str
    description: str
    heading: str
    lead: str
    ways: tuple[Way, ...]
    also: tuple[Page, ...]
    local_treatments_lead: str


def load_site(path: Path, pages: Pages) -> Site:
    """Load the home page's words; every page that it names must be there."""
    name = path.name
    keys = ("title", "description", "heading", "lead", "ways", "also", "local_treatments_lead")
    block = require_keys(read(path, name), keys, Place(name, 1))

    def page(inner: Block, key: str, page_id: str) -> Page:
        if page_id not in pages:
            raise inner.at(key).error(f"'{page_id}' is not a page.{nearest(page_id, pages)}")
        return pages[page_id]

    rows = rows_at(block, "ways")
    ways = [require_keys(row, ("page", "title", "words"), place) for row, place in zip(rows, rows.places, strict=True)]
    return Site(
        title=text_at(block, "title"),
        description=text_at(block, "description"),
        heading=text_at(block, "heading"),
        lead=text_at(block, "lead"),
        ways=tuple(Way(page(way, "page", text_at(way, "page")), text_at(way, "title"), text_at(way, "words")) for way in ways),
        also=tuple(page(block, "also", page_id) for page_id in texts_at(block, "also")),
        local_treatments_lead=text_at(block, "local_treatments_lead"),
    )
