"""Rules of FHIR R4 that the models do not hold: required code lists, formats, invariants, references, the frame of a document.

Written from the specification for the elements that Wayline writes; `faults` lists everything that breaks one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

_LISTS = {
    ("Bundle", "type"): {"document"},
    ("Composition", "status"): {"preliminary", "final", "amended", "entered-in-error"},
    ("Patient", "gender"): {"male", "female", "other", "unknown"},
    ("Observation", "status"): {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"},
    ("MedicationStatement", "status"): {
        *("active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"),
    },
    ("Procedure", "status"): {
        *("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"),
    },
    ("Goal", "lifecycleStatus"): {
        *("proposed", "planned", "accepted", "active", "on-hold", "completed", "cancelled", "entered-in-error", "rejected"),
    },
    ("List", "status"): {"current", "retired", "entered-in-error"},
    ("List", "mode"): {"working", "snapshot", "changes"},
}
_CODED = {
    ("Condition", "verificationStatus"): (
        "http://terminology.hl7.org/CodeSystem/condition-ver-status",
        {"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"},
    ),
    ("Condition", "clinicalStatus"): (
        "http://terminology.hl7.org/CodeSystem/condition-clinical",
        {"active", "recurrence", "relapse", "inactive", "remission", "resolved"},
    ),
    ("List", "emptyReason"): (
        "http://terminology.hl7.org/CodeSystem/list-empty-reason",
        {"nilknown", "notasked", "withheld", "unavailable", "notstarted", "closed"},
    ),
    ("Observation", "dataAbsentReason"): (
        "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        {"unknown", "asked-unknown", "temp-unknown", "not-asked", "masked", "not-applicable", "unsupported", "error"},
    ),
}
_CATEGORIES = {"social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity"}
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DIV = {"div", "p", "ul", "li"}


def faults(bundle: Mapping[str, Any]) -> list[str]:
    """Every rule that is broken, in words."""
    return list(_faults(bundle))


def _faults(bundle: Mapping[str, Any]) -> Iterator[str]:
    entries = bundle["entry"]
    urls = [entry["fullUrl"] for entry in entries]
    resources = {entry["fullUrl"]: entry["resource"] for entry in entries}
    if len(set(urls)) != len(urls):
        yield "two entries share a fullUrl"
    if entries[0]["resource"]["resourceType"] != "Composition":
        yield "the Composition is not first"
    if [one["resourceType"] for one in resources.values()].count("Composition") != 1:
        yield "a document has one Composition"
    if not bundle["identifier"].get("system") or not bundle["identifier"].get("value"):
        yield "a document needs an identifier"
    if not _INSTANT.fullmatch(bundle["timestamp"]):
        yield "a document needs a timestamp"
    yield from _of_lists(bundle)
    reached: set[str] = set()
    for url, resource in resources.items():
        yield from (f"{resource['resourceType']} {fault}" for fault in _of_resource(url, resource))
        for reference in _references(resource):
            reached.add(reference)
            if reference not in resources:
                yield f"{resource['resourceType']} refers to {reference}, which is not here"
    pointed = set(_references(entries[0]["resource"]))
    for url in urls[1:]:
        if url not in pointed:
            yield f"nothing in the Composition points to {resources[url]['resourceType']}"


def _of_resource(url: str, resource: Mapping[str, Any]) -> Iterator[str]:
    if url != f"urn:uuid:{resource['id']}" or not _ID.fullmatch(resource["id"]):
        yield "has an id that is not its address"
    yield from _of_lists(resource)
    for path, value in _walk(resource, ""):
        yield from _of_element(path, value)
    if "text" not in resource:
        yield "has no narrative"
    else:
        yield from _of_narrative(resource["text"]["div"])
    for section in resource.get("section", ()):
        yield from _of_narrative(section["text"]["div"])
    checks = {"Observation": _of_observation, "Condition": _of_condition, "List": _of_list, "Patient": _of_patient}
    yield from checks.get(resource["resourceType"], lambda _: iter(()))(resource)


def _of_lists(resource: Mapping[str, Any]) -> Iterator[str]:
    for (kind, element), allowed in _LISTS.items():
        if resource["resourceType"] == kind and resource.get(element) not in allowed:
            yield f"{element} is {resource.get(element)!r}"
    for (kind, element), (system, codes) in _CODED.items():
        if resource["resourceType"] == kind and element in resource:
            for coding in resource[element]["coding"]:
                if coding["system"] != system or coding["code"] not in codes:
                    yield f"{element} is {coding}"


def _of_element(path: str, value: Any) -> Iterator[str]:
    name = path.rpartition(".")[2]
    if value in ("", [], {}) or value is None:
        yield f"{path} is empty"
    if isinstance(value, str):
        if _NO_XML.search(value):
            yield f"{path} holds a control character"
        if name == "code" and not _CODE.fullmatch(value):
            yield f"{path} is no code: {value!r}"
        if name in ("effectiveDateTime", "valueDateTime", "valueDate", "birthDate", "recordedDate", "start", "end") and not _DATE.fullmatch(
            value
        ):
            yield f"{path} is no date: {value!r}"
    if isinstance(value, Mapping):
        if "url" in value and (("extension" in value) == any(key.startswith("value") for key in value)):
            yield f"{path}: an extension has a value or further extensions"
        if name == "valueQuantity" and not (value.get("system") == "http://unitsofmeasure.org" and value.get("code")):
            yield f"{path} has no UCUM unit"
        if name == "valueQuantity" and value.get("comparator") not in (None, "<", "<=", ">", ">="):
            yield f"{path} has another comparator"
        if name == "valueRange" and not value["low"]["value"] <= value["high"]["value"]:
            yield f"{path} ends before it begins"
        if name == "valueRange" and ("comparator" in value["low"] or "comparator" in value["high"]):
            yield f"{path} has a comparator inside"


def _of_narrative(div: str) -> Iterator[str]:
    try:
        tree = etree.fromstring(div.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        yield f"has a narrative that is no XML: {error}"
        return
    for element in tree.iter():
        local = etree.QName(element).localname
        if local not in _DIV or element.attrib or etree.QName(element).namespace != "http://www.w3.org/1999/xhtml":
            yield f"has a narrative with <{local} {dict(element.attrib)}>"
    if not "".join(tree.itertext()).strip():
        yield "has an empty narrative"


def _of_observation(resource: Mapping[str, Any]) -> Iterator[str]:
    values = [key for key in resource if key.startswith("value")]
    if len(values) > 1:
        yield f"has several values: {values}"
    if values and "dataAbsentReason" in resource:
        yield "has a value and says why it has none"
    if not values and not any(key in resource for key in ("dataAbsentReason", "component", "hasMember")):
        yield "has no value and does not say why"
    for one in resource.get("referenceRange", ()):
        if not {"low", "high", "text"} & set(one):
            yield "has an empty reference range"
    for category in resource.get("category", ()):
        if category["coding"][0]["code"] not in _CATEGORIES:
            yield f"is of the category {category}"
    own = {(one["system"], one["code"]) for one in resource["code"].get("coding", ())}
    for component in resource.get("component", ()):
        if own & {(one["system"], one["code"]) for one in component["code"].get("coding", ())} and values:
            yield "has a component of its own code"
    for profile in resource.get("meta", {}).get("profile", ()):
        yield from _of_profile(profile, resource)


def _of_profile(profile: str, resource: Mapping[str, Any]) -> Iterator[str]:
    """The rules of profiles that a claim could break, as the profiles of US Core 6 and mCODE 3 write them."""
    systems = {one["system"] for one in resource["code"].get("coding", ())}
    name = profile.rpartition("/")[2]
    day = resource.get("effectiveDateTime", "")
    if name in ("us-core-observation-lab", "mcode-tumor-marker-test"):
        if resource["category"][0]["coding"][0]["code"] != "laboratory" or "http://loinc.org" not in systems or len(day) < 10:
            yield f"claims {name}"
    elif name.startswith("us-core-body-"):
        quantity = resource.get("valueQuantity", {})
        units = {"us-core-body-weight": "kg", "us-core-body-height": "cm", "us-core-body-temperature": "Cel"}
        if resource["category"][0]["coding"][0]["code"] != "vital-signs" or quantity.get("code") != units[name] or len(day) < 10:
            yield f"claims {name}"
    elif name == "mcode-ecog-performance-status":
        if type(resource.get("valueInteger")) is not int or resource["category"][0]["coding"][0]["code"] != "survey":
            yield f"claims {name}"
    elif name == "mcode-tumor-size":
        longest = resource["component"][0]
        if "focus" not in resource or "valueRange" in longest or longest.get("valueQuantity", {"code": "cm"})["code"] not in ("cm", "mm"):
            yield f"claims {name}"
    elif name == "mcode-cancer-disease-status":
        if "http://loinc.org" not in systems or not day or "http://snomed.info/sct" not in str(resource.get("valueCodeableConcept")):
            yield f"claims {name}"
    else:
        yield f"claims {name}, which nobody checks here"


def _of_condition(resource: Mapping[str, Any]) -> Iterator[str]:
    verification = resource["verificationStatus"]["coding"][0]["code"]
    if verification == "refuted" and "clinicalStatus" in resource:
        yield "is refuted and has a clinical status"
    listed = any(one["coding"][0]["code"] == "problem-list-item" for one in resource.get("category", ()))
    if listed and "clinicalStatus" not in resource:
        yield "is a problem without a clinical status"
    if resource.get("meta") and not listed:
        yield "claims a profile of US Core without a category"


def _of_list(resource: Mapping[str, Any]) -> Iterator[str]:
    if ("emptyReason" in resource) == bool(resource.get("entry")):
        yield "says why it is empty, or is empty and does not say why"


def _of_patient(resource: Mapping[str, Any]) -> Iterator[str]:
    for one in resource.get("name", ()):
        if set(one) != {"extension"}:
            yield f"has a name: {one}"
    if {"telecom", "contact", "photo"} & set(resource):
        yield "says how to reach the person"


def _references(value: Any) -> Iterator[str]:
    for path, one in _walk(value, ""):
        if path.endswith(".reference") and isinstance(one, str):
            yield one


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield f"{path}.{key}", one
            yield from _walk(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            if not isinstance(one, str | int | float):
                yield path, one
            yield from _walk(one, path)
