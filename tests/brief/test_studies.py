"""Studies on the sheet: only those that are open by a fresh record and that no rule stands against, with what is still open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.helpers import situation_of
from tests.web.trial_records import record
from wayline.brief.finding_studies import MOST_DAYS_UNCHECKED, studies_for
from wayline.brief.studies import MOST_STUDIES, Studies
from wayline.library import Library
from wayline.trials.finding import OpenTrials
from wayline.trials.mirror import Standing
from wayline.trials.study import parse_study
from wayline.web import trial_words

AS_OF = date(2026, 11, 20)
FACTS = {"diagnosis.histology": "adenocarcinoma", "function.ecog": 1}


def found(
    content: Library, *told: dict[str, Any], standings: dict[int, Standing] | None = None, facts: dict[str, Any] | None = None, **more: Any
) -> Studies:
    """The studies of these records, each of today's copy unless told otherwise."""
    studies = [parse_study(record(number, **one), "a test") for number, one in enumerate(told, 1)]
    trials = OpenTrials(studies, content.criteria_reader, content.relevance, content.vocabulary)
    fresh = {study.nct_id: Standing("registry", AS_OF, None) for study in studies}
    fresh |= {f"NCT{number:08}": standing for number, standing in (standings or {}).items()}
    return studies_for(situation_of(facts or FACTS), trials, fresh, **({"facts": {}} | more))


def test_five_stand_and_the_rest_is_counted(content: Library) -> None:
    """In the told order."""
    studies = found(content, *({"title": f"Study {number}"} for number in range(8)))
    assert len(studies.shown) == MOST_STUDIES
    assert (studies.more, studies.too_old) == (3, 0)


@pytest.mark.parametrize(
    ("days", "source", "is_shown"),
    [
        (0, "registry", True),
        (MOST_DAYS_UNCHECKED, "registry", True),
        (MOST_DAYS_UNCHECKED + 1, "registry", False),
        (0, "file", True),
        (0, "left", False),
        (None, "file", False),
    ],
)
def test_an_old_record_is_not_shown_as_open(content: Library, days: int | None, source: str, is_shown: bool) -> None:
    """Nor one that the registry no longer gives, nor one of which nobody knows the day; each is counted."""
    day = None if days is None else AS_OF - timedelta(days)
    studies = found(content, {}, standings={1: Standing(source, day, AS_OF if source == "left" else None)})
    assert (len(studies.shown), studies.too_old) == ((1, 0) if is_shown else (0, 1))
    age = trial_words.age_of(Standing(source, day, AS_OF if source == "left" else None), AS_OF)
    assert trial_words.is_shown_as_open("RECRUITING", age) == is_shown  # the site says the same


@pytest.mark.parametrize("status", ["COMPLETED", "ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING", "SUSPENDED", "UNKNOWN", None])
def test_what_takes_nobody_now_is_not_there(content: Library, status: str | None) -> None:
    assert found(content, {"status": status} if status else {"status": "WITHDRAWN"}).shown == ()


def test_a_rule_that_stands_against_leaves_a_study_out(content: Library) -> None:
    """And "not for me" does too."""
    assert found(content, {}, facts=FACTS | {"function.ecog": 3}).shown == ()
    assert found(content, {}, set_aside={"NCT00000001"}).shown == ()


def test_what_is_open_is_named(content: Library) -> None:
    """The missing facts, and how many rules only the team can judge; never a fact that speaks of time left."""
    rules = "Inclusion Criteria:\n\n* HER2 positive\n* Life expectancy of at least 12 weeks\n* Able to give informed consent"
    (study,) = found(content, {"criteria": rules}, never={"condition.life_expectancy_months"}).shown
    assert "HER2" in study.open_questions
    assert "for the study team to judge" in study.open_questions
    assert "xpectancy" not in study.open_questions


@pytest.mark.parametrize(
    ("copied_on", "says"),
    [
        (AS_OF, "Open by the copy of the public registry of Nov 20, 2026 (of today)."),
        (AS_OF - timedelta(1), "of Nov 19, 2026 (1 day old)."),
        (AS_OF - timedelta(9), "(9 days old)."),
        (None, "its day is not known"),
    ],
)
def test_the_age_of_the_copy_is_told(content: Library, copied_on: date | None, says: str) -> None:
    """By its newest record."""
    assert says in found(content, {}, standings={1: Standing("registry", copied_on, None)}).copied


def test_a_record_of_another_day_says_so(content: Library) -> None:
    day = AS_OF - timedelta(12)
    studies = found(content, {}, {}, standings={1: Standing("file", day, None)})
    assert {study.nct_id: study.note for study in studies.shown} == {"NCT00000001": "Record of Nov 8, 2026.", "NCT00000002": ""}
