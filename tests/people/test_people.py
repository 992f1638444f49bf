"""Every composite person against the verdicts that a careful clinician would accept.

The expectations come from the medicine, not from the rules (README.md beside this file). A test that fails asks which of the two is right.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.options.matching import OptionMatch, match_option, matches_for
from wayline.reading import read

HERE = Path(__file__).parent
SHARED_CASES = Path(os.environ.get("WAYLINE_SHARED") or HERE.parents[2] / "shared") / "cases"
EXPECTATIONS = [path for path in (HERE / "expected_options.yaml", HERE / "expected_more.yaml") if path.exists()]
LETTERS = {"F": "fits", "D": "depends", "N": "does_not_fit"}
PEOPLE = sorted(path.stem for path in HERE.glob("*.yaml") if not path.name.startswith("expected"))


@cache
def expected() -> dict[str, dict[str, dict[str, Any]]]:
    """Person, option, what is expected: from both files."""
    return {person: options for path in EXPECTATIONS for person, options in read(path).items()}


@cache
def situation_of(person: str) -> Situation:
    return load_case(HERE / f"{person}.yaml", library().vocabulary)


@cache
def match_of(person: str, option: str) -> OptionMatch:
    return match_option(library().catalog[option], situation_of(person))


EACH = [pytest.param(person, option, id=f"{person}-{option}") for person, options in expected().items() for option in options]


@pytest.mark.parametrize(("person", "option"), EACH)
def test_the_verdict_is_one_that_a_clinician_would_accept(person: str, option: str) -> None:
    """Each option's verdict is among the accepted ones, a caution is shown where one must be, and what is missing is named."""
    wanted = expected()[person][option]
    match = match_of(person, option)
    accepted = [LETTERS[letter] for letter in wanted["verdict"]]
    why = f"because {[reason.text for reason in match.because]}, missing {[missing.fact for missing in match.missing]}"
    assert match.verdict in accepted, f"{option} for {person}: {match.verdict}, accepted {accepted}; {why}"
    if wanted.get("caution"):
        assert match.cautions, f"{option} for {person}: no caution is shown"
    if "missing" in wanted:
        named = {missing.fact for missing in match.missing}
        assert named & set(wanted["missing"]), (
            f"{option} for {person}: none of {wanted['missing']} is named as missing, but {sorted(named)}"
        )


@pytest.mark.parametrize("person", PEOPLE)
def test_every_person_has_expectations(person: str) -> None:
    """A person without an expected verdict proves nothing."""
    assert expected().get(person)


@pytest.mark.parametrize("person", list(expected()))
def test_every_expectation_is_well_formed(person: str) -> None:
    """Known person, known options, known letters, known facts, and no other key."""
    assert person in PEOPLE
    for option, wanted in expected()[person].items():
        assert option in library().catalog
        assert set(wanted) <= {"verdict", "caution", "missing"}
        assert wanted["verdict"]
        assert set(wanted["verdict"]) <= set(LETTERS)
        assert set(wanted.get("missing", ())) <= set(library().vocabulary)
        assert wanted.get("caution") in (None, True)


def test_nobody_stands_in_both_files() -> None:
    """One person's expectations stand in one file."""
    people = [person for path in EXPECTATIONS for person in read(path)]
    assert len(set(people)) == len(people)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_option_is_answered_with_reasons(person: str) -> None:
    """All options are there, each with its reasons or with what is missing."""
    matches = matches_for(situation_of(person), library().catalog)
    assert [match.option.id for match in matches.matches] == list(library().catalog)
    for match in matches.matches:
        assert match.because or match.missing, match.option.id


@pytest.mark.skipif(not SHARED_CASES.is_dir(), reason="the shared cases are not beside this checkout (WAYLINE_SHARED)")
def test_the_shared_cases_are_copied_unchanged() -> None:
    """Each shared file is here, byte for byte."""
    for path in sorted(SHARED_CASES.glob("*.yaml")):
        assert (HERE / path.name).read_bytes() == path.read_bytes(), path.name
