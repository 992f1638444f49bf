"""Finding the phrases of word lists in a text, in time that grows with its length."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wayline.reading import Place

_TOKEN = re.compile(r"[a-z]+|[0-9]+|[^\sa-z0-9]")
# One sign for each of many that look alike; each replaces one character by one, so that places in the text stay what they are.
_LOOK_ALIKES = str.maketrans("’‘“”–—−‐‑\u00a0\u2009\u202f\r\f\v×∗µμ", "''\"\"-----      x*uu")


def plain(text: str) -> str:
    """Small letters and plain signs, each at its old place. Line ends and tabs stay."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals have longer small forms
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    return lower.translate(_LOOK_ALIKES)


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase that was found, with the value of its list."""

    start: int
    end: int
    value: Any


class Phrases:
    """Phrases with a value each; where two fit at one place, the longer is meant.

    `loose`: a blank or hyphen in a phrase also matches none, so that "her 2" finds HER2 and HER-2.
    """

    def __init__(self, loose: bool = False) -> None:
        self._loose = loose
        self._by_first: dict[str, list[tuple[re.Pattern[str], Any]]] = {}
        self._known: dict[str, Place] = {}

    def __bool__(self) -> bool:
        """Whether there is any phrase."""
        return bool(self._by_first)

    def add(self, words: Iterable[str], value: Any, place: Place) -> None:
        """Add the phrases of one list; one that stands in two lists of the same kind is a mistake."""
        for phrase in words:
            small = plain(phrase)
            if small in self._known:
                raise place.error(f"'{phrase}' stands in two lists, here and on line {self._known[small].line}")
            self._known[small] = place
            first = _TOKEN.search(small)
            if first is None:
                raise place.error("a phrase needs a letter, a digit or a sign")
            self._by_first.setdefault(first[0], []).append((self._pattern(small.strip()), value))

    def _pattern(self, phrase: str) -> re.Pattern[str]:
        gap = r"[\s\-]{0,3}" if self._loose else r"[\s\-]{1,20}"
        pieces = [re.escape(piece) for piece in re.split(r"[\s]+", phrase)]
        if self._loose:
            pieces = [piece.replace(r"\-", r"[\s\-]{0,3}") for piece in pieces]
        text = gap.join(pieces)
        before = r"(?<![a-z0-9])" if phrase[0].isalnum() else ""
        after = r"(?![a-z0-9])" if phrase[-1].isalnum() else ""
        return re.compile(before + text + after)

    def find(self, text: str, start: int, end: int) -> list[Hit]:
        """All phrases between two places of a plain text, from left to right, none within another."""
        hits: list[Hit] = []
        reached = start
        for token in _TOKEN.finditer(text, start, end):
            if token.start() < reached:
                continue
            best: Hit | None = None
            for pattern, value in self._by_first.get(token[0], ()):
                match = pattern.match(text, token.start(), end)
                if match is not None and (best is None or match.end() > best.end):
                    best = Hit(match.start(), match.end(), value)
            if best is not None:
                hits.append(best)
                reached = best.end
        return hits

    def at(self, text: str, start: int, end: int) -> Hit | None:
        """The longest phrase that begins just here."""
        token = _TOKEN.match(text, start, end)
        best: Hit | None = None
        for pattern, value in self._by_first.get(token[0] if token else "", ()):
            match = pattern.match(text, start, end)
            if match is not None and (best is None or match.end() > best.end):
                best = Hit(match.start(), match.end(), value)
        return best
