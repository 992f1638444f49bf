"""Results over time as a line drawing: small, legible, labeled in place, with the lab's own range as a shaded band.

A chart never joins what is not known: a result that is only partly known is an open mark at the end that is known, and the line is broken
around it. Each has a table beside it that says the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

from wayline.facts.values import NumberRange

WIDTH, HEIGHT = 660.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 74.0, 536.0, 26.0, 196.0
_LINE = 22.0
_HEADROOM = 0.12
_MOST_DAY_LABELS = 4
_NEAREST_LABELS = 190.0  # room for two labels side by side in the large type of a phone


@dataclass(frozen=True)
class Point:
    """One result: its day, its value as far as known, and the words at its mark."""

    day: date
    value: NumberRange
    words: str
    is_faded: bool = False


@dataclass(frozen=True)
class Band:
    """The range that the lab prints; an end that is not printed is None."""

    low: float | None
    high: float | None


def trend(
    points: Sequence[Point],
    band: Band | None,
    *,
    label: str,
    unit: str,
    from_zero: bool = False,
    up_to: int | None = None,
    at_least: tuple[float, float] | None = None,
) -> str:
    """The chart as SVG text. `label` is its text twin for people who do not see it; raises ValueError without points.

    `from_zero`: the chart begins at 0 whatever the values, so that a small change does not look large. `up_to`: the values are the whole
    steps of a scale from 0 to that, and each step stands at the side. `at_least`: the range that is shown whatever the values.
    """
    if not points:
        raise ValueError("a trend needs results")
    ordered = sorted(points, key=lambda point: point.day)
    scale = (
        _scale(ordered, band, from_zero, at_least or ())
        if up_to is None
        else _Scale(0.0, up_to + _HEADROOM, tuple(map(float, range(up_to + 1))), 1.0)
    )
    days = _days(ordered)
    root = ElementTree.Element("svg", {"class": "trend", "viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}", "role": "img", "aria-label": label})
    if band is not None:
        _draw_band(root, band, scale)
    for level in scale.levels:
        _draw_level(root, level, scale)
    _draw_line(root, ordered, days, scale)
    for point in ordered:
        _draw_mark(root, point, days, scale)
    for day in _labeled_days(ordered, days):
        _words(root, f"{day:%b} {day.day}, {day.year}", days.x_of(day), HEIGHT - 14, "middle", "axis-word")
    if unit:
        _words(root, unit, 6, 12, "start", "axis-word")
    return ElementTree.tostring(root, encoding="unicode")


@dataclass(frozen=True)
class _Scale:
    """Values to heights; `levels` are the round numbers at the side."""

    low: float
    high: float
    levels: tuple[float, ...]
    step: float

    def words(self, level: float) -> str:
        """A level with as many decimals as its step has, and commas between thousands."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return f"{level:,.{decimals}f}" if level else "0"

    def y_of(self, value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class _Days:
    first: date
    last: date

    def x_of(self, day: date) -> float:
        span = (self.last - self.first).days
        return (_LEFT + _RIGHT) / 2 if span == 0 else _LEFT + 20 + (_RIGHT - _LEFT - 40) * (day - self.first).days / span


def _days(points: Sequence[Point]) -> _Days:
    return _Days(points[0].day, points[-1].day)


def _ends(point: Point) -> list[float]:
    return [end for end in (point.value.low, point.value.high) if abs(end) != float("inf")]


def _shown(point: Point) -> float:
    """Where a mark stands: its value, or the end of it that is known."""
    ends = _ends(point)
    return ends[-1] if ends else 0.0


def _scale(points: Sequence[Point], band: Band | None, from_zero: bool, at_least: Sequence[float] = ()) -> _Scale:
    numbers = [*at_least, *(_shown(point) for point in points)]
    numbers += [end for end in (band.low, band.high) if end is not None] if band else []
    low, high = min(numbers), max(numbers)
    # Nothing measured here lies below 0; where the values come near it, the chart begins there.
    from_zero = from_zero or low <= 0.4 * high or low == high
    step = _round_step((high if from_zero else high - low) or abs(high) or 1.0)
    bottom = 0.0 if from_zero else step * (low // step)
    top = high + max((high - bottom) * _HEADROOM, step * 0.2)
    levels = [bottom + step * count for count in range(8) if bottom + step * count <= top]
    return _Scale(bottom, top, tuple(levels), step)


def _round_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that gives two to five levels."""
    power = 10.0 ** len(str(int(span))) / 10 if span >= 1 else 0.1 ** next(digit for digit in range(1, 12) if span >= 0.1**digit)
    return next((power * share for share in (0.5, 1.0, 2.0) if span / (power * share) <= 4), power * 5)


def _draw_band(root: ElementTree.Element, band: Band, scale: _Scale) -> None:
    high = scale.high if band.high is None else min(band.high, scale.high)
    low = scale.low if band.low is None else max(band.low, scale.low)
    top, bottom = scale.y_of(high), scale.y_of(low)
    if bottom <= top:
        return
    box = {"class": "range", "x": f"{_LEFT:.1f}", "y": f"{top:.1f}", "width": f"{_RIGHT - _LEFT:.1f}", "height": f"{bottom - top:.1f}"}
    ElementTree.SubElement(root, "rect", box)
    middle = (top + bottom) / 2
    for line, words in enumerate(("your lab’s", "range")):
        _words(root, words, _RIGHT + 10, middle + (line - 0.5) * _LINE, "start", "axis-word")


def _draw_level(root: ElementTree.Element, level: float, scale: _Scale) -> None:
    y = f"{scale.y_of(level):.1f}"
    ElementTree.SubElement(root, "line", {"class": "level", "x1": f"{_LEFT:.1f}", "x2": f"{_RIGHT:.1f}", "y1": y, "y2": y})
    _words(root, scale.words(level), _LEFT - 10, float(y), "end", "axis-word")


def _draw_line(root: ElementTree.Element, points: Sequence[Point], days: _Days, scale: _Scale) -> None:
    for one, other in pairwise(points):
        if one.value.is_exact and other.value.is_exact:
            place = {"x1": days.x_of(one.day), "y1": scale.y_of(one.value.low)}
            place |= {"x2": days.x_of(other.day), "y2": scale.y_of(other.value.low)}
            ElementTree.SubElement(root, "line", {"class": "course", **{name: f"{number:.1f}" for name, number in place.items()}})


def _draw_mark(root: ElementTree.Element, point: Point, days: _Days, scale: _Scale) -> None:
    x, y = days.x_of(point.day), scale.y_of(_shown(point))
    kind = "mark-point" + ("" if point.value.is_exact else " unsure") + (" faded" if point.is_faded else "")
    ElementTree.SubElement(root, "circle", {"class": kind, "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "6"})
    if point.words:
        _words(root, point.words, x, y - 16 if y - 16 > _TOP - 18 else y + 20, "middle", "point-word")


def _labeled_days(points: Sequence[Point], days: _Days) -> list[date]:
    """The first and the last day, and some between where there is room."""
    different = sorted({point.day for point in points})
    chosen = [different[0]]
    for day in different[1:-1]:
        far_from_both = all(abs(days.x_of(day) - days.x_of(other)) >= _NEAREST_LABELS for other in (chosen[-1], different[-1]))
        if far_from_both and len(chosen) < _MOST_DAY_LABELS - 1:
            chosen.append(day)
    return [*chosen, different[-1]] if len(different) > 1 else chosen


def _words(root: ElementTree.Element, words: str, x: float, y: float, anchor: str, kind: str) -> None:
    place = {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "dominant-baseline": "central"}
    ElementTree.SubElement(root, "text", place).text = words
