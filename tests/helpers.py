"""Small helpers that several test folders share."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from wayline.facts.case import parse_case
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.reading import Place, parse

CHECKOUT = Path(__file__).parent.parent
TODAY = "2026-11-20"


def situation_of(facts: Mapping[str, Any], as_of: str = TODAY) -> Situation:
    """A situation from facts in the forms of a case file."""
    return situation_of_text(json.dumps({"as_of": as_of, "facts": facts}))


def situation_of_text(text: str) -> Situation:
    """A situation from the text of a case file."""
    return parse_case(parse(text, "case.yaml"), library().vocabulary, "case.yaml")


def span(text: str) -> NumberRange:
    """A range in the usual notation: `[1, 3)` holds 1 and not 3, `(-inf, 2]` all up to 2; `2` is just 2."""
    match = re.fullmatch(r"([\[(])\s*(\S+),\s*(\S+)\s*([\])])", text)
    if match is None:
        return NumberRange.exactly(float(text))
    low, high = float(match[2]), float(match[3])
    return NumberRange(low, high, match[1] == "(" and math.isfinite(low), match[4] == ")" and math.isfinite(high))


def shared_folder() -> Path:
    """The folder of test data: WAYLINE_SHARED, else ../shared beside the checkout. It may be absent."""
    return Path(os.environ.get("WAYLINE_SHARED") or CHECKOUT.parent / "shared")


def days_ago(days: int) -> str:
    """The day that lies so many days before TODAY, as a case file writes it."""
    return (date.fromisoformat(TODAY) - timedelta(days)).isoformat()


def condition_of(text: str) -> Condition:
    """A condition from the text of an expression, checked against the vocabulary that ships with Wayline."""
    return parse_expression(text, library().vocabulary, Place("rules.md", 7))
