"""What else a word is called in the records of studies: synonyms from `content/trials/synonyms.yaml`, drugs from the dictionary.

Each meaning is a set of phrases to look for, as expressions of SQLite's FTS5. An expression holds nothing that was typed but letters and
digits between quotation marks, so nobody can write a query of their own into it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wayline.facts.drugs import DrugClass, DrugDictionary
from wayline.reading import Block, Place, nearest, read, require_keys, rows_at, text_at, texts_at

MOST_WORDS_OF_A_NAME = 8
LONGEST_SHORT_NAME = 3
# Where a study says what it is about, as against what it asks of people.
SUBJECT = "{title conditions}"
TREATMENT = "{title interventions}"

_TOKEN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"([a-z]{2,})([0-9]+)")


@dataclass(frozen=True)
class Meaning:
    """What to look for, as FTS5 expressions to be joined by OR.

    `same` means the same. `kinds` are kinds of it, looked for among titles and treatments only: the drugs of a class. `wider` takes these
    people too, looked for in titles and conditions only, the closest first.
    """

    same: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    wider: tuple[str, ...] = ()

    def and_also(self, other: Meaning) -> Meaning:
        """Both meanings, where a name is found in two places."""
        return Meaning(_once((*self.same, *other.same)), _once((*self.kinds, *other.kinds)), _once((*self.wider, *other.wider)))


@dataclass(frozen=True)
class _Group:
    id: str
    words: tuple[str, ...]
    typed: tuple[str, ...]
    includes: tuple[str, ...]
    wider: tuple[str, ...]


class Thesaurus:
    """Made once, read by many threads."""

    def __init__(self, meanings: Mapping[str, Meaning], spellings: Iterable[str]) -> None:
        self._meanings = dict(meanings)
        self.words: frozenset[str] = frozenset(token for spelling in spellings for token in tokens_of(spelling))

    def knows(self, token: str) -> bool:
        """Whether this is a word of a name, or the plural of one."""
        return token in self.words or _singular(token) in self.words

    def find(self, tokens: Iterable[str]) -> Meaning | None:
        """The meaning of a name, given as its tokens; None where it is no name that we know."""
        return self._meanings.get(_key(tokens))


def load_thesaurus(path: Path, drugs: DrugDictionary) -> Thesaurus:
    """Load and check `synonyms.yaml`: a name means one thing, here and in the dictionary of drugs; every group that is named exists."""
    name = f"trials/{path.name}"
    meanings = _meanings_of_drugs(drugs)
    rows = rows_at(require_keys(read(path, name), ("groups",), Place(name, 1)), "groups")
    groups: dict[str, _Group] = {}
    owners: dict[str, str] = dict.fromkeys(meanings, "a drug or a class of drugs (vocabulary/drugs.yaml)")
    blocks = [require_keys(row, ("id", "words", "typed", "includes", "wider"), place) for row, place in zip(rows, rows.places, strict=True)]
    for block in blocks:
        group = _group_of(block)
        if group.id in groups:
            raise block.at("id").error(f"the group '{group.id}' stands twice")
        groups[group.id] = group
        for spelling in group.words + group.typed:
            key = _key(tokens_of(spelling))
            if not key:
                raise block.place.error(f"'{spelling}' holds no word")
            owner = owners.setdefault(key, f"the group '{group.id}'")
            if owner != f"the group '{group.id}'":
                raise block.place.error(f"'{spelling}' is already a name of {owner}")
    for block in blocks:
        for key in ("includes", "wider"):
            for named in block[key]:
                if named not in groups:
                    raise block.at(key).error(f"'{named}' is not a group.{nearest(named, groups)}")
    for group in groups.values():
        meaning = _meaning_of_group(group, groups)
        meanings.update((_key(tokens_of(spelling)), meaning) for spelling in group.words + group.typed)
    spellings = [spelling for group in groups.values() for spelling in group.words + group.typed]
    return Thesaurus(meanings, spellings + _spellings_of_drugs(drugs))


def tokens_of(text: str) -> list[str]:
    """Letters and digits in a row, without case, accents and apostrophes; as the index cuts text, but for the apostrophes."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("'", "").replace("’", "")
    if not plain.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))
    return _TOKEN.findall(plain)


def phrase(tokens: Iterable[str]) -> str:
    """The FTS5 expression for tokens in a row."""
    return f'"{" ".join(tokens)}"'


def any_of(expressions: Iterable[str]) -> str:
    return "(" + " OR ".join(expressions) + ")"


def within(columns: str, expression: str) -> str:
    """The expression, looked for in some columns only."""
    return f"{columns} : ({expression})"


def _group_of(block: Block) -> _Group:
    group = _Group(
        text_at(block, "id"),
        tuple(texts_at(block, "words")),
        tuple(texts_at(block, "typed")),
        tuple(texts_at(block, "includes")),
        tuple(texts_at(block, "wider")),
    )
    if not group.words:
        raise block.at("words").error("a group needs at least one word to search for")
    return group


def _meaning_of_group(group: _Group, groups: Mapping[str, _Group]) -> Meaning:
    same = [spelling for one in (group, *(groups[other] for other in group.includes)) for spelling in one.words]
    wider = (within(SUBJECT, any_of(_phrases(groups[other].words))) for other in group.wider)
    return Meaning(_phrases(same), wider=tuple(wider))


def _meanings_of_drugs(drugs: DrugDictionary) -> dict[str, Meaning]:
    meanings: dict[str, Meaning] = {}

    def add(names: Iterable[str], meaning: Meaning) -> None:
        for key in {_key(tokens_of(name)) for name in names} - {""}:
            meanings[key] = meanings[key].and_also(meaning) if key in meanings else meaning

    for drug in drugs.drugs.values():
        names = (drug.title, *drug.brands, *drug.other_names)
        add(names, Meaning(_phrases(names)))
    for combination in drugs.combinations.values():
        names = (combination.title, *combination.other_names)
        parts = [any_of(_phrases((drugs.drugs[one].title, *drugs.drugs[one].other_names))) for one in combination.drugs]
        together = within(TREATMENT, f"({' AND '.join(parts)})")
        add(names, Meaning(_phrases(names), kinds=(together,)))
    for one in drugs.classes.values():
        add((one.title, *one.other_names), _meaning_of_class(one, drugs))
    return meanings


def _meaning_of_class(one: DrugClass, drugs: DrugDictionary) -> Meaning:
    """A class by its names; its kinds are its drugs and the short names of the classes within it.

    A class within has dozens of long names ("anti-PD-1 monoclonal antibody"); studies that use one say a short one too, or name the drug.
    """
    titles = (one.title,) if len(tokens_of(one.title)) == 1 or not one.other_names else ()  # longer ones are our own words for people
    inside = [other for other in drugs.classes.values() if other.id != one.id and _is_within(other.id, one.id, drugs)]
    short = [name for other in inside for name in other.other_names if len(tokens_of(name)) <= LONGEST_SHORT_NAME]
    members = [drugs.drugs[drug_id] for drug_id in sorted(drugs.members(one.id) or ())]
    kinds = _phrases((*short, *(name for drug in members for name in (drug.title, *drug.brands))))
    return Meaning(_phrases((*titles, *one.other_names)), kinds=(within(TREATMENT, any_of(kinds)),) if kinds else ())


def _is_within(class_id: str, wider_id: str, drugs: DrugDictionary) -> bool:
    parents = drugs.classes[class_id].part_of
    return wider_id in parents or any(_is_within(parent, wider_id, drugs) for parent in parents)


def _spellings_of_drugs(drugs: DrugDictionary) -> list[str]:
    named = [(drug.title, *drug.brands, *drug.other_names) for drug in drugs.drugs.values()]
    named += [(one.title, *one.other_names) for one in drugs.combinations.values()]
    named += [(one.title, *one.other_names) for one in drugs.classes.values()]
    return [name for names in named for name in names]


def _phrases(names: Iterable[str]) -> tuple[str, ...]:
    """The phrases that find all these names: letters and digits both joined and apart ("MK3475", "MK-3475").

    A name that holds another one is found by that one, and is left out.
    """
    cut = {tuple(tokens_of(name)) for name in names}
    cut |= {tuple(part for token in tokens for part in _letters_and_number(token)) for tokens in cut}
    cut |= {("".join(tokens),) for tokens in cut if len(tokens) == 2 and tokens[1].isdigit() and len("".join(tokens)) > 2}
    shortest_first = sorted({tokens for tokens in cut if tokens}, key=lambda tokens: (len(tokens), tokens))
    kept: dict[tuple[str, ...], tuple[str, ...]] = {}
    for tokens in shortest_first:
        singular = tuple(_singular(token) for token in tokens)
        pieces = (singular[start:end] for start in range(len(singular)) for end in range(start + 1, len(singular) + 1))
        if not any(piece in kept for piece in pieces):
            kept[singular] = tokens
    return tuple(phrase(tokens) for tokens in kept.values())


def _letters_and_number(token: str) -> tuple[str, ...]:
    code = _CODE.fullmatch(token)
    return code.groups() if code else (token,)


def _key(tokens: Iterable[str]) -> str:
    """Names that differ only in blanks, hyphens and plurals have the same key."""
    return "".join(_singular(token) for token in tokens)


def _singular(token: str) -> str:
    return token[:-1] if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "is", "us")) else token


def _once(expressions: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(expressions))
