"""Keys in a real browser: a code on paper, a second browser, somebody who reads along, a file and back; without JavaScript too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looking import assert_accessible, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def tell(page: Page, server: str) -> None:
    page.goto(f"{server}/situation/more/person/")
    page.fill('input[name="person.country"]', "Ruritania")
    page.get_by_role("button", name="Save").last.click()


def code_of(page: Page) -> str:
    return page.locator(".key-code").inner_text()


def test_a_code_opens_another_browser_and_a_file_comes_back(page: Page, browser: Browser, server: str, tmp_path: Path) -> None:
    """Typed as it stands on paper; saved, erased and brought back."""
    tell(page, server)
    page.goto(f"{server}/keys/")
    page.get_by_role("link", name="Make a recovery code").click()
    page.get_by_role("button", name="Make the code").click()
    code = code_of(page)
    other = browser.new_context(java_script_enabled=False)
    second = other.new_page()
    second.goto(f"{server}/keys/open/")
    second.get_by_label("The code").fill(code.lower())
    second.get_by_role("button", name="Open").click()
    expect(second.locator("main")).to_contain_text("Ruritania")
    page.goto(f"{server}/keys/")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save everything").click()
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    assert path.name.startswith("wayline-export-20")
    assert json.loads(path.read_text())["case"]["facts"]["person.country"] == {"value": "Ruritania"}
    page.goto(f"{server}/situation/erase/")
    page.get_by_role("button", name="Erase everything").click()
    second.goto(f"{server}/situation/")
    expect(second.locator("main")).to_contain_text("Nothing yet")
    other.close()
    page.goto(f"{server}/keys/restore/")
    page.get_by_label("The file").set_input_files(path)
    page.get_by_role("button", name="Bring it back").click()
    page.get_by_role("link", name="See what you told").click()
    expect(page.locator("main")).to_contain_text("Ruritania")


def test_the_pages_on_keys_are_accessible_and_fit_a_phone(scripted: BrowserContext, browser: Browser, server: str) -> None:
    """The list of keys, a code, a form with a mistake, a slip in a code, and what a caregiver sees."""
    page = scripted.new_page()
    tell(page, server)
    wide: list[str] = []

    def look(at: Page, name: str) -> None:
        assert_accessible(at, name)
        wide.extend(too_wide(at, name))

    page.goto(f"{server}/keys/code/")
    page.get_by_role("button", name="Make the code").click()
    look(page, "the code")
    page.goto(f"{server}/keys/share/")
    page.get_by_role("button", name="Make the code").click()
    look(page, "a share that is not clear")
    page.get_by_label("What do you call this person?").fill("Anna")
    page.get_by_label("Your situation").check()
    page.get_by_label("Your diary").check()
    page.get_by_role("button", name="Make the code").click()
    code = code_of(page)
    page.goto(f"{server}/keys/")
    look(page, "keys")
    page.get_by_role("button", name="Take this key back").click()
    expect(page.get_by_role("heading", name="Take the key of Anna back?")).to_be_visible()
    other = browser.new_context()
    caregiver = other.new_page()
    caregiver.goto(f"{server}/keys/open/")
    caregiver.get_by_label("The code").fill(code[:-1])
    caregiver.get_by_role("button", name="Open").click()
    look(caregiver, "a slip in the code")
    caregiver.get_by_label("The code").fill(code)
    caregiver.get_by_role("button", name="Open").click()
    expect(caregiver.locator("main")).to_contain_text("Ruritania")
    look(caregiver, "shared")
    other.close()
    assert wide == []
