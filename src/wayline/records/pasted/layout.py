"""A report cut into sentences, each with the kind of its part, its specimen, and whether it opens a line.

Reports are pasted from portals and PDFs: prose is wrapped anywhere, results stand in lines of their own. A line goes on below where the
next line's first word would not have fitted any more, or begins small, and neither looks like a row or a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wayline.records.pasted.phrases import Hit
from wayline.records.pasted.words import Organ, PastedWords

_NARROWEST_WRAP = 60  # characters: nobody wraps prose narrower than this
_LONGEST_SENTENCE = 1_000  # characters
_LONGEST_HEADING = 70  # characters
_ROW = re.compile(r"\S(?: {2,}|\t|\|)\S")
_ITEM = re.compile(r"\s{0,20}(?:[-*•+>▪◦○●]|\(?[a-z0-9]{1,2}[.):]\s)", re.IGNORECASE)
_LABEL = re.compile(r"\s{0,40}[a-z0-9][^:.;\n]{1,50}:", re.IGNORECASE)
_OPEN_END = re.compile(r"(?:,|-|\b(?:of|the|a|an|and|or|with|by|for|in|to|is|are|from|at|on|no|not|than|as))\s*$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:(?<=[.!?])\s+(?=[^a-z\s])|;\s*)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:dr|mr|ms|mrs|vs|no|approx|st|fig|e\.g|i\.e|cf|ref|inc|dept)|\b[a-z]|\.\.|^\s*[a-z0-9]{1,2})\.$", re.IGNORECASE
)
_PART = re.compile(r"\s{0,20}(?:[-*•]\s{0,4})?(?:(?:specimen|part)\s{1,3})?\(?(?:[a-h]|[1-9][0-9]?)\s?[.):]\s{0,10}", re.IGNORECASE)
_SPECIMEN_LABEL = re.compile(
    r"(?:specimen(?:\s(?:site|source|type|submitted|\(s\)))?|tissue|source|site|diagnosis|final diagnosis|location|procedure)s?\s?:\s{0,20}"
)
_NEVER_SPECIMEN = re.compile(r"history|consistent with|origin|metastatic|primary|adenocarcinoma of|carcinoma of|cancer of", re.IGNORECASE)
_KEPT_LABELS = re.compile(r"[^a-z]*(?:her|pd|cps|tps|mlh|msh|pms|msi|mmr|claudin|cldn)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Specimen:
    """Where a specimen was taken: its part ("A"), the value of its site if the words tell it, and the organ if it is another one."""

    part: str
    start: int
    end: int
    sites: frozenset[str]
    organ: Organ | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence: its place in the text, the kind of its part of the report, its specimen, and the number of its line and block."""

    start: int
    end: int
    section: str
    specimen: Specimen | None
    opens_line: bool
    line: int
    block: int
    version: str  # "", "amended", "addendum" or "original"


class Layout:
    """Cuts one text. `text` is as pasted, `small` its plain form of the same length."""

    def __init__(self, text: str, small: str, words: PastedWords) -> None:
        self._text, self._small, self._words = text, small, words

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        section, version, lasts, section_block = "open", "", "always", -1
        specimen: Specimen | None = None
        for number, (start, end, block) in enumerate(self._logical_lines()):
            if lasts == "line" and (section_block != block or _LABEL.match(self._text, start, end)):
                section, lasts = "open", "always"
            heading = self._heading(start, end)
            if heading is not None:
                kind, alone = heading
                if kind in ("amended", "addendum", "original"):
                    version, section, lasts = kind, "open", "always"
                    specimen = None
                elif kind == "open":
                    section, lasts = "open", "always"
                else:
                    section, lasts = kind, "always" if alone else "line"
                section_block = block
            specimen = self._specimen(start, end, specimen if section == "open" else None) or specimen
            pieces = self._sentences(start, end)
            found += [
                Statement(first, last, section, specimen, place == 0, number, block, version) for place, (first, last) in enumerate(pieces)
            ]
        return found

    def _logical_lines(self) -> list[tuple[int, int, int]]:
        """Start, end and block of each line, with wrapped prose joined."""
        lines: list[tuple[int, int, int]] = []
        block: list[tuple[int, int]] = []
        start = number = 0
        for line in [*self._text.split("\n"), ""]:
            if line.strip():
                block.append((start, start + len(line)))
            if not line.strip() and block:
                lines += [(first, last, number) for first, last in self._joined(block)]
                block, number = [], number + 1
            start += len(line) + 1
        return lines

    def _joined(self, block: list[tuple[int, int]]) -> list[tuple[int, int]]:
        width = max(_NARROWEST_WRAP, *(len(self._text[start:end].rstrip()) for start, end in block))
        joined: list[tuple[int, int]] = []
        for number, (start, end) in enumerate(block):
            if number and self._goes_on(self._text[slice(*block[number - 1])], self._text[start:end], width):
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return joined

    @staticmethod
    def _goes_on(line: str, following: str, width: int) -> bool:
        if _ROW.search(line.strip()) or _ROW.search(following.strip()) or _ITEM.match(following):
            return False
        if _OPEN_END.search(line):
            return True
        if _LABEL.match(following):
            return False
        begins_small = following.lstrip()[:1].islower() and any(letter.isupper() for letter in line)
        return begins_small or len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > width

    def _sentences(self, start: int, end: int) -> list[tuple[int, int]]:
        pieces: list[tuple[int, int]] = []
        first = start
        for match in _SENTENCE_END.finditer(self._text, start, end):
            if match[0][:1] != ";" and _ABBREVIATION.search(self._text[max(first, match.start() - 12) : match.start()]):
                continue
            pieces.append((first, match.start()))
            first = match.end()
        pieces.append((first, end))
        return [piece for one, other in pieces for piece in self._bounded(one, other) if self._text[slice(*piece)].strip()]

    def _bounded(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A sentence, in parts where it is longer than any real one, so that time grows with the text's length only."""
        while end - start > _LONGEST_SENTENCE:
            gap = self._text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
            cut = gap if gap > 0 else start + _LONGEST_SENTENCE
            yield start, cut
            start = cut
        yield start, end

    def _heading(self, start: int, end: int) -> tuple[str, bool] | None:
        """The kind of part that this line opens, and whether the heading stands alone."""
        line = self._small[start:end]
        begin = start + len(line) - len(line.lstrip(" \t*#=-_+"))
        hit = self._words.sections.at(self._small, begin, min(end, begin + _LONGEST_HEADING))
        if hit is None:
            return None
        rest = self._small[hit.end : end].strip(" \t*#=-_()")
        if not rest:
            return hit.value, True
        if rest[:1] == ":":
            return hit.value, not rest[1:].strip()
        # "AMENDED REPORT (11/02/2026)", "FINAL DIAGNOSIS OF BIOPSY": written large, it is a heading with something behind.
        written = self._text[begin : hit.end]
        if (
            written.isupper()
            and len(line.strip()) <= _LONGEST_HEADING
            and (hit.value not in ("past", "methods") or not re.search(r"[a-z0-9]", rest))
        ):
            return hit.value, True
        return (hit.value, True) if hit.value in ("amended", "addendum", "original") and ":" in rest[:20] else None

    def _specimen(self, start: int, end: int, before: Specimen | None) -> Specimen | None:
        """The specimen that a line names: "A. Esophagus, distal, biopsy:"."""
        part = _PART.match(self._text, start, end)
        begin = part.end() if part else start + len(self._text[start:end]) - len(self._text[start:end].lstrip())
        label = _SPECIMEN_LABEL.match(self._small, begin, end)
        begin = label.end() if label else begin
        stop = min(end, begin + 110)
        cut = re.search(r":\s|:$|\.\s| - |\n", self._small[begin:stop])
        stop = begin + cut.start() if cut else stop
        if _NEVER_SPECIMEN.search(self._small[begin:stop]):
            return None
        sites = self._words.sites.find(self._small, begin, stop)
        organs = self._words.organs.find(self._small, begin, stop)
        if not sites and not organs:
            return (
                Specimen(part[0].strip(), begin, begin, frozenset(), None)
                if part and part[0].strip(" .):(-*•\t").isalpha() and not before
                else None
            )
        first = min(hit.start for hit in [*sites, *organs])
        opens = first - begin <= 12
        if not (part or label or (opens and self._words.specimen_words.find(self._small, begin, stop))):
            return None
        return Specimen(part[0].strip() if part else "", begin, stop, frozenset(hit.value for hit in sites), _organ(sites, organs))


def _organ(sites: list[Hit], organs: list[Hit]) -> Organ | None:
    if sites or not organs:
        return None
    organ: Organ = organs[0].value
    return organ
