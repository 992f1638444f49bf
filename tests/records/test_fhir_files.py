"""Files of FHIR: every form, every broken one, and any value in any place. Nothing crashes, and nothing is half-read in silence."""

from __future__ import annotations

import copy
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers import shared_folder
from tests.records.fhir_samples import AS_OF, PATIENT, bundle, concept, condition, lab, plain, read, told
from wayline.library import library
from wayline.reading import WaylineError
from wayline.records import reading_record
from wayline.records.codes import code_book
from wayline.records.proposals import case_from, proposals
from wayline.records.reading_record import broken_lines, read_record

EXAMPLE = Path(__file__).parent / "examples" / "junction_bundle.json"
BILIRUBIN = lab("1975-2", 0.9, "mg/dL", id="b1")
TOLD = [{"value": 0.9, "unit": "mg/dL"}]
WHOLE = json.dumps(bundle(BILIRUBIN))


def _lines(*resources: Any, end: str = "\n") -> bytes:
    return end.join(one if isinstance(one, str) else json.dumps(one) for one in resources).encode()


def _zip(**files: bytes | str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _apple(**more: bytes | str) -> bytes:
    folder = "apple_health_export/clinical-records"
    files: dict[str, bytes | str] = {
        f"{folder}/Patient-1.json": json.dumps(PATIENT),
        f"{folder}/Observation-2.json": json.dumps(BILIRUBIN),
    }
    return _zip(**files, **more)


# --- Forms ----------------------------------------------------------------------------------------------------------------

FORMS: list[tuple[str, bytes, str]] = [
    ("bundle", json.dumps(bundle(BILIRUBIN)).encode(), "FHIR bundle"),
    ("bundle with a mark of its encoding", b"\xef\xbb\xbf" + json.dumps(bundle(BILIRUBIN)).encode(), "FHIR bundle"),
    ("bundle over many lines", json.dumps(bundle(BILIRUBIN), indent=2).encode(), "FHIR bundle"),
    ("bundle with an entry a line", WHOLE.replace('{"resource"', '\n{"resource"').encode(), "FHIR bundle"),
    ("one resource", json.dumps(BILIRUBIN).encode(), "FHIR resource"),
    ("list", json.dumps([PATIENT, BILIRUBIN]).encode(), "FHIR list"),
    ("lines", _lines(PATIENT, BILIRUBIN), "FHIR NDJSON"),
    ("lines of another system", _lines(PATIENT, BILIRUBIN, end="\r\n"), "FHIR NDJSON"),
    ("lines with empty ones", _lines(PATIENT, "", BILIRUBIN, ""), "FHIR NDJSON"),
    ("packed lines", gzip.compress(_lines(PATIENT, BILIRUBIN)), "FHIR NDJSON"),
    ("packed bundle", gzip.compress(json.dumps(bundle(BILIRUBIN)).encode()), "FHIR bundle"),
    ("bundles line by line", _lines(bundle(BILIRUBIN), bundle(patient=PATIENT)), "FHIR NDJSON"),
    ("bundle in a bundle", json.dumps({"resourceType": "Bundle", "entry": [{"resource": bundle(BILIRUBIN)}]}).encode(), "FHIR bundle"),
    ("phone's export", _apple(), "Apple Health export"),
    ("zip of lines", _zip(**{"Patient.ndjson": _lines(PATIENT), "Observation.ndjson": _lines(BILIRUBIN, BILIRUBIN)}), "zip of records"),
    ("zip of packed lines", _zip(**{"all.ndjson.gz": gzip.compress(_lines(PATIENT, BILIRUBIN))}), "zip of records"),
]


@pytest.mark.parametrize(("data", "form"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_every_form_is_told_by_its_content(data: bytes, form: str) -> None:
    reading = read(data)
    assert reading.form == form
    assert told(data, "labs.bilirubin") == TOLD
    assert not reading.not_understood


def test_the_example_says_what_it_holds() -> None:
    facts = {one.fact_id for one in read(EXAMPLE.read_bytes()).facts}
    assert {
        "diagnosis.stage",
        "metastases.liver",
        "function.ecog",
        "biomarker.pdl1_cps",
        "therapy.history",
        "labs.earlier_results",
    } <= facts


# --- Broken files ---------------------------------------------------------------------------------------------------------
DEEP = '{"resourceType":"Patient","x":' + "[" * 70 + "]" * 70 + "}"
BROKEN: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("blank", b" \n\t", "empty"),
    ("words", b"Dear colleague, thank you for", "no record"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "UTF-8"),
    ("cut off", WHOLE[: len(WHOLE) // 2].encode(), "line 1: not valid JSON"),
    ("cut off over many lines", json.dumps(bundle(BILIRUBIN), indent=1)[:-30].encode(), "not valid JSON"),
    ("UTF-16", WHOLE.encode("utf-16"), "UTF-16"),
    ("UTF-16 without its mark", WHOLE.encode("utf-16-le"), "UTF-16"),
    ("not UTF-8", WHOLE.replace("mg/dL", "µmol/L").encode("latin-1") + "ü".encode("latin-1"), "not UTF-8"),
    ("no number", b'{"resourceType":"Observation","valueInteger":NaN}', "NaN"),
    ("infinity", b'{"resourceType":"Observation","valueInteger":Infinity}', "Infinity"),
    ("endless number", b'{"resourceType":"Observation","valueInteger":1e999}', "too large"),
    ("very long number", b'{"resourceType":"Observation","valueInteger":' + b"9" * 5000 + b"}", "too long"),
    ("a key twice", b'{"resourceType":"Patient","gender":"male","gender":"female"}', "'gender' stands twice"),
    ("half a letter", b'{"resourceType":"Patient","id":"\\ud83d"}', "half of a letter"),
    ("deep", DEEP.encode(), "nested deeper"),
    ("very deep", b"[" * 200_000, "nested deeper"),
    ("other JSON", b'{"hello": 1}', "resourceType"),
    ("a number", b"[1, 2, 3]", ""),
    ("an empty list", b"[]", "empty"),
    ("an empty bundle", b'{"resourceType":"Bundle","type":"collection"}', "no entries"),
    ("lines that are all broken", b'{"a\n{"b\n', "line 1"),
    ("FHIR as XML", b'<Bundle xmlns="http://hl7.org/fhir"><id value="1"/></Bundle>', "as JSON"),
    ("part of a phone's export", b"<?xml version='1.0'?><HealthData locale='en_US'></HealthData>", "export.zip"),
    ("gzip cut off", gzip.compress(WHOLE.encode())[:-20], "cut off"),
    ("gzip damaged", gzip.compress(WHOLE.encode())[:30] + b"\xff" * 40, "damaged"),
    ("gzip with a tail", gzip.compress(WHOLE.encode()) + b"tail", "behind the end"),
    ("gzip bomb", gzip.compress(b" " * 40_000_000), "far more"),
    ("zip cut off", _apple()[:-40], "damaged"),
    ("zip of nothing", _zip(**{"readme.txt": "hello"}), "no record"),
    ("zip bomb", _zip(**{"a.json": b" " * 40_000_000}), "far more"),
    ("zip that leads out", _zip(**{"../../etc/a.json": WHOLE}), "leads out"),
    ("zip from the root", _zip(**{"/etc/a.json": WHOLE}), "leads out"),
    ("zip in a zip", _zip(**{"a.zip": _apple()}), "zip inside"),
    ("zip in a zip of another name", _zip(**{"a.json": _apple()}), "zip inside"),
]


@pytest.mark.parametrize(("data", "why"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_file_says_what_and_where(data: bytes, why: str) -> None:
    if not why:
        assert {one.why for one in read(data).not_understood} == {"it holds no FHIR resource"}
        return
    with pytest.raises(WaylineError) as error:
        read(data)
    assert why in str(error.value)
    assert str(error.value).startswith("record.json")


def test_a_locked_zip_is_refused() -> None:
    data = bytearray(_zip(**{"a.json": WHOLE}))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + place] |= 1
    with pytest.raises(WaylineError, match="password"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("limit", "most", "data", "why"),
    [
        ("LARGEST_FILE_BYTES", len(WHOLE) - 1, WHOLE.encode(), "larger than"),
        ("MOST_ENTRIES", 1, WHOLE.encode(), "entries"),
        ("MOST_ENTRIES", 1, _lines(PATIENT, BILIRUBIN), "lines"),
        ("MOST_FILES", 1, _apple(), "files"),
        ("LARGEST_UNPACKED_BYTES", 100, _apple(), "far more"),
        ("LARGEST_UNPACKED_BYTES", 100, gzip.compress(WHOLE.encode()), "far more"),
    ],
)
def test_limits(monkeypatch: pytest.MonkeyPatch, limit: str, most: int, data: bytes, why: str) -> None:
    monkeypatch.setattr(reading_record, limit, most)
    with pytest.raises(WaylineError, match=why):
        read(data)
    monkeypatch.undo()
    assert told(data, "labs.bilirubin") == TOLD


def test_a_broken_line_is_listed_and_the_others_are_read() -> None:
    reading = read(_lines(PATIENT, '{"resourceType": "Observation", ', BILIRUBIN, '{"x": NaN}', "[1]"))
    assert [one.where for one in broken_lines(reading)] == ["line 2", "line 4"]
    assert [one.where for one in reading.not_understood if one.kind == "no resource"] == ["line 5"]
    assert "labs.bilirubin" in [one.fact_id for one in reading.facts]


def test_the_first_line_may_be_the_broken_one() -> None:
    reading = read(_lines('{"resourceType": "Patient", ', PATIENT, BILIRUBIN))
    assert [one.where for one in broken_lines(reading)] == ["line 1"]
    assert "labs.bilirubin" in [one.fact_id for one in reading.facts]


def test_a_line_that_is_too_long_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_record, "LONGEST_LINE", 400)
    reading = read(_lines(PATIENT, BILIRUBIN, {"resourceType": "Basic", "id": "x" * 400}))
    assert [(one.where, one.why) for one in broken_lines(reading)] == [("line 3", "line 3: longer than 400 characters")]
    assert reading.counts == {"Observation": 1, "Patient": 1}


def test_a_broken_part_of_an_export_is_listed_and_the_others_are_read() -> None:
    reading = read(
        _apple(
            **{
                "apple_health_export/clinical-records/Condition-3.json": '{"resourceType": ',
                "apple_health_export/export.xml": "<HealthData>",
            }
        )
    )
    assert [one.where for one in broken_lines(reading)] == ["apple_health_export/clinical-records/Condition-3.json"]
    assert "labs.bilirubin" in [one.fact_id for one in reading.facts]


def test_an_entry_that_is_no_resource_is_listed() -> None:
    document = bundle(BILIRUBIN)
    document["entry"] += [{}, None, 7, {"resource": None}, {"resource": {"resourceType": "<script>"}}, {"resource": {"id": "x"}}]
    reading = read(document)
    assert [one.kind for one in reading.not_understood] == ["no resource"] * 6
    assert told(document, "labs.bilirubin") == TOLD


# --- Anything anywhere ----------------------------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(["", "2026-02-30", "9999-12-31", "0000", "Patient/p1", "#x", "urn:uuid:", "<b>", "1e400", "4B", "positive"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["coding", "value", "code", "reference", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _paths(inner, (*path, place))


GOOD = json.loads(EXAMPLE.read_text(encoding="utf-8"))
PLACES = [path for path in _paths(GOOD) if path]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
def test_any_value_in_any_place_is_read_or_refused(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = copy.deepcopy(GOOD)
    for path, value in changes:
        inner = document
        try:
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    try:
        reading = read(document)
    except WaylineError:
        return
    proposed = proposals(reading, library().vocabulary, AS_OF)
    case_from(proposed, library().vocabulary, AS_OF)  # a WaylineError here would mean that something was taken that no case can hold
    assert reading.people > 1 or all(one.where and one.words for one in reading.facts)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b"{", b"[", b"<", b"PK\x03\x04", b"\x1f\x8b", b'{"resourceType":"Bundle","entry":']))
def test_any_bytes_are_read_or_refused(data: bytes, start: bytes) -> None:
    message = None
    try:
        read_record(start + data, "record.json", library().vocabulary, code_book(), AS_OF)
    except WaylineError as error:
        message = str(error)
    assert message is None or message.startswith("record.json")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_taking_a_resource_away_invents_nothing(data: st.DataObject) -> None:
    """What a smaller record tells, the whole one tells too, but for courses and series, which it may put together otherwise."""
    document = copy.deepcopy(GOOD)
    kept = data.draw(st.sets(st.integers(1, len(document["entry"]) - 1)))
    document["entry"] = [document["entry"][0], *(entry for place, entry in enumerate(document["entry"]) if place in kept)]
    whole = {(one.fact_id, json.dumps(plain(one.told))) for one in read(GOOD).facts}
    for one in read(document).facts:
        if one.fact_id not in ("therapy.history", "labs.earlier_results") and not one.fact_id.startswith("labs.bilirubin"):
            assert (one.fact_id, json.dumps(plain(one.told))) in whole


# --- Shared records -------------------------------------------------------------------------------------------------------


def _shared(name: str) -> Any:
    path = shared_folder() / "data" / "patients" / name
    if not path.exists():
        pytest.skip(f"the shared record {name} is not here")
    return path.read_bytes()


SHARED: list[tuple[str, dict[str, Any]]] = [
    ("mcode_app/TrialMatching_Patient01.json", {"person.birth_date": "1959-01-01", "person.sex": "female", "function.ecog": 1}),
    ("mcode_app/TrialMatching_Patient02.json", {"person.birth_date": "1973-01-01", "person.sex": "female", "function.ecog": 1}),
    ("mcode_service/eom_patient_1.json", {"person.birth_date": "1987-01-01", "person.sex": "female", "function.ecog": 3}),
    ("mcode_service/patient_data.json", {"person.birth_date": "1966-08-03", "person.sex": "female", "person.postal_code": "01951"}),
    ("mcode_service/patient_data_missing_histology_morph.json", {"person.birth_date": "1966-08-03", "person.sex": "female"}),
    ("mcode_service/patient_data_missing_birthdate_invalid_ecog_karnofsky.json", {"person.sex": "female"}),
    ("mcode_service/patient_data_empty-cgv.json", {}),
]


@pytest.mark.parametrize(("name", "expected"), SHARED, ids=[row[0] for row in SHARED])
def test_shared_bundles(name: str, expected: dict[str, Any]) -> None:
    reading = read(_shared(name))
    facts = {one.fact_id: one.told["value"] for one in reading.facts if not one.is_item}
    assert facts | expected == facts
    if not expected:
        assert not facts
    if "missing_birthdate" in name:
        assert not {"person.birth_date", "function.ecog"} & set(facts)
    # They are records of breast cancer: nothing in them is about a cancer of the esophagus.
    assert not [one for one in facts if one.startswith(("diagnosis.", "metastases.", "biomarker."))]


def test_a_record_of_an_esophageal_cancer_beside_them_is_read_whole() -> None:
    document = bundle(condition(concept("icd C15.5")), condition(concept("icd C78.7")))
    assert told(document, "metastases.liver") == [True]


@pytest.mark.parametrize("name", ["mcode_service/code_mapper_test.json"])
def test_shared_files_that_are_no_records(name: str) -> None:
    data = _shared(name)
    with pytest.raises(WaylineError, match="resourceType"):
        read(data)


@pytest.mark.parametrize(
    "name", ["mcode_app/resultBundle_ResearchStudies.json", "mcode_service/complete_study.json", "mcode_service/resource.json"]
)
def test_shared_studies_tell_nothing_of_a_person(name: str) -> None:
    reading = read(_shared(name))
    assert not reading.facts
    assert set(reading.counts) == {"ResearchStudy"}
