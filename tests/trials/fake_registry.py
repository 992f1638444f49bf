"""A small registry on localhost that speaks API v2, with its quirks, and with faults that are switched on one by one."""

from __future__ import annotations

import base64
import copy
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LARGEST_PAGE = 1000
KNOWN_PARAMETERS = {"format", "markupFormat", "filter.advanced", "fields", "pageSize", "countTotal", "pageToken"}
SINCE = re.compile(r"AND AREA\[LastUpdatePostDate\]RANGE\[(\d{4}-\d{2}-\d{2}),MAX\]$")
# The registry's names for parts of a record, and where they stand in it.
PIECES = {
    "NCTId": "identificationModule.nctId",
    "BriefTitle": "identificationModule.briefTitle",
    "OfficialTitle": "identificationModule.officialTitle",
    "OrgFullName": "identificationModule.organization.fullName",
    "OverallStatus": "statusModule.overallStatus",
    "StartDate": "statusModule.startDateStruct.date",
    "CompletionDate": "statusModule.completionDateStruct.date",
    "LastUpdatePostDate": "statusModule.lastUpdatePostDateStruct.date",
    "StudyType": "designModule.studyType",
    "Phase": "designModule.phases",
    "EnrollmentCount": "designModule.enrollmentInfo.count",
    "Condition": "conditionsModule.conditions",
    "Keyword": "conditionsModule.keywords",
    "InterventionType": "armsInterventionsModule.interventions.type",
    "InterventionName": "armsInterventionsModule.interventions.name",
    "InterventionOtherName": "armsInterventionsModule.interventions.otherNames",
    "BriefSummary": "descriptionModule.briefSummary",
    "Sex": "eligibilityModule.sex",
    "MinimumAge": "eligibilityModule.minimumAge",
    "MaximumAge": "eligibilityModule.maximumAge",
    "HealthyVolunteers": "eligibilityModule.healthyVolunteers",
    "EligibilityCriteria": "eligibilityModule.eligibilityCriteria",
    "LocationFacility": "contactsLocationsModule.locations.facility",
    "LocationCity": "contactsLocationsModule.locations.city",
    "LocationState": "contactsLocationsModule.locations.state",
    "LocationZip": "contactsLocationsModule.locations.zip",
    "LocationCountry": "contactsLocationsModule.locations.country",
    "LocationStatus": "contactsLocationsModule.locations.status",
    "LocationGeoPoint": "contactsLocationsModule.locations.geoPoint",
}


def study_record(
    number: int, *, status: str | None = "RECRUITING", updated: str = "2026-11-01", title: str | None = None
) -> dict[str, Any]:
    """A made-up study in the registry's shape, with something in every field that is kept and some that are not."""
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08}",
                "briefTitle": title or f"Made-up study {number}",
                "officialTitle": f"A made-up study, number {number}, long form",
                "organization": {"fullName": "Nowhere Hospital", "class": "OTHER"},
            },
            "statusModule": {
                **({"overallStatus": status} if status else {}),
                "startDateStruct": {"date": "2025-03"},
                "completionDateStruct": {"date": "2028", "type": "ESTIMATED"},
                "lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"},
            },
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 40}},
            "conditionsModule": {"conditions": ["Esophageal Cancer"], "keywords": ["liver"]},
            "armsInterventionsModule": {
                "interventions": [{"type": "DRUG", "name": "Inventumab", "otherNames": ["INV-1"], "armGroupLabels": ["A"]}]
            },
            "descriptionModule": {"briefSummary": "Nothing of this is real."},
            "eligibilityModule": {
                "eligibilityCriteria": "Inclusion Criteria:\n\n* ECOG \\<= 1\n\nExclusion Criteria:\n\n* none",
                "sex": "ALL",
                "minimumAge": "18 Years",
                "maximumAge": "80 Years",
                "healthyVolunteers": False,
            },
            "contactsLocationsModule": {
                "centralContacts": [{"name": "No Body", "phone": "555-0100"}],
                "locations": [
                    {
                        "facility": "Nowhere Hospital",
                        "city": "Portland",
                        "state": "Maine",
                        "zip": "04101",
                        "country": "United States",
                        "status": status or "RECRUITING",
                        "geoPoint": {"lat": 43.66, "lon": -70.26},
                        "contacts": [{"name": "No Body", "phone": "555-0100"}],
                    }
                ],
            },
        },
    }


def nct_id(record: dict[str, Any]) -> str:
    return str(record["protocolSection"]["identificationModule"]["nctId"])


@dataclass(frozen=True)
class Fault:
    """What is answered instead of a page. `cut` ends the connection in the middle of the body."""

    status: int = 200
    body: str = ""
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


TOO_MANY = Fault(429, "<html>slow down</html>")
FORBIDDEN = Fault(403, "<html>are you a robot?</html>")
BROKEN = Fault(500, "oops")
UNAVAILABLE = Fault(503, "")
HTML_PAGE = Fault(200, "<!doctype html><title>Maintenance</title>")
TRUNCATED = Fault(200, '{"studies": [{"protocolSection": {"iden', "application/json")
DROPPED = Fault(200, '{"studies": []}', "application/json", cut=True)
NO_STUDIES = Fault(200, '{"message": "hello"}', "application/json")
ODD_TOKEN = Fault(200, '{"studies": [], "nextPageToken": 7}', "application/json")


def too_many_for(text: str) -> Fault:
    return Fault(429, "wait", headers=(("Retry-After", text),))


@dataclass
class FakeRegistry:
    """`with FakeRegistry(studies) as registry:`; the address is `registry.url`, and everything asked stands in `registry.asked`."""

    studies: list[dict[str, Any]]
    timestamp: str = "2026-11-20T09:00:05"
    page_size: int = 2
    # Given, one by one, instead of what was asked.
    faults: list[Fault] = field(default_factory=list)
    version_faults: list[Fault] = field(default_factory=list)
    # An empty page with a token stands before the page with this number.
    empty_page_before: int | None = None
    # After so many pages the data is refreshed, once: the timestamp moves, and tokens die.
    moves_after_pages: int | None = None
    # The first study of the second page stands on the first page too.
    has_duplicate: bool = False
    announces_too_many: int = 0
    repeats_token: bool = False
    leaves_out_total: bool = False
    # A page with this number is answered only once `go_on` is set.
    holds_page: int | None = None

    def __post_init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.go_on = threading.Event()
        self.is_holding = threading.Event()
        self._pages_given = 0
        self._lock = threading.Lock()

    def __enter__(self) -> FakeRegistry:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fault_or_json = registry.answer(self.path, dict(self.headers))
                registry.send(self, fault_or_json)

            def log_message(self, format: str, *arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/v2"
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def pages_asked(self) -> list[dict[str, str]]:
        """The parameters of every request for a page, in order."""
        return [parameters for path, parameters, _ in self.asked if path == "studies"]

    def answer(self, target: str, headers: dict[str, str]) -> Fault | dict[str, Any]:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v2/")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        parameters = dict(pairs)
        with self._lock:
            self.asked.append((path, parameters, headers))
            faults = {"version": self.version_faults, "studies": self.faults}.get(path, [])
            if faults:
                return faults.pop(0)
        if path == "version" and not pairs:
            return {"apiVersion": "2.0.5", "dataTimestamp": self.timestamp}
        if path != "studies":
            return Fault(404, "nothing here")
        unknown = set(parameters) - KNOWN_PARAMETERS
        if unknown or len(pairs) != len(parameters):
            return Fault(400, f"Unknown or repeated parameter: {sorted(unknown)}", "text/plain")
        return self._page(dict(parameters))

    def _page(self, parameters: dict[str, str]) -> Fault | dict[str, Any]:
        token = parameters.pop("pageToken", None)
        others = json.dumps(parameters, sort_keys=True)
        start, number = 0, 1
        if token is not None:
            try:
                start, number, issued, asked = json.loads(base64.b64decode(token, validate=True))
            except ValueError:
                return Fault(400, "Invalid page token", "text/plain")
            if asked != others or issued != self.timestamp:
                return Fault(400, "Invalid page token", "text/plain")
        if number == self.holds_page:
            self.is_holding.set()
            self.go_on.wait(30)
        found = [study for study in self.studies if self._matches(study, parameters.get("filter.advanced", ""))]
        page_size = min(int(parameters.get("pageSize", "10")), LARGEST_PAGE, self.page_size)
        end = start if number == self.empty_page_before else start + page_size
        page = found[start:end]
        if self.has_duplicate and number == 1:
            page = [*page, *found[end : end + 1]]
        answer: dict[str, Any] = {"studies": [_trimmed(study, parameters.get("fields")) for study in page]}
        if number == 1 and parameters.get("countTotal") == "true" and not self.leaves_out_total:
            answer["totalCount"] = len(found) + self.announces_too_many
        if end < len(found) or number == self.empty_page_before:
            place = [0, 1] if self.repeats_token else [end, number + 1]
            answer["nextPageToken"] = base64.b64encode(json.dumps([*place, self.timestamp, others]).encode()).decode()
        self._pages_given += 1
        if self._pages_given == self.moves_after_pages:
            self.timestamp = "2026-11-21T09:00:07"
        return answer

    def _matches(self, study: dict[str, Any], expression: str) -> bool:
        """Of an expression only its quoted phrases and the days of an incremental sync are understood."""
        since = SINCE.search(expression)
        protocol = study["protocolSection"]
        if since is not None and protocol["statusModule"]["lastUpdatePostDateStruct"]["date"] < since[1]:
            return False
        conditions = " ".join(protocol["conditionsModule"]["conditions"]).lower()
        return any(phrase in conditions for phrase in re.findall(r'"([^"]+)"', expression))

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, answer: Fault | dict[str, Any]) -> None:
        fault = answer if isinstance(answer, Fault) else Fault(200, json.dumps(answer), "application/json")
        body = fault.body.encode()
        handler.send_response(fault.status)
        handler.send_header("Content-Type", fault.content_type)
        handler.send_header("Content-Length", str(len(body) + (1000 if fault.cut else 0)))
        for name, value in fault.headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = fault.cut


def http_date(seconds_from_now: int) -> str:
    """An instant as HTTP headers write it."""
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds_from_now, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _trimmed(study: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """Only the pieces that were asked for."""
    if fields is None:
        return study
    trimmed: dict[str, Any] = {}
    for piece in fields.split("|"):
        _copy_path(study["protocolSection"], trimmed, PIECES[piece].split("."))
    return {"protocolSection": trimmed}


def _copy_path(source: dict[str, Any], target: dict[str, Any], path: Iterable[str]) -> None:
    key, *rest = path
    if key not in source:
        return
    value = source[key]
    if not rest:
        target[key] = copy.deepcopy(value)
    elif isinstance(value, list):
        rows = target.setdefault(key, [{} for _ in value])
        for one, row in zip(value, rows, strict=True):
            _copy_path(one, row, rest)
    else:
        _copy_path(value, target.setdefault(key, {}), rest)
