"""A FHIR R4 record as candidates of facts: which resources are read, in which order, and what is only counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from wayline.facts.vocabulary import Vocabulary
from wayline.records.codes import CodeBook
from wayline.records.fhir_access import Concept, Resource, block_of, blocks_of, day_of, text_of
from wayline.records.fhir_clinical import ALLERGIES_ASKED, CONTRAST, Clinical, brief
from wayline.records.fhir_gathering import RecordGathering, Source
from wayline.records.fhir_pool import Met, Pool, person_of, whose
from wayline.records.fhir_texts import Texts
from wayline.records.fhir_treatments import MEDICINES, Treatments
from wayline.records.imported import ClosedReport, ImportedFact, NotUnderstood, RecordReading
from wayline.records.own_extension import MetResource, own_values

SOURCE = "hospital record (FHIR)"
# Resources that hold no fact of ours by their nature; they are counted and not listed.
_ONLY_COUNTED = (
    *(
        "Account",
        "Appointment",
        "AuditEvent",
        "Basic",
        "Binary",
        "CarePlan",
        "CareTeam",
        "Claim",
        "ClaimResponse",
        "Communication",
        "Consent",
    ),
    *(
        "Coverage",
        "Device",
        "DeviceUseStatement",
        "Encounter",
        "Endpoint",
        "EpisodeOfCare",
        "ExplanationOfBenefit",
        "FamilyMemberHistory",
        "Flag",
    ),
    *("Goal", "Group", "HealthcareService", "ImagingStudy", "Immunization", "List", "Location", "Media", "Medication", "NutritionOrder"),
    *("OperationOutcome", "Organization", "Parameters", "Person", "Practitioner", "PractitionerRole", "Provenance", "Questionnaire"),
    *("QuestionnaireResponse", "RelatedPerson", "RequestGroup", "ResearchStudy", "ResearchSubject", "RiskAssessment", "Schedule"),
    *("ServiceRequest", "Slot", "Specimen", "Substance", "Subscription", "Task", "BodyStructure", "ClinicalImpression", "AdverseEvent"),
)
_US = ("us", "usa", "united states", "united states of america", "u.s.a.", "u.s.")


def read_fhir(pool: Pool, name: str, form: str, vocabulary: Vocabulary, book: CodeBook, as_of: date) -> RecordReading:
    """All resources of a file as one reading. With several people in it, nothing is taken; the counts say what was there."""
    gathering = RecordGathering(vocabulary, as_of, SOURCE)
    person = person_of(pool)
    counts = dict(sorted(pool.counts.items()))
    if person.people > 1:
        why = f"the file speaks of {person.people} people, and nothing says which one it is about"
        missed = NotUnderstood("people", f"{person.people} people", "the whole file", why)
        return RecordReading(name, form, (), (*pool.not_understood, missed), (), counts, person.people)
    ours: list[Met] = []
    for met in pool.met:
        why_not = _why_not_ours(met) or whose(met, person)
        if why_not is None:
            ours.append(met)
        elif met.type in (*_ONLY_COUNTED, "Patient"):
            continue
        else:
            gathering.miss(met.type, Source(met.where, _words_of(met)), why_not)
    reader = _Reader(pool, gathering, vocabulary, book)
    own = own_values([MetResource(one.resource, one.where, one.names) for one in ours], vocabulary, as_of)
    facts = reader.read(ours, lambda met: own.settled.get(met.where, frozenset()) is None)
    told_twice = {where: settled for where, settled in own.settled.items() if settled}
    coded = [one for one in facts if one.fact_id not in told_twice.get(one.where, frozenset())]
    medicines = {"other medicines": gathering.counts["other medicines"]} if gathering.counts["other medicines"] else {}
    return RecordReading(
        name,
        form,
        (*own.facts, *coded),
        (*pool.not_understood, *own.changed, *gathering.not_understood, *reader.texts.not_understood),
        _all_reports(reader.texts.reports, gathering.reports),
        {**counts, **medicines},
        person.people,
        own.as_of,
        person.identity,
    )


def _all_reports(reports: list[ClosedReport], answers: list[ClosedReport]) -> tuple[ClosedReport, ...]:
    """The reports, and the answers in prose that do not stand in one of them already."""
    whole = "\n\n".join(" ".join(one.text.split()) for one in reports)
    return (*reports, *(one for one in answers if " ".join(one.text.split()) not in whole))


def _why_not_ours(met: Met) -> str | None:
    """Rules of FHIR that forbid to use a resource whose words mean something that we do not know."""
    if blocks_of(met.resource, "modifierExtension"):
        return "a note of the sender changes its meaning in a way that is not known here"
    if met.resource.get("implicitRules"):
        return "it follows rules of the sender that are not known here"
    return None


def _words_of(met: Met) -> str:
    for key in ("code", "medicationCodeableConcept", "type", "vaccineCode"):
        concept = Concept.of(met.resource, key)
        if concept:
            return brief(concept.words)
    return met.type


def _sex_at_birth(patient: Resource) -> str | None:
    """The US extension for the sex that the birth certificate told, in the words of `gender`."""
    for extension in blocks_of(patient, "extension"):
        if (text_of(extension, "url") or "").endswith("/us-core-birthsex"):
            return {"F": "female", "M": "male"}.get(text_of(extension, "valueCode") or "")
    return None


class _Reader:
    """Walks the resources of the person."""

    def __init__(self, pool: Pool, gathering: RecordGathering, vocabulary: Vocabulary, book: CodeBook) -> None:
        self.gathering = gathering
        self.book = book
        self.vocabulary = vocabulary
        self.clinical = Clinical(book, vocabulary, pool, gathering)
        self.treatments = Treatments(book, vocabulary, pool, gathering, self.clinical)
        self.texts = Texts(pool)

    def read(self, ours: list[Met], is_settled: Callable[[Met], bool]) -> tuple[ImportedFact, ...]:
        """Facts of all resources but those that our own extension settles wholly."""
        self.clinical.find_cancers(met for met in ours if met.type == "Condition")
        for met in ours:
            if not is_settled(met):
                self._one(met)
        self.treatments.finish()
        return self.gathering.facts()

    def _one(self, met: Met) -> None:
        readers: dict[str, Callable[[Met], None]] = {
            "Patient": self._patient,
            "Condition": self.clinical.read_condition,
            "Observation": self.clinical.read_observation,
            "Procedure": self.treatments.read_procedure,
            "DiagnosticReport": self.texts.read_report,
            "DocumentReference": self.texts.read_document,
            "Composition": self.texts.read_composition,
            "AllergyIntolerance": self._allergy,
            **dict.fromkeys(MEDICINES, self.treatments.read_medicine),
        }
        for key in ("medicationCodeableConcept", *(() if met.type in ("Condition", "Observation", "DiagnosticReport") else ("code",))):
            if prose := Concept.of(met.resource, key).prose:
                self.gathering.report(met.type, None, prose, met.where)
        reader = readers.get(met.type)
        if reader is not None:
            reader(met)
        elif met.type not in _ONLY_COUNTED:
            self.gathering.miss(met.type, Source(met.where, _words_of(met)), "resources of this kind are not read here")

    def _patient(self, met: Met) -> None:
        patient = met.resource
        if met.is_contained:
            return
        if "birthDate" in patient:
            day = day_of(patient["birthDate"])
            source = Source(met.where, f"birth date: {brief(str(patient['birthDate']))}")
            if day is None:
                self.gathering.miss("Patient", source, "the birth date is no date")
            else:
                self.gathering.fact("Patient", "person.birth_date", {"value": day}, source)
        gender = text_of(patient, "gender")
        if gender in (None, "unknown") and (born := _sex_at_birth(patient)) is not None:
            gender = born  # nobody registered another one
        if gender is not None:
            meaning = self.book.meaning("http://hl7.org/fhir/administrative-gender", gender)
            source = Source(met.where, f"gender: {brief(gender)}")
            if meaning is not None:
                self.gathering.fact("Patient", "person.sex", {"value": meaning.facts[0].value}, source)
            else:
                self.gathering.miss("Patient", source, "this is no sex that a rule asks for")
        self._address(met)

    def _address(self, met: Met) -> None:
        """The address where the person lives now: the home, else the first that is not over, old or only for bills."""
        listed = [
            one
            for one in blocks_of(met.resource, "address")
            if text_of(one, "use") not in ("old", "billing", "temp") and not block_of(one, "period").get("end")
        ]
        home = [one for one in listed if text_of(one, "use") == "home"]
        for address in (home or listed)[:1]:
            country, code = text_of(address, "country"), text_of(address, "postalCode")
            letters = (
                "US" if (country or "").lower() in _US else country.upper() if country and len(country) == 2 and country.isalpha() else None
            )
            if letters:
                self.gathering.fact("Patient", "person.country", {"value": letters}, Source(met.where, f"country: {brief(country or '')}"))
            if code:
                code = code.split("-")[0] if letters == "US" else code  # the four digits behind name a house, which nothing here needs
                self.gathering.fact("Patient", "person.postal_code", {"value": code}, Source(met.where, f"postal code: {brief(code)}"))

    def _allergy(self, met: Met) -> None:
        """An allergy to a platinum drug or to contrast; others are only counted."""
        allergy = met.resource
        verification = Concept.of(allergy, "verificationStatus")
        clinical = Concept.of(allergy, "clinicalStatus")
        codes = {one.code for one in (*verification.codings, *clinical.codings)}
        code = Concept.of(allergy, "code")
        source = Source(met.where, brief(f"allergy: {code.words}"), code.code_name(self.book), day_of(allergy.get("recordedDate")))
        fact_id = self._allergen(code)
        if fact_id is None:
            self.gathering.counts["other allergies"] += 1
            return
        if codes & {"entered-in-error", "refuted", "unconfirmed", "resolved", "inactive"}:
            self.gathering.miss("AllergyIntolerance", source, "it is over, not confirmed, or was ruled out")
            return
        if text_of(allergy, "type") == "intolerance":
            self.gathering.miss("AllergyIntolerance", source, "the record calls it an intolerance, not an allergy")
            return
        self.gathering.fact("AllergyIntolerance", fact_id, {"value": True}, source)

    def _allergen(self, code: Concept) -> str | None:
        """The allergy that the vocabulary asks about: platinum drugs, contrast agents."""
        told = next((one.id for one in code.meant(self.book, "fact") if one.id in ALLERGIES_ASKED), None)
        if told is not None:
            return told
        if set(self.treatments._drugs([code]) or ()) & (self.vocabulary.drugs.members("platinum") or frozenset()):
            return "condition.platinum_allergy"
        return "condition.contrast_allergy" if any(CONTRAST.search(wording) for wording in code.wordings) else None
