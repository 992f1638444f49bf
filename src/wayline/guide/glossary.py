"""Words explained: from `content/glossary.yaml`, found in texts so that they can be explained in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wayline.guide.references import References
from wayline.reading import Place, read, require_keys, rows_at, text_at, texts_at

_KEYS = ("id", "word", "also", "everyday", "means", "cites")


@dataclass(frozen=True)
class Word:
    """One word and what it means. `everyday` is what people type instead."""

    id: str
    word: str
    also: tuple[str, ...]
    everyday: tuple[str, ...]
    means: str
    cites: tuple[str, ...]
    place: Place

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form that stands in texts."""
        return (self.word, *self.also)


class Glossary(Mapping[str, Word]):
    """All words by id."""

    def __init__(self, words: Mapping[str, Word]) -> None:
        self._words = dict(words)

    def __getitem__(self, word_id: str) -> Word:
        return self._words[word_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @cached_property
    def in_order(self) -> tuple[Word, ...]:
        """For the list of all words."""
        return tuple(sorted(self._words.values(), key=lambda word: word.word.casefold()))

    @cached_property
    def _by_form(self) -> dict[str, Word]:
        return {form.casefold(): word for word in self._words.values() for form in word.forms}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted(self._by_form, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, forms))})(?![\w-])", re.IGNORECASE) if forms else re.compile(r"(?!)")

    def find(self, text: str) -> Iterator[tuple[int, int, Word]]:
        """(start, end, word) of every word of the glossary in a text, the longest form first."""
        for match in self._pattern.finditer(text):
            yield match.start(), match.end(), self._by_form[match[0].casefold()]


def load_glossary(path: Path, references: References) -> Glossary:
    """Load the glossary strictly; each form belongs to one word."""
    name = path.name
    rows = rows_at(require_keys(read(path, name), ("words",), Place(name, 1)), "words")
    words: dict[str, Word] = {}
    owners: dict[str, str] = {}
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, _KEYS, place)
        word = Word(
            id=text_at(block, "id"),
            word=text_at(block, "word"),
            also=tuple(texts_at(block, "also")),
            everyday=tuple(texts_at(block, "everyday")),
            means=text_at(block, "means"),
            cites=references.require(texts_at(block, "cites"), block.at("cites")),
            place=place,
        )
        if word.id in words:
            raise place.error(f"the word '{word.id}' stands twice")
        for form in word.forms:
            if owners.setdefault(form.casefold(), word.id) != word.id:
                raise place.error(f"'{form}' is already a form of '{owners[form.casefold()]}'")
        words[word.id] = word
    return Glossary(words)
