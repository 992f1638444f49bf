"""One study of the public registry, as its API v2 gives it.

A record is the registry's JSON: `protocolSection` with its modules, and here and there keys of our own that begin with a low
line (`_source`, `_completeness`, `_quality`). Absent modules and fields are None or empty; nothing is filled in.
Source of the shapes and words: ClinicalTrials.gov, data structure of API v2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from wayline.reading import WaylineError, shortened

NCT_ID = re.compile(r"NCT[0-9]{8}")
# What the registry writes for a count that nobody told.
UNKNOWN_COUNT = 99_999_999

# In the registry's own meaning: RECRUITING takes people now; AVAILABLE is an expanded access program that gives its drug now;
# NOT_YET_RECRUITING will take people later; ENROLLING_BY_INVITATION takes only people whom the study itself asks.
# SUSPENDED and TEMPORARILY_NOT_AVAILABLE may go on some day, and may not: they are not open.
OPEN_NOW = frozenset({"RECRUITING", "AVAILABLE"})
OPEN_LATER = frozenset({"NOT_YET_RECRUITING"})
OPEN_BY_INVITATION = frozenset({"ENROLLING_BY_INVITATION"})
OPEN_STATUSES = OPEN_NOW | OPEN_LATER | OPEN_BY_INVITATION

_AGE = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(year|month|week|day|hour|minute)s?\s*", re.IGNORECASE)
_DAYS_IN_YEAR = 365.25
_UNITS_IN_YEAR = {
    "year": 1.0,
    "month": 12.0,
    "week": _DAYS_IN_YEAR / 7,
    "day": _DAYS_IN_YEAR,
    "hour": _DAYS_IN_YEAR * 24,
    "minute": _DAYS_IN_YEAR * 24 * 60,
}
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class Intervention(NamedTuple):
    """What is given or done: `type` is the registry's word (DRUG, DEVICE, ...)."""

    type: str | None
    name: str
    other_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A place that takes part. The registry's points are the centers of cities, in degrees; never a hospital's own door."""

    facility: str | None
    city: str | None
    state: str | None
    zip: str | None
    country: str | None
    status: str | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class Study:
    """One record. Status, phase, sex and type are the registry's words; ages and dates are its strings, such as `18 Years`, `2024-03`.

    `eligibility_criteria` is the stored string to the character: spans point into it. `snapshot_date` is the day of the copy: the earliest
    that the record's own notes of it can mean. `quality` names what its source lost (such as signs); it is empty where nothing is known to
    be lost. `completeness` is A, B or C where told.
    """

    nct_id: str
    brief_title: str | None
    official_title: str | None
    organization: str | None
    overall_status: str | None
    study_type: str | None
    phases: tuple[str, ...]
    conditions: tuple[str, ...]
    keywords: tuple[str, ...]
    interventions: tuple[Intervention, ...]
    brief_summary: str | None
    sex: str | None
    minimum_age: str | None
    maximum_age: str | None
    healthy_volunteers: bool | None
    eligibility_criteria: str | None
    start_date: str | None
    completion_date: str | None
    last_update_posted: str | None
    sites: tuple[Site, ...]
    enrollment_count: int | None
    source_note: str | None
    snapshot_date: date | None
    completeness: str | None
    quality: tuple[str, ...]

    @property
    def title(self) -> str:
        """The short title, else the official one, else the number: a third of older copies tell no title."""
        return self.brief_title or self.official_title or self.nct_id


def is_open_status(status: str | None) -> bool:
    """Whether the registry's word means that people can still come in, now or later. A status not told is never open."""
    return status in OPEN_STATUSES


def age_in_years(text: str | None) -> float | None:
    """`18 Years` is 18.0, `6 Months` is 0.5; None where no age is told or the text is not the registry's form."""
    match = _AGE.fullmatch(text or "")
    if match is None:
        return None
    return float(match[1]) / _UNITS_IN_YEAR[match[2].lower()]


def earliest_day(text: str | None) -> date | None:
    """The first day that `2024`, `2024-03` or `2024-03-31` can mean; None where the text is none of them."""
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def parse_study(record: object, where: str) -> Study:
    """The study in one API v2 record. `where` names file and line for the error; a WaylineError says what is wrong."""
    if not isinstance(record, dict):
        raise WaylineError(f"{where}: a study record must be a JSON object, not {_kind(record)}")
    if record.get("protocolSection") is None:
        raise WaylineError(f"{where}: no 'protocolSection'; this is not a study record of the registry's API v2")
    protocol = _module(record, "protocolSection", where)
    identification = _module(protocol, "identificationModule", where)
    nct_id = _nct_id(identification, where)
    where = f"{where}, {nct_id}"
    status = _module(protocol, "statusModule", where)
    design = _module(protocol, "designModule", where)
    conditions = _module(protocol, "conditionsModule", where)
    eligibility = _module(protocol, "eligibilityModule", where)
    source = _module(record, "_source", where)
    return Study(
        nct_id=nct_id,
        brief_title=_text(identification, "briefTitle", where),
        official_title=_text(identification, "officialTitle", where),
        organization=_text(_module(identification, "organization", where), "fullName", where),
        overall_status=_text(status, "overallStatus", where),
        study_type=_text(design, "studyType", where),
        phases=_texts(design, "phases", where),
        conditions=_texts(conditions, "conditions", where),
        keywords=_texts(conditions, "keywords", where),
        interventions=_interventions(_module(protocol, "armsInterventionsModule", where), where),
        brief_summary=_text(_module(protocol, "descriptionModule", where), "briefSummary", where),
        sex=_text(eligibility, "sex", where),
        minimum_age=_text(eligibility, "minimumAge", where),
        maximum_age=_text(eligibility, "maximumAge", where),
        healthy_volunteers=_flag(eligibility, "healthyVolunteers", where),
        eligibility_criteria=_text(eligibility, "eligibilityCriteria", where),
        start_date=_date(status, "startDateStruct", where),
        completion_date=_date(status, "completionDateStruct", where),
        last_update_posted=_date(status, "lastUpdatePostDateStruct", where),
        sites=_sites(_module(protocol, "contactsLocationsModule", where), where),
        enrollment_count=_count(_module(design, "enrollmentInfo", where), where),
        source_note=_source_note(source, where),
        snapshot_date=_snapshot_date(record, source, where),
        completeness=_text(record, "_completeness", where),
        quality=_texts(record, "_quality", where),
    )


def _nct_id(identification: dict[str, Any], where: str) -> str:
    nct_id = _text(identification, "nctId", where)
    if nct_id is None:
        raise WaylineError(f"{where}: no 'nctId', the registry's number, in 'identificationModule'")
    if not NCT_ID.fullmatch(nct_id):
        raise WaylineError(f"{where}: '{shortened(nct_id)}' is not a registry number; it is NCT and eight digits, such as NCT01234567")
    return nct_id


def _interventions(arms: dict[str, Any], where: str) -> tuple[Intervention, ...]:
    """Those with a name: without one there is nothing to say."""
    found = []
    for one in _blocks(arms, "interventions", where):
        name = _text(one, "name", where)
        if name is not None:
            found.append(Intervention(_text(one, "type", where), name, _texts(one, "otherNames", where)))
    return tuple(found)


def _sites(contacts: dict[str, Any], where: str) -> tuple[Site, ...]:
    return tuple(_site(location, where) for location in _blocks(contacts, "locations", where))


def _site(location: dict[str, Any], where: str) -> Site:
    point = _module(location, "geoPoint", where)
    latitude, longitude = _degrees(point, "lat", 90, where), _degrees(point, "lon", 180, where)
    if latitude is None or longitude is None:  # half a point is no point
        latitude = longitude = None
    return Site(
        facility=_text(location, "facility", where),
        city=_text(location, "city", where),
        state=_text(location, "state", where),
        zip=_text(location, "zip", where),
        country=_text(location, "country", where),
        status=_text(location, "status", where),
        latitude=latitude,
        longitude=longitude,
    )


def _source_note(source: dict[str, Any], where: str) -> str | None:
    """Where the record came from, with the day of the copy where told: `owner/name, folder/file, copy of 2023-02-03`."""
    snapshot = _text(source, "snapshotDate", where)
    parts = [_text(source, "repo", where), _text(source, "path", where), f"copy of {snapshot}" if snapshot else None]
    return ", ".join(part for part in parts if part) or None


def _snapshot_date(record: dict[str, Any], source: dict[str, Any], where: str) -> date | None:
    """The day of the copy: as its gatherer noted it, and as the registry stamps whole records (`versionHolder`); the earlier of the two."""
    stamp = _module(_module(record, "derivedSection", where), "miscInfoModule", where)
    told = (earliest_day(_text(source, "snapshotDate", where)), earliest_day(_text(stamp, "versionHolder", where)))
    return min((day for day in told if day is not None), default=None)


def _count(enrollment: dict[str, Any], where: str) -> int | None:
    count = enrollment.get("count")
    if count is None or (count == UNKNOWN_COUNT and not isinstance(count, bool)):
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise WaylineError(f"{where}: 'count' of 'enrollmentInfo' must be a whole number, not {_kind(count)}")
    return count


def _module(block: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """The block under a key; empty where it is absent."""
    value = block.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WaylineError(f"{where}: '{key}' must be a JSON object, not {_kind(value)}")
    return value


def _blocks(block: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    values = block.get(key)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise WaylineError(f"{where}: '{key}' must be a list of JSON objects")
    return values


def _text(block: dict[str, Any], key: str, where: str) -> str | None:
    """The text under a key, to the character."""
    value = block.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise WaylineError(f"{where}: '{key}' must be a text, not {_kind(value)}")
    _refuse_half_letters(value, key, where)
    return value


def _texts(block: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = block.get(key)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise WaylineError(f"{where}: '{key}' must be a list of texts")
    for value in values:
        _refuse_half_letters(value, key, where)
    return tuple(values)


def _flag(block: dict[str, Any], key: str, where: str) -> bool | None:
    value = block.get(key)
    if value is not None and not isinstance(value, bool):
        raise WaylineError(f"{where}: '{key}' must be true or false, not {_kind(value)}")
    return value


def _date(block: dict[str, Any], key: str, where: str) -> str | None:
    return _text(_module(block, key, where), "date", where)


def _degrees(point: dict[str, Any], key: str, limit: int, where: str) -> float | None:
    """An angle within its limit; None where it is absent or cannot be one."""
    value = point.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WaylineError(f"{where}: '{key}' of 'geoPoint' must be a number, not {_kind(value)}")
    return float(value) if -limit <= value <= limit else None


def _refuse_half_letters(text: str, key: str, where: str) -> None:
    """JSON can hold half of a letter (a lone surrogate), which no file or database can store."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise WaylineError(f"{where}: '{key}' holds half of a letter (a lone surrogate), which is not text") from None


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"
