"""Label maps and reports out of NIfTI and DICOM files, by what they hold and not by their names."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import shared_folder
from tests.records.phantoms import (
    LESION_CODE,
    LIVER_CODE,
    dicom_bytes,
    ellipsoid,
    grid_around,
    grid_of,
    mask_of,
    nifti_bytes,
    report,
    rotation,
    segmentation,
)
from wayline.liver.measuring import Grid, longest_axial_diameter
from wayline.reading import WaylineError
from wayline.records.label_maps import DICOM_SEG, DICOM_SR, NIFTI, LabelMap, MeasurementReport, read_image, read_label_map

IMAGING = shared_folder() / "data" / "imaging"
needs_shared = pytest.mark.skipif(not IMAGING.is_dir(), reason="the shared data are not here")
GRID = grid_of((12, 10, 8), (0.7, 0.9, 2.5), turned=rotation(2, 10))
LABELS = np.zeros(GRID.shape, dtype=np.uint8)
LABELS[2:9, 2:8, 1:7] = 1
LABELS[4:6, 4:6, 3:5] = 2


def read_map(folder: Path, raw: bytes, name: str = "map.bin") -> LabelMap:
    path = folder / name
    path.write_bytes(raw)
    image = read_image(path)
    assert isinstance(image, LabelMap)
    return image


# --- NIfTI ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_every_type_order_and_version(tmp_path: Path, stored: str, order: str, version: int, packed: bool) -> None:
    image = read_map(tmp_path, nifti_bytes(LABELS.astype(stored), GRID, version=version, packed=packed, order=order))
    assert image.kind == NIFTI
    assert {number: label.voxels for number, label in image.labels.items()} == {1: 244, 2: 8}
    np.testing.assert_allclose(image.grid.affine, GRID.affine, atol=1e-5)
    mask = image.mask(2)
    assert (mask.offset, mask.count()) == ((4, 4, 3), 8)
    assert mask.inside.dtype == np.bool_


def test_large_labels_and_scaled_values(tmp_path: Path) -> None:
    large = LABELS.astype(np.int32)
    large[0, 0, 0], large[11, 9, 7] = 70_000, 300
    assert read_map(tmp_path, nifti_bytes(large, GRID)).labels[70_000].voxels == 1
    assert sorted(read_map(tmp_path, nifti_bytes(LABELS, GRID, scl_slope=3.0, scl_inter=0.0)).labels) == [3, 6]
    assert sorted(read_map(tmp_path, nifti_bytes(LABELS.astype("f4") + np.float32(1e-5), GRID)).labels) == [1, 2]
    assert sorted(read_map(tmp_path, nifti_bytes(LABELS, GRID, scl_slope=0.0)).labels) == [1, 2]


def test_a_fourth_dimension_of_1_is_none(tmp_path: Path) -> None:
    assert read_map(tmp_path, nifti_bytes(LABELS[..., None], GRID)).grid.shape == GRID.shape


@pytest.mark.parametrize(("unit", "factor"), [(1, 0.001), (2, 1), (3, 1000)])
def test_lengths_are_turned_into_millimeters(tmp_path: Path, unit: int, factor: float) -> None:
    scaled = Grid(GRID.shape, np.concatenate([GRID.affine[:3] * factor, GRID.affine[3:]]))
    image = read_map(tmp_path, nifti_bytes(LABELS, scaled, xyzt_units=unit))
    np.testing.assert_allclose(image.grid.spacing, (0.7, 0.9, 2.5), rtol=1e-5)


def test_what_a_header_does_not_tell_is_said(tmp_path: Path) -> None:
    untold = read_map(tmp_path, nifti_bytes(LABELS, GRID, xyzt_units=0))
    assert untold.notes == ("The file does not tell its unit of length; millimeters are taken.",)
    nowhere = read_map(tmp_path, nifti_bytes(LABELS, GRID, sform_code=0))
    assert not nowhere.is_placed
    assert "no sform, no qform" in nowhere.notes[0]
    assert nowhere.grid.axial_axis == 2
    np.testing.assert_allclose(nowhere.grid.spacing, (0.7, 0.9, 2.5), rtol=1e-5)


def test_qform_alone_and_sform_before_qform(tmp_path: Path) -> None:
    turn = np.sin(np.radians(30))  # a turn by 60 degrees around the first axis
    only = read_map(tmp_path, nifti_bytes(LABELS, GRID, sform_code=0, qform_code=1, quatern_b=turn, pixdim=[1, 0.7, 0.9, 2.5, 1, 1, 1, 1]))
    assert only.is_placed
    assert only.grid.axial_axis == 1
    both = read_map(tmp_path, nifti_bytes(LABELS, GRID, qform_code=1, quatern_b=turn))
    assert both.grid.axial_axis == 2
    assert "sform is used" in " ".join(both.notes)
    sizes = read_map(tmp_path, nifti_bytes(LABELS, GRID, pixdim=[1, 1, 1, 1, 1, 1, 1, 1]))
    assert "tells two voxel sizes" in " ".join(sizes.notes)
    np.testing.assert_allclose(sizes.grid.spacing, (0.7, 0.9, 2.5), rtol=1e-5)


def test_the_name_of_a_file_decides_nothing(tmp_path: Path) -> None:
    assert read_map(tmp_path, nifti_bytes(LABELS, GRID, packed=True), "scan.dcm").kind == NIFTI
    seg = dicom_bytes(segmentation([(LABELS == 1, LIVER_CODE, "Liver")], GRID))
    assert read_map(tmp_path, seg, "scan.nii.gz").kind == DICOM_SEG


@needs_shared
def test_the_shared_liver_to_the_voxel() -> None:
    import nibabel

    folder = IMAGING / "liver_ct"
    for name, number in (("example_seg.nii.gz", 5), ("liver.nii.gz", 1)):
        image = read_label_map(folder / name, "test")
        voxels = int((np.asanyarray(nibabel.load(folder / name).dataobj) == number).sum())
        assert image.labels[number].voxels == image.mask(number).count() == voxels
        assert image.mask(number).count() * image.grid.voxel_ml == pytest.approx(voxels * 0.027)


# --- DICOM SEG ------------------------------------------------------------------------------------------------------

STACK = grid_of((30, 44, 40), (2.5, 0.8, 0.9), corner=(-20, -18, -38), turned=rotation(0, 12)[:, [2, 1, 0]])


def liver_and_lesion() -> list[tuple[Any, tuple[str, str, str], str]]:
    lesion = ellipsoid(STACK, STACK.to_mm(np.array([[14, 20, 20]]))[0], 7)
    liver = ellipsoid(STACK, STACK.to_mm(np.array([[14, 21, 20]]))[0], 14)
    return [(liver, LIVER_CODE, "Liver"), (lesion, LESION_CODE, "Metastasis 1")]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"])
@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
def test_segments_as_they_were_drawn(tmp_path: Path, syntax: str, kind: str) -> None:
    drawn = liver_and_lesion()
    image = read_map(tmp_path, dicom_bytes(segmentation(drawn, STACK, kind=kind), syntax))
    assert image.kind == DICOM_SEG
    assert image.scan_date == date(2026, 11, 2)  # of the study, not of the drawing
    assert [(label.name, label.means) for label in image.labels.values()] == [("Liver", "liver"), ("Metastasis 1", "lesion")]
    for number, (mask, _, _) in enumerate(drawn, start=1):
        assert image.labels[number].voxels == image.mask(number).count() == mask.sum()
        own = mask_of(mask, STACK)
        np.testing.assert_array_equal(image.mask(number).inside, own.inside)
        places = image.grid.to_mm(np.array([image.mask(number).offset]))
        np.testing.assert_allclose(places, STACK.to_mm(np.array([own.offset])), atol=1e-3)
    assert longest_axial_diameter(image.mask(2)) == pytest.approx(14, abs=0.9)


def test_a_label_map_segmentation(tmp_path: Path) -> None:
    """The younger form: one frame a slice, each pixel the number of its segment."""
    (liver, liver_code, liver_name), lesion = liver_and_lesion()
    alone = liver & ~lesion[0]
    image = read_map(tmp_path, dicom_bytes(segmentation([(alone, liver_code, liver_name), lesion], STACK, kind="LABELMAP")))
    assert [(label.means, label.voxels) for label in image.labels.values()] == [("liver", alone.sum()), ("lesion", lesion[0].sum())]
    np.testing.assert_array_equal(image.mask(2).inside, mask_of(lesion[0], STACK).inside)


def test_missing_frames_leave_empty_slices(tmp_path: Path) -> None:
    mask = np.zeros(STACK.shape, dtype=bool)
    mask[[3, 4, 9], 10:20, 10:20] = True
    image = read_map(tmp_path, dicom_bytes(segmentation([(mask, LESION_CODE, "Lesion")], STACK)))
    np.testing.assert_array_equal(image.mask(1).inside.any(axis=(1, 2)), [True, True, False, False, False, False, True])


def test_one_slice_takes_its_thickness(tmp_path: Path) -> None:
    mask = np.zeros(STACK.shape, dtype=bool)
    mask[5, 10:20, 10:20] = True
    told = segmentation([(mask, LESION_CODE, "Lesion")], STACK)
    image = read_map(tmp_path, dicom_bytes(told))
    assert image.grid.voxel_ml == pytest.approx(2.5 * 0.8 * 0.9 / 1000)
    measures = told.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    del measures.SliceThickness, measures.SpacingBetweenSlices
    (tmp_path / "thin.dcm").write_bytes(dicom_bytes(told))
    with pytest.raises(WaylineError, match="does not say how thick"):
        read_image(tmp_path / "thin.dcm")


@pytest.mark.parametrize(
    ("code", "label", "means"),
    [
        (LIVER_CODE, "Liver", "liver"),
        (("T-62000", "SRT", "Liver"), "whatever", "liver"),
        (LIVER_CODE, "Liver tumor", None),  # coded as one, called the other
        (("M-80006", "SRT", "Neoplasm, Secondary"), "1", "lesion"),
        (("99", "99X", "Hepatic metastasis"), "Segment 1", "lesion"),
        (("99", "99X", "Something"), "tumour", "lesion"),
        (("99", "99X", "Something"), "liver", "liver"),
        (("99", "99X", "Benign lesion"), "cyst", None),
        (("99", "99X", "Liver without tumor"), "x", None),
        (("272673000", "SCT", "Bone"), "first segment", None),
    ],
)
def test_what_a_segment_says_of_itself(tmp_path: Path, code: tuple[str, str, str], label: str, means: str | None) -> None:
    mask = np.zeros(STACK.shape, dtype=bool)
    mask[3:6, 10:20, 10:20] = True
    assert read_map(tmp_path, dicom_bytes(segmentation([(mask, code, label)], STACK))).labels[1].means == means


def test_a_segmentation_by_highdicom(tmp_path: Path) -> None:
    """Another maker's file: highdicom writes it from CT slices, with empty frames left out."""
    import highdicom
    import pydicom
    from pydicom.sr.codedict import codes

    slices = []
    for at in range(6):
        one = pydicom.Dataset()
        one.file_meta = pydicom.dataset.FileMetaDataset()
        one.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = pydicom.uid.CTImageStorage, f"1.2.3.4.{at + 1}"
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = "1.2.3", "1.2.3.4", "1.2.3.5"
        one.PatientID, one.PatientName, one.PatientBirthDate, one.PatientSex = "1", "Doe^Jane", "", ""
        one.StudyDate, one.StudyTime, one.StudyID, one.AccessionNumber, one.ReferringPhysicianName = "20261102", "", "", "", ""
        one.Modality, one.Rows, one.Columns, one.InstanceNumber = "CT", 32, 32, at + 1
        one.ImagePositionPatient, one.ImageOrientationPatient = [-10, -10, 3.0 * at], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness = [0.8, 0.8], 3
        slices.append(one)
    mask = np.zeros((6, 32, 32, 1), dtype=np.uint8)
    mask[1:4, 5:15, 8:20, 0] = 1
    described = highdicom.seg.SegmentDescription(
        1, "tumor", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Neoplasm, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
    )
    made = highdicom.seg.Segmentation(
        slices, mask, highdicom.seg.SegmentationTypeValues.BINARY, [described], "1.2.3.6", 1, "1.2.3.7", 1, "M", "N", "1", "1"
    )
    path = tmp_path / "seg"
    made.save_as(path)
    image = read_label_map(path, "test")
    assert image.labels[1].means == "lesion"
    assert image.mask(1).inside.shape == (3, 10, 12)
    np.testing.assert_allclose(image.grid.spacing, (3, 0.8, 0.8))
    # From the patient's left and back (DICOM) to the right and front (RAS).
    np.testing.assert_allclose(image.grid.to_mm(np.array([image.mask(1).offset]))[0], (10 - 8 * 0.8, 10 - 5 * 0.8, 3))


@needs_shared
def test_the_shared_segmentations() -> None:
    liver = read_label_map(IMAGING / "dicom" / "liver.dcm", "test")
    assert [(label.name, label.means, label.voxels) for label in liver.labels.values()] == [("Liver", "liver", liver.mask(1).count())]
    tumor = read_label_map(IMAGING / "dicom" / "seg.dcm", "test")
    assert tumor.labels[1].means == "lesion"
    # The report that goes with it was computed by others.
    assert tumor.mask(1).count() * tumor.grid.voxel_ml == pytest.approx(33.5824, rel=1e-4)
    both = read_label_map(IMAGING / "dicom" / "seg_image_ct_binary_overlap.dcm", "test")
    assert [label.means for label in both.labels.values()] == [None, None]


# --- DICOM SR -------------------------------------------------------------------------------------------------------

LONG_AXIS, SHORT_AXIS = ("103339001", "SCT", "Long Axis"), ("103340004", "SCT", "Short Axis")
DIAMETER, LENGTH = ("81827009", "SCT", "Diameter"), ("410668003", "SCT", "Length")
VOLUME = ("118565006", "SCT", "Volume")


def read_report(folder: Path, groups: list[dict[str, Any]], syntax: str = "1.2.840.10008.1.2.1") -> MeasurementReport:
    path = folder / "report.bin"
    path.write_bytes(dicom_bytes(report(groups), syntax))
    image = read_image(path)
    assert isinstance(image, MeasurementReport)
    return image


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"])
def test_measurements_of_a_report(tmp_path: Path, syntax: str) -> None:
    group = {
        "tracking": "Lesion A",
        "finding": LESION_CODE,
        "site": ("277960005", "SCT", "Hepatic segment VI"),
        "numbers": [(SHORT_AXIS, 30.0, "mm", None), (LONG_AXIS, 2.4, "cm", None), (VOLUME, 4200.0, "mm3", None)],
    }
    image = read_report(tmp_path, [group], syntax)
    assert image.kind == DICOM_SR
    assert image.scan_date == date(2026, 11, 2)
    assert [(one.tracking_id, one.finding, one.name, one.value, one.unit) for one in image.measurements] == [
        ("Lesion A", "Lesion", "Short Axis", 30.0, "mm"),
        ("Lesion A", "Lesion", "Long Axis", 2.4, "cm"),
        ("Lesion A", "Lesion", "Volume", 4200.0, "mm3"),
    ]
    assert [(one.segment, one.longest_diameter_mm, one.volume_ml) for one in image.lesions] == [("6", 24.0, pytest.approx(4.2))]
    assert "2.4 cm was read as 24 mm" in image.notes[0]


@pytest.mark.parametrize(
    ("finding", "site", "number", "is_lesion"),
    [
        (LESION_CODE, LIVER_CODE, (LONG_AXIS, 24, "mm", None), True),
        (None, LIVER_CODE, (DIAMETER, 24, "mm", None), True),
        (LESION_CODE, LIVER_CODE, (LENGTH, 24, "mm", None), True),
        (LESION_CODE, LIVER_CODE, (DIAMETER, 24, "mm", ("56851009", "SCT", "Maximum")), True),
        (LESION_CODE, LIVER_CODE, (DIAMETER, 24, "mm", ("373098007", "SCT", "Mean")), False),
        (None, LIVER_CODE, (LENGTH, 160, "mm", None), False),  # may be the liver's own
        (LIVER_CODE, LIVER_CODE, (DIAMETER, 160, "mm", None), False),
        (("1", "99X", "Simple cyst"), LIVER_CODE, (DIAMETER, 24, "mm", None), False),
        (LESION_CODE, ("39607008", "SCT", "Lung"), (LONG_AXIS, 24, "mm", None), False),
        (LESION_CODE, None, (LONG_AXIS, 24, "mm", None), False),
        (LESION_CODE, LIVER_CODE, (SHORT_AXIS, 24, "mm", None), False),
        (LESION_CODE, LIVER_CODE, (LONG_AXIS, 24, "[in_i]", None), False),
        (LESION_CODE, LIVER_CODE, (VOLUME, 24, "ml", None), False),
    ],
)
def test_which_measurements_are_lesions_of_the_liver(
    tmp_path: Path, finding: tuple[str, str, str] | None, site: tuple[str, str, str] | None, number: Any, is_lesion: bool
) -> None:
    image = read_report(tmp_path, [{"tracking": "A", "finding": finding, "site": site, "numbers": [number]}])
    assert len(image.measurements) == 1
    assert [one.longest_diameter_mm for one in image.lesions] == ([24] if is_lesion else [])


@needs_shared
def test_the_shared_reports() -> None:
    one = read_image(IMAGING / "dicom" / "sr.dcm")
    assert isinstance(one, MeasurementReport)
    assert len(one.measurements) == 22
    assert ("Volume", 33.5824, "ml") in [(each.name, each.value, each.unit) for each in one.measurements]
    assert one.lesions == ()
    many = read_image(IMAGING / "dicom" / "sr_document_with_multiple_groups.dcm")
    assert isinstance(many, MeasurementReport)
    assert [(each.group, each.name, each.value, each.unit) for each in many.measurements][1:] == [
        (2, "Diameter", 10, "mm"),
        (3, "Diameter", 20, "mm"),
        (4, "Volume", 200, "mm3"),
    ]
    assert many.lesions == ()  # lung, aorta and a vertebra


def test_turned_grids_come_back(tmp_path: Path) -> None:
    grid = grid_around(14, (0.8, 1.1, 2.0), rotation(1, 20) @ rotation(0, 15))
    ball = ellipsoid(grid, (0, 0, 0), 11).astype(np.uint8)
    image = read_map(tmp_path, nifti_bytes(ball, grid, packed=True))
    assert longest_axial_diameter(image.mask(1)) == pytest.approx(22, abs=1.1)
