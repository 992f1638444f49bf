"""One sentence of a report with what was read before it: the ground on which tumors, numbers and spread are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from wayline.liver.report_findings import FoundAbsence, FoundCount, FoundDistribution, LeftAlone, Size, Span
from wayline.liver.report_groups import Group, Grouping
from wayline.liver.report_mentions import MentionReader, Quantity, number_in
from wayline.liver.report_sentences import Sentence
from wayline.liver.report_sizes import EARLIER, NOW, SizeRoles
from wayline.liver.report_words import ReportWords

_OPENING = 4  # items
_TOLD_OF_THEN = {"was", "were", "had", "showed", "demonstrated"}
_MOST_IN_A_SENTENCE = 60  # lesions that a pronoun may mean; keeps the time of a long report in bounds


@dataclass(slots=True)
class Draft:
    """A lesion while the report is still being read."""

    segments: tuple[str, ...]
    lobe: str | None
    size: Size | None
    sentence: int
    section: int
    row: bool
    near: list[tuple[str, Span]] = field(default_factory=list)
    is_largest: bool = False
    spans: list[Span] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Gathered:
    """What was read of one report so far, and what the next sentence may go on about."""

    texts: list[str]
    mentions: MentionReader
    words: ReportWords
    drafts: list[Draft] = field(default_factory=list)
    counts: list[FoundCount] = field(default_factory=list)
    distributions: list[FoundDistribution] = field(default_factory=list)
    absences: list[FoundAbsence] = field(default_factory=list)
    left: list[LeftAlone] = field(default_factory=list)
    sentence_spans: list[Span] = field(default_factory=list)
    carried: str | None = None  # the organ that the sentence before was about
    harmless: str = ""  # why what was told of last is no tumor: "the largest" of cysts is a cyst
    scans: list[str] = field(default_factory=list)  # of each sentence: whether it tells of an older scan
    other_lobes: bool = False  # whether it was about another organ with a right and a left lobe
    earlier_columns: frozenset[int] = frozenset()
    now_columns: frozenset[int] = frozenset()
    units: dict[int, str] = field(default_factory=dict)  # of the columns whose heading names one


class SentenceWords:
    """The items of one sentence, and the questions that all its readers ask."""

    def __init__(self, report: Gathered, sentence: Sentence, number: int) -> None:
        self.report, self.sentence, self.number = report, sentence, number
        self.items = report.mentions.items(sentence.first, sentence.last)
        self.columns = self._columns()
        self._give_units()
        self.roles = SizeRoles(self.items, report.texts, report.words).roles
        self.grouping = Grouping(self.items, report.texts)
        self.used: set[int] = set()
        self.negated: set[int] = set()  # heads that the report says are not there
        self.is_past = sentence.kind == "past" or bool(report.scans[number]) or self._tells_of_prior_exam()
        self._read_columns()

    @property
    def span(self) -> Span:
        return self.report.sentence_spans[self.number]

    def kind(self, place: int) -> str:
        return self.grouping.kind(place)

    def text(self, place: int) -> str:
        return self.grouping.text(place)

    def places(self, group: Group, *kinds: str) -> list[int]:
        return [place for place in range(group.first, group.last) if self.items[place].kind in kinds]

    def spans(self, places: Iterable[int]) -> tuple[Span, ...]:
        return in_order(Span(self.items[place].start, self.items[place].end) for place in places)

    def _tells_of_prior_exam(self) -> bool:
        """ "On the prior CT there were lesions in segments 5 and 6.": nothing in such a sentence is of now."""
        kinds = [item.kind for item in self.items]
        opening = next((place for place in range(min(_OPENING, len(kinds))) if kinds[place] == "earlier_exam"), None)
        if opening is None or not all(kind in {"prepositions", "articles", "earlier_exam", "next_to"} for kind in kinds[:opening]):
            return False
        if opening == 0 or kinds[0] not in {"prepositions", "next_to"}:
            return False
        told = any(self.text(place) in _TOLD_OF_THEN for place in range(opening, len(kinds)))
        return told and not {"now", "is_measured", "but", "changed", "gone"} & set(kinds)

    def _read_columns(self) -> None:
        """In a table with a column "Prior", the sizes of that column are of an earlier scan."""
        report, columns = self.report, self.columns
        if not columns:
            report.earlier_columns = report.now_columns = frozenset()
            report.units = {}
            return
        if not self.roles:
            kinds = {"earlier", "earlier_exam"}
            report.earlier_columns = frozenset(columns[at] for at in columns if self.kind(at) in kinds) or report.earlier_columns
            report.now_columns = frozenset(columns[at] for at in columns if self.kind(at) == "now") or report.now_columns
            units = report.words.units
            report.units = {columns[at]: units[self.text(at)] for at in columns if self.text(at) in units} or report.units
        for place in self.roles:
            other = report.now_columns and columns.get(place) not in report.now_columns
            if (other or columns.get(place) in report.earlier_columns) and self.roles[place] == NOW:
                self.roles[place] = EARLIER

    def _columns(self) -> dict[int, int]:
        """The column of each item in a row of a table; empty where there is none."""
        columns: dict[int, int] = {}
        column = 0
        for place, item in enumerate(self.items):
            if self.report.texts[item.first] == "|":
                column += 1
            else:
                columns[place] = column
        return columns if column else {}

    def _give_units(self) -> None:
        """A bare number under "Current (mm)" is a size."""
        cells: dict[int, list[int]] = {}
        for place, column in self.columns.items():
            cells.setdefault(column, []).append(place)
        for column, unit in self.report.units.items():
            cell = cells.get(column, [])
            if len(cell) == 1 and self.items[cell[0]].kind in {"word", "size"}:
                item = self.items[cell[0]]
                numbers = item.value.numbers if item.kind == "size" and not item.value.unit else number_in(self.report.texts[item.first])
                if numbers:
                    self.items[cell[0]] = replace(item, kind="size", value=Quantity(numbers, unit))

    def _now(self, group: Group) -> list[int]:
        return [place for place in self.places(group, "size") if self.roles[place] == NOW and place not in self.used]

    def _has_numbered_segment(self, group: Group) -> bool:
        return any(self.items[place].value.numbered for place in self.places(group, "segment"))

    def _is_definite(self, group: Group) -> bool:
        opening = range(group.phrase, group.head + 1 if group.head is not None else group.phrase + 1)
        return bool({"these", "largest"} & self.grouping.kinds(opening)) or self.text(group.phrase) == "the"

    def _previous(self) -> list[Draft]:
        """The lesions of the sentence before, which a pronoun may mean."""
        if self.sentence.opens:
            return []
        return [draft for draft in self.report.drafts[-_MOST_IN_A_SENTENCE:] if draft.sentence == self.number - 1]

    def _number_before(self, head: int, phrase: int) -> tuple[int, int] | None:
        for place in range(phrase, head):
            text = self.text(place)
            if self.kind(place) == "number":
                return self.items[place].value, place
            counts = self.kind(place) == "word" and text.isascii() and text.isdigit() and len(text) <= 2 and int(text) > 0
            if counts and not (self.text(place - 1).isalpha() and self.items[place - 1].end == self.items[place].start):  # T2
                return int(text), place
        return None


def in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in the order of the text; those that overlap become one."""
    joined: list[Span] = []
    for span in sorted(set(spans), key=lambda one: (one.start, one.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
