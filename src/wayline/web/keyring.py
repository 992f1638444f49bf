"""Further keys of a record: a code to write down, other devices, and people who may read along.

Every change of keys is one transaction. Taking a key out seals all parts anew under new keys, so an old copy of the database together with
that key opens nothing that is told from then on.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum

from wayline.web import lockbox
from wayline.web.key_codes import key_of, new_code
from wayline.web.lockbox import CAREGIVER, CODE, DEVICE, MOST_KEYS, KeyEntry, Lockbox
from wayline.web.models import WrongCodes
from wayline.web.sealing import KEY_BYTES
from wayline.web.vault import Contents, Vault, contents_of, key_from_text, leave_no_trace, oldest_kept

LONGEST_NAME = 60
IDLE_MINUTES = (15, 60, 1440)
SHARED_DAYS = (30, 90)
WRONG_CODES_MINUTES = 10
MOST_WRONG_CODES = 30
WAIT_SECONDS = 0.5
# What can be shared, as a person chooses it, and the parts behind it. What waits to be confirmed is the owner's alone.
TOPICS: dict[str, tuple[str, ...]] = {
    "situation": (lockbox.SITUATION,),
    "diary": (lockbox.DIARY,),
    "questions": (lockbox.QUESTIONS, lockbox.SHEET),
    "studies": (lockbox.STUDIES,),
}
# Topics whose parts hold what is private. Only the server's pages leave it out: such a key opens the whole part.
HOLD_PRIVATE = frozenset({"situation", "diary"})
_waiting = threading.BoundedSemaphore(1)


class NotNowError(ValueError):
    """A change of keys that cannot be made; the text says why and what to do."""


class OldPageError(ValueError):
    """The keys have changed since the page was made from which a change was asked for."""


@dataclass(frozen=True)
class KeyLine:
    """One key as its owner sees it. `used_on` is None for a key that was never used."""

    id: str
    kind: str
    name: str
    made_on: date
    used_on: date | None
    until: date | None
    topics: tuple[str, ...]
    outlook: bool
    private: bool
    idle_minutes: int | None
    until_closed: bool
    is_this: bool


@dataclass(frozen=True)
class Shared:
    """What a caregiver's key opens: the contents of the chosen parts, everything else empty. `until` is the last day, None for no end."""

    contents: Contents
    topics: tuple[str, ...]
    damaged: tuple[str, ...]
    outlook: bool
    private: bool
    until: date | None


def keys_of(vault: Vault) -> list[KeyLine]:
    """Every key of the record, this device's first. Empty where there is no record; DamagedPartError where the ledger does not open."""
    box = vault.box()  # outside a transaction: who looks waits for nobody who writes
    if box is None:
        return []
    listed = lockbox.entries(box)
    uses = lockbox.last_uses(box, listed)
    lines = [_line(one, uses[one.id], box) for one in listed]
    return sorted(lines, key=lambda line: (not line.is_this, (DEVICE, CODE, CAREGIVER).index(line.kind)))


def mark_of(key_ids: Iterable[str]) -> str:
    """A mark of the keys that a page was made for: a form that is sent twice, or from an old window, makes no second code."""
    return hashlib.sha256(" ".join(sorted(key_ids)).encode()).hexdigest()[:16]


def make_code(vault: Vault, *, made_for: str | None = None) -> str:
    """A new code for the owner; an earlier one opens nothing any more. OldPageError where `made_for` is no mark of the keys as they are."""
    code = new_code()

    def with_code(box: Lockbox, listed: list[KeyEntry]) -> list[KeyEntry]:
        return [*(one for one in listed if one.kind != CODE), KeyEntry.of(key_of(code), CODE, vault.today)]

    _change(vault, with_code, made_for)
    return code


def share(
    vault: Vault,
    name: str,
    topics: Collection[str],
    *,
    days: int | None,
    outlook: bool = False,
    private: bool = False,
    made_for: str | None = None,
) -> str:
    """A code with which somebody reads the chosen topics, for so many days or until it is taken back. `made_for` as in `make_code`.

    `private`: their pages also show what is so private that it is shared only when ticked by itself.
    """
    code = new_code()
    parts = tuple(part for topic, behind in TOPICS.items() if topic in topics for part in behind)
    until = None if days is None else (vault.today + timedelta(days=days)).isoformat()
    if not parts:
        raise NotNowError("Please choose at least one thing that this person may see.")

    def with_caregiver(box: Lockbox, listed: list[KeyEntry]) -> list[KeyEntry]:
        more = {"name": name.strip()[:LONGEST_NAME], "parts": parts, "until": until, "outlook": outlook, "private": private}
        return [*listed, KeyEntry.of(key_of(code), CAREGIVER, vault.today, **more)]

    _change(vault, with_caregiver, made_for)
    return code


def remove(vault: Vault, key_id: str) -> None:
    """Take one other key out, and seal everything under new keys."""

    def without(box: Lockbox, listed: list[KeyEntry]) -> list[KeyEntry]:
        if key_id == box.holder_id:
            raise NotNowError("This is the key of the device in your hands. To take it out, erase everything, or use another device.")
        kept = [one for one in listed if one.id != key_id]
        _require_a_way_back(kept)
        return kept

    _change(vault, without)


def set_device(vault: Vault, *, idle_minutes: int | None, until_closed: bool) -> None:
    """When this device is to forget its key: left alone for so many minutes, and when the browser is closed."""

    def with_settings(box: Lockbox, listed: list[KeyEntry]) -> list[KeyEntry]:
        changed = [replace(one, idle_minutes=idle_minutes, until_closed=until_closed) if one.id == box.holder_id else one for one in listed]
        _require_a_way_back(changed)
        return changed

    _change(vault, with_settings)
    vault.until_closed = until_closed


def kind_of_code(key: bytes, today: date) -> str | None:
    """What a code opens today: CODE for everything, CAREGIVER for what was shared, None for nothing."""
    box = lockbox.opened(key, oldest_kept(today))
    if box is None or box.grant is None or box.grant.kind not in (CODE, CAREGIVER):
        return None
    return None if box.grant.until is not None and box.grant.until < today else box.grant.kind


def opens_the_same(vault: Vault, code_key: bytes) -> bool:
    """Whether a code and this device's key belong to one record."""
    own = lockbox.opened(vault.key, oldest_kept(vault.today)) if vault.key else None
    other = lockbox.opened(code_key, oldest_kept(vault.today))
    return own is not None and other is not None and own.record_id == other.record_id


def new_device(code_key: bytes, today: date, now: datetime | None = None, *, until_closed: bool = False) -> Vault | None:
    """The vault of a device that was opened with the owner's code, under a key of its own; None where the code opens nothing."""
    key = os.urandom(KEY_BYTES)
    vault = Vault(key, today, now)
    with transaction.atomic():
        box = lockbox.opened(code_key, oldest_kept(today))
        if box is None or box.grant is None or box.grant.kind != CODE:
            return None
        before = lockbox.entries(box)
        kept = _with_room_for_a_device(before, lockbox.last_uses(box, before))
        lockbox.note_use(box, lockbox.minute_of(today, now))
        listed = [*kept, KeyEntry.of(key, DEVICE, today, until_closed=until_closed)]
        lockbox.store_keys(box, listed, anew=len(kept) < len(before))
        vault.touch()  # within the change: another one in between would leave the new key without a first use
    if len(kept) < len(before):
        leave_no_trace()
    return vault


def shared_with(cookie: str | None, today: date, now: datetime | None = None) -> Shared | None:
    """What the key of a caregiver's cookie opens, or None. Reading here does not renew the record's ninety days."""
    key = key_from_text(cookie) if cookie else None
    box = lockbox.opened(key, oldest_kept(today)) if key else None
    if box is None or box.grant is None or box.grant.kind != CAREGIVER:
        return None
    if box.grant.until is not None and box.grant.until < today:
        lockbox.drop_row(box)
        leave_no_trace()
        return None
    minute = lockbox.minute_of(today, now)
    if box.seen[:10] != minute[:10]:
        lockbox.note_use(box, minute)
    topics = tuple(topic for topic, parts in TOPICS.items() if all(part in box.keys for part in parts))
    return Shared(contents_of(box.plain), topics, box.damaged, box.grant.outlook, box.grant.private, box.grant.until)


def too_many_wrong_codes(now: datetime) -> bool:
    """Count a code that opened nothing, wait a little, and say whether there were too many of late.

    Nobody is told apart and no address is kept. A right code is never asked about this, so nobody can lock an owner out. One thread at most
    waits at a time, so that a flood of wrong codes does not hold the whole server up.
    """
    minute = now.replace(second=0, microsecond=0)
    with transaction.atomic():
        WrongCodes.objects.filter(minute__lt=minute - timedelta(days=1)).delete()
        WrongCodes.objects.get_or_create(minute=minute)
        WrongCodes.objects.filter(minute=minute).update(count=F("count") + 1)
        recent = WrongCodes.objects.filter(minute__gt=minute - timedelta(minutes=WRONG_CODES_MINUTES))
        count = recent.aggregate(total=Sum("count"))["total"] or 0
    if _waiting.acquire(blocking=False):
        try:
            time.sleep(WAIT_SECONDS)
        finally:
            _waiting.release()
    return count > MOST_WRONG_CODES


def _change(vault: Vault, change: Callable[[Lockbox, list[KeyEntry]], Sequence[KeyEntry]], made_for: str | None = None) -> None:
    """One change of the keys in one transaction; where one is taken out, all parts are sealed anew.

    The mark of the page is looked at in the same transaction: of two forms that arrive at once, one makes a code, and the code that the
    browser shows is not one that the other has just replaced.
    """
    with transaction.atomic():
        box = vault.box()
        if box is None:
            raise NotNowError("Nothing is told yet, so there is nothing to open. Tell something first.")
        before = lockbox.entries(box)
        if made_for is not None and made_for != mark_of(one.id for one in before):
            raise OldPageError
        after = change(box, before)
        _require_room(after)
        lockbox.note_use(box, lockbox.minute_of(vault.today, vault.now))  # a device that is told to forget counts from now
        loses_one = not {one.id for one in before} <= {one.id for one in after}
        lockbox.store_keys(box, after, anew=loses_one)
    vault.is_kept = True
    if loses_one:
        leave_no_trace()


def _with_room_for_a_device(listed: Sequence[KeyEntry], uses: Mapping[str, str]) -> list[KeyEntry]:
    """The keys without the devices that have to go, so that the owner's code always opens.

    Those go first that forget with their browser: closed every evening and opened every morning, one of them is left behind a day. Of
    these, and then of all, those that were used longest ago. The code and people stay, even where that makes one key too many.
    """
    too_many = max(0, len(listed) + 1 - MOST_KEYS)
    devices = sorted((one for one in listed if one.kind == DEVICE), key=lambda one: (not one.until_closed, uses[one.id]))
    gone = {one.id for one in devices[:too_many]}
    return [one for one in listed if one.id not in gone]


def _require_room(listed: Sequence[KeyEntry]) -> None:
    if len(listed) > MOST_KEYS:
        raise NotNowError(f"{MOST_KEYS} keys are as many as one record can have. Please take one out first.")


def _require_a_way_back(listed: Sequence[KeyEntry]) -> None:
    """A device that forgets its key needs another key, or what was told is lost."""
    forgetting = any(one.kind == DEVICE and (one.idle_minutes is not None or one.until_closed) for one in listed)
    if forgetting and not any(one.kind == CODE for one in listed):
        raise NotNowError("A device that forgets its key needs a recovery code. Without one, nobody could open your answers again.")


def _line(entry: KeyEntry, seen: str, box: Lockbox) -> KeyLine:
    return KeyLine(
        id=entry.id,
        kind=entry.kind,
        name=entry.name,
        made_on=date.fromisoformat(entry.made),
        used_on=date.fromisoformat(seen[:10]) if seen else None,
        until=date.fromisoformat(entry.until) if entry.until else None,
        topics=tuple(topic for topic, parts in TOPICS.items() if entry.parts and all(part in entry.parts for part in parts)),
        outlook=entry.outlook,
        private=entry.private,
        idle_minutes=entry.idle_minutes,
        until_closed=entry.until_closed,
        is_this=entry.id == box.holder_id,
    )
