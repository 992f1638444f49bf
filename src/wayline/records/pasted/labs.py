"""Blood tests in the tables and lines of many laboratories: name, value, flag, unit and range, in whichever order they stand.

A result is taken where nothing but its own parts stands in its row: one number, at most one range, a unit of this test. Two numbers, a word
between name and number, or no unit: left alone. Nothing is ever guessed from how large a number is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wayline.facts.vocabulary import Vocabulary
from wayline.liver.report_findings import LeftAlone, Span
from wayline.records.pasted.dates import DATE, Dates, ReadDate, SampleDays
from wayline.records.pasted.findings import PastedFinding
from wayline.records.pasted.phrases import Hit
from wayline.records.pasted.words import LabWords, squeezed

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,6})?|[0-9]{1,9}(?:[.,][0-9]{1,6})?|\.[0-9]{1,6})"
_NUMBER_AT = re.compile(rf"{_NUMBER}(?![0-9]|[.,][0-9])")
_RANGE_AT = re.compile(rf"[\[(]?\s?({_NUMBER})\s{{0,8}}(?:-|to)\s{{0,8}}({_NUMBER})(?![0-9]|[.,/-][0-9])\s?[\])]?")
_BOUND_AT = re.compile(
    r"[\[(]?(<=|>=|≤|≥|<|>|less than or equal to|greater than or equal to|less than|greater than|more than|under|over)\s?"
    rf"(?:or =\s?|or equal to\s?)?({_NUMBER})(?![0-9]|[.,/-][0-9])[\])]?"
)
_TIME_AT = re.compile(r"@?[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?![0-9])")
_CODE_AT = re.compile(r"(?:0[0-9](?![.,0-9])|\[[0-9]{3,5}\])")
_WORD_AT = re.compile(r"[^\s|]{1,60}")
_UNIT_AT = re.compile(r"[\[(]?([a-z%/#]?[^\s|,;]{0,18}(?: [^\s|,;]{1,10}){0,2})")
_UNIT_SHAPE = re.compile(r"[a-z%]{1,10}(?:\([0-9]\))?/[a-z0-9.^*]{1,12}")
_BOUNDS = {
    "<=": "at_most",
    "≤": "at_most",
    "less than or equal to": "at_most",
    ">=": "at_least",
    "≥": "at_least",
    "greater than or equal to": "at_least",
    "<": "below",
    "less than": "below",
    "under": "below",
    ">": "above",
    "greater than": "above",
    "more than": "above",
    "over": "above",
}
_LONGEST_ROW = 400  # characters
_MOST_LINES = 7  # of a result that stands with each part on its own line
_FLUIDS = re.compile(r"urinalysis|\burine\b|ascit|pleural|body fluid|\bcsf\b|cerebrospinal|peritoneal|stool|synovial|pericardial|\bua\b")
_BLOOD = re.compile(
    r"serum|plasma|\bblood\b|panel|\bcbc\b|\bcmp\b|\bbmp\b|chemistry|hematology|hepatic|metabolic|coagulation|differential|liver function"
)
_CONDITIONS = re.compile(
    r"\b(?:if|hold|goal|target|therapeutic|criteria|criterion|when|until|unless|eligib\w*|required?|requires|must|should|patients|keep|threshold|"
    r"contact|notify|dose reduc\w*|for example|reference interval for|inclusion|exclusion|adequate)\b"
)

_NO_STATEMENT = re.compile(
    r"\b(?:is|are) (?:normal|considered|the (?:limit|goal|cutoff))|\bnormal (?:is|are|up|below)\b|\buln\b|upper limit of normal|"
    r"limit for|enrol|eligib"
)
_OF_BEFORE = re.compile(
    r"\b(?:ago|yesterday|last (?:week|month|year|time|visit)|previously|prior|earlier|at diagnosis|initially)\b[^.;\n]{0,20}$"
)
_ANOTHER_KIND = re.compile(
    r"\b(?:direct|indirect|conjugated|unconjugated|ionized|corrected(?! (?:result|report))|adjusted|urine|csf|fluid|ascites|"
    r"pleural|peritoneal)\b"
)

_OTHER_TEST = "This is another test than the ones that are used here."
_NO_UNIT = "The unit is missing, so the result was not taken."
_OTHER_UNIT = "This test is not used here in this unit."
_PERCENT = "This is a percentage of the cells. The number of cells is what is used."
_NO_RESULT = "The lab gives no result here."
_SEVERAL = "Several numbers stand here, and it is not clear which is the result."
_UNSURE = "It is not clear what this number is."
_CONDITION = "This tells of a limit or a condition, not of a result."
_FLUID = "This is a test of urine or another fluid, not of blood."
_EARLIER = "This tells of an earlier result."
_NOT_POSSIBLE = "This number is not possible for this test."
_WHOSE = "It is not clear which day this column is of."
DOUBT_COMMA = "The comma was read as a decimal point."
DOUBT_FLAG = "The mark for high or low does not go with the printed range."
DOUBT_SAMPLE = "The lab notes a problem with this sample."
DOUBT_BOUND = "This could be the lab’s limit and not your result."
DOUBT_UNIT = "The unit stands at another result of this test in the text, not here."


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a row: number, bound, range, unit, flag, none (no result), date, word or cut."""

    kind: str
    start: int
    end: int
    value: Any = None
    doubt: str | None = None


@dataclass(slots=True)
class _Row:
    """One test of the text with the parts that stand behind its name."""

    fact: str | None
    name: Hit
    end: int
    parts: list[Part]
    in_list: bool  # at a line's beginning, as in a table
    columns: _Columns | None
    fluid: bool


@dataclass(slots=True)
class _Columns:
    """A table's heading: the kinds of its cells in order, and the days of those that are days."""

    kinds: list[str]
    days: list[ReadDate]
    cells: list[ReadDate | None]


@dataclass(slots=True)
class LabReading:
    """What the laboratory part of a text gave."""

    findings: list[PastedFinding] = field(default_factory=list)
    left: list[LeftAlone] = field(default_factory=list)


class LabReader:
    """Reads the rows of one plain text (`records.pasted.phrases.plain`)."""

    def __init__(self, text: str, words: LabWords, vocabulary: Vocabulary, dates: Dates) -> None:
        self._text, self._words, self._vocabulary, self._dates = text, words, vocabulary, dates
        self._samples = SampleDays(dates.samples())
        self._dates_at = {one.start: one for one in dates.all}
        self._lines = _lines_of(text)
        self._line_of = _line_numbers(self._lines)

    def read(self) -> LabReading:
        reading = LabReading()
        rows = self._rows()
        units: dict[str, set[str]] = {}
        for row in rows:
            for part in row.parts:
                if part.kind == "unit" and row.fact is not None and part.value in self._words.accepted[row.fact]:
                    units.setdefault(row.fact, set()).add(part.value)
        for row in rows:
            self._read_row(row, units, reading)
        return reading

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _rows(self) -> list[_Row]:
        hits = [hit for hit in self._words.tests.find(self._text, 0, len(self._text)) if self._is_name(hit)]
        columns, fluids = self._tables({self._line_of(hit.start) for hit in hits})
        rows: list[_Row] = []
        for number, hit in enumerate(hits):
            following = hits[number + 1].start if number + 1 < len(hits) else len(self._text)
            line = self._line_of(max(hit.start, hit.end - 1))
            end = min(self._lines[line][1], following, hit.end + _LONGEST_ROW)
            parts = self._parts(hit.end, end)
            if end == self._lines[line][1] and not any(part.kind in ("number", "bound", "none", "word") for part in parts):
                end, parts = self._with_lines_below(hit, line, following, parts)
            first_line = self._line_of(hit.start)
            before = self._text[max(self._lines[first_line][0], hit.start - _LONGEST_ROW) : hit.start]
            inline = list(_FLUIDS.finditer(before))
            fluid = fluids[line] or (bool(inline) and not _BLOOD.search(before, inline[-1].end()))
            rows.append(_Row(hit.value, hit, end, parts, not re.search(r"[a-z]{2}", before), columns[line], fluid))
        return rows

    def _is_name(self, hit: Hit) -> bool:
        text = self._text
        after = text[hit.end : hit.end + 1]
        if after == "/" and text[hit.end + 1 : hit.end + 2].isalnum():
            return False
        before = text[max(0, hit.start - 30) : hit.start]
        if before[-1:] in ("/", "-", "_") and before[-2:-1].isalnum():
            return False
        if hit.end - hit.start <= 3 and re.search(r"[0-9]\s{0,2}$", before) and not re.search(r"\n\s*$", before):
            return False  # "5 mg", "150 K"
        if re.search(r"'s\s{1,3}$", before):
            return False  # "mother's hemoglobin"
        last = re.search(r"([a-z]+)[\s\-,]{1,3}$", before)
        if last is not None and "\n" not in before[last.start() :]:
            bad = self._words.bad_before.at(before, last.start(1), len(before))
            return bad is None or bad.end < last.end(1)
        return True

    def _tables(self, named: set[int]) -> tuple[list[_Columns | None], list[bool]]:
        """Of each line: the heading of the table that it stands in, and whether a fluid other than blood is spoken of."""
        columns: list[_Columns | None] = []
        fluids: list[bool] = []
        now: _Columns | None = None
        fluid = False
        empty = 0
        for number, (start, end) in enumerate(self._lines):
            line = self._text[start:end]
            empty = empty + 1 if not line.strip() else 0
            if empty > 1:
                now = None
            if number not in named and line.strip():
                heading = self._heading(start, end)
                now = heading or now
                if not re.search(r"[0-9]", DATE.sub("", line)) or re.search(r"specimen|source|sample", line):
                    fluid = bool(_FLUIDS.search(line)) or (fluid and not _BLOOD.search(line))
            columns.append(now)
            fluids.append(fluid)
        return columns, fluids

    def _heading(self, start: int, end: int) -> _Columns | None:
        days = self._dates.within(start, end)
        hits = self._words.headings.find(self._text, start, end)
        kinds = [hit.value for hit in hits]
        rest = self._text[start:end]
        if len(days) >= 2 and not re.search(r"collect|receiv|report|dob|birth|admit|print", rest):
            cells: list[ReadDate | None] = []
            for cell_start, cell_end in _cells(self._text, start, end):
                within = self._dates.within(cell_start, cell_end)
                cells.append(within[0] if len(within) == 1 else None)
            return _Columns([*kinds], days, cells)
        return _Columns(kinds, [], []) if len(set(kinds)) >= 3 or ({"name", "value"} <= set(kinds)) else None

    def _with_lines_below(self, hit: Hit, line: int, following: int, parts: list[Part]) -> tuple[int, list[Part]]:
        """A result whose parts stand below its name, each on a line of its own, as patient portals print it."""
        end = self._lines[line][1]
        gathered = list(parts)
        empty = 0
        for number in range(line + 1, min(line + 1 + _MOST_LINES, len(self._lines))):
            start, stop = self._lines[number]
            if start >= following or stop > following:
                break
            if not self._text[start:stop].strip():
                empty += 1
                if empty > 1:
                    break
                continue
            more = self._parts(start, stop)
            if not more and not self._words.labels.find(self._text, start, stop):
                break
            if any(part.kind in ("word", "cut") for part in more):
                break
            limits = ("range", "bound")
            if any(part.kind in limits for part in gathered) and any(part.kind in limits for part in more):
                break
            if any(part.kind in ("number", "none") for part in gathered) and any(part.kind in ("number", "none") for part in more):
                break
            gathered += more
            end = stop
        return end, gathered

    # --- Parts --------------------------------------------------------------------------------------------------------

    def _parts(self, start: int, end: int) -> list[Part]:
        parts: list[Part] = []
        place = start
        while place < end:
            if self._text[place].isspace() or self._text[place] == "|":
                place += 1
                continue
            part = self._part(place, end)
            if part.kind != "filler":
                parts.append(part)
            place = max(part.end, place + 1)
        return parts

    def _part(self, place: int, end: int) -> Part:
        text, words = self._text, self._words
        dated = self._dates_at.get(place)
        if dated is not None and dated.end <= end:
            return Part("date", place, dated.end, dated)
        unit = self._unit(place, end)
        if unit is not None:
            return unit
        for pattern, kind in ((_TIME_AT, "filler"), (_CODE_AT, "filler")):
            if match := pattern.match(text, place, end):
                return Part(kind, place, match.end())
        if match := _RANGE_AT.match(text, place, end):
            low, high = _value(match[1]), _value(match[2])
            return Part("range", place, match.end(), (low[0], high[0]))
        if match := _BOUND_AT.match(text, place, end):
            number, doubt = _value(match[2])
            return Part("bound", place, match.end(), (_BOUNDS[match[1]], number), doubt)
        if (match := _NUMBER_AT.match(text, place, end)) and self._ends_well(match.end(), end):
            number, doubt = _value(match[0])
            return Part("number", place, match.end(), number, doubt)
        word = _WORD_AT.match(text, place, end)
        shown = word[0] if word else text[place]
        cut = words.cuts.at(text, place, end)
        if cut is not None:
            return Part("cut", place, end)
        none = words.no_result.at(text, place, end)
        if none is not None:
            return Part("none", place, none.end)
        longest = max(
            (hit.end for phrases in (words.labels, words.name_fillers, words.trailing) if (hit := phrases.at(text, place, end))), default=0
        )
        if longest <= place + len(shown):
            for piece in (shown.rstrip(",;."), shown.strip("()[],;.")):
                if piece in words.flags:
                    return Part("flag", place, place + len(shown), words.flags[piece])
        if longest:
            return Part("filler", place, longest)
        return Part("word", place, place + len(shown))

    def _ends_well(self, place: int, end: int) -> bool:
        """Whether a number ends here: with a letter behind, only where that begins a unit or is a flag. "4O" is no 4."""
        if place >= end or not self._text[place].isalpha() or self._unit(place, end) is not None:
            return True
        word = _WORD_AT.match(self._text, place, end)
        return word is not None and word[0].strip("()[],;.") in self._words.flags

    def _unit(self, place: int, end: int) -> Part | None:
        match = _UNIT_AT.match(self._text, place, end)
        if match is None or not match[1]:
            return None
        pieces = match[1].split(" ")
        for count in range(len(pieces), 0, -1):
            written = " ".join(pieces[:count])
            bare = written.rstrip(").];:") if written.count("(") < written.count(")") or not written.endswith(")") else written
            known = self._words.units.get(squeezed(bare))
            if known is not None and (len(bare) > 1 or bare in ("%", "s")):
                return Part("unit", place, match.start(1) + len(written), known)
        shape = _UNIT_SHAPE.match(self._text, place, end)
        return Part("unit", place, shape.end(), shape[0]) if shape is not None else None

    # --- Results ------------------------------------------------------------------------------------------------------

    def _read_row(self, row: _Row, units: dict[str, set[str]], reading: LabReading) -> None:
        numbers = [part for part in row.parts if part.kind in ("number", "bound")]
        has_number = bool(numbers) or any(part.kind == "range" for part in row.parts)
        if row.fact is None:
            if numbers:
                self._leave(row, _OTHER_TEST, reading)
            return
        cut = next((place for place, part in enumerate(row.parts) if part.kind == "cut"), None)
        if cut is not None:
            tail = row.parts[cut]
            if re.search("[0-9]", self._text[tail.start : tail.end]):
                reading.left.append(LeftAlone(_EARLIER, (Span(tail.start, _trimmed(self._text, tail.start, tail.end)),), self._span(row)))
            row.parts = row.parts[:cut]
            numbers = [part for part in row.parts if part.kind in ("number", "bound")]
        if not has_number and not any(part.kind == "none" for part in row.parts):
            return
        if row.fluid:
            self._leave(row, _FLUID, reading)
            return
        line_start, line_end = self._lines[self._line_of(row.name.start)]
        line_start = max(line_start, row.name.start - _LONGEST_ROW)
        if not row.in_list and _CONDITIONS.search(self._text, line_start, min(line_end, row.end + 80)):
            self._leave(row, _CONDITION, reading)
            return
        if not row.in_list and _OF_BEFORE.search(self._text, max(line_start, row.name.start - 40), row.name.start):
            self._leave(row, _EARLIER, reading)
            return
        if _NO_STATEMENT.search(self._text, line_start, min(line_end, row.end + 40)):
            self._leave(row, _CONDITION, reading)
            return
        if _ANOTHER_KIND.search(self._text, row.name.end, min(row.end, line_end)):
            self._leave(row, _OTHER_TEST, reading)
            return
        none = next((part for part in row.parts if part.kind == "none"), None)
        first = next((part for part in row.parts if part.kind == "number"), None)
        if none is not None and (first is None or none.start < first.start):
            self._leave(row, _NO_RESULT, reading)
            return
        if row.columns is not None and row.columns.days and len(row.columns.days) >= 2:
            self._read_trend(row, row.columns, units, reading)
            return
        word = next((part for part in row.parts if part.kind == "word"), None)
        if word is not None and (not numbers or word.start < numbers[0].start):
            if numbers:
                self._leave(row, _UNSURE, reading)
            return
        self._read_single(row, units, reading)

    def _read_single(self, row: _Row, units: dict[str, set[str]], reading: LabReading) -> None:
        numbers = [part for part in row.parts if part.kind == "number"]
        ranges = [part for part in row.parts if part.kind == "range"]
        bounds = [part for part in row.parts if part.kind == "bound"]
        if row.columns is not None and "before" in row.columns.kinds and len(numbers) == 2:
            # "Result | Previous result": the order of the heading says which is which, where both are filled in.
            order = [kind for kind in row.columns.kinds if kind in ("value", "before")]
            if sorted(order) == ["before", "value"]:
                old = numbers[order.index("before")]
                reading.left.append(LeftAlone(_EARLIER, (Span(old.start, old.end),), self._span(row)))
                numbers = [numbers[order.index("value")]]
        elif row.columns is not None and "before" in row.columns.kinds and len(numbers) == 1:
            self._leave(row, _UNSURE, reading)
            return
        if len(numbers) > 1 or len(ranges) > 1 or len(bounds) > 2:
            self._leave(row, _SEVERAL, reading)
            return
        doubts: list[str] = []
        limit: Part | None = ranges[0] if ranges else None
        if numbers:
            result = numbers[0]
            two_units = sum(part.kind == "unit" for part in row.parts) > 1 and row.columns is None
            if bounds and (ranges or len(bounds) > 1 or two_units):  # "8.1 g/dL > 9.2 g/dL" is a change
                self._leave(row, _SEVERAL, reading)
                return
            limit = bounds[0] if bounds else limit
        elif len(bounds) == 1:
            result = bounds[0]
            if limit is None and not (row.fact == "labs.egfr" and result.value[0] in ("above", "at_least")):
                doubts.append(DOUBT_BOUND)
        elif len(bounds) == 2 and limit is None:
            kinds = row.columns.kinds if row.columns is not None else []
            range_first = "range" in kinds and "value" in kinds and kinds.index("range") < kinds.index("value")
            result, limit = (bounds[1], bounds[0]) if range_first else (bounds[0], bounds[1])
            if not kinds and self._text[limit.start] not in "([":
                doubts.append(DOUBT_BOUND)
        else:
            if ranges and not numbers:
                return  # a range without a result says nothing of this person
            self._leave(row, _UNSURE, reading)
            return
        if not row.in_list and result.kind == "bound" and limit is None:
            self._leave(row, _CONDITION, reading)
            return
        self._take(row, result, limit, row.parts, self._day_of(row, result), doubts, units, reading)

    def _read_trend(self, row: _Row, columns: _Columns, units: dict[str, set[str]], reading: LabReading) -> None:
        """A row of a table with a column for each day."""
        line = self._line_of(row.name.start)
        start, end = self._lines[line]
        cells = _cells(self._text, start, end)
        results: list[tuple[Part, ReadDate]] = []
        shared = [part for part in row.parts if part.kind in ("unit", "range")]
        by_cell = re.search(r"[|\t]", self._text[start:end]) is not None  # blanks alone do not show an empty cell
        if by_cell and len(cells) == len(columns.cells):
            for (cell_start, cell_end), day in zip(cells, columns.cells, strict=True):
                within = [part for part in row.parts if cell_start <= part.start < cell_end]
                if day is None:
                    continue
                values = [part for part in within if part.kind in ("number", "bound")]
                if len(values) == 1 and not any(part.kind in ("word", "none", "range") for part in within):
                    results.append((values[0], day))
                elif values:
                    self._leave(row, _SEVERAL, reading)
                    return
            shared += [part for part in row.parts if part.kind == "bound" and part not in [one for one, _ in results]]
        else:
            values = [
                part for part in row.parts if part.kind == "number" or (part.kind == "bound" and not any(p.kind == "range" for p in shared))
            ]
            if len(values) != len(columns.days) or any(part.kind in ("word", "none") for part in row.parts):
                self._leave(row, _WHOSE, reading)
                return
            results = list(zip(values, columns.days, strict=True))
        limits = [part for part in shared if part.kind in ("range", "bound")]
        limit = limits[0] if len(limits) == 1 else None
        flags = {id(result): self._flag_behind(row, result) for result, _ in results}
        for result, day in results:
            parts = [*(part for part in shared if part.kind == "unit"), result, *([flags[id(result)]] if flags[id(result)] else [])]
            self._take(row, result, limit, [part for part in parts if part is not None], day, [], units, reading)

    @staticmethod
    def _flag_behind(row: _Row, result: Part) -> Part | None:
        place = row.parts.index(result) + 1
        return row.parts[place] if place < len(row.parts) and row.parts[place].kind == "flag" else None

    def _take(
        self,
        row: _Row,
        result: Part,
        limit: Part | None,
        parts: Sequence[Part],
        day: ReadDate | None,
        doubts: list[str],
        units: dict[str, set[str]],
        reading: LabReading,
    ) -> None:
        assert row.fact is not None
        definition = self._vocabulary[row.fact]
        accepted = self._words.accepted[row.fact]
        written = [part for part in parts if part.kind == "unit"]
        kinds = {part.value for part in written}
        unit: str | None = None
        if len(kinds) > 1:
            self._leave(row, _UNSURE, reading)
            return
        if kinds:
            unit = next(iter(kinds))
            if unit not in accepted and not (unit == "ratio" and definition.unit is None):
                self._leave(row, _PERCENT if unit == "%" else _OTHER_UNIT, reading)
                return
        elif accepted:
            elsewhere = units.get(row.fact, set())
            if len(elsewhere) != 1:
                self._leave(row, _NO_UNIT, reading)
                return
            unit = next(iter(elsewhere))
            doubts = [*doubts, DOUBT_UNIT]
        told: dict[str, Any] = {"value": result.value} if result.kind == "number" else {result.value[0]: result.value[1]}
        if unit is not None and accepted:
            told["unit"] = unit
        number = result.value if result.kind == "number" else result.value[1]
        if not self._is_possible(row.fact, unit, number):
            self._leave(row, _NOT_POSSIBLE, reading)
            return
        low, high = _limits(limit)
        doubts = [*doubts, *([result.doubt] if result.doubt else [])]
        flags = {part.value for part in parts if part.kind == "flag"}
        if result.kind == "number" and _contradicts(number, low, high, flags):
            doubts.append(DOUBT_FLAG)
        if any(part.kind == "none" for part in row.parts):
            doubts.append(DOUBT_SAMPLE)
        if low is not None and high is not None and low >= high:
            low = high = None
        if day is not None and day.doubt:
            doubts.append(day.doubt)
        spans = [Span(row.name.start, row.name.end), Span(result.start, result.end), *(Span(part.start, part.end) for part in written)]
        spans += [Span(limit.start, limit.end)] if limit is not None else []
        reading.findings.append(
            PastedFinding(row.fact, told, _in_order(spans), tuple(dict.fromkeys(doubts)), day.day if day else None, low, high)
        )

    def _is_possible(self, fact: str, unit: str | None, number: float) -> bool:
        definition = self._vocabulary[fact]
        usual = number
        for other in definition.other_units:
            if self._vocabulary.usual_unit_spelling(other.unit) == unit and unit != definition.unit:
                usual = other.to_usual(number)
        return definition.lowest <= usual <= definition.highest

    def _day_of(self, row: _Row, result: Part) -> ReadDate | None:
        own = [part.value for part in row.parts if part.kind == "date"]
        if len(own) == 1:
            day: ReadDate = own[0]
            return day
        return self._samples.at(result.start) if not own else None

    def _span(self, row: _Row) -> Span:
        return Span(row.name.start, _trimmed(self._text, row.name.start, row.end))

    def _leave(self, row: _Row, reason: str, reading: LabReading) -> None:
        last = max((part.end for part in row.parts), default=row.end)
        span = Span(row.name.start, _trimmed(self._text, row.name.start, last))
        reading.left.append(LeftAlone(reason, (span,), span))


def _value(written: str) -> tuple[float, str | None]:
    """A number as printed; a comma that does not part thousands is a decimal sign, and that is told as a doubt."""
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?", written):
        return float(written.replace(",", "")), None
    if "," in written:
        return float(written.replace(",", ".")), DOUBT_COMMA
    return float(written), None


def _limits(limit: Part | None) -> tuple[float | None, float | None]:
    if limit is None:
        return None, None
    if limit.kind == "range":
        low, high = limit.value
        return (low if low > 0 else None), (high if high > 0 else None)
    kind, number = limit.value
    return (None, number if number > 0 else None) if kind in ("below", "at_most") else (number, None)


def _contradicts(number: float, low: float | None, high: float | None, flags: set[str]) -> bool:
    is_high, is_low = high is not None and number > high, low is not None and number < low
    known = low is not None or high is not None
    if "high" in flags and known and not is_high:
        return True
    if "low" in flags and known and not is_low:
        return True
    return "normal" in flags and (is_high or is_low)


def _lines_of(text: str) -> list[tuple[int, int]]:
    lines = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, start + len(line)))
        start += len(line) + 1
    return lines


def _line_numbers(lines: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    starts = [start for start, _ in lines]
    return lambda place: bisect_right(starts, place) - 1


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The cells of a row, empty ones too where bars or tabs part them; the empty ones outside of the outer bars are none."""
    line = text[start:end]
    pattern = re.compile(r"\||\t") if "|" in line or "\t" in line else re.compile(r" {2,}")
    cells: list[tuple[int, int]] = []
    place = start
    for gap in pattern.finditer(text, start, end):
        cells.append((place, gap.start()))
        place = gap.end()
    cells.append((place, end))
    if line.lstrip().startswith("|"):
        cells.pop(0)
    if line.rstrip().endswith("|") and len(cells) > 1:
        cells.pop()
    return cells


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(set(spans), key=lambda one: (one.start, one.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
