"""DICOM segmentations (SEG) and measurement reports (SR by TID 1500) in the plain form.

Hospitals' files are read, and strangers' files are not trusted: every length, depth and count is walked through and bounded before pydicom
builds anything, a deflated file is unpacked only up to a limit, and pixels are looked at frame by frame where they lie. A file without the
parts that are needed is refused by name. Names, numbers and identifiers of people are neither kept nor shown.
"""

from __future__ import annotations

import io
import math
import re
import struct
import unicodedata
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wayline.liver.measuring import UNKNOWN, Grid, Index, Mask
from wayline.reading import WaylineError
from wayline.records.label_maps import (
    DICOM_SEG,
    LESION,
    LIVER,
    MOST_LABELS,
    MOST_VOXELS,
    TAKEN,
    Label,
    LabelMap,
    MeasurementReport,
    ReportedLesion,
    ReportedMeasurement,
    quiet_imaging,
)

LARGEST_DICOM_BYTES = 700_000_000
LARGEST_INFLATED_BYTES = 300_000_000
MOST_ELEMENTS = 400_000
DEEPEST_NESTING = 24
MOST_SLICES = 5_000
MOST_MEASUREMENTS = 20_000
_LONGEST_WORD = 64

_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_DEFLATED, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")  # segmentation, label map segmentation
_SURFACES = "1.2.840.10008.5.1.4.1.1.66.5"
_REPORTS = tuple(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 35))
_PIXELS = 0x7FE00010
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, _PIXELS)
_LONG_FORMS = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_UNDEFINED = 0xFFFFFFFF

# Codes of (scheme-free) values that mean the liver, and those that mean something like a tumor. SNOMED CT, its older SRT form, NCI, FMA.
_LIVER_CODES = frozenset({"10200004", "T-62000", "C12392", "7197", "181268008"})
_LESION_CODES = frozenset(
    {"52988006", "M-01100", "C3824", "4147007", "M-03000", "27925004", "M-03010"}  # lesion, mass, nodule
    | {"108369006", "M-80000", "C3262", "86049000", "M-80003", "14799000", "M-80006", "C19151"}  # neoplasm, primary, secondary
    | {"126851005", "94381002"}  # neoplasm of the liver, metastasis in the liver
)
_LESION_WORDS = re.compile(r"\b(lesions?|tumou?rs?|neoplasms?|metasta\w+|mass(es)?|carcinomas?|nodules?|cancers?|malignan\w+|hcc)\b", re.I)
_NOT_LESION_WORDS = re.compile(r"\b(no|non|without|free|minus|exclud\w*|normal|benign|cysts?|h(a)?emangiomas?)\b", re.I)
_LIVER_WORDS = re.compile(r"\b(liver|hepatic|hepar)\b", re.I)
_ONLY_LIVER = re.compile(r"\s*(whole |entire )?(liver|hepar)( parenchyma)?\s*", re.I)
_SEGMENT_WORDS = re.compile(r"\bsegments?\s+(?P<number>viii|vii|vi|iv|v|iii|ii|i|[1-8])\s*(?P<half>[ab]?)\b", re.I)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}

_REPORT, _GROUP, _TRACKING, _FINDING, _DERIVATION = "126000", "125007", "112039", "121071", "121401"
_SITE = ("363698007", "G-C0E3")
# The longest first: a group may tell more than one of them.
_LONG_AXIS = ("103339001", "G-A185")
_DIAMETER = ("81827009", "M-02550", "M-02251")
_LENGTH = ("121206", "410668003", "G-D7FE", "G-A22A")
_VOLUME = ("118565006", "G-D705", "C25335")
_MAXIMUM = ("56851009", "G-A437", "C25564")
_MM_IN_UNIT = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}
_ML_IN_UNIT = {"ml": 1.0, "mL": 1.0, "cm3": 1.0, "mm3": 0.001, "l": 1000.0, "L": 1000.0}


def read_dicom(file: BinaryIO, size: int, name: str) -> LabelMap | MeasurementReport:
    """Read a segmentation or a measurement report; every fault is a WaylineError."""
    if size > LARGEST_DICOM_BYTES:
        raise WaylineError(f"{name}: larger than {LARGEST_DICOM_BYTES:,} bytes; nothing was read")
    quiet_imaging("pydicom")
    try:
        # Its warnings repeat values, which may be a person's.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file.read(size), name)
    except WaylineError:
        raise
    except MemoryError:
        raise
    # What pydicom and numpy make of damaged values has no common kind; whatever it is, the file is to blame.
    except Exception as error:
        raise WaylineError(f"{name}: a DICOM file with a damaged or unusual part that cannot be read ({type(error).__name__})") from None


def _read(raw: bytes, name: str) -> LabelMap | MeasurementReport:
    syntax, start = _transfer_syntax(raw, name)
    if syntax == _DEFLATED:
        raw, start = _inflated(raw, start, name), 0
    is_implicit, is_little = syntax == _IMPLICIT, syntax != _BIG_ENDIAN
    walked = _walk(raw, start, is_implicit, is_little, name)
    filereader = quiet_imaging("pydicom.filereader")
    stream = io.BytesIO(raw[start : walked.pixels_at]) if walked.pixels_at is not None else io.BytesIO(raw[start:])
    told = filereader.read_dataset(stream, is_implicit, is_little)  # type: ignore[attr-defined]
    sop_class = str(told.get("SOPClassUID") or "")
    if sop_class in _SEGMENTATIONS:
        if walked.is_encapsulated or syntax not in (_IMPLICIT, _EXPLICIT, _DEFLATED, _BIG_ENDIAN):
            raise WaylineError(f"{name}: a segmentation with compressed pixels ({_uid_name(syntax)}); save it uncompressed")
        return _read_segmentation(told, raw, start, walked, is_little, name)
    if sop_class in _REPORTS:
        return _read_report(told, name)
    if sop_class == _SURFACES:
        raise WaylineError(f"{name}: a DICOM surface segmentation; its surfaces are not measured. Needed is {TAKEN}.")
    what = _uid_name(sop_class) if sop_class else "file without a kind (SOP class)"
    raise WaylineError(f"{name}: this is a DICOM {what}. Needed is {TAKEN}.")


def _uid_name(uid: str) -> str:
    known = str(quiet_imaging("pydicom.uid").UID(uid).name)  # type: ignore[attr-defined]
    return _word(known) or "of an unknown kind"


# --- Walking through before anything is built -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Walked:
    """Where the pixels lie, if there are any."""

    pixels_at: int | None  # where their element starts
    value_at: int
    length: int
    is_encapsulated: bool


def _transfer_syntax(raw: bytes, name: str) -> tuple[str, int]:
    """The transfer syntax and where the data set starts."""
    at, syntax = 132, ""
    while raw[at : at + 2] == b"\x02\x00":
        form = raw[at + 4 : at + 6]
        if len(raw) < at + 12:
            raise WaylineError(f"{name}: cut short within the DICOM header")
        if form in _LONG_FORMS:
            length, value_at = int.from_bytes(raw[at + 8 : at + 12], "little"), at + 12
        else:
            length, value_at = int.from_bytes(raw[at + 6 : at + 8], "little"), at + 8
        if value_at + length > len(raw):
            raise WaylineError(f"{name}: cut short within the DICOM header")
        if raw[at + 2 : at + 4] == b"\x10\x00":
            syntax = raw[value_at : value_at + length].decode("ascii", "replace").strip("\x00 ")
        at = value_at + length
    if not re.fullmatch(r"[0-9.]{1,64}", syntax):
        raise WaylineError(f"{name}: a DICOM file that does not say how it is encoded (no transfer syntax)")
    if at >= len(raw):
        raise WaylineError(f"{name}: cut short: nothing follows the DICOM header")
    return syntax, at


def _inflated(raw: bytes, start: int, name: str) -> bytes:
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacking.decompress(memoryview(raw)[start:], LARGEST_INFLATED_BYTES + 1)
    except zlib.error:
        raise WaylineError(f"{name}: a deflated DICOM file that cannot be unpacked; it is damaged") from None
    if len(unpacked) > LARGEST_INFLATED_BYTES:
        raise WaylineError(f"{name}: unpacks to more than {LARGEST_INFLATED_BYTES:,} bytes; nothing more was read")
    if not unpacking.eof:
        raise WaylineError(f"{name}: cut short: the deflated data end in the middle")
    return unpacked


def _walk(raw: bytes, start: int, is_implicit: bool, is_little: bool, name: str) -> _Walked:
    """Every element once, without building anything: lengths within the file, and neither too deep nor too many."""
    order = "<" if is_little else ">"
    tag_of = struct.Struct(order + "HH").unpack_from
    short_of = struct.Struct(order + "H").unpack_from
    long_of = struct.Struct(order + "I").unpack_from
    is_sequence = _sequence_tags()
    end, at, count = len(raw), start, 0
    cut = f"{name}: cut short, or damaged: an element of the DICOM file reaches beyond its end"
    # Each level: where it ends (None: at a delimiter), whether it is an item, whether it is written without value forms.
    levels: list[tuple[int | None, bool, bool]] = []
    while True:
        while levels and levels[-1][0] is not None and at >= levels[-1][0]:
            if at > levels[-1][0]:
                raise WaylineError(cut)
            levels.pop()
        if at >= end and not levels:
            return _Walked(None, 0, 0, False)
        if at + 8 > end:
            raise WaylineError(cut)
        count += 1
        if count > MOST_ELEMENTS:
            raise WaylineError(f"{name}: more than {MOST_ELEMENTS:,} elements in the DICOM file; nothing was read")
        if len(levels) > 2 * DEEPEST_NESTING:
            raise WaylineError(f"{name}: a DICOM file nested deeper than {DEEPEST_NESTING} levels; nothing was read")
        group, element = tag_of(raw, at)
        bare = levels[-1][2] if levels else is_implicit
        if group == 0xFFFE:
            length = long_of(raw, at + 4)[0]
            at += 8
            if element == 0xE000 and levels and not levels[-1][1]:
                levels.append((None if length == _UNDEFINED else at + length, True, bare))
                if length != _UNDEFINED and at + length > end:
                    raise WaylineError(cut)
            elif element in (0xE00D, 0xE0DD) and levels and levels[-1][0] is None and levels[-1][1] == (element == 0xE00D):
                levels.pop()
            else:
                raise WaylineError(f"{name}: a damaged DICOM file: a sequence ends where none began")
            continue
        if levels and not levels[-1][1]:
            raise WaylineError(f"{name}: a damaged DICOM file: a sequence without items")
        tag = group << 16 | element
        form = b"" if bare else raw[at + 4 : at + 6]
        if bare:
            length, value_at = long_of(raw, at + 4)[0], at + 8
        elif not (form.isalpha() and form.isupper()):
            raise WaylineError(f"{name}: a damaged DICOM file: an element without a value form")
        elif form in _LONG_FORMS:
            if at + 12 > end:
                raise WaylineError(cut)
            length, value_at = long_of(raw, at + 8)[0], at + 12
        else:
            length, value_at = short_of(raw, at + 6)[0], at + 8
        if tag in _PIXEL_TAGS and not levels:
            if length != _UNDEFINED and value_at + length > end:
                raise WaylineError(f"{name}: cut short: {end - value_at:,} bytes of pixels, where {length:,} are announced")
            return _Walked(at, value_at, 0 if length == _UNDEFINED else length, length == _UNDEFINED)
        if length == _UNDEFINED:
            if form not in (b"SQ", b"UN", b""):
                raise WaylineError(f"{name}: a damaged DICOM file: a value without a length")
            levels.append((None, False, bare or form == b"UN"))
            at = value_at
            continue
        if value_at + length > end or (levels and levels[-1][0] is not None and value_at + length > levels[-1][0]):
            raise WaylineError(cut)
        if form == b"SQ" or (form in (b"", b"UN") and tag in is_sequence):
            levels.append((value_at + length, False, bare or form == b"UN"))
            at = value_at
        else:
            at = value_at + length


def _sequence_tags() -> frozenset[int]:
    """Tags that hold sequences, for files that do not say so themselves."""
    dictionary = quiet_imaging("pydicom._dicom_dict").DicomDictionary  # type: ignore[attr-defined]
    return frozenset(tag for tag, entry in dictionary.items() if entry[0] == "SQ")


# --- Segmentations --------------------------------------------------------------------------------------------------


class _Frames:
    """The frames of a segmentation, each in its place; unpacked one by one when asked for."""

    def __init__(
        self, grid: Grid, frames: Sequence[tuple[int | None, int]], pixels: NDArray[np.uint8], bits: int, least: int, order: str
    ) -> None:
        self._grid = grid
        self._frames = frames  # of each frame: its segment (None: its pixels are segment numbers), and its slice
        self._pixels = pixels
        self._bits = bits
        self._least = least  # the smallest value that counts as inside
        self._order = order

    def frame(self, at: int) -> NDArray[Any]:
        _, rows, columns = self._grid.shape
        size = rows * columns
        if self._bits == 1:
            first = at * size
            packed = self._pixels[first // 8 : (first + size + 7) // 8]
            values: NDArray[Any] = np.unpackbits(packed, bitorder="little")[first % 8 : first % 8 + size]
        else:
            kept = np.dtype(f"{self._order}u{self._bits // 8}")
            values = np.frombuffer(self._pixels, dtype=kept, count=size, offset=at * size * kept.itemsize)
        return values.reshape(rows, columns)

    def counted(self, numbers: Sequence[int], name: str) -> dict[int, int]:
        counts = dict.fromkeys(numbers, 0)
        for at, (number, _) in enumerate(self._frames):
            values = self.frame(at)
            if number is not None:
                counts[number] += int(np.count_nonzero(values >= self._least))
                continue
            found, many = np.unique(values[values != 0], return_counts=True)
            for one, voxels in zip(found.tolist(), many.tolist(), strict=True):
                if one not in counts:
                    raise WaylineError(f"{name}: pixels name segment {one}, which the file does not describe")
                counts[one] += voxels
        return counts

    def _of(self, wanted: int) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        for at, (number, slice_at) in enumerate(self._frames):
            if number is None:
                yield slice_at, self.frame(at) == wanted
            elif number == wanted:
                yield slice_at, self.frame(at) >= self._least

    def mask(self, number: int) -> Mask:
        _, rows, columns = self._grid.shape
        is_row, is_column, slices = np.zeros(rows, dtype=bool), np.zeros(columns, dtype=bool), []
        for slice_at, inside in self._of(number):
            if inside.any():
                is_row |= inside.any(axis=1)
                is_column |= inside.any(axis=0)
                slices.append(slice_at)
        if not slices:
            return Mask(np.zeros((0, 0, 0), dtype=bool), (0, 0, 0), self._grid)
        row, column = np.flatnonzero(is_row), np.flatnonzero(is_column)
        offset: Index = (min(slices), int(row[0]), int(column[0]))
        held = np.zeros((max(slices) - offset[0] + 1, int(row[-1]) - offset[1] + 1, int(column[-1]) - offset[2] + 1), dtype=bool)
        for slice_at, inside in self._of(number):
            if 0 <= slice_at - offset[0] < held.shape[0]:
                held[slice_at - offset[0]] |= inside[offset[1] : int(row[-1]) + 1, offset[2] : int(column[-1]) + 1]
        return Mask(held, offset, self._grid)

    def as_array(self) -> NDArray[np.integer]:
        array = np.zeros(self._grid.shape, dtype=np.uint16)
        for at, (number, slice_at) in enumerate(self._frames):
            if number is None:
                array[slice_at] = self.frame(at)
                continue
            inside = self.frame(at) >= self._least
            if (array[slice_at][inside] != 0).any():
                raise WaylineError("segments that overlap cannot tell which Couinaud segment a voxel belongs to")
            array[slice_at][inside] = number
        return array


def _read_segmentation(told: Any, raw: bytes, start: int, walked: _Walked, is_little: bool, name: str) -> LabelMap:
    rows, columns = _whole(told, "Rows", name), _whole(told, "Columns", name)
    frames = _whole(told, "NumberOfFrames", name)
    bits = _whole(told, "BitsAllocated", name)
    if frames * rows * columns > 8 * LARGEST_DICOM_BYTES or rows * columns > MOST_VOXELS:
        raise WaylineError(f"{name}: {frames:,} frames of {rows:,} x {columns:,} pixels are too many; nothing was read")
    kind = str(told.get("SegmentationType") or "")
    if kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise WaylineError(f"{name}: a segmentation of the type '{_word(kind)}'; BINARY, FRACTIONAL and LABELMAP are taken")
    if bits not in ((1,) if kind == "BINARY" else (8,) if kind == "FRACTIONAL" else (8, 16)):
        raise WaylineError(f"{name}: a {kind} segmentation with {bits} bits a pixel; that cannot be")
    if walked.pixels_at is None:
        raise WaylineError(f"{name}: a segmentation without pixels")
    if int.from_bytes(raw[walked.pixels_at : walked.pixels_at + 4], "little" if is_little else "big") == 0 or walked.length == 0:
        raise WaylineError(f"{name}: a segmentation without pixels")
    needed = (frames * rows * columns * bits + 7) // 8
    if walked.length < needed:
        raise WaylineError(f"{name}: {walked.length:,} bytes of pixels, where {frames:,} frames of {rows} x {columns} need {needed:,}")
    described = told.get("SegmentSequence") or []
    if not described:
        raise WaylineError(f"{name}: a segmentation that describes no segment")
    if len(described) > MOST_LABELS:
        raise WaylineError(f"{name}: more than {MOST_LABELS:,} segments")
    grid, placed = _placed_frames(told, frames, rows, columns, kind, name)
    notes = []
    least = 1
    if kind == "FRACTIONAL":
        least = max(1, math.ceil(_whole(told, "MaximumFractionalValue", name) / 2))
        notes.append("The segmentation gives fractions; voxels of one half or more are taken as inside.")
    pixels = np.frombuffer(raw, dtype=np.uint8, count=needed, offset=walked.value_at)
    drawing = _Frames(grid, placed, pixels, bits, least, "<" if is_little else ">")
    numbers = [_whole(segment, "SegmentNumber", name, lowest=0) for segment in described]
    if len(set(numbers)) != len(numbers):
        raise WaylineError(f"{name}: two segments have the same number")
    missing = sorted({number for number, _ in placed if number is not None} - set(numbers))
    if missing:
        raise WaylineError(f"{name}: frames belong to segment {missing[0]}, which the file does not describe")
    counts = drawing.counted(numbers, name)
    labels = {}
    for number, segment in zip(numbers, described, strict=True):
        if number == 0:  # a label map describes its background too
            continue
        label = _label(number, counts[number], segment)
        labels[number] = label
    scan_date, date_notes = _scan_date(told)
    return LabelMap(DICOM_SEG, grid, labels, drawing, True, scan_date, tuple(notes + date_notes))


def _whole(told: Any, keyword: str, name: str, lowest: int = 1) -> int:
    value = told.get(keyword)
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise WaylineError(f"{name}: the DICOM file's {keyword} is missing or is no number") from None
    if number < lowest:
        raise WaylineError(f"{name}: the DICOM file's {keyword} is {number}; that cannot be")
    return number


def _numbers(values: Any, many: int, what: str, name: str) -> NDArray[np.float64]:
    try:
        numbers = np.array([float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        numbers = np.zeros(0)
    if len(numbers) != many or not np.isfinite(numbers).all() or (np.abs(numbers) > 1e7).any():
        raise WaylineError(f"{name}: the segmentation's {what} is missing or damaged, so it cannot be measured")
    return numbers


def _first(told: Any, keyword: str) -> Any:
    items = told.get(keyword) if told is not None else None
    return items[0] if items else None


def _placed_frames(told: Any, frames: int, rows: int, columns: int, kind: str, name: str) -> tuple[Grid, list[tuple[int | None, int]]]:
    """The grid on which all frames lie, and each frame's segment and slice."""
    shared = _first(told, "SharedFunctionalGroupsSequence")
    per_frame = told.get("PerFrameFunctionalGroupsSequence") or []
    if len(per_frame) != frames:
        raise WaylineError(f"{name}: {frames:,} frames, but {len(per_frame):,} of them are described")

    def part(frame: Any, keyword: str) -> Any:
        return _first(frame, keyword) or _first(shared, keyword)

    places = np.zeros((frames, 3))
    numbers: list[int | None] = []
    geometry: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    measures: Any = None
    for at, frame in enumerate(per_frame):
        position, orientation, measures = (
            part(frame, f"{word}Sequence") for word in ("PlanePosition", "PlaneOrientation", "PixelMeasures")
        )
        places[at] = _numbers(_get(position, "ImagePositionPatient"), 3, "position in the body (ImagePositionPatient)", name)
        directions = _numbers(_get(orientation, "ImageOrientationPatient"), 6, "orientation (ImageOrientationPatient)", name)
        spacing = _numbers(_get(measures, "PixelSpacing"), 2, "pixel size (PixelSpacing)", name)
        if geometry is None:
            geometry = (directions, spacing)
        elif not np.allclose(geometry[0], directions, atol=1e-4) or not np.allclose(geometry[1], spacing, rtol=1e-4):
            raise WaylineError(f"{name}: frames of different orientation or pixel size; they cannot be measured together")
        segment = part(frame, "SegmentIdentificationSequence")
        named = _get(segment, "ReferencedSegmentNumber")
        if kind != "LABELMAP":
            if isinstance(named, int) and named > 0:
                numbers.append(int(named))
            else:
                raise WaylineError(f"{name}: frame {at + 1} does not say which segment it belongs to")
        else:
            numbers.append(None)
    if geometry is None:
        raise WaylineError(f"{name}: a segmentation without frames")
    grid, slices = _stacked(places, geometry[0], geometry[1], measures, (rows, columns), name)
    seen: set[tuple[int | None, int]] = set()
    placed = []
    for number, slice_at in zip(numbers, slices, strict=True):
        if (number, slice_at) in seen:
            raise WaylineError(f"{name}: two frames of one segment lie in the same place (a series over time?); give one of them")
        seen.add((number, slice_at))
        placed.append((number, slice_at))
    return grid, placed


def _get(item: Any, keyword: str) -> Any:
    return None if item is None else item.get(keyword)


def _stacked(
    places: NDArray[np.float64],
    directions: NDArray[np.float64],
    spacing: NDArray[np.float64],
    measures: Any,
    size: tuple[int, int],
    name: str,
) -> tuple[Grid, list[int]]:
    """One even stack of slices through all frames; slices without anything drawn may be missing from the file."""
    along_row, along_column = directions[:3], directions[3:]
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if not np.allclose(lengths, 1, atol=1e-2) or abs(float(along_row @ along_column)) > 1e-2:
        raise WaylineError(f"{name}: the segmentation's orientation (ImageOrientationPatient) is damaged, so it cannot be measured")
    normal = np.cross(along_row, along_column)
    normal /= np.linalg.norm(normal)
    depths = places @ normal
    first = int(depths.argmin())
    away = depths - depths[first]
    tolerance = 1e-3
    levels = np.unique(np.round(away / tolerance)) * tolerance
    gaps = np.diff(levels)
    gaps = gaps[gaps > 2 * tolerance]
    told = [_positive(_get(measures, keyword)) for keyword in ("SpacingBetweenSlices", "SliceThickness")]
    if not len(gaps):
        thickness = told[0] or told[1]
        if thickness is None:
            raise WaylineError(f"{name}: one slice, and the file does not say how thick it is")
        step = normal * thickness
        slices = np.zeros(len(places), dtype=np.int64)
    else:
        between = told[0] if told[0] is not None and _is_even(gaps, told[0]) else float(gaps.min())
        if not _is_even(gaps, between):
            raise WaylineError(f"{name}: the slices lie unevenly, between {gaps.min():.3g} and {gaps.max():.3g} mm apart; resample them")
        slices = np.rint(away / between).astype(np.int64)
        if int(slices.max()) >= MOST_SLICES:
            raise WaylineError(f"{name}: the frames reach over {int(slices.max()) + 1:,} slices, more than {MOST_SLICES:,}")
        last = int(slices.argmax())
        step = (places[last] - places[first]) / slices[last]
        strays = np.abs(places - places[first] - slices[:, None] * step).max()
        if strays > 0.1 * min(between, float(spacing.min())) + 0.01:
            raise WaylineError(f"{name}: the slices do not lie in one straight stack; resample them")
    sizes = [float(np.linalg.norm(step)), *spacing.tolist()]
    if min(sizes) < 0.01 or max(sizes) > 100:
        raise WaylineError(f"{name}: voxels of {' x '.join(f'{one:.4g}' for one in sizes)} mm; sizes from 0.01 to 100 mm are taken")
    shape: Index = (int(slices.max()) + 1, size[0], size[1])
    if shape[0] * shape[1] * shape[2] > MOST_VOXELS:
        raise WaylineError(f"{name}: {' x '.join(map(str, shape))} voxels are more than {MOST_VOXELS:,}; nothing was read")
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = step, along_column * spacing[0], along_row * spacing[1]
    affine[:3, 3] = places[first]
    affine[:2] *= -1  # DICOM counts to the left and to the back, NIfTI to the right and to the front
    return Grid(shape, affine), [int(one) for one in slices]


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _is_even(gaps: NDArray[np.float64], step: float) -> bool:
    slices = gaps / step
    return bool((np.abs(slices - np.rint(slices)) < 0.05).all() and (np.rint(slices) >= 1).all())


def _label(number: int, voxels: int, segment: Any) -> Label:
    """What the file itself says of a segment. The coded kind counts; where it says neither, the words do."""
    kind = _first(segment, "SegmentedPropertyTypeCodeSequence")
    code, meaning = _code(kind)
    label = _word(segment.get("SegmentLabel")) or meaning
    words = f"{label or ''} {meaning or ''}"
    is_lesion_word = bool(_LESION_WORDS.search(words)) and not _NOT_LESION_WORDS.search(words)
    is_liver = code in _LIVER_CODES or bool(_ONLY_LIVER.fullmatch(meaning or ""))
    means = None
    if code in _LESION_CODES:
        means = None if _NOT_LESION_WORDS.search(words) else LESION
    elif is_liver:
        # A segment coded as liver and called a lesion is neither for certain.
        means = None if _LESION_WORDS.search(label or "") else LIVER
    elif is_lesion_word:
        means = LESION
    elif _ONLY_LIVER.fullmatch(label or ""):
        means = LIVER
    region_code, region = _code(_first(segment, "AnatomicRegionSequence"))
    is_in_liver = region_code in _LIVER_CODES or region is None or bool(_LIVER_WORDS.search(region))
    return Label(number, voxels, label, means, is_elsewhere=means == LESION and not is_in_liver)


def _code(item: Any) -> tuple[str | None, str | None]:
    """A coded entry's value and meaning."""
    if item is None:
        return None, None
    value = item.get("CodeValue") or item.get("LongCodeValue")
    return (None if value is None else str(value).strip()), _word(item.get("CodeMeaning"))


def _word(value: Any) -> str | None:
    """Text of a file, safe to show: one line, bounded."""
    if value is None:
        return None
    text = "".join(letter for letter in str(value)[: 4 * _LONGEST_WORD] if unicodedata.category(letter)[0] not in "CZ" or letter == " ")
    return text.strip()[:_LONGEST_WORD] or None


def _scan_date(told: Any) -> tuple[date | None, list[str]]:
    """The day of the study. The file's own day is that of the drawing, which may be years later."""
    value = told.get("StudyDate")
    text = str(value or "").strip().replace(".", "")
    try:
        day = datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None, ["The file does not tell the day of the scan." if not text else "The day of the scan cannot be read."]
    return day, []


# --- Measurement reports --------------------------------------------------------------------------------------------


def _read_report(told: Any, name: str) -> MeasurementReport:
    code, meaning = _code(_first(told, "ConceptNameCodeSequence"))
    if code != _REPORT:
        what = f"'{meaning}'" if meaning else "no title"
        raise WaylineError(f"{name}: a DICOM report with {what}, not a measurement report (TID 1500). Needed is {TAKEN}.")
    groups = list(_groups(told, 0))
    notes: list[str] = []
    if not groups:
        notes.append("The report holds no measurement groups.")
    measurements: list[ReportedMeasurement] = []
    lesions: list[ReportedLesion] = []
    without_value = 0
    for number, group in enumerate(groups, start=1):
        found, lost = _measurements(group, number)
        without_value += lost
        measurements += [measurement for measurement, _ in found]
        if len(measurements) > MOST_MEASUREMENTS:
            raise WaylineError(f"{name}: more than {MOST_MEASUREMENTS:,} measurements")
        lesion = _lesion(group, found, number, notes)
        if lesion is not None:
            lesions.append(lesion)
    if without_value:
        notes.append(f"{without_value:,} measurements have no value.")
    scan_date, date_notes = _scan_date(told)
    return MeasurementReport(tuple(measurements), tuple(lesions), scan_date, tuple(notes + date_notes))


def _children(item: Any) -> Sequence[Any]:
    return item.get("ContentSequence") or ()


def _concept(item: Any) -> tuple[str | None, str | None]:
    return _code(_first(item, "ConceptNameCodeSequence"))


def _groups(item: Any, depth: int) -> Iterator[Any]:
    for child in _children(item):
        if child.get("ValueType") == "CONTAINER":
            if _concept(child)[0] == _GROUP:
                yield child
            elif depth < DEEPEST_NESTING:
                yield from _groups(child, depth + 1)


def _coded(item: Any, is_wanted: Callable[[str | None], bool]) -> tuple[str | None, str | None]:
    """The code that an item's child with such a name holds."""
    for child in _children(item):
        if is_wanted(_concept(child)[0]) and child.get("ValueType") == "CODE":
            return _code(_first(child, "ConceptCodeSequence"))
    return None, None


def _measurements(group: Any, number: int) -> tuple[list[tuple[ReportedMeasurement, tuple[str | None, str | None, str | None]]], int]:
    """A group's numbers, each with the codes of its name, derivation and site; and how many have no value."""
    tracking = next((_word(child.get("TextValue")) for child in _children(group) if _concept(child)[0] == _TRACKING), None)
    finding = _coded(group, lambda code: code == _FINDING)[1]
    site_code, site = _coded(group, lambda code: code in _SITE)
    found, lost = [], 0
    for item in _children(group):
        if item.get("ValueType") != "NUM":
            continue
        code, name = _concept(item)
        measured = _first(item, "MeasuredValueSequence")
        try:
            value = float(_get(measured, "NumericValue"))
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not math.isfinite(value):
            lost += 1
            continue
        derivation_code, derivation = _coded(item, lambda code: code == _DERIVATION)
        own_code, own_site = _coded(item, lambda code: code in _SITE)
        unit, _ = _code(_first(measured, "MeasurementUnitsCodeSequence"))
        shown = ReportedMeasurement(
            group=number,
            tracking_id=tracking,
            finding=finding,
            finding_site=own_site or site,
            name=name or _word(code) or "without a name",
            derivation=derivation,
            value=value,
            unit=_word(unit) or "",
        )
        found.append((shown, (code, derivation_code, own_code or site_code)))
    return found, lost


def _lesion(
    group: Any,
    found: Sequence[tuple[ReportedMeasurement, tuple[str | None, str | None, str | None]]],
    number: int,
    notes: list[str],
) -> ReportedLesion | None:
    """The tumor that a group tells of: a longest diameter in the liver, of something that may be a tumor."""
    finding_code, finding = _coded(group, lambda code: code == _FINDING)
    is_lesion = finding_code in _LESION_CODES or bool(_LESION_WORDS.search(finding or ""))
    if (finding is not None and not is_lesion) or _NOT_LESION_WORDS.search(finding or ""):
        return None
    best: tuple[int, float, ReportedMeasurement] | None = None
    volume = None
    for measurement, (code, derivation, site_code) in found:
        is_in_liver = site_code in _LIVER_CODES or bool(_LIVER_WORDS.search(measurement.finding_site or ""))
        if not is_in_liver or (derivation is not None and derivation not in _MAXIMUM):
            continue
        if code in _VOLUME and measurement.unit in _ML_IN_UNIT and measurement.value > 0:
            volume = measurement.value * _ML_IN_UNIT[measurement.unit]
        rank = _rank(code, measurement.name, is_lesion)
        if rank is None or measurement.value <= 0:
            continue
        if measurement.unit not in _MM_IN_UNIT:
            notes.append(
                f"Group {number}: '{measurement.name}' in '{measurement.unit}' is no length that is known; not taken as a diameter."
            )
            continue
        mm = measurement.value * _MM_IN_UNIT[measurement.unit]
        if best is None or (-rank, mm) > (-best[0], best[1]):
            best = (rank, mm, measurement)
    if best is None:
        return None
    _, mm, measurement = best
    if measurement.unit != "mm":
        notes.append(f"Group {number}: {measurement.value:g} {measurement.unit} was read as {mm:g} mm.")
    return ReportedLesion(_segment_in(measurement.finding_site), mm, volume)


def _rank(code: str | None, name: str, is_lesion: bool) -> int | None:
    """How surely a measurement is a longest diameter; None where it is not. A mere length or distance needs a finding that is a tumor."""
    words = name.lower()
    if "short" in words or "perpendicular" in words:
        return None
    if code in _LONG_AXIS or "long axis" in words or ("longest" in words and "diameter" in words):
        return 0
    if code in _DIAMETER:
        return 1
    return 2 if code in _LENGTH and is_lesion else None


def _segment_in(site: str | None) -> str:
    match = _SEGMENT_WORDS.search(site or "")
    if match is None:
        return UNKNOWN
    number = _ROMAN.get(match["number"].lower(), match["number"])
    half = match["half"].lower()
    if number == "4":
        return f"4{half}" if half else UNKNOWN
    return UNKNOWN if half else number
