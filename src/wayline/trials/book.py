"""All trials of a mirror in memory, read once, so that one person is matched against all of them at the speed of memory.

Every literal of every item stands once in one table. A person's truth of each literal is worked out once; the items follow by gathering
those truths through shared nodes, level by level, with Kleene's "and" as the least and "or" as the greatest of NO < UNKNOWN < YES.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN, YES
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.nodes import Condition, Had
from wayline.logic.parsing import parse_expression
from wayline.reading import Place
from wayline.trials.criteria import FIELD, Criterion
from wayline.trials.expressions import All, Literal, Opposite, Reading, Unread
from wayline.trials.splitting import HEADING

Truths = NDArray[np.int8]
NO_CODE, UNKNOWN_CODE, YES_CODE = 0, 1, 2
_CODES = {NO: NO_CODE, UNKNOWN: UNKNOWN_CODE, YES: YES_CODE}
_UNREAD_NODE = 0


@dataclass(frozen=True)
class _Level:
    """Nodes of one height: their children end to end, where each node's children begin, and which nodes are an "and"."""

    nodes: NDArray[np.int64]
    children: NDArray[np.int64]
    begins: NDArray[np.int64]
    is_and: NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """What of a book rests on some of its literals: their places, the nodes above them level by level, and the trials that hold these.

    `items` are all items of these trials, end to end; `begins` tells where each trial's begin.
    """

    places: NDArray[np.int64]
    levels: tuple[_Level, ...]
    trials: NDArray[np.int64]
    items: NDArray[np.int64]
    begins: NDArray[np.int64]


class Tally:
    """What came out for each trial: counts of items, and the obstacles that could not go away."""

    def __init__(self, met: NDArray[np.int64], not_met: NDArray[np.int64], unknown: NDArray[np.int64], lasting: NDArray[np.int64]) -> None:
        self.met = met
        self.not_met = not_met
        self.unknown = unknown
        self.lasting = lasting


class Book:
    """Compiled criteria of many trials, in the order in which they were given."""

    def __init__(self, trials: Iterable[Sequence[Criterion]], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._nodes: dict[Reading | None, int] = {None: _UNREAD_NODE}
        self._heights: list[int] = [0]
        self._node_parts: list[tuple[bool, tuple[int, ...]] | None] = [None]
        self.literals: list[Condition] = []
        self._literal_nodes: list[int] = []
        items: list[int] = []
        begins: list[int] = []
        not_read: list[int] = []
        self.places: list[tuple[int, ...]] = []
        for criteria in trials:
            begins.append(len(items))
            places = []
            unread = 0
            for place, criterion in enumerate(criteria):
                if criterion.kind == HEADING:
                    continue
                places.append(place)
                items.append(self._node(criterion.demand))
                unread += criterion.demand is None and criterion.kind != FIELD
            if not places:  # a trial without a rule that could be read: one item that is open
                items.append(_UNREAD_NODE)
            self.places.append(tuple(places))
            not_read.append(unread)
        self.count = len(begins)
        self.items = np.asarray(items, dtype=np.int64)
        self._begins = np.asarray(begins, dtype=np.int64)
        self.not_read = np.asarray(not_read, dtype=np.int64)
        self._levels = self._compiled()
        self._may_change = np.asarray([self._literal_may_change(literal) for literal in self.literals], dtype=np.bool_)
        self._may_still_be_given = np.asarray([isinstance(literal, Had) for literal in self.literals], dtype=np.bool_)

    # --- compiling ---

    def _node(self, reading: Reading | None) -> int:
        """The number of a reading's node. A denied node is written as its number below zero, minus one."""
        if isinstance(reading, Opposite):
            return -self._node(reading.part) - 1
        if isinstance(reading, Unread) or reading is None:
            return _UNREAD_NODE
        known = self._nodes.get(reading)
        if known is not None:
            return known
        if isinstance(reading, Literal):
            height, parts = 0, None
        else:
            children = tuple(self._node(part) for part in reading.parts)
            height = 1 + max(self._heights[child if child >= 0 else -child - 1] for child in children)
            parts = (isinstance(reading, All), children)
        number = len(self._heights)
        self._heights.append(height)
        self._node_parts.append(parts)
        self._nodes[reading] = number
        if isinstance(reading, Literal):
            self.literals.append(parse_expression(reading.text, self._vocabulary, Place("criteria", 1)))
            self._literal_nodes.append(number)
        return number

    def _compiled(self) -> list[_Level]:
        count = len(self._heights)
        self._literal_places = np.asarray(self._literal_nodes, dtype=np.int64)
        self._node_count = count
        self.items = self._signed(self.items)
        levels: list[_Level] = []
        by_height: dict[int, list[int]] = {}
        for number, height in enumerate(self._heights):
            if height:
                by_height.setdefault(height, []).append(number)
        for height in sorted(by_height):
            nodes = by_height[height]
            children: list[int] = []
            begins: list[int] = []
            kinds: list[bool] = []
            for number in nodes:
                parts = self._node_parts[number]
                if parts is None:
                    continue
                begins.append(len(children))
                kinds.append(parts[0])
                children += parts[1]
            levels.append(
                _Level(
                    np.asarray(nodes, dtype=np.int64),
                    self._signed(np.asarray(children, dtype=np.int64)),
                    np.asarray(begins, dtype=np.int64),
                    np.asarray(kinds, dtype=np.bool_),
                )
            )
        return levels

    def _signed(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Denied nodes lie behind the plain ones in the table of truths."""
        return np.where(numbers >= 0, numbers, self._node_count - numbers - 1)

    def _literal_may_change(self, literal: Condition) -> bool:
        """Whether time or treatment could change a literal, whatever its answer. The calendar moves a window."""
        if isinstance(literal, Had):
            return literal.within_days is not None
        return any(self._vocabulary[fact_id].may_change for fact_id in literal.fact_ids)

    # --- matching ---

    def literal_truths(self, situation: Situation) -> Truths:
        """The person's truth of every literal: 0 NO, 1 UNKNOWN, 2 YES."""
        return self.truths_at(situation, range(len(self.literals)))

    def truths_at(self, situation: Situation, places: Sequence[int]) -> Truths:
        """The person's truth of some of the literals, by their places."""
        return np.fromiter((_CODES[self.literals[place].truth(situation)] for place in places), dtype=np.int8, count=len(places))

    def item_truths(self, literal_truths: Truths) -> Truths:
        """The truth of every item of every trial, end to end."""
        return self.node_truths(literal_truths)[self.items]

    def node_truths(self, literal_truths: Truths) -> Truths:
        """The truth of every node, the denied ones behind the plain ones."""
        table = np.full(2 * self._node_count, UNKNOWN_CODE, dtype=np.int8)
        table[self._literal_places] = literal_truths
        table[self._node_count + self._literal_places] = YES_CODE - literal_truths
        for level in self._levels:
            gathered = table[level.children]
            truths = np.where(level.is_and, np.minimum.reduceat(gathered, level.begins), np.maximum.reduceat(gathered, level.begins))
            table[level.nodes] = truths
            table[self._node_count + level.nodes] = YES_CODE - truths
        return table

    def part_resting_on(self, places: Sequence[int]) -> Part:
        """What has to be worked out anew when only these literals change. The same for every person."""
        own = self._literal_places[np.asarray(places, dtype=np.int64)]
        rests = np.zeros(2 * self._node_count, dtype=np.bool_)
        rests[own] = rests[self._node_count + own] = True
        levels = []
        for level in self._levels:
            chosen = np.logical_or.reduceat(rests[level.children], level.begins)
            if chosen.any():
                children, begins = _ranges(level.children, level.begins, chosen)
                nodes = level.nodes[chosen]
                rests[nodes] = rests[self._node_count + nodes] = True
                levels.append(_Level(nodes, children, begins, level.is_and[chosen]))
        chosen = np.logical_or.reduceat(rests[self.items], self._begins)
        items, begins = _ranges(self.items, self._begins, chosen)
        return Part(np.asarray(places, dtype=np.int64), tuple(levels), np.flatnonzero(chosen), items, begins)

    def open_in(self, part: Part, node_truths: Truths, supposed: Truths) -> NDArray[np.bool_]:
        """Which of a part's trials stay open, (trials, cases): `supposed` holds a row of the part's literal truths for each case."""
        table = np.repeat(node_truths[:, np.newaxis], len(supposed), axis=1)
        own = self._literal_places[part.places]
        table[own] = supposed.T
        table[self._node_count + own] = YES_CODE - supposed.T
        for level in part.levels:
            gathered = table[level.children]
            least = np.minimum.reduceat(gathered, level.begins, axis=0)
            truths = np.where(level.is_and[:, np.newaxis], least, np.maximum.reduceat(gathered, level.begins, axis=0))
            table[level.nodes] = truths
            table[self._node_count + level.nodes] = YES_CODE - truths
        # Nothing stands in the way and something is open: the least truth is UNKNOWN.
        is_open: NDArray[np.bool_] = np.minimum.reduceat(table[part.items], part.begins, axis=0) == UNKNOWN_CODE
        return is_open

    def open_trials(self, node_truths: Truths) -> NDArray[np.bool_]:
        """Trials in which nothing stands in the way yet and something is open."""
        is_open: NDArray[np.bool_] = np.minimum.reduceat(node_truths[self.items], self._begins) == UNKNOWN_CODE
        return is_open

    def tally(self, literal_truths: Truths) -> Tally:
        """Counts for each trial. An obstacle lasts where it would stand even if all that may change had changed."""
        if not self.count:
            empty = np.zeros(0, dtype=np.int64)
            return Tally(empty, empty, empty, empty)
        truths = self.item_truths(literal_truths)
        # What was given stays given; what was not may still be.
        may_change = self._may_change | (self._may_still_be_given & (literal_truths == NO_CODE))
        lasting = self.item_truths(np.where(may_change, np.int8(UNKNOWN_CODE), literal_truths))
        return Tally(
            self._per_trial(truths == YES_CODE),
            self._per_trial(truths == NO_CODE),
            self._per_trial(truths == UNKNOWN_CODE),
            self._per_trial(lasting == NO_CODE),
        )

    def _per_trial(self, marked: NDArray[np.bool_]) -> NDArray[np.int64]:
        counts: NDArray[np.int64] = np.add.reduceat(marked.astype(np.int64), self._begins)
        return counts

    def truths_of(self, trial: int, item_truths: Truths) -> Truths:
        """The items' truths of one trial."""
        end = self._begins[trial + 1] if trial + 1 < self.count else len(item_truths)
        return item_truths[self._begins[trial] : end]


def _ranges(values: NDArray[np.int64], begins: NDArray[np.int64], chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The chosen ones of ranges that lie end to end, end to end again, and where each begins."""
    lengths = np.diff(np.append(begins, len(values)))
    kept = lengths[chosen]
    return values[np.repeat(chosen, lengths)], np.cumsum(kept) - kept
