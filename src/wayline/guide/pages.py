"""Pages of plain text, from `content/pages/*.md`: front matter with review dates, then Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wayline.guide.references import References, cited_in, day_at
from wayline.reading import Place, read_front_matter, require_keys, text_at, texts_at

_KEYS = ("id", "title", "reviewed", "next_review", "may_sign", "signed", "cites")


@dataclass(frozen=True)
class Page:
    """One page. `body` is Markdown."""

    id: str
    title: str
    reviewed: date
    next_review: date
    may_sign: tuple[str, ...]
    signed: str
    cites: tuple[str, ...]
    body: str
    place: Place


def load_pages(folder: Path, references: References) -> Mapping[str, Page]:
    """Load every page strictly; the file's name is the page's id."""
    pages: dict[str, Page] = {}
    for path in sorted(folder.glob("*.md")):
        name = f"pages/{path.name}"
        front, body, body_line = read_front_matter(path, name)
        require_keys(front, _KEYS, Place(name, 2))
        if text_at(front, "id") != path.stem:
            raise front.at("id").error(f"the id must be the file's name, '{path.stem}'")
        if not body.strip():
            raise Place(name, body_line).error("the page is empty")
        reviewed, next_review = day_at(front, "reviewed"), day_at(front, "next_review")
        if next_review <= reviewed:
            raise front.at("next_review").error("'next_review' must lie after 'reviewed'")
        pages[path.stem] = Page(
            id=path.stem,
            title=text_at(front, "title"),
            reviewed=reviewed,
            next_review=next_review,
            may_sign=tuple(texts_at(front, "may_sign")),
            signed=text_at(front, "signed"),
            cites=tuple(
                dict.fromkeys(
                    (
                        *references.require(texts_at(front, "cites"), front.at("cites")),
                        *references.require(cited_in(body), Place(name, body_line)),
                    )
                )
            ),
            body=body.strip(),
            place=Place(name, 1),
        )
    return pages
