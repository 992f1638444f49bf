"""Tumor markers and gene tests: which test a sentence names, and what it says of it.

A sentence is cut between the tests that it names. What stands in a test's own piece is its result, unless the piece (or the sentence) says
that there is none: pending, not done, could not be told, an earlier result, another person, an explanation of the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from wayline.liver.report_findings import LeftAlone, Span
from wayline.records.pasted.findings import PastedFinding
from wayline.records.pasted.layout import Statement
from wayline.records.pasted.phrases import Hit
from wayline.records.pasted.words import Guard, MarkerTest, PastedWords

HER2, IHC, ISH = "biomarker.her2", "biomarker.her2_ihc", "biomarker.her2_ish"
MSI, CLAUDIN, TMB, DPYD = "biomarker.msi_high", "biomarker.cldn18_2", "biomarker.tmb", "biomarker.dpyd"
SCORES = {"cps": "biomarker.pdl1_cps", "tps": "biomarker.pdl1_tps", "tap": "biomarker.pdl1_tap"}
PROTEINS = ("mlh1", "pms2", "msh2", "msh6")
_MSI_TOPICS = {"msi", "mmr", "msi_yes", "msi_no"}

_BETWEEN = re.compile(
    r"[\s,(/&:)+\-]*(?:(?:and|or|by|for|of|the|with|in|on|status|gene|expression|overexpression|amplification|testing|test|analysis|protein|proteins|clone|"
    r"using|immunohistochemistry|ihc|immunostains?|stains?|immunohistochemical|rearrangement|fusion|result|results|22c3|28-8|sp263|sp142|pharmdx|dako|"
    r"ventana|agilent|4b5|43-14a|assay|antibody|block|reflex)[\s,(/&:)+\-]*){0,6}"
)
_DELIMITER = re.compile(r"[,;|\n]|\s(?:and|but|with|while|whereas|however|although|then)\s|\(| {2,}|\t| - ")
_SCORE = re.compile(r"(?<![0-9.])([0-3])\s?\+(?![0-9])")
_NAMED_SCORE = re.compile(
    r"(?:score|ihc|immunohistochemistry\)?|immunostain|staining)\s{0,3}(?:of|is|was|:|=|-)?\s{0,3}\(?([0-3])(?![0-9%/x]|\.[0-9])(?!\s?(?:%|of|cells|to|-))"
)
_ZERO = re.compile(r"(?:\(\s?(?:score\s?:?\s?)?|negative[\s,(:]{1,3}(?:score\s?:?\s?(?:of\s)?)?)(0)(?![0-9%/+]|\.[0-9])")
_ZERO_BEHIND = re.compile(r"\s{0,2}(?:\(?(?:by\s)?ihc\)?)?(?:\s?\([^)\n]{1,12}\))?\s{0,2}[:=]\s{0,3}(0)\s{0,3}(?=$|[,;.()\n])")
_PLUS_BEHIND = re.compile(r"\+(?:[\s,;.)]|$)")
_SEVERAL_SCORES = re.compile(r"[0-3]\s?\+?\s?(?:-|/|to|or)\s?[0-3]\s?\+|[0-3]\+\s?(?:-|/|to|or)\s?[0-3](?![0-9.])")
_NUMBER = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{1,2})?)(?![0-9.]*[0-9]|[a-z])\s?(%|percent)?(?:\s?(?:-|to)\s?([0-9]{1,3}(?:\.[0-9]{1,2})?)(?![0-9.]*[0-9])\s?(%|percent)?)?(\+)?"
)
_BETWEEN_NUMBERS = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s?(%|percent)?\sand\s([0-9]{1,3}(?:\.[0-9]{1,2})?)(?![0-9.]*[0-9])\s?(%|percent)?()"
)
_OR_ANOTHER = re.compile(r"\s{0,2}(?:or|/|vs\.?)\s{0,2}(?:ms|dmmr|pmmr|mmr|micro|mismatch)")
_ANOTHER_OR = re.compile(r"(?:ms[a-z\-]{0,8}|[dp]mmr)\s{0,2}(?:or|/|vs\.?)\s{0,2}$")
_ONLY_TESTING = re.compile(r"\b(?:test|testing|tests|analysis|data|result|results|report|information)\b")
_TURNED_ROUND = re.compile(r"(?:\bnot|\bnever|n't|rather than|instead of)\s{1,3}(?:a\s|an\s)?$")
_WEAK_YES = {"detected", "identified", "present", "is seen", "positivity"}
_BARE_NO = {"no", "without", "lack of", "lacks", "absence of"}
_OF_THE_TEST = re.compile(
    r"(?:\s{1,3}(?:evidence|of|definite|definitive|detectable|significant|any|gene|protein|demonstrable|increased|convincing|clear|for))*\s{0,3}"
)
_OF_THE_RESULT = re.compile(
    r"\s{1,3}(?:evidence of |definite |detectable |significant |gene |protein |membranous |nuclear |tumor |specific )?"
    r"(?:overexpression|amplification|expression|staining|stain|fusions?|rearrangements?|mutations?|alterations?|loss|signals?|reactivity|"
    r"immunoreactivity|instability|variants?|v600e)\b"
)
_PERCENT = re.compile(r"([<>≥≤~]|>=|<=)?\s?([0-9]{1,3})(?:\s?-\s?([0-9]{1,3}))?\s?(?:%|percent)")
_TMB_NUMBER = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)\s?")
_V600E = re.compile(r"v600e")
_NOT_BEFORE = re.compile(r"(?:\bnot|\bno|\bnon|\bnever|n't|rather than|instead of)\s{1,3}(?:[a-z\-]{1,14}\s{1,3}){0,2}$")
_ONLY_LIKELIHOOD = re.compile(
    r"(?:probability|likelihood|risk|chance|testing|tested|evaluation|screening|screen|assessment) (?:of|for) (?:[a-z\-]{1,14} ){0,2}$"
)
_BY_METHOD = re.compile(r"\b(?:by|using|via|on|per|with)\s{1,3}(?:dual[ -]probe\s|dual\s|reflex\s)?$")
_ROW_OF_SCORES = re.compile(r"(?:ihc\s)?(?:score\s{0,2})?[0-3]\s?\+?\s{0,2}(?:[:=]|-\s|\()\s{0,2}[a-z]")
_ENGLISH_HER = re.compile(r"[Hh]er\s")  # "her 2 sisters"
_LEGEND = re.compile(r"[0-3]\+?\s{0,2}=\s{0,2}(?:neg|pos|equiv|low|no )")
_BOXES = re.compile(r"\(\s{0,2}\)|\[\s{0,2}\]|[\u2610\u2611\u2612\u25a1\u25a0]|_{3,}")
_YEAR = re.compile(r"(?<![0-9a-z])(?:19|20)[0-9]{2}(?![0-9])")
_NEAR = 40  # characters
_MOST_OTHER_WORDS = 3
_WORD = re.compile(r"[a-z]{3,}")
_LONGEST_LINE = 400  # characters
_LEAD = re.compile(r"[\s*+•\-]{0,40}(?:the\s|this\s|its\s)?")
_LONGEST_CARRY = 8  # lines

_SAYS_BOTH = "The report says yes and no here, so nothing was taken."
_NO_RESULT = "No result was recognized here."
_EXPLAINS = "This explains the test and is no result."
_BOXED = "These are boxes to tick, and the text does not show for sure which one is."
_LIKELIHOOD = "This tells how likely something is, or that it is looked for."
_NOT_SCORED = "PD-L1 is used only with its score (CPS, TPS or TAP), which does not stand here."
_NO_NUMBER = "No number was recognized here."
_TOO_HIGH = "This score cannot be above 100."
_SEVERAL_NUMBERS = "Several scores stand here, and it is not clear which is meant."
_LOW = "“HER2-low” is a word for other cancers. The score itself is what counts here."
_RATIO = "Numbers of this test were not taken. What counts is the report’s own word: amplified, or not."
_WHICH_TEST = "It is not said with which HER2 test this was found."
_PAST = "This part of the report does not tell of this result."
_NOT_ALL_FOUR = "All four proteins (MLH1, PMS2, MSH2, MSH6) are needed to say no."
_PROTEINS_UNSURE = "It is not clear which of the proteins is lost."
_GENES = "This is about genes or methylation, not about the stain of the tumor."
_NO_UNIT = "The unit is missing, so the number was not taken."
_NO_PHENOTYPE = "How fast the body clears the drug is not said here."
_NOT_THIS_CHANGE = "This is not the change that is asked for."
DOUBT_WORDED = "The report is not quite certain here."
DOUBT_MORE = "This sentence says more than a result. Read it again in the report."
DOUBT_PLUS = "The report writes only a plus sign here."
DOUBT_YEAR = "A year stands beside this result. Check that it is the newest one."
DOUBT_ABOUT = "The report gives this number as approximate."
DOUBT_PERCENT = "CPS has no percent. This could be another score."
DOUBT_SCORE_WORD = "The score and the word beside it do not go together."
DOUBT_INTENSITY = "The report does not say here how strong the stain is."
DOUBT_CLAUDIN = "The percent and the word beside it do not go together."
_POSITIVE_SCORES, _NEGATIVE_SCORES = {"3"}, {"0", "1"}


@dataclass(slots=True)
class _Group:
    """One or several tests that share what is said of them, and the piece of the sentence that is theirs."""

    topics: list[str]
    mentions: list[Hit]
    start: int
    end: int

    @property
    def first(self) -> int:
        return self.mentions[0].start

    @property
    def last(self) -> int:
        return self.mentions[-1].end

    @property
    def spans(self) -> list[Span]:
        return [Span(hit.start, hit.end) for hit in self.mentions]


@dataclass(slots=True)
class _Proteins:
    """What was read of the four proteins of one specimen."""

    intact: dict[str, list[Span]] = field(default_factory=dict)
    lost: dict[str, list[Span]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    sentence: Span = field(default_factory=lambda: Span(0, 0))


class MarkerReader:
    """Reads the statements of one text in their order; what it found lies in `findings` with the statement of each, and in `left`."""

    def __init__(self, text: str, small: str, words: PastedWords, year: int) -> None:
        self._text, self._small, self._words, self._year = text, small, words, year
        self.findings: list[tuple[PastedFinding, Statement]] = []
        self.left: list[LeftAlone] = []
        self._carried: _Group | None = None
        self._carried_line = 0
        self._carried_section = ("", "")
        self._proteins: _Proteins | None = None
        self._proteins_of: Any = None
        self._last_statement: Statement | None = None

    def read(self, statement: Statement) -> None:
        """One more statement."""
        specimen = (statement.specimen, statement.version)
        if self._proteins is not None and specimen != self._proteins_of:
            self.finish()
        groups = self._groups(statement)
        guard = self._guard(statement)
        if not groups:
            self._read_carried(statement, guard)
            return
        topics = {topic for group in groups for topic in group.topics}
        proteins = [topic for topic in topics if topic in PROTEINS]
        if proteins:
            self._read_proteins(statement, groups, guard)
        her2_before = self._carried_topic(statement) == "her2"
        for group in groups:
            named = set(group.topics)
            if named <= {"other"}:
                her2_before = False
                continue
            if guard is not None:
                if not named & set(PROTEINS):
                    self._leave(guard[0], [Span(group.first, _trimmed(self._small, group.first, group.end)), *guard[1]], statement)
                continue
            if _ONLY_LIKELIHOOD.search(self._small, max(statement.start, group.first - 40), group.first):
                self._leave(_LIKELIHOOD, group.spans, statement)
                continue
            is_her2 = bool(named & {"her2", "ratio"}) or ("ish" in named and her2_before and not named & {"ebv"})
            her2_before = is_her2 or (her2_before and named <= {"ish"})
            self._read_group(group, is_her2, bool(proteins), groups, statement)
        self._carry(groups, statement)

    def finish(self) -> None:
        """Tell what the four proteins say together."""
        proteins, self._proteins = self._proteins, None
        if proteins is None or self._last_statement is None:
            return
        both = set(proteins.intact) & set(proteins.lost)
        lost = [span for name in PROTEINS for span in proteins.lost.get(name, ())]
        intact = [span for name in PROTEINS for span in proteins.intact.get(name, ())]
        statement = self._last_statement
        if both:
            self.left.append(LeftAlone(_PROTEINS_UNSURE, _in_order([*lost, *intact]), proteins.sentence))
        elif lost:
            self._found(MSI, {"value": True}, lost, proteins.doubts, statement)
        elif len(proteins.intact) == len(PROTEINS):
            self._found(MSI, {"value": False}, intact, proteins.doubts, statement)
        elif intact:
            self.left.append(LeftAlone(_NOT_ALL_FOUR, _in_order(intact), proteins.sentence))

    # --- Which tests a sentence names -----------------------------------------------------------------------------------

    def _mentions(self, statement: Statement) -> list[tuple[str, Hit]]:
        found = []
        for hit in self._words.mentions.find(self._small, statement.start, statement.end):
            topic, exact = hit.value
            written = self._text[hit.start : hit.end]
            if exact and written not in self._words.exact:
                continue
            if topic == "egfr" and written != "EGFR":
                continue
            if topic == "her2" and _ENGLISH_HER.match(written):
                continue
            found.append((topic, hit))
        return found

    def _groups(self, statement: Statement) -> list[_Group]:
        groups: list[_Group] = []
        for topic, hit in self._mentions(statement):
            if groups and _BETWEEN.fullmatch(self._small, groups[-1].last, hit.start) and self._joins(groups[-1], topic, hit):
                groups[-1].topics.append(topic)
                groups[-1].mentions.append(hit)
            else:
                groups.append(_Group([topic], [hit], statement.start, statement.end))
        for before, after in pairwise(groups):
            delimiters = list(_DELIMITER.finditer(self._small, before.last, after.first))
            border = delimiters[-1].start() if delimiters else after.first
            before.end = after.start = border
        return _with_method(groups, self._small)

    def _joins(self, group: _Group, topic: str, hit: Hit) -> bool:
        """Whether a test named right behind another one shares its result. A score has its own number, and a line end parts two rows."""
        between = self._small[group.last : hit.start]
        if topic in SCORES:
            return group.topics[-1] == "pdl1" and "\n" not in between
        if group.topics[-1] in SCORES:
            return False
        if {topic, group.topics[-1]} & {"msi_yes", "msi_no"}:
            return topic == group.topics[-1]
        return ";" not in between

    def _carried_topic(self, statement: Statement) -> str | None:
        carried = self._carried
        if carried is None or statement.line - self._carried_line > _LONGEST_CARRY:
            return None
        if self._carried_section != (statement.section, statement.version):
            return None
        topics = set(carried.topics)
        return "her2" if topics & {"her2", "ratio"} else carried.topics[-1]

    def _carry(self, groups: list[_Group], statement: Statement) -> None:
        last = groups[-1]
        if last.topics == ["ish"] and len(groups) > 1 and set(groups[-2].topics) & {"her2", "ratio"}:
            last = groups[-2]  # "HER2, IHC with reflex to FISH": what follows is about HER2
        if set(last.topics) <= {"ish"} and self._carried_topic(statement) == "her2":
            self._carried_line = statement.line
            return
        self._carried, self._carried_line = last, statement.line
        self._carried_section = (statement.section, statement.version)

    def _read_carried(self, statement: Statement, guard: tuple[str, list[Span]] | None) -> None:
        """A line under a test's name that goes on about it: "Result: positive"."""
        topic = self._carried_topic(statement)
        if topic is None or self._carried is None or not (statement.opens_line or statement.line == self._carried_line):
            return
        lead = _LEAD.match(self._small, statement.start, statement.end)
        start = lead.end() if lead else statement.start
        opening = self._words.goes_on.at(self._small, start, statement.end)
        if opening is None:
            line = self._text[start : statement.end].strip()
            if line.endswith(":") or (line.isupper() and len(line) > 3):
                self._carried = None  # another heading
            return
        if _ROW_OF_SCORES.match(self._small, start, statement.end):
            self._leave(_EXPLAINS, [Span(start, _trimmed(self._small, start, statement.end))], statement)
            return
        topics = list(self._carried.topics)
        group = _Group(topics, [Hit(start, opening.end, None)] * len(topics), statement.start, statement.end)
        named = set(group.topics)
        if named <= {"other"} or named & set(PROTEINS):
            return
        if guard is not None:
            self._leave(guard[0], [Span(start, _trimmed(self._small, start, statement.end))], statement)
            return
        self._read_group(group, topic == "her2", False, [group], statement)
        self._carried_line = statement.line

    # --- What rules a sentence or a piece out ------------------------------------------------------------------------------

    def _guard(self, statement: Statement) -> tuple[str, list[Span]] | None:
        """Why nothing of a sentence is a result, with the words that say so."""
        if statement.section in ("past", "methods"):
            return _PAST, []
        if legend := _LEGEND.search(self._small, *self._line_around(statement)):
            return _EXPLAINS, [Span(legend.start(), legend.end())]
        if boxes := _BOXES.search(self._small, *self._line_around(statement)):
            return _BOXED, [Span(boxes.start(), boxes.end())]
        for hit in self._words.segment.find(self._small, statement.start, statement.end):
            if isinstance(hit.value, Guard) and hit.value.scope == "sentence":
                return hit.value.reason, [Span(hit.start, hit.end)]
        return None

    def _line_around(self, statement: Statement) -> tuple[int, int]:
        """The printed line of a sentence, a few hundred characters at most."""
        first, last = max(0, statement.start - _LONGEST_LINE), min(len(self._small), statement.end + _LONGEST_LINE)
        start, end = self._small.rfind("\n", first, statement.start) + 1, self._small.find("\n", statement.end, last)
        return start or first, last if end < 0 else end

    def _has_many_other_words(self, group: _Group, said: Iterable[Hit]) -> bool:
        """Whether a piece says much more than a result, so that it may mean something else."""
        covered = [(hit.start, hit.end) for hit in (*group.mentions, *said)]
        others = [
            match
            for match in _WORD.finditer(self._small, group.start, group.end)
            if match[0] not in self._words.plain_words and not any(first < match.end() and match.start() < last for first, last in covered)
        ]
        return len(others) > _MOST_OTHER_WORDS

    def _signs(self, start: int, end: int, mentions: Iterable[Hit]) -> list[Hit]:
        """The words of a piece that say something, outside of the tests' own names."""
        covered = [(hit.start, hit.end) for hit in mentions]
        return [
            hit
            for hit in self._words.segment.find(self._small, start, end)
            if not any(first < hit.end and hit.start < last for first, last in covered) and self._denies(hit, covered)
        ]

    def _denies(self, hit: Hit, mentions: list[tuple[int, int]]) -> bool:
        """Whether a bare no speaks of the test: "no HER2 overexpression", and not "no material for HER2"."""
        if self._small[hit.start : hit.end] not in _BARE_NO:
            return True
        following = min((first for first, _ in mentions if first >= hit.end), default=None)
        if following is not None and _OF_THE_TEST.fullmatch(self._small, hit.end, following):
            return True
        return _OF_THE_RESULT.match(self._small, hit.end) is not None

    # --- Results --------------------------------------------------------------------------------------------------------

    def _read_group(self, group: _Group, is_her2: bool, has_proteins: bool, groups: list[_Group], statement: Statement) -> None:
        named = set(group.topics)
        signs = self._signs(group.start, group.end, group.mentions)
        guards = [hit for hit in signs if isinstance(hit.value, Guard)]
        if is_her2:
            self._read_her2(group, signs, guards, statement)
            return
        if named & set(PROTEINS):
            return
        if named & _MSI_TOPICS and has_proteins and named <= {"msi", "mmr"}:
            return
        if guards:
            self._leave(guards[0].value.reason, [*group.spans, Span(guards[0].start, guards[0].end)], statement)
            return
        scores = named & set(SCORES)
        if scores:
            for topic, hit in zip(group.topics, group.mentions, strict=False):
                if topic in SCORES:
                    self._read_score(topic, hit, group, statement)
        elif "pdl1" in named:
            if not any(set(other.topics) & set(SCORES) for other in groups) and any(hit.value in ("yes", "no") for hit in signs):
                self._leave(
                    _NOT_SCORED, [*group.spans, *(Span(hit.start, hit.end) for hit in signs if hit.value in ("yes", "no"))], statement
                )
            elif not any(set(other.topics) & set(SCORES) for other in groups) and re.search(
                r"[0-9]\s?%", self._small[group.last : group.end]
            ):
                self._leave(_NOT_SCORED, [Span(group.first, group.end)], statement)
        if named & _MSI_TOPICS:
            self._read_msi(group, signs, statement)
        if "tmb" in named:
            self._read_tmb(group, statement)
        if "dpyd" in named:
            self._read_dpyd(group, signs, statement)
        for topic in dict.fromkeys(group.topics):
            test = self._words.tests.get(topic)
            if test is not None:
                self._read_test(test, group, signs, statement)

    def _answer(self, group: _Group, signs: list[Hit]) -> tuple[str | None, list[Hit]]:
        """`yes`, `no`, `both` or nothing, with the words that say it. "No amplification was detected" is a no."""
        if _TURNED_ROUND.search(self._small, group.start, group.first):
            return "both", []  # "not HER2 positive" may mean either that or not tested
        noes, yeses = [hit for hit in signs if hit.value == "no"], [hit for hit in signs if hit.value == "yes"]
        if noes and yeses:
            weak = all(self._small[hit.start : hit.end] in _WEAK_YES for hit in yeses)
            if weak and all(hit.end <= group.first or hit.start < min(yes.start for yes in yeses) for hit in noes):
                return "no", [*noes, *yeses]
            return "both", [*noes, *yeses]
        if noes:
            return "no", noes
        return ("yes", yeses) if yeses else (None, [])

    def _read_test(self, test: MarkerTest, group: _Group, signs: list[Hit], statement: Statement) -> None:
        if test.topic == "cldn" and self._read_claudin_percent(group, signs, statement):
            return
        piece = (group.start, group.end)
        if test.lacks.find(self._small, *piece):
            self._leave(_NOT_THIS_CHANGE, group.spans, statement)
            return
        answer, said = self._answer(group, signs)
        needed = test.needs.find(self._small, *piece)
        if answer is None:
            if needed or test.topic == "cldn":
                self._leave_named(_NO_RESULT, group, statement)
            return
        if test.topic == "braf":
            needed = [Hit(match.start(), match.end(), True) for match in _V600E.finditer(self._small, *piece)]
            if not needed and answer == "yes":
                self._leave(_NOT_THIS_CHANGE, group.spans, statement)
                return
        elif test.needs and not needed:
            self._leave(_NOT_THIS_CHANGE, group.spans, statement)
            return
        if answer == "both":
            self._leave(_SAYS_BOTH, [*group.spans, *_spans(said)], statement)
            return
        spans = [*group.spans, *_spans(said), *_spans(needed)]
        self._found(test.fact, {"value": test.yes if answer == "yes" else test.no}, spans, self._doubts(signs, group), statement)

    def _doubts(self, signs: list[Hit], group: _Group | None = None) -> list[str]:
        doubts = [DOUBT_WORDED] if any(hit.value == "hedge" for hit in signs) else []
        return [*doubts, DOUBT_MORE] if group is not None and self._has_many_other_words(group, signs) else doubts

    # --- HER2 -----------------------------------------------------------------------------------------------------------

    def _read_her2(self, group: _Group, signs: list[Hit], guards: list[Hit], statement: Statement) -> None:
        start, end = group.start, group.end
        for low in self._words.low.find(self._small, start, end):
            self._leave(_LOW, [Span(low.start, low.end)], statement)
        signs = [
            hit
            for hit in signs
            if not any(low.start < hit.end and hit.start < low.end for low in self._words.low.find(self._small, start, end))
        ]
        named = set(group.topics)
        hard = [hit for hit in guards if not hit.value.score_stands]
        if hard:
            self._leave(hard[0].value.reason, [*group.spans, Span(hard[0].start, hard[0].end)], statement)
            return
        is_ish = "ish" in named or "ratio" in named
        answer, said = self._answer(group, signs)
        if is_ish:
            self._read_ish(group, answer, said, guards, signs, statement)
            return
        behind = self._small[group.last : end]
        # The 2 of HER2 is no score: what stands within the name itself is passed over.
        pieces = ((start, group.first), (group.last, end), *((one.end, other.start) for one, other in pairwise(group.mentions)))
        several = next((match for piece in pieces if (match := _SEVERAL_SCORES.search(self._small, *piece))), None)
        if several is not None:
            self._leave(_SEVERAL_NUMBERS, [*group.spans, Span(several.start(), several.end())], statement)
            return
        found = [(match[1], match.start(1), match.end()) for piece in pieces for match in _SCORE.finditer(self._small, *piece)]
        if not found:
            found = [
                (match[1], match.start(1), match.end(1))
                for pattern in (_NAMED_SCORE, _ZERO)
                for match in pattern.finditer(self._small, group.last, end)
            ]
            zero = _ZERO_BEHIND.match(self._small, group.last, end)
            found += [(zero[1], zero.start(1), zero.end(1))] if zero and not found else []
        if not found and answer is None and not guards and _PLUS_BEHIND.match(self._small, group.last, end):
            self._found(HER2, {"value": "positive"}, [Span(group.first, group.last + 1)], [DOUBT_PLUS], statement)
            return
        scores = {score for score, _, _ in found}
        if len(scores) > 1:
            self._leave(_SEVERAL_NUMBERS, [*group.spans, *(Span(first, last) for _, first, last in found)], statement)
            return
        if scores:
            score = scores.pop()
            doubts = self._doubts([hit for hit in signs if not re.match(r"weak|focal|patch|partial", self._small[hit.start : hit.end])])
            if (
                answer == "both"
                or (answer == "yes" and score in _NEGATIVE_SCORES)
                or (answer == "no" and score in _POSITIVE_SCORES | {"2"})
            ):
                doubts.append(DOUBT_SCORE_WORD)
            if answer == "yes" and score == "2":
                doubts.append(DOUBT_SCORE_WORD)
            spans = [*group.spans, *(Span(first, last) for _, first, last in found), *_spans(said), *_spans(guards)]
            self._found(IHC, {"value": int(score)}, spans, doubts, statement)
            return
        if guards:
            self._leave(guards[0].value.reason, [*group.spans, Span(guards[0].start, guards[0].end)], statement)
            return
        if answer == "yes" and "overexpress" not in behind and all(self._small[hit.start : hit.end] in _WEAK_YES for hit in said):
            answer = None  # "no amplification of HER2 detected": the word belongs to another test
        if answer is None:
            if "amplif" in behind:
                self._leave(_WHICH_TEST, [Span(group.first, min(end, group.last + 20))], statement)
            return
        if answer == "both":
            self._leave(_SAYS_BOTH, [*group.spans, *_spans(said)], statement)
        elif re.search(r"amplif|copy|gain|mutation|variant|sequenc|\bngs\b", self._small[start:end]):
            self._leave(_WHICH_TEST, [*group.spans, *_spans(said)], statement)
        else:
            self._found(
                HER2,
                {"value": "positive" if answer == "yes" else "negative"},
                [*group.spans, *_spans(said)],
                self._doubts(signs, group),
                statement,
            )

    def _read_ish(
        self, group: _Group, answer: str | None, said: list[Hit], guards: list[Hit], signs: list[Hit], statement: Statement
    ) -> None:
        if guards:
            self._leave(guards[0].value.reason, [*group.spans, Span(guards[0].start, guards[0].end)], statement)
        elif answer == "both":
            self._leave(_SAYS_BOTH, [*group.spans, *_spans(said)], statement)
        elif answer is None:
            if re.search("[0-9]", self._small[group.last : group.end]):
                self._leave(_RATIO, [Span(group.first, group.end)], statement)
        else:
            value = "positive" if answer == "yes" else "negative"
            self._found(ISH, {"value": value}, [*group.spans, *_spans(said)], self._doubts(signs, group), statement)

    # --- PD-L1 ----------------------------------------------------------------------------------------------------------

    def _read_score(self, topic: str, hit: Hit, group: _Group, statement: Statement) -> None:
        place, about = hit.end, False
        for _ in range(12):
            while place < group.end and self._small[place] in " \t:=()[]-|*\n,\"'":
                place += 1
            filler = self._words.fillers.at(self._small, place, group.end) if place < group.end else None
            if filler is None:
                break
            about = about or self._words.about.at(self._small, place, group.end) is not None
            place = filler.end
        bound = self._words.comparisons.at(self._small, place, group.end) if place < group.end else None
        begin = place
        if bound is not None:
            place = bound.end
            while place < group.end and self._small[place] in " =":
                place += 1
        between = "between" in self._small[hit.end : place]
        match = (_BETWEEN_NUMBERS if between else _NUMBER).match(self._small, place, group.end)
        if match is None or self._small[match.end() : match.end() + 1] in ("/", ":"):
            self._leave(_NO_NUMBER, group.spans, statement)
            return
        low, high = float(match[1]), float(match[3]) if match[3] else None
        if max(low, high or 0) > 100 or (high is not None and high <= low):
            self._leave(_TOO_HIGH if max(low, high or 0) > 100 else _NO_NUMBER, [*group.spans, Span(match.start(), match.end())], statement)
            return
        has_percent = bool(match[2] or match[4])
        told: dict[str, Any]
        if bound is not None and high is None:
            told = {bound.value: low}
        elif high is not None and bound is None:
            told = {"at_least": low, "at_most": high}
        elif bound is None:
            told = {"at_least": low} if match[5] else {"value": low}
        else:
            self._leave(_NO_NUMBER, group.spans, statement)
            return
        if topic != "cps":
            told["unit"] = "%"
        signs = self._signs(group.start, group.end, group.mentions)
        doubts = [*([DOUBT_ABOUT] if about else []), *([DOUBT_PERCENT] if has_percent and topic == "cps" else []), *self._doubts(signs)]
        self._found(SCORES[topic], told, [*group.spans, Span(begin, match.end())], doubts, statement)

    # --- Mismatch repair ------------------------------------------------------------------------------------------------

    def _read_msi(self, group: _Group, signs: list[Hit], statement: Statement) -> None:
        named = set(group.topics) & _MSI_TOPICS
        doubts = self._doubts(signs, group)
        before = self._small[group.start : group.first]
        negated = any(hit.value == "no" and hit.end <= group.first for hit in signs) or _NOT_BEFORE.search(before) is not None
        negated_behind = any(hit.value == "no" and hit.start >= group.last for hit in signs)
        spans = [*group.spans, *_spans([hit for hit in signs if hit.value in ("no", "hedge")])]
        if _OR_ANOTHER.match(self._small, group.last, statement.end) or _ANOTHER_OR.search(self._small, statement.start, group.first):
            self._leave(_SAYS_BOTH, spans, statement)
            return
        between = [self._small[one.end : other.start].strip() for one, other in pairwise(group.mentions)]
        if named & {"msi_yes", "msi_no"} and {"/", "or", "and/or"} & set(between) and not (negated or negated_behind):
            self._leave(_NO_RESULT, spans, statement)  # "MSI-H/dMMR" is a name, not a result
        elif "msi_yes" in named:
            self._found(MSI, {"value": not (negated or negated_behind)}, spans, doubts, statement)
        elif "msi_no" in named:
            agreeing = [hit for hit in self._words.msi.find(self._small, group.last, group.end) if hit.value == "stable"]
            behind = [hit for hit in signs if hit.value == "no" and hit.start >= group.last]
            negated_behind = any(not any(one.start <= hit.start and hit.end < one.end for one in agreeing) for hit in behind)
            if negated or negated_behind:
                self._leave(_SAYS_BOTH, spans, statement)
            else:
                self._found(MSI, {"value": False}, spans, doubts, statement)
        else:
            hits = [
                hit
                for hit in self._words.msi.find(self._small, group.start, group.end)
                if hit.end <= group.first or hit.start >= group.last
            ]
            kinds = {hit.value for hit in hits}
            if "unstable" in kinds and ("stable" in kinds or negated):
                ahead = [hit for hit in hits if hit.value == "stable"]
                only_no = all(self._small[hit.start : hit.end] in {"no", "no evidence of", "negative for", "without"} for hit in ahead)
                self._leave(_SAYS_BOTH, [*group.spans, *_spans(hits)], statement) if not only_no else self._found(
                    MSI, {"value": False}, [*group.spans, *_spans(hits)], doubts, statement
                )
            elif kinds == {"unstable"}:
                self._found(MSI, {"value": True}, [*group.spans, *_spans(hits)], doubts, statement)
            elif kinds == {"stable"} and {self._small[hit.start : hit.end] for hit in hits} <= {"no", "without"}:
                if not _ONLY_TESTING.search(self._small, group.start, group.end):
                    self._found(MSI, {"value": False}, [*group.spans, *_spans(hits)], doubts, statement)
            elif kinds == {"stable"}:
                self._found(MSI, {"value": False}, [*group.spans, *_spans(hits)], doubts, statement)
            elif any(hit.value == "yes" for hit in signs):
                self._leave(_NO_RESULT, [*group.spans, *_spans(signs)], statement)

    def _read_proteins(self, statement: Statement, groups: list[_Group], guard: tuple[str, list[Span]] | None) -> None:
        mentions = [(topic, hit) for topic, hit in self._mentions(statement) if topic in PROTEINS]
        spans = [Span(hit.start, hit.end) for _, hit in mentions]
        if guard is not None:
            self._leave(guard[0], [*spans, *guard[1]], statement)
            return
        genes = self._words.not_of_proteins.find(self._small, statement.start, statement.end)
        if genes:
            self._leave(_GENES, [*spans, *_spans(genes)], statement)
            return
        signs = self._words.segment.find(self._small, statement.start, statement.end)
        blocking = next((hit for hit in signs if isinstance(hit.value, Guard)), None)
        if blocking is not None:
            self._leave(blocking.value.reason, [*spans, Span(blocking.start, blocking.end)], statement)
            return
        if self._proteins is None:
            self._proteins, self._proteins_of = _Proteins(), (statement.specimen, statement.version)
            self._proteins.sentence = Span(statement.start, statement.end)
        self._last_statement = statement
        self._proteins.doubts += self._doubts(signs)
        for start, end in self._protein_clauses(statement, mentions):
            self._read_protein_clause([(topic, hit) for topic, hit in mentions if start <= hit.start < end], start, end, statement)

    def _protein_clauses(self, statement: Statement, mentions: list[tuple[str, Hit]]) -> list[tuple[int, int]]:
        """Cut where both sides name a protein and say something of it."""
        borders = [statement.start]
        states = self._words.proteins.find(self._small, statement.start, statement.end)
        for match in re.finditer(r",|\||\n|\s(?:while|whereas|but|with|and)\s| {2,}|\.", self._small[statement.start : statement.end]):
            place = statement.start + match.start()
            left_side = any(borders[-1] <= hit.start < place for hit in states) and any(
                borders[-1] <= hit.start < place for _, hit in mentions
            )
            right_side = any(hit.start >= place for hit in states) and any(hit.start >= place for _, hit in mentions)
            if left_side and right_side:
                following = min(
                    [hit.start for _, hit in mentions if hit.start >= place] + [hit.start for hit in states if hit.start >= place]
                )
                # Cut where a word of state follows ("..., intact MSH2"), or where the left side is of the form "MLH1 intact".
                next_is_state = any(hit.start == following for hit in states)
                last_mention = max(hit.start for _, hit in mentions if hit.start < place)
                state_behind = any(last_mention < hit.start < place for hit in states)
                first_state = min(hit.start for hit in states if hit.start >= borders[-1])
                state_first = first_state < min(hit.start for _, hit in mentions if hit.start >= borders[-1])
                if next_is_state or (state_behind and not state_first):
                    borders.append(place)
        return list(zip(borders, [*borders[1:], statement.end], strict=True))

    def _read_protein_clause(self, mentions: list[tuple[str, Hit]], start: int, end: int, statement: Statement) -> None:
        proteins = self._proteins
        if proteins is None or not mentions:
            return
        states = self._words.proteins.find(self._small, start, end)
        kinds = {hit.value for hit in states}
        spans = [Span(hit.start, hit.end) for _, hit in mentions]
        if not states:
            return
        if len(kinds) > 1:
            self._leave(_PROTEINS_UNSURE, [*spans, *_spans(states)], statement)
            return
        into = proteins.intact if kinds == {"intact"} else proteins.lost
        for topic, hit in mentions:
            into.setdefault(topic, []).extend([Span(hit.start, hit.end), *_spans(states)])

    # --- Claudin, TMB, DPYD ---------------------------------------------------------------------------------------------

    def _read_claudin_percent(self, group: _Group, signs: list[Hit], statement: Statement) -> bool:
        """Whether a percent of tumor cells decided. Weak staining does not count; without a word on how strong, it is a doubt."""
        percents = list(_PERCENT.finditer(self._small, group.start, group.end))
        if not percents:
            return False
        strengths = self._words.claudin_strength.find(self._small, group.start, group.end)
        answer, said = self._answer(
            group, [hit for hit in signs if self._small[hit.start : hit.end] in {"positive", "negative", "not positive"}]
        )
        kinds = {hit.value for hit in strengths}
        spans = [*group.spans, *(Span(match.start(), match.end()) for match in percents), *_spans(strengths), *_spans(said)]
        if len(percents) > 1 or "weak" in kinds:
            if answer in ("yes", "no"):
                self._found(CLAUDIN, {"value": "positive" if answer == "yes" else "negative"}, spans, self._doubts(signs, group), statement)
            else:
                self._leave(_NO_RESULT, spans, statement)
            return True
        sign, low, high = percents[0][1] or "", float(percents[0][2]), float(percents[0][3] or percents[0][2])
        limit = self._words.claudin_percent
        by_percent: str | None = None
        if high <= 100 and low <= high and sign in ("", "~"):
            by_percent = "yes" if low >= limit else "no" if high < limit else None
        elif sign in (">", "≥", ">=") and low >= limit:
            by_percent = "yes"
        elif sign == "<" and high <= limit:
            by_percent = "no"
        doubts = self._doubts(signs)
        if by_percent is None or answer == "both":
            if answer in ("yes", "no") and by_percent is None:
                self._found(CLAUDIN, {"value": "positive" if answer == "yes" else "negative"}, spans, [*doubts, DOUBT_CLAUDIN], statement)
            else:
                self._leave(_SAYS_BOTH if answer == "both" else _NO_RESULT, spans, statement)
            return True
        if answer is not None and answer != by_percent:
            doubts.append(DOUBT_CLAUDIN)
            by_percent = answer
        elif answer is None and not strengths:
            doubts.append(DOUBT_INTENSITY)
        self._found(CLAUDIN, {"value": "positive" if by_percent == "yes" else "negative"}, spans, doubts, statement)
        return True

    def _read_tmb(self, group: _Group, statement: Statement) -> None:
        place = group.last
        match = re.compile(r"[^0-9<>≥≤]{0,60}([<>≥≤]=?)?\s?").match(self._small, place, group.end)
        number = _TMB_NUMBER.match(self._small, match.end(), group.end) if match else None
        if match is None or number is None:
            return
        unit = self._words.tmb_units.at(self._small, number.end(), group.end)
        spans = [*group.spans, Span(number.start(), unit.end if unit else number.end())]
        if unit is None:
            self._leave(_NO_UNIT, spans, statement)
            return
        bound = {"<": "below", ">": "above", "≥": "at_least", ">=": "at_least", "≤": "at_most", "<=": "at_most"}.get(match[1] or "")
        value = float(number[1])
        self._found(TMB, {bound or "value": value, "unit": "mut/Mb"}, spans, [], statement)

    def _read_dpyd(self, group: _Group, signs: list[Hit], statement: Statement) -> None:
        found = self._words.metabolizers.find(self._small, group.start, group.end)
        spans = [*group.spans, *_spans(found)]
        if not found:
            if re.search(r"\*[0-9]|c\.[0-9]|variant|genotype", self._small[group.start : group.end]):
                self._leave(_NO_PHENOTYPE, [Span(group.first, group.end)], statement)
            return
        if len({hit.value for hit in found}) > 1 or any(
            hit.value == "no" and not self._small[hit.end : found[0].start].strip() for hit in signs if hit.end <= found[0].start
        ):
            self._leave(_SAYS_BOTH, spans, statement)
            return
        hedged = self._words.not_certain_metabolizer.find(self._small, group.start, group.end)
        self._found(DPYD, {"value": found[0].value}, spans, [DOUBT_WORDED] if hedged else [], statement)

    # --- Into the reading -----------------------------------------------------------------------------------------------

    def _found(self, fact: str, told: dict[str, Any], spans: Iterable[Span], doubts: Iterable[str], statement: Statement) -> None:
        joined = _in_order(spans)
        # The words around a result, as far as the next one: a year there says that it may be of another time.
        around = (max(statement.start, joined[0].start - _NEAR), min(statement.end, joined[-1].end + _NEAR))
        other_year = any(int(match[0]) != self._year for match in _YEAR.finditer(self._small, *around))
        doubts = [*doubts, DOUBT_YEAR] if other_year else list(doubts)
        self.findings.append((PastedFinding(fact, told, joined, tuple(dict.fromkeys(doubts))), statement))

    def _leave(self, reason: str, spans: Iterable[Span], statement: Statement) -> None:
        self.left.append(LeftAlone(reason, _in_order(spans), Span(statement.start, statement.end)))

    def _leave_named(self, reason: str, group: _Group, statement: Statement) -> None:
        if group.end > group.last and self._small[group.last : group.end].strip(" :.-"):
            self._leave(reason, group.spans, statement)


def _with_method(groups: list[_Group], text: str) -> list[_Group]:
    """ "HER2 is not amplified by FISH" is one test with its method behind."""
    joined: list[_Group] = []
    for group in groups:
        before = joined[-1] if joined else None
        is_method = before is not None and group.topics == ["ish"] and before.topics == ["her2"] and before.end == group.first
        if before is not None and is_method and _BY_METHOD.search(text, max(before.last, group.first - 30), group.first):
            before.topics.append("ish")
            before.mentions.append(group.mentions[0])
            before.end = group.end
            continue
        joined.append(group)
    return joined


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _spans(hits: Iterable[Hit]) -> list[Span]:
    return [Span(hit.start, hit.end) for hit in hits]


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(set(spans), key=lambda one: (one.start, one.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
