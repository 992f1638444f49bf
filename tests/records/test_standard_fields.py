"""What FHIR's standard elements carry without our extension: from our own documents, and from records as hospitals write them."""

from __future__ import annotations

import json
import runpy
from datetime import date
from typing import Any

import pytest

from tests.docs.reading_docs import DOCS
from tests.helpers import situation_of
from tests.records.esophageal_bundles import BUNDLES, EsophagealBundle
from tests.records.generated_cases import generated_situations
from tests.records.test_round_trip import case_of, read_back, written
from wayline.facts.courses import Course, Listing
from wayline.facts.findings import Told, Value
from wayline.facts.values import DateRange, NumberRange
from wayline.library import Library
from wayline.records.codes import code_book
from wayline.records.imported import RecordReading

AS_OF = date(2026, 11, 30)
MADE: dict[str, Any] = runpy.run_path(str(DOCS / "reference" / "generate_fhir.py"))


def test_the_table_of_what_standard_fields_carry_is_fresh(content: Library) -> None:
    assert (DOCS / "reference" / "fhir-standard.md").read_text(encoding="utf-8") == MADE["standard_page"](
        content.vocabulary, code_book()
    ), "run: python docs/reference/generate_fhir.py > docs/reference/fhir-standard.md"


def test_without_the_extension_nothing_false_comes_back(content: Library) -> None:
    """What is read from the codes alone may be less exact than what was told. It is never something else."""
    seen: set[str] = set()
    for _, whole in generated_situations(content.vocabulary, 120):
        situation = whole.with_told("labs.earlier_results", None)  # without the extension these are results like any other
        bundle = MADE["without_extension"](written(situation))
        now = case_of(read_back(bundle, situation.as_of), situation.as_of)
        for fact_id, told in situation.told.items():
            if fact_id in now and fact_id not in _ALSO_READ_ELSEWHERE:
                assert _holds(now[fact_id].value, told.value), (fact_id, now[fact_id], told)
                seen.add(fact_id)
    assert len(seen) > 80


# What a course also says by itself: an esophagectomy is a removed primary, whatever else was told.
_ALSO_READ_ELSEWHERE = (
    *("diagnosis.primary_removed", "therapy.major_surgery_date", "therapy.history"),
    *("esophagus.stent", "esophagus.feeding_tube", "condition.organ_transplant", "therapy.last_dose", "therapy.now"),
)


def _holds(outer: Value | None, inner: Value | None) -> bool:
    """Whether everything that was told to be possible is possible by what was read."""
    match outer, inner:
        case (NumberRange(), NumberRange()):
            return outer.low <= inner.low and inner.high <= outer.high
        case (frozenset(), frozenset()):
            return inner <= outer
        case (DateRange(), DateRange()):
            return outer.first <= inner.first and inner.last <= outer.last
        case (str(), str()):
            return outer.lower() == inner.lower()  # `us` is the country US
    return outer == inner


# --- Records as hospitals write them ---------------------------------------------------------------------------------


@pytest.fixture(params=BUNDLES, ids=lambda one: one.name)
def row(request: pytest.FixtureRequest) -> EsophagealBundle:
    found: EsophagealBundle = request.param
    return found


def test_the_records_are_valid_fhir(row: EsophagealBundle) -> None:
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate_json(json.dumps(row.bundle))


def test_a_record_tells_what_it_says_and_no_more(row: EsophagealBundle) -> None:
    reading = read_back(row.bundle, AS_OF)
    now = case_of(reading, AS_OF)
    for fact_id, told in situation_of(dict(row.facts)).told.items():
        assert fact_id in now, (fact_id, _about(reading, fact_id))
        assert now[fact_id].value == told.value, fact_id
    assert {fact_id for fact_id in row.absent if fact_id in now} == set()
    assert all(one.where for one in reading.facts)
    assert reading.as_of is None


def test_courses_are_put_together_from_single_drugs(row: EsophagealBundle) -> None:
    now = case_of(read_back(row.bundle, AS_OF), AS_OF)
    history = now.get("therapy.history", Told(Listing((), False))).value
    assert isinstance(history, Listing)
    assert not history.complete  # a record never says that there was nothing else
    courses = [frozenset(one.drugs) | ({one.procedure} if one.procedure else set()) for one in history if isinstance(one, Course)]
    assert courses == list(row.courses)


def _about(reading: RecordReading, fact_id: str) -> Any:
    candidates = [one for one in reading.facts if one.fact_id == fact_id]
    return candidates, [(one.words, one.why) for one in reading.not_understood]
