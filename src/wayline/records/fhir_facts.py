"""Single facts as FHIR resources: the person, the cancer, where it has spread, tests, symptoms, everything that is not a list.

Told "no" of a disease with a common code is a Condition that is refuted: `verificationStatus` is a modifier, so no software may read the
code without it. Everything else is an Observation. A profile is claimed only where the resource meets it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wayline.facts.case_forms import told_form
from wayline.facts.findings import Told
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.logic.wording import value_in_words
from wayline.records.fhir_draft import Draft, source_lines
from wayline.records.fhir_pieces import (
    ABSENT,
    LOINC,
    MCODE,
    SNOMED,
    STRUCTURES,
    TERMINOLOGY,
    US_CORE,
    Resource,
    absent,
    clean,
    coding,
    concept,
    date_element,
    narrative,
    notes,
    number_value,
    own_choice_coding,
    own_fact_coding,
    plain_concept,
    profiled,
    quantity,
)
from wayline.records.own_extension import DOCUMENTS, FACTS, FRAME

ON_THE_PATIENT = ("person.sex", "person.birth_date", "person.country", "person.postal_code")
ON_THE_CANCER = ("diagnosis.primary", "diagnosis.histology", "diagnosis.site", "diagnosis.date")
HISTOLOGY = f"{MCODE}/mcode-histology-morphology-behavior"
ASSERTED = f"{STRUCTURES}/condition-assertedDate"
RELATED = f"{STRUCTURES}/condition-related"
TIMES_LIMIT = "times-upper-limit"

_GENDERS = {"female": "female", "male": "male", "intersex": "other"}
_CATEGORIES = {
    "labs": "laboratory",
    "biomarker": "laboratory",
    "symptom": "survey",
    "function": "survey",
    "wish": "survey",
    "consent": "survey",
    "person": "social-history",
    "liver": "imaging",
    "esophagus": "imaging",
    "nutrition": "exam",
    "metastases": "exam",
    "diagnosis": "exam",
    "disease": "exam",
    "condition": "exam",
    "therapy": "therapy",
}
_VITAL_SIGNS = {
    "nutrition.weight_kg": f"{US_CORE}/us-core-body-weight",
    "nutrition.height_cm": f"{US_CORE}/us-core-body-height",
    "symptom.temperature_c": f"{US_CORE}/us-core-body-temperature",
}
_TUMOR_MARKERS = (
    "labs.cea",
    "labs.ca19_9",
    "biomarker.her2",
    "biomarker.her2_ihc",
    "biomarker.her2_ish",
    "biomarker.pdl1_cps",
    "biomarker.pdl1_tps",
    "biomarker.pdl1_tap",
)


def write_patient(draft: Draft) -> None:
    """The person, without a name: why there is none is said in FHIR's own way. Only what was told stands here."""
    told = draft.situation.told
    patient: Resource = {
        "resourceType": "Patient",
        **profiled(f"{US_CORE}/us-core-patient", f"{MCODE}/mcode-cancer-patient"),
        "identifier": [{"system": DOCUMENTS, "value": draft.url_of("Patient").removeprefix("urn:uuid:")}],
        "name": [{"extension": [{"url": ABSENT, "valueCode": "not-asked"}]}],
    }
    sex = told.get("person.sex")
    single = next(iter(sex.value)) if sex and isinstance(sex.value, frozenset) and len(sex.value) == 1 else ""
    patient["gender"] = _GENDERS.get(single, "unknown")
    born = told.get("person.birth_date")
    if born and "/" not in str(born.value):
        patient["birthDate"] = str(born.value)
    parts = {"postalCode": told.get("person.postal_code"), "country": told.get("person.country")}
    address = {key: clean(str(one.value)) for key, one in parts.items() if one}
    if address:
        patient["address"] = [{"use": "home", **address}]
    here = [fact_id for fact_id in ON_THE_PATIENT if fact_id in told]
    lines = [line for one in here for line in (draft.words(one, told[one]), *source_lines(told[one]))]
    patient["text"] = narrative(*(lines or ["A person who tells no name here."]))
    url = draft.add("Patient", patient, *here)
    elements = {"person.sex": "gender", "person.birth_date": "birthDate"}
    for fact_id in here:
        form = told_form(draft.definition(fact_id), told[fact_id])
        draft.tell(url, fact_id, form, elements=(elements.get(fact_id, "address"),))
    draft.tell(url, "person", None, part=FRAME, elements=("gender", "birthDate", "address"))


def write_cancer(draft: Draft) -> None:
    """The cancer itself, which every situation has, with its cell type, its place and the day it was found."""
    told = draft.situation.told
    primary = draft.definition("diagnosis.primary")
    ours = draft.code_book.ours
    own = own_choice_coding(primary.id, ours, primary.choices[ours].words)
    title = f"Cancer of {re.sub(r' *[(][^()]*[)]', '', primary.choices[ours].words)}"
    extensions: list[Resource] = []
    condition: Resource = {
        "resourceType": "Condition",
        **profiled(f"{US_CORE}/us-core-condition-problems-health-concerns", f"{MCODE}/mcode-primary-cancer-condition"),
        "clinicalStatus": plain_concept(f"{TERMINOLOGY}/condition-clinical", "active"),
        "verificationStatus": plain_concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed"),
        "category": [plain_concept(f"{TERMINOLOGY}/condition-category", "problem-list-item")],
        "code": concept([*coding(draft.code(primary.id, ours)), own], title),
        "subject": draft.patient,
    }
    histology, site, found = (told.get(fact_id) for fact_id in ON_THE_CANCER[1:])
    if histology and isinstance(histology.value, frozenset):
        cells = draft.choice_concept(draft.definition("diagnosis.histology"), histology.value)
        extensions += [{"url": HISTOLOGY, "valueCodeableConcept": cells}] if cells else []
    if found and "/" not in str(found.value):
        extensions.append({"url": ASSERTED, "valueDateTime": str(found.value)})
    if site and isinstance(site.value, frozenset):
        place = draft.place_code(next(iter(site.value))) if len(site.value) == 1 else None
        where = draft.choice_concept(draft.definition("diagnosis.site"), site.value, place)
        condition |= {"bodySite": [where]} if where else {}
    if extensions:
        condition["extension"] = extensions
    if "diagnosis.stage" in told:
        condition["stage"] = [{"assessment": [{"reference": draft.url_of("diagnosis.stage")}]}]
    here = [fact_id for fact_id in ON_THE_CANCER if fact_id in told]
    condition |= notes(*(f"{draft.definition(one).label}, source: {told[one].source}" for one in here if source_lines(told[one])))
    lines = [line for one in here for line in (draft.words(one, told[one]), *source_lines(told[one]))]
    condition["text"] = narrative(title, *lines)
    url = draft.add("diagnosis", condition, *here)
    elements = {
        "diagnosis.primary": ("code",),
        "diagnosis.histology": ("code", f"extension({HISTOLOGY})"),
        "diagnosis.site": ("code", "bodySite"),
        "diagnosis.date": (f"extension({ASSERTED})", "onset[x]", "recordedDate"),
    }
    for fact_id in here:
        draft.tell(url, fact_id, told_form(draft.definition(fact_id), told[fact_id]), elements=elements[fact_id])
    draft.tell(url, "diagnosis", None, part=FRAME, elements=tuple(dict.fromkeys(one for each in elements.values() for one in each)))


def write_lab(draft: Draft, lab: FactDefinition) -> None:
    """One blood test: its value, and the ends of the range that the lab prints beside it, told apart or together."""
    told = draft.situation.told
    ids = [fact_id for fact_id in (lab.id, f"{lab.id}_lln", f"{lab.id}_uln") if fact_id in told]
    value = told.get(lab.id)
    ranges = reference_range(lab, *(_number(told.get(f"{lab.id}_{end}")) for end in ("lln", "uln")))
    observation = lab_observation(draft, lab, value, ranges, value.date if value else None)
    observation |= notes(*(f"{draft.definition(one).label}, source: {told[one].source}" for one in ids if source_lines(told[one])))
    lines = [line for one in ids for line in (draft.words(one, told[one]), *source_lines(told[one]))]
    url = draft.add(lab.id, {**observation, "text": narrative(*lines)}, *ids)
    for fact_id in ids:
        elements = None if fact_id == lab.id else ("code", "referenceRange")
        draft.tell(url, fact_id, told_form(draft.definition(fact_id), told[fact_id]), elements=elements)


def lab_observation(draft: Draft, lab: FactDefinition, told: Told | None, ranges: Resource, dated: DateRange | None) -> Resource:
    """The Observation of one result, without narrative."""
    day = dated or draft.today
    observation: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [_category("laboratory")],
        "code": draft.fact_concept(lab),
        "subject": draft.patient,
        **date_element("effective", day),
        **(absent() if told is None else _number_told(lab, told)),
        **ranges,
    }
    return _with_lab_profiles(draft, observation, lab.id, day)


def reference_range(lab: FactDefinition, lower: NumberRange | None, upper: NumberRange | None) -> Resource:
    """The range that a lab prints. A limit that is only partly known is told in words."""
    told = {"low": lower, "high": upper}
    exact = {end: quantity(one.low, lab) for end, one in told.items() if one is not None and one.is_exact}
    partly = [
        f"{'lower' if end == 'low' else 'upper'} limit: {value_in_words(lab, one)}"
        for end, one in told.items()
        if one is not None and not one.is_exact
    ]
    if not exact and not partly:
        return {}
    return {"referenceRange": [{**exact, **({"text": "; ".join(partly)} if partly else {})}]}


def _number(told: Told | None) -> NumberRange | None:
    return told.value if told and isinstance(told.value, NumberRange) else None


def _number_told(definition: FactDefinition, told: Told) -> Resource:
    if told.times_uln is not None:
        # Without the limit there is no value; the multiple stands beside it, so that nobody takes it for one.
        words = "Times the upper limit of normal"
        code = concept([{"system": FACTS, "code": TIMES_LIMIT, "display": words}], words)
        return {**absent(), "component": [{"code": code, **number_value(told.times_uln, None)}]}
    if not isinstance(told.value, NumberRange):
        return absent()
    return number_value(told.value, definition)


def _with_lab_profiles(draft: Draft, observation: Resource, fact_id: str, day: DateRange) -> Resource:
    if draft.code(fact_id) is None or not day.is_exact:
        return observation
    markers = (f"{MCODE}/mcode-tumor-marker-test",) if fact_id in _TUMOR_MARKERS else ()
    profiles = profiled(f"{US_CORE}/us-core-observation-lab", *markers)
    return {"resourceType": observation["resourceType"], **profiles, **observation}


def _category(code: str) -> Resource:
    return plain_concept(f"{TERMINOLOGY}/observation-category", code)


def write_fact(draft: Draft, fact_id: str, told: Told) -> None:
    """Any other single fact, in a resource of its own."""
    definition = draft.definition(fact_id)
    if definition.kind == "yes_no" and draft.code(fact_id) is None and draft.code(fact_id, True) is not None:
        resource = _condition(draft, definition, told)
    else:
        resource = _observation(draft, definition, told)
    several = isinstance(told.value, frozenset) and "dataAbsentReason" in resource
    resource |= notes(*((draft.words(fact_id, told),) if several else ()), *source_lines(told)) | draft.text(fact_id, told)
    url = draft.add(fact_id, resource, fact_id)
    draft.tell(url, fact_id, told_form(definition, told))


def _condition(draft: Draft, definition: FactDefinition, told: Told) -> Resource:
    is_there = told.value is True
    spread = definition.group == "metastases"
    is_cancer = is_there and spread
    cancer = profiled(f"{US_CORE}/us-core-condition-problems-health-concerns", f"{MCODE}/mcode-secondary-cancer-condition")
    active = {
        "clinicalStatus": plain_concept(f"{TERMINOLOGY}/condition-clinical", "active"),
        "category": [plain_concept(f"{TERMINOLOGY}/condition-category", "problem-list-item")],
    }
    related = {"extension": [{"url": RELATED, "valueReference": {"reference": draft.url_of("diagnosis")}}]}
    return {
        "resourceType": "Condition",
        **(cancer if is_cancer else {}),
        **(related if is_cancer else {}),
        **(active if is_cancer else {}),
        "verificationStatus": plain_concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed" if is_there else "refuted"),
        "code": concept(
            [*coding(draft.code(definition.id, True)), own_fact_coding(definition)],
            definition.says_yes if is_there else definition.says_no,
        ),
        "subject": draft.patient,
        "recordedDate": str(told.date or draft.today).partition("/")[0],
    }


def _observation(draft: Draft, definition: FactDefinition, told: Told) -> Resource:
    day = told.date or draft.today
    profile = _VITAL_SIGNS.get(definition.id)
    category = "vital-signs" if profile else _CATEGORIES.get(definition.group)
    observation: Resource = {
        "resourceType": "Observation",
        "status": "final",
        **({"category": [_category(category)]} if category else {}),
        "code": draft.fact_concept(definition),
        "subject": draft.patient,
        **date_element("effective", day),
        **_value(draft, definition, told),
    }
    if definition.id in ("diagnosis.stage", "disease.status"):
        observation["focus"] = [{"reference": draft.url_of("diagnosis")}]
    if definition.group == "biomarker":
        return _with_lab_profiles(draft, observation, definition.id, day)
    if profile and day.is_exact and isinstance(told.value, NumberRange) and told.value.is_exact and draft.code(definition.id):
        return {**profiled(profile), **observation}
    if definition.id == "function.ecog" and "valueInteger" in observation and draft.code(definition.id):
        return {**profiled(f"{MCODE}/mcode-ecog-performance-status"), **observation}
    if definition.id == "disease.status" and _has_common_code(observation):
        return {**profiled(f"{MCODE}/mcode-cancer-disease-status"), **observation}
    return observation


def _has_common_code(observation: Mapping[str, Any]) -> bool:
    def systems(element: Mapping[str, Any]) -> set[str]:
        return {one["system"] for one in element.get("coding", ())}

    return LOINC in systems(observation["code"]) and SNOMED in systems(observation.get("valueCodeableConcept", {}))


def _value(draft: Draft, definition: FactDefinition, told: Told) -> Resource:
    value = told.value
    match definition.kind, value:
        case "number", _:
            if isinstance(value, NumberRange) and value.is_exact and definition.whole_number and definition.unit is None:
                return {"valueInteger": int(value.low)}
            return _number_told(definition, told)
        case "yes_no", bool():
            answer = draft.code(definition.id, value)
            if answer is None:
                return {"valueBoolean": value}
            own = own_choice_coding(definition.id, "true" if value else "false", "yes" if value else "no")
            return {"valueCodeableConcept": concept([*coding(answer), own], definition.says_yes if value else definition.says_no)}
        case "choice", frozenset():
            return _choice(draft, definition, value)
        case "date", DateRange():
            return date_element("value", value)
        case "text", str() if clean(value).strip():
            return {"valueString": clean(value)}
    return absent()


def _choice(draft: Draft, definition: FactDefinition, values: frozenset[str]) -> Resource:
    if definition.id == "function.ecog" and len(values) == 1:
        # mCODE wants the grade as a number, and its words as the interpretation.
        grade = next(iter(values))
        words = coding(draft.code(definition.id, grade))
        interpretation = {"interpretation": [concept(words, definition.choices[grade].words)]} if words else {}
        return {"valueInteger": int(grade), **interpretation}
    chosen = draft.choice_concept(definition, values)
    return {"valueCodeableConcept": chosen} if chosen else absent()
