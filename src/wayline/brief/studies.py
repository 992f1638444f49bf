"""What the sheet says of studies. How they are found is in `wayline.brief.finding_studies`, which brings the reading of trials with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MOST_STUDIES = 5


@dataclass(frozen=True)
class StudyOnSheet:
    """One study in words. `note` says where it is and, where that is not the day of the copy, of which day its record is."""

    nct_id: str
    title: str
    note: str
    open_questions: str


@dataclass(frozen=True)
class Studies:
    """What the sheet says of studies. `facts` counts how many open ones each missing fact could settle alone.

    `copied` tells how old the copy of the registry is; `more` counts those that might be asked about and are not printed, `too_old` those
    whose record is too old to say that they are open. Without a copy `note` says why there are none.
    """

    shown: tuple[StudyOnSheet, ...] = ()
    more: int = 0
    too_old: int = 0
    copied: str = ""
    note: str = ""
    facts: Mapping[str, int] | None = None
