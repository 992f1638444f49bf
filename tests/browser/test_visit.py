"""From a record to the visit in a real browser: bring it in, confirm, see the options, keep questions, and the sheet."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.helpers import CHECKOUT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
REPORT = "FINDINGS: two lesions in the right lobe of the liver."


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hospital's FHIR bundle about an invented person, with a closed scan report."""
    bundle = json.loads((CHECKOUT / "tests" / "records" / "examples" / "junction_bundle.json").read_text())
    report = {
        "resourceType": "DiagnosticReport",
        "id": "scan",
        "status": "final",
        "code": {"text": "CT of the belly"},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-11-02",
        "presentedForm": [{"contentType": "text/plain", "data": base64.b64encode(REPORT.encode()).decode()}],
    }
    bundle["entry"].append({"resource": report})
    path = tmp_path_factory.mktemp("record") / "record.json"
    path.write_text(json.dumps(bundle))
    return path


def test_from_a_record_to_the_sheet_for_the_visit(page: Page, server: str, record: Path) -> None:
    """With and without JavaScript."""
    page.goto(f"{server}/visit/")
    page.get_by_role("link", name="Bring in a record").click()
    page.set_input_files("#record", record)
    page.get_by_role("button", name="Read this file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What the record says")
    expect(page.locator("main")).not_to_contain_text(REPORT)
    page.goto(f"{server}/options/")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Options for what you told us")  # nothing is used before it is confirmed
    page.goto(f"{server}/records/confirm/")
    page.get_by_label("Yes, this record is about the person whose facts stand here.").check()
    folds = page.locator("details.record-group > summary")
    for place in range(folds.count()):
        if folds.nth(place).locator("xpath=..").get_attribute("open") is None:
            folds.nth(place).click()
    for box in page.locator('input[type=checkbox][name="take"]').all():
        box.check()
    page.get_by_role("button", name="Take over what I marked").last.click()
    expect(page.locator("main")).to_contain_text("You have decided about all facts.")
    expect(page.locator("main")).to_contain_text("CT of the belly")
    page.get_by_role("button", name="Read now : CT of the belly").click()
    expect(page.locator(".report-text")).to_have_text(REPORT)
    page.get_by_role("link", name="Close it").click()
    page.locator('button[value^="wait-"]').first.click()
    page.get_by_role("link", name="See my options").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Options for what you told us")
    expect(page.locator("section.verdict-depends")).to_contain_text("Radiofrequency ablation")
    page.get_by_role("button", name="Put these in my questions").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Questions for my visit")
    kept = page.locator(".my-questions li").count()
    assert kept >= 1
    page.locator('input[name="keep"]').first.check()
    page.get_by_label("Add a question of your own").fill("May my daughter come along?")
    page.get_by_role("button", name="Save my questions").click()
    expect(page.locator(".my-questions li")).to_have_count(kept + 2)
    page.locator('button[value^="up-"]').last.click()
    expect(page.locator(".my-questions textarea").nth(kept)).to_have_value("May my daughter come along?")
    page.get_by_role("link", name="Get ready for my visit").click()
    page.get_by_role("link", name="The sheet for the visit").click()
    expect(page.locator("main")).to_contain_text("May my daughter come along?")
    expect(page.locator("main")).to_contain_text("Adenocarcinoma")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PDF, to print or send").click()
    printed = pypdf.PdfReader(waiting.value.path())
    assert len(printed.pages) <= 2
    assert "May my daughter come along?" in " ".join(" ".join(one.extract_text() for one in printed.pages).split())


def test_the_pages_for_a_visit_are_accessible(scripted: BrowserContext, server: str, record: Path) -> None:
    """In light and dark, axe finds nothing, also with everything unfolded; no page scrolls sideways on a small phone."""
    page = scripted.new_page()
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{server}/records/")
    page.set_input_files("#record", record)
    page.get_by_role("button", name="Read this file").click()
    for address in ("/visit/", "/visit/questions/", "/records/", "/records/confirm/"):
        page.goto(server + address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            results = Axe().run(page)
            assert results.violations_count == 0, f"{address}: {results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
