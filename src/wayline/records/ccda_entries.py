"""Entries of C-CDA sections into candidates for facts.

What an entry says is taken only where it says it of this person, as something that is or was so: nothing planned, suspected, ruled out,
called off or unfinished, nothing of the family. What is not taken is listed with its place and the reason, or counted where it is of a kind
that no fact stands for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from wayline.facts.vocabulary import Vocabulary
from wayline.records.ccda_measured import MeasuredReader, NotReadableError, Read, concept_block
from wayline.records.ccda_sections import (
    ALLERGIES,
    ENCOUNTERS,
    FAMILY,
    OPEN_DIAGNOSES,
    PROBLEMS,
    PROCEDURES,
    READ,
    UNKNOWN,
    Section,
    report_text,
)
from wayline.records.ccda_values import (
    NO_SPAN,
    V3,
    Coded,
    ImpossibleDateError,
    Narrative,
    Span,
    brief,
    child,
    children,
    coded,
    local_name,
    span_of,
    squeezed,
    templates,
)
from wayline.records.codes import CodeBook, Meant, drugs_in_words
from wayline.records.fhir_clinical import (
    ABOUT_ANOTHER,
    ALLERGIES_ASKED,
    CONTRAST,
    OF_THE_CANCER,
    ONLY_ANOTHER,
    Cancers,
    Clinical,
)
from wayline.records.fhir_gathering import RecordGathering
from wayline.records.fhir_pool import Met, Pool
from wayline.records.fhir_treatments import Treatments
from wayline.records.gathering import Source
from wayline.records.shown_words import is_name, is_result, without_repeats

_STATEMENTS = frozenset(
    {
        "act",
        "encounter",
        "observation",
        "observationMedia",
        "organizer",
        "procedure",
        "regionOfInterest",
        "substanceAdministration",
        "supply",
    }
)
# Moods that say what is wished, ordered or promised, not what was.
_PLANNED_MOODS = {
    "INT": "it is intended or prescribed, not told as done",
    "RQO": "it is ordered, not told as done",
    "PRP": "it is proposed, not told as done",
    "PRMS": "it is promised, not told as done",
    "GOL": "it is a goal",
    "ARQ": "an appointment is asked for",
    "APT": "it is an appointment",
    "DEF": "it is a definition",
    "EXPEC": "it is expected",
    "OPT": "it is one way among others",
    "RSK": "it is a risk",
}
_CALLED_OFF = {
    "aborted": "it was broken off",
    "cancelled": "it was called off",
    "nullified": "it was withdrawn as wrong",
    "obsolete": "it was replaced",
}
_UNFINISHED = frozenset({"active", "new", "held", "suspended"})

_CCDA = "2.16.840.1.113883.10.20.22.4"
_RISK_ACT, _NOTE_ACT = f"{_CCDA}.136", f"{_CCDA}.202"
_PROBLEM_OBSERVATIONS = frozenset({f"{_CCDA}.4", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "2.16.840.1.113883.10.20.15.3.8"})
_ALLERGY_OBSERVATIONS = frozenset({f"{_CCDA}.7", "2.16.840.1.113883.10.20.24.3.90", "1.3.6.1.4.1.19376.1.5.3.1.4.6"})
# Codes of observations whose value, not whose code, says what was found: diagnosis, problem, condition, finding, symptom, complaint.
_ASSERTIONS = frozenset(
    {"ASSERTION", "29308-4", "75326-9", "75323-6", "75321-0", "75325-1", "75322-8", "282291009", "55607006", "64572001"}
    | {"404684003", "418799008", "409586006", "52797-8"}
)
_STATUS, _ACTIVE = "33999-4", "55561003"
_OVER = {"413322009": "resolved", "73425007": "inactive", "277022003": "in remission"}
_MEDICINE_STATUS = {
    "active": "active",
    "completed": "completed",
    "aborted": "stopped",  # broken off says that it was begun
    "suspended": "on-hold",
    "held": "on-hold",
    "new": "draft",
    "cancelled": "cancelled",
    "nullified": "entered-in-error",
    "obsolete": "entered-in-error",
}
_INTOLERANCES = frozenset({"59037007", "235719002"})
# Narrower meanings that a code may carry along without becoming another: place, side, severity, course, episode, extent.
_SITE_QUALIFIER = "363698007"
_HARMLESS_QUALIFIERS = frozenset({_SITE_QUALIFIER, "272741003", "246112005", "263502005", "288526004", "246100006"})
_MOST_WORDINGS = 3_000  # different problems of one document
_BACK = frozenset({"246455001", "263855007"})


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for a statement because of the statements around it."""

    section: Section
    span: Span = NO_SPAN
    concern: str = ""  # the status of the concern that it belongs to
    concern_time: str | None = None
    specimen: str = ""


class EntryReader:
    """Reads the entries of one document, section by section, into a Gathering."""

    def __init__(
        self, root: etree._Element, vocabulary: Vocabulary, code_book: CodeBook, gathering: RecordGathering, document_date: str | None
    ) -> None:
        self._vocabulary = vocabulary
        self._code_book = code_book
        self._narrative = narrative = Narrative(root)
        self._gathering = gathering
        self._document_date = document_date
        self._of_others = frozenset(
            above
            for subject in root.iter(f"{V3}subject")
            if (above := subject.getparent()) is not None and local_name(above) in (*_STATEMENTS, "section")
        )
        self._whole: tuple[Section, str] | None = None
        self._known_conditions: dict[str, tuple[Meant, ...]] = {}
        self._values = MeasuredReader(vocabulary, code_book, narrative)
        pool = Pool()
        self._clinical = Clinical(code_book, vocabulary, pool, gathering)
        self._treatments = Treatments(code_book, vocabulary, pool, gathering, self._clinical)

    def read(self, section: Section) -> None:
        """All entries of one section. A person's own facts come only out of sections that tell what is or was so."""
        counts = self._gathering.counts
        for entry in section.entries:
            for statement in _statements(entry):
                counts[section.kind] += 1
                if section.kind in READ:
                    self._guarded(statement, _Context(section))
                elif section.kind == OPEN_DIAGNOSES:
                    self._list_open(statement, section)
        if section.kind == UNKNOWN and section.entries:
            source = Source(section.where(), brief(section.title))
            self._gathering.miss(UNKNOWN, source, f"a section that is not known here; {len(section.entries)} of its entries were not read")

    def find_cancers(self, sections: Iterable[Section]) -> None:
        """Whether the record names another cancer and not the one of the esophagus: much else rests on which one it is about."""
        meant: set[str] = set()
        for section in sections:
            if section.kind not in READ:
                continue
            for observation in (one for entry in section.entries for one in entry.iter(f"{V3}observation")):
                value = child(observation, "value")
                told = coded(value, self._narrative)
                is_told = observation.get("negationInd") != "true" and not self._is_about_somebody_else(observation)
                if value is not None and is_told and self._why_not(observation, value, told) is None:
                    meant |= {one.id for one in self._condition_of(observation, value, told) if one.value is not None}
        mine, others = (frozenset({0}) if fact_id in meant else frozenset() for fact_id in ("diagnosis.primary", "condition.second_cancer"))
        self._clinical.cancers = Cancers(mine, others)

    def finish(self) -> None:
        """Hand on the courses of treatment, which only all of the record's medicines together tell."""
        self._treatments.finish()
        if len(self._known_conditions) >= _MOST_WORDINGS:
            source = Source("document", f"more than {_MOST_WORDINGS:,} different problems")
            self._gathering.miss(PROBLEMS, source, "the problems after them were not read")

    # --- Walking ------------------------------------------------------------------------------------------------------

    def _guarded(self, statement: etree._Element, context: _Context) -> None:
        """One statement, unless it is of somebody else or no statement of what is so; a date that no calendar holds is listed."""
        section = context.section
        if self._is_about_somebody_else(statement):
            self._gathering.counts[FAMILY] += 1
            self._gathering.miss("somebody else", self._source(statement, context), "it is about another person")
            return
        mood = statement.get("moodCode") or "EVN"
        if mood in _PLANNED_MOODS:
            self._gathering.counts["plan"] += 1
            if local_name(statement) == "observation":
                self._close_texts(statement, coded(child(statement, "code"), self._narrative), False, context)
            self._gathering.miss(section.kind, self._source(statement, context), _PLANNED_MOODS[mood])
            return
        if mood not in ("EVN", "EVN.CRT"):
            self._gathering.miss(section.kind, self._source(statement, context), f"its mood '{brief(mood)}' is not known")
            return
        try:
            self._statement(statement, context)
        except ImpossibleDateError as error:
            self._gathering.miss("date", self._source(statement, context), f"'{brief(str(error))}' is not a date")

    def _is_about_somebody_else(self, statement: etree._Element) -> bool:
        """Whether it, its organizer, its entry or its section names a subject: another one than the person whose record it is."""
        return bool(self._of_others) and (statement in self._of_others or any(one in self._of_others for one in statement.iterancestors()))

    def _statement(self, statement: etree._Element, context: _Context) -> None:
        match local_name(statement):
            case "organizer":
                self._organizer(statement, context)
            case "act":
                self._act(statement, context)
            case "encounter":
                for nested in _nested(statement, "COMP", "SUBJ", "REFR"):
                    self._guarded(nested, context)
            case "observation":
                self._observation(statement, context)
            case "procedure":
                self._procedure(statement, context)
            case "substanceAdministration":
                self._medication(statement, context)

    def _organizer(self, organizer: etree._Element, context: _Context) -> None:
        status = _status(organizer)
        if status in _CALLED_OFF:
            self._gathering.miss(context.section.kind, self._source(organizer, context), _CALLED_OFF[status])
            return
        try:
            span = span_of(child(organizer, "effectiveTime"))
        except ImpossibleDateError:
            span = Span()  # each of its parts may tell its own
        specimen = coded(child(organizer, "specimen", "specimenRole", "specimenPlayingEntity", "code"), self._narrative).words
        inner = replace(context, span=span, specimen=specimen)
        for component in children(organizer, "component"):
            for statement in _statements(component):
                self._guarded(statement, inner)

    def _act(self, act: etree._Element, context: _Context) -> None:
        followed = templates(act)
        if _RISK_ACT in followed:
            self._gathering.miss(context.section.kind, self._source(act, context), "it is a risk, not something that is so")
            return
        if _NOTE_ACT in followed and not context.section.is_report:
            self._note(act, context)
        status = _status(act)
        if context.section.kind == PROCEDURES:
            self._procedure(act, context)
            return
        if status in _CALLED_OFF and status != "aborted":
            self._gathering.miss(context.section.kind, self._source(act, context), _CALLED_OFF[status])
            return
        span = span_of(child(act, "effectiveTime"))
        inner = replace(context, concern=status, concern_time=_author_time(act) or span.low)
        for nested in _nested(act, "SUBJ", "COMP", "REFR", ""):
            self._guarded(nested, inner)

    def _note(self, act: etree._Element, context: _Context) -> None:
        text = self._narrative.full_text_of(child(act, "text"))
        if text:
            title = coded(child(act, "code"), self._narrative).words or "Note"
            self._gathering.report(title, span_of(child(act, "effectiveTime")).day or self._document_date, text, context.section.where(act))

    def _observation(self, observation: etree._Element, context: _Context) -> None:
        section, followed = context.section, templates(observation)
        code = coded(child(observation, "code"), self._narrative)
        is_assertion = bool(followed & _PROBLEM_OBSERVATIONS) or any(one.code in _ASSERTIONS for one in code.codes)
        is_coded_value = any(True for _ in children(observation, "value"))
        if observation.get("nullFlavor") is None and _status(observation) not in _CALLED_OFF:
            self._close_texts(observation, code, is_assertion, context)
        if observation.get("nullFlavor") is not None:
            self._gathering.miss(section.kind, self._source(observation, context), "the record says that nothing is known of it")
        elif followed & _ALLERGY_OBSERVATIONS or (section.kind == ALLERGIES and child(observation, "participant") is not None):
            self._allergy(observation, context)
        elif section.kind == ALLERGIES:
            return  # how severe it was, or how certain
        elif self._means_a_test(code, observation, context):
            self._test(observation, code, context)
        elif is_assertion or (section.kind in (PROBLEMS, ENCOUNTERS) and is_coded_value):
            self._problem(observation, context)
        elif section.kind == PROCEDURES and self._is_a_treatment(code):
            self._procedure(observation, context)
        else:
            self._day_of(observation, context)  # a day that no calendar holds is listed as such
            self._gathering.miss(section.kind, self._source(observation, context), "no fact stands for it here")
        for nested in _nested(observation, "SUBJ", "COMP", "REFR", "SPRT"):
            if local_name(nested) == "observation" and not self._is_about_somebody_else(nested):
                inner = coded(child(nested, "code"), self._narrative)
                if self._means_a_test(inner, nested, context):
                    self._guarded(nested, context)

    def _close_texts(self, observation: etree._Element, code: Coded, is_assertion: bool, context: _Context) -> None:
        """Prose as a value is a report within the results: kept closed, unless its section's own report holds the same words."""
        texts = self._values.prose_of(observation, is_assertion)
        named = self._narrative.full_text_of(child(child(observation, "code"), "originalText"))
        texts += [named] if named and not is_name(named) else []
        if not code.words and not self._values.words_of(observation):
            written = self._narrative.full_text_of(child(observation, "text"))
            texts += [written] if written and not is_result(written) else []
        whole = self._whole_of(context.section)
        told = [text for text in without_repeats(texts) if squeezed(text) not in whole]
        try:
            day = self._day_of(observation, context)
        except ImpossibleDateError:
            day = None  # it is listed where the observation is read
        self._gathering.report(code.words or context.section.title, day, "\n\n".join(told), context.section.where(observation))

    def _whole_of(self, section: Section) -> str:
        """A section's own report on one line; each is put together once."""
        if self._whole is None or self._whole[0] is not section:
            self._whole = section, squeezed(report_text(section))
        return self._whole[1]

    def _list_open(self, statement: etree._Element, section: Section) -> None:
        """What was suspected when it was written is listed, not taken."""
        for observation in (one for one in statement.iter(f"{V3}observation") if one.find(f"{V3}value") is not None):
            if self._is_about_somebody_else(observation) or not templates(observation) & _PROBLEM_OBSERVATIONS:
                continue
            self._close_texts(observation, coded(child(observation, "code"), self._narrative), True, _Context(section))
            self._gathering.miss(
                section.kind, self._source(observation, _Context(section)), "a reason to look, or a worry, not yet a finding"
            )

    # --- Problems -----------------------------------------------------------------------------------------------------

    def _problem(self, observation: etree._Element, context: _Context) -> None:
        kind = "problem"
        value = child(observation, "value")
        told = coded(value, self._narrative)
        source = self._source(observation, context, told)
        why = self._why_not(observation, value, told)
        if why is not None:
            self._gathering.miss(kind, source, why)
            return
        span = span_of(child(observation, "effectiveTime"))
        means = self._condition_of(observation, value, told)
        known = [code for code in told.codes if self._code_book.meaning(code.system, code.code) is not None]
        source = replace(source, code=self._code_book.code_name(known[0].system, known[0].code) if known else source.code)
        if not means:
            self._gathering.miss(kind, source, "no fact stands for it here")
            return
        is_negated = observation.get("negationInd") == "true"
        over = None if is_negated else self._over(observation, span, context)
        is_mine = any(one.id == "diagnosis.primary" for one in means) and not is_negated
        written = _author_time(observation) or context.concern_time
        source = replace(source, date=written or span.low)
        for one in means:
            # What a list of problems holds open is so on the day of the document, whenever it began.
            is_listed = context.section.kind == PROBLEMS and self._vocabulary[one.id].valid_for_days is not None and not is_negated
            dated = replace(source, date=self._document_date or source.date) if is_listed else source
            self._tell_condition(kind, one, span, is_negated, None if is_mine else over, dated)
        if is_mine:
            if span.low is not None:
                day = replace(source, words=brief(f"{source.words}: since {span.low}"), date=None)
                self._gathering.fact(kind, "diagnosis.date", {"value": span.low}, day)
            if self._states(observation) & _BACK:
                self._gathering.fact(kind, "diagnosis.setting", {"value": "recurrence"}, source)

    def _why_not(self, observation: etree._Element, value: etree._Element | None, told: Coded) -> str | None:
        """Why a problem cannot be taken as it stands, before anybody asks what it means."""
        status = _status(observation)
        if status in _CALLED_OFF:
            return _CALLED_OFF[status]
        if child(observation, "uncertaintyCode") is not None:
            return "the record itself is not sure of it"
        original = self._narrative.text_of(child(value, "originalText"))
        if value is None or (not told.codes and not told.words and not original):
            return "the record names no problem here"
        listed = ((code.system, code.code, code.display) for code in told.codes)
        if (taken_back := self._clinical.why_taken_back(original, listed)) is not None:
            return taken_back
        for qualifier in value.iter(f"{V3}qualifier"):
            name = child(qualifier, "name")
            if name is None or name.get("code") not in _HARMLESS_QUALIFIERS:
                return "it is narrowed by a word that is not known here"
        return None

    def _condition_of(self, observation: etree._Element, value: etree._Element | None, told: Coded) -> tuple[Meant, ...]:
        """Every fact that a problem's codes, words and place mean."""
        original = self._narrative.text_of(child(value, "originalText"))
        sites = [concept_block(coded(site, self._narrative)) for site in children(observation, "targetSiteCode")]
        for qualifier in children(value, "qualifier"):
            name = child(qualifier, "name")
            if name is not None and name.get("code") == _SITE_QUALIFIER:
                sites.append(concept_block(coded(child(qualifier, "value"), self._narrative)))
        condition = {"code": concept_block(told, original or told.words), "bodySite": sites}
        key = json.dumps(condition, sort_keys=True)
        if key not in self._known_conditions:
            # Reading words takes time, so a document of endlessly many wordings is not read to its end.
            too_many = len(self._known_conditions) >= _MOST_WORDINGS
            self._known_conditions[key] = () if too_many else self._clinical.condition_means(condition)
        return self._known_conditions[key]

    def _is_elsewhere(self, observation: etree._Element) -> bool:
        """Whether a test of a tumor names the place of another one."""
        sites = [coded(site, self._narrative) for site in children(observation, "targetSiteCode")]
        meanings = [self._code_book.meaning(code.system, code.code) for site in sites for code in site.codes]
        places = {one.id for meaning in meanings if meaning for one in meaning.of_kind("place")}
        return places == {"elsewhere"}

    def _states(self, observation: etree._Element) -> set[str]:
        """The codes with which a problem's own status is told: active, resolved, come back."""
        states: set[str] = set()
        for nested in _nested(observation, "REFR", "SUBJ", "COMP"):
            if any(code.code == _STATUS for code in coded(child(nested, "code"), self._narrative).codes):
                states |= {code.code for code in coded(child(nested, "value"), self._narrative).codes}
        return states

    def _over(self, observation: etree._Element, span: Span, context: _Context) -> str | None:
        """That a problem is over, in words, or None where it is not told to be."""
        states = self._states(observation)
        if states & ({_ACTIVE} | _BACK):
            return None
        for state in sorted(states):
            if state in _OVER:
                return f"the record says that it is {_OVER[state]}"
        if span.high is not None and span.high != span.low:
            return f"the record says that it ended ({span.high})"
        if context.concern == "completed":
            return "the record's concern about it is closed"
        return "the record says that it ended, and not when" if span.is_ended and span.high is None else None

    def _tell_condition(self, kind: str, one: Meant, span: Span, is_negated: bool, over: str | None, source: Source) -> None:
        definition = self._vocabulary[one.id]
        if one.id == "diagnosis.primary" and not is_negated:
            return  # every situation is a cancer of the esophagus: the day and the place tell that it is there
        if self._is_not_ours(one.id):
            self._gathering.miss(kind, source, ONLY_ANOTHER)
        elif is_negated:
            if definition.kind == "yes_no" and one.value is True:
                self._gathering.fact(kind, one.id, {"value": False}, replace(source, date=source.date or self._document_date))
            else:
                self._gathering.miss(kind, source, f"{definition.label}: the record says that it is not so, which this fact cannot hold")
        elif one.value is None:
            # The date of something that happened is the day of its beginning; a test as a problem tells no value.
            if definition.kind == "date" and span.low is not None:
                self._gathering.fact(kind, one.id, {"value": span.low}, source)
        elif over is not None and definition.may_change:
            self._gathering.miss(kind, source, f"{definition.label}: {over}")
        else:
            form = dict(one.value) if isinstance(one.value, dict) else {"value": one.value}
            self._gathering.fact(kind, one.id, form, source)

    def _is_not_ours(self, fact_id: str) -> bool:
        return self._clinical.cancers.only_another and fact_id.startswith(OF_THE_CANCER)

    # --- Tests --------------------------------------------------------------------------------------------------------

    def _means_a_test(self, code: Coded, observation: etree._Element, context: _Context) -> bool:
        return bool(self._tests_of(code, observation, context)[0])

    def _tests_of(self, code: Coded, observation: etree._Element, context: _Context) -> tuple[list[Meant], str | None]:
        """The tests that an observation's code means, and that code; by name only where no system that all use has one."""
        for one in code.codes:
            meaning = self._code_book.meaning(one.system, one.code)
            if meaning is not None and meaning.tests:
                return list(meaning.tests), self._code_book.code_name(one.system, one.code)
        # A code that all use, and that is not in our book, is another test than its short name may sound like.
        if any((system := self._code_book.system(one.system)) is not None and system.id in ("loinc", "snomed") for one in code.codes):
            return [], None
        own = coded(child(observation, "specimen", "specimenRole", "specimenPlayingEntity", "code"), self._narrative).words
        if re.search(r"urine|stool|fluid|csf|saliva|sputum", f"{context.specimen} {own}", re.IGNORECASE):
            return [], None
        element = child(observation, "code")
        wordings = [*(one.display for one in code.codes), code.words, self._narrative.text_of(child(element, "originalText"))]
        for words in dict.fromkeys(wordings):
            meaning = self._code_book.test_named(words)
            if meaning is not None:
                return list(meaning.tests), None
        return [], None

    def _test(self, observation: etree._Element, code: Coded, context: _Context) -> None:
        kind = context.section.kind
        tests, code_name = self._tests_of(code, observation, context)
        words = f"{code.words}: {self._values.words_of(observation)}".rstrip(": ")
        source = Source(context.section.where(observation), brief(words), code_name, self._day_of(observation, context))
        if (why := self._why_no_result(observation)) is not None:
            self._gathering.miss(kind, source, why)
            return
        if _status(observation) in _UNFINISHED:
            source = replace(source, words=brief(f"{source.words} (preliminary)"))
        for test in tests:
            test_id = "biomarker." if test.id == "pdl1" else test.id
            if test_id.startswith(OF_THE_CANCER) and (self._is_not_ours(test_id) or self._is_elsewhere(observation)):
                self._gathering.miss(kind, source, ONLY_ANOTHER if self._is_not_ours(test_id) else ABOUT_ANOTHER)
                continue
            try:
                reads = self._values.read(test, observation)
            except NotReadableError as error:
                self._gathering.miss(kind, source, brief(str(error)))
                continue
            for read in reads:
                self._tell_measured(kind, observation, read, source)

    def _tell_measured(self, kind: str, observation: etree._Element, read: Read, source: Source) -> None:
        definition = self._vocabulary[read.fact_id]
        unit = None if read.unit is None else self._vocabulary.usual_unit_spelling(read.unit)
        if definition.is_lab:
            ends = self._values.ends(definition, observation, read.unit)
            if ends.why_not is not None:
                self._gathering.miss("range of a result", source, brief(ends.why_not))
            self._gathering.lab(kind, read.fact_id, read.form, unit, ends.limits, source)
            return
        self._gathering.fact(kind, read.fact_id, {**read.form, **({} if unit is None else {"unit": unit})}, source)

    def _why_no_result(self, observation: etree._Element) -> str | None:
        status = _status(observation)
        if status in _CALLED_OFF:
            return _CALLED_OFF[status]
        if status in _UNFINISHED and not self._values.words_of(observation):
            return "there is no result yet"
        if observation.get("negationInd") == "true":
            return "the record says that it was not so, or not done"
        return None

    def _day_of(self, observation: etree._Element, context: _Context) -> str | None:
        span = span_of(child(observation, "effectiveTime"))
        return span.day or context.span.day

    # --- Treatments ---------------------------------------------------------------------------------------------------
    # Told to the reader of FHIR treatments in its own frame, so that the days of many infusions become courses by the same rules.

    def _medication(self, administration: etree._Element, context: _Context) -> None:
        material = child(administration, "consumable", "manufacturedProduct", "manufacturedMaterial")
        told = coded(child(material, "code"), self._narrative)
        original = self._narrative.text_of(child(child(material, "code"), "originalText"))
        name = child(material, "name")
        named = "" if name is None else brief("".join(map(str, name.itertext())))
        words = original or named or told.words or self._narrative.text_of(child(administration, "text"))
        status = _status(administration)
        is_refused = administration.get("negationInd") == "true"
        span = self._given(administration)
        end = span.high if span.high and span.high <= self._gathering.as_of.isoformat() else None  # an end that lies ahead is a plan
        is_moment = span.low is not None and span.low == span.high
        resource = {
            "resourceType": "MedicationStatement",
            "status": "not-taken" if is_refused else _MEDICINE_STATUS.get(status, "unknown"),
            "medicationCodeableConcept": concept_block(told, words),
            **({"effectiveDateTime": span.low} if is_moment else {"effectivePeriod": {"start": span.low, "end": end}}),
            "reasonCode": self._reasons(administration),
            "dosage": [{"route": concept_block(coded(way, self._narrative))} for way in children(administration, "routeCode")],
        }
        counts = self._gathering.counts
        known_before = counts["other medicines"], len(self._gathering.not_understood), self._gathering.told_so_far
        self._treatments.read_medicine(Met(resource, context.section.where(administration), ()))
        tells_something = (len(self._gathering.not_understood), self._gathering.told_so_far) != known_before[1:]
        if counts["other medicines"] > known_before[0] and not tells_something:
            named = words if words and is_name(words) else "a medicine without a name"
            source = Source(context.section.where(administration), brief(named))
            self._gathering.miss("medication", source, "no treatment of the cancer that is known here")

    @staticmethod
    def _given(administration: etree._Element) -> Span:
        """From when until when: among several times, the one that is no rhythm."""
        for time in children(administration, "effectiveTime"):
            span = span_of(time)
            if span.low is not None or span.high is not None:
                return span
        return NO_SPAN

    def _reasons(self, statement: etree._Element) -> list[dict[str, Any]]:
        """What a treatment was for."""
        observations = [one for one in _nested(statement, "RSON") if local_name(one) == "observation"]
        return [concept_block(coded(child(one, "value"), self._narrative)) for one in observations if child(one, "value") is not None]

    def _procedure_concept(self, code: Coded, element: etree._Element) -> dict[str, Any]:
        original = self._narrative.text_of(child(child(element, "code"), "originalText"))
        return concept_block(code, original or code.words)

    def _is_a_treatment(self, code: Coded) -> bool:
        meanings = [self._code_book.meaning(one.system, one.code) for one in code.codes]
        is_coded = any(meaning.of_kind("procedure") or meaning.of_kind("treatment") for meaning in meanings if meaning)
        return is_coded or any(self._code_book.procedure_in_words(words) for words in (*(one.display for one in code.codes), code.words))

    def _procedure(self, procedure: etree._Element, context: _Context) -> None:
        told = coded(child(procedure, "code"), self._narrative)
        span = span_of(child(procedure, "effectiveTime"))
        status = _status(procedure)
        why = None
        if procedure.get("negationInd") == "true":
            why = "the record says that it was not done"
        elif status in _CALLED_OFF:
            why = _CALLED_OFF[status]
        elif status != "completed":
            why = "the record does not say that it was done"
        if why is not None:
            self._gathering.miss("procedure", replace(self._source(procedure, context), date=span.low or span.high), why)
            return
        is_moment = span.low is None or span.low == span.high
        resource = {
            "resourceType": "Procedure",
            "status": "completed",
            "code": self._procedure_concept(told, procedure),
            "bodySite": [concept_block(coded(site, self._narrative)) for site in children(procedure, "targetSiteCode")],
            **({"performedDateTime": span.low or span.high} if is_moment else {"performedPeriod": {"start": span.low, "end": span.high}}),
            "reasonCode": self._reasons(procedure),
        }
        self._treatments.read_procedure(Met(resource, context.section.where(procedure), ()))

    # --- Allergies ----------------------------------------------------------------------------------------------------

    def _allergy(self, observation: etree._Element, context: _Context) -> None:
        kind = "allergy"
        substances = [
            coded(code, self._narrative)
            for participant in children(observation, "participant")
            if (code := child(participant, "participantRole", "playingEntity", "code")) is not None
        ]
        value = coded(child(observation, "value"), self._narrative)
        displays = [code.display for code in value.codes if code.display][:1]
        words = "; ".join(filter(None, [*(one.words for one in substances), *displays]))
        span = span_of(child(observation, "effectiveTime"))
        source = Source(
            context.section.where(observation), brief(words or "an allergy without a name"), None, span.low or context.concern_time
        )
        fact_id = next((found for one in substances if (found := self._allergen(one)) is not None), None)
        if fact_id is None:
            self._gathering.miss(kind, source, "no fact stands for it here")
            return
        status = _status(observation)
        over = self._over(observation, span, context)
        if status in _CALLED_OFF:
            self._gathering.miss(kind, source, _CALLED_OFF[status])
        elif observation.get("negationInd") == "true":
            day = source.date or self._document_date
            self._gathering.fact(kind, fact_id, {"value": False}, replace(source, date=day))
        elif any(code.code in _INTOLERANCES for code in value.codes):
            self._gathering.miss(kind, source, "the record calls it an intolerance, not an allergy")
        elif over is not None:
            self._gathering.miss(kind, source, over)
        else:
            self._gathering.fact(kind, fact_id, {"value": True}, source)

    def _allergen(self, substance: Coded) -> str | None:
        """The allergy that this fact book asks about: platinum drugs, contrast agents."""
        for code in substance.codes:
            meaning = self._code_book.meaning(code.system, code.code)
            for one in meaning.facts if meaning else ():
                if one.id in ALLERGIES_ASKED:
                    return one.id
        platinum = self._vocabulary.drugs.members("platinum") or frozenset()
        for words in dict.fromkeys([*(code.display for code in substance.codes), substance.words]):
            drugs = drugs_in_words(words, self._vocabulary.drugs)
            if drugs and set(drugs) <= platinum:
                return "condition.platinum_allergy"
            if CONTRAST.search(words):
                return "condition.contrast_allergy"
        return None

    # --- Sources ------------------------------------------------------------------------------------------------------

    def _source(self, statement: etree._Element, context: _Context, value: Coded | None = None) -> Source:
        code = coded(child(statement, "code"), self._narrative)
        told = value or coded(child(statement, "value"), self._narrative)
        is_assertion = any(one.code in _ASSERTIONS for one in code.codes)
        chosen = told if is_assertion or not code.words else code
        value_words = self._values.words_of(statement) if value is None and not is_assertion else ""
        material = child(statement, "consumable", "manufacturedProduct", "manufacturedMaterial", "code")
        words = (
            ": ".join(filter(None, (chosen.words, value_words if value_words != chosen.words else "")))
            or coded(material, self._narrative).words
            or self._result_in_text(statement)
            or self._deepest_words(statement)
        )
        named = next((self._code_book.code_name(one.system, one.code) for one in chosen.codes), None)
        return Source(context.section.where(statement), brief(words or local_name(statement)), named)

    def _result_in_text(self, statement: etree._Element) -> str:
        text = self._narrative.text_of(child(statement, "text"))
        return text if is_result(text) else ""

    def _deepest_words(self, statement: etree._Element) -> str:
        for element in statement.iter(f"{V3}value", f"{V3}code"):
            if (told := coded(element, self._narrative)).words and element.get("displayName"):
                return told.words
        return ""


# --- Small questions about statements -------------------------------------------------------------------------------


def _statements(entry: etree._Element) -> Iterator[etree._Element]:
    return (one for one in entry if local_name(one) in _STATEMENTS)


def _nested(statement: etree._Element, *kinds: str) -> Iterator[etree._Element]:
    """The statements within a statement, of some kinds of relation. Reasons, causes and manifestations are other things than it."""
    for relation in children(statement, "entryRelationship"):
        if (relation.get("typeCode") or "") in kinds:
            yield from _statements(relation)


def _status(statement: etree._Element) -> str:
    code = child(statement, "statusCode")
    return (code.get("code") or "").strip().lower() if code is not None else ""


def _author_time(statement: etree._Element) -> str | None:
    time = child(statement, "author", "time")
    try:
        return span_of(time).day
    except ImpossibleDateError:
        return None
