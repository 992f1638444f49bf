"""The sheet for a visit in a real browser: chosen, printed, taken along as a file, and accessible on the site and by itself."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.looking import assert_accessible, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def tell_two_facts(page: Page, server: str) -> None:
    for step, field in (("kind-of-cancer", "diagnosis.histology=adenocarcinoma"), ("swallowing", "symptom.dysphagia=2")):
        name, value = field.split("=")
        page.goto(f"{server}/situation/step/{step}/")
        page.locator(f'input[name="{name}"][value="{value}"]').check()
        page.locator(".buttons button[value=next]").click()


def test_from_choices_to_files(scripted: BrowserContext, server: str, tmp_path: Path) -> None:
    """Accessible in every size and scheme; what is unticked is gone; the files carry a neutral name; print takes two pages at most."""
    page = scripted.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    tell_two_facts(page, server)
    page.goto(f"{server}/visit/sheet/")
    expect(page.locator(".visit-sheet")).to_contain_text("only soft food goes down")
    assert_accessible(page, "the sheet")
    assert too_wide(page, "the sheet") == []
    page.get_by_label("Studies", exact=True).uncheck()
    page.get_by_label("18 point, large").check()
    page.get_by_role("button", name="Show the sheet this way").click()
    expect(page.locator(".visit-sheet.large")).to_contain_text("Left out by my choice: Studies.")
    assert "?" not in page.url
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) <= 2
    assert "Take it with you" not in printed.pages[0].extract_text()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PDF, to print or send").click()
    assert waiting.value.suggested_filename.startswith("visit-sheet-2")
    assert Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Web page, to keep").click()
    alone = tmp_path / "sheet.html"
    waiting.value.save_as(alone)
    assert {url.split("/")[2] for url in asked} == {server.split("/")[2]}
    asked.clear()
    page.goto(alone.as_uri())
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert asked == [alone.as_uri()]


def test_the_sheet_without_javascript(page: Page, server: str) -> None:
    """The choices stand folded, and the files come by a plain form."""
    tell_two_facts(page, server)
    page.goto(f"{server}/visit/sheet/")
    page.get_by_text("Choose what is on it").click()
    page.get_by_label("Print these figures this time").check()
    page.get_by_role("button", name="Show the sheet this way").click()
    expect(page.locator(".visit-sheet")).to_contain_text("of 100 were alive")
    page.goto(f"{server}/visit/sheet/")
    expect(page.locator(".visit-sheet")).not_to_contain_text("of 100")
