"""A stolen database reveals no fact: everything is typed on a real server, and its raw files are searched for each value."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
import signal
import subprocess
import urllib.parse
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from tests.running import free_port, running_server
from tests.server.test_real_server import Visitor, start, wait_until_ready
from tests.stolen import SHORTEST, traces
from wayline.web.key_codes import key_of, new_code

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]

VALUES = ["squamous", "Müller & <Söhne>", "17.835", "2026-11-28", "soup went down"]
HIDING = [
    ("plain", lambda text: text.encode()),
    ("other case", lambda text: text.upper().encode()),
    ("utf-16", lambda text: text.encode("utf-16-le")),
    ("utf-16 be", lambda text: b"\x07" + text.encode("utf-16-be")),
    ("json", lambda text: json.dumps({"said": text}).encode()),
    ("hex", lambda text: text.encode().hex().encode()),
    ("base64", lambda text: base64.b64encode(f'{{"a":"{text}","b":1}}'.encode())),
    ("base64 url", lambda text: base64.urlsafe_b64encode(f'xx{{"a":"{text}","b":1}}'.encode())),
    ("url", lambda text: urllib.parse.quote_plus(text).encode()),
    ("zlib", lambda text: zlib.compress(text.encode() * 3)),
    ("gzip", lambda text: gzip.compress(text.encode())),
    ("zlib of json", lambda text: zlib.compress(json.dumps([text]).encode(), 9)),
]


@pytest.mark.parametrize(("name", "hide"), HIDING)
@pytest.mark.parametrize("value", VALUES)
def test_the_search_finds_what_is_hidden(value: str, name: str, hide: object) -> None:
    """Or its silence about the database would say nothing."""
    hidden = os.urandom(5000) + hide(value) + os.urandom(5000)  # type: ignore[operator]
    assert traces(hidden, [value]), name
    assert traces(os.urandom(10_000) + b"squam" + os.urandom(10), VALUES) == []


TYPED = {
    "/situation/step/about-you/": {"person.age": "61.375"},
    "/situation/more/person/": {"person.country": "Ruritania", "person.postal_code": "90210-4242", "person.birth_date": "1965-03-17"},
    "/situation/step/kind-of-cancer/": {"diagnosis.histology": "adenocarcinoma"},
    "/situation/step/blood-tests/": {"labs.bilirubin": "0.7135", "labs.bilirubin:date": "2026-10-19", "labs.albumin": "quite many of them"},
    "/situation/step/treatment-so-far/": {"therapy.history": "some", "therapy.history:drugs-0": "pembrolizumab, capecitabine"},
    "/liver/tumors/": {"do": "save", "segment": "6", "size": "3.4567", "unit": "cm", "near": "heart"},
    "/trials/NCT03189719/": {"do": "set-aside"},
}
# What other pages put into their parts: brought in through the page that restores an export.
RESTORED = {
    "diary": [{"date": "2026-11-28", "facts": {"nutrition.weight_kg": {"value": 71.8253}}, "note": "soup went down, tea came up"}],
    "questions": {"kept": [{"key": 1, "id": None, "words": "May I fly to see my sister in Zenda?"}]},
    "waiting": [{"kind": "report", "text": "IMPRESSION: hypodense lesions, unchanged", "source": "Hentzau Hospital"}],
    "sheet": {"goals": "walk to the lighthouse"},
}
TYPED_LATER = {
    "/diary/day/": {
        "do": "save",
        "nutrition.weight_kg": "68.4375",
        "nutrition.weight_kg:unit": "kg",
        "nutrition.weight_kg:sure": "yes",
        "note": "woke at dawn and heard the bells",
    },
    "/visit/questions/": {"own": "Will the harbour town have this medicine too?"},
    "/paste/": {"do": "read", "text": "Bilirubin 7.7431 mg/dL, seen by Doctor Sapt of Tarlenheim"},
}
RECORD = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1951-07-23", "name": [{"family": "Rassendyll"}]}},
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "subject": {"reference": "Patient/p"},
                "effectiveDateTime": "2026-10-05",
                "code": {"coding": [{"system": "http://loinc.org", "code": "1975-2"}]},
                "valueQuantity": {"value": 0.6421, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
            }
        },
    ],
}
KEY_LINES = re.compile(r'name="key" value="([0-9a-f]{64})"[^>]*><button[^>]*>Take this key back<span class="hidden">: ([^<]*)<')
WORDS = re.compile(r"[^\s\",:{}\[\]]{5,}")


def test_a_stolen_database_reveals_no_fact(tmp_path: Path) -> None:
    """Every place where something is typed; names, codes and keys; before and after a key is taken back."""
    visitor = CarefulVisitor("")
    secrets: list[bytes | str] = []
    with running_server(tmp_path) as base:
        visitor.host = base.removeprefix("http://")
        for address, answers in TYPED.items():
            assert visitor.ask("POST", address, visitor.form(**answers))[0] in (200, 302, 422), address
        export = json.loads(visitor.ask("POST", "/keys/save/", visitor.form(do="everything"))[1])
        for needle in ("61.375", "Ruritania", "90210-4242", "1965-03-17", "quite many of them", "3.4567", "NCT03189719", "capecitabine"):
            assert needle in json.dumps(export), needle
        assert "It is all back" in visitor.send_file("/keys/restore/", json.dumps(export | RESTORED).encode(), replace="yes")
        for address, answers in TYPED_LATER.items():
            assert visitor.ask("POST", address, visitor.form(**answers))[0] in (200, 302), address
        refused = visitor.send_file("/records/", json.dumps(RECORD).encode(), field="record")
        assert not refused, refused
        everything = visitor.ask("POST", "/keys/save/", visitor.form(do="everything"))[1]
        for needle in ("68.4375", "woke at dawn", "harbour town", "1951-07-23", "0.6421", "lighthouse"):
            assert needle in everything, needle
        for never in ("Rassendyll", "Tarlenheim", "7.7431"):
            assert never not in everything, never
        code = code_on(visitor.press("/keys/code/"))
        annas = code_on(visitor.press("/keys/share/", name="Antoinette of Strelsau", topic="diary", days="30"))
        other, caregiver = CarefulVisitor(base), CarefulVisitor(base)
        assert other.ask("POST", "/keys/open/", other.form(code=code))[0] == 302
        assert caregiver.ask("POST", "/keys/open/", caregiver.form(code=annas))[0] == 302
        assert "soup went down" in caregiver.ask("GET", "/keys/shared/")[1]
        wrong = new_code()
        assert caregiver.ask("POST", "/keys/open/", caregiver.form(code=wrong))[0] == 422
        typed = {value for answers in (*TYPED.values(), *TYPED_LATER.values()) for value in answers.values() if len(value) >= SHORTEST}
        inner = {word for leaf in leaves([RESTORED, RECORD, TYPED_LATER]) for word in WORDS.findall(leaf)}
        keys = [one.cookies[name] for one in (visitor, other, caregiver) for name in one.cookies if name.startswith("wayline_")]
        raw_keys = [base64.urlsafe_b64decode(key + "=") for key in keys] + [key_of(code), key_of(annas)]
        codes = [text for one in (code, annas, wrong) for text in (one, one.replace("-", ""), one[:9])]
        secrets = [*typed, *inner, *export["case"]["facts"], "Antoinette of Strelsau", "Antoinette", *keys, *raw_keys, *codes]
        assert len(secrets) > 50
        assert nothing_in(tmp_path, secrets, "while the server runs")
        assert_shared_stays_whole(visitor, base)
        removed = next(key for key, who in KEY_LINES.findall(visitor.ask("GET", "/keys/")[1]) if who.startswith("Antoinette"))
        assert visitor.ask("POST", "/keys/remove/", visitor.form(key=removed, do="remove"))[0] == 302
        assert "Nothing is shared" in caregiver.ask("GET", "/keys/shared/")[1]
        assert "Ruritania" in other.told()
        assert nothing_in(tmp_path, secrets, "after a key was taken back")
    assert nothing_in(tmp_path, secrets, "after the server stopped")


def leaves(value: object) -> list[str]:
    """What was told, without the names of its fields."""
    if isinstance(value, dict | list):
        return [leaf for one in (value.values() if isinstance(value, dict) else value) for leaf in leaves(one)]
    return [str(value)]


def assert_shared_stays_whole(visitor: CarefulVisitor, base: str) -> None:
    """Somebody reads along while the owner saves in two windows and takes other keys back: never half of it, and nothing is lost."""
    reader = CarefulVisitor(base)
    code = code_on(visitor.press("/keys/share/", name="Benedict of Strelsau", topic="situation", days=""))
    assert reader.ask("POST", "/keys/open/", reader.form(code=code))[0] == 302
    forms = [visitor.form(**{"labs.creatinine": f"0.{number}", "go": "options"}) for number in range(4, 10)]
    forms += [visitor.form(**{"labs.platelets": f"26{number}", "go": "options"}) for number in range(6)]
    for number in range(3):
        code_on(visitor.press("/keys/share/", name=f"Number {number}", topic="diary", days="30"))
    others = [key for key, who in KEY_LINES.findall(visitor.ask("GET", "/keys/")[1]) if who.startswith("Number")]
    assert len(others) == 3
    removals = [visitor.form(key=key, do="remove") for key in others]
    with ThreadPoolExecutor(4) as pool:
        saves = [pool.submit(visitor.ask, "POST", "/situation/step/blood-tests/", body) for body in forms]
        pages = [pool.submit(reader.ask, "GET", "/keys/shared/") for _ in range(12)]
        removed = [pool.submit(visitor.ask, "POST", "/keys/remove/", body) for body in removals]
        assert [one.result()[0] for one in (*saves, *removed)] == [302] * (len(saves) + len(removed))
        for page in pages:
            status, text = page.result()
            assert (status, "Ruritania" in text, "cannot be opened" in text) == (200, True, False)
    told = visitor.told()
    assert re.search(r"0\.[4-9] mg/dL", told)
    assert re.search(r"26[0-5] x", told)
    assert "Number" not in visitor.ask("GET", "/keys/")[1]


def nothing_in(data: Path, secrets: list[bytes | str], when: str) -> bool:
    """Each file of the data folder, the write-ahead log included, copied as it lies there."""
    files = [path for path in data.rglob("*") if path.is_file() and not path.name.startswith("trials")]
    assert any(path.name == "wayline.sqlite3" for path in files)
    for path in files:
        assert traces(path.read_bytes(), secrets) == [], f"{path.name} {when}"
    return True


def test_taking_a_key_back_is_whole_however_the_server_dies(tmp_path: Path) -> None:
    """kill -9 while parts are sealed anew: either the key opens as before, or it opens nothing; the owner reads everything."""
    visitor, caregiver = CarefulVisitor(""), CarefulVisitor("")
    for round_number, delay in enumerate((0.01, 0)):
        port = free_port()
        process = start(tmp_path, "--port", str(port))
        wait_until_ready(f"http://127.0.0.1:{port}")
        visitor.host = caregiver.host = f"127.0.0.1:{port}"
        if round_number == 0:
            assert visitor.save(**{"labs.albumin": "3.9"}) == 302
        else:
            assert "3.9 g/dL" in visitor.told()
            page = visitor.ask("GET", "/keys/")[1]
            assert ("Anna" in page) is ("3.9 g/dL" in caregiver.ask("GET", "/keys/shared/")[1])
        if delay == 0:
            process.terminate()
            assert process.wait(timeout=20) == 0
            return
        annas = code_on(visitor.press("/keys/share/", name="Anna", topic="situation", days="30"))
        assert caregiver.ask("POST", "/keys/open/", caregiver.form(code=annas))[0] == 302
        assert "3.9 g/dL" in caregiver.ask("GET", "/keys/shared/")[1]
        key = re.search(r'name="key" value="([0-9a-f]{64})"[^>]*><button[^>]*>Take this key back', visitor.ask("GET", "/keys/")[1])
        assert key is not None
        thread = Thread(target=quietly, args=(visitor, "/keys/remove/", visitor.form(key=key[1], do="remove")))
        thread.start()
        thread.join(delay)
        children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
        for pid in (process.pid, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        process.wait(timeout=10)
        thread.join()


def quietly(visitor: Visitor, address: str, body: str) -> None:
    """Send a form to a server that may die before it answers."""
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    connection = http.client.HTTPConnection(visitor.host, timeout=2)
    try:
        connection.request("POST", address, body, {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


class CarefulVisitor(Visitor):
    """A visitor who also presses buttons of pages, and sends files."""

    def __init__(self, base: str) -> None:
        super().__init__(base)

    def ask(self, method: str, address: str, body: str | None = None) -> tuple[int, str]:
        answer = super().ask(method, address, body)
        self.cookies = {name: value for name, value in self.cookies.items() if value not in ("", '""')}
        return answer

    def press(self, address: str, **fields: str) -> str:
        """Open a page, and send its form with the mark that it carries."""
        was = re.search(r'name="was" value="([^"]*)"', self.ask("GET", address)[1])
        assert was is not None
        return self.ask("POST", address, self.form(was=was[1], **fields))[1]

    def send_file(self, address: str, raw: bytes, field: str = "file", **fields: str) -> str:
        boundary = "part-of-a-form"
        token = urllib.parse.parse_qs(self.form())["csrfmiddlewaretoken"][0]
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {"csrfmiddlewaretoken": token, **fields}.items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="e.json"\r\nContent-Type: application/json\r\n\r\n'
        )
        body = "".join(lines).encode() + head.encode() + raw + f"\r\n--{boundary}--\r\n".encode()
        connection = http.client.HTTPConnection(self.host, timeout=20)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request("POST", address, body, {"Cookie": cookies, "Content-Type": f"multipart/form-data; boundary={boundary}"})
        text = connection.getresponse().read().decode()
        connection.close()
        return text


def code_on(page: str) -> str:
    groups = re.findall(r"<span>([0-9A-Z]{4})</span>", page)
    assert len(groups) == 8, page
    return "-".join(groups)
