"""Choices, with and without an order; stage four of which a or b is not known."""

from __future__ import annotations

from tests.spec.tables import Row, Tables

STAGES = ("3", "4a", "4b")
_ANSWERS = {"T": "yes", "-": "unknown", "F": "no"}


def stage(told: object, operator: str, *answers: str) -> list[Row]:
    """One told stage against each written stage: 3, 4a, 4b, 4."""
    facts = {} if told is None else {"diagnosis.stage": told}
    return [
        (facts, f'diagnosis.stage {operator} "{written}"', _ANSWERS[answer])
        for written, answer in zip((*STAGES, "4"), answers, strict=True)
    ]


TABLES: Tables = {
    "no order": [
        ({"diagnosis.histology": "squamous"}, 'diagnosis.histology == "squamous"', "yes"),
        ({"diagnosis.histology": "adenocarcinoma"}, 'diagnosis.histology == "squamous"', "no"),
        ({}, 'diagnosis.histology == "squamous"', "unknown"),
        ({"diagnosis.histology": "squamous"}, 'diagnosis.histology != "squamous"', "no"),
        ({"diagnosis.histology": "adenocarcinoma"}, 'diagnosis.histology != "squamous"', "yes"),
        ({}, 'diagnosis.histology != "squamous"', "unknown"),
        ({"diagnosis.histology": "squamous"}, '"squamous" == diagnosis.histology', "yes"),
    ],
    "one of several": [
        ({"diagnosis.histology": {"one_of": ["squamous", "other"]}}, 'diagnosis.histology == "squamous"', "unknown"),
        ({"diagnosis.histology": {"one_of": ["squamous"]}}, 'diagnosis.histology == "squamous"', "yes"),
        ({"diagnosis.histology": {"one_of": ["squamous", "other"]}}, 'diagnosis.histology == "adenocarcinoma"', "no"),
        ({"diagnosis.histology": {"one_of": ["squamous", "other"]}}, 'diagnosis.histology != "adenocarcinoma"', "yes"),
    ],
    "in a list": [
        ({"disease.status": "responding"}, 'disease.status in ["responding", "stable"]', "yes"),
        ({"disease.status": "progressing"}, 'disease.status in ["responding", "stable"]', "no"),
        ({"disease.status": {"one_of": ["responding", "stable"]}}, 'disease.status in ["responding", "stable"]', "yes"),
        ({"disease.status": {"one_of": ["stable", "progressing"]}}, 'disease.status in ["responding", "stable"]', "unknown"),
        ({"disease.status": {"one_of": ["not_assessed", "progressing"]}}, 'disease.status in ["responding", "stable"]', "no"),
        ({}, 'disease.status in ["responding", "stable"]', "unknown"),
        ({"disease.status": "progressing"}, 'disease.status not in ["responding", "stable"]', "yes"),
        ({"disease.status": "stable"}, 'disease.status not in ["responding", "stable"]', "no"),
        ({}, 'disease.status not in ["responding", "stable"]', "unknown"),
    ],
    "ordered by number": [
        # function.ecog runs from 0 to 4.
        ({"function.ecog": 0}, "function.ecog < 1", "yes"),
        ({"function.ecog": 1}, "function.ecog < 1", "no"),
        ({}, "function.ecog < 1", "unknown"),
        ({"function.ecog": 1}, "function.ecog <= 1", "yes"),
        ({"function.ecog": 2}, "function.ecog <= 1", "no"),
        ({}, "function.ecog <= 1", "unknown"),
        ({"function.ecog": 1}, "function.ecog > 1", "no"),
        ({"function.ecog": 2}, "function.ecog > 1", "yes"),
        ({}, "function.ecog > 1", "unknown"),
        ({"function.ecog": 0}, "function.ecog >= 1", "no"),
        ({"function.ecog": 1}, "function.ecog >= 1", "yes"),
        ({}, "function.ecog >= 1", "unknown"),
        ({"function.ecog": 1}, "function.ecog == 1", "yes"),
        ({"function.ecog": 2}, "function.ecog == 1", "no"),
        ({"function.ecog": 2}, "function.ecog != 1", "yes"),
        ({"function.ecog": 2}, "1 < function.ecog", "yes"),
        ({"function.ecog": 1}, "1 < function.ecog", "no"),
        ({"function.ecog": 1}, "function.ecog in [0, 1]", "yes"),
        ({"function.ecog": 2}, "function.ecog in [0, 1]", "no"),
        ({"function.ecog": 2}, 'function.ecog == "2"', "yes"),
    ],
    "ordered, one of several": [
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog <= 0", "no"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog <= 1", "unknown"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog <= 2", "yes"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog < 1", "no"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog < 2", "unknown"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog < 3", "yes"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog >= 1", "yes"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog > 1", "unknown"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog > 2", "no"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog == 1", "unknown"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog == 3", "no"),
        ({"function.ecog": {"one_of": [1, 2]}}, "function.ecog != 3", "yes"),
        ({"function.ecog": {"one_of": [1, 2]}}, "1 <= function.ecog <= 2", "yes"),
        ({"function.ecog": {"one_of": [0, 4]}}, "1 <= function.ecog <= 2", "unknown"),
    ],
    "ordered by words": [
        # none, mild, moderate, severe
        ({"symptom.pain": "mild"}, 'symptom.pain >= "moderate"', "no"),
        ({"symptom.pain": "moderate"}, 'symptom.pain >= "moderate"', "yes"),
        ({"symptom.pain": "severe"}, 'symptom.pain >= "moderate"', "yes"),
        ({"symptom.pain": {"one_of": ["mild", "moderate"]}}, 'symptom.pain >= "moderate"', "unknown"),
        ({}, 'symptom.pain >= "moderate"', "unknown"),
        ({"liver.ascites": "none"}, 'liver.ascites >= "slight"', "no"),
        ({"liver.ascites": "slight"}, 'liver.ascites >= "slight"', "yes"),
        ({"liver.ascites": "none"}, 'liver.ascites < "slight"', "yes"),
        ({"liver.child_pugh": "B"}, 'liver.child_pugh <= "B"', "yes"),
        ({"liver.child_pugh": "C"}, 'liver.child_pugh <= "B"', "no"),
    ],
    "beyond the ends of the order": [
        ({"function.ecog": 0}, "function.ecog < 0", "no"),
        ({"function.ecog": 4}, "function.ecog > 4", "no"),
        ({"function.ecog": 4}, "function.ecog <= 4", "yes"),
        ({"function.ecog": 0}, "function.ecog >= 0", "yes"),
    ],
    # T is yes, F is no, - is unknown.                           3    4a   4b   4
    "stage 3 ==": stage(3, "==",                                "T", "F", "F", "F"),
    "stage 3 !=": stage(3, "!=",                                "F", "T", "T", "T"),
    "stage 3 <": stage(3, "<",                                  "F", "T", "T", "T"),
    "stage 3 <=": stage(3, "<=",                                "T", "T", "T", "T"),
    "stage 3 >": stage(3, ">",                                  "F", "F", "F", "F"),
    "stage 3 >=": stage(3, ">=",                                "T", "F", "F", "F"),
    "stage 4a ==": stage("4a", "==",                            "F", "T", "F", "T"),
    "stage 4a !=": stage("4a", "!=",                            "T", "F", "T", "F"),
    "stage 4a <": stage("4a", "<",                              "F", "F", "T", "F"),
    "stage 4a <=": stage("4a", "<=",                            "F", "T", "T", "T"),
    "stage 4a >": stage("4a", ">",                              "T", "F", "F", "F"),
    "stage 4a >=": stage("4a", ">=",                            "T", "T", "F", "T"),
    "stage 4b ==": stage("4b", "==",                            "F", "F", "T", "T"),
    "stage 4b !=": stage("4b", "!=",                            "T", "T", "F", "F"),
    "stage 4b <": stage("4b", "<",                              "F", "F", "F", "F"),
    "stage 4b <=": stage("4b", "<=",                            "F", "F", "T", "T"),
    "stage 4b >": stage("4b", ">",                              "T", "T", "F", "F"),
    "stage 4b >=": stage("4b", ">=",                            "T", "T", "T", "T"),
    "stage 4 ==": stage(4, "==",                                "F", "-", "-", "T"),
    "stage 4 !=": stage(4, "!=",                                "T", "-", "-", "F"),
    "stage 4 <": stage(4, "<",                                  "F", "F", "-", "F"),
    "stage 4 <=": stage(4, "<=",                                "F", "-", "T", "T"),
    "stage 4 >": stage(4, ">",                                  "T", "-", "F", "F"),
    "stage 4 >=": stage(4, ">=",                                "T", "T", "-", "T"),
    "stage not known ==": stage(None, "==",                     "-", "-", "-", "-"),
    "stage not known <=": stage(None, "<=",                     "-", "-", "-", "-"),
    "stage 3 or 4 ==": stage({"one_of": [3, 4]}, "==",          "-", "-", "-", "-"),
    "stage 3 or 4 >=": stage({"one_of": [3, 4]}, ">=",          "T", "-", "-", "-"),
    "stage 4 in a list": [
        ({"diagnosis.stage": 4}, 'diagnosis.stage in ["4a", "4b"]', "yes"),
        ({"diagnosis.stage": 4}, 'diagnosis.stage in ["3", "4a"]', "unknown"),
        ({"diagnosis.stage": 4}, "diagnosis.stage in [1, 2, 3]", "no"),
        ({"diagnosis.stage": "4a"}, "diagnosis.stage in [3, 4]", "yes"),
    ],
}  # fmt: skip
