"""The drug dictionary: generic names, brands, synonyms, classes and named combinations, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wayline.reading import Block, Place, nearest, read, require_keys, rows_at, text_at, texts_at

STANDINGS = ("current", "older", "investigational", "not_us")
# A name for all drugs that are not in usual care for this cancer, for trials that rule out agents nobody has heard of.
INVESTIGATIONAL = "investigational"


@dataclass(frozen=True)
class DrugClass:
    id: str
    title: str
    other_names: tuple[str, ...]
    part_of: tuple[str, ...]


@dataclass(frozen=True)
class Drug:
    id: str
    title: str
    brands: tuple[str, ...]
    other_names: tuple[str, ...]
    classes: tuple[str, ...]
    systemic: bool
    standing: str
    cites: tuple[str, ...]


@dataclass(frozen=True)
class Combination:
    id: str
    title: str
    other_names: tuple[str, ...]
    drugs: tuple[str, ...]


@dataclass(frozen=True)
class DrugDictionary:
    classes: Mapping[str, DrugClass]
    drugs: Mapping[str, Drug]
    combinations: Mapping[str, Combination]

    @classmethod
    def load(cls, path: Path) -> DrugDictionary:
        """Load and check `drugs.yaml`: every name means one thing, every class exists, no class contains itself."""
        name = f"vocabulary/{path.name}"
        block = require_keys(read(path, name), ("classes", "drugs", "combinations"), Place(name, 1))
        classes, drugs, combinations = {}, {}, {}
        names: dict[str, tuple[str, Place]] = {}

        def claim(owner: str, spellings: list[str], place: Place) -> None:
            for spelling in {squeezed(one) for one in spellings}:
                if spelling in names and names[spelling][0] != owner:
                    raise place.error(f"'{spelling}' is already a name of '{names[spelling][0]}' (line {names[spelling][1].line})")
                names[spelling] = (owner, place)

        for row, place in _rows(block, "classes", ("id", "title", "other_names", "part_of")):
            one = DrugClass(text_at(row, "id"), text_at(row, "title"), tuple(texts_at(row, "other_names")), tuple(texts_at(row, "part_of")))
            claim(one.id, [one.id, one.title, *one.other_names], place)
            classes[one.id] = one
        for row, place in _rows(block, "drugs", ("id", "title", "brands", "other_names", "classes", "kind", "standing", "cites")):
            kind, standing = text_at(row, "kind"), text_at(row, "standing")
            if kind not in ("systemic", "supportive"):
                raise row.at("kind").error(f"'{kind}' must be systemic or supportive")
            if standing not in STANDINGS:
                raise row.at("standing").error(f"'{standing}' is not a standing.{nearest(standing, STANDINGS)}")
            drug = Drug(
                text_at(row, "id"),
                text_at(row, "title"),
                tuple(texts_at(row, "brands")),
                tuple(texts_at(row, "other_names")),
                tuple(texts_at(row, "classes")),
                kind == "systemic",
                standing,
                tuple(texts_at(row, "cites")),
            )
            claim(drug.id, [drug.id, drug.title, *drug.brands, *drug.other_names], place)
            drugs[drug.id] = drug
            for class_id in drug.classes:
                if class_id not in classes:
                    raise row.at("classes").error(f"'{class_id}' is not a drug class.{nearest(class_id, classes)}")
        for row, place in _rows(block, "combinations", ("id", "title", "other_names", "drugs")):
            combination = Combination(
                text_at(row, "id"), text_at(row, "title"), tuple(texts_at(row, "other_names")), tuple(texts_at(row, "drugs"))
            )
            claim(combination.id, [combination.id, combination.title, *combination.other_names], place)
            combinations[combination.id] = combination
            for drug_id in combination.drugs:
                if drug_id not in drugs:
                    raise row.at("drugs").error(f"'{drug_id}' is not a drug.{nearest(drug_id, drugs)}")
        dictionary = cls(classes, drugs, combinations)
        for row, _ in _rows(block, "classes", ("id", "title", "other_names", "part_of")):
            for parent in row["part_of"]:
                if parent not in classes:
                    raise row.at("part_of").error(f"'{parent}' is not a drug class.{nearest(parent, classes)}")
            if row["id"] in dictionary._wider(row["id"], ()):
                raise row.at("part_of").error(f"'{row['id']}' contains itself")
        return dictionary

    def _wider(self, class_id: str, path: tuple[str, ...]) -> set[str]:
        if class_id in path:
            return {class_id}
        wider: set[str] = set()
        for parent in self.classes[class_id].part_of:
            wider |= {parent} | self._wider(parent, (*path, class_id))
        return wider

    @cached_property
    def _ids_by_name(self) -> dict[str, tuple[str, ...]]:
        names: dict[str, tuple[str, ...]] = {}
        for drug in self.drugs.values():
            for name in (drug.id, drug.title, *drug.brands, *drug.other_names):
                names[squeezed(name)] = (drug.id,)
        for combination in self.combinations.values():
            for name in (combination.id, combination.title, *combination.other_names):
                names[squeezed(name)] = combination.drugs
        return names

    @cached_property
    def _members(self) -> dict[str, frozenset[str]]:
        members: dict[str, set[str]] = {class_id: set() for class_id in self.classes}
        for drug in self.drugs.values():
            for class_id in drug.classes:
                for wider in {class_id} | self._wider(class_id, ()):
                    members[wider].add(drug.id)
        return {class_id: frozenset(drugs) for class_id, drugs in members.items()}

    @cached_property
    def _investigational(self) -> frozenset[str]:
        return frozenset(drug.id for drug in self.drugs.values() if drug.standing == INVESTIGATIONAL)

    def find(self, name: str) -> tuple[str, ...]:
        """The generic drug or drugs that a name stands for ("Opdivo", "FOLFOX"); empty where we do not know the name."""
        return self._ids_by_name.get(squeezed(name), ())

    def members(self, drug_or_class: str) -> frozenset[str] | None:
        """All drugs of a class, or the drug itself; None where the word is neither. "investigational" is a class too."""
        if drug_or_class == INVESTIGATIONAL:
            return self._investigational
        if drug_or_class in self.classes:
            return self._members[drug_or_class]
        return frozenset({drug_or_class}) if drug_or_class in self.drugs else None

    def title(self, drug_or_class: str) -> str:
        known = self.drugs.get(drug_or_class) or self.classes.get(drug_or_class)
        return known.title if known else drug_or_class.replace("_", " ")


def squeezed(name: str) -> str:
    """A name without the differences that do not matter: case, blanks, hyphens. "PD-(L)1" keeps its brackets: it is not PD-L1."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "+()")


def _rows(block: Block, key: str, keys: tuple[str, ...]) -> list[tuple[Block, Place]]:
    rows = rows_at(block, key)
    return [(require_keys(row, keys, place), place) for row, place in zip(rows, rows.places, strict=True)]
