"""Building readings: expressions of the criteria language, with marks for what was not understood.

A reading says what an item demands. `Unread` holds words that the reader did not understand; it is UNKNOWN of everybody, so by Kleene's
tables it leaves an answer open wherever it could matter, and nowhere else. What two readings of a doubtful "and" share is `agreed`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal or closed expression of the criteria language, as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Words that were not understood."""

    words: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    part: Reading


Reading = Literal | Unread | All | AnyOf | Opposite

EVERYBODY = Literal('diagnosis.primary == "esophagus"')
NOBODY = Literal('diagnosis.primary != "esophagus"')


def all_of(*parts: Reading) -> Reading:
    """All parts together; parts that are the same, or that everybody meets, stand once or not at all."""
    flat: dict[Reading, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, All) else (part,):
            if one != EVERYBODY:
                flat[one] = None
    if NOBODY in flat:
        return NOBODY
    if not flat:
        return EVERYBODY
    return All(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def any_of(*parts: Reading) -> Reading:
    """Any one of the parts."""
    flat: dict[Reading, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, AnyOf) else (part,):
            if one != NOBODY:
                flat[one] = None
    if EVERYBODY in flat:
        return EVERYBODY
    if not flat:
        return NOBODY
    return AnyOf(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def opposite(part: Reading) -> Reading:
    """The part denied."""
    if isinstance(part, Opposite):
        return part.part
    if part == EVERYBODY:
        return NOBODY
    if part == NOBODY:
        return EVERYBODY
    return part if isinstance(part, Unread) else Opposite(part)


def agreed(parts: Iterable[Reading], words: str) -> Reading:
    """What "all of these" and "any of these" agree on, where the words leave open which is meant."""
    parts = tuple(parts)
    if len(set(parts)) == 1:
        return parts[0]
    return any_of(all_of(*parts), all_of(any_of(*parts), Unread(words)))


def is_fully_unread(reading: Reading) -> bool:
    """Whether nothing in it was understood."""
    match reading:
        case Unread():
            return True
        case All(parts) | AnyOf(parts):
            return all(is_fully_unread(part) for part in parts)
        case Opposite(part):
            return is_fully_unread(part)
    return False


def unread_words(reading: Reading) -> tuple[str, ...]:
    """The words that were not understood, in order, each once: what `unread(0)`, `unread(1)` point to."""
    found: dict[str, None] = {}
    _collect(reading, found)
    return tuple(found)


def _collect(reading: Reading, found: dict[str, None]) -> None:
    match reading:
        case Unread(words):
            found[words] = None
        case All(parts) | AnyOf(parts):
            for part in parts:
                _collect(part, found)
        case Opposite(part):
            _collect(part, found)


def as_expression(reading: Reading) -> str:
    """The reading as text of the criteria language; `unread(n)` points into `unread_words`."""
    places = {words: number for number, words in enumerate(unread_words(reading))}
    return _written(reading, places, 0)


def _written(reading: Reading, places: Mapping[str, int], binding: int) -> str:
    """`binding` is how tightly the place binds: 0 stands free, 1 inside `or`, 2 inside `and`, 3 after `not`."""
    match reading:
        case Literal(text):
            return text
        case Unread(words):
            return f"unread({places[words]})"
        case Opposite(part):
            return f"not {_written(part, places, 3)}"
        case All(parts):
            text = " and ".join(_written(part, places, 2) for part in parts)
            return f"({text})" if binding > 2 else text
        case AnyOf(parts):
            text = " or ".join(_written(part, places, 1) for part in parts)
            return f"({text})" if binding > 1 else text


def from_text(text: str, names: Mapping[str, Reading], words: str) -> Reading:
    """A reading from a line of the word lists: the criteria language with the lists' own `names` and `unread`."""
    return _from_syntax(ast.parse(text, mode="eval").body, names, words)


def _from_syntax(node: ast.expr, names: Mapping[str, Reading], words: str) -> Reading:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all_of(*(_from_syntax(value, names, words) for value in values))
        case ast.BoolOp(values=values):
            return any_of(*(_from_syntax(value, names, words) for value in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return opposite(_from_syntax(operand, names, words))
        case ast.Name(id="unread"):
            return Unread(words)
        case ast.Name(id=name) if name in names:
            return names[name]
    return Literal(ast.unparse(node).replace("'", '"'))
