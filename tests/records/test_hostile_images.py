"""Broken and hostile images: each is refused in words, quickly, and in bounded memory."""

from __future__ import annotations

import gzip
import os
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.records.phantoms import (
    LESION_CODE,
    LIVER_CODE,
    SECRET,
    dicom_bytes,
    dicom_meta,
    dicom_start,
    grid_of,
    nifti_bytes,
    report,
    segmentation,
)
from wayline.reading import WaylineError
from wayline.records import label_maps
from wayline.records.label_maps import read_image

GRID = grid_of((12, 10, 8), (0.7, 0.9, 2.5))
LABELS = np.zeros(GRID.shape, dtype=np.uint8)
LABELS[2:9, 2:8, 1:7] = 1
FEW_MB = 40_000_000


def refusal(folder: Path, raw: bytes) -> str:
    """The message with which a file is refused; without the file's own name."""
    path = folder / "image.bin"
    path.write_bytes(raw)
    with pytest.raises(WaylineError) as caught:
        read_image(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "SECRET" not in message
    assert SECRET not in message
    return message.removeprefix(f"{path}: ")


def said_of(path: Path) -> str | None:
    """The message with which a file is refused, or None where it is taken."""
    try:
        read_image(path)
    except WaylineError as error:
        return str(error)
    return None


# --- Not an image ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7\n...", "this is a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "this is a PNG picture"),
        (b"PK\x03\x04" + b"\0" * 50, "this is a zip archive"),
        (b"NRRD0004\n", "this is an NRRD file"),
        (b"Dear doctor,\nthe liver is fine.\n", "this is text"),
        ("Liebe Ärztin".encode() * 500, "this is text"),
        (b"{}", "this is text"),
        (b"\x00\x01\x02\xff\xfe" * 100, "this is no kind of file that is known here"),
        (b"\0" * 5000, "this is no kind of file that is known here"),
        (b"\x5c\x01\x00\x00" + b"\0" * 344, "this is an Analyze file"),
        (b"\x5c\x01\x00\x00" + b"\0" * 44, "cut short"),
        (gzip.compress(b"plain text in it", mtime=0), "packed with gzip, and inside it is text"),
        (gzip.compress(b"", mtime=0), "inside it is no kind of file"),
        (b"\x1f\x8b\x08\x00garbage, not gzip", "cannot be unpacked"),
        (b"\x1f\x8b", "inside it is no kind of file"),
        (gzip.compress(b"\0" * 128 + b"DICM" + b"\0" * 100, mtime=0), "a DICOM file packed with gzip"),
    ],
)
def test_other_files_are_called_what_they_are(tmp_path: Path, raw: bytes, message: str) -> None:
    assert message in refusal(tmp_path, raw)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path, "this is a folder"),
        (tmp_path / "pipe", "a device or a pipe"),
        (Path("/dev/zero"), "a device or a pipe"),
        (tmp_path / "nothing", "cannot be read (No such file or directory)"),
        (Path("a\0b"), "not a file's name"),
    ):
        with pytest.raises(WaylineError) as caught:
            read_image(path)
        assert message in str(caught.value)


def test_an_enormous_file_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(label_maps.LARGEST_IMAGE_BYTES + 1)
    with pytest.raises(WaylineError, match="larger than"):
        read_image(tmp_path / "large")


# --- NIfTI ----------------------------------------------------------------------------------------------------------

SIDEWAYS = np.zeros(4)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dim": [3, 32767, 32767, 32767, 1, 1, 1, 1]}, "more than 600,000,000"),
        ({"dim": [3, 800, 800, 900, 1, 1, 1, 1], "datatype": 64, "bitpix": 64}, "bytes of voxels"),
        ({"dim": [3, -5, 10, 8, 1, 1, 1, 1]}, "every size must be 1 or more"),
        ({"dim": [3, 0, 10, 8, 1, 1, 1, 1]}, "every size must be 1 or more"),
        ({"dim": [0, 12, 10, 8, 1, 1, 1, 1]}, "0 dimensions"),
        ({"dim": [99, 12, 10, 8, 1, 1, 1, 1]}, "99 dimensions"),
        ({"dim": [2, 12, 10, 8, 1, 1, 1, 1]}, "a flat picture"),
        ({"dim": [4, 12, 10, 4, 2, 1, 1, 1]}, "more than 3 dimensions"),
        ({"dim": [3, 12, 10, 9, 1, 1, 1, 1]}, "cut short"),
        ({"dim": [3, 2, 2, 2, 1, 1, 1, 1]}, "holds more than its header announces"),
        ({"datatype": 32, "bitpix": 64}, "complex numbers"),
        ({"datatype": 128, "bitpix": 24}, "colors"),
        ({"datatype": 1536, "bitpix": 128}, "long floats"),
        ({"datatype": 12345}, "code 12345"),
        ({"bitpix": 64}, "contradicts itself"),
        ({"pixdim": [1, 0, 1, 1, 1, 1, 1, 1]}, "every size must be above 0"),
        ({"pixdim": [1, -1, 1, 1, 1, 1, 1, 1]}, "every size must be above 0"),
        ({"pixdim": [1, np.nan, 1, 1, 1, 1, 1, 1]}, "every size must be above 0"),
        ({"srow_x": SIDEWAYS, "srow_y": SIDEWAYS, "srow_z": SIDEWAYS}, "affine is flat"),
        ({"srow_x": [1, 1, 0, 0], "srow_y": [1, 1, 0, 0]}, "affine is flat"),
        ({"srow_x": [np.nan, 0, 0, 0]}, "numbers that cannot be"),
        ({"srow_x": [1e30, 0, 0, 0]}, "numbers that cannot be"),
        ({"srow_x": [1e5, 0, 0, 0]}, "sizes from 0.01 to 100 mm"),
        ({"xyzt_units": 3}, "unit of length right"),
        ({"xyzt_units": 7}, "unit of length (code 7)"),
        ({"sform_code": 0, "qform_code": 1, "quatern_b": 5.0}, "(qform) cannot be read"),
        ({"vox_offset": np.nan}, "start at byte nan"),
        ({"vox_offset": -352.0}, "start at byte"),
        ({"vox_offset": 1e30}, "start at byte"),
        ({"vox_offset": 10.0}, "start at byte"),
        ({"vox_offset": 40_000_000.0}, "cut short"),
        ({"magic": b"ni1"}, "voxels are in another file"),
        ({"scl_slope": np.inf}, "scales values"),
        ({"scl_slope": 0.5, "scl_inter": 0.0}, "broken numbers"),
        ({"scl_slope": 0.5}, "scales values by 0.5 and nan"),
        ({"scl_slope": -1.0, "scl_inter": 0.0}, "negative numbers"),
        ({"scl_slope": 1e30, "scl_inter": 0.0}, "too large for a label"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_wrong_headers(tmp_path: Path, fields: dict[str, Any], message: str, packed: bool) -> None:
    tracemalloc.start()
    try:
        assert message in refusal(tmp_path, nifti_bytes(LABELS, GRID, packed=packed, **fields))
        assert tracemalloc.get_traced_memory()[1] < FEW_MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values * 0.4, "broken numbers"),
        (lambda values: np.where(values > 0, np.nan, 0), "NaN or infinite"),
        (lambda values: np.where(values > 0, np.inf, 0), "NaN or infinite"),
        (lambda values: values * -2, "negative numbers"),
        (lambda values: values * 1e12, "too large for a label"),
        (lambda values: values * 0 + np.arange(values.size).reshape(values.shape) + 1000, None),
        (lambda values: np.random.default_rng(0).integers(0, 4000, (40, 40, 40)).astype(float), "more than 1,000 different values"),
    ],
)
def test_values_that_are_no_labels(tmp_path: Path, change: Callable[[Any], Any], message: str | None) -> None:
    values = change(LABELS.astype(np.float64))
    raw = nifti_bytes(values, grid_of(values.shape, (0.7, 0.9, 2.5)))
    if message is None:
        (tmp_path / "many").write_bytes(raw)
        assert isinstance(read_image(tmp_path / "many"), label_maps.LabelMap)
    else:
        assert message in refusal(tmp_path, raw)


@pytest.mark.parametrize("packed", [False, True])
def test_cut_anywhere(tmp_path: Path, packed: bool) -> None:
    raw = nifti_bytes(np.random.default_rng(0).integers(0, 9, GRID.shape).astype(np.uint8), GRID, packed=packed)
    for length in range(3, len(raw) - 9, 37):
        assert refusal(tmp_path, raw[:length])


def test_a_damaged_gzip_stream(tmp_path: Path) -> None:
    raw = bytearray(nifti_bytes(np.random.default_rng(0).integers(0, 9, GRID.shape).astype(np.uint8), GRID, packed=True))
    raw[-5] ^= 255  # the checksum
    assert "damaged" in refusal(tmp_path, bytes(raw))


def bomb(start: bytes, megabytes: int) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([packing.compress(start), *(packing.compress(b"\0" * 1_000_000) for _ in range(megabytes)), packing.flush()])


@pytest.mark.parametrize("start", [b"", nifti_bytes(LABELS, GRID), nifti_bytes(LABELS, GRID, vox_offset=49_000_000.0)])
def test_a_bomb_is_not_unpacked(tmp_path: Path, start: bytes) -> None:
    raw = bomb(start, 400)
    assert len(raw) < 500_000
    tracemalloc.start()
    try:
        assert refusal(tmp_path, raw)
        assert tracemalloc.get_traced_memory()[1] < FEW_MB
    finally:
        tracemalloc.stop()


def test_an_empty_map_costs_no_memory_however_large(tmp_path: Path) -> None:
    """A header may announce much; only what is drawn is kept."""
    header = nifti_bytes(LABELS[:1, :1, :1], GRID, dim=[3, 500, 500, 400, 1, 1, 1, 1])[:352]
    (tmp_path / "empty").write_bytes(bomb(header, 100))
    image = read_image(tmp_path / "empty")
    assert isinstance(image, label_maps.LabelMap)
    assert image.labels == {}


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_nifti_header_crashes(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(nifti_bytes(LABELS, GRID, version=data.draw(st.sampled_from([1, 2]))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, 555))] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.nii"
    path.write_bytes(bytes(raw))
    assert (said_of(path) or str(path)).startswith(str(path))


# --- DICOM ----------------------------------------------------------------------------------------------------------

STACK = grid_of((8, 24, 20), (2.5, 0.8, 0.9), turned=np.eye(3)[:, [2, 1, 0]])
MASK = np.zeros(STACK.shape, dtype=bool)
MASK[2:6, 5:15, 4:16] = True


def seg(change: Callable[[pydicom.Dataset], object] | None = None) -> pydicom.Dataset:
    told = segmentation([(MASK, LIVER_CODE, "Liver"), (MASK, LESION_CODE, "Lesion")], STACK)
    if change is not None:
        change(told)
    return told


def first_frame(told: pydicom.Dataset) -> pydicom.Dataset:
    frame: pydicom.Dataset = told.PerFrameFunctionalGroupsSequence[0]
    return frame


def shared_part(told: pydicom.Dataset) -> pydicom.Dataset:
    part: pydicom.Dataset = told.SharedFunctionalGroupsSequence[0]
    return part


def moved(told: pydicom.Dataset) -> None:
    first_frame(told).PlanePositionSequence[0].ImagePositionPatient = [1000, 2000, 3000]


def unevenly(told: pydicom.Dataset) -> None:
    for at, frame in enumerate(told.PerFrameFunctionalGroupsSequence):
        frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, at**1.5 * 2.3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: delattr(told, "Rows"), "Rows is missing"),
        (lambda told: setattr(told, "Rows", 0), "Rows is 0"),
        (lambda told: setattr(told, "Rows", 65535), "are announced|frames are|need"),
        (lambda told: setattr(told, "NumberOfFrames", 2_000_000_000), "too many"),
        (lambda told: setattr(told, "NumberOfFrames", 4), "are described"),
        (lambda told: setattr(told, "BitsAllocated", 16), "16 bits a pixel"),
        (lambda told: setattr(told, "SegmentationType", "SURFACE"), "of the type 'SURFACE'"),
        (lambda told: delattr(told, "PixelData"), "without pixels"),
        (lambda told: setattr(told, "PixelData", told.PixelData[:20]), "bytes of pixels"),
        (lambda told: delattr(told, "SegmentSequence"), "describes no segment"),
        (lambda told: told.SegmentSequence.pop(), "which the file does not describe"),
        (lambda told: setattr(told.SegmentSequence[1], "SegmentNumber", 1), "two segments have the same number"),
        (lambda told: delattr(shared_part(told), "PlaneOrientationSequence"), "orientation (ImageOrientationPatient) is missing"),
        (lambda told: delattr(shared_part(told), "PixelMeasuresSequence"), "pixel size (PixelSpacing) is missing"),
        (lambda told: delattr(first_frame(told), "PlanePositionSequence"), "position in the body (ImagePositionPatient) is missing"),
        (lambda told: delattr(first_frame(told), "SegmentIdentificationSequence"), "does not say which segment"),
        (
            lambda told: setattr(shared_part(told).PlaneOrientationSequence[0], "ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
            "is damaged",
        ),
        (lambda told: setattr(shared_part(told).PixelMeasuresSequence[0], "PixelSpacing", [0, 0]), "sizes from 0.01 to 100 mm"),
        (
            lambda told: setattr(
                told.PerFrameFunctionalGroupsSequence[1], "PlanePositionSequence", first_frame(told).PlanePositionSequence
            ),
            "same place",
        ),
        (moved, "slices"),
        (unevenly, "lie unevenly"),
    ],
)
def test_segmentations_without_a_part_that_is_needed(tmp_path: Path, change: Callable[[pydicom.Dataset], object], message: str) -> None:
    found = refusal(tmp_path, dicom_bytes(seg(change)))
    assert any(part in found for part in message.split("|"))


def test_other_kinds_of_dicom(tmp_path: Path) -> None:
    for sop_class, message in (
        ("1.2.840.10008.5.1.4.1.1.2", "this is a DICOM CT Image Storage"),
        ("1.2.840.10008.5.1.4.1.1.66.5", "surface segmentation"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "Encapsulated PDF"),
        ("1.2.3.4", "Needed is a NIfTI label map"),
    ):
        assert message in refusal(tmp_path, dicom_bytes(dicom_start(sop_class)))
    nameless = dicom_start("1.2.3")
    del nameless.SOPClassUID
    assert "without a kind" in refusal(tmp_path, dicom_bytes(nameless))
    letter = report([])
    letter.ConceptNameCodeSequence[0].CodeValue, letter.ConceptNameCodeSequence[0].CodeMeaning = "18748-4", "Diagnostic imaging report"
    assert "not a measurement report (TID 1500)" in refusal(tmp_path, dicom_bytes(letter))


def test_compressed_pixels(tmp_path: Path) -> None:
    told = seg()
    del told.PixelData
    inner = dicom_bytes(told)[132 + len(dicom_meta("1.2.840.10008.1.2.1")) - 132 :]
    pixels = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    assert "compressed pixels (RLE Lossless)" in refusal(tmp_path, dicom_meta("1.2.840.10008.1.2.5") + inner + pixels)


def test_dicom_cut_anywhere(tmp_path: Path) -> None:
    for told in (seg(), report([{"tracking": "A", "finding": LESION_CODE, "site": LIVER_CODE, "numbers": []}])):
        for syntax in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"):
            raw = dicom_bytes(told, syntax)
            path = tmp_path / "cut"
            for length in range(140, len(raw) - 1, 53):
                path.write_bytes(raw[:length])
                if said_of(path) is not None:
                    continue
                # Where a file ends between two whole elements nothing shows that more should follow: only a report can be whole then.
                assert isinstance(read_image(path), label_maps.MeasurementReport)


def nested(depth: int, *, is_told: bool) -> bytes:
    """Sequences within sequences, with lengths or with delimiters."""
    inner = b""
    for _ in range(depth):
        if is_told:
            item = b"\xfe\xff\x00\xe0" + len(inner).to_bytes(4, "little") + inner
            inner = b"\x40\x00\x30\xa7SQ\0\0" + len(item).to_bytes(4, "little") + item
        else:
            inner = (
                b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
                + inner
                + b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
            )
    return inner


@pytest.mark.parametrize("is_told", [True, False])
def test_nested_too_deep(tmp_path: Path, is_told: bool) -> None:
    raw = dicom_meta("1.2.840.10008.1.2.1") + nested(3000, is_told=is_told)
    assert "nested deeper" in refusal(tmp_path, raw)


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (b"\x08\x00\x05\x00CS" + b"\xff\xff" + b"short", "cut short"),
        (b"\x08\x00\x05\x00OB\0\0" + b"\xf0\xff\xff\xff" + b"short", "cut short"),
        (b"\x08\x00\x05\x00\x01\x02\x00\x00", "without a value form"),
        (b"\xfe\xff\xdd\xe0\0\0\0\0", "ends where none began"),
        (b"\x08\x00\x05\x00CS\x00\x00" * 500_000, "elements in the DICOM file"),
        (b"", "nothing follows"),
    ],
)
def test_damaged_elements(tmp_path: Path, inner: bytes, message: str) -> None:
    assert message in refusal(tmp_path, dicom_meta("1.2.840.10008.1.2.1") + inner)


def test_a_deflated_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayline.records.dicom.LARGEST_INFLATED_BYTES", 10_000_000)
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join([*(packing.compress(b"\0" * 1_000_000) for _ in range(200)), packing.flush()])
    tracemalloc.start()
    try:
        assert "unpacks to more than" in refusal(tmp_path, dicom_meta("1.2.840.10008.1.2.1.99") + packed)
        assert tracemalloc.get_traced_memory()[1] < FEW_MB
    finally:
        tracemalloc.stop()
    assert "cannot be unpacked" in refusal(tmp_path, dicom_meta("1.2.840.10008.1.2.1.99") + b"\xff" * 100)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_dicom_file_crashes(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SMALL_FILES)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(132, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.dcm"
    path.write_bytes(bytes(raw))
    said = said_of(path) or str(path)
    assert said.startswith(str(path))
    assert SECRET not in said


SMALL_FILES = [
    dicom_bytes(told, syntax)
    for told in (
        segmentation([(MASK, LESION_CODE, "Lesion")], STACK),
        report(
            [{"tracking": "A", "finding": LESION_CODE, "site": LIVER_CODE, "numbers": [(("81827009", "SCT", "Diameter"), 12, "mm", None)]}]
        ),
    )
    for syntax in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
]
