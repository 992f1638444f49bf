"""Whole invented reports in the styles of many laboratories: just what a careful reader would take out, and nothing else.

The texts and what is expected of them were written before any output was seen (see docs/adr/0031-pasted-reports.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.records.pasted_helpers import facts_in, read
from wayline.reading import read as read_yaml

FOLDER = Path(__file__).parent / "pasted_reports"
EXPECTED: dict[str, Any] = read_yaml(FOLDER / "expected.yaml")
UNSEEN = Path(__file__).parent / "pasted_unseen"
UNSEEN_EXPECTED: dict[str, Any] = read_yaml(UNSEEN / "expected.yaml")


def test_every_report_is_expected_and_every_expected_one_is_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(EXPECTED)
    assert {path.stem for path in UNSEEN.glob("*.txt")} == set(UNSEEN_EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_report_gives_just_what_it_says(name: str) -> None:
    assert sorted(facts_in(read((FOLDER / f"{name}.txt").read_text()))) == sorted(EXPECTED[name]["found"])


@pytest.mark.parametrize("name", sorted(name for name, one in EXPECTED.items() if one["left"]))
def test_what_is_left_alone_is_told(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    left = [text[one.spans[0].start : one.spans[-1].end] for one in read(text).left_alone]
    for words in EXPECTED[name]["left"]:
        assert any(words in one for one in left), (words, left)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_span_lies_in_the_text_and_in_order(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    reading = read(text)
    for spans in [one.spans for one in (*reading.findings, *reading.left_alone)]:
        places = [place for span in spans for place in (span.start, span.end)]
        assert spans
        assert places == sorted(places)
        assert all(text[span.start : span.end].strip() for span in spans)
        assert places[-1] <= len(text)


@pytest.mark.parametrize("name", sorted(UNSEEN_EXPECTED))
def test_reports_in_other_styles_give_nothing_wrong(name: str) -> None:
    """What is missed is listed; a change that finds it moves it to `found`."""
    expected = UNSEEN_EXPECTED[name]
    found = facts_in(read((UNSEEN / f"{name}.txt").read_text()))
    assert sorted(found) == sorted(expected["found"])
    assert not set(expected["missed"]) & set(found)
