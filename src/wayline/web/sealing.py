"""Seals: what a key makes of itself, and how bytes are locked with it and opened again.

A holder's 32 random bytes make, by HKDF (RFC 5869), an id and a pair of X25519 keys (RFC 7748). Whoever knows the public half can seal
something for the holder; only the holder opens it. So a record's owner can renew the rows of all other holders, and yet a key that was
taken out opens none of them, whatever its holder copied before.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
FORM_1 = b"wayline vault 1"
FORM_2 = b"wayline vault 2"


class SealBrokenError(ValueError):
    """Another key, another place, or other bytes than were sealed: nothing of it is used."""


def derived(key: bytes, purpose: bytes) -> bytes:
    """32 bytes that follow from a key for one purpose; the purpose begins with the form's name."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def sealed_with(key: bytes, plain: bytes, about: bytes) -> bytes:
    """Nonce and ciphertext by AES-256-GCM. `about` says what and where it is: elsewhere it does not open."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, about)


def opened_with(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """What was sealed with the same key, about the same; SealBrokenError otherwise."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise SealBrokenError from None


def padded(plain: bytes, to_bytes: int) -> bytes:
    """Blanks at the end, up to whole blocks, so that a length tells little. JSON allows them there."""
    return plain + b" " * (-len(plain) % to_bytes)


def holder_id(key: bytes) -> str:
    """The id of a holder's row."""
    return derived(key, FORM_2 + b" holder id").hex()


def public_half(key: bytes) -> bytes:
    """What others need to seal something for the holder of a key; it opens nothing."""
    return _private_half(key).public_key().public_bytes_raw()


def sealed_for(public: bytes, plain: bytes, about: bytes) -> bytes:
    """Seal for the holder with this public half: a passing key's public half, then as by `sealed_with`."""
    passing = X25519PrivateKey.generate()
    half = passing.public_key().public_bytes_raw()
    shared = passing.exchange(X25519PublicKey.from_public_bytes(public))
    return half + sealed_with(_row_key(shared, half, public), plain, about)


def opened_by(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """What was sealed for the holder of this key; SealBrokenError otherwise."""
    own, half = _private_half(key), sealed[:KEY_BYTES]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(half))
    except ValueError:
        raise SealBrokenError from None
    return opened_with(_row_key(shared, half, own.public_key().public_bytes_raw()), sealed[KEY_BYTES:], about)


def _private_half(key: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(derived(key, FORM_2 + b" holder pair"))


def _row_key(shared: bytes, half: bytes, public: bytes) -> bytes:
    return derived(shared, FORM_2 + b" holder row" + half + public)


def form_1_id(key: bytes) -> str:
    """The id of a record of form 1, which has one key and one seal."""
    return derived(key, FORM_1 + b" record id").hex()


def opened_in_form_1(key: bytes, record_id: str, sealed: bytes) -> bytes:
    """The JSON of a record of form 1; SealBrokenError where it does not open."""
    return opened_with(derived(key, FORM_1 + b" sealing key"), sealed, FORM_1 + record_id.encode())
