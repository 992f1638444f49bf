"""What the commands print: facts and options, as JSON and as text."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wayline.diary.flags import ACTS, RaisedFlag
from wayline.facts.case_forms import item_form
from wayline.facts.courses import Listing
from wayline.facts.findings import Finding, Told, Value
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.library import Library
from wayline.logic.wording import finding_in_words
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS
from wayline.options.matching import OptionMatch, OptionMatches

_WIDTH = 100
_MOST_QUESTIONS = 3  # the rest stand on the option's page and in the JSON
_MOST_TO_ASK = 8
_HEADINGS = {FITS: "Worth asking about", DEPENDS: "Depends", DOES_NOT_FIT: "Usually not used here, and why"}


def print_json(value: object, *, is_line: bool = False) -> None:
    """Print one JSON document on standard output, or one line of many; where that takes only ASCII, with JSON's own escapes."""
    is_ascii = not (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    print(json.dumps(value, ensure_ascii=is_ascii, indent=None if is_line else 2, separators=(",", ":") if is_line else None))


@dataclass(frozen=True)
class FactToAsk:
    """A missing fact, and how many open options and open trials it could settle alone; `trials` is None without a mirror."""

    fact: str
    options: int
    trials: int | None


def facts_to_ask(matches: OptionMatches, trials: Mapping[str, int] | None) -> list[FactToAsk]:
    """What to ask first, by how much it settles in all. `trials` counts open trials by fact, in order; None without a mirror."""
    options = {one.fact: one.settles for one in matches.ask_first}
    if trials is None:
        return [FactToAsk(fact, count, None) for fact, count in options.items()]
    counted = [FactToAsk(fact, options.get(fact, 0), trials.get(fact, 0)) for fact in dict.fromkeys((*options, *trials))]
    return sorted(counted, key=lambda one: -(one.options + trials.get(one.fact, 0)))


def options_json(matches: OptionMatches, trials: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The shape that docs/reference/commands.md describes; `questions` holds what to ask where a caution's fact is not known.

    `trials` says how many open trials each fact could settle, None without a mirror.
    """
    return {
        "options": [
            {
                "id": match.option.id,
                "kind": match.option.kind,
                "verdict": match.verdict,
                "because": [{"text": reason.text, "fact": reason.fact} for reason in match.because],
                "missing": [missing.fact for missing in match.missing],
                "cautions": [{"text": caution.say, "cites": list(caution.cites)} for caution in match.cautions],
                "questions": [caution.ask for caution in match.to_ask],
                "may_change": match.may_change,
            }
            for match in matches.matches
        ],
        "ask_first": [{"fact": one.fact, "options": one.options, "trials": one.trials} for one in facts_to_ask(matches, trials)],
    }


def options_text(matches: OptionMatches, content: Library, trials: Mapping[str, int] | None = None) -> str:
    """The options for a person to read in a terminal."""
    lines = ["Wayline informs; it never advises. Only your care team can decide with you.", ""]
    vocabulary = content.vocabulary
    for verdict, heading in _HEADINGS.items():
        chosen = [match for match in matches.matches if match.verdict == verdict]
        lines.append(f"{heading} ({len(chosen)})")
        for match in chosen:
            lines += _option_lines(match, content)
        lines.append("")
    asked = facts_to_ask(matches, trials)
    if asked:
        lines.append("What to ask first")
        lines += [f"  {vocabulary[one.fact].label}: would settle {_settled(one)}" for one in asked[:_MOST_TO_ASK]]
    return "\n".join(lines).rstrip()


def _settled(one: FactToAsk) -> str:
    options = f"{one.options} of the open options"
    return options if one.trials is None else f"{options} and {one.trials} of the open trials"


def _option_lines(match: OptionMatch, content: Library) -> list[str]:
    lines = [f"  {match.option.title}"]
    if match.because:
        lines.append(_wrapped("because: ", " ".join(reason.text for reason in match.because)))
    if match.missing:
        names = [f"{content.vocabulary[missing.fact].label} ({missing.why})" for missing in match.missing]
        lines.append(_wrapped("depends on: ", "; ".join(names)))
    if match.verdict != DOES_NOT_FIT:
        lines += [_wrapped("bear in mind: ", caution.say) for caution in match.cautions]
        lines += [_wrapped("ask: ", caution.ask) for caution in match.to_ask[:_MOST_QUESTIONS]]
    return lines


def _wrapped(lead: str, text: str) -> str:
    return textwrap.fill(f"{lead}{text}", _WIDTH, initial_indent="    ", subsequent_indent="      ")


def flags_json(raised: Iterable[RaisedFlag]) -> dict[str, Any]:
    """The shape that docs/reference/commands.md describes, the most urgent first."""
    return {
        "flags": [
            {
                "id": one.flag.id,
                "act": one.act,
                "title": one.flag.title,
                "say": one.flag.say,
                "because": [{"text": reason.text, "fact": reason.fact} for reason in one.because],
                "not_known": list(one.not_known),
                "signed": one.flag.signed,
            }
            for one in raised
        ]
    }


def flags_text(raised: Iterable[RaisedFlag], content: Library) -> str:
    """The flags for a person to read in a terminal: what to do first, then why. Nothing raised says nothing about how somebody is."""
    lines = ["Nobody watches this. When in doubt, call. If you think that it is an emergency, call 911 now.", ""]
    act = None
    for one in raised:
        if one.act != act:
            act = one.act
            lines.append(ACTS[act])
        lines.append(f"  {one.flag.title}")
        lines.append(_wrapped("", one.flag.say))
        lines.append(_wrapped("because: ", " ".join(reason.text for reason in one.because)))
        if one.not_known:
            names = "; ".join(content.vocabulary[fact].label for fact in one.not_known)
            lines.append(_wrapped("the more urgent act stands, because this is not known: ", names))
    if act is None:
        lines.append("No rule is raised by what was told. That does not say that all is well.")
    lines += ["", "These rules are not yet signed by a clinician."]
    return "\n".join(lines)


def facts_json(situation: Situation) -> dict[str, Any]:
    """Every fact known, derived, stale or in conflict; docs/reference/commands.md."""
    return {"as_of": situation.as_of.isoformat(), "facts": [_fact_json(situation, *item) for item in situation.known_findings().items()]}


def _fact_json(situation: Situation, fact_id: str, finding: Finding) -> dict[str, Any]:
    definition = situation.vocabulary[fact_id]
    told = finding.told
    dated = finding.date
    entry: dict[str, Any] = {
        "id": fact_id,
        "value": told_json(definition, told) if told is not None else value_json(definition, finding.shown, derived=True),
        "state": finding.state,
        "date": str(dated) if dated is not None else None,
        "source": (told.source if told is not None else None)
        or (f"derived from {', '.join(finding.derived_from)}" if told is None and finding.derived_from else None),
    }
    if finding.state == "conflict":
        entry["value"] = {"told": entry["value"], "derived": value_json(definition, finding.derived_value, derived=True)}
    if finding.why:
        entry["why"] = finding.why
    return entry


def told_json(definition: FactDefinition, told: Told) -> Any:
    """A told value in the form of a case file."""
    if told.times_uln is not None:
        return {"times_uln": number_json(told.times_uln)}
    return value_json(definition, told.value)


def value_json(definition: FactDefinition, value: Value | None, derived: bool = False) -> Any:
    """A value in the form of a case file; derived numbers are rounded to two decimals for reading."""
    match value:
        case None | bool() | str():
            return value
        case NumberRange():
            return number_json(value, derived)
        case frozenset():
            return _choice_json(definition, value)
        case DateRange():
            return str(value)
        case Listing(items, complete):
            rows = [item_form(definition, item) for item in items]
            return rows if complete else {"items": rows, "complete": False}


def _choice_json(definition: FactDefinition, values: frozenset[str]) -> Any:
    for choice in definition.choices.values():
        if choice.means == values:
            return definition.choice_value(choice.value)
    return {"one_of": [definition.choice_value(value) for value in definition.single_choices if value in values]}


def number_json(value: NumberRange, rounded: bool = False) -> Any:
    def plain(number: float) -> float | int:
        number = round(number, 2) if rounded else number
        return int(number) if number == int(number) else number

    if value.is_exact:
        return plain(value.low)
    bounds: dict[str, float] = {}
    if value.low != float("-inf"):
        bounds["above" if value.low_open else "at_least"] = plain(value.low)
    if value.high != float("inf"):
        bounds["below" if value.high_open else "at_most"] = plain(value.high)
    return bounds


def facts_text(situation: Situation) -> str:
    """Every fact for a person to read in a terminal."""
    lines = [f"What is known as of {situation.as_of.isoformat()}", ""]
    for fact_id, finding in situation.known_findings().items():
        definition = situation.vocabulary[fact_id]
        notes = [finding.state] + ([str(finding.date)] if finding.date is not None else [])
        notes += [finding.told.source] if finding.told is not None and finding.told.source else []
        lines.append(_hanging(f"{definition.label}: {finding_in_words(definition, finding)}  [{', '.join(notes)}]"))
    return "\n".join(lines)


def _hanging(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="  ", subsequent_indent="      ")
