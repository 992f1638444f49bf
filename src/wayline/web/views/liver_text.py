"""Reading a pasted scan report: what was recognised is shown with its words marked, and taken over only where it is confirmed.

The text itself is never kept: it is read, shown once, and gone with the page. Only what is confirmed comes back, as single answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods

from wayline.facts.case import FactReader
from wayline.facts.lesions import SEGMENTS
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS, FoundCount, FoundLesion, ReportReading, Span
from wayline.liver.segments import UNKNOWN_SEGMENT
from wayline.logic.wording import number_in_words
from wayline.reading import WaylineError
from wayline.web.asking import friendly, read_answer
from wayline.web.liver_forms import LESIONS, MOST_TUMORS, SCANS, TumorForm, TumorList, next_name
from wayline.web.vault import Contents, Vault
from wayline.web.views.liver import scans_of, writing
from wayline.web.visitors import today, vault_of

COUNT, SIDES, METASTASES = "liver.lesion_count", "liver.distribution", "metastases.liver"


@require_http_methods(["GET", "HEAD", "POST"])
def report_text(request: HttpRequest) -> HttpResponse:
    """Paste, look, confirm."""
    vault = vault_of(request)
    if request.method != "POST":
        return render(request, "web/liver_text.html", {"longest": LONGEST_REPORT_CHARACTERS})
    if request.POST.get("do") == "take":
        return writing(request, vault, _take_over)
    text = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        reading = library().report_reader.read(text)
    except WaylineError as error:
        context = {"longest": LONGEST_REPORT_CHARACTERS, "error": error.message}
        return render(request, "web/liver_text.html", context, status=422)
    return render(request, "web/liver_text_read.html", _read_context(text, reading, vault.read()))


def _read_context(text: str, reading: ReportReading, contents: Contents) -> dict[str, Any]:
    listed = TumorList.of(contents.facts.get(LESIONS))
    lists = (reading.lesions, reading.count, reading.distribution, reading.absence)
    found = [one.spans for listing in lists for one in listing]
    return {
        "marked": _marked(text, found, [one.spans for one in reading.left_alone]),
        "lesions": [_lesion_shown(number, lesion, text) for number, lesion in enumerate(reading.lesions)],
        "counts": [_count_shown(one, text) for one in reading.count],
        "sides": [
            {"value": one.value, "words": library().vocabulary[SIDES].choices[one.value].words, "said": _said(text, one.spans)}
            for one in reading.distribution
        ],
        "absence": [_said(text, one.spans) for one in reading.absence],
        "left_alone": [{"reason": one.reason, "said": _said(text, one.spans)} for one in reading.left_alone],
        "nothing": not found,
        "has_list": listed is not None and bool(listed.items),
        "segments": library().segments.values(),
    }


def _lesion_shown(number: int, lesion: FoundLesion, text: str) -> dict[str, Any]:
    vocabulary = library().vocabulary
    size = lesion.size
    printed = None
    if size is not None:
        written = " x ".join(f"{one:g}" for one in size.numbers)
        other = f" ({number_text(size.longest_diameter_cm)} cm)" if size.unit == "mm" else ""
        printed = f"{written} {size.unit}; the longest is {max(size.numbers):g} {size.unit}{other}"
    return {
        "number": number,
        "segments": lesion.segments,
        "segment": lesion.segments[0] if len(lesion.segments) == 1 else UNKNOWN_SEGMENT,
        "places": [library().segments.place_in_words(one) for one in lesion.segments],
        "lobe": lesion.lobe,
        "size": printed,
        "longest": None if size is None else f"{max(size.numbers):g}",
        "unit": "" if size is None else size.unit,
        "near": [{"id": place, "title": vocabulary.lesion_places[place]} for place, _ in lesion.near],
        "is_largest": lesion.is_largest,
        "doubts": lesion.doubts,
        "said": _said(text, lesion.spans),
    }


def _count_shown(one: FoundCount, text: str) -> dict[str, Any]:
    exact = one.at_least == one.at_most
    words = str(one.at_least) if exact else f"{one.at_least} or more" if one.at_most is None else f"{one.at_least} to {one.at_most}"
    return {"value": f"{one.at_least}-{'' if one.at_most is None else one.at_most}", "words": words, "said": _said(text, one.spans)}


def number_text(number: float) -> str:
    return number_in_words(NumberRange.exactly(number))


def _said(text: str, spans: Iterable[Span]) -> str:
    """The words that a reading rests on, as they stand in the report."""
    return " … ".join(" ".join(text[span.start : span.end].split()) for span in spans)


def _marked(text: str, found: Iterable[Iterable[Span]], left: Iterable[Iterable[Span]]) -> SafeString:
    """The report with the words of each reading marked, and those that were left alone marked otherwise."""
    kinds = [(span, "") for spans in found for span in spans] + [(span, "left") for spans in left for span in spans]
    pieces: list[str] = []
    end = 0
    for span, kind in sorted(kinds, key=lambda one: (one[0].start, one[1])):
        if span.start < end:
            continue
        pieces += [format_html("{}", text[end : span.start]), format_html('<mark class="{}">{}</mark>', kind, text[span.start : span.end])]
        end = span.end
    return mark_safe("".join([*pieces, format_html("{}", text[end:])]))  # noqa: S308 - every piece is escaped


def _take_over(request: HttpRequest, vault: Vault) -> HttpResponse:
    """What was confirmed, and nothing else."""
    contents = vault.read()
    post = request.POST
    day = post.get("date", "").strip()[:10]
    items, errors = _confirmed_tumors(post, contents)
    listed = TumorList.of(contents.facts.get(LESIONS))
    replaces = post.get("how") == "replace" or listed is None
    if items and replaces and listed is not None and listed.items and not (listed.scanned_on or "9999") < (day or today().isoformat()):
        errors.append("Your list stays as an earlier scan only if its day lies before this scan’s. Please tell when this scan was.")
    if errors:
        return render(request, "web/liver_text_error.html", {"errors": errors}, status=422)
    if items:
        if not replaces and listed is not None:
            listed.named()
            items = [*listed.items, *items]
            day = day or listed.scanned_on or ""
        elif listed is not None:
            _keep_as_earlier(contents, listed)
        contents.facts[LESIONS] = TumorList(items, post.get("whole") == "yes", day or None).stored(today())
    elif post.get("none") == "yes" and (listed is None or not listed.items):
        contents.facts[LESIONS] = TumorList([], True, day or None).stored(today())
    dated = {"date": day or today().isoformat()}
    low, _, high = post.get("count", "").partition("-")
    if low.isdigit():
        contents.facts[COUNT] = ({"value": int(low)} if low == high else {"at_least": int(low)}) | dated
    if post.get("sides") in library().vocabulary[SIDES].choices:
        contents.facts[SIDES] = {"value": post["sides"]} | dated
    problem = _cannot_be_read(contents)
    if problem:
        return render(request, "web/liver_text_error.html", {"errors": [problem]}, status=422)
    vault.write(contents)
    return redirect("liver-tumors")


def _confirmed_tumors(post: QueryDict, contents: Contents) -> tuple[list[dict[str, Any]], list[str]]:
    vocabulary = library().vocabulary
    listed = TumorList.of(contents.facts.get(LESIONS))
    named: list[list[dict[str, Any]]] = [scan["lesions"] for scan in scans_of(contents)]
    if listed is not None:
        listed.named()
        named.append(listed.items)
    items: list[dict[str, Any]] = []
    errors: list[str] = []
    for number in post.getlist("take")[:MOST_TUMORS]:
        segment = post.get(f"segment-{number}", UNKNOWN_SEGMENT)
        form = TumorForm(
            name=next_name([*named, items]),
            segment=segment if segment in SEGMENTS else UNKNOWN_SEGMENT,
            size=post.get(f"size-{number}", "")[:40],
            unit=post.get(f"unit-{number}", ""),
            near=post.getlist(f"near-{number}"),
            size_is_right="as_written",  # the size stands in the report, with its unit
        )
        item = form.as_item(vocabulary, today(), library().scales.slip, [], None)
        errors += form.errors.values()
        if item is not None:
            items.append(item)
    return items, errors


def _keep_as_earlier(contents: Contents, listed: TumorList) -> None:
    """The list that a newer scan replaces stays as an earlier scan."""
    if listed.items:
        earlier = [*scans_of(contents), {"date": listed.scanned_on, "lesions": listed.items, "complete": listed.complete}]
        contents.facts[SCANS] = sorted(earlier, key=lambda scan: str(scan["date"]))


def _cannot_be_read(contents: Contents) -> str | None:
    """The first of the touched facts that the reader refuses, in words: nothing is written then."""
    reader = FactReader(library().vocabulary, today())
    for fact_id in (LESIONS, SCANS, COUNT, SIDES):
        try:
            read_answer(reader, library().vocabulary[fact_id], contents.facts.get(fact_id))
        except WaylineError as error:
            return friendly(library().vocabulary[fact_id], error)
    return None
