"""Pages of the guide, from `content/pages/*.md`. The form is described in docs/reference/content.md."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from wayline.guide.references import References, cited_in, review_dates_at, word_at
from wayline.reading import Place, number_at, read_front_matter, require_keys, text_at, texts_at

SECTIONS = {
    "understand": "Understand",
    "choices": "My choices",
    "studies": "Studies",
    "daily": "Daily life",
    "people": "People",
    "drugs": "Drugs",
    "site": "About this site",
}
DRUG_HEADINGS = (
    ("What it is for today", "How it is given", "What to watch for", "What is not known"),
    ("What it is for today", "How it is given", "What to watch for", "What became of it"),
)
LINK_KINDS = ("page", "option", "word")
_KEYS = ("id", "section", "order", "title", "summary", "also_asked", "reviewed", "next_review", "may_sign", "signed", "cites")
_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]*)\)")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page. `body` is Markdown; its links are `page:`, `option:` and `word:` ids."""

    id: str
    section: str
    order: float
    title: str
    summary: str
    also_asked: tuple[str, ...]
    reviewed: date
    next_review: date
    may_sign: tuple[str, ...]
    signed: str
    cites: tuple[str, ...]
    body: str
    place: Place

    @cached_property
    def cited(self) -> tuple[str, ...]:
        """Every reference that the page rests on, once: those of its sentences first, in reading order."""
        return tuple(dict.fromkeys((*cited_in(self.body), *self.cites)))

    @property
    def drug_id(self) -> str | None:
        """The drug that a drug page is about."""
        return self.id.removeprefix("drug-") if self.section == "drugs" else None


class Pages(Mapping[str, Page]):
    """All pages by id, in the order in which they are shown."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        places = list(SECTIONS)
        self._pages = dict(sorted(pages.items(), key=lambda item: (places.index(item[1].section), item[1].order, item[1].title.casefold())))

    def __getitem__(self, page_id: str) -> Page:
        return self._pages[page_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)

    def in_section(self, section: str) -> tuple[Page, ...]:
        """The pages of one section in their order."""
        return tuple(page for page in self.values() if page.section == section)


def load_pages(folder: Path, references: References) -> Pages:
    """Load every page strictly; the file's name is the page's id."""
    return Pages({path.stem: _page(path, references) for path in sorted(folder.glob("*.md"))})


def _page(path: Path, references: References) -> Page:
    name = f"pages/{path.name}"
    front, body, body_line = read_front_matter(path, name)
    require_keys(front, _KEYS, Place(name, 2))
    if text_at(front, "id") != path.stem:
        raise front.at("id").error(f"the id must be the file's name, '{path.stem}'")
    if not body.strip():
        raise Place(name, body_line).error("the page is empty")
    reviewed, next_review = review_dates_at(front)
    references.require(cited_in(body), Place(name, body_line))
    refuse_foreign_links(body, Place(name, body_line))
    page = Page(
        id=path.stem,
        section=word_at(front, "section", tuple(SECTIONS)),
        order=number_at(front, "order"),
        title=text_at(front, "title"),
        summary=text_at(front, "summary"),
        also_asked=tuple(texts_at(front, "also_asked")),
        reviewed=reviewed,
        next_review=next_review,
        may_sign=tuple(texts_at(front, "may_sign")),
        signed=text_at(front, "signed"),
        cites=references.require(texts_at(front, "cites"), front.at("cites")),
        body=body.strip(),
        place=Place(name, body_line),
    )
    if page.section == "drugs":
        headings = tuple(heading.strip() for heading in _HEADING.findall(page.body))
        if headings not in DRUG_HEADINGS or not page.id.startswith("drug-"):
            choices = " or ".join("; ".join(words) for words in DRUG_HEADINGS)
            raise page.place.error(f"a drug's page has an id 'drug-...' and these headings: {choices}")
    return page


def links_in(text: str, place: Place) -> Iterator[tuple[str, str]]:
    """(kind, id) of each Markdown link; an error for a link that is none of ours."""
    for match in _LINK.finditer(text):
        kind, _, target = match[1].partition(":")
        if kind not in LINK_KINDS or not target:
            line = Place(place.file, place.line + text[: match.start()].count("\n"))
            raise line.error(f"'{match[1]}' is not a link that is taken here: write page:ID, option:ID or word:ID")
        yield kind, target


def refuse_foreign_links(text: str, place: Place) -> None:
    """An error for the first link that is none of ours: pages send nobody to another site unasked."""
    for _ in links_in(text, place):
        pass


def broken_links(text: str, place: Place, known: Mapping[str, Container[str]]) -> Iterator[str]:
    """Each link of a text that leads nowhere. `known` holds the ids by kind of link."""
    for kind, target in links_in(text, place):
        if target not in known[kind]:
            yield f"{place.file}: the link {kind}:{target} leads nowhere"
