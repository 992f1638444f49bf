"""Records of invented people with cancer of the esophagus, as a hospital's FHIR server would send them: US Core and mCODE, none of our own.

Each row holds what a careful reader takes from it, written from the codes and not from what the reader answers;
`tests/records/test_standard_fields.py` holds the reader against it, and the bundles against the FHIR models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ICDO3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
AJCC = "http://cancerstaging.org"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition"

Resource = dict[str, Any]


@dataclass(frozen=True)
class EsophagealBundle:
    """One record and what it tells. `facts` are values as a case file writes them, `absent` are facts that it does not tell."""

    name: str
    bundle: Resource
    facts: Mapping[str, Any]
    absent: tuple[str, ...] = ()
    courses: tuple[frozenset[str], ...] = field(default=())  # the drugs of each course, or its procedure


def concept(system: str, code: str, display: str = "", text: str | None = None) -> Resource:
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return {"coding": [coding], **({"text": text} if text else {})}


def patient(born: str, gender: str = "male") -> Resource:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"profile": [f"{MCODE}/mcode-cancer-patient"]},
        "identifier": [{"system": "urn:oid:1.2.36.146.595.217.0.1", "value": "12345"}],
        "name": [{"family": "Sample", "given": ["Invented"]}],
        "gender": gender,
        "birthDate": born,
        "address": [{"use": "home", "postalCode": "02115", "country": "US"}],
    }


def condition(
    identity: str, code: Resource, *, profile: str = "", status: str = "confirmed", clinical: str | None = "active", **more: Any
) -> Resource:
    return {
        "resourceType": "Condition",
        "id": identity,
        **({"meta": {"profile": [f"{MCODE}/{profile}"]}} if profile else {}),
        **({"clinicalStatus": concept(f"{HL7}/condition-clinical", clinical)} if clinical else {}),
        "verificationStatus": concept(f"{HL7}/condition-ver-status", status),
        "category": [concept(f"{HL7}/condition-category", "problem-list-item")],
        "code": code,
        "subject": {"reference": "Patient/p1"},
        **more,
    }


def primary(code: Resource, *, histology: Resource | None = None, site: Resource | None = None, found: str | None = None) -> Resource:
    extensions = [
        *([{"url": f"{MCODE}/mcode-histology-morphology-behavior", "valueCodeableConcept": histology}] if histology else []),
        *([{"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": found}] if found else []),
    ]
    more: Resource = {**({"extension": extensions} if extensions else {}), **({"bodySite": [site]} if site else {})}
    return condition("primary", code, profile="mcode-primary-cancer-condition", **more)


def secondary(identity: str, snomed: str, display: str, **more: Any) -> Resource:
    related = {"url": "http://hl7.org/fhir/StructureDefinition/condition-related", "valueReference": {"reference": "Condition/primary"}}
    return condition(identity, concept(SNOMED, snomed, display), profile="mcode-secondary-cancer-condition", extension=[related], **more)


def observation(identity: str, code: Resource, day: str, *, category: str = "laboratory", status: str = "final", **value: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": status,
        "category": [concept(f"{HL7}/observation-category", category)],
        "code": code,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": day,
        **value,
    }


def lab(
    loinc: str, value: float, unit: str, day: str, *, sign: str | None = None, low: float | None = None, high: float | None = None
) -> Resource:
    def amount(number: float) -> Resource:
        return {"value": number, "unit": unit, "system": UCUM, "code": unit}

    ends = {key: amount(end) for key, end in (("low", low), ("high", high)) if end is not None}
    return observation(
        f"lab-{loinc}-{day[:10]}",
        concept(LOINC, loinc),
        day,
        valueQuantity={**amount(value), **({"comparator": sign} if sign else {})},
        **({"referenceRange": [ends]} if ends else {}),
    )


def ecog(grade: int, day: str) -> Resource:
    return {
        **observation(
            f"ecog-{day}", concept(LOINC, "89247-1", "ECOG Performance Status score"), day, category="survey", valueInteger=grade
        ),
        "meta": {"profile": [f"{MCODE}/mcode-ecog-performance-status"]},
    }


def stage(value: Resource, day: str, loinc: str = "21908-9") -> Resource:
    return {
        **observation("stage", concept(LOINC, loinc), day, category="exam", valueCodeableConcept=value),
        "focus": [{"reference": "Condition/primary"}],
    }


def marker(identity: str, loinc: str, day: str, **value: Any) -> Resource:
    return observation(identity, concept(LOINC, loinc), day, **value)


def drug(identity: str, rxnorm: str, name: str, start: str, end: str | None = None, *, status: str = "completed", **more: Any) -> Resource:
    return {
        "resourceType": "MedicationStatement",
        "id": identity,
        "meta": {"profile": [f"{MCODE}/mcode-cancer-related-medication-statement"]},
        "status": status,
        "medicationCodeableConcept": concept(RXNORM, rxnorm, name, name),
        "subject": {"reference": "Patient/p1"},
        "effectivePeriod": {"start": start, **({"end": end} if end else {})},
        "reasonReference": [{"reference": "Condition/primary"}],
        **more,
    }


def procedure(identity: str, snomed: str, display: str, day: str, **more: Any) -> Resource:
    return {
        "resourceType": "Procedure",
        "id": identity,
        "status": "completed",
        "code": concept(SNOMED, snomed, display),
        "subject": {"reference": "Patient/p1"},
        "performedDateTime": day,
        **more,
    }


def bundle(*resources: Resource) -> Resource:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"https://hospital.example/fhir/{one['resourceType']}/{one['id']}", "resource": one} for one in resources],
    }


ADENO = concept(ICDO3, "8140/3", "Adenocarcinoma, NOS")
SQUAMOUS = concept(ICDO3, "8070/3", "Squamous cell carcinoma, NOS")
JUNCTION = concept(ICDO3, "C16.0", "Cardia, NOS")
LOWER = concept(ICDO3, "C15.5", "Lower third of esophagus")
MIDDLE = concept(ICDO3, "C15.4", "Middle third of esophagus")
ESOPHAGUS = concept(SNOMED, "363402007", "Malignant tumor of esophagus (disorder)")
POSITIVE = concept(SNOMED, "10828004", "Positive (qualifier value)")
NEGATIVE = concept(SNOMED, "260385009", "Negative (qualifier value)")

BUNDLES: tuple[EsophagealBundle, ...] = (
    EsophagealBundle(
        "newly found, HER2 positive, spread to the liver",
        bundle(
            patient("1961-04-12"),
            primary(ESOPHAGUS, histology=ADENO, site=LOWER, found="2026-10-20"),
            stage(concept(AJCC, "4B", "Stage IVB"), "2026-10-28"),
            secondary("liver", "94381002", "Secondary malignant neoplasm of liver (disorder)"),
            marker("her2", "18474-7", "2026-10-26", valueCodeableConcept={"text": "3+"}),
            ecog(1, "2026-11-16"),
            lab("1751-7", 3.9, "g/dL", "2026-11-16", low=3.5, high=5.0),
            lab("1975-2", 0.7, "mg/dL", "2026-11-16", high=1.2),
        ),
        {
            "person.birth_date": "1961-04-12",
            "person.sex": "male",
            "diagnosis.histology": "adenocarcinoma",
            "diagnosis.site": "lower",
            "diagnosis.date": "2026-10-20",
            "diagnosis.stage": "4b",
            "metastases.liver": True,
            "biomarker.her2_ihc": 3,
            "function.ecog": 1,
            "labs.albumin": 3.9,
            "labs.bilirubin": 0.7,
            "labs.albumin_lln": 3.5,
            "labs.albumin_uln": 5,
            "labs.bilirubin_uln": 1.2,
        },
        absent=("metastases.lung", "metastases.bone", "biomarker.her2", "person.pregnant"),
    ),
    EsophagealBundle(
        "squamous, coded in ICD-10-CM only",
        bundle(
            patient("1970-01-05", "female"),
            condition("primary", concept(ICD10, "C15.4", "Malignant neoplasm of middle third of esophagus")),
            condition("bone", concept(ICD10, "C79.51", "Secondary malignant neoplasm of bone")),
            observation("hist", concept(LOINC, "59847-4"), "2026-09-01", valueCodeableConcept=SQUAMOUS),
        ),
        {
            "person.sex": "female",
            "diagnosis.site": "middle",
            "diagnosis.histology": "squamous",
            "metastases.bone": True,
        },
        absent=("metastases.liver", "function.ecog", "labs.albumin"),
    ),
    EsophagealBundle(
        "what was ruled out, and what was entered in error",
        bundle(
            patient("1958"),
            primary(ESOPHAGUS, histology=ADENO),
            secondary("brain", "94225005", "Secondary malignant neoplasm of brain (disorder)", status="refuted", clinical=None),
            secondary("lung", "94391008", "Secondary malignant neoplasm of lung (disorder)", status="entered-in-error", clinical=None),
            {**ecog(3, "2026-11-01"), "status": "entered-in-error"},
            {**lab("718-7", 3.1, "g/dL", "2026-11-01"), "status": "cancelled"},
        ),
        {"person.birth_date": "1958", "diagnosis.histology": "adenocarcinoma"},
        absent=("metastases.lung", "function.ecog", "labs.hemoglobin"),
    ),
    EsophagealBundle(
        "results with signs and in other units",
        bundle(
            patient("1966-02"),
            primary(ESOPHAGUS, site=JUNCTION),
            lab("14631-6", 12, "umol/L", "2026-11-10"),
            lab("718-7", 129, "g/L", "2026-11-10"),
            lab("777-3", 265, "10*3/uL", "2026-11-10"),
            lab("2039-6", 0.5, "ng/mL", "2026-11-10", sign="<"),
            lab("24108-3", 1200, "U/mL", "2026-11-10", sign=">"),
            lab("2160-0", 80, "umol/L", "2026-11-10"),
            lab("6301-6", 1.1, "{INR}", "2026-11-10"),
        ),
        {
            "diagnosis.site": "gej",
            "labs.bilirubin": {"value": 12, "unit": "umol/L"},
            "labs.hemoglobin": 12.9,
            "labs.platelets": 265,
            "labs.cea": {"below": 0.5},
            "labs.ca19_9": {"above": 1200},
            "labs.creatinine": {"value": 80, "unit": "umol/L"},
            "labs.inr": 1.1,
        },
        absent=("labs.bilirubin_uln",),
    ),
    EsophagealBundle(
        "after FLOT and surgery, now on second-line treatment",
        bundle(
            patient("1963-07-30"),
            primary(ESOPHAGUS, histology=ADENO, site=JUNCTION, found="2025-01-15"),
            drug("flot-1", "4492", "fluorouracil", "2025-02-03", "2025-04-20"),
            drug("flot-2", "32592", "oxaliplatin", "2025-02-03", "2025-04-20"),
            drug("flot-3", "72962", "docetaxel", "2025-02-03", "2025-04-20"),
            drug("flot-4", "6313", "leucovorin", "2025-02-03", "2025-04-20"),
            procedure("surgery", "45900003", "Esophagectomy (procedure)", "2025-05-20"),
            drug("second-1", "1535218", "ramucirumab", "2026-06-02", status="active"),
            drug("second-2", "56946", "paclitaxel", "2026-06-02", status="active"),
            secondary("liver", "94381002", "Secondary malignant neoplasm of liver (disorder)"),
        ),
        {"metastases.liver": True, "diagnosis.date": "2025-01-15", "diagnosis.site": "gej"},
        courses=(
            frozenset({"fluorouracil", "oxaliplatin", "docetaxel"}),  # leucovorin helps fluorouracil; it treats no cancer
            frozenset({"esophagectomy"}),
            frozenset({"ramucirumab", "paclitaxel"}),
        ),
    ),
    EsophagealBundle(
        "mismatch-repair deficient, on pembrolizumab",
        bundle(
            patient("1949-11-11", "female"),
            primary(concept(SNOMED, "276803003", "Adenocarcinoma of esophagus (disorder)")),
            marker("msi", "81695-9", "2026-08-03", valueCodeableConcept=concept(LOINC, "LA26203-2", "MSI-H")),
            marker("her2", "48676-1", "2026-08-03", valueCodeableConcept=NEGATIVE),
            drug("pembro", "1547545", "pembrolizumab", "2026-09-01", status="active"),
            observation(
                "weight",
                concept(LOINC, "29463-7"),
                "2026-11-20",
                category="vital-signs",
                valueQuantity={"value": 132, "unit": "lb", "system": UCUM, "code": "[lb_av]"},
            ),
            observation(
                "status", concept(LOINC, "97509-4"), "2026-11-20", category="exam", valueCodeableConcept=concept(SNOMED, "268910001")
            ),
        ),
        {
            "diagnosis.histology": "adenocarcinoma",
            "biomarker.msi_high": True,
            "biomarker.her2": "negative",
            "nutrition.weight_kg": {"value": 132, "unit": "lb"},
            "disease.status": "responding",
        },
        absent=("biomarker.her2_ihc",),
        courses=(frozenset({"pembrolizumab"}),),
    ),
    EsophagealBundle(
        "the newest of several results counts",
        bundle(
            patient("1955-03-03"),
            primary(ESOPHAGUS),
            lab("1751-7", 3.9, "g/dL", "2026-08-01T08:00:00Z"),
            lab("1751-7", 3.1, "g/dL", "2026-11-01T08:00:00Z"),
            lab("1751-7", 3.6, "g/dL", "2026-10-01T08:00:00Z"),
            ecog(0, "2026-03-01"),
            ecog(2, "2026-11-01"),
        ),
        {"labs.albumin": 3.1, "function.ecog": 2},
    ),
    EsophagealBundle(
        "nothing but words",
        bundle(
            patient("1952"),
            condition("primary", {"text": "Adenocarcinoma of lower third of esophagus"}),
            condition("spread", {"text": "Liver metastases"}),
            observation("ecog", {"text": "ECOG performance status"}, "2026-11-02", category="survey", valueString="1"),
        ),
        {
            "diagnosis.histology": "adenocarcinoma",
            "diagnosis.site": "lower",
            "metastases.liver": True,
        },
        absent=("metastases.lung",),
    ),
    EsophagealBundle(
        "an earlier other cancer and other conditions",
        bundle(
            patient("1947-06-06", "female"),
            primary(ESOPHAGUS, histology=SQUAMOUS),
            condition(
                "breast", concept(SNOMED, "254837009", "Malignant neoplasm of breast (disorder)"), clinical="resolved", onsetDateTime="2009"
            ),
            condition("diabetes", concept(SNOMED, "44054006", "Diabetes mellitus type 2 (disorder)")),
            condition("failure", concept(ICD10, "I50.9", "Heart failure, unspecified")),
        ),
        {
            "diagnosis.histology": "squamous",
            "condition.second_cancer": True,
            "condition.diabetes": True,
            "condition.heart_failure": True,
        },
        absent=("condition.hiv",),
    ),
    EsophagealBundle(
        "palliative radiation and a stent",
        bundle(
            patient("1964-12-24"),
            primary(ESOPHAGUS, histology=SQUAMOUS, site=MIDDLE),
            secondary("lung", "94391008", "Secondary malignant neoplasm of lung (disorder)"),
            stage(concept(SNOMED, "1222837003", "American Joint Committee on Cancer stage IV"), "2026-07-01"),
            drug("one", "40048", "carboplatin", "2026-07-20", "2026-09-01"),
            drug("two", "56946", "paclitaxel", "2026-07-20", "2026-09-01"),
        ),
        {
            "metastases.lung": True,
            "diagnosis.stage": "4",
            "diagnosis.site": "middle",
        },
        absent=("metastases.liver",),
        courses=(frozenset({"carboplatin", "paclitaxel"}),),
    ),
    EsophagealBundle(
        "no cancer of the esophagus in it",
        bundle(
            patient("1980-08-08", "female"),
            condition("primary", concept(SNOMED, "254837009", "Malignant neoplasm of breast (disorder)")),
            lab("1751-7", 4.2, "g/dL", "2026-11-01"),
        ),
        {"labs.albumin": 4.2},
        absent=("diagnosis.histology", "diagnosis.site", "metastases.liver"),
    ),
)
