"""What a caregiver's key shows: the chosen parts in words, read-only, without a word about how long anybody lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from wayline.facts.findings import CONFLICT, DERIVED, STALE
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.liver.drawing import tumors_in_words
from wayline.liver_report import liver_report
from wayline.logic.wording import finding_in_words
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS, KINDS
from wayline.options.matching import matches_for
from wayline.reading import WaylineError
from wayline.trials.study import NCT_ID
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


def diary_shown(contents: Contents, today: date) -> list[dict[str, Any]]:
    """The days, newest first, each fact in words."""
    vocabulary = library().vocabulary
    days = []
    for entry in sorted(contents.diary, key=lambda one: str(one.get("date", "")), reverse=True):
        facts = entry.get("facts", {})
        situation = situation_from(facts, vocabulary, today)
        rows = [
            {"label": vocabulary[fact_id].label, "words": finding_in_words(vocabulary[fact_id], situation.finding(fact_id))}
            for fact_id in facts
            if fact_id in situation.told
        ]
        days.append({"date": entry.get("date"), "rows": rows, "note": entry.get("note", "")})
    return days


def questions_shown(contents: Contents) -> list[str]:
    """The person's own words among the questions; how they are kept is the business of the page where they are chosen."""
    return list(dict.fromkeys(_texts(contents.questions)))


def studies_shown(contents: Contents) -> list[dict[str, Any]]:
    """The studies that were set aside, newest first, with their titles where our copy of the registry has them."""
    shown = []
    for nct_id in reversed(contents.set_aside):
        try:
            found = shelf().study(nct_id) if NCT_ID.fullmatch(nct_id) else None
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


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if " " in value.strip():  # an id is no question
            yield value.strip()
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
