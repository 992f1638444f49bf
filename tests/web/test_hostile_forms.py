"""Forms that no page of ours sends: each gets an answer, and changes nothing that was told."""

from __future__ import annotations

from datetime import date

import pytest
from django.conf import settings
from django.test import Client

from wayline.library import library
from wayline.web.vault import Contents, Vault

TODAY = date.today()  # noqa: DTZ011
MANY = "9" * 5_000  # more digits than Python makes a number of
DEEP = "[" * 60_000
DIARY = [{"date": TODAY.isoformat(), "facts": {"nutrition.weight_kg": {"value": 71.5}}, "note": "soup went down"}]
QUESTIONS = {"kept": [{"key": 1, "id": None, "words": "May I fly to see my sister?"}]}
MORE = [DEEP, MANY, '[[0, {"drugs": [5, null]}]]', '[[0, {"drugs": 5}], [-1, {}], [1]]']
FORMS = [
    ("/visit/questions/", f"words-{MANY}=May+I+fly+to+see+my+sister%3F&was-{MANY}=May+I+fly+to+see+my+sister%3F", 302),
    ("/diary/day/", f"do=forget&place={MANY}", 200),
    ("/situation/step/about-you/", f"was:person.age={DEEP}&person.age=61", 302),
]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("more", MORE)
def test_treatments_that_nobody_wrote_break_no_page(client: Client, more: str) -> None:
    """As they may stand in a file that was changed by hand: the draft is shown, and can be taken out again."""
    vault = Vault(None, TODAY)
    vault.write(Contents(drafts={"therapy.history": {"": "some", "more": more, "start-0": "?"}}))
    client.cookies[settings.VAULT_COOKIE] = vault.cookie
    step = library().steps.step_of_fact["therapy.history"]
    assert client.get(f"/situation/step/{step}/").status_code == 200
    client.post(f"/situation/step/{step}/", {"therapy.history": "none", "therapy.history:without_more": "yes"})
    assert not vault.read().drafts


@pytest.mark.parametrize(("address", "body", "status"), FORMS)
def test_a_hostile_form_is_answered_and_changes_nothing(client: Client, address: str, body: str, status: int) -> None:
    vault = Vault(None, TODAY)
    told = Contents(facts={"person.age": {"value": 61}}, diary=DIARY, questions=QUESTIONS)
    vault.write(told)
    client.cookies[settings.VAULT_COOKIE] = vault.cookie
    assert client.post(address, body, content_type="application/x-www-form-urlencoded").status_code == status
    assert vault.read() == told
