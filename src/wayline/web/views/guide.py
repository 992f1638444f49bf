"""The guide: sections, pages, words, search, comparisons, the liver matrix, and "How long?" behind its gate."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from wayline.checking import reading_of
from wayline.guide.outlook import Group
from wayline.guide.pages import SECTIONS, Page
from wayline.guide.search import Hit
from wayline.library import library
from wayline.options.catalog import HEADINGS, KINDS
from wayline.options.matrix import COLUMNS
from wayline.web.icons import icon_array
from wayline.web.rendering import address_of, numbered, render_sections
from wayline.web.rendering import render as render_text
from wayline.web.visitors import today

MOST_COMPARED = 4
SHOWN_SECTIONS = ("understand", "choices", "studies", "daily", "people", "drugs")


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Everything there is to read, by section."""
    pages = library().pages
    sections = [{"id": section, "title": SECTIONS[section], "pages": pages.in_section(section)} for section in SHOWN_SECTIONS]
    return render(request, "web/guide.html", {"sections": sections})


@require_safe
def page(request: HttpRequest, page_id: str) -> HttpResponse:
    """One page of the guide."""
    found = library().pages.get(page_id)
    if found is None:
        raise Http404
    return render(request, "web/page.html", page_context(found))


def page_context(found: Page) -> dict[str, Any]:
    """What a page's template needs: its text, words, sources and scores."""
    content = library()
    references = [content.references[cite] for cite in found.cited]
    opening, *rest = re.split(r"^## (.+)$", found.body, flags=re.MULTILINE)
    sections, words = render_sections([("", opening), *zip(rest[::2], rest[1::2], strict=True)], numbered(references))
    siblings = content.pages.in_section(found.section)
    return {
        "page": found,
        "opening": sections[0][1],
        "sections": sections[1:],
        "words": words,
        "references": references,
        "signers": [content.catalog.specialties[one] for one in found.may_sign],
        "overdue": found.next_review < today(),
        "reading": reading_of(content, found.body),
        "section_title": SECTIONS[found.section],
        "siblings": [one for one in siblings if one.id != found.id and found.section != "site"],
        "funding": content.funding if found.id == "about" else None,
    }


@require_safe
def words(request: HttpRequest) -> HttpResponse:
    """Every word of the glossary."""
    return render(request, "web/words.html", {"words": library().glossary.in_order})


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Search. The words travel in the form's body, not in the address: they may tell about the person."""
    query = request.POST.get("words", "").strip()[:200]
    results = library().search_index.search(query) if query else None
    hits = [_shown(hit) for hit in results.hits] if results else []
    return render(request, "web/search.html", {"query": query, "results": results, "hits": hits})


def _shown(hit: Hit) -> dict[str, str]:
    kinds = {"page": "Page", "option": "Treatment", "word": "Word"}
    document = hit.document
    return {
        "title": document.title,
        "summary": document.summary,
        "address": address_of(document.kind, document.id),
        "kind": kinds[document.kind],
    }


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The decisions, and what may be compared for each."""
    content = library()
    kinds = [
        {
            "id": kind,
            "title": title,
            "decision": content.decisions[kind].decision,
            "count": sum(option.kind == kind for option in content.catalog.values()),
        }
        for kind, title in KINDS.items()
    ]
    return render(request, "web/compare.html", {"kinds": kinds})


@require_http_methods(["GET", "HEAD", "POST"])
def compare_kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Treatments of one kind side by side: the same questions in the same order, in equal detail."""
    content = library()
    if kind not in KINDS:
        raise Http404
    options = [option for option in content.catalog.values() if option.kind == kind]
    chosen_ids = request.POST.getlist("option")
    chosen = [option for option in options if option.id in chosen_ids]
    references = [content.references[cite] for cite in dict.fromkeys(cite for option in chosen for cite in option.cited)]
    numbers = numbered(references)
    rendered = {option.id: render_sections(option.sections, numbers) for option in chosen[:MOST_COMPARED]}
    sections = {option_id: dict(texts) for option_id, (texts, _) in rendered.items()}
    explained = {word.id: word for _, found in rendered.values() for word in found}
    rows = [
        {"heading": heading, "cells": [{"option": option, "text": sections[option.id].get(heading)} for option in chosen[:MOST_COMPARED]]}
        for heading in HEADINGS
    ]
    decision = content.decisions[kind]
    context = {
        "title": KINDS[kind],
        "decision": decision.decision,
        "instead": [content.pages[page_id] for page_id in decision.instead],
        "options": [{"option": option, "chosen": option in chosen} for option in options],
        "chosen": chosen[:MOST_COMPARED],
        "too_few": request.method == "POST" and len(chosen) < 2,
        "too_many": len(chosen) > MOST_COMPARED,
        "most": MOST_COMPARED,
        "rows": rows if len(chosen) > 1 else [],
        "references": references,
        "words": list(explained.values()),
        "is_liver": kind == "liver_directed",
    }
    return render(request, "web/compare_kind.html", context)


@require_safe
def liver_matrix(request: HttpRequest) -> HttpResponse:
    """Liver-directed treatments: size, number, place, liver function, cancer elsewhere, and what studies of this cancer show."""
    content = library()
    references = [content.references[cite] for cite in dict.fromkeys(cite for row in content.matrix for cite in row.cited)]
    rows = [
        {"option": content.catalog[row.option], "cells": [(title, row.cells[column]) for column, title in COLUMNS.items()]}
        for row in content.matrix
    ]
    context = {"rows": rows, "columns": list(COLUMNS.values()), "references": references, "numbers": numbered(references)}
    return render(request, "web/liver_matrix.html", context)


def _group(group: Group) -> dict[str, Any]:
    """A group's figures in every form in which they are shown: words, numbers out of 100, picture, table."""
    half = group.half_lived_months
    return {
        "title": group.title,
        "who": group.who,
        "years": group.years,
        "people": group.people,
        "after": group.after,
        "alive_of_100": group.alive_of_100,
        "dead_of_100": 100 - group.alive_of_100,
        "compared": group.compared,
        "compared_dead": 100 - group.compared.alive_of_100 if group.compared else None,
        "half": None if half is None else f"{half[0]} months" if half[0] == half[1] else f"{half[0]} to {half[1]} months",
        "not_in_it": group.not_in_it,
        "since_then": group.since_then,
        "cites": group.cites,
        "icons": icon_array(group.alive_of_100, f"{group.alive_of_100} of 100 figures are filled: alive after {group.after}."),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def how_long(request: HttpRequest) -> HttpResponse:
    """The gate. Nothing is remembered: words or numbers are chosen anew at every visit, and only by a press of a button."""
    depth = request.POST.get("depth", "") if request.method == "POST" else ""
    content = library()
    context: dict[str, Any] = {"depth": depth if depth in ("words", "numbers") else ""}
    if context["depth"]:
        context["words"] = render_text(content.outlook.words, {}).html
    if context["depth"] == "numbers":
        references = [content.references[cite] for cite in dict.fromkeys(cite for group in content.outlook.groups for cite in group.cites)]
        context |= {
            "groups": [_group(group) for group in content.outlook.groups],
            "references": references,
            "numbers": numbered(references),
        }
    return render(request, "web/how_long.html", context)
