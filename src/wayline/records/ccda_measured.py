"""The value of a C-CDA observation, in the words of the reader of FHIR values, so that both formats are judged by the same rules.

Only the frame is translated here: which HL7 data type a value has, its unit, its codes, the lab's own range. What the value means for a
fact, and whether it can be taken at all, is decided in one place for every format (src/wayline/records/fhir_values.py).
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.records.ccda_values import (
    Coded,
    ImpossibleDateError,
    Narrative,
    child,
    children,
    coded,
    day_of,
    number_of,
    squeezed,
    value_kind,
)
from wayline.records.codes import CodeBook, Meant
from wayline.records.fhir_access import Coding, Concept
from wayline.records.fhir_values import Ends, NotReadableError, Read, ValueReader
from wayline.records.shown_words import is_name, is_result

_UCUM = "2.16.840.1.113883.6.8"
_LONGEST_ANSWER = 400  # characters; more is a report, not a value


class MeasuredReader:
    """Reads the values of observations."""

    def __init__(self, vocabulary: Vocabulary, code_book: CodeBook, narrative: Narrative) -> None:
        self._vocabulary = vocabulary
        self._narrative = narrative
        self._reader = ValueReader(code_book, vocabulary)

    def read(self, test: Meant, observation: etree._Element) -> list[Read]:
        """What an observation tells of a test. NotReadableError where there is no value, or none that the fact can hold."""
        values = list(children(observation, "value"))
        if len(values) > 1:
            raise NotReadableError("it holds several values at once")
        code = child(observation, "code")
        original = self._narrative.text_of(child(code, "originalText"))
        named = _concept(coded(code, self._narrative), original)
        if values and value_kind(values[0]) == "IVL_PQ" and test.kind == "fact" and self._vocabulary[test.id].kind == "number":
            return [self._between(self._vocabulary[test.id], values[0])]
        interpretations = [concept_block(coded(one, self._narrative)) for one in children(observation, "interpretationCode")]
        told = self._value(values[0]) if values else {}
        return self._reader.read(test, {**told, "interpretation": [one for one in interpretations if one]}, named)

    def ends(self, definition: FactDefinition, observation: etree._Element, unit: str | None) -> Ends:
        """The normal range that the lab prints beside a value, in the value's unit."""
        ranges = []
        for one in children(observation, "referenceRange"):
            inner = child(one, "observationRange")
            kind, value = child(inner, "interpretationCode"), child(inner, "value")
            if inner is None or (kind is not None and (kind.get("code") or "N") != "N"):
                continue  # a range that alarms, not the normal one
            told: dict[str, Any] = {}
            for key in ("low", "high"):
                end = child(value, key)
                number = number_of(end.get("value")) if end is not None else None
                if end is not None and number is not None:
                    told[key] = {"value": number, "unit": end.get("unit")}
                    if not end.get("unit") and unit is not None:
                        return Ends(why_not="the lab's own range has no unit, and it is never guessed")
            words = self._narrative.text_of(value) if value is not None and not told else ""
            told |= {"text": words or self._narrative.text_of(child(inner, "text"))} if not told else {}
            if any(told.values()):
                ranges.append(told)
        return self._reader.ends(definition, {"referenceRange": ranges}, unit)

    def words_of(self, observation: etree._Element) -> str:
        """The value as a person would read it, where it is a plain result; prose is a report and is not shown here."""
        names = self._names(observation)
        return "; ".join(
            words for value in children(observation, "value") if (words := self._words(value)) and self._is_shown(value, words, names)
        )

    def prose_of(self, observation: etree._Element, is_named: bool = False) -> list[str]:
        """The values, or the words of a coded value, that are no plain results, with their lines.

        `is_named`: the value's own words name a problem, and are shown as far as they are a name.
        """
        names = self._names(observation)
        texts = []
        for value in children(observation, "value"):
            words = self._words(value)
            is_name_of_problem = is_named and value_kind(value) not in ("ST", "ED") and is_name(words)
            if words and not is_name_of_problem and not self._is_shown(value, words, names):
                texts.append(self._narrative.full_text_of(value) or words)
            original = self._narrative.full_text_of(child(value, "originalText"))
            if original and not is_name(original):
                texts.append(original)
        return texts

    def _names(self, observation: etree._Element) -> tuple[str, ...]:
        code = child(observation, "code")
        told = coded(code, self._narrative)
        return tuple(filter(None, (told.words, *(one.display for one in told.codes), self._narrative.text_of(child(code, "originalText")))))

    def _is_shown(self, value: etree._Element, words: str, names: tuple[str, ...]) -> bool:
        is_coded = any(one.display or one.code for one in coded(value, self._narrative).codes)
        return is_name(words) if is_coded else value_kind(value) == "IVL_PQ" or is_result(words, names)

    def _words(self, value: etree._Element) -> str:
        if value_kind(value) == "IVL_PQ":
            ends = {word: child(value, name) for word, name in (("from", "low"), ("to", "high"))}
            return " ".join(f"{word} {self._words(end)}" for word, end in ends.items() if end is not None and end.get("value"))
        written = (value.get("value") or "").strip()
        if not written and value_kind(value) == "PQ" and (beside := self._beside(value)) is not None:
            return squeezed(f"{beside['value']:g} {beside.get('code', '')}")
        if written:
            return squeezed(f"{written} {value.get('unit') or ''}")
        return coded(value, self._narrative).words or self._narrative.text_of(value)

    def _value(self, value: etree._Element) -> dict[str, Any]:
        kind = value_kind(value)
        number = number_of(value.get("value"))
        if kind in ("PQ", "REAL", "INT", "MO") or (not kind and number is not None):
            if number is None and (beside := self._beside(value)) is not None:
                return {"valueQuantity": beside}
            if number is None:
                words = self._narrative.text_of(value) or coded(value, self._narrative).words
                return {"valueString": words} if words else {}
            return {"valueQuantity": {"value": number, **self._unit(value)}}
        if kind == "BL" and value.get("value") in ("true", "false"):
            return {"valueBoolean": value.get("value") == "true"}
        if kind in ("TS", "IVL_TS"):
            try:
                return {"valueDateTime": day_of(value.get("value") or "")}
            except ImpossibleDateError:
                return {}
        told = coded(value, self._narrative)
        words = self._narrative.text_of(value) or self._narrative.text_of(child(value, "originalText"))
        if told.codes:
            return {"valueCodeableConcept": concept_block(told, words)}
        words = words or told.words
        if len(words) > _LONGEST_ANSWER:
            raise NotReadableError("it is a text of many words, which is never read into a value")
        return {"valueString": words} if words else {}

    def _beside(self, value: etree._Element) -> dict[str, Any] | None:
        """A number that stands in the value's translation only, with its unit as a code or in words."""
        beside = [one for one in children(value, "translation") if number_of(one.get("value")) is not None]
        if len(beside) != 1:
            return None
        unit = (beside[0].get("code") or "").strip() or self._narrative.text_of(child(beside[0], "originalText"))
        return {"value": number_of(beside[0].get("value")), **({"code": unit} if unit else {})}

    @staticmethod
    def _unit(value: etree._Element) -> dict[str, Any]:
        """The unit, which some systems write only beside the value, as a code of the units' own system."""
        if (unit := (value.get("unit") or "").strip()) != "":
            return {"code": unit}
        for translation in children(value, "translation"):
            code = (translation.get("code") or "").strip()
            same = number_of(translation.get("value")) in (None, number_of(value.get("value")))
            if code and same and translation.get("codeSystem") == _UCUM:
                return {"code": code}
        return {}

    def _between(self, definition: FactDefinition, value: etree._Element) -> Read:
        form: dict[str, Any] = {}
        units: set[str | None] = set()
        for name, closed, opened in (("low", ">=", ">"), ("high", "<=", "<")):
            end = child(value, name)
            number = number_of(end.get("value")) if end is not None else None
            if end is None or number is None:
                continue
            sign = opened if end.get("inclusive") == "false" else closed
            read = self._reader.quantity(definition, {"value": number, "comparator": sign, **self._unit(end)})
            form |= read.form
            units.add(read.unit)
        if not form:
            raise NotReadableError("it holds a range without ends")
        if len(units) > 1:
            raise NotReadableError("the ends of the range are in different units")
        return Read(definition.id, form, units.pop())


def _concept(told: Coded, text: str) -> Concept:
    return Concept(tuple(Coding(one.system, one.code, one.display or None) for one in told.codes), text or told.words or None)


def concept_block(told: Coded, text: str = "") -> dict[str, Any]:
    """A coded value as a CodeableConcept; the code systems keep their OIDs, which the code book knows too."""
    listed = [{"system": one.system, "code": one.code, **({"display": one.display} if one.display else {})} for one in told.codes]
    return {**({"coding": listed} if listed else {}), **({"text": text} if text else {})}


__all__ = ["Ends", "MeasuredReader", "NotReadableError", "Read", "concept_block"]
