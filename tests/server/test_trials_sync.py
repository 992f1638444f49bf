"""Syncing the mirror of trials: a registry on localhost with every fault that was seen, and processes killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.running import free_port
from tests.trials.fake_registry import (
    BROKEN,
    DROPPED,
    FORBIDDEN,
    HTML_PAGE,
    NO_STUDIES,
    ODD_TOKEN,
    TOO_MANY,
    TRUNCATED,
    UNAVAILABLE,
    FakeRegistry,
    Fault,
    http_date,
    study_record,
    too_many_for,
)
from wayline.reading import WaylineError
from wayline.trials.mirror import Mirror
from wayline.trials.registry import FIELD_EXPRESSION, FIELDS, SyncReport, sync
from wayline.trials.study import parse_study

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("server")]

SOURCE = str(Path(__file__).parents[2] / "src")
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    """Five studies on three pages."""
    with FakeRegistry([study_record(number) for number in range(1, 6)]) as fake:
        yield fake


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror.open(tmp_path) as opened:
        yield opened


class Sleeps(list[float]):
    """Instead of sleeping: how long each pause would have been."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def synced(mirror: Mirror, registry: FakeRegistry, now: datetime = NOW, *, is_full: bool = False) -> SyncReport:
    return sync(mirror, now, base_url=registry.url, sleep=Sleeps(), is_full=is_full)


def ids(mirror: Mirror) -> list[str]:
    return [study.nct_id for study in mirror.studies()]


EVERY_ID = [f"NCT{number:08}" for number in range(1, 6)]


def test_the_first_sync_brings_every_study(mirror: Mirror, registry: FakeRegistry) -> None:
    report = synced(mirror, registry)
    assert (report.kind, report.data_timestamp, report.resumed) == ("full", "2026-11-20T09:00:05", False)
    assert report.load is not None
    assert (report.load.new, report.load.errors) == (5, ())
    assert ids(mirror) == EVERY_ID
    as_of = mirror.as_of
    assert as_of is not None
    assert (as_of.day, as_of.source, as_of.seen_at) == (date(2026, 11, 20), "registry", NOW)
    assert mirror.age_days(date(2026, 11, 23)) == 3
    assert mirror.download is None


def test_what_is_asked_for_is_all_that_a_study_keeps(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    assert mirror.study("NCT00000003") == parse_study(study_record(3), "here")
    assert "555-0100" not in str(mirror.record("NCT00000003"))


def test_every_request_repeats_its_parameters_and_says_nothing_else(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    pages = registry.pages_asked()
    first = pages[0]
    assert first == {
        "format": "json",
        "markupFormat": "markdown",
        "filter.advanced": FIELD_EXPRESSION,
        "fields": "|".join(FIELDS),
        "pageSize": "1000",
        "countTotal": "true",
    }
    assert ["pageToken" in page for page in pages] == [False, True, True]
    assert all({name: value for name, value in page.items() if name != "pageToken"} == first for page in pages)
    assert [path for path, _, _ in registry.asked] == ["version", "studies", "studies", "studies", "version"]
    assert {name.lower() for _, _, headers in registry.asked for name in headers} == {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
    }


def test_there_is_a_pause_before_every_request_but_the_first(mirror: Mirror, registry: FakeRegistry) -> None:
    sleeps = Sleeps()
    sync(mirror, NOW, base_url=registry.url, sleep=sleeps)
    assert sleeps == [1.0] * (len(registry.asked) - 1)


@pytest.mark.parametrize(
    "fault",
    [TOO_MANY, FORBIDDEN, BROKEN, UNAVAILABLE, HTML_PAGE, TRUNCATED, DROPPED, NO_STUDIES, ODD_TOKEN],
    ids=["429", "403", "500", "503", "html", "truncated", "dropped", "no studies", "odd token"],
)
def test_a_fault_that_passes_costs_only_time(mirror: Mirror, registry: FakeRegistry, fault: Fault) -> None:
    registry.faults = [fault, fault, fault]
    sleeps = Sleeps()
    sync(mirror, NOW, base_url=registry.url, sleep=sleeps)
    assert ids(mirror) == EVERY_ID
    assert sleeps == [1.0, 2.0, 4.0, 8.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("fault", [BROKEN, HTML_PAGE, DROPPED, Fault(200, '{"dataTimestamp": "yesterday"}', "application/json")])
def test_a_fault_of_the_version_passes_too(mirror: Mirror, registry: FakeRegistry, fault: Fault) -> None:
    registry.version_faults = [fault]
    assert synced(mirror, registry).kind == "full"


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("1", 2.0), ("2", 2.0), ("3", 3.0), ("600", 600.0), ("soon", 2.0), ("-5", 2.0), ("", 2.0)],
)
def test_the_wait_that_the_registry_asks_for_is_kept(mirror: Mirror, registry: FakeRegistry, asked: str, waited: float) -> None:
    registry.faults = [too_many_for(asked)]
    sleeps = Sleeps()
    sync(mirror, NOW, base_url=registry.url, sleep=sleeps)
    assert sleeps[:2] == [1.0, waited]


def test_the_wait_may_be_an_instant(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.faults = [too_many_for(http_date(100))]
    sleeps = Sleeps()
    sync(mirror, NOW, base_url=registry.url, sleep=sleeps)
    assert 90 <= sleeps[1] <= 101


def test_a_wait_of_more_than_ten_minutes_ends_the_sync_at_once(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.faults = [too_many_for("601")]
    sleeps = Sleeps()
    with pytest.raises(WaylineError, match="error 429; try again later"):
        sync(mirror, NOW, base_url=registry.url, sleep=sleeps)
    assert sleeps == [1.0]


def test_a_fault_that_stays_ends_the_sync_and_changes_nothing(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.faults = [BROKEN] * 100
    with pytest.raises(WaylineError, match="error 500; try again later"):
        synced(mirror, registry)
    assert len(registry.pages_asked()) == 6
    assert (mirror.count, mirror.as_of) == (0, None)


def test_a_sync_that_ended_with_a_fault_goes_on_where_it_stopped(mirror: Mirror, registry: FakeRegistry) -> None:
    def cut_off(studies: int, total: int | None) -> None:
        if studies == 4:
            registry.faults = [BROKEN] * 6

    with pytest.raises(WaylineError):
        sync(mirror, NOW, base_url=registry.url, sleep=Sleeps(), on_progress=cut_off)
    asked_before = len(registry.pages_asked())
    assert synced(mirror, registry).resumed
    assert len(registry.pages_asked()) == asked_before + 1
    assert ids(mirror) == EVERY_ID


def test_a_registry_that_cannot_be_reached_is_a_clear_error(mirror: Mirror) -> None:
    with pytest.raises(WaylineError, match="cannot be reached"):
        sync(mirror, NOW, base_url=f"http://127.0.0.1:{free_port()}/api/v2", sleep=Sleeps())


def test_a_request_that_is_refused_shows_the_words_of_the_registry(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.faults = [Fault(400, "Could not parse\n the   expression", "text/plain")]
    with pytest.raises(WaylineError, match="does not take the request: Could not parse the expression"):
        synced(mirror, registry)
    assert len(registry.pages_asked()) == 1


def test_an_address_that_does_not_exist_is_a_clear_error(mirror: Mirror, registry: FakeRegistry) -> None:
    with pytest.raises(WaylineError, match="error 404 at /api/v2/wrong/version; is the address right"):
        sync(mirror, NOW, base_url=f"{registry.url}/wrong", sleep=Sleeps())


@pytest.mark.parametrize("url", ["registry", "ftp://registry", "https://", "http://host:port", "http://host:0", "https://host/?x=1"])
def test_an_address_that_cannot_be_one_is_refused_before_anything_is_asked(mirror: Mirror, url: str) -> None:
    with pytest.raises(WaylineError, match="is not the address of a registry"):
        sync(mirror, NOW, base_url=url, sleep=Sleeps())


def test_the_address_may_stand_in_the_environment(mirror: Mirror, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLINE_REGISTRY_URL", registry.url)
    sync(mirror, NOW, sleep=Sleeps())
    assert mirror.count == 5


def test_a_redirect_within_the_registry_is_followed(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.version_faults = [Fault(301, headers=(("Location", "/api/v2/version"),))]
    assert synced(mirror, registry).kind == "full"


def test_a_redirect_to_somebody_else_is_not_followed(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.faults = [Fault(301, headers=(("Location", "http://elsewhere.example/api/v2/studies"),))]
    with pytest.raises(WaylineError, match=r"has moved to elsewhere\.example"):
        synced(mirror, registry)


def test_redirects_without_end_are_an_error(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.version_faults = [Fault(302, headers=(("Location", "/api/v2/version"),))] * 10
    with pytest.raises(WaylineError, match="without end"):
        synced(mirror, registry)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_empty_page_with_a_token_is_not_the_end(mirror: Mirror, registry: FakeRegistry, number: int) -> None:
    registry.empty_page_before = number
    synced(mirror, registry)
    assert ids(mirror) == EVERY_ID


@pytest.mark.parametrize(("page_size", "pages"), [(1, 5), (2, 3), (4, 2), (5, 1), (1000, 1)])
def test_pages_may_have_any_size(mirror: Mirror, registry: FakeRegistry, page_size: int, pages: int) -> None:
    registry.page_size = page_size
    synced(mirror, registry)
    assert ids(mirror) == EVERY_ID
    assert len(registry.pages_asked()) == pages


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_download_during_which_the_data_moved_begins_anew(mirror: Mirror, registry: FakeRegistry, pages: int) -> None:
    """After one or two pages the token has died; after the last only the timestamp tells."""
    registry.moves_after_pages = pages
    report = synced(mirror, registry)
    assert report.data_timestamp == "2026-11-21T09:00:07"
    assert sum("pageToken" not in page for page in registry.pages_asked()) == 2
    assert ids(mirror) == EVERY_ID


def test_a_token_that_died_begins_the_download_anew(mirror: Mirror, registry: FakeRegistry) -> None:
    def kill_token(studies: int, total: int | None) -> None:
        if len(registry.pages_asked()) == 2:
            registry.faults = [Fault(400, "Invalid page token", "text/plain")]

    sync(mirror, NOW, base_url=registry.url, sleep=Sleeps(), on_progress=kill_token)
    assert ids(mirror) == EVERY_ID
    assert len(registry.pages_asked()) == 6


def test_a_study_on_two_pages_counts_once(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.has_duplicate = True
    report = synced(mirror, registry)
    assert report.load is not None
    assert report.load.new == 5
    assert [len(mirror.versions(nct_id)) for nct_id in EVERY_ID] == [1] * 5


@pytest.mark.parametrize("wrong_by", [-1, 1])
def test_a_download_that_is_not_as_many_as_announced_changes_nothing(mirror: Mirror, registry: FakeRegistry, wrong_by: int) -> None:
    registry.announces_too_many = wrong_by
    with pytest.raises(WaylineError, match=f"announced {5 + wrong_by} studies and sent 5"):
        synced(mirror, registry)
    assert (mirror.count, mirror.generation) == (0, 0)


def test_a_registry_that_announces_nothing_is_taken_at_its_pages(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.leaves_out_total = True
    synced(mirror, registry)
    assert ids(mirror) == EVERY_ID


def test_a_registry_that_repeats_its_token_does_not_go_on_for_ever(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.repeats_token = True
    with pytest.raises(WaylineError, match="the same page token twice"):
        synced(mirror, registry)
    assert mirror.count == 0


def test_a_registry_that_suddenly_knows_nothing_empties_nothing(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    registry.studies, registry.timestamp = [], "2026-11-21T09:00:00"
    with pytest.raises(WaylineError, match="no study at all"):
        synced(mirror, registry, LATER, is_full=True)
    assert [study.overall_status for study in mirror.studies()] == ["RECRUITING"] * 5


def test_one_bad_record_is_reported_and_the_others_come(mirror: Mirror, registry: FakeRegistry) -> None:
    registry.studies[2]["protocolSection"]["eligibilityModule"]["sex"] = 7
    report = synced(mirror, registry)
    assert report.load is not None
    assert [str(error) for error in report.load.errors] == ["registry, page 2, study 1, NCT00000003: 'sex' must be a text, not a number"]
    assert mirror.count == 4


def test_a_sync_that_is_up_to_date_asks_for_no_page(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    registry.asked.clear()
    assert synced(mirror, registry, LATER) == SyncReport("up to date", "2026-11-20T09:00:05", False, None)
    assert [path for path, _, _ in registry.asked] == ["version"]


def test_later_syncs_bring_only_what_was_updated(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    registry.studies[1] = study_record(2, status="COMPLETED", updated="2026-11-20")
    registry.studies[4] = study_record(5, status="COMPLETED", updated="2026-11-19")  # before the day asked for
    registry.studies.append(study_record(6, updated="2026-11-21"))
    registry.timestamp = "2026-11-21T09:00:00"
    registry.asked.clear()
    report = synced(mirror, registry, LATER)
    assert report.load is not None
    assert (report.kind, report.load.new, report.load.changed, report.load.left) == ("incremental", 1, 1, 0)
    assert registry.pages_asked()[0]["filter.advanced"] == f"({FIELD_EXPRESSION}) AND AREA[LastUpdatePostDate]RANGE[2026-11-20,MAX]"
    statuses = {study.nct_id[-1]: study.overall_status for study in mirror.studies()}
    assert statuses == {"1": "RECRUITING", "2": "COMPLETED", "3": "RECRUITING", "4": "RECRUITING", "5": "RECRUITING", "6": "RECRUITING"}
    assert mirror.age_days(date(2026, 11, 21)) == 0
    assert [len(mirror.versions(nct_id)) for nct_id in EVERY_ID] == [1, 2, 1, 1, 1]
    assert mirror.versions("NCT00000001")[0].last_confirmed == LATER


def test_an_incremental_sync_without_news_confirms_what_is_held(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    registry.timestamp = "2026-11-21T09:00:00"
    report = synced(mirror, registry, LATER)
    assert report.load is not None
    assert (report.kind, report.load.new, report.load.changed) == ("incremental", 0, 0)
    assert mirror.age_days(date(2026, 11, 21)) == 0


@pytest.mark.parametrize(("timestamp", "kind"), [("2026-12-19T09:00:00", "incremental"), ("2026-12-20T09:00:00", "full")])
def test_after_thirty_days_everything_is_asked_for_again(mirror: Mirror, registry: FakeRegistry, timestamp: str, kind: str) -> None:
    synced(mirror, registry)
    registry.timestamp = timestamp
    assert synced(mirror, registry, datetime(2026, 12, 21, tzinfo=UTC)).kind == kind


def test_another_expression_asks_for_everything(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    report = sync(mirror, LATER, base_url=registry.url, sleep=Sleeps(), expression='AREA[Condition]("esophageal cancer")')
    assert report.kind == "full"


def test_a_study_that_left_the_query_is_kept_but_never_open(mirror: Mirror, registry: FakeRegistry) -> None:
    synced(mirror, registry)
    gone = registry.studies.pop(0)
    registry.timestamp = "2026-11-22T09:00:00"
    incremental = synced(mirror, registry, LATER).load
    assert incremental is not None
    assert incremental.left == 0
    full = synced(mirror, registry, LATER, is_full=True).load
    assert full is not None
    assert full.left == 1
    study = mirror.study("NCT00000001")
    assert study is not None
    assert (study.overall_status, [site.status for site in study.sites]) == (None, [None])
    assert study.source_note == "no longer found in the registry's answer of 2026-11-22"
    standing = mirror.standing("NCT00000001")
    assert standing is not None
    assert (standing.source, standing.left_on) == ("left", date(2026, 11, 22))
    registry.studies.append(gone)
    registry.timestamp = "2026-11-23T09:00:00"
    back = synced(mirror, registry, LATER, is_full=True).load
    assert back is not None
    assert (back.changed, back.unchanged) == (1, 4)
    study = mirror.study("NCT00000001")
    assert study is not None
    assert study.overall_status == "RECRUITING"


def test_a_full_sync_with_bad_records_says_of_no_study_that_it_left(mirror: Mirror, registry: FakeRegistry) -> None:
    """The bad record may be the very one that seems to be gone."""
    synced(mirror, registry)
    registry.studies[0]["protocolSection"]["eligibilityModule"]["sex"] = 7
    registry.timestamp = "2026-11-22T09:00:00"
    report = synced(mirror, registry, LATER, is_full=True).load
    assert report is not None
    assert (len(report.errors), report.left) == (1, 0)


def test_progress_is_told_page_by_page(mirror: Mirror, registry: FakeRegistry) -> None:
    told: list[tuple[int, int | None]] = []
    sync(mirror, NOW, base_url=registry.url, sleep=Sleeps(), on_progress=lambda studies, total: told.append((studies, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_two_syncs_in_one_folder_do_not_mix(mirror: Mirror, registry: FakeRegistry, tmp_path: Path) -> None:
    with (
        Mirror.open(tmp_path) as other,
        other.alone(),
        pytest.raises(WaylineError, match="another sync is under way"),
    ):
        synced(mirror, registry)
    assert registry.asked == []


SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from wayline.trials.mirror import Mirror
from wayline.trials.registry import sync
with Mirror.open(Path(sys.argv[1])) as mirror:
    report = sync(mirror, datetime(2026, 11, 24, 20, 0, tzinfo=UTC), base_url=sys.argv[2], pause=0.01)
print(report.kind, report.resumed, mirror is not None)
"""


def started(folder: Path, registry: FakeRegistry) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), registry.url],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at_page(folder: Path, registry: FakeRegistry, number: int) -> None:
    """Start a sync in a process of its own and kill it while it waits for this page."""
    registry.holds_page = number
    process = started(folder, registry)
    try:
        assert registry.is_holding.wait(30), process.communicate(timeout=5)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    registry.holds_page = None
    registry.go_on.set()


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_killed_sync_leaves_the_old_state_and_goes_on_where_it_stopped(registry: FakeRegistry, tmp_path: Path, page: int) -> None:
    with Mirror.open(tmp_path) as mirror:
        mirror.load([(study_record(9, title="Old"), "file")], NOW)
    killed_at_page(tmp_path, registry, page)
    with Mirror.open(tmp_path) as mirror:
        assert ids(mirror) == ["NCT00000009"]
        assert mirror.generation == 1
    asked_before = len(registry.pages_asked())
    output, errors = started(tmp_path, registry).communicate(timeout=60)
    assert (output.split()[:2], errors) == (["full", str(page > 1)], "")
    assert len(registry.pages_asked()) - asked_before == 3 - (page - 1)
    with Mirror.open(tmp_path) as mirror:
        assert ids(mirror) == [*EVERY_ID, "NCT00000009"]
        assert mirror.download is None


def test_a_killed_sync_begins_anew_when_the_data_has_moved(registry: FakeRegistry, tmp_path: Path) -> None:
    killed_at_page(tmp_path, registry, 3)
    registry.timestamp = "2026-11-22T09:00:00"
    asked_before = len(registry.pages_asked())
    output, errors = started(tmp_path, registry).communicate(timeout=60)
    assert (output.split()[:2], errors) == (["full", "False"], "")
    assert len(registry.pages_asked()) - asked_before == 3
    with Mirror.open(tmp_path) as mirror:
        assert ids(mirror) == EVERY_ID


def test_a_sync_killed_while_swapping_leaves_the_old_state_and_swaps_the_next_time(registry: FakeRegistry, tmp_path: Path) -> None:
    script = SCRIPT.replace(
        "Mirror.open(Path(sys.argv[1]))",
        "Mirror.open(Path(sys.argv[1]), also=[lambda connection, studies: os.kill(os.getpid(), signal.SIGKILL)])",
    )
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    command = [sys.executable, "-c", f"import os, signal\n{script}", str(tmp_path), registry.url]
    assert subprocess.run(command, env=environment, timeout=60).returncode == -signal.SIGKILL
    with Mirror.open(tmp_path) as mirror:
        assert (mirror.count, mirror.generation) == (0, 0)
        assert mirror.download is not None
        assert mirror.download.is_whole
    asked_before = len(registry.pages_asked())
    output, _ = started(tmp_path, registry).communicate(timeout=60)
    assert output.split()[:2] == ["full", "True"]
    assert len(registry.pages_asked()) == asked_before
    with Mirror.open(tmp_path) as mirror:
        assert ids(mirror) == EVERY_ID


def test_a_load_killed_while_swapping_leaves_the_old_state(tmp_path: Path) -> None:
    with Mirror.open(tmp_path) as mirror:
        mirror.load([(study_record(9, title="Old"), "file")], NOW)
    script = (
        "import os, signal, sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from wayline.trials.mirror import Mirror; from tests.trials.fake_registry import study_record\n"
        "kill = lambda connection, studies: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with Mirror.open(Path(sys.argv[1]), also=[kill]) as mirror:\n"
        "    mirror.load([(study_record(n, title='New'), 'file') for n in range(1, 2000)], datetime(2026, 11, 24, tzinfo=UTC))\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{Path(SOURCE).parent}"}
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=environment, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    with Mirror.open(tmp_path) as mirror:
        assert [study.title for study in mirror.studies()] == ["Old"]
        assert mirror.generation == 1
