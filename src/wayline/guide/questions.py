"""The steps of the short form "What do you know?", from `content/questions/steps.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wayline.facts.vocabulary import Vocabulary
from wayline.reading import Place, read, require_keys, rows_at, text_at, texts_at


@dataclass(frozen=True)
class Step:
    """One screen of the form: a heading as a person would say it, and the facts it asks for."""

    id: str
    title: str
    intro: str | None
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Steps:
    """The steps in order, and where each fact of the vocabulary can be told."""

    steps: tuple[Step, ...]
    step_of_fact: Mapping[str, str]

    def find(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)

    def neighbor(self, step: Step, distance: int) -> Step | None:
        place = self.steps.index(step) + distance
        return self.steps[place] if 0 <= place < len(self.steps) else None


def load_steps(path: Path, vocabulary: Vocabulary) -> Steps:
    """Load the steps strictly; every fact must be in the vocabulary and stand in one step only."""
    name = f"questions/{path.name}"
    rows = rows_at(require_keys(read(path, name), ("steps",), Place(name, 1)), "steps")
    steps: list[Step] = []
    step_of_fact: dict[str, str] = {}
    for row, place in zip(rows, rows.places, strict=True):
        block = require_keys(row, ("id", "title", "intro", "facts"), place)
        step_id = text_at(block, "id")
        if any(step.id == step_id for step in steps):
            raise block.at("id").error(f"the step '{step_id}' stands twice")
        facts: list[str] = []
        for fact_id in texts_at(block, "facts"):
            definition = vocabulary.require(fact_id, block.at("facts"))
            if fact_id in step_of_fact:
                raise block.at("facts").error(f"'{fact_id}' is already asked in the step '{step_of_fact[fact_id]}'")
            # A lab is asked together with the upper limit that its report prints.
            for asked in (fact_id, *([f"{fact_id}_uln"] if definition.upper_limit else [])):
                facts.append(asked)
                step_of_fact[asked] = step_id
        steps.append(Step(step_id, text_at(block, "title"), None if block["intro"] is None else text_at(block, "intro"), tuple(facts)))
    return Steps(tuple(steps), step_of_fact)
