"""Words of a trial's rule that were not understood, and drugs that are not in usual care."""

from __future__ import annotations

from tests.spec.tables import Tables

_LIVER = {"metastases.liver": True}
_NO_LIVER = {"metastases.liver": False}


def _had(*drugs: str) -> dict[str, object]:
    return {"therapy.history": [{"drugs": list(drugs), "intent": "palliative"}] if drugs else []}


TABLES: Tables = {
    "unread words are unknown of everybody, and settle nothing that another part settles": [
        ({}, "unread(0)", "unknown"),
        ({}, "not unread(0)", "unknown"),
        (_NO_LIVER, "metastases.liver and unread(0)", "no"),
        (_LIVER, "metastases.liver and unread(0)", "unknown"),
        (_LIVER, "metastases.liver or unread(0)", "yes"),
        (_NO_LIVER, "metastases.liver or unread(0)", "unknown"),
        ({}, "metastases.liver and unread(0)", "unknown"),
    ],
    "investigational means any drug that is not in usual care for this cancer": [
        (_had(), 'had("investigational")', "no"),
        (_had("fluorouracil", "oxaliplatin"), 'had("investigational")', "no"),
        (_had("pembrolizumab"), 'had("investigational")', "no"),
        (_had("tremelimumab"), 'had("investigational")', "yes"),
        (_had("fluorouracil", "a drug nobody has heard of"), 'had("investigational")', "unknown"),
        ({}, 'had("investigational")', "unknown"),
    ],
}
