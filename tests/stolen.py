"""Looking for what somebody typed in stolen bytes, as a thief would: in every usual encoding, and inside compressed streams."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote_plus

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP = re.compile(rb"\x1f\x8b\x08")
SHORTEST = 5  # shorter values stand in random bytes by chance


def encodings(value: bytes | str) -> dict[str, bytes]:
    """The ways in which a value may stand in a file."""
    if isinstance(value, bytes):
        found = {"raw": value}
    else:
        found = {
            "plain": value.encode(),
            "capitals": value.upper().encode(),
            "utf-16 le": value.encode("utf-16-le"),
            "utf-16 be": value.encode("utf-16-be"),
            "json": json.dumps(value)[1:-1].encode(),
            "url": quote_plus(value).encode(),
            "html": escape(value).encode(),
            "backwards": value[::-1].encode(),
        }
    plain = next(iter(found.values()))
    found |= {"hex": plain.hex().encode(), "HEX": plain.hex().upper().encode()}
    for shift in range(3):  # a value may begin anywhere within a group of base64; its first and last letters then differ
        coded = base64.b64encode(bytes(shift) + plain)
        inner = coded[(0, 2, 3)[shift] : len(coded) - (0, 3, 2)[(shift + len(plain)) % 3]]
        found |= {f"base64 +{shift}": inner, f"base64 url +{shift}": inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {name: text for name, text in found.items() if len(text) >= SHORTEST}


def streams(raw: bytes) -> Iterator[bytes]:
    """The bytes, and whatever unfolds from them at any place that looks like the head of a zlib or gzip stream."""
    yield raw
    for head, window in ((_ZLIB, zlib.MAX_WBITS), (_GZIP, zlib.MAX_WBITS | 16)):
        for match in head.finditer(raw):
            try:
                unfolded = zlib.decompressobj(window).decompress(raw[match.start() :], 1_000_000)
            except zlib.error:
                continue
            if unfolded:
                yield unfolded


def traces(raw: bytes, values: Iterable[bytes | str]) -> list[tuple[str, str]]:
    """Which values stand in the bytes, and how: (value, encoding). Letters count as the same in either case."""
    found = []
    unfolded = list(streams(raw))
    # Most values are not there, and one look at all beginnings says so; only what may be there is searched for.
    readable = [(text, {text[at : at + SHORTEST] for at in range(len(text))}) for one in unfolded for text in (one, one.lower())]
    for value in values:
        if len(value) < SHORTEST:
            raise ValueError(f"{value!r} is too short to be looked for")
        for name, text in encodings(value).items():
            wanted = {text, text.lower()} if isinstance(value, str) and name in ("plain", "capitals", "json", "url", "html") else {text}
            if any(one[:SHORTEST] in beginnings and one in stream for one in wanted for stream, beginnings in readable):
                found.append((str(value), name))
    return found
