"""Wayline's own extension in FHIR: a told value exactly as a case file holds it, beside the coded value that everybody understands.

FHIR's own elements cannot hold all that a person told: "1 or more, below 10", "2.1 times the upper limit", a list that may have gaps, a
source. So each resource carries the told value a second time, in this extension. It never outranks the coded value: a seal binds it to the
coded elements that it was written with. Where one of those was changed since, the extension does not count, and the difference is told.
The seal is a checksum, no signature: it notices a change, it proves no author. Everything that is read is confirmed by the person anyway.

Described for others in docs/reference/fhir.md; why it is so in docs/adr/0027-fhir-out-and-back.md.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from wayline.facts.case import FactReader
from wayline.facts.case_forms import read_form
from wayline.facts.courses import Listing
from wayline.facts.findings import Told
from wayline.facts.vocabulary import FactDefinition, Vocabulary
from wayline.logic.wording import number_in_words, value_in_words
from wayline.reading import Place, WaylineError
from wayline.records.imported import ImportedFact, NotUnderstood

# `.example` is reserved (RFC 2606): it can never be anybody's domain, so this names Wayline's own things and claims no address.
BASE = "https://wayline.example/fhir"
TOLD = f"{BASE}/StructureDefinition/told-value"
AS_OF = f"{BASE}/StructureDefinition/as-of"
FACTS = f"{BASE}/CodeSystem/facts"
CHOICES = f"{BASE}/CodeSystem/choices"
DOCUMENTS = f"{BASE}/documents"
TUMORS = f"{BASE}/tumors"

# What mCODE says of a drug that was given against the cancer: why it was given, and why it was ended.
TREATMENT_INTENT = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-treatment-intent"
TERMINATION = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-treatment-termination-reason"

# A value in one resource; a list and its items. FRAME tells no value: it seals what a resource says beside the told values, so that
# what a hospital adds there is noticed.
WHOLE, LIST, ITEM, FRAME = "whole", "list", "item", "frame"

# The elements that say what a resource means. A name with [x] stands for every form of the element.
SEALED: Mapping[str, tuple[str, ...]] = {
    "Observation": ("status", "code", "value[x]", "dataAbsentReason", "effective[x]", "bodySite", "component", "hasMember"),
    "Condition": ("verificationStatus", "code", "bodySite", "onset[x]", "abatement[x]", "recordedDate"),
    "MedicationStatement": (
        *("status", "medication[x]", "effective[x]", "statusReason"),
        *(f"extension({TREATMENT_INTENT})", f"extension({TERMINATION})"),
    ),
    "Procedure": ("status", "code", "performed[x]", "bodySite", "statusReason"),
    "BodyStructure": ("active", "morphology", "location", "locationQualifier"),
    "Goal": ("lifecycleStatus", "description"),
    "List": ("status", "emptyReason", "entry"),
    "Patient": (),
}
# A resource that was withdrawn does not count, whatever else it says.
_ALWAYS = ("status", "verificationStatus", "lifecycleStatus", "active")
OWN_CODE = "Wayline"  # stands where a code of a code system would
# A hospital's system adds codes of its own to ours. They change nothing; another code of a common system does.
_COMMON_SYSTEMS = ("http://loinc.org", "http://snomed.info", "http://www.nlm.nih.gov", "http://hl7.org", "http://terminology.hl7.org", BASE)
_KIND_OF_DIFFERENCE = "Wayline's own value"
_CHANGED = "the record's own coded value was changed, or is gone, since Wayline wrote this. The coded value counts, not this one"
_OTHER_VERSION = "this value of Wayline's own cannot be read: {}"
_LONGEST_TOLD = 200_000
# More than any resource of ours holds: a file must not make the reader hash the same things over and over.
_MOST_VALUES, _MOST_COVERED = 40, 1_000


def extension(
    resource: Mapping[str, Any],
    fact_id: str,
    form: Any,
    *,
    part: str = WHOLE,
    elements: Sequence[str] | None = None,
    covered: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> dict[str, Any]:
    """The extension for one told value, sealed with the resource as it stands now: the last thing to be added to it.

    `form` is the value as a case file writes it; of a list only its frame, the items being in their own resources. `elements` are the ones
    that carry the value, where a resource carries several. `covered` are further resources that carry the same value, with their full URLs.
    """
    told = json.dumps(form, sort_keys=True, separators=(",", ":"))
    names = tuple(SEALED[resource["resourceType"]] if elements is None else elements)
    parts: list[dict[str, Any]] = [
        {"url": "fact", "valueCode": fact_id},
        {"url": "part", "valueCode": part},
        {"url": "told", "valueString": told},
        {"url": "elements", "valueString": " ".join(names)},
        *({"url": "with", "valueReference": {"reference": full_url}} for full_url, _ in covered),
        {"url": "seal", "valueString": _seal(fact_id, part, told, names, resource, [_digest_of(one) for _, one in covered])},
    ]
    return {"url": TOLD, "extension": parts}


def _seal(fact_id: str, part: str, told: str, names: Sequence[str], resource: Mapping[str, Any], covered: Iterable[str]) -> str:
    """`covered` are the digests of further resources."""
    return _digest([fact_id, part, told, _meant(resource, (*names, *_ALWAYS)), *covered])[:32]


def _digest_of(resource: Mapping[str, Any]) -> str:
    """What a covered resource means as a whole."""
    kind = resource.get("resourceType")
    return _digest(_meant(resource, (*(SEALED.get(kind, ()) if isinstance(kind, str) else ()), *_ALWAYS)))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _meant(resource: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What the named elements mean, without what software changes on the way: displays, references, the spelling of numbers."""
    meant: dict[str, Any] = {"resourceType": resource.get("resourceType")}
    for name in names:
        if name.startswith("extension("):
            url = name[len("extension(") : -1]
            found = [one for one in _dicts(resource.get("extension")) if one.get("url") == url]
            if found:
                meant[name] = [_plain({key: value for key, value in one.items() if key != "url"}) for one in found]
        elif name.endswith("[x]"):
            stem = name[:-3]
            meant |= {key: _plain(value) for key, value in resource.items() if key.startswith(stem) and key[len(stem) :][:1].isupper()}
        elif name in resource:
            meant[name] = _plain(resource[name])
    return meant


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        if "reference" in value:
            return "reference"  # a server gives other ids
        if "coding" in value:
            codings = [(str(one.get("system")), str(one.get("code"))) for one in _dicts(value["coding"])]
            return sorted(f"{system}|{code}" for system, code in codings if system.startswith(_COMMON_SYSTEMS))
        if "system" in value and "code" in value and "value" in value:
            return [value.get("comparator"), _plain(value["value"]), value["code"]]
        return {str(key): _plain(one) for key, one in value.items() if key not in ("id", "display", "extension")}
    if isinstance(value, Sequence):
        return [_plain(one) for one in value]
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Sequence) and not isinstance(value, str) else []


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MetResource:
    """A resource as the reader met it: `where` for people, `names` under which others refer to it."""

    resource: Mapping[str, Any]
    where: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnValues:
    """What Wayline's own extension tells of a record.

    `facts` agree with their coded values and stand for them; `changed` do not, and are only told about. `settled` says by the place of each
    resource which facts need not be read from its codes again: None means none of it.
    """

    as_of: str | None = None
    facts: tuple[ImportedFact, ...] = ()
    changed: tuple[NotUnderstood, ...] = ()
    settled: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    def still_coded(self, where: str, coded: Iterable[ImportedFact]) -> list[ImportedFact]:
        """Of the facts that a resource's codes tell, those that the extension does not tell already."""
        if where not in self.settled:
            return list(coded)
        facts = self.settled[where]
        return [] if facts is None else [one for one in coded if one.fact_id not in facts]


def is_own(resource: Mapping[str, Any]) -> bool:
    """Whether a resource carries Wayline's own extension."""
    return any(one.get("url") in (TOLD, AS_OF) for one in _dicts(resource.get("extension")))


def own_values(resources: Iterable[MetResource], vocabulary: Vocabulary, today: date | None = None) -> OwnValues:
    """Everything that the extension tells in these resources; nothing and no error where there is none.

    A value without a date counts as of the day of its case. Read on another day, `today`, it gets that day as its date, lest it count as
    fresh.
    """
    met = list(resources)
    if not any(is_own(one.resource) for one in met):
        return OwnValues()
    return _OwnReading(met, vocabulary, today).values()


@dataclass(frozen=True)
class _Entry:
    """One extension with its resource."""

    met: MetResource
    fact_id: str
    part: str
    told: str
    elements: frozenset[str]
    covered: tuple[MetResource, ...]
    agrees: bool

    @cached_property
    def form(self) -> Any:
        try:
            return json.loads(self.told, parse_constant=_refuse) if len(self.told) <= _LONGEST_TOLD else None
        except (ValueError, RecursionError):
            return None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number that JSON allows")


class _OwnReading:
    def __init__(self, met: list[MetResource], vocabulary: Vocabulary, today: date | None) -> None:
        self.met = met
        self.today = today
        self.vocabulary = vocabulary
        self.by_name = {f"urn:uuid:{one.resource.get('id')}": one for one in met} | {name: one for one in met for name in one.names}
        days = sorted({day for one in met if (day := _as_of(one.resource))})
        self.as_of = days[0] if len(days) == 1 else None  # an export may hold the documents of several visits
        self.reader = FactReader(vocabulary, date.fromisoformat(days[-1]) if days else date.max)
        self.digests: dict[int, str] = {}
        self.facts: list[ImportedFact] = []
        self.changed: list[NotUnderstood] = []
        # Our own Composition tells the sheet in words; there is nothing to read in it.
        ours = [one.where for one in met if _as_of(one.resource)]
        self.taken: dict[str, set[str]] = {where: set() for where in ours}
        self.wholly: dict[str, bool] = dict.fromkeys(ours, True)

    def values(self) -> OwnValues:
        entries = [entry for one in self.met for entry in self._entries(one)]
        items = {id(entry.met): entry for entry in entries if entry.part == ITEM}
        in_a_list: set[int] = set()
        for entry in entries:
            if entry.part == WHOLE:
                self._take(entry, entry.form, is_item=False)
            elif entry.part == LIST:
                in_a_list |= self._take_list(entry, items)
            elif entry.part == FRAME:
                self._frame(entry)
        for entry in items.values():
            if id(entry.met) not in in_a_list:
                self._take(entry, entry.form, is_item=True)
        self._notice_new_ranges(entries)
        settled = {where: None if self.wholly[where] else frozenset(facts) for where, facts in self.taken.items()}
        return OwnValues(self.as_of, tuple(self.facts), tuple(self.changed), settled)

    def _entries(self, met: MetResource) -> list[_Entry]:
        found: list[_Entry] = []
        ours = [one for one in _dicts(met.resource.get("extension")) if one.get("url") == TOLD]
        if len(ours) > _MOST_VALUES:
            self._tell(met, "extensions of Wayline's own", f"there are more than {_MOST_VALUES} in one resource")
            return []
        for one in ours:
            parts = _dicts(one.get("extension"))
            texts = {str(part.get("url")): part.get("valueCode", part.get("valueString")) for part in parts}
            references = [(part.get("valueReference") or {}).get("reference") for part in parts if part.get("url") == "with"]
            covered = [self._resolved(reference) for reference in references[:_MOST_COVERED]]
            fact_id, part, told, elements, seal = (texts.get(key) for key in ("fact", "part", "told", "elements", "seal"))
            if part not in (WHOLE, LIST, ITEM, FRAME) or not all(isinstance(text, str) for text in (fact_id, told, elements, seal)):
                self._tell(met, "an extension of Wayline's own", "it is damaged")
                self.taken.setdefault(met.where, set())
                self.wholly[met.where] = False
                continue
            here = [one for one in covered if one is not None]
            agrees = len(here) == len(references) and seal == _seal(
                str(fact_id), str(part), str(told), str(elements).split(), met.resource, map(self._digest_of, here)
            )
            found.append(_Entry(met, str(fact_id), str(part), str(told), frozenset(str(elements).split()), tuple(here), agrees))
        return found

    def _digest_of(self, met: MetResource) -> str:
        key = id(met.resource)
        if key not in self.digests:
            self.digests[key] = _digest_of(met.resource)
        return self.digests[key]

    def _resolved(self, reference: Any) -> MetResource | None:
        if not isinstance(reference, str):
            return None
        return self.by_name.get(reference) or self.by_name.get("/".join(reference.split("/")[-2:]))

    def _take_list(self, entry: _Entry, items: Mapping[int, _Entry]) -> set[int]:
        """A list of which every item is there and agrees is one fact; else its items stand alone, and nobody says that they are all."""
        rows = _dicts(entry.met.resource.get("entry"))
        referred = [self._resolved((row.get("item") or {}).get("reference")) for row in rows]
        listed = [items.get(id(one)) if one is not None else None for one in referred]
        whole = [one for one in listed if one is not None and one.agrees and one.fact_id == entry.fact_id]
        if entry.agrees and len(whole) == len(rows) and isinstance(entry.form, dict):
            form = {**entry.form, "items": [one.form for one in whole]}
            if self._take(entry, form, is_item=False):
                for one in whole:
                    self._settle(one)
                return {id(one.met) for one in whole}
            return set()
        why = "the list was changed since Wayline wrote it. What it still holds is read item by item, and there may be more"
        self._tell(entry.met, self._label(entry.fact_id), why)
        self._settle(entry)
        return set()

    def _take(self, entry: _Entry, form: Any, *, is_item: bool) -> bool:
        definition = self.vocabulary.get(entry.fact_id)
        if definition is None:
            self._tell(entry.met, entry.fact_id, _OTHER_VERSION.format("this version does not know the fact"))
            self._leave(entry)
            return False
        try:
            told = read_form(self.reader, definition, {"items": [form]} if is_item else form, Place(entry.met.where, 1))
        except (ValueError, ArithmeticError, RecursionError) as error:
            why = error.message if isinstance(error, WaylineError) else "it is damaged"
            self._tell(entry.met, definition.label, _OTHER_VERSION.format(why))
            self._leave(entry)
            return False
        if told is None:
            self._tell(entry.met, definition.label, _OTHER_VERSION.format("it is damaged"))
            self._leave(entry)
            return False
        words = _told_in_words(definition, told)
        if not entry.agrees:
            self._tell(entry.met, words, _CHANGED)
            self._leave(entry)
            return False
        day = str(told.date) if told.date is not None else None if is_item else _stated_on(entry.met.resource) or self.as_of
        if told.date is None and day is not None and definition.valid_for_days is not None and day != str(self.today or day):
            form = {**form, "date": day} if isinstance(form, dict) else {"value": form, "date": day}
        self.facts.append(ImportedFact(entry.fact_id, form, words, entry.met.where, OWN_CODE, day, is_item))
        self._settle(entry)
        return True

    def _frame(self, entry: _Entry) -> None:
        for met in (entry.met, *entry.covered):
            self.taken.setdefault(met.where, set())
            self.wholly[met.where] = self.wholly.get(met.where, True) and entry.agrees

    def _notice_new_ranges(self, entries: Iterable[_Entry]) -> None:
        """A lab's range that stands beside a value which was told without one is news, to be read from the resource."""
        sealed = {entry.met.where for entry in entries if "referenceRange" in entry.elements}
        for entry in entries:
            if "referenceRange" in entry.met.resource and entry.met.where not in sealed:
                self.wholly[entry.met.where] = False

    def _settle(self, entry: _Entry) -> None:
        for met in (entry.met, *entry.covered):
            self.taken.setdefault(met.where, set()).add(entry.fact_id)
            self.wholly.setdefault(met.where, True)

    def _leave(self, entry: _Entry) -> None:
        """The resource's codes are to be read, but for what other extensions in it settle."""
        for met in (entry.met, *entry.covered):
            self.taken.setdefault(met.where, set())
            self.wholly[met.where] = False

    def _label(self, fact_id: str) -> str:
        return self.vocabulary[fact_id].label if fact_id in self.vocabulary else fact_id

    def _tell(self, met: MetResource, words: str, why: str) -> None:
        self.changed.append(NotUnderstood(_KIND_OF_DIFFERENCE, words, met.where, why))


def _told_in_words(definition: FactDefinition, told: Told) -> str:
    if told.times_uln is not None:
        return f"{definition.label}: {number_in_words(told.times_uln.without_bounds(0, math.inf), 'times the upper limit of normal')}"
    if isinstance(told.value, Listing) and len(told.value) == 1:
        return f"{definition.label}: 1 listed"
    return f"{definition.label}: {value_in_words(definition, told.value)}"


def _stated_on(resource: Mapping[str, Any]) -> str | None:
    """The day that was written for a value without a date: that of its case."""
    for key in ("effectiveDateTime", "recordedDate", "date"):
        value = resource.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value[:10]).isoformat()
            except ValueError:
                return None
    return None


def _as_of(resource: Mapping[str, Any]) -> str | None:
    for one in _dicts(resource.get("extension")):
        if one.get("url") == AS_OF and isinstance(one.get("valueDate"), str):
            try:
                return date.fromisoformat(one["valueDate"]).isoformat()
            except ValueError:
                return None
    return None
