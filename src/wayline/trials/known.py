"""Well-known trials, written by hand, from `content/trials/known_trials.yaml`: an example for a machine without a copy of the registry.

They show what trials look like here. They are not the registry: no site is told, and each status is as old as the date beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wayline.facts.values import DateRange
from wayline.guide.references import References, day_at, word_at
from wayline.reading import Block, Place, nearest, read, require_keys, rows_at, text_at, texts_at
from wayline.trials.study import NCT_ID, age_in_years, is_open_status

# The registry's own words (data structure of API v2).
STATUSES = (
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
    "WITHHELD",
    "UNKNOWN",
)
PHASES = ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
STUDY_TYPES = ("EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL")
SEXES = ("ALL", "FEMALE", "MALE")
# What the criteria rest on: a copy of the record or a report of it was read, or part of them is recalled.
CRITERIA_BASES = ("secondary", "recalled")
_HEADINGS = {"inclusion": "Inclusion Criteria:", "exclusion": "Exclusion Criteria:"}
_KEYS = (
    "nct_id",
    "short_name",
    "title",
    "phases",
    "study_type",
    "status",
    "status_as_of",
    "conditions",
    "interventions",
    "summary",
    "sites",
    "basis",
    "criteria",
    "sex",
    "minimum_age",
    "maximum_age",
    "cites",
)


@dataclass(frozen=True)
class Criterion:
    """One requirement, in our own words. `kind` is inclusion or exclusion."""

    kind: str
    text: str


@dataclass(frozen=True)
class KnownTrial:
    """One trial. Status, phases, type and sex are the registry's words, ages its strings, such as `18 Years`.

    `status_as_of` is how old the status is, and None where the status is UNKNOWN and no date is told.
    """

    nct_id: str
    short_name: str
    title: str
    phases: tuple[str, ...]
    study_type: str
    status: str
    status_as_of: DateRange | None
    conditions: tuple[str, ...]
    interventions: tuple[str, ...]
    summary: str
    basis: str
    criteria: tuple[Criterion, ...]
    sex: str
    minimum_age: str
    maximum_age: str | None
    cites: tuple[str, ...]


@dataclass(frozen=True)
class KnownTrials:
    """The list, the day on which it was written, and what to tell people beside it."""

    written: date
    note: str
    trials: tuple[KnownTrial, ...]


def load_known_trials(path: Path, references: References) -> KnownTrials:
    """Load the list strictly; a WaylineError names file and line."""
    name = path.name
    block = require_keys(read(path, name), ("written", "note", "trials"), Place(name, 1))
    written = day_at(block, "written")
    rows = rows_at(block, "trials")
    trials: dict[str, KnownTrial] = {}
    for row, place in zip(rows, rows.places, strict=True):
        entry = require_keys(row, _KEYS, place)
        trial = _trial(entry, written, references)
        if trial.nct_id in trials:
            raise entry.at("nct_id").error(f"'{trial.nct_id}' stands twice (first as {trials[trial.nct_id].short_name})")
        trials[trial.nct_id] = trial
    return KnownTrials(written, text_at(block, "note"), tuple(trials.values()))


def as_record(trial: KnownTrial) -> dict[str, Any]:
    """The trial in the shape of the registry's API v2, so that the same reader takes it. What is not known is null or left out."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": trial.nct_id, "briefTitle": trial.title, "acronym": trial.short_name},
            "statusModule": {"overallStatus": trial.status},
            "descriptionModule": {"briefSummary": trial.summary},
            "conditionsModule": {"conditions": list(trial.conditions)},
            "designModule": {"studyType": trial.study_type, "phases": list(trial.phases)},
            "armsInterventionsModule": {"interventions": [{"name": name} for name in trial.interventions]},
            "eligibilityModule": {
                "eligibilityCriteria": _criteria_text(trial.criteria),
                "sex": trial.sex,
                "minimumAge": trial.minimum_age,
                "maximumAge": trial.maximum_age,
            },
        },
        # The day on which the status was last known, never the day on which the list was written: nothing was looked up on that day.
        "_source": {"snapshotDate": None if trial.status_as_of is None else str(trial.status_as_of), "note": "example"},
    }


def _criteria_text(criteria: tuple[Criterion, ...]) -> str:
    """One text in the registry's usual style; a heading stands only over what it has."""
    sections = []
    for kind, heading in _HEADINGS.items():
        points = [f"* {criterion.text}" for criterion in criteria if criterion.kind == kind]
        if points:
            sections.append(f"{heading}\n\n" + "\n".join(points))
    return "\n\n".join(sections)


def _trial(entry: Block, written: date, references: References) -> KnownTrial:
    nct_id = text_at(entry, "nct_id")
    if not NCT_ID.fullmatch(nct_id):
        raise entry.at("nct_id").error(f"'{nct_id}' is not a registry number; it is NCT and eight digits")
    if rows_at(entry, "sites"):
        raise entry.at("sites").error("'sites' must be empty: this list knows no sites")
    status = word_at(entry, "status", STATUSES)
    return KnownTrial(
        nct_id=nct_id,
        short_name=text_at(entry, "short_name"),
        title=text_at(entry, "title"),
        phases=_words_at(entry, "phases", PHASES),
        study_type=word_at(entry, "study_type", STUDY_TYPES),
        status=status,
        status_as_of=_status_as_of(entry, status, written),
        conditions=_some_texts_at(entry, "conditions"),
        interventions=_some_texts_at(entry, "interventions"),
        summary=text_at(entry, "summary"),
        basis=word_at(entry, "basis", CRITERIA_BASES),
        criteria=_criteria(entry),
        sex=word_at(entry, "sex", SEXES),
        minimum_age=_age_at(entry, "minimum_age"),
        maximum_age=None if entry["maximum_age"] is None else _age_at(entry, "maximum_age"),
        cites=references.require(texts_at(entry, "cites"), entry.at("cites")),
    )


def _status_as_of(entry: Block, status: str, written: date) -> DateRange | None:
    """A status without a date would look like today's; only UNKNOWN may stand without one."""
    place = entry.at("status_as_of")
    value = entry["status_as_of"]
    if value is None:
        if status != "UNKNOWN":
            raise place.error(f"the status {status} needs the date on which it was last known; null only goes with UNKNOWN")
        return None
    try:
        known = DateRange.parse(value)
    except ValueError:
        raise place.error("'status_as_of' must be a date such as 2025-04-09, 2025-04 or 2025, or null") from None
    if known.first > written:
        raise place.error(f"'status_as_of' lies after the day on which the list was written, {written}")
    if is_open_status(status) and not known.is_exact:
        raise place.error(f"the status {status} needs a whole date, such as 2025-04-09: it grows old fast")
    return known


def _criteria(entry: Block) -> tuple[Criterion, ...]:
    rows = rows_at(entry, "criteria")
    criteria = tuple(_criterion(require_keys(row, ("kind", "text"), place)) for row, place in zip(rows, rows.places, strict=True))
    if not any(criterion.kind == "inclusion" for criterion in criteria):
        raise entry.at("criteria").error("'criteria' needs at least one inclusion")
    return criteria


def _criterion(row: Block) -> Criterion:
    text = text_at(row, "text")
    if re.search(r"[\r\n]|^[*-]\s", text):
        raise row.at("text").error("a criterion is one line without a bullet")
    return Criterion(word_at(row, "kind", tuple(_HEADINGS)), text)


def _words_at(entry: Block, key: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Some of a fixed set of words, at least one."""
    values = _some_texts_at(entry, key)
    for value in values:
        if value not in words:
            raise entry.at(key).error(f"'{value}' is not a choice for '{key}'.{nearest(value, words)} Choices: {', '.join(words)}")
    return values


def _some_texts_at(entry: Block, key: str) -> tuple[str, ...]:
    texts = tuple(texts_at(entry, key))
    if not texts:
        raise entry.at(key).error(f"'{key}' must not be empty")
    return texts


def _age_at(entry: Block, key: str) -> str:
    text = text_at(entry, key)
    if age_in_years(text) is None:
        raise entry.at(key).error(f"'{text}' is not an age in the registry's form, such as '18 Years'")
    return text
