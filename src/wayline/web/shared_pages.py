"""What a caregiver's key shows: the chosen parts in words, read-only, without a word about how long anybody lives."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from wayline.diary.log import read_days
from wayline.diary.trends import answer_in_words, with_other_degrees
from wayline.facts.findings import CONFLICT, DERIVED, STALE
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.liver.drawing import tumors_in_words
from wayline.liver_report import liver_report
from wayline.logic.wording import finding_in_words, value_in_words
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS, KINDS
from wayline.options.matching import matches_for
from wayline.options.visit_questions import kept_questions
from wayline.reading import WaylineError
from wayline.web.asking import no_longer_read, situation_from
from wayline.web.trial_words import plain
from wayline.web.trials import shelf
from wayline.web.vault import Contents

NOTES = {
    DERIVED: "follows from the other answers",
    STALE: "needs a newer answer",
    CONFLICT: "two answers differ here",
}
HEADINGS = {FITS: "Worth asking about", DEPENDS: "Depends", DOES_NOT_FIT: "Usually not used here"}


def without_private(contents: Contents) -> Contents:
    """Contents without what is shared only when ticked by itself. A day of which nothing else is left is no day."""
    private = library().sheet_plan.private
    facts, drafts = ({one: form for one, form in told.items() if one not in private} for told in (contents.facts, contents.drafts))
    days = [_day_without(private, entry) for entry in contents.diary]
    return replace(contents, facts=facts, drafts=drafts, diary=[day for day in days if day is not None])


def _day_without(private: Collection[str], entry: dict[str, Any]) -> dict[str, Any] | None:
    facts = {one: form for one, form in entry["facts"].items() if one not in private}
    earlier = [one for one in entry.get("earlier", ()) if one[0] not in private]
    if not facts and not earlier and not entry.get("note") and entry["facts"]:
        return None
    return entry | {"facts": facts} | ({"earlier": earlier} if "earlier" in entry else {})


def situation_shown(contents: Contents, today: date) -> dict[str, Any]:
    """Facts by group, treatments by verdict and kind, and the tumors in the liver in words."""
    content = library()
    situation = situation_from(contents.usable_facts, content.vocabulary, today)
    matches = matches_for(situation, content.catalog).matches if contents.facts else []
    sections = []
    for verdict, heading in HEADINGS.items():
        found = [match.option for match in matches if match.verdict == verdict]
        kinds = [(KINDS[kind], list(options)) for kind, options in groupby(found, key=lambda option: option.kind)]
        sections.append({"verdict": verdict, "heading": heading, "count": len(found), "kinds": kinds})
    tumors = liver_report(situation, content).tumors
    return {
        "groups": list(_groups(situation)),
        "drafts": contents.drafts,
        "lost": no_longer_read(contents.usable_facts, situation),
        "sections": sections if matches else [],
        "tumors": tumors_in_words(tumors, content.segments) if tumors else "",
    }


def diary_shown(contents: Contents) -> list[dict[str, Any]]:
    """The days, newest first, each answer in words, with those that were replaced later on the same day."""
    content = library()
    days = []
    for day in reversed(read_days(contents.diary, content.vocabulary)):
        rows = [
            {
                "label": content.vocabulary[fact_id].label,
                "words": with_other_degrees(
                    content.vocabulary[fact_id],
                    told.value,
                    answer_in_words(content.vocabulary[fact_id], day, content.diary.words_of(fact_id)),
                ),
            }
            for fact_id, told in day.told.items()
        ]
        earlier = [
            {
                "label": content.vocabulary[fact_id].label,
                "words": with_other_degrees(
                    content.vocabulary[fact_id], told.value, value_in_words(content.vocabulary[fact_id], told.value)
                ),
            }
            for fact_id, told in day.earlier
        ]
        days.append({"date": day.date, "rows": rows, "earlier": earlier, "note": day.note, "unreadable": len(day.unreadable)})
    return days


def questions_shown(contents: Contents) -> list[str]:
    """The questions that the person keeps for the visit, in their words and order."""
    return [one.words for one in kept_questions(contents.questions)]


def studies_shown(contents: Contents) -> list[dict[str, Any]]:
    """The studies that were set aside, newest first, with their titles where our copy of the registry has them."""
    shown = []
    for nct_id in reversed(contents.set_aside):
        try:
            found = shelf().study(nct_id)
        except WaylineError:
            found = None
        shown.append({"nct_id": nct_id, "title": plain(found.study.title) if found else None})
    return shown


def _groups(situation: Situation) -> Iterator[dict[str, Any]]:
    vocabulary = library().vocabulary
    for group in vocabulary.groups:
        rows = []
        for fact_id in group.facts:
            finding = situation.finding(fact_id)
            if finding.state != "unknown" and fact_id != "diagnosis.primary":
                definition = vocabulary[fact_id]
                words = finding_in_words(definition, finding)
                rows.append({"label": definition.label, "words": words, "note": NOTES.get(finding.state, ""), "date": finding.date})
        if rows:
            yield {"title": "About them" if group.id == "person" else group.title, "rows": rows}
