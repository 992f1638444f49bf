"""The whole path in a real browser: home, form, options, one option, erase; and what it must be for everybody."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looking import assert_accessible, too_wide
from tests.browser.screenshots import fill

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = [
    "/",
    "/help/",
    "/options/",
    "/options/stent/",
    "/situation/",
    "/situation/step/swallowing/",
    "/situation/step/treatment-so-far/",
    "/situation/step/blood-tests/",
    "/situation/more/",
    "/situation/more/labs/",
    "/situation/erase/",
    "/page/privacy/",
    "/page/about/",
    "/page/in-the-liver/",
    "/page/drug-nivolumab/",
    "/guide/",
    "/words/",
    "/search/",
    "/compare/",
    "/compare/swallowing/",
    "/liver-treatments/",
    "/how-long/",
    "/trials/",
    "/trials/search/",
    "/trials/set-aside/",
    "/trials/NCT03189719/",
    "/nothing-here/",
]


def test_from_home_through_the_form_to_an_option_and_erased(page: Page, server: str) -> None:
    """With and without JavaScript."""
    page.goto(server)
    page.get_by_role("link", name="See what to ask about").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How old are you?")
    fill(page, server)
    page.goto(f"{server}/options/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Options for what you told us")
    panel = page.locator(".ask-first")
    expect(panel).to_contain_text("would settle")
    expect(panel).to_contain_text("HER2")
    panel.get_by_role("link", name="HER2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which tumor tests have come back?")
    page.locator('input[name="biomarker.her2"][value="negative"]').check()
    page.get_by_role("button", name="See my options now").click()
    fits = page.locator("section.verdict-fits")
    expect(fits.get_by_role("link", name="Immunotherapy with chemotherapy")).to_be_visible()
    fits.get_by_role("link", name="Immunotherapy with chemotherapy").click()
    expect(page.locator(".for-you")).to_contain_text("worth asking about")
    page.get_by_role("link", name="Erase what I told").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is erased.")
    page.goto(f"{server}/situation/")
    expect(page.locator("main")).to_contain_text("Nothing yet")


def test_going_back_in_the_browser_loses_nothing(page: Page, server: str) -> None:
    """Saved answers are there again, also after the browser's own back button."""
    page.goto(f"{server}/situation/step/about-you/")
    page.fill('input[name="person.age"]', "58")
    page.get_by_role("button", name="Save and go on").last.click()
    page.wait_for_url("**/kind-of-cancer/")
    page.go_back(wait_until="load")
    page.reload()
    expect(page.locator('input[name="person.age"]')).to_have_value("58")
    page.get_by_role("button", name="Save and go on").last.click()
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator('input[name="person.age"]')).to_have_value("58")


def test_an_unreadable_answer_is_explained_and_kept(page: Page, server: str) -> None:
    """The words beside the field, and what was typed."""
    page.goto(f"{server}/situation/step/blood-tests/")
    page.fill('input[name="labs.bilirubin"]', "high")
    page.fill('input[name="labs.albumin"]', "3.9")
    page.get_by_role("button", name="Save and go on").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Please look at 1 answer")
    expect(page.locator('input[name="labs.bilirubin"]')).to_have_value("high")
    expect(page.locator('input[name="labs.albumin"]')).to_have_value("3.9")


def test_every_page_type_is_accessible_and_styled(scripted: BrowserContext, server: str) -> None:
    """axe finds nothing, the stylesheet applied, in light and dark."""
    page = scripted.new_page()
    fill(page, server)
    for address in PAGES:
        page.goto(server + address)
        assert_accessible(page, address)


def test_no_page_scrolls_sideways(scripted: BrowserContext, server: str) -> None:
    """At each width that a phone or a magnified desktop has."""
    page = scripted.new_page()
    fill(page, server)
    wrong = []
    for address in PAGES:
        page.goto(server + address)
        wrong += too_wide(page, address)
    assert wrong == []


def test_targets_are_large_enough(scripted: BrowserContext, server: str) -> None:
    """Buttons, choices and fields of the form are at least 44 px high."""
    page = scripted.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/situation/step/swallowing/", "/situation/step/blood-tests/"):
        page.goto(server + address)
        small = page.evaluate(
            """() => [...document.querySelectorAll('main .choice, main button:not(.hidden), main select, main summary, header a,'
                + ' main input:not([type=radio]):not([type=checkbox]):not([type=hidden])')]
                .filter(one => one.getBoundingClientRect().height < 43.5).map(one => one.outerHTML.slice(0, 80))"""
        )
        assert small == [], address


def test_the_form_can_be_walked_with_the_keyboard_alone(scripted: BrowserContext, server: str) -> None:
    """Skip link first, visible focus, arrows choose, Enter goes on."""
    page = scripted.new_page()
    page.goto(f"{server}/situation/step/daily-life/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    assert page.evaluate("document.activeElement.type") == "radio"
    page.keyboard.press("ArrowUp")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("How is swallowing today?")
    page.goto(f"{server}/situation/step/daily-life/")
    assert page.locator('input[name="function.ecog"]:checked').get_attribute("value") == "4"


def test_nothing_is_asked_of_any_other_host(scripted: BrowserContext, server: str) -> None:
    """Every request of every page goes to this server, and the first visit weighs under 100 kB."""
    page = scripted.new_page()
    asked: list[str] = []
    weights: list[int] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: weights.append(len(response.body()) if response.ok else 0))
    page.goto(server, wait_until="networkidle")
    assert 0 < sum(weights) < 100_000
    for address in PAGES:
        page.goto(server + address)
    assert asked
    assert [url for url in asked if not url.startswith(server + "/")] == []


def test_the_data_folder_reveals_nothing_that_was_typed(page: Page, server: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every file of the server's data folder, database and write-ahead log included, holds none of the values."""
    page.goto(f"{server}/situation/more/person/")
    page.fill('input[name="person.country"]', "Ruritania")
    page.fill('input[name="person.postal_code"]', "90210-4242")
    page.get_by_role("button", name="Save").last.click()
    page.goto(f"{server}/situation/")
    expect(page.locator("main")).to_contain_text("Ruritania")
    data = next(tmp_path_factory.getbasetemp().glob("data*"))
    files = [path for path in data.rglob("*") if path.is_file()]
    assert any(path.name.startswith("wayline.sqlite3") for path in files)
    for path in files:
        content = path.read_bytes()
        for secret in (b"Ruritania", b"90210-4242"):
            assert secret not in content, path.name
    with sqlite3.connect(f"file:{data / 'wayline.sqlite3'}?mode=ro", uri=True) as database:
        assert database.execute("SELECT count(*) FROM web_vaultrecord").fetchone()[0] >= 1


def test_printing_shows_the_folded_parts_without_navigation(scripted: BrowserContext, server: str, tmp_path: Path) -> None:
    """The print sheet drops the bar and the buttons and is black on white."""
    page = scripted.new_page()
    fill(page, server)
    page.goto(f"{server}/options/")
    page.emulate_media(media="print")
    assert page.locator(".bar").is_hidden()
    assert page.locator(".print-only").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    pdf = page.pdf(path=str(tmp_path / "options.pdf"))
    assert pdf.startswith(b"%PDF")


def test_a_word_is_explained_on_a_tap(page: Page, server: str) -> None:
    """In place, with and without JavaScript."""
    page.goto(f"{server}/page/in-the-liver/")
    button = page.locator(".word-button").first
    target = page.locator(f"#{button.get_attribute('popovertarget')}")
    expect(target).to_be_hidden()
    button.click()
    expect(target).to_be_visible()
    page.keyboard.press("Escape")
    expect(target).to_be_hidden()


def test_figures_are_shown_only_after_a_press_and_gone_on_the_next_visit(page: Page, server: str) -> None:
    """The gate, with and without JavaScript; the figures' page is accessible."""
    page.goto(f"{server}/how-long/")
    assert page.locator(".icons").count() == 0
    page.get_by_role("button", name="Numbers for groups of people").click()
    expect(page.locator(".icons").first).to_be_visible()
    page.goto(f"{server}/how-long/")
    assert page.locator(".icons").count() == 0


def test_pages_made_by_a_form_are_accessible(scripted: BrowserContext, server: str) -> None:
    """Search results, a comparison, the figures."""
    page = scripted.new_page()
    page.goto(f"{server}/search/")
    page.fill("#words", "trouble swallowing")
    page.locator("main .button").click()
    expect(page.locator("main")).to_contain_text("found")
    assert Axe().run(page).violations_count == 0
    page.goto(f"{server}/compare/swallowing/")
    page.locator('input[value="stent"]').check()
    page.locator('input[value="brachytherapy"]').check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="What may go wrong")).to_be_visible()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    page.goto(f"{server}/how-long/")
    page.get_by_role("button", name="Numbers for groups of people").click()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_the_urgent_page_opens_without_a_network(browser: Browser, server: str) -> None:
    """The small service worker keeps it, with its style."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.goto(f"{server}/help/")
    expect(page.get_by_role("heading", name="Call 911 now if:")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 248, 242)"
    context.close()


@pytest.mark.parametrize(("query", "size"), [("", 14), ("?print=large", 18)])
def test_print_sheets_come_in_two_sizes(scripted: BrowserContext, server: str, query: str, size: int) -> None:
    """14 and 18 points."""
    page = scripted.new_page()
    page.goto(f"{server}/page/pain/{query}")
    page.emulate_media(media="print")
    pixels = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert abs(pixels - size * 96 / 72) < 0.1


def test_forced_colors_and_reduced_motion_keep_the_meaning(scripted: BrowserContext, server: str) -> None:
    """The marks of the verdicts are still told apart by shape and word; nothing moves."""
    page = scripted.new_page()
    fill(page, server)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.goto(f"{server}/options/")
    fits, out = (
        page.locator(f"h2 .mark.{name}").evaluate("one => getComputedStyle(one).backgroundColor") for name in ("fits", "does_not_fit")
    )
    assert fits != out
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    )
    assert moving == 0


def press_until(page: Page, selector: str, most: int = 120) -> None:
    """Tab on until something that matches has the focus, and see that the focus is visible and not under the bar."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            break
    else:
        pytest.fail(f"{selector} cannot be reached with the keyboard")
    seen = page.evaluate(
        """() => {
            const one = document.activeElement;
            const box = one.getBoundingClientRect(), bar = document.querySelector('.bar').getBoundingClientRect();
            const shown = getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none';
            return shown && (one.closest('.bar') !== null || box.bottom > bar.bottom) && box.top < innerHeight;
        }"""
    )
    assert seen, f"the focus on {selector} is not visible"


def test_the_whole_path_can_be_walked_with_the_keyboard_alone(scripted: BrowserContext, server: str) -> None:
    """Home, a question, the options, one option, a word, its sources, search, erase."""
    page = scripted.new_page()
    page.goto(server)
    press_until(page, "a.main-way")
    page.keyboard.press("Enter")
    page.wait_for_url("**/about-you/")
    press_until(page, 'input[name="person.age"]')
    page.keyboard.type("61")
    press_until(page, 'main .buttons button[value="options"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/options/")
    press_until(page, ".option-list h4 a")
    page.keyboard.press("Enter")
    expect(page.locator(".for-you")).to_be_visible()
    press_until(page, ".word-button")
    page.keyboard.press("Enter")
    expect(page.locator(".word-means:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    press_until(page, ".sources-list summary")
    page.keyboard.press("Enter")
    expect(page.locator("#source-1")).to_be_visible()
    page.goto(f"{server}/search/")
    press_until(page, "#words")
    page.keyboard.type("hospice")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("found")
    press_until(page, 'footer a[href="/situation/erase/"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/erase/")
    press_until(page, "main button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is erased.")
