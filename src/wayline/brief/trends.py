"""Swallowing and weight over the days of the diary: a small line without words in it, and every value in words beside it.

Nothing here reads a trend: no better, no worse, no score. A day that is only partly known breaks the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from wayline.brief.known import short_day, with_other_unit
from wayline.facts.case import FactReader
from wayline.facts.findings import Value
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.guide.sheet_plan import SheetPlan
from wayline.logic.wording import value_in_words
from wayline.reading import Place, WaylineError, parse

FEWEST_DAYS = 2
_MARGIN = 0.1
_MOST_LARGE_DOTS = 12


@dataclass(frozen=True)
class TrendPoint:
    """A day's value: its place in a drawing of width and height 1 (y None where it is only partly known), and its words."""

    x: float
    y: float | None
    day: str
    words: str


@dataclass(frozen=True)
class Trend:
    """One fact over its days, the oldest first. `scale` says what the drawing's upper and lower edge are."""

    title: str
    points: tuple[TrendPoint, ...]
    scale: str

    def words(self, most: int) -> str:
        """Every value in words; of many days the first and the latest ones, and how many lie between."""
        told = [f"{point.words} on {point.day}" for point in self.points]
        if len(told) > most:
            told = [told[0], f"and {len(told) - most} more {'day' if len(told) - most == 1 else 'days'}", *told[len(told) - most + 1 :]]
        return f"{self.title}: {'; '.join(told)}."


def trends_of(situation: Situation, diary: Sequence[Mapping[str, Any]], plan: SheetPlan) -> tuple[Trend, ...]:
    """A trend for each fact that has at least two days up to today, from the diary and from what was told with a day."""
    trends = []
    for fact_id in plan.trends:
        definition = situation.vocabulary[fact_id]
        days = _days(situation, diary, definition)
        if len(days) >= FEWEST_DAYS:
            trends.append(_trend(definition, days))
    return tuple(trends)


def _days(situation: Situation, diary: Iterable[Mapping[str, Any]], definition: FactDefinition) -> dict[date, Value]:
    """The value of each day. The diary's entry of a day stands before what was told of it."""
    found: dict[date, Value] = {}
    told = situation.told.get(definition.id)
    if told is not None and told.value is not None and told.date is not None and told.date.is_exact:
        found[told.date.first] = told.value
    for entry in diary:
        value = _value(entry, definition, situation)
        if value is not None:
            found[value[0]] = value[1]
    return {day: found[day] for day in sorted(found) if day <= situation.as_of}


def _value(entry: Mapping[str, Any], definition: FactDefinition, situation: Situation) -> tuple[date, Value] | None:
    """One entry's day and value; None where it holds none, or none that can be read today."""
    raw = entry.get("facts", {}).get(definition.id)
    try:
        day = date.fromisoformat(str(entry.get("date")))
        parsed = parse(_json(raw), "the diary") if isinstance(raw, dict | list) else raw
        told = FactReader(situation.vocabulary, situation.as_of).read(definition, parsed, Place("the diary", 1))
    except (ValueError, WaylineError):
        return None
    return None if told is None or told.value is None else (day, told.value)


def _json(raw: object) -> str:
    import json

    return json.dumps(raw)


def _trend(definition: FactDefinition, days: Mapping[date, Value]) -> Trend:
    numbers = {day: _number(definition, value) for day, value in days.items()}
    known = [number for number in numbers.values() if number is not None]
    if definition.kind == "choice":
        low, high = 0.0, float(len(definition.single_choices) - 1)
    else:
        low, high = (min(known), max(known)) if known else (0.0, 0.0)
    first, span = min(days), (max(days) - min(days)).days
    points = []
    for day, value in days.items():
        number = numbers[day]
        y = None if number is None else 0.5 if high == low else _within((number - low) / (high - low))
        words = with_other_unit(definition, value, value_in_words(definition, value))
        written = f"{day:%b} {day.day}" if day.year == max(days).year and day != max(days) else short_day(DateRange.exactly(day))
        points.append(TrendPoint(_within((day - first).days / span), y, written, _short(definition, value, words)))
    return Trend(definition.label, tuple(points), _scale(definition, low, high))


def _within(share: float) -> float:
    return round(_MARGIN + share * (1 - 2 * _MARGIN), 4)


def _number(definition: FactDefinition, value: Value) -> float | None:
    if isinstance(value, NumberRange):
        return value.low if value.is_exact else None
    if isinstance(value, frozenset) and len(value) == 1:
        return float(definition.rank[next(iter(value))])
    return None


def _short(definition: FactDefinition, value: Value, words: str) -> str:
    """A choice whose words begin with its value, such as `2, only soft food goes down`, is `2` here; the scale says what it means."""
    if definition.kind == "choice" and isinstance(value, frozenset) and len(value) == 1:
        chosen = next(iter(value))
        return chosen if words.startswith(f"{chosen},") else words
    return words


def _scale(definition: FactDefinition, low: float, high: float) -> str:
    if definition.kind != "choice":
        return ""
    worded = [definition.choices[value].words for value in definition.single_choices]
    return f"(Scale: {worded[0]}; {worded[-1]}.)"


def spark_svg(trend: Trend, width: int = 240, height: int = 48) -> str:
    """The line as SVG without words or styles of its own: it is decoration beside the values in words.

    Upwards is more, so a higher swallowing number (harder swallowing) stands higher.
    """
    places = [(point.x * width, None if point.y is None else height - point.y * height) for point in trend.points]
    lines = "".join(
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" stroke-width="2"/>'
        for (x1, y1), (x2, y2) in pairwise(places)
        if y1 is not None and y2 is not None
    )
    radius = 3.5 if len(places) <= _MOST_LARGE_DOTS else 1.5
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="currentColor"/>' for x, y in places if y is not None)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-hidden="true" focusable="false">{lines}{dots}</svg>'
    )
