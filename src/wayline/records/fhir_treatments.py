"""Medicines and procedures of a FHIR record as courses of treatment.

A record holds each prescription and each infusion by itself. Those of one drug that follow each other closely are one course, and drugs
that start together are one regimen (`content/records/courses.yaml`). Nothing says that a record holds all treatment, so the list stays
open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from wayline.facts.values import DateRange
from wayline.facts.vocabulary import Vocabulary
from wayline.reading import shortened
from wayline.records.codes import SITES, CodeBook, Meant, drugs_in_words
from wayline.records.fhir_access import Concept, Resource, block_of, blocks_of, day_of, text_of
from wayline.records.fhir_clinical import ABOUT_ANOTHER, Clinical, brief
from wayline.records.fhir_gathering import RecordGathering, Source
from wayline.records.fhir_pool import Met, Pool, references_in

MEDICINES = (
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationOrder",
    "MedicationUsage",
)
_NOT_GIVEN = {
    "entered-in-error": "it was entered in error",
    "not-taken": "it was not taken",
    "not-done": "it was not given",
    "intended": "it is only intended",
    "cancelled": "it was cancelled",
    "draft": "it is only a draft",
    "declined": "it was declined",
    "preparation": "it was not given yet",
    "unknown": "it is not known whether it was given",
}
_ONLY_THOUGHT_OF = ("proposal", "plan", "option")
_ENDINGS = {"completed": "completed", "toxicity": "toxicity", "progression": "progression", "other_reason": "other"}
_INTENTS = {"palliative": "palliative", "perioperative": "perioperative"}
_INTENT_EXTENSIONS = ("procedure-intent", "treatment-intent", "medication-intent")
# Steroids on the days of an infusion do not count as taking steroids, and heparin also rinses lines: so only what is taken daily.
_DAILY_STEROIDS = ("prednisone", "prednisolone", "methylprednisolone", "hydrocortisone")
_NO_THINNERS = ("heparin",)
_SURGERY = ("esophagectomy", "gastrectomy", "liver_resection", "liver_transplant")
_HISTORY = "therapy.history"


@dataclass(frozen=True)
class _Given:
    """One drug as one resource tells it."""

    drug: str
    start: str | None
    end: str | None
    intent: str | None
    ended_because: str | None
    source: Source
    places: tuple[str, ...]
    group: str | None  # resources that name the same regimen stay together


@dataclass
class Treatments:
    """Reads medicines and procedures into the gathering; `finish` makes courses of the drugs at the end."""

    book: CodeBook
    vocabulary: Vocabulary
    pool: Pool
    gathering: RecordGathering
    clinical: Clinical
    _given: list[_Given] = field(default_factory=list)

    # --- Medicines ----------------------------------------------------------------------------------------------------

    def read_medicine(self, met: Met) -> None:
        resource = met.resource
        concepts = self._concepts(resource)
        words = next((one.words_by(self.book) for one in concepts if one), "a medicine without a name")
        code = next((name for one in concepts if (name := one.code_name(self.book))), None)
        start, end = _period(resource)
        source = Source(met.where, brief(words), code, start)
        why = self._why_not_given(resource)
        drugs = self._drugs(concepts)
        if drugs is None:
            self.gathering.miss(met.type, source, "its code and its name tell different drugs")
            return
        systemic = [drug for drug in drugs if self.vocabulary.drugs.drugs[drug].systemic]
        if why is not None:
            if drugs:
                self.gathering.miss(met.type, source, why)
            else:
                self.gathering.counts["other medicines"] += 1
            return
        if not drugs:
            self.gathering.counts["other medicines"] += 1
            if not any(one for one in concepts):
                self.gathering.miss(met.type, source, "the medicine is not told")
            return
        if not systemic:
            self._supportive(drugs, resource, source)
            return
        if any(self.book.is_not_for_the_body(wording) for one in (*concepts, *_routes(resource)) for wording in one.wordings):
            self.gathering.miss(met.type, source, "it is for the skin, an eye or the bladder, or perhaps no medicine at all")
            return
        if self.clinical.points_at_another(references_in(resource, ("reasonReference",)), resource) or self._for_another(resource):
            self.gathering.miss(met.type, source, ABOUT_ANOTHER)
            return
        intent, ended = self._intent(resource), self._ended(resource)
        group = met.where if len(systemic) > 1 else None
        for drug in systemic:
            self._given.append(_Given(drug, start, end, intent, ended, source, (met.where,), group))

    def _concepts(self, resource: Resource) -> list[Concept]:
        """All that says which medicine it is: a code, a Medication in or beside the resource, or the words of a reference."""
        found = [Concept.of(resource, key) for key in ("medicationCodeableConcept", "medication") if key in resource]
        found = [one for one in found if one]
        reference = block_of(resource, "medicationReference") or block_of(block_of(resource, "medication"), "reference")
        if not reference:
            return found
        met = self.pool.resolve(text_of(reference, "reference"), resource)
        if met is not None:
            found.append(Concept.of(met.resource, "code"))
            found += [Concept.of(one, "itemCodeableConcept") for one in blocks_of(met.resource, "ingredient")]
        display = text_of(reference, "display")
        return [one for one in (*found, *((Concept((), display),) if display else ())) if one]

    def _drugs(self, concepts: Iterable[Concept]) -> tuple[str, ...] | None:
        """The drugs that codes mean; where no code is known, those that the words name. None where both speak of different ones."""
        listed = list(concepts)
        coded = dict.fromkeys(one.id for concept in listed for one in concept.meant(self.book, "drug"))
        wordings = [wording for concept in listed for wording in concept.wordings]
        named = next((found for wording in wordings if (found := drugs_in_words(wording, self.vocabulary.drugs))), ())
        if coded and named and not set(coded) & set(named):
            return None
        return tuple(coded) or named

    def _why_not_given(self, resource: Resource) -> str | None:
        status = text_of(resource, "status")
        if status in _NOT_GIVEN:
            return _NOT_GIVEN[status]
        if resource.get("doNotPerform") is True or resource.get("wasNotTaken") is True or resource.get("wasNotGiven") is True:
            return "it was not to be given"
        if text_of(resource, "intent") in _ONLY_THOUGHT_OF:
            return "it is only planned or proposed"
        return None

    def _for_another(self, resource: Resource) -> bool:
        """Whether the reason in codes or words is another cancer."""
        means: set[tuple[str, Any]] = set()
        for block in blocks_of(resource, "reasonCode"):
            means |= {(one.id, one.value) for one in self.clinical.condition_means({"code": block})}
        return ("condition.second_cancer", True) in means and ("diagnosis.primary", self.book.ours) not in means

    def _supportive(self, drugs: tuple[str, ...], resource: Resource, source: Source) -> None:
        """A blood thinner or a daily steroid that is taken now tells a condition; every other such medicine is only counted."""
        self.gathering.counts["other medicines"] += 1
        if text_of(resource, "status") != "active" or resource.get("resourceType") not in ("MedicationStatement", "MedicationRequest"):
            return
        thinners = self.vocabulary.drugs.members("anticoagulant") or frozenset()
        day = day_of(resource.get("dateAsserted")) or source.date
        here = replace(source, date=day)
        if any(drug in thinners and drug not in _NO_THINNERS for drug in drugs):
            self.gathering.fact("medicine", "condition.blood_thinner", {"value": True}, here)
        if any(drug in _DAILY_STEROIDS for drug in drugs):
            self.gathering.fact("medicine", "condition.steroid_use", {"value": True}, here)

    def _intent(self, resource: Resource) -> str | None:
        for extension in blocks_of(resource, "extension"):
            if any(name in (text_of(extension, "url") or "") for name in _INTENT_EXTENSIONS):
                told = Concept.of(extension, "valueCodeableConcept")
                return next((_INTENTS[one.id] for one in told.meant(self.book, "answer") if one.id in _INTENTS), None)
        return None

    def _ended(self, resource: Resource) -> str | None:
        reasons = [Concept.from_block(block) for block in blocks_of(resource, "statusReason")]
        for extension in blocks_of(resource, "extension"):
            if "termination-reason" in (text_of(extension, "url") or ""):
                reasons.append(Concept.of(extension, "valueCodeableConcept"))
        if text_of(resource, "status") not in ("completed", "stopped", None):
            return None
        found = dict.fromkeys(_ENDINGS[one.id] for reason in reasons for one in reason.meant(self.book, "answer") if one.id in _ENDINGS)
        return next(iter(found)) if len(found) == 1 else None

    def finish(self) -> None:
        """Make courses of the drugs that were given."""
        spans: list[_Given] = []
        for drug in dict.fromkeys(one.drug for one in self._given):
            spans += self._joined([one for one in self._given if one.drug == drug])
        regimens: list[list[_Given]] = []
        for one in sorted(spans, key=lambda given: (given.start or "9999", self.vocabulary.drugs.title(given.drug))):
            mates = next((regimen for regimen in regimens if self._starts_with(one, regimen)), None)
            if mates is None:
                regimens.append([one])
            else:
                mates.append(one)
        for regimen in regimens:
            self._keep(regimen)

    def _joined(self, given: list[_Given]) -> list[_Given]:
        """The infusions and prescriptions of one drug, those that follow each other closely as one."""
        dated = sorted((one for one in given if one.start), key=lambda one: one.start or "")
        spans: list[_Given] = []
        for one in dated:
            last = spans[-1] if spans else None
            if last is not None and _gap(last, one) <= self.book.courses.gap_days and last.intent == one.intent:
                ends = [end for end in (last.end or last.start, one.end or one.start) if end]
                several = one.start != last.start or one.end is not None or last.end is not None
                spans[-1] = replace(
                    last,
                    end=max(ends) if several else None,
                    ended_because=one.ended_because or last.ended_because,
                    places=(*last.places, *one.places),
                    group=last.group or one.group,
                )
            else:
                spans.append(one)
        undated = [one for one in given if not one.start]
        # Without a day nobody can tell it from a course that is told already, so it is one only where nothing else is told.
        return spans or [replace(undated[0], places=tuple(place for one in undated for place in one.places))]

    def _starts_with(self, one: _Given, regimen: list[_Given]) -> bool:
        first = regimen[0]
        if any(one.drug == other.drug for other in regimen) or one.intent != first.intent:
            return False
        if one.group is not None and any(one.group == other.group for other in regimen):
            return True
        if one.start is None or first.start is None:
            return False
        start, other = _first_day(one.start), _first_day(first.start)
        return len(one.start) == len(first.start) == 10 and abs((start - other).days) <= self.book.courses.starts_within_days

    def _keep(self, regimen: list[_Given]) -> None:
        starts = [one.start for one in regimen if one.start]
        ends = [one.end for one in regimen]
        reasons = {one.ended_because for one in regimen}
        course: dict[str, Any] = {"drugs": [one.drug for one in regimen]}
        about = {
            "intent": regimen[0].intent,
            "start": min(starts) if starts else None,
            "end": max(end for end in ends if end) if all(ends) else None,
            "ended_because": reasons.pop() if len(reasons) == 1 else None,
        }
        course |= {key: value for key, value in about.items() if value is not None}
        places = list(dict.fromkeys(place for one in regimen for place in one.places))
        where = "; ".join(places[:3]) + ("; and more places" if len(places) > 3 else "")
        words = brief("; ".join(dict.fromkeys(one.source.words for one in regimen)))
        code = regimen[0].source.code if len(regimen) == 1 else None
        self.gathering.course("medicine", course, Source(where, words, code, about["start"]))

    # --- Procedures ---------------------------------------------------------------------------------------------------

    def read_procedure(self, met: Met) -> None:
        procedure = met.resource
        code = Concept.of(procedure, "code")
        start, end = _performed(procedure)
        source = Source(met.where, brief(code.words_by(self.book)), code.code_name(self.book), start)
        status = text_of(procedure, "status")
        if status != "completed":
            why = "it was not done" if status == "not-done" else f"its status is '{shortened(status)}', not 'completed'"
            self.gathering.miss("Procedure", source, why)
            return
        means = self._procedure_means(code)
        if not means:
            self.gathering.miss("Procedure", source, "no procedure here that we know")
            return
        if self.clinical.points_at_another(references_in(procedure, ("reasonReference",)), procedure) or self._for_another(procedure):
            self.gathering.miss("Procedure", source, ABOUT_ANOTHER)
            return
        for meant in means:
            if meant.kind == "procedure":
                self._done(meant.id, procedure, start, end, source)
            else:
                self._radiation(meant.id, procedure, code, start, end, source)

    def _procedure_means(self, code: Concept) -> tuple[Meant, ...]:
        coded = (*code.meant(self.book, "procedure"), *code.meant(self.book, "treatment"))
        worded = [meaning for wording in code.wordings if (meaning := self.book.procedure_in_words(wording)) is not None]
        named = tuple(one for meaning in worded for one in meaning.means if one.kind in ("procedure", "treatment"))
        exact = [one for one in (*coded, *named) if one.kind == "procedure"]
        if exact:
            return tuple(dict.fromkeys(exact))
        # The narrower wording counts: brachytherapy and protons are radiation too.
        listed = dict.fromkeys((*coded, *named))
        narrower = [one for one in listed if one.id != "radiation"]
        return tuple(narrower[:1] or list(listed)[:1])

    def _done(self, name: str, procedure: Resource, start: str | None, end: str | None, source: Source) -> None:
        self._course(name, procedure, start, end, source)
        if name == "esophagectomy":
            self.gathering.fact("Procedure", "diagnosis.primary_removed", {"value": True}, source)
        if name in _SURGERY and start is not None:
            self.gathering.fact("Procedure", "therapy.major_surgery_date", {"value": start}, source)
        if name == "stereotactic_body_radiation":
            self._radiated("therapy.radiation_liver", start, end, source)
        if name in ("external_radiation", "brachytherapy"):
            self._radiated("therapy.radiation_esophagus", start, end, source)

    def _radiation(self, kind: str, procedure: Resource, code: Concept, start: str | None, end: str | None, source: Source) -> None:
        """Radiation is one of our procedures only where the record says what it was aimed at."""
        target = self._target(procedure, code)
        if target == "esophagus":
            self._course("brachytherapy" if kind == "brachytherapy" else "external_radiation", procedure, start, end, source)
            self._radiated("therapy.radiation_esophagus", start, end, source)
        elif target == "liver":
            if kind == "proton_radiation":
                self._course("proton_therapy", procedure, start, end, source)
            self._radiated("therapy.radiation_liver", start, end, source)
        elif target is None:
            self.gathering.miss("Procedure", source, "radiation, and it does not say where it was aimed")
        else:
            self.gathering.miss("Procedure", source, "radiation of another place than the esophagus and the liver")

    def _target(self, procedure: Resource, code: Concept) -> str | None:
        places: dict[str, None] = {}
        for block in blocks_of(procedure, "bodySite"):
            site = Concept.from_block(block)
            coded = [one.id for one in site.meant(self.book, "place")]
            places |= dict.fromkeys(
                coded or [place for wording in site.wordings for place in self.book.places_in_words(wording)] or ["unknown"]
            )
        if not places:
            places |= dict.fromkeys(place for wording in code.wordings for place in self.book.places_in_words(wording))
        aimed = {"esophagus" if place in (*SITES, "esophagus") else place for place in places}
        if len(aimed) > 1 and "liver" in aimed and "esophagus" in aimed:
            return None
        return next((one for one in ("esophagus", "liver") if one in aimed), next(iter(aimed), None))

    def _radiated(self, fact_id: str, start: str | None, end: str | None, source: Source) -> None:
        self.gathering.fact("Procedure", fact_id, {"value": True}, source)
        if end is not None:
            self.gathering.fact("Procedure", "therapy.radiation_end", {"value": end}, replace(source, date=end))

    def _course(self, name: str, procedure: Resource, start: str | None, end: str | None, source: Source) -> None:
        about = {"intent": self._intent(procedure), "start": start, "end": end}
        course = {"procedure": name, **{key: value for key, value in about.items() if value is not None}}
        self.gathering.course("Procedure", course, source)


def _routes(resource: Resource) -> list[Concept]:
    """The ways in which a medicine is told to be given."""
    dosages = [*blocks_of(resource, "dosageInstruction"), *blocks_of(resource, "dosage")]
    return [route for one in dosages if (route := Concept.of(one, "route"))]


def _period(resource: Resource) -> tuple[str | None, str | None]:
    """When a medicine was given: its own period, the day of one infusion, or the day of its prescription as its start."""
    for key in ("effectivePeriod", "occurencePeriod", "occurrencePeriod", "effectiveTimePeriod"):
        period = block_of(resource, key)
        if period:
            return _ordered(day_of(period.get("start")), day_of(period.get("end")))
    for key in ("effectiveDateTime", "occurenceDateTime", "occurrenceDateTime", "effectiveTimeDateTime"):
        if (day := day_of(resource.get(key))) is not None:
            return day, None
    for dosage in (*blocks_of(resource, "dosageInstruction"), *blocks_of(resource, "dosage")):
        bounds = block_of(block_of(block_of(dosage, "timing"), "repeat"), "boundsPeriod")
        if day_of(bounds.get("start")) is not None:
            return _ordered(day_of(bounds.get("start")), day_of(bounds.get("end")))
    for key in ("authoredOn", "whenHandedOver", "whenPrepared", "dateWritten", "dateAsserted"):
        if (day := day_of(resource.get(key))) is not None and key != "dateAsserted":
            return day, None
    return None, None


def _performed(procedure: Resource) -> tuple[str | None, str | None]:
    for key in ("performedPeriod", "occurrencePeriod"):
        period = block_of(procedure, key)
        if period:
            return _ordered(day_of(period.get("start")), day_of(period.get("end")))
    for key in ("performedDateTime", "occurrenceDateTime"):
        if (day := day_of(procedure.get(key))) is not None:
            return day, None
    return None, None


def _ordered(start: str | None, end: str | None) -> tuple[str | None, str | None]:
    """A period whose end lies before its start keeps its start only: one of both is wrong."""
    return (start, end) if start is None or end is None or _last_day(end) >= _first_day(start) else (start, None)


def _first_day(written: str) -> date:
    return DateRange.parse(written).first


def _last_day(written: str) -> date:
    return DateRange.parse(written).last


def _gap(earlier: _Given, later: _Given) -> int:
    """Days from the end of one to the start of the next; 0 or less where they overlap."""
    return (_first_day(later.start or "") - _last_day(earlier.end or earlier.start or "")).days
