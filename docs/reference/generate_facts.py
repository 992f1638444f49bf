"""Makes docs/reference/facts.md from the vocabulary: `python docs/reference/generate_facts.py > docs/reference/facts.md`."""

from __future__ import annotations

from wayline.facts.derived import DERIVATIONS
from wayline.facts.vocabulary import FactDefinition, Group, Vocabulary
from wayline.library import library

HEAD = """\
# The facts

Every fact that may be known about a person. This page is made from `content/vocabulary/facts/`; do not edit it by hand:

```sh
python docs/reference/generate_facts.py > docs/reference/facts.md
```

Every fact is optional. Unknown is not "no". How each kind is written stands in [case-files.md](case-files.md); what the files under
`content/vocabulary/` look like stands in [content.md](content.md).

"Valid for" counts the days from the date of the result. After that the fact is still shown, but rules treat it as unknown.
"""


def facts_page(vocabulary: Vocabulary) -> str:
    """The whole page."""
    parts = [HEAD, *(_group(group, vocabulary) for group in vocabulary.groups), _derived(vocabulary)]
    return "\n".join(parts)


def _group(group: Group, vocabulary: Vocabulary) -> str:
    lines = [f"## {group.title} (`{group.id}`)", "", "| fact | kind | unit or choices | valid for | question |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for fact_id in group.facts:
        definition = vocabulary[fact_id]
        if not _is_limit(definition, vocabulary):
            cells = (f"`{fact_id}`", definition.kind, _unit_or_choices(definition, vocabulary), _valid_for(definition), definition.question)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _is_limit(definition: FactDefinition, vocabulary: Vocabulary) -> bool:
    """Whether this is `labs.alt_uln` or `labs.alt_lln`, which stand in the row of `labs.alt`."""
    lab = vocabulary.get(definition.id.removesuffix("_uln").removesuffix("_lln"))
    return lab is not None and lab.id != definition.id


def _unit_or_choices(definition: FactDefinition, vocabulary: Vocabulary) -> str:
    if definition.kind == "number":
        units = [unit for unit in (definition.unit, *(other.unit for other in definition.other_units)) if unit]
        words = ", or ".join(units) or "a plain number"
        words += f"; {definition.lowest:g} to {definition.highest:g}"
        words += ", whole" if definition.whole_number else ""
        return words + (f"; the ends of the lab's own range are `{definition.id}_lln`, `{definition.id}_uln`" if definition.is_lab else "")
    if definition.choices:
        several = [
            f"`{choice.value}` means {' or '.join(value for value in definition.single_choices if value in choice.means)}"
            for choice in definition.choices.values()
            if choice.means != {choice.value}
        ]
        words = ", ".join(f"`{value}`" for value in definition.single_choices)
        return "; ".join([words, *several, *(["in this order"] if definition.ordered else [])])
    return {"yes_no": "`true`, `false`", "date": "day, month or year"}.get(definition.kind, "")


def _valid_for(definition: FactDefinition) -> str:
    return "no limit" if definition.valid_for_days is None else f"{definition.valid_for_days} days"


def _derived(vocabulary: Vocabulary) -> str:
    lines = ["## Facts that may follow from others", "", "| fact | follows from |", "| --- | --- |"]
    for fact_id in vocabulary:
        if fact_id in DERIVATIONS:
            inputs = ", ".join(f"`{one}`" for one in DERIVATIONS[fact_id].inputs)
            lines.append(f"| `{fact_id}` | {inputs or 'nothing: it is true of everybody here'} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(facts_page(library().vocabulary), end="")
