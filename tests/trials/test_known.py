"""The list of well-known trials: it loads strictly, says how old each status is, and has the registry's shape."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.helpers import CHECKOUT
from wayline.guide.references import References, load_references
from wayline.reading import WaylineError
from wayline.trials.known import PHASES, STATUSES, KnownTrial, as_record, load_known_trials
from wayline.trials.splitting import HEADING, split_criteria
from wayline.trials.study import is_open_status, parse_study

REFERENCES = load_references(CHECKOUT / "content" / "references")
KNOWN = load_known_trials(CHECKOUT / "content" / "trials" / "known_trials.yaml", REFERENCES)
EVERY_TRIAL = pytest.mark.parametrize("trial", KNOWN.trials, ids=lambda trial: trial.short_name)

ENTRY = """\
written: 2026-11-23
note: "An example."
trials:
  - nct_id: NCT03189719
    short_name: KEYNOTE-590
    title: A trial
    phases: [PHASE3]
    study_type: INTERVENTIONAL
    status: COMPLETED
    status_as_of: 2024-10-15
    conditions: [Esophageal cancer]
    interventions: [pembrolizumab]
    summary: For people.
    sites: []
    basis: secondary
    criteria:
      - {kind: inclusion, text: "ECOG performance status of 0 or 1"}
      - {kind: exclusion, text: "HIV infection"}
    sex: ALL
    minimum_age: 18 Years
    maximum_age: null
    cites: [keynote-590]
"""
SECOND = ENTRY[ENTRY.index("  - nct_id") :]


def loaded(folder: Path, text: str) -> tuple[KnownTrial, ...]:
    path = folder / "known_trials.yaml"
    path.write_text(text, encoding="utf-8")
    return load_known_trials(path, REFERENCES).trials


def test_the_list_tells_when_it_was_written_and_that_it_is_an_example() -> None:
    assert KNOWN.written == date(2026, 11, 23)
    assert "example" in KNOWN.note
    assert "registry" in KNOWN.note
    assert len(KNOWN.trials) >= 30


def test_no_number_and_no_name_stands_twice() -> None:
    for told in ("nct_id", "short_name", "title"):
        assert len({getattr(trial, told) for trial in KNOWN.trials}) == len(KNOWN.trials)


@EVERY_TRIAL
def test_a_trial_speaks_the_words_of_the_registry(trial: KnownTrial) -> None:
    assert trial.nct_id.startswith("NCT")
    assert trial.nct_id[3:].isdigit()
    assert len(trial.nct_id) == 11
    assert trial.status in STATUSES
    assert set(trial.phases) <= set(PHASES)


@EVERY_TRIAL
def test_a_trial_has_six_to_fourteen_criteria_none_twice(trial: KnownTrial) -> None:
    texts = [criterion.text for criterion in trial.criteria]
    assert 6 <= len(texts) <= 14
    assert len(set(texts)) == len(texts)


@EVERY_TRIAL
def test_the_references_of_a_trial_exist_and_do_not_name_another_number(trial: KnownTrial) -> None:
    for cite in trial.cites:
        reference = REFERENCES[cite]
        assert reference.locator_kind != "nct" or reference.locator == trial.nct_id


@EVERY_TRIAL
def test_the_reader_of_registry_records_takes_a_trial_whole(trial: KnownTrial) -> None:
    study = parse_study(as_record(trial), "known_trials.yaml")
    assert (study.nct_id, study.title, study.overall_status) == (trial.nct_id, trial.title, trial.status)
    assert (study.phases, study.study_type, study.conditions) == (trial.phases, trial.study_type, trial.conditions)
    assert (study.sex, study.minimum_age, study.maximum_age) == (trial.sex, trial.minimum_age, trial.maximum_age)
    assert tuple(one.name for one in study.interventions) == trial.interventions
    assert study.brief_summary == trial.summary
    assert study.sites == ()


@EVERY_TRIAL
def test_every_criterion_of_a_trial_comes_back_as_one_item_of_its_kind(trial: KnownTrial) -> None:
    text = as_record(trial)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    items = [(item.kind, item.text) for item in split_criteria(text) if item.kind != HEADING]
    assert items == [(criterion.kind, criterion.text) for criterion in trial.criteria]


@EVERY_TRIAL
def test_a_record_is_as_old_as_its_status_and_marked_as_an_example(trial: KnownTrial) -> None:
    """Never as young as the list: the registry was not asked on the day of writing."""
    record = as_record(trial)
    assert record["_source"]["note"] == "example"
    snapshot = parse_study(record, "known_trials.yaml").snapshot_date
    if trial.status_as_of is None:
        assert snapshot is None
    else:
        assert snapshot == trial.status_as_of.first < KNOWN.written


def test_no_open_status_is_younger_than_thirty_days_on_the_day_of_writing() -> None:
    """So that no page can show one of them as open."""
    for trial in KNOWN.trials:
        if is_open_status(trial.status):
            assert trial.status_as_of is not None
            assert (KNOWN.written - trial.status_as_of.last).days > 30


def test_the_criteria_become_one_text_in_the_usual_style(tmp_path: Path) -> None:
    (trial,) = loaded(tmp_path, ENTRY)
    assert as_record(trial)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] == (
        "Inclusion Criteria:\n\n* ECOG performance status of 0 or 1\n\nExclusion Criteria:\n\n* HIV infection"
    )


def test_no_heading_stands_over_nothing(tmp_path: Path) -> None:
    (trial,) = loaded(tmp_path, ENTRY.replace('      - {kind: exclusion, text: "HIV infection"}\n', ""))
    assert "Exclusion" not in as_record(trial)["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]


def test_an_unknown_status_needs_no_date(tmp_path: Path) -> None:
    (trial,) = loaded(tmp_path, ENTRY.replace("COMPLETED", "UNKNOWN").replace("2024-10-15", "null"))
    assert trial.status_as_of is None
    assert as_record(trial)["_source"] == {"snapshotDate": None, "note": "example"}


@pytest.mark.parametrize("told", ["2024-10-15", "2024-10", "2024", "2026-11-23"])
def test_a_date_keeps_its_own_precision(tmp_path: Path, told: str) -> None:
    (trial,) = loaded(tmp_path, ENTRY.replace("2024-10-15", told))
    assert as_record(trial)["_source"]["snapshotDate"] == told


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("written: 2026-11-23", "written: 2026-11", 1, "'written' must be a date"),
        ('note: "An example."', "note: null", 2, "'note' must be a text"),
        ('note: "An example."', "notes: hello", 2, "Did you mean 'note'?"),
        ("    sex: ALL\n", "", 4, "the key 'sex' is missing"),
        ("    sex: ALL\n", "    sexes: ALL\n", 19, "Did you mean 'sex'?"),
        ("NCT03189719", "NCT0318971", 4, "is not a registry number"),
        ("NCT03189719", "nct03189719", 4, "is not a registry number"),
        ("title: A trial", "title: ''", 6, "'title' must be a text"),
        ("[PHASE3]", "[PHASE_3]", 7, "Did you mean 'PHASE3'?"),
        ("[PHASE3]", "[]", 7, "'phases' must not be empty"),
        ("[PHASE3]", "PHASE3", 7, "'phases' must be a list"),
        ("INTERVENTIONAL", "INTERVENTION", 8, "Did you mean 'INTERVENTIONAL'?"),
        ("COMPLETED", "COMPLETE", 9, "Did you mean 'COMPLETED'?"),
        ("2024-10-15", "null", 10, "COMPLETED needs the date"),
        ("2024-10-15", "October 2024", 10, "'status_as_of' must be a date such as"),
        ("2024-10-15", "2026-11-24", 10, "lies after the day on which the list was written, 2026-11-23"),
        ("COMPLETED\n    status_as_of: 2024-10-15", "RECRUITING\n    status_as_of: 2024-10", 10, "RECRUITING needs a whole date"),
        ("[Esophageal cancer]", "[]", 11, "'conditions' must not be empty"),
        ("[pembrolizumab]", "[1]", 12, "'interventions' must be a list of texts"),
        ("sites: []", "sites: [Boston]", 14, "'sites' must be empty"),
        ("basis: secondary", "basis: read", 15, "is not a choice for 'basis'"),
        ("kind: inclusion", "kind: inclusive", 17, "Did you mean 'inclusion'?"),
        ("kind: inclusion", "kind: exclusion", 16, "at least one inclusion"),
        ("ECOG performance", "* ECOG performance", 17, "one line without a bullet"),
        ("status of 0 or 1", "status\\nof 0 or 1", 17, "one line without a bullet"),
        ("sex: ALL", "sex: BOTH", 19, "is not a choice for 'sex'"),
        ("18 Years", "18", 20, "'minimum_age' must be a text"),
        ("18 Years", "eighteen", 20, "is not an age in the registry's form"),
        ("maximum_age: null", "maximum_age: 75", 21, "'maximum_age' must be a text"),
        ("[keynote-590]", "[keynote590]", 22, "Did you mean 'keynote-590'?"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert ENTRY.count(old) == 1
    with pytest.raises(WaylineError) as raised:
        loaded(tmp_path, ENTRY.replace(old, new))
    assert str(raised.value).startswith(f"known_trials.yaml, line {line}: ")
    assert says in str(raised.value)


def test_a_number_that_stands_twice_is_refused_at_its_second_place(tmp_path: Path) -> None:
    with pytest.raises(WaylineError, match=r"known_trials\.yaml, line 23: 'NCT03189719' stands twice"):
        loaded(tmp_path, ENTRY + SECOND)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WaylineError, match=r"known_trials\.yaml: cannot be read"):
        load_known_trials(tmp_path / "known_trials.yaml", References({}))
