"""What a C-CDA document and its sections are: by template, by code, and for want of both by title.

Sources: HL7 C-CDA releases 1.1 and 2.1 (templates 2.16.840.1.113883.10.20.22), the IHE and DICOM templates that they take over, and the
LOINC codes of sections and documents that those releases name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from wayline.records.ccda_values import V3, child, children, line_of, local_name, narrative_text, squeezed, templates
from wayline.records.shown_words import is_title

LOINC = "2.16.840.1.113883.6.1"
DICOM = "1.2.840.10008.2.16.4"
_CCDA = "2.16.840.1.113883.10.20.22"
_IHE = "1.3.6.1.4.1.19376.1.5.3.1"

# Documents by template, then by LOINC code.
_DOCUMENTS: dict[str, str] = {
    f"{_CCDA}.1.2": "Continuity of care document",
    f"{_CCDA}.1.3": "History and physical",
    f"{_CCDA}.1.4": "Consultation note",
    f"{_CCDA}.1.5": "Diagnostic imaging report",
    f"{_CCDA}.1.6": "Procedure note",
    f"{_CCDA}.1.7": "Operative note",
    f"{_CCDA}.1.8": "Discharge summary",
    f"{_CCDA}.1.9": "Progress note",
    f"{_CCDA}.1.10": "Unstructured document",
    f"{_CCDA}.1.13": "Transfer summary",
    f"{_CCDA}.1.14": "Referral note",
    f"{_CCDA}.1.15": "Care plan",
}
_DOCUMENT_CODES: dict[str, str] = {
    "34133-9": "Continuity of care document",
    "34117-2": "History and physical",
    "11488-4": "Consultation note",
    "18748-4": "Diagnostic imaging report",
    "28570-0": "Procedure note",
    "11504-8": "Operative note",
    "18842-5": "Discharge summary",
    "11506-3": "Progress note",
    "18761-7": "Transfer summary",
    "57133-1": "Referral note",
    "52521-2": "Care plan",
    "11526-1": "Pathology report",
    "60567-5": "Pathology report",
}

PROBLEMS, OPEN_DIAGNOSES, RESULTS, VITALS, MEDICATIONS = "problem", "diagnosis still open", "result", "vital sign", "medication"
PROCEDURES, FUNCTION, SOCIAL, ALLERGIES, ENCOUNTERS = "procedure", "functional status", "social history", "allergy", "encounter"
IMMUNIZATIONS, FAMILY, PLANS, OTHER, REPORTS, UNKNOWN = "immunization", "family history", "plan", "other", "report", "unknown section"
OUTSIDE = "outside any section"

# Whose entries may become facts. Everything else is only counted.
READ = frozenset({PROBLEMS, RESULTS, VITALS, MEDICATIONS, PROCEDURES, FUNCTION, SOCIAL, ALLERGIES, ENCOUNTERS, REPORTS, OUTSIDE})

# Each kind: its templates, its section codes, its titles, and whether its narrative is a report.
_SECTIONS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool], ...] = (
    (
        PROBLEMS,
        (f"{_CCDA}.2.5", f"{_CCDA}.2.5.1", f"{_CCDA}.2.20", f"{_CCDA}.2.24", f"{_IHE}.3.6", f"{_IHE}.3.8"),
        ("11450-4", "11348-0", "11535-2", "78375-3"),
        ("problems", "problem list", "active problems", "past medical history", "discharge diagnosis", "diagnoses"),
        False,
    ),
    # Suspected, not found: what leads to an examination is no diagnosis yet. Health concerns hold risks and the person's own worries.
    (
        OPEN_DIAGNOSES,
        (f"{_CCDA}.2.43", f"{_CCDA}.2.34", f"{_CCDA}.2.29", f"{_CCDA}.2.58"),
        ("42347-5", "46241-6", "10219-4", "59768-2", "75310-3"),
        ("admission diagnosis", "preoperative diagnosis", "health concerns"),
        False,
    ),
    (
        RESULTS,
        (f"{_CCDA}.2.3", f"{_CCDA}.2.3.1", f"{_CCDA}.2.16", f"{_IHE}.3.27", f"{_IHE}.3.28"),
        ("30954-2", "11493-4", "26436-6", "18725-2", "18723-7", "18719-5"),
        ("results", "lab results", "laboratory results", "diagnostic results"),
        True,
    ),
    (
        REPORTS,
        (
            "2.16.840.1.113883.10.20.6.1.2",
            f"{_CCDA}.2.28",
            f"{_CCDA}.2.35",
            f"{_CCDA}.2.36",
            f"{_CCDA}.2.65",
        ),
        (
            *("121070", "18782-3", "59776-5", "10218-6", "59769-0", "34109-9", "18748-4", "18726-0"),
            *("22637-3", "22633-2", "22634-0", "22636-5", "11526-1", "60567-5", "60568-3", "19005-8"),
        ),
        ("pathology", "pathology report", "imaging", "radiology", "imaging results", "findings", "impression", "impressions"),
        True,
    ),
    (VITALS, (f"{_CCDA}.2.4", f"{_CCDA}.2.4.1", f"{_IHE}.3.25"), ("8716-3",), ("vital signs", "vitals"), False),
    (
        MEDICATIONS,
        (f"{_CCDA}.2.1", f"{_CCDA}.2.1.1", f"{_CCDA}.2.11", f"{_CCDA}.2.11.1", f"{_CCDA}.2.38", f"{_CCDA}.2.44", f"{_IHE}.3.19"),
        ("10160-0", "10183-2", "75311-1", "29549-3", "42346-7"),
        ("medications", "medication list", "history of medications", "discharge medications"),
        False,
    ),
    (PROCEDURES, (f"{_CCDA}.2.7", f"{_CCDA}.2.7.1", f"{_IHE}.3.11"), ("47519-4",), ("procedures", "surgical history"), False),
    (FUNCTION, (f"{_CCDA}.2.14", f"{_CCDA}.2.56"), ("47420-5", "10190-7"), ("functional status",), False),
    (SOCIAL, (f"{_CCDA}.2.17", f"{_IHE}.3.16"), ("29762-2",), ("social history",), False),
    (
        ALLERGIES,
        (f"{_CCDA}.2.6", f"{_CCDA}.2.6.1", f"{_IHE}.3.13"),
        ("48765-2",),
        ("allergies", "allergies and adverse reactions", "allergies, adverse reactions, alerts"),
        False,
    ),
    (ENCOUNTERS, (f"{_CCDA}.2.22", f"{_CCDA}.2.22.1"), ("46240-8",), ("encounters",), False),
    (IMMUNIZATIONS, (f"{_CCDA}.2.2", f"{_CCDA}.2.2.1", f"{_IHE}.3.23"), ("11369-6",), ("immunizations",), False),
    (FAMILY, (f"{_CCDA}.2.15", f"{_IHE}.3.14"), ("10157-6",), ("family history",), False),
    (
        PLANS,
        (f"{_CCDA}.2.10", f"{_CCDA}.2.60", f"{_CCDA}.2.30", "2.16.840.1.113883.10.20.21.2.3", f"{_CCDA}.2.61"),
        ("18776-5", "61146-7", "62387-6", "59772-4", "11383-7"),
        ("plan of care", "plan of treatment", "treatment plan", "goals"),
        False,
    ),
    # Prose: kept closed, never read into facts.
    (
        OTHER,
        (
            *(f"{_CCDA}.2.8", f"{_CCDA}.2.9", f"{_CCDA}.2.13", f"{_CCDA}.2.27", f"{_CCDA}.2.37", f"{_CCDA}.2.42", f"{_CCDA}.2.41"),
            *(f"{_IHE}.3.4", f"{_IHE}.3.5", f"{_IHE}.3.1", f"{_IHE}.3.26", f"{_IHE}.3.18", f"{_IHE}.1.13.2.1"),
            *("2.16.840.1.113883.10.20.2.10", "2.16.840.1.113883.10.20.2.5", "2.16.840.1.113883.10.20.21.2.1"),
            *("2.16.840.1.113883.10.20.21.2.2", "2.16.840.1.113883.10.20.7.14", f"{_CCDA}.2.12"),
        ),
        (
            *("51848-0", "51847-2", "10164-2", "8648-8", "29554-3", "55109-3", "18841-7", "8653-8", "10184-0", "10187-3", "10154-3"),
            *("29545-1", "10210-3", "61149-1", "61150-9", "10223-6", "42349-1", "46239-0", "29299-5", "121072", "19005-8", "11329-0"),
        ),
        ("assessment", "assessment and plan", "history of present illness", "hospital course", "notes", "progress notes"),
        True,
    ),
    (
        OTHER,
        (
            *(f"{_CCDA}.2.21", f"{_CCDA}.2.21.1", f"{_CCDA}.2.18", f"{_CCDA}.2.23", f"{_CCDA}.2.57", f"{_CCDA}.2.25", f"{_CCDA}.2.31"),
            *(f"{_CCDA}.2.40", f"{_CCDA}.2.64", f"{_CCDA}.2.500", "2.16.840.1.113883.10.20.6.1.1", "2.16.840.1.113883.10.20.7.12"),
            *("2.16.840.1.113883.10.20.7.13", "2.16.840.1.113883.10.20.18.2.9", "2.16.840.1.113883.10.20.18.2.12", f"{_CCDA}.2.63"),
        ),
        (
            *("42348-3", "48768-6", "46264-8", "61144-2", "59774-0", "59773-2", "59771-6", "85847-2", "121181", "10216-0", "11537-8"),
            *("59770-8", "59775-7", "8709-8", "121109"),
        ),
        ("advance directives", "insurance", "payers", "medical equipment", "care teams", "care team"),
        False,
    ),
)
_BY_TEMPLATE = {template: (kind, is_report) for kind, roots, _, _, is_report in _SECTIONS for template in roots}
_BY_CODE = {code: (kind, is_report) for kind, _, codes, _, is_report in _SECTIONS for code in codes}
_BY_TITLE = {title: (kind, is_report) for kind, _, _, titles, is_report in _SECTIONS for title in titles}


@dataclass(frozen=True)
class Section:
    """One section: what it is, its title for people, its entries, and whether its narrative is a report."""

    kind: str
    title: str
    is_report: bool
    line: int
    entries: tuple[etree._Element, ...]
    text: etree._Element | None

    def where(self, element: etree._Element | None = None) -> str:
        """`section Results, line 230`, for people."""
        line = self.line if element is None else line_of(element)
        return f"{self.kind}, line {line}" if self.kind == OUTSIDE else f"section {self.title}, line {line}"


def document_kind(root: etree._Element) -> str:
    """What the document calls itself, in this page's words; `Clinical document` where neither template nor code is known."""
    for template in templates(root):
        if template in _DOCUMENTS:
            return _DOCUMENTS[template]
    code = child(root, "code")
    return _DOCUMENT_CODES.get((code.get("code") or "").strip() if code is not None else "", "Clinical document")


def sections_of(root: etree._Element) -> Iterator[Section]:
    """Every section, nested ones after the one that holds them, and at last the entries that stand in none, or in one that says nothing."""
    bare = {one for one in root.iter(f"{V3}section") if all(local_name(part) == "entry" for part in one)}
    for element in root.iter(f"{V3}section"):
        if element in bare and not any(True for _ in element.iterancestors(f"{V3}section")):
            continue
        kind, is_report = _known(element)
        # What stands within somebody else's history, or within a plan, is that, whatever it calls itself.
        for above in element.iterancestors(f"{V3}section"):
            outer, _ = _known(above)
            if outer in (FAMILY, PLANS, OPEN_DIAGNOSES):
                kind = outer
        yield Section(
            kind=kind,
            title=_title(element, kind),
            is_report=is_report,
            line=line_of(element),
            entries=tuple(children(element, "entry")),
            text=child(element, "text"),
        )
    loose = tuple(
        entry
        for entry in root.iter(f"{V3}entry")
        if (above := entry.getparent()) is not None
        and (local_name(above) != "section" or above in bare)
        and not any(True for _ in above.iterancestors(f"{V3}section"))
    )
    if loose:
        yield Section(OUTSIDE, "none", False, line_of(loose[0]), loose, None)


def _known(element: etree._Element) -> tuple[str, bool]:
    for template in sorted(templates(element)):
        if template in _BY_TEMPLATE:
            return _BY_TEMPLATE[template]
    code = child(element, "code")
    if code is not None and (code.get("codeSystem") or LOINC) in (LOINC, DICOM):
        known = _BY_CODE.get((code.get("code") or "").strip())
        if known is not None:
            return known
        for translation in children(code, "translation"):
            known = _BY_CODE.get((translation.get("code") or "").strip())
            if known is not None and translation.get("codeSystem") == LOINC:
                return known
    title = child(element, "title")
    words = squeezed("".join(title.itertext())).lower().rstrip(":") if title is not None else ""
    # An unknown section may hold anything; that its text is a report is the careful guess.
    is_coded = code is not None and bool((code.get("code") or "").strip())
    return (UNKNOWN, True) if is_coded else _BY_TITLE.get(words, (UNKNOWN, True))


def _title(element: etree._Element, kind: str) -> str:
    title, code = child(element, "title"), child(element, "code")
    words = squeezed("".join(title.itertext())) if title is not None else ""
    display = squeezed(code.get("displayName") or "") if code is not None else ""
    # A heading of whole sentences tells the news before anybody asked to read them.
    return next((one for one in (words, display) if is_title(one)), kind)


def report_text(section: Section) -> str:
    """The narrative of a section that is a report; empty where it is none or holds no words."""
    return narrative_text(section.text) if section.is_report else ""
