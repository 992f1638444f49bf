"""The numbers of every formula, read from `content/vocabulary/formulas.yaml`; none stands in code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayline.facts.values import NumberRange
from wayline.reading import Block, Place, number_at, read, require_keys, rows_at, text_at, texts_at

_KEYS = {
    "child_pugh": ("bilirubin_mg_per_dl", "albumin_g_per_dl", "inr", "class_a_up_to_points", "class_b_up_to_points", "cites"),
    "albi": (
        "bilirubin_factor",
        "albumin_factor",
        "umol_per_l_in_mg_per_dl_bilirubin",
        "g_per_l_in_g_per_dl_albumin",
        "grade_1_up_to",
        "grade_2_up_to",
        "agrees_within",
        "cites",
    ),
    "cockcroft_gault": ("age_minuend", "divisor", "female_factor", "agrees_within", "cites"),
    "ckd_epi_2021": ("factor", "exponent", "age_base", "female", "male", "agrees_within", "cites"),
    "lines_of_therapy": ("days_after_curative_treatment", "longest_untreated_days", "cites"),
}


@dataclass(frozen=True)
class Band:
    """1, 2 or 3 points for a number: 2 points from `middle.low` to `middle.high`, both included."""

    middle: NumberRange
    low_is_good: bool

    def points(self, value: NumberRange | None) -> NumberRange:
        """The points that are possible for a value; 1 to 3 where nothing is known."""
        if value is None:
            return NumberRange(1, 3)
        below = NumberRange(float("-inf"), self.middle.low, True, True)
        above = NumberRange(self.middle.high, float("inf"), True, True)
        good, bad = (below, above) if self.low_is_good else (above, below)
        reached = [points for points, band in ((1, good), (2, self.middle), (3, bad)) if value.meets(band) is not None]
        return NumberRange(reached[0], reached[-1])


@dataclass(frozen=True)
class Formulas:
    """Constants by formula; see the data file for what each is."""

    bands: Mapping[str, Band]
    constants: Mapping[str, Mapping[str, float]]
    cites: Mapping[str, tuple[str, ...]]
    usual_upper_limits: Mapping[str, NumberRange]

    @classmethod
    def load(cls, path: Path) -> Formulas:
        name = f"vocabulary/{path.name}"
        block = require_keys(read(path, name), (*_KEYS, "usual_upper_limits"), Place(name, 1))
        constants: dict[str, dict[str, float]] = {}
        bands: dict[str, Band] = {}
        cites: dict[str, tuple[str, ...]] = {}
        for formula, keys in _KEYS.items():
            part = require_keys(block[formula], keys, block.at(formula))
            cites[formula] = tuple(texts_at(part, "cites"))
            constants[formula] = {}
            for key in keys:
                if key == "cites":
                    continue
                if isinstance(part[key], Block) and formula == "child_pugh":
                    bands[key] = _band(part[key], part.at(key))
                elif isinstance(part[key], Block):
                    inner = require_keys(part[key], ("kappa", "alpha", "factor"), part.at(key))
                    constants[formula] |= {f"{key}_{word}": number_at(inner, word) for word in inner}
                else:
                    constants[formula][key] = number_at(part, key)
        limits: dict[str, NumberRange] = {}
        rows = rows_at(block, "usual_upper_limits")
        for row, place in zip(rows, rows.places, strict=True):
            part = require_keys(row, ("lab", "at_least", "at_most", "cites"), place)
            limits[text_at(part, "lab")] = NumberRange(number_at(part, "at_least"), number_at(part, "at_most"))
            cites[text_at(part, "lab")] = tuple(texts_at(part, "cites"))
        return cls(bands, constants, cites, limits)


def _band(part: Any, place: Place) -> Band:
    block = require_keys(part, ("low_is_good", "from", "up_to"), place)
    return Band(NumberRange(number_at(block, "from"), number_at(block, "up_to")), bool(block["low_is_good"]))
