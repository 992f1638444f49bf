"""FHIR resources as servers write them, and what each of them tells: tables with the limits of every form."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.records.fhir_samples import (
    AS_OF,
    DAY,
    PATIENT,
    SUBJECT,
    SYSTEMS,
    bundle,
    case_of,
    concept,
    condition,
    lab,
    medicine,
    observation,
    plain,
    procedure,
    read,
    told,
    why_not,
)
from wayline.library import library
from wayline.records.proposals import proposals

CANCER = concept("icd C15.5 Malignant neoplasm of lower third of esophagus")
BREAST = concept("icd C50.911 Malignant neoplasm of right breast")


# --- Blood tests --------------------------------------------------------------------------------------------------------

QUANTITIES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("usual unit", lab("1975-2", 0.9, "mg/dL"), "labs.bilirubin", {"value": 0.9, "unit": "mg/dL"}),
    ("another unit", lab("1975-2", 15.4, "umol/L"), "labs.bilirubin", {"value": 15.4, "unit": "umol/L"}),
    ("moles by their own code", lab("14631-6", 15.4, "umol/L"), "labs.bilirubin", {"value": 15.4, "unit": "umol/L"}),
    ("albumin in g/L", lab("1751-7", 39, "g/L"), "labs.albumin", {"value": 39, "unit": "g/L"}),
    ("albumin in g/dL", lab("1751-7", 3.9, "g/dL"), "labs.albumin", {"value": 3.9, "unit": "g/dL"}),
    ("another spelling", lab("777-3", 212, "K/uL"), "labs.platelets", {"value": 212, "unit": "10*3/uL"}),
    ("spelling of one vendor", lab("777-3", 212, "x10E3/uL"), "labs.platelets", {"value": 212, "unit": "10*3/uL"}),
    ("cells", lab("751-8", 3200, "/uL"), "labs.neutrophils", {"value": 3200, "unit": "cells/uL"}),
    ("units of another name", lab("1742-6", 40, "[IU]/L"), "labs.alt", {"value": 40, "unit": "U/L"}),
    ("with a note in braces", lab("1742-6", 40, "U/L{37C}"), "labs.alt", {"value": 40, "unit": "U/L"}),
    ("no unit where there is none", lab("6301-6", 1.1, "{INR}"), "labs.inr", 1.1),
    ("UCUM's one", lab("6301-6", 1.1, "1"), "labs.inr", 1.1),
    ("no unit told, none needed", lab("6301-6", 1.1, None), "labs.inr", 1.1),
    ("kidney filter", lab("98979-8", 71, "mL/min/{1.73_m2}"), "labs.egfr", {"value": 71, "unit": "mL/min/1.73 m2"}),
    ("written as text", lab("1975-2", "0.9", "mg/dL"), "labs.bilirubin", {"value": 0.9, "unit": "mg/dL"}),
    ("zero", lab("1975-2", 0, "mg/dL"), "labs.bilirubin", {"value": 0, "unit": "mg/dL"}),
    (
        "only words for the unit",
        observation(concept("loinc 1975-2"), valueQuantity={"value": 1, "unit": "mg/dl"}),
        "labs.bilirubin",
        {"value": 1, "unit": "mg/dL"},
    ),
    (
        "a code that nobody knows, and words",
        observation(concept("loinc 777-3"), valueQuantity={"value": 212, "unit": "10^3/uL", "code": "Thsd"}),
        "labs.platelets",
        {"value": 212, "unit": "10*3/uL"},
    ),
    (
        "text with its unit",
        observation(concept("loinc 1975-2"), valueString="0.9 mg/dL"),
        "labs.bilirubin",
        {"value": 0.9, "unit": "mg/dL"},
    ),
    (
        "text below a limit",
        observation(concept("loinc 1975-2"), valueString="<0.2 mg/dL"),
        "labs.bilirubin",
        {"below": 0.2, "unit": "mg/dL"},
    ),
    ("whole number", observation(concept("loinc 6301-6"), valueInteger=1), "labs.inr", 1),
    (
        "a ratio to one",
        observation(concept("loinc 6301-6"), valueRatio={"numerator": {"value": 1.1}, "denominator": {"value": 1}}),
        "labs.inr",
        1.1,
    ),
    (
        "a range of values",
        observation(concept("loinc 1742-6"), valueRange={"low": {"value": 30, "unit": "U/L"}, "high": {"value": 40, "unit": "U/L"}}),
        "labs.alt",
        {"at_least": 30, "at_most": 40, "unit": "U/L"},
    ),
    ("weight in pounds", lab("29463-7", 165, "[lb_av]"), "nutrition.weight_kg", {"value": 165, "unit": "lb"}),
    ("height in inches", lab("8302-2", 70, "[in_i]"), "nutrition.height_cm", {"value": 70, "unit": "in"}),
    ("fever in Fahrenheit", lab("8310-5", 100.4, "[degF]"), "symptom.temperature_c", {"value": 100.4, "unit": "degF"}),
    ("tumor marker", lab("2039-6", 12.4, "ug/L"), "labs.cea", {"value": 12.4, "unit": "ng/mL"}),
    ("mutations", lab("94076-7", 6, "{mutations}/{megabase}"), "biomarker.tmb", {"value": 6, "unit": "mut/Mb"}),
    ("heart output", lab("10230-1", 58, "%"), "condition.lvef_percent", {"value": 58, "unit": "%"}),
    ("QT", lab("8636-3", 440, "ms"), "condition.qtc_ms", {"value": 440, "unit": "ms"}),
]


@pytest.mark.parametrize(("resource", "fact_id", "expected"), [row[1:] for row in QUANTITIES], ids=[row[0] for row in QUANTITIES])
def test_a_number_is_taken_with_its_unit(resource: dict[str, Any], fact_id: str, expected: Any) -> None:
    assert told(bundle(resource), fact_id) == [expected]


@pytest.mark.parametrize(
    ("sign", "bound"),
    [("<", "below"), ("<=", "at_most"), (">", "above"), (">=", "at_least")],
    ids=["below", "at most", "above", "at least"],
)
def test_a_comparator_makes_a_bound(sign: str, bound: str) -> None:
    resource = observation(concept("loinc 1975-2"), valueQuantity={"value": 0.2, "comparator": sign, "unit": "mg/dL"})
    assert told(bundle(resource), "labs.bilirubin") == [{bound: 0.2, "unit": "mg/dL"}]


NOT_A_RESULT: list[tuple[str, dict[str, Any], str]] = [
    ("unknown unit", lab("1975-2", 0.9, "furlong"), "none of those that we can convert"),
    ("unit of another kind", lab("1751-7", 3.9, "mg/dL"), "none of those that we can convert"),
    ("no unit", lab("1975-2", 0.9, None), "never guessed"),
    ("text without unit", observation(concept("loinc 1975-2"), valueString="0.9"), "never guessed"),
    ("text that says more", observation(concept("loinc 1975-2"), valueString="0.9 mg/dL, hemolyzed sample, repeat"), "none of those"),
    ("no number", observation(concept("loinc 1975-2"), valueQuantity={"unit": "mg/dL"}), "no number"),
    (
        "a comparator that nobody knows",
        observation(concept("loinc 1975-2"), valueQuantity={"value": 1, "comparator": "ad", "unit": "mg/dL"}),
        "no sign",
    ),
    ("absent with its reason", observation(concept("loinc 1975-2"), dataAbsentReason=concept(text="Not Performed")), "Not Performed"),
    ("no value", observation(concept("loinc 1975-2")), "no value is told"),
    ("impossible", lab("1975-2", 400, "mg/dL"), "not possible"),
    ("negative", lab("1975-2", -1, "mg/dL"), "not possible"),
    ("cancelled", lab("1975-2", 0.9, "mg/dL", status="cancelled"), "cancelled"),
    ("entered in error", lab("1975-2", 0.9, "mg/dL", status="entered-in-error"), "in error"),
    ("of unknown status", lab("1975-2", 0.9, "mg/dL", status="unknown"), "not known"),
    ("of a status that is none", lab("1975-2", 0.9, "mg/dL", status="finalish"), "none that we know"),
    ("without a day", lab("1975-2", 0.9, "mg/dL", None), "no date"),
    ("of tomorrow", lab("1975-2", 0.9, "mg/dL", "2026-11-21"), "after"),
    (
        "with a meaning that is changed",
        lab("1975-2", 0.9, "mg/dL", modifierExtension=[{"url": "http://example.org/not"}]),
        "changes its meaning",
    ),
    ("by foreign rules", lab("1975-2", 0.9, "mg/dL", implicitRules="http://example.org/rules"), "rules of the sender"),
    ("of somebody else", lab("1975-2", 0.9, "mg/dL", subject={"reference": "Patient/p2"}), "somebody else"),
    ("of a group", lab("1975-2", 0.9, "mg/dL", subject={"reference": "Group/g1"}), "somebody else"),
    (
        "direct bilirubin",
        observation(concept("loinc 1968-7 Bilirubin.direct"), valueQuantity={"value": 0.2, "unit": "mg/dL"}),
        "no test here",
    ),
]


@pytest.mark.parametrize(("resource", "why"), [row[1:] for row in NOT_A_RESULT], ids=[row[0] for row in NOT_A_RESULT])
def test_what_is_no_result_is_listed_with_its_reason(resource: dict[str, Any], why: str) -> None:
    reading = read(bundle(resource))
    assert [one.fact_id for one in reading.facts] == ["person.birth_date", "person.sex"]
    assert [why in one.why for one in reading.not_understood] == [True], reading.not_understood
    assert reading.counts["Observation"] == 1


def test_a_preliminary_result_says_so() -> None:
    (bilirubin,) = [one for one in read(bundle(lab("1975-2", 0.9, "mg/dL", status="preliminary"))).facts if one.fact_id == "labs.bilirubin"]
    assert bilirubin.words.endswith("(preliminary)")


@pytest.mark.parametrize(
    ("effective", "day"),
    [
        ({"effectiveDateTime": "2026-11-02T23:30:00-05:00"}, "2026-11-02"),
        ({"effectiveDateTime": "2026-11-02T00:10:00Z"}, "2026-11-02"),
        ({"effectiveDateTime": "2026-11"}, "2026-11"),
        ({"effectiveInstant": "2026-11-02T08:00:00.000+01:00"}, "2026-11-02"),
        ({"effectivePeriod": {"start": "2026-11-02T08:00:00Z", "end": "2026-11-03"}}, "2026-11-02"),
        ({"issued": "2026-11-02T08:00:00Z"}, "2026-11-02"),
        ({"effectiveDateTime": "yesterday", "issued": "2026-11-02T08:00:00Z"}, "2026-11-02"),
    ],
)
def test_the_day_of_a_result(effective: dict[str, Any], day: str) -> None:
    (bilirubin,) = [one for one in read(bundle(lab("1975-2", 0.9, "mg/dL", None, **effective))).facts if one.fact_id == "labs.bilirubin"]
    assert bilirubin.date == day
    assert bilirubin.told["date"] == day


RANGES: list[tuple[str, Any, dict[str, Any]]] = [
    ("both ends", [{"low": {"value": 0.2, "unit": "mg/dL"}, "high": {"value": 1.2, "unit": "mg/dL"}}], {"uln": 1.2, "lln": 0.2}),
    ("only the upper", [{"high": {"value": 1.2}}], {"uln": 1.2}),
    ("in words", [{"text": "0.2-1.2"}], {"uln": 1.2, "lln": 0.2}),
    ("in words with unit", [{"text": "0.2 - 1.2 mg/dL"}], {"uln": 1.2, "lln": 0.2}),
    ("an upper limit in words", [{"text": "<=1.2"}], {"uln": 1.2}),
    ("marked as the normal one", [{"type": concept("local normal Normal Range"), "high": {"value": 1.2}}], {"uln": 1.2}),
    ("another kind beside it", [{"type": concept(text="therapeutic"), "high": {"value": 9}}, {"high": {"value": 1.2}}], {"uln": 1.2}),
    ("in another unit", [{"high": {"value": 20, "unit": "umol/L"}}], {}),
    ("two by age", [{"high": {"value": 1.2}}, {"high": {"value": 1.4}}], {}),
    ("words that say more", [{"text": "see the comment"}], {}),
    ("none", [], {}),
]


@pytest.mark.parametrize(("ranges", "expected"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES])
def test_the_labs_own_range(ranges: Any, expected: dict[str, float]) -> None:
    facts = {one.fact_id: one.told["value"] for one in read(bundle(lab("1975-2", 0.9, "mg/dL", referenceRange=ranges))).facts}
    assert {ending: facts[f"labs.bilirubin_{ending}"] for ending in ("uln", "lln") if f"labs.bilirubin_{ending}" in facts} == expected
    assert facts["labs.bilirubin"] == 0.9


def test_older_results_become_earlier_results() -> None:
    document = bundle(
        lab("1975-2", 1.4, "mg/dL", "2026-09-01", referenceRange=[{"high": {"value": 1.2}}]),
        lab("1975-2", 0.9, "mg/dL", "2026-11-02"),
        lab("1975-2", 20, "umol/L", "2026-10-01"),
    )
    assert told(document, "labs.bilirubin") == [{"value": 0.9, "unit": "mg/dL"}]
    earlier = [one.told for one in read(document).facts if one.fact_id == "labs.earlier_results"]
    assert earlier == [
        {"lab": "labs.bilirubin", "value": 20, "unit": "umol/L", "date": "2026-10-01"},
        {"lab": "labs.bilirubin", "value": 1.4, "unit": "mg/dL", "upper_limit": 1.2, "date": "2026-09-01"},
    ]
    assert case_of(document)["labs.earlier_results"]["complete"] is False


# --- Names of tests -----------------------------------------------------------------------------------------------------

NAMES: list[tuple[str, dict[str, Any]]] = [
    ("only words", concept(text="Bilirubin, Total")),
    ("only a display", {"coding": [{"display": "Bilirubin Total"}]}),
    ("a local code with its display", concept("local 1234 BILIRUBIN, TOTAL")),
    ("a local code first", concept("local 1234 Tbili", "loinc 1975-2")),
    ("a known code and strange words", concept("loinc 1975-2", text="Liver test 3")),
    ("the long name of another vendor", concept("local 1 Bilirubin.total [Mass/volume] in Serum or Plasma")),
]


@pytest.mark.parametrize("code", [row[1] for row in NAMES], ids=[row[0] for row in NAMES])
def test_a_test_is_known_by_code_or_by_its_whole_name(code: dict[str, Any]) -> None:
    assert told(bundle(observation(code, valueQuantity={"value": 0.9, "unit": "mg/dL"})), "labs.bilirubin") == [
        {"value": 0.9, "unit": "mg/dL"}
    ]


ANOTHER_TEST: list[tuple[str, dict[str, Any]]] = [
    ("urine by its own number", observation(concept("loinc 2161-8", text="Creatinine"), valueQuantity={"value": 45, "unit": "mg/dL"})),
    (
        "urine by its specimen",
        observation(concept(text="Creatinine"), valueQuantity={"value": 45, "unit": "mg/dL"}, specimen={"display": "Urine, clean catch"}),
    ),
    ("weight at birth", observation(concept("loinc 8339-4", text="Weight"), valueQuantity={"value": 30, "unit": "kg"})),
    ("a share, not a count", observation(concept(text="Neutrophils %"), valueQuantity={"value": 66, "unit": "%"})),
]


@pytest.mark.parametrize("resource", [row[1] for row in ANOTHER_TEST], ids=[row[0] for row in ANOTHER_TEST])
def test_another_test_of_the_same_name_is_not_taken(resource: dict[str, Any]) -> None:
    document = bundle(resource)
    assert [one.fact_id for one in read(document).facts] == ["person.birth_date", "person.sex"]
    assert why_not(document) == ["no test here that we know"]


def test_a_marker_is_known_by_its_name_beside_a_number_that_is_not() -> None:
    assert told(bundle(observation(concept("loinc 99999-9", text="PD-L1 CPS"), valueQuantity={"value": 10})), "biomarker.pdl1_cps") == [10]


def test_codes_that_mean_different_tests_are_not_used() -> None:
    document = bundle(observation(concept("loinc 1975-2", "loinc 1742-6"), valueQuantity={"value": 9, "unit": "U/L"}))
    assert "its codes mean different tests" in why_not(document)


def test_parts_of_a_panel_are_read_one_by_one() -> None:
    parts = [
        {"code": concept("loinc 1742-6"), "valueQuantity": {"value": 31, "unit": "U/L"}},
        {"code": concept("loinc 1920-8"), "valueQuantity": {"value": 29, "unit": "U/L"}, "referenceRange": [{"high": {"value": 40}}]},
        {"code": concept("loinc 8480-6 Systolic blood pressure"), "valueQuantity": {"value": 128, "unit": "mm[Hg]"}},
    ]
    document = bundle(observation(concept("loinc 24325-3 Hepatic function panel"), component=parts))
    assert told(document, "labs.alt") == [{"value": 31, "unit": "U/L"}]
    assert told(document, "labs.ast_uln") == [{"value": 40, "unit": "U/L"}]
    assert why_not(document) == ["no test here that we know"]


def test_a_panel_of_members_is_no_mistake() -> None:
    member = lab("1742-6", 31, "U/L", id="alt")
    panel = observation(concept("loinc 24325-3 Hepatic function panel"), hasMember=[{"reference": "Observation/alt"}])
    assert why_not(bundle(member, panel)) == []


# --- Markers ------------------------------------------------------------------------------------------------------------

HER2, IHC, FISH = concept("loinc 48676-1"), concept("loinc 18474-7"), concept("loinc 31150-6")
CPS, TPS, CLONE = concept(text="PD-L1 CPS"), concept("loinc 83053-9"), concept("loinc 85147-7")
MSI, CLAUDIN = concept("loinc 81695-9"), concept(text="Claudin 18.2")
_POSITIVE, _NEGATIVE = {"valueCodeableConcept": concept("snomed 10828004")}, {"valueCodeableConcept": concept("snomed 260385009")}


def _said(text: str) -> dict[str, Any]:
    return {"valueString": text}


MARKERS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("her2 positive by code", HER2, _POSITIVE, {"biomarker.her2": "positive"}),
    ("her2 negative by code", HER2, _NEGATIVE, {"biomarker.her2": "negative"}),
    ("her2 in words", HER2, _said("Positive (3+)"), {"biomarker.her2": "positive", "biomarker.her2_ihc": 3}),
    ("her2 negative 1+", HER2, _said("HER2 negative (1+)"), {"biomarker.her2": "negative", "biomarker.her2_ihc": 1}),
    ("stain 3+", IHC, _said("3+"), {"biomarker.her2_ihc": 3}),
    ("stain 2+", IHC, _said("2+ (equivocal)"), {"biomarker.her2_ihc": 2}),
    ("stain 1+", IHC, _said("Score 1+"), {"biomarker.her2_ihc": 1}),
    ("stain 0", IHC, _said("0"), {"biomarker.her2_ihc": 0}),
    ("stain by its protein", IHC, _said("HER2 protein expression by IHC: 1+"), {"biomarker.her2_ihc": 1}),
    ("a digit in a sentence is no score", HER2, _said("Tumor grew - 3 new spots"), {}),
    ("nor is a count of slides", IHC, _said("2 slides received"), {}),
    ("stain positive 3+", IHC, _said("Positive 3+"), {"biomarker.her2_ihc": 3}),
    ("stain as whole number", IHC, {"valueInteger": 3}, {"biomarker.her2_ihc": 3}),
    ("stain as quantity", IHC, {"valueQuantity": {"value": 2, "unit": "{score}"}}, {"biomarker.her2_ihc": 2}),
    ("stain only positive", IHC, _POSITIVE, {"biomarker.her2": "positive"}),
    ("stain only equivocal", IHC, _said("Equivocal"), {"biomarker.her2_ihc": 2}),
    (
        "stain only interpreted",
        IHC,
        {"interpretation": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": "NEG"}]}]},
        {"biomarker.her2": "negative"},
    ),
    ("stain 3+ called negative", IHC, _said("Negative (3+)"), {}),
    ("stain two scores", IHC, _said("1+ to 2+"), {}),
    ("stain four", IHC, _said("4+"), {}),
    ("stain cannot be assessed", IHC, _said("Cannot be assessed"), {}),
    ("stain not performed", IHC, _said("not performed"), {}),
    ("stain pending", IHC, _said("Pending"), {}),
    ("gene amplified", FISH, _said("Amplified"), {"biomarker.her2_ish": "positive"}),
    ("gene not amplified", FISH, _said("Not amplified"), {"biomarker.her2_ish": "negative"}),
    ("gene not detected", FISH, {"valueCodeableConcept": concept("loinc LA11883-8")}, {"biomarker.her2_ish": "negative"}),
    ("gene equivocal", FISH, _said("Equivocal"), {}),
    ("cps number", CPS, {"valueQuantity": {"value": 10}}, {"biomarker.pdl1_cps": 10}),
    ("cps with a unit of its own", CPS, {"valueQuantity": {"value": 10, "unit": "CPS"}}, {"biomarker.pdl1_cps": 10}),
    ("cps words", CPS, _said("CPS 10"), {"biomarker.pdl1_cps": 10}),
    ("cps below 1", CPS, _said("<1"), {"biomarker.pdl1_cps": {"below": 1}}),
    ("cps at least 1", CPS, _said(">= 1"), {"biomarker.pdl1_cps": {"at_least": 1}}),
    ("cps comparator", CPS, {"valueQuantity": {"value": 10, "comparator": ">="}}, {"biomarker.pdl1_cps": {"at_least": 10}}),
    ("tps percent", TPS, {"valueQuantity": {"value": 5, "unit": "%", "code": "%"}}, {"biomarker.pdl1_tps": {"value": 5, "unit": "%"}}),
    ("tps below 1 percent", TPS, _said("<1%"), {"biomarker.pdl1_tps": {"below": 1, "unit": "%"}}),
    ("clone with named score", CLONE, _said("Combined Positive Score (CPS): 15"), {"biomarker.pdl1_cps": 15}),
    ("clone with both scores", CLONE, _said("TPS 5%; CPS: 10"), {"biomarker.pdl1_tps": 5, "biomarker.pdl1_cps": 10}),
    ("clone with unit CPS", CLONE, {"valueQuantity": {"value": 10, "unit": "CPS"}}, {"biomarker.pdl1_cps": 10}),
    ("clone without a score's name", CLONE, {"valueQuantity": {"value": 10}}, {}),
    ("clone percent, which score is not told", CLONE, {"valueQuantity": {"value": 10, "unit": "%"}}, {}),
    ("clone only positive", CLONE, _POSITIVE, {}),
    ("cps impossible", CPS, {"valueQuantity": {"value": 101}}, {}),
    ("cps at its end", CPS, {"valueQuantity": {"value": 100}}, {"biomarker.pdl1_cps": 100}),
    ("msi high", MSI, _said("MSI-High"), {"biomarker.msi_high": True}),
    ("msi high by code", MSI, {"valueCodeableConcept": concept("loinc LA26203-2")}, {"biomarker.msi_high": True}),
    ("msi stable", MSI, _said("MSS"), {"biomarker.msi_high": False}),
    ("msi stable in words", MSI, _said("Microsatellite stable (MSS)"), {"biomarker.msi_high": False}),
    ("mmr proficient", concept(text="Mismatch repair (MMR) IHC"), _said("Proficient"), {"biomarker.msi_high": False}),
    ("mmr deficient", concept(text="MMR status"), _said("dMMR"), {"biomarker.msi_high": True}),
    ("mmr intact", concept(text="Mismatch Repair Proteins"), _said("Intact nuclear expression"), {"biomarker.msi_high": False}),
    ("msi not detected", MSI, _said("Not detected"), {"biomarker.msi_high": False}),
    ("msi indeterminate", MSI, _said("Indeterminate"), {}),
    ("claudin positive", CLAUDIN, _said("Positive (>=75% of tumor cells, 2+/3+)"), {"biomarker.cldn18_2": "positive"}),
    ("claudin negative", CLAUDIN, _NEGATIVE, {"biomarker.cldn18_2": "negative"}),
    ("claudin percent only", CLAUDIN, _said("80%"), {}),
    ("virus", concept(text="EBER ISH"), _said("Negative"), {"biomarker.ebv": False}),
    ("fusion", concept(text="NTRK fusion"), {"valueBoolean": True}, {"biomarker.ntrk_fusion": True}),
    ("clearing drugs", concept(text="DPYD phenotype"), _said("Intermediate metabolizer"), {"biomarker.dpyd": "intermediate"}),
]


@pytest.mark.parametrize(("code", "value", "expected"), [row[1:] for row in MARKERS], ids=[row[0] for row in MARKERS])
def test_markers(code: dict[str, Any], value: dict[str, Any], expected: dict[str, Any]) -> None:
    reading = read(bundle(observation(code, **value)))
    assert {one.fact_id: plain(one.told) for one in reading.facts if one.fact_id.startswith("biomarker.")} == expected
    assert bool(reading.not_understood) is not bool(expected)


# --- How the person is --------------------------------------------------------------------------------------------------

ECOG, KARNOFSKY = concept("loinc 89247-1"), concept("loinc 89243-0")
PERFORMANCE: list[tuple[str, dict[str, Any], dict[str, Any], list[Any]]] = [
    ("ecog whole number", ECOG, {"valueInteger": 1}, [1]),
    ("ecog quantity", ECOG, {"valueQuantity": {"value": 2, "unit": "{score}", "code": "{score}"}}, [2]),
    ("ecog answer", ECOG, {"valueCodeableConcept": concept("loinc LA9623-5")}, [1]),
    ("ecog snomed answer", ECOG, {"valueCodeableConcept": concept("snomed 422894000")}, [2]),
    ("ecog words", ECOG, _said("1 - Symptomatic, <50% in bed"), [1]),
    ("ecog named in words", concept(text="ECOG performance status"), _said("ECOG 0"), [0]),
    ("ecog between", ECOG, _said("0-1"), [{"one_of": [0, 1]}]),
    ("ecog four", ECOG, {"valueInteger": 4}, [4]),
    ("ecog five is nobody living", ECOG, {"valueInteger": 5}, []),
    ("ecog impossible", ECOG, {"valueInteger": 22}, []),
    ("ecog negative", ECOG, {"valueInteger": -1}, []),
    ("ecog half", ECOG, {"valueQuantity": {"value": 1.5}}, []),
    ("karnofsky 100", KARNOFSKY, {"valueInteger": 100}, [0]),
    ("karnofsky 90 may be either", KARNOFSKY, {"valueInteger": 90}, [{"one_of": [0, 1]}]),
    ("karnofsky 80", KARNOFSKY, {"valueQuantity": {"value": 80, "unit": "%"}}, [1]),
    ("karnofsky answer", KARNOFSKY, {"valueCodeableConcept": concept("loinc LA29176-7")}, [{"one_of": [0, 1]}]),
    ("karnofsky words", concept(text="KPS"), _said("70%"), [{"one_of": [1, 2]}]),
    ("karnofsky dead", KARNOFSKY, {"valueInteger": 0}, []),
    ("karnofsky between steps", KARNOFSKY, {"valueInteger": 85}, []),
    ("karnofsky too high", KARNOFSKY, {"valueInteger": 110}, []),
]


@pytest.mark.parametrize(("code", "value", "expected"), [row[1:] for row in PERFORMANCE], ids=[row[0] for row in PERFORMANCE])
def test_performance_status(code: dict[str, Any], value: dict[str, Any], expected: list[Any]) -> None:
    document = bundle(observation(code, **value))
    assert told(document, "function.ecog") == expected
    assert bool(why_not(document)) is not bool(expected)


STAGES: list[tuple[dict[str, Any], Any]] = [
    (concept("ajcc 4B IVB"), "4b"),
    (concept("ajcc 4"), 4),
    (concept("ajcc c4A"), "4a"),
    (concept("ajcc IVB"), "4b"),
    (concept("snomed 258228008 Stage 4"), 4),
    (concept("snomed 1222837003"), 4),
    (concept("snomed 999 American Joint Committee on Cancer stage IVB (qualifier value)"), "4b"),
    (concept("snomed 1222837003 American Joint Committee on Cancer stage IVB"), "4b"),
    (concept("snomed 1222806003 American Joint Committee on Cancer stage IVB"), None),
    (concept("ajcc 4A", text="Stage IVB"), None),
    (concept(text="Stage IVB"), "4b"),
    (concept(text="Stage IV"), 4),
    (concept(text="stage IIIA (T3 N1 M0)"), 3),
    (concept(text="IIB"), 2),
    (concept(text="Stage 0"), None),
    (concept(text="Stage V"), None),
    (concept(text="not staged"), None),
    (concept(text="Stage IVC"), None),
]


@pytest.mark.parametrize(("value", "expected"), STAGES)
def test_the_stage(value: dict[str, Any], expected: str | int | None) -> None:
    document = bundle(observation(concept("loinc 21908-9"), valueCodeableConcept=value))
    assert told(document, "diagnosis.stage") == ([] if expected is None else [expected])
    with_cancer = bundle(condition(CANCER, stage=[{"summary": value}]))
    assert told(with_cancer, "diagnosis.stage") == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("code", "value", "stages"),
    [
        (concept("loinc 21907-1"), concept(text="M1"), [4]),
        (concept("loinc 21901-4"), concept(text="pM1"), [4]),
        (concept("snomed 399387003"), concept("snomed 1229903009"), [4]),
        (concept("snomed 399387003"), concept("ajcc cM1"), [4]),
        (concept("snomed 399387003"), concept("snomed 1229901006"), []),
        (concept("loinc 21907-1"), concept(text="M0"), []),
        (concept("loinc 21907-1"), concept(text="MX"), []),
    ],
)
def test_distant_spread_is_stage_four(code: dict[str, Any], value: dict[str, Any], stages: list[Any]) -> None:
    assert told(bundle(condition(CANCER), observation(code, valueCodeableConcept=value)), "diagnosis.stage") == stages
    assert told(bundle(condition(BREAST), observation(code, valueCodeableConcept=value)), "diagnosis.stage") == []


# --- Conditions ---------------------------------------------------------------------------------------------------------

SPREAD: list[tuple[dict[str, Any], str | None]] = [
    (concept("icd C78.7"), "liver"),
    (concept("icd C787"), "liver"),
    (concept("snomed 94381002"), "liver"),
    (concept("icd C78.01 Secondary malignant neoplasm of right lung"), "lung"),
    (concept("icd C79.51"), "bone"),
    (concept("icd C79.31"), "brain"),
    (concept("icd C79.32"), "leptomeningeal"),
    (concept("icd C78.6"), "peritoneum"),
    (concept("icd C79.72"), "adrenal"),
    (concept("icd C78.2"), "other"),
    (concept("icd C77.3"), "distant_nodes"),
    (concept("icd C77.2 Secondary malignant neoplasm of intra-abdominal lymph nodes"), None),
    (concept("icd C77.1 Secondary malignant neoplasm of intrathoracic lymph nodes"), None),
    (concept("icd C79.9 Secondary malignant neoplasm of unspecified site"), None),
    (concept("local 7 Metastatic cancer to liver (HCC)"), "liver"),
    (concept(text="Liver metastases"), "liver"),
    (concept(text="Metastasis to bone"), "bone"),
    (concept(text="Secondary malignant neoplasm of liver and intrahepatic bile duct (CMS/HCC)"), "liver"),
    (concept("icd C78.7", text="Metastasis to lung"), None),
    (concept("icd C78.7", text="Metastasis to liver and lung"), "liver"),
    (concept(text="Possible liver metastases"), None),
    (concept(text="No evidence of liver metastases"), None),
    (concept(text="Liver lesion"), None),
]


@pytest.mark.parametrize(("code", "place"), SPREAD)
def test_where_it_has_spread(code: dict[str, Any], place: str | None) -> None:
    reading = read(bundle(condition(CANCER), condition(code)))
    found = [one.fact_id for one in reading.facts if one.fact_id.startswith("metastases.")]
    assert found == ([] if place is None else [f"metastases.{place}"])
    assert len(reading.not_understood) == (1 if place is None else 0)


def test_a_place_tells_where_a_spread_is() -> None:
    document = bundle(condition(CANCER), condition(concept("snomed 128462008"), bodySite=[concept("snomed 10200004")]))
    assert told(document, "metastases.liver") == [True]


CANCERS: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    (concept("icd C15.3"), {}, {"site": "upper"}),
    (concept("icd C15.4"), {}, {"site": "middle"}),
    (CANCER, {}, {"site": "lower"}),
    (concept("icd C16.0"), {}, {"site": "gej"}),
    (concept("icd C15.9"), {}, {}),
    (concept("icd C15.8"), {}, {}),
    (concept("snomed 276803003"), {}, {"histology": "adenocarcinoma"}),
    (concept("snomed 363402007", text="Squamous cell carcinoma of the mid esophagus"), {}, {"site": "middle", "histology": "squamous"}),
    (concept(text="Adenocarcinoma of gastroesophageal junction (HCC)"), {}, {"site": "gej", "histology": "adenocarcinoma"}),
    (concept(text="Malignant neoplasm of distal esophagus"), {}, {"site": "lower"}),
    (
        concept("snomed 363346000"),
        {"bodySite": [concept("snomed 32849002 Esophageal structure", text="Distal esophagus")]},
        {"site": "lower"},
    ),
    (concept("snomed 372087000"), {"bodySite": [concept("icdo C16.0")]}, {"site": "gej"}),
]


@pytest.mark.parametrize(("code", "more", "expected"), CANCERS)
def test_the_cancer_itself(code: dict[str, Any], more: dict[str, Any], expected: dict[str, str]) -> None:
    facts = {one.fact_id: one.told["value"] for one in read(bundle(condition(code, onsetDateTime="2026-09", **more))).facts}
    assert {key: facts[f"diagnosis.{key}"] for key in ("site", "histology") if f"diagnosis.{key}" in facts} == expected
    assert facts["diagnosis.date"] == "2026-09"


@pytest.mark.parametrize(
    ("morphology", "expected"),
    [
        (concept("icdo 8140/3"), "adenocarcinoma"),
        (concept("icdo 8070/3"), "squamous"),
        (concept("icdo 8246/3"), "neuroendocrine"),
        (concept("icdo 8560/3"), "adenosquamous"),
        (concept("snomed 1187332001"), "adenocarcinoma"),
        (concept("snomed 35917007"), "adenocarcinoma"),
        (concept("local 4 Signet ring cell carcinoma"), "adenocarcinoma"),
        (concept("icdo 8140/2 Adenocarcinoma in situ"), None),
        (concept("icdo 8010/3 Carcinoma, NOS"), None),
    ],
)
def test_the_cell_type(morphology: dict[str, Any], expected: str | None) -> None:
    url = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
    document = bundle(condition(CANCER, extension=[{"url": url, "valueCodeableConcept": morphology}]))
    assert told(document, "diagnosis.histology") == ([] if expected is None else [expected])


OTHERS: list[tuple[dict[str, Any], str | None]] = [
    (concept("icd I50.32 Chronic diastolic heart failure"), "condition.heart_failure"),
    (concept("snomed 84114007"), "condition.heart_failure"),
    (concept("icd E11.9"), "condition.diabetes"),
    (concept("icd R73.03 Prediabetes"), None),
    (concept("icd B18.1"), "condition.hepatitis_b"),
    (concept("icd N18.4"), "condition.kidney_failure"),
    (concept("icd N18.30 Chronic kidney disease, stage 3"), None),
    (concept("icd I81"), "liver.portal_vein_thrombosis"),
    (concept("icd K74.60"), "liver.cirrhosis"),
    (concept("icd C61"), "condition.second_cancer"),
    (concept("icd Z85.46 Personal history of malignant neoplasm of prostate"), "condition.second_cancer"),
    (concept("icd Z85.01 Personal history of malignant neoplasm of esophagus"), None),
    (concept("icd D00.1", text="Esophageal cancer"), None),
    (concept("icd Z12.11", text="Colon cancer"), None),
    (concept("icd C44.311 Basal cell carcinoma of skin of nose"), None),
    (concept("icd Z80.0 Family history of malignant neoplasm of digestive organs"), None),
    (concept("icd C16.9 Malignant neoplasm of stomach"), None),
    (concept(text="Family history of breast cancer"), None),
    (concept(text="Rheumatoid arthritis"), "condition.autoimmune"),
    (concept("icd I10 Essential hypertension"), None),
]


@pytest.mark.parametrize(("code", "fact_id"), OTHERS)
def test_other_conditions(code: dict[str, Any], fact_id: str | None) -> None:
    reading = read(bundle(condition(CANCER), condition(code, recordedDate="2026-10-01")))
    found = [one.fact_id for one in reading.facts if not one.fact_id.startswith(("person.", "diagnosis."))]
    assert found == ([] if fact_id is None else [fact_id])


STATUSES: list[tuple[str, dict[str, Any], bool]] = [
    ("confirmed and active", {}, True),
    ("refuted", {"verificationStatus": concept("local refuted")}, False),
    ("entered in error", {"verificationStatus": concept("local entered-in-error")}, False),
    ("unconfirmed", {"verificationStatus": concept("local unconfirmed")}, False),
    ("provisional", {"verificationStatus": concept("local provisional")}, False),
    ("of a status that nobody knows", {"verificationStatus": concept("local perhaps")}, False),
    ("resolved", {"clinicalStatus": concept("local resolved")}, False),
    ("in remission", {"clinicalStatus": concept("local remission")}, False),
    ("with an end", {"abatementDateTime": "2026-01-01"}, False),
    ("relapsed", {"clinicalStatus": concept("local relapse")}, True),
]


@pytest.mark.parametrize(("more", "is_used"), [row[1:] for row in STATUSES], ids=[row[0] for row in STATUSES])
def test_a_spread_counts_while_it_is_there(more: dict[str, Any], is_used: bool) -> None:
    document = bundle(condition(CANCER), {**condition(concept("icd C78.7")), **more})
    assert told(document, "metastases.liver") == ([True] if is_used else [])  # never False: ruled out once is no "no" now


def test_what_is_of_a_lifetime_stays_when_it_is_over() -> None:
    clot = {**condition(concept("icd I26.99 Pulmonary embolism")), "clinicalStatus": concept("local resolved")}
    assert told(bundle(condition(CANCER), clot), "condition.thrombosis") == [True]


def test_a_return_of_the_cancer_is_told() -> None:
    back = {**condition(CANCER), "clinicalStatus": concept("local recurrence")}
    assert told(bundle(back), "diagnosis.setting") == ["recurrence"]


def test_the_days_of_an_infarction() -> None:
    document = bundle(condition(CANCER), condition(concept("icd I21.4"), onsetDateTime="2024-03-05"))
    assert told(document, "condition.infarction_date") == ["2024-03-05"]
    assert told(document, "condition.coronary_disease") == [True]


# --- Another cancer -----------------------------------------------------------------------------------------------------


def test_a_record_of_another_cancer_tells_nothing_of_this_one() -> None:
    document = bundle(
        condition(BREAST, id="breast"),
        condition(concept("icd C78.7")),
        observation(HER2, **_POSITIVE),
        observation(concept("loinc 21908-9"), valueCodeableConcept=concept("ajcc 4")),
        lab("1975-2", 0.9, "mg/dL"),
    )
    facts = [one.fact_id for one in read(document).facts]
    assert facts == ["person.birth_date", "person.sex", "labs.bilirubin", "condition.second_cancer"]
    assert len(why_not(document)) == 3


@pytest.mark.parametrize(
    "another",
    [
        condition(concept("icd Z85.3 Personal history of malignant neoplasm of breast")),
        {**condition(BREAST), "clinicalStatus": concept("local resolved")},
        {**condition(BREAST), "verificationStatus": concept("local refuted")},
    ],
    ids=["history", "resolved", "refuted"],
)
def test_another_cancer_that_is_past_takes_nothing_away(another: dict[str, Any]) -> None:
    assert told(bundle(another, condition(concept("icd C78.7"))), "metastases.liver") == [True]


def test_what_is_linked_to_another_cancer_is_of_that_one() -> None:
    link = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-primary-cancer-condition"
    document = bundle(
        condition(CANCER, id="cancer"),
        condition(BREAST, id="breast"),
        condition(concept("icd C79.51"), extension=[{"url": link, "valueReference": {"reference": "Condition/breast"}}]),
        condition(concept("icd C78.7"), extension=[{"url": link, "valueReference": {"reference": "Condition/cancer"}}]),
        observation(HER2, focus=[{"reference": "Condition/breast"}], **_POSITIVE),
        observation(MSI, focus=[{"reference": "Condition/cancer"}], **_said("MSS")),
        medicine(medicationCodeableConcept=concept("rxnorm 72962"), reasonReference=[{"reference": "Condition/breast"}]),
    )
    facts = {one.fact_id for one in read(document).facts} - {"person.birth_date", "person.sex", "diagnosis.site"}
    assert facts == {"metastases.liver", "biomarker.msi_high", "condition.second_cancer"}


# --- Treatment ----------------------------------------------------------------------------------------------------------

NIVOLUMAB = concept("rxnorm 1597876 nivolumab")
MEDICINES: list[tuple[str, dict[str, Any], list[Any]]] = [
    (
        "statement with period",
        medicine(medicationCodeableConcept=NIVOLUMAB, effectivePeriod={"start": "2026-08-01", "end": "2026-10-01"}),
        [{"drugs": ["nivolumab"], "start": "2026-08-01", "end": "2026-10-01"}],
    ),
    (
        "statement with a day",
        medicine(medicationCodeableConcept=NIVOLUMAB, effectiveDateTime="2026-08"),
        [{"drugs": ["nivolumab"], "start": "2026-08"}],
    ),
    (
        "request",
        medicine("MedicationRequest", "active", intent="order", medicationCodeableConcept=NIVOLUMAB, authoredOn="2026-08-01T10:00:00Z"),
        [{"drugs": ["nivolumab"], "start": "2026-08-01"}],
    ),
    (
        "administration",
        medicine("MedicationAdministration", medicationCodeableConcept=NIVOLUMAB, effectiveDateTime="2026-08-01"),
        [{"drugs": ["nivolumab"], "start": "2026-08-01"}],
    ),
    (
        "clinical drug by name",
        medicine(medicationCodeableConcept=concept("rxnorm 1 nivolumab 10 MG/ML Injectable Solution [Opdivo]")),
        [{"drugs": ["nivolumab"]}],
    ),
    ("brand in words", medicine(medicationCodeableConcept=concept(text="OPDIVO 240 mg IV every 2 weeks")), [{"drugs": ["nivolumab"]}]),
    ("regimen in words", medicine(medicationCodeableConcept=concept(text="mFOLFOX6")), [{"drugs": ["fluorouracil", "oxaliplatin"]}]),
    ("name of a reference", medicine(medicationReference={"display": "Pembrolizumab (Keytruda)"}), [{"drugs": ["pembrolizumab"]}]),
    (
        "contained",
        medicine(contained=[{"resourceType": "Medication", "id": "m", "code": NIVOLUMAB}], medicationReference={"reference": "#m"}),
        [{"drugs": ["nivolumab"]}],
    ),
    (
        "ended for its harm",
        medicine(status="stopped", medicationCodeableConcept=NIVOLUMAB, statusReason=[concept("snomed 281647001")]),
        [{"drugs": ["nivolumab"], "ended_because": "toxicity"}],
    ),
    (
        "ended as planned",
        medicine(medicationCodeableConcept=NIVOLUMAB, statusReason=[concept("snomed 182992009")]),
        [{"drugs": ["nivolumab"], "ended_because": "completed"}],
    ),
    (
        "for relief",
        medicine(
            medicationCodeableConcept=NIVOLUMAB,
            extension=[
                {
                    "url": "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent",
                    "valueCodeableConcept": concept("snomed 363676003"),
                }
            ],
        ),
        [{"drugs": ["nivolumab"], "intent": "palliative"}],
    ),
    ("not taken", medicine(status="not-taken", medicationCodeableConcept=NIVOLUMAB), []),
    ("in error", medicine(status="entered-in-error", medicationCodeableConcept=NIVOLUMAB), []),
    ("only intended", medicine(status="intended", medicationCodeableConcept=NIVOLUMAB), []),
    ("cancelled", medicine("MedicationRequest", "cancelled", intent="order", medicationCodeableConcept=NIVOLUMAB), []),
    ("only proposed", medicine("MedicationRequest", "active", intent="proposal", medicationCodeableConcept=NIVOLUMAB), []),
    ("forbidden", medicine("MedicationRequest", "active", intent="order", doNotPerform=True, medicationCodeableConcept=NIVOLUMAB), []),
    ("not done", medicine("MedicationAdministration", "not-done", medicationCodeableConcept=NIVOLUMAB), []),
    ("a code and a name that differ", medicine(medicationCodeableConcept=concept("rxnorm 1597876 pembrolizumab")), []),
    ("another medicine", medicine(medicationCodeableConcept=concept(text="Lisinopril 10 MG Oral Tablet")), []),
    ("with leucovorin, which is no drug against it", medicine(medicationCodeableConcept=concept("rxnorm 6313")), []),
    (
        "ends before it starts",
        medicine(medicationCodeableConcept=NIVOLUMAB, effectivePeriod={"start": "2026-08-01", "end": "2026-07-01"}),
        [{"drugs": ["nivolumab"], "start": "2026-08-01"}],
    ),
]


@pytest.mark.parametrize(("resource", "expected"), [row[1:] for row in MEDICINES], ids=[row[0] for row in MEDICINES])
def test_medicines(resource: dict[str, Any], expected: list[Any]) -> None:
    assert told(bundle(condition(CANCER), resource), "therapy.history") == expected


def test_a_medication_beside_it_is_looked_up() -> None:
    document = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": PATIENT},
            {"fullUrl": "urn:uuid:med-1", "resource": {"resourceType": "Medication", "code": NIVOLUMAB}},
            {"resource": medicine(medicationReference={"reference": "urn:uuid:med-1"})},
        ],
    }
    assert told(document, "therapy.history") == [{"drugs": ["nivolumab"]}]


def test_infusions_become_courses_and_drugs_that_start_together_one_regimen() -> None:
    def infusion(code: str, day: str) -> dict[str, Any]:
        return medicine("MedicationAdministration", medicationCodeableConcept=concept(f"rxnorm {code}"), effectiveDateTime=day)

    document = bundle(
        *(infusion("32592", day) for day in ("2026-03-02", "2026-03-16", "2026-03-30")),
        *(infusion("4492", day) for day in ("2026-03-02", "2026-03-16", "2026-03-30")),
        *(infusion("56946", day) for day in ("2026-09-01", "2026-09-08")),
    )
    assert told(document, "therapy.history") == [
        {"drugs": ["paclitaxel"], "start": "2026-09-01", "end": "2026-09-08"},
        {"drugs": ["fluorouracil", "oxaliplatin"], "start": "2026-03-02", "end": "2026-03-30"},
    ]
    history = case_of(document)["therapy.history"]
    assert history["complete"] is False
    assert [course["start"] for course in history["items"]] == ["2026-03-02", "2026-09-01"]


@pytest.mark.parametrize(("second", "courses"), [("2026-03-09", 1), ("2026-03-10", 2)], ids=["a week apart", "more than a week apart"])
def test_a_regimen_starts_within_a_week(second: str, courses: int) -> None:
    document = bundle(
        medicine(medicationCodeableConcept=concept("rxnorm 32592"), effectiveDateTime="2026-03-02"),
        medicine(medicationCodeableConcept=concept("rxnorm 4492"), effectiveDateTime=second),
    )
    assert len(told(document, "therapy.history")) == courses


@pytest.mark.parametrize(("second", "courses"), [("2026-05-04", 1), ("2026-05-05", 2)], ids=["63 days", "64 days"])
def test_a_long_pause_parts_two_courses(second: str, courses: int) -> None:
    document = bundle(
        *(
            medicine("MedicationAdministration", medicationCodeableConcept=NIVOLUMAB, effectiveDateTime=day)
            for day in ("2026-03-02", second)
        )
    )
    assert len(told(document, "therapy.history")) == courses


@pytest.mark.parametrize(
    ("resource", "fact_id", "is_told"),
    [
        (
            medicine("MedicationRequest", "active", intent="order", authoredOn=DAY, medicationCodeableConcept=concept("rxnorm 1364430")),
            "condition.blood_thinner",
            True,
        ),
        (
            medicine("MedicationRequest", "completed", intent="order", authoredOn=DAY, medicationCodeableConcept=concept("rxnorm 1364430")),
            "condition.blood_thinner",
            False,
        ),
        (
            medicine("MedicationRequest", "active", intent="order", medicationCodeableConcept=concept("rxnorm 1364430")),
            "condition.blood_thinner",
            False,
        ),
        (
            medicine("MedicationRequest", "active", intent="order", authoredOn=DAY, medicationCodeableConcept=concept("rxnorm 5224")),
            "condition.blood_thinner",
            False,
        ),
        (
            medicine("MedicationStatement", "active", effectiveDateTime=DAY, medicationCodeableConcept=concept("rxnorm 8640")),
            "condition.steroid_use",
            True,
        ),
        (
            medicine("MedicationStatement", "active", effectiveDateTime=DAY, medicationCodeableConcept=concept("rxnorm 3264")),
            "condition.steroid_use",
            False,
        ),
    ],
    ids=["apixaban now", "apixaban once", "apixaban, nobody knows when", "heparin may only rinse a line", "prednisone", "dexamethasone"],
)
def test_blood_thinners_and_steroids(resource: dict[str, Any], fact_id: str, is_told: bool) -> None:
    assert told(bundle(resource), fact_id) == ([True] if is_told else [])


PROCEDURES: list[tuple[str, dict[str, Any], list[str]]] = [
    (
        "a number of a system that is not ours tells nothing",
        procedure({"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "43212"}]}, performedDateTime=DAY),
        [],
    ),
    (
        "the words beside such a number do",
        procedure(concept("local 43212 Esophagoscopy with placement of a stent"), performedDateTime=DAY),
        ["stent"],
    ),
    ("stent in words", procedure(concept(text="Placement of esophageal stent"), performedDateTime=DAY), ["stent"]),
    ("stent taken out", procedure(concept(text="Removal of esophageal stent"), performedDateTime=DAY), []),
    ("stent of the heart", procedure(concept(text="Insertion of coronary stent"), performedDateTime=DAY), []),
    ("dilation", procedure(concept(text="EGD with balloon dilation of esophagus"), performedDateTime=DAY), ["dilation"]),
    ("esophagus removed", procedure(concept("snomed 45900003"), performedDateTime=DAY), ["esophagectomy"]),
    (
        "liver tumor burned",
        procedure(concept("local 1 Radiofrequency ablation of liver tumor"), performedDateTime=DAY),
        ["radiofrequency_ablation"],
    ),
    ("beads", procedure(concept(text="Y-90 radioembolization, right lobe"), performedDateTime=DAY), ["radioembolization"]),
    ("mapping for beads", procedure(concept(text="Y-90 mapping"), performedDateTime=DAY), []),
    (
        "radiation to the esophagus",
        procedure(concept("snomed 33195004"), bodySite=[concept("snomed 32849002")], performedDateTime=DAY),
        ["external_radiation"],
    ),
    (
        "protons to the liver",
        procedure(concept("snomed 10611004"), bodySite=[concept("snomed 10200004")], performedDateTime=DAY),
        ["proton_therapy"],
    ),
    ("radiation somewhere", procedure(concept("snomed 33195004"), performedDateTime=DAY), []),
    ("radiation of a bone", procedure(concept("snomed 33195004"), bodySite=[concept("snomed 272673000")], performedDateTime=DAY), []),
    ("not done", procedure(concept(text="Placement of esophageal stent"), "not-done"), []),
    ("going on", procedure(concept(text="Placement of esophageal stent"), "in-progress"), []),
    ("in error", procedure(concept(text="Placement of esophageal stent"), "entered-in-error"), []),
    ("biopsy", procedure(concept(text="EGD with biopsy"), performedDateTime=DAY), []),
]


@pytest.mark.parametrize(("resource", "expected"), [row[1:] for row in PROCEDURES], ids=[row[0] for row in PROCEDURES])
def test_procedures(resource: dict[str, Any], expected: list[str]) -> None:
    document = bundle(condition(CANCER), resource)
    assert [one["procedure"] for one in told(document, "therapy.history")] == expected
    assert len(why_not(document)) == (0 if expected else 1)


def test_surgery_and_radiation_tell_more_than_their_course() -> None:
    period = {"start": "2026-01-05", "end": "2026-02-10"}
    document = bundle(
        procedure(concept("snomed 45900003"), performedDateTime="2025-06-01"),
        procedure(concept("snomed 33195004"), bodySite=[concept(text="Esophagus")], performedPeriod=period),
    )
    facts = {one.fact_id: one.told.get("value") for one in read(document).facts if not one.is_item}
    assert facts["diagnosis.primary_removed"] is True
    assert facts["therapy.major_surgery_date"] == "2025-06-01"
    assert facts["therapy.radiation_esophagus"] is True
    assert facts["therapy.radiation_end"] == "2026-02-10"


# --- Whom it is about ---------------------------------------------------------------------------------------------------


def test_a_file_of_two_people_tells_nothing() -> None:
    reading = read(bundle({**PATIENT, "id": "p2"}, lab("1975-2", 0.9, "mg/dL")))
    assert reading.people == 2
    assert not reading.facts
    assert not reading.reports
    assert "2 people" in reading.not_understood[-1].why


def test_results_of_two_people_without_their_resources_tell_nothing() -> None:
    reading = read(bundle(lab("1975-2", 0.9, "mg/dL"), lab("1975-2", 3, "mg/dL", subject={"reference": "Patient/p2"}), patient=None))
    assert (reading.people, reading.facts) == (2, ())


@pytest.mark.parametrize(
    ("full_url", "reference"),
    [
        (None, "Patient/p1"),
        (None, "https://fhir.example.org/r4/Patient/p1"),
        (None, "Patient/p1/_history/3"),
        ("urn:uuid:0c3151bd", "urn:uuid:0c3151bd"),
        ("https://fhir.example.org/r4/Patient/p1", "Patient/p1"),
        (None, "Patient?identifier=http://example.org/mrn|12345"),
    ],
)
def test_ways_to_name_the_person(full_url: str | None, reference: str) -> None:
    patient = {**PATIENT, "identifier": [{"system": "http://example.org/mrn", "value": "12345"}]}
    result = lab("1975-2", 0.9, "mg/dL", subject={"reference": reference})
    entries = [{"resource": patient} | ({} if full_url is None else {"fullUrl": full_url}), {"resource": result}]
    document = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    assert told(document, "labs.bilirubin") == [{"value": 0.9, "unit": "mg/dL"}]


PATIENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"gender": "female"}, {"person.sex": "female"}),
    ({"gender": "other"}, {}),
    ({"gender": "unknown"}, {}),
    ({"birthDate": "1965"}, {"person.birth_date": "1965"}),
    ({"birthDate": "1965-13-01"}, {}),
    ({"birthDate": "2065-01-01"}, {}),
    ({"birthDate": None}, {}),
    ({"address": [{"postalCode": "02115-1234", "country": "USA"}]}, {"person.country": "US", "person.postal_code": "02115"}),
    ({"address": [{"use": "old", "postalCode": "10001"}, {"use": "home", "postalCode": "02115"}]}, {"person.postal_code": "02115"}),
    ({"address": [{"period": {"end": "2020"}, "postalCode": "10001"}]}, {}),
    ({"address": [{"postalCode": "SW1A 1AA", "country": "gb"}]}, {"person.country": "GB", "person.postal_code": "SW1A 1AA"}),
    ({"address": [{"country": "Germany"}]}, {}),
]


@pytest.mark.parametrize(("patient", "expected"), PATIENTS)
def test_the_person(patient: dict[str, Any], expected: dict[str, Any]) -> None:
    reading = read(bundle(patient={"resourceType": "Patient", "id": "p1", **patient}))
    assert {one.fact_id: one.told["value"] for one in reading.facts} == expected


# --- Reports ------------------------------------------------------------------------------------------------------------


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


REPORTS: list[tuple[str, dict[str, Any], str | None]] = [
    ("conclusion", {"resourceType": "DiagnosticReport", "code": concept(text="CT"), "conclusion": "Two lesions."}, "Two lesions."),
    (
        "attached text",
        {
            "resourceType": "DiagnosticReport",
            "code": concept(text="CT"),
            "presentedForm": [{"contentType": "text/plain", "data": _encoded("Two lesions.")}],
        },
        "Two lesions.",
    ),
    (
        "marked up",
        {
            "resourceType": "DocumentReference",
            "type": concept(text="CT"),
            "content": [
                {"attachment": {"contentType": "text/html; charset=utf-8", "data": _encoded("<p>Two<script>x</script> lesions.</p>")}}
            ],
        },
        "Two lesions.",
    ),
    (
        "a picture of a page",
        {
            "resourceType": "DocumentReference",
            "type": concept(text="CT"),
            "content": [{"attachment": {"contentType": "application/pdf", "data": _encoded("%PDF")}}],
        },
        None,
    ),
    (
        "elsewhere",
        {
            "resourceType": "DocumentReference",
            "type": concept(text="CT"),
            "content": [{"attachment": {"contentType": "text/plain", "url": "https://example.org/Binary/1"}}],
        },
        None,
    ),
    (
        "cannot be decoded",
        {
            "resourceType": "DocumentReference",
            "type": concept(text="CT"),
            "content": [{"attachment": {"contentType": "text/plain", "data": "%%%"}}],
        },
        None,
    ),
    (
        "in error",
        {"resourceType": "DiagnosticReport", "status": "entered-in-error", "code": concept(text="CT"), "conclusion": "Two lesions."},
        None,
    ),
]


@pytest.mark.parametrize(("resource", "text"), [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS])
def test_reports_stay_closed(resource: dict[str, Any], text: str | None) -> None:
    reading = read(bundle({"subject": SUBJECT, **resource}))
    assert [one.text for one in reading.reports] == ([] if text is None else [text])
    assert [one.fact_id for one in reading.facts] == ["person.birth_date", "person.sex"]
    assert len(reading.not_understood) == (1 if text is None else 0)


def test_a_report_may_lie_in_a_binary_of_the_file() -> None:
    document = bundle(
        {
            "resourceType": "DocumentReference",
            "type": concept(text="CT"),
            "date": "2026-10-02T10:00:00Z",
            "subject": SUBJECT,
            "content": [{"attachment": {"url": "Binary/b1"}}],
        },
        {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": _encoded("Two lesions.")},
    )
    (report,) = read(document).reports
    assert (report.title, report.date, report.text) == ("CT", "2026-10-02", "Two lesions.")


# --- Differences --------------------------------------------------------------------------------------------------------


def _conflicts(document: Any) -> dict[str, list[Any]]:
    proposed = proposals(read(document), library().vocabulary, AS_OF)
    return {one.fact_id: [plain(each.told) for each in one.candidates] for one in proposed if one.differ}


def _stage(value: str, day: str | None) -> dict[str, Any]:
    return observation(concept("loinc 21908-9"), day, valueCodeableConcept=concept(f"ajcc {value}"))


DIFFERENCES: list[tuple[str, list[dict[str, Any]], list[Any] | None]] = [
    ("two stages of two days, which cannot change", [_stage("4B", "2026-10-05"), _stage("3", "2026-09-01")], ["4b", 3]),
    ("two stages without a day", [_stage("4B", None), _stage("3", None)], ["4b", 3]),
    ("the same stage twice", [_stage("4B", "2026-10-05"), _stage("4B", "2026-10-05")], None),
    ("stage 4 and 4b agree", [_stage("4", "2026-10-05"), _stage("4B", "2026-09-01")], None),
    ("stage 4a and 4b do not", [_stage("4A", "2026-10-05"), _stage("4B", "2026-09-01")], ["4a", "4b"]),
]


@pytest.mark.parametrize(("resources", "expected"), [row[1:] for row in DIFFERENCES], ids=[row[0] for row in DIFFERENCES])
def test_contradictions_are_left_open_newest_first(resources: list[dict[str, Any]], expected: list[Any] | None) -> None:
    document = bundle(*resources)
    assert _conflicts(document) == ({} if expected is None else {"diagnosis.stage": expected})
    assert ("diagnosis.stage" in case_of(document)) is (expected is None)


def test_what_may_change_is_taken_as_of_its_newest_day() -> None:
    document = bundle(observation(ECOG, "2026-09-01", valueInteger=2), observation(ECOG, "2026-11-01", valueInteger=1))
    assert not _conflicts(document)
    assert case_of(document)["function.ecog"]["value"] == 1


def test_two_values_of_one_day_are_left_open() -> None:
    document = bundle(lab("1975-2", 0.9, "mg/dL"), lab("1975-2", 2.4, "mg/dL"))
    assert _conflicts(document) == {"labs.bilirubin": [{"value": 0.9, "unit": "mg/dL"}, {"value": 2.4, "unit": "mg/dL"}]}
    assert "labs.bilirubin" not in case_of(document)


def test_the_same_value_in_two_units_is_no_contradiction() -> None:
    document = bundle(lab("1751-7", 3.9, "g/dL"), lab("1751-7", 39, "g/L"))
    assert not _conflicts(document)


def test_a_value_told_twice_keeps_both_places() -> None:
    (bilirubin,) = [
        one
        for one in read(bundle(lab("1975-2", 0.9, "mg/dL", id="a"), lab("1975-2", 0.9, "mg/dL", id="a"))).facts
        if one.fact_id == "labs.bilirubin"
    ]
    assert "entry 2" in bilirubin.where


def test_systems_are_known_by_several_names() -> None:
    code = {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.1", "code": "1975-2"}]}
    assert told(bundle(observation(code, valueQuantity={"value": 1, "unit": "mg/dL"})), "labs.bilirubin") == [{"value": 1, "unit": "mg/dL"}]
    assert SYSTEMS["loinc"] == "http://loinc.org"


@pytest.mark.parametrize("kind", ["collection", "searchset", "transaction", "batch", "history", "document"])
def test_every_kind_of_bundle_is_read(kind: str) -> None:
    document = {**bundle(lab("1975-2", 0.9, "mg/dL")), "type": kind}
    assert told(document, "labs.bilirubin") == [{"value": 0.9, "unit": "mg/dL"}]


def test_what_a_transaction_deletes_is_not_read() -> None:
    document = bundle(lab("1975-2", 0.9, "mg/dL"))
    document["entry"][1]["request"] = {"method": "DELETE", "url": "Observation/1"}
    assert told(document, "labs.bilirubin") == []


def test_resources_that_hold_no_fact_are_counted() -> None:
    reading = read(
        bundle(
            {"resourceType": "Encounter", "subject": SUBJECT},
            {"resourceType": "CarePlan", "subject": SUBJECT},
            {"resourceType": "Weather", "subject": SUBJECT},
        )
    )
    assert dict(reading.counts) == {"CarePlan": 1, "Encounter": 1, "Patient": 1, "Weather": 1}
    assert [one.kind for one in reading.not_understood] == ["Weather"]
