"""Facts that follow from other facts, as an expression sees them."""

from __future__ import annotations

from typing import Any

from tests.spec.tables import Tables

GOOD_LIVER: dict[str, Any] = {
    "labs.bilirubin": 1.9, "labs.albumin": 3.6, "labs.inr": 1.6, "liver.ascites": "none", "liver.encephalopathy": "none",
}  # fmt: skip
FREE_SITES: dict[str, Any] = {
    f"metastases.{site}": False for site in ("lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other")
}


def without(facts: dict[str, Any], *fact_ids: str) -> dict[str, Any]:
    """The same facts with these left out."""
    return {fact_id: told for fact_id, told in facts.items() if fact_id not in fact_ids}


TABLES: Tables = {
    "Child-Pugh points at each limit": [
        (GOOD_LIVER, "liver.child_pugh_points == 5", "yes"),
        ({**GOOD_LIVER, "labs.bilirubin": 2}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.bilirubin": 3}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.bilirubin": 3.1}, "liver.child_pugh_points == 7", "yes"),
        ({**GOOD_LIVER, "labs.albumin": 3.5}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.albumin": 2.8}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.albumin": 2.7}, "liver.child_pugh_points == 7", "yes"),
        ({**GOOD_LIVER, "labs.inr": 1.7}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.inr": 2.3}, "liver.child_pugh_points == 6", "yes"),
        ({**GOOD_LIVER, "labs.inr": 2.4}, "liver.child_pugh_points == 7", "yes"),
        ({**GOOD_LIVER, "liver.ascites": "moderate"}, "liver.child_pugh_points == 7", "yes"),
    ],
    "Child-Pugh class with something missing": [
        (GOOD_LIVER, 'liver.child_pugh == "A"', "yes"),
        (without(GOOD_LIVER, "liver.encephalopathy"), 'liver.child_pugh == "A"', "unknown"),  # 5 to 7 points
        (without(GOOD_LIVER, "liver.encephalopathy"), 'liver.child_pugh <= "B"', "yes"),
        (without(GOOD_LIVER, "liver.encephalopathy"), 'liver.child_pugh == "C"', "no"),
        ({**GOOD_LIVER, "liver.ascites": "moderate"}, 'liver.child_pugh == "B"', "yes"),
        ({}, 'liver.child_pugh == "A"', "unknown"),
    ],
    "HER2": [
        ({"biomarker.her2_ihc": 1}, 'biomarker.her2 == "negative"', "yes"),
        ({"biomarker.her2_ihc": 2}, 'biomarker.her2 == "positive"', "unknown"),
        ({"biomarker.her2_ihc": 2, "biomarker.her2_ish": "positive"}, 'biomarker.her2 == "positive"', "yes"),
        ({"biomarker.her2_ihc": 2, "biomarker.her2_ish": "negative"}, 'biomarker.her2 == "positive"', "no"),
        ({"biomarker.her2_ihc": 3}, 'biomarker.her2 == "positive"', "yes"),
        ({"biomarker.her2_ihc": {"one_of": [0, 1]}}, 'biomarker.her2 == "negative"', "yes"),
        ({}, 'biomarker.her2 == "positive"', "unknown"),
    ],
    "stage and spread": [
        ({"metastases.lung": True}, 'diagnosis.stage == "4"', "yes"),
        ({"metastases.lung": True}, 'diagnosis.stage == "4b"', "unknown"),
        ({"metastases.distant_nodes": True}, 'diagnosis.stage >= "4"', "yes"),
        (FREE_SITES, "diagnosis.stage == 4", "unknown"),
        ({"metastases.lung": True}, "metastases.outside_liver", "yes"),
        (FREE_SITES, "metastases.outside_liver", "no"),
        (without(FREE_SITES, "metastases.other"), "metastases.outside_liver", "unknown"),
        ({"liver.lesions": [{}]}, "metastases.liver", "yes"),
        ({"liver.lesions": []}, "metastases.liver", "unknown"),
    ],
    "the lesion list": [
        ({"liver.lesions": [{}, {}]}, "liver.lesion_count == 2", "yes"),
        ({"liver.lesions": {"items": [{}, {}], "complete": False}}, "liver.lesion_count >= 2", "yes"),
        ({"liver.lesions": {"items": [{}, {}], "complete": False}}, "liver.lesion_count == 2", "unknown"),
        ({"liver.lesions": {"value": [{}, {}], "complete": False}}, "liver.lesion_count == 2", "unknown"),
        ({"liver.lesions": [{"diameter_cm": 2}, {}]}, "liver.largest_cm >= 2", "yes"),
        ({"liver.lesions": [{"diameter_cm": 2}, {}]}, "liver.largest_cm <= 2", "unknown"),
        ({"liver.lesions": [{"segment": 5}, {"segment": "4b"}]}, 'liver.distribution == "both_lobes"', "yes"),
        ({"liver.lesions": [{"segment": 5}, {"segment": 1}]}, 'liver.distribution == "one_lobe"', "yes"),
        ({"liver.lesions": [{"segment": 5}, {}]}, 'liver.distribution == "one_lobe"', "unknown"),
        ({"liver.lesions": [{"near": ["portal_vein"]}, {}]}, "liver.near_large_vessel", "yes"),
        ({"liver.lesions": [{"near": ["bowel"]}, {}]}, "liver.near_large_vessel", "unknown"),
        ({"liver.lesions": [{"near": ["bowel"]}]}, "liver.near_large_vessel", "no"),
    ],
    "lines and status": [
        ({"therapy.history": []}, "therapy.lines == 0", "yes"),
        ({"therapy.history": []}, 'disease.status == "not_assessed"', "yes"),
        ({"therapy.history": [{"drugs": ["cisplatin"], "intent": "palliative"}]}, "therapy.lines == 1", "yes"),
        ({"therapy.history": [{"drugs": ["cisplatin"]}]}, "therapy.lines == 1", "unknown"),
        ({"therapy.history": [{"drugs": ["cisplatin"]}]}, "therapy.lines <= 1", "yes"),
        ({"therapy.history": [{"drugs": ["XYZ-123"], "intent": "palliative"}]}, "therapy.lines == 1", "unknown"),
        ({"therapy.history": [{"drugs": ["cisplatin"], "ended_because": "progression"}]}, 'disease.status == "progressing"', "yes"),
    ],
}
