"""The options page and each option's own page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from wayline.checking import option_text, reading_of
from wayline.library import library
from wayline.logic.ask_first import AskFirst
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS, KINDS
from wayline.options.matching import ALWAYS_KNOWN, OptionMatch, match_option, matches_for
from wayline.trials.finding import FactToAsk
from wayline.web.asking import no_longer_read, situation_from
from wayline.web.places import place_to_tell
from wayline.web.rendering import numbered, render_sections
from wayline.web.trial_cards import NEVER_ASKED_UNASKED
from wayline.web.trials import BEING_READ, shelf
from wayline.web.views.visit import numbers_kept
from wayline.web.visitors import today, vault_of

ASK_FIRST_SHOWN = 5
VERDICTS = {
    FITS: {"heading": "Worth asking about", "status": "worth asking about"},
    DEPENDS: {"heading": "Depends", "status": "depends"},
    DOES_NOT_FIT: {"heading": "Usually not used here, and why", "status": "usually not used"},
}


@require_safe
def options(request: HttpRequest) -> HttpResponse:
    """Every option for what was told, grouped by verdict and kind, with what to ask first; without facts, the plain list."""
    content = library()
    contents = vault_of(request).read()
    if not contents.facts:
        kinds = [(KINDS[kind], list(group)) for kind, group in groupby(content.catalog.values(), key=lambda option: option.kind)]
        return render(request, "web/all_options.html", {"kinds": kinds})
    situation = situation_from(contents.usable_facts, content.vocabulary, today())
    found = matches_for(situation, content.catalog)
    sections = []
    for verdict, words in VERDICTS.items():
        matches = [match for match in found.matches if match.verdict == verdict]
        kinds_shown = [
            (KINDS[kind], [_shown(match) for match in group]) for kind, group in groupby(matches, key=lambda match: match.option.kind)
        ]
        sections.append({"verdict": verdict, "count": len(matches), "kinds": kinds_shown, **words})
    shelved = shelf().current()
    trials = shelved.trials.facts_to_ask(situation, contents.usable_facts) if shelved.is_mirror and shelved.trials else []
    context = {
        "sections": sections,
        "asking": _asking(found.ask_first, trials)[:ASK_FIRST_SHOWN],
        "counts_trials": shelved.is_mirror,
        "trials_being_read": shelved.state == BEING_READ,
        "drafts": contents.drafts,
        "lost": no_longer_read(contents.usable_facts, situation),
    }
    return render(request, "web/options.html", context)


@require_safe
def option(request: HttpRequest, option_id: str) -> HttpResponse:
    """One option: what it is, what it means for what was told, evidence, questions, sources."""
    content = library()
    found = content.catalog.get(option_id)
    if found is None:
        raise Http404
    contents = vault_of(request).read()
    match = None
    if contents.facts:
        match = match_option(found, situation_from(contents.usable_facts, content.vocabulary, today()))
    references = [content.references[cite] for cite in found.cited]
    numbers = numbered(references)
    sections, words = render_sections(found.sections, numbers)
    context = {
        "option": found,
        "kind": KINDS[found.kind],
        "specialists": [content.catalog.specialties[one] for one in found.specialists],
        "signers": [content.catalog.specialties[one] for one in found.may_sign],
        "references": references,
        "numbers": numbers,
        "sections": sections,
        "words": words,
        "reading": reading_of(content, option_text(found)),
        "overdue": found.next_review < today(),
        "match": _shown(match) if match else None,
        "status": VERDICTS[match.verdict]["status"] if match else None,
        "numbers_kept": numbers_kept(contents.questions, found.id),
    }
    return render(request, "web/option.html", context)


def _asking(options: Iterable[AskFirst], trials: Iterable[FactToAsk]) -> list[dict[str, Any]]:
    """Missing facts by how many options and trials they could settle together; of equal ones, in the vocabulary's order."""
    vocabulary = library().vocabulary
    of_options = {one.fact: one.settles for one in options}
    of_trials = {one.fact: one.trials for one in trials if one.fact not in NEVER_ASKED_UNASKED}
    facts = sorted({*of_options, *of_trials}, key=lambda fact: (-of_options.get(fact, 0) - of_trials.get(fact, 0), vocabulary.order[fact]))
    return [
        {
            "definition": vocabulary[fact],
            "options": of_options.get(fact, 0),
            "trials": of_trials.get(fact, 0),
            "link": place_to_tell(fact),
        }
        for fact in facts
    ]


def _shown(match: OptionMatch) -> dict[str, Any]:
    vocabulary = library().vocabulary
    return {
        "option": match.option,
        "verdict": match.verdict,
        "because": [
            {"text": reason.text, "link": None if reason.fact == ALWAYS_KNOWN else place_to_tell(reason.fact)} for reason in match.because
        ],
        "missing": [
            {"definition": vocabulary[missing.fact], "why": missing.why, "link": place_to_tell(missing.fact)} for missing in match.missing
        ],
        "cautions": match.cautions,
        "to_ask": match.to_ask,
        "may_change": match.may_change,
    }
