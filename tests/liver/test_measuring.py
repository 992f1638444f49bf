"""Measuring drawings of known size and place: diameters within a voxel, volumes within 2 %, however the axes lie."""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.helpers import CHECKOUT
from tests.records.phantoms import ellipsoid, grid_around, grid_of, mask_of, reordered, rotation
from wayline.liver import measuring
from wayline.liver.measuring import Grid, LiverMeasures, Mask, SegmentMap, load_measuring_rules, longest_axial_diameter, measure_liver
from wayline.reading import WaylineError

RULES = load_measuring_rules(CHECKOUT / "content" / "liver" / "nearness.yaml")
UNEVEN = (0.8, 0.8, 2.5)


def measured(inside: NDArray[np.bool_], grid: Grid, **beside: object) -> LiverMeasures:
    return measure_liver(grid, {1: mask_of(inside, grid)}, None, RULES, **beside)  # type: ignore[arg-type]


def count(inside: NDArray[np.bool_], grid: Grid) -> int:
    lesions = measured(inside, grid).lesions
    assert lesions is not None
    return len(lesions)


# --- Sizes ----------------------------------------------------------------------------------------------------------


@given(
    radius=st.floats(5, 24),
    spacing=st.tuples(st.floats(0.6, 1.5), st.floats(0.6, 1.5), st.floats(0.8, 3)),
    shift=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    turn=st.floats(-25, 25),
)
@settings(max_examples=30, deadline=None)
def test_balls_hold_the_tolerances(radius: float, spacing: tuple[float, ...], shift: tuple[float, ...], turn: float) -> None:
    grid = grid_around(radius, spacing, rotation(0, turn) @ rotation(2, 2 * turn))
    inside = ellipsoid(grid, grid.steps @ np.array(shift), radius)
    lesions = measured(inside, grid).lesions
    assert lesions is not None
    assert len(lesions) == 1
    assert lesions[0].longest_diameter_mm == pytest.approx(2 * radius, abs=max(spacing))
    assert lesions[0].longest_diameter_mm <= 2 * radius + max(spacing[:2])
    assert lesions[0].center_mm == pytest.approx(grid.steps @ np.array(shift), abs=max(spacing))
    # Counting centers is itself uncertain by some voxels of the surface: 2 % is asked of balls too large for that to decide.
    if inside.sum() > 3000:
        assert lesions[0].volume_ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.02)


@pytest.mark.parametrize(
    ("radii", "turned", "longest"),
    [
        ((15, 9, 20), None, 30),  # longest along the body: the axial one counts
        ((9, 15, 7), None, 30),
        ((15, 9, 7), rotation(2, 35), 30),  # slanted within the slice
        ((12, 12, 12), None, 24),
    ],
)
@pytest.mark.parametrize("spacing", [(1, 1, 1), UNEVEN, (0.7, 0.9, 3)])
def test_the_longest_line_lies_in_an_axial_slice(
    radii: tuple[float, ...], turned: NDArray[np.float64] | None, longest: float, spacing: tuple[float, ...]
) -> None:
    grid = grid_around(22, spacing)
    diameter = longest_axial_diameter(mask_of(ellipsoid(grid, (0, 0, 0), radii, turned), grid))
    assert diameter == pytest.approx(longest, abs=max(spacing[:2]))


def test_the_line_runs_between_slices_of_a_sheared_map_as_it_lies_in_the_body() -> None:
    grid = grid_around(20, (0.8, 0.8, 2))
    affine = grid.affine.copy()
    affine[1, 2] = 0.5  # a tilted scanner: each slice lies a little further to the front
    affine[:3, 3] = -affine[:3, :3] @ (np.array(grid.shape) / 2)
    sheared = Grid(grid.shape, affine)
    lesions = measured(ellipsoid(sheared, (0, 0, 0), 15), sheared).lesions
    assert lesions is not None
    assert lesions[0].longest_diameter_mm == pytest.approx(30, abs=0.8)
    assert lesions[0].volume_ml == pytest.approx(4 / 3 * np.pi * 3.375, rel=0.02)


@pytest.mark.parametrize(("voxels", "expected"), [(1, 0.75 * 2), (2, 2 + 0.75 * 2), (5, 8 + 0.75 * 2)])
def test_a_row_of_voxels(voxels: int, expected: float) -> None:
    grid = grid_of((8, 4, 4), (2, 1, 5))
    inside = np.zeros(grid.shape, dtype=bool)
    inside[1 : 1 + voxels, 2, 2] = True
    assert longest_axial_diameter(mask_of(inside, grid)) == pytest.approx(expected)


ORDERS = list(itertools.product(itertools.permutations(range(3)), itertools.product((False, True), repeat=3)))


@given(order=st.sampled_from(ORDERS), seed=st.integers(0, 5), turn=st.sampled_from([0, 20, 45, 50]))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_axes_decides_nothing(order: tuple[tuple[int, ...], tuple[bool, ...]], seed: int, turn: float) -> None:
    """Flipped and permuted axes with their affine are the same drawing."""
    chance = np.random.default_rng(seed)
    grid = grid_around(30, (0.9, 1.1, 2.3), rotation(0, turn))
    inside = ellipsoid(grid, (-9, 0, 0), (9, 7, 6)) | ellipsoid(grid, (6, 0, 0), 6) | ellipsoid(grid, (0, 16, 10), chance.uniform(3, 8, 3))
    # Walls between segments lie between the centers of voxels, so that rounding cannot matter.
    segments = np.where(np.indices(grid.shape)[0] > grid.shape[0] // 2, 6, 7).astype(np.uint8)
    vessel = ellipsoid(grid, (0, -18, 0), (20, 3, 3))

    def all_of(flips: tuple[bool, ...], axes: tuple[int, ...]) -> LiverMeasures:
        lesions, there = reordered(inside, grid, axes, flips)
        names = {6: "6", 7: "7"}
        return measured(
            lesions,
            there,
            segments=SegmentMap(reordered(segments, grid, axes, flips)[0], there, names),
            vessels=[mask_of(reordered(vessel, grid, axes, flips)[0], there)],
        )

    plain, turned = all_of((False,) * 3, (0, 1, 2)), all_of(order[1], order[0])
    assert plain.lesions is not None
    assert turned.lesions is not None
    assert len(plain.lesions) == len(turned.lesions) == 3
    for one, other in zip(plain.lesions, turned.lesions, strict=True):
        assert other.longest_diameter_mm == pytest.approx(one.longest_diameter_mm)
        assert other.volume_ml == pytest.approx(one.volume_ml)
        assert other.center_mm == pytest.approx(one.center_mm)
        assert other.segment == one.segment
        assert other.segment_overlap == one.segment_overlap
        assert other.distance_to_vessel_mm == pytest.approx(one.distance_to_vessel_mm)
        assert other.touches == one.touches


# --- Pieces ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", [(1, 1, 1), UNEVEN, (0.7, 0.7, 4)])
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0.64, 0.48), (-0.5, 0.2, 0.84)])
def test_two_that_touch_are_two(spacing: tuple[float, ...], direction: tuple[float, ...]) -> None:
    along = np.array(direction) / np.linalg.norm(direction)
    side = np.cross(along, (0.3, -0.5, 0.8))
    side /= np.linalg.norm(side)
    turned = np.stack([along, side, np.cross(along, side)], axis=1)
    grid = grid_around(34, spacing)
    large = ellipsoid(grid, -15 * along, (15, 12, 11), turned)
    small = ellipsoid(grid, 10 * along, (10, 12, 9), turned)
    lesions = measured(large | small, grid).lesions
    assert lesions is not None
    assert len(lesions) == 2
    for lesion, alone in zip(lesions, sorted((large, small), key=lambda one: -one.sum()), strict=True):
        assert lesion.volume_ml == pytest.approx(alone.sum() * grid.voxel_ml, rel=0.02)
        assert lesion.longest_diameter_mm == pytest.approx(longest_axial_diameter(mask_of(alone, grid)), abs=max(spacing))
    assert [lesion.touches for lesion in lesions] == [(2,), (1,)]


@pytest.mark.parametrize(("apart", "expected"), [(33, 2), (30, 2), (27, 2), (25, 2), (20, 1), (15, 1), (8, 1)])
def test_overlapping_balls_are_two_until_they_have_grown_together(apart: float, expected: int) -> None:
    grid = grid_around(34, (1, 1, 1.5))
    assert count(ellipsoid(grid, (-apart / 2, 0, 0), 15) | ellipsoid(grid, (apart / 2, 0, 0), 15), grid) == expected


def test_a_chain_of_three_is_three() -> None:
    grid = grid_around(46, UNEVEN)
    inside = ellipsoid(grid, (-25, 0, 0), 12) | ellipsoid(grid, (0, 0, 0), 13) | ellipsoid(grid, (8, 22, 0), 10.4)
    lesions = measured(inside, grid).lesions
    assert lesions is not None
    assert len(lesions) == 3
    assert lesions[0].touches == (2, 3)


@functools.cache
def odd_shapes() -> dict[str, tuple[NDArray[np.bool_], Grid]]:
    """One tumor each, however odd."""
    grid = grid_around(34, (0.9, 0.9, 2))
    chance = np.random.default_rng(11)
    ball = ellipsoid(grid, (0, 0, 0), 20)
    bean = np.zeros(grid.shape, dtype=bool)
    for turn in np.linspace(-1, 1, 15):
        bean |= ellipsoid(grid, (20 * np.cos(turn) - 15, 20 * np.sin(turn), 0), 10)
    lobes = ellipsoid(grid, (0, 0, 0), 14) | ellipsoid(grid, (13, 4, 0), 13) | ellipsoid(grid, (-4, 13, 5), 12)
    surface = measuring._grown(ball) & ~ball
    return {
        "long": (ellipsoid(grid, (0, 0, 0), (30, 8, 7), rotation(2, 30)), grid),
        "flat": (ellipsoid(grid, (0, 0, 0), (28, 22, 5)), grid),
        "bean": (bean, grid),
        "lobes": (lobes, grid),
        "bitten": (ball & ~ellipsoid(grid, (26, 0, 0), 16), grid),
        "rough": (ball | (surface & (chance.random(grid.shape) < 0.5)), grid),
        "hollow": (ball & ~ellipsoid(grid, (0, 0, 0), 14), grid),
        "box": (np.ones((20, 12, 9), dtype=bool), grid_of((20, 12, 9), (1, 1, 3))),
    }


@pytest.mark.parametrize("name", list(odd_shapes()))
def test_an_odd_shape_stays_one(name: str) -> None:
    assert count(*odd_shapes()[name]) == 1


def test_voxels_that_share_only_a_corner_are_one_piece_and_labels_keep_tumors_apart() -> None:
    grid = grid_of((30, 30, 30), (1, 1, 1))
    first, second = np.zeros(grid.shape, dtype=bool), np.zeros(grid.shape, dtype=bool)
    first[5:7, 5:7, 5:8] = True
    second[7:9, 7:9, 8:10] = True
    assert count(first | second, grid) == 1
    lesions = measure_liver(grid, {3: mask_of(first, grid), 7: mask_of(second, grid)}, None, RULES).lesions
    assert lesions is not None
    assert [(lesion.label, lesion.touches) for lesion in lesions] == [(3, (2,)), (7, (1,))]


def test_specks_are_told_and_not_counted_unless_there_is_nothing_else() -> None:
    grid = grid_around(20, (1, 1, 1))
    ball = ellipsoid(grid, (0, 0, 0), 8)
    specks = np.zeros(grid.shape, dtype=bool)
    specks[1, 1, 1] = specks[5, 1, 1] = specks[5, 2, 2] = True
    both = measured(ball | specks, grid)
    assert both.lesions is not None
    assert len(both.lesions) == 1
    assert "2 stray pieces of fewer than 5 voxels not counted" in both.notes[0]
    alone = measured(specks, grid)
    assert alone.lesions is not None
    assert len(alone.lesions) == 2
    assert "may be noise" in alone.notes[0]


def test_one_large_voxel_may_be_a_tumor() -> None:
    """27 voxels of 3 mm are 0.7 mL: what counts as a speck depends on the size of a voxel."""
    grid = grid_of((20, 20, 20), (3, 3, 3))
    inside = np.zeros(grid.shape, dtype=bool)
    inside[2:4, 2, 2] = inside[8:14, 8:14, 8:14] = True
    assert count(inside, grid) == 2


def test_noise_is_refused() -> None:
    grid = grid_of((120, 120, 120), (1, 1, 1))
    inside = np.zeros(grid.shape, dtype=bool)
    inside[::12, ::12, ::12] = inside[1::12, ::12, ::12] = True
    inside[:, 1::12, ::12] = inside[:, ::12, ::12]
    inside[:, :, 1::12] = inside[:, :, ::12]
    with pytest.raises(WaylineError, match="looks like noise"):
        measured(inside, grid)


def test_blocks_find_the_same_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = grid_around(40, (1, 1, 1.5))
    chance = np.random.default_rng(1)
    inside = np.zeros(grid.shape, dtype=bool)
    for _ in range(12):
        inside |= ellipsoid(grid, chance.uniform(-32, 32, 3), chance.uniform(2, 6, 3))
    whole = measured(inside, grid)
    monkeypatch.setattr(measuring, "_SMALL", 1)
    assert measured(inside, grid) == whole


# --- Segments, liver, distances -------------------------------------------------------------------------------------


def halves(grid: Grid, share: float) -> SegmentMap:
    """Segment 6 to the patient's right of a wall, segment 5 to the left; nothing on the far left."""
    x = grid.to_mm(np.indices(grid.shape).reshape(3, -1).T)[:, 0].reshape(grid.shape)
    return SegmentMap(np.where(x < share, 6, np.where(x < 30, 5, 0)).astype(np.uint8), grid, {5: "5", 6: "6"})


@pytest.mark.parametrize(
    ("wall", "segment"),
    [(8, "6"), (2, "6"), (-2, "5"), (-40, "5")],
)
@pytest.mark.parametrize("spacing", [(1, 1, 1), (2.1, 1.7, 3)])
def test_the_segment_with_most_of_the_tumor(wall: float, segment: str, spacing: tuple[float, ...]) -> None:
    grid = grid_around(20, (0.8, 0.8, 2))
    other = grid_around(45, spacing, rotation(2, 30))
    lesions = measured(ellipsoid(grid, (0, 0, 0), 8), grid, segments=halves(other, wall)).lesions
    assert lesions is not None
    assert lesions[0].segment == segment
    assert lesions[0].segment_overlap is not None
    assert sum(lesions[0].segment_overlap.values()) == pytest.approx(1)


def test_less_than_half_in_known_segments_is_not_known() -> None:
    grid = grid_around(20, (1, 1, 1))
    segments = halves(grid, -100)
    lesions = measured(
        ellipsoid(grid, (12, 0, 0), 7), grid, segments=replace(segments, labels=segments.labels * (np.indices(grid.shape)[0] < 20))
    ).lesions
    assert lesions is not None
    assert lesions[0].segment == "unknown"


def test_segment_4_undivided_tells_neither_half() -> None:
    grid = grid_around(12, (1, 1, 1))
    segments = SegmentMap(np.full(grid.shape, 4, dtype=np.uint8), grid, {4: "4"})
    lesions = measured(ellipsoid(grid, (0, 0, 0), 7), grid, segments=segments).lesions
    assert lesions is not None
    assert (lesions[0].segment, lesions[0].segment_overlap) == ("unknown", {"4": 1.0})


@pytest.mark.parametrize("gap", [0.5, 3, 9, 15])
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 0, 1), (0.6, 0.64, 0.48)])
def test_distances_within_a_voxel(gap: float, direction: tuple[float, ...]) -> None:
    spacing = (0.9, 0.9, 1.6)
    grid, other = grid_around(34, spacing), grid_around(34, (0.8, 0.8, 1.2), rotation(2, 10))
    along = np.array(direction)
    lesion = ellipsoid(grid, -along * 10, 10)
    for there in (grid, other):
        lesions = measured(lesion, grid, vessels=[mask_of(ellipsoid(there, along * (gap + 6), 6), there)]).lesions
        assert lesions is not None
        assert lesions[0].distance_to_vessel_mm == pytest.approx(gap, abs=max(spacing))
        assert lesions[0].distance_to_duct_mm is None


def test_a_vessel_inside_or_around_a_tumor_is_at_0() -> None:
    grid = grid_around(16, (1, 1, 1))
    large, small = ellipsoid(grid, (0, 0, 0), 12), ellipsoid(grid, (0, 0, 0), 3)
    for lesion, vessel in ((large, small), (small, large)):
        lesions = measured(lesion, grid, ducts=[mask_of(vessel, grid)]).lesions
        assert lesions is not None
        assert lesions[0].distance_to_duct_mm == 0


def test_the_liver_holds_its_tumors_and_unknown_is_not_0() -> None:
    grid = grid_around(30, (1, 1, 2))
    liver, tumor = ellipsoid(grid, (0, 0, 0), (25, 20, 22)), ellipsoid(grid, (5, 0, 0), 8)
    both = measure_liver(grid, {2: mask_of(tumor, grid)}, [mask_of(liver & ~tumor, grid)], RULES)
    assert both.liver_voxels == liver.sum()
    assert both.tumor_fraction == pytest.approx(tumor.sum() / liver.sum())
    overlapping = measure_liver(grid, {2: mask_of(tumor, grid)}, [mask_of(liver, grid)], RULES)
    assert overlapping.liver_voxels == liver.sum()
    only_liver = measure_liver(grid, None, [mask_of(liver, grid)], RULES)
    assert (only_liver.lesions, only_liver.tumor_fraction) == (None, None)
    only_tumor = measure_liver(grid, {2: mask_of(tumor, grid)}, None, RULES)
    assert (only_tumor.liver_voxels, only_tumor.liver_volume_ml, only_tumor.tumor_fraction) == (None, None, None)
    none = measure_liver(grid, {}, [mask_of(liver, grid)], RULES)
    assert (none.lesions, none.tumor_fraction) == ((), 0)
    away = measure_liver(grid, {2: mask_of(ellipsoid(grid, (0, 0, 27), 3), grid)}, [mask_of(liver, grid)], RULES)
    assert "Tumor 1 lies away from the liver as drawn; counted all the same." in away.notes


# --- Axes and rules -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turned", "axis"), [(None, 2), (rotation(0, 40), 2), (rotation(0, 50), 1), (rotation(1, 60), 0), (rotation(0, 180), 2)]
)
def test_axial_slices_lie_across_the_axis_nearest_to_head_foot(turned: NDArray[np.float64] | None, axis: int) -> None:
    assert grid_of((4, 4, 4), (1, 2, 3), turned=turned).axial_axis == axis


def test_an_empty_mask() -> None:
    grid = grid_of((4, 4, 4), (1, 1, 1))
    empty = Mask(np.zeros((0, 0, 0), dtype=bool), (0, 0, 0), grid)
    found = measure_liver(grid, {1: empty}, [empty], RULES, vessels=[empty])
    assert (found.lesions, found.liver_voxels, found.tumor_fraction) == ((), 0, None)


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ("within_mm: 10", "within_mm: -1", "must lie between 0 and 100"),
        ("within_mm: 10", "within_mm: near", "must be a number"),
        ("cites: [liver-ablation-limits]", "cites: []", "needs a source"),
        ("  speck_ml: 0.03", "", "'speck_ml' is missing"),
        ("speck_voxels: 5", "speck_voxel: 5", "Did you mean 'speck_voxels'"),
    ],
)
def test_rules_are_read_strictly(tmp_path: Path, line: str, instead: str, message: str) -> None:
    text = (CHECKOUT / "content" / "liver" / "nearness.yaml").read_text(encoding="utf-8")
    assert line in text
    changed = tmp_path / "nearness.yaml"
    changed.write_text(text.replace(line, instead), encoding="utf-8")
    with pytest.raises(WaylineError, match=message):
        load_measuring_rules(changed)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(measuring, "import_module", missing)
    grid = grid_around(10, (1, 1, 1))
    with pytest.raises(WaylineError, match=r"pip install 'wayline\[imaging\]'"):
        measured(ellipsoid(grid, (0, 0, 0), 5), grid)
