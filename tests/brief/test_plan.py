"""`content/sheet.yaml` is read strictly: each mistake is told with file, line and the nearest right word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from wayline.checking import _sheet
from wayline.guide.folder import content_folder
from wayline.guide.sheet_plan import load_sheet_plan
from wayline.library import Library
from wayline.reading import WaylineError

TEXT = (content_folder() / "sheet.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[function.ecog]", "[function.ecgo]", r"'function.ecgo' is not a fact. Did you mean 'function.ecog'"),
        ("facts: [function.ecog]", "facts: [function.ecog, diagnosis.stage]", "'diagnosis.stage' stands in two rows"),
        ("missing: [function.ecog]", "missing: [diagnosis.date]", "'diagnosis.date' is not among the row's facts"),
        ("blood_tests: [labs.bilirubin,", "blood_tests: [person.age,", "'person.age' is not a blood test"),
        ("unless_no: metastases.liver", "unless_no: metastases.lver", "Did you mean 'metastases.liver'"),
        ("keeps_noes: true", "keeps_noes: maybe", "'keeps_noes' must be true or false"),
        ("never: [", "nevr: [", "'nevr' is not a key here. Did you mean 'never'"),
        ("  diagnosis.site: place", "  diagnosis.site: 7", "a label must be a text"),
        ("  diagnosis.site: place", "  diagnosis.sites: place", "Did you mean 'diagnosis.site'"),
        ("[vomiting_blood, coughing_blood,", "[vomiting_bloob, coughing_blood,", "is not a flag. Did you mean 'vomiting_blood'"),
        ("[vomiting_blood, coughing_blood,", "[coughing_blood, coughing_blood,", "'coughing_blood' stands twice"),
        ("[symptom.suicidal_thoughts,", "[symptom.suicidal_thought,", "Did you mean 'symptom.suicidal_thoughts'"),
        ("  words: Thoughts", "  word: Thoughts", "'word' is not a key here. Did you mean 'words'"),
        ("  function.ecog: How active I am (ECOG)", "  function.ecgo: How active I am (ECOG)", "Did you mean 'function.ecog'"),
    ],
)
def test_mistakes_are_told(content: Library, tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TEXT
    path = tmp_path / "sheet.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WaylineError, match=rf"sheet\.yaml, line \d+: .*{says}"):
        load_sheet_plan(path, content.vocabulary, content.flags)


def test_the_editors_check_finds_what_has_no_place(content: Library) -> None:
    """A blood test that is on no sheet."""
    assert list(_sheet(content)) == []
    plan = replace(content.sheet_plan, blood_tests=content.sheet_plan.blood_tests[1:])
    other = SimpleNamespace(sheet_plan=plan, vocabulary=content.vocabulary)
    assert list(_sheet(other)) == ["sheet.yaml: 'labs.bilirubin' has no place on the sheet"]  # type: ignore[arg-type]
