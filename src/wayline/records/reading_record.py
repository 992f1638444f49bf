"""One file of a hospital record, whatever its form: told by its content, not by its name, and bounded before anything is built.

FHIR as a Bundle, a single resource, a list, or one resource a line (bulk export), plain or packed with gzip; a C-CDA document; an Apple
Health export or any other zip that holds such files.
"""

from __future__ import annotations

import importlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from wayline.facts.vocabulary import Vocabulary
from wayline.reading import WaylineError, shortened
from wayline.records.codes import CodeBook
from wayline.records.fhir import read_fhir
from wayline.records.fhir_pool import Pool
from wayline.records.gathering import EARLIER
from wayline.records.imported import ImportedFact, NotUnderstood, RecordReading, people_among
from wayline.records.strict_json import decoded, lines_of, parse_json

LARGEST_FILE_BYTES = 60_000_000
LARGEST_UNPACKED_BYTES = 300_000_000
LARGEST_RATIO = 200  # how many times larger something may unpack; text of records stays below 40
MOST_FILES = 20_000
MOST_ENTRIES = 200_000
LONGEST_LINE = 5_000_000
_SMALL_ENOUGH = 1_000_000  # below this the ratio says nothing

FHIR_BUNDLE, FHIR_RESOURCE, FHIR_LIST, FHIR_LINES = "FHIR bundle", "FHIR resource", "FHIR list", "FHIR NDJSON"
APPLE_HEALTH, ZIP, CCDA = "Apple Health export", "zip of records", "C-CDA document"
_BAD_LINE = "line"
_LINES_TO_LOOK_AT = 50
_START_OF_XML = 20_000
_FHIR_XML = re.compile(rb"<(?:[A-Za-z0-9_]+:)?[A-Za-z]+[^>]*http://hl7\.org/fhir[\"']")


def read_record(data: bytes, name: str, vocabulary: Vocabulary, code_book: CodeBook, as_of: date) -> RecordReading:
    """Read the bytes of one file. `name` is only for messages. A WaylineError says what is wrong and where, and nothing was read.

    In a file of many lines or many files, one that is broken is listed as not understood and the others are read.
    """
    if len(data) > LARGEST_FILE_BYTES:
        raise WaylineError(f"{name}: larger than {LARGEST_FILE_BYTES:,} bytes; nothing was read")
    if not data.strip():
        raise WaylineError(f"{name}: the file is empty")
    reader = _Reader(name, vocabulary, code_book, as_of)
    if data[:2] == b"\x1f\x8b":
        data = _unzipped(data, name)
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return reader.read_zip(data)
    return reader.read_plain(data)


def read_record_file(path: Path, vocabulary: Vocabulary, code_book: CodeBook, as_of: date) -> RecordReading:
    """Read one file; also a device such as /dev/stdin."""
    return read_record(record_bytes(path), str(path), vocabulary, code_book, as_of)


def record_bytes(path: Path) -> bytes:
    """The file as it is, one byte more than may be read where it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except IsADirectoryError:
        raise WaylineError(f"{path}: this is a folder; a file is needed") from None
    except OSError as error:
        raise WaylineError(f"{path}: cannot be read ({error.strerror})") from None


def broken_lines(reading: RecordReading) -> tuple[NotUnderstood, ...]:
    """The lines and files of a reading that are broken: the rest was read, but somebody should know."""
    return tuple(one for one in reading.not_understood if one.kind == _BAD_LINE)


def _unzipped(data: bytes, name: str) -> bytes:
    """The content of a gzip file, bounded while it unpacks."""
    unpacker = zlib.decompressobj(wbits=31)
    most = LARGEST_UNPACKED_BYTES
    try:
        content = unpacker.decompress(data, most + 1)
    except zlib.error:
        raise WaylineError(f"{name}: this gzip file is damaged") from None
    if len(content) > most or (len(content) > _SMALL_ENOUGH and len(content) > LARGEST_RATIO * len(data)):
        raise WaylineError(f"{name}: it unpacks to far more than a record holds; nothing was read")
    if not unpacker.eof:
        raise WaylineError(f"{name}: this gzip file is cut off")
    if unpacker.unused_data.strip(b"\x00"):
        raise WaylineError(f"{name}: something stands behind the end of this gzip file; nothing was read")
    return content


class _Reader:
    def __init__(self, name: str, vocabulary: Vocabulary, code_book: CodeBook, as_of: date) -> None:
        self.name = name
        self.vocabulary = vocabulary
        self.code_book = code_book
        self.as_of = as_of

    # --- One file -----------------------------------------------------------------------------------------------------

    def read_plain(self, data: bytes) -> RecordReading:
        start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if start == b"<":
            return self._ccda(data, self.name)
        text = decoded(data, self.name)
        if start not in (b"{", b"["):
            raise WaylineError(f"{self.name}: this is no record that can be read here: neither FHIR as JSON, nor C-CDA, nor a zip of those")
        pool = Pool()
        form = self._fill(pool, text, self.name, "")
        if not pool.counts and not pool.not_understood:
            raise WaylineError(f"{self.name}: it holds no FHIR resource")
        return self._read(pool, form)

    def _read(self, pool: Pool, form: str) -> RecordReading:
        if sum(pool.counts.values()) > MOST_ENTRIES:
            raise WaylineError(f"{self.name}: more than {MOST_ENTRIES:,} entries; nothing was read")
        return read_fhir(pool, self.name, form, self.vocabulary, self.code_book, self.as_of)

    def _fill(self, pool: Pool, text: str, name: str, where: str) -> str:
        """All resources of one text of JSON; returns its form."""
        if _first_line_is_whole(text):
            self._fill_lines(pool, text, where)
            return FHIR_LINES
        try:
            value = parse_json(text, name)
        except WaylineError:
            if not _has_whole_line(text):
                raise
            self._fill_lines(pool, text, where)  # lines of which the first is broken
            return FHIR_LINES
        if isinstance(value, list):
            for number, one in enumerate(value, start=1):
                pool.add(one, f"{where}, entry {number}".lstrip(", "))
            if not value:
                raise WaylineError(f"{name}: the list is empty")
            return FHIR_LIST
        if not isinstance(value, Mapping) or not isinstance(value.get("resourceType"), str):
            raise WaylineError(f"{name}: this is JSON, but no FHIR resource: 'resourceType' is missing")
        if value["resourceType"] == "Bundle":
            pool.add_bundle(value, where)
            if not pool.counts and not pool.not_understood:
                raise WaylineError(f"{name}: the bundle holds no entries")
            return FHIR_BUNDLE
        pool.add(value, where or "the file")
        return FHIR_RESOURCE

    def _fill_lines(self, pool: Pool, text: str, where: str) -> None:
        lead = f"{where}, " if where else ""
        read = 0
        for number, line in lines_of(text):
            place = f"{lead}line {number}"
            try:
                if len(line) > LONGEST_LINE:
                    raise WaylineError(f"{place}: longer than {LONGEST_LINE:,} characters", "this line is too long")
                value = parse_json(line, self.name, first_line=number)
            except WaylineError as error:
                why = str(error).removeprefix(f"{self.name}, line {number}: ")
                pool.miss(_BAD_LINE, shortened(line[:60]), place, why)
                continue
            pool.add(value, place)
            read += 1
            if read > MOST_ENTRIES:
                raise WaylineError(f"{self.name}: more than {MOST_ENTRIES:,} lines; nothing was read")
        if not read:
            first = next(iter(one for one in pool.not_understood if one.kind == _BAD_LINE), None)
            why = f", {first.where}: {first.why}" if first else ": it holds nothing"
            raise WaylineError(f"{self.name}{why}")

    def _ccda(self, data: bytes, name: str) -> RecordReading:
        if _FHIR_XML.search(data[:4000]):
            raise WaylineError(f"{name}: this is FHIR as XML, which is not read here; ask for it as JSON")
        if b"ClinicalDocument" not in data[:20_000] and b"<HealthData" in data[:20_000]:
            raise WaylineError(f"{name}: this is a part of an Apple Health export; give the whole export.zip")
        try:
            reader: Any = importlib.import_module("wayline.records.ccda").read_ccda
        except ModuleNotFoundError:
            raise WaylineError(f"{name}: this is XML, which cannot be read here") from None
        reading: RecordReading = reader(data, name, self.vocabulary, self.code_book, self.as_of)
        return reading

    # --- A zip --------------------------------------------------------------------------------------------------------

    def read_zip(self, data: bytes) -> RecordReading:
        pool = Pool()
        documents: list[RecordReading] = []
        is_apple = False
        for inner, content in self._members(data, pool):
            is_apple = is_apple or "clinical-records/" in inner or inner.endswith("export_cda.xml")
            start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            try:
                if start == b"<" and inner.lower().endswith((".xml", ".ccda", ".cda")):
                    if b"<HealthData" in content[:20_000]:
                        pool.miss("file", inner, inner, "what a phone or watch measured is not read")
                        continue
                    if not _may_be_a_record(content):
                        pool.miss("file", inner, inner, "it is no record that can be read here")
                        continue
                    document = self._ccda(content, inner)
                    if inner.endswith("export_cda.xml") and document.identity is not None:
                        # The phone's owner typed this name, perhaps a short one: only birth and sex tell two people apart.
                        document = replace(document, identity=replace(document.identity, given=frozenset(), family=frozenset()))
                    documents.append(document)
                elif start in (b"{", b"["):
                    self._fill(pool, decoded(content, inner), inner, inner)
                elif content.strip():
                    pool.miss("file", inner, inner, "it is no record that can be read here")
            except WaylineError as error:
                pool.miss(_BAD_LINE, inner, inner, str(error).removeprefix(f"{inner}, ").removeprefix(f"{inner}: "))
        if not pool.counts and not documents:
            first = next(iter(pool.not_understood), None)
            why = f" ({first.where}: {first.why})" if first else ""
            raise WaylineError(f"{self.name}: the zip holds no record that can be read here{why}")
        reading = self._read(pool, APPLE_HEALTH if is_apple else ZIP)
        return _together(reading, documents, bool(pool.counts), self.vocabulary) if documents else reading

    def _members(self, data: bytes, pool: Pool) -> Iterator[tuple[str, bytes]]:
        """The files in a zip, each bounded. A zip that tries tricks is refused as a whole."""
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
            members = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, RecursionError):
            raise WaylineError(f"{self.name}: this zip is damaged or cut off") from None
        if len(members) > MOST_FILES:
            raise WaylineError(f"{self.name}: the zip holds more than {MOST_FILES:,} files; nothing was read")
        left = LARGEST_UNPACKED_BYTES
        for member in members:
            inner = member.filename
            if member.is_dir() or inner.startswith("__MACOSX/") or inner.rsplit("/", 1)[-1].startswith("."):
                continue
            shown = shortened(inner)
            if inner.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", inner) or ":" in inner or not inner.isprintable():
                raise WaylineError(f"{self.name}: the zip holds a file whose name leads out of it ('{shown}'); nothing was read")
            if member.flag_bits & 0x1:
                raise WaylineError(f"{self.name}: '{shown}' in the zip is locked with a password; nothing was read")
            if not inner.lower().endswith((".json", ".ndjson", ".xml", ".ccda", ".cda", ".txt", ".gz", ".zip", ".jsonl")):
                pool.miss("file", shown, shown, "it is no record that can be read here")
                continue
            if member.file_size > left or _is_bomb(member.file_size, member.compress_size):
                raise WaylineError(f"{self.name}: the zip unpacks to far more than a record holds ('{shown}'); nothing was read")
            try:
                with archive.open(member) as file:
                    content = file.read(left + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
                raise WaylineError(f"{self.name}: '{shown}' in the zip is damaged") from None
            left -= len(content)
            if left < 0 or _is_bomb(len(content), member.compress_size):
                raise WaylineError(f"{self.name}: the zip unpacks to far more than a record holds ('{shown}'); nothing was read")
            if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
                raise WaylineError(f"{self.name}: '{shown}' is a zip inside the zip; unpack it and give it by itself")
            if content[:2] == b"\x1f\x8b":
                content = _unzipped(content, f"{self.name}, {shown}")
                left -= len(content)
                if left < 0:
                    raise WaylineError(f"{self.name}: the zip unpacks to far more than a record holds ('{shown}'); nothing was read")
            yield shown, content


def _is_bomb(size: int, packed_size: int) -> bool:
    return size > _SMALL_ENOUGH and size > LARGEST_RATIO * max(1, packed_size)


def _may_be_a_record(xml: bytes) -> bool:
    """Whether XML beside other files is meant as a record; exports also hold lists of their files and style sheets."""
    start = xml[:_START_OF_XML].replace(b"\x00", b"")
    return b"ClinicalDocument" in start or b"urn:hl7-org:v3" in start or _FHIR_XML.search(start) is not None or b"<!" in start[:2_000]


def _first_line_is_whole(text: str) -> bool:
    """Whether the first of several lines is a block by itself, as in a bulk export."""
    lines = lines_of(text)
    first, second = next(lines, None), next(lines, None)
    return first is not None and second is not None and _is_resource(first[1])


def _has_whole_line(text: str) -> bool:
    return any(_is_resource(line) for _, line in islice(lines_of(text), 1, _LINES_TO_LOOK_AT))


def _is_resource(line: str) -> bool:
    if not (line.startswith("{") and line.endswith("}")) or len(line) > LONGEST_LINE:
        return False
    try:
        value = parse_json(line, "line")
    except WaylineError:
        return False
    return isinstance(value, Mapping) and "resourceType" in value


def _together(reading: RecordReading, documents: list[RecordReading], has_fhir: bool, vocabulary: Vocabulary) -> RecordReading:
    """One export's parts as one reading. Where a part speaks of several people, or the parts of different ones, nothing is taken."""
    parts = [*([reading] if has_fhir else []), *documents]
    people = max(*(part.people for part in parts), people_among(one for part in parts if (one := part.identity) is not None))
    is_told = any(part.people > 1 for part in parts) or people == 1
    why = f"its parts speak of {people} people, and nothing says which one it is about"
    differ = () if is_told else (NotUnderstood("people", f"{people} people", "the whole file", why),)
    counts: dict[str, int] = {}
    for part in (reading, *documents):
        for kind, count in part.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    facts: list[ImportedFact] = []
    for part in parts:
        lead = "" if part is reading else f"{part.name}, "
        facts += [replace(one, where=lead + one.where) for one in part.facts]
    return RecordReading(
        reading.name,
        reading.form,
        _one_series(facts, vocabulary) if people == 1 else (),
        (*(one for part in (reading, *documents) for one in part.not_understood), *differ),
        tuple(one for part in parts for one in part.reports) if people == 1 else (),
        counts,
        people,
    )


def _one_series(facts: list[ImportedFact], vocabulary: Vocabulary) -> tuple[ImportedFact, ...]:
    """Each part has its newest result of a blood test; of all parts together only the newest day stays one, the others join the series."""
    newest: dict[str, str] = {}
    for one in facts:
        if one.date is not None and vocabulary[one.fact_id].is_lab:
            newest[one.fact_id] = max(newest.get(one.fact_id, ""), one.date)
    limits = {(one.fact_id, one.where): one for one in facts if one.fact_id.endswith(tuple(_ENDS))}
    kept: list[ImportedFact] = []
    for one in facts:
        lab = one.fact_id[:-4] if one.fact_id.endswith(tuple(_ENDS)) else one.fact_id
        if one.date is None or one.date >= newest.get(lab, ""):
            kept.append(one)
        elif lab == one.fact_id:
            form = {key: value for key, value in one.told.items() if key not in ("date", "source")}
            unit = {"unit": form["unit"]} if "unit" in form else {}
            ends = {name: limits[lab + ending, one.where] for ending, name in _ENDS.items() if (lab + ending, one.where) in limits}
            item = {
                "lab": lab,
                "value": form["value"] if set(form) <= {"value", "unit"} else form,
                **unit,
                **{name: end.told["value"] for name, end in ends.items() if end.told.get("unit") == form.get("unit")},
                "date": one.date,
            }
            kept.append(replace(one, fact_id=EARLIER, told=item, is_item=True))
    return tuple(kept)


_ENDS = {"_lln": "lower_limit", "_uln": "upper_limit"}
