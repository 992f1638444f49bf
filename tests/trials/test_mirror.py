"""The mirror: every version kept, nothing taken back in time, everything swapped in whole or not at all, and its age never too young."""

from __future__ import annotations

import copy
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trials.fake_registry import study_record
from wayline.reading import WaylineError
from wayline.trials import mirror as mirror_module
from wayline.trials.mirror import FILE_NAME, LoadReport, Mirror
from wayline.trials.study import Study, parse_study

FIRST = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
SECOND = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
ID = "NCT00000001"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror.open(tmp_path) as opened:
        yield opened


def copied(number: int, snapshot: str | None = None, **fields: Any) -> dict[str, Any]:
    """A record as a file holds it, perhaps with the day of the copy."""
    record = study_record(number, **fields)
    return record if snapshot is None else {**record, "_source": {"snapshotDate": snapshot}}


def load(mirror: Mirror, *records: Any, at: datetime = FIRST) -> LoadReport:
    return mirror.load([(record, f"line {number}") for number, record in enumerate(records, start=1)], at)


def title(mirror: Mirror, nct_id: str = ID) -> str:
    study = mirror.study(nct_id)
    assert study is not None
    return study.title


def test_what_is_loaded_comes_back_to_the_letter(mirror: Mirror) -> None:
    record = copied(1, "2026-11-20")
    record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = "* ≥ 18 \\>= \u00a0 \U0001f600\n"
    assert load(mirror, record) == LoadReport(new=1, changed=0, unchanged=0, older=0, left=0, errors=())
    assert mirror.record(ID) == record
    assert mirror.study(ID) == parse_study(record, "here")
    assert list(mirror.studies()) == [parse_study(record, "here")]
    assert mirror.count == 1


def test_what_is_not_held_is_none(mirror: Mirror) -> None:
    assert (mirror.study(ID), mirror.record(ID), mirror.standing(ID), mirror.versions(ID)) == (None, None, None, ())
    assert (mirror.count, mirror.as_of, mirror.age_days(date(2026, 11, 23)), mirror.generation) == (0, None, None, 0)
    assert list(mirror.studies()) == []


def test_studies_come_in_the_order_of_their_numbers(mirror: Mirror) -> None:
    load(mirror, copied(3), copied(1), copied(2))
    assert [study.nct_id for study in mirror.studies()] == ["NCT00000001", "NCT00000002", "NCT00000003"]


def test_the_same_record_twice_adds_nothing_and_is_confirmed(mirror: Mirror) -> None:
    record = copied(1, "2026-11-20")
    load(mirror, record)
    turned = {key: record[key] for key in reversed(record)}
    assert load(mirror, turned, at=SECOND) == LoadReport(new=0, changed=0, unchanged=1, older=0, left=0, errors=())
    (version,) = mirror.versions(ID)
    assert (version.first_seen, version.last_confirmed, version.is_current) == (FIRST, SECOND, True)
    canonical = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert version.hash == hashlib.sha256(canonical).hexdigest()


def test_every_version_is_kept(mirror: Mirror) -> None:
    old, new = copied(1, "2026-11-01", title="Old"), copied(1, "2026-11-20", title="New")
    load(mirror, old)
    assert load(mirror, new, at=SECOND) == LoadReport(new=0, changed=1, unchanged=0, older=0, left=0, errors=())
    before, after = mirror.versions(ID)
    assert (before.is_current, after.is_current) == (False, True)
    assert (before.first_seen, before.last_confirmed, after.first_seen) == (FIRST, FIRST, SECOND)
    assert mirror.record(ID) == new
    assert (mirror.record(ID, before.hash), mirror.record(ID, after.hash)) == (old, new)
    assert mirror.record(ID, "0" * 64) is None


@pytest.mark.parametrize(
    ("held", "arriving", "current", "kind"),
    [
        ("2026-11-20", "2026-11-19", "held", "older"),
        ("2026-11-20", "2026-11-20", "arriving", "changed"),
        ("2026-11-20", "2026-11-21", "arriving", "changed"),
        ("2026-11-20", None, "held", "older"),
        (None, "2026-11-20", "arriving", "changed"),
        (None, None, "arriving", "changed"),
    ],
)
def test_a_study_is_never_taken_back_in_time(mirror: Mirror, held: str | None, arriving: str | None, current: str, kind: str) -> None:
    """Without a day of the copy the last update counts, here 2026-11-01, the same for both."""
    load(mirror, copied(1, held, title="held"))
    report = load(mirror, copied(1, arriving, title="arriving"), at=SECOND)
    assert title(mirror) == current
    assert (report.older, report.changed) == ((1, 0) if kind == "older" else (0, 1))
    assert len(mirror.versions(ID)) == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_several_versions_in_one_load_the_newest_is_current(mirror: Mirror, order: tuple[int, ...]) -> None:
    versions = [copied(1, "2026-11-01", title="old"), copied(1, "2026-11-10", title="new"), copied(1, "2026-11-05", title="between")]
    report = load(mirror, *(versions[place] for place in order))
    assert (report.new, len(mirror.versions(ID)), title(mirror)) == (1, 3, "new")


def test_of_equally_new_versions_in_one_load_the_last_is_current(mirror: Mirror) -> None:
    load(mirror, copied(1, "2026-11-01", title="a"), copied(1, "2026-11-01", title="b"))
    assert title(mirror) == "b"


@pytest.mark.parametrize(
    ("records", "day"),
    [
        ([copied(1, "2026-11-20"), copied(2, "2026-11-20")], date(2026, 11, 20)),
        ([copied(1, "2026-11-20"), copied(2, "2023-02-03")], date(2023, 2, 3)),
        ([copied(1, "2026-11-24"), copied(2, "2027-01-01")], date(2026, 11, 23)),
        ([copied(1, "2026-10")], date(2026, 10, 1)),
        ([copied(1, updated="2019-05-01"), copied(2, updated="2024-06-07")], date(2024, 6, 7)),
        ([copied(1, updated="2024-06"), copied(2, updated="soon")], date(2024, 6, 1)),
        ([copied(1, updated="2026-11-23"), copied(2, updated="2026-11-24")], date(2026, 11, 23)),
        ([copied(1, updated="2030-01-01")], None),
        ([copied(1, updated="")], None),
        ([copied(1, "2020-01-01"), copied(2, updated="")], None),
        ([copied(1, "2026-01-01"), copied(2, updated="2025-01-01")], date(2025, 1, 1)),
    ],
)
def test_the_age_is_counted_from_the_oldest_honest_day(mirror: Mirror, records: list[Any], day: date | None) -> None:
    """Loaded on 2026-11-23: the day of the copy; for records that do not tell it, the newest update among them."""
    load(mirror, *records)
    as_of = mirror.as_of
    assert as_of is not None
    assert (as_of.day, as_of.source, as_of.seen_at) == (day, "file", FIRST)
    assert mirror.age_days(date(2026, 11, 23)) == (None if day is None else (date(2026, 11, 23) - day).days)


@pytest.mark.parametrize(("today", "days"), [(date(2026, 11, 19), 0), (date(2026, 11, 20), 0), (date(2026, 11, 21), 1)])
def test_an_age_is_never_below_zero(mirror: Mirror, today: date, days: int) -> None:
    load(mirror, copied(1, "2026-11-20"))
    assert mirror.age_days(today) == days


def test_one_study_of_an_unknown_day_makes_the_age_unknown(mirror: Mirror) -> None:
    load(mirror, copied(1, "2026-11-20"))
    load(mirror, copied(2, updated="?"))
    as_of = mirror.as_of
    assert as_of is not None
    assert (as_of.day, mirror.age_days(date(2026, 11, 23))) == (None, None)


def test_a_newer_copy_of_the_same_record_makes_it_younger_and_an_older_one_does_not_make_it_older(mirror: Mirror) -> None:
    record = copied(1)
    stamped = [{**record, "derivedSection": {"miscInfoModule": {"versionHolder": day}}} for day in ("2026-11-10", "2026-11-20")]
    load(mirror, *stamped)
    load(mirror, stamped[0], at=SECOND)
    standing = mirror.standing(ID)
    assert standing is not None
    assert (standing.source, standing.day, standing.left_on) == ("file", date(2026, 11, 20), None)


def test_an_instant_is_kept_in_utc(mirror: Mirror) -> None:
    load(mirror, copied(1), at=datetime(2026, 11, 23, 23, 0, tzinfo=timezone(timedelta(hours=-5))))
    assert mirror.versions(ID)[0].first_seen == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (WaylineError("line 2: not valid JSON"), "line 2: not valid JSON"),
        ({}, "line 2: no 'protocolSection'; this is not a study record of the registry's API v2"),
        ({**copied(2), "note": float("nan")}, "line 2: holds what JSON cannot: not a number, a number too long, or too deep a nesting"),
        ({**copied(2), "note": nested(100_000)}, "line 2: holds what JSON cannot: not a number, a number too long, or too deep a nesting"),
        ({**copied(2), "note": "\ud800"}, "line 2: holds half of a letter (a lone surrogate), which is not text"),
    ],
    ids=["not JSON", "no study", "not a number", "too deep", "half a letter"],
)
def test_one_bad_record_is_reported_and_the_others_are_kept(mirror: Mirror, bad: Any, message: str) -> None:
    report = load(mirror, copied(1), bad, copied(3))
    assert [str(error) for error in report.errors] == [message]
    assert (report.new, mirror.count) == (2, 2)


@pytest.mark.parametrize(("bad", "is_taken"), [(2, True), (3, True), (4, False)])
def test_too_many_bad_records_refuse_the_whole_load(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, bad: int, is_taken: bool) -> None:
    monkeypatch.setattr(mirror_module, "MOST_BAD_RECORDS", 3)
    records = [copied(1), *[{}] * bad]
    if is_taken:
        assert len(load(mirror, *records).errors) == bad
    else:
        with pytest.raises(WaylineError, match="more than 3 records cannot be read; the last: line 5: no 'protocolSection'"):
            load(mirror, *records)
    assert mirror.count == int(is_taken)


def test_a_load_that_breaks_off_changes_nothing(mirror: Mirror) -> None:
    load(mirror, copied(1, "2026-11-01", title="old"))

    def cut_short() -> Iterator[tuple[dict[str, Any], str]]:
        yield copied(1, "2026-11-20", title="new"), "line 1"
        yield copied(2), "line 2"
        raise WaylineError("the file ends too early")

    with pytest.raises(WaylineError, match="ends too early"):
        mirror.load(cut_short(), SECOND)
    assert (title(mirror), mirror.count, mirror.generation, len(mirror.versions(ID))) == ("old", 1, 1, 1)
    assert load(mirror, copied(3)).new == 1
    assert mirror.count == 2


def test_an_empty_load_keeps_everything(mirror: Mirror) -> None:
    load(mirror, copied(1))
    assert load(mirror) == LoadReport(0, 0, 0, 0, 0, ())
    assert mirror.count == 1


def test_every_swap_has_a_number_of_its_own(mirror: Mirror) -> None:
    for expected in (1, 2, 3):
        load(mirror, copied(1))
        assert mirror.generation == expected


def test_another_reader_sees_the_old_state_until_the_swap_is_whole(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Mirror.open(tmp_path) as first:
        load(first, copied(1))
    reader = Mirror.open_if_present(tmp_path)
    assert reader is not None

    def look(connection: sqlite3.Connection, studies: Iterable[Study]) -> None:
        seen.append((reader.count, reader.generation))

    with reader, Mirror.open(tmp_path, also=[look]) as writer:
        load(writer, copied(2), copied(3))
        assert seen == [(1, 1)]
        assert (reader.count, reader.generation) == (3, 2)


def test_a_snapshot_stays_one_state_while_others_swap(tmp_path: Path) -> None:
    with Mirror.open(tmp_path) as writer, Mirror.open(tmp_path) as reader:
        load(writer, copied(1))
        with reader.snapshot() as connection:
            load(writer, copied(2))
            assert (reader.count, reader.generation, len(list(reader.studies()))) == (1, 1, 1)
            assert connection.execute("SELECT count(*) FROM current").fetchone() == (1,)
        assert (reader.count, reader.generation) == (2, 2)


def test_reading_on_while_another_swaps_gives_the_old_state(tmp_path: Path) -> None:
    with Mirror.open(tmp_path) as writer, Mirror.open(tmp_path) as reader:
        load(writer, *(copied(number, "2026-11-01", title="old") for number in range(1, 50)))
        studies = reader.studies()
        titles = [next(studies).title]
        load(writer, *(copied(number, "2026-11-02", title="new") for number in range(1, 60)))
        titles += [study.title for study in studies]
        assert titles == ["old"] * 49
        assert [study.title for study in reader.studies()] == ["new"] * 59


def test_an_index_is_told_what_is_new_or_changed_and_nothing_else(tmp_path: Path) -> None:
    told: list[list[tuple[str, str]]] = []

    def index(connection: sqlite3.Connection, studies: Iterable[Study]) -> None:
        connection.execute("CREATE TABLE IF NOT EXISTS names (nct_id TEXT PRIMARY KEY, name TEXT)")
        named = [(study.nct_id, study.title) for study in studies]
        connection.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", named)
        told.append(sorted(named))

    with Mirror.open(tmp_path, also=[index]) as mirror:
        load(mirror, copied(1, "2026-11-01", title="a"), copied(2, "2026-11-01", title="b"), copied(3, "2026-11-03", title="c"))
        load(
            mirror,
            copied(1, "2026-11-01", title="a"),
            copied(2, "2026-11-02", title="B"),
            copied(3, "2026-11-01", title="C"),
            copied(4, title="d"),
        )
        assert told[1] == [("NCT00000002", "B"), ("NCT00000004", "d")]
        with mirror.snapshot() as connection:
            names = connection.execute("SELECT name FROM names ORDER BY nct_id").fetchall()
        assert names == [("a",), ("B",), ("c",), ("d",)]


def test_an_index_that_fails_undoes_the_whole_swap(tmp_path: Path) -> None:
    def index(connection: sqlite3.Connection, studies: Iterable[Study]) -> None:
        connection.execute("CREATE TABLE half_made (nct_id TEXT)")
        raise ArithmeticError

    with Mirror.open(tmp_path, also=[index]) as mirror:
        with pytest.raises(ArithmeticError):
            load(mirror, copied(1))
        assert (mirror.count, mirror.generation, mirror.versions(ID)) == (0, 0, ())
        with mirror.snapshot() as connection:
            assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half_made'").fetchall() == []


def test_an_index_that_commits_is_an_error(tmp_path: Path) -> None:
    def index(connection: sqlite3.Connection, studies: Iterable[Study]) -> None:
        connection.commit()

    with Mirror.open(tmp_path, also=[index]) as mirror, pytest.raises(RuntimeError, match="ended the transaction"):
        load(mirror, copied(1))


def test_where_nothing_was_loaded_there_is_no_mirror_to_open(tmp_path: Path) -> None:
    assert Mirror.open_if_present(tmp_path) is None
    assert Mirror.open_if_present(tmp_path / "none") is None
    (tmp_path / FILE_NAME).touch()
    assert Mirror.open_if_present(tmp_path) is None
    with Mirror.open(tmp_path / "made" / "here") as mirror:
        assert mirror.count == 0
    reopened = Mirror.open_if_present(tmp_path / "made" / "here")
    assert reopened is not None
    reopened.close()


@pytest.mark.parametrize("opened", [Mirror.open, Mirror.open_if_present])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, opened: Any) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"something else, longer than a header of a database file would be" * 50)
    with pytest.raises(WaylineError, match="damaged; move it away") as caught:
        opened(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / FILE_NAME))


@pytest.mark.parametrize("opened", [Mirror.open, Mirror.open_if_present])
def test_another_database_is_not_written_into(tmp_path: Path, opened: Any) -> None:
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(WaylineError, match="not a mirror of trials"):
        opened(tmp_path)


def test_a_mirror_of_a_newer_wayline_is_left_alone(tmp_path: Path) -> None:
    Mirror.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(WaylineError, match="made by a newer Wayline"):
        Mirror.open(tmp_path)


def test_damage_within_the_file_is_a_clear_error(tmp_path: Path) -> None:
    with Mirror.open(tmp_path) as mirror:
        load(mirror, *(copied(number, title="x" * 3000) for number in range(1, 200)))
    path = tmp_path / FILE_NAME
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with Mirror.open(tmp_path) as mirror, pytest.raises(WaylineError, match="damaged"):
        list(mirror.studies())


def test_a_record_that_cannot_be_unpacked_is_a_clear_error(tmp_path: Path) -> None:
    with Mirror.open(tmp_path) as mirror:
        load(mirror, copied(1))
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with connection:
        connection.execute("UPDATE versions SET record = x'00'")
    connection.close()
    with Mirror.open(tmp_path) as mirror:
        for read in (lambda: mirror.study(ID), lambda: mirror.record(ID), lambda: list(mirror.studies())):
            with pytest.raises(WaylineError, match="damaged"):
                read()


def test_a_mirror_that_another_process_writes_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror_module, "BUSY_SECONDS", 0)
    with Mirror.open(tmp_path) as mirror:
        other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WaylineError, match="another process is writing to it; try again"):
            load(mirror, copied(1))
        other.execute("ROLLBACK")
        other.close()
        assert load(mirror, copied(1)).new == 1


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WaylineError, match="cannot be made"):
        Mirror.open(tmp_path / "file" / "folder")


DAYS = st.sampled_from([None, "2026-11-01", "2026-11-10", "2026-11-20"])
COPIES = st.lists(st.tuples(st.integers(1, 3), DAYS, st.sampled_from("ab")), max_size=4)


@settings(max_examples=40)
@given(st.lists(COPIES, min_size=1, max_size=4))
def test_however_copies_arrive_none_is_lost_and_no_study_gets_older(
    tmp_path_factory: pytest.TempPathFactory, loads: list[list[tuple[int, str | None, str]]]
) -> None:
    """Whatever is loaded in whatever order: every distinct record is kept once, and the current one is of the newest day held."""
    every: dict[str, set[str]] = {}
    newest: dict[str, str] = {}
    with Mirror.open(tmp_path_factory.mktemp("mirror")) as mirror:
        for copies in loads:
            records = [copied(number, day, title=name) for number, day, name in copies]
            report = load(mirror, *copy.deepcopy(records))
            for (number, day, _), record in zip(copies, records, strict=True):
                nct_id = f"NCT{number:08}"
                every.setdefault(nct_id, set()).add(json.dumps(record, sort_keys=True))
                # Without a day of the copy, the last update of these records.
                newest[nct_id] = max(newest.get(nct_id, ""), day or "2026-11-01")
            assert report.new + report.changed + report.unchanged + report.older == len({number for number, _, _ in copies})
        assert {study.nct_id for study in mirror.studies()} == set(every)
        for nct_id, records_of_study in every.items():
            versions = mirror.versions(nct_id)
            assert {json.dumps(mirror.record(nct_id, version.hash), sort_keys=True) for version in versions} == records_of_study
            assert len(versions) == len(records_of_study)
            assert sum(version.is_current for version in versions) == 1
            standing = mirror.standing(nct_id)
            assert standing is not None
            assert standing.day == date.fromisoformat(newest[nct_id])
