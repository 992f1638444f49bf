"""Which trials are about this cancer at all: by their conditions, titles and keywords, never by a guess at what they would accept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wayline.reading import Place, read, require_keys, rows_at, text_at, texts_at
from wayline.trials.study import Study

THIS_CANCER, ALSO_THIS_CANCER, ELSEWHERE = 0, 1, 2


@dataclass(frozen=True)
class Relevance:
    """Compiled words: one pattern a ring, one for "all places", and one for cancers elsewhere."""

    this_cancer: re.Pattern[str]
    also: re.Pattern[str]
    all_places: re.Pattern[str]
    elsewhere: re.Pattern[str]

    def ring(self, study: Study) -> int:
        """0 names this cancer; 1 takes cancers near it or of all places; 2 is about something else."""
        named = (*study.conditions, *study.keywords)
        titles = (study.brief_title or "", study.official_title or "")
        if any(self.this_cancer.search(text) for text in (*named, *titles)):
            return THIS_CANCER
        others_only = bool(study.conditions) and all(self.elsewhere.search(text) for text in study.conditions)
        if others_only and not any(self.all_places.search(text) for text in (*study.conditions, *study.keywords, *titles)):
            return ELSEWHERE
        about = [text for text in (*study.conditions, *titles) if self.also.search(text) and not self.elsewhere.search(text)]
        return ALSO_THIS_CANCER if about else ELSEWHERE


def load_relevance(path: Path) -> Relevance:
    """Load `content/trials/relevance.yaml` strictly."""
    name = f"trials/{path.name}"
    block = require_keys(read(path, name), ("rings", "all_places", "elsewhere"), Place(name, 1))
    rows = rows_at(block, "rings")
    rings = []
    for row, place in zip(rows, rows.places, strict=True):
        one = require_keys(row, ("ring", "words"), place)
        text_at(one, "ring")
        rings.append(_pattern(texts_at(one, "words")))
    if len(rings) != 2:
        raise rows.places[0].error("there are two rings: this cancer, and the cancers near it and of all places")
    return Relevance(rings[0], rings[1], _pattern(texts_at(block, "all_places")), _pattern(texts_at(block, "elsewhere")))


def _pattern(words: list[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in words) + ")", re.IGNORECASE)
