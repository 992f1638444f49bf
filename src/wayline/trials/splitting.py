"""From the registry's one long text to items: the smallest complete requirements, each with the place where it stands.

The registry stores a trial's criteria as one loosely written text: lists with three kinds of bullets, numbers inside paragraphs, headings
with and without a colon, whole trials in one line. Items never overlap; what lies between them is headings, bullets, blanks and the words
that join two items, so that no character of a requirement is lost. Every offset counts code points of the stored text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from wayline.trials.criterion import EXCLUSION, HEADING, INCLUSION


@dataclass(frozen=True, slots=True)
class Item:
    """One requirement, or one heading (which has no truth of its own).

    `span` is half-open. `text` is what stands there with line breaks and bullets smoothed. `under` holds the headings that govern the item,
    outermost first. `points` are the texts of the lead and the nested points of an item that was kept whole, else just its text.
    """

    kind: str
    text: str
    span: tuple[int, int]
    under: tuple[str, ...]
    points: tuple[str, ...]


@dataclass(slots=True)
class _Line:
    """A bullet or a paragraph, with the lines that go on from it."""

    start: int
    end: int
    indent: int
    mark: str
    style: str
    after_blank: bool
    children: list[_Line] = field(default_factory=list)

    @property
    def end_of_all(self) -> int:
        return self.children[-1].end_of_all if self.children else self.end


_MARK = re.compile(
    r"(?P<bullet>(?:\\?[*+\-–—]|[•·●▪◦○■□➢✓‣⁃∙►]|o(?=\s))(?=\s|[A-Z≥≤<>])|[•·●▪◦○■□➢✓‣⁃∙►])"
    r"|(?P<number>\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[A-Za-z]|[ivx]{1,5}|[IVX]{1,5})\\?[.):]\)?(?=\s))"
    r"|(?P<decimal>\d{1,2}(?:\.\d{1,2}){1,3}(?=\s+[A-Z]))"
)
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]*")
_SECTION = re.compile(
    r"^\W*(?:[IVX\d]{1,4}[.)]\s*)?(?P<words>(?:[\w/&'’ -]{0,60}?\b)?(?:inclusion|exclusion|in-?eligibility|eligibility|"
    r"non-?inclusion)\b[^:.;\n]{0,120})(?P<colon>:|\.?\s*$)",
    re.IGNORECASE,
)
_EXCLUDING = re.compile(
    r"\b(?:exclusions?|excluded|ineligib\w*|non-?inclusion|not (?:be )?(?:eligible|included|allowed|permitted)|must not|"
    r"may not|cannot|prohibited|disqualif\w*|withdraw\w*)\b",
    re.IGNORECASE,
)
_INCLUDING = re.compile(
    r"\b(?:inclusions?|included|eligib\w*|must (?!not)|required|DISEASE CHARACTERISTICS|PATIENT CHARACTERISTICS|"
    r"PRIOR CONCURRENT THERAPY)\b",
    re.IGNORECASE,
)
_FLAT_HEADING = re.compile(
    r"(?:(?<=\s)|^)(?:DISEASE CHARACTERISTICS|PATIENT CHARACTERISTICS|PRIOR CONCURRENT THERAPY|Age|Sex|"
    r"Menopausal [Ss]tatus|Performance [Ss]tatus|Life [Ee]xpectancy|Hematopoietic|Hepatic|Renal|Cardiovascular|"
    r"Pulmonary|Neurologic|Immunologic|Gastrointestinal|Metabolic|Ophthalmic|Other|Biologic therapy|Chemotherapy|"
    r"Endocrine therapy|Radiotherapy|Surgery):(?=\s|$)"
)
_FLAT_MARK = re.compile(r"DISEASE CHARACTERISTICS:|PATIENT CHARACTERISTICS:")
# In the old one-line form a capital letter begins the next requirement, unless it begins a name or a scale.
_FLAT_BREAK = re.compile(
    r"(?<=[a-z0-9)%³/L])(?<!\bNo)(?<!\bNot)(?<!\bMust)(?<!\bof)(?<!\bor)(?<!\band)(?<!\bthe)(?<!\bby)(?<!\bto)(?<!\bwith)(?<!\bfor)(?<!\bno)(?<!\bOR)(?<!\bAND)(?<!\bin)\s+"
    r"(?=(?:No|Not|At least|Must|Prior|Any|Patients?|WBC|Platelets?|Absolute|Granulocytes?|Neutrophils?|Hemoglobin|"
    r"Hematocrit|Bilirubin|Creatinine|"
    r"Transaminases?|AST|ALT|SGOT|SGPT|Alkaline|PT|PTT|INR|BUN|Albumin|Calcium|Fertile|Negative|Adequate|Measurable|"
    r"Bidimensionally|Evaluable|"
    r"Histologically|Recovered|Concurrent|Previously|HIV|LVEF|Ejection|Life expectancy|Performance status|ECOG|"
    r"Karnofsky|Able to|More than|Greater than|"
    r"Considered|Ineligible|Eligible|Metastatic|Unresectable|Locally|Recurrent|Stage|Serum|Lymphocyte|Hormone|Female|Male|Women|Men|"
    r"Body|Weight|Height|Total|Normal|Pre|Post|Brain|CNS metastases|Known|Cardiac|Shortness|FEV|DLCO|Willing|Signed|Written|Informed)\b)"
)
# Lines that ask nothing of anybody: empty entries, and the remark that the protocol has more rules.
_ASKS_NOTHING = re.compile(
    r"^\W*(?:not specified|none|n/?a|see (?:disease|patient) characteristics|not applicable"
    r"|(?:note\W+)?(?:other|additional|further)\b[^.]{0,60}\bcriteria\b[^.]{0,40}\b(?:apply|applied|exist)[^.]{0,20})\W*$",
    re.IGNORECASE,
)
_INLINE_NUMBER = re.compile(r"(?:(?<=\s)|(?<=^)|(?<=;))\(?(\d{1,2})\\?[.)]\s+(?=[A-Z≥≤<>=\\])")
_SENTENCE_END = re.compile(r"(?<=[.;])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bNo\.)(?<!\bno\.)(?<!\bapprox\.)(?<!\bDr\.)\s+(?=[A-Z(])")
_GOES_ON = re.compile(
    r"^\W*(?:note|nb|n\.b|however|except|exceptions?|unless|in addition|these|this|such|for (?:the )?(?:purpose|"
    r"example)|or|and|if|see|where|otherwise|provided|"
    r"subjects? with (?:treated|stable)|those|it is|\*)\b",
    re.IGNORECASE,
)
_PERMITS = re.compile(
    r"\b(?:(?:is|are|will be|may be|can be) (?:still )?(?:allowed|permitted|eligible|acceptable|not excluded|exempt|"
    r"included|enrolled)|allowed|permitted|may (?:enroll|participate|be enrolled)|exempt)\b",
    re.IGNORECASE,
)
# A lead that says "any one of these will do" makes one requirement of all its points, and so does one that is a whole sentence already.
_ALTERNATIVES = re.compile(
    r"\b(?:one(?: \(1\))?(?: or more| or both)? of|any(?: one)? of|either|at least (?:one|1|two|2|three|3)|some of|"
    r"one or more|(?:two|2) of|or more of the|1 of|"
    r"1 or more|only one|including|includes?|such as|e\.g|exempt|exceptions?|except|unless|defined as|allowed|permitted|"
    r"following (?:tumor|cancer|histolog|solid|malignan|diagnos|indication|disease)[\w ]*(?:types?)?|"
    r"(?:tumor|cancer|disease|solid tumor)[\w /]* types?|cohorts?|arms?|groups?|parts?|washout|may be|are eligible|not considered)\b",
    re.IGNORECASE,
)
_ANY_OF_THESE = re.compile(
    r"\b(?:any|one|either)(?: or more)? of (?:the )?(?:following|these|below)\b|\bfollowing (?:conditions|criteria)\b", re.IGNORECASE
)
_MADE_CLEARER = re.compile(
    r"\b(?:includ\w+|such as|e\.g|i\.e|defined (?:as|by)|wash-?out|except\w*|exempt|unless|exclud\w+|allowed|permitted|"
    r"eligible|enrolled|not limited to|other than)\b",
    re.IGNORECASE,
)
_ALL_OF = re.compile(
    r"\b(?:all (?:of )?(?:the )?(?:following|these|below)|each of|must meet|as follows|following (?:criteria|conditions|"
    r"requirements|laborator|values|parameters|limits|lab))\b",
    re.IGNORECASE,
)
_COHORT_POINT = re.compile(
    r"^\W*(?:for |in )?(?:the )?(?:dose[- ](?:escalation|expansion)|phase \w+|part \w+|cohorts?|arms?|groups?|sub-?study|stratum|module)\b",
    re.IGNORECASE,
)
_ADEQUATE = re.compile(
    r"\b(?:adequate|acceptable|normal|sufficient|satisfactory|laborator\w*|organ (?:and marrow )?function|hematolog\w*|"
    r"haematolog\w*|blood counts?|lab values)\b",
    re.IGNORECASE,
)

# Two limits in one line are two items where nothing ties them together.
_LIMIT = re.compile(
    r"(?:[<>≥≤=]|\bat least\b|\bno (?:greater|more|less) than\b|\bgreater than\b|\bless than\b|\bwithin (?:the )?normal|"
    r"\bmore than\b|\bnot (?:more|less) than\b|\babove\b|\bbelow\b|\bminimum\b|\b(?:wnl|normal)\b)"
)
_LIMITED = re.compile(
    r"\b(?:anc|neutrophils?|granulocytes?|agc|platelets?|plt|ha?emoglobin|hgb|hb|wbc|white blood|leu[ck]ocytes?|"
    r"lymphocytes?|bilirubin|tbil|ast|alt|sgot|sgpt|"
    r"transaminases?|aminotransferases?|alkaline phosphatase|alp|albumin|creatinine|crcl|clearance|gfr|egfr|inr|pt|ptt|"
    r"aptt|prothrombin|thromboplastin|hematocrit|hct|"
    r"calcium|magnesium|potassium|lvef|ejection fraction|weigh|weight|years of age|years|urea|bun|lipase|amylase|ldh|ggt|glucose|hba1c)\b",
    re.IGNORECASE,
)
_TIED = re.compile(
    r"\b(?:if|unless|except|when|in (?:case|patients|subjects|participants|the (?:presence|absence))|for (?:patients|"
    r"subjects|participants|those)|without|both|either|whichever|provided|patients with|subjects with)\b",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s*(?:;|,(?!\d{3}(?!\d)))\s*(?:and\s+|&\s+)?|\s+(?:and|&)\s+|\.\s+(?=[A-Z])", re.IGNORECASE)
_FEWEST_LINES_OF_A_LIST, _LONG_SENTENCE, _LONG_PARAGRAPH = 6, 200, 700
_OR_FIRST = re.compile(r"(?:and/)?or\b", re.IGNORECASE)
_ENDS_WITH_OR = re.compile(r"\b(?:and/)?(?:or|OR)\s*[:,;]?\s*$")


def split_criteria(text: str) -> tuple[Item, ...]:
    """The items of one trial's criteria, in order of their place."""
    return tuple(_Splitter(text).items())


class _Splitter:
    """One pass over one text. The section (inclusion or exclusion) and the governing headings are carried along."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = INCLUSION
        self.section: tuple[str, ...] = ()
        self.found: list[Item] = []
        self.is_list = sum(1 for line in text.splitlines() if line.strip()) >= _FEWEST_LINES_OF_A_LIST

    def items(self) -> list[Item]:
        if _FLAT_MARK.search(self.text) and not re.search(r"^\s*(?:[*\-•]|\d{1,2}\\?[.)])\s", self.text, re.MULTILINE):
            self._flat()
        else:
            self._walk(self._tree(), ())
        return self.found

    # --- lines and their nesting ---

    def _lines(self) -> Iterator[_Line]:
        blank = True
        position = 0
        for raw in self.text.splitlines(keepends=True):
            start, position = position, position + len(raw)
            body = raw.rstrip()
            if not body:
                blank = True
                continue
            lead = _BLANKS.match(body)
            indent = lead.end() if lead else 0
            mark = _MARK.match(body, indent)
            content = indent
            style = ""
            if mark is not None:
                after = _BLANKS.match(body, mark.end())
                content = after.end() if after else mark.end()
                style = (mark["bullet"] or "").lstrip("\\") or ("1" if mark["decimal"] else _style_of_number(mark["number"]))
                if content >= len(body):  # a bullet with nothing behind it
                    mark, content, style = None, indent, ""
            yield _Line(start + content, start + len(body), indent, mark[0] if mark else "", style, blank)
            blank = False

    def _tree(self) -> list[_Line]:
        roots: list[_Line] = []
        open_lines: list[_Line] = []
        for line in self._lines():
            previous = open_lines[-1] if open_lines else None
            if previous is not None and self._goes_on_from(line, previous):
                previous.end = line.end
                continue
            if not line.mark:
                parent = self._paragraph_parent(line, open_lines)
                if parent is None:
                    roots.append(line)
                    open_lines = [line]
                else:
                    parent.children.append(line)
                    del open_lines[open_lines.index(parent) + 1 :]
                continue
            while open_lines and not self._nests(line, open_lines[-1]):
                open_lines.pop()
            (open_lines[-1].children if open_lines else roots).append(line)
            open_lines.append(line)
        return roots

    def _goes_on_from(self, line: _Line, previous: _Line) -> bool:
        """Whether a line belongs to the one before: it has no bullet of its own, or the one before ends with "or"."""
        if line.mark:
            return (
                line.indent >= previous.indent
                and not previous.children
                and bool(_ENDS_WITH_OR.search(self.text, previous.start, previous.end))
            )
        return self._continues(line, previous)

    def _continues(self, line: _Line, previous: _Line) -> bool:
        """A line that only goes on from the one before: no bullet, no blank line between, and no heading."""
        if previous.children:
            return False
        if line.after_blank:
            return False
        words = self.text[line.start : line.end]
        if _SECTION.match(words) and len(words) < 90:
            return False
        if previous.mark:
            return line.indent > 0 or words[:1].islower() or not words.rstrip().endswith(":")
        before = self.text[previous.start : previous.end]
        return words[:1].islower() and before[-1:] not in ".;:"

    def _paragraph_parent(self, line: _Line, open_lines: list[_Line]) -> _Line | None:
        """A paragraph without a bullet belongs to the bullet before it where it is indented under it or begins as a note."""
        if not open_lines or not open_lines[0].mark:
            return None
        words = self.text[line.start : line.end]
        if words.rstrip().endswith(":") and not re.match(r"\W*note\b", words, re.IGNORECASE):
            return None
        if re.match(r"\W*(?:note|nb)\b", words, re.IGNORECASE):
            return open_lines[0] if line.indent == 0 else open_lines[-1]
        if line.indent == 0:
            return None
        for candidate in reversed(open_lines):
            if line.indent > candidate.indent:
                return candidate
        return None

    def _nests(self, line: _Line, above: _Line) -> bool:
        """Whether a bullet stands under the one above: deeper, or as deep but of another style right after a colon."""
        if not above.mark:
            return False
        if line.indent != above.indent:
            return line.indent > above.indent
        return line.style != above.style and self._ends_open(above)

    def _ends_open(self, line: _Line) -> bool:
        return self.text[line.start : line.end].rstrip().endswith(":")

    # --- from lines to items ---

    def _walk(self, lines: list[_Line], under: tuple[str, ...]) -> None:
        local: tuple[str, ...] = ()
        for number, line in enumerate(lines):
            following = lines[number + 1] if number + 1 < len(lines) else None
            words = self.text[line.start : line.end]
            section = self._section_heading(line, following)
            if section is not None:
                local = ()
                self._open_section(line.start, section)
                if not under:
                    under = ()
                if section < line.end:
                    self._leaf(_Line(self._past_blanks(section), line.end, line.indent, "", "", False), self.section)
                self._walk(line.children, self.section)
                continue
            governed = (*(under or self.section), *local)
            if self._is_heading(line, following):
                heading = self._tidy(line.start, line.end)
                self._add_heading(line.start, line.end)
                if line.children:
                    self._walk(line.children, (*governed, heading))
                else:
                    local = (heading,)
                    if not under:
                        self._turn(words)
                continue
            if line.children and not self._is_one_requirement(line):
                if words.rstrip().endswith(":") or len(words.split()) <= 4:
                    self._add_heading(line.start, line.end)
                else:  # a requirement of its own, with further requirements under it
                    self._leaf(_Line(line.start, line.end, line.indent, line.mark, line.style, False), governed)
                self._walk(line.children, (*governed, self._tidy(line.start, line.end)))
                continue
            self._leaf(line, governed)

    def _section_heading(self, line: _Line, following: _Line | None) -> int | None:
        """Where a heading such as "Inclusion Criteria:" ends, or None where the line is none."""
        words = self.text[line.start : line.end]
        match = _SECTION.match(words)
        if match is None:
            return None
        if match["colon"] != ":" and len(words) > 100:
            return None
        title = match["words"]
        if "criteri" not in title.lower() and not re.fullmatch(
            r"\W*(?:key |main |major |specific )?(?:inclusions?|exclusions?|in-?eligibility|eligibility|non-?inclusion)\W*",
            title,
            re.IGNORECASE,
        ):
            return None
        if (
            re.search(
                r"\b(?:meets?|fulfill?|satisf\w+|does not|do not|did not|who|infections eligible|per|see|waive\w*|under)\b",
                title,
                re.IGNORECASE,
            )
            and line.mark
        ):
            return None
        if not line.mark or line.children or match["colon"] == ":":
            return line.start + match.end()
        return line.start + match.end() if following is None or following.style != line.style else None

    def _open_section(self, start: int, end: int) -> None:
        words = self.text[start:end]
        self._turn(words)
        self._add_heading(start, end)
        title = self._tidy(start, end)
        plain = re.fullmatch(
            r"\W*(?:key |main |major |general )*(?:inclusion|exclusion|eligibility)(?: criteria)?\W*", title, re.IGNORECASE
        )
        self.section = () if plain else (title,)

    def _turn(self, words: str) -> None:
        """Take the direction that a heading gives, if it gives one."""
        excluding, including = _EXCLUDING.search(words), _INCLUDING.search(words)
        if excluding and not (
            including and re.search(r"\binclusion\b", words, re.IGNORECASE) and not re.search(r"\bnon-?inclusion\b", words, re.IGNORECASE)
        ):
            self.kind = EXCLUSION
        elif including and not excluding:
            self.kind = INCLUSION

    def _is_heading(self, line: _Line, following: _Line | None) -> bool:
        """A line that only introduces what follows: it ends with a colon, or is a short title before a list."""
        words = self.text[line.start : line.end].rstrip()
        if line.children:
            return False
        if words.endswith(":"):
            return following is not None or len(words) < 80
        if line.mark or following is None or not following.mark or not following.after_blank:
            return False
        return len(words) <= 70 and not re.search(r"[.<>≥≤=\d]", words) and len(words.split()) <= 9

    def _is_one_requirement(self, line: _Line) -> bool:
        """Whether a lead and its points are one requirement ("one of the following") or the lead is only their heading."""
        words = self.text[line.start : line.end].rstrip()
        points = [self.text[child.start : child.end] for child in line.children]
        if _ALL_OF.search(words) and not re.search(r"\b(?:one|any|either|at least)\b[^:]{0,40}$", words, re.IGNORECASE):
            return False
        if re.search(r"\ball\b[^:]{0,30}:$", words, re.IGNORECASE):
            return False
        if any(_COHORT_POINT.match(point) for point in points):
            return True
        if self.kind == EXCLUSION and words.endswith(":"):
            # Each of "any of the following" closes the door by itself; a lead that is itself a condition is made clearer by its points.
            return bool(_MADE_CLEARER.search(words)) and not _ANY_OF_THESE.search(words)
        if _ADEQUATE.search(words) and sum(1 for point in points if _LIMIT.search(point)) * 2 >= len(points):
            return False
        if _ALTERNATIVES.search(words):
            return True
        if words.endswith(":"):
            return False
        return any(_PERMITS.search(point) or _GOES_ON.match(point) or _ENDS_WITH_OR.search(point) for point in points)

    def _leaf(self, line: _Line, under: tuple[str, ...]) -> None:
        if line.children:
            parts = tuple(self._part_spans(line))
            self._add(line.start, line.end_of_all, under, parts)
            return
        for start, end in self._pieces(line):
            self._add(start, end, under, ())

    def _part_spans(self, line: _Line) -> Iterator[tuple[int, int]]:
        yield line.start, line.end
        for child in line.children:
            yield from self._part_spans(child)

    def _pieces(self, line: _Line) -> Iterator[tuple[int, int]]:
        """One line's requirements: split at numbers inside it, at sentences of a long paragraph, and between separate limits."""
        for start, end in self._numbered(line.start, line.end):
            is_long = end - start > (_LONG_PARAGRAPH if self.is_list else _LONG_SENTENCE)
            sentences = self._sentences(start, end) if is_long and not line.mark else [(start, end)]
            for sentence in sentences:
                yield from self._limits(*sentence)

    def _numbered(self, start: int, end: int) -> list[tuple[int, int]]:
        marks = [(match.start(), match.end(), int(match[1])) for match in _INLINE_NUMBER.finditer(self.text, start, end)]
        if not marks:
            return [(start, end)]
        rising = [marks[0]]
        for mark in marks[1:]:
            if rising[-1][2] < mark[2] <= rising[-1][2] + 3:
                rising.append(mark)
        first_begins_line = not self.text[start : rising[0][0]].strip()
        line_number = re.search(r"(\d{1,2})\\?[.)]\s*$", self.text[max(0, start - 8) : start])
        if line_number and rising[0][2] in range(int(line_number[1]) + 1, int(line_number[1]) + 4):
            first_begins_line = True
        if len(rising) < 2 and not (line_number and first_begins_line):
            return [(start, end)]
        if not first_begins_line and rising[0][2] != 1:
            return [(start, end)]
        if not first_begins_line and not re.search(r"[:.;]\s*$", self.text[start : rising[0][0]]):
            return [(start, end)]
        lead = self._trimmed(start, rising[0][0])
        edges = [*(mark[0] for mark in rising[1:]), end]
        pieces = [self._trimmed(mark[1], edge) for mark, edge in zip(rising, edges, strict=True)]
        return [piece for piece in ([lead, *pieces] if lead[0] < lead[1] else pieces) if piece[0] < piece[1]]

    def _sentences(self, start: int, end: int) -> list[tuple[int, int]]:
        """The sentences of a paragraph that is no list; a note, an exception or a permission stays with what it is about."""
        edges = [start, *(match.end() for match in _SENTENCE_END.finditer(self.text, start, end)), end]
        pieces: list[tuple[int, int]] = []
        for one, other in pairwise(edges):
            words = self.text[one:other]
            if pieces and (_GOES_ON.match(words) or _PERMITS.search(words)):
                pieces[-1] = (pieces[-1][0], other)
            else:
                pieces.append((one, other))
        return [piece for piece in (self._trimmed(*piece) for piece in pieces) if piece[0] < piece[1]]

    def _limits(self, start: int, end: int) -> list[tuple[int, int]]:
        """Separate limits in one line, where each side of the joint names what it limits and nothing ties the two."""
        words = self.text[start:end]
        if self.kind == EXCLUSION or len(words) > 400 or _TIED.search(words) or len(_LIMITED.findall(words)) < 2:
            return [(start, end)]
        lead = re.search(r"(?:\bdefined (?:as|by)|\bevidenced? by|\bas follows|\bincluding|:)\s*:?\s*(?=\S)", words)
        pieces: list[tuple[int, int]] = []
        begin = 0
        for joint in _JOINT.finditer(words, lead.end() if lead else 0):
            rest = words[joint.end() :]
            if _is_limit(words[begin : joint.start()]) and _is_limit_first(rest) and not _OR_FIRST.match(rest):
                pieces.append((start + begin, start + joint.start()))
                begin = joint.end()
        pieces.append((start + begin, end))
        if any(not _is_limit(self.text[one:other]) for one, other in pieces) or len(pieces) == 1:
            return [(start, end)]
        return pieces

    def _flat(self) -> None:
        """The old one-line form: known headings, and a capital letter where the next requirement begins."""
        marks = list(_FLAT_HEADING.finditer(self.text))
        before = self._trimmed(0, marks[0].start()) if marks else (0, len(self.text))
        if before[0] < before[1]:
            self._add(*before, (), ())
        for match, following in zip(marks, [*marks[1:], None], strict=True):
            self._add_heading(match.start(), match.end())
            end = following.start() if following else len(self.text)
            heading = match[0].rstrip(":")
            start, end = self._trimmed(match.end(), end)
            if start >= end:
                continue
            if _ASKS_NOTHING.match(self.text[start:end]):
                self._add(start, end, (heading,), ())
                continue
            edges = [start, *(one.end() for one in _FLAT_BREAK.finditer(self.text, start, end)), end]
            for one, other in pairwise(edges):
                self._add(*self._trimmed(one, other), (heading,), ())

    # --- spans ---

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        while start < end and self.text[start].isspace():
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        return start, end

    def _past_blanks(self, start: int) -> int:
        while start < len(self.text) and self.text[start].isspace():
            start += 1
        return start

    def _tidy(self, start: int, end: int) -> str:
        return " ".join(self.text[start:end].split())

    def _add(self, start: int, end: int, under: tuple[str, ...], parts: tuple[tuple[int, int], ...]) -> None:
        start, end = self._trimmed(start, end)
        if start >= end:
            return
        kind = HEADING if not parts and _ASKS_NOTHING.match(self.text[start:end]) else self.kind
        points = tuple(self._tidy(*part) for part in parts or ((start, end),))
        self.found.append(Item(kind, " / ".join(points), (start, end), under, points))

    def _add_heading(self, start: int, end: int) -> None:
        start, end = self._trimmed(start, end)
        if start < end:
            self.found.append(Item(HEADING, self._tidy(start, end), (start, end), (), ()))


def _style_of_number(mark: str) -> str:
    core = mark.strip("().:\\")
    kind = (
        "1"
        if core[0].isdigit()
        else "i"
        if re.fullmatch(r"[ivx]+", core)
        else "I"
        if re.fullmatch(r"[IVX]+", core)
        else "a"
        if core.islower()
        else "A"
    )
    return kind + ("(" if mark.startswith("(") else "") + mark[-1]


def _is_limit(words: str) -> bool:
    return bool(_LIMIT.search(words) and _LIMITED.search(words))


def _is_limit_first(words: str) -> bool:
    """Whether the next piece begins with what it limits, not with the rest of the limit before."""
    head = _JOINT.split(words, maxsplit=1)[0]
    return _is_limit(head)
