"""The vault: one encrypted record a visitor, whose key is only in the visitor's own cookie.

From the 32 random bytes of the key, HKDF (RFC 5869) makes two independent values: the record's id and the AES-256-GCM key that seals it.
The server stores id and ciphertext; without the cookie it can neither find out whose record it is nor read it. Records are padded so that
their length tells little, and are forgotten after 90 days unused.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from wayline.web.models import VaultRecord

KEY_BYTES = 32
NONCE_BYTES = 12
PADDED_TO_BYTES = 4096
LARGEST_RECORD_BYTES = 200_000
_FORM = b"wayline vault 1"


class RecordTooLargeError(ValueError):
    """More was written than a vault record holds."""


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
        """The facts that rules may use: one whose correction could not be read waits until it can."""
        return {fact_id: told for fact_id, told in self.facts.items() if fact_id not in self.drafts}

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, part.name) for part in fields(self))


class Vault:
    """A visitor's vault, opened with their key. Without a key it is empty until something is written."""

    def __init__(self, key: bytes | None, today: date) -> None:
        self.key = key
        self.today = today
        self.is_kept = False  # whether a record was found or written: only then is the key worth keeping

    @classmethod
    def from_cookie(cls, cookie: str | None, today: date) -> Vault:
        """The vault of the key in a cookie; a malformed cookie counts as none."""
        return cls(_decoded(cookie) if cookie else None, today)

    @property
    def cookie(self) -> str:
        """The key as the cookie carries it."""
        if self.key is None:
            raise ValueError("an empty vault has no key yet")
        return base64.urlsafe_b64encode(self.key).decode("ascii").rstrip("=")

    def read(self) -> Contents:
        """What the record holds; empty where there is none, or where it went unused for too long."""
        if self.key is None:
            return Contents()
        record = VaultRecord.objects.filter(id=_record_id(self.key), last_used_on__gte=_oldest_kept(self.today)).first()
        if record is None:
            self.key = None  # erased or forgotten: what is written from now on gets a new key
            return Contents()
        self.is_kept = True
        if record.last_used_on < self.today:
            VaultRecord.objects.filter(id=record.id).update(last_used_on=self.today)
        return _opened(self.key, record)

    def touch(self) -> None:
        """Note a visit that did not open the record: reading the guide keeps it too."""
        if self.key is None:
            return
        kept = VaultRecord.objects.filter(id=_record_id(self.key), last_used_on__gte=_oldest_kept(self.today))
        last_used_on = kept.values_list("last_used_on", flat=True).first()
        self.is_kept = last_used_on is not None
        if last_used_on is not None and last_used_on < self.today:
            kept.update(last_used_on=self.today)

    def write(self, contents: Contents) -> None:
        """Replace the record, whole or not at all. The first write makes the key."""
        if self.key is None:
            self.key = os.urandom(KEY_BYTES)
        sealed = _sealed(self.key, contents)
        with transaction.atomic():
            VaultRecord.objects.update_or_create(id=_record_id(self.key), defaults={"sealed": sealed, "last_used_on": self.today})
        self.is_kept = True

    def erase(self) -> None:
        """Remove the record for good."""
        if self.key is not None:
            VaultRecord.objects.filter(id=_record_id(self.key)).delete()
            self.key, self.is_kept = None, False
            if connection.vendor == "sqlite" and not connection.in_atomic_block:
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the sealed bytes leave the write-ahead log too


def forget_unused(today: date) -> int:
    """Erase every record that was not used for 90 days; returns how many."""
    deleted, _ = VaultRecord.objects.filter(last_used_on__lt=_oldest_kept(today)).delete()
    return deleted


def _oldest_kept(today: date) -> date:
    return today - timedelta(days=settings.VAULT_DAYS_UNUSED)


def _decoded(cookie: str) -> bytes | None:
    try:
        key = base64.b64decode(cookie + "=" * (-len(cookie) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == KEY_BYTES else None


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_FORM + purpose).derive(key)


def _record_id(key: bytes) -> str:
    return _derived(key, b" record id").hex()


def _sealed(key: bytes, contents: Contents) -> bytes:
    plain = json.dumps(asdict(contents), separators=(",", ":")).encode()
    if len(plain) > LARGEST_RECORD_BYTES:
        raise RecordTooLargeError
    padded = plain + b" " * (-len(plain) % PADDED_TO_BYTES)  # JSON allows blanks at its end
    nonce = os.urandom(NONCE_BYTES)
    # The record's id is bound in, so a ciphertext moved to another row does not open.
    return nonce + AESGCM(_derived(key, b" sealing key")).encrypt(nonce, padded, _FORM + _record_id(key).encode())


def _opened(key: bytes, record: VaultRecord) -> Contents:
    sealed = bytes(record.sealed)
    try:
        plain = AESGCM(_derived(key, b" sealing key")).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _FORM + record.id.encode())
        document = json.loads(plain)
    except (InvalidTag, ValueError):
        return Contents()  # tampered with or cut off: treated as absent, never guessed at
    return Contents(**document)
