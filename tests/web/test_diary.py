"""The diary on the site: a day is told in a minute, nothing is lost or guessed, and what cannot wait stands first."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.web.test_form import drafts_of, facts_of
from wayline.library import library
from wayline.web.vault import Vault

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
DIARY, DAY, PRINT = "/diary/", "/diary/day/", "/diary/print/"


def ago(days: int) -> str:
    return (TODAY - timedelta(days)).isoformat()


def diary_of(client: Client) -> list[dict[str, Any]]:
    """The entries that the vault of this browser holds."""
    return Vault.from_cookie(client.cookies["wayline_key"].value, TODAY).read().diary


def words_of(response: Any) -> str:
    """What a page says, without its marks."""
    text = re.sub(r"<(script|style|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def save(client: Client, day: str = "", do: str = "save", **answers: str) -> Any:
    """Send the page of a day as a browser does that opened it anew; `pain` is symptom.pain, `weight` and `temperature` take a unit."""
    page = client.post(DAY, {"day": day, "do": "open"}).content.decode()
    shown = html.unescape(re.search(r'name="shown" value="([^"]*)"', page)[1])  # type: ignore[index]
    fields = {"day": day, "do": do, "shown": shown}
    for fact_id, raw in json.loads(shown).items():
        fields |= {f"{fact_id}:{part}" if part else fact_id: value for part, value in raw.items()}
    for name, value in answers.items():
        fact_id = {"weight": "nutrition.weight_kg", "temperature": "symptom.temperature_c"}.get(name, f"symptom.{name}")
        number, _, unit = value.partition(" ")
        fields |= {fact_id: number} | ({f"{fact_id}:unit": unit} if unit else {}) if name != "note" else {"note": value}
    return client.post(DAY, fields)


def sure(client: Client, fact_id: str, number: str, unit: str) -> Any:
    return client.post(DAY, {"do": "save", fact_id: number, f"{fact_id}:unit": unit, f"{fact_id}:sure": "yes"})


# --- telling a day ---


def test_a_first_day_makes_the_vault_and_becomes_the_facts_of_today(client: Client) -> None:
    response = save(client, dysphagia="2", pain="mild", weight="154 lb", temperature="98.6 degF", note="slept well")
    assert (response.status_code, response["Location"]) == (302, f"{DIARY}?saved=1")
    assert "Saved." in words_of(client.get(response["Location"]))
    (entry,) = diary_of(client)
    assert entry["date"] == ago(0)
    assert entry["note"] == "slept well"
    assert entry["facts"]["nutrition.weight_kg"] == {"value": 154.0, "unit": "lb"}
    facts = facts_of(client)
    assert facts["symptom.dysphagia"] == {"value": "2", "date": ago(0), "source": "diary"}
    assert facts["symptom.temperature_c"]["unit"] == "degF"
    words = words_of(client.get(DIARY))
    assert "Only soft food" in words
    assert "154 lb" in words
    assert "98.6 °F" in words
    assert "slept well" in words


def test_what_is_left_empty_is_not_told(client: Client) -> None:
    """Unknown, and never "none"; nothing is taken over from the day before."""
    save(client, ago(1), pain="severe", dysphagia="3")
    page = client.get(DAY).content.decode()
    assert not re.search(r'type="radio"[^>]*value="[^"]+" checked', page.replace(':unit"', ""))
    save(client, vomiting="none")
    assert set(diary_of(client)[-1]["facts"]) == {"symptom.vomiting"}
    assert facts_of(client)["symptom.pain"]["value"] == "severe"


def test_an_empty_page_saves_nothing(client: Client) -> None:
    response = save(client)
    assert "wayline_key" not in client.cookies
    words = words_of(client.get(response["Location"]))
    assert "Nothing was told, so nothing was saved." in words
    assert "Saved." not in words
    assert "Saved." not in words_of(client.get(DIARY))


def test_the_day_stands_in_no_address(client: Client) -> None:
    save(client, ago(3), pain="mild")
    assert diary_of(client)[0]["date"] == ago(3)
    assert f'name="day" value="{ago(3)}"' in client.post(DAY, {"day": ago(3), "do": "open"}).content.decode()


@pytest.mark.parametrize("day", ["2999-01-01", "tomorrow", "2026-02-30", "1999-01-01", "<b>"])
def test_a_day_that_cannot_be_is_asked_for_again(client: Client, day: str) -> None:
    response = client.post(DAY, {"day": day, "do": "save", "symptom.pain": "mild"})
    assert response.status_code == 422
    assert "Please choose the day again" in words_of(response)
    assert "wayline_key" not in client.cookies


# --- the same day again, corrections, taking out ---


def test_a_later_answer_of_the_day_stands_and_the_earlier_one_still_counts(client: Client) -> None:
    """Fever in the morning is not gone for the rules because a tablet took it away by evening."""
    save(client, temperature="102.9 degF")
    save(client, temperature="98.2 degF")
    (entry,) = diary_of(client)
    assert entry["facts"]["symptom.temperature_c"]["value"] == 98.2
    assert entry["earlier"] == [["symptom.temperature_c", {"value": 102.9, "unit": "degF"}]]
    words = words_of(client.get(DIARY))
    assert "Before anything else" in words
    assert "Earlier that day" in words


def test_a_mistake_is_taken_out(client: Client) -> None:
    """Corrected at once, or taken out of what was told earlier."""
    save(client, vomiting_blood="yes")
    save(client, do="correct", vomiting_blood="no")
    assert "earlier" not in diary_of(client)[0]
    assert "Throwing up blood" not in words_of(client.get(DIARY))
    save(client, vomiting_blood="yes")
    save(client, vomiting_blood="no")
    assert "Throwing up blood" in words_of(client.get(DIARY))
    client.post(DAY, {"day": ago(0), "do": "forget", "place": "0"})
    assert "earlier" in diary_of(client)[0]  # the "no" of before, which the second "yes" replaced
    client.post(DAY, {"day": ago(0), "do": "forget", "place": "0"})
    assert "Throwing up blood" not in words_of(client.get(DIARY))


def test_taking_a_day_out_asks_first_and_takes_its_facts_back(client: Client) -> None:
    save(client, ago(2), pain="mild")
    save(client, pain="severe")
    assert "Take" in words_of(client.post(DAY, {"day": ago(0), "do": "remove"}))
    assert len(diary_of(client)) == 2
    client.post(DAY, {"day": ago(0), "do": "remove", "sure": "yes"})
    assert [entry["date"] for entry in diary_of(client)] == [ago(2)]
    assert facts_of(client)["symptom.pain"] == {"value": "mild", "date": ago(2), "source": "diary"}
    client.post(DAY, {"day": ago(2), "do": "remove", "sure": "yes"})
    assert "symptom.pain" not in facts_of(client)


def test_an_answer_from_elsewhere_comes_back_when_the_entry_goes(client: Client) -> None:
    client.post("/situation/step/how-you-feel/", {"symptom.pain": "moderate", "go": "next"})
    save(client, pain="none")
    assert facts_of(client)["symptom.pain"]["value"] == "none"
    client.post(DAY, {"day": ago(0), "do": "remove", "sure": "yes"})
    assert facts_of(client)["symptom.pain"]["value"] == "moderate"


def test_an_older_day_does_not_replace_a_newer_answer(client: Client) -> None:
    save(client, pain="severe")
    save(client, ago(5), pain="none", dysphagia="1")
    facts = facts_of(client)
    assert facts["symptom.pain"]["value"] == "severe"
    assert facts["symptom.dysphagia"] == {"value": "1", "date": ago(5), "source": "diary"}


def test_an_old_tab_does_not_undo_what_a_newer_one_told(client: Client) -> None:
    save(client, pain="mild")
    client.post(DAY, {"day": ago(0), "do": "save", "shown": "{}", "symptom.pain": "", "symptom.vomiting": "mild"})
    assert set(diary_of(client)[0]["facts"]) == {"symptom.pain", "symptom.vomiting"}


# --- what is asked about ---


def test_a_number_without_its_unit_is_asked_about(client: Client) -> None:
    response = save(client, weight="154", pain="mild")
    assert response.status_code == 422
    assert "Choose the unit: lb or kg" in words_of(response)
    assert 'value="154"' in response.content.decode()
    assert set(diary_of(client)[0]["facts"]) == {"symptom.pain"}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("101 Cel", "Did you mean 101 °F?"),
        ("37.2 degF", "Did you mean 37.2 °C?"),
        ("45 Cel", "45 °C is unusual. Is it right?"),
        ("33.5 Cel", "33.5 °C is unusual. Is it right?"),
        ("abc Cel", "write a number"),
    ],
)
def test_an_unlikely_temperature_is_asked_about_and_never_dropped(client: Client, typed: str, asked: str) -> None:
    response = save(client, temperature=typed, note="warm")
    assert response.status_code == 422
    assert asked.lower() in words_of(response).lower()
    assert f'value="{typed.split()[0]}"' in response.content.decode()
    assert drafts_of(client)["symptom.temperature_c"][""] == typed.split()[0]
    assert "symptom.temperature_c" not in facts_of(client)
    assert f'value="{typed.split()[0]}"' in client.get(DAY).content.decode()


@pytest.mark.parametrize("typed", ["34 Cel", "42 Cel", "100.4 degF", "93.2 degF"])
def test_a_likely_temperature_is_taken(client: Client, typed: str) -> None:
    assert save(client, temperature=typed).status_code == 302


@pytest.mark.parametrize(("now", "is_asked"), [("63", False), ("62.9", True), ("77", False), ("77.1", True)])
def test_a_change_of_weight_by_more_than_a_tenth_in_a_week_is_asked_about(client: Client, now: str, is_asked: bool) -> None:
    save(client, ago(7), weight="70 kg")
    response = save(client, weight=f"{now} kg")
    assert response.status_code == (422 if is_asked else 302)
    if is_asked:
        assert "It was 70 kg on" in words_of(response)
        assert "Yes, it is right. Keep it." in words_of(response)
        assert sure(client, "nutrition.weight_kg", now, "kg").status_code == 302
        assert facts_of(client)["nutrition.weight_kg"]["value"] == float(now)


def test_an_older_weight_asks_nothing(client: Client) -> None:
    save(client, ago(8), weight="70 kg")
    assert save(client, weight="60 kg").status_code == 302


def test_pounds_and_kilograms_are_compared_as_the_same(client: Client) -> None:
    save(client, ago(1), weight="154 lb")
    assert save(client, weight="69 kg").status_code == 302
    assert "69 kg" in words_of(client.get(DIARY))


def test_the_unit_of_the_last_entry_is_chosen(client: Client) -> None:
    assert not re.search(r'name="nutrition.weight_kg:unit"[^>]*checked', client.get(DAY).content.decode())
    save(client, ago(1), weight="154 lb")
    assert re.search(r'name="nutrition.weight_kg:unit" value="lb" checked', client.get(DAY).content.decode())


def test_what_cannot_wait_stands_first_even_where_another_answer_is_asked_about(client: Client) -> None:
    response = save(client, temperature="101 Cel", vomiting_blood="yes")
    words = words_of(response)
    assert response.status_code == 422
    assert words.index("Before anything else") < words.index("Please look at 1 answer")
    assert words.index("Throwing up blood") < words.index("How is it today?")


@pytest.mark.parametrize(
    ("typed", "unit", "words"),
    [("102.9", "degF", "Taken as °F"), ("97", "degF", "Taken as °F"), ("39.4", None, "Taken as °C"), ("36.6", None, "Taken as °C")],
)
def test_a_temperature_without_a_unit_is_taken_in_the_only_unit_that_is_possible(
    client: Client, typed: str, unit: str | None, words: str
) -> None:
    assert save(client, temperature=typed).status_code == 302
    fact = facts_of(client)["symptom.temperature_c"]
    assert (fact["value"], fact.get("unit")) == (float(typed), unit)
    sentence = f"{words}. Change it if that is wrong."
    for page in (client.get(DIARY), client.get(DAY)):
        assert sentence in words_of(page)
        assert ("Before anything else" in words_of(page)) == (float(typed) in (102.9, 39.4))
    save(client, temperature=f"{typed} Cel" if unit is None else f"{float(typed) + 0.1:.1f} degF")
    save(client, temperature="98.6 degF")
    assert sentence not in words_of(client.get(DIARY))


@pytest.mark.parametrize(("typed", "asked"), [("60", "Choose the unit: lb or kg"), ("5", "is not possible"), ("45", "45 is not possible")])
def test_a_number_that_is_possible_in_two_units_or_in_none_is_asked_about(client: Client, typed: str, asked: str) -> None:
    is_weight = typed != "45"
    response = save(client, **({"weight": typed} if is_weight else {"temperature": "55"}))
    assert response.status_code == 422
    assert (asked if is_weight else "55 °C is not possible") in words_of(response)


@pytest.mark.parametrize(
    ("typed", "reading"), [("101 Cel", "101 °F"), ("39 degF", "39 °C"), ("1029 degF", "102.9 °F"), ("43 Cel", "43 °C")]
)
@pytest.mark.parametrize("days", [0, 1])
def test_a_fever_in_the_wrong_unit_is_asked_about_and_raised_at_once(client: Client, typed: str, reading: str, days: int) -> None:
    response = save(client, ago(days), temperature=typed)
    words = words_of(response)
    assert response.status_code == 422
    assert "Please check:" in words
    assert "Before anything else" in words
    assert "From an answer that is not clear yet." in words
    assert f"Here it is read as {reading}." in words
    if days == 0:
        assert "From an answer that is not clear yet." in words_of(client.get("/help/"))
        save(client, temperature="98.6 degF")
        assert "Before anything else" not in words_of(client.get("/help/"))


@pytest.mark.parametrize("typed", ["37.2 degF", "98.6 Cel", "abc Cel", "986 degF"])
def test_an_unclear_temperature_that_means_no_fever_raises_nothing(client: Client, typed: str) -> None:
    response = save(client, temperature=typed)
    assert response.status_code == 422
    assert "Before anything else" not in words_of(response)


def test_a_slip_does_not_suspend_what_was_told_before(client: Client) -> None:
    save(client, ago(1), weight="155 lb")
    response = save(client, weight="1550 lb")
    words = words_of(response)
    assert "1550 lb is not possible" in words
    assert "Did you mean 155 lb?" in words
    assert "703" not in words
    contents = Vault.from_cookie(client.cookies["wayline_key"].value, TODAY).read()
    assert contents.usable_facts["nutrition.weight_kg"]["value"] == 155
    assert "A newer answer could not be read: Weight. What you told before stays in use." in words_of(client.get(DIARY))
    assert "a newer answer could not be read" in words_of(client.get("/situation/"))
    save(client, weight="154 lb")
    assert "newer answer" not in words_of(client.get(DIARY))


def test_a_slip_lowers_no_alarm_and_the_last_calm_answer_hides_none(client: Client) -> None:
    save(client, ago(1), temperature="102 degF")
    save(client, temperature="9.86 degF")
    assert "Before anything else" in words_of(client.get(DIARY))
    save(client, ago(1), do="correct", temperature="98.6 degF")
    save(client, temperature="102 Cel")
    assert "Here it is read as 102 °F." in words_of(client.get(DIARY))


def test_a_temperature_is_listed_and_printed_in_both_units(client: Client) -> None:
    save(client, ago(1), temperature="101.3 degF")
    save(client, temperature="37.2 Cel")
    for path in (DIARY, PRINT):
        words = words_of(client.get(path))
        assert "101.3 °F (38.5 °C)" in words
        assert "37.2 °C (99.0 °F)" in words, re.findall(r"37.2.{40}", words)
    assert "37.2 °C (99.0 °F)" in words_of(client.get("/situation/"))


@pytest.mark.parametrize(("typed", "ends"), [("98.6 degF", (90, 110)), ("37 Cel", (30, 45))])
def test_a_single_temperature_is_drawn_on_a_scale_of_temperatures(client: Client, typed: str, ends: tuple[float, float]) -> None:
    save(client, temperature=typed)
    svg = re.search(r'<svg class="trend".*?</svg>', client.get(DIARY).content.decode(), flags=re.DOTALL)[0]  # type: ignore[index]
    levels = [float(text) for text in re.findall(r">([0-9.]+)</text>", svg)]
    assert len(levels) > 2
    assert all(ends[0] <= level <= ends[1] for level in levels)


# --- weight over half a year ---


def test_weight_lost_in_half_a_year_follows_from_the_diary_with_its_reason(client: Client) -> None:
    save(client, ago(180), weight="80 kg")
    save(client, ago(30), weight="72 kg")
    assert facts_of(client)["nutrition.weight_loss_percent"]["date"] == ago(30)
    save(client, weight="72 kg")
    lost = facts_of(client)["nutrition.weight_loss_percent"]
    assert (lost["value"], lost["date"]) == (10.0, ago(0))
    assert lost["source"] == f"diary: 80.0 kg on {ago(180)}, 72.0 kg on {ago(0)}"
    words = words_of(client.get(DIARY))
    assert "Losing weight" in words
    assert "80.0 kg" in words


def test_a_told_weight_loss_stands(client: Client) -> None:
    client.post("/situation/step/weight/", {"nutrition.weight_loss_percent": "3", "go": "next"})
    save(client, ago(180), weight="80 kg")
    save(client, weight="72 kg")
    assert facts_of(client)["nutrition.weight_loss_percent"]["value"] == 3


def test_weights_of_a_month_tell_nothing_of_half_a_year(client: Client) -> None:
    save(client, ago(40), weight="80 kg")
    save(client, weight="70 kg")
    assert "nutrition.weight_loss_percent" not in facts_of(client)


# --- the pages ---


def test_the_empty_diary_says_what_will_be_here(client: Client) -> None:
    words = words_of(client.get(DIARY))
    assert "Here will be your days" in words
    assert "Nobody watches this diary. When in doubt, call" in words
    assert "wayline_key" not in client.cookies


@pytest.mark.parametrize("path", [DIARY, DAY, PRINT])
def test_it_says_that_nobody_watches_and_never_that_all_is_well(client: Client, path: str) -> None:
    save(client, ago(3), pain="severe", dysphagia="3")
    save(client, pain="mild", dysphagia="1")
    words = words_of(client.get(path))
    assert "Nobody watches this diary. When in doubt, call" in words
    assert not re.search(
        r"\b(stable|improv\w*|better|worse than before|normal|score|streak|trend)\b", words.split("More, if there is more")[0]
    )


def test_charts_and_tables_say_the_same(client: Client) -> None:
    for days, weight in ((9, "160.5 lb"), (4, "158 lb"), (0, "157.2 lb")):
        save(client, ago(days), weight=weight, dysphagia="2")
    page = client.get(DIARY).content.decode()
    for number in ("160.5", "158", "157.2"):
        assert len(re.findall(rf"(?<![\d.]){re.escape(number)}(?![\d.])", page)) >= 3, number  # label, drawing, table


def test_side_effects_are_asked_for_by_the_drugs_that_somebody_had(client: Client) -> None:
    unknown = words_of(client.get(DAY))
    assert "Side effects of immune drugs" in unknown
    assert "Side effects of oxaliplatin" in unknown
    fields = {"therapy.history": "some", "therapy.history:drugs-0": "pembrolizumab", "therapy.history:start-0": "2024-01", "go": "next"}
    client.post("/situation/step/treatment-so-far/", fields | {"therapy.history:end-0": "2025-03", "therapy.history:complete": "yes"})
    known = words_of(client.get(DAY))
    assert "Side effects of immune drugs" in known  # more than a year after the last dose
    assert "Side effects of oxaliplatin" not in known


def test_every_symptom_can_be_told(client: Client) -> None:
    page = client.get(DAY).content.decode()
    asked = set(re.findall(r'name="(symptom\.\w+)"', page))
    assert asked == {fact_id for fact_id in library().vocabulary if fact_id.startswith("symptom.")}
    assert len(re.findall(r'id="symptom-pain"', page)) == 1


def test_the_page_is_light(client: Client) -> None:
    assert len(client.get(DAY).content) < 70_000


def test_only_plain_answers_are_shown_safely(client: Client) -> None:
    save(client, note="<script>alert(1)</script>", pain="mild")
    page = client.get(DIARY).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_long_diary_opens(client: Client) -> None:
    vault = Vault(None, TODAY)
    contents = vault.read()
    contents.diary = [
        {"date": ago(days), "facts": {"symptom.pain": "mild", "nutrition.weight_kg": 70}, "note": ""} for days in range(200, 0, -1)
    ]
    contents.diary[3]["facts"]["symptom.gone_from_the_vocabulary"] = True
    vault.write(contents)
    client.cookies["wayline_key"] = vault.cookie
    response = client.get(DIARY)
    assert "170 older days stand on the sheet for the visit" in words_of(response)
    assert len(response.content) < 100_000
    words = words_of(client.get(PRINT))
    assert words.count("Pain: I notice it") == 200
    assert "1 answer cannot be read" in words


def test_a_draft_of_today_outlives_a_change_of_yesterday(client: Client) -> None:
    """Nothing that was typed is lost, and it waits until it is right."""
    save(client, temperature="101 Cel")
    save(client, ago(1), temperature="99 degF")
    assert drafts_of(client)["symptom.temperature_c"][""] == "101"
    assert facts_of(client)["symptom.temperature_c"]["date"] == ago(1)
    save(client, temperature="101 degF")
    assert drafts_of(client) == {}


def test_saving_the_questions_for_the_visit_says_so(client: Client) -> None:
    response = client.post("/visit/questions/", {"do": "save", "own": "May I eat soup?"})
    assert response["Location"] == "/visit/questions/?saved=1#yours"
    assert "Saved." in words_of(client.get("/visit/questions/?saved=1"))
    assert "Saved." not in words_of(client.get("/visit/questions/"))
