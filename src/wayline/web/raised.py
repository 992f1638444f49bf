"""Flags that the person's own answers raise, for the pages that show them before anything else.

The template `web/raised_flags.html` asks for `raised_flags`, a context variable that is worked out only when a template uses it, at most
once a request. A page without that template opens no vault. Nothing is cached between requests and nothing is logged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse

from wayline.diary.flags import ACTS, URGENCY, RaisedFlag, flags_for
from wayline.diary.log import earlier_today
from wayline.diary.trends import unit_words
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import within_a_sentence
from wayline.library import library
from wayline.logic.evaluation import Reason
from wayline.logic.wording import date_in_words
from wayline.web.asking import likely_forms, situation_from, taken_unit
from wayline.web.lockbox import DamagedPartError
from wayline.web.places import place_to_tell
from wayline.web.vault import Contents, SignedOutError
from wayline.web.visitors import today, vault_of

_CONTENTS = "wayline.contents"
_RAISED = "wayline.raised"


@dataclass(frozen=True)
class ShownReason:
    """Why a flag is raised: the sentence, where to change it, how it was told where that is another unit, and the day where not today.

    `unclear`: how an answer that waits for its correction was read for this, such as 101 °F.
    """

    text: str
    link: str
    told_as: str
    told_on: str
    is_earlier: bool = False
    unclear: str = ""


@dataclass(frozen=True)
class ShownFlag:
    """A raised flag as a page shows it. `not_known` names what keeps the act so urgent, with where to tell it."""

    title: str
    say: str
    also_call: str | None
    reasons: tuple[ShownReason, ...]
    not_known: tuple[tuple[str, str], ...]

    @property
    def is_unclear(self) -> bool:
        return any(reason.unclear for reason in self.reasons)


@dataclass(frozen=True)
class ShownAct:
    """What to do, and the flags that ask for it."""

    act: str
    words: str
    flags: tuple[ShownFlag, ...]


def remember(request: HttpRequest, contents: Contents) -> None:
    """Hand over what a view has read from the vault, so that the flags are worked out from it without opening the vault again."""
    request.META[_CONTENTS] = contents
    request.META.pop(_RAISED, None)


def lazily(request: HttpRequest) -> Callable[[], list[ShownAct]]:
    """For the context of every page: what raises flags, worked out when a template asks for it, once."""

    def shown() -> list[ShownAct]:
        if _RAISED not in request.META:
            request.META[_RAISED] = shown_acts(_contents(request), today())
        found: list[ShownAct] = request.META[_RAISED]
        return found

    return shown


def _contents(request: HttpRequest) -> Contents:
    """What the vault of this request holds. Where it does not open, the fixed text on urgent help still stands."""
    if _CONTENTS in request.META:
        contents: Contents = request.META[_CONTENTS]
        return contents
    vault = request.META.get("wayline.vault")
    if vault is not None and vault.last_read is not None:
        read: Contents = vault.last_read
        return read
    if vault is None and settings.VAULT_COOKIE not in request.COOKIES:
        return Contents()
    try:
        # Never a second vault beside the view's own: that one may have just made a key.
        return (vault or vault_of(request)).read()
    except (DatabaseError, DamagedPartError, SignedOutError):
        return Contents()


def taken_units(request: HttpRequest) -> list[tuple[str, str, str]]:
    """The facts told today whose unit nobody chose: label, the sentence on it, and where to change it."""
    vocabulary, told = library().vocabulary, _contents(request).facts
    return [
        (vocabulary[fact_id].label, sentence, place_to_tell(fact_id))
        for fact_id, form in told.items()
        if fact_id in vocabulary and (sentence := taken_unit(form, vocabulary[fact_id])) and form.get("date") == today().isoformat()
    ]


def raised_by(contents: Contents, day: date) -> tuple[RaisedFlag, ...]:
    """Every flag that the answers raise, the most urgent first."""
    return tuple(one for one, _ in _raised(contents, day))


@dataclass(frozen=True)
class _Telling:
    """What was told, as the rules are tried with it: `fact` was told earlier today, or, with a `reading`, is unclear and read so."""

    facts: dict[str, Any]
    fact: str | None = None
    reading: dict[str, Any] | None = None


def _raised(contents: Contents, day: date) -> list[tuple[RaisedFlag, _Telling]]:
    """Every raised flag, with the telling that raises it: what stands now where that does, else another that was tried.

    An answer waiting for a correction, and one of earlier today that has changed since, lower no alarm: each is tried too. So is what an
    unclear answer may mean: 101 with °C chosen may be a fever.
    """
    content = library()
    tellings = [_Telling(contents.usable_facts)]
    if contents.drafts:
        settled = {fact_id: told for fact_id, told in contents.facts.items() if fact_id not in contents.drafts}
        tellings += [_Telling(dict(contents.facts)), _Telling(settled)]
        for fact_id, raw in contents.drafts.items():
            if fact_id in content.vocabulary:
                readings = likely_forms(content.vocabulary[fact_id], raw, day, content.vocabulary)
                tellings += [_Telling(settled | {fact_id: reading}, fact_id, reading) for reading in readings]
    for fact_id, form in earlier_today(contents.diary, day):
        dated = (dict(form) if isinstance(form, dict) else {"value": form}) | {"date": day.isoformat()}
        tellings.append(_Telling(contents.usable_facts | {fact_id: dated}, fact_id))
    most_urgent: dict[str, tuple[RaisedFlag, _Telling]] = {}
    for telling in tellings:
        for one in flags_for(situation_from(telling.facts, content.vocabulary, day), content.flags) if telling.facts else ():
            known = most_urgent.get(one.flag.id)
            if known is None or URGENCY[one.act] < URGENCY[known[0].act]:
                most_urgent[one.flag.id] = (one, telling)
    order = list(content.flags)
    return sorted(most_urgent.values(), key=lambda pair: (URGENCY[pair[0].act], order.index(pair[0].flag.id)))


def shown_acts(contents: Contents, day: date) -> list[ShownAct]:
    """The raised flags by what to do, the most urgent first."""
    raised = _raised(contents, day)
    acts = []
    for act, words in ACTS.items():
        flags = tuple(_shown(one, telling, contents, day) for one, telling in raised if one.act == act)
        if flags:
            acts.append(ShownAct(act, words, flags))
    return acts


def _shown(one: RaisedFlag, telling: _Telling, contents: Contents, day: date) -> ShownFlag:
    vocabulary = library().vocabulary
    reasons = tuple(
        _reason(reason, contents, day)
        if reason.fact != telling.fact
        else _earlier_reason(reason)
        if telling.reading is None
        else _unclear_reason(reason, telling.reading, contents)
        for reason in one.because
    )
    not_known = tuple((within_a_sentence(vocabulary[fact].label), place_to_tell(fact)) for fact in dict.fromkeys(one.not_known))
    return ShownFlag(one.flag.title, one.flag.say, one.flag.also_call, reasons, not_known)


def _reason(reason: Reason, contents: Contents, day: date) -> ShownReason:
    form = contents.facts.get(reason.fact)
    told = form if isinstance(form, dict) else {}
    told_as = f"{told['value']:g} {unit_words(told['unit'])}" if told.get("unit") and "value" in told else ""
    told_on = date_in_words(DateRange.parse(told["date"])) if told.get("date") not in (None, day.isoformat()) else ""
    return ShownReason(reason.text, place_to_tell(reason.fact), told_as, told_on)


def _earlier_reason(reason: Reason) -> ShownReason:
    """Told earlier today and changed since: only on the day's own page can it be taken out."""
    return ShownReason(reason.text, reverse("diary-day"), "", "", is_earlier=True)


def _unclear_reason(reason: Reason, reading: dict[str, Any], contents: Contents) -> ShownReason:
    """From an answer that is asked about still: how it was read here, and where it waits."""
    definition = library().vocabulary[reason.fact]
    number = next((f"{reading[bound]:g}" for bound in reading if bound not in ("unit", "date")), "")
    words = f"{number} {unit_words(reading.get('unit') or definition.unit)}".strip()
    is_of_diary = reason.fact in contents.newer_unread
    return ShownReason(reason.text, reverse("diary-day") if is_of_diary else place_to_tell(reason.fact), "", "", unclear=words)
