"""What looks like a result and is none, any text at all, and what every finding has to be."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import TODAY
from tests.records.pasted_helpers import facts_in, pasted_reader, read
from wayline.facts.case import FactReader
from wayline.library import Library, library
from wayline.liver.report_text import LONGEST_REPORT_CHARACTERS
from wayline.reading import Place, WaylineError, parse
from wayline.reading import read as read_yaml
from wayline.records.pasted.findings import PastedReading
from wayline.records.pasted.words import load_pasted_words

NO_RESULTS = (Path(__file__).parent / "pasted_no_results.txt").read_text().splitlines()
PIECES = re.findall(
    r"\S+",
    """HER2 IHC FISH 2+ 3+ amplified not negative positive pending ( ) : ; , . / | - + % < >= PD-L1 CPS TPS 10 MSI-H MSS MLH1 PMS2 loss of
    intact Claudin 18.2 75 moderate to strong ALT 40 U/L 7-45 Albumin 3,5 g/dL H L INR Collected: 10/11/2026 31/12/2026 ADDENDUM HISTORY:
    METHOD Esophagus Colon biopsy adenocarcinoma no if cannot A. B. DPYD poor metabolizer TMB mut/Mb Siewert II Component EBV NTRK fusion
    \u00e9 \u0130 \u00df \U0001f600""",
)
FRAGMENTS = st.lists(st.sampled_from([*PIECES, "\n", "\n\n", "  ", "\t", "\u2028"]), max_size=60).map(" ".join)


@pytest.mark.parametrize("text", NO_RESULTS)
def test_nothing_is_taken_where_no_result_is_told(text: str) -> None:
    assert facts_in(read(text)) == []


@pytest.mark.parametrize(
    "heading", ["CLINICAL HISTORY:", "Indication:", "Family history:", "METHODOLOGY\n", "Interpretation guide:\n", "Outside results:"]
)
def test_nothing_is_taken_from_parts_that_tell_no_result(heading: str) -> None:
    """The same words as a diagnosis would be taken."""
    said = "Esophageal adenocarcinoma, HER2 IHC 3+, PD-L1 CPS 10, MSI-H, claudin 18.2 positive, TMB 12 mut/Mb."
    assert len(facts_in(read(f"DIAGNOSIS: {said}"))) == 6
    assert facts_in(read(f"{heading} {said}")) == []


def check(text: str, reading: PastedReading) -> None:
    """Every place lies in the text, and every finding is an answer that a case file could hold."""
    vocabulary = library().vocabulary
    reader = FactReader(vocabulary, date.fromisoformat(TODAY))
    for one in (*reading.findings, *reading.left_alone):
        assert one.spans
        assert all(0 <= span.start < span.end <= len(text) for span in one.spans)
    for finding in reading.findings:
        told = {**finding.told, **({"date": finding.date} if finding.date else {})}
        document = parse(json.dumps({"answer": told}), "answer")
        assert reader.read(vocabulary[finding.fact_id], document["answer"], Place("answer", 1), "") is not None


@given(st.one_of(st.text(max_size=300), FRAGMENTS))
def test_any_text_is_read(text: str) -> None:
    check(text, read(text))


@given(FRAGMENTS)
def test_reading_twice_gives_the_same(text: str) -> None:
    assert read(text) == read(text)


@pytest.mark.parametrize(
    "unit", ["HER2 ", "MLH1 loss, ", ". ", "ALT\n", "(", "Collected: 10/11/2026\n", "1", "ALT 4  5\n10/10/2026  10/11/2026\n"]
)
def test_a_long_monotonous_text_is_read(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    check(text, read(text))


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(WaylineError, match="longer than"):
        read("x" * (LONGEST_REPORT_CHARACTERS + 1))


def test_the_words_on_one_line_or_another_read_alike() -> None:
    """Windows line ends and indentation change nothing."""
    text = "HER2 IHC: 3+\nALT  40  U/L  7-45\nPD-L1\n   CPS: 5\n"
    assert facts_in(read(text.replace("\n", "\r\n"))) == facts_in(read(text))
    assert facts_in(read(text.replace("\n", "\n    "))) == facts_in(read(text))


def test_sources_of_numbers_are_known(content: Library) -> None:
    markers = read_yaml(content.folder / "records" / "pasted" / "markers.yaml")
    cited = [cite for one in (*markers["tests"], markers["claudin"]) for cite in one["cites"]]
    assert cited
    assert all(cite in content.references for cite in cited)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("markers.yaml", "her 2, her 2 neu", "her 2, her 2, her 2 neu", "stands in two lists"),
        ("markers.yaml", "fact: biomarker.ebv", "fact: biomarker.ebw", "Did you mean 'biomarker.ebv'"),
        ("markers.yaml", "scope: sentence", "scope: sentences", "'scope' is one of"),
        ("diagnoses.yaml", "value: squamous", "value: sqamous", "Did you mean 'squamous'"),
        ("labs.yaml", "fact: labs.alt", "fact: biomarker.her2", "is not a blood test"),
        ("labs.yaml", "bad_before:", "bad_befor:", "Did you mean 'bad_before'"),
    ],
)
def test_mistakes_in_the_word_lists_are_told(content: Library, tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    folder = tmp_path / "records" / "pasted"
    folder.mkdir(parents=True)
    for path in (content.folder / "records" / "pasted").glob("*.yaml"):
        text = path.read_text()
        folder.joinpath(path.name).write_text(text.replace(old, new, 1) if path.name == name else text)
    with pytest.raises(WaylineError, match=message) as caught:
        load_pasted_words(folder, content.vocabulary)
    assert name in str(caught.value)


def test_the_library_offers_the_reader(content: Library) -> None:
    assert content.pasted_reader.read("HER2 IHC 3+", date.fromisoformat(TODAY)) == pasted_reader().read(
        "HER2 IHC 3+", date.fromisoformat(TODAY)
    )


DOUBTED = [
    ("HER2: Positive (IHC 3+) on the 2024 biopsy", "A year stands beside"),
    ("HER2 3+ (2023). HER2 pending.", "A year stands beside"),
    ("PD-L1 CPS 10 (lung biopsy)", "lung"),
    ("MSI-high in the colon polyp", "bowel"),
    ("Breast, left, biopsy: HER2 IHC 3+", "breast"),
    ("CLDN18.2: 80%", "how strong"),
    ("DPYD: normal to intermediate metabolizer", "not quite certain"),
    ("Esophagus, biopsy: consistent with adenocarcinoma", "consistent with"),
    ("Liver, biopsy: Metastatic adenocarcinoma", "does not say where"),
    ("K 4.0 (hemolyzed specimen, redraw) mmol/L", "problem with this sample"),
    ("We reviewed at length during a long visit today that HER2 positive was what came back", "more than a result"),
]


@pytest.mark.parametrize(("text", "doubt"), DOUBTED, ids=[text[:50] for text, _ in DOUBTED])
def test_what_may_be_wrong_is_told_as_a_doubt(text: str, doubt: str) -> None:
    findings = read(text).findings
    assert findings
    assert all(any(doubt in one for one in finding.doubts) for finding in findings), [finding.doubts for finding in findings]


def test_a_result_of_another_year_does_not_get_the_day_of_this_sample() -> None:
    text = "Collected: 10/25/2026\nHER2 IHC 1+.\nHER2 IHC 3+ (2024).\n"
    assert facts_in(read(text)) == ["biomarker.her2_ihc = 1 @2026-10-25", "biomarker.her2_ihc = 3 ?"]
