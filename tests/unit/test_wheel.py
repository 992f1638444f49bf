"""The wheel holds code and content; the commands run from it in an empty folder, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.trials.fake_registry import study_record

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout without the network, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=CHECKOUT, check=True, capture_output=True
    )
    (wheel,) = folder.glob("wayline-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_what_is_needed(unpacked: Path) -> None:
    """Content, templates, static files, migrations and the licence."""
    for path in (
        "content/options/stent.md",
        "content/vocabulary/drugs.yaml",
        "content/trials/known_trials.yaml",
        "content/trials/reading/words.yaml",
        "web/templates/web/base.html",
        "web/static/web/wayline.css",
        "web/migrations/0001_vault.py",
        "content/records/loinc.yaml",
        "content/diary/questions.yaml",
        "brief/sheet.typ",
        "brief/templates/brief/sheet.html",
    ):
        assert (unpacked / "wayline" / path).is_file(), path
    assert list(unpacked.glob("wayline-*.dist-info/licenses/LICENSE"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["options", "CASE"],
        ["facts", "CASE"],
        ["flags", "CASE"],
        ["trials", "read", "FILE"],
        ["trials", "check", "FILE", "CASE"],
        ["trials", "check", "NCT03189719", "CASE"],
        ["trials", "match", "CASE"],
        ["trials", "search", "zolbetuximab"],
    ],
    ids=" ".join,
)
def test_commands_run_from_the_wheel_in_an_empty_folder(
    unpacked: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, arguments: list[str]
) -> None:
    """No checkout, no database, no data folder, no mirror; nothing is left behind."""
    trial = tmp_path_factory.mktemp("trial") / "trial.json"
    trial.write_text(json.dumps(study_record(1)))
    named = {"CASE": str(CHECKOUT / "tests" / "people" / "knows_little.yaml"), "FILE": str(trial)}
    words = [named.get(word, word) for word in arguments]
    environment = {"PYTHONPATH": str(unpacked), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "wayline.cli", *words, "--json"], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert json.loads(ran.stdout)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".pdf", ".html", ".txt", ".json"])
def test_the_sheet_is_written_from_the_wheel(unpacked: Path, tmp_path: Path, ending: str) -> None:
    """Its templates and codes are inside; the FHIR document is read back by the same wheel."""
    case = str(CHECKOUT / "tests" / "people" / "knows_little.yaml")
    environment = {"PYTHONPATH": str(unpacked), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "wayline.cli", *words], cwd=tmp_path, env=environment, capture_output=True, check=True)

    run("brief", case, "-o", f"sheet{ending}")
    written = [f"sheet{ending}"]
    assert (tmp_path / f"sheet{ending}").stat().st_size > 1000
    if ending == ".json":
        run("records", "read", "sheet.json", "-o", "again.yaml")
        written.append("again.yaml")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written)
