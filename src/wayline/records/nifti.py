"""Label maps in NIfTI files (.nii, .nii.gz, versions 1 and 2), read as a stream.

The header is judged before any voxel is read: it bounds how much is unpacked, so a small gzip file cannot fill the memory. A ratio alone
would not do: a true map is nearly empty and packs as tightly as gzip can, about 1,000 to 1. Voxels are kept in the smallest whole numbers
that hold them, and empty stretches cost no memory.

Where `sform` and `qform` are both told, `sform` counts, as everywhere. Where neither is told the file does not say how the map lies in the
body: it is measured all the same, its third axis taken as head-foot, and the notes say so.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from wayline.liver.measuring import Grid, Index, imaging
from wayline.reading import WaylineError
from wayline.records.label_maps import (
    LARGEST_DRAWING_BYTES,
    LARGEST_IMAGE_BYTES,
    MOST_VOXELS,
    NIFTI,
    ArrayDrawing,
    Label,
    LabelMap,
)

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
_OTHER_TYPES = {0: "unknown", 1: "single bits", 32: "complex numbers", 128: "colors", 1536: "long floats", 1792: "complex numbers"}
_MM_IN_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown, meter, millimeter, micron
_SMALLEST_STEP_MM, _LARGEST_STEP_MM = 0.01, 100.0
_MOST_BEFORE_VOXELS = 50_000_000  # bytes of extensions
_PADDING = 512  # bytes that some writers add at the end
_LARGEST_LABEL = 2**31 - 1
_WHOLE = 0.001  # as far from a whole number a stored float may be
_CHUNK = 1 << 22  # voxels


def read_nifti(file: BinaryIO, size: int, name: str, *, is_packed: bool) -> LabelMap:
    """Read one map; every fault is a WaylineError."""
    stream = _Stream(file, name, is_packed)
    header = _header(stream, name)
    shape = _shape(header, name)
    stored = _stored(header, name)
    start = _start(header, name)
    expected = int(np.prod(shape, dtype=object)) * stored.itemsize
    if expected > LARGEST_IMAGE_BYTES:
        raise WaylineError(
            f"{name}: the header announces {expected:,} bytes of voxels, more than {LARGEST_IMAGE_BYTES:,}; nothing was read"
        )
    if not is_packed and size < start + expected:
        raise WaylineError(f"{name}: cut short: {size:,} bytes, where the header announces {start + expected:,}")
    grid, is_placed, notes = _placed(header, shape, name)
    stream.skip(start - header["read"])
    array = _voxels(stream, header, shape, stored, name)
    stream.expect_end(name)
    drawing = ArrayDrawing(array, grid)
    labels = {number: Label(number, count) for number, count in drawing.counted(name).items()}
    return LabelMap(NIFTI, grid, labels, drawing, is_placed, None, tuple(notes))


class _Stream:
    """A file's bytes, unpacked on the way; never more in memory than asked for."""

    def __init__(self, file: BinaryIO, name: str, is_packed: bool) -> None:
        self._file = cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb")) if is_packed else file
        self._name = name

    def read(self, count: int) -> bytes:
        """So many bytes, or fewer at the end."""
        try:
            return self._file.read(count)
        except EOFError:
            raise WaylineError(f"{self._name}: cut short: the gzip stream ends in the middle") from None
        except (gzip.BadGzipFile, zlib.error):
            raise WaylineError(f"{self._name}: the gzip stream is damaged") from None

    def skip(self, count: int) -> None:
        while count > 0:
            got = len(self.read(min(count, 1 << 20)))
            if not got:
                raise WaylineError(f"{self._name}: cut short before the voxels")
            count -= got

    def expect_end(self, name: str) -> None:
        if len(self.read(_PADDING + 1)) > _PADDING:
            raise WaylineError(f"{name}: holds more than its header announces; it is damaged, or made to fill the memory")


def _header(stream: _Stream, name: str) -> dict[str, Any]:
    logging.getLogger("nibabel.global").setLevel(logging.CRITICAL + 1)
    raw = stream.read(348)
    version = 2 if 540 in (int.from_bytes(raw[:4], "little"), int.from_bytes(raw[:4], "big")) else 1
    if version == 2:
        raw += stream.read(540 - 348)
    if len(raw) < (540 if version == 2 else 348):
        raise WaylineError(f"{name}: cut short within the header")
    module = imaging("nibabel.nifti2" if version == 2 else "nibabel.nifti1")
    kind = module.Nifti2Header if version == 2 else module.Nifti1Header
    order = "<" if int.from_bytes(raw[:4], "little") in (348, 540) else ">"
    header = kind(raw, endianness=order, check=False)
    if bytes(header["magic"].tobytes())[:2] == b"ni":
        raise WaylineError(f"{name}: a header whose voxels are in another file (.hdr and .img); save it as one .nii file")
    return {"header": header, "read": len(raw), "order": order}


def _shape(header: dict[str, Any], name: str) -> Index:
    dims = [int(value) for value in header["header"]["dim"]]
    axes = dims[0]
    if not 1 <= axes <= 7:
        raise WaylineError(f"{name}: the header says {axes} dimensions; a map has 3")
    sizes = dims[1 : axes + 1]
    if any(size < 1 for size in sizes):
        raise WaylineError(f"{name}: the header says a size of {' x '.join(map(str, sizes))}; every size must be 1 or more")
    if axes < 3:
        raise WaylineError(f"{name}: a flat picture of {' x '.join(map(str, sizes))}; a map has 3 dimensions")
    if any(size != 1 for size in sizes[3:]):
        raise WaylineError(f"{name}: {' x '.join(map(str, sizes))}: more than 3 dimensions; give one map, not a series of them")
    if int(np.prod(sizes, dtype=object)) > MOST_VOXELS:
        raise WaylineError(f"{name}: {' x '.join(map(str, sizes[:3]))} voxels are more than {MOST_VOXELS:,}; nothing was read")
    return sizes[0], sizes[1], sizes[2]


def _stored(header: dict[str, Any], name: str) -> np.dtype[Any]:
    code = int(header["header"]["datatype"])
    if code not in _TYPES:
        what = _OTHER_TYPES.get(code, "colors" if code == 2304 else f"code {code}")
        raise WaylineError(f"{name}: voxels are stored as {what}; labels are whole numbers")
    stored: np.dtype[Any] = np.dtype(header["order"] + _TYPES[code])
    bits = int(header["header"]["bitpix"])
    if bits != stored.itemsize * 8:
        raise WaylineError(f"{name}: the header contradicts itself: {bits} bits a voxel, but of a type with {stored.itemsize * 8}")
    return stored


def _start(header: dict[str, Any], name: str) -> int:
    offset = float(header["header"]["vox_offset"])
    least = header["read"] + 4
    if offset == 0:
        return int(least)
    if not (np.isfinite(offset) and least <= offset <= _MOST_BEFORE_VOXELS and offset == int(offset)):
        raise WaylineError(f"{name}: the header says that voxels start at byte {offset:g}; that cannot be")
    return int(offset)


def _placed(header: dict[str, Any], shape: Index, name: str) -> tuple[Grid, bool, list[str]]:
    """The grid in millimeters, whether the file tells how it lies in the body, and what is to be said about it."""
    notes: list[str] = []
    told = header["header"]
    sizes = np.array(told["pixdim"][1:4], dtype=np.float64)
    if not np.isfinite(sizes).all() or (sizes <= 0).any():
        raise WaylineError(f"{name}: the header says a voxel size of {_sizes(sizes)}; every size must be above 0")
    unit = int(told["xyzt_units"]) & 7
    if unit not in _MM_IN_UNIT:
        raise WaylineError(f"{name}: the header's unit of length (code {unit}) is not known")
    if unit == 0:
        notes.append("The file does not tell its unit of length; millimeters are taken.")
    try:
        sform, qform = told.get_sform(coded=True)[0], told.get_qform(coded=True)[0]
    except Exception as error:
        if type(error).__name__ != "HeaderDataError" and not isinstance(error, ValueError | ArithmeticError | np.linalg.LinAlgError):
            raise
        raise WaylineError(f"{name}: the header's orientation (qform) cannot be read") from None
    affine = sform if sform is not None else qform
    is_placed = affine is not None
    if affine is None:
        affine = told.get_base_affine()
        notes.append(
            "The file does not tell how the map lies in the body (no sform, no qform): its third axis is taken as head-foot, and left and "
            "right are not known."
        )
    affine = np.array(affine, dtype=np.float64)
    if not np.isfinite(affine).all() or np.abs(affine).max() > 1e9:
        raise WaylineError(f"{name}: the header's affine holds numbers that cannot be")
    affine[:3] *= _MM_IN_UNIT[unit]
    affine[3] = (0, 0, 0, 1)
    steps = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    if (steps == 0).any() or abs(np.linalg.det(affine[:3, :3])) < 1e-3 * steps.prod():
        raise WaylineError(f"{name}: the header's affine is flat (all zero, or two axes in one direction): places cannot be told from it")
    if (steps < _SMALLEST_STEP_MM).any() or (steps > _LARGEST_STEP_MM).any():
        raise WaylineError(
            f"{name}: voxels of {_sizes(steps)} mm; sizes from {_SMALLEST_STEP_MM:g} to {_LARGEST_STEP_MM:g} mm are taken. "
            "Is the file's unit of length right?"
        )
    told_mm = sizes * _MM_IN_UNIT[unit]
    if is_placed and not np.allclose(steps, told_mm, rtol=0.01):
        notes.append(f"The header tells two voxel sizes, {_sizes(told_mm)} and {_sizes(steps)} mm; the second, of its affine, is used.")
    if sform is not None and qform is not None and not np.allclose(sform, qform, atol=0.01 * float(sizes.max()), rtol=1e-3):
        notes.append("The header tells two orientations (sform and qform) that differ; sform is used.")
    return Grid(shape, affine), is_placed, notes


def _sizes(sizes: NDArray[np.float64]) -> str:
    return " x ".join(f"{size:.4g}" for size in sizes)


def _voxels(stream: _Stream, header: dict[str, Any], shape: Index, stored: np.dtype[Any], name: str) -> NDArray[np.integer]:
    """All labels, checked stretch by stretch as they arrive."""
    count = int(np.prod(shape, dtype=object))
    slope, shift = _scaling(header, name)
    kept = np.dtype(np.uint16 if stored.itemsize == 2 and slope is None else np.uint8)
    flat: NDArray[np.integer] = _nothing(count, kept, name)
    written: list[slice] = []
    for start in range(0, count, _CHUNK):
        many = min(_CHUNK, count - start)
        raw = stream.read(many * stored.itemsize)
        if len(raw) < many * stored.itemsize:
            raise WaylineError(f"{name}: cut short: {start + len(raw) // stored.itemsize:,} voxels, where the header announces {count:,}")
        labels = _labels(np.frombuffer(raw, dtype=stored), slope, shift, name)
        if labels is None:
            continue
        largest = int(labels.max())
        if largest > np.iinfo(flat.dtype).max:
            wider = _nothing(count, np.dtype(np.uint16 if largest < 1 << 16 else np.int32), name)
            for part in written:
                wider[part] = flat[part]
            flat = wider
        written.append(slice(start, start + many))
        flat[written[-1]] = labels
    return flat.reshape(shape, order="F")


def _nothing(count: int, kept: np.dtype[Any], name: str) -> NDArray[np.integer]:
    if count * kept.itemsize > LARGEST_DRAWING_BYTES:
        raise WaylineError(f"{name}: {count:,} voxels of {kept.itemsize} bytes need more than {LARGEST_DRAWING_BYTES:,} bytes of memory")
    return np.zeros(count, dtype=kept)


def _scaling(header: dict[str, Any], name: str) -> tuple[float | None, float]:
    """Slope and intercept, or None where stored values count as they are."""
    slope, shift = float(header["header"]["scl_slope"]), float(header["header"]["scl_inter"])
    if slope == 0 or np.isnan(slope):
        return None, 0.0
    if not np.isfinite(slope) or not np.isfinite(shift):
        raise WaylineError(f"{name}: the header scales values by {slope:g} and {shift:g}; that cannot be")
    return (None, 0.0) if (slope, shift) == (1, 0) else (slope, shift)


def _labels(values: NDArray[Any], slope: float | None, shift: float, name: str) -> NDArray[Any] | None:
    """Whole numbers from 0, or None where all are 0."""
    if slope is not None:
        values = values.astype(np.float64) * slope + shift
    if not values.any():
        return None
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise WaylineError(f"{name}: holds values that are no numbers (NaN or infinite); labels are whole numbers")
        with np.errstate(over="ignore"):
            whole = np.rint(values)
            is_whole = bool((np.abs(values - whole) <= _WHOLE).all())
        if not is_whole:
            raise WaylineError(f"{name}: holds broken numbers such as {_broken(values)}; labels are whole numbers, so this is a picture")
        values = whole
    if values.min() < 0:
        raise WaylineError(f"{name}: holds negative numbers such as {float(values.min()):g}; labels start at 0, so this is a picture")
    if values.max() > _LARGEST_LABEL:
        raise WaylineError(f"{name}: holds the number {float(values.max()):g}, too large for a label")
    return values if values.any() else None


def _broken(values: NDArray[Any]) -> str:
    away = np.abs(values - np.rint(values))
    return f"{float(values[int(away.argmax())]):.4g}"
