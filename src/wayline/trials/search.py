"""Full-text search over the studies of a mirror, in the mirror's own SQLite file.

The index stands beside the records, so it changes in the same transaction as they do: nothing here commits. It is made of four
tables: `search_text` (FTS5, Porter stems), `search_studies` (what the filters ask for), `search_words` (every word as written, for
misspellings) and `search_generation` (one random mark for each change, by which a process sees that what it remembers is out of date).
"""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
import uuid
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from wayline.reading import WaylineError
from wayline.trials.places import Point, PointTable, all_open_places_known, open_points
from wayline.trials.study import Study
from wayline.trials.thesaurus import MOST_WORDS_OF_A_NAME, Meaning, Thesaurus, any_of, phrase, tokens_of, within

Key = TypeVar("Key")
Value = TypeVar("Value")

LONGEST_QUERY = 300
MOST_WORDS = 14
SHORTEST_TO_CORRECT = 4
LONGEST_WORD = 40
# Of 100, for a word that no study holds; and for a rare one that looks like a slip for a frequent one.
SIMILAR_ENOUGH = 76
SIMILAR_ENOUGH_TO_A_RARE_WORD = 88
RARE_STUDIES = 3
TIMES_MORE_FREQUENT = 30
ABOUT_EQUALLY_ALIKE = 6

_COLUMNS = ("title", "conditions", "interventions", "other", "summary", "criteria", "places")
_FOUND = "SELECT rowid FROM search_text WHERE search_text MATCH ?"
# What stands in a title says most of what a study is about, what stands in the criteria or among the sites least.
_MORE_AND_MORE_PROMINENT = ("{other summary}", "{conditions interventions}", "{title}")
_IN_A_NAME = 2
_AMONG_TREATMENTS = 3
_MOST_REMEMBERED = 1_000
# A drug that is new to the registry is in few studies, and is meant all the same.
_A_NAME_COUNTS_AS = 100
_STUDIES_AT_ONCE = 500
_NCT_ID = re.compile(r"\bn\s*c\s*t[\s:#.-]*((?:[0-9][\s.-]*){8})(?![0-9])", re.IGNORECASE)
_EIGHT_DIGITS = re.compile(r"\s*([0-9]{8})\s*")
_QUOTED = re.compile(r'["“”]([^"“”]*)["“”]')
# Words that say nothing about which study is sought.
_EMPTY_WORDS = """
    a about after all am an and any are as at be been being but by can clinical could did do does find for from get give had has have he
    her his how i if in into is it its me my near new no not of on open or our patient patients people person please recruiting research
    she should show so some studies study take than that the their them there they this to treatment treatments trial trials try us was
    we were what when where which who whose will with would you your
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
_TABLES = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS search_text USING fts5({', '.join(_COLUMNS)}, tokenize='porter unicode61 remove_diacritics 2')",
    """CREATE TABLE IF NOT EXISTS search_studies (
        number INTEGER PRIMARY KEY, title TEXT NOT NULL, overall_status TEXT, study_type TEXT, phases TEXT NOT NULL,
        last_update_posted TEXT, open_places BLOB NOT NULL, all_open_places_known INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS search_words (word TEXT PRIMARY KEY, studies INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS search_generation (mark TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Filters:
    """What a study must say of itself. None asks for nothing.

    `phases` and `statuses` hold the registry's words (any of them will do), `kind` its study type. `near` is where distances are measured
    from; with `within_miles`, a study needs an open site no farther away.
    """

    phases: Collection[str] | None = None
    statuses: Collection[str] | None = None
    kind: str | None = None
    near: Point | None = None
    within_miles: float | None = None

    def __post_init__(self) -> None:
        if self.within_miles is None:
            return
        if self.near is None:
            raise WaylineError("a distance in miles needs a ZIP code to measure it from")
        if not 0 <= self.within_miles < float("inf"):
            raise WaylineError("the distance must be a number of miles, 0 or more")


@dataclass(frozen=True, slots=True)
class TrialHit:
    """One study found. `miles` to its nearest open site with a known place is None without `near`, or where there is none.

    `wider` marks a study that was found only because it takes people with many kinds of cancer, or more stages than were asked for.
    """

    nct_id: str
    title: str
    overall_status: str | None
    study_type: str | None
    phases: tuple[str, ...]
    last_update_posted: str | None
    miles: float | None
    wider: bool


@dataclass(frozen=True)
class TrialResults:
    """Hits, best first, at most as many as asked for; `total` counts all that there are.

    `read_as` is the query as it was understood, where that differs from what was typed. `not_found` are typed words (or registry numbers)
    that no study holds. `all_words` is False where no study holds all the others, and these hold some of them. `not_told` counts studies
    that answer the words but were left out because their record does not tell what was filtered for: they may fit all the same.
    """

    hits: tuple[TrialHit, ...]
    total: int
    read_as: str | None
    not_found: tuple[str, ...]
    all_words: bool
    not_told: int


def create_index(connection: sqlite3.Connection) -> None:
    """Make the tables of the index where they are not there yet."""
    for statement in _TABLES:
        connection.execute(statement)


def index_studies(connection: sqlite3.Connection, studies: Iterable[Study]) -> int:
    """Put studies into the index, in place of what it holds of them; returns how many. The caller commits."""
    number_of_studies = 0
    remaining = iter(studies)
    while batch := list(islice(remaining, _STUDIES_AT_ONCE)):
        # Of two records of one study in one batch the later one stands, as it does in two batches.
        latest = {study.nct_id: study for study in batch}
        _forget(connection, latest)
        texts = {_number(nct_id): _text_of(study) for nct_id, study in latest.items()}
        connection.executemany(
            f"INSERT INTO search_text(rowid, {', '.join(_COLUMNS)}) VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})",  # noqa: S608 - constants
            [(number, *text) for number, text in texts.items()],
        )
        connection.executemany("INSERT INTO search_studies VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [_row_of(study) for study in latest.values()])
        _count_words(connection, texts.values(), 1)
        number_of_studies += len(batch)
    _mark(connection)
    return number_of_studies


def forget_studies(connection: sqlite3.Connection, nct_ids: Iterable[str]) -> None:
    """Take studies out of the index; those that it does not hold make no difference. The caller commits."""
    _forget(connection, nct_ids)
    _mark(connection)


def search_trials(
    connection: sqlite3.Connection, words: str, thesaurus: Thesaurus, filters: Filters | None = None, limit: int = 30
) -> TrialResults:
    """The studies that answer words and filters, best first; without words, those changed last.

    A registry number ("NCT02743494", "nct 02743494") goes straight to its study, whatever the filters: somebody who has the number wants to
    see this study, and what it says about itself. A connection serves one thread at a time.
    """
    with _one_state(connection):
        return _search(connection, words, thesaurus, filters or Filters(), limit)


def _search(connection: sqlite3.Connection, words: str, thesaurus: Thesaurus, filters: Filters, limit: int) -> TrialResults:
    index = _remembered(connection)
    query = _Query(connection, index, thesaurus, words)
    scored = query.answers()
    rows, not_told = index.filtered(scored.rows, filters)
    order = [*query.named, *rows[~np.isin(rows, list(query.named))].tolist()]
    miles = index.places.miles_to_nearest(filters.near) if filters.near else None
    shown = _rows_of_studies(connection, [int(index.numbers[row]) for row in order[: max(0, limit)]])
    hits = tuple(
        _hit(study, miles[row] if miles is not None else None, row in scored.wider)
        for row, study in zip(order, shown, strict=False)  # `shown` is the beginning of `order`
    )
    return TrialResults(hits, len(order), query.read_as, tuple(query.not_found), scored.all_words, not_told)


@contextmanager
def _one_state(connection: sqlite3.Connection) -> Iterator[None]:
    """Lets one search see the index as it is at one moment, even while a new mirror comes in from another process."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@dataclass(frozen=True)
class _Answers:
    """Row numbers of studies, best first; the row numbers of those that only wider words brought."""

    rows: NDArray[np.intp]
    wider: frozenset[int] = frozenset()
    all_words: bool = True


class _Term(NamedTuple):
    """One part of a query: as it was understood, and what to look for."""

    shown: str
    meaning: Meaning


@dataclass
class _Index:
    """What a process remembers of an index: small columns of all studies, newest change first, and all words."""

    numbers: NDArray[np.int64]  # of NCT ids
    statuses: NDArray[np.object_]
    kinds: NDArray[np.object_]
    phases: NDArray[np.object_]  # the registry's words, with a blank before and after each
    places: PointTable
    all_places_known: NDArray[np.bool_]  # of its open sites; True also where it says that it is closed
    words: dict[str, int]  # in how many studies
    row_of_number: dict[int, int] = field(init=False)
    _alphabet: list[str] = field(init=False)
    _by_first_letter: dict[str, list[str]] = field(init=False)
    _rows_by_number: NDArray[np.intp] = field(init=False)
    _nearest: dict[tuple[str, int], str | None] = field(default_factory=dict)
    _prominence: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    _said: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows_by_number = np.argsort(self.numbers)
        self.row_of_number = {int(number): row for row, number in enumerate(self.numbers)}
        self._alphabet = sorted(self.words)
        self._by_first_letter = defaultdict(list)
        for word, studies in self.words.items():
            if studies > 1 and len(word) >= SHORTEST_TO_CORRECT and word.isalpha():
                self._by_first_letter[word[0]].append(word)

    def filtered(self, rows: NDArray[np.intp], filters: Filters) -> tuple[NDArray[np.intp], int]:
        """The rows that say of themselves what is asked for, in order; and how many others do not say it, nor the contrary."""
        fits, told = np.ones(len(rows), bool), np.ones(len(rows), bool)
        for yes, says in self._judged(rows, filters):
            # A told contrary leaves a study out for good; an untold word leaves it out of the hits only.
            fits &= yes | ~says
            told &= says
        return rows[fits & told], int(np.count_nonzero(fits & ~told))

    def _judged(self, rows: NDArray[np.intp], filters: Filters) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """For each filter: which rows have what it asks for, and which tell anything about it."""
        if filters.statuses is not None:
            yield _is_one_of(self.statuses[rows], filters.statuses)
        if filters.kind is not None:
            yield _is_one_of(self.kinds[rows], (filters.kind,))
        if filters.phases is not None:
            wanted = [f" {phase_word} " for phase_word in filters.phases]
            phases = self.phases[rows]
            yield (
                np.array([any(phase_word in told for phase_word in wanted) for told in phases], bool),
                np.array([bool(told.strip()) for told in phases], bool),
            )
        if filters.near is not None and filters.within_miles is not None:
            miles = self.places.miles_to_nearest(filters.near)[rows]
            near_enough = miles <= filters.within_miles
            yield near_enough, near_enough | self.all_places_known[rows]

    def prominence(self, connection: sqlite3.Connection, meaning: str) -> NDArray[np.uint8]:
        """For each row: in how prominent a place of the study something is said, 0 where it is not said at all. Remembered."""
        known = self._prominence.get(meaning)
        if known is not None:
            return known
        prominence = np.zeros(len(self.numbers), np.uint8)
        anywhere = self._rows_with(connection, meaning)
        prominence[anywhere] = 1
        if len(anywhere):
            for level, columns in enumerate(_MORE_AND_MORE_PROMINENT, start=2):
                prominence[self._rows_with(connection, within(columns, meaning))] = level
        _keep(self._prominence, meaning, prominence)
        return prominence

    def said(self, connection: sqlite3.Connection, meaning: str) -> NDArray[np.bool_]:
        """For each row: whether something is said there. Remembered."""
        known = self._said.get(meaning)
        if known is not None:
            return known
        said = np.zeros(len(self.numbers), bool)
        said[self._rows_with(connection, meaning)] = True
        _keep(self._said, meaning, said)
        return said

    def _rows_with(self, connection: sqlite3.Connection, expression: str) -> NDArray[np.intp]:
        numbers = np.fromiter((row[0] for row in connection.execute(_FOUND, (expression,))), np.int64)
        return self._rows_by_number[np.searchsorted(self.numbers, numbers, sorter=self._rows_by_number)]

    def begins_a_longer_word(self, beginning: str) -> bool:
        at = bisect_right(self._alphabet, beginning)
        return at < len(self._alphabet) and self._alphabet[at].startswith(beginning)

    def nearest(self, word: str, cutoff: int, names: frozenset[str]) -> str | None:
        """The word of the index, or of a name that we know, that is written most alike; the more frequent one of two. Remembered."""
        key = (word, cutoff)
        known = self._nearest.get(key, "")
        if known != "":
            return known
        same_letter = [*self._by_first_letter.get(word[0], ()), *(name for name in names if name[0] == word[0] and name.isalpha())]
        everything = (known for known_words in self._by_first_letter.values() for known in known_words)
        found = self._best(word, same_letter, cutoff, names) or self._best(word, everything, cutoff, names)
        _keep(self._nearest, key, found)
        return found

    def _best(self, word: str, candidates: Iterable[str], cutoff: int, names: frozenset[str]) -> str | None:
        """Of those about equally alike, the one that most studies hold: slips of the pen stand in records too."""
        found = [one for one in process.extract(word, candidates, scorer=fuzz.ratio, score_cutoff=cutoff, limit=8) if one[0] != word]
        if not found:
            return None
        alike = [one[0] for one in found if one[1] >= found[0][1] - ABOUT_EQUALLY_ALIKE]
        return str(max(alike, key=lambda known: (self.words.get(known, 0) + (_A_NAME_COUNTS_AS if known in names else 0), known)))


class _Query:
    """One query, read: registry numbers, phrases in quotation marks, names, words."""

    def __init__(self, connection: sqlite3.Connection, index: _Index, thesaurus: Thesaurus, typed: str) -> None:
        self._connection = connection
        self._index = index
        self._thesaurus = thesaurus
        self.not_found: list[str] = []
        self.named: dict[int, None] = {}
        self._corrected = False
        text = unicodedata.normalize("NFKC", typed)[:LONGEST_QUERY]
        text = self._without_registry_numbers(text)
        terms = [*self._quoted(text), *self._terms(_QUOTED.sub(" ", text))][:MOST_WORDS]
        self._asks_for_words = bool(terms)
        self._terms_found = [term for term in terms if self._is_somewhere(term)]
        self.not_found += [term.shown for term in terms if term not in self._terms_found]

    @property
    def read_as(self) -> str | None:
        return " ".join(term.shown for term in self._terms_found) or None if self._corrected else None

    def answers(self) -> _Answers:
        """All studies for a query without words; those with all the words, then those of wider groups; else those with some."""
        if not self._asks_for_words:
            only_numbers = self.named or self.not_found
            return _Answers(np.arange(0 if only_numbers else len(self._index.numbers), dtype=np.intp))
        if not self._terms_found:
            return _Answers(np.arange(0, dtype=np.intp))
        same = [self._same(term) for term in self._terms_found]
        rows = _best_first(same, np.all(np.array(same) > 0, axis=0))
        reached = [self._same_or_wider(term, here) for term, here in zip(self._terms_found, same, strict=True)]
        wider = _best_first(reached, np.all(np.array(reached) > 0, axis=0) & ~np.all(np.array(same) > 0, axis=0))
        if len(rows) or len(wider):
            return _Answers(np.concatenate((rows, wider)), frozenset(wider.tolist()))
        some = np.array(same)
        prominent = _best_first(same, np.any(some >= _IN_A_NAME, axis=0))
        return _Answers(prominent if len(prominent) else _best_first(same, np.any(some > 0, axis=0)), all_words=False)

    def _same(self, term: _Term) -> NDArray[np.float32]:
        """How prominently each study says this; 0 where it does not."""
        prominence = self._index.prominence(self._connection, any_of(term.meaning.same)).astype(np.float32)
        for kind in term.meaning.kinds:
            np.maximum(prominence, _AMONG_TREATMENTS * self._index.said(self._connection, kind), out=prominence)
        return prominence

    def _same_or_wider(self, term: _Term, same: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and for the rest how close the closest wider group is that they speak of."""
        reached = same.copy()
        for distance, wider in enumerate(term.meaning.wider, start=1):
            said = self._index.said(self._connection, wider)
            reached[said & (reached == 0)] = 1 / (1 + distance)
        return reached

    def _is_somewhere(self, term: _Term) -> bool:
        return bool(np.any(self._same_or_wider(term, self._same(term))))

    def _without_registry_numbers(self, text: str) -> str:
        """Notes the studies named by number, and returns the rest."""
        numbers = [re.sub("[^0-9]", "", match[1]) for match in _NCT_ID.finditer(text)]
        alone = _EIGHT_DIGITS.fullmatch(text)
        if alone and int(alone[1]) in self._index.row_of_number:
            numbers, text = [alone[1]], ""
        for digits in dict.fromkeys(numbers):
            row = self._index.row_of_number.get(int(digits))
            if row is None:
                self.not_found.append(f"NCT{digits}")
            else:
                self.named[row] = None
        return _NCT_ID.sub(" ", text)

    def _quoted(self, text: str) -> list[_Term]:
        """What stands between quotation marks is looked for as it is: no other spelling, no other name."""
        cut = [tokens_of(quoted) for quoted in _QUOTED.findall(text)]
        return [_Term(f'"{" ".join(tokens)}"', Meaning((phrase(tokens),))) for tokens in cut if tokens]

    def _terms(self, text: str) -> list[_Term]:
        """Names first, the longest one at each place; then the words between them, without those that say nothing."""
        typed = tokens_of(text)[: 3 * MOST_WORDS]
        spelled = [self._spelled(token) for token in typed]
        terms: dict[str, _Term] = {}
        at = 0
        while at < len(spelled):
            length, meaning = self._longest_name(spelled, at)
            if meaning is None and typed[at] not in _EMPTY:
                meaning = Meaning((self._word(spelled[at]),))
            if meaning is not None:
                shown = " ".join(spelled[at : at + length])
                if typed[at : at + length] != spelled[at : at + length]:
                    self._corrected = True
                    meaning = meaning.and_also(Meaning((phrase(typed[at : at + length]),)))
                terms[shown] = _Term(shown, meaning)
            at += length
        return list(terms.values())

    def _longest_name(self, tokens: list[str], at: int) -> tuple[int, Meaning | None]:
        for length in range(min(MOST_WORDS_OF_A_NAME, len(tokens) - at), 0, -1):
            meaning = self._thesaurus.find(tokens[at : at + length])
            if meaning is not None:
                return length, meaning
        return 1, None

    def _word(self, token: str) -> str:
        """A word as it is; a rare one also as the beginning of a word ("pembro"). A stem with an open end would catch too much."""
        is_beginning = self._index.words.get(token, 0) <= RARE_STUDIES and len(token) >= SHORTEST_TO_CORRECT
        return f"{phrase([token])} *" if is_beginning else phrase([token])

    def _spelled(self, token: str) -> str:
        """The word that was meant: as typed where we know it, else the one that is written most alike."""
        if not SHORTEST_TO_CORRECT <= len(token) <= LONGEST_WORD or not token.isalpha() or token in _EMPTY or self._thesaurus.knows(token):
            return token
        studies = self._index.words.get(token, 0)
        if studies > RARE_STUDIES or self._index.begins_a_longer_word(token):
            return token
        near = self._index.nearest(token, SIMILAR_ENOUGH_TO_A_RARE_WORD if studies else SIMILAR_ENOUGH, self._thesaurus.words)
        if near is None or (studies and self._index.words.get(near, 0) < TIMES_MORE_FREQUENT * studies):
            return token
        return near


def _best_first(terms: list[NDArray[np.float32]], among: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The rows among those marked, by the sum of what each term gives them; a rare term counts for more than a frequent one.

    Rows stand in the order of their last change, the newest first, and of two that answer equally well that order stays.
    """
    rows = np.flatnonzero(among)
    scores = np.zeros(len(rows))
    for term in terms:
        scores += term[rows] * np.log(1 + len(term) / (1 + np.count_nonzero(term)))
    return rows[np.argsort(-scores, kind="stable")]


_lock = threading.Lock()
_indexes: dict[str, _Index] = {}
_MOST_INDEXES = 2


def _remembered(connection: sqlite3.Connection) -> _Index:
    """The columns and words of the index as it is now; read again only after a change. Two are kept: an old one while a new one comes."""
    marked = connection.execute("SELECT mark FROM search_generation").fetchone()
    mark = marked[0] if marked else ""
    with _lock:
        known = _indexes.get(mark) if mark else None
    if known is not None:
        return known
    index = _read_index(connection)
    with _lock:
        while len(_indexes) >= _MOST_INDEXES:
            del _indexes[next(iter(_indexes))]
        if mark:
            _indexes[mark] = index
    return index


def _read_index(connection: sqlite3.Connection) -> _Index:
    rows = connection.execute(
        """SELECT number, overall_status, study_type, phases, open_places, all_open_places_known FROM search_studies
        ORDER BY last_update_posted IS NULL, last_update_posted DESC, number DESC"""
    ).fetchall()
    points = [np.frombuffer(row[4], dtype="<f8").reshape(-1, 2) for row in rows]
    return _Index(
        numbers=np.array([row[0] for row in rows], dtype=np.int64),
        statuses=np.array([row[1] for row in rows], dtype=object),
        kinds=np.array([row[2] for row in rows], dtype=object),
        phases=np.array([f" {row[3]} " for row in rows], dtype=object),
        places=PointTable(np.concatenate(points) if points else np.empty((0, 2)), [len(here) for here in points]),
        all_places_known=np.array([row[5] for row in rows], dtype=bool),
        words=dict(connection.execute("SELECT word, studies FROM search_words")),
    )


def _keep(remembered: dict[Key, Value], key: Key, value: Value) -> None:
    """Remember one more; everything is forgotten once it is too much, for people type anything."""
    if len(remembered) >= _MOST_REMEMBERED:
        remembered.clear()
    remembered[key] = value


def _is_one_of(told: NDArray[np.object_], wanted: Collection[str]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    return np.array([word in wanted for word in told], bool), np.array([word is not None for word in told], bool)


def _rows_of_studies(connection: sqlite3.Connection, numbers: list[int]) -> list[tuple[int, str, str | None, str | None, str, str | None]]:
    statement = "SELECT number, title, overall_status, study_type, phases, last_update_posted FROM search_studies WHERE number = ?"
    return [connection.execute(statement, (number,)).fetchone() for number in numbers]


def _hit(row: tuple[int, str, str | None, str | None, str, str | None], miles: float | None, wider: bool) -> TrialHit:
    number, title, overall_status, study_type, phases, last_update_posted = row
    distance = None if miles is None or np.isnan(miles) else float(miles)
    return TrialHit(f"NCT{number:08}", title, overall_status, study_type, tuple(phases.split()), last_update_posted, distance, wider)


def _number(nct_id: str) -> int:
    return int(nct_id[3:])


def _text_of(study: Study) -> tuple[str, ...]:
    """What is searched, in the order of the columns."""
    phases = [_PHASE_WORDS.get(word, word) for word in study.phases]
    names = [name for one in study.interventions for name in (one.name, *one.other_names)]
    places = [part for site in study.sites for part in (site.facility, site.city, site.state, site.country)]
    return (
        _joined((study.brief_title, study.official_title)),
        _joined(study.conditions),
        _joined(names),
        _joined((*study.keywords, study.organization, *phases)),
        study.brief_summary or "",
        study.eligibility_criteria or "",
        _joined(places),
    )


_PHASE_WORDS = {
    "EARLY_PHASE1": "early phase 1",
    "PHASE1": "phase 1",
    "PHASE2": "phase 2",
    "PHASE3": "phase 3",
    "PHASE4": "phase 4",
    "NA": "",
}


def _joined(pieces: Iterable[str | None]) -> str:
    return " . ".join(dict.fromkeys(piece for piece in pieces if piece))


def _row_of(study: Study) -> tuple[object, ...]:
    return (
        _number(study.nct_id),
        study.title,
        study.overall_status,
        study.study_type,
        " ".join(study.phases),
        study.last_update_posted,
        np.array(open_points(study), dtype="<f8").tobytes(),
        all_open_places_known(study),
    )


def _forget(connection: sqlite3.Connection, nct_ids: Iterable[str]) -> None:
    numbers = [_number(nct_id) for nct_id in nct_ids]
    old = [
        text
        for number in numbers
        for text in connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM search_text WHERE rowid = ?", (number,))  # noqa: S608 - constants
    ]
    if not old:
        return
    _count_words(connection, old, -1)
    connection.executemany("DELETE FROM search_text WHERE rowid = ?", [(number,) for number in numbers])
    connection.executemany("DELETE FROM search_studies WHERE number = ?", [(number,) for number in numbers])
    connection.execute("DELETE FROM search_words WHERE studies <= 0")


def _count_words(connection: sqlite3.Connection, texts: Iterable[tuple[str, ...]], sign: int) -> None:
    """Add studies to (or take them off) the number of studies that hold each word."""
    studies: Counter[str] = Counter()
    for columns in texts:
        studies.update({word for column in columns for word in tokens_of(column) if len(word) <= LONGEST_WORD})
    connection.executemany(
        "INSERT INTO search_words VALUES (?, ?) ON CONFLICT (word) DO UPDATE SET studies = studies + excluded.studies",
        [(word, sign * number) for word, number in sorted(studies.items())],
    )


def _mark(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM search_generation")
    connection.execute("INSERT INTO search_generation VALUES (?)", (uuid.uuid4().hex,))
