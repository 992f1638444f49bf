"""What the diary asks, from `content/diary/`: everyday questions, folded ones, and side effects by the drugs somebody has had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.facts.situation import Situation
from wayline.facts.truth import NO
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.guide.references import References
from wayline.logic.nodes import Had
from wayline.reading import Block, Place, WaylineError, nearest, number_at, read, require_keys, rows_at, text_at, texts_at


@dataclass(frozen=True)
class EverydayQuestion:
    """A question that stands open on the page. `words` are what each choice is called here, by its value; empty for other kinds."""

    fact: str
    title: str
    ask: str
    words: dict[str, str]


@dataclass(frozen=True)
class QuestionGroup:
    """Questions that are folded together."""

    id: str
    title: str
    intro: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class SideEffects:
    """The side effects of a class of drugs; `within_days` None: asked for however long ago the last dose was."""

    drug_class: str
    title: str
    intro: str
    within_days: float | None
    facts: tuple[str, ...]
    cites: tuple[str, ...]

    def may_concern(self, situation: Situation) -> bool:
        """Whether somebody had such a drug lately enough, as far as anybody knows."""
        return Had(self.drug_class, within_days=self.within_days).truth(situation) is not NO


@dataclass(frozen=True)
class AskedAgain:
    """When a possible number is asked about once more; values in the fact's usual unit, a change against the last entry in percent."""

    fact: str
    below: float | None
    above: float | None
    change_percent: float | None
    days: float | None


@dataclass(frozen=True)
class ChartRange:
    """What a chart shows at least, in the fact's usual unit."""

    fact: str
    low: float
    high: float
    cites: tuple[str, ...]


@dataclass(frozen=True)
class WeightWindow:
    """How many days may lie between two weights that tell the loss in about six months."""

    at_least_days: float
    about_days: float
    at_most_days: float


@dataclass(frozen=True)
class DiaryQuestions:
    """All that the diary asks."""

    everyday: tuple[EverydayQuestion, ...]
    more: tuple[QuestionGroup, ...]
    side_effects: tuple[SideEffects, ...]
    asked_again: tuple[AskedAgain, ...]
    charts: tuple[str, ...]
    chart_ranges: tuple[ChartRange, ...]
    weight_loss: WeightWindow

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that may be asked, in order, once."""
        return tuple(dict.fromkeys(self._all_facts()))

    def _all_facts(self) -> Iterator[str]:
        yield from (question.fact for question in self.everyday)
        for group in self.more:
            yield from group.facts
        for effects in self.side_effects:
            yield from effects.facts

    @property
    def cites(self) -> set[str]:
        lists = [*(one.cites for one in self.side_effects), *(one.cites for one in self.chart_ranges)]
        return {cite for cites in lists for cite in cites}

    def words_of(self, fact_id: str) -> dict[str, str]:
        """What the choices of a fact are called in the diary; empty where it has no words of its own for them."""
        return next((question.words for question in self.everyday if question.fact == fact_id), {})

    def chart_range(self, fact_id: str) -> tuple[float, float] | None:
        return next(((one.low, one.high) for one in self.chart_ranges if one.fact == fact_id), None)

    def doubt(self, fact_id: str) -> AskedAgain | None:
        return next((one for one in self.asked_again if one.fact == fact_id), None)


def load_diary_questions(folder: Path, vocabulary: Vocabulary, references: References) -> DiaryQuestions:
    """Load `content/diary/`; every mistake is an error with file and line."""
    name = "diary/questions.yaml"
    keys = ("everyday", "more", "asked_again", "charts", "chart_ranges", "weight_loss")
    block = require_keys(read(folder / "questions.yaml", name), keys, Place(name, 1))
    everyday = tuple(_everyday(row, place, vocabulary) for row, place in _rows(block, "everyday"))
    more = tuple(_group(row, place, vocabulary) for row, place in _rows(block, "more"))
    asked = [question.fact for question in everyday] + [fact for group in more for fact in group.facts]
    twice = next((fact for fact in asked if asked.count(fact) > 1), None)
    if twice is not None:
        raise Place(name, 1).error(f"'{twice}' is asked twice")
    charts = tuple(_fact(fact, block.at("charts"), vocabulary).id for fact in texts_at(block, "charts"))
    for fact in charts:
        if vocabulary[fact].kind != "number" and not vocabulary[fact].ordered:
            raise block.at("charts").error(f"'{fact}' has no order that a chart could show")
    window = require_keys(block["weight_loss"], ("at_least_days", "about_days", "at_most_days"), block.at("weight_loss"))
    return DiaryQuestions(
        everyday=everyday,
        more=more,
        side_effects=_side_effects(folder / "side_effects.yaml", vocabulary, references),
        asked_again=tuple(_asked_again(row, place, vocabulary) for row, place in _rows(block, "asked_again")),
        charts=charts,
        chart_ranges=tuple(_chart_range(row, place, charts, vocabulary, references) for row, place in _rows(block, "chart_ranges")),
        weight_loss=WeightWindow(*(number_at(window, key) for key in ("at_least_days", "about_days", "at_most_days"))),
    )


def _rows(block: Block, key: str) -> list[tuple[Any, Place]]:
    rows = rows_at(block, key)
    return list(zip(rows, rows.places, strict=True))


def _fact(fact_id: str, place: Place, vocabulary: Vocabulary) -> FactDefinition:
    definition = vocabulary.require(fact_id, place)
    if definition.kind not in ("number", "choice", "yes_no"):
        raise place.error(f"'{fact_id}' cannot be asked in the diary: only numbers, choices and yes or no can")
    return definition


def _facts(block: Block, vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(_fact(fact, block.at("facts"), vocabulary).id for fact in texts_at(block, "facts"))


def _everyday(row: Any, place: Place, vocabulary: Vocabulary) -> EverydayQuestion:
    block = require_keys(row, ("fact", "title", "ask", "words"), place)
    definition = _fact(text_at(block, "fact"), block.at("fact"), vocabulary)
    words: dict[str, str] = {}
    if definition.kind == "choice":
        texts = texts_at(block, "words")
        if len(texts) != len(definition.choices):
            raise block.at("words").error(f"{definition.id} has {len(definition.choices)} choices, and {len(texts)} words stand here")
        words = dict(zip(definition.choices, texts, strict=True))
    elif block["words"] is not None:
        raise block.at("words").error(f"{definition.id} has no choices; 'words' is null")
    return EverydayQuestion(definition.id, text_at(block, "title"), text_at(block, "ask"), words)


def _group(row: Any, place: Place, vocabulary: Vocabulary) -> QuestionGroup:
    block = require_keys(row, ("id", "title", "intro", "facts"), place)
    return QuestionGroup(text_at(block, "id"), text_at(block, "title"), text_at(block, "intro"), _facts(block, vocabulary))


def _asked_again(row: Any, place: Place, vocabulary: Vocabulary) -> AskedAgain:
    keys = ("below", "above", "change_percent", "days")
    block = require_keys(row, ("fact", *keys), place)
    definition = _fact(text_at(block, "fact"), block.at("fact"), vocabulary)
    if definition.kind != "number":
        raise block.at("fact").error(f"'{definition.id}' is no number")
    limits = [None if block[key] is None else number_at(block, key) for key in keys]
    if (limits[2] is None) != (limits[3] is None):
        raise place.error("'change_percent' and 'days' belong together")
    return AskedAgain(definition.id, *limits)


def _chart_range(row: Any, place: Place, charts: tuple[str, ...], vocabulary: Vocabulary, references: References) -> ChartRange:
    block = require_keys(row, ("fact", "low", "high", "cites"), place)
    definition = _fact(text_at(block, "fact"), block.at("fact"), vocabulary)
    if definition.kind != "number" or definition.id not in charts:
        raise block.at("fact").error(f"'{definition.id}' is no number with a chart")
    low, high = number_at(block, "low"), number_at(block, "high")
    if not definition.lowest <= low < high <= definition.highest:
        raise block.at("low").error(f"the range lies between {definition.lowest:g} and {definition.highest:g}, 'low' below 'high'")
    return ChartRange(definition.id, low, high, references.require(texts_at(block, "cites"), block.at("cites")))


def _side_effects(path: Path, vocabulary: Vocabulary, references: References) -> tuple[SideEffects, ...]:
    name = f"diary/{path.name}"
    block = require_keys(read(path, name), ("classes",), Place(name, 1))
    found = []
    for row, place in _rows(block, "classes"):
        part = require_keys(row, ("class", "title", "intro", "within_days", "facts", "cites"), place)
        drug_class = text_at(part, "class")
        if vocabulary.drugs.members(drug_class) is None:
            raise part.at("class").error(f"'{drug_class}' is no drug or class of drugs.{nearest(drug_class, vocabulary.drugs.classes)}")
        cites = references.require(texts_at(part, "cites"), part.at("cites"))
        if not cites:
            raise part.at("cites").error("side effects need at least one reference")
        within_days = None if part["within_days"] is None else number_at(part, "within_days")
        found.append(SideEffects(drug_class, text_at(part, "title"), text_at(part, "intro"), within_days, _facts(part, vocabulary), cites))
    if not found:
        raise WaylineError(f"{name}: no side effects were found")
    return tuple(found)
