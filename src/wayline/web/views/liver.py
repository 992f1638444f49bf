"""The pages on the liver: the map, blood tests, and which limits decide each treatment. Tumors and scans have views of their own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from wayline.library import library
from wayline.web.lab_reports import results_from, take_results, tests_form
from wayline.web.liver_pages import (
    beside,
    blood_tests_shown,
    map_shown,
    over_time_shown,
    scores_shown,
    therapies_shown,
)
from wayline.web.liver_visits import Visit, state_shown, writing
from wayline.web.places import place_to_tell
from wayline.web.rendering import numbered
from wayline.web.vault import Vault
from wayline.web.visitors import vault_of

MOST_ASKED = 3


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about the liver on one page: the map and its table, and ways on."""
    visit = Visit(vault_of(request))
    newest = [{"label": library().vocabulary[one["lab"]].label, **one["rows"][0]} for one in blood_tests_shown(visit.report)]
    context = {
        **map_shown(visit.report),
        "over_time": over_time_shown(visit.report),
        "newest_tests": newest,
        "beside": beside(),
        **state_shown(visit),
    }
    return render(request, "web/liver.html", context)


@require_safe
def blood_tests(request: HttpRequest) -> HttpResponse:
    """Results over time, each with the lab's own range, and the named scales."""
    visit = Visit(vault_of(request))
    content = library()
    formulas = content.vocabulary.formulas.cites
    cites = dict.fromkeys((*content.scales.grades_cites, *content.scales.pattern.cites, *formulas["child_pugh"], *formulas["albi"]))
    references = [content.references[cite] for cite in cites]
    context = {
        "tests": blood_tests_shown(visit.report),
        "scores": scores_shown(visit.report),
        "references": references,
        "numbers": numbered(references),
        **state_shown(visit),
    }
    return render(request, "web/liver_blood_tests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add_blood_tests(request: HttpRequest) -> HttpResponse:
    """Tell the results of one report, with the lab's own ranges."""
    vault = vault_of(request)
    if request.method != "POST":
        visit = Visit(vault)
        return render(
            request, "web/liver_add_tests.html", {"form": tests_form(library().vocabulary, visit.facts, None), **state_shown(visit)}
        )
    return writing(request, vault, _save_tests)


def _save_tests(request: HttpRequest, vault: Vault) -> HttpResponse:
    visit = Visit(vault)
    vocabulary = library().vocabulary
    form = tests_form(vocabulary, visit.facts, request.POST)
    results = results_from(form, vocabulary, visit.day)
    if results is None:
        return render(request, "web/liver_add_tests.html", {"form": form, **state_shown(visit)}, status=422)
    changed = take_results(visit.facts, results, vocabulary)
    # What is told here takes the place of an answer elsewhere that could not be read.
    visit.contents.take(changed, {}, list(changed))
    vault.write(visit.contents)
    return redirect("liver-blood-tests")


@require_safe
def stays_open(request: HttpRequest) -> HttpResponse:
    """For every liver-directed option the limits that decide it, held against what was told."""
    visit = Visit(vault_of(request))
    content = library()
    therapies = visit.report.therapies
    cites = dict.fromkeys(cite for therapy in therapies for cite in (*therapy.studies_cite, *therapy.match.option.limits_cite))
    references = [content.references[cite] for cite in cites]
    context = {
        "therapies": therapies_shown(visit.report),
        "most_asked": _most_asked(visit),
        "has_facts": bool(visit.contents.facts),
        "references": references,
        "numbers": numbered(references),
        **state_shown(visit),
    }
    return render(request, "web/liver_stays_open.html", context)


def _most_asked(visit: Visit) -> list[dict[str, Any]]:
    """The facts that the limits of the most treatments still wait for."""
    vocabulary = library().vocabulary
    waiting = Counter(
        fact
        for therapy in visit.report.therapies
        for fact in {missing.fact for limits in therapy.limits.dimensions for missing in limits.missing}
    )
    ordered = sorted(waiting.items(), key=lambda one: (-one[1], vocabulary.order[one[0]]))
    return [{"label": vocabulary[fact].label, "count": count, "link": place_to_tell(fact)} for fact, count in ordered[:MOST_ASKED]]


@require_POST
def start_anew(request: HttpRequest) -> HttpResponse:
    """Take back the lists that can no longer be read, and only those."""
    vault = vault_of(request)
    with transaction.atomic():
        visit = Visit(vault)
        unreadable = visit.unreadable_lists
        for fact_id in unreadable:
            visit.contents.facts.pop(fact_id)
        if unreadable:
            vault.write(visit.contents)
    return redirect("liver")
