"""The command `liver`: JSON shape, text, the drawing as a file, errors and exit statuses."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.unit.test_cli import ASCII, BAD, CASE, NO_DJANGO, NOTHING_KNOWN, PEOPLE, case, process, run, written
from wayline.facts.case import load_case
from wayline.library import library
from wayline.liver.drawing import liver_map
from wayline.liver_report import STATE_SHORT, STATE_WORDS, liver_report
from wayline.options.limits import DIMENSIONS, State

__all__ = ["case", "run"]  # fixtures

Run = Callable[..., tuple[int, str, str]]

WITH_HISTORY = """
as_of: 2026-11-20
facts:
  liver.lesions:
    - {name: A, segment: 6, diameter_cm: 2.0, near: [hepatic_vein], date: 2026-11-02}
    - {name: "<b>&", segment: unknown, diameter_cm: {above: 1}, date: 2026-11-02}
  liver.earlier_scans:
    - {date: 2026-05-04, lesions: [{name: A, segment: 6, diameter_cm: 4.0}]}
  labs.alt: {value: 200, date: 2026-11-12}
  labs.alt_uln: 40
  labs.alp: {value: 200, date: 2026-11-13}
  labs.alp_uln: 100
  labs.albumin: {value: 3.9, date: 2026-09-01}
  labs.earlier_results:
    - {lab: labs.alt, value: 90, date: 2026-09, upper_limit: 45, lower_limit: 7}
"""
KEYS = [
    "as_of",
    "lesions",
    "lesions_state",
    "lesions_date",
    "lesion_count",
    "largest_cm",
    "distribution",
    "near_large_vessel",
    "near_bile_duct",
    "scans",
    "change",
    "blood_tests",
    "enzyme_pattern",
    "scores",
    "therapies",
]


def assert_number_shape(value: Any) -> None:
    """Null, a number, or a number with bounds."""
    if isinstance(value, dict):
        assert set(value) <= {"at_least", "at_most", "above", "below"}
        assert all(isinstance(end, int | float) for end in value.values())
    else:
        assert value is None or isinstance(value, int | float)


def assert_tumor_shape(tumor: Any) -> None:
    assert set(tumor) == {"name", "segment", "diameter_cm", "near", "date"}
    assert isinstance(tumor["name"], str)
    assert tumor["segment"] in (*library().segments, "unknown")
    assert_number_shape(tumor["diameter_cm"])
    assert tumor["near"] is None or all(place in library().vocabulary.lesion_places for place in tumor["near"])
    assert tumor["date"] is None or re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", tumor["date"])


def assert_liver_shape(document: Any) -> None:
    """The shape of docs/reference/commands.md."""
    content = library()
    assert list(document) == KEYS
    assert document["lesions_state"] in ("known", "partly", "stale", "unknown")
    assert (document["lesions"] is None) == (document["lesions_state"] == "unknown")
    for tumor in document["lesions"] or []:
        assert_tumor_shape(tumor)
    for key in ("lesion_count", "largest_cm"):
        assert_number_shape(document[key])
    for scan in document["scans"]:
        assert set(scan) == {"date", "is_current", "lesions", "complete", "sum_of_longest_diameters_mm"}
        assert_number_shape(scan["sum_of_longest_diameters_mm"])
        for tumor in scan["lesions"]:
            assert_tumor_shape(tumor)
    assert (document["change"] is None) == (len(document["scans"]) < 2)
    if document["change"] is not None:
        assert list(document["change"]) == ["since_first", "since_last", "new", "no_longer_seen", "recist"]
        assert set(document["change"]["recist"]) == {"definition", "followed", "sums_mm", "category", "why_not", "caution"}
    for series in document["blood_tests"]:
        assert set(series) == {"id", "unit", "results", "grade"}
        assert series["unit"] == content.vocabulary[series["id"]].unit
        assert series["results"]
        for result in series["results"]:
            assert set(result) == {"date", "value", "lower_limit", "upper_limit", "times_upper_limit", "against_range", "stale"}
            for key in ("value", "lower_limit", "upper_limit", "times_upper_limit"):
                assert_number_shape(result[key])
        if series["grade"] is not None:
            assert set(series["grade"]) == {"scale", "possible", "from_baseline"}
            assert set(series["grade"]["possible"]) <= {0, 1, 2, 3, 4}
    assert list(document["scores"]) == ["child_pugh", "albi", "caution"]
    for score in ("child_pugh", "albi"):
        assert list(document["scores"][score])[2] == "parts"
        for part in document["scores"][score]["parts"]:
            assert set(part) == {"fact", "value", "state", "points"}
            assert part["fact"] in content.vocabulary
    assert [one["id"] for one in document["therapies"]] == [row.option for row in content.matrix]
    for therapy in document["therapies"]:
        assert set(therapy) == {"id", "verdict", "evidence_in_esophageal_cancer", "limits"}
        assert therapy["verdict"] in ("fits", "depends", "does_not_fit")
        evidence = therapy["evidence_in_esophageal_cancer"]
        assert set(evidence) == {"strength", "text", "cites"}
        assert evidence["text"].strip()
        assert all(cite in content.references for cite in evidence["cites"])
        assert list(therapy["limits"]) == list(DIMENSIONS)
        for limit in therapy["limits"].values():
            assert set(limit) == {"state", "because", "missing", "cautions"}
            assert limit["state"] in {state.value for state in State}
            assert all(set(reason) == {"text", "fact"} and reason["fact"] in content.vocabulary for reason in limit["because"])
            assert all(fact in content.vocabulary for fact in limit["missing"])
            assert all(set(caution) == {"text", "cites"} and caution["cites"] for caution in limit["cautions"])


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.stem)
def test_the_json_of_the_invented_people(path: Path, run: Run) -> None:
    """Each of them has the documented shape, and verdicts as `wayline options` gives them."""
    status, out, err = run("liver", str(path), "--json")
    assert (status, err) == (0, "")
    document = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert_liver_shape(document)
    _, options, _ = run("options", str(path), "--json")
    verdicts = {one["id"]: one["verdict"] for one in json.loads(options)["options"]}
    assert {one["id"]: one["verdict"] for one in document["therapies"]} == {
        option: verdict for option, verdict in verdicts.items() if library().catalog[option].kind == "liver_directed"
    }


@pytest.mark.parametrize("text", [CASE, NOTHING_KNOWN, WITH_HISTORY], ids=["case", "nothing known", "history"])
def test_the_json_of_other_cases(text: str, run: Run, tmp_path: Path) -> None:
    """Whatever is told or not."""
    status, out, err = run("liver", written(tmp_path / "case.yaml", text), "--json")
    assert (status, err) == (0, "")
    assert_liver_shape(json.loads(out))


def test_the_json_of_nothing_known(run: Run, tmp_path: Path) -> None:
    """What is not known is null or empty, never 0 and never "no"."""
    _, out, _ = run("liver", written(tmp_path / "case.yaml", NOTHING_KNOWN), "--json")
    document = json.loads(out)
    empty = {"scans": [], "blood_tests": [], "lesions_state": "unknown", "as_of": "2026-11-20"}
    assert {key: document[key] for key in KEYS[:13]} == dict.fromkeys(KEYS[:13]) | empty
    assert [part["points"] for part in document["scores"]["child_pugh"]["parts"]] == [{"at_least": 1, "at_most": 3}] * 5
    assert document["scores"]["child_pugh"]["points"] is None


def test_the_json_of_a_history(run: Run, tmp_path: Path) -> None:
    """Tumors, scans, change, blood tests, pattern and scores by their values."""
    _, out, _ = run("liver", written(tmp_path / "case.yaml", WITH_HISTORY), "--json")
    document = json.loads(out)
    assert [(one["name"], one["segment"], one["near"]) for one in document["lesions"]] == [
        ("A", "6", ["hepatic_vein"]),
        ("<b>&", "unknown", None),
    ]
    assert document["lesions_date"] == "2026-11-02"
    assert document["lesion_count"] == 2
    assert [(one["date"], one["is_current"], one["sum_of_longest_diameters_mm"]) for one in document["scans"]] == [
        ("2026-05-04", False, 40),
        ("2026-11-02", True, None),
    ]
    assert document["change"]["since_first"] is None
    assert document["change"]["new"] == ["<b>&"]
    assert document["change"]["recist"] | {"caution": ""} == {
        "definition": "RECIST 1.1",
        "followed": ["A"],
        "sums_mm": [40, 20],
        "category": "progressive_disease",
        "why_not": None,
        "caution": "",
    }
    albumin, alt, alp = document["blood_tests"]
    assert (albumin["id"], albumin["results"][0]["stale"], albumin["grade"]) == ("labs.albumin", True, None)
    assert [(one["date"], one["value"], one["upper_limit"], one["against_range"]) for one in alt["results"]] == [
        ("2026-09", 90, 45, ["above"]),
        ("2026-11-12", 200, 40, ["above"]),
    ]
    assert alt["grade"] == {"scale": "CTCAE 5.0", "possible": [2], "from_baseline": None}
    assert alp["grade"]["possible"] == [1]
    assert document["enzyme_pattern"] == {"scale": "R value", "ratio": 2.5, "possible": ["mixed"]}


# --- Text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.stem)
def test_the_text_of_the_invented_people(path: Path, run: Run) -> None:
    """The whole picture first, then every treatment with its verdict in words; no raw ids, no raw numbers, no long lines."""
    status, out, err = run("liver", str(path))
    assert (status, err) == (0, "")
    assert out.startswith("Wayline informs; it never advises. Only your care team can decide with you.\n")
    for row in library().matrix:
        assert re.search(
            rf"^  {re.escape(library().catalog[row.option].title)}: (worth asking about|depends|usually not used)$", out, re.MULTILINE
        )
    assert not re.search(r"\b(liver|labs|metastases|function|disease)\.[a-z]+_?[a-z]*\b", out)
    assert not re.search(r"\d\.\d{4,}", out)
    assert max(map(len, out.splitlines())) <= 120


def test_the_text_of_nothing_known(run: Run, tmp_path: Path) -> None:
    """It says that nothing is told, and asks."""
    _, out, _ = run("liver", written(tmp_path / "case.yaml", NOTHING_KNOWN))
    assert "No single tumor is told." in out
    assert "None told." in out
    assert f"{STATE_WORDS[State.NOT_KNOWN]}. Ask: " in out
    assert "Over time" not in out


def test_the_text_of_an_empty_list(run: Run, tmp_path: Path) -> None:
    """A list that is told to be empty is not a list that is not told."""
    _, out, _ = run("liver", written(tmp_path / "case.yaml", "as_of: 2026-11-20\nfacts: {liver.lesions: []}\n"))
    assert "None: the list is told to be empty." in out


def test_the_text_of_a_history(run: Run, tmp_path: Path) -> None:
    """Scans, changes and results in everyday words."""
    _, out, _ = run("liver", written(tmp_path / "case.yaml", WITH_HISTORY))
    for said in (
        "Tumors in the liver, scan of 2026-11-02",
        "A  segment 6 (right back, lower part), 2 cm, next to a liver vein",
        "2026-05-04: 1 listed, sum of longest diameters 40 mm",
        "2026-11-02: 2 listed, sum of longest diameters not known",
        "New: <b>&",
        "RECIST 1.1: progressive disease",
        "200 U/L, 5 times the lab's limit (lab's range up to 40 U/L), 2026-11-12",
        "90 U/L, 2 times the lab's limit (lab's range 7 to 45 U/L), 2026-09",
        "CTCAE 5.0: grade 2",
        "(needs a newer result)",
        "R value: 2.5, mixed",
    ):
        assert said in out, said


def test_every_state_has_words() -> None:
    """No state of a limit is left without its words."""
    assert set(STATE_WORDS) == set(STATE_SHORT) == set(State)


# --- The drawing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("json_too", [False, True])
def test_the_drawing_is_written_whole(json_too: bool, run: Run, case: str, tmp_path: Path) -> None:
    """A file of its own that stands alone, beside the usual answer; for its owner only."""
    path = tmp_path / "liver.svg"
    status, out, err = run("liver", case, "--svg", str(path), *(["--json"] if json_too else []))
    assert (status, err) == (0, "")
    assert out
    report = liver_report(load_case(case, library().vocabulary), library())
    assert path.read_text(encoding="utf-8") == liver_map(report.tumors, library().segments, standalone=True)
    assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["case.yaml", "liver.svg"]


def test_the_drawing_takes_the_place_of_an_older_one(run: Run, case: str, tmp_path: Path) -> None:
    """The new file replaces the old one in one step."""
    path = tmp_path / "liver.svg"
    path.write_text("old " * 100_000, encoding="utf-8")
    assert run("liver", case, "--svg", str(path))[0] == 0
    assert path.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize("text", [NOTHING_KNOWN, WITH_HISTORY], ids=["nothing known", "names"])
def test_the_drawing_of_other_cases(text: str, run: Run, tmp_path: Path) -> None:
    """An empty liver is drawn too, and a name stays a name."""
    path = tmp_path / "liver.svg"
    assert run("liver", written(tmp_path / "case.yaml", text), "--svg", str(path))[0] == 0
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.parse(path).getroot().iter()}
    assert "b" not in tags
    assert "polygon" in tags


NO_PLAIN_FILE = "this is no plain file, so it cannot be replaced by one"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("missing/liver.svg", "cannot be written (No such file or directory)"),
        ("case.yaml/liver.svg", "cannot be written (Not a directory)"),
        ("n" * 300, "cannot be written (File name too long)"),
        ("folder", NO_PLAIN_FILE),
        ("folder/..", NO_PLAIN_FILE),
        ("pipe", NO_PLAIN_FILE),
        ("link to folder", NO_PLAIN_FILE),
        ("", NO_PLAIN_FILE),
    ],
)
def test_a_drawing_that_cannot_be_written_is_refused_clearly(place: str, said: str, run: Run, case: str, tmp_path: Path) -> None:
    """Exit status 2, one line that names the file, nothing on standard output and nothing half-written."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link to folder").symlink_to("folder")
    before = sorted(one.name for one in tmp_path.rglob("*"))
    path = str(tmp_path / place) if place else ""
    status, out, err = run("liver", case, "--json", "--svg", path)
    assert (status, out) == (2, "")
    assert err == f"wayline: {path or '.'}: {said}\n"
    assert sorted(one.name for one in tmp_path.rglob("*")) == before
    assert not list((tmp_path / "folder").iterdir())
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(run: Run, case: str, tmp_path: Path) -> None:
    """Said as clearly as a folder that is missing."""
    (tmp_path / "locked").mkdir(mode=0o500)
    status, out, err = run("liver", case, "--svg", str(tmp_path / "locked" / "liver.svg"))
    assert (status, out) == (2, "")
    assert "cannot be written" in err


# --- Errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BAD, "Did you mean 'labs.bilirubin'?"),
        ("as_of: 2026-11-20\nfacts: {liver.lesions: [{segment: 9}]}\n", "'9' is not a liver segment"),
        ("as_of: 2026-11-20\nfacts: {liver.lesions: [{diameter_cm: 41}]}\n", "41 cm is not possible"),
        ("as_of: 2026-11-20\nfacts: {liver.lesions: [{name: A}, {name: A}]}\n", "the name 'A' stands twice in this list"),
        ("as_of: 2026-11-20\nfacts: {liver.lesions: [{diameter_cm: big}]}\n", "'big' is not a number"),
        ("as_of: 2026-11-20\nfacts: {liver.earlier_scans: [{lesions: []}]}\n", "the key 'date' is missing"),
        ("as_of: 2026-11-20\nfacts: {liver.earlier_scans: [{date: 2026-12-01, lesions: []}]}\n", "lies after the case's date"),
        ("as_of: 2026-11-20\nfacts: {labs.earlier_results: [{lab: labs.alt, value: 1}]}\n", "the key 'date' is missing"),
        ("facts: {}\n", "the key 'as_of' is missing"),
        ("", "line 1"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_bad_case_is_refused(text: str, said: str, as_json: bool, run: Run, tmp_path: Path) -> None:
    """Exit status 2, the file, the line and what is wrong on standard error; no drawing is made."""
    path, svg = written(tmp_path / "case.yaml", text), tmp_path / "liver.svg"
    status, out, err = run("liver", path, "--svg", str(svg), *(["--json"] if as_json else []))
    assert (status, out) == (2, "")
    assert err.startswith(f"wayline: {path}, line ")
    assert said in err
    assert not svg.exists()


@pytest.mark.parametrize("arguments", [["liver"], ["liver", "a", "b"], ["liver", "a", "--svg"], ["liver", "a", "--color"]])
def test_wrong_words_on_the_command_line(arguments: list[str], run: Run) -> None:
    """Exit status 2 and the usage."""
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert "usage: wayline" in err


def test_a_case_that_is_not_there(run: Run, tmp_path: Path) -> None:
    """Exit status 2 and the file's name."""
    status, out, err = run("liver", str(tmp_path / "no.yaml"), "--json")
    assert (status, out) == (2, "")
    assert "no.yaml: cannot be read" in err


# --- Real processes ------------------------------------------------------------------------------------------------


def test_a_process_reads_standard_input_and_writes_nothing(tmp_path: Path) -> None:
    """`-` is standard input; an empty folder stays empty."""
    result = process("-m", "wayline.cli", "liver", "-", "--json", stdin=CASE.encode(), cwd=tmp_path, WAYLINE_DATA=str(tmp_path / "data"))
    assert (result.returncode, result.stderr) == (0, b"")
    assert_liver_shape(json.loads(result.stdout))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stdin", [BAD.encode(), b"\xff\xfe", b""])
def test_a_process_refuses_bad_standard_input(stdin: bytes) -> None:
    """One clear line, never a traceback."""
    result = process("-m", "wayline.cli", "liver", "-", stdin=stdin)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith(b"wayline: standard input")
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["--json"], []], ids=["json", "text"])
def test_no_django_no_database_no_network(arguments: list[str], case: str, tmp_path: Path) -> None:
    """The command runs where nothing but Python and PyYAML is installed, in an empty folder, and writes only the drawing asked for."""
    empty = tmp_path / "empty"
    empty.mkdir()
    words = ["liver", case, "--svg", "map.svg", *arguments]
    result = process("-c", NO_DJANGO, *words, cwd=empty, WAYLINE_DATA=str(empty / "data"))
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout
    assert [one.name for one in empty.iterdir()] == ["map.svg"]


NAMED = 'as_of: 2026-11-20\nfacts: {liver.lesions: [{name: "Ä漢", segment: 6, diameter_cm: 2}]}\n'


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, ASCII], ids=["ascii", "C"])
def test_a_process_answers_in_any_locale(environment: dict[str, str], tmp_path: Path) -> None:
    """A terminal that knows only ASCII gets its answer; the drawing is UTF-8 whatever the terminal knows."""
    path = written(tmp_path / "case.yaml", NAMED)
    text = process("-m", "wayline.cli", "liver", path, "--svg", str(tmp_path / "map.svg"), **environment)
    assert text.returncode == 0, text.stderr[-500:]
    assert text.stdout.isascii()
    assert "Ä漢" in (tmp_path / "map.svg").read_text(encoding="utf-8")
    answer = process("-m", "wayline.cli", "liver", path, "--json", **environment)
    assert answer.stdout.isascii()
    assert json.loads(answer.stdout)["lesions"][0]["name"] == "Ä漢"
