"""The page of one day in the diary: its questions in groups, the answers in it, and what is asked about once more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from wayline.diary.log import Day, Entries, read_days
from wayline.diary.trends import answer_in_words, unit_words
from wayline.facts.findings import Told
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.library import library
from wayline.logic.wording import date_in_words
from wayline.reading import WaylineError
from wayline.web.asking import (
    Answers,
    Field,
    answers_from,
    fields_for,
    friendly,
    number_form,
    told_by,
    unit_told_by,
    units_of,
    units_possible,
)
from wayline.web.vault import TOLD_IN_DIARY

SHOWN = "shown"  # one hidden field says what the whole page showed


@dataclass(frozen=True)
class DiaryField:
    """A question of the diary. `asks_sure`: the number is possible but unlikely, and one tick keeps it."""

    field: Field
    title: str
    ask: str
    hint: str
    choices: tuple[tuple[str, str, bool], ...]
    units: tuple[tuple[str, str, bool], ...]
    asks_sure: bool

    @property
    def definition(self) -> FactDefinition:
        return self.field.definition

    @property
    def error(self) -> str | None:
        return self.field.error

    @property
    def note(self) -> str | None:
        return self.field.note

    @property
    def html_id(self) -> str:
        return self.field.html_id


@dataclass(frozen=True)
class FoldedGroup:
    """Questions that are folded together; `also` names signs of the group that are asked further up. Open where something is told."""

    id: str
    title: str
    intro: str
    fields: tuple[DiaryField, ...]
    also: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class DayPage:
    """Everything that the page of one day asks. `shown` is to be sent back with the form."""

    everyday: tuple[DiaryField, ...]
    groups: tuple[FoldedGroup, ...]
    shown: str
    wrong: tuple[DiaryField, ...] = field(default=())


class Doubts:
    """Answers that are asked about: a number without its unit, and one that is possible but unlikely."""

    def __init__(self, entries: Entries, day: date) -> None:
        before = [one for one in read_days(entries, library().vocabulary) if one.date < day]
        self._before: Sequence[Day] = before
        self._day = day

    def __call__(self, definition: FactDefinition, raw: Mapping[str, str], told: Told | None) -> str | None:
        if told is None or definition.kind != "number":
            return None
        if definition.other_units and not _unit_of(definition, raw):
            return f"Choose the unit: {' or '.join(unit_words(unit) for unit in _units(definition))}."
        return None if raw.get("sure") else self.unlikely(definition, raw, told)

    def unlikely(self, definition: FactDefinition, raw: Mapping[str, str], told: Told) -> str | None:
        """The question about an unlikely number, or None."""
        doubt, value = library().diary.doubt(definition.id), told.value
        if doubt is None or not isinstance(value, NumberRange):
            return None
        written = f"{raw.get('', '')} {unit_words(_unit_of(definition, raw) or definition.unit)}".strip()
        if (doubt.below is not None and value.low < doubt.below) or (doubt.above is not None and value.high > doubt.above):
            return f"{written} is unusual. {_guess(definition, raw)}Is it right?"
        if doubt.change_percent is None or doubt.days is None:
            return None
        last = next((one for one in reversed(self._before) if definition.id in one.told), None)
        known = last.told[definition.id].value if last is not None else None
        if last is None or not isinstance(known, NumberRange) or (self._day - last.date).days > doubt.days or known.low <= 0:
            return None
        if abs(value.low - known.low) / known.low * 100 <= doubt.change_percent:
            return None
        before = answer_in_words(definition, last, {})
        return f"It was {before} on {date_in_words(DateRange.exactly(last.date))}, and now {written}. Is it right?"


def error_of(definition: FactDefinition, raw: Mapping[str, str], doubts: Doubts, day: date) -> str | None:
    """What is asked or wrong about an answer as it was typed."""
    try:
        told = told_by(definition, raw, day, library().vocabulary)
    except WaylineError as error:
        return f"{friendly(definition, error).split(' Was it ')[0]} {_guess(definition, raw)}".strip()
    return doubts(definition, raw, told)


def _guess(definition: FactDefinition, raw: Mapping[str, str]) -> str:
    """`Did you mean 101 °F? `, where the number makes sense in another unit only, or with the decimal point that was forgotten."""
    try:
        number = number_form(raw.get("", "")).get("value")
    except WaylineError:
        return ""
    if number is None:
        return ""
    doubt = library().diary.doubt(definition.id)
    low = definition.lowest if doubt is None or doubt.below is None else doubt.below
    high = definition.highest if doubt is None or doubt.above is None else doubt.above
    told_in = _unit_of(definition, raw)
    to_usual = {one.unit: one.to_usual for one in definition.other_units}
    for unit in _units(definition):
        if unit != told_in and low <= to_usual.get(unit, float)(number) <= high:
            return f"Did you mean {number:g} {unit_words(unit)}? "
    if units_possible(definition, number):
        return ""
    for unit in [told_in] if told_in else _units(definition):
        if low <= to_usual.get(unit, float)(number / 10) <= high:
            return f"Did you mean {number / 10:g} {unit_words(unit)}? "
    return ""


def _units(definition: FactDefinition) -> list[str]:
    """The units that a number may be told in, as the people of the United States would look for them."""
    usual, *others = units_of(definition) or [""]
    return [*others, usual] if others else []


def _unit_of(definition: FactDefinition, raw: Mapping[str, str]) -> str | None:
    """The unit that was chosen, or the only one in which the number is possible."""
    return raw.get("unit") or unit_told_by(definition, raw.get("", ""))


def answers_of(post: QueryDict, entry_facts: Mapping[str, Any], doubts: Doubts, day: date) -> Answers:
    """The answers of a sent page, each read; what cannot be read, or is asked about, stands among the drafts with its words."""
    content = library()
    sent = post.copy()
    try:
        shown = json.loads(post.get(SHOWN, ""))
    except (ValueError, RecursionError):
        shown = None
    if isinstance(shown, dict):
        for fact_id in content.diary.facts:
            sent[f"was:{fact_id}"] = json.dumps(shown.get(fact_id, {}))
    answers = answers_from(sent, content.diary.facts, entry_facts, content.vocabulary, day, doubts)
    for fact_id, raw in list(answers.drafts.items()):
        answers.errors[fact_id] = error_of(content.vocabulary[fact_id], raw, doubts, day) or answers.errors[fact_id]
        answers.drafts[fact_id] = raw | {TOLD_IN_DIARY: day.isoformat()}
    return answers


def entry_form(form: Any) -> Any:
    """An answer as an entry keeps it: the entry has the day, so the answer does not repeat it."""
    if not isinstance(form, Mapping):
        return form
    kept = {key: value for key, value in form.items() if key != "date"}
    return kept["value"] if set(kept) == {"value"} else kept


def day_page(entries: Entries, entry_facts: Mapping[str, Any], drafts: Mapping[str, Any], situation: Situation, day: date) -> DayPage:
    """The page of one day, filled with its entry; nothing is taken over from other days."""
    content = library()
    questions = content.diary
    doubts = Doubts(entries, day)
    units = _units_used(entries)

    def field_of(fact_id: str, title: str = "", ask: str = "", words: Mapping[str, str] | None = None) -> DiaryField:
        (filled,) = fields_for([fact_id], entry_facts, drafts, content.vocabulary, day)
        return _diary_field(filled, title, ask, words or {}, units, fact_id in drafts, doubts, day)

    everyday = tuple(field_of(one.fact, one.title, one.ask, one.words) for one in questions.everyday)
    placed = {one.definition.id: one for one in everyday}
    groups = []
    for group_id, title, intro, facts in _groups(situation):
        fields = tuple(field_of(fact_id) for fact_id in facts if fact_id not in placed)
        also = tuple(content.vocabulary[fact_id].label for fact_id in facts if fact_id in placed)
        placed |= {one.definition.id: one for one in fields}
        if fields:
            is_open = any(one.field.raw or one.error for one in fields)
            groups.append(FoldedGroup(group_id, title, intro, fields, also, is_open))
    shown = {fact_id: one.field.raw for fact_id, one in placed.items() if one.field.raw}
    wrong = tuple(one for one in placed.values() if one.error)
    return DayPage(everyday, tuple(groups), json.dumps(shown), wrong)


def _groups(situation: Situation) -> Iterable[tuple[str, str, str, tuple[str, ...]]]:
    """Signs that cannot wait; side effects of drugs that somebody had or may have had; the rest."""
    questions = library().diary
    first, *rest = questions.more
    yield first.id, first.title, first.intro, first.facts
    for effects in questions.side_effects:
        if effects.may_concern(situation):
            yield effects.drug_class, effects.title, effects.intro, effects.facts
    for group in rest:
        yield group.id, group.title, group.intro, group.facts


def _diary_field(
    filled: Field, title: str, ask: str, words: Mapping[str, str], units: Callable[[str], str], waits: bool, doubts: Doubts, day: date
) -> DiaryField:
    definition = filled.definition
    asks_sure = False
    if waits:
        filled.error = error_of(definition, filled.raw, doubts, day)
        asks_sure = filled.error is not None and filled.error.endswith("Is it right?")
    unit = (_unit_of(definition, filled.raw) or "") if filled.value else units(definition.id)
    return DiaryField(
        field=filled,
        title=title or definition.label,
        ask=ask or definition.question,
        hint="" if words else definition.where,
        choices=tuple((value, words.get(value, text), chosen) for value, text, chosen in filled.choices),
        units=tuple((one, unit_words(one), one == unit) for one in _units(definition)),
        asks_sure=asks_sure,
    )


def _units_used(entries: Entries) -> Callable[[str], str]:
    """The unit in which each number was told last; nothing is chosen for somebody's first entry."""

    def used(fact_id: str) -> str:
        forms = (entry["facts"].get(fact_id) for entry in reversed(entries))
        last = next((form for form in forms if form is not None), None)
        unit = last.get("unit") if isinstance(last, Mapping) else None
        return "" if last is None else str(unit or library().vocabulary[fact_id].unit)

    return used
