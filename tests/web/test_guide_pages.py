"""The guide on the web: pages, words in place, search, comparisons, the matrix, and the gate before figures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.web.test_pages import text_of
from wayline.library import library
from wayline.options.catalog import HEADINGS, KINDS
from wayline.web.icons import icon_array
from wayline.web.rendering import render

pytestmark = pytest.mark.django_db
CONTENT = library()


@pytest.mark.parametrize("page_id", list(CONTENT.pages))
def test_every_page_shows_its_dates_sources_and_scores(client: Client, page_id: str) -> None:
    """About this page: reviewed, next review, not yet signed, reading grade, how to report an error."""
    response = client.get(f"/page/{page_id}/")
    html, words = response.content.decode(), text_of(response)
    page = CONTENT.pages[page_id]
    assert response.status_code == 200
    assert "Next review by" in words
    assert "not yet signed by a clinician" in words
    assert "Reading grade" in words
    assert "Is something wrong here?" in words
    assert f"<strong>{page_id}</strong>" in html
    for number, _ in enumerate(page.cited, 1):
        assert f'id="source-{number}"' in html
    assert "[@" not in html
    assert not re.search(r'href="(?:page|option|word):', html)


def test_every_link_of_every_page_leads_somewhere(client: Client) -> None:
    """All addresses inside the site answer with 200."""
    seen: set[str] = set()
    waiting = ["/", "/guide/", "/options/", "/compare/", "/words/", "/help/", "/how-long/", "/situation/", "/situation/more/"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        assert response.status_code == 200, address
        assert targets_missing(response.content.decode()) == set(), address
        for link in re.findall(r'href="(/[^"#?]*)', response.content.decode()):
            if not link.startswith("/static/") and link not in seen:
                waiting.append(link)
    for page_id in CONTENT.pages:
        assert f"/page/{page_id}/" in seen or page_id == "get-help-now", f"{page_id} cannot be reached"
    for option_id in CONTENT.catalog:
        assert f"/options/{option_id}/" in seen


def targets_missing(html: str) -> set[str]:
    """What a page's own links and word buttons point to, but the page does not hold."""
    wanted = set(re.findall(r'popovertarget="([^"]+)"', html)) | set(re.findall(r'href="#([^"]+)"', html))
    return wanted - set(re.findall(r' id="([^"]+)"', html))


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_word_and_source_of_a_comparison_has_its_target(client: Client, kind: str) -> None:
    """Words explained in place, sources numbered over all columns."""
    html = client.post(
        f"/compare/{kind}/", {"option": [option.id for option in CONTENT.catalog.values() if option.kind == kind]}
    ).content.decode()
    assert targets_missing(html) == set()


def test_nothing_leads_away_from_the_urgent_words(client: Client) -> None:
    """No word to tap, no source mark inside the emergency text: a tap calls or texts, and nothing else."""
    html = client.get("/help/").content.decode()
    card = html[html.index('<div class="help">') : html.index("</div>", html.index('<div class="help">'))]
    assert "<button" not in card
    assert {address.split(":")[0] for address in re.findall(r'<a [^>]*href="([^"]*)"', card)} <= {"tel", "sms"}
    assert card.count("<li>") > 15


def test_hard_subjects_are_two_taps_from_home(client: Client) -> None:
    """Hospice, stopping treatment, children and grief, and urgent help."""
    home = client.get("/").content.decode()
    for page_id in ("hospice", "stopping-treatment", "talking-with-children", "grief"):
        assert f'href="/page/{page_id}/"' in home
    assert 'href="/help/"' in home


def test_words_are_explained_in_place_once() -> None:
    """The first place of a word gets a button; links, headings and later places do not."""
    text = render("## A fistula\n\nA fistula is told. A [fistula](page:hospice) and a fistula again.", {})
    assert text.html.count("popovertarget") == 1
    assert [word.id for word in text.words] == ["fistula"]
    assert "<h2>A fistula</h2>" in text.html
    assert render("A fistula.", {}, ["fistula"]).words == ()


def test_raw_html_in_content_is_shown_as_text() -> None:
    """Nothing that an editor types becomes a script."""
    html = render('<script>alert(1)</script> <img src=x onerror="alert(1)">', {}).html
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_search_keeps_what_was_typed_out_of_the_address(client: Client) -> None:
    """The words are posted; the answer is the page itself."""
    response = client.post("/search/", {"words": "trouble swallowing"})
    assert response.status_code == 200
    assert "found" in text_of(response)
    assert 'href="/page/eating-and-swallowing/"' in response.content.decode()
    form = re.search(r'<form method="(\w+)"[^>]*class="search">', client.get("/search/").content.decode())
    assert form is not None
    assert form[1] == "post"
    assert "Nothing was found" in text_of(client.post("/search/", {"words": "xyzzyqwv"}))
    assert client.get("/search/?words=fistula").content.decode().count("option-list") == 0


def test_search_shows_what_was_typed_safely(client: Client) -> None:
    """Escaped, and cut to a bearable length."""
    html = client.post("/search/", {"words": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html


@pytest.mark.parametrize("kind", list(KINDS))
def test_treatments_are_compared_heading_by_heading(client: Client, kind: str) -> None:
    """The six headings in their order, with every chosen option under each."""
    ids = [option.id for option in CONTENT.catalog.values() if option.kind == kind][:3]
    assert CONTENT.decisions[kind].decision in text_of(client.get(f"/compare/{kind}/"))
    response = client.post(f"/compare/{kind}/", {"option": ids})
    html = response.content.decode()
    if len(ids) < 2:
        assert "Choose at least 2" in html
        return
    places = [html.index(f"<h2>{heading}</h2>") for heading in HEADINGS]
    assert places == sorted(places)
    for option_id in ids:
        assert html.count(f'<h3><a href="/options/{option_id}/">') == len(HEADINGS)


def test_no_more_than_four_are_compared(client: Client) -> None:
    """And that is said."""
    ids = [option.id for option in CONTENT.catalog.values() if option.kind == "liver_directed"]
    words = text_of(client.post("/compare/liver_directed/", {"option": ids}))
    assert "Only 4 fit side by side" in words
    assert client.get("/compare/nothing/").status_code == 404


def test_the_liver_table_shows_every_cell(client: Client) -> None:
    """Row headings, column headings, no empty cell."""
    html = client.get("/liver-treatments/").content.decode()
    assert html.count('<th scope="row">') == len(CONTENT.matrix)
    assert html.count('<th scope="col">') == 7
    assert not re.search(r"<td[^>]*>\s*</td>", html)


FIGURES = re.compile(r"\b\d+ of 100\b|Of 100 people|\b\d+ months\b")


def test_no_outlook_figure_is_shown_unasked(client: Client) -> None:
    """Opening the page, following a link or reloading shows no figure; words show none either; only the press of a button does."""
    assert not FIGURES.search(text_of(client.get("/how-long/")))
    assert not FIGURES.search(text_of(client.get("/how-long/?depth=numbers")))
    words = client.post("/how-long/", {"depth": "words"})
    assert not FIGURES.search(text_of(words))
    numbers = client.post("/how-long/", {"depth": "numbers"})
    assert FIGURES.search(text_of(numbers))
    assert not FIGURES.search(text_of(client.get("/how-long/"))), "the choice was remembered"
    assert set(numbers.cookies) <= {"csrftoken"}
    assert not FIGURES.search(text_of(client.post("/how-long/", {"depth": "anything"})))


def test_figures_are_words_numbers_picture_and_table(client: Client) -> None:
    """Each group: who, when, a sentence out of 100, an icon array of 100 in order, the same in a table."""
    html = client.post("/how-long/", {"depth": "numbers"}).content.decode()
    groups = CONTENT.outlook.groups
    assert html.count('class="icons"') == len(groups)
    assert html.count("<circle") == 100 * len(groups)
    assert html.count('class="plain-table"') == len(groups)
    for group in groups:
        assert f"<strong>{group.alive_of_100}</strong>" in html


@pytest.mark.parametrize("count", [0, 1, 5, 99, 100])
def test_icon_arrays_fill_in_order(count: int) -> None:
    """The first cells are filled, the rest open; always 100."""
    classes = re.findall(r'class="(filled|open)"', icon_array(count, "label"))
    assert classes == ["filled"] * count + ["open"] * (100 - count)


ANYWHERE_ELSE = ["/", "/guide/", "/options/", "/page/what-stage-4-means/", "/page/in-the-liver/", "/page/hospice/", "/help/"]


@pytest.mark.parametrize("address", ANYWHERE_ELSE)
def test_no_survival_figure_stands_outside_the_gate(client: Client, address: str) -> None:
    """No median, no share alive, no months of life on other pages."""
    words = text_of(client.get(address)).lower()
    assert not re.search(
        r"median (?:overall )?survival|\d+ (?:of 100|percent|%) [a-z ]{0,30}\balive\b|live[ds]? (?:for )?\d+ months", words
    )


def test_the_offline_worker_keeps_only_the_urgent_page(client: Client) -> None:
    """Served as a script from the root, with a policy of its own."""
    response = client.get("/offline-help.js")
    script = response.content.decode()
    assert response.headers["Content-Type"] == "text/javascript"
    assert '"/help/"' in script
    assert "situation" not in script
    assert "connect-src 'self'" in response.headers["Content-Security-Policy"]


def test_large_type_for_print_is_one_tap_away(client: Client) -> None:
    """On every page, without a script."""
    html = client.get("/page/pain/").content.decode()
    assert 'href="/page/pain/?print=large"' in html
    assert 'class="large-print"' in client.get("/page/pain/?print=large").content.decode()


def test_the_contact_for_errors_is_shown_when_it_is_set(client: Client, settings: Any) -> None:
    """An address becomes a link that names the page, and nothing about the person."""
    settings.CONTACT = "pages@example.org"
    html = client.get("/page/pain/").content.decode()
    assert 'href="mailto:pages@example.org?subject=Page%20pain"' in html


def test_who_pays_stands_on_the_about_page(client: Client) -> None:
    """From the data."""
    assert CONTENT.funding.statement in text_of(client.get("/page/about/"))


@pytest.mark.parametrize(("page_id", "leads_there"), [("finding-a-study", True), ("clinical-trials", True), ("drug-treatment", False)])
def test_pages_about_studies_lead_to_the_list(client: Client, page_id: str, leads_there: bool) -> None:
    shown = client.get(f"/page/{page_id}/").content.decode()
    assert ("Look at studies here" in shown and "See studies</a>" in shown) is leads_there
