"""Laws of the liver pages: more or larger tumors never open a way, limits agree with verdicts, order and bounds change nothing."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.helpers import days_ago, situation_of
from tests.property.strategies import AS_OF, VOCABULARY, one_fact_better_known, situations, with_inputs
from wayline.facts.courses import Listing
from wayline.facts.findings import Told
from wayline.facts.lesions import SEGMENTS, Lesion
from wayline.facts.situation import Situation
from wayline.facts.values import NumberRange
from wayline.library import library
from wayline.liver.drawing import liver_map, named_tumors
from wayline.liver.scans import history_of
from wayline.liver_report import liver_json, liver_report, liver_text
from wayline.logic.nodes import Compared, Condition, Not, NumberFact
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS, Option
from wayline.options.limits import OptionLimits, State, limits_for

CONTENT = library()
LIVER_DIRECTED = {option.id: option for option in CONTENT.catalog.values() if option.kind == "liver_directed"}
_EXAMPLES = settings().max_examples  # of the profile that conftest.py chose
RANK = {DOES_NOT_FIT: 0, DEPENDS: 1, FITS: 2}

# What the rules hold today; the first test finds it anew in the expressions.
SIZE_ONLY_FROM_ABOVE = {
    "cryoablation",
    "histotripsy",
    "irreversible_electroporation",
    "microwave_ablation",
    "proton_therapy",
    "radiofrequency_ablation",
    "robotic_radiosurgery",
    "stereotactic_body_radiation",
}
NUMBER_ONLY_FROM_ABOVE = SIZE_ONLY_FROM_ABOVE | {"liver_resection"}
# Options that ask for a size or a number at least, and those that ask for neither.
SIZE_FROM_BELOW = {"chemoembolization", "radioembolization"}
NUMBER_FROM_BELOW = {"radioembolization"}


def directions(option: Option, fact: str) -> set[str]:
    """`upper` or `lower` for every comparison of this fact in the option's rules, as it bears on the verdict."""
    found: set[str] = set()

    def walk(condition: Condition, is_wanted: bool) -> None:
        if isinstance(condition, Not):
            walk(condition.condition, not is_wanted)
        elif condition.parts:
            for part in condition.parts:
                walk(part, is_wanted)
        elif isinstance(condition, Compared) and NumberFact(fact) in (condition.left, condition.right):
            operator = condition.operator
            if condition.left != NumberFact(fact):
                operator = operator.translate(str.maketrans("<>", "><"))
            if operator in ("==", "!="):
                found.add("exact")
            else:
                found.add("upper" if (operator in ("<", "<=")) == is_wanted else "lower")

    for wanted in (option.fits, option.depends):
        if wanted is not None:
            walk(wanted, True)
    for rule in option.rules_out:
        walk(rule.when, False)
    return found


def test_which_options_hold_size_and_number_only_against_upper_limits() -> None:
    """The laws below are for these options; an option that gains a lower limit must be looked at anew."""
    size = {name: directions(option, "liver.largest_cm") for name, option in LIVER_DIRECTED.items()}
    number = {name: directions(option, "liver.lesion_count") for name, option in LIVER_DIRECTED.items()}
    assert {name for name, found in size.items() if found == {"upper"}} == SIZE_ONLY_FROM_ABOVE
    assert {name for name, found in number.items() if found == {"upper"}} == NUMBER_ONLY_FROM_ABOVE
    assert {name for name, found in size.items() if found - {"upper"}} == SIZE_FROM_BELOW
    assert {name for name, found in number.items() if found - {"upper"}} == NUMBER_FROM_BELOW


# --- People --------------------------------------------------------------------------------------------------------

# For each fact the values that decide something; the first one fits most options.
VALUES: dict[str, tuple[Any, ...]] = {
    **{f"metastases.{site}": (False, True) for site in ("lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other")},
    "disease.status": ("responding", "stable", "progressing"),
    "liver.portal_vein_thrombosis": (False, True),
    "liver.remnant_fraction": (0.5, 0.35, 0.25, 0.1),
    "liver.cirrhosis": (False, True),
    "liver.ascites": ("none", "slight", "moderate"),
    "liver.encephalopathy": ("none", "grade_1_2"),
    "labs.bilirubin": (0.8, 1.6, 2.5, 3.5),
    "labs.bilirubin_uln": (1.2, 1.0),
    "labs.albumin": (4.2, 3.2, 2.6, 2.2),
    "labs.ast": (25, 130, 250),
    "labs.ast_uln": (40,),
    "labs.alt": (25, 130, 250),
    "labs.alt_uln": (40,),
    "labs.inr": (1, 1.8, 2.5),
    "labs.platelets": (200, 50, 20),
    "labs.creatinine": (0.9, 2.5),
    "function.ecog": (1, 0, 2, 3),
}
NEAR: tuple[frozenset[str] | None, ...] = (None, frozenset(), frozenset({"bile_duct"}), frozenset({"portal_vein"}), frozenset({"bowel"}))
SIZES = (0.3, 1, 2, 2.9, 3, 3.1, 4, 4.9, 5, 5.1, 6, 8, 8.1, 12)


@st.composite
def people(draw: Any) -> Situation:
    """Somebody near the gates of the liver treatments: most facts as most options ask for them, some others, some not known."""
    facts = {fact: values[0] for fact, values in VALUES.items()}
    for fact in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=3, unique=True)):
        facts[fact] = draw(st.sampled_from((*VALUES[fact][1:], None)))
    if draw(st.integers(0, 3)) == 0:
        # Told as one fact, as people know it, and not site by site.
        facts = {fact: value for fact, value in facts.items() if not fact.startswith("metastases.")}
        facts["metastases.outside_liver"] = draw(st.sampled_from((False, False, True)))
    return situation_of({fact: value for fact, value in facts.items() if value is not None})


@st.composite
def lesions(draw: Any) -> Lesion:
    """A tumor of any place, with a size that is known, partly known or not known; or a small one away from everything."""
    if draw(st.booleans()):
        return Lesion(draw(st.sampled_from(SEGMENTS)), NumberRange.exactly(draw(st.sampled_from((0.3, 1, 2)))), frozenset())
    one, other = sorted((draw(st.sampled_from(SIZES)), draw(st.sampled_from(SIZES))))
    exactly, above = NumberRange.exactly(one), NumberRange(one, math.inf, low_open=True)
    size = draw(st.sampled_from((exactly, exactly, NumberRange(one, other), above, None)))
    return Lesion(draw(st.sampled_from(SEGMENTS)), size, draw(st.sampled_from(NEAR)))


def with_lesions(situation: Situation, listed: list[Lesion], complete: bool = True) -> Situation:
    return situation.with_told("liver.lesions", Told(Listing(tuple(listed), complete)))


def _larger(lesion: Lesion, by: float) -> Lesion:
    size = lesion.diameter_cm
    assert size is not None
    return replace(lesion, diameter_cm=NumberRange(size.low + by, size.high + by))


def moved_up(names: set[str], before: Situation, after: Situation) -> list[str]:
    """The options whose verdict is better afterwards."""
    options = [LIVER_DIRECTED[name] for name in sorted(names)]
    return [one.id for one in options if RANK[one.verdict(after)] > RANK[one.verdict(before)]]


@given(person=people(), listed=st.lists(lesions(), min_size=1, max_size=6), complete=st.sampled_from((True, True, False)), data=st.data())
def test_a_larger_tumor_never_opens_a_way(person: Situation, listed: list[Lesion], complete: bool, data: st.DataObject) -> None:
    """Where size is held only against upper limits, enlarging any tumor never moves the verdict up."""
    sized = [place for place, lesion in enumerate(listed) if lesion.diameter_cm is not None]
    if not sized:
        return
    place, by = data.draw(st.sampled_from(sized)), data.draw(st.sampled_from((0.1, 0.5, 1, 3, 10)))
    enlarged = [_larger(lesion, by) if number == place else lesion for number, lesion in enumerate(listed)]
    note(f"{listed}\n{enlarged}\n{person.told}")
    before, after = (with_lesions(person, one, complete) for one in (listed, enlarged))
    assert moved_up(SIZE_ONLY_FROM_ABOVE, before, after) == []


@settings(max_examples=2 * _EXAMPLES)
@given(person=people(), listed=st.lists(lesions(), min_size=1, max_size=6), more=lesions())
def test_one_more_tumor_never_opens_a_way(person: Situation, listed: list[Lesion], more: Lesion) -> None:
    """Where number is held only against upper limits, one more tumor in a complete list that holds some never moves the verdict up."""
    note(f"{listed}\nand {more}\n{person.told}")
    before, after = (with_lesions(person, one) for one in (listed, [*listed, more]))
    assert moved_up(NUMBER_ONLY_FROM_ABOVE, before, after) == []


def _treatable(*listed: Lesion) -> Situation:
    """Somebody for whom most ways fit but for these tumors."""
    return with_lesions(situation_of({fact: values[0] for fact, values in VALUES.items()}), list(listed))


@pytest.mark.parametrize(("option", "limit"), [("cryoablation", 4), ("microwave_ablation", 5), ("robotic_radiosurgery", 8)])
@pytest.mark.parametrize("others", [(), (NumberRange.exactly(1),), (NumberRange(1, 9),)], ids=["alone", "a small one", "a vague one"])
def test_a_tumor_at_the_limit_beside_one_above_it_opens_nothing(option: str, limit: float, others: tuple[NumberRange, ...]) -> None:
    """The example of both laws: one tumor is surely above the limit, so the largest is, however large the one beside it."""
    above, exactly = (Lesion("6", NumberRange(limit, math.inf, low_open=True)), Lesion("6", NumberRange.exactly(limit)))
    rest = [Lesion("6", size) for size in others]
    verdicts = [LIVER_DIRECTED[option].verdict(_treatable(above, *rest, *more)) for more in ((), (exactly,))]
    assert verdicts == [DOES_NOT_FIT, DOES_NOT_FIT]


def _resectable(*segments: str) -> Situation:
    """Somebody for whom surgery fits, with small tumors in these segments."""
    return _treatable(*(Lesion(segment, NumberRange.exactly(2), frozenset()) for segment in segments))


@pytest.mark.parametrize(
    ("before", "after", "verdicts"),
    [
        (["1"], ["1", "1"], (FITS, FITS)),
        (["1"], ["1", "6"], (FITS, FITS)),
        (["1"], ["1", "2"], (FITS, FITS)),
        (["6"], ["6", "1"], (FITS, FITS)),
        (["6"], ["6", "7"], (FITS, FITS)),
        (["6"], ["6", "2"], (FITS, DEPENDS)),
        (["6", "1"], ["6", "1", "2"], (FITS, DEPENDS)),
    ],
)
def test_one_more_tumor_never_opens_the_way_to_surgery(before: list[str], after: list[str], verdicts: tuple[str, str]) -> None:
    """The example of the law: a tumor in the caudate lobe lies in no other half, so one more in either half opens nothing."""
    option = LIVER_DIRECTED["liver_resection"]
    assert (option.verdict(_resectable(*before)), option.verdict(_resectable(*after))) == verdicts


# --- Limits and verdicts -------------------------------------------------------------------------------------------

_ASKED = {fact for option in LIVER_DIRECTED.values() for condition in option.conditions for fact in condition.fact_ids}
READ = tuple(sorted({fact for asked in _ASKED for fact in with_inputs(asked)}))


def _states(limits: OptionLimits) -> set[State]:
    return {one.state for one in limits.dimensions}


@st.composite
def anybody(draw: Any) -> Situation:
    """Somebody near the gates, or anybody at all of whom some facts are told, stale, in part, or against each other."""
    if draw(st.booleans()):
        found: Situation = draw(situations(READ))
        return found
    person: Situation = draw(people())
    return with_lesions(person, draw(st.lists(lesions(), max_size=5)), draw(st.booleans()))


@given(person=anybody())
def test_a_limit_that_is_not_met_rules_out(person: Situation) -> None:
    """Some dimension is outside its limits exactly where the option does not fit, also where told facts contradict each other."""
    note(f"{person.told}")
    for name, option in LIVER_DIRECTED.items():
        not_met = State.NOT_MET in _states(limits_for(option, person, CONTENT.limits_on))
        assert not_met == (option.verdict(person) == DOES_NOT_FIT), name


@settings(max_examples=_EXAMPLES // 2)
@given(person=anybody())
def test_an_option_fits_where_every_limit_is_met(person: Situation) -> None:
    """Every dimension is within its usual limits, or has none, exactly where the option fits."""
    note(f"{person.told}")
    for name, option in LIVER_DIRECTED.items():
        states = _states(limits_for(option, person, CONTENT.limits_on))
        assert (states <= {State.MET, State.NO_LIMIT}) == (option.verdict(person) == FITS), name


def _not_site_by_site() -> Situation:
    """Surgery fits; nothing outside the liver is told as one fact, and not site by site."""
    person = _resectable("6", "7")
    for site in ("lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other"):
        person = person.with_told(f"metastases.{site}", None)
    return person.with_told("metastases.outside_liver", Told(False))


def test_a_limit_is_met_where_the_usual_gate_is_passed() -> None:
    """The example: no site is to be asked for."""
    option, person = LIVER_DIRECTED["liver_resection"], _not_site_by_site()
    assert option.verdict(person) == FITS
    assert limits_for(option, person, CONTENT.limits_on).of("elsewhere").state is State.MET


@pytest.mark.parametrize("site", ["peritoneum", "bone", "brain"])
def test_a_contradiction_does_not_turn_a_limit_around(site: str) -> None:
    """The example of the law below: a site is then told after all. The verdict is open, so no limit is called not met."""
    option, person = LIVER_DIRECTED["liver_resection"], _not_site_by_site().with_told(f"metastases.{site}", Told(True))
    assert person.finding("metastases.outside_liver").state == "conflict"
    assert option.verdict(person) == DEPENDS
    assert limits_for(option, person, CONTENT.limits_on).of("elsewhere").state is State.NOT_KNOWN


@pytest.mark.parametrize("site", ["peritoneum", "bone", "brain"])
def test_a_contradiction_hides_no_limit(site: str) -> None:
    """The same where the usual gate is closed by something else: the wider one decides, the site is outside it, and that is to be seen."""
    option, person = LIVER_DIRECTED["liver_resection"], _not_site_by_site().with_told(f"metastases.{site}", Told(True))
    person = person.with_told("function.ecog", Told(frozenset({"2"})))
    assert option.verdict(person) == DOES_NOT_FIT
    assert State.NOT_MET in _states(limits_for(option, person, CONTENT.limits_on))


@pytest.mark.parametrize("site", ["peritoneum", "bone", "brain"])
def test_what_the_wider_gate_needs_is_asked_where_it_decides(site: str) -> None:
    """Before that site is told: the wider gate decides and rests on it, so the dimension is not settled and not turned around later."""
    option, before = LIVER_DIRECTED["liver_resection"], _not_site_by_site().with_told("function.ecog", Told(frozenset({"2"})))
    after = before.with_told(f"metastases.{site}", Told(True))
    assert (option.verdict(before), option.verdict(after)) == (DEPENDS, DOES_NOT_FIT)
    one, other = (limits_for(option, person, CONTENT.limits_on).of("elsewhere") for person in (before, after))
    assert (one.state, other.state) == (State.NOT_KNOWN, State.NOT_MET)
    assert f"metastases.{site}" in {missing.fact for missing in one.missing}


@settings(max_examples=_EXAMPLES // 2)
@given(data=st.data())
def test_learning_more_never_turns_a_limit_around(data: st.DataObject) -> None:
    """A fact filled in or narrowed turns no dimension from within its limits to outside, or back."""
    before = data.draw(anybody())
    fact, after = data.draw(one_fact_better_known(before, READ))
    note(f"{before.told}\nnow {fact}: {after.told[fact]}")
    for option in LIVER_DIRECTED.values():
        pairs = zip(*(limits_for(option, person, CONTENT.limits_on).dimensions for person in (before, after)), strict=True)
        for one, other in pairs:
            assert {one.state, other.state} != {State.MET, State.NOT_MET}, (option.id, one.dimension)
            # What has no limit for one has none for anybody.
            assert (one.state is State.NO_LIMIT) == (other.state is State.NO_LIMIT)


# --- Scans, and everything as JSON ---------------------------------------------------------------------------------

_SIZE = st.one_of(
    st.none(),
    st.sampled_from([0, 0.1, 0.9, 1, 2.4, 2.88, 3, 12, 40]),
    st.floats(0, 40).map(lambda number: round(number, 3)),
    st.sampled_from([{"below": 1}, {"above": 3}, {"at_least": 1, "at_most": 2}, {"value": 24, "unit": "mm"}]),
)


def _tumors(names: st.SearchStrategy[str | None]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"name": names, "segment": st.sampled_from([None, *SEGMENTS]), "diameter_cm": _SIZE},
        optional={"near": st.sampled_from([[], ["bile_duct"], ["portal_vein", "bowel"]])},
    )


@st.composite
def _list_of_tumors(draw: Any) -> list[dict[str, Any]]:
    """Tumors with names of their own, or none."""
    names = draw(st.lists(st.sampled_from(["A", "B", "C", "D", None, None]), max_size=5, unique_by=lambda name: name or object()))
    return [draw(_tumors(st.just(name))) for name in names]


_DAY = st.one_of(st.sampled_from([days_ago(days) for days in (0, 10, 56, 57, 90, 300)]), st.sampled_from(["2026", "2026-10", "2025-01"]))


@st.composite
def _scanned(draw: Any) -> dict[str, Any]:
    tumors = _list_of_tumors()
    dated = {"date": draw(_DAY)} if draw(st.booleans()) else {}
    current = {"items": draw(tumors), "complete": draw(st.sampled_from([True, True, False])), **dated}
    scans = st.fixed_dictionaries({"date": _DAY, "lesions": tumors, "complete": st.sampled_from([True, True, False])})
    return {"liver.lesions": current, "liver.earlier_scans": draw(st.lists(scans, max_size=3))}


@settings(max_examples=_EXAMPLES // 2)
@given(facts=_scanned(), seed=st.integers(0, 1000))
def test_the_order_of_tumors_changes_nothing(facts: dict[str, Any], seed: int) -> None:
    """Sums, changes, new tumors and RECIST are the same however each list is ordered."""
    shuffled = json.loads(json.dumps(facts))
    lists = [shuffled["liver.lesions"]["items"], *(scan["lesions"] for scan in shuffled["liver.earlier_scans"])]
    for one in lists:
        random.Random(seed).shuffle(one)
    before, after = (history_of(situation_of(one), CONTENT.scales.recist) for one in (facts, shuffled))
    assert [(str(scan.date), scan.sum_mm) for scan in before.scans] == [(str(scan.date), scan.sum_mm) for scan in after.scans]
    assert replace(before, scans=()) == replace(after, scans=())


@settings(max_examples=_EXAMPLES // 3)
@given(facts=_scanned())
def test_what_is_compared_agrees_with_itself(facts: dict[str, Any]) -> None:
    """Sums are of what is listed, no tumor is both new and gone, and a category has no excuse beside it."""
    history = history_of(situation_of(facts), CONTENT.scales.recist)
    for scan in history.scans:
        sizes = [lesion.diameter_cm for lesion in scan.lesions]
        known = scan.lesions.complete and all(size is not None and size.is_exact for size in sizes)
        assert (scan.sum_mm is not None) == known
        if known:
            assert scan.sum_mm == pytest.approx(sum(10 * size.low for size in sizes if size is not None))
    assert not set(history.new_names) & set(history.no_longer_seen)
    if history.recist is not None:
        assert (history.recist.category is None) == (history.recist.why_not is not None)
        assert len(history.recist.followed) <= 2
        assert len(history.recist.sums_mm) == len(history.scans)


_LABS = ("bilirubin", "albumin", "alt", "ast", "alp", "ggt", "ldh", "inr", "platelets")
_VALUE = st.sampled_from([0, 0.5, 1, 2.2, 3, 9, {"below": 3}, {"above": 2}, {"at_least": 0, "at_most": 2}])
_RESULT = st.one_of(
    _VALUE,
    st.sampled_from([{"times_uln": 2}, {"times_uln": {"above": 1}}, {"times_uln": {"at_most": 3}}, {"times_uln": 0}]),
    st.tuples(st.sampled_from([0, 1, 9]), _DAY).map(lambda one: {"value": one[0], "date": one[1]}),
)


_EARLIER = st.fixed_dictionaries(
    {"lab": st.sampled_from([f"labs.{lab}" for lab in _LABS]), "value": _VALUE, "date": _DAY},
    optional={"upper_limit": st.sampled_from([0.9, 2])},
)


@st.composite
def _reported(draw: Any) -> dict[str, Any]:
    """The facts that the liver pages show, in any state: nothing told, everything told, partly, stale."""
    told = {f"labs.{lab}": _RESULT for lab in _LABS} | {f"labs.{lab}_uln": st.sampled_from([0.5, 2, {"at_least": 1}]) for lab in _LABS}
    told |= {f"labs.{lab}_lln": st.sampled_from([0.1, 0.4]) for lab in _LABS}
    told |= {
        "labs.earlier_results": st.lists(_EARLIER, max_size=4),
        "liver.ascites": st.sampled_from(["none", "moderate", {"one_of": ["none", "slight"]}]),
        "liver.lesion_count": st.sampled_from([0, 2, {"above": 5}]),
        "liver.largest_cm": st.sampled_from([3, {"at_least": 2}]),
        "therapy.history": st.sampled_from([[], [{"drugs": ["FOLFOX"], "start": "2026-01-10"}], [{"drugs": ["FOLFOX"]}]]),
    }
    facts: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=told))
    return {**facts, **(draw(_scanned()) if draw(st.booleans()) else {})}


@settings(max_examples=_EXAMPLES // 2)
@given(facts=_reported())
def test_everything_about_the_liver_is_json_and_text(facts: dict[str, Any]) -> None:
    """Whatever is told, the JSON loads and holds no NaN or Infinity, the text holds no binary noise, and the map is whole."""
    report = liver_report(situation_of(facts), CONTENT)
    document = liver_json(report, CONTENT)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    text = liver_text(report, CONTENT)
    assert not {"nan", "inf"} & set(text.replace(",", " ").replace(";", " ").split())
    ElementTree.fromstring(liver_map(report.tumors, CONTENT.segments))


@settings(max_examples=_EXAMPLES // 3)
@given(person=situations(READ))
def test_the_json_of_anybody_loads(person: Situation) -> None:
    """The same for people whose facts come from all over the rules, stale and contradicting each other."""
    document = liver_json(liver_report(person, CONTENT), CONTENT)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [one["id"] for one in document["therapies"]] == [row.option for row in CONTENT.matrix]


@pytest.mark.parametrize("facts", [{"labs.alt": {"times_uln": {"at_least": 2}}, "labs.alp": {"times_uln": {"at_least": 1, "at_most": 2}}}])
def test_a_number_without_an_end_has_one_bound(facts: dict[str, Any]) -> None:
    """Infinity is no JSON: an open end is left out."""
    document = liver_json(liver_report(situation_of(facts), CONTENT), CONTENT)
    assert document["enzyme_pattern"]["ratio"] == {"at_least": 1}


def test_names_of_one_scan_name_its_tumors() -> None:
    """The letters in the JSON are those on the map."""
    listed = Listing((Lesion("5", None, None, None, "x"), Lesion("6")))
    person = Situation(VOCABULARY, AS_OF, {"liver.lesions": Told(listed)})
    document = liver_json(liver_report(person, CONTENT), CONTENT)
    assert [one["name"] for one in document["lesions"]] == [tumor.name for tumor in named_tumors(listed)] == ["x", "A"]
