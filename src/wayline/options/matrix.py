"""Liver-directed treatments side by side, from `content/liver_matrix.yaml`: no cell is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wayline.guide.references import References, word_at
from wayline.options.catalog import STRENGTHS, Catalog
from wayline.reading import Block, Place, WaylineError, nearest, read, require_keys, rows_at, text_at, texts_at

COLUMNS = {
    "size": "Size",
    "number": "Number",
    "location": "Place in the liver",
    "liver_function": "How the liver works",
    "elsewhere": "Cancer elsewhere",
    "esophageal_studies": "What studies in cancer of the esophagus show",
}


@dataclass(frozen=True)
class Cell:
    text: str
    strength: str | None
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    option: str
    cells: Mapping[str, Cell]

    @property
    def cited(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cite for cell in self.cells.values() for cite in cell.cites))


def load_matrix(path: Path, catalog: Catalog, references: References) -> tuple[Row, ...]:
    """Load the matrix strictly: one row for every liver-directed option, in the catalog's order."""
    name = path.name
    rows = rows_at(require_keys(read(path, name), ("matrix",), Place(name, 1)), "matrix")
    loaded: dict[str, Row] = {}
    liver_directed = [option.id for option in catalog.values() if option.kind == "liver_directed"]
    for item, place in zip(rows, rows.places, strict=True):
        block = require_keys(item, ("option", *COLUMNS), place)
        option_id = text_at(block, "option")
        if option_id not in liver_directed:
            raise block.at("option").error(f"'{option_id}' is not a liver-directed option.{nearest(option_id, liver_directed)}")
        if option_id in loaded:
            raise block.at("option").error(f"'{option_id}' stands twice")
        loaded[option_id] = Row(option_id, {column: _cell(block, column, references) for column in COLUMNS})
    for option_id in liver_directed:
        if option_id not in loaded:
            raise WaylineError(f"{name}: '{option_id}' is missing")
    return tuple(loaded[option_id] for option_id in liver_directed)


def _cell(block: Block, column: str, references: References) -> Cell:
    keys = ("text", "strength", "cites") if column == "esophageal_studies" else ("text", "cites")
    cell = require_keys(block[column], keys, block.at(column))
    cites = references.require(texts_at(cell, "cites"), cell.at("cites"))
    if not cites:
        raise cell.at("cites").error("a cell needs a reference")
    return Cell(text_at(cell, "text"), word_at(cell, "strength", STRENGTHS) if "strength" in cell else None, cites)
