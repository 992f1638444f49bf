"""One case against all options, beside a plain Python loop over the same rules.

The plain loop knows two values only: every rule compiled by Python itself, every fact a plain value, a missing fact an error that counts as
false. It gives no reasons, no missing facts, no cautions and no "ask first". What three values and explanations cost is the ratio.

Run with `make bench`. Prints milliseconds (median of the runs) and ratios; the ratios are what may be compared between machines.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange
from wayline.library import Library, library
from wayline.options.matching import matches_for
from wayline.reading import read_front_matter

PEOPLE = Path(__file__).parent.parent / "tests" / "people"
RUNS = 30


def main() -> None:
    content = library()
    loop = PlainLoop(content)
    print(
        f"{len(content.catalog)} options, {sum(len(option.conditions) + len(option.cautions) for option in content.catalog.values())} rules"
    )
    print(f"{'case':34} {'all options':>12} {'verdicts only':>14} {'plain loop':>11} {'ratio all':>10} {'ratio verdicts':>15}")
    for name in ("junction_untreated", "her2_positive_progressed", "squamous_frail", "knows_little"):
        case = PEOPLE / f"{name}.yaml"
        told = load_case(case, content.vocabulary)
        whole = median(lambda told=told: matches_for(fresh(told), content.catalog))
        verdicts = median(
            lambda told=told: [option.verdict(fresh_once) for fresh_once in [fresh(told)] for option in content.catalog.values()]
        )
        plain = median(lambda told=told: loop.run(told))
        print(f"{name:34} {whole:9.2f} ms {verdicts:11.2f} ms {plain:8.2f} ms {whole / plain:10.1f} {verdicts / plain:15.1f}")


def fresh(told: Situation) -> Situation:
    """The same person without anything remembered from an earlier run."""
    return Situation(told.vocabulary, told.as_of, told.told)


def median(work: Callable[[], Any]) -> float:
    """Milliseconds of one run, the median of many after a warm-up."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


class PlainLoop:
    """The rules as Python code over plain values."""

    def __init__(self, content: Library) -> None:
        self.content = content
        self.rules: list[tuple[list[CodeType], CodeType, CodeType | None, list[CodeType]]] = []
        for option_id in content.catalog:
            front, _, _ = read_front_matter(content.folder / "options" / f"{option_id}.md")
            self.rules.append(
                (
                    [compiled(row["when"]) for row in front["rules_out"]],
                    compiled(front["fits"]),
                    compiled(front["depends"]) if "depends" in front else None,
                    [compiled(row["when"]) for row in front["cautions"]],
                )
            )

    def run(self, told: Situation) -> list[str]:
        names = self.namespace(fresh(told))
        verdicts = []
        for rules_out, fits, depends, cautions in self.rules:
            if any(truth(rule, names) for rule in rules_out):
                verdict = "does_not_fit"
            elif truth(fits, names):
                verdict = "fits"
            else:
                verdict = "depends" if depends is not None and truth(depends, names) else "does_not_fit"
            verdicts.append(verdict)
            for caution in cautions:
                truth(caution, names)
        return verdicts

    def namespace(self, situation: Situation) -> dict[str, Any]:
        """Plain values for what is wholly known; derived facts are made by the same formulas."""
        groups: dict[str, Any] = {}
        for fact_id, finding in situation.known_findings().items():
            group, name = fact_id.split(".")
            vars(groups.setdefault(group, Group()))[name] = plain_value(finding.value)
        history = list(situation.value("therapy.history") or ())
        members = situation.vocabulary.drugs.members

        def had(named: str, intent: str | None = None, ended_because: str | None = None, within_days: int | None = None) -> bool:
            drugs = members(named) or frozenset()
            return any(
                (course.procedure == named or drugs & set(course.drugs))
                and (intent is None or course.intent == intent)
                and (ended_because is None or course.ended_because == ended_because)
                and (within_days is None or (course.end is not None and (situation.as_of - course.end.last).days <= within_days))
                for course in history
            )

        return groups | {"had": had, "times_uln": float, "within": lambda day, days: False, "days_since": float}


class Group:
    """`labs`, `biomarker`, ...: facts as attributes."""


def plain_value(value: object) -> object:
    match value:
        case NumberRange():
            return value.low
        case DateRange():
            return value.first
        case frozenset():
            one = min(value)
            return int(one) if one.isdigit() else one
    return value


def compiled(rule: str) -> CodeType:
    return compile(" ".join(rule.split()), "rule", "eval")


def truth(rule: CodeType, names: dict[str, Any]) -> bool:
    try:
        return bool(eval(rule, {"__builtins__": {}}, names))
    except (AttributeError, TypeError, NameError, ValueError):
        return False  # the plain loop's way with a missing fact, and the reason why Wayline does not work like it


if __name__ == "__main__":
    main()
