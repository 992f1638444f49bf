"""Keys: the recovery code, people who may read along, this device, a file with everything, and what somebody else shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from wayline.library import library
from wayline.web.exporting import LARGEST_FILE_BYTES, NotAnExportError, as_file, case_file, export, restored
from wayline.web.key_codes import CodeSlipError, key_of
from wayline.web.key_words import IDLE_WORDS, OUTLOOK_WORDS, TOPIC_WORDS, damage_shown, part_words, private_topic
from wayline.web.keyring import (
    HOLD_PRIVATE,
    IDLE_MINUTES,
    LONGEST_NAME,
    SHARED_DAYS,
    TOPICS,
    KeyLine,
    NotNowError,
    OldPageError,
    keys_of,
    kind_of_code,
    make_code,
    mark_of,
    new_device,
    opens_the_same,
    remove,
    set_device,
    share,
    too_many_wrong_codes,
)
from wayline.web.lockbox import CAREGIVER, CODE, DEVICE, LEDGER, DamagedPartError
from wayline.web.middleware import takes_a_file
from wayline.web.raised import remember
from wayline.web.sent import only_sent
from wayline.web.shared_pages import diary_shown, questions_shown, situation_shown, studies_shown, without_private
from wayline.web.vault import Contents, RecordTooLargeError, SignedOutError, Vault, key_as_text
from wayline.web.visitors import forget_shared, keep, keep_shared, now, shared_view, today, vault_of

LONGEST_CODE = 100


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Every key of the record, what it opens and when it was used, and what can be done with the record as a whole."""
    return _overview(request, vault_of(request))


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Make a recovery code. It is shown once, in the answer to the form; no address leads back to it."""
    vault = vault_of(request)
    lines = keys_of(vault)
    context = {"has_record": bool(lines), "earlier": _first(lines, CODE), "was": _mark(lines)}
    if request.method != "POST":
        return render(request, "web/keys_code.html", context)
    try:
        made = make_code(vault, made_for=request.POST.get("was", ""))
        return render(request, "web/keys_code_made.html", {"groups": made.split("-"), "day": today()})
    except OldPageError:
        lines = keys_of(vault)
        context |= {"earlier": _first(lines, CODE), "was": _mark(lines), "is_old_page": True}
        return render(request, "web/keys_code.html", context, status=409)
    except NotNowError as error:
        return _not_now(request, error)


@require_http_methods(["GET", "HEAD", "POST"])
def share_with(request: HttpRequest) -> HttpResponse:
    """Make a code with which somebody may read along, for what is chosen and as long as is chosen."""
    vault = vault_of(request)
    lines = keys_of(vault)
    sent = request.POST
    name, days = " ".join(sent.get("name", "").split()), sent.get("days", str(SHARED_DAYS[0]))
    topics = [topic for topic in TOPICS if topic in sent.getlist("topic")]
    private = sent.get("private") == "yes"
    ends = [(str(one), f"for {one} days", days == str(one)) for one in SHARED_DAYS] + [("", "until you take it back", days == "")]
    context = {
        "has_record": bool(lines),
        "was": _mark(lines),
        "name": name,
        "longest_name": LONGEST_NAME,
        "topics": [(topic, words, topic in topics) for topic, words in TOPIC_WORDS.items()],
        "private_words": private_topic(),
        "private": private,
        "outlook_words": OUTLOOK_WORDS,
        "outlook": sent.get("outlook") == "yes",
        "ends": ends,
        "day": today(),
    }
    if request.method != "POST":
        return render(request, "web/keys_share.html", context)
    name_it = f"Please write a name, so that you know whose key this is. It may have {LONGEST_NAME} letters."
    errors = {
        "name": "" if 0 < len(name) <= LONGEST_NAME else name_it,
        "topic": _topic_error(topics, private),
        "days": "" if days in ("", *map(str, SHARED_DAYS)) else "Please choose for how long.",
    }
    if any(errors.values()):
        return render(request, "web/keys_share.html", context | {"errors": errors}, status=422)
    try:
        made = share(
            vault,
            name,
            topics,
            days=int(days) if days else None,
            outlook=sent.get("outlook") == "yes",
            private=private,
            made_for=sent.get("was", ""),
        )
    except OldPageError:
        return render(request, "web/keys_share.html", context | {"was": _mark(keys_of(vault)), "is_old_page": True}, status=409)
    except NotNowError as error:
        return _not_now(request, error)
    shown = [TOPIC_WORDS[topic] for topic in topics]
    shown += [private_topic()] if private else []
    shown += [OUTLOOK_WORDS] if sent.get("outlook") == "yes" else []
    words = next(words for value, words, is_chosen in ends if is_chosen)
    return render(request, "web/keys_share_made.html", context | {"groups": made.split("-"), "shown": shown, "ends": words})


def _topic_error(topics: Sequence[str], private: bool) -> str:
    if private and not HOLD_PRIVATE.intersection(topics):
        return "What you told of ending your life stands in your situation and your diary. Please tick one of these too."
    return "" if topics else "Please choose at least one thing that this person may see."


@require_http_methods(["GET", "HEAD", "POST"])
def open_with_code(request: HttpRequest) -> HttpResponse:
    """Type a code: the owner's own gives this device a key of its own; a caregiver's opens what is shared, beside the visitor's own."""
    if request.method != "POST":
        return render(request, "web/keys_open.html")
    typed = request.POST.get("code", "")[:LONGEST_CODE]
    context: dict[str, Any] = {"typed": typed, "forgets": request.POST.get("forget") == "yes"}
    try:
        key = key_of(typed)
    except CodeSlipError as slip:
        return render(request, "web/keys_open.html", context | {"error": str(slip)}, status=422)
    kind = kind_of_code(key, today())
    if kind is None:
        is_too_many = too_many_wrong_codes(now())
        context |= {"opens_nothing": True, "is_too_many": is_too_many}
        return render(request, "web/keys_open.html", context, status=429 if is_too_many else 422)
    if kind == CAREGIVER:
        response = redirect("keys-shared")
        keep_shared(key_as_text(key), response, until_closed=context["forgets"])
        return response
    own = vault_of(request)
    try:
        has_own = not own.read().is_empty or bool(own.damaged)
    except SignedOutError:
        own.sign_out()
        has_own = False
    if has_own and opens_the_same(own, key):
        return redirect("keys")
    if has_own and request.POST.get("replace") != "yes":
        return render(request, "web/keys_open.html", context | {"has_own": True}, status=409)
    device = new_device(key, today(), now(), until_closed=context["forgets"])
    if device is None:
        return render(request, "web/keys_open.html", context | {"opens_nothing": True}, status=422)
    response = redirect("situation")
    keep(device.cookie, response, until_closed=context["forgets"])
    return response


@only_sent("keys")
def take_out(request: HttpRequest) -> HttpResponse:
    """Ask once, then take a key out. Which one stands in the form, never in an address."""
    vault = vault_of(request)
    lines = keys_of(vault)
    line = next((one for one in lines if one.id == request.POST.get("key") and not one.is_this), None)
    if line is None:
        return redirect("keys")  # it is gone already
    if request.POST.get("do") != "remove":
        return render(request, "web/keys_remove.html", {"line": line})
    try:
        remove(vault, line.id)
    except NotNowError as error:
        return _not_now(request, error)
    return redirect("keys")


@only_sent("keys")
def device(request: HttpRequest) -> HttpResponse:
    """When this device is to forget its key."""
    vault = vault_of(request)
    minutes = request.POST.get("idle", "")
    if minutes not in ("", *map(str, IDLE_MINUTES)):
        return _overview(request, vault, status=422)
    try:
        set_device(vault, idle_minutes=int(minutes) if minutes else None, until_closed=request.POST.get("closed") == "yes")
    except NotNowError as error:
        return _not_now(request, error)
    return redirect("keys")


@only_sent("keys")
def save_file(request: HttpRequest) -> HttpResponse:
    """Everything, or the facts as a case file, as a download."""
    contents = vault_of(request).read()
    if contents.is_empty:
        return _not_now(request, NotNowError("Nothing is told yet, so there is nothing to save."))
    is_case = request.POST.get("do") == "case"
    document = (case_file if is_case else export)(contents, library().vocabulary, today())
    response = HttpResponse(as_file(document), content_type="application/json; charset=utf-8")
    name = f"wayline-{'case' if is_case else 'export'}-{today().isoformat()}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@takes_a_file(LARGEST_FILE_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest) -> HttpResponse:
    """Bring back what was saved in a file, in place of what is told now."""
    vault = vault_of(request)
    before = vault.read()
    context: dict[str, Any] = {"before": _counted(before), "has_own": not before.is_empty}
    if request.method != "POST":
        return render(request, "web/keys_restore.html", context)
    given = request.FILES.get("file")
    try:
        if given is None or isinstance(given, list) or not given.size:
            raise NotAnExportError("Please choose a file.")
        found = restored(given.read(), library().vocabulary)
        if not before.is_empty and request.POST.get("replace") != "yes":
            raise NotAnExportError("Please tick that what is here now may be replaced, and choose the file again.")
        with transaction.atomic():
            vault.write(found.contents)
    except NotAnExportError as error:
        return render(request, "web/keys_restore.html", context | {"error": str(error)}, status=422)
    except RecordTooLargeError:
        words = "That is more than we can keep for one person. Nothing was changed."
        return render(request, "web/keys_restore.html", context | {"error": words}, status=413)
    remember(request, found.contents)
    return render(request, "web/keys_restored.html", {"found": _counted(found.contents), "made_on": found.made_on})


@require_http_methods(["GET", "HEAD", "POST"])
def shared(request: HttpRequest) -> HttpResponse:
    """What somebody shares with this browser, to read only. A POST forgets their key here and changes nothing for them."""
    if request.method == "POST":
        response = redirect("home")
        forget_shared(response)
        return response
    found = shared_view(request)
    if found is None:
        return render(request, "web/keys_shared_none.html")
    if not found.private:
        found = replace(found, contents=without_private(found.contents))
    context: dict[str, Any] = {"shared": found, "damaged": part_words(found.damaged), "parts": [*found.topics]}
    if "situation" in found.topics:
        context |= situation_shown(found.contents, today())
    if "diary" in found.topics:
        context["days"] = diary_shown(found.contents)
    if "questions" in found.topics:
        context["questions"] = questions_shown(found.contents)
    if "studies" in found.topics:
        context["studies"] = studies_shown(found.contents)
    return render(request, "web/keys_shared.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def damaged(request: HttpRequest) -> HttpResponse:
    """What does not open, and what can be done. A POST gives up one such part, after the person has read what that means."""
    vault = vault_of(request)
    vault.read()
    broken = [*vault.damaged, *([LEDGER] if _ledger_is_broken(vault) else [])]
    if not broken:
        return redirect("keys")
    if request.method != "POST":
        return render(request, "web/keys_damaged.html", damage_shown(broken))
    if request.POST.get("part") in broken:
        vault.begin_anew(request.POST["part"])
    return redirect("keys")


def _overview(request: HttpRequest, vault: Vault, status: int = 200) -> HttpResponse:
    contents = vault.read()
    lines = keys_of(vault) if vault.is_kept else []
    this = _first(lines, DEVICE)
    context = {
        "has_record": vault.is_kept,
        "this": this,
        "devices": [_shown(line) for line in lines if line.kind == DEVICE],
        "recovery": _first(lines, CODE),
        "people": [_shown(line) for line in lines if line.kind == CAREGIVER],
        "idle_choices": [(str(one), IDLE_WORDS[one], this is not None and this.idle_minutes == one) for one in IDLE_MINUTES],
        "told": _counted(contents),
        "has_shared": _shared_cookie() in request.COOKIES,
    }
    return render(request, "web/keys.html", context, status=status)


def _shown(line: KeyLine) -> dict[str, Any]:
    more = ([private_topic()] if line.private else []) + ([OUTLOOK_WORDS] if line.outlook else [])
    return {"line": line, "sees": [*(TOPIC_WORDS[topic] for topic in line.topics), *more]}


def _counted(contents: Contents) -> list[str]:
    """What contents hold, in words: "28 answers", "12 days of the diary"."""
    counts = (
        (len(contents.facts), "answer", "answers"),
        (len(contents.drafts), "answer that cannot be read yet", "answers that cannot be read yet"),
        (len(contents.diary), "day of the diary", "days of the diary"),
        (len(questions_shown(contents)), "question", "questions"),
        (len(contents.set_aside), "study set aside", "studies set aside"),
        (len(contents.waiting), "record to look through", "records to look through"),
    )
    return [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]


def _first(lines: Sequence[KeyLine], kind: str) -> KeyLine | None:
    return next((line for line in lines if line.kind == kind), None)


def _mark(lines: Sequence[KeyLine]) -> str:
    return mark_of(line.id for line in lines)


def _ledger_is_broken(vault: Vault) -> bool:
    try:
        keys_of(vault)
    except DamagedPartError:
        return True
    return False


def _not_now(request: HttpRequest, error: NotNowError) -> HttpResponse:
    return render(request, "web/keys_not_now.html", {"words": str(error), "back": reverse("keys")}, status=409)


def _shared_cookie() -> str:
    return str(settings.VAULT_SHARED_COOKIE)
