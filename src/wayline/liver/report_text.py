"""Reading tumors in the liver out of a radiology report that somebody pasted.

Nothing here is taken over by itself: every reading shows the words it rests on, and the person confirms it. So the reader prefers leaving
something alone, with its reason, over guessing. The steps: sentences with their sections (`report_sentences`), sizes, segments and words
(`report_mentions`), what each size is (`report_sizes`), what is told of what (`report_groups`), and here the tumors.
"""

from __future__ import annotations

from collections.abc import Iterable

from wayline.liver.report_findings import (
    FoundAbsence,
    FoundCount,
    FoundDistribution,
    FoundLesion,
    LeftAlone,
    ReportReading,
    Size,
    Span,
)
from wayline.liver.report_ground import Gathered, in_order
from wayline.liver.report_groups import LIVER, OTHER, Group
from wayline.liver.report_lesions import LesionReading
from wayline.liver.report_mentions import MentionReader
from wayline.liver.report_numbers import NumberReading
from wayline.liver.report_sentences import plain, sentences_of, tokens_in
from wayline.liver.report_sizes import BOUND, LOW_END, REPEATED
from wayline.liver.report_words import ReportWords, load_report_words
from wayline.reading import WaylineError

__all__ = [
    "LONGEST_REPORT_CHARACTERS",
    "FoundAbsence",
    "FoundCount",
    "FoundDistribution",
    "FoundLesion",
    "LeftAlone",
    "ReportReader",
    "ReportReading",
    "ReportWords",
    "Size",
    "Span",
    "load_report_words",
]

LONGEST_REPORT_CHARACTERS = 50_000

_REASONS = {
    "earlier": "This size is from an earlier scan.",
    "distance": "This is a distance or a thickness, not the size of a tumor.",
    "no unit": "The unit is missing, so the size was not taken.",
    "two units": "Two units stand in this size, so it was not taken.",
    "odd": "No tumor has this size, so it was not taken.",
    "bracket": "It is not clear what this second size means.",
}
_OTHER_ORGAN = "This is about another organ."
_LIVER_ITSELF = "This is the size of the liver itself."
_WHICH_ORGAN = "It is not clear which organ this is about."
_PAST = "This part of the report does not tell of this scan."
_GONE = "The report says that this is no longer seen."
_SAYS_NO = "The report says no here."
_ONLY_NO_NEW = "The report rules out some tumors here, not all."
_TREATED = "The report speaks of a place that was treated before."
_WHICH_TUMOR = "It is not clear which tumor this size belongs to."


class ReportReader:
    """Reads reports with one set of words; keeps nothing of what it reads."""

    def __init__(self, words: ReportWords) -> None:
        self._words = words

    def read(self, text: str) -> ReportReading:
        """All tumors, numbers and spreads that the report tells of the liver, and what was left alone."""
        if len(text) > LONGEST_REPORT_CHARACTERS:
            raise WaylineError(f"the report is longer than {LONGEST_REPORT_CHARACTERS:,} letters; paste the part on the liver")
        normal = plain(text)
        tokens = tokens_in(normal, self._words)
        texts = [token.text for token in tokens]
        report = Gathered(texts, MentionReader(text, tokens, texts, self._words), self._words)
        for number, sentence in enumerate(sentences_of(text, normal, tokens, self._words)):
            report.sentence_spans.append(Span(tokens[sentence.first].start, tokens[sentence.last - 1].end))
            _SentenceReading(report, sentence, number).read()
        return _result(report)


def _result(report: Gathered) -> ReportReading:
    lesions = tuple(
        FoundLesion(
            draft.segments,
            draft.lobe,
            draft.size,
            tuple(draft.near),
            draft.is_largest,
            in_order(draft.spans),
            report.sentence_spans[draft.sentence],
            tuple(dict.fromkeys(draft.doubts)),
        )
        for draft in report.drafts
    )
    return ReportReading(lesions, tuple(report.counts), tuple(report.distributions), tuple(report.absences), tuple(report.left))


class _SentenceReading(NumberReading, LesionReading):
    """One sentence being read: its groups, one after the other."""

    def read(self) -> None:
        organ: str | None = None
        for group in self.grouping.groups:
            organ = self._organ(group, organ)
            if self._is_negated(group):
                self.negated.add(group.head if group.head is not None else -1)
            self._read_group(group, organ)
            self._account_for_sizes(group, organ)
        if organ is not None:
            self.report.carried = organ
        elif self.sentence.opens:
            self.report.carried = None

    def _organ(self, group: Group, before: str | None) -> str | None:
        organ = self.grouping.organ(group)
        if organ == LIVER and self.sentence.kind == OTHER and not self.grouping.says_liver(group):
            # Under "LUNGS:" a bare "segment 6" is one of the lung.
            return OTHER
        if organ or before:
            return organ or before
        if self.sentence.kind in {LIVER, OTHER}:
            return self.sentence.kind
        return self.report.carried if not self.sentence.opens and self._may_carry(group) else None

    def _may_carry(self, group: Group) -> bool:
        """Whether the group goes on about the organ of the sentence before: a pronoun, "the lesion", "the largest"."""
        if group.head is None:
            return True
        if self.kind(group.head) == "tumor":
            return self.items[group.head].value.carries or self._is_definite(group)
        return True

    def _is_negated(self, group: Group) -> bool:
        head = group.head
        if head is None:
            return False
        if "none" in self.grouping.kinds(range(group.phrase, head)):
            return True
        if self.kind(group.phrase - 1) == "none":
            return True
        follows = head + 1
        while self.text(follows) in {":", "-"}:
            follows += 1
        if self.kind(follows) == "none" and self.text(follows) in {"none", "nil"}:
            return True
        # "no cyst, mass or lesion": one "no" for all of them.
        at = group.phrase - 1
        while at >= 0 and (self.kind(at) == "and" or self.text(at) in {",", "/"}):
            at -= 1
        return at < group.phrase - 1 and at in self.negated

    def _read_group(self, group: Group, organ: str | None) -> None:
        if self.sentence.kind == "past":
            return
        head_kind = self.kind(group.head) if group.head is not None else ""
        self._read_distribution(group, organ, head_kind)
        if organ != LIVER or head_kind in {"other_organs", "places", "diseases"}:
            if head_kind == "tumor" and group.head in self.negated and self.grouping.says_liver(group):
                self._read_negation(group)  # "no lung or liver metastases"
            return
        if head_kind in {"liver_nouns", "lobe"} and not self._has_numbered_segment(group):
            self._leave(self._now(group), _LIVER_ITSELF)
            return
        whole = "liver_itself" in self.grouping.kinds(range(group.first, group.last)) or (
            self.sentence.opens and self.sentence.kind == LIVER
        )
        if head_kind == "" and whole and not self.places(group, "segment", "lobe"):
            self._leave(self._now(group), _LIVER_ITSELF)
            return
        if group.head in self.negated:
            self._read_negation(group)
            return
        if (
            head_kind in {"largest", "another", "stands_for", "number", ""}
            and self.report.harmless
            and (group.first > 0 or not self.sentence.opens)
            and (group.head is not None or self._goes_on_of(group))
        ):
            self._leave_whole(group, [group.head] if group.head is not None else [], self.report.harmless)
            return
        self.report.harmless = ""
        if self._leave_gone_or_harmless(group, head_kind):
            return
        self._read_count(group, head_kind)
        self._read_lesions(group, head_kind)

    def _leave(self, places: Iterable[int], reason: str) -> None:
        for place in places:
            if place not in self.used:
                self.used.add(place)
                self.report.left.append(LeftAlone(reason, self.spans([place]), self.span))

    def _account_for_sizes(self, group: Group, organ: str | None) -> None:
        """Every size that no lesion took is shown with the reason."""
        for place in self.places(group, "size"):
            role = self.roles[place]
            if place in self.used or role in {REPEATED, LOW_END}:
                continue
            if role == BOUND and organ == LIVER:
                continue
            if self.sentence.kind == "past":
                reason = _PAST
            elif organ == OTHER:
                reason = _OTHER_ORGAN
            elif role in _REASONS:
                reason = _REASONS[role]
            elif organ is None:
                reason = _WHICH_ORGAN
            else:
                reason = _SAYS_NO if group.head in self.negated else _WHICH_TUMOR
            self._leave([place], reason)

    def _read_negation(self, group: Group) -> None:
        head = group.head
        assert head is not None
        if self.kind(head) != "tumor":
            return
        words = [self.text(place) for place in range(group.phrase, head)]
        limited = any(self.report.words.has("not_all", word) for text in words for word in text.split(" "))
        limited = limited or bool(self.places(group, "segment", "lobe", "size", "small"))
        opening = [place for place in range(max(group.phrase - 1, 0), group.last) if self.kind(place) == "none"]
        liver = self.places(group, "liver_nouns", "liver_adjectives")[:1]
        spans = self.spans([*opening[:1], head, *liver])
        if not limited and not liver and group.first > 0 and any(head not in self.negated for head in self._heads_before(group)):
            return  # "ablation zone without nodular enhancement" rules out nothing elsewhere
        if limited:
            self.report.left.append(LeftAlone(_ONLY_NO_NEW, spans, self.span))
        else:
            self.report.absences.append(FoundAbsence(spans, self.span))

    def _heads_before(self, group: Group) -> list[int]:
        return [
            one.head
            for one in self.grouping.groups
            if one.first < group.first and one.head is not None and self.kind(one.head) in {"tumor", "benign"}
        ]

    def _leave_gone_or_harmless(self, group: Group, head_kind: str) -> bool:
        inside = range(group.first, group.last)
        gone = [
            place
            for place in self.places(group, "gone")
            if self.kind(place - 1) != "about" and self.text(place - 1) not in {"partially", "incompletely", "partly"}
        ]
        if gone:
            nouns = [group.head] if group.head is not None else []
            self._leave_whole(group, [*gone, *nouns], _GONE)
            return True
        doubts = [self.items[place].value for place in inside if self.kind(place) == "doubt"]
        benign = [place for place in inside if self.kind(place) == "benign" and (place == group.head or place in self.grouping.named)]
        named_tumor = any(self.kind(place) == "tumor" for place in inside if place in self.grouping.named)
        outweighed = any(doubt.outweighs for doubt in doubts) or (named_tumor and head_kind != "benign")
        if benign and not (outweighed and head_kind != "benign") and not self._is_denied(benign[0]):
            reason = self.report.harmless = self.items[benign[0]].value
            if self._tells_of_previous(group, head_kind) and self._previous():
                self._revoke(reason, benign[0])
                return True
            if head_kind in {"benign", "tumor"} or self._now(group) or self._has_numbered_segment(group):
                self._leave_whole(group, [benign[0]], reason)
            self._leave_groups_before(group, benign[0], reason)
            return True
        treated = self.places(group, "treated")
        if treated and not self._now(group):
            self._leave_whole(group, treated[:1], _TREATED)
            return True
        return False

    def _is_denied(self, place: int) -> bool:
        """ "not a cyst"."""
        return "none" in self.grouping.kinds(range(max(place - 3, 0), place))

    def _leave_whole(self, group: Group, places: list[int], reason: str) -> None:
        sizes = self._now(group)
        self.used.update(sizes)
        located = self.places(group, "segment", "lobe")
        if places or sizes or located:
            self.report.left.append(LeftAlone(reason, self.spans([*places, *sizes, *located]), self.span))

    def _leave_groups_before(self, group: Group, place: int, reason: str) -> None:
        """ "2 cm lesion in segment 2 and 1 cm lesion in segment 6, consistent with cysts": both are."""
        if place not in self.grouping.named or not self.text(place).endswith("s"):
            return
        for draft in [draft for draft in self.report.drafts if draft.sentence == self.number]:
            self.report.drafts.remove(draft)
            self.report.left.append(LeftAlone(reason, in_order(draft.spans), self.span))

    def _revoke(self, reason: str, place: int) -> None:
        for draft in self._previous():
            self.report.drafts.remove(draft)
            self.report.left.append(
                LeftAlone(reason, in_order([*draft.spans, *self.spans([place])]), self.report.sentence_spans[draft.sentence])
            )

    def _goes_on_of(self, group: Group) -> bool:
        return group.first == 0 and not self._has_numbered_segment(group) and self.kind(0) in {"these", "is_measured", "now", "size"}
