"""What a record proposes, fact by fact: candidates, newest first, and whether they can all be right; and a case file of what was chosen.

Values of different days of something that may change do not differ: it changed. Values of one day, without a day, or of something that
cannot change do differ where they contradict each other, and nobody chooses between them but the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from wayline.facts.case import FactReader, parse_case
from wayline.facts.case_forms import placed, read_form
from wayline.facts.courses import Listing
from wayline.facts.findings import Told, Value
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.reading import Place, WaylineError
from wayline.records.imported import ImportedFact, Proposal, RecordReading, newest_first
from wayline.records.own_extension import OWN_CODE

_NOWHERE = Place("record", 1)
# Facts that only say the range beside another one: they go with it and cannot be chosen by themselves.
_RANGE_ENDINGS = ("_uln", "_lln")


def proposals(reading: RecordReading, vocabulary: Vocabulary, as_of: date) -> tuple[Proposal, ...]:
    """The facts of a reading in the order of the vocabulary. Items of a list are one proposal, and never differ."""
    reader = FactReader(vocabulary, as_of)
    grouped: dict[str, list[ImportedFact]] = {}
    for one in reading.facts:
        if one.fact_id in vocabulary:
            grouped.setdefault(one.fact_id, []).append(one)
    found: list[Proposal] = []
    for fact_id in sorted(grouped, key=lambda one: vocabulary.order[one]):
        definition = vocabulary[fact_id]
        candidates = newest_first(_without_repeats(grouped[fact_id]))
        told = [(one, _told(reader, definition, one)) for one in candidates]
        readable = [(one, value) for one, value in told if one.is_item or value is not None]
        if readable:
            differ = not readable[0][0].is_item and _differ(definition, readable)
            found.append(Proposal(fact_id, tuple(one for one, _ in _exact_first(readable)), differ))
    return tuple(found)


def case_from(
    proposed: Iterable[Proposal], vocabulary: Vocabulary, as_of: date, choices: Mapping[str, int | None] | None = None
) -> dict[str, Any]:
    """A case file: of each fact the candidate that was chosen, else the first where they do not differ.

    `choices` gives for a fact's id the place of a candidate, or None to leave the fact out. A WaylineError where that makes no case.
    """
    chosen = choices or {}
    facts: dict[str, Any] = {}
    own: set[str] = set()  # what the person once told Wayline stands as it was told
    for proposal in proposed:
        fact_id = proposal.fact_id
        if proposal.candidates[0].is_item:
            if chosen.get(fact_id, 0) is not None:
                facts[fact_id] = {"items": [one.told for one in _oldest_first(proposal.candidates)], "complete": False}
            continue
        place = chosen.get(fact_id, None if proposal.differ else 0)
        if place is not None:
            facts[fact_id] = proposal.candidates[place].told
            own |= {fact_id} if proposal.candidates[place].code == OWN_CODE else set()
    facts = {fact_id: told for fact_id, told in facts.items() if fact_id in own or _goes_with(fact_id, facts)}
    case = {"as_of": as_of.isoformat(), "facts": facts}
    parse_case(placed(case, Place("the case file", 1)), vocabulary, "the case file")
    return case


def _goes_with(fact_id: str, facts: Mapping[str, Any]) -> bool:
    """The lab's own range is only told with its value, and of the same day: another day's range may be another lab's."""
    if not fact_id.endswith(_RANGE_ENDINGS):
        return True
    lab, limit = facts.get(fact_id[:-4]), facts[fact_id]
    if not isinstance(lab, Mapping) or not isinstance(limit, Mapping):
        return lab is not None
    return lab.get("date") == limit.get("date")


def _without_repeats(facts: Iterable[ImportedFact]) -> list[ImportedFact]:
    """The same value of the same day once, with all its places."""
    kept: dict[str, ImportedFact] = {}
    for one in facts:
        key = repr((_without_source(one.told), one.date, one.is_item))
        known = kept.get(key)
        if known is None:
            kept[key] = one
        elif one.where not in known.where.split("; "):
            kept[key] = ImportedFact(
                known.fact_id, known.told, known.words, f"{known.where}; {one.where}", known.code, known.date, known.is_item
            )
    return list(kept.values())


def _without_source(told: Any) -> Any:
    return sorted((key, repr(value)) for key, value in told.items() if key != "source") if isinstance(told, Mapping) else told


def _told(reader: FactReader, definition: FactDefinition, fact: ImportedFact) -> Told | None:
    if fact.is_item:
        return None
    try:
        return read_form(reader, definition, fact.told, _NOWHERE)
    except WaylineError:
        return None


def _differ(definition: FactDefinition, readable: Sequence[tuple[ImportedFact, Told | None]]) -> bool:
    """Whether two candidates contradict each other that cannot both have been right."""
    for place, (one, told) in enumerate(readable):
        for other, another in readable[place + 1 :]:
            may_both_be = definition.may_change and _on_different_days(one, other)
            if not may_both_be and told is not None and another is not None and not _agree(told, another):
                return True
    return False


def _on_different_days(one: ImportedFact, other: ImportedFact) -> bool:
    """Whether both days are known and cannot be the same: `2026-10` and `2026-10-02` may be."""
    if one.date is None or other.date is None:
        return False
    try:
        return DateRange.parse(one.date).meets(DateRange.parse(other.date)) is None
    except ValueError:
        return False


def _agree(told: Told, another: Told) -> bool:
    if told.times_uln is not None or another.times_uln is not None:
        return told.times_uln == another.times_uln
    return _may_be_the_same(told.value, another.value)


def _may_be_the_same(one: Value | None, other: Value | None) -> bool:
    """Whether one true value could be behind both: "stage 4" and "stage 4b", "below 10" and "3", "2026" and "2026-10-02"."""
    match one, other:
        case (NumberRange(), NumberRange()):
            return one.meets(other) is not None
        case (frozenset(), frozenset()):
            return bool(one & other)
        case (DateRange(), DateRange()):
            return one.meets(other) is not None
        case (Listing(), Listing()):
            return one == other
        case _:
            return one == other


def _exact_first(readable: Sequence[tuple[ImportedFact, Told | None]]) -> list[tuple[ImportedFact, Told | None]]:
    """Of candidates of one day that agree, the more exact one first: 4b before 4. The order of days stays."""
    return sorted(readable, key=lambda pair: (_place_of_day(pair[0], readable), _width(pair[1])))


def _place_of_day(fact: ImportedFact, readable: Sequence[tuple[ImportedFact, Told | None]]) -> int:
    return [one.date for one, _ in readable].index(fact.date)


def _width(told: Told | None) -> float:
    match told.value if told is not None else None:
        case NumberRange(low, high):
            return high - low
        case frozenset() as choices:
            return float(len(choices))
        case DateRange(first, last):
            return float((last - first).days)
        case _:
            return 0.0


def _oldest_first(items: Sequence[ImportedFact]) -> list[ImportedFact]:
    return [*sorted((one for one in items if one.date), key=lambda one: one.date or ""), *(one for one in items if not one.date)]
