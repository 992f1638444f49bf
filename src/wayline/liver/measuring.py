"""Tumors out of a drawing of the liver: how many, how big, in which segment, how near to ducts and vessels.

Plain arrays in, dataclasses out; the files they come from are known in `wayline.records`. Everything is measured in the patient's space, in
mm (RAS: x grows to the right hand, y to the front, z to the head), whatever the order in which a file stores its voxels.

Longest diameter (RECIST 1.1: the longest diameter in the axial plane; [@eisenhauer-2009-recist]). Axial planes are the slices whose normal
is nearest to the head-foot axis. The line runs between two voxel centers, and three quarters of a voxel are added along its direction:
centers alone are always too short, since the edge lies beyond them. Of 1,500 random ellipsoids at uneven spacing no diameter came out more
than one voxel too long that way, and 2 of 100 more than one too short: small ones on thick slices, whose widest place lies between two
slices. A single voxel is three quarters of its own width.

Pieces. Voxels that share a face, an edge or a corner are one piece. A piece is cut at a neck: a plane whose cross-section is at most
`neck_area_share` of the widest on either side, and narrower than either side in every direction across (`neck_width_share`); both sides
keep at least `smallest_part_voxels`. So two balls that touch, or overlap by up to about a quarter of their diameter, are two; a bean, a
bend, a dent or a rough edge is narrow in one direction only, or hardly, and stays one, as tumors that have grown together do (RECIST 1.1).
Labels keep apart what somebody drew apart. Where two tumors that touch were drawn as one, the plane between them is where the neck is
narrowest; voxels near it go to the side into whose shape they fit. Small tumors on thick slices (about 1 cm on 4 to 5 mm) that touch may
stay one: the neck lies between two slices.

Specks: a piece of fewer than `speck_voxels` voxels and less than `speck_ml` is told in the notes and not counted, unless its label has
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayline.reading import Block, Place, WaylineError, number_at, read, require_keys, text_at, texts_at

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Index = tuple[int, int, int]

UNKNOWN = "unknown"
SEGMENTS = ("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8")
MOST_LESIONS = 500
_BEYOND_CENTERS = 0.75  # of a voxel, see above
_MOST_SURFACE_POINTS = 4_000_000
_BLOCK = 8
_SMALL = 4_000_000  # voxels that are labeled at once
_MOST_POINTS = 60_000  # of a piece, to look for necks
_DEEPEST_CUT = 12
_LARGEST_REGION = 200_000_000  # voxels in the box around one piece
_STRETCH = 1 << 21  # voxels that are looked at at once
_WIDTHS = 8


# --- The rules, from content ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NextTo:
    """The distance up to which a tumor counts as next to something."""

    within_mm: float
    cites: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class MeasuringRules:
    """`content/liver/nearness.yaml`."""

    bile_duct: NextTo
    large_vessel: NextTo
    neck_area_share: float
    neck_width_share: float
    smallest_part_voxels: int
    speck_voxels: int
    speck_ml: float


def load_measuring_rules(path: Path) -> MeasuringRules:
    """Load the rules strictly."""
    name = f"{path.parent.name}/{path.name}"
    root = require_keys(read(path, name), ("next_to", "pieces"), Place(name, 1))
    near = require_keys(root["next_to"], ("bile_duct", "large_vessel"), root.at("next_to"))
    keys = ("neck_area_share", "neck_width_share", "smallest_part_voxels", "speck_voxels", "speck_ml")
    pieces = require_keys(root["pieces"], keys, root.at("pieces"))

    def bounded(block: Block, key: str, lowest: float, highest: float) -> float:
        number = number_at(block, key)
        if not lowest <= number <= highest:
            raise block.at(key).error(f"'{key}' must lie between {lowest:g} and {highest:g}")
        return number

    def next_to(key: str) -> NextTo:
        block = require_keys(near[key], ("within_mm", "cites", "note"), near.at(key))
        text_at(block, "note")
        cites = tuple(texts_at(block, "cites"))
        if not cites:
            raise block.at("cites").error("a distance needs a source in 'cites'")
        return NextTo(bounded(block, "within_mm", 0, 100), cites, block.at("cites"))

    return MeasuringRules(
        bile_duct=next_to("bile_duct"),
        large_vessel=next_to("large_vessel"),
        neck_area_share=bounded(pieces, "neck_area_share", 0.05, 0.95),
        neck_width_share=bounded(pieces, "neck_width_share", 0.05, 1),
        smallest_part_voxels=int(bounded(pieces, "smallest_part_voxels", 1, 10_000)),
        speck_voxels=int(bounded(pieces, "speck_voxels", 1, 1000)),
        speck_ml=bounded(pieces, "speck_ml", 0, 1),
    )


# --- What goes in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Grid:
    """Where voxels lie: `affine` takes (i, j, k, 1) to the patient's millimeters."""

    shape: Index
    affine: Numbers

    @cached_property
    def steps(self) -> Numbers:
        """Three columns: one step along each voxel axis, in mm."""
        return np.ascontiguousarray(self.affine[:3, :3], dtype=np.float64)

    @cached_property
    def spacing(self) -> Numbers:
        lengths: Numbers = np.sqrt((self.steps**2).sum(axis=0))
        return lengths

    @cached_property
    def voxel_ml(self) -> float:
        return abs(float(np.linalg.det(self.steps))) / 1000

    @cached_property
    def normals(self) -> Numbers:
        """Unit normals of the slices across each axis, as columns."""
        across = np.linalg.inv(self.steps).T
        unit: Numbers = across / np.sqrt((across**2).sum(axis=0))
        return unit

    @cached_property
    def axial_axis(self) -> int:
        """The axis across the axial slices. Where two are as near to the head-foot axis, the patient's directions decide, not the order."""
        heads = self.normals * np.where(self.normals[2] < 0, -1, 1)
        return max(range(3), key=lambda axis: tuple(np.round(heads[::-1, axis], 6)))

    def is_same(self, other: Grid) -> bool:
        """Whether both have the same voxels, but for rounding."""
        return self.shape == other.shape and np.allclose(self.affine, other.affine, rtol=0, atol=1e-3 * float(self.spacing.min()))

    def to_mm(self, indices: NDArray[Any]) -> Numbers:
        """Rows of indices to rows of millimeters."""
        placed: Numbers = indices @ self.steps.T + self.affine[:3, 3]
        return placed

    def to_indices(self, places: Numbers) -> NDArray[np.int64]:
        """Rows of millimeters to the voxels that hold them; some may lie outside."""
        inverse = np.linalg.inv(self.affine)
        # Half-way between two voxels is rounding's toss of a coin; a hair decides it the same way for every order of axes.
        exact = (places + 1e-6) @ inverse[:3, :3].T + inverse[:3, 3]
        nearest: NDArray[np.int64] = np.rint(np.clip(exact, -1e9, 1e9)).astype(np.int64)
        return nearest


@dataclass(frozen=True, eq=False)
class Mask:
    """Some voxels of a grid: `inside` is the box that holds them, `offset` where it starts."""

    inside: Flags
    offset: Index
    grid: Grid

    def count(self) -> int:
        return int(np.count_nonzero(self.inside))

    def indices(self) -> NDArray[np.int64]:
        indices: NDArray[np.int64] = np.argwhere(self.inside) + np.array(self.offset)
        return indices

    def holds(self, indices: NDArray[np.int64]) -> Flags:
        """Which of these voxels of the same grid are inside."""
        local = indices - np.array(self.offset)
        is_in_box = ((local >= 0) & (local < np.array(self.inside.shape))).all(axis=1)
        found = np.zeros(len(indices), dtype=bool)
        found[is_in_box] = self.inside[tuple(local[is_in_box].T)]
        return found


@dataclass(frozen=True, eq=False)
class SegmentMap:
    """Couinaud segments: an array of labels on a grid of its own, and which label is which segment."""

    labels: NDArray[Any]
    grid: Grid
    names: Mapping[int, str]


# --- What comes out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LesionMeasure:
    """One tumor as drawn. None is "not known"."""

    number: int
    label: int | None
    segment: str
    segment_overlap: Mapping[str, float] | None
    longest_diameter_mm: float
    volume_ml: float | None
    center_mm: tuple[float, float, float] | None
    distance_to_vessel_mm: float | None = None
    distance_to_duct_mm: float | None = None
    touches: tuple[int, ...] = ()


@dataclass(frozen=True)
class LiverMeasures:
    """All that a map tells. `lesions` is None where the map does not say what a lesion is."""

    lesions: tuple[LesionMeasure, ...] | None
    liver_voxels: int | None
    liver_volume_ml: float | None
    tumor_fraction: float | None
    notes: tuple[str, ...]


def measure_liver(
    grid: Grid,
    lesions: Mapping[int, Mask] | None,
    liver: Sequence[Mask] | None,
    rules: MeasuringRules,
    *,
    segments: SegmentMap | None = None,
    vessels: Sequence[Mask] | None = None,
    ducts: Sequence[Mask] | None = None,
) -> LiverMeasures:
    """Measure what was drawn. `lesions` by label; the liver's volume holds its tumors."""
    notes: list[str] = []
    measured: tuple[LesionMeasure, ...] | None = None
    if lesions is not None:
        pieces, specks = _pieces(lesions, rules)
        notes += specks
        to_vessels, to_ducts = _Nearest.of(vessels), _Nearest.of(ducts)
        found = [_measured(label, piece, segments, _distance(to_vessels, piece), _distance(to_ducts, piece)) for label, piece in pieces]
        order = sorted(range(len(found)), key=lambda at: (-round(found[at].longest_diameter_mm, 3), _rounded(found[at].center_mm)))
        number_of = {at: number for number, at in enumerate(order, start=1)}
        touching = _touching([piece for _, piece in pieces])
        measured = tuple(
            replace(found[at], number=number_of[at], touches=tuple(sorted(number_of[other] for other in touching[at]))) for at in order
        )
        notes += _about_the_liver([pieces[at][1] for at in order], liver)
    voxels = None if liver is None else _union_count([*liver, *(lesions or {}).values()], grid)
    volume = None if voxels is None else voxels * grid.voxel_ml
    tumor = None if measured is None else sum(one.volume_ml or 0 for one in measured)
    return LiverMeasures(measured, voxels, volume, tumor / volume if volume and tumor is not None else None, tuple(notes))


def _rounded(center: tuple[float, float, float] | None) -> tuple[float, ...]:
    return () if center is None else tuple(round(value, 3) for value in center)


def _measured(label: int, piece: Mask, segments: SegmentMap | None, to_vessel: float | None, to_duct: float | None) -> LesionMeasure:
    count = piece.count()
    segment, overlap = (UNKNOWN, None) if segments is None else _segment_of(piece, count, segments)
    center = piece.grid.to_mm(_mean_index(piece, count)[None])[0]
    return LesionMeasure(
        number=0,
        label=label,
        segment=segment,
        segment_overlap=overlap,
        longest_diameter_mm=longest_axial_diameter(piece),
        volume_ml=count * piece.grid.voxel_ml,
        center_mm=(float(center[0]), float(center[1]), float(center[2])),
        distance_to_vessel_mm=to_vessel,
        distance_to_duct_mm=to_duct,
    )


def _mean_index(piece: Mask, count: int) -> Numbers:
    mean = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        sums = np.count_nonzero(piece.inside, axis=others)
        mean.append(float(sums @ np.arange(len(sums))) / count + piece.offset[axis])
    return np.array(mean)


def _union_count(masks: Sequence[Mask], grid: Grid) -> int:
    """Voxels that lie in any of the masks."""
    masks = [mask for mask in masks if mask.inside.size]
    if len(masks) <= 1:
        return sum(mask.count() for mask in masks)
    low = np.min([mask.offset for mask in masks], axis=0)
    high = np.max([np.array(mask.offset) + mask.inside.shape for mask in masks], axis=0)
    union = np.zeros(tuple(high - low), dtype=bool)
    for mask in masks:
        union[_box(np.array(mask.offset) - low, mask.inside.shape)] |= mask.inside
    return int(np.count_nonzero(union))


def _box(offset: Any, shape: Any) -> tuple[slice, slice, slice]:
    first, second, third = (slice(int(start), int(start) + int(size)) for start, size in zip(offset, shape, strict=True))
    return first, second, third


def cropped(inside: Flags, offset: Index, grid: Grid) -> Mask:
    """The mask in the smallest box that holds it."""
    low, high = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        hit = np.flatnonzero(inside.any(axis=others))
        if not len(hit):
            return Mask(np.zeros((0, 0, 0), dtype=bool), offset, grid)
        low.append(int(hit[0]))
        high.append(int(hit[-1]) + 1)
    box = inside[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    if 2 * box.size < inside.size:
        box = box.copy()  # a view would keep all of the larger one in memory
    return Mask(box, (offset[0] + low[0], offset[1] + low[1], offset[2] + low[2]), grid)


def imaging(module: str) -> Any:
    """A module of the optional extra; a clear word where it is missing."""
    try:
        return import_module(module)
    except ImportError:
        name = module.partition(".")[0]
        raise WaylineError(f"measuring scans needs the package '{name}', which is not installed: pip install 'wayline[imaging]'") from None


# --- The longest diameter -------------------------------------------------------------------------------------------


def longest_axial_diameter(piece: Mask) -> float:
    """The longest line within one axial slice, in mm."""
    axis = piece.grid.axial_axis
    rows, columns = (other for other in range(3) if other != axis)
    steps = piece.grid.steps[:, [rows, columns]]
    inside = piece.inside.transpose(axis, rows, columns)
    is_row: Flags = np.any(inside, axis=2)
    first = inside.argmax(axis=2)
    last = inside.shape[2] - 1 - inside[:, :, ::-1].argmax(axis=2)
    best = float(piece.grid.spacing[[rows, columns]].max()) * _BEYOND_CENTERS
    voxel = float(piece.grid.spacing[[rows, columns]].max())
    slices = []
    for at in np.flatnonzero(is_row.any(axis=1)):
        row = np.flatnonzero(is_row[at])
        left, right = first[at, row], last[at, row]
        corners = np.array([[row[0], left.min()], [row[-1], right.max()], [row[0], right.max()], [row[-1], left.min()]]) @ steps.T
        reach = max(float(np.linalg.norm(corners[0] - corners[1])), float(np.linalg.norm(corners[2] - corners[3])))
        slices.append((reach, row, left, right))
    for reach, row, left, right in sorted(slices, key=lambda one: -one[0]):
        if reach + voxel <= best:
            break
        hull = _hull(np.concatenate([np.stack([row, left], axis=1), np.stack([row, right], axis=1)]))
        best = max(best, _longest(hull, steps))
    return best


def _longest(points: NDArray[np.int64], steps: Numbers) -> float:
    """The longest line between voxel centers, with the part of a voxel that lies beyond them."""
    best = 0.0
    for start in range(0, len(points), 512):
        between = points[start : start + 512, None, :] - points[None, :, :]
        mm = between @ steps.T
        lengths = np.sqrt((mm**2).sum(axis=2))
        best = max(best, float((lengths + _BEYOND_CENTERS * _extent(mm, lengths, steps)).max()))
    return best


def _extent(lines: Numbers, lengths: Numbers, steps: Numbers) -> Numbers:
    """A voxel's width along each line: that of the ellipse (in a slice) or ellipsoid that lies in the voxel."""
    unit = lines / np.maximum(lengths, 1e-12)[..., None]
    directions = steps / np.sqrt((steps**2).sum(axis=0))
    sizes = np.sqrt((steps**2).sum(axis=0))
    along: Numbers = np.sqrt((((unit @ directions) * sizes) ** 2).sum(axis=-1))
    return along


def _hull(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Corners of the convex hull (monotone chain, in whole numbers). An affine map keeps it."""
    ordered = sorted({(int(row), int(column)) for row, column in points})
    if len(ordered) <= 3:
        return np.array(ordered)

    def half(run: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        chain: list[tuple[int, int]] = []
        for point in run:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) > 0:
                    break
                chain.pop()
            chain.append(point)
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


# --- Segments -------------------------------------------------------------------------------------------------------


def _segment_of(piece: Mask, count: int, segments: SegmentMap) -> tuple[str, dict[str, float]]:
    """The segment that holds most of the tumor, if at least half of the tumor lies in known segments."""
    voxels: dict[str, int] = {}
    for labels in _labels_at(piece, segments):
        for label, many in zip(*np.unique(labels, return_counts=True), strict=True):
            name = segments.names.get(int(label))
            if name is not None:
                voxels[name] = voxels.get(name, 0) + int(many)
    overlap = {name: voxels[name] / count for name in SEGMENTS if name in voxels}
    if 2 * sum(voxels.values()) < count:
        return UNKNOWN, overlap
    most = max(voxels.values())
    largest = [name for name in overlap if voxels[name] == most]
    # A tie is not known, and segment 4 as a whole tells neither 4a nor 4b.
    return (largest[0] if len(largest) == 1 and largest[0] != "4" else UNKNOWN), overlap


def _labels_at(piece: Mask, segments: SegmentMap) -> Iterator[NDArray[Any]]:
    """The segment map's labels at the tumor's voxels, a bounded number at a time."""
    if piece.grid.is_same(segments.grid):
        labels = segments.labels[_box(piece.offset, piece.inside.shape)][piece.inside]
        yield from (labels[start : start + _STRETCH] for start in range(0, len(labels), _STRETCH))
        return
    for indices in _in_parts(piece):
        at = segments.grid.to_indices(piece.grid.to_mm(indices))
        at = at[((at >= 0) & (at < np.array(segments.grid.shape))).all(axis=1)]
        yield segments.labels[tuple(at.T)]


def _in_parts(piece: Mask) -> Iterator[NDArray[np.int64]]:
    """The mask's indices, a bounded number at a time."""
    shape, offset = piece.inside.shape, np.array(piece.offset)
    flat = np.ascontiguousarray(piece.inside).reshape(-1)
    for start in range(0, len(flat), _STRETCH):
        hit = np.flatnonzero(flat[start : start + _STRETCH])
        if len(hit):
            yield np.stack(np.unravel_index(hit + start, shape), axis=1) + offset


# --- Distances ------------------------------------------------------------------------------------------------------


class _Nearest:
    """Masks that distances are measured to, each on its own grid."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        tree = imaging("scipy.spatial").cKDTree
        self.masks = [(mask, places, tree(places)) for mask in masks for places in [_surface(mask)]]

    @classmethod
    def of(cls, masks: Sequence[Mask] | None) -> _Nearest | None:
        there = [mask for mask in masks or () if mask.inside.any()]
        return cls(there) if there else None

    def distance_mm(self, piece: Mask) -> float:
        """Between the outlines: one voxel's width less than between the nearest centers; 0 where they touch or overlap."""
        surface = _surface(piece)
        best = np.inf
        for mask, places, tree in self.masks:
            if _overlap(piece, mask, places):
                return 0.0
            lengths, at = tree.query(surface)
            # Voxels differ in width by direction: the nearest centers and the nearest outlines may be different pairs.
            near = np.flatnonzero(lengths <= lengths.min() + float(max(mask.grid.spacing.max(), piece.grid.spacing.max())))
            lines = places[at[near]] - surface[near]
            steps = piece.grid.steps
            if _is_next(piece.grid, mask.grid, lines):
                return 0.0
            widths = (_extent(lines, lengths[near], steps) + _extent(lines, lengths[near], mask.grid.steps)) / 2
            best = min(best, float((lengths[near] - widths).min()))
        return max(0.0, best)


def _overlap(piece: Mask, mask: Mask, places: Numbers) -> bool:
    """Whether a voxel of one lies in the other. `places` are the mask's surface."""
    if piece.grid.is_same(mask.grid):
        start = np.maximum(piece.offset, mask.offset)
        stop = np.minimum(np.array(piece.offset) + piece.inside.shape, np.array(mask.offset) + mask.inside.shape)
        return bool((start < stop).all() and (_window(piece, start, stop) & _window(mask, start, stop)).any())
    if piece.holds(piece.grid.to_indices(places)).any():
        return True
    return any(bool(mask.holds(mask.grid.to_indices(piece.grid.to_mm(part))).any()) for part in _in_parts(piece))


def _is_next(grid: Grid, other: Grid, lines: Numbers) -> bool:
    """Whether two voxels share a face, an edge or a corner, on grids with the same steps."""
    if not np.allclose(np.sort(grid.spacing), np.sort(other.spacing), rtol=1e-3):
        return False
    steps = np.abs(lines @ np.linalg.inv(grid.steps).T)
    return bool((steps < 1.001).all(axis=1).any())


def _distance(nearest: _Nearest | None, piece: Mask) -> float | None:
    return None if nearest is None else nearest.distance_mm(piece)


def _surface(mask: Mask) -> Numbers:
    """Centers of the voxels that have an empty neighbor, in mm; some slices at a time, so that a large mask needs no second one."""
    inside = mask.inside
    many = max(1, _STRETCH // max(1, inside.shape[1] * inside.shape[2]))
    found: list[NDArray[np.int64]] = []
    count = 0
    for start in range(0, inside.shape[0], many):
        part = inside[start : start + many]
        before = inside[start - 1 : start] if start else np.zeros_like(part[:1])
        after = inside[start + many : start + many + 1]
        held = np.concatenate([before, part, after if len(after) else np.zeros_like(part[:1])])
        held = np.pad(held, ((0, 0), (1, 1), (1, 1)))
        deep = held[:-2, 1:-1, 1:-1] & held[2:, 1:-1, 1:-1]
        deep &= held[1:-1, :-2, 1:-1] & held[1:-1, 2:, 1:-1]
        deep &= held[1:-1, 1:-1, :-2] & held[1:-1, 1:-1, 2:]
        edge = part & ~deep
        count += int(np.count_nonzero(edge))
        if count > _MOST_SURFACE_POINTS:
            what = "a tumor, or a map of vessels or ducts,"
            raise WaylineError(f"{what} has more than {_MOST_SURFACE_POINTS:,} voxels on its surface; that is noise, not a drawing")
        found.append(np.argwhere(edge) + np.array([start + mask.offset[0], mask.offset[1], mask.offset[2]]))
    return mask.grid.to_mm(np.concatenate(found)) if found else np.zeros((0, 3))


# --- Pieces ---------------------------------------------------------------------------------------------------------


def _pieces(lesions: Mapping[int, Mask], rules: MeasuringRules) -> tuple[list[tuple[int, Mask]], list[str]]:
    """Each label's tumors, and what is to be said about the specks."""
    pieces: list[tuple[int, Mask]] = []
    notes: list[str] = []
    for label, mask in lesions.items():
        smallest = min(rules.speck_voxels, max(1, int(np.ceil(rules.speck_ml / mask.grid.voxel_ml - 1e-9))))
        whole, specks, speck_voxels = _connected(mask, smallest)
        if not whole and specks:
            notes.append(f"Label {label} has nothing but pieces of fewer than {smallest} voxels; they are counted, and may be noise.")
            whole, specks, _ = _connected(mask, 1)
        if specks:
            what = "1 stray piece" if specks == 1 else f"{specks:,} stray pieces"
            notes.append(
                f"Label {label}: {what} of fewer than {smallest} voxels not counted as tumors "
                f"({speck_voxels:,} voxels, {speck_voxels * mask.grid.voxel_ml:.3f} mL in all)."
            )
        for piece in whole:
            parts = _split(piece, rules)
            if len(parts) > 1:
                notes.append(f"Label {label}: one piece was taken for {len(parts)} tumors that touch, since it has a narrow neck.")
            pieces += [(label, part) for part in parts]
        if len(pieces) > MOST_LESIONS:
            raise _too_many(len(pieces))
    return pieces, notes


def _too_many(count: int) -> WaylineError:
    return WaylineError(f"{count:,} separate pieces are drawn as lesions, more than {MOST_LESIONS}; that looks like noise, not like tumors")


def _connected(mask: Mask, smallest: int) -> tuple[list[Mask], int, int]:
    """Pieces of at least so many voxels, and the number of the smaller ones with their voxels."""
    pieces: list[Mask] = []
    specks = speck_voxels = 0
    for box, inside in _regions(mask.inside):
        if inside.size > _LARGEST_REGION:
            raise WaylineError(f"a piece that is drawn as a lesion reaches over {inside.size:,} voxels; that is no lesion")
        labels, found = _labeled(inside)
        sizes = np.zeros(found + 1, dtype=np.int64)
        flat = labels.ravel(order="K")
        for start in range(0, len(flat), _STRETCH):
            sizes += np.bincount(flat[start : start + _STRETCH], minlength=found + 1)
        sizes[0] = 0
        is_large = sizes >= smallest
        is_large[0] = False
        specks += int(np.count_nonzero(~is_large[1:]))
        speck_voxels += int(sizes[~is_large].sum())
        many = int(np.count_nonzero(is_large))
        if len(pieces) + many > MOST_LESIONS:
            raise _too_many(len(pieces) + many)
        renumbered = np.zeros(found + 1, dtype=np.int32)
        renumbered[is_large] = np.arange(1, many + 1)
        labels = renumbered[labels]
        for number, place in enumerate(imaging("scipy.ndimage").find_objects(labels), start=1):
            offset = [start + one.start + of_mask for start, one, of_mask in zip(box, place, mask.offset, strict=True)]
            pieces.append(Mask(labels[place] == number, (offset[0], offset[1], offset[2]), mask.grid))
    return pieces, specks, speck_voxels


def _labeled(inside: Flags) -> tuple[NDArray[np.int32], int]:
    """Each connected piece with a number of its own, and how many there are. Labeled as it lies in memory: that is much faster."""
    is_turned = inside.strides[0] < inside.strides[2]
    labels, found = imaging("scipy.ndimage").label(inside.T if is_turned else inside, structure=np.ones((3, 3, 3), dtype=bool))
    return (labels.T if is_turned else labels), int(found)


def _regions(inside: Flags) -> Iterator[tuple[tuple[int, ...], Flags]]:
    """Boxes that together hold every voxel once, with no piece in two of them.

    A large map is looked at in coarse blocks first: voxels that touch lie in blocks that touch. So only the boxes around something are
    labeled voxel by voxel, one after the other.
    """
    if inside.size <= _SMALL:
        if inside.size:
            yield (0, 0, 0), inside
        return
    coarse = inside
    for axis in range(3):
        coarse = np.logical_or.reduceat(coarse, np.arange(0, coarse.shape[axis], _BLOCK), axis=axis)
    ndimage = imaging("scipy.ndimage")
    numbers, _ = _labeled(coarse)
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        box = tuple(slice(one.start * _BLOCK, min(one.stop * _BLOCK, size)) for one, size in zip(place, inside.shape, strict=True))
        is_here = numbers[place] == number
        part = inside[box]
        if not is_here.all():
            for axis in range(3):
                is_here = np.repeat(is_here, _BLOCK, axis=axis)
            part = part & is_here[tuple(slice(0, size) for size in part.shape)]
        yield tuple(one.start for one in box), part


def _touching(pieces: Sequence[Mask]) -> list[set[int]]:
    """For each piece, which others share a face, an edge, a corner or voxels with it."""
    touching: list[set[int]] = [set() for _ in pieces]
    if not pieces:
        return touching
    low = np.array([piece.offset for piece in pieces]) - 1
    high = np.array([np.array(piece.offset) + piece.inside.shape for piece in pieces]) + 1
    for at, piece in enumerate(pieces):
        close = ((low[at] < high) & (low < high[at])).all(axis=1)
        others = [int(other) for other in np.flatnonzero(close) if other > at]
        for other in others:
            start, stop = np.maximum(low[at], low[other]), np.minimum(high[at], high[other])
            first, second = (_window(one, start, stop) for one in (piece, pieces[other]))
            if (_grown(first) & second).any():
                touching[at].add(other)
                touching[other].add(at)
    return touching


def _window(piece: Mask, start: NDArray[np.int64], stop: NDArray[np.int64]) -> Flags:
    """The piece within a window, empty around it."""
    window = np.zeros(tuple(stop - start), dtype=bool)
    offset = np.array(piece.offset)
    low, high = np.maximum(start, offset), np.minimum(stop, offset + piece.inside.shape)
    if (low < high).all():
        window[_box(low - start, high - low)] = piece.inside[_box(low - offset, high - low)]
    return window


def _grown(inside: Flags) -> Flags:
    """Every voxel that is inside or next to one that is."""
    grown = inside
    for axis in range(3):
        wider = grown.copy()
        ahead: list[slice] = [slice(None)] * 3
        behind: list[slice] = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        wider[tuple(ahead)] |= grown[tuple(behind)]
        wider[tuple(behind)] |= grown[tuple(ahead)]
        grown = wider
    return grown


def _about_the_liver(pieces: Sequence[Mask], liver: Sequence[Mask] | None) -> list[str]:
    """Tumors that do not even touch the drawn liver: counted, and told."""
    masks = [mask for mask in liver or () if mask.inside.size]
    if not masks:
        return []
    away = []
    for number, piece in enumerate(pieces, start=1):
        start = np.array(piece.offset) - 1
        stop = np.array(piece.offset) + piece.inside.shape + 1
        grown = _grown(_window(piece, start, stop))
        if not any((grown & _window(mask, start, stop)).any() for mask in masks):
            away.append(str(number))
    if not away:
        return []
    which = f"Tumor {away[0]} lies" if len(away) == 1 else f"Tumors {', '.join(away)} lie"
    return [f"{which} away from the liver as drawn; counted all the same."]


# --- Necks ----------------------------------------------------------------------------------------------------------


def _split(piece: Mask, rules: MeasuringRules, depth: int = 0) -> list[Mask]:
    """The piece, or its parts where it has a neck; the parts are looked at in turn."""
    count = piece.count()
    if count < 2 * rules.smallest_part_voxels or depth >= _DEEPEST_CUT:
        return [piece]
    plane = _narrowest_neck(piece, count, rules)
    if plane is None:
        return [piece]
    direction, cut, thickness = plane
    beyond = np.zeros_like(piece.inside)
    for indices in _in_parts(piece):
        local = indices - np.array(piece.offset)
        beyond[tuple(local[local @ (piece.grid.steps.T @ direction) > cut].T)] = True
    _settle(piece, beyond, direction, cut, thickness)
    sides = (piece.inside & ~beyond, beyond)
    parts: list[Mask] = []
    crumbs: list[Mask] = []
    for side in sides:
        large, _, _ = _connected(cropped(side, piece.offset, piece.grid), 1)
        for part in large:
            (parts if part.count() >= rules.smallest_part_voxels else crumbs).append(part)
    if len(parts) < 2:
        return [piece]
    return [done for part in _with_crumbs(parts, crumbs) for done in _split(part, rules, depth + 1)]


def _settle(piece: Mask, beyond: Flags, direction: Numbers, cut: float, thickness: float) -> None:
    """Let voxels near the cut go to the side into whose shape they fit: the plane may lie a little askew, and the seam may be round.

    Each side is taken for the ellipsoid with its middle and spread; two slabs on either side of the plane are looked at, three times.
    """
    band = [
        local[np.abs(local @ (piece.grid.steps.T @ direction) - cut) <= 2 * thickness]
        for indices in _in_parts(piece)
        for local in [indices - np.array(piece.offset)]
    ]
    near = np.concatenate(band)
    places = near @ piece.grid.steps.T
    for _ in range(3):
        away = []
        for side in (piece.inside & ~beyond, beyond):
            points, weights, _ = _thinned(side, int(np.count_nonzero(side)))
            points = points @ piece.grid.steps.T
            middle = np.average(points, axis=0, weights=weights)
            spread = np.cov(points.T, aweights=weights) + piece.grid.steps @ piece.grid.steps.T / 12
            centered = places - middle
            away.append((centered @ np.linalg.inv(spread) * centered).sum(axis=1))
        beyond[tuple(near.T)] = away[1] < away[0]
        if not beyond.any() or not (piece.inside & ~beyond).any():
            return


def _with_crumbs(parts: list[Mask], crumbs: list[Mask]) -> list[Mask]:
    """What a cut left over goes to the part that it touches, else to the nearest."""
    for crumb in crumbs:
        middle = crumb.grid.to_mm(crumb.indices()).mean(axis=0)
        best, nearest = 0, np.inf
        for at, part in enumerate(parts):
            distance = float(((part.grid.to_mm(part.indices()) - middle) ** 2).sum(axis=1).min())
            if distance < nearest:
                best, nearest = at, distance
        part = parts[best]
        start = np.minimum(part.offset, crumb.offset)
        stop = np.maximum(np.array(part.offset) + part.inside.shape, np.array(crumb.offset) + crumb.inside.shape)
        joined = _window(part, start, stop) | _window(crumb, start, stop)
        parts[best] = Mask(joined, (int(start[0]), int(start[1]), int(start[2])), part.grid)
    return parts


def _narrowest_neck(piece: Mask, count: int, rules: MeasuringRules) -> tuple[Numbers, float, float] | None:
    """A plane through the narrowest neck, or None: unit normal, offset along it from the box's first voxel, a slab's thickness."""
    points, weights, block = _thinned(piece.inside, count)
    places = points @ piece.grid.steps.T
    widths = piece.grid.steps * block

    def tried(directions: Numbers) -> list[tuple[float, Numbers, _Profile]]:
        tries = []
        for direction in directions:
            profile = _Profile.along(direction, places, weights, widths)
            ratio = profile.narrowest(rules.smallest_part_voxels)
            tries.append((ratio, direction, profile))
        return sorted(tries, key=lambda one: round(one[0], 9))

    candidates = tried(np.concatenate([_in_order(piece.grid.normals.T), _DIRECTIONS]))
    for spread in (0.14, 0.07, 0.035):
        best = candidates[:3]
        if best[0][0] > min(0.95, 1.6 * rules.neck_area_share):
            return None
        candidates = sorted(
            best + tried(np.concatenate([_around(direction, spread) for _, direction, _ in best])), key=lambda one: round(one[0], 9)
        )
    for ratio, direction, profile in candidates[:12]:
        if ratio > rules.neck_area_share:
            return None
        if profile.is_narrow_all_around(direction, places, rules.neck_width_share, widths):
            return direction, profile.cut, profile.thickness
    return None


class _Profile:
    """The cross-section of a piece along a direction, slab by slab; a slab is as thick as a voxel is along the direction."""

    def __init__(self, area: Numbers, start: float, thickness: float, at: Numbers) -> None:
        self.area = area
        self.start = start
        self.thickness = thickness
        self.at = at  # each point's place, in slabs
        self.neck = 0

    @classmethod
    def along(cls, direction: Numbers, places: Numbers, weights: Numbers, steps: Numbers) -> _Profile:
        thickness = float(np.abs(direction @ steps).sum())
        along = places @ direction
        start = float(along.min())
        at = (along - start) / thickness
        slab = np.floor(at + 1e-6).astype(np.int64)
        beyond = np.clip(at - slab, 0, 1)
        length = int(slab.max()) + 2
        area = np.bincount(slab, weights * (1 - beyond), length) + np.bincount(slab + 1, weights * beyond, length)
        return cls(area.astype(np.float64), start, thickness, at)

    def narrowest(self, smallest: int) -> float:
        """The neck's cross-section as a share of the widest one on its smaller side; 1 where there is none."""
        if len(self.area) < 3:
            return 1.0
        before = np.maximum.accumulate(self.area)
        after = np.maximum.accumulate(self.area[::-1])[::-1]
        volume = np.cumsum(self.area)
        inner = slice(1, -1)
        share = self.area[inner] / np.maximum(np.minimum(before[:-2], after[2:]), 1e-12)
        is_large = (volume[:-2] >= smallest) & (volume[-1] - volume[inner] >= smallest)
        share = np.where(is_large, share, 1.0)
        self.neck = int(share.argmin()) + 1
        return float(share[self.neck - 1])

    @property
    def cut(self) -> float:
        # Between the neck's own slab and the thinner of its neighbors: a cross-section narrower than a slab lies there. The odd tenth keeps
        # the plane off voxel centers, so that the order of the axes decides nothing.
        neck = self.neck
        lean = 0.37 if self.area[neck + 1] < self.area[neck - 1] else -0.37
        return self.start + self.thickness * (neck + lean)

    def is_narrow_all_around(self, direction: Numbers, places: Numbers, share: float, steps: Numbers) -> bool:
        """Whether the neck is narrower than both sides in every direction across. A bend or a dent is not."""
        slab = np.rint(self.at).astype(np.int64)
        order = np.argsort(slab, kind="stable")
        numbers, starts = np.unique(slab[order], return_index=True)
        first = np.cross(direction, [1.0, 0, 0] if abs(direction[0]) < 0.9 else [0, 1.0, 0])
        first /= np.linalg.norm(first)
        second = np.cross(direction, first)
        is_neck, is_before, is_after = numbers == self.neck, numbers < self.neck, numbers > self.neck
        if not is_before.any() or not is_after.any():
            return False
        for angle in np.arange(_WIDTHS) * np.pi / _WIDTHS:
            across = np.cos(angle) * first + np.sin(angle) * second
            along = (places @ across)[order]
            voxel = float(np.sqrt(((across @ steps) ** 2).sum()))
            wide = np.maximum.reduceat(along, starts) - np.minimum.reduceat(along, starts) + voxel
            neck = float(wide[is_neck].max()) if is_neck.any() else 0.0
            # Half a voxel of grace: where a side is two slices wide, a neck cannot be seen to be narrower.
            if neck > share * min(float(wide[is_before].max()), float(wide[is_after].max())) + voxel / 2:
                return False
        return True


def _thinned(inside: Flags, count: int) -> tuple[Numbers, Numbers, int]:
    """The voxels, or blocks of them where there are many: their middles, how many voxels each holds, and a block's edge."""
    block = 1
    while count / block**3 > _MOST_POINTS:
        block += 1
    if block == 1:
        points = np.argwhere(inside)
        return points.astype(np.float64), np.ones(len(points)), 1
    held = inside
    for axis in range(3):
        # Few voxels share a block, so small numbers hold the sums.
        held = np.add.reduceat(held, np.arange(0, held.shape[axis], block), axis=axis, dtype=np.uint32 if axis else np.uint16)
    points = np.argwhere(held)
    return (points * block + (block - 1) / 2).astype(np.float64), held[tuple(points.T)].astype(np.float64), block


def _half_sphere(many: int) -> Numbers:
    """Directions spread evenly over half a sphere (a Fibonacci lattice), in the patient's space."""
    at = np.arange(many)
    height = (at + 0.5) / many
    turn = at * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), height], axis=1)


_DIRECTIONS = _half_sphere(48)


def _in_order(directions: Numbers) -> Numbers:
    """The directions, all to one half of the patient's space and sorted there, so that neither order nor sign of the axes matters."""
    rounded = np.round(directions, 6)
    signs = [1.0 if tuple(row[::-1]) > (0.0, 0.0, 0.0) else -1.0 for row in rounded]
    ahead = [direction * sign for direction, sign in zip(directions, signs, strict=True)]
    return np.array(sorted(ahead, key=lambda row: tuple(np.round(row[::-1], 6))))


def _around(direction: Numbers, spread: float) -> Numbers:
    """Six directions a little off the given one."""
    first = np.cross(direction, [1.0, 0, 0] if abs(direction[0]) < 0.9 else [0, 1.0, 0])
    first /= np.linalg.norm(first)
    second = np.cross(direction, first)
    angles = np.arange(6) * np.pi / 3
    near = direction + spread * (np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second)
    unit: Numbers = near / np.linalg.norm(near, axis=1)[:, None]
    return unit
