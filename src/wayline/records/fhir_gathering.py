"""What a FHIR record told, while it is read: like any other record's, but that a value told twice keeps both of its places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wayline.facts.vocabulary import FactDefinition
from wayline.records.gathering import Gathering, Source
from wayline.records.imported import ImportedFact

_MOST_PLACES = 6
_MORE = "; and more places"

__all__ = ["RecordGathering", "Source"]


class RecordGathering(Gathering):
    """Servers repeat themselves: a stage stands in the condition and in its observation. One candidate, all its places."""

    def fact(self, kind: str, fact_id: str, form: Mapping[str, Any], source: Source) -> None:
        """One value; a grade is a number whichever way it was found, so that 1 and "1" are the same."""
        definition = self.vocabulary[fact_id]
        if definition.choices:
            form = {key: _grades(definition, value) for key, value in form.items()}
        super().fact(kind, fact_id, form, source)

    def _keep(self, fact: ImportedFact) -> None:
        told = {key: value for key, value in fact.told.items() if key != "source"}
        key = (fact.fact_id, json.dumps(told, sort_keys=True))
        known = self._found.get(key)
        if known is None:
            self._found[key] = fact
            return
        places = known.where.split("; ")
        if fact.where in places or places[-1] == _MORE[2:]:
            return
        where = f"{known.where}; {fact.where}" if len(places) < _MOST_PLACES else known.where + _MORE
        self._found[key] = replace(known, where=where)


def _grades(definition: FactDefinition, value: Any) -> Any:
    if isinstance(value, list):
        return [_grades(definition, one) for one in value]
    return definition.choice_value(value) if isinstance(value, str) and value in definition.choices else value
