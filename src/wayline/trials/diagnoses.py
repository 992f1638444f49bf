"""Reading which cancers a sentence names, and how far gone.

Situations are of one cancer, so a list of cancers is true of a person when one of them is theirs, false when all of them certainly are
not, and open where one is named in words that the lists do not hold. A general diagnosis against a specific demand stays open by the
facts themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wayline.trials.chunks import DIAGNOSIS, Chunk, Sentence
from wayline.trials.expressions import EVERYBODY, Literal, Reading, Unread, agreed, all_of, any_of, is_fully_unread

# From the first word of a cancer's name to the last, with what may stand between.
_RUN = re.compile(
    r"(?:[admS](?:[fhg]{0,2}[,/|&]{1,2}[fhg]{0,2}|\([adfhm]{1,4}\)[fh]{0,2}|[fhg]{0,3})){0,40}[dkS](?:[fhsmgiw,/|&():V;TuG-]{0,7}?[adkS])*"
)
_RESTRICTS = re.compile(r":|\bfollowing\b|\blimited to\b|\bone of\b|\bi\.e\b|\(", re.IGNORECASE)
_OPENS_LIST = re.compile(r"\b(?:including|includ\w+|such as|e\.g|eg|like|for example)\b", re.IGNORECASE)
# Adjectives that change nothing about which cancer is meant.
_NEUTRAL = frozenset(
    {
        "primary",
        "malignant",
        "invasive",
        "measurable",
        "pathological",
        "clinical",
        "other",
        "metastatic",
        "systemic",
        "suspected",
        "evident",
        "different",
        "multiple",
    }
)
_PART_OF_CANCER = re.compile(
    r"(?:samples?|tissues?|specimens?|biops\w+|blocks?|markers?|burden|size|cells?|pain|volume|growth|progression|"
    r"response|bleeding|bed|assessment\w*|imaging|material|mutation\w*|surgery|resection|markers|thromb\w+|lysis|"
    r"related|directed|virus|antigen\w*|vaccine\w*|board|center\w*|treatments?|therap\w+|screening|registry|drugs?|medication\w*)\b",
    re.IGNORECASE,
)
_METASTATIC_TO = re.compile(r"metasta\w*\s+(?:disease\s+)?(?:to|in|of)\s+(?:the\s+)?$", re.IGNORECASE)
_LIVER = Literal("metastases.liver")
_METASTASES = re.compile(r"metasta|spread|involvement", re.IGNORECASE)


@dataclass(slots=True)
class _Element:
    """What stands between two joints of a list."""

    places: list[Reading] = field(default_factory=list)
    cells: list[Reading] = field(default_factory=list)
    wholes: list[Reading] = field(default_factory=list)
    extents: list[tuple[Reading, str]] = field(default_factory=list)
    spread: list[Reading] = field(default_factory=list)
    limits: list[Reading] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    words: str = ""
    cells_first: bool = False
    spread_to_place: bool = False  # "brain metastatic tumor": the place is where it went, not where it began

    @property
    def names_cancer(self) -> bool:
        return bool(self.places or self.cells or self.wholes)


class Diagnoses:
    """Reads the cancers of one sentence in place."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence

    def read(self) -> None:
        self._set_asides()
        place = 0
        while (match := _RUN.search(self.sentence.letters, place)) is not None:
            start, end = match.span()
            while self.sentence.letters[start] in "mfhg":
                start += 1
            end = self._balanced(start, end)
            reading = None if self._is_only_a_part(end) else self._run(start, end)
            if reading is None:
                place = max(end, match.start() + 1)
                continue
            self.sentence.put(start, end, DIAGNOSIS, reading)
            place = start + 1
        for place, letter in enumerate(self.sentence.letters):
            if letter == "S":  # an extent of nothing that is named: an adjective
                self.sentence.put(place, place + 1, "m", None)

    def _set_asides(self) -> None:
        """A remark in brackets that names no cancer narrows what it stands in, and does not cut the phrase in two."""
        sentence = self.sentence
        place = 0
        while (match := re.compile(r"\([^()dkVLNCPK]*w[^()dkVLNCPK]*\)").search(sentence.letters, place)) is not None:
            words = sentence.words(*match.span())
            place = match.start() + 1
            if len(words) > 20 and "p" not in match[0]:
                sentence.put(match.start(), match.end(), "m", Unread(words))

    def _is_only_a_part(self, end: int) -> bool:
        """ "Tumor sample", "cancer pain": no diagnosis is meant."""
        if re.match(r"-?N", self.sentence.letters[end : end + 2]):
            return True  # "HCC 17-220" is the number of a protocol
        return end < len(self.sentence.chunks) and _PART_OF_CANCER.match(self.sentence.words(end, end + 1)) is not None

    def _balanced(self, start: int, end: int) -> int:
        """Take the closing bracket in, or leave an opening one out."""
        run = self.sentence.letters[start:end]
        if run.count("(") > run.count(")"):
            close = re.compile(r"[fhmw,/|&gadkS]{0,4}\)").match(self.sentence.letters, end)
            if close is not None:
                return close.end()
            return (
                start + run.rfind("(")
                if "d" in run[: run.rfind("(")] or "k" in run[: run.rfind("(")] or "S" in run[: run.rfind("(")]
                else end
            )
        return end

    def _run(self, start: int, end: int) -> Reading | None:
        self.narrowing: list[Reading] = []
        self._restricts = True
        elements, joints = self._elements(start, end)
        diagnosis = self._diagnosis(elements, start, end)
        extent = self._extent(elements, joints)
        spread = all_of(*(one for element in elements for one in element.spread)) if any(element.spread for element in elements) else None
        if spread is not None and "|" in joints and any(element.spread and not element.names_cancer for element in elements):
            # "Liver metastases or hepatocellular carcinoma": one of several ways in.
            parts = [part for part in (diagnosis, extent) if part is not None]
            return any_of(spread, all_of(*parts)) if parts else spread
        if spread is not None:
            extent = spread if extent is None else all_of(extent, spread)
        if diagnosis is None and (extent is None or is_fully_unread(extent) or self.sentence.letters[end : end + 1] == "w"):
            return None  # "disseminated candidiasis" is no cancer
        limits = [limit for element in elements for limit in element.limits]
        parts = [part for part in (diagnosis, extent) if part is not None]
        return all_of(*parts, *limits, *self.narrowing)

    def _elements(self, start: int, end: int) -> tuple[list[_Element], str]:
        sentence = self.sentence
        elements, joints = [_Element()], ""
        begin = start
        for place in range(start, end):
            chunk = sentence.chunks[place]
            element = elements[-1]
            match chunk.role:
                case "," | "/" | "|" | "&" | ";" | "(" | ")" | ":":
                    element.words = sentence.words(begin, place)
                    elements.append(_Element())
                    joints += chunk.role
                    begin = place + 1
                case "h" | "f" | "g" if _OPENS_LIST.fullmatch(sentence.text[chunk.start : chunk.end]) and element.names_cancer:
                    element.words = sentence.words(begin, place)
                    elements.append(_Element())
                    joints += ":"
                    begin = place + 1
                case "a" if element.extents and _METASTATIC_TO.search(sentence.text[sentence.chunks[begin].start : chunk.start]):
                    element.spread_to_place = True
                    element.places.append(self._value(chunk))
                case "a":
                    element.places.append(self._value(chunk))
                case "d":
                    element.cells_first = element.cells_first or not element.places
                    element.cells.append(self._value(chunk))
                case "k":
                    element.wholes.append(self._value(chunk))
                case "S" if chunk.value == _LIVER:
                    element.spread.append(self._value(chunk))
                case "S":
                    element.spread_to_place = element.spread_to_place or (
                        bool(element.places) and bool(_METASTASES.match(sentence.text[chunk.start : chunk.end]))
                    )
                    element.extents.append((self._value(chunk), sentence.text[chunk.start : chunk.end]))
                case "V":
                    element.limits.append(self._value(chunk))
                case "m" if chunk.value is not None or sentence.text[chunk.start : chunk.end].lower() not in _NEUTRAL:
                    self.narrowing.append(Unread(sentence.text[chunk.start : chunk.end]))
                case "w":
                    element.unread.append(sentence.text[chunk.start : chunk.end])
        elements[-1].words = sentence.words(begin, end)
        return elements, joints

    def _value(self, chunk: Chunk) -> Reading:
        reading: Reading = chunk.value
        return reading

    def _diagnosis(self, elements: list[_Element], start: int, end: int) -> Reading | None:
        named = [element for element in elements if element.names_cancer]
        if not any(element.cells or element.wholes for element in named):
            return None
        general = self._general_before_list(elements, start, end)
        chosen = general if general is not None else elements
        readings: list[Reading] = []
        waiting: list[Reading] = []
        leading_cells: list[Reading] = []
        placed: list[Reading] = []
        placed_generally = False
        for element in chosen:
            if element.unread and not element.names_cancer:
                if element.extents:
                    continue
                readings.append(Unread(element.words))
                continue
            if not element.names_cancer:
                continue
            unread = [Unread(" ".join(element.unread))] if element.unread else []
            if element.spread_to_place:
                readings.append(Unread(element.words))
                continue
            if element.wholes:
                readings += [all_of(whole, *unread) for whole in element.wholes]
            if element.cells and not element.places and not leading_cells and not waiting and placed:
                # "Esophageal adenocarcinoma or squamous cell carcinoma": the place is meant for both; a bare "cancer" was only narrowed.
                if placed_generally:
                    readings = readings[: -len(placed)]
                    placed_generally = False
                readings += [all_of(place, any_of(*_specific(element.cells)), *unread) for place in placed]
                continue
            if element.cells and element.places:
                placed = [] if element.cells_first else [*waiting, *element.places]
                placed_generally = all(cell == EVERYBODY for cell in element.cells)
                cells = _specific([*leading_cells, *element.cells] if element.cells_first else element.cells)
                readings += [all_of(place, any_of(*cells), *unread) for place in (*waiting, *element.places)]
                leading_cells = cells if element.cells_first else []
                waiting = []
            elif element.cells:
                if waiting:
                    readings += [all_of(place, any_of(*_specific(element.cells)), *unread) for place in waiting]
                    waiting = []
                else:
                    leading_cells = [*leading_cells, *(all_of(one, *unread) for one in _specific(element.cells))]
            elif element.places and not element.wholes:
                if leading_cells:
                    readings += [all_of(place, any_of(*leading_cells), *unread) for place in element.places]
                else:
                    waiting += [all_of(place, *unread) for place in element.places]
        if leading_cells and not any(element.places for element in chosen):
            readings += leading_cells
        readings += waiting
        if not readings:
            return None
        reading = any_of(*readings)
        if general is not None and not self._restricts:
            return any_of(reading, Unread(self.sentence.words(start, end)))
        return reading

    def _general_before_list(self, elements: list[_Element], start: int, end: int) -> list[_Element] | None:
        """ "Solid tumors: lung, gastric, ..." takes only what it lists; "solid tumors including ..." leaves that open."""
        for number, element in enumerate(elements[:-1]):
            if not element.names_cancer:
                continue
            values = [*element.wholes, *element.cells]
            is_general = bool(values) and all(value == EVERYBODY for value in values) and not element.places
            rest = [
                one
                for one in elements[number + 1 :]
                if one.names_cancer and not all(v == EVERYBODY for v in (*one.wholes, *one.cells, *one.places))
            ]
            if not is_general or not rest:
                return None
            words = self.sentence.words(start, end)
            opens, restricts = _OPENS_LIST.search(words), _RESTRICTS.search(words)
            if opens is None and restricts is None:
                return None
            self._restricts = opens is None or (restricts is not None and restricts.start() > opens.end() and restricts[0] == ":")
            return elements[number + 1 :]
        return None

    def _extent(self, elements: list[_Element], joints: str) -> Reading | None:
        """How far gone: any of several, unless they stand side by side ("unresectable metastatic") or an "and" leaves it open."""
        groups: list[Reading] = []
        words: list[str] = []
        first = last = None
        for number, element in enumerate(elements):
            if not element.extents:
                continue
            first = number if first is None else first
            last = number
            if any(_METASTASES.match(text) for _, text in element.extents) and element.places and not element.cells and not element.wholes:
                groups.append(Unread(element.words))  # metastases in a place of which the lists know no fact
            else:
                groups.append(all_of(*(reading for reading, _ in element.extents)))
            words += [text for _, text in element.extents]
        if not groups:
            return None
        between = joints[first:last] if first is not None and last is not None else ""
        if "&" in between and "|" not in between:
            return agreed(groups, " ".join(words))
        return any_of(*groups)


def _specific(cells: list[Reading]) -> list[Reading]:
    """ "Squamous cell cancer" is squamous: the bare word for cancer adds nothing beside a cell type."""
    return [one for one in cells if one != EVERYBODY] or cells
