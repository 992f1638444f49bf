"""Everything that is loaded once and shared: vocabulary, references and options, from the content folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wayline.facts.vocabulary import Vocabulary, load_vocabulary
from wayline.guide.folder import content_folder
from wayline.guide.pages import Page, load_pages
from wayline.guide.questions import Steps, load_steps
from wayline.guide.references import References, load_references
from wayline.options.catalog import Catalog, load_catalog


@dataclass(frozen=True)
class Library:
    """The loaded content."""

    folder: Path
    vocabulary: Vocabulary
    references: References
    catalog: Catalog
    pages: Mapping[str, Page]
    steps: Steps


def load_library(folder: Path) -> Library:
    """Load a content folder strictly."""
    vocabulary = load_vocabulary(folder / "vocabulary")
    references = load_references(folder / "references")
    return Library(
        folder=folder,
        vocabulary=vocabulary,
        references=references,
        catalog=load_catalog(folder, vocabulary, references),
        pages=load_pages(folder / "pages", references),
        steps=load_steps(folder / "questions" / "steps.yaml", vocabulary),
    )


@cache
def library() -> Library:
    """The content that ships with Wayline, loaded once a process."""
    return load_library(content_folder())
