"""A sentence as a string of letters: each run of words that the lexicon knows is one chunk with one letter.

What is demanded is then found by regular expressions over the letters, and each find is put back as one chunk that carries its reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wayline.trials.expressions import Reading
from wayline.trials.lexicon import NUMBER, WORD, Lexicon, tokens_of

# A state or treatment that holds of a person; a limit; a diagnosis. What stands beside the last two only narrows them.
HOLDS, LIMITS, DIAGNOSIS = "A", "V", "B"
_SIGNS = frozenset(",;.&|/():-")


@dataclass(slots=True)
class Chunk:
    """A run of words: its letter, the value of that role, and its place in the text."""

    role: str
    value: Any
    start: int
    end: int


class Sentence:
    """The chunks of one sentence and their letters."""

    def __init__(self, text: str, chunks: list[Chunk]) -> None:
        self.text = text
        self.chunks = chunks
        self.letters = "".join(chunk.role for chunk in chunks)

    @classmethod
    def of(cls, text: str, lexicon: Lexicon) -> Sentence:
        tokens = tokens_of(text)
        words = [token.text for token in tokens]
        chunks: list[Chunk] = []
        place, count = 0, len(tokens)
        while place < count:
            token = tokens[place]
            found = lexicon.at(words, place)
            if found is not None and (token.number is None or found[1] > place + 1):
                entry, after = found
                chunks.append(Chunk(entry.role, entry.value, token.start, tokens[after - 1].end))
                place = after
                continue
            if token.number is not None:
                chunks.append(Chunk(NUMBER, token.number, token.start, token.end))
            elif token.text in _SIGNS:
                chunks.append(Chunk(token.text, None, token.start, token.end))
            else:
                chunks.append(Chunk(WORD, None, token.start, token.end))
            place += 1
        return cls(text, chunks)

    def words(self, start: int, end: int) -> str:
        """The text of a run of chunks."""
        if start >= end:
            return ""
        return " ".join(self.text[self.chunks[start].start : self.chunks[end - 1].end].split())

    def put(self, start: int, end: int, role: str, value: Any) -> None:
        """Put one chunk in the place of a run."""
        chunk = Chunk(role, value, self.chunks[start].start, self.chunks[end - 1].end)
        self.chunks[start:end] = [chunk]
        self.letters = self.letters[:start] + role + self.letters[end:]

    def insert(self, place: int, sign: str) -> None:
        """Put a sign before a chunk that the text itself does not part from the one before."""
        at = self.chunks[place].start
        self.chunks.insert(place, Chunk(sign, None, at, at))
        self.letters = self.letters[:place] + sign + self.letters[place:]

    def drop(self, start: int, end: int) -> None:
        del self.chunks[start:end]
        self.letters = self.letters[:start] + self.letters[end:]

    def part(self, start: int, end: int) -> Sentence:
        return Sentence(self.text, self.chunks[start:end])

    def each(self, pattern: re.Pattern[str], make: Callable[[int, int], tuple[int, str, Reading] | None]) -> None:
        """Put what `make` finds in the place of each match, from left to right. `make` gives the end that it used, a role and a reading."""
        place = 0
        while (match := pattern.search(self.letters, place)) is not None:
            made = make(match.start(), match.end())
            if made is None:
                place = match.start() + 1
                continue
            end, role, reading = made
            self.put(match.start(), end, role, reading)
            place = match.start() + 1
