"""Units: every conversion of the vocabulary, the spellings that reports use, and clear errors for wrong ones."""

from __future__ import annotations

import pytest

from tests.helpers import situation_of
from wayline.library import library
from wayline.reading import WaylineError

VOCABULARY = library().vocabulary

# fact, written value, written unit, value in the usual unit; worked out by hand, the molar masses in the comments
CONVERSIONS = [
    ("labs.bilirubin", 17.1, "umol/L", 1),
    ("labs.bilirubin", 51.3, "umol/L", 3),  # exactly on a Child-Pugh limit
    ("labs.bilirubin", 34.2, "umol/L", 2),
    ("labs.bilirubin_uln", 20.52, "umol/L", 1.2),
    ("labs.creatinine", 88.4, "umol/L", 1),
    ("labs.creatinine", 176.8, "umol/L", 2),
    ("labs.creatinine_uln", 106.08, "umol/L", 1.2),
    ("labs.albumin", 35, "g/L", 3.5),
    ("labs.albumin", 28, "g/L", 2.8),
    ("labs.hemoglobin", 122, "g/L", 12.2),
    ("labs.hemoglobin", 5, "mmol/L", 8.055),  # 1.611 g/dL a mmol/L of the single chain
    *((f"labs.{enzyme}{limit}", 0.5, "ukat/L", 30) for enzyme in ("alt", "ast", "alp", "ggt", "ldh") for limit in ("", "_uln")),
    *((f"labs.{cells}", 1500, "cells/uL", 1.5) for cells in ("platelets", "neutrophils", "wbc", "lymphocytes")),
    *((f"labs.{cells}", 150, "10*3/uL", 150) for cells in ("platelets", "neutrophils", "wbc", "lymphocytes")),
    ("labs.creatinine_clearance", 1.5, "mL/s", 90),
    ("labs.egfr", 1, "mL/s/1.73 m2", 60),
    ("labs.troponin", 0.014, "ng/mL", 14),
    ("labs.troponin_uln", 0.04, "ng/mL", 40),
    ("labs.tsh", 2.5, "m[IU]/L", 2.5),
    ("labs.tsh_uln", 4.2, "u[IU]/mL", 4.2),
    ("labs.tsh", 2.5, "u[IU]/mL", 2.5),
    ("labs.tsh_uln", 4.2, "m[IU]/L", 4.2),
    ("labs.potassium", 4.1, "meq/L", 4.1),
    ("labs.magnesium", 2.4305, "mg/dL", 1),  # 24.305 g/mol
    ("labs.magnesium", 1.6, "meq/L", 0.8),  # two charges
    ("labs.calcium", 10.02, "mg/dL", 2.5),  # 40.08 g/mol
    ("labs.calcium_uln", 10.02, "mg/dL", 2.5),
    ("labs.calcium", 5, "meq/L", 2.5),
    ("labs.calcium_uln", 5, "meq/L", 2.5),
    ("labs.glucose", 180.156, "mg/dL", 10),  # 180.156 g/mol
    ("labs.hba1c", 48, "mmol/mol", 6.542),  # NGSP % = 0.0915 * IFCC + 2.15
    ("labs.ca19_9", 30, "kU/L", 30),
    ("labs.ca19_9", 30, "IU/mL", 30),
    ("labs.ca19_9_uln", 37, "kU/L", 37),
    ("labs.ca19_9_uln", 37, "IU/mL", 37),
    ("symptom.temperature_c", 98.6, "degF", 37),
    ("symptom.temperature_c", 100.4, "degF", 38),
    ("nutrition.weight_kg", 180, "lb", 81.6466266),
    ("nutrition.height_cm", 70, "in", 177.8),
    ("nutrition.height_cm", 1.78, "m", 178),
    ("esophagus.tumor_length_cm", 45, "mm", 4.5),
    ("liver.largest_cm", 30, "mm", 3),
    ("liver.remnant_fraction", 40, "%", 0.4),
    ("liver.lung_shunt_fraction", 12, "%", 0.12),
    ("condition.qtc_ms", 0.47, "s", 470),
    ("condition.steroid_dose_mg", 10, "mg/d", 10),
    ("condition.steroid_dose_mg", 10, "mg/day", 10),
    ("wish.travel_miles", 160.9344, "km", 100),
]


def usual(fact_id: str, value: float, unit: str) -> float:
    finding = situation_of({fact_id: {"value": value, "unit": unit}}).finding(fact_id)
    assert finding.value is not None
    return finding.value.low


@pytest.mark.parametrize(("fact_id", "written", "unit", "expected"), CONVERSIONS)
def test_a_value_in_another_unit_becomes_the_usual_one(fact_id: str, written: float, unit: str, expected: float) -> None:
    """A converted value lands exactly on the number that a report in the usual unit would print."""
    assert usual(fact_id, written, unit) == pytest.approx(expected, abs=1e-4 if fact_id == "labs.hba1c" else 1e-9)


def test_every_conversion_of_the_vocabulary_is_checked_here() -> None:
    """A unit that is added to the vocabulary needs a worked example in this file."""
    facts = [
        fact
        for fact in VOCABULARY.values()
        if not fact.id.endswith("_lln") and (not fact.id.endswith("_uln") or VOCABULARY[fact.id[:-4]].upper_limit)
    ]
    offered = {(fact.id, other.unit) for fact in facts for other in fact.other_units}
    assert offered == {(fact_id, unit) for fact_id, _, unit, _ in CONVERSIONS}


@pytest.mark.parametrize("fact_id", [fact.id for fact in VOCABULARY.values() if fact.kind == "number" and fact.unit])
def test_the_usual_unit_may_be_written_out(fact_id: str) -> None:
    """The usual unit changes nothing."""
    definition = VOCABULARY[fact_id]
    assert definition.unit is not None
    assert usual(fact_id, definition.highest, definition.unit) == definition.highest


@pytest.mark.parametrize(
    ("fact_id", "value", "unit", "expected"),
    [
        ("labs.platelets", 150, "K/uL", 150),
        ("labs.platelets", 150, "k/ul", 150),
        ("labs.platelets", 150, "K/µL", 150),
        ("labs.platelets", 150, "10^3/uL", 150),
        ("labs.platelets", 150, "x10^3/µL", 150),
        ("labs.platelets", 150, "10e3/uL", 150),
        ("labs.platelets", 150, "x10E3/uL", 150),
        ("labs.platelets", 150, "thousand/uL", 150),
        ("labs.platelets", 150, "10^9/L", 150),
        ("labs.platelets", 150, "x10^9/L", 150),
        ("labs.platelets", 150, "10*9/l", 150),
        ("labs.platelets", 150, "Gpt/L", 150),
        ("labs.platelets", 150000, "cells/mm3", 150),
        ("labs.platelets", 150000, "/uL", 150),
        ("labs.platelets", 150000, "/mm^3", 150),
        ("labs.bilirubin", 17.1, "µmol/l", 1),  # micro sign
        ("labs.bilirubin", 17.1, "μmol/L", 1),  # Greek mu
        ("labs.bilirubin", 17.1, "UMOL/L", 1),
        ("labs.bilirubin", 17.1, " umol / L ", 1),
        ("labs.bilirubin", 17.1, "mcmol/L", 1),
        ("labs.bilirubin", 1, "MG/DL", 1),
        ("labs.bilirubin", 1, "mg/dl", 1),
        ("labs.albumin", 35, "g/l", 3.5),
        ("labs.albumin", 3.5, "gm/dL", 3.5),
        ("labs.alt", 30, "IU/L", 30),
        ("labs.alt", 30, "units/L", 30),
        ("labs.alt", 30, "[IU]/L", 30),
        ("labs.troponin", 14, "pg/mL", 14),
        ("labs.cea", 3, "ug/L", 3),
        ("labs.cea", 3, "µg/L", 3),
        ("labs.tsh", 2, "uIU/mL", 2),
        ("labs.tsh", 2, "µIU/mL", 2),
        ("labs.tsh", 2, "mU/L", 2),
        ("labs.potassium", 4, "mEq/L", 4),
        ("labs.aptt", 30, "sec", 30),
        ("labs.aptt", 30, "seconds", 30),
        ("labs.egfr", 80, "mL/min/1.73m2", 80),
        ("labs.egfr", 80, "ml/min/1.73 m^2", 80),
        ("labs.egfr", 80, "mL/min/1.73m²", 80),
        ("symptom.temperature_c", 98.6, "°F", 37),
        ("symptom.temperature_c", 98.6, "F", 37),
        ("symptom.temperature_c", 37, "°C", 37),
        ("nutrition.weight_kg", 100, "lbs", 45.359237),
        ("nutrition.weight_kg", 100, "pounds", 45.359237),
        ("nutrition.height_cm", 70, "inches", 177.8),
        ("person.age", 61, "yrs", 61),
        ("biomarker.tmb", 12, "mutations/Mb", 12),
    ],
)
def test_units_are_read_as_reports_write_them(fact_id: str, value: float, unit: str, expected: float) -> None:
    """Case, blanks and the kind of micro sign do not matter; usual other spellings are known."""
    assert usual(fact_id, value, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("fact_id", "unit", "named"),
    [
        ("labs.bilirubin", "g/L", ["mg/dL", "umol/L"]),
        ("labs.bilirubin", "mmol/L", ["mg/dL", "umol/L"]),
        ("labs.albumin", "umol/L", ["g/dL", "g/L"]),
        ("labs.platelets", "g/dL", ["10*9/L", "10*3/uL", "cells/uL"]),
        ("labs.alt", "mg/dL", ["U/L", "ukat/L"]),
        ("nutrition.weight_kg", "stone", ["kg", "lb"]),
        ("symptom.temperature_c", "K", ["Cel", "degF"]),
        ("liver.largest_cm", "in", ["cm", "mm"]),
        ("labs.creatinine_clearance", "mL/min/1.73 m2", ["mL/min"]),
        ("labs.egfr", "mL/min", ["mL/min/1.73 m2"]),
        ("person.age", "months", ["years"]),
    ],
)
def test_a_wrong_unit_is_an_error_that_names_the_right_ones(fact_id: str, unit: str, named: list[str]) -> None:
    """Guessing a unit would change a dose of truth by a factor; the message says which units are taken."""
    with pytest.raises(WaylineError) as error:
        situation_of({fact_id: {"value": 1, "unit": unit}})
    message = str(error.value)
    assert fact_id in message
    assert f"'{unit}'" in message
    assert "line 1" in message
    for name in named:
        assert name in message


@pytest.mark.parametrize("unit", [5, True, ["mg/dL"], {"a": 1}])
def test_a_unit_is_a_text(unit: object) -> None:
    """Anything but a text is refused."""
    with pytest.raises(WaylineError, match="unit"):
        situation_of({"labs.bilirubin": {"value": 1, "unit": unit}})


def test_bounds_are_converted_too() -> None:
    """`{above: 34.2, unit: umol/L}` is above 2 mg/dL, and 2 itself stays outside."""
    value = situation_of({"labs.bilirubin": {"above": 34.2, "at_most": 51.3, "unit": "umol/L"}}).number("labs.bilirubin")
    assert value is not None
    assert (value.low, value.low_open, value.high, value.high_open) == (2, True, 3, False)


def test_an_impossible_value_is_judged_after_its_conversion() -> None:
    """39 g/L of albumin is usual; 39 g/dL is impossible."""
    assert usual("labs.albumin", 39, "g/L") == 3.9
    with pytest.raises(WaylineError, match="not possible"):
        situation_of({"labs.albumin": {"value": 39, "unit": "g/dL"}})


@pytest.mark.parametrize(
    ("fact_id", "value", "meant", "wrong"), [("labs.albumin", 39, "39 g/L", "0.39"), ("labs.hemoglobin", 122, "122 g/L", "1.22")]
)
def test_a_value_ten_times_too_large_is_met_with_the_likeliest_slip(fact_id: str, value: float, meant: str, wrong: str) -> None:
    """Albumin 39 is nearly always 39 g/L. To suggest 0.39 would lead a person to write a value that nobody has."""
    with pytest.raises(WaylineError, match="not possible") as error:
        situation_of({fact_id: value})
    assert meant in str(error.value)
    assert wrong not in str(error.value)
