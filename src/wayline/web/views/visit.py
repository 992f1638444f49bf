"""Getting ready for a visit: where everything for it stands, and the questions to take along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_safe

from wayline.facts.situation import Situation
from wayline.library import library
from wayline.options.matching import matches_for
from wayline.options.visit_questions import (
    LONGEST_KEPT_CHARACTERS,
    MOST_KEPT,
    PRINTED_FIRST,
    ChosenQuestion,
    VisitQuestion,
    chosen_for,
    kept_questions,
    stored_questions,
)
from wayline.trials.study import NCT_ID
from wayline.web.asking import situation_from
from wayline.web.kept_questions import QuestionsForm, form_from, typed_words
from wayline.web.rendering import numbered
from wayline.web.sent import only_sent
from wayline.web.trial_cards import NEVER_ASKED_UNASKED
from wayline.web.trials import shelf
from wayline.web.vault import Contents, RecordTooLargeError
from wayline.web.visitors import today, vault_of
from wayline.web.waiting_records import waiting_records

SUGGESTED_SHOWN = 8
_YOURS = "#yours"
_OF_OPTION = "option:{}:{}"
_OF_FACT = "fact:{}"
_OF_STUDY = "study:{}"


@dataclass(frozen=True)
class Part:
    """One thing on the page "Get ready for my visit"; left out where its page is not there."""

    url_name: str
    title: str
    text: str
    group: str


_PARTS = (
    Part("records", "Bring in a record", "A file from your hospital’s portal. You confirm each fact before it is used.", "know"),
    Part("paste", "Paste a report", "The text of a scan, lab or pathology report. The text itself is not kept.", "know"),
    Part("situation", "What you know", "Look through what you told us, and change it.", "know"),
    Part("visit-questions", "Your questions", "Choose from questions that fit, change their words, add your own.", "take"),
    Part("sheet", "The sheet for the visit", "One page with what is known, what is not, and your questions.", "take"),
    Part("diary", "The diary", "How you are, in one minute a day. Nobody watches it.", "between"),
    Part("keys", "Keys and copies", "A code to get back in, a key for somebody who helps you, a copy of all.", "between"),
)
_GROUPS = {"know": "Gather what is known", "take": "What you take along", "between": "Between visits"}


@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """Get ready for my visit."""
    contents = vault_of(request).read()
    kept = kept_questions(contents.questions)
    notes = {
        "visit-questions": f"You keep {len(kept)}." if kept else "",
        "records": _waiting_in_words(contents),
        "diary": f"{len(contents.diary)} day{'s' if len(contents.diary) != 1 else ''} so far." if contents.diary else "",
    }
    shown = []
    for group, parts in groupby(_PARTS, key=lambda part: part.group):
        rows = [
            {"title": part.title, "text": part.text, "note": notes.get(part.url_name, ""), "address": address}
            for part in parts
            if (address := _address(part.url_name)) is not None
        ]
        if rows:
            shown.append({"title": _GROUPS[group], "rows": rows})
    return render(request, "web/visit.html", {"groups": shown})


def _waiting_in_words(contents: Contents) -> str:
    waiting = waiting_records(contents.waiting)
    if any(not one.is_decided for one in waiting):
        return "A record is waiting for you to look at."
    reports = sum(len(one.reports) for one in waiting)
    return f"{reports} closed report{'s' if reports > 1 else ''} can be read here, or with your team." if reports else ""


@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest) -> HttpResponse:
    """Suggested questions with their reasons; those that are kept, to edit, move and remove; and own ones."""
    vault = vault_of(request)
    if request.method != "POST":
        contents = vault.read()
        return _page(request, contents, QuestionsForm(kept_questions(contents.questions)))
    words_of = {question.id: question.words for question in library().visit_questions.by_id.values()}
    try:
        with transaction.atomic():
            contents = vault.read()
            form = form_from(request.POST, kept_questions(contents.questions), words_of)
            if form.errors:
                return _page(request, contents, form, request.POST)
            _store(vault_contents=contents, form=form)
            if not contents.is_empty or vault.key is not None:
                vault.write(contents)
    except RecordTooLargeError:
        form.errors["full"] = "That is more than we can keep for one person. Nothing was changed. Please remove some questions first."
        return _page(request, vault.read(), form, request.POST, 413)
    return redirect(reverse("visit-questions") + (f"#words-{form.moved}" if form.moved is not None else f"?saved=1{_YOURS}"))


@only_sent("visit-questions")
def add(request: HttpRequest) -> HttpResponse:
    """Keep a question of an option's page, or questions about facts that are not known, from the page where they stand."""
    back, wanted = _asked_elsewhere(request.POST)
    vault = vault_of(request)
    try:
        with transaction.atomic():
            contents = vault.read()
            form = QuestionsForm(kept_questions(contents.questions))
            for question_id, words in wanted.items():
                form.add(question_id, words)
            form.check_room()
            if form.errors:
                return _page(request, contents, QuestionsForm(kept_questions(contents.questions), errors=form.errors), None, 422)
            _store(vault_contents=contents, form=form)
            vault.write(contents)
    except RecordTooLargeError:
        full = {"full": "That is more than we can keep for one person. Nothing was changed. Please remove some questions first."}
        contents = vault.read()
        return _page(request, contents, QuestionsForm(kept_questions(contents.questions), errors=full), None, 413)
    return redirect(back)


def numbers_kept(stored: Mapping[str, Any], option_id: str) -> list[int]:
    """Which of an option's questions, counted from 0, the person keeps."""
    ids = {one.id for one in kept_questions(stored)}
    option = library().catalog[option_id]
    return [number for number in range(len(option.questions)) if _OF_OPTION.format(option_id, number) in ids]


def _asked_elsewhere(post: QueryDict) -> tuple[str, dict[str, str]]:
    """Where to go back to, and the questions by id with their words."""
    content = library()
    option = content.catalog.get(post.get("option", ""))
    number = post.get("number", "")
    if option is not None and number.isdecimal() and int(number) < len(option.questions):
        return f"{reverse('option', args=[option.id])}#questions", {
            _OF_OPTION.format(option.id, int(number)): option.questions[int(number)]
        }
    study = post.get("study", "")
    if NCT_ID.fullmatch(study):
        return reverse("visit-questions") + _YOURS, {_OF_STUDY.format(study): f"What do you think of study {study} for me?"}
    facts = [fact_id for fact_id in post.getlist("fact") if fact_id in content.vocabulary]
    if not facts:
        raise Http404
    wanted: dict[str, str] = {}
    for fact_id in facts:
        known = content.visit_questions.about(fact_id)
        if known is not None:
            wanted[known.id] = known.words
        else:
            wanted[_OF_FACT.format(fact_id)] = f"What do my records say about this: {content.vocabulary[fact_id].label}?"
    return reverse("visit-questions") + _YOURS, wanted


def _store(*, vault_contents: Contents, form: QuestionsForm) -> None:
    others = {key: value for key, value in vault_contents.questions.items() if key != "kept"}
    vault_contents.questions = others | stored_questions(form.kept)


def _address(url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def _page(
    request: HttpRequest, contents: Contents, form: QuestionsForm, post: QueryDict | None = None, status: int | None = None
) -> HttpResponse:
    content = library()
    situation = situation_from(contents.usable_facts, content.vocabulary, today())
    stored = kept_questions(contents.questions)
    # Where something has to be mended, all stands as it was stored, with the words as they were typed.
    shown = form.kept if not form.errors else [one.with_words(typed_words(post, one)) for one in stored]
    kept_ids = {one.id for one in shown}
    chosen = [
        one for one in chosen_for(situation, content.visit_questions, _settles(situation, contents)) if one.question.id not in kept_ids
    ]
    suggested = [one for one in chosen if not one.is_gentle][:SUGGESTED_SHOWN]
    gentle = [one for one in chosen if one.is_gentle]
    offered = {one.question.id for one in suggested}
    more = []
    for decision in content.visit_questions.values():
        rows = [_shown(question, None) for question in decision.questions if question.id not in kept_ids and question.id not in offered]
        if rows:
            more.append(
                {
                    "title": decision.title,
                    "because": decision.because if any(one.decision is decision for one in gentle) else "",
                    "rows": rows,
                }
            )
    references = [content.references[cite] for cite in dict.fromkeys(cite for one in suggested for cite in one.question.cites)]
    was = {one.key: one.words for one in stored}
    context = {
        "kept": [
            {
                "key": one.key,
                "words": one.words,
                "was": was.get(one.key, ""),
                "number": number,
                "printed_first": number <= PRINTED_FIRST,
                "error": form.errors.get(str(one.key)),
            }
            for number, one in enumerate(shown, 1)
        ],
        "suggested": [_shown(one.question, one) for one in suggested],
        "more": more,
        "ticked": form.ticked if form.errors else [],
        "own": form.own if form.errors else "",
        "errors": form.errors,
        "most": MOST_KEPT,
        "longest": LONGEST_KEPT_CHARACTERS,
        "printed_first": PRINTED_FIRST,
        "references": references,
        "numbers": numbered(references),
        "has_facts": bool(contents.facts),
        "signed": next(iter(content.visit_questions.values())).signed,
    }
    return render(request, "web/visit_questions.html", context, status=status or (422 if form.errors else 200))


def _shown(question: VisitQuestion, chosen: ChosenQuestion | None) -> dict[str, Any]:
    specialties = library().catalog.specialties
    return {
        "id": question.id,
        "words": question.words,
        "why": question.why,
        "cites": question.cites,
        "ask": [specialties[one].title for one in question.ask],
        "because": chosen.because if chosen is not None else (),
        "decision": chosen.decision.title if chosen is not None else "",
    }


def _settles(situation: Situation, contents: Contents) -> dict[str, int]:
    """How many open options and open studies each missing fact could settle alone."""
    counts = {one.fact: one.settles for one in matches_for(situation, library().catalog).ask_first}
    shelved = shelf().current()
    if shelved.is_mirror and shelved.trials is not None and contents.facts:
        for one in shelved.trials.facts_to_ask(situation, contents.usable_facts):
            if one.fact not in NEVER_ASKED_UNASKED:
                counts[one.fact] = counts.get(one.fact, 0) + one.trials
    return counts
