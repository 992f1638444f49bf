"""The limits that decide an option for one person, one by one and by what they are about: size, number, place, liver function, elsewhere.

The limits are read out of the option's own rules, so a page that shows them can never say anything else than what decides. A part of a rule
belongs to the dimension of the facts in it (`content/liver/dimensions.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN, YES, Truth
from wayline.facts.vocabulary import Vocabulary
from wayline.guide.references import word_at
from wayline.logic.evaluation import Missing, Reason, evaluate
from wayline.logic.nodes import And, Condition, Not
from wayline.options.catalog import Caution, Option, RuleOut
from wayline.options.matrix import COLUMNS
from wayline.reading import Place, WaylineError, read, require_keys, rows_at, texts_at

# The columns of the table of liver treatments that a person's facts are held against, and how active the person is.
DIMENSIONS = {column: title for column, title in COLUMNS.items() if column != "esophageal_studies"} | {
    "elsewhere": "The cancer as a whole",  # whether it is quiet belongs here too
    "activity": "How active you are",
}


class State(Enum):
    """How the limits of one dimension stand for a person."""

    MET = "met"
    WIDER = "wider"  # outside the usual limit, within the wider one
    NOT_MET = "not_met"
    NOT_KNOWN = "not_known"
    NO_LIMIT = "no_limit"


@dataclass(frozen=True)
class DimensionLimits:
    """One dimension of one option: how its limits stand, the reasons, what is missing, and the cautions that belong to it.

    `cautions` apply to this person; `to_ask` are those whose facts are not known. Neither changes the state.
    """

    dimension: str
    state: State
    because: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    cautions: tuple[Caution, ...]
    to_ask: tuple[Caution, ...]


@dataclass(frozen=True)
class OptionLimits:
    """All dimensions of one option, in the order of the table."""

    option: Option
    dimensions: tuple[DimensionLimits, ...]

    def of(self, dimension: str) -> DimensionLimits:
        return next(one for one in self.dimensions if one.dimension == dimension)


def limits_for(option: Option, situation: Situation, facts_of: Mapping[str, frozenset[str]]) -> OptionLimits:
    """How each dimension's limits of an option stand. `facts_of` says which facts belong to which dimension."""
    return OptionLimits(option, tuple(_dimension(option, situation, dimension, facts_of) for dimension in DIMENSIONS))


def load_dimensions(path: Path, vocabulary: Vocabulary) -> Mapping[str, frozenset[str]]:
    """The facts of each dimension, each fact in one of them only."""
    name = f"liver/{path.name}"
    rows = rows_at(require_keys(read(path, name), ("dimensions",), Place(name, 1)), "dimensions")
    facts_of: dict[str, frozenset[str]] = {}
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("id", "facts"), place)
        dimension = word_at(block, "id", tuple(DIMENSIONS))
        if dimension in facts_of:
            raise block.at("id").error(f"the dimension '{dimension}' stands twice")
        facts = [vocabulary.require(fact_id, block.at("facts")).id for fact_id in texts_at(block, "facts")]
        for fact_id in facts:
            if any(fact_id in others for others in facts_of.values()):
                raise block.at("facts").error(f"'{fact_id}' already belongs to another dimension")
        facts_of[dimension] = frozenset(facts)
    for dimension in DIMENSIONS:
        if dimension not in facts_of:
            raise WaylineError(f"{name}: the dimension '{dimension}' is missing")
    return facts_of


def without_dimension(option: Option, facts_of: Mapping[str, frozenset[str]]) -> tuple[Condition, ...]:
    """The parts of an option's rules that belong to no dimension: a page on its limits would hide them."""
    wider = () if option.depends is None else _parts(option.depends)
    parts = (*_parts(option.fits), *wider, *(rule.when for rule in option.rules_out))
    return tuple(part for part in parts if dimension_of(part, facts_of) is None)


def dimension_of(condition: Condition, facts_of: Mapping[str, frozenset[str]]) -> str | None:
    """The dimension that a part of a rule belongs to: the first, in the file's order, that holds one of its facts."""
    rests_on = condition.rests_on
    return next((dimension for dimension, facts in facts_of.items() if rests_on & facts), None)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    """The parts that must all hold."""
    return condition.conditions if isinstance(condition, And) else (condition,)


def _dimension(option: Option, situation: Situation, dimension: str, facts_of: Mapping[str, frozenset[str]]) -> DimensionLimits:
    def belongs(condition: Condition) -> bool:
        return dimension_of(condition, facts_of) == dimension

    limits = _Limits(
        usual=tuple(filter(belongs, _parts(option.fits))),
        wider=None if option.depends is None else tuple(filter(belongs, _parts(option.depends))),
        against=tuple(rule for rule in option.rules_out if belongs(rule.when)),
    )
    state, because, missing = limits.standing(situation, wider_decides=situation.answer(option.fits) is NO)
    cautions = [(caution, situation.answer(caution.when)) for caution in option.cautions if belongs(caution.when)]
    return DimensionLimits(
        dimension,
        state,
        because,
        missing,
        cautions=tuple(caution for caution, truth in cautions if truth is YES),
        to_ask=tuple(caution for caution, truth in cautions if truth is UNKNOWN),
    )


@dataclass(frozen=True)
class _Limits:
    """The parts of an option's rules that belong to one dimension. `wider` is None where the option has no wider gate."""

    usual: tuple[Condition, ...]
    wider: tuple[Condition, ...] | None
    against: tuple[RuleOut, ...]

    def standing(self, situation: Situation, *, wider_decides: bool) -> tuple[State, tuple[Reason, ...], tuple[Missing, ...]]:
        """How these limits stand, as the option's verdict would have it: rules out first, then the usual gate, then the wider one.

        `wider_decides` says that the usual gate is closed, by this dimension or by another one.
        """
        if not self.usual and not self.wider and not self.against:
            return State.NO_LIMIT, (), ()

        def those(truth: Truth, parts: Iterable[Condition]) -> tuple[Condition, ...]:
            return tuple(part for part in parts if situation.answer(part) is truth)

        ruled_out = [rule for rule in self.against if situation.answer(rule.when) is YES]
        if ruled_out:
            said = tuple(Reason(rule.say, rule.when.fact_ids[0], True) for rule in ruled_out)
            return State.NOT_MET, (*said, *_reasons([rule.when for rule in ruled_out], situation)), ()
        outside = those(NO, self.usual)
        # Without a wider gate the usual limits are the only ones: what is outside them is out.
        # The wider gate is asked where somebody is outside the usual one, here or elsewhere, or where it alone has a limit here.
        wider = (self.wider or ()) if wider_decides or not self.usual else ()
        beyond = outside if self.wider is None else those(NO, wider)
        if beyond:
            return State.NOT_MET, _reasons(beyond, situation), ()
        unknown = those(UNKNOWN, (*self.usual, *wider, *(rule.when for rule in self.against)))
        missing = _missing(unknown, situation)
        if outside:
            return State.WIDER, _reasons(outside, situation), missing
        if unknown:
            return State.NOT_KNOWN, _reasons(those(YES, self.usual), situation), missing
        clear = self.usual or self.wider or tuple(Not(rule.when) for rule in self.against)
        return State.MET, _reasons(clear, situation), ()


def _reasons(parts: Iterable[Condition], situation: Situation) -> tuple[Reason, ...]:
    reasons: dict[str, Reason] = {}
    for part in parts:
        reasons |= {reason.text: reason for reason in evaluate(part, situation).because if reason.text not in reasons}
    return tuple(reasons.values())


def _missing(parts: Iterable[Condition], situation: Situation) -> tuple[Missing, ...]:
    missing: dict[str, Missing] = {}
    for part in parts:
        missing |= {one.fact: one for one in evaluate(part, situation).missing if one.fact not in missing}
    return tuple(missing.values())
