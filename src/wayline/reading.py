"""Reading YAML and JSON strictly, with the line of every key kept for error messages.

Plain YAML loaders surprise: `NO` becomes false, `02115` becomes 1101, a repeated key silently wins, and nine lines of
anchors can explode to gigabytes. This reader knows only mappings, lists, strings, numbers, true, false and null, refuses
anchors, aliases and tags, and bounds size, depth and count before it builds anything.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import yaml

LARGEST_FILE_BYTES = 1_000_000
DEEPEST_NESTING = 20
MOST_NODES = 60_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?")


class WaylineError(ValueError):
    """Something a person wrote that Wayline cannot take; the text says what, where and how to mend it.

    `message` is the text without file and line, for places that show the error beside what was typed.
    """

    def __init__(self, text: str, message: str | None = None) -> None:
        super().__init__(text)
        self.message = message or text


_KEY_AND_COLON = re.compile(r'("(?:[^"\\]|\\.)*")(\s+):')
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")


@dataclass(frozen=True)
class Place:
    """A line of a file, for people: `options/stent.md, line 12`."""

    file: str
    line: int

    def error(self, message: str) -> WaylineError:
        return WaylineError(f"{self.file}, line {self.line}: {message}", message)


class Block(dict[str, Any]):
    """A mapping that remembers where it and each of its keys stand, and each scalar's own spelling."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}
        self.spelling: dict[str, str] = {}

    def at(self, key: str) -> Place:
        return self.places.get(key, self.place)


class Rows(list[Any]):
    """A list that remembers where it and each of its items stand."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: list[Place] = []
        self.spelling: list[str] = []


def shortened(word: object) -> str:
    """What was written, short enough for a message."""
    text = "a list" if isinstance(word, Rows) else "a block" if isinstance(word, Block) else str(word)
    return text if len(text) <= 60 else f"{text[:60]}..."


def nearest(word: str, right_words: Iterable[str]) -> str:
    """` Did you mean 'x'?` for the nearest right word, or an empty string where none is near."""
    by_lower = {right.lower(): right for right in right_words}
    matches = difflib.get_close_matches(str(word)[:200].lower(), by_lower, n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[matches[0]]}'?" if matches else ""


def read_text(path: Path, name: str | None = None) -> str:
    """The file's text; a clear error when it is missing, too large or not UTF-8."""
    shown = name or str(path)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except IsADirectoryError:
        raise WaylineError(f"{shown}: this is a folder; a file is needed") from None
    except OSError as error:
        raise WaylineError(f"{shown}: cannot be read ({error.strerror})") from None
    if len(raw) > LARGEST_FILE_BYTES:
        raise WaylineError(f"{shown}: larger than {LARGEST_FILE_BYTES:,} bytes; nothing was read")
    return _decoded(raw, shown)


def read_standard_input(stream: BinaryIO) -> str:
    """Everything on standard input, bounded like a file."""
    name = "standard input"
    raw = stream.read(LARGEST_FILE_BYTES + 1)
    if len(raw) > LARGEST_FILE_BYTES:
        raise WaylineError(f"{name}: larger than {LARGEST_FILE_BYTES:,} bytes; nothing was read")
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WaylineError(f"{name}: not UTF-8 text (byte {error.start})") from None


def parse(text: str, name: str, first_line: int = 1) -> Any:
    """Parse YAML or JSON text into Block, Rows and plain scalars.

    `name` is the file's name for messages, `first_line` the number of the text's first line in that file.
    Dates stay strings: what a string means is decided by the fact that it belongs to.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise WaylineError(f"{name}: holds half of a letter (a lone surrogate), which is not text") from None
    if size > LARGEST_FILE_BYTES:
        raise WaylineError(f"{name}: larger than {LARGEST_FILE_BYTES:,} bytes; nothing was read")
    if text.lstrip()[:1] in ("{", "["):
        text = _checked_json(text, name)
    try:
        _refuse_tricks(text, name, first_line)
        root = yaml.compose(text, Loader=_Loader)
        return None if root is None else _build(root, name, first_line)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + first_line
        if "nesting depth" in str(error.problem):  # newer parsers have a bound of their own, far above ours
            raise WaylineError(f"{name}, line {line}: nested deeper than {DEEPEST_NESTING} levels") from None
        raise WaylineError(f"{name}, line {line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise WaylineError(f"{name}: not valid YAML: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise WaylineError(f"{name}: nested deeper than {DEEPEST_NESTING} levels") from None


def read(path: Path, name: str | None = None) -> Any:
    """Read one YAML or JSON file strictly."""
    return parse(read_text(path, name), name or str(path))


def read_front_matter(path: Path, name: str | None = None) -> tuple[Block, str, int]:
    """Split a Markdown file into its front matter, its body, and the line on which the body starts."""
    shown = name or str(path)
    text = read_text(path, shown).replace("\r\n", "\n")
    match = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    if match is None:
        raise WaylineError(f"{shown}, line 1: the file must start with front matter between two '---' lines")
    front = parse(match[1], shown, first_line=2)
    if not isinstance(front, Block):
        raise WaylineError(f"{shown}, line 2: the front matter must be 'key: value' lines")
    return front, text[match.end() :], match[0].count("\n") + 1


def require_keys(block: Any, required: Iterable[str], place: Place, optional: Iterable[str] = ()) -> Block:
    """Check that a block has every required key and no other than the optional ones."""
    if not isinstance(block, Block):
        raise place.error("'key: value' lines were expected here")
    required, optional = tuple(required), tuple(optional)
    for key in block:
        if key not in required and key not in optional:
            raise block.at(key).error(f"'{shortened(key)}' is not a key here.{nearest(key, required + optional)}")
    for key in required:
        if key not in block:
            raise block.place.error(f"the key '{key}' is missing")
    return block


def text_at(block: Block, key: str) -> str:
    """A non-empty string."""
    value = block[key]
    if not isinstance(value, str) or not value.strip():
        raise block.at(key).error(f"'{key}' must be a text")
    return value.strip()


def texts_at(block: Block, key: str) -> list[str]:
    """A list of non-empty strings; may be empty."""
    rows = rows_at(block, key)
    for value, place in zip(rows, rows.places, strict=True):
        if not isinstance(value, str) or not value.strip():
            raise place.error(f"'{key}' must be a list of texts")
    return [value.strip() for value in rows]


def rows_at(block: Block, key: str) -> Rows:
    """A list."""
    rows = block[key]
    if not isinstance(rows, Rows):
        raise block.at(key).error(f"'{key}' must be a list")
    return rows


def number_at(block: Block, key: str) -> float:
    value = block[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise block.at(key).error(f"'{key}' must be a number")
    return float(value)


def flag_at(block: Block, key: str) -> bool:
    if not isinstance(block[key], bool):
        raise block.at(key).error(f"'{key}' must be true or false")
    return bool(block[key])


def _checked_json(text: str, name: str) -> str:
    """Let the JSON parser judge JSON, then hand it to the YAML reader for its line numbers."""

    def refuse(word: str) -> None:
        raise WaylineError(f"{name}: {word} is not a number that JSON allows")

    try:
        json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        # YAML's own flow style also starts with a brace; only text that looks quoted is meant as JSON.
        if re.match(r'\s*[{\[]\s*"', text):
            raise WaylineError(f"{name}, line {error.lineno}: not valid JSON: {error.msg}") from None
        return text
    except (RecursionError, ValueError) as error:
        if isinstance(error, WaylineError):
            raise
        raise WaylineError(f"{name}: not valid JSON, or nested deeper than {DEEPEST_NESTING} levels") from None
    text = text.replace("\t", " ")  # valid JSON holds no tab inside a string, and YAML refuses tabs between tokens
    text = _KEY_AND_COLON.sub(r"\1:\2", text)  # YAML wants the colon on the key's own line
    return _ESCAPE.sub(lambda match: _whole_letter(match[0], name), text)


def _whole_letter(escape: str, name: str) -> str:
    """JSON writes letters beyond the basic plane as two halves, which YAML does not join."""
    if escape[1] != "u" or escape[2] not in "dD" or escape[3] not in "89abcdefABCDEF":
        return escape
    try:
        return str(json.loads(f'"{escape}"').encode("utf-16", "surrogatepass").decode("utf-16"))
    except UnicodeDecodeError:
        raise WaylineError(f"{name}: holds half of a letter (a lone surrogate), which is not text") from None


def _refuse_tricks(text: str, name: str, first_line: int) -> None:
    depth = count = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = (event.start_mark.line if event.start_mark else 0) + first_line
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise WaylineError(f"{name}, line {line}: YAML anchors and aliases ('&', '*') are not taken; write the value out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise WaylineError(f"{name}, line {line}: YAML tags ('!') are not taken")
        if isinstance(event, yaml.NodeEvent):
            count += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST_NESTING:
            raise WaylineError(f"{name}, line {line}: nested deeper than {DEEPEST_NESTING} levels")
        if count > MOST_NODES:
            raise WaylineError(f"{name}, line {line}: more than {MOST_NODES:,} values")


def _build(node: yaml.Node, name: str, first_line: int) -> Any:
    place = Place(name, node.start_mark.line + first_line)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        rows = Rows(place)
        for child in node.value:
            rows.append(_build(child, name, first_line))
            rows.places.append(Place(name, child.start_mark.line + first_line))
            rows.spelling.append(child.value if isinstance(child, yaml.ScalarNode) else "")
        return rows
    block = Block(place)
    for key_node, child in node.value:
        key_place = Place(name, key_node.start_mark.line + first_line)
        if not isinstance(key_node, yaml.ScalarNode):
            raise key_place.error("a key must be a plain word")
        key = key_node.value
        if key in block:
            raise key_place.error(f"'{key}' stands here twice (first on line {block.at(key).line})")
        block[key] = _build(child, name, first_line)
        block.places[key] = key_place
        block.spelling[key] = child.value if isinstance(child, yaml.ScalarNode) else ""
    return block


def _scalar(node: yaml.ScalarNode) -> Any:
    text = node.value
    if node.style:  # quoted or folded: a string, whatever it looks like
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return float(text)
    return text
