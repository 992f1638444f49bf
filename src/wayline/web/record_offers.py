"""What a waiting record offers, held against what was told: one line a fact, a choice where values differ, and what taking them changes.

Nothing is merged in silence. A value that is older than what was told never takes its place; an older blood test becomes an earlier result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from wayline.facts.case import BOUNDS, FactReader
from wayline.facts.case_forms import read_form
from wayline.facts.courses import Course, Listing
from wayline.facts.findings import Told
from wayline.facts.labs import LabResult
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary, within_a_sentence
from wayline.logic.wording import date_in_words, number_in_words, unit_in_words, value_in_words
from wayline.reading import Place, WaylineError
from wayline.records.imported import ImportedFact, RecordReading, newest_first
from wayline.records.proposals import proposals
from wayline.web.asking import COURSE_WORDS
from wayline.web.lab_reports import RESULTS, take_results
from wayline.web.waiting_records import WaitingRecord, fact_key

NONE_OF_THESE = "none"
COURSES, LESIONS, SCANS = "therapy.history", "liver.lesions", "liver.earlier_scans"
_ADD, _REPLACE = "add", "replace"
_LIMITS = ("_lln", "_uln")
_OLD = "This is old. It is kept, but the treatments need a newer one."
_THE_RECORD = Place("record", 1)
_NOT_READABLE = "What you told cannot be read by this version, so it stays."


@dataclass(frozen=True)
class Candidate:
    """One value as the page shows it. `value` is what the form sends.

    `facts` are the fact that is taken and, for a blood test, the limits that stand beside it; `also` are others that it decides about,
    such as the same value on another day.
    """

    value: str
    words: str
    day: str
    said: str
    where: str
    code: str
    facts: tuple[ImportedFact, ...]
    needs_day: bool = False
    act: str = _ADD
    also: tuple[ImportedFact, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(fact_key(one) for one in (*self.facts, *self.also))


@dataclass(frozen=True)
class Offer:
    """One line of the page.

    `is_choice`: one of the candidates, or none, must be chosen. Otherwise the line is ticked whole. `differs`: it is not the same as what
    was told, so it is never taken together with others. `is_closed`: shown only, since what was told stays.
    """

    key: str
    fact_id: str
    label: str
    candidates: tuple[Candidate, ...]
    is_choice: bool = False
    differs: bool = False
    is_closed: bool = False
    told: str = ""
    note: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for one in self.candidates for key in one.keys)

    @property
    def taken_with_others(self) -> bool:
        return not (self.is_choice or self.differs or self.is_closed or any(one.needs_day for one in self.candidates))


@dataclass(frozen=True)
class OfferGroup:
    """The lines of one group of facts."""

    id: str
    title: str
    offers: tuple[Offer, ...]

    @property
    def together(self) -> tuple[Offer, ...]:
        return tuple(one for one in self.offers if one.taken_with_others)


@dataclass(frozen=True)
class Offers:
    """Everything that a record offers. `same` are the candidates that say what was told already."""

    groups: tuple[OfferGroup, ...]
    same: tuple[ImportedFact, ...]

    @property
    def all(self) -> tuple[Offer, ...]:
        return tuple(one for group in self.groups for one in group.offers)

    @property
    def are_open(self) -> bool:
        return any(not one.is_closed for one in self.all)


@dataclass
class Selection:
    """What the form chose: candidates to take, with the day of those that had none, and keys of those that were left out on purpose."""

    take: list[tuple[Candidate, str]] = field(default_factory=list)
    left: set[str] = field(default_factory=set)

    @property
    def keys(self) -> set[str]:
        return {key for one, _ in self.take for key in one.keys} | self.left


def offers_of(record: WaitingRecord, facts: Mapping[str, Any], vocabulary: Vocabulary, today: date) -> Offers:
    """The record's facts against what was told, in the vocabulary's order."""
    return _Offering(record, facts, vocabulary, today).offers()


class _Offering:
    def __init__(self, record: WaitingRecord, facts: Mapping[str, Any], vocabulary: Vocabulary, today: date) -> None:
        self.record = record
        self.facts = facts
        self.vocabulary = vocabulary
        self.today = today
        self.reader = FactReader(vocabulary, today)
        self.read: dict[str, Told] = {}  # what waits, by its key, as a fact
        self.same: list[ImportedFact] = []
        self.limits: dict[str, tuple[ImportedFact, ...]] = {}
        self.by_fact: dict[str, list[ImportedFact]] = {}
        for one in record.facts:
            if self._is_readable(one):
                self.by_fact.setdefault(one.fact_id, []).append(one)

    def offers(self) -> Offers:
        found: dict[str, list[Offer]] = {}
        results = self._lab_rows()
        for fact_id, listed in self.by_fact.items():
            items, single = [one for one in listed if one.is_item], [one for one in listed if not one.is_item]
            found[fact_id] = [*self._of_items(fact_id, items), *(self._of_fact(fact_id, single) if single else ())]
        for lab, rows in results.items():
            found[lab] = [*self._of_lab(lab, rows), *found.get(lab, [])]
        groups = []
        for group in self.vocabulary.groups:
            offers = tuple(one for fact_id in group.facts for one in found.get(fact_id, ()))
            if offers:
                groups.append(OfferGroup(group.id, group.title, offers))
        return Offers(tuple(groups), tuple(self.same))

    # --- Single facts

    def _of_fact(self, fact_id: str, listed: Sequence[ImportedFact]) -> list[Offer]:
        definition = self.vocabulary[fact_id]
        told = self._told(definition)
        (proposal,) = proposals(RecordReading("", self.record.form, tuple(listed)), self.vocabulary, self.today)
        # A newer weight takes the place of an older one. A marker that differs from an older one is for the person to look at.
        is_choice = proposal.differ or (definition.may_change and definition.valid_for_days is None)
        candidates = proposal.candidates if is_choice else proposal.candidates[:1]
        distinct: dict[Any, ImportedFact] = {}
        for one in candidates:
            distinct.setdefault(_value(self.read[fact_key(one)]), one)
        if told is None and fact_id in self.facts:
            shown = tuple(self._candidate(definition, one) for one in distinct.values())
            return [Offer(fact_id, fact_id, definition.label, shown, is_closed=True, note=_NOT_READABLE)]
        if told is None:
            offers = [self._open_offer(definition, tuple(distinct.values()), len(distinct) > 1)]
        else:
            offers = self._against_told(definition, told, distinct)
        return [self._deciding_all(offer, listed) for offer in offers]

    @staticmethod
    def _deciding_all(offer: Offer, listed: Sequence[ImportedFact]) -> Offer:
        """The line decides about every candidate of its fact, also about older ones and the same ones of other days."""
        shown = {key for one in offer.candidates for key in one.keys}
        first, *rest = offer.candidates
        return replace(offer, candidates=(replace(first, also=tuple(one for one in listed if fact_key(one) not in shown)), *rest))

    def _against_told(self, definition: FactDefinition, told: Told, distinct: Mapping[Any, ImportedFact]) -> list[Offer]:
        words = _told_words(definition, told)
        others = {value: one for value, one in distinct.items() if value != _value(told)}
        agrees = distinct.get(_value(told))
        if agrees is not None and not others:
            if definition.valid_for_days is not None and told.date is not None and agrees.date and _is_after(agrees.date, told.date):
                note = "You told the same. The record is newer."
                return [replace(self._open_offer(definition, (agrees,), is_choice=False), told=words, note=note)]
            self.same.append(agrees)
            return []
        older = [one for one in others.values() if one.date and told.date is not None and _is_before(one.date, told.date)]
        if len(older) == len(others):
            shown = tuple(self._candidate(definition, one) for one in others.values())
            note = "This is older than what you told, so that stays."
            return [Offer(definition.id, definition.id, definition.label, shown, is_closed=True, differs=True, told=words, note=note)]
        newer = tuple(one for one in others.values() if one not in older)
        note = "The record and what you told differ."
        return [replace(self._open_offer(definition, newer, is_choice=True), told=words, note=note, differs=True)]

    def _open_offer(self, definition: FactDefinition, listed: Sequence[ImportedFact], is_choice: bool) -> Offer:
        shown = tuple(self._candidate(definition, one) for one in listed)
        note = "The record says different things. Choose what is right, or none." if is_choice else self._if_old(definition, shown)
        return Offer(definition.id, definition.id, definition.label, shown, is_choice=is_choice, note=note)

    def _if_old(self, definition: FactDefinition, shown: Sequence[Candidate]) -> str:
        """What to say of a value that has grown old: it is kept, but rules need a newer one."""
        day = day_of(shown[0].facts[0])
        if day is None or definition.valid_for_days is None:
            return ""
        return _OLD if (self.today - DateRange.parse(day).first).days > definition.valid_for_days else ""

    def _candidate(self, definition: FactDefinition, one: ImportedFact) -> Candidate:
        told = self.read[fact_key(one)]
        return Candidate(
            value=fact_key(one),
            words=_value_words(definition, told),
            day=_day_words(one.date),
            said=one.words,
            where=one.where,
            code=one.code or "",
            facts=(one, *self._limits_of(one)),
            needs_day=definition.valid_for_days is not None and day_of(one) is None,
        )

    # --- Blood tests: a value and its limits of one report belong together, and results of several days are no contradiction.

    def _limits_of(self, one: ImportedFact) -> tuple[ImportedFact, ...]:
        """The ends of the normal range that stand beside a result, taken out of the facts that have a line of their own."""
        key = fact_key(one)
        if key not in self.limits:
            found = tuple(limit for end in _LIMITS for limit in self.by_fact.get(f"{one.fact_id}{end}", ()) if limit.where == one.where)
            for limit in found:
                self.by_fact[limit.fact_id] = [other for other in self.by_fact[limit.fact_id] if other is not limit]
            self.limits[key] = () if one.is_item else found
        return self.limits[key]

    def _lab_rows(self) -> dict[str, list[tuple[LabResult, tuple[ImportedFact, ...]]]]:
        """Every dated result by test; the facts that they are made of are taken out of the others."""
        rows: dict[str, list[tuple[LabResult, tuple[ImportedFact, ...]]]] = {}
        series = self.by_fact.pop(RESULTS, [])
        self.by_fact[RESULTS] = [one for one in series if not one.is_item]
        for one in (one for one in series if one.is_item):
            rows.setdefault(str(one.told["lab"]), []).append((self._item(one), (one,)))
        for fact_id in [fact_id for fact_id in self.by_fact if self.vocabulary[fact_id].is_lab]:
            rest = []
            for one in self.by_fact[fact_id]:
                limits = self._limits_of(one)
                result = self._result(one, limits) or self._result(one, ())
                if result is None:
                    rest.append(one)
                else:
                    rows.setdefault(fact_id, []).append((result, (one, *limits)))
            self.by_fact[fact_id] = rest
        return rows

    def _result(self, one: ImportedFact, limits: Sequence[ImportedFact]) -> LabResult | None:
        """The result as it would be kept; None where it has no day, or where its limits contradict each other."""
        form = as_result(one, limits, self.vocabulary, day_of(one))
        try:
            return None if form is None else self._items(self.vocabulary[RESULTS], [form])[0]
        except WaylineError:
            return None

    def _of_lab(self, lab: str, rows: Sequence[tuple[LabResult, tuple[ImportedFact, ...]]]) -> list[Offer]:
        definition = self.vocabulary[lab]
        if any(fact_id in self.facts and self._told(self.vocabulary[fact_id]) is None for fact_id in (lab, RESULTS)):
            shown = tuple(_result_candidate(definition, result, facts) for result, facts in rows)
            return [Offer(lab, lab, definition.label, shown, is_closed=True, note=_NOT_READABLE)]
        told = {str(one.date): one for one in self._told_results(lab)}
        newest_told = max(told.values(), key=lambda one: one.date.last, default=None)
        undated = self._undated(definition)
        by_day: dict[str, dict[Any, tuple[Candidate, list[ImportedFact]]]] = {}
        for result, facts in rows:
            if str(result.date) in told and told[str(result.date)].value == result.value:
                self.same.extend(facts)
                continue
            of_day = by_day.setdefault(str(result.date), {})
            if result.value in of_day:
                of_day[result.value][1].extend(facts)
            else:
                of_day[result.value] = (_result_candidate(definition, result, facts), [])
        offers: list[Offer] = []
        earlier: list[Candidate] = []
        words = "" if newest_told is None else f"{_result_words(definition, newest_told)}, {date_in_words(newest_told.date)}"
        for place, day in enumerate(sorted(by_day, reverse=True)):
            shown = tuple(replace(one, also=tuple(also)) for one, also in by_day[day].values())
            if day in told or len(shown) > 1:
                note = "Two results of one day differ. Choose what is right, or none."
                told_words = _result_words(definition, told[day]) if day in told else ""
                offers.append(Offer(f"{lab}-{day}", lab, definition.label, shown, is_choice=True, differs=True, told=told_words, note=note))
            elif place == 0 and undated:
                # What was told without a day counts as of today: only the person can say which is newer.
                ways = tuple(replace(one, act=_REPLACE) for one in shown)
                note = "You told a result without its day. Choose which one counts now."
                offers.append(Offer(f"{lab}-{day}", lab, definition.label, ways, is_choice=True, differs=True, told=undated, note=note))
            elif place == 0:
                is_newer = newest_told is not None and _is_after(day, newest_told.date)
                note = "Newer than what you told." if is_newer else "It would be kept as an earlier result."
                note = self._if_old(definition, shown) if newest_told is None else note
                offers.append(Offer(f"{lab}-{day}", lab, definition.label, shown, differs=is_newer, told=words, note=note))
            else:
                earlier += shown
        if earlier:
            title = f"{definition.label}: {len(earlier)} earlier result{'s' if len(earlier) > 1 else ''}"
            offers.append(Offer(f"{lab}-earlier", lab, title, tuple(earlier)))
        return offers

    def _undated(self, definition: FactDefinition) -> str:
        """The current value of a test in words where it was told without a day, else nothing."""
        told = self._told(definition)
        return _value_words(definition, told) if told is not None and told.date is None else ""

    def _told_results(self, lab: str) -> Iterator[LabResult]:
        current = self._told(self.vocabulary[lab])
        if current is not None and current.date is not None and isinstance(current.value, NumberRange):
            yield LabResult(lab, current.value, current.date)
        listed = self._told(self.vocabulary[RESULTS])
        if listed is not None and isinstance(listed.value, Listing):
            yield from (one for one in listed.value if isinstance(one, LabResult) and one.lab == lab)

    # --- Lists

    def _of_items(self, fact_id: str, listed: Sequence[ImportedFact]) -> list[Offer]:
        if not listed:
            return []
        definition = self.vocabulary[fact_id]
        told = self._told(definition)
        if told is None and fact_id in self.facts:
            shown = tuple(self._item_candidate(definition, one) for one in listed)
            return [Offer(fact_id, fact_id, definition.label, shown, is_closed=True, note=_NOT_READABLE)]
        before: tuple[Any, ...] = told.value.items if told is not None and isinstance(told.value, Listing) else ()
        offers: list[Offer] = []
        of_record: list[Course] = []
        for one in newest_first(listed):
            item = self._item(one)
            if item in before:
                self.same.append(one)
                continue
            offer = self._of_item(definition, one, item, before)
            if isinstance(item, Course) and not offer.is_choice:
                if any(may_be_the_same(item, other) for other in of_record):
                    offer = replace(offer, differs=True, note="The record may tell this treatment twice. Take it once.")
                of_record.append(item)
            if told is not None and not before and not offer.is_closed:
                offer = replace(offer, differs=True, note="You told us: none so far.")
            offers.append(offer)
        return offers

    def _of_item(self, definition: FactDefinition, one: ImportedFact, item: Any, before: Sequence[Any]) -> Offer:
        key = fact_key(one)
        candidate = self._item_candidate(definition, one)
        match item:
            case Course():
                alike = next((other for other in before if may_be_the_same(item, other)), None)
                if alike is not None:
                    place = before.index(alike)
                    ways = (
                        replace(candidate, value=f"{key}-{_ADD}", words=f"Another treatment: {candidate.words}"),
                        replace(
                            candidate,
                            value=f"{key}-{_REPLACE}",
                            words=f"Use this in place of mine: {candidate.words}",
                            act=f"{_REPLACE} {place}",
                        ),
                    )
                    words, note = item_words(definition, alike, self.vocabulary), "This may be the treatment that you told."
                    return Offer(key, definition.id, definition.label, ways, is_choice=True, differs=True, told=words, note=note)
            case Lesion():
                days = {str(other.date) for other in before}
                newest = max((str(other.told.get("date") or "") for other in self.by_fact[LESIONS]), default="")
                if days and days != {str(item.date)}:
                    note = "You have a list of tumors of another scan. It stays. Tell this scan on the pages about the liver."
                    return Offer(key, definition.id, definition.label, (candidate,), is_closed=True, note=note)
                if not days and str(item.date or "") != newest:
                    note = "This is of an older scan. Tell it under “Scans over time” on the pages about the liver."
                    return Offer(key, definition.id, definition.label, (candidate,), is_closed=True, note=note)
            case Scan():
                if any(other.date == item.date for other in before):
                    note = "You told a scan of this day. It stays."
                    return Offer(key, definition.id, definition.label, (candidate,), is_closed=True, note=note)
        return Offer(key, definition.id, definition.label, (candidate,))

    def _item_candidate(self, definition: FactDefinition, one: ImportedFact) -> Candidate:
        item = self._item(one)
        words = item_words(definition, item, self.vocabulary)
        return Candidate(fact_key(one), words, _day_words(one.date), one.words, one.where, one.code or "", (one,))

    # --- Reading

    def _form(self, definition: FactDefinition, form: Any) -> Told | None:
        return read_form(self.reader, definition, form, _THE_RECORD)

    def _is_readable(self, one: ImportedFact) -> bool:
        """Whether this version can read what waits: it was read once, but perhaps by another version."""
        definition = self.vocabulary.get(one.fact_id)
        try:
            told = None if definition is None else self._form(definition, [one.told] if one.is_item else one.told)
        except WaylineError:
            return False
        if told is not None:
            self.read[fact_key(one)] = told
        return told is not None

    def _item(self, one: ImportedFact) -> Any:
        """The item of a list that waits."""
        listing = self.read[fact_key(one)].value
        if not isinstance(listing, Listing):
            raise TypeError("only an item has an item")
        return listing.items[0]

    def _items(self, definition: FactDefinition, rows: list[Any]) -> tuple[Any, ...]:
        told = self._form(definition, rows)
        return told.value.items if told is not None and isinstance(told.value, Listing) else ()

    def _told(self, definition: FactDefinition) -> Told | None:
        raw = self.facts.get(definition.id)
        if raw is None:
            return None
        try:
            return self._form(definition, raw)
        except WaylineError:
            return None


def changes_of(selection: Selection, record: WaitingRecord, facts: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """What taking the selection changes in the facts, in the form of a case file."""
    changed: dict[str, Any] = {}
    results: list[dict[str, Any]] = []
    sources: dict[tuple[str, str], str] = {}
    beside: list[dict[str, Any]] = []  # results of a test whose current value was told without a day: that one stays
    for candidate, day in selection.take:
        first, limits = candidate.facts[0], candidate.facts[1:]
        dated = day_of(first) or day or None
        form = dict(first.told) if first.fact_id == RESULTS and first.is_item else None
        if form is None and vocabulary[first.fact_id].is_lab:
            form = as_result(first, limits, vocabulary, dated)
        if form is not None:
            sources[(form["lab"], form["date"])] = _source(first, record)
            stays = candidate.act != _REPLACE and _is_undated(facts.get(form["lab"]))
            (beside if stays else results).append(form)
        elif first.is_item:
            before = changed.get(first.fact_id, facts.get(first.fact_id))
            changed[first.fact_id] = _with_item(before, first, candidate.act)
        else:
            for one in candidate.facts:
                changed[one.fact_id] = _with_source(one, record, dated)
    if beside:
        stored = facts.get(RESULTS)
        days = {(one["lab"], one["date"]) for one in beside}
        earlier = list(stored if isinstance(stored, list) else (stored or {}).get("items", []))
        changed[RESULTS] = [*(one for one in earlier if (one["lab"], one["date"]) not in days), *beside]
    if results:
        changed |= take_results({**facts, **changed}, results, vocabulary)
        for result in results:
            current = changed.get(result["lab"])
            if isinstance(current, dict) and current.get("date") == result["date"]:
                changed[result["lab"]] = current | {"source": sources[(result["lab"], result["date"])]}
    return changed


def source_of(record: WaitingRecord) -> str:
    """Where a fact came from, as it is kept with it."""
    return f"record of {record.form}, read {record.read_on}"


def as_result(one: ImportedFact, limits: Iterable[ImportedFact], vocabulary: Vocabulary, day: str | None) -> dict[str, Any] | None:
    """A blood test in the form of an earlier result; None where it has no day, or is told only against its limit."""
    form = one.told if isinstance(one.told, Mapping) else {"value": one.told}
    if day is None or "times_uln" in form:
        return None
    unit = {"unit": form["unit"]} if form.get("unit") else {}
    bounds = {key: form[key] for key in BOUNDS if key in form}
    result: dict[str, Any] = {"lab": one.fact_id, "date": day, "value": {**bounds, **unit} if bounds else form["value"], **unit}
    usual = vocabulary[one.fact_id].unit
    for limit in limits:
        end = limit.told if isinstance(limit.told, Mapping) else {"value": limit.told}
        # A row holds one unit; a limit in another one is left out rather than misread.
        if "value" in end and (end.get("unit") or usual) == (form.get("unit") or usual):
            result["lower_limit" if limit.fact_id.endswith("_lln") else "upper_limit"] = end["value"]
    return result


def day_of(one: ImportedFact) -> str | None:
    """The day of a candidate, wherever the record told it."""
    dated = one.date or (one.told.get("date") if isinstance(one.told, Mapping) else None)
    return None if dated is None else str(dated)


def _is_undated(stored: Any) -> bool:
    return stored is not None and not (isinstance(stored, Mapping) and stored.get("date"))


def may_be_the_same(one: Course, other: Course) -> bool:
    """Whether two courses may be one: the same treatment, and no dates that keep them apart."""
    if set(one.drugs) != set(other.drugs) or one.procedure != other.procedure or set(one.unknown_drugs) != set(other.unknown_drugs):
        return False
    return not (_ends_before(one, other) or _ends_before(other, one))


def _ends_before(one: Course, other: Course) -> bool:
    return one.end is not None and other.start is not None and one.end.last < other.start.first


def _with_item(raw: Any, one: ImportedFact, act: str) -> Any:
    """A list with one more item, or with an item in the place of one. It stays complete only where it was told so, and not as empty."""
    if isinstance(raw, Mapping):
        items, complete = list(raw.get("items", raw.get("value")) or []), raw.get("complete", True)
    else:
        items, complete = list(raw or []), raw is not None
    about = {key: raw[key] for key in ("date", "source") if isinstance(raw, Mapping) and raw.get(key) is not None}
    way, _, place = act.partition(" ")
    if way == _REPLACE:
        items[int(place)] = one.told
    else:
        complete = complete and bool(items)
        items.append(one.told)
    return {"items": items, "complete": complete, **about}


def _with_source(one: ImportedFact, record: WaitingRecord, day: str | None) -> dict[str, Any]:
    if isinstance(one.told, list):
        form: dict[str, Any] = {"items": one.told, "complete": True}
    else:
        form = dict(one.told) if isinstance(one.told, Mapping) else {"value": one.told}
    if day and not form.get("date"):
        form["date"] = day
    return form | {"source": _source(one, record)}


def _source(one: ImportedFact, record: WaitingRecord) -> str:
    """Where the record itself says that a value comes from, else which record it was."""
    told = one.told.get("source") if isinstance(one.told, Mapping) else None
    return str(told or source_of(record))


def _value(told: Told) -> Any:
    return (told.value, told.times_uln)


def _is_after(written: str, told: DateRange) -> bool:
    return DateRange.parse(written).first > told.last


def _is_before(written: str, told: DateRange) -> bool:
    return DateRange.parse(written).last < told.first


def _day_words(written: str | None) -> str:
    return date_in_words(DateRange.parse(written)) if written else ""


def _value_words(definition: FactDefinition, told: Told) -> str:
    if told.times_uln is not None:
        return number_in_words(told.times_uln, "times the lab's upper limit")
    return value_in_words(definition, told.value)


def _told_words(definition: FactDefinition, told: Told) -> str:
    return _value_words(definition, told) + (f", {date_in_words(told.date)}" if told.date is not None else "")


def _result_words(definition: FactDefinition, result: LabResult) -> str:
    unit = unit_in_words(definition)
    words = number_in_words(result.value.without_bounds(definition.lowest, definition.highest), unit)
    ends = [number_in_words(end) if end is not None else "" for end in (result.lower_limit, result.upper_limit)]
    if all(ends):
        return f"{words} (the lab’s range: {ends[0]} to {ends[1]})"
    return f"{words} (the lab’s {'lower' if ends[0] else 'upper'} limit: {ends[0] or ends[1]})" if any(ends) else words


def _result_candidate(definition: FactDefinition, result: LabResult, facts: tuple[ImportedFact, ...]) -> Candidate:
    first = facts[0]
    day = date_in_words(result.date)
    return Candidate(fact_key(first), _result_words(definition, result), day, first.words, first.where, first.code or "", facts)


def item_words(definition: FactDefinition, item: Any, vocabulary: Vocabulary) -> str:
    """One item of a list as people read it."""
    match item:
        case Course():
            names = [*(vocabulary.drugs.title(drug) for drug in item.drugs), *item.unknown_drugs]
            if item.procedure is not None:
                names.append(vocabulary.procedures[item.procedure])
            ends = [f"{word} {date_in_words(end)}" for word, end in (("from", item.start), ("to", item.end)) if end is not None]
            told = {"intent": item.intent, "ended_because": item.ended_because, "best_response": item.best_response}
            leads = {"intent": "given", "ended_because": "ended:", "best_response": "the cancer"}
            more = [f"{leads[key]} {COURSE_WORDS[key][value]}" for key, value in told.items() if value is not None]
            return "; ".join([", ".join(names), *([" ".join(ends)] if ends else []), *more])
        case Lesion():
            size = "size not told" if item.diameter_cm is None else number_in_words(item.diameter_cm, "cm")
            return f"{size}, segment {'not told' if item.segment == 'unknown' else item.segment}"
        case Scan():
            count = len(item.lesions)
            return f"scan of {date_in_words(item.date)}: {count} tumor{'s' if count != 1 else ''} listed"
        case LabResult():
            lab = vocabulary[item.lab]
            return f"{within_a_sentence(lab.label)}: {_result_words(lab, item)}, {date_in_words(item.date)}"
    return definition.choices[str(item)].words
