"""Asking for facts in a web form: fields from the vocabulary, answers back into the form of a case file.

Every answer goes through the same reader as a case file. What cannot be read is kept as a draft beside its error, so that nothing that was
typed is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from django.http import QueryDict

from wayline.diary.trends import unit_words
from wayline.facts.case import FactReader
from wayline.facts.courses import ENDINGS, INTENTS, RESPONSES
from wayline.facts.findings import Told
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.facts.written_days import case_day
from wayline.logic.wording import date_in_words, unit_in_words
from wayline.reading import Place, WaylineError, parse
from wayline.report import told_json
from wayline.web.vault import TOLD_IN_DIARY

COURSE_ROWS = 4
COURSE_FIELDS = ("drugs", "intent", "start", "end", "ended_because", "best_response")
COURSE_WORDS = {
    "intent": dict(zip(INTENTS, ("around surgery", "meant to cure, such as chemoradiation", "for cancer that has spread"), strict=True)),
    "ended_because": dict(zip(ENDINGS, ("the cancer grew", "side effects", "it was completed", "another reason"), strict=True)),
    "best_response": dict(zip(RESPONSES, ("could no longer be seen", "shrank", "stayed about the same", "grew"), strict=True)),
}
NOT_KNOWN = ""
_COMPARISON = re.compile(r"\s*(<=|>=|<|>|≤|≥|=)?\s*([-+]?[0-9][0-9., ]*)\s*(\+)?\s*")
TAKEN_UNIT = "the unit follows from the number"  # the source of a number whose unit nobody chose
_BARE_POINT = re.compile(r"(?<![0-9.,])[.](?=[0-9])")  # ".9" as reports print it
# A blank or comma parts thousands only where groups of three follow: "1,200", never "2 3" or "0,700".
_THOUSANDS = re.compile(r"[-+]?[1-9][0-9]{0,2}(?:([ ,])[0-9]{3})(?:\1[0-9]{3})*(?:\.[0-9]+)?")
_BOUND_OF_SIGN = {"<": "below", "<=": "at_most", "≤": "at_most", ">": "above", ">=": "at_least", "≥": "at_least"}
_WORDS_FOR_SIGNS = (("at least", ">="), ("at most", "<="), ("more than", ">"), ("less than", "<"), ("over", ">"), ("under", "<"))


@dataclass
class Field:
    """One question with its answer as it stands: `raw` holds strings by part name ("", "unit", "date", "drugs-0", ...)."""

    definition: FactDefinition
    raw: dict[str, str]
    error: str | None = None
    note: str | None = None

    @property
    def id(self) -> str:
        return self.definition.id

    @property
    def html_id(self) -> str:
        return self.definition.id.replace(".", "-")

    @property
    def shown(self) -> str:
        """The answer as the page shows it, to be sent back with the form."""
        return json.dumps(self.raw)

    @property
    def value(self) -> str:
        return self.raw.get("", NOT_KNOWN)

    @property
    def usual_unit(self) -> str:
        return unit_in_words(self.definition)

    @property
    def units(self) -> list[tuple[str, str, bool]]:
        """(unit, words, chosen) of each unit. Where the number itself tells its unit, none is chosen for somebody who has told none."""
        definition = self.definition
        if not definition.other_units:
            return []
        unit = self.raw.get("unit", "") or ("" if number_tells_unit(definition) else definition.unit or "")
        shown = [(one, unit_words(one), one == unit) for one in units_of(definition)]
        return [("", "unit", not unit), *shown] if number_tells_unit(definition) else shown

    @property
    def date(self) -> str:
        return self.raw.get("date", "")

    @property
    def asks_date(self) -> bool:
        """Results grow old, so their day matters; how somebody feels is of today."""
        return (
            self.definition.kind == "number"
            and self.definition.valid_for_days is not None
            and self.definition.group in ("labs", "liver", "condition")
        )

    @property
    def is_upper_limit(self) -> bool:
        return self.definition.id.endswith("_uln")

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(value, words, chosen) of each choice."""
        if self.definition.kind == "yes_no":
            pairs = [("yes", "Yes"), ("no", "No")]
        else:
            pairs = [(choice.value, _capital(choice.words)) for choice in self.definition.choices.values()]
        return [(value, words, self.value == value) for value, words in pairs]

    @property
    def ranked(self) -> list[tuple[int, str]]:
        """(place, chosen value) of each place in an ordered list of wishes."""
        return [(place, self.raw.get(f"{place}", "")) for place in range(1, 4)]

    @property
    def courses(self) -> list[dict[str, Any]]:
        """The rows of treatments, each with its parts and their choices."""
        rows = []
        for row in range(COURSE_ROWS):
            parts: dict[str, Any] = {part: self.raw.get(f"{part}-{row}", "") for part in COURSE_FIELDS}
            selects = {part: [(value, text, parts[part] == value) for value, text in words.items()] for part, words in COURSE_WORDS.items()}
            rows.append({"number": row + 1, "row": row, **parts, "selects": selects, "shown": any(parts.values())})
        return rows

    @property
    def more_courses(self) -> list[str]:
        """Treatments that the rows cannot show, in words: procedures, and courses beyond the last row."""
        return [
            ", ".join(map(str, _drugs_of(item) or [str(item.get("procedure", "")).replace("_", " ")]))
            + (f", from {item['start']}" if item.get("start") else "")
            for _, item in _placed_courses(self.raw.get("more", ""))
        ]

    @property
    def complete(self) -> bool:
        return self.raw.get("complete", "") == "yes"


@dataclass
class Answers:
    """What a submitted page gives: facts in case-file form (None = not known any more), drafts and errors by fact."""

    facts: dict[str, Any] = field(default_factory=dict)
    drafts: dict[str, dict[str, str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def situation_from(facts: Mapping[str, Any], vocabulary: Vocabulary, today: date) -> Situation:
    """The situation that the vault's facts tell, as of today.

    A fact that can no longer be read (the vocabulary has changed) is not known; `no_longer_read` names it for the visitor.
    """
    reader = FactReader(vocabulary, today)
    told: dict[str, Told] = {}
    for fact_id, raw in facts.items():
        if fact_id in vocabulary:
            try:
                answer = read_answer(reader, vocabulary[fact_id], raw)
            except WaylineError:
                continue
            if answer is not None:
                told[fact_id] = answer
    return Situation(vocabulary, today, told)


def no_longer_read(facts: Mapping[str, Any], situation: Situation) -> list[str]:
    """The labels of stored facts that this version cannot read any more, so that nothing is dropped in silence."""
    lost = [fact_id for fact_id in facts if fact_id not in situation.told]
    return [situation.vocabulary[fact_id].label if fact_id in situation.vocabulary else fact_id for fact_id in lost]


def fields_for(
    fact_ids: Iterable[str], facts: Mapping[str, Any], drafts: Mapping[str, Any], vocabulary: Vocabulary, today: date
) -> list[Field]:
    """The fields of a page, filled with what was told before."""
    reader = FactReader(vocabulary, today)
    fields = []
    for fact_id in fact_ids:
        definition = vocabulary[fact_id]
        if fact_id in drafts:
            raw = {part: text for part, text in drafts[fact_id].items() if part != TOLD_IN_DIARY}
            fields.append(Field(definition, raw, _error_of(reader, definition, raw, today)))
        else:
            fields.append(_filled(definition, facts.get(fact_id), reader))
    return fields


def answers_from(
    post: QueryDict,
    fact_ids: Iterable[str],
    facts: Mapping[str, Any],
    vocabulary: Vocabulary,
    today: date,
    objection: Callable[[FactDefinition, Mapping[str, str], Told | None], str | None] | None = None,
) -> Answers:
    """Read a submitted page. An answer that was left as it stood keeps its day; a new one gets today's.

    `objection` may ask about an answer that can be read: its words stand beside the answer, which waits as a draft.
    """
    reader = FactReader(vocabulary, today)
    answers = Answers()
    for fact_id in fact_ids:
        definition = vocabulary[fact_id]
        raw = _submitted(post, definition)
        if raw is None or raw == _shown(post, definition, facts, reader):
            continue
        try:
            case_form = _case_form(definition, raw, today)
            told = read_answer(reader, definition, case_form)
            question = objection(definition, raw, told) if objection is not None else None
            if question is None:
                answers.facts[fact_id] = case_form
            else:
                answers.drafts[fact_id] = raw
                answers.errors[fact_id] = question
        except WaylineError as error:
            answers.drafts[fact_id] = raw
            answers.errors[fact_id] = friendly(definition, error)
    return answers


def told_by(definition: FactDefinition, raw: Mapping[str, str], today: date, vocabulary: Vocabulary) -> Told | None:
    """What the parts of one field tell; raises WaylineError where they cannot be read."""
    return read_answer(FactReader(vocabulary, today), definition, _case_form(definition, dict(raw), today))


def _error_of(reader: FactReader, definition: FactDefinition, raw: dict[str, str], today: date) -> str | None:
    try:
        read_answer(reader, definition, _case_form(definition, raw, today))
    except WaylineError as error:
        return friendly(definition, error)
    return None


def read_answer(reader: FactReader, definition: FactDefinition, case_form: Any) -> Told | None:
    parsed = parse(json.dumps({"answer": case_form}), "answer")
    return reader.read(definition, parsed["answer"], Place("answer", 1), parsed.spelling["answer"])


def friendly(definition: FactDefinition, error: WaylineError) -> str:
    text = error.message.removeprefix(f"{definition.id}: ").replace(" Cel", " °C").replace(" degF", " °F")
    return _capital(text.replace(definition.id, definition.label)) + ("" if text.endswith((".", "?")) else ".")


def units_of(definition: FactDefinition) -> list[str]:
    """The units that a number may be told in; the usual one first."""
    return [definition.unit or "", *(one.unit for one in definition.other_units)] if definition.other_units else []


def units_possible(definition: FactDefinition, number: float) -> list[str]:
    """The units in which a number would be possible."""
    to_usual = {one.unit: one.to_usual for one in definition.other_units}
    return [unit for unit in units_of(definition) if definition.lowest <= to_usual.get(unit, float)(number) <= definition.highest]


def unit_told_by(definition: FactDefinition, text: str) -> str | None:
    """The only unit in which what was typed is possible: 102.9 is a temperature in °F. None where there are several, or none."""
    try:
        numbers = number_form(text).values()
    except WaylineError:
        return None
    possible = units_possible(definition, next(iter(numbers)))
    return possible[0] if len(possible) == 1 else None


def number_tells_unit(definition: FactDefinition) -> bool:
    """Whether no number is possible in two of the units, as with a temperature."""
    ranges = [(definition.lowest, definition.highest)]
    ranges += [(one.from_usual(definition.lowest), one.from_usual(definition.highest)) for one in definition.other_units]
    ordered = sorted(ranges)
    return len(ordered) > 1 and all(low[1] < high[0] for low, high in pairwise(ordered))


def taken_unit(form: Any, definition: FactDefinition) -> str:
    """The sentence on a unit that nobody chose; empty where somebody did."""
    if not isinstance(form, Mapping) or not str(form.get("source", "")).endswith(TAKEN_UNIT):
        return ""
    return f"Taken as {unit_words(form.get('unit') or definition.unit)}. Change it if that is wrong."


def likely_forms(definition: FactDefinition, raw: Mapping[str, str], today: date, vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """What an answer that waits for its correction may mean, as case forms: in each of the units, or with the decimal point forgotten.

    Only for numbers. Never stored: flags are tried with each, so that an unclear answer lowers no alarm.
    """
    if definition.kind != "number":
        return []
    try:
        typed = number_form(raw.get("", ""))
    except WaylineError:
        return []
    ((bound, number),) = typed.items()
    dated = {"date": raw.get(TOLD_IN_DIARY) or raw.get("date") or today.isoformat()}
    units = {one: {"unit": one} if one != definition.unit else {} for one in units_of(definition) or [definition.unit or ""]}
    for scaled in (number, number / 10):
        forms = [{bound: scaled} | unit | dated for unit in units.values()]
        readable = [form for form in forms if _is_readable(definition, form, today, vocabulary)]
        if readable:
            return readable
    return []


def _is_readable(definition: FactDefinition, form: Any, today: date, vocabulary: Vocabulary) -> bool:
    try:
        return read_answer(FactReader(vocabulary, today), definition, form) is not None
    except WaylineError:
        return False


def _shown(post: QueryDict, definition: FactDefinition, facts: Mapping[str, Any], reader: FactReader) -> dict[str, str]:
    """What the page showed when it was opened, so that a page left open for long overwrites nothing newer that it never touched."""
    try:
        shown = json.loads(post.get(f"was:{definition.id}", ""))
    except (ValueError, RecursionError):
        shown = None
    return shown if isinstance(shown, dict) else _filled(definition, facts.get(definition.id), reader).raw


def _submitted(post: QueryDict, definition: FactDefinition) -> dict[str, str] | None:
    """The parts of one field as they were sent, without empty ones; None for a field that was not on the page."""
    prefix = f"{definition.id}:"
    names = {part: name for name in post for part in [_part(name, definition.id, prefix)] if part is not None}
    if not names:
        return None
    raw = {part: value for part, name in names.items() if (value := str(post.get(name, "")).strip())}
    if set(raw) == {"unit"} or set(raw) == {"unit", "date"}:
        return {}  # a unit alone says nothing
    return raw


def _part(name: str, fact_id: str, prefix: str) -> str | None:
    return "" if name == fact_id else name.removeprefix(prefix) if name.startswith(prefix) else None


def _case_form(definition: FactDefinition, raw: dict[str, str], today: date) -> Any:
    """A field's parts as a case file would write them; None for "I do not know"."""
    value = raw.get("", NOT_KNOWN)
    match definition.kind:
        case "number":
            if not value:
                return None
            form: dict[str, Any] = number_form(value)
            unit = raw.get("unit") or unit_told_by(definition, value)
            if unit and unit != definition.unit:
                form["unit"] = unit
            if unit and not raw.get("unit"):
                form["source"] = TAKEN_UNIT
        case "courses":
            return _courses_form(raw)
        case "choice_list":
            ranked = list(dict.fromkeys(raw[place] for place in ("1", "2", "3") if raw.get(place)))
            return ranked or None
        case _:
            if not value:
                return None
            form = {"value": case_day(value) if definition.kind == "date" else value}
    if raw.get("date"):
        form["date"] = case_day(raw["date"])
    elif definition.valid_for_days is not None:
        form["date"] = today.isoformat()
    return form


def number_form(text: str) -> dict[str, Any]:
    """`2.4`, `<10`, `at least 3`, `10+` and `1,200` as a case file writes them."""
    signed = text.lower()
    for words, sign in _WORDS_FOR_SIGNS:
        signed = signed.replace(words, sign)
    signed = _BARE_POINT.sub("0.", signed)
    match = _COMPARISON.fullmatch(signed)
    digits = match[2].strip() if match else ""
    if _THOUSANDS.fullmatch(digits):
        digits = re.sub("[ ,]", "", digits)
    digits = digits.replace(",", ".")
    if match is None or (match[1] and match[3]) or not re.fullmatch(r"[-+]?[0-9]{1,15}(\.[0-9]{1,9})?", digits):
        raise Place("answer", 1).error("write a number, such as 2.4. You can also write <10 or >5. Leave it empty if you do not know")
    number = float(digits)
    bound = "at_least" if match[3] else _BOUND_OF_SIGN.get(match[1] or "=")
    return {"value": number} if bound is None else {bound: number}


def _courses_form(raw: dict[str, str]) -> Any:
    rows = []
    for row in range(COURSE_ROWS):
        parts = {part: raw.get(f"{part}-{row}", "") for part in COURSE_FIELDS}
        if not any(parts.values()):
            continue
        names = [name.strip() for name in re.split(r"[,;+/\n]| and ", parts.pop("drugs")) if name.strip()]
        if not names:
            raise Place("answer", 1).error(f"treatment {row + 1}: write the names of the drugs, as far as you know them")
        rows.append(
            {"drugs": names} | {part: case_day(value) if part in ("start", "end") else value for part, value in parts.items() if value}
        )
    placed = [] if raw.get("without_more") == "yes" else _placed_courses(raw.get("more", ""))
    for place, item in placed:
        rows.insert(min(place, len(rows)), item)
    if raw.get("") == "none":
        if rows:
            raise Place("answer", 1).error("“none so far” is chosen, but a treatment is filled in. Please change one of them")
        return []
    if not rows:
        # Something was given, but nobody knows what: an incomplete list, which says no to nothing.
        return {"items": [], "complete": False} if raw.get("") == "some" else None
    return {"items": rows, "complete": raw.get("complete") == "yes"}


def _drugs_of(item: Mapping[str, Any]) -> list[Any]:
    drugs = item.get("drugs")
    return drugs if isinstance(drugs, list) else []


def _placed_courses(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Treatments that a record brought and the rows cannot show, with their places in the list: the form carries them along unchanged."""
    try:
        listed = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    rows = listed if isinstance(listed, list) else []
    return [
        (row[0], row[1]) for row in rows if isinstance(row, list) and len(row) == 2 and isinstance(row[0], int) and isinstance(row[1], dict)
    ]


def _filled(definition: FactDefinition, stored: Any, reader: FactReader) -> Field:
    """A field filled from a stored fact. What has gone stale is shown as a note and asked anew."""
    if stored is None:
        return Field(definition, {})
    try:
        told = read_answer(reader, definition, stored)
    except WaylineError:
        return Field(definition, {})
    if told is None:
        return Field(definition, {})
    form = stored if isinstance(stored, dict) else {"value": stored}
    raw: dict[str, str] = {}
    match definition.kind:
        case "number":
            raw = {"": _number_text(form)}
            if form.get("unit"):
                raw["unit"] = str(form["unit"])
            elif definition.other_units and definition.unit:
                raw["unit"] = definition.unit
        case "courses":
            raw = _courses_raw(form)
        case "choice_list":
            raw = {str(place): str(item) for place, item in enumerate(stored, 1)}
        case "yes_no":
            raw = {"": "yes" if told.value is True else "no"}
        case _:
            raw = {"": str(told_json(definition, told))}
    filled = Field(definition, raw, note=taken_unit(stored, definition) or None)
    if filled.asks_date and form.get("date"):
        raw["date"] = str(form["date"])
    if definition.valid_for_days is None or told.date is None or _age(told.date, reader.as_of) <= definition.valid_for_days:
        return filled
    if not filled.asks_date:
        filled.note = f"You answered this on {date_in_words(told.date)}. It may have changed, so please answer again."
        filled.raw = {}
    else:
        filled.note = f"This result is from {date_in_words(told.date)}. A newer one is needed for the treatment choices."
    return filled


def _age(dated: DateRange, today: date) -> int:
    return (today - dated.first).days


def _number_text(form: Mapping[str, Any]) -> str:
    for sign, bound in (("", "value"), ("<", "below"), ("<=", "at_most"), (">", "above"), (">=", "at_least")):
        if bound in form:
            return f"{sign}{float(form[bound]):.9f}".rstrip("0").rstrip(".")
    return ""


def _courses_raw(form: Mapping[str, Any]) -> dict[str, str]:
    items = form["value"] if "value" in form else form.get("items", [])
    if not items:
        return {"": "none" if form.get("complete", True) else "some"}
    raw = {"": "some"}
    shown = [place for place, item in enumerate(items) if item.get("drugs") and not item.get("procedure")][:COURSE_ROWS]
    more = [[place, item] for place, item in enumerate(items) if place not in shown]
    if more:
        raw["more"] = json.dumps(more)
    for row, item in enumerate(items[place] for place in shown):
        raw[f"drugs-{row}"] = ", ".join(item.get("drugs", []))
        raw |= {f"{part}-{row}": str(item[part]) for part in COURSE_FIELDS[1:] if item.get(part)}
    if form.get("complete", True):
        raw["complete"] = "yes"
    return raw


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
