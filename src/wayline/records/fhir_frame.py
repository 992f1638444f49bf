"""The codes that our FHIR documents carry whatever is told, and UCUM's spelling of units: `content/records/written/frame.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wayline.guide.folder import content_folder
from wayline.reading import Place, nearest, read, require_keys, rows_at, text_at, texts_at

CODES = ("document", "tumor", "size_of_tumor", "longest_diameter")
_SYSTEMS = {"loinc": "http://loinc.org", "snomed": "http://snomed.info/sct"}


@dataclass(frozen=True)
class Frame:
    """`codings` are FHIR codings by what they are for; `ucum` the codes of units that UCUM spells in another way; `cites` their sources."""

    codings: Mapping[str, Mapping[str, str]]
    ucum: Mapping[str, str]
    cites: frozenset[str]

    def unit(self, unit: str | None) -> str:
        """A unit of the vocabulary as UCUM writes it; `1` where the number stands alone."""
        return "1" if unit is None else self.ucum.get(unit, unit)


def load_frame(path: Path) -> Frame:
    """Read the file strictly; every code of `CODES` must be there."""
    name = f"records/written/{path.name}"
    block = require_keys(read(path, name), ("codes", "ucum"), Place(name, 1))
    codings: dict[str, Mapping[str, str]] = {}
    ucum: dict[str, str] = {}
    cites: set[str] = set()
    codes = rows_at(block, "codes")
    for raw, place in zip(codes, codes.places, strict=True):
        row = require_keys(raw, ("id", "system", "code", "display", "cites"), place)
        system = text_at(row, "system")
        if system not in _SYSTEMS:
            raise row.at("system").error(f"'{system}' is not a system here.{nearest(system, _SYSTEMS)}")
        if text_at(row, "id") not in CODES or row["id"] in codings:
            raise row.at("id").error(f"'{row['id']}' stands twice, or is no part of the frame.{nearest(row['id'], CODES)}")
        codings[row["id"]] = {"system": _SYSTEMS[system], "code": text_at(row, "code"), "display": text_at(row, "display")}
        cites |= set(texts_at(row, "cites"))
    if missing := [one for one in CODES if one not in codings]:
        raise block.at("codes").error(f"'{missing[0]}' is missing")
    units = rows_at(block, "ucum")
    for raw, place in zip(units, units.places, strict=True):
        row = require_keys(raw, ("unit", "code", "cites"), place)
        ucum[text_at(row, "unit")] = text_at(row, "code")
        cites |= set(texts_at(row, "cites"))
    return Frame(codings, ucum, frozenset(cites))


@cache
def frame() -> Frame:
    """The frame that ships with Wayline, loaded once a process."""
    return load_frame(content_folder() / "records" / "written" / "frame.yaml")
