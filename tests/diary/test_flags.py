"""The rules that say when to call: a table of people, what may never lower an alarm, and how a mistake in a rule is told."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import TODAY, situation_of
from tests.unit.test_content import NEVER, sentences
from wayline.diary.flags import ACTS, URGENCY, Flag, flags_for, load_flags, raise_flag
from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN
from wayline.guide.readability import read_score
from wayline.library import library
from wayline.logic.nodes import ChoiceIn, Compared, Condition, Number, NumberFact, Or
from wayline.reading import WaylineError, read

CONTENT = library()
VOCABULARY = CONTENT.vocabulary
FLAGS = load_flags(CONTENT.folder / "flags", VOCABULARY, CONTENT.references, CONTENT.catalog.specialties)
TABLE = read(Path(__file__).parent / "expected_flags.yaml", "expected_flags.yaml")
CASES: list[dict[str, Any]] = list(TABLE["cases"])
UNSIGNED = "not yet signed by a clinician"
ALL = pytest.mark.parametrize("flag", FLAGS.values(), ids=list(FLAGS))


def told_in(case: dict[str, Any]) -> dict[str, Any]:
    """The facts of a case, with what it says of the treatment."""
    return {**(TABLE["treatment"][case["with"]] if "with" in case else {}), **case["facts"]}


def acts_for(situation: Situation) -> dict[str, str]:
    return {one.flag.id: one.act for one in flags_for(situation, FLAGS)}


# --- the table ---


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_acts_are_what_a_clinician_would_expect(case: dict[str, Any]) -> None:
    """Every flag that is needed, with its act, and no other."""
    assert set(case) - {"with"} in ({"name", "facts", "flags"}, {"name", "facts", "none"})
    assert acts_for(situation_of(told_in(case))) == dict(case.get("flags", {}))


def test_the_table_is_whole() -> None:
    """At least 60 cases, each name and each treatment used, each flag and each of its acts seen."""
    assert len(CASES) >= 60
    assert max(Counter(case["name"] for case in CASES).values()) == 1
    assert {case["with"] for case in CASES if "with" in case} == set(TABLE["treatment"])
    seen = {(flag_id, act) for case in CASES for flag_id, act in case.get("flags", {}).items()}
    assert seen == {(flag.id, rule.act) for flag in FLAGS.values() for rule in flag.acts}


SITUATIONS = [(case, situation_of(told_in(case))) for case in CASES]


@ALL
def test_the_table_holds_each_flag_raised_not_raised_and_with_something_missing(flag: Flag) -> None:
    """Raised; told and not raised; and with a fact missing: one that keeps the act so urgent, or one that raises."""
    assert any(flag.id in case.get("flags", {}) for case in CASES)
    told = [(case, situation) for case, situation in SITUATIONS if flag.raised.rests_on & set(told_in(case))]
    assert any(flag.raised.truth(situation) is NO for _, situation in told)
    raised = [raise_flag(flag, situation) for _, situation in told]
    if any(rule.when is not None and rule.when.rests_on - flag.raised.rests_on for rule in flag.acts):
        assert any(one is not None and one.not_known for one in raised)
    elif len(flag.raised.rests_on) > 1 and not is_any_of(flag.raised):
        assert any(flag.raised.truth(situation) is UNKNOWN for _, situation in told)


def is_any_of(condition: Condition) -> bool:
    """Whether one told sign is enough: then one that is missing takes nothing away."""
    return isinstance(condition, Or) and all(not part.parts for part in condition.parts)


def numbers_told(fact_id: str) -> set[float]:
    """Every exact number that some case of the table tells of a fact."""
    values = [situation.number(fact_id) for case, situation in SITUATIONS if fact_id in told_in(case)]
    return {round(value.low, 3) for value in values if value is not None and value.is_exact}


@ALL
def test_the_table_holds_each_limit_from_both_sides(flag: Flag) -> None:
    """Numbers just below, at and just above each limit; of ordered choices the first one that counts, and the one before."""
    conditions = [flag.raised, *(rule.when for rule in flag.acts if rule.when is not None)]
    for literal in (literal for condition in conditions for literal in condition.literals()):
        if isinstance(literal, Compared) and isinstance(literal.left, NumberFact) and isinstance(literal.right, Number):
            fact_id, limit = literal.left.fact_id, literal.right.number
            step = 1 if VOCABULARY[fact_id].whole_number or fact_id == "symptom.hours_without_fluids" else 0.11
            told = numbers_told(fact_id)
            assert any(limit - step <= number < limit for number in told), (fact_id, limit)
            assert limit in told, (fact_id, limit)
            assert any(limit < number <= limit + step for number in told), (fact_id, limit)
        elif isinstance(literal, ChoiceIn):
            choices = list(VOCABULARY[literal.fact_id].choices)
            first = min(choices.index(choice) for choice in literal.allowed)
            told_choices = {str(told_in(case)[literal.fact_id]) for case in CASES if literal.fact_id in told_in(case)}
            assert {choices[first], choices[first - 1]} <= told_choices, (literal.fact_id, literal.written)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_missing_fact_never_lowers_an_alarm_of_the_table(case: dict[str, Any]) -> None:
    """Whatever one does not tell: a flag that is still raised has the same act or a more urgent one."""
    facts = told_in(case)
    acts = acts_for(situation_of(facts))
    for fact in facts:
        fewer = acts_for(situation_of({other: value for other, value in facts.items() if other != fact}))
        for flag_id, act in fewer.items():
            if flag_id in acts:
                assert URGENCY[act] <= URGENCY[acts[flag_id]], (fact, flag_id)


def test_reasons_and_what_is_not_known_are_told() -> None:
    """The reasons name what was told; an act that stands because something is missing says what."""
    (raised,) = flags_for(situation_of({"symptom.vision_change": True}), FLAGS)
    assert [reason.fact for reason in raised.because] == ["symptom.vision_change"]
    assert raised.not_known == ("therapy.history",)
    (known,) = flags_for(situation_of({"symptom.vision_change": True, "therapy.history": []}), FLAGS)
    assert (known.act, known.not_known) == ("call_team_now", ())


def test_the_most_urgent_flag_comes_first() -> None:
    """A frightened reader sees 911 before anything else."""
    found = flags_for(situation_of({"symptom.itching": True, "symptom.black_stool": True, "symptom.hearing_change": True}), FLAGS)
    assert [one.act for one in found] == ["call_911", "call_team_today", "tell_team"]


# --- what holds of everybody ---

SYMPTOMS = [fact_id for fact_id in VOCABULARY if fact_id.startswith("symptom.")]
_DAYS = st.integers(0, 120).map(lambda days: date.fromordinal(date.fromisoformat(TODAY).toordinal() - days).isoformat())
_DRUGS = ("fluorouracil", "capecitabine", "nivolumab", "trastuzumab_deruxtecan", "ramucirumab", "paclitaxel", "enoxaparin", "a new drug")
_PROCEDURES = ("stent", "dilation", "feeding_tube", "biliary_drainage", "chemoembolization", "external_radiation")


def value_of(fact_id: str) -> st.SearchStrategy[Any]:
    """Any value that this fact may have."""
    definition = VOCABULARY[fact_id]
    if definition.kind == "choice":
        return st.sampled_from(list(definition.choices))
    if definition.kind == "yes_no":
        return st.booleans()
    low, high = {"symptom.temperature_c": (35, 41), "symptom.stools_over_usual": (0, 12)}.get(fact_id, (0, 48))
    return st.integers(low, high)


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    done: dict[str, Any] = {"procedure": draw(st.sampled_from(_PROCEDURES))} if draw(st.booleans()) else {}
    if not done:
        done = {"drugs": draw(st.lists(st.sampled_from(_DRUGS), min_size=1, max_size=3, unique=True))}
    days = sorted(draw(st.lists(_DAYS, max_size=2)))
    return done | dict(zip(("start", "end"), days, strict=False))


CONTEXT: dict[str, st.SearchStrategy[Any]] = {
    "therapy.history": st.lists(courses(), max_size=2).flatmap(
        lambda items: st.booleans().map(lambda complete: {"items": items, "complete": complete})
    ),
    "therapy.now": st.booleans(),
    "therapy.last_dose": _DAYS,
    "therapy.radiation_esophagus": st.booleans(),
    "esophagus.stent": st.booleans(),
    "esophagus.feeding_tube": st.booleans(),
    "metastases.brain": st.booleans(),
    "condition.diabetes": st.booleans(),
    "condition.blood_thinner": st.booleans(),
}


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """Some symptoms and some of what else the rules ask for."""
    signs = draw(st.lists(st.sampled_from(SYMPTOMS), min_size=1, max_size=6, unique=True))
    context = draw(st.lists(st.sampled_from(list(CONTEXT)), max_size=5, unique=True))
    return {fact: draw(value_of(fact)) for fact in signs} | {fact: draw(CONTEXT[fact]) for fact in context}


@given(people(), st.data())
def test_taking_back_what_was_told_never_lowers_an_alarm(facts: dict[str, Any], data: st.DataObject) -> None:
    """A fact that does not raise the flag can only calm it when it is known: without it, the act is the same or more urgent."""
    whole = situation_of(facts)
    gone = data.draw(st.sampled_from(list(facts)))
    fewer = situation_of({fact: value for fact, value in facts.items() if fact != gone})
    for flag in FLAGS.values():
        before = raise_flag(flag, whole)
        after = raise_flag(flag, fewer)
        if before is not None and gone not in flag.raised.rests_on:
            assert after is not None
        if before is not None and after is not None:
            assert URGENCY[after.act] <= URGENCY[before.act]


@given(st.sampled_from(list(FLAGS.values())), st.data())
def test_without_a_modifier_no_act_is_less_urgent(flag: Flag, data: st.DataObject) -> None:
    """Over every flag and just the facts that it rests on: what is not known never lowers its alarm."""
    conditions = [flag.raised, *(rule.when for rule in flag.acts if rule.when is not None)]
    rests_on = sorted({fact for condition in conditions for fact in condition.rests_on})
    facts = {fact: data.draw(CONTEXT[fact] if fact in CONTEXT else value_of(fact)) for fact in rests_on if data.draw(st.booleans())}
    before = raise_flag(flag, situation_of(facts))
    for gone in facts:
        after = raise_flag(flag, situation_of({fact: value for fact, value in facts.items() if fact != gone}))
        if before is not None and gone not in flag.raised.rests_on:
            assert after is not None
        if before is not None and after is not None:
            assert URGENCY[after.act] <= URGENCY[before.act], (flag.id, gone)


@given(st.lists(st.sampled_from(SYMPTOMS), unique=True), people())
def test_a_sign_told_to_be_absent_raises_nothing_by_itself(absent: list[str], person: dict[str, Any]) -> None:
    """No, none and 0 raise nothing, whatever the treatment."""
    nothing = {"choice": "none", "yes_no": False, "number": 0}
    facts = {fact: value for fact, value in person.items() if fact in CONTEXT}
    for fact in absent:
        facts[fact] = {"symptom.dysphagia": 0, "symptom.temperature_c": 36.6}.get(fact, nothing[VOCABULARY[fact].kind])
    assert acts_for(situation_of(facts)) == {}


@given(people())
def test_the_order_is_by_urgency(facts: dict[str, Any]) -> None:
    found = flags_for(situation_of(facts), FLAGS)
    assert [URGENCY[one.act] for one in found] == sorted(URGENCY[one.act] for one in found)


MILD = [fact for fact in SYMPTOMS if VOCABULARY[fact].kind == "choice" and "mild" in VOCABULARY[fact].choices]


@pytest.mark.parametrize("fact", MILD)
@pytest.mark.parametrize("treatment", [None, "untreated", "chemo_now", "immune_now", "immune_old", "enhertu_now"])
def test_a_mild_sign_alone_is_never_911(fact: str, treatment: str | None) -> None:
    """An alarm for everything is heard by nobody. Only what may be new is, and streaks of blood while a stent or radiation is not known."""
    treated = TABLE["treatment"][treatment] if treatment else {}
    is_urgent = "call_911" in acts_for(situation_of({fact: "mild", **treated})).values()
    may_be_new = fact in ("symptom.breathlessness", "symptom.confusion")
    assert is_urgent == (may_be_new or (fact, treatment) == ("symptom.bleeding", None))
    if may_be_new:
        assert "call_911" not in acts_for(situation_of({fact: "mild", f"{fact}_new": False, **treated})).values()


# --- the words ---


@ALL
def test_a_flag_cites_and_nobody_is_said_to_have_signed(flag: Flag) -> None:
    assert flag.cites
    assert flag.signed == UNSIGNED
    assert flag.may_sign
    assert flag.next_review > flag.reviewed


@ALL
def test_acts_go_from_the_most_urgent_on(flag: Flag) -> None:
    urgencies = [URGENCY[rule.act] for rule in flag.acts]
    assert urgencies == sorted(set(urgencies))
    assert [rule.when is None for rule in flag.acts] == [False] * (len(flag.acts) - 1) + [True]


@ALL
def test_the_words_are_short_and_plain(flag: Flag) -> None:
    """One to three sentences of at most 15 words, grade 6 or lower."""
    reading = read_score(flag.say, CONTENT.names_of_drugs)
    assert 1 <= len(sentences(flag.say)) <= 3
    assert reading.longest_sentence_words <= 15, reading.longest_sentence
    assert reading.grade <= 6
    assert len(flag.title.split()) <= 12


@ALL
def test_the_words_promise_nothing_and_order_nothing(flag: Flag) -> None:
    """docs/reference/content.md: no false calm, no dose, no cause that frightens."""
    frightening = r"\b(?:deadly|fatal|dies?|death|perforat\w*|sepsis|stroke|heart attack|rupture\w*|embol\w*|relapse|progress\w*)\b"
    for text in (flag.title, flag.say):
        for sentence in sentences(text):
            assert not re.search(frightening, sentence, re.IGNORECASE), sentence
            for name, (never, meant) in NEVER.items():
                assert not re.search(never, sentence, re.IGNORECASE) or re.search(meant, sentence, re.IGNORECASE), (name, sentence)


def test_titles_differ() -> None:
    assert len({flag.title for flag in FLAGS.values()}) == len(FLAGS)


def test_the_four_acts() -> None:
    assert list(ACTS) == ["call_911", "call_team_now", "call_team_today", "tell_team"]


# --- mistakes in a rule ---

RULE = """\
id: sign
title: A sign
say: Say when it began.
also_call: null
raised: symptom.chills
acts:
  - {act: call_team_now, when: 'symptom.temperature_c >= 39'}
  - {act: call_team_today, when: null}
cites: [facts-urgent-signs]
differs: null
reviewed: 2026-11-30
next_review: 2027-05-30
may_sign: [medical_oncology]
signed: not yet signed by a clinician
"""
MISTAKES = {
    "a file's name": ("id: sign", "id: other", 1, "must be the file's name"),
    "an unknown key": ("title: A sign", "titel: A sign", 2, "Did you mean 'title'"),
    "a key left out": ("differs: null\n", "", 1, "differs"),
    "no words": ("say: Say when it began.", "say: null", 3, "say"),
    "an unknown fact": ("symptom.chills", "symptom.chils", 5, "symptom.chills"),
    "a word that is no choice": ("raised: symptom.chills", "raised: 'symptom.fever == \"high\"'", 5, "high"),
    "an unknown act": ("call_team_now", "call_teem_now", 7, "call_team_now"),
    "an unknown drug": ("'symptom.temperature_c >= 39'", "'had(\"nivolumap\")'", 7, "nivolumab"),
    "acts in the wrong order": ("call_team_now", "tell_team", 6, "most urgent to the least"),
    "an act twice": ("call_team_now", "call_team_today", 6, "each once"),
    "no act that always stands": ("when: null", "when: symptom.itching", 6, "it always stands"),
    "an act that hides the next": ("when: 'symptom.temperature_c >= 39'", "when: null", 6, "needs a 'when'"),
    "an unknown reference": ("[facts-urgent-signs]", "[facts-urgent-sign]", 9, "facts-urgent-signs"),
    "no reference": ("[facts-urgent-signs]", "[]", 9, "at least one reference"),
    "an unknown specialty": ("[medical_oncology]", "[medical_oncologist]", 13, "medical_oncology"),
    "a date that is none": ("2026-11-30", "2026-11-31", 11, "must be a date"),
    "a review before the last": ("next_review: 2027-05-30", "next_review: 2026-05-30", 12, "next_review"),
}


def load(folder: Path) -> Any:
    return load_flags(folder, VOCABULARY, CONTENT.references, CONTENT.catalog.specialties)


def test_the_rule_without_a_mistake_loads(tmp_path: Path) -> None:
    (tmp_path / "sign.yaml").write_text(RULE)
    assert list(load(tmp_path)) == ["sign"]


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_names_file_line_and_what_is_wrong(tmp_path: Path, name: str) -> None:
    old, new, line, words = MISTAKES[name]
    assert old in RULE
    (tmp_path / "sign.yaml").write_text(RULE.replace(old, new))
    with pytest.raises(WaylineError) as caught:
        load(tmp_path)
    assert str(caught.value).startswith("flags/sign.yaml, line ")
    assert f"line {line}:" in str(caught.value)
    assert words in str(caught.value)


def test_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(WaylineError, match="no flags were found"):
        load(tmp_path)
