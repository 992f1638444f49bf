"""Loading the files in content/liver/: every mistake is an error that names file and line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import CHECKOUT
from wayline.facts.lesions import LEFT_LOBE, RIGHT_LOBE, SEGMENTS
from wayline.library import library
from wayline.liver.scales import load_scales
from wayline.liver.segments import load_segments
from wayline.options.limits import DIMENSIONS, load_dimensions
from wayline.reading import WaylineError

LIVER = CHECKOUT / "content" / "liver"
LOADERS: dict[str, Callable[[Path], Any]] = {
    "segments.yaml": load_segments,
    "scales.yaml": load_scales,
    "dimensions.yaml": lambda path: load_dimensions(path, library().vocabulary),
}


def refused(file: str, pattern: str, replacement: str, tmp_path: Path) -> str:
    """The error for a copy of the file in which one place was changed."""
    text, count = re.subn(pattern, replacement, (LIVER / file).read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, f"{file} holds no {pattern}"
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WaylineError) as caught:
        LOADERS[file](path)
    return str(caught.value)


def line_of(file: str, pattern: str) -> int:
    """The line of the file on which the change is made."""
    text = (LIVER / file).read_text(encoding="utf-8")
    match = re.search(pattern, text, flags=re.MULTILINE)
    assert match is not None
    return text[: match.start()].count("\n") + 1


@pytest.mark.parametrize("file", LOADERS)
def test_the_files_that_ship_load(file: str) -> None:
    """Each file loads as it is."""
    assert LOADERS[file](LIVER / file)


SEGMENT_3 = r'^  - \{id: "3".*\n'


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r"^usual_width_cm: .*\n", "", "the key 'usual_width_cm' is missing"),
        (r"^cites: .*\n", "", "the key 'cites' is missing"),
        (r"^cites: .*$", "cite: [couinaud-segments]", "'cite' is not a key here. Did you mean 'cites'?"),
        (r"^cites: .*$", "cites: couinaud-segments", "'cites' must be a list"),
        (r"^cites: .*$", "cites: [1]", "'cites' must be a list of texts"),
        (r"value: 21", "value: wide", "'value' must be a number"),
        (r"value: 21", "value: true", "'value' must be a number"),
        (r"value: 21", "value: 0", "the width of a liver lies between 5 and 50 cm"),
        (r"value: 21", "value: -21", "the width of a liver lies between 5 and 50 cm"),
        (r"value: 21", "value: 4.9", "the width of a liver lies between 5 and 50 cm"),
        (r"value: 21", "value: 50.1", "the width of a liver lies between 5 and 50 cm"),
        (r"value: 21, ", "", "the key 'value' is missing"),
        (r"value: 21, cites: \[.*\]", "value: 21", "the key 'cites' is missing"),
        (r"^usual_width_cm: .*$", "usual_width_cm: 21", "'key: value' lines were expected here"),
        (r'id: "3"', 'id: "9"', "'9' is not a segment"),
        (r'id: "3"', "id: 3", "'id' must be a text"),
        (r'id: "3"', 'id: "4"', "'4' is not a segment. Did you mean '4"),
        (r'id: "3"', 'id: "2"', "segment '2' stands twice"),
        (r'id: "3"', "id: unknown", "'unknown' is not a segment"),
        (r'id: "3", title: Segment 3', 'id: "3"', "the key 'title' is missing"),
        (r"title: Segment 3", "title: ''", "'title' must be a text"),
        (r'words: "far left, lower part"', "words: 3", "'words' must be a text"),
        (r'words: "far left, lower part"', 'wrods: "far left"', "'wrods' is not a key here. Did you mean 'words'?"),
        (r"also_written: \[III\]", "also_written: III", "'also_written' must be a list"),
        (r"also_written: \[III\]", "also_written: [3]", "'also_written' must be a list of texts"),
        (r"also_written: \[III\], side: left", "also_written: [III], side: right", "segment '3' counts as 'left'"),
        (r"also_written: \[III\], side: left", "also_written: [III], side: both", "segment '3' counts as 'left'"),
        (r"also_written: \[I\], side: neither", "also_written: [I], side: left", "segment '1' counts as 'neither'"),
        (SEGMENT_3, "  - three\n", "'key: value' lines were expected here"),
        (r"also_written: \[III\]", "also_written: [&x III]", "anchors"),
        (r"^cites: .*$", "cites: [couinaud-segments", "not valid YAML"),
    ],
)
def test_mistakes_in_the_segments(pattern: str, replacement: str, said: str, tmp_path: Path) -> None:
    """One mistake in a copy: the message names the file, the line, and what is wrong."""
    assert_names(refused("segments.yaml", pattern, replacement, tmp_path), "segments.yaml", pattern, said)


@pytest.mark.parametrize("width", [5, 5.1, 49.9, 50])
def test_widths_that_are_taken(width: float, tmp_path: Path) -> None:
    """From 5 to 50 cm, both included."""
    path = tmp_path / "segments.yaml"
    path.write_text((LIVER / "segments.yaml").read_text(encoding="utf-8").replace("value: 21", f"value: {width}"), encoding="utf-8")
    assert load_segments(path).usual_width_cm == width


def assert_names(message: str, file: str, pattern: str, said: str) -> None:
    named = re.match(rf"liver/{re.escape(file)}, line (\d+): ", message)
    assert named, message
    assert said in message
    # A missing key is reported where its block begins; text that no parser can read, where the parser gave up.
    if "is missing" not in message and "not valid YAML" not in message:
        assert int(named[1]) == line_of(file, pattern), message


def test_a_missing_segment(tmp_path: Path) -> None:
    """All nine must be there."""
    assert refused("segments.yaml", SEGMENT_3, "", tmp_path) == "liver/segments.yaml: segment '3' is missing"
    assert "'segments'" in refused("segments.yaml", r"(?s)^segments:.*", "segments: 9\n", tmp_path)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, or holds nothing, is an error with its name."""
    for file, load in LOADERS.items():
        with pytest.raises(WaylineError, match=f"liver/{re.escape(file)}: cannot be read"):
            load(tmp_path / file)
        (tmp_path / file).write_text("# nothing\n", encoding="utf-8")
        with pytest.raises(WaylineError, match=f"liver/{re.escape(file)}, line 1: "):
            load(tmp_path / file)


BASELINE = r"from_baseline: \{grades: \[1\.5, 3, 5, 20\], includes_first: true\}"
ALT = r"\{lab: labs\.alt, of: times_upper_limit, grades: \[1, 3, 5, 20\], " + BASELINE + r"\}"
ALBUMIN = r"of: value_downwards, grades: \[lower_limit, 3, 2\], from_baseline: null"
ORDER = "two grades or more must stand in their order"
ONLY_DOWNWARDS = "the lab's own lower limit begins the grades of a value counted downwards, and only of those"
MULTIPLES = "as many multiples as grades are needed, in their order"


def alt(text: str) -> tuple[str, str]:
    return ALT, text


def graded(grades: str, of: str = "times_upper_limit") -> tuple[str, str]:
    """The row of ALT with other grades."""
    return alt(f"{{lab: labs.alt, of: {of}, grades: {grades}, from_baseline: null}}")


def counted_from(baseline: str) -> tuple[str, str]:
    """The row of ALT with two grades, and other multiples of the value before treatment."""
    return alt(f"{{lab: labs.alt, of: times_upper_limit, grades: [1, 3], from_baseline: {baseline}}}")


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        # the rows of grades
        (r"^  title: CTCAE 5\.0\n", "", "the key 'title' is missing"),
        (r"^  title: CTCAE 5\.0$", "  title: 5", "'title' must be a text"),
        (r"^  cites: \[facts-ctcae-5\]$", "  cites: facts-ctcae-5", "'cites' must be a list"),
        (r"^ctcae:$", "ctcea:", "'ctcea' is not a key here. Did you mean 'ctcae'?"),
        (r"(?s)^size_slip:.*", "", "the key 'size_slip' is missing"),
        (r"(?s)^size_slip:.*", "size_slip: 15\n", "'key: value' lines were expected here"),
        (*alt("alt"), "'key: value' lines were expected here"),
        (*alt("{lab: labs.alt, of: times_upper_limit, grades: [1, 3]}"), "the key 'from_baseline' is missing"),
        (*alt("{lab: labs.alt, of: times_limit, grades: [1, 3], from_baseline: null}"), "'times_limit' is not a way to count"),
        (*alt("{lab: labs.alt, of: 1, grades: [1, 3], from_baseline: null}"), "'of' must be a text"),
        (*alt("{lab: 1, of: times_upper_limit, grades: [1, 3], from_baseline: null}"), "'lab' must be a text"),
        (r"lab: labs\.ast,", "lab: labs.alt,", "'labs.alt' stands twice"),
        (*graded("1"), "'grades' must be a list"),
        (*graded("[]"), ORDER),
        (*graded("[1]"), ORDER),
        (*graded("[1, three]"), "a grade begins at a number, or at 'lower_limit'"),
        (*graded("[1, true]"), "a grade begins at a number, or at 'lower_limit'"),
        (*graded("[1, null]"), "a grade begins at a number, or at 'lower_limit'"),
        (*graded("[3, 1]"), ORDER),
        (*graded("[1, 3, 3]"), ORDER),
        (*graded("[1, 1]"), ORDER),
        (*graded("[1, lower_limit]"), "with the lab's own limit only as the first"),
        (*graded("[lower_limit, 3, 5]"), ONLY_DOWNWARDS),
        (*graded("[lower_limit, 3, 5]", "value_upwards"), ONLY_DOWNWARDS),
        (ALBUMIN, "of: value_downwards, grades: [3, 2], from_baseline: null", ONLY_DOWNWARDS),
        (ALBUMIN, "of: value_downwards, grades: [lower_limit, 2, 3], from_baseline: null", ORDER),
        (ALBUMIN, "of: value_downwards, grades: [lower_limit, 3, 3], from_baseline: null", ORDER),
        (ALBUMIN, "of: value_downwards, grades: [lower_limit], from_baseline: null", ORDER),
        (ALBUMIN, "of: value_downwards, grades: [3, lower_limit, 2], from_baseline: null", "only as the first"),
        (ALBUMIN, "of: value_downwards, grades: [lower_limit, lower_limit, 2], from_baseline: null", "only as the first"),
        # the multiples of the value before treatment
        (*counted_from("1"), "'key: value' lines were expected here"),
        (*counted_from("[1.5, 3]"), "'key: value' lines were expected here"),
        (*counted_from("{includes_first: true}"), "the key 'grades' is missing"),
        (*counted_from("{grades: [1.5, 3]}"), "the key 'includes_first' is missing"),
        (*counted_from("{grades: [1.5, 3], include_first: true}"), "Did you mean 'includes_first'?"),
        (*counted_from("{grades: [1.5, 3], includes_first: 1}"), "'includes_first' must be true or false"),
        (*counted_from("{grades: [1.5, 3], includes_first: null}"), "'includes_first' must be true or false"),
        (*counted_from("{grades: [1.5, 3], includes_first: 'true'}"), "'includes_first' must be true or false"),
        (*counted_from("{grades: 1.5, includes_first: true}"), "'grades' must be a list"),
        (*counted_from("{grades: [1, x], includes_first: true}"), "a grade begins at a number"),
        (*counted_from("{grades: [1, null], includes_first: true}"), "a grade begins at a number"),
        (*counted_from("{grades: [1, true], includes_first: true}"), "a grade begins at a number"),
        (*counted_from("{grades: [], includes_first: true}"), MULTIPLES),
        (*counted_from("{grades: [1], includes_first: true}"), MULTIPLES),
        (*counted_from("{grades: [1, 3, 5], includes_first: true}"), MULTIPLES),
        (*counted_from("{grades: [3, 1], includes_first: false}"), MULTIPLES),
        (*counted_from("{grades: [3, 3], includes_first: false}"), MULTIPLES),
        (*counted_from("{grades: [lower_limit, 3], includes_first: true}"), MULTIPLES),
        # the small records
        (r"^  hepatocellular_from: 5$", "  hepatocellular_from: five", "'hepatocellular_from' must be a number"),
        (r"^  hepatocellular_from: 5$", "  hepatocellular_from: 1", "'cholestatic_up_to' must lie below 'hepatocellular_from'"),
        (r"^  hepatocellular_from: 5$", "  hepatocellular_from: 2", "'cholestatic_up_to' must lie below 'hepatocellular_from'"),
        (r"^  cholestatic_up_to: 2\n", "", "the key 'cholestatic_up_to' is missing"),
        (r"^  cholestatic_up_to: 2$", "  cholestatic_upto: 2", "Did you mean 'cholestatic_up_to'?"),
        (r"^  days_apart_at_most: 3$", "  days_apart_at_most: true", "'days_apart_at_most' must be a number"),
        (r"^  days_apart_at_most: 3$", "  days_apart_at_most: 2.5", "'days_apart_at_most' must be a whole number"),
        (r"^  title: RECIST 1\.1$", "  title: ''", "'title' must be a text"),
        (r"^  followed_in_one_organ: 2$", "  followed_in_one_organ: two", "'followed_in_one_organ' must be a number"),
        (r"^  followed_in_one_organ: 2$", "  followed_in_one_organ: 1.5", "'followed_in_one_organ' must be a whole number"),
        (r"^  cites: \[eisenhauer-2009-recist\]$", "  cites: [1]", "'cites' must be a list of texts"),
        (r"^  cites: \[wayline-size-slip\]$", "  color: red", "'color' is not a key here"),
        (r"^  ten_times_up_to: 14$", "  ten_times_up_to: 5", "'ten_times_from' must lie below 'ten_times_up_to'"),
        (r"^  ten_times_up_to: 14$", "  ten_times_up_to: 7", "'ten_times_from' must lie below 'ten_times_up_to'"),
        (r"^  ask_above_cm: 15$", "  ask_above_cm: [15]", "'ask_above_cm' must be a number"),
        (r"^  ask_above_cm: 15$", "  ask_above_cm: 15\n  ask_above_cm: 16", "stands here twice"),
    ],
)
def test_mistakes_in_the_scales(pattern: str, replacement: str, said: str, tmp_path: Path) -> None:
    """One mistake in a copy: the message names the file, the line, and what is wrong."""
    message = refused("scales.yaml", pattern, replacement, tmp_path)
    assert re.match(r"liver/scales\.yaml, line \d+: ", message), message
    assert said in message


@pytest.mark.parametrize(
    ("pattern", "replacement", "lab", "grades", "from_baseline", "includes_first"),
    [
        (*graded("[1, 3]"), "labs.alt", (1, 3), None, False),
        (*graded("[1, 3]", "value_upwards"), "labs.alt", (1, 3), None, False),
        (*counted_from("{grades: [1, 3], includes_first: false}"), "labs.alt", (1, 3), (1, 3), False),
        (*counted_from("{grades: [1.5, 3], includes_first: true}"), "labs.alt", (1, 3), (1.5, 3), True),
        (ALBUMIN, "of: value_downwards, grades: [lower_limit, 3], from_baseline: null", "labs.albumin", (None, 3), None, False),
    ],
)
def test_rows_of_grades_that_are_taken(
    pattern: str,
    replacement: str,
    lab: str,
    grades: tuple[float | None, ...],
    from_baseline: tuple[float, ...] | None,
    includes_first: bool,
    tmp_path: Path,
) -> None:
    """Two grades are enough, of which one may begin at the lab's own limit; grade 1 from baseline begins at or above its number."""
    text, count = re.subn(pattern, replacement, (LIVER / "scales.yaml").read_text(encoding="utf-8"), count=1)
    assert count == 1
    path = tmp_path / "scales.yaml"
    path.write_text(text, encoding="utf-8")
    scale = load_scales(path).grades[lab]
    assert (scale.grades, scale.from_baseline, scale.includes_first) == (grades, from_baseline, includes_first)


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r"^dimensions:$", "dimension:", "'dimension' is not a key here. Did you mean 'dimensions'?"),
        (r"id: size, facts: \[liver\.largest_cm\]", "id: size", "the key 'facts' is missing"),
        (r"id: size, facts: \[liver\.largest_cm\]", "id: size, facts: liver.largest_cm", "'facts' must be a list"),
        (r"id: size, facts: \[liver\.largest_cm\]", "id: size, facts: [1]", "'facts' must be a list of texts"),
        (r"liver\.largest_cm", "liver.largest", "'liver.largest' is not a fact. Did you mean 'liver.largest_cm'?"),
        (r"id: size,", "id: sise,", "'sise' is not"),
        (r"id: size,", "id: esophageal_studies,", "'esophageal_studies' is not"),
        (r"id: size,", "name: size,", "'name' is not a key here"),
        (r"id: size, facts: \[liver\.largest_cm\]", "id: size, facts: [liver.largest_cm], color: red", "'color' is not a key here"),
        (r"liver\.lesion_count", "liver.largest_cm", "'liver.largest_cm' already belongs to another dimension"),
        (r"function\.ecog", "labs.inr", "'labs.inr' already belongs to another dimension"),
        (
            r"^  - \{id: activity.*",
            "  - {id: number, facts: [function.ecog]}\n  - {id: activity, facts: []}",
            "the dimension 'number' stands twice",
        ),
        (r"^  - \{id: activity.*", "  - {id: number, facts: []}", "the dimension 'number' stands twice"),
        (r"^  - \{id: activity.*", "  - activity", "'key: value' lines were expected here"),
    ],
)
def test_mistakes_in_the_dimensions(pattern: str, replacement: str, said: str, tmp_path: Path) -> None:
    """One mistake in a copy: the message names the file, the line, and what is wrong."""
    message = refused("dimensions.yaml", pattern, replacement, tmp_path)
    assert re.match(r"liver/dimensions\.yaml, line \d+: ", message), message
    assert said in message


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_missing_dimension(dimension: str, tmp_path: Path) -> None:
    """Every column of the table has its facts, and how active the person is."""
    pattern = rf"^  - \{{?id: {dimension}\b(?s:.*?)(?=^  - |\Z)"
    assert refused("dimensions.yaml", pattern, "", tmp_path) == f"liver/dimensions.yaml: the dimension '{dimension}' is missing"


# --- What they hold ------------------------------------------------------------------------------------------------


def test_the_segments_are_those_of_the_facts() -> None:
    """Nine segments, each once, left and right as the facts count them."""
    segments = library().segments
    assert list(segments) == [segment for segment in SEGMENTS if segment != "unknown"]
    assert len(segments) == len({segment.words for segment in segments.values()}) == 9
    for segment_id, segment in segments.items():
        assert segment.id == segment_id
        assert ("left" in segment.words) == (segment_id in LEFT_LOBE)
        assert ("right" in segment.words) == (segment_id in RIGHT_LOBE)
        assert segment.in_words == f"Segment {segment_id}, {segment.words}"
    written = [one for segment in segments.values() for one in segment.also_written]
    assert len(written) == len(set(written))


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("6", "segment 6 (right back, lower part)"),
        ("1", "segment 1 (in the middle, at the back (the caudate lobe))"),
        ("unknown", "place not known"),
    ],
)
def test_places_in_words(segment: str, words: str) -> None:
    """A place as people read it."""
    assert library().segments.place_in_words(segment) == words


def test_every_scale_is_about_a_blood_test_and_cites() -> None:
    """No scale stands without its source, and none is about another fact."""
    content = library()
    assert all(content.vocabulary[lab].is_lab for lab in content.scales.grades)
    cites = (*content.scales.cites, *content.segments.cites)
    assert cites
    assert all(cite in content.references for cite in cites)
    assert content.scales.grades_cites
    assert content.scales.pattern.cites
    assert content.scales.recist.cites
    assert content.scales.slip.cites
