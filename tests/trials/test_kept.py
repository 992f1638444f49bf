"""What was read of the open trials, kept between runs: the same answers as reading anew, and read anew whenever anything differs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import CHECKOUT, condition_of, shared_folder
from tests.trials.test_finding import text_of
from tests.web.trial_records import SITE, fill_mirror, record
from wayline.facts.case import load_case
from wayline.library import Library
from wayline.reading import WaylineError
from wayline.trials import kept
from wayline.trials.finding import OpenTrials
from wayline.trials.matching import check_trial
from wayline.trials.mirror import Mirror
from wayline.trials.places import ZipTable, point_of_zip

PEOPLE = ("her2_positive_progressed", "junction_untreated", "third_line_adeno", "squamous_frail", "knows_little", "partly_known")
ZIP_CODES = ("77030", "02115", "77030-1234", " 60611 ", "00000", "99999", "00601", "12", "")
RULES = (
    ["ECOG 0-1", "Hemoglobin >= 9 g/dL", "Zorblatt index of the third kind"],
    ["Squamous cell carcinoma of the esophagus", "AST and ALT <= 2.5 x ULN, or <= 5 x ULN with liver metastases"],
    ["At least one prior line of platinum-based chemotherapy", "No radiotherapy within 4 weeks", "Cohort B only: HER2 positive"],
    ["Life expectancy of at least 3 months", "Age 18 to 75", "Willing to sign informed consent"],
)
ELSEWHERE = {**SITE, "city": "Boston", "state": "Massachusetts"}
A_POINT = {**SITE, "geoPoint": {"lat": 41.85003, "lon": -87.65005}}
UNKNOWN_PLACE = {**SITE, "city": "Nowhere", "state": None, "status": None}
RECORDS = [
    *(
        record(
            number,
            f"Study {number} of “hope” – ünicode",
            criteria=text_of(rules, ["HIV infection", "Untreated brain metastases"]),
            changed=f"2026-0{number}-02",
            sites=[[SITE, ELSEWHERE], [A_POINT], [UNKNOWN_PLACE], []][number % 4],
        )
        for number, rules in enumerate(RULES, 1)
    ),
    record(5, criteria=""),
    record(6, status="COMPLETED"),
    record(7, conditions=["Asthma"]),
    record(8, conditions=["Solid Tumor"], status="NOT_YET_RECRUITING"),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, content: Library) -> Path:
    """A folder with a mirror of the invented records, and with what was read of it."""
    folder = tmp_path_factory.mktemp("filled")
    fill_mirror(folder, RECORDS)
    with Mirror.open(folder) as mirror:
        Reading(content, mirror).open_trials()
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    shutil.copytree(filled, tmp_path / "data")
    return tmp_path / "data"


class Reading:
    """Opens the trials of one mirror and counts how often they were read anew."""

    def __init__(self, content: Library, mirror: Mirror, rests_on: str | None = "the same") -> None:
        self.content, self.mirror, self.rests_on = content, mirror, rests_on
        self.count = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def anew(self) -> OpenTrials:
        self.count += 1
        content = self.content
        trials = OpenTrials(self.mirror.studies(), content.criteria_reader, content.relevance, content.vocabulary)
        self.meanwhile()
        return trials

    def open_trials(self) -> OpenTrials:
        return kept.open_trials(self.mirror, self.content.vocabulary, self.rests_on, self.anew)


def opened(content: Library, folder: Path, rests_on: str | None = "the same") -> tuple[OpenTrials, int]:
    """The trials, and how often they were read anew."""
    with Mirror.open(folder) as mirror:
        reading = Reading(content, mirror, rests_on)
        return reading.open_trials(), reading.count


def everything(content: Library, trials: OpenTrials, people: Iterable[str]) -> Iterator[Any]:
    """All that anybody asks of trials, for several people."""
    yield [list(trials.studies), trials.rings, list(trials.criteria), trials.book.count, trials.book.places, trials.book.literal_texts]
    yield trials.book.not_read.tolist()
    yield [trials.point_of_zip(code) for code in ZIP_CODES]
    for name in people:
        situation = load_case(CHECKOUT / "tests" / "people" / f"{name}.yaml", content.vocabulary)
        truths = trials.book.literal_truths(situation)
        yield [truths.tolist(), trials.book.item_truths(truths).tolist()]
        for zip_code in (*ZIP_CODES[:2], None):
            near = None if zip_code is None else trials.point_of_zip(zip_code)
            yield [trials.match(situation, near), trials.match(situation, near, 3)]
        yield trials.facts_to_ask(situation)
        yield [check_trial(criteria, situation) for criteria in trials.criteria]


def assert_the_same(content: Library, one: OpenTrials, other: OpenTrials, people: Iterable[str] = PEOPLE) -> None:
    for left, right in zip(everything(content, one, people), everything(content, other, people), strict=True):
        assert left == right


def read_anew(content: Library, folder: Path) -> OpenTrials:
    with Mirror.open(folder) as mirror:
        return Reading(content, mirror).anew()


# --- the same answers ---


def test_kept_trials_answer_as_those_read_anew(content: Library, folder: Path) -> None:
    """Verdicts, items, reasons, order, distances, facts to ask: to the last bit."""
    trials, readings = opened(content, folder)
    assert readings == 0
    assert len(trials.studies) == 6
    assert_the_same(content, trials, read_anew(content, folder))
    assert list(trials.studies[1:3]) == [trials.studies[1], trials.studies[2]]
    assert trials.studies[-1] == trials.studies[5]


def test_real_trials_answer_as_those_read_anew(content: Library, tmp_path: Path) -> None:
    path = shared_folder() / "data" / "studies_near.ndjson"
    if not path.exists():
        pytest.skip(f"there is no {path.name} in the shared folder")
    lines = path.read_text(encoding="utf-8").splitlines()
    fill_mirror(tmp_path, [json.loads(line) for line in lines[::8]])  # the others are read by the tests of reading
    fresh, readings = opened(content, tmp_path)
    trials, readings_again = opened(content, tmp_path)
    assert (readings, readings_again) == (1, 0)
    assert len(trials.studies) > 5
    assert_the_same(content, trials, fresh, PEOPLE[:2])


def test_a_mirror_without_an_open_trial_is_kept_too(content: Library, tmp_path: Path) -> None:
    fill_mirror(tmp_path, [record(1, status="COMPLETED")])
    assert opened(content, tmp_path)[1] == 1
    trials, readings = opened(content, tmp_path)
    assert readings == 0
    assert_the_same(content, trials, read_anew(content, tmp_path))


def test_every_zip_code_has_its_point(content: Library) -> None:
    table = ZipTable.whole()
    for code in table.codes.tolist()[::97]:
        assert table.point_of(f"{code:05}") == point_of_zip(f"{code:05}") is not None


@pytest.mark.parametrize(
    "text",
    [
        "function.ecog <= 1",
        "labs.hemoglobin >= 9.5 and not therapy.now",
        'diagnosis.histology in ["adenocarcinoma", "squamous"] or person.age < 75',
        'had("platinum", intent="palliative", within_days=180)',
        'had("fluorouracil")',
        "times_uln(labs.ast) <= 2.5",
        "days_since(therapy.last_dose) > 28",
        "within(condition.stroke_date, 180)",
        '"live_longer" in wish.goals',
    ],
)
def test_a_literal_of_data_is_kept_whole(text: str) -> None:
    """As itself, without its text being read again."""
    literal = condition_of(text)
    row = kept._kept_literal(literal, text)
    assert row is not None
    again = kept._node(json.loads(json.dumps(row)))
    assert again == literal
    assert repr(kept._node_row(again)) == repr(row)


def test_a_literal_that_holds_code_is_read_from_its_text_again(content: Library) -> None:
    text = "any_lesion(diameter_cm > 3)"
    assert kept._kept_literal(condition_of(text), text) is None
    assert kept._literal(None, text, content.vocabulary) == condition_of(text)


# --- damage ---


def resealed(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with its header changed and a digest that is right again."""
    start = len(kept._FIRST_LINE) + 32
    length = int.from_bytes(data[start : start + 8], "little")
    header = json.loads(data[start + 8 : start + 8 + length])
    change(header)
    packed = json.dumps(header).encode()
    body = len(packed).to_bytes(8, "little") + packed + data[start + 8 + length :]
    return data[: len(kept._FIRST_LINE)] + hashlib.sha256(body).digest() + body


def _swapped_section(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda header: header["sections"].update({name: header["sections"]["zip_codes"]})


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "one byte": lambda data: data[:1],
    "cut off in the middle": lambda data: data[: len(data) // 2],
    "the last byte missing": lambda data: data[:-1],
    "a byte too many": lambda data: data + b"\0",
    "a bit turned at the end": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "a bit turned in the header": lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
    "another form": lambda data: data.replace(b"form 1", b"form 2", 1),
    "a foreign file": lambda data: b"SQLite format 3\0" + bytes(5000),
    "text": lambda data: "hello, wörld\n".encode() * 100,
    "a header that is no JSON": lambda data: _sealed(b"{" * 40),
    "a header of another kind": lambda data: _sealed(b"[1, 2]"),
    "a header nested too deep": lambda data: _sealed(b"[" * 100_000 + b"]" * 100_000),
    "another form in the key": lambda data: resealed(data, lambda header: header["key"].update(form=2)),
    "a section missing": lambda data: resealed(data, lambda header: header["sections"].pop("book.items")),
    "a section beyond the end": lambda data: resealed(data, lambda header: header["sections"]["age_rank"].__setitem__(0, 10**12)),
    "a section before the beginning": lambda data: resealed(data, lambda header: header["sections"]["age_rank"].__setitem__(0, -16)),
    "an array of objects": lambda data: resealed(data, lambda header: header["sections"]["age_rank"].__setitem__(2, "|O")),
    "numbers that point nowhere": lambda data: resealed(data, _swapped_section("book.items")),
    "children that point nowhere": lambda data: resealed(data, _swapped_section("book.level_children")),
    "another order": lambda data: resealed(data, _swapped_section("age_rank")),
    "one ring too few": lambda data: resealed(data, lambda header: header["rings"].pop()),
    "one literal too few": lambda data: resealed(data, lambda header: (header["literals"].pop(), header["literal_texts"].pop())),
    "a literal that names code": lambda data: resealed(data, lambda header: header["literals"].__setitem__(0, ["system", "touch pwned"])),
    "a literal that is a number": lambda data: resealed(data, lambda header: header["literals"].__setitem__(0, 3)),
    "a literal that nobody can read": lambda data: resealed(
        data, lambda header: (header["literals"].__setitem__(0, None), header["literal_texts"].__setitem__(0, "__import__('os')"))
    ),
}


def _sealed(header: bytes) -> bytes:
    body = len(header).to_bytes(8, "little") + header
    return kept._FIRST_LINE + hashlib.sha256(body).digest() + body


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_read_anew_and_written_again(content: Library, folder: Path, name: str) -> None:
    path = folder / kept.FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[name](whole))
    trials, readings = opened(content, folder)
    assert readings == 1
    assert trials.facts_to_ask(_somebody(content)) == opened(content, folder)[0].facts_to_ask(_somebody(content))
    assert path.read_bytes() == whole
    assert opened(content, folder)[1] == 0


def _somebody(content: Library) -> Any:
    return load_case(CHECKOUT / "tests" / "people" / f"{PEOPLE[0]}.yaml", content.vocabulary)


def test_a_sealed_header_alone_is_enough_to_reseal(content: Library, folder: Path) -> None:
    """The tests above change what they say: a header that is only written anew is taken."""
    path = folder / kept.FILE_NAME
    path.write_bytes(resealed(path.read_bytes(), lambda header: None))
    assert opened(content, folder)[1] == 0


def test_a_missing_file_is_made_for_its_owner_only(content: Library, folder: Path) -> None:
    path = folder / kept.FILE_NAME
    path.unlink()
    before = os.umask(0)
    try:
        assert opened(content, folder)[1] == 1
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert opened(content, folder)[1] == 0


@pytest.mark.parametrize("thing", ["folder", "pipe", "link to nothing"])
def test_what_is_no_plain_file_does_no_harm(content: Library, folder: Path, thing: str) -> None:
    path = folder / kept.FILE_NAME
    path.unlink()
    if thing == "folder":
        path.mkdir()
    elif thing == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(folder / "nothing")
    trials, readings = opened(content, folder)
    assert (readings, len(trials.studies)) == (1, 6)


def test_a_far_too_large_file_is_not_read(content: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LARGEST_FILE_BYTES", 1000)
    assert opened(content, folder)[1] == 1


def test_a_folder_that_cannot_be_written_to_works(content: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is kept there, and without."""

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise WaylineError(f"{path}: cannot be written (Read-only file system)")

    monkeypatch.setattr(kept, "write_whole", refuse)
    assert opened(content, folder)[1] == 0
    (folder / kept.FILE_NAME).unlink()
    trials, readings = opened(content, folder)
    assert (readings, len(trials.studies)) == (1, 6)
    assert not (folder / kept.FILE_NAME).exists()


# --- change ---


@pytest.mark.parametrize(
    "arriving",
    [
        [record(1, "Another title", criteria="Inclusion Criteria:\n\n* ECOG 0")],
        [record(1, status="COMPLETED")],
        [record(6, "Open again", status="RECRUITING")],
        [record(9, "A new one")],
        [record(7, "About asthma still", conditions=["Asthma"])],
    ],
    ids=["changed", "closed", "opened", "new", "elsewhere"],
)
def test_a_changed_record_is_read_anew(content: Library, folder: Path, arriving: list[dict[str, Any]]) -> None:
    fill_mirror(folder, arriving)
    trials, readings = opened(content, folder)
    assert readings == 1
    again, readings = opened(content, folder)
    assert readings == 0
    assert_the_same(content, again, trials)


def test_a_record_that_left_the_registry_is_read_anew(content: Library, folder: Path) -> None:
    with Mirror.open(folder) as mirror:
        mirror._connection.execute("UPDATE current SET standing = 'left', left_on = '2026-11-20' WHERE nct_id = 'NCT00000001'")
    trials, readings = opened(content, folder)
    assert (readings, len(trials.studies)) == (1, 5)


def test_the_same_load_again_changes_nothing(content: Library, folder: Path) -> None:
    fill_mirror(folder, RECORDS)
    assert opened(content, folder)[1] == 0


def test_another_mirror_with_as_many_loads_is_told_apart(content: Library, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    fill_mirror(other, [record(1, "A stranger"), *RECORDS[1:]])
    shutil.copy(folder / kept.FILE_NAME, other)
    trials, readings = opened(content, other)
    assert (readings, trials.studies[0].title) == (1, "A stranger")


def test_another_fingerprint_is_read_anew(content: Library, folder: Path) -> None:
    assert opened(content, folder, "something else")[1] == 1
    assert opened(content, folder, "something else")[1] == 0
    assert opened(content, folder)[1] == 1


def test_without_a_fingerprint_nothing_is_kept(content: Library, folder: Path) -> None:
    before = (folder / kept.FILE_NAME).read_bytes()
    assert opened(content, folder, None)[1] == 1
    assert (folder / kept.FILE_NAME).read_bytes() == before


def _small_checkout(folder: Path) -> tuple[Path, Path]:
    """A package and content of one file for each place that is looked at."""
    package, content = folder / "wayline", folder / "content"
    for name in ("trials/finding.py", "logic/nodes.py", "facts/values.py", "facts/deeper/more.py", "reading.py", "__init__.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(f"# {name}")
    for name in ("trials/relevance.yaml", "trials/reading/words.yaml", "vocabulary/drugs.yaml", "vocabulary/facts/labs.yaml"):
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_text(f"# {name}")
    return package, content


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        *((f"wayline/{name}", True) for name in ("trials/finding.py", "logic/nodes.py", "facts/deeper/more.py", "reading.py")),
        *((f"content/{name}", True) for name in ("trials/reading/words.yaml", "trials/relevance.yaml", "vocabulary/drugs.yaml")),
        ("content/vocabulary/facts/new.yaml", True),
        ("wayline/trials/new.py", True),
        ("wayline/__init__.py", False),
        ("content/pages/page.md", False),
        ("wayline/trials/__pycache__/finding.pyc", False),
    ],
)
def test_the_fingerprint_changes_with_what_reading_rests_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, is_another: bool
) -> None:
    package, content = _small_checkout(tmp_path)
    monkeypatch.setattr(kept.wayline, "__file__", str(package / "__init__.py"))
    before = kept.fingerprint(content)
    assert before == kept.fingerprint(content) is not None
    (tmp_path / change).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / change).write_text("changed")
    assert (kept.fingerprint(content) != before) is is_another


def test_a_file_that_took_another_name_changes_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, content = _small_checkout(tmp_path)
    monkeypatch.setattr(kept.wayline, "__file__", str(package / "__init__.py"))
    before = kept.fingerprint(content)
    (content / "trials" / "relevance.yaml").rename(content / "trials" / "other.yaml")
    assert kept.fingerprint(content) != before
    monkeypatch.setattr(kept.wayline, "__version__", "another")
    assert kept.fingerprint(content) != before


def test_a_package_without_source_has_no_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, content = _small_checkout(tmp_path)
    monkeypatch.setattr(kept.wayline, "__file__", str(package / "__init__.py"))
    (package / "logic" / "nodes.py").unlink()
    assert kept.fingerprint(content) is None


def test_the_library_keeps_what_it_reads(content: Library, folder: Path) -> None:
    """With its own fingerprint; a library of other words reads anew."""
    with Mirror.open(folder) as mirror:
        first = content.open_trials(mirror)
        whole = (folder / kept.FILE_NAME).read_bytes()
        assert content.trials_rest_on is not None
        assert content.trials_rest_on.encode() in whole
        assert_the_same(content, content.open_trials(mirror), first)
        other = replace(content)
        other.__dict__["trials_rest_on"] = "other words"
        other.open_trials(mirror)
    assert (folder / kept.FILE_NAME).read_bytes() != whole


# --- at once ---


def test_what_is_swapped_in_while_trials_are_read_is_not_mistaken_for_them(content: Library, folder: Path) -> None:
    (folder / kept.FILE_NAME).unlink()
    with Mirror.open(folder) as mirror:
        reading = Reading(content, mirror)
        reading.meanwhile = lambda: fill_mirror(folder, [record(9, "Arrived meanwhile")])
        assert len(reading.open_trials().studies) == 6
    assert not (folder / kept.FILE_NAME).exists()
    trials, readings = opened(content, folder)
    assert (readings, len(trials.studies)) == (1, 7)


def test_several_at_once_do_no_harm(content: Library, folder: Path) -> None:
    """Each reads or finds the same, one whole file is left, and nothing half-written beside it."""
    path = folder / kept.FILE_NAME
    whole = path.read_bytes()
    path.unlink()
    found: list[OpenTrials] = []
    threads = [threading.Thread(target=lambda: found.append(opened(content, folder)[0])) for _ in range(4)]
    _run(threads)
    assert [list(one.studies) for one in found] == [list(found[0].studies)] * 4
    assert path.read_bytes() == whole
    assert {one.name for one in folder.iterdir() if "read" in one.name} == {kept.FILE_NAME}


def test_threads_unpack_the_same(content: Library, folder: Path) -> None:
    trials = opened(content, folder)[0]
    found: list[Any] = []
    _run([threading.Thread(target=lambda: found.append((list(trials.studies), list(trials.criteria)))) for _ in range(4)])
    assert found == [found[0]] * 4


def _run(threads: Iterable[threading.Thread]) -> None:
    threads = list(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_file_holds_nothing_of_python(folder: Path) -> None:
    """Arrays of numbers and JSON: no type of array can hold an object."""
    data = (folder / kept.FILE_NAME).read_bytes()
    start = len(kept._FIRST_LINE) + 32
    header = json.loads(data[start + 8 : start + 8 + int.from_bytes(data[start : start + 8], "little")])
    assert {kind for _, _, kind, _ in header["sections"].values()} <= {"<i8", "<f8", "|b1", None}
    assert not any(np.dtype(kind).hasobject for _, _, kind, _ in header["sections"].values() if kind is not None)
