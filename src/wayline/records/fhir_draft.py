"""A FHIR document while it is being written: resources with their addresses, and the told values that are still to be sealed into them."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wayline.facts.findings import Told, Value
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import FactDefinition
from wayline.logic.wording import number_in_words, value_in_words
from wayline.records import own_extension
from wayline.records.codes import Code, CodeBook
from wayline.records.fhir_pieces import (
    SNOMED,
    Resource,
    coding,
    concept,
    narrative,
    own_choice_coding,
    own_fact_coding,
)


@dataclass(frozen=True)
class _ToSeal:
    url: str
    fact_id: str
    form: Any
    part: str
    elements: tuple[str, ...] | None
    covered: tuple[str, ...]


@dataclass
class Draft:
    """The resources by full URL, in the order in which they are written, and which of them speak of which fact."""

    situation: Situation
    code_book: CodeBook
    seed: uuid.UUID
    resources: dict[str, Resource] = field(default_factory=dict)
    urls_of: dict[str, list[str]] = field(default_factory=dict)
    _to_seal: list[_ToSeal] = field(default_factory=list)

    @property
    def patient(self) -> Resource:
        """The reference to the person."""
        return {"reference": self.url_of("Patient")}

    @property
    def today(self) -> DateRange:
        return DateRange.exactly(self.situation.as_of)

    def url_of(self, key: str) -> str:
        """The full URL of a resource: the same for the same document, another one in every other document."""
        return f"urn:uuid:{uuid.uuid5(self.seed, key)}"

    def add(self, key: str, resource: Resource, *fact_ids: str) -> str:
        """One more resource, with its id; its full URL."""
        url = self.url_of(key)
        kind = resource.pop("resourceType")
        self.resources[url] = {"resourceType": kind, "id": url.removeprefix("urn:uuid:"), **resource}
        for fact_id in fact_ids:
            self.urls_of.setdefault(fact_id, []).append(url)
        return url

    def tell(
        self,
        url: str,
        fact_id: str,
        form: Any,
        *,
        part: str = own_extension.WHOLE,
        elements: Sequence[str] | None = None,
        covered: Iterable[str] = (),
    ) -> None:
        """Note a told value for the resource's extension; it is sealed when the whole document stands."""
        self._to_seal.append(_ToSeal(url, fact_id, form, part, None if elements is None else tuple(elements), tuple(covered)))

    def seal(self) -> None:
        """Put every told value into its resource, each sealed with the coded elements as they now are."""
        made = [
            (
                one.url,
                own_extension.extension(
                    self.resources[one.url],
                    one.fact_id,
                    one.form,
                    part=one.part,
                    elements=one.elements,
                    covered=[(url, self.resources[url]) for url in one.covered],
                ),
            )
            for one in self._to_seal
        ]
        for url, extension in made:
            resource = self.resources[url]
            resource["extension"] = [*resource.get("extension", ()), extension]

    # --- Codes -------------------------------------------------------------------------------------------------------

    def definition(self, fact_id: str) -> FactDefinition:
        return self.situation.vocabulary[fact_id]

    def code(self, fact_id: str, value: Any = None) -> Code | None:
        """The code that is written for a fact, or for one value of it."""
        return self.code_book.code_for(fact_id, value)

    def place_code(self, place: str) -> Code | None:
        """The code of a place in the body: SNOMED CT's where it is known, else the first one that means this place and nothing else."""
        means = [one for one in self.code_book.codes if [(meant.kind, meant.id) for meant in one.meaning.means] == [("place", place)]]
        return min(means, key=lambda one: one.uri != SNOMED, default=None)

    def fact_concept(self, definition: FactDefinition, text: str | None = None) -> Resource:
        """What a resource is about: the common code where there is one, and always Wayline's own."""
        return concept([*coding(self.code(definition.id)), own_fact_coding(definition)], text or definition.label)

    def choice_concept(self, definition: FactDefinition, values: frozenset[str], code: Code | None = None) -> Resource | None:
        """One choice with its codes; None where several are still possible.

        FHIR has no "one of these". Their words alone would be read as the first of them by software that looks for words.
        """
        text = value_in_words(definition, values)
        for choice in definition.choices.values():
            if choice.means == values:
                own = own_choice_coding(definition.id, choice.value, choice.words)
                return concept([*coding(code or self.code(definition.id, choice.value)), own], text)
        return None

    # --- Words -------------------------------------------------------------------------------------------------------

    def words(self, fact_id: str, told: Told) -> str:
        """A told value as people read it, with its label."""
        definition = self.definition(fact_id)
        if told.times_uln is not None:
            multiple = told.times_uln.without_bounds(0, math.inf)
            return f"{definition.label}: {number_in_words(multiple, 'times the upper limit of normal')}"
        return f"{definition.label}: {self.value_words(definition, told.value)}"

    @staticmethod
    def value_words(definition: FactDefinition, value: Value | None) -> str:
        return value_in_words(definition, value)

    def text(self, fact_id: str, told: Told, *more: str) -> Resource:
        """The narrative of a resource that holds one told value."""
        return {"text": narrative(self.words(fact_id, told), *source_lines(told), *more)}


def source_lines(told: Told) -> tuple[str, ...]:
    """Where the value stands, as the person said it."""
    return (f"Source: {told.source}",) if told.source and told.source.strip() else ()
