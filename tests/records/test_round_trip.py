"""A case out as a FHIR document and back: nothing is lost, nothing is added, and a changed coded value is never overruled."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PEOPLE
from tests.helpers import situation_of
from tests.records.fhir_rules import faults
from tests.records.generated_cases import HERE, SOURCES, generated_situations
from wayline.cli import main
from wayline.facts.case import FactReader, load_case, parse_case
from wayline.facts.case_forms import case_form, placed, read_form
from wayline.facts.courses import Listing
from wayline.facts.findings import Told
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.library import Library, library
from wayline.reading import WaylineError
from wayline.records.codes import code_book
from wayline.records.fhir_frame import frame
from wayline.records.fhir_pieces import LOINC, UCUM
from wayline.records.fhir_writing import SheetSection, bundle_of
from wayline.records.imported import NotUnderstood, RecordReading
from wayline.records.own_extension import OWN_CODE, TOLD
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import read_record

ICDO3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"

CASES = 500
MODEL_CHECKED = 8  # every eighth: slow, and random cases soon hold every kind of resource
NOW = "2026-11-30T09:15:00Z"
PEOPLE_FILES = sorted(path for path in PEOPLE.glob("*.yaml") if not path.stem.startswith("expected"))


@cache
def generated() -> list[Situation]:
    """The random cases, made once."""
    return [situation for _, situation in generated_situations(library().vocabulary, CASES)]


def written(situation: Situation, sheet: tuple[SheetSection, ...] | None = None) -> dict[str, Any]:
    """The document as other software gets it: through its JSON text."""
    return dict(json.loads(json.dumps(bundle_of(situation, code_book(), generated_at=NOW, sheet=sheet))))


def read_back(bundle: dict[str, Any], as_of: date) -> RecordReading:
    """The document as the reader of records reads it, as of a day."""
    return read_record(json.dumps(bundle).encode(), "sheet.json", library().vocabulary, code_book(), as_of)


def case_of(reading: RecordReading, as_of: date) -> dict[str, Told]:
    """What a case file then holds, when nobody chooses: what is not in doubt."""
    vocabulary = library().vocabulary
    case = case_from(proposals(reading, vocabulary, as_of), vocabulary, as_of)
    return dict(parse_case(placed(json.loads(json.dumps(case)), HERE), vocabulary).told)


def changed(reading: RecordReading) -> list[NotUnderstood]:
    """Values of our own that do not count, because the record says something else by now."""
    return [one for one in reading.not_understood if one.kind == "Wayline's own value"]


def assert_the_same(situation: Situation, bundle: dict[str, Any]) -> None:
    reading = read_back(bundle, situation.as_of)
    assert reading.as_of == situation.as_of.isoformat()
    assert (reading.not_understood, reading.reports, reading.people) == ((), (), 1)
    assert len(reading.facts) == len(situation.told)
    assert case_of(reading, situation.as_of) == dict(situation.told)


# --- Nothing is lost -------------------------------------------------------------------------------------------------


def test_nothing_is_lost_on_generated_cases() -> None:
    for situation in generated():
        assert_the_same(situation, written(situation))


@pytest.mark.parametrize("path", PEOPLE_FILES, ids=lambda path: path.stem)
def test_nothing_is_lost_of_people(path: Any, content: Library) -> None:
    situation = load_case(path, content.vocabulary)
    assert situation.told
    assert_the_same(situation, written(situation))


def test_the_commands_give_the_same_case_back(tmp_path: Path, content: Library) -> None:
    """`wayline brief` and `wayline records read`: the same facts, as of the same day, though it was long ago."""
    case = PEOPLE / "stale_labs.yaml"
    document, back = tmp_path / "sheet.json", tmp_path / "back.yaml"
    assert main(["brief", str(case), "-o", str(document)]) == 0
    assert main(["records", "read", str(document), "-o", str(back)]) == 0
    before, after = (load_case(path, content.vocabulary) for path in (case, back))
    assert after.as_of == before.as_of
    assert dict(after.told) == dict(before.told)


def test_the_generated_cases_hold_every_fact_in_every_form(content: Library) -> None:
    """What the round trip is worth: nothing of the vocabulary and of the forms of case files is left out of it."""
    times: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    for situation in generated():
        for fact_id, told in situation.told.items():
            times[fact_id] += 1
            forms.update(_forms(situation, fact_id, told))
    assert set(times) == set(content.vocabulary)
    assert min(times.values()) >= 20
    for form in (
        *("exact", "bounded", "open bound", "times_uln", "partial times_uln", "one_of", "yes", "no", "month or year", "stale", "undated"),
        *("incomplete list", "empty list", "empty incomplete list", "unknown drug", "procedure", "lesion beside nothing", "named lesion"),
        *("incomplete scan", "bounded result", "result with a range", "course with a month"),
    ):
        assert forms[form] >= 10, form
    assert {told.source for situation in generated() for told in situation.told.values()} >= set(SOURCES)


def _forms(situation: Situation, fact_id: str, told: Told) -> Iterator[str]:
    value = told.value
    yield "undated" if told.date is None else "dated"
    if told.date is not None and not told.date.is_exact:
        yield "month or year"
    if situation.finding(fact_id).state == "stale":
        yield "stale"
    if told.times_uln is not None:
        yield "times_uln" if told.times_uln.is_exact else "partial times_uln"
    if isinstance(value, NumberRange):
        yield "exact" if value.is_exact else "open bound" if value.low_open or value.high_open else "bounded"
    if isinstance(value, frozenset):
        yield "one_of" if len(value) > 1 else "choice"
    if isinstance(value, bool):
        yield "yes" if value else "no"
    if isinstance(value, Listing):
        yield f"{'' if value.items else 'empty '}{'' if value.complete else 'incomplete '}list"
        for item in value:
            yield from _item_forms(item)


def _item_forms(item: Any) -> Iterator[str]:
    if getattr(item, "unknown_drugs", ()):
        yield "unknown drug"
    if getattr(item, "procedure", None):
        yield "procedure"
    if getattr(item, "start", None) and not item.start.is_exact:
        yield "course with a month"
    if getattr(item, "near", None) == frozenset():
        yield "lesion beside nothing"
    if getattr(item, "name", None):
        yield "named lesion"
    if hasattr(item, "lesions") and not item.lesions.complete:
        yield "incomplete scan"
    if hasattr(item, "lab"):
        yield "result" if item.value.is_exact else "bounded result"
        if item.upper_limit:
            yield "result with a range"


def test_only_what_was_told_is_written(content: Library) -> None:
    """Derived values stay where they are: a told value and its contradiction come back as they were told."""
    situation = situation_of(
        {
            "biomarker.her2": "positive",
            "biomarker.her2_ihc": 0,
            "labs.bilirubin": 0.8,
            "labs.albumin": {"value": 3.9, "date": "2026-01-05"},
            "therapy.history": [{"drugs": ["FOLFOX"], "intent": "palliative", "start": "2026-04-08"}],
        }
    )
    assert situation.finding("biomarker.her2").state == "conflict"
    assert situation.finding("therapy.lines").state == "derived"
    assert situation.finding("labs.albumin").state == "stale"
    assert_the_same(situation, written(situation))


# --- The document is right -------------------------------------------------------------------------------------------


def test_documents_are_valid_by_the_models_and_by_the_rules() -> None:
    from fhir.resources.R4B.bundle import Bundle

    kinds: set[str] = set()
    for situation in generated()[::MODEL_CHECKED]:
        bundle = written(situation)
        Bundle.model_validate_json(json.dumps(bundle))
        assert faults(bundle) == []
        kinds |= {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert kinds == {
        *("Composition", "Patient", "Condition", "Observation", "BodyStructure", "MedicationStatement", "Procedure", "Goal", "List"),
    }


def test_the_rules_find_what_is_wrong() -> None:
    """The rules that bundles are held against, held against bundles that break them."""
    good = written(situation_of({"labs.albumin": 3.9, "metastases.bone": False, "therapy.history": []}))
    assert faults(good) == []

    def broken(change: Callable[[dict[str, Any]], Any]) -> list[str]:
        bundle = copy.deepcopy(good)
        change(bundle)
        return faults(bundle)

    assert broken(lambda bundle: bundle["entry"].reverse())
    assert broken(lambda bundle: bundle["entry"].pop())
    assert broken(lambda bundle: bundle["entry"].append(bundle["entry"][1]))
    assert broken(lambda bundle: bundle.update(timestamp="2026-11-30"))
    assert broken(lambda bundle: dict_of(bundle, "Observation").update(status="nope"))
    assert broken(lambda bundle: dict_of(bundle, "Observation").update(valueBoolean=True))
    assert broken(lambda bundle: dict_of(bundle, "Observation")["valueQuantity"].pop("code"))
    assert broken(lambda bundle: dict_of(bundle, "Patient").update(name=[{"family": "Doe"}]))
    assert broken(lambda bundle: dict_of(bundle, "List").pop("emptyReason"))
    assert broken(lambda bundle: dict_of(bundle, "Patient")["text"].update(div='<div xmlns="http://www.w3.org/1999/xhtml"><b>x</b></div>'))
    assert broken(lambda bundle: dict_of(bundle, "Observation")["subject"].update(reference="urn:uuid:1"))


def dict_of(bundle: dict[str, Any], kind: str, code: str | None = None) -> dict[str, Any]:
    """The first resource of a kind, or the one of a code."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == kind and (code is None or code in json.dumps(resource.get("code") or resource)):
            found: dict[str, Any] = resource
            return found
    raise AssertionError(f"no {kind} {code or ''}")


def test_the_same_case_makes_the_same_document_and_another_case_shares_no_id() -> None:
    one = situation_of({"person.sex": "female", "labs.albumin": 3.9})
    other = situation_of({"person.sex": "female", "labs.albumin": 3.8})
    assert written(one) == written(one)
    ids = [{entry["fullUrl"] for entry in written(situation)["entry"]} for situation in (one, other)]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("wrong", ["", "2026-11-30", "2026-11-30T09:15:00", "2026-13-30T09:15:00Z", "now"])
def test_the_moment_is_an_instant(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        bundle_of(situation_of({}), code_book(), generated_at=wrong)


def test_a_case_that_tells_nothing_is_a_document_too() -> None:
    situation = situation_of({})
    bundle = written(situation)
    assert faults(bundle) == []
    assert_the_same(situation, bundle)
    assert dict_of(bundle, "Patient")["gender"] == "unknown"


def test_the_sheet_stands_in_the_composition() -> None:
    sheet = (
        SheetSection("What to ask", ("First <b>this</b>.",), ("Is HER2 known?", "And PD-L1?"), ("labs.albumin", "biomarker.her2")),
        SheetSection("Goals"),
    )
    bundle = written(situation_of({"labs.albumin": 3.9}), sheet)
    assert faults(bundle) == []
    composition = bundle["entry"][0]["resource"]
    asked, goals, everything = composition["section"]
    assert [one["title"] for one in composition["section"]] == ["What to ask", "Goals", "All that was told"]
    assert "First &lt;b&gt;this&lt;/b&gt;." in asked["text"]["div"]
    assert "<li>Is HER2 known?</li>" in asked["text"]["div"]
    albumin = next(entry["fullUrl"] for entry in bundle["entry"] if "1751-7" in json.dumps(entry["resource"].get("code", "")))
    assert asked["entry"] == [{"reference": albumin}]
    assert "entry" not in goals
    assert {"reference": albumin} in everything["entry"]
    assert "cancer" not in composition["title"].lower()


def test_odd_text_is_shown_as_text() -> None:
    """Whatever a source holds, the narrative stays harmless text, and the source comes back as it was."""
    for source in SOURCES:
        situation = situation_of({"labs.albumin": {"value": 3.9, "source": source}, "person.country": "<i>US</i>"})
        bundle = written(situation)
        assert faults(bundle) == []
        assert "<script" not in json.dumps(bundle["entry"]).replace("\\u003c", "<").split('"told"')[0]
        assert_the_same(situation, bundle)


def test_nobody_is_named() -> None:
    """No name, no contact; why there is no name is said in FHIR's own way."""
    patient = dict_of(written(situation_of({"person.sex": "male", "person.birth_date": 1966})), "Patient")
    assert patient["name"] == [
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "not-asked"}]}
    ]
    assert not {"telecom", "contact", "photo", "communication"} & set(patient)
    assert (patient["gender"], patient["birthDate"]) == ("male", "1966")


# --- What other software understands ---------------------------------------------------------------------------------

QUANTITY = {"unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}


@pytest.mark.parametrize(
    ("fact_id", "told", "element", "expected"),
    [
        ("labs.albumin", 3.9, "valueQuantity", {"value": 3.9, **QUANTITY}),
        ("labs.albumin", {"value": 39, "unit": "g/L"}, "valueQuantity", {"value": 3.9, **QUANTITY}),
        ("labs.albumin", {"at_least": 3.5}, "valueQuantity", {"value": 3.5, "comparator": ">=", **QUANTITY}),
        ("labs.albumin", {"above": 3.5}, "valueQuantity", {"value": 3.5, "comparator": ">", **QUANTITY}),
        ("labs.albumin", {"at_most": 3.5}, "valueQuantity", {"value": 3.5, "comparator": "<=", **QUANTITY}),
        ("labs.albumin", {"below": 3.5}, "valueQuantity", {"value": 3.5, "comparator": "<", **QUANTITY}),
        (
            "labs.albumin",
            {"at_least": 3, "below": 3.5},
            "valueRange",
            {"low": {"value": 3, **QUANTITY}, "high": {"value": 3.5, **QUANTITY}},
        ),
        ("labs.albumin", {"value": 3.9, "date": "2026-10"}, "effectiveDateTime", "2026-10"),
        ("labs.albumin", 3.9, "effectiveDateTime", "2026-11-20"),
        ("function.ecog", 1, "valueInteger", 1),
        ("liver.lesion_count", 2, "valueInteger", 2),
        ("person.pregnant", False, "valueCodeableConcept.coding.0.code", "LA26683-5"),
        ("biomarker.msi_high", True, "valueCodeableConcept.coding.0.code", "LA26203-2"),
        ("diagnosis.stage", 4, "valueCodeableConcept.coding.0.code", "1222837003"),
        ("function.ecog", {"one_of": [1, 2]}, "dataAbsentReason.coding.0.code", "unknown"),
        ("function.ecog", {"one_of": [1, 2]}, "note.0.text", None),
        ("metastases.bone", True, "verificationStatus.coding.0.code", "confirmed"),
        ("metastases.bone", False, "verificationStatus.coding.0.code", "refuted"),
        ("metastases.bone", False, "code.coding.0.code", "94222008"),
        ("symptom.black_stool", False, "valueBoolean", False),
        ("symptom.temperature_c", {"value": 101.3, "unit": "F"}, "valueQuantity.value", 38.5),
        ("condition.stroke_date", "2025-03", "valueDateTime", "2025-03"),
        ("labs.alt", {"times_uln": 2.1}, "component.0.valueQuantity.value", 2.1),
        ("labs.alt", {"times_uln": {"below": 2}}, "component.0.valueQuantity.comparator", "<"),
        ("labs.alt", {"times_uln": 2.1}, "dataAbsentReason.coding.0.code", "unknown"),
        ("labs.alt_uln", 40, "referenceRange.0.high.value", 40),
        ("labs.alt_uln", 40, "dataAbsentReason.coding.0.code", "unknown"),
    ],
)
def test_standard_elements_say_as_much_as_they_can(fact_id: str, told: Any, element: str, expected: Any, content: Library) -> None:
    bundle = written(situation_of({fact_id: told}))
    own = json.dumps(fact_id)
    found = next(entry["resource"] for entry in bundle["entry"] if own in json.dumps(entry["resource"].get("extension", "")))
    for step in element.split("."):
        found = found[int(step)] if step.isdigit() else found[step]
    if expected is None:
        words = [content.vocabulary[fact_id].choices[value].words for value in ("1", "2")]
        assert found.endswith(" or ".join(words))
    else:
        assert found == expected


def test_every_unit_that_is_written_is_one_that_is_read(content: Library) -> None:
    vocabulary = content.vocabulary
    units = {definition.unit for definition in vocabulary.values() if definition.kind == "number"}
    for unit in units - {None}:
        assert vocabulary.usual_unit_spelling(frame().unit(unit)) == unit
    assert set(frame().ucum) <= units
    content.references.require(sorted(frame().cites), HERE)


# --- What a changed document is worth --------------------------------------------------------------------------------

CASE: dict[str, Any] = {
    "person.sex": "female",
    "person.birth_date": "1966-02-01",
    "person.postal_code": "02115",
    "diagnosis.histology": "adenocarcinoma",
    "diagnosis.site": "lower",
    "diagnosis.date": "2026-10",
    "metastases.liver": True,
    "metastases.bone": False,
    "labs.albumin": {"value": 3.9, "date": "2026-11-16", "source": "lab report"},
    "labs.albumin_lln": 3.5,
    "biomarker.pdl1_cps": {"at_least": 1, "below": 10},
    "function.ecog": 1,
    "liver.lesions": [{"segment": 6, "diameter_cm": 2.4, "near": []}, {"segment": 7, "diameter_cm": 1.1}],
    "therapy.history": [
        {"drugs": ["FOLFOX", "Opdivo"], "intent": "palliative", "start": "2026-04-08"},
        {"procedure": "stent", "start": "2026-03"},
    ],
    "wish.goals": ["swallow_better", "live_longer"],
}


def change(bundle: dict[str, Any], kind: str, code: str, path: str, value: Any) -> None:
    found: Any = dict_of(bundle, kind, code)
    *steps, last = path.split(".")
    for step in steps:
        found = found[int(step)] if step.isdigit() else found[step]
    if value is None:
        del found[int(last) if last.isdigit() else last]
    else:
        found[int(last) if last.isdigit() else last] = value


ALBUMIN = ("Observation", "1751-7")


@pytest.mark.parametrize(
    ("kind", "code", "path", "value", "lost", "instead"),
    [
        (*ALBUMIN, "valueQuantity.value", 2.9, "labs.albumin", {"labs.albumin": 2.9}),
        (*ALBUMIN, "valueQuantity.value", 39, "labs.albumin", {}),
        (*ALBUMIN, "valueQuantity", {"value": 32, "code": "g/L", "system": UCUM}, "labs.albumin", {"labs.albumin": 3.2}),
        (*ALBUMIN, "valueQuantity.comparator", "<", "labs.albumin", {"labs.albumin": {"below": 3.9}}),
        (*ALBUMIN, "valueQuantity", None, "labs.albumin", {}),
        (*ALBUMIN, "effectiveDateTime", "2026-11-17", "labs.albumin", {"labs.albumin": 3.9}),
        (*ALBUMIN, "status", "entered-in-error", "labs.albumin", {}),
        (*ALBUMIN, "code.coding.0", {"system": LOINC, "code": "718-7"}, "labs.albumin", {"labs.hemoglobin": 3.9}),
        (*ALBUMIN, "code.coding.0", {"system": "urn:oid:1.2.3.4", "code": "LOCAL-7"}, "labs.albumin", {"labs.albumin": 3.9}),
        (*ALBUMIN, "referenceRange.0.low.value", 3.4, "labs.albumin_lln", {"labs.albumin_lln": 3.4}),
        ("Observation", "89247-1", "valueInteger", 2, "function.ecog", {"function.ecog": 2}),
        ("Condition", "94222008", "verificationStatus.coding.0.code", "confirmed", "metastases.bone", {"metastases.bone": True}),
        ("Condition", "94381002", "verificationStatus.coding.0.code", "entered-in-error", "metastases.liver", {}),
        ("Condition", "94381002", "verificationStatus.coding.0.code", "refuted", "metastases.liver", {}),
        (
            "Condition",
            "363402007",
            "bodySite.0.coding",
            [{"system": ICDO3, "code": "C15.4"}],
            "diagnosis.site",
            {"diagnosis.site": "middle"},
        ),
        ("Condition", "363402007", "extension.1.valueDateTime", "2025-10", "diagnosis.date", {"diagnosis.date": "2025-10"}),
        ("Patient", "", "gender", "male", "person.sex", {"person.sex": "male"}),
        ("Patient", "", "birthDate", "1956-02-01", "person.birth_date", {"person.birth_date": "1956-02-01"}),
        ("Patient", "", "address.0.postalCode", "02116", "person.postal_code", {"person.postal_code": "02116"}),
    ],
)
def test_a_changed_coded_value_is_never_overruled(kind: str, code: str, path: str, value: Any, lost: str, instead: dict[str, Any]) -> None:
    """The record's own value is the candidate then, what Wayline once wrote is told beside it, and everything else counts as before."""
    situation = situation_of(CASE)
    bundle = written(situation)
    change(bundle, kind, code, path, value)
    reading = read_back(bundle, situation.as_of)
    label = library().vocabulary[lost].label
    assert any(one.words.startswith(label) and "coded value" in one.why for one in changed(reading))
    withdrawn = path in ("status", "code.coding.0")  # then nothing of the resource stands as it was written
    kept = {one: told for one, told in situation.told.items() if one != lost and not (withdrawn and one.startswith("labs.albumin"))}
    expected = situation_of(instead).told
    now = case_of(reading, situation.as_of)
    assert {one: now[one] for one in kept if one in now} == kept
    for fact_id, told in expected.items():
        assert now[fact_id].value == told.value, fact_id
    ends = {f"{fact_id}_lln" for fact_id in expected}  # the range beside a result is read with it
    assert set(now) <= {*kept, *expected, *ends, "diagnosis.primary"}


@pytest.mark.parametrize(
    ("kind", "code", "path", "value", "told"),
    [
        ("Patient", "", "gender", "female", {"person.sex": "female"}),
        ("Observation", "1751-7", "referenceRange", [{"high": {"value": 5, "unit": "g/dL", "code": "g/dL"}}], {"labs.albumin_uln": 5}),
        ("Condition", "363402007", "bodySite", [{"coding": [{"system": ICDO3, "code": "C15.4"}]}], {"diagnosis.site": "middle"}),
    ],
)
def test_what_a_hospital_adds_is_read(kind: str, code: str, path: str, value: Any, told: dict[str, Any]) -> None:
    """A resource of ours that says more than we wrote is read from its codes too."""
    situation = situation_of({"labs.albumin": {"value": 3.9, "date": "2026-11-16"}, "diagnosis.date": "2026-10"})
    bundle = written(situation)
    change(bundle, kind, code, path, value)
    now = case_of(read_back(bundle, situation.as_of), situation.as_of)
    for fact_id, added in situation_of(told).told.items():
        assert now[fact_id].value == added.value
    assert {one: now[one] for one in situation.told} == dict(situation.told)


@pytest.mark.parametrize("kind", ["MedicationStatement", "Procedure", "BodyStructure", "Goal"])
def test_a_list_is_whole_only_with_all_its_items(kind: str) -> None:
    """One item gone: the others are read, one by one, and nobody says that they are all."""
    situation = situation_of(CASE)
    bundle = written(situation)
    gone = next(entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)
    bundle["entry"].remove(gone)
    reading = read_back(bundle, situation.as_of)
    lists = {"MedicationStatement": "therapy.history", "Procedure": "therapy.history", "BodyStructure": "liver.lesions"}
    fact_id = lists.get(kind, "wish.goals")
    items = [one for one in reading.facts if one.fact_id == fact_id and one.code == OWN_CODE]
    assert all(one.is_item for one in items)
    assert len(items) == len(CASE[fact_id]) - 1
    assert any("may be more" in one.why for one in changed(reading))
    now = case_of(reading, situation.as_of)
    whole = now.pop(fact_id).value
    assert isinstance(whole, Listing)
    assert not whole.complete
    assert now == {one: told for one, told in situation.told.items() if one != fact_id}


def test_what_servers_do_on_the_way_changes_nothing() -> None:
    """New ids and addresses, other displays and narratives, 3.90 for 3.9, codes and elements of the server's own: still the same values."""
    situation = situation_of(CASE)
    bundle = written(situation)
    text = json.dumps(bundle)
    for number, entry in enumerate(bundle["entry"]):
        resource = entry["resource"]
        text = text.replace(f'"{entry["fullUrl"]}"', f'"{resource["resourceType"]}/{number}"').replace(f'"{resource["id"]}"', f'"{number}"')
    moved = json.loads(text)
    for number, entry in enumerate(moved["entry"]):
        resource = entry["resource"]
        entry["fullUrl"] = f"https://hospital.example/fhir/{resource['resourceType']}/{number}"
        resource["id"] = str(number)
        resource["text"] = {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>other</div>"}
        resource["meta"] = {**resource.get("meta", {}), "versionId": "7", "lastUpdated": NOW}
        resource["encounter"] = {"reference": "Encounter/9"}
        for coding in (resource.get("code") or {}).get("coding", ()):
            coding["display"] = coding["display"].upper()
        if "code" in resource:
            resource["code"]["coding"].append({"system": "urn:oid:1.2.3.4", "code": "LOCAL-7"})
        if "valueQuantity" in resource:
            resource["valueQuantity"]["value"] = float(resource["valueQuantity"]["value"])
            resource["valueQuantity"]["unit"] = "other words"
    assert_the_same(situation, moved)


def test_two_documents_of_one_person_do_not_mix() -> None:
    """Two sheets of two visits, in one export of a server that knows the person as one."""
    one, other = situation_of(CASE), situation_of({**CASE, "therapy.history": []})
    bundle, second = written(one), written(other)
    people = [dict_of(each, "Patient")["id"] for each in (bundle, second)]
    added = json.loads(json.dumps(second["entry"]).replace(people[1], people[0]))
    bundle["entry"] += [entry for entry in added if entry["resource"]["resourceType"] != "Patient"]
    reading = read_back(bundle, one.as_of)
    assert changed(reading) == []
    histories = [fact.told for fact in reading.facts if fact.fact_id == "therapy.history"]
    assert [len(history["items"]) for history in histories] == [2, 0]
    assert [one.differ for one in proposals(reading, library().vocabulary, one.as_of) if one.fact_id == "therapy.history"] == [True]


def test_a_value_without_a_date_does_not_count_as_fresh_later() -> None:
    """Undated means: as of the day of the case. Read a year later it carries that day, and is stale."""
    situation = situation_of({"labs.albumin": 3.9, "labs.alt": {"times_uln": 2}, "person.sex": "female", "liver.lesions": []})
    later = date(2027, 11, 20)
    reading = read_back(written(situation), later)
    now = Situation(library().vocabulary, later, case_of(reading, later))
    assert {one: now.finding(one).state for one in situation.told} == {
        "labs.albumin": "stale",
        "labs.alt": "stale",
        "person.sex": "known",
        "liver.lesions": "stale",
    }
    assert str(now.told["labs.albumin"].date) == "2026-11-20"


def test_resources_without_their_document_keep_their_days() -> None:
    """A server takes the document apart and sends its resources one a line: the lists are whole, and nothing becomes fresh."""
    situation = situation_of(CASE)
    lines = [json.dumps(entry["resource"]) for entry in written(situation)["entry"][1:]]
    later = date(2027, 11, 20)
    vocabulary = library().vocabulary
    reading = read_record("\n".join(lines).encode(), "export.ndjson", vocabulary, code_book(), later)
    assert (reading.as_of, reading.not_understood) == (None, ())
    now = Situation(vocabulary, later, case_of(reading, later))
    assert {one: told.value for one, told in now.told.items()} == {one: told.value for one, told in situation.told.items()}
    for fact_id in ("labs.albumin", "function.ecog", "liver.lesions"):
        assert now.finding(fact_id).state == "stale", fact_id


def test_documents_of_two_visits_keep_their_own_days() -> None:
    one = situation_of({"function.ecog": 1}, "2026-05-01")
    other = situation_of({"function.ecog": 2, "labs.albumin": {"value": 3.9, "date": "2026-11-10"}}, "2026-11-20")
    first, second = written(one), written(other)
    people = [dict_of(each, "Patient")["id"] for each in (first, second)]
    added = json.loads(json.dumps(second["entry"]).replace(people[1], people[0]))
    first["entry"] += [entry for entry in added if entry["resource"]["resourceType"] != "Patient"]
    reading = read_back(first, other.as_of)
    assert reading.as_of is None
    assert changed(reading) == []
    assert [(fact.told, fact.date) for fact in reading.facts if fact.fact_id == "function.ecog"] == [
        ({"value": 1, "date": "2026-05-01"}, "2026-05-01"),
        (2, "2026-11-20"),
    ]


def test_no_change_anywhere_makes_our_own_values_say_something_else() -> None:
    """Random damage: the reading never breaks, and what still counts as told to Wayline is what was told."""
    situation = situation_of(CASE)
    whole = {one: told.value for one, told in situation.told.items()}
    vocabulary = library().vocabulary
    reader = FactReader(vocabulary, situation.as_of)
    text = json.dumps(written(situation))
    chance = random.Random(6)
    lost = 0
    for _ in range(250):
        bundle = json.loads(text)
        for _ in range(chance.randint(1, 3)):
            _damage(bundle, chance)
        try:
            reading = read_back(bundle, situation.as_of)
        except WaylineError:
            continue
        own = [one for one in reading.facts if one.code == OWN_CODE]
        lost += len(own) < len(whole)
        for one in own:
            told = read_form(reader, vocabulary[one.fact_id], {"items": [one.told]} if one.is_item else one.told, HERE)
            assert told is not None
            if one.is_item:
                assert isinstance(told.value, Listing)
                assert set(told.value.items) <= set(whole[one.fact_id].items)  # type: ignore[union-attr]
            else:
                assert told.value == whole[one.fact_id], one.fact_id
    assert lost > 50


def _damage(bundle: dict[str, Any], chance: random.Random) -> None:
    """Change one thing somewhere in the document."""
    found: Any = bundle["entry"]
    while True:
        keys = list(found) if isinstance(found, dict) else list(range(len(found)))
        key = chance.choice(keys)
        inner = found[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.85:
            found = inner
            continue
        if chance.random() < 0.3:
            del found[key]
        else:
            found[key] = chance.choice((None, 0, -1, 10**400, "", "x", "2026-11-19", True, [], {}, [[]], [None], {"value": 7}))
        return


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("told", "{"),
        ("told", "[" * 5000),
        ("told", '{"value": 39}'),
        ("told", '{"value": NaN}'),
        ("told", '{"times_uln": NaN}'),
        ("told", '{"value": 1%s}' % ("0" * 400)),
        ("told", "[" * 950 + "]" * 950),
        ("told", '{"value": ' * 950 + "1" + "}" * 950),
        ("told", "x" * 300_000),
        ("told", 3),
        ("fact", "labs.unheard_of"),
        ("fact", ["labs.albumin"]),
        ("seal", ""),
        ("elements", None),
        ("part", "else"),
    ],
)
def test_a_damaged_extension_is_told_and_not_used(part: str, value: Any) -> None:
    """Nothing that stands in the extension can break the reading; the codes of the resource are read instead."""
    situation = situation_of(CASE)
    bundle = written(situation)
    extension = next(one for one in dict_of(bundle, *ALBUMIN)["extension"] if one["url"] == TOLD)
    for one in extension["extension"]:
        if one["url"] == part:
            key = next(key for key in one if key.startswith("value"))
            one[key] = value
    reading = read_back(bundle, situation.as_of)
    assert [one.code for one in reading.facts if one.fact_id == "labs.albumin"] == ["LOINC 1751-7"]
    assert len(changed(reading)) == 1
    assert len(changed(reading)[0].words) < 300
    assert case_of(reading, situation.as_of)["labs.albumin"].value == situation.told["labs.albumin"].value


def test_a_file_that_repeats_itself_is_read_in_time() -> None:
    """A thousand values that all lean on one large resource: each thing is hashed once, and too many in one place are refused."""
    bundle = written(situation_of({"labs.albumin": 3.9}))
    albumin = dict_of(bundle, *ALBUMIN)
    large = {"resourceType": "Observation", "id": "large", "status": "final", "component": [{"valueString": "x" * 100}] * 10_000}
    bundle["entry"].append({"fullUrl": "urn:uuid:large", "resource": large})
    leaning = copy.deepcopy(next(one for one in albumin["extension"] if one["url"] == TOLD))
    leaning["extension"].append({"url": "with", "valueReference": {"reference": "urn:uuid:large"}})
    for number in range(1_000):
        entry = {"resourceType": "Observation", "id": str(number), "status": "final", "extension": [leaning]}
        bundle["entry"].append({"fullUrl": f"urn:uuid:{number}", "resource": entry})
    albumin["extension"] += [leaning] * 100
    reading = read_back(bundle, date(2026, 11, 20))
    assert [one.code for one in reading.facts if one.fact_id == "labs.albumin"] == ["LOINC 1751-7"]
    assert len(changed(reading)) == 1_001


@pytest.mark.parametrize(
    "extension",
    [None, 3, "x", {}, [None], [3], [{"url": TOLD}], [{"url": TOLD, "extension": 3}], [{"url": TOLD, "extension": [{"url": "with"}]}]],
)
def test_odd_extensions_break_nothing(extension: Any) -> None:
    situation = situation_of({"labs.albumin": 3.9})
    bundle = written(situation)
    dict_of(bundle, "Patient")["extension"] = extension
    now = case_of(read_back(bundle, situation.as_of), situation.as_of)
    assert now == dict(situation.told)


def test_case_forms_are_whole_case_files(content: Library) -> None:
    """The form in which the extension carries values is the form of case files: written to a file it reads as the same case."""
    for situation in generated()[::25]:
        form = json.loads(json.dumps(case_form(situation)))
        again = parse_case(placed(form, HERE), content.vocabulary)
        assert dict(again.told) == dict(situation.told)
        assert again.as_of == situation.as_of
