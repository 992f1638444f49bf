"""Rows of laboratory reports: each part in its usual orders, and everything that looks like a result and is none."""

from __future__ import annotations

import pytest

from tests.records.pasted_helpers import facts_in, read

ROWS = [
    # name, value, flag, unit and range in many orders
    ("Albumin 3.9 3.5-5.0 g/dL", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("Albumin\t3.9\tg/dL\t3.5-5.0", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("| Albumin | 3.9 | | g/dL | 3.5 - 5.0 |", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("Albumin: 3.9 g/dL (3.5-5.0)", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("Albumin   3.9 g/dL   [3.5 to 5.0]", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("Albumin (g/dL)   3.9   3.5-5.0", ["labs.albumin = 3.9 g/dL [3.5..5]"]),
    ("Albumin, Serum 3.9 g/dL", ["labs.albumin = 3.9 g/dL"]),
    ("ALBUMIN L 3.1 G/DL 3.5-5.0", ["labs.albumin = 3.1 g/dL [3.5..5]"]),
    ("Albumin 3.1 (L) g/dL 3.5-5.0", ["labs.albumin = 3.1 g/dL [3.5..5]"]),
    ("Albumin 3.1* g/dL 3.5-5.0", ["labs.albumin = 3.1 g/dL [3.5..5]"]),
    ("ALT (SGPT) 61 High IU/L 0-44", ["labs.alt = 61 U/L [..44]"]),
    ("ALT 61 U/L <45", ["labs.alt = 61 U/L [..45]"]),
    ("ALT 61 U/L (ref <= 45)", ["labs.alt = 61 U/L [..45]"]),
    ("eGFR >90 mL/min/1.73m2", ["labs.egfr = >90 mL/min/1.73 m2"]),
    ("eGFR 72 mL/min/1.73 m2 >59", ["labs.egfr = 72 mL/min/1.73 m2 [59..]"]),
    ("Bilirubin, Total <0.2 mg/dL 0.2-1.2", ["labs.bilirubin = <0.2 mg/dL [0.2..1.2]"]),
    ("Platelets 150,000 /uL", ["labs.platelets = 150000 cells/uL"]),
    ("Platelet Count 98 L K/uL 150-400", ["labs.platelets = 98 10*3/uL [150..400]"]),
    ("WBC 4.2 x10E3/uL 3.4-10.8", ["labs.wbc = 4.2 10*3/uL [3.4..10.8]"]),
    ("Neutrophils (Absolute) 2.1 x10E3/uL 1.4-7.0", ["labs.neutrophils = 2.1 10*3/uL [1.4..7]"]),
    ("ANC 1500 cells/uL", ["labs.neutrophils = 1500 cells/uL"]),
    ("INR 1.1 0.9-1.1", ["labs.inr = 1.1 [0.9..1.1]"]),
    ("Creatinine .9 mg/dL .6-1.3", ["labs.creatinine = 0.9 mg/dL [0.6..1.3]"]),
    ("Creatinine 80 umol/L 60-110", ["labs.creatinine = 80 umol/L [60..110]"]),
    ("TSH 2.3 uIU/mL 0.4-4.5", ["labs.tsh = 2.3 mIU/L [0.4..4.5]"]),
    ("CA 19-9 45 U/mL 0-35", ["labs.ca19_9 = 45 U/mL [..35]"]),
    ("Cancer Antigen 19-9: <2.0 U/mL (0-35)", ["labs.ca19_9 = <2 U/mL [..35]"]),
    ("CEA 3.4 ng/mL 0.0-4.7", ["labs.cea = 3.4 ng/mL [..4.7]"]),
    ("Alkaline\nPhosphatase 120 U/L 40-129", ["labs.alp = 120 U/L [40..129]"]),
    ("Potassium 4.1 mmol/L 3.5-5.1 Final", ["labs.potassium = 4.1 mmol/L [3.5..5.1]"]),
    ("K 4.1 mEq/L", ["labs.potassium = 4.1 meq/L"]),
    ("Hemoglobin A1c 6.1 % 4.0-5.6", ["labs.hba1c = 6.1 % [4..5.6]"]),
    ("Troponin T, High Sensitivity 14 ng/L <22", ["labs.troponin = 14 ng/L [..22]"]),
    ("Creatinine clearance 78 mL/min", ["labs.creatinine_clearance = 78 mL/min"]),
    ("Albumin 3,5 g/dL", ["labs.albumin = 3.5 g/dL ?"]),
    ("Albumin 3.9 g/dL 3.5-5.0 H", ["labs.albumin = 3.9 g/dL [3.5..5] ?"]),
    ("Potassium 5.9 H mmol/L 3.5-5.1 hemolyzed", ["labs.potassium = 5.9 mmol/L [3.5..5.1] ?"]),
    ("Test  Result  Previous  Units\nALT | 40 | 88 | U/L", ["labs.alt = 40 U/L"]),
    ("ALT 40 U/L (previously 88)", ["labs.alt = 40 U/L"]),
    ("Creatinine 0.9 mg/dL on 10/25/2026", ["labs.creatinine = 0.9 mg/dL @2026-10-25"]),
    ("Albumin 3.9g/dL", ["labs.albumin = 3.9 g/dL"]),
    ("ALT 61H U/L 0-44", ["labs.alt = 61 U/L [..44]"]),
    ("Platelets 150K/uL", ["labs.platelets = 150 10*3/uL"]),
    ("Bilirubin\n  Total 0.8 mg/dL\n  Direct 0.3 mg/dL", ["labs.bilirubin = 0.8 mg/dL"]),
    # without a result, or of something else
    ("ALT 4O U/L", []),
    ("Hgb 8.1 g/dL > 9.2 g/dL", []),
    ("Bilirubin 0.3 mg/dL direct", []),
    ("Bilirubin\n  Direct 0.3 mg/dL", []),
    ("Calcium 8.2 mg/dL (corrected 9.4)", []),
    ("Hemoglobin 10.2 g/dL (8.1)", []),
    ("AST/ALT 61/48 U/L", []),
    ("Platelets 1.5 x 10^5/uL", []),
    ("Neutrophils 85 % 8.2 K/uL", []),
    ("Albumin", []),
    ("Albumin 3.5-5.0 g/dL", []),
    ("Albumin 3.9", []),
    ("Albumin 3.9 mg/dL", []),
    ("Albumin see note 3.5-5.0 g/dL", []),
    ("Potassium Hemolyzed mmol/L 3.5-5.1", []),
    ("Albumin QNS", []),
    ("Albumin pending g/dL", []),
    ("Platelets clumped 150-400 K/uL", []),
    ("Platelet estimate adequate", []),
    ("ALT 45 40 U/L", []),
    ("ALT 45 U/L 61 U/L", []),
    ("Albumin 39 g/dL", []),
    ("Bilirubin, Direct 0.3 mg/dL 0.0-0.3", []),
    ("Direct bilirubin 0.3 mg/dL", []),
    ("Bilirubin, Indirect 0.5 mg/dL", []),
    ("Corrected calcium 9.9 mg/dL", []),
    ("Calcium, Ionized 1.2 mmol/L", []),
    ("Calcium (corrected for albumin) 9.9 mg/dL", []),
    ("Creatinine, Urine 88 mg/dL", []),
    ("Urine creatinine 88 mg/dL", []),
    ("BUN/Creatinine Ratio 18", []),
    ("Albumin/Globulin Ratio 1.2", []),
    ("Albumin/Creatinine 30 mg/g", []),
    ("Neutrophils 65 %", []),
    ("Neutrophils % 65", []),
    ("Neutrophils 65", []),
    ("Lymphs 24 % 14-46", []),
    ("Prothrombin Time 12.5 sec 9.4-12.5", []),
    ("PT/INR 12.5/1.1", []),
    ("eGFR If NonAfricn Am 72 mL/min/1.73", []),
    ("eGFR If Africn Am 83 mL/min/1.73", []),
    ("Prealbumin 18 mg/dL", []),
    ("MCH 29 pg", []),
    ("Mean platelet volume 9.1 fL", []),
    ("Estimated average glucose 128 mg/dL", []),
    ("Hold if platelets < 100 K/uL", []),
    ("Goal INR 2.0-3.0", []),
    ("Keep potassium > 4.0 mmol/L", []),
    ("Patients must have bilirubin <= 1.5 mg/dL", []),
    ("Take magnesium 400 mg daily", []),
    ("Mg 400 mg tablet", []),
    ("Albumin 25 g IV", []),
    ("Transfused 2 units platelets", []),
    ("Potassium chloride 20 mEq", []),
    ("Calcium carbonate 500 mg", []),
    ("URINALYSIS\nGlucose 100 mg/dL\nAlbumin 30 mg/dL", []),
    ("Ascites fluid:\nAlbumin 1.2 g/dL\nGlucose 99 mg/dL", []),
    ("ALT was 88 U/L before treatment", ["labs.alt = 88 U/L"]),
    ("ALT 90000000 U/L", []),
    ("Reference: ALT 7-45 U/L", []),
    ("ALT 1.5 x ULN", []),
    ("Hemoglobin S 0 %", []),
    ("Glucose, Urine 100 mg/dL", []),
    ("POC glucose 140 mg/dL", []),
    ("Ca 19-9 pending", []),
    ("alt text 45 U/L", []),
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[text[:50] for text, _ in ROWS])
def test_a_row_is_taken_or_left(text: str, expected: list[str]) -> None:
    assert facts_in(read(text)) == expected


TRENDS = [
    (
        "Component\t10/02/2026\t10/16/2026\nALT (U/L)\t40\t51\n",
        ["labs.alt = 40 U/L @2026-10-02", "labs.alt = 51 U/L @2026-10-16"],
    ),
    ("Component   10/02/2026   10/16/2026\nALT (U/L)   40\n", []),
    ("Component\t10/02/2026\t10/16/2026\nALT (U/L)\t\t51\n", ["labs.alt = 51 U/L @2026-10-16"]),
    ("Component\t10/02/2026\t10/16/2026\nALT (U/L)\t40 (45)\t51\n", []),
    ("ALT 40 U/L 10/02/2026 51 U/L 10/16/2026", []),
]


@pytest.mark.parametrize(("text", "expected"), TRENDS, ids=range(len(TRENDS)))
def test_each_value_of_a_trend_has_its_own_day_or_is_left(text: str, expected: list[str]) -> None:
    assert facts_in(read(text)) == expected


DAYS = [
    ("Collected: 10/25/2026", "2026-10-25", False),
    ("Collected: 25/10/2026", "2026-10-25", False),
    ("Collected: 03/04/2026", "2026-03-04", True),
    ("Collected: 04/04/2026", "2026-04-04", False),
    ("Received: 10/25/2026 Collected: 03/04/2026", "2026-03-04", False),
    ("Received: 25/10/2026 Collected: 03/04/2026", "2026-04-03", False),
    ("Collected: 03.04.2026", "2026-04-03", False),
    ("Collected: Nov 2, 2026 8:12 AM", "2026-11-02", False),
    ("Collected: 02-Nov-2026", "2026-11-02", False),
    ("Collected on Monday, November 2, 2026", "2026-11-02", False),
    ("Collection date: 2026-11-02T08:12", "2026-11-02", False),
    ("Collected: 10/25/26", "2026-10-25", False),
    ("Date of birth: 10/25/1960", None, False),
    ("Reported: 10/25/2026", None, False),
    ("Collected: 13/13/2026", None, True),
    ("Collected: 12/25/2026", None, True),
    ("Collected: not given", None, False),
    ("", None, False),
]


@pytest.mark.parametrize(("line", "day", "doubtful"), DAYS, ids=[line or "no line" for line, _, _ in DAYS])
def test_the_day_of_the_sample(line: str, day: str | None, doubtful: bool) -> None:
    """As of 2026-11-20: the month stands first unless that is impossible; what may be either is a doubt."""
    (finding,) = read(f"{line}\nALT 40 U/L\n").findings
    assert (finding.date, bool(finding.doubts)) == (day, doubtful)


def test_two_samples_in_one_text_keep_their_own_days() -> None:
    text = "Collected: 10/25/2026\nALT 40 U/L\n\nCollected: 10/30/2026\nALT 51 U/L\n"
    assert facts_in(read(text)) == ["labs.alt = 40 U/L @2026-10-25", "labs.alt = 51 U/L @2026-10-30"]


def test_a_unit_from_another_row_of_the_same_test_is_a_doubt() -> None:
    text = "ALT 40 U/L\n\nALT 51\n"
    assert facts_in(read(text)) == ["labs.alt = 40 U/L", "labs.alt = 51 U/L ?"]
