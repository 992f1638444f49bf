"""Pictures of every page type, phone and desktop, light and dark: `make screenshots` writes them to screenshots/.

A second argument names the file of a mirror (`trials.sqlite3`) to take the trials from, in place of the example list.

Not a test: people look at them. Needs Debian's chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.running import FLAGS, running_server

CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
MOST_READINGS = 120


GUIDE = {
    "guide": "/guide/",
    "page": "/page/in-the-liver/",
    "drug": "/page/drug-nivolumab/",
    "matrix": "/liver-treatments/",
    "gate": "/how-long/",
    "words": "/words/",
    "compare": "/compare/",
}


def fill(page: Page, base: str) -> None:
    """Tell a composite person's situation through the form itself."""
    answers: dict[str, dict[str, str]] = {
        "about-you": {"person.age": "61", "person.sex": "male"},
        "kind-of-cancer": {"diagnosis.histology": "adenocarcinoma"},
        "where-it-began": {"diagnosis.site": "gej"},
        "where-it-spread": {"metastases.liver": "yes", "metastases.lung": "no", "metastases.bone": "no"},
        "liver-tumors": {"liver.lesion_count": "2", "liver.largest_cm": "2.4"},
        "tumor-tests": {"biomarker.pdl1_cps": "8", "biomarker.msi_high": "no"},
        "treatment-so-far": {"therapy.history": "none"},
        "daily-life": {"function.ecog": "1"},
        "swallowing": {"symptom.dysphagia": "2"},
        "blood-tests": {"labs.bilirubin": "0.7", "labs.albumin": "3.9"},
    }
    for step, fields in answers.items():
        page.goto(f"{base}/situation/step/{step}/")
        for name, value in fields.items():
            radio = page.locator(f'input[type=radio][name="{name}"][value="{value}"]')
            if radio.count():
                radio.check()
            else:
                page.fill(f'input[name="{name}"]', value)
        page.click("main .buttons button[value=next]")


REPORT = """LIVER: Two hypodense lesions suspicious for metastases. The largest in segment VI is
3.4 x 2.1 cm, abutting the right hepatic vein.
A second lesion in segment 8 measures 18 mm (previously 24 mm). Simple cyst in segment 3, 1.2 cm."""
TUMORS = (("6", "3.4", "cm"), ("8", "18", "mm"), ("4b", "0.9", "cm"), ("unknown", "1.1", "cm"))
RESULTS = (("2026-08-01", "1.9", "96"), ("2026-10-01", "1.1", "60"), ("2026-11-16", "0.9", "84"))


def fill_the_liver(page: Page, base: str) -> None:
    """Tell tumors, an earlier scan and three lab reports through the pages themselves."""
    for segment, size, unit in TUMORS:
        page.goto(f"{base}/liver/tumors/")
        page.locator(f'input[name=segment][value="{segment}"]').check(force=True)
        page.fill("#tumor-size", size)
        page.locator(f".tumor-form input[name=unit][value={unit}]").check()
        page.click(".tumor-form button.button")
    page.locator("input[name=whole][value=all]").check()
    page.fill("#scan-date", "2026-11-02")
    page.click("#this-scan button.button")
    page.goto(f"{base}/liver/scans/")
    page.fill("#scan-date", "2026-08-03")
    for place, (size, unit) in enumerate((("2.9", "cm"), ("24", "mm"), ("1.5", "cm"), ("1", "cm"))):
        page.fill(f"#size-{place}", size)
        page.locator(f"#tumor-{place} input[value={unit}]").check()
    page.locator("input[name=others][value=no]").check()
    page.click("button[value=save]")
    for day, bilirubin, alt in RESULTS:
        page.goto(f"{base}/liver/blood-tests/add/")
        page.fill("#date", day)
        for lab, value, unit, low, high in (("labs.bilirubin", bilirubin, "mg/dL", "0.2", "1.2"), ("labs.alt", alt, "U/L", "7", "45")):
            page.fill(f'input[name="{lab}:value"]', value)
            page.select_option(f'select[name="{lab}:unit"]', unit)
            page.fill(f'input[name="{lab}:low"]', low)
            page.fill(f'input[name="{lab}:high"]', high)
        page.click("main .buttons button")


# Days ago, the hardest food that goes down, pounds.
DIARY = ((6, "1", "158"), (3, "2", "155"), (0, "3", "152"))
PATHOLOGY = """DIAGNOSIS: Gastroesophageal junction, biopsy: adenocarcinoma, moderately differentiated.
HER2 by immunohistochemistry: equivocal (2+). HER2 by FISH: pending.
PD-L1 (22C3): combined positive score 12. Mismatch repair proteins: intact nuclear expression of MLH1, PMS2, MSH2 and MSH6."""
RECORD = Path(__file__).parents[1] / "records" / "examples" / "junction_bundle.json"
BEFORE_A_VISIT = {
    "visit": "/visit/",
    "questions": "/visit/questions/",
    "sheet": "/visit/sheet/",
    "diary": "/diary/",
    "diary-day": "/diary/day/",
}


def fill_the_diary(page: Page, base: str, today: date) -> None:
    """Write three days through the diary's own page."""
    for days_ago, food, pounds in DIARY:
        page.goto(f"{base}/diary/day/")
        day = str(today - timedelta(days_ago))
        page.locator("input[name=day]").evaluate_all("(all, day) => all.forEach(one => { one.value = day; })", day)
        page.locator(f'input[name="symptom.dysphagia"][value="{food}"]').check(force=True)
        page.fill('input[name="nutrition.weight_kg"]', pounds)
        page.locator('input[name="nutrition.weight_kg:unit"][value="lb"]').check(force=True)
        page.get_by_role("button", name="Save this day").click()


def visit_pages(page: Page, base: str) -> Iterator[str]:
    """Open what prepares a visit, one after the other; yields a name for each."""
    for name, path in BEFORE_A_VISIT.items():
        page.goto(base + path)
        yield name
    page.goto(f"{base}/paste/")
    page.locator("main textarea").first.fill(PATHOLOGY)
    page.locator("main button.button").first.click()
    yield "pasted"
    page.goto(f"{base}/records/")
    page.set_input_files("#record", RECORD)
    page.get_by_role("button", name="Read this file").click()
    yield "record"
    for name in ("", "share/", "open/"):
        page.goto(f"{base}/keys/{name}")
        yield f"keys-{name.strip('/') or 'all'}"


def open_list_of_trials(page: Page, base: str) -> None:
    """Open the list, and again as the page asks while a mirror is still being read."""
    page.goto(f"{base}/trials/")
    for _ in range(MOST_READINGS):
        if not page.get_by_text("The list is being read").count():
            return
        page.wait_for_timeout(250)
        page.get_by_role("link", name="open this page again").click()
    raise RuntimeError("the list of trials was not read in time")


def main(base: str, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
                page = context.new_page()
                shots = {
                    "home": "/",
                    "help": "/help/",
                    "all-options": "/options/",
                    "step": "/situation/step/swallowing/",
                    "group": "/situation/more/labs/",
                }
                for name, path in shots.items():
                    page.goto(base + path)
                    page.screenshot(path=str(folder / f"{name}-{size}-{scheme}.png"), full_page=name in ("home", "help", "step"))
                for name, path in GUIDE.items():
                    page.goto(base + path)
                    page.screenshot(path=str(folder / f"{name}-{size}-{scheme}.png"), full_page=True)
                open_list_of_trials(page, base)
                page.screenshot(path=str(folder / f"trials-nothing-told-{size}-{scheme}.png"))
                page.goto(f"{base}/how-long/")
                page.get_by_role("button", name="Numbers for groups of people").click()
                page.screenshot(path=str(folder / f"figures-{size}-{scheme}.png"), full_page=True)
                page.goto(f"{base}/compare/swallowing/")
                for option in ("stent", "brachytherapy", "external_radiation"):
                    page.locator(f'input[value="{option}"]').check()
                page.get_by_role("button", name="Compare").click()
                page.screenshot(path=str(folder / f"compared-{size}-{scheme}.png"), full_page=True)
                page.goto(f"{base}/situation/step/blood-tests/")
                page.fill('input[name="labs.bilirubin"]', "900")
                page.click("main .buttons button[value=next]")
                page.wait_for_selector("#errors")
                page.screenshot(path=str(folder / f"error-{size}-{scheme}.png"))
                fill(page, base)
                shots = {
                    "options": "/options/",
                    "option": "/options/stent/",
                    "told": "/situation/",
                    "history": "/situation/step/treatment-so-far/",
                    "trials": "/trials/",
                    "trials-set-aside": "/trials/set-aside/",
                }
                for name, path in shots.items():
                    page.goto(base + path)
                    page.screenshot(path=str(folder / f"{name}-{size}-{scheme}.png"), full_page=True)
                page.goto(f"{base}/trials/")
                page.locator(".trial-card h3 a").first.click()
                page.screenshot(path=str(folder / f"trial-{size}-{scheme}.png"), full_page=True)
                page.goto(f"{base}/trials/search/")
                page.fill("#words", "pembrolizumb")
                page.get_by_role("button", name="Search").click()
                page.wait_for_selector(".trial-card")
                page.screenshot(path=str(folder / f"trials-found-{size}-{scheme}.png"))
                page.goto(f"{base}/liver/report/")
                page.fill("#report", REPORT)
                page.get_by_role("button", name="Look at it").click()
                page.screenshot(path=str(folder / f"liver-report-{size}-{scheme}.png"), full_page=True)
                fill_the_liver(page, base)
                for name in ("", "tumors/", "list/", "scans/", "blood-tests/", "stays-open/"):
                    page.goto(f"{base}/liver/{name}")
                    page.screenshot(path=str(folder / f"liver-{name.strip('/') or 'map'}-{size}-{scheme}.png"), full_page=True)
                fill_the_diary(page, base, datetime.now(UTC).date())
                for name in visit_pages(page, base):
                    page.screenshot(path=str(folder / f"{name}-{size}-{scheme}.png"), full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        if len(sys.argv) > 2:  # a mirror to show trials from, such as the server's own
            shutil.copy(sys.argv[2], data)
        with running_server(Path(data)) as address:
            main(address, Path(sys.argv[1]))
