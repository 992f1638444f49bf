"""The shape of the drawn liver: its outline from the front, its eight segments, and room for tumors in them.

A drawing of our own, in its own units. The three liver veins part it from side to side and the portal vein's plane from top to bottom, as
Couinaud's segments ask; the caudate lobe, which lies behind, is drawn as an oval in the middle. The person's right is on the left, as when
somebody faces us and as scans are shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

Point = tuple[float, float]

WIDTH, HEIGHT = 680.0, 450.0
LEFT_EDGE, RIGHT_EDGE = 30.0, 650.0
LIVER_WIDTH = RIGHT_EDGE - LEFT_EDGE
_SMOOTHNESS = 12
_GRID_STEP = 8.0
_BUTTONS_APART = 92.0
_NUMBER_RADIUS = 14.0  # room for the number of a segment

_RIGHT_TIP, _LEFT_TIP = (LEFT_EDGE, 235.0), (RIGHT_EDGE, 128.0)
_TOP = (_RIGHT_TIP, (40, 150), (88, 78), (165, 42), (252, 40), (330, 62), (400, 82), (478, 84), (560, 88), (622, 104), _LEFT_TIP)
_BOTTOM = (_RIGHT_TIP, (34, 310), (78, 385), (150, 414), (226, 396), (300, 350), (366, 318), (438, 280), (520, 224), (600, 168), _LEFT_TIP)
# The veins as lines from the upper to the lower border, and how far down each the portal plane crosses.
_VEINS: tuple[tuple[float, float, float], ...] = ((212, 168, 0.5), (352, 306, 0.53), (472, 430, 0.5))
_CAUDATE = (336.0, 214.0, 44.0, 30.0)  # center and half axes


@dataclass(frozen=True)
class Circle:
    """A tumor on the drawing: center and radius in its units."""

    x: float
    y: float
    radius: float


def _smooth(points: Sequence[Point]) -> list[Point]:
    """A curve through all points (Catmull-Rom), as many short lines."""
    padded = [points[0], *points, points[-1]]
    curve: list[Point] = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(_SMOOTHNESS):
            t = step / _SMOOTHNESS
            x, y = (
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)
                for a, b, c, d in zip(before, start, end, after, strict=True)
            )
            curve.append((x, y))
    return [*curve, points[-1]]


@cache
def segment_outlines() -> dict[str, tuple[Point, ...]]:
    """The border of each segment as points; segment 1, the caudate lobe, lies over its neighbors."""
    top, bottom = _smooth(_TOP), _smooth(_BOTTOM)
    lines = [((x, _height_at(top, x)), (x_below, _height_at(bottom, x_below)), along) for x, x_below, along in _VEINS]
    crossings = [_RIGHT_TIP, *(_between(above, below, along) for above, below, along in lines), _LEFT_TIP]
    uppers = [_RIGHT_TIP, *(above for above, _, _ in lines), _LEFT_TIP]
    lowers = [_RIGHT_TIP, *(below for _, below, _ in lines), _LEFT_TIP]
    outlines: dict[str, tuple[Point, ...]] = {}
    for place, (upper_id, lower_id) in enumerate((("7", "6"), ("8", "5"), ("4a", "4b"), ("2", "3"))):
        crossing, next_crossing = crossings[place], crossings[place + 1]
        outlines[upper_id] = (*_stretch(top, uppers[place], uppers[place + 1]), next_crossing, crossing)
        outlines[lower_id] = (crossing, next_crossing, *reversed(_stretch(bottom, lowers[place], lowers[place + 1])))
    x, y, across, high = _CAUDATE
    turns = [2 * math.pi * step / 36 for step in range(36)]
    outlines["1"] = tuple((x + across * math.cos(turn), y + high * math.sin(turn)) for turn in turns)
    return outlines


@cache
def whole_outline() -> tuple[Point, ...]:
    """The border of the whole liver."""
    return (*_smooth(_TOP), *reversed(_smooth(_BOTTOM)))


def _height_at(curve: Sequence[Point], x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    raise ValueError("the vein lies outside the liver")


def _stretch(curve: Sequence[Point], start: Point, end: Point) -> list[Point]:
    return [start, *(point for point in curve if start[0] < point[0] < end[0] and point not in (start, end)), end]


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


@cache
def label_place(segment: str) -> Point:
    """Where a segment's number stands: in the middle of its widest free part."""
    if segment == "1":
        return _CAUDATE[:2]
    # Room for two buttons side by side on a narrow phone, that of the caudate lobe and this one.
    free = [point for point in _free_points(segment) if math.dist(point, _CAUDATE[:2]) >= _BUTTONS_APART]
    return max(free, key=lambda point: (round(_room(point, segment), 1), -point[1]))


@cache
def _free_points(segment: str) -> tuple[Point, ...]:
    """Points on a grid inside a segment, without those that the caudate lobe covers."""
    outline = segment_outlines()[segment]
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    points = [(x, y) for x in _steps(min(xs), max(xs)) for y in _steps(min(ys), max(ys)) if _is_inside((x, y), outline)]
    if segment != "1":
        points = [point for point in points if not _is_inside(point, segment_outlines()["1"])]
    return tuple(points)


def _steps(low: float, high: float) -> list[float]:
    return [low + _GRID_STEP * step for step in range(int((high - low) / _GRID_STEP) + 1)]


def _is_inside(point: Point, outline: Sequence[Point]) -> bool:
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            inside = not inside
    return inside


@cache
def _room(point: Point, segment: str) -> float:
    """The distance from a point to the nearest border of its segment, or to the caudate lobe."""
    borders = [segment_outlines()[segment]] + ([segment_outlines()["1"]] if segment != "1" else [])
    return min(_distance_to(border, point) for border in borders)


@cache
def _distance_to(border: tuple[Point, ...], point: Point) -> float:
    return min(math.dist(point, other) for other in _dense(border))


@cache
def _dense(outline: tuple[Point, ...]) -> tuple[Point, ...]:
    """The border as points at most a grid step apart."""
    points: list[Point] = []
    for one, other in zip(outline, (*outline[1:], outline[0]), strict=True):
        count = max(1, math.ceil(math.dist(one, other) / _GRID_STEP))
        points += [_between(one, other, step / count) for step in range(count)]
    return tuple(points)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place where a tumor may be drawn, with its distances to the segment's border, the liver's border and the segment's number."""

    x: float
    y: float
    to_border: float
    to_outline: float
    to_number: float


@cache
def _places(segment: str) -> tuple[_Place, ...]:
    number = label_place(segment)
    return tuple(
        _Place(*point, _room(point, segment), _distance_to(whole_outline(), point), math.dist(point, number))
        for point in _free_points(segment)
    )


def place_circles(radii: Sequence[tuple[str, float]]) -> list[Circle]:
    """A place in its segment for each tumor, given as (segment, radius): the largest first, away from borders and from each other.

    A report names the segment and no more, so any place in it is as true as another. A tumor larger than its segment lies over its
    neighbors, as it may in the liver, but stays inside the drawing.
    """
    placed: dict[int, Circle] = {}
    for number in sorted(range(len(radii)), key=lambda one: (-radii[one][1], one)):
        segment, radius = radii[number]
        best = _best_place(segment, radius, list(placed.values()))
        x, y = (min(max(value, radius + 2), max(end - radius - 2, radius + 2)) for value, end in ((best.x, WIDTH), (best.y, HEIGHT)))
        placed[number] = Circle(x, y, radius)
    return [placed[number] for number in range(len(radii))]


def _best_place(segment: str, radius: float, others: Sequence[Circle]) -> _Place:
    """Away from the borders and from other tumors, over a neighbor rather than out of the liver, and not on the segment's number."""
    best, best_fit = _places(segment)[0], -math.inf
    for place in _places(segment):
        gap = min(place.to_border - radius, 12)
        extra = min(place.to_outline - radius, 0) + 0.3 * min(place.to_number - radius - _NUMBER_RADIUS, 6)
        for other in others:
            gap = min(gap, math.hypot(place.x - other.x, place.y - other.y) - other.radius - radius)
            if gap + extra <= best_fit:
                break
        if gap + extra > best_fit:
            best, best_fit = place, gap + extra
    return best


def number_place(segment: str, circles: Sequence[Circle]) -> Point:
    """Where a segment's number stands so that no tumor hides it, as far as there is room."""
    usual = label_place(segment)

    def is_clear(x: float, y: float) -> bool:
        return all(math.hypot(x - circle.x, y - circle.y) >= circle.radius + _NUMBER_RADIUS for circle in circles)

    if is_clear(*usual):
        return usual
    free = [place for place in _places(segment) if place.to_border >= _NUMBER_RADIUS and is_clear(place.x, place.y)]
    nearest = min(free, key=lambda place: place.to_number, default=None)
    return usual if nearest is None else (nearest.x, nearest.y)
