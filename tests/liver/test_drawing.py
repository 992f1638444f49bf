"""The map of the liver and the charts over time: whole, to scale, named in words, and the same every time."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import CHECKOUT, situation_of, span
from wayline.facts.lesions import SEGMENTS, Lesion
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.liver.blood_tests import series_of
from wayline.liver.charts import Band, Point, trend
from wayline.liver.drawing import DrawnTumor, bare_map, letters, liver_map, named_tumors, share_of_drawing, tumors_in_words
from wayline.liver.shape import HEIGHT, WIDTH, segment_outlines

Element = ElementTree.Element

DRAWN = library().segments
PLACED = [segment for segment in SEGMENTS if segment != "unknown"]
NAMESPACE = "{http://www.w3.org/2000/svg}"


def lesion(segment: str, size_cm: float | str | None = None, name: str | None = None) -> Lesion:
    return Lesion(segment, None if size_cm is None else span(str(size_cm)), name=name)


def drawn(*lesions: Lesion, **more: Any) -> Element:
    return ElementTree.fromstring(liver_map(named_tumors(lesions), DRAWN, **more))


def having(root: Element, kind: str) -> list[Element]:
    """Every element of one class."""
    return [one for one in root.iter() if kind in (one.get("class") or "").split()]


def circles(root: Element) -> list[tuple[float, float, float]]:
    return [(float(one.attrib["cx"]), float(one.attrib["cy"]), float(one.attrib["r"])) for one in having(root, "tumor")]


def outline(root: Element, segment: str) -> list[tuple[float, float]]:
    (group,) = having(root, f"segment-{segment}")
    (shape,) = [one for one in group.iter() if one.get("class") == "segment-shape"]
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in shape.attrib["points"].split())]


def is_inside(x: float, y: float, border: list[tuple[float, float]]) -> bool:
    """Ray casting, written anew here: the drawing's own must not judge itself."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(border, [*border[1:], border[0]], strict=True):
        if min(y0, y1) <= y < max(y0, y1) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x:
            crossings += 1
    return crossings % 2 == 1


def many(count: int) -> list[Lesion]:
    """Tumors of many sizes in all places, some without a size."""
    sizes = (0.4, 1.2, None, 2.5, "[1, 2)", 4)
    return [lesion(SEGMENTS[number % 10], sizes[number % len(sizes)]) for number in range(count)]


# --- The map as a whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standalone", [False, True])
@pytest.mark.parametrize("count", [0, 1, 3, 12, 60])
def test_the_map_is_whole_for_any_number_of_tumors(count: int, standalone: bool) -> None:
    """Well formed, every tumor once, all inside the drawing, all in its words."""
    tumors = named_tumors(many(count))
    root = ElementTree.fromstring(liver_map(tumors, DRAWN, standalone=standalone))
    assert root.tag == (f"{NAMESPACE}svg" if standalone else "svg")
    assert len(having(root, "tumor")) == count
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for x, y, radius in circles(root):
        assert radius <= x <= width - radius
        assert radius <= y <= height - radius
    words = tumors_in_words(tumors, DRAWN)
    for tumor in tumors:
        assert re.search(rf"\b{tumor.name}\b(,| in ).*{re.escape(tumor.size_in_words)}", words)


@pytest.mark.parametrize("segment", PLACED)
def test_every_segment_is_there_once_and_reached_by_keyboard(segment: str) -> None:
    """Each segment is one group with a shape, its number, a name in words, and a stop of the tab key."""
    root = drawn(lesion(segment, 2.4), lesion("unknown", 1))
    (group,) = having(root, f"segment-{segment}")
    assert group.attrib["tabindex"] == "0"
    assert group.attrib["role"] == "img"
    title = group.find("title")
    assert title is not None
    assert title.text == group.attrib["aria-label"] == f"{DRAWN[segment].in_words}: tumor A, 2.4 cm"
    assert [one.text for one in group.iter("text")] == [segment]
    assert len(having(root, "segment-shape")) == len(PLACED) == 9
    others = [one for one in having(root, "segment") if one is not group]
    assert len(others) == 8
    assert all(one.attrib["aria-label"].endswith(": no tumor told here") for one in others)


def test_every_stop_of_the_tab_key_has_a_name() -> None:
    """Nine segments and the group of tumors without a place; what is drawn twice is hidden from screen readers."""
    root = drawn(*many(20))
    stops = [one for one in root.iter() if one.get("tabindex") == "0"]
    assert len(stops) == 10
    assert all((one.get("aria-label") or "").strip() for one in stops)
    assert all(one.get("aria-hidden") == "true" for one in having(root, "tumor-mark"))
    assert {one.get("tabindex") for one in root.iter()} == {None, "0"}


@pytest.mark.parametrize(("name", "standalone"), [("liver", False), ("scan-2", False), ("liver", True)])
def test_the_map_names_itself(name: str, standalone: bool) -> None:
    """Title and text twin are bound by ids of its own; a file brings its style, a page does not."""
    tumors = named_tumors([lesion("6", 2.4)])
    root = ElementTree.fromstring(liver_map(tumors, DRAWN, name=name, standalone=standalone))
    ids = {one.get("id"): one.text for one in root.iter() if one.get("id")}
    assert root.attrib["aria-labelledby"].split() == list(ids) == [f"{name}-title", f"{name}-summary"]
    assert ids[f"{name}-summary"] == tumors_in_words(tumors, DRAWN)
    assert bool([one for one in root.iter() if one.tag.endswith("style")]) == standalone


def test_the_map_is_the_same_every_time() -> None:
    """The same tumors give the same bytes; another order of other segments moves none of them."""
    assert liver_map(named_tumors(many(30)), DRAWN) == liver_map(named_tumors(many(30)), DRAWN)
    one, other = lesion("6", 2, "A"), lesion("2", 1, "B")
    assert sorted(circles(drawn(one, other))) == sorted(circles(drawn(other, one)))


def test_the_bare_map_holds_shapes_only() -> None:
    """For the form: nine shapes, silent for screen readers, nothing to stop at."""
    root = ElementTree.fromstring(bare_map(DRAWN, name="choose"))
    assert sorted(one.attrib["data-segment"] for one in having(root, "segment")) == sorted(PLACED)
    assert root.attrib["aria-hidden"] == "true"
    assert not [one for one in root.iter() if one.get("tabindex") or one.get("aria-label")]


# --- Size and place ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("small", "large"), [(1, 2), (1.5, 3), (2, 5), (0.8, 8), (3, 12)])
def test_sizes_are_to_scale(small: float, large: float) -> None:
    """Radius in proportion to cm, to the tenth of a unit that is written; the same in any segment and below the liver."""
    per_cm = 620 / DRAWN.usual_width_cm
    for segment in SEGMENTS:
        radii = sorted(radius for _, _, radius in circles(drawn(lesion(segment, small), lesion("5", large))))
        assert radii == [pytest.approx(small * per_cm / 2, abs=0.051), pytest.approx(large * per_cm / 2, abs=0.051)]
        assert radii[1] / radii[0] == pytest.approx(large / small, rel=0.01)


@pytest.mark.parametrize(
    ("size", "radius"),
    [
        (0.1, 6),
        (0.4, 6),
        (0.41, 6.1),
        (15, 221),
        (30, 221),
        (39.9, 221),
        (40, 221),
        (None, 13),
        ("[1, 2]", 29.5),
        ("(-inf, 2)", 29.5),
        ("[1, inf)", 14.8),
        ("[1, 40]", 221),
        ("[1, 12]", 177.1),
        ("(12, inf)", 177.1),
        ("(40, inf)", 221),
    ],
)
def test_sizes_that_cannot_be_drawn_to_scale(size: Any, radius: float) -> None:
    """A tiny tumor is a dot that can be seen, a huge one stays in the drawing; of a partly known size the known end is drawn."""
    ((_, _, drawn_radius),) = circles(drawn(lesion("5", size)))
    assert drawn_radius == pytest.approx(radius, abs=0.1)


@pytest.mark.parametrize(
    ("told", "same_as"), [({"above": 3}, 3), ({"at_least": 3}, 3), ({"below": 3}, 3), ({"at_most": 3}, 3), ({"above": 2, "below": 3}, 3)]
)
def test_a_size_told_as_a_bound_is_drawn_at_that_bound(told: dict[str, Any], same_as: float) -> None:
    """As a case file tells it; the broken line says that this is not all."""
    listed: Any = situation_of({"liver.lesions": [{"segment": 6, "diameter_cm": told}]}).finding("liver.lesions").shown
    root = drawn(*listed)
    assert circles(root) == circles(drawn(lesion("6", same_as)))
    assert "unsure" in having(root, "tumor")[0].attrib["class"]


@pytest.mark.parametrize("size", [0.5, 1, 2, 3])
@pytest.mark.parametrize("segment", PLACED)
def test_a_tumor_lies_in_its_own_segment(segment: str, size: float) -> None:
    """Up to 3 cm the center lies inside the outline of its segment, and not under the caudate lobe, which lies over others."""
    root = drawn(lesion(segment, size), lesion("1", 1), lesion(segment, size / 2))
    for number in (0, 2):
        x, y, _ = circles(root)[number]
        assert is_inside(x, y, outline(root, segment))
        if segment != "1":
            assert not is_inside(x, y, outline(root, "1"))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PLACED), st.floats(0.2, 3)), max_size=12))
def test_every_tumor_lies_in_its_own_segment_however_many(placed: list[tuple[str, float]]) -> None:
    """The same with many tumors at once: others push a tumor about in its segment, never out of it."""
    root = drawn(*(lesion(segment, round(size, 2)) for segment, size in placed))
    for (segment, _), (x, y, _) in zip(placed, circles(root), strict=True):
        assert is_inside(x, y, outline(root, segment))


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("segment", [segment for segment in PLACED if segment != "1"])
def test_a_few_small_tumors_of_one_segment_do_not_overlap(segment: str, count: int) -> None:
    """Up to three tumors of 1 cm in one segment stand apart, and clear of its number."""
    root = drawn(*(lesion(segment, 1) for _ in range(count)))
    placed = circles(root)
    for (x, y, radius), (other_x, other_y, other_radius) in combinations(placed, 2):
        assert math.hypot(x - other_x, y - other_y) >= radius + other_radius
    (group,) = having(root, f"segment-{segment}")
    (number,) = group.iter("text")
    for x, y, radius in placed:
        assert math.hypot(x - float(number.attrib["x"]), y - float(number.attrib["y"])) > radius


def test_two_small_tumors_of_the_caudate_lobe_do_not_overlap() -> None:
    """Segment 1 is drawn small; two tumors of 1 cm have room in it."""
    (x, y, radius), (other_x, other_y, other_radius) = circles(drawn(lesion("1", 1), lesion("1", 1)))
    assert math.hypot(x - other_x, y - other_y) >= radius + other_radius


@pytest.mark.parametrize("count", [1, 3, 25])
def test_tumors_of_an_unknown_place_stand_below_the_liver(count: int) -> None:
    """None of them lies on the drawn liver; they stand in rows, named together, and do not overlap."""
    unplaced = [lesion("unknown", (0.5, 1, 2, 3, None)[number % 5]) for number in range(count)]
    root = drawn(lesion("5", 2), *unplaced)
    (group,) = having(root, "unplaced")
    below = circles(group)
    assert len(below) == count
    assert all(y - radius >= HEIGHT for _, y, radius in below)
    for (x, y, radius), (other_x, other_y, other_radius) in combinations(below, 2):
        assert math.hypot(x - other_x, y - other_y) >= radius + other_radius
    assert group.attrib["aria-label"].startswith("Place not known: tumor B, 0.5 cm")
    assert group.attrib["aria-label"].count("tumor ") == count
    assert len(circles(root)) == count + 1


@pytest.mark.parametrize(
    ("size", "unsure"), [(2.4, False), (None, True), ("[1, 2]", True), ("(-inf, 2)", True), ("[3, 40]", True), ("[2, 2]", False)]
)
@pytest.mark.parametrize("segment", ["5", "unknown"])
def test_sizes_that_are_not_exactly_known_are_marked(size: Any, unsure: bool, segment: str) -> None:
    """A broken line where the size is missing or has bounds."""
    (circle,) = having(drawn(lesion(segment, size)), "tumor")
    assert ("unsure" in circle.attrib["class"].split()) == unsure


# --- Names ---------------------------------------------------------------------------------------------------------

AWKWARD = ['<script>&"', "</svg>", "&amp;", "'\"", "<!--", "]]>", "ä漢字🙂", "A B C", "x" * 40]


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("segment", ["6", "unknown"])
def test_names_are_text_and_nothing_else(name: str, segment: str) -> None:
    """What somebody typed becomes no element, and stands unchanged in every text."""
    text = liver_map(named_tumors([lesion(segment, 2, name)]), DRAWN, standalone=True)
    root = ElementTree.fromstring(text)
    assert {one.tag.removeprefix(NAMESPACE) for one in root.iter()} == {"svg", "style", "title", "desc", "polygon", "text", "g", "circle"}
    summary = next(one.text for one in root.iter() if one.get("id") == "liver-summary")
    assert name in (summary or "")
    assert [one for one in root.iter() if f"tumor {name}, 2 cm" in (one.get("aria-label") or "")]
    assert "<script" not in text


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        ([None, None], ["A", "B"]),
        (["A", None, "C", None], ["A", "B", "C", "D"]),
        ([None, "A"], ["B", "A"]),
        (["x", None], ["x", "A"]),
    ],
)
def test_tumors_without_a_name_get_the_next_letter(names: list[str | None], expected: list[str]) -> None:
    """A letter that no other tumor has."""
    assert [tumor.name for tumor in named_tumors([lesion("5", 1, name) for name in names])] == expected


def test_there_are_letters_enough() -> None:
    """More than the longest list that is taken, all different."""
    assert len(letters()) == len(set(letters())) == 702
    assert [tumor.name for tumor in named_tumors([lesion("unknown")] * 200)] == letters()[:200]


@pytest.mark.parametrize(("one", "other"), [("lesion 1", "lesion 2"), ("metastasis 1", "metastasis 2"), ("x" * 30 + "1", "x" * 30 + "2")])
@pytest.mark.parametrize("segment", ["6", "unknown"])
def test_two_names_that_begin_alike_are_told_apart_on_the_drawing(segment: str, one: str, other: str) -> None:
    """`lesion 1` and `lesion 2` are not drawn under one and the same word."""
    root = drawn(lesion(segment, 2, one), lesion(segment, 1, other))
    words = [named.text for named in having(root, "tumor-name")]
    assert len(set(words)) == 2, words


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("A", "A"),
        ("A12", "A12"),
        ("lesion 1", "lesion 1"),
        ("lesion 12", "lesion 12"),
        ("lesion 123", "…sion 123"),
        ("metastasis 2", "…stasis 2"),
        ("x" * 39 + "y", "…xxxxxxxy"),
    ],
)
def test_of_a_long_name_the_end_is_drawn(name: str, written: str) -> None:
    """Up to nine characters whole, else an ellipsis and the last eight; every text holds the whole name."""
    root = drawn(lesion("6", 2, name))
    assert [one.text for one in having(root, "tumor-name")] == [written]
    assert [one for one in having(root, "segment-6") if f"tumor {name}, 2 cm" in one.attrib["aria-label"]]


@pytest.mark.parametrize(
    ("lesions", "words"),
    [
        ([], "No single tumor is drawn."),
        ([lesion("6", 2.4)], "1 tumor drawn: A in segment 6 (right back, lower part), 2.4 cm."),
        ([lesion("unknown")], "1 tumor drawn: A, place not known, size not known."),
        (
            [lesion("unknown", "(-inf, 1)"), lesion("4a", "[2, inf)", "x")],
            "2 tumors drawn: x in segment 4a (left of the middle, upper part), 2 cm or more; A, place not known, below 1 cm.",
        ),
    ],
)
def test_the_text_twin(lesions: list[Lesion], words: str) -> None:
    """Everything that is drawn, in words; those without a place last."""
    assert tumors_in_words(named_tumors(lesions), DRAWN) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"above": 3}, "above 3 cm"),
        ({"at_least": 3}, "3 cm or more"),
        ({"at_least": 3, "at_most": 39}, "3 to 39 cm"),
        (40, "40 cm"),
    ],
)
def test_a_size_told_only_from_below_has_no_invented_end(told: Any, words: str) -> None:
    """`{above: 3}` in a case file is "above 3 cm" in words: the largest size that a reader takes is no information."""
    situation = situation_of({"liver.lesions": [{"segment": 6, "diameter_cm": told}]})
    listed: Any = situation.finding("liver.lesions").shown
    (tumor,) = named_tumors(listed)
    assert tumor.size_in_words == words


# --- The style sheet -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("segment", PLACED)
def test_the_buttons_of_the_form_stand_where_the_numbers_do(segment: str) -> None:
    """The positions in the style sheet are those of the drawing."""
    css = (CHECKOUT / "src/wayline/web/static/web/wayline.css").read_text(encoding="utf-8")
    (match,) = re.findall(rf"\.at-{segment} {{ left: ([\d.]+)%; top: ([\d.]+)%; }}", css)
    assert (float(match[0]), float(match[1])) == share_of_drawing(segment)
    x, y = share_of_drawing(segment)
    assert is_inside(x * WIDTH / 100, y * HEIGHT / 100, list(segment_outlines()[segment]))


# --- Charts --------------------------------------------------------------------------------------------------------

DAY = date(2026, 11, 20)


def points(*values: Any) -> list[Point]:
    """Results a month apart, each exactly a number or a range in the usual notation."""
    return [Point(DAY - timedelta(30 * (len(values) - n)), span(str(value)), str(value)) for n, value in enumerate(values)]


def chart(values: list[Point], band: Band | None = None, **more: Any) -> Element:
    return ElementTree.fromstring(trend(values, band, **{"label": "ALT over time.", "unit": "U/L", **more}))


def heights(root: Element) -> list[float]:
    return [float(one.attrib["cy"]) for one in having(root, "mark-point")]


def level_words(root: Element) -> list[str]:
    """The words beside the levels."""
    ends = [one.text or "" for one in having(root, "axis-word") if one.get("text-anchor") == "end"]
    assert len(ends) == len(having(root, "level"))
    return ends


@pytest.mark.parametrize(
    "values",
    [
        [40],
        [0],
        [0, 0],
        [40, 40],
        [40, 40, 40],
        [40, 80, 60],
        [0, 90],
        [0.001, 0.002],
        [0.000001],
        [1e-9, 2e-9],
        [20000, 49999],
        [50000],
        [12000, 12001],
        [1000.1, 1000.3],
        [1, 50000],
        [0.1, 0.3],
        [99.9, 100],
    ],
)
@pytest.mark.parametrize("from_zero", [False, True])
def test_any_values_make_a_whole_chart(values: list[float], from_zero: bool) -> None:
    """Well formed, one mark a result inside the chart, higher values higher, and at least one level."""
    root = chart(points(*values), from_zero=from_zero)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "ALT over time."
    marks = heights(root)
    assert len(marks) == len(values)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert all(0 <= y <= height for y in marks)
    assert all(0 <= float(one.attrib["cx"]) <= width for one in having(root, "mark-point"))
    for (value, y), (other, other_y) in pairwise(zip(values, marks, strict=True)):
        assert (other_y <= y) if other > value else (other_y >= y) if other < value else other_y == y
    assert [one.text for one in having(root, "point-word")] == [str(value) for value in values]
    words = level_words(root)
    assert words
    assert not from_zero or words[0] == "0"
    assert_readable(words)


@pytest.mark.parametrize("values", [[9000, 9900], [9000, 12000], [20000, 49999], [12000, 12100], [1000.1, 1000.3], [0.01, 0.02]])
def test_levels_are_written_as_people_read_numbers(values: list[float]) -> None:
    """Large values, as LDH or an acute hepatitis has them, are no powers of ten such as 2e+04, and no two levels have one word."""
    assert_readable(level_words(chart(points(*values))))


def assert_readable(words: list[str]) -> None:
    """Plain numbers with commas between thousands, each another one and each larger, all with the same decimals but for zero."""
    assert all(re.fullmatch(r"0|\d{1,3}(,\d{3})*(\.\d+)?", word) for word in words), words
    numbers = [float(word.replace(",", "")) for word in words]
    assert numbers == sorted(set(numbers)), words
    assert all(word == "0" for word, number in zip(words, numbers, strict=True) if number == 0), words
    assert len({len(word.partition(".")[2]) for word in words if word != "0"}) <= 1, words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([40, 80, 60], ["40", "50", "60", "70", "80"]),
        ([0.1, 0.3], ["0", "0.1", "0.2", "0.3"]),
        ([1000.1, 1000.3], ["1,000.05", "1,000.10", "1,000.15", "1,000.20", "1,000.25", "1,000.30"]),
        ([9000, 12000], ["9,000", "10,000", "11,000", "12,000"]),
        ([1, 50000], ["0", "20,000", "40,000"]),
        ([99.9, 100], ["99.85", "99.90", "99.95", "100.00"]),
    ],
)
def test_levels_have_as_many_decimals_as_their_step(values: list[float], words: list[str]) -> None:
    """All levels of one chart alike, so that they are compared at a glance; zero is 0."""
    assert level_words(chart(points(*values))) == words


@pytest.mark.parametrize("values", [[40], [40, 40], [0.7, 0.7], [50000, 50000, 50000], [40, "(-inf, 40)"], [3, "[3, inf)"]])
def test_equal_values_have_a_scale_to_be_read_on(values: list[Any]) -> None:
    """It begins at zero and has two levels at least: one alone is no scale."""
    root = chart(points(*values))
    words = level_words(root)
    assert words[0] == "0"
    assert len(words) >= 2
    assert len(set(heights(root))) == 1


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([40], 0),
        ([40, 50], 1),
        ([40, 50, 60, 30], 3),
        ([40, "(-inf, 50)", 60], 0),
        ([40, 50, "[60, inf)", 30, 20], 2),
        (["(-inf, 5)", "(-inf, 5)"], 0),
        ([40, 50, "[55, 60]"], 1),
    ],
)
def test_the_line_is_broken_around_what_is_only_partly_known(values: list[Any], lines: int) -> None:
    """Two exact neighbors are joined, nothing else; an inexact result is an open mark."""
    root = chart(points(*values))
    assert len(having(root, "course")) == lines
    assert ["unsure" in one.attrib["class"].split() for one in having(root, "mark-point")] == [isinstance(value, str) for value in values]


def test_an_inexact_result_stands_at_its_known_end() -> None:
    """Below 50 is drawn at 50, 60 or more at 60."""
    root = chart(points(50, "(-inf, 50)", 60, "[60, inf)"), from_zero=True)
    below, at, above, other = heights(root)
    assert (below, above) == (at, other)


def test_a_finite_end_is_a_real_end() -> None:
    """Between 60 and 50,000 is drawn at 50,000, as between 60 and 90 at 90: a chart knows nothing of what is possible."""
    wide, far, narrow, near = heights(chart(points("[60, 50000]", 50000, "[60, 90]", 90)))
    assert (wide, narrow) == (far, near)


@pytest.mark.parametrize("told_as", ["current", "earlier"])
@pytest.mark.parametrize(
    ("bound", "end"),
    [
        ({"above": 100}, 100),
        ({"at_least": 100}, 100),
        ({"below": 100}, 100),
        ({"at_most": 100}, 100),
        ({"at_least": 90, "below": 100}, 100),
    ],
)
def test_a_result_told_as_a_bound_stands_at_that_bound(bound: dict[str, Any], end: float, told_as: str) -> None:
    """As a case file tells it: the largest number that a reader takes is no result, and must not flatten the chart."""
    earlier = [{"lab": "labs.alt", "value": bound, "date": f"{DAY - timedelta(2)}"}]
    facts = {"labs.alt": bound} if told_as == "current" else {"labs.earlier_results": earlier}
    (series,) = series_of(situation_of(facts), library().scales, ["labs.alt"])
    value = series.newest.value
    assert value is not None
    root = chart([Point(DAY - timedelta(30), NumberRange.exactly(end), "100"), Point(DAY, value, "bound")], from_zero=True)
    first, second = heights(root)
    assert second == pytest.approx(first, abs=0.2)


@pytest.mark.parametrize("faded", [False, True])
def test_a_stale_result_is_faded(faded: bool) -> None:
    """Marked, and still there."""
    root = chart([*points(40, 50), Point(DAY, span("60"), "60", faded)])
    assert ["faded" in one.attrib["class"].split() for one in having(root, "mark-point")] == [False, False, faded]


@pytest.mark.parametrize("band", [None, Band(7, 45), Band(None, 45), Band(7, None), Band(100, 200), Band(1, 2)])
def test_the_labs_range_is_shown_only_where_it_is_told(band: Band | None) -> None:
    """A band between the limits that are told, inside the chart, with its words."""
    root = chart(points(40, 80), band)
    boxes = having(root, "range")
    assert len(boxes) == (0 if band is None else 1)
    assert ("your lab’s range" in " ".join(one.text or "" for one in having(root, "axis-word"))) == (band is not None)
    for box in boxes:
        assert float(box.attrib["height"]) > 0
        assert float(box.attrib["y"]) >= 0
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= 240


def test_a_value_lies_in_the_band_as_it_lies_in_the_range() -> None:
    """Band and marks share one scale: at the limits, between them, and outside."""
    root = chart(points(7, 20, 45, 60, 3), Band(7, 45))
    (box,) = having(root, "range")
    top, bottom = float(box.attrib["y"]), float(box.attrib["y"]) + float(box.attrib["height"])
    at_low, inside, at_high, over, under = heights(root)
    assert at_low == pytest.approx(bottom, abs=0.2)
    assert at_high == pytest.approx(top, abs=0.2)
    assert top < inside < bottom
    assert over < top
    assert under > bottom


@pytest.mark.parametrize("label", ["ALT over time. Nov 2: 40 U/L.", 'a <b> & "c"'])
def test_the_label_is_the_text_twin(label: str) -> None:
    """What a screen reader is told stands in the label as it is given."""
    assert chart(points(40, 50), label=label).attrib["aria-label"] == label


def test_no_results_make_no_chart() -> None:
    """An empty chart would look like "nothing found"."""
    with pytest.raises(ValueError, match="needs results"):
        trend([], None, label="", unit="")


def test_results_are_drawn_by_day_whatever_their_order() -> None:
    """The same chart from the same results, and the first and last day are labeled."""
    told = points(40, 50, 60)
    assert trend(told, None, label="", unit="") == trend(told[::-1], None, label="", unit="")
    days = [one.text for one in having(chart(told), "axis-word") if one.get("text-anchor") == "middle"]
    assert days[0] == f"{told[0].day:%b} {told[0].day.day}, {told[0].day.year}"
    assert days[-1] == f"{told[2].day:%b} {told[2].day.day}, {told[2].day.year}"


def test_labels_of_days_do_not_overlap() -> None:
    """Twelve results in a year: few days are labeled, each with room."""
    root = chart(points(*range(40, 52)))
    places = [float(one.attrib["x"]) for one in having(root, "axis-word") if one.get("text-anchor") == "middle"]
    assert 2 <= len(places) <= 4
    assert all(later - earlier >= 110 for earlier, later in pairwise(places))


_NUMBERS = st.one_of(
    st.just(0.0),
    st.floats(0, 50_000).map(lambda number: round(number, 9)),
    st.integers(0, 200).map(float),
    st.floats(0, 1e-6).map(lambda number: round(number, 9)),
)


@st.composite
def _results(draw: Any) -> Point:
    low, high = sorted((draw(_NUMBERS), draw(_NUMBERS)))
    low, high = draw(st.sampled_from([(low, low), (low, high), (-math.inf, high), (low, math.inf), (0.0, high)]))
    low_open, high_open = (low < high and math.isfinite(end) and draw(st.booleans()) for end in (low, high))
    return Point(DAY - timedelta(draw(st.integers(0, 3000))), NumberRange(low, high, low_open, high_open), "x", draw(st.booleans()))


_BANDS = st.one_of(
    st.none(),
    st.tuples(_NUMBERS, _NUMBERS).map(lambda ends: Band(min(ends), max(ends))),
    _NUMBERS.map(lambda end: Band(None, end)),
    _NUMBERS.map(lambda end: Band(end, None)),
)


@settings(max_examples=200)
@given(st.lists(_results(), min_size=1, max_size=12), _BANDS, st.booleans())
def test_any_list_of_results_makes_a_chart(results: list[Point], band: Band | None, from_zero: bool) -> None:
    """No exception, one mark a result, every coordinate a number inside the picture."""
    root = chart(results, band, from_zero=from_zero)
    assert len(having(root, "mark-point")) == len(results)
    assert all(0 <= y <= 240 for y in heights(root))
    assert_readable(level_words(root))
    for one in root.iter():
        for key in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"):
            assert math.isfinite(float(one.get(key, 0)))


def test_drawn_tumors_say_their_size() -> None:
    """The size in words, where there is one."""
    assert DrawnTumor("A", lesion("5")).size_in_words == "size not known"
    assert DrawnTumor("A", lesion("5", 2.4)).size_in_words == "2.4 cm"
