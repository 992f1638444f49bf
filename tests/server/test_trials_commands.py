"""`wayline trials sync` as an operator starts it: a registry on localhost, a real process, and what the other commands then say."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import free_port
from tests.trials.fake_registry import FakeRegistry, Fault, study_record

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]
SOURCE = str(Path(__file__).parents[2] / "src")
PERSON = Path(__file__).parents[1] / "people" / "junction_untreated.yaml"


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """Three studies on one page: the real pauses between requests are waited for."""
    with FakeRegistry([study_record(number) for number in (1, 2, 3)], page_size=1000) as fake:
        yield fake


def started(data: Path, url: str, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "WAYLINE_DATA": str(data), "WAYLINE_REGISTRY_URL": url, "PYTHONPATH": SOURCE}
    command = [sys.executable, "-m", "wayline.cli", "trials", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(data: Path, url: str, *arguments: str) -> tuple[int, Any, str]:
    process = started(data, url, *arguments, "--json")
    out, err = process.communicate(timeout=60)
    return process.returncode, json.loads(out) if out else None, err.decode()


def test_a_sync_fills_the_mirror_and_the_next_one_is_up_to_date(registry: FakeRegistry, tmp_path: Path) -> None:
    """JSON on standard output, progress on standard error; then the mirror is searched and matched."""
    status, answer, err = ended(tmp_path / "data", registry.url, "sync")
    assert status == 0
    assert (answer["kind"], answer["data_timestamp"], answer["resumed"]) == ("full", "2026-11-20T09:00:05", False)
    assert answer["load"] == {"new": 3, "changed": 0, "unchanged": 0, "older": 0, "left": 0, "bad": 0}
    assert answer["mirror"]["trials"] == 3
    assert "3 of 3 trials have arrived" in err
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    again = ended(tmp_path / "data", registry.url, "sync")[1]
    assert (again["kind"], again["load"]) == ("up to date", None)
    assert ended(tmp_path / "data", registry.url, "sync", "--full")[1]["load"]["unchanged"] == 3
    assert len(ended(tmp_path / "data", "", "match", str(PERSON))[1]["trials"]) == 3
    assert ended(tmp_path / "data", "", "search", "inventumab")[1]["total"] == 3


def test_one_bad_record_is_told_and_the_others_come(registry: FakeRegistry, tmp_path: Path) -> None:
    registry.studies[1]["protocolSection"]["eligibilityModule"]["sex"] = 7
    status, answer, err = ended(tmp_path, registry.url, "sync")
    assert (status, answer["load"]["new"], answer["load"]["bad"]) == (2, 2, 1)
    assert "NCT00000002: 'sex' must be a text" in err


@pytest.mark.parametrize(
    ("url", "said"),
    [("registry", "is not the address of a registry"), ("ftp://registry.example/api", "is not the address of a registry")],
)
def test_an_address_that_cannot_be_one_is_refused(tmp_path: Path, url: str, said: str) -> None:
    status, answer, err = ended(tmp_path, url, "sync")
    assert (status, answer) == (2, None)
    assert said in err
    assert "Traceback" not in err


def test_a_registry_that_refuses_leaves_the_mirror_as_it_was(registry: FakeRegistry, tmp_path: Path) -> None:
    ended(tmp_path, registry.url, "sync")
    registry.faults = [Fault(404, "nothing here")]
    status, answer, err = ended(tmp_path, registry.url, "sync", "--full")
    assert (status, answer) == (2, None)
    assert "error 404" in err
    assert len(ended(tmp_path, "", "match", str(PERSON))[1]["trials"]) == 3


def test_ctrl_c_keeps_what_has_arrived_and_the_next_sync_goes_on(registry: FakeRegistry, tmp_path: Path) -> None:
    """One clear line, exit 2, and no page is asked for twice."""
    registry.page_size, registry.holds_page = 2, 2
    process = started(tmp_path, registry.url, "sync")
    assert registry.is_holding.wait(30)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "what has arrived is kept" in err.decode()
    assert "Traceback" not in err.decode()
    registry.go_on.set()
    registry.holds_page = None
    answer = ended(tmp_path, registry.url, "sync")[1]
    assert (answer["resumed"], answer["load"]["new"]) == (True, 3)


def test_two_syncs_at_once_are_one(registry: FakeRegistry, tmp_path: Path) -> None:
    """The second says so at once and changes nothing."""
    registry.holds_page = 1
    first = started(tmp_path, registry.url, "sync")
    try:
        assert registry.is_holding.wait(30)
        status, answer, err = ended(tmp_path, registry.url, "sync")
        assert (status, answer) == (2, None)
        assert "another sync is under way" in err
    finally:
        registry.go_on.set()
        first.communicate(timeout=30)
    assert first.returncode == 0


def test_other_commands_ask_no_registry(tmp_path: Path) -> None:
    """They answer where the registry's address leads nowhere."""
    nowhere = f"http://127.0.0.1:{free_port()}/api/v2"
    assert ended(tmp_path, nowhere, "match", str(PERSON))[0] == 0
    assert ended(tmp_path, nowhere, "search", "esophagus")[0] == 0
    assert ended(tmp_path, nowhere, "check", "NCT03189719", str(PERSON))[0] == 0
