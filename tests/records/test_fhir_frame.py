"""The codes of the frame of our documents are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import CHECKOUT
from wayline.reading import WaylineError
from wayline.records.fhir_frame import CODES, load_frame

FILE = CHECKOUT / "content" / "records" / "written" / "frame.yaml"


def test_the_frame_that_ships_is_whole() -> None:
    frame = load_frame(FILE)
    assert set(frame.codings) == set(CODES)
    assert [frame.unit(unit) for unit in (None, "g/dL", "years")] == ["1", "g/dL", "a"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("id: document,", "id: docment,", "docment.*document"),
        ("id: tumor,", "id: document,", "stands twice"),
        ("system: snomed,", "system: snomd,", "snomd.*snomed"),
        ('code: "51855-5",', 'code: "",', "must be a text"),
        ("{unit: years, code: a,", "{unit: years,", "'code' is missing"),
        ("codes:", "coeds:", "coeds.*codes"),
    ],
)
def test_a_mistake_names_its_line(right: str, wrong: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "frame.yaml"
    text = FILE.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(WaylineError, match=f"records/written/frame.yaml, line [0-9]+: .*{message}"):
        load_frame(path)
