"""What the codes and words of records mean here: `content/records/`, loaded strictly, asked by every reader of records and by the export.

A code means facts, drugs, procedures, places or plain answers. What stands in no file means nothing: it is listed as not understood.
The forms are described in docs/reference/content.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from wayline.facts.case import FactReader
from wayline.facts.drugs import DrugDictionary, squeezed
from wayline.facts.vocabulary import Vocabulary, load_vocabulary
from wayline.guide.folder import content_folder
from wayline.guide.references import References, load_references
from wayline.reading import (
    Block,
    Place,
    Rows,
    flag_at,
    nearest,
    number_at,
    read,
    require_keys,
    rows_at,
    shortened,
    text_at,
    texts_at,
)

PLACES = (
    *("liver", "lung", "bone", "brain", "leptomeningeal", "peritoneum", "adrenal", "distant_nodes", "other"),
    *("cervical", "upper", "middle", "lower", "gej", "esophagus", "elsewhere"),
)
_SPREAD_TO = ("liver", "lung", "bone", "brain", "leptomeningeal", "peritoneum", "adrenal", "distant_nodes", "other")
SITES = ("cervical", "upper", "middle", "lower", "gej")
SCALES = ("pdl1", "karnofsky", "m_category")
TREATMENTS = ("radiation", "proton_radiation", "brachytherapy")  # what was aimed at decides which procedure of ours it is
CANCERS = ("primary", "secondary")
ANSWERS = (
    *("positive", "negative", "equivocal", "unknown", "msi_high", "msi_stable"),
    *("palliative", "curative", "perioperative", "completed", "toxicity", "progression", "other_reason"),
)
_KINDS: Mapping[str, tuple[str, ...]] = {"scale": SCALES, "treatment": TREATMENTS, "cancer": CANCERS, "place": PLACES, "answer": ANSWERS}
# Only for judging the values in the files; no fact of theirs has a date.
_ANY_DAY = date(2026, 1, 1)
_WORDS_KEYS = (
    "tests",
    "places",
    "spread",
    "cancer",
    "doubt",
    "cell_types",
    "conditions",
    "procedures",
    "answers",
    "values",
    "units",
    "not_blood",
    "beside_a_test",
    "not_done",
    "not_for_the_body",
    "markers",
)


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing that a code or wording means. `kind` is fact, drug, procedure, or one of scale, treatment, cancer, place, answer.

    For a fact, `id` is the fact's id and `value` its value in the form of a case file, or None: the value stands in the record.
    For a scale, `value` is the step of the scale as text, or None. For every other kind `id` is all.
    """

    kind: str
    id: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code, or one wording, means. `system` and `code` are empty for words."""

    means: tuple[Meant, ...]
    system: str = ""
    code: str = ""
    display: str = ""

    def of_kind(self, kind: str) -> tuple[Meant, ...]:
        return tuple(one for one in self.means if one.kind == kind)

    @property
    def facts(self) -> tuple[Meant, ...]:
        return self.of_kind("fact")

    @property
    def drugs(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.of_kind("drug"))

    @property
    def procedures(self) -> tuple[str, ...]:
        return tuple(one.id for one in self.of_kind("procedure"))

    @property
    def tests(self) -> tuple[Meant, ...]:
        """The facts and scales whose value stands in the record."""
        return tuple(one for one in self.means if one.kind in ("fact", "scale") and one.value is None)


@dataclass(frozen=True, slots=True)
class System:
    """A code system. `uris` are its names in FHIR, the first the one that is written; `oids` those in C-CDA."""

    id: str
    title: str
    uris: tuple[str, ...]
    oids: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code map."""

    system: System
    code: str
    display: str
    meaning: Meaning
    with_children: bool
    write: bool
    cites: tuple[str, ...]
    place: Place

    @property
    def name(self) -> str:
        """As people read it: `LOINC 1975-2`."""
        return f"{self.system.title} {self.code}"

    @property
    def uri(self) -> str:
        return self.system.uris[0]


@dataclass(frozen=True, slots=True)
class CourseRule:
    """How single prescriptions and infusions become courses of treatment, in days."""

    starts_within_days: int
    gap_days: int


@dataclass(frozen=True, slots=True)
class _Wording:
    """Words of which one of each list must stand in a text, and others that must not."""

    all: tuple[re.Pattern[str], ...]
    none: re.Pattern[str] | None
    means: tuple[Meant, ...]

    def fits(self, text: str) -> bool:
        return all(pattern.search(text) for pattern in self.all) and not (self.none and self.none.search(text))


class CodeBook:
    """All code maps and wordings. Every text may be given as it stands in the record."""

    def __init__(
        self,
        systems: Iterable[System],
        codes: Iterable[Code],
        words: Block,
        karnofsky: Mapping[int, tuple[str, ...]],
        courses: CourseRule,
        ours: str,
        cites: Iterable[str],
    ) -> None:
        self.systems = {system.id: system for system in systems}
        self.codes = tuple(codes)
        self.karnofsky = dict(karnofsky)
        self.courses = courses
        self.ours = ours  # the cancer that this content is about, as diagnosis.primary names it
        self._cites = frozenset(cites)
        self._by_name = {name.lower(): system for system in self.systems.values() for name in (*system.uris, *system.oids, system.title)}
        self._by_code = {(code.system.id, code.code.upper()): code for code in self.codes}
        self._read_words(words)

    @property
    def cited(self) -> frozenset[str]:
        """The references that the files cite."""
        return self._cites | {cite for code in self.codes for cite in code.cites}

    def system(self, uri_or_oid: str | None) -> System | None:
        """A code system by one of its names: `http://loinc.org`, `urn:oid:2.16.840.1.113883.6.1`, the bare OID, or its title."""
        if not uri_or_oid:
            return None
        name = uri_or_oid.strip().lower().removeprefix("urn:oid:").rstrip("/")
        return self._by_name.get(name) or self._by_name.get(name.replace("https://", "http://", 1))

    def meaning(self, system_uri_or_oid: str | None, code: str | None) -> Meaning | None:
        """What a code means, or None where we do not know it."""
        system = self.system(system_uri_or_oid)
        if system is None or not code:
            return None
        written = code.strip().upper()
        found = self._by_code.get((system.id, written))
        if found is None and system.id == "icd10cm" and "." not in written and len(written) > 3:
            written = f"{written[:3]}.{written[3:]}"
            found = self._by_code.get((system.id, written))
        if found is not None:
            return found.meaning
        for length in range(len(written) - 1, 2, -1):
            above = self._by_code.get((system.id, written[:length].rstrip(".")))
            if above is not None:
                return above.meaning if above.with_children else None
        return None

    def code_name(self, system_uri_or_oid: str | None, code: str | None) -> str | None:
        """As people read it: `LOINC 1975-2`; for an unknown system its own name."""
        if not code:
            return None
        system = self.system(system_uri_or_oid)
        return f"{system.title if system else system_uri_or_oid or 'code'} {code}"

    def code_for(self, fact_id: str, value: Any = None) -> Code | None:
        """The code that our own export writes for a fact (`value` None: the test itself) or for one value of it."""
        return self._written.get(("fact", fact_id, repr(value)))

    def code_for_drug(self, drug_id: str) -> Code | None:
        return self._written.get(("drug", drug_id, repr(None)))

    def code_for_procedure(self, procedure_id: str) -> Code | None:
        return self._written.get(("procedure", procedure_id, repr(None)))

    def code_for_answer(self, answer: str) -> Code | None:
        """The code of an answer such as `positive`, an intent or a reason for ending."""
        return self._written.get(("answer", answer, repr(None)))

    @cached_property
    def _written(self) -> dict[tuple[str, str, str], Code]:
        # A row with several meanings (a cancer and its cell type) is no way to write one of them.
        return {(one.kind, one.id, repr(one.value)): code for code in self.codes if code.write for one in code.meaning.means[:1]}

    # --- Words ------------------------------------------------------------------------------------------------------

    def test_named(self, text: str | None) -> Meaning | None:
        """The test that a whole name stands for: `Bilirubin, Total`."""
        if not text:
            return None
        plain = plain_words(text)
        whole = self._tests.get(plain) or self._tests.get(plain_words(re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", text)))
        if whole is not None or len(plain) > _LONGEST_NAME_OF_A_TEST:
            return whole
        bare = self._tests.get(" ".join(word for word in plain.split() if word not in self._beside_a_test))
        if bare is not None and all(one.id.startswith("labs.") for one in bare.tests):
            return bare
        return next((Meaning(wording.means, display=text) for wording in self._markers if wording.fits(plain)), None)

    def is_not_blood(self, text: str | None) -> bool:
        """Whether a text names a specimen whose tests are no blood tests, such as urine."""
        return bool(self._not_blood.search(plain_words(text or "")))

    def is_not_for_the_body(self, text: str | None) -> bool:
        """Whether the name or way of a medicine says that it works where no cancer of the esophagus is, or may be no medicine at all."""
        return bool(self._not_for_the_body.search(plain_words(text or "")))

    def condition_in_words(self, text: str | None) -> Meaning | None:
        """What a name of a condition says: the cancer with its place and cell type, where it has spread, or another condition.

        None also where the text is in doubt ("possible", "history of", "no").
        """
        if not text or len(text) > _LONGEST_NAME_OF_A_CONDITION:
            return None
        if text not in self._conditions_read:
            if len(self._conditions_read) > _MOST_REMEMBERED:
                self._conditions_read.clear()
            self._conditions_read[text] = self._read_condition(text)
        return self._conditions_read[text]

    def _read_condition(self, text: str) -> Meaning | None:
        plain = plain_words(text)
        if not plain or self._doubt.search(plain):
            return None
        matches = [(place, match) for place, patterns in self._spread for pattern in patterns if (match := pattern.search(plain))]
        spread = [place for place, _ in matches]
        for _, match in matches:
            # "to liver and lung", "to liver, lung and bone"
            rest = self._and_more.match(plain, match.end())
            spread += [] if rest is None else [place for place in self.places_in_words(rest[0]) if place in _SPREAD_TO]
        spread = list(dict.fromkeys(spread))
        means: list[Meant] = [Meant("fact", f"metastases.{place}", True) for place in spread]
        own = plain
        for _, patterns in self._spread:
            for pattern in patterns:
                own = pattern.sub(" ", own)
        if self._cancer.search(own):
            means += self._cancer_in_words(own)
        elif not means:
            means += [one for wording in self._conditions if wording.fits(plain) for one in wording.means]
        return Meaning(tuple(dict.fromkeys(means)), display=text) if means else None

    def _cancer_in_words(self, own: str) -> list[Meant]:
        places = self.places_in_words(own)
        cell_type = self.cell_type_in_words(own)
        mine = [place for place in places if place in (*SITES, "esophagus")]
        if mine:
            site = [Meant("fact", "diagnosis.site", place) for place in mine if place in SITES]
            found = [Meant("fact", "diagnosis.primary", self.ours), *(site if len(site) == 1 else ())]
            return [*found, *([Meant("fact", "diagnosis.histology", cell_type)] if cell_type else ())]
        # Cancer of the junction often stands in records as one of the stomach, so that is not said to be another cancer.
        is_other = "elsewhere" in places and not re.search(r"\b(?:stomach|gastric)\b", own)
        return [Meant("fact", "condition.second_cancer", True)] if is_other else []

    def places_in_words(self, text: str | None) -> tuple[str, ...]:
        """The places that a text names, the more exact ones without the wider: `lower third of esophagus` is `lower` only."""
        plain = plain_words(text or "")
        found: list[tuple[int, int, str]] = []
        for place, pattern in self._places:
            found += [(match.start(), match.end(), place) for match in pattern.finditer(plain)]
        exact = [
            one
            for one in found
            if not any(other[0] <= one[0] and one[1] <= other[1] and other[1] - other[0] > one[1] - one[0] for other in found)
        ]
        return tuple(dict.fromkeys(place for _, _, place in sorted(exact)))

    def cell_type_in_words(self, text: str | None) -> str | None:
        """The histology that a text names, or None."""
        plain = plain_words(text or "")
        if self._doubt.search(plain):
            return None
        return next((value for pattern, value in self._cell_types if pattern.search(plain)), None)

    def procedure_in_words(self, text: str | None) -> Meaning | None:
        """What a name of a procedure says, or None; None also where it tells of a plan, a talk or an attempt."""
        plain = plain_words(text or "")
        if self._not_done.search(plain):
            return None
        means = tuple(dict.fromkeys(one for wording in self._procedures if wording.fits(plain) for one in wording.means))
        return Meaning(means, display=text or "") if means else None

    def answer_in_words(self, text: str | None) -> str | None:
        """The plain answer that a whole text is: `Not detected` is `negative`; None where it says more than that."""
        return self._answers.get(plain_words(re.sub(r"\((qualifier value|finding)\)", " ", text or "")))

    def value_in_words(self, fact_id: str, text: str | None) -> Any:
        """The value of one fact that a whole text is: `Progressive disease` of disease.status; None where it is none of ours."""
        return self._values.get((fact_id, plain_words(text or "")))

    def unit(self, written: str | None) -> str:
        """A unit of a record as the vocabulary writes it; an empty text for none, and as it stands where we do not know it."""
        squeezed_unit = re.sub(r"\s+", "", written or "").lower()
        if squeezed_unit in self._units:
            return self._units[squeezed_unit]
        without_notes = re.sub(r"\{[^{}]*\}", "", squeezed_unit)
        return self._units.get(without_notes, (written or "").strip() if without_notes == squeezed_unit else without_notes)

    def ecog_of_karnofsky(self, value: float) -> tuple[str, ...] | None:
        """The ECOG grades that a Karnofsky value may be; None outside the table."""
        return self.karnofsky.get(int(value)) if value == int(value) else None

    def _read_words(self, words: Block) -> None:
        self._conditions_read: dict[str, Meaning | None] = {}  # records repeat themselves
        self._tests: dict[str, Meaning] = {}
        for row in words["tests"]:
            for name in row["names"]:
                self._tests[plain_words(name)] = Meaning((_test_of(row),), display=name)
        for code in self.codes:
            if code.meaning.tests and code.system.id in ("loinc", "snomed"):
                self._tests.setdefault(plain_words(code.display), Meaning(code.meaning.tests, display=code.display))
        self._places = tuple((row["place"], _any_of(row["words"])) for row in words["places"])
        self._spread = tuple(
            (row["place"], tuple(_spread(template, row["words"]) for template in words["spread"]))
            for row in words["places"]
            if row["place"] in _SPREAD_TO
        )
        listed = "|".join(re.escape(plain_words(word)) for row in words["places"] if row["place"] in _SPREAD_TO for word in row["words"])
        self._and_more = re.compile(rf"(?:\s+(?:{listed})\b)*\s+and\s+(?:{listed})\b")
        self._not_blood = _any_of(words["not_blood"])
        self._not_done, self._not_for_the_body = _any_of(words["not_done"]), _any_of(words["not_for_the_body"])
        self._beside_a_test = frozenset(words["beside_a_test"])
        self._cancer = _any_of(words["cancer"])
        self._doubt = _any_of(words["doubt"])
        self._cell_types = tuple((_any_of(row["words"]), row["value"]) for row in words["cell_types"])
        self._conditions = tuple(map(_wording, words["conditions"]))
        self._markers = tuple(
            _Wording(tuple(map(_any_of, row["all"])), _any_of(row["none"]) if row["none"] else None, (_test_of(row),))
            for row in words["markers"]
        )
        self._procedures = tuple(map(_wording, words["procedures"]))
        self._values: dict[tuple[str, str], Any] = {
            (row["fact"], plain_words(word)): row["value"] for row in words["values"] for word in row["words"]
        }
        self._units: dict[str, str] = {re.sub(r"\s+", "", word).lower(): row["unit"] for row in words["units"] for word in row["words"]}
        self._answers = {plain_words(word): row["answer"] for row in words["answers"] for word in row["words"]}


def drugs_in_words(text: str | None, drugs: DrugDictionary) -> tuple[str, ...]:
    """The drugs that a text names, longest names first: `pembrolizumab 25 MG/ML Injectable Solution [Keytruda]` is pembrolizumab."""
    lowered = (text or "").lower()
    whole = drugs.find(lowered) if len(lowered) <= _LONGEST_WORDING else ()
    if whole:
        return whole
    words = re.findall(r"[a-z0-9]+", lowered)[:_MOST_WORDS]
    found: dict[str, None] = {}
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
            name = " ".join(words[at : at + length])
            ids = drugs.find(name) if len(squeezed(name)) >= _SHORTEST_NAME else ()
            if ids:
                found |= dict.fromkeys(ids)
                at += length
                break
        else:
            at += 1
    if "liposom" in lowered:  # written before or after the drug's name; the dictionary knows "liposomal irinotecan"
        return tuple(dict.fromkeys(one for drug in found for one in (drugs.find(f"liposomal {drug}") or (drug,))))
    return tuple(found)


_MOST_WORDS, _LONGEST_NAME, _SHORTEST_NAME = 80, 7, 3


def plain_words(text: str) -> str:
    """Lower case, without punctuation and without what stands in brackets for machines: `(disorder)`, `(HCC)`."""
    lowered = _FOR_MACHINES.sub(" ", text[:_LONGEST_WORDING].lower())
    return " ".join(re.findall(r"[a-z0-9]+", lowered))


_LONGEST_WORDING = 2_000
_LONGEST_NAME_OF_A_CONDITION = 300
_LONGEST_NAME_OF_A_TEST = 120
_MOST_REMEMBERED = 5_000
_FOR_MACHINES = re.compile(
    r"\((?:disorder|finding|procedure|qualifier value|body structure|morphologic abnormality|situation|cms/hcc|cms-hcc|hcc|code)\)"
)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    listed = sorted({plain_words(word) for word in words}, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, listed))})\b")


def _spread(template: str, places: Iterable[str]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, sorted(map(plain_words, places), key=len, reverse=True)))
    words = (rf"(?:{listed})" if word == "{place}" else word for word in template.split())
    pattern = r"\s+".join(words).replace(r"\s+...\s+", r"(?:\s+\w+){0,3}?\s+")
    return re.compile(rf"\b{pattern}\b")


def _test_of(row: Block) -> Meant:
    return Meant("scale", row["scale"]) if "scale" in row else Meant("fact", row["fact"])


def _wording(row: Block, means: tuple[Meant, ...] | None = None) -> _Wording:
    return _Wording(
        tuple(_any_of(words) for words in row["all"]),
        _any_of(row["none"]) if row["none"] else None,
        tuple(_meant_of(meant) for meant in row["means"]) if means is None else means,
    )


def _meant_of(row: Mapping[str, Any]) -> Meant:
    kind = next(key for key in row if key != "value")
    return Meant("fact" if kind == "fact" else kind, row[kind], _Frozen.of(row.get("value")))


class _Frozen(dict[str, Any]):
    """A value of a case file that may stand in a set: `{one_of: [slight, moderate]}`."""

    @classmethod
    def of(cls, value: Any) -> Any:
        return cls(value) if isinstance(value, dict) else value

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(sorted(self.items())))


# --- Loading ----------------------------------------------------------------------------------------------------------


def load_codes(folder: Path, vocabulary: Vocabulary, references: References) -> CodeBook:
    """Load `content/records/`; every mistake is an error with file and line."""
    judge = _Judge(vocabulary, references)
    systems = judge.systems(folder / "systems.yaml")
    codes: dict[tuple[str, str], Code] = {}
    written: dict[tuple[str, str, str], Code] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.stem in ("systems", "words", "crosswalks", "courses"):
            continue
        for code in judge.codes(path, systems):
            key = (code.system.id, code.code.upper())
            if key in codes:
                raise code.place.error(
                    f"the code '{code.code}' stands twice (first on line {codes[key].place.line} of {codes[key].place.file})"
                )
            codes[key] = code
            for one in code.meaning.means[:1] if code.write else ():
                other = written.setdefault((one.kind, one.id, repr(one.value)), code)
                if other is not code:
                    raise code.place.error(
                        f"two codes are to be written for {one.id}: this and '{other.code}' ({other.place.file}, line {other.place.line})"
                    )
    karnofsky, cites = judge.karnofsky(folder / "crosswalks.yaml")
    courses, courses_cite = judge.courses(folder / "courses.yaml")
    return CodeBook(
        systems.values(),
        codes.values(),
        judge.words(folder / "words.yaml"),
        karnofsky,
        courses,
        vocabulary["diagnosis.primary"].single_choices[0],
        (*cites, *courses_cite, *(cite for one in systems.values() for cite in one.cites)),
    )


@cache
def code_book() -> CodeBook:
    """The code maps that ship with Wayline, loaded once a process."""
    folder = content_folder()
    return load_codes(folder / "records", load_vocabulary(folder / "vocabulary"), load_references(folder / "references"))


class _Judge:
    """Reads the files strictly."""

    def __init__(self, vocabulary: Vocabulary, references: References) -> None:
        self.vocabulary = vocabulary
        self.references = references
        self.reader = FactReader(vocabulary, _ANY_DAY)

    def systems(self, path: Path) -> dict[str, System]:
        found: dict[str, System] = {}
        names: set[str] = set()
        for row, place in _rows_of(path, "systems"):
            block = require_keys(row, ("id", "title", "uris", "oids", "cites"), place)
            one = System(
                text_at(block, "id"),
                text_at(block, "title"),
                tuple(texts_at(block, "uris")),
                tuple(texts_at(block, "oids")),
                self._cites(block),
            )
            if one.id in found:
                raise place.error(f"'{one.id}' stands twice")
            if not one.uris:
                raise place.error(f"'{one.id}' needs a URI")
            for name in (*one.uris, *one.oids):
                if name.lower() in names:
                    raise place.error(f"'{name}' is already a name of another system")
                names.add(name.lower())
            found[one.id] = one
        return found

    def codes(self, path: Path, systems: Mapping[str, System]) -> Iterator[Code]:
        name = f"records/{path.name}"
        block = require_keys(read(path, name), ("system", "codes"), Place(name, 1))
        system_id = text_at(block, "system")
        if system_id not in systems:
            raise block.at("system").error(f"'{system_id}' is not a system of records/systems.yaml.{nearest(system_id, systems)}")
        rows = rows_at(block, "codes")
        for raw, place in zip(rows, rows.places, strict=True):
            row = require_keys(raw, ("code", "display", "means", "with_children", "write", "cites"), place)
            if not isinstance(row["code"], str):
                raise row.at("code").error(f"the code {shortened(row['code'])} must stand in quotes, so that no zero is lost")
            code, display = text_at(row, "code"), text_at(row, "display")
            means = self._means(row, "means")
            meaning = Meaning(means, system_id, code, display)
            yield Code(
                systems[system_id], code, display, meaning, flag_at(row, "with_children"), flag_at(row, "write"), self._cites(row), place
            )

    def karnofsky(self, path: Path) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
        name = f"records/{path.name}"
        block = require_keys(require_keys(read(path, name), ("karnofsky",), Place(name, 1))["karnofsky"], ("cites", "rows"), Place(name, 1))
        table: dict[int, tuple[str, ...]] = {}
        for raw, place in zip(rows_at(block, "rows"), block["rows"].places, strict=True):
            row = require_keys(raw, ("value", "ecog"), place)
            grades = tuple(texts_at(row, "ecog"))
            self._require_value("function.ecog", {"one_of": list(grades)}, place)
            table[int(number_at(row, "value"))] = grades
        return table, self._cites(block)

    def courses(self, path: Path) -> tuple[CourseRule, tuple[str, ...]]:
        name = f"records/{path.name}"
        block = require_keys(read(path, name), ("courses",), Place(name, 1))["courses"]
        row = require_keys(block, ("starts_within_days", "gap_days", "cites"), Place(name, 1))
        days = [number_at(row, key) for key in ("starts_within_days", "gap_days")]
        if any(one < 0 or one != int(one) for one in days):
            raise row.place.error("the days are whole numbers of 0 or more")
        return CourseRule(int(days[0]), int(days[1])), self._cites(row)

    def words(self, path: Path) -> Block:
        name = f"records/{path.name}"
        block = require_keys(read(path, name), _WORDS_KEYS, Place(name, 1))
        names: dict[str, str] = {}
        for row, place in _rows_in(block, "tests"):
            meant = self._test(row, place, ("names",))
            for one in texts_at(row, "names"):
                if names.setdefault(plain_words(one), meant) != meant:
                    raise place.error(f"'{one}' is already a name of {names[plain_words(one)]}")
        for row, place in _rows_in(block, "markers"):
            self._test(row, place, ("all", "none"))
            self._wordings(row, place)
        for key, value_key, allowed in (
            ("places", "place", PLACES),
            ("cell_types", "value", tuple(self.vocabulary["diagnosis.histology"].choices)),
            ("answers", "answer", ANSWERS),
        ):
            for row, place in _rows_in(block, key):
                listed = require_keys(row, (value_key, "words"), place)
                if listed[value_key] not in allowed:
                    raise listed.at(value_key).error(
                        f"'{shortened(listed[value_key])}' is not known here.{nearest(str(listed[value_key]), allowed)}"
                    )
                texts_at(listed, "words")
        for key in ("spread", "cancer", "doubt", "not_blood", "beside_a_test", "not_done", "not_for_the_body"):
            texts_at(block, key)
        for row, place in _rows_in(block, "values"):
            told = require_keys(row, ("fact", "value", "words"), place)
            self._require_value(text_at(told, "fact"), told["value"], place)
            texts_at(told, "words")
        for row, place in _rows_in(block, "units"):
            texts_at(require_keys(row, ("unit", "words"), place), "words")
            if not isinstance(row["unit"], str):
                raise place.error("'unit' must be a text; an empty one for no unit")
        for key in ("conditions", "procedures"):
            for row, place in _rows_in(block, key):
                self._wordings(require_keys(row, ("all", "none", "means"), place), place)
                self._means(row, "means")
        return block

    def _test(self, row: Any, place: Place, keys: tuple[str, ...]) -> str:
        """A row that names one test: a fact or a scale."""
        test = require_keys(row, keys, place, optional=("fact", "scale"))
        if ("fact" in test) == ("scale" in test):
            raise place.error("a test means a 'fact' or a 'scale'")
        meant = str(test.get("fact") or test.get("scale"))
        if "fact" in test:
            self.vocabulary.require(meant, test.at("fact"))
        elif meant not in SCALES:
            raise test.at("scale").error(f"'{meant}' is not a scale.{nearest(meant, SCALES)}")
        return meant

    @staticmethod
    def _wordings(wording: Block, place: Place) -> None:
        texts_at(wording, "none")
        for words in rows_at(wording, "all"):
            if not isinstance(words, Rows) or not words or not all(isinstance(word, str) for word in words):
                raise place.error("'all' is a list of lists of words")

    def _means(self, row: Block, key: str) -> tuple[Meant, ...]:
        rows = rows_at(row, key)
        if not rows:
            raise row.at(key).error("a code that means nothing is left out")
        return tuple(self._meant(one, place) for one, place in zip(rows, rows.places, strict=True))

    def _meant(self, raw: Any, place: Place) -> Meant:
        block = require_keys(raw, (), place, optional=("fact", "value", "drug", "procedure", *_KINDS))
        kinds = [key for key in block if key != "value"]
        if len(kinds) != 1:
            raise place.error("one thing is meant by each row: a fact, drug, procedure, scale, treatment, cancer, place or answer")
        kind = kinds[0]
        known = text_at(block, kind)
        if kind == "fact":
            if "value" not in block:
                raise place.error(f"{known}: 'value' is missing; null says that it stands in the record")
            self._require_value(known, block["value"], place)
        else:
            checks: dict[str, Iterable[str]] = {"drug": self.vocabulary.drugs.drugs, "procedure": self.vocabulary.procedures, **_KINDS}
            if known not in checks[kind]:
                raise place.error(f"'{shortened(known)}' is not a {kind} here.{nearest(known, checks[kind])}")
            if "value" in block and kind != "scale":
                raise place.error(f"a {kind} has no 'value'")
        return _meant_of(block)

    def _require_value(self, fact_id: str, value: Any, place: Place) -> None:
        definition = self.vocabulary.require(fact_id, place)
        if isinstance(value, dict) and not isinstance(value, Block):
            block = Block(place)
            for key, one in value.items():
                rows = Rows(place)
                rows.extend(one)
                rows.places = [place] * len(one)
                block[key] = rows
            value = block
        self.reader.read(definition, value, place)

    def _cites(self, block: Block) -> tuple[str, ...]:
        cites = texts_at(block, "cites")
        if not cites:
            raise block.at("cites").error("a source is needed")
        return self.references.require(cites, block.at("cites"))


def _rows_of(path: Path, key: str) -> Iterator[tuple[Any, Place]]:
    name = f"records/{path.name}"
    yield from _rows_in(require_keys(read(path, name), (key,), Place(name, 1)), key)


def _rows_in(block: Block, key: str) -> Iterator[tuple[Any, Place]]:
    rows = rows_at(block, key)
    yield from zip(rows, rows.places, strict=True)


__all__ = [
    *("ANSWERS", "PLACES", "SITES", "Code", "CodeBook", "Meaning", "Meant", "System"),
    *("code_book", "drugs_in_words", "load_codes", "plain_words"),
]
