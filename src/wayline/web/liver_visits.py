"""One visit to a page on the liver: what the vault holds, what of it can be read, and the report that follows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from wayline.facts.case import FactReader
from wayline.facts.findings import CONFLICT
from wayline.library import library
from wayline.liver_report import LiverReport, liver_report
from wayline.logic.wording import finding_in_words
from wayline.reading import WaylineError
from wayline.web.asking import friendly, no_longer_read, read_answer, situation_from
from wayline.web.lab_reports import RESULTS
from wayline.web.liver_tumors import LESIONS, SCANS
from wayline.web.places import place_to_tell
from wayline.web.vault import RecordTooLargeError, Vault
from wayline.web.visitors import today

LISTS = (LESIONS, SCANS, RESULTS)
_FOLLOWING = ("liver.lesion_count", "liver.largest_cm", "liver.distribution", "liver.near_large_vessel", "liver.near_bile_duct")


class Visit:
    """What a page on the liver works with. `facts` holds only what can be read; `contents` is what is written back."""

    def __init__(self, vault: Vault) -> None:
        self.contents = vault.read()
        self.day: date = today()
        self.situation = situation_from(self.contents.usable_facts, library().vocabulary, self.day)
        # An answer that waits for its correction is suspended, not lost: what is written back must still know it.
        readable = situation_from(self.contents.facts, library().vocabulary, self.day).told
        self.facts = {fact_id: told for fact_id, told in self.contents.facts.items() if fact_id in readable}

    @cached_property
    def report(self) -> LiverReport:
        return liver_report(self.situation, library())

    @property
    def list_mark(self) -> str:
        """A mark of the list of tumors that a page is made for: what is sent twice, or from an old window, is seen by it."""
        return hashlib.sha256(json.dumps(self.facts.get(LESIONS), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def unreadable_lists(self) -> list[str]:
        """Lists of this visitor that this version cannot read: nothing may be added to them, or what they hold would be lost."""
        return [fact_id for fact_id in LISTS if fact_id in self.contents.facts and fact_id not in self.facts]


def state_shown(visit: Visit) -> dict[str, Any]:
    """What every page on the liver says beside its own: answers that wait, that are lost, or that contradict the list of tumors."""
    vocabulary = library().vocabulary
    findings = [(vocabulary[fact_id], visit.situation.finding(fact_id)) for fact_id in _FOLLOWING]
    return {
        "drafts": [
            {"label": vocabulary[fact_id].label, "link": place_to_tell(fact_id)}
            for fact_id in visit.contents.drafts
            if fact_id in vocabulary and vocabulary[fact_id].group in ("liver", "labs")
        ],
        "lost": no_longer_read(visit.contents.usable_facts, visit.situation),
        "unreadable_lists": visit.unreadable_lists,
        "list_was": visit.list_mark,
        "conflicts": [
            {"label": definition.label, "words": finding_in_words(definition, finding), "link": place_to_tell(definition.id)}
            for definition, finding in findings
            if finding.state == CONFLICT
        ],
    }


def cannot_be_read(changed: Mapping[str, Any], day: date) -> str | None:
    """The first of the changed facts that the reader refuses, in words: nothing is written then. None stands for a fact taken back."""
    vocabulary = library().vocabulary
    reader = FactReader(vocabulary, day)
    for fact_id, told in changed.items():
        try:
            read_answer(reader, vocabulary[fact_id], told)
        except WaylineError as error:
            return friendly(vocabulary[fact_id], error)
    return None


def writing(request: HttpRequest, vault: Vault, way: Callable[[HttpRequest, Vault], HttpResponse]) -> HttpResponse:
    """One transaction from reading to writing: two windows of one visitor never overwrite each other's answers.

    Where a list can no longer be read, nothing is written: it would be lost.
    """
    try:
        with transaction.atomic():
            visit = Visit(vault)
            if visit.unreadable_lists:
                return render(request, "web/liver_unreadable.html", state_shown(visit), status=409)
            return way(request, vault)
    except RecordTooLargeError:
        return render(request, "web/liver_too_large.html", status=413)
