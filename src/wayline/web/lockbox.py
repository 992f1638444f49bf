"""A record as one key opens it: its parts, its ledger of keys, and the rows of all holders.

Form 2. Each part is sealed under a random key of its own. A holder's row carries the keys of the parts that this holder may open. The
ledger, which only the owner's keys open, lists every holder with the public half of their key: enough to renew a row, not to open it.
Callers of what writes stand in a transaction; `opened` takes one query, so it never sees half of another's writing.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from wayline.web.models import VaultHolder, VaultPart, VaultRecord
from wayline.web.sealing import (
    FORM_2,
    KEY_BYTES,
    SealBrokenError,
    derived,
    holder_id,
    opened_by,
    opened_with,
    padded,
    public_half,
    sealed_for,
    sealed_with,
)

SITUATION, DIARY, QUESTIONS, STUDIES, WAITING, SHEET = "situation", "diary", "questions", "studies", "waiting", "sheet"
PARTS = (SITUATION, DIARY, QUESTIONS, STUDIES, WAITING, SHEET)
LEDGER = "ledger"
DEVICE, CODE, CAREGIVER = "device", "code", "caregiver"
PADDED_TO_BYTES = 4096
ROW_PADDED_TO_BYTES = 1024
MOST_KEYS = 20
_SEEN_CHARACTERS = 16  # 2026-11-30T17:05


class DamagedPartError(ValueError):
    """A part was changed or cut in the database and does not open. Nothing is written over it before the person says so."""

    def __init__(self, *parts: str) -> None:
        super().__init__(", ".join(parts))
        self.parts = parts


@dataclass(frozen=True)
class KeyEntry:
    """A line of the ledger: one key of the record.

    `made` and `until` are days as 2026-11-30, `until` the last one on which a caregiver's key opens. `parts` is empty for the owner's own
    keys, which open all. `idle_minutes` and `until_closed` are what a device was told about forgetting its key. `public` and `mark` are
    base64; `mark` seals the last use, so that owner and holder alone can read it. `private` says whether a caregiver's pages show what is
    private (`content/sheet.yaml`).
    """

    id: str
    public: str
    kind: str
    made: str
    mark: str
    name: str = ""
    parts: tuple[str, ...] = ()
    until: str | None = None
    idle_minutes: int | None = None
    until_closed: bool = False
    outlook: bool = False
    private: bool = False

    @classmethod
    def of(cls, key: bytes, kind: str, today: date, **more: Any) -> KeyEntry:
        return cls(holder_id(key), _text(public_half(key)), kind, today.isoformat(), _text(os.urandom(KEY_BYTES)), **more)

    @property
    def is_owners(self) -> bool:
        return self.kind in (DEVICE, CODE)


@dataclass(frozen=True)
class Grant:
    """What a holder's row says: who holds it, until when, and the keys of what they may open."""

    kind: str
    keys: Mapping[str, bytes]
    mark: bytes
    until: date | None
    idle_minutes: int | None
    until_closed: bool
    outlook: bool
    private: bool


@dataclass
class Lockbox:
    """A record as one key opened it. `plain` holds the JSON of each part, None where it does not open; `grant` is None for a broken row.

    `row` is this key's row, sealed. `seen` is when the key was used last, as 2026-11-30T17:05, empty for never or where it cannot be read.
    """

    record_id: str
    holder_id: str
    last_used_on: date
    ledger: bytes
    row: bytes
    grant: Grant | None
    seen: str
    plain: dict[str, bytes | None]

    @property
    def damaged(self) -> tuple[str, ...]:
        """The parts that this key should open and cannot."""
        return tuple(name for name, plain in self.plain.items() if plain is None)

    @property
    def keys(self) -> Mapping[str, bytes]:
        return self.grant.keys if self.grant else {}


def opened(key: bytes, oldest_kept: date) -> Lockbox | None:
    """What this key opens; None where no such row is, or its record went unused for too long. A transaction excludes other writers."""
    own_id = holder_id(key)
    if connection.in_atomic_block and connection.features.has_select_for_update:
        # SQLite's transactions exclude each other as a whole; elsewhere the record's row is what two writers queue for.
        for record_id in VaultHolder.objects.filter(id=own_id).values_list("record_id", flat=True):
            list(VaultRecord.objects.select_for_update().filter(id=record_id).values_list("id"))
    found = list(
        VaultHolder.objects.filter(id=own_id, record__last_used_on__gte=oldest_kept).values_list(
            "record_id", "record__last_used_on", "record__sealed", "sealed", "seen", "record__parts__id", "record__parts__sealed"
        )
    )
    if not found:
        return None
    record_id, last_used_on, ledger, row, seen, _, _ = found[0]
    stored = {part_id: bytes(sealed) for *_, part_id, sealed in found if part_id is not None}
    try:
        grant = _grant(opened_by(key, bytes(row), _about_row(record_id, own_id)))
    except SealBrokenError:
        return Lockbox(record_id, own_id, last_used_on, bytes(ledger), bytes(row), None, "", dict.fromkeys(PARTS))
    plain = {name: _opened_part(record_id, name, grant.keys[name], stored) for name in PARTS if name in grant.keys}
    last_seen = _seen(grant.mark, record_id, own_id, bytes(seen))
    return Lockbox(record_id, own_id, last_used_on, bytes(ledger), bytes(row), grant, last_seen, plain)


def create(key: bytes, documents: Mapping[str, bytes], today: date, seen: str) -> None:
    """A new record with the JSON of each part, opened by one key: that of the owner's device."""
    record_id = secrets.token_hex(KEY_BYTES)
    keys = {name: os.urandom(KEY_BYTES) for name in (*PARTS, LEDGER)}
    entry = KeyEntry.of(key, DEVICE, today)
    VaultRecord.objects.create(id=record_id, sealed=_sealed_ledger(record_id, keys[LEDGER], [entry]), last_used_on=today)
    _add_parts(record_id, keys, documents)
    _write_row(record_id, entry, keys, seen)


def put_part(box: Lockbox, name: str, plain: bytes) -> None:
    """Replace one part under its key."""
    key = box.keys[name]
    VaultPart.objects.filter(id=_part_id(key)).update(sealed=_sealed_part(box.record_id, name, key, plain))


def entries(box: Lockbox) -> list[KeyEntry]:
    """The ledger of keys; DamagedPartError where it does not open. Only for the owner's keys."""
    try:
        rows = json.loads(opened_with(box.keys[LEDGER], box.ledger, _about(box.record_id, LEDGER)))
    except (KeyError, SealBrokenError):
        raise DamagedPartError(LEDGER) from None
    return [KeyEntry(**row | {"parts": tuple(row["parts"])}) for row in rows]


def last_uses(box: Lockbox, listed: Sequence[KeyEntry]) -> dict[str, str]:
    """When each key was used last, by its id: 2026-11-30T17:05, or empty for never."""
    rows = dict(VaultHolder.objects.filter(record_id=box.record_id).values_list("id", "seen"))
    return {one.id: _seen(_bytes(one.mark), box.record_id, one.id, bytes(rows[one.id])) if one.id in rows else "" for one in listed}


def store_keys(box: Lockbox, listed: Sequence[KeyEntry], *, anew: bool, emptied: Mapping[str, bytes] | None = None) -> None:
    """Make these the record's keys. `anew` seals all parts under new keys, so that whoever is not listed opens nothing from now on.

    `emptied` gives the JSON of parts that are begun anew. A part that does not open stays as it is, under its old key.
    """
    emptied = emptied or {}
    seen = _kept_uses(box, listed)
    keys = dict(box.keys)
    if anew or emptied:
        plain = {name: text for name, text in box.plain.items() if text is not None} | dict(emptied)
        VaultPart.objects.filter(id__in=[_part_id(keys[name]) for name in plain], record_id=box.record_id).delete()
        keys |= {name: os.urandom(KEY_BYTES) for name in (*plain, LEDGER)}
        _add_parts(box.record_id, {name: keys[name] for name in plain}, plain)
        listed = [replace(one, mark=_text(os.urandom(KEY_BYTES))) for one in listed]
    VaultHolder.objects.filter(record_id=box.record_id).exclude(id__in=[one.id for one in listed]).delete()
    for one in listed:
        _write_row(box.record_id, one, keys, seen[one.id])
    VaultRecord.objects.filter(id=box.record_id).update(sealed=_sealed_ledger(box.record_id, keys[LEDGER], listed))


def note_use(box: Lockbox, seen: str) -> None:
    """Note when this key was used. Where its row was renewed since the reading, nothing is: under the old seal, nobody could read it."""
    if box.grant is not None:
        sealed = _sealed_seen(box.grant.mark, box.record_id, box.holder_id, seen)
        VaultHolder.objects.filter(id=box.holder_id, sealed=box.row).update(seen=sealed)


def drop_row(box: Lockbox) -> None:
    """Take out this key alone: what one does whose time has passed, and who has no right to the ledger."""
    VaultHolder.objects.filter(id=box.holder_id).delete()


def erase(record_ids: Sequence[str]) -> None:
    """Remove records with all their parts and keys."""
    VaultHolder.objects.filter(record_id__in=record_ids).delete()
    VaultPart.objects.filter(record_id__in=record_ids).delete()
    VaultRecord.objects.filter(id__in=record_ids).delete()


def has_ended(entry: KeyEntry, seen: str, today: date, now: datetime | None, days_unused: int) -> bool:
    """Whether a key's time has passed: a caregiver's last day, or a device that went unused for too long."""
    if entry.kind == CAREGIVER:
        return entry.until is not None and date.fromisoformat(entry.until) < today
    if entry.kind == DEVICE and seen:
        return date.fromisoformat(seen[:10]) < today - timedelta(days=days_unused) or is_idle(entry.idle_minutes, seen, now)
    return False


def is_idle(idle_minutes: int | None, seen: str, now: datetime | None) -> bool:
    """Whether a device was left alone for longer than it was told to wait. `now` is in UTC, as `seen` is."""
    return (
        idle_minutes is not None
        and bool(seen)
        and now is not None
        and now.replace(tzinfo=None, second=0, microsecond=0) - datetime.fromisoformat(seen) > timedelta(minutes=idle_minutes)
    )


def minute_of(today: date, now: datetime | None) -> str:
    """A use as it is noted."""
    return f"{now:%Y-%m-%dT%H:%M}" if now else f"{today.isoformat()}T00:00"


def _kept_uses(box: Lockbox, listed: Sequence[KeyEntry]) -> dict[str, str]:
    try:
        before = {one.id: one for one in entries(box)}
    except DamagedPartError:
        before = {}
    uses = last_uses(box, list(before.values()))
    return {one.id: uses.get(one.id, box.seen if one.id == box.holder_id else "") for one in listed}


def _add_parts(record_id: str, keys: Mapping[str, bytes], documents: Mapping[str, bytes]) -> None:
    parts = [
        VaultPart(id=_part_id(keys[name]), record_id=record_id, sealed=_sealed_part(record_id, name, keys[name], plain))
        for name, plain in documents.items()
    ]
    VaultPart.objects.bulk_create(sorted(parts, key=lambda part: part.id))  # in an order that tells nothing


def _write_row(record_id: str, entry: KeyEntry, keys: Mapping[str, bytes], seen: str) -> None:
    names = keys if entry.is_owners else [name for name in keys if name in entry.parts]
    row = {
        "kind": entry.kind,
        "keys": {name: _text(keys[name]) for name in names},
        "mark": entry.mark,
        "until": entry.until,
        "idle_minutes": entry.idle_minutes,
        "until_closed": entry.until_closed,
        "outlook": entry.outlook,
        "private": entry.private,
    }
    sealed = sealed_for(_bytes(entry.public), padded(_json(row), ROW_PADDED_TO_BYTES), _about_row(record_id, entry.id))
    seen_sealed = _sealed_seen(_bytes(entry.mark), record_id, entry.id, seen)
    VaultHolder.objects.update_or_create(id=entry.id, defaults={"record_id": record_id, "sealed": sealed, "seen": seen_sealed})


def _grant(plain: bytes) -> Grant:
    row = json.loads(plain)
    return Grant(
        kind=row["kind"],
        keys={name: _bytes(key) for name, key in row["keys"].items()},
        mark=_bytes(row["mark"]),
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        idle_minutes=row["idle_minutes"],
        until_closed=row["until_closed"],
        outlook=row["outlook"],
        private=row.get("private", False),  # rows made before this choice was offered do not have it
    )


def _opened_part(record_id: str, name: str, key: bytes, stored: Mapping[str, bytes]) -> bytes | None:
    sealed = stored.get(_part_id(key))
    if sealed is None:
        return None
    try:
        return opened_with(key, sealed, _about(record_id, name)).rstrip(b" ")
    except SealBrokenError:
        return None


def _sealed_part(record_id: str, name: str, key: bytes, plain: bytes) -> bytes:
    return sealed_with(key, padded(plain, PADDED_TO_BYTES), _about(record_id, name))


def _sealed_ledger(record_id: str, key: bytes, listed: Sequence[KeyEntry]) -> bytes:
    return sealed_with(key, padded(_json([asdict(one) for one in listed]), PADDED_TO_BYTES), _about(record_id, LEDGER))


def _sealed_seen(mark: bytes, record_id: str, own_id: str, seen: str) -> bytes:
    return sealed_with(mark, seen.ljust(_SEEN_CHARACTERS).encode(), _about_row(record_id, own_id))


def _seen(mark: bytes, record_id: str, own_id: str, sealed: bytes) -> str:
    try:
        return opened_with(mark, sealed, _about_row(record_id, own_id)).decode().strip()
    except SealBrokenError:
        return ""


def _part_id(key: bytes) -> str:
    return derived(key, FORM_2 + b" part id").hex()


def _about(record_id: str, name: str) -> bytes:
    return FORM_2 + f" part {name} of {record_id}".encode()


def _about_row(record_id: str, own_id: str) -> bytes:
    return FORM_2 + f" holder {own_id} of {record_id}".encode()


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
