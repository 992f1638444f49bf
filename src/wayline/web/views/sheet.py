"""The sheet for a visit: shown as it will print, with what to leave out, and written as a file.

Figures about outlook, and what is so private that it is printed only when ticked, are asked for anew each time: those choices are kept
nowhere. No fact reaches an address or a file's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from wayline.brief.finding_studies import studies_for
from wayline.brief.fitting import fits_two_pages
from wayline.brief.page import sheet_body
from wayline.brief.pdf import measure
from wayline.brief.sheet import PARTS, SIZES, Choices, Line, Sheet, Studies, make_sheet, without_private
from wayline.brief.writing import written
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.options.visit_questions import questions_for_sheet
from wayline.reading import WaylineError
from wayline.trials.places import point_of_zip
from wayline.web.asking import no_longer_read, situation_from
from wayline.web.raised import raised_by
from wayline.web.sent import only_sent
from wayline.web.trial_cards import place_of
from wayline.web.trials import BEING_READ, READY, shelf
from wayline.web.vault import Contents, RecordTooLargeError
from wayline.web.visitors import today, vault_of

KINDS = {
    "pdf": ("PDF, to print or send", "application/pdf"),
    "html": ("Web page, to keep", "text/html; charset=utf-8"),
    "txt": ("Plain text, to paste into a portal", "text/plain; charset=utf-8"),
    "json": ("For other health software (FHIR)", "application/fhir+json; charset=utf-8"),
}
_LEAVE_OUT, _SIZE = "leave_out", "size"


@dataclass(frozen=True)
class _Wishes:
    """What is ticked on the page. `outlook` and `private` stand only as long as the page that was just sent."""

    leave_out: frozenset[str]
    size: int
    outlook: bool
    private: bool

    @property
    def stored(self) -> dict[str, Any]:
        """What the vault keeps of it; empty where everything is as at first."""
        kept: dict[str, Any] = {_LEAVE_OUT: [part for part in PARTS if part in self.leave_out]} if self.leave_out else {}
        return kept | ({_SIZE: self.size} if self.size != SIZES[0] else {})


@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest) -> HttpResponse:
    """The sheet as it will print. A POST keeps what to leave out and the size of the type; figures are shown for this once."""
    vault = vault_of(request)
    if request.method != "POST":
        contents = vault.read()
        return _page(request, contents, _stored(contents))
    too_large = False
    try:
        with transaction.atomic():
            contents = vault.read()
            wishes = _wished(request.POST, contents)
            if contents.sheet != wishes.stored:
                contents.sheet = wishes.stored
                vault.write(contents)
    except RecordTooLargeError:
        contents, too_large = vault.read(), True
    return _page(request, contents, wishes, too_large)


@only_sent("sheet")
def sheet_file(request: HttpRequest) -> HttpResponse:
    """The sheet as a file. `kind` is pdf, html, txt or json; without the page's own form, what was kept for the sheet counts."""
    kind = request.POST.get("kind", "")
    if kind not in KINDS or request.POST.get(_SIZE, str(SIZES[0])) not in map(str, SIZES):
        raise Http404
    contents = vault_of(request).read()
    wishes = _wished(request.POST, contents)
    situation = situation_from(contents.usable_facts, library().vocabulary, today())
    try:
        given = situation if wishes.private else without_private(situation, library().sheet_plan)
        content = written(_sheet(contents, situation, wishes), given, f".{kind}")
    except WaylineError as error:
        return _page(request, contents, wishes, not_made=str(error))
    response = HttpResponse(content, content_type=KINDS[kind][1])
    response.headers["Content-Disposition"] = f'attachment; filename="visit-sheet-{today().isoformat()}.{kind}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _stored(contents: Contents) -> _Wishes:
    left_out, size = contents.sheet.get(_LEAVE_OUT), contents.sheet.get(_SIZE)
    known = frozenset(part for part in PARTS if part in left_out) if isinstance(left_out, list) else frozenset()
    return _Wishes(known, size if size in SIZES else SIZES[0], outlook=False, private=False)


def _wished(post: QueryDict, contents: Contents) -> _Wishes:
    """The page's form: what is ticked is printed, what is not is left out. What was not asked in a form stays as it was kept."""
    kept = _stored(contents)
    left_out = frozenset(part for part in PARTS if part not in post.getlist("print")) if "shown" in post else kept.leave_out
    sizes = {str(size): size for size in SIZES}
    return _Wishes(left_out, sizes.get(post.get(_SIZE, ""), kept.size), post.get("outlook") == "1", post.get("private") == "1")


def _has_private(contents: Contents) -> bool:
    """Whether something private was told, also where only a flag of earlier today still rests on it."""
    private = library().sheet_plan.private
    return bool(private & contents.usable_facts.keys()) or any(one.flag.raised.rests_on & private for one in raised_by(contents, today()))


def _sheet(contents: Contents, situation: Situation, wishes: _Wishes) -> Sheet:
    content = library()
    return make_sheet(
        situation,
        content,
        trials=_studies(contents, situation),
        questions=questions_for_sheet(contents.questions, situation, content),
        diary=contents.diary,
        line=Line(settings.LINE_NUMBER, settings.LINE_HOURS),
        choices=Choices(wishes.leave_out, wishes.outlook, wishes.private, wishes.size),
        flags=raised_by(contents, today()),
        fits=measure() or fits_two_pages,
    )


def _studies(contents: Contents, situation: Situation) -> Studies | None:
    """The open studies that this server has read; None without a copy of the registry. The example list is none: most of it is closed."""
    shelved = shelf().current()
    if shelved.state == BEING_READ:
        return Studies(note="The list of studies is still being read, so none stands here yet. Open this page again in a minute.")
    if shelved.state != READY or shelved.trials is None:
        return None
    listed = shelved.trials
    zip_code = place_of(situation)
    return studies_for(
        situation,
        listed.open_trials,
        listed.standings,
        facts={one.fact: one.trials for one in listed.facts_to_ask(situation, contents.usable_facts)},
        never=library().sheet_plan.never,
        near=point_of_zip(zip_code) if zip_code else None,
        set_aside=frozenset(contents.set_aside),
    )


def _page(request: HttpRequest, contents: Contents, wishes: _Wishes, too_large: bool = False, not_made: str = "") -> HttpResponse:
    situation = situation_from(contents.usable_facts, library().vocabulary, today())
    has_something = bool(contents.usable_facts or contents.diary or contents.questions)
    made = _sheet(contents, situation, wishes) if has_something else None
    context = {
        "made": made,
        "body": None if made is None else sheet_body(made, 3),
        "parts": [(part, title, part not in wishes.leave_out) for part, title in PARTS.items()],
        "sizes": [(size, f"{size} point", size == wishes.size) for size in SIZES],
        "is_large": wishes.size != SIZES[0],
        "outlook": wishes.outlook,
        "private": wishes.private,
        "private_words": library().sheet_plan.private_words if _has_private(contents) else "",
        "kinds": [(kind, words) for kind, (words, _) in KINDS.items()],
        "drafts": contents.drafts,
        "lost": no_longer_read(contents.usable_facts, situation),
        "too_large": too_large,
        "not_made": not_made,
    }
    return render(request, "web/sheet.html", context, status=413 if too_large else 503 if not_made else 200)
