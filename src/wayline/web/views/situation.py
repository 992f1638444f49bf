"""What do you know? The form in steps, everything else that may be known, and erasing it all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from wayline.diary.trends import with_other_degrees
from wayline.facts.findings import CONFLICT, DERIVED, STALE, Finding
from wayline.facts.vocabulary import FactDefinition, Group
from wayline.library import library
from wayline.logic.wording import finding_in_words
from wayline.web.asking import answers_from, fields_for, no_longer_read, situation_from, taken_unit
from wayline.web.lab_reports import kept_as_earlier
from wayline.web.places import place_to_tell
from wayline.web.vault import RecordTooLargeError
from wayline.web.visitors import forget, today, vault_of


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Everything told so far, by step, with a link to change each."""
    content = library()
    contents = vault_of(request).read()
    situation = situation_from(contents.usable_facts, content.vocabulary, today())
    groups = []
    for group in content.vocabulary.groups:
        rows = []
        for fact_id in group.facts:
            finding = situation.finding(fact_id)
            if finding.state == "unknown" or fact_id == "diagnosis.primary":
                continue
            definition = content.vocabulary[fact_id]
            note = {
                DERIVED: "follows from your other answers",
                STALE: "needs a newer answer",
                CONFLICT: "these two differ: please check",
            }.get(finding.state, "") or taken_unit(contents.facts.get(fact_id), definition)
            note += f"{'; ' if note else ''}a newer answer could not be read" if fact_id in contents.newer_unread else ""
            rows.append(
                {
                    "definition": definition,
                    "words": _words(definition, finding, contents.facts.get(fact_id)),
                    "note": note,
                    "date": finding.date,
                    "link": place_to_tell(fact_id),
                }
            )
        if rows:
            groups.append({"title": group.title, "rows": rows})
    return render(
        request,
        "web/situation.html",
        {
            "groups": groups,
            "steps": content.steps.steps,
            "drafts": contents.drafts,
            "lost": no_longer_read(contents.usable_facts, situation),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, step_id: str) -> HttpResponse:
    """One step of the form. Every way out of it saves first; only "next" stops at an answer that cannot be read."""
    steps = library().steps
    found = steps.find(step_id)
    if found is None:
        raise Http404
    before, after = steps.neighbor(found, -1), steps.neighbor(found, 1)
    place = {
        "title": found.title,
        "intro": found.intro,
        "number": steps.steps.index(found) + 1,
        "count": len(steps.steps),
        "before": before,
        "after": after,
        "draws_the_liver": "liver.lesion_count" in found.facts,
    }
    ways = {
        "back": reverse("step", args=[before.id]) if before else reverse("situation"),
        "next": reverse("step", args=[after.id]) if after else reverse("options"),
        "options": reverse("options"),
    }
    return _asking(request, found.facts, "web/step.html", place, ways)


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    """The groups of everything else that may be known."""
    return render(request, "web/more.html", {"groups": library().vocabulary.groups})


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, group_id: str) -> HttpResponse:
    """Every fact of one group, for people who have the report in their hands."""
    found = next((one for one in library().vocabulary.groups if one.id == group_id), None)
    if found is None:
        raise Http404
    ways = {"back": reverse("more"), "next": reverse("situation"), "options": reverse("options")}
    return _asking(request, _tellable(found), "web/group.html", {"title": found.title}, ways)


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask once, then erase the record and the key."""
    if request.method != "POST":
        return render(request, "web/erase.html")
    vault_of(request).erase()
    response = render(request, "web/erased.html")
    forget(response)
    return response


def _words(definition: FactDefinition, finding: Finding, form: Any) -> str:
    """What is held of a fact; a temperature as it was told, with the other unit beside it."""
    words = finding_in_words(definition, finding)
    if finding.state in (CONFLICT, STALE):
        return words
    if isinstance(form, dict) and form.get("unit") == "degF" and "value" in form:
        words = f"{form['value']:g} °F"
    return with_other_degrees(definition, finding.shown, words)


def _tellable(group: Group) -> tuple[str, ...]:
    """The facts of a group that a form can ask for. Single tumors, scans and results over time are told on the pages on the liver."""
    vocabulary = library().vocabulary
    unasked_limits = {f"{fact_id}_uln" for fact_id in group.facts if not vocabulary[fact_id].upper_limit}
    lower_limits = {f"{fact_id}_lln" for fact_id in group.facts}
    left_out = unasked_limits | lower_limits | {"diagnosis.primary"}
    elsewhere = ("lesions", "scans", "lab_results")
    return tuple(fact_id for fact_id in group.facts if fact_id not in left_out and vocabulary[fact_id].kind not in elsewhere)


def _asking(request: HttpRequest, fact_ids: Sequence[str], template: str, place: dict[str, Any], ways: dict[str, str]) -> HttpResponse:
    vocabulary = library().vocabulary
    vault = vault_of(request)
    if request.method != "POST":
        contents = vault.read()
        return render(request, template, place | {"fields": fields_for(fact_ids, contents.facts, contents.drafts, vocabulary, today())})
    try:
        # One transaction from reading to writing: two windows of one visitor never overwrite each other's answers.
        with transaction.atomic():
            contents = vault.read()
            answers = answers_from(request.POST, fact_ids, contents.facts, vocabulary, today())
            contents.facts |= kept_as_earlier(contents.facts, answers.facts, vocabulary)
            # An answer that waits for its correction and was left as it stands goes on waiting.
            contents.take(answers.facts, answers.drafts, [*answers.facts, *answers.drafts])
            if not contents.is_empty or vault.key is not None:
                vault.write(contents)
    except RecordTooLargeError:
        contents = vault.read()
        context = place | {"fields": fields_for(fact_ids, contents.facts, contents.drafts, vocabulary, today()), "too_large": True}
        return render(request, template, context, status=413)
    way = request.POST.get("go", "next")
    if way == "next" and any(fact_id in contents.drafts for fact_id in fact_ids):
        fields = fields_for(fact_ids, contents.facts, contents.drafts, vocabulary, today())
        response = render(request, template, place | {"fields": fields, "wrong": [one for one in fields if one.error]}, status=422)
    else:
        taken = any(taken_unit(form, vocabulary[fact_id]) for fact_id, form in answers.facts.items())
        response = redirect(ways.get(way, ways["next"]) + ("?unit=taken" if taken else ""))
    return response
