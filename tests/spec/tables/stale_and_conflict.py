"""Facts that have gone stale, and told facts that what follows from other facts contradicts: both evaluate as unknown."""

from __future__ import annotations

from tests.helpers import days_ago
from tests.spec.tables import Tables

OLD_PLATELETS = {"labs.platelets": {"value": 100, "date": days_ago(29)}}
TWO_LESIONS = [{"diameter_cm": 2, "near": []}, {"diameter_cm": 3, "near": []}]

TABLES: Tables = {
    "labs, ECOG, weight and symptoms are fresh for 28 days": [
        ({"labs.platelets": {"value": 100, "date": days_ago(28)}}, "labs.platelets >= 100", "yes"),
        ({"labs.platelets": {"value": 100, "date": days_ago(29)}}, "labs.platelets >= 100", "unknown"),
        ({"labs.platelets": {"value": 99, "date": days_ago(28)}}, "labs.platelets >= 100", "no"),
        ({"labs.platelets": {"value": 99, "date": days_ago(29)}}, "labs.platelets >= 100", "unknown"),
        ({"function.ecog": {"value": 1, "date": days_ago(28)}}, "function.ecog <= 1", "yes"),
        ({"function.ecog": {"value": 1, "date": days_ago(29)}}, "function.ecog <= 1", "unknown"),
        ({"nutrition.weight_kg": {"value": 70, "date": days_ago(28)}}, "nutrition.weight_kg > 50", "yes"),
        ({"nutrition.weight_kg": {"value": 70, "date": days_ago(29)}}, "nutrition.weight_kg > 50", "unknown"),
        ({"symptom.pain": {"value": "severe", "date": days_ago(28)}}, 'symptom.pain == "severe"', "yes"),
        ({"symptom.pain": {"value": "severe", "date": days_ago(29)}}, 'symptom.pain == "severe"', "unknown"),
        ({"symptom.chest_pain": {"value": True, "date": days_ago(28)}}, "symptom.chest_pain", "yes"),
        ({"symptom.chest_pain": {"value": True, "date": days_ago(29)}}, "symptom.chest_pain", "unknown"),
    ],
    "scans are fresh for 56 days": [
        ({"liver.largest_cm": {"value": 3, "date": days_ago(56)}}, "liver.largest_cm <= 3", "yes"),
        ({"liver.largest_cm": {"value": 3, "date": days_ago(57)}}, "liver.largest_cm <= 3", "unknown"),
        ({"liver.lesion_count": {"value": 3, "date": days_ago(56)}}, "liver.lesion_count <= 3", "yes"),
        ({"liver.lesion_count": {"value": 3, "date": days_ago(57)}}, "liver.lesion_count <= 3", "unknown"),
        ({"liver.lesions": [{"diameter_cm": 3, "date": days_ago(56)}]}, "liver.largest_cm <= 3", "yes"),
        ({"liver.lesions": [{"diameter_cm": 3, "date": days_ago(57)}]}, "liver.largest_cm <= 3", "unknown"),
    ],
    "biomarkers, history and what lasts a lifetime have no limit": [
        ({"biomarker.her2": {"value": "positive", "date": "2019-01-01"}}, 'biomarker.her2 == "positive"', "yes"),
        ({"diagnosis.histology": {"value": "squamous", "date": "2019-01-01"}}, 'diagnosis.histology == "squamous"', "yes"),
        ({"therapy.history": {"items": [{"drugs": ["cisplatin"]}], "date": "2019-01-01"}}, 'had("platinum")', "yes"),
    ],
    "an undated value counts as of today": [({"labs.platelets": 100}, "labs.platelets >= 100", "yes")],
    "a date that is partly known is stale as soon as it may be": [
        ({"labs.platelets": {"value": 100, "date": "2026-11"}}, "labs.platelets >= 100", "yes"),
        ({"labs.platelets": {"value": 100, "date": "2026-10"}}, "labs.platelets >= 100", "unknown"),  # 20 to 50 days ago
        ({"labs.platelets": {"value": 100, "date": 2026}}, "labs.platelets >= 100", "unknown"),
        ({"liver.largest_cm": {"value": 3, "date": "2026-10"}}, "liver.largest_cm <= 3", "yes"),
    ],
    "stale within and, or": [
        ({**OLD_PLATELETS, "metastases.lung": True}, "labs.platelets >= 100 or metastases.lung", "yes"),
        ({**OLD_PLATELETS, "metastases.lung": False}, "labs.platelets >= 100 or metastases.lung", "unknown"),
        ({**OLD_PLATELETS, "metastases.lung": True}, "labs.platelets >= 100 and metastases.lung", "unknown"),
        ({**OLD_PLATELETS, "metastases.lung": False}, "labs.platelets >= 100 and metastases.lung", "no"),
    ],
    "stale with times_uln": [
        ({"labs.ast": {"times_uln": 2, "date": days_ago(28)}}, "times_uln(labs.ast) <= 2.5", "yes"),
        ({"labs.ast": {"times_uln": 2, "date": days_ago(29)}}, "times_uln(labs.ast) <= 2.5", "unknown"),
        ({"labs.ast": {"value": 80, "date": days_ago(29)}, "labs.ast_uln": 40}, "times_uln(labs.ast) <= 2.5", "unknown"),
        # A lab's limit is the lab's, whatever the date of the report.
        ({"labs.ast": 80, "labs.ast_uln": {"value": 40, "date": "2020-01-01"}}, "times_uln(labs.ast) <= 2.5", "yes"),
    ],
    "stale inputs of a formula": [
        (
            {"labs.bilirubin": 1, "labs.albumin": {"value": 4, "date": days_ago(28)}},
            "liver.albi_score < 0",
            "yes",
        ),
        (
            {"labs.bilirubin": 1, "labs.albumin": {"value": 4, "date": days_ago(29)}},
            "liver.albi_score < 0",
            "unknown",
        ),
    ],
    "what follows from fresh facts stands in for a stale one": [
        (
            {"liver.lesion_count": {"value": 5, "date": days_ago(57)}, "liver.lesions": TWO_LESIONS},
            "liver.lesion_count == 2",
            "yes",
        ),
    ],
    "conflict: a told count and a list": [
        ({"liver.lesion_count": 2, "liver.lesions": TWO_LESIONS}, "liver.lesion_count == 2", "yes"),
        ({"liver.lesion_count": 3, "liver.lesions": TWO_LESIONS}, "liver.lesion_count == 2", "unknown"),
        ({"liver.lesion_count": 3, "liver.lesions": TWO_LESIONS}, "liver.lesion_count == 3", "unknown"),
        ({"liver.lesion_count": 3, "liver.lesions": TWO_LESIONS}, "liver.lesion_count >= 1", "unknown"),
        ({"liver.lesion_count": 3, "liver.lesions": TWO_LESIONS}, "not liver.lesion_count >= 1", "unknown"),
        # The other facts of the list stand.
        ({"liver.lesion_count": 3, "liver.lesions": TWO_LESIONS}, "liver.largest_cm == 3", "yes"),
        # A told range and the list together.
        ({"liver.lesion_count": {"at_least": 2}, "liver.lesions": TWO_LESIONS}, "liver.lesion_count == 2", "yes"),
        ({"liver.lesion_count": {"at_least": 3}, "liver.lesions": TWO_LESIONS}, "liver.lesion_count >= 3", "unknown"),
        # An incomplete list contradicts only a smaller count.
        ({"liver.lesion_count": 3, "liver.lesions": {"items": TWO_LESIONS, "complete": False}}, "liver.lesion_count == 3", "yes"),
        ({"liver.lesion_count": 1, "liver.lesions": {"items": TWO_LESIONS, "complete": False}}, "liver.lesion_count == 1", "unknown"),
    ],
    "conflict: other told facts": [
        ({"biomarker.her2": "positive", "biomarker.her2_ihc": 3}, 'biomarker.her2 == "positive"', "yes"),
        ({"biomarker.her2": "positive", "biomarker.her2_ihc": 1}, 'biomarker.her2 == "positive"', "unknown"),
        ({"biomarker.her2": "positive", "biomarker.her2_ihc": 2}, 'biomarker.her2 == "positive"', "yes"),
        ({"liver.largest_cm": 5, "liver.lesions": TWO_LESIONS}, "liver.largest_cm > 3", "unknown"),
        ({"liver.near_bile_duct": True, "liver.lesions": TWO_LESIONS}, "liver.near_bile_duct", "unknown"),
        ({"metastases.liver": False, "liver.lesions": TWO_LESIONS}, "metastases.liver", "unknown"),
        ({"metastases.outside_liver": False, "metastases.lung": True}, "metastases.outside_liver", "unknown"),
        ({"diagnosis.stage": 3, "metastases.lung": True}, 'diagnosis.stage == "3"', "unknown"),
        ({"diagnosis.stage": "4b", "metastases.lung": True}, 'diagnosis.stage == "4b"', "yes"),
        ({"person.age": 60, "person.birth_date": "1966-11-20"}, "person.age == 60", "yes"),
        ({"person.age": 60, "person.birth_date": "1966-11-21"}, "person.age == 60", "unknown"),
        ({"person.age": 60, "person.birth_date": 1966}, "person.age == 60", "yes"),
        ({"therapy.lines": 2, "therapy.history": []}, "therapy.lines == 2", "unknown"),
        ({"disease.status": "stable", "therapy.history": []}, 'disease.status == "stable"', "unknown"),
    ],
}  # fmt: skip
