"""Reading the text of a pathology, laboratory or scan report that somebody pasted.

Nothing here is taken over by itself: every reading shows the words it rests on, and the person confirms it. What is wrong is worse than
what is missed, so the reader leaves alone, with the reason, whatever is negated, not certain, still to come or not of this person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from wayline.facts.vocabulary import Vocabulary
from wayline.liver.report_findings import LeftAlone, ReportReading
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS, ReportReader
from wayline.reading import WaylineError
from wayline.records.pasted.dates import Dates, ReadDate
from wayline.records.pasted.diagnoses import DiagnosisReader
from wayline.records.pasted.findings import PastedFinding, PastedReading
from wayline.records.pasted.labs import LabReader
from wayline.records.pasted.layout import Layout, Statement
from wayline.records.pasted.markers import DOUBT_YEAR, MarkerReader
from wayline.records.pasted.phrases import plain
from wayline.records.pasted.words import PastedWords

_REPLACED = "An amended result takes the place of this one."
DOUBT_OTHER_PRIMARY = "This part of the report is about another organ: {organ}. It may be of another cancer."
DOUBT_NO_ESOPHAGUS = "This text speaks of another organ and not of the esophagus: {organ}. It may be about another cancer."
_LUNG_PRIMARY = re.compile(
    r"(?:lung|pulmonary) (?:primary|origin|cancer)|primary (?:lung|pulmonary)|ttf-?1[ :,(]{1,3}(?:is )?positive|non-small"
)
_REACH = 800  # characters behind a specimen's name
_NEWER_VERSIONS = ("amended", "addendum")


class PastedReader:
    """Reads texts with one set of words; keeps nothing of what it reads."""

    def __init__(self, words: PastedWords, vocabulary: Vocabulary, liver: ReportReader) -> None:
        self._words, self._vocabulary, self._liver = words, vocabulary, liver

    def read(self, text: str, as_of: date) -> PastedReading:
        """All that is recognized, in the text's order. A text that is too long is an error that says so."""
        if len(text) > LONGEST_REPORT_CHARACTERS:
            raise WaylineError(f"the text is longer than {LONGEST_REPORT_CHARACTERS:,} letters; paste one report at a time")
        small = plain(text)
        dates = Dates(small, as_of)
        statements = Layout(text, small, self._words).statements()
        findings, left = self._of_statements(text, small, statements, _day_of_all(dates), as_of.year)
        labs = LabReader(small, self._words.labs, self._vocabulary, dates).read()
        findings = _merged([*findings, *labs.findings])
        organ = self._other_organ(small, statements)
        doubts = (DOUBT_NO_ESOPHAGUS.format(organ=organ),) if organ else ()
        return PastedReading(
            tuple(sorted(findings, key=lambda one: one.spans[0].start)),
            tuple(sorted(dict.fromkeys([*left, *labs.left]), key=lambda one: one.spans[0].start)),
            doubts,
            self._of_liver(text),
        )

    def _of_liver(self, text: str) -> ReportReading:
        return self._liver.read(text)

    def _of_statements(
        self, text: str, small: str, statements: list[Statement], day: ReadDate | None, year: int
    ) -> tuple[list[PastedFinding], list[LeftAlone]]:
        markers, diagnoses = MarkerReader(text, small, self._words, year), DiagnosisReader(small, self._words)
        told: list[tuple[PastedFinding, Statement]] = []
        left: list[LeftAlone] = []
        for statement in statements:
            markers.read(statement)
            found, alone = diagnoses.read(statement)
            told += [(one, statement) for one in found]
            left += alone
        markers.finish()
        told, replaced = _without_replaced([*told, *markers.findings])
        left += [*markers.left, *replaced]
        organ = self._other_organ(small, statements)
        named: dict[Statement, str | None] = {}

        def beside(finding: PastedFinding, statement: Statement) -> str | None:
            if not finding.fact_id.startswith("biomarker."):
                return None
            if statement not in named:
                named[statement] = self._organ_beside(small, statement)
            return named[statement]

        findings = []
        for finding, statement in told:
            doubts = list(finding.doubts)
            specimen = statement.specimen
            if specimen is not None and specimen.organ is not None and specimen.organ.begins_there:
                doubts.append(DOUBT_OTHER_PRIMARY.format(organ=specimen.organ.name))
            elif elsewhere := beside(finding, statement):
                doubts.append(DOUBT_OTHER_PRIMARY.format(organ=elsewhere))
            elif (
                specimen is not None
                and _LUNG_PRIMARY.search(small, specimen.start, specimen.end + _REACH)
                and "lung" in small[specimen.start : specimen.end]
            ):
                doubts.append(DOUBT_OTHER_PRIMARY.format(organ="lung"))
            elif organ:
                doubts.append(DOUBT_NO_ESOPHAGUS.format(organ=organ))
            if day is not None and day.doubt:
                doubts.append(day.doubt)
            # Where another year stands beside a result, the day of this sample is not its day.
            own = day if DOUBT_YEAR not in doubts else None
            findings.append(replace(finding, doubts=tuple(dict.fromkeys(doubts)), date=own.day if own else None))
        return findings, left

    def _organ_beside(self, small: str, statement: Statement) -> str | None:
        """An organ where other cancers begin, named in a sentence with no word of the esophagus."""
        if self._words.sites.find(small, statement.start, statement.end):
            return None
        organs = [hit.value for hit in self._words.organs.find(small, statement.start, statement.end)]
        return next((organ.name for organ in organs if organ.begins_there or organ.name == "lung"), None)

    def _other_organ(self, small: str, statements: list[Statement]) -> str | None:
        """The organ of another cancer that the text is about, where it never names the esophagus."""
        if self._words.sites.find(small, 0, len(small)):
            return None
        for statement in statements:
            organ = statement.specimen.organ if statement.specimen else None
            if organ is not None and organ.begins_there:
                return organ.name
        return None


def _day_of_all(dates: Dates) -> ReadDate | None:
    """The day of the sample, where the text tells just one."""
    samples = dates.samples()
    return samples[0].date if len({one.date.day for one in samples}) == 1 else None


def _without_replaced(
    told: list[tuple[PastedFinding, Statement]],
) -> tuple[list[tuple[PastedFinding, Statement]], list[LeftAlone]]:
    """An amended result stands; another one of the same fact in the same text does not."""
    newer: dict[str, set[str]] = {}
    for finding, statement in told:
        if statement.version in _NEWER_VERSIONS:
            newer.setdefault(finding.fact_id, set()).add(repr(finding.told))
    kept, left = [], []
    for finding, statement in told:
        others = newer.get(finding.fact_id)
        if statement.version not in _NEWER_VERSIONS and others and repr(finding.told) not in others:
            sentence = finding.spans[0]
            left.append(LeftAlone(_REPLACED, finding.spans, sentence))
        else:
            kept.append((finding, statement))
    return kept, left


def _merged(findings: Iterable[PastedFinding]) -> list[PastedFinding]:
    """What is said twice is one finding with the words of both; it is in doubt only where all are."""
    same: dict[object, list[PastedFinding]] = {}
    for one in findings:
        same.setdefault(one.same, []).append(one)
    merged = []
    for several in same.values():
        spans = sorted({span for one in several for span in one.spans}, key=lambda span: (span.start, span.end))
        doubts = () if any(not one.doubts for one in several) else several[0].doubts
        merged.append(replace(several[0], spans=tuple(spans), doubts=doubts))
    return _without_looser(merged)


def _without_looser(findings: list[PastedFinding]) -> list[PastedFinding]:
    """ "CPS 12, positive (CPS of 1 or more)" tells one score: the bound says nothing more where the number itself meets it."""
    exact = [one for one in findings if "value" in one.told]
    return [one for one in findings if not any(_meets(other, one) for other in exact)]


def _meets(exact: PastedFinding, bound: PastedFinding) -> bool:
    if (
        exact.fact_id != bound.fact_id
        or exact.date != bound.date
        or "value" in bound.told
        or not exact.fact_id.startswith("biomarker.pdl1")
    ):
        return False
    number = exact.told["value"]
    tests = {"at_least": lambda limit: number >= limit, "at_most": lambda limit: number <= limit}
    tests |= {"above": lambda limit: number > limit, "below": lambda limit: number < limit}
    return all(tests[key](limit) for key, limit in bound.told.items() if key in tests)


def read_pasted(text: str, vocabulary: Vocabulary, words: PastedWords, liver: ReportReader, as_of: date) -> PastedReading:
    """Read one text once."""
    return PastedReader(words, vocabulary, liver).read(text, as_of)
