"""The diary in a real browser, with and without JavaScript: what cannot wait stands first, and nothing told is kept offline."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looking import assert_accessible, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def tell_today(page: Page, server: str) -> None:
    """Swallowing, a weight, a temperature in the wrong unit, and a folded sign that cannot wait."""
    page.goto(f"{server}/diary/")
    page.get_by_role("link", name="Write today").click()
    page.get_by_label("Only soft food").check()
    page.get_by_label("What do you weigh?").fill("154")
    page.locator('input[name="nutrition.weight_kg:unit"][value=lb]').check()
    page.get_by_label("What is your temperature?").fill("101")
    page.locator('input[name="symptom.temperature_c:unit"][value=Cel]').check()
    page.get_by_text("Signs that cannot wait").click()
    page.locator('input[name="symptom.coughing_blood"][value=yes]').check()
    page.get_by_role("button", name="Save this day").click()


def test_a_day_is_told_and_what_cannot_wait_stands_first(context: BrowserContext, server: str) -> None:
    """The question about the temperature does not push the call out of sight, and one choice answers it."""
    page = context.new_page()
    tell_today(page, server)
    expect(page.get_by_role("link", name="Call 911")).to_be_in_viewport()
    expect(page.locator("main")).to_contain_text("Did you mean 101 °F?")
    page.locator('input[name="symptom.temperature_c:unit"][value=degF]').check()
    page.get_by_role("button", name="Save this day").click()
    expect(page).to_have_url(f"{server}/diary/?saved=1")
    expect(page.get_by_role("link", name="Call 911")).to_be_in_viewport()
    expect(page.locator(".diary-days")).to_contain_text("154 lb")
    expect(page.locator(".diary-days")).to_contain_text("101 °F")
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Take this day out of the diary").click()
    page.get_by_role("button", name="Yes, take it out").click()
    expect(page.locator("main")).to_contain_text("Here will be your days")
    expect(page.get_by_role("link", name="Call 911")).to_have_count(0)


def test_the_pages_of_the_diary_are_accessible_and_fit_a_phone(scripted: BrowserContext, server: str) -> None:
    page = scripted.new_page()
    wide: list[str] = []

    def look(name: str) -> None:
        assert_accessible(page, name)
        wide.extend(too_wide(page, name))

    page.goto(f"{server}/diary/")
    look("the empty diary")
    tell_today(page, server)
    look("a day with a question")
    for path in ("/diary/", "/diary/print/", "/help/"):
        page.goto(server + path)
        look(path)
    assert wide == []


def test_the_page_kept_offline_holds_nothing_that_was_told(browser: Browser, server: str) -> None:
    """It is kept without the key: without a network the text that is the same for all stands there."""
    context = browser.new_context()
    page = context.new_page()
    tell_today(page, server)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.goto(f"{server}/help/")
    expect(page.get_by_role("heading", name="Before anything else")).to_be_visible()
    page.goto(f"{server}/help/")
    kept = page.evaluate("caches.match('/help/').then(answer => answer.text())")
    assert "Call 911 now if:" in kept
    assert "Before anything else" not in kept
    context.set_offline(True)
    page.goto(f"{server}/help/")
    expect(page.get_by_role("heading", name="Call 911 now if:")).to_be_visible()
    expect(page.get_by_role("heading", name="Before anything else")).to_have_count(0)
    context.close()
