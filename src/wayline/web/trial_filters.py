"""The filters of the list of trials and of its search. None of them is a health fact, so they may stand in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict

from wayline.reading import shortened
from wayline.trials.places import Point
from wayline.trials.search import Filters

MOST_PAGES = 5_000


class Choice(NamedTuple):
    """One choice of a filter: what stands in the address, the registry's word for it, and ours."""

    value: str
    registry: str
    words: str


PHASES = (
    Choice("early-1", "EARLY_PHASE1", "Early phase 1"),
    Choice("1", "PHASE1", "Phase 1"),
    Choice("2", "PHASE2", "Phase 2"),
    Choice("3", "PHASE3", "Phase 3"),
    Choice("4", "PHASE4", "Phase 4"),
    Choice("none", "NA", "No phase, such as devices and surgery"),
)
KINDS = (
    Choice("tests-something", "INTERVENTIONAL", "Tests a treatment or another step"),
    Choice("watches", "OBSERVATIONAL", "Only watches and records"),
    Choice("early-access", "EXPANDED_ACCESS", "Gives a drug outside of a study"),
)
STATUSES = (
    Choice("recruiting", "RECRUITING", "It takes people"),
    Choice("not-yet", "NOT_YET_RECRUITING", "It is not open yet"),
    Choice("invitation", "ENROLLING_BY_INVITATION", "It takes only people whom it asks"),
    Choice("available", "AVAILABLE", "It gives its drug outside of a study"),
)
MILES = tuple(Choice(str(miles), str(miles), f"Within {miles} miles") for miles in (25, 50, 100, 250, 500))
FILTERS: Mapping[str, tuple[str, tuple[Choice, ...]]] = {
    "phase": ("Phase", PHASES),
    "kind": ("Kind of study", KINDS),
    "status": ("What the record says", STATUSES),
    "miles": ("Distance", MILES),
}


class BadFilterError(ValueError):
    """A filter's value that is none of its choices; the message is for the visitor."""


@dataclass(frozen=True)
class TrialQuery:
    """The filters that were chosen, by their values in the address ("" asks for nothing), and the page."""

    phase: str = ""
    kind: str = ""
    status: str = ""
    miles: str = ""
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        return any((self.phase, self.kind, self.status, self.miles))

    def registry_word(self, name: str) -> str | None:
        """The registry's word for the choice of this filter; None where it asks for nothing."""
        value = getattr(self, name)
        return next((choice.registry for choice in FILTERS[name][1] if choice.value == value), None)

    @property
    def within_miles(self) -> float | None:
        return float(self.miles) if self.miles else None

    def address(self, page: int = 1) -> str:
        """The query part of an address, with its question mark; empty where nothing is asked for."""
        told = {name: value for name, value in asdict(replace(self, page=page)).items() if value and (name != "page" or value > 1)}
        return f"?{urlencode(told)}" if told else ""

    @property
    def first_page(self) -> str:
        return self.address()

    @property
    def previous_page(self) -> str:
        return self.address(self.page - 1)

    @property
    def next_page(self) -> str:
        return self.address(self.page + 1)

    def hidden(self) -> list[tuple[str, str]]:
        """The filters as hidden fields of a form."""
        return [(name, getattr(self, name)) for name in FILTERS if getattr(self, name)]

    def fields(self) -> list[dict[str, object]]:
        """The filters as a form shows them."""
        return [
            {"name": name, "label": label, "choices": [(one.value, one.words, one.value == getattr(self, name)) for one in choices]}
            for name, (label, choices) in FILTERS.items()
        ]

    def for_search(self, near: Point | None) -> Filters:
        """What the search takes. Without a place a distance cannot be asked for."""
        phase, status = self.registry_word("phase"), self.registry_word("status")
        return Filters(
            phases=[phase] if phase else None,
            statuses=[status] if status else None,
            kind=self.registry_word("kind"),
            near=near,
            within_miles=self.within_miles if near is not None else None,
        )


def read_query(sent: QueryDict) -> TrialQuery:
    """The filters as they were sent; a BadFilterError tells in words what is wrong with one."""
    chosen: dict[str, str] = {}
    for name, (label, choices) in FILTERS.items():
        value = sent.get(name, "")
        if value and value not in [choice.value for choice in choices]:
            known = ", ".join(choice.value for choice in choices)
            raise BadFilterError(f"“{shortened(value)}” is not a choice for “{label}”. The choices are: {known}.")
        chosen[name] = value
    return TrialQuery(**chosen, page=_page(sent.get("page", "")))


def _page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= MOST_PAGES):
        raise BadFilterError(f"“{shortened(text)}” is not the number of a page. Pages begin with 1.")
    return int(text)
