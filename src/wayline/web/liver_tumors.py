"""Tumors as they are stored and typed: one at a time on the drawing, or several as a list.

Everything goes through the same reader as a case file. A unit is never guessed: a size without one is asked about, and so is a size that
looks as if cm and mm were mixed up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from wayline.facts.case import EARLIEST_YEAR, FactReader
from wayline.facts.courses import Listing
from wayline.facts.lesions import SEGMENTS, Lesion
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import Vocabulary
from wayline.facts.written_days import case_day
from wayline.liver.drawing import letters
from wayline.liver.scales import SizeSlip
from wayline.liver.scans import Slip, size_slip
from wayline.liver.segments import UNKNOWN_SEGMENT
from wayline.reading import WaylineError
from wayline.web.asking import friendly, number_form, read_answer

LESIONS, SCANS = "liver.lesions", "liver.earlier_scans"
UNITS = ("cm", "mm")
MOST_TUMORS = 60
NONE_NEAR = "none"
EMPTY_ROWS = 4
LONGEST_ANSWER = 40
AS_WRITTEN, OTHER_UNIT = "as_written", "other"


@dataclass
class TumorList:
    """The stored list of tumors: its items in the form of a case file, whether it is complete, and the day of its scan."""

    items: list[dict[str, Any]]
    complete: bool
    scanned_on: str | None

    @classmethod
    def of(cls, stored: Any) -> TumorList | None:
        """From whatever form the fact was stored in, each tumor with a name; None where nothing is told."""
        if stored is None:
            return None
        form: Mapping[str, Any] = {"items": stored} if isinstance(stored, list) else stored
        items = [dict(item) for item in form.get("items", form.get("value")) or []]
        # As for a case file: the oldest scan among the items dates a list without a date of its own.
        days = sorted(str(item["date"]) for item in items if item.get("date"))
        listed = cls(items, bool(form.get("complete", True)), form.get("date") or next(iter(days), None))
        taken = {str(item["name"]) for item in items if item.get("name")}
        free = (letter for letter in letters() if letter not in taken)
        for item in items:
            item["name"] = str(item["name"]) if item.get("name") else next(free)
        return listed

    def stored(self, today: date) -> dict[str, Any]:
        """As the vault keeps it. A list without the day of its scan is dated by the day on which it was told."""
        return {"items": self.items, "complete": self.complete, "date": self.scanned_on or today.isoformat()}

    def place_of(self, name: str) -> int | None:
        return next((place for place, item in enumerate(self.items) if item["name"] == name), None)


def sorted_scans(stored: Any) -> list[dict[str, Any]]:
    """The earlier scans as they are stored, oldest first."""
    listed = stored if isinstance(stored, list) else (stored or {}).get("items", [])
    return sorted((dict(scan) for scan in listed), key=lambda scan: str(scan["date"]))


def known_tumors(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every tumor that has a name on any scan, as it was on the newest one that shows it."""
    known: dict[str, dict[str, Any]] = {}
    for scan in sorted_scans(facts.get(SCANS)):
        known |= {str(item["name"]): item for item in scan["lesions"] if item.get("name")}
    listed = TumorList.of(facts.get(LESIONS))
    if listed is not None:
        known |= {str(item["name"]): item for item in listed.items}
    return [known[name] for name in sorted(known)]


def next_name(lists: Iterable[Iterable[Mapping[str, Any]]]) -> str:
    """The next letter that no tumor of any scan has."""
    taken = {str(item.get("name")) for items in lists for item in items}
    return next(letter for letter in letters() if letter not in taken)


def day_from(post: Mapping[str, Any], name: str = "date") -> str:
    """The day that was typed, in the form of a case file; as it was typed where it is no day."""
    return case_day(str(post.get(name, "")).strip())[:LONGEST_ANSWER]


def day_problem(text: str, others: Iterable[str], today: date) -> str | None:
    """What is wrong with the day of a scan, in words. Two scans of which nobody can say which came first cannot be compared."""
    try:
        day = DateRange.parse(text)
    except ValueError:
        return "Write the day as 10/28/2026, the month first. Oct 28, 2026 or 2026-10-28 is fine too. The month alone is enough: 10/2026."
    if day.first > today:
        return "This day lies in the future. Please check it."
    if day.first.year < EARLIEST_YEAR:
        return "This day lies too far back. Please check it."
    for other in others:
        if day.is_exact and DateRange.parse(other) == day:
            return f"A scan of {other} is told already. Remove that one first, or change it."
        if day.meets(DateRange.parse(other)) is not None:
            return f"Another scan is told for {other}. Write the whole day of each, so that their order is known."
    return None


@dataclass
class TumorForm:
    """What was typed about one tumor, kept beside its errors so that nothing is lost.

    `was` is the tumor as it stood when its form was opened; `asked_about` the size that the question of cm or mm was about.
    """

    name: str = ""
    segment: str = ""
    size: str = ""
    unit: str = ""
    near: list[str] = field(default_factory=list)
    size_is_right: str = ""
    asked_about: str = ""
    was: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    slip: Slip | None = None

    @classmethod
    def from_post(cls, post: QueryDict, suffix: str = "") -> TumorForm:
        """The form as posted; `suffix` tells the rows of a list apart."""
        keys = ("name", "segment", "size", "unit", "size_is_right", "asked_about")
        name, segment, size, unit, is_right, asked = (str(post.get(f"{key}{suffix}", "")).strip()[:LONGEST_ANSWER] for key in keys)
        near = [str(place)[:LONGEST_ANSWER] for place in post.getlist(f"near{suffix}")]
        return cls(name, segment, size, unit, near, is_right, asked, str(post.get(f"was{suffix}", ""))[:2000])

    @classmethod
    def of_item(cls, item: Mapping[str, Any]) -> TumorForm:
        """The form of a stored tumor, to be changed."""
        size, near = item.get("diameter_cm"), item.get("near")
        return cls(
            name=str(item.get("name", "")),
            segment=str(item.get("segment", "")),
            size=size_text(size),
            unit="" if size is None else unit_of(size),
            near=[NONE_NEAR] if near == [] else list(near or []),
            was=as_it_stood(item),
        )

    @property
    def is_empty(self) -> bool:
        return not self.size and not self.near and self.segment in ("", UNKNOWN_SEGMENT)

    @property
    def typed_size(self) -> dict[str, Any] | None:
        """The size as typed, where it can be read."""
        try:
            return {**number_form(self.size), "unit": self.unit} if self.size and self.unit in UNITS else None
        except WaylineError:
            return None

    @property
    def asked_now(self) -> str:
        """The size that a question on this form is about: an answer is taken for this size only."""
        return f"{self.size} {self.unit}"

    def as_item(
        self,
        vocabulary: Vocabulary,
        today: date,
        slip: SizeSlip,
        others: Iterable[Any],
        earlier: Any,
        told: Mapping[str, Any] | None = None,
    ) -> dict[str, Any] | None:
        """The tumor in the form of a case file; None where something has to be mended or asked about first.

        `others` are the sizes of the other tumors of the same scan, `earlier` the size of the same tumor on the scan before. `told` is the
        tumor as it is stored: a size that was left as the form shows it stays as it was told, and is not asked about again.
        """
        item: dict[str, Any] = {"segment": self.segment if self.segment in SEGMENTS else UNKNOWN_SEGMENT}
        if self.name:
            item["name"] = self.name
        told_size = None if told is None else told.get("diameter_cm")
        is_left = told_size is not None and (self.size, self.unit) == (size_text(told_size), unit_of(told_size))
        size = told_size if is_left else self._size()
        if size is not None:
            item["diameter_cm"] = size
        if self.near:
            item["near"] = [place for place in self.near if place != NONE_NEAR]
            if NONE_NEAR in self.near and item["near"]:
                self.errors["near"] = "“Next to none of these” is marked, and so is something else. Please change one of them."
        if not self.errors:
            lesion = self._lesion(item, vocabulary, today)
            if lesion is not None and lesion.diameter_cm is not None and lesion.diameter_cm.high <= 0:
                self.errors["size"] = "A tumor is larger than 0. If it can no longer be seen, remove it, or say so with the newest scan."
            elif not is_left and lesion is not None and lesion.diameter_cm is not None and lesion.diameter_cm.is_exact:
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
        try:
            told = read_answer(FactReader(vocabulary, today), vocabulary[LESIONS], {"items": [item]})
        except WaylineError as error:
            self.errors["near" if "place in the liver" in str(error) else "size"] = friendly(vocabulary["liver.largest_cm"], error)
            return None
        listing: Any = told.value if told is not None else None
        return next(iter(listing), None) if isinstance(listing, Listing) else None

    def _ask_about_slip(self, item: dict[str, Any], size_cm: float, slip: SizeSlip, others: Iterable[Any], earlier: Any) -> None:
        found = size_slip(size_cm, [one for one in map(exact_cm, others) if one], exact_cm(earlier), slip)
        is_answered = self.asked_about == self.asked_now
        if found is None or (is_answered and self.size_is_right == AS_WRITTEN):
            return
        if is_answered and self.size_is_right == OTHER_UNIT:
            item["diameter_cm"] = {"value": found.meant_cm, "unit": "cm"}
            return
        self.slip = found


def as_it_stood(item: Mapping[str, Any]) -> str:
    """A stored tumor as a text, to see whether it was changed in between."""
    return json.dumps(item, sort_keys=True)


def list_forms(listed: TumorList | None, post: QueryDict | None) -> list[TumorForm]:
    """One row a tumor, and some empty ones: from what is stored, or as it was posted."""
    if post is None:
        stored = [TumorForm.of_item(item) for item in listed.items] if listed is not None else []
        return [*stored, *(TumorForm() for _ in range(EMPTY_ROWS))]
    return [TumorForm.from_post(post, f"-{row}") for row in range(MOST_TUMORS + EMPTY_ROWS) if f"size-{row}" in post]


def items_of_rows(
    rows: Sequence[TumorForm],
    listed: TumorList | None,
    earlier: Sequence[Mapping[str, Any]],
    vocabulary: Vocabulary,
    today: date,
    slip: SizeSlip,
) -> list[dict[str, Any]] | None:
    """The tumors of all filled rows; None where a row has to be mended or asked about. What a tumor lies next to stays as it was told.

    `earlier` are the earlier scans, oldest first.
    """
    before = {str(item["name"]): item for item in listed.items} if listed is not None else {}
    lists = [*(scan["lesions"] for scan in earlier), list(before.values())]
    last = {str(item.get("name")): item.get("diameter_cm") for scan in earlier[-1:] for item in scan["lesions"]}
    items: list[dict[str, Any]] = []
    new_rows = []
    for place, row in enumerate(rows):
        told = before.get(row.name)
        if told is not None and any(other.name == row.name for other in rows[:place]):
            row.errors["name"] = f"Tumor {row.name} stands in two rows. Open this page again, and fill in one of them."
        if row.is_empty:
            if told is not None and told.get("diameter_cm") is None and (told.get("segment") or UNKNOWN_SEGMENT) == UNKNOWN_SEGMENT:
                items.append(told)  # of this tumor nothing more was told
            continue  # else an empty row, or a tumor that was emptied on purpose: both are no tumor of the list
        if told is None:
            row.name = next_name([*lists, items])
            new_rows.append(row)
        others = [other.typed_size for other in rows if other is not row]
        item = row.as_item(vocabulary, today, slip, others, last.get(row.name), told)
        if item is not None:
            near = (told or {}).get("near")
            items.append(item if near is None else item | {"near": near})
    if not any(row.errors or row.slip for row in rows):
        shown = {row.name for row in rows}
        return [*items, *(item for name, item in before.items() if name not in shown)]  # without a row, nothing was said about it
    for row in new_rows:
        row.name = ""  # the letter is given when the list is saved
    return None


def size_text(size: Any) -> str:
    """A stored size as it is typed: `2.4`, `<1`."""
    if size is None:
        return ""
    if not isinstance(size, Mapping):
        return f"{size:g}"
    for sign, bound in (("", "value"), ("<", "below"), ("<=", "at_most"), (">", "above"), (">=", "at_least")):
        if size.get(bound) is not None:
            return f"{sign}{float(size[bound]):g}"
    return ""


def unit_of(size: Any) -> str:
    """The unit of a stored size; cm where none is written."""
    return str(size.get("unit", "cm")) if isinstance(size, Mapping) else "cm"


def exact_cm(size: Any) -> float | None:
    """A stored size in cm where it is exact."""
    if size is None:
        return None
    value = size.get("value") if isinstance(size, Mapping) else size
    return None if value is None else float(value) / (10 if unit_of(size) == "mm" else 1)
