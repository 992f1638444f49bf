"""Claims without a source: sentences that give a figure from a study but name none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wayline.guide.references import CITATION

# A share, a percentage, a count of people or studies: figures that somebody must have found out.
_FIGURE = re.compile(
    r"""
    \b\d+(?:\.\d+)?\ (?:of|out\ of|in)\ (?:every\ )?\d+\b              # 67 of 100
    | \b\d+(?:\.\d+)?\ ?(?:%|percent\b)                                # 6 %
    | (?<!of\ )\b\d{2,}(?:,\d{3})*\ (?:people|persons|patients|treatments|trials|studies|centers)\b
    | \b(?:trial|study|series|review)\ of\ \d+                         # a trial of 209
    """,
    re.IGNORECASE | re.VERBOSE,
)
# A sentence with its sources, which stand before the period.
_SENTENCE = re.compile(r"[^.?!\n]*(?:\.\d[^.?!\n]*)*[.?!]+|[^.?!\n]+$", re.MULTILINE)


def unsourced_sentences(markdown: str) -> Iterator[str]:
    """Each sentence with a figure and no source. Headings are left out."""
    text = re.sub(r"^#+ .*$", "", markdown, flags=re.MULTILINE)
    text = re.sub(r"(?<!\n)\n(?!\s*(?:\n|[-*] |\d+\. ))", " ", text)  # a paragraph's own line breaks end no sentence
    for match in _SENTENCE.finditer(text):
        sentence = match[0]
        if _FIGURE.search(CITATION.sub("", sentence)) and not CITATION.search(sentence):
            yield " ".join(sentence.split())
