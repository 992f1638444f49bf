"""The vault: what is typed is locked, only the cookie opens it, and it goes away when asked or forgotten."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from wayline.web.lockbox import PADDED_TO_BYTES, PARTS, ROW_PADDED_TO_BYTES, DamagedPartError
from wayline.web.models import VaultHolder, VaultPart, VaultRecord
from wayline.web.sealing import holder_id
from wayline.web.vault import LARGEST_RECORD_BYTES, Contents, RecordTooLargeError, Vault, forget_unused

TODAY = date(2026, 11, 23)
FACTS = {"diagnosis.histology": {"value": "squamous"}, "labs.bilirubin": {"value": 1.2, "date": "2026-11-20"}}

pytestmark = pytest.mark.django_db


def stored() -> Vault:
    """A vault with something in it."""
    vault = Vault(None, TODAY)
    vault.write(Contents(FACTS, {"labs.albumin": {"": "many"}}))
    return vault


def test_what_was_written_is_read_back_with_the_key() -> None:
    """A new vault opened with the cookie's key holds what was written."""
    again = Vault.from_cookie(stored().cookie, TODAY).read()
    assert again.facts == FACTS
    assert again.drafts == {"labs.albumin": {"": "many"}}


def test_nothing_typed_stands_in_the_database() -> None:
    """No table holds the facts, the key, or what a cookie carries."""
    vault = stored()
    raw = b"".join(everything_stored())
    assert vault.key is not None
    for secret in (
        b"squamous",
        b"histology",
        b"bilirubin",
        b"2026-11-20",
        b"many",
        b"situation",
        vault.key,
        vault.key.hex().encode(),
        vault.cookie.encode(),
    ):
        assert secret not in raw


def everything_stored() -> list[bytes]:
    """Every value of every table of the vault, as bytes."""
    values: list[bytes] = []
    with connection.cursor() as cursor:
        for table in ("web_vaultrecord", "web_vaultpart", "web_vaultholder", "web_wrongcodes"):
            cursor.execute(f"SELECT * FROM {table}")
            values += [value if isinstance(value, bytes) else str(value).encode() for row in cursor.fetchall() for value in row]
    return values


@pytest.mark.parametrize("characters", [1, 50, 1500])
def test_the_length_of_a_record_tells_little(characters: int) -> None:
    """Parts are padded to whole blocks, and there are as many whatever was told."""
    vault = Vault(None, TODAY)
    vault.write(Contents({"person.country": "x" * characters}))
    assert [len(part.sealed) for part in VaultPart.objects.all()] == [PADDED_TO_BYTES + 28] * len(PARTS)
    assert len(VaultRecord.objects.get().sealed) == PADDED_TO_BYTES + 28
    assert len(VaultHolder.objects.get().sealed) == 32 + ROW_PADDED_TO_BYTES + 28


def test_the_same_contents_are_never_sealed_alike() -> None:
    """Two records of the same contents share no bytes of seal, and each writing takes a fresh nonce."""
    vault = stored()
    first = {bytes(part.sealed)[:12] for part in VaultPart.objects.all()}
    stored()
    assert len({bytes(part.sealed) for part in VaultPart.objects.all()}) == 2 * len(PARTS)
    VaultPart.objects.exclude(record_id=VaultHolder.objects.get(id=holder_id(vault.key or b"")).record_id).delete()
    vault.write(Contents({"person.age": 61}))
    vault.write(Contents(FACTS, {"labs.albumin": {"": "many"}}))
    again = {bytes(part.sealed)[:12] for part in VaultPart.objects.all()}
    assert len(again - first) == 1  # the part that changed; the others were not touched


@pytest.mark.parametrize(
    "cookie",
    [
        None,
        "",
        "x",
        "not base64 !!",
        "AAAA",
        base64.urlsafe_b64encode(b"short").decode(),
        base64.urlsafe_b64encode(bytes(33)).decode(),
        "é" * 40,
    ],
)
def test_a_cookie_that_is_no_key_opens_nothing(cookie: str | None) -> None:
    """A missing, short or garbled cookie is an empty vault, not an error."""
    stored()
    assert Vault.from_cookie(cookie, TODAY).read().is_empty


def test_another_key_opens_nothing() -> None:
    """Each visitor sees only their own."""
    stored()
    other = Vault(bytes(32), TODAY)
    assert other.read().is_empty


def test_a_record_that_was_tampered_with_opens_as_empty() -> None:
    """One flipped bit in every part: nothing is guessed at, and nothing is written over it."""
    vault = stored()
    for part in VaultPart.objects.all():
        sealed = bytearray(part.sealed)
        sealed[40] ^= 1
        VaultPart.objects.filter(id=part.id).update(sealed=bytes(sealed))
    again = Vault(vault.key, TODAY)
    assert again.read().is_empty
    assert set(again.damaged) == set(PARTS)
    before = everything_stored()
    with pytest.raises(DamagedPartError):
        again.write(Contents({"person.age": 61}))
    assert everything_stored() == before


def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    """The record's id is bound into every seal: parts, ledger and rows of one record open nothing in another."""
    mine, other = stored(), Vault(None, TODAY)
    other.write(Contents({"person.country": {"value": "US"}}))
    my_row, their_row = (VaultHolder.objects.get(id=holder_id(vault.key or b"")) for vault in (mine, other))
    VaultPart.objects.filter(record_id=my_row.record_id).delete()
    VaultPart.objects.filter(record_id=their_row.record_id).update(record_id=my_row.record_id)
    assert mine.read().is_empty
    assert other.read().is_empty
    VaultHolder.objects.filter(id=my_row.id).update(sealed=their_row.sealed)
    assert mine.read().is_empty
    assert set(mine.damaged) == set(PARTS)


@pytest.mark.parametrize(("days", "kept"), [(0, True), (89, True), (90, True), (91, False)])
def test_a_record_is_forgotten_after_ninety_days_unused(days: int, kept: bool) -> None:
    """Reading counts as use; an unused record cannot be opened even before the sweep removes it."""
    vault = stored()
    later = TODAY + timedelta(days=days)
    assert Vault(vault.key, later).read().is_empty is not kept
    if not kept:
        assert forget_unused(later) == 1
    assert [table.objects.exists() for table in (VaultRecord, VaultPart, VaultHolder)] == [kept] * 3


def test_reading_renews_the_ninety_days() -> None:
    """A visit on day 80 keeps the record until day 170."""
    vault = stored()
    Vault(vault.key, TODAY + timedelta(days=80)).read()
    assert not Vault(vault.key, TODAY + timedelta(days=170)).read().is_empty


def test_erasing_removes_the_row_at_once() -> None:
    """Nothing is left to open."""
    vault = stored()
    key = vault.key
    vault.erase()
    assert everything_stored() == []
    assert Vault(key, TODAY).read().is_empty


def test_too_much_is_refused_and_changes_nothing() -> None:
    """A write that does not fit leaves the record as it was."""
    vault = stored()
    before = everything_stored()
    with pytest.raises(RecordTooLargeError):
        vault.write(Contents({"person.country": "x" * LARGEST_RECORD_BYTES}))
    assert everything_stored() == before


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client: Client) -> None:
    """HttpOnly, SameSite, for ninety days, and secure under HTTPS by setting."""
    response = client.post("/situation/step/about-you/", {"person.age": "61"})
    cookie = response.cookies[settings.VAULT_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == settings.VAULT_DAYS_UNUSED * 86_400


def test_looking_around_makes_no_record(client: Client) -> None:
    """Pages set no key and write nothing; only a saved answer does."""
    for address in ("/", "/options/", "/options/stent/", "/situation/", "/situation/step/about-you/", "/help/"):
        response = client.get(address)
        assert settings.VAULT_COOKIE not in response.cookies
    client.post("/situation/step/about-you/", {"person.age": "", "person.sex": ""})
    assert not VaultRecord.objects.exists()


def test_the_stored_contents_are_a_case_file_s_facts(client: Client) -> None:
    """What the form stores reads back as the facts of a case file."""
    client.post("/situation/step/about-you/", {"person.age": "61", "person.sex": "male"})
    contents = Vault.from_cookie(client.cookies[settings.VAULT_COOKIE].value, date.today()).read()  # noqa: DTZ011
    assert json.loads(json.dumps(contents.facts)) == {"person.age": {"value": 61.0}, "person.sex": {"value": "male"}}
