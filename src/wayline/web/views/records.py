"""Bringing in a record: a file is read in memory, what was understood waits, and only what is confirmed becomes a fact.

The file itself is kept nowhere. What waits lies sealed in the visitor's vault. Reports that came with it stay closed until they are opened.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from wayline.facts.case import FactReader
from wayline.library import library
from wayline.logic.wording import finding_in_words
from wayline.reading import WaylineError
from wayline.records.codes import code_book
from wayline.records.file_kinds import what_it_is
from wayline.records.imported import RecordReading
from wayline.records.reading_record import read_record
from wayline.web.asking import friendly, read_answer, situation_from
from wayline.web.liver_tumors import day_from, day_problem
from wayline.web.middleware import takes_a_file
from wayline.web.record_offers import NONE_OF_THESE, Offer, OfferGroup, Offers, Selection, changes_of, offers_of
from wayline.web.uploads import LARGEST_BODY_BYTES, LARGEST_FILE_BYTES
from wayline.web.vault import Contents, RecordTooLargeError
from wayline.web.visitors import today, vault_of
from wayline.web.waiting_records import WaitingRecord, waiting_from, waiting_records

YOUR_FILE = "your file"
_ABOUT_WHOM = ("person.birth_date", "person.age", "person.sex")
# A file unfolds to many times its size while it is read, so one is read at a time. The others wait their turn, but not for long: each
# holds one of the few threads that serve everybody.
_READING = threading.Lock()
_WAITS_FOR_ITS_TURN_SECONDS = 5.0


@takes_a_file(LARGEST_BODY_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def records(request: HttpRequest) -> HttpResponse:
    """Choose a file; it is read, and what it says waits to be confirmed."""
    vault = vault_of(request)
    waiting = waiting_records(vault.read().waiting)
    if request.method != "POST":
        return _upload_page(request, waiting)
    if any(not one.is_decided for one in waiting):
        return _upload_page(request, waiting, "Another record is still waiting. Look at it first, or discard it.", 409)
    uploaded = request.FILES.get("record")
    if uploaded is None or not uploaded.size:
        return _upload_page(request, waiting, "Choose a file first. This one is missing or empty.", 422)
    if uploaded.size > LARGEST_FILE_BYTES:
        return _upload_page(request, waiting, _too_large(), 413)
    code_book()  # a fault in our own content is ours: it must never be told as one of the person's file
    if not _READING.acquire(timeout=_WAITS_FOR_ITS_TURN_SECONDS):
        return render(request, "web/files_wait.html", status=503)
    try:
        data = uploaded.read()
        reading = _read(data)
    except WaylineError as error:
        return _upload_page(request, waiting, what_it_is(data), 422, _sentence(str(error)))
    finally:
        _READING.release()
    if reading.people > 1:
        words = f"This file speaks of {reading.people} different people. Nothing of it was taken. Choose a file about one person."
        return _upload_page(request, waiting, words, 422)
    record = waiting_from(reading, library().vocabulary, today())
    try:
        with transaction.atomic():
            contents = vault.read()
            contents.waiting = [*_without_decided(contents), record.stored()]
            vault.write(contents)
    except RecordTooLargeError:
        return _upload_page(request, waiting, "That is more than we can keep for one person. Nothing was changed.", 413)
    return redirect("records-confirm")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """What a record says, against what was told: taken over line by line, or a group at a time."""
    vault = vault_of(request)
    if request.method != "POST":
        contents = vault.read()
        return _confirm_page(request, contents)
    act, _, acted_on = request.POST.get("do", "").partition("-")
    if act == "ask":
        return _ask_before_discarding(request, vault.read(), everything=acted_on == "all")
    try:
        with transaction.atomic():
            contents = vault.read()
            refused = _act(request, contents, act, acted_on)
            if refused is not None:
                return refused
            vault.write(contents)
    except RecordTooLargeError:
        words = "That is more than we can keep for one person. Nothing was changed. Please take fewer at once."
        return _confirm_page(request, vault.read(), {"full": words}, request.POST, 413)
    return redirect("records-confirm")


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """One report's text, because it was asked for by a press. It stays closed everywhere else, and this address alone shows nothing."""
    key = request.POST.get("open", "")
    found = next((one for record in waiting_records(vault_of(request).read().waiting) for one in record.reports if one.key == key), None)
    if request.method != "POST" or found is None:
        return redirect("records-confirm")
    return render(request, "web/records_report.html", {"report": found})


def _read(data: bytes) -> RecordReading:
    """The file as a reading, whatever its form."""
    return read_record(data, YOUR_FILE, library().vocabulary, code_book(), today())


def _ask_before_discarding(request: HttpRequest, contents: Contents, *, everything: bool) -> HttpResponse:
    """What waits was brought in on purpose, so throwing it away is asked about once."""
    waiting = waiting_records(contents.waiting)
    if not contents.waiting:
        return redirect("records-confirm")
    context = {
        "everything": everything,
        "facts": sum(len(one.facts) for one in waiting),
        "reports": sum(len(one.reports) for one in waiting) if everything else 0,
    }
    return render(request, "web/records_discard.html", context)


def _without_decided(contents: Contents) -> list[dict[str, Any]]:
    """What waits and is still needed: an earlier record is kept while some of it is undecided, or a report of it is closed."""
    return [one.stored() for one in waiting_records(contents.waiting) if not one.is_decided or one.reports]


def _act(request: HttpRequest, contents: Contents, act: str, acted_on: str) -> HttpResponse | None:
    """Change the contents as the button says; a page with what is wrong where nothing may be changed."""
    waiting = waiting_records(contents.waiting)
    if act == "discard":
        contents.waiting = [replace(one, facts=(), not_understood=(), not_understood_counts={}).stored() for one in waiting if one.reports]
    elif act == "erase" and acted_on == "all":
        contents.waiting = []
    elif act in ("wait", "erase"):
        contents.waiting = [_with_report(one, act, acted_on).stored() for one in waiting]
    elif act in ("take", "group"):
        return _take(request, contents, waiting, acted_on if act == "group" else None)
    return None


def _with_report(record: WaitingRecord, act: str, key: str) -> WaitingRecord:
    if act == "erase":
        return replace(record, reports=tuple(one for one in record.reports if one.key != key))
    return replace(record, reports=tuple(replace(one, waits=True) if one.key == key else one for one in record.reports))


def _take(request: HttpRequest, contents: Contents, waiting: list[WaitingRecord], group: str | None) -> HttpResponse | None:
    content = library()
    record = next((one for one in waiting if not one.is_decided), None)
    if record is None:
        return None
    offers = offers_of(record, contents.facts, content.vocabulary, today())
    selection, errors = _selection(request.POST, offers, group)
    if not record.is_mine and request.POST.get("mine") != "yes":
        errors["mine"] = "First say whose record this is. Nothing of another person’s record may come in."
    if not selection.keys and not errors:
        errors["nothing"] = "Nothing is marked yet. Mark what is right, or discard what is waiting."
    changed = {} if errors else changes_of(selection, record, contents.facts, content.vocabulary)
    reader = FactReader(content.vocabulary, today())
    for fact_id, told in changed.items():
        try:
            if told is not None:
                read_answer(reader, content.vocabulary[fact_id], told)
        except WaylineError as error:
            errors[fact_id] = friendly(content.vocabulary[fact_id], error)
    if errors:
        return _confirm_page(request, contents, errors, request.POST, 422)
    contents.take(changed, {}, [fact_id for fact_id, told in changed.items() if told is not None])
    decided = record.without(selection.keys, len(selection.take))
    contents.waiting = [(decided if one is record else one).stored() for one in waiting]
    return None


def _selection(post: QueryDict, offers: Offers, group: str | None) -> tuple[Selection, dict[str, str]]:
    """What was marked and chosen, and all lines of a group that differ from nothing where that was asked for."""
    selection, errors = Selection(), {}
    ticked = set(post.getlist("take"))
    together = {one.key for found in offers.groups if found.id == group for one in found.together}
    for offer in offers.all:
        if offer.is_closed:
            continue
        if offer.is_choice:
            chosen = post.get(f"choose-{offer.key}", "")
            picked = [one for one in offer.candidates if one.value == chosen]
            if picked or chosen == NONE_OF_THESE:
                selection.left |= set(offer.keys)
        else:
            picked = list(offer.candidates) if offer.key in ticked | together else []
        for one in picked:
            day = day_from(post, f"day-{one.value}") if one.needs_day else ""
            problem = day_problem(day, (), today()) if day else None
            if one.needs_day and not day:
                errors[offer.key] = f"{offer.label}: tell the day of this result first. The record does not say it."
            elif problem is not None:
                errors[offer.key] = f"{offer.label}: {problem}"
            selection.take.append((one, day))
    return selection, errors


def _confirm_page(
    request: HttpRequest, contents: Contents, errors: Mapping[str, str] | None = None, post: QueryDict | None = None, status: int = 200
) -> HttpResponse:
    content = library()
    waiting = waiting_records(contents.waiting)
    # The record that is being decided about; once all of it is, it stays here to say what was not understood.
    record = next((one for one in waiting if not one.is_decided), waiting[-1] if waiting else None)
    offers = None if record is None or record.is_decided else offers_of(record, contents.facts, content.vocabulary, today())
    posted = post if post is not None else QueryDict()
    context: dict[str, Any] = {
        "record": record,
        "unread": len(contents.waiting) - len(waiting),
        "is_open": offers is not None and offers.are_open,
        "groups": [] if offers is None else [_group(one, posted, errors or {}) for one in offers.groups],
        "same": [] if offers is None else [{"label": content.vocabulary[one.fact_id].label, "said": one.words} for one in offers.same],
        "whose": [] if record is None else _whose(record, contents),
        "mine": posted.get("mine") == "yes",
        "taken": sum(one.taken for one in waiting),
        "reports": [report for one in waiting for report in one.reports if not report.waits],
        "for_the_visit": [report for one in waiting for report in one.reports if report.waits],
        "none": NONE_OF_THESE,
        "errors": errors or {},
    }
    return render(request, "web/records_confirm.html", context, status=status)


def _group(group: OfferGroup, posted: QueryDict, errors: Mapping[str, str]) -> dict[str, Any]:
    """A group stays folded until it is opened: only one that was marked in, or has something to mend, is shown open again."""
    lines = [_line(offer, posted) for offer in group.offers]
    touched = any(one["ticked"] or one["chosen_none"] or any(row["chosen"] for row in one["candidates"]) for one in lines)
    return {"group": group, "lines": lines, "is_open": touched or any(one.key in errors or one.fact_id in errors for one in group.offers)}


def _line(offer: Offer, posted: QueryDict) -> dict[str, Any]:
    chosen = posted.get(f"choose-{offer.key}", "")
    return {
        "offer": offer,
        "ticked": offer.key in posted.getlist("take"),
        "chosen_none": chosen == NONE_OF_THESE,
        "candidates": [
            {"one": one, "chosen": one.value == chosen, "day": day_from(posted, f"day-{one.value}")} for one in offer.candidates
        ],
    }


def _whose(record: WaitingRecord, contents: Contents) -> list[dict[str, Any]]:
    """What the record says of the person it is about, and what was told: a record of somebody else must be seen at once."""
    vocabulary = library().vocabulary
    situation = situation_from(contents.usable_facts, vocabulary, today())
    of_record = situation_from({one.fact_id: one.told for one in record.facts if one.fact_id in _ABOUT_WHOM}, vocabulary, today())
    rows = []
    for fact_id in _ABOUT_WHOM:
        said, told = of_record.finding(fact_id), situation.finding(fact_id)
        differs = told.value is not None and said.value is not None and told.value != said.value
        follows = fact_id == "person.age" and of_record.finding("person.birth_date").shown is not None
        if said.shown is None or (follows and not differs):
            continue
        definition = vocabulary[fact_id]
        rows.append(
            {
                "label": definition.label,
                "words": finding_in_words(definition, said),
                "told": finding_in_words(definition, told) if differs else "",
            }
        )
    return rows


def _upload_page(
    request: HttpRequest, waiting: list[WaitingRecord], error: str = "", status: int = 200, in_the_file: str = ""
) -> HttpResponse:
    """The page that asks for a file. `error` is in plain words; `in_the_file` is what the reader said, with its place."""
    context = {
        "error": error,
        "in_the_file": in_the_file,
        "largest_mb": LARGEST_FILE_BYTES // 1_000_000,
        "is_waiting": any(not one.is_decided for one in waiting),
        "has_reports": any(one.reports for one in waiting),
    }
    return render(request, "web/records.html", context, status=status)


def _too_large() -> str:
    return f"This file is larger than {LARGEST_FILE_BYTES // 1_000_000} MB. Choose a smaller one, such as your health records alone."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")
