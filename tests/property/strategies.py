"""Random expressions over the real vocabulary, random situations, and ways to know one fact better.

Everything is driven by the vocabulary's own definitions, so a new fact or choice is tried as soon as it is there. Clusters hold facts that
follow from each other: random facts from all over the vocabulary would hardly ever meet in one formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.helpers import TODAY
from wayline.facts.courses import ENDINGS, INTENTS, RESPONSES, Course, Listing
from wayline.facts.derived import DERIVATIONS
from wayline.facts.findings import CONFLICT, STALE, Told, oldest
from wayline.facts.lesions import SEGMENTS, Lesion
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.facts.vocabulary import FactDefinition
from wayline.library import library
from wayline.logic.nodes import Compared, Number, NumberFact

Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Drawn]], Drawn]

VOCABULARY = library().vocabulary
AS_OF = date.fromisoformat(TODAY)

CLUSTERS: dict[str, tuple[str, ...]] = {
    "liver function": (
        "labs.bilirubin", "labs.bilirubin_uln", "labs.albumin", "labs.inr", "liver.ascites", "liver.encephalopathy",
        "liver.child_pugh_points", "liver.child_pugh", "liver.albi_score", "liver.albi_grade",
    ),
    "liver tumors": (
        "liver.lesions", "liver.lesion_count", "liver.largest_cm", "liver.distribution", "liver.near_large_vessel", "liver.near_bile_duct",
        "metastases.liver", "diagnosis.stage",
    ),
    "treatment so far": ("therapy.history", "therapy.now", "diagnosis.setting", "therapy.lines", "disease.status", "therapy.last_dose"),
    "the cancer": (
        "diagnosis.histology", "diagnosis.stage", "metastases.lung", "metastases.bone", "metastases.outside_liver",
        "metastases.leptomeningeal", "biomarker.her2", "biomarker.her2_ihc", "biomarker.her2_ish",
        "biomarker.pdl1_cps", "biomarker.pdl1_tps",
    ),
    "kidneys": (
        "person.age", "person.birth_date", "person.sex", "nutrition.weight_kg", "labs.creatinine", "labs.creatinine_clearance", "labs.egfr",
    ),
    "one of every kind": (
        "labs.platelets", "labs.ast", "labs.ast_uln", "function.ecog", "symptom.pain", "diagnosis.stage", "diagnosis.histology",
        "metastases.lung", "liver.lesions", "liver.lesion_count", "therapy.history", "condition.stroke_date", "person.country",
        "wish.goals", "biomarker.pdl1_cps",
    ),
}  # fmt: skip

# Numbers on both sides of the limits that matter, few enough that random values and random limits often meet.
_GRIDS: dict[str, tuple[float, ...]] = {
    "labs.bilirubin": (0, 0.8, 1, 1.5, 1.9, 2, 2.5, 3, 3.1, 10),
    "labs.bilirubin_uln": (1, 1.1, 1.2, 1.3),
    "labs.albumin": (2, 2.7, 2.8, 3, 3.5, 3.6, 4.5),
    "labs.inr": (0.9, 1.1, 1.6, 1.7, 2, 2.3, 2.4),
    "liver.child_pugh_points": (5, 6, 7, 8, 9, 10, 15),
    "liver.albi_score": (-3.5, -2.65, -2.6, -2.55, -2, -1.4, -1.39, -1),
    "liver.lesion_count": (0, 1, 2, 3, 4, 5),
    "liver.largest_cm": (0.5, 1, 2, 3, 3.1, 5, 10),
    "therapy.lines": (0, 1, 2, 3),
    "biomarker.pdl1_cps": (0, 1, 5, 10, 50, 100),
    "biomarker.pdl1_tps": (0, 1, 5, 10, 50, 100),
    "person.age": (0, 18, 40, 59, 60, 61, 80),
    "nutrition.weight_kg": (30, 50, 70, 100),
    "labs.creatinine": (0, 0.5, 0.7, 0.9, 1, 1.2, 2, 4),
    "labs.creatinine_clearance": (0, 30, 49, 50, 59, 60, 61, 120),
    "labs.egfr": (15, 30, 49, 50, 60, 90),
    "labs.platelets": (0, 49, 50, 75, 99, 100, 101, 300),
    "labs.ast": (0, 20, 40, 80, 100, 101, 200),
    "labs.ast_uln": (0, 20, 35, 40, 50),
}
_MULTIPLES = (0, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10)
_DAYS_AGO = (0, 1, 10, 27, 28, 29, 56, 57, 100, 179, 180, 181, 183, 184, 400, 22_000)
# Courses lie a little more or less than 28, 180 and 183 days from today and from each other.
_COURSE_DAYS_AGO = (0, 10, 28, 180, 193, 194, 400)
_DRUGS = ("cisplatin", "nivolumab", "trastuzumab", "paclitaxel", "dexamethasone")
_PROCEDURES = ("stent", "radiofrequency_ablation")
_GIVEN: tuple[tuple[tuple[str, ...], tuple[str, ...], str | None], ...] = (
    (("cisplatin",), (), None),
    (("nivolumab", "cisplatin"), (), None),
    (("trastuzumab",), (), None),
    (("paclitaxel",), ("XYZ-123",), None),
    (("dexamethasone",), (), None),
    ((), ("XYZ-123",), None),
    ((), (), "stent"),
)
_NAMED = ("cisplatin", "platinum", "pd1_pdl1", "systemic_therapy", "her2_targeted", *_PROCEDURES)
_PLACES = ("bile_duct", "portal_vein", "bowel")
_COUNTRIES = ("US", "us", "CA")


@cache
def _limits_in_options(fact_id: str) -> tuple[float, ...]:
    """Every number that an option's rule holds this fact against."""
    limits = set()
    for option in library().catalog.values():
        for condition in option.conditions:
            for literal in condition.literals():
                if isinstance(literal, Compared) and literal.left == NumberFact(fact_id) and isinstance(literal.right, Number):
                    limits |= {literal.right.number - 1, literal.right.number, literal.right.number + 1}
    return tuple(sorted(limits))


def grid(definition: FactDefinition) -> list[float]:
    """Numbers worth trying for this fact, all of them possible."""
    numbers = {*_GRIDS.get(definition.id, ()), *_limits_in_options(definition.id)} or {definition.lowest, 1, 10, definition.highest}
    allowed = {float(round(number, 0 if definition.whole_number else 6)) for number in numbers}
    return sorted(number for number in allowed if definition.lowest <= number <= definition.highest)


# --- Values, and values inside them -------------------------------------------------------------------------------


def _holds(outer: NumberRange, number: float) -> bool:
    return outer.meets(NumberRange.exactly(number)) is not None


def _range_within(draw: Draw[Any], outer: NumberRange, numbers: list[float], whole: bool) -> NumberRange:
    """A number or range inside another one. Its ends are numbers of the grid, or the outer ends as they are."""
    middle = (outer.low + outer.high) / 2 if abs(outer.low) < float("inf") and abs(outer.high) < float("inf") else outer.low
    inside = sorted({number for number in [*numbers, *(() if whole else (middle,)), outer.low, outer.high] if _holds(outer, number)})
    choices: list[NumberRange] = [NumberRange.exactly(number) for number in inside]
    if inside:
        one, other = sorted((draw(st.sampled_from(inside)), draw(st.sampled_from(inside))))
        may_open = one < other and not whole
        low_open, high_open = may_open and draw(st.booleans()), may_open and draw(st.booleans())
        choices += [NumberRange(one, other, low_open, high_open)] * 2
        choices += [part for part in (outer.meets(NumberRange(one, float("inf"))), outer.meets(NumberRange(float("-inf"), other))) if part]
    return draw(st.sampled_from(choices or [outer]))


def _dates_within(draw: Draw[Any], outer: DateRange, days_ago: tuple[int, ...] = _DAYS_AGO) -> DateRange:
    days = sorted({outer.first, outer.last, *(AS_OF - timedelta(ago) for ago in days_ago)})
    inside = [day for day in days if outer.first <= day <= outer.last]
    one, other = draw(st.sampled_from(inside)), draw(st.sampled_from(inside))
    return DateRange(min(one, other), max(one, other)) if draw(st.booleans()) else DateRange.exactly(one)


_ANY_PAST_DAY = DateRange(AS_OF - timedelta(max(_DAYS_AGO)), AS_OF)
_LAST_TWO_YEARS = DateRange(AS_OF - timedelta(700), AS_OF)


def _subset(draw: Draw[Any], values: frozenset[str]) -> frozenset[str]:
    return frozenset(draw(st.lists(st.sampled_from(sorted(values)), min_size=1, unique=True)))


def _maybe(draw: Draw[Any], make: Callable[[], Drawn]) -> Drawn | None:
    return make() if draw(st.booleans()) else None


def _lesion(draw: Draw[Any], known: Lesion = Lesion()) -> Lesion:  # noqa: B008  frozen
    """A lesion of which at least as much is known."""
    largest = VOCABULARY["liver.largest_cm"]
    outer = known.diameter_cm or largest.possible
    return Lesion(
        segment=draw(st.sampled_from(SEGMENTS)) if known.segment == "unknown" else known.segment,
        diameter_cm=_maybe(draw, lambda: _range_within(draw, outer, grid(largest), False)) or known.diameter_cm,
        near=_maybe(draw, lambda: frozenset(draw(st.lists(st.sampled_from(_PLACES), unique=True)))) if known.near is None else known.near,
        date=_maybe(draw, lambda: _dates_within(draw, known.date or _ANY_PAST_DAY)) or known.date,
    )


def _course(draw: Draw[Any]) -> Course:
    """A course that a case file could hold."""
    drugs, unknown, procedure = draw(st.sampled_from(_GIVEN))
    return _better_known(draw, Course(drugs, unknown, procedure))


def _better_known(draw: Draw[Any], course: Course) -> Course:
    """The same course with more known of it: empty fields filled, dates narrowed, an unknown drug recognised."""

    def filled(known: str | None, words: tuple[str, ...]) -> str | None:
        return draw(st.sampled_from((*words, None, None))) if known is None else known

    def dated(known: DateRange | None) -> DateRange | None:
        return _maybe(draw, lambda: _dates_within(draw, known or _LAST_TWO_YEARS, _COURSE_DAYS_AGO)) or known

    # The day of a stent is told by its start: it misses no end.
    misses_no_end = course.procedure in VOCABULARY.one_day_procedures and course.start is not None and course.end is None
    start, end = dated(course.start), None if misses_no_end else dated(course.end)
    if start and end and end.last < start.first:  # a case file that says so is refused
        start, end = course.start, course.end
    drugs, unknown = course.drugs, course.unknown_drugs
    if unknown and draw(st.booleans()):
        drugs, unknown = tuple(dict.fromkeys((*drugs, draw(st.sampled_from(_DRUGS))))), ()
    return replace(
        course,
        drugs=drugs,
        unknown_drugs=unknown,
        intent=filled(course.intent, INTENTS),
        start=start,
        end=end,
        ended_because=filled(course.ended_because, ENDINGS),
        best_response=filled(course.best_response, RESPONSES),
    )


def _items(draw: Draw[Any], definition: FactDefinition, most: int) -> list[Any]:
    count = draw(st.integers(0, most))
    match definition.kind:
        case "lesions":
            return [_lesion(draw) for _ in range(count)]
        case "courses":
            return [_course(draw) for _ in range(count)]
    return draw(st.lists(st.sampled_from(sorted(definition.single_choices)), max_size=most, unique=True))


def _listing_within(draw: Draw[Any], definition: FactDefinition, known: Listing[Any]) -> Listing[Any]:
    """The same list with its items better known; an incomplete one may grow and become complete."""
    better = {"lesions": _lesion, "courses": _better_known}.get(definition.kind, lambda _, item: item)
    items = [better(draw, item) for item in known]
    if known.complete:
        return Listing(tuple(items), True)
    more = [item for item in _items(draw, definition, 2) if definition.kind != "choice_list" or item not in items]
    return Listing((*items, *more), draw(st.booleans()))


def _value(draw: Draw[Any], definition: FactDefinition) -> Any:
    match definition.kind:
        case "number":
            return _range_within(draw, definition.possible, grid(definition), definition.whole_number)
        case "choice":
            return _subset(draw, frozenset(definition.single_choices))
        case "yes_no":
            return draw(st.booleans())
        case "date":
            return _dates_within(draw, _ANY_PAST_DAY)
        case "text":
            return draw(st.sampled_from(_COUNTRIES))
        case _:
            return Listing(tuple(_items(draw, definition, 3)), draw(st.integers(0, 3)) > 0)


def _value_within(draw: Draw[Any], definition: FactDefinition, value: Any) -> Any:
    match value:
        case NumberRange():
            return _range_within(draw, value, grid(definition), definition.whole_number)
        case frozenset():
            return _subset(draw, value)
        case DateRange():
            return _dates_within(draw, value)
        case Listing():
            return _listing_within(draw, definition, value)
    return value


def _own_date(value: Any) -> DateRange | None:
    """The date that a lesion list has from its scans, as a case file gives it."""
    return oldest(item.date for item in value if isinstance(item, Lesion)) if isinstance(value, Listing) else None


def draw_told(draw: Draw[Any], definition: FactDefinition) -> Told:
    """A fact told in any of its forms: exact, partly known, as a multiple, dated or not, fresh or stale."""
    dated = draw(st.one_of(st.none(), st.none(), st.just(_ANY_PAST_DAY)))
    dated = dated and _dates_within(draw, dated)
    if definition.may_have_upper_limit and draw(st.integers(0, 2)) == 0:
        return Told(None, dated, None, _range_within(draw, NumberRange(0, 100), list(_MULTIPLES), False))
    value = _value(draw, definition)
    return Told(value, dated or _own_date(value))


def draw_plain(draw: Draw[Any], definition: FactDefinition) -> Told:
    """A fact told today; a number, choice or date wholly known."""
    match definition.kind:
        case "number":
            return Told(NumberRange.exactly(draw(st.sampled_from(grid(definition)))))
        case "choice":
            return Told(frozenset({draw(st.sampled_from(definition.single_choices))}))
        case "date":
            return Told(DateRange.exactly(AS_OF - timedelta(draw(st.sampled_from(_DAYS_AGO)))))
    value = _value(draw, definition)
    return Told(value, _own_date(value))


def draw_better_known(draw: Draw[Any], definition: FactDefinition, known: Told | None, situation: Situation) -> Told:
    """The fact filled in, or told more narrowly than before.

    A stale fact, and one that other facts contradict, is unknown to every rule: anything may take its place. The usual upper limits of
    bilirubin and INR stand in where the report's own is missing, so that limit is partly known already and is filled in from among them.
    """
    finding = situation.finding(definition.id)
    if isinstance(finding.derived_value, NumberRange) and not definition.whole_number and draw(st.booleans()):
        # What a report prints lies near what the formula gives.
        near = round(finding.derived_value.low + draw(st.sampled_from((-0.9, -0.04, 0, 0.04, 0.9))), 2)
        if definition.lowest <= near <= definition.highest and (known is None or finding.state in (STALE, CONFLICT)):
            return Told(NumberRange.exactly(near))
    if known is None or finding.state in (STALE, CONFLICT):
        told = draw_told(draw, definition)
        usual = VOCABULARY.usual_range(definition.id.removesuffix("_uln")) if definition.id.endswith("_uln") else None
        return told if usual is None else replace(told, value=_range_within(draw, usual, grid(definition), False))
    dated = known.date and (_dates_within(draw, known.date) if draw(st.booleans()) else known.date)
    if known.times_uln is not None:
        return replace(known, times_uln=_range_within(draw, known.times_uln, list(_MULTIPLES), False), date=dated)
    value = _value_within(draw, definition, known.value)
    own = _own_date(value) if known.date is None or known.date == _own_date(known.value) else None
    return replace(known, value=value, date=own or dated)


# --- Situations ---------------------------------------------------------------------------------------------------


@cache
def with_inputs(fact_id: str) -> frozenset[str]:
    """The fact, its upper limit, and every fact that it may follow from."""
    inputs = DERIVATIONS[fact_id].inputs if fact_id in DERIVATIONS else ()
    limit = (f"{fact_id}_uln",) if VOCABULARY[fact_id].may_have_upper_limit else ()
    return frozenset({fact_id, *limit}).union(*(with_inputs(one) for one in inputs))


@st.composite
def situations(draw: Draw[Any], fact_ids: tuple[str, ...]) -> Situation:
    """A person of whom some of these facts are told, each perhaps partly, stale or against the others; or one with nearly whole records."""
    if draw(st.booleans()):
        told = draw(st.lists(st.sampled_from(fact_ids), unique=True, max_size=8))
        return Situation(VOCABULARY, AS_OF, {fact_id: draw_told(draw, VOCABULARY[fact_id]) for fact_id in told})
    # Formulas need most of their inputs at once, wholly known, and nothing told against them.
    left_out = draw(st.sampled_from(fact_ids))
    inputs = [fact_id for fact_id in fact_ids if fact_id not in DERIVATIONS and fact_id != left_out]
    return Situation(VOCABULARY, AS_OF, {fact_id: draw_plain(draw, VOCABULARY[fact_id]) for fact_id in inputs})


@st.composite
def one_fact_better_known(draw: Draw[Any], situation: Situation, fact_ids: tuple[str, ...]) -> tuple[str, Situation]:
    """Which fact is better known now, and the situation with it."""
    # A list has many more ways to become better known than any other fact.
    lists = [fact_id for fact_id in fact_ids if VOCABULARY[fact_id].kind in ("lesions", "courses")]
    fact_id = draw(st.sampled_from([*fact_ids, *lists * 4]))
    told = draw_better_known(draw, VOCABULARY[fact_id], situation.told.get(fact_id), situation)
    return fact_id, situation.with_told(fact_id, told)


# --- Expressions --------------------------------------------------------------------------------------------------

_ORDER = ("<", "<=", ">", ">=")
_COMPARE = (*_ORDER, "==", "!=")


def _written(number: float) -> str:
    return f"{number:g}"


def _pick(*words: object) -> st.SearchStrategy[str]:
    return st.sampled_from([str(word) for word in words])


def _joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


_OPERATOR = st.sampled_from([f" {operator} " for operator in _COMPARE])
_DAY = st.sampled_from([f'"{(AS_OF - timedelta(ago)).isoformat()}"' for ago in _DAYS_AGO] + ['"2026-10"', '"2026"'])
_WHOLE_DAYS = _pick(*_DAYS_AGO)
_CENTIMETERS = _pick(*map(_written, _GRIDS["liver.largest_cm"]))

_LESION_LITERAL = st.one_of(
    _joined("diameter_cm", _OPERATOR, _CENTIMETERS),
    _joined(_pick(*(f'"{place}"' for place in _PLACES)), _pick(" in ", " not in "), "near"),
    _joined("segment", _pick(" == ", " != "), _pick('"4a"', 5, 8)),
    _joined("segment", _pick(" in ", " not in "), "[5, 6, 7, 8]"),
    _joined("date", _OPERATOR, _DAY),
)
_LESION = st.one_of(
    _LESION_LITERAL,
    _joined("(", _LESION_LITERAL, _pick(" and ", " or "), _LESION_LITERAL, ")"),
    _joined("not ", _LESION_LITERAL),
)
_HAD = _joined(
    "had(",
    _pick(*(f'"{name}"' for name in _NAMED)),
    st.one_of(st.just(""), _joined(", intent=", _pick(*(f'"{word}"' for word in INTENTS)))),
    st.one_of(st.just(""), _joined(", ended_because=", _pick(*(f'"{word}"' for word in ENDINGS)))),
    st.one_of(st.just(""), _joined(", within_days=", _WHOLE_DAYS)),
    ")",
)  # fmt: skip


def _terms(definitions: list[FactDefinition]) -> list[tuple[st.SearchStrategy[str], st.SearchStrategy[str]]]:
    """Terms, each with the numbers worth comparing it with."""
    terms: list[tuple[st.SearchStrategy[str], st.SearchStrategy[str]]] = []
    for definition in definitions:
        if definition.kind == "number":
            terms.append((st.just(definition.id), _pick(*map(_written, grid(definition)))))
        if definition.may_have_upper_limit:
            terms.append((st.just(f"times_uln({definition.id})"), _pick(*_MULTIPLES)))
        if definition.kind == "date":
            terms.append((st.just(f"days_since({definition.id})"), _WHOLE_DAYS))
        if definition.kind == "lesions":
            terms.append((_joined("count_lesions(", _LESION, ")"), _pick(0, 1, 2, 3)))
    return terms


def _arithmetic(simple: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Terms put together: never constants alone, never divided by a written zero."""
    constant = _pick(0.5, 1, 2, 3, 10)
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            _joined("(", inner, _pick(" + ", " - ", " * ", " / "), inner, ")"),
            _joined("(", inner, _pick(" + ", " - ", " * ", " / "), constant, ")"),
            _joined("(", constant, _pick(" + ", " - ", " * ", " / "), inner, ")"),
            _joined("-", inner),
        ),
        max_leaves=3,
    )


def _literals(definition: FactDefinition) -> list[st.SearchStrategy[str]]:
    """Literals about one fact that is no number."""
    name = definition.id
    match definition.kind:
        case "yes_no":
            return [st.just(name)]
        case "choice":
            word = _pick(*(value if value.isdigit() else f'"{value}"' for value in definition.choices))
            some = st.lists(word, min_size=1, max_size=3).map(lambda words: f"[{', '.join(words)}]")
            literals = [_joined(name, _pick(" == ", " != "), word), _joined(name, _pick(" in ", " not in "), some)]
            if definition.ordered:
                ordered = st.sampled_from([f" {operator} " for operator in _ORDER])
                literals += [_joined(name, ordered, word), _joined(word, ordered, name, ordered, word)]
            return literals
        case "date":
            return [_joined(name, _OPERATOR, _DAY), _joined(f"within({name}, ", _WHOLE_DAYS, ")")]
        case "text":
            return [_joined(name, _pick(" == ", " != "), '"US"'), _joined(name, _pick(" in ", " not in "), '["US", "CA"]')]
        case "choice_list":
            return [_joined(_pick(*(f'"{value}"' for value in definition.choices)), _pick(" in ", " not in "), name)]
        case "lesions":
            return [_joined("any_lesion(", _LESION, ")")] * 2
        case "courses":
            return [_HAD] * 4
    return []


@cache
def literals(fact_ids: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One comparison, function or yes-or-no fact, as text."""
    definitions = [VOCABULARY[fact_id] for fact_id in fact_ids]
    found = [literal for definition in definitions for literal in _literals(definition)]
    terms = _terms(definitions)
    for term, number in terms:
        found += [
            _joined(term, _OPERATOR, number),
            _joined(number, _OPERATOR, term),
            _joined(number, _pick(" < ", " <= "), term, _pick(" < ", " <= "), number),
        ]
    if terms:
        simple = st.one_of(*(term for term, _ in terms))
        found += [
            _joined(_arithmetic(simple), _OPERATOR, _arithmetic(simple)),
            _joined(_arithmetic(simple), _OPERATOR, st.one_of(*(number for _, number in terms))),
        ]
        found += [
            _joined(fact_id, _pick(" in ", " not in "), f"[{', '.join(map(_written, grid(VOCABULARY[fact_id])[:3]))}]")
            for fact_id in fact_ids
            if VOCABULARY[fact_id].kind == "number"
        ]
    return st.one_of(*found)


@cache
def expressions(fact_ids: tuple[str, ...], depth: int = 4) -> st.SearchStrategy[str]:
    """A whole expression as text, with `and`, `or` and `not` nested up to `depth` deep."""
    literal = literals(fact_ids)
    if depth == 0:
        return literal
    inner = expressions(fact_ids, depth - 1)
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        literal,
        several.map(lambda parts: f"({' and '.join(parts)})"),
        several.map(lambda parts: f"({' or '.join(parts)})"),
        inner.map(lambda part: f"(not {part})"),
    )


clusters = st.sampled_from(sorted(CLUSTERS))


@st.composite
def expressions_and_situations(draw: Draw[Any]) -> tuple[str, Situation]:
    """An expression and a person of whom something that it rests on is told."""
    fact_ids = CLUSTERS[draw(clusters)]
    return draw(expressions(fact_ids)), draw(situations(fact_ids))
