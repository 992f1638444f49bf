"""Drawings of known size and place: spheres, ellipsoids and odd shapes on grids of uneven spacing, flipped, turned and sheared."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from typing import Any

import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray

from wayline.liver.measuring import Grid, Mask, cropped


def grid_of(shape: Sequence[int], spacing: Sequence[float], corner: Sequence[float] = (-100.0, -80.0, 50.0), turned: Any = None) -> Grid:
    """A grid of this spacing, its axes along the patient's, or turned by a 3 x 3 matrix."""
    affine = np.eye(4)
    affine[:3, :3] = np.diag(spacing) if turned is None else np.asarray(turned) @ np.diag(spacing)
    affine[:3, 3] = corner
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def grid_around(reach: float, spacing: Sequence[float], turned: Any = None) -> Grid:
    """A grid around the patient's origin that holds a ball of this radius, its voxels not centered on it."""
    shape = [int(2 * reach / step) + 4 for step in spacing]
    grid = grid_of(shape, spacing, (0, 0, 0), turned)
    affine = grid.affine.copy()
    affine[:3, 3] = -grid.steps @ (np.array(shape) / 2 + np.array([0.13, -0.29, 0.41]))
    return Grid(grid.shape, affine)


def places_of(grid: Grid) -> NDArray[np.float64]:
    """The millimeters of every voxel's center, shaped like the grid."""
    return grid.to_mm(np.indices(grid.shape).reshape(3, -1).T).reshape(*grid.shape, 3)


def ellipsoid(grid: Grid, center: Sequence[float], radii: Sequence[float] | float, turned: Any = None) -> NDArray[np.bool_]:
    """Voxels whose centers lie in an ellipsoid given in the patient's millimeters."""
    away = places_of(grid) - np.array(center, dtype=float)
    if turned is not None:
        away = away @ np.asarray(turned)
    inside: NDArray[np.bool_] = ((away / np.broadcast_to(np.array(radii, dtype=float), 3)) ** 2).sum(axis=-1) <= 1
    return inside


def mask_of(inside: NDArray[np.bool_], grid: Grid) -> Mask:
    return cropped(inside, (0, 0, 0), grid)


def rotation(axis: int, degrees: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = np.eye(3)
    first, second = (other for other in range(3) if other != axis)
    turned[first, first] = turned[second, second] = cosine
    turned[first, second], turned[second, first] = -sine, sine
    return turned


def reordered(array: NDArray[Any], grid: Grid, order: Sequence[int], flips: Sequence[bool]) -> tuple[NDArray[Any], Grid]:
    """The same drawing stored with its axes in another order and direction; the affine follows."""
    affine = grid.affine.copy()
    for axis, is_flipped in enumerate(flips):
        if is_flipped:
            array = np.flip(array, axis)
            affine[:3, 3] += affine[:3, axis] * (grid.shape[axis] - 1)
            affine[:3, axis] *= -1
    array = array.transpose(*order)
    affine[:3, :3] = affine[:3, list(order)]
    first, second, third = array.shape
    return np.ascontiguousarray(array), Grid((first, second, third), affine)


# --- Files ----------------------------------------------------------------------------------------------------------


def nifti_bytes(array: NDArray[Any], grid: Grid, *, version: int = 1, packed: bool = False, order: str = "<", **fields: Any) -> bytes:
    """A NIfTI file written by hand, so that any field of its header can be wrong."""
    module = nibabel.nifti2 if version == 2 else nibabel.nifti1
    header = (module.Nifti2Header if version == 2 else module.Nifti1Header)(endianness=order)
    stored = array.astype(array.dtype.newbyteorder(order))
    header.set_data_dtype(stored.dtype)
    header.set_data_shape(array.shape)
    header.set_zooms([*grid.spacing, *[1.0] * (array.ndim - 3)][: array.ndim])
    header.set_sform(grid.affine, 1)
    header.set_xyzt_units("mm")
    header["scl_slope"], header["scl_inter"] = fields.pop("scl_slope", np.nan), fields.pop("scl_inter", np.nan)
    start = 544 if version == 2 else 352
    header["magic"] = b"n+2" if version == 2 else b"n+1"
    header["vox_offset"] = start
    for name, value in fields.items():
        header[name] = value
    raw = header.binaryblock + b"\0\0\0\0" + stored.tobytes(order="F")
    return gzip.compress(raw, 1, mtime=0) if packed else raw


def dicom_code(value: str, scheme: str, meaning: str) -> pydicom.Dataset:
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


LIVER_CODE = ("10200004", "SCT", "Liver")
LESION_CODE = ("52988006", "SCT", "Lesion")
SECRET = "Doe^Jane"  # a person's name that must never come out


def dicom_start(sop_class: str) -> pydicom.Dataset:
    """What every DICOM file holds, with a person's name and numbers in it."""
    told = pydicom.Dataset()
    told.SOPClassUID = sop_class
    told.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    told.PatientName = SECRET
    told.PatientID = "SECRET-4711"
    told.AccessionNumber = "SECRET-4712"
    told.StudyDate = "20261102"
    told.ContentDate = "20261120"
    return told


def segmentation(
    masks: Sequence[tuple[NDArray[np.bool_], tuple[str, str, str], str]], grid: Grid, *, kind: str = "BINARY"
) -> pydicom.Dataset:
    """A DICOM segmentation of masks (slice, row, column) with code and label; empty frames are left out, as writers do."""
    told = dicom_start("1.2.840.10008.5.1.4.1.1.66.4")
    told.Modality = "SEG"
    told.SegmentationType = kind
    _, told.Rows, told.Columns = grid.shape
    told.BitsAllocated = told.BitsStored = 1 if kind == "BINARY" else 8
    if kind == "FRACTIONAL":
        told.MaximumFractionalValue = 200
    to_dicom = np.diag([-1.0, -1.0, 1.0])
    steps = to_dicom @ grid.steps
    corner = to_dicom @ grid.affine[:3, 3]
    shared = pydicom.Dataset()
    orientation, measures = pydicom.Dataset(), pydicom.Dataset()
    orientation.ImageOrientationPatient = [
        f"{value:.10g}"[:16] for value in (*steps[:, 2] / grid.spacing[2], *steps[:, 1] / grid.spacing[1])
    ]
    measures.PixelSpacing = [float(f"{grid.spacing[1]:.9g}"), float(f"{grid.spacing[2]:.9g}")]
    measures.SliceThickness = float(f"{grid.spacing[0]:.9g}")
    measures.SpacingBetweenSlices = float(f"{grid.spacing[0]:.9g}")
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    told.SharedFunctionalGroupsSequence = [shared]
    described, frames, pixels = [], [], []
    for number, (mask, code, label) in enumerate(masks, start=1):
        segment = pydicom.Dataset()
        segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = number, label, "MANUAL"
        segment.SegmentedPropertyTypeCodeSequence = [dicom_code(*code)]
        described.append(segment)
        for at in np.flatnonzero(mask.any(axis=(1, 2))):
            frame, place, named = pydicom.Dataset(), pydicom.Dataset(), pydicom.Dataset()
            place.ImagePositionPatient = [f"{value:.10g}"[:16] for value in corner + steps[:, 0] * at]
            named.ReferencedSegmentNumber = number
            frame.PlanePositionSequence, frame.SegmentIdentificationSequence = [place], [named]
            frames.append(frame)
            pixels.append(mask[at].reshape(-1))
    told.SegmentSequence = described
    told.PerFrameFunctionalGroupsSequence = frames
    told.NumberOfFrames = len(frames)
    flat = np.concatenate(pixels) if pixels else np.zeros(0, dtype=bool)
    if kind == "LABELMAP":  # one frame a slice, its pixels numbers of segments
        pixels = sum(
            (mask.astype(np.uint16) * number for number, (mask, _, _) in enumerate(masks, start=1)), np.zeros(grid.shape, dtype=np.uint16)
        )
        raw = pixels.tobytes()
        told.SOPClassUID, told.BitsAllocated = "1.2.840.10008.5.1.4.1.1.66.7", 16
        told.NumberOfFrames = grid.shape[0]
        told.PerFrameFunctionalGroupsSequence = []
        for at in range(grid.shape[0]):
            frame, place = pydicom.Dataset(), pydicom.Dataset()
            place.ImagePositionPatient = [f"{value:.10g}"[:16] for value in corner + steps[:, 0] * at]
            frame.PlanePositionSequence = [place]
            told.PerFrameFunctionalGroupsSequence.append(frame)
        told.PixelData = raw
        told["PixelData"].VR = "OW"
        return told
    raw = np.packbits(flat, bitorder="little").tobytes() if kind == "BINARY" else (flat.astype(np.uint8) * 200).tobytes()
    told.PixelData = raw + b"\0" * (len(raw) % 2)
    told["PixelData"].VR = "OB"
    return told


def report(groups: Sequence[dict[str, Any]]) -> pydicom.Dataset:
    """A TID 1500 report. A group: tracking, finding, site, and numbers as (code, value, unit, derivation)."""

    def item(kind: str, relation: str, concept: tuple[str, str, str], **fields: Any) -> pydicom.Dataset:
        made = pydicom.Dataset()
        made.RelationshipType, made.ValueType = relation, kind
        made.ConceptNameCodeSequence = [dicom_code(*concept)]
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    made_groups = []
    for group in groups:
        content = [item("TEXT", "HAS OBS CONTEXT", ("112039", "DCM", "Tracking Identifier"), TextValue=group["tracking"])]
        if group.get("finding"):
            content.append(item("CODE", "CONTAINS", ("121071", "DCM", "Finding"), ConceptCodeSequence=[dicom_code(*group["finding"])]))
        if group.get("site"):
            site = ("363698007", "SCT", "Finding Site")
            content.append(item("CODE", "HAS CONCEPT MOD", site, ConceptCodeSequence=[dicom_code(*group["site"])]))
        for concept, value, unit, derivation in group["numbers"]:
            measured = pydicom.Dataset()
            measured.NumericValue = value
            measured.MeasurementUnitsCodeSequence = [dicom_code(unit, "UCUM", unit)]
            number = item("NUM", "CONTAINS", concept, MeasuredValueSequence=[measured])
            if derivation:
                derived = ("121401", "DCM", "Derivation")
                number.ContentSequence = [item("CODE", "HAS CONCEPT MOD", derived, ConceptCodeSequence=[dicom_code(*derivation)])]
            content.append(number)
        made_groups.append(item("CONTAINER", "CONTAINS", ("125007", "DCM", "Measurement Group"), ContentSequence=content))
    told = dicom_start("1.2.840.10008.5.1.4.1.1.88.33")
    told.Modality = "SR"
    told.ValueType = "CONTAINER"
    told.ConceptNameCodeSequence = [dicom_code("126000", "DCM", "Imaging Measurement Report")]
    told.ContentSequence = [item("CONTAINER", "CONTAINS", ("126010", "DCM", "Imaging Measurements"), ContentSequence=made_groups)]
    return told


def dicom_bytes(told: pydicom.Dataset, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    """A DICOM file in a transfer syntax."""
    is_implicit, is_little = syntax == "1.2.840.10008.1.2", syntax != "1.2.840.10008.1.2.2"
    body = pydicom.filebase.DicomBytesIO()
    body.is_little_endian, body.is_implicit_VR = is_little, is_implicit
    pydicom.filewriter.write_dataset(body, told)
    inner = body.getvalue()
    if syntax == "1.2.840.10008.1.2.1.99":
        packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        inner = packing.compress(inner) + packing.flush()
    return dicom_meta(syntax) + inner


def dicom_meta(syntax: str) -> bytes:
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    return b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
