"""The diary over time: one line for each of a few signs, in the unit that the person uses, with a table that says the same.

No line is called better or worse, and nothing is drawn between days on which nothing was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wayline.diary.log import Day
from wayline.facts.values import NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.liver.charts import Point, trend
from wayline.logic.wording import value_in_words

UNIT_WORDS = {"Cel": "°C", "degF": "°F"}
_FEW_POINTS = 6  # up to so many, each mark carries its value; above, only the first, the last and the two ends do


@dataclass(frozen=True)
class Mark:
    """What was told of a sign on a day: as a number for the line, and as words for the table."""

    day: date
    value: NumberRange
    words: str


@dataclass(frozen=True)
class Series:
    """One sign over time, oldest first."""

    definition: FactDefinition
    title: str
    unit: str
    marks: tuple[Mark, ...]

    @property
    def is_choice(self) -> bool:
        return self.definition.kind == "choice"


def unit_words(unit: str | None) -> str:
    """A unit as people read it: °F, °C, lb."""
    return UNIT_WORDS.get(unit or "", unit or "")


def answer_in_words(definition: FactDefinition, day: Day, words: Mapping[str, str]) -> str:
    """What was told of a fact on a day, in the diary's own words and in the unit in which it was told."""
    told = day.told[definition.id]
    if isinstance(told.value, frozenset) and len(told.value) == 1 and words:
        return words[next(iter(told.value))]
    form = day.forms[definition.id]
    if isinstance(form, Mapping) and form.get("unit") and "value" in form:
        return f"{_plain(float(form['value']))} {unit_words(form['unit'])}"
    return value_in_words(definition, told.value)


def with_other_degrees(definition: FactDefinition, value: object, words: str) -> str:
    """`102.9 °F (39.4 °C)`: a temperature as it was told, with the other unit beside it; other words as they are."""
    fahrenheit = next((one for one in definition.other_units if one.unit == "degF"), None)
    if fahrenheit is None or not isinstance(value, NumberRange) or not value.is_exact:
        return words
    other = f"{value.low:.1f} °C" if words.endswith("°F") else f"{fahrenheit.from_usual(value.low):.1f} °F"
    return f"{words} ({other})"


def series_of(days: Sequence[Day], definition: FactDefinition, title: str, words: Mapping[str, str]) -> Series:
    """A sign over the days on which it was told. Numbers are in the unit of the newest entry."""
    told = [day for day in days if definition.id in day.told]
    unit = _unit_of(told[-1].forms[definition.id], definition) if told else definition.unit
    marks = []
    for day in told:
        value = day.told[definition.id].value
        if isinstance(value, NumberRange):
            in_unit = _in_unit(day, definition, unit)
            shown = f"{_plain(in_unit.low)}" if in_unit.is_exact else value_in_words(definition, value)
            marks.append(Mark(day.date, in_unit, shown))
        elif isinstance(value, frozenset):
            places = [place for place, choice in enumerate(definition.choices) if choice in value]
            shown = answer_in_words(definition, day, words)
            marks.append(Mark(day.date, NumberRange(min(places), max(places)), shown))
    return Series(definition, title, unit_words(unit), tuple(marks))


def chart_of(series: Series, at_least: tuple[float, float] | None = None) -> str | None:
    """The line drawing as SVG text, labeled with what it shows; None where nothing was told.

    `at_least`: the range that is shown whatever was told, in the fact's usual unit.
    """
    if not series.marks:
        return None
    spoken = _spoken(series)
    points = [Point(mark.day, mark.value, _label(mark, series) if mark in spoken else "") for mark in series.marks]
    if series.is_choice:
        return trend(points, None, label=in_words(series), unit="", up_to=len(series.definition.choices) - 1)
    conversion = next((one for one in series.definition.other_units if unit_words(one.unit) == series.unit), None)
    if at_least is not None and conversion is not None:
        at_least = (conversion.from_usual(at_least[0]), conversion.from_usual(at_least[1]))
    return trend(points, None, label=in_words(series), unit=series.unit, at_least=at_least)


def in_words(series: Series) -> str:
    """The text twin of a chart: every day with what was told."""
    unit = "" if series.is_choice or not series.unit else f" {series.unit}"
    days = "; ".join(f"{mark.day:%B} {mark.day.day}, {mark.day.year}: {mark.words}{unit}" for mark in series.marks)
    return f"{series.title}. {days}."


def _label(mark: Mark, series: Series) -> str:
    return _plain(mark.value.high) if series.is_choice else mark.words


def _spoken(series: Series) -> set[Mark]:
    marks = series.marks
    if len(marks) <= _FEW_POINTS:
        return set(marks)
    return {marks[0], marks[-1], min(marks, key=lambda mark: mark.value.high), max(marks, key=lambda mark: mark.value.high)}


def _unit_of(form: Any, definition: FactDefinition) -> str | None:
    return form["unit"] if isinstance(form, Mapping) and form.get("unit") else definition.unit


def _in_unit(day: Day, definition: FactDefinition, unit: str | None) -> NumberRange:
    """A day's number in a unit: as it was told where that is the unit, else converted and rounded to one decimal."""
    form = day.forms[definition.id]
    value = day.told[definition.id].value
    if not isinstance(value, NumberRange):
        raise TypeError(f"{definition.id} is no number")
    if _unit_of(form, definition) == unit and not (isinstance(form, Mapping) and "value" not in form):
        return NumberRange.exactly(float(form["value"] if isinstance(form, Mapping) else form))
    conversion = next((one for one in definition.other_units if one.unit == unit), None)
    if conversion is None:
        return NumberRange(round(value.low, 1), round(value.high, 1))
    return NumberRange(round(conversion.from_usual(value.low), 1), round(conversion.from_usual(value.high), 1))


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
