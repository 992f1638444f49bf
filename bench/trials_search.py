"""Full-text search over a mirror of 18,188 studies, beside a plain Python loop that looks for the words in every record.

Each query is asked once by a process that has not seen it (what a first person waits after a change of the mirror), then again.
Skips by name where the shared records are absent. Run with `python -m bench.trials_search`. Prints milliseconds.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.helpers import shared_folder

from bench.trials_matching import studies_of
from wayline.library import library
from wayline.trials.places import SiteTable, point_of_zip
from wayline.trials.search import Filters, create_index, forget_studies, index_studies, search_trials
from wayline.trials.study import OPEN_STATUSES
from wayline.trials.thesaurus import load_thesaurus

PLACES = (
    "esophageal", "esophagus", "GEJ", "gastroesophageal junction", "gullet", "food pipe", "gastric", "oesophageal", "esophagial",
    "esopagus", "gastroesophagal", "cardia", "upper GI", "solid tumors",
)  # fmt: skip
ENDINGS = (
    "cancer", "adenocarcinoma", "squamous", "stage 4", "liver metastases", "spread to the liver", "pembrolizamab", "nivolumab",
    "second line", "radiation",
)  # fmt: skip
OTHERS = (
    "Keytruda", "MK-3475", "zolbetuxmab", "FOLFOX", "Enhertu", "T-DXd", "Opdivo", "ramucirumab", "trastuzamab", "claudin 18.2",
    "CLDN18.2", "HER2 positive", "PD-L1", "MSI high", "checkpoint inhibitor", "immunotherapy", "chemotherapy", "targeted therapy",
    "CAR-T", "cancer vaccine", "Y90", "radioembolization", "histotripsy", "microwave ablation", "SBRT liver", "proton therapy",
    "liver transplant", "hepatic artery pump", "brachytherapy", "stent", "dysphagia", "trouble swallowing", "cachexia",
    "feeding tube", "quality of life", "palliative care", "neuropathy", "basket trial", "phase 1", "phase 3 pembrolizumab", "NCT02465060",
    "nct 0246 5060", "02465060", "cancer", "tumor", "patients", "liver", "metastatic", "advanced", "chemo and radiation",
    "what trials are there for my father with stage four esophageal cancer", "", '"liver metastases"',
    "carboplatin paclitaxel radiation esophagus",
    "chemotheraphy", "imunotherapy", "metastisis", "xyzzy", "qqqq zzzz wwww", "MD Anderson", "Mayo Clinic gastric",
)  # fmt: skip
QUERIES = (*(f"{place} {ending}" for place in PLACES for ending in ENDINGS), *OTHERS)
CONTENT = library()
THESAURUS = load_thesaurus(CONTENT.folder / "trials" / "synonyms.yaml", CONTENT.vocabulary.drugs)


def main() -> None:
    path = shared_folder() / "data" / "studies.ndjson.gz"
    if not path.exists():
        print(f"skipped: there is no {path.name} in the shared folder")
        return
    studies = list(studies_of(path))
    connection = sqlite3.connect(":memory:")
    create_index(connection)
    print(f"{len(studies):,} studies")
    print(f"ZIP and city table {milliseconds(lambda: point_of_zip('77030')):8,.0f} ms, once a process")
    print(f"index            {milliseconds(lambda: index_studies(connection, studies)):10,.0f} ms")
    table = SiteTable(studies)
    houston = point_of_zip("77030")
    assert houston is not None
    print(f"miles to all     {milliseconds(lambda: table.miles_to_nearest(houston)):10.2f} ms")
    print(f"first search     {milliseconds(lambda: search_trials(connection, 'a', THESAURUS)):10.1f} ms, reads columns and words")
    nearby = Filters(statuses=OPEN_STATUSES, near=houston, within_miles=200)
    print(f"{len(QUERIES)} queries {'p50':>11} {'p95':>8} {'max':>8}")
    report("first time", [milliseconds(lambda query=query: search_trials(connection, query, THESAURUS)) for query in QUERIES])
    report("again", [milliseconds(lambda query=query: search_trials(connection, query, THESAURUS)) for query in QUERIES])
    report("open nearby", [milliseconds(lambda query=query: search_trials(connection, query, THESAURUS, nearby)) for query in QUERIES])
    report(
        "nothing kept",
        [milliseconds_alone(connection, lambda query=query: search_trials(connection, query, THESAURUS)) for query in QUERIES],
    )
    texts = [f"{study.title} {study.conditions} {study.interventions} {study.eligibility_criteria}".lower() for study in studies]
    report("plain loop", [milliseconds(lambda query=query: plain(query, texts)) for query in QUERIES[::20]])


def milliseconds_alone(connection: sqlite3.Connection, work: Callable[[], Any]) -> float:
    """The time of a query whose words nobody has asked for since the last change of the mirror."""
    forget_studies(connection, [])  # a change, of nothing
    search_trials(connection, "", THESAURUS)
    return milliseconds(work)


def plain(query: str, texts: list[str]) -> list[str]:
    words = query.lower().split()
    return [text for text in texts if all(word in text for word in words)]


def report(name: str, times: list[float]) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    slowest = QUERIES[times.index(max(times))] if len(times) == len(QUERIES) else ""
    print(f"{name:13} {statistics.median(times):8.2f} {p95:8.2f} {max(times):8.2f} ms  {slowest}")


def milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
