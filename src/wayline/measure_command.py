"""`wayline liver measure LABELMAP`: tumors out of a label map or a measurement report, as text, JSON or a case file.

Measured from the map as it is. What the map does not tell is null, never 0, and no words say what a number means. Names and numbers of
people that stand in DICOM files are neither printed nor kept.
"""

from __future__ import annotations

import argparse
import os
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from wayline.facts.case import EARLIEST_YEAR, parse_case
from wayline.folders import write_whole
from wayline.library import library
from wayline.liver.measuring import (
    SEGMENTS,
    UNKNOWN,
    Grid,
    LesionMeasure,
    LiverMeasures,
    Mask,
    MeasuringRules,
    NextTo,
    SegmentMap,
    load_measuring_rules,
    measure_liver,
)
from wayline.reading import WaylineError, parse, shortened
from wayline.records.label_maps import (
    DICOM_SEG,
    LESION,
    LIVER,
    NIFTI,
    LabelMap,
    MeasurementReport,
    ReportedLesion,
    labels_told,
    read_image,
    read_label_map,
)
from wayline.report import print_json

_WIDTH = 100
_SOURCES = {NIFTI: "measured from a label map (NIfTI)", DICOM_SEG: "measured from a segmentation (DICOM SEG)"}
_REPORTED = "measurement report (DICOM SR)"
_ROUND_MM, _ROUND_ML = 2, 6
_LESIONS, _NEAR_DUCT, _NEAR_VESSEL = "liver.lesions", "liver.near_bile_duct", "liver.near_large_vessel"
HOW_SURE = "Measured from the map as it is: a program or a person drew it, and it may be wrong. Your team reads the scan itself."
HOW_SURE_REPORT = "These numbers stand in the report as somebody measured them. Your team reads the scan itself."


def add_measure_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `wayline liver measure`."""
    parser.add_argument(
        "labelmap",
        type=Path,
        metavar="LABELMAP",
        help="a NIfTI label map, a DICOM segmentation (SEG) or a DICOM measurement report (SR); a map with one label is lesions",
    )
    parser.add_argument(
        "--lesion-label", action="append", metavar="N[,N]", help="the label of the tumors; each of several labels keeps its tumors apart"
    )
    parser.add_argument("--liver-label", action="append", metavar="N[,N]", help="the label of the liver around them")
    parser.add_argument("--segments", type=Path, metavar="MAP", help="a map of the Couinaud segments, labels 1 to 8, on any grid")
    parser.add_argument(
        "--segment-labels", metavar="LABEL=SEGMENT,...", help="what the labels of --segments mean, such as 1=1,2=2,3=3,41=4a,42=4b"
    )
    parser.add_argument("--vessels", type=Path, action="append", metavar="MAP", help="a map of large vessels; may be given several times")
    parser.add_argument("--ducts", type=Path, action="append", metavar="MAP", help="a map of large bile ducts; may be given several times")
    parser.add_argument("--scan-date", metavar="DATE", help="the day of the scan, where the file does not tell it")
    parser.add_argument("-o", "--output", type=Path, metavar="CASE", help="write what was found as a case file; never over another file")
    parser.add_argument("--json", action="store_true", help="JSON on stdout")


def measure(parsed: argparse.Namespace, today: date) -> int:
    """Measure, print, and write the case file where one is asked for."""
    if parsed.output is not None and os.path.lexists(parsed.output):
        raise WaylineError(f"{parsed.output}: there is a file already; it is not written over")
    told_date = _day(parsed.scan_date, today)
    rules = _rules()
    image = read_image(parsed.labelmap)
    found = _of_report(image, parsed) if isinstance(image, MeasurementReport) else _of_map(image, parsed, rules)
    found = _dated(found, told_date, today)
    if parsed.output is not None:
        found = replace(found, notes=(*found.notes, *_write_case(parsed.output, found, rules, today)))
    if parsed.json:
        print_json(found.as_json())
    else:
        print(found.as_text())
        if parsed.output is not None:
            print(f"\nWritten to {parsed.output}")
    return 0


def _rules() -> MeasuringRules:
    content = library()
    rules = load_measuring_rules(content.folder / "liver" / "nearness.yaml")
    for near in (rules.bile_duct, rules.large_vessel):
        content.references.require(near.cites, near.place)
    return rules


def _day(text: str | None, today: date) -> date | None:
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise WaylineError(f"--scan-date: '{shortened(text)}' is not a date such as 2026-11-23") from None
    if day > today or day.year < EARLIEST_YEAR:
        raise WaylineError(f"--scan-date: {text} lies {'after today' if day > today else f'before {EARLIEST_YEAR}'}")
    return day


# --- What was found, in one form ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What one file tells, ready to be shown and written."""

    file_kind: str
    scan_date: date | None
    voxel_size_mm: tuple[float, ...] | None
    measures: LiverMeasures
    measurements: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    is_complete: bool = True  # whether the list holds all lesions of the scan
    is_elsewhere: bool = False  # the file itself says that these are not in the liver

    def as_json(self) -> dict[str, Any]:
        lesions = self.measures.lesions
        diameters = None if lesions is None else [_mm(one.longest_diameter_mm) for one in lesions]
        tumor = None if lesions is None or any(one.volume_ml is None for one in lesions) else sum(one.volume_ml or 0 for one in lesions)
        return {
            "file_kind": self.file_kind,
            "scan_date": None if self.scan_date is None else self.scan_date.isoformat(),
            "voxel_size_mm": None if self.voxel_size_mm is None else [round(size, 6) for size in self.voxel_size_mm],
            "lesion_count": None if lesions is None else len(lesions),
            "lesions": [_lesion_json(one) for one in lesions or ()],
            "sum_of_longest_diameters_mm": None if diameters is None else _mm(sum(diameters)),
            "largest_diameter_mm": max(diameters) if diameters else None,
            "tumor_volume_ml": _ml(tumor),
            "liver_volume_ml": _ml(self.measures.liver_volume_ml),
            "liver_voxels": self.measures.liver_voxels,
            "tumor_fraction": None if self.measures.tumor_fraction is None else round(self.measures.tumor_fraction, 6),
            "measurements": [dict(one) for one in self.measurements],
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        lines = [_SHOWN_KINDS[self.file_kind] + (f", scan of {self.scan_date.isoformat()}" if self.scan_date else "")]
        if self.voxel_size_mm is not None:
            lines.append(f"Voxels of {' x '.join(f'{size:.3g}' for size in self.voxel_size_mm)} mm")
        lines += ["", *_lesion_lines(self.measures.lesions), *self._sums()]
        if self.measurements:
            lines += ["", "Measurements in the report"]
            lines += [f"  {_measurement_line(one)}" for one in self.measurements]
        if self.notes:
            lines += ["", "Notes"]
            lines += [textwrap.fill(note, _WIDTH, initial_indent="  ", subsequent_indent="    ") for note in self.notes]
        lines += ["", textwrap.fill(HOW_SURE_REPORT if self.voxel_size_mm is None else HOW_SURE, _WIDTH)]
        return "\n".join(lines)

    def _sums(self) -> list[str]:
        shown = self.as_json()
        rows = (
            ("Sum of longest diameters", shown["sum_of_longest_diameters_mm"] if self.measures.lesions else None, "{:.1f} mm"),
            ("Volume of the tumors", shown["tumor_volume_ml"] if self.measures.lesions else None, "{:.2f} mL"),
            ("Volume of the liver with them", shown["liver_volume_ml"], "{:.1f} mL"),
            ("Share of the liver", None if shown["tumor_fraction"] is None else 100 * shown["tumor_fraction"], "{:.2f} %"),
        )
        lines = [f"  {name + ':':32}{form.format(value)}" for name, value, form in rows if value is not None]
        return ["", *lines] if lines else []


_SHOWN_KINDS = {
    NIFTI: "Label map (NIfTI)",
    DICOM_SEG: "Segmentation (DICOM SEG)",
    "dicom_sr": "Measurement report (DICOM SR)",
}


def _mm(value: float) -> float:
    return round(float(value), _ROUND_MM)


def _ml(value: float | None) -> float | None:
    return None if value is None else round(float(value), _ROUND_ML)


def _lesion_json(one: LesionMeasure) -> dict[str, Any]:
    overlap = one.segment_overlap
    return {
        "number": one.number,
        "label": one.label,
        "segment": one.segment,
        "segment_overlap": None if overlap is None else {name: round(share, 4) for name, share in overlap.items()},
        "longest_diameter_mm": _mm(one.longest_diameter_mm),
        "volume_ml": _ml(one.volume_ml),
        # + 0.0 turns a minus zero, which nobody wants to read, into zero.
        "center_mm": None if one.center_mm is None else [_mm(value) + 0.0 for value in one.center_mm],
        "distance_to_vessel_mm": None if one.distance_to_vessel_mm is None else _mm(one.distance_to_vessel_mm),
        "distance_to_duct_mm": None if one.distance_to_duct_mm is None else _mm(one.distance_to_duct_mm),
        "touches": list(one.touches),
    }


def _lesion_lines(lesions: Sequence[LesionMeasure] | None) -> list[str]:
    if lesions is None:
        return ["Tumors: not known from this file"]
    if not lesions:
        return ["Tumors: none drawn"]
    lines = [f"Tumors: {len(lesions)}", ""]
    has_vessels = any(one.distance_to_vessel_mm is not None for one in lesions)
    has_ducts = any(one.distance_to_duct_mm is not None for one in lesions)
    heads = ["No.", "Longest", "Volume", "Segment", *(["To vessel"] if has_vessels else []), *(["To duct"] if has_ducts else []), ""]
    widths = [4, 11, 12, 22, *([11] if has_vessels else []), *([11] if has_ducts else []), 0]
    rows = [heads]
    for one in lesions:
        row = [
            str(one.number),
            f"{one.longest_diameter_mm:.1f} mm",
            "not known" if one.volume_ml is None else f"{one.volume_ml:.2f} mL",
            _segment_words(one),
        ]
        if has_vessels:
            row.append("not known" if one.distance_to_vessel_mm is None else f"{one.distance_to_vessel_mm:.1f} mm")
        if has_ducts:
            row.append("not known" if one.distance_to_duct_mm is None else f"{one.distance_to_duct_mm:.1f} mm")
        row.append(f"touches {', '.join(map(str, one.touches))}" if one.touches else "")
        rows.append(row)
    lines += ["  " + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return lines


def _segment_words(one: LesionMeasure) -> str:
    overlap = one.segment_overlap or {}
    if one.segment == UNKNOWN:
        most = max(overlap, key=lambda name: overlap[name]) if overlap else None
        return "4 (a or b not told)" if most == "4" and 2 * overlap["4"] > 1 else "not known"
    share = overlap.get(one.segment)
    return one.segment if share is None else f"{one.segment} ({100 * share:.0f} %)"


def _measurement_line(one: Mapping[str, Any]) -> str:
    about = [text for text in (one["tracking_id"], one["finding"], one["finding_site"]) if text]
    derivation = f" ({one['derivation']})" if one["derivation"] else ""
    return f"{one['group']}. {', '.join(about) or 'no name'}: {one['name']}{derivation} {one['value']:g} {one['unit']}".rstrip()


# --- From a map -----------------------------------------------------------------------------------------------------


def _of_map(image: LabelMap, parsed: argparse.Namespace, rules: MeasuringRules) -> Found:
    name = str(parsed.labelmap)
    lesion_labels, liver_labels = _meanings(image, parsed, name)
    notes = list(image.notes)
    if lesion_labels is None:
        notes.append("The map does not say what a tumor is, so nothing is said about tumors. --lesion-label says it.")
    lesions = None if lesion_labels is None else {number: image.mask(number) for number in lesion_labels}
    liver = None if liver_labels is None else [image.mask(number) for number in liver_labels]
    segments, segment_notes = _segments(image, parsed)
    vessels, vessel_notes = _masks(image, parsed.vessels, "--vessels", "vessels")
    ducts, duct_notes = _masks(image, parsed.ducts, "--ducts", "bile ducts")
    notes += segment_notes + vessel_notes + duct_notes
    elsewhere = [image.labels[number] for number in lesion_labels or () if image.labels[number].is_elsewhere]
    if elsewhere and parsed.lesion_label is None:
        notes.append(f"The file says that segment {elsewhere[0].number} lies in another organ than the liver.")
    try:
        measures = measure_liver(image.grid, lesions, liver, rules, segments=segments, vessels=vessels, ducts=ducts)
    except MemoryError:
        raise WaylineError(f"{name}: measuring it needs more memory than there is here") from None
    except WaylineError as error:
        raise WaylineError(f"{name}: {error}") from None
    notes += measures.notes
    if measures.lesions is not None and not measures.lesions:
        notes.append("No tumor is drawn in the map.")
    # As NIfTI tells them: along a row, along a column, between slices. DICOM's frames are kept the other way round.
    size = image.grid.spacing[::-1] if image.kind == DICOM_SEG else image.grid.spacing
    return Found(
        image.kind,
        image.scan_date,
        (float(size[0]), float(size[1]), float(size[2])),
        measures,
        (),
        tuple(notes),
        is_elsewhere=bool(elsewhere) and parsed.lesion_label is None,
    )


def _meanings(image: LabelMap, parsed: argparse.Namespace, name: str) -> tuple[list[int] | None, list[int] | None]:
    """Which labels are tumors and which the liver; None where nobody says so."""
    word = "segment" if image.kind == DICOM_SEG else "label"
    lesions = _chosen(image, parsed.lesion_label, "--lesion-label", name, may_be_empty=True)
    liver = _chosen(image, parsed.liver_label, "--liver-label", name)
    both = sorted(set(lesions or ()) & set(liver or ()))
    if both:
        raise WaylineError(f"{name}: {word} {both[0]} cannot be both, liver and lesion")
    if lesions is not None or liver is not None:
        return lesions, liver
    if not image.labels:
        raise WaylineError(
            f"{name}: nothing is drawn in this map. If somebody looked for tumors and drew none, say so with --lesion-label 1: "
            "they are then counted as 0"
        )
    named = {means: [number for number, label in image.labels.items() if label.means == means] for means in (LESION, LIVER)}
    if named[LESION] or named[LIVER]:
        return named[LESION] or None, named[LIVER] or None
    if len(image.labels) == 1 and image.kind == NIFTI:
        return list(image.labels), None
    told = labels_told(image.labels.values())
    raise WaylineError(f"{name}: which {word} is what? It holds {told}. Say so with --lesion-label N and --liver-label N")


def _chosen(image: LabelMap, given: Sequence[str] | None, flag: str, name: str, *, may_be_empty: bool = False) -> list[int] | None:
    """The labels that a flag names, each of which the map must hold; an empty map may be searched for lesions."""
    if given is None:
        return None
    numbers: list[int] = []
    for text in ",".join(given).split(","):
        if not re.fullmatch(r"\s*[0-9]{1,10}\s*", text) or int(text) == 0:
            raise WaylineError(f"{flag}: '{shortened(text)}' is not a label; labels are whole numbers from 1, such as {flag} 2")
        if int(text) not in numbers:
            numbers.append(int(text))
    if not image.labels and may_be_empty:
        return []
    for number in numbers:
        if number not in image.labels:
            there = labels_told(image.labels.values()) or "nothing"
            raise WaylineError(f"{flag}: {name} does not hold {number}. It holds {there}")
    return sorted(numbers)


def _beside(image: LabelMap, path: Path, flag: str, purpose: str) -> tuple[LabelMap, list[str]]:
    """A second map, known to lie in the same place as the first."""
    other = read_label_map(path, purpose)
    if other.is_placed != image.is_placed:
        if other.grid.shape != image.grid.shape or not np.allclose(other.grid.spacing, image.grid.spacing, rtol=1e-3):
            raise WaylineError(
                f"{flag}: {path}: only one of the two maps tells how it lies in the body, and their grids differ, so they cannot be "
                "laid together"
            )
        return other, [
            f"{flag}: only one of the two maps tells how it lies in the body; they have the same grid and are laid together voxel by voxel."
        ]
    first, second = _corners(image.grid), _corners(other.grid)
    if (first.min(axis=0) > second.max(axis=0)).any() or (second.min(axis=0) > first.max(axis=0)).any():
        raise WaylineError(f"{flag}: {path}: this map lies in another place of the body than the first; they do not overlap at all")
    return other, []


def _corners(grid: Grid) -> Any:
    ends = np.array([[-0.5, size - 0.5] for size in grid.shape])
    corners = np.array([[i, j, k] for i in ends[0] for j in ends[1] for k in ends[2]])
    return grid.to_mm(corners)


def _laid_on(mask: Mask, grid: Grid) -> Mask:
    return replace(mask, grid=Grid(mask.grid.shape, grid.affine))


def _masks(image: LabelMap, paths: Sequence[Path] | None, flag: str, words: str) -> tuple[list[Mask] | None, list[str]]:
    if paths is None:
        return None, []
    masks: list[Mask] = []
    notes: list[str] = []
    for path in paths:
        other, more = _beside(image, path, flag, flag)
        notes += more
        found = other.anything()
        masks += [_laid_on(mask, image.grid) for mask in found] if more else found
        if len(other.labels) > 1:
            notes.append(f"{flag}: the map holds {len(other.labels)} labels; all of them are taken as {words}.")
    if not any(mask.inside.any() for mask in masks):
        notes.append(f"{flag}: nothing is drawn there, so distances to {words} are not known.")
    return masks, notes


def _segments(image: LabelMap, parsed: argparse.Namespace) -> tuple[SegmentMap | None, list[str]]:
    if parsed.segments is None:
        if parsed.segment_labels is not None:
            raise WaylineError("--segment-labels says what the labels of --segments mean; give that map too")
        return None, []
    other, notes = _beside(image, parsed.segments, "--segments", "--segments")
    if not other.labels:
        raise WaylineError(f"--segments: {parsed.segments}: nothing is drawn in this map")
    names = {number: str(number) for number in range(1, 9)}
    there = [number for number, label in other.labels.items() if label.voxels]
    if parsed.segment_labels is not None:
        names = _segment_names(parsed.segment_labels)
        left = [str(number) for number in there if number not in names]
        if left:
            notes.append(f"--segments: labels without a segment in --segment-labels are left out: {', '.join(left[:20])}.")
    elif any(number not in names for number in there):
        raise WaylineError(
            f"--segments: {parsed.segments}: holds other labels than 1 to 8: {labels_told(other.labels.values())}. "
            "Say which is which, such as --segment-labels 1=1,2=2,3=3,4=4a,5=4b,6=5,7=6,8=7,9=8"
        )
    try:
        segments = other.segments(names)
    except WaylineError as error:
        raise WaylineError(f"--segments: {parsed.segments}: {error}") from None
    if notes and other.is_placed != image.is_placed:
        segments = replace(segments, grid=Grid(segments.grid.shape, image.grid.affine))
    if "4" in names.values() and any(names.get(number) == "4" for number in there):
        notes.append("--segments: segment 4 is not divided into 4a and 4b there; the segment of a tumor mostly in it is not known.")
    return segments, notes


def _segment_names(text: str) -> dict[int, str]:
    names: dict[int, str] = {}
    for pair in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,10})\s*=\s*([0-9][ab]?)\s*", pair.lower())
        if match is None or match[2] not in SEGMENTS:
            raise WaylineError(
                f"--segment-labels: '{shortened(pair)}' is not LABEL=SEGMENT, such as 41=4a. Segments: {', '.join(SEGMENTS)}"
            )
        if int(match[1]) in names:
            raise WaylineError(f"--segment-labels: label {int(match[1])} stands there twice")
        names[int(match[1])] = match[2]
    return names


# --- From a report --------------------------------------------------------------------------------------------------


def _of_report(report: MeasurementReport, parsed: argparse.Namespace) -> Found:
    for flag in ("lesion_label", "liver_label", "segments", "segment_labels", "vessels", "ducts"):
        if getattr(parsed, flag) is not None:
            raise WaylineError(f"--{flag.replace('_', '-')}: {parsed.labelmap} is a measurement report; it holds no map")
    lesions = _reported(report.lesions)
    notes = list(report.notes)
    if lesions is None:
        notes.append("The report tells no longest diameter of anything in the liver, so nothing is said about tumors.")
    else:
        notes.append("A report may leave out tumors that nobody measured: the list may have gaps.")
    measurements = tuple(
        {
            "group": one.group,
            "tracking_id": one.tracking_id,
            "finding": one.finding,
            "finding_site": one.finding_site,
            "name": one.name,
            "derivation": one.derivation,
            "value": one.value,
            "unit": one.unit,
        }
        for one in report.measurements
    )
    measures = LiverMeasures(lesions, None, None, None, ())
    return Found(report.kind, report.scan_date, None, measures, measurements, tuple(notes), is_complete=False)


def _reported(lesions: Sequence[ReportedLesion]) -> tuple[LesionMeasure, ...] | None:
    """Largest first. A report without such lesions does not say that there are none."""
    ordered = sorted(lesions, key=lambda one: -one.longest_diameter_mm)
    return (
        tuple(
            LesionMeasure(number, None, one.segment, None, one.longest_diameter_mm, one.volume_ml, None)
            for number, one in enumerate(ordered, start=1)
        )
        or None
    )


# --- Days and the case file -----------------------------------------------------------------------------------------


def _dated(found: Found, told: date | None, today: date) -> Found:
    if told is not None:
        notes = found.notes
        if found.scan_date is not None and found.scan_date != told:
            notes = (
                *notes,
                f"The file tells {found.scan_date.isoformat()} as the day of the scan; {told.isoformat()} of --scan-date is used.",
            )
        return replace(found, scan_date=told, notes=notes)
    day = found.scan_date
    if day is not None and (day > today or day.year < EARLIEST_YEAR):
        where = "after today" if day > today else f"before {EARLIEST_YEAR}"
        return replace(found, scan_date=None, notes=(*found.notes, f"The day of the scan in the file lies {where}; it is left out."))
    return found


def _write_case(path: Path, found: Found, rules: MeasuringRules, today: date) -> list[str]:
    """Write what can be told as a case file; says what was left out."""
    notes: list[str] = []
    facts: dict[str, Any] = {}
    source = _SOURCES.get(found.file_kind, _REPORTED)
    dated = {} if found.scan_date is None else {"date": found.scan_date.isoformat()}
    lesions = found.measures.lesions
    if found.is_elsewhere:
        notes.append(f"{path}: the file says that the tumors lie in another organ, so they are not written as tumors of the liver.")
        lesions = None
    elif lesions is None:
        notes.append(f"{path}: tumors are not known from this file, so none are written.")
    if lesions is not None:
        if not dated:
            notes.append(f"{path}: written without the day of the scan, so it counts as of {today.isoformat()}. --scan-date tells it.")
        items = [
            # A name that two scans share would make two tumors the same one: none is given.
            {"segment": one.segment, "diameter_cm": round(one.longest_diameter_mm / 10, 2), **dated}
            for one in lesions
        ]
        facts[_LESIONS] = {"items": items, "complete": False} if not found.is_complete else {"value": items}
        facts[_LESIONS] |= {**dated, "source": source}
    for fact, near, distances in (
        (_NEAR_DUCT, rules.bile_duct, [one.distance_to_duct_mm for one in lesions or ()]),
        (_NEAR_VESSEL, rules.large_vessel, [one.distance_to_vessel_mm for one in lesions or ()]),
    ):
        is_near = _is_near(distances, near)
        if is_near is not None:
            facts[fact] = {"value": is_near, **dated, "source": f"{source}: within {near.within_mm:g} mm"}
            if not is_near:
                notes.append(f"{path}: '{fact}: false' holds for what is drawn in the given map only.")
    text = yaml.safe_dump({"as_of": today.isoformat(), "facts": facts}, sort_keys=False, allow_unicode=True, width=140)
    try:
        parse_case(parse(text, str(path)), library().vocabulary, str(path))
    except WaylineError as error:
        raise WaylineError(f"what was measured makes no case file: {error.message}") from None
    write_whole(path, "# Written by `wayline liver measure`. Add what else is known.\n" + text, may_replace=False)
    return notes


def _is_near(distances: Sequence[float | None], near: NextTo) -> bool | None:
    """Whether any tumor lies that near; None where it is not known, or where there is no tumor."""
    known = [distance for distance in distances if distance is not None]
    if any(distance <= near.within_mm for distance in known):
        return True
    return False if known and len(known) == len(distances) else None
