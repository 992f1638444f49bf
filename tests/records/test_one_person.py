"""Whose a record is when it comes in several parts: one person of several hospitals, or two people of whom nothing may be taken."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.records import ccda_documents as cda
from tests.records.fhir_samples import (
    AS_OF,
    DAY,
    PATIENT,
    bundle,
    case_of,
    concept,
    condition,
    lab,
    medicine,
    observation,
    procedure,
    read,
    why_not,
)
from wayline.library import library
from wayline.records.codes import code_book
from wayline.records.imported import Identity, RecordReading, people_among
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import broken_lines, read_record


def _who(birth: str | None = "1961-04-12", sex: str | None = "f", given: str = "ann", family: str = "ash") -> Identity:
    return Identity(birth, sex, frozenset(given.split()), frozenset(family.split()))


@pytest.mark.parametrize(
    ("one", "other", "contradicts", "is_surely"),
    [
        (_who(), _who(), False, True),
        (_who(), _who(given="ann marie"), False, True),
        (_who(), _who(given="a"), False, True),
        (_who(), _who(given="bea"), True, False),
        (_who(), _who(given="b"), True, False),
        (_who(), _who(family="birch"), True, False),
        (_who(), _who(family="birch ash"), False, True),
        (_who(), _who("1961-04-13"), True, False),
        (_who(), _who("1961-04"), False, False),
        (_who(), _who("1961-05"), True, False),
        (_who(), _who("1961"), False, False),
        (_who(), _who(None), False, False),
        (_who(), _who(given=""), False, False),
        (_who(), _who(family=""), False, False),
        (_who(), _who(sex="m"), False, True),
        (_who(), _who(sex=None), False, True),
        (_who(given=""), _who(sex="m"), True, False),
        (_who(given="", family=""), _who(sex="m", given="", family=""), True, False),
        (Identity(), Identity(), False, False),
    ],
)
def test_two_identities(one: Identity, other: Identity, contradicts: bool, is_surely: bool) -> None:
    assert (one.contradicts(other), other.contradicts(one)) == (contradicts, contradicts)
    assert (one.is_surely(other), other.is_surely(one)) == (is_surely, is_surely)
    assert people_among([one, other]) == (2 if contradicts else 1)


_NAMES = st.frozensets(st.sampled_from(["ann", "bea", "a", "ash"]), max_size=2)
_IDENTITIES = st.builds(
    Identity, st.sampled_from([None, "1961", "1961-04-12", "1970-01-01"]), st.sampled_from([None, "f", "m"]), _NAMES, _NAMES
)


@given(_IDENTITIES, _IDENTITIES)
def test_nobody_is_surely_somebody_that_they_contradict(one: Identity, other: Identity) -> None:
    assert not one.contradicts(one)
    assert one.contradicts(other) == other.contradicts(one)
    assert not (one.is_surely(other) and one.contradicts(other))


def test_an_identity_shows_nothing_of_itself() -> None:
    assert "ann" not in repr(_who())
    reading = read(bundle(lab("1975-2", 0.9, "mg/dL"), patient={**PATIENT, "name": [{"family": "Ashgrove"}]}))
    assert reading.identity is not None
    assert "ashgrove" not in repr(reading).lower()


# --- Files in a zip -------------------------------------------------------------------------------------------------------


def _zip(**files: bytes | str) -> RecordReading:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return read_record(buffer.getvalue(), "export.zip", library().vocabulary, code_book(), AS_OF)


def _document(
    name: str = "Ann", birth: str = "19610412", gender: str = "F", albumin: str = "3.4", day: str = "20261012", upper: str = "5"
) -> bytes:
    result = cda.lab("1751-7", "Albumin", cda.pq(albumin, "g/dL"), day=day, limits=("3.5", upper), unit="g/dL")
    return cda.document(cda.section("results", cda.panel(result)), target=cda.person(birth, gender, name=name))


def _patient(identity: str = "p1", given: str = "Ann", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": identity,
        "gender": "female",
        "birthDate": "1961-04-12",
        "name": [{"given": [given], "family": "Ash"}],
        **more,
    }


@pytest.mark.parametrize(
    ("other", "people"),
    [
        ({}, 1),
        ({"birth": "19610413"}, 2),
        ({"birth": "1961"}, 1),
        ({"gender": "M", "name": "Ben"}, 2),
        ({"name": "Bea"}, 2),
        ({"name": "A"}, 1),
    ],
    ids=["the same", "another birth", "birth in part", "another sex", "twins", "an initial"],
)
def test_two_documents_in_one_zip(other: dict[str, str], people: int) -> None:
    reading = _zip(**{"DOC1.XML": _document(), "DOC2.XML": _document(**other)})
    assert reading.people == people
    assert bool(reading.facts) == (people == 1)
    assert [one.why for one in reading.not_understood if one.kind == "people"] == (
        [] if people == 1 else ["its parts speak of 2 people, and nothing says which one it is about"]
    )


@pytest.mark.parametrize(
    ("second", "people"),
    [
        (_patient("p2"), 1),
        (_patient("p1"), 1),
        (_patient("p1", birthDate="1970-01-01"), 2),
        (_patient("p1", given="Bea"), 2),
        (_patient("p2", given="Bea"), 2),
        (_patient("p2", birthDate="1961"), 2),
        (_patient("p2", name=[]), 2),
        (_patient("p2", gender="male"), 1),
    ],
    ids=["two hospitals", "one id", "one id, two births", "one id, twins", "twins", "birth in part", "no name", "sex differs"],
)
def test_two_patients_in_one_zip(second: dict[str, Any], people: int) -> None:
    first = bundle(condition({"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C15.5"}]}), patient=_patient())
    albumin = {**lab("1751-7", 3.4, "g/dL"), "subject": {"reference": f"Patient/{second['id']}"}}
    reading = _zip(**{"a.json": json.dumps(first), "b.json": json.dumps(bundle(albumin, patient=second))})
    assert reading.people == people
    assert {one.fact_id for one in reading.facts} >= ({"diagnosis.site", "labs.albumin"} if people == 1 else set())
    assert bool(reading.facts) == (people == 1)


@pytest.mark.parametrize(("document", "people"), [(_document(), 1), (_document(name="Annie"), 1), (_document(birth="19610413"), 2)])
def test_what_a_phone_calls_its_owner_tells_nobody_apart(document: bytes, people: int) -> None:
    folder = "apple_health_export"
    reading = _zip(**{f"{folder}/clinical-records/Patient-1.json": json.dumps(_patient()), f"{folder}/export_cda.xml": document})
    assert reading.people == people


def test_the_newest_result_of_all_documents_is_the_value_and_the_others_its_series() -> None:
    older, newer = _document(albumin="3.4", day="20261012"), _document(albumin="3.1", day="20261110", upper="5.2")
    for files in ({"1.xml": older, "2.xml": newer}, {"1.xml": newer, "2.xml": older}, {"1.xml": newer, "2.xml": older, "3.xml": older}):
        reading = _zip(**files)
        facts = case_from(proposals(reading, library().vocabulary, AS_OF), library().vocabulary, AS_OF)["facts"]
        assert facts["labs.albumin"]["value"] == 3.1
        assert facts["labs.albumin_uln"]["value"] == 5.2
        assert facts["labs.earlier_results"]["items"] == [
            {"lab": "labs.albumin", "value": 3.4, "unit": "g/dL", "lower_limit": 3.5, "upper_limit": 5, "date": "2026-10-12"}
        ]


def test_the_list_of_an_export_s_files_is_no_broken_record() -> None:
    reading = _zip(**{"METADATA.XML": "<SubmitObjectsRequest xmlns='urn:x'/>", "DOC1.XML": _document(), "cut.xml": _document()[:-200]})
    assert [one.where for one in broken_lines(reading)] == ["cut.xml"]
    assert ("file", "METADATA.XML") in [(one.kind, one.where) for one in reading.not_understood]
    assert [one.fact_id for one in reading.facts if one.fact_id == "labs.albumin"] == ["labs.albumin"]


# --- Small questions about what a record says ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patient", "sex"),
    [
        ({"gender": "unknown"}, "female"),
        ({}, "female"),
        ({"gender": "male"}, "male"),
        ({"gender": "other"}, None),
    ],
)
def test_sex_at_birth_counts_only_where_no_other_is_registered(patient: dict[str, Any], sex: str | None) -> None:
    born = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}
    case = case_of(bundle(lab("1975-2", 0.9, "mg/dL"), patient={"resourceType": "Patient", "id": "p1", "extension": [born], **patient}))
    assert (case.get("person.sex") or {}).get("value") == sex


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Liver metastases", True),
        ("Suspected liver metastases", False),
        ("Liver metastases?", False),
        ("Possible liver mets", False),
        ("Liver metastases, ruled out", False),
        ("r/o liver mets", False),
    ],
)
@pytest.mark.parametrize("where", ["text", "text and a server's own code", "display"])
def test_a_record_s_own_words_take_back_a_code(text: str, is_told: bool, where: str) -> None:
    display = text if where == "display" else "Secondary malignant neoplasm of liver"
    codings = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C78.7", "display": display}]
    codings += [{"system": "urn:oid:1.2.3", "code": "7", "display": text}] if "own" in where else []
    told = {"coding": codings} if where == "display" else {"coding": codings, "text": text}
    assert ("metastases.liver" in case_of(bundle(condition(told)))) is is_told
    reading = cda.read(cda.document(cda.section("problems", cda.problem(cda.coded("C78.7", cda.ICD10, text)))))
    assert ("metastases.liver" in cda.values(reading.facts)) is is_told


@pytest.mark.parametrize(
    "text",
    [
        "Brain metastases ruled out",
        "Brain metastases - excluded",
        "Mother had metastatic breast cancer",
        "Breast cancer in sister",
        "Heart failure, excluded",
        "Questionable heart failure",
    ],
)
def test_a_doubted_or_a_relative_s_illness_is_no_fact(text: str) -> None:
    assert not {"metastases.brain", "condition.second_cancer", "condition.heart_failure"} & set(case_of(bundle(condition({"text": text}))))


@pytest.mark.parametrize(
    ("name", "fact_id"),
    [
        ("Creatinine Lvl", "labs.creatinine"),
        ("Bilirubin Total Level", "labs.bilirubin"),
        ("Magnesium, Serum", "labs.magnesium"),
        ("Platelet Count, Auto", "labs.platelets"),
        ("Urine Creatinine Lvl", None),
        ("Creatinine Clearance Lvl", "labs.creatinine_clearance"),
        ("Hemoglobin, Plasma", None),
        ("Level", None),
        ("Bilirubin Direct Lvl", None),
    ],
)
def test_words_beside_the_name_of_a_blood_test(name: str, fact_id: str | None) -> None:
    meaning = code_book().test_named(name)
    assert (None if meaning is None else meaning.tests[0].id) == fact_id
    assert read(bundle(observation({"text": name}))).facts is not None


def test_a_blood_thinner_that_was_taken_in_is_not_listed_as_not_known() -> None:
    entry = cda.medication(cda.uncoded("Xarelto 20 mg tablet", tag="code"), low="20260901", high=None)
    reading = cda.read(cda.document(cda.section("medications", entry)))
    assert cda.values(reading.facts)["condition.blood_thinner"] is True
    assert [one.words for one in reading.not_understood if one.kind == "medication"] == []


@pytest.mark.parametrize(
    ("text", "route", "drugs"),
    [
        ("fluorouracil 500 mg/10 mL intravenous solution", "Intravenous", ["fluorouracil"]),
        ("fluorouracil", None, ["fluorouracil"]),
        ("fluorouracil 5 % topical cream", None, None),
        ("Fluorouracil", "Topical", None),
        ("mitomycin 40 mg", "Intravesical", None),
        ("bevacizumab 1.25 mg intravitreal injection", None, None),
        ("durvalumab or placebo", "Intravenous", None),
    ],
)
def test_what_does_not_reach_the_cancer_is_no_course(text: str, route: str | None, drugs: list[str] | None) -> None:
    dosage = [] if route is None else [{"route": {"text": route}}]
    document = bundle(medicine(medicationCodeableConcept={"text": text}, effectiveDateTime=DAY, dosage=dosage))
    listed = (case_of(document).get("therapy.history") or {"items": []})["items"]
    assert [one["drugs"] for one in listed] == ([] if drugs is None else [drugs])
    assert ("it is for the skin, an eye or the bladder, or perhaps no medicine at all" in why_not(document)) is (drugs is None)


@pytest.mark.parametrize("way", ["Topical", "Intravenous"])
def test_the_way_of_a_medicine_counts_in_c_cda_too(way: str) -> None:
    entry = cda.medication(cda.drug("4492", "fluorouracil"), status="completed")
    entry = entry.replace("<consumable>", f'<routeCode code="x" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="{way}"/><consumable>')
    reading = cda.read(cda.document(cda.section("medications", entry)))
    assert ("therapy.history" in cda.values(reading.facts)) is (way == "Intravenous")


@pytest.mark.parametrize(
    ("text", "is_done"),
    [
        ("Ivor Lewis esophagectomy", True),
        ("Status post esophagectomy", True),
        ("Consult for esophagectomy", False),
        ("Esophagectomy planning conference", False),
        ("Esophagectomy, aborted", False),
        ("Follow-up visit after esophagectomy", False),
    ],
)
def test_talk_of_a_procedure_is_no_procedure(text: str, is_done: bool) -> None:
    case = case_of(bundle(procedure({"text": text}, performedDateTime=DAY)))
    assert ("therapy.history" in case, "diagnosis.primary_removed" in case) == (is_done, is_done)


@pytest.mark.parametrize(
    ("unit", "code", "told"),
    [
        ("g/dL", "g/dL", 11.1),
        ("gm/dL", "g/dL", 11.1),
        ("g/dL", "g/L", None),
        ("g/L", "g/dL", None),
        ("g/dL", "{x}", 11.1),
        ("somehow", "g/dL", 11.1),
    ],
)
def test_a_unit_that_is_told_twice_and_differently_is_not_used(unit: str, code: str, told: float | None) -> None:
    document = bundle(observation(concept("loinc 718-7"), valueQuantity={"value": 11.1, "unit": unit, "code": code}))
    assert (case_of(document).get("labs.hemoglobin") or {}).get("value") == told
    assert any("told twice" in why for why in why_not(document)) is (told is None)


@pytest.mark.parametrize(("unit", "code"), [("K/uL", "10*3/uL"), ("10*9/L", "10*3/uL"), ("x10E3/uL", "10*9/L")])
def test_two_names_of_one_unit_do_not_differ(unit: str, code: str) -> None:
    document = bundle(observation(concept("loinc 777-3"), valueQuantity={"value": 200, "unit": unit, "code": code}))
    assert case_of(document)["labs.platelets"]["value"] == 200


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("MMR IHC", "Loss of MLH1 and PMS2", True),
        ("MMR IHC", "Loss of nuclear expression of MSH2/MSH6", True),
        ("MMR IHC", "No loss of nuclear expression", False),
        ("MMR IHC", "Positive", None),
        ("Mismatch repair protein expression", "Present", None),
        ("MSI/MMR status", "Negative", None),
        ("Mismatch repair deficiency, MMR", "Detected", True),
        ("Microsatellite instability", "Positive", True),
        ("Microsatellite instability", "Not detected", False),
        ("MSI", "Detected", True),
    ],
)
def test_positive_repair_proteins_are_no_instability(name: str, answer: str, told: bool | None) -> None:
    case = case_of(bundle(observation({"text": name}, valueString=answer)))
    assert (case.get("biomarker.msi_high") or {}).get("value") is told


@pytest.mark.parametrize(
    ("allergy", "fact_id"),
    [
        ({"code": {"text": "Iodinated contrast media"}}, "condition.contrast_allergy"),
        ({"code": {"text": "Carboplatin"}}, "condition.platinum_allergy"),
        ({"code": {"text": "Carboplatin"}, "type": "allergy"}, "condition.platinum_allergy"),
        ({"code": {"text": "Carboplatin"}, "type": "intolerance"}, None),
        ({"code": {"text": "Iohexol"}, "verificationStatus": {"coding": [{"code": "refuted"}]}}, None),
        ({"code": {"text": "Penicillin"}}, None),
    ],
)
def test_allergies_that_matter(allergy: dict[str, Any], fact_id: str | None) -> None:
    resource = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p1"}, **allergy}
    case = case_of(bundle(resource))
    assert [one for one in case if one.endswith("_allergy")] == ([] if fact_id is None else [fact_id])
