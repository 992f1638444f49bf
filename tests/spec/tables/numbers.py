"""Numbers: wholly known, partly known, in other units, chained, computed."""

from __future__ import annotations

from tests.spec.tables import Row, Tables

PLATELETS = "labs.platelets"


def against_100(told: object, below: str, up_to: str, above: str, from_: str, equal: str, other: str) -> list[Row]:
    """One told platelet count against the limit of 100 with all six comparisons: <, <=, >, >=, ==, !=."""
    facts = {} if told is None else {PLATELETS: told}
    operators = {"<": below, "<=": up_to, ">": above, ">=": from_, "==": equal, "!=": other}
    answers = {"T": "yes", "-": "unknown", "F": "no"}
    return [(facts, f"{PLATELETS} {operator} 100", answers[answer]) for operator, answer in operators.items()]


TABLES: Tables = {
    # T is yes, F is no, - is unknown.            <    <=   >    >=   ==   !=
    "exactly, just below": against_100(99.9,     "T", "T", "F", "F", "F", "T"),
    "exactly, at": against_100(100,              "F", "T", "F", "T", "T", "F"),
    "exactly, just above": against_100(100.1,    "F", "F", "T", "T", "F", "T"),
    "missing": against_100(None,                 "-", "-", "-", "-", "-", "-"),
    "at least, just below": against_100({"at_least": 99.9},  "-", "-", "-", "-", "-", "-"),
    "at least, at": against_100({"at_least": 100},           "F", "-", "-", "T", "-", "-"),
    "at least, just above": against_100({"at_least": 100.1}, "F", "F", "T", "T", "F", "T"),
    "above, just below": against_100({"above": 99.9},        "-", "-", "-", "-", "-", "-"),
    "above, at": against_100({"above": 100},                 "F", "F", "T", "T", "F", "T"),
    "above, just above": against_100({"above": 100.1},       "F", "F", "T", "T", "F", "T"),
    "at most, just below": against_100({"at_most": 99.9},    "T", "T", "F", "F", "F", "T"),
    "at most, at": against_100({"at_most": 100},             "-", "T", "F", "-", "-", "-"),
    "at most, just above": against_100({"at_most": 100.1},   "-", "-", "-", "-", "-", "-"),
    "below, just below": against_100({"below": 99.9},        "T", "T", "F", "F", "F", "T"),
    "below, at": against_100({"below": 100},                 "T", "T", "F", "F", "F", "T"),
    "below, just above": against_100({"below": 100.1},       "-", "-", "-", "-", "-", "-"),
    "a range around": against_100({"at_least": 90, "at_most": 110}, "-", "-", "-", "-", "-", "-"),
    "a range that ends there": against_100({"at_least": 90, "at_most": 100}, "-", "T", "F", "-", "-", "-"),
    "a range that ends before": against_100({"at_least": 90, "below": 100}, "T", "T", "F", "F", "F", "T"),
    "a range that begins there": against_100({"at_least": 100, "below": 110}, "F", "-", "-", "T", "-", "-"),
    "a range that begins after": against_100({"above": 100, "at_most": 110}, "F", "F", "T", "T", "F", "T"),
    "a range of one number": against_100({"at_least": 100, "at_most": 100}, "F", "T", "F", "T", "T", "F"),
    "null is missing": [({PLATELETS: None}, "labs.platelets < 100", "unknown")],
    "a missing number could be anything": [
        # Even a comparison that every possible value meets waits for the value.
        ({}, "labs.platelets >= 0", "unknown"),
    ],
    "whole numbers have no room between them": [
        ({"liver.lesion_count": {"above": 2}}, "liver.lesion_count >= 3", "yes"),
        ({"liver.lesion_count": {"below": 4}}, "liver.lesion_count <= 3", "yes"),
        ({"liver.lesion_count": {"above": 2, "below": 4}}, "liver.lesion_count == 3", "yes"),
        ({"liver.lesion_count": {"above": 2}}, "liver.lesion_count > 3", "unknown"),
    ],
    "a score ends where it ends": [
        ({"biomarker.pdl1_cps": {"at_least": 1}}, "biomarker.pdl1_cps <= 100", "yes"),
        ({"biomarker.pdl1_cps": {"at_most": 4}}, "biomarker.pdl1_cps >= 0", "yes"),
        ({"biomarker.pdl1_cps": {"at_least": 1, "below": 10}}, "biomarker.pdl1_cps >= 1", "yes"),
        ({"biomarker.pdl1_cps": {"at_least": 1, "below": 10}}, "biomarker.pdl1_cps >= 5", "unknown"),
        ({"biomarker.pdl1_cps": {"at_least": 1, "below": 10}}, "biomarker.pdl1_cps >= 10", "no"),
    ],
    "other units": [
        # 17.1 umol/L of bilirubin are 1 mg/dL.
        ({"labs.bilirubin": {"value": 51.2, "unit": "umol/L"}}, "labs.bilirubin < 3", "yes"),
        ({"labs.bilirubin": {"value": 51.3, "unit": "umol/L"}}, "labs.bilirubin == 3", "yes"),
        ({"labs.bilirubin": {"value": 51.4, "unit": "umol/L"}}, "labs.bilirubin > 3", "yes"),
        ({"labs.bilirubin": {"value": 51.3, "unit": "µmol/l"}}, "labs.bilirubin == 3", "yes"),
        ({"labs.bilirubin": {"below": 51.3, "unit": "umol/L"}}, "labs.bilirubin < 3", "yes"),
        ({"labs.bilirubin": {"at_most": 51.3, "unit": "umol/L"}}, "labs.bilirubin < 3", "unknown"),
        ({"labs.albumin": {"value": 35, "unit": "g/L"}}, "labs.albumin >= 3.5", "yes"),
        ({"labs.albumin": {"value": 34.9, "unit": "g/L"}}, "labs.albumin >= 3.5", "no"),
        ({"labs.platelets": {"value": 100000, "unit": "cells/uL"}}, "labs.platelets == 100", "yes"),
        ({"liver.largest_cm": {"value": 30, "unit": "mm"}}, "liver.largest_cm <= 3", "yes"),
        ({"liver.largest_cm": {"value": 31, "unit": "mm"}}, "liver.largest_cm <= 3", "no"),
    ],
    "the limit on the left": [
        ({PLATELETS: 99}, "100 > labs.platelets", "yes"),
        ({PLATELETS: 100}, "100 > labs.platelets", "no"),
        ({PLATELETS: 100}, "100 <= labs.platelets", "yes"),
        ({PLATELETS: 100}, "100 == labs.platelets", "yes"),
        ({PLATELETS: 100}, "100 != labs.platelets", "no"),
        ({}, "100 > labs.platelets", "unknown"),
    ],
    "chained": [
        ({PLATELETS: 49}, "50 <= labs.platelets < 100", "no"),
        ({PLATELETS: 50}, "50 <= labs.platelets < 100", "yes"),
        ({PLATELETS: 99}, "50 <= labs.platelets < 100", "yes"),
        ({PLATELETS: 100}, "50 <= labs.platelets < 100", "no"),
        ({PLATELETS: {"at_least": 50}}, "50 <= labs.platelets < 100", "unknown"),
        ({PLATELETS: {"at_least": 50, "below": 100}}, "50 <= labs.platelets < 100", "yes"),
        ({PLATELETS: {"at_least": 100}}, "50 <= labs.platelets < 100", "no"),
        ({}, "50 <= labs.platelets < 100", "unknown"),
        ({"labs.alt": 30, "labs.ast": 40}, "labs.alt < labs.ast < 50", "yes"),
        ({"labs.alt": 30, "labs.ast": 50}, "labs.alt < labs.ast < 50", "no"),
        ({"labs.ast": 50}, "labs.alt < labs.ast < 50", "no"),
        ({"labs.ast": 40}, "labs.alt < labs.ast < 50", "unknown"),
        ({PLATELETS: 100}, "not 50 <= labs.platelets < 100", "yes"),
    ],
    "in a list": [
        ({"therapy.lines": 1}, "therapy.lines in [1, 2]", "yes"),
        ({"therapy.lines": 3}, "therapy.lines in [1, 2]", "no"),
        ({"therapy.lines": 3}, "therapy.lines not in [1, 2]", "yes"),
        ({"therapy.lines": {"at_least": 2}}, "therapy.lines in [1, 2]", "unknown"),
        ({"therapy.lines": {"at_least": 3}}, "therapy.lines in [1, 2]", "no"),
        ({}, "therapy.lines in [1, 2]", "unknown"),
        ({}, "therapy.lines not in [1, 2]", "unknown"),
    ],
    "two facts": [
        ({"labs.alt": 30, "labs.ast": 30}, "labs.alt <= labs.ast", "yes"),
        ({"labs.alt": 31, "labs.ast": 30}, "labs.alt <= labs.ast", "no"),
        ({"labs.alt": {"at_most": 30}, "labs.ast": {"at_least": 30}}, "labs.alt <= labs.ast", "yes"),
        ({"labs.alt": {"at_most": 30}, "labs.ast": {"at_least": 30}}, "labs.alt < labs.ast", "unknown"),
        ({"labs.alt": {"below": 30}, "labs.ast": {"at_least": 30}}, "labs.alt < labs.ast", "yes"),
        ({"labs.alt": {"at_least": 30}, "labs.ast": {"at_most": 30}}, "labs.alt < labs.ast", "no"),
        ({"labs.alt": 30}, "labs.alt <= labs.ast", "unknown"),
    ],
    "added and taken away": [
        ({"labs.alt": 30, "labs.ast": 70}, "labs.alt + labs.ast <= 100", "yes"),
        ({"labs.alt": 31, "labs.ast": 70}, "labs.alt + labs.ast <= 100", "no"),
        ({"labs.alt": {"below": 30}, "labs.ast": 70}, "labs.alt + labs.ast < 100", "yes"),
        ({"labs.alt": {"at_most": 30}, "labs.ast": 70}, "labs.alt + labs.ast < 100", "unknown"),
        ({"labs.ast": 70}, "labs.alt + labs.ast <= 100", "unknown"),
        ({"labs.alt": 30, "labs.ast": 70}, "labs.ast - labs.alt >= 40", "yes"),
        ({"labs.alt": 31, "labs.ast": 70}, "labs.ast - labs.alt >= 40", "no"),
        ({"labs.alt": {"at_least": 31}, "labs.ast": 70}, "labs.ast - labs.alt >= 40", "no"),
        ({"labs.alt": {"at_least": 30}, "labs.ast": 70}, "labs.ast - labs.alt >= 40", "unknown"),
    ],
    "multiplied and divided": [
        ({"labs.alt": 50}, "labs.alt * 2 <= 100", "yes"),
        ({"labs.alt": 50.1}, "labs.alt * 2 <= 100", "no"),
        ({"labs.alt": {"below": 50}}, "labs.alt * 2 < 100", "yes"),
        ({"labs.alt": {"at_most": 50}}, "labs.alt * 2 < 100", "unknown"),
        ({"labs.alt": {"above": 50}}, "labs.alt * -2 < -100", "yes"),
        ({"labs.ast": 100, "labs.alt": 50}, "labs.ast / labs.alt >= 2", "yes"),
        ({"labs.ast": 99, "labs.alt": 50}, "labs.ast / labs.alt >= 2", "no"),
        ({"labs.ast": 100, "labs.alt": {"at_most": 50, "above": 0}}, "labs.ast / labs.alt >= 2", "unknown"),
        ({"labs.ast": 100, "labs.alt": {"at_least": 20, "at_most": 50}}, "labs.ast / labs.alt >= 2", "yes"),
        ({"labs.ast": 100}, "labs.ast / labs.alt >= 2", "unknown"),
        # What lies beyond a division by zero is not a number, so nothing is decided.
        ({"labs.ast": 100, "labs.alt": 0}, "labs.ast / labs.alt >= 2", "unknown"),
        ({"labs.ast": 100, "labs.alt": {"at_most": 50}}, "labs.ast / labs.alt >= 2", "unknown"),
    ],
    "below zero": [
        ({"liver.albi_score": -2.61}, "liver.albi_score < -2.6", "yes"),
        ({"liver.albi_score": -2.6}, "liver.albi_score < -2.6", "no"),
        ({"liver.albi_score": -2.6}, "liver.albi_score <= -2.6", "yes"),
        ({"liver.albi_score": -2.59}, "liver.albi_score <= -2.6", "no"),
        ({"liver.albi_score": -2.61}, "-liver.albi_score >= 2.6", "yes"),
        ({"liver.albi_score": {"at_most": -2.6}}, "-liver.albi_score >= 2.6", "yes"),
        ({}, "-liver.albi_score >= 2.6", "unknown"),
    ],
}  # fmt: skip
