"""Reading the documentation: its pages, links, headings, code blocks and the code names that it mentions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.helpers import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = sorted([*CHECKOUT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(r"^```(?P<language>[a-z]*) ?(?P<note>[a-z ]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:src|tests|content|docs|bench)/[A-Za-z0-9_./-]*")


@dataclass(frozen=True)
class Block:
    """One fenced code block."""

    page: Path
    line: int
    language: str
    note: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.page.relative_to(CHECKOUT)}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page, in order; of these languages only, where any are named."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(page, text[: match.start()].count("\n") + 1, match["language"], match["note"].strip(), match["text"])
        for match in _FENCE.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def inside_links(page: Path) -> list[str]:
    """Links to other files or headings of the project."""
    return [target for target in _LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings give."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_words(page: Path) -> Iterator[str]:
    """Everything in backticks, outside code blocks."""
    yield from _IN_BACKTICKS.findall(prose(page))


def paths_named(page: Path) -> Iterator[str]:
    """Every path of the project that stands in backticks, without `::Name` and without placeholders."""
    for word in code_words(page):
        if "<" not in word and "*" not in word:
            match = _PATH.fullmatch(word.partition("::")[0])
            if match is not None:
                yield match[0]


def names_in_code(page: Path) -> Iterator[tuple[str, str]]:
    """Every (path, name) written as `src/wayline/logic/nodes.py::Had`; a method stands behind a dot."""
    for word in code_words(page):
        path, separator, name = word.partition("::")
        if separator:
            yield path, name


@cache
def defined_in(path: Path) -> frozenset[str]:
    """The names that a Python file defines: at its top, and in its classes behind the class's name."""
    return frozenset(_defined(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def _defined(body: list[ast.stmt], owner: str) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name):
                yield f"{owner}{name}"
            case ast.ClassDef(name=name, body=inner):
                yield f"{owner}{name}"
                yield from _defined(inner, f"{owner}{name}.")
            case ast.Assign(targets=targets):
                for target in targets:
                    for node in ast.walk(target):
                        if isinstance(node, ast.Name):
                            yield f"{owner}{node.id}"
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield f"{owner}{name}"
