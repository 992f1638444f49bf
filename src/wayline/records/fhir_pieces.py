"""The small parts that FHIR resources are made of: codes, quantities, dates, narrative.

Codes come from `content/records`. What stands here is FHIR's own: the names of its systems and profiles.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.logic.wording import unit_in_words
from wayline.records.codes import Code
from wayline.records.fhir_frame import frame
from wayline.records.own_extension import CHOICES, FACTS

Resource = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
STRUCTURES = "http://hl7.org/fhir/StructureDefinition"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition"
ABSENT = f"{STRUCTURES}/data-absent-reason"

# XML 1.0 and FHIR strings hold no other control characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without characters that neither XML nor FHIR allows; blanks where they were."""
    return _UNPRINTABLE.sub(" ", text)


def coding(code: Code | None) -> list[dict[str, str]]:
    """A code as FHIR writes it; an empty list where there is none."""
    return [] if code is None else [{"system": code.uri, "code": code.code, "display": code.display}]


def own_fact_coding(definition: FactDefinition) -> dict[str, str]:
    """A fact's code in Wayline's own code system, which is always there: some facts have no other."""
    return {"system": FACTS, "code": definition.id, "display": definition.label}


def own_choice_coding(fact_id: str, value: str, words: str) -> dict[str, str]:
    return {"system": CHOICES, "code": f"{fact_id}:{value}", "display": words}


def concept(codings: Iterable[Mapping[str, str]], text: str) -> Resource:
    """A CodeableConcept; `text` is what people read."""
    listed = [dict(one) for one in codings]
    return {**({"coding": listed} if listed else {}), "text": clean(text)}


def plain_concept(system: str, code: str, display: str | None = None) -> Resource:
    """A CodeableConcept of one code out of FHIR's own frame."""
    return {"coding": [{"system": system, "code": code, **({} if display is None else {"display": display})}]}


def quantity(number: float, definition: FactDefinition | None, comparator: str | None = None) -> Resource:
    """A number in the fact's usual unit; without a fact a plain number."""
    code = frame().unit(definition.unit if definition else None)
    unit = unit_in_words(definition) if definition else ""
    return {
        "value": int(number) if number == int(number) else number,
        **({} if comparator is None else {"comparator": comparator}),
        **({"unit": unit} if unit else {}),
        "system": UCUM,
        "code": code,
    }


def number_value(value: NumberRange, definition: FactDefinition | None) -> Resource:
    """`valueQuantity`, with a comparator for one bound, `valueRange` for two; why there is none where nothing is known.

    The ends of what is possible at all are no bounds.
    """
    lowest, highest = (definition.lowest, definition.highest) if definition else (0, math.inf)
    shown = value.without_bounds(lowest, highest)
    if shown.is_exact:
        return {"valueQuantity": quantity(shown.low, definition)}
    if shown.low == -math.inf and shown.high == math.inf:
        return absent()
    if shown.high == math.inf:
        return {"valueQuantity": quantity(shown.low, definition, ">" if shown.low_open else ">=")}
    if shown.low == -math.inf:
        return {"valueQuantity": quantity(shown.high, definition, "<" if shown.high_open else "<=")}
    # A Range holds plain numbers only, so open ends are said by our own extension alone.
    return {"valueRange": {"low": quantity(shown.low, definition), "high": quantity(shown.high, definition)}}


def absent(reason: str = "unknown") -> Resource:
    """That there is no value, and why."""
    return {"dataAbsentReason": plain_concept(f"{TERMINOLOGY}/data-absent-reason", reason)}


def date_element(name: str, dated: DateRange | None) -> Resource:
    """`effectiveDateTime` and its kin for a day, month or year; a period for anything else; nothing where no date is told."""
    if dated is None:
        return {}
    written = str(dated)
    if "/" in written:
        return {f"{name}Period": {"start": dated.first.isoformat(), "end": dated.last.isoformat()}}
    return {f"{name}DateTime": written}


def period(start: DateRange | None, end: DateRange | None) -> Resource | None:
    """A FHIR period of what was told of its ends."""
    told = {"start": start, "end": end}
    ends = {key: str(one).partition("/")[0] for key, one in told.items() if one is not None}
    return ends or None


def narrative(*lines: str) -> Resource:
    """Generated text that says the same as the coded part, escaped."""
    paragraphs = "".join(f"<p>{escaped(line)}</p>" for line in lines if line.strip())
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs or "<p>-</p>"}</div>'}


def escaped(text: str) -> str:
    """Text inside XHTML."""
    return escape(clean(text), quote=True)


def notes(*texts: str | None) -> Resource:
    """Annotations of a resource, without empty ones."""
    told = [{"text": clean(text)} for text in texts if text and clean(text).strip()]
    return {"note": told} if told else {}


def profiled(*names: str) -> Resource:
    """Which profiles a resource meets."""
    return {"meta": {"profile": list(names)}} if names else {}
