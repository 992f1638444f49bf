"""Situations for tests of the sheet: the named people, and invented ones at the ends of what can be told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import PEOPLE
from tests.helpers import shared_folder, situation_of
from wayline.facts.situation import Situation
from wayline.facts.vocabulary import FactDefinition
from wayline.library import library

# Of the shared cases only those that are not among the named people.
_FOLDERS = (shared_folder() / "cases", PEOPLE)
CASES = sorted({path.stem: path for folder in _FOLDERS for path in folder.glob("*.yaml") if not path.stem.startswith("expected")}.values())
QUESTIONS = ("What is the aim of this treatment?", "Who can I call at night?", "May I travel?", "What if I wait?", "What now?", "A sixth?")
LONG_QUESTIONS = tuple(f"{number} Why {'and why ' * 60}#eval $x$ *b* @ref <l> \\ ?" for number in range(40))
DIARY: tuple[dict[str, Any], ...] = tuple(
    {"date": day, "facts": {"symptom.dysphagia": score, "nutrition.weight_kg": weight}}
    for day, score, weight in (("2026-10-30", 1, 83.2), ("2026-11-06", 2, {"value": 180, "unit": "lb"}), ("2026-11-13", 2, 80.5))
)
LONG_DIARY = tuple(
    {"date": f"2026-{month:02d}-{day:02d}", "facts": {"symptom.dysphagia": day % 5, "nutrition.weight_kg": 80 - month + day / 10}}
    for month in (8, 9, 10)
    for day in range(1, 29)
)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def everything(*, is_bad: bool, dated: str | None = None) -> Situation:
    """A person of whom every single fact is told: all of it bad, or all of it at its least; contradictions come by themselves."""
    facts = {fact_id: _value(definition, is_bad, dated) for fact_id, definition in library().vocabulary.items()}
    left_out = ("diagnosis.primary", "person.birth_date", "person.country", "person.postal_code")
    return situation_of({fact_id: value for fact_id, value in facts.items() if value is not None and fact_id not in left_out})


def _value(definition: FactDefinition, is_bad: bool, dated: str | None) -> Any:
    match definition.kind:
        case "yes_no":
            return is_bad
        case "choice":
            return definition.choice_value(definition.single_choices[-1 if is_bad else 0])
        case "number":
            number = min(definition.highest, 90) if is_bad else min(max(definition.lowest, 1), definition.highest)
            number = int(number) if definition.whole_number else number
            return number if dated is None else {"value": number, "date": dated}
        case "date":
            return "2020-02-02"
        case "choice_list":
            return [definition.choice_value(choice) for choice in definition.single_choices]
        case "courses":
            typed = "W" * 300 + " #eval(1) $x$ *b* @a <b>"
            return [{"drugs": [typed], "start": f"20{year}-01-01", "end": f"20{year}-05-01"} for year in range(10, 25)]
    return None
