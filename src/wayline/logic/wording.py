"""Facts and literals in everyday words.

Every sentence is put together from the vocabulary's own labels, so a changed label changes every reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.courses import Listing
from wayline.facts.findings import Finding, Value
from wayline.facts.situation import Situation
from wayline.facts.truth import YES, Truth
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition, Vocabulary, within_a_sentence
from wayline.logic.nodes import (
    AnyLesion,
    Arithmetic,
    ChoiceIn,
    Compared,
    Condition,
    CountLesions,
    DateCompared,
    DaysSince,
    Had,
    ListHolds,
    Number,
    NumberFact,
    Term,
    TextIn,
    TimesUpperLimit,
    Within,
    YesNoFact,
)

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_LIMIT_WORDS = {"<": "below {}", "<=": "{} or less", ">": "above {}", ">=": "{} or more", "==": "{}", "!=": "other than {}"}


@dataclass(frozen=True)
class LiteralWords:
    """What is known, as a sentence; and, where it adds something, what the rule asks for."""

    known: str
    asked: str | None = None
    allowed: frozenset[str] = frozenset()  # the choices asked for, where the fact is a choice


def literal_in_words(literal: Condition, situation: Situation, truth: Truth, negated: bool) -> LiteralWords:
    """A decided literal in words. `negated` says that the rule asks for the opposite of the literal."""
    vocabulary = situation.vocabulary
    wanted = (truth is YES) != negated
    match literal:
        case YesNoFact(fact_id):
            definition = vocabulary[fact_id]
            return LiteralWords(definition.says_yes if truth is YES else definition.says_no)
        case ChoiceIn(fact_id, allowed, _):
            definition = vocabulary[fact_id]
            asked = frozenset(definition.single_choices) - allowed if negated else allowed
            told = f"{definition.label}: {value_in_words(definition, situation.value(fact_id))}."
            return LiteralWords(told, allowed=frozenset() if wanted else asked)
        case Compared(left, operator, right):
            return _comparison_in_words(left, operator, right, situation, negated, wanted)
        case Had(named):
            title = within_a_sentence(vocabulary.procedures.get(named) or vocabulary.drugs.title(named))
            includes = "includes" if truth is YES else "does not include"
            return LiteralWords(f"Treatment so far {includes} {title}{_had_details(literal)}.")
        case Within(fact_id, days):
            known = f"{vocabulary[fact_id].label}: {value_in_words(vocabulary[fact_id], situation.value(fact_id))}"
            return LiteralWords(f"{known}, within the last {days:g} days." if truth is YES else f"{known}, more than {days:g} days ago.")
        case DateCompared(fact_id) | TextIn(fact_id):
            return LiteralWords(f"{vocabulary[fact_id].label}: {value_in_words(vocabulary[fact_id], situation.value(fact_id))}.")
        case ListHolds(fact_id, item):
            definition = vocabulary[fact_id]
            words = definition.choices[item].words
            return LiteralWords(f"{definition.label}: {words}." if truth is YES else f"{definition.label}: {words} is not among them.")
        case AnyLesion(predicate):
            return LiteralWords(f"{'A liver tumor is' if truth is YES else 'No liver tumor is'} {predicate.words}.")
    raise TypeError(f"{type(literal).__name__} has no words")


def _comparison_in_words(left: Term, operator: str, right: Term, situation: Situation, negated: bool, wanted: bool) -> LiteralWords:
    known = term_in_words(left, situation)
    if not isinstance(right, Number):
        return LiteralWords(f"{known}, against {term_in_words(right, situation)}.")
    if wanted:
        return LiteralWords(f"{known}.")
    words = _LIMIT_WORDS[_OPPOSITE[operator] if negated else operator]
    return LiteralWords(f"{known}.", words.format(f"{right.number:g} {_unit_of(left, situation.vocabulary)}".strip()))


def term_in_words(term: Term, situation: Situation) -> str:
    """`Largest tumor in the liver: 2.4 cm`."""
    vocabulary = situation.vocabulary
    value = term.value(situation)
    words = number_in_words(value, _unit_of(term, vocabulary))
    match term:
        case NumberFact(fact_id):
            return f"{vocabulary[fact_id].label}: {value_in_words(vocabulary[fact_id], value)}"
        case TimesUpperLimit(fact_id):
            return f"{vocabulary[fact_id].label}: {words}"
        case DaysSince(fact_id):
            return f"{vocabulary[fact_id].label}: {words} ago"
        case CountLesions(predicate):
            return f"Liver tumors {predicate.words}: {words}"
        case Arithmetic():
            return f"Computed from {', '.join(vocabulary[fact_id].label for fact_id in term.fact_ids)}: {words}"
    return words


def _unit_of(term: Term, vocabulary: Vocabulary) -> str:
    match term:
        case NumberFact(fact_id):
            return unit_in_words(vocabulary[fact_id])
        case TimesUpperLimit():
            return "times the lab's upper limit"
        case DaysSince():
            return "days"
    return ""


_UNIT_WORDS = {"Cel": "°C", "10*9/L": "x 10⁹/L", "umol/L": "µmol/L", "mL/min/1.73 m2": "mL/min/1.73 m²"}


def unit_in_words(definition: FactDefinition) -> str:
    """The unit as people read it; nothing where the number stands alone."""
    return _UNIT_WORDS.get(definition.unit or "", definition.unit or "")


def number_in_words(value: NumberRange | None, unit: str = "") -> str:
    """`2.4 cm`, `3 cm or more`, `below 10`, `1 to 5 cm`."""
    if value is None:
        return "not known"
    low, high = (f"{_digits(end)} {unit}".strip() for end in (value.low, value.high))
    if value.is_exact:
        return low
    if value.high == float("inf"):
        return f"above {low}" if value.low_open else f"{low} or more"
    if value.low == float("-inf"):
        return f"below {high}" if value.high_open else f"{high} or less"
    return f"{_digits(value.low)} to {'below ' if value.high_open else ''}{high}"


def _digits(number: float) -> str:
    """Three digits that matter, as reports print them: 0.004, 2.35, 12.5, 265."""
    if abs(number) >= 100 or number == int(number):
        return f"{number:.0f}"
    decimals = 1 if abs(number) >= 10 else 2 if abs(number) >= 0.1 else 4
    return f"{number:.{decimals}f}".rstrip("0").rstrip(".")


def value_in_words(definition: FactDefinition, value: Value | None) -> str:
    """A value as people read it, without its label."""
    match value:
        case None:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case NumberRange():
            # The end of what is possible is no information: "1 to 100" of a score is "1 or more".
            shown = value.without_bounds(definition.lowest, definition.highest)
            if shown.low == float("-inf") and shown.high == float("inf"):
                return "not known"
            return number_in_words(shown, unit_in_words(definition))
        case frozenset():
            return choices_in_words(definition, value)
        case DateRange():
            return date_in_words(value)
        case Listing():
            return _listing_in_words(definition, value)
    return str(value)


def date_in_words(dated: DateRange) -> str:
    """`November 20, 2026`, `November 2026`, `2026`."""
    if dated.is_exact:
        return f"{dated.first:%B} {dated.first.day}, {dated.first.year}"
    if (dated.first.year, dated.first.month) == (dated.last.year, dated.last.month):
        return f"{dated.first:%B} {dated.first.year}"
    return f"{dated.first.year}" if dated.first.year == dated.last.year else f"{dated.first.year} to {dated.last.year}"


def finding_in_words(definition: FactDefinition, finding: Finding) -> str:
    """What is held of a fact, with what is wrong with it."""
    if finding.told is not None and finding.told.times_uln is not None:
        words = number_in_words(finding.told.times_uln, "times the lab's upper limit")
    else:
        words = value_in_words(definition, _rounded(finding.shown) if finding.state == "derived" else finding.shown)
    if finding.state == "conflict":
        return f"told: {words}; from other facts: {value_in_words(definition, _rounded(finding.derived_value))}"
    return f"{words} ({finding.why})" if finding.state == "stale" else words


def _rounded(value: Value | None) -> Value | None:
    """Computed numbers are shown with two decimals; more would claim more than the formulas know."""
    if not isinstance(value, NumberRange):
        return value
    return NumberRange(round(value.low, 2), round(value.high, 2))


def choices_in_words(definition: FactDefinition, values: frozenset[str] | set[str]) -> str:
    """`squamous`, or `squamous or adenocarcinoma` in the vocabulary's order."""
    if values == set(definition.single_choices) and len(values) > 1:
        return "not known"
    for choice in definition.choices.values():
        if choice.means == values:
            return choice.words
    ordered = [definition.choices[value].words for value in definition.single_choices if value in values]
    return " or ".join(ordered) if ordered else "none of the choices"


def _listing_in_words(definition: FactDefinition, listing: Listing) -> str:  # type: ignore[type-arg]
    if not listing.items:
        return "none"
    if definition.kind == "choice_list":
        return ", ".join(definition.choices[item].words for item in listing.items)
    noun = {"lesions": "tumor", "scans": "scan", "lab_results": "result", "courses": "course"}[definition.kind]
    more = "" if listing.complete else ", and there may be more"
    return f"{len(listing)} {noun}{'s' if len(listing) > 1 else ''} listed{more}"


def _had_details(literal: Had) -> str:
    details = ""
    if literal.intent:
        details += {"palliative": " given for spread cancer", "perioperative": " around surgery", "definitive": " to cure the cancer"}[
            literal.intent
        ]
    if literal.ended_because:
        details += {"progression": " that stopped because the cancer grew", "toxicity": " that stopped because of side effects",
                    "completed": " that was completed", "other": " that stopped for another reason"}[literal.ended_because]  # fmt: skip
    if literal.within_days is not None:
        details += f" in the last {literal.within_days:g} days"
    return details
