"""The pages on trials in a real browser: with and without JavaScript, on a phone and a desktop, for everybody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.looking import assert_accessible, too_wide
from tests.browser.screenshots import fill, open_list_of_trials

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = [
    "/trials/",
    "/trials/?page=2",
    "/trials/search/",
    "/trials/set-aside/",
    "/trials/NCT00000001/",
    "/trials/NCT00000090/",
    "/trials/?phase=x",
]
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


def test_from_the_list_to_a_study_its_questions_and_not_for_me(page: Page, server_with_studies: str) -> None:
    """With and without JavaScript: the list, a missing fact told, one study, set aside and brought back."""
    base = server_with_studies
    open_list_of_trials(page, base)
    expect(page.locator("main")).to_contain_text("23 studies")
    fill(page, base)
    page.get_by_role("link", name="Studies", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Studies for what you told us")
    expect(page.get_by_role("heading", name="A rule stands in the way (1)")).to_have_count(0)  # on the second page
    card = page.locator(".trial-card").first
    expect(card).to_contain_text("This study may be worth asking about.")
    expect(card).to_contain_text("HER2")
    card.get_by_role("link", name="Questions to ask").click()
    expect(page.get_by_role("heading", name="Questions to ask the study team")).to_be_in_viewport()
    rules = page.locator(".rule")
    expect(rules.filter(has_text="HER2 positive").locator(".state")).to_contain_text("not known yet")
    expect(rules.filter(has_text="purple bicycle").locator(".state")).to_contain_text("We could not read this one.")
    expect(rules.filter(has_text="consent form").locator(".state")).to_contain_text("Only the study team can say.")
    page.get_by_role("button", name="Not for me").click()
    expect(page.get_by_role("status")).to_contain_text("That study is set aside.")
    assert page.url.endswith("/trials/?hidden=1")
    expect(page.locator("main")).to_contain_text("22 studies")
    page.get_by_role("button", name="Bring it back").click()
    expect(page.locator("main")).to_contain_text("23 studies")
    page.get_by_role("link", name="The next page").click()
    expect(page.get_by_role("heading", name="A rule stands in the way (1)")).to_be_visible()
    old = page.locator(".trial-card").filter(has_text="squamous")
    expect(old).to_contain_text("May have closed.")
    expect(old).to_contain_text("You may not be able to join because of this rule")


def test_filters_and_search_work_by_form(page: Page, server_with_studies: str) -> None:
    """The words never reach the address; filters stay chosen."""
    base = server_with_studies
    open_list_of_trials(page, base)
    page.get_by_text("Show only some of them").click()
    page.get_by_label("Phase").select_option("3")
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("main")).to_contain_text("No study here answers these filters.")
    assert re.search(r"/trials/\?phase=3", page.url)
    page.get_by_label("Search in every record").fill("Testumap")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("We searched for “testumab”")
    assert page.url == f"{base}/trials/search/"
    expect(page.get_by_label("Phase")).to_have_value("3")
    page.get_by_label("Phase").select_option("")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("main")).to_contain_text("23 studies found")
    page.get_by_role("button", name="The next page").click()
    expect(page.locator("main")).to_contain_text("Page 2 of 2")
    assert page.url == f"{base}/trials/search/"


def test_the_pages_on_trials_are_accessible(scripted: BrowserContext, server_with_studies: str) -> None:
    """axe finds nothing on the list, the search and a study, phone and desktop, light and dark."""
    page = scripted.new_page()
    open_list_of_trials(page, server_with_studies)
    fill(page, server_with_studies)
    for address in PAGES:
        page.goto(server_with_studies + address)
        assert_accessible(page, address)


def test_no_page_on_trials_scrolls_sideways(scripted: BrowserContext, server_with_studies: str) -> None:
    page = scripted.new_page()
    open_list_of_trials(page, server_with_studies)
    fill(page, server_with_studies)
    wrong = []
    for address in PAGES:
        page.goto(server_with_studies + address)
        wrong += too_wide(page, address)
    assert wrong == []


def test_the_states_of_rules_are_told_apart_without_color(scripted: BrowserContext, server_with_studies: str) -> None:
    """By word, and by shape where a browser forces its own colors."""
    page = scripted.new_page()
    open_list_of_trials(page, server_with_studies)
    fill(page, server_with_studies)
    page.emulate_media(forced_colors="active")
    page.goto(f"{server_with_studies}/trials/NCT00000001/")
    fits, open_one = (
        page.locator(f".rule.{name} .mark").first.evaluate("one => getComputedStyle(one).backgroundColor") for name in ("fits", "depends")
    )
    assert fits != open_one


def test_buttons_and_links_of_a_card_are_large_enough(scripted: BrowserContext, server_with_studies: str) -> None:
    page = scripted.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    open_list_of_trials(page, server_with_studies)
    for target in page.locator(".card-ways a, .card-ways button, .trial-search button, .pages a").all():
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
