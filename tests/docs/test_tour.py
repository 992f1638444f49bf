"""Every path, name and link in the documentation exists; records are numbered in order; made pages are fresh."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.docs.reading_docs import DOCS, PAGES, anchors, code_words, defined_in, inside_links, names_in_code, paths_named, prose
from tests.helpers import CHECKOUT
from wayline.library import Library

TOUR = DOCS / "TOUR.md"
RECORDS = sorted((DOCS / "adr").glob("*.md"))
RECORD_PARTS = ["Status", "Context", "Decision", "Consequences"]

each_page = pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(CHECKOUT))) for page in PAGES])
each_record = pytest.mark.parametrize("record", [pytest.param(record, id=record.name) for record in RECORDS])


@each_page
def test_every_path_exists(page: Path) -> None:
    """A file or folder named in backticks is there."""
    assert [path for path in paths_named(page) if not (CHECKOUT / path).exists()] == []


@each_page
def test_every_name_exists_in_its_file(page: Path) -> None:
    """`src/wayline/logic/nodes.py::Had` is a class, function or constant of that file."""
    named = {(CHECKOUT / path, name) for path, name in names_in_code(page)}
    missing = [f"{path}::{name}" for path, name in sorted(named) if not path.is_file() or name not in defined_in(path)]
    assert missing == []


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to another page of the project resolves, with its heading."""
    broken = []
    for target in inside_links(page):
        path, _, heading = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (heading and heading not in anchors(linked)):
            broken.append(target)
    assert broken == []


@each_page
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    """Paths are the project's own; what lies elsewhere is named by its variable."""
    assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users)/[\w./-]*", page.read_text(encoding="utf-8")) == []


def test_the_tour_has_its_stops_in_order() -> None:
    """Twelve to twenty-four stops, numbered from 1, each with a name in the code."""
    stops = re.split(r"^## (\d+)\. .+$", prose(TOUR), flags=re.MULTILINE)
    numbers, texts = [int(number) for number in stops[1::2]], stops[2::2]
    assert numbers == list(range(1, len(numbers) + 1))
    assert 12 <= len(numbers) <= 24
    assert [number for number, text in zip(numbers, texts, strict=True) if "::" not in text] == []


def test_records_are_numbered_in_order() -> None:
    """0001, 0002, ... with no number twice and none left out."""
    assert [record.name[:4] for record in RECORDS] == [f"{number:04}" for number in range(1, len(RECORDS) + 1)]


@each_record
def test_each_record_has_its_parts(record: Path) -> None:
    """The heading carries the file's number, a date follows, and the four parts stand in order."""
    text = record.read_text(encoding="utf-8")
    assert re.match(rf"# {record.name[:4]}\. \S.*\n\nDate: 20\d\d-\d\d-\d\d\n", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == RECORD_PARTS


def test_the_facts_page_is_fresh(content: Library) -> None:
    """docs/reference/facts.md is what the generator makes of the vocabulary today."""
    made = runpy.run_path(str(DOCS / "reference" / "generate_facts.py"))["facts_page"](content.vocabulary)
    assert (DOCS / "reference" / "facts.md").read_text(encoding="utf-8") == made, (
        "run: python docs/reference/generate_facts.py > docs/reference/facts.md"
    )


def test_the_facts_page_names_every_fact(content: Library) -> None:
    """No fact is missing on its page."""
    words = set(code_words(DOCS / "reference" / "facts.md"))
    assert [fact_id for fact_id in content.vocabulary if fact_id not in words] == []


def test_the_readme_names_every_environment_variable() -> None:
    """What the code, the tests and the Makefile read from the environment stands in the README."""
    files = [CHECKOUT / "Makefile", *(CHECKOUT / "src").rglob("*.py"), *(CHECKOUT / "tests").rglob("*.py")]
    read = {name for file in files for name in re.findall(r"\bWAYLINE_[A-Z_]+\b", file.read_text(encoding="utf-8"))}
    assert sorted(read - set(code_words(CHECKOUT / "README.md"))) == []
