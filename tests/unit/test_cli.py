"""The commands `options`, `facts` and `check`: JSON shapes, text, errors and exit statuses."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import CHECKOUT
from wayline.cli import main
from wayline.guide.folder import content_folder
from wayline.library import library

CASE = """
as_of: 2026-11-20
facts:
  person.age: 58
  person.birth_date: 1960-01-01
  person.postal_code: 02115
  diagnosis.histology: adenocarcinoma
  diagnosis.date: {value: 2026-10, source: "the letter of the clinic"}
  metastases.liver: true
  liver.lesions:
    - {segment: 6, diameter_cm: 2.4, near: [bile_duct], date: 2026-11-02}
    - {segment: 7, diameter_cm: 1.8, near: [hepatic_vein], date: 2026-11-02}
  labs.bilirubin: {value: 0.7, date: 2026-09-01, source: lab report}
  labs.albumin: 3.9
  labs.alt: {times_uln: 2.1}
  biomarker.pdl1_cps: {at_least: 1, below: 10}
  function.ecog: {one_of: [0, 1]}
  symptom.dysphagia: 2
  therapy.history: []
  wish.goals: [live_longer]
"""
NOTHING_KNOWN = "as_of: 2026-11-20\nfacts:\n"
BAD = "as_of: 2026-11-20\nfacts:\n  labs.bilirubn: 1\n"
PEOPLE = sorted(path for path in (CHECKOUT / "tests" / "people").glob("*.yaml") if not path.name.startswith("expected"))
SOURCE = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src")}
# The day on which the newest page was reviewed: nothing is due yet, and the clock is left out.
LAST_REVIEWED = max(one.reviewed for one in (*library().catalog.values(), *library().pages.values(), *library().flags.values()))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run_command(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
        out, err = capsys.readouterr()
        return status, out, err

    return run_command


@pytest.fixture
def case(tmp_path: Path) -> str:
    return written(tmp_path / "case.yaml", CASE)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def process(*arguments: str, stdin: bytes = b"", cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[bytes]:
    """A real process, as a person would start it."""
    return subprocess.run(
        [sys.executable, *arguments], input=stdin, capture_output=True, cwd=cwd, env={**SOURCE, **env}, timeout=120, check=False
    )


# --- Shapes ---------------------------------------------------------------------------------------------------------


def assert_options_shape(document: Any) -> None:
    """The shape of docs/reference/commands.md, with `questions` and `may_change` beside it."""
    vocabulary, content = library().vocabulary, library()
    assert list(document) == ["options", "ask_first"]
    assert [option["id"] for option in document["options"]] == list(content.catalog)
    for option in document["options"]:
        assert set(option) == {"id", "kind", "verdict", "because", "missing", "cautions", "questions", "may_change"}
        assert option["kind"] == content.catalog[option["id"]].kind
        assert option["verdict"] in ("fits", "depends", "does_not_fit")
        for reason in option["because"]:
            assert set(reason) == {"text", "fact"}
            assert reason["fact"] in vocabulary
            assert reason["text"].strip()
        assert all(fact_id in vocabulary for fact_id in option["missing"])
        assert len(set(option["missing"])) == len(option["missing"])
        for caution in option["cautions"]:
            assert set(caution) == {"text", "cites"}
            assert caution["text"].strip()
            assert caution["cites"]
            assert all(cite in content.references for cite in caution["cites"])
        assert all(isinstance(question, str) and question for question in option["questions"])
        assert isinstance(option["may_change"], bool)
        if option["verdict"] == "depends":
            assert option["missing"] or option["because"], option["id"]
        else:
            assert option["missing"] == []
            assert option["because"], option["id"]
    for one in document["ask_first"]:
        assert set(one) == {"fact", "options", "trials"}
        assert one["fact"] in vocabulary
        assert type(one["options"]) is int
        assert one["options"] >= 1
        assert one["trials"] is None
    counts = [one["options"] for one in document["ask_first"]]
    assert counts == sorted(counts, reverse=True)
    facts = [one["fact"] for one in document["ask_first"]]
    assert len(set(facts)) == len(facts)
    named = {fact for option in document["options"] for fact in option["missing"]}
    assert set(facts) <= named


def assert_facts_shape(document: Any) -> None:
    vocabulary = library().vocabulary
    assert list(document) == ["as_of", "facts"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", document["as_of"])
    for fact in document["facts"]:
        assert {"id", "value", "state", "date", "source"} <= set(fact) <= {"id", "value", "state", "date", "source", "why"}
        assert fact["id"] in vocabulary
        assert fact["state"] in ("known", "partly", "derived", "stale", "conflict")
        assert fact["date"] is None or re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", fact["date"]), fact
        assert fact["source"] is None or isinstance(fact["source"], str)
        assert fact["value"] is not None
    ids = [fact["id"] for fact in document["facts"]]
    assert ids == sorted(ids, key=list(vocabulary).index)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda path: path.stem)
@pytest.mark.parametrize(("command", "check"), [("options", assert_options_shape), ("facts", assert_facts_shape)])
def test_json_shapes_for_every_person(person: Path, command: str, check: Callable[[Any], None], run: Any) -> None:
    """Both commands print one JSON document of the promised shape, and nothing else."""
    status, out, err = run(command, str(person), "--json")
    assert (status, err) == (0, "")
    check(json.loads(out))


@pytest.mark.parametrize("text", [CASE, NOTHING_KNOWN])
def test_json_shapes_for_much_and_for_nothing(text: str, run: Any, tmp_path: Path) -> None:
    """A person who knows nothing gets an answer too."""
    path = written(tmp_path / "case.yaml", text)
    assert_options_shape(json.loads(run("options", path, "--json")[1]))
    assert_facts_shape(json.loads(run("facts", path, "--json")[1]))


@pytest.mark.parametrize(
    ("fact_id", "expected"),
    [
        ("person.postal_code", {"value": "02115", "state": "known", "date": None, "source": None}),
        ("person.age", {"value": {"told": 58, "derived": 66}, "state": "conflict", "date": None, "source": None}),
        ("diagnosis.date", {"value": "2026-10", "state": "partly", "date": None, "source": "the letter of the clinic"}),
        ("labs.bilirubin", {"value": 0.7, "state": "stale", "date": "2026-09-01", "source": "lab report"}),
        ("labs.albumin", {"value": 3.9, "state": "known", "date": None, "source": None}),
        ("labs.alt", {"value": {"times_uln": 2.1}, "state": "partly", "date": None, "source": None}),
        ("biomarker.pdl1_cps", {"value": {"at_least": 1, "below": 10}, "state": "partly", "date": None, "source": None}),
        ("function.ecog", {"value": {"one_of": [0, 1]}, "state": "partly", "date": None, "source": None}),
        ("symptom.dysphagia", {"value": 2, "state": "known", "date": None, "source": None}),
        ("metastases.liver", {"value": True, "state": "known", "date": None, "source": None}),
        ("liver.lesion_count", {"value": 2, "state": "derived", "date": "2026-11-02", "source": "derived from liver.lesions"}),
        ("liver.largest_cm", {"value": 2.4, "state": "derived", "date": "2026-11-02", "source": "derived from liver.lesions"}),
        ("liver.near_bile_duct", {"value": True, "state": "derived", "date": "2026-11-02", "source": "derived from liver.lesions"}),
        ("diagnosis.stage", {"value": 4, "state": "derived", "date": None}),
        ("therapy.history", {"value": [], "state": "known", "date": None, "source": None}),
        ("therapy.lines", {"value": 0, "state": "derived", "date": None}),
        ("disease.status", {"value": "not_assessed", "state": "derived", "date": None}),
        ("wish.goals", {"value": ["live_longer"], "state": "known", "date": None, "source": None}),
    ],
)
def test_facts_say_value_state_date_and_source(fact_id: str, expected: dict[str, Any], case: str, run: Any) -> None:
    """Known, partly known, derived, stale and in conflict: each is told apart, with where it comes from."""
    (fact,) = [fact for fact in json.loads(run("facts", case, "--json")[1])["facts"] if fact["id"] == fact_id]
    assert {key: fact[key] for key in expected} == expected


def test_a_fact_that_is_not_known_is_not_listed(case: str, run: Any) -> None:
    """The list holds what is known, not every gap."""
    ids = {fact["id"] for fact in json.loads(run("facts", case, "--json")[1])["facts"]}
    assert "biomarker.her2" not in ids
    assert "labs.inr" not in ids


def test_unknown_facts_are_named_as_missing(case: str, run: Any) -> None:
    """An option that waits for HER2 says so."""
    options = {option["id"]: option for option in json.loads(run("options", case, "--json")[1])["options"]}
    assert options["trastuzumab_with_chemotherapy"]["verdict"] == "depends"
    assert {"biomarker.her2", "biomarker.her2_ihc"} & set(options["trastuzumab_with_chemotherapy"]["missing"])


# --- Text -----------------------------------------------------------------------------------------------------------


def test_options_as_text(case: str, run: Any) -> None:
    """Every option is there under its verdict, with the sentence that Wayline does not advise."""
    status, out, err = run("options", case)
    assert (status, err) == (0, "")
    assert "never advises" in out
    headings = ["Worth asking about (", "Depends (", "Usually not used here, and why (", "What to ask first"]
    places = [out.index(heading) for heading in headings]
    assert places == sorted(places)
    for option in library().catalog.values():
        assert option.title in out
    counts = [int(count) for count in re.findall(r"^\S.*\((\d+)\)$", out, re.MULTILINE)]
    assert sum(counts) == len(library().catalog)


def test_facts_as_text(case: str, run: Any) -> None:
    """Labels and words instead of ids."""
    status, out, err = run("facts", case)
    assert (status, err) == (0, "")
    assert "2026-11-20" in out
    assert "labs.albumin" not in out
    assert "stale" in out
    assert "conflict" in out
    assert "lab report" in out


@pytest.mark.parametrize("person", PEOPLE, ids=lambda path: path.stem)
@pytest.mark.parametrize("command", ["options", "facts"])
def test_text_holds_no_ids_and_no_code(person: Path, command: str, run: Any) -> None:
    """What a person reads has no fact ids, brackets of code, None or infinity in it."""
    status, out, err = run(command, str(person))
    assert (status, err) == (0, "")
    shown = [fact_id for fact_id in library().vocabulary if re.search(rf"\b{re.escape(fact_id)}\b", out)]
    assert shown == []
    assert not re.search(r"\bNone\b|\binf\b|\bnan\b|frozenset|NumberRange|\{", out)


# --- Errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["options", "facts"])
@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BAD, "line 3: 'labs.bilirubn' is not a fact. Did you mean 'labs.bilirubin'?"),
        ("facts: {}", "as_of"),
        ("", "key: value"),
        ("as_of: 2026-11-20\nfacts:\n  labs.albumin: 39\n", "not possible"),
        ('{"as_of": "2026-11-20"', "JSON"),
        ("a: &a 1", "anchors"),
    ],
)
def test_bad_input_is_two_and_a_message(command: str, flags: list[str], text: str, said: str, run: Any, tmp_path: Path) -> None:
    """Exit status 2, a message with the file's name on stderr, nothing on stdout."""
    path = written(tmp_path / "case.yaml", text)
    status, out, err = run(command, path, *flags)
    assert (status, out) == (2, "")
    assert err.startswith("wayline: ")
    assert path in err
    assert said in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["options"],
        ["facts"],
        ["options", "nowhere.yaml"],
        ["facts", "nowhere.yaml", "--json"],
        ["options", "."],
        ["check", "nowhere"],
        ["check", "--as-of", "tomorrow"],
        ["check", "--as-of", "2026-13-01"],
        ["options", "a.yaml", "--xml"],
    ],
)
def test_wrong_commands_are_two_and_a_message(arguments: list[str], run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that cannot be carried out says why on stderr."""
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["options", "--help"], ["check", "--help"]])
def test_help(arguments: list[str], run: Any) -> None:
    """Help goes to stdout."""
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert "wayline" in out


@pytest.mark.parametrize("text", [CASE, json.dumps({"as_of": "2026-11-20", "facts": {"metastases.liver": True}}), "\ufeff" + CASE.lstrip()])
def test_standard_input(text: str, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`-` reads the case from standard input; the answer is the same as from a file."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    status, out, _ = run("options", "-", "--json")
    assert status == 0
    assert out == run("options", written(tmp_path / "case.yaml", text), "--json")[1]


def test_errors_name_standard_input(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in standard input is named by its line."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode()), encoding="utf-8"))
    status, out, err = run("options", "-")
    assert (status, out) == (2, "")
    assert "standard input, line 3" in err


# --- Real processes -------------------------------------------------------------------------------------------------


def test_a_process_prints_json(case: str, tmp_path: Path) -> None:
    """`python -m wayline.cli options CASE --json` answers in an empty folder and leaves it empty."""
    empty = tmp_path / "empty"
    empty.mkdir()
    result = process("-m", "wayline.cli", "options", case, "--json", cwd=empty)
    assert (result.returncode, result.stderr) == (0, b"")
    assert_options_shape(json.loads(result.stdout))
    assert list(empty.iterdir()) == []


def test_a_process_reads_standard_input(tmp_path: Path) -> None:
    """Standard input, with a mark in front and Windows line ends."""
    result = process("-m", "wayline.cli", "facts", "-", "--json", stdin=b"\xef\xbb\xbf" + CASE.lstrip().replace("\n", "\r\n").encode())
    assert (result.returncode, result.stderr) == (0, b"")
    assert_facts_shape(json.loads(result.stdout))


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN_1 = b"as_of: 2026-11-20\nfacts:\n  person.country: \xe9\n"


@pytest.mark.parametrize(
    ("stdin", "said", "locale"),
    [
        (BAD.encode(), b"did you mean", {}),
        (BAD.encode(), b"did you mean", ASCII),
        (LATIN_1, b"utf-8", {}),
        (LATIN_1, b"utf-8", ASCII),
        (b"\xff\xfe", b"utf-8", {}),
        (b"a: 1\n" * 2_000_000, b"larger than", {}),
        (b"[" * 500_000, b"wayline: ", {}),
    ],
    ids=["fact", "fact, C", "latin-1", "latin-1, C", "utf-16", "10 MB", "deep"],
)
def test_a_process_refuses_bad_standard_input(stdin: bytes, said: bytes, locale: dict[str, str]) -> None:
    """Exit status 2 and one clear line, never a traceback, whatever the locale."""
    result = process("-m", "wayline.cli", "options", "-", stdin=stdin, **locale)
    assert result.returncode == 2, result.stderr[-500:]
    assert result.stdout == b""
    assert result.stderr.startswith(b"wayline: standard input")
    assert said in result.stderr.lower()
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["options", "facts"])
def test_a_process_prints_text_in_any_locale(command: str, case: str) -> None:
    """A terminal that knows only ASCII gets its answer too."""
    result = process("-m", "wayline.cli", command, case, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert result.returncode == 0, result.stderr[-500:]
    assert result.stdout


def test_a_reader_that_stops_early_is_no_error(case: str) -> None:
    """`wayline options CASE | head -1` ends quietly."""
    command = f'"{sys.executable}" -m wayline.cli options "{case}" --json | head -c 1; exit ${{PIPESTATUS[0]}}'
    result = subprocess.run(["bash", "-c", command], capture_output=True, env=SOURCE, timeout=120, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"{", b"")


NO_DJANGO = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "csp", "whitenoise", "granian", "cryptography", "sqlite3", "markdown_it"}:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Refuse())
from wayline.cli import main
status = main(sys.argv[1:])
assert not {name for name in sys.modules if name.split(".")[0] in ("django", "sqlite3", "socket", "ssl")}, "imported"
sys.exit(status)
"""


@pytest.mark.parametrize(
    "arguments", [["options", "CASE", "--json"], ["options", "CASE"], ["facts", "CASE", "--json"], ["check", "--as-of", "DAY"]]
)
def test_no_django_no_database_no_network(arguments: list[str], case: str, tmp_path: Path) -> None:
    """These commands run where nothing but Python and PyYAML is installed, in an empty folder, and write nothing."""
    empty = tmp_path / "empty"
    empty.mkdir()
    filled = [{"CASE": case, "DAY": LAST_REVIEWED.isoformat()}.get(word, word) for word in arguments]
    result = process("-c", NO_DJANGO, *filled, cwd=empty, WAYLINE_DATA=str(empty / "data"))
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout
    assert list(empty.iterdir()) == []


# --- The editor's check ---------------------------------------------------------------------------------------------


def test_check_passes_on_the_content_that_ships(run: Any) -> None:
    """No problems on the day of the newest review."""
    status, out, err = run("check", "--json", "--as-of", LAST_REVIEWED.isoformat())
    assert err == ""
    report = json.loads(out)
    assert report["problems"] == []
    assert status == 0
    assert set(report) == {"counts", "notes", "problems"}
    assert report["counts"]["options"] == len(library().catalog)
    assert report["counts"]["facts"] == len(library().vocabulary)
    assert report["counts"]["references"] == len(library().references)


def test_check_as_text(run: Any) -> None:
    """The text says what was counted and that all is well."""
    status, out, err = run("check", "--as-of", LAST_REVIEWED.isoformat())
    assert (status, err) == (0, "")
    assert f"{len(library().catalog)} options" in out
    assert "All content loads" in out


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the content that may be broken."""
    return Path(shutil.copytree(content_folder(), tmp_path / "content"))


def change(copied: Path, file: str, pattern: str, replacement: str) -> None:
    """Break one place of one file; the pattern must be there."""
    path = copied / file
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, f"{file} holds no {pattern}"
    path.write_text(text, encoding="utf-8")


OPTION = "options/radiofrequency_ablation.md"
WHOLE = "options/stent.md"  # its body is written
OPTION_REFERENCES = "references/liver_directed.yaml"


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "said"),
    [
        # an option's keys
        (OPTION, r"^title: .*\n", "", "'title'"),
        (OPTION, r"^limits_cite: .*\n", "", "'limits_cite'"),
        (OPTION, r"^signed: .*\n", "", "'signed'"),
        (WHOLE, r"^body: whole\n", "", "'body'"),
        (OPTION, r"^title: ", "titel: ", "'titel'"),
        (OPTION, r"^kind: .*\n", r"\g<0>color: red\n", "'color'"),
        (OPTION, r"^kind: .*$", "kind: liver_direct", "Did you mean 'liver_directed'"),
        (OPTION, r"^id: .*$", "id: radio_frequency", "file's name"),
        (OPTION, r"^id: .*\n", r"\g<0>\g<0>", "twice"),
        (OPTION, r"^specialists: .*$", "specialists: [radiology]", "'radiology' is not a specialty"),
        (OPTION, r"^specialists: .*$", "specialists: []", "at least one"),
        (OPTION, r"^may_sign: .*$", "may_sign: [nobody]", "'nobody' is not a specialty"),
        (OPTION, r"^next_review: .*$", "next_review: 2020-01-01", "next_review"),
        (OPTION, r"^next_review: .*$", "next_review: soon", "next_review"),
        (OPTION, r"^reviewed: .*$", "reviewed: 2026-11", "reviewed"),
        (OPTION, r"^signed: .*$", "signed:", "signed"),
        # rules
        (OPTION, r"^  metastases\.liver and ", "  metastases.livr and ", "Did you mean 'metastases.liver'?"),
        (OPTION, r"liver\.lesion_count <= 3", 'liver.lesion_count <= "3"', "a number was expected"),
        (OPTION, r"disease\.status in \[", 'disease.status in ["dancing", ', "dancing"),
        (OPTION, r"liver\.largest_cm <= 3", "liver.largest_cm <= ", "fits|syntax|expression"),
        (OPTION, r"liver\.largest_cm <= 3", "__import__('os').system('true')", "line"),
        (OPTION, r"^fits: >-$", "fits: [1]\nother: >-", "fits|other"),
        (OPTION, r"^  - when: .*$", "  - when: therapy.history", "line"),
        (OPTION, r"^  - when: .*$", "  - when: labs.bilirubn > 2", "Did you mean 'labs.bilirubin'?"),
        (OPTION, r"^  - when: .*\n", "  - whenever: x\n", "'whenever'|'when'"),
        # references
        (OPTION, r"^limits_cite: .*$", "limits_cite: [no-such-paper]", "'no-such-paper' is not a reference"),
        (OPTION, r"^    cites: .*$", "    cites: [no-such-paper]", "'no-such-paper' is not a reference"),
        (OPTION, r"^    cites: .*$", "    cites: []", "at least one reference"),
        (OPTION, r"^    cites: .*\n", "", "'cites'"),
        (OPTION, r"^    strength: .*$", "    strength: strong", "strength"),
        (OPTION, r"^    about: .*$", "    about: everybody", "about"),
        (WHOLE, r"(?s)(## What it is\n.*?)\.", r"\1 [@no-such-paper].", "'no-such-paper' is not a reference"),
        (OPTION_REFERENCES, r"^  - id: .*$", "  - id: Not_An_Id", "lower-case words joined by hyphens"),
        (OPTION_REFERENCES, r"^    title: .*\n", "", "'title'"),
        (OPTION_REFERENCES, r"^    note: .*\n", "", "'note'"),
        (OPTION_REFERENCES, r"^    year: .*$", "    year: 1066", "year"),
        (OPTION_REFERENCES, r"^    basis: .*$", "    basis: heard", "'heard' is not a choice"),
        (OPTION_REFERENCES, r"^    kind: .*$", "    kind: rumor", "'rumor' is not a choice"),
        (OPTION_REFERENCES, r"^    locator: .*$", "    locator: {kind: nct, value: NCT123}", "'NCT123' is not an NCT number"),
        (OPTION_REFERENCES, r"^    locator: .*$", "    locator: {kind: url, value: 'http://example.org'}", "https"),
        (OPTION_REFERENCES, r"^    locator: .*$", "    locator: {kind: none, value: x}", "locator"),
        # the body
        (WHOLE, r"^## What it may do$", "## What it might do", "exactly these headings"),
        (WHOLE, r"^## What it may do$", "What it may do", "exactly these headings"),
        (WHOLE, r"^## What is not known$", "## What is not known\n\ntext\n\n## More", "exactly these headings"),
        (WHOLE, r"^## What it is$", "Hello.\n\n## What it is", "exactly these headings"),
        (WHOLE, r"(?s)(## What it is\n).*(\n## What it may do)", r"\1\2", "'What it is' is empty"),
        (
            WHOLE,
            r"(?s)(## What it is\n.*?)(\n## What it may do)",
            r"\1 One" + " and more" * 60 + r".\n\2",
            "'What it is' has",
        ),
        (WHOLE, r"(?s)(## What it is\n).*(\n## What it may do)", r"\1\nShort.\n\2", "'What it is' has"),
        (WHOLE, r"^body: whole$", "body: to_come", "to_come"),
        (OPTION, r"^---$", "----", "front matter"),
        # the vocabulary
        ("vocabulary/facts/labs.yaml", r"^    highest: .*\n", "", "'highest'"),
        ("vocabulary/facts/labs.yaml", r"^    unit: .*$", r"\g<0>\n    colour: red", "'colour'"),
        ("vocabulary/facts/labs.yaml", r"^  - id: labs\.creatinine$", "  - id: labs.bilirubin", "twice"),
        ("vocabulary/facts/labs.yaml", r"^  - id: labs\.bilirubin$", "  - id: blood.bilirubin", "labs."),
        ("vocabulary/facts/labs.yaml", r"^  - id: labs\.bilirubin$", "  - id: labs.Bilirubin", "lower-case"),
        ("vocabulary/facts/labs.yaml", r"^    kind: number$", "    kind: numbr", "Did you mean 'number'?"),
        ("vocabulary/facts/biomarker.yaml", r"^    cites: .*$", "    cites: [no-such-paper]", "'no-such-paper' is not a reference"),
        ("vocabulary/formulas.yaml", r"^  cites: .*$", "  cites: [no-such-paper]", "'no-such-paper' is not a reference"),
        ("vocabulary/formulas.yaml", r"^  divisor: .*\n", "", "'divisor'"),
        ("vocabulary/units.yaml", r"^  - \{unit: kg, also_written: \[", "  - {unit: kg, also_written: [pound, ", "another spelling"),
        ("vocabulary/procedures.yaml", r"^  - \{id: radiofrequency_ablation.*\n", "", "radiofrequency_ablation"),
        # pages
        ("pages/about.md", r"^title: .*\n", "", "'title'"),
        ("pages/about.md", r"^may_sign: .*$", "may_sign: [nobody]", "'nobody' is not a specialty"),
        ("pages/about.md", r"^cites: .*$", "cites: [no-such-paper]", "'no-such-paper' is not a reference"),
        ("pages/about.md", r"\Z", "\nMore [@no-such-paper].\n", "'no-such-paper' is not a reference"),
    ],
)
def test_check_names_each_fault(file: str, pattern: str, replacement: str, said: str, copied: Path, run: Any) -> None:
    """One fault in a copy of the content: exit status 2, and the message names the file and what is wrong."""
    change(copied, file, pattern, replacement)
    status, out, err = run("check", str(copied), "--as-of", LAST_REVIEWED.isoformat())
    assert status == 2
    message = out + err
    assert "Traceback" not in message
    line = next((line for line in message.splitlines() if re.search(said, line)), message)
    assert re.search(said, line)
    assert file in line or file.startswith(("vocabulary/formulas", "vocabulary/procedures"))


@pytest.mark.parametrize("file", [OPTION, "pages/about.md"])
@pytest.mark.parametrize(("days", "status"), [(-1, 0), (0, 0), (1, 2)])
def test_check_finds_a_review_that_is_due(file: str, days: int, status: int, copied: Path, run: Any) -> None:
    """On its day a review is not yet late; the day after it is."""
    today = LAST_REVIEWED + timedelta(7)
    change(copied, file, r"^next_review: .*$", f"next_review: {(today - timedelta(days)).isoformat()}")
    got, out, _ = run("check", str(copied), "--as-of", today.isoformat(), "--json")
    assert got == status
    assert [file in problem and "review was due" in problem for problem in json.loads(out)["problems"]] == [True] * (status == 2)


@pytest.mark.parametrize("file", [OPTION, "pages/about.md"])
def test_check_finds_a_review_in_the_future(file: str, copied: Path, run: Any) -> None:
    """Nobody has read a page tomorrow."""
    change(copied, file, r"^reviewed: .*$", f"reviewed: {(LAST_REVIEWED + timedelta(1)).isoformat()}")
    status, out, _ = run("check", str(copied), "--as-of", LAST_REVIEWED.isoformat(), "--json")
    assert status == 2
    (problem,) = json.loads(out)["problems"]
    assert file in problem


def test_check_finds_a_reference_that_stands_twice(copied: Path, run: Any) -> None:
    """In one file or in two, an id means one source."""
    path = copied / OPTION_REFERENCES
    text = path.read_text(encoding="utf-8")
    (copied / "references" / "zz_more.yaml").write_text(text, encoding="utf-8")
    status, out, err = run("check", str(copied))
    assert (status, out) == (2, "")
    assert "stands twice" in err
    assert "references/zz_more.yaml" in err


def test_check_finds_a_wrong_file_name(copied: Path, run: Any) -> None:
    """The file's name is the option's id."""
    (copied / OPTION).rename(copied / "options" / "rfa.md")
    status, out, err = run("check", str(copied))
    assert (status, out) == (2, "")
    assert "options/rfa.md" in err
    assert "must be the file's name, 'rfa'" in err


@pytest.mark.parametrize("missing", ["vocabulary", "options", "references", "vocabulary/drugs.yaml", "vocabulary/facts"])
def test_check_of_half_a_folder(missing: str, copied: Path, run: Any) -> None:
    """A folder without one of its parts does not load."""
    path = copied / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    status, out, err = run("check", str(copied))
    assert (status, out) == (2, "")
    assert err.startswith("wayline: ")


def test_an_option_whose_body_is_to_come_fails_the_check(copied: Path, run: Any) -> None:
    """It loads, but no comparison of treatments is a decision aid without it (IPDAS)."""
    change(copied, WHOLE, r"(?s)^body: whole\n---\n.*\Z", "body: to_come\n---\n")
    status, out, _ = run("check", str(copied), "--as-of", LAST_REVIEWED.isoformat(), "--json")
    assert status == 2
    assert any("'What it may do' is missing" in problem for problem in json.loads(out)["problems"])
