"""The pages on the liver: the map, tumors, scans over time, blood tests, and which treatments stay open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from wayline.facts.case import FactReader
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.liver.drawing import liver_map, tumors_in_words
from wayline.liver_report import LiverReport, liver_report
from wayline.reading import WaylineError
from wayline.web.asking import friendly, no_longer_read, read_answer, situation_from
from wayline.web.liver_forms import (
    LESIONS,
    MOST_TUMORS,
    SCANS,
    TumorForm,
    TumorList,
    items_of_rows,
    list_forms,
    next_name,
    results_from,
    scan_form,
    scan_from,
    take_results,
    tests_form,
)
from wayline.web.liver_pages import (
    beside,
    blood_tests_shown,
    map_buttons,
    over_time_shown,
    scores_shown,
    therapies_shown,
    tumor_rows,
)
from wayline.web.rendering import numbered
from wayline.web.vault import Contents, RecordTooLargeError, Vault
from wayline.web.visitors import today, vault_of


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about the liver on one page: the map and its table, and ways on."""
    contents, situation, report = _opened(vault_of(request))
    newest = [{"label": library().vocabulary[one["lab"]].label, **one["rows"][0]} for one in blood_tests_shown(report)]
    context = {
        **_map_context(report),
        "over_time": over_time_shown(report),
        "newest_tests": newest,
        "scores": scores_shown(report),
        "beside": beside(),
        **_state(contents, situation),
    }
    return render(request, "web/liver.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tumors(request: HttpRequest) -> HttpResponse:
    """Tell the tumors of the newest scan, one by one, on the drawn liver."""
    vault = vault_of(request)
    if request.method != "POST":
        return _tumors_page(request, vault, TumorForm(), None)
    ways: dict[str, Callable[[HttpRequest, Vault], HttpResponse]] = {
        "edit": _edit_tumor,
        "remove": _remove_tumor,
        "scan": _about_scan,
        "save": _save_tumor,
    }
    return writing(request, vault, ways.get(request.POST.get("do", ""), _save_tumor))


def _edit_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    listed = TumorList.of(vault.read().facts.get(LESIONS)) or TumorList([], False, None)
    listed.named()
    name = request.POST.get("name", "")
    item = next((one for one in listed.items if one["name"] == name), None)
    if item is None:
        return redirect("liver-tumors")
    return _tumors_page(request, vault, TumorForm.of_item(item), None)


def _remove_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    listed = TumorList.of(contents.facts.get(LESIONS))
    name = request.POST.get("name", "")
    if listed is not None:
        listed.named()
        kept = [item for item in listed.items if item["name"] != name]
        # An emptied list does not say that there is no tumor: that is told on purpose, with its own answer.
        contents.facts[LESIONS] = TumorList(kept, listed.complete and bool(kept), listed.scanned_on).stored(today())
        if not kept:
            contents.facts.pop(LESIONS)
        vault.write(contents)
    return redirect("liver-tumors")


def _about_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    """The day of the scan, and whether the list is whole."""
    contents = vault.read()
    listed = TumorList.of(contents.facts.get(LESIONS)) or TumorList([], False, None)
    listed.named()
    whole = request.POST.get("whole", "")
    errors: dict[str, str] = {}
    if whole == "none" and listed.items:
        errors["whole"] = "Tumors are listed below. Remove them first if the scan shows none."
    if whole == "all" and not listed.items:
        errors["whole"] = "No tumor is listed yet. Add them first."
    about = TumorList(listed.items, whole in ("all", "none"), request.POST.get("date", "").strip()[:10] or None)
    errors |= _date_problem(about.stored(today())) if not errors else {}
    if errors:
        return _tumors_page(request, vault, TumorForm(), errors)
    if listed.items or whole == "none":
        contents.facts[LESIONS] = about.stored(today())
        vault.write(contents)
    return redirect("liver-tumors")


@require_http_methods(["GET", "HEAD", "POST"])
def tumor_list(request: HttpRequest) -> HttpResponse:
    """The same as a plain list: one row a tumor, all saved together."""
    vault = vault_of(request)
    if request.method != "POST":
        listed = TumorList.of(vault.read().facts.get(LESIONS))
        if listed is not None:
            listed.named()
        return _list_page(request, list_forms(listed, None))
    return writing(request, vault, _save_list)


def _save_list(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    listed = TumorList.of(contents.facts.get(LESIONS))
    if listed is not None:
        listed.named()
    rows = list_forms(listed, request.POST)
    used = [scan["lesions"] for scan in scans_of(contents)]
    items = items_of_rows(rows, listed, used, library().vocabulary, today(), library().scales.slip)
    if items is None:
        return _list_page(request, rows, status=422)
    if items:
        complete = listed is not None and listed.complete and len(items) <= len(listed.items)
        contents.facts[LESIONS] = TumorList(items, complete, listed.scanned_on if listed else None).stored(today())
    elif listed is not None and listed.items:
        contents.facts.pop(LESIONS)
    vault.write(contents)
    return redirect("liver-tumors")


def _list_page(request: HttpRequest, rows: Any, status: int = 200) -> HttpResponse:
    context = {"rows": rows, "segments": library().segments.values(), "has_problems": any(row.errors or row.slip for row in rows)}
    return render(request, "web/liver_list.html", context, status=status)


def _date_problem(told: dict[str, Any]) -> dict[str, str]:
    definition = library().vocabulary[LESIONS]
    try:
        read_answer(FactReader(library().vocabulary, today()), definition, told)
    except WaylineError as error:
        return {"date": friendly(definition, error)}
    return {}


def _save_tumor(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    listed = TumorList.of(contents.facts.get(LESIONS)) or TumorList([], False, None)
    listed.named()
    form = TumorForm.from_post(request.POST)
    earlier = scans_of(contents)
    if form.name not in {item["name"] for item in listed.items}:
        form.name = next_name([listed.items, *(scan["lesions"] for scan in earlier)])
    others = [item.get("diameter_cm") for item in listed.items if item["name"] != form.name]
    before = [item.get("diameter_cm") for scan in earlier[-1:] for item in scan["lesions"] if item.get("name") == form.name]
    if len(listed.items) >= MOST_TUMORS and not any(item["name"] == form.name for item in listed.items):
        form.errors["name"] = f"More than {MOST_TUMORS} tumors cannot be listed one by one. Tell their number instead."
    item = form.as_item(library().vocabulary, today(), library().scales.slip, others, next(iter(before), None))
    if item is None:
        return _tumors_page(request, vault, form, None, status=422)
    place = next((place for place, one in enumerate(listed.items) if one["name"] == form.name), None)
    if place is None:
        # One tumor more than was listed: whether the list is whole has to be said anew.
        listed.items.append(item)
        listed.complete = False
    else:
        listed.items[place] = item
    contents.facts[LESIONS] = listed.stored(today())
    vault.write(contents)
    return redirect("liver-tumors")


def _tumors_page(
    request: HttpRequest, vault: Vault, form: TumorForm, scan_errors: dict[str, str] | None, status: int | None = None
) -> HttpResponse:
    contents, situation, report = _opened(vault)
    content = library()
    listed = TumorList.of(contents.facts.get(LESIONS))
    context = {
        **_map_context(report),
        "buttons": map_buttons(form.segment),
        "form": form,
        "is_change": bool(form.name) and listed is not None and any(item.get("name") == form.name for item in listed.items),
        "near_places": [(place, title, place in form.near) for place, title in content.vocabulary.lesion_places.items()],
        "none_near": "none" in form.near,
        "whole": "" if listed is None else "none" if listed.complete and not listed.items else "all" if listed.complete else "more",
        "scan_date": "" if listed is None else listed.scanned_on or "",
        "scan_errors": scan_errors or {},
        "definition": content.vocabulary[LESIONS],
        **_state(contents, situation),
    }
    return render(request, "web/liver_tumors.html", context, status=status or (422 if scan_errors else 200))


@require_http_methods(["GET", "HEAD", "POST"])
def scans(request: HttpRequest) -> HttpResponse:
    """The tumors over several scans, and telling another scan."""
    vault = vault_of(request)
    if request.method != "POST":
        return _scans_page(request, vault, None)
    return writing(request, vault, _remove_scan if request.POST.get("do") == "remove" else _save_scan)


def _remove_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    kept = [scan for scan in scans_of(contents) if str(scan["date"]) != request.POST.get("date", "")]
    contents.facts[SCANS] = kept
    if not kept:
        contents.facts.pop(SCANS)
    vault.write(contents)
    return redirect("liver-scans")


def _save_scan(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    known = _known_tumors(contents)
    form = scan_form(known, request.POST)
    current = TumorList.of(contents.facts.get(LESIONS))
    earlier = scans_of(contents)
    if current is None:
        return redirect("liver-tumors")
    current.named()
    if current.scanned_on is None:
        form.errors["date"] = "First tell the day of the scan that is listed now, on the page of the tumors."
    if form.date and form.date in {str(scan["date"]) for scan in earlier} | {current.scanned_on}:
        form.errors["date"] = "A scan of this day is already told. Remove it first, or change the tumors of the newest scan."
    scan = scan_from(form, known, library().vocabulary, today(), library().scales.slip)
    if scan is None:
        return _scans_page(request, vault, form)
    if form.date > (current.scanned_on or ""):
        # The newest scan is the one that rules are held against; the one before it becomes an earlier scan.
        earlier.append({"date": current.scanned_on, "lesions": current.items, "complete": current.complete})
        contents.facts[LESIONS] = TumorList(scan["lesions"], scan["complete"], form.date).stored(today())
    else:
        contents.facts[LESIONS] = current.stored(today())
        earlier.append(scan)
    contents.facts[SCANS] = sorted(earlier, key=lambda one: str(one["date"]))
    vault.write(contents)
    return redirect(reverse("liver-tumors" if form.others == "yes" and form.date > (current.scanned_on or "") else "liver-scans"))


def _scans_page(request: HttpRequest, vault: Vault, form: Any) -> HttpResponse:
    contents, situation, report = _opened(vault)
    known = _known_tumors(contents)
    context = {
        "over_time": over_time_shown(report),
        "form": form or scan_form(known, None),
        "has_list": LESIONS in contents.facts,
        "segments": library().segments,
        "references": [library().references[cite] for cite in library().scales.recist.cites],
        "numbers": numbered([library().references[cite] for cite in library().scales.recist.cites]),
        **_state(contents, situation),
    }
    return render(request, "web/liver_scans.html", context, status=422 if form is not None else 200)


@require_safe
def blood_tests(request: HttpRequest) -> HttpResponse:
    """Results over time, each with the lab's own range, and the named scales."""
    contents, situation, report = _opened(vault_of(request))
    content = library()
    cites = dict.fromkeys((*content.scales.grades_cites, *content.scales.pattern.cites, *content.vocabulary.formulas.cites["child_pugh"],
                           *content.vocabulary.formulas.cites["albi"]))  # fmt: skip
    references = [content.references[cite] for cite in cites]
    context = {
        "tests": blood_tests_shown(report),
        "scores": scores_shown(report),
        "references": references,
        "numbers": numbered(references),
        **_state(contents, situation),
    }
    return render(request, "web/liver_blood_tests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add_blood_tests(request: HttpRequest) -> HttpResponse:
    """Tell the results of one report, with the lab's own ranges."""
    vault = vault_of(request)
    if request.method != "POST":
        return render(request, "web/liver_add_tests.html", {"form": tests_form(library().vocabulary, vault.read().facts, None)})
    return writing(request, vault, _save_tests)


def _save_tests(request: HttpRequest, vault: Vault) -> HttpResponse:
    contents = vault.read()
    vocabulary = library().vocabulary
    form = tests_form(vocabulary, contents.facts, request.POST)
    results = results_from(form, vocabulary, today())
    if results is None:
        return render(request, "web/liver_add_tests.html", {"form": form}, status=422)
    changed = take_results(contents.facts, results, vocabulary)
    # A correction of a result takes the place of a draft of it too.
    contents.take(changed, {}, list(changed))
    vault.write(contents)
    return redirect("liver-blood-tests")


@require_safe
def stays_open(request: HttpRequest) -> HttpResponse:
    """For every liver-directed option the limits that decide it, held against what was told."""
    contents, situation, report = _opened(vault_of(request))
    content = library()
    shown = therapies_shown(report)
    cites = dict.fromkeys(cite for therapy in report.therapies for cite in (*therapy.studies_cite, *therapy.match.option.limits_cite))
    references = [content.references[cite] for cite in cites]
    context = {
        "therapies": shown,
        "has_facts": bool(contents.facts),
        "references": references,
        "numbers": numbered(references),
        "board": content.catalog.specialties,
        **_state(contents, situation),
    }
    return render(request, "web/liver_stays_open.html", context)


def _opened(vault: Vault) -> tuple[Contents, Situation, LiverReport]:
    contents = vault.read()
    situation = situation_from(contents.usable_facts, library().vocabulary, today())
    return contents, situation, liver_report(situation, library())


def _state(contents: Contents, situation: Situation) -> dict[str, Any]:
    return {"drafts": contents.drafts, "lost": no_longer_read(contents.usable_facts, situation)}


def _map_context(report: LiverReport) -> dict[str, Any]:
    segments = library().segments
    return {
        "map": mark_safe(liver_map(report.tumors, segments)),  # noqa: S308 - built as an element tree, which escapes all text
        "map_words": tumors_in_words(report.tumors, segments),
        "tumors": tumor_rows(report),
        "lesions": report.situation.finding(LESIONS),
        "usual_width_cm": segments.usual_width_cm,
    }


def scans_of(contents: Contents) -> list[dict[str, Any]]:
    stored = contents.facts.get(SCANS)
    listed = stored if isinstance(stored, list) else (stored or {}).get("items", [])
    return sorted((dict(scan) for scan in listed), key=lambda scan: str(scan["date"]))


def _known_tumors(contents: Contents) -> list[dict[str, Any]]:
    """Every tumor that has a name on any scan, as it was on the newest one that shows it."""
    listed = TumorList.of(contents.facts.get(LESIONS))
    known: dict[str, dict[str, Any]] = {}
    for scan in scans_of(contents):
        known |= {str(item["name"]): item for item in scan["lesions"] if item.get("name")}
    if listed is not None:
        listed.named()
        known |= {str(item["name"]): item for item in listed.items}
    return [known[name] for name in sorted(known)]


def writing(request: HttpRequest, vault: Vault, way: Callable[[HttpRequest, Vault], HttpResponse]) -> HttpResponse:
    """One transaction from reading to writing: two windows of one visitor never overwrite each other's answers."""
    try:
        with transaction.atomic():
            return way(request, vault)
    except RecordTooLargeError:
        return render(request, "web/liver_too_large.html", status=413)
