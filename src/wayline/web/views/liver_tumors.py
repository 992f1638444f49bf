"""Telling the tumors of the newest scan: on the drawing, as a list, and what the scan itself was. And telling other scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wayline.facts.values import DateRange
from wayline.library import library
from wayline.logic.wording import date_in_words
from wayline.web.liver_pages import map_buttons, map_shown, over_time_shown
from wayline.web.liver_scans import scan_form, scan_from
from wayline.web.liver_tumors import (
    LESIONS,
    MOST_TUMORS,
    NONE_NEAR,
    SCANS,
    TumorForm,
    TumorList,
    as_it_stood,
    day_from,
    day_problem,
    items_of_rows,
    known_tumors,
    list_forms,
    next_name,
    sorted_scans,
)
from wayline.web.liver_visits import Visit, state_shown, writing
from wayline.web.rendering import numbered
from wayline.web.vault import Vault
from wayline.web.visitors import vault_of

ALL, MORE, NOT_KNOWN, NONE = "all", "more", "unknown", "none"


@require_http_methods(["GET", "HEAD", "POST"])
def tumors(request: HttpRequest) -> HttpResponse:
    """Tell the tumors of the newest scan, one by one, on the drawn liver."""
    vault = vault_of(request)
    if request.method != "POST":
        return _tumors_page(request, vault, TumorForm())
    ways: dict[str, Callable[[HttpRequest, Vault], HttpResponse]] = {
        "edit": _edit_tumor,
        "ask-remove": _ask_before_removing,
        "remove": _remove_tumor,
        "scan": _about_scan,
        "save": _save_tumor,
    }
    way = ways.get(request.POST.get("do", ""))
    return redirect("liver-tumors") if way is None else writing(request, vault, way)


def _edit_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    listed = _listed(Visit(vault))
    place = listed.place_of(request.POST.get("name", ""))
    return redirect("liver-tumors") if place is None else _tumors_page(request, vault, TumorForm.of_item(listed.items[place]))


def _ask_before_removing(request: HttpRequest, vault: Vault) -> HttpResponse:
    listed = _listed(Visit(vault))
    place = listed.place_of(request.POST.get("name", ""))
    if place is None:
        return redirect("liver-tumors")
    item = listed.items[place]
    place_words = library().segments.place_in_words(str(item.get("segment") or "unknown"))
    words = {"name": item["name"], "place": place_words, "was": as_it_stood(item)}
    return render(request, "web/liver_remove.html", words)


def _remove_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    listed = _listed(visit)
    place = listed.place_of(request.POST.get("name", ""))
    # The question was about one tumor; another one may have got its letter in between.
    if place is not None and request.POST.get("was", as_it_stood(listed.items[place])) == as_it_stood(listed.items[place]):
        del listed.items[place]
        # An emptied list does not say that there is no tumor: that is told on purpose, with its own answer.
        if listed.items:
            visit.contents.facts[LESIONS] = listed.stored(visit.day)
        else:
            visit.contents.facts.pop(LESIONS)
        vault.write(visit.contents)
    return redirect(f"{reverse('liver-tumors')}#listed")


def _about_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    """The day of the scan, and whether the list is whole."""
    visit = Visit(vault)
    listed = _listed(visit)
    whole = request.POST.get("whole", "")
    day = day_from(request.POST)
    errors: dict[str, str] = {}
    if whole == NONE and listed.items:
        errors["whole"] = "Tumors are listed on this page. Remove them first if the scan shows none."
    elif whole == ALL and not listed.items:
        errors["whole"] = "No tumor is listed yet. Add them first."
    elif whole not in (ALL, MORE, NOT_KNOWN, NONE):
        errors["whole"] = "Choose one answer. “I don’t know” is one too."
    problem = _newest_day_problem(day or visit.day.isoformat(), visit)
    if problem is not None:
        errors["date"] = problem
    if errors:
        return _tumors_page(request, vault, TumorForm(), scan_errors=errors, whole=whole, scan_date=day)
    if listed.items or whole == NONE:
        visit.contents.facts[LESIONS] = TumorList(listed.items, whole in (ALL, NONE), day or None).stored(visit.day)
    else:
        visit.contents.facts.pop(LESIONS, None)  # nothing listed, and nobody says that there is nothing
    if not visit.contents.is_empty or vault.key is not None:
        vault.write(visit.contents)
    return redirect(f"{reverse('liver-tumors')}#listed")


def _newest_day_problem(day: str, visit: Visit) -> str | None:
    """What is wrong with the day of the newest scan: no earlier scan may lie on it or after it."""
    days = [str(scan["date"]) for scan in sorted_scans(visit.facts.get(SCANS))]
    problem = day_problem(day, days, visit.day)
    if problem is None and any(DateRange.parse(day).last < DateRange.parse(other).first for other in days):
        return f"A scan of {days[-1]} is told, which lies after this day. The newest scan stands here, older ones under “Scans over time”."
    return problem


def _save_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    listed = _listed(visit)
    form = TumorForm.from_post(request.POST)
    earlier = sorted_scans(visit.facts.get(SCANS))
    place = listed.place_of(form.name) if form.name else None
    if form.name and (place is None or form.was != as_it_stood(listed.items[place])):
        form.errors["name"] = "This tumor was changed or removed in another window. Look at the list and try again."
    elif not form.name and request.POST.get("list_was", visit.list_mark) != visit.list_mark:
        form.errors["name"] = (
            "Your list has changed since this page was opened. Look at it first, then add this one if it is still missing."
        )
    elif not form.name:
        form.name = next_name([listed.items, *(scan["lesions"] for scan in earlier)])
    if form.is_empty:
        form.errors["size"] = "Tell the segment or the size at least. Without them there is nothing to draw."
    if place is None and len(listed.items) >= MOST_TUMORS:
        form.errors["name"] = f"More than {MOST_TUMORS} tumors cannot be listed one by one. Tell their number instead."
    others = [item.get("diameter_cm") for item in listed.items if item["name"] != form.name]
    before = [item.get("diameter_cm") for scan in earlier[-1:] for item in scan["lesions"] if item.get("name") == form.name]
    told = None if place is None else listed.items[place]
    item = form.as_item(library().vocabulary, visit.day, library().scales.slip, others, next(iter(before), None), told)
    if item is None:
        form.name = form.name if place is not None else ""
        return _tumors_page(request, vault, form, status=422)
    if place is None:
        # One tumor more than was listed: whether the list is whole has to be said anew.
        listed.items.append(item)
        listed.complete = False
    else:
        listed.items[place] = item
    visit.contents.facts[LESIONS] = listed.stored(visit.day)
    vault.write(visit.contents)
    return redirect(f"{reverse('liver-tumors')}#listed")


def _listed(visit: Visit) -> TumorList:
    return TumorList.of(visit.facts.get(LESIONS)) or TumorList([], False, None)


def _tumors_page(
    request: HttpRequest,
    vault: Vault,
    form: TumorForm,
    *,
    scan_errors: dict[str, str] | None = None,
    whole: str | None = None,
    scan_date: str | None = None,
    status: int | None = None,
) -> HttpResponse:
    visit = Visit(vault)
    listed = TumorList.of(visit.facts.get(LESIONS))
    told_whole = "" if listed is None else ALL if listed.complete and listed.items else NONE if listed.complete else NOT_KNOWN
    context = {
        **map_shown(visit.report),
        "buttons": map_buttons(form.segment),
        "form": form,
        "is_change": bool(form.name),
        "near_places": [(place, title, place in form.near) for place, title in library().vocabulary.lesion_places.items()],
        "none_near": NONE_NEAR in form.near,
        "whole": told_whole if whole is None else whole,
        "scan_date": scan_date if scan_date is not None else "" if listed is None else listed.scanned_on or "",
        "scan_errors": scan_errors or {},
        **state_shown(visit),
    }
    return render(request, "web/liver_tumors.html", context, status=status or (422 if scan_errors else 200))


@require_http_methods(["GET", "HEAD", "POST"])
def tumor_list(request: HttpRequest) -> HttpResponse:
    """The same as a plain list: one row a tumor, all saved together."""
    vault = vault_of(request)
    if request.method != "POST":
        visit = Visit(vault)
        return _list_page(request, list_forms(TumorList.of(visit.facts.get(LESIONS)), None), visit)
    return writing(request, vault, _save_list)


def _save_list(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    listed = TumorList.of(visit.facts.get(LESIONS))
    rows = list_forms(listed, request.POST)
    if request.POST.get("list_was", visit.list_mark) != visit.list_mark:
        return _list_page(request, rows, visit, "Your list has changed in another window, so nothing was saved. Open this page again.")
    if listed is not None and len(listed.items) > MOST_TUMORS:
        return _list_page(request, rows, visit, f"More than {MOST_TUMORS} tumors are listed. Change them on the drawing’s page.")
    items = items_of_rows(rows, listed, sorted_scans(visit.facts.get(SCANS)), library().vocabulary, visit.day, library().scales.slip)
    if items is not None and len(items) > MOST_TUMORS:
        return _list_page(request, rows, visit, f"More than {MOST_TUMORS} tumors cannot be listed one by one. Tell their number instead.")
    if items is None:
        return _list_page(request, rows, visit, status=422)
    if items:
        # A tumor that was not listed before: whether the list is whole has to be said anew.
        has_new = listed is None or any(listed.place_of(str(item["name"])) is None for item in items)
        complete = listed is not None and listed.complete and not has_new
        visit.contents.facts[LESIONS] = TumorList(items, complete, listed.scanned_on if listed else None).stored(visit.day)
        vault.write(visit.contents)
    elif listed is not None and listed.items:
        visit.contents.facts.pop(LESIONS)
        vault.write(visit.contents)
    return redirect(f"{reverse('liver-tumors')}#listed")


def _list_page(request: HttpRequest, rows: list[TumorForm], visit: Visit, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "rows": rows,
        "too_many": len(_listed(visit).items) > MOST_TUMORS,
        "most": MOST_TUMORS,
        "segments": library().segments.values(),
        "problem": problem,
        "has_problems": bool(problem) or any(row.errors or row.slip for row in rows),
        **state_shown(visit),
    }
    return render(request, "web/liver_list.html", context, status=422 if problem else status)


@require_http_methods(["GET", "HEAD", "POST"])
def scans(request: HttpRequest) -> HttpResponse:
    """The tumors over several scans, and telling another scan."""
    vault = vault_of(request)
    if request.method != "POST":
        return _scans_page(request, vault, None)
    ways = {"save": _save_scan, "ask-remove": _ask_before_removing_scan, "remove": _remove_scan}
    way = ways.get(request.POST.get("do", ""))
    return redirect("liver-scans") if way is None else writing(request, vault, way)


def _ask_before_removing_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    days = [str(scan["date"]) for scan in sorted_scans(Visit(vault).facts.get(SCANS))]
    day = next((day for day in days if day == request.POST.get("date")), None)
    if day is None:
        return redirect("liver-scans")
    return render(request, "web/liver_remove.html", {"scan": day, "day": date_in_words(DateRange.parse(day))})


def _remove_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    kept = [scan for scan in sorted_scans(visit.facts.get(SCANS)) if str(scan["date"]) != request.POST.get("date", "")]
    if kept:
        visit.contents.facts[SCANS] = kept
    else:
        visit.contents.facts.pop(SCANS, None)
    if vault.key is not None:
        vault.write(visit.contents)
    return redirect("liver-scans")


def _save_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    current = TumorList.of(visit.facts.get(LESIONS))
    if current is None:
        return redirect("liver-tumors")
    known = known_tumors(visit.facts)
    form = scan_form(known, request.POST)
    earlier = sorted_scans(visit.facts.get(SCANS))
    days = [*(str(scan["date"]) for scan in earlier), *([current.scanned_on] if current.scanned_on else [])]
    if request.POST.get("tumors_were", form.names) != form.names:
        form.errors["tumors"] = "Your tumors have changed in another window. Look at them here, and fill in the scan again."
    scan = scan_from(form, known, days, library().vocabulary, visit.day, library().scales.slip)
    if current.scanned_on is None:
        form.errors["date"] = "First tell the day of the scan that is listed now, on the page of the tumors."
    if scan is None or current.scanned_on is None:
        return _scans_page(request, vault, form)
    is_newest = DateRange.parse(form.date).first > DateRange.parse(current.scanned_on).last
    if is_newest:
        # The newest scan is the one that rules are held against; the one before it becomes an earlier scan.
        earlier.append({"date": current.scanned_on, "lesions": current.items, "complete": current.complete})
        visit.contents.facts[LESIONS] = TumorList(scan["lesions"], scan["complete"], form.date).stored(visit.day)
    else:
        visit.contents.facts[LESIONS] = current.stored(visit.day)
        earlier.append(scan)
    visit.contents.facts[SCANS] = sorted(earlier, key=lambda one: str(one["date"]))
    vault.write(visit.contents)
    return redirect("liver-tumors" if is_newest and form.others == "yes" else "liver-scans")


def _scans_page(request: HttpRequest, vault: Vault, form: Any) -> HttpResponse:
    visit = Visit(vault)
    references = [library().references[cite] for cite in library().scales.recist.cites]
    context = {
        "over_time": over_time_shown(visit.report),
        "form": form or scan_form(known_tumors(visit.facts), None),
        "has_list": LESIONS in visit.facts,
        "references": references,
        "numbers": numbered(references),
        **state_shown(visit),
    }
    return render(request, "web/liver_scans.html", context, status=422 if form is not None else 200)
