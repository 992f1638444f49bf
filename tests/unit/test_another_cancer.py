"""Another cancer is another content folder: no code changes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wayline.guide.folder import content_folder

CHECKOUT = Path(__file__).parents[2]


ORGAN = """
group: organ
title: The organ
facts:
  - id: organ.width_cm
    kind: number
    label: Width of the organ
    unit: cm
    other_units: []
    lowest: 0
    highest: 50
    whole_number: false
    upper_limit: false
    valid_for_days: 56
    may_change: true
    question: How wide is it?
    why: It matters here.
    where: On the scan report.
    cites: []
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for an invented cancer: its own primary, a fact, an option, a page and a home page of its own."""
    folder = Path(shutil.copytree(content_folder(), tmp_path_factory.mktemp("other") / "content"))
    replace(folder / "vocabulary/facts/diagnosis.yaml", "{value: esophagus,", "{value: invented_organ,")
    for path in (folder / "options").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'(diagnosis\.primary [!=]=) "esophagus"', r'\1 "invented_organ"', text), encoding="utf-8")
    for path in (folder / "records").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("{fact: diagnosis.primary, value: esophagus}", "{fact: diagnosis.primary, value: invented_organ}"),
            encoding="utf-8",
        )
    (folder / "vocabulary/facts/organ.yaml").write_text(ORGAN, encoding="utf-8")
    rule = "rules_out:\n  - when: organ.width_cm > 10\n    say: It is too wide.\n    cites: [esge-stent-2021]\n"
    replace(folder / "options/palliative_surgery.md", "rules_out:\n", rule)
    replace(folder / "site.yaml", "heading: You are not alone with this.", "heading: Another cancer.")
    return folder


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} does not hold '{old}'"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WAYLINE_CONTENT": str(folder), "PYTHONPATH": str(CHECKOUT / "src")}
    return subprocess.run([sys.executable, "-m", "wayline.cli", *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("width", "verdict"), [("9.9", "depends"), ("10", "depends"), ("10.1", "does_not_fit"), ("null", "depends")])
def test_a_fact_and_a_rule_of_its_own_decide(other: Path, tmp_path: Path, width: str, verdict: str) -> None:
    """Below, at and above the limit, and not known."""
    case = tmp_path / "case.yaml"
    case.write_text(
        f"as_of: 2026-11-20\nfacts: {{symptom.dysphagia: 4, function.ecog: 1, metastases.liver: true, organ.width_cm: {width}}}\n"
    )
    ran = run(other, "options", str(case), "--json")
    assert ran.stderr == ""
    verdicts = {option["id"]: option["verdict"] for option in json.loads(ran.stdout)["options"]}
    assert verdicts["palliative_surgery"] == verdict


def test_its_own_primary_is_always_known(other: Path, tmp_path: Path) -> None:
    """From the vocabulary, not from code."""
    case = tmp_path / "case.yaml"
    case.write_text("as_of: 2026-11-20\nfacts: {}\n")
    facts = {fact["id"]: fact["value"] for fact in json.loads(run(other, "facts", str(case), "--json").stdout)["facts"]}
    assert facts["diagnosis.primary"] == "invented_organ"


def test_a_situation_goes_out_as_a_record_and_comes_back(other: Path, tmp_path: Path) -> None:
    """The cancer in a FHIR document is the one that the vocabulary names."""
    case, record, back = tmp_path / "case.yaml", tmp_path / "out.json", tmp_path / "back.yaml"
    case.write_text("as_of: 2026-11-20\nfacts: {metastases.liver: true, diagnosis.date: 2026-10-28, organ.width_cm: 3}\n")
    wrote = run(other, "brief", str(case), "-o", str(record))
    assert (wrote.returncode, wrote.stderr) == (0, "")
    assert "invented_organ" in record.read_text(encoding="utf-8")
    ran = run(other, "records", "read", str(record), "-o", str(back))
    assert (ran.returncode, ran.stderr) == (0, "")
    for line in ("metastases.liver: true", "diagnosis.date: '2026-10-28'", "organ.width_cm: 3"):
        assert line in back.read_text(encoding="utf-8")


def test_it_passes_the_editor_s_check(other: Path) -> None:
    """The same gates for every cancer."""
    ran = run(other, "check", "--as-of", "2026-11-30")
    assert ran.returncode == 0, ran.stdout


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """Exit 2, and what was looked for."""
    ran = run(tmp_path / "nothing", "check")
    assert ran.returncode == 2
    assert "WAYLINE_CONTENT" in ran.stderr
