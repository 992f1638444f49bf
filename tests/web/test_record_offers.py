"""Laws of taking over what a record says, tried with random records on random answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wayline.facts.case import FactReader
from wayline.facts.courses import Listing
from wayline.library import Library
from wayline.records.imported import ImportedFact, RecordReading
from wayline.web.asking import read_answer
from wayline.web.record_offers import Selection, changes_of, offers_of
from wayline.web.waiting_records import WaitingRecord, waiting_from

TODAY = date(2026, 11, 30)
DAYS = [(TODAY - timedelta(days)).isoformat() for days in (0, 1, 10, 40, 400)]
COURSES = [
    {"drugs": ["cisplatin"]},
    {"drugs": ["cisplatin"], "start": "2026-01", "end": "2026-03"},
    {"drugs": ["paclitaxel"], "start": "2026-05"},
]
LABS = tuple(f"labs.{lab}{end}" for lab in ("alt", "bilirubin", "earlier_results") for end in ("", "_uln", "_lln"))
VALUES: dict[str, Any] = {
    "diagnosis.histology": st.sampled_from(["adenocarcinoma", "squamous"]),
    "biomarker.her2": st.sampled_from(["positive", "negative"]),
    "biomarker.pdl1_cps": st.sampled_from([0, 8]),
    "function.ecog": st.sampled_from(["0", "1", "2"]),
    "labs.alt": st.sampled_from([30, 300]),
    "labs.bilirubin": st.sampled_from([0.7, 2]),
}
dated = st.one_of(st.none(), st.sampled_from(DAYS))


def form(value: Any, day: str | None) -> dict[str, Any]:
    return {"value": value} if day is None else {"value": value, "date": day}


@st.composite
def imported(draw: st.DrawFn) -> ImportedFact:
    """One candidate of a record; a blood test may bring its limit."""
    where = f"entry {draw(st.integers(1, 4))}"
    if draw(st.booleans()):
        fact_id = draw(st.sampled_from(list(VALUES)))
        day = draw(dated)
        return ImportedFact(fact_id, form(draw(VALUES[fact_id]), day), "words", where, None, day)
    if draw(st.booleans()):
        day = draw(dated)
        return ImportedFact("labs.alt_uln", form(draw(st.sampled_from([40, 50])), day), "words", where, None, day)
    if draw(st.booleans()):
        one = draw(st.sampled_from(COURSES))
        return ImportedFact("therapy.history", one, "words", where, None, one.get("start"), True)  # type: ignore[arg-type]
    day = draw(st.sampled_from(DAYS))
    return ImportedFact(
        "labs.earlier_results", {"lab": "labs.alt", "value": draw(st.sampled_from([30, 300])), "date": day}, "words", where, None, day, True
    )


@st.composite
def told(draw: st.DrawFn) -> dict[str, Any]:
    """Answers that a person gave before."""
    facts: dict[str, Any] = {}
    for fact_id, values in VALUES.items():
        if draw(st.booleans()):
            facts[fact_id] = form(draw(values), draw(dated))
    if draw(st.booleans()):
        facts["therapy.history"] = {"items": draw(st.lists(st.sampled_from(COURSES), unique_by=str)), "complete": draw(st.booleans())}
    if draw(st.booleans()):
        facts["labs.earlier_results"] = [{"lab": "labs.alt", "value": 77, "date": draw(st.sampled_from(DAYS[1:]))}]
    return facts


@st.composite
def marked(draw: st.DrawFn, content: Library, record: WaitingRecord, facts: dict[str, Any]) -> Selection:
    """What somebody may mark on the page."""
    selection = Selection()
    for offer in offers_of(record, facts, content.vocabulary, TODAY).all:
        if offer.is_closed or not draw(st.booleans()):
            continue
        picked = [draw(st.sampled_from(offer.candidates))] if offer.is_choice else list(offer.candidates)
        selection.take += [(one, DAYS[0] if one.needs_day else "") for one in picked]
        selection.left |= set(offer.keys)
    return selection


@given(data=st.data(), facts=told(), candidates=st.lists(imported(), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_taking_over_keeps_its_laws(content: Library, data: st.DataObject, facts: dict[str, Any], candidates: list[ImportedFact]) -> None:
    """Readable, nothing of a list lost, nothing older than what was told, nothing that was not marked, nothing decided about twice."""
    vocabulary, reader = content.vocabulary, FactReader(content.vocabulary, TODAY)
    record = waiting_from(RecordReading("file", "FHIR bundle", tuple(candidates)), vocabulary, TODAY)
    assert WaitingRecord.from_stored(record.stored()) == record
    assert not changes_of(Selection(), record, facts, vocabulary)
    selection = data.draw(marked(content, record, facts))
    changed = changes_of(selection, record, facts, vocabulary)
    after = {fact_id: one for fact_id, one in {**facts, **changed}.items() if one is not None}
    marked_ids = {one.facts[0].fact_id for one, _ in selection.take} | {limit.fact_id for one, _ in selection.take for limit in one.facts}
    for fact_id in after:
        assert read_answer(reader, vocabulary[fact_id], after[fact_id]) is not None
        if fact_id not in LABS:
            assert fact_id in marked_ids or after[fact_id] == facts[fact_id]
    for fact_id in VALUES:
        day_before, day_after = (str((one.get(fact_id) or {}).get("date") or "") for one in (facts, after))
        # Of what does not grow old, a value without a day may be chosen; it is then of no day.
        grows_old = vocabulary[fact_id].valid_for_days is not None
        assert not day_before or day_after >= day_before or (not day_after and not grows_old), fact_id
    before = read_answer(reader, vocabulary["therapy.history"], facts.get("therapy.history"))
    history = read_answer(reader, vocabulary["therapy.history"], after.get("therapy.history"))
    replaced = sum(one.act.startswith("replace") and one.facts[0].fact_id == "therapy.history" for one, _ in selection.take)
    if before is not None and isinstance(before.value, Listing):
        assert history is not None
        assert isinstance(history.value, Listing)
        assert sum(one not in history.value.items for one in before.value.items) <= replaced
        assert before.value.complete or not history.value.complete
    rest = record.without(selection.keys, len(selection.take))
    again = {key for offer in offers_of(rest, after, vocabulary, TODAY).all for key in offer.keys}
    assert again.isdisjoint(selection.keys)
