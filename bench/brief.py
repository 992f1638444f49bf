"""`wayline brief` as a user runs it: the whole command for each form, beside the shortest command there is, and where the time goes.

Run with `.venv/bin/python -m bench.brief`. Milliseconds are the median of the runs on this machine; the ratios of processor
time are what may be compared between machines.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parent.parent
CASE = CHECKOUT / "tests" / "people" / "junction_untreated.yaml"
COMMAND_RUNS, PART_RUNS = 7, 20
FORMS = ("pdf", "html", "txt", "json")


def main() -> None:
    lines = [f"{'whole command':52} {'ms':>6} {'cpu ms':>7} {'ratio':>6}"]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "no mirror"
        wall, facts = command(["facts", str(CASE)], data)
        lines.append(f"{'wayline facts CASE':52} {wall:6.0f} {facts:7.0f} {1:6.1f}")
        for form in FORMS:
            for large in ((), ("--large",)) if form == "pdf" else ((),):
                wall, took = command(["brief", str(CASE), "-o", str(Path(folder) / f"sheet.{form}"), *large], data)
                name = f"wayline brief CASE -o sheet.{form}{' --large' if large else ''}"
                lines.append(f"{name:52} {wall:6.0f} {took:7.0f} {took / facts:6.1f}")
    lines += ["", f"{'part, content loaded':52} {'ms':>6}", *(f"{name:52} {took:6.1f}" for name, took in parts())]
    print("\n".join(lines))


def command(arguments: list[str], data: Path) -> tuple[float, float]:
    """Milliseconds of a whole process on the clock, and of processor time, which other work on the machine changes less."""
    environment = os.environ | {"WAYLINE_DATA": str(data)}
    wayline = [sys.executable, "-m", "wayline.cli", *arguments]
    spent = []

    def run() -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(wayline, env=environment, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)

    return median(run, COMMAND_RUNS), statistics.median(spent)


def parts() -> list[tuple[str, float]]:
    """Where the time goes inside one process."""
    from wayline.brief.page import sheet_html
    from wayline.brief.pdf import fits_by_pages, sheet_pdf
    from wayline.brief.plain_text import sheet_text
    from wayline.brief.sheet import make_sheet
    from wayline.facts.case import load_case
    from wayline.library import library
    from wayline.options.visit_questions import questions_for_sheet

    content = library()
    situation = load_case(CASE, content.vocabulary)
    questions = questions_for_sheet({}, situation, content)
    sheet = make_sheet(situation, content, questions=questions, fits=fits_by_pages)
    return [
        ("composing, room guessed", median(lambda: make_sheet(situation, content, questions=questions), PART_RUNS)),
        ("composing, pages counted", median(lambda: make_sheet(situation, content, questions=questions, fits=fits_by_pages), PART_RUNS)),
        ("one PDF", median(lambda: sheet_pdf(sheet), PART_RUNS)),
        ("one page", median(lambda: sheet_html(sheet), PART_RUNS)),
        ("one text", median(lambda: sheet_text(sheet), PART_RUNS)),
    ]


def median(work: Callable[[], Any], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
