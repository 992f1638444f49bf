"""How hard a page is to read: Flesch-Kincaid grade and sentence lengths, by scireadability.

A formula does not know whether a text is good; it finds the pages that need another look. Drug names are exempt: nobody can choose them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from wayline.guide.references import without_citations

HARDEST_GRADE = 8.0
LONGEST_SENTENCE_WORDS = 20
LONGEST_MEAN_WORDS = 15.0

_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_LIST_MARK = re.compile(r"^\s*(?:[-*]|\d+\.)\s+", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.?!:;])[\"”’)]*\s+")


@dataclass(frozen=True)
class Reading:
    """Scores of one text. `grade` is the school grade by Flesch and Kincaid; sentence lengths are in words."""

    grade: float
    words: int
    mean_sentence_words: float
    longest_sentence_words: int
    longest_sentence: str

    @property
    def problems(self) -> tuple[str, ...]:
        """What lies beyond the limits, in words."""
        found = []
        if self.grade > HARDEST_GRADE:
            found.append(f"grade {self.grade:.1f}; at most {HARDEST_GRADE:g} is allowed")
        if self.longest_sentence_words > LONGEST_SENTENCE_WORDS:
            found.append(
                f"a sentence of {self.longest_sentence_words} words; at most {LONGEST_SENTENCE_WORDS}: '{self.longest_sentence[:60]}...'"
            )
        if self.mean_sentence_words > LONGEST_MEAN_WORDS:
            found.append(f"sentences of {self.mean_sentence_words:.1f} words on average; at most {LONGEST_MEAN_WORDS:g}")
        return tuple(found)


def plain_sentences(markdown: str) -> list[str]:
    """The sentences as they are read: without headings, marks, links and sources. A list item is a sentence of its own."""
    text = re.sub(r"^#+ .*$", "", without_citations(markdown), flags=re.MULTILINE)
    text = _LINK.sub(r"\1", text)
    sentences = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text):
        plain = re.sub(r"[*_`>|]", "", _LIST_MARK.sub("", block))
        sentences += [sentence.strip() for sentence in _SENTENCE_END.split(" ".join(plain.split())) if re.search(r"\w", sentence)]
    return sentences


def read_score(markdown: str, exempt: Iterable[str]) -> Reading:
    """Score a text. `exempt` are names that count as one plain word."""
    return _scored(markdown, tuple(exempt))


@lru_cache(maxsize=500)
def _scored(markdown: str, exempt: tuple[str, ...]) -> Reading:
    import scireadability  # a third of a second to import, and needed by few commands

    sentences = plain_sentences(markdown)
    if not sentences:
        return Reading(0.0, 0, 0.0, 0, "")
    pattern = _names(exempt)
    simpler = [pattern.sub("drug", sentence) for sentence in sentences]
    lengths = [len(re.findall(r"\S*\w\S*", sentence)) for sentence in sentences]
    ended = " ".join(sentence if sentence[-1] in ".?!" else f"{sentence.rstrip(':;,')}." for sentence in simpler)
    longest = max(range(len(sentences)), key=lengths.__getitem__)
    return Reading(
        grade=max(0.0, float(scireadability.flesch_kincaid_grade(ended))),
        words=sum(lengths),
        mean_sentence_words=sum(lengths) / len(lengths),
        longest_sentence_words=lengths[longest],
        longest_sentence=sentences[longest],
    )


@lru_cache(maxsize=4)
def _names(exempt: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(set(exempt), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE) if longest_first else re.compile(r"(?!)")
