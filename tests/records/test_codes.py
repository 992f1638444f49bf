"""The code maps: what they mean, how they are found, and that no mistake in them loads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wayline.library import Library
from wayline.reading import WaylineError
from wayline.records.codes import code_book, drugs_in_words, load_codes

LOINC, SNOMED, ICD = "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("system", "code", "fact_id", "value"),
    [
        (LOINC, "1975-2", "labs.bilirubin", None),
        ("urn:oid:2.16.840.1.113883.6.1", "1975-2", "labs.bilirubin", None),
        ("2.16.840.1.113883.6.1", "1975-2", "labs.bilirubin", None),
        ("https://loinc.org/", " 1975-2 ", "labs.bilirubin", None),
        (SNOMED, "94381002", "metastases.liver", True),
        (ICD, "C78.7", "metastases.liver", True),
        (ICD, "C787", "metastases.liver", True),
        (ICD, "c78.7", "metastases.liver", True),
        (ICD, "C78.02", "metastases.lung", True),
        (ICD, "I50.9", "condition.heart_failure", True),
        ("http://hl7.org/fhir/sid/icd-10", "C78.7", "metastases.liver", True),
        ("http://hl7.org/fhir/administrative-gender", "male", "person.sex", "male"),
        ("2.16.840.1.113883.5.1", "F", "person.sex", "female"),
    ],
)
def test_what_a_code_means(system: str, code: str, fact_id: str, value: object) -> None:
    meaning = code_book().meaning(system, code)
    assert meaning is not None
    assert [(one.id, one.value) for one in meaning.facts] == [(fact_id, value)]


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (LOINC, "1968-7"),
        (LOINC, "1975"),
        ("http://example.org", "1975-2"),
        (None, "1975-2"),
        (LOINC, None),
        (LOINC, ""),
        (ICD, "C77.2"),
        (ICD, "C79.8"),
        (ICD, "C44.3"),
        (ICD, "C"),
        (ICD, "C79.511"),
        (SNOMED, "9438100"),
    ],
)
def test_what_is_not_in_the_maps_means_nothing(system: str | None, code: str | None) -> None:
    assert code_book().meaning(system, code) is None


def test_a_code_below_means_its_own_where_it_has_a_row() -> None:
    lower, rest = code_book().meaning(ICD, "C15.5"), code_book().meaning(ICD, "C15.8")
    assert lower is not None
    assert rest is not None
    assert [one.id for one in lower.facts] == ["diagnosis.primary", "diagnosis.site"]
    assert [one.id for one in rest.facts] == ["diagnosis.primary"]


# Troponin I or T, a clearance measured or computed: nobody told which, so none of their codes may be written.
_EVERY_CODE_SAYS_MORE = ("labs.troponin", "labs.creatinine_clearance")


@pytest.mark.parametrize(
    ("fact_id", "value", "code"),
    [
        ("labs.platelets", None, "26515-7"),  # of any method
        ("labs.egfr", None, "69405-9"),  # by any formula
        ("condition.diabetes", True, "73211009"),  # of any type
        ("condition.seizure", True, "91175000"),  # no epilepsy
        ("condition.autoimmune", True, None),
        ("condition.thrombosis", True, None),
        ("condition.kidney_failure", True, None),
    ],
)
def test_no_code_is_written_that_says_more_than_was_told(fact_id: str, value: bool | None, code: str | None) -> None:
    found = code_book().code_for(fact_id, value)
    assert (found.code if found else None) == code


def test_one_code_is_written_for_each_lab(content: Library) -> None:
    book = code_book()
    for fact_id, definition in content.vocabulary.items():
        if definition.is_lab:
            code = book.code_for(fact_id)
            if fact_id in _EVERY_CODE_SAYS_MORE:
                assert code is None, fact_id
                continue
            assert code is not None, fact_id
            meaning = book.meaning(code.uri, code.code)
            assert meaning is not None
            assert [one.id for one in meaning.facts] == [fact_id]


def test_no_code_is_written_for_what_has_none() -> None:
    assert code_book().code_for("biomarker.cldn18_2") is None
    assert code_book().code_for("metastases.liver", False) is None


def test_drugs_of_the_maps_are_called_as_the_dictionary_calls_them(content: Library) -> None:
    """A number known from memory would be caught by the name beside it; here the names in the maps must name the drug they mean."""
    for code in code_book().codes:
        for drug in code.meaning.drugs:
            assert drugs_in_words(code.display.replace("_", " "), content.vocabulary.drugs) == (drug,), code.code


def test_every_row_cites(content: Library) -> None:
    assert all(code.cites for code in code_book().codes)
    assert code_book().cited <= set(content.references)


@pytest.mark.parametrize(
    ("text", "drugs"),
    [
        ("pembrolizumab 25 MG/ML Injectable Solution [Keytruda]", ("pembrolizumab",)),
        ("fam-trastuzumab deruxtecan-nxki 100 mg", ("trastuzumab_deruxtecan",)),
        ("trastuzumab-anns 420 mg", ("trastuzumab",)),
        ("irinotecan liposomal 43 mg", ("liposomal_irinotecan",)),
        ("irinotecan 100 mg", ("irinotecan",)),
        ("paclitaxel protein-bound particles", ("nab_paclitaxel",)),
        ("5-FU", ("fluorouracil",)),
        ("S-1", ("tegafur_gimeracil_oteracil",)),
        ("Lisinopril 10 mg", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_drugs_in_words(content: Library, text: str | None, drugs: tuple[str, ...]) -> None:
    assert drugs_in_words(text, content.vocabulary.drugs) == drugs


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Squamous cell carcinoma of esophagus metastatic to liver", {"metastases.liver", "diagnosis.primary", "diagnosis.histology"}),
        ("Primary malignant neoplasm of lung metastatic to liver", {"metastases.liver", "condition.second_cancer"}),
        (
            "Esophageal cancer metastatic to liver, lung and bone",
            {"metastases.liver", "metastases.lung", "metastases.bone", "diagnosis.primary"},
        ),
        ("Metastatic to liver. Lung nodule", {"metastases.liver"}),
        ("GE junction adenocarcinoma", {"diagnosis.primary", "diagnosis.site", "diagnosis.histology"}),
        ("Malignant neoplasm of lower third of esophagus (HCC)", {"diagnosis.primary", "diagnosis.site"}),
        ("Gastric adenocarcinoma", set()),
        ("Barrett's esophagus with dysplasia", set()),
        ("History of esophageal cancer", set()),
        ("Suspected esophageal cancer", set()),
        ("Esophageal stricture", set()),
        ("Lung nodule", set()),
        ("", set()),
    ],
)
def test_conditions_in_words(text: str, meant: set[str]) -> None:
    meaning = code_book().condition_in_words(text)
    assert {one.id for one in meaning.means} if meaning else set() == meant
    assert ({one.id for one in meaning.means} if meaning else set()) == meant


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("PD-L1 by IHC, CPS", "biomarker.pdl1_cps"),
        ("PD-L1 (22C3) Tumor Proportion Score", "biomarker.pdl1_tps"),
        ("PD-L1, SP263", "pdl1"),
        ("PD-L1 CPS and TPS comment", None),
        ("HER-2/neu IHC", "biomarker.her2_ihc"),
        ("HER2 (ERBB2) by FISH", "biomarker.her2_ish"),
        ("HER2 Receptor", "biomarker.her2"),
        ("HER2 gene copy number by FISH", None),
        ("HER2 IHC, breast", None),
        ("MSI by PCR", "biomarker.msi_high"),
        ("MLH1 mismatch repair protein", None),
        ("CLDN18.2 (43-14A) IHC", "biomarker.cldn18_2"),
        ("EBV DNA, plasma", None),
        ("ECOG (0-5)", "function.ecog"),
        ("Bilirubin, direct", None),
        ("ALT (SGPT)", "labs.alt"),
    ],
)
def test_names_of_tests(name: str, test: str | None) -> None:
    meaning = code_book().test_named(name)
    assert (meaning.tests[0].id if meaning else None) == test


_ROW = '{code: "0-0", display: "A test", means: [MEANS], with_children: false, write: WRITE, cites: [codes-loinc]}'
MISTAKES: list[tuple[str, str]] = [
    (_ROW.replace("MEANS", "{fact: labs.bilirubim, value: null}"), "Did you mean 'labs.bilirubin'"),
    (_ROW.replace("MEANS", "{fact: diagnosis.stage, value: 5}"), "is not a choice"),
    (_ROW.replace("MEANS", "{fact: labs.bilirubin}"), "'value' is missing"),
    (_ROW.replace("MEANS", "{drug: nivolumap}"), "Did you mean 'nivolumab'"),
    (_ROW.replace("MEANS", "{procedure: stents}"), "Did you mean 'stent'"),
    (_ROW.replace("MEANS", "{answer: perhaps}"), "is not a answer"),
    (_ROW.replace("MEANS", ""), "means nothing"),
    (_ROW.replace("MEANS", "{drug: nivolumab, procedure: stent}"), "one thing"),
    (_ROW.replace("MEANS", "{fact: labs.bilirubin, value: null}").replace("WRITE", "true"), "two codes are to be written"),
    (_ROW.replace("MEANS", "{drug: nivolumab}").replace('"0-0"', '"1975-2"'), "stands twice"),
    (_ROW.replace("MEANS", "{drug: nivolumab}").replace('"0-0"', "12"), "in quotes"),
    (_ROW.replace("MEANS", "{drug: nivolumab}").replace("[codes-loinc]", "[codes-lointz]"), "is not a reference"),
    (_ROW.replace("MEANS", "{drug: nivolumab}").replace("[codes-loinc]", "[]"), "a source is needed"),
    (_ROW.replace("MEANS", "{drug: nivolumab}").replace("display", "name"), "is not a key here"),
]


@pytest.fixture(scope="module")
def folder(content: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code maps alone."""
    copied = tmp_path_factory.mktemp("content") / "records"
    shutil.copytree(content.folder / "records", copied)
    return copied


@pytest.mark.parametrize(("row", "why"), MISTAKES)
def test_a_mistake_stops_the_loading(content: Library, folder: Path, row: str, why: str) -> None:
    path = folder / "zz_more.yaml"
    path.write_text(f"system: loinc\ncodes:\n  - {row.replace('WRITE', 'false')}\n", encoding="utf-8")
    try:
        with pytest.raises(WaylineError, match=r"records/(zz_more|loinc)\.yaml, line") as error:
            load_codes(folder, content.vocabulary, content.references)
        assert why in str(error.value)
    finally:
        path.unlink()


def test_an_unknown_system_stops_the_loading(content: Library, folder: Path) -> None:
    path = folder / "zz_more.yaml"
    path.write_text("system: loink\ncodes: []\n", encoding="utf-8")
    try:
        with pytest.raises(WaylineError, match="Did you mean 'loinc'"):
            load_codes(folder, content.vocabulary, content.references)
    finally:
        path.unlink()
