"""Reading pasted scan reports: an ordinary one, and the longest texts of one repeated piece, as ratios of time to length.

A ratio near 2 says that twice the text takes twice the time. Run with `python -m bench.liver_reports`.
"""

from __future__ import annotations

from bench.options import median
from wayline.library import library
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS

REPORT = """LIVER: Two hypodense lesions suspicious for metastases. The largest in segment VI is
3.4 x 2.1 cm, abutting the right hepatic vein.
A second lesion in segment 8 measures 18 mm (previously 24 mm). Simple cyst in segment 3, 1.2 cm.
IMPRESSION: Bilobar hepatic metastases."""
PIECES = (
    "segment ",
    "1",
    "(",
    "2.4 cm ",
    "segment 5, ",
    "2 x ",
    "1.\n",
    "S8/",
    "2 cm lesion in segment 5 and ",
    "CT 12/01/2026: ",
    "two lesions of ",
)


def main() -> None:
    reader = library().report_reader
    print(f"an ordinary report: {median(lambda: reader.read(REPORT)):.2f} ms")
    print(f"{'repeated piece':34} {'25,000':>10} {'50,000':>10} {'ratio':>7}")
    for piece in PIECES:
        half, whole = (_text(piece, length) for length in (LONGEST_REPORT_CHARACTERS // 2, LONGEST_REPORT_CHARACTERS))
        short = median(lambda text=half: reader.read(text))
        long = median(lambda text=whole: reader.read(text))
        print(f"{piece!r:34} {short:7.0f} ms {long:7.0f} ms {long / short:7.1f}")


def _text(piece: str, length: int) -> str:
    return (piece * (length // len(piece) + 1))[:length]


if __name__ == "__main__":
    main()
