"""Template filters: Markdown with citations, and the shapes that stand beside a verdict."""

from __future__ import annotations

import re
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from wayline.facts.vocabulary import within_a_sentence
from wayline.guide.references import cited_in
from wayline.logic.wording import date_in_words

register = template.Library()

# Raw HTML in content is shown as text, never passed through; links are those that editors wrote, checked in review.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_CITATION = re.compile(r"\s*\[(@[a-z0-9-]+(?:;\s*@[a-z0-9-]+)*)\]")


@lru_cache(maxsize=2000)
def _rendered(text: str) -> str:
    return str(_MARKDOWN.render(text))


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML."""
    return mark_safe(_rendered(text))  # noqa: S308 - made by our own renderer, raw HTML escaped


@register.filter
def with_sources(text: str, numbers: dict[str, int]) -> SafeString:
    """Markdown whose `[@id]` marks become numbered links to the sources at the page's end."""

    def link(match: re.Match[str]) -> str:
        return "".join(str(_mark(numbers[cite])) for cite in cited_in(match[0]))

    return mark_safe(_CITATION.sub(link, _rendered(text)))  # noqa: S308 - as above; the marks are made here


@register.filter
def sources(cites: tuple[str, ...], numbers: dict[str, int]) -> SafeString:
    """The numbered links of a claim."""
    return mark_safe("".join(_mark(numbers[cite]) for cite in cites))  # noqa: S308


def _mark(number: int) -> SafeString:
    return format_html('<a class="source" href="#source-{}"><span class="hidden">source </span>{}</a>', number, number)


register.filter("lower_first", within_a_sentence)
register.filter("in_words", date_in_words)
