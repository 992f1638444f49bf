"""Reading a pasted scan report: what was recognized is shown with its words marked, and taken over only where it is confirmed.

The text itself is never kept: it travels in the body of the form, is read, shown, and gone with the page. What is confirmed comes back with
it, so that a mistake in the confirmation shows the same page again with everything as it was marked.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wayline.facts.values import DateRange, NumberRange
from wayline.library import library
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS, FoundCount, FoundLesion, ReportReading
from wayline.liver.segments import UNKNOWN_SEGMENT
from wayline.logic.wording import number_in_words
from wayline.reading import WaylineError
from wayline.web.liver_tumors import (
    AS_WRITTEN,
    LESIONS,
    MOST_TUMORS,
    SCANS,
    TumorForm,
    TumorList,
    day_from,
    day_problem,
    next_name,
    sorted_scans,
)
from wayline.web.liver_visits import Visit, cannot_be_read, state_shown, writing
from wayline.web.marked_text import marked_text, words_said
from wayline.web.vault import Vault
from wayline.web.visitors import vault_of

COUNT, SIDES = "liver.lesion_count", "liver.distribution"
ADD, REPLACE = "add", "replace"


@require_http_methods(["GET", "HEAD", "POST"])
def report_text(request: HttpRequest) -> HttpResponse:
    """Paste, look, confirm."""
    vault = vault_of(request)
    if request.method != "POST":
        return render(request, "web/liver_text.html", {"longest": LONGEST_REPORT_CHARACTERS, **state_shown(Visit(vault))})
    text = request.POST.get("text", "").replace("\r\n", "\n")
    visit = Visit(vault)
    if visit.unreadable_lists:
        return render(request, "web/liver_unreadable.html", state_shown(visit), status=409)
    reader = library().report_reader
    try:
        reading = reader.read(text)
    except WaylineError as error:
        context = {"longest": LONGEST_REPORT_CHARACTERS, "error": error.message, "text": text, **state_shown(visit)}
        return render(request, "web/liver_text.html", context, status=422)
    if request.POST.get("do") == "take":
        return writing(request, vault, lambda request, vault: _take_over(request, vault, text, reading))
    return _read_page(request, visit, text, reading, None, {})


def _read_page(
    request: HttpRequest, visit: Visit, text: str, reading: ReportReading, post: QueryDict | None, errors: dict[str, str]
) -> HttpResponse:
    listed = TumorList.of(visit.facts.get(LESIONS))
    lists = (reading.lesions, reading.count, reading.distribution, reading.absence)
    found = [one.spans for listing in lists for one in listing]
    posted = post if post is not None else QueryDict()
    sides = library().vocabulary[SIDES].choices
    context = {
        "text": text,
        "marked": marked_text(text, found, [one.spans for one in reading.left_alone]),
        "lesions": [_lesion_shown(number, lesion, text, post) for number, lesion in enumerate(reading.lesions)],
        "counts": [{"value": str(place), **_count_shown(one, text)} for place, one in enumerate(reading.count)],
        "sides": [
            {"value": one.value, "words": sides[one.value].words, "said": words_said(text, one.spans)} for one in reading.distribution
        ],
        "absence": [words_said(text, one.spans) for one in reading.absence],
        "left_alone": [{"reason": one.reason, "said": words_said(text, one.spans)} for one in reading.left_alone],
        "nothing": not found,
        "has_list": listed is not None and bool(listed.items),
        "segments": library().segments.values(),
        "chosen": {key: posted.get(key, "") for key in ("count", "sides", "none", "whole", "how")} | {"date": day_from(posted)},
        "errors": errors,
        **state_shown(visit),
    }
    return render(request, "web/liver_text_read.html", context, status=422 if errors else 200)


def _lesion_shown(number: int, lesion: FoundLesion, text: str, post: QueryDict | None) -> dict[str, Any]:
    vocabulary = library().vocabulary
    size = lesion.size
    printed = None
    if size is not None:
        written = " x ".join(f"{one:g}" for one in size.numbers)
        in_cm = number_in_words(NumberRange.exactly(size.longest_diameter_cm), "cm")
        printed = f"{written} {size.unit}" + (f"; the longest is {max(size.numbers):g} {size.unit}" if len(size.numbers) > 1 else "")
        printed += f" ({in_cm})" if size.unit == "mm" else ""
    near = post.getlist(f"near-{number}") if post is not None else [place for place, _ in lesion.near]
    return {
        "number": number,
        "segments": lesion.segments,
        "segment": post.get(f"segment-{number}", UNKNOWN_SEGMENT) if post is not None else UNKNOWN_SEGMENT,
        "places": [library().segments.place_in_words(one) for one in lesion.segments],
        "lobe": lesion.lobe,
        "size": printed,
        "near": [{"id": place, "title": vocabulary.lesion_places[place], "chosen": place in near} for place, _ in lesion.near],
        "is_largest": lesion.is_largest,
        "doubts": lesion.doubts,
        "said": words_said(text, lesion.spans),
        "taken": post is not None and str(number) in post.getlist("take"),
    }


def _count_shown(one: FoundCount, text: str) -> dict[str, Any]:
    exact = one.at_least == one.at_most
    words = str(one.at_least) if exact else f"{one.at_least} or more" if one.at_most is None else f"{one.at_least} to {one.at_most}"
    return {"words": words, "said": words_said(text, one.spans)}


def _take_over(request: HttpRequest, vault: Vault, text: str, reading: ReportReading) -> HttpResponse:
    """What was confirmed, and nothing else. Sizes and places come from the text again, never from the form."""
    post = request.POST
    visit = Visit(vault)
    listed = TumorList.of(visit.facts.get(LESIONS))
    items = _confirmed_tumors(post, reading, visit)
    day = day_from(post)
    errors = _problems(post, visit, listed, items, day)
    if errors:
        return _read_page(request, visit, text, reading, post, errors)
    changed = _changed(post, reading, visit, listed, items, day)
    problem = cannot_be_read(changed, visit.day)
    if problem is not None:
        return _read_page(request, visit, text, reading, post, {"date": problem})
    if changed:
        visit.contents.take(changed, {}, list(changed))
        vault.write(visit.contents)
    return redirect(f"{reverse('liver-tumors')}#listed")


def _confirmed_tumors(post: QueryDict, reading: ReportReading, visit: Visit) -> list[dict[str, Any]]:
    listed = TumorList.of(visit.facts.get(LESIONS))
    named = [scan["lesions"] for scan in sorted_scans(visit.facts.get(SCANS))] + ([listed.items] if listed is not None else [])
    items: list[dict[str, Any]] = []
    for number, lesion in enumerate(reading.lesions):
        if str(number) not in post.getlist("take"):
            continue
        # Where the report leaves several segments open, the person says which; one that it does not name is no choice.
        chosen = post.get(f"segment-{number}", UNKNOWN_SEGMENT)
        open_segments = lesion.segments or tuple(library().segments)
        segment = lesion.segments[0] if len(lesion.segments) == 1 else chosen if chosen in open_segments else UNKNOWN_SEGMENT
        size = lesion.size
        form = TumorForm(
            name=next_name([*named, items]),
            segment=segment,
            size="" if size is None else f"{max(size.numbers):g}",
            unit="" if size is None else size.unit,
            near=[place for place, _ in lesion.near if place in post.getlist(f"near-{number}")],
            size_is_right=AS_WRITTEN,  # the size stands in the report, with its unit
        )
        form.asked_about = form.asked_now
        item = form.as_item(library().vocabulary, visit.day, library().scales.slip, [], None)
        if item is not None:
            items.append(item)
    return items


def _problems(post: QueryDict, visit: Visit, listed: TumorList | None, items: list[dict[str, Any]], day: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not (post.getlist("take") or any(post.get(key) for key in ("none", "count", "sides"))):
        errors["nothing"] = "Nothing is marked yet. Mark what is right, or add nothing."
    has_list = listed is not None and bool(listed.items)
    adds = has_list and post.get("how") == ADD
    if post.get("list_was") != visit.list_mark:
        errors["list"] = "Your list of tumors has changed since this page was opened. Look at it first, then confirm again."
    if post.get("none") == "yes" and has_list:
        errors["none"] = "Tumors are listed already. Remove them first if the scan shows none."
    if items and has_list and post.get("how") not in (ADD, REPLACE):
        errors["how"] = "Choose what should happen with the list that you have."
    if len(items) + (len(listed.items) if adds and listed is not None else 0) > MOST_TUMORS:
        errors["take"] = f"More than {MOST_TUMORS} tumors cannot be listed one by one. Tell their number instead."
    problem = day_problem(day, (), visit.day) if day else None
    if problem is None and (items or post.get("none") == "yes"):
        problem = _list_day_problem(visit, listed, day, bool(adds and items))
    if problem is None:
        problem = _older_than_told(post, visit, day or _day_of_list(visit, listed, bool(adds and items)))
    if problem is not None:
        errors["date"] = problem
    return errors


def _day_of_list(visit: Visit, listed: TumorList | None, adds: bool) -> str:
    """The day that an empty answer means: that of the list which is added to, else today."""
    return (listed.scanned_on if adds and listed is not None else None) or visit.day.isoformat()


def _list_day_problem(visit: Visit, listed: TumorList | None, day: str, adds: bool) -> str | None:
    """What is wrong with the day of the tumors that are confirmed, against the scans that are told already."""
    now = day or _day_of_list(visit, listed, adds)
    told = None if listed is None else str(listed.scanned_on or visit.day.isoformat())
    if adds:
        if now == told:
            return None
        return f"Your list is of {told}. Tumors of another day cannot be added to it: choose “newer scan”, or leave the day empty."
    is_same_none = listed is not None and not listed.items and now == told  # the same empty list, confirmed or filled now
    days = [*(str(scan["date"]) for scan in sorted_scans(visit.facts.get(SCANS))), *([told] if told and not is_same_none else [])]
    problem = day_problem(now, days, visit.day)
    if problem is None and any(DateRange.parse(now).last < DateRange.parse(other).first for other in days):
        return f"A scan of {max(days)} is told, which is newer. Tell this older scan under “Scans over time”."
    return problem


def _older_than_told(post: QueryDict, visit: Visit, day: str) -> str | None:
    """Whether a number or side that is confirmed is older than the answer that it would replace."""
    for fact_id, key in ((COUNT, "count"), (SIDES, "sides")):
        stored = visit.facts.get(fact_id)
        told = str(stored.get("date") or "") if isinstance(stored, dict) else ""
        if post.get(key) and told > day:
            return (
                f"{library().vocabulary[fact_id].label}: your answer of {told} is newer than this report. Do not add it, or check the day."
            )
    return None


def _changed(
    post: QueryDict, reading: ReportReading, visit: Visit, listed: TumorList | None, items: list[dict[str, Any]], day: str
) -> dict[str, Any]:
    """The facts that the confirmation changes, in the form of a case file."""
    changed: dict[str, Any] = {}
    adds = listed is not None and bool(listed.items) and bool(items) and post.get("how") == ADD
    now = day or _day_of_list(visit, listed, adds)
    is_none = post.get("none") == "yes" and bool(reading.absence) and not items
    if adds and listed is not None:
        changed[LESIONS] = TumorList([*listed.items, *items], post.get("whole") == "yes", listed.scanned_on).stored(visit.day)
    elif items or is_none:
        changed[LESIONS] = TumorList(items, is_none or post.get("whole") == "yes", now).stored(visit.day)
        told = None if listed is None else str(listed.scanned_on or visit.day.isoformat())
        if listed is not None and told is not None and told != now:
            # The list that a newer scan replaces stays as an earlier scan, also one that showed none.
            kept = {"date": told, "lesions": listed.items, "complete": listed.complete}
            changed[SCANS] = sorted([*sorted_scans(visit.facts.get(SCANS)), kept], key=lambda scan: str(scan["date"]))
    counts = {str(place): one for place, one in enumerate(reading.count)}
    count = counts.get(post.get("count", ""))
    if count is not None:
        bounds = {"at_least": count.at_least} | ({} if count.at_most is None else {"at_most": count.at_most})
        changed[COUNT] = ({"value": count.at_least} if count.at_least == count.at_most else bounds) | {"date": now}
    if post.get("sides") in {one.value for one in reading.distribution}:
        changed[SIDES] = {"value": post["sides"], "date": now}
    return changed
