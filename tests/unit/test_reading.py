"""Strict reading: nothing explodes, nothing surprises, and every refusal is a clear text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wayline.facts.case import load_case
from wayline.library import library
from wayline.reading import (
    DEEPEST_NESTING,
    LARGEST_FILE_BYTES,
    MOST_NODES,
    Block,
    Place,
    Rows,
    WaylineError,
    nearest,
    parse,
    read,
    read_front_matter,
    require_keys,
)

LAUGHS = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return "a: " + opening * depth + closing * depth


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "anchors and aliases"),
        ("a: &a 1\nb: 2", "anchors and aliases"),
        ("a: *b", "anchor|alias"),
        ("a: &a [*a]", "anchors and aliases"),
        ("base: &base {x: 1}\nmore:\n  <<: *base", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [true]", "tags"),
        ("a: !!str 1", "tags"),
        ("a: !!binary aGk=", "tags"),
        ("!!map {a: 1}", "tags"),
        ("a: !secret x", "tags"),
        ("a: !<tag:yaml.org,2002:int> 1", "tags"),
        (nested(DEEPEST_NESTING), "nested deeper"),
        (nested(100_000), "nested deeper"),
        (nested(100_000, "{a: ", "}"), "nested deeper|YAML"),
        ("[" * 400_000, "nested deeper|JSON|YAML"),
        ("{" * 400_000, "nested deeper|JSON|YAML"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "nested deeper"),
        ("- " * 100_000, "nested deeper"),
        ("? " * 10_000, "nested deeper|YAML|key"),
        ("[" + "1," * (MOST_NODES + 5) + "1]", "more than"),
        ("- 1\n" * (MOST_NODES + 5), "more than"),
        ("x: " + "y" * LARGEST_FILE_BYTES, "larger than"),
        ("a: 1\n---\nb: 2", "YAML"),
        ("a: 1\n...\n---\nb: 2", "YAML"),
        ("a: [1, 2", "YAML"),
        ("a: 'x", "YAML"),
        ("a: b: c", "YAML"),
        ("\ta: 1", "YAML"),
        ("a: 1\n b: 2", "YAML"),
        ("a: \x00", "YAML"),
        ("a: \x07", "YAML"),
        ("a: @b", "YAML"),
        ("%YAML 3.0\n---\na: 1", "YAML"),
        ("? [a, b]\n: 1", "plain word"),
        ("{[a]: 1}", "plain word"),
        ("a: 1\na: 2", "twice"),
        ("a: 1\n'a': 2", "twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": Infinity}', "Infinity"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": [1, NaN]}', "NaN"),
        ('{"a": 1, "a": 1}', "twice"),
        ('{"a": 1 "b": 2}', "JSON"),
        ('{"a": "\\x"}', "JSON"),
    ],
    ids=lambda value: value[:20],
)
def test_tricks_and_mistakes_are_refused(text: str, said: str) -> None:
    """Each is refused with the file's name and a reason; nothing is built first."""
    with pytest.raises(WaylineError) as error:
        parse(text, "case.yaml")
    message = str(error.value)
    assert message.startswith("case.yaml")
    assert re.search(said, message)
    assert len(message) < 400


def test_nesting_up_to_the_limit_is_taken() -> None:
    """The limit is a limit, not a habit."""
    assert parse(nested(DEEPEST_NESTING - 1), "case.yaml")


@pytest.mark.parametrize("size", [LARGEST_FILE_BYTES + 1, 10_000_000])
@pytest.mark.parametrize("line", [b"a: 1\n", b"# nothing\n", b"\n", b"[", b"\xff"])
def test_a_large_file_is_not_read(size: int, line: bytes, tmp_path: Path) -> None:
    """Ten megabytes of anything: refused by size before any of it is understood."""
    path = tmp_path / "large.yaml"
    path.write_bytes((line * (size // len(line) + 1))[:size])
    with pytest.raises(WaylineError, match="larger than 1,000,000 bytes"):
        read(path)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    """A file of exactly the limit is taken."""
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: 1 #".ljust(LARGEST_FILE_BYTES, b"x"))
    assert read(path) == {"a": 1}


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    """The message says which path and what is wrong with it."""
    with pytest.raises(WaylineError, match=r"nowhere\.yaml: cannot be read \(No such file or directory\)"):
        read(tmp_path / "nowhere.yaml")
    with pytest.raises(WaylineError, match="this is a folder"):
        read(tmp_path)
    with pytest.raises(WaylineError, match="cannot be read"):
        read(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "null", "~"])
def test_an_empty_file_holds_nothing(text: str, tmp_path: Path) -> None:
    """Nothing is None to the reader and a clear error to a case."""
    path = tmp_path / "empty.yaml"
    path.write_text(text, encoding="utf-8")
    assert read(path) is None
    with pytest.raises(WaylineError, match=r"empty\.yaml, line 1"):
        load_case(path, library().vocabulary)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("0", 0),
        ("-1", -1),
        ("+1", 1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        ("0.5", 0.5),
        ("0.0033333333333333335", 1 / 300),
        ("true", True),
        ("True", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("02115", "02115"),
        ("00.5", "00.5"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        ("4b", "4b"),
        ('"1"', "1"),
        ("'true'", "true"),
        ('"null"', "null"),
        ('""', ""),
        ('"caf\\u00e9"', "café"),
        ("1" * 19, "1" * 19),
        ("9" * 5000, "9" * 5000),
    ],
    ids=lambda value: str(value)[:24],
)
def test_scalars_mean_what_they_look_like(written: str, value: object) -> None:
    """Only plain numbers, true, false and null are more than text; YAML's other surprises are not taken."""
    result = parse(f"a: {written}", "case.yaml")["a"]
    assert result == value
    assert type(result) is type(value)


def test_merge_keys_have_no_meaning() -> None:
    """`<<` is a key like any other, so it cannot bring in keys that nobody sees."""
    assert parse("a:\n  <<: {x: 1}\n  y: 2", "case.yaml") == {"a": {"<<": {"x": 1}, "y": 2}}


def test_places_are_kept() -> None:
    """Every key and item knows its line, counted from the line on which the text starts."""
    root = parse("# first\na: 1\nb:\n  - x\n  - y: 2\n    z: 02115\n", "case.yaml", first_line=10)
    assert isinstance(root, Block)
    assert isinstance(root["b"], Rows)
    assert root.at("a") == Place("case.yaml", 11)
    assert root["b"].places == [Place("case.yaml", 13), Place("case.yaml", 14)]
    assert root["b"][1].at("z") == Place("case.yaml", 15)
    assert root["b"][1].spelling["z"] == "02115"
    assert str(root["b"][1].at("z").error("wrong")) == "case.yaml, line 15: wrong"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("bilirubn", " Did you mean 'bilirubin'?"),
        ("BILIRUBIN", " Did you mean 'bilirubin'?"),
        ("zzz", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
    ids=["slip", "capitals", "far", "empty", "long"],
)
def test_the_nearest_right_word(word: str, hint: str) -> None:
    """A hint only where a word is near."""
    assert nearest(word, ["albumin", "bilirubin"]) == hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nc: 3", "'b'"),
        ("a: 1\nb: 2\nx: 3", "'x'"),
        ("a: 1\nb: 2\nd: 3\ndd: 4", "'dd'"),
        ("[1]", "key: value"),
        ("5", "key: value"),
    ],
)
def test_required_keys(text: str, said: str) -> None:
    """Each required key must be there, and none but the optional ones beside."""
    with pytest.raises(WaylineError) as error:
        require_keys(parse(text, "case.yaml"), ("a", "b"), Place("case.yaml", 1), optional=("c", "d"))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"id: x\n", "front matter"),
        (b"", "front matter"),
        (b"---\nid: x\n", "front matter"),
        (b"---\n- x\n---\nbody", "'key: value'"),
        (b"---\nid: [x\n---\nbody", "YAML"),
        (b"\xff", "UTF-8"),
    ],
)
def test_front_matter_mistakes(raw: bytes, said: str, tmp_path: Path) -> None:
    """A page starts with front matter between two lines of three hyphens."""
    path = tmp_path / "page.md"
    path.write_bytes(raw)
    with pytest.raises(WaylineError, match=said):
        read_front_matter(path)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_front_matter_and_body(line_end: str, tmp_path: Path) -> None:
    """The body keeps its own `---`, and its first line's number is known."""
    path = tmp_path / "page.md"
    path.write_bytes(line_end.join(["---", "id: x", "---", "", "## Body", "---", "more"]).encode())
    front, body, line = read_front_matter(path)
    assert front == {"id": "x"}
    assert front.at("id").line == 2
    assert body == "\n## Body\n---\nmore"
    assert line == 4
