"""Reading a case file: `{as_of: 2026-11-23, facts: {...}}` in YAML or JSON.

Strict: an unknown fact, a wrong choice, a wrong unit or an impossible value is an error with file, line and the nearest right word.
The value forms are described in docs/reference/case-files.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from wayline.facts.courses import ENDINGS, INTENTS, RESPONSES, Course, Listing
from wayline.facts.findings import Told, oldest
from wayline.facts.labs import LabResult
from wayline.facts.lesions import LESION_KEYS, SEGMENTS, Lesion, Scan
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, NumberRange, tidy
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.reading import (
    Block,
    Place,
    Rows,
    WaylineError,
    nearest,
    parse,
    read,
    read_standard_input,
    require_keys,
    shortened,
)

BOUNDS = ("at_least", "at_most", "above", "below")
_ABOUT = ("date", "source")
_FORMS: dict[str, tuple[str, ...]] = {
    "number": ("value", "unit", *BOUNDS, "times_uln"),
    "choice": ("value", "one_of"),
    "yes_no": ("value",),
    "date": ("value",),
    "text": ("value",),
    "choice_list": ("value", "items", "complete"),
    "lesions": ("value", "items", "complete"),
    "scans": ("value", "items", "complete"),
    "lab_results": ("value", "items", "complete"),
    "courses": ("value", "items", "complete"),
}
_SCAN_KEYS = ("lesions", "complete")
_RESULT_KEYS = ("unit", "lower_limit", "upper_limit")
_COURSE_KEYS = ("drugs", "procedure", "intent", "start", "end", "ended_because", "best_response")
_YES_NO_WORDS = {"yes": True, "no": False}
LONGEST_TEXT = 500
LONGEST_NAME = 40
LONGEST_LIST = 200
LONGEST_RESULTS = 2_000  # every test of every report over years
EARLIEST_YEAR = 1900


def load_case(path: str | Path, vocabulary: Vocabulary) -> Situation:
    """Read a case file, or standard input for `-`."""
    if str(path) == "-":
        if sys.stdin is None:
            raise WaylineError("standard input: it is closed")
        return parse_case(parse(read_standard_input(sys.stdin.buffer), "standard input"), vocabulary, "standard input")
    return parse_case(read(Path(path)), vocabulary, str(path))


def parse_case(document: Any, vocabulary: Vocabulary, name: str = "case") -> Situation:
    """Turn a parsed document into a Situation."""
    block = require_keys(document, ("as_of", "facts"), Place(name, 1))
    as_of = _parse_date(block["as_of"], block.at("as_of"))
    if not as_of.is_exact:
        raise block.at("as_of").error("'as_of' must be a whole date such as 2026-11-20")
    facts = block["facts"]
    if facts is None:
        facts = Block(block.at("facts"))
    if not isinstance(facts, Block):
        raise block.at("facts").error("'facts' must be 'fact: value' lines")
    reader = FactReader(vocabulary, as_of.first)
    told: dict[str, Told] = {}
    for fact_id in facts:
        definition = vocabulary.require(fact_id, facts.at(fact_id))
        answer = reader.read(definition, facts[fact_id], facts.at(fact_id), facts.spelling[fact_id])
        if answer is not None:
            told[fact_id] = answer
    return Situation(vocabulary, as_of.first, told)


class FactReader:
    """Reads single facts as of a day; also used for the answers of the web form."""

    def __init__(self, vocabulary: Vocabulary, as_of: date) -> None:
        self.vocabulary = vocabulary
        self.as_of = as_of

    def read(self, definition: FactDefinition, raw: Any, place: Place, spelling: str = "") -> Told | None:
        """One told fact in any of its value forms; None for null (unknown).

        `spelling` is the scalar's own text, which text facts need: the ZIP code 02115 is not the number 2115.
        """
        if raw is None:
            return None
        if not isinstance(raw, Block):
            plain = self._plain(definition, raw, place, spelling)
            return None if plain == "" else Told(plain, self._own_date(definition, raw))
        block = require_keys(raw, (), place, optional=(*_FORMS[definition.kind], *_ABOUT))
        dated = self._date_of(block) if block.get("date") is not None else None
        source = block.get("source")
        if source is not None and (not isinstance(source, str) or len(source) > LONGEST_TEXT):
            raise block.at("source").error(f"'source' must be a short text of at most {LONGEST_TEXT} characters")
        forms = [key for key in block if key not in (*_ABOUT, "unit", "complete")]
        times_uln = None
        value: Any = None
        if definition.kind == "number" and "times_uln" in block:
            self._only(block, ("times_uln",), forms)
            if not definition.may_have_upper_limit:
                raise block.at("times_uln").error(f"{definition.id} has no upper limit of normal on reports")
            times_uln = self._multiple(block)
        elif definition.kind == "number" and any(bound in block for bound in BOUNDS):
            self._only(block, BOUNDS, forms)
            value = self._bounded(definition, block)
        elif "one_of" in block:
            self._only(block, ("one_of",), forms)
            value = self._one_of(definition, block)
        elif "items" in block:
            self._only(block, ("items",), forms)
            value = self._listing(definition, block["items"], block.at("items"), self._complete(block))
            dated = dated or self._own_date(definition, block["items"])
        elif "value" in block:
            self._only(block, ("value",), forms)
            if block["value"] is None:
                return None
            if definition.kind == "number":
                value = self._exact(definition, block["value"], block.at("value"), self._unit(definition, block))
            else:
                value = self._plain(definition, block["value"], block.at("value"), block.spelling["value"], self._complete(block))
                dated = dated or self._own_date(definition, block["value"])
        else:
            raise place.error(f"{definition.id}: a value is missing; leave the fact out if it is not known")
        return None if value == "" else Told(value, dated, source, times_uln)

    def _plain(self, definition: FactDefinition, raw: Any, place: Place, spelling: str, complete: bool = True) -> Any:
        match definition.kind:
            case "number":
                return self._exact(definition, raw, place, lambda number: number)
            case "choice":
                return self._choice(definition, raw, place)
            case "yes_no":
                answer = _YES_NO_WORDS.get(raw.lower()) if isinstance(raw, str) else raw
                if not isinstance(answer, bool):
                    raise place.error(f"{definition.id}: '{shortened(raw)}' must be true or false; leave it out if it is not known")
                return answer
            case "date":
                return self._past(_parse_date(raw, place), place, definition.id)
            case "text":
                text = spelling or str(raw)
                if isinstance(raw, Rows | Block) or len(text) > LONGEST_TEXT:
                    raise place.error(f"{definition.id}: a short text of at most {LONGEST_TEXT} characters is needed")
                if not text.isprintable():
                    raise place.error(f"{definition.id}: the text holds control characters or line breaks")
                return text.strip()
            case _:
                return self._listing(definition, raw, place, complete)

    def _exact(self, definition: FactDefinition, raw: Any, place: Place, to_usual: Callable[[float], float]) -> NumberRange:
        written = _number(definition.id, raw, place)
        number = to_usual(written)
        self._check_possible(definition, number, place, written, to_usual)
        if definition.whole_number and number != int(number):
            raise place.error(f"{definition.id}: {shortened(raw)} must be a whole number")
        return NumberRange.exactly(number)

    def _check_possible(
        self, definition: FactDefinition, number: float, place: Place, written: float, to_usual: Callable[[float], float]
    ) -> None:
        """`written` is the number in the unit in which it was told: the message speaks of that one."""
        if definition.id.endswith("_uln") and number <= 0:
            raise place.error(f"{definition.id}: an upper limit lies above 0")
        if not definition.lowest <= number <= definition.highest:
            told_in = next((one for one in definition.other_units if one.to_usual == to_usual), None)
            unit = f" {told_in.unit if told_in else definition.unit}" if definition.unit else ""
            ends = [told_in.from_usual(end) if told_in else end for end in (definition.lowest, definition.highest)]
            between = (
                f"it lies between {ends[0]:.4g} and {ends[1]:.4g}{unit}"
                if told_in
                else f"it lies between {ends[0]:g} and {ends[1]:g}{unit}"
            )
            slip = f" Was it {written:g} {definition.unit}?" if told_in and definition.lowest <= written <= definition.highest else ""
            raise place.error(f"{definition.id}: {written:g}{unit} is not possible; {between}.{slip or self._slip(definition, written)}")

    @staticmethod
    def _slip(definition: FactDefinition, number: float) -> str:
        """The likeliest mistake behind an impossible number: another unit, or a percentage for a fraction."""
        for conversion in definition.other_units:
            converted = conversion.to_usual(number)
            if definition.lowest <= converted <= definition.highest:
                return f" Was it {number:g} {conversion.unit}?"
        share = tidy(number / 100)
        return f" Did you mean {share:g}?" if definition.highest == 1 and 0 <= share <= 1 else ""

    def _unit(self, definition: FactDefinition, block: Block) -> Callable[[float], float]:
        """The conversion of the unit that the block names into the usual one."""
        written = block.get("unit")
        if written is None:
            return lambda number: number
        if not isinstance(written, str):
            raise block.at("unit").error("'unit' must be a text such as mg/dL")
        spelled = self.vocabulary.usual_unit_spelling(written)
        if spelled == definition.unit:
            return lambda number: number
        for conversion in definition.other_units:
            if self.vocabulary.usual_unit_spelling(conversion.unit) == spelled:
                return conversion.to_usual
        accepted = [unit for unit in (definition.unit, *(other.unit for other in definition.other_units)) if unit]
        names = " or ".join(accepted) if accepted else "no unit"
        raise block.at("unit").error(f"{definition.id} is given in {names}, not in '{shortened(written)}'.{nearest(written, accepted)}")

    def _bounded(self, definition: FactDefinition, block: Block) -> NumberRange:
        to_usual = self._unit(definition, block)
        bounds, places = self._bounds(definition.id, block, to_usual)
        for key, number in bounds.items():
            self._check_possible(definition, number, places[key], _number(definition.id, block[key], places[key]), to_usual)
        low, high = (
            bounds.get("at_least", bounds.get("above", definition.lowest)),
            bounds.get("at_most", bounds.get("below", definition.highest)),
        )
        low_open, high_open = "above" in bounds, "below" in bounds
        if definition.whole_number:
            low, low_open = (float(int(low) + 1), False) if low_open else (float(-(-low // 1)), False)
            high, high_open = (float(-(-high // 1) - 1), False) if high_open else (float(high // 1), False)
        return self._range(definition.id, low, high, low_open, high_open, block)

    def _multiple(self, block: Block) -> NumberRange:
        raw = block["times_uln"]
        if "unit" in block:
            raise block.at("unit").error("a value in times the upper limit has no unit")
        if not isinstance(raw, Block):
            number = _number("times_uln", raw, block.at("times_uln"))
            if number < 0:
                raise block.at("times_uln").error("'times_uln' cannot be below 0")
            return NumberRange.exactly(number)
        bounds, _ = self._bounds("times_uln", require_keys(raw, (), block.at("times_uln"), optional=BOUNDS), lambda number: number)
        low, high = bounds.get("at_least", bounds.get("above", 0.0)), bounds.get("at_most", bounds.get("below", float("inf")))
        return self._range("times_uln", low, high, "above" in bounds, "below" in bounds, block)

    @staticmethod
    def _bounds(fact_id: str, block: Block, to_usual: Callable[[float], float]) -> tuple[dict[str, float], dict[str, Place]]:
        bounds = {key: to_usual(_number(fact_id, block[key], block.at(key))) for key in BOUNDS if block.get(key) is not None}
        for one, other in (("at_least", "above"), ("at_most", "below")):
            if one in bounds and other in bounds:
                raise block.at(other).error(f"{fact_id}: give '{one}' or '{other}', not both")
        if not bounds:
            raise block.place.error(f"{fact_id}: a bound is missing")
        return bounds, block.places

    @staticmethod
    def _range(fact_id: str, low: float, high: float, low_open: bool, high_open: bool, block: Block) -> NumberRange:
        try:
            return NumberRange(tidy(low), tidy(high), low_open, high_open)
        except ValueError:
            raise block.place.error(f"{fact_id}: no number is both above {low:g} and below {high:g}") from None

    def _choice(self, definition: FactDefinition, raw: Any, place: Place) -> frozenset[str]:
        value = str(raw).strip()
        if isinstance(raw, bool | Rows | Block) or value not in definition.choices:
            by_lower = {choice.lower(): choice for choice in definition.choices}
            if isinstance(raw, str) and value.lower() in by_lower:
                value = by_lower[value.lower()]
            else:
                choices = ", ".join(definition.choices)
                raise place.error(
                    f"{definition.id}: '{shortened(raw)}' is not a choice.{nearest(value, definition.choices)} Choices: {choices}"
                )
        return definition.choices[value].means

    def _one_of(self, definition: FactDefinition, block: Block) -> frozenset[str]:
        rows = block["one_of"]
        if not isinstance(rows, Rows) or not rows:
            raise block.at("one_of").error("'one_of' must be a list of choices")
        return frozenset().union(*(self._choice(definition, raw, place) for raw, place in zip(rows, rows.places, strict=True)))

    def _complete(self, block: Block) -> bool:
        complete = block.get("complete", True)
        if not isinstance(complete, bool):
            raise block.at("complete").error("'complete' must be true or false")
        return complete

    def _listing(self, definition: FactDefinition, rows: Any, place: Place, complete: bool) -> Listing[Any]:
        if not isinstance(rows, Rows):
            raise place.error(f"{definition.id}: a list is needed; write [] for a list that is known to be empty")
        readers: dict[str, Callable[[Any, Place], Any]] = {
            "choice_list": lambda raw, at: next(iter(self._choice(definition, raw, at))),
            "lesions": self._lesion,
            "scans": self._scan,
            "lab_results": self._lab_result,
            "courses": self._course,
        }
        longest = LONGEST_RESULTS if definition.kind == "lab_results" else LONGEST_LIST
        if len(rows) > longest:
            raise place.error(f"{definition.id}: a list of {len(rows):,} is longer than the {longest:,} that are taken")
        item = readers[definition.kind]
        listing = Listing(tuple(item(raw, at) for raw, at in zip(rows, rows.places, strict=True)), complete)
        if definition.kind == "lesions":
            self._require_own_names(listing, rows)
        return listing

    @staticmethod
    def _require_own_names(lesions: Listing[Lesion], rows: Rows) -> None:
        """A name tells one tumor from another, so no two of one scan share it."""
        names: set[str] = set()
        for lesion, place in zip(lesions, rows.places, strict=True):
            if lesion.name is not None and lesion.name in names:
                raise place.error(f"the name '{lesion.name}' stands twice in this list; each tumor has its own")
            names |= {lesion.name} if lesion.name is not None else set()

    def _lesion(self, raw: Any, place: Place) -> Lesion:
        block = require_keys(raw, (), place, optional=LESION_KEYS)
        segment = "unknown" if block.get("segment") is None else str(block["segment"])
        if segment not in SEGMENTS:
            raise block.at("segment").error(
                f"'{shortened(segment)}' is not a liver segment.{nearest(segment, SEGMENTS)} Segments: {', '.join(SEGMENTS)}"
            )
        diameter = None
        if block.get("diameter_cm") is not None:
            largest = self.vocabulary["liver.largest_cm"]
            told = self.read(largest, block["diameter_cm"], block.at("diameter_cm"))
            # The largest size that is possible is no end of what was told.
            diameter = told.value.without_bounds(-1, largest.highest) if told and isinstance(told.value, NumberRange) else None
        near: frozenset[str] | None = None
        if block.get("near") is not None:
            rows = block["near"]
            if not isinstance(rows, Rows):
                raise block.at("near").error("'near' must be a list; [] means next to nothing named here")
            for word, at in zip(rows, rows.places, strict=True):
                if not isinstance(word, str) or word not in self.vocabulary.lesion_places:
                    raise at.error(f"'{shortened(word)}' is not a place in the liver.{nearest(str(word), self.vocabulary.lesion_places)}")
            near = frozenset(rows)
        dated = self._date_of(block) if block.get("date") is not None else None
        return Lesion(segment, diameter, near, dated, self._lesion_name(block))

    @staticmethod
    def _lesion_name(block: Block) -> str | None:
        if block.get("name") is None:
            return None
        name = (block.spelling["name"] or str(block["name"])).strip()
        if isinstance(block["name"], Rows | Block) or not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise block.at("name").error(f"'name' must be a short text of at most {LONGEST_NAME} characters, such as A")
        return name

    def _scan(self, raw: Any, place: Place) -> Scan:
        block = require_keys(raw, ("date", "lesions"), place, optional=_SCAN_KEYS)
        listing = self._listing(self.vocabulary["liver.lesions"], block["lesions"], block.at("lesions"), self._complete(block))
        return Scan(self._date_of(block), listing)

    def _lab_result(self, raw: Any, place: Place) -> LabResult:
        block = require_keys(raw, ("lab", "value", "date"), place, optional=_RESULT_KEYS)
        lab = str(block["lab"])
        if lab not in self.vocabulary or not self.vocabulary[lab].is_lab:
            labs = [fact_id for fact_id, one in self.vocabulary.items() if one.is_lab]
            raise block.at("lab").error(f"'{shortened(lab)}' is not a blood test.{nearest(lab, labs)} See docs/reference/facts.md")
        definition = self.vocabulary[lab]
        to_usual = self._unit(definition, block)
        if isinstance(block["value"], Block):
            told = self.read(definition, block["value"], block.at("value"))
            value = told.value if told else None
        else:
            value = self._exact(definition, block["value"], block.at("value"), to_usual)
        if not isinstance(value, NumberRange):
            raise block.at("value").error(f"{lab}: an earlier result needs a value")
        lower, upper = (
            self._exact(self.vocabulary[f"{lab}_{ending}"], block[key], block.at(key), to_usual) if block.get(key) is not None else None
            for key, ending in (("lower_limit", "lln"), ("upper_limit", "uln"))
        )
        if lower is not None and upper is not None and lower.low >= upper.low:
            raise block.at("upper_limit").error(f"{lab}: the upper limit must lie above the lower one")
        return LabResult(lab, value, self._date_of(block), lower, upper)

    def _course(self, raw: Any, place: Place) -> Course:
        block = require_keys(raw, (), place, optional=_COURSE_KEYS)
        drugs: list[str] = []
        unknown: list[str] = []
        names = block.get("drugs")
        if names is not None and not isinstance(names, Rows):
            raise block.at("drugs").error("'drugs' must be a list, such as [fluorouracil, oxaliplatin]")
        if names is not None and len(names) > LONGEST_LIST:
            raise block.at("drugs").error(f"a course of {len(names):,} drugs is longer than the {LONGEST_LIST} that are taken")
        for name in names or ():
            if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_TEXT:
                raise block.at("drugs").error("each drug must be a name")
            found = self.vocabulary.drugs.find(name)
            drugs += [drug for drug in found if drug not in drugs]
            if not found:
                unknown.append(name.strip())
        procedure = block.get("procedure")
        if procedure is not None and (not isinstance(procedure, str) or procedure not in self.vocabulary.procedures):
            raise block.at("procedure").error(
                f"'{shortened(procedure)}' is not a procedure.{nearest(str(procedure), self.vocabulary.procedures)}"
            )
        if not drugs and not unknown and procedure is None:
            raise place.error("a course of treatment needs 'drugs' or a 'procedure'")
        start = self._past(_parse_date(block["start"], block.at("start")), block.at("start")) if block.get("start") is not None else None
        end = self._past(_parse_date(block["end"], block.at("end")), block.at("end")) if block.get("end") is not None else None
        if start and end and end.last < start.first:
            raise block.at("end").error(f"the course ends ({end}) before it starts ({start})")
        return Course(
            drugs=tuple(drugs),
            unknown_drugs=tuple(unknown),
            procedure=procedure,
            intent=_word(block, "intent", INTENTS),
            start=start,
            end=end,
            ended_because=_word(block, "ended_because", ENDINGS),
            best_response=_word(block, "best_response", RESPONSES),
        )

    def _own_date(self, definition: FactDefinition, raw: Any) -> DateRange | None:
        """The date that a list's own items give it: that of its oldest scan."""
        if definition.kind != "lesions" or not isinstance(raw, Rows):
            return None
        return oldest(self._date_of(row) for row in raw if isinstance(row, Block) and row.get("date") is not None)

    def _date_of(self, block: Block) -> DateRange:
        return self._past(_parse_date(block["date"], block.at("date")), block.at("date"))

    def _past(self, dated: DateRange, place: Place, fact_id: str = "") -> DateRange:
        """A date that lies neither after today nor before anybody living could remember."""
        lead = f"{fact_id}: " if fact_id else ""
        if dated.first > self.as_of:
            raise place.error(f"{lead}{dated} lies after the case's date, {self.as_of}")
        if dated.first.year < EARLIEST_YEAR:
            raise place.error(f"{lead}{dated} is not possible; it lies before {EARLIEST_YEAR}")
        return dated

    @staticmethod
    def _only(block: Block, allowed: tuple[str, ...], forms: list[str]) -> None:
        for form in forms:
            if form not in allowed:
                raise block.at(form).error(f"'{form}' does not go together with '{next(key for key in forms if key in allowed)}'")


def _number(fact_id: str, raw: Any, place: Place) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise place.error(f"{fact_id}: '{shortened(raw)}' is not a number; leave it out if it is not known")
    return float(raw)


def _word(block: Block, key: str, words: tuple[str, ...]) -> str | None:
    value = block.get(key)
    if value is not None and (not isinstance(value, str) or value not in words):
        raise block.at(key).error(
            f"'{shortened(value)}' is not a choice for '{key}'.{nearest(str(value), words)} Choices: {', '.join(words)}"
        )
    return value


def _parse_date(raw: Any, place: Place) -> DateRange:
    try:
        return DateRange.parse(raw)
    except ValueError:
        raise place.error(f"'{shortened(raw)}' is not a date; write 2026-11-20, 2026-11 or 2026") from None


__all__ = ["FactReader", "WaylineError", "load_case", "parse_case"]
