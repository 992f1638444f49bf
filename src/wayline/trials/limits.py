"""Reading what has a number or a degree: blood counts, times the upper limit, ECOG, age, grades, lines of treatment, tumor markers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wayline.facts.vocabulary import Vocabulary
from wayline.trials.chunks import LIMITS, Chunk, Sentence
from wayline.trials.expressions import Literal, Reading, Unread, agreed, all_of, any_of, opposite
from wayline.trials.lexicon import Lexicon, Marker, Measure, Scale, State, Treatment

_FOR_SOME = re.compile(r"\b(?:for|in)\s+(?:\w+\s+){0,4}$", re.IGNORECASE)
_STATE_FOLLOWS = re.compile(r"[;.][fhsin,]{0,6}[KS]")
_ABOUT_STATE = re.compile(
    r"(?:syndrome|diseases?|'s|s|is|are|present|exists?|known|documented|involvement|metastas[ei]s|of|the|to|by|tumou?r|"
    r"cancer|due|attributable|secondary)",
    re.IGNORECASE,
)
_GAP = frozenset("fh:sg")
_LOW_IS_WORSE = frozenset(
    {
        "labs.neutrophils",
        "labs.platelets",
        "labs.wbc",
        "labs.lymphocytes",
        "labs.hemoglobin",
        "labs.albumin",
        "labs.creatinine_clearance",
        "labs.egfr",
        "condition.lvef_percent",
        "nutrition.weight_kg",
        "condition.life_expectancy_months",
    }
)
_UNIT_NAMES = {"g_per_l": "g/L", "umol_per_l": "umol/L", "mmol_per_l": "mmol/L", "pounds": "lb", "mg_per_dl": "mg/dL", "g_per_dl": "g/dL"}
_OPPOSITE_SIGN = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
_DAYS_IN_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit: a sign, a number in the trial's unit, and whether it counts in upper (or lower) limits of normal."""

    sign: str
    number: float
    unit: str | None
    relative: str | None
    days: float | None
    end: int
    power: bool


class Limits:
    """Reads the limits of one sentence in place."""

    def __init__(self, sentence: Sentence, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        self.sentence = sentence
        self.lexicon = lexicon
        self.vocabulary = vocabulary

    def read(self) -> None:
        self._merge_numbers()
        self._scales()
        self._ages()
        self._measures()
        self._markers()
        self._lines()

    # --- small parts ---

    def _merge_numbers(self) -> None:
        """ "three (3)", "28 days (4 weeks)" say one thing twice."""
        sentence = self.sentence
        for pattern, kept in ((re.compile(r"N\(N\)"), 1), (re.compile(r"NT\(f*NT\)"), 2)):
            place = 0
            while (match := pattern.search(sentence.letters, place)) is not None:
                sentence.drop(match.start() + kept, match.end())
                place = match.start() + 1

        place = 0
        while (match := re.compile(r"N(h)N").search(sentence.letters, place)) is not None:
            place = match.start() + 1
            if sentence.words(match.start(1), match.end(1)).lower() in ("to", "through", "till"):
                sentence.put(match.start(1), match.end(1), "-", None)

    def _gap(self, place: int, letters: frozenset[str] = _GAP) -> int:
        while place < len(self.sentence.letters) and self.sentence.letters[place] in letters:
            place += 1
        return place

    def _limit_at(self, place: int) -> _Limit | None:
        """A limit that begins here: "≥ 1.5 x 10^9/L", "≤ 2.5 times the ULN", "< ULN", "within normal limits", "9 g/dL or more"."""
        letters, chunks = self.sentence.letters, self.sentence.chunks
        place = self._gap(place)
        if place >= len(letters):
            return None
        sign: str | None = None
        if letters[place] == "W":
            return _Limit("<=", 1.0, None, "upper", None, place + 1, False)
        if letters[place] == "C":
            sign = chunks[place].value
            place = self._gap(place + 1, frozenset("fh"))
            if place < len(letters) and letters[place] == "C" and chunks[place].value in (sign, "="):
                place += 1
            if place < len(letters) and letters[place] == "X":
                return _Limit(sign, 1.0, None, "upper", None, place + 1, False)
            if place < len(letters) and letters[place] == "Z":
                return _Limit(sign, 1.0, None, "lower", None, place + 1, False)
        if place >= len(letters) or letters[place] != "N":
            return None
        number = chunks[place].value
        power = (
            number >= 1_000
            and "10" in self.sentence.text[chunks[place].start : chunks[place].end]
            and "," not in self.sentence.words(place, place + 1)
        )
        place += 1
        unit = days = relative = None
        if letters[place : place + 1] == "T":
            days, place = chunks[place].value, place + 1
        elif letters[place : place + 1] == "U":
            unit, place = chunks[place].value, place + 1
        after = re.compile(r"x?[fh(]{0,3}([XZ])\)?").match(letters, place)
        if after is not None and unit is None:
            relative, place = ("upper" if after[1] == "X" else "lower"), after.end()
        elif letters[place : place + 1] == "x" and unit is None:
            return None
        if sign is None:
            following = self._gap(place, frozenset("fh"))
            if letters[following : following + 1] != "c":
                return None
            sign, place = chunks[following].value, following + 1
        elif letters[place : place + 1] == "c":
            place += 1
        return _Limit(sign, number, unit, relative, days, place, power)

    # --- blood counts and other measures ---

    def _measures(self) -> None:
        place = 0
        while (place := self.sentence.letters.find("L", place)) >= 0:
            end = self._measure_at(place)
            place = place + 1 if end is None else end

    def _measure_at(self, start: int) -> int | None:
        """Read the measures that begin here, with what they are limited to; the place after, or None where no limit follows."""
        sentence = self.sentence
        measures, joints, place = self._named_measures(start)
        first = self._limit_at(place)
        if first is None:
            return None
        base = self._several(measures, joints, first, sentence.words(start, first.end))
        if base is None:
            sentence.put(start, first.end, LIMITS, Unread(sentence.words(start, first.end)))
            return start + 1
        good = self._is_demand(measures, first.sign)
        reading, end = self._tail(measures, joints, first, base, good)
        if sentence.letters[start - 1 : start] == "(" and sentence.letters[end : end + 1] == ")" and sentence.letters[end - 1] != "(":
            start, end = start - 1, end + 1
        sentence.put(start, end, LIMITS, reading)
        return start + 1

    def _named_measures(self, start: int) -> tuple[list[Measure], str, int]:
        """The measures named together ("ALT and AST", "AST/ALT"), the joints between them, and the place after."""
        letters, chunks = self.sentence.letters, self.sentence.chunks
        measures, joints, place = [chunks[start].value], "", start + 1
        while True:
            following = self._gap(place, frozenset("fhs()"))
            joint = ""
            while following < len(letters) and letters[following] in ",/&|fhs":
                if letters[following] in ",/&|":
                    joint += letters[following]
                following += 1
            if following < len(letters) and letters[following] == "L":
                same = chunks[following].value == measures[-1]
                if not same:
                    measures.append(chunks[following].value)
                    joints += joint[-1:] or ("" if letters[place : place + 1] == "(" else ",")
                place = following + 1
                if letters[place : place + 1] == ")":
                    place += 1
                continue
            break
        # "absolute neutrophil count (ANC) is" and "platelets (without transfusion)": an abbreviation is skipped, more is not.
        bracket = re.compile(r"\([wf]{1,3}\)").match(letters, place)
        return measures, joints, bracket.end() if bracket else place

    def _is_demand(self, measures: list[Measure], sign: str) -> bool:
        """Whether the limit says what is good ("≥ 1.5" neutrophils) rather than what is bad ("< 1.5")."""
        low_is_worse = bool(measures[0].facts) and (measures[0].facts[0] in _LOW_IS_WORSE or measures[0].facts[0].startswith("biomarker."))
        return (sign in (">=", ">")) == low_is_worse

    def _several(self, measures: list[Measure], joints: str, limit: _Limit, words: str) -> Reading | None:
        """One limit on one or several measures. "ALT and AST" below a limit means both; "ALT or AST" above one means either."""
        readings: list[Reading] = []
        for measure in measures:
            reading = self._one(measure, limit, words)
            if reading is None:
                return None
            readings.append(reading)
        if len(readings) == 1:
            return readings[0]
        if self._is_demand(measures, limit.sign):
            return agreed(readings, words) if "|" in joints else all_of(*readings)
        return agreed(readings, words) if "&" in joints else any_of(*readings)

    def _one(self, measure: Measure, limit: _Limit, words: str) -> Reading | None:
        if not measure.facts:
            return Unread(words)
        demand = self._is_demand([measure], limit.sign)
        literals: list[Reading] = []
        for fact in measure.facts:
            literal = self._literal(fact, measure, limit)
            if literal is None:
                return None
            literals.append(literal)
        return all_of(*literals) if demand else any_of(*literals)

    def _literal(self, fact: str, measure: Measure, limit: _Limit) -> Reading | None:
        if limit.sign == "=":
            return None
        if limit.relative == "upper":
            return Literal(f"times_uln({fact}) {limit.sign} {_plain(limit.number)}") if measure.has_multiples else None
        if limit.relative == "lower":
            return None
        number = self._in_own_unit(fact, measure, limit)
        if number is None:
            return None
        if fact == "body_mass_index":
            return Literal(f"nutrition.weight_kg / (nutrition.height_cm * nutrition.height_cm) * 10000 {limit.sign} {_plain(number)}")
        definition = self.vocabulary[fact]
        if not definition.lowest <= number <= definition.highest:
            return None
        literal = Literal(f"{fact} {limit.sign} {_plain(number)}")
        if fact == "labs.wbc":
            # The neutrophils are part of the white cells: enough of them are enough.
            part = Literal(f"labs.neutrophils {limit.sign} {_plain(number)}")
            return any_of(literal, part) if limit.sign in (">=", ">") else all_of(literal, part)
        return literal

    def _in_own_unit(self, fact: str, measure: Measure, limit: _Limit) -> float | None:
        """The trial's number in the fact's unit; None where the unit is not one of the measure's, or a lost unit leaves it open."""
        number, unit = limit.number, limit.unit
        match measure.kind:
            case "cell_count":
                return _count(number, unit, limit.power)
            case "span":
                return None if limit.days is None else round(number * limit.days / _DAYS_IN_MONTH, 2)
            case "percent" | "score":
                return number if unit in (None, "percent") and limit.days is None else None
            case "flow":
                return number if unit in (None, "ml_per_min") and number >= 5 else None
            case "ratio" | "plain":
                return number if unit in (None, "kilograms_per_square_meter", "mutations_per_megabase") else None
            case "milliseconds":
                if unit in (None, "milliseconds"):
                    return number if number > 100 else None
                return number * 1000 if unit == "seconds" and number < 1 else None
            case "weight":
                return number if unit == "kilograms" else round(number * 0.45359237, 2) if unit == "pounds" else None
            case "enzyme":
                return number if unit == "units_per_l" else None
            case "centimeters":
                return number if unit == "centimeters" else None
            case "time_s":
                return number if unit == "seconds" else None
        if unit is None:
            return self._without_unit(fact, number)
        definition = self.vocabulary[fact]
        wanted = _UNIT_NAMES.get(unit)
        if wanted is None:
            return None
        if wanted == definition.unit:
            return number
        for conversion in definition.other_units:
            if conversion.unit == wanted:
                return round((number + conversion.add) * conversion.multiply_by / conversion.divide_by, 4)
        return None

    def _without_unit(self, fact: str, number: float) -> float | None:
        """A bare number is taken in the fact's own unit where it lies among its possible values near zero, as nobody writes 9 g/L."""
        highest = self.lexicon.without_a_unit_up_to.get(fact)
        return number if highest is not None and number <= highest else None

    def _tail(self, measures: list[Measure], joints: str, first: _Limit, base: Reading, good: bool) -> tuple[Reading, int]:
        """What follows a limit and belongs to it: another unit in brackets, a second limit, "5 x ULN if liver metastases", "unless ..."."""
        sentence = self.sentence
        letters = sentence.letters
        end = first.end
        reading = base
        again = re.compile(r"\(?[fg|h]*(?=[CN])").match(letters, end)
        if again is not None and letters[end : end + 1] == "(":
            other = self._limit_or_number(again.end(), first)
            if other is not None and letters[other.end : other.end + 1] == ")":
                end = other.end + 1
        stop = len(letters)
        for place in range(end, len(letters)):
            if letters[place] in ";." and _STATE_FOLLOWS.match(letters, place):
                continue
            if letters[place] in "L;.P" or (
                letters[place] in "sonq" and letters[place] != "s" and place > end + 1 and letters[place - 1] in "&,"
            ):
                stop = place
                break
        conditional = self._conditional(measures, joints, first, base, good, end, stop)
        if conditional is not None:
            return conditional
        place = self._gap(end, frozenset("f,"))
        if letters[place : place + 1] == "|":
            other = self._limit_at(place + 1)
            if other is not None and other.end <= stop:
                second = self._several(measures, joints, other, sentence.words(place, other.end))
                return any_of(reading, second if second is not None else Unread(sentence.words(place, other.end))), other.end
        return reading, end

    def _limit_or_number(self, place: int, first: _Limit) -> _Limit | None:
        """A second way to write the same limit; its sign may be left out."""
        other = self._limit_at(place)
        if other is not None:
            return other
        letters, chunks = self.sentence.letters, self.sentence.chunks
        if letters[place : place + 1] != "N":
            return None
        match = re.compile(r"NU?(?:x?f*[XZ])?").match(letters, place)
        return None if match is None else _Limit(first.sign, chunks[place].value, None, None, None, match.end(), False)

    def _conditional(
        self, measures: list[Measure], joints: str, first: _Limit, base: Reading, good: bool, start: int, stop: int
    ) -> tuple[Reading, int] | None:
        """ "≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)" in its many orders: a second limit and the state that it holds for."""
        sentence = self.sentence
        letters, chunks = sentence.letters, sentence.chunks
        state_at = [
            place
            for place in range(start, stop)
            if (letters[place] in "KkS" or self._is_gilbert(chunks[place]))
            and not re.search(r"n[fhs]{0,3}$", letters[max(0, place - 4) : place])
        ]
        if not state_at:
            return None
        second = next(
            (limit for place in range(start, stop) if letters[place] == "C" and (limit := self._limit_at(place)) is not None), None
        )
        if second is None or second.end > stop:
            second = self._bare_second(start, stop, first)
        if second is None:
            return None
        state_place = state_at[-1] if letters[start : state_at[0]].count("n") else state_at[0]
        state = self._state(chunks[state_place])
        reading = self._several(measures, joints, second, sentence.words(start, stop))
        if reading is None:
            return None
        if (
            good
            and (first.number > second.number) == (first.sign in ("<=", "<"))
            and first.relative == second.relative
            and first.unit == second.unit
        ):
            base, reading = reading, base  # the looser limit is the one for those in the state, whichever stands first
        end = max(second.end, state_place + 1)
        while end < stop and (letters[end] in ")K" or _ABOUT_STATE.fullmatch(sentence.words(end, end + 1))):
            end += 1
        if good:
            return any_of(base, all_of(state, reading)), end
        return any_of(all_of(base, opposite(state)), reading), end

    def _bare_second(self, start: int, stop: int, first: _Limit) -> _Limit | None:
        """ "(5 x ULN if liver metastases)": the second limit without a sign of its own."""
        letters = self.sentence.letters
        match = re.compile(r"Nx?f*X").search(letters, start, stop)
        if match is None:
            return None
        number = self.sentence.chunks[match.start()].value
        return _Limit(first.sign, number, None, "upper", None, match.end(), False)

    def _is_gilbert(self, chunk: Chunk) -> bool:
        return chunk.role == "w" and self.sentence.text[chunk.start : chunk.end].lower().startswith("gilbert")

    def _state(self, chunk: Chunk) -> Reading:
        if isinstance(chunk.value, State):
            return chunk.value.reading
        if chunk.role == "w" or chunk.value is None:
            return Unread(self.sentence.text[chunk.start : chunk.end])
        reading: Reading = chunk.value
        return reading

    # --- scales ---

    def _scales(self) -> None:
        place = 0
        while (place := self.sentence.letters.find("P", place)) >= 0:
            self._scale_at(place)
            place += 1

    def _scale_at(self, start: int) -> None:
        """A degree on a scale, before or after its name: "ECOG 0-1", "PS of 0 or 1 on the ECOG scale", "grade ≥ 2 neuropathy"."""
        sentence = self.sentence
        scale: Scale = sentence.chunks[start].value
        end = start + 1
        sign_before = re.search(r"C[fh]{0,2}$", sentence.letters[:start])
        while (more := re.compile(r"[fh:(/|]*P\)?").match(sentence.letters, end)) is not None:
            other: Scale = sentence.chunks[more.end() - 1 - (sentence.letters[more.end() - 1] == ")")].value
            if {scale.name, other.name} & {"karnofsky"} and {scale.name, other.name} & {"ecog"}:
                break
            scale = other if scale.name == "performance" else scale
            end = more.end()
        self._numbers_from_letters(scale, end)
        lead = r"[fhsl:,(wm)x]{0,8}" if scale.name in ("neuropathy", "child_pugh") else r"[fhsl:,()x]{0,8}"
        after = re.compile(lead + r"(C?[fl]{0,2}N(?:U?[fh]{0,2}(?:[,|/&-]{1,2}f{0,2}|-)C?[fl]{0,2}N)*U?(?:[fh]{0,2}c)?)").match(
            sentence.letters, end
        )
        if after is not None and (scale.name != "neuropathy" or "l" in after[0]):
            if sign_before is not None and not re.search(r"[Cc]", after[1]):
                reading = self._above(scale, sentence.chunks[sign_before.start()].value, after.start(1), after.end(1))
                start = sign_before.start()
            else:
                reading = self._degree(scale, after.start(1), after.end(1))
            close = re.compile(r"[fh]*P?[fh]*\)").match(sentence.letters, after.end()) if "(" in after[0] and ")" not in after[0] else None
            finish = close.end() if close else after.end()
            trailing = re.compile(r"[fh(]{0,6}P\)?(?![fh:]*[CN])").match(sentence.letters, finish)
            if trailing is not None:
                finish = trailing.end()
            if reading is not None:
                sentence.put(start, finish, LIMITS, reading)
            return
        before = re.compile(r"((?:l[fh]{0,2})?C?[fl]{0,2}N(?:(?:[,|/&-]{1,2}f{0,2}|-)C?N)*(?:f{0,2}c)?)[fhmw:()]{0,4}$").search(
            sentence.letters[:start]
        )
        if before is not None and (scale.name != "neuropathy" or "l" in before[1]):
            reading = self._degree(scale, before.start(1), before.end(1))
            if reading is not None:
                sentence.put(before.start(1), end, LIMITS, reading)
        elif scale.name == "neuropathy":
            sentence.put(start, end, "A", Literal('condition.neuropathy_grade in ["1", "2", "3", "4"]'))

    def _numbers_from_letters(self, scale: Scale, start: int) -> None:
        """Roman numbers and the letters of Child-Pugh, near their scale, count as its degrees."""
        if scale.name not in ("nyha", "child_pugh"):
            return
        sentence = self.sentence
        degrees = {"i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0} if scale.name == "nyha" else {"a": 1.0, "b": 2.0, "c": 3.0}
        for place in range(start, min(start + 8, len(sentence.chunks))):
            chunk = sentence.chunks[place]
            word = sentence.text[chunk.start : chunk.end].lower()
            if word in degrees and (scale.name == "nyha" or sentence.text[chunk.start].isupper()):
                sentence.put(place, place + 1, "N", degrees[word])

    def _degree(self, scale: Scale, start: int, end: int) -> Reading | None:
        """The degrees that are asked for, as a reading on the scale's fact."""
        sentence = self.sentence
        letters = sentence.letters[start:end]
        numbers = [chunk.value for chunk in sentence.chunks[start:end] if chunk.role == "N"]
        signs = [chunk.value for chunk in sentence.chunks[start:end] if chunk.role in "Cc"]
        words = sentence.words(start, end)
        if scale.name == "karnofsky" or (scale.name == "performance" and max(numbers) > 5):
            return _karnofsky(numbers, signs, words, self.lexicon.ecog_of_karnofsky)
        if scale.name == "child_pugh" and max(numbers) > 4:
            return self._child_pugh_points(numbers, signs)
        if any(number != int(number) or not 0 <= number <= 5 for number in numbers):
            return None
        if len(signs) == 1 and len(numbers) == 1:
            return self._choices(scale, [degree for degree in range(6) if _compares(degree, signs[0], numbers[0])])
        if len(signs) == 2 and len(numbers) == 2:
            return self._choices(scale, [d for d in range(6) if _compares(d, signs[0], numbers[0]) and _compares(d, signs[1], numbers[1])])
        if signs and not (len(signs) == 1 and signs[0] == "="):
            return None
        if "-" in letters and len(numbers) == 2:
            return self._choices(scale, list(range(int(numbers[0]), int(numbers[1]) + 1)))
        if "-" in letters:
            return None
        return self._choices(scale, [int(number) for number in numbers])

    def _above(self, scale: Scale, sign: str, start: int, end: int) -> Reading | None:
        """A sign before the name of the scale: "> NYHA class II"."""
        numbers = [chunk.value for chunk in self.sentence.chunks[start:end] if chunk.role == "N"]
        if len(numbers) != 1 or scale.name == "karnofsky":
            return None
        return self._choices(scale, [degree for degree in range(6) if _compares(degree, sign, numbers[0])])

    def _choices(self, scale: Scale, degrees: list[int]) -> Reading | None:
        names = [scale.alphabet[degree - (scale.name in ("nyha", "child_pugh"))] for degree in degrees if self._names_degree(scale, degree)]
        if not names:
            return None
        listed = ", ".join(f'"{name}"' for name in names)
        return Literal(f"{scale.fact} in [{listed}]")

    def _names_degree(self, scale: Scale, degree: int) -> bool:
        first = 1 if scale.name in ("nyha", "child_pugh") else 0
        return 0 <= degree - first < len(scale.alphabet)

    def _child_pugh_points(self, numbers: list[float], signs: list[str]) -> Reading | None:
        if "=" in signs:
            return None
        if len(numbers) == 2 and not signs:
            return all_of(
                Literal(f"liver.child_pugh_points >= {_plain(numbers[0])}"), Literal(f"liver.child_pugh_points <= {_plain(numbers[1])}")
            )
        return Literal(f"liver.child_pugh_points {signs[0]} {_plain(numbers[0])}") if len(numbers) == len(signs) == 1 else None

    # --- age ---

    def _ages(self) -> None:
        """ "≥ 18 years of age", "aged 18 to 75 years", "age between 18 and 75", "18 years or older"."""
        number = r"N(?:T)?"
        joint = r"(?:f{0,2}[-&,]f{0,2}|f{1,2}|b|C?h?|,?f?&f?)"
        spans = rf"(?:C?f?{number}(?:f?[cQ]){{0,2}}(?:{joint}C?f?{number})?(?:f?[cQ]){{0,3}})"
        pattern = re.compile(
            rf"Q[fhs:,(]*{spans}\)?(?:fQ)?|{spans}[fh]*Q(?:f?c)?|[sf][fh,(]*C{number}\)?(?=$|[,.;&])|N(?:T)?c(?=$|[,.;&])|"
            rf"N(?:T)?C[fh]*Q[fh]*C?{number}|C{number}[f.]*$"
        )
        self.sentence.each(pattern, self._age)

    def _age(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        sentence = self.sentence
        chunks = sentence.chunks[start:end]
        letters = sentence.letters[start:end]
        if _FOR_SOME.search(sentence.text[: chunks[0].start]):
            return None  # "for participants over 16": an age that says of whom something else is asked
        has_age_word = "Q" in letters
        if not has_age_word and not any(chunk.role == "T" and chunk.value > 300 for chunk in chunks):
            return None
        if any(chunk.role == "T" and chunk.value < 300 for chunk in chunks):
            return None
        numbers = [(place, chunk.value) for place, chunk in enumerate(chunks) if chunk.role == "N"]
        signs = [(place, chunk.value) for place, chunk in enumerate(chunks) if chunk.role in "Cc"]
        if re.match(r"NT?C", letters) and signs[0][1] in _OPPOSITE_SIGN and len(numbers) == 2:  # "18 ≤ age ≤ 75"
            mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
            signs[0] = (signs[0][0], mirrored[signs[0][1]])
        if not numbers or len(numbers) > 2 or any(not 0 < value <= 130 for _, value in numbers):
            return None
        if not has_age_word and not (sentence.letters[:start].strip("fhs(:") == "" and sentence.letters[end:].strip("fhs).E") == ""):
            return None
        parts: list[Reading] = []
        if len(numbers) == 2:
            low, high = sorted(value for _, value in numbers)
            lower = next((sign for _, sign in signs if sign in (">", ">=")), ">=")
            upper = next((sign for _, sign in signs if sign in ("<", "<=")), "<=")
            if len(signs) == 2 and signs[0][1] in ("<", "<=") and signs[1][1] in (">", ">="):
                return (
                    end,
                    LIMITS,
                    any_of(Literal(f"person.age {signs[0][1]} {_plain(low)}"), Literal(f"person.age {signs[1][1]} {_plain(high)}")),
                )
            parts = [Literal(f"person.age {lower} {_plain(low)}"), Literal(f"person.age {upper} {_plain(high)}")]
        elif len(signs) == 1:
            if signs[0][1] == "=":
                return None
            parts = [Literal(f"person.age {signs[0][1]} {_plain(numbers[0][1])}")]
        else:
            return None
        return end, LIMITS, all_of(*parts)

    # --- tumor markers ---

    def _markers(self) -> None:
        self.sentence.each(re.compile(r"G(?:[fhg]*u)?|u[fh]*G"), self._marker)

    def _marker(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        chunks = self.sentence.chunks[start:end]
        marker = next(chunk.value for chunk in chunks if chunk.role == "G")
        status = next((chunk.value for chunk in chunks if chunk.role == "u"), None)
        if not isinstance(marker, Marker):
            return None
        if status is None:
            name = self.sentence.words(start, end).lower()
            if not re.search(r"high|deficien|msi|mmr|amplif|fusion|v600|overexpress|mss|stable|proficient|defective|instability", name):
                return None
            status = True
        return end, LIMITS, marker.positive if status else marker.negative

    # --- lines of treatment ---

    def _lines(self) -> None:
        """ "at least one prior line", "no more than 2 prior regimens", "1-2 lines of therapy"."""
        number = r"C?f?N(?:f?[-|]f?C?N|c)?"
        self.sentence.each(re.compile(rf"{number}(?:f?c)?[fhOm]{{0,4}}R(?:[fhO]*R)*t?"), self._line)

    def _line(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        sentence = self.sentence
        chunks = sentence.chunks[start:end]
        numbers = [chunk.value for chunk in chunks if chunk.role == "N"]
        signs = [chunk.value for chunk in chunks if chunk.role in "Cc"]
        words = sentence.words(start, end)
        if any(number != int(number) or number > 12 for number in numbers) or re.match(r"first", words, re.IGNORECASE):
            return None
        if any(chunk.role == "t" and chunk.value == "perioperative" for chunk in chunks):
            return None
        given = re.compile(r"[fh]{0,3}D").match(sentence.letters, end)
        kind = sentence.chunks[given.end() - 1].value if given is not None else None
        if (
            isinstance(kind, Treatment)
            and kind.kind == "drug"
            and "systemic_therapy" not in kind.names
            and "chemotherapy" not in kind.names
        ):
            # Lines of one kind of drug are not counted anywhere; that none was given still settles it.
            had = any_of(*(Literal(f'had("{name}")') for name in kind.names))
            is_most = len(signs) == 1 and signs[0] in ("<=", "<")
            end = given.end() if given is not None else end
            return end, LIMITS, any_of(opposite(had), Unread(words)) if is_most else all_of(had, Unread(words))
        if isinstance(kind, Treatment) and given is not None:
            end = given.end()
            setting = re.compile(r"[fh]{0,3}t").match(sentence.letters, end)
            end = setting.end() if setting is not None and sentence.chunks[setting.end() - 1].value == "palliative" else end
        if len(numbers) == 2 and not signs:
            low, high = sorted(numbers)
            return end, LIMITS, all_of(Literal(f"therapy.lines >= {_plain(low)}"), Literal(f"therapy.lines <= {_plain(high)}"))
        if len(numbers) != 1 or len(signs) > 1:
            return None
        is_of_chemotherapy = "chemo" in words.lower()
        is_palliative = any(chunk.role == "t" for chunk in sentence.chunks[start:end])
        return end, LIMITS, _lines(numbers[0], signs[0] if signs else None, words, is_palliative, is_of_chemotherapy)


# Treatment before or after an operation may count as a line or may not, where a trial does not say for which disease.
_CURATIVE = any_of(Literal('had("systemic_therapy", intent="perioperative")'), Literal('had("systemic_therapy", intent="definitive")'))


def _lines(number: float, sign: str | None, words: str, is_palliative: bool, is_of_chemotherapy: bool) -> Reading:
    """So many lines. The facts count the lines for advanced disease, of drugs of every kind."""
    limit = _plain(number)
    unread = Unread(words)
    if sign is None:  # "one prior line" may mean exactly one or at least one
        at_least = _lines(number, ">=", words, is_palliative, is_of_chemotherapy)
        return all_of(at_least, any_of(Literal(f"therapy.lines == {limit}"), unread))
    if sign == "=":
        return all_of(Literal(f"therapy.lines == {limit}"), unread)
    counted: Reading = Literal(f"therapy.lines {sign} {limit}")
    if sign in (">=", ">"):
        enough = all_of(counted, unread) if is_of_chemotherapy else counted
        return enough if is_palliative else any_of(enough, all_of(_CURATIVE, unread))
    few = counted if is_palliative else all_of(counted, any_of(opposite(_CURATIVE), unread))
    return any_of(few, unread) if is_of_chemotherapy else few


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}" if number < 1e6 else str(number)


def _count(number: float, unit: str | None, power: bool) -> float | None:
    """A cell count in 10*9/L."""
    if unit in ("per_liter",):
        return number / 1e9 if number >= 1e7 else None
    if unit == "per_microliter":
        if number < 200:
            return None  # a point as the mark of thousands ("100.000/mm3"), or another unit
        return number / 1e3 if number < 1e6 else number / 1e9 if power else None
    if unit == "thousand_per_microliter":
        return number if number < 1_000 else number / 1e3
    if unit == "g_per_l":
        return number
    if unit is not None:
        return None
    if number >= 1e7:
        return number / 1e9
    return number / 1e3 if number >= 500 else number if number <= 400 else None


def _compares(degree: int, sign: str, number: float) -> bool:
    return {"<": degree < number, "<=": degree <= number, ">": degree > number, ">=": degree >= number, "=": degree == number}[sign]


def _karnofsky(numbers: list[float], signs: list[str], words: str, ecog_of: Mapping[int, str]) -> Reading | None:
    """A Karnofsky limit on ECOG: an ECOG whose two steps lie on both sides of the limit is not decided."""
    if len(numbers) == 2 and not signs:
        low, high = min(numbers), max(numbers)
        allowed = {step for step in ecog_of if low <= step <= high}
    elif len(numbers) == len(signs) == 1:
        allowed = {step for step in ecog_of if _compares(step, signs[0], numbers[0])}
    elif not signs and all(number in ecog_of for number in numbers):
        allowed = {int(number) for number in numbers}
    else:
        return None
    inside = [ecog for ecog in "01234" if {s for s, e in ecog_of.items() if e == ecog} <= allowed]
    partly = [ecog for ecog in "01234" if ecog not in inside and {s for s, e in ecog_of.items() if e == ecog} & allowed]
    parts: list[Reading] = []
    if inside:
        parts.append(Literal(f"function.ecog in [{', '.join(chr(34) + one + chr(34) for one in inside)}]"))
    if partly:
        parts.append(all_of(Literal(f"function.ecog in [{', '.join(chr(34) + one + chr(34) for one in partly)}]"), Unread(words)))
    return any_of(*parts) if parts else None
