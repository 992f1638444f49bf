"""Markdown of the content as HTML: links between pages, numbered sources, and words explained in place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from wayline.guide.glossary import Word
from wayline.guide.references import CITATION, Reference, cited_in, without_citations
from wayline.library import library

# Raw HTML in content is shown as text, never passed through.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_LINK = re.compile(r'href="(page|option|word):([a-z0-9_-]+)"')
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")
# Inside these, a word is not explained: links and buttons already do something, headings stay calm.
_LEFT_ALONE = frozenset({"a", "button", "h1", "h2", "h3", "h4", "code", "summary"})


@dataclass(frozen=True)
class Text:
    """Rendered text, and the glossary's words that were marked in it."""

    html: SafeString
    words: tuple[Word, ...]


def numbered(references: Sequence[Reference]) -> dict[str, int]:
    """The number of each source on a page."""
    return {reference.id: number for number, reference in enumerate(references, 1)}


def render(text: str, numbers: Mapping[str, int], already: Sequence[str] = ()) -> Text:
    """A text of the content as HTML. `already` are the ids of words that were explained earlier on the page."""
    html, word_ids = _rendered(text, tuple(numbers.items()), tuple(already))
    return Text(html, tuple(library().glossary[word_id] for word_id in word_ids))


def render_plainly(text: str) -> SafeString:
    """A text without anything to tap: in an emergency nothing leads away from the words."""
    return render(without_citations(text), {}, tuple(library().glossary)).html


def render_sections(
    sections: Sequence[tuple[str, str]], numbers: Mapping[str, int]
) -> tuple[list[tuple[str, SafeString]], tuple[Word, ...]]:
    """(heading, HTML) of each section, and all words explained, each at its first place only."""
    rendered: list[tuple[str, SafeString]] = []
    words: list[Word] = []
    for heading, text in sections:
        part = render(text, numbers, [word.id for word in words])
        rendered.append((heading, part.html))
        words += part.words
    return rendered, tuple(words)


@lru_cache(maxsize=2000)
def _rendered(text: str, numbers: tuple[tuple[str, int], ...], already: tuple[str, ...]) -> tuple[SafeString, tuple[str, ...]]:
    places = dict(numbers)
    html = str(_MARKDOWN.render(text))
    html = _LINK.sub(lambda match: f'href="{address_of(match[1], match[2])}"', html)
    html, words = _with_words(html, already)
    html = CITATION.sub(lambda match: "".join(str(source_mark(places[cite])) for cite in cited_in(match[0])), html)
    return mark_safe(html), words  # noqa: S308 - made by our own renderer, raw HTML escaped


def address_of(kind: str, target: str) -> str:
    """The address that a link of the content leads to."""
    if kind == "word":
        return f"{reverse('words')}#word-{target}"
    return reverse(kind, args=[target])


def source_mark(number: int) -> SafeString:
    """The small number that leads to a source at the page's end."""
    return format_html('<a class="source" href="#source-{}"><span class="hidden">source </span>{}</a>', number, number)


def _with_words(html: str, already: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Mark the first place of each glossary word; the page explains it on a tap, without a script."""
    seen = set(already)
    marked: list[str] = []
    pieces: list[str] = []
    inside = 0
    end = 0
    for tag in _TAG.finditer(html):
        pieces.append(_mark_words(html[end : tag.start()], seen, marked) if not inside else html[end : tag.start()])
        pieces.append(tag[0])
        end = tag.end()
        if tag[2] in _LEFT_ALONE:
            inside += -1 if tag[1] else 1
    pieces.append(html[end:])
    return "".join(pieces), tuple(marked)


def _mark_words(text: str, seen: set[str], marked: list[str]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop, word in library().glossary.find(text):
        if word.id in seen:
            continue
        seen.add(word.id)
        marked.append(word.id)
        button = f'<button type="button" class="word-button" popovertarget="means-{escape(word.id)}">{text[start:stop]}</button>'
        pieces += [text[end:start], button]
        end = stop
    return "".join([*pieces, text[end:]])
