"""Search over studies: names, synonyms, misspellings, registry numbers, filters, wider studies, and any text at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import shared_folder
from tests.trials.making import site_of, study_of
from wayline.library import library
from wayline.reading import WaylineError
from wayline.trials.places import Point
from wayline.trials.search import Filters, TrialResults, create_index, forget_studies, index_studies, search_trials
from wayline.trials.study import OPEN_STATUSES, Study, parse_study
from wayline.trials.thesaurus import Thesaurus, any_of, load_thesaurus, phrase, tokens_of, within

HOUSTON = Point(29.76, -95.37)
ESOPHAGUS, JUNCTION, BASKET, LIVER, COLON, UNTITLED = 1, 2, 3, 4, 5, 6
Find = Callable[..., TrialResults]

STUDIES = (
    study_of(
        ESOPHAGUS,
        brief_title="MK-3475 and chemotherapy for esophageal carcinoma",
        conditions=("Esophageal Neoplasms",),
        drugs=("Pembrolizumab", "Cisplatin"),
        overall_status="RECRUITING",
        study_type="INTERVENTIONAL",
        phases=("PHASE2", "PHASE3"),
        last_update_posted="2026-09-01",
        sites=(site_of("Houston", "Texas"), site_of("Boston", "Massachusetts")),
        organization="Example Cancer Center",
    ),
    study_of(
        JUNCTION,
        brief_title="Zolbetuximab with mFOLFOX6 in gastroesophageal junction adenocarcinoma",
        conditions=("Gastroesophageal Junction Cancer",),
        drugs=("zolbetuximab", "oxaliplatin", "leucovorin", "fluorouracil"),
        overall_status="COMPLETED",
        study_type="INTERVENTIONAL",
        phases=("PHASE3",),
        last_update_posted="2025",
        sites=(site_of("Houston", "Texas"),),
    ),
    study_of(
        BASKET,
        brief_title="A new antibody in advanced solid tumors",
        conditions=("Solid Tumor",),
        overall_status="RECRUITING",
        study_type="INTERVENTIONAL",
        phases=("PHASE1",),
        last_update_posted="2026-10-01",
        sites=(site_of("Boston", "Massachusetts"),),
    ),
    study_of(
        LIVER,
        brief_title="Yttrium-90 microspheres for hepatic metastases",
        conditions=("Liver Metastases",),
        overall_status="NOT_YET_RECRUITING",
        study_type="OBSERVATIONAL",
        last_update_posted="2024-05-05",
        sites=(site_of("Lyon", None, "France"),),
    ),
    study_of(
        COLON,
        brief_title="Exercise after colon surgery",
        conditions=("Colon Polyp",),
        eligibility_criteria="Exclusion: esophageal varices, cancer, pembrolizumab within 4 weeks",
        overall_status="RECRUITING",
    ),
    study_of(UNTITLED, eligibility_criteria="* ECOG 0 to 1\n* stage IV disease", last_update_posted="2023-01"),
)


@pytest.fixture(scope="module")
def thesaurus() -> Thesaurus:
    content = library()
    return load_thesaurus(content.folder / "trials" / "synonyms.yaml", content.vocabulary.drugs)


@pytest.fixture(scope="module")
def connection() -> sqlite3.Connection:
    return indexed(STUDIES)


@pytest.fixture(scope="module")
def find(connection: sqlite3.Connection, thesaurus: Thesaurus) -> Find:
    return lambda words, filters=None, limit=30: search_trials(connection, words, thesaurus, filters, limit)


def indexed(studies: tuple[Study, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    create_index(connection)
    index_studies(connection, studies)
    connection.commit()
    return connection


def numbers(results: TrialResults) -> list[int]:
    return [int(hit.nct_id[3:]) for hit in results.hits]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("esophageal cancer", ESOPHAGUS),
        ("Esophagus", ESOPHAGUS),
        ("OESOPHAGEAL TUMOUR", ESOPHAGUS),
        ("esophageal cancers", ESOPHAGUS),
        ("food pipe cancer", ESOPHAGUS),
        ("cancer of the gullet", ESOPHAGUS),
        ("what trials are there for esophageal cancer?", ESOPHAGUS),
        ("Keytruda", ESOPHAGUS),
        ("pembrolizumab", ESOPHAGUS),
        ("MK-3475", ESOPHAGUS),
        ("mk3475", ESOPHAGUS),
        ("mk 3475", ESOPHAGUS),
        ("checkpoint inhibitor", ESOPHAGUS),
        ("immunotherapy", ESOPHAGUS),
        ("GEJ", JUNCTION),
        ("Siewert", JUNCTION),
        ("FOLFOX", JUNCTION),
        ("Vyloy", JUNCTION),
        ("y90", LIVER),
        ("SIRT", LIVER),
        ("radioembolisation", LIVER),
        ("spread to the liver", LIVER),
        ("liver mets", LIVER),
        ("basket trial", BASKET),
        ("solid tumours", BASKET),
        ("phase 3 pembrolizumab", ESOPHAGUS),
        ("stage 4", LIVER),
        ("stage four", LIVER),
        ("Example Cancer Center", ESOPHAGUS),
        ('"solid tumors"', BASKET),
    ],
)
def test_a_study_is_found_by_all_its_names(find: Find, typed: str, first: int) -> None:
    results = find(typed)
    assert numbers(results)[0] == first
    assert results.read_as is None
    assert results.all_words


@pytest.mark.parametrize(
    ("typed", "read_as", "first"),
    [
        ("esophagial", "esophageal", ESOPHAGUS),
        ("pembrolizamab", "pembrolizumab", ESOPHAGUS),
        ("zolbetuxmab", "zolbetuximab", JUNCTION),
        ("zolbetuxmab adenocarsinoma", "zolbetuximab adenocarcinoma", JUNCTION),
        ("keytrudda", "keytruda", ESOPHAGUS),
        ("metastisis", "metastasis", LIVER),
        ("liver metastasses", "liver metastases", LIVER),
        ("yterium", "yttrium", LIVER),
    ],
)
def test_a_misspelled_word_is_read_as_the_nearest_known_one(find: Find, typed: str, read_as: str, first: int) -> None:
    results = find(typed)
    assert results.read_as == read_as
    assert numbers(results)[0] == first


def test_a_rare_slip_in_the_records_does_not_hide_the_right_word(thesaurus: Thesaurus) -> None:
    right = [study_of(number, brief_title=f"Swimming number {number}") for number in range(100)]
    connection = indexed((*right, study_of(100, brief_title="Swiming")))
    results = search_trials(connection, "swiming", thesaurus)
    assert results.read_as == "swimming"
    assert results.total == 101


def test_the_beginning_of_a_word_finds_it(find: Find) -> None:
    results = find("microsph")
    assert numbers(results) == [LIVER]
    assert results.read_as is None


@pytest.mark.parametrize(
    "typed", ["NCT00000001", "nct00000001", "nct 00000001", "NCT: 0000 0001", "ＮＣＴ０００００００１", "00000001", " 00000001 "]
)
def test_a_registry_number_goes_straight_to_its_study_whatever_the_filters(find: Find, typed: str) -> None:
    closed = Filters(statuses={"COMPLETED"}, kind="OBSERVATIONAL", phases={"PHASE1"})
    assert numbers(find(typed)) == numbers(find(typed, closed)) == [ESOPHAGUS]


def test_a_registry_number_among_words_goes_first(find: Find) -> None:
    assert numbers(find("NCT00000003 liver metastases"))[:2] == [BASKET, LIVER]


@pytest.mark.parametrize(
    ("typed", "not_found"), [("NCT12345678", ("NCT12345678",)), ("nct 1234 5678", ("NCT12345678",)), ("NCT123456789", ("nct123456789",))]
)
def test_an_unknown_registry_number_finds_nothing_and_says_so(find: Find, typed: str, not_found: tuple[str, ...]) -> None:
    results = find(typed)
    assert results.total == 0
    assert results.not_found == not_found


def test_a_word_that_no_study_holds_is_named_and_the_rest_is_found(find: Find) -> None:
    results = find("xqzvjk yttrium")
    assert results.not_found == ("xqzvjk",)
    assert numbers(results) == [LIVER]
    assert results.all_words


def test_words_that_no_study_holds_find_nothing(find: Find) -> None:
    results = find("xqzvjk wqpkzz")
    assert results.hits == ()
    assert results.not_found == ("xqzvjk", "wqpkzz")


def test_words_that_never_stand_together_find_some_of_them_and_say_so(find: Find) -> None:
    results = find("yttrium polyp")
    assert sorted(numbers(results)) == [LIVER, COLON]
    assert not results.all_words


def test_a_title_goes_before_the_criteria(find: Find) -> None:
    hits = numbers(find("pembrolizumab"))
    assert hits == [ESOPHAGUS, COLON]


def test_studies_in_many_cancers_come_after_the_specific_ones_and_are_marked(find: Find) -> None:
    results = find("esophageal cancer")
    assert {int(hit.nct_id[3:]): hit.wider for hit in results.hits} == {ESOPHAGUS: False, COLON: False, JUNCTION: True, BASKET: True}
    # The closer group goes before the wider one.
    assert numbers(results)[-2:] == [JUNCTION, BASKET]


def test_between_quotation_marks_nothing_else_is_meant(find: Find) -> None:
    assert numbers(find('"hepatic metastases"')) == [LIVER]
    assert find('"liver secondaries"').total == 0
    assert numbers(find("liver secondaries")) == [LIVER]


def test_no_words_list_all_by_their_last_change_and_untold_days_last(find: Find) -> None:
    for typed in ("", "   ", "what are the trials", "?!"):
        results = find(typed)
        assert numbers(results) == [BASKET, ESOPHAGUS, JUNCTION, LIVER, UNTITLED, COLON]
        assert results.total == 6


@pytest.mark.parametrize(
    ("filters", "found", "not_told"),
    [
        (Filters(), {1, 2, 3, 4, 5, 6}, 0),
        (Filters(statuses=OPEN_STATUSES), {1, 3, 4, 5}, 1),
        (Filters(statuses=()), set(), 1),
        (Filters(kind="OBSERVATIONAL"), {4}, 2),
        (Filters(phases=("PHASE3",)), {1, 2}, 3),
        (Filters(phases=("PHASE1", "PHASE2")), {1, 3}, 3),
        (Filters(phases=("PHASE4",)), set(), 3),
        (Filters(near=HOUSTON), {1, 2, 3, 4, 5, 6}, 0),
        # Study 2 is closed, so it has no open site; 4 is in Lyon, 5 and 6 name no place: their distance is not known.
        (Filters(near=HOUSTON, within_miles=30), {1}, 3),
        (Filters(near=HOUSTON, within_miles=3000), {1, 3}, 3),
        (Filters(near=HOUSTON, within_miles=0), set(), 3),
        (Filters(statuses=OPEN_STATUSES, phases=("PHASE1",), near=HOUSTON, within_miles=30), set(), 3),
    ],
)
def test_a_filter_keeps_what_says_so_and_counts_what_does_not_say(find: Find, filters: Filters, found: set[int], not_told: int) -> None:
    results = find("", filters)
    assert set(numbers(results)) == found
    assert results.total == len(found)
    assert results.not_told == not_told


def test_miles_are_those_to_the_nearest_open_site_and_none_where_not_known(find: Find) -> None:
    miles = {int(hit.nct_id[3:]): hit.miles for hit in find("", Filters(near=HOUSTON)).hits}
    assert miles[ESOPHAGUS] == pytest.approx(0, abs=12)
    assert miles[BASKET] == pytest.approx(1600, abs=25)
    assert miles[JUNCTION] is miles[LIVER] is miles[COLON] is None
    assert all(hit.miles is None for hit in find("").hits)


@pytest.mark.parametrize(("near", "miles"), [(None, 50), (HOUSTON, -1), (HOUSTON, float("nan")), (HOUSTON, float("inf"))])
def test_a_distance_needs_a_place_and_a_number(near: Point | None, miles: float) -> None:
    with pytest.raises(WaylineError):
        Filters(near=near, within_miles=miles)


@pytest.mark.parametrize(("limit", "shown"), [(0, 0), (1, 1), (6, 6), (7, 6), (-1, 0)])
def test_the_limit_cuts_what_is_shown_not_what_is_counted(find: Find, limit: int, shown: int) -> None:
    results = find("", None, limit)
    assert (len(results.hits), results.total) == (shown, 6)


def test_a_hit_says_what_its_record_says(find: Find) -> None:
    hit = find("NCT00000001").hits[0]
    assert (hit.title, hit.overall_status, hit.study_type, hit.phases, hit.last_update_posted) == (
        "MK-3475 and chemotherapy for esophageal carcinoma",
        "RECRUITING",
        "INTERVENTIONAL",
        ("PHASE2", "PHASE3"),
        "2026-09-01",
    )
    untitled = find("NCT00000006").hits[0]
    assert (untitled.title, untitled.overall_status, untitled.phases) == ("NCT00000006", None, ())


def test_a_newer_record_takes_the_place_of_the_older_one(thesaurus: Thesaurus) -> None:
    connection = indexed(STUDIES)
    assert search_trials(connection, "microspheres", thesaurus).total == 1
    index_studies(connection, [study_of(LIVER, brief_title="Histotripsy", overall_status="COMPLETED")])
    assert search_trials(connection, "histotripsy", thesaurus).hits[0].overall_status == "COMPLETED"
    assert search_trials(connection, "microspheres", thesaurus).not_found == ("microspheres",)
    assert search_trials(connection, "", thesaurus).total == len(STUDIES)


def test_words_of_replaced_records_are_counted_off_exactly(thesaurus: Thesaurus) -> None:
    once, twice = indexed(STUDIES), indexed(STUDIES)
    index_studies(twice, STUDIES)
    index_studies(twice, (study_of(LIVER, brief_title="Other"), STUDIES[LIVER - 1]))  # one study twice in a batch: the later one stands
    words = "SELECT word, studies FROM search_words ORDER BY word"
    assert once.execute(words).fetchall() == twice.execute(words).fetchall()
    forget_studies(twice, [study.nct_id for study in STUDIES])
    assert twice.execute(words).fetchall() == []
    assert search_trials(twice, "cancer", thesaurus).total == search_trials(twice, "", thesaurus).total == 0


def test_what_is_rolled_back_was_never_there(thesaurus: Thesaurus) -> None:
    connection = indexed(STUDIES)
    index_studies(connection, [study_of(7, brief_title="Histotripsy")])
    assert search_trials(connection, "histotripsy", thesaurus).total == 1
    connection.rollback()
    assert search_trials(connection, "histotripsy", thesaurus).total == 0


def test_a_search_leaves_no_transaction_open_and_ends_none(thesaurus: Thesaurus) -> None:
    connection = indexed(STUDIES)
    search_trials(connection, "liver", thesaurus)
    assert not connection.in_transaction
    index_studies(connection, [study_of(7, brief_title="Histotripsy")])
    search_trials(connection, "liver", thesaurus)
    assert connection.in_transaction


def test_a_reader_sees_a_new_mirror_when_it_is_committed(tmp_path: Path, thesaurus: Thesaurus) -> None:
    writer, reader = sqlite3.connect(tmp_path / "mirror.db"), sqlite3.connect(tmp_path / "mirror.db")
    create_index(writer)
    index_studies(writer, STUDIES)
    writer.commit()
    assert search_trials(reader, "histotripsy", thesaurus).total == 0
    index_studies(writer, [study_of(7, brief_title="Histotripsy")])
    assert search_trials(reader, "histotripsy", thesaurus).total == 0
    writer.commit()
    assert search_trials(reader, "histotripsy", thesaurus).total == 1


def test_an_empty_index_finds_nothing(thesaurus: Thesaurus) -> None:
    connection = sqlite3.connect(":memory:")
    create_index(connection)
    create_index(connection)  # once more makes no difference
    for typed in ("", "esophageal", "NCT00000001"):
        assert search_trials(connection, typed, thesaurus, Filters(near=HOUSTON, within_miles=10, phases=("PHASE1",))).total == 0


def test_real_records_are_found_by_number_and_by_words(thesaurus: Thesaurus) -> None:
    path = shared_folder() / "data" / "studies_near.ndjson"
    if not path.exists():
        pytest.skip("the shared records are not here")
    studies = tuple(parse_study(json.loads(line), path.name) for line in path.read_text(encoding="utf-8").splitlines())
    connection = indexed(studies)
    for study in studies:
        assert [hit.nct_id for hit in search_trials(connection, study.nct_id, thesaurus).hits] == [study.nct_id]
    for typed in ("esophagial cancer", "pembrolizamab", "GEJ adenocarcinoma", "Keytruda", "stage 4 gullet cancer liver"):
        results = search_trials(connection, typed, thesaurus)
        assert results.hits
        assert results.all_words
        assert not results.not_found


_SNIPPETS = st.sampled_from(
    [
        '"',
        "'",
        "*",
        " AND ",
        " OR ",
        " NOT ",
        "NEAR(",
        ")",
        "{title}",
        ":",
        "-",
        "^",
        ";",
        "\x00",
        "esophageal",
        "liver",
        "mk-3475",
        "NCT",
        "1",
    ]
)


@given(st.one_of(st.text(max_size=400), st.lists(_SNIPPETS, max_size=30).map("".join), st.lists(_SNIPPETS, max_size=20).map(" ".join)))
def test_any_text_is_a_query_and_every_hit_is_a_study(connection: sqlite3.Connection, thesaurus: Thesaurus, typed: str) -> None:
    results = search_trials(connection, typed, thesaurus)
    found = numbers(results)
    assert len(found) == len(set(found)) == results.total
    assert set(found) <= {1, 2, 3, 4, 5, 6}


@given(st.sampled_from([" AND ", " OR ", " NOT ", " NEAR ", "* ", " - ", ": ", " ^", '" "', "(", "; DROP TABLE search_text; "]))
def test_operators_are_plain_words_or_nothing(connection: sqlite3.Connection, thesaurus: Thesaurus, operator: str) -> None:
    assert ESOPHAGUS in numbers(search_trials(connection, f"esophageal{operator}carcinoma", thesaurus))
    assert connection.execute("SELECT count(*) FROM search_text").fetchone() == (6,)


GROUP = "  - id: liver\n    words: [liver, hepatic]\n    typed: [the big organ]\n    includes: []\n    wider: []\n"


def thesaurus_of(folder: Path, groups: str) -> Thesaurus:
    path = folder / "synonyms.yaml"
    path.write_text(f"groups:\n{groups}", encoding="utf-8")
    return load_thesaurus(path, library().vocabulary.drugs)


def test_a_name_is_found_in_every_spelling_of_it(tmp_path: Path) -> None:
    thesaurus = thesaurus_of(tmp_path, GROUP)
    for typed in ("liver", "LIVERS", "Hepatic", "the big-organ"):
        meaning = thesaurus.find(tokens_of(typed))
        assert meaning is not None
        assert set(meaning.same) == {'"liver"', '"hepatic"'}
    assert thesaurus.find(["lung"]) is None


@pytest.mark.parametrize(
    ("groups", "error"),
    [
        (GROUP + GROUP, "the group 'liver' stands twice"),
        (GROUP.replace("hepatic", "Keytruda"), "'Keytruda' is already a name of a drug"),
        (GROUP.replace("hepatic", "PD-1 inhibitors"), "'PD-1 inhibitors' is already a name of a drug or a class"),
        (GROUP + GROUP.replace("id: liver", "id: other"), "'liver' is already a name of the group 'liver'"),
        (GROUP.replace("includes: []", "includes: [livr]"), "'livr' is not a group. Did you mean 'liver'?"),
        (GROUP.replace("wider: []", "wider: [livr]"), "'livr' is not a group. Did you mean 'liver'?"),
        (GROUP.replace("words: [liver, hepatic]", "words: []"), "at least one word to search for"),
        (GROUP.replace("hepatic", "'--'"), "'--' holds no word"),
        (GROUP.replace("typed", "tiped"), "'tiped' is not a key here. Did you mean 'typed'?"),
        (GROUP.replace("    wider: []\n", ""), "the key 'wider' is missing"),
    ],
)
def test_a_mistake_in_the_synonyms_is_named_with_its_line(tmp_path: Path, groups: str, error: str) -> None:
    with pytest.raises(WaylineError) as caught:
        thesaurus_of(tmp_path, groups)
    assert error in str(caught.value)
    assert str(caught.value).startswith("trials/synonyms.yaml, line ")


@given(st.text(max_size=60))
def test_tokens_are_safe_in_an_expression(text: str) -> None:
    tokens = tokens_of(text)
    assert not any(set(token) & set('"*:(){}^-+ \x00') for token in tokens)
    connection = sqlite3.connect(":memory:")
    create_index(connection)
    for expression in (phrase(tokens), within("{title}", any_of([phrase(tokens), '"liver"']))):
        assert connection.execute("SELECT 1 FROM search_text WHERE search_text MATCH ?", (expression,)).fetchall() == []
