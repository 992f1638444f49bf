"""What was read from a record, before anybody confirmed it: candidates with their place, closed reports, and what was not understood.

Every reader of a format (FHIR, C-CDA, pasted text) ends here; everything after it, the command and the pages, knows only these words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportedFact:
    """One value of one fact as a record tells it.

    `told` is the value in the form of a case file, with its unit, date and source. An item of a list (a course of treatment, an earlier
    result, a lesion) is one ImportedFact whose `told` is that item and whose `is_item` is set. `words` are the record's own words, `where`
    is the place in the file: `entry 12, Observation/abc` or `section Results, line 230`.
    """

    fact_id: str
    told: Any
    words: str
    where: str
    code: str | None = None  # as `LOINC 1975-2`; None where no code was told
    date: str | None = None  # the day or part of a day that the value is of; None where the record does not say
    is_item: bool = False


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something that the reader met and could not use. `kind` groups them for counting: a resource type, a section, a code system."""

    kind: str
    words: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """A narrative report that came with the record. Its text is shown only to a person who asks for it."""

    title: str
    date: str | None
    text: str
    where: str


@dataclass(frozen=True)
class RecordReading:
    """All that one file told. `counts` says how many resources or entries of each kind were met, used or not.

    `people` is how many different people the file speaks of: with more than one, nothing of it may be taken over. `as_of` is the day
    that the file itself says it was told on; only Wayline's own documents do.
    """

    name: str
    form: str  # "FHIR bundle", "FHIR NDJSON", "Apple Health export", "C-CDA document"
    facts: tuple[ImportedFact, ...]
    not_understood: tuple[NotUnderstood, ...] = ()
    reports: tuple[ClosedReport, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    people: int = 1
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One fact and its candidates, newest first, undated last. `differ` says that they cannot all be right: the person must choose."""

    fact_id: str
    candidates: tuple[ImportedFact, ...]
    differ: bool


def newest_first(facts: Iterable[ImportedFact]) -> tuple[ImportedFact, ...]:
    """Candidates with the newest day first; those without a day last, in the order of the record."""
    listed = list(facts)
    dated = sorted((one for one in listed if one.date), key=lambda one: one.date or "", reverse=True)
    return (*dated, *(one for one in listed if not one.date))
