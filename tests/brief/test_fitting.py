"""How the fullest sheet that fits is found, and how good the guess is where no page can be made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brief.situations import CASES, DIARY, QUESTIONS
from wayline.brief.fitting import fits_two_pages, fullest
from wayline.brief.parts import Item, Listed, Section, Sheet
from wayline.brief.pdf import fits_by_pages
from wayline.brief.sheet import SIZES, Choices, make_sheet
from wayline.facts.case import load_case
from wayline.library import Library


@given(st.integers(1, 120), st.integers(0, 130), st.integers(0, 119))
def test_the_first_place_that_fits_is_found(count: int, first: int, guess: int) -> None:
    """Wherever the guess stands; the last where none fits."""
    asked: list[int] = []

    def fits_at(place: int) -> bool:
        asked.append(place)
        return place >= first

    assert fullest(count, fits_at, guess) == min(first, count - 1)
    assert len(asked) == len(set(asked))


def test_a_good_guess_asks_little() -> None:
    """A page that is made costs time."""
    for guess in range(38, 43):
        asked: list[int] = []
        fullest(90, lambda place, asked=asked: bool(asked.append(place)) or place >= 40, guess)
        assert len(asked) <= 5


@pytest.mark.parametrize("size", SIZES)
def test_the_guess_keeps_to_two_real_pages(content: Library, size: int) -> None:
    """What is guessed to fit does fit, for every named person."""
    for path in CASES[::3]:
        situation = load_case(path, content.vocabulary)
        sheet = make_sheet(situation, content, questions=QUESTIONS, diary=DIARY, choices=Choices(size=size))
        assert fits_two_pages(sheet)
        assert fits_by_pages(sheet), path


@pytest.mark.parametrize("size", SIZES)
def test_the_guess_knows_a_full_page(content: Library, size: int) -> None:
    """A sheet of three pages is not taken for one of two."""
    sheet = make_sheet(load_case(CASES[0], content.vocabulary), content, choices=Choices(size=size))
    full = _filled(sheet, 120)
    assert not fits_by_pages(full)
    assert not fits_two_pages(full)


def _filled(sheet: Sheet, lines: int) -> Sheet:
    listed = Listed(tuple(Item(f"Line {number} of a list") for number in range(lines)))
    return replace(sheet, sections=(*sheet.sections, Section("more", "More", (listed,))))
