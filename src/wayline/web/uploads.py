"""How much of uploaded files may be in memory at once, over all visitors of one process.

A file is held in memory while it is read, and never laid on the disk. Without a bound, a few visitors at once could take all of it.
"""

from __future__ import annotations

import threading

from django.http import HttpRequest

LARGEST_FILE_BYTES = 25_000_000
LARGEST_BODY_BYTES = LARGEST_FILE_BYTES + 64_000  # the form around the file
MOST_AT_ONCE_BYTES = 2 * LARGEST_BODY_BYTES
_CHUNK_BYTES = 1 << 16
_MOST_THROWN_AWAY_BYTES = 200_000_000


class NoRoomError(Exception):
    """So many files are being read at this moment that there is no room for one more."""


class Room:
    """A number of bytes that may be held at once. What a request has taken it gives back at its end."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        with self._lock:
            if self._held + count > self._most:
                raise NoRoomError
            self._held += count

    def give_back(self, count: int) -> None:
        with self._lock:
            self._held -= count

    @property
    def held(self) -> int:
        return self._held


ROOM = Room(MOST_AT_ONCE_BYTES)


def read_whole(request: HttpRequest, length: int) -> bytes:
    """The body as far as it arrives; room is taken as it comes, so a slow sender holds no more than was sent."""
    pieces: list[bytes] = []
    left = length
    while left > 0 and (piece := request.read(min(left, _CHUNK_BYTES))):
        ROOM.take(len(piece))
        request.META["wayline.upload_bytes"] = request.META.get("wayline.upload_bytes", 0) + len(piece)
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def throw_away(request: HttpRequest, length: int) -> None:
    """Let a body that is too long arrive without keeping it: a browser that is still sending shows no answer."""
    left = min(length, _MOST_THROWN_AWAY_BYTES)
    while left > 0 and (piece := request.read(min(left, _CHUNK_BYTES))):
        left -= len(piece)


def give_back(request: HttpRequest) -> None:
    """Give back the room that this request took."""
    ROOM.give_back(request.META.pop("wayline.upload_bytes", 0))
