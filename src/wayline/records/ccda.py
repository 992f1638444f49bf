"""C-CDA documents, and what Apple Health writes in their form, as a RecordReading.

The whole is read by one's own eyes rather than by a converter (docs/adr/0026-c-cda.md). Safe XML first, then the document's own kind and
person, then its sections one by one. Narrative is kept closed and never read into facts.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from lxml import etree

from wayline.facts.vocabulary import Vocabulary
from wayline.reading import Place, shortened
from wayline.records.ccda_entries import EntryReader
from wayline.records.ccda_sections import document_kind, report_text, sections_of
from wayline.records.ccda_values import (
    V3,
    ImpossibleDateError,
    brief,
    child,
    children,
    day_of,
    line_of,
    local_name,
    squeezed,
)
from wayline.records.codes import CodeBook
from wayline.records.fhir_gathering import RecordGathering
from wayline.records.fhir_pool import words_of_name
from wayline.records.gathering import Source
from wayline.records.imported import Identity, ImportedFact, NotUnderstood, RecordReading
from wayline.records.safe_xml import read_xml, stylesheet_lines

FORM = "C-CDA document"
_FHIR = "{http://hl7.org/fhir}"
_PIECES = frozenset(
    {"component", "structuredBody", "section", "entry", "organizer", "act", "observation", "recordTarget", "substanceAdministration"}
)
# Forms of the United States' name that stand in addresses; every other country only by its two letters.
_COUNTRIES: Mapping[str, str] = {
    "USA": "US",
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "U.S.": "US",
    "U.S.A.": "US",
}
_OTHER_ADDRESSES = frozenset({"OLD", "BAD", "TMP", "WP"})
_KINDS = {"MedicationStatement": "medication", "medicine": "medication", "Procedure": "procedure"}
_PLAIN_MEDIA = frozenset({"text/plain", ""})
_MOST_ALIKE = 10
_LONGEST_TEXT_BYTES = 2_000_000


def read_ccda(data: bytes, name: str, vocabulary: Vocabulary, code_book: CodeBook, as_of: date) -> RecordReading:
    """Read one C-CDA document.

    `name` stands in messages only. `as_of` is today: what lies after it is listed as impossible. Every fault of the whole document is a
    WaylineError with its line; whatever is wrong with one entry only is listed in the reading.
    """
    # Apple Health is known to end its document before the last of its components.
    root = read_xml(data, name, ends_early=("ClinicalDocument", "component"))
    _require_document(root, name)
    kind = document_kind(root)
    written_on, day = _written(root)
    gathering = RecordGathering(vocabulary, as_of, told_by=f"{kind}{f', {written_on}' if written_on else ''}")
    if written_on is None and day:
        gathering.miss("date", Source("document"), f"the document's own day '{brief(day)}' is not a date")
    for line in stylesheet_lines(data):
        gathering.miss(
            "style sheet", Source(f"line {line}", "a link to a page layout"), "it was not followed: nothing is fetched for a record"
        )
    people = _people(root)
    gathering.counts["document"] += 1
    if people > 1:
        where = f"line {line_of(list(children(root, 'recordTarget'))[1])}"
        gathering.miss(
            "people", Source(where, f"{people} people"), "the document is about more than one person; nothing of it is taken over"
        )
        return _reading(name, gathering, people, is_for_nobody=True)
    _read_person(root, gathering, code_book, written_on)
    entries = EntryReader(root, vocabulary, code_book, gathering, written_on)
    sections = tuple(sections_of(root))
    entries.find_cancers(sections)
    for section in sections:
        gathering.counts["section"] += 1
        entries.read(section)
        text = report_text(section)
        if text:
            gathering.report(section.title, written_on, text, section.where())
    entries.finish()
    _read_loose_body(root, gathering, kind, written_on)
    return replace(_reading(name, gathering, people), identity=_identity(root))


def _reading(name: str, gathering: RecordGathering, people: int, is_for_nobody: bool = False) -> RecordReading:
    facts = () if is_for_nobody else gathering.facts()
    _list_before_birth(facts, gathering)
    return RecordReading(
        name=name,
        form=FORM,
        facts=facts,
        not_understood=_without_crowds(replace(one, kind=_KINDS.get(one.kind, one.kind)) for one in gathering.not_understood),
        reports=tuple(gathering.reports),
        counts=dict(gathering.counts),
        people=people,
    )


def _without_crowds(listed: Iterable[NotUnderstood]) -> tuple[NotUnderstood, ...]:
    """The list with a number in place of hundreds of the same: a watch alone writes thousands of pulses."""
    kept: list[NotUnderstood] = []
    more: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], NotUnderstood] = {}
    for one in listed:
        alike = (one.kind, one.words.partition(":")[0], one.why)
        more[alike] += 1
        first.setdefault(alike, one)
        if more[alike] <= _MOST_ALIKE:
            kept.append(one)
    for (kind, name, why), count in more.items():
        if count > _MOST_ALIKE:
            kept.append(NotUnderstood(kind, brief(f"{count - _MOST_ALIKE:,} more: {name}"), first[kind, name, why].where, why))
    return tuple(kept)


def _list_before_birth(facts: Iterable[ImportedFact], gathering: RecordGathering) -> None:
    """Values that are older than the person: one of both days is wrong, and only the person can tell which."""
    born = next((str(one.told["value"]) for one in facts if one.fact_id == "person.birth_date"), "")
    for one in facts:
        if one.date is not None and one.date[: len(born)] < born[: len(one.date)]:
            why = f"it is dated {one.date}, before the day of birth that the document tells; one of the two is wrong"
            gathering.miss("date", Source(one.where, one.words), why)


def _require_document(root: etree._Element, name: str) -> None:
    place, tag = Place(name, line_of(root)), local_name(root)
    if root.tag == f"{V3}ClinicalDocument":
        return
    if tag == "ClinicalDocument":
        raise place.error("a ClinicalDocument outside the name space 'urn:hl7-org:v3', so its parts cannot be told for certain")
    if str(root.tag).startswith(_FHIR):
        raise place.error(f"this is FHIR written as XML ('{shortened(tag)}'); ask for it as JSON, or for a C-CDA document")
    if tag == "HealthData":
        raise place.error("this is Apple Health's own list of measurements; its health records are the files beside it in the export")
    if tag in _PIECES:
        raise place.error(f"this is a piece of a C-CDA document ('{tag}'), not a whole one; a whole one begins with 'ClinicalDocument'")
    raise place.error(f"this is XML of another kind ('{shortened(tag)}'); a C-CDA document begins with 'ClinicalDocument'")


def _written(root: etree._Element) -> tuple[str | None, str | None]:
    """The day of the document, and how it was written."""
    time = child(root, "effectiveTime")
    written = time.get("value") if time is not None else None
    try:
        return (day_of(written), written) if written else (None, None)
    except ImpossibleDateError:
        return None, written


# --- The person -----------------------------------------------------------------------------------------------------


def _people(root: etree._Element) -> int:
    """How many different people the document is of: by their birth, sex and names, as far as they are told."""
    seen = set()
    for target in children(root, "recordTarget"):
        patient = child(target, "patientRole", "patient")
        birth, gender, name = (child(patient, part) for part in ("birthTime", "administrativeGenderCode", "name"))
        seen.add(
            (
                birth.get("value") if birth is not None else None,
                gender.get("code") if gender is not None else None,
                squeezed(" ".join(str(text) for text in name.itertext())).lower() if name is not None else None,
            )
        )
    return max(len(seen), 1)


def _identity(root: etree._Element) -> Identity:
    """Whose the document is. What Apple Health calls a person without names or a birth date contradicts nobody."""
    patient = child(root, "recordTarget", "patientRole", "patient")
    birth, gender = child(patient, "birthTime"), child(patient, "administrativeGenderCode")
    try:
        born = day_of(birth.get("value") or "") if birth is not None else None
    except ImpossibleDateError:
        born = None
    given: set[str] = set()
    family: set[str] = set()
    for name in children(patient, "name"):
        parts = {
            kind: " ".join("".join(map(str, part.itertext())) for part in children(name, kind) if part.get("nullFlavor") is None)
            for kind in ("given", "family")
        }
        whole = " ".join(map(str, name.itertext())) if not any(one.strip() for one in parts.values()) else None
        given |= words_of_name(parts["given"], whole)
        family |= words_of_name(parts["family"], whole)
    sex = {"M": "m", "F": "f"}.get((gender.get("code") or "").upper()) if gender is not None else None
    return Identity(born, sex, frozenset(given), frozenset(family))


def _read_person(root: etree._Element, gathering: RecordGathering, code_book: CodeBook, written_on: str | None) -> None:
    role = child(root, "recordTarget", "patientRole")
    if role is None:
        gathering.miss("person", Source("document"), "the document does not say whose it is")
        return
    patient = child(role, "patient")
    _read_birth(patient, gathering)
    gender = child(patient, "administrativeGenderCode")
    if gender is not None:
        source = Source(f"person, line {line_of(gender)}", "sex as registered", None, written_on)
        meanings = [code_book.meaning(one.get("codeSystem"), one.get("code")) for one in (gender, *children(gender, "translation"))]
        values = [one.value for meaning in meanings if meaning for one in meaning.facts if one.id == "person.sex"]
        if values:
            gathering.fact("person", "person.sex", {"value": values[0]}, source)
        else:
            gathering.miss("person", source, "the registered sex is not told, or in a code that is not known here")
    _read_address(role, gathering, written_on)


def _read_birth(patient: etree._Element | None, gathering: RecordGathering) -> None:
    birth = child(patient, "birthTime")
    if birth is None or not birth.get("value"):
        return
    where = f"person, line {line_of(birth)}"
    try:
        day = day_of(birth.get("value") or "")
    except ImpossibleDateError:
        gathering.miss("date", Source(where, "date of birth"), f"'{brief(birth.get('value') or '')}' is not a date")
        return
    gathering.fact("person", "person.birth_date", {"value": day}, Source(where, f"born {day}", None, None))


def _read_address(role: etree._Element, gathering: RecordGathering, written_on: str | None) -> None:
    """The home address, or the first one that is not an old, a wrong or another place."""
    addresses = [one for one in children(role, "addr") if one.get("nullFlavor") is None and not _uses(one) & _OTHER_ADDRESSES]
    addresses.sort(key=lambda one: not _uses(one) & {"HP", "H", "HV"})
    if not addresses:
        return
    parts: dict[str, tuple[str, int]] = {}
    for part in ("postalCode", "country"):
        element = child(addresses[0], part)
        words = squeezed("".join(str(text) for text in element.itertext())) if element is not None else ""
        if element is not None and words:
            parts[part] = words, line_of(element)
    if "country" in parts:
        words, line = parts["country"]
        country = _COUNTRIES.get(words.upper(), words.upper() if len(words) == 2 and words.isascii() and words.isalpha() else None)
        source = Source(f"person, line {line}", brief(f"country: {words}"), None, written_on)
        if country is None:
            gathering.miss("person", source, "a country is taken by its two letters, such as US")
        else:
            gathering.fact("person", "person.country", {"value": country}, source)
    if "postalCode" in parts:
        words, line = parts["postalCode"]
        source = Source(f"person, line {line}", brief(f"postal code: {words}"), None, written_on)
        gathering.fact("person", "person.postal_code", {"value": words}, source)


def _uses(address: etree._Element) -> set[str]:
    return set((address.get("use") or "").split())


# --- Documents without sections -------------------------------------------------------------------------------------


def _read_loose_body(root: etree._Element, gathering: RecordGathering, kind: str, written_on: str | None) -> None:
    """A scanned or plain text as a whole document: words are kept closed, anything else is named."""
    for body in root.iter(f"{V3}nonXMLBody"):
        text = child(body, "text")
        where = f"{kind}, line {line_of(body)}"
        gathering.counts["document without sections"] += 1
        media = (text.get("mediaType") or "").strip().lower() if text is not None else ""
        if text is None or child(text, "reference") is not None:
            gathering.miss("document without sections", Source(where, kind), "its text is in another file, which is not fetched")
        elif media not in _PLAIN_MEDIA:
            gathering.miss(
                "document without sections", Source(where, kind), f"it holds a file of the kind '{brief(media)}'; open it on its own"
            )
        else:
            words = _decoded_text(text)
            if words is None:
                gathering.miss("document without sections", Source(where, kind), "its text is damaged and cannot be unpacked")
            elif words:
                gathering.report(kind, written_on, words, where)


def _decoded_text(text: etree._Element) -> str | None:
    words = "".join(str(part) for part in text.itertext())
    if (text.get("representation") or "TXT").upper() != "B64":
        return words.strip()
    try:
        raw = base64.b64decode("".join(words.split()), validate=True)
        return raw[:_LONGEST_TEXT_BYTES].decode("utf-8").replace("\x00", "").strip()
    except (binascii.Error, ValueError):
        return None


__all__ = ["FORM", "read_ccda"]
