"""The diary: one entry a day, kept as plain documents, and what of it are the person's facts today.

An entry is `{"date": "2026-11-30", "facts": {fact id: case form}, "note": "..."}`. Told again on the same day, the later answer stands, and
the earlier one is kept under `earlier`: a fever of the morning still counts when it is gone in the evening. `replaced` holds answers from
elsewhere that the entry took the place of, so that taking the entry out brings them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wayline.diary.questions import WeightWindow
from wayline.facts.case import FactReader
from wayline.facts.findings import Told
from wayline.facts.values import NumberRange
from wayline.facts.vocabulary import Vocabulary
from wayline.reading import Block, Place, WaylineError, parse

SOURCE = "diary"
WEIGHT, WEIGHT_LOSS = "nutrition.weight_kg", "nutrition.weight_loss_percent"
LONGEST_NOTE = 2_000
Entry = dict[str, Any]
Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Day:
    """An entry as it is read: what was told, what was told earlier that day, the note, and facts that this version cannot read."""

    date: date
    told: Mapping[str, Told]
    forms: Mapping[str, Any]
    earlier: tuple[tuple[str, Told], ...]
    note: str
    unreadable: tuple[str, ...] = field(default=())


def read_days(entries: Entries, vocabulary: Vocabulary) -> list[Day]:
    """The entries read, oldest first. What cannot be read any more is named, never dropped in silence."""
    rows = parse(json.dumps({"rows": list(entries)}), "diary")["rows"]
    return [_day(row, raw, vocabulary) for row, raw in zip(rows, entries, strict=True)]


def _day(row: Block, raw: Mapping[str, Any], vocabulary: Vocabulary) -> Day:
    day = date.fromisoformat(raw["date"])
    reader = FactReader(vocabulary, day)
    told: dict[str, Told] = {}
    unreadable = []
    for fact_id, form in row["facts"].items():
        answer = _read(reader, fact_id, form)
        if answer is None:
            unreadable.append(fact_id)
        else:
            told[fact_id] = answer
    earlier = [(fact_id, _read(reader, fact_id, form)) for fact_id, form in row.get("earlier") or ()]
    kept = tuple((fact_id, answer) for fact_id, answer in earlier if answer is not None)
    return Day(day, told, raw["facts"], kept, raw.get("note", ""), tuple(unreadable))


def _read(reader: FactReader, fact_id: str, form: Any) -> Told | None:
    if fact_id not in reader.vocabulary:
        return None
    try:
        return reader.read(reader.vocabulary[fact_id], form, Place("diary", 1))
    except WaylineError:
        return None


def entry_of(entries: Entries, day: date) -> Mapping[str, Any] | None:
    """The entry of a day, or None."""
    return next((entry for entry in entries if entry["date"] == day.isoformat()), None)


def with_answers(entries: Entries, day: date, answers: Mapping[str, Any], note: str | None, is_correction: bool = False) -> list[Entry]:
    """The entries with answers taken into the entry of a day; None takes an answer back, `note` None leaves the note.

    An answer that replaces another one of the same day keeps it as earlier, unless it is a correction: then the old one was a mistake.
    """
    before = entry_of(entries, day) or {"date": day.isoformat(), "facts": {}, "note": ""}
    entry: Entry = {**before, "facts": dict(before["facts"])}
    earlier = [list(one) for one in before.get("earlier", ())]
    for fact_id, form in answers.items():
        old = entry["facts"].get(fact_id)
        if old is not None and old != form and form is not None and not is_correction:
            earlier.append([fact_id, old])
        if form is None:
            entry["facts"].pop(fact_id, None)
        else:
            entry["facts"][fact_id] = form
    if earlier:
        entry["earlier"] = earlier
    if note is not None:
        entry["note"] = note
    others = [dict(one) for one in entries if one["date"] != day.isoformat()]
    kept = [entry] if entry["facts"] or entry["note"] or earlier else []
    return sorted([*others, *kept], key=lambda one: str(one["date"]))


def without_day(entries: Entries, day: date) -> list[Entry]:
    """The entries without that of a day."""
    return [dict(entry) for entry in entries if entry["date"] != day.isoformat()]


def without_earlier(entries: Entries, day: date, place: int) -> list[Entry]:
    """The entries without one of the earlier answers of a day, which was a mistake; a place that is not there changes nothing."""
    changed = [dict(entry) for entry in entries]
    for entry in changed:
        if entry["date"] == day.isoformat() and "earlier" in entry:
            earlier = [one for number, one in enumerate(entry["earlier"]) if number != place]
            entry.pop("earlier")
            entry |= {"earlier": earlier} if earlier else {}
    return changed


def newest_answers(entries: Entries) -> dict[str, tuple[str, Any]]:
    """The newest answer to each question: its day and its case form."""
    newest: dict[str, tuple[str, Any]] = {}
    for entry in sorted(entries, key=lambda one: str(one["date"])):
        newest |= {fact_id: (str(entry["date"]), form) for fact_id, form in entry["facts"].items()}
    return newest


def facts_after(told: Mapping[str, Any], before: Entries, after: list[Entry]) -> dict[str, Any]:
    """What changes in the person's facts when the diary changes: a case form each, None for a fact that is not told any more.

    An answer of the diary counts when it is not older than what is told elsewhere. An answer from elsewhere that it takes the place of is
    kept in the entry (`after` is changed for that), and comes back when no entry tells the fact any more.
    """
    was, now = newest_answers(before), newest_answers(after)
    changes: dict[str, Any] = {}
    for fact_id in {**was, **now}:
        if was.get(fact_id) == now.get(fact_id):
            continue
        current = told.get(fact_id)
        is_ours = _is_from_diary(current)
        if fact_id not in now:
            if is_ours:
                changes[fact_id] = _kept_elsewhere(before, fact_id)
            continue
        day, form = now[fact_id]
        if current is not None and not is_ours and _day_of(current) > day:
            continue
        if current is not None and not is_ours:
            entry = next(one for one in after if one["date"] == day)
            entry["replaced"] = {**entry.get("replaced", {}), fact_id: current}
        kept = dict(form) if isinstance(form, Mapping) else {"value": form}
        source = f"{SOURCE}: {kept['source']}" if kept.get("source") else SOURCE
        changes[fact_id] = kept | {"date": day, "source": source}
    _keep_replaced(before, after)
    return changes


def _is_from_diary(form: Any) -> bool:
    return isinstance(form, Mapping) and str(form.get("source", "")).startswith(SOURCE)


def _day_of(form: Any) -> str:
    """The day of a told fact as written; one without a day is older than any entry."""
    return str(form.get("date") or "") if isinstance(form, Mapping) else ""


def _kept_elsewhere(entries: Entries, fact_id: str) -> Any:
    return next((entry["replaced"][fact_id] for entry in reversed(entries) if fact_id in entry.get("replaced", {})), None)


def _keep_replaced(before: Entries, after: list[Entry]) -> None:
    """What an entry that is gone had taken the place of is handed on to the newest entry that tells the same fact."""
    left = {str(entry["date"]) for entry in after}
    for gone in (entry for entry in before if entry["date"] not in left):
        for fact_id, form in gone.get("replaced", {}).items():
            teller = next((entry for entry in reversed(after) if fact_id in entry["facts"]), None)
            if teller is not None:
                teller["replaced"] = {fact_id: form, **teller.get("replaced", {})}


def earlier_today(entries: Entries, today: date) -> list[tuple[str, Any]]:
    """What was told earlier today and has changed since: fact and case form."""
    entry = entry_of(entries, today)
    return [] if entry is None else [(fact_id, form) for fact_id, form in entry.get("earlier", ())]


def weight_loss(days: Iterable[Day], window: WeightWindow, today: date) -> Mapping[str, Any] | None:
    """The weight lost in about six months, as a case form with its reason; None where no two weights lie so far apart.

    The newest weight must be of the last days that a weight is valid for: the reader of facts decides that by the date.
    """
    weights = [(day.date, value.value) for day in days if (value := day.told.get(WEIGHT)) is not None]
    known = [(day, value.low) for day, value in weights if isinstance(value, NumberRange) and value.is_exact and day <= today]
    if not known:
        return None
    last, now_kg = known[-1]
    apart = [
        (abs((last - day).days - window.about_days), day, kilograms) for day, kilograms in known if _lies_in(window, (last - day).days)
    ]
    if not apart:
        return None
    _, first, then_kg = min(apart)
    reason = f"{SOURCE}: {then_kg:.1f} kg on {first.isoformat()}, {now_kg:.1f} kg on {last.isoformat()}"
    return {"value": round(100 * (then_kg - now_kg) / then_kg, 1), "date": last.isoformat(), "source": reason}


def _lies_in(window: WeightWindow, days: int) -> bool:
    return window.at_least_days <= days <= window.at_most_days


def weight_loss_change(told: Mapping[str, Any], days: Iterable[Day], window: WeightWindow, today: date) -> dict[str, Any]:
    """What changes in the told weight loss: an answer that the person gave stands; one that the diary gave follows the diary."""
    current = told.get(WEIGHT_LOSS)
    found = weight_loss(days, window, today)
    if current is not None and not _is_from_diary(current):
        return {}
    return {} if found == current else {WEIGHT_LOSS: found}
