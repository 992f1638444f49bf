"""Case files: every value form of the facts vocabulary, and clear errors for what cannot be meant."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import situation_of, situation_of_text, span
from wayline.facts.case import load_case
from wayline.facts.courses import Course, Listing
from wayline.facts.labs import LabResult
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.library import library
from wayline.reading import WaylineError
from wayline.report import facts_json

HEAD = "as_of: 2026-11-20\nfacts:\n"


def case(lines: str) -> Situation:
    """A case of YAML lines under `facts:`."""
    return situation_of_text(HEAD + "".join(f"  {line}\n" for line in lines.splitlines()))


def error_of(lines: str) -> str:
    with pytest.raises(WaylineError) as error:
        case(lines)
    return str(error.value)


# --- Forms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "state"),
    [
        ("labs.albumin: 3.9", "3.9", "known"),
        ("labs.albumin: 4", "4", "known"),
        ("labs.albumin: +3.9", "3.9", "known"),
        ("labs.albumin: 39e-1", "3.9", "known"),
        ('labs.albumin: {value: 3.9, date: 2026-11-02, source: "lab report"}', "3.9", "known"),
        ("labs.albumin: {value: 39, unit: g/L}", "3.9", "known"),
        ("labs.albumin:\n  value: 3.9\n  date: 2026-11", None, "known"),
        ("biomarker.pdl1_cps: {at_least: 1}", "[1, 100]", "partly"),
        ("biomarker.pdl1_cps: {at_least: 1, below: 10}", "[1, 10)", "partly"),
        ("biomarker.pdl1_cps: {at_most: 4}", "[0, 4]", "partly"),
        ("biomarker.pdl1_cps: {above: 4}", "(4, 100]", "partly"),
        ("biomarker.pdl1_cps: {above: 4, at_most: 9}", "(4, 9]", "partly"),
        ("biomarker.pdl1_cps: {at_least: 5, at_most: 5}", "5", "known"),
        ("biomarker.pdl1_cps: {at_least: 1, date: 2026-10-01, source: pathology}", "[1, 100]", "partly"),
        ("liver.lesion_count: {above: 2}", "[3, 200]", "partly"),
        ("liver.lesion_count: {below: 3}", "[0, 2]", "partly"),
        ("liver.lesion_count: {above: 2, below: 4}", "3", "known"),
        ("liver.lesion_count: {at_least: 2}", "[2, 200]", "partly"),
        ("liver.lesion_count: 0", "0", "known"),
    ],
)
def test_numbers(written: str, value: str | None, state: str) -> None:
    """Plain, with date and source, in another unit, or partly known; a whole number leaves only whole numbers."""
    situation = case(written)
    fact_id = written.split(":")[0]
    assert situation.finding(fact_id).state == state
    assert situation.number(fact_id) == (span("3.9") if value is None else span(value))


@pytest.mark.parametrize(
    ("written", "multiple"),
    [
        ("{times_uln: 2.1}", "2.1"),
        ("{times_uln: 0}", "0"),
        ("{times_uln: {at_least: 2}}", "[2, inf)"),
        ("{times_uln: {above: 1, at_most: 3}}", "(1, 3]"),
        ("{times_uln: {below: 3}}", "[0, 3)"),
        ("{times_uln: 2.1, date: 2026-11-16, source: lab report}", "2.1"),
    ],
)
def test_labs_against_their_upper_limit(written: str, multiple: str) -> None:
    """A lab may be told as times its own upper limit of normal."""
    assert case(f"labs.alt: {written}").times_uln("labs.alt") == span(multiple)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("diagnosis.histology: adenocarcinoma", {"adenocarcinoma"}),
        ("diagnosis.histology: Squamous", {"squamous"}),
        ("diagnosis.histology: {value: squamous, date: 2026-01-02}", {"squamous"}),
        ("function.ecog: 1", {"1"}),
        ('function.ecog: "1"', {"1"}),
        ("function.ecog: {value: 1, source: clinic}", {"1"}),
        ("function.ecog: {one_of: [1, 2]}", {"1", "2"}),
        ("function.ecog: {one_of: [1]}", {"1"}),
        ("diagnosis.stage: 4b", {"4b"}),
        ("diagnosis.stage: 4B", {"4b"}),
        ("diagnosis.stage: 4", {"4a", "4b"}),
        ('diagnosis.stage: "4"', {"4a", "4b"}),
        ("diagnosis.stage: {one_of: [3, 4]}", {"3", "4a", "4b"}),
        ("diagnosis.stage: {one_of: [3, 4a], date: 2026-10}", {"3", "4a"}),
        ("liver.ascites: none", {"none"}),
        ("biomarker.her2_ihc: 0", {"0"}),
    ],
)
def test_choices(written: str, values: set[str]) -> None:
    """A choice is a word or a number of the vocabulary; stage 4 stands for 4a or 4b."""
    assert case(written).value(written.split(":")[0]) == values


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("true", True),
        ("True", True),
        ("false", False),
        ("yes", True),
        ("no", False),
        ("Yes", True),
        ("NO", False),
        ('"no"', False),
        ("{value: true, date: 2026-10-01}", True),
        ("{value: no}", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("{value: null, source: clinic}", None),
    ],
)
def test_yes_or_no(written: str, answer: bool | None) -> None:
    """Yes, no, or not known; null is not known, never no."""
    assert case(f"metastases.brain: {written}").value("metastases.brain") is answer


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2025-10-06", "2025-10-06", "2025-10-06"),
        ('"2025-10-06"', "2025-10-06", "2025-10-06"),
        ("2025-10", "2025-10-01", "2025-10-31"),
        ("2025", "2025-01-01", "2025-12-31"),
        ('"2025"', "2025-01-01", "2025-12-31"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("{value: 2025-10-06, source: letter}", "2025-10-06", "2025-10-06"),
    ],
)
def test_dates(written: str, first: str, last: str) -> None:
    """A day, a month or a year; what has begun ends today."""
    value = case(f"diagnosis.date: {written}").value("diagnosis.date")
    assert isinstance(value, DateRange)
    assert (value.first.isoformat(), value.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("person.postal_code: 02115", "02115"),
        ('person.postal_code: "02115"', "02115"),
        ("person.postal_code: {value: 02115}", "02115"),
        ("person.postal_code: 77030", "77030"),
        ("person.postal_code: 1e5", "1e5"),
        ("person.postal_code: 0x10", "0x10"),
        ("person.postal_code: SW1A 1AA", "SW1A 1AA"),
        ("person.country: NO", "NO"),
        ("person.country: No", "No"),
        ("person.country: {value: NO, source: form}", "NO"),
        ("person.country: ON", "ON"),
        ("person.country: US", "US"),
    ],
)
def test_texts_keep_their_spelling(written: str, text: str) -> None:
    """Norway is not false, and Boston's ZIP code keeps its zero."""
    assert case(written).value(written.split(":")[0]) == text


def test_a_list_of_choices_keeps_its_order() -> None:
    """Wishes stand in the person's own order."""
    assert case("wish.goals: [swallow_better, live_longer]").value("wish.goals") == Listing(("swallow_better", "live_longer"))


@pytest.mark.parametrize("fact_id", ["liver.lesions", "therapy.history", "wish.goals"])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[]", Listing(())),
        ("{value: []}", Listing(())),
        ("{items: []}", Listing(())),
        ("{items: [], complete: true}", Listing(())),
        ("{items: [], complete: false}", Listing((), complete=False)),
        ("null", None),
    ],
)
def test_an_empty_list_is_known_to_be_empty(fact_id: str, written: str, expected: Listing[Any] | None) -> None:
    """`[]` says that there is none, null that nobody knows."""
    assert case(f"{fact_id}: {written}").finding(fact_id).shown == expected


def test_lesions() -> None:
    """Segment, longest diameter, what is near, date; each may be left out, and the oldest scan dates the list."""
    finding = case(
        "liver.lesions:\n"
        "  - {segment: 6, diameter_cm: 2.4, near: [], date: 2026-11-02}\n"
        "  - {segment: 4a, diameter_cm: {value: 18, unit: mm}, near: [hepatic_vein, bile_duct], date: 2026-10-30}\n"
        "  - {diameter_cm: {below: 1}}\n"
        "  - {segment: unknown, diameter_cm: null, near: null, date: null}\n"
        "  - {}\n"
    ).finding("liver.lesions")
    assert finding.value == Listing(
        (
            Lesion("6", NumberRange.exactly(2.4), frozenset(), DateRange.parse("2026-11-02")),
            Lesion("4a", NumberRange.exactly(1.8), frozenset({"hepatic_vein", "bile_duct"}), DateRange.parse("2026-10-30")),
            Lesion("unknown", NumberRange(0, 1, high_open=True)),
            Lesion(),
            Lesion(),
        )
    )
    assert finding.date == DateRange.parse("2026-10-30")


@pytest.mark.parametrize("written", ["{value: [{date: 2026-10-30}], date: 2026-11-02}", "{items: [{date: 2026-10-30}], date: 2026-11-02}"])
def test_the_date_of_a_lesion_list_goes_before_those_of_its_items(written: str) -> None:
    """Whoever dates the list itself means it."""
    assert case(f"liver.lesions: {written}").finding("liver.lesions").date == DateRange.parse("2026-11-02")


def test_a_lesion_may_have_a_name() -> None:
    """The same name on two scans is the same tumor; a number serves as a name too."""
    names = [lesion.name for lesion in case("liver.lesions: [{name: A}, {name: 02}, {name: null}, {}]").value("liver.lesions")]
    assert names == ["A", "02", None, None]


def test_earlier_scans() -> None:
    """Each has a date and its lesions, in all their forms; a list that may have gaps says so."""
    scans = case(
        "liver.earlier_scans:\n"
        "  - {date: 2026-08-03, lesions: [{name: A, segment: 6, diameter_cm: {value: 31, unit: mm}}]}\n"
        "  - {date: 2026-05, lesions: [], complete: false}\n"
    ).value("liver.earlier_scans")
    assert scans == Listing(
        (
            Scan(DateRange.parse("2026-08-03"), Listing((Lesion("6", NumberRange.exactly(3.1), name="A"),))),
            Scan(DateRange.parse("2026-05"), Listing((), complete=False)),
        )
    )


def test_earlier_results() -> None:
    """Each names its blood test; value and range are in the unit that it names, and a bound is a value too."""
    results = case(
        "labs.earlier_results:\n"
        "  - {lab: labs.bilirubin, value: 34.2, unit: umol/L, upper_limit: 20.52, date: 2026-10-02}\n"
        "  - {lab: labs.albumin, value: {below: 3}, lower_limit: 3.5, upper_limit: 5, date: 2026-09}\n"
    ).value("labs.earlier_results")
    assert results == Listing(
        (
            LabResult("labs.bilirubin", NumberRange.exactly(2), DateRange.parse("2026-10-02"), None, NumberRange.exactly(1.2)),
            LabResult("labs.albumin", span("[0, 3)"), DateRange.parse("2026-09"), NumberRange.exactly(3.5), NumberRange.exactly(5)),
        )
    )


def test_courses() -> None:
    """Drugs by any of their names, procedures by the options' ids; each other key may be left out."""
    history = case(
        "therapy.history:\n"
        "  - {drugs: [FLOT], intent: perioperative, start: 2025-01, end: 2025-06-30, ended_because: completed, best_response: partial}\n"
        "  - {drugs: [Keytruda, cisplatin, study drug 17], intent: palliative}\n"
        "  - {procedure: stent, start: 2026-03-02}\n"
        "  - {drugs: [cisplatin], intent: null, end: null}\n"
    ).value("therapy.history")
    assert history == Listing(
        (
            Course(
                drugs=("fluorouracil", "leucovorin", "oxaliplatin", "docetaxel"),
                intent="perioperative",
                start=DateRange.parse("2025-01"),
                end=DateRange.parse("2025-06-30"),
                ended_because="completed",
                best_response="partial",
            ),
            Course(drugs=("pembrolizumab", "cisplatin"), unknown_drugs=("study drug 17",), intent="palliative"),
            Course(procedure="stent", start=DateRange.parse("2026-03-02")),
            Course(drugs=("cisplatin",)),
        )
    )


@pytest.mark.parametrize("intent", ["perioperative", "definitive", "palliative"])
@pytest.mark.parametrize("ending", ["progression", "toxicity", "completed", "other"])
@pytest.mark.parametrize("response", ["complete", "partial", "stable", "progression"])
def test_every_word_of_a_course(intent: str, ending: str, response: str) -> None:
    """All combinations of the words are taken."""
    course = {"drugs": ["cisplatin"], "intent": intent, "ended_because": ending, "best_response": response}
    assert len(situation_of({"therapy.history": [course]}).value("therapy.history")) == 1


def test_date_and_source_are_kept() -> None:
    """Where a value came from is shown beside it."""
    told = case('labs.albumin: {value: 3.9, date: 2026-11-02, source: "lab report, page 2"}').finding("labs.albumin").told
    assert told is not None
    assert (told.date, told.source) == (DateRange.parse("2026-11-02"), "lab report, page 2")


@pytest.mark.parametrize("text", ["as_of: 2026-11-20\nfacts: {}", "as_of: 2026-11-20\nfacts:\n", "as_of: 2026-11-20\nfacts: null"])
def test_a_case_may_know_nothing(text: str) -> None:
    """No facts is a case too."""
    assert situation_of_text(text).told == {}


@pytest.mark.parametrize("definition", list(library().vocabulary.values()), ids=lambda definition: definition.id)
def test_null_is_unknown_for_every_fact(definition: Any) -> None:
    """Null and leaving out are the same."""
    assert situation_of({definition.id: None}).told == {}
    assert situation_of({definition.id: {"value": None}}).told == {}


# --- Errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("labs.bilirubn: 1", "labs.bilirubin"),
        ("Labs.Albumin: 3", "labs.albumin"),
        ("biomarker.her_2: positive", "biomarker.her2"),
        ("metastasis.liver: true", "metastases.liver"),
        ("labs.alt_ulm: 40", "labs.alt_uln"),
        ("symptom.disphagia: 2", "symptom.dysphagia"),
    ],
)
def test_an_unknown_fact_names_the_nearest_word_and_the_line(written: str, meant: str) -> None:
    """A typing slip is no silent loss of a fact."""
    message = error_of(f"person.age: 61\n{written}")
    assert message.startswith("case.yaml, line 4: ")
    assert f"Did you mean '{meant}'?" in message


@pytest.mark.parametrize(
    ("written", "said"),
    [
        # choices
        ("diagnosis.histology: adenocarcinom", "Did you mean 'adenocarcinoma'?"),
        ("diagnosis.histology: melanoma", "Choices: adenocarcinoma, squamous"),
        ("diagnosis.stage: IV", "Choices: 1, 2, 3, 4a, 4b, 4"),
        ("diagnosis.stage: 5", "is not a choice"),
        ("function.ecog: 5", "is not a choice"),
        ("function.ecog: 1.5", "is not a choice"),
        ("function.ecog: true", "is not a choice"),
        ("function.ecog: [1]", "is not a choice"),
        ("function.ecog: {one_of: [1, 7]}", "'7' is not a choice"),
        ("function.ecog: {one_of: 1}", "list of choices"),
        ("function.ecog: {one_of: []}", "list of choices"),
        ("wish.goals: [live_forever]", "is not a choice"),
        ("wish.goals: live_longer", "list"),
        # numbers
        ("labs.albumin: true", "is not a number"),
        ("labs.albumin: no", "is not a number"),
        ('labs.albumin: "3.9"', "is not a number"),
        ("labs.albumin: 3,9", "is not a number"),
        ("labs.albumin: about 4", "is not a number"),
        ("labs.albumin: .nan", "is not a number"),
        ("labs.albumin: .inf", "is not a number"),
        ("labs.albumin: 1e999", "is not a number"),
        ("labs.albumin: 0x10", "is not a number"),
        ("labs.albumin: [3.9]", "is not a number"),
        ("labs.albumin: {value: true}", "is not a number"),
        ("labs.albumin: {at_least: true}", "is not a number"),
        ("labs.albumin: -1", "not possible"),
        ("labs.albumin: 10.1", "not possible"),
        ("labs.albumin: {at_least: 11}", "not possible"),
        ("person.age: 126", "not possible"),
        ("liver.remnant_fraction: 1.01", "not possible"),
        ("biomarker.pdl1_cps: 101", "not possible"),
        ("liver.lesion_count: 2.5", "whole number"),
        ("liver.child_pugh_points: 4", "not possible"),
        ("liver.child_pugh_points: 16", "not possible"),
        ("biomarker.pdl1_cps: {at_least: 5, at_most: 4}", "no number"),
        ("biomarker.pdl1_cps: {above: 5, below: 5}", "no number"),
        ("biomarker.pdl1_cps: {at_least: 5, above: 4}", "not both"),
        ("biomarker.pdl1_cps: {at_most: 5, below: 4}", "not both"),
        ("liver.lesion_count: {above: 2, below: 3}", "no number"),
        ("biomarker.pdl1_cps: {more_than: 5}", "'more_than'"),
        # units and limits of normal
        ("labs.bilirubin: {value: 12, unit: g/L}", "mg/dL or umol/L"),
        ("labs.inr: {value: 1, unit: mg/dL}", "no unit"),
        ("function.ecog: {value: 1, unit: points}", "'unit' is not a key"),
        ("labs.alt: {times_uln: -1}", "below 0"),
        ("labs.alt: {times_uln: high}", "is not a number"),
        ("labs.alt: {times_uln: true}", "is not a number"),
        ("labs.alt: {times_uln: 2, unit: U/L}", "no unit"),
        ("labs.alt: {times_uln: {at_least: 2, value: 3}}", "'value'"),
        ("person.age: {times_uln: 2}", "no upper limit"),
        # two forms at once, or none
        ("labs.alt: {value: 30, times_uln: 2}", "does not go together"),
        ("labs.alt: {value: 30, at_least: 2}", "does not go together"),
        ("labs.alt: {times_uln: 2, at_most: 40}", "does not go together"),
        ("function.ecog: {value: 1, one_of: [1, 2]}", "does not go together"),
        ("liver.lesions: {value: [], items: []}", "does not go together"),
        ("labs.alt: {date: 2026-11-01}", "a value is missing"),
        ("labs.alt: {}", "a value is missing"),
        ("liver.lesions: {complete: false}", "a value is missing"),
        ("labs.alt: {value: 30, vale: 31}", "'vale'"),
        ("labs.alt: {value: 30, complete: true}", "'complete'"),
        # yes or no
        ("metastases.brain: 1", "true or false"),
        ("metastases.brain: 0", "true or false"),
        ("metastases.brain: maybe", "true or false"),
        ("metastases.brain: [true]", "true or false"),
        # dates
        ("diagnosis.date: 2026-11-21", "lies after"),
        ("diagnosis.date: 2027", "lies after"),
        ("diagnosis.date: 2026-12", "lies after"),
        ("labs.alt: {value: 30, date: 2026-11-21}", "lies after"),
        ("liver.lesions: [{date: 2026-11-21}]", "lies after"),
        ("therapy.history: [{drugs: [cisplatin], start: 2026-11-21}]", "lies after"),
        ("therapy.history: [{drugs: [cisplatin], end: 2026-12}]", "lies after"),
        ("person.birth_date: 2026-11-21", "lies after"),
        ("diagnosis.date: 11/20/2026", "is not a date"),
        ("diagnosis.date: 2026-02-30", "is not a date"),
        ("diagnosis.date: 2026-1-5", "is not a date"),
        ("diagnosis.date: true", "is not a date"),
        ("diagnosis.date: [2026]", "is not a date"),
        ("diagnosis.date: yesterday", "is not a date"),
        ("labs.alt: {value: 30, date: recently}", "is not a date"),
        # sources and texts
        ("labs.alt: {value: 30, source: 5}", "source"),
        ("labs.alt: {value: 30, source: [a]}", "source"),
        (f"labs.alt: {{value: 30, source: {'x' * 501}}}", "500"),
        (f"person.country: {'x' * 501}", "500"),
        ("person.country: [US]", "text"),
        # lists
        ("liver.lesions: 2", "list"),
        ("liver.lesions: {segment: 6}", "'segment'"),
        ("liver.lesions: [6]", "key: value"),
        ("liver.lesions: [{name: []}]", "short text"),
        (f"liver.lesions: [{{name: {'x' * 41}}}]", "40"),
        ("liver.lesions: [{name: ' '}]", "short text"),
        ("liver.earlier_scans: [{lesions: []}]", "'date' is missing"),
        ("liver.earlier_scans: [{date: 2026-10-01}]", "'lesions' is missing"),
        ("liver.earlier_scans: [{date: 2026-11-21, lesions: []}]", "lies after"),
        ("liver.earlier_scans: [{date: 2026-10-01, lesions: [{segmnt: 6}]}]", "Did you mean 'segment'"),
        ("labs.earlier_results: [{lab: labs.albumn, value: 3, date: 2026-10-01}]", "Did you mean 'labs.albumin'"),
        ("labs.earlier_results: [{lab: labs.alt_uln, value: 40, date: 2026-10-01}]", "not a blood test"),
        ("labs.earlier_results: [{lab: function.ecog, value: 1, date: 2026-10-01}]", "not a blood test"),
        ("labs.earlier_results: [{lab: labs.albumin, value: null, date: 2026-10-01}]", "not a number"),
        ("labs.earlier_results: [{lab: labs.albumin, value: 39, date: 2026-10-01}]", "Was it 39 g/L?"),
        ("labs.earlier_results: [{lab: labs.albumin, value: 3, unit: mg/dL, date: 2026-10-01}]", "given in g/dL"),
        ("labs.earlier_results: [{lab: labs.albumin, value: 3}]", "'date' is missing"),
        ("labs.earlier_results: [{lab: labs.alt, value: 3, lower_limit: 45, upper_limit: 7, date: 2026-10-01}]", "above the lower"),
        ("liver.lesions: [{segment: 9}]", "not a liver segment"),
        ("liver.lesions: [{segment: 4}]", "Did you mean '4"),
        ("liver.lesions: [{diameter_cm: 41}]", "not possible"),
        ("liver.lesions: [{diameter_cm: -1}]", "not possible"),
        ("liver.lesions: [{diameter_cm: big}]", "is not a number"),
        ("liver.lesions: [{diameter: 2}]", "Did you mean 'diameter_cm'?"),
        ("liver.lesions: [{near: bile_duct}]", "list"),
        ("liver.lesions: [{near: [bile_ducts]}]", "Did you mean 'bile_duct'?"),
        ("liver.lesions: [{near: [[bile_duct]]}]", "not a place in the liver"),
        ("liver.lesions: {items: [], complete: maybe}", "true or false"),
        ("therapy.history: [cisplatin]", "key: value"),
        ("therapy.history: [{intent: palliative}]", "'drugs' or a 'procedure'"),
        ("therapy.history: [{drugs: []}]", "'drugs' or a 'procedure'"),
        ("therapy.history: [{drugs: cisplatin}]", "must be a list"),
        ("therapy.history: [{drugs: 5}]", "must be a list"),
        ("therapy.history: [{drugs: true}]", "must be a list"),
        ("therapy.history: [{drugs: {a: b}}]", "must be a list"),
        ("therapy.history: [{drugs: [5]}]", "name"),
        ('therapy.history: [{drugs: [""]}]', "name"),
        ("therapy.history: [{procedure: stents}]", "Did you mean 'stent'?"),
        ("therapy.history: [{procedure: [stent]}]", "not a procedure"),
        ("therapy.history: [{drugs: [cisplatin], intent: curative}]", "Choices: perioperative, definitive, palliative"),
        ("therapy.history: [{drugs: [cisplatin], ended_because: growth}]", "Choices: progression, toxicity, completed, other"),
        ("therapy.history: [{drugs: [cisplatin], best_response: good}]", "Choices: complete, partial, stable, progression"),
        ("therapy.history: [{drugs: [cisplatin], start: 2026-05, end: 2026-04}]", "before it starts"),
        ("therapy.history: [{drug: [cisplatin]}]", "Did you mean 'drugs'?"),
        # impossible through what follows from them
        ("person.birth_date: 1850-01-01", "person.birth_date"),
        ("diagnosis.date: 0999-05", "diagnosis.date"),
    ],
)
def test_what_cannot_be_meant_is_an_error(written: str, said: str) -> None:
    """The message names file and line, and says what is wrong."""
    message = error_of(f"person.sex: male\n{written}")
    assert message.startswith("case.yaml, line 4: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("facts:\n  person.age: 61\n", "as_of"),
        ("as_of:\nfacts:\n", "is not a date"),
        ("as_of: 2026-11\nfacts:\n", "whole date"),
        ("as_of: 2026\nfacts:\n", "whole date"),
        ("as_of: today\nfacts:\n", "is not a date"),
        ("as_of: true\nfacts:\n", "is not a date"),
        ("as_of: [2026-11-20]\nfacts:\n", "is not a date"),
        ("as_of: 2026-11-20\n", "facts"),
        ("as_of: 2026-11-20\nfacts: []\n", "'fact: value'"),
        ("as_of: 2026-11-20\nfacts: 5\n", "'fact: value'"),
        ("as_of: 2026-11-20\nfact:\n", "fact"),
        ("as_of: 2026-11-20\nfacts:\nname: Jo\n", "'name'"),
        ("- as_of: 2026-11-20\n", "key: value"),
        ("as of 2026", "key: value"),
        ("", "key: value"),
        ("# only a comment\n", "key: value"),
        ("null", "key: value"),
    ],
)
def test_a_case_has_a_date_and_facts(text: str, said: str) -> None:
    """`as_of` is required: nothing guesses what today is."""
    with pytest.raises(WaylineError, match=r"line [123]") as error:
        situation_of_text(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  person.age: 61\n  person.age: 62\n",
        HEAD + "  labs.alt: {value: 1, value: 2}\n",
        "as_of: 2026-11-20\nas_of: 2026-11-21\nfacts:\n",
        '{"as_of": "2026-11-20", "facts": {"person.age": 61, "person.age": 62}}',
        '{"as_of": "2026-11-20", "facts": {"person.age": 61, "person\\u002eage": 62}}',
    ],
)
def test_a_key_that_stands_twice_is_an_error(text: str) -> None:
    """Neither YAML nor JSON may silently drop one of two values."""
    with pytest.raises(WaylineError, match="twice"):
        situation_of_text(text)


# --- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "fact_id", "expected"),
    [
        ('{"person.age":61}', "person.age", "61"),
        ('{\t"person.age"\t:\t61\t}', "person.age", "61"),
        ('{\n\t"person.age": 61\n}', "person.age", "61"),
        ('{\r\n  "person.age": 61\r\n}', "person.age", "61"),
        ('{"person\\u002eage": 61}', "person.age", "61"),
        ('{"person.age"\n: 61}', "person.age", "61"),
        ('{"labs.albumin": 3.9E0}', "labs.albumin", "3.9"),
        ('{"labs.albumin": 39e-1}', "labs.albumin", "3.9"),
        ('{"labs.albumin": {"value": 39, "unit": "g\\/L"}}', "labs.albumin", "3.9"),
        ('{"labs.bilirubin": {"value": 17.1, "unit": "\\u00b5mol/L"}}', "labs.bilirubin", "1"),
        ('{"liver.lung_shunt_fraction": 0.0033333333333333335}', "liver.lung_shunt_fraction", "0.003333333"),
    ],
)
def test_json_is_read_like_yaml(facts: str, fact_id: str, expected: str) -> None:
    """All that JSON allows: tabs between tokens, escapes, exponents, numbers with as many digits as programs write."""
    assert situation_of_text(f'{{"as_of": "2026-11-20", "facts": {facts}}}').number(fact_id) == span(expected)


@pytest.mark.parametrize(
    "text", ["lab report", 'with "quotes" and \\ and /', "two\nlines\tand a tab", "é µ 日本", "smile 😀", "# no comment: x"]
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_strings_come_through_whole(text: str, ascii_only: bool) -> None:
    """Escaped or not, a source stays as it was written."""
    facts = {"labs.albumin": {"value": 3.9, "source": text}}
    document = json.dumps({"as_of": "2026-11-20", "facts": facts}, ensure_ascii=ascii_only)
    told = situation_of_text(document).finding("labs.albumin").told
    assert told is not None
    assert told.source == text


@pytest.mark.parametrize(
    ("written", "expected"), [('"02115"', "02115"), ('"NO"', "NO"), ('"null"', "null"), ('"true"', "true"), ("2115", "2115")]
)
def test_json_texts(written: str, expected: str) -> None:
    """A quoted word is a text, whatever it looks like."""
    assert situation_of_text(f'{{"as_of": "2026-11-20", "facts": {{"person.country": {written}}}}}').value("person.country") == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"as_of": "2026-11-20", "facts": {"person.age": 61}', "JSON"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": 61,}}', "JSON"),
        ('{"as_of": "2026-11-20",\n "facts": {"person.age": 061}}', "line 2"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": NaN}}', "NaN"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": Infinity}}', "Infinity"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": -Infinity}}', "Infinity"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": 1e400}}', "is not a number"),
        ('{"as_of": "2026-11-20", "facts": {"person.country": "a\tb"}}', "JSON"),
        ('{"as_of": "2026-11-20", "facts": {"person.age": "61"}}', "is not a number"),
        ('{"as_of": "2026-11-20", "facts": {}} {}', "JSON"),
    ],
)
def test_json_mistakes_are_errors(text: str, said: str) -> None:
    """Broken JSON is not mended by reading it as YAML."""
    with pytest.raises(WaylineError) as error:
        situation_of_text(text)
    assert said in str(error.value)


# --- Files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"as_of: 2026-11-20\nfacts:\n  person.age: 61\n",
        b"as_of: 2026-11-20\nfacts:\n  person.age: 61",
        b"as_of: 2026-11-20\r\nfacts:\r\n  person.age: 61\r\n",
        b"\xef\xbb\xbfas_of: 2026-11-20\nfacts:\n  person.age: 61\n",
        b"\xef\xbb\xbf# note\r\nas_of: 2026-11-20\r\nfacts: {person.age: 61}\r\n",
        b'\xef\xbb\xbf{"as_of": "2026-11-20", "facts": {"person.age": 61}}',
        b'{"as_of": "2026-11-20",\r\n "facts": {"person.age": 61}}\r\n',
        b"--- \nas_of: 2026-11-20\nfacts: {person.age: 61}\n...\n",
        b"{as_of: 2026-11-20, facts: {person.age: 61}}",
        b"facts:\n  person.age: 61\nas_of: 2026-11-20\n",
        b"'as_of': \"2026-11-20\"\n\"facts\":\n  'person.age': 61 # in years\n",
    ],
)
def test_files_of_every_usual_make(raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte order mark, Windows line ends, quotes, comments: from a file and from standard input."""
    path = tmp_path / "case.yaml"
    path.write_bytes(raw)
    assert load_case(path, library().vocabulary).number("person.age") == span("61")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    assert load_case("-", library().vocabulary).number("person.age") == span("61")


@pytest.mark.parametrize(
    "raw", [b"as_of: 2026-11-20\nfacts:\n  person.country: \xe9\n", "as_of: 2026-11-20".encode("utf-16"), b"\xff\xfe\x00"]
)
def test_a_file_that_is_not_utf_8_is_an_error(raw: bytes, tmp_path: Path) -> None:
    """No guessing of encodings."""
    path = tmp_path / "case.yaml"
    path.write_bytes(raw)
    with pytest.raises(WaylineError, match="not UTF-8"):
        load_case(path, library().vocabulary)


@pytest.mark.parametrize(
    ("fact_id", "written", "state"),
    [
        ("labs.albumin", 3.9, "known"),
        ("labs.albumin", 4, "known"),
        ("labs.alt", {"times_uln": 2.1}, "partly"),
        ("labs.alt", {"times_uln": {"at_least": 2, "below": 3}}, "partly"),
        ("biomarker.pdl1_cps", {"at_least": 1, "below": 10}, "partly"),
        ("biomarker.pdl1_cps", {"above": 1, "at_most": 10}, "partly"),
        ("diagnosis.stage", "4b", "known"),
        ("diagnosis.stage", 4, "partly"),
        ("function.ecog", 1, "known"),
        ("function.ecog", {"one_of": [1, 2]}, "partly"),
        ("metastases.brain", True, "known"),
        ("metastases.brain", False, "known"),
        ("diagnosis.date", "2026-10-28", "known"),
        ("diagnosis.date", "2026-10", "partly"),
        ("diagnosis.date", "2025", "partly"),
        ("diagnosis.date", "2026-11", "partly"),
        ("diagnosis.date", "2026", "partly"),
        ("person.postal_code", "02115", "known"),
        ("wish.goals", ["swallow_better", "live_longer"], "known"),
        ("liver.lesions", [{"segment": 6, "diameter_cm": 2.4, "near": ["bile_duct"], "date": "2026-11-02"}], "known"),
        ("liver.lesions", {"items": [{"segment": "4a"}], "complete": False}, "partly"),
        ("liver.lesions", [{"name": "A", "segment": 6}], "known"),
        (
            "liver.earlier_scans",
            [{"date": "2026-08", "lesions": [{"segment": 6, "diameter_cm": {"at_least": 0, "below": 1}}], "complete": False}],
            "known",
        ),
        (
            "labs.earlier_results",
            [{"lab": "labs.alt", "value": {"at_least": 0, "below": 7}, "date": "2026-08-02", "lower_limit": 7, "upper_limit": 45}],
            "known",
        ),
        ("therapy.history", [{"drugs": ["cisplatin"], "intent": "palliative", "start": "2026-01", "end": "2026-06-02"}], "known"),
        ("therapy.history", [{"procedure": "stent"}], "known"),
    ],
)
def test_facts_are_printed_in_the_forms_of_a_case_file(fact_id: str, written: Any, state: str) -> None:
    """What `facts --json` prints as a told value can be put into a case file again and is then the same."""
    (shown,) = [fact for fact in facts_json(situation_of({fact_id: written}))["facts"] if fact["id"] == fact_id]
    assert shown["state"] == state
    assert shown["value"] == written


def test_a_dated_month_that_is_still_under_way_is_printed_as_it_was_written() -> None:
    """A lab "in November" is dated 2026-11, not with a form that no case file takes."""
    (shown,) = [
        fact for fact in facts_json(situation_of({"labs.inr": {"value": 1, "date": "2026-11"}}))["facts"] if fact["id"] == "labs.inr"
    ]
    assert shown["date"] == "2026-11"


@pytest.mark.parametrize("lab", ["albumin", "hemoglobin", "platelets", "potassium", "glucose", "alt", "bilirubin", "inr"])
def test_every_lab_may_have_its_own_range(lab: str) -> None:
    """The facts vocabulary: labs.X_uln, any lab, where the report gives its upper limit; and labs.X_lln for the lower one."""
    for limit in (f"labs.{lab}_uln", f"labs.{lab}_lln"):
        assert situation_of({limit: 1}).number(limit) == span("1")
