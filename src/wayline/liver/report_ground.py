"""One sentence of a report with what was read before it: the ground on which tumors, numbers and spread are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from wayline.liver.report_findings import FoundAbsence, FoundCount, FoundDistribution, LeftAlone, Size, Span
from wayline.liver.report_groups import Group, Grouping
from wayline.liver.report_mentions import MentionReader
from wayline.liver.report_sentences import Sentence
from wayline.liver.report_sizes import EARLIER, NOW, SizeRoles
from wayline.liver.report_words import ReportWords

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
    earlier_columns: frozenset[int] = frozenset()


class SentenceWords:
    """The items of one sentence, and the questions that all its readers ask."""

    def __init__(self, report: Gathered, sentence: Sentence, number: int) -> None:
        self.report, self.sentence, self.number = report, sentence, number
        self.items = report.mentions.items(sentence.first, sentence.last)
        self.roles = SizeRoles(self.items, report.texts, report.words).roles
        self.grouping = Grouping(self.items, report.texts)
        self.used: set[int] = set()
        self.negated: set[int] = set()  # heads that the report says are not there
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

    def _read_columns(self) -> None:
        """In a table with a column "Prior", the sizes of that column are of an earlier scan."""
        bars = [place for place, item in enumerate(self.items) if self.text(place) == "|"]
        if not bars:
            self.report.earlier_columns = frozenset()
            return
        columns = (
            {place: sum(bar < place for bar in bars) for place in range(len(self.items)) if self.kind(place) != "sign"}
            if len(bars) < 20
            else {}
        )
        if not self.roles:
            named = frozenset(columns[place] for place in columns if self.kind(place) in {"earlier", "earlier_exam"})
            self.report.earlier_columns = named or self.report.earlier_columns
        for place in self.roles:
            if columns.get(place) in self.report.earlier_columns and self.roles[place] == NOW:
                self.roles[place] = EARLIER

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
            if self.kind(place) == "word" and text.isascii() and text.isdigit() and len(text) <= 2 and int(text) > 0:
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
