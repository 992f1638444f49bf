"""What each size in a sentence is: of now, of an earlier scan, a distance, one end of a range."""

from __future__ import annotations

from collections.abc import Sequence

from wayline.facts.values import tidy
from wayline.liver.report_mentions import Item, Quantity
from wayline.liver.report_words import ReportWords

NOW, EARLIER, DISTANCE, LOW_END, BOUND, NO_UNIT, TWO_UNITS, ODD, BRACKET, REPEATED, SUM, CHANGE = (
    "now",
    "earlier",
    "distance",
    "low end",
    "bound",
    "no unit",
    "two units",
    "odd",
    "bracket",
    "repeated",
    "sum",
    "change",
)
_LARGEST_CM = 40  # no liver is longer: such a number is a slip or counts something else
_REACH = 9  # items: how far a word such as "previously" reaches
_MM_PER_CM = 10
_OPENS_SIZE = {"(", "[", ":", "=", "."}  # signs between "prev." and its size


def longest_cm(numbers: Sequence[float], unit: str) -> float:
    """The largest of the printed numbers, in cm."""
    return tidy(max(numbers) / _MM_PER_CM if unit == "mm" else max(numbers))


class SizeRoles:
    """Tells the role of each size by the words around it."""

    def __init__(self, items: Sequence[Item], texts: Sequence[str], words: ReportWords) -> None:
        self.items, self.texts, self.words = items, texts, words
        self.roles: dict[int, str] = {}
        for place, item in enumerate(items):
            if item.kind == "size":
                self.roles[place] = self._role(place, item.value)
                if self.roles[place] == NOW:
                    self._replace_before(place)

    def _replace_before(self, place: int) -> None:
        """In "the 2.2 cm lesion has shrunk, now 5 mm" the first size is not of now."""
        at = place - 1
        while self._kind(at) in {"is_measured", "about", "at_most"} or (self._kind(at) == "sign" and self._text(at) == ":"):
            at -= 1
        if self._kind(at) != "now":
            return
        told: set[str] = set()
        for before in range(at - 1, max(at - 1 - 2 * _REACH, -1), -1):
            if self._kind(before) == "size":
                attributive = not {"tumor", "segment", "lobe"} & {self._kind(one) for one in range(max(before - _REACH, 0), before)}
                if self.roles[before] == NOW and (attributive or not told):
                    self.roles[before] = EARLIER
                return
            if self._kind(before) in {"tumor", "segment", "lobe"}:
                if self._kind(before) in told:
                    return
                told.add(self._kind(before))
            elif self._text(before) == ";":
                return

    def _text(self, place: int) -> str:
        item = self.items[place]
        return " ".join(self.texts[item.first : item.last])

    def _kind(self, place: int) -> str:
        return self.items[place].kind if 0 <= place < len(self.items) else ""

    def _text_before(self, place: int) -> str:
        return self._text(place - 1) if place else ""

    def _text_after(self, place: int) -> tuple[str, ...]:
        return tuple(self._text(at) for at in range(place + 1, min(place + 3, len(self.items))))

    def _role(self, place: int, quantity: Quantity) -> str:
        if quantity.unit in {"", "?"}:
            return TWO_UNITS if quantity.unit else NO_UNIT
        if not 0 < longest_cm(quantity.numbers, quantity.unit) <= _LARGEST_CM:
            return ODD
        if self._kind(place + 1) == "size" and self.items[place + 1].value.joined in {"to", "arrow"}:
            following = self.items[place + 1].value
            # A range is told upwards: "31 to 22 mm" is a change.
            shrunk = following.unit in {"cm", "mm"} and longest_cm(quantity.numbers, quantity.unit) > longest_cm(
                following.numbers, following.unit
            )
            changed = shrunk or following.joined == "arrow" or self._changed_before(place)
            return EARLIER if changed else LOW_END
        if self._text_before(place) == "between" and "size" in {self._kind(place + 1), self._kind(place + 2)}:
            return LOW_END
        if self._is_distance(place):
            return DISTANCE
        if self._is_sum(place):
            return SUM
        if self._is_change(place):
            return CHANGE
        before = place - 1
        while self._kind(before) == "about":
            before -= 1
        if self._is_bound(place, before, quantity):
            return BOUND
        if self._earlier_before(place) or self._earlier_after(place):
            return EARLIER
        return self._in_bracket(place) or NOW

    def _is_bound(self, place: int, before: int, quantity: Quantity) -> bool:
        """ "less than 1 cm", "under 1 cm"; "over 11 x 9 cm" tells how far it reaches."""
        if self._text_after(place) in {("or", "less"), ("or", "smaller")}:
            return True
        if before < 0:
            return False
        text = self._text(before)
        return text == "under" or (self._kind(before) in {"fewer_than", "more_than"} and not (text == "over" and len(quantity.numbers) > 1))

    def _is_change(self, place: int) -> bool:
        """ "increased by 4 mm", "4 mm larger"."""
        before = place - 1
        while self._kind(before) == "about":
            before -= 1
        if before >= 0 and self._text(before) == "by" and self._changed_before(before):
            return True
        after = self._text(place + 1) if place + 1 < len(self.items) else ""
        return after in self.words.sets["compares"]

    def _is_sum(self, place: int) -> bool:
        """ "sum of the target lesions: 64 mm"."""
        for at in range(place - 1, max(place - 1 - _REACH, -1), -1):
            if self._kind(at) == "segment" or self._text(at) in {";", "|"}:
                return False
            if any(word in self.words.sets["sum_words"] for word in self._text(at).split(" ")):
                return True
        return False

    def _changed_before(self, place: int) -> bool:
        """Whether "increased from" or the like leads to this size."""
        for at in range(place - 1, max(place - 1 - _REACH, -1), -1):
            if self._kind(at) == "changed":
                return True
            if self._kind(at) in {"tumor", "ranges"}:
                return False
        return False

    def _is_distance(self, place: int) -> bool:
        after = self.items[place].last
        end = self.items[-1].last
        for phrase in self.words.lists["distance_after"]:
            if tuple(self.texts[after : min(after + len(phrase), end)]) == phrase:
                # "2.4 cm from 1.9 cm" tells of growth, not of a distance.
                nearby = range(place + 1, min(place + 5, len(self.items)))
                return not (phrase == ("from",) and any(self._kind(at) in {"size", "earlier", "earlier_exam", "date"} for at in nearby))
        at = place - 1
        while self._kind(at) in {"about", "articles", "is_measured", "fewer_than", "at_most"} or (
            at >= 0 and self._text(at) in {"of", ":"}
        ):
            at -= 1
        if at < 0:
            return False
        upto = self.items[at].last
        return any(tuple(self.texts[max(upto - len(phrase), 0) : upto]) == phrase for phrase in self.words.lists["distance_before"])

    def _earlier_before(self, place: int) -> bool:
        than = place - 1
        while self._kind(than) in {"articles", "about"}:
            than -= 1
        if than > 0 and self._text(than) == "than" and self._kind(than - 1) in {"changed", "stands_for"}:
            return True  # "slightly larger than the 1.7 cm of March"
        present = False  # crossed "measuring" or "at": what was named before them is only compared with
        for at in range(place - 1, max(place - 1 - _REACH, -1), -1):
            kind, text = self._kind(at), self._text(at)
            if kind == "earlier":
                if text in {"was", "were"} and any(self._kind(between) != "about" for between in range(at + 1, place)):
                    return False
                return not (present and self._is_compared(at))
            if kind == "earlier_exam":
                return not present
            if kind == "compared_with":
                return not present and (text != "from" or self._grew(at))
            if kind == "date":
                return self._dated(at, place)
            if kind in {"size", "and"} or text == ",":
                return self._goes_with_earlier(at, place)
            if kind == "is_measured" or text == "at":
                present = True
            elif kind not in {"was_measured", "about", "articles"} and text not in _OPENS_SIZE and not self._is_filler(text):
                return False
        return False

    def _is_filler(self, text: str) -> bool:
        return all(word in self.words.sets["size_fillers"] for word in text.split(" "))

    def _is_compared(self, at: int) -> bool:
        """ "unchanged from prior at 1.2 cm": the prior scan is compared with, its size is not told."""
        return self._kind(at - 1) == "compared_with" or (at > 0 and self._text(at - 1) in {"since", "to", "than", "as", "the"})

    def _grew(self, at: int) -> bool:
        """Whether the "from" at a place stands in "increased from" or "to 1.1 cm from"."""
        return any(self._kind(before) in {"changed", "size", "now"} for before in range(max(at - _REACH, 0), at)) and not any(
            self._kind(before) == "ranges" for before in range(max(at - _REACH, 0), at)
        )

    def _dated(self, at: int, place: int) -> bool:
        """A size with a date before it: "(3/2/2026: 1.9 cm)"."""
        if at + 1 < place and self._text(at + 1) in {":", "="}:
            return True
        return any(self._kind(before) in {"compared_with", "earlier_exam", "earlier"} for before in range(max(at - 4, 0), at))

    def _goes_with_earlier(self, at: int, place: int) -> bool:
        """In "previously 2.1 and 1.5 cm" the second is earlier too."""
        if self.items[place].value.joined in {"to", "arrow"}:
            return False
        while at > 0 and (self._kind(at) == "and" or self._text(at) == ","):
            at -= 1
        between = range(at + 1, place)
        return self.roles.get(at) == EARLIER and all(self._kind(one) in {"and", "sign"} for one in between)

    def _earlier_after(self, place: int) -> bool:
        for at in range(place + 1, min(place + _REACH, len(self.items))):
            kind, text = self._kind(at), self._text(at)
            if kind in {"earlier", "earlier_exam", "date"}:
                return text not in {"was", "were"} and not self._leads_to_size(at + 1)
            if kind not in {"about", "articles", "was_measured"} and text not in {"(", "[", "at"} and not self._is_filler(text):
                return False
        return False

    def _leads_to_size(self, at: int) -> bool:
        while self._kind(at) in {"about", "articles", "was_measured", "is_measured", "date", "compared_with", "earlier"} or (
            at < len(self.items) and (self._text(at) in _OPENS_SIZE or self._is_filler(self._text(at)))
        ):
            at += 1
        return self._kind(at) == "size" or (self._kind(at) == "word" and self._text(at)[0].isdigit())  # "22 mm (previously 41)"

    def _in_bracket(self, place: int) -> str:
        """A second bare size in brackets: the same in another unit, or nobody says what."""
        if place < 2 or self._text(place - 1) not in {"(", "["} or self._kind(place - 2) != "size":
            return ""
        if place + 1 < len(self.items) and self._text(place + 1) not in {")", "]"}:
            return ""
        first, second = self.items[place - 2].value, self.items[place].value
        same = first.unit not in {"", "?"} and longest_cm(first.numbers, first.unit) == longest_cm(second.numbers, second.unit)
        return REPEATED if same else BRACKET
