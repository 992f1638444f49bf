"""The forms of the liver pages: one tumor, one scan, one set of blood tests, from what was posted into the forms of a case file.

Everything goes through the same reader as a case file. A unit is never guessed: a size without one is asked about, and so is a size that
looks as if cm and mm were mixed up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from wayline.facts.case import BOUNDS, FactReader
from wayline.facts.courses import Listing
from wayline.facts.lesions import SEGMENTS, Lesion
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.liver.blood_tests import LIVER_TESTS
from wayline.liver.drawing import letters
from wayline.liver.scales import SizeSlip
from wayline.liver.scans import Slip, size_slip
from wayline.reading import WaylineError
from wayline.web.asking import friendly, number_form, read_answer

LESIONS, SCANS, RESULTS = "liver.lesions", "liver.earlier_scans", "labs.earlier_results"
UNITS = ("cm", "mm")
MOST_TUMORS = 60
NONE_NEAR = "none"


@dataclass
class TumorList:
    """The stored list of tumors: its items in the form of a case file, whether it is complete, and the day of its scan."""

    items: list[dict[str, Any]]
    complete: bool
    scanned_on: str | None

    @classmethod
    def of(cls, stored: Any) -> TumorList | None:
        """From whatever form a fact was stored in; None where nothing is told."""
        if stored is None:
            return None
        form: Mapping[str, Any] = {"items": stored} if isinstance(stored, list) else stored
        items = [dict(item) for item in form.get("items", form.get("value")) or []]
        # As for a case file: the oldest scan among the items dates a list without a date of its own.
        days = sorted(str(item["date"]) for item in items if item.get("date"))
        return cls(items, bool(form.get("complete", True)), form.get("date") or next(iter(days), None))

    def stored(self, today: date) -> dict[str, Any]:
        """As the vault keeps it. A list without the day of its scan is dated by the day on which it was told."""
        return {"items": self.items, "complete": self.complete, "date": self.scanned_on or today.isoformat()}

    def named(self) -> None:
        """Give every tumor a name, so that it can be told on other scans."""
        taken = {str(item["name"]) for item in self.items if item.get("name")}
        free = (letter for letter in letters() if letter not in taken)
        for item in self.items:
            item.setdefault("name", next(free))


@dataclass
class TumorForm:
    """What was typed about one tumor, kept beside its errors so that nothing is lost."""

    name: str = ""
    segment: str = ""
    size: str = ""
    unit: str = ""
    near: list[str] = field(default_factory=list)
    size_is_right: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    slip: Slip | None = None

    @classmethod
    def from_post(cls, post: QueryDict) -> TumorForm:
        name, segment, size, unit, is_right = (
            str(post.get(key, "")).strip()[:40] for key in ("name", "segment", "size", "unit", "size_is_right")
        )
        return cls(name, segment, size, unit, [str(place)[:40] for place in post.getlist("near")], is_right)

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> TumorForm:
        """The form of a stored tumor, to be changed."""
        size = item.get("diameter_cm")
        near = item.get("near")
        return cls(
            name=str(item.get("name", "")),
            segment=str(item.get("segment", "")),
            size=size_text(size),
            unit="" if size is None else unit_of(size),
            near=[NONE_NEAR] if near == [] else list(near or []),
        )

    @property
    def size_in_cm(self) -> dict[str, Any] | None:
        """The size as typed, where it can be read."""
        try:
            return {**number_form(self.size), "unit": self.unit} if self.size and self.unit in UNITS else None
        except WaylineError:
            return None

    def as_item(self, vocabulary: Vocabulary, today: date, slip: SizeSlip, others: Iterable[Any], earlier: Any) -> dict[str, Any] | None:
        """The tumor in the form of a case file; None where something has to be mended or asked about first.

        `others` are the sizes of the other tumors of the same scan, `earlier` the size of the same tumor on the scan before.
        """
        item: dict[str, Any] = {"segment": self.segment if self.segment in SEGMENTS else "unknown"}
        if self.name:
            item["name"] = self.name
        size = self._size()
        if size is not None:
            item["diameter_cm"] = size
        if self.near:
            item["near"] = [place for place in self.near if place != NONE_NEAR]
            if NONE_NEAR in self.near and item["near"]:
                self.errors["near"] = "“Next to none of these” is marked, and so is something else. Please change one of them."
        if not self.errors:
            lesion = self._lesion(item, vocabulary, today)
            if lesion is not None and lesion.diameter_cm is not None and lesion.diameter_cm.is_exact:
                self._ask_about_slip(item, lesion.diameter_cm.low, slip, others, earlier)
        return None if self.errors or self.slip is not None else item

    def _size(self) -> dict[str, Any] | None:
        if not self.size:
            return None
        if self.unit not in UNITS:
            self.errors["unit"] = "Choose cm or mm, as the report prints it."
            return None
        try:
            return {**number_form(self.size), "unit": self.unit}
        except WaylineError as error:
            self.errors["size"] = error.message[:1].upper() + error.message[1:] + "."
            return None

    def _lesion(self, item: Mapping[str, Any], vocabulary: Vocabulary, today: date) -> Lesion | None:
        definition = vocabulary[LESIONS]
        try:
            told = read_answer(FactReader(vocabulary, today), definition, {"items": [item]})
        except WaylineError as error:
            place = "size" if "diameter" in str(error) or "largest" in str(error) else "near" if "place" in str(error) else "size"
            self.errors[place] = friendly(vocabulary["liver.largest_cm"], error)
            return None
        listing: Any = told.value if told is not None else None
        return next(iter(listing), None) if isinstance(listing, Listing) else None

    def _ask_about_slip(self, item: dict[str, Any], size_cm: float, slip: SizeSlip, others: Iterable[Any], earlier: Any) -> None:
        found = size_slip(size_cm, [one for one in map(exact_cm, others) if one], exact_cm(earlier), slip)
        if found is None or self.size_is_right == "as_written":
            return
        if self.size_is_right == "other":
            item["diameter_cm"] = {"value": found.meant_cm, "unit": "cm"}
            return
        self.slip = found


EMPTY_ROWS = 4


def list_forms(listed: TumorList | None, post: QueryDict | None) -> list[TumorForm]:
    """One row a tumor, and some empty ones: from what is stored, or as it was posted."""
    if post is None:
        stored = [TumorForm.of_item(item) for item in listed.items] if listed is not None else []
        return [*stored, *(TumorForm() for _ in range(EMPTY_ROWS))]
    rows = []
    for row in range(MOST_TUMORS):
        if f"size-{row}" not in post:
            break
        name, segment, size, unit, is_right = (
            str(post.get(f"{key}-{row}", "")).strip()[:40] for key in ("name", "segment", "size", "unit", "size_is_right")
        )
        rows.append(TumorForm(name, segment, size, unit, size_is_right=is_right))
    return rows


def items_of_rows(
    rows: Sequence[TumorForm], listed: TumorList | None, used: Iterable[Iterable[Mapping[str, Any]]], vocabulary: Vocabulary,
    today: date, slip: SizeSlip,
) -> list[dict[str, Any]] | None:  # fmt: skip
    """The tumors of all filled rows; None where a row has to be mended or asked about. What a tumor lies next to stays as it was told."""
    before = {str(item.get("name")): item for item in listed.items} if listed is not None else {}
    items: list[dict[str, Any]] = []
    for row in rows:
        if not row.size and row.segment in ("", "unknown"):
            told = before.get(row.name)
            if told is not None and told.get("diameter_cm") is None and told.get("segment", "unknown") == "unknown":
                items.append(told)  # of this tumor nothing more was told
            continue  # else an empty row, or a tumor that was emptied on purpose: both are no tumor of the list
        row.name = row.name if row.name in before else next_name([*used, before.values(), items])
        item = row.as_item(vocabulary, today, slip, [other.size_in_cm for other in rows if other is not row], None)
        if item is not None:
            near = before.get(row.name, {}).get("near")
            items.append(item if near is None else item | {"near": near})
    return None if any(row.errors or row.slip for row in rows) else items


def size_text(size: Any) -> str:
    """A stored size as it is typed: `2.4`, `<1`."""
    if size is None:
        return ""
    if not isinstance(size, Mapping):
        return f"{size:g}"
    for sign, bound in (("", "value"), ("<", "below"), ("<=", "at_most"), (">", "above"), (">=", "at_least")):
        if bound in size:
            return f"{sign}{float(size[bound]):g}"
    return ""


def unit_of(size: Any) -> str:
    return str(size.get("unit", "cm")) if isinstance(size, Mapping) else "cm"


def exact_cm(size: Any) -> float | None:
    """A stored size in cm where it is exact."""
    if size is None:
        return None
    value = size.get("value") if isinstance(size, Mapping) else size
    return None if value is None else float(value) / (10 if unit_of(size) == "mm" else 1)


def next_name(lists: Iterable[Iterable[Mapping[str, Any]]]) -> str:
    """The next letter that no tumor of any scan has: a name that was used once stays that tumor's own."""
    taken = {str(item.get("name")) for items in lists for item in items}
    return next(letter for letter in letters() if letter not in taken)


# --- Scans -----------------------------------------------------------------------------------------------------------


@dataclass
class ScanTumor:
    """One known tumor on a scan that is being told: its size there, or that it was not seen."""

    name: str
    segment: str
    before: str
    size: str = ""
    unit: str = ""
    seen: str = "yes"
    size_is_right: str = ""
    error: str | None = None
    slip: Slip | None = None


@dataclass
class ScanForm:
    """A scan of another day than the last: its day, each known tumor, and whether it showed others."""

    date: str
    tumors: list[ScanTumor]
    others: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        return bool(self.errors) or any(tumor.error or tumor.slip for tumor in self.tumors)


def scan_form(known: Sequence[Mapping[str, Any]], post: QueryDict | None) -> ScanForm:
    """The form for the tumors that are known by name, empty or as it was posted."""
    tumors = []
    for place, item in enumerate(known):
        size = item.get("diameter_cm")
        before = f"{size_text(size)} {unit_of(size)}" if size is not None else ""
        tumor = ScanTumor(str(item["name"]), str(item.get("segment", "unknown")), before)
        if post is not None:
            for part in ("size", "unit", "seen", "size_is_right"):
                setattr(tumor, part, str(post.get(f"{part}-{place}", "")).strip()[:40])
        tumors.append(tumor)
    posted = post or QueryDict()
    return ScanForm(str(posted.get("date", "")).strip()[:10], tumors, str(posted.get("others", "")).strip()[:10])


def scan_from(
    form: ScanForm, known: Sequence[Mapping[str, Any]], vocabulary: Vocabulary, today: date, slip: SizeSlip
) -> dict[str, Any] | None:
    """The scan in the form of a case file, or None with the errors noted in the form."""
    reader = FactReader(vocabulary, today)
    items: list[dict[str, Any]] = []
    for tumor, item in zip(form.tumors, known, strict=True):
        if tumor.seen == "no":
            continue
        one = TumorForm(tumor.name, tumor.segment, tumor.size, tumor.unit, size_is_right=tumor.size_is_right)
        told = one.as_item(vocabulary, today, slip, [], item.get("diameter_cm"))
        tumor.error, tumor.slip = next(iter(one.errors.values()), None), one.slip
        if told is not None:
            near = item.get("near")
            items.append(told if near is None else told | {"near": near})
    if form.others not in ("no", "yes", "unknown"):
        form.errors["others"] = "Choose one answer. “I don’t know” is one too."
    scan = {"date": form.date, "lesions": items, "complete": form.others == "no"}
    try:
        if not form.date:
            form.errors["date"] = "Write the day of the scan, such as 2026-10-28. The month alone is enough: 2026-10."
        elif not form.errors:
            read_answer(reader, vocabulary[SCANS], [scan])
    except WaylineError as error:
        form.errors["date"] = friendly(vocabulary[SCANS], error)
    return None if form.has_problems else scan


# --- Blood tests -----------------------------------------------------------------------------------------------------


@dataclass
class TestRow:
    """One blood test in the form: its value, unit and the lab's own range as typed."""

    lab: str
    label: str
    units: list[str]
    value: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    error: str | None = None

    @property
    def is_filled(self) -> bool:
        return bool(self.value)


@dataclass
class TestsForm:
    """One report: its day, and what it says of each test."""

    date: str
    rows: list[TestRow]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def has_problems(self) -> bool:
        return bool(self.errors) or any(row.error for row in self.rows)


def tests_form(vocabulary: Vocabulary, facts: Mapping[str, Any], post: QueryDict | None) -> TestsForm:
    """The form, with the unit and range of the last report filled in, or as it was posted."""
    rows = []
    for lab in LIVER_TESTS:
        definition = vocabulary[lab]
        row = TestRow(
            lab, definition.label, [unit for unit in (definition.unit, *(other.unit for other in definition.other_units)) if unit]
        )
        if post is None:
            low, high = facts.get(f"{lab}_lln"), facts.get(f"{lab}_uln")
            units = {unit_or_usual(limit, definition.unit) for limit in (low, high) if limit is not None}
            # Limits told in two units would be misread in one: then the form starts empty.
            if len(units) == 1:
                row.unit, row.low, row.high = units.pop(), size_text(low), size_text(high)
        else:
            for part in ("value", "unit", "low", "high"):
                setattr(row, part, str(post.get(f"{lab}:{part}", "")).strip()[:40])
        rows.append(row)
    return TestsForm(str((post or QueryDict()).get("date", "")).strip()[:10], rows)


def unit_or_usual(stored: Any, usual: str | None) -> str:
    return str((stored.get("unit") if isinstance(stored, Mapping) else None) or usual or "")


def results_from(form: TestsForm, vocabulary: Vocabulary, today: date) -> list[dict[str, Any]] | None:
    """Every filled row as an earlier result of a case file; None with the errors noted in the form."""
    reader = FactReader(vocabulary, today)
    results = []
    if not form.date:
        form.errors["date"] = "Write the day of the report, such as 2026-10-28."
    if not any(row.is_filled for row in form.rows):
        form.errors["rows"] = "Fill in at least one result."
    for row in form.rows:
        if not row.is_filled:
            continue
        result = _result(row, form.date or today.isoformat())
        if result is None:
            continue
        try:
            read_answer(reader, vocabulary[RESULTS], [result])
        except WaylineError as error:
            if "date" in str(error) or "lies after" in str(error):
                form.errors["date"] = friendly(vocabulary[RESULTS], error)
            else:
                row.error = friendly(vocabulary[row.lab], error)
        results.append(result)
    return None if form.has_problems else results


def _result(row: TestRow, day: str) -> dict[str, Any] | None:
    """`unit` is written only where it is not the only one."""
    result: dict[str, Any] = {"lab": row.lab, "date": day}
    unit = {"unit": row.unit} if row.unit else {}
    if len(row.units) > 1 and row.unit not in row.units:
        row.error = f"Choose the unit that the report prints: {' or '.join(row.units)}."
        return None
    try:
        value = number_form(row.value)
        limits = {key: number_form(text) for key, text in (("lower_limit", row.low), ("upper_limit", row.high)) if text}
    except WaylineError as error:
        row.error = error.message[:1].upper() + error.message[1:] + "."
        return None
    if any("value" not in limit for limit in limits.values()):
        row.error = "Write the lab’s range as two plain numbers, such as 7 and 45. Leave one empty if only one is printed."
        return None
    result["value"] = value.get("value", {**value, **unit})
    return result | unit | {key: limit["value"] for key, limit in limits.items()}


def take_results(facts: Mapping[str, Any], results: Sequence[Mapping[str, Any]], vocabulary: Vocabulary) -> dict[str, Any]:
    """What changes in the facts: the newest result of each test is the current one, all others are earlier ones.

    A result of the same test and day takes the place of the old one: it is a correction.
    """
    changed: dict[str, Any] = {}
    stored = facts.get(RESULTS)
    earlier = [dict(one) for one in (stored if isinstance(stored, list) else (stored or {}).get("items", []))]
    for result in results:
        lab = str(result["lab"])
        current = _current_as_result(facts, vocabulary[lab])
        together = [*(one for one in earlier if one["lab"] == lab), *([current] if current is not None else [])]
        together = [one for one in together if one["date"] != result["date"]] + [dict(result)]
        # Days are written 2026-10-28, so their order is that of their texts; a bare month or year comes before its days.
        together.sort(key=lambda one: str(one["date"]))
        newest = together.pop()
        earlier = [one for one in earlier if one["lab"] != lab] + together
        if newest is not current:
            changed |= _as_current(newest)
    return changed | {RESULTS: earlier or None}


def kept_as_earlier(facts: Mapping[str, Any], changed: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """The earlier results with those that a form is about to replace by results of another day; empty where there are none.

    A changed value under the same day is a correction and leaves nothing behind.
    """
    replaced = []
    for fact_id, told in changed.items():
        if isinstance(told, Mapping) and fact_id in vocabulary and vocabulary[fact_id].is_lab:
            current = _current_as_result(facts, vocabulary[fact_id])
            if current is not None and str(current["date"]) < str(told.get("date", "")):
                replaced.append(current)
    if not replaced:
        return {}
    stored = facts.get(RESULTS)
    earlier = [dict(one) for one in (stored if isinstance(stored, list) else (stored or {}).get("items", []))]
    days = {(one["lab"], one["date"]) for one in replaced}
    return {RESULTS: [*(one for one in earlier if (one["lab"], one["date"]) not in days), *replaced]}


def _current_as_result(facts: Mapping[str, Any], definition: FactDefinition) -> dict[str, Any] | None:
    """The current value of a test in the form of an earlier result; None where there is none, or it holds no value of its own."""
    stored = facts.get(definition.id)
    form = stored if isinstance(stored, Mapping) else {"value": stored}
    if stored is None or not form.get("date") or "times_uln" in form:
        return None
    limits = {
        key: limit if isinstance(limit, Mapping) else {"value": limit}
        for key, ending in (("lower_limit", "lln"), ("upper_limit", "uln"))
        if (limit := facts.get(f"{definition.id}_{ending}")) is not None
    }
    unit = form.get("unit") or definition.unit
    written = {"unit": form["unit"]} if form.get("unit") else {}
    bounds = {key: form[key] for key in BOUNDS if key in form}
    result = {"lab": definition.id, "date": form["date"], "value": {**bounds, **written} if bounds else form["value"], **written}
    for key, limit in limits.items():
        # A row holds one unit: a limit told in another one is brought to it through the usual unit, where that is possible.
        number = _in_unit(limit, str(unit or ""), definition)
        if number is not None:
            result[key] = number
    return result


def _in_unit(limit: Mapping[str, Any], unit: str, definition: FactDefinition) -> float | None:
    if "value" not in limit:
        return None
    own = limit.get("unit") or definition.unit or ""
    if own == unit:
        return float(limit["value"])
    to_usual = {other.unit: other.to_usual for other in definition.other_units}
    usual = float(limit["value"]) if own == definition.unit else to_usual[own](float(limit["value"]))
    return usual if unit == definition.unit else None


def _as_current(result: Mapping[str, Any]) -> dict[str, Any]:
    lab = str(result["lab"])
    unit = {"unit": result["unit"]} if result.get("unit") else {}
    value = result["value"]
    facts: dict[str, Any] = {lab: {**(value if isinstance(value, Mapping) else {"value": value}), **unit, "date": result["date"]}}
    for key, ending in (("lower_limit", "lln"), ("upper_limit", "uln")):
        facts[f"{lab}_{ending}"] = None if result.get(key) is None else {"value": result[key], **unit}
    return facts
