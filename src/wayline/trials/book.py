"""All trials of a mirror in memory, read once, so that one person is matched against all of them at the speed of memory.

Every literal of every item stands once in one table. A person's truth of each literal is worked out once; the items follow by gathering
those truths through shared nodes, level by level, with Kleene's "and" as the least and "or" as the greatest of NO < UNKNOWN < YES.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN, YES
from wayline.facts.vocabulary import Vocabulary
from wayline.logic.nodes import Condition, Had
from wayline.logic.parsing import parse_expression
from wayline.reading import Place
from wayline.trials.criterion import FIELD, HEADING, Criterion
from wayline.trials.expressions import All, Literal, Opposite, Reading, Unread

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
        self.literal_texts: list[str] = []
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

    # --- what can be kept between runs ---

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything but the literals, as arrays of whole numbers and of yes and no; `from_arrays` makes the same book of them."""
        levels = self._levels
        whole: dict[str, Iterable[NDArray[np.int64]]] = {
            "level_nodes": [level.nodes for level in levels],
            "level_children": [level.children for level in levels],
            "level_begins": [level.begins for level in levels],
        }
        return {
            "node_count": np.asarray([self._node_count], dtype=np.int64),
            "literal_nodes": self._literal_places,
            "items": self.items,
            "item_begins": self._begins,
            "not_read": self.not_read,
            "rules": np.asarray([place for places in self.places for place in places], dtype=np.int64),
            "rule_counts": np.asarray([len(places) for places in self.places], dtype=np.int64),
            "may_change": self._may_change,
            "may_still_be_given": self._may_still_be_given,
            "level_sizes": np.asarray([(len(level.nodes), len(level.children)) for level in levels], dtype=np.int64).reshape(-1, 2),
            **{name: np.concatenate([*parts, np.zeros(0, dtype=np.int64)]) for name, parts in whole.items()},
            "level_is_and": np.concatenate([*(level.is_and for level in levels), np.zeros(0, dtype=np.bool_)]),
        }

    @classmethod
    def from_arrays(
        cls, literals: Sequence[Condition], texts: Sequence[str], arrays: Mapping[str, NDArray[Any]], vocabulary: Vocabulary
    ) -> Book:
        """The book that these arrays were made of. ValueError or KeyError where they do not fit together."""
        book = cls((), vocabulary)
        book.literals, book.literal_texts = list(literals), list(texts)
        book._node_count = int(arrays["node_count"][0])
        book._literal_places, book.items, book._begins = arrays["literal_nodes"], arrays["items"], arrays["item_begins"]
        book.not_read, book.count = arrays["not_read"], len(arrays["item_begins"])
        book._may_change, book._may_still_be_given = arrays["may_change"], arrays["may_still_be_given"]
        ends = np.cumsum(arrays["rule_counts"]).tolist()
        rules = arrays["rules"].tolist()
        book.places = [tuple(rules[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
        sizes = arrays["level_sizes"]
        cuts = [np.split(arrays[name], np.cumsum(sizes[:-1, 0])) for name in ("level_nodes", "level_begins", "level_is_and")]
        children = np.split(arrays["level_children"], np.cumsum(sizes[:-1, 1]))
        book._levels = [
            _Level(nodes, children, begins, is_and)
            for nodes, children, begins, is_and in zip(cuts[0], children, cuts[1], cuts[2], strict=True)
            if len(nodes)
        ]
        book._refuse_what_does_not_fit()
        return book

    def _refuse_what_does_not_fit(self) -> None:
        """Every number points to something that is there: numpy would take one below zero for a place counted from the end."""
        doubled = 2 * self._node_count
        pointers = [
            (self.items, doubled),
            (self._literal_places, self._node_count),
            (self._begins, max(len(self.items), 1)),
            *((level.children, doubled) for level in self._levels),
            *((level.nodes, self._node_count) for level in self._levels),
            *((level.begins, len(level.children)) for level in self._levels),
        ]
        per_literal = (self.literal_texts, self._literal_places, self._may_change, self._may_still_be_given)
        per_trial = (self.not_read, self.places)
        if (
            any(len(numbers) and not 0 <= numbers.min() <= numbers.max() < limit for numbers, limit in pointers)
            or any(len(one) != len(self.literals) for one in per_literal)
            or any(len(one) != self.count for one in per_trial)
            or any(np.any(np.diff(one) <= 0) for one in (self._begins, *(level.begins for level in self._levels)))
        ):
            raise ValueError("the arrays of a book do not fit together")

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
            self.literals.append(parsed_literal(reading.text, self._vocabulary))
            self.literal_texts.append(reading.text)
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
            chosen = _holding(rests[level.children], level.begins)
            if len(chosen):
                children, begins = _ranges(level.children, level.begins, chosen)
                nodes = level.nodes[chosen]
                rests[nodes] = rests[self._node_count + nodes] = True
                levels.append(_Level(nodes, children, begins, level.is_and[chosen]))
        trials = _holding(rests[self.items], self._begins)
        items, begins = _ranges(self.items, self._begins, trials)
        return Part(np.asarray(places, dtype=np.int64), tuple(levels), trials, items, begins)

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


def parsed_literal(text: str, vocabulary: Vocabulary) -> Condition:
    """A literal of a reading as a condition."""
    return parse_expression(text, vocabulary, Place("criteria", 1))


def _holding(marked: NDArray[np.bool_], begins: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of the ranges that lie end to end hold something marked. Few do, so the marks are looked up, not the ranges reduced."""
    return np.unique(np.searchsorted(begins, np.flatnonzero(marked), side="right") - 1)


def _ranges(values: NDArray[np.int64], begins: NDArray[np.int64], chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The chosen ones of ranges that lie end to end, end to end again, and where each begins."""
    lengths = np.append(begins[1:], len(values))[chosen] - begins[chosen]
    new_begins = np.cumsum(lengths) - lengths
    return values[np.arange(lengths.sum()) + np.repeat(begins[chosen] - new_begins, lengths)], new_begins
