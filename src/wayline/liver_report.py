"""What `wayline liver CASE` prints: tumors, scans, blood tests, scores, and which liver treatments stay open, as JSON and as text.

Here the liver and the options meet, as they do on the site: the liver knows no options, and the options know no drawing.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wayline.facts.findings import Finding
from wayline.facts.lesions import Lesion
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.library import Library
from wayline.liver.blood_tests import Result, ScorePart, Series, albi_parts, child_pugh_parts, enzyme_pattern, series_of
from wayline.liver.drawing import DrawnTumor, named_tumors
from wayline.liver.scans import Change, History, history_of
from wayline.logic.wording import finding_in_words, number_in_words, unit_in_words, value_in_words
from wayline.options.limits import DIMENSIONS, DimensionLimits, OptionLimits, State, limits_for
from wayline.options.matching import OptionMatch, match_option
from wayline.report import number_json, value_json

_WIDTH = 100
SCORES_CAUTION = (
    "These scores were made for other diseases: Child-Pugh for scarring of the liver (cirrhosis), ALBI for cancer that began in the liver. "
    "Low albumin from eating little, or a blood thinner, can raise them. Here they are only a rough guide."
)
RECIST_CAUTION = "This is only the name that the definition gives to these figures, for the liver alone. Your team decides what they mean."
GRADES_CAUTION = "A grade only names how far a result lies outside the range. It does not say why, and not what to do."
STATE_WORDS = {
    State.MET: "fits the usual limit",
    State.WIDER: "beyond the usual limit; at times still talked about, so ask",
    State.NOT_MET: "beyond the limit",
    State.NOT_KNOWN: "not told yet, or not known",
    State.NO_LIMIT: "no fixed limit here",
}
STATE_SHORT = {
    State.MET: "fits the usual limit",
    State.WIDER: "beyond the usual limit, ask",
    State.NOT_MET: "beyond the limit",
    State.NOT_KNOWN: "not told yet",
    State.NO_LIMIT: "no fixed limit",
}
RECIST_WORDS = {
    "complete_response": "complete response: no tumor in the liver is listed any more",
    "partial_response": "partial response: smaller by at least the share that the definition asks for",
    "stable_disease": "stable disease: neither much smaller nor much larger",
    "progressive_disease": "progressive disease: larger by more than the definition allows, or a new tumor",
}
PATTERN_WORDS = {
    "hepatocellular": "hepatocellular (ALT stands out)",
    "mixed": "mixed",
    "cholestatic": "cholestatic (ALP stands out)",
}
VERDICT_WORDS = {"fits": "worth asking about", "depends": "depends", "does_not_fit": "usually not used"}
STRENGTH_WORDS = {"high": "high", "moderate": "moderate", "low": "low", "very_low": "very low", "none": "no studies found"}


@dataclass(frozen=True)
class Therapy:
    """One liver-directed option for this person: its verdict, its limits, and what studies in this cancer show."""

    match: OptionMatch
    limits: OptionLimits
    studies: str
    strength: str
    studies_cite: tuple[str, ...]


@dataclass(frozen=True)
class LiverReport:
    """Everything about the liver that follows from what is told."""

    situation: Situation
    tumors: tuple[DrawnTumor, ...]
    history: History
    series: tuple[Series, ...]
    pattern: tuple[NumberRange, frozenset[str]] | None
    child_pugh: tuple[ScorePart, ...]
    albi: tuple[ScorePart, ...]
    therapies: tuple[Therapy, ...]


def liver_report(situation: Situation, content: Library) -> LiverReport:
    """Put together from the situation and the content; nothing here decides anything of its own."""
    listed: Any = situation.finding("liver.lesions").shown
    series = series_of(situation, content.scales)
    return LiverReport(
        situation=situation,
        tumors=named_tumors(listed) if listed is not None else (),
        history=history_of(situation, content.scales.recist),
        series=series,
        pattern=enzyme_pattern(series, content.scales.pattern),
        child_pugh=child_pugh_parts(situation),
        albi=albi_parts(situation),
        therapies=therapies_for(situation, content),
    )


def therapies_for(situation: Situation, content: Library) -> tuple[Therapy, ...]:
    """Every liver-directed option with its limits, in the order of the table: no option stands before another for its worth."""
    therapies = []
    for row in content.matrix:
        option = content.catalog[row.option]
        cell = row.cells["esophageal_studies"]
        limits = limits_for(option, situation, content.limits_on)
        therapies.append(Therapy(match_option(option, situation), limits, cell.text, cell.strength or "none", cell.cites))
    return tuple(therapies)


def liver_json(report: LiverReport, content: Library) -> dict[str, Any]:
    """The shape that docs/reference/commands.md describes. What is not known is null, a partly known number has bounds."""
    situation = report.situation
    lesions = situation.finding("liver.lesions")
    return {
        "as_of": situation.as_of.isoformat(),
        "lesions": [_tumor_json(tumor) for tumor in report.tumors] if lesions.shown is not None else None,
        "lesions_state": lesions.state,
        "lesions_date": None if lesions.date is None else str(lesions.date),
        "lesion_count": _fact_json(situation, "liver.lesion_count"),
        "largest_cm": _fact_json(situation, "liver.largest_cm"),
        "distribution": _fact_json(situation, "liver.distribution"),
        "near_large_vessel": _fact_json(situation, "liver.near_large_vessel"),
        "near_bile_duct": _fact_json(situation, "liver.near_bile_duct"),
        "scans": [_scan_json(scan) for scan in report.history.scans],
        "change": _change_json(report.history, content),
        "blood_tests": [_series_json(series, content) for series in report.series],
        "enzyme_pattern": _pattern_json(report, content),
        "scores": {
            "child_pugh": {
                "points": _fact_json(situation, "liver.child_pugh_points"),
                "class": _fact_json(situation, "liver.child_pugh"),
                "parts": [_part_json(situation, part) for part in report.child_pugh],
            },
            "albi": {
                "score": _fact_json(situation, "liver.albi_score"),
                "grade": _fact_json(situation, "liver.albi_grade"),
                "parts": [_part_json(situation, part) for part in report.albi],
            },
            "caution": SCORES_CAUTION,
        },
        "therapies": [_therapy_json(therapy) for therapy in report.therapies],
    }


def _fact_json(situation: Situation, fact_id: str) -> Any:
    finding = situation.finding(fact_id)
    return value_json(situation.vocabulary[fact_id], finding.value, derived=True)


def _tumor_json(tumor: DrawnTumor) -> dict[str, Any]:
    lesion = tumor.lesion
    return {
        "name": tumor.name,
        "segment": lesion.segment,
        "diameter_cm": None if lesion.diameter_cm is None else number_json(lesion.diameter_cm),
        "near": None if lesion.near is None else sorted(lesion.near),
        "date": None if lesion.date is None else str(lesion.date),
    }


def _scan_json(scan: Any) -> dict[str, Any]:
    return {
        "date": str(scan.date),
        "is_current": scan.is_current,
        "lesions": [_tumor_json(tumor) for tumor in named_tumors(scan.lesions)],
        "complete": scan.lesions.complete,
        "sum_of_longest_diameters_mm": scan.sum_mm,
    }


def _change_json(history: History, content: Library) -> dict[str, Any] | None:
    if len(history.scans) < 2 or history.recist is None:
        return None
    recist = history.recist
    return {
        "since_first": _difference_json(history.since_first),
        "since_last": _difference_json(history.since_last),
        "new": list(history.new_names),
        "no_longer_seen": list(history.no_longer_seen),
        "recist": {
            "definition": content.scales.recist.title,
            "followed": list(recist.followed),
            "sums_mm": list(recist.sums_mm),
            "category": recist.category,
            "why_not": recist.why_not,
            "caution": RECIST_CAUTION,
        },
    }


def _difference_json(change: Change | None) -> dict[str, float | None] | None:
    return None if change is None else {"mm": change.millimeters, "percent": None if change.percent is None else round(change.percent, 1)}


def _series_json(series: Series, content: Library) -> dict[str, Any]:
    grades = series.grades
    return {
        "id": series.lab,
        "unit": content.vocabulary[series.lab].unit,
        "results": [
            {
                "date": str(result.date),
                "value": None if result.value is None else number_json(result.value),
                "lower_limit": None if result.lower_limit is None else number_json(result.lower_limit),
                "upper_limit": None if result.upper_limit is None else number_json(result.upper_limit),
                "times_upper_limit": None if result.times_upper_limit is None else number_json(result.times_upper_limit, rounded=True),
                "against_range": sorted(result.against_range),
                "stale": result.is_stale,
            }
            for result in series.results
        ],
        "grade": None
        if grades is None or (grades.possible is None and grades.from_baseline is None)
        else {
            "scale": content.scales.grades_title,
            "possible": None if grades.possible is None else sorted(grades.possible),
            "from_baseline": None if grades.from_baseline is None else sorted(grades.from_baseline),
        },
    }


def _pattern_json(report: LiverReport, content: Library) -> dict[str, Any] | None:
    if report.pattern is None:
        return None
    ratio, names = report.pattern
    return {"scale": content.scales.pattern.title, "ratio": number_json(ratio, rounded=True), "possible": sorted(names)}


def _part_json(situation: Situation, part: ScorePart) -> dict[str, Any]:
    return {
        "fact": part.fact,
        "value": value_json(situation.vocabulary[part.fact], part.finding.shown, derived=True),
        "state": part.finding.state,
        "points": None if part.points is None else number_json(part.points),
    }


def _therapy_json(therapy: Therapy) -> dict[str, Any]:
    return {
        "id": therapy.match.option.id,
        "verdict": therapy.match.verdict,
        "evidence_in_esophageal_cancer": {"strength": therapy.strength, "text": therapy.studies, "cites": list(therapy.studies_cite)},
        "limits": {
            one.dimension: {
                "state": one.state.value,
                "because": [{"text": reason.text, "fact": reason.fact} for reason in one.because],
                "missing": [missing.fact for missing in one.missing],
                "cautions": [{"text": caution.say, "cites": list(caution.cites)} for caution in one.cautions],
            }
            for one in therapy.limits.dimensions
        },
    }


def liver_text(report: LiverReport, content: Library) -> str:
    """The same for a person to read in a terminal: the whole picture first."""
    parts = [
        "Wayline informs; it never advises. Only your care team can decide with you.",
        "",
        textwrap.fill(content.site.local_treatments_lead, _WIDTH),
        "",
        *_tumor_lines(report, content),
        "",
        *_change_lines(report.history, content),
        *_blood_lines(report, content),
        "",
        *_score_lines(report),
        "",
        "Treatments aimed at the liver, and the limits that decide them",
    ]
    for therapy in report.therapies:
        parts += _therapy_lines(therapy, content)
    return "\n".join(parts)


def _tumor_lines(report: LiverReport, content: Library) -> list[str]:
    situation = report.situation
    finding = situation.finding("liver.lesions")
    lines = ["Tumors in the liver" + _note(finding)]
    if finding.shown is None:
        lines.append("  No single tumor is told.")
    elif not report.tumors:
        lines.append("  None: the list is told to be empty.")
    for tumor in report.tumors:
        place = content.segments.place_in_words(tumor.lesion.segment)
        lines.append(f"  {tumor.name}  {place}, {tumor.size_in_words}{near_in_words(tumor.lesion, content)}")
    for fact_id in ("liver.lesion_count", "liver.largest_cm", "liver.distribution", "liver.near_large_vessel", "liver.near_bile_duct"):
        definition = content.vocabulary[fact_id]
        lines.append(f"  {definition.label}: {finding_in_words(definition, situation.finding(fact_id))}")
    return lines


def near_in_words(lesion: Lesion, content: Library) -> str:
    """`, next to a liver vein and the diaphragm`; nothing where that is not known or nothing is near."""
    if not lesion.near:
        return ""
    titles = [title for place, title in content.vocabulary.lesion_places.items() if place in lesion.near]
    return f", next to {' and '.join([', '.join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)}"


def _note(finding: Finding) -> str:
    dated = f", scan of {finding.date}" if finding.date is not None else ""
    return f"{dated} ({finding.why})" if finding.why else dated


def _change_lines(history: History, content: Library) -> list[str]:
    if len(history.scans) < 2:
        return []
    lines = ["Over time"]
    for scan in history.scans:
        total = "not known" if scan.sum_mm is None else f"{scan.sum_mm:g} mm"
        lines.append(f"  {scan.date}: {len(scan.lesions)} listed, sum of longest diameters {total}")
    if history.since_first is not None:
        lines.append(f"  From first to last: {change_in_words(history.since_first)}")
    lines += [f"  New: {', '.join(history.new_names)}"] if history.new_names else []
    lines += [f"  No longer listed: {', '.join(history.no_longer_seen)}"] if history.no_longer_seen else []
    if history.recist is not None:
        title = content.scales.recist.title
        said = RECIST_WORDS[history.recist.category] if history.recist.category else f"cannot be told. {history.recist.why_not}"
        lines.append(_wrapped(f"{title}: {said}"))
        lines += [_wrapped(RECIST_CAUTION)] if history.recist.category else []
    return [*lines, ""]


def change_in_words(change: Change) -> str:
    """`12 mm smaller (24 %)`, `the same`."""
    if change.millimeters == 0:
        return "the same"
    share = "" if change.percent is None else f" ({abs(change.percent):.0f} %)"
    return f"{abs(change.millimeters):g} mm {'larger' if change.millimeters > 0 else 'smaller'}{share}"


def _blood_lines(report: LiverReport, content: Library) -> list[str]:
    lines = ["Blood tests of the liver"]
    for series in report.series:
        definition = content.vocabulary[series.lab]
        lines += [f"  {definition.label}: {result_in_words(result, definition)}, {result.date}" for result in series.results]
        if series.grades is not None and series.grades.possible is not None:
            lines.append(f"    {content.scales.grades_title}: {grades_in_words(series.grades.possible)}")
    if not report.series:
        return [*lines, "  None told."]
    if report.pattern is not None:
        ratio, names = report.pattern
        lines.append(
            f"  {content.scales.pattern.title}: {number_in_words(ratio)}, {' or '.join(PATTERN_WORDS[name] for name in sorted(names))}"
        )
    return [*lines, _wrapped(GRADES_CAUTION)]


def result_in_words(result: Result, definition: FactDefinition) -> str:
    """`84 U/L, 1.9 times the lab's limit (lab's range 7 to 45 U/L)`."""
    value = "value not known" if result.value is None else value_in_words(definition, result.value)
    multiple = "" if result.times_upper_limit is None else f", {multiple_in_words(result.times_upper_limit)} times the lab's limit"
    printed = range_in_words(result.lower_limit, result.upper_limit, unit_in_words(definition))
    return f"{value}{multiple}{printed}{' (needs a newer result)' if result.is_stale else ''}"


def multiple_in_words(multiple: NumberRange) -> str:
    """`1.9`, `below 0.2`: nothing lies below no times the limit, so that end is not said."""
    return number_in_words(multiple.without_bounds(0, math.inf))


def range_in_words(lower: NumberRange | None, upper: NumberRange | None, unit: str) -> str:
    """The lab's own range as far as told: ` (lab's range 7 to 45 U/L)`."""
    if lower is None and upper is None:
        return ""
    if lower is not None and upper is not None:
        return f" (lab's range {number_in_words(lower)} to {number_in_words(upper, unit)})"
    return (
        f" (lab's range up to {number_in_words(upper, unit)})"
        if upper is not None
        else f" (lab's range from {number_in_words(lower, unit)})"
    )


def grades_in_words(grades: Iterable[int]) -> str:
    """`grade 2`, `grade 1 or 2`, `no grade`."""
    ordered = sorted(grades)
    if ordered == [0]:
        return "no grade"
    return f"grade {' or '.join(str(grade) if grade else 'none' for grade in ordered)}"


def _score_lines(report: LiverReport) -> list[str]:
    situation = report.situation
    vocabulary = situation.vocabulary
    lines = ["Named scores"]
    for facts, parts in (
        (("liver.child_pugh_points", "liver.child_pugh"), report.child_pugh),
        (("liver.albi_score", "liver.albi_grade"), report.albi),
    ):
        lines.append(
            "  " + "; ".join(f"{vocabulary[one].label}: {finding_in_words(vocabulary[one], situation.finding(one))}" for one in facts)
        )
        for part in parts:
            points = "" if part.points is None else f", {number_in_words(part.points)} point{'s' if part.points.high != 1 else ''}"
            lines.append(f"    {vocabulary[part.fact].label}: {finding_in_words(vocabulary[part.fact], part.finding)}{points}")
    return [*lines, _wrapped(SCORES_CAUTION)]


def _therapy_lines(therapy: Therapy, content: Library) -> list[str]:
    option = therapy.match.option
    lines = [
        f"  {option.title}: {VERDICT_WORDS[therapy.match.verdict]}",
        _wrapped(f"studies in this cancer ({STRENGTH_WORDS[therapy.strength]}): {therapy.studies}", "    "),
    ]
    return lines + [_wrapped(limit_in_words(one, content), "    ") for one in therapy.limits.dimensions if one.state is not State.NO_LIMIT]


def limit_in_words(limits: DimensionLimits, content: Library) -> str:
    """`Size: within the usual limit. Largest tumor: 2.4 cm.`"""
    words = f"{DIMENSIONS[limits.dimension]}: {STATE_WORDS[limits.state]}."
    if limits.because:
        words += f" {' '.join(reason.text for reason in limits.because)}"
    if limits.missing:
        words += f" Ask: {'; '.join(content.vocabulary[one.fact].label for one in limits.missing)}."
    return words


def _wrapped(text: str, indent: str = "  ") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
