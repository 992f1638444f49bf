"""Decisions, funding, and the IPDAS checklist: what makes a comparison of treatments a decision aid.

IPDAS: the International Patient Decision Aid Standards' minimum set (Joseph-Williams 2014): six criteria that qualify, six that certify.
Each is checked against the data, so that a page cannot lose one unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from wayline.guide.pages import Pages
from wayline.guide.references import cited_in, without_citations, word_at
from wayline.options.catalog import HEADINGS, KINDS, Catalog, Option
from wayline.reading import Place, nearest, read, require_keys, rows_at, text_at, texts_at

EQUAL_WITHIN = 0.15
CONDITION_PAGE = "what-stage-4-means"
POLICY_PAGE = "how-we-keep-this-true"


@dataclass(frozen=True)
class Decision:
    """The question that the options of one kind answer, and the pages on having none of them."""

    kind: str
    decision: str
    instead: tuple[str, ...]


@dataclass(frozen=True)
class Funding:
    statement: str
    funders: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Criterion:
    """One line of the checklist. It is met when there are no problems."""

    id: str
    text: str
    problems: tuple[str, ...]


def load_decisions(path: Path, pages: Pages) -> Mapping[str, Decision]:
    """One decision for every kind of option."""
    name = path.name
    rows = rows_at(require_keys(read(path, name), ("decisions",), Place(name, 1)), "decisions")
    decisions: dict[str, Decision] = {}
    for item, place in zip(rows, rows.places, strict=True):
        block = require_keys(item, ("kind", "decision", "instead"), place)
        decision = Decision(word_at(block, "kind", tuple(KINDS)), text_at(block, "decision"), tuple(texts_at(block, "instead")))
        for page_id in decision.instead:
            if page_id not in pages:
                raise block.at("instead").error(f"'{page_id}' is not a page.{nearest(page_id, pages)}")
        decisions[decision.kind] = decision
    return decisions


def load_funding(path: Path) -> Funding:
    """The funding statement and every funder."""
    name = path.name
    block = require_keys(read(path, name), ("statement", "funders"), Place(name, 1))
    rows = rows_at(block, "funders")
    keys = ("name", "what_for", "share_of_income_percent", "say_in_content")
    return Funding(
        text_at(block, "statement"),
        tuple({key: str(require_keys(row, keys, at)[key]) for key in keys} for row, at in zip(rows, rows.places, strict=True)),
    )


def ipdas_checklist(catalog: Catalog, pages: Pages, decisions: Mapping[str, Decision], funding: Funding) -> tuple[Criterion, ...]:
    """The six qualifying and six certifying criteria, each with what is missing."""
    options = tuple(catalog.values())
    return (
        Criterion("Q1", "describes the condition", _without(CONDITION_PAGE, pages)),
        Criterion("Q2", "states the decision", tuple(f"no decision for '{kind}'" for kind in KINDS if kind not in decisions)),
        Criterion("Q3", "lists the options, having none of them included", tuple(_unlisted(decisions, catalog))),
        Criterion("Q4", "describes the benefits", _lacking(options, "What it may do")),
        Criterion("Q5", "describes the harms", _lacking(options, "What may go wrong")),
        Criterion("Q6", "describes what living through it is like", _lacking(options, "What it is like day to day")),
        Criterion("C1", "shows benefits and harms in equal detail", tuple(unequal_detail(options))),
        Criterion("C2", "cites its evidence", tuple(_uncited(options))),
        Criterion("C3", "gives its date", tuple(f"{option.id}: no date" for option in options if option.next_review <= option.reviewed)),
        Criterion("C4", "tells its update policy", _without(POLICY_PAGE, pages)),
        Criterion("C5", "tells how uncertain it is", (*_lacking(options, "What is not known"), *_without_evidence(options))),
        Criterion("C6", "tells who pays", () if funding.statement else ("no funding statement",)),
    )


def unequal_detail(options: tuple[Option, ...]) -> Iterator[str]:
    """Each heading is as long for every option of a kind, and the six headings of an option are as long as each other, within 15 %."""
    for option in options:
        lengths = _lengths(option)
        middle = median(lengths.values()) if lengths else 0
        for heading, length in lengths.items():
            if abs(length - middle) > EQUAL_WITHIN * middle:
                yield f"{option.place.file}: '{heading}' has {length} words; within 15 % of {middle:g} (its own headings) is needed"
    for kind in KINDS:
        of_kind = [(option, _lengths(option)) for option in options if option.kind == kind and option.sections]
        for heading in HEADINGS:
            middle = median([lengths.get(heading, 0) for _, lengths in of_kind]) if of_kind else 0
            for option, lengths in of_kind:
                length = lengths.get(heading, 0)
                if abs(length - middle) > EQUAL_WITHIN * middle:
                    yield f"{option.place.file}: '{heading}' has {length} words; within 15 % of {middle:g} (its kind) is needed"


def _lengths(option: Option) -> dict[str, int]:
    return {heading: len(without_citations(text).split()) for heading, text in option.sections}


def _without(page_id: str, pages: Pages) -> tuple[str, ...]:
    return () if page_id in pages else (f"the page '{page_id}' is missing",)


def _unlisted(decisions: Mapping[str, Decision], catalog: Catalog) -> Iterator[str]:
    for kind in KINDS:
        if not any(option.kind == kind for option in catalog.values()):
            yield f"'{kind}' has no option"
        if kind in decisions and not decisions[kind].instead:
            yield f"'{kind}' does not say what there is instead"


def _lacking(options: tuple[Option, ...], heading: str) -> tuple[str, ...]:
    return tuple(f"{option.id}: '{heading}' is missing" for option in options if heading not in dict(option.sections))


def _uncited(options: tuple[Option, ...]) -> Iterator[str]:
    for option in options:
        for heading in ("What it may do", "What may go wrong"):
            text = dict(option.sections).get(heading)
            if text is not None and not cited_in(text):
                yield f"{option.id}: '{heading}' cites nothing"
        if not option.evidence:
            yield f"{option.id}: no evidence statement"


def _without_evidence(options: tuple[Option, ...]) -> tuple[str, ...]:
    return tuple(f"{option.id}: no strength of evidence" for option in options if not option.evidence)
