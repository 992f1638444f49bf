"""Up to five studies for the sheet, with what each still has to know. A study is never shown as open by a record too old to say so."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import TYPE_CHECKING

from wayline.brief.known import short_day
from wayline.brief.studies import MOST_STUDIES, Studies, StudyOnSheet
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import Vocabulary, within_a_sentence
from wayline.trials.matching import DOES_NOT_FIT, MAY_FIT, UNKNOWN, TrialVerdict, check_trial
from wayline.trials.study import OPEN_NOW

if TYPE_CHECKING:
    from wayline.trials.finding import OpenTrials, TrialMatch
    from wayline.trials.mirror import Standing
    from wayline.trials.places import Point

# US rules ask for a change of state to be listed within 30 days, so an older record may not be believed to be open.
MOST_DAYS_UNCHECKED = 30
_LEFT = "left"
_MOST_MISSING = 4


def studies_for(
    situation: Situation,
    trials: OpenTrials,
    standings: Mapping[str, Standing],
    *,
    facts: Mapping[str, int] | None,
    never: Container[str] = (),
    near: Point | None = None,
    set_aside: Container[str] = (),
) -> Studies:
    """The first five studies in the told order that are open by a fresh record and that no rule stands against.

    `standings` tells how old each record is, `facts` what to ask first, `near` where the person lives. Nothing here says which is better.
    """
    # The newest day of any record; a study whose record is older says so beside itself.
    copied_on = max((one.day for one in standings.values() if one.day is not None), default=None)
    candidates = [
        match
        for match in trials.match(situation, near)
        if match.verdict != DOES_NOT_FIT and match.nct_id not in set_aside and match.status in OPEN_NOW
    ]
    candidates.sort(key=lambda match: match.verdict != MAY_FIT)  # stable: the told order stays within each
    fresh = [match for match in candidates if _is_fresh(standings.get(match.nct_id), situation.as_of)]
    shown = tuple(
        _on_sheet(
            match,
            check_trial(trials.criteria[match.row], situation),
            standings[match.nct_id],
            copied_on,
            situation.vocabulary,
            never,
        )
        for match in fresh[:MOST_STUDIES]
    )
    return Studies(shown, len(fresh) - len(shown), len(candidates) - len(fresh), _copied(copied_on, situation.as_of), "", facts)


def _is_fresh(standing: Standing | None, today: date) -> bool:
    if standing is None or standing.source == _LEFT or standing.day is None:
        return False
    return (today - standing.day).days <= MOST_DAYS_UNCHECKED


def _copied(day: date | None, today: date) -> str:
    if day is None:
        return "Open by a copy of the public registry; its day is not known."
    days = max((today - day).days, 0)
    age = "of today" if days == 0 else "1 day old" if days == 1 else f"{days} days old"
    return f"Open by the copy of the public registry of {short_day(DateRange.exactly(day))} ({age})."


def _on_sheet(
    match: TrialMatch,
    verdict: TrialVerdict,
    standing: Standing,
    copied_on: date | None,
    vocabulary: Vocabulary,
    never: Container[str],
) -> StudyOnSheet:
    parts = [f"Record of {short_day(DateRange.exactly(standing.day))}."] if standing.day and standing.day != copied_on else []
    parts += [f"About {max(round(match.miles), 1):,} miles away."] if match.miles is not None else []
    title = " ".join(match.study.title.split())
    return StudyOnSheet(match.study.nct_id, title, " ".join(parts), open_questions(verdict, vocabulary, never))


def open_questions(verdict: TrialVerdict, vocabulary: Vocabulary, never: Container[str]) -> str:
    """What keeps the study open: the facts that are missing, those of most rules first, and the rules that only the team can judge."""
    rules: dict[str, int] = {}
    for item in verdict.judged:
        if item.truth == UNKNOWN:
            for one in item.missing:
                if one.fact not in never:
                    rules[one.fact] = rules.get(one.fact, 0) + 1
    ranked = sorted(rules, key=lambda fact: -rules[fact])
    named = [within_a_sentence(vocabulary[fact].label) for fact in ranked[:_MOST_MISSING]]
    named += [f"and {len(ranked) - _MOST_MISSING} more"] if len(ranked) > _MOST_MISSING else []
    team = sum(item.truth == UNKNOWN and (item.criterion.asks_the_team or not item.criterion.is_read) for item in verdict.judged)
    parts = [f"Not known yet: {', '.join(named)}."] if named else []
    parts += [f"{team} {'rule' if team == 1 else 'rules'} for the study team to judge."] if team else []
    return " ".join(parts) or "Every rule that could be read fits. Ask the study team."
