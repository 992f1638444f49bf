"""Named scales for results on the liver, from `content/liver/scales.yaml`. They are shown under their names, never as a meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.facts.values import NumberRange
from wayline.reading import Block, Place, number_at, read, require_keys, rows_at, text_at, texts_at

TIMES_UPPER_LIMIT, VALUE_UPWARDS, VALUE_DOWNWARDS = "times_upper_limit", "value_upwards", "value_downwards"
_KINDS = (TIMES_UPPER_LIMIT, VALUE_UPWARDS, VALUE_DOWNWARDS)
_LOWER_LIMIT = "lower_limit"


@dataclass(frozen=True)
class GradeScale:
    """Where the grades of one blood test begin. None stands for the lab's own lower limit.

    `grades` and `from_baseline` are in the order of the grades, 1 first; `from_baseline` is None where the scale has none.
    """

    lab: str
    kind: str
    grades: tuple[float | None, ...]
    from_baseline: tuple[float, ...] | None

    def possible_grades(self, value: NumberRange, lower_limit: NumberRange | None) -> frozenset[int] | None:
        """Every grade that a value may have, 0 for none; None where the lab's lower limit is needed and not known.

        `value` is in times the upper limit for a scale of that kind, else in the fact's unit.
        """
        starts = [lower_limit if start is None else NumberRange.exactly(start) for start in self.grades]
        if self.kind == VALUE_DOWNWARDS:
            return self._downwards(value, starts)
        return _grades_above(value, [start for start in starts if start is not None], first_included=False)

    def possible_grades_from_baseline(self, times_baseline: NumberRange) -> frozenset[int] | None:
        """The same, counted from a value before treatment that was above the limit; None where the scale has none."""
        if self.from_baseline is None:
            return None
        return _grades_above(times_baseline, [NumberRange.exactly(start) for start in self.from_baseline], first_included=True)

    @staticmethod
    def _downwards(value: NumberRange, starts: list[NumberRange | None]) -> frozenset[int] | None:
        # Downwards, a grade begins below its number, which itself still belongs to the grade before.
        reached = {
            grade
            for grade, start in enumerate(starts, 1)
            if start is not None
            and (low := _low_of(starts, grade)) < start.high
            and value.meets(NumberRange(low, start.high, high_open=True)) is not None
        }
        first = starts[0]
        if first is not None:
            return frozenset(reached | ({0} if value.meets(NumberRange(first.low, math.inf)) is not None else set()))
        second = next((start for start in starts[1:] if start is not None), None)
        # Without the lab's own limit, grade 0 and grade 1 cannot be told apart; further down they can.
        return frozenset(reached) if second is not None and value.high < second.low else None


def _low_of(starts: list[NumberRange | None], grade: int) -> float:
    following = starts[grade] if grade < len(starts) else None
    return -math.inf if following is None else following.low


def _grades_above(value: NumberRange, starts: list[NumberRange], *, first_included: bool) -> frozenset[int]:
    """Grades that begin above their number: the number itself belongs to the grade before, or for the first one, if asked, to it."""
    ends = [*(start.low for start in starts[1:]), math.inf]
    reached = {
        grade
        for grade, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
        if value.meets(NumberRange(start.low, end, low_open=not (first_included and grade == 1))) is not None
    }
    below = NumberRange(-math.inf, starts[0].low, high_open=first_included)
    return frozenset(reached | ({0} if value.meets(below) is not None else set()))


@dataclass(frozen=True)
class EnzymePattern:
    """The R value: ALT and ALP, each in times its limit, divided by each other."""

    title: str
    hepatocellular_from: float
    cholestatic_up_to: float
    days_apart_at_most: int
    cites: tuple[str, ...]

    def possible_patterns(self, ratio: NumberRange) -> frozenset[str]:
        """`hepatocellular`, `mixed`, `cholestatic`: every one that the ratio allows."""
        bands = {
            "cholestatic": NumberRange(-math.inf, self.cholestatic_up_to),
            "mixed": NumberRange(self.cholestatic_up_to, self.hepatocellular_from, low_open=True, high_open=True),
            "hepatocellular": NumberRange(self.hepatocellular_from, math.inf),
        }
        return frozenset(name for name, band in bands.items() if ratio.meets(band) is not None)


@dataclass(frozen=True)
class Recist:
    """The limits of RECIST 1.1 for single tumors in one organ, in mm and percent."""

    title: str
    measurable_from_mm: float
    followed_in_one_organ: int
    partial_response_smaller_by_percent: float
    progression_larger_by_percent: float
    progression_larger_by_mm: float
    cites: tuple[str, ...]


@dataclass(frozen=True)
class SizeSlip:
    """When a size is asked about again, because cm and mm may have been mixed up."""

    ask_above_cm: float
    ten_times_from: float
    ten_times_up_to: float
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Scales:
    """All named scales of the liver pages."""

    grades_title: str
    grades: dict[str, GradeScale]
    grades_cites: tuple[str, ...]
    pattern: EnzymePattern
    recist: Recist
    slip: SizeSlip

    @property
    def cites(self) -> tuple[str, ...]:
        return (*self.grades_cites, *self.pattern.cites, *self.recist.cites, *self.slip.cites)


def load_scales(path: Path) -> Scales:
    """Load the scales strictly; every mistake is an error with file and line."""
    name = f"liver/{path.name}"
    document = require_keys(read(path, name), ("ctcae", "enzyme_pattern", "recist", "size_slip"), Place(name, 1))
    ctcae = require_keys(document["ctcae"], ("title", "cites", "rows"), document.at("ctcae"))
    rows = rows_at(ctcae, "rows")
    scales = [_grade_scale(row, place) for row, place in zip(rows, rows.places, strict=True)]
    pattern = _numbers(document, "enzyme_pattern", EnzymePattern)
    return Scales(
        grades_title=text_at(ctcae, "title"),
        grades={scale.lab: scale for scale in scales},
        grades_cites=tuple(texts_at(ctcae, "cites")),
        pattern=pattern,
        recist=_numbers(document, "recist", Recist),
        slip=_numbers(document, "size_slip", SizeSlip),
    )


def _numbers(document: Block, key: str, kind: type[Any]) -> Any:
    """One of the small records: its title and cites, and a number for every other field."""
    fields = tuple(kind.__dataclass_fields__)
    block = require_keys(document[key], fields, document.at(key))
    values: dict[str, Any] = {}
    for field, definition in kind.__dataclass_fields__.items():
        match definition.type:
            case "str":
                values[field] = text_at(block, field)
            case "float":
                values[field] = number_at(block, field)
            case "int":
                values[field] = int(number_at(block, field))
            case _:
                values[field] = tuple(texts_at(block, field))
    return kind(**values)


def _grade_scale(row: Any, place: Place) -> GradeScale:
    block = require_keys(row, ("lab", "of", "grades", "from_baseline"), place)
    kind = text_at(block, "of")
    if kind not in _KINDS:
        raise block.at("of").error(f"'{kind}' is not a way to count. Ways: {', '.join(_KINDS)}")
    starts = [_start(one, at) for one, at in zip(rows_at(block, "grades"), block["grades"].places, strict=True)]
    numbers = [start for start in starts if start is not None]
    if numbers != sorted(numbers, reverse=kind == VALUE_DOWNWARDS) or None in starts[1:]:
        raise block.at("grades").error("the grades must stand in their order, with the lab's own limit only as the first")
    if (None in starts) != (kind == VALUE_DOWNWARDS):
        raise block.at("grades").error("the lab's own lower limit begins the grades of a value counted downwards, and only of those")
    baseline = None if block["from_baseline"] is None else tuple(float(one) for one in rows_at(block, "from_baseline"))
    return GradeScale(text_at(block, "lab"), kind, tuple(starts), baseline)


def _start(written: Any, place: Place) -> float | None:
    if written == _LOWER_LIMIT:
        return None
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise place.error(f"a grade begins at a number, or at '{_LOWER_LIMIT}'")
    return float(written)
