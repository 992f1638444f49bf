"""How well trial criteria are read: each labeled item's verdict for each labeled person, beside the labels made by reading.

A gold item is found again by its place in the registry's text, so that another way of splitting the text loses nothing: its letters are
sought in the text, and the items that lie in that place answer for it together. "Definite" are the labels and answers met and not_met.

Run with `python -m bench.criteria_quality [gold.jsonl] [--studies records.ndjson] [--cases folder]`; without arguments it takes the
shared dev set and skips by name where that is absent. With WAYLINE_TRIALMATCHAI_PYTHON naming an interpreter that has `trialmatchai`
installed, the package's constraint reader answers the same items for the same people.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers import CHECKOUT, shared_folder

from wayline.facts.case import load_case
from wayline.facts.courses import Course, Listing
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.trials.criteria import FIELD, CriteriaReader, Criterion
from wayline.trials.matching import MET, NOT_MET, UNKNOWN, check_item
from wayline.trials.splitting import EXCLUSION, HEADING
from wayline.trials.study import Study, parse_study

TRUTHS = (MET, NOT_MET, UNKNOWN)
THEIR_PYTHON = "WAYLINE_TRIALMATCHAI_PYTHON"
OTHER = "other"
# By plain words, the first that is found: what an item is mostly about. A window of time makes a rule on treatment a washout.
_TREATED = r"\b(?:therapy|treatment|treated|chemotherapy|radio\w+|radiation|surgery|agents?|drugs?|vaccin\w+|inhibitors?|antibod\w+)\b"
_SPAN_OF_TIME = r"\b(?:\d+|one|two|three|four|six)[ -]*(?:days?|weeks?|months?|half-li\w+)\b"
_CATEGORY_WORDS = {
    "consent, judgement": (
        r"consent|willing|able to (?:understand|comply)|ability to (?:understand|comply)|contracepti|investigator|judge?ment|opinion|"
        r"discretion|\bcomply\b|complian|provision of|tissue|biops"
    ),
    "pregnancy": r"pregnan|lactat|breast-?feed|nursing|child-?bearing",
    "age": r"\bage[ds]?\b|\byears? (?:old|of age|or older)",
    "performance": r"\bECOG\b|Karnofsky|\bKPS\b|performance (?:status|standard|score)|\bWHO PS\b",
    "brain": r"\bbrain\b|\bCNS\b|central nervous|leptomening|carcinomatous mening",
    "second cancer": (
        r"\b(?:other|another|additional|second|concurrent|prior|previous|any|active|primary)\b[^.]{0,25} malignanc|"
        r"malignanc[^.]{0,40}within"
    ),
    "washout": rf"(?=.*{_TREATED})(?=.*{_SPAN_OF_TIME})(?=.*(?:\b(?:within|since|prior to|before|after)\b|wash-?out|≤))",
    "labs": (
        r"neutrophil|\bANC\b|platelet|ha?emoglobin|\bWBC\b|white blood|bilirubin|\bAST\b|\bALT\b|transaminas|creatinine|albumin|\bINR\b|"
        r"\bPTT?\b|ha?ematocrit|\bHct\b|organ[\w ]* function|marrow function|(?:hepatic|renal|liver|kidney) function|coagulation"
    ),
    "heart": (
        r"cardi|\bheart\b|\bNYHA\b|\bLVEF\b|ejection fraction|\bQTc?\w*\b|infarct|angina|arrh?ythm|hypertension|blood pressure|"
        r"stroke|thrombo"
    ),
    "infection": r"infect|\bHIV\b|hepatitis|\bHBV\b|\bHCV\b|tubercul|SARS|COVID|\bvirus",
    "prior therapy": (
        r"\bprior\b|previous|received|receiving|refractory|relaps|progress(?:ed|ion)|\blines?\b|pre-?treated|naive|concurrent|concomitant|"
        r"\btherap(?:y|ies)\b|chemotherapy|radiotherapy|immunotherapy|expos(?:ure|ed)"
    ),
    "diagnosis, stage": (
        r"cancer|carcinoma|tumou?r|metasta|malignan|histolog|cytolog|measurable|\bstage\b|\blesion|unresectable|evaluable|HER2|PD-L1|"
        r"CLDN|\bMSI\b|positive|mutation"
    ),
}
CATEGORIES = {name: re.compile(words, re.IGNORECASE) for name, words in _CATEGORY_WORDS.items()}


@dataclass(frozen=True)
class GoldItem:
    """One labeled requirement: `labels` maps a person's case to met, not_met or unknown."""

    nct_id: str
    kind: str
    text: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Decision:
    """One item for one person: what was labeled, what was answered, and the expressions that answered."""

    item: GoldItem
    person: str
    got: str
    expressions: tuple[str | None, ...]

    @property
    def label(self) -> str:
        return self.item.labels[self.person]

    @property
    def is_wrong(self) -> bool:
        """A definite answer that the label does not give: the worst error."""
        return self.got not in (UNKNOWN, self.label)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """NaN where there is nothing to count, so that no limit holds of it."""
        return self.part / self.whole if self.whole else float("nan")

    def __str__(self) -> str:
        return f"{self.part:>4}/{self.whole:<4}{self.value:6.1%}" if self.whole else f"{'-':>9}      "


@dataclass(frozen=True)
class Measures:
    """`decided`, `right` and `unknown_decided` count labels; the two of not_met, labels found and answers that were right."""

    decided: Share
    right: Share
    precision: Share
    unknown_decided: Share
    not_met_found: Share
    not_met_precision: Share


MEASURES = {
    "decided": "definite labels decided",
    "right": "right among these",
    "precision": "right among all definite answers",
    "unknown_decided": "unknown labels decided",
    "not_met_found": "not_met labels found",
    "not_met_precision": "right among not_met answers",
}


def load_gold(path: Path) -> list[GoldItem]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [GoldItem(row["nct_id"], row["kind"], row["text"], row["labels"]) for row in rows]


def load_studies(path: Path, wanted: set[str]) -> dict[str, Study]:
    studies = (parse_study(json.loads(line), path.name) for line in path.read_text(encoding="utf-8").splitlines())
    return {study.nct_id: study for study in studies if study.nct_id in wanted}


def load_people(names: Iterable[str], folder: Path) -> dict[str, Situation]:
    return {name: load_case(folder / f"{name}.yaml", library().vocabulary) for name in names}


def people_of(gold: Iterable[GoldItem]) -> list[str]:
    """Every person that is labeled, in order."""
    return list(dict.fromkeys(person for item in gold for person in item.labels))


# --- A gold item's own place in the text ----------------------------------------------------------------------------


class SqueezedText:
    """A text without anything but small letters and digits, and where each of them stood."""

    def __init__(self, text: str) -> None:
        found = [(letter, place) for place, sign in enumerate(text) for letter in squeezed(sign)]
        self.letters = "".join(letter for letter, _ in found)
        self._places = [place for _, place in found]

    def span_of(self, words: str, after: int = 0) -> tuple[int, int] | None:
        """Where the words stand, half-open, at or behind `after` if they do, else anywhere; None where they do not.

        A lead and its points, which gold joins with " / ", are sought one after the other: their numbers stand between them in the text.
        """
        whole = self._place_of(squeezed(words), after)
        if whole is not None or " / " not in words:
            return whole
        lead, *points = (squeezed(part) for part in words.split(" / "))
        span = self._place_of(lead, after)
        for point in points:
            found = None if span is None else self._place_of(point, span[1])
            span = None if span is None or found is None or found[0] < span[1] else (span[0], found[1])
        return span

    def _place_of(self, wanted: str, after: int) -> tuple[int, int] | None:
        start = bisect_left(self._places, after)
        at = self.letters.find(wanted, start)
        at = self.letters.find(wanted) if at < 0 else at
        return (self._places[at], self._places[at + len(wanted) - 1] + 1) if wanted and at >= 0 else None


def squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def criteria_at(span: tuple[int, int], criteria: Iterable[Criterion]) -> list[Criterion]:
    """The criteria of which at least half lies within the span, else the one that lies in it most."""
    shared = [(min(span[1], one.span[1]) - max(span[0], one.span[0]), one) for one in criteria if one.span is not None]
    overlapping = [(length, one) for length, one in shared if length > 0]
    inside = [one for length, one in overlapping if one.span is not None and 2 * length >= one.span[1] - one.span[0]]
    if inside or not overlapping:
        return inside
    return [max(overlapping, key=lambda pair: pair[0])[1]]


def criteria_of(items: Sequence[GoldItem], study: Study, reader: CriteriaReader) -> list[list[Criterion]]:
    """For each gold item of one study, in their order, the criteria that answer for it."""
    criteria = [one for one in reader.read_study(study) if one.kind != HEADING]
    text = SqueezedText(study.eligibility_criteria or "")
    answering, after = [], 0
    for item in items:
        if item.kind == FIELD:
            answering.append([one for one in criteria if one.kind == FIELD and one.text == item.text])
            continue
        span = text.span_of(item.text, after)
        answering.append([] if span is None else criteria_at(span, criteria))
        after = after if span is None else span[1]
    return answering


def joint_truth(truths: Sequence[str]) -> str:
    """Together: not_met if any part is, met only if all are."""
    if NOT_MET in truths:
        return NOT_MET
    return MET if truths and all(truth == MET for truth in truths) else UNKNOWN


def decisions(
    gold: Sequence[GoldItem], studies: Mapping[str, Study], people: Mapping[str, Situation], reader: CriteriaReader
) -> list[Decision]:
    """Every item for every person that it is labeled for."""
    made = []
    for nct_id in dict.fromkeys(item.nct_id for item in gold):
        items = [item for item in gold if item.nct_id == nct_id]
        for item, criteria in zip(items, criteria_of(items, studies[nct_id], reader), strict=True):
            for person in item.labels:
                truths = [check_item(one, people[person]).truth for one in criteria]
                made.append(Decision(item, person, joint_truth(truths), tuple(one.expression for one in criteria)))
    return made


# --- Measures -------------------------------------------------------------------------------------------------------


def measures(made: Sequence[Decision]) -> Measures:
    definite = [one for one in made if one.label != UNKNOWN]
    open_ones = [one for one in made if one.label == UNKNOWN]
    obstacles = [one for one in made if one.label == NOT_MET]
    decided = [one for one in definite if one.got != UNKNOWN]
    answered = [one for one in made if one.got != UNKNOWN]
    said_not_met = [one for one in made if one.got == NOT_MET]
    return Measures(
        decided=Share(len(decided), len(definite)),
        right=Share(_agreeing(decided), len(decided)),
        precision=Share(_agreeing(answered), len(answered)),
        unknown_decided=Share(sum(one.got != UNKNOWN for one in open_ones), len(open_ones)),
        not_met_found=Share(_agreeing(obstacles), len(obstacles)),
        not_met_precision=Share(_agreeing(said_not_met), len(said_not_met)),
    )


def _agreeing(made: Iterable[Decision]) -> int:
    return sum(one.got == one.label for one in made)


def text_only(made: Iterable[Decision]) -> list[Decision]:
    """Without the structured fields of age and sex, which anybody can read."""
    return [one for one in made if one.item.kind != FIELD]


def category_of(item: GoldItem) -> str:
    """What an item is mostly about, by plain words. The fields are age and sex."""
    if item.kind == FIELD:
        return "fields"
    return next((name for name, words in CATEGORIES.items() if words.search(item.text)), OTHER)


# --- The same items for trialmatchai --------------------------------------------------------------------------------

# Runs under the other interpreter: JSON in, JSON out, nothing of ours imported.
_THEIR_READER = """
import json, sys
from trialmatchai.constraints import build_patient_constraint_context, evaluate_constraint_set, extract_constraint_set
from trialmatchai.interop.models import ClinicalFact, Demographics, PatientProfile, Provenance

asked = json.load(sys.stdin)
people = {}
for name, told in asked["people"].items():
    profile = PatientProfile(patient_id=name, demographics=Demographics(**told["demographics"]))
    for number, fact in enumerate(told["facts"]):
        profile.add_fact(ClinicalFact(fact_id=str(number), provenance=Provenance(source_format="case"), **fact))
    people[name] = build_patient_constraint_context(profile)
answers = []
for number, item in enumerate(asked["items"]):
    read = extract_constraint_set(nct_id=item["nct_id"], criteria_id=str(number), criterion=item["text"], eligibility_type=item["kind"])
    told = {name: evaluate_constraint_set(read, person) for name, person in people.items()}
    answers.append({name: [one.status for one in answer.evaluations] for name, answer in told.items()})
json.dump(answers, sys.stdout)
"""
_STATUSES = {"matched": MET, "violated": NOT_MET}
_FIELD_SENTENCES = {"minimumAge": "{} or older", "maximumAge": "{} or younger"}
_PER_CUBIC_MILLIMETER = {"labs.neutrophils": "absolute neutrophil count (ANC)", "labs.platelets": "platelet count (platelets)"}
_MULTIPLES = ("labs.alt", "labs.ast")
_BIOMARKERS = {
    "biomarker.her2": ("HER2", "ERBB2"),
    "biomarker.pdl1_cps": ("PD-L1",),
    "biomarker.pdl1_tps": ("PD-L1",),
    "biomarker.msi_high": ("MSI-H",),
    "biomarker.cldn18_2": ("CLDN18.2",),
}


def their_statuses(gold: Sequence[GoldItem], people: Mapping[str, Situation], interpreter: str) -> list[dict[str, list[str]]]:
    """What `trialmatchai`'s constraint reader says: for each item and person the status of each constraint that it finds in the item."""
    asked = {
        "items": [{"nct_id": item.nct_id, "kind": _their_kind(item), "text": _their_words(item)} for item in gold],
        "people": {name: their_person(person) for name, person in people.items()},
    }
    run = subprocess.run([interpreter, "-c", _THEIR_READER], input=json.dumps(asked), capture_output=True, text=True, check=True)
    statuses: list[dict[str, list[str]]] = json.loads(run.stdout)
    return statuses


def their_decisions(gold: Sequence[GoldItem], statuses: Sequence[Mapping[str, Sequence[str]]], *, is_strict: bool) -> list[Decision]:
    """Statuses as answers. No constraint: unknown. A violated one: not met. Strictly an item is met where every constraint is matched;
    else where one is and none is violated, as the package's own signal for its ranking has it.
    """
    return [
        Decision(item, person, _their_truth(item, told[person], is_strict), ())
        for item, told in zip(gold, statuses, strict=True)
        for person in item.labels
    ]


def _their_truth(item: GoldItem, statuses: Sequence[str], is_strict: bool) -> str:
    if item.kind == FIELD and item.text == "sex ALL":
        return MET  # it asks nothing of anybody, so there is no constraint to match
    truths = [_STATUSES.get(status, UNKNOWN) for status in statuses]
    return joint_truth(truths if is_strict else [truth for truth in truths if truth != UNKNOWN])


def _their_kind(item: GoldItem) -> str:
    return EXCLUSION if item.kind == EXCLUSION else "inclusion"


def _their_words(item: GoldItem) -> str:
    """The text without the registry's backslashes before signs; a field as a sentence that the package reads."""
    if item.kind != FIELD:
        return re.sub(r"\\([<>=*~\[\]])", r"\1", item.text)
    name, value = item.text.split(" ", 1)
    return _FIELD_SENTENCES.get(name, "{}").format(value.lower())


def their_person(person: Situation) -> dict[str, Any]:
    """A person in the package's own terms: what is exactly known and one of its kinds of fact can hold, in the units that it compares."""
    age = _exact(person, "person.age")
    demographics = {"age_years": age, "sex": _one_choice(person, "person.sex")}
    told = [*_conditions_told(person), *_labs_told(person), *_biomarkers_told(person), *_treatment_told(person)]
    ecog = _one_choice(person, "function.ecog")
    if ecog is not None:
        told.append(_fact("observation", "ECOG performance status", description=ecog))
    return {"demographics": demographics, "facts": told}


def _fact(category: str, label: str, **more: Any) -> dict[str, Any]:
    return {"category": category, "label": label, **more}


def _conditions_told(person: Situation) -> list[dict[str, Any]]:
    histology, stage = _one_choice(person, "diagnosis.histology"), person.value("diagnosis.stage")
    told = [_fact("condition", f"esophageal cancer {histology or ''}".strip())]
    if isinstance(stage, frozenset) and stage <= {"4a", "4b"}:
        told.append(_fact("condition", "metastatic stage IV disease"))
    for fact_id, definition in person.vocabulary.items():
        value = person.value(fact_id)
        if definition.kind == "yes_no" and definition.group in ("metastases", "condition") and value is not None:
            told.append(_fact("condition", definition.label, negated=not value))
    return told


def _labs_told(person: Situation) -> list[dict[str, Any]]:
    """Counts in cells, liver enzymes as multiples of their upper limit where known: as criteria ask for them."""
    told = []
    for fact_id, definition in person.vocabulary.items():
        if definition.group != "labs" or definition.kind != "number" or fact_id.endswith("_uln"):
            continue
        value, multiple = _exact(person, fact_id), person.times_uln(fact_id)
        if fact_id in _MULTIPLES and multiple is not None and multiple.is_exact:
            told.append(_fact("observation", definition.label, description=f"{multiple.low:g} x ULN"))
        elif value is not None and fact_id in _PER_CUBIC_MILLIMETER:
            told.append(_fact("observation", _PER_CUBIC_MILLIMETER[fact_id], description=f"{value * 1000:.0f} /mm3"))
        elif value is not None:
            told.append(_fact("observation", definition.label, description=f"{value:g} {definition.unit or ''}".strip()))
    return told


def _biomarkers_told(person: Situation) -> list[dict[str, Any]]:
    told = []
    for fact_id, genes in _BIOMARKERS.items():
        is_positive = _is_positive(person.value(fact_id))
        if is_positive is not None:
            told += [
                _fact("genomic_finding", f"{gene} {'positive' if is_positive else 'negative'}", negated=not is_positive) for gene in genes
            ]
    return told


def _is_positive(value: object) -> bool | None:
    """None where it is not known. A score of 1 or more is positive, as the tests themselves have it."""
    if isinstance(value, NumberRange):
        return True if value.low >= 1 else False if value.high < 1 else None
    if isinstance(value, frozenset):
        return next(iter(value)) == "positive" if len(value) == 1 else None
    return value if isinstance(value, bool) else None


def _treatment_told(person: Situation) -> list[dict[str, Any]]:
    """Each drug by its names, and each class that it belongs to."""
    drugs = person.vocabulary.drugs
    history = person.value("therapy.history")
    courses: list[Course] = list(history) if isinstance(history, Listing) else []
    names: dict[str, None] = {}
    for course in courses:
        for drug_id in course.drugs:
            drug = drugs.drugs[drug_id]
            names |= dict.fromkeys((drug.title, *drug.brands, *drug.other_names))
            classes = [one for class_id, one in drugs.classes.items() if drug_id in (drugs.members(class_id) or ())]
            names |= dict.fromkeys(name for one in classes for name in (one.title, *one.other_names))
        if course.procedure:
            names[person.vocabulary.procedures[course.procedure]] = None
    return [_fact("medication", name, temporality="past") for name in names]


def _exact(person: Situation, fact_id: str) -> float | None:
    value = person.number(fact_id)
    return value.low if value is not None and value.is_exact else None


def _one_choice(person: Situation, fact_id: str) -> str | None:
    value = person.value(fact_id)
    return str(next(iter(value))) if isinstance(value, frozenset) and len(value) == 1 else None


# --- Printing -------------------------------------------------------------------------------------------------------


def print_measures(columns: Mapping[str, Sequence[Decision]]) -> None:
    """One row a measure, one column a reader."""
    for title, chosen in (("all items", list), ("text items alone", text_only)):
        print(f"\n{title:36}" + "".join(f"{name:>28}" for name in columns))
        found = {name: measures(chosen(made)) for name, made in columns.items()}
        for attribute, words in MEASURES.items():
            print(f"  {words:34}" + "".join(f"{getattr(one, attribute)!s:>28}" for one in found.values()))


def print_categories(columns: Mapping[str, Sequence[Decision]]) -> None:
    """Definite labels decided, right among them, unknown labels decided: for each category and reader."""
    names = ["fields", *CATEGORIES, OTHER]
    for reader, made in columns.items():
        print(
            f"\n{reader:22}{'items':>6}"
            + "".join(f"{MEASURES[key]:>28}" for key in ("decided", "right", "unknown_decided", "not_met_found"))
        )
        for name in names:
            here = [one for one in made if category_of(one.item) == name]
            found = measures(here)
            row = (found.decided, found.right, found.unknown_decided, found.not_met_found)
            print(f"  {name:20}{len({id(one.item) for one in here}):>6}" + "".join(f"{one!s:>28}" for one in row))


def print_confusion(reader: str, made: Sequence[Decision]) -> None:
    """How often each label was answered how."""
    counts = Counter((one.label, one.got) for one in made)
    print(f"\n{reader + ': label, answers':34}" + "".join(f"{got:>9}" for got in TRUTHS))
    for label in TRUTHS:
        print(f"  {label:32}" + "".join(f"{counts[label, got]:>9}" for got in TRUTHS))


def print_wrong(made: Sequence[Decision]) -> None:
    """Every wrong definite answer, with what was read."""
    wrong = [one for one in made if one.is_wrong]
    print(f"\n{len(wrong)} wrong definite answers")
    for one in wrong:
        print(f"  {one.item.nct_id} {one.item.kind}, {one.person}: labeled {one.label}, answered {one.got}\n    {one.item.text}")
        for expression in one.expressions:
            print(f"    read as: {expression}")


def main() -> None:
    shared = shared_folder()
    parser = argparse.ArgumentParser(description="How well trial criteria are read, measured on labeled items.")
    parser.add_argument("gold", nargs="?", type=Path, default=shared / "data" / "gold" / "dev.jsonl")
    parser.add_argument("--studies", type=Path, default=shared / "data" / "studies_near.ndjson")
    parser.add_argument("--cases", type=Path, help="the folder of the labeled people's cases (the shared ones, else tests/people)")
    asked = parser.parse_args()
    for path in (asked.gold, asked.studies):
        if not path.exists():
            print(f"skipped: there is no {path.name} in {path.parent}")
            return
    shared_cases = shared / "cases"
    folder = asked.cases or (shared_cases if shared_cases.is_dir() else CHECKOUT / "tests" / "people")
    gold = load_gold(asked.gold)
    studies = load_studies(asked.studies, {item.nct_id for item in gold})
    people = load_people(people_of(gold), folder)
    ours = decisions(gold, studies, people, library().criteria_reader)
    columns = {"wayline": ours}
    interpreter = os.environ.get(THEIR_PYTHON)
    if interpreter:
        statuses = their_statuses(gold, people, interpreter)
        columns["trialmatchai"] = their_decisions(gold, statuses, is_strict=True)
        columns["trialmatchai, its signal"] = their_decisions(gold, statuses, is_strict=False)
    else:
        print(f"skipped: trialmatchai, because {THEIR_PYTHON} does not name an interpreter that has it")
    not_found = len({id(one.item) for one in ours if not one.expressions})
    print(f"{len(gold)} items of {len(studies)} trials, {len(people)} people, {len(ours)} labels; {not_found} items not found in the text")
    print_measures(columns)
    print_categories(columns)
    for reader, made in columns.items():
        print_confusion(reader, made)
    print_wrong(ours)


if __name__ == "__main__":
    main()
