"""One trial's items against one person: each item's verdict with its reasons, and the trial's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, YES
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.evaluation import Missing, Reason, evaluate
from wayline.logic.nodes import Condition
from wayline.logic.parsing import parse_expression
from wayline.reading import Place
from wayline.trials.criterion import HEADING, Criterion
from wayline.trials.expressions import EVERYBODY

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
MAY_FIT, DEPENDS, DOES_NOT_FIT = "may_fit", "depends", "does_not_fit"
# True of every situation, so by itself it tells nobody anything.
_ALWAYS_KNOWN = "diagnosis.primary"


@dataclass(frozen=True)
class ItemVerdict:
    """One item for one person. `met` means: it certainly does not stand in the way. Headings have no verdict.

    `because` holds what decided; `missing` the facts that leave it open; `may_change` says whether time or treatment could change an
    obstacle.
    """

    criterion: Criterion
    truth: str
    because: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    may_change: bool


@dataclass(frozen=True)
class TrialVerdict:
    """One trial for one person: `may_fit` where every item is met, `does_not_fit` where one stands in the way, else `depends`."""

    verdict: str
    items: tuple[ItemVerdict | Criterion, ...]

    @property
    def judged(self) -> tuple[ItemVerdict, ...]:
        """The items that have a truth, without the headings."""
        return tuple(item for item in self.items if isinstance(item, ItemVerdict))

    def count(self, truth: str) -> int:
        return sum(item.truth == truth for item in self.judged)

    @property
    def not_read(self) -> int:
        """How many items were not understood at all."""
        return sum(not item.criterion.is_read for item in self.judged)


def check_trial(criteria: Sequence[Criterion], situation: Situation) -> TrialVerdict:
    """Every item's verdict with its reasons, and what follows for the trial."""
    items = tuple(criterion if criterion.kind == HEADING else check_item(criterion, situation) for criterion in criteria)
    return TrialVerdict(verdict_of([item.truth for item in items if isinstance(item, ItemVerdict)]), items)


def verdict_of(truths: Sequence[str]) -> str:
    """A trial of which nothing could be read is open, not fitting."""
    if NOT_MET in truths:
        return DOES_NOT_FIT
    return MAY_FIT if truths and all(truth == MET for truth in truths) else DEPENDS


def check_item(criterion: Criterion, situation: Situation) -> ItemVerdict:
    """One item's verdict. What was not understood is unknown, never met."""
    expression = criterion.expression
    if expression is None:
        return ItemVerdict(criterion, UNKNOWN, (), (), True)
    verdict = evaluate(_condition(expression, situation.vocabulary), situation)
    truth = MET if verdict.truth is YES else NOT_MET if verdict.truth is NO else UNKNOWN
    because = tuple(reason for reason in verdict.because if reason.fact != _ALWAYS_KNOWN or criterion.demand != EVERYBODY)
    return ItemVerdict(criterion, truth, because, verdict.missing, verdict.may_change)


@lru_cache(maxsize=200_000)
def _condition(expression: str, vocabulary: Vocabulary) -> Condition:
    return parse_expression(expression, vocabulary, Place("criteria", 1))
