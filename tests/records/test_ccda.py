"""C-CDA documents: what each kind of entry tells, what it does not, and the twelve published samples."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import shared_folder, situation_of
from tests.records.ccda_documents import (
    CCDA,
    GENDER,
    ICD10,
    LOINC,
    SECRET_NAME,
    SNOMED,
    allergy,
    between,
    clinical,
    coded,
    document,
    drug,
    integer,
    lab,
    medication,
    missed,
    observation,
    panel,
    person,
    pq,
    problem,
    procedure,
    read,
    relative,
    section,
    st,
    told,
    translation,
    uncoded,
    values,
)
from wayline.facts.values import NumberRange
from wayline.reading import WaylineError

ADENOCARCINOMA = coded("276803003", SNOMED, "Adenocarcinoma of esophagus")
LIVER_SPREAD = coded("94381002", SNOMED, "Secondary malignant neoplasm of liver")
SAMPLES = shared_folder() / "data" / "patients" / "ccda"
Form = dict[str, Any]


def only(sections: str) -> list[tuple[str, object]]:
    return told(clinical(read(document(sections))))


# --- The person -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "facts"),
    [
        (
            person(),
            {"person.birth_date": "1961-04-12", "person.sex": "female", "person.country": "US", "person.postal_code": "02115"},
        ),
        (person(birth="1961", gender="M", country="USA"), {"person.birth_date": "1961", "person.sex": "male", "person.country": "US"}),
        (person(birth="196104"), {"person.birth_date": "1961-04"}),
        (person(birth="19610412083000-0500"), {"person.birth_date": "1961-04-12"}),
        (person(country="United States of America"), {"person.country": "US"}),
        (person(country="ca", zip_code="K1A 0B1"), {"person.country": "CA", "person.postal_code": "K1A 0B1"}),
    ],
)
def test_the_head_tells_the_person(target: str, facts: dict[str, str]) -> None:
    assert values(read(document(target=target)).facts).items() >= facts.items()


@pytest.mark.parametrize(
    ("target", "absent"),
    [
        (person(birth=None), "person.birth_date"),
        (person(birth="19610431"), "person.birth_date"),
        (person(birth="1961041"), "person.birth_date"),
        (person(birth="20270101"), "person.birth_date"),
        (person(gender="UN"), "person.sex"),
        (person(country="Cascadia"), "person.country"),
        (person().replace('use="HP"', 'use="OLD"'), "person.postal_code"),
        ("<recordTarget><patientRole/></recordTarget>", "person.sex"),
        ("", "person.birth_date"),
    ],
)
def test_what_the_head_does_not_tell_stays_unknown(target: str, absent: str) -> None:
    assert absent not in values(read(document(target=target)).facts)


def test_a_document_of_two_people_gives_nothing() -> None:
    reading = read(document(section("problems", problem(ADENOCARCINOMA)), target=person() + person(birth="19580101", name="Somebody Else")))
    assert (reading.people, reading.facts, reading.reports) == (2, (), ())
    assert read(document(target=person() + person())).people == 1


def test_no_name_of_a_person_is_kept() -> None:
    reading = read(document(section("problems", problem(ADENOCARCINOMA), text="Sore throat")))
    assert SECRET_NAME not in repr(reading)


# --- Problems -------------------------------------------------------------------------------------------------------


CANCER = [
    ("diagnosis.histology", {"value": "adenocarcinoma", "date": "2026-03-10"}),
    ("diagnosis.date", {"value": "2026-03-10"}),
]


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (problem(ADENOCARCINOMA), CANCER),
        (problem(ADENOCARCINOMA, templates=False), CANCER),
        (problem(ADENOCARCINOMA, code='<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>'), CANCER),
        # The code that is known stands among the translations.
        (problem(coded("123", "1.2.3.4", "Local code", inner=translation("276803003", SNOMED))), CANCER),
        (problem(uncoded("see below", inner=translation("276803003", SNOMED))), CANCER),
        # The code system by its name only.
        (problem(ADENOCARCINOMA.replace(f'codeSystem="{SNOMED}"', 'codeSystemName="SNOMED CT"')), CANCER),
        # A translation adds the place.
        (
            problem(coded("276803003", SNOMED, inner=translation("C15.5", ICD10))),
            [CANCER[0], ("diagnosis.site", {"value": "lower", "date": "2026-03-10"}), CANCER[1]],
        ),
        # No code at all, only words; in the entry, or in the narrative that it points to.
        (problem(uncoded("Adenocarcinoma of the esophagus")), CANCER),
        (problem(uncoded('<reference value="#p1"/>')), CANCER),
        (
            problem(ADENOCARCINOMA, low="202603"),
            [(CANCER[0][0], {"value": "adenocarcinoma", "date": "2026-03"}), ("diagnosis.date", {"value": "2026-03"})],
        ),
        # The day on which it was written down dates it; the day of its beginning is the day of the diagnosis.
        (
            problem(ADENOCARCINOMA, author="20260401"),
            [("diagnosis.histology", {"value": "adenocarcinoma", "date": "2026-04-01"}), CANCER[1]],
        ),
        (problem(LIVER_SPREAD), [("metastases.liver", {"value": True, "date": "2026-03-10"})]),
        (problem(LIVER_SPREAD, low=None), [("metastases.liver", {"value": True})]),
        (problem(LIVER_SPREAD, negated=True), [("metastases.liver", {"value": False, "date": "2026-03-10"})]),
        # A cancer that has spread, and the place beside it.
        (
            problem(
                coded("128462008", SNOMED, "Secondary malignant neoplastic disease"),
                inner=coded("10200004", SNOMED, "Liver structure", tag="targetSiteCode"),
            ),
            [("metastases.liver", {"value": True, "date": "2026-03-10"})],
        ),
        # Come back.
        (
            problem(ADENOCARCINOMA, state="246455001"),
            [
                ("diagnosis.histology", {"value": "adenocarcinoma", "date": "2026-03-10"}),
                ("diagnosis.date", {"value": "2026-03-10"}),
                ("diagnosis.setting", {"value": "recurrence", "date": "2026-03-10"}),
            ],
        ),
        # What was once so stays so for facts that do not change.
        (
            problem(coded("44054006", SNOMED, "Diabetes"), high="20150301", low="2010"),
            [("condition.diabetes", {"value": True, "date": "2010"})],
        ),
    ],
)
def test_problems(entry: str, facts: list[tuple[str, object]]) -> None:
    narrative = '<list><item ID="p1">Adenocarcinoma of the esophagus</item></list>'
    assert sorted(only(section("problems", entry, text=narrative)), key=repr) == sorted(facts, key=repr)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (problem(LIVER_SPREAD, high="20260801"), "ended (2026-08-01)"),
        (problem(LIVER_SPREAD, open_end=True), "ended, and not when"),
        (problem(LIVER_SPREAD, concern="completed"), "closed"),
        (problem(LIVER_SPREAD, state="413322009"), "resolved"),
        (problem(coded("94381002", SNOMED, "Secondary malignant neoplasm of liver", words="r/o liver metastases")), "r/o"),
        (problem(coded("94381002", SNOMED, words="Possible liver metastasis")), "Possible"),
        (problem(coded("94381002", SNOMED, words="Liver metastasis?")), "take it back"),
        (problem(LIVER_SPREAD, inner='<uncertaintyCode code="U" codeSystem="2.16.840.1.113883.5.1053"/>'), "not sure"),
        (
            problem(LIVER_SPREAD).replace('<observation classCode="OBS" moodCode="EVN">', '<observation classCode="OBS" moodCode="RSK">'),
            "a risk",
        ),
        (problem(LIVER_SPREAD).replace('<observation classCode="OBS"', '<observation nullFlavor="NI" classCode="OBS"'), "nothing is known"),
        (
            problem(
                coded(
                    "94381002",
                    SNOMED,
                    inner='<qualifier><name code="408732007" codeSystem="2.16.840.1.113883.6.96"/><value code="9947008"/></qualifier>',
                )
            ),
            "narrowed",
        ),
        (
            problem(
                uncoded(
                    "see translation",
                    inner=coded("94381002", SNOMED, tag="translation", inner='<qualifier><name code="408729009"/></qualifier>'),
                )
            ),
            "narrowed",
        ),
        (problem('<value xsi:type="CD" nullFlavor="UNK"/>'), "names no problem"),
        (problem(uncoded("Family history of esophageal cancer")), "take it back"),
        (problem(coded("128462008", SNOMED, "Secondary malignant neoplastic disease")), "no fact stands for it"),
        (problem(coded("233604007", SNOMED, "Pneumonia")), "no fact stands for it"),
        (problem(LIVER_SPREAD, low="20260231"), "is not a date"),
        (problem(LIVER_SPREAD, low="20270101"), "lies after"),
        (problem(coded("389026000", SNOMED, "Ascites"), negated=True), "cannot hold"),
    ],
)
def test_problems_that_are_not_taken_are_listed(entry: str, why: str) -> None:
    reading = read(document(section("problems", entry)))
    assert clinical(reading) == []
    assert [one.where for one in missed(reading)] == ["section Problems, line 5"]
    assert why in missed(reading)[0].why
    assert reading.counts["problem"] == 1


def test_open_again_says_more_than_an_end_without_a_day() -> None:
    assert only(section("problems", problem(LIVER_SPREAD, open_end=True, state="55561003"))) == [
        ("metastases.liver", {"value": True, "date": "2026-03-10"})
    ]


def test_a_record_of_another_cancer_says_nothing_about_this_one() -> None:
    breast = problem(coded("254837009", SNOMED, "Malignant neoplasm of breast"))
    her2 = panel(lab("48676-1", "HER2", coded("10828004", SNOMED, "Positive")))
    other = read(document(section("problems", breast, problem(LIVER_SPREAD)), section("results", her2)))
    assert [one.fact_id for one in clinical(other)] == ["condition.second_cancer"]
    assert sum("another cancer" in one.why for one in missed(other)) == 2
    both = read(document(section("problems", breast, problem(ADENOCARCINOMA), problem(LIVER_SPREAD)), section("results", her2)))
    assert {"metastases.liver", "biomarker.her2", "condition.second_cancer"} <= set(values(both.facts))


# --- Whose and when -------------------------------------------------------------------------------------------------


FATHERS = observation(coded("75323-6", LOINC, tag="code"), LIVER_SPREAD)


@pytest.mark.parametrize(
    "sections",
    [
        section("family", relative(FATHERS)),
        section("family", relative(FATHERS), by="code"),
        section("family", relative(FATHERS), by="title"),
        # In the wrong section, and in a section of one's own without any mark on the entry.
        section("problems", relative(FATHERS)),
        section("family", f"<entry>{FATHERS}</entry>"),
        section("family", text="Father: cancer").replace("</section>", section("problems", problem(LIVER_SPREAD)) + "</section>"),
        section("results", panel(FATHERS)).replace("<text>", "<subject><relatedSubject classCode='PRS'/></subject><text>"),
        section("plan", f"<entry>{observation(coded('29463-7', LOINC, tag='code'), pq('70', 'kg'), mood='GOL')}</entry>"),
        section("admission", problem(LIVER_SPREAD)),
        section("concerns", problem(LIVER_SPREAD)),
        section("immunizations", medication(drug("32592", "oxaliplatin"))),
    ],
)
def test_what_is_of_others_or_only_thought_of_is_never_a_fact(sections: str) -> None:
    assert clinical(read(document(sections))) == []


def test_unknown_sections_are_counted_and_listed() -> None:
    raw = document(section("problems", problem(LIVER_SPREAD), by="none", title="Tumor board"))
    reading = read(raw)
    assert clinical(reading) == []
    assert reading.counts["unknown section"] == 1
    assert [(one.kind, one.words, one.where) for one in missed(reading)] == [
        ("unknown section", "Tumor board", "section Tumor board, line 5")
    ]


@pytest.mark.parametrize("by", ["template", "code", "title"])
def test_a_section_is_known_by_what_it_has(by: str) -> None:
    assert values(clinical(read(document(section("problems", problem(LIVER_SPREAD), by=by))))) == {"metastases.liver": True}


def test_entries_outside_any_section_are_read_as_apple_writes_them() -> None:
    weight = observation(coded("3141-9", LOINC, "Body weight", tag="code"), pq("181", "lb"), day=None).replace(
        "<value", '<effectiveTime><low value="20261019071500-0500"/><high value="20261019071500-0500"/></effectiveTime><value'
    )
    reading = read(document(body=f"</component>{panel(weight, day=None)}<component>"))
    assert told(clinical(reading)) == [("nutrition.weight_kg", {"value": 181, "unit": "lb", "date": "2026-10-19"})]
    assert clinical(reading)[0].where == "outside any section, line 5"


def test_parts_behind_the_end_of_the_document_are_read_as_apple_writes_them() -> None:
    def weighed(day: str) -> str:
        return panel(lab("3141-9", "Body weight", pq("181", "lb"), day=day))

    whole = document(body=f"</component>{weighed('20261001')}<component>").decode()
    end = "</ClinicalDocument>"
    later = f"<component>\n<section>{weighed('20261003')}</section></component>"
    raw = f"{whole.rstrip()}\n<component><section>{weighed('20261002')}</section></component>\n{later}\n"
    reading = read(raw.encode())
    assert [one.date for one in clinical(reading)] == ["2026-10-03", "2026-10-02", "2026-10-01"]
    assert clinical(reading)[0].where == f"outside any section, line {raw.count(chr(10))}"
    harmless = whole.replace("<typeId", f"<!-- {end}<component> --><typeId")
    assert told(read(harmless.encode()).facts) == told(read(whole.encode()).facts)
    with pytest.raises(WaylineError, match="something follows after the end"):
        read(f"{whole}<section/>".encode())


def test_a_bare_section_within_the_familys_is_the_familys() -> None:
    within = section("family").replace("</section>", f"<component><section>{problem(LIVER_SPREAD)}</section></component></section>")
    assert clinical(read(document(within))) == []


# --- Results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "facts"),
    [
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL")), [("labs.bilirubin", {"value": 0.7, "unit": "mg/dL", "date": "2026-11-02"})]),
        (
            lab("1975-2", "Bilirubin", pq("12", "umol/L"), limits=("3", "21"), unit="umol/L"),
            [
                ("labs.bilirubin", {"value": 12, "unit": "umol/L", "date": "2026-11-02"}),
                ("labs.bilirubin_uln", {"value": 21, "unit": "umol/L", "date": "2026-11-02"}),
                ("labs.bilirubin_lln", {"value": 3, "unit": "umol/L", "date": "2026-11-02"}),
            ],
        ),
        (
            lab("2039-6", "CEA", between(None, "0.5", "ng/mL", inclusive=False)),
            [("labs.cea", {"below": 0.5, "unit": "ng/mL", "date": "2026-11-02"})],
        ),
        (
            lab("2039-6", "CEA", between("5", "9", "ng/mL")),
            [("labs.cea", {"at_least": 5, "at_most": 9, "unit": "ng/mL", "date": "2026-11-02"})],
        ),
        (lab("2039-6", "CEA", st("<0.5 ng/mL")), [("labs.cea", {"below": 0.5, "unit": "ng/mL", "date": "2026-11-02"})]),
        (lab("6301-6", "INR", pq("1.1", "{INR}")), [("labs.inr", {"value": 1.1, "date": "2026-11-02"})]),
        (lab("6301-6", "INR", pq("1.1")), [("labs.inr", {"value": 1.1, "date": "2026-11-02"})]),
        # The unit stands beside the value only.
        (
            lab("718-7", "Hemoglobin", pq("12.9", None, '<translation value="12.9" code="g/dL" codeSystem="2.16.840.1.113883.6.8"/>')),
            [("labs.hemoglobin", {"value": 12.9, "unit": "g/dL", "date": "2026-11-02"})],
        ),
        (
            lab(
                "6690-2",
                "Leukocytes",
                '<value xsi:type="PQ" nullFlavor="OTH"><translation nullFlavor="OTH" value="11.5"><originalText>x10e3/uL</originalText>'
                "</translation></value>",
            ),
            [("labs.wbc", {"value": 11.5, "unit": "10*3/uL", "date": "2026-11-02"})],
        ),
        # A code of the house with a known name; a translation that is known.
        (
            observation(coded("HGB", "1.2.840.114350.1", "Hemoglobin", tag="code"), pq("12.9", "g/dL")),
            [("labs.hemoglobin", {"value": 12.9, "unit": "g/dL", "date": "2026-11-02"})],
        ),
        (
            observation(coded("HGB", "1.2.840.114350.1", "H-1", tag="code", inner=translation("718-7", LOINC)), pq("12.9", "g/dL")),
            [("labs.hemoglobin", {"value": 12.9, "unit": "g/dL", "date": "2026-11-02"})],
        ),
        (lab("48676-1", "HER2", coded("10828004", SNOMED, "Positive")), [("biomarker.her2", {"value": "positive", "date": "2026-11-02"})]),
        (lab("48676-1", "HER2", st("Negative")), [("biomarker.her2", {"value": "negative", "date": "2026-11-02"})]),
        (
            lab("48676-1", "HER2", '<value xsi:type="CD" nullFlavor="OTH"/>', interpretation="NEG"),
            [("biomarker.her2", {"value": "negative", "date": "2026-11-02"})],
        ),
        (lab("18474-7", "HER2 by IHC", st("2+")), [("biomarker.her2_ihc", {"value": 2, "date": "2026-11-02"})]),
        (lab("85147-7", "PD-L1", st("CPS 10")), [("biomarker.pdl1_cps", {"value": 10, "date": "2026-11-02"})]),
        (lab("85147-7", "PD-L1", st("CPS <1")), [("biomarker.pdl1_cps", {"below": 1, "date": "2026-11-02"})]),
        (lab("81695-9", "MSI", st("MSI-High")), [("biomarker.msi_high", {"value": True, "date": "2026-11-02"})]),
        (lab("81695-9", "MSI", coded("LA14122-8", LOINC, "Stable")), [("biomarker.msi_high", {"value": False, "date": "2026-11-02"})]),
        (lab("89247-1", "ECOG", integer("1")), [("function.ecog", {"value": 1, "date": "2026-11-02"})]),
        (lab("89247-1", "ECOG", coded("LA9624-3", LOINC, "2")), [("function.ecog", {"value": 2, "date": "2026-11-02"})]),
        (lab("89243-0", "Karnofsky", integer("80")), [("function.ecog", {"value": 1, "date": "2026-11-02"})]),
        (lab("89243-0", "Karnofsky", integer("70")), [("function.ecog", {"one_of": [1, 2], "date": "2026-11-02"})]),
        (lab("21908-9", "Stage", st("Stage IVB")), [("diagnosis.stage", {"value": "4b", "date": "2026-11-02"})]),
        # An answer in the narrative.
        (
            lab("48676-1", "HER2", '<value xsi:type="ED"><reference value="#h1"/></value>'),
            [("biomarker.her2", {"value": "positive", "date": "2026-11-02"})],
        ),
    ],
)
def test_results(one: str, facts: list[tuple[str, object]]) -> None:
    found = only(section("results", panel(one), text='<table><tr><td>HER2</td><td ID="h1">Positive</td></tr></table>'))
    assert sorted(found, key=repr) == sorted(facts, key=repr)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (lab("1975-2", "Bilirubin", pq("0.7")), "unit is not told"),
        (lab("1975-2", "Bilirubin", pq("0.7", "furlong")), "furlong"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mmol/L")), "mmol/L"),
        (lab("1975-2", "Bilirubin", pq("seven", "mg/dL")), ""),
        (lab("1975-2", "Bilirubin", pq("700", "mg/dL")), "not possible"),
        (lab("1975-2", "Bilirubin", '<value xsi:type="PQ" nullFlavor="NA"/>'), "no value is told"),
        (lab("1975-2", "Bilirubin", ""), "no value is told"),
        (lab("1975-2", "Bilirubin", "", interpretation="H"), "no value is told"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), status="aborted"), "broken off"),
        (lab("1975-2", "Bilirubin", "", status="active"), "no result yet"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), negated=True), "not so"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), day="20261131"), "is not a date"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), day="20270101"), "lies after"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), mood="GOL"), "a goal"),
        (lab("1975-2", "Bilirubin", pq("0.7", "mg/dL") + pq("0.8", "mg/dL")), "several values"),
        (lab("1754-1", "Albumin", pq("3.9", "g/dL")), "no fact stands"),  # in urine, by its code
        (lab("85147-7", "PD-L1", st("10")), "which score"),
        (lab("48676-1", "HER2", st("Cannot be determined")), ""),
        (lab("89247-1", "ECOG", integer("5")), "5"),
        (
            observation(
                coded("X", "1.2.3", "Glucose", tag="code"),
                pq("5", "mmol/L"),
                inner='<specimen><specimenRole><specimenPlayingEntity><code nullFlavor="OTH"><originalText>Urine</originalText></code>'
                "</specimenPlayingEntity></specimenRole></specimen>",
            ),
            "no fact stands",
        ),
    ],
)
def test_results_that_cannot_be_taken_are_listed(one: str, why: str) -> None:
    reading = read(document(section("results", panel(one))))
    assert clinical(reading) == []
    assert len(missed(reading)) == 1
    assert why in missed(reading)[0].why


def test_a_panel_that_was_called_off_gives_nothing() -> None:
    reading = read(document(section("results", panel(lab("718-7", "Hgb", pq("12.9", "g/dL")), status="cancelled"))))
    assert clinical(reading) == []
    assert [one.why for one in missed(reading)] == ["it was called off"]


def test_an_undated_result_takes_the_day_of_its_panel_and_never_today() -> None:
    one = lab("718-7", "Hgb", pq("12.9", "g/dL"), day=None)
    assert only(section("results", panel(one, day="20261103"))) == [
        ("labs.hemoglobin", {"value": 12.9, "unit": "g/dL", "date": "2026-11-03"})
    ]
    undated = read(document(section("results", panel(one, day=None))))
    assert clinical(undated) == []
    assert "count as today's" in missed(undated)[0].why


def test_the_newest_result_is_the_value_and_older_ones_the_series() -> None:
    days = ("20261001", "20261102", "20260901")
    several = panel(*(lab("718-7", "Hgb", pq(f"1{at}", "g/dL"), day=day, limits=("12", "16"), unit="g/dL") for at, day in enumerate(days)))
    found = clinical(read(document(section("results", several))))
    assert [(one.fact_id, one.told.get("value"), one.told["date"], one.is_item) for one in found] == [
        ("labs.hemoglobin", 11, "2026-11-02", False),
        ("labs.hemoglobin_uln", 16, "2026-11-02", False),
        ("labs.hemoglobin_lln", 12, "2026-11-02", False),
        ("labs.earlier_results", 10, "2026-10-01", True),
        ("labs.earlier_results", 12, "2026-09-01", True),
    ]
    lab_range = {"lower_limit": 12, "upper_limit": 16}
    assert found[3].told == {"lab": "labs.hemoglobin", "value": 10, "unit": "g/dL", **lab_range, "date": "2026-10-01"}


def test_two_values_of_one_day_both_stand() -> None:
    twice = panel(lab("718-7", "Hgb", pq("12.9", "g/dL")), lab("718-7", "Hgb", pq("9.2", "g/dL")), lab("718-7", "Hgb", pq("9.2", "g/dL")))
    found = only(section("results", twice))
    assert [one[1] for one in found] == [
        {"value": 12.9, "unit": "g/dL", "date": "2026-11-02"},
        {"value": 9.2, "unit": "g/dL", "date": "2026-11-02"},
    ]


@pytest.mark.parametrize(
    "told_range",
    [
        "<referenceRange><observationRange><text>see note</text></observationRange></referenceRange>",
        f"<referenceRange><observationRange>{between('12', '16', 'g/L')}</observationRange></referenceRange>",
        f"<referenceRange><observationRange>{between('12', '16', 'g/dL')}</observationRange></referenceRange>" * 2,
        '<referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="12"/></value></observationRange></referenceRange>',
    ],
)
def test_a_range_that_is_not_sure_is_no_range(told_range: str) -> None:
    reading = read(document(section("results", panel(lab("718-7", "Hgb", pq("12.9", "g/dL"), inner=told_range)))))
    assert [one.fact_id for one in clinical(reading)] == ["labs.hemoglobin"]
    assert [one.kind for one in missed(reading)] == ["range of a result"]


def test_a_result_before_it_is_final_says_so() -> None:
    found = clinical(read(document(section("results", panel(lab("718-7", "Hgb", pq("12.9", "g/dL"), status="active"))))))
    assert [one.words for one in found] == ["Hgb: 12.9 g/dL (preliminary)"]


@pytest.mark.parametrize(
    ("code", "value", "fact"),
    [
        ("29463-7", pq("150", "[lb_av]"), ("nutrition.weight_kg", {"value": 150, "unit": "lb", "date": "2026-11-02"})),
        ("3141-9", pq("68.2", "kg"), ("nutrition.weight_kg", {"value": 68.2, "unit": "kg", "date": "2026-11-02"})),
        ("8302-2", pq("64", "[in_i]"), ("nutrition.height_cm", {"value": 64, "unit": "in", "date": "2026-11-02"})),
        ("8310-5", pq("100.4", "[degF]"), ("symptom.temperature_c", {"value": 100.4, "unit": "degF", "date": "2026-11-02"})),
    ],
)
def test_vital_signs(code: str, value: str, fact: tuple[str, object]) -> None:
    assert only(section("vitals", panel(lab(code, "A sign", value)))) == [fact]


def test_of_a_long_series_the_newest_are_offered_and_the_rest_is_counted() -> None:
    days = [f"20{year:02}{month:02}01" for year in (24, 25) for month in range(1, 13)]
    reading = read(document(section("vitals", panel(*(lab("29463-7", "Weight", pq("70", "kg"), day=day) for day in days)))))
    weights = [one.date for one in reading.facts if one.fact_id == "nutrition.weight_kg"]
    assert (len(weights), weights[0], weights[-1]) == (20, "2025-12-01", "2024-05-01")
    assert [one.words for one in missed(reading)] == ["4 older values of Weight"]


# --- Treatments -----------------------------------------------------------------------------------------------------


OXALIPLATIN = drug("32592", "oxaliplatin")


@pytest.mark.parametrize(
    ("entries", "courses"),
    [
        (medication(OXALIPLATIN), [{"drugs": ["oxaliplatin"], "start": "2026-04-02"}]),
        (
            medication(OXALIPLATIN, low="20260402", high="20260901", status="completed"),
            [{"drugs": ["oxaliplatin"], "start": "2026-04-02", "end": "2026-09-01"}],
        ),
        (
            medication(OXALIPLATIN, status="aborted", high="20260501"),
            [{"drugs": ["oxaliplatin"], "start": "2026-04-02", "end": "2026-05-01"}],
        ),
        # Drugs that begin together are one regimen.
        (
            medication(OXALIPLATIN) + medication(drug("4492", "fluorouracil")),
            [{"drugs": ["fluorouracil", "oxaliplatin"], "start": "2026-04-02"}],
        ),
        # A clinical drug by its name, a brand, a name without any code, a translation.
        (
            medication(drug("1657066", "nivolumab 10 MG/ML Injectable Solution [Opdivo]")),
            [{"drugs": ["nivolumab"], "start": "2026-04-02"}],
        ),
        (medication("<code nullFlavor='UNK'/><name>Keytruda</name>"), [{"drugs": ["pembrolizumab"], "start": "2026-04-02"}]),
        (
            medication(coded("99", "1.2.3", "CHEMO 7", tag="code", inner=translation("56946", "2.16.840.1.113883.6.88", "paclitaxel"))),
            [{"drugs": ["paclitaxel"], "start": "2026-04-02"}],
        ),
        # A planned end is no end.
        (medication(OXALIPLATIN, high="20270301"), [{"drugs": ["oxaliplatin"], "start": "2026-04-02"}]),
        (medication(OXALIPLATIN, low=None), [{"drugs": ["oxaliplatin"]}]),
    ],
)
def test_medications(entries: str, courses: list[Form]) -> None:
    found = clinical(read(document(section("medications", entries))))
    assert [(one.fact_id, one.told, one.is_item) for one in found] == [("therapy.history", course, True) for course in courses]


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (medication(OXALIPLATIN, mood="INT"), "prescribed"),
        (medication(OXALIPLATIN, mood="RQO"), "ordered"),
        (medication(OXALIPLATIN, negated=True), "not taken"),
        (medication(OXALIPLATIN, status="cancelled"), "cancelled"),
        (medication(OXALIPLATIN, status="nullified"), "in error"),
        (medication(OXALIPLATIN, low="20270101"), "lies after"),
        (medication(OXALIPLATIN, low="2026040"), "is not a date"),
        (medication(drug("197380", "atenolol 25 MG Oral Tablet")), "no treatment of the cancer"),
        (medication(""), "not told"),
    ],
)
def test_medications_that_were_not_given_are_listed(entry: str, why: str) -> None:
    reading = read(document(section("medications", entry)))
    assert clinical(reading) == []
    assert len(missed(reading)) == 1
    assert missed(reading)[0].kind in ("medication", "date")
    assert why in missed(reading)[0].why


STENT = uncoded("Esophagoscopy with placement of a stent", tag="code")


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (procedure(STENT), {"therapy.history": {"procedure": "stent", "start": "2026-06-18"}}),
        (procedure(STENT, tag="act"), {"therapy.history": {"procedure": "stent", "start": "2026-06-18"}}),
        (procedure(STENT, tag="observation"), {"therapy.history": {"procedure": "stent", "start": "2026-06-18"}}),
        (
            procedure(uncoded("Placement of an esophageal stent", tag="code")),
            {"therapy.history": {"procedure": "stent", "start": "2026-06-18"}},
        ),
        (
            procedure(coded("45900003", SNOMED, "Esophagectomy", tag="code")),
            {
                "diagnosis.primary_removed": True,
                "therapy.history": {"procedure": "esophagectomy", "start": "2026-06-18"},
                "therapy.major_surgery_date": "2026-06-18",
            },
        ),
        (
            procedure(
                coded("33195004", SNOMED, "External beam radiation", tag="code"),
                inner=coded("32849002", SNOMED, "Esophagus", tag="targetSiteCode"),
            ),
            {"therapy.history": {"procedure": "external_radiation", "start": "2026-06-18"}, "therapy.radiation_esophagus": True},
        ),
    ],
)
def test_procedures(entry: str, facts: Form) -> None:
    assert values(clinical(read(document(section("procedures", entry))))) == facts


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (procedure(STENT, mood="INT"), "intended"),
        (procedure(STENT, mood="RQO"), "ordered"),
        (procedure(STENT, status="aborted"), "broken off"),
        (procedure(STENT, status="active"), "does not say that it was done"),
        (procedure(STENT, status=""), "does not say that it was done"),
        (procedure(STENT, negated=True), "not done"),
        (procedure(coded("73761001", SNOMED, "Colonoscopy", tag="code")), "know"),
        (procedure(coded("33195004", SNOMED, "External beam radiation", tag="code")), "where it was aimed"),
    ],
)
def test_procedures_that_were_not_done_are_listed(entry: str, why: str) -> None:
    reading = read(document(section("procedures", entry)))
    assert clinical(reading) == []
    assert [one.kind for one in missed(reading)] == ["procedure"]
    assert why in missed(reading)[0].why


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        (allergy(OXALIPLATIN), {"condition.platinum_allergy": True}),
        (allergy(OXALIPLATIN, negated=True), {"condition.platinum_allergy": False}),
        (allergy(uncoded("Iodinated contrast", tag="code")), {"condition.contrast_allergy": True}),
        (allergy(OXALIPLATIN, kind="59037007"), {}),  # an intolerance
        (allergy(OXALIPLATIN, concern="completed"), {}),
        (allergy(drug("70618", "Penicillin")), {}),
        (allergy(coded("105590001", SNOMED, "Substance", tag="code"), negated=True), {}),  # no known allergies says nothing about one
    ],
)
def test_allergies(entry: str, facts: dict[str, bool]) -> None:
    reading = read(document(section("allergies", entry)))
    assert values(clinical(reading)) == facts
    assert len(missed(reading)) == (0 if facts else 1)


def test_social_history_tells_birth_sex_and_pregnancy() -> None:
    sex = observation(coded("76689-9", LOINC, "Birth sex", tag="code"), coded("F", GENDER, "Female"))
    pregnant = observation('<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>', coded("77386006", SNOMED, "Pregnant"))
    smoking = observation(coded("72166-2", LOINC, "Smoking", tag="code"), coded("8517006", SNOMED, "Ex-smoker"))
    entries = (f"<entry>{one}</entry>" for one in (sex, pregnant, smoking))
    reading = read(document(section("social", *entries), target=person(gender="UN")))
    assert values(reading.facts).items() >= {"person.sex": "female", "person.pregnant": True}.items()
    assert "Smoking: Ex-smoker" in [one.words for one in missed(reading)]


# --- A whole situation ----------------------------------------------------------------------------------------------

SITUATION = document(
    section(
        "problems",
        problem(coded("276803003", SNOMED, "Adenocarcinoma of esophagus", inner=translation("C15.5", ICD10))),
        problem(LIVER_SPREAD, low="20260415"),
        problem(coded("C78.00", ICD10, "Secondary malignant neoplasm of unspecified lung"), negated=True, low="20260415"),
        problem(coded("233604007", SNOMED, "Pneumonia"), high="20251201", low="20251101"),
    ),
    section(
        "results",
        panel(
            lab("1975-2", "Bilirubin", pq("0.7", "mg/dL"), limits=("0.2", "1.2"), unit="mg/dL"),
            lab("1975-2", "Bilirubin", pq("0.9", "mg/dL"), day="20261005", limits=("0.2", "1.2"), unit="mg/dL"),
            lab("777-3", "Platelets", pq("265", "10*3/uL")),
        ),
        panel(lab("18474-7", "HER2 by IHC", st("3+"), day="20260320"), lab("85147-7", "PD-L1", st("CPS 12"), day="20260320")),
        text="<paragraph>See the full report.</paragraph>",
    ),
    section("function", f"<entry>{lab('89247-1', 'ECOG', integer('1'))}</entry>"),
    section("vitals", panel(lab("29463-7", "Weight", pq("150", "[lb_av]")))),
    section("medications", medication(OXALIPLATIN), medication(drug("4492", "fluorouracil")), medication(drug("197380", "atenolol"))),
    section("procedures", procedure(STENT)),
    section("family", relative(FATHERS)),
)
FACTS_OF_THE_SITUATION: Form = {
    "person.birth_date": "1961-04-12",
    "person.sex": "female",
    "person.country": "US",
    "person.postal_code": "02115",
    "diagnosis.histology": "adenocarcinoma",
    "diagnosis.site": "lower",
    "diagnosis.date": "2026-03-10",
    "metastases.liver": True,
    "metastases.lung": False,
    "function.ecog": 1,
    "nutrition.weight_kg": 150,
    "labs.bilirubin": 0.7,
    "labs.bilirubin_uln": 1.2,
    "labs.bilirubin_lln": 0.2,
    "labs.platelets": 265,
    "labs.earlier_results": {
        "lab": "labs.bilirubin",
        "value": 0.9,
        "unit": "mg/dL",
        "lower_limit": 0.2,
        "upper_limit": 1.2,
        "date": "2026-10-05",
    },
    "biomarker.her2_ihc": 3,
    "biomarker.pdl1_cps": 12,
}
COURSES = [{"procedure": "stent", "start": "2026-06-18"}, {"drugs": ["fluorouracil", "oxaliplatin"], "start": "2026-04-02"}]


def without(raw: bytes, pattern: str, put: str = "") -> bytes:
    return re.sub(pattern, put, raw.decode()).encode()


@pytest.mark.parametrize(
    "raw",
    [
        SITUATION,
        without(SITUATION, r"<templateId[^>]*/>"),
        without(SITUATION, r'<code code="[0-9-]+" codeSystem="2.16.840.1.113883.6.1"/>(?=<title>)'),
        without(SITUATION, r' extension="2015-08-01"', ' extension="2014-06-09"'),
        without(SITUATION, r"-0500"),
        without(SITUATION, r' displayName="[^"]*"'),
        without(SITUATION, r'"(20[0-9]{6})"', r'"\g<1>120000+0000"'),
        without(SITUATION, r"<(?=[a-z])", "\n<"),
    ],
    ids=["as it is", "no templates", "no section codes", "another release", "no zone", "no displays", "with a clock", "one part a line"],
)
def test_a_whole_situation_with_the_habits_of_vendors(raw: bytes) -> None:
    reading = read(raw)
    assert values(reading.facts) == FACTS_OF_THE_SITUATION | {"therapy.history": COURSES[0]}
    assert [one.told for one in reading.facts if one.fact_id == "therapy.history"] == COURSES


def test_what_was_read_can_stand_in_a_case_file() -> None:
    facts: Form = {}
    for one in read(SITUATION).facts:
        if one.is_item:
            facts.setdefault(one.fact_id, {"items": [], "complete": False})["items"].append(one.told)
        else:
            facts.setdefault(one.fact_id, one.told)
    situation = situation_of(facts, as_of="2026-11-20")
    assert situation.finding("biomarker.her2").shown == frozenset({"positive"})
    assert situation.finding("nutrition.weight_kg").shown == NumberRange.exactly(68.0388555)
    assert situation.finding("metastases.lung").shown is False


# --- Reports and whole documents ------------------------------------------------------------------------------------


def test_a_crowd_of_the_same_is_told_as_a_number() -> None:
    pulses = (lab("8867-4", "Heart rate", pq(str(60 + at % 30), "/min")) for at in range(500))
    listed = missed(read(document(section("vitals", panel(*pulses)))))
    assert len(listed) == 11
    assert (listed[0].words, listed[-1].words) == ("Heart rate: 60 /min", "490 more: Heart rate")


def test_what_a_problem_list_holds_open_is_so_on_the_day_of_the_document() -> None:
    """An old obstruction that is still listed is not stale; a pregnancy in the social history is of its own day."""
    listed = problem(coded("81060008", SNOMED, "Intestinal obstruction"), low="20260901")
    assert only(section("problems", listed)) == [("condition.gi_obstruction", {"value": True, "date": "2026-11-15"})]
    pregnant = problem(coded("77386006", SNOMED, "Pregnant"), low="20260901", author="20261001")
    assert only(section("social", pregnant)) == [("person.pregnant", {"value": True, "date": "2026-10-01"})]


def test_narratives_are_kept_closed_and_never_read() -> None:
    text = (
        "<paragraph>Adenocarcinoma, HER2 positive (3+).</paragraph>"
        "<table><thead><tr><th>Test</th><th>Value</th></tr></thead>"
        '<tbody><tr><td ID="a">CEA</td><td>12 ng/mL<br/>high</td></tr></tbody></table>'
    )
    reading = read(document(section("assessment", text=text), section("results", text=text), section("medications", text="cisplatin")))
    assert clinical(reading) == []
    assert [(one.title, one.date, one.where) for one in reading.reports] == [("Assessment", "2026-11-15", "section Assessment, line 5")]
    assert reading.reports[0].text.split("\n") == ["Adenocarcinoma, HER2 positive (3+).", "Test | Value", "CEA | 12 ng/mL", "high"]


def test_a_long_text_as_a_value_is_a_report() -> None:
    words = "Microscopic description. " * 40
    reading = read(
        document(section("procedures", f"<entry>{observation(coded('22634-0', LOINC, 'Pathology report', tag='code'), st(words))}</entry>"))
    )
    assert clinical(reading) == []
    assert [(one.title, one.text) for one in reading.reports] == [("Pathology report", words.strip())]


@pytest.mark.parametrize(
    ("body", "reports", "why"),
    [
        ('<text mediaType="text/plain">The liver is clear.</text>', ["The liver is clear."], None),
        (
            f'<text mediaType="text/plain" representation="B64">{base64.b64encode(b"The liver is clear.").decode()}</text>',
            ["The liver is clear."],
            None,
        ),
        ('<text mediaType="text/plain" representation="B64">###</text>', [], "damaged"),
        ('<text mediaType="application/pdf" representation="B64">JVBERi0=</text>', [], "application/pdf"),
        ('<text><reference value="file:///etc/passwd"/></text>', [], "not fetched"),
        ("", [], "another file"),
    ],
)
def test_documents_without_sections(body: str, reports: list[str], why: str | None) -> None:
    reading = read(document(body=f"<nonXMLBody>{body}</nonXMLBody>", kind=f"{CCDA}.1.10"))
    assert [one.text for one in reading.reports] == reports
    assert [why in one.why for one in missed(reading)] == ([] if why is None else [True])


def test_what_a_reference_points_to_outside_is_never_fetched() -> None:
    entry = problem(uncoded('<reference value="https://example.org/p1"/>'))
    reading = read(document(section("problems", entry)))
    assert clinical(reading) == []
    assert missed(reading)[0].why == "the record names no problem here"


def test_a_style_sheet_is_told_and_not_followed() -> None:
    reading = read(document(prolog='<?xml-stylesheet type="text/xsl" href="http://example.org/CDA.xsl"?>\n'))
    assert [(one.kind, one.where) for one in missed(reading)] == [("style sheet", "line 2")]


def test_the_source_names_document_and_day() -> None:
    found = read(document(section("problems", problem(LIVER_SPREAD)), kind=f"{CCDA}.1.8")).facts
    assert {one.told["source"] for one in found} == {"Discharge summary, 2026-11-15"}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"<section xmlns='urn:hl7-org:v3'/>", "line 1: this is a piece of a C-CDA document ('section')"),
        (b"<ClinicalDocument/>", "line 1: a ClinicalDocument outside the name space"),
        (b"<Bundle xmlns='http://hl7.org/fhir'/>", "line 1: this is FHIR written as XML"),
        (b"<HealthData locale='en_US'/>", "line 1: this is Apple Health's own list"),
        (b"<?xml version='1.0'?>\n<recipe/>", "line 2: this is XML of another kind ('recipe')"),
    ],
)
def test_other_documents_are_refused_in_words(raw: bytes, message: str) -> None:
    with pytest.raises(WaylineError) as caught:
        read(raw)
    assert message in str(caught.value)


def test_any_name_space_prefix_will_do() -> None:
    raw = document(section("problems", problem(LIVER_SPREAD)))
    prefixed = (
        raw.replace(b"<", b"<v:")
        .replace(b"<v:/", b"</v:")
        .replace(b"<v:?", b"<?")
        .replace(b'xmlns="', b'xmlns:v="')
        .replace(b"<v:!", b"<!")
    )
    assert read(prefixed).facts == read(raw).facts


# --- The published samples ------------------------------------------------------------------------------------------

OF_2013 = {"labs.hemoglobin": 13.2, "labs.wbc": 6.7, "labs.platelets": 123, "nutrition.weight_kg": 86, "nutrition.height_cm": 177}
RANGES = {"labs.hemoglobin_lln": 12, "labs.hemoglobin_uln": 15.5, "labs.wbc_lln": 4.3, "labs.wbc_uln": 10.8}
RANGES |= {"labs.platelets_lln": 150, "labs.platelets_uln": 350}
EXPECTED: dict[str, tuple[str, str, Form]] = {
    "CCD_1__CCD.XML": ("1975-05-01", "female", OF_2013 | RANGES | {"condition.coronary_disease": True}),
    "CCD_2__CCD.xml": (
        "1950-12-19",
        "female",
        {"nutrition.weight_kg": 108.863, "nutrition.height_cm": 170.2, "symptom.temperature_c": 37.2},
    ),
    "Care_Plan__Care_Plan.xml": ("1975-05-01", "female", {}),
    "Consultation_Note__Consultation_Note.xml": ("1975-05-01", "female", OF_2013 | RANGES | {"condition.diabetes": True}),
    "Diagnostic_Imaging_Report__Diagnostic_Imaging_Report.xml": ("1954-11-25", "male", {}),
    "Discharge_Summary__Discharge_Summary.xml": ("2005-05-01", "female", {"nutrition.weight_kg": 86, "nutrition.height_cm": 177}),
    "History_and_Physical__History_and_Physical.xml": (
        "2005-05-01",
        "female",
        {
            "labs.hemoglobin": 13.2,
            "labs.hemoglobin_lln": 12,
            "labs.hemoglobin_uln": 15.5,
            "nutrition.weight_kg": 88,
            "nutrition.height_cm": 177,
        },
    ),
    "Operative_Note__Operative_Note.xml": ("2005-05-01", "female", {}),
    "Procedure_Note__Procedure_Note.xml": ("2005-05-01", "female", {}),
    "Progress_Note__Progress_Note.xml": ("1954-11-25", "male", OF_2013 | RANGES | {"condition.diabetes": True}),
    "Referral_Note__Referral_Note.xml": ("1975-05-01", "female", OF_2013 | RANGES | {"condition.diabetes": True}),
    "Transfer_Summary__Transfer_Summary.xml": ("1945-05-01", "female", OF_2013 | RANGES | {"condition.coronary_disease": True}),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_published_samples(name: str) -> None:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    reading = read(path.read_bytes())
    birth, sex, facts = EXPECTED[name]
    found = values(reading.facts)
    assert (found.pop("person.birth_date"), found.pop("person.sex"), found.pop("person.country")) == (birth, sex, "US")
    assert found.pop("person.postal_code") == ("02368" if sex == "male" else "97867")
    assert found == facts
    assert reading.people == 1
    assert reading.counts["document"] == 1


SAMPLE_DAYS = [
    ("CCD_1__CCD.XML", "labs.platelets", ["2008-03-19"]),
    ("CCD_1__CCD.XML", "nutrition.weight_kg", ["2012-09-10", "2011-09-01"]),
    ("CCD_2__CCD.xml", "nutrition.weight_kg", ["2014-10-01"]),
    ("Consultation_Note__Consultation_Note.xml", "labs.hemoglobin", ["2013-03-11"]),
    ("History_and_Physical__History_and_Physical.xml", "labs.hemoglobin", ["2000-03-23"]),
    ("Transfer_Summary__Transfer_Summary.xml", "nutrition.weight_kg", ["2013-02-12", "2011-09-01"]),
]


@pytest.mark.parametrize(("name", "fact_id", "days"), SAMPLE_DAYS)
def test_the_days_in_the_published_samples(name: str, fact_id: str, days: list[str]) -> None:
    if not (SAMPLES / name).is_file():
        pytest.skip(f"{name} is not there")
    reading = read((SAMPLES / name).read_bytes())
    assert [one.date for one in reading.facts if one.fact_id == fact_id] == days


SAMPLE_MISSES = [
    ("CCD_1__CCD.XML", "date", "Bathing: Independent", "'200130311' is not a date"),
    ("CCD_2__CCD.xml", "result", "Leukocytes", "there is no result yet"),
    ("Discharge_Summary__Discharge_Summary.xml", "medication", "ibuprofen", "prescribed"),
    ("Discharge_Summary__Discharge_Summary.xml", "diagnosis still open", "Appendicitis", "not yet a finding"),
    ("History_and_Physical__History_and_Physical.xml", "date", "HGB: 13.2 g/dl", "before the day of birth"),
    ("History_and_Physical__History_and_Physical.xml", "result", "PLT: 123 10+3/ul", "10+3/ul"),
    ("Transfer_Summary__Transfer_Summary.xml", "problem", "Malignant neoplasm of liver", "no fact stands for it"),
]


@pytest.mark.parametrize(("name", "kind", "words", "why"), SAMPLE_MISSES)
def test_what_the_published_samples_hold_and_is_not_taken(name: str, kind: str, words: str, why: str) -> None:
    if not (SAMPLES / name).is_file():
        pytest.skip(f"{name} is not there")
    listed = missed(read((SAMPLES / name).read_bytes()))
    assert any(one.kind == kind and one.words.startswith(words) and why in one.why for one in listed)


def test_the_diabetes_of_a_father_is_not_the_daughters() -> None:
    path: Path = SAMPLES / "CCD_1__CCD.XML"
    if not path.is_file():
        pytest.skip("CCD_1__CCD.XML is not there")
    reading = read(path.read_bytes())
    assert b"Diabetes mellitus type 2" in path.read_bytes()
    assert "condition.diabetes" not in values(reading.facts)
    assert "condition.infarction_date" not in values(reading.facts)
