"""A scan of another day than the newest one, as it is typed: each known tumor's size there, or that it was not seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from wayline.facts.vocabulary import Vocabulary
from wayline.liver.scales import SizeSlip
from wayline.liver.scans import Slip
from wayline.web.liver_tumors import LONGEST_ANSWER, TumorForm, day_from, day_problem, size_text, unit_of

OTHERS = ("no", "yes", "unknown")
_PARTS = ("size", "unit", "seen", "size_is_right", "asked_about")


@dataclass
class ScanTumor:
    """One known tumor on a scan that is being told: its size there, or that it was not seen."""

    name: str
    segment: str
    before: str
    size: str = ""
    unit: str = ""
    seen: str = ""
    size_is_right: str = ""
    asked_about: str = ""
    error: str | None = None
    slip: Slip | None = None

    @property
    def asked_now(self) -> str:
        return f"{self.size} {self.unit}"


@dataclass
class ScanForm:
    """A scan of another day: its day, each known tumor, and whether it showed others."""

    date: str
    tumors: list[ScanTumor]
    others: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The tumors that the form asks for, to see whether they are still the ones that are known."""
        return json.dumps([tumor.name for tumor in self.tumors])

    @property
    def has_problems(self) -> bool:
        return bool(self.errors) or any(tumor.error or tumor.slip for tumor in self.tumors)


def scan_form(known: Sequence[Mapping[str, Any]], post: QueryDict | None) -> ScanForm:
    """The form for the tumors that are known by name, empty or as it was posted.

    Each field carries its tumor's name, not its place: a list that changed in between must not give one tumor's size to another.
    """
    posted = post if post is not None else QueryDict()
    tumors = []
    for item in known:
        size = item.get("diameter_cm")
        tumor = ScanTumor(
            str(item["name"]), str(item.get("segment", "unknown")), f"{size_text(size)} {unit_of(size)}" if size is not None else ""
        )
        for part in _PARTS:
            setattr(tumor, part, str(posted.get(f"{part}:{tumor.name}", "")).strip()[:LONGEST_ANSWER])
        tumors.append(tumor)
    return ScanForm(day_from(posted), tumors, str(posted.get("others", "")).strip()[:LONGEST_ANSWER])


def scan_from(
    form: ScanForm, known: Sequence[Mapping[str, Any]], days: Iterable[str], vocabulary: Vocabulary, today: date, slip: SizeSlip
) -> dict[str, Any] | None:
    """The scan in the form of a case file, or None with the errors noted in the form. `days` are those of the scans that are told."""
    items: list[dict[str, Any]] = []
    for tumor, item in zip(form.tumors, known, strict=True):
        if tumor.seen == "no":
            if tumor.size:
                tumor.error = "A size is written, and “not seen” is marked. Please change one of them."
            continue
        one = TumorForm(tumor.name, tumor.segment, tumor.size, tumor.unit, size_is_right=tumor.size_is_right, asked_about=tumor.asked_about)
        told = one.as_item(vocabulary, today, slip, [], item.get("diameter_cm"))
        tumor.error, tumor.slip = next(iter(one.errors.values()), None), one.slip
        if told is not None:
            near = item.get("near")
            items.append(told if near is None else told | {"near": near})
    if form.others not in OTHERS:
        form.errors["others"] = "Choose one answer. “I don’t know” is one too."
    problem = day_problem(form.date, days, today)
    if problem is not None:
        form.errors["date"] = problem
    return None if form.has_problems else {"date": form.date, "lesions": items, "complete": form.others == "no"}
