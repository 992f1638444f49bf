"""Narrative reports of a FHIR record, kept closed: their titles and days are told, their text only to a person who asks for it."""

from __future__ import annotations

import base64
import binascii
import re
from html.parser import HTMLParser

from wayline.reading import shortened
from wayline.records.fhir_access import Concept, Resource, block_of, blocks_of, day_of, text_of
from wayline.records.fhir_clinical import brief
from wayline.records.fhir_pool import Met, Pool
from wayline.records.imported import ClosedReport, NotUnderstood
from wayline.records.shown_words import is_result, without_repeats

_LONGEST_REPORT = 200_000
_MOST_ENCODED = 8_000_000
_PLAIN = ("text/plain", "text", "")
_MARKED_UP = ("text/html", "application/xhtml+xml", "html")


class Texts:
    """Collects the reports of a record."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.reports: list[ClosedReport] = []
        self.not_understood: list[NotUnderstood] = []

    def read_report(self, met: Met) -> None:
        """A DiagnosticReport with its conclusion, its attached forms, or its narrative."""
        report = met.resource
        if text_of(report, "status") in ("entered-in-error", "cancelled"):
            self._miss(met, _title_of(report, "code", "Report"), "it was entered in error or cancelled")
            return
        title = _title_of(report, "code", "Report")
        day = _day(report, ("effectiveDateTime", "issued"), "effectivePeriod")
        attached = [text for form in blocks_of(report, "presentedForm") if (text := self._attachment(form, met, title))]
        conclusion = text_of(report, "conclusion")
        text = "\n\n".join([*attached, *([conclusion] if conclusion and conclusion not in "".join(attached) else [])])
        self._keep(title, day, text or (_narrative(report) if not blocks_of(report, "result") else ""), met)

    def read_document(self, met: Met) -> None:
        """A DocumentReference with the texts that are attached to it."""
        document = met.resource
        # Its description is free text, and may hold the news itself.
        title, description = _title_of(document, "type", "Document"), text_of(document, "description")
        if text_of(document, "status") in ("entered-in-error", "superseded"):
            self._miss(met, title, "it was entered in error, or another one took its place")
            return
        context = block_of(document, "context")
        day = day_of(document.get("date")) or day_of(block_of(context, "period").get("start"))
        attachments = [block_of(one, "attachment") for one in blocks_of(document, "content")]
        texts = [text for one in attachments if one and (text := self._attachment(one, met, title))]
        told = description if description and (texts or not is_result(description)) else None
        self._keep(title, day, "\n\n".join(without_repeats([told, *texts])), met)

    def read_composition(self, met: Met) -> None:
        """The sections of a document, one after the other."""
        composition = met.resource
        title = _title_of(composition, "type", "Document")
        parts: list[str] = []
        waiting = blocks_of(composition, "section")
        while waiting and len(parts) < 500:
            section = waiting.pop(0)
            waiting = blocks_of(section, "section") + waiting
            text = _narrative(section)
            if text:
                heading = text_of(section, "title")
                parts.append(f"{heading}\n{text}" if heading else text)
        self._keep(title, day_of(composition.get("date")), "\n\n".join(parts), met)

    def _attachment(self, attachment: Resource, met: Met, title: str) -> str:
        kind = (text_of(attachment, "contentType") or "").split(";")[0].strip().lower()
        data = text_of(attachment, "data")
        if data is None and (url := text_of(attachment, "url")):
            binary = self.pool.resolve(url)
            if binary is None or binary.type != "Binary":
                self._miss(met, title, "its text lies elsewhere, and nothing is fetched")
                return ""
            data = text_of(binary.resource, "data")
            kind = kind or (text_of(binary.resource, "contentType") or "").split(";")[0].strip().lower()
        if data is None:
            return ""
        if kind not in (*_PLAIN, *_MARKED_UP):
            self._miss(met, title, f"it is a file of the kind '{shortened(kind)}', whose text is not read here")
            return ""
        if len(data) > _MOST_ENCODED:
            self._miss(met, title, "its text is too long")
            return ""
        try:
            text = base64.b64decode(re.sub(r"\s+", "", data), validate=True).decode("utf-8-sig")
        except (binascii.Error, ValueError):
            self._miss(met, title, "its text cannot be decoded")
            return ""
        return without_markup(text) if kind in _MARKED_UP else text

    def _keep(self, title: str, day: str | None, text: str, met: Met) -> None:
        text = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
        if text:
            self.reports.append(ClosedReport(brief(title), day, text[:_LONGEST_REPORT], met.where))

    def _miss(self, met: Met, title: str, why: str) -> None:
        self.not_understood.append(NotUnderstood(met.type, brief(title), met.where, why))


def _title_of(resource: Resource, key: str, otherwise: str) -> str:
    named = Concept.of(resource, key)
    return named.words if named else otherwise


def _day(resource: Resource, keys: tuple[str, ...], period: str) -> str | None:
    days = [day_of(resource.get(key)) for key in keys]
    days.insert(1, day_of(block_of(resource, period).get("start")))
    return next((day for day in days if day), None)


def _narrative(resource: Resource) -> str:
    div = text_of(block_of(resource, "text"), "div")
    return without_markup(div) if div else ""


class _Words(HTMLParser):
    """The words of marked-up text; scripts and styles are no words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        if tag in ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table"):
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def without_markup(text: str) -> str:
    """Plain words out of XHTML, line by line."""
    parser = _Words()
    parser.feed(text)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
