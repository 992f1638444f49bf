"""What the trials commands print: criteria, verdicts, matches and search results, as JSON and as text.

The words follow one rule: a study is "worth asking about" at most, and only its team can say who may join.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from wayline.facts.vocabulary import Vocabulary
from wayline.trials.criterion import HEADING, Criterion
from wayline.trials.matching import DEPENDS, DOES_NOT_FIT, MAY_FIT, MET, NOT_MET, UNKNOWN, ItemVerdict, TrialVerdict
from wayline.trials.study import Study, is_open_status

if TYPE_CHECKING:
    from wayline.trials.finding import TrialMatch
    from wayline.trials.known import KnownTrials
    from wayline.trials.mirror import LoadReport
    from wayline.trials.registry import SyncReport
    from wayline.trials.search import TrialHit, TrialResults

_WIDTH = 100
INFORMS = "Wayline informs; it never advises. Only a study team can say who may join a study."
ORDER = (
    "Order: fewest obstacles that cannot change, then most rules met, then the nearest open site, then the newest record. "
    "It does not say which study is better."
)
DISTANCES = "Distances are to the middle of a city or ZIP area, in a straight line."
_VERDICTS = {
    MAY_FIT: "This study may be worth asking about.",
    DEPENDS: "It depends on what is not known yet.",
    DOES_NOT_FIT: "You may not be able to join because of a rule that stands in the way today. Ask if that could change.",
}
_STATUSES = {
    "RECRUITING": "its record says: open, taking people now",
    "AVAILABLE": "its record says: gives its drug outside a study",
    "NOT_YET_RECRUITING": "its record says: will open later",
    "ENROLLING_BY_INVITATION": "its record says: takes only people whom it invites",
    "ACTIVE_NOT_RECRUITING": "closed: goes on without taking new people",
    "COMPLETED": "closed: completed",
    "TERMINATED": "closed: stopped early",
    "WITHDRAWN": "closed: never started",
    "SUSPENDED": "paused: takes nobody now",
    "TEMPORARILY_NOT_AVAILABLE": "paused: not available now",
    "NO_LONGER_AVAILABLE": "closed: no longer available",
    "APPROVED_FOR_MARKETING": "closed: its drug was approved",
}
_STATUS_NOT_KNOWN = "whether it is open is not known"
_PHASES = {"EARLY_PHASE1": "early phase 1", "PHASE1": "phase 1", "PHASE2": "phase 2", "PHASE3": "phase 3", "PHASE4": "phase 4"}
_ITEM_HEADINGS = {NOT_MET: "Stands in the way today", UNKNOWN: "Not known", MET: "Does not stand in the way"}
_NOT_READ = "We could not check these. Ask the study team"


@dataclass(frozen=True)
class MirrorState:
    """How many trials the mirror holds, the oldest day of its data (None: not known) and that day's age in days."""

    trials: int
    day: date | None
    age_days: int | None

    def as_json(self) -> dict[str, Any]:
        return {"age_days": self.age_days, "trials": self.trials}

    def as_text(self) -> str:
        age = "its age is not known" if self.day is None else f"its oldest part is of {self.day.isoformat()}, {_days(self.age_days)} ago"
        return f"From a copy of the registry with {self.trials:,} trials; {age}. What it says may have changed since."


def _days(days: int | None) -> str:
    return "1 day" if days == 1 else f"{days:,} days"


def example_text(known: KnownTrials) -> str:
    """What to say where the example list stands in for a mirror."""
    return (
        f"there is no copy of the registry here, so this is the example list of {known.written.isoformat()}: "
        f"{len(known.trials)} well-known trials, most of them closed. 'wayline trials sync' or 'wayline trials load FILE' makes a copy"
    )


# --- Filling the mirror ---------------------------------------------------------------------------------------------


def load_json(report: LoadReport) -> dict[str, int]:
    """Counts of a load or sync; `bad` counts records that could not be read."""
    return {
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "older": report.older,
        "left": report.left,
        "bad": len(report.errors),
    }


def load_text(report: LoadReport) -> str:
    parts = [
        f"{report.new:,} new",
        f"{report.changed:,} changed",
        f"{report.unchanged:,} unchanged",
        *([f"{report.older:,} older than what is here, kept beside it"] if report.older else []),
        *([f"{report.left:,} no longer in the registry's answer"] if report.left else []),
        *([f"{len(report.errors):,} could not be read"] if report.errors else []),
    ]
    return ", ".join(parts)


def sync_json(report: SyncReport, state: MirrorState) -> dict[str, Any]:
    """What a sync did; `load` is null where the mirror was up to date."""
    return {
        "kind": report.kind,
        "data_timestamp": report.data_timestamp,
        "resumed": report.resumed,
        "load": None if report.load is None else load_json(report.load),
        "mirror": state.as_json(),
    }


def sync_text(report: SyncReport) -> str:
    lead = {"full": "Everything was downloaded", "incremental": "What changed was downloaded"}.get(report.kind, "Already up to date")
    resumed = ", going on where an earlier download stopped" if report.resumed else ""
    counts = "" if report.load is None else f": {load_text(report.load)}"
    return f"{lead}{resumed}{counts}. The registry's data is of {report.data_timestamp}."


# --- Criteria as they were read -------------------------------------------------------------------------------------


def reading_json(study: Study, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """The items of the text; docs/reference/commands.md. Headings and structured fields are no criteria that were read."""
    return {
        "nct_id": study.nct_id,
        "criteria": [
            {
                "kind": criterion.kind,
                "text": criterion.text,
                "span": list(criterion.span),
                "expression": criterion.expression,
                "left_over": list(criterion.left_over),
            }
            for criterion in criteria
            if criterion.span is not None and criterion.kind != HEADING
        ],
    }


def reading_text(study: Study, criteria: Sequence[Criterion]) -> str:
    """Each item with its expression, for somebody who checks the reader."""
    lines = [f"{study.nct_id}  {study.title}"]
    for criterion in criteria:
        if criterion.kind == HEADING:
            lines.append(_wrapped("", criterion.text, 2))
            continue
        lines.append(_wrapped(f"{criterion.kind}: ", criterion.text, 4))
        if criterion.expression is None:
            lines.append(_wrapped("", "not read: ask the study team" if criterion.asks_the_team else "not read", 6))
            continue
        lines.append(_wrapped("read as: ", criterion.expression, 6))
        lines += [_wrapped(f"unread({number}): ", words, 6) for number, words in enumerate(criterion.left_over)]
    return "\n".join(lines)


# --- One trial for one person ---------------------------------------------------------------------------------------


def check_json(study: Study, verdict: TrialVerdict) -> dict[str, Any]:
    """One trial's verdict with every item; docs/reference/commands.md."""
    return {"nct_id": study.nct_id, "verdict": verdict.verdict, "items": [_item_json(item) for item in verdict.items]}


def _item_json(item: ItemVerdict | Criterion) -> dict[str, Any]:
    if isinstance(item, Criterion):
        return {"kind": item.kind, "text": item.text, "span": _span(item), "because": [], "missing": []}
    criterion = item.criterion
    return {
        "kind": criterion.kind,
        "text": criterion.text,
        "span": _span(criterion),
        "truth": item.truth,
        "read": criterion.is_read,
        "because": [{"text": reason.text, "fact": reason.fact} for reason in item.because],
        "missing": [missing.fact for missing in item.missing],
    }


def _span(criterion: Criterion) -> list[int] | None:
    return None if criterion.span is None else list(criterion.span)


def check_text(study: Study, verdict: TrialVerdict, vocabulary: Vocabulary) -> str:
    """One trial for a person to read in a terminal: what stands in the way first, what does not last."""
    not_read = [item for item in verdict.judged if not item.criterion.is_read]
    lines = [
        f"{study.nct_id}  {study.title}",
        _wrapped("", _about(study.overall_status, study.phases, study.last_update_posted), 2),
        _wrapped("", _VERDICTS[verdict.verdict], 2),
        _wrapped("", _counts(verdict.count(MET), verdict.count(NOT_MET), verdict.count(UNKNOWN), len(not_read)), 2),
    ]
    for truth, heading in _ITEM_HEADINGS.items():
        items = [item for item in verdict.judged if item.truth == truth and item.criterion.is_read]
        lines += [f"  {heading} ({len(items)})", *(line for item in items for line in _item_lines(item, vocabulary))] if items else []
        if truth == UNKNOWN and not_read:
            lines += [f"  {_NOT_READ} ({len(not_read)})", *(_bullet(item.criterion) for item in not_read)]
    return "\n".join(lines)


def _item_lines(item: ItemVerdict, vocabulary: Vocabulary) -> Iterator[str]:
    yield _bullet(item.criterion)
    if item.because:
        yield _wrapped("because: ", " ".join(reason.text for reason in item.because), 6)
    if item.truth == NOT_MET:
        yield _wrapped("", "This could change." if item.may_change else "This does not change.", 6)
    if item.missing:
        yield _wrapped("depends on: ", "; ".join(f"{vocabulary[one.fact].label} ({one.why})" for one in item.missing), 6)
    if item.truth == UNKNOWN and item.criterion.left_over:
        yield _wrapped("not understood: ", " ... ".join(item.criterion.left_over), 6)


def _bullet(criterion: Criterion) -> str:
    lead = {"exclusion": "- (leaves out) ", "field": "- (record) "}.get(criterion.kind, "- ")
    return _wrapped(lead, criterion.text, 4)


def _counts(met: int, not_met: int, unknown: int, not_read: int) -> str:
    could_not = f" ({not_read} of them we could not read)" if not_read else ""
    return f"Of {met + not_met + unknown} rules: {met} do not stand in the way, {not_met} in the way today, {unknown} not known{could_not}."


# --- Many trials for one person -------------------------------------------------------------------------------------


def match_json(matches: Sequence[TrialMatch], total: int, with_closed: bool, state: MirrorState | None) -> dict[str, Any]:
    """The shape of docs/reference/commands.md; `mirror` is null where the example list stands in for it."""
    return {
        "mirror": None if state is None else state.as_json(),
        "with_closed": with_closed,
        "total": total,
        "trials": [_match_json(match) for match in matches],
    }


def _match_json(match: TrialMatch) -> dict[str, Any]:
    study = match.study
    return {
        "nct_id": study.nct_id,
        "verdict": match.verdict,
        "met": match.met,
        "not_met": match.not_met,
        "unknown": match.unknown,
        "not_read": match.not_read,
        "miles": _whole(match.miles),
        "lasting_obstacles": match.lasting_obstacles,
        "title": study.title,
        "status": study.overall_status,
        "phases": list(study.phases),
        "last_update_posted": study.last_update_posted,
    }


def match_text(matches: Sequence[TrialMatch], total: int, with_closed: bool, state: MirrorState | None) -> str:
    """The trials for a person to read in a terminal."""
    which = "Trials about this cancer, closed ones too" if with_closed else "Open trials about this cancer"
    lines = [INFORMS, *([state.as_text()] if state is not None else []), "", f"{which} ({len(matches)} of {total:,} shown)"]
    for match in matches:
        study = match.study
        lines += [
            "",
            _wrapped("", f"{study.nct_id}  {study.title}", 2),
            _wrapped("", _about(study.overall_status, study.phases, study.last_update_posted, match.miles), 4),
            _wrapped("", _VERDICTS[match.verdict], 4),
            _wrapped("", _counts(match.met, match.not_met, match.unknown, match.not_read), 4),
        ]
    if matches:
        lines += ["", _wrapped("", ORDER, 0), *([DISTANCES] if any(match.miles is not None for match in matches) else [])]
        lines.append("Rule by rule: wayline trials check NUMBER CASE")
    return "\n".join(lines)


# --- Search ---------------------------------------------------------------------------------------------------------


def search_json(results: TrialResults, state: MirrorState | None) -> dict[str, Any]:
    """What was found, and how the words were understood; docs/reference/commands.md."""
    return {
        "mirror": None if state is None else state.as_json(),
        "total": results.total,
        "read_as": results.read_as,
        "not_found": list(results.not_found),
        "all_words": results.all_words,
        "not_told": results.not_told,
        "trials": [
            {
                "nct_id": hit.nct_id,
                "title": hit.title,
                "status": hit.overall_status,
                "kind": hit.study_type,
                "phases": list(hit.phases),
                "last_update_posted": hit.last_update_posted,
                "miles": _whole(hit.miles),
                "wider": hit.wider,
            }
            for hit in results.hits
        ],
    }


def search_text(results: TrialResults, state: MirrorState | None) -> str:
    """Search results for a person to read in a terminal."""
    lines = [] if state is None else [state.as_text()]
    if results.read_as is not None:
        lines.append(f"Read as: {results.read_as}")
    if results.not_found:
        lines.append(f"In no trial: {', '.join(results.not_found)}")
    if not results.all_words:
        lines.append("No trial holds all these words; these hold some.")
    lines.append(f"Found {results.total:,}, showing {len(results.hits)}")
    if results.not_told:
        lines.append(f"{results.not_told:,} more hold the words, but their records do not tell what was filtered for.")
    for hit in results.hits:
        lines += ["", _wrapped("", f"{hit.nct_id}  {hit.title}", 2), _wrapped("", _hit_about(hit), 4)]
    if any(hit.miles is not None for hit in results.hits):
        lines += ["", DISTANCES]
    return "\n".join(lines)


def _hit_about(hit: TrialHit) -> str:
    wider = ", for people with many kinds of cancer" if hit.wider else ""
    return f"{_about(hit.overall_status, hit.phases, hit.last_update_posted, hit.miles)}{wider}"


# --- Words ----------------------------------------------------------------------------------------------------------


def _about(status: str | None, phases: Sequence[str], last_update: str | None, miles: float | None = None) -> str:
    """What the record says of itself. A word that we do not know is never shown as open."""
    parts = [_STATUSES.get(status or "", _STATUS_NOT_KNOWN), *(_PHASES[phase] for phase in phases if phase in _PHASES)]
    if last_update is not None:
        parts.append(f"record changed {last_update}")
    if miles is not None:
        parts.append(f"nearest open site about {_whole(miles):,} miles away")
    elif is_open_status(status):
        parts.append("distance not known")
    return ", ".join(parts)


def _whole(miles: float | None) -> int | None:
    """Whole miles: the places are the middles of cities and ZIP areas."""
    return None if miles is None else round(miles)


def _wrapped(lead: str, text: str, indent: int) -> str:
    return textwrap.fill(f"{lead}{text}", _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))
