"""The vocabulary: every fact that may be known about a person, loaded strictly from `content/vocabulary/`.

The files' forms are described in docs/reference/content.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from wayline.facts.drugs import DrugDictionary
from wayline.facts.formulas import Formulas
from wayline.facts.values import NumberRange, tidy
from wayline.reading import (
    Block,
    Place,
    WaylineError,
    flag_at,
    nearest,
    number_at,
    read,
    require_keys,
    rows_at,
    shortened,
    text_at,
    texts_at,
)

KINDS = ("number", "choice", "yes_no", "date", "text", "choice_list", "lesions", "scans", "lab_results", "courses")

_COMMON_HEAD = ("id", "kind", "label")
_COMMON_TAIL = ("valid_for_days", "may_change", "question", "why", "where", "cites")
_KEYS_OF_KIND: dict[str, tuple[str, ...]] = {
    "number": ("unit", "other_units", "lowest", "highest", "whole_number", "upper_limit"),
    "choice": ("ordered", "choices"),
    "choice_list": ("ordered", "choices"),
    "yes_no": ("says_yes", "says_no"),
    "date": (),
    "text": (),
    "lesions": (),
    "scans": (),
    "lab_results": (),
    "courses": (),
}
_FACT_ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Conversion:
    """Another unit: usual = (written + add) * multiply_by / divide_by."""

    unit: str
    add: float
    multiply_by: float
    divide_by: float

    def to_usual(self, written: float) -> float:
        return tidy((written + self.add) * self.multiply_by / self.divide_by)

    def from_usual(self, usual: float) -> float:
        """The usual value as this unit writes it, with all its digits."""
        return usual * self.divide_by / self.multiply_by - self.add


@dataclass(frozen=True)
class Choice:
    """One value of a choice. `means` lists the values it stands for: itself, or several ("stage 4" is 4a or 4b)."""

    value: str
    words: str
    means: frozenset[str]


@dataclass(frozen=True)
class FactDefinition:
    """What one fact is, how it is asked for, and how long it stays valid."""

    id: str
    kind: str
    label: str
    question: str
    why: str
    where: str
    cites: tuple[str, ...]
    valid_for_days: int | None
    may_change: bool
    place: Place
    group: str
    unit: str | None = None
    other_units: tuple[Conversion, ...] = ()
    lowest: float = float("-inf")
    highest: float = float("inf")
    whole_number: bool = False
    upper_limit: bool = False
    ordered: bool = False
    choices: Mapping[str, Choice] = field(default_factory=dict)
    says_yes: str = ""
    says_no: str = ""

    @property
    def may_have_upper_limit(self) -> bool:
        """Any lab may be told with its upper limit; `upper_limit` says which are asked for it."""
        return self.is_lab

    @property
    def is_lab(self) -> bool:
        """Whether this is a blood test, and not the end of its normal range."""
        return self.kind == "number" and self.group == "labs" and not self.id.endswith(("_uln", "_lln"))

    @cached_property
    def single_choices(self) -> tuple[str, ...]:
        """The values that stand for themselves only, in their order."""
        return tuple(value for value, choice in self.choices.items() if choice.means == {value})

    @cached_property
    def rank(self) -> dict[str, int]:
        """The place of each single value in the order of an ordered choice."""
        return {value: place for place, value in enumerate(self.single_choices)}

    @property
    def possible(self) -> NumberRange:
        """Every number that is not impossible for this fact."""
        return NumberRange(self.lowest, self.highest)

    def choice_value(self, value: str) -> str | int:
        """A choice as it is written in a case file: a number where the vocabulary writes a number."""
        return int(value) if value.isdigit() else value


@dataclass(frozen=True)
class Group:
    """Facts that are shown together."""

    id: str
    title: str
    facts: tuple[str, ...]


class Vocabulary(Mapping[str, FactDefinition]):
    """All facts by id, with the drug dictionary, procedures, unit spellings and formulas that give them meaning."""

    # Loaded once, and the same only as itself: so what was read with it can be remembered beside it.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(
        self,
        facts: Mapping[str, FactDefinition],
        groups: tuple[Group, ...],
        drugs: DrugDictionary,
        procedures: Mapping[str, str],
        one_day_procedures: frozenset[str],
        unit_spellings: Mapping[str, str],
        lesion_places: Mapping[str, str],
        formulas: Formulas,
    ) -> None:
        self._facts = dict(facts)
        self.groups = groups
        self.drugs = drugs
        self.procedures = procedures
        self.one_day_procedures = one_day_procedures
        self.unit_spellings = unit_spellings
        self.lesion_places = lesion_places
        self.formulas = formulas

    def __getitem__(self, fact_id: str) -> FactDefinition:
        return self._facts[fact_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each fact in the vocabulary, for stable sorting."""
        return {fact_id: place for place, fact_id in enumerate(self._facts)}

    def require(self, fact_id: str, place: Place) -> FactDefinition:
        """The fact's definition, or an error with the nearest right word."""
        if fact_id not in self._facts:
            raise place.error(f"'{shortened(fact_id)}' is not a fact.{nearest(fact_id, self._facts)} See docs/reference/facts.md")
        return self._facts[fact_id]

    def usual_unit_spelling(self, unit: str) -> str:
        """A unit as the vocabulary writes it: `µmol/l` becomes `umol/L`."""
        return self.unit_spellings.get(_squeezed(unit), unit)

    def usual_range(self, lab_id: str) -> NumberRange | None:
        """The usual adult upper limits of a lab, where docs and data say they agree closely enough; else None."""
        return self.formulas.usual_upper_limits.get(lab_id)


def within_a_sentence(label: str) -> str:
    """A label inside a sentence: its capital goes, unless it is an abbreviation or a name such as HER2."""
    return label[0].lower() + label[1:] if len(label) > 1 and label[1].islower() else label


def load_vocabulary(folder: Path) -> Vocabulary:
    """Load `content/vocabulary/`; every mistake is an error with file and line."""
    facts: dict[str, FactDefinition] = {}
    groups: list[Group] = []
    for path in sorted((folder / "facts").glob("*.yaml"), key=_reading_order):
        block = require_keys(
            read(path, f"vocabulary/facts/{path.name}"), ("group", "title", "facts"), Place(f"vocabulary/facts/{path.name}", 1)
        )
        ids: list[str] = []
        rows = rows_at(block, "facts")
        for row, place in zip(rows, rows.places, strict=True):
            definition = _fact(row, place, block["group"])
            additions = [definition, *(_limit_facts(definition) if definition.is_lab else ())]
            for addition in additions:
                if addition.id in facts:
                    raise place.error(f"'{addition.id}' stands twice (first in {facts[addition.id].place.file})")
                facts[addition.id] = addition
                ids.append(addition.id)
        groups.append(Group(text_at(block, "group"), text_at(block, "title"), tuple(ids)))
    if not facts:
        raise WaylineError(f"{folder}: no vocabulary files were found")
    procedures, one_day_procedures = _procedures(folder / "procedures.yaml")
    return Vocabulary(
        facts=facts,
        groups=tuple(groups),
        drugs=DrugDictionary.load(folder / "drugs.yaml"),
        procedures=procedures,
        one_day_procedures=one_day_procedures,
        unit_spellings=_unit_spellings(folder / "units.yaml"),
        lesion_places=_pairs(folder / "lesion_places.yaml", "places"),
        formulas=Formulas.load(folder / "formulas.yaml"),
    )


# Shown in the order in which a person tells it, not alphabetically; a new file comes after these.
_FILE_ORDER = (
    "person",
    "diagnosis",
    "metastases",
    "esophagus",
    "symptom",
    "function",
    "nutrition",
    "liver",
    "labs",
    "biomarker",
    "therapy",
    "disease",
    "condition",
    "consent",
    "wish",
)


def _reading_order(path: Path) -> tuple[int, str]:
    return (_FILE_ORDER.index(path.stem) if path.stem in _FILE_ORDER else len(_FILE_ORDER), path.stem)


def _fact(row: Any, place: Place, group: str) -> FactDefinition:
    if not isinstance(row, Block) or "kind" not in row:
        raise place.error("a fact needs a 'kind'")
    kind = row["kind"]
    if kind not in KINDS:
        raise row.at("kind").error(f"'{kind}' is not a kind of fact.{nearest(kind, KINDS)}")
    require_keys(row, (*_COMMON_HEAD, *_KEYS_OF_KIND[kind], *_COMMON_TAIL), place)
    fact_id = text_at(row, "id")
    if not _FACT_ID.fullmatch(fact_id) or not fact_id.startswith(f"{group}."):
        raise row.at("id").error(f"'{fact_id}' must be written '{group}.' and then lower-case words joined by '_'")
    special: dict[str, Any] = {}
    if kind == "number":
        special = {
            "unit": None if row["unit"] is None else text_at(row, "unit"),
            "other_units": tuple(
                _conversion(other, at) for other, at in zip(rows_at(row, "other_units"), row["other_units"].places, strict=True)
            ),
            "lowest": number_at(row, "lowest"),
            "highest": number_at(row, "highest"),
            "whole_number": flag_at(row, "whole_number"),
            "upper_limit": flag_at(row, "upper_limit"),
        }
    elif kind in ("choice", "choice_list"):
        special = {"ordered": flag_at(row, "ordered"), "choices": _choices(row)}
    elif kind == "yes_no":
        special = {"says_yes": text_at(row, "says_yes"), "says_no": text_at(row, "says_no")}
    valid_for_days = row["valid_for_days"]
    if valid_for_days is not None and (not isinstance(valid_for_days, int) or isinstance(valid_for_days, bool) or valid_for_days < 1):
        raise row.at("valid_for_days").error("'valid_for_days' must be a number of days, or null for no limit")
    return FactDefinition(
        id=fact_id,
        kind=kind,
        label=text_at(row, "label"),
        question=text_at(row, "question"),
        why=text_at(row, "why"),
        where=text_at(row, "where"),
        cites=tuple(texts_at(row, "cites")),
        valid_for_days=valid_for_days,
        may_change=flag_at(row, "may_change"),
        place=place,
        group=group,
        **special,
    )


def _limit_facts(lab: FactDefinition) -> tuple[FactDefinition, FactDefinition]:
    """`labs.alt_uln` and `labs.alt_lln`: the ends of the range that the lab's own report prints beside the value."""
    return _limit_fact(lab, "uln", "Upper", "upper", "higher"), _limit_fact(lab, "lln", "Lower", "lower", "lower")


def _limit_fact(lab: FactDefinition, ending: str, title: str, word: str, which: str) -> FactDefinition:
    return FactDefinition(
        id=f"{lab.id}_{ending}",
        kind="number",
        label=f"{title} limit of {within_a_sentence(lab.label)} at your lab",
        question=f"Which {word} limit does your lab print for {within_a_sentence(lab.label)}?",
        why=f"Labs differ. Many limits are counted from the lab's own {word} limit.",
        where=f"On the lab report, in the column 'reference range' or 'normal range'. It is the {which} of the two numbers.",
        cites=(),
        valid_for_days=None,
        may_change=False,
        place=lab.place,
        group=lab.group,
        unit=lab.unit,
        other_units=lab.other_units,
        lowest=lab.lowest,
        highest=lab.highest,
    )


def _conversion(row: Any, place: Place) -> Conversion:
    block = require_keys(row, ("unit", "add", "multiply_by", "divide_by"), place)
    conversion = Conversion(text_at(block, "unit"), *(number_at(block, key) for key in ("add", "multiply_by", "divide_by")))
    if conversion.multiply_by <= 0 or conversion.divide_by <= 0:
        raise place.error("a conversion multiplies and divides by numbers above 0")
    return conversion


def _choices(row: Block) -> dict[str, Choice]:
    rows = rows_at(row, "choices")
    choices: dict[str, Choice] = {}
    for item, place in zip(rows, rows.places, strict=True):
        block = require_keys(item, ("value", "words", "means"), place)
        value = str(block["value"])
        if value in choices:
            raise place.error(f"the choice '{value}' stands twice")
        means = block["means"]
        choices[value] = Choice(value, text_at(block, "words"), frozenset({value} if means is None else map(str, means)))
    for choice, place in zip(choices.values(), rows.places, strict=True):
        for meant in choice.means:
            if meant not in choices or choices[meant].means != {meant}:
                raise place.error(f"'{choice.value}' means '{meant}', which is not a single choice here.{nearest(meant, choices)}")
    if not choices:
        raise row.at("choices").error("a choice needs at least one value")
    return choices


def _pairs(path: Path, key: str) -> dict[str, str]:
    name = f"vocabulary/{path.name}"
    rows = rows_at(require_keys(read(path, name), (key,), Place(name, 1)), key)
    pairs: dict[str, str] = {}
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("id", "title"), place)
        pairs[text_at(block, "id")] = text_at(block, "title")
    return pairs


def _procedures(path: Path) -> tuple[dict[str, str], frozenset[str]]:
    """The titles of procedures by id, and those that are done on one day."""
    name = f"vocabulary/{path.name}"
    rows = rows_at(require_keys(read(path, name), ("procedures",), Place(name, 1)), "procedures")
    titles: dict[str, str] = {}
    on_one_day: set[str] = set()
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("id", "title", "on_one_day"), place)
        procedure = text_at(block, "id")
        titles[procedure] = text_at(block, "title")
        on_one_day |= {procedure} if flag_at(block, "on_one_day") else set()
    return titles, frozenset(on_one_day)


def _unit_spellings(path: Path) -> dict[str, str]:
    name = f"vocabulary/{path.name}"
    rows = rows_at(require_keys(read(path, name), ("units",), Place(name, 1)), "units")
    spellings: dict[str, str] = {}
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("unit", "also_written"), place)
        unit = text_at(block, "unit")
        for spelling in (unit, *texts_at(block, "also_written")):
            if spellings.setdefault(_squeezed(spelling), unit) != unit:
                raise place.error(f"'{spelling}' is already another spelling of '{spellings[_squeezed(spelling)]}'")
    return spellings


_SUPERSCRIPTS = {ord(sign): f"^{digit}" for sign, digit in zip("²³⁹⁶", "2396", strict=True)}


def _squeezed(unit: str) -> str:
    """A unit without the differences that do not matter: case, blanks, and the two micro signs."""
    return re.sub(r"\s+", "", unit).lower().replace("µ", "u").replace("μ", "u").translate(_SUPERSCRIPTS)
