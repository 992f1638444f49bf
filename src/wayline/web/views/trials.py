"""Trials: the list for what was told, the search, one trial's rules, and what was set aside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from wayline.facts.situation import Situation
from wayline.library import library
from wayline.reading import WaylineError
from wayline.trials.finding import TrialMatch
from wayline.trials.matching import DEPENDS, DOES_NOT_FIT, MAY_FIT, check_trial
from wayline.trials.places import Point, point_of_zip
from wayline.trials.search import TrialHit, TrialResults
from wayline.trials.study import NCT_ID
from wayline.web.asking import no_longer_read, situation_from
from wayline.web.places import place_to_tell
from wayline.web.trial_cards import (
    MARK_OF_VERDICT,
    about,
    card,
    counts,
    judged_card,
    missing_facts,
    place_of,
    questions,
    rules_by_heading,
    sites,
    sorted_for_nobody,
)
from wayline.web.trial_filters import FILTERS, BadFilterError, TrialQuery, read_query
from wayline.web.trial_words import age_of, miles_in_words, phase_in_words, plain, status_in_words
from wayline.web.trials import OneStudy, TrialList, shelf
from wayline.web.vault import Contents, RecordTooLargeError
from wayline.web.visitors import today, vault_of

PAGE_SIZE = 20
LONGEST_WORDS = 200
# Where somebody lives says nothing about which rules fit.
_PLACE_FACTS = ("person.postal_code", "person.country")
_HEADINGS = {
    MAY_FIT: "Every rule fits",
    DEPENDS: "Worth asking about",
    DOES_NOT_FIT: "A rule stands in the way",
}
# Most of the examples take nobody any more, so nothing there is said to be worth asking about.
_EXAMPLE_HEADINGS = _HEADINGS | {DEPENDS: "Some rules are not known"}
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Visitor:
    """What the list needs of a visitor. `near` is the middle of their ZIP area, None where it is not told or not in the table."""

    contents: Contents
    situation: Situation
    zip_code: str | None
    near: Point | None

    @property
    def told_something(self) -> bool:
        return any(fact_id not in _PLACE_FACTS for fact_id in self.contents.usable_facts)

    def for_the_page(self) -> dict[str, Any]:
        return {
            "told_something": self.told_something,
            "zip_code": self.zip_code,
            "has_place": self.near is not None,
            "place_to_tell_zip": place_to_tell("person.postal_code"),
            "drafts": self.contents.drafts,
            "lost": no_longer_read(self.contents.usable_facts, self.situation),
            "set_aside_count": len(self.contents.set_aside),
        }


@dataclass(frozen=True)
class _Row:
    """One trial of the list: its place in the compiled list, its group ("" where nothing was told), and miles to the nearest open site."""

    row: int
    group: str
    miles: float | None


@require_safe
def trials(request: HttpRequest) -> HttpResponse:
    """The open trials about this cancer: for what was told in a told order, else the newest change first."""
    try:
        query = read_query(request.GET)
    except BadFilterError as error:
        return _bad_filter(request, error)
    visitor = _visitor(request)
    shelved = shelf().current()
    context = visitor.for_the_page() | {
        "state": shelved.state,
        "query": query,
        "is_list": True,
        "just_hidden": _just_hidden(request, visitor),
    }
    if shelved.trials is None:
        return render(request, "web/trials.html", context)
    return render(request, "web/trials.html", context | _list_page(shelved.trials, visitor, query))


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Search in every record. The words travel in the form's body, not in the address: they may tell about the person."""
    visitor = _visitor(request)
    sent = request.POST if request.method == "POST" else QueryDict()
    try:
        query = read_query(sent)
    except BadFilterError as error:
        return _bad_filter(request, error)
    words = sent.get("words", "").strip()[:LONGEST_WORDS]
    context = visitor.for_the_page() | {"query": query, "words": words, "state": shelf().current().state}
    if not words and not query.is_filtered:
        return render(request, "web/trials_search.html", context)
    try:
        found = shelf().search(words, query.for_search(visitor.near), query.page * PAGE_SIZE)
    except WaylineError:
        _logger.exception("the mirror of trials cannot be searched")
        return render(request, "web/trials_search.html", context | {"is_broken": True}, status=503)
    pages = _pages_of(found.results)
    query = _within(query, pages)
    hits = [
        _hit(hit, found.standings, visitor, today())
        for hit in found.results.hits[(query.page - 1) * PAGE_SIZE :]
        if hit.nct_id in found.standings
    ]
    return render(request, "web/trials_search.html", context | {"results": found.results, "hits": hits, "query": query, "pages": pages})


@require_safe
def set_aside(request: HttpRequest) -> HttpResponse:
    """Everything that was marked "not for me", with a way back for each."""
    visitor = _visitor(request)
    shown = []
    for nct_id in reversed(visitor.contents.set_aside):
        try:
            found = shelf().study(nct_id)
        except WaylineError:
            found = None
        shown.append({"nct_id": nct_id, "title": plain(found.study.title) if found else None})
    return render(request, "web/trials_set_aside.html", {"shown": shown})


@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest, nct_id: str) -> HttpResponse:
    """One trial: its record, every rule with what it means for what was told, and what to ask. A POST sets it aside or brings it back."""
    if not NCT_ID.fullmatch(nct_id):
        raise Http404
    try:
        found = shelf().study(nct_id)
    except WaylineError:
        _logger.exception("the mirror of trials cannot be read")
        return render(request, "web/trials.html", {"state": "damaged", "query": TrialQuery(), "is_list": True}, status=503)
    if found is None:
        raise Http404
    if request.method == "POST":
        return _set_aside_or_back(request, nct_id)
    return render(request, "web/trial.html", _trial_page(found, _visitor(request)))


def _trial_page(found: OneStudy, visitor: _Visitor) -> dict[str, Any]:
    study = found.study
    verdict = check_trial(found.criteria, visitor.situation)
    context = visitor.for_the_page() | {
        "card": card(study, found.standing, today(), visitor.near),
        "about": about(study),
        "sites": sites(study, visitor.near),
        "standing": found.standing,
        "is_example": found.is_example,
        "written": library().known_trials.written if found.is_example else None,
        "sections": rules_by_heading(verdict.items, visitor.told_something),
        "is_set_aside": study.nct_id in visitor.contents.set_aside,
    }
    if visitor.told_something:
        context |= {
            "verdict": MARK_OF_VERDICT[verdict.verdict],
            "counts": counts(verdict),
            "missing": missing_facts(verdict, most=6),
            "questions": questions(verdict),
        }
    return context


def _set_aside_or_back(request: HttpRequest, nct_id: str) -> HttpResponse:
    """Hide a trial's card, or show it again. Works like a first answer: without a vault it makes one."""
    wish = request.POST.get("do", "")
    if wish not in ("set-aside", "bring-back"):
        raise Http404
    vault = vault_of(request)
    try:
        with transaction.atomic():
            contents = vault.read()
            contents.set_aside = [one for one in contents.set_aside if one != nct_id]
            if wish == "set-aside":
                contents.set_aside.append(nct_id)
            if not contents.is_empty or vault.key is not None:
                vault.write(contents)
    except RecordTooLargeError:
        return render(request, "web/trials_set_aside.html", {"shown": [], "too_large": True}, status=413)
    return redirect(_way_back(request.POST, wish))


def _way_back(sent: QueryDict, wish: str) -> str:
    """Back to where the button was pressed. The list's filters come along; nothing else of what was sent reaches an address."""
    if sent.get("from") == "set-aside":
        return reverse("trials-set-aside")
    try:
        address = read_query(sent).address(read_query(sent).page)
    except BadFilterError:
        address = ""
    hidden = f"{'&' if address else '?'}hidden=1" if wish == "set-aside" else ""
    return f"{reverse('trials')}{address}{hidden}"


def _just_hidden(request: HttpRequest, visitor: _Visitor) -> str | None:
    """The trial that was set aside last, right after it was: so that one press brings it back."""
    return visitor.contents.set_aside[-1] if request.GET.get("hidden") == "1" and visitor.contents.set_aside else None


def _visitor(request: HttpRequest) -> _Visitor:
    contents = vault_of(request).read()
    situation = situation_from(contents.usable_facts, library().vocabulary, today())
    zip_code = place_of(situation)
    return _Visitor(contents, situation, zip_code, point_of_zip(zip_code) if zip_code else None)


def _bad_filter(request: HttpRequest, error: BadFilterError) -> HttpResponse:
    return render(request, "web/trials_bad_filter.html", {"message": str(error)}, status=400)


def _list_page(listed: TrialList, visitor: _Visitor, query: TrialQuery) -> dict[str, Any]:
    rows = _rows(listed, visitor)
    kept, not_told = _filtered(rows, listed, query, visitor.near is not None)
    pages = max(1, -(-len(kept) // PAGE_SIZE))
    query = _within(query, pages)
    first = (query.page - 1) * PAGE_SIZE
    shown = kept[first : first + PAGE_SIZE]
    sections = [_section(group, list(members), kept, listed, visitor) for group, members in groupby(shown, key=lambda row: row.group)]
    studies = listed.open_trials.studies
    fresh = sum(not age_of(listed.standings[studies[row.row].nct_id], today()).is_unchecked for row in kept)
    return {
        "query": query,
        "pages": pages,
        "total": len(kept),
        "fresh": fresh,
        "not_told": not_told,
        "sections": sections,
        "groups": _groups(kept, query, _headings(listed)) if visitor.told_something else [],
        "written": listed.written,
        "hidden_filters": query.hidden(),
        "needs_zip": bool(query.miles) and visitor.near is None,
    }


def _rows(listed: TrialList, visitor: _Visitor) -> list[_Row]:
    """Every trial that was not set aside, in the order in which it is shown."""
    aside = set(visitor.contents.set_aside)
    matches = [match for match in listed.open_trials.match(visitor.situation, visitor.near) if match.study.nct_id not in aside]
    if visitor.told_something:
        by_group: dict[str, list[TrialMatch]] = {group: [] for group in _HEADINGS}
        for match in matches:
            by_group[match.verdict].append(match)
        return [_Row(listed.row_of[one.study.nct_id], group, one.miles) for group, members in by_group.items() for one in members]
    miles = {listed.row_of[match.study.nct_id]: match.miles for match in matches}
    order = sorted_for_nobody(listed.open_trials.studies, listed.open_trials.rings)
    return [_Row(row, "", miles[row]) for row in order if row in miles]


def _filtered(rows: list[_Row], listed: TrialList, query: TrialQuery, has_place: bool) -> tuple[list[_Row], int]:
    """Those that answer the filters, and how many were left out only because their record does not tell what was asked for."""
    phase, kind, status = query.registry_word("phase"), query.registry_word("kind"), query.registry_word("status")
    most_miles = query.within_miles if has_place else None
    kept, not_told = [], 0
    for row in rows:
        study = listed.open_trials.studies[row.row]
        answers = [
            (phase is None or phase in study.phases, not study.phases),
            (kind is None or kind == study.study_type, study.study_type is None),
            (status is None or status == study.overall_status, study.overall_status is None),
            (most_miles is None or (row.miles is not None and row.miles <= most_miles), row.miles is None),
        ]
        if all(fits for fits, _ in answers):
            kept.append(row)
        elif all(fits or is_not_told for fits, is_not_told in answers):
            not_told += 1
    return kept, not_told


def _section(group: str, members: list[_Row], kept: list[_Row], listed: TrialList, visitor: _Visitor) -> dict[str, Any]:
    return {
        "group": MARK_OF_VERDICT.get(group, ""),
        "heading": _headings(listed).get(group, ""),
        "count": sum(row.group == group for row in kept),
        "cards": [_card(row, listed, visitor) for row in members],
    }


def _card(row: _Row, listed: TrialList, visitor: _Visitor) -> dict[str, Any]:
    study = listed.open_trials.studies[row.row]
    standing = listed.standings[study.nct_id]
    if not visitor.told_something:
        return card(study, standing, today(), visitor.near)
    verdict = check_trial(listed.open_trials.criteria[row.row], visitor.situation)
    return judged_card(study, standing, today(), visitor.near, verdict)


def _headings(listed: TrialList) -> Mapping[str, str]:
    return _EXAMPLE_HEADINGS if listed.written else _HEADINGS


def _groups(kept: list[_Row], query: TrialQuery, headings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each group with its count and the address of the page on which it begins."""
    groups = []
    for group, heading in headings.items():
        places = [place for place, row in enumerate(kept) if row.group == group]
        if places:
            address = query.address(places[0] // PAGE_SIZE + 1)
            groups.append({"mark": MARK_OF_VERDICT[group], "heading": heading, "count": len(places), "address": address})
    return groups


def _hit(hit: TrialHit, standings: Mapping[str, Any], visitor: _Visitor, day: date) -> dict[str, Any]:
    age = age_of(standings[hit.nct_id], day)
    return {
        "nct_id": hit.nct_id,
        "title": plain(hit.title),
        "phase": phase_in_words(hit.phases),
        "status": status_in_words(hit.overall_status, age),
        "age": age,
        "miles": None if hit.miles is None else miles_in_words(hit.miles),
        "wider": hit.wider,
        "is_set_aside": hit.nct_id in visitor.contents.set_aside,
    }


def _pages_of(results: TrialResults) -> int:
    return max(1, -(-results.total // PAGE_SIZE))


def _within(query: TrialQuery, pages: int) -> TrialQuery:
    """A page beyond the last is the last: the list may have become shorter since the link was made."""
    return query if query.page <= pages else TrialQuery(**{name: getattr(query, name) for name in FILTERS}, page=pages)
