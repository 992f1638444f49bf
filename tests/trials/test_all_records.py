"""Real records, of every field of medicine, are split and read: no crash, no character lost, every expression in the language.

Every twelfth of them on every run; all of them with WAYLINE_DEEP=1.
"""

from __future__ import annotations

import gzip
import json
import os
import re

import pytest

from tests.helpers import shared_folder
from wayline.library import library
from wayline.logic.parsing import parse_expression
from wayline.reading import Place
from wayline.trials.criteria import Criterion
from wayline.trials.study import parse_study

EVERY = 1 if os.environ.get("WAYLINE_DEEP") == "1" else 12
RECORDS = shared_folder() / "data" / "studies.ndjson.gz"
# What may stand between two items: blanks, bullets, punctuation, the numbers and letters of a list, and the words that join two items.
SEPARATORS = re.compile(
    r"(?:[-\s*+\\•·●▪◦○■□➢✓‣⁃∙►–—.,;:()&]|\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z]|[IVX]{1,5})\\?[.):]\)?|\d{1,2}(?:\.\d{1,2}){1,3}|\bo\b|\band\b)*",
    re.IGNORECASE,
)
# A slash of the text's own, between blanks; the slash that joins a lead and its points stands nowhere.
SLASH = re.compile(r"\s+/(?=\s)")


@pytest.mark.skipif(not RECORDS.is_file(), reason="the shared records of every field are not here (WAYLINE_SHARED)")
@pytest.mark.xdist_group("all_records")
def test_real_records_are_read_without_losing_a_character() -> None:
    reader = library().criteria_reader
    expressions: set[str] = set()
    count = 0
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            count += 1
            if number % EVERY:
                continue
            study = parse_study(json.loads(line), f"line {number}")
            criteria = reader.read_study(study)
            assert what_is_lost(study.eligibility_criteria or "", criteria) == [], study.nct_id
            expressions |= {one.expression for one in criteria if one.expression is not None}
    assert count == 18_188
    assert len(expressions) > 10_000 / EVERY
    for expression in expressions:
        parse_expression(expression, library().vocabulary, Place("criteria", 1))


def what_is_lost(text: str, criteria: tuple[Criterion, ...]) -> list[str]:
    """What stands neither in an item nor between two as a separator; items that overlap or are out of order; words an item has lost."""
    lost: list[str] = []
    end = 0
    for criterion in criteria:
        if criterion.span is None:  # a structured field
            continue
        start, stop = criterion.span
        if not end <= start < stop <= len(text):
            lost.append(f"{criterion.span} overlaps, is out of order or empty")
        lost += [text[end:start]] if not SEPARATORS.fullmatch(text, end, start) else []
        lost += words_lost(text[start:stop], criterion.text)
        end = stop
    return lost + ([text[end:]] if not SEPARATORS.fullmatch(text, end) else [])


def words_lost(stands: str, item: str) -> list[str]:
    """What stands in an item's place and not in its text. A lead and its points are joined with a slash in place of their bullets."""
    if item == " ".join(stands.split()):
        return []
    lost: list[str] = []
    end = 0
    for word in item.split():
        if word == "/":
            slash = SLASH.match(stands, end)
            end = end if slash is None else slash.end()
            continue
        at = stands.find(word, end)
        if at < 0:
            return [*lost, f"'{word}' does not stand there"]
        lost += [stands[end:at]] if not SEPARATORS.fullmatch(stands, end, at) else []
        end = at + len(word)
    return lost + ([stands[end:]] if not SEPARATORS.fullmatch(stands, end) else [])


@pytest.mark.parametrize(
    ("stands", "item", "lost"),
    [
        ("HIV  or\n HBV", "HIV or HBV", []),
        ("One of:\n * HIV\n * HBV", "One of: / HIV / HBV", []),
        ("One of:\n 1. HIV/HBV\n 2. and/or a / b", "One of: / HIV/HBV / and/or a / b", []),
        ("HIV or HBV", "HIV HBV", [" or "]),
        ("ANC ≥ 1.5", "ANC 1.5", [" ≥ "]),
        ("HIV positive", "HIV", [" positive"]),
        ("HIV", "HIV negative", ["'negative' does not stand there"]),
    ],
)
def test_a_lost_word_is_noticed(stands: str, item: str, lost: list[str]) -> None:
    assert words_lost(stands, item) == lost
