"""Which of a record's words may be shown before the person asks to read a report: names and plain results, never prose.

A finding, an impression or a comment can hold the hardest news of a record. So free text is shown only where it is plainly a result
("Positive", "3+", "<0.2 mg/dL"); all other free text is kept as a closed report, under the name of the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NO_NAME = "no name"  # what stands for a name that is not told, or too long to be one
LONGEST_NAME = 80  # characters; a name of a test or a problem that is longer may be a report
_LONGEST_RESULT = 40  # characters of a result in free text
_MOST_WORDS_OF_RESULT = 4
_LONGEST_TITLE = 60
_SENTENCE = re.compile(r"[.!?;](?:\s|$)|[\r\n]|:\s+\S+\s+\S|,\s+\S+\s+\S+\s")
_OF_A_REPORT = re.compile(
    r"\b(?:impressions?|findings?|diagnos[ei]s|narratives?|comments?|conclusions?|(?<!\[)interpretations?|reports?|notes?|summary|assessments?"
    r"|opinions?|addend(?:um|a)|prognos[ie]s|descriptions?|evaluations?|consult(?:ation)?s?|discussions?|recommendations?)\b",
    re.IGNORECASE,
)
_PLAIN_RESULT = re.compile(
    r"(?:[<>]=?|[≤≥])?\s*[0-9][0-9.,]*\s*\+?\s*(?:%|\S{1,12})?|(?:strongly |weakly )?(?:positive|negative)|(?:not |none )?detected"
    r"|normal|abnormal|(?:non-?)?reactive|yes|no|unknown|equivocal|indeterminate|low|high",
    re.IGNORECASE,
)


def is_result(text: str, names: Iterable[str] = ()) -> bool:
    """Whether free text is plainly a result. `names` are those of the test: beside "Impression" even two words can be the report,
    and so can a text that begins with such a word itself.
    """
    text = text.strip()
    if any(_OF_A_REPORT.search(words) for words in (*names, text)):
        return _PLAIN_RESULT.fullmatch(text) is not None
    return len(text) <= _LONGEST_RESULT and len(text.split()) <= _MOST_WORDS_OF_RESULT and _SENTENCE.search(text) is None


def is_name(text: str) -> bool:
    """Whether the words that stand where a name belongs are short enough to be one."""
    return len(text) <= LONGEST_NAME and "\n" not in text.strip()


def is_title(text: str) -> bool:
    """Whether a heading is a heading, and not the news itself."""
    return 0 < len(text) <= _LONGEST_TITLE and _SENTENCE.search(text) is None


def quoted(text: str, otherwise: str = "the answer") -> str:
    """The text in quotes for the reason of a refusal, or only what it is where it is no plain result."""
    return f"'{text}'" if text and text != NO_NAME and is_result(text) else otherwise


def without_repeats(texts: Iterable[str | None]) -> list[str]:
    """The texts, each once, and none that stands whole in another one."""
    by_words = {" ".join(text.split()): text.strip() for text in texts if text and text.strip()}
    return [text for words, text in by_words.items() if not any(words != other and words in other for other in by_words)]
