"""`wayline brief CASE -o FILE`: the sheet for a visit as a PDF, a page, plain text or a FHIR document."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wayline.brief.fitting import fits_two_pages
from wayline.brief.pdf import measure
from wayline.brief.sheet import SIZES, Choices, Line, Studies, make_sheet
from wayline.brief.writing import FORMS, written
from wayline.facts.case import load_case
from wayline.facts.situation import Situation
from wayline.folders import data_folder_path, write_whole
from wayline.library import library
from wayline.options.visit_questions import questions_for_sheet
from wayline.reading import WaylineError, nearest

if TYPE_CHECKING:
    from wayline.trials.finding import OpenTrials
    from wayline.trials.places import Point

_COUNTRIES_WITH_ZIP_CODES = frozenset({"US", "USA", "UNITED STATES", "PR", "GU", "VI", "AS", "MP"})


def add_brief_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `wayline brief`."""
    parser.add_argument("case", metavar="CASE", help="a YAML or JSON case file, or - for standard input")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help="where to write; the ending says what: .pdf, .html, .txt or .json"
    )
    parser.add_argument("--large", action="store_true", help="18 points instead of 14")
    parser.add_argument("--outlook", action="store_true", help="with published figures about groups of people; left out unless asked for")
    parser.add_argument(
        "--private", action="store_true", help="with what is left out of the words unless asked for: thoughts of ending one's life"
    )


def brief(parsed: argparse.Namespace) -> int:
    """Write the sheet, whole or not at all; returns the exit status."""
    with _without_collecting():
        return _write(parsed)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Content is large and lives to the end of this short run: looking through it for garbage would take a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _write(parsed: argparse.Namespace) -> int:
    form = _form(parsed.output)
    content = library()
    situation = load_case(parsed.case, content.vocabulary)
    choices = Choices(size=SIZES[1] if parsed.large else SIZES[0], outlook=parsed.outlook, private=parsed.private)
    sheet = make_sheet(
        situation,
        content,
        trials=_studies(situation),
        questions=questions_for_sheet({}, situation, content),
        line=Line(os.environ.get("WAYLINE_LINE_NUMBER", ""), os.environ.get("WAYLINE_LINE_HOURS", "")),
        choices=choices,
        fits=measure() or fits_two_pages,
    )
    write_whole(parsed.output, written(sheet, situation, form), may_replace=True)
    return 0


def _form(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in FORMS:
        raise WaylineError(f"-o {path}: the ending says what is written: {', '.join(FORMS)}.{nearest(ending, FORMS)}")
    return ending


def _studies(situation: Situation) -> Studies | None:
    """The open studies of the copy of the registry; None where there is none."""
    folder = data_folder_path()
    if not folder.is_dir():
        return None
    from wayline.trials.mirror import Mirror

    mirror = Mirror.open_if_present(folder)
    if mirror is None:
        return None
    from wayline.brief.finding_studies import studies_for

    content = library()
    with mirror:
        if not mirror.count:
            return None
        with mirror.snapshot():
            trials = content.open_trials(mirror)
            found = ((nct_id, mirror.standing(nct_id)) for nct_id in trials.numbers)
            standings = {nct_id: standing for nct_id, standing in found if standing is not None}
    return studies_for(
        situation,
        trials,
        standings,
        facts={one.fact: one.trials for one in trials.facts_to_ask(situation)},
        never=content.sheet_plan.never,
        near=_home(situation, trials),
    )


def _home(situation: Situation, trials: OpenTrials) -> Point | None:
    zip_code, country = situation.value("person.postal_code"), situation.value("person.country")
    if zip_code is None or (country is not None and country.upper() not in _COUNTRIES_WITH_ZIP_CODES):
        return None
    return trials.point_of_zip(zip_code)
