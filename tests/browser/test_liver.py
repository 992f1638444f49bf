"""The liver's pages in a real browser: the whole path by keyboard alone, accessible, narrow and wide, and asking nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.looking import assert_accessible, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "/liver/",
    "/liver/tumors/",
    "/liver/list/",
    "/liver/report/",
    "/liver/scans/",
    "/liver/blood-tests/",
    "/liver/blood-tests/add/",
    "/liver/stays-open/",
)
FIRST_VISIT_BYTES = 100_000
MOST_TABS = 220
WAITS_AT_MOST_MS = 8_000
SEGMENTS = ("1", "2", "3", "4a", "4b", "5", "6", "7", "8")
REPORT = """CT ABDOMEN
LIVER: Three hypodense lesions suspicious for metastases. The largest in segment VI measures 3.4 x 2.1 cm, abutting the right hepatic vein.
A second lesion in segment 8 measures 18 mm (previously 24 mm). Simple cyst in segment 3, 1.2 cm.
IMPRESSION: Bilobar hepatic metastases. ZEBRAWORD."""


def ago(days: int) -> str:
    return (date.today() - timedelta(days=days)).isoformat()  # noqa: DTZ011


def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until the focus stands on it, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the tab key does not reach {selector} on {page.url}")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    """Reach a link or button by keyboard and press it; the page that follows is there afterwards."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press(key)


def mark(page: Page, selector: str) -> None:
    """Reach a group of choices by the tab key, and one of them by the arrow keys."""
    name = re.search(r'name="?([^"\]]+)', selector)
    assert name is not None
    tab_to(page, f'input[name="{name[1]}"]')
    for _ in range(12):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys do not reach {selector}")


def write(page: Page, selector: str, text: str) -> None:
    tab_to(page, selector)
    page.keyboard.insert_text(text)


def add_tumor(page: Page, segment: str, size: str, unit: str) -> None:
    """From the top of the page on tumors, by keyboard."""
    mark(page, f'input[name="segment"][value="{segment}"]')
    write(page, "#tumor-size", size)
    mark(page, f'.tumor-form input[name="unit"][value="{unit}"]')


def test_the_whole_path_by_keyboard_alone(page: Page, server: str) -> None:
    """With and without JavaScript: segment by arrow keys, tumors in map and table, a pasted report, a second scan, blood tests, limits."""
    page.goto(f"{server}/liver/")
    press(page, 'main a.button[href="/liver/tumors/"]')
    add_tumor(page, "6", "3.4", "cm")
    tab_to(page, 'input[name="near"][value="hepatic_vein"]')
    page.keyboard.press("Space")
    press(page, '.tumor-form button[value="save"]')
    add_tumor(page, "8", "18", "mm")
    press(page, '.tumor-form button[value="save"]', "Space")
    expect(page.locator("table.tumors tbody tr")).to_have_count(2)
    expect(page.locator("table.tumors tbody tr").first).to_contain_text("3.4 cm")
    expect(page.locator("table.tumors tbody tr").first).to_contain_text("a liver vein")
    expect(page.locator("svg .tumor-name")).to_have_text(["A", "B"])
    mark(page, 'input[name="whole"][value="all"]')
    write(page, "#scan-date", "")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(ago(60))
    press(page, 'button[value="scan"]')
    expect(page.locator('input[name="whole"][value="all"]')).to_be_checked()

    press(page, 'main a[href="/liver/report/"]')
    write(page, "#report", REPORT)
    press(page, 'button[value="read"]')
    expect(page.locator(".report-text mark:not(.left)").first).to_be_visible()
    expect(page.locator('input[name="take"]:checked')).to_have_count(0)
    tab_to(page, 'input[name="take"][value="1"]')
    page.keyboard.press("Space")
    write(page, "#scan-date", ago(60))
    press(page, 'button[value="take"]')
    expect(page.locator("table.tumors tbody tr")).to_have_count(3)
    press(page, 'table.tumors tr:last-child button[value="ask-remove"]')
    expect(page.locator("h1")).to_have_text("Remove tumor C?")
    press(page, 'main button[value="remove"]')
    expect(page.locator("table.tumors tbody tr")).to_have_count(2)
    mark(page, 'input[name="whole"][value="all"]')
    press(page, 'button[value="scan"]')

    press(page, '.parts a[href="/liver/scans/"]')
    write(page, "#scan-date", ago(4))
    for name, size in (("A", "2.9"), ("B", "1.5")):
        write(page, f'input[name="size:{name}"]', size)
        mark(page, f'input[name="unit:{name}"][value="cm"]')
    mark(page, 'input[name="others"][value="no"]')
    press(page, 'button[value="save"]')
    expect(page.locator("main")).to_contain_text("8 mm smaller")
    expect(page.locator("svg.trend")).to_be_visible()

    press(page, '.parts a[href="/liver/blood-tests/"]')
    press(page, 'main a.button[href="/liver/blood-tests/add/"]')
    write(page, "#date", ago(3))
    write(page, 'input[name="labs.alt:value"]', "84")
    tab_to(page, 'select[name="labs.alt:unit"]')
    page.keyboard.press("ArrowDown")
    write(page, 'input[name="labs.alt:low"]', "7")
    write(page, 'input[name="labs.alt:high"]', "45")
    press(page, "main .buttons button")
    expect(page.locator("main")).to_contain_text("above the range")

    press(page, '.parts a[href="/liver/stays-open/"]')
    tab_to(page, "article.therapy summary")
    page.keyboard.press("Enter")
    expect(page.locator("article.therapy dl").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Size of the largest liver tumor: 2.9 cm")


# --- A filled visitor, told once --------------------------------------------------------------------------------------


def fill_liver(page: Page, base: str) -> None:
    """Three tumors, an earlier scan, two lab reports."""
    for segment, size, unit in (("6", "3.4", "cm"), ("8", "18", "mm"), ("unknown", "<1", "cm")):
        page.goto(f"{base}/liver/tumors/")
        page.locator(f'input[name=segment][value="{segment}"]').check(force=True)
        page.fill("#tumor-size", size)
        page.check(f".tumor-form input[name=unit][value={unit}]")
        page.click(".tumor-form .buttons button")
    page.check("input[name=whole][value=all]")
    page.fill("#scan-date", ago(10))
    page.click("button[value=scan]")
    for days, sizes in ((200, ("4.1", "3.1")), (100, ("2.9", "2.4"))):
        page.goto(f"{base}/liver/scans/")
        page.fill("#scan-date", ago(days))
        for name, size in zip("AB", sizes, strict=True):
            page.fill(f'input[name="size:{name}"]', size)
            page.check(f'input[name="unit:{name}"][value=cm]')
        page.check("input[name=others][value=no]")
        page.click("button[value=save]")
    for days, alt, bilirubin in ((60, "96", "1.9"), (5, "60", "0.9")):
        page.goto(f"{base}/liver/blood-tests/add/")
        page.fill("#date", ago(days))
        for lab, value, unit, low, high in (("alt", alt, "U/L", "7", "45"), ("bilirubin", bilirubin, "mg/dL", "0.2", "1.2")):
            page.fill(f'input[name="labs.{lab}:value"]', value)
            page.select_option(f'select[name="labs.{lab}:unit"]', unit)
            page.fill(f'input[name="labs.{lab}:low"]', low)
            page.fill(f'input[name="labs.{lab}:high"]', high)
        page.click("main .buttons button")


@pytest.fixture(scope="module")
def told(browser: Browser, server: str) -> Any:
    """The cookies of somebody who told all of this."""
    context = browser.new_context()
    fill_liver(context.new_page(), server)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def filled(browser: Browser, told: Any) -> Iterator[BrowserContext]:
    context = browser.new_context(storage_state=told, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAITS_AT_MOST_MS)
    yield context
    context.close()


def slip(page: Page, base: str, size: str = "24") -> None:
    """A tumor of so many cm that it is asked about."""
    page.goto(f"{base}/liver/tumors/")
    page.fill("#tumor-size", size)
    page.check(".tumor-form input[name=unit][value=cm]")
    page.click(".tumor-form .buttons button")


def pages_of_forms(page: Page, base: str) -> Iterator[str]:
    """The pages that a form makes: a reading to confirm, a slip that is asked about, and errors."""
    page.goto(f"{base}/liver/report/")
    page.fill("#report", REPORT)
    page.click("button[value=read]")
    yield "what was understood"
    page.fill("#scan-date", "2099-01-01")
    page.locator('input[name="take"]').first.check()
    page.click("button[value=take]")
    yield "a mistake in the confirmation"
    slip(page, base)
    yield "a slip"
    page.goto(f"{base}/liver/tumors/")
    page.click('button[value="edit"] >> nth=0')
    yield "a change"
    page.goto(f"{base}/liver/tumors/")
    page.click('button[value="ask-remove"] >> nth=0')
    yield "a question before removing"
    page.goto(f"{base}/liver/tumors/")
    page.fill("#scan-date", "soon")
    page.check("input[name=whole][value=none]")
    page.click("button[value=scan]")
    yield "errors about the scan"
    page.goto(f"{base}/liver/list/")
    for row, size, unit in ((3, "24", "cm"), (4, "big", "mm")):
        page.fill(f"input[name=size-{row}]", size)
        page.select_option(f"select[name=unit-{row}]", unit)
    page.click("main .buttons button")
    yield "errors in a list, and a slip"
    page.goto(f"{base}/liver/scans/")
    page.fill('input[name="size:A"]', "24")
    page.check('input[name="unit:A"][value=cm]')
    page.click("button[value=save]")
    yield "errors on a scan, and a slip"
    page.goto(f"{base}/liver/blood-tests/add/")
    page.fill('input[name="labs.alt:value"]', "high")
    page.click("main .buttons button")
    yield "errors on blood tests"


@pytest.mark.parametrize("state", ["empty", "filled"])
def test_the_pages_on_the_liver_are_accessible(browser: Browser, server: str, told: Any, state: str) -> None:
    """axe finds nothing, folded parts opened; phone and desktop, light and dark."""
    context = browser.new_context(storage_state=told if state == "filled" else None)
    context.set_default_timeout(WAITS_AT_MOST_MS)
    page = context.new_page()
    for address in PAGES:
        page.goto(server + address)
        assert_accessible(page, address)
    for name in pages_of_forms(page, server) if state == "filled" else ():
        assert_accessible(page, name)
    context.close()


def test_no_page_on_the_liver_scrolls_sideways(filled: BrowserContext, server: str) -> None:
    """Folded parts opened too; a wide table scrolls within itself."""
    page = filled.new_page()
    wrong = []
    for address in PAGES:
        page.goto(server + address)
        wrong += too_wide(page, address)
    for name in pages_of_forms(page, server):
        wrong += too_wide(page, name, (320,))
    assert wrong == []


def test_the_tab_key_reaches_every_drawn_segment_and_it_says_its_name(filled: BrowserContext, server: str) -> None:
    """With the tumors that lie in it, and those whose place is not known."""
    page = filled.new_page()
    page.goto(f"{server}/liver/")
    names: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.closest('svg') ? document.activeElement.getAttribute('aria-label') : null")
        names |= {name} if name else set()
    for segment in SEGMENTS:
        assert sum(bool(re.match(rf"segment {segment}\b", name, re.IGNORECASE)) for name in names) == 1, segment
    assert any(re.match(r"segment 6\b.*: tumor A, 3.4 cm", name, re.IGNORECASE) for name in names)
    assert any(re.match(r"segment 2\b.*: no tumor told here", name, re.IGNORECASE) for name in names)
    assert any(name.startswith("Place not known: tumor C") for name in names)
    page.goto(f"{server}/liver/")
    tab_to(page, "svg .segment")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.segment-shape')).strokeWidth") == "5px"


OPEN_PLACE = """segment => {
  const shape = document.querySelector(`.choose-drawing .segment-${segment} .segment-shape`);
  const box = shape.getBoundingClientRect();
  for (let x = box.left + 3; x < box.right; x += 3)
    for (let y = box.top + 3; y < box.bottom; y += 3)
      if (document.elementFromPoint(x, y) === shape) return [x, y];
  return null;
}"""


@pytest.mark.parametrize("width", [320, 1280])
def test_a_press_on_a_drawn_segment_chooses_it(scripted: BrowserContext, server: str, width: int) -> None:
    """Anywhere in it, where a script runs."""
    page = scripted.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server}/liver/tumors/")
    for segment in SEGMENTS:
        place = page.evaluate(OPEN_PLACE, segment)
        if place is None:
            continue  # its number covers all of it on a narrow screen
        page.mouse.click(*place)
        expect(page.locator(f'input[name=segment][value="{segment}"]')).to_be_checked()
        expect(page.locator("input[name=segment]:checked")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_press_on_a_number_chooses_its_segment(context: BrowserContext, server: str, width: int) -> None:
    """With and without JavaScript, and no number stands over another."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server}/liver/tumors/")
    boxes = {}
    for segment in SEGMENTS:
        number = page.locator(f".at-{segment} span[aria-hidden]")
        number.scroll_into_view_if_needed()
        box = number.bounding_box()
        assert box is not None
        boxes[segment] = box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(f'input[name=segment][value="{segment}"]')).to_be_checked()
    for one in SEGMENTS:
        for other in SEGMENTS:
            if one < other:
                apart_x = abs(boxes[one]["x"] - boxes[other]["x"]) / boxes[one]["width"]
                apart_y = abs(boxes[one]["y"] - boxes[other]["y"]) / boxes[one]["height"]
                assert apart_x**2 + apart_y**2 >= 1, f"{one} and {other} overlap at {width} px"


def test_the_stylesheet_applied(filled: BrowserContext, server: str) -> None:
    """The chosen number, the drawn liver, a tumor and the range of a lab have their colors."""
    page = filled.new_page()
    page.goto(f"{server}/liver/tumors/")
    page.locator('input[name=segment][value="5"]').check(force=True)

    def color(selector: str, part: str) -> str:
        return str(page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{part}"))

    assert color(".at-5 span", "backgroundColor") == "rgb(14, 90, 99)"
    assert color(".liver-outline", "fill") == "rgb(255, 255, 255)"
    assert color(".choose-drawing .segment-5 .segment-shape", "fill") == "rgb(14, 90, 99)"
    assert color(".tumor", "fill") == "rgb(14, 90, 99)"
    page.goto(f"{server}/liver/blood-tests/")
    assert color(".trend .range", "fill") == "rgb(14, 90, 99)"
    page.goto(f"{server}/liver/report/")
    page.fill("#report", REPORT)
    page.click("button[value=read]")
    assert color(".report-text mark", "borderBottomColor") == "rgb(14, 90, 99)"


@pytest.mark.parametrize("state", ["empty", "filled"])
def test_each_page_is_light_and_asks_nobody_else(browser: Browser, server: str, told: Any, state: str) -> None:
    """A first visit of each page weighs under 100 kB, with all that it asks for, and every request goes to this server."""
    for address in PAGES:
        context = browser.new_context(storage_state=told if state == "filled" else None)
        page = context.new_page()
        asked: list[str] = []
        answers: list[Response] = []
        context.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("response", lambda response, answers=answers: answers.append(response))
        page.goto(server + address, wait_until="networkidle")
        assert [url for url in asked if not url.startswith(server + "/")] == []
        # Asked for when all have arrived: within the event itself a body may not be there yet.
        weights = [answer.request.sizes()["responseBodySize"] for answer in answers if answer.ok]
        assert 0 < sum(weights) < FIRST_VISIT_BYTES, f"{address} weighs {sum(weights):,} bytes"
        context.close()


def test_targets_are_large_enough(filled: BrowserContext, server: str) -> None:
    """Buttons, choices and fields are at least 44 px high on a phone."""
    page = filled.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    for address in PAGES:
        page.goto(server + address)
        small = page.evaluate(
            """() => [...document.querySelectorAll('main .choice, main button:not([aria-hidden=true]), main select, main summary,'
                + ' .parts a, .segment-button, main input:not([type=radio]):not([type=checkbox]):not([type=hidden])')]
                .filter(one => one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().height < 43.5)
                .map(one => one.outerHTML.slice(0, 80))"""
        )
        assert small == [], address


def test_a_mistake_in_the_confirmation_keeps_what_was_marked(page: Page, server: str) -> None:
    """On the same page; mended there, it is taken. From a second window with the same report it is not taken once more."""
    page.set_default_timeout(WAITS_AT_MOST_MS)
    page.goto(f"{server}/liver/tumors/")
    page.fill("#tumor-size", "1")
    page.check(".tumor-form input[name=unit][value=cm]")
    page.click(".tumor-form .buttons button")
    windows = [page, page.context.new_page()]
    for window in windows:
        window.goto(f"{server}/liver/report/")
        window.fill("#report", REPORT)
        window.click("button[value=read]")
        window.locator('input[name="take"]').first.check()
        window.fill("#scan-date", "2099-01-01")
        window.click("button[value=take]")
        expect(window.locator("#errors")).to_contain_text("lies in the future")
        expect(window.locator('input[name="take"]').first).to_be_checked()
        expect(window.locator("#scan-date")).to_have_value("2099-01-01")
        window.fill("#scan-date", "")
    page.click("button[value=take]")
    expect(page.locator("table.tumors tbody tr")).to_have_count(2)
    windows[1].click("button[value=take]")
    expect(windows[1].locator("#errors")).to_contain_text("Your list of tumors has changed")
    expect(windows[1].locator('input[name="take"]').first).to_be_checked()
    page.reload()
    expect(page.locator("table.tumors tbody tr")).to_have_count(2)


def test_attention_moves_to_the_question_about_a_slip(scripted: BrowserContext, server: str) -> None:
    """The question stands at the top of the form; a screen reader and a magnifier are led to it."""
    page = scripted.new_page()
    slip(page, server)
    expect(page.locator("#slip")).to_be_in_viewport()
    assert page.evaluate("document.activeElement.closest('#slip, #errors') !== null")


def test_a_pasted_report_leaves_no_trace_in_the_data_folder(page: Page, server: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither its words nor what was confirmed stand readable in any file, the log included."""
    page.goto(f"{server}/liver/report/")
    page.fill("#report", REPORT)
    page.click("button[value=read]")
    expect(page.locator("main")).to_contain_text("ZEBRAWORD")
    page.locator('input[name="take"]').first.check()
    page.fill("#scan-date", "2099-01-01")
    page.click("button[value=take]")
    expect(page.locator("main")).to_contain_text("ZEBRAWORD")
    page.fill("#scan-date", "")
    page.click("button[value=take]")
    expect(page.locator("table.tumors")).to_contain_text("3.4 cm")
    assert page.url == f"{server}/liver/tumors/#listed"
    files = [path for folder in tmp_path_factory.getbasetemp().glob("data*") for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.startswith("wayline.sqlite3") for path in files)
    for path in files:
        content = path.read_bytes()
        for secret in (b"ZEBRAWORD", b"hypodense", b"liver.lesions", b"diameter_cm"):
            assert secret not in content, path.name


ODD_REPORT = (
    "\n\n\"Old\" & 'new' – größer 🙂\tCT\n\nLIVER: 3.4 x 2.1 cm metastasis <b>in</b> segment VI.\n  Metastasis in segment 5/6, 9 mm.\n"
)


def test_a_report_survives_the_way_through_the_form(page: Page, server: str) -> None:
    """Line ends, quotes, tabs and emoji: the same words are marked on the page after a mistake, and the sizes are those of the report."""
    page.set_default_timeout(WAITS_AT_MOST_MS)
    page.goto(f"{server}/liver/report/")
    page.fill("#report", ODD_REPORT)
    page.click("button[value=read]")
    marked = page.locator(".report-text mark").all_text_contents()
    assert {"3.4 x 2.1 cm", "segment VI", "9 mm"} <= set(marked)
    for box in page.locator('input[name="take"]').all():
        box.check()
    page.select_option("select[name=segment-1]", "5")
    page.fill("#scan-date", "soon")
    page.click("button[value=take]")
    assert page.locator(".report-text mark").all_text_contents() == marked
    assert (page.locator(".report-text").text_content() or "").strip() == ODD_REPORT.strip()
    expect(page.locator("select[name=segment-1]")).to_have_value("5")
    page.fill("#scan-date", "")
    page.click("button[value=take]")
    rows = page.locator("table.tumors tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("3.4 cm")
    expect(rows.nth(1)).to_contain_text("segment 5")


def test_a_list_is_filled_in_and_changed_by_keyboard_alone(page: Page, server: str) -> None:
    """Rows with gaps, a slip that is asked about, a row that is emptied."""
    page.goto(f"{server}/liver/tumors/")
    press(page, 'main a[href="/liver/list/"]')

    def fill(row: int, segment: str, size: str, unit: str) -> None:
        tab_to(page, f'select[name="segment-{row}"]')
        page.keyboard.type(segment)
        write(page, f'input[name="size-{row}"]', size)
        tab_to(page, f'select[name="unit-{row}"]')
        page.keyboard.type(unit)

    fill(0, "6", "3.4", "cm")
    fill(2, "8", "24", "cm")
    press(page, "main .buttons button")
    expect(page.locator("#errors")).to_contain_text("Row 3: A tumor of 24 cm would fill most of a liver")
    expect(page.locator('input[name="size-0"]')).to_have_value("3.4")
    mark(page, 'input[name="size_is_right-2"][value="other"]')
    press(page, "main .buttons button")
    rows = page.locator("table.tumors tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("2.4 cm")
    press(page, 'main a[href="/liver/list/"]')
    tab_to(page, 'select[name="segment-0"]')
    page.keyboard.press("Home")
    tab_to(page, 'input[name="size-0"]')
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    press(page, "main .buttons button")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("2.4 cm")


ENTER = [
    # page, the field in which the return key is pressed, what the page says then
    ("/liver/tumors/", "#tumor-size", "18", "Choose cm or mm"),
    ("/liver/tumors/", "#scan-date", "soon", "Write the day as"),
    ("/liver/list/", "input[name=size-3]", "18", "Row 4: Choose cm or mm"),
    ("/liver/scans/", "#scan-date", "soon", "Write the day as"),
    ("/liver/scans/", 'input[name="size:A"]', "18", "Tumor A: Choose cm or mm"),
    ("/liver/blood-tests/add/", "#date", "soon", "Write the day as"),
]


def test_the_return_key_in_a_field_sends_its_own_form(filled: BrowserContext, server: str) -> None:
    """Never another form of the page, and never a removal."""
    page = filled.new_page()
    for address, field, typed, words in ENTER:
        page.goto(server + address)
        page.fill(field, typed)
        with page.expect_navigation():
            page.press(field, "Enter")
        expect(page.locator("#errors")).to_contain_text(words)
        expect(page.locator(field)).to_have_value(typed)


@pytest.mark.parametrize("width", [320, 1280])
def test_each_field_is_wide_enough_to_read_what_is_typed(filled: BrowserContext, server: str, width: int) -> None:
    """And lies within the page, under its own heading."""
    page = filled.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    wrong = {}
    for address in PAGES:
        page.goto(server + address)
        narrow = page.evaluate(
            """() => [...document.querySelectorAll('main input:not([type=radio]):not([type=checkbox]):not([type=hidden]), main textarea')]
                .map(one => [one.name, Math.round(one.getBoundingClientRect().width), Math.round(one.getBoundingClientRect().right)])
                .filter(([name, wide, right]) => wide < 80 || right > innerWidth)"""
        )
        wrong |= {address: narrow} if narrow else {}
    assert wrong == {}


@pytest.mark.parametrize("width", [320, 390])
def test_tables_fit_a_phone(filled: BrowserContext, server: str, width: int) -> None:
    """Each row is readable without moving sideways; only the table of scans may scroll within itself, and the tab key reaches it."""
    page = filled.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    for address in PAGES:
        page.goto(server + address)
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        wide = page.evaluate(
            """() => [...document.querySelectorAll('main table')]
                .filter(one => !one.closest('.wide[tabindex="0"]'))
                .filter(one => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth
                    || [...one.querySelectorAll('th, td')].some(cell => cell.getBoundingClientRect().right > innerWidth + 1))
                .map(one => one.outerHTML.slice(0, 120))"""
        )
        assert wide == [], address


def test_no_number_of_the_drawing_hides_another_or_leaves_its_segment(filled: BrowserContext, server: str) -> None:
    """On the map: each number lies within the shape of its own segment."""
    page = filled.new_page()
    for address in ("/liver/", "/liver/tumors/"):
        page.goto(server + address)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll('main figure.map svg text')].map(one => {
                const box = one.getBoundingClientRect();
                return [one.textContent.trim(), box.left, box.top, box.right, box.bottom];
            }).filter(([words]) => /^[1-8][ab]?$/.test(words))"""
        )
        assert {name for name, *_ in boxes} == set(SEGMENTS), address
        for place, (one, left, top, right, bottom) in enumerate(boxes):
            for other, other_left, other_top, other_right, other_bottom in boxes[place + 1 :]:
                apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
                assert apart, f"{one} and {other} overlap on {address}"
