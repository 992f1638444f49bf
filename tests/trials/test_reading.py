"""What the rules of trials ask: texts, situations, and the answer that the words and the medicine give.

Each rule stands with situations just below, at and above its limit, and with one that does not hold the fact. `met` means: it does not
stand in the way, so an exclusion that does not apply is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.helpers import days_ago, situation_of
from tests.trials.making import study_of
from wayline.library import library
from wayline.trials.criteria import FIELD, Criterion
from wayline.trials.matching import MET, NOT_MET, UNKNOWN, check_item
from wayline.trials.splitting import HEADING

Facts = Mapping[str, Any]
Cases = list[tuple[Facts, str]]
Rule = tuple[str, str, Cases]  # "+" for an inclusion or "-" for an exclusion, its text, and the answers

_TITLES = {"+": "Inclusion Criteria:", "-": "Exclusion Criteria:"}


def against(fact: str, met: Iterable[Any] = (), not_met: Iterable[Any] = (), unknown: Iterable[Any] = (), **given: Any) -> Cases:
    """One fact with these values, and missing, which is always unknown. `given` holds further facts, with `__` for the dot."""
    others = {name.replace("__", "."): value for name, value in given.items()}
    answers = ((MET, met), (NOT_MET, not_met), (UNKNOWN, unknown))
    return [({**others, fact: value}, truth) for truth, values in answers for value in values] + [(others, UNKNOWN)]


def both(low: Any, high: Any = None) -> dict[str, Any]:
    """AST and ALT as multiples of their upper limits."""
    return {"labs.ast": {"times_uln": low}, "labs.alt": {"times_uln": low if high is None else high}}


def had(*drugs: str, **course: Any) -> dict[str, Any]:
    """A history of one course of these drugs."""
    return {"therapy.history": [{"drugs": list(drugs), **course}]}


def done(procedure: str, **course: Any) -> dict[str, Any]:
    """A history of one procedure."""
    return {"therapy.history": [{"procedure": procedure, **course}]}


NOTHING: dict[str, Any] = {}
UNTREATED: dict[str, Any] = {"therapy.history": []}
MALE, FEMALE = {"person.sex": "male"}, {"person.sex": "female"}
SQUAMOUS, ADENO = {"diagnosis.histology": "squamous"}, {"diagnosis.histology": "adenocarcinoma"}
ADENO_GEJ = {**ADENO, "diagnosis.site": "gej"}
ADENO_LOWER = {**ADENO, "diagnosis.site": "lower"}
LIVER, NO_LIVER = {"metastases.liver": True}, {"metastases.liver": False}
STAGE_4B, STAGE_2 = {"diagnosis.stage": "4b"}, {"diagnosis.stage": "2"}
NO_SPREAD = {**STAGE_2, "metastases.liver": False, "metastases.outside_liver": False}

ECOG_0_1 = against("function.ecog", met=[0, 1], not_met=[2, 3, 4], unknown=[{"one_of": [1, 2]}])
ECOG_0_2 = against("function.ecog", met=[0, 1, 2], not_met=[3, 4], unknown=[{"one_of": [2, 3]}])
ADULT = against("person.age", met=[18, 19, 90], not_met=[17])
AGES_18_75 = against("person.age", met=[18, 60, 75], not_met=[17, 76, 77])
PLATELETS_100 = against("labs.platelets", met=[100, 101, {"at_least": 100}], not_met=[99, 99.9, {"below": 100}], unknown=[{"at_least": 90}])
PLATELETS_75 = against("labs.platelets", met=[75, 76], not_met=[74])
NEUTROPHILS_1_5 = against("labs.neutrophils", met=[1.5, 1.6, {"value": 1500, "unit": "cells/uL"}], not_met=[1.4, 1.49])
HEMOGLOBIN_9 = against("labs.hemoglobin", met=[9, 9.1, {"value": 90, "unit": "g/L"}], not_met=[8.9, {"value": 89, "unit": "g/L"}])
ALT_AST_IF_LIVER: Cases = [
    ({**both(2.5), **NO_LIVER}, MET),
    ({**both(2.6), **NO_LIVER}, NOT_MET),
    ({**both(2.0, 2.6), **NO_LIVER}, NOT_MET),
    ({**both(2.5), **LIVER}, MET),
    ({**both(2.6), **LIVER}, MET),
    ({**both(5), **LIVER}, MET),
    ({**both(5.1), **LIVER}, NOT_MET),
    (both(2.5), MET),
    (both(4), UNKNOWN),
    (both(5.1), NOT_MET),
    (LIVER, UNKNOWN),
    (NO_LIVER, UNKNOWN),
    ({"labs.ast": {"times_uln": 2}, **LIVER}, UNKNOWN),
]


def ruled_out_by(fact: str) -> Cases:
    """An exclusion that is just this fact."""
    return against(fact, met=[False], not_met=[True])


def at_most_open(fact: str) -> Cases:
    """An exclusion that speaks of some of those for whom the fact holds."""
    return against(fact, met=[False], unknown=[True])


def last_given(*drugs: str, not_met: Iterable[int] = (), met: Iterable[int] = (), unknown: Iterable[int] = ()) -> Cases:
    """The last dose so many days ago; never, and not told."""
    cases = [
        (had(*drugs, end=days_ago(days)), truth) for truth, ends in ((NOT_MET, not_met), (MET, met), (UNKNOWN, unknown)) for days in ends
    ]
    return [*cases, (UNTREATED, MET), (NOTHING, UNKNOWN)]


AGE: list[Rule] = [
    ("+", "Age ≥ 18 years", ADULT),
    ("+", "Age >= 18", ADULT),
    ("+", "≥ 18 years of age", ADULT),
    ("+", "18 years of age or older", ADULT),
    ("+", "At least 18 years of age", ADULT),
    ("+", "Aged 18 years and over", ADULT),
    ("+", "Patients must be at least 18 years old", ADULT),
    ("+", "Subjects must be ≥18 years of age at the time of signing the informed consent", ADULT),
    ("+", "Age \\>= 18 years", ADULT),
    ("+", "Age > 18 years", against("person.age", met=[19, 60], not_met=[17])),
    ("+", "18 to 75 years old", AGES_18_75),
    ("+", "Age: 18-75 years", AGES_18_75),
    ("+", "Aged between 18 and 75 years", AGES_18_75),
    ("+", "Age ≥ 18 and ≤ 75 years", AGES_18_75),
    ("+", "Age ≤ 75 years", against("person.age", met=[75, 18], not_met=[76, 80])),
    ("+", "Age under 70 years", against("person.age", met=[69], not_met=[70, 71])),
    ("+", "Adults aged 18 or over", ADULT),
    ("+", "Men and women ≥ 18 years", ADULT),
    ("+", "Age 18 or older", ADULT),
    ("+", "Age: 18 years and older", ADULT),
    ("+", "Male or female aged 18 years or above", ADULT),
    ("+", "Patients older than 17 years of age", ADULT),
    ("+", "Age from 18 to 75 years", AGES_18_75),
    ("+", "18-75 years of age, male or female", AGES_18_75),
    ("+", "≥18 and ≤75 years of age", AGES_18_75),
    ("+", "Age 18 to 75 years inclusive", AGES_18_75),
    ("-", "Age < 18 years", ADULT),
    ("-", "Younger than 18 years of age", ADULT),
    ("-", "Age over 80 years", against("person.age", met=[79, 80], not_met=[81])),
]

PERFORMANCE: list[Rule] = [
    ("+", "ECOG 0-1", ECOG_0_1),
    ("+", "ECOG PS 0 or 1", ECOG_0_1),
    ("+", "ECOG performance status of 0 or 1", ECOG_0_1),
    ("+", "ECOG performance status ≤ 1", ECOG_0_1),
    ("+", "ECOG performance status < 2", ECOG_0_1),
    ("+", "Eastern Cooperative Oncology Group (ECOG) performance status 0 to 1", ECOG_0_1),
    ("+", "Eastern Cooperative Oncology Group (ECOG) Performance Status (PS) score of 0 or 1", ECOG_0_1),
    ("+", "Has a performance status of 0 or 1 on the ECOG Performance Scale", ECOG_0_1),
    ("+", "Performance status (ECOG) 0-1", ECOG_0_1),
    ("+", "Performance status: ECOG 0-1", ECOG_0_1),
    ("+", "An ECOG score of 0~1", ECOG_0_1),
    ("+", "ECOG PS: 0, 1", ECOG_0_1),
    ("+", "Patients must have an ECOG performance status of 0-1", ECOG_0_1),
    ("+", "Patient has an Eastern Cooperative Oncology Group performance status of ≤ 1", ECOG_0_1),
    ("+", "ECOG/WHO performance status 0-1", ECOG_0_1),
    ("+", "WHO performance status 0 or 1", ECOG_0_1),
    ("+", "ECOG 0-2", ECOG_0_2),
    ("+", "ECOG performance status 0, 1 or 2", ECOG_0_2),
    ("+", "Zubrod performance status 0-2", ECOG_0_2),
    ("+", "ECOG performance status of 2 or less", ECOG_0_2),
    ("+", "ECOG performance status ≤ 2 (Karnofsky ≥ 60%)", ECOG_0_2),
    ("+", "ECOG performance status 0", against("function.ecog", met=[0], not_met=[1, 2])),
    ("+", "ECOG grade 0-1", ECOG_0_1),
    ("+", "ECOG performance score of 0-1", ECOG_0_1),
    ("+", "ECOG PS less than 2", ECOG_0_1),
    ("+", "ECOG no greater than 1", ECOG_0_1),
    ("+", "ECOG performance status 0–1 at screening", ECOG_0_1),
    ("+", "ECOG 0-1 (or KPS 70-100)", ECOG_0_1),
    ("+", "0-1 ECOG performance status", ECOG_0_1),
    ("+", "ECOG≤1", ECOG_0_1),
    ("+", "Performance status ECOG 0 or 1 (Karnofsky ≥ 70%)", ECOG_0_1),
    ("-", "ECOG performance status 2-4", ECOG_0_1),
    ("-", "ECOG 2 or higher", ECOG_0_1),
    ("-", "Performance status of 2 or worse", ECOG_0_1),
    ("+", "ECOG 1-2", against("function.ecog", met=[1, 2], not_met=[0, 3])),
    ("+", "Karnofsky 70-100%", against("function.ecog", met=[0, 1], not_met=[2])),
    ("-", "ECOG performance status ≥ 2", ECOG_0_1),
    ("-", "ECOG > 2", ECOG_0_2),
    # 100-90 is ECOG 0, 80-70 is 1, 60-50 is 2, 40-30 is 3: where the limit cuts a pair, that ECOG is not decided.
    ("+", "Karnofsky performance status ≥ 70", against("function.ecog", met=[0, 1], not_met=[2, 3])),
    ("+", "Karnofsky performance status ≥ 60%", against("function.ecog", met=[0, 1], not_met=[3, 4], unknown=[2])),
    ("+", "KPS ≥ 80", against("function.ecog", met=[0], not_met=[2, 3], unknown=[1])),
    ("+", "KPS > 70", against("function.ecog", met=[0], not_met=[2], unknown=[1])),
    ("+", "KPS at least 50", against("function.ecog", met=[0, 1, 2], not_met=[3])),
    ("-", "Karnofsky score < 60", against("function.ecog", met=[0, 1], not_met=[3], unknown=[2])),
]

BLOOD_COUNTS: list[Rule] = [
    ("+", "Platelets ≥ 100,000/mm3", PLATELETS_100),
    ("+", "Platelets ≥ 100,000/mm^3", PLATELETS_100),
    ("+", "Platelet count ≥ 100 x 10^9/L", PLATELETS_100),
    ("+", "Platelet count ≥ 100 x 109/L", PLATELETS_100),
    ("+", "Platelets ≥ 100 × 10⁹/L", PLATELETS_100),
    ("+", "Platelets ≥ 100 K/uL", PLATELETS_100),
    ("+", "Platelets ≥ 100 G/L", PLATELETS_100),
    ("+", "Platelets ≥ 100,000 cells/µL", PLATELETS_100),
    ("+", "Platelets at least 100,000 per microliter", PLATELETS_100),
    ("+", "Platelets ≥ 100000/μL", PLATELETS_100),
    ("+", "Platelets no less than 100 x 10^3/uL", PLATELETS_100),
    ("+", "Platelets ≥100", PLATELETS_100),
    ("+", "Platelet count (PLT) ≥ 100×10^9/L", PLATELETS_100),
    ("+", "PLT≥100*10^9/L", PLATELETS_100),
    ("+", "Platelets >/= 100,000/mcL", PLATELETS_100),
    ("+", "Platelets ≥ 100 x 10(9)/L", PLATELETS_100),
    ("+", "Platelets ≥ 100 x 10E9/L", PLATELETS_100),
    ("-", "Platelet count < 100,000/mm3", PLATELETS_100),
    ("+", "Platelets ≥ 75,000/mm3", PLATELETS_75),
    ("+", "Platelets > 75 x 10^9/L", against("labs.platelets", met=[75.1, 76], not_met=[74, 75])),
    ("+", "Absolute neutrophil count (ANC) ≥ 1,500/mm3", NEUTROPHILS_1_5),
    ("+", "ANC ≥ 1.5 x 109/L", NEUTROPHILS_1_5),
    ("+", "ANC ≥ 1.5 x 10^9/L", NEUTROPHILS_1_5),
    ("+", "ANC ≥ 1500/µL", NEUTROPHILS_1_5),
    ("+", "Neutrophils ≥ 1.5 K/uL", NEUTROPHILS_1_5),
    ("+", "Absolute neutrophil count greater than or equal to 1,500 cells/mm3", NEUTROPHILS_1_5),
    ("+", "Granulocytes at least 1,500/mm^3", NEUTROPHILS_1_5),
    ("-", "Absolute neutrophil count below 1.5 x 10^9/L", NEUTROPHILS_1_5),
    ("+", "Hemoglobin ≥ 9.0 g/dL", HEMOGLOBIN_9),
    ("+", "Haemoglobin ≥ 90 g/L", HEMOGLOBIN_9),
    ("+", "Hb ≥ 9 g/dl", HEMOGLOBIN_9),
    ("+", "Hb≥90g/L", HEMOGLOBIN_9),
    ("+", "Hemoglobin ≥ 9,0 g/dl", HEMOGLOBIN_9),
    ("-", "Hemoglobin < 9 g/dL", HEMOGLOBIN_9),
    ("+", "Hemoglobin > 8 g/dL", against("labs.hemoglobin", met=[8.1], not_met=[8, 7.9])),
    # The neutrophils are a part of the white cells: enough of them are enough, too few say nothing.
    (
        "+",
        "WBC ≥ 3,000/mm3",
        [
            ({"labs.wbc": 3}, MET),
            ({"labs.wbc": 2.9, "labs.neutrophils": 2}, NOT_MET),
            ({"labs.neutrophils": 3.1}, MET),
            ({"labs.neutrophils": 2.9}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "Lymphocytes ≥ 0.5 x 10^9/L", against("labs.lymphocytes", met=[0.5, 0.6], not_met=[0.4])),
]

ORGANS: list[Rule] = [
    ("+", "Total bilirubin ≤ 1.5 mg/dL", against("labs.bilirubin", met=[1.4, 1.5], not_met=[1.6])),
    ("+", "Serum bilirubin ≤ 34.2 µmol/L", against("labs.bilirubin", met=[1.9, 2.0, {"value": 34, "unit": "umol/L"}], not_met=[2.1])),
    (
        "+",
        "Total bilirubin ≤ 1.5 x ULN",
        [
            ({"labs.bilirubin": {"times_uln": 1.5}}, MET),
            ({"labs.bilirubin": {"times_uln": 1.6}}, NOT_MET),
            ({"labs.bilirubin": 1.5, "labs.bilirubin_uln": 1.0}, MET),
            ({"labs.bilirubin": 1.6, "labs.bilirubin_uln": 1.0}, NOT_MET),
            ({"labs.bilirubin": 1.2}, MET),  # under every usual limit
            ({"labs.bilirubin": 1.8}, UNKNOWN),  # 1.38 to 1.8 times the usual limits
            ({"labs.bilirubin": 2.5}, NOT_MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "+",
        "Bilirubin within normal limits",
        [({"labs.bilirubin": {"times_uln": 1}}, MET), ({"labs.bilirubin": {"times_uln": 1.1}}, NOT_MET)],
    ),
    ("-", "Total bilirubin > 2 x ULN", [({"labs.bilirubin": {"times_uln": 2}}, MET), ({"labs.bilirubin": {"times_uln": 2.1}}, NOT_MET)]),
    ("+", "Serum creatinine ≤ 1.5 mg/dL", against("labs.creatinine", met=[1.5, 0.8], not_met=[1.6])),
    ("+", "Serum creatinine ≤ 132.6 μmol/L", against("labs.creatinine", met=[1.4, 1.5], not_met=[1.6, {"value": 140, "unit": "umol/L"}])),
    (
        "+",
        "Serum creatinine ≤ 1.5 times the upper limit of normal",
        [
            ({"labs.creatinine": {"times_uln": 1.5}}, MET),
            ({"labs.creatinine": {"times_uln": 1.51}}, NOT_MET),
            ({"labs.creatinine": 1.4, "labs.creatinine_uln": 1.2}, MET),
            ({"labs.creatinine": 1.4}, UNKNOWN),
        ],
    ),
    (
        "+",
        "AST and ALT ≤ 3 x ULN",
        [(both(3), MET), (both(3.1), NOT_MET), (both(2, 3.1), NOT_MET), ({"labs.ast": {"times_uln": 1}}, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    (
        "+",
        "ALT ≤ 3 x ULN",
        [({"labs.alt": 100, "labs.alt_uln": 40}, MET), ({"labs.alt": 130, "labs.alt_uln": 40}, NOT_MET), ({"labs.alt": 100}, UNKNOWN)],
    ),
    ("+", "AST (SGOT) and ALT (SGPT) ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)", ALT_AST_IF_LIVER),
    ("+", "AST/ALT ≤ 2.5 × ULN OR ≤ 5 × ULN for subjects with liver metastases", ALT_AST_IF_LIVER),
    ("+", "AST and ALT ≤ 2.5 x ULN without liver metastases, ≤ 5 x ULN with liver metastases", ALT_AST_IF_LIVER),
    ("+", "AST and ALT ≤ 2.5 x ULN, or ≤ 5 x ULN in the presence of liver metastases", ALT_AST_IF_LIVER),
    ("+", "ALT and AST ≤ 2.5 times ULN, unless liver metastases are present, in which case they must be ≤ 5 times ULN", ALT_AST_IF_LIVER),
    ("+", "AST and ALT ≤ 2.5 x ULN (or ≤ 5 x ULN in case of liver metastases)", ALT_AST_IF_LIVER),
    ("+", "AST (SGOT)/ALT (SGPT) ≤ 2.5 X institutional ULN (≤ 5 x ULN for patients with liver metastasis)", ALT_AST_IF_LIVER),
    ("+", "ALT and AST ≤ 2.5 x ULN (patients without liver metastases) or ≤ 5 x ULN (patients with liver metastases)", ALT_AST_IF_LIVER),
    ("+", "AST and ALT ≤2.5 times ULN (5 times ULN in patients with liver metastases)", ALT_AST_IF_LIVER),
    ("-", "AST or ALT > 2.5 x ULN (> 5 x ULN if liver metastases)", ALT_AST_IF_LIVER),
    ("-", "ALT or AST > 2.5 x ULN, or > 5 x ULN in subjects with liver metastases", ALT_AST_IF_LIVER),
    (
        "+",
        "Total bilirubin ≤ 1.5 x ULN (≤ 3 x ULN for patients with Gilbert's syndrome)",
        [
            ({"labs.bilirubin": {"times_uln": 1.5}}, MET),
            ({"labs.bilirubin": {"times_uln": 2}}, UNKNOWN),
            ({"labs.bilirubin": {"times_uln": 3.1}}, NOT_MET),
        ],
    ),
    (
        "+",
        "Bilirubin ≤ 2 x ULN (or ≤ 3 x ULN if liver metastases)",
        [
            ({"labs.bilirubin": {"times_uln": 2}}, MET),
            ({"labs.bilirubin": {"times_uln": 2.5}, **LIVER}, MET),
            ({"labs.bilirubin": {"times_uln": 2.5}, **NO_LIVER}, NOT_MET),
            ({"labs.bilirubin": {"times_uln": 2.5}}, UNKNOWN),
            ({"labs.bilirubin": {"times_uln": 3.1}, **LIVER}, NOT_MET),
        ],
    ),
    ("+", "INR ≤ 1.5 unless on anticoagulants", [({"labs.inr": 1.4}, MET), ({"labs.inr": 2}, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("-", "Weight loss > 10% in the last 6 months", against("nutrition.weight_loss_percent", met=[9, 10], not_met=[11])),
    ("+", "Creatinine clearance ≥ 60 mL/min", against("labs.creatinine_clearance", met=[60, 61], not_met=[59, 59.9])),
    ("+", "Creatinine clearance > 50 mL/min (Cockcroft-Gault)", against("labs.creatinine_clearance", met=[51], not_met=[49, 50])),
    ("-", "Creatinine clearance < 30 mL/min", against("labs.creatinine_clearance", met=[30, 31], not_met=[29])),
    (
        "+",
        "Serum creatinine ≤ 1.5 x ULN or creatinine clearance ≥ 60 mL/min",
        [
            ({"labs.creatinine": {"times_uln": 1.5}}, MET),
            ({"labs.creatinine": {"times_uln": 2}, "labs.creatinine_clearance": 60}, MET),
            ({"labs.creatinine": {"times_uln": 2}, "labs.creatinine_clearance": 59}, NOT_MET),
            ({"labs.creatinine": {"times_uln": 2}}, UNKNOWN),
            ({"labs.creatinine_clearance": 60}, MET),
            ({"labs.creatinine_clearance": 59}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "Albumin ≥ 3.0 g/dL", against("labs.albumin", met=[3, 3.1], not_met=[2.9])),
    ("+", "Albumin ≥ 30 g/L", against("labs.albumin", met=[3, {"value": 30, "unit": "g/L"}], not_met=[2.9])),
    ("+", "INR ≤ 1.5", against("labs.inr", met=[1.5, 1], not_met=[1.6])),
    ("-", "INR > 1.5", against("labs.inr", met=[1.5], not_met=[1.6])),
    (
        "+",
        "INR ≤ 1.5 x ULN",
        [
            ({"labs.inr": {"times_uln": 1.5}}, MET),
            ({"labs.inr": {"times_uln": 1.6}}, NOT_MET),
            ({"labs.inr": 1.0}, MET),
            ({"labs.inr": 2.5}, NOT_MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "Left ventricular ejection fraction (LVEF) ≥ 50%", against("condition.lvef_percent", met=[50, 51], not_met=[49])),
    ("-", "LVEF < 50%", against("condition.lvef_percent", met=[50], not_met=[49])),
    ("-", "QTc > 470 ms", against("condition.qtc_ms", met=[469, 470], not_met=[471])),
    ("+", "QTcF ≤ 480 msec", against("condition.qtc_ms", met=[480], not_met=[481])),
    ("+", "Life expectancy ≥ 3 months", against("condition.life_expectancy_months", met=[3, 4], not_met=[2])),
    ("+", "Life expectancy of at least 12 weeks", against("condition.life_expectancy_months", met=[3], not_met=[2])),
    ("+", "Body weight > 30 kg", against("nutrition.weight_kg", met=[31], not_met=[29, 30])),
    ("+", "Child-Pugh class A", against("liver.child_pugh", met=["A"], not_met=["B", "C"])),
    ("-", "Child-Pugh B or C", against("liver.child_pugh", met=["A"], not_met=["B", "C"])),
]

DIAGNOSIS: list[Rule] = [
    ("+", "Histologically confirmed esophageal cancer", [(NOTHING, MET), (SQUAMOUS, MET)]),
    (
        "+",
        "Histologically confirmed esophageal squamous cell carcinoma",
        against("diagnosis.histology", met=["squamous"], not_met=["adenocarcinoma"]),
    ),
    ("+", "Squamous cell carcinoma of the esophagus", against("diagnosis.histology", met=["squamous"], not_met=["adenocarcinoma"])),
    ("+", "Oesophageal squamous cell carcinoma (ESCC)", against("diagnosis.histology", met=["squamous"], not_met=["adenocarcinoma"])),
    (
        "+",
        "Adenocarcinoma of the esophagus or gastroesophageal junction",
        against("diagnosis.histology", met=["adenocarcinoma"], not_met=["squamous"]),
    ),
    (
        "+",
        "Histologically confirmed adenocarcinoma of the stomach or gastroesophageal junction",
        [
            (ADENO_GEJ, MET),
            (ADENO_LOWER, NOT_MET),
            (ADENO, UNKNOWN),
            (SQUAMOUS, NOT_MET),
            (NOTHING, UNKNOWN),
            ({"diagnosis.site": "gej"}, UNKNOWN),
        ],
    ),
    (
        "+",
        "Gastric, gastroesophageal junction or esophageal adenocarcinoma",
        [(ADENO_LOWER, MET), (ADENO_GEJ, MET), (ADENO, MET), (SQUAMOUS, NOT_MET), (NOTHING, UNKNOWN)],
    ),
    ("+", "Adenocarcinoma of the lower esophagus", [(ADENO_LOWER, MET), ({**ADENO, "diagnosis.site": "upper"}, NOT_MET), (ADENO, UNKNOWN)]),
    (
        "+",
        "Gastric adenocarcinoma",
        [({**ADENO, "diagnosis.site": "upper"}, NOT_MET), (SQUAMOUS, NOT_MET), (ADENO_GEJ, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    ("+", "Non-small cell lung cancer", [(NOTHING, NOT_MET), (SQUAMOUS, NOT_MET)]),
    ("+", "Histologically confirmed hepatocellular carcinoma", [(NOTHING, NOT_MET), (LIVER, NOT_MET)]),
    ("+", "Patients with pancreatic, colorectal or breast cancer", [(NOTHING, NOT_MET)]),
    ("+", "One of the following cancers: breast cancer, colorectal cancer, pancreatic cancer", [(NOTHING, NOT_MET)]),
    ("+", "Lung cancer, esophageal cancer, or head and neck cancer", [(NOTHING, MET)]),
    ("+", "Histologically confirmed solid tumor", [(NOTHING, MET)]),
    ("+", "Solid tumors including lung, breast and colorectal cancer", [(NOTHING, UNKNOWN)]),
    ("+", "Solid tumors: lung cancer, breast cancer or colorectal cancer", [(NOTHING, NOT_MET)]),
    (
        "+",
        "Advanced solid tumors",
        [(STAGE_4B, MET), (LIVER, MET), (NO_SPREAD, NOT_MET), (NOTHING, UNKNOWN), ({"diagnosis.stage": "3"}, UNKNOWN)],
    ),
    (
        "+",
        "Histologically or cytologically confirmed metastatic esophageal cancer",
        [(STAGE_4B, MET), (LIVER, MET), (NO_SPREAD, NOT_MET), (NOTHING, UNKNOWN)],
    ),
    (
        "+",
        "Metastatic esophageal squamous cell carcinoma",
        [
            ({**SQUAMOUS, **LIVER}, MET),
            ({**ADENO, **LIVER}, NOT_MET),
            ({**SQUAMOUS, **NO_SPREAD}, NOT_MET),
            (LIVER, UNKNOWN),
            (SQUAMOUS, UNKNOWN),
        ],
    ),
    ("+", "Locally advanced or metastatic solid tumor", [(STAGE_4B, MET), (LIVER, MET), (NOTHING, UNKNOWN)]),
    ("+", "Unresectable locally advanced, recurrent or metastatic esophageal cancer", [(LIVER, MET), (NOTHING, UNKNOWN)]),
    ("+", "Stage IV esophageal cancer", [(STAGE_4B, MET), (LIVER, MET), (NO_SPREAD, NOT_MET), (NOTHING, UNKNOWN)]),
    ("-", "Stage IV disease", [(LIVER, NOT_MET), (NO_SPREAD, MET), (NOTHING, UNKNOWN)]),
    ("-", "Distant metastases", [(LIVER, NOT_MET), (STAGE_4B, NOT_MET), (NO_SPREAD, MET), (NOTHING, UNKNOWN)]),
    ("-", "Liver metastases", against("metastases.liver", met=[False], not_met=[True])),
    ("+", "Liver metastases", against("metastases.liver", met=[True], not_met=[False])),
    ("-", "Squamous cell histology", against("diagnosis.histology", met=["adenocarcinoma"], not_met=["squamous"])),
    ("-", "Patients with neuroendocrine carcinoma", against("diagnosis.histology", met=["squamous"], not_met=["neuroendocrine"])),
    (
        "+",
        "Adenocarcinoma or squamous cell carcinoma of the esophagus",
        against("diagnosis.histology", met=["adenocarcinoma", "squamous"], not_met=["neuroendocrine"]),
    ),
    (
        "+",
        "Adenocarcinoma, squamous cell carcinoma, or adenosquamous carcinoma of the esophagus",
        against("diagnosis.histology", met=["adenocarcinoma", "squamous", "adenosquamous"], not_met=["neuroendocrine"]),
    ),
    ("+", "Gastric adenocarcinoma or esophageal squamous cell carcinoma", [(SQUAMOUS, MET), (ADENO_LOWER, NOT_MET), (NOTHING, UNKNOWN)]),
    ("+", "HNSCC, ESCC or NSCLC", against("diagnosis.histology", met=["squamous"], not_met=["adenocarcinoma"])),
    ("+", "Squamous cell carcinoma of the head and neck", [(SQUAMOUS, NOT_MET), (ADENO, NOT_MET)]),
    ("+", "Adenocarcinoma of the pancreas, stomach or esophagus", [(ADENO_LOWER, MET), (SQUAMOUS, NOT_MET), (NOTHING, UNKNOWN)]),
    ("+", "Gastroesophageal adenocarcinoma", [(ADENO_GEJ, MET), (ADENO_LOWER, UNKNOWN), (SQUAMOUS, NOT_MET), (NOTHING, UNKNOWN)]),
    ("+", "Breast cancer, gastric cancer, or other HER2-expressing solid tumors", [(NOTHING, UNKNOWN)]),
    ("+", "Any solid tumor except esophageal cancer", [(NOTHING, NOT_MET)]),
    ("+", "Solid tumors excluding primary CNS tumors", [(NOTHING, MET)]),
    ("+", "Metastatic cancer to the liver", against("metastases.liver", met=[True], not_met=[False])),
    ("+", "Resectable esophageal cancer", [(STAGE_4B, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("+", "No distant metastases", [(LIVER, NOT_MET), (NO_SPREAD, MET), (NOTHING, UNKNOWN)]),
    ("-", "Peritoneal metastases", ruled_out_by("metastases.peritoneum")),
    ("-", "Lack of measurable disease", against("diagnosis.measurable", met=[True], not_met=[False])),
    ("-", "Lung cancer", [({"condition.second_cancer": False}, MET), (NOTHING, UNKNOWN)]),
    ("+", "Measurable disease", against("diagnosis.measurable", met=[True], not_met=[False])),
    ("+", "At least one measurable lesion per RECIST 1.1", against("diagnosis.measurable", met=[True], not_met=[False])),
    ("+", "Measurable disease as defined by RECIST v1.1", against("diagnosis.measurable", met=[True], not_met=[False])),
    ("+", "Patients must have measurable disease by RECIST version 1.1", against("diagnosis.measurable", met=[True], not_met=[False])),
    ("+", "Measurable or evaluable disease", [({"diagnosis.measurable": True}, MET), (NOTHING, UNKNOWN)]),
]

FIRST_LINE_GREW = had("cisplatin", "fluorouracil", intent="palliative", ended_because="progression", end=days_ago(60))
TREATMENT: list[Rule] = [
    ("+", "At least one prior line of systemic therapy for metastatic disease", against("therapy.lines", met=[1, 2], not_met=[0])),
    ("+", "At least two prior lines of therapy for advanced disease", against("therapy.lines", met=[2, 3], not_met=[1, 0])),
    ("+", "No more than 2 prior lines of systemic therapy in the metastatic setting", against("therapy.lines", met=[0, 2], not_met=[3])),
    ("-", "More than two prior lines of systemic therapy for metastatic disease", against("therapy.lines", met=[1, 2], not_met=[3])),
    ("-", "≥ 3 prior lines of systemic therapy for metastatic disease", against("therapy.lines", met=[2], not_met=[3, 4])),
    ("+", "1 to 2 prior lines of systemic therapy for advanced disease", against("therapy.lines", met=[1, 2], not_met=[0, 3])),
    (
        "+",
        "Prior platinum-based chemotherapy",
        [(had("cisplatin"), MET), (had("oxaliplatin"), MET), (had("paclitaxel"), NOT_MET), (UNTREATED, NOT_MET), (NOTHING, UNKNOWN)],
    ),
    ("+", "Must have received a fluoropyrimidine and a platinum", [(had("FOLFOX"), MET), (UNTREATED, NOT_MET), (NOTHING, UNKNOWN)]),
    (
        "-",
        "Prior therapy with an anti-PD-1, anti-PD-L1 or anti-CTLA-4 agent",
        [(had("Keytruda"), NOT_MET), (had("ipilimumab"), NOT_MET), (had("trastuzumab"), MET), (NOTHING, UNKNOWN)],
    ),
    (
        "-",
        "Prior immune checkpoint inhibitor",
        [(had("tislelizumab"), NOT_MET), (had("docetaxel"), MET), (had("XYZ-123"), UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    ("-", "Prior treatment with pembrolizumab (Keytruda)", [(had("pembrolizumab"), NOT_MET), (had("nivolumab"), MET), (NOTHING, UNKNOWN)]),
    (
        "-",
        "Previous treatment with irinotecan",
        [(had("irinotecan"), NOT_MET), (had("FOLFIRI"), NOT_MET), (had("FOLFOX"), MET), (NOTHING, UNKNOWN)],
    ),
    ("-", "Prior exposure to taxanes", [(had("docetaxel"), NOT_MET), (had("FLOT"), NOT_MET), (had("FOLFOX"), MET), (UNTREATED, MET)]),
    ("-", "Prior anti-HER2 therapy", [(had("Herceptin"), NOT_MET), (had("cisplatin"), MET), (NOTHING, UNKNOWN)]),
    ("+", "Prior trastuzumab", [(had("Herceptin"), MET), (had("nivolumab"), NOT_MET), (NOTHING, UNKNOWN)]),
    ("-", "Prior treatment with a topoisomerase I inhibitor ADC", [(had("Enhertu"), NOT_MET), (had("nivolumab"), MET), (NOTHING, UNKNOWN)]),
    ("-", "Chemotherapy within 28 days prior to the first dose of study drug", last_given("cisplatin", not_met=[27, 28], met=[29])),
    ("-", "Chemotherapy within 4 weeks before first dose", last_given("cisplatin", not_met=[27, 28], met=[29])),
    ("-", "Systemic anticancer therapy within 3 weeks prior to enrollment", last_given("nivolumab", not_met=[20, 21], met=[22])),
    ("-", "Treatment with a monoclonal antibody within 4 weeks prior to study day 1", last_given("nivolumab", not_met=[27, 28], met=[29])),
    ("+", "At least 4 weeks since prior chemotherapy", last_given("cisplatin", not_met=[26, 27], met=[28, 29])),
    ("+", "At least 28 days since last dose of chemotherapy", last_given("cisplatin", not_met=[27], met=[28, 29])),
    (
        "-",
        "Chemotherapy within 4 weeks or 5 half-lives, whichever is shorter, before first dose",
        last_given("cisplatin", unknown=[27], met=[29]),
    ),
    (
        "-",
        "Radiotherapy within 14 days prior to first dose",
        [
            (done("external_radiation", end=days_ago(13)), NOT_MET),
            (done("external_radiation", end=days_ago(14)), NOT_MET),
            (done("external_radiation", end=days_ago(15)), MET),
            (done("external_radiation"), UNKNOWN),
            (UNTREATED, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Major surgery within 28 days prior to first dose",
        against("therapy.major_surgery_date", not_met=[days_ago(27), days_ago(28)], met=[days_ago(29)]),
    ),
    ("-", "Prior radiotherapy", [(done("external_radiation"), NOT_MET), (UNTREATED, MET), (had("cisplatin"), MET), (NOTHING, UNKNOWN)]),
    (
        "+",
        "Progression on or after platinum-based chemotherapy",
        [
            (FIRST_LINE_GREW, MET),
            (had("cisplatin", ended_because="toxicity"), UNKNOWN),
            (had("nivolumab", ended_because="progression"), NOT_MET),
            (UNTREATED, NOT_MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "+",
        "Disease progression after prior anti-PD-1 therapy",
        [
            (had("nivolumab", ended_because="progression"), MET),
            (FIRST_LINE_GREW, NOT_MET),
            (had("nivolumab"), UNKNOWN),
            (UNTREATED, NOT_MET),
        ],
    ),
    (
        "+",
        "No prior systemic therapy for advanced disease",
        [
            (had("FLOT", intent="perioperative"), MET),
            (had("FOLFOX", intent="palliative"), NOT_MET),
            (had("FOLFOX"), UNKNOWN),
            (UNTREATED, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "Chemotherapy-naive", [(had("cisplatin"), NOT_MET), (UNTREATED, MET), (NOTHING, UNKNOWN)]),
    ("+", "No prior chemotherapy", [(had("cisplatin"), NOT_MET), (had("nivolumab"), MET), (UNTREATED, MET), (NOTHING, UNKNOWN)]),
    (
        "+",
        "Has not received prior immunotherapy",
        [(had("nivolumab"), NOT_MET), (had("cisplatin"), MET), (UNTREATED, MET), (NOTHING, UNKNOWN)],
    ),
    ("+", "Have received no more than one prior regimen for metastatic disease", against("therapy.lines", met=[0, 1], not_met=[2])),
    ("-", "Any prior chemotherapy", [(had("cisplatin"), NOT_MET), (had("nivolumab"), MET), (UNTREATED, MET), (NOTHING, UNKNOWN)]),
    (
        "-",
        "Previous chemotherapy, radiotherapy or immunotherapy",
        [
            (had("cisplatin"), NOT_MET),
            (had("nivolumab"), NOT_MET),
            (done("external_radiation"), NOT_MET),
            (UNTREATED, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Prior anti-PD-1/PD-L1 therapy",
        [(had("nivolumab"), NOT_MET), (had("durvalumab"), NOT_MET), (had("cisplatin"), MET), (NOTHING, UNKNOWN)],
    ),
    (
        "-",
        "Has received prior therapy with an anti-PD-1, anti-PD-L1, or anti-PD-L2 agent",
        [(had("nivolumab"), NOT_MET), (had("cisplatin"), MET)],
    ),
    ("-", "Concurrent chemotherapy", [({"therapy.now": False}, MET), (UNTREATED, MET), (NOTHING, UNKNOWN)]),
    ("-", "Less than 4 weeks since last chemotherapy", last_given("cisplatin", not_met=[27], met=[29])),
    (
        "-",
        "Chemotherapy within 4 weeks or 5 half-lives, whichever is longer",
        [(had("cisplatin", end=days_ago(27)), NOT_MET), (had("cisplatin", end=days_ago(29)), UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    (
        "-",
        "Prior radiotherapy within 2 weeks; palliative radiotherapy is allowed",
        [(done("external_radiation", end=days_ago(5)), UNKNOWN), (UNTREATED, MET)],
    ),
    ("+", "Prior immunotherapy is allowed", [(NOTHING, MET), (had("nivolumab"), MET), (UNTREATED, MET)]),
    ("+", "Prior radiotherapy is permitted", [(NOTHING, MET), (done("external_radiation"), MET)]),
    (
        "-",
        "Prior esophagectomy",
        [({"diagnosis.primary_removed": True}, NOT_MET), ({"diagnosis.primary_removed": False}, MET), (NOTHING, UNKNOWN)],
    ),
]

MARKERS: list[Rule] = [
    (
        "+",
        "HER2-positive",
        [
            ({"biomarker.her2": "positive"}, MET),
            ({"biomarker.her2": "negative"}, NOT_MET),
            ({"biomarker.her2_ihc": 3}, MET),
            ({"biomarker.her2_ihc": 1}, NOT_MET),
            ({"biomarker.her2_ihc": 2}, UNKNOWN),
            ({"biomarker.her2_ihc": 2, "biomarker.her2_ish": "positive"}, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "HER2 positive tumor", against("biomarker.her2", met=["positive"], not_met=["negative"])),
    ("+", "HER2-negative", against("biomarker.her2", met=["negative"], not_met=["positive"])),
    ("-", "Known HER2-positive status", against("biomarker.her2", met=["negative"], not_met=["positive"])),
    (
        "+",
        "PD-L1 CPS ≥ 1",
        against("biomarker.pdl1_cps", met=[1, 2, {"at_least": 1}], not_met=[0, 0.9, {"below": 1}], unknown=[{"at_most": 4}]),
    ),
    ("+", "PD-L1 combined positive score (CPS) ≥ 10", against("biomarker.pdl1_cps", met=[10, 11], not_met=[9], unknown=[{"at_least": 1}])),
    ("+", "PD-L1 CPS < 5", against("biomarker.pdl1_cps", met=[4.9], not_met=[5])),
    ("+", "PD-L1 TPS ≥ 50%", against("biomarker.pdl1_tps", met=[50], not_met=[49])),
    ("+", "MSI-H or dMMR", against("biomarker.msi_high", met=[True], not_met=[False])),
    ("+", "Microsatellite stable (MSS)", against("biomarker.msi_high", met=[False], not_met=[True])),
    ("-", "MSI-H/dMMR tumors", against("biomarker.msi_high", met=[False], not_met=[True])),
    ("+", "HER2 overexpression", against("biomarker.her2", met=["positive"], not_met=["negative"])),
    (
        "+",
        "HER2-positive or HER2-low",
        [({"biomarker.her2": "positive"}, MET), ({"biomarker.her2": "negative"}, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    (
        "+",
        "PD-L1 CPS ≥ 1 or TPS ≥ 1%",
        [
            ({"biomarker.pdl1_cps": 1}, MET),
            ({"biomarker.pdl1_tps": 1}, MET),
            ({"biomarker.pdl1_cps": 0}, UNKNOWN),
            ({"biomarker.pdl1_cps": 0, "biomarker.pdl1_tps": 0}, NOT_MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "pMMR or MSS", against("biomarker.msi_high", met=[False], not_met=[True])),
    ("+", "Not MSI-H", against("biomarker.msi_high", met=[False], not_met=[True])),
    ("+", "CLDN18.2 positive", against("biomarker.cldn18_2", met=["positive"], not_met=["negative"])),
    ("+", "Claudin 18.2-positive tumor", against("biomarker.cldn18_2", met=["positive"], not_met=["negative"])),
    ("+", "NTRK gene fusion", against("biomarker.ntrk_fusion", met=[True], not_met=[False])),
    ("+", "BRAF V600E mutation", against("biomarker.braf_v600e", met=[True], not_met=[False])),
]

SPREAD_AND_ILLNESS: list[Rule] = [
    ("-", "Brain metastases", ruled_out_by("metastases.brain")),
    ("-", "Untreated brain metastases", at_most_open("metastases.brain")),
    ("-", "Leptomeningeal disease", ruled_out_by("metastases.leptomeningeal")),
    (
        "-",
        "Known active CNS metastases and/or carcinomatous meningitis",
        [
            ({"metastases.brain": False, "metastases.leptomeningeal": False}, MET),
            ({"metastases.brain": True}, UNKNOWN),
            ({"metastases.brain": False}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Brain or leptomeningeal metastases",
        [
            ({"metastases.brain": True}, NOT_MET),
            ({"metastases.leptomeningeal": True}, NOT_MET),
            ({"metastases.brain": False, "metastases.leptomeningeal": False}, MET),
            ({"metastases.brain": False}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("-", "Brain metastases unless treated and stable", at_most_open("metastases.brain")),
    ("-", "Active brain metastases. Patients with treated, stable brain metastases are eligible.", at_most_open("metastases.brain")),
    ("+", "No brain metastases", ruled_out_by("metastases.brain")),
    ("+", "No known brain metastases unless treated and stable", at_most_open("metastases.brain")),
    (
        "-",
        "Other malignancy within the past 3 years",
        [
            ({"condition.second_cancer": False}, MET),
            ({"condition.second_cancer": True, "condition.second_cancer_date": days_ago(400)}, NOT_MET),
            ({"condition.second_cancer": True}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Other malignancy within the past 5 years except treated basal cell carcinoma of the skin or carcinoma in situ of the cervix",
        [
            ({"condition.second_cancer": False}, MET),
            ({"condition.second_cancer": True, "condition.second_cancer_date": days_ago(400)}, UNKNOWN),
            ({"condition.second_cancer": True}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("+", "No other malignancy", ruled_out_by("condition.second_cancer")),
    ("-", "HIV infection", ruled_out_by("condition.hiv")),
    ("-", "Known history of human immunodeficiency virus (HIV)", ruled_out_by("condition.hiv")),
    ("-", "Uncontrolled HIV infection", at_most_open("condition.hiv")),
    ("+", "Patients with HIV must be on antiretroviral therapy with an undetectable viral load", at_most_open("condition.hiv")),
    ("-", "Hepatitis C", ruled_out_by("condition.hepatitis_c")),
    ("-", "Active hepatitis B", at_most_open("condition.hepatitis_b")),
    (
        "+",
        "No HIV, hepatitis B or hepatitis C",
        [
            ({"condition.hiv": True}, NOT_MET),
            ({"condition.hepatitis_b": True}, NOT_MET),
            ({"condition.hepatitis_c": True}, NOT_MET),
            ({"condition.hiv": False, "condition.hepatitis_b": False, "condition.hepatitis_c": False}, MET),
            ({"condition.hiv": False, "condition.hepatitis_b": False}, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    ("-", "Autoimmune disease", ruled_out_by("condition.autoimmune")),
    ("-", "Active autoimmune disease", at_most_open("condition.autoimmune")),
    ("-", "Active autoimmune disease that has required systemic treatment in the past 2 years", at_most_open("condition.autoimmune")),
    ("-", "Autoimmune disease, except vitiligo or hypothyroidism on hormone replacement", at_most_open("condition.autoimmune")),
    ("-", "Interstitial lung disease", ruled_out_by("condition.interstitial_lung_disease")),
    ("-", "History of interstitial lung disease (ILD) or pneumonitis", ruled_out_by("condition.interstitial_lung_disease")),
    ("-", "History of (non-infectious) pneumonitis that required steroids", at_most_open("condition.interstitial_lung_disease")),
    ("-", "Congestive heart failure", ruled_out_by("condition.heart_failure")),
    ("-", "Symptomatic congestive heart failure", at_most_open("condition.heart_failure")),
    ("-", "New York Heart Association class III or IV", against("condition.nyha_class", met=[1, 2], not_met=[3, 4])),
    (
        "-",
        "Myocardial infarction within 6 months",
        against("condition.infarction_date", met=[days_ago(190), "2020"], not_met=[days_ago(100), days_ago(180)]),
    ),
    ("-", "Stroke within 6 months prior to enrollment", against("condition.stroke_date", met=[days_ago(200)], not_met=[days_ago(170)])),
    ("-", "Peripheral neuropathy ≥ grade 2", against("condition.neuropathy_grade", met=[0, 1], not_met=[2, 3])),
    ("-", "Grade 2 or higher peripheral neuropathy", against("condition.neuropathy_grade", met=[0, 1], not_met=[2, 3])),
    ("-", "Neuropathy > grade 1", against("condition.neuropathy_grade", met=[0, 1], not_met=[2])),
    ("+", "Peripheral neuropathy ≤ grade 1", against("condition.neuropathy_grade", met=[0, 1], not_met=[2, 3])),
    ("-", "Uncontrolled or symptomatic brain metastases", at_most_open("metastases.brain")),
    ("-", "Known brain metastases; patients with treated brain metastases are allowed", at_most_open("metastases.brain")),
    (
        "+",
        "Patients with treated brain metastases are eligible",
        [({"metastases.brain": False}, MET), ({"metastases.brain": True}, UNKNOWN)],
    ),
    ("-", "HIV positive, unless CD4 ≥ 350 and undetectable viral load", at_most_open("condition.hiv")),
    ("-", "HIV-positive patients are ineligible", ruled_out_by("condition.hiv")),
    (
        "-",
        "No history of HIV",
        [({"condition.hiv": True}, UNKNOWN), ({"condition.hiv": False}, UNKNOWN), (NOTHING, UNKNOWN)],
    ),  # a slip of the pen
    (
        "+",
        "HIV-infected patients on effective antiretroviral therapy with undetectable viral load are eligible",
        at_most_open("condition.hiv"),
    ),
    ("-", "Other malignancies, with the exception of basal cell carcinoma", at_most_open("condition.second_cancer")),
    ("-", "History of another malignancy", ruled_out_by("condition.second_cancer")),
    ("-", "Grade ≥2 neuropathy", against("condition.neuropathy_grade", met=[0, 1], not_met=[2])),
    ("-", "Peripheral sensory neuropathy grade 3 or 4", against("condition.neuropathy_grade", met=[2], not_met=[3, 4])),
    ("-", "Symptomatic congestive heart failure (New York Heart Association Class II-IV)", at_most_open("condition.heart_failure")),
    ("-", "Organ transplant", ruled_out_by("condition.organ_transplant")),
    ("-", "Active infection requiring systemic therapy", at_most_open("condition.active_infection")),
    ("-", "Active tuberculosis", at_most_open("condition.tuberculosis")),
    ("-", "Esophageal stent", ruled_out_by("esophagus.stent")),
    ("-", "Uncontrolled hypertension", ruled_out_by("condition.uncontrolled_hypertension")),
    ("-", "Diabetes mellitus", ruled_out_by("condition.diabetes")),
    ("-", "Uncontrolled diabetes", at_most_open("condition.diabetes")),
    ("-", "Chronic systemic steroid therapy", against("condition.steroid_use", met=[False])),
    (
        "-",
        "Autoimmune disease or interstitial lung disease",
        [
            ({"condition.autoimmune": True}, NOT_MET),
            ({"condition.interstitial_lung_disease": True}, NOT_MET),
            ({"condition.autoimmune": False}, UNKNOWN),
            ({"condition.autoimmune": False, "condition.interstitial_lung_disease": False}, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
]

WOMEN_AND_MEN: list[Rule] = [
    (
        "-",
        "Pregnant or breastfeeding women",
        [
            (MALE, MET),
            (FEMALE, UNKNOWN),
            ({**FEMALE, "person.pregnant": True}, NOT_MET),
            ({**FEMALE, "person.breastfeeding": True}, NOT_MET),
            ({**FEMALE, "person.pregnant": False}, UNKNOWN),
            ({**FEMALE, "person.pregnant": False, "person.breastfeeding": False}, MET),
            ({"person.pregnant": False, "person.breastfeeding": False}, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Pregnancy",
        [
            (MALE, MET),
            ({**FEMALE, "person.pregnant": True}, NOT_MET),
            ({**FEMALE, "person.pregnant": False}, MET),
            (FEMALE, UNKNOWN),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "+",
        "Not pregnant or nursing",
        [
            (MALE, MET),
            ({**FEMALE, "person.pregnant": True}, NOT_MET),
            ({**FEMALE, "person.pregnant": False, "person.breastfeeding": False}, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "-",
        "Female patients who are pregnant or nursing",
        [(MALE, MET), ({**FEMALE, "person.pregnant": True}, NOT_MET), (FEMALE, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    (
        "+",
        "Women must not be pregnant or breastfeeding",
        [
            (MALE, MET),
            ({**FEMALE, "person.pregnant": True}, NOT_MET),
            ({**FEMALE, "person.pregnant": False, "person.breastfeeding": False}, MET),
            (NOTHING, UNKNOWN),
        ],
    ),
    (
        "+",
        "Women of childbearing potential must have a negative pregnancy test",
        [(MALE, MET), ({**FEMALE, "person.pregnant": False}, MET), (FEMALE, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
    (
        "+",
        "Women of childbearing potential must agree to use effective contraception",
        [(MALE, MET), (FEMALE, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
]

PARTS_OF_TRIALS: list[Rule] = [
    ("+", "Cohort A: HER2-positive disease", [({"biomarker.her2": "negative"}, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("+", "Cohort B only: squamous cell carcinoma of the esophagus", [(ADENO, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("+", "For Part 2: PD-L1 CPS ≥ 10", [({"biomarker.pdl1_cps": 1}, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("+", "Dose expansion: at least 1 measurable lesion", [({"diagnosis.measurable": False}, UNKNOWN), (NOTHING, UNKNOWN)]),
    ("-", "Cohort C: prior anti-PD-1 therapy", [(had("nivolumab"), UNKNOWN), (UNTREATED, MET), (NOTHING, UNKNOWN)]),
    ("+", "For patients with hepatocellular carcinoma, Child-Pugh class A", [(NOTHING, MET), ({"liver.child_pugh": "C"}, MET)]),
]

PARTS_OF_ITEMS: list[Rule] = [
    # What is understood of an item never speaks for what is not.
    ("+", "Esophageal cancer with at least three involved glorps", [(NOTHING, UNKNOWN), (SQUAMOUS, UNKNOWN)]),
    ("+", "ECOG 0-1 and a satisfactory glorp", [({"function.ecog": 1}, UNKNOWN), ({"function.ecog": 2}, NOT_MET), (NOTHING, UNKNOWN)]),
    (
        "-",
        "HIV infection or an elevated glorp",
        [({"condition.hiv": True}, NOT_MET), ({"condition.hiv": False}, UNKNOWN), (NOTHING, UNKNOWN)],
    ),
]

TABLES = {
    "age": AGE,
    "performance": PERFORMANCE,
    "blood counts": BLOOD_COUNTS,
    "organs": ORGANS,
    "diagnosis": DIAGNOSIS,
    "treatment": TREATMENT,
    "markers": MARKERS,
    "spread and illness": SPREAD_AND_ILLNESS,
    "women and men": WOMEN_AND_MEN,
    "parts of trials": PARTS_OF_TRIALS,
    "parts of items": PARTS_OF_ITEMS,
}
_ROWS = [
    pytest.param(kind, text, facts, truth, id=f"{title}: {kind} {text[:60]} {number}")
    for title, table in TABLES.items()
    for kind, text, cases in table
    for number, (facts, truth) in enumerate(cases, start=1)
]


def only_item(kind: str, text: str) -> Criterion:
    """The one criterion of a text with one bullet."""
    criteria = library().criteria_reader.read_text(f"{_TITLES[kind]}\n\n* {text}")
    (item,) = [one for one in criteria if one.kind != HEADING]
    return item


@pytest.mark.parametrize(("kind", "text", "facts", "truth"), _ROWS)
def test_the_rule_has_the_answer_of_its_row(kind: str, text: str, facts: Facts, truth: str) -> None:
    """Each row of the tables holds."""
    assert check_item(only_item(kind, text), situation_of(facts)).truth == truth


def test_the_tables_hold_each_rule_once() -> None:
    """No rule stands there twice, so no row hides another."""
    rules = [(kind, text) for table in TABLES.values() for kind, text, _ in table]
    assert len(rules) == len(set(rules))


# --- The structured fields ----------------------------------------------------------------------------------------


def _field(text: str, **told: Any) -> Criterion:
    (item,) = [one for one in library().criteria_reader.read_study(study_of(1, **told)) if one.kind == FIELD]
    assert (item.text, item.span, item.under) == (text, None, ())
    return item


@pytest.mark.parametrize(
    ("told", "text", "cases"),
    [
        ({"sex": "FEMALE"}, "sex FEMALE", against("person.sex", met=["female"], not_met=["male"])),
        ({"sex": "MALE"}, "sex MALE", against("person.sex", met=["male"], not_met=["female"])),
        ({"sex": "ALL"}, "sex ALL", [(MALE, MET), (FEMALE, MET), (NOTHING, MET)]),
        ({"minimum_age": "18 Years"}, "minimumAge 18 Years", against("person.age", met=[18, 19], not_met=[17])),
        # "Maximum 75 years" takes people until their 76th birthday.
        ({"maximum_age": "75 Years"}, "maximumAge 75 Years", against("person.age", met=[74, 75], not_met=[76])),
        ({"minimum_age": "216 Months"}, "minimumAge 216 Months", against("person.age", met=[18], not_met=[17])),
        ({"minimum_age": "of age"}, "minimumAge of age", [({"person.age": 50}, UNKNOWN)]),
    ],
)
def test_a_structured_field_is_an_item(told: dict[str, str], text: str, cases: Cases) -> None:
    """The registry's own fields are criteria too, without a place in the text."""
    item = _field(text, **told)
    for facts, truth in cases:
        assert check_item(item, situation_of(facts)).truth == truth, facts


def test_an_absent_field_demands_nothing() -> None:
    """A study that tells neither sex nor ages has no items for them."""
    assert library().criteria_reader.read_study(study_of(1)) == ()


# --- What only the team can settle, and what was not understood ---------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("+", "Signed informed consent"),
        ("+", "Written informed consent must be obtained before any study procedure"),
        ("+", "Willing and able to comply with the protocol"),
        ("+", "Able to understand and willing to sign a written informed consent document"),
        ("+", "Men must agree to use adequate contraception"),
        ("-", "Any condition that, in the opinion of the investigator, would interfere with the study"),
        ("-", "Unwilling or unable to comply with study procedures"),
    ],
)
def test_consent_and_judgement_are_for_the_study_team(kind: str, text: str) -> None:
    """They are neither read nor met: only the team can settle them."""
    item = only_item(kind, text)
    assert item.asks_the_team
    assert item.demand is None
    assert check_item(item, situation_of({"consent.contraception": True, "person.sex": "male"})).truth == UNKNOWN


@pytest.mark.parametrize("text", ["Glorps of at least 7 frobs", "HLA-A*02:01 genotype", "Mirror-image polydactyly of the left foot"])
def test_what_is_not_understood_stays_as_text(text: str) -> None:
    """The whole text is left over, the item is unknown, and nothing is asked."""
    item = only_item("+", text)
    assert (item.demand, item.expression, item.left_over, item.text) == (None, None, (text,), text)
    assert not item.is_read
    verdict = check_item(item, situation_of({"person.age": 60}))
    assert (verdict.truth, verdict.because, verdict.missing) == (UNKNOWN, (), ())


def test_words_left_over_are_numbered_in_the_expression() -> None:
    """`unread(0)` points to the words that were not understood."""
    item = only_item("+", "ECOG 0-1 and a satisfactory glorp")
    assert item.expression is not None
    assert "unread(0)" in item.expression
    assert len(item.left_over) == 1
    assert "glorp" in item.left_over[0]


def test_a_heading_has_neither_demand_nor_left_over_words() -> None:
    """Headings have no truth of their own."""
    heading, _ = library().criteria_reader.read_text("Inclusion Criteria:\n\n* Age ≥ 18 years")
    assert (heading.kind, heading.demand, heading.left_over, heading.asks_the_team) == (HEADING, None, (), False)


# --- Whole texts: headings and neighbors --------------------------------------------------------------------------


def _truths(text: str, facts: Facts) -> list[str]:
    criteria = library().criteria_reader.read_text(text)
    return [check_item(one, situation_of(facts)).truth for one in criteria if one.kind != HEADING]


@pytest.mark.parametrize(
    ("text", "facts", "truths"),
    [
        # The heading turns the same words round.
        (
            "Inclusion Criteria:\n\n* Liver metastases\n\nExclusion Criteria:\n\n* Brain metastases",
            {**LIVER, "metastases.brain": True},
            [MET, NOT_MET],
        ),
        (
            "Patients will be disqualified for any of these:\n\n* HIV infection\n* Autoimmune disease",
            {"condition.hiv": True},
            [NOT_MET, UNKNOWN],
        ),
        # A cohort's rules decide against nobody.
        ("Inclusion Criteria:\n\nCohort A:\n\n* HER2-positive\n\nCohort B:\n\n* MSI-H", {"biomarker.her2": "negative"}, [UNKNOWN, UNKNOWN]),
        # Adequate organs: one item a limit.
        (
            "Inclusion Criteria:\n\n* Adequate organ function:\n\n  * Platelets ≥ 100,000/mm3\n  * Hemoglobin ≥ 9 g/dL",
            {"labs.platelets": 99, "labs.hemoglobin": 9},
            [NOT_MET, MET],
        ),
        (
            "Inclusion Criteria:\n\n* ANC ≥ 1,500/mm3, platelets ≥ 100,000/mm3",
            {"labs.neutrophils": 2, "labs.platelets": 50},
            [MET, NOT_MET],
        ),
        # Any one of the points is enough, so one that fails decides nothing.
        (
            "Inclusion Criteria:\n\n* One of the following:\n\n  * HER2-positive\n  * MSI-H",
            {"biomarker.her2": "negative"},
            [UNKNOWN],
        ),
        # A title and what stands under it.
        ("DISEASE CHARACTERISTICS: Esophageal cancer PATIENT CHARACTERISTICS: Age: 18 and over", {"person.age": 17}, [MET, NOT_MET]),
        ("Exclusion Criteria:\n\nPrior treatment:\n\n* Irinotecan\n* Taxanes", had("paclitaxel"), [MET, NOT_MET]),
    ],
)
def test_headings_govern_what_stands_under_them(text: str, facts: Facts, truths: list[str]) -> None:
    """What an item means depends on the headings over it."""
    assert _truths(text, facts) == truths
