"""Everything that a record holds, as files for the person, and back.

The case file is what `wayline options` reads. The export holds a case file under `case`, and everything else beside it, so that a record
can be restored to the letter: facts that rules do not use now, because they wait for a correction or cannot be read any more, stand under
`more_facts`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from wayline.diary.log import read_days
from wayline.facts.vocabulary import Vocabulary
from wayline.reading import WaylineError
from wayline.trials.study import NCT_ID
from wayline.web.asking import situation_from
from wayline.web.vault import LARGEST_RECORD_BYTES, Contents

FORM = 1
# Written for people to look at, with line breaks and blanks, so it may be several times as long as what is stored.
LARGEST_FILE_BYTES = 4 * LARGEST_RECORD_BYTES
_DEEPEST = 40
_KINDS: dict[str, type] = {"drafts": dict, "set_aside": list, "diary": list, "questions": dict, "waiting": list, "sheet": dict}


class NotAnExportError(ValueError):
    """What was given is not a file with everything; the text says in words what it is, or where it is wrong."""


@dataclass(frozen=True)
class Restored:
    """What an export holds, and the day on which it was made."""

    contents: Contents
    made_on: date


def case_file(contents: Contents, vocabulary: Vocabulary, today: date) -> dict[str, Any]:
    """The facts that rules may use, as a case file as of today."""
    told = situation_from(contents.usable_facts, vocabulary, today).told
    return {"as_of": today.isoformat(), "facts": {fact_id: form for fact_id, form in contents.facts.items() if fact_id in told}}


def export(contents: Contents, vocabulary: Vocabulary, today: date) -> dict[str, Any]:
    """Everything."""
    case = case_file(contents, vocabulary, today)
    more = {fact_id: form for fact_id, form in contents.facts.items() if fact_id not in case["facts"]}
    return {"wayline_export": FORM, "case": case, "more_facts": more, **{name: getattr(contents, name) for name in _KINDS}}


def as_file(document: dict[str, Any]) -> str:
    """A document as it is written into a file."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def restored(raw: bytes, vocabulary: Vocabulary) -> Restored:
    """Read an export back, strictly. NotAnExportError in words."""
    document = _parsed(raw)
    if isinstance(document, dict) and set(document) == {"as_of", "facts"}:
        raise NotAnExportError("This is the case file. Please choose the file with everything: its name begins with wayline-export.")
    if not isinstance(document, dict) or "wayline_export" not in document:
        raise NotAnExportError("This is not a file that Wayline saved for you.")
    if document["wayline_export"] != FORM or document["wayline_export"] is True:
        raise NotAnExportError("This file was saved by a newer Wayline. This one cannot read it.")
    unknown = sorted(set(document) - {"wayline_export", "case", "more_facts", *_KINDS})
    missing = sorted({"case", "more_facts", *_KINDS} - set(document))
    if unknown or missing:
        raise NotAnExportError(f"The file is not whole: “{(missing or unknown)[0]}” is {'missing' if missing else 'not known here'}.")
    case = document["case"]
    if not isinstance(case, dict) or set(case) != {"as_of", "facts"}:
        raise NotAnExportError("The file was changed: “case” must hold “as_of” and “facts”.")
    try:
        made_on = date.fromisoformat(case["as_of"])
    except (TypeError, ValueError):
        raise NotAnExportError("The file was changed: “as_of” must be a day such as 2026-11-30.") from None
    for name, facts in (("facts", case["facts"]), ("more_facts", document["more_facts"])):
        if not isinstance(facts, dict):
            raise NotAnExportError(f"The file was changed: “{name}” must hold facts by name.")
    for name, kind in _KINDS.items():
        if not isinstance(document[name], kind) or not all(map(_FITS[name], _members(document[name]))):
            raise NotAnExportError(f"The file was changed: “{name}” is not as Wayline writes it.")
    contents = Contents(facts=case["facts"] | document["more_facts"], **{name: document[name] for name in _KINDS})
    try:
        read_days(contents.diary, vocabulary)
    except (AttributeError, KeyError, TypeError, ValueError, WaylineError):
        raise NotAnExportError("The file was changed: “diary” is not as Wayline writes it.") from None
    return Restored(contents, made_on)


def _parsed(raw: bytes) -> Any:
    try:
        document = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_number, object_pairs_hook=_each_once)
    except UnicodeDecodeError:
        raise NotAnExportError("This is not a file that Wayline saved for you.") from None
    except RecursionError:
        raise NotAnExportError("The file was changed: something in it is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise NotAnExportError(f"The file was cut or changed: line {error.lineno} cannot be read.") from None
    except NotAnExportError:
        raise
    except ValueError:
        raise NotAnExportError("The file was changed: a number in it is too long.") from None
    if _depth_of(document) > _DEEPEST:
        raise NotAnExportError("The file was changed: something in it is nested too deeply.")
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotAnExportError("The file was changed: it holds half a character, which no page could show.") from None
    return document


def _number(digits: str) -> float:
    """A number with a point or a power of ten; one that is too large would be written as a word that no reader takes."""
    number = float(digits)
    if math.isinf(number):
        raise NotAnExportError("The file was changed: a number in it is too large.")
    return number


def _refuse(word: str) -> Any:
    raise NotAnExportError(f"The file was changed: {word} is not a number.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotAnExportError("The file was changed: something stands in it twice.")
    return found


def _depth_of(document: Any) -> int:
    depth, level = 0, [document]
    while level:
        depth += 1
        level = [one for node in level if isinstance(node, dict | list) for one in _members(node)]
    return depth


def _members(node: Any) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else list(node)


def _is_day(entry: Any) -> bool:
    """A day of the diary, as `wayline.diary.log` keeps it."""
    if not isinstance(entry, dict) or set(entry) - {"date", "facts", "note", "earlier", "replaced"}:
        return False
    kinds = {"date": str, "facts": dict, "note": str, "earlier": list, "replaced": dict}
    if not {"date", "facts"} <= set(entry) or not all(isinstance(entry[key], kinds[key]) for key in entry):
        return False
    try:
        return date.fromisoformat(entry["date"]).isoformat() == str(entry["date"])
    except ValueError:
        return False


def _is_mapping(entry: Any) -> bool:
    return isinstance(entry, dict)


def _is_draft(entry: Any) -> bool:
    """An answer as it was typed, by the parts of its question."""
    return isinstance(entry, dict) and all(isinstance(typed, str) for typed in entry.values())


def _is_trial(entry: Any) -> bool:
    return isinstance(entry, str) and NCT_ID.fullmatch(entry) is not None


def _is_anything(_: Any) -> bool:
    return True


_FITS: dict[str, Callable[[Any], bool]] = {
    "drafts": _is_draft,
    "set_aside": _is_trial,
    "diary": _is_day,
    "questions": _is_anything,
    "waiting": _is_mapping,
    "sheet": _is_anything,
}
