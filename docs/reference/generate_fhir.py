"""Makes docs/reference/fhir-standard.md: `python docs/reference/generate_fhir.py > docs/reference/fhir-standard.md`.

Every fact is told alone, in each of its forms, written as a FHIR document, robbed of Wayline's own extension, and read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from wayline.facts.case import parse_case
from wayline.facts.case_forms import placed
from wayline.facts.findings import Told
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.library import library
from wayline.reading import Place
from wayline.records.codes import CodeBook, code_book
from wayline.records.fhir_writing import bundle_of
from wayline.records.own_extension import BASE
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import read_record

HEAD = """\
# What standard FHIR carries by itself

Which told facts come back from one of Wayline's FHIR documents as the same value where the extension was lost on the way. This page is
made by reading such documents; do not edit it by hand:

```sh
python docs/reference/generate_fhir.py > docs/reference/fhir-standard.md
```

What never comes back without the extension: the source of a value, which of two ends of a range is open, a lab told in times its upper
limit, whether a list is complete, choices of which several are possible, and that a value had no date. Courses come back as items of a
list that may have gaps, earlier results as results like any other. What is not in the table is lost: no other value takes its place.
How documents are written stands in [fhir.md](fhir.md).

| facts | what comes back as the same value |
| --- | --- |
"""
AS_OF = date(2026, 11, 30)
_HERE = Place("made", 1)
# A number that is possible where twice the lowest or 2 is not.
_LIKELY = {"symptom.temperature_c": 38, "nutrition.weight_kg": 70, "nutrition.height_cm": 170, "liver.child_pugh_points": 6}
_COURSE = {"intent": "palliative", "start": "2026-04-08", "end": "2026-06-01", "ended_because": "progression"}
_LISTS: Mapping[str, Any] = {
    "lesions": [{"segment": 6, "diameter_cm": 2.4}],
    "scans": [{"date": "2026-08-03", "lesions": [{"segment": 6, "diameter_cm": 2.4}]}],
    "lab_results": [{"lab": "labs.albumin", "value": 3.3, "date": "2026-08-03"}],
    "courses": [{"drugs": ["cisplatin", "fluorouracil"], **_COURSE}],
}


def forms_of(definition: FactDefinition) -> dict[str, Any]:
    """Each way of telling the fact that standard elements might carry, by its name."""
    match definition.kind:
        case "number":
            number = _LIKELY.get(definition.id, min(2.0, definition.highest / 2) if definition.highest > 0 else definition.lowest)
            more = min(number + 1, definition.highest)
            return {"exact": number, "one bound": {"at_least": number}, "two bounds": {"at_least": number, "at_most": more}}
        case "choice":
            return {f"`{value}`": value for value in definition.choices}
        case "yes_no":
            return {"yes": True, "no": False}
        case "date":
            return {"day": "2026-03-01", "month": "2026-03", "year": "2026"}
        case "text":
            return {"text": "US"}
        case "choice_list":
            return {"items": sorted(definition.choices)[:2]}
    return {"items": {"items": _LISTS[definition.kind], "complete": False}}


def comes_back(vocabulary: Vocabulary, book: CodeBook, fact_id: str, form: Any) -> tuple[bool, dict[str, Told]]:
    """Whether the same value comes back without the extension, and everything that comes back with it."""
    told = parse_case(placed({"as_of": AS_OF.isoformat(), "facts": {fact_id: form}}, _HERE), vocabulary).told
    bundle = json.loads(json.dumps(bundle_of(Situation(vocabulary, AS_OF, told), book, generated_at="2026-11-30T09:15:00Z")))
    reading = read_record(json.dumps(without_extension(bundle)).encode(), "made", vocabulary, book, AS_OF)
    case = case_from(proposals(reading, vocabulary, AS_OF), vocabulary, AS_OF)
    again = dict(parse_case(placed(json.loads(json.dumps(case)), _HERE), vocabulary).told)
    return fact_id in again and _same(again[fact_id], told[fact_id]), again


def _same(again: Told, told: Told) -> bool:
    if isinstance(again.value, NumberRange) and isinstance(told.value, NumberRange):
        return (again.value.low, again.value.high) == (told.value.low, told.value.high)
    return again.value == told.value


def without_extension(bundle: dict[str, Any]) -> dict[str, Any]:
    """The document as software sends it on that keeps only what it knows."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        kept = [one for one in resource.pop("extension", ()) if not one["url"].startswith(BASE)]
        if kept:
            resource["extension"] = kept
    return bundle


def standard_page(vocabulary: Vocabulary, book: CodeBook) -> str:
    """The whole page."""
    groups: dict[str, list[str]] = {}
    for fact_id, definition in vocabulary.items():
        if definition.kind == "number" and fact_id.endswith(("_uln", "_lln")):
            continue
        forms = forms_of(definition)
        kept = [name for name, form in forms.items() if comes_back(vocabulary, book, fact_id, form)[0]]
        if kept:
            what = "everything told" if kept == list(forms) else ", ".join(kept)
            groups.setdefault(f"{definition.kind}: {what}", []).append(fact_id)
    rows = [f"| {', '.join(f'`{fact_id}`' for fact_id in ids)} | {what} |" for what, ids in groups.items()]
    limits = "| `labs.*_uln`, `labs.*_lln` | number: with the value that they stand beside |"
    return HEAD + "\n".join([*rows, limits, ""])


if __name__ == "__main__":
    print(standard_page(library().vocabulary, code_book()), end="")
