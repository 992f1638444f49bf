"""The limits of every liver-directed option for one person, dimension by dimension, on both sides of every number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers import days_ago, situation_of
from wayline.facts.situation import Situation
from wayline.library import library
from wayline.options.limits import DIMENSIONS, DimensionLimits, State, dimension_of, limits_for, without_dimension

CONTENT = library()
LIVER_DIRECTED = {option.id: option for option in CONTENT.catalog.values() if option.kind == "liver_directed"}
MET, WIDER, NOT_MET, NOT_KNOWN, NO_LIMIT = State.MET, State.WIDER, State.NOT_MET, State.NOT_KNOWN, State.NO_LIMIT

Table = dict[tuple[str, ...], list[tuple[Any, State]]]

ABLATIONS = ("cryoablation", "microwave_ablation", "radiofrequency_ablation")
RADIATION = ("proton_therapy", "robotic_radiosurgery", "stereotactic_body_radiation")

# Somebody with two small tumors in one half of the liver, away from the ducts, responding, nothing elsewhere, and a liver that works well.
BASE: dict[str, Any] = {
    "metastases.liver": True,
    **{f"metastases.{site}": False for site in ("lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other")},
    "disease.status": "responding",
    "liver.lesion_count": 2,
    "liver.largest_cm": 2.5,
    "liver.distribution": "one_lobe",
    "liver.near_bile_duct": False,
    "liver.near_large_vessel": False,
    "liver.portal_vein_thrombosis": False,
    "liver.remnant_fraction": 0.5,
    "liver.cirrhosis": False,
    "liver.ascites": "none",
    "liver.encephalopathy": "none",
    "labs.bilirubin": 0.8,
    "labs.bilirubin_uln": 1.2,
    "labs.albumin": 4.2,
    "labs.ast": 25,
    "labs.ast_uln": 40,
    "labs.alt": 25,
    "labs.alt_uln": 40,
    "labs.inr": 1,
    "labs.platelets": 200,
    "labs.creatinine": 0.9,
    "function.ecog": 1,
}


def person(**changes: Any) -> Situation:
    """The person above with some facts changed; None takes a fact away. `liver__largest_cm` is written for `liver.largest_cm`."""
    facts = BASE | {fact.replace("__", "."): value for fact, value in changes.items()}
    return situation_of({fact: value for fact, value in facts.items() if value is not None})


def limits_of(option: str, dimension: str, **changes: Any) -> DimensionLimits:
    return limits_for(LIVER_DIRECTED[option], person(**changes), CONTENT.limits_on).of(dimension)


def rows(dimension: str, fact: str, table: Table) -> Iterator[Any]:
    for options, values in table.items():
        for option in options:
            for value, state in values:
                yield pytest.param(
                    option, dimension, {fact.replace(".", "__"): value}, state, id=f"{option}, {fact} {value}: {state.value}"
                )


SIZES: Table = {
    ("radiofrequency_ablation", "microwave_ablation", "irreversible_electroporation"): [
        (2.9, MET),
        (3, MET),
        (3.1, WIDER),
        (4.9, WIDER),
        (5, WIDER),
        (5.1, NOT_MET),
        ({"at_most": 3}, MET),
        ({"below": 4}, NOT_KNOWN),
        ({"above": 3, "at_most": 5}, WIDER),
        ({"above": 3}, WIDER),
        ({"above": 5}, NOT_MET),
        (None, NOT_KNOWN),
    ],
    ("cryoablation",): [(2.9, MET), (3, MET), (3.1, WIDER), (4, WIDER), (4.1, NOT_MET), (None, NOT_KNOWN)],
    ("histotripsy",): [(2.9, MET), (3, MET), (3.1, WIDER), (40, WIDER), (None, NOT_KNOWN)],
    ("stereotactic_body_radiation", "proton_therapy"): [
        (5.9, MET),
        (6, WIDER),
        (6.1, WIDER),
        (7.9, WIDER),
        (8, WIDER),
        (8.1, NOT_MET),
        ({"below": 6}, MET),
        ({"at_most": 6}, NOT_KNOWN),
        (None, NOT_KNOWN),
    ],
    ("robotic_radiosurgery",): [(4.9, MET), (5, WIDER), (5.1, WIDER), (8, WIDER), (8.1, NOT_MET), (None, NOT_KNOWN)],
    ("chemoembolization",): [
        (2.9, WIDER),
        (3, MET),
        (3.1, MET),
        (7.9, MET),
        (8, MET),
        (8.1, WIDER),
        (10, WIDER),
        (10.1, NOT_MET),
        ({"below": 3}, WIDER),
        ({"at_least": 3, "at_most": 8}, MET),
        ({"at_least": 3}, NOT_KNOWN),
        (None, NOT_KNOWN),
    ],
    # one of two ways in: large, or many
    ("radioembolization",): [(2.9, WIDER), (3, MET), (20, MET), (None, NOT_KNOWN)],
    ("liver_resection", "hepatic_artery_infusion", "liver_transplant"): [(0.5, NO_LIMIT), (20, NO_LIMIT), (None, NO_LIMIT)],
}
NUMBERS: Table = {
    (*ABLATIONS, "robotic_radiosurgery", "stereotactic_body_radiation", "liver_resection"): [
        (1, MET),
        (3, MET),
        (4, WIDER),
        (5, WIDER),
        (6, NOT_MET),
        ({"at_most": 3}, MET),
        ({"at_least": 2}, NOT_KNOWN),
        ({"above": 3}, WIDER),
        ({"above": 5}, NOT_MET),
        (None, NOT_KNOWN),
    ],
    ("proton_therapy",): [(3, MET), (4, MET), (5, WIDER), (6, NOT_MET), (None, NOT_KNOWN)],
    ("histotripsy",): [(2, MET), (3, MET), (4, WIDER), (60, WIDER), (None, NOT_KNOWN)],
    ("irreversible_electroporation",): [(2, MET), (3, MET), (4, NOT_MET), (None, NOT_KNOWN)],
    ("chemoembolization", "radioembolization", "hepatic_artery_infusion", "liver_transplant"): [
        (1, NO_LIMIT),
        (60, NO_LIMIT),
        (None, NO_LIMIT),
    ],
}
DUCTS: Table = {
    ABLATIONS: [(False, MET), (True, WIDER), (None, NOT_KNOWN)],
    (*RADIATION, "histotripsy", "radioembolization", "hepatic_artery_infusion", "liver_transplant"): [
        (False, NO_LIMIT),
        (True, NO_LIMIT),
        (None, NO_LIMIT),
    ],
}
CLOT: Table = {("chemoembolization",): [(False, MET), (True, NOT_MET), (None, NOT_KNOWN)], ABLATIONS: [(True, MET), (None, MET)]}
REMNANT: Table = {
    ("liver_resection",): [(0.31, MET), (0.3, MET), (0.29, WIDER), (0.2, WIDER), (0.19, NOT_MET), (None, NOT_KNOWN)],
}
HALVES: Table = {("liver_resection",): [("one_lobe", MET), ("both_lobes", WIDER), (None, NOT_KNOWN)]}
ECOG: Table = {
    (
        *ABLATIONS,
        *RADIATION,
        "chemoembolization",
        "radioembolization",
        "histotripsy",
        "irreversible_electroporation",
        "hepatic_artery_infusion",
    ): [
        (0, MET),
        (2, MET),
        (3, NOT_MET),
        (4, NOT_MET),
        ({"one_of": [1, 2]}, MET),
        ({"one_of": [2, 3]}, NOT_KNOWN),
        ({"value": 1, "date": days_ago(29)}, NOT_KNOWN),
        (None, NOT_KNOWN),
    ],
    ("liver_resection",): [(0, MET), (1, MET), (2, WIDER), (3, NOT_MET), ({"one_of": [1, 2]}, NOT_KNOWN), (None, NOT_KNOWN)],
    ("liver_transplant",): [(0, NO_LIMIT), (4, NO_LIMIT), (None, NO_LIMIT)],
}
BILIRUBIN: Table = {
    (*ABLATIONS, "irreversible_electroporation"): [(1.9, MET), (2, MET), (2.1, WIDER), (9, WIDER), (None, NOT_KNOWN)],
    RADIATION: [(2.9, MET), (3, WIDER), (3.1, NOT_MET), (None, NOT_KNOWN)],
    ("chemoembolization", "radioembolization"): [(1.9, MET), (2, MET), (2.1, WIDER), (3, WIDER), (3.1, NOT_MET), (None, NOT_KNOWN)],
    # below 2.5 times the lab's limit of 1.2 is below 3
    ("histotripsy",): [(2.9, MET), (3, WIDER), (3.1, NOT_MET), (None, NOT_KNOWN)],
    ("hepatic_artery_infusion",): [(1.4, MET), (1.5, NOT_MET), (1.6, NOT_MET), (None, NOT_KNOWN)],
    ("liver_transplant",): [(0.5, NO_LIMIT), (9, NO_LIMIT)],
    ("liver_resection",): [(1.5, MET), (3, MET), (3.1, NOT_MET), (None, NOT_KNOWN)],  # Child-Pugh A stays one way in
}
ALBUMIN: Table = {
    RADIATION: [(2.6, MET), (2.5, NOT_MET), (2.4, NOT_MET), (None, NOT_KNOWN)],
    ("chemoembolization", "radioembolization"): [(3.1, MET), (3, MET), (2.9, WIDER), (None, NOT_KNOWN)],
}
ENZYME: Table = {
    RADIATION: [(119, MET), (120, WIDER), (121, WIDER), (199, WIDER), (200, NOT_MET), (201, NOT_MET), (None, NOT_KNOWN)],
    ("histotripsy",): [(99, MET), (100, WIDER), (101, WIDER), (900, WIDER), (None, NOT_KNOWN)],
}
INR: Table = {("histotripsy",): [(1.9, MET), (2, WIDER), (2.1, WIDER), (None, NOT_KNOWN)]}
PLATELETS: Table = {("histotripsy",): [(51, MET), (50, WIDER), (49, WIDER), (None, NOT_KNOWN)]}
CREATININE: Table = {("chemoembolization",): [(1.9, MET), (2, WIDER), (2.1, WIDER), (None, NOT_KNOWN)]}
STATUS: Table = {
    (*ABLATIONS, *RADIATION, "chemoembolization", "radioembolization", "histotripsy", "irreversible_electroporation"): [
        ("responding", MET),
        ("stable", MET),
        ("progressing", WIDER),
        ({"one_of": ["stable", "progressing"]}, NOT_KNOWN),
        (None, NOT_KNOWN),
    ],
    ("liver_resection",): [("responding", MET), ("stable", WIDER), ("progressing", WIDER), (None, NOT_KNOWN)],
    # not used for this cancer, at most talked about
    ("hepatic_artery_infusion",): [("responding", WIDER), ("progressing", WIDER), (None, WIDER)],
    ("liver_transplant",): [("responding", NOT_MET), (None, NOT_MET)],
}
LUNG: Table = {
    (*ABLATIONS, *RADIATION, "chemoembolization", "radioembolization", "histotripsy", "irreversible_electroporation", "liver_resection"): [
        (False, MET),
        (True, WIDER),
        (None, NOT_KNOWN),
    ],
    ("hepatic_artery_infusion",): [(False, WIDER), (True, NOT_MET), (None, WIDER)],
}
PERITONEUM: Table = {("liver_resection",): [(False, MET), (True, NOT_MET), (None, NOT_KNOWN)], ABLATIONS: [(True, WIDER)]}


@pytest.mark.parametrize(
    ("option", "dimension", "changes", "state"),
    [
        *rows("size", "liver.largest_cm", SIZES),
        *rows("number", "liver.lesion_count", NUMBERS),
        *rows("location", "liver.near_bile_duct", DUCTS),
        *rows("location", "liver.portal_vein_thrombosis", CLOT),
        *rows("location", "liver.remnant_fraction", REMNANT),
        *rows("location", "liver.distribution", HALVES),
        *rows("activity", "function.ecog", ECOG),
        *rows("liver_function", "labs.bilirubin", BILIRUBIN),
        *rows("liver_function", "labs.albumin", ALBUMIN),
        *rows("liver_function", "labs.ast", ENZYME),
        *rows("liver_function", "labs.alt", ENZYME),
        *rows("liver_function", "labs.inr", INR),
        *rows("liver_function", "labs.platelets", PLATELETS),
        *rows("liver_function", "labs.creatinine", CREATININE),
        *rows("elsewhere", "disease.status", STATUS),
        *rows("elsewhere", "metastases.lung", LUNG),
        *rows("elsewhere", "metastases.peritoneum", PERITONEUM),
    ],
)
def test_one_fact_on_both_sides_of_its_limits(option: str, dimension: str, changes: dict[str, Any], state: State) -> None:
    """Just below, at and just above each limit, partly known, and missing: only the limits of this dimension speak."""
    if dimension == "location" and option == "irreversible_electroporation":
        changes = changes | {"liver__near_bile_duct": True}
    assert limits_of(option, dimension, **changes).state is state


@pytest.mark.parametrize(
    ("option", "dimension", "changes", "state"),
    [
        # many tumors stand in for a large one
        ("radioembolization", "size", {"liver__largest_cm": 2.9, "liver__lesion_count": 3}, WIDER),
        ("radioembolization", "size", {"liver__largest_cm": 2.9, "liver__lesion_count": 4}, MET),
        ("radioembolization", "size", {"liver__largest_cm": None, "liver__lesion_count": 4}, MET),
        ("radioembolization", "size", {"liver__largest_cm": None, "liver__lesion_count": 3}, NOT_KNOWN),
        ("radioembolization", "size", {"liver__largest_cm": 3, "liver__lesion_count": None}, MET),
        ("radioembolization", "size", {"liver__largest_cm": 2.9, "liver__lesion_count": None}, NOT_KNOWN),
        # beads with a strained liver
        ("radioembolization", "liver_function", {"labs__bilirubin": 2.1, "liver__distribution": "both_lobes"}, NOT_MET),
        ("radioembolization", "liver_function", {"labs__bilirubin": 2, "liver__distribution": "both_lobes"}, MET),
        ("radioembolization", "liver_function", {"labs__bilirubin": 2.1, "liver__distribution": None}, WIDER),
        # electroporation is for tumors beside ducts and vessels: each of them
        ("irreversible_electroporation", "location", {"liver__lesion_count": 1}, WIDER),
        ("irreversible_electroporation", "location", {"liver__lesion_count": 1, "liver__near_bile_duct": True}, MET),
        ("irreversible_electroporation", "location", {"liver__lesion_count": 1, "liver__near_large_vessel": True}, MET),
        ("irreversible_electroporation", "location", {"liver__lesion_count": 1, "liver__near_bile_duct": None}, NOT_KNOWN),
        ("irreversible_electroporation", "location", {"liver__lesion_count": 2, "liver__near_bile_duct": True}, NOT_KNOWN),
        # surgery of a scarred liver leaves more of it
        ("liver_resection", "liver_function", {"liver__cirrhosis": True, "liver__remnant_fraction": 0.4}, MET),
        ("liver_resection", "liver_function", {"liver__cirrhosis": True, "liver__remnant_fraction": 0.39}, WIDER),
        ("liver_resection", "liver_function", {"liver__cirrhosis": None, "liver__remnant_fraction": 0.39}, NOT_KNOWN),
        ("liver_resection", "liver_function", {"liver__cirrhosis": None, "liver__remnant_fraction": 0.4}, MET),
        # without Child-Pugh A: bilirubin and albumin in order, no fluid and no scarring
        ("liver_resection", "liver_function", {"liver__ascites": "moderate", "labs__albumin": 3.5, "labs__inr": 1.7}, WIDER),
        ("liver_resection", "liver_function", {"liver__ascites": "moderate", "labs__albumin": 3.4, "labs__inr": 1.7}, NOT_MET),
        # Child-Pugh points
        ("chemoembolization", "liver_function", {"labs__bilirubin": 2.5, "labs__albumin": 2.9}, WIDER),
        ("chemoembolization", "liver_function", {"labs__bilirubin": 2.5, "labs__albumin": 2.9, "liver__ascites": "slight"}, NOT_MET),
        ("proton_therapy", "liver_function", {"labs__albumin": 2.6, "liver__ascites": "slight"}, WIDER),
        ("histotripsy", "liver_function", {"labs__albumin": 2.6, "liver__ascites": "slight"}, MET),
        ("histotripsy", "liver_function", {"labs__albumin": 2.6, "liver__ascites": "moderate"}, WIDER),
        *(
            (
                option,
                "liver_function",
                {"liver__child_pugh_points": 10, "labs__albumin": None, "labs__inr": None, "labs__bilirubin": 2.1},
                NOT_MET,
            )
            for option in (*ABLATIONS, "irreversible_electroporation", "hepatic_artery_infusion", "liver_resection")
        ),
        # no liver metastases
        *(
            (option, "elsewhere", {"metastases__liver": False, "liver__lesion_count": None, "liver__largest_cm": None}, NOT_MET)
            for option in LIVER_DIRECTED
        ),
        *(
            (option, "elsewhere", {"metastases__liver": None, "liver__lesion_count": None, "liver__largest_cm": None}, NOT_KNOWN)
            for option in LIVER_DIRECTED
            if option not in ("liver_transplant", "hepatic_artery_infusion")
        ),
    ],
)
def test_facts_together(option: str, dimension: str, changes: dict[str, Any], state: State) -> None:
    """Where a limit rests on more than one fact."""
    assert limits_of(option, dimension, **changes).state is state


NOT_SITE_BY_SITE = {fact.replace(".", "__"): None for fact in BASE if fact.startswith("metastases.") and fact != "metastases.liver"}


@pytest.mark.parametrize(("status", "state"), [("responding", MET), ("progressing", WIDER), (None, NOT_KNOWN)])
@pytest.mark.parametrize("option", [option for option in LIVER_DIRECTED if option not in ("liver_transplant", "hepatic_artery_infusion")])
def test_the_wider_gate_is_asked_only_where_the_usual_one_leaves_it_open(option: str, status: str | None, state: State) -> None:
    """Nothing outside the liver, told as one fact, passes the usual gate: sites that only the wider one reads are not asked for."""
    found = limits_of(option, "elsewhere", disease__status=status, metastases__outside_liver=False, **NOT_SITE_BY_SITE)
    assert found.state is state
    asked = {one.fact for one in found.missing}
    if state is MET:
        assert not asked
    if option == "liver_resection":
        sites = {"metastases.peritoneum", "metastases.bone", "metastases.brain"}
        assert asked == {MET: set(), WIDER: sites, NOT_KNOWN: {"disease.status"}}[state]


@pytest.mark.parametrize("option", LIVER_DIRECTED)
def test_the_person_of_these_tables(option: str) -> None:
    """Within every usual limit of most options: each row above then changes one thing."""
    found = {one.dimension: one.state for one in limits_for(LIVER_DIRECTED[option], person(), CONTENT.limits_on).dimensions}
    assert list(found) == list(DIMENSIONS) == ["size", "number", "location", "liver_function", "elsewhere", "activity"]
    wider = {
        "chemoembolization": {"size"},
        "radioembolization": {"size"},
        "hepatic_artery_infusion": {"elsewhere"},
        "irreversible_electroporation": {"location"},
    }
    assert {name for name, state in found.items() if state is WIDER} == wider.get(option, set())
    assert {name for name, state in found.items() if state is NOT_MET} == ({"elsewhere"} if option == "liver_transplant" else set())
    assert {name for name, state in found.items() if state is NOT_KNOWN} == set()


# --- What is said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", LIVER_DIRECTED)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"liver__largest_cm": 9},
        {"liver__largest_cm": None, "liver__lesion_count": 9},
        {"labs__bilirubin": 4, "function__ecog": 3},
        dict.fromkeys(fact.replace(".", "__") for fact in BASE),
    ],
    ids=["base", "large", "many", "ill", "nothing"],
)
def test_every_state_says_why(option: str, changes: dict[str, Any]) -> None:
    """What stands in the way has a reason, what is not known names facts to ask for, what has no limit says nothing."""
    for one in limits_for(LIVER_DIRECTED[option], person(**changes), CONTENT.limits_on).dimensions:
        match one.state:
            case State.NO_LIMIT:
                assert (one.because, one.missing) == ((), ())
            case State.NOT_KNOWN:
                assert one.missing
            case State.MET | State.NOT_MET:
                assert one.because
                assert not one.missing
            case State.WIDER:
                assert one.because
        assert all(reason.text.strip() and reason.fact in CONTENT.vocabulary for reason in one.because)
        assert all(missing.fact in CONTENT.vocabulary for missing in one.missing)
        assert not set(one.cautions) & set(one.to_ask)


def test_the_reason_is_about_the_limit() -> None:
    """The size that is outside, and the words of the rule that rules out."""
    size = limits_of("radiofrequency_ablation", "size", liver__largest_cm=5.1)
    assert [reason.fact for reason in size.because] == ["liver.largest_cm"]
    assert "5.1 cm" in size.because[0].text
    activity = limits_of("radiofrequency_ablation", "activity", function__ecog=3)
    assert activity.because[0].text == LIVER_DIRECTED["radiofrequency_ablation"].rules_out[1].say


def test_what_is_missing_is_named_once() -> None:
    """A stale result is asked for anew."""
    found = limits_of("stereotactic_body_radiation", "liver_function", labs__ast={"value": 25, "date": days_ago(29)}, labs__alt_uln=None)
    assert found.state is NOT_KNOWN
    assert [one.fact for one in found.missing] == ["labs.ast", "labs.alt_uln"]


# --- Every part of a rule has a place ------------------------------------------------------------------------------


@pytest.mark.parametrize("option", LIVER_DIRECTED)
def test_every_part_of_a_rule_belongs_to_a_dimension(option: str) -> None:
    """A page on an option's limits hides none of what decides it, cautions included where their facts have a place."""
    assert without_dimension(LIVER_DIRECTED[option], CONTENT.limits_on) == ()


def test_a_part_belongs_to_one_dimension_only() -> None:
    """No fact stands in two dimensions, and each dimension is one of the table."""
    facts = [fact for facts in CONTENT.limits_on.values() for fact in facts]
    assert len(facts) == len(set(facts))
    assert set(CONTENT.limits_on) == set(DIMENSIONS)


@pytest.mark.parametrize("option", LIVER_DIRECTED)
def test_the_rules_of_an_option_are_wholly_shown(option: str) -> None:
    """Every literal that the verdict rests on is in a part that some dimension holds."""
    one = LIVER_DIRECTED[option]
    parts = [part for condition in one.conditions for part in (condition.parts if type(condition).__name__ == "And" else (condition,))]
    wholes = [*parts, *(rule.when for rule in one.rules_out)]
    shown = {id(literal) for part in wholes if dimension_of(part, CONTENT.limits_on) is not None for literal in part.literals()}
    assert all(id(literal) in shown for literal in one.literals)
