"""What every page is held against in a browser: accessible in each size and scheme, and never wider than the window."""

from __future__ import annotations

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# Down to 320 pixels: a desktop window of 1280 pixels is 640 at 200 % zoom and 320 at 400 %.
WIDTHS = (320, 390, 640, 1280)
PAPER = {"light": "rgb(251, 248, 242)", "dark": "rgb(22, 25, 27)"}
# What may differ with the width of the window; all other rules see the same page again.
_BY_WIDTH = ["color-contrast", "scrollable-region-focusable", "target-size", "region", "heading-order"]
# Once it is on a page, axe can run again under other conditions.
_AXE_AGAIN = """async options => (await axe.run(document, options)).violations
    .map(one => [one.id, ...one.nodes.map(node => node.html.slice(0, 200))].join("\\n"))"""


def assert_accessible(page: Page, name: str) -> None:
    """axe finds nothing, folded parts opened; phone and desktop, light and dark, in which only colors differ."""
    page.wait_for_load_state()  # a pressed button may still be on its way to the next page
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    assert _background(page) == PAPER["light"], f"{name}: the stylesheet did not apply"
    results = Axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    assert page.evaluate(_AXE_AGAIN, {"runOnly": _BY_WIDTH}) == [], f"{name}, wide"
    page.emulate_media(color_scheme="dark")
    assert _background(page) == PAPER["dark"], f"{name}: the dark colors did not apply"
    assert page.evaluate(_AXE_AGAIN, {"runOnly": ["color-contrast"]}) == [], f"{name}, dark"
    page.emulate_media(color_scheme="light")


def too_wide(page: Page, name: str, widths: Iterable[int] = WIDTHS) -> list[str]:
    """At which widths the page would scroll sideways, folded parts opened; a wide table scrolls within itself."""
    page.wait_for_load_state()
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{name} is {overflow} px too wide at {width} px"] if overflow > 0 else []
    return found


def _background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
