"""Records out of files: every form that is taken, one bad record among good ones, and files that cannot be trusted."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trials.fake_registry import nct_id, study_record
from wayline.reading import WaylineError
from wayline.trials import loading
from wayline.trials.loading import read_records

ONE, TWO, THREE = (study_record(number) for number in (1, 2, 3))
NDJSON = "".join(f"{json.dumps(record)}\n" for record in (ONE, TWO, THREE)).encode()
PAGE = json.dumps({"studies": [ONE, TWO, THREE], "nextPageToken": "x"}).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def gzipped(content: bytes) -> bytes:
    """Like the zips without the time of day: it would stand in the names of the tests, and differ from one worker to the next."""
    return gzip.compress(content, mtime=0)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def told(path: Path) -> list[str]:
    """The number of each record, or what is wrong in its place, without the folder."""
    return [
        str(record).replace(f"{path.parent}{os.sep}", "") if isinstance(record, WaylineError) else nct_id(record)
        for record, _ in read_records(path)
    ]


ALL_THREE = ["NCT00000001", "NCT00000002", "NCT00000003"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ndjson", NDJSON),
        ("a.jsonl", NDJSON),
        ("a.json", NDJSON),
        ("a", NDJSON),
        ("a.ndjson", b"\xef\xbb\xbf" + NDJSON),
        ("a.ndjson", b"\n\n" + NDJSON.replace(b"\n", b"\r\n\r\n")),
        ("a.ndjson", NDJSON.rstrip()),
        ("a.json", PAGE),
        ("a.json", b"\xef\xbb\xbf" + PAGE),
        ("a.ndjson", PAGE),
        ("a.json", json.dumps(json.loads(PAGE), indent=2).encode()),
        ("a.json", json.dumps([ONE, TWO, THREE]).encode()),
        ("a.json", json.dumps([ONE, TWO, THREE], indent=1).encode()),
        ("a.json", b"\n[\n" + b",\n".join(json.dumps(record).encode() for record in (ONE, TWO, THREE)) + b"\n]\n"),
        ("a.gz", gzipped(NDJSON)),
        ("a.ndjson", gzipped(NDJSON)),
        ("a.json.gz", gzipped(json.dumps([ONE, TWO, THREE], indent=2).encode())),
        ("a.gz", gzipped(NDJSON[:100]) + gzipped(NDJSON[100:])),
        ("a.zip", zipped({"one.json": json.dumps(ONE).encode(), "two/rest.ndjson": NDJSON[len(json.dumps(ONE)) + 1 :]})),
        ("a.zip", zipped({"a.ndjson.gz": gzipped(NDJSON)})),
        ("renamed", zipped({"A.JSON": PAGE, "README.txt": b"hello", "__MACOSX/._a.json": b"\0", ".hidden.json": b"no", "folder/": b""})),
    ],
)
def test_every_form_gives_the_same_records(tmp_path: Path, name: str, content: bytes) -> None:
    assert told(written(tmp_path, name, content)) == ALL_THREE


def test_one_record_over_many_lines_is_one_record(tmp_path: Path) -> None:
    path = written(tmp_path, "one.json", json.dumps(ONE, indent=2).encode())
    assert list(read_records(path)) == [(ONE, str(path))]


def test_an_empty_list_or_page_holds_no_record(tmp_path: Path) -> None:
    assert told(written(tmp_path, "a.json", b"[]")) == []
    assert told(written(tmp_path, "b.json", b'{"studies": []}')) == []


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.ndjson", NDJSON, ["a.ndjson, line 1", "a.ndjson, line 2", "a.ndjson, line 3"]),
        ("a.json", b"\n\n" + PAGE, ["a.json, line 3, study 1", "a.json, line 3, study 2", "a.json, line 3, study 3"]),
        ("a.zip", zipped({"b.ndjson": NDJSON}), ["a.zip: b.ndjson, line 1", "a.zip: b.ndjson, line 2", "a.zip: b.ndjson, line 3"]),
    ],
)
def test_every_record_comes_with_its_place(tmp_path: Path, name: str, content: bytes, places: list[str]) -> None:
    path = written(tmp_path, name, content)
    assert [where for _, where in read_records(path)] == [f"{tmp_path}{os.sep}{place}" for place in places]


LINES = NDJSON.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b'{"protocolSection": {"ident\n', "a.ndjson, line 2: not valid JSON: Unterminated string starting at (column 22)"),
        (b"hello\n", "a.ndjson, line 2: not valid JSON: Expecting value (column 1)"),
        (b'{"a": NaN}\n', "a.ndjson, line 2: NaN is not a number that JSON allows"),
        (b'{"a": -Infinity}\n', "a.ndjson, line 2: -Infinity is not a number that JSON allows"),
        (b'{"a": "\xff"}\n', "a.ndjson, line 2: not UTF-8 text (byte 7)"),
        (b"[" * 100_000 + b"\n", "a.ndjson, line 2: nested too deeply for a study record"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", "a.ndjson, line 2: holds a number too long for any registry field"),
        (b"7\n", "a.ndjson, line 2: a study record must be a JSON object"),
        (b'"text"\n', "a.ndjson, line 2: a study record must be a JSON object"),
        (b"null\n", "a.ndjson, line 2: a study record must be a JSON object"),
        (b"[7]\n", "a.ndjson, line 2, study 1: a study record must be a JSON object"),
    ],
)
def test_one_bad_record_does_not_cost_the_others(tmp_path: Path, bad: bytes, message: str) -> None:
    path = written(tmp_path, "a.ndjson", LINES[0] + bad + LINES[2])
    assert told(path) == ["NCT00000001", message, "NCT00000003"]


def test_the_first_line_may_be_the_bad_one(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ndjson", b"{\n" + NDJSON)
    first, *others = told(path)
    assert first.startswith("a.ndjson, line 1: not valid JSON")
    assert others == ALL_THREE


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"", "a.json: empty; there is no record in it"),
        ("a.json", b" \n\n", "a.json: empty; there is no record in it"),
        ("a.json", b"<html>\n</html>", "a.json, line 1: not valid JSON: Expecting value (column 1)"),
        ("a.json", b'{\n"studies": [\n}', "a.json, line 3: not valid JSON: Expecting value (column 1)"),
        ("a.json", '{"a": "é"}'.encode("utf-16"), "a.json, line 1: not UTF-8 text (byte 0)"),
        ("a.gz", gzipped(gzipped(NDJSON)), "a.gz: packed twice; unpack it once yourself"),
        ("a.gz", gzipped(zipped({"a.json": PAGE})), "a.gz: packed twice; unpack it once yourself"),
        ("a.zip", zipped({"b.json": zipped({"a.json": PAGE})}), "a.zip: b.json: packed twice; unpack it once yourself"),
    ],
)
def test_a_file_without_a_record_says_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    assert told(written(tmp_path, name, content)) == [message]


def test_a_member_that_is_not_json_does_not_cost_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, "a.zip", zipped({"0.json": b"{", "1.json": json.dumps(ONE).encode()}))
    first, second = told(path)
    assert first.startswith("a.zip: 0.json, line 1: not valid JSON")
    assert second == "NCT00000001"


def refused(path: Path) -> str:
    with pytest.raises(WaylineError) as caught:
        list(read_records(path))
    return str(caught.value).replace(f"{path.parent}{os.sep}", "")


def locked_zip() -> bytes:
    """A zip whose member says that it is encrypted, in its own head and in the directory."""
    content = bytearray(zipped({"a.json": PAGE}))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def damaged_zip() -> bytes:
    content = bytearray(zipped({"a.json": NDJSON * 20}))
    content[60] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.gz", gzipped(NDJSON)[:-9], "a.gz: the file ends too early; it did not arrive whole"),
        ("a.gz", gzipped(NDJSON)[:40], "a.gz: the file ends too early; it did not arrive whole"),
        ("a.gz", b"\x1f\x8b\x08", "a.gz: the file ends too early; it did not arrive whole"),
        ("a.gz", gzipped(NDJSON)[:-8] + b"\0" * 8, "a.gz: not a whole gzip file (CRC check failed"),
        ("a.gz", gzipped(NDJSON) + b"rubbish", "a.gz: not a whole gzip file (Not a gzipped file"),
        ("a.zip", zipped({"a.json": PAGE})[:-30], "a.zip: not a whole zip file (File is not a zip file)"),
        ("a.zip", damaged_zip(), "a.zip: a.json: cannot be unpacked ("),
        ("a.zip", locked_zip(), "a.zip: a.json: locked with a password"),
        ("a.zip", zipped({}), "a.zip: holds no file whose name ends in .json, .ndjson, .jsonl, .gz"),
        ("a.zip", zipped({"a.csv": b"1"}), "a.zip: holds no file whose name ends in .json, .ndjson, .jsonl, .gz"),
    ],
)
def test_a_file_that_did_not_arrive_whole_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    assert refused(written(tmp_path, name, content)).startswith(message)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.json") == "none.json: cannot be read (No such file or directory)"
    assert refused(tmp_path / "folder" / ".." / "x").endswith("cannot be read (No such file or directory)")


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    assert refused(tmp_path / "folder.json") == "folder.json: this is a folder; a file is needed"


def test_what_unpacks_to_200_times_its_size_is_refused(tmp_path: Path) -> None:
    spaces = b" " * 20_000_000
    assert "unpacks to more than 200 times its size" in refused(written(tmp_path, "a.gz", gzipped(spaces)))
    assert "unpacks to more than 200 times its size" in refused(written(tmp_path, "a.zip", zipped({"a.json": spaces})))
    assert "unpacks to more than 200 times its size" in refused(written(tmp_path, "b.zip", zipped({"a.json.gz": gzipped(spaces)})))


@pytest.mark.parametrize(("limit", "is_taken"), [(len(NDJSON) - 1, False), (len(NDJSON), True), (len(NDJSON) + 1, True)])
def test_what_unpacks_to_more_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, is_taken: bool
) -> None:
    monkeypatch.setattr(loading, "LARGEST_UNPACKED_BYTES", limit)
    path = written(tmp_path, "a.gz", gzipped(NDJSON))
    if is_taken:
        assert told(path) == ALL_THREE
    else:
        assert "unpacks to more than" in refused(path)


def test_the_limit_is_for_all_members_of_a_zip_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGEST_UNPACKED_BYTES", 2 * len(NDJSON) - 1)
    assert "unpacks to more than" in refused(written(tmp_path, "a.zip", zipped({"a.ndjson": NDJSON, "b.ndjson": NDJSON})))


DOCUMENT = json.dumps([ONE, TWO, THREE], indent=1).encode()


@pytest.mark.parametrize(("limit", "is_taken"), [(len(DOCUMENT) - 1, False), (len(DOCUMENT), True), (len(DOCUMENT) + 1, True)])
@pytest.mark.parametrize("content", [DOCUMENT, DOCUMENT.replace(b"\n", b" ")], ids=["many lines", "one line"])
def test_a_document_above_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, is_taken: bool, content: bytes
) -> None:
    monkeypatch.setattr(loading, "LARGEST_DOCUMENT_BYTES", limit)
    path = written(tmp_path, "a.json", content)
    if is_taken:
        assert told(path) == ALL_THREE
    else:
        assert "one JSON document of more than" in refused(path)


def test_lines_may_together_be_more_than_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGEST_DOCUMENT_BYTES", max(len(line) for line in LINES))
    assert told(written(tmp_path, "a.ndjson", NDJSON)) == ALL_THREE


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MOST_MEMBERS", 1)
    assert "holds more than 1 files" in refused(written(tmp_path, "a.zip", zipped({"a.json": PAGE, "b.json": PAGE})))


FORMS: list[bytes] = [NDJSON, PAGE, gzipped(NDJSON), zipped({"a.ndjson": NDJSON, "b.json": PAGE}), locked_zip()]


@given(st.sampled_from(FORMS), st.integers(0, 5000), st.binary(max_size=8), st.integers(0, 40))
def test_no_damage_makes_reading_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, instead: bytes, cut: int
) -> None:
    place %= len(content)
    damaged = content[:place] + instead + content[place + cut :]
    path = written(tmp_path_factory.getbasetemp(), "damaged", damaged)
    records: list[Any] = []
    message = ""
    try:
        records = [record for record, _ in read_records(path)]
    except WaylineError as error:
        message = str(error)
    assert all(isinstance(record, dict | WaylineError) for record in records)
    assert not message or message.startswith(str(path))
