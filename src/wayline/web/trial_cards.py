"""One trial as its card and its page show it: counts, reasons, what is missing, what to ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from wayline.facts.situation import Situation
from wayline.facts.vocabulary import within_a_sentence
from wayline.library import library
from wayline.trials.criterion import EXCLUSION, FIELD, HEADING, Criterion
from wayline.trials.matching import DEPENDS, DOES_NOT_FIT, MAY_FIT, MET, NOT_MET, UNKNOWN, ItemVerdict, TrialVerdict
from wayline.trials.mirror import Standing
from wayline.trials.places import Point, SiteDistance, locate, miles_between, nearest_open_site, open_sites
from wayline.trials.study import Site, Study
from wayline.web.places import place_to_tell
from wayline.web.trial_words import (
    RecordAge,
    age_of,
    cut,
    is_shown_as_open,
    kind_in_words,
    miles_in_words,
    outlook_for_joining,
    paragraphs,
    phase_in_words,
    plain,
    rule_in_words,
    site_in_words,
    status_in_words,
    told_date_in_words,
    treatments_of,
)

MOST_MISSING_ON_A_CARD = 4
MOST_SITES = 6
LONGEST_RULE_ON_A_CARD = 220
LONGEST_RULE_IN_A_QUESTION = 160
LONGEST_HEADING = 90
LONGEST_OPEN_SUMMARY = 700
MOST_QUESTIONS = 8
MOST_OF_A_GROUP = 3
MOST_REASONS = 3
# What a clinician would have to say of somebody's time. Nobody is asked for it unasked, nor is it named as missing in a list.
NEVER_ASKED_UNASKED = frozenset({"condition.life_expectancy_months"})

_SPEAKS_OF_TIME_LEFT = re.compile(
    r"life[- ]?expectanc|(?:expected|anticipated|predicted) (?:survival|to live)|survival of (?:at least|more than)", re.IGNORECASE
)

# The same shapes as on the options page: a filled disc, a half disc, an open ring.
MARKS = {MET: "fits", UNKNOWN: "depends", NOT_MET: "does_not_fit"}
MARK_OF_VERDICT = {MAY_FIT: "fits", DEPENDS: "depends", DOES_NOT_FIT: "does_not_fit"}


def card(study: Study, standing: Standing, today: date, near: Point | None) -> dict[str, Any]:
    """What is known of the study itself, without a person's facts."""
    age = age_of(standing, today)
    return {
        "nct_id": study.nct_id,
        "title": plain(study.title),
        "phase": phase_in_words(study.phases),
        "status": status_in_words(study.overall_status, age),
        "is_open": is_shown_as_open(study.overall_status, age),
        "joining": outlook_for_joining(study.overall_status),
        "age": age,
        "changed": told_date_in_words(study.last_update_posted),
        "place": _place(study, age, near),
    }


def judged_card(study: Study, standing: Standing, today: date, near: Point | None, verdict: TrialVerdict) -> dict[str, Any]:
    """The card with what the rules say for what was told."""
    return card(study, standing, today, near) | {
        "verdict": MARK_OF_VERDICT[verdict.verdict],
        "counts": counts(verdict),
        "missing": missing_facts(verdict, MOST_MISSING_ON_A_CARD),
        "obstacle": _first_obstacle(verdict),
    }


def counts(verdict: TrialVerdict) -> dict[str, int]:
    """How the rules stand. Those that are not known are of three sorts: for the team alone, not read, and open."""
    unknown = [item for item in verdict.judged if item.truth == UNKNOWN]
    team = sum(item.criterion.asks_the_team for item in unknown)
    unread = sum(not item.criterion.is_read and not item.criterion.asks_the_team for item in unknown)
    return {
        "all": len(verdict.judged),
        "fit": verdict.count(MET),
        "stand_in_the_way": verdict.count(NOT_MET),
        "unknown": len(unknown) - team - unread,
        "team": team,
        "unread": unread,
    }


def missing_facts(verdict: TrialVerdict, most: int) -> dict[str, Any]:
    """The facts that keep rules open, those of most rules first, and how many more there are."""
    rules: dict[str, int] = {}
    for item in verdict.judged:
        if item.truth == UNKNOWN:
            for one in item.missing:
                if one.fact not in NEVER_ASKED_UNASKED:
                    rules[one.fact] = rules.get(one.fact, 0) + 1
    ranked = sorted(rules, key=lambda fact: -rules[fact])
    return {"shown": [_fact(fact) for fact in ranked[:most]], "more": max(0, len(ranked) - most)}


def rules_by_heading(items: Iterable[ItemVerdict | Criterion], is_judged: bool) -> list[dict[str, Any]]:
    """Every rule in its own order under its heading; the registry's fields come last, under a heading of ours."""
    sections: list[dict[str, Any]] = []
    for is_field, group in groupby(items, key=lambda item: _criterion(item).kind == FIELD):
        section: dict[str, Any] = {"heading": "Age and sex, as the registry lists them" if is_field else "", "is_long": False, "rules": []}
        for item in group:
            criterion = _criterion(item)
            if criterion.kind == HEADING:
                if section["heading"] or section["rules"]:
                    sections.append(section)
                heading = plain(criterion.text)
                section = {"heading": heading, "is_long": len(heading) > LONGEST_HEADING, "rules": []}
            else:
                section["rules"].append(_rule(item) if is_judged and isinstance(item, ItemVerdict) else {"text": rule_in_words(criterion)})
        if section["heading"] or section["rules"]:
            sections.append(section)
    return sections


def questions(verdict: TrialVerdict) -> list[dict[str, Any]]:
    """Up to eight questions for the study team in groups: what stands in the way but may change, what is not known, what was not read.

    No question is put into anybody's mouth about how long they may live.
    """
    changing = [item for item in verdict.judged if item.truth == NOT_MET and item.may_change]
    unknown = [item for item in verdict.judged if item.truth == UNKNOWN and not _SPEAKS_OF_TIME_LEFT.search(item.criterion.text)]
    known_in_part = [item for item in unknown if item.criterion.is_read]
    not_read = [item for item in unknown if not item.criterion.is_read and not item.criterion.asks_the_team]
    # What was not read comes last, but a study with little else to ask about is not left without questions.
    groups = (
        ("About what stands in the way today", "The study asks: “{}” Could that change for me, or be checked again?", changing),
        ("About what is not known yet", "The study asks about: “{}” Does that apply to me? What do you need to see?", known_in_part),
        ("About what we could not read", "What does this rule mean for me: “{}”", not_read),
    )
    left = MOST_QUESTIONS
    shown = []
    for title, form, items in groups:
        texts = dict.fromkeys(cut(rule_in_words(item.criterion), LONGEST_RULE_IN_A_QUESTION) for item in items)
        chosen = list(texts)[: min(MOST_OF_A_GROUP, left)]
        left -= len(chosen)
        if chosen:
            shown.append({"title": title, "questions": [form.format(text) for text in chosen]})
    return shown


def about(study: Study) -> dict[str, Any]:
    """What the record tells of the study, in its own words."""
    summary = paragraphs(study.brief_summary or "")
    return {
        "official_title": plain(study.official_title) if study.official_title and study.official_title != study.brief_title else None,
        "kind": kind_in_words(study.study_type),
        "organization": plain(study.organization or ""),
        "summary": summary,
        "is_summary_long": sum(map(len, summary)) > LONGEST_OPEN_SUMMARY,
        "treatments": treatments_of(study),
        "enrollment": study.enrollment_count,
        "may_have_lost_signs": bool(study.quality),
    }


def sites(study: Study, near: Point | None) -> dict[str, Any]:
    """The open sites, the nearest first, then those whose distance is not known; and how many more there are."""
    found: list[tuple[float | None, int, Site, bool, str | None]] = []
    for place, (site, status_known) in enumerate(open_sites(study)):
        located = locate(site) if near is not None else None
        miles = miles_between(near, located.point) if near is not None and located is not None else None
        found.append((miles, place, site, status_known, located.precision if located else None))
    found.sort(key=lambda one: (one[0] is None, one[0] or 0.0, one[1]))
    named = [one for one in found if any((one[2].facility, one[2].city, one[2].state, one[2].country))]
    shown = [
        {
            "name": site_in_words(site) or "United States",
            "miles": None if miles is None else miles_in_words(miles),
            "measured_to": _measured_to(precision),
            "status_known": status_known,
            "is_later": site.status == "NOT_YET_RECRUITING",
        }
        for miles, _, site, status_known, precision in named[:MOST_SITES]
    ]
    return {"shown": shown, "more": len(found) - len(shown), "all": len(study.sites)}


def _place(study: Study, age: RecordAge, near: Point | None) -> dict[str, Any]:
    """Where the nearest open site is. Without a place to measure from: how many open sites the record names."""
    if near is None:
        return {"sites": sum(1 for _ in open_sites(study))}
    nearest = nearest_open_site(study, near)
    if nearest is None:
        return {"miles": None, "sites": sum(1 for _ in open_sites(study)), "is_asked": True}
    return {
        "miles": miles_in_words(nearest.miles),
        "measured_to": _measured_to(nearest.precision),
        "name": site_in_words(nearest.site),
        "site_status": _site_status(nearest, age),
        "is_asked": True,
    }


def _site_status(nearest: SiteDistance, age: RecordAge) -> str:
    if not nearest.status_known:
        return "The record does not tell whether this site is open."
    words = "not open yet" if nearest.site.status == "NOT_YET_RECRUITING" else "open"
    return f"The record lists this site as {words}." if not age.is_unchecked else f"The old record listed this site as {words}."


def _measured_to(precision: str | None) -> str | None:
    return {"city center": "the middle of the city", "ZIP area": "the middle of the site’s ZIP area"}.get(precision or "")


def _first_obstacle(verdict: TrialVerdict) -> dict[str, Any] | None:
    """One rule that stands in the way: one that cannot change where there is one, since it says the most."""
    obstacles = [item for item in verdict.judged if item.truth == NOT_MET]
    if not obstacles:
        return None
    named = min(obstacles, key=lambda item: item.may_change)
    return {
        "text": cut(rule_in_words(named.criterion), LONGEST_RULE_ON_A_CARD),
        "because": [reason.text for reason in named.because],
        "may_change": named.may_change,
        "more": len(obstacles) - 1,
    }


def _rule(item: ItemVerdict) -> dict[str, Any]:
    criterion = item.criterion
    asked = [one for one in item.missing if one.fact not in NEVER_ASKED_UNASKED]
    is_unread = not criterion.is_read
    return {
        "text": rule_in_words(criterion),
        "mark": MARKS[item.truth],
        "state": _state(item),
        "because": _reasons(item),
        "missing": [_fact(one.fact) | {"why": one.why} for one in asked] if item.truth == UNKNOWN else [],
        "only_a_clinician": len(asked) < len(item.missing) and item.truth == UNKNOWN,
        "left_over": _left_over(criterion) if item.truth == UNKNOWN else [],
        "is_mostly_left_over": item.truth == UNKNOWN and _is_mostly_left_over(criterion),
        "turns_on_heading": item.truth == UNKNOWN and any(words in criterion.under for words in criterion.left_over),
        "asks_the_team": is_unread and criterion.asks_the_team,
        "is_unread": is_unread and not criterion.asks_the_team,
        "change": "may" if item.truth == NOT_MET and item.may_change else "cannot" if item.truth == NOT_MET else None,
    }


def _left_over(criterion: Criterion) -> list[str]:
    """The words that were not understood, each once and none inside another; nothing where that is most of the rule."""
    if not criterion.is_read or _is_mostly_left_over(criterion):
        return []
    return [plain(words) for words in _own_left_over(criterion)]


def _is_mostly_left_over(criterion: Criterion) -> bool:
    return criterion.is_read and 2 * sum(map(len, _own_left_over(criterion))) > len(criterion.text)


def _own_left_over(criterion: Criterion) -> list[str]:
    """What is left over of the rule itself, without the headings that it stands under."""
    own = [words for words in dict.fromkeys(criterion.left_over) if words not in criterion.under]
    return [words for words in own if not any(words != other and words in other for other in own)]


def _reasons(item: ItemVerdict) -> list[dict[str, str]]:
    """What decided a rule, each fact with one link to change it; of many ways in which a rule fits, some are enough."""
    by_fact: dict[str, list[str]] = {}
    for reason in item.because:
        by_fact.setdefault(reason.fact, []).append(reason.text)
    most = MOST_REASONS if item.truth == MET else len(item.because)
    return [
        {"text": " ".join(texts[:most]), "label": library().vocabulary[fact].label, "link": place_to_tell(fact)}
        for fact, texts in list(by_fact.items())[:most]
    ]


def _state(item: ItemVerdict) -> str:
    if item.truth == NOT_MET:
        return "stands in the way"
    if item.truth == UNKNOWN:
        return "not known yet"
    return "fits: it does not keep you out" if item.criterion.kind == EXCLUSION else "fits"


def _fact(fact_id: str) -> dict[str, str]:
    definition = library().vocabulary[fact_id]
    return {"label": definition.label, "in_a_sentence": within_a_sentence(definition.label), "link": place_to_tell(fact_id)}


def _criterion(item: ItemVerdict | Criterion) -> Criterion:
    return item.criterion if isinstance(item, ItemVerdict) else item


def place_of(situation: Situation) -> str | None:
    """The US ZIP code that was told. Where a country was told that is another one, its postal code is none of the table's."""
    country, code = situation.value("person.country"), situation.value("person.postal_code")
    is_here = country is None or (isinstance(country, str) and country.strip().casefold() in _UNITED_STATES)
    return code.strip() if isinstance(code, str) and is_here else None


_UNITED_STATES = frozenset({"us", "usa", "u.s.", "u.s.a.", "united states", "united states of america", "pr", "gu", "vi", "as", "mp"})


def sorted_for_nobody(studies: Sequence[Study], rings: Sequence[int]) -> list[int]:
    """The order of the list where nothing was told: studies that name this cancer, then wider ones; the newest change first."""
    newest_first = sorted(range(len(studies)), key=lambda row: studies[row].last_update_posted or "", reverse=True)
    return sorted(newest_first, key=lambda row: rings[row])
