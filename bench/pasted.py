"""Reading pasted pathology and laboratory reports: how much of what is found is right, and how much is found.

Held against the invented reports of `tests/records`, with what a careful reader would take out of each. The rules were mended after each of
these reports, so these shares say what holds now; what held at first sight stands in docs/adr/0031-pasted-reports.md.
Run with `python -m bench.pasted`.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from tests.records.pasted_helpers import facts_in, pasted_reader, read

from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS
from wayline.reading import read as read_yaml

FOLDERS = ("pasted_reports", "pasted_unseen")
PIECES = ("HER2 3+, ", "MLH1 loss, ", "ALT 40 U/L ", "ALT\n", ". ", "(", "Collected: 10/11/2026\n", "adenocarcinoma, no ")


def main() -> None:
    assert pasted_reader() is not None
    for folder in FOLDERS:
        _shares(Path(__file__).parent.parent / "tests" / "records" / folder)
    print(f"{'repeated piece':34} {'25,000':>10} {'50,000':>10} {'ratio':>7}")
    for piece in PIECES:
        half, whole = (
            (piece * (length // len(piece) + 1))[:length] for length in (LONGEST_REPORT_CHARACTERS // 2, LONGEST_REPORT_CHARACTERS)
        )
        short, long = _milliseconds(half), _milliseconds(whole)
        print(f"{piece!r:34} {short:7.0f} ms {long:7.0f} ms {long / short:7.1f}")


def _milliseconds(text: str) -> float:
    """Processor time of the quickest of three readings."""
    times = []
    for _ in range(3):
        start = time.process_time()
        read(text)
        times.append((time.process_time() - start) * 1000)
    return min(times)


def _shares(folder: Path) -> None:
    expected = read_yaml(folder / "expected.yaml")
    counts: dict[str, Counter[str]] = {}
    for name, one in expected.items():
        wanted = Counter([*one["found"], *one.get("missed", [])])
        found = Counter(facts_in(read((folder / f"{name}.txt").read_text())))
        for kind, part in (("right", found & wanted), ("wrong", found - wanted), ("missed", wanted - found)):
            for line in part.elements():
                counts.setdefault(line.split(".")[0], Counter())[kind] += 1
    print(f"{folder.name}: {len(expected)} reports")
    for group, numbers in sorted(counts.items()):
        found_all, wanted_all = numbers["right"] + numbers["wrong"], numbers["right"] + numbers["missed"]
        print(f"  {group:12} {numbers['right']:4} of {found_all:4} found are right; {numbers['right']:4} of {wanted_all:4} are found")


if __name__ == "__main__":
    main()
