"""The vault: one record a visitor, locked in parts, which the visitor's own cookie opens.

The cookie holds 32 random bytes. The server stores what was sealed with them and forgets them with the request; without a key it can
neither find out whose record it is nor read it (`wayline.web.lockbox`). Parts are padded so that their length tells little, and a record is
forgotten after 90 days unused. Further keys, for a lost device or a caregiver, are made in `wayline.web.keyring`.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from wayline.web import lockbox
from wayline.web.lockbox import DEVICE, PARTS, DamagedPartError, KeyEntry, Lockbox
from wayline.web.models import VaultRecord
from wayline.web.sealing import KEY_BYTES, SealBrokenError, form_1_id, opened_in_form_1

LARGEST_RECORD_BYTES = 1_000_000
TOLD_IN_DIARY = "diary"  # the part of a draft that names the day of the diary on which it was typed
# Which part of a record seals which field of its contents.
FIELDS_OF_PART: dict[str, tuple[str, ...]] = {
    lockbox.SITUATION: ("facts", "drafts"),
    lockbox.DIARY: ("diary",),
    lockbox.QUESTIONS: ("questions",),
    lockbox.STUDIES: ("set_aside",),
    lockbox.WAITING: ("waiting",),
    lockbox.SHEET: ("sheet",),
}


class RecordTooLargeError(ValueError):
    """More was written than a vault record holds."""


class SignedOutError(Exception):
    """This device was left alone for longer than its owner wished: its key goes, and nothing is read or written with it."""

    def __init__(self, vault: Vault) -> None:
        super().__init__()
        self.vault = vault


@dataclass
class Contents:
    """What a record holds: `facts` in the form of a case file, `drafts` of answers that could not be read yet.

    `set_aside` holds the registry numbers of trials marked "not for me", in the order in which they were. `diary` holds a day each, oldest
    first. `questions` holds what was chosen, changed and added for the next visit. `waiting` holds what was read from records and is not
    confirmed yet, with reports that stay closed. `sheet` holds the choices for the printed page. Older records lack some of them.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    drafts: dict[str, Any] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)
    diary: list[dict[str, Any]] = field(default_factory=list)
    questions: dict[str, Any] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    sheet: dict[str, Any] = field(default_factory=dict)

    def take(self, facts: Mapping[str, Any], drafts: Mapping[str, Any], fact_ids: Sequence[str]) -> None:
        """Take over a page's answers: None takes a fact back, and the page's earlier drafts are replaced."""
        for fact_id in fact_ids:
            self.drafts.pop(fact_id, None)
        self.drafts |= drafts
        for fact_id, told in facts.items():
            if told is None:
                self.facts.pop(fact_id, None)
            else:
                self.facts[fact_id] = told

    @property
    def usable_facts(self) -> dict[str, Any]:
        """The facts that rules may use: one whose correction could not be read waits until it can.

        A slip in the diary corrects nothing: it is a newer answer, and the one before stays in use until it can be read (ADR 0030).
        """
        return {fact_id: told for fact_id, told in self.facts.items() if fact_id not in self.drafts or fact_id in self.newer_unread}

    @property
    def newer_unread(self) -> list[str]:
        """The facts of which the diary holds a newer answer that could not be read."""
        return [fact_id for fact_id, raw in self.drafts.items() if TOLD_IN_DIARY in raw]

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, part.name) for part in fields(self))


class Vault:
    """A visitor's vault, opened with their key. Without a key it is empty until something is written.

    `damaged` names the parts that did not open at the last reading; they read as empty and are not written over. `now` is the time in UTC,
    for devices that forget their key when left alone; without it they do not.
    """

    def __init__(self, key: bytes | None, today: date, now: datetime | None = None) -> None:
        self.key = key
        self.today = today
        self.now = now
        self.is_kept = False  # whether a record was found or written: only then is the key worth keeping
        self.until_closed = False  # whether this browser is to forget the key when it is closed
        self.damaged: tuple[str, ...] = ()
        self.last_read: Contents | None = None  # for what a page shows beside its view's own work, so that the record is opened once

    @classmethod
    def from_cookie(cls, cookie: str | None, today: date, now: datetime | None = None) -> Vault:
        """The vault of the key in a cookie; a malformed cookie counts as none."""
        return cls(key_from_text(cookie) if cookie else None, today, now)

    @property
    def cookie(self) -> str:
        """The key as the cookie carries it."""
        if self.key is None:
            raise ValueError("an empty vault has no key yet")
        return key_as_text(self.key)

    def read(self) -> Contents:
        """What the record holds; empty where there is none, or where it went unused for too long."""
        box, contents = self._opened()
        if contents is None:
            self.key = None  # erased or forgotten: what is written from now on gets a new key
            return Contents()
        self.is_kept = True
        if box is None:
            self._older().filter(last_used_on__lt=self.today).update(last_used_on=self.today)
        else:
            self._renew(box)
        self.last_read = contents
        return contents

    def touch(self) -> None:
        """Note a visit that did not open the record: reading the guide keeps it too."""
        if self.key is None:
            return
        box = self._box(signs_out=False)
        if box is None:
            last_used_on = self._older().values_list("last_used_on", flat=True).first()
            self.is_kept = last_used_on is not None
            if last_used_on is not None and last_used_on < self.today:
                self._older().update(last_used_on=self.today)
        elif not self._is_idle(box):
            self.is_kept = True
            self._renew(box)

    def write(self, contents: Contents) -> None:
        """Replace what differs, whole or not at all. The first write makes the key; a record of form 1 is rewritten in form 2.

        RecordTooLargeError: more than a record holds. DamagedPartError: it would overwrite a part that does not open.
        """
        if len(_json(asdict(contents))) > LARGEST_RECORD_BYTES:
            raise RecordTooLargeError
        documents = {name: _document(contents, name) for name in PARTS}
        with transaction.atomic():
            box, before = self._opened()
            self._require_whole(contents)
            if box is None and not self.damaged:
                key = self.key if self.key is not None and before is not None else os.urandom(KEY_BYTES)
                self._older(key).delete()
                lockbox.create(key, documents, self.today, self._minute())
                self.key = key
            elif box is not None:
                for name, document in documents.items():
                    if name not in box.damaged and document != box.plain[name]:
                        lockbox.put_part(box, name, document)
                self._renew(box)
        self.is_kept = True

    def erase(self) -> None:
        """Remove the record for good, with all its parts and every key of it."""
        if self.key is not None:
            with transaction.atomic():
                box = self._box(signs_out=False)
                lockbox.erase([box.record_id] if box else [form_1_id(self.key)])
            self.key, self.is_kept, self.last_read = None, False, None
            leave_no_trace()

    def box(self) -> Lockbox | None:
        """The record as this key opens it, in form 2; None where there is none. Whoever changes its keys opens it in a transaction."""
        box, contents = self._opened()
        if box is None and contents is not None:
            with transaction.atomic():
                box, contents = self._opened()  # anew: another window may have saved, and rewritten it, just now
                if box is None and contents is not None:
                    self.write(contents)
                    box, _ = self._opened()
        return box

    def begin_anew(self, part: str) -> None:
        """Give up a part that does not open: it is empty from then on, under a new key. LEDGER gives up every other key."""
        with transaction.atomic():
            box = self.box()
            if box is None or self.key is None or part not in (*box.damaged, lockbox.LEDGER):
                return
            if box.grant is None:
                raise DamagedPartError(*PARTS)  # without its row a key opens nothing: all that is left is to erase
            if part == lockbox.LEDGER:
                lockbox.store_keys(box, [KeyEntry.of(self.key, DEVICE, self.today)], anew=True)
            else:
                lockbox.store_keys(box, lockbox.entries(box), anew=False, emptied={part: _document(Contents(), part)})
        leave_no_trace()

    def sign_out(self) -> None:
        """Take this device's own key out, as after SignedOutError."""
        if self.key is None:
            return
        with transaction.atomic():
            box = self._box(signs_out=False)
            if box is not None:
                lockbox.store_keys(box, [one for one in lockbox.entries(box) if one.id != box.holder_id], anew=True)
        self.key, self.is_kept, self.last_read = None, False, None
        leave_no_trace()

    def _opened(self) -> tuple[Lockbox | None, Contents | None]:
        """The record in form 2 with its contents, or None with those of form 1, or twice None."""
        self.damaged = ()
        if self.key is None:
            return None, None
        box = self._box()
        if box is not None:
            return box, self._contents(box)
        older = self._older()
        if connection.in_atomic_block and connection.features.has_select_for_update:
            older = older.select_for_update()
        record = older.first()
        if record is not None:
            return None, self._contents_of_form_1(self.key, record)
        box = self._box()  # a window that saved at the same time may have rewritten it just now
        return box, self._contents(box) if box else None

    def _contents(self, box: Lockbox) -> Contents:
        self.damaged = box.damaged
        return contents_of(box.plain)

    def _box(self, *, signs_out: bool = True) -> Lockbox | None:
        """The record as this device's key opens it; other kinds of keys are no cookie of a vault."""
        if self.key is None:
            return None
        box = lockbox.opened(self.key, oldest_kept(self.today))
        if box is None or (box.grant is not None and box.grant.kind != DEVICE):
            return None
        if signs_out and self._is_idle(box) and self._has_another_way_in(box):
            raise SignedOutError(self)
        self.until_closed = bool(box.grant and box.grant.until_closed)
        return box

    def _is_idle(self, box: Lockbox) -> bool:
        return lockbox.is_idle(box.grant.idle_minutes if box.grant else None, box.seen, self.now)

    @staticmethod
    def _has_another_way_in(box: Lockbox) -> bool:
        try:
            return any(one.kind == lockbox.CODE for one in lockbox.entries(box))
        except DamagedPartError:
            return False

    def _renew(self, box: Lockbox) -> None:
        """Note this use. The first one of a day also takes out keys whose time has passed."""
        minute = self._minute()
        grant = box.grant
        if grant is not None and (box.seen[:10] != minute[:10] or (grant.idle_minutes is not None and box.seen != minute)):
            lockbox.note_use(box, minute)
        if box.last_used_on < self.today:
            VaultRecord.objects.filter(id=box.record_id, last_used_on__lt=self.today).update(last_used_on=self.today)
        if box.seen[:10] != minute[:10]:
            self._take_out_ended_keys()

    def _take_out_ended_keys(self) -> None:
        with transaction.atomic():
            box = self._box(signs_out=False)
            if box is None or box.grant is None:
                return
            try:
                listed = lockbox.entries(box)
            except DamagedPartError:
                return
            uses = lockbox.last_uses(box, listed)
            days = settings.VAULT_DAYS_UNUSED
            kept = [
                one for one in listed if one.id == box.holder_id or not lockbox.has_ended(one, uses[one.id], self.today, self.now, days)
            ]
            if len(kept) < len(listed):
                lockbox.store_keys(box, kept, anew=True)

    def _minute(self) -> str:
        return lockbox.minute_of(self.today, self.now)

    def _older(self, key: bytes | None = None) -> Any:
        """The record of form 1 of this key, as a query."""
        key = self.key if key is None else key
        return VaultRecord.objects.filter(id=form_1_id(key) if key else "", last_used_on__gte=oldest_kept(self.today))

    def _contents_of_form_1(self, key: bytes, record: VaultRecord) -> Contents:
        try:
            document = json.loads(opened_in_form_1(key, record.id, bytes(record.sealed)))
        except SealBrokenError:
            self.damaged = PARTS
            return Contents()
        return Contents(**document)

    def _require_whole(self, contents: Contents) -> None:
        """A part that does not open reads as empty; saving something in its place would lose it without a word."""
        lost = [name for name in self.damaged if any(getattr(contents, one) for one in FIELDS_OF_PART[name])]
        if lost:
            raise DamagedPartError(*lost)


def forget_unused(today: date) -> int:
    """Erase every record that was not used for 90 days, with its parts and keys; returns how many."""
    unused = list(VaultRecord.objects.filter(last_used_on__lt=oldest_kept(today)).values_list("id", flat=True))
    for first in range(0, len(unused), 500):
        with transaction.atomic():
            lockbox.erase(unused[first : first + 500])
    return len(unused)


def oldest_kept(today: date) -> date:
    """A record that was used last before this day is not opened any more."""
    return today - timedelta(days=settings.VAULT_DAYS_UNUSED)


def leave_no_trace() -> None:
    """Empty the write-ahead log, which may still hold sealed bytes of what was removed."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def key_as_text(key: bytes) -> str:
    """A key as a cookie carries it."""
    return base64.urlsafe_b64encode(key).decode("ascii").rstrip("=")


def key_from_text(cookie: str) -> bytes | None:
    """The key that a cookie carries; None for anything else."""
    try:
        key = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def contents_of(documents: Mapping[str, bytes | None]) -> Contents:
    """Contents from the JSON of parts; a part that is not there, or does not open, is empty."""
    found: dict[str, Any] = {}
    for document in documents.values():
        if document is not None:
            found |= json.loads(document)
    return Contents(**found)


def _document(contents: Contents, name: str) -> bytes:
    return _json({one: getattr(contents, one) for one in FIELDS_OF_PART[name]})


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
