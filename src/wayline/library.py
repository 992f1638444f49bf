"""Everything that is loaded once and shared: vocabulary, references, options, pages, words, from the content folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wayline.facts.vocabulary import Vocabulary, load_vocabulary
from wayline.guide.folder import content_folder
from wayline.guide.glossary import Glossary, load_glossary
from wayline.guide.outlook import Outlook, load_outlook
from wayline.guide.pages import Pages, load_pages
from wayline.guide.questions import Steps, load_steps
from wayline.guide.references import References, load_references, without_citations
from wayline.guide.site import Site, load_site
from wayline.liver.scales import Scales, load_scales
from wayline.liver.segments import Segments, load_segments
from wayline.options.catalog import Catalog, load_catalog
from wayline.options.decisions import Decision, Funding, load_decisions, load_funding
from wayline.options.limits import load_dimensions
from wayline.options.matrix import Row, load_matrix

if TYPE_CHECKING:
    from wayline.diary.flags import Flags
    from wayline.diary.questions import DiaryQuestions
    from wayline.guide.search import Document, SearchIndex
    from wayline.guide.sheet_plan import SheetPlan
    from wayline.liver.report_text import ReportReader
    from wayline.options.visit_questions import VisitQuestions
    from wayline.records.pasted.reader import PastedReader
    from wayline.trials.criteria import CriteriaReader
    from wayline.trials.finding import OpenTrials
    from wayline.trials.known import KnownTrials
    from wayline.trials.mirror import Mirror
    from wayline.trials.relevance import Relevance
    from wayline.trials.thesaurus import Thesaurus


@dataclass(frozen=True)
class Library:
    """The loaded content."""

    folder: Path
    vocabulary: Vocabulary
    references: References
    catalog: Catalog
    pages: Pages
    glossary: Glossary
    steps: Steps
    matrix: tuple[Row, ...]
    limits_on: Mapping[str, frozenset[str]]
    segments: Segments
    scales: Scales
    outlook: Outlook
    decisions: Mapping[str, Decision]
    funding: Funding
    site: Site

    @cached_property
    def search_index(self) -> SearchIndex:
        """Everything that can be found, indexed at first use. The commands need no index, so they do not load what makes one."""
        from wayline.guide.search import SearchIndex

        return SearchIndex(self._documents(), self.glossary)

    # What reads and finds trials is loaded at first use: most commands and pages need none of it.

    @cached_property
    def criteria_reader(self) -> CriteriaReader:
        """The reader of trial criteria, with its word lists."""
        from wayline.trials.criteria import CriteriaReader

        return CriteriaReader(self.folder / "trials" / "reading", self.vocabulary)

    @cached_property
    def flags(self) -> Flags:
        """The fixed rules that say when to call."""
        from wayline.diary.flags import load_flags

        return load_flags(self.folder / "flags", self.vocabulary, self.references, self.catalog.specialties)

    @cached_property
    def sheet_plan(self) -> SheetPlan:
        """What the printed sheet for a visit says of what is known."""
        from wayline.guide.sheet_plan import load_sheet_plan

        return load_sheet_plan(self.folder / "sheet.yaml", self.vocabulary, self.flags)

    @cached_property
    def visit_questions(self) -> VisitQuestions:
        """The questions for a visit, by decision."""
        from wayline.options.visit_questions import load_visit_questions

        return load_visit_questions(self.folder / "questions" / "visit", self.vocabulary, self.references, self.catalog.specialties)

    @cached_property
    def diary(self) -> DiaryQuestions:
        """What the diary asks."""
        from wayline.diary.questions import load_diary_questions

        return load_diary_questions(self.folder / "diary", self.vocabulary, self.references)

    @cached_property
    def report_reader(self) -> ReportReader:
        """The reader of scan reports, with its word lists."""
        from wayline.liver.report_text import ReportReader, load_report_words

        return ReportReader(load_report_words(self.folder / "liver" / "report_words.yaml", self.vocabulary.lesion_places))

    @cached_property
    def pasted_reader(self) -> PastedReader:
        """The reader of pathology, laboratory and scan reports, with its word lists."""
        from wayline.records.pasted.reader import PastedReader
        from wayline.records.pasted.words import load_pasted_words

        return PastedReader(load_pasted_words(self.folder / "records" / "pasted", self.vocabulary), self.vocabulary, self.report_reader)

    @cached_property
    def known_trials(self) -> KnownTrials:
        """The example list of well-known trials, for a machine without a mirror."""
        from wayline.trials.known import load_known_trials

        return load_known_trials(self.folder / "trials" / "known_trials.yaml", self.references)

    @cached_property
    def relevance(self) -> Relevance:
        """Which trials are about this cancer at all."""
        from wayline.trials.relevance import load_relevance

        return load_relevance(self.folder / "trials" / "relevance.yaml")

    @cached_property
    def trials_rest_on(self) -> str | None:
        """The fingerprint of everything that reading trials rests on. Once a process: what it has loaded does not change any more."""
        from wayline.trials.kept import fingerprint

        return fingerprint(self.folder)

    def open_trials(self, mirror: Mirror) -> OpenTrials:
        """The mirror's trials that are open and about this cancer: as they were kept, or read anew and then kept."""
        from wayline.trials.finding import OpenTrials
        from wayline.trials.kept import open_trials

        return open_trials(
            mirror,
            self.vocabulary,
            self.trials_rest_on,
            lambda: OpenTrials(mirror.studies(), self.criteria_reader, self.relevance, self.vocabulary),
        )

    @cached_property
    def thesaurus(self) -> Thesaurus:
        """The synonyms for searching trials."""
        from wayline.trials.thesaurus import load_thesaurus

        return load_thesaurus(self.folder / "trials" / "synonyms.yaml", self.vocabulary.drugs)

    @cached_property
    def names_of_drugs(self) -> tuple[str, ...]:
        """Every name of a drug, for scores of reading: nobody can choose an easier one."""
        drugs = self.vocabulary.drugs
        names = {name for drug in drugs.drugs.values() for name in (drug.title, *drug.brands, *drug.other_names)}
        return tuple(sorted(names | {combination.title for combination in drugs.combinations.values()}))

    def _documents(self) -> list[Document]:
        from wayline.guide.search import Document

        drugs = self.vocabulary.drugs.drugs
        found = []
        for page in self.pages.values():
            drug = drugs.get(page.drug_id or "")
            names = (drug.title, *drug.brands, *drug.other_names) if drug else ()
            found.append(Document("page", page.id, page.title, (*page.also_asked, *names), page.summary, without_citations(page.body)))
        for option in self.catalog.values():
            text = " ".join([*(text for _, text in option.sections), *(one.claim for one in option.evidence), *option.questions])
            found.append(Document("option", option.id, option.title, option.other_names, option.summary, without_citations(text)))
        for word in self.glossary.values():
            found.append(Document("word", word.id, word.word, (*word.also, *word.everyday), word.means, ""))
        return found


def load_library(folder: Path) -> Library:
    """Load a content folder strictly."""
    vocabulary = load_vocabulary(folder / "vocabulary")
    references = load_references(folder / "references")
    catalog = load_catalog(folder, vocabulary, references)
    pages = load_pages(folder / "pages", references)
    return Library(
        folder=folder,
        vocabulary=vocabulary,
        references=references,
        catalog=catalog,
        pages=pages,
        glossary=load_glossary(folder / "glossary.yaml", references),
        steps=load_steps(folder / "questions" / "steps.yaml", vocabulary),
        matrix=load_matrix(folder / "liver_matrix.yaml", catalog, references),
        limits_on=load_dimensions(folder / "liver" / "dimensions.yaml", vocabulary),
        segments=load_segments(folder / "liver" / "segments.yaml"),
        scales=load_scales(folder / "liver" / "scales.yaml"),
        outlook=load_outlook(folder / "outlook.yaml", references),
        decisions=load_decisions(folder / "decisions.yaml", pages),
        funding=load_funding(folder / "funding.yaml"),
        site=load_site(folder / "site.yaml", pages),
    )


@cache
def library() -> Library:
    """The content that ships with Wayline, loaded once a process."""
    return load_library(content_folder())
