"""The value of a FHIR observation in the form of a case file: quantities, ranges, codes, and short texts read strictly.

A unit is never guessed, and a text that says more than is understood is no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.reading import shortened
from wayline.records.codes import CodeBook, Meant, plain_words
from wayline.records.fhir_access import Concept, Resource, block_of, blocks_of, day_of, number_of, text_of
from wayline.records.shown_words import is_result, quoted

_COMPARATORS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least", "≤": "at_most", "≥": "at_least"}
_NUMBER = r"(?P<sign>[<>]=?|≤|≥)?\s*(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?)"
_SIGNED_NUMBER = re.compile(rf"{_NUMBER}\s*(?P<unit>[^\s\d<>][^<>]{{0,30}})?")
_BETWEEN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(?:-|–|to)\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([^\s\d<>][^<>]{0,30})?")
_PDL1 = {"biomarker.pdl1_cps": r"\bcps\b|combined positive score", "biomarker.pdl1_tps": r"\btps\b|tumou?r proportion score"}
_PDL1 |= {"biomarker.pdl1_tap": r"\btap\b|tumou?r area positivity"}
_PDL1_SCORE = re.compile(
    r"(?P<name>cps|combined positive score(?:\s*\(cps\))?|tps|tumou?r proportion score(?:\s*\(tps\))?"
    r"|tap|tumou?r area positivity(?:\s*\(tap\))?)"
    rf"\s*(?:score)?\s*(?:is|of|[:=])?\s*{_NUMBER}(?![0-9.]|\s*(?:-|–|to)\s*[0-9])",
    re.IGNORECASE,
)
_STAGE = re.compile(
    r"\bstage\s*(?:group)?\s*:?\s*(?P<grade>IV|III|II|I|[1-4])\s*-?\s*(?P<part>[ABC])?(?P<rest>[0-9])?(?![A-Za-z0-9:])", re.IGNORECASE
)
_STAGE_ALONE = re.compile(
    r"[cpyrsa]{0,2}\s*(?P<grade>IV|III|II|I|[1-4])\s*-?\s*(?P<part>[ABC])?(?P<rest>[0-9])?(?:\s*\(.{0,80}\))?", re.IGNORECASE
)
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4"}
_ECOG = re.compile(
    r"(?:(?:ecog|ps|performance|status|score|grade|zubrod)[\s:=-]*)*(?P<low>[0-4])(?:\s*(?:-|–|to|or)\s*(?P<high>[0-4]))?(?![0-9.%/])(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_M_CATEGORY = re.compile(r"\b(?:[cp]{0,2})M([01])(?![0-9])")
_HER2_NAME = re.compile(r"\b(?:c-?erbb-?2|her-?\s?2(?:\s?/?\s?neu)?)\b", re.IGNORECASE)
_BESIDE_A_HER2_SCORE = re.compile(
    r"\b(?:a|and|at|expression|for|gene|grade|in|is|ish|membrane|neu|of|on|oncoprotein|out|over|overexpression|protein|receptor|result|"
    r"stain|staining|status|test|the|tissue|tumor|with)\b"
)
_HER2_SCORE = re.compile(r"(?<![0-9.])([0-3])\s*\+?(?![0-9.%])")
# "Positive" of repair proteins says that they are there; of a deficiency, that they are missing.
_REPAIR = re.compile(r"\bmmr\b|mismatch|\brepair\b", re.IGNORECASE)
_DEFECT = re.compile(r"deficien|\bloss\b|\bdmmr\b", re.IGNORECASE)
_LEADING = re.compile(r"[^,;:.()\[\]–—/]{1,60}")
_LONGEST_ANSWER = 160
_MOST_WORDS_OF_UNIT = 3
_MOST_REMEMBERED = 1_000  # spellings of units


class NotReadableError(ValueError):
    """A value that is there and cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value of one fact: `form` as a case file writes it, with `unit` apart."""

    fact_id: str
    form: dict[str, Any]
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """The lab's own range, in the unit of the value beside it."""

    limits: dict[str, float] = field(default_factory=dict)  # lower_limit, upper_limit
    why_not: str | None = None


class ValueReader:
    """Reads values with the code book's help."""

    def __init__(self, book: CodeBook, vocabulary: Vocabulary) -> None:
        self.book = book
        self.vocabulary = vocabulary
        self._spellings: dict[str, str] = {}

    def read(self, test: Meant, observation: Resource, named: Concept) -> list[Read]:
        """What an observation, or a component of one, tells of a test. `named` is what the test is called.

        NotReadableError where there is no value, or none that the fact can hold.
        """
        if test.kind == "scale":
            return self._on_a_scale(test, observation, named)
        definition = self.vocabulary[test.id]
        if test.id in _PDL1 and (scores := self._named_scores(" ".join(_concept_or_text(observation).wordings))):
            return scores
        if test.id == "diagnosis.stage":
            return [Read(test.id, {"value": self.stage(_concept_or_text(observation))})]
        if definition.kind == "number":
            return [self._number(definition, observation)]
        if definition.kind in ("choice", "yes_no"):
            return self._answer(definition, observation, named)
        if definition.kind == "date" and (day := day_of(observation.get("valueDateTime"))):
            return [Read(test.id, {"value": day})]
        raise NotReadableError(f"{definition.label}: its value is of another form")

    # --- Numbers ------------------------------------------------------------------------------------------------------

    def _number(self, definition: FactDefinition, observation: Resource) -> Read:
        if "valueQuantity" in observation:
            return self.quantity(definition, block_of(observation, "valueQuantity"))
        for key in ("valueInteger", "valueDecimal"):
            if key in observation:
                number = number_of(observation[key])
                if number is None:
                    raise NotReadableError(f"'{shortened(observation[key])}' is not a number")
                return Read(definition.id, {"value": plain(number)}, self._unit(definition, None))
        if "valueRange" in observation:
            return self._range(definition, block_of(observation, "valueRange"))
        if "valueString" in observation:
            return self.number_in_words(definition, text_of(observation, "valueString") or "")
        if "valueCodeableConcept" in observation:
            concept = Concept.of(observation, "valueCodeableConcept")
            return self.number_in_words(definition, concept.text or next(iter(concept.wordings), ""))
        if "valueRatio" in observation:
            ratio = block_of(observation, "valueRatio")
            below = number_of(block_of(ratio, "denominator").get("value"))
            if below == 1 and not text_of(block_of(ratio, "denominator"), "unit"):
                return self.quantity(definition, block_of(ratio, "numerator"))
            raise NotReadableError("it is a ratio, which this fact is not")
        raise NotReadableError(_no_value(observation, definition.label))

    def quantity(self, definition: FactDefinition, quantity: Mapping[str, Any]) -> Read:
        """A Quantity with its comparator."""
        number = number_of(quantity.get("value"))
        if number is None:
            raise NotReadableError(f"{definition.label}: no number is told")
        form: dict[str, Any] = {"value": plain(number)}
        sign = quantity.get("comparator")
        if sign is not None:
            if sign not in ("<", "<=", ">", ">="):
                raise NotReadableError(f"'{shortened(sign)}' is no sign that we know")
            form = {_COMPARATORS[sign]: plain(number)}
        return Read(definition.id, form, self._quantity_unit(definition, quantity))

    def _quantity_unit(self, definition: FactDefinition, quantity: Mapping[str, Any]) -> str | None:
        """The code says it exactly; where it is none that we know, its words are tried, which must then be a unit of this fact."""
        code, words = text_of(quantity, "code"), text_of(quantity, "unit")
        if code and words and self._accepts(definition, words):
            if not self._accepts(definition, code):
                code = None
            elif self._conversion(definition, code) != self._conversion(definition, words):
                raise NotReadableError(
                    f"{definition.label}: its unit is told twice, and differently: {quoted(code or '', 'one')} and "
                    f"{quoted(words, 'another')}"
                )
        return self._unit(definition, code or words)

    def _accepts(self, definition: FactDefinition, written: str) -> bool:
        unit = self._spelled(written)
        names = (definition.unit, *(other.unit for other in definition.other_units))
        return unit in {self._spelled(name) for name in names if name}

    def _conversion(self, definition: FactDefinition, written: str) -> tuple[float, float]:
        """What is added to a value in this unit, and by what it is multiplied then, for the fact's usual unit."""
        unit = self._spelled(written)
        listed = (one for one in definition.other_units if self._spelled(one.unit) == unit)
        return next(((one.add, round(one.multiply_by / one.divide_by, 9)) for one in listed), (0, 1))

    def _spelled(self, written: str | None) -> str:
        """A unit as the vocabulary spells it, whatever the spelling; empty for none."""
        if not written:
            return ""
        if written not in self._spellings:
            known = self.vocabulary.usual_unit_spelling(written)
            is_known = known != written or self._is_unit(known)
            spelled = known if is_known else self.vocabulary.usual_unit_spelling(self.book.unit(written))
            if len(self._spellings) < _MOST_REMEMBERED:
                self._spellings[written] = spelled
            return spelled
        return self._spellings[written]

    def _is_unit(self, unit: str) -> bool:
        return unit in self.vocabulary.unit_spellings.values()

    def _unit(self, definition: FactDefinition, written: str | None) -> str | None:
        unit = self._spelled(written)
        if not unit and definition.unit is not None:
            raise NotReadableError(f"{definition.label}: the unit is not told, and it is never guessed")
        if unit and not self._accepts(definition, unit):
            accepted = [one for one in (definition.unit, *(other.unit for other in definition.other_units)) if one]
            names = " or ".join(accepted) if accepted else "no unit"
            raise NotReadableError(f"{definition.label}: the unit{_beside(written or '')} is none of those that we can convert ({names})")
        return unit or None

    def _range(self, definition: FactDefinition, told: Mapping[str, Any]) -> Read:
        form: dict[str, Any] = {}
        units: set[str | None] = set()
        for key, bound in (("low", "at_least"), ("high", "at_most")):
            end = block_of(told, key)
            number = number_of(end.get("value"))
            if number is not None:
                form[bound] = plain(number)
                units.add(self._quantity_unit(definition, end))
        if not form or len(units) != 1:
            raise NotReadableError(f"{definition.label}: the range has no ends, or ends in different units")
        return Read(definition.id, form, units.pop())

    def number_in_words(self, definition: FactDefinition, text: str) -> Read:
        """`< 0.2 mg/dL`; the whole text must be a number with its unit."""
        match = _SIGNED_NUMBER.fullmatch(text.strip())
        if match is not None:
            key = _COMPARATORS[match["sign"]] if match["sign"] else "value"
            return Read(definition.id, {key: plain(float(match["number"]))}, self._unit(definition, match["unit"]))
        between = _BETWEEN.fullmatch(text.strip())
        if between is not None and definition.group != "labs":
            form = {"at_least": plain(float(between[1])), "at_most": plain(float(between[2]))}
            return Read(definition.id, form, self._unit(definition, between[3]))
        raise NotReadableError(f"{quoted(text)} is not just a number with its unit")

    # --- Answers ------------------------------------------------------------------------------------------------------

    def _answer(self, definition: FactDefinition, observation: Resource, named: Concept) -> list[Read]:
        if isinstance(observation.get("valueBoolean"), bool):
            return [
                Read(definition.id, {"value": self._said(definition, "positive" if observation["valueBoolean"] else "negative", named)})
            ]
        told = _concept_or_text(observation)
        if not told:
            told = self._interpretation(observation, definition)
        for _, meaning in told.meanings(self.book):
            for meant in meaning.facts:
                if meant.id == definition.id and meant.value is not None:
                    return [Read(definition.id, {"value": meant.value})]
        if definition.id == "diagnosis.histology":
            return [Read(definition.id, {"value": self.histology(told)})]
        if definition.id == "function.ecog":
            return [Read(definition.id, self._ecog(told))]
        answers = dict.fromkeys(one.id for one in told.meant(self.book, "answer"))
        if definition.id.startswith("biomarker.her2"):
            return self._her2(definition, told, tuple(answers))
        for wording in told.wordings:
            value = self.book.value_in_words(definition.id, wording)
            if value is not None:
                return [Read(definition.id, {"value": value})]
        for wording in told.wordings:
            answers |= dict.fromkeys(one for one in (self.leading_answer(wording),) if one)
        known = [one for one in answers if one != "unknown"]
        if len(known) > 1 or (known and "unknown" in answers):
            raise NotReadableError(f"{quoted(told.words)} says different things")
        if not known:
            if "unknown" in answers:
                raise NotReadableError(f"{quoted(told.words)} is no result")
            direct = next((one for one in told.wordings if one.strip().lower() in definition.choices), None)
            if direct is not None:
                return [Read(definition.id, {"value": direct.strip().lower()})]
            raise NotReadableError(f"{quoted(told.words)} is none of the answers that we know")
        return [Read(definition.id, {"value": self._said(definition, known[0], named)})]

    def leading_answer(self, text: str) -> str | None:
        """The answer that a text is, or that it gives before it goes on in brackets: `Positive (3+)`."""
        if len(text) > _LONGEST_ANSWER:
            return None
        whole = self.book.answer_in_words(text)
        if whole is not None:
            return whole
        start = _LEADING.match(text)
        return self.book.answer_in_words(start[0]) if start and start[0].strip() != text.strip() else None

    def _said(self, definition: FactDefinition, answer: str, named: Concept) -> Any:
        if definition.id == "biomarker.msi_high":
            asked = " ".join(named.wordings)
            if answer in ("positive", "negative") and _REPAIR.search(asked) and not _DEFECT.search(asked):
                raise NotReadableError(f"'{answer}' may mean that the repair proteins are there, or that they are missing")
            if answer in ("msi_high", "positive"):
                return True
            if answer in ("msi_stable", "negative"):
                return False
        elif definition.kind == "yes_no" and answer in ("positive", "negative"):
            return answer == "positive"
        elif answer in definition.choices:
            return answer
        raise NotReadableError(f"{definition.label}: '{answer.replace('_', ' ')}' is none of its answers")

    def _interpretation(self, observation: Resource, definition: FactDefinition) -> Concept:
        listed = [Concept.from_block(one) for one in blocks_of(observation, "interpretation")]
        if len(listed) != 1 or definition.id == "function.ecog" or not listed[0].meant(self.book, "answer"):
            raise NotReadableError(_no_value(observation, definition.label))
        return listed[0]

    def _her2(self, definition: FactDefinition, told: Concept, answers: tuple[str, ...]) -> list[Read]:
        """HER2 as laboratories write it: a score of 0 to 3+, an answer, or both, which must then agree."""
        text = " ".join(told.wordings)
        if len(text) > _LONGEST_ANSWER:
            raise NotReadableError(f"{quoted(text)} says more than one result")
        said = set(answers) | {one for wording in told.wordings if (one := self.leading_answer(_HER2_NAME.sub(" ", wording).strip(" :=")))}
        bare = _HER2_NAME.sub(" ", text)
        scores = set(_HER2_SCORE.findall(bare)) if definition.id != "biomarker.her2_ish" else set()
        words = re.sub(
            r"\bihc\b|\bscore\b|\bby\b|\bimmunohistochemistry\b|\bfish\b|\bish\b", " ", plain_words(re.sub(r"[0-9]\+?", " ", bare))
        )
        for word in ("not amplified", "negative", "positive", "equivocal", "amplified"):
            if re.search(rf"\b{word}\b", words):
                said.add({"not amplified": "negative", "amplified": "positive"}.get(word, word))
                words = re.sub(rf"\b{word}\b", " ", words)
        if "unknown" in said or len(scores) > 1 or len(said) > 1 or re.search(r"\b(not|no|cannot|pending|insufficient)\b", words):
            raise NotReadableError(f"{quoted(told.words)} is no clear result")
        score, answer = next(iter(scores), None), next(iter(said), None)
        if answer is None and _BESIDE_A_HER2_SCORE.sub(" ", words).strip():
            raise NotReadableError(f"{quoted(told.words)} says more than a result")  # a bare digit in a sentence is no score
        agrees = {"positive": ("3",), "negative": ("0", "1"), "equivocal": ("2",)}
        # 2+ with a gene test may end either way.
        open_score = definition.id == "biomarker.her2" and score == "2"
        if score is not None and answer is not None and not open_score and score not in agrees.get(answer, (score,)):
            raise NotReadableError(f"{quoted(told.words)}: the score and the answer do not go together")
        reads = [Read("biomarker.her2_ihc", {"value": int(score)})] if score is not None else []
        if definition.id == "biomarker.her2_ish":
            reads = [Read(definition.id, {"value": answer})] if answer in ("positive", "negative") else []
        elif answer == "equivocal" and score is None:
            reads = [Read("biomarker.her2_ihc", {"value": 2})]
        elif answer in ("positive", "negative") and (definition.id == "biomarker.her2" or score is None):
            reads.append(Read("biomarker.her2", {"value": answer}))
        if not reads:
            raise NotReadableError(f"{quoted(told.words)} is none of the results that we know")
        return reads

    # --- Scales, stage, cell type -------------------------------------------------------------------------------------

    def _on_a_scale(self, test: Meant, observation: Resource, named: Concept) -> list[Read]:
        if test.id == "karnofsky":
            return [Read("function.ecog", self._karnofsky(observation))]
        if test.id == "m_category":
            return [Read("diagnosis.stage", {"value": self._stage_of_spread(observation)})]
        return self._pdl1(observation, named)

    def _stage_of_spread(self, observation: Resource) -> str:
        """M1, in every edition of the staging of this cancer, is stage 4; whether a or b is left open. M0 tells no stage."""
        told = _concept_or_text(observation)
        coded = {one.value for one in told.meant(self.book, "scale") if one.id == "m_category"}
        worded = {
            f"M{match[1]}" for text in (*told.wordings, *(one.code or "" for one in told.codings)) if (match := _M_CATEGORY.search(text))
        }
        if (coded or worded) == {"M1"}:
            return "4"
        raise NotReadableError(f"{quoted(told.words)} tells no stage")

    def _karnofsky(self, observation: Resource) -> dict[str, Any]:
        told = _concept_or_text(observation)
        numbers = [float(one.value) for one in told.meant(self.book, "scale") if one.id == "karnofsky" and one.value]
        for key in ("valueInteger", "valueDecimal"):
            numbers += [one for one in (number_of(observation.get(key)),) if one is not None]
        if "valueQuantity" in observation and block_of(observation, "valueQuantity").get("comparator") is None:
            numbers += [one for one in (number_of(block_of(observation, "valueQuantity").get("value")),) if one is not None]
        if not numbers:
            written = [
                re.fullmatch(r"(?:kps|karnofsky)?[\s:=]*([0-9]{1,3})\s*%?(?:\s*[-–:(].*)?", one.strip(), re.IGNORECASE)
                for one in told.wordings
            ]
            numbers = [float(match[1]) for match in written if match]
        if len(set(numbers)) != 1:
            raise NotReadableError("no Karnofsky value is told, or several")
        grades = self.book.ecog_of_karnofsky(numbers[0])
        if grades is None:
            raise NotReadableError(f"{numbers[0]:g} is no value of the Karnofsky scale of somebody living")
        return {"value": int(grades[0])} if len(grades) == 1 else {"one_of": [int(grade) for grade in grades]}

    def _pdl1(self, observation: Resource, named: Concept) -> list[Read]:
        """PD-L1, where the record must say which of its scores is meant: in the name, in the unit, or beside the number."""
        text = " ".join(_concept_or_text(observation).wordings)
        scores = self._named_scores(text)
        if scores:
            return scores
        quantity = block_of(observation, "valueQuantity")
        hints = " ".join([*named.wordings, text_of(quantity, "unit") or "", text_of(quantity, "code") or "", text])
        facts = [fact_id for fact_id, pattern in _PDL1.items() if re.search(pattern, hints, re.IGNORECASE)]
        if len(facts) != 1:
            raise NotReadableError("PD-L1: it does not say which score this is (CPS, TPS or TAP)")
        stripped = {**observation}
        if quantity and re.search("|".join(_PDL1.values()), f"{text_of(quantity, 'unit')} {text_of(quantity, 'code')}", re.IGNORECASE):
            stripped["valueQuantity"] = {key: value for key, value in quantity.items() if key in ("value", "comparator")}
            definition = self.vocabulary[facts[0]]
            stripped["valueQuantity"] |= {"unit": definition.unit} if definition.unit else {}
        return [self._number(self.vocabulary[facts[0]], stripped)]

    def _named_scores(self, text: str) -> list[Read]:
        """`TPS 5%; CPS: 10`: each score that is named, if each is named once."""
        scores = list(_PDL1_SCORE.finditer(text)) if len(text) <= _LONGEST_ANSWER else []
        found = {self._pdl1_fact(one["name"]): one for one in scores}
        if len(found) != len(scores):
            return []
        return [
            Read(fact_id, {_COMPARATORS[one["sign"]] if one["sign"] else "value": plain(float(one["number"]))})
            for fact_id, one in found.items()
            if fact_id
        ]

    @staticmethod
    def _pdl1_fact(name: str) -> str | None:
        return next((fact_id for fact_id, pattern in _PDL1.items() if re.search(pattern, name, re.IGNORECASE)), None)

    def _ecog(self, told: Concept) -> dict[str, Any]:
        for wording in told.wordings:
            match = _ECOG.fullmatch(wording.strip())
            if match is None:
                continue
            low, high = int(match["low"]), int(match["high"] or match["low"])
            if low == high:
                return {"value": low}
            if low < high:
                return {"one_of": list(range(low, high + 1))}
        raise NotReadableError(f"{quoted(told.words)} is no ECOG grade of somebody living")

    def stage(self, told: Concept) -> str:
        """A stage group in the choices of the vocabulary, out of codes and words, which must agree: codes of stages are often mistaken."""
        texts = (*told.wordings, *(one.code for one in told.codings if _is_ajcc(one.system)))
        found = {str(one.value) for one in told.meant(self.book, "fact") if one.id == "diagnosis.stage" and one.value is not None}
        found |= {stage for text in texts if (stage := self.stage_in_words(text))}
        if not found:
            raise NotReadableError(f"{quoted(told.words)} is no stage that we know")
        exact = max(found, key=len)
        if any(not exact.startswith(one) for one in found):
            raise NotReadableError(f"{quoted(told.words)}: the code and the words tell different stages")
        return exact

    @staticmethod
    def stage_in_words(text: str | None) -> str | None:
        """`Stage IVB`, `cIVB`, `4B`: 1, 2, 3, 4a, 4b or 4; None where the text is no stage of those."""
        match = _STAGE_ALONE.fullmatch((text or "").strip()) or _STAGE.search(text or "")
        if match is None:
            return None
        grade = _ROMAN.get(match["grade"].upper(), match["grade"])
        part = (match["part"] or "").lower()
        if grade != "4":
            return grade
        return f"4{part}" if part in ("a", "b") else "4" if not part else None

    def histology(self, told: Concept) -> str:
        """A cell type out of codes or words."""
        for meant in told.meant(self.book, "fact"):
            if meant.id == "diagnosis.histology" and meant.value is not None:
                return str(meant.value)
        found = dict.fromkeys(value for text in told.wordings if (value := self.book.cell_type_in_words(text)))
        if len(found) == 1:
            return next(iter(found))
        raise NotReadableError(f"{quoted(told.words)} is no cell type that we know")

    # --- The lab's own range --------------------------------------------------------------------------------------------

    def ends(self, definition: FactDefinition, observation: Resource, unit: str | None) -> Ends:
        """The normal range printed beside a value. Several ranges (by age, by sex) are no range: which one counts is not told."""
        ranges = [one for one in blocks_of(observation, "referenceRange") if _is_normal(one)]
        if not ranges:
            return Ends()
        if len(ranges) > 1:
            return Ends(why_not="several ranges stand beside the value, and which one counts is not told")
        told = ranges[0]
        found: dict[str, float] = {}
        for key, end in (("low", "lower_limit"), ("high", "upper_limit")):
            quantity = block_of(told, key)
            number = number_of(quantity.get("value"))
            if number is None:
                continue
            written = text_of(quantity, "code") or text_of(quantity, "unit")
            if written and self._same_unit(written, unit) is False:
                return Ends(why_not="the lab's own range is in another unit than the value")
            found[end] = number
        if not found and (text := text_of(told, "text")):
            return self._ends_in_words(text, unit)
        return Ends(found)

    def _ends_in_words(self, text: str, unit: str | None) -> Ends:
        bare = re.sub(r"^(?:normal|reference|ref|range)[\s:]*(?:range)?[\s:]*", "", text.strip().strip("[]() "), flags=re.IGNORECASE)
        between, signed = _BETWEEN.fullmatch(bare), _SIGNED_NUMBER.fullmatch(bare)
        if between is not None and self._same_unit(between[3], unit):
            return Ends({"lower_limit": float(between[1]), "upper_limit": float(between[2])})
        if signed is not None and signed["sign"] and self._same_unit(signed["unit"], unit):
            return Ends({"upper_limit" if signed["sign"][0] in "<≤" else "lower_limit": float(signed["number"])})
        return Ends(why_not=f"the lab's own range{_beside(text)} was not understood")

    def _same_unit(self, written: str | None, unit: str | None) -> bool:
        if not written:
            return True
        return self._spelled(written) == self._spelled(unit)


def plain(number: float) -> float | int:
    """A number as a case file writes it."""
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _beside(text: str) -> str:
    """A few words in quotes, or nothing where they say more than a unit or a range does."""
    return f" '{shortened(text)}'" if is_result(text) and len(text.split()) <= _MOST_WORDS_OF_UNIT else ""


def _is_normal(told: Mapping[str, Any]) -> bool:
    kind = Concept.of(told, "type")
    return (
        not kind or any(one.code == "normal" for one in kind.codings) or "normal" in kind.words.lower() or "reference" in kind.words.lower()
    )


def _is_ajcc(system: str | None) -> bool:
    return "cancerstaging" in (system or "").lower() or "ajcc" in (system or "").lower()


def _concept_or_text(observation: Resource) -> Concept:
    """What an observation says in codes or words; a number that stands for a grade too."""
    if "valueCodeableConcept" in observation:
        return Concept.of(observation, "valueCodeableConcept")
    if "valueCoding" in observation:
        return Concept.of(observation, "valueCoding")
    text = text_of(observation, "valueString")
    if text is not None:
        return Concept((), text)
    for number in (observation.get("valueInteger"), observation.get("valueDecimal"), _bare_quantity(observation)):
        value = number_of(number)
        if value is not None:
            return Concept((), f"{value:g}")
    return Concept((), None)


def _bare_quantity(observation: Resource) -> Any:
    quantity = block_of(observation, "valueQuantity")
    return quantity.get("value") if quantity.get("comparator") is None else None


def _no_value(observation: Resource, label: str) -> str:
    absent = Concept.of(observation, "dataAbsentReason")
    if absent:
        return f"{label}: no value, because: {quoted(absent.words, 'it is absent')}"
    others = [key for key in observation if key.startswith("value") and key != "valueSet"]
    return f"{label}: its value is of another form" if others else f"{label}: no value is told"
