"""Template filters: Markdown without sources, numbered sources of a claim, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe

from wayline.facts.vocabulary import within_a_sentence
from wayline.facts.written_days import written_day
from wayline.logic.wording import date_in_words
from wayline.web.rendering import render, source_mark

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML, for texts without sources."""
    return render(text, {}).html


@register.filter
def sources(cites: Sequence[str], numbers: Mapping[str, int]) -> SafeString:
    """The numbered links of a claim."""
    return mark_safe("".join(source_mark(numbers[cite]) for cite in cites))  # noqa: S308 - each mark is escaped


@register.filter
def day_read(text: str | None) -> str:
    """How a day that was typed was read, in words; empty where it is no day."""
    try:
        return date_in_words(written_day(str(text or "")))
    except ValueError:
        return ""


register.filter("lower_first", within_a_sentence)
register.filter("in_words", date_in_words)
