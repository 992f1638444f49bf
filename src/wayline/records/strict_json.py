"""JSON as records bring it, read strictly and bounded: no half-known numbers, no key twice, no depth without end.

`wayline.reading` reads what people write and keeps every line; records are larger by far, so here only errors know their line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from wayline.reading import WaylineError, shortened

DEEPEST_NESTING = 60  # FHIR's deepest resources nest a third of that
MOST_VALUES = 3_000_000
_LONGEST_NUMBER = 60


def decoded(data: bytes, name: str) -> str:
    """The text of a file; UTF-8 with or without its mark. WaylineError for any other encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:4]:
        raise WaylineError(f"{name}: this is UTF-16 or UTF-32 text, or no text at all; save it as UTF-8 and try again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WaylineError(f"{name}, line {line}: not UTF-8 text (byte {error.start})") from None


def parse_json(text: str, name: str, first_line: int = 1) -> Any:
    """One JSON value as plain dicts, lists, strings, numbers, booleans and None. WaylineError with the line where it breaks a rule."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise WaylineError(f"{name}, line {first_line + error.lineno - 1}: not valid JSON: {error.msg}") from None
    except RecursionError:
        raise WaylineError(f"{name}: nested deeper than {DEEPEST_NESTING} levels") from None
    except _RefusedError as refused:
        where = f"{name}, line {first_line}" if first_line > 1 else name
        raise WaylineError(f"{where}: {refused}") from None
    _check_depth(value, name if first_line == 1 else f"{name}, line {first_line}")
    return value


class _RefusedError(ValueError):
    """What the JSON parser accepts and we do not."""


def _refuse_constant(word: str) -> None:
    raise _RefusedError(f"{word} is not a number that JSON allows")


def _float(written: str) -> float:
    number = float(written) if len(written) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise _RefusedError(f"the number {shortened(written)} is too large or too long")
    return number


def _int(written: str) -> int:
    if len(written) > _LONGEST_NUMBER:
        raise _RefusedError(f"the number {shortened(written)} is too long")
    return int(written)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedError(f"the key '{shortened(twice)}' stands twice in one block")
    return found


def _check_depth(value: Any, name: str) -> None:
    """Bounds depth and count without recursion, and refuses halves of letters, which no text may hold."""
    level: list[Any] = [value]
    count = depth = 0
    while level:
        depth += 1
        count += len(level)
        if depth > DEEPEST_NESTING:
            raise WaylineError(f"{name}: nested deeper than {DEEPEST_NESTING} levels")
        if count > MOST_VALUES:
            raise WaylineError(f"{name}: more than {MOST_VALUES:,} values")
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and _HALF_LETTER.search(one):
                raise WaylineError(f"{name}: holds half of a letter (a lone surrogate), which is not text")
        level = below


_HALF_LETTER = re.compile("[\ud800-\udfff]")


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers. Only line feeds part lines: a text in JSON may hold other breaks."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()
