"""The diary: its days, the page of one day, and the sheet for the visit. Nobody watches it, and it says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from wayline.diary.log import (
    LONGEST_NOTE,
    Day,
    Entry,
    entry_of,
    facts_after,
    read_days,
    weight_loss_change,
    with_answers,
    without_day,
    without_earlier,
)
from wayline.diary.trends import answer_in_words, chart_of, series_of, with_other_degrees
from wayline.facts.values import DateRange
from wayline.facts.written_days import case_day
from wayline.library import library
from wayline.logic.wording import date_in_words, value_in_words
from wayline.web.asking import situation_from, taken_unit
from wayline.web.diary_form import Doubts, answers_of, day_page, entry_form
from wayline.web.raised import remember
from wayline.web.vault import Contents, RecordTooLargeError, Vault
from wayline.web.visitors import today, vault_of

LONGEST_AGO_DAYS = 400
MOST_DAYS, MOST_DRAWN_DAYS = 30, 90  # on the page; the sheet for the visit holds all of them


@require_safe
def diary(request: HttpRequest) -> HttpResponse:
    """Every day that was told, newest first, with lines over time."""
    contents = vault_of(request).read()
    remember(request, contents)
    return render(request, "web/diary.html", _told(contents, MOST_DRAWN_DAYS))


@require_safe
def diary_print(request: HttpRequest) -> HttpResponse:
    """The diary as a sheet to take along: oldest first, every day as told."""
    contents = vault_of(request).read()
    remember(request, contents)
    return render(request, "web/diary_print.html", _told(contents, None))


@require_http_methods(["GET", "HEAD", "POST"])
def day(request: HttpRequest) -> HttpResponse:
    """The page of one day: today's, or one chosen in the form. No day stands in the address."""
    vault = vault_of(request)
    if request.method != "POST":
        return _asking(request, vault.read(), today())
    chosen = _day_from(request.POST.get("day", ""))
    if chosen is None:
        contents = vault.read()
        remember(request, contents)
        context = _told(contents, MOST_DRAWN_DAYS) | {"wrong_day": request.POST.get("day", "")[:40]}
        return render(request, "web/diary.html", context, status=422)
    ways: dict[str, Callable[[HttpRequest, Vault, date], HttpResponse]] = {
        "save": _save,
        "correct": _save,
        "remove": _remove,
        "forget": _forget,
    }
    way = ways.get(request.POST.get("do", ""))
    if way is None:
        return _asking(request, vault.read(), chosen)
    try:
        # One transaction from reading to writing: two windows of one visitor never overwrite each other's answers.
        with transaction.atomic():
            return way(request, vault, chosen)
    except RecordTooLargeError:
        contents = vault.read()
        return _asking(request, contents, chosen, status=413, too_large=True)


def _save(request: HttpRequest, vault: Vault, chosen: date) -> HttpResponse:
    contents = vault.read()
    entry = entry_of(contents.diary, chosen) or {}
    answers = answers_of(request.POST, entry.get("facts", {}), Doubts(contents.diary, chosen), chosen)
    forms = {fact_id: entry_form(form) for fact_id, form in answers.facts.items()}
    note = request.POST.get("note")
    note = None if note is None else note.strip().replace("\r\n", "\n")[:LONGEST_NOTE]
    is_correction = request.POST.get("do") == "correct"
    _keep(contents, with_answers(contents.diary, chosen, forms, note, is_correction))
    if chosen == today():
        # What cannot be read yet waits beside its question. What was told of the same fact before stays in use: this is a newer answer.
        contents.take({}, answers.drafts, [*answers.facts, *answers.drafts])
    if not contents.is_empty or vault.key is not None:
        vault.write(contents)
    if answers.errors:
        return _asking(request, contents, chosen, drafts=answers.drafts, status=422)
    return redirect(f"{reverse('diary')}?saved={'no' if entry_of(contents.diary, chosen) is None else '1'}")


def _remove(request: HttpRequest, vault: Vault, chosen: date) -> HttpResponse:
    contents = vault.read()
    if entry_of(contents.diary, chosen) is None:
        return redirect("diary")
    if request.POST.get("sure") != "yes":
        remember(request, contents)
        return render(request, "web/diary_remove.html", {"day": chosen, "day_words": _in_words(chosen)})
    _keep(contents, without_day(contents.diary, chosen))
    vault.write(contents)
    return redirect("diary")


def _forget(request: HttpRequest, vault: Vault, chosen: date) -> HttpResponse:
    """Take out an earlier answer of a day, which was a mistake."""
    contents = vault.read()
    place = request.POST.get("place", "")[:9]
    if place.isdecimal():
        _keep(contents, without_earlier(contents.diary, chosen, int(place)))
        vault.write(contents)
    return _asking(request, contents, chosen)


def _keep(contents: Contents, after: list[Entry]) -> None:
    """Put changed entries in place, and what follows from them among the person's facts."""
    content = library()
    changes = facts_after(contents.facts, contents.diary, after)
    contents.diary = after
    _put(contents, changes)
    days = read_days(after, content.vocabulary)
    _put(contents, weight_loss_change(contents.facts, days, content.diary.weight_loss, today()))


def _put(contents: Contents, changes: dict[str, Any]) -> None:
    """Change facts; an answer of today that waits for its correction goes on waiting."""
    waiting = dict(contents.drafts)
    contents.take(changes, {}, list(changes))
    contents.drafts = waiting


def _asking(
    request: HttpRequest,
    contents: Contents,
    chosen: date,
    *,
    drafts: dict[str, Any] | None = None,
    status: int = 200,
    too_large: bool = False,
) -> HttpResponse:
    # What is asked about waits only today, yet it lowers no alarm on the page of an earlier day either.
    remember(request, replace(contents, drafts={**(drafts or {}), **contents.drafts}))
    content = library()
    entry = entry_of(contents.diary, chosen)
    is_today = chosen == today()
    waiting = drafts if drafts is not None else contents.drafts if is_today else {}
    situation = situation_from(contents.usable_facts, content.vocabulary, today())
    page = day_page(contents.diary, entry["facts"] if entry else {}, waiting, situation, chosen)
    (read,) = read_days([entry], content.vocabulary) if entry else (None,)
    context = {
        "page": page,
        "wrong": page.wrong if status == 422 else (),
        "day": chosen,
        "day_words": _in_words(chosen),
        "is_today": is_today,
        "earlier": _earlier(read) if read else [],
        "has_entry": entry is not None,
        "note": request.POST.get("note", "") if drafts else entry.get("note", "") if entry else "",
        "longest_note": LONGEST_NOTE,
        "too_large": too_large,
        "knows_treatment": "therapy.history" in contents.facts,
    }
    return render(request, "web/diary_day.html", context, status=status)


def _told(contents: Contents, drawn_days: int | None) -> dict[str, Any]:
    """What the pages show of the diary: days, lines over time with their tables, of so many of the newest days or of all."""
    content = library()
    days = read_days(contents.diary, content.vocabulary)
    titles = {one.fact: one.title for one in content.diary.everyday}
    charts = []
    for fact_id in content.diary.charts:
        definition = content.vocabulary[fact_id]
        series = series_of(
            days if drawn_days is None else days[-drawn_days:],
            definition,
            titles.get(fact_id, definition.label),
            content.diary.words_of(fact_id),
        )
        svg = chart_of(series, content.diary.chart_range(fact_id))
        if svg is not None:
            rows = [{"day": _in_words(mark.day), "words": mark.words} for mark in reversed(series.marks)]
            scale = list(enumerate(content.diary.words_of(fact_id).values())) if series.is_choice else []
            charts.append({"series": series, "svg": mark_safe(svg), "rows": rows, "scale": scale})  # noqa: S308 - made by ElementTree
    shown = [_shown_day(one) for one in days]
    loss = contents.facts.get("nutrition.weight_loss_percent")
    unread = [content.vocabulary[fact_id].label for fact_id in contents.newer_unread if fact_id in content.vocabulary]
    return {
        "days": shown[::-1][:MOST_DAYS],
        "left_out": max(0, len(shown) - MOST_DAYS),
        "days_in_order": shown,
        "charts": charts,
        "today_told": any(one.date == today() for one in days),
        "newer_unread": unread,
        "today": today(),
        "oldest": today() - timedelta(LONGEST_AGO_DAYS),
        "weight_loss": loss if isinstance(loss, dict) and str(loss.get("source", "")).startswith("diary:") else None,
    }


def _shown_day(one: Day) -> dict[str, Any]:
    content = library()
    titles = {question.fact: question.title for question in content.diary.everyday}
    told = [
        {
            "label": titles.get(fact_id, content.vocabulary[fact_id].label),
            "words": with_other_degrees(
                content.vocabulary[fact_id],
                one.told[fact_id].value,
                answer_in_words(content.vocabulary[fact_id], one, content.diary.words_of(fact_id)),
            ),
            "note": taken_unit(one.forms[fact_id], content.vocabulary[fact_id]),
        }
        for fact_id in content.diary.facts
        if fact_id in one.told
    ]
    return {
        "date": one.date,
        "in_words": _in_words(one.date),
        "told": told,
        "earlier": _earlier(one),
        "note": one.note,
        "unreadable": [content.vocabulary[fact].label if fact in content.vocabulary else fact for fact in one.unreadable],
    }


def _earlier(one: Day) -> list[dict[str, Any]]:
    vocabulary = library().vocabulary
    return [
        {
            "place": place,
            "label": vocabulary[fact_id].label,
            "words": with_other_degrees(vocabulary[fact_id], told.value, value_in_words(vocabulary[fact_id], told.value)),
        }
        for place, (fact_id, told) in enumerate(one.earlier)
    ]


def _day_from(text: str) -> date | None:
    """A day that an entry may have: today's or one of the last 400; None for anything else."""
    try:
        chosen = date.fromisoformat(case_day(text.strip())) if text.strip() else today()
    except ValueError:
        return None
    return chosen if today() - timedelta(LONGEST_AGO_DAYS) <= chosen <= today() else None


def _in_words(one: date) -> str:
    return date_in_words(DateRange.exactly(one))
