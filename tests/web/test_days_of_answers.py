"""Days that are asked for among the answers: written as people here write them, kept in the one form of a case file."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.http import QueryDict

from wayline.library import Library
from wayline.web.asking import Answers, answers_from

TODAY = date(2026, 11, 30)


def answered(content: Library, fact_id: str, **parts: str) -> Answers:
    post = QueryDict(mutable=True)
    for part, value in parts.items():
        post[fact_id if part == "value" else f"{fact_id}:{part}"] = value
    return answers_from(post, [fact_id], {}, content.vocabulary, TODAY)


BIRTH_DATES = [
    ("3/4/1961", "1961-03-04"),
    ("Mar 4, 1961", "1961-03-04"),
    ("1961-03-04", "1961-03-04"),
    ("3/1961", "1961-03"),
    ("1961", "1961"),
    ("13/28/1961", None),
    ("3/4/61", None),  # 2061: in the future
    ("soon", None),
]


@pytest.mark.parametrize(("written", "kept"), BIRTH_DATES)
def test_a_date_is_kept_in_one_form(content: Library, written: str, kept: str | None) -> None:
    """What is no day waits as it was typed, beside its error."""
    answers = answered(content, "person.birth_date", value=written)
    if kept is None:
        assert answers.drafts == {"person.birth_date": {"": written}}
        assert answers.errors
    else:
        assert answers.facts["person.birth_date"]["value"] == kept


def test_the_day_of_a_result_and_of_a_treatment_too(content: Library) -> None:
    assert answered(content, "labs.alt", value="40", unit="U/L", date="10/28/2026").facts["labs.alt"]["date"] == "2026-10-28"
    parts: dict[str, Any] = {"value": "some", "drugs-0": "nivolumab", "start-0": "4/2026", "end-0": "Oct 28, 2026"}
    (course,) = answered(content, "therapy.history", **parts).facts["therapy.history"]["items"]
    assert (course["start"], course["end"]) == ("2026-04", "2026-10-28")
