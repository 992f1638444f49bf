"""The editor's test: what loading alone cannot see.

Review dates, readability, equal detail and the rest of the IPDAS checklist, sources, pages that the website needs, and what trials are read
and found with: word lists, synonyms, relevance and the example list are loaded here too, since commands load them only when they need them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from wayline.guide.claims import unsourced_sentences
from wayline.guide.pages import broken_links
from wayline.guide.readability import Reading, read_score
from wayline.library import Library
from wayline.logic.parsing import parse_expression
from wayline.options.catalog import NOT_SIGNED, Option
from wayline.options.decisions import ipdas_checklist
from wayline.options.limits import without_dimension
from wayline.reading import Block, Place, Rows, WaylineError, read
from wayline.records.codes import CodeBook, load_codes
from wayline.trials.expressions import EVERYBODY, NOBODY, as_expression, from_text
from wayline.trials.known import KnownTrial, as_record
from wayline.trials.lexicon import named_readings
from wayline.trials.study import parse_study

PAGES_THE_SITE_NEEDS = ("about", "get-help-now", "how-we-keep-this-true", "privacy")
# Options that are drugs, care or studies are no procedures.
KINDS_WITHOUT_PROCEDURE = ("systemic", "supportive", "research")
# In a row of the reading lists: expressions of the criteria language, and ids of facts.
_EXPRESSIONS = ("means", "positive", "negative")
_FACTS = ("fact", "window")
_COMPUTED = ("body_mass_index",)  # the reader's own word for a formula over facts


@dataclass(frozen=True)
class CheckReport:
    """What the editor's check found: counts, notes, and problems that fail it."""

    counts: dict[str, int]
    notes: tuple[str, ...]
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "notes": list(self.notes), "problems": list(self.problems)}

    def as_text(self) -> str:
        lines = [", ".join(f"{count} {name}" for name, count in self.counts.items())]
        lines += [f"note: {note}" for note in self.notes]
        lines += [f"problem: {problem}" for problem in self.problems]
        lines.append("All content loads and every claim is sourced." if not self.problems else f"{len(self.problems)} problems.")
        return "\n".join(lines)


def check_report(content: Library, today: date) -> CheckReport:
    """Check a loaded content folder as of a day."""
    codes = load_codes(content.folder / "records", content.vocabulary, content.references)
    problems = (
        *_strays(content),
        *_pages(content, today),
        *_options(content, today),
        *_links(content),
        *_unsourced(content),
        *_reading(content),
        *_ipdas(content),
        *_sources(content),
        *_liver(content),
        *_flags(content, today),
        *_diary(content),
        *_visit_questions(content, today),
        *_sheet(content),
        *_reading_lists(content),
        *_known_trials(content, today),
    )
    return CheckReport(_counts(content, codes), _notes(content, codes), problems)


def reading_of(content: Library, text: str) -> Reading:
    """How hard a text of this content is to read."""
    return read_score(text, content.names_of_drugs)


def option_text(option: Option) -> str:
    """Everything that is read on an option's page: its text, rule-outs, cautions, claims and questions."""
    said = [*(rule.say for rule in option.rules_out), *(one for caution in option.cautions for one in (caution.say, caution.ask))]
    claims = [one.claim for one in option.evidence]
    return "\n\n".join([option.summary, *(text for _, text in option.sections), *said, *claims, *option.questions])


def _pages(content: Library, today: date) -> Iterator[str]:
    for page_id in PAGES_THE_SITE_NEEDS:
        if page_id not in content.pages:
            yield f"pages/{page_id}.md is missing; the website needs it"
    for page in content.pages.values():
        yield from _dates(page.place.file, page.reviewed, page.next_review, today)
        for sign in page.may_sign:
            if sign not in content.catalog.specialties:
                yield f"{page.place.file}: '{sign}' is not a specialty"
        if page.drug_id is not None and page.drug_id not in content.vocabulary.drugs.drugs:
            yield f"{page.place.file}: '{page.drug_id}' is not a drug of vocabulary/drugs.yaml"


def _options(content: Library, today: date) -> Iterator[str]:
    for option in content.catalog.values():
        yield from _dates(option.place.file, option.reviewed, option.next_review, today)
        if option.kind not in KINDS_WITHOUT_PROCEDURE and option.id not in content.vocabulary.procedures:
            yield f"{option.place.file}: '{option.id}' is missing in vocabulary/procedures.yaml"


def _strays(content: Library) -> Iterator[str]:
    """Files that no reader takes: a page with a wrong ending would be missed in silence."""
    endings = {
        "options": ".md",
        "pages": ".md",
        "references": ".yaml",
        "vocabulary/facts": ".yaml",
        "liver": ".yaml",
        "flags": ".yaml",
        "diary": ".yaml",
        "questions/visit": ".yaml",
        "trials": ".yaml",
        "trials/reading": ".yaml",
    }
    for folder, ending in endings.items():
        for path in sorted((content.folder / folder).iterdir()):
            is_read = path.suffix == ending or (folder == "trials" and path.is_dir())
            if not is_read and not path.name.startswith("."):
                yield f"{folder}/{path.name}: only files ending in {ending} are read here"


def _links(content: Library) -> Iterator[str]:
    known = {"page": content.pages, "option": content.catalog, "word": content.glossary}
    for page in content.pages.values():
        yield from broken_links(page.body, page.place, known)
    for option in content.catalog.values():
        for _, text in option.sections:
            yield from broken_links(text, option.place, known)


def _unsourced(content: Library) -> Iterator[str]:
    for page in content.pages.values():
        for sentence in unsourced_sentences(page.body):
            yield f"{page.place.file}: a figure without a source: '{sentence}'"
    for option in content.catalog.values():
        for _, text in option.sections:
            for sentence in unsourced_sentences(text):
                yield f"{option.place.file}: a figure without a source: '{sentence}'"


def _dates(file: str, reviewed: date, next_review: date, today: date) -> Iterator[str]:
    if next_review < today:
        yield f"{file}: its review was due on {next_review.isoformat()}"
    if reviewed > today:
        yield f"{file}: 'reviewed' lies in the future ({reviewed.isoformat()})"


def _reading(content: Library) -> Iterator[str]:
    texts = [(page.place.file, f"{page.summary}\n\n{page.body}") for page in content.pages.values()]
    texts += [(option.place.file, option_text(option)) for option in content.catalog.values()]
    for file, text in texts:
        for problem in reading_of(content, text).problems:
            yield f"{file}: {problem}"


def _ipdas(content: Library) -> Iterator[str]:
    for criterion in ipdas_checklist(content.catalog, content.pages, content.decisions, content.funding):
        for problem in criterion.problems:
            yield f"IPDAS {criterion.id} ({criterion.text}): {problem}"


def _sources(content: Library) -> Iterator[str]:
    for definition in content.vocabulary.values():
        for cite in definition.cites:
            if cite not in content.references:
                yield f"{definition.place.file}, line {definition.place.line}: '{cite}' is not a reference"
    formulas, drugs = content.vocabulary.formulas.cites, content.vocabulary.drugs.drugs
    liver = {
        "liver/scales.yaml": content.scales.cites,
        "liver/segments.yaml": content.segments.cites,
        "liver/nearness.yaml": _measuring_cites(content),
    }
    for owner, cites in (*formulas.items(), *((drug.id, drug.cites) for drug in drugs.values()), *liver.items()):
        for cite in cites:
            if cite not in content.references:
                yield f"{owner}: '{cite}' is not a reference"


def _flags(content: Library, today: date) -> Iterator[str]:
    """The rules that say when to call are as dated and as readable as every page."""
    for flag in content.flags.values():
        yield from _dates(flag.place.file, flag.reviewed, flag.next_review, today)
        for problem in reading_of(content, f"{flag.title}.\n\n{flag.say}").problems:
            yield f"{flag.place.file}: {problem}"


def _diary(content: Library) -> Iterator[str]:
    """Every symptom can be told in the diary, and its words are as readable as every page."""
    asked = set(content.diary.facts)
    for fact_id in content.vocabulary:
        if fact_id.startswith("symptom.") and fact_id not in asked:
            yield f"diary/questions.yaml: '{fact_id}' is asked nowhere"
    said = [word for question in content.diary.everyday for word in (question.ask, *(f"{one}." for one in question.words.values()))]
    said += [group.intro for group in content.diary.more] + [effects.intro for effects in content.diary.side_effects]
    for problem in reading_of(content, "\n\n".join(said)).problems:
        yield f"diary/questions.yaml: {problem}"


def _sheet(content: Library) -> Iterator[str]:
    """A blood test, an illness or a sign without a place on the printed sheet would only be counted there."""
    plan = content.sheet_plan
    for fact_id, definition in content.vocabulary.items():
        is_meant = definition.is_lab or definition.group in ("symptom", "condition", "biomarker")
        if is_meant and fact_id not in plan.facts and fact_id not in plan.never:
            yield f"sheet.yaml: '{fact_id}' has no place on the sheet"


def _visit_questions(content: Library, today: date) -> Iterator[str]:
    """Every question is as readable as a page, and says why in one sentence."""
    for decision in content.visit_questions.values():
        yield from _dates(decision.place.file, decision.reviewed, decision.next_review, today)
        said = [decision.because, *([decision.maybe] if decision.maybe else []), *(one.why for one in decision.questions)]
        for problem in reading_of(content, "\n\n".join([*said, *(one.words for one in decision.questions)])).problems:
            yield f"{decision.place.file}: {problem}"


def _measuring_cites(content: Library) -> tuple[str, ...]:
    """The sources of the rules for measuring; they are loaded here, since most commands never measure."""
    from wayline.liver.measuring import load_measuring_rules

    rules = load_measuring_rules(content.folder / "liver" / "nearness.yaml")
    return (*rules.bile_duct.cites, *rules.large_vessel.cites)


def _liver(content: Library) -> Iterator[str]:
    """What the pages on the liver need: every part of a liver treatment's rules in some column, and scales on blood tests that exist."""
    _ = content.report_reader, content.pasted_reader  # a fault in its word lists ends the check, as for all content
    for option in content.catalog.values():
        if option.kind == "liver_directed" and without_dimension(option, content.limits_on):
            yield f"{option.place.file}: a part of its rules rests on no fact of liver/dimensions.yaml"
    for lab in content.scales.grades:
        if lab not in content.vocabulary or not content.vocabulary[lab].is_lab:
            yield f"liver/scales.yaml: '{lab}' is not a blood test"


def _reading_lists(content: Library) -> Iterator[str]:
    """Loading sees that the lists have their form; here every expression and fact in them is held against the vocabulary."""
    _ = content.criteria_reader, content.relevance, content.thesaurus  # a fault in their files ends the check, as for all content
    for path in sorted((content.folder / "trials" / "reading").glob("*.yaml")):
        lists: Block = read(path, f"trials/reading/{path.name}")
        for rows in lists.values():
            for row in rows if isinstance(rows, Rows) else ():
                if isinstance(row, Block):
                    yield from _row_of_a_reading_list(content, row)


def _row_of_a_reading_list(content: Library, row: Block) -> Iterator[str]:
    for key in (*_EXPRESSIONS, *_FACTS):
        text = row.get(key)
        if isinstance(text, str):
            try:
                _require_facts(content, text, row.at(key)) if key in _FACTS else _require_expression(content, text, row.at(key))
            except WaylineError as error:
                yield str(error)


def _require_facts(content: Library, text: str, place: Place) -> None:
    for fact_id in text.split(" and "):
        if fact_id not in _COMPUTED:
            content.vocabulary.require(fact_id, place)


def _require_expression(content: Library, text: str, place: Place) -> None:
    reading = from_text(text, named_readings("the words"), "the words")
    if reading not in (EVERYBODY, NOBODY):  # the reader's own words
        parse_expression(as_expression(reading), content.vocabulary, place)


def _known_trials(content: Library, today: date) -> Iterator[str]:
    known = content.known_trials
    if known.written > today:
        yield f"trials/known_trials.yaml: 'written' lies in the future ({known.written.isoformat()})"
    for trial in known.trials:
        yield from _known_trial(content, trial)


def _known_trial(content: Library, trial: KnownTrial) -> Iterator[str]:
    """The trial goes through the same reader as the registry's records; nothing of it is lost on the way."""
    where = f"trials/known_trials.yaml, {trial.nct_id}"
    items = {criterion.text for criterion in content.criteria_reader.read_study(parse_study(as_record(trial), where))}
    for rule in trial.criteria:
        if rule.text not in items:
            yield f"{where}: this rule is not read as one item: '{rule.text}'"


def _counts(content: Library, codes: CodeBook) -> dict[str, int]:
    return {
        "facts": len(content.vocabulary),
        "drugs": len(content.vocabulary.drugs.drugs),
        "options": len(content.catalog),
        "flags": len(content.flags),
        "questions": len(content.visit_questions.by_id),
        "pages": len(content.pages),
        "words": len(content.glossary),
        "trials": len(content.known_trials.trials),
        "codes": len(codes.codes),
        "references": len(content.references),
        "claims": sum(len(option.evidence) + len(option.cautions) + len(option.rules_out) for option in content.catalog.values()),
    }


def _notes(content: Library, codes: CodeBook) -> tuple[str, ...]:
    bases = Counter(reference.basis for reference in content.references.values())
    cited = _all_cited(content) | codes.cited
    unused = [reference_id for reference_id in content.references if reference_id not in cited]
    signed = (content.catalog.values(), content.pages.values(), content.flags.values(), content.visit_questions.values())
    signatures = [one.signed for parts in signed for one in parts]
    unsigned = signatures.count(NOT_SIGNED)
    page_grades = [reading_of(content, page.body).grade for page in content.pages.values()]
    option_grades = [reading_of(content, option_text(option)).grade for option in content.catalog.values()]
    grades = ", ".join(
        f"{name} {min(found):.1f} to {max(found):.1f}" for name, found in (("pages", page_grades), ("options", option_grades))
    )
    notes = [
        f"{bases['read']} references read, {bases['secondary']} known from a report, {bases['recalled']} recalled and to be checked",
        f"{unsigned} of {len(signatures)} options, pages, flags and sets of questions are not yet signed by a clinician",
        f"reading grade: {grades}",
        "IPDAS: the six qualifying and six certifying criteria were checked",
    ]
    if unused:
        notes.append(f"{len(unused)} references are cited nowhere: {', '.join(unused)}")
    return tuple(notes)


def _all_cited(content: Library) -> set[str]:
    cited = {cite for option in content.catalog.values() for cite in option.cited}
    cited |= {cite for page in content.pages.values() for cite in page.cited}
    cited |= {cite for word in content.glossary.values() for cite in word.cites}
    cited |= {cite for row in content.matrix for cite in row.cited}
    cited |= {cite for trial in content.known_trials.trials for cite in trial.cites}
    cited |= {cite for group in content.outlook.groups for cite in group.cites}
    cited |= {cite for definition in content.vocabulary.values() for cite in definition.cites}
    cited |= {cite for flag in content.flags.values() for cite in flag.cites} | content.diary.cites
    cited |= {cite for question in content.visit_questions.by_id.values() for cite in question.cites}
    cited |= {*content.scales.cites, *content.segments.cites, *_measuring_cites(content)}
    cited |= {cite for cites in content.vocabulary.formulas.cites.values() for cite in cites}
    return cited | {cite for drug in content.vocabulary.drugs.drugs.values() for cite in drug.cites}
