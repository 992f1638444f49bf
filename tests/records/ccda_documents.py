"""C-CDA documents for tests, written piece by piece, with the habits of several vendors as arguments.

All people in them are invented.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from wayline.library import library
from wayline.records.ccda import read_ccda
from wayline.records.codes import code_book
from wayline.records.imported import ImportedFact, NotUnderstood, RecordReading

TODAY = date(2026, 11, 20)
SECRET_NAME = "Ysolde Quennevault"

LOINC, SNOMED, ICD10, RXNORM = (f"2.16.840.1.113883.6.{number}" for number in (1, 96, 90, 88))
GENDER, INTERPRETATION, ACT = "2.16.840.1.113883.5.1", "2.16.840.1.113883.5.83", "2.16.840.1.113883.5.4"
CCDA = "2.16.840.1.113883.10.20.22"
SECTIONS = {
    "problems": (f"{CCDA}.2.5.1", "11450-4", "Problems"),
    "history": (f"{CCDA}.2.20", "11348-0", "Past medical history"),
    "results": (f"{CCDA}.2.3.1", "30954-2", "Results"),
    "vitals": (f"{CCDA}.2.4.1", "8716-3", "Vital signs"),
    "medications": (f"{CCDA}.2.1.1", "10160-0", "Medications"),
    "procedures": (f"{CCDA}.2.7.1", "47519-4", "Procedures"),
    "allergies": (f"{CCDA}.2.6.1", "48765-2", "Allergies"),
    "family": (f"{CCDA}.2.15", "10157-6", "Family history"),
    "social": (f"{CCDA}.2.17", "29762-2", "Social history"),
    "function": (f"{CCDA}.2.14", "47420-5", "Functional status"),
    "immunizations": (f"{CCDA}.2.2.1", "11369-6", "Immunizations"),
    "plan": (f"{CCDA}.2.10", "18776-5", "Plan of treatment"),
    "assessment": (f"{CCDA}.2.8", "51848-0", "Assessment"),
    "admission": (f"{CCDA}.2.43", "46241-6", "Admission diagnosis"),
    "concerns": (f"{CCDA}.2.58", "75310-3", "Health concerns"),
    "encounters": (f"{CCDA}.2.22.1", "46240-8", "Encounters"),
    "findings": (f"{CCDA}.2.28", "59776-5", "Procedure findings"),
}
ADMINISTRATION_OF = "substanceAdministration"


# --- Values ---------------------------------------------------------------------------------------------------------


def pq(value: str, unit: str | None = None, inner: str = "") -> str:
    unit_part = "" if unit is None else f" unit={quoteattr(unit)}"
    return f'<value xsi:type="PQ" value={quoteattr(value)}{unit_part}>{inner}</value>'


def between(low: str | None, high: str | None, unit: str, *, inclusive: bool = True) -> str:
    told = "" if inclusive else ' inclusive="false"'
    ends = "".join(
        f"<{name} value={quoteattr(end)} unit={quoteattr(unit)}{told}/>" for name, end in (("low", low), ("high", high)) if end is not None
    )
    return f'<value xsi:type="IVL_PQ">{ends}</value>'


def st(text: str) -> str:
    return f'<value xsi:type="ST">{escape(text)}</value>'


def integer(number: str) -> str:
    return f'<value xsi:type="INT" value={quoteattr(number)}/>'


def coded(code: str, system: str, display: str = "", *, tag: str = "value", inner: str = "", words: str | None = None) -> str:
    kind = ' xsi:type="CD"' if tag == "value" else ""
    shown = f" displayName={quoteattr(display)}" if display else ""
    original = "" if words is None else f"<originalText>{words}</originalText>"
    return f'<{tag}{kind} code="{code}" codeSystem="{system}"{shown}>{original}{inner}</{tag}>'


def uncoded(words: str, *, tag: str = "value", inner: str = "") -> str:
    kind = ' xsi:type="CD"' if tag == "value" else ""
    return f'<{tag}{kind} nullFlavor="OTH"><originalText>{words}</originalText>{inner}</{tag}>'


def translation(code: str, system: str, display: str = "") -> str:
    return coded(code, system, display, tag="translation")


def time(low: str | None = None, high: str | None = None, *, open_end: bool = False) -> str:
    ends = f'<low value="{low}"/>' if low else '<low nullFlavor="UNK"/>'
    ends += f'<high value="{high}"/>' if high else '<high nullFlavor="UNK"/>' if open_end else ""
    return f"<effectiveTime>{ends}</effectiveTime>"


def moment(day: str | None) -> str:
    return "" if day is None else f'<effectiveTime value="{day}"/>'


def template(root: str, told: bool = True) -> str:
    return f'<templateId root="{root}" extension="2015-08-01"/>' if told else ""


# --- Entries --------------------------------------------------------------------------------------------------------


def problem(
    value: str,
    *,
    low: str | None = "20260310",
    high: str | None = None,
    concern: str = "active",
    negated: bool = False,
    state: str | None = None,
    templates: bool = True,
    code: str = coded("55607006", SNOMED, "Problem", tag="code"),
    inner: str = "",
    open_end: bool = False,
    author: str | None = None,
) -> str:
    """A concern with one problem within."""
    negation = ' negationInd="true"' if negated else ""
    told_state = ""
    if state is not None:
        told_state = (
            '<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">'
            f'{coded("33999-4", LOINC, "Status", tag="code")}<statusCode code="completed"/>{coded(state, SNOMED)}'
            "</observation></entryRelationship>"
        )
    written = "" if author is None else f'<author><time value="{author}"/></author>'
    return (
        f'<entry><act classCode="ACT" moodCode="EVN">{template(f"{CCDA}.4.3", templates)}'
        f'<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="{concern}"/>'
        f'<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"{negation}>'
        f'{template(f"{CCDA}.4.4", templates)}{code}<statusCode code="completed"/>{time(low, high, open_end=open_end)}{value}{written}'
        f"{told_state}{inner}</observation></entryRelationship></act></entry>"
    )


def observation(
    code: str,
    value: str,
    *,
    day: str | None = "20261102",
    status: str = "completed",
    mood: str = "EVN",
    limits: tuple[str | None, str | None] | None = None,
    unit: str = "",
    templates: bool = True,
    negated: bool = False,
    inner: str = "",
    interpretation: str | None = None,
) -> str:
    negation = ' negationInd="true"' if negated else ""
    told_range = "" if limits is None else f"<referenceRange><observationRange>{between(*limits, unit)}</observationRange></referenceRange>"
    told = "" if interpretation is None else coded(interpretation, INTERPRETATION, tag="interpretationCode")
    return (
        f'<observation classCode="OBS" moodCode="{mood}"{negation}>{template(f"{CCDA}.4.2", templates)}{code}'
        f'<statusCode code="{status}"/>{moment(day)}{value}{told}{inner}{told_range}</observation>'
    )


def lab(code: str, display: str, value: str, **about: object) -> str:
    return observation(coded(code, LOINC, display, tag="code"), value, **about)  # type: ignore[arg-type]


def panel(*observations: str, day: str | None = "20261102", status: str = "completed", inner: str = "") -> str:
    components = "".join(f"<component>{one}</component>" for one in observations)
    return (
        f'<entry><organizer classCode="BATTERY" moodCode="EVN">{template(f"{CCDA}.4.1")}'
        f'{coded("24323-8", LOINC, "Panel", tag="code")}<statusCode code="{status}"/>{moment(day)}{inner}{components}</organizer></entry>'
    )


def drug(code: str, display: str, words: str | None = None) -> str:
    """The code of a medicine by RxNorm."""
    return coded(code, RXNORM, display, tag="code", words=words)


def medication(
    material: str,
    *,
    low: str | None = "20260402",
    high: str | None = None,
    mood: str = "EVN",
    status: str = "active",
    negated: bool = False,
    rhythm: bool = True,
) -> str:
    negation = ' negationInd="true"' if negated else ""
    given = time(low, high).replace("<effectiveTime>", '<effectiveTime xsi:type="IVL_TS">') if low or high else ""
    beat = '<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="14" unit="d"/></effectiveTime>' if rhythm else ""
    return (
        f'<entry><{ADMINISTRATION_OF} classCode="SBADM" moodCode="{mood}"{negation}>{template(f"{CCDA}.4.16")}'
        f'<statusCode code="{status}"/>{given}{beat}<consumable><manufacturedProduct classCode="MANU"><manufacturedMaterial>{material}'
        f"</manufacturedMaterial></manufacturedProduct></consumable></{ADMINISTRATION_OF}></entry>"
    )


def procedure(
    code: str,
    *,
    day: str | None = "20260618",
    status: str = "completed",
    mood: str = "EVN",
    negated: bool = False,
    inner: str = "",
    tag: str = "procedure",
) -> str:
    negation = ' negationInd="true"' if negated else ""
    return (
        f'<entry><{tag} classCode="PROC" moodCode="{mood}"{negation}>{template(f"{CCDA}.4.14")}{code}<statusCode code="{status}"/>'
        f"{moment(day)}{inner}</{tag}></entry>"
    )


def allergy(substance: str, *, kind: str = "416098002", negated: bool = False, concern: str = "active", low: str = "20260505") -> str:
    negation = ' negationInd="true"' if negated else ""
    return (
        f'<entry><act classCode="ACT" moodCode="EVN">{template(f"{CCDA}.4.30")}<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>'
        f'<statusCode code="{concern}"/><entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"{negation}>'
        f'{template(f"{CCDA}.4.7")}<code code="ASSERTION" codeSystem="{ACT}"/><statusCode code="completed"/>{time(low)}'
        f"{coded(kind, SNOMED)}"
        '<participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">'
        f"{substance}</playingEntity></participantRole></participant></observation></entryRelationship></act></entry>"
    )


def relative(*observations: str) -> str:
    """A family history organizer of the father."""
    components = "".join(f"<component>{one}</component>" for one in observations)
    return (
        f'<entry><organizer classCode="CLUSTER" moodCode="EVN">{template(f"{CCDA}.4.45")}<statusCode code="completed"/>'
        '<subject><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>'
        f"{components}</organizer></entry>"
    )


# --- Documents ------------------------------------------------------------------------------------------------------


def section(kind: str, *entries: str, text: str = "", by: str = "template", title: str | None = None) -> str:
    """A section; `by` says how it can be known: by template, by code, or by title only."""
    root, code, own_title = SECTIONS[kind]
    return (
        f"<component><section>{template(root, by == 'template')}"
        f"{coded(code, LOINC, tag='code') if by in ('template', 'code') else ''}<title>{title or own_title}</title><text>{text}</text>"
        f"{''.join(entries)}</section></component>"
    )


def person(birth: str | None = "19610412", gender: str = "F", country: str = "US", zip_code: str = "02115", name: str = SECRET_NAME) -> str:
    told_birth = '<birthTime nullFlavor="UNK"/>' if birth is None else f'<birthTime value="{birth}"/>'
    return (
        '<recordTarget><patientRole><id extension="1" root="1.2.3"/>'
        f'<addr use="HP"><postalCode>{zip_code}</postalCode><country>{country}</country></addr>'
        f"<patient><name><given>{name}</given></name>{coded(gender, GENDER, tag='administrativeGenderCode')}{told_birth}</patient>"
        "</patientRole></recordTarget>"
    )


def document(
    *sections: str,
    target: str | None = None,
    kind: str = f"{CCDA}.1.2",
    written: str = "20261115093000-0500",
    prolog: str = "",
    body: str | None = None,
) -> bytes:
    """A whole document."""
    inside = f"<structuredBody>{''.join(sections)}</structuredBody>" if body is None else body
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'{prolog}<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f'<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>{template(kind)}'
        f'{coded("34133-9", LOINC, tag="code")}<title>Summary</title><effectiveTime value="{written}"/>\n'
        f"{person() if target is None else target}\n<component>{inside}</component>\n</ClinicalDocument>\n"
    ).encode()


def read(raw: bytes) -> RecordReading:
    return read_ccda(raw, "record.xml", library().vocabulary, code_book(), TODAY)


def clinical(reading: RecordReading) -> list[ImportedFact]:
    """The facts without those of the document's head."""
    return [one for one in reading.facts if not one.fact_id.startswith("person.") or one.fact_id == "person.pregnant"]


def told(facts: Iterable[ImportedFact]) -> list[tuple[str, object]]:
    """Each fact with its value as a case file writes it, without its source."""
    return [(one.fact_id, {key: value for key, value in one.told.items() if key != "source"}) for one in facts]


def values(facts: Iterable[ImportedFact]) -> dict[str, object]:
    """The first value of each fact."""
    found: dict[str, object] = {}
    for one in facts:
        found.setdefault(
            one.fact_id,
            one.told if one.is_item else one.told.get("value", {k: v for k, v in one.told.items() if k not in ("source", "date")}),
        )
    return found


def missed(reading: RecordReading) -> list[NotUnderstood]:
    """What was not understood."""
    return list(reading.not_understood)
