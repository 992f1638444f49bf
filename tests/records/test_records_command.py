"""`wayline records read` as a person runs it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.records.fhir_samples import PATIENT, bundle, concept, lab, observation
from wayline.cli import main
from wayline.facts.case import load_case
from wayline.library import library

EXAMPLE = Path(__file__).parent / "examples" / "junction_bundle.json"
DAY = ("--as-of", "2026-11-20")


def _file(folder: Path, document: Any, name: str = "record.json") -> str:
    path = folder / name
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return str(path)


def test_the_record_becomes_a_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    assert main(["records", "read", str(EXAMPLE), "-o", str(case), *DAY]) == 0
    text = capsys.readouterr().out
    for words in ("Taken from the record", "Spread to the liver: yes", "entry 3, Condition/liver", "kept closed", "furlong", str(case)):
        assert words in text
    assert "Two lesions in the liver" not in text  # a report stays closed
    situation = load_case(case, library().vocabulary)
    assert situation.as_of.isoformat() == "2026-11-20"
    assert situation.told["metastases.liver"].value is True
    assert situation.told["therapy.history"].source is None
    assert situation.told["labs.bilirubin"].source == "hospital record (FHIR)"
    assert os.stat(case).st_mode & 0o077 == 0


def test_the_shape_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "read", str(EXAMPLE), "--json", *DAY]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["form", "people", "facts", "conflicts", "older", "not_understood", "reports", "counts"]
    assert (answer["form"], answer["people"], answer["conflicts"]) == ("FHIR bundle", 1, [])
    assert all(list(one) == ["fact", "told", "words", "where", "code", "date"] for one in answer["facts"])
    assert answer["not_understood"]["counts"] == {"Observation": 2, "Procedure": 1}
    assert len(answer["not_understood"]["listed"]) == 3
    assert answer["reports"] == [{"title": "CT chest, abdomen and pelvis", "date": "2026-10-02", "where": "entry 23, DiagnosticReport/ct"}]
    assert "lesions" not in json.dumps(answer["reports"])
    assert answer["counts"]["Observation"] == 12


def test_conflicts_are_left_out_and_listed_newest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = concept("loinc 21908-9")
    document = bundle(
        observation(stage, "2026-09-01", valueCodeableConcept=concept(text="Stage III")),
        observation(stage, "2026-10-05", valueCodeableConcept=concept(text="Stage IVB")),
    )
    path, case = _file(tmp_path, document), tmp_path / "case.yaml"
    assert main(["records", "read", path, "-o", str(case), "--json", *DAY]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(one["told"]["value"], one["date"]) for one in answer["conflicts"][0]["candidates"]] == [
        ("4b", "2026-10-05"),
        (3, "2026-09-01"),
    ]
    assert "diagnosis.stage" not in load_case(case, library().vocabulary).told
    assert main(["records", "read", path, *DAY]) == 0
    text = capsys.readouterr().out
    assert text.index("2026-10-05") < text.index("2026-09-01")
    assert "contradicts itself" in text


def test_a_case_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("mine", encoding="utf-8")
    assert main(["records", "read", str(EXAMPLE), "-o", str(case), *DAY]) == 2
    assert case.read_text(encoding="utf-8") == "mine"
    assert "not written over" in capsys.readouterr().err


def test_a_broken_file_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, case = _file(tmp_path, b'{"resourceType": "Bundle", "entry": [\n{"resource": '), tmp_path / "case.yaml"
    assert main(["records", "read", path, "-o", str(case)]) == 2
    printed = capsys.readouterr()
    assert "line 2: not valid JSON" in printed.err
    assert printed.out == ""
    assert not case.exists()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_broken_line_is_told_and_the_rest_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    lines = "\n".join([json.dumps(PATIENT), '{"resourceType": ', json.dumps(lab("1975-2", 0.9, "mg/dL"))])
    path, case = _file(tmp_path, lines.encode(), "export.ndjson"), tmp_path / "case.yaml"
    assert main(["records", "read", path, "-o", str(case), *DAY, *more]) == 2
    printed = capsys.readouterr()
    assert "line 2" in printed.err
    assert printed.err.count("\n") == 1
    assert "labs.bilirubin" in load_case(case, library().vocabulary).told
    if more:
        assert json.loads(printed.out)["not_understood"]["counts"] == {"line": 1}


def test_a_record_of_two_people_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, case = _file(tmp_path, bundle({**PATIENT, "id": "p2"}, lab("1975-2", 0.9, "mg/dL"))), tmp_path / "case.yaml"
    assert main(["records", "read", path, "-o", str(case), "--json", *DAY]) == 2
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    assert (answer["people"], answer["facts"]) == (2, [])
    assert "2 people" in printed.err
    assert not case.exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere.json"], "cannot be read"),
        (["."], "folder"),
        ([str(EXAMPLE), "--as-of", "tomorrow"], "--as-of"),
        ([str(EXAMPLE), "--as-of", "1850-01-01"], "before 1900"),
        ([str(EXAMPLE), "-o", "/nowhere/case.yaml"], "cannot be written"),
    ],
)
def test_mistakes_that_a_person_can_mend(capsys: pytest.CaptureFixture[str], arguments: list[str], why: str) -> None:
    assert main(["records", "read", *arguments]) == 2
    assert why in capsys.readouterr().err


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.dumps(bundle(lab("1975-2", 0.9, "mg/dL"))).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["records", "read", "-", *DAY]) == 0
    assert "Bilirubin: 0.9 mg/dL" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    assert main(["records", "read", "-"]) == 2
    assert capsys.readouterr().err.startswith("wayline: standard input, line 1")


def test_a_long_series_is_shortened_for_people_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, bundle(*(lab("1975-2", 0.5 + day / 10, "mg/dL", f"2026-10-{day:02d}") for day in range(1, 20))))
    assert main(["records", "read", path, *DAY]) == 0
    assert "and 6 more of them" in capsys.readouterr().out
    assert main(["records", "read", path, "--json", *DAY]) == 0
    facts = [one["fact"] for one in json.loads(capsys.readouterr().out)["facts"]]
    assert facts.count("labs.earlier_results") == 18


def test_what_lies_after_the_day_is_not_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, bundle(lab("1975-2", 0.9, "mg/dL", "2026-11-20"), lab("1742-6", 30, "U/L", "2026-11-21")))
    assert main(["records", "read", path, "--json", *DAY]) == 0
    facts = [one["fact"] for one in json.loads(capsys.readouterr().out)["facts"]]
    assert "labs.bilirubin" in facts
    assert "labs.alt" not in facts
