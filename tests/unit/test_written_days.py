"""Days as people in the United States write them: the month first, and nothing guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayline.facts.values import DateRange
from wayline.facts.written_days import case_day, written_day

READ = [
    ("2026-10-28", "2026-10-28"),
    ("2026-10", "2026-10"),
    ("2026", "2026"),
    ("10/28/2026", "2026-10-28"),
    ("10/28/26", "2026-10-28"),
    ("10-28-2026", "2026-10-28"),
    ("10-28-26", "2026-10-28"),
    ("3/4/2026", "2026-03-04"),
    ("03/04/2026", "2026-03-04"),
    ("  3/4/26 ", "2026-03-04"),
    ("Oct 28, 2026", "2026-10-28"),
    ("oct. 28, 2026", "2026-10-28"),
    ("Oct 28,2026", "2026-10-28"),
    ("October 28 2026", "2026-10-28"),
    ("OCTOBER 28th, 2026", "2026-10-28"),
    ("Sept 3, 2026", "2026-09-03"),
    ("28 Oct 2026", "2026-10-28"),
    ("28-Oct-2026", "2026-10-28"),
    ("1st of May 2026", None),
    ("May 2026", "2026-05"),
    ("October 2026", "2026-10"),
    ("October, 2026", "2026-10"),
    ("10/2026", "2026-10"),
    ("3-2026", "2026-03"),
    ("2/29/2024", "2024-02-29"),
    ("12/31/1899", "1899-12-31"),
    ("10/28/1926", "1926-10-28"),
    ("10/28/00", "2000-10-28"),
]
REFUSED = [
    "",
    "13/28/2026",
    "28/10/2026",
    "0/10/2026",
    "10/0/2026",
    "10/32/2026",
    "2/29/2026",
    "2/30/24",
    "13/2026",
    "0/2026",
    "10/28",
    "10/26",
    "Oct 28",
    "Oct 26",
    "10/28/926",
    "10/28/20266",
    "10-28/2026",
    "2026/10/28",
    "28.10.2026",
    "10.28.2026",
    "Octo 28, 2026",
    "Oktober 28, 2026",
    "Oct 32, 2026",
    "October 0, 2026",
    "Foo 2026",
    "10282026",
    "1０/28/2026",
    "١/٢/2026",
    "10/28/2026 or 10/29/2026",
    "-10/28/2026",
    "about 10/28/2026",
    "today",
    "2026-13",
    "2026-02-30",
    "0000-10-28",
    "10/28/0000",
]


@pytest.mark.parametrize(("text", "day"), READ, ids=[text for text, _ in READ])
def test_a_day_is_read_with_the_month_first(text: str, day: str | None) -> None:
    if day is None:
        assert case_day(text) == text
    else:
        assert written_day(text) == DateRange.parse(day)
        assert case_day(text) == day


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_such_day_is_refused_and_stays_as_it_was_typed(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        written_day(text)
    assert case_day(text) == text


FORMS = ("%m/%d/%Y", "%m-%d-%Y", "%b %d, %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%Y-%m-%d")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(FORMS))
def test_every_day_comes_back_from_every_form(day: date, form: str) -> None:
    assert written_day(day.strftime(form)) == DateRange.exactly(day)


@given(st.text(alphabet="0123456789/-, OctMay.\n", max_size=14))
def test_any_text_is_a_day_or_stays_as_it_is(text: str) -> None:
    """What was read once is read the same again."""
    assert case_day(case_day(text)) == case_day(text)
