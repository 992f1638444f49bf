"""A report cut into tokens, sentences and sections.

Reports are pasted from portals and PDFs: lines are wrapped anywhere, headings and list numbers stand without blank lines. A line's end
counts as the end of a sentence where the next line's first word would still have fitted: then somebody meant it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wayline.liver.report_words import TOKEN, ReportWords

# One sign for each of many that look alike; each replaces one character by one, so that places in the text stay what they are.
_LOOK_ALIKES = str.maketrans("×⨯✕∗’‘“”–—−‐‑\u00a0\u2009\u202f\r∼≈≤≥", "xxx*''\"\"-----    ~~<>")
_INNER_TAB = re.compile(r"(?<=[^\s])\t(?=[^\s])")
_NARROWEST_WRAP = 50  # characters: nobody wraps prose narrower than this
_MOST_HEADING_TOKENS = 9


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign: normalised, and where it stands."""

    text: str
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens `first` to `last` (exclusive) of the report, without heading and list number.

    `kind` is that of the section; `opens` is true where nothing carries over from the sentence before; `row` where it is a list row;
    `lists` where the heading says that tumors follow ("Liver metastases:").
    """

    first: int
    last: int
    kind: str
    section: int
    opens: bool
    row: bool
    lists: bool


def plain(text: str) -> str:
    """Small letters and plain signs, each at its old place."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals have longer small forms
        lower = "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
    # A tab inside a line parts the cells of a table, as a bar does.
    return _INNER_TAB.sub("|", lower.translate(_LOOK_ALIKES))


def tokens_in(text: str, words: ReportWords) -> list[Token]:
    """All tokens; hyphens inside words ("FDG-avid", "2.4-cm") are dropped, so that both spellings read alike."""
    found: list[Token] = []
    line = end = 0
    matches = list(TOKEN.finditer(text))
    for place, match in enumerate(matches):
        line += text.count("\n", end, match.start())
        end = match.end()
        if match[0] == "-" and 0 < place < len(matches) - 1:
            before, after = matches[place - 1], matches[place + 1]
            joined = before.end() == match.start() and after.start() == match.end()
            if joined and after[0].isalpha() and (before[0].isalpha() or after[0] in words.units):
                continue
        found.append(Token(words.spellings.get(match[0], match[0]), match.start(), match.end(), line))
    return found


def _ends_of_lines(text: str) -> set[int]:
    """The numbers of lines at whose end a sentence ends, by the way they are laid out."""
    lines = text.split("\n")
    meant: set[int] = set()
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end].strip():
            end += 1
        width = max([_NARROWEST_WRAP, *(len(line.rstrip()) for line in lines[start:end])])
        for number in range(start, end):
            following = lines[number + 1].split(maxsplit=1) if number + 1 < end else []
            if not following or len(lines[number].rstrip()) + 1 + len(following[0]) <= width:
                meant.add(number)
        if end == start:
            meant.add(start)
        start = max(end, start + 1)
    return meant


class _Splitter:
    """One walk over the tokens; each method answers one question on the token at a place."""

    def __init__(self, raw: str, text: str, tokens: list[Token], words: ReportWords) -> None:
        self.raw, self.text, self.tokens, self.words = raw, text, tokens, words
        self.texts = [token.text for token in tokens]
        self.line_ends = _ends_of_lines(text)
        self.table_lines = {token.line for token in tokens if token.text == "|"}

    def gap(self, place: int) -> bool:
        """Whether there is space, or the end, behind a token."""
        return place + 1 >= len(self.tokens) or self.tokens[place + 1].start > self.tokens[place].end

    def new_line(self, place: int) -> bool:
        return place == 0 or self.tokens[place].line > self.tokens[place - 1].line

    def new_paragraph(self, place: int) -> bool:
        return place == 0 or self.tokens[place].line > self.tokens[place - 1].line + 1

    def ends_line(self, place: int) -> bool:
        """Whether the line break before the token at `place` ends a sentence."""
        if not self.new_line(place) or place == 0:
            return False
        if self.new_paragraph(place):
            return True
        before, here = self.texts[place - 1], self.texts[place]
        if self.tokens[place - 1].line in self.table_lines or self.is_bullet(place) or self.list_number(place):
            return True
        if self.words.has("line_goes_on", before) or here in self.words.units or before == ",":
            return False
        return self.tokens[place - 1].line in self.line_ends or (self._capital(place) and self.heading(place) is not None)

    def is_bullet(self, place: int) -> bool:
        return self.texts[place] in {"-", "*", "•", "·", "▪", "‣", "◦", "o"} and self.new_line(place) and self.gap(place)

    def list_number(self, place: int) -> int:
        """How many tokens a list number has here ("2.", "3)", "(1)", "b.", "#1"); 0 where there is none."""
        if place + 1 >= len(self.tokens):
            return 0
        here, sign = self.texts[place], self.texts[place + 1]
        starts = self.new_line(place) or self.texts[place - 1] in {".", ":", ";", ")", *self.words.units}
        short = here.isascii() and ((here.isdigit() and len(here) <= 2) or (len(here) == 1 and here.isalpha() and here not in "xs"))
        if starts and short and not self.gap(place) and sign in {".", ")"} and self.gap(place + 1):
            return 2
        opens = self.new_line(place) and here == "(" and sign.isdigit() and len(sign) <= 2 and place + 2 < len(self.tokens)
        if opens and self.texts[place + 2] == ")":
            return 3
        return 2 if here == "#" and self.new_line(place) and sign.isdigit() else 0

    def ends_sentence(self, place: int) -> bool:
        """Whether the sign at `place` is the end of a sentence."""
        sign = self.texts[place]
        if sign in {"!", "?"}:
            return self.gap(place)
        if sign != "." or place == 0:
            return False
        before = self.texts[place - 1]
        if self.words.has("abbreviations", before) and place + 1 < len(self.tokens):
            # "No. 3" and "seg. 4" go on, "measures 3 cm in diam. The" does not.
            return (
                self.gap(place)
                and len(before) > 2
                and before not in self.words.sets["segment_words"]
                and self._capital(place + 1)
                and not self.new_line(place + 1)
            )
        return self.gap(place) or self._capital(place + 1)

    def _capital(self, place: int) -> bool:
        return place < len(self.tokens) and self.raw[self.tokens[place].start].isupper() and len(self.texts[place]) > 1

    def heading(self, place: int) -> tuple[int, str] | None:
        """Where the heading that begins here ends, and the kind of its section."""
        kinds: list[str] = []
        line, at, unread = self.tokens[place].line, place, 0
        while at < len(self.tokens) and at - place < _MOST_HEADING_TOKENS and self.tokens[at].line == line:
            sign = self.texts[at]
            dash = sign == "-" and self.new_line(place) and self.gap(at) and self.tokens[at].start > self.tokens[at - 1].end
            if (sign == ":" or dash) and kinds and unread <= 1:
                return at + 1, self._kind(kinds)
            match = self.words.sections.longest(self.texts, at, len(self.texts))
            if match:
                kinds.append(match[1].value)
                at += match[0]
                continue
            if not self.words.has("heading_fillers", sign):
                if not sign.isalpha() or self.words.has("no_heading", sign):
                    return None
                unread += 1
            at += 1
        whole_line = self.new_line(place) and (at == len(self.tokens) or self.tokens[at].line > line)
        if not kinds or not whole_line or unread:
            return None
        if any(self.words.has("exams", text) for text in self.texts[place:at]):
            # A title: "CONTRAST CT THORAX AND ABDOMEN" opens no section on how it was done.
            return at, next(kind for kind in ("liver", "open", "other", "past") if kind in kinds)
        return at, self._kind(kinds)

    @staticmethod
    def _kind(kinds: list[str]) -> str:
        return next(kind for kind in ("liver", "past", "other", "open") if kind in kinds)

    def sentences(self) -> Iterator[Sentence]:
        kind, section, place = "open", 0, 0
        filled = False  # whether the section has words already
        opens, after_colon, lists = True, False, False
        outer, headed = kind, ""  # the section around a list whose rows have headings of their own, and how such a row is marked
        while place < len(self.tokens):
            if kind == "past" and filled and self.new_paragraph(place):
                # What follows a history after a blank line and has no heading is no history any more.
                kind, section, opens = "open", section + 1, True
            row, mark = False, ""
            while place < len(self.tokens) and self.is_bullet(place):
                place, row, mark = place + 1, True, "bullet"
            number = self.list_number(place) if place < len(self.tokens) else 0
            if number:
                mark = "letter" if self.texts[place].isalpha() else "number"
                place, row = place + number, True
            if row and mark == headed:
                # "2. Liver: ..." says nothing of what "3." is about.
                kind, section, opens, lists, headed = outer, section + 1, True, False, ""
            opens = opens or (row and not after_colon)
            heading = self.heading(place) if place < len(self.tokens) else None
            if heading:
                if row:
                    outer, headed = (outer if headed else kind), mark
                elif place == 0 or self.new_line(place):
                    headed = ""
                lists = any(self.words.has("list_headings", text) for text in self.texts[place : heading[0]])
                place, kind = heading
                section, opens, filled = section + 1, True, False
                after_colon = True
                continue
            first, open_brackets = place, 0
            while place < len(self.tokens):
                open_brackets += (self.texts[place] == "(") - (self.texts[place] == ")")
                place += 1
                if place == len(self.tokens) or self.ends_line(place) or self.ends_sentence(place - 1):
                    break
                if open_brackets <= 0 and self._list_goes_on(place):
                    break
            if place > first:
                yield Sentence(first, place, kind, section, opens, row, lists and kind != "other")
                opens, filled = False, True
                after_colon = self.texts[place - 1] == ":" or (row and after_colon)

    def _list_goes_on(self, place: int) -> bool:
        """Whether the next item of a list inside a line begins here: "1. segment 6: 24 mm 2. segment 7: 18 mm"."""
        return self.texts[place].isdigit() and bool(self.list_number(place)) and self.texts[place - 1] != "("


def sentences_of(raw: str, text: str, tokens: list[Token], words: ReportWords) -> list[Sentence]:
    """The report's sentences, each with its section."""
    return list(_Splitter(raw, text, tokens, words).sentences())
