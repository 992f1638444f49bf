"""Matching one person against all trials that are open and about this cancer, in a fixed and told order.

The order says nothing about which trial is better: fewest obstacles that cannot change, then most rules met, then the nearest open site,
then the record that changed last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wayline.facts.derived import resting_on
from wayline.facts.situation import Situation
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.ask_first import values_to_try
from wayline.trials.book import UNKNOWN_CODE, Book, Part, Tally, Truths
from wayline.trials.criterion import Criterion
from wayline.trials.matching import DEPENDS, DOES_NOT_FIT, MAY_FIT
from wayline.trials.places import Point, PointTable, SiteTable, ZipTable, point_of_zip
from wayline.trials.relevance import ELSEWHERE, Relevance
from wayline.trials.study import Study, is_open_status

if TYPE_CHECKING:
    from wayline.trials.criteria import CriteriaReader


@dataclass(frozen=True)
class TrialMatch:
    """One trial for one person: counts of its items, and how far its nearest open site is (None where that is not known).

    `row` is its place among the trials that were matched; `status` the registry's word.
    """

    _studies: Sequence[Study] = field(repr=False, compare=False)
    row: int
    nct_id: str
    status: str | None
    ring: int
    verdict: str
    met: int
    not_met: int
    unknown: int
    not_read: int
    lasting_obstacles: int
    miles: float | None

    @property
    def study(self) -> Study:
        """The trial itself; trials that were kept are unpacked one by one, where they are asked for."""
        return self._studies[self.row]


@dataclass(frozen=True)
class FactToAsk:
    """A missing fact and how many open trials it alone could settle."""

    fact: str
    trials: int


class OpenTrials:
    """The trials of one state of a mirror that are about this cancer and open (or all of them), read and compiled once."""

    def __init__(
        self, studies: Iterable[Study], reader: CriteriaReader, relevance: Relevance, vocabulary: Vocabulary, *, with_closed: bool = False
    ) -> None:
        self.studies: Sequence[Study]
        self.rings: list[int] = []
        chosen: list[Study] = []
        for study in studies:
            if not with_closed and not is_open_status(study.overall_status):
                continue
            ring = relevance.ring(study)
            if ring != ELSEWHERE:
                chosen.append(study)
                self.rings.append(ring)
        self.studies = chosen
        self.numbers = [study.nct_id for study in chosen]
        self.statuses = [study.overall_status for study in chosen]
        self._vocabulary = vocabulary
        self.criteria: Sequence[tuple[Criterion, ...]] = [reader.read_study(study) for study in self.studies]
        self.book = Book(self.criteria, vocabulary)
        self._parts: dict[str, Part] = {}
        sites = SiteTable(self.studies)
        self.site_points, self.site_counts = sites.points, sites.counts
        self._sites: SiteTable | PointTable = sites
        # The newest change first: ISO dates sort as texts.
        order = np.argsort(np.asarray([study.last_update_posted or "" for study in self.studies]), kind="stable")
        self.age_rank = np.empty(len(self.studies), dtype=np.int64)
        self.age_rank[order[::-1]] = np.arange(len(self.studies))
        self._zip_table: ZipTable | None = None

    @classmethod
    def read_before(
        cls,
        studies: Sequence[Study],
        numbers: list[str],
        statuses: list[str | None],
        rings: list[int],
        criteria: Sequence[tuple[Criterion, ...]],
        book: Book,
        site_points: NDArray[np.float64],
        site_counts: NDArray[np.int64],
        age_rank: NDArray[np.int64],
        zip_table: ZipTable,
        vocabulary: Vocabulary,
    ) -> OpenTrials:
        """The same as when they were read: each argument is the attribute of this name. ValueError where they do not fit together."""
        count = len(studies)
        lengths = {len(numbers), len(statuses), len(rings), len(criteria), book.count, len(site_counts)}
        if lengths != {count} or sorted(age_rank.tolist()) != list(range(count)):
            raise ValueError("the parts of what was read do not fit together")
        if site_points.shape != (site_counts.sum(), 2) or (count and site_counts.min() < 0):
            raise ValueError("the places of what was read do not fit together")
        trials = cls.__new__(cls)
        trials.studies, trials.numbers, trials.statuses, trials.rings = studies, numbers, statuses, rings
        trials.criteria, trials.book = criteria, book
        trials.site_points, trials.site_counts, trials.age_rank = site_points, site_counts, age_rank
        trials._sites = PointTable(site_points, site_counts)
        trials._zip_table, trials._vocabulary, trials._parts = zip_table, vocabulary, {}
        return trials

    def point_of_zip(self, zip_code: str) -> Point | None:
        """As `places.point_of_zip`, without reading the table again where it was kept."""
        return point_of_zip(zip_code) if self._zip_table is None else self._zip_table.point_of(zip_code)

    def match(self, situation: Situation, near: Point | None = None, limit: int | None = None) -> list[TrialMatch]:
        """Every trial's verdict and counts, in the told order. `near` is where the person lives, for distances."""
        if not self.studies:
            return []
        tally = self.book.tally(self.book.literal_truths(situation))
        miles = self._sites.miles_to_nearest(near) if near is not None else np.full(len(self.studies), np.nan)
        far_or_unknown = np.where(np.isnan(miles), np.inf, miles)
        order = np.lexsort((self.age_rank, far_or_unknown, -tally.met, tally.lasting))
        chosen = order if limit is None else order[:limit]
        return [self._match(int(row), tally, miles) for row in chosen]

    def _match(self, row: int, tally: Tally, miles: NDArray[np.float64]) -> TrialMatch:
        not_met, unknown = int(tally.not_met[row]), int(tally.unknown[row])
        return TrialMatch(
            self.studies,
            row,
            self.numbers[row],
            self.statuses[row],
            self.rings[row],
            DOES_NOT_FIT if not_met else DEPENDS if unknown else MAY_FIT,
            int(tally.met[row]),
            not_met,
            unknown,
            int(self.book.not_read[row]),
            int(tally.lasting[row]),
            None if np.isnan(miles[row]) else float(miles[row]),
        )

    def facts_to_ask(self, situation: Situation) -> list[FactToAsk]:
        """Missing facts by how many of the trials that now depend on something they alone could settle, counted by trying their values."""
        if not self.studies:
            return []
        truths = self.book.literal_truths(situation)
        node_truths = self.book.node_truths(truths)
        open_before = self.book.open_trials(node_truths)
        counts = []
        for fact_id, places in self._open_literals(truths).items():
            part = self._part(fact_id)
            literals = [self.book.literals[place] for place in places]
            told = values_to_try(self._vocabulary[fact_id], situation, literals)
            if not told or not open_before[part.trials].any():
                continue
            supposed = np.array([self.book.truths_at(situation.supposing(fact_id, one), part.places.tolist()) for one in told])
            settled = open_before[part.trials] & ~self.book.open_in(part, node_truths, supposed).all(axis=1)
            if settled.any():
                counts.append(FactToAsk(fact_id, int(settled.sum())))
        return sorted(counts, key=lambda one: (-one.trials, self._vocabulary.order[one.fact]))

    def _part(self, fact_id: str) -> Part:
        """What of the book rests on a fact; worked out once, since it is the same for everybody."""
        part = self._parts.get(fact_id)
        if part is None:
            places = {place for one in (fact_id, *resting_on(fact_id)) for place in self._places_of_facts.get(one, ())}
            part = self._parts[fact_id] = self.book.part_resting_on(sorted(places))
        return part

    @cached_property
    def _places_of_facts(self) -> dict[str, list[int]]:
        """By fact, the places of the literals that read it."""
        found: dict[str, list[int]] = {}
        for place, literal in enumerate(self.book.literals):
            for fact_id in literal.fact_ids:
                found.setdefault(fact_id, []).append(place)
        return found

    def _open_literals(self, truths: Truths) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place in np.flatnonzero(truths == UNKNOWN_CODE):
            for fact_id in self.book.literals[int(place)].fact_ids:
                found.setdefault(fact_id, []).append(int(place))
        return found


__all__ = ["FactToAsk", "OpenTrials", "TrialMatch"]
