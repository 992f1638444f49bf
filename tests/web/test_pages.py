"""The pages: what they show, what they never show, and what leaves no trace."""

from __future__ import annotations

import gzip
import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from wayline.library import library
from wayline.options.catalog import KINDS
from wayline.web.views import choices

pytestmark = pytest.mark.django_db

TELLING = {
    "about-you": {"person.age": "61"},
    "kind-of-cancer": {"diagnosis.histology": "adenocarcinoma"},
    "where-it-spread": {"metastases.liver": "yes"},
    "tumor-tests": {"biomarker.pdl1_cps": "8"},
    "treatment-so-far": {"therapy.history": "none"},
    "daily-life": {"function.ecog": "1"},
    "swallowing": {"symptom.dysphagia": "2"},
}


@pytest.fixture
def told(client: Client) -> Client:
    """A visitor who has told a little."""
    for step, answers in TELLING.items():
        client.post(f"/situation/step/{step}/", answers)
    return client


def text_of(response: Any) -> str:
    """The page as a person reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def test_options_are_grouped_by_verdict_with_reasons_and_what_to_ask_first(told: Client) -> None:
    """Three groups, each option once, ask-first with how much it would settle."""
    page = told.get("/options/")
    words = text_of(page)
    for heading in ("Worth asking about (", "Depends (", "Usually not used here, and why ("):
        assert heading in words
    for option in library().catalog.values():
        assert page.content.decode().count(f'<a href="/options/{option.id}/">') == 1, option.id
    assert "to ask for first" in words
    assert re.search(r"would settle \d+ option", words)
    assert "HER2" in words
    assert 'href="/situation/step/tumor-tests/#biomarker-her2"' in page.content.decode()


def test_without_facts_the_options_are_a_plain_list_by_kind(client: Client) -> None:
    """Nothing told, nothing judged."""
    words = text_of(client.get("/options/"))
    for kind in KINDS.values():
        assert kind in words
    assert "Worth asking about (" not in words


@pytest.mark.parametrize("option_id", list(library().catalog))
def test_every_option_page_names_its_sources_and_dates(client: Client, option_id: str) -> None:
    """Review dates, signature, evidence, questions and every cited source stand on the page."""
    option = library().catalog[option_id]
    page = client.get(f"/options/{option_id}/")
    html = page.content.decode()
    words = text_of(page)
    assert page.status_code == 200
    assert "Next review by" in words
    assert "not yet signed by a clinician" in words
    for number, _ in enumerate(option.cited, 1):
        assert f'id="source-{number}"' in html
    for mark in re.findall(r'href="#source-(\d+)"', html):
        assert int(mark) <= len(option.cited)
    assert "[@" not in html


def test_an_option_page_says_what_it_means_for_what_was_told(told: Client) -> None:
    """The verdict in words, and the missing fact with a link to tell it."""
    words = text_of(told.get("/options/zolbetuximab_with_chemotherapy/"))
    assert "For what you told us: depends" in words
    assert "Claudin 18.2" in words


def test_a_page_past_its_review_date_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The banner appears the day after the next review was due."""
    option = library().catalog["stent"]
    monkeypatch.setattr(choices, "today", lambda: option.next_review)
    assert "was due for review" not in text_of(client.get("/options/stent/"))
    monkeypatch.setattr(choices, "today", lambda: option.next_review.replace(year=option.next_review.year + 1))
    assert "was due for review" in text_of(client.get("/options/stent/"))


def test_what_was_told_can_be_read_changed_and_erased(told: Client) -> None:
    """The overview lists every answer; erasing asks once, then nothing is left."""
    words = text_of(told.get("/situation/"))
    assert "adenocarcinoma" in words
    assert "follows from your other answers" in words
    assert settings.VAULT_COOKIE in told.cookies
    response = told.post("/situation/erase/")
    assert "Everything is erased" in text_of(response)
    assert response.cookies[settings.VAULT_COOKIE].value == ""
    assert "Nothing yet" in text_of(told.get("/situation/"))


NEVER = [
    "you qualify",
    "best treatment",
    "% match",
    "match score",
    "recommended for you",
    "breakthrough",
    "miracle",
    "nothing more can be done",
    "lost the battle",
    "HIPAA",
]


@pytest.mark.parametrize("address", ["/", "/help/", "/options/", "/situation/", "/page/about/", "/page/privacy/"])
def test_what_must_never_be_shown_is_not_shown(told: Client, address: str) -> None:
    """Words that promise, rank or frighten."""
    words = text_of(told.get(address)).lower()
    for phrase in NEVER:
        assert phrase.lower() not in words


ADDRESSES = [
    "/",
    "/help/",
    "/options/",
    "/options/stent/",
    "/situation/",
    "/situation/step/swallowing/",
    "/situation/more/labs/",
    "/page/privacy/",
    "/nope/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_is_private_and_asks_nobody_else(told: Client, address: str) -> None:
    """Security headers, no inline code, nothing loaded from another host, urgent help in its place."""
    response = told.get(address)
    html = response.content.decode()
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == "no-store"
    assert "style=" not in html
    assert not re.search(r"<script(?![^>]*src=)", html)
    assert not re.search(r'(?:src|action)="(?:https?:)?//', html)
    assert '<a class="urgent-link" href="/help/">Get help now</a>' in html


def test_no_health_fact_reaches_an_address_or_a_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Redirects hold no answer, and what is logged on errors names no answer either."""
    with caplog.at_level(logging.DEBUG):
        response = client.post("/situation/step/blood-tests/", {"labs.bilirubin": "777.123", "labs.albumin": "3.456789", "go": "options"})
        assert response["Location"] == "/options/?unit=taken"  # that a unit was taken for one that was not told, not which or of what
        client.get("/options/")
        client.get("/nope/")
        client.post("/situation/step/kind-of-cancer/", {"diagnosis.histology": "squamousish"})
    formatted = "\n".join(handler_text(record) for record in caplog.records)
    for secret in ("777.123", "3.456789", "squamousish"):
        assert secret not in formatted


def handler_text(record: logging.LogRecord) -> str:
    from wayline.web.logs import QuietFormatter

    return QuietFormatter().format(record)


def test_a_broken_page_is_told_calmly_and_logged_without_answers(
    told: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours: status 500, words for a person, and a log line with the place but not the message."""

    def fail(*_: object) -> None:
        raise RuntimeError("bilirubin 777.123 of a person")

    monkeypatch.setattr(choices, "matches_for", fail)
    told.raise_request_exception = False
    response = told.get("/options/")
    assert response.status_code == 500
    assert "not your fault" in text_of(response)
    formatted = "\n".join(handler_text(record) for record in caplog.records)
    assert "RuntimeError" in formatted
    assert "777.123" not in formatted


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    """4xx, nothing stored."""
    assert getattr(client, method)("/situation/step/about-you/").status_code == 405


def test_the_lines_number_stands_on_every_page_when_it_is_set(client: Client, settings: Any) -> None:
    """In one fixed place, as a link that calls."""
    settings.LINE_NUMBER, settings.LINE_HOURS = "1-800-555-0142", "9 to 5 Eastern, Monday to Friday"
    for address in ("/", "/help/", "/options/", "/situation/step/about-you/"):
        html = client.get(address).content.decode()
        assert 'href="tel:1-800-555-0142"' in html
        assert "9 to 5 Eastern" in html


def test_readiness_tells_when_the_database_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 when all is well, 503 when not."""
    from django.db import OperationalError

    from wayline.web.views import about

    assert client.get("/ready/").status_code == 200

    class Gone:
        @staticmethod
        def exists() -> bool:
            raise OperationalError

    monkeypatch.setattr(about.VaultRecord, "objects", Gone)
    assert client.get("/ready/").status_code == 503


def test_files_travel_compressed_and_pages_do_not(client: Client) -> None:
    """The length of a compressed page could tell what stands in it."""
    style, plain = (client.get("/static/web/wayline.css", headers=headers) for headers in ({"accept-encoding": "gzip"}, {}))
    assert style.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(b"".join(style.streaming_content)) == b"".join(plain.streaming_content)
    for answer in (style, plain):
        answer.close()
    assert "Content-Encoding" not in client.get("/options/", headers={"accept-encoding": "gzip"}).headers
