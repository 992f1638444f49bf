"""References: what every number and claim rests on, from `content/references/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wayline.facts.values import DateRange
from wayline.reading import Block, Place, nearest, read, require_keys, rows_at, text_at

EVIDENCE_KINDS = {
    "randomized_trial": "randomized trial",
    "single_arm_trial": "trial without a comparison group",
    "case_series": "series of treated people",
    "review": "review of studies",
    "guideline": "guideline",
    "label": "approved label",
    "registry_statistics": "registry statistics",
    "formula": "formula",
    "statement": "statement",
    "news": "news report",
    "laboratory_reference": "laboratory reference",
}
LOCATOR_KINDS = ("nct", "doi", "pmid", "url", "label", "none")
BASES = {
    "read": "We read it ourselves.",
    "secondary": "We read a report of it, not the source itself.",
    "recalled": "From our own knowledge. To be checked against the source before a clinician signs.",
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# The marks of sources in a text: `[@esge-2021; @sirec]`.
CITATION = re.compile(r"\s*\[(@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*)\]")
_KEYS = ("id", "title", "authors", "year", "locator", "read_on", "kind", "basis", "note")


@dataclass(frozen=True)
class Reference:
    """One source. `locator_kind` and `locator` say where it is found, as far as that is certain."""

    id: str
    title: str
    authors: str | None
    year: int | None
    locator_kind: str
    locator: str | None
    read_on: date | None
    kind: str
    basis: str
    note: str | None
    place: Place

    @property
    def url(self) -> str | None:
        """Where the source can be looked up, or None."""
        if self.locator is None:
            return None
        return {
            "nct": f"https://clinicaltrials.gov/study/{self.locator}",
            "doi": f"https://doi.org/{self.locator}",
            "pmid": f"https://pubmed.ncbi.nlm.nih.gov/{self.locator}/",
            "url": self.locator,
        }.get(self.locator_kind)

    @property
    def kind_in_words(self) -> str:
        return EVIDENCE_KINDS[self.kind]

    @property
    def basis_in_words(self) -> str:
        return BASES[self.basis]


class References(Mapping[str, Reference]):
    """All references by id."""

    def __init__(self, references: Mapping[str, Reference]) -> None:
        self._references = dict(references)

    def __getitem__(self, reference_id: str) -> Reference:
        return self._references[reference_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._references)

    def __len__(self) -> int:
        return len(self._references)

    def require(self, reference_ids: Iterable[str], place: Place) -> tuple[str, ...]:
        """The ids, each checked to exist."""
        ids = tuple(reference_ids)
        for reference_id in ids:
            if reference_id not in self._references:
                raise place.error(f"'{reference_id}' is not a reference.{nearest(reference_id, self._references)}")
        return ids


def load_references(folder: Path) -> References:
    """Load `content/references/*.yaml` strictly."""
    references: dict[str, Reference] = {}
    for path in sorted(folder.glob("*.yaml")):
        name = f"references/{path.name}"
        rows = rows_at(require_keys(read(path, name), ("references",), Place(name, 1)), "references")
        for row, place in zip(rows, rows.places, strict=True):
            reference = _reference(require_keys(row, _KEYS, place), place)
            if reference.id in references:
                raise place.error(f"'{reference.id}' stands twice (first in {references[reference.id].place.file})")
            references[reference.id] = reference
    return References(references)


def _reference(row: Block, place: Place) -> Reference:
    reference_id = text_at(row, "id")
    if not _ID.fullmatch(reference_id):
        raise row.at("id").error(f"'{reference_id}' must be lower-case words joined by hyphens")
    locator = require_keys(row["locator"], ("kind", "value"), row.at("locator"))
    locator_kind = word_at(locator, "kind", LOCATOR_KINDS)
    value = None if locator["value"] is None else str(locator["value"])
    if (value is None) != (locator_kind == "none"):
        raise row.at("locator").error("a locator has a value, or the kind 'none' and the value null")
    if locator_kind == "nct" and not re.fullmatch(r"NCT[0-9]{8}", value or ""):
        raise row.at("locator").error(f"'{value}' is not an NCT number")
    if locator_kind == "url" and not (value or "").startswith("https://"):
        raise row.at("locator").error("a url starts with https://")
    year = row["year"]
    if year is not None and (not isinstance(year, int) or not 1900 <= year <= 2100):
        raise row.at("year").error("'year' must be a year or null")
    basis = word_at(row, "basis", tuple(BASES))
    if (row["read_on"] is None) != (basis == "recalled"):
        raise row.at("read_on").error("'read_on' is the day it was read, and null when the basis is 'recalled'")
    return Reference(
        id=reference_id,
        title=text_at(row, "title"),
        authors=_text_or_none(row, "authors"),
        year=year,
        locator_kind=locator_kind,
        locator=value,
        read_on=None if row["read_on"] is None else day_at(row, "read_on"),
        kind=word_at(row, "kind", tuple(EVIDENCE_KINDS)),
        basis=basis,
        note=_text_or_none(row, "note"),
        place=place,
    )


def cited_in(text: str) -> tuple[str, ...]:
    """The references that a text cites: `[@esge-2021; @sirec]`."""
    return tuple(cite.strip().lstrip("@") for match in CITATION.finditer(text) for cite in match[1].split(";"))


def without_citations(text: str) -> str:
    """The text as it is read, without the marks of its sources."""
    return CITATION.sub("", text)


def word_at(block: Block, key: str, words: tuple[str, ...]) -> str:
    """One of a fixed set of words."""
    value: Any = block[key]
    if value not in words:
        raise block.at(key).error(f"'{value}' is not a choice for '{key}'.{nearest(str(value), words)} Choices: {', '.join(words)}")
    return str(value)


def day_at(block: Block, key: str) -> date:
    """A whole date."""
    try:
        dated = DateRange.parse(block[key])
    except ValueError:
        dated = None
    if dated is None or not dated.is_exact:
        raise block.at(key).error(f"'{key}' must be a date such as 2026-11-23")
    return dated.first


def review_dates_at(block: Block) -> tuple[date, date]:
    """The days of the last and the next review, in that order."""
    reviewed, next_review = day_at(block, "reviewed"), day_at(block, "next_review")
    if next_review <= reviewed:
        raise block.at("next_review").error("'next_review' must lie after 'reviewed'")
    return reviewed, next_review


def _text_or_none(block: Block, key: str) -> str | None:
    return None if block[key] is None else text_at(block, key)
