"""A pasted text as a page shows it again: with the words marked that readings rest on."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from wayline.liver.report_findings import Span


def words_said(text: str, spans: Iterable[Span]) -> str:
    """The words that a reading rests on, as they stand in the text."""
    return " … ".join(" ".join(text[span.start : span.end].split()) for span in spans)


def marked_text(text: str, found: Iterable[Iterable[Span]], left: Iterable[Iterable[Span]]) -> SafeString:
    """The text with the words of each reading marked, and those left alone marked otherwise. Where both fit, the reading counts."""
    kinds = [(span, "") for spans in found for span in spans] + [(span, "left") for spans in left for span in spans]
    taken = sorted((span.start, span.end) for span, kind in kinds if not kind)
    pieces: list[str] = []
    end = 0
    for span, kind in sorted(kinds, key=lambda one: (one[0].start, one[1])):
        start, last = max(span.start, end), span.end
        if kind:
            last = min([last, *(first for first, _ in taken if start <= first < last)])
        if start >= last or (start > span.start and not kind):
            continue
        pieces += [format_html("{}", text[end:start]), format_html('<mark class="{}">{}</mark>', kind, text[start:last])]
        end = last
    return mark_safe("".join([*pieces, format_html("{}", text[end:])]))  # noqa: S308 - every piece is escaped
