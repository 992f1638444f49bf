"""The wheel holds code and content; the commands run from it in an empty folder, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
        "web/templates/web/base.html",
        "web/static/web/wayline.css",
        "web/migrations/0001_vault.py",
    ):
        assert (unpacked / "wayline" / path).is_file(), path
    assert list(unpacked.glob("wayline-*.dist-info/licenses/LICENSE"))


@pytest.mark.parametrize("command", ["options", "facts"])
def test_commands_run_from_the_wheel_in_an_empty_folder(unpacked: Path, tmp_path: Path, command: str) -> None:
    """No checkout, no database, no data folder; nothing is left behind."""
    case = CHECKOUT / "tests" / "people" / "knows_little.yaml"
    environment = {"PYTHONPATH": str(unpacked), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "wayline.cli", command, str(case), "--json"], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert json.loads(ran.stdout)
    assert list(tmp_path.iterdir()) == []
