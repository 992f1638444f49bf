"""Keys on the site: a recovery code, people who read along, devices that forget, and a file with everything."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import FormClient
from tests.web.test_pages import NEVER, TELLING, text_of
from tests.web.test_vault import everything_stored
from wayline.cli import main
from wayline.library import library
from wayline.web import keyring, lockbox, visitors
from wayline.web.exporting import NotAnExportError, as_file, case_file, export, restored
from wayline.web.key_codes import ALPHABET, CHARACTERS, CodeSlipError, in_groups, key_of, new_code
from wayline.web.keyring import MOST_WRONG_CODES, TOPICS, keys_of, shared_with
from wayline.web.lockbox import CAREGIVER, DEVICE, MOST_KEYS
from wayline.web.models import VaultHolder, VaultRecord, WrongCodes
from wayline.web.sealing import holder_id
from wayline.web.vault import Contents, Vault, forget_unused, key_as_text
from wayline.web.views import keys as key_views

TODAY = date.today()  # noqa: DTZ011
KEYS, CODE_PAGE, SHARE, OPEN, REMOVE, SHARED = "/keys/", "/keys/code/", "/keys/share/", "/keys/open/", "/keys/remove/", "/keys/shared/"
VISIT = ("/visit/", "/visit/questions/")
SAVE, RESTORE, DEVICE_PAGE = "/keys/save/", "/keys/restore/", "/keys/device/"
DIARY = [{"date": "2026-11-28", "facts": {"nutrition.weight_kg": {"value": 71.5}}, "note": "soup went down"}]
QUESTIONS = {"kept": [{"key": 1, "id": None, "words": "May I fly to see my sister?"}]}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "WAIT_SECONDS", 0)


@pytest.fixture
def told(client: Client) -> Client:
    """A visitor with something in every part of their record."""
    for step, answers in TELLING.items():
        client.post(f"/situation/step/{step}/", answers)
    vault = vault_in(client)
    contents = vault.read()
    contents.diary, contents.questions, contents.set_aside = DIARY, QUESTIONS, ["NCT00000006"]
    contents.waiting, contents.sheet = [{"text": "a closed report"}], {"trials": 3}
    vault.write(contents)
    return client


def vault_in(client: Client, cookie: str = settings.VAULT_COOKIE) -> Vault:
    return Vault.from_cookie(client.cookies[cookie].value, TODAY)


def hidden(response: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found is not None
    return found[1]


def code_on(response: Any) -> str:
    """The code that a page shows once."""
    assert response.status_code == 200
    groups = re.findall(r"<span>([0-9A-Z]{4})</span>", response.content.decode())
    assert len(groups) == 8
    return "-".join(groups)


def recovery_code(client: Client) -> str:
    return code_on(client.post(CODE_PAGE, {"was": hidden(client.get(CODE_PAGE), "was")}))


def shared_code(client: Client, *topics: str, name: str = "Anna", days: str = "30", **more: str) -> str:
    sent = {"was": hidden(client.get(SHARE), "was"), "name": name, "topic": list(topics), "days": days, **more}
    return code_on(client.post(SHARE, sent))


def opened(code: str, client: Client | None = None, **more: str) -> Client:
    """Another browser that typed a code."""
    other = client or FormClient()
    response = other.post(OPEN, {"code": code, **more})
    assert response.status_code == 302, text_of(response)
    return other


def key_named(client: Client, name: str) -> str:
    return next(line.id for line in keys_of(vault_in(client)) if line.name == name)


# --- Codes -------------------------------------------------------------------------------------------------------------


def test_a_code_is_long_unambiguous_and_new_each_time() -> None:
    """155 random bits in eight groups of four."""
    codes = {new_code() for _ in range(50)}
    assert len(codes) == 50
    for code in codes:
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert len(ALPHABET) ** (CHARACTERS - 1) >= 2**128


def whole_code() -> str:
    return in_groups("7KQ2M3XY0A1BZZZZP4VW9999H8JKST6")


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " – "),
        lambda code: f"  {code}\n",
        lambda code: code.replace("0", "O"),
        lambda code: code.replace("0", "o"),
        lambda code: code.replace("1", "I"),
        lambda code: code.replace("1", "l"),
    ],
)
def test_how_a_code_is_typed_does_not_matter(typed: Callable[[str], str]) -> None:
    assert key_of(typed(whole_code())) == key_of(whole_code())


SLIPS = [
    ("", "Please type the code"),
    (" - ", "Please type the code"),
    ("7KQ2", "28 are missing"),
    (whole_code()[:-1], "1 is missing"),
    (whole_code() + "A", "these are 1 too many"),
    (whole_code().replace("V", "U"), "Is it a V?"),
    (whole_code().replace("Q", "?"), "only letters and digits"),
    (whole_code().replace("Q", "é"), "only letters and digits"),
]


@pytest.mark.parametrize(("typed", "words"), SLIPS)
def test_a_slip_is_told_in_words(typed: str, words: str) -> None:
    with pytest.raises(CodeSlipError, match=re.escape(words)):
        key_of(typed)


characters = st.text(ALPHABET, min_size=CHARACTERS - 1, max_size=CHARACTERS - 1)


@given(characters, st.integers(0, CHARACTERS - 1), st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_noticed(drawn: str, place: int, wrong: str) -> None:
    code = in_groups(drawn).replace("-", "")
    if code[place] != wrong:
        with pytest.raises(CodeSlipError, match="not right"):
            key_of(code[:place] + wrong + code[place + 1 :])


@given(characters, st.integers(0, CHARACTERS - 2))
def test_two_neighbors_in_the_wrong_order_are_noticed(drawn: str, place: int) -> None:
    code = in_groups(drawn).replace("-", "")
    if code[place] != code[place + 1]:
        with pytest.raises(CodeSlipError, match="not right"):
            key_of(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


# --- The recovery code -------------------------------------------------------------------------------------------------


def test_a_recovery_code_opens_everything_on_another_device(told: Client) -> None:
    """With a key of its own: what one device saves, the other sees."""
    code = recovery_code(told)
    other = opened(code)
    assert other.cookies[settings.VAULT_COOKIE].value != told.cookies[settings.VAULT_COOKIE].value
    assert "adenocarcinoma" in text_of(other.get("/situation/"))
    other.post("/situation/step/about-you/", {"person.age": "62"})
    assert vault_in(told).read().facts["person.age"] == {"value": 62}
    assert vault_in(other).read() == vault_in(told).read()
    assert [line.kind for line in keys_of(vault_in(told))] == [DEVICE, DEVICE, "code"]


def test_a_code_is_shown_once_and_stands_in_no_address(told: Client) -> None:
    """Neither a reload nor a second press of an old page makes another code, and no page shows it again."""
    page = told.get(CODE_PAGE)
    was = hidden(page, "was")
    response = told.post(CODE_PAGE, {"was": was})
    code = code_on(response)
    assert response.headers["Cache-Control"] == "no-store"
    again = told.post(CODE_PAGE, {"was": was})
    assert again.status_code == 409
    assert "no code was made just now" in text_of(again)
    for address in (KEYS, CODE_PAGE, OPEN, SHARE):
        assert code[:9] not in told.get(address).content.decode()
    assert opened(code)


def test_a_new_code_replaces_the_old(told: Client) -> None:
    old = recovery_code(told)
    new = recovery_code(told)
    assert "This code opens nothing" in text_of(FormClient().post(OPEN, {"code": old}))
    assert opened(new)
    assert len([line for line in keys_of(vault_in(told)) if line.kind == "code"]) == 1


def test_a_code_for_an_empty_record_is_not_made(client: Client) -> None:
    assert "Nothing is told" in text_of(client.get(CODE_PAGE))
    assert client.post(CODE_PAGE, {"was": ""}).status_code == 409
    assert everything_stored() == []


def test_a_code_does_not_replace_other_answers_unasked(told: Client) -> None:
    """A browser with answers of its own keeps them until the person says so."""
    code = recovery_code(told)
    other = FormClient()
    other.post("/situation/step/about-you/", {"person.age": "40"})
    key = other.cookies[settings.VAULT_COOKIE].value
    response = other.post(OPEN, {"code": code})
    assert response.status_code == 409
    assert "already holds answers of its own" in text_of(response)
    assert other.cookies[settings.VAULT_COOKIE].value == key
    opened(code, other, replace="yes")
    assert vault_in(other).read() == vault_in(told).read()


def test_one_s_own_code_on_one_s_own_device_changes_nothing(told: Client) -> None:
    code = recovery_code(told)
    key = told.cookies[settings.VAULT_COOKIE].value
    response = told.post(OPEN, {"code": code})
    assert response.headers["Location"] == KEYS
    assert told.cookies[settings.VAULT_COOKIE].value == key
    assert VaultHolder.objects.count() == 2


@pytest.mark.parametrize("code", ["7KQ2", "", whole_code()[:-1] + "0", "x" * 5000])
def test_a_code_that_is_none_is_told_and_not_counted(client: Client, code: str) -> None:
    response = client.post(OPEN, {"code": code})
    assert response.status_code == 422
    assert "Please look again" in text_of(response)
    assert not WrongCodes.objects.exists()


def test_many_wrong_codes_are_slowed_down_but_the_right_one_always_opens(told: Client) -> None:
    """Nobody can lock an owner out, and nothing of who typed them is kept."""
    code = recovery_code(told)
    guesser = FormClient()
    for _ in range(MOST_WRONG_CODES):
        assert guesser.post(OPEN, {"code": new_code()}).status_code == 422
    response = guesser.post(OPEN, {"code": new_code()})
    assert response.status_code == 429
    assert "A right code still opens at once" in text_of(response)
    assert opened(code)
    assert [field.name for field in WrongCodes._meta.fields] == ["minute", "count"]


def test_counts_of_wrong_codes_do_not_stay() -> None:
    now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    for _ in range(MOST_WRONG_CODES):
        assert not keyring.too_many_wrong_codes(now)
    assert keyring.too_many_wrong_codes(now)
    assert keyring.too_many_wrong_codes(now + timedelta(minutes=9))
    assert not keyring.too_many_wrong_codes(now + timedelta(minutes=10))
    assert not keyring.too_many_wrong_codes(now + timedelta(days=2))
    assert WrongCodes.objects.count() == 1


# --- People who read along ---------------------------------------------------------------------------------------------

SIGNS = {
    "situation": "adenocarcinoma",
    "diary": "soup went down",
    "questions": "May I fly to see my sister?",
    "studies": "NCT00000006",
}


@pytest.mark.parametrize("topic", TOPICS)
def test_a_caregiver_sees_what_was_chosen_and_nothing_else(told: Client, topic: str) -> None:
    """And never what waits to be confirmed, the outlook, or the name that the owner gave them."""
    caregiver = opened(shared_code(told, topic, name="My daughter Q"))
    words = text_of(caregiver.get(SHARED))
    for one, sign in SIGNS.items():
        assert (sign in words) is (one == topic), one
    for never in ("a closed report", "How long?", "My daughter Q", *NEVER):
        assert never not in words


def test_the_outlook_is_led_to_only_when_ticked(told: Client) -> None:
    caregiver = opened(shared_code(told, "diary", outlook="yes"))
    assert "How long?" in text_of(caregiver.get(SHARED))


@pytest.mark.parametrize("fact_id", sorted(library().sheet_plan.private))
@pytest.mark.parametrize("topics", [("situation",), ("diary",), ("situation", "diary")])
def test_what_is_private_is_shared_only_when_ticked_by_itself(told: Client, topics: tuple[str, ...], fact_id: str) -> None:
    """Neither a fact nor an answer of the diary, nor one that was changed later that day. Of a day with nothing else, there is no trace."""
    vault, label = vault_in(told), library().vocabulary[fact_id].label
    contents = vault.read()
    contents.facts[fact_id] = {"value": True, "date": TODAY.isoformat()}
    contents.diary = [
        *DIARY,
        {"date": "2026-11-29", "facts": {fact_id: True}, "note": ""},
        {"date": "2026-11-30", "facts": {fact_id: False, "nutrition.weight_kg": 70}, "note": "", "earlier": [[fact_id, True]]},
    ]
    vault.write(contents)
    without = text_of(opened(shared_code(told, *topics)).get(SHARED))
    assert label not in without
    assert "November 29, 2026" not in without.split("Their diary")[-1]
    assert ("70 kg" in without) is ("diary" in topics)
    code = shared_code(told, *topics, private="yes")
    assert label in text_of(opened(code).get(SHARED))
    assert vault_in(told).read() == contents
    assert [line.private for line in keys_of(vault_in(told)) if line.kind == CAREGIVER] == [False, True]
    assert text_of(told.get(KEYS)).count("Thoughts of ending your life, if you told of any") == 1


def test_what_is_private_needs_a_tick_and_a_place(told: Client) -> None:
    """Off at first; ticked alone, or with what does not hold it, the page says what to tick too."""
    assert re.search(r'name="private" value="yes"(?! checked)', told.get(SHARE).content.decode())
    for topics in ([], ["questions"]):
        sent = {"name": "Anna", "topic": topics, "private": "yes", "days": "30", "was": hidden(told.get(SHARE), "was")}
        answer = told.post(SHARE, sent)
        assert answer.status_code == 422
        assert "Please tick one of these too." in text_of(answer)
        assert 'name="private" value="yes" checked' in answer.content.decode()


def test_a_caregivers_key_of_before_shows_nothing_private(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row without the choice counts as one where it was not ticked, and opens as it did."""
    written = lockbox._json
    monkeypatch.setattr(lockbox, "_json", lambda value: written(_without_choice(value)))
    code = shared_code(told, "situation", private="yes")
    monkeypatch.undo()
    shared = shared_with(key_as_text(key_of(code)), TODAY)
    assert shared is not None
    assert not shared.private
    assert shared.topics == ("situation",)


def _without_choice(value: Any) -> Any:
    rows = value if isinstance(value, list) else [value]
    for row in rows:
        row.pop("private", None)
    return value


@pytest.mark.parametrize("address", [KEYS, CODE_PAGE, SHARE, RESTORE, OPEN])
def test_signs_stand_first_on_the_owners_pages(told: Client, address: str) -> None:
    """But not on the page of somebody who reads along, nor where a code is shown once."""
    vault = vault_in(told)
    contents = vault.read()
    contents.facts["symptom.vomiting_blood"] = {"value": True, "date": TODAY.isoformat()}
    vault.write(contents)
    assert 'class="raised"' in told.get(address).content.decode()
    assert 'class="raised"' not in told.post(CODE_PAGE, {"was": hidden(told.get(CODE_PAGE), "was")}).content.decode()
    assert 'class="raised"' not in opened(shared_code(told, "diary")).get(SHARED).content.decode()


def test_signs_of_what_was_brought_back_stand_first(told: Client) -> None:
    """The page after it knows the record as it is then, and not the one of before."""
    contents = vault_in(told).read()
    contents.facts["symptom.vomiting_blood"] = {"value": True, "date": TODAY.isoformat()}
    file = SimpleUploadedFile("x.json", as_file(export(contents, library().vocabulary, TODAY)).encode())
    answer = Client.post(told, RESTORE, {"file": file, "replace": "yes"})
    assert "It is all back." in text_of(answer)
    assert 'class="raised"' in answer.content.decode()


def test_what_waits_is_told_in_plain_words(told: Client) -> None:
    assert "1 record to look through" in text_of(told.get(KEYS))


def test_a_caregiver_sees_treatments_and_the_liver_in_words(told: Client) -> None:
    vault = vault_in(told)
    contents = vault.read()
    contents.facts["liver.lesions"] = {"items": [{"segment": "6", "name": "A", "diameter_cm": 3.4}], "complete": True, "date": "2026-11-02"}
    vault.write(contents)
    words = text_of(opened(shared_code(told, "situation")).get(SHARED))
    assert "3.4 cm" in words
    assert "Worth asking about (" in words
    assert "not advice" in words


def test_a_caregiver_sees_what_the_owner_saves_later(told: Client) -> None:
    caregiver = opened(shared_code(told, "situation"))
    told.post("/situation/step/about-you/", {"person.age": "67"})
    assert "67" in text_of(caregiver.get(SHARED))


def test_a_caregiver_can_change_nothing(told: Client) -> None:
    """Whatever they send, with the shared key alone or in the place of their own."""
    code = shared_code(told, *TOPICS)
    caregiver = opened(code)
    before = [value for value in everything_stored() if len(value) > 2000]
    caregiver.get(SHARED)
    for address, sent in (
        ("/situation/step/about-you/", {"person.age": "20"}),
        (CODE_PAGE, {"was": ""}),
        (SHARE, {"name": "x", "topic": "diary", "days": "30"}),
        (REMOVE, {"key": holder_id(vault_in(told).key or b""), "do": "remove"}),
        (DEVICE_PAGE, {"idle": "15"}),
        ("/keys/damaged/", {"part": "situation"}),
    ):
        caregiver.post(address, sent)
    caregiver.cookies[settings.VAULT_COOKIE] = key_as_text(key_of(code))
    caregiver.post("/situation/step/about-you/", {"person.age": "20"})
    caregiver.post("/situation/erase/")
    assert set(before) <= set(everything_stored())
    assert vault_in(told).read().facts["person.age"] == {"value": 61}


def test_a_caregiver_s_own_answers_stay_apart(told: Client) -> None:
    """Two keys in one browser: one's own to read and write, the other to read."""
    caregiver = FormClient()
    caregiver.post("/situation/step/about-you/", {"person.age": "35"})
    own = caregiver.cookies[settings.VAULT_COOKIE].value
    opened(shared_code(told, "situation"), caregiver)
    assert caregiver.cookies[settings.VAULT_COOKIE].value == own
    assert "adenocarcinoma" not in text_of(caregiver.get("/situation/"))
    assert "35" in text_of(caregiver.get("/situation/"))
    assert "adenocarcinoma" in text_of(caregiver.get(SHARED))
    caregiver.post(SHARED)
    assert "Nothing is shared" in text_of(caregiver.get(SHARED))
    assert vault_in(caregiver).read().facts["person.age"] == {"value": 35}


def test_taking_a_key_back_asks_once_and_works_at_once(told: Client) -> None:
    code = shared_code(told, "situation", name="Anna")
    caregiver = opened(code)
    key = key_named(told, "Anna")
    assert "Take the key of Anna back?" in text_of(told.post(REMOVE, {"key": key}))
    assert "adenocarcinoma" in text_of(caregiver.get(SHARED))
    assert told.post(REMOVE, {"key": key, "do": "remove"}).status_code == 302
    assert "Nothing is shared" in text_of(caregiver.get(SHARED))
    assert "This code opens nothing" in text_of(FormClient().post(OPEN, {"code": code}))
    assert "Anna" not in text_of(told.get(KEYS))
    assert told.post(REMOVE, {"key": key, "do": "remove"}).status_code == 302  # sent twice: it is gone already


ENDS = [("30", 29, True), ("30", 30, True), ("30", 31, False), ("90", 90, True), ("90", 91, False), ("", 400, True)]


@pytest.mark.parametrize(("days", "later", "opens"), ENDS)
def test_a_caregiver_s_key_ends_on_its_day(told: Client, days: str, later: int, opens: bool) -> None:
    """Refused from then on; the owner's next visit takes it out and seals everything anew."""
    cookie = key_as_text(key_of(shared_code(told, "situation", days=days)))
    VaultRecord.objects.update(last_used_on=TODAY + timedelta(later))
    seals = {bytes(one) for one in VaultRecord.objects.values_list("sealed", flat=True)}
    assert (keyring.kind_of_code(key_of_cookie(cookie), TODAY + timedelta(later)) == CAREGIVER) is opens
    owner = Vault(vault_in(told).key, TODAY + timedelta(later))
    owner.read()
    assert (CAREGIVER in [line.kind for line in keys_of(owner)]) is opens
    assert (seals == {bytes(one) for one in VaultRecord.objects.values_list("sealed", flat=True)}) is opens
    assert (shared_with(cookie, TODAY + timedelta(later)) is not None) is opens
    assert not owner.read().is_empty


def key_of_cookie(cookie: str) -> bytes:
    key = Vault.from_cookie(cookie, TODAY).key
    assert key is not None
    return key


def test_a_key_that_has_ended_goes_when_its_holder_comes(told: Client) -> None:
    cookie = key_as_text(key_of(shared_code(told, "situation", days="30")))
    assert VaultHolder.objects.count() == 2
    assert shared_with(cookie, TODAY + timedelta(31)) is None
    assert VaultHolder.objects.count() == 1
    assert shared_with(cookie, TODAY) is None


def test_reading_along_does_not_keep_a_record(told: Client) -> None:
    """90 days after the owner's last visit it is gone for everybody; the owner's visits keep it for a caregiver too."""
    cookie = key_as_text(key_of(shared_code(told, "situation", days="")))
    assert shared_with(cookie, TODAY + timedelta(80)) is not None
    assert VaultRecord.objects.get().last_used_on == TODAY
    assert shared_with(cookie, TODAY + timedelta(90)) is not None
    assert shared_with(cookie, TODAY + timedelta(91)) is None
    assert forget_unused(TODAY + timedelta(91)) == 1
    assert everything_stored() == []


def test_opening_with_the_recovery_code_keeps_a_record(told: Client) -> None:
    code = recovery_code(told)
    device = keyring.new_device(key_of(code), TODAY + timedelta(80))
    assert device is not None
    assert VaultRecord.objects.get().last_used_on == TODAY + timedelta(80)
    assert keyring.new_device(key_of(code), TODAY + timedelta(171)) is None


def test_the_owner_sees_who_has_a_key_and_when_it_was_used(told: Client) -> None:
    code = shared_code(told, "situation", "diary", name="Anna", days="90")
    words = text_of(told.get(KEYS))
    assert "This device" in words
    assert "Anna" in words
    assert "Not used yet" in words
    assert f"Opens until {TODAY + timedelta(90):%B} {(TODAY + timedelta(90)).day}" in words
    assert "Your diary" in words
    caregiver = opened(code)
    caregiver.get(SHARED)
    assert "Not used yet" not in text_of(told.get(KEYS))
    line = next(line for line in keys_of(vault_in(told)) if line.name == "Anna")
    assert (line.used_on, line.topics, line.outlook) == (TODAY, ("situation", "diary"), False)


BAD_SHARES = [
    ({"name": "", "topic": ["diary"], "days": "30"}, "Please write a name"),
    ({"name": "x" * 61, "topic": ["diary"], "days": "30"}, "Please write a name"),
    ({"name": "Anna", "days": "30"}, "at least one thing"),
    ({"name": "Anna", "topic": ["waiting"], "days": "30"}, "at least one thing"),
    ({"name": "Anna", "topic": ["ledger"], "days": "30"}, "at least one thing"),
    ({"name": "Anna", "topic": ["diary"], "days": "3650"}, "for how long"),
    ({"name": "Anna", "topic": ["diary"], "days": "x"}, "for how long"),
]


@pytest.mark.parametrize(("sent", "words"), BAD_SHARES)
def test_a_share_that_is_not_clear_is_asked_about(told: Client, sent: dict[str, Any], words: str) -> None:
    response = told.post(SHARE, sent | {"was": hidden(told.get(SHARE), "was")})
    assert response.status_code == 422
    assert words in text_of(response)
    assert VaultHolder.objects.count() == 1


def test_a_share_that_is_sent_twice_is_made_once(told: Client) -> None:
    sent = {"was": hidden(told.get(SHARE), "was"), "name": "Anna", "topic": ["diary"], "days": "30"}
    code_on(told.post(SHARE, sent))
    assert told.post(SHARE, sent).status_code == 409
    assert VaultHolder.objects.count() == 2


@pytest.mark.parametrize(("address", "kinds"), [(CODE_PAGE, [DEVICE, "code"]), (SHARE, [DEVICE, CAREGIVER])])
def test_of_two_forms_at_once_one_makes_a_code(told: Client, monkeypatch: pytest.MonkeyPatch, address: str, kinds: list[str]) -> None:
    """The second was let in before the first was done: the code that the browser shows in the end must be one that opens."""
    sent = {"was": hidden(told.get(address), "was"), "name": "Anna", "topic": ["diary"], "days": "30"}
    before = keys_of(vault_in(told))
    code = code_on(told.post(address, sent))
    answers = [before]
    monkeypatch.setattr(key_views, "keys_of", lambda vault: answers.pop() if answers else keys_of(vault))
    late = told.post(address, sent)
    assert late.status_code == 409
    assert [line.kind for line in keys_of(vault_in(told))] == kinds
    assert hidden(late, "was") == hidden(told.get(address), "was")  # pressed once more, it makes the code that was wanted
    opened(code)


def test_a_right_code_opens_however_many_devices_were_left_behind(told: Client) -> None:
    """On a borrowed computer the key goes with the browser every evening. The devices in use, people and the code stay."""
    code = recovery_code(told)
    reader = opened(shared_code(told, "diary"))
    for _ in range(MOST_KEYS + 3):
        last = opened(code, forget="yes")
    lines = keys_of(vault_in(last))
    assert len(lines) == MOST_KEYS
    assert sorted(line.kind for line in lines if not line.until_closed) == [CAREGIVER, "code", DEVICE]
    assert vault_in(told).read() == vault_in(last).read()
    assert "soup went down" in text_of(reader.get(SHARED))


def test_a_right_code_opens_where_people_hold_all_other_keys(told: Client) -> None:
    code = recovery_code(told)
    vault = vault_in(told)
    for number in range(MOST_KEYS - 2):
        keyring.share(vault, f"person {number}", ["diary"], days=None)
    first = vault_in(opened(code))
    second = vault_in(opened(code))
    assert first.read().is_empty or vault.read().is_empty
    assert second.read().diary == DIARY
    assert VaultHolder.objects.count() <= MOST_KEYS + 1


def test_there_is_an_end_to_keys(told: Client) -> None:
    vault = vault_in(told)
    for number in range(MOST_KEYS - 1):
        keyring.share(vault, f"person {number}", ["diary"], days=None)
    response = told.post(SHARE, {"was": hidden(told.get(SHARE), "was"), "name": "Anna", "topic": ["diary"], "days": "30"})
    assert response.status_code == 409
    assert "Please take one out first" in text_of(response)
    assert VaultHolder.objects.count() == MOST_KEYS
    assert vault.read().diary == DIARY


# --- Devices that forget -----------------------------------------------------------------------------------------------


def at(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    """So many minutes after noon of today."""
    noon = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
    monkeypatch.setattr(visitors, "now", lambda: noon + timedelta(minutes=minutes))


IDLE = [("15", 14, False), ("15", 15, False), ("15", 17, True), ("60", 60, False), ("60", 62, True), ("", 700, False)]


@pytest.mark.parametrize(("idle", "minutes", "signs_out"), IDLE)
def test_a_device_that_is_left_alone_is_signed_out(
    told: Client, monkeypatch: pytest.MonkeyPatch, idle: str, minutes: float, signs_out: bool
) -> None:
    """In words, without saving what is sent; the code opens it all again."""
    code = recovery_code(told)
    at(monkeypatch, 0)
    told.post(DEVICE_PAGE, {"idle": idle})
    told.get("/situation/")
    key = told.cookies[settings.VAULT_COOKIE].value
    at(monkeypatch, minutes)
    response = told.post("/situation/step/about-you/", {"person.age": "20"})
    assert (response.status_code == 403) is signs_out
    if not signs_out:
        return
    assert "This device was signed out" in text_of(response)
    assert response.cookies[settings.VAULT_COOKIE].value == ""
    assert Vault.from_cookie(key, TODAY).read().is_empty
    assert vault_in(opened(code)).read().facts["person.age"] == {"value": 61}


def test_the_time_counts_from_when_it_was_chosen(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that was used since the morning, and is told at noon to wait 15 minutes, is not signed out at once."""
    at(monkeypatch, -300)
    recovery_code(told)
    at(monkeypatch, 0)
    told.post(DEVICE_PAGE, {"idle": "15"})
    at(monkeypatch, 14)
    assert told.get("/situation/").status_code == 200


def test_the_code_opens_again_on_the_device_that_was_signed_out(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed at once, without opening another page before; the old key of this device is gone."""
    code = recovery_code(told)
    at(monkeypatch, 0)
    told.post(DEVICE_PAGE, {"idle": "15"})
    old = told.cookies[settings.VAULT_COOKIE].value
    at(monkeypatch, 60)
    opened(code, told)
    assert "adenocarcinoma" in text_of(told.get("/situation/"))
    assert Vault.from_cookie(old, TODAY).read().is_empty
    assert [line.kind for line in keys_of(vault_in(told))] == [DEVICE, "code"]


def test_every_page_that_is_opened_counts_as_use(told: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the guide keeps a device signed in; coming back to it too late does not."""
    recovery_code(told)
    at(monkeypatch, 0)
    told.post(DEVICE_PAGE, {"idle": "15"})
    for minutes in (10, 20, 30):
        at(monkeypatch, minutes)
        told.get("/page/pain/")
    assert told.get("/situation/").status_code == 200
    at(monkeypatch, 60)
    told.get("/page/pain/")
    assert told.get("/situation/").status_code == 403


def test_a_device_forgets_its_key_with_the_browser(told: Client) -> None:
    """A cookie without an age; on every page, not only once."""
    recovery_code(told)
    told.post(DEVICE_PAGE, {"idle": "", "closed": "yes"})
    for address in ("/situation/", "/page/pain/", KEYS):
        assert told.get(address).cookies[settings.VAULT_COOKIE]["max-age"] == ""
    told.post(DEVICE_PAGE, {"idle": ""})
    assert told.get("/situation/").cookies[settings.VAULT_COOKIE]["max-age"] == settings.VAULT_DAYS_UNUSED * 86_400


def test_a_borrowed_device_can_forget_from_the_start(told: Client) -> None:
    code = recovery_code(told)
    other = opened(code, forget="yes")
    assert other.cookies[settings.VAULT_COOKIE]["max-age"] == ""
    assert other.get("/situation/").cookies[settings.VAULT_COOKIE]["max-age"] == ""


@pytest.mark.parametrize("sent", [{"idle": "15"}, {"idle": "", "closed": "yes"}])
def test_a_device_without_a_code_does_not_forget(told: Client, sent: dict[str, str]) -> None:
    """What was told would be lost."""
    response = told.post(DEVICE_PAGE, sent)
    assert response.status_code == 409
    assert "needs a recovery code" in text_of(response)


def test_the_code_cannot_go_while_a_device_forgets(told: Client) -> None:
    code = recovery_code(told)
    told.post(DEVICE_PAGE, {"idle": "15"})
    response = told.post(REMOVE, {"key": holder_id(key_of(code)), "do": "remove"})
    assert response.status_code == 409
    assert opened(code)


def test_another_device_can_be_signed_out(told: Client) -> None:
    other = opened(recovery_code(told))
    key = next(line.id for line in keys_of(vault_in(told)) if line.kind == DEVICE and not line.is_this)
    told.post(REMOVE, {"key": key, "do": "remove"})
    assert "Nothing yet" in text_of(other.get("/situation/"))
    assert not vault_in(told).read().is_empty


def test_this_device_is_not_taken_out_by_its_own_hand(told: Client) -> None:
    vault = vault_in(told)
    with pytest.raises(keyring.NotNowError):
        keyring.remove(vault, holder_id(vault.key or b""))
    told.post(REMOVE, {"key": holder_id(vault.key or b""), "do": "remove"})
    assert not vault.read().is_empty


# --- Erasing -----------------------------------------------------------------------------------------------------------


def test_erasing_ends_every_key(told: Client) -> None:
    """Code, other devices and caregivers: nothing is left to open, in any table."""
    code, annas = recovery_code(told), shared_code(told, "situation")
    other, caregiver = opened(code), opened(annas)
    told.post("/situation/erase/")
    assert everything_stored() == []
    assert "Nothing yet" in text_of(other.get("/situation/"))
    assert "Nothing is shared" in text_of(caregiver.get(SHARED))
    for dead in (code, annas):
        assert "This code opens nothing" in text_of(FormClient().post(OPEN, {"code": dead}))


# --- Files -------------------------------------------------------------------------------------------------------------


def saved(client: Client, what: str) -> Any:
    response = client.post(SAVE, {"do": what})
    assert response.status_code == 200
    name = re.fullmatch(r'attachment; filename="([a-z0-9-]+\.json)"', response.headers["Content-Disposition"])
    assert name is not None
    assert "cancer" not in name[1]
    assert response.headers["Cache-Control"] == "no-store"
    return response.content


def put_back(client: Client, raw: bytes, **more: str) -> Any:
    """As a browser sends a form with a file."""
    return Client.post(client, RESTORE, {"file": SimpleUploadedFile("export.json", raw), **more})


def test_the_case_file_is_what_the_commands_read(told: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(saved(told, "case"))
    assert main(["options", str(path)]) == 0
    assert "Worth asking about (" in capsys.readouterr().out
    assert json.loads(path.read_text())["facts"] == vault_in(told).read().usable_facts


def test_everything_comes_back_to_the_letter(told: Client, tmp_path: Path) -> None:
    """Into an empty browser, drafts and answers that cannot be read any more too; its case is a case file."""
    vault = vault_in(told)
    contents = vault.read()
    contents.facts |= {"older.fact": {"value": 1}, "labs.albumin": {"value": 3.9, "date": "2026-11-02"}}
    contents.drafts["labs.albumin"] = {"": "many"}
    vault.write(contents)
    raw = saved(told, "everything")
    other = FormClient()
    response = put_back(other, raw)
    assert response.status_code == 200
    assert "It is all back" in text_of(response)
    assert vault_in(other).read() == contents
    assert set(json.loads(raw)["case"]["facts"]) == set(contents.usable_facts) - {"older.fact"}


def test_what_is_here_is_replaced_only_when_ticked(told: Client) -> None:
    raw = saved(told, "everything")
    told.post("/situation/step/about-you/", {"person.age": "66"})
    response = put_back(told, raw)
    assert response.status_code == 422
    assert "Please tick" in text_of(response)
    assert vault_in(told).read().facts["person.age"] == {"value": 66}
    code = recovery_code(told)
    assert put_back(told, raw, replace="yes").status_code == 200
    assert vault_in(told).read().facts["person.age"] == {"value": 61}
    assert vault_in(opened(code)).read().facts["person.age"] == {"value": 61}  # keys stay


def spoiled(**changes: Any) -> bytes:
    document = export(Contents({"person.age": {"value": 61}}, diary=DIARY), library().vocabulary, TODAY)
    return json.dumps({**document, **changes}).encode()


BAD_FILES = [
    (b"", "Please choose a file"),
    (b"\xff\xfe\x00", "not a file that Wayline saved"),
    (b"hello", "line 1 cannot be read"),
    (b"{}", "not a file that Wayline saved"),
    (b"[1]", "not a file that Wayline saved"),
    (b'{"as_of": "2026-11-30", "facts": {}}', "This is the case file"),
    (spoiled()[:-20], "was cut or changed"),
    (spoiled(wayline_export=2), "newer Wayline"),
    (spoiled(wayline_export=True), "newer Wayline"),
    (spoiled(more=1), "“more” is not known here"),
    (spoiled(case={"facts": {}}), "“case” must hold"),
    (spoiled(case={"as_of": "yesterday", "facts": {}}), "“as_of” must be a day"),
    (spoiled(case={"as_of": None, "facts": {}}), "“as_of” must be a day"),
    (spoiled(case={"as_of": "2026-11-30", "facts": []}), "“facts” must hold"),
    (spoiled(more_facts=[1]), "“more_facts” must hold"),
    (spoiled(diary={}), "“diary” is not as Wayline writes it"),
    (spoiled(diary=[{"date": "soon"}]), "“diary” is not as Wayline writes it"),
    (spoiled(diary=[{"facts": {}}]), "“diary” is not as Wayline writes it"),
    (spoiled(diary=["x"]), "“diary” is not as Wayline writes it"),
    (spoiled(diary=[{"date": "20261130", "facts": {}}]), "“diary” is not as Wayline writes it"),
    (spoiled(diary=[{"date": "2026-11-30", "facts": {}, "earlier": [5]}]), "“diary” is not as Wayline writes it"),
    (spoiled(diary=[{"date": "2026-11-30", "facts": {}, "more": 1}]), "“diary” is not as Wayline writes it"),
    (spoiled(set_aside=[1]), "“set_aside” is not as Wayline writes it"),
    (spoiled(set_aside=["no number"]), "“set_aside” is not as Wayline writes it"),
    (spoiled(drafts={"person.age": "x"}), "“drafts” is not as Wayline writes it"),
    (spoiled(drafts={"nutrition.weight_kg": {"": ["70"]}}), "“drafts” is not as Wayline writes it"),
    (spoiled(waiting=["x"]), "“waiting” is not as Wayline writes it"),
    (b'{"wayline_export": 1, "wayline_export": 1}', "stands in it twice"),
    (b'{"wayline_export": NaN}', "NaN is not a number"),
    (b'{"wayline_export": 1e999}', "a number in it is too large"),
    (b'{"wayline_export": ' + b"1" * 5_000 + b"}", "a number in it is too long"),
    (spoiled(questions={"kept": [{"key": 1, "id": None, "words": "half \ud800"}]}), "half a character"),
    (spoiled(sheet={"\udfff": 1}), "half a character"),
    (b"[" * 100_000, "nested too deeply"),
    (spoiled(sheet={"a": json.loads("[" * 60 + "]" * 60)}), "nested too deeply"),
]


@pytest.mark.parametrize(("raw", "words"), BAD_FILES)
def test_a_file_that_is_not_whole_changes_nothing(told: Client, raw: bytes, words: str) -> None:
    """422, in words, whatever was ticked."""
    before = vault_in(told).read()
    response = put_back(told, raw, replace="yes")
    assert response.status_code == 422
    assert words in text_of(response)
    assert vault_in(told).read() == before


def test_a_file_that_is_too_large_changes_nothing(told: Client) -> None:
    before = vault_in(told).read()
    assert put_back(told, spoiled(questions={"words": "x" * 1_100_000}), replace="yes").status_code == 413
    assert put_back(told, b" " * 4_100_000, replace="yes").status_code == 413
    assert vault_in(told).read() == before


def test_a_record_of_nearly_the_largest_size_comes_back(client: Client) -> None:
    """Larger than any other form may be."""
    contents = Contents({"person.age": {"value": 61}}, diary=[{"date": "2026-11-30", "facts": {}, "note": "é" * 150_000}])
    raw = as_file(export(contents, library().vocabulary, TODAY)).encode()
    assert len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert put_back(client, raw).status_code == 200
    assert vault_in(client).read() == contents


def test_only_the_page_that_asks_for_a_file_takes_one(told: Client) -> None:
    response = Client.post(told, "/situation/step/about-you/", {"person.age": SimpleUploadedFile("x", b"20")})
    assert response.status_code == 415
    assert vault_in(told).read().facts["person.age"] == {"value": 61}


def test_a_file_that_did_not_arrive_whole_changes_nothing(told: Client) -> None:
    before = vault_in(told).read()
    cut = {"wsgi.input": io.BytesIO(b"--BoUnDaRy"), "CONTENT_LENGTH": "1000"}
    response = Client.post(told, RESTORE, {"file": SimpleUploadedFile("x", spoiled()), "replace": "yes"}, **cut)  # type: ignore[arg-type]
    assert response.status_code == 400
    assert vault_in(told).read() == before


def test_nothing_told_is_nothing_to_save(client: Client) -> None:
    assert client.post(SAVE, {"do": "everything"}).status_code == 409


def test_a_case_file_leaves_out_what_no_command_could_read() -> None:
    contents = Contents(
        {"older.fact": {"value": 1}, "person.age": {"value": 61}, "person.sex": {"value": "male"}}, {"person.sex": {"": "?"}}
    )
    assert case_file(contents, library().vocabulary, TODAY)["facts"] == {"person.age": {"value": 61}}
    with pytest.raises(NotAnExportError):
        restored(json.dumps(case_file(contents, library().vocabulary, TODAY)).encode(), library().vocabulary)


ODD = {
    "questions": {"kept": [{"words": 5}, "x", None, {"words": "A question?", "key": "k"}]},
    "sheet": {"leave_out": [["trials"], {}, 5], "size": []},
    "waiting": [{}, {"form": 1, "facts": 5}],
    "drafts": {"person.age": {"": "5", "more": "[5]"}, "no.fact": {}},
    "case": {"as_of": "2026-11-30", "facts": {"person.age": {"value": []}, "liver.lesions": 5}},
}


def test_an_odd_file_breaks_no_page(client: Client) -> None:
    """Whoever changes their file by hand may see less, but every page opens, for them and for who reads along."""
    assert put_back(client, spoiled(**ODD)).status_code == 200
    pages = ("/situation/", "/options/", "/trials/", "/trials/set-aside/", "/liver/", "/diary/", "/records/", KEYS, *VISIT, "/visit/sheet/")
    for address in pages:
        assert client.get(address).status_code == 200, address
    assert "A question?" in text_of(opened(shared_code(client, *TOPICS)).get(SHARED))


# --- Every page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [KEYS, CODE_PAGE, SHARE, OPEN, RESTORE, SHARED])
@pytest.mark.parametrize("has_record", [False, True])
def test_looking_at_keys_makes_none(request: pytest.FixtureRequest, address: str, has_record: bool) -> None:
    client = request.getfixturevalue("told" if has_record else "client")
    before = everything_stored()
    response = client.get(address)
    assert response.status_code == 200
    assert everything_stored() == before
    for phrase in NEVER:
        assert phrase.lower() not in text_of(response).lower()


@pytest.mark.parametrize("address", [REMOVE, DEVICE_PAGE, SAVE])
def test_what_changes_something_is_a_form(client: Client, address: str) -> None:
    """Whoever comes by the address, or by the back button, finds the page above it, and not an empty one."""
    for answer in (client.get(address), client.head(address)):
        assert (answer.status_code, answer.headers["Location"]) == (302, KEYS)
    assert client.put(address).status_code == 405


def test_no_key_or_code_reaches_a_log(told: Client, caplog: pytest.LogCaptureFixture) -> None:
    code = recovery_code(told)
    opened(code)
    FormClient().post(OPEN, {"code": new_code()})
    assert code not in caplog.text
    assert told.cookies[settings.VAULT_COOKIE].value not in caplog.text


def test_the_shared_key_is_kept_from_scripts_and_from_other_sites(told: Client) -> None:
    cookie = opened(shared_code(told, "diary")).cookies[settings.VAULT_SHARED_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
