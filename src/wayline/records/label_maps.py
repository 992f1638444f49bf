"""Label maps in one plain form, whatever file they came from, and what kind of file something is.

A label map says of every voxel which drawn thing it belongs to. `read_image` looks at a file's content, never at its name, and hands a
NIfTI map, a DICOM segmentation or a DICOM measurement report on to the reader that knows it. Nothing is read before its size is known and
bounded.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from wayline.liver.measuring import Grid, Mask, SegmentMap, cropped, imaging
from wayline.reading import WaylineError

NIFTI = "nifti"
DICOM_SEG = "dicom_seg"
DICOM_SR = "dicom_sr"
MOST_VOXELS = 600_000_000
LARGEST_IMAGE_BYTES = 2_600_000_000  # unpacked
LARGEST_DRAWING_BYTES = 1_200_000_000  # as it is kept in memory
MOST_LABELS = 1000
_STRETCH = 1 << 22
LIVER = "liver"
LESION = "lesion"

_GZIP = b"\x1f\x8b"
_NIFTI_HEADERS = (348, 540)
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"PK\x03\x04", "a zip archive; unpack it and name the map in it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"BZh", "a bzip2 archive; unpack it"),
    (b"\xfd7zXZ", "an xz archive; unpack it"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it and name the map in it"),
    (b"(\xb5/\xfd", "a Zstandard archive; unpack it"),
    (b"NRRD", "an NRRD file; save it as NIfTI"),
    (b"ObjectType", "a MetaImage header; save it as NIfTI"),
    (b"NDims", "a MetaImage header; save it as NIfTI"),
    (b"\x89HDF", "an HDF5 or MINC file; save it as NIfTI"),
    (b"CDF\x01", "a MINC file; save it as NIfTI"),
    (b"solid ", "an STL surface; a label map is needed"),
    (b"{", "text"),
    (b"<", "text"),
)
TAKEN = "a NIfTI label map, a DICOM segmentation (SEG) or a DICOM measurement report (SR)"


@dataclass(frozen=True)
class Label:
    """One thing that was drawn: its number, its voxels, and what the file itself says of it."""

    number: int
    voxels: int
    name: str | None = None
    means: str | None = None  # LIVER, LESION or not told
    is_elsewhere: bool = False  # the file says that it lies in another organ

    def __str__(self) -> str:
        name = "" if self.name is None else f" {self.name}"
        return f"{self.number}{name} ({self.voxels:,} voxels)"


class Drawing(Protocol):
    """Where a label's voxels come from."""

    def mask(self, number: int) -> Mask: ...

    def as_array(self) -> NDArray[np.integer]: ...


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A label map in the plain form. `is_placed` is false where the file does not tell how the map lies in the body."""

    kind: str
    grid: Grid
    labels: Mapping[int, Label]
    drawing: Drawing
    is_placed: bool = True
    scan_date: date | None = None
    notes: tuple[str, ...] = ()

    def mask(self, number: int) -> Mask:
        return self.drawing.mask(number)

    def anything(self) -> list[Mask]:
        """Every label's voxels: for maps in which any label means the same."""
        return [self.mask(number) for number, label in self.labels.items() if label.voxels]

    def segments(self, names: Mapping[int, str]) -> SegmentMap:
        return SegmentMap(self.drawing.as_array(), self.grid, names)


@dataclass(frozen=True)
class ReportedMeasurement:
    """One number of a measurement report, as it stands there."""

    group: int
    tracking_id: str | None
    finding: str | None
    finding_site: str | None
    name: str
    derivation: str | None
    value: float
    unit: str


@dataclass(frozen=True)
class ReportedLesion:
    """A measurement group that tells the longest diameter of something in the liver."""

    segment: str
    longest_diameter_mm: float
    volume_ml: float | None


@dataclass(frozen=True)
class MeasurementReport:
    """A DICOM SR by TID 1500 in the plain form."""

    measurements: tuple[ReportedMeasurement, ...]
    lesions: tuple[ReportedLesion, ...]
    scan_date: date | None
    notes: tuple[str, ...]
    kind: str = DICOM_SR


class ArrayDrawing:
    """A drawing kept as one array of labels."""

    def __init__(self, array: NDArray[np.integer], grid: Grid) -> None:
        self._array = array
        self._grid = grid
        self._numbers: NDArray[np.int64] | None = None
        self._boxes: dict[int, tuple[slice, slice, slice]] = {}

    def counted(self, name: str) -> dict[int, int]:
        """Every label with its voxels; their boxes are kept. Refuses what has too many values to be labels."""
        counts: dict[int, int] = {}
        low: dict[int, list[int]] = {}
        high: dict[int, list[int]] = {}
        # Along the slowest axis in memory each plane lies in one piece.
        axis = 0 if self._array.flags.c_contiguous else 2
        for at, plane in enumerate(np.moveaxis(self._array, axis, 0)):
            if not plane.any():
                continue
            for number, count in _in_plane(plane).items():
                if number in counts:
                    counts[number] += count
                    high[number][0] = at
                else:
                    counts[number] = count
                    low[number], high[number] = [at], [at]
            if len(counts) > MOST_LABELS:
                raise WaylineError(f"{name}: more than {MOST_LABELS:,} different values; that is a picture, not a label map")
        for number in counts:
            box = [slice(None)] * 3
            box[axis] = slice(low[number][0], high[number][0] + 1)
            self._boxes[number] = (box[0], box[1], box[2])
        return dict(sorted(counts.items()))

    def mask(self, number: int) -> Mask:
        box = self._boxes.get(number)
        if box is None:
            return Mask(np.zeros((0, 0, 0), dtype=bool), (0, 0, 0), self._grid)
        offset = tuple(part.start or 0 for part in box)
        return cropped(self._array[box] == number, (offset[0], offset[1], offset[2]), self._grid)

    def as_array(self) -> NDArray[np.integer]:
        return self._array


def _in_plane(plane: NDArray[np.integer]) -> dict[int, int]:
    counts: dict[int, int] = {}
    flat = plane.ravel(order="K")
    for start in range(0, len(flat), _STRETCH):
        part = flat[start : start + _STRETCH]
        if part.dtype.itemsize <= 2:
            many = np.bincount(part)
            numbers = np.flatnonzero(many)
            many = many[numbers]
        else:
            numbers, many = np.unique(part, return_counts=True)
        for number, count in zip(numbers.tolist(), many.tolist(), strict=True):
            if number:
                counts[number] = counts.get(number, 0) + count
    return counts


def read_image(path: Path) -> LabelMap | MeasurementReport:
    """Read a file by what it holds."""
    with opened(path) as (file, size):
        try:
            # Numbers that are none are found by looking for them; numpy's own warning would only be noise.
            with np.errstate(all="ignore"):
                return _read(file, size, str(path))
        except MemoryError:
            raise WaylineError(f"{path}: needs more memory than there is here; it is too large, or damaged") from None
        except OSError as error:
            raise WaylineError(f"{path}: cannot be read ({error.strerror or error})") from None


def read_label_map(path: Path, purpose: str) -> LabelMap:
    """Read a file that has to be a label map."""
    image = read_image(path)
    if isinstance(image, MeasurementReport):
        raise WaylineError(f"{path}: a measurement report (DICOM SR) draws nothing; {purpose} needs a label map")
    return image


class opened:  # noqa: N801 - used like open()
    """A regular file, opened without ever waiting for one: no folder, device or pipe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> tuple[BinaryIO, int]:
        path = self._path
        try:
            # Without O_NONBLOCK opening a pipe waits until somebody writes into it.
            descriptor = os.open(
                path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "that is not a file's name"
            raise WaylineError(f"{path}: cannot be read ({reason})") from None
        found = os.fstat(descriptor)
        message = None
        if stat.S_ISDIR(found.st_mode):
            message = "this is a folder; a file is needed"
        elif not stat.S_ISREG(found.st_mode):
            message = "this is a device or a pipe, not a file"
        elif found.st_size == 0:
            message = "the file is empty"
        elif found.st_size > LARGEST_IMAGE_BYTES:
            message = f"larger than {LARGEST_IMAGE_BYTES:,} bytes; nothing was read"
        if message is not None:
            os.close(descriptor)
            raise WaylineError(f"{path}: {message}")
        self._file = os.fdopen(descriptor, "rb")
        return self._file, found.st_size

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _read(file: BinaryIO, size: int, name: str) -> LabelMap | MeasurementReport:
    start = file.read(4096)
    file.seek(0)
    is_packed = start.startswith(_GZIP)
    if is_packed:
        start = _unpacked_start(start, name)
    if _is_nifti(start):
        from wayline.records.nifti import read_nifti

        return read_nifti(file, size, name, is_packed=is_packed)
    if start[128:132] == b"DICM":
        if is_packed:
            raise WaylineError(f"{name}: a DICOM file packed with gzip; unpack it first")
        from wayline.records.dicom import read_dicom

        return read_dicom(file, size, name)
    raise WaylineError(f"{name}: {_what_it_is(start, is_packed)}. Needed is {TAKEN}.")


def _unpacked_start(start: bytes, name: str) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(start, 2048)
    except zlib.error:
        raise WaylineError(f"{name}: starts like a gzip file, but cannot be unpacked; it is damaged or cut short") from None


def _is_nifti(start: bytes) -> bool:
    sizes = {int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")}
    magic = start[344:347] if 348 in sizes else start[4:7]
    return bool(sizes & set(_NIFTI_HEADERS)) and magic in (b"n+1", b"n+2", b"ni1", b"ni2")


def _what_it_is(start: bytes, is_packed: bool) -> str:
    inside = "packed with gzip, and inside it is " if is_packed else "this is "
    for magic, words in _OTHER_KINDS:
        if start.lstrip()[: len(magic)] == magic or start.startswith(magic):
            return inside + words
    if start[:4] in (b"\x5c\x01\x00\x00", b"\x00\x00\x01\x5c", b"\x1c\x02\x00\x00", b"\x00\x00\x02\x1c"):
        if len(start) < 348:
            return inside + "the start of a NIfTI or Analyze header, cut short"
        return inside + "an Analyze file or a damaged NIfTI header; save it as NIfTI"
    try:
        # A letter may be cut in half at the end.
        start[:2000].decode("utf-8", "strict" if len(start) < 2000 else "ignore")
    except UnicodeDecodeError:
        return inside + "no kind of file that is known here"
    is_text = bool(start) and not any(byte < 9 for byte in start[:2000])
    return inside + ("text" if is_text else "no kind of file that is known here")


def labels_told(labels: Iterable[Label]) -> str:
    """Labels with their voxels, for a message; only the largest where there are many."""
    largest = sorted(labels, key=lambda label: -label.voxels)
    shown = sorted(largest[:20], key=lambda label: label.number)
    more = f" and {len(largest) - 20:,} more" if len(largest) > 20 else ""
    return ", ".join(map(str, shown)) + more


def quiet_imaging(module: str) -> object:
    """A module of the optional extra, which then says nothing on the log: it might repeat a person's name."""
    import logging

    logging.getLogger(module.partition(".")[0]).setLevel(logging.CRITICAL + 1)
    return imaging(module)
