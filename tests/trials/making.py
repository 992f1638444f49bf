"""Studies and sites for tests, with everything untold but what a test tells."""

from __future__ import annotations

from typing import Any

from wayline.trials.study import Intervention, Site, Study

_UNTOLD: dict[str, Any] = {
    "brief_title": None,
    "official_title": None,
    "organization": None,
    "overall_status": None,
    "study_type": None,
    "phases": (),
    "conditions": (),
    "keywords": (),
    "interventions": (),
    "brief_summary": None,
    "sex": None,
    "minimum_age": None,
    "maximum_age": None,
    "healthy_volunteers": None,
    "eligibility_criteria": None,
    "start_date": None,
    "completion_date": None,
    "last_update_posted": None,
    "sites": (),
    "enrollment_count": None,
    "source_note": None,
    "snapshot_date": None,
    "completeness": None,
    "quality": (),
}


def study_of(number: int, **told: Any) -> Study:
    """The study NCT<number>; `drugs` is short for interventions of type DRUG."""
    drugs = told.pop("drugs", ())
    told.setdefault("interventions", tuple(Intervention("DRUG", name, ()) for name in drugs))
    return Study(**{**_UNTOLD, "nct_id": f"NCT{number:08}", **told})


def site_of(city: str | None = None, state: str | None = None, country: str | None = "United States", **told: Any) -> Site:
    """A site; a point is given as `at=(latitude, longitude)`."""
    latitude, longitude = told.pop("at", (None, None))
    return Site(
        facility=told.pop("facility", None),
        city=city,
        state=state,
        zip=told.pop("zip", None),
        country=country,
        status=told.pop("status", None),
        latitude=latitude,
        longitude=longitude,
        **told,
    )
