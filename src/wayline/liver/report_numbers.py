"""How many tumors a report tells of, and whether they lie in one lobe or in both."""

from __future__ import annotations

from wayline.liver.report_findings import FoundCount, FoundDistribution, LeftAlone
from wayline.liver.report_ground import SentenceWords
from wayline.liver.report_groups import LIVER, OTHER, Group

_REACH = 9  # items: how far adjectives reach
_ABOUT = "The report gives only a rough number here."


class NumberReading(SentenceWords):
    """Reads counts and spread of one sentence; "approximately 12" is left alone, "multiple" is two or more."""

    def _read_count(self, group: Group, head_kind: str) -> None:
        head = group.head
        if head is None or head_kind != "tumor" or (self.places(group, "largest") and self.kind(head - 1) == "largest"):
            return
        inside = range(group.phrase, head)
        if "largest" in self.grouping.kinds(inside):
            return
        located = bool(self.places(group, "segment", "lobe")) and not any(
            self.kind(place) in {"liver_nouns", "liver_adjectives"} for place in inside
        )
        more = "another" in self.grouping.kinds(inside) or any(self.text(place) == "new" for place in inside)
        single = [place for place in inside if self.kind(place) == "single"]
        value = self.items[head].value
        if single and not value.many and not more:
            self._count(1, 1, [*single, head])
            return
        number = self._number_before(head, group.phrase) if value.many else None
        places = [*inside] if number is None else []
        if number is None and value.many:
            number = self._number_after(group, head)
        if number is not None:
            sided = any(self.text(place) in {"right", "left"} for place in range(group.first, group.last))
            if not self._is_of_before(group, number[1]):
                self._count_number(number, head, loose=located or more or sided)
            return
        many = [place for place in places if self.kind(place) == "many"]
        if not many and value.many:
            many = [
                place
                for place in range(head + 1, group.last)
                if self.kind(place) == "many" and self.kind(place - 1) in {"stops", "sign", "is_measured", "names_it", "word"}
            ]
        if not many and value.many:
            many = self._many_before(group)
        if many and value.many:
            self._count(2, None, [*many[:1], head])

    def _many_before(self, group: Group) -> list[int]:
        """ "multiple, variable sized, hypodense lesions": commas between the adjectives."""
        at = group.phrase - 1
        while at >= max(group.first, group.phrase - _REACH) and (
            self.text(at) == "," or self.kind(at) in {"word", "small", "is_measured", "doubt"}
        ):
            at -= 1
        return [at] if at >= group.first and self.kind(at) == "many" and self.text(group.phrase - 1) == "," else []

    def _is_of_before(self, group: Group, place: int) -> bool:
        """Whether a number is of the scan before: "of the three lesions seen previously", "there were 3 lesions on the prior study"."""
        first = place - 1
        while self.kind(first) in {"articles", "these"}:
            first -= 1
        if self._is_parted(place):
            return True
        if self.text(first) == "of" and self.text(first - 1) != "total" and self.kind(first - 1) not in {"largest", "stands_for"}:
            return True
        for at in range(group.head + 1 if group.head is not None else group.last, group.last):
            kind = self.kind(at)
            if kind in {"earlier_exam", "earlier"}:
                return self.text(at) not in {"was", "were"} and not {"size", "compared_with"} & self.grouping.kinds(
                    [at - 1, at + 1, at + 2]
                )
            if kind not in {"word", "prepositions", "articles", "liver_nouns", "liver_adjectives", "stops"}:
                return False
        return False

    def _is_parted(self, place: int) -> bool:
        """ "seven lesions, of which five are metastases": not all are meant."""
        return any(
            self.text(at) == "of"
            and self.text(at + 1) in {"which", "these", "them", "those"}
            and self.kind(at - 1) not in {"largest", "stands_for"}
            for at in range(place + 1, min(place + 2 * _REACH, len(self.items)))
        )

    def _number_after(self, group: Group, head: int) -> tuple[int, int] | None:
        """ "metastases (at least five)", "number of metastases: 4"."""
        numbered = any(self.text(place).endswith("number") for place in range(group.first, head))
        if numbered and self.text(head + 1) in {":", "=", "is"} and group.last > head + 2:
            return self._number_before(min(group.last, head + 4), head + 2)
        for place in range(head + 1, min(group.last - 1, head + 4)):
            if self.text(place + 1) == "in" and self.text(place + 2) == "number":
                return self._number_before(place + 1, place)  # "metastases, three in number"
        for place in range(head + 1, min(group.last, head + 5)):
            if self.kind(place) in {"at_least", "more_than"}:
                return self._number_before(min(place + 2, group.last), place + 1)
        return None

    def _count_number(self, number: tuple[int, int], head: int, loose: bool) -> None:
        value, place = number
        before = self.kind(place - 1)
        if self.text(place - 1) in {"-", "to", "and", "or"}:
            lower = self._number_before(place - 1, place - 2) if place > 1 else None
            if lower is None or not 0 < lower[0] < value or (self.text(place - 1) == "and" and self.text(place - 3) != "between"):
                return
            self._count(lower[0], None if loose else value, [lower[1], place, head])
            return
        upper = value
        if self.text(place + 1) in {"-", "to", "or"}:
            following = self._number_before(min(place + 3, head), place + 2)
            upper = following[0] if following else value
        told = [*([place - 1] if before in {"at_least", "more_than", "fewer_than", "at_most", "about"} else []), place, head]
        if before == "about":
            self.report.left.append(LeftAlone(_ABOUT, self.spans(told), self.span))
        elif before == "at_least":
            self._count(value, None, told)
        elif before == "more_than":
            self._count(value + 1, None, told)
        elif before == "fewer_than":
            self._count(1, value - 1, told)
        elif before == "at_most":
            self._count(1, value, told)
        elif value > 1 or not loose:
            self._count(value, None if loose else max(value, upper), told)

    def _count(self, at_least: int, at_most: int | None, places: list[int]) -> None:
        known = {(count.at_least, count.at_most) for count in self.report.counts}
        if at_least > 0 and (at_most is None or at_most >= at_least) and (at_least, at_most) not in known:
            self.report.counts.append(FoundCount(at_least, at_most, self.spans(places), self.span))

    def _read_distribution(self, group: Group, organ: str | None, head_kind: str) -> None:
        if organ == OTHER or head_kind in {"benign", "other_organs", "places"} or group.head in self.negated:
            return
        if self.grouping.kinds(range(group.first, group.last)) & {"benign", "gone"}:
            return
        both = [
            place
            for place in self.places(group, "both_lobes")
            if not {"none", "earlier"} & self.grouping.kinds(range(max(place - 2, 0), place))
        ]
        if both and (head_kind or self.report.carried == LIVER or organ == LIVER) and head_kind != "liver_nouns":
            self._spread("both_lobes", both[:1])
        for place in self.places(group, "lobe"):
            if self.kind(place - 1) == "only_before" and self.kind(place - 2) != "none":
                self._spread("one_lobe", [place - 1, place])
            elif self.kind(place + 1) == "only_after":
                self._spread("one_lobe", [place, place + 1])
        for place in self.places(group, "one_lobe"):
            self._spread("one_lobe", [place])

    def _spread(self, value: str, places: list[int]) -> None:
        if value not in {known.value for known in self.report.distributions}:
            self.report.distributions.append(FoundDistribution(value, self.spans(places), self.span))
