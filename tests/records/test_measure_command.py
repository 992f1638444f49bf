"""`wayline liver measure` as it is used: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import argparse
import json
import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import shared_folder
from tests.records.phantoms import (
    LESION_CODE,
    LIVER_CODE,
    SECRET,
    dicom_bytes,
    ellipsoid,
    grid_around,
    grid_of,
    nifti_bytes,
    report,
    rotation,
    segmentation,
)
from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.liver.measuring import Grid
from wayline.measure_command import add_measure_arguments, measure
from wayline.reading import WaylineError

TODAY = date(2026, 11, 30)
IMAGING = shared_folder() / "data" / "imaging"
needs_shared = pytest.mark.skipif(not IMAGING.is_dir(), reason="the shared data are not here")
GRID = grid_around(45, (1, 1, 2))
LIVER = ellipsoid(GRID, (0, 0, 0), (40, 32, 36))
LARGE, SMALL = ellipsoid(GRID, (18, 0, 0), 12), ellipsoid(GRID, (-20, 5, 8), 6)
BOTH = np.where(LARGE | SMALL, 2, LIVER).astype(np.uint8)
Run = Callable[..., dict[str, Any]]


def run_text(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    add_measure_arguments(parser)
    return measure(parser.parse_args([str(argument) for argument in arguments]), TODAY)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command and read its JSON."""

    def run_json(*arguments: object) -> dict[str, Any]:
        assert run_text(*arguments, "--json") == 0
        out, err = capsys.readouterr()
        assert err == ""
        found: dict[str, Any] = json.loads(out)
        return found

    return run_json


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """A folder with a map of liver and lesions, one of lesions only, vessels, ducts, and segments on another grid."""
    other = grid_around(60, (2.2, 1.9, 3), rotation(2, 20))
    x = other.to_mm(np.indices(other.shape).reshape(3, -1).T)[:, 0].reshape(other.shape)
    written = {
        "both.nii.gz": (BOTH, GRID),
        "lesions.nii.gz": ((BOTH == 2).astype(np.int16), GRID),
        "liver.nii": (LIVER.astype(np.float32), GRID),
        "two.nii.gz": (LARGE.astype(np.uint8) * 3 + SMALL.astype(np.uint8) * 9, GRID),
        "nothing.nii.gz": (np.zeros(GRID.shape, dtype=np.uint8), GRID),
        "vessels.nii.gz": (ellipsoid(GRID, (18, 20, 0), (3, 3, 30)).astype(np.uint8), GRID),
        "ducts.nii.gz": (ellipsoid(GRID, (18, -32, 0), (3, 3, 30)).astype(np.uint8), GRID),
        "segments.nii.gz": (np.where(x > 0, 2, 6).astype(np.uint8), other),
        "segments4.nii.gz": (np.where(x > 0, 4, 41).astype(np.uint8), other),
        "elsewhere.nii.gz": (np.ones((5, 5, 5), dtype=np.uint8), grid_of((5, 5, 5), (1, 1, 1), (900, 900, 900))),
    }
    for name, (array, grid) in written.items():
        (tmp_path / name).write_bytes(nifti_bytes(array, grid, packed=name.endswith("gz")))
    return tmp_path


# --- Out of maps ----------------------------------------------------------------------------------------------------


def test_everything_at_once(maps: Path, run: Run) -> None:
    found = run(
        *(maps / "both.nii.gz", "--lesion-label", 2, "--liver-label", 1, "--segments", maps / "segments.nii.gz"),
        *("--vessels", maps / "vessels.nii.gz", "--ducts", maps / "ducts.nii.gz"),
    )
    assert list(found) == [
        *("file_kind", "scan_date", "voxel_size_mm", "lesion_count", "lesions", "sum_of_longest_diameters_mm", "largest_diameter_mm"),
        *("tumor_volume_ml", "liver_volume_ml", "liver_voxels", "tumor_fraction", "measurements", "notes"),
    ]
    assert (found["file_kind"], found["scan_date"], found["voxel_size_mm"]) == ("nifti", None, [1, 1, 2])
    assert found["lesion_count"] == 2
    large, small = found["lesions"]
    assert list(large) == [
        *("number", "label", "segment", "segment_overlap", "longest_diameter_mm", "volume_ml", "center_mm"),
        *("distance_to_vessel_mm", "distance_to_duct_mm", "touches"),
    ]
    assert (large["number"], large["label"], large["segment"], large["touches"]) == (1, 2, "2", [])
    assert large["longest_diameter_mm"] == pytest.approx(24, abs=1)
    assert large["center_mm"] == pytest.approx([18, 0, 0], abs=0.5)
    assert large["distance_to_vessel_mm"] == pytest.approx(5, abs=1)
    assert large["distance_to_duct_mm"] == pytest.approx(17, abs=1)
    assert (small["segment"], small["segment_overlap"]) == ("6", {"6": 1.0})
    assert found["liver_voxels"] == int((LIVER | LARGE | SMALL).sum())
    assert found["liver_volume_ml"] == pytest.approx(found["liver_voxels"] * 0.002)
    assert found["tumor_fraction"] == pytest.approx(found["tumor_volume_ml"] / found["liver_volume_ml"], abs=1e-6)
    assert found["sum_of_longest_diameters_mm"] == pytest.approx(large["longest_diameter_mm"] + small["longest_diameter_mm"])
    assert found["largest_diameter_mm"] == large["longest_diameter_mm"]


@pytest.mark.parametrize(
    ("name", "flags", "count", "has_liver"),
    [
        ("lesions.nii.gz", (), 2, False),  # one label and no flag: lesions
        ("both.nii.gz", ("--lesion-label", 2), 2, False),
        ("both.nii.gz", ("--liver-label", 1), None, True),  # nobody said what a lesion is
        ("liver.nii", ("--liver-label", 1), None, True),
        ("both.nii.gz", ("--lesion-label", 2, "--liver-label", 1), 2, True),
        ("two.nii.gz", ("--lesion-label", "3,9"), 2, False),
        ("two.nii.gz", ("--lesion-label", 3, "--lesion-label", 9), 2, False),
        ("two.nii.gz", ("--lesion-label", 9), 1, False),
        ("nothing.nii.gz", ("--lesion-label", 1), 0, False),  # looked for, and none drawn
    ],
)
def test_what_is_not_known_is_null(maps: Path, run: Run, name: str, flags: tuple[object, ...], count: int | None, has_liver: bool) -> None:
    found = run(maps / name, *flags)
    assert found["lesion_count"] == count
    assert (found["liver_voxels"] is not None) == has_liver
    assert (found["liver_volume_ml"] is not None) == has_liver
    assert (found["tumor_fraction"] is not None) == (has_liver and count is not None)
    if count is None:
        assert (found["lesions"], found["tumor_volume_ml"], found["sum_of_longest_diameters_mm"]) == ([], None, None)
        assert "nothing is said about tumors" in " ".join(found["notes"])
    if count == 0:
        assert (found["tumor_volume_ml"], found["sum_of_longest_diameters_mm"], found["largest_diameter_mm"]) == (0, 0, None)


def test_segment_4_and_its_halves(maps: Path, run: Run) -> None:
    found = run(maps / "lesions.nii.gz", "--segments", maps / "segments4.nii.gz", "--segment-labels", "4=4,41=4a")
    assert [one["segment"] for one in found["lesions"]] == ["unknown", "4a"]
    assert found["lesions"][0]["segment_overlap"] == {"4": 1.0}
    part = run(maps / "lesions.nii.gz", "--segments", maps / "segments4.nii.gz", "--segment-labels", "41=4b")
    assert [one["segment"] for one in part["lesions"]] == ["unknown", "4b"]
    assert "left out: 4" in " ".join(part["notes"])


def test_several_vessel_maps_count_together(maps: Path, run: Run) -> None:
    one = run(maps / "lesions.nii.gz", "--vessels", maps / "ducts.nii.gz")
    two = run(maps / "lesions.nii.gz", "--vessels", maps / "ducts.nii.gz", "--vessels", maps / "vessels.nii.gz")
    assert two["lesions"][0]["distance_to_vessel_mm"] < one["lesions"][0]["distance_to_vessel_mm"]
    none = run(maps / "lesions.nii.gz", "--vessels", maps / "nothing.nii.gz")
    assert none["lesions"][0]["distance_to_vessel_mm"] is None
    assert "nothing is drawn there" in " ".join(none["notes"])


def test_maps_that_do_not_tell_their_place_are_laid_together_only_on_the_same_grid(maps: Path, run: Run) -> None:
    nowhere = maps / "nowhere.nii"
    nowhere.write_bytes(nifti_bytes(np.full(GRID.shape, 7, dtype=np.uint8), GRID, sform_code=0))
    found = run(maps / "lesions.nii.gz", "--segments", nowhere)
    assert [one["segment"] for one in found["lesions"]] == ["7", "7"]
    assert "laid together" in " ".join(found["notes"])
    with pytest.raises(WaylineError, match="cannot be laid together"):
        run_text(nowhere, "--segments", maps / "segments.nii.gz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("both.nii.gz",), r"which label is what\? It holds 1 \(.* voxels\), 2 \(.* voxels\). Say so with --lesion-label N"),
        (("both.nii.gz", "--lesion-label", "5"), r"does not hold 5. It holds 1 \("),
        (("both.nii.gz", "--lesion-label", "two"), "'two' is not a label"),
        (("both.nii.gz", "--lesion-label", "0"), "'0' is not a label"),
        (("both.nii.gz", "--lesion-label=-1"), "'-1' is not a label"),
        (("both.nii.gz", "--lesion-label", "1,2", "--liver-label", "1"), "cannot be both"),
        (("nothing.nii.gz",), "nothing is drawn in this map"),
        (("nothing.nii.gz", "--liver-label", "1"), "It holds nothing"),
        (("lesions.nii.gz", "--segments", "elsewhere.nii.gz"), "do not overlap at all"),
        (("lesions.nii.gz", "--vessels", "elsewhere.nii.gz"), "do not overlap at all"),
        (("lesions.nii.gz", "--segments", "nothing.nii.gz"), "nothing is drawn in this map"),
        (("lesions.nii.gz", "--segments", "segments4.nii.gz"), "other labels than 1 to 8"),
        (("lesions.nii.gz", "--segments", "segments.nii.gz", "--segment-labels", "2=9"), "'2=9' is not LABEL=SEGMENT"),
        (("lesions.nii.gz", "--segments", "segments.nii.gz", "--segment-labels", "2=2,2=3"), "stands there twice"),
        (("lesions.nii.gz", "--segment-labels", "2=2"), "give that map too"),
        (("lesions.nii.gz", "--ducts", "gone.nii.gz"), "cannot be read"),
        (("lesions.nii.gz", "--scan-date", "2026-12-24"), "lies after today"),
        (("lesions.nii.gz", "--scan-date", "yesterday"), "is not a date"),
    ],
)
def test_mistakes_are_told(maps: Path, arguments: tuple[str, ...], message: str) -> None:
    placed = [str(maps / argument) if argument.endswith(".nii.gz") else argument for argument in arguments]
    with pytest.raises(WaylineError, match=message):
        run_text(*placed)


def test_text_for_people(maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_text(maps / "both.nii.gz", "--lesion-label", 2, "--liver-label", 1, "--segments", maps / "segments.nii.gz")
    out = capsys.readouterr().out
    assert "Tumors: 2" in out
    assert "2 (100 %)" in out
    assert "a program or a person drew it, and it may be wrong. Your team reads\nthe scan itself." in out
    run_text(maps / "both.nii.gz", "--liver-label", 1)
    assert "Tumors: not known from this file" in capsys.readouterr().out


@needs_shared
def test_the_shared_liver(run: Run) -> None:
    folder = IMAGING / "liver_ct"
    whole = run(folder / "example_seg.nii.gz", "--liver-label", 5)
    alone = run(folder / "liver.nii.gz", "--liver-label", 1)
    for found in (whole, alone):
        assert found["liver_volume_ml"] == pytest.approx(found["liver_voxels"] * 0.027)
        assert found["lesion_count"] is None
    assert (whole["liver_voxels"], alone["liver_voxels"]) == (38634, 39350)
    vessels = [
        argument for name in ("portal_vein_and_splenic_vein", "inferior_vena_cava") for argument in ("--vessels", folder / f"{name}.nii.gz")
    ]
    gallbladder = run(folder / "gallbladder.nii.gz", *vessels, "--ducts", folder / "liver.nii.gz")
    assert gallbladder["lesion_count"] == 1
    assert 0 < gallbladder["lesions"][0]["distance_to_vessel_mm"] < 60
    assert gallbladder["lesions"][0]["distance_to_duct_mm"] == 0


# --- Out of DICOM ---------------------------------------------------------------------------------------------------

STACK = grid_of((24, 64, 60), (2.5, 0.8, 0.8), turned=np.eye(3)[:, [2, 1, 0]])
IN_STACK = ellipsoid(STACK, STACK.to_mm(np.array([[12, 30, 30]]))[0], 8)
AROUND = ellipsoid(STACK, STACK.to_mm(np.array([[12, 31, 30]]))[0], 20)


@pytest.fixture
def seg(tmp_path: Path) -> Path:
    path = tmp_path / "seg.dcm"
    path.write_bytes(dicom_bytes(segmentation([(AROUND, LIVER_CODE, "Liver"), (IN_STACK, LESION_CODE, "Lesion")], STACK)))
    return path


def test_a_segmentation_names_its_own_segments(seg: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(seg)
    assert (found["file_kind"], found["scan_date"], found["lesion_count"]) == ("dicom_seg", "2026-11-02", 1)
    assert found["voxel_size_mm"] == [0.8, 0.8, 2.5]
    assert found["lesions"][0]["label"] == 2
    assert found["lesions"][0]["longest_diameter_mm"] == pytest.approx(16, abs=0.8)
    assert found["liver_voxels"] == AROUND.sum()  # the lesion overlaps the liver and is not counted twice
    assert run(seg, "--lesion-label", 1)["lesions"][0]["label"] == 1
    run_text(seg)
    assert SECRET not in capsys.readouterr().out


def test_a_segmentation_that_names_neither(tmp_path: Path) -> None:
    path = tmp_path / "seg.dcm"
    path.write_bytes(dicom_bytes(segmentation([(AROUND, ("272673000", "SCT", "Bone"), "Bone")], STACK)))
    with pytest.raises(WaylineError, match=r"which segment is what\? It holds 1 Bone"):
        run_text(path)


REPORT = [
    {
        "tracking": "Lesion A",
        "finding": LESION_CODE,
        "site": ("277960005", "SCT", "Hepatic segment VI"),
        "numbers": [(("103339001", "SCT", "Long Axis"), 2.4, "cm", None)],
    }
]


def test_a_report(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "report.dcm"
    path.write_bytes(dicom_bytes(report(REPORT)))
    found = run(path)
    assert (found["file_kind"], found["scan_date"], found["voxel_size_mm"], found["lesion_count"]) == ("dicom_sr", "2026-11-02", None, 1)
    assert found["lesions"][0] == {
        "number": 1,
        "label": None,
        "segment": "6",
        "segment_overlap": None,
        "longest_diameter_mm": 24.0,
        "volume_ml": None,
        "center_mm": None,
        "distance_to_vessel_mm": None,
        "distance_to_duct_mm": None,
        "touches": [],
    }
    assert found["measurements"][0]["value"] == 2.4
    assert found["tumor_volume_ml"] is None
    assert "the list may have gaps" in " ".join(found["notes"])
    with pytest.raises(WaylineError, match="it holds no map"):
        run_text(path, "--lesion-label", 1)
    path.write_bytes(dicom_bytes(report([])))
    assert run(path)["lesion_count"] is None


# --- Case files -----------------------------------------------------------------------------------------------------


def case_of(path: Path) -> Situation:
    return load_case(path, library().vocabulary)


def test_a_case_file_that_loads(maps: Path, run: Run) -> None:
    case = maps / "case.yaml"
    found = run(
        *(maps / "lesions.nii.gz", "--segments", maps / "segments.nii.gz", "--vessels", maps / "vessels.nii.gz"),
        *("--ducts", maps / "ducts.nii.gz", "--scan-date", "2026-11-12", "-o", case),
    )
    told = case_of(case).told
    assert set(told) == {"liver.lesions", "liver.near_bile_duct", "liver.near_large_vessel"}
    lesions: Any = told["liver.lesions"].value
    assert lesions.complete
    assert [(one.segment, one.diameter_cm.low, str(one.date)) for one in lesions.items] == [
        (one["segment"], round(one["longest_diameter_mm"] / 10, 2), "2026-11-12") for one in found["lesions"]
    ]
    assert told["liver.lesions"].source == "measured from a label map (NIfTI)"
    assert told["liver.near_large_vessel"].value is True  # about 5 mm
    assert told["liver.near_bile_duct"].value is False
    assert "holds for what is drawn in the given map only" in " ".join(found["notes"])
    assert stat.S_IMODE(case.stat().st_mode) == 0o600
    assert [path.name for path in maps.iterdir() if path.name.startswith(".")] == []


def test_what_the_file_cannot_tell_is_left_out(maps: Path, seg: Path, run: Run) -> None:
    run(maps / "both.nii.gz", "--liver-label", 1, "-o", maps / "1.yaml")
    assert set(case_of(maps / "1.yaml").told) == set()
    undated = run(maps / "lesions.nii.gz", "-o", maps / "2.yaml")
    assert set(case_of(maps / "2.yaml").told) == {"liver.lesions"}
    assert "without the day of the scan" in " ".join(undated["notes"])
    run(maps / "nothing.nii.gz", "--lesion-label", 1, "--vessels", maps / "vessels.nii.gz", "-o", maps / "3.yaml")
    none: Any = case_of(maps / "3.yaml").told["liver.lesions"].value
    assert (none.items, none.complete) == ((), True)
    assert set(case_of(maps / "3.yaml").told) == {"liver.lesions"}
    run(seg, "-o", maps / "4.yaml")
    assert str(case_of(maps / "4.yaml").told["liver.lesions"].date) == "2026-11-02"
    assert "SECRET" not in (maps / "4.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("day", "note"), [("20270101", "after today"), ("18990101", "before 1900"), ("", "does not tell"), ("20261340", "cannot be read")]
)
def test_an_impossible_day_is_left_out(tmp_path: Path, run: Run, day: str, note: str) -> None:
    told = segmentation([(IN_STACK, LESION_CODE, "Lesion")], STACK)
    told.add_new("StudyDate", "LO", day)
    told["StudyDate"].VR = "DA"
    (tmp_path / "seg.dcm").write_bytes(dicom_bytes(told))
    found = run(tmp_path / "seg.dcm", "-o", tmp_path / "case.yaml")
    assert found["scan_date"] is None
    assert note in " ".join(found["notes"])
    lesions: Any = case_of(tmp_path / "case.yaml").told["liver.lesions"].value
    assert [one.date for one in lesions.items] == [None]


def test_a_report_s_list_may_have_gaps(tmp_path: Path, run: Run) -> None:
    (tmp_path / "report.dcm").write_bytes(dicom_bytes(report(REPORT)))
    run(tmp_path / "report.dcm", "-o", tmp_path / "case.yaml")
    lesions: Any = case_of(tmp_path / "case.yaml").told["liver.lesions"].value
    assert (len(lesions.items), lesions.complete) == (1, False)


def test_tumors_elsewhere_are_no_tumors_of_the_liver(tmp_path: Path, run: Run) -> None:
    told = segmentation([(IN_STACK, LESION_CODE, "Lesion")], STACK)
    told.SegmentSequence[0].AnatomicRegionSequence = told.SegmentSequence[0].SegmentedPropertyTypeCodeSequence
    told.SegmentSequence[0].AnatomicRegionSequence = [
        segmentation([(IN_STACK, ("39607008", "SCT", "Lung"), "x")], STACK).SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]
    ]
    (tmp_path / "seg.dcm").write_bytes(dicom_bytes(told))
    found = run(tmp_path / "seg.dcm", "-o", tmp_path / "case.yaml")
    assert found["lesion_count"] == 1
    assert "another organ" in " ".join(found["notes"])
    assert set(case_of(tmp_path / "case.yaml").told) == set()


def test_nothing_is_written_over_and_nothing_half_written(maps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = maps / "case.yaml"
    case.write_text("mine", encoding="utf-8")
    with pytest.raises(WaylineError, match="it is not written over"):
        run_text(maps / "lesions.nii.gz", "-o", case)
    assert case.read_text(encoding="utf-8") == "mine"
    (maps / "dangling.yaml").symlink_to(maps / "gone.yaml")
    with pytest.raises(WaylineError, match="it is not written over"):
        run_text(maps / "lesions.nii.gz", "-o", maps / "dangling.yaml")
    with pytest.raises(WaylineError, match="cannot be written"):
        run_text(maps / "lesions.nii.gz", "-o", maps / "no" / "such" / "folder.yaml")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = sorted(maps.iterdir())
    with pytest.raises(WaylineError, match="No space left on device"):
        run_text(maps / "lesions.nii.gz", "-o", maps / "new.yaml")
    assert sorted(maps.iterdir()) == before


def test_a_case_that_would_not_load_is_not_written(tmp_path: Path) -> None:
    grid = Grid((60, 4, 4), np.diag([90.0, 1, 1, 1]))
    (tmp_path / "map.nii").write_bytes(nifti_bytes(np.ones(grid.shape, dtype=np.uint8), grid))
    with pytest.raises(WaylineError, match="makes no case file"):
        run_text(tmp_path / "map.nii", "-o", tmp_path / "case.yaml")
    assert not (tmp_path / "case.yaml").exists()
