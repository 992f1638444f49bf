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


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose a part of a record is, as far as it says: only to tell whether two parts are of one person. Never shown, kept or logged.

    `birth` is a day or part of one as FHIR writes it, `sex` the system's own letter for female or male (f, m); names in lower case.
    """

    birth: str | None = None
    sex: str | None = None
    given: frozenset[str] = frozenset()
    family: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "Identity(...)"

    def contradicts(self, other: Identity) -> bool:
        """Whether the two cannot be one person: another birth, or none of the given or of the family names in common.

        Another sex does only where no names speak for one person: two hospitals may have registered it differently.
        """
        births = self.birth is not None and other.birth is not None
        if births and not _begins(self.birth or "", other.birth or ""):
            return True
        if not (_in_common(self.given, other.given) and _in_common(self.family, other.family)):
            return True
        is_named = bool(self.given and other.given and self.family and other.family)
        return not is_named and self.sex is not None and other.sex is not None and self.sex != other.sex

    def is_surely(self, other: Identity) -> bool:
        """Whether the two are one person by all that hospitals go by: the whole day of birth and both names, and nothing against it."""
        told = (self.given, other.given, self.family, other.family)
        whole = len(self.birth or "") == len(other.birth or "") == len("2026-11-30")
        return whole and all(told) and not self.contradicts(other)


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _in_common(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two sets of names can be one person's: a name in common, also by its initial; yes where one of them is not told."""
    if not ours or not theirs or ours & theirs:
        return True
    return any(min(len(one), len(other)) == 1 and one[0] == other[0] for one in ours for other in theirs)


def people_among(identities: Iterable[Identity]) -> int:
    """How many different people these are at least; 1 where there are none."""
    groups: list[list[Identity]] = []
    for one in identities:
        group = next((group for group in groups if not any(one.contradicts(other) for other in group)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return max(1, len(groups))


@dataclass(frozen=True)
class RecordReading:
    """All that one file told. `counts` says how many resources or entries of each kind were met, used or not.

    `people` is how many different people the file speaks of: with more than one, nothing of it may be taken over. `as_of` is the day
    that the file itself says it was told on; only Wayline's own documents do. `identity` says whose it is, for parts that come together.
    """

    name: str
    form: str  # "FHIR bundle", "FHIR NDJSON", "Apple Health export", "C-CDA document"
    facts: tuple[ImportedFact, ...]
    not_understood: tuple[NotUnderstood, ...] = ()
    reports: tuple[ClosedReport, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    people: int = 1
    as_of: str | None = None
    identity: Identity | None = field(default=None, repr=False, compare=False)


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
