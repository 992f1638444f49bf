"""The registry's words in everyday language, and how old a record is. Nothing here looks at a person's facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from wayline.facts.values import DateRange
from wayline.logic.wording import date_in_words
from wayline.trials.criterion import FIELD, Criterion
from wayline.trials.mirror import LEFT, Standing
from wayline.trials.study import OPEN_BY_INVITATION, OPEN_LATER, OPEN_NOW, Site, Study

# Where a trial of the example list stands; of the mirror, the mirror tells it.
BY_HAND = "by hand"
# Older than this, nobody may take it for open: US rules ask for a change of state to be listed within 30 days.
MOST_DAYS_UNCHECKED = 30

STATUS_WORDS = {
    "RECRUITING": "taking people",
    "NOT_YET_RECRUITING": "not open yet",
    "ENROLLING_BY_INVITATION": "taking only people whom the study itself asks",
    "AVAILABLE": "giving its drug outside of a study",
    "ACTIVE_NOT_RECRUITING": "going on, but taking nobody new",
    "SUSPENDED": "paused",
    "TEMPORARILY_NOT_AVAILABLE": "paused",
    "COMPLETED": "ended",
    "TERMINATED": "stopped early",
    "WITHDRAWN": "stopped before anybody joined",
    "NO_LONGER_AVAILABLE": "no longer giving its drug",
    "APPROVED_FOR_MARKETING": "ended, because the drug was approved",
    "WITHHELD": "not shown by the registry",
    "UNKNOWN": "not confirmed by anybody for 2 years",
}
_PHASE_WORDS = {
    "EARLY_PHASE1": "early phase 1",
    "PHASE1": "phase 1",
    "PHASE2": "phase 2",
    "PHASE3": "phase 3",
    "PHASE4": "phase 4",
    "NA": "no phase",
}
_KIND_WORDS = {
    "INTERVENTIONAL": "tests a treatment or another step",
    "OBSERVATIONAL": "only watches and records",
    "EXPANDED_ACCESS": "gives a drug outside of a study",
}
_FIELD_WORDS = {
    "sex ALL": "Sex: anyone",
    "sex FEMALE": "Sex: female",
    "sex MALE": "Sex: male",
}
_DAYS_OF_TWO_MONTHS, _DAYS_IN_A_MONTH, _DAYS_IN_A_YEAR = 61, 30.44, 365.25
_MARKDOWN_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BLANKS = re.compile(r"\s+")
_STILL_MAY_OPEN = OPEN_NOW | OPEN_LATER | OPEN_BY_INVITATION


@dataclass(frozen=True)
class RecordAge:
    """How old the record of one study is. `days` is None where the day is not known; `left_on` is when the registry no longer gave it."""

    day: date | None
    days: int | None
    left_on: date | None
    by_hand: bool

    @property
    def ago(self) -> str:
        """`today`, `52 days ago`, `about 10 months ago`; empty where the day is not known."""
        if self.days is None:
            return ""
        if self.days <= 1:
            return ("today", "1 day ago")[self.days]
        if self.days < _DAYS_OF_TWO_MONTHS:
            return f"{self.days} days ago"
        months = round(self.days / _DAYS_IN_A_MONTH)
        return f"about {months} months ago" if months < 24 else f"about {round(self.days / _DAYS_IN_A_YEAR)} years ago"

    @property
    def is_unchecked(self) -> bool:
        """Whether it cannot speak of today: too old, without a day, no longer in the registry, or only our own note of it."""
        return self.by_hand or self.left_on is not None or self.days is None or self.days > MOST_DAYS_UNCHECKED


def age_of(standing: Standing, today: date) -> RecordAge:
    days = None if standing.day is None else max((today - standing.day).days, 0)
    return RecordAge(standing.day, days, standing.left_on if standing.source == LEFT else None, standing.source == BY_HAND)


def status_in_words(status: str | None, age: RecordAge) -> str:
    """`Taking people`; of an old record only what it said then: no old record is shown as open."""
    if status is None:
        return "Nobody tells whether it is open"
    if status == "UNKNOWN" and age.by_hand:  # the registry's word has a meaning of its own, which our list cannot vouch for
        return "We do not know its state"
    words = STATUS_WORDS.get(status, "in a state that we do not know")
    if status not in _STILL_MAY_OPEN or not age.is_unchecked:
        return words[:1].upper() + words[1:]
    when = f"On {day_in_words(age.day)}" if age.day is not None else "Some day"
    return f"May have closed. {when} it was {words}"


def is_shown_as_open(status: str | None, age: RecordAge) -> bool:
    """Whether people can come in now, by a record that is fresh enough to be believed."""
    return status in OPEN_NOW and not age.is_unchecked


def outlook_for_joining(status: str | None) -> str:
    """What a card may say first: "ask", or that it is "closed", or that its state is "unknown"."""
    if status is None or status not in STATUS_WORDS or status == "UNKNOWN":
        return "unknown"
    return "ask" if status in _STILL_MAY_OPEN else "closed"


def phase_in_words(study_phases: tuple[str, ...]) -> str:
    """`Phase 1 and 2`, `No phase`; `Phase not told` where the record tells none."""
    words = [_PHASE_WORDS.get(phase, phase.lower().replace("_", " ")) for phase in study_phases]
    if not words:
        return "Phase not told"
    joined = " and ".join([words[0], *(word.removeprefix("phase ") if words[0].startswith("phase ") else word for word in words[1:])])
    return joined[:1].upper() + joined[1:]


def kind_in_words(study_type: str | None) -> str | None:
    return _KIND_WORDS.get(study_type or "")


def day_in_words(day: date) -> str:
    """`November 20, 2026`."""
    return date_in_words(DateRange.exactly(day))


def told_date_in_words(text: str | None) -> str | None:
    """A date of the registry, whole or in part; None where it tells none that can be read."""
    try:
        return date_in_words(DateRange.parse(text)) if text else None
    except ValueError:
        return None


def miles_in_words(miles: float) -> str:
    """`About 1,222 miles`, `About 1 mile`, `Less than 1 mile`: from middle to middle, so no more is known."""
    whole = round(miles)
    return "Less than 1 mile" if whole == 0 else f"About {whole:,} mile{'' if whole == 1 else 's'}"


def plain(text: str) -> str:
    """The registry's own text for display: in one line, without the backslashes of its Markdown."""
    return _BLANKS.sub(" ", _MARKDOWN_ESCAPE.sub(r"\1", text)).strip()


def paragraphs(text: str) -> list[str]:
    return [cleaned for part in re.split(r"\n\s*\n", text) if (cleaned := plain(part))]


def rule_in_words(criterion: Criterion) -> str:
    """An item's text. The structured fields have no sentence of their own, so they get one."""
    if criterion.kind != FIELD:
        return plain(criterion.text)
    name, _, value = criterion.text.partition(" ")
    ages = {"minimumAge": "Youngest age", "maximumAge": "Oldest age"}
    return f"{ages[name]}: {plain(value).lower()}" if name in ages else _FIELD_WORDS.get(criterion.text, plain(criterion.text))


def cut(text: str, most: int) -> str:
    """A text with at most so many letters, cut between words."""
    if len(text) <= most:
        return text
    beginning = text[:most].rsplit(" ", 1)[0].rstrip(" ,;:.(")
    return f"{beginning} …"


def site_in_words(site: Site) -> str:
    """`MD Anderson Cancer Center, Houston, Texas`."""
    return ", ".join(plain(part) for part in (site.facility, site.city, site.state, site.country) if part and part != "United States")


def treatments_of(study: Study) -> list[str]:
    """What is given or done, each name once."""
    return list(dict.fromkeys(plain(one.name) for one in study.interventions if one.name.strip()))
