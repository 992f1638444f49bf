"""Of anybody, however partly and oddly known, a sheet can be made, and it keeps told, told as no and not known apart."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.strategies import situations
from wayline.brief.known import rows_of
from wayline.brief.page import sheet_html
from wayline.brief.plain_text import WIDTH, sheet_text
from wayline.brief.sheet import SIZES, Choices, make_sheet
from wayline.facts.findings import NOT_KNOWN
from wayline.facts.situation import Situation
from wayline.facts.vocabulary import within_a_sentence
from wayline.library import library

PLAN = library().sheet_plan
FACTS = tuple(sorted(fact for row in PLAN.rows for fact in row.facts))
few = st.lists(st.sampled_from(FACTS), min_size=1, max_size=12, unique=True).flatmap(lambda facts: situations(tuple(facts)))
SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@SOME
@given(few, st.sampled_from(SIZES), st.booleans(), st.lists(st.text(max_size=400), max_size=12))
def test_a_sheet_can_be_made(person: Situation, size: int, outlook: bool, questions: list[str]) -> None:
    """Whatever is told and asked, each form comes out whole."""
    sheet = make_sheet(person, library(), questions=questions, choices=Choices(outlook=outlook, size=size))
    assert max(map(len, sheet_text(sheet).splitlines())) <= WIDTH
    assert sheet_html(sheet).endswith("</html>\n")


@SOME
@given(few)
def test_only_what_is_told_as_no_is_printed_as_no(person: Situation) -> None:
    """A fact that is not known is named as not known, or not at all."""
    for row, plan in ((row, plan) for row in rows_of(person, PLAN) for plan in PLAN.rows if plan.title == row.title):
        for fact_id in plan.facts:
            finding = person.finding(fact_id)
            name = PLAN.name(library().vocabulary[fact_id])
            if finding.state == NOT_KNOWN:
                assert name not in row.noes
                assert name not in row.yes
            elif finding.state == "known" and finding.shown is False:
                assert name in row.noes
            if name in row.missing:
                assert finding.shown is None, within_a_sentence(name)
