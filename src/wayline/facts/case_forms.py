"""Told values in the form of a case file, without any loss, and back.

A command prints values for reading, in words and without their dates. Here every value keeps all that `Told` knows: its bounds, its date in
the precision that was told, its source, and whether a list may have gaps. Reading goes through the reader of case files, so nothing gets in
this way that a case file could not hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wayline.facts.case import FactReader
from wayline.facts.courses import Course, Listing
from wayline.facts.findings import Told, Value
from wayline.facts.labs import LabResult
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.reading import Block, Place, Rows

BOUNDS = ("at_least", "above", "at_most", "below")


def told_form(definition: FactDefinition, told: Told) -> Any:
    """One told fact as a case file writes it; `FactReader.read` makes the same `Told` of it again."""
    about = {
        **({} if told.date is None else {"date": str(told.date)}),
        **({} if told.source is None else {"source": told.source}),
    }
    if told.times_uln is not None:
        return {"times_uln": number_form(told.times_uln), **about}
    form = value_form(definition, told.value)
    if isinstance(told.value, Listing):
        if told.value.complete and not about:
            return form
        return {"items": form, **({} if told.value.complete else {"complete": False}), **about}
    if not about:
        return form
    return {**form, **about} if isinstance(form, dict) else {"value": form, **about}


def value_form(definition: FactDefinition, value: Value | None) -> Any:
    """A value alone; a list as its plain items."""
    match value:
        case None | bool() | str():
            return value
        case NumberRange():
            return _number_of_fact(definition, value)
        case frozenset():
            for choice in definition.choices.values():
                if choice.means == value:
                    return definition.choice_value(choice.value)
            return {"one_of": [definition.choice_value(one) for one in definition.single_choices if one in value]}
        case DateRange():
            return str(value)
        case Listing():
            return [item_form(definition, item) for item in value]


def _number_of_fact(definition: FactDefinition, value: NumberRange) -> Any:
    """Without the ends of what is possible at all, which the reader fills in; it refuses some of them where they are written."""
    form = number_form(value)
    if not isinstance(form, dict):
        return form
    implied = {"at_least": definition.lowest, "at_most": definition.highest}
    told = {key: end for key, end in form.items() if end != implied.get(key)}
    return told or dict([*form.items()][-1:])


def number_form(value: NumberRange) -> Any:
    """A number, or its bounds. An end that lies at infinity is no bound."""
    if value.is_exact:
        return _plain(value.low)
    bounds: dict[str, float | int] = {}
    if value.low != -math.inf:
        bounds["above" if value.low_open else "at_least"] = _plain(value.low)
    if value.high != math.inf:
        bounds["below" if value.high_open else "at_most"] = _plain(value.high)
    return bounds


def _plain(number: float) -> float | int:
    return int(number) if number == int(number) else number


def item_form(definition: FactDefinition, item: object) -> Any:
    """One item of a list: a lesion, a scan, a result, a course, a choice."""
    match item:
        case Lesion():
            fields = {
                "name": item.name,
                "segment": definition.choice_value(item.segment),
                "diameter_cm": None if item.diameter_cm is None else number_form(item.diameter_cm),
                "near": None if item.near is None else sorted(item.near),
                "date": None if item.date is None else str(item.date),
            }
        case Scan():
            fields = {
                "date": str(item.date),
                "lesions": [item_form(definition, lesion) for lesion in item.lesions],
                "complete": None if item.lesions.complete else False,
            }
        case LabResult():
            fields = {
                "lab": item.lab,
                "value": number_form(item.value),
                "date": str(item.date),
                "lower_limit": None if item.lower_limit is None else number_form(item.lower_limit),
                "upper_limit": None if item.upper_limit is None else number_form(item.upper_limit),
            }
        case Course():
            fields = {
                "drugs": [*item.drugs, *item.unknown_drugs] or None,
                "procedure": item.procedure,
                "intent": item.intent,
                "start": None if item.start is None else str(item.start),
                "end": None if item.end is None else str(item.end),
                "ended_because": item.ended_because,
                "best_response": item.best_response,
            }
        case str():
            return definition.choice_value(item)
        case _:
            raise TypeError(f"no list holds {type(item).__name__}")
    return {key: value for key, value in fields.items() if value is not None}


def case_form(situation: Situation) -> dict[str, Any]:
    """A whole situation as a case file: `{as_of, facts}`, with every told fact and nothing that only follows from others."""
    vocabulary = situation.vocabulary
    return {
        "as_of": situation.as_of.isoformat(),
        "facts": {fact_id: told_form(vocabulary[fact_id], told) for fact_id, told in situation.told.items()},
    }


def placed(form: Any, place: Place) -> Any:
    """Plain dicts and lists as the reader of case files takes them, every part standing at one place."""
    if isinstance(form, Mapping):
        block = Block(place)
        for key, value in form.items():
            block[str(key)] = placed(value, place)
            block.places[str(key)] = place
            block.spelling[str(key)] = _spelling(value)
        return block
    if isinstance(form, list | tuple):
        rows = Rows(place)
        for value in form:
            rows.append(placed(value, place))
            rows.places.append(place)
            rows.spelling.append(_spelling(value))
        return rows
    return form


def _spelling(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, Mapping | list | tuple) else str(value)


def read_form(reader: FactReader, definition: FactDefinition, form: Any, place: Place) -> Told | None:
    """One fact out of its plain form; a WaylineError where it could not stand in a case file."""
    return reader.read(definition, placed(form, place), place, _spelling(form))
