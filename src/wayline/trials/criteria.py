"""Reading a trial's criteria: each item of the registry's text as an expression of the criteria language, with what was left over.

An expression says what the item demands of a person: an exclusion is read as its opposite. `unread(n)` in it points into `left_over`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from wayline.facts.vocabulary import Vocabulary
from wayline.trials.criterion import FIELD, HEADING, INCLUSION, Criterion
from wayline.trials.expressions import (
    EVERYBODY,
    NOBODY,
    All,
    Literal,
    Reading,
    Unread,
    all_of,
    any_of,
    as_expression,
    is_fully_unread,
    unread_words,
)
from wayline.trials.lexicon import load_lexicon
from wayline.trials.sentences import DEMANDS, PLAIN, SentenceReader, Statement, combined
from wayline.trials.splitting import Item, split_criteria
from wayline.trials.study import Study, age_in_years

LONGEST_ITEM, LONGEST_ENTRY, LONGEST_DEMAND, LONGEST_NAME = 6_000, 40, 6_000, 14
_FACT = re.compile(r"[a-z]+\.[a-z0-9_]+")

_SENTENCE_END = re.compile(
    r"(?<=\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bNo\.)(?<!\bno\.)(?<!\bapprox\.)(?<!\bDr\.)\s+(?=[A-Z(*•])|"
    r";\s+(?<!\bOR;\s)(?<!\bor;\s)(?!(?:and/)?or\b|(?:for|if|in) (?:patients|subjects|participants|those|liver|"
    r"the presence|hepatic)|(?:patients|subjects) with liver|[≤<>≥])"
)
_CHOICE_LEAD = re.compile(r"\b(?:one|any|either|following|types?|including|as follows)\b[^.]*:?\s*$", re.IGNORECASE)
_GROUP_LEAD = re.compile(
    r"^\W*(?:(?:only )?for )?(?:participants? (?:in|enrolled in) |patients? (?:in|enrolled in) |subjects? (?:in|enrolled in) )?(?:the )?"
    r"(?:dose[- ](?:escalation|expansion|exploration|finding|optimi[sz]ation)|expansion|phase (?:[\dIViv]+[ab]?)|"
    r"part \w+|cohorts? [\w/,& ]{1,20}?|arms? \w+|groups? \w+|sub-?study \w+|module \w+|stratum \w+)"
    r"\b[^:.]{0,50}?(?::|only\W|\)\s)",
    re.IGNORECASE,
)
_GROUP_HEADING = re.compile(
    r"\b(?:cohorts?|arms?|parts?|phase|dose[- ](?:escalation|expansion)|sub-?stud\w+|module|stratum|specific|group|"
    r"sub-?protocol|sub-?stud\w*|[A-Z]{2,5} study|for (?:patients|subjects|participants|those|men|women) (?:with|in|who|"
    r"receiving)|if\b|unless|provided|when\b|except\w*|for (?:genetic|randomi)\w*|cut-?offs?|as indicated|table|"
    r"stage [12]\b|step [12]\b|expansion|additional)\b",
    re.IGNORECASE,
)
_GROUP_SUBJECT = re.compile(
    r"\b(?:in|for|to|of|into) (?:the )?(?:parts?|cohorts?|arms?|phase|sub-?study|dose[- ](?:escalation|expansion)|"
    r"expansion) ?(?:[\dA-Z]|cohort|phase|only|part)",
    re.IGNORECASE,
)
_ALL_GROUPS = re.compile(
    r"\b(?:all (?:sub-?stud|cohort|part|phase|arm|patient|subject|participant|group)\w*|both (?:cohort|part|phase|arm)s?|master)\b",
    re.IGNORECASE,
)
_CHOICE_HEADING = re.compile(
    r"\b(?:one|any|either|at least (?:one|1|two|2))\b[^:]{0,40}(?:of (?:the )?following|of these|below)?\W*$|"
    r"\bone (?:or more )?of\b|\b1 (?:of|to) the\b|\bor\W*$|\beither\b|\bincluding\W*$|\btypes?\W*$|\bhistolog\w+\W*$|"
    r"\btumors?\W*$|\bcancers?\W*$|\bmalignanc\w+\W*$|\bdiagnos\w+\W*$|\bdiseases?\W*$",
    re.IGNORECASE,
)
_ALLOWED_HEADING = re.compile(r"^\W*(?:allowed|permitted)\W*$", re.IGNORECASE)
_LIMIT_ON = re.compile(r"(times_uln\(labs\.[a-z0-9_]+\)|labs\.[a-z0-9_]+) ([<>]=?)")
_OPEN_BRACKET = re.compile(r"\([^)]{0,25}$")
_KIDNEY_HEADING = re.compile(r"creatinine|filtration|\bgfr\b|clearance", re.IGNORECASE)
_AGE_ROW = re.compile(r"\W*(?:age\w*\W*)?[<>≥≤=\d].{0,30}\b(?:years?|months?|to)\b", re.IGNORECASE)
_RULING_OUT_HEADING = re.compile(
    r"\b(?:ineligible|none of|absence of|without|no (?:history|evidence|prior|known|other)|donors?|controls?|caregivers?|healthy|"
    r"excluded|not (?:be )?eligible|disqualif\w+|exclusions?|must not|should not|may not|cannot)\b",
    re.IGNORECASE,
)
_HISTORY_HEADING = re.compile(r"\b(?:prior|previous(?:ly)?|received|treatment history|treated with)\b", re.IGNORECASE)
_TEAM = re.compile(
    r"informed consent|\bconsent\b|willing|\bable to (?:understand|comply|give|provide|read|sign|adhere|attend)|"
    r"ability to (?:understand|comply|provide|give|adhere)|\bcomply\b|complian|contracepti|birth control|abstin|"
    r"investigator|in the opinion|judg(?:e)?ment|discretion|"
    r"\btissue\b|biops|\bagree|cooperat|adhere|follow-up|sperm|legally|guardian|social situation|interfere with|"
    r"would preclude|protocol requirements|safety of the (?:patient|subject)",
    re.IGNORECASE,
)


class CriteriaReader:
    """Reads trials with the word lists of one content folder; items read once are remembered."""

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self._sentences = SentenceReader(load_lexicon(folder, vocabulary), vocabulary)
        self._read_item = lru_cache(maxsize=100_000)(self._item_demand)

    def read_study(self, study: Study) -> tuple[Criterion, ...]:
        """Every item of the text in its order, then the structured fields."""
        return (*self.read_text(study.eligibility_criteria or ""), *_fields(study))

    def read_text(self, text: str) -> tuple[Criterion, ...]:
        return _alternatives_left_open([self._criterion(item) for item in split_criteria(text)])

    def _criterion(self, item: Item) -> Criterion:
        if item.kind == HEADING:
            return Criterion(HEADING, item.text, item.span, None, (), False, ())
        demand = self._read_item(item.points, item.kind == INCLUSION, item.under)
        asks = demand is None and bool(_TEAM.search(item.text))
        left_over = (item.text,) if demand is None else unread_words(demand)
        return Criterion(item.kind, item.text, item.span, demand, left_over, asks, item.under)

    def _item_demand(self, points: tuple[str, ...], is_demand: bool, under: tuple[str, ...]) -> Reading | None:
        """What an item demands; None where nothing of it was understood."""
        text = " / ".join(points)
        if len(text) > LONGEST_ITEM:
            return None
        if any(_ALLOWED_HEADING.match(heading) for heading in under[-1:]):
            return EVERYBODY
        if "|" in text or _OPEN_BRACKET.search(text) or (is_demand and any(_RULING_OUT_HEADING.search(heading) for heading in under)):
            return None  # a row of a table, a text that was cut off, or a rule that stands on the wrong side
        if under and _KIDNEY_HEADING.search(under[-1]) and _AGE_ROW.match(text):
            return None  # a row of a table of limits by age
        group, lead = self._group(points[0])
        points = (lead, *points[1:])
        is_history = any(_HISTORY_HEADING.search(heading) for heading in under)
        demand = combined(self._statements(points, is_demand, is_history), is_demand)
        if is_fully_unread(demand) and under and len(text) <= LONGEST_ENTRY and len(under[-1]) <= LONGEST_ENTRY:
            # "Age:" and under it "18 to 75": an entry that says nothing without its title.
            demand = combined(self._statements((f"{under[-1].rstrip(': ')} {text}",), is_demand, is_history), is_demand)
        if _limits_twice(demand):
            demand = any_of(demand, Unread(text))  # two limits on one value in two sentences: one of them may be for some people only
        if any(_GROUP_LEAD.match(point) for point in points[1:]) and not _CHOICE_LEAD.search(points[0]):
            demand = any_of(demand, Unread(text))  # its points are asked of some groups each
        for heading in under:
            demand = self._under(heading, demand, is_demand)
        if group:
            demand = any_of(demand, Unread(group))
        if (is_fully_unread(demand) and demand != EVERYBODY) or len(as_expression(demand)) > LONGEST_DEMAND:
            return None
        return demand

    def _statements(self, points: tuple[str, ...], is_demand: bool, is_history: bool) -> list[Statement]:
        """The item's sentences. Points under a lead that offers a choice are members of one list."""
        parts = (" / ".join(points),) if len(points) > 1 and _CHOICE_LEAD.search(points[0]) else points
        sentences = [sentence for part in parts for sentence in _SENTENCE_END.split(part) if sentence.strip(" .;*•")]
        is_alone = len(sentences) == 1
        return [self._statement(sentence, is_demand, is_history, number == 0, is_alone) for number, sentence in enumerate(sentences)]

    def _statement(self, sentence: str, is_demand: bool, is_history: bool, is_first: bool, is_alone: bool) -> Statement:
        """One sentence. What it asks of "patients in Part B" it asks of nobody else."""
        statement = self._sentences.read(sentence, is_demand, is_history, is_first, is_alone)
        if _GROUP_SUBJECT.search(sentence) is None or _ALL_GROUPS.search(sentence):
            return statement
        is_asked = statement.deed == DEMANDS or (statement.deed == PLAIN and is_demand)
        of_some = Unread(sentence)
        return Statement(statement.deed, any_of(statement.reading, of_some) if is_asked else all_of(statement.reading, of_some))

    @staticmethod
    def _group(text: str) -> tuple[str, str]:
        """A lead such as "Cohort B only:" and the rest."""
        match = _GROUP_LEAD.match(text)
        if match is None or _ALL_GROUPS.search(match[0]) or len(text) - match.end() < 8:
            return "", text
        return match[0].strip(), text[match.end() :]

    def _under(self, heading: str, demand: Reading, is_demand: bool) -> Reading:
        """A heading that makes its points alternatives, or asks them only of some, leaves open what a point alone would decide against."""
        if is_demand and _CHOICE_HEADING.search(heading):
            return any_of(demand, Unread(heading))
        if _GROUP_HEADING.search(heading) and not _ALL_GROUPS.search(heading):
            return any_of(demand, Unread(heading))
        return demand


def _alternatives_left_open(criteria: list[Criterion]) -> tuple[Criterion, ...]:
    """Several cancers named one to a bullet under one heading are alternatives, whatever the heading says: nobody has to have them all."""
    named: dict[tuple[str, ...], list[int]] = {}
    for place, criterion in enumerate(criteria):
        if (
            criterion.kind == INCLUSION
            and criterion.demand is not None
            and len(criterion.text.split()) <= LONGEST_NAME
            and _names_cancer(criterion)
        ):
            named.setdefault(criterion.under, []).append(place)
    for places in named.values():
        if len(places) < 2 or not any(as_expression(NOBODY) in (criteria[place].expression or "") for place in places):
            continue
        for place in places:
            criterion = criteria[place]
            if criterion.demand is not None and criterion.demand != EVERYBODY:
                demand = any_of(criterion.demand, Unread("one of several cancers"))
                criteria[place] = replace(criterion, demand=demand, left_over=unread_words(demand))
    return tuple(criteria)


def _names_cancer(criterion: Criterion) -> bool:
    facts = _FACT.findall(criterion.expression or "")
    return (
        bool(facts)
        and all(fact.startswith(("diagnosis.", "metastases.")) for fact in facts)
        and any(fact in ("diagnosis.primary", "diagnosis.histology", "diagnosis.site") for fact in facts)
    )


def _limits_twice(demand: Reading) -> bool:
    """Whether one value is limited on the same side in two demands that stand side by side."""
    if not isinstance(demand, All):
        return False
    found: set[str] = set()
    for part in demand.parts:
        limits = {f"{name} {sign[0]}" for name, sign in _LIMIT_ON.findall(as_expression(part))}
        if limits & found:
            return True
        found |= limits
    return False


def _fields(study: Study) -> list[Criterion]:
    """The structured fields as items. A field that is absent demands nothing and makes no item."""
    fields = []
    if study.sex is not None:
        demand: Reading | None = {
            "ALL": EVERYBODY,
            "FEMALE": Literal('person.sex == "female"'),
            "MALE": Literal('person.sex == "male"'),
        }.get(study.sex)
        fields.append(_field(f"sex {study.sex}", demand))
    for name, text, sign in (("minimumAge", study.minimum_age, ">="), ("maximumAge", study.maximum_age, "<")):
        if text is None:
            continue
        years = age_in_years(text)
        # "Maximum 75 years" takes people until their 76th birthday.
        limit = years if sign == ">=" or years is None else (years + 1 if "ear" in text else years)
        fields.append(_field(f"{name} {text}", None if limit is None else Literal(f"person.age {sign} {limit:g}")))
    return fields


def _field(text: str, demand: Reading | None) -> Criterion:
    return Criterion(FIELD, text, None, demand, () if demand is not None else (text,), False, ())
