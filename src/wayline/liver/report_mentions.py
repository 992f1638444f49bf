"""What stands in one sentence of a report: sizes, segments and words with a role, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wayline.facts.lesions import SEGMENTS
from wayline.liver.report_sentences import Token
from wayline.liver.report_words import ReportWords

_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "iva": "4a", "ivb": "4b"}
_IN_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"}
# T5 to T12 (T1 to T4 are stages and kinds of images) and L1 to L5.
_VERTEBRAE = {"t": frozenset(str(number) for number in range(5, 13)), "l": frozenset("12345")}
_KNOWN = SEGMENTS[:-1]
_LONGEST_LIST = 12
_MOST_DIGITS = 6  # a longer number is no size, whatever its unit
_FIRST_YEAR = 1900  # "2026, 1.8 cm": a year is no size
_BETWEEN_SEGMENTS = {",", "and", "&", "or", "/", "-", "to", "through", "+", "versus"}


@dataclass(frozen=True, slots=True)
class Item:
    """A run of tokens `first` to `last` (exclusive) with one role; `start` and `end` are places in the text."""

    kind: str
    value: Any
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """The value of an item "size": numbers as printed, their unit ("" = none printed, "?" = two), and how it follows the one before."""

    numbers: tuple[float, ...]
    unit: str
    joined: str = ""  # "list" in "2.4 and 1.8 cm", "to" in "1.2 to 3.4 cm"


@dataclass(frozen=True, slots=True)
class SegmentMention:
    """The value of an item "segment": ids of one place; `numbered` is false for names such as "left lateral section"."""

    ids: tuple[str, ...]
    numbered: bool = True
    listed: bool = False  # one of several in a list


class MentionReader:
    """Reads the items of one sentence; looks ahead only a bounded number of tokens, so that time grows with length alone."""

    def __init__(self, raw: str, tokens: Sequence[Token], texts: list[str], words: ReportWords) -> None:
        self.raw, self.tokens, self.texts, self.words = raw, tokens, texts, words

    def items(self, first: int, last: int) -> list[Item]:
        found: list[Item] = []
        segments_open = False
        place = first
        while place < last:
            new = self._special(place, last, segments_open) or [self._phrase(place, last)]
            segments_open = segments_open or any(item.kind == "segment" and item.value.numbered for item in new)
            found += new
            place = new[-1].last
        return found

    def _item(self, kind: str, value: Any, first: int, last: int) -> Item:
        return Item(kind, value, first, last, self.tokens[first].start, self.tokens[last - 1].end)

    def _phrase(self, place: int, last: int) -> Item:
        match = self.words.phrases.longest(self.texts, place, last)
        if match is None:
            text = self.texts[place]
            if text in {"and", "or", "&"}:
                return self._item("and", text, place, place + 1)
            return self._item("word" if text[0].isalnum() else "sign", text, place, place + 1)
        length, phrase = match
        if phrase.role == "named_segment":
            return self._item("segment", SegmentMention(phrase.value, numbered=False), place, place + length)
        if phrase.role == "number" and self.texts[place + 1 : min(place + 4, last)] == ["(", str(phrase.value), ")"]:
            length = 4  # "three (3)"
        return self._item(phrase.role, phrase.value, place, place + length)

    def _special(self, place: int, last: int, segments_open: bool) -> list[Item]:
        text = self.texts[place]
        if text in self.words.sets["segment_words"]:
            return self._segments(place, last)
        if text == "s" and self._glued(place) and self.raw[self.tokens[place].start] == "S":
            return self._s_segments(place, last)
        if text in _ROMAN and place + 1 < last and self.texts[place + 1] in self.words.sets["segment_words"] and len(text) > 1:
            return [self._item("segment", SegmentMention(_ids(_ROMAN[text])), place, place + 2)]
        bracketed = 1 < place < last - 1 and self.texts[place - 1] == "(" and self.texts[place + 1] == ")"
        if text in _ROMAN and bracketed and self.texts[place - 2] in self.words.units:
            return [self._item("segment", SegmentMention(_ids(_ROMAN[text])), place, place + 1)]  # "2.4 cm (VIII)"
        if text in _VERTEBRAE and self._glued(place) and place + 1 < last and self.texts[place + 1] in _VERTEBRAE[text]:
            return [self._item("other_organs", None, place, place + 2)]
        if text in _IN_WORDS and place + 1 < last and self.texts[place + 1] in self.words.units:
            quantity = Quantity((float(_IN_WORDS[text]),), self.words.units[self.texts[place + 1]])
            return [self._item("size", quantity, place, place + 2)]
        if not (text[0].isdigit() or text[0] == "." or text in _ROMAN or text in self.words.sets["series_words"]):
            return self._month_date(place, last)
        reference = self._reference(place, last)
        if reference:
            return reference
        if segments_open and self._goes_on_segments(place, last):
            parsed = self._one_id(place, last, plain=True)
            if parsed:
                return [self._item("segment", SegmentMention(parsed[0], listed=True), place, parsed[1])]
        return self._sizes(place, last)

    # Segments

    def _segments(self, place: int, last: int) -> list[Item]:
        """ "segments V, VI and 7/8", "seg. 4a": one item for each place of the list."""
        many = self.words.has("many_segment_words", self.texts[place])
        at = place + 1
        while at < last and self.texts[at] in {".", "#", "-", "no", ":"} and at < place + 3:
            at += 1
        found = self._id_list(place, at, last, many)
        if not found and at < last and self.texts[at] in _IN_WORDS and not many:
            ids = _ids(_IN_WORDS[self.texts[at]])
            return [self._item("segment", SegmentMention(ids), place, at + 1)]
        return found

    def _id_list(self, start: int, at: int, last: int, many: bool) -> list[Item]:
        parts: list[tuple[list[str], int, int]] = []  # ids, first token, last token
        joiner = ""
        begins = start
        for _ in range(_LONGEST_LIST):
            comma = self._comma_pair(at, last) if (many or joiner in {",", "and", "/"}) or not parts else ()
            parsed = (
                (comma[0], at + 1)
                if len(comma) == 1
                else self._one_id(at, last, plain=bool(parts) and joiner not in {"/", "-"} and not many)
            )
            if len(comma) > 1:
                parts += [(list(ids), begins, at + 1) for ids in comma]
                parsed = (comma[-1], at + 1)
            elif parsed is None:
                break
            elif joiner == "/" and parts:
                parts[-1] = (parts[-1][0] + list(parsed[0]), parts[-1][1], parsed[1])
            elif joiner in {"-", "to", "through"} and parts:
                inside = _between(parts[-1][0], parsed[0])
                if len(inside) > 2 and len(parts[-1][0]) + len(parsed[0]) < len(inside):
                    # All parts of "segments 2-8" share these tokens; each can be shown.
                    parts += [([one], begins, parsed[1]) for one in inside if one not in parts[-1][0]]
                else:
                    parts[-1] = (parts[-1][0] + list(parsed[0]), parts[-1][1], parsed[1])
            else:
                parts.append((list(parsed[0]), begins, parsed[1]))
            at = parsed[1]
            joiner, at_next = self._joiner(at, last)
            if not joiner:
                break
            at = begins = at_next
        listed = len(parts) > 1
        return [self._item("segment", SegmentMention(_sorted(ids), listed=listed), max(first, start), end) for ids, first, end in parts]

    def _joiner(self, at: int, last: int) -> tuple[str, int]:
        """The sign or word between two segments of a list, and where the next one begins."""
        if at >= last or self.texts[at] not in _BETWEEN_SEGMENTS:
            return "", at
        joiner, after = self.texts[at], at + 1
        while after < last and after < at + 3 and self.texts[after] in {"and", "/", "or"}:
            after += 1
        while after < last and self.texts[after] in self.words.sets["segment_words"]:
            after += 1
        return joiner, after

    def _comma_pair(self, at: int, last: int) -> tuple[tuple[str, ...], ...]:
        """ "5,6" in a list of segments is two of them, not five point six."""
        if at >= last or len(self.texts[at]) != 3 or self.texts[at][1] != "," or self._is_measured(at + 1, last):
            return ()
        numbers = self.texts[at][0], self.texts[at][2]
        return tuple(_ids(number) for number in numbers) if all(number in "12345678" for number in numbers) else ()

    def _one_id(self, at: int, last: int, plain: bool) -> tuple[tuple[str, ...], int] | None:
        """The segment that is named at a token, and where it ends; `plain`: it must not be the count of something else."""
        if at >= last:
            return None
        text, after = self.texts[at], at + 1
        if text in {"a", "b"} and self.texts[at - 1] == "/":  # the b of "4a/b"
            return (f"4{text}",), after
        if text in {"4a", "4b"}:
            return (text,), after
        number = _ROMAN.get(text, text)
        if number not in {*"12345678", "4a", "4b"}:
            return None
        if number == "4" and after < last and self.texts[after] in {"a", "b", "ab"} and self._belongs(at):
            letters = self.texts[after]
            return tuple(f"4{letter}" for letter in letters), after + 1
        if number == "4" and after + 1 < last and self.texts[after] == "-" and self.texts[after + 1] in {"a", "b"}:
            return (f"4{self.texts[after + 1]}",), after + 2
        if text.isdigit() and (self._is_measured(after, last) or (plain and after < last and self.words.has("counted", self.texts[after]))):
            return None
        return _ids(number), after

    def _belongs(self, at: int) -> bool:
        """Whether the letter behind a token belongs to it: "4a", "IV A", but not the article in "segment 4 a 2 cm lesion"."""
        return self._glued(at) or self.raw[self.tokens[at + 1].start].isupper()

    def _glued(self, at: int) -> bool:
        return at + 1 < len(self.tokens) and self.tokens[at + 1].start == self.tokens[at].end

    def _is_measured(self, after: int, last: int) -> bool:
        """Whether the number before a token is the beginning of a size."""
        if after >= last:
            return False
        follows = self.texts[after]
        return follows in self.words.units or (
            follows in self.words.sets["times_signs"] and after + 1 < last and self.texts[after + 1][0].isdigit()
        )

    def _s_segments(self, place: int, last: int) -> list[Item]:
        """ "S8", "S4a/S5"; the S of a series ("S4 image 52") and of the spine ("S1 vertebra") is another."""
        found = self._id_list(place, place + 1, last, many=False)
        if not found:
            return []
        at = found[-1].last
        while at + 1 < last and self.texts[at] in {"/", "-", ",", "and"} and self.texts[at + 1] == "s" and self._glued(at + 1):
            more = self._id_list(at + 1, at + 2, last, many=False)
            if not more:
                break
            if self.texts[at] in {"/", "-"}:
                ids = _sorted([*found[-1].value.ids, *more[0].value.ids])
                found[-1] = replace(found[-1], value=SegmentMention(ids), last=more[0].last, end=more[0].end)
            else:
                found += more
            at = more[-1].last
        follows = self.texts[at : min(at + 3, last)]
        if any(text in self.words.sets["series_words"] for text in follows) or (
            follows and follows[0] in {":", "vertebra", "vertebral", "sacral", "level", "nerve"} and follows[-1].isdigit()
        ):
            return [self._item("word", "s", place, at)]
        return found

    def _goes_on_segments(self, place: int, last: int) -> bool:
        """In "segments 5 (2.2 cm), 6 (1.1 cm) and 8": whether the token at `place` is the next segment of the list."""
        before = self.texts[place - 1] if place else ""
        two_before = self.texts[place - 2] if place > 1 else ""
        parted = before in {",", "and", ";"} and (two_before in {")", ",", *self.words.units})
        if not parted or self._is_measured(place + 1, last):
            return False
        after = self.texts[place + 1] if place + 1 < last else "."
        return after in {"(", ":", ".", ",", "and", ";", ")", "-", "measuring"} or after[0].isdigit() or after in {"a", "b"}

    # Sizes

    def _reference(self, place: int, last: int) -> list[Item]:
        """Dates and image numbers, which are no sizes."""
        texts = self.texts
        if texts[place] in self.words.sets["series_words"]:
            at = place + 1
            while (
                at < last
                and at < place + 8
                and (
                    texts[at].isdigit()
                    or texts[at] in {"/", ".", "#", "-", ":", "no", "number"}
                    or texts[at] in self.words.sets["series_words"]
                )
            ):
                at += 1
            while at > place + 1 and not texts[at - 1].isdigit():
                at -= 1
            if at > place + 1 and self._is_measured(at, last):
                at -= 1
            return [self._item("reference", None, place, at)] if at > place + 1 else []
        if place + 2 < last and texts[place + 1] == "." and texts[place + 2].isdigit() and self._glued(place) and self._glued(place + 1):
            return [self._item("date", None, place, place + 3)]  # 27.01.2025 is 27.01 and . and 2025
        if not texts[place].isdigit():
            return []
        if (
            place + 4 < last
            and texts[place + 1] in {"/", "-"}
            and texts[place + 3] == texts[place + 1]
            and texts[place + 2].isdigit()
            and texts[place + 4].isdigit()
        ):
            return [self._item("date", None, place, place + 5)]
        if place + 1 < last and (texts[place + 1] == ":" and self._glued(place) and place + 2 < last and texts[place + 2].isdigit()):
            return [self._item("reference", None, place, place + 3)]
        if place + 2 < last and texts[place + 1] == "/" and texts[place + 2].isdigit() and not self._is_measured(place + 3, last):
            bare = texts[place - 1] == "(" and texts[place + 3 : place + 4] == [")"]  # "2.2 cm (4/38)": series and image
            year = len(texts[place + 2]) == 4 or (len(texts[place + 2]) == 2 and int(texts[place]) <= 12 and not bare)
            return [self._item("date" if year else "reference", None, place, place + 3)]
        if place + 1 < last and texts[place + 1] in self.words.sets["months"]:
            end = place + 3 if place + 2 < last and texts[place + 2].isdigit() and not self._is_measured(place + 3, last) else place + 2
            return [self._item("date", None, place, end)]
        if len(texts[place]) == 4 and _FIRST_YEAR <= int(texts[place]) < _FIRST_YEAR + 200 and not self._is_measured(place + 1, last):
            return [self._item("date", None, place, place + 1)]
        return []

    def _month_date(self, place: int, last: int) -> list[Item]:
        """ "March 2026", "Mar 3, 2026", "in May"."""
        named = self.words.has("months", self.texts[place]) and self.raw[self.tokens[place].start].isupper()
        if named and place and self.texts[place - 1] in {"in", "since", "last", "from"} and not self._is_followed_by_number(place, last):
            return [self._item("date", None, place, place + 1)]
        if not self.words.has("months", self.texts[place]) or place + 1 >= last or not self.texts[place + 1].isdigit():
            return []
        end = place + 2
        if self._is_measured(end, last):
            return []
        after = end + 1 if end < last and self.texts[end] == "," else end
        if after < last and self.texts[after].isdigit() and len(self.texts[after]) == 4:
            end = after + 1
        return [self._item("date", None, place, end)]

    def _is_followed_by_number(self, place: int, last: int) -> bool:
        return place + 1 < last and self.texts[place + 1].isdigit() and not self._is_measured(place + 2, last)

    def _sizes(self, place: int, last: int) -> list[Item]:
        """One size, or several that share a unit; numbers without any unit only where they are multiplied ("2.1 x 1.8")."""
        if place and self._glued(place - 1) and self.texts[place - 1].isalpha() and self.texts[place - 1] not in {"x", *self.words.units}:
            return []  # T12, L4
        first = self._quantity(place, last)
        if first is None:
            return []
        if not first[0].unit and self._counts_other(place):
            return [self._item("reference", None, place, first[1])]  # "SUV 8.2, 2.2 cm"
        row = [(first[0], place, first[1])]
        joined = ""
        while len(row) < _LONGEST_LIST:
            word, at = self._size_joiner(row[-1][2], last)
            if not word or (word == "list" and row[-1][0].unit):
                break
            following = self._quantity(at, last)
            if following is None:
                break
            row.append((replace(following[0], joined=word), at, following[1]))
            joined = word
        while len(row) > 1 and not row[-1][0].unit:
            row.pop()
        unit = row[-1][0].unit
        if not unit:
            quantity, start, end = row[0]
            return [self._item("size", quantity, start, end)] if len(quantity.numbers) > 1 else []
        if len(row) > 1 and joined == "list" and len(row[0][0].numbers) == 1 and _looks_counted(self.texts, row):
            return []
        return [self._item("size", replace(quantity, unit=quantity.unit or unit), start, end) for quantity, start, end in row]

    def _counts_other(self, place: int) -> bool:
        """Whether the number is of "SUV", "HU" and the like."""
        for at in range(place - 1, max(place - 4, -1), -1):
            if self.texts[at] in self.words.sets["other_quantities"]:
                return True
            if self.texts[at] not in {"of", ":", "=", "~", "max", "mean", "peak", "-", "approximately"}:
                return False
        return False

    def _size_joiner(self, at: int, last: int) -> tuple[str, int]:
        if at >= last:
            return "", at
        text = self.texts[at]
        if text in {"to", "-"} or text in self.words.sets["arrows"]:
            after = at + 2 if at + 1 < last and self.texts[at + 1] == "up" else at + 1
            return ("arrow" if text in self.words.sets["arrows"] else "to"), after
        if text in {",", "and", "or", "&"}:
            after = at + 2 if at + 1 < last and text == "," and self.texts[at + 1] == "and" else at + 1
            return "list", after
        return "", at

    def _quantity(self, at: int, last: int) -> tuple[Quantity, int] | None:
        """ "3.4 (AP) x 2.1 cm" at a token, and where it ends."""
        numbers: list[float] = []
        units: list[str] = []
        while len(numbers) < 4:
            number = _number(self.texts[at]) if at < last else None
            if number is None:
                break
            numbers.append(number)
            end = at = at + 1
            at = self._dimension(at, last)
            if at < last and self.texts[at] in self.words.units:
                if self._of_area(at, last):
                    return None
                units.append(self.words.units[self.texts[at]])
                end = at = at + 1
                at = self._dimension(at, last)
            elif units and len(numbers) > 1:
                units.append("")
            if at >= last or self.texts[at] not in self.words.sets["times_signs"] or at + 1 >= last or _number(self.texts[at + 1]) is None:
                break
            at += 1
        if not numbers:
            return None
        told = {unit for unit in units if unit}
        unit = told.pop() if len(told) == 1 else "?" if told else ""
        if units and not units[-1]:
            unit = "?"  # "3 cm x 2": nobody knows what the last number counts
        return Quantity(tuple(numbers), unit), end

    def _dimension(self, at: int, last: int) -> int:
        """Past "(AP)" or "AP", which may stand between a number and what follows."""
        dimensions = self.words.sets["dimension_words"]
        if at + 2 < last and self.texts[at] == "(" and self.texts[at + 1] in dimensions and self.texts[at + 2] == ")":
            return at + 3
        if (
            at + 1 < last
            and self.texts[at] in dimensions
            and (self.texts[at + 1] in self.words.sets["times_signs"] or self.texts[at + 1] in self.words.units)
        ):
            return at + 1
        return at

    def _of_area(self, at: int, last: int) -> bool:
        """cm2, cm3, mm/h, mmHg: no lengths."""
        if at + 1 >= last:
            return False
        follows = self.texts[at + 1]
        if follows == "hg":
            return True
        return self._glued(at) and (
            follows in {"2", "3", "²", "³", "^"} or (follows == "/" and at + 2 < last and self.texts[at + 2].isalpha())
        )


def _number(text: str) -> float | None:
    if not (text[0].isdigit() or text[0] == ".") or text == "." or len(text) > _MOST_DIGITS or not text.isascii():
        return None
    return float(text.replace(",", "."))


def number_in(text: str) -> tuple[float, ...]:
    """The number that a token is, if it is one."""
    number = _number(text)
    return () if number is None else (number,)


def _looks_counted(texts: list[str], row: list[tuple[Quantity, int, int]]) -> bool:
    """In "lesion 1, 2.4 cm" the whole number is a label: sizes of one list are printed alike."""
    return "." not in texts[row[0][1]] and "," not in texts[row[0][1]] and any("." in texts[start] for _quantity, start, _end in row[1:2])


def _ids(number: str) -> tuple[str, ...]:
    """A bare 4 is 4a, 4b or both."""
    return ("4a", "4b") if number == "4" else (number,)


def _sorted(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in _KNOWN if one in ids)


def _between(left: Sequence[str], right: Sequence[str]) -> list[str]:
    low, high = _KNOWN.index(left[0]), _KNOWN.index(right[-1])
    return list(_KNOWN[low : high + 1])
