"""The commands `wayline trials ...`: JSON lines, text, errors, exit statuses, and what stands in for a mirror."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import CHECKOUT, shared_folder
from tests.unit.test_cli import SOURCE, process, written
from wayline.cli import main
from wayline.guide.folder import content_folder
from wayline.library import library
from wayline.trials.known import as_record

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
CHECKED_ON = "2026-11-30"  # no page is due yet, and the last one is reviewed
PERSON = CHECKOUT / "tests" / "people" / "junction_untreated.yaml"
ITEM_KEYS = {"kind", "text", "span", "truth", "read", "because", "missing"}
CRITERIA = (
    "Inclusion Criteria:\n\n* Age of at least 18 years\n* ECOG performance status 0-1\n* Zorblatt index of the third kind\n\n"
    "Exclusion Criteria:\n\n* HIV infection"
)
KNOWN_ID = "NCT03189719"


def record_of(number: int, criteria: str = CRITERIA, *, status: str | None = "RECRUITING", **told: Any) -> dict[str, Any]:
    """A made-up record; `site` is a (city, state) in the United States, other keys go to the eligibility module."""
    updated, title, site = told.pop("updated", "2026-11-01"), told.pop("title", f"Made-up study {number}"), told.pop("site", None)
    conditions = told.pop("conditions", ["Esophageal Cancer"])
    places = [] if site is None else [{"city": site[0], "state": site[1], "country": "United States", "status": status}]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": title},
            "statusModule": {
                **({"overallStatus": status} if status else {}),
                "lastUpdatePostDateStruct": {"date": updated},
            },
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2"]},
            "conditionsModule": {"conditions": conditions},
            "eligibilityModule": {"eligibilityCriteria": criteria, **told},
            "contactsLocationsModule": {"locations": places},
        }
    }


def lines_of(records: Iterable[Any]) -> str:
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records)


def case_of(**facts: Any) -> str:
    """A case file's text; `ecog=1` is short for `function.ecog: 1`, other facts are given with `__` for the dot."""
    return json.dumps({"as_of": "2026-11-20", "facts": {name.replace("__", "."): value for name, value in facts.items()}})


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run `wayline trials ...` on a fixed day."""
    monkeypatch.setattr("wayline.cli._now", lambda: NOW)

    def run_command(*arguments: str | Path, command: str = "trials") -> tuple[int, str, str]:
        try:
            status = main([command, *map(str, arguments)])
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        out, err = capsys.readouterr()
        return status, out, err

    return run_command


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own that is not there yet."""
    folder = tmp_path / "data"
    monkeypatch.setenv("WAYLINE_DATA", str(folder))
    return folder


@pytest.fixture
def case(tmp_path: Path) -> str:
    return written(tmp_path / "case.json", case_of(person__age=61, function__ecog=1))


@pytest.fixture
def trial(tmp_path: Path) -> str:
    return written(tmp_path / "trial.json", json.dumps(record_of(1, sex="ALL", minimumAge="18 Years", maximumAge="75 Years")))


# --- check ----------------------------------------------------------------------------------------------------------


def test_check_prints_one_compact_line_with_every_item(run: Any, trial: str, case: str) -> None:
    """Items of the text with their place, then the structured fields, and headings that have no truth."""
    status, out, err = run("check", trial, case, "--json")
    assert (status, err, out.count("\n")) == (0, "", 1)
    answer = json.loads(out)
    assert list(answer) == ["nct_id", "verdict", "items"]
    assert (answer["nct_id"], answer["verdict"]) == ("NCT00000001", "depends")
    for item in answer["items"]:
        assert set(item) == (ITEM_KEYS - {"truth", "read"} if item["kind"] == "heading" else ITEM_KEYS)
        if item["kind"] == "field":
            assert item["span"] is None
        else:
            start, end = item["span"]
            assert CRITERIA[start:end] == item["text"]
        assert all(set(reason) == {"text", "fact"} for reason in item["because"])
        assert all(fact in library().vocabulary for fact in item["missing"])
    assert [(item["kind"], item["text"], item.get("truth"), item.get("read")) for item in answer["items"]] == [
        ("heading", "Inclusion Criteria:", None, None),
        ("inclusion", "Age of at least 18 years", "met", True),
        ("inclusion", "ECOG performance status 0-1", "met", True),
        ("inclusion", "Zorblatt index of the third kind", "unknown", False),
        ("heading", "Exclusion Criteria:", None, None),
        ("exclusion", "HIV infection", "unknown", True),
        ("field", "sex ALL", "met", True),
        ("field", "minimumAge 18 Years", "met", True),
        ("field", "maximumAge 75 Years", "met", True),
    ]
    hiv = answer["items"][5]
    assert hiv["missing"] == ["condition.hiv"]


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"function__ecog": 0, "condition__hiv": False}, "may_fit"),
        ({"function__ecog": 1, "condition__hiv": False}, "may_fit"),
        ({"function__ecog": 2, "condition__hiv": False}, "does_not_fit"),
        ({"function__ecog": 1, "condition__hiv": True}, "does_not_fit"),
        ({"function__ecog": 1}, "depends"),
        ({"condition__hiv": False}, "depends"),
        ({"function__ecog": 2}, "does_not_fit"),
        ({}, "depends"),
    ],
)
def test_the_verdict_follows_from_the_items(run: Any, tmp_path: Path, facts: dict[str, Any], verdict: str) -> None:
    """Below, at and above the limit, and not known."""
    criteria = "Inclusion Criteria:\n\n* ECOG performance status 0-1\n\nExclusion Criteria:\n\n* HIV infection"
    path = written(tmp_path / "trial.json", json.dumps(record_of(1, criteria)))
    out = run("check", path, written(tmp_path / "case.json", case_of(**facts)), "--json")[1]
    assert json.loads(out)["verdict"] == verdict


def test_a_trial_of_which_nothing_is_told_is_open(run: Any, tmp_path: Path, case: str) -> None:
    """No criteria at all: it depends, nobody fits."""
    record = record_of(1)
    del record["protocolSection"]["eligibilityModule"]
    out = run("check", written(tmp_path / "trial.json", json.dumps(record)), case, "--json")[1]
    assert json.loads(out) == {"nct_id": "NCT00000001", "verdict": "depends", "items": []}


@pytest.mark.parametrize("command", ["check", "read"])
@pytest.mark.parametrize(
    "bad",
    [
        "{not json",
        "7",
        '"a text"',
        "{}",
        '{"protocolSection": {}}',
        json.dumps(record_of(2)).replace("NCT00000002", "NCT2"),
        json.dumps(record_of(2)).replace('"Made-up study 2"', "7"),
        json.dumps(record_of(2)).replace("Zorblatt", "\\ud800"),
        json.dumps(record_of(2, sex=["ALL"])),
        "[" * 100_000,
        "\x00",
    ],
    ids=["json", "number", "text", "empty", "no module", "number of the study", "title", "half a letter", "list", "deep", "nul"],
)
def test_one_bad_record_among_many_is_one_error_line(run: Any, tmp_path: Path, case: str, command: str, bad: str) -> None:
    """It is told with its line, the others are answered, and the status is 2."""
    path = written(tmp_path / "trials.ndjson", lines_of([record_of(1), bad, record_of(3)]))
    status, out, err = run(command, path, *([case] if command == "check" else []), "--json")
    assert status == 2
    assert [json.loads(line)["nct_id"] for line in out.splitlines()] == ["NCT00000001", "NCT00000003"]
    (line,) = err.splitlines()
    assert line.startswith(f"wayline: {path}, line 2")


def packed(folder: Path, form: str) -> Path:
    """Two records in one of the forms that a file may have."""
    records = [record_of(1), record_of(2)]
    path = folder / form
    match form:
        case "list.json":
            path.write_text(json.dumps(records, indent=1))
        case "page.json":
            path.write_text(json.dumps({"studies": records, "nextPageToken": "x"}))
        case "lines.ndjson" | "lines":
            path.write_text(lines_of(records))
        case "lines.ndjson.gz":
            path.write_bytes(gzip.compress(lines_of(records).encode()))
        case "files.zip":
            with zipfile.ZipFile(path, "w") as archive:
                for record in records:
                    archive.writestr(f"{record['protocolSection']['identificationModule']['nctId']}.json", json.dumps(record))
    return path


@pytest.mark.parametrize("form", ["list.json", "page.json", "lines.ndjson", "lines", "lines.ndjson.gz", "files.zip"])
def test_many_records_may_come_in_many_forms(run: Any, tmp_path: Path, case: str, form: str) -> None:
    """What a file is, its content tells."""
    status, out, err = run("check", packed(tmp_path, form), case, "--json")
    assert (status, err) == (0, "")
    assert [json.loads(line)["nct_id"] for line in out.splitlines()] == ["NCT00000001", "NCT00000002"]


@pytest.mark.parametrize("command", ["check", "read"])
@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.json", b"", "empty"),
        ("blank.ndjson", b"\n\n \n", "empty"),
        ("none.json", b"[]", "no record"),
        ("page.json", b'{"studies": []}', "no record"),
        ("cut.ndjson.gz", gzip.compress(b"{}" * 1000, mtime=0)[:-10], "did not arrive whole"),
        ("broken.zip", b"PK\x03\x04 and no more", "not a whole zip file"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
    ],
)
def test_an_odd_file_is_a_clear_error(run: Any, tmp_path: Path, case: str, command: str, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    status, out, err = run(command, path, *([case] if command == "check" else []), "--json")
    assert (status, out) == (2, "")
    assert err.startswith("wayline: ")
    assert name in err
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere.json", "CASE"], "cannot be read"),
        (["check", ".", "CASE"], "folder"),
        (["check", "NCT123", "CASE"], "eight digits"),
        (["check", "NCT00000099", "CASE"], "nor in the example list"),
        (["read", "NCT00000099"], "nor in the example list"),
        (["check", "-", "-"], "not both"),
        (["check", "TRIAL", "nobody.yaml"], "nobody.yaml"),
        (["match", "nobody.yaml"], "nobody.yaml"),
        (["match", "CASE", "--limit", "0"], "--limit"),
        (["match", "CASE", "--limit", "-1"], "--limit"),
        (["match", "CASE", "--limit", "many"], "--limit"),
        (["search", "esophagus", "--near", "00000"], "--near: '00000' is not in the table"),
        (["search", "esophagus", "--near", "Boston"], "--near"),
        (["search", "esophagus", "--miles", "20"], "needs a ZIP code"),
        (["search", "esophagus", "--near", "77030", "--miles", "-1"], "number of miles"),
        (["search", "esophagus", "--near", "77030", "--miles", "nan"], "number of miles"),
        (["search", "esophagus", "--status", "OPENED"], "--status"),
        (["search", "esophagus", "--phase", "5"], "--phase"),
        (["search"], "WORDS"),
        (["load"], "FILE"),
        (["load", "nowhere.json"], "cannot be read"),
        ([], "COMMAND"),
        (["guess"], "guess"),
    ],
)
def test_what_cannot_be_done_is_two_and_a_message(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, trial: str, arguments: list[str], said: str
) -> None:
    """One clear message on standard error."""
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*({"CASE": case, "TRIAL": trial}.get(word, word) for word in arguments), *(["--json"] if arguments else []))
    assert status == 2
    assert said in err
    assert "Traceback" not in err
    assert out == "" or arguments[0] == "load"  # a load tells what it did load


@pytest.mark.parametrize("command", ["load", "sync", "read", "check", "match", "search"])
def test_every_command_has_help(run: Any, command: str) -> None:
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert f"wayline trials {command}" in out


def test_the_case_may_come_from_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch, trial: str, case: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path(case).read_bytes()), encoding="utf-8"))
    assert run("check", trial, "-", "--json")[:2] == run("check", trial, case, "--json")[:2]


def test_the_records_may_come_from_standard_input(run: Any, tmp_path: Path, case: str) -> None:
    lines = lines_of([record_of(1), "{", record_of(2)])
    result = process("-m", "wayline.cli", "trials", "check", "-", case, "--json", stdin=lines.encode(), cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout.decode() == run("check", written(tmp_path / "same.ndjson", lines), case, "--json")[1]
    assert b"line 2" in result.stderr


def test_check_as_text_says_what_stands_in_the_way_first(run: Any, tmp_path: Path, trial: str) -> None:
    """Calm words, the obstacle before the rest, nothing that sounds like a promise."""
    case = written(tmp_path / "case.json", case_of(person__age=61, function__ecog=3))
    status, out, err = run("check", trial, case)
    assert (status, err) == (0, "")
    out = " ".join(out.split())
    headings = ["Stands in the way today (1)", "Not known (1)", "We could not check these. Ask the study team (1)", "Does not stand"]
    places = [out.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "Ask if that could change." in out
    assert "Of 7 rules: 4 do not stand in the way, 1 in the way today, 2 not known (1 of them we could not read)." in out
    assert "its record says: open, taking people now, phase 2, record changed 2026-11-01" in out


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("RECRUITING", "open, taking people now"),
        ("NOT_YET_RECRUITING", "will open later"),
        ("ENROLLING_BY_INVITATION", "only people whom it invites"),
        ("COMPLETED", "closed: completed"),
        ("SUSPENDED", "paused"),
        ("UNKNOWN", "whether it is open is not known"),
        ("SOMETHING_NEW", "whether it is open is not known"),
        (None, "whether it is open is not known"),
    ],
)
def test_only_an_open_status_is_shown_as_open(run: Any, tmp_path: Path, case: str, status: str | None, words: str) -> None:
    path = written(tmp_path / "trial.json", json.dumps(record_of(1, status=status)))
    out = " ".join(run("check", path, case)[1].split())
    assert words in out
    assert ("taking people now" in out) == (status == "RECRUITING")


# --- read -----------------------------------------------------------------------------------------------------------


def test_read_gives_each_criterion_with_its_expression(run: Any, trial: str) -> None:
    status, out, err = run("read", trial, "--json")
    assert (status, err, out.count("\n")) == (0, "", 1)
    answer = json.loads(out)
    assert list(answer) == ["nct_id", "criteria"]
    assert [(one["kind"], one["text"]) for one in answer["criteria"]] == [
        ("inclusion", "Age of at least 18 years"),
        ("inclusion", "ECOG performance status 0-1"),
        ("inclusion", "Zorblatt index of the third kind"),
        ("exclusion", "HIV infection"),
    ]
    for one in answer["criteria"]:
        assert list(one) == ["kind", "text", "span", "expression", "left_over"]
        assert CRITERIA[slice(*one["span"])] == one["text"]
    age, _, not_read, _ = answer["criteria"]
    assert (age["expression"], age["left_over"]) == ("person.age >= 18", [])
    assert (not_read["expression"], not_read["left_over"]) == (None, ["Zorblatt index of the third kind"])


def test_read_as_text_shows_what_was_not_read(run: Any, trial: str) -> None:
    status, out, err = run("read", trial)
    assert (status, err) == (0, "")
    assert "read as: person.age >= 18" in out
    assert re.search(r"Zorblatt index of the third kind\n\s+not read", out)


# --- Registry numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [KNOWN_ID, KNOWN_ID.lower()])
def test_without_a_mirror_a_number_is_looked_up_in_the_example_list(run: Any, data: Path, case: str, number: str) -> None:
    """Said on standard error; nothing is made."""
    for arguments in (("check", number, case), ("read", number)):
        status, out, err = run(*arguments, "--json")
        assert status == 0
        assert json.loads(out)["nct_id"] == KNOWN_ID
        assert "example list" in err
        assert "our own words" in err
    assert not data.exists()


def test_with_a_mirror_its_record_is_read(run: Any, tmp_path: Path, trial: str, case: str) -> None:
    """And a number that it does not hold falls back to the example list, which is said."""
    run("load", trial)
    assert run("check", "NCT00000001", case, "--json") == run("check", trial, case, "--json")
    assert "not in this copy of the registry" in run("check", KNOWN_ID, case, "--json")[2]
    assert run("check", "NCT00000099", case, "--json")[0] == 2


# --- load -----------------------------------------------------------------------------------------------------------


def test_load_says_what_it_did_and_how_old_the_data_is(run: Any, tmp_path: Path) -> None:
    """The day is the oldest honest one; a second load changes nothing."""
    path = written(tmp_path / "trials.ndjson", lines_of([record_of(1, updated="2026-11-01"), record_of(2, updated="2026-11-13")]))
    status, out, err = run("load", path)
    assert (status, err) == (0, "")
    assert f"{path}: 2 new, 0 changed, 0 unchanged\n" in out
    assert "with 2 trials; its oldest part is of 2026-11-13, 10 days ago" in out
    assert "0 new, 0 changed, 2 unchanged" in run("load", path)[1]
    assert json.loads(run("load", path, "--json")[1]) == {
        "files": [{"file": path, "new": 0, "changed": 0, "unchanged": 2, "older": 0, "left": 0, "bad": 0}],
        "mirror": {"age_days": 10, "trials": 2},
    }


def test_each_file_is_loaded_by_itself(run: Any, tmp_path: Path) -> None:
    """A bad record and a bad file are told; everything else is in the mirror."""
    first = written(tmp_path / "first.ndjson", lines_of([record_of(1), "{", record_of(2)]))
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(lines_of([record_of(3)] * 50).encode())[:-9])
    last = written(tmp_path / "last.json", json.dumps(record_of(4)))
    status, out, err = run("load", first, cut, last, "--json")
    assert status == 2
    answer = json.loads(out)
    assert [(Path(one["file"]).name, one["new"], one["bad"]) for one in answer["files"]] == [("first.ndjson", 2, 1), ("last.json", 1, 0)]
    assert answer["mirror"]["trials"] == 3
    bad_record, bad_file = err.splitlines()
    assert bad_record.startswith(f"wayline: {first}, line 2")
    assert "cut.gz" in bad_file


def test_a_mirror_of_which_no_day_is_told_says_so(run: Any, tmp_path: Path, case: str) -> None:
    record = record_of(1)
    del record["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]
    out = run("load", written(tmp_path / "trial.json", json.dumps(record)))[1]
    assert "its age is not known" in out
    assert json.loads(run("match", case, "--json")[1])["mirror"] == {"age_days": None, "trials": 1}


def test_the_data_folder_must_be_one(run: Any, tmp_path: Path, trial: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLINE_DATA", str(tmp_path / "trial.json" / "inside"))
    status, out, err = run("load", trial)
    assert (status, out) == (2, "")
    assert err.startswith("wayline: WAYLINE_DATA: ")


def test_a_file_that_is_no_mirror_is_left_as_it_is(run: Any, data: Path, case: str) -> None:
    data.mkdir()
    (data / "trials.sqlite3").write_bytes(b"this is no database at all" * 100)
    status, out, err = run("match", case, "--json")
    assert (status, out) == (2, "")
    assert "damaged" in err
    assert (data / "trials.sqlite3").read_bytes().startswith(b"this is no database")


# --- match ----------------------------------------------------------------------------------------------------------

MATCH_KEYS = {
    "nct_id",
    "verdict",
    "met",
    "not_met",
    "unknown",
    "not_read",
    "miles",
    "lasting_obstacles",
    "title",
    "status",
    "phases",
    "last_update_posted",
}


@pytest.fixture
def mirror(run: Any, tmp_path: Path) -> None:
    """Five trials: near and far, closed, of another cancer, and one with an obstacle that lasts."""
    adult = "Inclusion Criteria:\n\n* ECOG performance status 0-1"
    records = [
        record_of(1, adult, site=("Boston", "Massachusetts")),
        record_of(2, adult, site=("Houston", "Texas")),
        record_of(3, adult, status="COMPLETED", site=("Houston", "Texas")),
        record_of(4, adult, conditions=["Breast Cancer"], title="Of the breast"),
        record_of(5, f"{adult}\n\nExclusion Criteria:\n\n* Adenocarcinoma", site=("Houston", "Texas")),
    ]
    assert run("load", written(tmp_path / "mirror.ndjson", lines_of(records)))[0] == 0


def ids_of(out: str) -> list[str]:
    return [one["nct_id"] for one in json.loads(out)["trials"]]


def person(tmp_path: Path, **facts: Any) -> str:
    return written(tmp_path / "person.json", case_of(function__ecog=1, diagnosis__histology="adenocarcinoma", **facts))


@pytest.mark.usefixtures("mirror")
def test_match_gives_open_trials_about_this_cancer_in_the_told_order(run: Any, tmp_path: Path) -> None:
    """Fewest obstacles that last, then most rules met, then the nearest open site."""
    status, out, err = run("match", person(tmp_path, person__postal_code="77030"), "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["mirror"] == {"age_days": 22, "trials": 5}
    assert (answer["total"], answer["with_closed"]) == (3, False)
    assert all(set(one) == MATCH_KEYS for one in answer["trials"])
    near, far, blocked = answer["trials"]
    assert [one["nct_id"] for one in answer["trials"]] == ["NCT00000002", "NCT00000001", "NCT00000005"]
    assert (near["verdict"], near["met"], near["not_met"], near["unknown"], near["not_read"]) == ("may_fit", 1, 0, 0, 0)
    assert near["miles"] < 30 < 1500 < far["miles"] < 1700
    assert (blocked["verdict"], blocked["not_met"], blocked["lasting_obstacles"]) == ("does_not_fit", 1, 1)


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(
    ("facts", "knows_miles", "says"),
    [
        ({"person__postal_code": "77030"}, True, ""),
        ({"person__postal_code": "77030", "person__country": "US"}, True, ""),
        ({"person__postal_code": "77030", "person__country": "us"}, True, ""),
        ({"person__postal_code": "77030", "person__country": "DE"}, False, ""),
        ({"person__postal_code": "00000"}, False, "distances are not known"),
        ({"person__postal_code": "SW1A 1AA"}, False, "distances are not known"),
        ({}, False, ""),
    ],
)
def test_distances_need_a_zip_code_of_the_united_states(
    run: Any, tmp_path: Path, facts: dict[str, str], knows_miles: bool, says: str
) -> None:
    status, out, err = run("match", person(tmp_path, **facts), "--json")
    assert status == 0
    assert [one["miles"] is not None for one in json.loads(out)["trials"]] == [knows_miles] * 3
    assert says in err if says else err == ""


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(("limit", "shown"), [("1", 1), ("2", 2), ("3", 3), ("4", 3)])
def test_match_shows_at_most_as_many_as_asked_for(run: Any, tmp_path: Path, limit: str, shown: int) -> None:
    answer = json.loads(run("match", person(tmp_path), "--json", "--limit", limit)[1])
    assert (len(answer["trials"]), answer["total"]) == (shown, 3)


@pytest.mark.usefixtures("mirror")
def test_closed_trials_come_only_when_asked_for_and_say_so(run: Any, tmp_path: Path) -> None:
    case = person(tmp_path)
    assert "NCT00000003" not in run("match", case)[1]
    assert "NCT00000003" in ids_of(run("match", case, "--all", "--json")[1])
    out = " ".join(run("match", case, "--all")[1].split())
    assert "closed ones too (4 of 4 shown)" in out
    assert "NCT00000003 Made-up study 3 closed: completed" in out


@pytest.mark.usefixtures("mirror")
def test_match_as_text_tells_age_order_and_what_distances_are(run: Any, tmp_path: Path) -> None:
    status, out, err = run("match", person(tmp_path, person__postal_code="77030"))
    assert (status, err) == (0, "")
    for words in (
        "never advises",
        "of 2026-11-01, 22 days ago",
        "It does not say which study is better",
        "middle of a city",
        "3 of 3 shown",
    ):
        assert words in " ".join(out.split())


def test_without_a_mirror_match_shows_the_example_list_and_says_so(run: Any, data: Path, case: str) -> None:
    status, out, err = run("match", case, "--json", "--limit", "100")
    assert status == 0
    answer = json.loads(out)
    assert answer["mirror"] is None
    assert answer["with_closed"] is True
    assert {one["nct_id"] for one in answer["trials"]} <= {trial.nct_id for trial in library().known_trials.trials}
    assert len(answer["trials"]) == answer["total"] > 20
    assert "example list of 2026-11-23" in err
    assert not data.exists()


@pytest.mark.parametrize("case_name", ["junction_untreated", "squamous_after_chemo", "knows_little"])
def test_match_and_check_count_the_same(run: Any, tmp_path: Path, case_name: str) -> None:
    """Gathering over all trials and explaining one are two programs with one meaning."""
    case = CHECKOUT / "tests" / "people" / f"{case_name}.yaml"
    path = written(tmp_path / "known.ndjson", lines_of(as_record(trial) for trial in library().known_trials.trials))
    checked = {}
    for line in run("check", path, case, "--json")[1].splitlines():
        answer = json.loads(line)
        truths = [item["truth"] for item in answer["items"] if item["kind"] != "heading"]
        checked[answer["nct_id"]] = (answer["verdict"], *(truths.count(truth) for truth in ("met", "not_met", "unknown")))
    matched = json.loads(run("match", case, "--json", "--limit", "100")[1])["trials"]
    assert len(matched) > 20
    assert {one["nct_id"]: (one["verdict"], one["met"], one["not_met"], one["unknown"]) for one in matched} == {
        one["nct_id"]: checked[one["nct_id"]] for one in matched
    }


def test_an_empty_mirror_is_none(run: Any, tmp_path: Path, case: str) -> None:
    """A sync that was stopped at its beginning leaves a file without trials."""
    assert run("load", written(tmp_path / "bad.ndjson", "{\n"))[0] == 2
    assert json.loads(run("match", case, "--json")[1])["mirror"] is None


# --- search ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["esophageal"], {1, 2, 3, 5}),
        (["oesophagus", "cancer"], {1, 2, 3, 5}),
        (["esophgeal"], {1, 2, 3, 5}),
        (["breast"], {4}),
        (["NCT00000003"], {3}),
        (["esophageal", "--status", "open"], {1, 2, 5}),
        (["esophageal", "--status", "completed"], {3}),
        (["esophageal", "--status", "completed", "--status", "recruiting"], {1, 2, 3, 5}),
        (["esophageal", "--near", "77030", "--miles", "50"], {2, 5}),
        (["esophageal", "--near", "77030", "--miles", "5000"], {1, 2, 5}),
        (["esophageal", "--near", "77030"], {1, 2, 3, 5}),
        (["esophageal", "--phase", "2"], {1, 2, 3, 5}),
        (["esophageal", "--phase", "3"], set()),
        (["esophageal", "--phase", "3", "--phase", "2"], {1, 2, 3, 5}),
        (["esophageal", "--kind", "interventional"], {1, 2, 3, 5}),
        (["esophageal", "--kind", "expanded-access"], set()),
        (["xyzzyplugh"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_search_finds_by_words_and_filters(run: Any, arguments: list[str], found: set[int]) -> None:
    status, out, err = run("search", *arguments, "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert list(answer) == ["mirror", "total", "read_as", "not_found", "all_words", "not_told", "trials"]
    assert {int(one["nct_id"][3:]) for one in answer["trials"]} == found
    assert answer["total"] == len(found)


@pytest.mark.usefixtures("mirror")
def test_search_says_how_it_read_the_words(run: Any) -> None:
    out = run("search", "esophgeal", "xyzzyplugh", "--limit", "1")[1]
    assert "Read as: esophageal" in out
    assert "In no trial: xyzzyplugh" in out
    assert "showing 1" in out


def test_without_a_mirror_search_looks_through_the_example_list(run: Any, data: Path) -> None:
    status, out, err = run("search", "zolbetuximab", "--json")
    assert status == 0
    assert json.loads(out)["mirror"] is None
    assert "NCT03504397" in ids_of(out)
    assert "example list" in err
    assert not data.exists()


# --- options --------------------------------------------------------------------------------------------------------


def test_without_a_mirror_options_count_no_trials(run: Any, case: str) -> None:
    answer = json.loads(run(case, "--json", command="options")[1])
    assert answer["ask_first"]
    assert {one["trials"] for one in answer["ask_first"]} == {None}


def test_with_a_mirror_ask_first_counts_options_and_trials(run: Any, tmp_path: Path, case: str) -> None:
    """Sorted by the sum; a fact that settles only trials is there with no option."""
    criteria = "Inclusion Criteria:\n\n* ECOG performance status 0-1\n\nExclusion Criteria:\n\n* HIV infection"
    before = json.loads(run(case, "--json", command="options")[1])["ask_first"]
    run("load", written(tmp_path / "mirror.ndjson", lines_of([record_of(number, criteria) for number in range(1, 31)])))
    after = json.loads(run(case, "--json", command="options")[1])["ask_first"]
    assert {"fact": "condition.hiv", "options": 0, "trials": 30} in after
    assert [one for one in after if one["options"]] != []
    assert {one["fact"]: one["options"] for one in after if one["options"]} == {one["fact"]: one["options"] for one in before}
    assert all(type(one["trials"]) is int for one in after)
    sums = [one["options"] + one["trials"] for one in after]
    assert sums == sorted(sums, reverse=True)
    assert "would settle 0 of the open options and 30 of the open trials" in run(case, command="options")[1]


# --- Words ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("command", ["check", "match", "search"])
def test_text_promises_nothing_and_shows_no_code(run: Any, command: str) -> None:
    arguments = {"check": ["NCT00000005", PERSON], "match": [PERSON, "--all"], "search": ["esophageal"]}[command]
    status, out, err = run(command, *arguments)
    assert (status, err) == (0, "")
    assert not re.search(r"\b(?:eligible|qualif\w*|recommend\w*|best|percent|None|nan|inf)\b|%", out, re.IGNORECASE)
    assert [fact for fact in library().vocabulary if re.search(rf"\b{re.escape(fact)}\b", out)] == []


# --- Real processes -------------------------------------------------------------------------------------------------

ONLY_PYTHON_AND_YAML = """
import sys

REFUSED = "django csp whitenoise granian cryptography sqlite3 numpy httpx zipcodes rapidfuzz".split()

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in REFUSED:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Refuse())
from wayline.cli import main
status = main(sys.argv[1:])
assert not {name for name in sys.modules if name.split(".")[0] in ("socket", "ssl", "asyncio")}, "imported"
sys.exit(status)
"""


@pytest.mark.parametrize("arguments", [["read", "TRIAL", "--json"], ["check", "TRIAL", "CASE", "--json"], ["check", "TRIAL", "CASE"]])
def test_read_and_check_need_no_database_no_arrays_and_no_network(tmp_path: Path, trial: str, case: str, arguments: list[str]) -> None:
    """In an empty folder, and it stays empty."""
    empty = tmp_path / "empty"
    empty.mkdir()
    filled = [{"CASE": case, "TRIAL": trial}.get(word, word) for word in arguments]
    result = process("-c", ONLY_PYTHON_AND_YAML, "trials", *filled, cwd=empty, WAYLINE_DATA=str(empty / "data"))
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout
    assert list(empty.iterdir()) == []


def test_json_stays_json_where_the_terminal_knows_only_ascii(tmp_path: Path, case: str) -> None:
    record = record_of(1, "Inclusion Criteria:\n\n* Platelets ≥ 100,000/µl, Hôpital 𝛼")
    path = written(tmp_path / "trial.json", json.dumps(record))
    plain, ascii_only = (
        process("-m", "wayline.cli", "trials", "check", path, case, "--json", **env)
        for env in ({"PYTHONIOENCODING": "utf-8"}, {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    )
    assert json.loads(plain.stdout) == json.loads(ascii_only.stdout)
    assert ascii_only.stdout.isascii()
    assert not plain.stdout.isascii()


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path, case: str) -> None:
    path = written(tmp_path / "trials.ndjson", lines_of(record_of(number) for number in range(1, 400)))
    command = f'"{sys.executable}" -m wayline.cli trials check "{path}" "{case}" --json | head -c 1; exit ${{PIPESTATUS[0]}}'
    result = subprocess.run(["bash", "-c", command], capture_output=True, env=SOURCE, timeout=120, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"{", b"")


# --- Real records ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not (shared_folder() / "data" / "studies_near.ndjson").is_file(), reason="the shared records are not here")
@pytest.mark.parametrize("case_name", ["junction_untreated", "knows_little"])
def test_every_real_record_near_this_cancer_is_checked(run: Any, case_name: str) -> None:
    """One line each, with spans that point at the item's own words, and a verdict that follows from the items."""
    path = shared_folder() / "data" / "studies_near.ndjson"
    status, out, err = run("check", path, CHECKOUT / "tests" / "people" / f"{case_name}.yaml", "--json")
    assert (status, err) == (0, "")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    answers = [json.loads(line) for line in out.splitlines()]
    assert len(answers) == len(records) == 437
    for record, answer in zip(records, answers, strict=True):
        protocol = record["protocolSection"]
        assert answer["nct_id"] == protocol["identificationModule"]["nctId"]
        text = protocol.get("eligibilityModule", {}).get("eligibilityCriteria") or ""
        spans = [item["span"] for item in answer["items"] if item["span"] is not None]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        truths = [item["truth"] for item in answer["items"] if item["kind"] != "heading"]
        assert (answer["verdict"] == "does_not_fit") == ("not_met" in truths)
        assert (answer["verdict"] == "may_fit") == (bool(truths) and set(truths) == {"met"})
        assert all(item["truth"] == "unknown" for item in answer["items"] if item.get("read") is False)


# --- The editor's check of content/trials ---------------------------------------------------------------------------


def test_check_counts_the_example_list(run: Any) -> None:
    counts = json.loads(run("--json", "--as-of", CHECKED_ON, command="check")[1])["counts"]
    assert counts["trials"] == len(library().known_trials.trials)


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "said"),
    [
        ("reading/conditions.yaml", r"means: condition\.hiv,", "means: condition.hivv,", "Did you mean 'condition.hiv'?"),
        (
            "reading/conditions.yaml",
            r"window: condition\.stroke_date",
            "window: condition.stroke_dat",
            "'condition.stroke_dat' is not a fact",
        ),
        ("reading/measures.yaml", r"fact: labs\.albumin,", "fact: labs.albumen,", "Did you mean 'labs.albumin'?"),
        ("reading/treatments.yaml", r"(?m)^markers:", "marks:", "marks"),
        ("relevance.yaml", r"(?m)^elsewhere:", "elswhere:", "elsewhere"),
        ("synonyms.yaml", r"(?m)^groups:", "group:", "groups"),
        ("known_trials.yaml", r"(?m)^written: .*$", "written: 2031-01-01", "lies in the future"),
        ("known_trials.yaml", r"cites: \[keynote-590\]", "cites: [no-such-paper]", "no-such-paper"),
    ],
)
def test_check_names_each_fault_of_the_trials_folder(
    run: Any, tmp_path: Path, file: str, pattern: str, replacement: str, said: str
) -> None:
    """The message names the file; a fault of a word list would otherwise come up only while a trial is read."""
    folder = Path(shutil.copytree(content_folder(), tmp_path / "content"))
    path = folder / "trials" / file
    text = path.read_text(encoding="utf-8")
    changed, times = re.subn(pattern, replacement, text, count=1)
    assert times == 1
    path.write_text(changed, encoding="utf-8")
    status, out, err = run(str(folder), "--as-of", CHECKED_ON, command="check")
    assert status == 2
    (line,) = [line for line in (out + err).splitlines() if said in line]
    assert file in line


def test_check_finds_a_file_of_the_trials_folder_that_nobody_reads(run: Any, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(content_folder(), tmp_path / "content"))
    (folder / "trials" / "reading" / "words.yml").write_text("words: []\n")
    (folder / "trials" / "notes.txt").write_text("hello\n")
    out = run(str(folder), "--as-of", CHECKED_ON, command="check")[1]
    assert "trials/reading/words.yml: only files ending in .yaml are read here" in out
    assert "trials/notes.txt: only files ending in .yaml are read here" in out
