"""The small parts of C-CDA: times, codes, quantities and the narrative that they point to.

Sources: HL7 Version 3 data types (TS, IVL, PQ, CD, ED) as they stand in Clinical Document Architecture, release 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lxml import etree

from wayline.records.shown_words import LONGEST_NAME, is_name

V3 = "{urn:hl7-org:v3}"
SDTC = "{urn:hl7-org:sdtc}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_LONGEST_WORDS = 200
LONGEST_TEXT = 500  # characters that are looked at for a meaning; a code or an answer is far shorter

_TIME = re.compile(r"([0-9]{4})(?:([0-9]{2})(?:([0-9]{2})(?:[0-9]{2}){0,3}(?:\.[0-9]{1,6})?)?)?(?:[+-][0-9]{2,4})?")
# Not HL7, but some systems write it, and it can mean nothing else.
_ISO_TIME = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:T[0-9:.]{2,15}(?:Z|[+-][0-9:]{2,6})?)?)?")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?")


class ImpossibleDateError(ValueError):
    """A time that no calendar holds; the text is the time as it was written."""


def local_name(element: etree._Element) -> str:
    """A tag without its name space; empty for whatever is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """The first element down a path of v3 names."""
    for name in names:
        if element is None:
            return None
        element = element.find(f"{V3}{name}")
    return element


def children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """All child elements of a v3 name."""
    return iter(()) if element is None else iter(element.findall(f"{V3}{name}"))


def templates(element: etree._Element) -> frozenset[str]:
    """The roots of the templates that an element says it follows."""
    return frozenset((one.get("root") or "").strip() for one in children(element, "templateId"))


def line_of(element: etree._Element) -> int:
    return element.sourceline or 1


def squeezed(text: str) -> str:
    """One line: every run of blanks as one."""
    return " ".join(text.split())


def brief(text: str) -> str:
    """The record's words, short enough to list."""
    text = squeezed("".join(letter if letter.isprintable() else " " for letter in text[: 2 * LONGEST_TEXT]))
    return text if len(text) <= _LONGEST_WORDS else f"{text[:_LONGEST_WORDS]}..."


# --- Times ----------------------------------------------------------------------------------------------------------


def day_of(written: str) -> str:
    """`20190412103000-0500` as `2019-04-12`, `201904` as `2019-04`, `2019` as it is. The clock and the zone are left out: it is the day
    that was written. ImpossibleDateError where no calendar holds it.
    """
    match = _TIME.fullmatch(written.strip()) or _ISO_TIME.fullmatch(written.strip())
    if match is None:
        raise ImpossibleDateError(written)
    year, month, day = match[1], match[2], match[3]
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise ImpossibleDateError(written) from None
    return "-".join(part for part in (year, month, day) if part)


@dataclass(frozen=True, slots=True)
class Span:
    """When something was: parts of days, or None where it is not told. `is_ended`: an end is told, even where its day is not known."""

    low: str | None = None
    high: str | None = None
    is_ended: bool = False

    @property
    def day(self) -> str | None:
        """The one day of something that takes a moment: a sample, a measurement."""
        return self.high or self.low


NO_SPAN = Span()


def span_of(time: etree._Element | None) -> Span:
    """The span of a time element (TS or IVL_TS). ImpossibleDateError as `day_of`."""
    if time is None:
        return NO_SPAN
    if (written := time.get("value")) is not None:
        day = day_of(written)
        return Span(day, day)
    low, high, center = (child(time, name) for name in ("low", "high", "center"))
    if center is not None and center.get("value") is not None and low is None and high is None:
        day = day_of(center.get("value") or "")
        return Span(day, day)
    ends = [None if end is None or end.get("value") is None else day_of(end.get("value") or "") for end in (low, high)]
    # An end that is there but not known says that it is over; "not applicable" and "no information" do not.
    is_ended = ends[1] is not None or (high is not None and high.get("nullFlavor") == "UNK")
    return Span(ends[0], ends[1], is_ended)


# --- Codes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """One code of one code system, by the system's OID. `display` is the sender's word for it."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded value: its own code and its translations, in their order; `words` is what a person would read."""

    codes: tuple[Code, ...]
    words: str
    null: str | None  # HL7's reason why there is no code


class Narrative:
    """The parts of a document's narrative that entries point to, by their ID."""

    def __init__(self, root: etree._Element) -> None:
        self._parts: dict[str, etree._Element | None] = {}
        self._texts: dict[str, str] = {}
        for element in root.iter():
            name = element.get("ID") if isinstance(element.tag, str) else None
            if name:
                # An ID that stands twice points nowhere.
                self._parts[name] = None if name in self._parts else element

    def text_of(self, element: etree._Element | None) -> str:
        """The text within an `originalText` or `text`, or the text that its reference points to; empty where there is none."""
        return squeezed(self.full_text_of(element)[: 2 * LONGEST_TEXT])[:LONGEST_TEXT]

    def full_text_of(self, element: etree._Element | None) -> str:
        """The same with its lines."""
        if element is None:
            return ""
        own = narrative_text(element)
        if own:
            return own
        reference = child(element, "reference")
        target = (reference.get("value") or "").strip() if reference is not None else ""
        # Only a place in this document: nothing is ever fetched.
        if not target.startswith("#"):
            return ""
        if target not in self._texts:  # many may point to one long text
            self._texts[target] = narrative_text(self._parts.get(target[1:]))
        return self._texts[target]


def coded(element: etree._Element | None, narrative: Narrative) -> Coded:
    """A CD, CE or CO with its translations."""
    if element is None:
        return Coded((), "", None)
    codes = tuple(
        Code((one.get("codeSystem") or one.get("codeSystemName") or "").strip(), (one.get("code") or "").strip(), _display(one))
        for one in (element, *children(element, "translation"))
        if (one.get("code") or "").strip() and one.get("nullFlavor") is None
    )
    original = narrative.text_of(child(element, "originalText"))
    display = next((code.display for code in codes if code.display), "") or _display(element)
    words = (display if is_name(display) else f"{display[:LONGEST_NAME]}...") if display else original if is_name(original) else ""
    return Coded(codes, brief(words or (codes[0].code if codes else "")), element.get("nullFlavor"))


def _display(element: etree._Element) -> str:
    return squeezed((element.get("displayName") or "")[:LONGEST_TEXT])


# --- Quantities -----------------------------------------------------------------------------------------------------


def number_of(written: str | None) -> float | None:
    """A decimal number, or None for anything else."""
    return float(written) if written is not None and _DECIMAL.fullmatch(written.strip()) else None


def value_kind(value: etree._Element) -> str:
    """The data type that a value says it is: PQ, CD, ST; without its prefix."""
    return (value.get(f"{XSI}type") or "").split(":")[-1].strip().upper()


# --- Narrative as text ----------------------------------------------------------------------------------------------

_ROWS = frozenset({"tr", "paragraph", "item", "caption", "list", "table", "thead", "tbody", "br", "title"})
_CELLS = frozenset({"td", "th"})


def narrative_text(text: etree._Element | None) -> str:
    """A narrative block as plain lines: a line for each row, cells apart by a bar."""
    if text is None:
        return ""
    parts: list[str] = []
    for event, element in etree.iterwalk(text, events=("start", "end")):
        name = local_name(element)
        if event == "start":
            if name in _ROWS:
                parts.append("\n")
            parts.append(re.sub(r"\s+", " ", element.text or ""))
        else:
            if name in _CELLS:
                parts.append(" | ")
            elif name in _ROWS:
                parts.append("\n")
            if element is not text:
                parts.append(re.sub(r"\s+", " ", element.tail or ""))
    lines = (re.sub(r"(\s*\|\s*)+$", "", squeezed(line)) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)
