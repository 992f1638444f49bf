"""Records of invented studies, in the registry's shape, for tests of the pages on trials."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from wayline.trials.mirror import Mirror
from wayline.trials.search import create_index, index_studies

INCLUSION = "Inclusion Criteria:\n\n* Adenocarcinoma of the esophagus\n* ECOG performance status of 0 or 1\n* HER2 positive"
SITE = {"facility": "Bayou Test Clinic", "city": "Houston", "state": "Texas", "country": "United States", "status": "RECRUITING"}


def record(number: int, title: str = "A study of a new drug", checked: date | None = None, **told: Any) -> dict[str, Any]:
    """A record that is open, about this cancer, and was checked today unless told otherwise."""
    day = (checked or datetime.now(UTC).date()).isoformat()
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": title},
            "statusModule": {
                "overallStatus": told.get("status", "RECRUITING"),
                "lastUpdatePostDateStruct": {"date": told.get("changed", "2026-10-02")},
            },
            "descriptionModule": {"briefSummary": told.get("summary", "People get a new drug, and the team looks at what it does.")},
            "conditionsModule": {"conditions": told.get("conditions", ["Esophageal Adenocarcinoma"])},
            "designModule": {"studyType": told.get("kind", "INTERVENTIONAL"), "phases": told.get("phases", ["PHASE2"])},
            "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": name} for name in told.get("drugs", ["Testumab"])]},
            "eligibilityModule": {"eligibilityCriteria": told.get("criteria", INCLUSION), "sex": "ALL", "minimumAge": "18 Years"},
            "contactsLocationsModule": {"locations": told.get("sites", [SITE])},
        },
        "_source": {"snapshotDate": day} if told.get("tells_day", True) else {},
    }


def without_dates(number: int) -> dict[str, Any]:
    """A record of which nobody knows when it was made."""
    bare = record(number, tells_day=False)
    del bare["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]
    return bare


def fill_mirror(folder: Path, records: Iterable[dict[str, Any]]) -> None:
    """Load records into the mirror of a folder, as `wayline trials load` does."""

    def index(connection: Any, studies: Any) -> None:
        create_index(connection)
        index_studies(connection, studies)

    with Mirror.open(folder, also=[index]) as mirror:
        report = mirror.load(((one, f"record {number}") for number, one in enumerate(records)), datetime.now(UTC))
    assert not report.errors, report.errors


def days_ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days)
