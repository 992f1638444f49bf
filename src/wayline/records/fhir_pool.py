"""The resources of one file, with the names under which they refer to each other, and the one person that they are about."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wayline.reading import shortened
from wayline.records.fhir_access import Resource, block_of, blocks_of, day_of, text_of
from wayline.records.imported import Identity, NotUnderstood
from wayline.records.shown_words import is_result

_PERSON_KEYS = ("subject", "patient", "individual", "beneficiary")
_TYPE = re.compile(r"[A-Z][A-Za-z]{2,60}")
LONGEST_NAME = 80
_LONGEST_PERSON_NAME = 300
_NAME = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Met:
    """A resource as it was met. `where` is for people; `names` are those that others refer to it by."""

    resource: Resource
    where: str
    names: tuple[str, ...]
    is_contained: bool = False

    @property
    def type(self) -> str:
        return text_of(self.resource, "resourceType") or ""


class Pool:
    """All resources of a file. `add` takes whatever stood there; what is no resource is listed."""

    def __init__(self) -> None:
        self.met: list[Met] = []
        self.counts: Counter[str] = Counter()
        self.not_understood: list[NotUnderstood] = []
        self._by_name: dict[str, Met] = {}

    def add(self, resource: Any, where: str, full_url: Any = None) -> None:
        """One resource; of a Bundle all its entries."""
        if not isinstance(resource, Mapping) or not isinstance(resource.get("resourceType"), str):
            self.counts["no resource"] += 1
            self.miss("no resource", "an entry", where, "it holds no FHIR resource")
            return
        kind = resource["resourceType"]
        if not _TYPE.fullmatch(kind):
            self.counts["no resource"] += 1
            self.miss("no resource", shortened(kind) if is_result(kind) else "an entry", where, "this is no name of a FHIR resource")
            return
        if kind == "Bundle":
            self.add_bundle(resource, where)
            return
        self.counts[kind] += 1
        identity = text_of(resource, "id")
        shown = f"{where}, {kind}/{shortened(identity)}" if identity else f"{where}, {kind}"
        names = tuple(dict.fromkeys(one for one in (full_url, f"{kind}/{identity}" if identity else None) if isinstance(one, str)))
        met = Met(resource, shown, names)
        self.met.append(met)
        for name in names:
            self._by_name.setdefault(name, met)
        self._by_name.setdefault(f"urn:uuid:{identity}", met)
        for inner in blocks_of(resource, "contained"):
            inner_id = text_of(inner, "id")
            place = f"{shown}, contained {shortened(text_of(inner, 'resourceType'))}"
            contained = Met(inner, place, (f"#{inner_id}",) if inner_id else (), True)
            if contained.type == "Observation":
                self.counts["Observation"] += 1
                self.met.append(contained)

    def add_bundle(self, bundle: Resource, where: str) -> None:
        """The entries of a Bundle, each with its place. A change that a transaction makes (DELETE) is no resource of the person."""
        lead = f"{where}, " if where else ""
        entries = bundle.get("entry")
        if entries is not None and not isinstance(entries, list):
            self.miss("no resource", "the entries", where or "the bundle", "'entry' is not a list")
        for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
            place = f"{lead}entry {number}"
            if not isinstance(entry, Mapping) or ("resource" not in entry and "request" not in entry and "response" not in entry):
                self.counts["no resource"] += 1
                self.miss("no resource", "an entry", place, "it is empty")
                continue
            if block_of(entry, "request").get("method") == "DELETE":
                self.miss("no resource", "an entry", place, "it asks to delete something")
                continue
            if block_of(entry, "search").get("mode") == "outcome":
                continue
            self.add(entry.get("resource"), place, entry.get("fullUrl"))

    def miss(self, kind: str, words: str, where: str, why: str) -> None:
        self.not_understood.append(NotUnderstood(kind, words, where, why))

    def resolve(self, reference: Any, within: Resource | None = None) -> Met | None:
        """The resource that a reference points to, if the file holds it: `#id`, `urn:uuid:...`, `Type/id`, an absolute address."""
        if not isinstance(reference, str) or not reference:
            return None
        if reference.startswith("#"):
            for inner in blocks_of(within or {}, "contained"):
                if text_of(inner, "id") == reference[1:]:
                    return Met(inner, "contained", (reference,), True)
            return None
        plain = reference.split("/_history/")[0]
        return self._by_name.get(plain) or self._by_name.get("/".join(plain.split("/")[-2:]))


@dataclass(frozen=True)
class Person:
    """Whom the file is about: `patient` is their first resource, or None where it holds none. Each hospital may have written its own."""

    people: int
    patient: Met | None
    names: frozenset[str]
    identifiers: frozenset[str]
    identity: Identity | None = None


def person_of(pool: Pool) -> Person:
    """The one person of a file. With several, `people` says how many, and nothing of the file may be used."""
    patients = [met for met in pool.met if met.type == "Patient" and not met.is_contained]
    if patients:
        identifiers = {value for met in patients for one in blocks_of(met.resource, "identifier") if (value := text_of(one, "value"))}
        names = frozenset(name for met in patients for name in _names_of(met))
        return Person(_people_of(patients), patients[0], names, frozenset(identifiers), _identity(patients))
    subjects = {name for met in pool.met if (name := _subject_name(met.resource)) and not name.startswith("#")}
    return Person(max(1, len(subjects)), None, frozenset(subjects), frozenset())


def _people_of(patients: list[Met]) -> int:
    """How many people these resources are of. One id is one person unless they contradict each other; two ids are two people unless
    the whole birth date and the names say that several hospitals wrote of one.
    """
    groups: list[list[Met]] = []
    for met in patients:
        group = next((group for group in groups if all(_is_same(met, other) for other in group)), None)
        if group is None:
            groups.append([met])
        else:
            group.append(met)
    return len(groups)


def _is_same(one: Met, other: Met) -> bool:
    first, second = identity_of(one.resource), identity_of(other.resource)
    if (one.names and other.names and one.names[-1] == other.names[-1]) or one.resource == other.resource:
        return not first.contradicts(second)
    return first.is_surely(second)


def identity_of(patient: Resource) -> Identity:
    """Whose a Patient resource is. Former and other names count too: one in common is enough."""
    gender = text_of(patient, "gender")
    given: set[str] = set()
    family: set[str] = set()
    for name in blocks_of(patient, "name"):
        written = name.get("given")
        parts = [one for one in (written if isinstance(written, list) else [written]) if isinstance(one, str)]
        last = text_of(name, "family")
        whole = text_of(name, "text") if not parts and last is None else None
        given |= words_of_name(" ".join(parts), whole)
        family |= words_of_name(last, whole)
    sex = {"male": "m", "female": "f"}.get((gender or "").lower())
    return Identity(day_of(patient.get("birthDate")), sex, frozenset(given), frozenset(family))


def words_of_name(part: str | None, whole: str | None = None) -> set[str]:
    """The words of a part of a name, in lower case; where only a whole name is told, any of its words may be that part."""
    found = _NAME.findall((part or "")[:_LONGEST_PERSON_NAME].lower())
    loose = _NAME.findall((whole or "")[:_LONGEST_PERSON_NAME].lower())
    return {*found, *(loose if len(loose) > 1 else ())}


def _identity(patients: list[Met]) -> Identity:
    """All that the resources of one person tell of them, as one."""
    told = [identity_of(met.resource) for met in patients]
    births = sorted({one.birth for one in told if one.birth}, key=len)
    return Identity(
        births[-1] if births else None,
        next((one.sex for one in told if one.sex), None),
        frozenset(word for one in told for word in one.given),
        frozenset(word for one in told for word in one.family),
    )


def _names_of(patient: Met) -> frozenset[str]:
    identity = text_of(patient.resource, "id")
    return frozenset({*patient.names, *(() if identity is None else (f"urn:uuid:{identity}", f"Patient/{identity}"))})


def _subject_name(resource: Resource) -> str | None:
    for key in _PERSON_KEYS:
        reference = text_of(block_of(resource, key), "reference")
        if reference and "Patient/" in reference:
            return "/".join(reference.split("/_history/")[0].split("/")[-2:])
        if reference and reference.startswith("urn:"):
            return reference
    return None


def whose(met: Met, person: Person) -> str | None:
    """Why a resource is not about the person of the file, or None where it is, or nothing says otherwise."""
    resource = met.resource
    for key in _PERSON_KEYS:
        subject = block_of(resource, key)
        if not subject:
            continue
        reference = text_of(subject, "reference")
        if reference is None:
            identifier = text_of(block_of(subject, "identifier"), "value")
            if identifier and person.identifiers and identifier not in person.identifiers:
                return "it is about somebody else than the person of this record"
            return None
        if reference.startswith("#"):
            inner = next((one for one in blocks_of(resource, "contained") if text_of(one, "id") == reference[1:]), None)
            return None if inner is not None and text_of(inner, "resourceType") == "Patient" else "it does not say about whom it is"
        plain = reference.split("/_history/")[0]
        if plain in person.names or "/".join(plain.split("/")[-2:]) in person.names:
            return None
        if "?" in plain:
            value = plain.rsplit("|", 1)[-1].rsplit("=", 1)[-1]
            return None if value in person.identifiers else "it is about somebody else than the person of this record"
        return "it is about somebody else than the person of this record"
    return None


def references_in(resource: Resource, keys: Iterable[str]) -> list[str]:
    """The references that stand under these keys."""
    return [name for key in keys for one in blocks_of(resource, key) if (name := text_of(one, "reference"))]
