"""Search over pages, options, drugs and words: stemming, misspellings, brand names and everyday words.

An index in memory (SQLite's FTS5 with the Porter stemmer), made from the content when it is loaded. A word that the index does not know is
replaced by the nearest that it does; what people say instead of a medical word finds that word's texts too.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from wayline.guide.glossary import Glossary

MOST_RESULTS = 30
LONGEST_QUERY = 200
MOST_WORDS = 12
SIMILAR_ENOUGH = 78
# Title, other names and everyday words, summary, text: a hit in a title says most.
_WEIGHTS = "10.0, 9.0, 4.0, 1.0"
# bm25 is below 0, and the lower the better.
_WORTH = {"page": 1.7, "option": 1.7, "word": 1.0}
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
# Words that say nothing about what is sought.
_EMPTY_WORDS = """
    a about after am an and any are as at be been but by can could did do does for from get give had has have how i if in is it its
    me my no not of on or our she he should so than that the their them there they this to was we were what when where which who why
    will with would you your
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


@dataclass(frozen=True)
class Document:
    """Something that can be found. `kind` and `id` name it; `also` holds other names and everyday words."""

    kind: str
    id: str
    title: str
    also: tuple[str, ...]
    summary: str
    text: str


@dataclass(frozen=True)
class Hit:
    document: Document
    rank: int


@dataclass(frozen=True)
class Results:
    """Hits, best first. `read_as` is the query as it was understood, where that differs from what was typed."""

    hits: tuple[Hit, ...]
    read_as: str | None


class SearchIndex:
    """Made once, read by many threads."""

    def __init__(self, documents: Iterable[Document], glossary: Glossary) -> None:
        self._documents = list(documents)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE found USING fts5(title, also, summary, text, tokenize='porter unicode61 remove_diacritics 2')"
        )
        self._database.executemany(
            "INSERT INTO found(rowid, title, also, summary, text) VALUES (?, ?, ?, ?, ?)",
            [
                (row, document.title, " . ".join(document.also), document.summary, document.text)
                for row, document in enumerate(self._documents)
            ],
        )
        self._words = sorted(
            {
                word
                for document in self._documents
                for part in (document.title, *document.also, document.summary, document.text)
                for word in _WORD.findall(part.lower())
                if len(word) > 2
            }
        )
        self._known = frozenset(self._words)
        # What is asked for by its own name comes first.
        self._named: dict[str, list[int]] = {}
        for row, document in enumerate(self._documents):
            for name in dict.fromkeys(" ".join(_words_of(form)) for form in (document.title, *document.also)):
                self._named.setdefault(name, []).append(row)
        self._instead = [
            (frozenset(_words_of(phrase)), " ".join(word.forms))
            for word in glossary.values()
            for phrase in word.everyday
            if _words_of(phrase)
        ]

    def search(self, query: str) -> Results:
        """The documents that answer a query, best first."""
        typed = _words_of(query[:LONGEST_QUERY])[:MOST_WORDS]
        if not typed:
            return Results((), None)
        words = [self._nearest(word) for word in typed]
        meant = self._medical_words(frozenset(words))
        rows: dict[int, None] = dict.fromkeys(self._named.get(" ".join(words), ()))
        for match in (self._all(words), self._any([*words, *meant])):
            for row in self._rows(match):
                rows.setdefault(row)
        hits = tuple(Hit(self._documents[row], rank) for rank, row in enumerate(list(rows)[:MOST_RESULTS]))
        return Results(hits, " ".join(words) if words != typed else None)

    def _rows(self, match: str) -> list[int]:
        """The rows of the best matches. A page says more than the one line that explains a word, so it stands before it."""
        query = f"SELECT rowid, bm25(found, {_WEIGHTS}) FROM found WHERE found MATCH ?"  # noqa: S608 - constants
        with self._lock:
            found = self._database.execute(query, (match,)).fetchall()
        ranked = sorted(found, key=lambda one: (one[1] * _WORTH[self._documents[one[0]].kind], one[0]))
        return [row for row, _ in ranked[:MOST_RESULTS]]

    def _nearest(self, word: str) -> str:
        """The word, or the nearest known one where it is misspelled."""
        if word in self._known or len(word) < 4 or any(known.startswith(word) for known in self._words if known[0] == word[0]):
            return word
        best = process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=SIMILAR_ENOUGH)
        return best[0] if best else word

    def _medical_words(self, words: frozenset[str]) -> list[str]:
        """The medical words for what was said in everyday ones."""
        return [form for phrase, forms in self._instead if phrase <= words for form in _words_of(forms)]

    def _all(self, words: list[str]) -> str:
        return " AND ".join(self._term(word) for word in dict.fromkeys(words))

    def _any(self, words: list[str]) -> str:
        return " OR ".join(self._term(word) for word in dict.fromkeys(words))

    def _term(self, word: str) -> str:
        """A known word as it is; an unknown one as the beginning of a word. A stem with an open end would catch too much."""
        return f'"{word}"' if word in self._known else f'"{word}"*'


def _words_of(text: str) -> list[str]:
    """The words that matter, in lower case; all of them where none does."""
    words = [word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(text.lower())]
    words = [word.replace("'", "") for word in words]
    return [word for word in words if word not in _EMPTY] or words
