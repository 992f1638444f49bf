"""any_lesion(...) and count_lesions(...)."""

from __future__ import annotations

from typing import Any

from tests.helpers import days_ago
from tests.spec.tables import Tables


def lesions(*told: dict[str, Any], complete: bool = True) -> dict[str, Any]:
    """A lesion list; incomplete when there may be more."""
    return {"liver.lesions": list(told) if complete else {"items": list(told), "complete": False}}


def sizes(*centimeters: object, complete: bool = True) -> dict[str, Any]:
    """Lesions of these diameters; None is a lesion whose size is not known."""
    return lesions(*({} if size is None else {"diameter_cm": size} for size in centimeters), complete=complete)


TABLES: Tables = {
    "any_lesion: size": [
        (sizes(2.9), "any_lesion(diameter_cm > 3)", "no"),
        (sizes(3), "any_lesion(diameter_cm > 3)", "no"),
        (sizes(3.1), "any_lesion(diameter_cm > 3)", "yes"),
        (sizes(3), "any_lesion(diameter_cm >= 3)", "yes"),
        (sizes(3), "any_lesion(diameter_cm == 3)", "yes"),
        (sizes(3), "any_lesion(diameter_cm < 3)", "no"),
        (sizes(3), "any_lesion(diameter_cm <= 3)", "yes"),
        (sizes(3), "any_lesion(diameter_cm != 3)", "no"),
        (sizes(1, 2, 3.1), "any_lesion(diameter_cm > 3)", "yes"),
        (sizes(1, 2, None), "any_lesion(diameter_cm > 3)", "unknown"),
        (sizes(1, 4, None), "any_lesion(diameter_cm > 3)", "yes"),
        (sizes({"at_most": 3}), "any_lesion(diameter_cm > 3)", "no"),
        (sizes({"at_least": 3}), "any_lesion(diameter_cm > 3)", "unknown"),
        (sizes({"value": 31, "unit": "mm"}), "any_lesion(diameter_cm > 3)", "yes"),
        (sizes(), "any_lesion(diameter_cm > 3)", "no"),
        ({}, "any_lesion(diameter_cm > 3)", "unknown"),
        ({}, "not any_lesion(diameter_cm > 3)", "unknown"),
        (sizes(3), "not any_lesion(diameter_cm > 3)", "yes"),
    ],
    "any_lesion: an incomplete list": [
        (sizes(2, complete=False), "any_lesion(diameter_cm > 3)", "unknown"),
        (sizes(4, complete=False), "any_lesion(diameter_cm > 3)", "yes"),
        (sizes(complete=False), "any_lesion(diameter_cm > 3)", "unknown"),
        ({"liver.lesions": {"value": [{"diameter_cm": 2}], "complete": False}}, "any_lesion(diameter_cm > 3)", "unknown"),
    ],
    "any_lesion: what it lies next to": [
        (lesions({"near": ["bile_duct"]}), 'any_lesion("bile_duct" in near)', "yes"),
        (lesions({"near": ["bowel"]}), 'any_lesion("bile_duct" in near)', "no"),
        (lesions({"near": []}), 'any_lesion("bile_duct" in near)', "no"),
        (lesions({}), 'any_lesion("bile_duct" in near)', "unknown"),
        (lesions({"near": ["bowel"]}), 'any_lesion("bile_duct" not in near)', "yes"),
        (lesions({"near": ["bile_duct"]}), 'any_lesion("bile_duct" not in near)', "no"),
        (lesions({}), 'any_lesion("bile_duct" not in near)', "unknown"),
    ],
    "any_lesion: segment": [
        (lesions({"segment": "4a"}), 'any_lesion(segment == "4a")', "yes"),
        (lesions({"segment": "4b"}), 'any_lesion(segment == "4a")', "no"),
        (lesions({"segment": 7}), "any_lesion(segment == 7)", "yes"),
        (lesions({"segment": 7}), "any_lesion(segment != 7)", "no"),
        (lesions({"segment": 7}), "any_lesion(segment in [7, 8])", "yes"),
        (lesions({"segment": 6}), "any_lesion(segment in [7, 8])", "no"),
        (lesions({"segment": 6}), "any_lesion(segment not in [7, 8])", "yes"),
        (lesions({"segment": "unknown"}), "any_lesion(segment in [7, 8])", "unknown"),
        (lesions({}), "any_lesion(segment in [7, 8])", "unknown"),
    ],
    "any_lesion: date of the scan": [
        (lesions({"date": "2026-11-01"}), 'any_lesion(date >= "2026-11-01")', "yes"),
        (lesions({"date": "2026-10-31"}), 'any_lesion(date >= "2026-11-01")', "no"),
        (lesions({"date": "2026-10"}), 'any_lesion(date >= "2026-10-15")', "unknown"),
        (lesions({}), 'any_lesion(date >= "2026-11-01")', "unknown"),
    ],
    "any_lesion: one lesion must match in every respect": [
        (lesions({"diameter_cm": 4, "near": ["bile_duct"]}), 'any_lesion(diameter_cm > 3 and "bile_duct" in near)', "yes"),
        (
            lesions({"diameter_cm": 4, "near": []}, {"diameter_cm": 2, "near": ["bile_duct"]}),
            'any_lesion(diameter_cm > 3 and "bile_duct" in near)',
            "no",
        ),
        (lesions({"diameter_cm": 4}), 'any_lesion(diameter_cm > 3 and "bile_duct" in near)', "unknown"),
        (lesions({"diameter_cm": 2}), 'any_lesion(diameter_cm > 3 and "bile_duct" in near)', "no"),
        (lesions({"near": ["bowel"]}), 'any_lesion(diameter_cm > 3 and "bile_duct" in near)', "no"),
        (lesions({"diameter_cm": 4}), 'any_lesion(diameter_cm > 3 or "bile_duct" in near)', "yes"),
        (lesions({"diameter_cm": 2}), 'any_lesion(diameter_cm > 3 or "bile_duct" in near)', "unknown"),
        (lesions({"diameter_cm": 2}), 'any_lesion(not (diameter_cm > 3 or "bile_duct" in near))', "unknown"),
        (lesions({"diameter_cm": 2, "near": []}), 'any_lesion(not (diameter_cm > 3 or "bile_duct" in near))', "yes"),
    ],
    "count_lesions": [
        (sizes(2, 2, 2), "count_lesions(diameter_cm > 1) <= 3", "yes"),
        (sizes(2, 2, 2, 1), "count_lesions(diameter_cm > 1) <= 3", "yes"),
        (sizes(2, 2, 2, 2), "count_lesions(diameter_cm > 1) <= 3", "no"),
        (sizes(2, 2, 2, None), "count_lesions(diameter_cm > 1) <= 3", "unknown"),
        (sizes(2, 2, 2, None), "count_lesions(diameter_cm > 1) <= 4", "yes"),
        (sizes(2, 2, 2, None), "count_lesions(diameter_cm > 1) >= 3", "yes"),
        (sizes(), "count_lesions(diameter_cm > 1) == 0", "yes"),
        ({}, "count_lesions(diameter_cm > 1) <= 3", "unknown"),
        (sizes(2, 2, complete=False), "count_lesions(diameter_cm > 1) <= 3", "unknown"),
        (sizes(2, 2, 2, 2, complete=False), "count_lesions(diameter_cm > 1) <= 3", "no"),
        (sizes(2, 2, complete=False), "count_lesions(diameter_cm > 1) >= 2", "yes"),
        (lesions({"near": ["capsule"]}, {"near": []}, {}), 'count_lesions("capsule" in near) == 1', "unknown"),
        (lesions({"near": ["capsule"]}, {"near": []}), 'count_lesions("capsule" in near) == 1', "yes"),
        (sizes(2, 2), "3 > count_lesions(diameter_cm > 1)", "yes"),
        (sizes(2, 4), "count_lesions(diameter_cm > 1) - count_lesions(diameter_cm > 3) == 1", "yes"),
    ],
    "the scan's age": [
        (lesions({"diameter_cm": 4, "date": days_ago(56)}), "any_lesion(diameter_cm > 3)", "yes"),
        (lesions({"diameter_cm": 4, "date": days_ago(57)}), "any_lesion(diameter_cm > 3)", "unknown"),
        (lesions({"diameter_cm": 4, "date": days_ago(57)}), "count_lesions(diameter_cm > 3) == 1", "unknown"),
        # One old scan among new ones makes the list old.
        (lesions({"diameter_cm": 4, "date": days_ago(1)}, {"date": days_ago(57)}), "any_lesion(diameter_cm > 3)", "unknown"),
    ],
}
