"""Lesions: the tumors in the liver on one scan, and the scans before it."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.courses import Listing
from wayline.facts.values import DateRange, NumberRange

SEGMENTS = ("1", "2", "3", "4a", "4b", "5", "6", "7", "8", "unknown")
RIGHT_LOBE = frozenset({"5", "6", "7", "8"})
LEFT_LOBE = frozenset({"2", "3", "4a", "4b"})
LARGE_VESSELS = frozenset({"hepatic_vein", "portal_vein", "vena_cava"})
LESION_FIELDS = {"segment": "choice", "diameter_cm": "number", "near": "list", "date": "date"}
# A name is for people and for telling one tumor from another over several scans; no rule reads it.
LESION_KEYS = ("name", *LESION_FIELDS)


@dataclass(frozen=True, slots=True)
class Lesion:
    """One tumor: Couinaud segment (or `unknown`), longest diameter in cm, what it lies next to (None = not known), scan date.

    `name` says which tumor it is where several scans are told: the same name on two scans is the same tumor.
    """

    segment: str = "unknown"
    diameter_cm: NumberRange | None = None
    near: frozenset[str] | None = None
    date: DateRange | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """The tumors in the liver on one earlier scan."""

    date: DateRange
    lesions: Listing[Lesion]
