"""Options as data: loading `content/options/*.md` strictly. The form is described in docs/reference/content.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, YES
from wayline.facts.vocabulary import Vocabulary
from wayline.guide.pages import refuse_foreign_links
from wayline.guide.references import References, cited_in, review_dates_at, word_at
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.reading import Block, Place, WaylineError, nearest, read, read_front_matter, require_keys, rows_at, text_at, texts_at

KINDS = {
    "systemic": "Drug treatment",
    "swallowing": "Help with swallowing",
    "liver_directed": "Treatment of tumors in the liver",
    "symptom_relief": "Relief of symptoms",
    "surgery": "Surgery",
    "supportive": "Care for you, beside or instead of treatment",
    "research": "Studies and research",
}
STRENGTHS = ("high", "moderate", "low", "very_low", "none")
ABOUT = {
    "esophageal": "cancer of the esophagus",
    "esophageal_squamous": "squamous cancer of the esophagus",
    "esophageal_adenocarcinoma": "adenocarcinoma of the esophagus or junction",
    "junction_gastric": "cancer of the stomach or junction",
    "colorectal": "bowel cancer that spread to the liver",
    "liver_cancer": "cancer that began in the liver",
    "mixed_cancers": "several kinds of cancer together",
    "none": "no study",
}
HEADINGS = (
    "What it is",
    "What it may do",
    "What may go wrong",
    "What it is like day to day",
    "If you do not have it",
    "What is not known",
)
NOT_SIGNED = "not yet signed by a clinician"

FITS, DEPENDS, DOES_NOT_FIT = "fits", "depends", "does_not_fit"

_REQUIRED = (
    "id",
    "kind",
    "title",
    "other_names",
    "summary",
    "specialists",
    "fits",
    "limits_cite",
    "rules_out",
    "cautions",
    "evidence",
    "questions",
    "reviewed",
    "next_review",
    "may_sign",
    "signed",
    "body",
)


@dataclass(frozen=True)
class RuleOut:
    """Something that decides against an option."""

    when: Condition
    say: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Caution:
    """Something to bear in mind: shown when it applies, asked when it is not known."""

    when: Condition
    say: str
    ask: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class EvidenceStatement:
    """One sentence that a source supports: about whom, how strong, which cancer."""

    claim: str
    population: str
    strength: str
    about: str
    cites: tuple[str, ...]

    @property
    def about_in_words(self) -> str:
        return ABOUT[self.about]


@dataclass(frozen=True)
class Option:
    """A treatment worth asking about, with the rules that say when."""

    id: str
    kind: str
    title: str
    other_names: tuple[str, ...]
    summary: str
    specialists: tuple[str, ...]
    fits: Condition
    depends: Condition | None
    limits_cite: tuple[str, ...]
    rules_out: tuple[RuleOut, ...]
    cautions: tuple[Caution, ...]
    evidence: tuple[EvidenceStatement, ...]
    questions: tuple[str, ...]
    reviewed: date
    next_review: date
    may_sign: tuple[str, ...]
    signed: str
    sections: tuple[tuple[str, str], ...]
    place: Place

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that the verdict rests on."""
        wider = () if self.depends is None else (self.depends,)
        return (*(rule.when for rule in self.rules_out), self.fits, *wider)

    def verdict(self, situation: Situation) -> str:
        """`fits`, `depends` or `does_not_fit` for this person (design: rules out first, then fits, then the wider gate)."""
        against = [situation.answer(rule.when) for rule in self.rules_out]
        if YES in against:
            return DOES_NOT_FIT
        fits = situation.answer(self.fits)
        if fits is NO and (self.depends is None or situation.answer(self.depends) is NO):
            return DOES_NOT_FIT
        return FITS if fits is YES and all(truth is NO for truth in against) else DEPENDS

    def is_open(self, situation: Situation) -> bool:
        """Whether the verdict is neither fits nor does_not_fit."""
        return self.verdict(situation) == DEPENDS

    @cached_property
    def literals(self) -> tuple[Condition, ...]:
        """Every literal that the verdict rests on."""
        return tuple(literal for condition in self.conditions for literal in condition.literals())

    @property
    def cited(self) -> tuple[str, ...]:
        """Every reference that this option rests on, once, in order."""
        bodies = [cite for _, text in self.sections for cite in cited_in(text)]
        parts: tuple[RuleOut | Caution | EvidenceStatement, ...] = (*self.rules_out, *self.cautions, *self.evidence)
        return tuple(dict.fromkeys([*(cite for part in parts for cite in part.cites), *self.limits_cite, *bodies]))


@dataclass(frozen=True)
class Specialty:
    id: str
    title: str
    does: str


class Catalog(Mapping[str, Option]):
    """All options by id, in the order in which they are shown."""

    def __init__(self, options: Mapping[str, Option], specialties: Mapping[str, Specialty]) -> None:
        self._options = dict(options)
        self.specialties = specialties

    def __getitem__(self, option_id: str) -> Option:
        return self._options[option_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)


def load_catalog(folder: Path, vocabulary: Vocabulary, references: References) -> Catalog:
    """Load `content/options/`; every mistake is an error with file and line."""
    specialties = _specialties(folder / "vocabulary" / "specialties.yaml")
    options = [_option(path, vocabulary, references, specialties) for path in sorted((folder / "options").glob("*.md"))]
    if not options:
        raise WaylineError(f"{folder / 'options'}: no options were found")
    order = list(KINDS)
    options.sort(key=lambda option: (order.index(option.kind), option.title.casefold()))
    return Catalog({option.id: option for option in options}, specialties)


def _option(path: Path, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Specialty]) -> Option:
    name = f"options/{path.name}"
    front, body, body_line = read_front_matter(path, name)
    require_keys(front, _REQUIRED, Place(name, 2), optional=("depends",))
    option_id = text_at(front, "id")
    if option_id != path.stem:
        raise front.at("id").error(f"the id '{option_id}' must be the file's name, '{path.stem}'")

    def expression(block: Block, key: str) -> Condition:
        return parse_expression(text_at(block, key), vocabulary, block.at(key))

    def cites(block: Block) -> tuple[str, ...]:
        found = references.require(texts_at(block, "cites"), block.at("cites"))
        if not found:
            raise block.at("cites").error("a claim needs at least one reference")
        return found

    def specialist_ids(key: str) -> tuple[str, ...]:
        ids = tuple(texts_at(front, key))
        for specialty in ids:
            if specialty not in specialties:
                raise front.at(key).error(f"'{specialty}' is not a specialty.{nearest(specialty, specialties)}")
        if not ids:
            raise front.at(key).error(f"'{key}' needs at least one specialty")
        return ids

    reviewed, next_review = review_dates_at(front)
    questions = tuple(texts_at(front, "questions"))
    if not 2 <= len(questions) <= 5:
        raise front.at("questions").error("two to five questions are needed")
    return Option(
        id=option_id,
        kind=word_at(front, "kind", tuple(KINDS)),
        title=text_at(front, "title"),
        other_names=tuple(texts_at(front, "other_names")),
        summary=text_at(front, "summary"),
        specialists=specialist_ids("specialists"),
        fits=expression(front, "fits"),
        depends=expression(front, "depends") if "depends" in front else None,
        limits_cite=references.require(texts_at(front, "limits_cite"), front.at("limits_cite")),
        rules_out=tuple(
            RuleOut(expression(row, "when"), text_at(row, "say"), cites(row)) for row in _rows(front, "rules_out", ("when", "say", "cites"))
        ),
        cautions=tuple(
            Caution(expression(row, "when"), text_at(row, "say"), text_at(row, "ask"), cites(row))
            for row in _rows(front, "cautions", ("when", "say", "ask", "cites"))
        ),
        evidence=tuple(
            EvidenceStatement(
                text_at(row, "claim"),
                text_at(row, "population"),
                word_at(row, "strength", STRENGTHS),
                word_at(row, "about", tuple(ABOUT)),
                cites(row),
            )
            for row in _rows(front, "evidence", ("claim", "population", "strength", "about", "cites"))
        ),
        questions=questions,
        reviewed=reviewed,
        next_review=next_review,
        may_sign=specialist_ids("may_sign"),
        signed=text_at(front, "signed"),
        sections=_sections(front, body, Place(name, body_line), references),
        place=Place(name, 1),
    )


def _sections(front: Block, body: str, place: Place, references: References) -> tuple[tuple[str, str], ...]:
    """The body as (heading, Markdown) pairs: exactly the six headings, or nothing where the body is still to come."""
    state = word_at(front, "body", ("whole", "to_come"))
    if state == "to_come":
        if body.strip():
            raise place.error("the body is marked 'to_come' but there is text; mark it 'whole'")
        return ()
    headings = [(match.start(), match.end(), match[1].strip()) for match in re.finditer(r"^## (.+)$", body, re.MULTILINE)]
    names = tuple(name for _, _, name in headings)
    if names != HEADINGS or body[: headings[0][0]].strip():
        raise place.error(
            f"the body needs exactly these headings in this order: {'; '.join(HEADINGS)}. It has: {'; '.join(names) or 'none'}"
        )
    ends = [start for start, _, _ in headings[1:]] + [len(body)]
    sections = tuple((name, body[end:stop].strip()) for (_, end, name), stop in zip(headings, ends, strict=True))
    for (name, text), (start, _, _) in zip(sections, headings, strict=True):
        line = Place(place.file, place.line + body[:start].count("\n"))
        if not text:
            raise line.error(f"'{name}' is empty")
        references.require(cited_in(text), line)
        refuse_foreign_links(text, line)
    return sections


def _rows(block: Block, key: str, keys: tuple[str, ...]) -> list[Block]:
    rows = rows_at(block, key)
    return [require_keys(row, keys, place) for row, place in zip(rows, rows.places, strict=True)]


def _specialties(path: Path) -> dict[str, Specialty]:
    name = f"vocabulary/{path.name}"
    document: Any = require_keys(read(path, name), ("specialties",), Place(name, 1))
    return {
        row["id"]: Specialty(text_at(row, "id"), text_at(row, "title"), text_at(row, "does"))
        for row in _rows(document, "specialties", ("id", "title", "does"))
    }
