"""Dates (also partly known), texts, lists of choices, and combinations of conditions."""

from __future__ import annotations

from tests.spec.tables import Tables

DATE = "diagnosis.date"

TABLES: Tables = {
    "a whole date": [
        ({DATE: "2025-10-14"}, 'diagnosis.date < "2025-10-15"', "yes"),
        ({DATE: "2025-10-15"}, 'diagnosis.date < "2025-10-15"', "no"),
        ({DATE: "2025-10-16"}, 'diagnosis.date < "2025-10-15"', "no"),
        ({DATE: "2025-10-15"}, 'diagnosis.date <= "2025-10-15"', "yes"),
        ({DATE: "2025-10-16"}, 'diagnosis.date <= "2025-10-15"', "no"),
        ({DATE: "2025-10-15"}, 'diagnosis.date > "2025-10-15"', "no"),
        ({DATE: "2025-10-16"}, 'diagnosis.date > "2025-10-15"', "yes"),
        ({DATE: "2025-10-14"}, 'diagnosis.date >= "2025-10-15"', "no"),
        ({DATE: "2025-10-15"}, 'diagnosis.date >= "2025-10-15"', "yes"),
        ({DATE: "2025-10-15"}, 'diagnosis.date == "2025-10-15"', "yes"),
        ({DATE: "2025-10-16"}, 'diagnosis.date == "2025-10-15"', "no"),
        ({DATE: "2025-10-16"}, 'diagnosis.date != "2025-10-15"', "yes"),
        ({DATE: "2025-10-14"}, '"2025-10-15" > diagnosis.date', "yes"),
        ({}, 'diagnosis.date < "2025-10-15"', "unknown"),
        ({}, 'diagnosis.date == "2025-10-15"', "unknown"),
    ],
    "a month": [
        ({DATE: "2025-10"}, 'diagnosis.date < "2025-11-01"', "yes"),
        ({DATE: "2025-10"}, 'diagnosis.date < "2025-10-31"', "unknown"),
        ({DATE: "2025-10"}, 'diagnosis.date <= "2025-10-31"', "yes"),
        ({DATE: "2025-10"}, 'diagnosis.date < "2025-10-01"', "no"),
        ({DATE: "2025-10"}, 'diagnosis.date <= "2025-10-01"', "unknown"),
        ({DATE: "2025-10"}, 'diagnosis.date >= "2025-10-01"', "yes"),
        ({DATE: "2025-10"}, 'diagnosis.date > "2025-10-31"', "no"),
        ({DATE: "2025-10"}, 'diagnosis.date == "2025-10-15"', "unknown"),
        ({DATE: "2025-10"}, 'diagnosis.date == "2025-11-01"', "no"),
        ({DATE: "2025-10"}, 'diagnosis.date != "2025-11-01"', "yes"),
        ({DATE: "2024-02"}, 'diagnosis.date <= "2024-02-29"', "yes"),
    ],
    "a year": [
        ({DATE: 2025}, 'diagnosis.date < "2026-01-01"', "yes"),
        ({DATE: 2025}, 'diagnosis.date >= "2025-01-01"', "yes"),
        ({DATE: 2025}, 'diagnosis.date >= "2025-01-02"', "unknown"),
        ({DATE: 2025}, 'diagnosis.date > "2025-12-31"', "no"),
    ],
    "a month or year that has begun ends today": [
        ({DATE: "2026-11"}, 'diagnosis.date <= "2026-11-20"', "yes"),
        ({DATE: 2026}, 'diagnosis.date > "2026-11-20"', "no"),
    ],
    "a written month or year": [
        # all its days: a wholly known date always decides
        ({DATE: "2025-09-30"}, 'diagnosis.date >= "2025-10"', "no"),
        ({DATE: "2025-10-01"}, 'diagnosis.date >= "2025-10"', "yes"),
        ({DATE: "2025-10-31"}, 'diagnosis.date > "2025-10"', "no"),
        ({DATE: "2025-10-31"}, 'diagnosis.date <= "2025-10"', "yes"),
        ({DATE: "2025-11-01"}, 'diagnosis.date <= "2025-10"', "no"),
        ({DATE: "2025-10-01"}, 'diagnosis.date < "2025-10"', "no"),
        ({DATE: "2025-10-15"}, 'diagnosis.date == "2025-10"', "yes"),
        ({DATE: "2025-11-01"}, 'diagnosis.date == "2025-10"', "no"),
        ({DATE: "2025-10-15"}, 'diagnosis.date != "2025-10"', "no"),
        ({DATE: 2025}, 'diagnosis.date == "2025-10"', "unknown"),
        ({}, 'diagnosis.date == "2025-10"', "unknown"),
        ({DATE: "2025-09-30"}, 'diagnosis.date < "2025-10"', "yes"),
        ({DATE: "2025-11-01"}, 'diagnosis.date > "2025-10"', "yes"),
        ({DATE: "2024-12-31"}, 'diagnosis.date < "2025"', "yes"),
        ({DATE: "2026-01-01"}, 'diagnosis.date < "2025"', "no"),
    ],
    "a text": [
        ({"person.country": "US"}, 'person.country == "US"', "yes"),
        ({"person.country": "us"}, 'person.country == "US"', "yes"),
        ({"person.country": "CA"}, 'person.country == "US"', "no"),
        ({"person.country": "CA"}, 'person.country != "US"', "yes"),
        ({}, 'person.country == "US"', "unknown"),
        ({}, 'person.country != "US"', "unknown"),
        ({"person.country": "CA"}, 'person.country in ["US", "CA"]', "yes"),
        ({"person.country": "MX"}, 'person.country in ["US", "CA"]', "no"),
        ({"person.country": "MX"}, 'person.country not in ["US", "CA"]', "yes"),
        ({}, 'person.country in ["US", "CA"]', "unknown"),
        ({"person.postal_code": "02115"}, 'person.postal_code == "02115"', "yes"),
    ],
    "a list holds": [
        ({"wish.goals": ["live_longer", "less_travel"]}, '"live_longer" in wish.goals', "yes"),
        ({"wish.goals": ["less_travel"]}, '"live_longer" in wish.goals', "no"),
        ({"wish.goals": []}, '"live_longer" in wish.goals', "no"),
        ({}, '"live_longer" in wish.goals', "unknown"),
        ({"wish.goals": ["less_travel"]}, '"live_longer" not in wish.goals', "yes"),
        ({}, '"live_longer" not in wish.goals', "unknown"),
        ({"wish.goals": {"items": ["less_travel"], "complete": False}}, '"live_longer" in wish.goals', "unknown"),
        ({"wish.goals": {"items": ["live_longer"], "complete": False}}, '"live_longer" in wish.goals', "yes"),
        ({"wish.goals": {"items": ["less_travel"], "complete": True}}, '"live_longer" in wish.goals', "no"),
    ],
    "a yes-or-no fact alone": [
        ({"metastases.lung": True}, "metastases.lung", "yes"),
        ({"metastases.lung": False}, "metastases.lung", "no"),
        ({"metastases.lung": "yes"}, "metastases.lung", "yes"),
        ({"metastases.lung": "no"}, "metastases.lung", "no"),
        ({"metastases.lung": None}, "metastases.lung", "unknown"),
        ({}, "metastases.lung", "unknown"),
    ],
    "conditions together": [
        ({"metastases.lung": False}, "metastases.lung and metastases.bone and metastases.brain", "no"),
        ({"metastases.lung": True}, "metastases.lung and metastases.bone and metastases.brain", "unknown"),
        ({"metastases.brain": True}, "metastases.lung or metastases.bone or metastases.brain", "yes"),
        ({"metastases.brain": False}, "metastases.lung or metastases.bone or metastases.brain", "unknown"),
        # `and` binds closer than `or`, `not` closer than both.
        ({"metastases.lung": True}, "metastases.lung or metastases.bone and metastases.brain", "yes"),
        ({"metastases.brain": False, "metastases.lung": True}, "(metastases.lung or metastases.bone) and metastases.brain", "no"),
        ({"metastases.lung": False, "metastases.bone": True}, "not metastases.lung and metastases.bone", "yes"),
        ({"metastases.lung": False, "metastases.bone": True}, "not (metastases.lung and metastases.bone)", "yes"),
        # Unknown is not known to be its own opposite: the engine looks at each part alone.
        ({}, "metastases.lung or not metastases.lung", "unknown"),
        ({}, "metastases.lung and not metastases.lung", "unknown"),
    ],
    "an expression over several lines": [
        ({"metastases.lung": True}, "metastases.lung\nand not\n  metastases.bone\n", "unknown"),
        ({"metastases.lung": True}, "\n  metastases.lung\r\n  or metastases.bone", "yes"),
    ],
    "the kind of cancer is always the same": [({}, 'diagnosis.primary == "esophagus"', "yes")],
}
