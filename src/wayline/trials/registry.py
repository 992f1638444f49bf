"""The public registry's API v2: downloading what changed, politely, and swapping it into the mirror whole or not at all.

Nothing about a person is ever sent: the query is the same for everybody. Every page is kept in the mirror's file as it arrives together
with the token for the next, so a download that was killed goes on where it stopped. The registry refreshes its data about daily, and its
tokens die then; a download during which `dataTimestamp` moved is begun anew.
Source of endpoints, parameters and words: the registry's OpenAPI description of API v2.
"""

from __future__ import annotations

import email.utils
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from wayline import __version__
from wayline.reading import WaylineError
from wayline.trials.mirror import Download, DownloadMismatchError, LoadReport, Mirror, RegistryState
from wayline.trials.study import earliest_day

DEFAULT_URL = "https://clinicaltrials.gov/api/v2"
PAGE_SIZE = 1000  # the most that the registry gives; it may give fewer
PAUSE_SECONDS = 1.0  # its robots.txt asks for this much between requests
ANSWER_WITHIN_SECONDS = 60
MOST_ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 600
MOST_RESTARTS = 3
MOST_REDIRECTS = 3
LARGEST_ANSWER_BYTES = 500_000_000
# Only a whole download shows which studies left the query.
FULL_AGAIN_AFTER_DAYS = 30

# No status is asked for: a study that closes must come in as closed. Phrases are quoted, since a bare word such as ALL can be an
# operator, and stand in named areas, since the free search for a condition is loose.
_PHRASES = """
    esophageal cancer; esophageal carcinoma; esophageal adenocarcinoma; esophageal squamous cell carcinoma; esophageal neoplasms
    cancer of the esophagus; esophagogastric junction; gastroesophageal junction; gastroesophageal cancer; gastroesophageal adenocarcinoma
    gastric cancer; gastric adenocarcinoma; stomach cancer; stomach neoplasms; gastrointestinal cancer; upper gastrointestinal
    liver metastases; liver metastasis; hepatic metastases; solid tumor; solid tumors; solid tumour; solid tumours
    advanced cancer; metastatic cancer; advanced malignancies
"""
_AREAS = ("Condition", "Keyword", "BriefTitle")


def _field_expression() -> str:
    phrases = " OR ".join(f'"{phrase.strip()}"' for phrase in re.split(r"[;\n]", _PHRASES.strip()))
    about = " OR ".join(f"AREA[{area}]({phrases})" for area in _AREAS)
    return f'AREA[StudyType]("INTERVENTIONAL" OR "EXPANDED_ACCESS") AND ({about})'


# Trials and expanded access programs for cancer of the esophagus, of the junction and of the stomach, for liver metastases, and for
# advanced solid tumors of any kind.
FIELD_EXPRESSION = _field_expression()

# What `Study` keeps. No names, telephone numbers or addresses of contact persons.
FIELDS = (
    "NCTId", "BriefTitle", "OfficialTitle", "OrgFullName", "OverallStatus", "StudyType", "Phase", "Condition", "Keyword",
    "InterventionType", "InterventionName", "InterventionOtherName", "BriefSummary", "Sex", "MinimumAge", "MaximumAge",
    "HealthyVolunteers", "EligibilityCriteria", "StartDate", "CompletionDate", "LastUpdatePostDate", "EnrollmentCount",
    "LocationFacility", "LocationCity", "LocationState", "LocationZip", "LocationCountry", "LocationStatus", "LocationGeoPoint",
)  # fmt: skip

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?Z?")
_OFTEN_PASSES = frozenset({403, 408, 425, 429})

T = TypeVar("T")
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class SyncReport:
    """What a sync did. `kind` is "full", "incremental" or "up to date" (then `load` is None); `resumed`: it went on from a killed one."""

    kind: str
    data_timestamp: str
    resumed: bool
    load: LoadReport | None


@dataclass(frozen=True)
class _Page:
    studies: list[Any]
    next_token: str | None
    total: int | None


@dataclass(frozen=True)
class _Plan:
    """What is asked of the registry: `parameters` go with every request; `query` names them without the days of an incremental sync."""

    is_full: bool
    parameters: dict[str, str]
    query: str


class _TryAgainError(Exception):
    """An answer that may be better next time; `wait` is what the registry asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _RestartError(Exception):
    """A download that must begin anew."""


class _BadRequestError(WaylineError):
    """The registry does not take the request; also its answer to a token that died."""


def sync(
    mirror: Mirror,
    now: datetime,
    *,
    base_url: str | None = None,
    expression: str = FIELD_EXPRESSION,
    is_full: bool = False,
    pause: float = PAUSE_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    on_progress: Progress | None = None,
) -> SyncReport:
    """Bring the mirror up to the registry's present state.

    The first sync, one after 30 days, one with another expression, and one with `is_full` download everything; others what was updated
    since the last. `now` is stored as the instant of seeing, `pause` are the seconds between requests, `on_progress` is told how many
    studies came and how many there are. WaylineError where the registry cannot be had: the mirror then stays as it was, and what has
    arrived is kept for the next try.
    """
    url = _checked_url(base_url or os.environ.get("WAYLINE_REGISTRY_URL") or DEFAULT_URL)
    reason = ""
    with mirror.alone(), _Registry(url, pause, sleep) as registry:
        for _ in range(MOST_RESTARTS + 1):
            timestamp = registry.data_timestamp()
            state = mirror.registry
            plan = _plan(state, timestamp, expression, is_full)
            if state is not None and not plan.is_full and timestamp <= state.data_timestamp:
                return SyncReport("up to date", state.data_timestamp, False, None)
            try:
                return _downloaded(mirror, registry, plan, timestamp, now, on_progress)
            except (_RestartError, DownloadMismatchError) as error:
                reason = str(error)
                mirror.drop_download()
    raise WaylineError(f"{url}: the download was begun {MOST_RESTARTS + 1} times and never came out whole: {reason}")


def _plan(state: RegistryState | None, timestamp: str, expression: str, is_full: bool) -> _Plan:
    fields = "|".join(FIELDS)
    query = json.dumps([expression, fields])
    if is_full or state is None or state.query != query or _days_between(state.full_on, timestamp) >= FULL_AGAIN_AFTER_DAYS:
        is_full, asked = True, expression
    else:
        # The last day counts again: more may have been posted on it after the last sync.
        asked = f"({expression}) AND AREA[LastUpdatePostDate]RANGE[{state.data_timestamp[:10]},MAX]"
    parameters = {
        "format": "json",
        "markupFormat": "markdown",
        "filter.advanced": asked,
        "fields": fields,
        "pageSize": str(PAGE_SIZE),
        "countTotal": "true",
    }
    return _Plan(is_full, parameters, query)


def _downloaded(
    mirror: Mirror, registry: _Registry, plan: _Plan, timestamp: str, now: datetime, on_progress: Progress | None
) -> SyncReport:
    """Get every page that is still missing, then swap."""
    asked = json.dumps(plan.parameters)
    download = mirror.download
    resumed = download is not None and download.pages > 0 and (download.query, download.data_timestamp) == (asked, timestamp)
    if download is None or not resumed:
        download = mirror.begin_download(asked, timestamp)
    while not download.is_whole:
        page = _next_page(registry, plan, download)
        if page.next_token is not None and mirror.knows_token(page.next_token):
            raise _RestartError("the registry gave the same page token twice")
        download = mirror.add_page(download, page.studies, page.next_token, page.total)
        if on_progress is not None:
            on_progress(download.studies, download.total)
    if registry.data_timestamp() != timestamp:
        raise _RestartError("the registry's data changed meanwhile")
    report = mirror.finish_download(download, now, plan.is_full, plan.query)
    return SyncReport("full" if plan.is_full else "incremental", timestamp, resumed, report)


def _next_page(registry: _Registry, plan: _Plan, download: Download) -> _Page:
    if download.next_token is None:
        return registry.page(plan.parameters)
    try:
        return registry.page({**plan.parameters, "pageToken": download.next_token})
    except _BadRequestError:
        raise _RestartError("the registry no longer took the token for the next page") from None


class _Registry:
    """The registry's address, asked at most once a pause, and again after faults that often pass."""

    def __init__(self, url: str, pause: float, sleep: Callable[[float], None]) -> None:
        self._url = url
        self._pause = pause
        self._sleep = sleep
        self._wait_first = 0.0
        self._client = httpx.Client(
            headers={"User-Agent": f"Wayline/{__version__}", "Accept": "application/json"}, timeout=ANSWER_WITHIN_SECONDS
        )

    def __enter__(self) -> _Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def data_timestamp(self) -> str:
        """When the registry last refreshed its data, in UTC."""
        return self._get("version", {}, _read_timestamp)

    def page(self, parameters: dict[str, str]) -> _Page:
        return self._get("studies", parameters, _read_page)

    def _get(self, path: str, parameters: dict[str, str], read: Callable[[Any], T]) -> T:
        """Ask until an answer can be read, with pauses that double."""
        reason = ""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            if self._wait_first:
                self._sleep(self._wait_first)
            self._wait_first = self._pause
            try:
                return read(self._asked(f"{self._url}/{path}", parameters))
            except _TryAgainError as error:
                reason = str(error)
                self._wait_first = max(self._pause * 2**attempt, error.wait or 0.0)
                if self._wait_first > LONGEST_WAIT_SECONDS:
                    break
        raise WaylineError(f"{self._url}: {reason}; try again later. The mirror stays as it was, and what has arrived is kept")

    def _asked(self, url: str, parameters: dict[str, str]) -> Any:
        """The JSON of an answer."""
        for _ in range(MOST_REDIRECTS + 1):
            response, body = self._answer(url, parameters)
            if not response.has_redirect_location:
                return _read_json(self._url, response, body)
            target = response.url.join(response.headers["Location"])
            if (target.scheme, target.host, target.port) != (response.url.scheme, response.url.host, response.url.port):
                raise WaylineError(f"{self._url}: the registry has moved to {target.host}; set WAYLINE_REGISTRY_URL if you trust that")
            url, parameters = str(target), {}  # a redirect names the whole address, parameters included
            self._sleep(self._pause)
        raise WaylineError(f"{self._url}: the registry sends from one address to the next without end")

    def _answer(self, url: str, parameters: dict[str, str]) -> tuple[httpx.Response, bytes]:
        body = bytearray()
        try:
            with self._client.stream("GET", url, params=parameters or None) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER_BYTES:
                        raise WaylineError(f"{self._url}: an answer of more than {LARGEST_ANSWER_BYTES:,} bytes")
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise _TryAgainError(f"the registry cannot be reached ({type(error).__name__}: {error})") from None
        return response, bytes(body)


def _read_json(url: str, response: httpx.Response, body: bytes) -> Any:
    status = response.status_code
    if status == 400:
        raise _BadRequestError(f"{url}: the registry does not take the request: {_words(body)}")
    if status in _OFTEN_PASSES or status >= 500:
        raise _TryAgainError(f"the registry answers with error {status}", _asked_wait(response))
    if status != 200:
        raise WaylineError(f"{url}: the registry answers with error {status} at {response.url.path}; is the address right?")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _TryAgainError("the registry's answer is not JSON, or not all of it") from None


def _read_timestamp(answer: Any) -> str:
    timestamp = answer.get("dataTimestamp") if isinstance(answer, dict) else None
    if not isinstance(timestamp, str) or not _TIMESTAMP.fullmatch(timestamp) or earliest_day(timestamp[:10]) is None:
        raise _TryAgainError("the registry does not tell the date of its data")
    return timestamp


def _read_page(answer: Any) -> _Page:
    studies = answer.get("studies") if isinstance(answer, dict) else None
    if not isinstance(studies, list):
        raise _TryAgainError("the registry's answer holds no list of studies")
    token, total = answer.get("nextPageToken"), answer.get("totalCount")
    if not isinstance(token, str | None) or not isinstance(total, int | None) or isinstance(total, bool):
        raise _TryAgainError("the registry's answer has a page token or a count of the wrong kind")
    return _Page(studies, token or None, total)


def _asked_wait(response: httpx.Response) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as an instant; an instant is counted from the answer's own clock."""
    asked = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", asked):
        return float(asked)
    try:
        until = email.utils.parsedate_to_datetime(asked)
        sent = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
        return max((until - sent).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _words(body: bytes) -> str:
    """The registry's own words, short enough for a message."""
    text = " ".join(body.decode("utf-8", "replace").split())
    return text if len(text) <= 300 else f"{text[:300]}..."


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment and parts.port != 0:
            return url.rstrip("/")
    except ValueError:
        pass
    raise WaylineError(f"'{url}' is not the address of a registry; it starts with https:// and ends like {DEFAULT_URL}")
