"""The trials of this server's data folder, read once a process and held in memory; without a mirror, the example list.

Reading a mirror takes seconds, so it is done in the background: when the server starts, and again when a load or a sync has changed it.
Until a newer state is read, the one before it is shown, each record with its own day. A mirror is opened anew for each request: it is for
one thread, and a move of the file is noticed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from wayline.facts.situation import Situation
from wayline.library import library
from wayline.reading import WaylineError
from wayline.trials.criterion import Criterion
from wayline.trials.finding import FactToAsk, OpenTrials
from wayline.trials.known import as_record
from wayline.trials.matching import check_trial
from wayline.trials.mirror import FILE_NAME, Mirror, Standing
from wayline.trials.places import point_of_zip
from wayline.trials.search import Filters, TrialResults, create_index, index_studies, search_trials
from wayline.trials.study import Study, parse_study
from wayline.web.trial_words import BY_HAND

READY, BEING_READ, EXAMPLE, EMPTY, DAMAGED = "ready", "being read", "example", "empty", "damaged"
_MOST_REMEMBERED = 200
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrialList:
    """The trials of one state of the mirror, read and compiled. `written` is the day of the example list, None for a mirror."""

    mark: tuple[int, int] | None
    open_trials: OpenTrials
    standings: Mapping[str, Standing]
    written: date | None
    row_of: Mapping[str, int] = field(init=False)
    _asked: OrderedDict[bytes, list[FactToAsk]] = field(init=False, default_factory=OrderedDict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row_of", {nct_id: row for row, nct_id in enumerate(self.open_trials.numbers)})

    def one(self, nct_id: str) -> OneStudy:
        """One of the list's studies, read already."""
        row = self.row_of[nct_id]
        return OneStudy(self.open_trials.studies[row], self.standings[nct_id], self.open_trials.criteria[row])

    def facts_to_ask(self, situation: Situation, facts: Mapping[str, Any]) -> list[FactToAsk]:
        """The facts that could settle the most trials. Counting takes a quarter of a second for a large mirror, so it is remembered.

        The key is a digest under a secret of this process: what is remembered does not tell whose facts these were.
        """
        told = json.dumps([situation.as_of.isoformat(), facts], sort_keys=True).encode()
        key = hashlib.blake2b(told, key=_digest_key()).digest()
        with self._lock:
            if key in self._asked:
                self._asked.move_to_end(key)
                return self._asked[key]
        counted = self.open_trials.facts_to_ask(situation)
        with self._lock:
            self._asked[key] = counted
            while len(self._asked) > _MOST_REMEMBERED:
                self._asked.popitem(last=False)
        return counted


@dataclass(frozen=True)
class Shelved:
    """What can be shown now. `trials` is None while a mirror is read for the first time, and where it cannot be read."""

    state: str
    trials: TrialList | None

    @property
    def is_mirror(self) -> bool:
        return self.state == READY


@dataclass(frozen=True)
class OneStudy:
    """One study with its rules, and where it stands."""

    study: Study
    standing: Standing
    criteria: tuple[Criterion, ...]

    @property
    def is_example(self) -> bool:
        return self.standing.source == BY_HAND


@dataclass(frozen=True)
class Found:
    """What a search found, and where each study stands."""

    results: TrialResults
    standings: Mapping[str, Standing]


class TrialShelf:
    """The trials of one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: TrialList | None = None
        self._unreadable: tuple[int, int] | None = None
        self._reading: threading.Thread | None = None
        self._example: _Example | None = None

    def current(self) -> Shelved:
        """What can be shown now; begins to read what has not been read yet, and never waits for that."""
        try:
            mark = self._mark()
        except WaylineError:
            _logger.exception("the mirror of trials cannot be opened")
            return Shelved(DAMAGED, None)
        if mark is None or mark == _NO_STUDIES:
            return Shelved(EXAMPLE if mark is None else EMPTY, self._example_list().trials)
        held = self._held
        if held is None or held.mark != mark:
            if self._unreadable == mark:
                return Shelved(DAMAGED, None)
            self.begin_reading()
        return Shelved(READY, held) if held is not None else Shelved(BEING_READ, None)

    def begin_reading(self) -> threading.Thread:
        """Read the mirror in the background, unless that is under way. The thread ends with the process."""
        with self._lock:
            if self._reading is None or not self._reading.is_alive():
                self._reading = threading.Thread(target=self._read, name="reading trials", daemon=True)
                self._reading.start()
            return self._reading

    def study(self, nct_id: str) -> OneStudy | None:
        """The study with this number; without a mirror, from the example list. WaylineError where the mirror is damaged."""
        mark, held = self._mark(), self._held
        if held is not None and held.mark == mark and nct_id in held.row_of:
            return held.one(nct_id)
        mirror = self._filled_mirror()
        if mirror is None:
            example = self._example_list().trials
            return example.one(nct_id) if nct_id in example.row_of else None
        with mirror, mirror.snapshot():
            study, standing = mirror.study(nct_id), mirror.standing(nct_id)
        if study is None or standing is None:
            return None
        return OneStudy(study, standing, library().criteria_reader.read_study(study))

    def search(self, words: str, filters: Filters, limit: int) -> Found:
        """Search the whole mirror, or the example list. A WaylineError tells that the mirror cannot be searched."""
        mirror = self._filled_mirror()
        if mirror is None:
            return self._example_list().search(words, filters, limit)
        with mirror, mirror.snapshot() as connection:
            results = search_trials(connection, words, library().thesaurus, filters, limit)
            return Found(results, _standings(mirror, (hit.nct_id for hit in results.hits)))

    def _filled_mirror(self) -> Mirror | None:
        """The mirror, to be closed by the caller; None where there is none, or one without studies."""
        mirror = Mirror.open_if_present(self._folder)
        if mirror is not None and mirror.count == 0:
            mirror.close()
            return None
        return mirror

    def _mark(self) -> tuple[int, int] | None:
        """By which two states of the mirror are told apart; None where there is no mirror."""
        mirror = Mirror.open_if_present(self._folder)
        if mirror is None:
            return None
        with mirror:
            if mirror.count == 0:
                return _NO_STUDIES
            try:
                return (self._folder / FILE_NAME).stat().st_ino, mirror.generation
            except FileNotFoundError:  # moved away this moment
                return None

    def _read(self) -> None:
        mark = None
        try:
            mark = self._mark()
            if mark is None or mark == _NO_STUDIES:
                _warm(self._example_list().trials.open_trials)
                return
            held = self._read_mirror(mark)
            if held is None:
                return
            self._held = held
            _warm(held.open_trials)
            self.search("", Filters(), 1)
        except Exception:  # whatever it is, the next request must not begin the same reading anew
            self._unreadable = mark
            _logger.exception("the mirror of trials cannot be read")

    def _read_mirror(self, mark: tuple[int, int]) -> TrialList | None:
        mirror = Mirror.open_if_present(self._folder)
        if mirror is None:
            return None
        content = library()
        with mirror, mirror.snapshot():
            state = (mark[0], mirror.generation)
            open_trials = content.open_trials(mirror)
            return TrialList(state, open_trials, _standings(mirror, open_trials.numbers), written=None)

    def _example_list(self) -> _Example:
        with self._lock:
            if self._example is None:
                self._example = _Example()
            return self._example


class _Example:
    """The list of well-known trials written by hand, in the forms in which a mirror gives its trials."""

    def __init__(self) -> None:
        content = library()
        known = content.known_trials
        studies = [parse_study(as_record(trial), trial.nct_id) for trial in known.trials]
        self._standings = {study.nct_id: Standing(BY_HAND, study.snapshot_date, None) for study in studies}
        open_trials = OpenTrials(studies, content.criteria_reader, content.relevance, content.vocabulary, with_closed=True)
        self.trials = TrialList(None, open_trials, self._standings, known.written)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        create_index(self._connection)
        index_studies(self._connection, studies)

    def search(self, words: str, filters: Filters, limit: int) -> Found:
        with self._lock, closing(self._connection.cursor()):
            return Found(search_trials(self._connection, words, library().thesaurus, filters, limit), self._standings)


_NO_STUDIES = (0, 0)


def _standings(mirror: Mirror, nct_ids: Iterable[str]) -> dict[str, Standing]:
    found = ((nct_id, mirror.standing(nct_id)) for nct_id in nct_ids)
    return {nct_id: standing for nct_id, standing in found if standing is not None}


def _warm(open_trials: OpenTrials) -> None:
    """Parse every rule once, and read the table of places, so that the first visitor does not wait for it."""
    nobody = Situation(library().vocabulary, date.min, {})
    for criteria in open_trials.criteria:
        check_trial(criteria, nobody)
    point_of_zip("00000")


@cache
def _digest_key() -> bytes:
    return secrets.token_bytes(32)


@cache
def shelf() -> TrialShelf:
    """The trials of this server's data folder."""
    return TrialShelf(settings.DATA_FOLDER)
