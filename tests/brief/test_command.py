"""`wayline brief`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest

from tests.conftest import PEOPLE
from tests.web.trial_records import fill_mirror, record
from wayline.cli import main

CASE = PEOPLE / "knows_little.yaml"


@pytest.fixture(autouse=True)
def no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, without a copy of the registry."""
    folder = tmp_path / "data"
    monkeypatch.setenv("WAYLINE_DATA", str(folder))
    return folder


def text(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.pdf", b"%PDF-"), ("a.html", b"<!doctype html>"), ("a.txt", b"FOR MY VISIT"), ("A.PDF", b"%PDF-"), ("a.json", b"{")],
)
def test_the_ending_says_what_is_written(tmp_path: Path, name: str, begins: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """For its owner only, without a word on the way."""
    out = tmp_path / name
    assert main(["brief", str(CASE), "-o", str(out)]) == 0
    assert out.read_bytes().startswith(begins)
    assert out.stat().st_mode & 0o077 == 0
    assert capsys.readouterr() == ("", "")


def test_large_type_and_figures_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "a.txt"
    main(["brief", str(CASE), "-o", str(out)])
    assert "of 100" not in text(out)
    main(["brief", str(CASE), "-o", str(out), "--outlook"])
    assert "of 100 were alive" in text(out)
    pdf = tmp_path / "a.pdf"
    main(["brief", str(CASE), "-o", str(pdf), "--large"])
    assert len(pypdf.PdfReader(io.BytesIO(pdf.read_bytes())).pages) <= 2


def test_what_is_private_only_when_asked(tmp_path: Path) -> None:
    """Not in the words of a sheet; the document for other software keeps every told fact, so that nothing is lost on the way back."""
    case = tmp_path / "case.yaml"
    case.write_text("as_of: 2026-11-20\nfacts: {symptom.suicidal_thoughts: true}\n", encoding="utf-8")
    for name, more, is_told in (("a.txt", [], False), ("b.txt", ["--private"], True), ("a.json", [], True)):
        assert main(["brief", str(case), "-o", str(tmp_path / name), *more]) == 0
        assert ("houghts of ending" in text(tmp_path / name)) is is_told, name
    assert "988" not in text(tmp_path / "a.json")


def test_the_line_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLINE_LINE_NUMBER", "1-800-555-0100")
    out = tmp_path / "a.txt"
    main(["brief", str(CASE), "-o", str(out)])
    assert text(out).endswith("Survivor line: 1-800-555-0100")


def test_a_case_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CASE.read_bytes())))
    assert main(["brief", "-", "-o", str(tmp_path / "a.txt")]) == 0
    assert "only soft food goes down" in text(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([str(CASE), "-o", "a.docx"], "the ending says what is written: .pdf, .html, .txt, .json"),
        ([str(CASE), "-o", "a"], "the ending says what is written"),
        ([str(CASE), "-o", "a.htm"], "Did you mean '.html'?"),
        (["nowhere.yaml", "-o", "a.pdf"], "nowhere.yaml"),
        ([str(CASE), "-o", "no/such/folder/a.pdf"], "cannot be written"),
    ],
)
def test_mistakes_are_told_and_leave_nothing(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit 2, and no file."""
    monkeypatch.chdir(tmp_path)
    assert main(["brief", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_typst_the_other_forms_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the PDF says what is missing, leaving an older one as it was."""
    monkeypatch.setitem(sys.modules, "typst", None)
    assert main(["brief", str(CASE), "-o", str(tmp_path / "a.html")]) == 0
    old = tmp_path / "a.pdf"
    old.write_text("old", encoding="utf-8")
    assert main(["brief", str(CASE), "-o", str(old)]) == 2
    assert "pip install typst" in capsys.readouterr().err
    assert old.read_text(encoding="utf-8") == "old"


def test_studies_come_from_the_copy_of_the_registry(tmp_path: Path, no_mirror: Path) -> None:
    """Where there is one: by an old copy none is shown as open, and how many were left out is told."""
    no_mirror.mkdir()
    case = tmp_path / "case.json"
    facts = {"diagnosis.histology": "adenocarcinoma", "function.ecog": 1, "person.age": 60, "person.postal_code": "77030"}
    today = datetime.now(UTC).date()
    case.write_text(json.dumps({"as_of": today.isoformat(), "facts": facts}), encoding="utf-8")
    fill_mirror(no_mirror, [record(1), record(2, checked=today - timedelta(31)), record(3, status="COMPLETED")])
    main(["brief", str(case), "-o", str(tmp_path / "a.txt")])
    written = text(tmp_path / "a.txt")
    assert "NCT00000001: A study of a new drug. About" in written
    assert "miles away" in written
    assert "NCT00000002" not in written
    assert "NCT00000003" not in written
    assert "Left out: 1 record too old to say that the study is open." in written
