"""The server as a user starts it: cut connections, kills, stops and starts."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.running import free_port, running_server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]
SOURCE = str(Path(__file__).parents[2] / "src")
STEP = "/situation/step/blood-tests/"


class Visitor:
    """A visitor over plain HTTP, with cookies."""

    def __init__(self, base: str) -> None:
        self.host = base.removeprefix("http://")
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, address: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, text

    def form(self, **fields: str) -> str:
        """A form's body with the page's own token."""
        _, page = self.ask("GET", STEP)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        return urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields})

    def save(self, **fields: str) -> int:
        return self.ask("POST", STEP, self.form(**fields))[0]

    def told(self) -> str:
        return self.ask("GET", "/situation/")[1]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("server")) as address:
        yield address


FIELDS = {"labs.bilirubin": "0.7", "labs.albumin": "3.9", "labs.creatinine": "0.9", "labs.platelets": "265"}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("ending", ["half closed", "reset"])
def test_a_form_that_did_not_arrive_whole_changes_nothing(base: str, share: float, ending: str) -> None:
    """A connection cut in the middle of a form must not turn platelets of 265 into 2."""
    visitor = Visitor(base)
    assert visitor.save(**FIELDS) == 302
    body = visitor.form(**{"labs.bilirubin": "0.8", "labs.albumin": "4.0", "labs.creatinine": "1.1", "labs.platelets": "264"}).encode()
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = (
        f"POST {STEP} HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    host, port = visitor.host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as cut:
        cut.sendall(head.encode() + body[: int(len(body) * share)])
        if ending == "half closed":
            cut.shutdown(socket.SHUT_WR)
            answer = cut.recv(200)
            assert b" 302 " not in answer[:20]
    time.sleep(0.2)
    told = visitor.told()
    for value in ("0.7 mg/dL", "3.9 g/dL", "0.9 mg/dL", "265 x"):
        assert value in told


def test_two_tabs_at_once_lose_nothing(base: str) -> None:
    """Parallel posts of one visitor to different questions are all kept."""
    visitor = Visitor(base)
    visitor.save(**{"labs.inr": "1.0"})
    forms = [visitor.form(**{fact: value}) for fact, value in FIELDS.items()]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda body: Visitor.ask(visitor, "POST", STEP, body)[0], forms))
    assert statuses == [302] * 4
    told = visitor.told()
    for value in ("0.7 mg/dL", "3.9 g/dL", "0.9 mg/dL", "265 x"):
        assert value in told


def start(data: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A server that is stopped by the test itself."""
    with (data / "log").open("ab") as log:
        return subprocess.Popen(command(*arguments), env=environment_of(data), stdout=log, stderr=log)


def refused(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that ends by itself."""
    return subprocess.run(
        command(*arguments), env={**environment_of(data), **environment}, capture_output=True, text=True, timeout=60, check=False
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "wayline.cli", "serve", *arguments]


def environment_of(data: Path) -> dict[str, str]:
    return {**os.environ, "WAYLINE_DATA": str(data), "PYTHONPATH": SOURCE}


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """kill -9 right after the answer: the next start has it, whole."""
    visitor: Visitor | None = None
    for round_number in range(3):
        port = free_port()
        process = start(tmp_path, "--port", str(port))
        base = f"http://127.0.0.1:{port}"
        wait_until_ready(base)
        if visitor is None:
            visitor = Visitor(base)
        else:
            visitor.host = base.removeprefix("http://")
            assert f"{round_number - 1 + 3}.5 g/dL" in visitor.told()
        assert visitor.save(**{"labs.albumin": f"{round_number + 3}.5"}) == 302
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
        for pid in (process.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        process.wait(timeout=10)


def wait_until_ready(base: str) -> None:
    for _ in range(300):
        try:
            if Visitor(base).ask("GET", "/ready/")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the server did not get ready")


def test_two_first_starts_on_one_folder_both_serve(tmp_path: Path) -> None:
    """One makes the tables, the other waits."""
    ports = [free_port(), free_port()]
    processes = [start(tmp_path, "--port", str(port)) for port in ports]
    try:
        for port in ports:
            wait_until_ready(f"http://127.0.0.1:{port}")
    finally:
        for process in processes:
            process.terminate()
            assert process.wait(timeout=20) == 0


def test_the_data_is_for_its_owner_only(tmp_path: Path) -> None:
    """Database, log and key cannot be read by others."""
    with running_server(tmp_path) as base:
        Visitor(base).save(**{"labs.albumin": "3.9"})
        for path in tmp_path.glob("wayline.sqlite3*"):
            assert path.stat().st_mode & 0o077 == 0, path.name
        assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


BAD_STARTS = [
    (("--port", "0"), {}, "is not a port"),
    (("--port", "99999"), {}, "is not a port"),
    (("--host", "no-such-host.invalid"), {}, "--host"),
    ((), {"WAYLINE_WORKERS": "many"}, "WAYLINE_WORKERS"),
    ((), {"WAYLINE_DATA": "/proc/nothing"}, "WAYLINE_DATA"),
    ((), {"WAYLINE_CONTENT": "/nowhere"}, "WAYLINE_CONTENT"),
]


@pytest.mark.parametrize(("arguments", "environment", "words"), BAD_STARTS)
def test_a_start_that_cannot_work_says_why(tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], words: str) -> None:
    """Exit 2, one clear line, no traceback."""
    ended = refused(tmp_path, *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_told(tmp_path: Path, base: str) -> None:
    """With the way out."""
    ended = refused(tmp_path, "--port", base.rsplit(":", 1)[1])
    assert ended.returncode == 2
    assert "choose another with --port" in ended.stderr


@pytest.mark.parametrize("content", [b"this is no database", b"\x00" * 5000])
def test_a_damaged_database_is_told(tmp_path: Path, content: bytes) -> None:
    """And left as it is, for somebody to look at."""
    (tmp_path / "wayline.sqlite3").write_bytes(content)
    ended = refused(tmp_path, "--port", str(free_port()))
    assert ended.returncode == 2
    assert "cannot be used" in ended.stderr
    assert (tmp_path / "wayline.sqlite3").read_bytes() == content


def test_a_foreign_host_name_is_refused_and_not_logged(tmp_path: Path) -> None:
    """400, and the name stands in no log line."""
    with running_server(tmp_path) as base:
        connection = http.client.HTTPConnection(base.removeprefix("http://"))
        connection.request("GET", "/", headers={"Host": "bilirubin-777.example"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 400
    assert "bilirubin-777" not in (tmp_path / "server.log").read_text()
