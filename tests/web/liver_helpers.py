"""What the tests of the liver's pages share: addresses, ways of telling, and forms as a browser would send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.test import Client

from tests.web.test_form import facts_of
from tests.web.test_pages import text_of
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.web.asking import situation_from
from wayline.web.vault import Contents, Vault

TODAY = date.today()  # noqa: DTZ011

LIVER, TUMORS, LIST, REPORT, SCANS = "/liver/", "/liver/tumors/", "/liver/list/", "/liver/report/", "/liver/scans/"
TESTS, ADD_TESTS, OPEN, ANEW = "/liver/blood-tests/", "/liver/blood-tests/add/", "/liver/stays-open/", "/liver/start-anew/"
PAGES = (LIVER, TUMORS, LIST, REPORT, SCANS, TESTS, ADD_TESTS, OPEN)
SHOWING = (LIVER, TUMORS, LIST, SCANS, TESTS, OPEN)  # the pages that show what was told
WRITING = (TUMORS, LIST, REPORT, SCANS, ADD_TESTS, ANEW)
LISTED = f"{TUMORS}#listed"
LESIONS, EARLIER, RESULTS, COUNT = "liver.lesions", "liver.earlier_scans", "labs.earlier_results", "liver.lesion_count"
SIDES = "liver.distribution"
# A list as a case file may write it, in its shortest form.
PLAIN = [{"segment": "6", "diameter_cm": 3.4, "near": ["heart"]}, {"segment": 8, "diameter_cm": {"below": 1}, "name": "B"}]
NO_TUMOR = "The scan shows no tumor in the liver, as you told"

CT = """CT ABDOMEN WITH CONTRAST
LUNGS: 6 mm nodule in the right lower lobe.
LIVER: Three hypodense lesions suspicious for metastases. The largest in segment VI measures 3.4 x 2.1 cm, abutting the right hepatic vein.
A second lesion in segment 8 measures 18 mm (previously 24 mm). Simple cyst in segment 3, 1.2 cm.
IMPRESSION: Bilobar hepatic metastases."""


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def day_of(told: int | str) -> str:
    """A day of a table: so many days ago, or as it is typed."""
    return ago(told) if isinstance(told, int) else told


# --- What the vault holds ---------------------------------------------------------------------------------------------


def put(client: Client, facts: dict[str, Any], drafts: dict[str, Any] | None = None) -> None:
    """Into the visitor's vault by hand, as an older version or another way of telling may have left it."""
    vault = Vault(None, TODAY)
    vault.write(Contents(facts, drafts or {}))
    client.cookies[settings.VAULT_COOKIE] = vault.cookie


def situation_of(client: Client) -> Situation:
    return situation_from(facts_of(client), library().vocabulary, TODAY)


def lesions_of(client: Client) -> list[dict[str, Any]]:
    stored = facts_of(client).get(LESIONS, [])
    items: list[dict[str, Any]] = stored if isinstance(stored, list) else stored["items"]
    return items


def named(client: Client, name: str) -> dict[str, Any]:
    return next(one for one in lesions_of(client) if one["name"] == name)


def cm(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "cm"}


def mm(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "mm"}


def item(name: str, segment: str = "6", size: float | None = None) -> dict[str, Any]:
    return {"segment": segment, "name": name} | ({} if size is None else {"diameter_cm": cm(size)})


def listed(*items: dict[str, Any], complete: bool = True, days_ago: int = 10) -> dict[str, Any]:
    return {"items": list(items), "complete": complete, "date": ago(days_ago)}


def scan(days_ago: int, *items: dict[str, Any], complete: bool = True) -> dict[str, Any]:
    return {"date": ago(days_ago), "lesions": list(items), "complete": complete}


def row(lab: str, days_ago: int, value: Any, **more: Any) -> dict[str, Any]:
    return {"lab": f"labs.{lab}", "date": ago(days_ago), "value": value} | more


# --- Pages as they are read and sent ----------------------------------------------------------------------------------


class _FormReader(HTMLParser):
    """Every form of a page with what a browser would send of it untouched, its buttons apart."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, Any], list[str]]] = []
        self._select: tuple[str, list[str], list[str]] | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append(({}, []))
        if not self.forms or "disabled" in told:
            return
        fields, buttons = self.forms[-1]
        name, kind = told.get("name", ""), told.get("type", "text")
        if tag == "button":
            buttons.append(told.get("value", ""))
        elif tag == "select":
            self._select = (name, [], [])
        elif tag == "option" and self._select is not None:
            self._select[2 if "selected" in told else 1].append(told["value"])
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif tag == "input" and name != "csrfmiddlewaretoken":
            if kind == "checkbox":
                fields.setdefault(name, [])
            if kind == "radio":
                fields.setdefault(name, "")
            if kind == "checkbox" and "checked" in told:
                fields[name] = [*fields[name], told.get("value", "on")]
            elif kind not in ("checkbox", "radio") or "checked" in told:
                fields[name] = told.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.forms[-1][0][self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            name, others, chosen = self._select
            self.forms[-1][0][name] = [*chosen, *others][0]
            self._select = None
        if tag == "textarea":
            self._textarea = None


def forms_in(response: Any) -> list[tuple[dict[str, Any], list[str]]]:
    reader = _FormReader()
    reader.feed(response.content.decode())
    return reader.forms


def form_of(response: Any, do: str = "", having: str = "") -> dict[str, Any]:
    """What a form would send if nothing was touched: the first one with that button, or that field.

    A group of which nothing is chosen is there, empty, so that a test can see that it was asked.
    """
    for fields, buttons in forms_in(response):
        if (having in fields) if having else (do in buttons):
            return fields | ({"do": do} if do else {})
    raise AssertionError(f"no form has {having or do!r}")


def errors_in(response: Any) -> str:
    """The words of the list of errors, which moves to the top and is read out."""
    found = re.search(r'<div class="notice" role="alert".*?</div>', response.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found[0]).replace("&#x27;", "'") if found else ""


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return text_of(response)


# --- Telling ----------------------------------------------------------------------------------------------------------


def add(client: Client, segment: str = "6", size: str = "", unit: str = "", **more: Any) -> Any:
    return client.post(TUMORS, {"segment": segment, "size": size, "unit": unit, "do": "save"} | more)


def edit(client: Client, name: str) -> dict[str, Any]:
    """The form that changes a tumor, as the page offers it."""
    return form_of(client.post(TUMORS, {"do": "edit", "name": name}), "save")


def remove(client: Client, name: str) -> Any:
    return client.post(TUMORS, {"do": "remove", "name": name})


def about(client: Client, whole: str, day: str = "") -> Any:
    return client.post(TUMORS, {"do": "scan", "whole": whole, "date": day})


def tell_scan(client: Client, day: str, *sizes: str, others: str = "no", **more: str) -> Any:
    """`2.4 cm`, `no` for not seen, or nothing, for the tumors A, B, C ..."""
    sent = {"date": day, "others": others, "do": "save"}
    for name, told in zip("ABCDEFGH", sizes, strict=False):
        size, _, unit = told.partition(" ")
        sent |= {f"seen:{name}": "no"} if told == "no" else {f"size:{name}": size, f"unit:{name}": unit}
    return client.post(SCANS, sent | more)


def results(client: Client, day: str, **tests: str) -> Any:
    """`alt="84 U/L 7-45"`: value, unit, the lab's own range."""
    sent = {"date": day}
    for lab, told in tests.items():
        value, unit, limits = [*told.split(" "), "", ""][:3]
        low, _, high = limits.partition("-")
        sent |= {f"labs.{lab}:value": value, f"labs.{lab}:unit": unit, f"labs.{lab}:low": low, f"labs.{lab}:high": high}
    return client.post(ADD_TESTS, sent)


def paste(client: Client, text: str) -> Any:
    return client.post(REPORT, {"text": text, "do": "read"})


def confirm(client: Client, text: str, sent: Mapping[str, Any]) -> Any:
    """Paste a report and confirm what it says, marked so."""
    return client.post(REPORT, form_of(paste(client, text), "take") | dict(sent))


def tell_two(client: Client) -> Client:
    """Tumors A and B on a scan of ten days ago, the list whole."""
    put(client, {LESIONS: listed(item("A", "6", 3.4) | {"near": ["heart"]}, item("B", "8", 1.8))})
    return client
