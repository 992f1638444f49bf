"""What the templates of the liver pages show: rows, words and drawings, made from the report on the liver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from wayline.facts.findings import Finding
from wayline.facts.values import NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.guide.references import without_citations
from wayline.library import library
from wayline.liver.blood_tests import Result, ScorePart, Series
from wayline.liver.charts import Band, Point, trend
from wayline.liver.drawing import bare_map, liver_map, named_tumors, share_of_drawing
from wayline.liver.scales import TIMES_UPPER_LIMIT
from wayline.liver.scans import ScanRow
from wayline.liver_report import (
    GRADES_CAUTION,
    PATTERN_WORDS,
    RECIST_CAUTION,
    RECIST_WORDS,
    SCORES_CAUTION,
    STATE_SHORT,
    STATE_WORDS,
    STRENGTH_WORDS,
    VERDICT_WORDS,
    LiverReport,
    change_in_words,
    grades_in_words,
    multiple_in_words,
    near_in_words,
    range_in_words,
)
from wayline.logic.evaluation import Missing
from wayline.logic.wording import date_in_words, finding_in_words, number_in_words, unit_in_words, value_in_words
from wayline.options.limits import DIMENSIONS, DimensionLimits, State
from wayline.options.matching import ALWAYS_KNOWN
from wayline.web.places import place_to_tell
from wayline.web.rendering import render

BESIDE_PAGE = "in-the-liver"
# The mark of a state is a shape with its word, color last; they are those of the verdicts.
_MARKS = {State.MET: "fits", State.WIDER: "depends", State.NOT_KNOWN: "unknown", State.NOT_MET: "does_not_fit", State.NO_LIMIT: "no_limit"}


def map_shown(report: LiverReport) -> dict[str, Any]:
    """The drawing with its tumors, and the table beside it."""
    segments = library().segments
    return {
        "map": mark_safe(liver_map(report.tumors, segments)),  # noqa: S308 - built as an element tree, which escapes all text
        "tumors": tumor_rows(report),
        "lesions": report.situation.finding("liver.lesions"),
        "usual_width_cm": segments.usual_width_cm,
    }


def tumor_rows(report: LiverReport) -> list[dict[str, Any]]:
    """The table beside the map: the same tumors in words."""
    content = library()
    return [
        {
            "name": tumor.name,
            "segment": tumor.lesion.segment,
            "place": content.segments.place_in_words(tumor.lesion.segment),
            "size": tumor.size_in_words,
            "near": near_in_words(tumor.lesion, content).removeprefix(", next to ")
            or ("none of the places asked for" if tumor.lesion.near is not None else "not known"),
        }
        for tumor in report.tumors
    ]


def map_buttons(chosen: str) -> dict[str, Any]:
    """The drawing without tumors, and a button for each segment with its place over it."""
    segments = library().segments
    places = {segment: share_of_drawing(segment) for segment in segments}
    return {
        "drawing": mark_safe(bare_map(segments, name="choose")),  # noqa: S308 - built as an element tree, which escapes all text
        "segments": [
            {"id": one.id, "words": one.in_words, "chosen": one.id == chosen, "left": places[one.id][0], "top": places[one.id][1]}
            for one in segments.values()
        ],
        "none_chosen": chosen not in segments,
    }


def over_time_shown(report: LiverReport) -> dict[str, Any] | None:
    """Scans side by side with their sums, the change, the named definition and the chart; None with fewer than two scans."""
    history = report.history
    if not history.scans:
        return None
    content = library()
    names = sorted({tumor.name for scan in history.scans for tumor in named_tumors(scan.lesions)})
    recist = history.recist
    known = [scan for scan in history.scans if scan.sum_mm is not None]
    return {
        "scans": [_scan_shown(scan) for scan in history.scans],
        "rows": [{"name": name, "sizes": [_size_on(scan, name) for scan in history.scans]} for name in names],
        "several": len(history.scans) > 1,
        "since_first": None if history.since_first is None else change_in_words(history.since_first),
        "since_last": None if history.since_last is None else change_in_words(history.since_last),
        "first_day": date_in_words(history.scans[0].date),
        "before_day": date_in_words(history.scans[-2].date) if len(history.scans) > 1 else "",
        "last_day": date_in_words(history.scans[-1].date),
        "new": history.new_names,
        "no_longer_seen": history.no_longer_seen,
        "chart": _sums_chart(known) if len(known) > 1 else None,
        "recist": None
        if recist is None
        else {
            "title": content.scales.recist.title,
            "words": RECIST_WORDS[recist.category] if recist.category else None,
            "why_not": recist.why_not,
            "followed": recist.followed,
            "from_first": None if recist.from_first is None else change_in_words(recist.from_first),
            "from_smallest": None if recist.from_smallest is None else change_in_words(recist.from_smallest),
            "limits": content.scales.recist,
            "caution": RECIST_CAUTION,
        },
    }


def _scan_shown(scan: ScanRow) -> dict[str, Any]:
    return {
        "date": date_in_words(scan.date),
        "key": str(scan.date),
        "sum": None if scan.sum_mm is None else f"{scan.sum_mm:g} mm",
        "is_current": scan.is_current,
        "is_stale": scan.is_stale,
        "complete": scan.lesions.complete,
    }


def _size_on(scan: ScanRow, name: str) -> str:
    for tumor in named_tumors(scan.lesions):
        if tumor.name == name:
            return tumor.size_in_words
    return "not listed" if scan.lesions.complete else "not told"


def _sums_chart(scans: list[ScanRow]) -> SafeString:
    points = [Point(scan.date.first, NumberRange.exactly(scan.sum_mm or 0.0), f"{scan.sum_mm:g}", scan.is_stale) for scan in scans]
    told = "; ".join(f"{date_in_words(scan.date)}: {scan.sum_mm:g} mm" for scan in scans)
    label = f"Sum of the longest diameters over time. {told}. The table says the same."
    return mark_safe(trend(points, None, label=label, unit="mm", from_zero=True))  # noqa: S308 - an element tree escapes all text


def blood_tests_shown(report: LiverReport) -> list[dict[str, Any]]:
    """Each blood test with its chart, its table, and its grade under the scale's name."""
    return [_series_shown(series, report) for series in report.series]


def _series_shown(series: Series, report: LiverReport) -> dict[str, Any]:
    content = library()
    definition = content.vocabulary[series.lab]
    grades = series.grades
    scale = content.scales.grades_title
    return {
        "lab": series.lab,
        "definition": definition,
        "chart": _series_chart(series),
        "rows": [_result_shown(result, series.lab) for result in reversed(series.results)],
        "grade": None if grades is None or grades.possible is None else f"{scale}: {grades_in_words(grades.possible)}",
        "baseline": None
        if grades is None or grades.from_baseline is None or grades.baseline is None
        else f"Counted from the result before treatment ({date_in_words(grades.baseline.date)}): {grades_in_words(grades.from_baseline)}",
        "no_grade_because": "The lab’s own range is needed for a grade." if grades is not None and grades.possible is None else None,
        "caution": GRADES_CAUTION,
    }


def _result_shown(result: Result, lab: str) -> dict[str, Any]:
    definition = library().vocabulary[lab]
    unit = unit_in_words(definition)
    scale = library().scales.grades.get(lab)
    counts_multiples = scale is not None and scale.kind == TIMES_UPPER_LIMIT
    against = {"below": "below the range", "within": "within the range", "above": "above the range"}
    return {
        "date": date_in_words(result.date),
        "value": "not known" if result.value is None else value_in_words(definition, result.value),
        "range": range_in_words(result.lower_limit, result.upper_limit, unit).strip(" ()").removeprefix("lab's range ") or "not told",
        "times": multiple_in_words(result.times_upper_limit) if counts_multiples and result.times_upper_limit is not None else None,
        "against": " or ".join(against[one] for one in sorted(result.against_range)),
        "is_stale": result.is_stale,
        "is_current": result.is_current,
    }


def _series_chart(series: Series) -> SafeString | None:
    results = [result for result in series.results if result.value is not None]
    if len(results) < 2:
        return None
    definition = library().vocabulary[series.lab]
    unit = unit_in_words(definition)
    lowest, highest = definition.lowest, definition.highest
    told_values = [(one, one.value, one.value.without_bounds(lowest, highest)) for one in results if one.value is not None]
    points = [Point(one.date.first, value, number_in_words(shown), one.is_stale) for one, value, shown in told_values]
    newest = results[-1]
    low, high = newest.lower_limit, newest.upper_limit
    band = None if low is None and high is None else Band(None if low is None else low.low, None if high is None else high.low)
    told = "; ".join(f"{date_in_words(one.date)}: {value_in_words(definition, one.value)}" for one in results)
    label = f"{definition.label} over time. {told}. The table says the same."
    return mark_safe(trend(points, band, label=label, unit=unit))  # noqa: S308 - built as an element tree, which escapes all text


def scores_shown(report: LiverReport) -> dict[str, Any]:
    """Child-Pugh and ALBI with each part, and the pattern of the enzymes, all under their names."""
    content = library()
    pattern = None
    if report.pattern is not None:
        ratio, names = report.pattern
        words = " or ".join(PATTERN_WORDS[name] for name in sorted(names))
        pattern = {"title": content.scales.pattern.title, "ratio": number_in_words(ratio), "words": words}
    return {
        "scores": [
            _score_shown(report, "Child-Pugh", ("liver.child_pugh_points", "liver.child_pugh"), report.child_pugh),
            _score_shown(report, "ALBI", ("liver.albi_score", "liver.albi_grade"), report.albi),
        ],
        "caution": SCORES_CAUTION,
        "pattern": pattern,
        "pattern_limits": content.scales.pattern,
    }


def _score_shown(report: LiverReport, title: str, facts: Iterable[str], parts: Iterable[ScorePart]) -> dict[str, Any]:
    situation = report.situation
    vocabulary = situation.vocabulary
    return {
        "title": title,
        "results": [
            {"label": vocabulary[fact].label, "words": _score_in_words(vocabulary[fact], situation.finding(fact))} for fact in facts
        ],
        "parts": [
            {
                "label": vocabulary[part.fact].label,
                "words": finding_in_words(vocabulary[part.fact], part.finding),
                "points": None if part.points is None else number_in_words(part.points),
                "is_stale": part.finding.state == "stale",
                "link": place_to_tell(part.fact),
            }
            for part in parts
        ],
    }


def _score_in_words(definition: FactDefinition, finding: Finding) -> str:
    """A score or class by its own name alone: "B", not what the class says of the liver in the disease it was made for."""
    if not isinstance(finding.value, frozenset):
        return finding_in_words(definition, finding)
    if finding.value == set(definition.single_choices):
        return "not known"
    return " or ".join(choice for choice in definition.single_choices if choice in finding.value)


def therapies_shown(report: LiverReport) -> list[dict[str, Any]]:
    """Every liver-directed option: first how strong the evidence is for this cancer, then its limits one by one."""
    return [
        {
            "option": therapy.match.option,
            "verdict": therapy.match.verdict,
            "verdict_words": VERDICT_WORDS[therapy.match.verdict],
            "strength": None if therapy.strength == "none" else STRENGTH_WORDS[therapy.strength],
            "studies": therapy.studies,
            "studies_cite": therapy.studies_cite,
            "limits_cite": therapy.match.option.limits_cite,
            "limits": [_limits_shown(one) for one in therapy.limits.dimensions],
            "questions": therapy.match.option.questions,
        }
        for therapy in report.therapies
    ]


def _limits_shown(limits: DimensionLimits) -> dict[str, Any]:
    return {
        "title": DIMENSIONS[limits.dimension],
        "mark": _MARKS[limits.state],
        "words": STATE_WORDS[limits.state],
        "short": STATE_SHORT[limits.state],
        "because": [
            {"text": reason.text, "link": None if reason.fact == ALWAYS_KNOWN else place_to_tell(reason.fact)} for reason in limits.because
        ],
        "missing": [_missing_shown(one) for one in limits.missing],
        # What stands of the cancer as a whole stands on top of the page, once for all treatments.
        "cautions": [caution.say for caution in limits.cautions] if limits.dimension != "elsewhere" else [],
        "to_ask": [caution.ask for caution in limits.to_ask],
    }


def _missing_shown(missing: Missing) -> dict[str, Any]:
    return {"definition": library().vocabulary[missing.fact], "why": missing.why, "link": place_to_tell(missing.fact)}


def beside() -> dict[str, Any] | None:
    """Signs, scans and biopsy, as the guide's page has them: one text, read in two places."""
    page = library().pages.get(BESIDE_PAGE)
    if page is None:
        return None
    parts = []
    opening, *rest = _cut_at_headings(page.body)
    for heading, text in rest:
        parts.append({"heading": heading, "text": render(without_citations(text), {}, tuple(library().glossary)).html})
    return {"title": page.title, "link": reverse("page", args=[page.id]), "parts": parts, "opening": opening}


def _cut_at_headings(body: str) -> list[Any]:
    opening, *rest = body.split("\n## ")
    return [opening, *((part.split("\n", 1)[0].strip(), part.split("\n", 1)[1]) for part in rest)]
