"""A registry record becomes a study: every field to the letter, absent ones unknown, wrong ones named; nothing makes it crash."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import shared_folder
from tests.trials.fake_registry import study_record
from wayline.reading import WaylineError
from wayline.trials.loading import read_records
from wayline.trials.study import (
    OPEN_BY_INVITATION,
    OPEN_LATER,
    OPEN_NOW,
    OPEN_STATUSES,
    Intervention,
    Site,
    age_in_years,
    earliest_day,
    is_open_status,
    parse_study,
)

MINIMAL: dict[str, Any] = {"protocolSection": {"identificationModule": {"nctId": "NCT01234567"}}}


def with_value(path: str, value: object) -> dict[str, Any]:
    """A whole record with one value set; a `0` in the path is the first of a list."""
    record = study_record(1)
    *way, last = path.split(".")
    block: Any = record
    for key in way:
        block = block[int(key)] if key.isdigit() else block.setdefault(key, {})
    block[int(last) if last.isdigit() else last] = value
    return record


def test_every_field_is_kept_to_the_letter() -> None:
    record = study_record(7)
    record["_source"] = {"repo": "owner/name", "path": "a/b.json", "snapshotDate": "2024-02-03"}
    record["_completeness"] = "A"
    record["_quality"] = ["signs lost"]
    study = parse_study(record, "here")
    assert (study.nct_id, study.brief_title, study.official_title) == (
        "NCT00000007",
        "Made-up study 7",
        "A made-up study, number 7, long form",
    )
    assert (study.organization, study.overall_status, study.study_type) == ("Nowhere Hospital", "RECRUITING", "INTERVENTIONAL")
    assert (study.phases, study.conditions, study.keywords) == (("PHASE1", "PHASE2"), ("Esophageal Cancer",), ("liver",))
    assert study.interventions == (Intervention("DRUG", "Inventumab", ("INV-1",)),)
    assert study.brief_summary == "Nothing of this is real."
    assert (study.sex, study.minimum_age, study.maximum_age, study.healthy_volunteers) == ("ALL", "18 Years", "80 Years", False)
    assert study.eligibility_criteria == "Inclusion Criteria:\n\n* ECOG \\<= 1\n\nExclusion Criteria:\n\n* none"
    assert (study.start_date, study.completion_date, study.last_update_posted) == ("2025-03", "2028", "2026-11-01")
    assert study.sites == (Site("Nowhere Hospital", "Portland", "Maine", "04101", "United States", "RECRUITING", 43.66, -70.26),)
    assert study.enrollment_count == 40
    assert study.source_note == "owner/name, a/b.json, copy of 2024-02-03"
    assert (study.snapshot_date, study.completeness, study.quality) == (date(2024, 2, 3), "A", ("signs lost",))


def test_what_is_absent_is_unknown_and_nothing_is_filled_in() -> None:
    study = parse_study(MINIMAL, "here")
    fields = {name: getattr(study, name) for name in study.__slots__}
    assert fields.pop("nct_id") == "NCT01234567"
    assert all(value is None or value == () for value in fields.values())


def test_a_module_that_is_null_is_absent() -> None:
    record = copy.deepcopy(MINIMAL)
    record["protocolSection"]["eligibilityModule"] = None
    assert parse_study(record, "here") == parse_study(MINIMAL, "here")


@pytest.mark.parametrize(
    ("short", "official", "title"), [("Short", "Long", "Short"), (None, "Long", "Long"), ("", "Long", "Long"), (None, None, "NCT01234567")]
)
def test_there_is_always_something_to_call_a_study(short: str | None, official: str | None, title: str) -> None:
    record = copy.deepcopy(MINIMAL)
    record["protocolSection"]["identificationModule"].update({"briefTitle": short, "officialTitle": official})
    assert parse_study(record, "here").title == title


@pytest.mark.parametrize("text", ["", " ", "\n* a\u00a0b \t\n", "a\r\nb", "≥ 18 \U0001f600", "Inclusion:\x00"])
def test_criteria_are_never_altered(text: str) -> None:
    record = with_value("protocolSection.eligibilityModule.eligibilityCriteria", text)
    assert parse_study(record, "here").eligibility_criteria == text


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "here: a study record must be a JSON object, not null"),
        ([], "here: a study record must be a JSON object, not a list"),
        (True, "here: a study record must be a JSON object, not true or false"),
        ({}, "here: no 'protocolSection'; this is not a study record of the registry's API v2"),
        ({"protocolSection": None}, "here: no 'protocolSection'; this is not a study record of the registry's API v2"),
        ({"protocolSection": 3}, "here: 'protocolSection' must be a JSON object, not a number"),
        ({"protocolSection": {}}, "here: no 'nctId', the registry's number, in 'identificationModule'"),
        ({"protocolSection": {"identificationModule": "x"}}, "here: 'identificationModule' must be a JSON object, not a text"),
        ({"protocolSection": {"identificationModule": {"nctId": 12345678}}}, "here: 'nctId' must be a text, not a number"),
    ],
)
def test_what_is_no_study_is_named(record: object, message: str) -> None:
    with pytest.raises(WaylineError) as caught:
        parse_study(record, "here")
    assert str(caught.value) == message


@pytest.mark.parametrize("nct_id", ["", "NCT1234567", "NCT123456789", "nct01234567", "NCT0123456٣", "NCT01234567\n", " NCT01234567"])
def test_a_malformed_number_is_refused(nct_id: str) -> None:
    record = {"protocolSection": {"identificationModule": {"nctId": nct_id}}}
    with pytest.raises(WaylineError, match="is not a registry number"):
        parse_study(record, "here")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("protocolSection.identificationModule.briefTitle", ["a"], "'briefTitle' must be a text, not a list"),
        ("protocolSection.statusModule.overallStatus", True, "'overallStatus' must be a text, not true or false"),
        ("protocolSection.statusModule.startDateStruct", "2024", "'startDateStruct' must be a JSON object, not a text"),
        ("protocolSection.designModule.phases", "PHASE1", "'phases' must be a list of texts"),
        ("protocolSection.designModule.phases", ["PHASE1", None], "'phases' must be a list of texts"),
        ("protocolSection.designModule.enrollmentInfo.count", "40", "'count' of 'enrollmentInfo' must be a whole number, not a text"),
        (
            "protocolSection.designModule.enrollmentInfo.count",
            True,
            "'count' of 'enrollmentInfo' must be a whole number, not true or false",
        ),
        ("protocolSection.designModule.enrollmentInfo.count", -1, "'count' of 'enrollmentInfo' must be a whole number, not a number"),
        ("protocolSection.armsInterventionsModule.interventions", {}, "'interventions' must be a list of JSON objects"),
        ("protocolSection.armsInterventionsModule.interventions", ["x"], "'interventions' must be a list of JSON objects"),
        ("protocolSection.eligibilityModule.healthyVolunteers", "Yes", "'healthyVolunteers' must be true or false, not a text"),
        ("protocolSection.eligibilityModule.eligibilityCriteria", {"textblock": ""}, "'eligibilityCriteria' must be a text, not an object"),
        ("protocolSection.contactsLocationsModule.locations.0.geoPoint", [1, 2], "'geoPoint' must be a JSON object, not a list"),
        ("protocolSection.contactsLocationsModule.locations.0.geoPoint.lat", "43", "'lat' of 'geoPoint' must be a number, not a text"),
        (
            "protocolSection.identificationModule.briefTitle",
            "\ud800",
            "'briefTitle' holds half of a letter (a lone surrogate), which is not text",
        ),
        (
            "protocolSection.conditionsModule.conditions",
            ["\udfff"],
            "'conditions' holds half of a letter (a lone surrogate), which is not text",
        ),
        ("_quality", "lost", "'_quality' must be a list of texts"),
        ("_source", "file", "'_source' must be a JSON object, not a text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(path: str, value: object, message: str) -> None:
    with pytest.raises(WaylineError) as caught:
        parse_study(with_value(path, value), "trials.ndjson, line 3")
    assert str(caught.value) == f"trials.ndjson, line 3, NCT00000001: {message}"


@pytest.mark.parametrize(
    ("count", "known"), [(0, 0), (99_999_998, 99_999_998), (99_999_999, None), (100_000_000, 100_000_000), (None, None)]
)
def test_the_count_that_stands_for_unknown_is_unknown(count: int | None, known: int | None) -> None:
    assert parse_study(with_value("protocolSection.designModule.enrollmentInfo.count", count), "here").enrollment_count == known


@pytest.mark.parametrize(
    ("latitude", "longitude", "point"),
    [
        (90, 180, (90.0, 180.0)),
        (-90, -180, (-90.0, -180.0)),
        (90.01, 0, (None, None)),
        (0, 180.01, (None, None)),
        (45, None, (None, None)),
        (None, 45, (None, None)),
        (float("nan"), 0, (None, None)),
        (10**400, 0, (None, None)),
        (0, 0, (0.0, 0.0)),
    ],
)
def test_a_point_that_cannot_be_on_earth_or_is_half_is_no_point(latitude: Any, longitude: Any, point: Any) -> None:
    record = with_value("protocolSection.contactsLocationsModule.locations.0.geoPoint", {"lat": latitude, "lon": longitude})
    site = parse_study(record, "here").sites[0]
    assert (site.latitude, site.longitude) == point


def test_an_intervention_without_a_name_is_left_out() -> None:
    record = with_value("protocolSection.armsInterventionsModule.interventions", [{"type": "DRUG"}, {"name": "B"}])
    assert parse_study(record, "here").interventions == (Intervention(None, "B", ()),)


@pytest.mark.parametrize(
    ("gathered", "stamped", "day"),
    [
        ("2024-02-03", None, date(2024, 2, 3)),
        (None, "2024-05-12", date(2024, 5, 12)),
        ("2024-06-01", "2024-05-12", date(2024, 5, 12)),
        ("2024-02-03", "2024-05-12", date(2024, 2, 3)),
        ("recently", None, None),
        (None, None, None),
    ],
)
def test_the_day_of_a_copy_is_the_earliest_that_is_told(gathered: str | None, stamped: str | None, day: date | None) -> None:
    record = {
        **MINIMAL,
        "_source": {"snapshotDate": gathered},
        "derivedSection": {"miscInfoModule": {"versionHolder": stamped}},
    }
    assert parse_study(record, "here").snapshot_date == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024", date(2024, 1, 1)),
        ("2024-03", date(2024, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("2024-13", None),
        ("0000", None),
        ("2024-3", None),
        ("March 2024", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_read_only_from_the_forms_of_the_registry(text: str | None, day: date | None) -> None:
    assert earliest_day(text) == day


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("18 Years", 18.0),
        ("1 Year", 1.0),
        ("0 Years", 0.0),
        ("6 Months", 0.5),
        ("1 Month", 1 / 12),
        ("52 Weeks", 52 * 7 / 365.25),
        ("1 Week", 7 / 365.25),
        ("1461 Days", 4.0),
        ("1 Day", 1 / 365.25),
        ("8766 Hours", 1.0),
        ("525960 Minutes", 1.0),
        ("1 Minute", 1 / 525960),
        (" 18 years ", 18.0),
        ("17.5 Years", 17.5),
        ("N/A", None),
        ("18", None),
        ("18 Decades", None),
        ("-1 Years", None),
        ("18 Years or so", None),
        ("", None),
        (None, None),
    ],
)
def test_ages_become_years(text: str | None, years: float | None) -> None:
    assert age_in_years(text) == (None if years is None else pytest.approx(years))


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("RECRUITING", True),
        ("NOT_YET_RECRUITING", True),
        ("ENROLLING_BY_INVITATION", True),
        ("AVAILABLE", True),
        ("ACTIVE_NOT_RECRUITING", False),
        ("SUSPENDED", False),
        ("TERMINATED", False),
        ("COMPLETED", False),
        ("WITHDRAWN", False),
        ("UNKNOWN", False),
        ("WITHHELD", False),
        ("NO_LONGER_AVAILABLE", False),
        ("TEMPORARILY_NOT_AVAILABLE", False),
        ("APPROVED_FOR_MARKETING", False),
        ("recruiting", False),
        ("", False),
        (None, False),
    ],
)
def test_only_statuses_that_take_people_are_open(status: str | None, is_open: bool) -> None:
    assert is_open_status(status) is is_open


def test_every_open_status_is_open_in_one_way() -> None:
    assert sorted([*OPEN_NOW, *OPEN_LATER, *OPEN_BY_INVITATION]) == sorted(OPEN_STATUSES)


KEYS = sorted({key for key in json.dumps(study_record(1)).split('"') if key.isidentifier()} | {"_source", "_quality", "derivedSection"})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["NCT01234567", "\ud800"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(KEYS), children, max_size=5),
    max_leaves=12,
)
PLACES = [
    f"{section}{end}"
    for section in ("protocolSection", "_source", "derivedSection")
    for end in ("", ".identificationModule", ".miscInfoModule", ".snapshotDate")
] + [
    f"protocolSection.{module}"
    for module in (
        *("statusModule", "statusModule.startDateStruct", "designModule", "designModule.enrollmentInfo", "eligibilityModule"),
        *("contactsLocationsModule.locations", "contactsLocationsModule.locations.0", "contactsLocationsModule.locations.0.geoPoint"),
        *("armsInterventionsModule.interventions", "armsInterventionsModule.interventions.0", "conditionsModule.conditions"),
    )
]


def outcome(record: object) -> str:
    """The study's number, or what is wrong."""
    try:
        return parse_study(record, "here").nct_id
    except WaylineError as error:
        return str(error)


@given(VALUES)
def test_any_value_is_a_study_or_a_clear_error(value: object) -> None:
    assert outcome(value).startswith(("NCT", "here"))


@given(st.sampled_from(PLACES), VALUES)
def test_any_value_anywhere_is_a_study_or_a_clear_error(path: str, value: object) -> None:
    assert outcome(with_value(path, value)).startswith(("NCT", "here"))


def test_every_real_record_is_read() -> None:
    path = shared_folder() / "data" / "studies.ndjson.gz"
    if not path.exists():
        pytest.skip("the shared folder with the registry's records is not here")
    studies = [(parse_study(record, where), record) for record, where in read_records(path)]
    assert len(studies) == 18_188
    assert all(
        study.eligibility_criteria == record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
        for study, record in studies
        if isinstance(record, dict)
    )
