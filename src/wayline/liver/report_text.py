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
from wayline.liver.report_scans import OLDER, UNCLEAR, scans_told
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
    "change": "This is by how much a size changed.",
    "sum": "This is the sum of several sizes.",
    "bracket": "It is not clear what this second size means.",
}
_OTHER_ORGAN = "This is about another organ."
_LIVER_ITSELF = "This is the size of the liver itself."
_WHICH_ORGAN = "It is not clear which organ this is about."
_PAST = "This part of the report does not tell of this scan."
_WHICH_SCAN = "The text tells of several scans, and it is not clear which is the newest."
_GONE = "The report says that this is no longer seen."
_SAYS_NO = "The report says no here."
_ONLY_NO_NEW = "The report rules out some tumors here, not all."
_TREATED = "The report speaks of a place that was treated before."
# What may stand between "no" and its noun without leaving some tumors open.
_LEAVE_NOTHING_OPEN = {
    *(
        "none",
        "and",
        "articles",
        "prepositions",
        "liver_nouns",
        "liver_adjectives",
        "other_organs",
        "places",
        "diseases",
        "doubt",
        "single",
    ),
    *("both_lobes", "these", "now"),
}
_WHICH_TUMOR = "It is not clear which tumor this size belongs to."


_REACH = 9  # items: how far before "(cyst)" its place and size may stand


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
        sentences = sentences_of(text, normal, tokens, self._words)
        report.scans = scans_told(sentences, report.mentions, self._words)
        for number, sentence in enumerate(sentences):
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
    absences, left = report.absences, report.left
    if any(not lesion.doubts for lesion in lesions):
        # What is ruled out beside a tumor is the rest, however it is worded.
        left = left + [LeftAlone(_ONLY_NO_NEW, absence.spans, absence.sentence) for absence in absences]
        absences = []
    return ReportReading(lesions, tuple(report.counts), tuple(report.distributions), tuple(absences), tuple(left))


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
            if any(self.kind(place) == "other_organs" for place in range(len(self.items))):
                self.report.other_lobes = any(self.report.words.has("other_lobed", self.text(place)) for place in range(len(self.items)))
            elif organ == LIVER:
                self.report.other_lobes = False
            self.report.carried = organ
        elif self.sentence.opens:
            self.report.carried = None

    def _organ(self, group: Group, before: str | None) -> str | None:
        organ = self.grouping.organ(group)
        if organ == LIVER and self.report.other_lobes and not self.sentence.opens and not self._says_more_than_lobe(group):
            return OTHER  # "The thyroid is enlarged. There is a nodule in the left lobe."
        if organ == LIVER and self.sentence.kind == OTHER and not self.grouping.says_liver(group):
            # Under "LUNGS:" a bare "segment 6" is one of the lung.
            return OTHER
        if organ or before:
            return organ or before
        if self.sentence.kind in {LIVER, OTHER}:
            return self.sentence.kind
        return self.report.carried if not self.sentence.opens and self._may_carry(group) else None

    def _says_more_than_lobe(self, group: Group) -> bool:
        return (
            self.grouping.says_liver(group)
            or "lobe" not in self.grouping.kinds(range(group.first, group.last))
            or any("hepatic" in self.text(place) or "liver" in self.text(place) for place in self.places(group, "lobe"))
            or self._has_numbered_segment(group)
        )

    def _may_carry(self, group: Group) -> bool:
        """Whether the group goes on about the organ of the sentence before: a pronoun, "the lesion", "the largest"."""
        if group.head is None:
            return True
        if self.kind(group.head) == "tumor":
            # "The tumor" is as often the one in the esophagus.
            return self.items[group.head].value.carries or (self._is_definite(group) and self.text(group.head) not in {"tumor", "tumors"})
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
        if at < group.phrase - 1 and at in self.negated:
            return True
        # "no focal or suspicious lesion"
        if self.text(group.phrase - 1) not in {"or", "nor"}:
            return False
        return "none" in self.grouping.kinds([at]) or (self.kind(at) in {"word", "doubt"} and self.kind(at - 1) == "none")

    def _read_group(self, group: Group, organ: str | None) -> None:
        if self.is_past:
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
        if head_kind == "tumor" and self.report.harmless and not self.sentence.opens and self._is_alike(group):
            self._leave_whole(group, [group.head] if group.head is not None else [], self.report.harmless)
            return
        self.report.harmless = ""
        if self._leave_gone_or_harmless(group, head_kind):
            return
        if not any(self.kind(place) == "benign" and place in self.used for place in range(group.first, group.last)):
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
            scan = self.report.scans[self.number]
            if self.is_past:
                reason = _REASONS["earlier"] if scan == OLDER else _WHICH_SCAN if scan == UNCLEAR else _PAST
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
        limited = any(self._rules_out_some(place) for place in range(group.phrase, head))
        limited = limited or bool(self.places(group, "segment", "lobe", "size", "small"))
        limited = limited or any(
            self.report.words.has("elsewhere", self.text(place)) for place in range(max(group.phrase - 3, 0), group.last)
        )
        opening = [place for place in range(max(group.phrase - 1, 0), group.last) if self.kind(place) == "none"]
        liver = self.places(group, "liver_nouns", "liver_adjectives")[:1]
        spans = self.spans([*opening[:1], head, *liver])
        if not limited and not liver and group.first > 0 and any(head not in self.negated for head in self._heads_before(group)):
            return  # "ablation zone without nodular enhancement" rules out nothing elsewhere
        if limited:
            self.report.left.append(LeftAlone(_ONLY_NO_NEW, spans, self.span))
        else:
            self.report.absences.append(FoundAbsence(spans, self.span))

    def _rules_out_some(self, place: int) -> bool:
        """Whether a word between "no" and its noun leaves other tumors open: "no new lesion"."""
        if self.kind(place) in {"word", "sign"}:
            return self.text(place) not in {",", "/"} and not self.report.words.has("rules_out_all", self.text(place))
        return self.kind(place) not in _LEAVE_NOTHING_OPEN

    def _heads_before(self, group: Group) -> list[int]:
        return [
            one.head
            for one in self.grouping.groups
            if one.first < group.first and one.head is not None and self.kind(one.head) in {"tumor", "benign"}
        ]

    def _leave_bracketed(self, group: Group) -> None:
        """In "2.3 cm in segment 7 (metastasis) and 1.2 cm in segment 2 (cyst)" only the place before "(cyst)" is left alone."""
        if len(self.places(group, "segment")) < 2:
            return
        for place in self.places(group, "benign", "gone", "ablated"):
            if not self.grouping.is_bracketed(place):
                continue
            reason = {"gone": _GONE, "ablated": _TREATED}.get(self.kind(place)) or self.items[place].value
            told = []
            for at in range(place - 1, max(group.first - 1, place - _REACH), -1):
                if self.kind(at) == "and" or self.text(at) in {",", ";", ":", ")"}:
                    break
                told += [at] if self.kind(at) in {"segment", "size"} and at not in self.used else []
            if told:
                self.used.update([*told, place])
                self.report.left.append(LeftAlone(reason, self.spans([*told, place]), self.span))

    def _leave_gone_or_harmless(self, group: Group, head_kind: str) -> bool:
        self._leave_bracketed(group)
        inside = [place for place in range(group.first, group.last) if place not in self.used]
        gone = [
            place
            for place in self.places(group, "gone")
            if place not in self.used
            and not self._was_not_there(place)
            and self.kind(place - 1) != "about"
            and self.text(place - 1) not in {"partially", "incompletely", "partly"}
        ]
        if gone:
            nouns = [group.head] if group.head is not None else []
            if self._tells_of_previous(group, head_kind) and not self._is_one_of_several(group):
                self._revoke(_GONE, gone[0])
            self._leave_whole(group, [*gone, *nouns], _GONE)
            return True
        doubts = [self.items[place].value for place in inside if self.kind(place) == "doubt"]
        benign = [place for place in inside if self.kind(place) == "benign" and (place == group.head or place in self.grouping.named)]
        named_tumor = any(self.kind(place) == "tumor" for place in inside if place in self.grouping.named)
        versus = bool(benign) and self.kind(benign[0] + 1) == "compared_with"  # "hemangioma versus metastasis"
        outweighed = versus or any(doubt.outweighs for doubt in doubts) or (named_tumor and head_kind != "benign")
        if benign and outweighed and head_kind == "benign" and self._tells_of_previous(group, head_kind) and self._previous():
            for draft in self._previous():  # "Differential includes hemangioma and metastasis."
                draft.doubts += self._doubts(group)
            return True
        if benign and not (outweighed and head_kind != "benign") and not self._is_denied(benign[0]):
            reason = self.report.harmless = self.items[benign[0]].value
            if self._tells_of_previous(group, head_kind) and self._previous():
                self._revoke(reason, benign[0])
                return True
            if head_kind in {"benign", "tumor"} or self._now(group) or self._has_numbered_segment(group):
                self._leave_whole(group, [benign[0]], reason)
            self._leave_groups_before(group, benign[0], reason)
            return True
        ablated = [place for place in self.places(group, "ablated") if place not in self.used]
        if ablated and head_kind in {"tumor", ""} and not self._recurs(group):
            self._leave_whole(group, ablated[:1], _TREATED)
            return True
        treated = self.places(group, "treated")
        if treated and not self._now(group):
            self._leave_whole(group, treated[:1], _TREATED)
            return True
        return False

    def _was_not_there(self, place: int) -> bool:
        """ "not visible on the prior study", "previously not visible": it is new."""
        after = self.grouping.kinds(range(place + 1, place + 4))
        return "not" in self.text(place).split(" ") and (
            "earlier_exam" in after or "earlier" in self.grouping.kinds([place - 1, place + 1])
        )

    def _is_one_of_several(self, group: Group) -> bool:
        """ "The smaller lesion has resolved": not those told of in the sentence before."""
        return bool({"stands_for", "another", "largest", "number"} & self.grouping.kinds(range(group.first, group.last)))

    def _recurs(self, group: Group) -> bool:
        words = self.report.words.sets["recurs"]
        return any(
            "none" not in self.grouping.kinds([place - 1, place - 2])
            for place in range(group.first, group.last)
            if any(word in words for word in self.text(place).split(" "))
        )

    def _is_denied(self, place: int) -> bool:
        """ "not a cyst", but not "no enhancement - cyst"."""
        at = place - 1
        while at >= max(place - 3, 0) and self.kind(at) not in {"sign", "stops"}:
            if self.kind(at) == "none":
                return True
            at -= 1
        return False

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

    def _is_alike(self, group: Group) -> bool:
        """ "a similar 8 mm lesion", told after a cyst."""
        words = self.report.words.sets["alike"]
        return any(self.text(place) in words for place in range(group.phrase, group.last))

    def _goes_on_of(self, group: Group) -> bool:
        return group.first == 0 and not self._has_numbered_segment(group) and self.kind(0) in {"these", "is_measured", "now", "size"}
