"""The cell type, the place in the esophagus and the Siewert type, where a report says them of this person's cancer for sure."""

from __future__ import annotations

import re

from wayline.liver.report_findings import LeftAlone, Span
from wayline.records.pasted.findings import PastedFinding
from wayline.records.pasted.layout import Statement
from wayline.records.pasted.phrases import Hit
from wayline.records.pasted.words import Guard, PastedWords

HISTOLOGY, SITE, SIEWERT = "diagnosis.histology", "diagnosis.site", "diagnosis.siewert"
_SIEWERT = re.compile(r"siewert(?:'s)?\s{0,3}(?:type|class(?:ification)?|tumor)?\s{0,3}:?\s{0,3}(iii|ii|i|[123])(?![a-z0-9])")
_MORE_TYPES = re.compile(r"\s{0,3}(?:/|,|-|or|to|and|vs)\s{0,3}(?:iii|ii|i|[123])(?![a-z0-9])")
_CLAUSE = re.compile(r",\s|;\s|\s-\s|:\s|\s(?:but|however|while|whereas|although)\s|\n\s{0,40}-")
_NUMERALS = {"i": "1", "ii": "2", "iii": "3"}
_LUNG_CANCER = re.compile(
    r"\blung (?:adeno|squam|small|neuro)|(?:of|in) (?:the )?(?:left |right )?(?:upper |lower |middle )?(?:lobe )?lung\b"
)
_ANOTHER_CANCER = "This is about another cancer."
_PARTS = {
    "upper": re.compile(r"\b(?:upper|proximal|cervical)\b"),
    "middle": re.compile(r"\bmid(?:dle)?\b"),
    "lower": re.compile(r"\b(?:distal|lower)\b"),
}
_SAYS_NO = "The report says no here."
_UNSURE = "The report is not certain here."
_PAST = "This part of the report does not tell of this result."
_SEVERAL_SITES = "Several places stand here, and it is not clear which is meant."
_NO_SITE_OF_TUMOR = "It is not clear whether the tumor is here."
DOUBT_ELSEWHERE = "This may be about a cancer that began elsewhere."
DOUBT_WORDED = "The report says “consistent with” here."
DOUBT_ORIGIN = "The text does not say where this cancer began."
_BOUND_REACH = 140  # characters around a cell type in which a doubt about it stands


class DiagnosisReader:
    """Reads the statements of one text."""

    def __init__(self, small: str, words: PastedWords) -> None:
        self._small, self._words = small, words
        self._names_esophagus = bool(words.sites.find(small, 0, len(small)))

    def read(self, statement: Statement) -> tuple[list[PastedFinding], list[LeftAlone]]:
        findings: list[PastedFinding] = []
        left: list[LeftAlone] = []
        sentence = Span(statement.start, statement.end)
        hits = self._words.histologies.find(self._small, statement.start, statement.end)
        guard = self._guard(statement)
        sure: list[Hit] = []
        for hit in hits:
            span = Span(hit.start, hit.end)
            if isinstance(hit.value, tuple):
                left.append(LeftAlone(hit.value[1], (span,), sentence))
                continue
            reason, doubts = self._judged(hit, statement, guard)
            if reason is not None:
                left.append(LeftAlone(reason, (span,), sentence))
                continue
            findings.append(PastedFinding(HISTOLOGY, {"value": hit.value}, (span,), tuple(doubts)))
            if not doubts:
                sure.append(hit)
        self._read_site(statement, sure, guard, findings, left)
        self._read_siewert(statement, guard, findings, left)
        return findings, left

    def _guard(self, statement: Statement) -> str | None:
        if statement.section in ("past", "methods"):
            return _PAST
        for hit in self._words.segment.find(self._small, statement.start, statement.end):
            if isinstance(hit.value, Guard) and hit.value.scope == "sentence":
                return hit.value.reason
        return None

    def _judged(self, hit: Hit, statement: Statement, guard: str | None) -> tuple[str | None, list[str]]:
        """Why a cell type is left alone, or else what is doubtful in it."""
        if guard is not None:
            return guard, []
        doubts: list[str] = []
        start, end = self._clause(statement, hit)
        for sign in self._words.histology_signs.find(self._small, start, end):
            if sign.value == "in situ" and 0 <= sign.start - hit.end <= 3:
                return "This is a change before cancer.", []
            if sign.value == "no" and (sign.end <= hit.start or self._follows(sign, hit)):
                return _SAYS_NO, []
            if sign.value == "unsure":
                return _UNSURE, []
            if sign.value == "consistent" and sign.end <= hit.start:
                doubts.append(DOUBT_WORDED)
        label = self._small.find(":", statement.start, hit.start)
        opening = self._words.histology_signs.find(self._small, statement.start, label) if 0 < label <= statement.start + 60 else []
        if any(sign.value == "unsure" for sign in opening):
            return _UNSURE, []
        if self._is_of_another_organ(hit, statement, start, end):
            return _ANOTHER_CANCER, []
        specimen = statement.specimen
        named = self._words.sites.find(self._small, statement.start, statement.end)
        organs = [one for one in self._words.organs.find(self._small, statement.start, statement.end) if one.value.begins_there]
        elsewhere = specimen is not None and specimen.organ is not None and specimen.organ.begins_there
        if ((elsewhere or organs) and not named) or any(one.start > hit.end for one in organs):
            doubts.append(DOUBT_ELSEWHERE)
        elif not self._names_esophagus:
            doubts.append(DOUBT_ORIGIN)
        return None, doubts

    def _is_of_another_organ(self, hit: Hit, statement: Statement, start: int, end: int) -> bool:
        """ "Prostate adenocarcinoma", "squamous cell carcinoma of the skin": named with the cell type, and no specimen of this report."""
        if self._words.sites.find(self._small, start, end) or (statement.specimen and statement.specimen.organ):
            return False
        if _LUNG_CANCER.search(self._small, max(start, hit.start - 20), min(end, hit.end + 25)) and "metasta" not in self._small[start:end]:
            return True
        reach = (max(start, hit.start - 40), min(end, hit.end + 40))
        return any(one.value.begins_there for one in self._words.organs.find(self._small, *reach))

    def _follows(self, sign: Hit, hit: Hit) -> bool:
        """ "Adenocarcinoma not identified", "adenocarcinoma is excluded": a no behind, with nothing but small words between."""
        between = self._small[hit.end : sign.start]
        return len(between) <= 20 and re.fullmatch(r"\s*(?:is|are|was|were|has been|:|-|,|\s)*\s*", between) is not None

    def _clause(self, statement: Statement, hit: Hit) -> tuple[int, int]:
        """The part of the sentence that speaks of this cell type. A no goes on over commas: "no dysplasia, adenocarcinoma or ulcer"."""
        start, end = max(statement.start, hit.start - _BOUND_REACH), min(statement.end, hit.end + _BOUND_REACH)
        for match in _CLAUSE.finditer(self._small, start, hit.start):
            if match[0][:1] != "," or not re.search(r"\bor\b|\band\b", self._small[max(start, hit.start - 8) : end]):
                start = match.end()
        behind = _CLAUSE.search(self._small, hit.end, end)
        if behind is not None and behind[0][:1] != ",":
            end = behind.start()
        return start, end

    def _read_site(
        self, statement: Statement, sure: list[Hit], guard: str | None, findings: list[PastedFinding], left: list[LeftAlone]
    ) -> None:
        sentence = Span(statement.start, statement.end)
        label = self._words.site_labels.find(self._small, statement.start, min(statement.end, statement.start + 60))
        hits = [hit for hit in self._words.sites.find(self._small, statement.start, statement.end) if hit.value != "none"]
        if guard is not None:
            return
        if label and hits and statement.opens_line:
            found = hits
        elif sure and any(self._is_primary(hit, statement) for hit in sure):
            found = hits or self._specimen_sites(statement)
        else:
            return
        if not found:
            return
        spans = tuple(dict.fromkeys(Span(hit.start, hit.end) for hit in found))
        if len({hit.value for hit in found}) > 1 or self._names_more_parts(found[0]):
            left.append(LeftAlone(_SEVERAL_SITES, spans, sentence))
            return
        signs = self._words.histology_signs.find(self._small, max(statement.start, found[0].start - 40), found[0].start)
        if label and any(sign.value in ("no", "unsure") for sign in signs):
            left.append(LeftAlone(_NO_SITE_OF_TUMOR, spans, sentence))
            return
        findings.append(PastedFinding(SITE, {"value": found[0].value}, spans))

    def _names_more_parts(self, hit: Hit) -> bool:
        """Whether another part of the esophagus stands beside the place: "mid and distal esophagus"."""
        around = self._small[max(0, hit.start - 20) : hit.end + 20]
        return len({kind for kind, pattern in _PARTS.items() if pattern.search(around)}) > 1

    def _is_primary(self, hit: Hit, statement: Statement) -> bool:
        before = self._small[max(statement.start, hit.start - 60) : hit.start]
        return "metasta" not in before and "recurren" not in before

    def _specimen_sites(self, statement: Statement) -> list[Hit]:
        specimen = statement.specimen
        if specimen is None or specimen.organ is not None:
            return []
        return [hit for hit in self._words.sites.find(self._small, specimen.start, specimen.end) if hit.value != "none"]

    def _read_siewert(self, statement: Statement, guard: str | None, findings: list[PastedFinding], left: list[LeftAlone]) -> None:
        sentence = Span(statement.start, statement.end)
        for match in _SIEWERT.finditer(self._small, statement.start, statement.end):
            span = Span(match.start(), match.end())
            around = self._words.histology_signs.find(
                self._small, max(statement.start, match.start() - 40), min(statement.end, match.end() + 20)
            )
            if (
                guard is not None
                or _MORE_TYPES.match(self._small, match.end(), statement.end)
                or any(sign.value in ("no", "unsure") for sign in around)
            ):
                left.append(LeftAlone(guard or _UNSURE, (span,), sentence))
                continue
            findings.append(PastedFinding(SIEWERT, {"value": _NUMERALS.get(match[1], match[1])}, (span,)))
