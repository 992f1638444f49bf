"""A real server and Debian's chromium; without chromium these tests are skipped by name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.running import FLAGS, running_server
from tests.web.trial_records import INCLUSION, days_ago, fill_mirror, record

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`wayline serve` as a user would start it, in an empty data folder."""
    with running_server(tmp_path_factory.mktemp("data")) as base:
        yield base


@pytest.fixture(scope="session")
def server_with_studies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same over a small mirror of invented studies: fresh and old ones, with rules of every kind."""
    data = tmp_path_factory.mktemp("data-with-studies")
    rules = f"{INCLUSION}\n* Willing to sign the consent form\n* Owns a purple bicycle\n\nExclusion Criteria:\n\n* Active brain metastases"
    studies = [record(number, f"A study of Testumab, part {number}", criteria=rules) for number in range(1, 23)]
    squamous = "Inclusion Criteria:\n\n* Squamous cell carcinoma of the esophagus"
    fill_mirror(data, [*studies, record(90, "A study for squamous cancer", checked=days_ago(52), criteria=squamous)])
    with running_server(data) as base:
        yield base


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (Debian's package 'chromium'); `make browser` installs it where that is allowed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(params=["script", "no script"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh visitor, once with and once without JavaScript."""
    fresh = browser.new_context(java_script_enabled=request.param == "script", viewport={"width": 390, "height": 844})
    yield fresh
    fresh.close()


@pytest.fixture
def scripted(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor with JavaScript, which the checks themselves need."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900})
    yield fresh
    fresh.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
