"""Building readings: what is joined, what falls away, and how a reading is written."""

from __future__ import annotations

import itertools

import pytest

from tests.helpers import condition_of, situation_of
from wayline.trials.expressions import (
    EVERYBODY,
    NOBODY,
    All,
    AnyOf,
    Literal,
    Opposite,
    Reading,
    Unread,
    agreed,
    all_of,
    any_of,
    as_expression,
    from_text,
    is_fully_unread,
    opposite,
    unread_words,
)

LUNG, BONE, LIVER = Literal("metastases.lung"), Literal("metastases.bone"), Literal("metastases.liver")
GLORP, FROB = Unread("glorp"), Unread("frob")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (all_of(LUNG, BONE), All((LUNG, BONE))),
        (all_of(LUNG), LUNG),
        (all_of(LUNG, LUNG), LUNG),
        (all_of(LUNG, EVERYBODY), LUNG),
        (all_of(LUNG, NOBODY), NOBODY),
        (all_of(), EVERYBODY),
        (all_of(all_of(LUNG, BONE), LIVER), All((LUNG, BONE, LIVER))),
        (all_of(any_of(LUNG, BONE), LIVER), All((AnyOf((LUNG, BONE)), LIVER))),
        (any_of(LUNG, BONE), AnyOf((LUNG, BONE))),
        (any_of(LUNG), LUNG),
        (any_of(LUNG, LUNG), LUNG),
        (any_of(LUNG, NOBODY), LUNG),
        (any_of(LUNG, EVERYBODY), EVERYBODY),
        (any_of(), NOBODY),
        (any_of(any_of(LUNG, BONE), LIVER), AnyOf((LUNG, BONE, LIVER))),
        (opposite(LUNG), Opposite(LUNG)),
        (opposite(opposite(LUNG)), LUNG),
        (opposite(EVERYBODY), NOBODY),
        (opposite(NOBODY), EVERYBODY),
        (opposite(GLORP), GLORP),  # what was not understood is as open when denied
        (agreed([LUNG], "x"), LUNG),
        (agreed([LUNG, LUNG], "x"), LUNG),
    ],
)
def test_readings_are_built_without_what_adds_nothing(made: Reading, expected: Reading) -> None:
    """Repetitions, and parts that everybody or nobody meets, fall away."""
    assert made == expected


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (LUNG, "metastases.lung"),
        (all_of(LUNG, BONE), "metastases.lung and metastases.bone"),
        (any_of(LUNG, BONE), "metastases.lung or metastases.bone"),
        (all_of(any_of(LUNG, BONE), LIVER), "(metastases.lung or metastases.bone) and metastases.liver"),
        (any_of(all_of(LUNG, BONE), LIVER), "metastases.lung and metastases.bone or metastases.liver"),
        (opposite(LUNG), "not metastases.lung"),
        (opposite(all_of(LUNG, BONE)), "not (metastases.lung and metastases.bone)"),
        (opposite(any_of(LUNG, BONE)), "not (metastases.lung or metastases.bone)"),
        (all_of(opposite(any_of(LUNG, BONE)), LIVER), "not (metastases.lung or metastases.bone) and metastases.liver"),
        (GLORP, "unread(0)"),
        (all_of(LUNG, FROB, any_of(BONE, GLORP)), "metastases.lung and unread(0) and (metastases.bone or unread(1))"),
        (any_of(all_of(LUNG, GLORP), all_of(BONE, GLORP)), "metastases.lung and unread(0) or metastases.bone and unread(0)"),
    ],
)
def test_a_reading_is_written_with_the_brackets_it_needs(reading: Reading, text: str) -> None:
    """`and` binds closer than `or`, `not` closest; the same unread words have one number."""
    assert as_expression(reading) == text


def test_unread_words_stand_once_in_their_order() -> None:
    """Their places are what `unread(n)` points to."""
    reading = all_of(FROB, any_of(opposite(all_of(LUNG, GLORP)), FROB))
    assert unread_words(reading) == ("frob", "glorp")


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (GLORP, True),
        (LUNG, False),
        (All((GLORP, FROB)), True),
        (All((GLORP, LUNG)), False),
        (AnyOf((GLORP, FROB)), True),
        (AnyOf((GLORP, LUNG)), False),
        (Opposite(All((GLORP, FROB))), True),
        (Opposite(LUNG), False),
    ],
)
def test_a_reading_is_fully_unread_when_no_part_was_understood(reading: Reading, expected: bool) -> None:
    """One understood part is enough to make it a reading."""
    assert is_fully_unread(reading) is expected


_TRUTHS = {True: "yes", False: "no", None: "unknown"}


def _truth(reading: Reading, lung: bool | None, bone: bool | None) -> str:
    facts = {"metastases.lung": lung, "metastases.bone": bone}
    return condition_of(as_expression(reading)).truth(situation_of(facts)).value


@pytest.mark.parametrize(("lung", "bone"), list(itertools.product((True, False, None), repeat=2)))
def test_what_two_ways_of_joining_agree_on(lung: bool | None, bone: bool | None) -> None:
    """Where all and any have the same answer that is the answer; where they differ it is open."""
    all_way, any_way = _truth(all_of(LUNG, BONE), lung, bone), _truth(any_of(LUNG, BONE), lung, bone)
    expected = all_way if all_way == any_way else "unknown"
    assert _truth(agreed([LUNG, BONE], "doubtful"), lung, bone) == expected


@pytest.mark.parametrize("lung", [True, False, None])
def test_unread_words_leave_open_only_what_hangs_on_them(lung: bool | None) -> None:
    """Unread is UNKNOWN of everybody: beside an `and` a NO stands, beside an `or` a YES."""
    assert _truth(all_of(LUNG, GLORP), lung, None) == ("no" if lung is False else "unknown")
    assert _truth(any_of(LUNG, GLORP), lung, None) == ("yes" if lung is True else "unknown")
    assert _truth(opposite(all_of(LUNG, GLORP)), lung, None) == ("yes" if lung is False else "unknown")


def test_everybody_and_nobody_are_what_they_say() -> None:
    """Of a person of whom nothing is told."""
    assert (_truth(EVERYBODY, None, None), _truth(NOBODY, None, None)) == ("yes", "no")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metastases.lung", LUNG),
        ("metastases.lung and metastases.bone", All((LUNG, BONE))),
        ("metastases.lung or unread", AnyOf((LUNG, Unread("words")))),
        ("not metastases.lung", Opposite(LUNG)),
        ("everyone and metastases.bone", BONE),
        ("diagnosis.histology == 'squamous'", Literal('diagnosis.histology == "squamous"')),
        ('had("cisplatin", within_days=28)', Literal('had("cisplatin", within_days=28)')),
    ],
)
def test_a_line_of_the_word_lists_is_a_reading(text: str, expected: Reading) -> None:
    """The criteria language, with `unread` for the phrase itself and the names that the lists share."""
    assert from_text(text, {"everyone": EVERYBODY}, "words") == expected
