"""Pasted texts in tests: read as of TODAY, and each finding as one line that a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from tests.helpers import TODAY
from wayline.library import library
from wayline.records.pasted.findings import PastedFinding, PastedReading
from wayline.records.pasted.reader import PastedReader
from wayline.records.pasted.words import load_pasted_words

_SIGNS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


@cache
def pasted_reader() -> PastedReader:
    content = library()
    return PastedReader(
        load_pasted_words(content.folder / "records" / "pasted", content.vocabulary), content.vocabulary, content.report_reader
    )


def read(text: str) -> PastedReading:
    return pasted_reader().read(text, date.fromisoformat(TODAY))


def facts_in(reading: PastedReading) -> list[str]:
    return [line_of(finding) for finding in reading.findings]


def line_of(finding: PastedFinding) -> str:
    """`labs.albumin = 3.6 g/dL [3.8..4.8] @2026-11-02 ?`: fact, value, unit, the lab's range, day, and ? where there is a doubt."""
    line = f"{finding.fact_id} = {_value(finding.told)}"
    if "unit" in finding.told:
        line += f" {finding.told['unit']}"
    if finding.lower_limit is not None or finding.upper_limit is not None:
        line += f" [{_number(finding.lower_limit)}..{_number(finding.upper_limit)}]"
    return line + (f" @{finding.date}" if finding.date else "") + (" ?" if finding.doubts else "")


def _value(told: Mapping[str, Any]) -> str:
    if "value" in told:
        value = told["value"]
        if isinstance(value, bool):
            return "yes" if value else "no"
        return _number(value) if isinstance(value, int | float) else str(value)
    if "at_least" in told and "at_most" in told:
        return f"{_number(told['at_least'])}..{_number(told['at_most'])}"
    bound = next(key for key in _SIGNS if key in told)
    return _SIGNS[bound] + _number(told[bound])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
