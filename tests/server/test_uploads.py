"""Records sent to the server as a user starts it: whole, cut off, too large; and nothing of them on the disk."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import running_server
from wayline.web.uploads import LARGEST_BODY_BYTES

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]
RECORDS, CONFIRM = "/records/", "/records/confirm/"
SECRET = "quittenbaumgelb"


class Sender:
    """A visitor's browser, as far as a form with a file needs one."""

    def __init__(self, base: str) -> None:
        self.host = base.removeprefix("http://")
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, address: str, body: bytes | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        headers = {"Cookie": self.cookie}
        if body is not None:
            headers["Content-Type"] = "multipart/form-data; boundary=edge"
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

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def form(self, data: bytes) -> bytes:
        _, page = self.ask("GET", RECORDS)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        parts = [
            b'--edge\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + token[1].encode(),
            b'--edge\r\nContent-Disposition: form-data; name="record"; filename="r.json"\r\nContent-Type: application/json\r\n\r\n' + data,
            b"--edge--\r\n",
        ]
        return b"\r\n".join(parts)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        (folder / "temporary").mkdir()
        patch.setenv("TMPDIR", str(folder / "temporary"))
        with running_server(folder) as address:
            yield address


def bundle(padding: int = 0) -> bytes:
    patient = {"resourceType": "Patient", "id": "a", "gender": "male", "birthDate": "1961-04-02"}
    note = {"resourceType": "Basic", "id": "b", "code": {"text": SECRET}, "text": {"status": "generated", "div": "x" * padding}}
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}, {"resource": note}]}).encode()


def test_a_large_record_is_read_and_lies_nowhere_on_the_disk(base: str, folder: Path) -> None:
    """Larger than any other form may be; what was understood waits, and its text is readable in no file."""
    sender = Sender(base)
    assert sender.ask("POST", RECORDS, sender.form(bundle(2_000_000)))[0] == 302
    assert "April 2, 1961" in sender.ask("GET", CONFIRM)[1]
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.startswith("wayline.sqlite3") for path in written)
    for path in written:
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        assert b"1961-04-02" not in content, path
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("ending", ["half closed", "reset"])
def test_a_record_that_did_not_arrive_whole_changes_nothing(base: str, ending: str) -> None:
    """A connection that is cut in the middle of the file."""
    sender = Sender(base)
    body = sender.form(bundle(300_000))
    head = (
        f"POST {RECORDS} HTTP/1.1\r\nHost: {sender.host}\r\nCookie: {sender.cookie}\r\n"
        f"Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    host, port = sender.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as cut:
        cut.sendall(head.encode() + body[: len(body) // 2])
        if ending == "half closed":
            cut.shutdown(socket.SHUT_WR)
            assert b" 302 " not in cut.recv(200)[:20]
    time.sleep(0.2)
    assert "Nothing is waiting" in sender.ask("GET", CONFIRM)[1]
    assert sender.ask("POST", RECORDS, sender.form(bundle()))[0] == 302


def test_a_record_that_is_too_large_gets_an_answer(base: str) -> None:
    """The browser may finish sending before it is told, so that the words are seen."""
    sender = Sender(base)
    status, text = sender.ask("POST", RECORDS, sender.form(b" " * LARGEST_BODY_BYTES))
    assert status == 413
    assert "too large" in text
    assert "Nothing is waiting" in sender.ask("GET", CONFIRM)[1]
