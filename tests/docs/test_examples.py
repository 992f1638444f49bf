"""Every example in the documentation runs, and gives what the page says it gives."""

from __future__ import annotations

import doctest
import io
import re
import shlex
import shutil
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.reading_docs import DOCS, PAGES, Block, blocks
from tests.helpers import CHECKOUT, condition_of
from wayline.checking import check_report
from wayline.cli import main
from wayline.facts.case import parse_case
from wayline.library import Library, library, load_library
from wayline.options.catalog import KINDS
from wayline.reading import WaylineError, parse
from wayline.report import facts_text

CASE_FILES = DOCS / "reference" / "case-files.md"
HOW_TO = DOCS / "how-to"


def ids(block: Block) -> str:
    return block.id


def followed_by_text(page: Path) -> dict[int, str]:
    """What a `text` block says, by the line of the example right before it."""
    found = blocks(page)
    return {before.line: after.text for before, after in pairwise(found) if after.language == "text"}


@pytest.mark.parametrize("example", [block for block in blocks(CASE_FILES, "yaml", "json") if block.note != "wrong"], ids=ids)
def test_a_case_example_is_read(example: Block, content: Library) -> None:
    """The example is a case, and what is shown below it is how `wayline facts` shows it."""
    shown = facts_text(parse_case(parse(example.text, "case.yaml"), content.vocabulary, "case.yaml")).splitlines()
    for line in followed_by_text(CASE_FILES).get(example.line, "").splitlines():
        assert line in shown


@pytest.mark.parametrize("example", [block for block in blocks(CASE_FILES, "yaml") if block.note == "wrong"], ids=ids)
def test_a_wrong_case_example_is_refused(example: Block, content: Library) -> None:
    """The example is refused with the message below it."""
    with pytest.raises(WaylineError) as error:
        parse_case(parse(example.text, "case.yaml"), content.vocabulary, "case.yaml")
    assert str(error.value) == followed_by_text(CASE_FILES)[example.line].strip()


def test_every_form_of_a_case_file_has_an_example() -> None:
    """No value form goes without an example that runs."""
    text = "\n".join(block.text for block in blocks(CASE_FILES, "yaml"))
    forms = ("value", "date", "source", "unit", "at_least", "at_most", "above", "below", "times_uln", "one_of", "items", "complete")
    assert [form for form in forms if f"{form}:" not in text] == []


@pytest.mark.parametrize("example", [block for page in PAGES for block in blocks(page, "console")], ids=ids)
def test_a_console_example_prints_what_the_page_shows(
    example: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each `$ wayline ...` is run in the checkout; `...` stands for anything."""
    monkeypatch.chdir(CHECKOUT)
    status = 0
    for part in re.split(r"^\$ ", example.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if command == "echo $?":
            printed = f"{status}\n"
        else:
            words = shlex.split(command)
            assert words[0] == "wayline"
            if "<" in words:
                typed = io.BytesIO(Path(words[words.index("<") + 1]).read_bytes())
                monkeypatch.setattr("sys.stdin", io.TextIOWrapper(typed, encoding="utf-8"))
                words = words[: words.index("<")]
            status = main(words[1:])
            output = capsys.readouterr()
            printed = output.out + output.err
        assert doctest.OutputChecker().check_output(expected, printed, doctest.ELLIPSIS), f"$ {command}\n{printed}"


# --- The how-to pages, carried out in a copy of the content -----------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the content that may be changed."""
    return Path(shutil.copytree(library().folder, tmp_path / "content"))


def only_block(page: str, language: str) -> str:
    (block,) = blocks(HOW_TO / page, language)
    return block.text


def problems_of(folder: Path) -> tuple[str, ...]:
    """What the editor's check says of a folder of content, on a day when no review is due."""
    return _problems_in(load_library(folder))


@cache
def shipped_problems() -> tuple[str, ...]:
    """The same of the content that ships, read once: it does not change while the tests run."""
    return _problems_in(library())


def _problems_in(content: Library) -> tuple[str, ...]:
    return check_report(content, max(option.reviewed for option in content.catalog.values())).problems


def test_the_option_of_the_how_to_can_be_added(folder: Path) -> None:
    """The example option loads; all that the editor's check misses is its body."""
    (folder / "options" / "example_treatment.md").write_text(only_block("add-an-option.md", "markdown"), encoding="utf-8")
    assert "example_treatment" in load_library(folder).catalog
    new = [problem for problem in problems_of(folder) if problem not in shipped_problems()]
    assert new
    assert [problem for problem in new if "example_treatment: '" not in problem] == []


def test_the_kinds_of_the_how_to_are_all_kinds() -> None:
    """The page on adding an option names every kind."""
    text = (HOW_TO / "add-an-option.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if kind not in text] == []


def test_the_fact_of_the_how_to_can_be_added(folder: Path) -> None:
    """The example fact loads, can be told and can be used in a rule."""
    group = folder / "vocabulary" / "facts" / "condition.yaml"
    group.write_text(group.read_text(encoding="utf-8") + only_block("add-a-fact.md", "yaml"), encoding="utf-8")
    vocabulary = load_library(folder).vocabulary
    assert vocabulary["condition.example_implant"].kind == "yes_no"
    case = parse("as_of: 2026-11-23\nfacts: {condition.example_implant: true}", "case.yaml")
    assert parse_case(case, vocabulary).value("condition.example_implant") is True
    assert problems_of(folder) == shipped_problems()


def test_the_drug_of_the_how_to_can_be_added(folder: Path) -> None:
    """The example drug is found by each of its names and belongs to its classes."""
    path = folder / "vocabulary" / "drugs.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\ncombinations:\n", f"\n{only_block('add-a-drug.md', 'yaml')}\ncombinations:\n", 1), encoding="utf-8")
    drugs = load_library(folder).vocabulary.drugs
    assert drugs.find("Examplebrand") == drugs.find("EX-101") == ("examplumab",)
    assert "examplumab" in (drugs.members("pd1_pdl1") or ())
    assert "examplumab" in (drugs.members("systemic_therapy") or ())
    assert problems_of(folder) == shipped_problems()


def test_the_rules_of_the_how_to_are_expressions() -> None:
    """Every expression on the page on changing a rule can be read."""
    for line in only_block("change-a-rule.md", "python").splitlines():
        condition_of(line)
