"""Lesions: the tumors in the liver on one scan."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.values import DateRange, NumberRange

SEGMENTS = ("1", "2", "3", "4a", "4b", "5", "6", "7", "8", "unknown")
RIGHT_LOBE = frozenset({"5", "6", "7", "8"})
LEFT_LOBE = frozenset({"2", "3", "4a", "4b"})
LARGE_VESSELS = frozenset({"hepatic_vein", "portal_vein", "vena_cava"})
LESION_FIELDS = {"segment": "choice", "diameter_cm": "number", "near": "list", "date": "date"}


@dataclass(frozen=True, slots=True)
class Lesion:
    """One tumor: Couinaud segment (or `unknown`), longest diameter in cm, what it lies next to (None = not known), scan date."""

    segment: str = "unknown"
    diameter_cm: NumberRange | None = None
    near: frozenset[str] | None = None
    date: DateRange | None = None
