"""A situation as a FHIR R4 (4.0.1) document: a Bundle whose Composition points to everything that was told, coded for other software.

Standard elements say as much as they can; what they cannot hold stands in Wayline's own extension, so that reading the document again
gives the same told facts (`wayline.records.own_extension`). Nothing that only follows from other facts is written, and no name, note or
draft.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wayline.facts.case_forms import case_form
from wayline.facts.situation import Situation
from wayline.records.codes import CodeBook
from wayline.records.fhir_draft import Draft
from wayline.records.fhir_facts import ON_THE_CANCER, ON_THE_PATIENT, write_cancer, write_fact, write_lab, write_patient
from wayline.records.fhir_frame import frame
from wayline.records.fhir_lists import write_list
from wayline.records.fhir_pieces import Resource, clean, escaped
from wayline.records.own_extension import AS_OF, BASE

TITLE = "Visit sheet"
ALL_FACTS = "All that was told"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, BASE)
_LISTS = ("lesions", "scans", "lab_results", "courses", "choice_list")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class SheetSection:
    """One section of the printed sheet, in plain text, for the document's Composition.

    `fact_ids` are the facts that it speaks of; the section then refers to their resources. Ids that nothing was told of are passed over.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    fact_ids: tuple[str, ...] = ()


def bundle_of(
    situation: Situation, code_book: CodeBook, *, generated_at: str, sheet: Sequence[SheetSection] | None = None
) -> dict[str, Any]:
    """The document as JSON-ready dicts, lists, strings and numbers; the same for the same input.

    `generated_at` is a FHIR instant, such as 2026-11-30T09:15:00Z; ValueError where it is none. `sheet` are the sections of the printed
    sheet, in their order. A last section always refers to every resource, so that nothing in the document stands loose.
    """
    if not _INSTANT.fullmatch(generated_at):
        raise ValueError("generated_at must be an instant such as 2026-11-30T09:15:00Z")
    datetime.fromisoformat(generated_at)
    sections = tuple(sheet or ())
    draft = Draft(situation, code_book, _seed(situation, generated_at, sections))
    write_patient(draft)
    write_cancer(draft)
    _write_facts(draft)
    draft.seal()
    composition_url = draft.url_of("Composition")
    composition = _composition(draft, composition_url, generated_at, sections)
    entries = [(composition_url, composition), *draft.resources.items()]
    return {
        "resourceType": "Bundle",
        "id": str(uuid.uuid5(draft.seed, "Bundle")),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid5(draft.seed, 'Bundle')}"},
        "type": "document",
        "timestamp": generated_at,
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def _seed(situation: Situation, generated_at: str, sections: Sequence[SheetSection]) -> uuid.UUID:
    """What all ids of the document are made from: all of its content, so that no two people's documents share an id."""
    told = [[one.title, one.paragraphs, one.items, one.fact_ids] for one in sections]
    content = json.dumps([case_form(situation), generated_at, told], sort_keys=True)
    return uuid.uuid5(_NAMESPACE, content)


def _write_facts(draft: Draft) -> None:
    """Every told fact in the vocabulary's order, each once."""
    told = draft.situation.told
    for fact_id, definition in draft.situation.vocabulary.items():
        if fact_id in ON_THE_PATIENT or fact_id in ON_THE_CANCER:
            continue
        if definition.is_lab:
            if any(one in told for one in (fact_id, f"{fact_id}_lln", f"{fact_id}_uln")):
                write_lab(draft, definition)
        elif fact_id in told and definition.kind in _LISTS:
            write_list(draft, fact_id, told[fact_id])
        elif fact_id in told and not _is_limit(draft, fact_id):
            write_fact(draft, fact_id, told[fact_id])


def _is_limit(draft: Draft, fact_id: str) -> bool:
    """Whether the fact is an end of a lab's normal range, which stands with the lab."""
    lab = draft.situation.vocabulary.get(fact_id[:-4]) if fact_id.endswith(("_uln", "_lln")) else None
    return lab is not None and lab.is_lab


def _composition(draft: Draft, url: str, generated_at: str, sections: Sequence[SheetSection]) -> Resource:
    vocabulary = draft.situation.vocabulary
    told = draft.situation.told
    words = [draft.words(fact_id, told[fact_id]) for fact_id in vocabulary if fact_id in told]
    everything = SheetSection(
        ALL_FACTS,
        paragraphs=(f"As of {draft.situation.as_of.isoformat()}. Told by the person, or by somebody who helps. Not checked by anybody.",),
        items=tuple(words),
    )
    written = [_section(one, _references(draft, one.fact_ids)) for one in sections]
    written.append(_section(everything, list(draft.resources)))
    return {
        "resourceType": "Composition",
        "id": url.removeprefix("urn:uuid:"),
        "language": "en-US",
        "text": _div([TITLE], []),
        "extension": [{"url": AS_OF, "valueDate": draft.situation.as_of.isoformat()}],
        "identifier": {"system": "urn:ietf:rfc:3986", "value": url},
        "status": "final",
        "type": {"coding": [dict(frame().codings["document"])]},
        "subject": draft.patient,
        "date": generated_at,
        "author": [draft.patient],
        "title": TITLE,
        "section": written,
    }


def _references(draft: Draft, fact_ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(url for fact_id in fact_ids for url in draft.urls_of.get(fact_id, ())))


def _section(section: SheetSection, urls: Sequence[str]) -> Resource:
    return {
        "title": clean(section.title).strip() or "-",
        "text": _div(section.paragraphs, section.items),
        **({"entry": [{"reference": url} for url in urls]} if urls else {}),
    }


def _div(paragraphs: Sequence[str], items: Sequence[str]) -> Resource:
    body = "".join(f"<p>{escaped(one)}</p>" for one in paragraphs)
    body += f"<ul>{''.join(f'<li>{escaped(one)}</li>' for one in items)}</ul>" if items else ""
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{body or "<p>-</p>"}</div>'}
