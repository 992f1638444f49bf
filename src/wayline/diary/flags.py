"""Flags: fixed rules that say when to call, as data in `content/flags/`, in the same criteria language as everything else.

A flag is raised only by what was told. Once it is raised, missing data never lowers the alarm: its acts are tried from the most urgent
on, and the first one whose condition is YES or UNKNOWN stands. So fever takes the act of fever with trouble breathing where nobody said
how the breathing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN, YES
from wayline.facts.vocabulary import Vocabulary
from wayline.guide.references import References, review_dates_at, word_at
from wayline.logic.evaluation import Reason, evaluate
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.reading import Place, WaylineError, nearest, read, require_keys, rows_at, text_at, texts_at

# From the most urgent on. "Emergency department now" is call_911; "same day" is call_team_now or call_team_today.
ACTS = {
    "call_911": "Call 911 now",
    "call_team_now": "Call your cancer team now, day or night",
    "call_team_today": "Call your cancer team today",
    "tell_team": "Tell your team at the next contact",
}
URGENCY = {act: place for place, act in enumerate(ACTS)}
_KEYS = ("id", "title", "say", "also_call", "raised", "acts", "cites", "differs", "reviewed", "next_review", "may_sign", "signed")


@dataclass(frozen=True)
class ActRule:
    """An act and when it is the right one; `when` None: always, once the flag is raised."""

    act: str
    when: Condition | None


@dataclass(frozen=True)
class Flag:
    """One rule that says when to call.

    `say` is fixed text, the same for everybody. `also_call` is another number to call or text, such as 988, or None. `differs` says where
    sources differ, or is None.
    """

    id: str
    title: str
    say: str
    also_call: str | None
    raised: Condition
    acts: tuple[ActRule, ...]
    cites: tuple[str, ...]
    differs: str | None
    reviewed: date
    next_review: date
    may_sign: tuple[str, ...]
    signed: str
    place: Place


@dataclass(frozen=True)
class RaisedFlag:
    """A flag that what was told raises: its act, the reasons, and the facts whose absence keeps the act as urgent as it is."""

    flag: Flag
    act: str
    because: tuple[Reason, ...]
    not_known: tuple[str, ...]


class Flags(Mapping[str, Flag]):
    """All flags by id, in the order of their files."""

    def __init__(self, flags: Mapping[str, Flag]) -> None:
        self._flags = dict(flags)

    def __getitem__(self, flag_id: str) -> Flag:
        return self._flags[flag_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)


def flags_for(situation: Situation, flags: Flags) -> tuple[RaisedFlag, ...]:
    """Every flag that is raised, the most urgent act first; of one urgency in the order of the files."""
    raised = [found for flag in flags.values() if (found := raise_flag(flag, situation)) is not None]
    return tuple(sorted(raised, key=lambda one: URGENCY[one.act]))


def raise_flag(flag: Flag, situation: Situation) -> RaisedFlag | None:
    """The flag if what was told raises it, with the act that stands."""
    if flag.raised.truth(situation) is not YES:
        return None
    because = list(evaluate(flag.raised, situation).because)
    for rule in flag.acts:
        verdict = None if rule.when is None else evaluate(rule.when, situation)
        if verdict is not None and verdict.truth is NO:
            continue
        not_known: tuple[str, ...] = ()
        if verdict is not None:
            because += [reason for reason in verdict.because if reason.text not in {one.text for one in because}]
            not_known = tuple(missing.fact for missing in verdict.missing) if verdict.truth is UNKNOWN else ()
        return RaisedFlag(flag, rule.act, tuple(because), not_known)
    raise WaylineError(f"{flag.place.file}: no act stands; the last act must have no condition")


def load_flags(folder: Path, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Any]) -> Flags:
    """Load `content/flags/`; every mistake is an error with file and line."""
    flags = [_flag(path, vocabulary, references, specialties) for path in sorted(folder.glob("*.yaml"))]
    if not flags:
        raise WaylineError(f"{folder}: no flags were found")
    return Flags({flag.id: flag for flag in flags})


def _flag(path: Path, vocabulary: Vocabulary, references: References, specialties: Mapping[str, Any]) -> Flag:
    name = f"flags/{path.name}"
    block = require_keys(read(path, name), _KEYS, Place(name, 1))
    flag_id = text_at(block, "id")
    if flag_id != path.stem:
        raise block.at("id").error(f"the id '{flag_id}' must be the file's name, '{path.stem}'")
    rows = rows_at(block, "acts")
    acts = tuple(_act(row, place, vocabulary) for row, place in zip(rows, rows.places, strict=True))
    if not acts or any(rule.when is None for rule in acts[:-1]) or acts[-1].when is not None:
        raise block.at("acts").error("every act but the last needs a 'when', and the last has null: it always stands")
    urgencies = [URGENCY[rule.act] for rule in acts]
    if urgencies != sorted(set(urgencies)):
        raise block.at("acts").error("the acts go from the most urgent to the least, each once")
    cites = references.require(texts_at(block, "cites"), block.at("cites"))
    if not cites:
        raise block.at("cites").error("a flag needs at least one reference")
    may_sign = tuple(texts_at(block, "may_sign"))
    for specialty in may_sign:
        if specialty not in specialties:
            raise block.at("may_sign").error(f"'{specialty}' is not a specialty.{nearest(specialty, specialties)}")
    reviewed, next_review = review_dates_at(block)
    return Flag(
        id=flag_id,
        title=text_at(block, "title"),
        say=text_at(block, "say"),
        also_call=None if block["also_call"] is None else text_at(block, "also_call"),
        raised=parse_expression(text_at(block, "raised"), vocabulary, block.at("raised")),
        acts=acts,
        cites=cites,
        differs=None if block["differs"] is None else text_at(block, "differs"),
        reviewed=reviewed,
        next_review=next_review,
        may_sign=may_sign,
        signed=text_at(block, "signed"),
        place=Place(name, 1),
    )


def _act(row: Any, place: Place, vocabulary: Vocabulary) -> ActRule:
    block = require_keys(row, ("act", "when"), place)
    act = word_at(block, "act", tuple(ACTS))
    return ActRule(act, None if block["when"] is None else parse_expression(text_at(block, "when"), vocabulary, block.at("when")))
