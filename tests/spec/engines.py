"""The engines that must agree with every table. An engine takes facts as in a case file and an expression, and answers in a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.helpers import condition_of, situation_of

Engine = Callable[[Mapping[str, Any], str], str]


def scalar(facts: Mapping[str, Any], expression: str) -> str:
    """One person, one expression, one answer."""
    return condition_of(expression).truth(situation_of(facts)).value


ENGINES: dict[str, Engine] = {"scalar": scalar}
