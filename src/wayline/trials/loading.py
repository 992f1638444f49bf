"""Reading study records from files: JSON, NDJSON, either of them with gzip, or a zip of any of these.

What a file is, its content tells; only `.ndjson` and `.jsonl` promise a record a line, whatever the first line looks like. Lines are read
one by one; a JSON document over several lines is held in memory whole. Every size is bounded while unpacking, not after it.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from wayline.reading import WaylineError, shortened

Record = dict[str, Any]
# A record or what is wrong with it, and where it stands.
Read = tuple[Record | WaylineError, str]

LARGEST_DOCUMENT_BYTES = 500_000_000
LARGEST_UNPACKED_BYTES = 2_000_000_000
# Study records shrink to a fourth or a tenth. What unpacks to 200 times its size was made to fill a disk.
LARGEST_RATIO = 200
RATIO_COUNTS_FROM_BYTES = 10_000_000
MOST_MEMBERS = 250_000

_LINES = (".ndjson", ".jsonl")
_TAKEN = (".json", *_LINES, ".gz")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_START = b"\x1f\x8b"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED = 0x1
_DAMAGED_ZIP = (OSError, EOFError, RuntimeError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


def read_records(path: Path) -> Iterator[Read]:
    """Every record of a file with the place where it stands: `trials.ndjson, line 7`.

    A page of the registry's API (`{"studies": [...]}`) and a list give each of their records. Text that is not a record is given as a
    WaylineError in its place, and the others follow. A file that cannot be trusted as a whole (missing, cut short, damaged, locked, made
    to fill a disk) raises one, perhaps after some records: keep nothing of it then. Whether a record is a study, `parse_study` says.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            if file.peek(4)[:4] in _ZIP_STARTS:
                yield from _records_of_zip(file, name)
            else:
                yield from _records_of_stream(file, name, os.fstat(file.fileno()).st_size, _Budget())
    except IsADirectoryError:
        raise WaylineError(f"{name}: this is a folder; a file is needed") from None
    except OSError as error:
        raise WaylineError(f"{name}: cannot be read ({error.strerror or error})") from None


def _records_of_zip(file: IO[bytes], name: str) -> Iterator[Read]:
    """The records of every member whose name says that it can hold some."""
    with _opened_zip(file, name) as archive:
        members = [member for member in archive.infolist() if _may_hold_records(member)]
        if not members:
            raise WaylineError(f"{name}: holds no file whose name ends in {', '.join(_TAKEN)}")
        if len(members) > MOST_MEMBERS:
            raise WaylineError(f"{name}: holds more than {MOST_MEMBERS:,} files; nothing was read")
        budget = _Budget()
        for member in members:
            where = f"{name}: {shortened(member.filename)}"
            if member.flag_bits & _ENCRYPTED:
                raise WaylineError(f"{where}: locked with a password; unpack it yourself and load what is inside")
            try:
                with archive.open(member) as packed:
                    unpacked = io.BufferedReader(_Bounded(packed, where, member.compress_size, budget))
                    yield from _records_of_stream(unpacked, where, member.file_size, budget)
            except _DAMAGED_ZIP as error:
                raise WaylineError(f"{where}: cannot be unpacked ({error})") from None


def _opened_zip(file: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_DAMAGED_ZIP, ValueError) as error:
        raise WaylineError(f"{name}: not a whole zip file ({error})") from None


def _may_hold_records(member: zipfile.ZipInfo) -> bool:
    """Files with a name of ours; neither folders nor the hidden files that some systems put beside each one."""
    *folders, file_name = member.filename.lower().split("/")
    return "__macosx" not in folders and not file_name.startswith(".") and file_name.endswith(_TAKEN)


def _records_of_stream(stream: io.BufferedReader[Any], name: str, packed_bytes: int, budget: _Budget) -> Iterator[Read]:
    """`packed_bytes` is the size before gzip is undone, 0 where nobody knows it."""
    if not stream.peek(2).startswith(_GZIP_START):
        yield from _records_of_text(stream, name)
        return
    try:
        with gzip.GzipFile(fileobj=stream) as packed:
            unpacked = io.BufferedReader(_Bounded(packed, name, packed_bytes, budget))
            yield from _records_of_text(unpacked, name)
    except EOFError:
        raise WaylineError(f"{name}: the file ends too early; it did not arrive whole") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise WaylineError(f"{name}: not a whole gzip file ({error})") from None


def _records_of_text(stream: io.BufferedReader[Any], name: str) -> Iterator[Read]:
    """Line by line where the first line is JSON by itself, else all lines as one document."""
    if stream.peek(4).startswith((_GZIP_START, *_ZIP_STARTS)):
        yield WaylineError(f"{name}: packed twice; unpack it once yourself"), name
        return
    lines = _numbered_lines(stream, name)
    number, first = next(((number, line) for number, line in lines if line.strip()), (0, b""))
    if not first:
        yield WaylineError(f"{name}: empty; there is no record in it"), name
        return
    value = _parsed(first.rstrip(), name, number)
    if not isinstance(value, WaylineError) or name.lower().removesuffix(".gz").endswith(_LINES):
        yield from _expanded(value, f"{name}, line {number}")
        for number, line in lines:
            if line.strip():
                yield from _expanded(_parsed(line.rstrip(), name, number), f"{name}, line {number}")
        return
    yield from _expanded(_parsed(_document(first, lines, name), name, number), name)


def _numbered_lines(stream: io.BufferedReader[Any], name: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(LARGEST_DOCUMENT_BYTES + 1):
        number += 1
        if len(line) > LARGEST_DOCUMENT_BYTES:
            _refuse_document(name)
        yield number, line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line


def _document(first: bytes, lines: Iterator[tuple[int, bytes]], name: str) -> bytes:
    whole = bytearray()
    for line in chain([first], (line for _, line in lines)):
        whole += line
        if len(whole) > LARGEST_DOCUMENT_BYTES:
            _refuse_document(name)
    return bytes(whole)


def _refuse_document(name: str) -> NoReturn:
    raise WaylineError(f"{name}: one JSON document of more than {LARGEST_DOCUMENT_BYTES:,} bytes; write a record a line (NDJSON) instead")


def _refuse_constant(word: str) -> NoReturn:
    raise WaylineError(f"{word} is not a number that JSON allows")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _parsed(text: bytes, name: str, first_line: int) -> object:
    """The JSON value, or a WaylineError that says what is wrong with it and on which line."""
    where = f"{name}, line {first_line}"
    try:
        return _DECODER.decode(text.decode())
    except UnicodeDecodeError as error:
        return WaylineError(f"{where}: not UTF-8 text (byte {error.start})")
    except json.JSONDecodeError as error:
        return WaylineError(f"{name}, line {first_line + error.lineno - 1}: not valid JSON: {error.msg} (column {error.colno})")
    except RecursionError:
        return WaylineError(f"{where}: nested too deeply for a study record")
    except WaylineError as error:
        return WaylineError(f"{where}: {error}")
    except ValueError:  # a number of more digits than Python takes
        return WaylineError(f"{where}: holds a number too long for any registry field")


def _expanded(value: object, where: str) -> Iterator[Read]:
    """One record as it is; each record of a list or of a page of the registry's API."""
    studies = value.get("studies") if isinstance(value, dict) and "protocolSection" not in value else value
    if not isinstance(studies, list):
        yield _record(value, where)
        return
    for number, study in enumerate(studies, start=1):
        yield _record(study, f"{where}, study {number}")


def _record(value: object, where: str) -> Read:
    if isinstance(value, dict | WaylineError):
        return value, where
    return WaylineError(f"{where}: a study record must be a JSON object"), where


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Budget:
    """How many bytes may still be unpacked, for everything in one file together."""

    def __init__(self) -> None:
        self.left = LARGEST_UNPACKED_BYTES


class _Bounded(io.RawIOBase):
    """What unpacks, counted: an error as soon as it is more than the budget or more than `packed_bytes` can honestly hold."""

    def __init__(self, source: _Source, name: str, packed_bytes: int, budget: _Budget) -> None:
        super().__init__()
        self._source = source
        self._name = name
        self._budget = budget
        # Where nobody knows the packed size, only the budget bounds.
        self._honest_bytes = max(packed_bytes * LARGEST_RATIO, RATIO_COUNTS_FROM_BYTES) if packed_bytes else LARGEST_UNPACKED_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        self._budget.left -= len(data)
        self._honest_bytes -= len(data)
        if self._budget.left < 0:
            raise WaylineError(f"{self._name}: unpacks to more than {LARGEST_UNPACKED_BYTES:,} bytes; nothing was kept")
        if self._honest_bytes < 0:
            raise WaylineError(f"{self._name}: unpacks to more than {LARGEST_RATIO} times its size, which no study record does")
        buffer[: len(data)] = data
        return len(data)
