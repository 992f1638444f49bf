"""had(...), days_since(...) and within(...)."""

from __future__ import annotations

from typing import Any

from tests.helpers import days_ago
from tests.spec.tables import Tables


def history(*courses: dict[str, Any], complete: bool = True) -> dict[str, Any]:
    """A history of these courses."""
    return {"therapy.history": list(courses) if complete else {"items": list(courses), "complete": False}}


NIVOLUMAB = {"drugs": ["nivolumab"]}
BEGUN = {**NIVOLUMAB, "start": days_ago(200)}
ON_NOW = {"therapy.now": True}
LAST_DOSE = "therapy.last_dose"
STROKE = "condition.stroke_date"

TABLES: Tables = {
    "had: a drug": [
        (history(NIVOLUMAB), 'had("nivolumab")', "yes"),
        (history(NIVOLUMAB), 'had("pembrolizumab")', "no"),
        (history(NIVOLUMAB, {"drugs": ["cisplatin", "fluorouracil"]}), 'had("fluorouracil")', "yes"),
        (history(), 'had("nivolumab")', "no"),
        ({}, 'had("nivolumab")', "unknown"),
        ({}, 'not had("nivolumab")', "unknown"),
        (history(), 'not had("nivolumab")', "yes"),
    ],
    "had: a drug class": [
        (history(NIVOLUMAB), 'had("pd1_pdl1")', "yes"),
        (history(NIVOLUMAB), 'had("pd1")', "yes"),
        (history(NIVOLUMAB), 'had("pdl1")', "no"),
        (history(NIVOLUMAB), 'had("immunotherapy")', "yes"),
        (history(NIVOLUMAB), 'had("systemic_therapy")', "yes"),
        (history(NIVOLUMAB), 'had("chemotherapy")', "no"),
        (history({"drugs": ["dexamethasone"]}), 'had("systemic_therapy")', "no"),
    ],
    "had: brands and combinations in the case file": [
        (history({"drugs": ["Opdivo"]}), 'had("nivolumab")', "yes"),
        (history({"drugs": ["OPDIVO"]}), 'had("pd1_pdl1")', "yes"),
        (history({"drugs": ["Herceptin"]}), 'had("her2_targeted")', "yes"),
        (history({"drugs": ["FOLFOX"]}), 'had("oxaliplatin")', "yes"),
        (history({"drugs": ["FOLFOX"]}), 'had("fluoropyrimidine") and had("platinum")', "yes"),
        (history({"drugs": ["FOLFOX"]}), 'had("taxane")', "no"),
        (history({"drugs": ["FLOT"]}), 'had("taxane")', "yes"),
    ],
    "had: a drug that nobody knows might be anything": [
        (history({"drugs": ["XYZ-123"]}), 'had("nivolumab")', "unknown"),
        (history({"drugs": ["XYZ-123"]}), 'had("platinum")', "unknown"),
        (history({"drugs": ["XYZ-123", "cisplatin"]}), 'had("platinum")', "yes"),
        (history({"drugs": ["XYZ-123", "cisplatin"]}), 'had("taxane")', "unknown"),
        (history({"drugs": ["XYZ-123"]}, NIVOLUMAB), 'had("nivolumab")', "yes"),
        (history({"drugs": ["XYZ-123"]}), 'had("stent")', "no"),  # a drug is no procedure
    ],
    "had: a procedure": [
        (history({"procedure": "radiofrequency_ablation"}), 'had("radiofrequency_ablation")', "yes"),
        (history({"procedure": "stent"}), 'had("radiofrequency_ablation")', "no"),
        (history({"procedure": "stent"}), 'had("platinum")', "no"),
        (history(), 'had("stent")', "no"),
        ({}, 'had("stent")', "unknown"),
    ],
    "had: intent": [
        (history({**NIVOLUMAB, "intent": "palliative"}), 'had("nivolumab", intent="palliative")', "yes"),
        (history({**NIVOLUMAB, "intent": "perioperative"}), 'had("nivolumab", intent="palliative")', "no"),
        (history(NIVOLUMAB), 'had("nivolumab", intent="palliative")', "unknown"),
        (history(NIVOLUMAB), 'had("platinum", intent="palliative")', "no"),  # another drug, whatever its intent
        (history({**NIVOLUMAB, "intent": "palliative"}), 'had("nivolumab")', "yes"),
        ({}, 'had("nivolumab", intent="palliative")', "unknown"),
    ],
    "had: why it ended": [
        (history({**NIVOLUMAB, "ended_because": "progression"}), 'had("nivolumab", ended_because="progression")', "yes"),
        (history({**NIVOLUMAB, "ended_because": "toxicity"}), 'had("nivolumab", ended_because="progression")', "no"),
        (history(NIVOLUMAB), 'had("nivolumab", ended_because="progression")', "unknown"),
        ({}, 'had("nivolumab", ended_because="progression")', "unknown"),
    ],
    "had: one course must match in every respect": [
        (
            history({"drugs": ["cisplatin"], "intent": "perioperative"}, {**NIVOLUMAB, "intent": "palliative"}),
            'had("platinum", intent="palliative")',
            "no",
        ),
        (
            history({"drugs": ["cisplatin"], "intent": "perioperative"}, {"drugs": ["carboplatin"], "intent": "palliative"}),
            'had("platinum", intent="palliative")',
            "yes",
        ),
        (
            history({"drugs": ["cisplatin"], "intent": "palliative"}),
            'had("platinum", intent="palliative", ended_because="progression")',
            "unknown",
        ),
        (
            history({"drugs": ["cisplatin"], "intent": "perioperative"}),
            'had("platinum", intent="palliative", ended_because="progression")',
            "no",
        ),
    ],
    "had: within the last days, both ends included": [
        (history({**NIVOLUMAB, "end": days_ago(179)}), 'had("nivolumab", within_days=180)', "yes"),
        (history({**NIVOLUMAB, "end": days_ago(180)}), 'had("nivolumab", within_days=180)', "yes"),
        (history({**NIVOLUMAB, "end": days_ago(181)}), 'had("nivolumab", within_days=180)', "no"),
        (history({**NIVOLUMAB, "end": days_ago(0)}), 'had("nivolumab", within_days=0)', "yes"),
        (history(NIVOLUMAB), 'had("nivolumab", within_days=180)', "unknown"),
        (history({**NIVOLUMAB, "end": days_ago(181)}), 'had("nivolumab")', "yes"),
        # A course without an end was given at its start at the latest; whether it went on is not known.
        (history({**NIVOLUMAB, "start": days_ago(180)}), 'had("nivolumab", within_days=180)', "yes"),
        (history({**NIVOLUMAB, "start": days_ago(181)}), 'had("nivolumab", within_days=180)', "unknown"),
        (history({**NIVOLUMAB, "start": days_ago(400), "end": days_ago(100)}), 'had("nivolumab", within_days=180)', "yes"),
        (history({**NIVOLUMAB, "end": "2026-06"}), 'had("nivolumab", within_days=180)', "yes"),  # 143 to 172 days ago
        (history({**NIVOLUMAB, "end": "2026-05"}), 'had("nivolumab", within_days=180)', "unknown"),  # 173 to 203 days ago
        (history({**NIVOLUMAB, "end": "2026-04"}), 'had("nivolumab", within_days=180)', "no"),
        (history({**NIVOLUMAB, "end": days_ago(181)}, {**NIVOLUMAB, "end": days_ago(3)}), 'had("nivolumab", within_days=180)', "yes"),
    ],
    "had: treatment going on now is the one course without an end": [
        (history(BEGUN) | ON_NOW, 'had("nivolumab", within_days=0)', "yes"),
        (history(BEGUN) | ON_NOW, 'had("nivolumab", within_days=28)', "yes"),
        (history(BEGUN) | ON_NOW, 'had("chemotherapy", within_days=28)', "no"),
        (history(BEGUN), 'had("nivolumab", within_days=28)', "unknown"),  # whether treatment goes on is not told
        (history(BEGUN) | {"therapy.now": False}, 'had("nivolumab", within_days=28)', "unknown"),  # it ended, and when is not told
        (history({**BEGUN, "end": days_ago(29)}) | ON_NOW, 'had("nivolumab", within_days=28)', "no"),
        (history({**BEGUN, "end": days_ago(28)}) | ON_NOW, 'had("nivolumab", within_days=28)', "yes"),
        # It ended, though the day is not told: something else goes on.
        (history({**BEGUN, "ended_because": "progression"}) | ON_NOW, 'had("nivolumab", within_days=28)', "unknown"),
        # Two without an end: which of them goes on is not told.
        (history(BEGUN, {**BEGUN, "drugs": ["cisplatin"]}) | ON_NOW, 'had("nivolumab", within_days=28)', "unknown"),
        (history(BEGUN, {**BEGUN, "drugs": ["cisplatin"], "end": days_ago(99)}) | ON_NOW, 'had("nivolumab", within_days=28)', "yes"),
        (history(BEGUN, {"drugs": ["cisplatin"], "ended_because": "toxicity"}) | ON_NOW, 'had("nivolumab", within_days=28)', "yes"),
        # A procedure is done on a day, and does not go on. With one whose day is not told, the drugs may have ended too.
        (history({"procedure": "stent", "start": days_ago(200)}) | ON_NOW, 'had("stent", within_days=28)', "no"),
        (history({"procedure": "stent", "start": days_ago(29)}), 'had("stent", within_days=28)', "no"),
        (history({"procedure": "stent", "start": days_ago(28)}), 'had("stent", within_days=28)', "yes"),
        (history({"procedure": "stent", "start": "2026-10"}), 'had("stent", within_days=28)', "unknown"),  # 20 to 50 days ago
        (history({"procedure": "stent"}), 'had("stent", within_days=28)', "unknown"),
        (history({"procedure": "stent", "start": days_ago(200), "end": days_ago(3)}), 'had("stent", within_days=28)', "yes"),
        # Radiation is given over weeks: its start alone does not say when it ended.
        (history({"procedure": "external_radiation", "start": days_ago(29)}), 'had("external_radiation", within_days=28)', "unknown"),
        (history({"procedure": "external_radiation", "start": days_ago(28)}), 'had("external_radiation", within_days=28)', "yes"),
        (history(BEGUN, {"procedure": "stent"}) | ON_NOW, 'had("nivolumab", within_days=28)', "unknown"),
        (history(BEGUN, {"procedure": "stent", "end": days_ago(9)}) | ON_NOW, 'had("nivolumab", within_days=28)', "yes"),
        # What goes on may be missing from the list.
        (history(BEGUN, complete=False) | ON_NOW, 'had("nivolumab", within_days=28)', "unknown"),
        (ON_NOW, 'had("nivolumab", within_days=28)', "unknown"),
    ],
    "had: a history that may be incomplete": [
        (history(complete=False), 'had("nivolumab")', "unknown"),
        (history({"drugs": ["cisplatin"]}, complete=False), 'had("nivolumab")', "unknown"),
        (history(NIVOLUMAB, complete=False), 'had("nivolumab")', "yes"),
        (history({"procedure": "stent"}, complete=False), 'had("dilation")', "unknown"),
        ({"therapy.history": {"items": [{"drugs": ["cisplatin"]}], "complete": True}}, 'had("nivolumab")', "no"),
        # `value` says the same as `items`.
        ({"therapy.history": {"value": [{"drugs": ["cisplatin"]}], "complete": False}}, 'had("nivolumab")', "unknown"),
        ({"therapy.history": {"value": [], "complete": False}}, 'had("nivolumab")', "unknown"),
    ],
    "days_since": [
        ({LAST_DOSE: days_ago(27)}, "days_since(therapy.last_dose) >= 28", "no"),
        ({LAST_DOSE: days_ago(28)}, "days_since(therapy.last_dose) >= 28", "yes"),
        ({LAST_DOSE: days_ago(29)}, "days_since(therapy.last_dose) >= 28", "yes"),
        ({LAST_DOSE: days_ago(28)}, "days_since(therapy.last_dose) > 28", "no"),
        ({LAST_DOSE: days_ago(28)}, "28 <= days_since(therapy.last_dose) < 29", "yes"),
        ({LAST_DOSE: days_ago(0)}, "days_since(therapy.last_dose) == 0", "yes"),
        ({}, "days_since(therapy.last_dose) >= 28", "unknown"),
        ({LAST_DOSE: "2026-11"}, "days_since(therapy.last_dose) >= 28", "no"),  # 0 to 19 days ago
        ({LAST_DOSE: "2026-10"}, "days_since(therapy.last_dose) >= 28", "unknown"),  # 20 to 50
        ({LAST_DOSE: "2026-09"}, "days_since(therapy.last_dose) >= 28", "yes"),  # 51 to 80
        ({LAST_DOSE: 2026}, "days_since(therapy.last_dose) >= 28", "unknown"),
        ({LAST_DOSE: 2025}, "days_since(therapy.last_dose) >= 28", "yes"),
        ({LAST_DOSE: days_ago(56)}, "days_since(therapy.last_dose) / 7 >= 8", "yes"),
        (
            {LAST_DOSE: days_ago(10), STROKE: days_ago(20)},
            "days_since(condition.stroke_date) > days_since(therapy.last_dose)",
            "yes",
        ),
    ],
    "within, both ends included": [
        ({STROKE: days_ago(179)}, "within(condition.stroke_date, 180)", "yes"),
        ({STROKE: days_ago(180)}, "within(condition.stroke_date, 180)", "yes"),
        ({STROKE: days_ago(181)}, "within(condition.stroke_date, 180)", "no"),
        ({STROKE: days_ago(0)}, "within(condition.stroke_date, 0)", "yes"),
        ({STROKE: days_ago(1)}, "within(condition.stroke_date, 0)", "no"),
        ({}, "within(condition.stroke_date, 180)", "unknown"),
        ({STROKE: "2026-06"}, "within(condition.stroke_date, 180)", "yes"),
        ({STROKE: "2026-05"}, "within(condition.stroke_date, 180)", "unknown"),
        ({STROKE: "2026-04"}, "within(condition.stroke_date, 180)", "no"),
        ({STROKE: days_ago(181)}, "not within(condition.stroke_date, 180)", "yes"),
        ({}, "not within(condition.stroke_date, 180)", "unknown"),
    ],
}
