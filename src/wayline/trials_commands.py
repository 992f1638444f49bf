"""The commands `wayline trials ...`: filling the mirror, reading criteria, checking, matching, searching.

Each command gets the instant at which it runs from the command line. What needs a database, arrays or the network is imported by the
commands that use it: `read` and `check` of a file need none of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.folders import data_folder, data_folder_path
from wayline.library import library
from wayline.reading import WaylineError, shortened
from wayline.report import print_json
from wayline.trials.known import STATUSES, STUDY_TYPES, as_record
from wayline.trials.loading import read_records
from wayline.trials.matching import check_trial
from wayline.trials.study import NCT_ID, OPEN_STATUSES, Study, parse_study
from wayline.trials_report import (
    MirrorState,
    check_json,
    check_text,
    example_text,
    load_json,
    load_text,
    match_json,
    match_text,
    reading_json,
    reading_text,
    search_json,
    search_text,
    sync_json,
    sync_text,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from wayline.trials.finding import OpenTrials
    from wayline.trials.mirror import Mirror
    from wayline.trials.places import Point
    from wayline.trials.search import Filters

BAD_INPUT = 2
_STANDARD_INPUT = Path("/dev/stdin")
_PHASES = {"early1": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4"}
_OPEN = "open"
_IN_WORDS = {word.lower().replace("_", "-"): word for word in (*STATUSES, *STUDY_TYPES)}
# Where the table of ZIP codes reaches; elsewhere five digits are another place.
_COUNTRIES_WITH_ZIP_CODES = frozenset({"US", "USA", "UNITED STATES", "PR", "GU", "VI", "AS", "MP"})

Command = Callable[[argparse.Namespace, datetime], int]


def add_trials_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]) -> None:
    """Add `trials` and its subcommands. `run` calls `trials_command` with the parsed arguments and the time."""
    trials = commands.add_parser("trials", help="studies: the registry's mirror, their criteria, and one person checked against them")
    trials.set_defaults(command=run)
    subcommands = trials.add_subparsers(required=True, metavar="COMMAND")

    def added(name: str, command: Command, words: str) -> argparse.ArgumentParser:
        parser = subcommands.add_parser(name, help=words, description=words)
        parser.add_argument("--json", action="store_true", help="JSON on stdout")
        parser.set_defaults(trials_command=command)
        return parser

    load = added("load", _load, "load study records into the mirror: JSON, NDJSON, gzip or zip")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file of registry records; each is loaded by itself")

    sync = added("sync", _sync, "bring the mirror up to the registry's present state")
    sync.add_argument("--full", action="store_true", help="download everything again, not only what changed")

    read = added("read", _read, "the criteria of a study as Wayline reads them")
    check = added("check", _check, "one person against a study's criteria, rule by rule")
    for parser in (read, check):
        parser.add_argument("trial", metavar="NCT|FILE", help="a registry number, a file of records, or - for records on standard input")

    match = added("match", _match, "one person against all open trials about this cancer")
    match.add_argument("--all", action="store_true", help="closed trials too")
    for parser in (check, match):
        parser.add_argument("case", metavar="CASE", help="a YAML or JSON case file, or - for standard input")

    search = added("search", _search, "search the mirror's trials in words")
    search.add_argument("words", nargs="+", metavar="WORDS", help="words, drug names, brands or registry numbers")
    search.add_argument("--near", metavar="ZIP", help="measure distances from this US ZIP code")
    search.add_argument("--miles", type=float, metavar="N", help="only trials with an open site this near to --near")
    search.add_argument("--phase", action="append", choices=tuple(_PHASES), help="only this phase; may be given several times")
    statuses = (_OPEN, *(word.lower().replace("_", "-") for word in STATUSES))
    search.add_argument("--status", action="append", choices=statuses, metavar="STATUS", help=f"only this status: {', '.join(statuses)}")
    search.add_argument("--kind", choices=tuple(word.lower().replace("_", "-") for word in STUDY_TYPES), help="only this kind of study")
    for parser in (match, search):
        parser.add_argument("--limit", type=_count, default=20, metavar="N", help="show at most so many (20)")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{shortened(text)}' is not a whole number of 1 or more")
    return int(text)


def facts_that_settle_trials(situation: Situation) -> Mapping[str, int] | None:
    """Missing facts by how many open trials each could settle alone; None where there is no mirror."""
    with _opened_mirror() as mirror:
        if mirror is None:
            return None
        return {one.fact: one.trials for one in library().open_trials(mirror).facts_to_ask(situation)}


# --- Filling the mirror ---------------------------------------------------------------------------------------------


def _load(parsed: argparse.Namespace, now: datetime) -> int:
    status = 0
    loaded: list[dict[str, Any]] = []
    with _mirror_to_fill() as mirror:
        for path in parsed.files:
            try:
                report = mirror.load(read_records(path), now)
            except WaylineError as error:  # this file as a whole; the others are loaded all the same
                status = _told(error)
                continue
            for bad in report.errors:
                status = _told(bad)
            if not parsed.json:
                print(f"{path}: {load_text(report)}")
            loaded.append({"file": str(path), **load_json(report)})
        state = _state(mirror, now)
    if parsed.json:
        print_json({"files": loaded, "mirror": state.as_json()})
    else:
        print(state.as_text())
    return status


def _sync(parsed: argparse.Namespace, now: datetime) -> int:
    from wayline.trials.registry import sync

    with _mirror_to_fill() as mirror:
        try:
            report = sync(mirror, now, is_full=parsed.full, on_progress=_show_progress)
        except KeyboardInterrupt:
            raise WaylineError("stopped; what has arrived is kept, and the next sync goes on from there") from None
        state = _state(mirror, now)
    errors = () if report.load is None else report.load.errors
    for error in errors:
        _told(error)
    if parsed.json:
        print_json(sync_json(report, state))
    else:
        print(sync_text(report))
        print(state.as_text())
    return BAD_INPUT if errors else 0


def _show_progress(studies: int, total: int | None) -> None:
    of_all = "" if total is None else f" of {total:,}"
    print(f"{studies:,}{of_all} trials have arrived", file=sys.stderr)


@contextmanager
def _mirror_to_fill() -> Iterator[Mirror]:
    from wayline.trials.mirror import Mirror

    try:
        folder = data_folder()
    except OSError as error:
        raise WaylineError(f"WAYLINE_DATA: the data folder {data_folder_path()} cannot be made ({error.strerror})") from None
    with Mirror.open(folder, also=(_index,)) as mirror:
        yield mirror


def _index(connection: sqlite3.Connection, studies: Iterable[Study]) -> None:
    """Keep the search index in step with the mirror, in the same transaction."""
    from wayline.trials.search import create_index, index_studies

    create_index(connection)
    index_studies(connection, studies)


# --- Reading and checking -------------------------------------------------------------------------------------------


def _read(parsed: argparse.Namespace, now: datetime) -> int:
    reader = library().criteria_reader

    def answer(study: Study) -> None:
        criteria = reader.read_study(study)
        if parsed.json:
            print_json(reading_json(study, criteria), is_line=True)
        else:
            print(f"{reading_text(study, criteria)}\n")

    return _for_each_study(parsed.trial, answer)


def _check(parsed: argparse.Namespace, now: datetime) -> int:
    if parsed.trial == parsed.case == "-":
        raise WaylineError("standard input can hold the records or the case, not both")
    content = library()
    situation = load_case(parsed.case, content.vocabulary)

    def answer(study: Study) -> None:
        verdict = check_trial(content.criteria_reader.read_study(study), situation)
        if parsed.json:
            print_json(check_json(study, verdict), is_line=True)
        else:
            print(f"{check_text(study, verdict, content.vocabulary)}\n")

    return _for_each_study(parsed.trial, answer)


def _for_each_study(trial: str, answer: Callable[[Study], None]) -> int:
    """Answer for the study with this number, or for each of a file; a bad record is one error line, and the others are answered."""
    if NCT_ID.fullmatch(trial.upper()):
        answer(_study(trial.upper()))
        return 0
    path = _STANDARD_INPUT if trial == "-" else Path(trial)
    if trial.upper().startswith("NCT") and not path.exists():
        raise WaylineError(
            f"'{shortened(trial)}' is neither a file nor a registry number; that is NCT and eight digits, such as NCT01234567"
        )
    status, is_empty = 0, True
    for record, where in read_records(path):
        is_empty = False
        try:
            if isinstance(record, WaylineError):
                raise record
            study = parse_study(record, where)
        except WaylineError as error:
            status = _told(error)
            continue
        answer(study)
    if is_empty:
        raise WaylineError(f"{path}: there is no record in it")
    return status


def _study(nct_id: str) -> Study:
    """From the mirror, else from the example list, which is told."""
    with _opened_mirror() as mirror:
        study = None if mirror is None else mirror.study(nct_id)
        where = "there is no copy of the registry here" if mirror is None else "it is not in this copy of the registry"
    if study is not None:
        return study
    known = library().known_trials
    for trial in known.trials:
        if trial.nct_id == nct_id:
            _note(f"{nct_id}: {where}; this is the example list of {known.written.isoformat()}, its rules shortened and in our own words")
            return parse_study(as_record(trial), "the example list")
    raise WaylineError(f"{nct_id}: {where}, nor in the example list; name a file, or fill the mirror with 'wayline trials sync'")


# --- Matching and searching -----------------------------------------------------------------------------------------


def _match(parsed: argparse.Namespace, now: datetime) -> int:
    from wayline.trials.finding import OpenTrials

    content = library()
    situation = load_case(parsed.case, content.vocabulary)
    with _opened_mirror() as mirror:
        # The example list is there to show what trials look like: its closed ones are shown too, and say so.
        with_closed = parsed.all or mirror is None
        state = None if mirror is None else _state(mirror, now)
        if mirror is not None and not with_closed:
            trials = content.open_trials(mirror)
        else:
            studies = _example_studies() if mirror is None else mirror.studies()
            trials = OpenTrials(studies, content.criteria_reader, content.relevance, content.vocabulary, with_closed=with_closed)
    matches = trials.match(situation, _home(situation, trials), parsed.limit)
    if parsed.json:
        print_json(match_json(matches, len(trials.studies), with_closed, state))
    else:
        print(match_text(matches, len(trials.studies), with_closed, state))
    return 0


def _home(situation: Situation, trials: OpenTrials) -> Point | None:
    """Where the person lives, as far as distances go: the middle of their ZIP code's area."""
    zip_code, country = situation.value("person.postal_code"), situation.value("person.country")
    if zip_code is None or (country is not None and country.upper() not in _COUNTRIES_WITH_ZIP_CODES):
        return None
    point = trials.point_of_zip(zip_code)
    if point is None:
        _note("the postal code is not in the table of US ZIP codes, so distances are not known")
    return point


def _search(parsed: argparse.Namespace, now: datetime) -> int:
    from wayline.trials.search import search_trials

    filters = _filters(parsed)
    with _opened_mirror() as mirror:
        state = None if mirror is None else _state(mirror, now)
        with _searchable(mirror) as connection:
            results = search_trials(connection, " ".join(parsed.words), library().thesaurus, filters, parsed.limit)
    if parsed.json:
        print_json(search_json(results, state))
    else:
        print(search_text(results, state))
    return 0


def _filters(parsed: argparse.Namespace) -> Filters:
    from wayline.trials.places import point_of_zip
    from wayline.trials.search import Filters

    near = None
    if parsed.near is not None:
        near = point_of_zip(parsed.near)
        if near is None:
            raise WaylineError(f"--near: '{shortened(parsed.near)}' is not in the table of US ZIP codes, such as 77030")
    statuses = None
    if parsed.status is not None:
        statuses = {word for chosen in parsed.status for word in (OPEN_STATUSES if chosen == _OPEN else (_IN_WORDS[chosen],))}
    return Filters(
        phases=None if parsed.phase is None else {_PHASES[phase] for phase in parsed.phase},
        statuses=statuses,
        kind=None if parsed.kind is None else _IN_WORDS[parsed.kind],
        near=near,
        within_miles=parsed.miles,
    )


@contextmanager
def _searchable(mirror: Mirror | None) -> Iterator[sqlite3.Connection]:
    """The mirror's index; where there is no mirror, one of the example list, in memory."""
    if mirror is not None:
        with mirror.snapshot() as connection:
            yield connection
        return
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _index(connection, _example_studies())
        yield connection


# --- Where studies come from ----------------------------------------------------------------------------------------


@contextmanager
def _opened_mirror() -> Iterator[Mirror | None]:
    """The mirror, or None where nothing was ever loaded; a folder that is not there is not made."""
    folder = data_folder_path()
    if not folder.is_dir():
        yield None
        return
    from wayline.trials.mirror import Mirror

    mirror = Mirror.open_if_present(folder)
    if mirror is None:
        yield None
        return
    with mirror:
        yield mirror if mirror.count else None


def _example_studies() -> list[Study]:
    """The example list; says on standard error that it is one."""
    known = library().known_trials
    _note(example_text(known))
    return [parse_study(as_record(trial), "the example list") for trial in known.trials]


def _state(mirror: Mirror, now: datetime) -> MirrorState:
    as_of = mirror.as_of
    return MirrorState(mirror.count, None if as_of is None else as_of.day, mirror.age_days(now.date()))


def _told(error: WaylineError) -> int:
    """One error line; the exit status that it asks for."""
    print(f"wayline: {error}", file=sys.stderr)
    return BAD_INPUT


def _note(words: str) -> None:
    print(f"note: {words}", file=sys.stderr)
