"""Conditions and observations of a FHIR record as candidates of facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wayline.facts.vocabulary import Vocabulary
from wayline.reading import shortened
from wayline.records.codes import SITES, CodeBook, Meaning, Meant
from wayline.records.fhir_access import Coding, Concept, Resource, block_of, blocks_of, day_of, text_of
from wayline.records.fhir_gathering import RecordGathering, Source
from wayline.records.fhir_pool import Met, Pool, references_in
from wayline.records.fhir_values import NotReadableError, Read, ValueReader
from wayline.records.shown_words import is_result, without_repeats

# Facts that belong to one cancer: in a record of another one they say nothing about this one.
OF_THE_CANCER = ("diagnosis.", "metastases.", "biomarker.", "disease.", "esophagus.")
_NOT_CONFIRMED = {
    "entered-in-error": "it was entered in error",
    "refuted": "it was ruled out",
    "unconfirmed": "it is not confirmed",
    "provisional": "it is not confirmed",
    "differential": "it is one of several that were thought of",
}
_OVER = ("inactive", "remission", "resolved")
_BACK = ("recurrence", "relapse")
_STATUS_NOT_USED = {
    "cancelled": "the test was cancelled",
    "entered-in-error": "it was entered in error",
    "unknown": "its status is not known",
    "registered": "there is no result yet",
}
_STATUS_USED = ("final", "amended", "corrected", "appended", "preliminary")
_HISTOLOGY_EXTENSIONS = ("histology-morphology-behavior",)
_PRIMARY_EXTENSION = "related-primary-cancer-condition"
_ASSERTED_EXTENSION = "condition-assertedDate"
_LONGEST_WORDS = 200
_LONGEST_OF_CODE = 80  # characters of the name of a code
_LONGEST_TAKEN_BACK = 2_000
# A record's own words beside a code can take back what the code says.
_TAKEN_BACK = re.compile(
    r"\b(?:history of|hx of|h/o|family history|rule[sd]? out|excluded|r/o|suspect\w*|suspicion|possible|possibly|probable|probably"
    r"|question of|concern for|screening|at risk|risk of|no evidence|negative for|denies|no history|vs\.?|versus|differential)\b"
    r"|\?\s*(?:\||$)",
    re.IGNORECASE,
)
ALLERGIES_ASKED = ("condition.platinum_allergy", "condition.contrast_allergy")
CONTRAST = re.compile(
    r"\bcontrast\b|\biodinated\b|\b(?:iohexol|iodixanol|iopamidol|ioversol|iopromide|gadolinium|gado[a-z]{3,20})\b", re.IGNORECASE
)
ABOUT_ANOTHER = "it is about another cancer than one of the esophagus"
ONLY_ANOTHER = "the record names only another cancer, so this may be about that one"


@dataclass(frozen=True)
class Cancers:
    """Which conditions of the record are the cancer of the esophagus, and which another one; by the identity of their resource."""

    mine: frozenset[int]
    others: frozenset[int]

    @property
    def only_another(self) -> bool:
        return bool(self.others) and not self.mine


@dataclass
class Clinical:
    """Reads conditions and observations into the gathering."""

    book: CodeBook
    vocabulary: Vocabulary
    pool: Pool
    gathering: RecordGathering
    cancers: Cancers = Cancers(frozenset(), frozenset())

    def __post_init__(self) -> None:
        self.values = ValueReader(self.book, self.vocabulary)

    # --- Conditions ---------------------------------------------------------------------------------------------------

    def find_cancers(self, conditions: Iterable[Met]) -> None:
        """Tell the cancer of the esophagus from others first: much else in the record rests on which one it is about."""
        mine, others = set(), set()
        for met in conditions:
            if _why_not_confirmed(met.resource) is not None or self._why_taken_back(Concept.of(met.resource, "code")) is not None:
                continue
            is_past = _is_over(met.resource) or _is_history(met.resource)
            meant = {(one.id, one.value) for one in self.condition_means(met.resource)}
            if ("diagnosis.primary", self.book.ours) in meant:
                mine.add(id(met.resource))
            elif ("condition.second_cancer", True) in meant and not is_past:
                others.add(id(met.resource))
        self.cancers = Cancers(frozenset(mine), frozenset(others))

    def condition_means(self, condition: Resource) -> tuple[Meant, ...]:
        """Every fact that a condition's codes, words and place mean."""
        code = Concept.of(condition, "code")
        places = self._places(condition)
        coded = [one for _, meaning in code.meanings(self.book) for one in meaning.means]
        facts = [one for one in coded if one.kind == "fact"]
        worded = self._in_words(code)
        if not facts:
            kinds = {one.id for one in coded if one.kind == "cancer"}
            if kinds:
                facts = self._from_place(kinds, places) or [one for one in worded if one.kind == "fact"]
            else:
                facts = [one for one in worded if one.kind == "fact"]
        elif _spread_differs(facts, worded):
            return ()  # the code says one place and the words another
        elif any(one.id == "diagnosis.primary" for one in facts):
            # The code says which cancer, and the words may say where it is and of which kind.
            known = {one.id for one in facts}
            facts += [one for one in worded if one.id in ("diagnosis.site", "diagnosis.histology") and one.id not in known]
        if any(one.id == "diagnosis.primary" for one in facts) and not any(one.id == "diagnosis.site" for one in facts):
            sites = [place for place in places if place in SITES]
            facts += [Meant("fact", "diagnosis.site", sites[0])] if len(set(sites)) == 1 else []
        return tuple(dict.fromkeys(facts))

    def _why_taken_back(self, code: Concept) -> str | None:
        """Only the names of codes that all use are theirs; a server's own code is named as the person typed it."""
        listed = [one for one in code.codings if self.book.system(one.system) is not None]
        return self.why_taken_back(code.text or "", ((one.system, one.code, one.display or "") for one in listed)) if listed else None

    def why_taken_back(self, words: str, codes: Iterable[tuple[str | None, str | None, str]]) -> str | None:
        """Why a record's own words take back what its codes (system, code, display) say: `Suspected liver metastases` beside C78.7.

        None where they do not. What the code's own name says too ("history of", "family history") is its meaning, and takes nothing
        back. A display that says more than the name that we know of the code is the sender's own words.
        """
        names: list[str] = []
        for system, code, display in codes:
            known = self.book.meaning(system, code)
            names.append(display if known is None else known.display)
            words += "" if known is None else f" | {display}"
        for match in _TAKEN_BACK.finditer(words[:_LONGEST_TAKEN_BACK]):
            if not re.search(re.escape(match[0]), " ".join(names)[:_LONGEST_TAKEN_BACK], re.IGNORECASE):
                return f"its own words take it back: '{brief(match[0])}'"
        return None

    def _in_words(self, code: Concept) -> list[Meant]:
        """What the words say, where no exact code beside them says something else that is not known here."""
        if any(_is_icd(one.system) and one.code and one.code[:1].upper() != "C" and not self._is_known(one) for one in code.codings):
            return []
        for wording in code.wordings:
            meaning = self.book.condition_in_words(wording)
            if meaning is not None:
                return list(meaning.means)
        return []

    def _is_known(self, coding: Coding) -> bool:
        return self.book.meaning(coding.system, coding.code) is not None

    def _from_place(self, kinds: set[str], places: tuple[str, ...]) -> list[Meant]:
        if "secondary" in kinds:
            return [Meant("fact", f"metastases.{place}", True) for place in places if place not in (*SITES, "esophagus", "elsewhere")]
        own = [place for place in places if place in (*SITES, "esophagus")]
        if own:
            return [Meant("fact", "diagnosis.primary", self.book.ours)]
        return [Meant("fact", "condition.second_cancer", True)] if places else []

    def _places(self, resource: Resource) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for block in blocks_of(resource, "bodySite"):
            site = Concept.from_block(block)
            coded = [one.id for one in site.meant(self.book, "place")]
            worded = [place for wording in site.wordings for place in self.book.places_in_words(wording)]
            exact = [place for place in worded if place in SITES]
            found |= dict.fromkeys(exact if exact and (not coded or coded == ["esophagus"]) else coded or worded)
        return tuple(found)

    def read_condition(self, met: Met) -> None:
        condition = met.resource
        code = Concept.of(condition, "code")
        source = Source(met.where, brief(code.words_by(self.book)), code.code_name(self.book), self._condition_day(condition))
        concepts = [Concept.of(stage, "summary") for stage in blocks_of(condition, "stage")]
        concepts += [Concept.of(one, "valueCodeableConcept") for one in blocks_of(condition, "extension")]
        prose = without_repeats(one.prose for one in (code, *concepts))
        self.gathering.report(_type_of(condition, code), source.date, "\n\n".join(prose), source.where)
        why = _why_not_confirmed(condition) or self._why_taken_back(code)
        if why is not None:
            self.gathering.miss("Condition", source, why)
            return
        means = self.condition_means(condition)
        if not means:
            self.gathering.miss("Condition", source, "no fact here that we know it to be")
            return
        status = _status_codes(condition, "clinicalStatus")
        is_over = _is_over(condition)
        is_mine = id(condition) in self.cancers.mine
        if self._is_of_another(condition):
            self.gathering.miss("Condition", source, ABOUT_ANOTHER)
            return
        for meant in means:
            self._take_condition(met, meant, source, is_over, is_mine)
        if is_mine:
            self._about_the_cancer(met, code, source, status)

    def _take_condition(self, met: Met, meant: Meant, source: Source, is_over: bool, is_mine: bool) -> None:
        definition = self.vocabulary[meant.id]
        if meant.id == "diagnosis.primary":
            return  # every situation is a cancer of the esophagus: that it is there, the date and the stage tell
        if self._is_not_ours(meant.id):
            self.gathering.miss("Condition", source, ONLY_ANOTHER)
            return
        if meant.value is None:
            if source.date is not None and definition.kind == "date":
                day = self._onset(met.resource)
                if day is not None:
                    self.gathering.fact("Condition", meant.id, {"value": day}, source)
            return
        if is_over and definition.may_change and not is_mine:
            self.gathering.miss("Condition", source, f"{definition.label}: it is over, or was, when the record was written")
            return
        form = dict(meant.value) if isinstance(meant.value, Mapping) else {"value": meant.value}
        self.gathering.fact("Condition", meant.id, form, source)

    def _about_the_cancer(self, met: Met, code: Concept, source: Source, status: tuple[str, ...]) -> None:
        """Day, cell type, stage and return of the cancer itself."""
        condition = met.resource
        onset = self._onset(condition) or _extension_day(condition, _ASSERTED_EXTENSION)
        if onset is not None:
            self.gathering.fact("Condition", "diagnosis.date", {"value": onset}, _of(source, f"{source.words}: since {onset}", None))
        if set(status) & set(_BACK):
            self.gathering.fact("Condition", "diagnosis.setting", {"value": "recurrence"}, _of(source, f"{source.words}: {status[0]}"))
        for extension in blocks_of(condition, "extension"):
            if any(name in (text_of(extension, "url") or "") for name in _HISTOLOGY_EXTENSIONS):
                self._histology(Concept.of(extension, "valueCodeableConcept"), source)
        for stage in blocks_of(condition, "stage"):
            summary = Concept.of(stage, "summary")
            day = next((day for name in references_in(stage, ("assessment",)) if (day := self._observed(name, condition))), None)
            if summary:
                self._stage(summary, _of(source, f"{source.words}: {summary.words}", day))
        for wording in code.wordings:
            if "stage" in wording.lower() and (told := self.values.stage_in_words(wording)):
                self.gathering.fact("Condition", "diagnosis.stage", {"value": told}, _of(source, code.words_by(self.book), source.date))
                break

    def _histology(self, told: Concept, source: Source) -> None:
        here = Source(source.where, brief(f"{source.words}: {told.words}"), told.code_name(self.book), source.date)
        try:
            self.gathering.fact("Condition", "diagnosis.histology", {"value": self.values.histology(told)}, here)
        except NotReadableError as error:
            self.gathering.miss("Condition", here, str(error))

    def _stage(self, told: Concept, source: Source) -> None:
        here = Source(source.where, source.words, told.code_name(self.book) or source.code, source.date)
        try:
            self.gathering.fact("Condition", "diagnosis.stage", {"value": self.values.stage(told)}, here)
        except NotReadableError as error:
            self.gathering.miss("Condition", here, str(error))

    def _observed(self, reference: str, within: Resource) -> str | None:
        met = self.pool.resolve(reference, within)
        return _observed_day(met.resource) if met is not None else None

    @staticmethod
    def _onset(condition: Resource) -> str | None:
        return day_of(condition.get("onsetDateTime")) or day_of(block_of(condition, "onsetPeriod").get("start"))

    def _condition_day(self, condition: Resource) -> str | None:
        """The day as of which it is told: when it was written down, else when it began."""
        return day_of(condition.get("recordedDate")) or self._onset(condition) or _extension_day(condition, _ASSERTED_EXTENSION)

    def _is_of_another(self, resource: Resource) -> bool:
        """Whether a condition says itself that it belongs to another cancer."""
        names = [
            name
            for extension in blocks_of(resource, "extension")
            if _PRIMARY_EXTENSION in (text_of(extension, "url") or "")
            for name in references_in(extension, ("valueReference",))
        ]
        return self.points_at_another(names, resource)

    def points_at_another(self, references: Iterable[str], within: Resource) -> bool:
        """Whether what is referred to holds another cancer and not the one of the esophagus."""
        met = [one for name in references if (one := self.pool.resolve(name, within)) is not None]
        return any(id(one.resource) in self.cancers.others for one in met) and not any(id(one.resource) in self.cancers.mine for one in met)

    def _is_not_ours(self, fact_id: str) -> bool:
        return self.cancers.only_another and fact_id.startswith(OF_THE_CANCER)

    # --- Observations -------------------------------------------------------------------------------------------------

    def read_observation(self, met: Met) -> None:
        observation = met.resource
        code = Concept.of(observation, "code")
        day = _observed_day(observation)
        status = text_of(observation, "status")
        open_end = " (preliminary)" if status == "preliminary" else ""
        said = f"{code.words_by(self.book)}{_told_words(observation, code, self.book)}{open_end}"
        source = Source(met.where, brief(said), code.code_name(self.book), day)
        components = blocks_of(observation, "component")
        if status not in ("entered-in-error", "cancelled"):
            self._close_texts(observation, code, components, source)
        if (
            status in _STATUS_NOT_USED
            or (status is not None and status not in _STATUS_USED)
            or ("status" in observation and status is None)
        ):
            self.gathering.miss(
                "Observation", source, _STATUS_NOT_USED.get(status or "", f"its status '{shortened(status)}' is none that we know")
            )
            return
        has_parts = bool(components or blocks_of(observation, "hasMember"))
        tests = self._tests(code, observation)
        has_value = any(key.startswith("value") for key in observation)
        if self._is_elsewhere(observation, tests):
            self.gathering.miss("Observation", source, ABOUT_ANOTHER)
            return
        if tests and (has_value or not has_parts):
            self._read_tests(tests, observation, code, source, day)
        elif not has_parts or has_value:
            self._read_finding(observation, code, source)
        for number, component in enumerate(components, start=1):
            named = Concept.of(component, "code")
            words = brief(f"{named.words_by(self.book)}{_told_words(component, named, self.book)}")
            here = Source(f"{met.where}, component {number}", words, named.code_name(self.book), day)
            part = self._tests(named, observation)
            if part:
                self._read_tests(part, component, named, here, day)
            elif not tests:
                self.gathering.miss("Observation", here, "no test here that we know")

    def _close_texts(self, observation: Resource, code: Concept, components: list[Resource], source: Source) -> None:
        """All that it says in prose, its parts and notes too, as one closed report: the list of what was met only names it."""
        parts = [("", text) for text in _prose_of(observation, code)]
        for component in components:
            named = Concept.of(component, "code")
            parts += [(named.words_by(self.book), text) for text in _prose_of(component, named)]
        texts = without_repeats(text for _, text in parts)
        heading = {text.strip(): name for name, text in parts}
        told = "\n\n".join(f"{heading[text]}: {text}" if heading[text] else text for text in texts)
        self.gathering.report(code.words_by(self.book), source.date, told, source.where)

    def _tests(self, code: Concept, observation: Resource) -> tuple[Meant, ...]:
        """Which test it is, by its codes, or by its whole name where no code says otherwise.

        An exact code that is not in our maps is a test of its own: creatinine in urine is called creatinine too. The names of markers and
        scales mean the same wherever they stand.
        """
        tests = tuple(dict.fromkeys(one for _, meaning in code.meanings(self.book) for one in meaning.tests))
        if tests or code.meant(self.book, "fact"):
            return tests
        has_own_code = any(_is_exact(self.book, one.system) and one.code for one in code.codings)
        specimen = self._specimen(observation)
        for wording in code.wordings:
            named: Meaning | None = self.book.test_named(wording)
            if named is None:
                continue
            of_the_body = any(one.id.startswith(("labs.", "nutrition.", "symptom.", "condition.")) for one in named.tests)
            if not of_the_body or not (has_own_code or self.book.is_not_blood(specimen)):
                return named.tests
        return ()

    def _specimen(self, observation: Resource) -> str:
        """What was tested, in words, as far as the record says."""
        reference = block_of(observation, "specimen")
        met = self.pool.resolve(text_of(reference, "reference"), observation)
        kind = Concept.of(met.resource, "type").wordings if met is not None else ()
        return " ".join([*kind, text_of(reference, "display") or "", *Concept.of(observation, "bodySite").wordings])

    def _is_elsewhere(self, observation: Resource, tests: tuple[Meant, ...]) -> bool:
        of_the_cancer = any(_is_of_the_cancer(test) for test in tests)
        if not of_the_cancer:
            return False
        places = self._places(observation)
        return (bool(places) and set(places) == {"elsewhere"}) or self.points_at_another(
            references_in(observation, ("focus",)), observation
        )

    def _read_tests(self, tests: tuple[Meant, ...], observation: Resource, code: Concept, source: Source, day: str | None) -> None:
        if len({test.id for test in tests}) > 1:
            self.gathering.miss("Observation", source, "its codes mean different tests")
            return
        for test in tests:
            if self.cancers.only_another and _is_of_the_cancer(test):
                self.gathering.miss("Observation", source, ONLY_ANOTHER)
                return
            try:
                reads = self.values.read(test, observation, code)
            except NotReadableError as error:
                self.gathering.miss("Observation", source, str(error))
                continue
            for read in reads:
                self._keep(read, observation, source)

    def _keep(self, read: Read, observation: Resource, source: Source) -> None:
        definition = self.vocabulary[read.fact_id]
        if not definition.is_lab:
            unit = {} if read.unit is None else {"unit": read.unit}
            self.gathering.fact("Observation", read.fact_id, {**read.form, **unit}, source)
            return
        ends = self.values.ends(definition, observation, read.unit)
        if ends.why_not is not None:
            self.gathering.miss("Observation", source, ends.why_not)
        self.gathering.lab("Observation", read.fact_id, read.form, read.unit, ends.limits, source)

    def _read_finding(self, observation: Resource, code: Concept, source: Source) -> None:
        """An observation that is itself a finding, such as a metastasis, with a yes or no beside it."""
        facts = [one for one in code.meant(self.book, "fact") if one.value is True]
        told = Concept.of(observation, "valueCodeableConcept")
        answers = {one.id for one in told.meant(self.book, "answer")} | {self.values.leading_answer(one) for one in told.wordings}
        if isinstance(observation.get("valueBoolean"), bool):
            answers = {"positive" if observation["valueBoolean"] else "negative"}
        answers.discard(None)
        if len(facts) != 1 or answers not in ({"positive"}, {"negative"}):
            self.gathering.miss("Observation", source, "no test here that we know" if not facts else "it does not say yes or no")
            return
        if self._is_not_ours(facts[0].id):
            self.gathering.miss("Observation", source, ONLY_ANOTHER)
            return
        self.gathering.fact("Observation", facts[0].id, {"value": answers == {"positive"}}, source)


def _spread_differs(coded: Iterable[Meant], worded: Iterable[Meant]) -> bool:
    places, others = ({one.id for one in means if one.id.startswith("metastases.")} for means in (coded, worded))
    return bool(places and others) and not places & others


def _is_of_the_cancer(test: Meant) -> bool:
    return test.id.startswith(OF_THE_CANCER) or test.id in ("pdl1", "m_category")


def _why_not_confirmed(condition: Resource) -> str | None:
    status = _status_codes(condition, "verificationStatus")
    why = next((_NOT_CONFIRMED[one] for one in status if one in _NOT_CONFIRMED), None)
    if why is None and status and "confirmed" not in status:
        return f"its status '{shortened(status[0])}' is none that we know"
    return why


def _is_over(condition: Resource) -> bool:
    status = _status_codes(condition, "clinicalStatus")
    ended = any(key.startswith("abatement") and condition[key] not in (None, False) for key in condition)
    return ended or bool(set(status) & set(_OVER))


def _is_history(condition: Resource) -> bool:
    """ICD's codes for what somebody once had."""
    return any(_is_icd(one.system) and (one.code or "").upper().startswith("Z") for one in Concept.of(condition, "code").codings)


def _is_icd(system: str | None) -> bool:
    return "icd-10" in (system or "").lower() or (system or "").endswith(("2.16.840.1.113883.6.90", "2.16.840.1.113883.6.3"))


def _is_exact(book: CodeBook, system: str | None) -> bool:
    known = book.system(system)
    return known is not None and known.id in ("loinc", "snomed")


def _status_codes(condition: Resource, key: str) -> tuple[str, ...]:
    concept = Concept.of(condition, key)
    return tuple(one.lower() for one in (*(coding.code for coding in concept.codings), concept.text) if one)


def _observed_day(observation: Resource) -> str | None:
    for value in (
        observation.get("effectiveDateTime"),
        observation.get("effectiveInstant"),
        block_of(observation, "effectivePeriod").get("start"),
        block_of(observation, "effectivePeriod").get("end"),
        observation.get("issued"),
    ):
        if (day := day_of(value)) is not None:
            return day
    return None


def _extension_day(resource: Resource, name: str) -> str | None:
    for extension in blocks_of(resource, "extension"):
        if name in (text_of(extension, "url") or ""):
            return day_of(extension.get("valueDateTime")) or day_of(extension.get("valueDate"))
    return None


def _told_words(observation: Resource, named: Concept, book: CodeBook) -> str:
    """The value as a person would read it, where it is a plain result; prose is a report and is not shown here."""
    value = _plain_value(observation, book)
    concept = next((one for key in ("valueCodeableConcept", "valueCoding") if (one := Concept.of(observation, key))), None)
    if concept is not None and concept.codings:
        names = tuple(one.display for one in concept.codings if one.display)
        is_name_of_code = any(value.startswith(name[:_LONGEST_OF_CODE]) for name in names)
        if not is_name_of_code and not is_result(value, named.wordings):
            value = names[0] if names else concept.codings[0].code or ""
        return f": {value[:_LONGEST_OF_CODE]}" if value else ""
    return f": {value}" if value and is_result(value, named.wordings) else ""


def _prose_of(observation: Resource, named: Concept) -> list[str]:
    """The free text of an observation or a part of one that is no plain result: its answer, why there is none, its notes."""
    texts = [text_of(observation, "valueString"), text_of(observation, "valueDateTime")]
    for key in ("valueCodeableConcept", "valueCoding", "dataAbsentReason"):
        concept = Concept.of(observation, key)
        if concept.text is not None and all(concept.text != one.display for one in concept.codings):
            texts.append(text_of(block_of(observation, key), "text") or concept.text)
    quantity = block_of(observation, "valueQuantity")
    texts += [text_of(quantity, "unit"), text_of(quantity, "value")]
    texts += [text_of(one, "text") for key in ("referenceRange", "interpretation") for one in blocks_of(observation, key)]
    told = [text for text in texts if text and not is_result(text, named.wordings)]
    told += [text for note in blocks_of(observation, "note") if (text := text_of(note, "text")) and not is_result(text)]
    return [*told, *filter(None, [named.prose])]


def _plain_value(observation: Resource, book: CodeBook) -> str:
    quantity = block_of(observation, "valueQuantity")
    if quantity:
        parts = (quantity.get("comparator"), quantity.get("value"), text_of(quantity, "unit") or text_of(quantity, "code"))
        return " ".join(str(part) for part in parts if isinstance(part, str | int | float))
    for key in ("valueCodeableConcept", "valueCoding"):
        concept = Concept.of(observation, key)
        if concept:
            return concept.words_by(book)
    for key in ("valueString", "valueInteger", "valueDecimal", "valueBoolean", "valueDateTime"):
        value: Any = observation.get(key)
        if isinstance(value, str | int | float):
            return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    told = block_of(observation, "valueRange")
    ends = [block_of(told, key).get("value") for key in ("low", "high")]
    return " to ".join(str(end) for end in ends if isinstance(end, int | float))


def _type_of(condition: Resource, code: Concept) -> str:
    return code.words if code.codings else "Entry of the problem list"


def brief(text: str) -> str:
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * _LONGEST_WORDS]).split())
    return plain if len(plain) <= _LONGEST_WORDS else f"{plain[:_LONGEST_WORDS]}..."


def _of(source: Source, words: str, day: str | None = "same") -> Source:
    return Source(source.where, brief(words), source.code, source.date if day == "same" else day)
