"""Tumors out of one sentence: which size goes with which segment, and what only repeats or completes an earlier sentence."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from wayline.facts.lesions import SEGMENTS
from wayline.liver.report_findings import LeftAlone, Size, Span
from wayline.liver.report_ground import Draft, SentenceWords
from wayline.liver.report_groups import LIVER, Group
from wayline.liver.report_sizes import BOUND, LOW_END, longest_cm

DOUBT_SMALL = "The report says that it is small and gives no size."
DOUBT_BOUND = "The report gives only a limit for the size."
DOUBT_WHICH_SEGMENT = "The report does not say in which of these segments."
DOUBT_ONE_SIZE = "The report gives one size for more than one tumor."
DOUBT_RANGE = "The report gives a range of sizes; this is its upper end."
DOUBT_WHAT = "The report does not call this a tumor in words that are known here."
_WHICH_SIZE = "It is not clear which of these sizes is that of this scan."
_MOST_EACH = 10
_NEARBY = 6  # items behind a noun, among which its segment stands
_ORDER = SEGMENTS[:-1]


class _Pair(NamedTuple):
    """Where one lesion's places and size stand among the items."""

    places: tuple[int, ...]
    size: int | None


class LesionReading(SentenceWords):
    """Reads the tumors of one group of a sentence."""

    def _read_lesions(self, group: Group, head_kind: str) -> None:
        self._set_aside(group)
        places = self._located(group)
        sizes = self._now(group)
        if sizes and not places and group.first > 0 and self.text(1) == ":" and self.kind(0) in {"segment", "lobe"}:
            places = [0]  # "Segment 6: 2.4 cm lesion and 1.1 cm lesion"
        many = self._is_many(group) or (group.head is None and self.sentence.lists and not sizes)
        if head_kind in {"liver_nouns", "lobe"}:
            many = False
        if not many and (self._are_columns(sizes) or self._are_of_one(group, places, sizes)):
            self.used.update(sizes)
            self.report.left += [LeftAlone(_WHICH_SIZE, self.spans([size]), self.span) for size in sizes]
            sizes = []
        if not places and not sizes:
            self._add_to_previous(group, head_kind)
            return
        if head_kind == "" and not places and not self._goes_on(group):
            return  # its sizes are accounted for: it is not clear which tumor is meant
        if head_kind == "" and not self._has_numbered_segment(group) and not self._goes_on(group) and not self._is_row_of_list(places):
            return
        if not sizes and many and all(self.kind(place) == "lobe" for place in places):
            self._add_to_previous(group, head_kind)
            return
        if not sizes and not self._may_lack_size(group, head_kind):
            return
        small, bounds = self.places(group, "small"), [place for place in self.places(group, "size") if self.roles[place] == BOUND]
        pairs, doubts = self._pairs(places, sizes, many)
        lobes = self.places(group, "lobe")
        drafts = [self._draft(group, pair, lobes) for pair in pairs]
        if not drafts:
            return
        doubts += self._doubts(group) + ([DOUBT_WHAT] if self._is_of_unknown(group, head_kind) else [])
        for draft in drafts:
            draft.doubts += doubts
            if draft.size is None and (small or bounds):
                draft.doubts.append(DOUBT_SMALL if small else DOUBT_BOUND)
                draft.spans += self.spans([*small, *bounds])
        self._share_size(drafts, sizes)
        self._mark_largest(group, drafts, many)
        self._add_near(group, drafts)
        drafts = self._multiplied(group, drafts, sizes)
        again = "another" in self.grouping.kinds(range(group.first, group.last))
        for draft in drafts:
            self._take(draft, group, again)

    def _is_of_unknown(self, group: Group, head_kind: str) -> bool:
        """ "markers in segment 8, 5 mm": a place and a size, and before them a word that may be anything."""
        if head_kind or group.first != 0 or self.sentence.lists:
            return False
        words = [place for place in range(group.first, group.last) if self.kind(place) == "word" and len(self.text(place)) > 3]
        first = min(self.places(group, "segment", "lobe", "size"), default=0)
        if {"largest", "another", "stands_for", "these", "number"} & self.grouping.kinds(range(group.first, first)):
            return False
        labels = self.report.words.sets["place_labels"]
        return any(place < first and self.text(place).isalpha() and self.text(place) not in labels for place in words)

    def _is_row_of_list(self, places: list[int]) -> bool:
        """ "Inferior right lobe, 3.4 cm", under "Liver lesions:"."""
        return self.sentence.lists and bool(places) and self.grouping.kinds(range(places[0])) <= {"word"}

    def _share_size(self, drafts: list[Draft], sizes: list[int]) -> None:
        """ "one in segment 2 and one in segment 8, each 4 mm"."""
        if len(sizes) != 1 or "each" not in self.grouping.kinds([sizes[0] - 1, sizes[0] - 2]):
            return
        for known in self.report.drafts[-_MOST_EACH:]:
            if known.sentence == self.number and known.size is None and known.segments and drafts[0].size:
                known.size = drafts[0].size
                known.spans += drafts[0].spans[:1]

    def _set_aside(self, group: Group) -> None:
        """In "1.2 cm metastasis in segment 6 next to a 3.1 cm cyst in segment 5" size and place of the cyst are not of the tumor."""
        first_segment = min(self.places(group, "segment"), default=group.last)
        for place in self.places(group, "benign"):
            if place == group.head or place in self.grouping.named or place in self.used:
                continue
            first = self.grouping.phrase_start(place, (group.head if group.head is not None else group.first) + 1)
            if not {"next_to", "apart_from", "prepositions"} & self.grouping.kinds(range(first - 1, place)):
                continue
            aside = [at for at in range(first, place) if self.kind(at) == "size" and at not in self.used]
            if first_segment < first:
                behind = range(place + 1, min(place + _NEARBY, group.last))
                aside += [at for at in behind if self.kind(at) == "segment" and at not in self.used]
            if aside:
                self.used.update(aside)
                self.report.left.append(LeftAlone(self.items[place].value, self.spans([*aside, place]), self.span))

    def _are_of_one(self, group: Group, places: list[int], sizes: list[int]) -> bool:
        """Whether one tumor in two segments has two sizes: "a mass in segments 4b and 5, 7.7 cm (6.2 cm)"."""
        singular = group.head is not None and self.kind(group.head) == "tumor"
        if not singular or len(places) < 2 or len(sizes) < 2 or any(self.items[size].value.joined for size in sizes):
            return False
        return len(_blocks(places, sizes)) == 1 and places[-1] < sizes[0] and "number" not in self.grouping.kinds(range(*places[:2]))

    def _are_columns(self, sizes: list[int]) -> bool:
        """Whether several sizes of one tumor stand side by side, as those of several scans do."""
        return any(
            all(self.text(at) == "|" for at in range(one + 1, other)) and not self.items[other].value.joined
            for one, other in pairwise(sizes)
        )

    def _may_lack_size(self, group: Group, head_kind: str) -> bool:
        """Whether a bare segment tells of a tumor: not in "surgical clips in segment 6"."""
        if head_kind in {"tumor", "another", "stands_for", "largest", "number"} or self._goes_on(group):
            return True
        if self.report.words.has("place_labels", self.text(0)) and self.text(1) == ":":
            return True  # "Location: segment 7", of a form
        return self.sentence.lists and group.first == 0 and self.kind(0) in {"segment", "lobe"}

    def _located(self, group: Group) -> list[int]:
        """The segments of the group, or its lobes where it has none; not those that lie behind "resection of"."""
        treated = self.places(group, "treated")
        found = []
        for place in self.places(group, "segment", "lobe"):
            if any(before < place and not self.grouping.kinds(range(before, place)) & {"sign", "stops", "tumor"} for before in treated):
                continue
            if place in self.used or self._is_kept_from(place):
                continue
            found.append(place)
        segments = [place for place in found if self.kind(place) == "segment"]
        return segments or found

    def _is_kept_from(self, place: int) -> bool:
        """ "sparing segment 4", "sparing the left lobe"."""
        at = place - 1
        while self.kind(at) in {"articles", "word", "none"}:
            at -= 1
        return self.kind(at) == "apart_from" or (self.kind(at) == "but" and self.report.words.has("excepting", self.text(at)))

    def _is_many(self, group: Group) -> bool:
        if group.head is None:
            return False
        value = self.items[group.head].value
        if self.kind(group.head) == "tumor":
            return bool(value.many)
        return self.text(group.head) in {"others", "remaining"} or self.text(group.head).endswith(" ones")

    def _goes_on(self, group: Group) -> bool:
        """A group without a noun that speaks of the lesion before: "It measures 2.4 cm.", "Measures 2.4 cm." """
        if group.head is not None or group.first > 0 or self.report.carried != LIVER or not self._previous():
            return False
        return self.kind(0) in {
            "these",
            "is_measured",
            "now",
            "size",
            "changed",
            "at_most",
            "about",
            "next_to",
            "prepositions",
            "largest",
            "placed_by",
        }

    def _pairs(self, places: list[int], sizes: list[int], many: bool) -> tuple[list[_Pair], list[str]]:
        """Which size goes with which place, by their order; a singular noun is one lesion."""
        if not sizes:
            if many or (len(places) > 1 and all(self.kind(place) == "lobe" for place in places)):
                return [_Pair((place,), None) for place in places], []
            return [_Pair(tuple(places), None)], []
        if not places:
            if many or len(sizes) == 1:
                return [_Pair((), size) for size in sizes], []
            return [_Pair((), self._longest(sizes))], []
        if len(sizes) == 1 and len(places) == 1:
            return [_Pair((places[0],), sizes[0])], []
        blocks = _blocks(places, sizes)
        pairs: list[_Pair] = []
        doubts: list[str] = []
        for block_places, block_sizes in blocks:
            if len(block_places) == len(block_sizes):
                pairs += [_Pair((place,), size) for place, size in zip(block_places, block_sizes, strict=True)]
            elif not block_sizes:
                pairs += [_Pair((place,), None) for place in block_places]
            elif len(block_places) == 1 and not many:
                # One lesion with several sizes: its dimensions, of which the longest counts.
                pairs.append(_Pair((block_places[0],), self._longest(block_sizes)))
            elif len(block_places) <= 1:
                pairs += [_Pair(tuple(block_places), size) for size in block_sizes]
            elif len(block_sizes) == 1 and (
                (many and self._is_each(block_places, block_sizes[0]))
                or self.text(block_places[0] - 2) + self.text(block_places[0] - 1) == "eachof"
            ):
                pairs += [_Pair((place,), block_sizes[0]) for place in block_places]
            else:
                pairs += [_Pair(tuple(block_places), size) for size in block_sizes]
                if many or (
                    any(self.items[place].value.listed for place in block_places if self.kind(place) == "segment") and len(block_sizes) > 1
                ):
                    doubts.append(DOUBT_WHICH_SEGMENT)
        return pairs, doubts

    def _is_each(self, places: list[int], size: int) -> bool:
        return "each" in self.grouping.kinds(range(min(*places, size), min(size + 3, len(self.items))))

    def _longest(self, sizes: list[int]) -> int:
        longest = max(sizes, key=lambda place: longest_cm(self.items[place].value.numbers, self.items[place].value.unit))
        self.used.update(sizes)
        return longest

    def _draft(self, group: Group, pair: _Pair, lobe_places: list[int]) -> Draft:
        segments: list[str] = []
        lobe = None
        for place in pair.places:
            if self.kind(place) == "segment":
                segments += self.items[place].value.ids
            else:
                lobe = self.items[place].value
        lobes = {self.items[place].value for place in lobe_places}
        if lobe is None and len(lobes) == 1:
            lobe = lobes.pop()
        told = [*pair.places, *([pair.size] if pair.size is not None else []), *([group.head] if group.head is not None else [])]
        if lobe:
            told += lobe_places if len(lobe_places) == 1 else []
        size = self._size(pair.size) if pair.size is not None else None
        ordered = tuple(one for one in _ORDER if one in segments)
        draft = Draft(ordered, lobe, size, self.number, self.sentence.section, self.sentence.row)
        draft.spans += self.spans(told)
        return draft

    def _size(self, place: int) -> Size:
        self.used.add(place)
        item = self.items[place]
        return Size(item.value.numbers, item.value.unit, Span(item.start, item.end))

    def _doubts(self, group: Group) -> list[str]:
        return [self.items[place].value.message for place in self.places(group, "doubt") if self.kind(place - 1) != "none"]

    def _mark_largest(self, group: Group, drafts: list[Draft], many: bool) -> None:
        sized = [draft for draft in drafts if draft.size]
        largest = self.places(group, "largest")
        ranged = [place for place in self.places(group, "size") if self.roles[place] == LOW_END]
        topped = many and any(
            self.kind(place - 1) == "at_most" or self.kind(place - 2) == "at_most" for place in self.places(group, "size")
        )
        if not sized:
            if largest and len(drafts) == 1:
                drafts[0].is_largest = True
                drafts[0].spans += self.spans(largest[:1])
            return
        top = max(sized, key=lambda draft: draft.size.longest_diameter_cm if draft.size else 0)
        if largest or topped or (ranged and many):
            top.is_largest = True
            top.spans += self.spans(largest[:1])
        elif many and len(sized) == 1 and not ranged and not self._is_attributive(group) and len(top.segments) < 2:
            top.doubts.append(DOUBT_ONE_SIZE)
        if ranged and not many:
            top.doubts.append(DOUBT_RANGE)

    def _is_attributive(self, group: Group) -> bool:
        """ "two 8 mm lesions": the size stands before its noun, or "each" is said."""
        inside = range(group.phrase, group.head or group.phrase)
        return "size" in self.grouping.kinds(inside) or "each" in self.grouping.kinds(range(group.first, group.last))

    def _multiplied(self, group: Group, drafts: list[Draft], sizes: list[int]) -> list[Draft]:
        """ "two 8 mm lesions in segment 6" are two."""
        if len(drafts) != 1 or len(sizes) != 1 or group.head is None or not self._is_attributive(group) or drafts[0].is_largest:
            return drafts
        number = self._number_before(group.head, group.phrase)
        if (
            number is None
            or not 1 < number[0] <= 5
            or self.kind(number[1] - 1) in {"at_least", "more_than", "about", "at_most", "fewer_than"}
        ):
            return drafts
        first = drafts[0]
        return [first] + [
            Draft(
                first.segments,
                first.lobe,
                first.size,
                first.sentence,
                first.section,
                True,
                list(first.near),
                False,
                list(first.spans),
                list(first.doubts),
            )
            for _ in range(number[0] - 1)
        ]

    def _add_near(self, group: Group, drafts: list[Draft]) -> None:
        for place, where, spans in self._near(group):
            before = [draft for draft in drafts if draft.spans and min(span.start for span in draft.spans) <= self.items[place].start]
            located = [draft for draft in before if draft.size is not None or draft.segments]
            draft = max(
                located or before or drafts,
                key=lambda one: max(span.start for span in one.spans if span.start <= self.items[place].start or len(drafts) == 1),
            )
            if where not in {known for known, _span in draft.near}:
                draft.near.append((where, spans[-1]))
                draft.spans += spans

    def _near(self, group: Group) -> list[tuple[int, str, tuple[Span, ...]]]:
        found = []
        for place in self.places(group, "places", "placed_by"):
            if place == group.head:
                continue
            if self.kind(place) == "placed_by":
                denied = self.kind(place - 1) in {"none", "apart_from"} or self.kind(place - 2) in {"none", "apart_from"}
                if not denied:
                    found.append((place, self.items[place].value, self.spans([place])))
            elif self.grouping.relation_of(place) == "next_to":
                found.append((place, self.items[place].value, self.spans([place])))
        return found

    def _tells_of_previous(self, group: Group, head_kind: str) -> bool:
        """Whether a sentence only says more of the lesion before: "This is likely a cyst.", "The lesion is indeterminate." """
        if group.first > 0 or self._now(group) or self.places(group, "segment"):
            return False
        return self.kind(0) in {"these", "doubt", "names_it", "next_to", "placed_by"} or (head_kind == "tumor" and self._is_definite(group))

    def _add_to_previous(self, group: Group, head_kind: str) -> None:
        """A sentence that tells more of the lesion before: "It abuts the IVC.", "These are indeterminate." """
        if head_kind in {"liver_nouns", "benign"} or not self._tells_of_previous(group, head_kind):
            return
        previous = self._previous()
        if not previous:
            return
        for draft in previous:
            draft.doubts += self._doubts(group)
        if len(previous) == 1:
            self._add_near(group, previous)

    def _take(self, draft: Draft, group: Group, again: bool) -> None:
        """Add a lesion, unless it only repeats or completes one that was read before."""
        drafts = self.report.drafts
        self._inherit(draft, group)
        if not again and self._completes(draft, group):
            return
        for known in drafts:
            if known.sentence == draft.sentence and not (known.size is None and draft.size and known.segments == draft.segments):
                continue
            if self._repeats(known, draft, again):
                if known.size is None and draft.size is not None:
                    known.size = draft.size
                    known.spans += draft.spans
                    known.is_largest = known.is_largest or draft.is_largest
                    known.doubts += draft.doubts
                if known.section == draft.section:
                    known.near += [(where, span) for where, span in draft.near if where not in {place for place, _span in known.near}]
                    known.spans += [span for _where, span in draft.near]
                return
        drafts.append(draft)

    def _inherit(self, draft: Draft, group: Group) -> None:
        """ "Lesions in segments 5 and 6, the larger measuring 2 cm": it lies in one of these."""
        if draft.is_largest and not draft.segments and not draft.lobe and group.first > 0:
            lobes = {self.items[place].value for place in range(group.first) if self.kind(place) == "lobe"}
            if len(lobes) == 1 and "both_lobes" not in self.grouping.kinds(range(group.first)):
                draft.lobe = lobes.pop()  # "metastases in the right lobe, the largest 4.4 cm"
        if (
            draft.segments
            or draft.size is None
            or group.head is None
            or self.kind(group.head) not in {"largest", "stands_for", "another", "number", "tumor"}
        ):
            return
        if self.kind(group.head) == "tumor" and not draft.is_largest:
            return
        told = [known for known in self.report.drafts if known.size is None and known.segments and known.sentence == self.number]
        if not told and not self.sentence.opens:
            told = [known for known in self._previous() if known.size is None and known.segments]
        shared = [known for known in self.report.drafts if known.sentence == self.number and known.segments and known.size is not None]
        if told:
            draft.segments = tuple(one for one in _ORDER if any(one in known.segments for known in told))
            draft.spans += [span for known in told for span in known.spans]
            draft.sentence = told[0].sentence
            if len(told) > 1:
                draft.doubts.append(DOUBT_WHICH_SEGMENT)
            for known in told:
                self.report.drafts.remove(known)
        elif (
            shared
            and self.kind(group.head) in {"stands_for", "another"}
            and group.first > 0
            and self.text(group.head) in {"smaller", "larger", "other", "the other", "smallest"}
        ):
            draft.segments = shared[-1].segments

    def _completes(self, draft: Draft, group: Group) -> bool:
        previous = self._previous()
        if len(previous) != 1 or group.first > 0 or draft.is_largest:
            return False
        known = previous[0]
        if not (self._goes_on(group) or (group.head is not None and self._is_definite(group))):
            return False
        if known.size is None and draft.size is not None and not draft.segments:
            known.size = draft.size
        elif known.size is not None and draft.size is None and not known.segments:
            known.segments, known.lobe = draft.segments, known.lobe or draft.lobe
        else:
            return False
        known.spans += draft.spans
        known.near += draft.near
        known.doubts += draft.doubts
        return True

    def _repeats(self, known: Draft, draft: Draft, again: bool) -> bool:
        if again and known.section == draft.section:
            return False
        if known.size and draft.size:
            if not _same_size(known.size, draft.size):
                return False
            if known.section == draft.section and known.row and draft.row:
                return False
            return not known.segments or not draft.segments or bool(set(known.segments) & set(draft.segments))
        if draft.size is None and not draft.segments:
            # "a metastasis in the right lobe", told again in the summary
            return bool(draft.lobe) and known.section != draft.section
        if not set(known.segments) & set(draft.segments):
            return False
        return known.section != draft.section or known.size is None or draft.size is None


def _blocks(places: list[int], sizes: list[int]) -> list[tuple[list[int], list[int]]]:
    """Places and sizes in their order, parted so that each block holds a run of the one and the run of the other that follows."""
    row = sorted([(place, True) for place in places] + [(size, False) for size in sizes])
    first_is_place = row[0][1]
    blocks: list[tuple[list[int], list[int]]] = []
    for number, (at, is_place) in enumerate(row):
        if is_place == first_is_place and (number == 0 or row[number - 1][1] != is_place):
            blocks.append(([], []))
        blocks[-1][0 if is_place else 1].append(at)
    return blocks


def _same_size(one: Size, other: Size) -> bool:
    """Equal, or one is the other rounded as a summary rounds: 4.1 cm and 4 cm."""
    left, right = one.longest_diameter_cm, other.longest_diameter_cm
    if left == right:
        return True
    return (left.is_integer() and round(right) == left and left > 1) or (right.is_integer() and round(left) == right and right > 1)
