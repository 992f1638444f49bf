"""Small FHIR resources of an invented person, as different servers write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from wayline.library import library
from wayline.records.codes import code_book
from wayline.records.imported import RecordReading
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import read_record

AS_OF = date(2026, 11, 20)
DAY = "2026-11-02"
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1965-04-03"}
SUBJECT = {"reference": "Patient/p1"}
SYSTEMS = {
    "loinc": "http://loinc.org",
    "snomed": "http://snomed.info/sct",
    "icd": "http://hl7.org/fhir/sid/icd-10-cm",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "icdo": "http://terminology.hl7.org/CodeSystem/icd-o-3",
    "ajcc": "http://cancerstaging.org",
    "local": "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.0",
}


def concept(*codes: str, text: str | None = None) -> dict[str, Any]:
    """`loinc 1975-2`, `snomed 94381002 Some display`, as a CodeableConcept."""
    codings = []
    for code in codes:
        system, value, *display = code.split(" ", 2)
        codings.append({"system": SYSTEMS[system], "code": value} | ({"display": display[0]} if display else {}))
    return ({"coding": codings} if codings else {}) | ({} if text is None else {"text": text})


def observation(code: Mapping[str, Any], day: str | None = DAY, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": dict(code),
        "subject": SUBJECT,
        **({} if day is None else {"effectiveDateTime": day}),
        **more,
    }


def lab(code: str, value: Any, unit: str | None, day: str | None = DAY, **more: Any) -> dict[str, Any]:
    """A blood test by its LOINC number, with the unit as code and words."""
    quantity = {"value": value} | ({} if unit is None else {"unit": unit, "system": "http://unitsofmeasure.org", "code": unit})
    return observation(concept(f"loinc {code}"), day, valueQuantity=quantity, **more)


def condition(code: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": dict(code),
        "subject": SUBJECT,
        **more,
    }


def medicine(kind: str = "MedicationStatement", status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "status": status, "subject": SUBJECT, **more}


def procedure(code: Mapping[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Procedure", "status": status, "code": dict(code), "subject": SUBJECT, **more}


def bundle(*resources: Any, patient: Mapping[str, Any] | None = PATIENT) -> dict[str, Any]:
    """A collection of these resources, with the patient first."""
    listed = ([dict(patient)] if patient is not None else []) + list(resources)
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in listed]}


def read(document: Any, as_of: date = AS_OF) -> RecordReading:
    """A document as the site and the command read it."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_record(data, "record.json", library().vocabulary, code_book(), as_of)


def told(document: Any, fact_id: str) -> list[Any]:
    """The told values of one fact, without where they come from, newest first."""
    return [plain(one.told) for one in read(document).facts if one.fact_id == fact_id]


def plain(value: Any) -> Any:
    """A told value without its source and date; a bare value where nothing else is told."""
    if not isinstance(value, dict):
        return value
    rest = {key: one for key, one in value.items() if key not in ("source", "date")}
    return rest["value"] if set(rest) == {"value"} else rest


def case_of(document: Any, as_of: date = AS_OF) -> dict[str, Any]:
    """The facts of the case that the command would write."""
    reading = read(document, as_of)
    facts: dict[str, Any] = case_from(proposals(reading, library().vocabulary, as_of), library().vocabulary, as_of)["facts"]
    return facts


def why_not(document: Any) -> list[str]:
    """Why things were not understood or not used."""
    return [one.why for one in read(document).not_understood]
