"""The mirror of the public registry: one SQLite file with every version of every study ever seen.

A load or a sync is staged first and then swapped in within one transaction: readers see the state before it or the state after it. A
record is never taken back in time: a file that is older than what the mirror holds adds its version and leaves the newer one current.

The day of the data is the oldest honest one. For the registry it is that of its `dataTimestamp`; for a file the day of the copy that its
records tell; for those that tell none, the newest `last update posted` among them, since a copy cannot be older than what stands in it.
Where there is neither, the day is not known.

A `Mirror` is for one thread; each thread opens its own. Instants are UTC, as `2026-11-23T20:05:00Z`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayline.reading import WaylineError
from wayline.trials.study import Study, earliest_day, parse_study

if TYPE_CHECKING:
    from wayline.trials.loading import Read, Record

FILE_NAME = "trials.sqlite3"
MAKING_LOCK_NAME = "trials.making.lock"
SYNC_LOCK_NAME = "trials.sync.lock"
REGISTRY = "registry"
FILE = "file"
LEFT = "left"
MOST_BAD_RECORDS = 10_000
BUSY_SECONDS = 30
SCHEMA_VERSION = 1

# Called inside the transaction of every swap with each study that is new, changed or gone from the sync's query. It must not commit.
Index = Callable[[sqlite3.Connection, Iterable[Study]], object]

_SCHEMA = (
    """CREATE TABLE versions (
        version INTEGER PRIMARY KEY,
        nct_id TEXT NOT NULL,
        hash TEXT NOT NULL,            -- SHA-256 of the record as canonical JSON
        first_seen TEXT NOT NULL,
        last_confirmed TEXT NOT NULL,
        record BLOB NOT NULL,          -- canonical JSON, zlib
        UNIQUE (nct_id, hash)
    )""",
    """CREATE TABLE current (
        nct_id TEXT PRIMARY KEY,
        version INTEGER NOT NULL REFERENCES versions,
        standing TEXT NOT NULL CHECK (standing IN ('registry', 'file', 'left')),
        day TEXT,                      -- the day of the data; NULL where nothing tells it
        left_on TEXT,                  -- the day of the whole download that no longer held it
        overall_status TEXT,           -- NULL once it left: nobody confirms it any more
        study_type TEXT,
        phases TEXT NOT NULL,          -- joined by spaces
        last_update_posted TEXT,
        brief_title TEXT
    )""",
    "CREATE INDEX current_by_status ON current (overall_status)",
    "CREATE TABLE sync_state (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE pages (number INTEGER PRIMARY KEY, next_token TEXT, size INTEGER NOT NULL, studies BLOB NOT NULL)",
)

_STAGING = (
    """CREATE TEMP TABLE IF NOT EXISTS staged (
        number INTEGER PRIMARY KEY, nct_id TEXT, hash TEXT, day TEXT, overall_status TEXT, study_type TEXT, phases TEXT,
        last_update_posted TEXT, brief_title TEXT, record BLOB
    )""",
    "CREATE TEMP TABLE IF NOT EXISTS arriving (nct_id TEXT PRIMARY KEY, number INTEGER, version INTEGER, day TEXT, kind TEXT)",
    "CREATE TEMP TABLE IF NOT EXISTS touched (nct_id TEXT PRIMARY KEY)",
)
_EMPTY_STAGING = ("DELETE FROM staged", "DELETE FROM arriving", "DELETE FROM touched")

_KEEP_VERSIONS = """
    INSERT INTO versions (nct_id, hash, first_seen, last_confirmed, record)
    SELECT nct_id, hash, :seen_at, :seen_at, record FROM staged WHERE true ORDER BY number
    ON CONFLICT (nct_id, hash) DO UPDATE SET last_confirmed = max(last_confirmed, excluded.last_confirmed)
"""
# Of several versions of one study in one load the newest counts, the last of equally new ones.
_SORT_OUT = """
    INSERT INTO arriving
    SELECT best.nct_id, best.number, versions.version, best.day,
        CASE
            WHEN current.version IS NULL THEN 'new'
            WHEN current.version = versions.version AND current.standing != 'left' THEN 'unchanged'
            WHEN coalesce(best.day, '') < max(coalesce(current.day, ''), coalesce(current.left_on, '')) THEN 'older'
            ELSE 'changed'
        END
    FROM (
        SELECT nct_id, number, hash, day, row_number() OVER (PARTITION BY nct_id ORDER BY day DESC, number DESC) AS place FROM staged
    ) AS best
    JOIN versions USING (nct_id, hash)
    LEFT JOIN current USING (nct_id)
    WHERE best.place = 1
"""
# A study that the sync follows stays one that the sync follows, wherever its newest version came from.
_TAKE_NEW = """
    INSERT INTO current
        (nct_id, version, standing, day, left_on, overall_status, study_type, phases, last_update_posted, brief_title)
    SELECT nct_id, arriving.version, :source, arriving.day, NULL, overall_status, study_type, phases, last_update_posted, brief_title
    FROM arriving JOIN staged USING (nct_id, number) WHERE kind IN ('new', 'changed')
    ON CONFLICT (nct_id) DO UPDATE SET
        version = excluded.version, day = excluded.day, left_on = NULL, overall_status = excluded.overall_status,
        study_type = excluded.study_type, phases = excluded.phases, last_update_posted = excluded.last_update_posted,
        brief_title = excluded.brief_title,
        standing = CASE current.standing WHEN 'registry' THEN 'registry' ELSE excluded.standing END
"""
_CONFIRM_UNCHANGED = """
    UPDATE current SET day = max(coalesce(current.day, arriving.day), arriving.day) FROM arriving
    WHERE arriving.nct_id = current.nct_id AND kind = 'unchanged' AND arriving.day IS NOT NULL
"""
_FOLLOW = "UPDATE current SET standing = 'registry' WHERE standing = 'file' AND nct_id IN (SELECT nct_id FROM arriving)"
_LEAVE = """
    UPDATE current SET standing = 'left', left_on = :day, overall_status = NULL
    WHERE standing = 'registry' AND nct_id NOT IN (SELECT nct_id FROM arriving) RETURNING nct_id
"""
# What a sync does not name has not changed since the sync before.
_CONFIRM_VERSIONS = """
    UPDATE versions SET last_confirmed = :seen_at
    WHERE last_confirmed < :seen_at AND version IN (SELECT version FROM current WHERE standing = 'registry')
"""
_CONFIRM_DAYS = "UPDATE current SET day = :day WHERE standing = 'registry' AND coalesce(day, '') < :day"
_STUDY = "SELECT current.nct_id, record, standing, left_on FROM current JOIN versions USING (version)"

# The numbers and hashes alone, out of the index that holds them, without a look at the large records: "+" keeps SQLite from going there.
_STATE = """
    SELECT group_concat(line, char(10)) FROM (
        SELECT current.nct_id || ' ' || hash || ' ' || standing || ' ' || coalesce(left_on, '') AS line
        FROM current CROSS JOIN versions ON versions.nct_id = current.nct_id AND +versions.version = current.version
        ORDER BY current.nct_id
    )
"""


class DownloadMismatchError(WaylineError):
    """A download that is not as many studies as the registry announced."""


@dataclass(frozen=True)
class LoadReport:
    """What a load or sync did. `older`: versions kept beside a newer one that stays current; `left`: no longer in the sync's query."""

    new: int
    changed: int
    unchanged: int
    older: int
    left: int
    errors: tuple[WaylineError, ...]


@dataclass(frozen=True)
class AsOf:
    """The oldest day among the studies of the mirror, None where it is not known, and where that one came from.

    `source` is "registry" or "file"; `seen_at` is the instant of the last load or sync.
    """

    day: date | None
    source: str
    seen_at: datetime


@dataclass(frozen=True)
class Standing:
    """Where one study stands: its data's day (None: not known), and `source`: "registry", "file" or "left".

    "left" means that a whole download no longer held it, on the day `left_on`.
    """

    source: str
    day: date | None
    left_on: date | None


@dataclass(frozen=True)
class Version:
    """One state of a record that was seen at least once."""

    hash: str
    first_seen: datetime
    last_confirmed: datetime
    is_current: bool


@dataclass(frozen=True)
class Download:
    """A download under way: the parameters that every request repeats, the registry's data timestamp and what has arrived.

    `total` is how many studies the registry announced, `studies` how many have come. `is_whole` says that the last page has arrived;
    before that, `next_token` asks for the next page, and is None for the first.
    """

    query: str
    data_timestamp: str
    total: int | None
    pages: int
    studies: int
    next_token: str | None

    @property
    def is_whole(self) -> bool:
        return self.pages > 0 and self.next_token is None


@dataclass(frozen=True)
class RegistryState:
    """What the mirror knows of the registry: the data timestamp of the last sync, the query, and the day of the last whole download."""

    data_timestamp: str
    query: str
    full_on: str


@dataclass(frozen=True)
class _Batch:
    """Something that is swapped in: where it is from, when it was seen, and the day of its data where the registry told it."""

    source: str
    seen_at: datetime
    day: date | None

    def day_of(self, study: Study) -> date | None:
        if self.day is not None or study.snapshot_date is None:
            return self.day
        return min(study.snapshot_date, self.seen_at.date())


class Mirror:
    """The mirror in one data folder. Every error of the file is a WaylineError that names it."""

    def __init__(self, path: Path, connection: sqlite3.Connection, also: tuple[Index, ...]) -> None:
        self._path = path
        self._connection = connection
        self._also = also

    @staticmethod
    def open(folder: Path, also: Iterable[Index] = ()) -> Mirror:
        """The mirror in this folder, made where there is none. `also` are the indexes that live in the same file."""
        path = folder / FILE_NAME
        with _clear_errors(path):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise WaylineError(f"{folder}: cannot be made ({error.strerror})") from None
            mirror = Mirror(path, _connected(path), tuple(also))
            try:
                with _locked(folder / MAKING_LOCK_NAME, fcntl.LOCK_EX):  # of two that are first, one makes the tables, the other waits
                    if not mirror._has_tables():
                        mirror._make_tables()
            except BaseException:
                mirror.close()
                raise
            return mirror

    @staticmethod
    def open_if_present(folder: Path, also: Iterable[Index] = ()) -> Mirror | None:
        """The mirror in this folder, or None where nothing was ever loaded."""
        path = folder / FILE_NAME
        if not path.is_file():
            return None
        with _clear_errors(path):
            mirror = Mirror(path, _connected(path), tuple(also))
            has_tables = False
            try:
                has_tables = mirror._has_tables()
            finally:
                if not has_tables:
                    mirror.close()
            return mirror if has_tables else None

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Mirror:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Everything read inside is of one state, whatever others swap in meanwhile. The connection is for reading."""
        with _clear_errors(self._path), self._transaction("BEGIN"):
            self.generation  # noqa: B018 - the first read pins the state
            yield self._connection

    @property
    def generation(self) -> int:
        """A number that grows with every swap; what was computed from the mirror is good as long as it stays."""
        return int(self._state("generation") or 0)

    @property
    def folder(self) -> Path:
        """The data folder that it lies in."""
        return self._path.parent

    @property
    def state_digest(self) -> str:
        """SHA-256 over the hash of every current record and where it stands: the same only where `studies` gives the same."""
        row = self._rows(_STATE)[0]
        return hashlib.sha256((row[0] or "").encode()).hexdigest()

    @property
    def count(self) -> int:
        """How many studies the mirror holds, those that left the sync's query included."""
        return int(self._rows("SELECT count(*) FROM current")[0][0])

    @property
    def as_of(self) -> AsOf | None:
        """The age of the mirror's oldest part; None where it holds nothing."""
        rows = self._rows("SELECT day, standing FROM current WHERE standing != 'left' ORDER BY coalesce(day, ''), standing LIMIT 1")
        seen_at = self._state("seen_at")
        if not rows or seen_at is None:
            return None
        return AsOf(earliest_day(rows[0][0]), rows[0][1], _instant(seen_at))

    def age_days(self, today: date) -> int | None:
        """Days since the oldest day of the data; None where there are no studies, or where the day is not known."""
        as_of = self.as_of
        if as_of is None or as_of.day is None:
            return None
        return max((today - as_of.day).days, 0)

    def study(self, nct_id: str) -> Study | None:
        """The study with this number. One that left the sync's query tells no status any more."""
        rows = self._rows(f"{_STUDY} WHERE current.nct_id = ?", nct_id)
        return self._study_of(*rows[0]) if rows else None

    def studies(self) -> Iterator[Study]:
        """Every study of one state of the mirror, by number. Those that left the sync's query tell no status any more."""
        with _clear_errors(self._path):
            for row in self._connection.execute(f"{_STUDY} ORDER BY current.nct_id"):
                yield self._study_of(*row)

    def standing(self, nct_id: str) -> Standing | None:
        """Where the study with this number came from, and as of which day."""
        rows = self._rows("SELECT standing, day, left_on FROM current WHERE nct_id = ?", nct_id)
        return Standing(rows[0][0], earliest_day(rows[0][1]), earliest_day(rows[0][2])) if rows else None

    def record(self, nct_id: str, version_hash: str | None = None) -> Record | None:
        """The record as it came, of the current version or of the one with this hash."""
        if version_hash is None:
            rows = self._rows("SELECT record FROM current JOIN versions USING (version) WHERE current.nct_id = ?", nct_id)
        else:
            rows = self._rows("SELECT record FROM versions WHERE nct_id = ? AND hash = ?", nct_id, version_hash)
        return self._unpacked(rows[0][0]) if rows else None

    def versions(self, nct_id: str) -> tuple[Version, ...]:
        """Every version ever seen of this study, in the order in which they came."""
        rows = self._rows(
            "SELECT hash, first_seen, last_confirmed, current.version IS NOT NULL FROM versions"
            " LEFT JOIN current USING (version) WHERE versions.nct_id = ? ORDER BY versions.version",
            nct_id,
        )
        return tuple(Version(row[0], _instant(row[1]), _instant(row[2]), bool(row[3])) for row in rows)

    # Loading files

    def load(self, records: Iterable[Read], seen_at: datetime) -> LoadReport:
        """Bring in the records of one copy, whole or, where anything raises, not at all.

        `records` are pairs of a record, or the error in its place, and where it stands. Bad ones are counted in the report.
        """
        batch = _Batch(FILE, seen_at, None)
        with _clear_errors(self._path):
            errors = self._stage(records, batch)
            with self._transaction("BEGIN IMMEDIATE"):
                report = self._swap(batch, errors)
                self._finish_swap(batch)
            return report

    # A sync's download, page by page

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Only one sync at a time in a folder."""
        with _locked(self._path.parent / SYNC_LOCK_NAME, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield

    @property
    def registry(self) -> RegistryState | None:
        """The state after the last sync; None before the first."""
        state = self._state("registry")
        return None if state is None else RegistryState(**json.loads(state))

    @property
    def download(self) -> Download | None:
        """The download under way, perhaps begun by a process that was killed."""
        state = self._state("download")
        if state is None:
            return None
        pages, studies = self._rows("SELECT count(*), coalesce(sum(size), 0) FROM pages")[0]
        last = self._rows("SELECT next_token FROM pages ORDER BY number DESC LIMIT 1")
        return Download(**json.loads(state), pages=pages, studies=studies, next_token=last[0][0] if last else None)

    def begin_download(self, query: str, data_timestamp: str) -> Download:
        """Forget any download under way and begin anew."""
        download = Download(query, data_timestamp, total=None, pages=0, studies=0, next_token=None)
        with _clear_errors(self._path), self._transaction("BEGIN IMMEDIATE"):
            self._forget_download()
            self._set_state("download", json.dumps({"query": query, "data_timestamp": data_timestamp, "total": None}))
        return download

    def add_page(self, download: Download, studies: list[Any], next_token: str | None, total: int | None) -> Download:
        """Keep one page of the download and the token for the next, together. `total` may be told on the first page only."""
        total = download.total if total is None else total
        page = zlib.compress(json.dumps(studies).encode())
        with _clear_errors(self._path), self._transaction("BEGIN IMMEDIATE"):
            self._connection.execute("INSERT INTO pages (next_token, size, studies) VALUES (?, ?, ?)", (next_token, len(studies), page))
            self._set_state("download", json.dumps({"query": download.query, "data_timestamp": download.data_timestamp, "total": total}))
        return replace(download, total=total, pages=download.pages + 1, studies=download.studies + len(studies), next_token=next_token)

    def drop_download(self) -> None:
        """Forget the download under way."""
        with _clear_errors(self._path), self._transaction("BEGIN IMMEDIATE"):
            self._forget_download()

    def knows_token(self, token: str) -> bool:
        """Whether a page of this download already named this token: a registry that repeats itself would never end."""
        return bool(self._rows("SELECT 1 FROM pages WHERE next_token = ? LIMIT 1", token))

    def finish_download(self, download: Download, seen_at: datetime, is_full: bool, query: str) -> LoadReport:
        """Swap in a whole download; `query` is what it asked for, without the days of an incremental one.

        A full download also tells which studies left the query, unless some of its records could not be read. DownloadMismatchError where
        it is not as many studies as announced, or a full one holds none: then nothing changes.
        """
        day = earliest_day(download.data_timestamp[:10])
        batch = _Batch(REGISTRY, seen_at, day)
        with _clear_errors(self._path):
            errors = self._stage(self._downloaded(), batch)
            self._check_total(download, len(errors), is_full)
            with self._transaction("BEGIN IMMEDIATE"):
                report = self._swap(batch, errors)
                parameters = {"day": download.data_timestamp[:10], "seen_at": _written(seen_at)}
                left = self._connection.execute(_LEAVE, parameters).fetchall() if is_full and not errors else []
                self._connection.executemany("INSERT OR IGNORE INTO touched VALUES (?)", left)
                self._confirm_followed(seen_at, download.data_timestamp[:10])
                full_on = download.data_timestamp[:10] if is_full or self.registry is None else self.registry.full_on
                self._set_state("registry", json.dumps(asdict(RegistryState(download.data_timestamp, query, full_on))))
                self._forget_download()
                self._finish_swap(batch)
            return replace(report, left=len(left))

    # How it is done

    def _has_tables(self) -> bool:
        with self._transaction("BEGIN"):
            schema = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
            is_empty = self._connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
        if schema > SCHEMA_VERSION:
            raise WaylineError(f"{self._path}: made by a newer Wayline; update this one")
        if schema == 0 and not is_empty:
            raise WaylineError(f"{self._path}: not a mirror of trials; move it away")
        return schema == SCHEMA_VERSION

    def _make_tables(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        with self._transaction("BEGIN IMMEDIATE"):
            for statement in _SCHEMA:
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _stage(self, records: Iterable[Read], batch: _Batch) -> tuple[WaylineError, ...]:
        """Fill the staging table, which only this connection sees; returns what was wrong with records."""
        for statement in (*_STAGING, *_EMPTY_STAGING):
            self._connection.execute(statement)
        errors: list[WaylineError] = []
        newest = ""
        with self._transaction("BEGIN"):
            for record, where in records:
                try:
                    study, row = _staged(record, where, batch)
                except WaylineError as error:
                    errors.append(error)
                    if len(errors) > MOST_BAD_RECORDS:
                        raise WaylineError(f"more than {MOST_BAD_RECORDS:,} records cannot be read; the last: {error}") from None
                    continue
                self._connection.execute("INSERT INTO staged VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                if batch.day_of(study) is None:
                    newest = max(newest, _posted_by(study, batch.seen_at.date()))
            self._connection.execute("UPDATE staged SET day = ? WHERE day IS NULL", (newest or None,))
        return tuple(errors)

    def _swap(self, batch: _Batch, errors: tuple[WaylineError, ...]) -> LoadReport:
        """Join what is staged with what is held. Within a transaction."""
        execute = self._connection.execute
        execute(_KEEP_VERSIONS, {"seen_at": _written(batch.seen_at)})
        execute(_SORT_OUT)
        execute(_TAKE_NEW, {"source": batch.source})
        execute(_CONFIRM_UNCHANGED)
        execute("INSERT INTO touched SELECT nct_id FROM arriving WHERE kind IN ('new', 'changed')")
        if batch.source == REGISTRY:
            execute(_FOLLOW)
        counts = dict(execute("SELECT kind, count(*) FROM arriving GROUP BY kind").fetchall())
        new, changed, unchanged, older = (counts.get(kind, 0) for kind in ("new", "changed", "unchanged", "older"))
        return LoadReport(new, changed, unchanged, older, left=0, errors=errors)

    def _confirm_followed(self, seen_at: datetime, day: str) -> None:
        """Everything that the sync follows is as the registry has it today. Within a transaction."""
        self._connection.execute(_CONFIRM_VERSIONS, {"seen_at": _written(seen_at)})
        self._connection.execute(_CONFIRM_DAYS, {"day": day})

    def _finish_swap(self, batch: _Batch) -> None:
        """Bring the indexes up to date and count the swap. Within a transaction."""
        self._set_state("seen_at", _written(batch.seen_at))
        self._set_state("generation", str(self.generation + 1))
        for index in self._also:
            index(self._connection, self._touched())
            if not self._connection.in_transaction:
                raise RuntimeError(f"{index} ended the transaction of the swap")

    def _touched(self) -> Iterator[Study]:
        for row in self._connection.execute(f"{_STUDY} JOIN touched USING (nct_id)"):
            yield self._study_of(*row)

    def _downloaded(self) -> Iterator[Read]:
        for number, page in self._connection.execute("SELECT number, studies FROM pages ORDER BY number"):
            for place, study in enumerate(self._unpacked(page), start=1):
                yield study, f"registry, page {number}, study {place}"

    def _check_total(self, download: Download, unreadable: int, is_full: bool) -> None:
        found = int(self._connection.execute("SELECT count(DISTINCT nct_id) FROM staged").fetchone()[0])
        if download.total is not None and found + unreadable != download.total:
            raise DownloadMismatchError(
                f"the registry announced {download.total:,} studies and sent {found + unreadable:,}; the mirror stays as it is"
            )
        if is_full and not found:
            raise DownloadMismatchError("the registry answered with no study at all; the mirror stays as it is")

    def _forget_download(self) -> None:
        self._connection.execute("DELETE FROM pages")
        self._connection.execute("DELETE FROM sync_state WHERE key = 'download'")

    def _study_of(self, nct_id: str, record: bytes, standing: str, left_on: str | None) -> Study:
        study = parse_study(self._unpacked(record), f"{self._path}, {nct_id}")
        return _without_status(study, left_on) if standing == LEFT else study

    def _unpacked(self, packed: bytes) -> Any:
        try:
            return json.loads(zlib.decompress(packed))
        except (zlib.error, ValueError, TypeError):
            raise _damaged(self._path) from None

    def _state(self, key: str) -> str | None:
        rows = self._rows("SELECT value FROM sync_state WHERE key = ?", key)
        return rows[0][0] if rows else None

    def _set_state(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO sync_state VALUES (?, ?)", (key, value))

    def _rows(self, query: str, *parameters: object) -> list[Any]:
        with _clear_errors(self._path):
            return self._connection.execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL, whole after a crash
    return connection


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """Hold the lock of this file; it ends with the process, however that ends."""
    try:
        lock = path.open("ab")
    except OSError as error:
        raise WaylineError(f"{path}: cannot be written ({error.strerror})") from None
    with lock:
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            raise WaylineError(f"{path.parent}: another sync is under way in this folder; wait for it to end") from None
        yield


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """What SQLite says about the file, in words that help."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise WaylineError(f"{path}: another process is writing to it; try again") from None
        raise WaylineError(f"{path}: {error}") from None
    except sqlite3.DatabaseError:
        raise _damaged(path) from None


def _damaged(path: Path) -> WaylineError:
    return WaylineError(f"{path}: damaged; move it away and fill a new one with 'wayline trials sync' or 'wayline trials load'")


def _staged(record: Record | WaylineError, where: str, batch: _Batch) -> tuple[Study, tuple[Any, ...]]:
    """The study of a record and its row for the staging table."""
    if isinstance(record, WaylineError):
        raise record
    study = parse_study(record, where)
    canonical = _canonical(record, where)
    day = batch.day_of(study)
    return study, (
        study.nct_id,
        hashlib.sha256(canonical).hexdigest(),
        day.isoformat() if day else None,
        study.overall_status,
        study.study_type,
        " ".join(study.phases),
        study.last_update_posted,
        study.brief_title,
        zlib.compress(canonical),
    )


def _canonical(record: Record, where: str) -> bytes:
    """The same bytes for the same record, however its keys were ordered."""
    try:
        return json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:
        raise WaylineError(f"{where}: holds half of a letter (a lone surrogate), which is not text") from None
    except (RecursionError, TypeError, ValueError):
        raise WaylineError(f"{where}: holds what JSON cannot: not a number, a number too long, or too deep a nesting") from None


def _posted_by(study: Study, today: date) -> str:
    """The day of the last update as text that sorts; empty where it is not known or lies ahead, which no copy can."""
    posted = earliest_day(study.last_update_posted)
    return posted.isoformat() if posted is not None and posted <= today else ""


def _without_status(study: Study, left_on: str | None) -> Study:
    """A study that nobody confirms any more: what it said of being open may no longer hold."""
    return replace(
        study,
        overall_status=None,
        sites=tuple(replace(site, status=None) for site in study.sites),
        source_note=", ".join(filter(None, (study.source_note, f"no longer found in the registry's answer of {left_on}"))),
    )


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
