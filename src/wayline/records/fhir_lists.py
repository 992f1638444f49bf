"""Lists as FHIR resources: tumors and scans, earlier results, courses of treatment, goals.

Each item is a resource of its own, or a few; a List names them in their order and says whether there may be more. The told item is sealed
into its first resource together with the others that it needs, and the list's frame (its date, its source, whether it is complete) into
the List.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wayline.facts.case_forms import item_form
from wayline.facts.courses import Course, Listing
from wayline.facts.findings import Told
from wayline.facts.labs import LabResult
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import FactDefinition
from wayline.logic.wording import date_in_words, value_in_words
from wayline.records.fhir_draft import Draft, source_lines
from wayline.records.fhir_facts import lab_observation, reference_range
from wayline.records.fhir_frame import frame
from wayline.records.fhir_pieces import (
    MCODE,
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
    period,
    plain_concept,
    profiled,
)
from wayline.records.own_extension import ITEM, LIST, SEALED, TERMINATION, TREATMENT_INTENT, TUMORS

_INTENTS = {"palliative": "palliative", "definitive": "curative", "perioperative": "perioperative"}
_ENDINGS = {"completed": "completed", "toxicity": "toxicity", "progression": "progression", "other": "other_reason"}


def write_list(draft: Draft, fact_id: str, told: Told) -> None:
    """A list fact: its items, and the List that names them."""
    definition = draft.definition(fact_id)
    listing = told.value
    if not isinstance(listing, Listing):
        raise TypeError(f"{fact_id} holds no list")
    writers: dict[str, Callable[[Draft, FactDefinition, int, Any, DateRange | None], tuple[str, ...]]] = {
        "lesions": _lesion,
        "scans": _scan,
        "lab_results": _result,
        "courses": _course,
        "choice_list": _goal,
    }
    urls = [writers[definition.kind](draft, definition, place, item, told.date) for place, item in enumerate(listing)]
    elements = (*SEALED["Observation"], "referenceRange") if definition.kind == "lab_results" else None
    for (first, *others), item in zip(urls, listing, strict=True):
        draft.tell(first, fact_id, item_form(definition, item), part=ITEM, elements=elements, covered=others)
    more = () if listing.complete else ("There may be more.",)
    resource: Resource = {
        "resourceType": "List",
        "text": narrative(draft.words(fact_id, told), *source_lines(told), *more),
        "status": "current",
        "mode": "snapshot",
        "title": clean(definition.label),
        "code": concept([own_fact_coding(definition)], definition.label),
        "subject": draft.patient,
        "date": str(told.date or draft.today).partition("/")[0],
        **notes(*source_lines(told), *more),
    }
    if urls:
        resource["entry"] = [{"item": {"reference": first}} for first, *_ in urls]
    else:
        reason, words = ("nilknown", "Nil Known") if listing.complete else ("unavailable", "Unavailable")
        resource["emptyReason"] = plain_concept(f"{TERMINOLOGY}/list-empty-reason", reason, words)
    list_url = draft.add(fact_id, resource, fact_id)
    frame: dict[str, Any] = {
        **({} if listing.complete else {"complete": False}),
        **({} if told.date is None else {"date": str(told.date)}),
        **({} if told.source is None else {"source": told.source}),
    }
    draft.tell(list_url, fact_id, frame, part=LIST)


# --- Tumors ----------------------------------------------------------------------------------------------------------


def _lesion(draft: Draft, definition: FactDefinition, place: int, lesion: Lesion, of_list: DateRange | None) -> tuple[str, ...]:
    body = _body_structure(draft, lesion, f"{definition.id}/{place}", definition.id)
    return _size(draft, lesion, f"{definition.id}/{place}", definition.id, lesion.date or of_list, body), body


def _scan(draft: Draft, definition: FactDefinition, place: int, scan: Scan, of_list: DateRange | None) -> tuple[str, ...]:
    """A scan as a panel whose members are the sizes of its tumors. A tumor with a name is the same BodyStructure on every scan."""
    members: list[str] = []
    bodies: list[str] = []
    for number, lesion in enumerate(scan.lesions):
        key = f"{definition.id}/{place}/{number}"
        body = _body_structure(draft, lesion, key, definition.id)
        bodies.append(body)
        members.append(_size(draft, lesion, key, definition.id, lesion.date or scan.date, body))
    count = value_in_words(draft.definition("liver.lesions"), scan.lesions)
    panel: Resource = {
        "resourceType": "Observation",
        "text": narrative(f"Tumors in the liver on {date_in_words(scan.date)}: {count}"),
        "status": "final",
        "category": [plain_concept(f"{TERMINOLOGY}/observation-category", "imaging")],
        "code": concept([own_fact_coding(definition)], "Tumors in the liver on an earlier scan"),
        "subject": draft.patient,
        **date_element("effective", scan.date),
        **({"valueInteger": len(scan.lesions)} if scan.lesions.complete else absent()),
        **({"hasMember": [{"reference": url} for url in members]} if members else {}),
    }
    url = draft.add(f"{definition.id}/{place}", panel, definition.id)
    return (url, *members, *dict.fromkeys(bodies))


def _body_structure(draft: Draft, lesion: Lesion, key: str, fact_id: str) -> str:
    """Where a tumor lies. One resource for a name, unless an earlier scan tells another place for it."""
    place = "Liver" if lesion.segment == "unknown" else f"Liver, segment {lesion.segment}"
    own = own_choice_coding("liver.lesions.segment", lesion.segment, place)
    near = None if lesion.near is None else sorted(lesion.near)
    places = draft.situation.vocabulary.lesion_places
    beside = "" if near is None else f"; next to {', '.join(places[one] for one in near)}" if near else "; next to nothing that was named"
    named = f"tumor {lesion.name}" if lesion.name else "tumor"
    words = clean(f"Liver {named}: {place[0].lower()}{place[1:]}{beside}")
    key = f"tumor/{lesion.name}/{words}" if lesion.name else f"tumor/{key}"
    url = draft.url_of(key)
    if url in draft.resources:
        return url
    resource: Resource = {
        "resourceType": "BodyStructure",
        **profiled(f"{MCODE}/mcode-tumor"),
        "text": narrative(words),
        "identifier": [
            {
                "use": "usual",
                "type": plain_concept("http://hl7.org/fhir/resource-types", "BodyStructure"),
                "system": TUMORS,
                "value": url.removeprefix("urn:uuid:"),
            }
        ],
        "active": True,
        "morphology": {"coding": [dict(frame().codings["tumor"])]},
        "location": concept([*coding(draft.place_code("liver")), own], place),
        "description": words,
        "patient": draft.patient,
    }
    return draft.add(key, resource, fact_id)


def _size(draft: Draft, lesion: Lesion, key: str, fact_id: str, dated: DateRange | None, body: str) -> str:
    """The longest diameter of one tumor."""
    size = draft.definition("liver.largest_cm")
    value = absent() if lesion.diameter_cm is None else number_value(lesion.diameter_cm, size)
    words = "not known" if lesion.diameter_cm is None else value_in_words(size, lesion.diameter_cm)
    place = "Liver" if lesion.segment == "unknown" else f"Liver, segment {lesion.segment}"
    resource: Resource = {
        "resourceType": "Observation",
        # A range of sizes is no Quantity, which is what the profile wants.
        **({} if "valueRange" in value else profiled(f"{MCODE}/mcode-tumor-size")),
        "text": narrative(f"{lesion.name + ': ' if lesion.name else ''}{place}, longest diameter {words}"),
        "status": "final",
        "category": [plain_concept(f"{TERMINOLOGY}/observation-category", "imaging")],
        "code": concept([frame().codings["size_of_tumor"]], "Size of a tumor in the liver"),
        "subject": draft.patient,
        "focus": [{"reference": body}],
        **date_element("effective", dated or draft.today),
        "bodySite": concept(coding(draft.place_code("liver")), place),
        "component": [{"code": concept([frame().codings["longest_diameter"]], "Longest diameter"), **value}],
    }
    return draft.add(f"{key}/size", resource, fact_id)


# --- Earlier results -------------------------------------------------------------------------------------------------


def _result(draft: Draft, definition: FactDefinition, place: int, result: LabResult, of_list: DateRange | None) -> tuple[str, ...]:
    lab = draft.definition(result.lab)
    observation = lab_observation(draft, lab, Told(result.value), reference_range(lab, result.lower_limit, result.upper_limit), result.date)
    words = f"{lab.label}, {date_in_words(result.date)}: {value_in_words(lab, result.value)}"
    return (draft.add(f"{definition.id}/{place}", {**observation, "text": narrative(words)}, definition.id),)


# --- Treatment -------------------------------------------------------------------------------------------------------


def _course(draft: Draft, definition: FactDefinition, place: int, course: Course, of_list: DateRange | None) -> tuple[str, ...]:
    """A MedicationStatement for each drug, a Procedure for a procedure."""
    drugs = draft.situation.vocabulary.drugs
    urls: list[str] = []
    for number, drug_id in enumerate(course.drugs):
        code = draft.code_book.code_for_drug(drug_id)
        own = own_choice_coding("therapy.history.drug", drug_id, drugs.title(drug_id))
        medication = concept([*coding(code), own], drugs.title(drug_id))
        urls.append(_medication(draft, definition, f"{definition.id}/{place}/{number}", course, medication, is_coded=code is not None))
    for number, name in enumerate(course.unknown_drugs):
        urls.append(_medication(draft, definition, f"{definition.id}/{place}/unknown/{number}", course, concept([], name), is_coded=False))
    if course.procedure is not None:
        urls.append(_procedure(draft, definition, f"{definition.id}/{place}/procedure", course, course.procedure))
    return tuple(urls)


def _medication(draft: Draft, definition: FactDefinition, key: str, course: Course, medication: Resource, *, is_coded: bool) -> str:
    extensions: list[Resource] = []
    if course.intent is not None:
        extensions.append({"url": TREATMENT_INTENT, "valueCodeableConcept": _answer(draft, "intent", course.intent, _INTENTS)})
    if course.ended_because is not None:
        extensions.append({"url": TERMINATION, "valueCodeableConcept": _answer(draft, "ended_because", course.ended_because, _ENDINGS)})
    given = period(course.start, course.end)
    meets = is_coded and given is not None
    resource: Resource = {
        "resourceType": "MedicationStatement",
        **(profiled(f"{MCODE}/mcode-cancer-related-medication-statement") if meets else {}),
        "text": narrative(f"{medication['text']}: {_course_in_words(course)}"),
        **({"extension": extensions} if extensions else {}),
        "status": _medication_status(course),
        **(
            {"statusReason": [_answer(draft, "ended_because", course.ended_because, _ENDINGS)]}
            if course.ended_because not in (None, "completed")
            else {}
        ),
        "medicationCodeableConcept": medication,
        "subject": draft.patient,
        **({"effectivePeriod": given} if given else {}),
        "informationSource": draft.patient,
        "reasonReference": [{"reference": draft.url_of("diagnosis")}],
        **notes(_response_in_words(course)),
    }
    return draft.add(key, resource, definition.id)


def _medication_status(course: Course) -> str:
    if course.ended_because in ("progression", "toxicity", "other"):
        return "stopped"
    if course.end is not None or course.ended_because == "completed":
        return "completed"
    return "unknown"  # that no end was told does not say that it still goes on


def _procedure(draft: Draft, definition: FactDefinition, key: str, course: Course, procedure_id: str) -> str:
    code = draft.code_book.code_for_procedure(procedure_id)
    title = draft.situation.vocabulary.procedures[procedure_id]
    done = period(course.start, course.end)
    is_done = course.end is not None or course.ended_because is not None
    own = own_choice_coding("therapy.history.procedure", procedure_id, title)
    resource: Resource = {
        "resourceType": "Procedure",
        **(profiled(f"{US_CORE}/us-core-procedure") if code is not None and done is not None else {}),
        "text": narrative(f"{title[0].upper()}{title[1:]}: {_course_in_words(course)}"),
        "status": "completed" if is_done else "unknown",
        "code": concept([*coding(code), own], title),
        "subject": draft.patient,
        **({"performedPeriod": done} if done else {}),
        "reasonReference": [{"reference": draft.url_of("diagnosis")}],
        **notes(_response_in_words(course)),
    }
    return draft.add(key, resource, definition.id)


def _answer(draft: Draft, part: str, word: str, answers: dict[str, str]) -> Resource:
    code = draft.code_book.code_for_answer(answers[word])
    return concept([*coding(code), own_choice_coding(f"therapy.history.{part}", word, word)], word)


def _course_in_words(course: Course) -> str:
    parts = [
        f"{course.intent} intent" if course.intent else "",
        f"from {date_in_words(course.start)}" if course.start else "",
        f"to {date_in_words(course.end)}" if course.end else "",
        f"ended because: {course.ended_because}" if course.ended_because else "",
        f"best response: {course.best_response}" if course.best_response else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing more was told"


def _response_in_words(course: Course) -> str | None:
    return f"Best response: {course.best_response}" if course.best_response else None


# --- Goals -----------------------------------------------------------------------------------------------------------


def _goal(draft: Draft, definition: FactDefinition, place: int, choice: str, of_list: DateRange | None) -> tuple[str, ...]:
    words = definition.choices[choice].words
    resource: Resource = {
        "resourceType": "Goal",
        "text": narrative(f"Goal {place + 1}: {words}"),
        "lifecycleStatus": "active",
        "description": concept([own_choice_coding(definition.id, choice, words)], words),
        "subject": draft.patient,
        "expressedBy": draft.patient,
    }
    return (draft.add(f"{definition.id}/{place}", resource, definition.id),)
