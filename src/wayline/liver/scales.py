"""Named scales for results on the liver, from `content/liver/scales.yaml`. They are shown under their names, never as a meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.facts.truth import YES
from wayline.facts.values import NumberRange, less
from wayline.reading import Block, Place, flag_at, number_at, read, require_keys, rows_at, text_at, texts_at

TIMES_UPPER_LIMIT, VALUE_UPWARDS, VALUE_DOWNWARDS = "times_upper_limit", "value_upwards", "value_downwards"
_KINDS = (TIMES_UPPER_LIMIT, VALUE_UPWARDS, VALUE_DOWNWARDS)
_LOWER_LIMIT = "lower_limit"


@dataclass(frozen=True)
class GradeScale:
    """Where the grades of one blood test begin. None stands for the lab's own lower limit.

    `grades` and `from_baseline` are in the order of the grades, 1 first; `from_baseline` is None where the scale has none.
    `includes_first`: whether grade 1 from baseline begins at its number, not above it.
    """

    lab: str
    kind: str
    grades: tuple[float | None, ...]
    from_baseline: tuple[float, ...] | None
    includes_first: bool

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
        starts = [NumberRange.exactly(start) for start in self.from_baseline]
        return _grades_above(times_baseline, starts, first_included=self.includes_first)

    @staticmethod
    def _downwards(value: NumberRange, starts: list[NumberRange | None]) -> frozenset[int] | None:
        """Downwards, a grade begins below its number, which itself still belongs to the grade before. No grade from the lab's limit on."""
        first, second = starts[0], starts[1]
        if first is None:
            # Without the lab's own limit, grade 0 and grade 1 cannot be told apart; further down they can.
            assert second is not None  # the loader sees to it that only the first may be the lab's own
            return _grades_below(value, starts[1:], 2) if less(value, second) is YES else None
        low = value.meets(NumberRange(-math.inf, first.high, high_open=True))
        graded = frozenset[int]() if low is None else _grades_below(low, starts, 1)
        return graded | ({0} if less(value, first) is not YES else set())


def _grades_below(value: NumberRange, starts: Sequence[NumberRange | None], first_grade: int) -> frozenset[int]:
    """The grades of a value below the first of these starts: each from its own start down to the next one, which still belongs to it."""
    lows = [-math.inf if start is None else start.low for start in (*starts[1:], None)]
    reached = set()
    for grade, (start, low) in enumerate(zip(starts, lows, strict=True), first_grade):
        if start is not None and low < start.high and value.meets(NumberRange(low, start.high, high_open=True)) is not None:
            reached.add(grade)
    return frozenset(reached)


def _grades_above(value: NumberRange, starts: Sequence[NumberRange], *, first_included: bool) -> frozenset[int]:
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
    grades: dict[str, GradeScale] = {}
    for row, place in zip(rows, rows.places, strict=True):
        scale = _grade_scale(row, place)
        if scale.lab in grades:
            raise place.error(f"'{scale.lab}' stands twice")
        grades[scale.lab] = scale
    pattern, slip = _numbers(document, "enzyme_pattern", EnzymePattern), _numbers(document, "size_slip", SizeSlip)
    if pattern.cholestatic_up_to >= pattern.hepatocellular_from:
        raise document.at("enzyme_pattern").error("'cholestatic_up_to' must lie below 'hepatocellular_from'")
    if slip.ten_times_from >= slip.ten_times_up_to:
        raise document.at("size_slip").error("'ten_times_from' must lie below 'ten_times_up_to'")
    return Scales(
        grades_title=text_at(ctcae, "title"),
        grades=grades,
        grades_cites=tuple(texts_at(ctcae, "cites")),
        pattern=pattern,
        recist=_numbers(document, "recist", Recist),
        slip=slip,
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
                number = number_at(block, field)
                if number != int(number):
                    raise block.at(field).error(f"'{field}' must be a whole number")
                values[field] = int(number)
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
    if len(starts) < 2 or numbers != sorted(set(numbers), reverse=kind == VALUE_DOWNWARDS) or None in starts[1:]:
        raise block.at("grades").error("two grades or more must stand in their order, with the lab's own limit only as the first")
    if (None in starts) != (kind == VALUE_DOWNWARDS):
        raise block.at("grades").error("the lab's own lower limit begins the grades of a value counted downwards, and only of those")
    if block["from_baseline"] is None:
        return GradeScale(text_at(block, "lab"), kind, tuple(starts), None, False)
    baseline = require_keys(block["from_baseline"], ("grades", "includes_first"), block.at("from_baseline"))
    rows = rows_at(baseline, "grades")
    multiples = [_start(one, at) for one, at in zip(rows, rows.places, strict=True)]
    told = [one for one in multiples if one is not None]
    if len(told) != len(starts) or told != sorted(set(told)):
        raise baseline.at("grades").error("as many multiples as grades are needed, in their order")
    return GradeScale(text_at(block, "lab"), kind, tuple(starts), tuple(told), flag_at(baseline, "includes_first"))


def _start(written: Any, place: Place) -> float | None:
    if written == _LOWER_LIMIT:
        return None
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise place.error(f"a grade begins at a number, or at '{_LOWER_LIMIT}'")
    return float(written)
