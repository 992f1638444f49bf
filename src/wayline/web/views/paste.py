"""Pasting the text of any report: what was recognized is shown with its words marked, and taken over only where it is confirmed.

The text is never kept: it travels in the body of the form, is read, shown, and gone with the page. What is confirmed comes back with it,
and values come from the text once more, never from the form. Tumors in the liver are confirmed on their own page: it gets the text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from wayline.facts.case import FactReader
from wayline.facts.courses import Listing
from wayline.facts.labs import LabResult
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import FactDefinition
from wayline.library import library
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS
from wayline.logic.wording import date_in_words, finding_in_words, value_in_words
from wayline.reading import WaylineError
from wayline.records.pasted.dates import DATE_DOUBTS
from wayline.records.pasted.findings import PastedFinding, PastedReading
from wayline.web.asking import read_answer
from wayline.web.lab_reports import RESULTS, current_as_result, take_results
from wayline.web.liver_tumors import day_from, day_problem
from wayline.web.liver_visits import Visit, cannot_be_read, state_shown, writing
from wayline.web.marked_text import marked_text, words_said
from wayline.web.vault import Vault
from wayline.web.visitors import vault_of

SOURCE = "pasted report"
_CHANGED_SINCE = "Your answers have changed since this page was opened. Look at them below, then confirm again."
_BOUND_WORDS = {"below": "below", "above": "above", "at_least": "at least", "at_most": "at most"}


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest) -> HttpResponse:
    """Paste, look, confirm."""
    vault = vault_of(request)
    if request.method != "POST":
        return render(request, "web/paste.html", {"longest": LONGEST_REPORT_CHARACTERS})
    text = request.POST.get("text", "").replace("\r\n", "\n")
    visit = Visit(vault)
    if visit.unreadable_lists:
        return render(request, "web/liver_unreadable.html", state_shown(visit), status=409)
    if not text.strip():
        return render(request, "web/paste.html", {"error": "Paste the text of a report first.", "text": ""}, status=422)
    reader = library().pasted_reader
    try:
        reading = reader.read(text, visit.day)
    except WaylineError as error:
        return render(request, "web/paste.html", {"error": _sentence(error.message), "text": text}, status=422)
    if request.POST.get("do") == "take":
        return writing(request, vault, lambda request, vault: _take_over(request, vault, text, reading))
    return _read_page(request, visit, text, reading, None, {})


def _read_page(
    request: HttpRequest, visit: Visit, text: str, reading: PastedReading, post: QueryDict | None, errors: dict[str, str]
) -> HttpResponse:
    same = _told_already(visit, reading)
    asked = [one for number, one in enumerate(reading.findings) if number not in same]
    dates = {one.date for one in asked}
    context = {
        "text": text,
        "marked": marked_text(text, [one.spans for one in reading.findings], [one.spans for one in reading.left_alone]),
        "groups": _groups_shown(visit, text, reading, same, post),
        "same": [_same_shown(text, one) for number, one in enumerate(reading.findings) if number in same],
        "left_alone": [{"reason": one.reason, "said": words_said(text, one.spans)} for one in reading.left_alone],
        "doubts": reading.doubts,
        "date_doubts": sorted({doubt for one in asked for doubt in one.doubts if doubt in DATE_DOUBTS}),
        "asks_day": None in dates or any(set(one.doubts) & DATE_DOUBTS for one in asked),
        "nothing": not reading.findings,
        "tells_of_the_liver": reading.tells_of_the_liver,
        "date": day_from(post) if post is not None else "",
        "was": _mark_of(visit, reading),
        "errors": errors,
    }
    return render(request, "web/paste_read.html", context, status=422 if errors else 200)


def _told_already(visit: Visit, reading: PastedReading) -> set[int]:
    """The places of the findings that say what was told: there is nothing to ask about them.

    A fact that the text tells in several ways is asked about whole. So is what grows old where the text is newer.
    """
    vocabulary = library().vocabulary
    reader = FactReader(vocabulary, visit.day)
    results = [
        result
        for lab in {one.fact_id for one in reading.findings if vocabulary[one.fact_id].is_lab}
        for result in _told_results(visit, reader, lab)
    ]
    same: set[int] = set()
    others: set[str] = set()  # facts of which the text says something else than what was told
    for number, finding in enumerate(reading.findings):
        definition = vocabulary[finding.fact_id]
        if set(finding.doubts) & DATE_DOUBTS or finding.fact_id in visit.contents.drafts:
            others.add(finding.fact_id)
        elif definition.is_lab:
            if finding.date is not None and any(
                _says_the_same(one, told) for one in _read_results(reader, [_as_result(finding)]) for told in results
            ):
                same.add(number)
        elif _is_answer(visit, reader, definition, finding):
            same.add(number)
        else:
            others.add(finding.fact_id)
    return {number for number in same if reading.findings[number].fact_id not in others}


def _is_answer(visit: Visit, reader: FactReader, definition: FactDefinition, finding: PastedFinding) -> bool:
    told = None if definition.id not in visit.facts else read_answer(reader, definition, visit.facts[definition.id])
    said = read_answer(reader, definition, {**finding.told, **({"date": finding.date} if finding.date else {})})
    if (
        told is None
        or said is None
        or definition.id not in visit.situation.told
        or (told.value, told.times_uln) != (said.value, said.times_uln)
    ):
        return False
    is_newer = said.date is not None and (told.date is None or told.date.last < said.date.first)
    return not (is_newer and definition.valid_for_days is not None)


def _told_results(visit: Visit, reader: FactReader, lab: str) -> list[LabResult]:
    """The results of a test that were told: the current one, where it has a day, and the earlier ones."""
    current = current_as_result(visit.facts, reader.vocabulary[lab])
    told = visit.facts.get(RESULTS)
    earlier = told if isinstance(told, list) else (told or {}).get("items", [])
    return _read_results(reader, [*([] if current is None else [current]), *(one for one in earlier if one["lab"] == lab)])


def _read_results(reader: FactReader, rows: list[Any]) -> list[LabResult]:
    """The rows as results; none where one cannot be read, such as one whose limits contradict each other."""
    try:
        told = read_answer(reader, reader.vocabulary[RESULTS], rows)
    except WaylineError:
        return []
    return [] if told is None or not isinstance(told.value, Listing) else [one for one in told.value if isinstance(one, LabResult)]


def _says_the_same(said: LabResult, told: LabResult) -> bool:
    """Whether a result adds nothing: neither a value nor an end of the range that was not told."""
    ends = ((said.lower_limit, told.lower_limit), (said.upper_limit, told.upper_limit))
    return (said.lab, said.date, said.value) == (told.lab, told.date, told.value) and all(
        one is None or one == other for one, other in ends
    )


def _same_shown(text: str, finding: PastedFinding) -> dict[str, str]:
    return {"label": library().vocabulary[finding.fact_id].label, "said": words_said(text, finding.spans)}


def _groups_shown(visit: Visit, text: str, reading: PastedReading, same: Container[int], post: QueryDict | None) -> list[dict[str, Any]]:
    """The findings that are asked about, by fact, in the order in which the text first tells of each."""
    vocabulary = library().vocabulary
    reader = FactReader(vocabulary, visit.day)
    groups: dict[str, dict[str, Any]] = {}
    for number, finding in enumerate(reading.findings):
        if number in same:
            continue
        definition = vocabulary[finding.fact_id]
        group = groups.get(finding.fact_id)
        if group is None:
            told = visit.situation.finding(finding.fact_id)
            known = "" if told.state == "unknown" else finding_in_words(definition, told)
            stored = visit.facts.get(finding.fact_id)
            day = stored.get("date") if isinstance(stored, dict) else None
            group = {
                "label": definition.label,
                "told": known,
                "told_on": date_in_words(DateRange.parse(day)) if day else "",
                "rows": [],
                "values": set(),
            }
            groups[finding.fact_id] = group
        words = _value_shown(definition, finding, reader)
        group["values"].add((words, finding.date if definition.is_lab else None))
        group["rows"].append(
            {
                "number": number,
                "words": words,
                "range": _range_shown(finding),
                "day": date_in_words(DateRange.parse(finding.date)) if finding.date else "",
                "said": words_said(text, finding.spans),
                "doubts": [doubt for doubt in finding.doubts if doubt not in DATE_DOUBTS],
                "taken": post is not None and str(number) in post.getlist("take"),
            }
        )
    for fact_id, group in groups.items():
        days = [day for _, day in group["values"]]
        group["differ"] = len(group["values"]) > 1 and (not vocabulary[fact_id].is_lab or len(set(days)) < len(days))
        del group["values"]
    return list(groups.values())


def _value_shown(definition: FactDefinition, finding: PastedFinding, reader: FactReader) -> str:
    """A value as the text prints it: a number keeps its unit."""
    told = finding.told
    if definition.kind == "number":
        unit = f" {told['unit']}" if "unit" in told else ""
        if "value" in told:
            return f"{told['value']:g}{unit}"
        if "at_least" in told and "at_most" in told:
            return f"{told['at_least']:g} to {told['at_most']:g}{unit}"
        bound = next(key for key in _BOUND_WORDS if key in told)
        return f"{_BOUND_WORDS[bound]} {told[bound]:g}{unit}"
    answer = read_answer(reader, definition, told)
    if definition.kind == "yes_no":
        return definition.says_yes if told["value"] is True else definition.says_no
    return value_in_words(definition, None if answer is None else answer.value)


def _range_shown(finding: PastedFinding) -> str:
    low, high = finding.lower_limit, finding.upper_limit
    if low is not None and high is not None:
        return f"the lab’s range is {low:g} to {high:g}"
    if high is not None:
        return f"the lab’s upper limit is {high:g}"
    return f"the lab’s lower limit is {low:g}" if low is not None else ""


def _mark_of(visit: Visit, reading: PastedReading) -> str:
    """A mark of the answers that the findings would change: what is sent twice, or from an old window, is seen by it."""
    concerned = sorted({one.fact_id for one in reading.findings} | {RESULTS})
    return hashlib.sha256(json.dumps([visit.facts.get(fact_id) for fact_id in concerned], sort_keys=True).encode()).hexdigest()[:16]


# --- Confirming ---------------------------------------------------------------------------------------------------------


def _take_over(request: HttpRequest, vault: Vault, text: str, reading: PastedReading) -> HttpResponse:
    """What was ticked, and nothing else."""
    post = request.POST
    visit = Visit(vault)
    day = day_from(post)
    ticked = [_with_day(one, day) for number, one in enumerate(reading.findings) if str(number) in post.getlist("take")]
    errors = _problems(post, visit, reading, ticked, day)
    if errors:
        return _read_page(request, visit, text, reading, post, errors)
    changed = _changed(visit, ticked)
    problem = cannot_be_read(changed, visit.day)
    if problem is not None:
        return _read_page(request, visit, text, reading, post, {"take": problem})
    if changed:
        visit.contents.take(changed, {}, list(changed))
        vault.write(visit.contents)
    return redirect(reverse("situation"))


def _with_day(finding: PastedFinding, day: str) -> PastedFinding:
    """The finding with the day that was written, where the text tells none for it or only a doubtful one."""
    return replace(finding, date=day) if day and (finding.date is None or set(finding.doubts) & DATE_DOUBTS) else finding


def _problems(post: QueryDict, visit: Visit, reading: PastedReading, ticked: Sequence[PastedFinding], day: str) -> dict[str, str]:
    vocabulary = library().vocabulary
    errors: dict[str, str] = {}
    if post.get("was") != _mark_of(visit, reading):
        errors["was"] = _CHANGED_SINCE
    if not ticked:
        errors["take"] = "Nothing is marked yet. Mark what is right, or add nothing."
    problem = day_problem(day, (), visit.day) if day else None
    if problem is None and any(one.date is None and vocabulary[one.fact_id].is_lab for one in ticked):
        problem = "Write the day on which the blood was taken. The text does not tell it for all results that you marked."
    if problem is not None:
        errors["date"] = problem
        return errors
    for finding in ticked:
        label = vocabulary[finding.fact_id].label
        rivals = [one for one in ticked if one is not finding and _excludes(one, finding)]
        if rivals:
            errors["take"] = f"{label}: two different answers are marked. Mark only the one that is right."
        told = visit.facts.get(finding.fact_id)
        told_on = str(told.get("date") or "") if isinstance(told, dict) else ""
        if not vocabulary[finding.fact_id].is_lab and finding.date and told_on > finding.date:
            errors["date"] = f"{label}: your answer of {told_on} is newer than this report. Do not add it, or check the day."
    return errors


def _excludes(one: PastedFinding, other: PastedFinding) -> bool:
    """Whether two findings cannot both be the answer. Results of a blood test of different days stand side by side."""
    if one.fact_id != other.fact_id:
        return False
    return one.told != other.told and (one.date == other.date or not library().vocabulary[one.fact_id].is_lab)


def _changed(visit: Visit, ticked: Iterable[PastedFinding]) -> dict[str, Any]:
    """The facts that the confirmation changes, in the form of a case file. An older blood test becomes an earlier result."""
    vocabulary = library().vocabulary
    changed: dict[str, Any] = {}
    results = []
    for finding in ticked:
        if vocabulary[finding.fact_id].is_lab:
            results.append(_as_result(finding))
        else:
            changed[finding.fact_id] = {**finding.told, **({"date": finding.date} if finding.date else {}), "source": SOURCE}
    if results:
        changed |= take_results(visit.facts, results, vocabulary)
    for result in results:
        now = changed.get(str(result["lab"]))
        if isinstance(now, dict) and now.get("date") == result["date"]:
            changed[str(result["lab"])] = {**now, "source": SOURCE}
    return changed


def _as_result(finding: PastedFinding) -> dict[str, Any]:
    """A blood test in the form of an earlier result."""
    told = dict(finding.told)
    unit = {"unit": told["unit"]} if "unit" in told else {}
    limits = {"lower_limit": finding.lower_limit, "upper_limit": finding.upper_limit}
    value = told.get("value", told)
    return {
        "lab": finding.fact_id,
        "date": finding.date,
        "value": value,
        **unit,
        **{key: one for key, one in limits.items() if one is not None},
    }


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + "."
