"""Random case files over every fact of the vocabulary, in every form that a case file allows: the same ones on every run.

They are made from the vocabulary's own definitions, so a new fact is tried as soon as it is there. Everything is written as a person or a
program could write it; what contradicts itself (a range without numbers, a course that ends before it starts) is avoided while it is made.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from wayline.facts.case import FactReader
from wayline.facts.case_forms import read_form
from wayline.facts.courses import ENDINGS, INTENTS, RESPONSES
from wayline.facts.lesions import SEGMENTS
from wayline.facts.situation import Situation
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.reading import Place, WaylineError

AS_OF = date(2026, 11, 30)
HERE = Place("generated case", 1)
SOURCES = (
    "lab report",
    "<script>alert(1)</script>",
    "</div><img src=x onerror=alert(1)>",
    '"quoted" & \'single\' ]]> &amp; \\ / {"a": [1]}',
    "Ärztin Łucja, 東京病院, مستشفى, 🩺",
    "two\nlines\tand a tab\r\n",
    "nul\x00 bell\x07 escape\x1b next\x85 \u2028 \ufeff \u202e",
    " blanks around ",
    "x" * 500,
    " ",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
)
TEXTS = ("US", "02115", "us", "Îles Åland <b>", "1e3", "null", "~", "2026-11-01", "'", "0")
DRUGS = ("cisplatin", "Opdivo", "FOLFOX", "XYZ-123", "5-FU", "  study drug <A>  ", "東京", "pembrolizumab", "nul\x00", "Taxol")
LISTS = ("lesions", "scans", "lab_results", "courses", "choice_list")
NAMES = ("A", "B", "1", "02", "Ä<b>", "tumor near the top")


class Maker:
    """Makes case forms with one source of chance."""

    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self.vocabulary = vocabulary
        self.chance = random.Random(seed)

    def maybe(self, share: float = 0.5) -> bool:
        return self.chance.random() < share

    def day(self, since: date = date(2019, 1, 1), until: date = AS_OF) -> date:
        return since + timedelta(self.chance.randint(0, (until - since).days))

    def dated(self) -> str:
        """A day, a month or a year, most of them recent enough to be valid, some stale."""
        written = self.day(AS_OF - timedelta(40)) if self.maybe() else self.day()
        return written.isoformat()[: self.chance.choice((4, 7, 10, 10, 10))]

    def number(self, definition: FactDefinition) -> float | int:
        low, high = max(definition.lowest, -1000), min(definition.highest, 5000)
        if definition.whole_number:
            return self.chance.randint(int(low), int(high))
        drawn = self.chance.choice((low, high, self.chance.uniform(low, high), self.chance.uniform(low, min(high, 10))))
        return round(min(max(drawn, definition.lowest), definition.highest), self.chance.choice((0, 1, 2, 9)))

    def bounds(self, definition: FactDefinition | None) -> dict[str, Any]:
        if definition is None:
            one, other = sorted(round(self.chance.uniform(0, 20), 2) for _ in range(2))
        else:
            one, other = sorted((self.number(definition), self.number(definition)))
        found: dict[str, Any] = {}
        if self.maybe(0.7):
            found[self.chance.choice(("at_least", "above"))] = one
        if self.maybe(0.7) or not found:
            found[self.chance.choice(("at_most", "below"))] = other
        return found

    def about(self) -> dict[str, Any]:
        return {
            **({"date": self.dated()} if self.maybe() else {}),
            **({"source": self.chance.choice(SOURCES)} if self.maybe() else {}),
        }

    def told(self, definition: FactDefinition) -> Any:
        """One fact in one of its forms."""
        match definition.kind:
            case "number":
                form = self.told_number(definition)
            case "choice":
                several = self.chance.sample(sorted(definition.choices), self.chance.randint(1, len(definition.choices)))
                form = {"one_of": several} if self.maybe(0.3) else {"value": self.chance.choice(sorted(definition.choices))}
            case "yes_no":
                form = {"value": self.chance.choice((True, False, "yes", "no"))}
            case "date":
                form = {"value": self.dated()}
            case "text":
                form = {"value": self.chance.choice(TEXTS)}
            case _:
                form = self.told_list(definition)
        return form["value"] if set(form) == {"value"} and self.maybe(0.4) else {**form, **self.about()}

    def told_number(self, definition: FactDefinition) -> dict[str, Any]:
        if definition.may_have_upper_limit and self.maybe(0.2):
            multiple = round(self.chance.uniform(0, 12), self.chance.choice((0, 1, 2)))
            return {"times_uln": multiple if self.maybe() else self.bounds(None)}
        if self.maybe(0.35):
            return self.bounds(definition)
        if definition.other_units and self.maybe(0.4):
            unit = self.chance.choice(definition.other_units)
            usual = self.number(definition)
            return {"value": usual * unit.divide_by / unit.multiply_by - unit.add, "unit": unit.unit}
        return {"value": self.number(definition)}

    def told_list(self, definition: FactDefinition) -> dict[str, Any]:
        makers = {"lesions": self.lesions, "scans": self.scans, "lab_results": self.results, "courses": self.courses}
        most = self.chance.choice((0, 1, 2, 5))
        items: Any = makers[definition.kind](most) if definition.kind in makers else self.goals(definition, most)
        if self.maybe(0.5):
            return {"items": items, "complete": self.maybe()}
        return {"value": items}

    def goals(self, definition: FactDefinition, most: int) -> list[str]:
        return self.chance.sample(sorted(definition.choices), min(most, len(definition.choices)))

    def lesions(self, most: int) -> list[dict[str, Any]]:
        size = self.vocabulary["liver.largest_cm"]
        names = self.chance.sample(NAMES, len(NAMES))
        found = []
        for _ in range(most):
            lesion: dict[str, Any] = {}
            if self.maybe():
                lesion["name"] = names.pop()
            if self.maybe(0.8):
                lesion["segment"] = self.chance.choice(SEGMENTS)
            if self.maybe(0.8):
                exact = self.number(size)
                lesion["diameter_cm"] = self.chance.choice((exact, {"value": exact * 10, "unit": "mm"}, self.bounds(size)))
            if self.maybe():
                lesion["near"] = self.chance.sample(sorted(self.vocabulary.lesion_places), self.chance.randint(0, 3))
            if self.maybe():
                lesion["date"] = self.dated()
            found.append(lesion)
        return found

    def scans(self, most: int) -> list[dict[str, Any]]:
        return [
            {
                "date": self.dated(),
                "lesions": self.lesions(self.chance.randint(0, 3)),
                **({"complete": self.maybe()} if self.maybe() else {}),
            }
            for _ in range(most)
        ]

    def results(self, most: int) -> list[dict[str, Any]]:
        labs = [one for one in self.vocabulary.values() if one.is_lab]
        found = []
        for _ in range(most * 3):
            lab = self.chance.choice(labs)
            result: dict[str, Any] = {"lab": lab.id, "date": self.dated()}
            lower, upper = sorted((self.number(lab), self.number(lab)))
            if self.maybe(0.3):
                result["value"] = self.bounds(lab)
            elif lab.other_units and self.maybe():
                unit = self.chance.choice(lab.other_units)
                result |= {"value": self.number(lab) * unit.divide_by / unit.multiply_by - unit.add, "unit": unit.unit}
            else:
                result["value"] = self.number(lab)
            if "unit" not in result and lower < upper:
                result |= {key: end for key, end in (("lower_limit", lower), ("upper_limit", upper)) if end > 0 and self.maybe()}
            found.append(result)
        return found

    def courses(self, most: int) -> list[dict[str, Any]]:
        found = []
        for _ in range(most):
            course: dict[str, Any] = {}
            if self.maybe(0.7):
                course["drugs"] = self.chance.sample(DRUGS, self.chance.randint(1, 4))
            if not course or self.maybe(0.2):
                course["procedure"] = self.chance.choice(sorted(self.vocabulary.procedures))
            started = self.day(date(2024, 1, 1), AS_OF)
            ended = self.day(started, AS_OF)
            length = self.chance.choice((4, 7, 10))
            for key, day in (("start", started), ("end", ended)):
                if self.maybe(0.6):
                    course[key] = day.isoformat()[:length]
            for key, words in (("intent", INTENTS), ("ended_because", ENDINGS), ("best_response", RESPONSES)):
                if self.maybe():
                    course[key] = self.chance.choice(words)
            found.append(course)
        return found


def generated_situations(vocabulary: Vocabulary, count: int) -> Iterator[tuple[int, Situation]]:
    """So many situations, with their numbers. Some tell a few facts, some tell every one."""
    reader = FactReader(vocabulary, AS_OF)
    for seed in range(count):
        maker = Maker(vocabulary, seed)
        share = maker.chance.choice((0.02, 0.05, 0.05, 0.1, 0.15)) if seed % 50 else 1.0
        told = {}
        for fact_id, definition in vocabulary.items():
            if not maker.maybe(max(share, 0.2) if definition.kind in LISTS else share):
                continue
            try:
                answer = read_form(reader, definition, maker.told(definition), HERE)
            except WaylineError:
                continue  # what a case file may not hold (a range without numbers, a size beyond all bodies) is no case
            if answer is not None:
                told[fact_id] = answer
        yield seed, Situation(vocabulary, AS_OF, told)
