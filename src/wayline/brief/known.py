"""What is known of a person, in the few rows of the printed sheet, from `content/sheet.yaml`.

Told, told as no, and not known are three different things here, and never run into each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from wayline.facts.courses import Course
from wayline.facts.findings import CONFLICT, STALE, Finding
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary, within_a_sentence
from wayline.guide.sheet_plan import RowPlan, SheetPlan
from wayline.logic.wording import finding_in_words, value_in_words

_NONE = frozenset({"none"})
_LONGEST_TYPED = 60
_MOST_COURSES = 3
NOT_TOLD = "not told"
INTENT_WORDS = {"perioperative": "around surgery", "definitive": "meant to cure", "palliative": "for cancer that has spread"}
ENDING_WORDS = {
    "progression": "ended because the cancer grew",
    "toxicity": "ended because of side effects",
    "completed": "completed",
    "other": "ended for another reason",
}
RESPONSE_WORDS = {
    "complete": "on it the cancer could no longer be seen",
    "partial": "on it the cancer shrank",
    "stable": "on it the cancer stayed about the same",
    "progression": "on it the cancer grew",
}


@dataclass(frozen=True)
class Row:
    """One row in words: what is told, what is told as yes, as no, and what is not known. Each holds phrases without a full stop."""

    title: str
    told: tuple[str, ...]
    yes: tuple[str, ...]
    noes: tuple[str, ...]
    missing: tuple[str, ...]
    keeps_noes: bool


@dataclass(frozen=True)
class BloodTest:
    """One result: the test, the value with its unit, the range that the lab prints, and the day."""

    title: str
    result: str
    range: str
    day: str


def rows_of(situation: Situation, plan: SheetPlan) -> tuple[Row, ...]:
    """Every row that has something to say."""
    rows = [_row(situation, row, plan) for row in plan.rows]
    return tuple(row for row in rows if row.told or row.yes or row.noes or row.missing)


def _row(situation: Situation, row: RowPlan, plan: SheetPlan) -> Row:
    told: list[tuple[str, DateRange | None]] = []
    yes: list[str] = []
    noes: list[str] = []
    missing: list[str] = []
    is_asked = row.unless_no is None or situation.value(row.unless_no) is not False
    for fact_id in row.facts:
        definition, finding = situation.vocabulary[fact_id], situation.finding(fact_id)
        label, name = plan.label(definition), plan.name(definition)
        if is_told(finding):
            if finding.state not in (STALE, CONFLICT) and finding.shown is True:
                yes.append(name)
            elif finding.state not in (STALE, CONFLICT) and (finding.shown is False or finding.shown == _NONE):
                noes.append(name)
            elif definition.kind == "courses":
                told += [(phrase, None) for phrase in _history(situation, finding.shown)]
            else:
                told.append(_phrase(situation, definition, finding, label))
        elif is_asked and fact_id in row.missing:
            missing.append(name)
    if len(row.facts) == len(missing) == 1:
        missing = [""]  # the row's title says it
    return Row(row.title, tuple(_with_days(told)), tuple(yes), tuple(noes), tuple(missing), row.keeps_noes)


def is_told(finding: Finding) -> bool:
    """Whether there is something to show; a lab told only against its limit has no value of its own."""
    return finding.shown is not None or (finding.told is not None and finding.told.times_uln is not None)


def _with_days(told: list[tuple[str, DateRange | None]]) -> list[str]:
    """Each phrase with its day; a day that several phrases in a row share stands once, and says of how many."""
    words = []
    for day, phrases in groupby(told, key=lambda one: one[1]):
        texts = [phrase for phrase, _ in phrases]
        if day is not None:
            texts[-1] += f" ({'' if len(texts) == 1 else f'these {len(texts)}: '}{short_day(day)})"
        words += texts
    return words


def _phrase(situation: Situation, definition: FactDefinition, finding: Finding, label: str) -> tuple[str, DateRange | None]:
    """`Largest liver tumor: 2.4 cm` and its day, where the day matters; without a label where the row's title says it."""
    lead = f"{label}: " if label else ""
    words = finding_in_words(definition, finding)
    if finding.state == STALE:
        return f"{lead}{words.removesuffix(f' ({finding.why})')} (of {short_day(finding.date)}: needs a newer result)", None
    if finding.state == CONFLICT:
        return f"{lead}{words} (please check)", None
    words = with_other_unit(definition, finding.shown, words)
    return f"{lead}{words}", finding.date if definition.valid_for_days is not None else None


def with_other_unit(definition: FactDefinition, value: object, words: str) -> str:
    """`82 kg (181 lb)`: the pounds beside the kilograms, where the vocabulary knows how they convert."""
    pounds = next((other for other in definition.other_units if other.unit.startswith(("lb", "[lb"))), None)
    if pounds is None or not isinstance(value, NumberRange) or not value.is_exact:
        return words
    return f"{words} ({value.low * pounds.divide_by / pounds.multiply_by - pounds.add:.0f} lb)"


def _history(situation: Situation, listing: Any) -> list[str]:
    """A phrase for each course, the newest first: it is what the next choice rests on."""
    if not listing.items:
        return ["no cancer treatment so far" if listing.complete else "the list of treatments may have gaps"]
    ordered = sorted(listing.items, key=lambda course: str(course.start or course.end or ""), reverse=True)
    words = [course_in_words(course, situation.vocabulary) for course in ordered[:_MOST_COURSES]]
    more = len(ordered) - _MOST_COURSES
    words += [f"and {more} earlier {'course' if more == 1 else 'courses'}"] if more > 0 else []
    return words if listing.complete else [*words, "there may be more treatments"]


def course_in_words(course: Course, vocabulary: Vocabulary) -> str:
    """`fluorouracil, oxaliplatin (for cancer that has spread), Oct 6, 2025 to Oct 20, 2026, ended because the cancer grew`."""
    names = [within_a_sentence(vocabulary.drugs.title(drug)) for drug in course.drugs]
    names += [_typed(name) for name in course.unknown_drugs]
    names += [within_a_sentence(vocabulary.procedures.get(course.procedure, course.procedure))] if course.procedure else []
    words = ", ".join(names) or "treatment with no name told"
    words += f" ({INTENT_WORDS[course.intent]})" if course.intent else ""
    if course.start:
        words += f", {short_day(course.start)} to {short_day(course.end)}" if course.end else f", from {short_day(course.start)} on"
    elif course.end:
        words += f", until {short_day(course.end)}"
    words += f", {ENDING_WORDS[course.ended_because]}" if course.ended_because else ""
    words += f", {RESPONSE_WORDS[course.best_response]}" if course.best_response else ""
    return words


def _typed(name: str) -> str:
    return name if len(name) <= _LONGEST_TYPED else f"{name[: _LONGEST_TYPED - 1].rstrip()}…"


def blood_tests_of(situation: Situation, plan: SheetPlan) -> tuple[BloodTest, ...]:
    """The results that are told, each with its unit, its lab's own range and its day, the most asked for first."""
    found = []
    for fact_id in plan.blood_tests:
        finding, definition = situation.finding(fact_id), situation.vocabulary[fact_id]
        if not is_told(finding):
            continue
        words = finding_in_words(definition, finding).removesuffix(f" ({finding.why})")
        if finding.told is None:
            words += " (worked out from other results)"
        day = short_day(finding.date) if finding.date is not None else "day not told"
        day += ", too old" if finding.state == STALE else ""
        found.append(BloodTest(_capital(plan.name(definition)), words, _range(situation, fact_id), day))
    return tuple(found)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _range(situation: Situation, fact_id: str) -> str:
    """The range that the lab itself prints, never a usual one."""
    ends = [situation.finding(f"{fact_id}_{end}") for end in ("lln", "uln")]
    low, high = (value_in_words(situation.vocabulary[fact_id], one.shown) if one.shown is not None else None for one in ends)
    if low and high:
        return f"{low.split(' ')[0]} to {high}"
    return f"up to {high}" if high else f"from {low}" if low else NOT_TOLD


@dataclass(frozen=True)
class Trouble:
    """Facts that cannot be used as they stand: the contradictions, each with both values, and what is too old."""

    conflicts: tuple[str, ...]
    stale: tuple[str, ...]


def trouble_of(situation: Situation, plan: SheetPlan) -> Trouble:
    """What contradicts itself, and what needs a newer result."""
    in_rows = {fact for row in plan.rows for fact in row.facts}  # a row says it beside the value itself
    conflicts: list[str] = []
    stale: list[tuple[str, str]] = []
    for fact_id, finding in situation.known_findings().items():
        if fact_id in plan.never:
            continue
        definition = situation.vocabulary[fact_id]
        if finding.state == CONFLICT:
            conflicts.append(f"{plan.heading(definition)}: {finding_in_words(definition, finding)}")
        elif finding.state == STALE and finding.told is not None and fact_id not in in_rows:
            stale.append((plan.name(definition), short_day(finding.date)))
    by_day = {day: [name for name, one in stale if one == day] for _, day in stale}
    return Trouble(tuple(conflicts), tuple(f"{', '.join(names)} ({day})" for day, names in by_day.items()))


def also_known(situation: Situation, plan: SheetPlan) -> int:
    """How many told facts have no place on the sheet."""
    elsewhere = plan.facts | plan.never | {"person.age", "person.sex", "wish.goals", "wish.travel_miles"}
    told = (fact_id for fact_id, told in situation.told.items() if told is not None and fact_id not in elsewhere)
    return sum(not fact_id.endswith(("_uln", "_lln")) for fact_id in told)


def short_day(dated: DateRange | None) -> str:
    """`Nov 20, 2026`, `Nov 2026`, `2026`; a day that is not told is said to be that."""
    if dated is None:
        return "a day not told"
    if dated.is_exact:
        return f"{dated.first:%b} {dated.first.day}, {dated.first.year}"
    if (dated.first.year, dated.first.month) == (dated.last.year, dated.last.month):
        return f"{dated.first:%b} {dated.first.year}"
    return f"{dated.first.year}" if dated.first.year == dated.last.year else f"{dated.first.year} to {dated.last.year}"
