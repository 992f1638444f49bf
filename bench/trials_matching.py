"""Reading trials, matching one person against all of them, loading them, and a sheet with them, on 18,188 records of every field.

Matching stands beside a plain loop that evaluates every item of every trial one by one; the loop is run on some trials and scaled. The
ratios are what may be compared between machines.

Skips by name where the shared records are absent. Run with `python -m bench.trials_matching`. Best of three runs where not said otherwise.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.helpers import shared_folder

from bench.options import PEOPLE, fresh, median
from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.trials.book import Book
from wayline.trials.criteria import CriteriaReader, Criterion
from wayline.trials.matching import check_item
from wayline.trials.splitting import HEADING
from wayline.trials.study import Study, parse_study

RUNS = 3
SOME_TRIALS = 5_000
LOOPED_TRIALS = 200
CASES = ("junction_untreated", "her2_positive_progressed", "third_line_adeno", "squamous_frail", "knows_little")


def main() -> None:
    path = shared_folder() / "data" / "studies.ndjson.gz"
    if not path.exists():
        print(f"skipped: there is no {path.name} in the shared folder")
        return
    studies = list(studies_of(path))
    seconds, criteria = min((_read(studies) for _ in range(RUNS)), key=lambda run: run[0])
    items = sum(one.kind != HEADING for trial in criteria for one in trial)
    print(f"reading: {len(studies):,} trials, {items:,} items, {seconds:.1f} s, {len(studies) / seconds:,.0f} trials a second")
    print(f"{'one person, every item of':48}{'trials':>8}{'book':>10}{'one by one':>13}{'ratio':>8}")
    for trials in (criteria[:SOME_TRIALS], criteria):
        started = time.perf_counter()
        book = Book(trials, library().vocabulary)
        compiled = time.perf_counter() - started
        for name in CASES:
            person = load_case(PEOPLE / f"{name}.yaml", library().vocabulary)
            whole = median(partial(_match, book, person))
            loop = median(partial(_loop, trials[:LOOPED_TRIALS], person))
            scaled = loop * _items(trials) / _items(trials[:LOOPED_TRIALS])
            print(f"{name:48}{len(trials):>8,}{whole:>7.1f} ms{scaled:>10,.0f} ms{scaled / whole:>8.0f}")
        print(f"{len(book.items):,} items, {len(book.literals):,} literals, compiled in {compiled:.2f} s")
    for _ in range(RUNS):
        seconds, megabytes = _load(path)
        print(f"wayline trials load, with index: {seconds:.1f} s, {megabytes:,.0f} MB at most")
    _brief(path)


def _match(book: Book, person: Situation) -> object:
    return book.tally(book.literal_truths(fresh(person)))


def _loop(trials: Sequence[Sequence[Criterion]], person: Situation) -> list[str]:
    situation = fresh(person)
    return [check_item(one, situation).truth for trial in trials for one in trial if one.kind != HEADING]


def _items(trials: Sequence[Sequence[Criterion]]) -> int:
    return sum(one.kind != HEADING for trial in trials for one in trial)


def _read(studies: Sequence[Study]) -> tuple[float, list[tuple[Criterion, ...]]]:
    """Seconds, and the criteria. A reader of its own: none remembers the items of an earlier run."""
    content = library()
    reader = CriteriaReader(content.folder / "trials" / "reading", content.vocabulary)
    started = time.perf_counter()
    criteria = [reader.read_study(study) for study in studies]
    return time.perf_counter() - started, criteria


# The process itself tells its peak: what its parent could ask the system for would hold the parent's own memory from before the start.
_LOAD_AND_TELL = """
import re, sys
from pathlib import Path
from wayline.cli import main
status = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
sys.exit(status)
"""


def _load(path: Path) -> tuple[float, float]:
    """Seconds, and the most memory that the process held, of one `wayline trials load` into an empty data folder. Linux only."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _LOAD_AND_TELL, "trials", "load", str(path)]
        started = time.perf_counter()
        run = subprocess.run(command, env={**os.environ, "WAYLINE_DATA": folder}, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - started
    return seconds, int(run.stdout.splitlines()[-1]) / 1024


def _brief(records: Path) -> None:
    """Seconds of `wayline brief`: without a mirror, with one for the first time, and with what was read then."""
    with tempfile.TemporaryDirectory() as without, tempfile.TemporaryDirectory() as with_mirror:
        environment = {**os.environ, "WAYLINE_DATA": with_mirror}
        subprocess.run(
            [sys.executable, "-c", _LOAD_AND_TELL, "trials", "load", str(records)], env=environment, capture_output=True, check=True
        )
        rows = (
            ("without a mirror", without, 2 * RUNS),
            ("with a mirror, first", with_mirror, 1),
            ("with a mirror, again", with_mirror, 2 * RUNS),
        )
        for words, folder, runs in rows:
            seconds = sorted(_brief_once(Path(folder)) for _ in range(runs))
            print(f"wayline brief, {words}: {seconds[0]:.2f} s at best, {seconds[len(seconds) // 2]:.2f} s in the middle of {runs}")


def _brief_once(folder: Path) -> float:
    case, sheet = PEOPLE / "her2_positive_progressed.yaml", folder / "sheet.pdf"
    started = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        "import sys; from wayline.cli import main; sys.exit(main(sys.argv[1:]))",
        "brief",
        str(case),
        "-o",
        str(sheet),
    ]
    subprocess.run(command, env={**os.environ, "WAYLINE_DATA": str(folder)}, capture_output=True, check=True)
    return time.perf_counter() - started


def studies_of(path: Path) -> Iterator[Study]:
    """The studies of a packed file of records, one a line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            yield parse_study(json.loads(line), f"line {number}")


if __name__ == "__main__":
    main()
