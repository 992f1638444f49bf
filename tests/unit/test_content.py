"""The content that ships: what must be there, what must not be said, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import mean

import pytest

from tests.helpers import shared_folder
from wayline.facts.vocabulary import FactDefinition
from wayline.library import library
from wayline.options.catalog import HEADINGS, KINDS, Option

CONTENT = library()
VOCABULARY = CONTENT.vocabulary
OPTIONS = list(CONTENT.catalog.values())

OPTION_IDS = {
    "systemic": """chemotherapy_doublet chemotherapy_triplet immunotherapy_with_chemotherapy nivolumab_ipilimumab
        trastuzumab_with_chemotherapy zanidatamab_with_chemotherapy zolbetuximab_with_chemotherapy trastuzumab_deruxtecan
        ramucirumab_paclitaxel second_line_chemotherapy second_line_immunotherapy trifluridine_tipiracil immunotherapy_msi_high
        tumor_agnostic_targeted""",
    "swallowing": """stent dilation brachytherapy external_radiation thermal_laser argon_plasma photodynamic_therapy
        cryotherapy_endoscopic feeding_tube""",
    "surgery": "palliative_surgery",
    "liver_directed": """chemoembolization cryoablation robotic_radiosurgery hepatic_artery_infusion liver_resection liver_transplant
        proton_therapy radioembolization radiofrequency_ablation stereotactic_body_radiation microwave_ablation histotripsy
        irreversible_electroporation""",
    "symptom_relief": """liver_pain_radiation biliary_drainage ascites_drainage bleeding_control celiac_plexus_block airway_stent""",
    "supportive": "palliative_care nutrition_support comfort_focused_care",
    "research": "clinical_trial drug_resistance_inhibitors cell_and_gene_therapy",
}


# --- What must be there ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(OPTION_IDS))
def test_the_options_of_each_kind(kind: str) -> None:
    """Exactly the options of the design, no more and no fewer."""
    assert {option.id for option in OPTIONS if option.kind == kind} == set(OPTION_IDS[kind].split())


def test_no_other_kind_of_option() -> None:
    """The kinds are those of the design."""
    assert set(KINDS) == set(OPTION_IDS)


@pytest.mark.parametrize("kind", list(OPTION_IDS))
def test_each_kind_has_a_whole_body(kind: str) -> None:
    """At least one option of every kind is written out under all six headings."""
    whole = [option for option in OPTIONS if option.kind == kind and option.sections]
    assert whole
    for option in whole:
        assert tuple(name for name, _ in option.sections) == HEADINGS


def facts_of_the_contract() -> Iterator[tuple[str, str, str]]:
    """(fact id, its kind cell, its description) for every fact of ../shared/facts.md."""
    text = (shared_folder() / "facts.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("| ") or len(cells) < 2 or cells[0] in ("id", "---"):
            continue
        ids, kind, what = cells[0], cells[1].rstrip(" |"), cells[2] if len(cells) > 2 else ""
        if ids.endswith(".*"):
            names = [ids[:-1] + name.strip() for name in what.split(",")]
        else:
            names = [name.strip() for name in re.split(r" / |, ", ids)]
            names = [names[0].split(".")[0] + name if name.startswith(".") else name for name in names]
        kinds = kind.split(" / ")
        for place, name in enumerate(names):
            yield name, kinds[place] if len(kinds) == len(names) else kind, what


NO_SHARED = not (shared_folder() / "facts.md").is_file()
CONTRACT = [] if NO_SHARED else list(facts_of_the_contract())


@pytest.mark.skipif(NO_SHARED, reason="the shared facts.md is not beside this checkout (WAYLINE_SHARED)")
def test_the_contract_was_read() -> None:
    """The table yields all its facts; a changed form of the table must not pass for an empty one."""
    assert len(CONTRACT) > 180
    assert {"person.age", "metastases.lung", "condition.live_vaccine", "symptom.food_stuck", "labs.ca19_9"} <= {
        name for name, _, _ in CONTRACT
    }


@pytest.mark.skipif(NO_SHARED, reason="the shared facts.md is not beside this checkout (WAYLINE_SHARED)")
@pytest.mark.parametrize(("fact_id", "kind", "what"), CONTRACT or [("none", "", "")], ids=[name for name, _, _ in CONTRACT] or ["none"])
def test_every_fact_of_the_contract_is_in_the_vocabulary(fact_id: str, kind: str, what: str) -> None:
    """With its kind, its choices in their order, its unit and its limits."""
    definition = VOCABULARY[fact_id]
    if kind.startswith("list of:"):
        assert definition.kind == "choice_list"
        assert list(definition.choices) == [word.strip() for word in kind.removeprefix("list of:").split(",")]
    elif kind == "list" or kind.startswith("list,"):
        assert definition.kind == {"liver.lesions": "lesions", "therapy.history": "courses"}[fact_id]
    elif kind.startswith("choice"):
        assert definition.kind == "choice"
        assert list(definition.choices) == [word.strip() for word in kind.removeprefix("choice:").split(",")]
    else:
        name, _, rest = kind.partition(" ")
        assert definition.kind == name.strip(",;")
        limits = re.search(r"(\d+)(?: to |-)(\d+)", rest)
        if limits:
            assert (definition.lowest, definition.highest) == (float(limits[1]), float(limits[2]))
        elif definition.kind == "number" and squeezed_unit(rest):
            assert definition.unit == squeezed_unit(rest)


def squeezed_unit(text: str) -> str | None:
    """The unit in the vocabulary's spelling, where the text is one unit and no more."""
    spelled = VOCABULARY.usual_unit_spelling(text.strip())
    return spelled if spelled in VOCABULARY.unit_spellings.values() else None


UNITS = {
    "labs.creatinine_clearance": "mL/min",
    "labs.egfr": "mL/min/1.73 m2",
    "labs.aptt": "s",
    "labs.troponin": "ng/L",
    "labs.tsh": "mIU/L",
    "labs.potassium": "mmol/L",
    "labs.magnesium": "mmol/L",
    "labs.calcium": "mmol/L",
    "labs.glucose": "mmol/L",
    "labs.hba1c": "%",
    "labs.cea": "ng/mL",
    "labs.ca19_9": "U/mL",
    "labs.bilirubin": "mg/dL",
    "labs.albumin": "g/dL",
    "labs.platelets": "10*9/L",
    "labs.inr": None,
    "symptom.temperature_c": "Cel",
    "biomarker.pdl1_cps": None,
    "biomarker.tmb": "mut/Mb",
}


@pytest.mark.parametrize(("fact_id", "unit"), list(UNITS.items()))
def test_usual_units(fact_id: str, unit: str | None) -> None:
    """The units of the facts vocabulary."""
    assert VOCABULARY[fact_id].unit == unit


@pytest.mark.parametrize("definition", list(VOCABULARY.values()), ids=lambda definition: definition.id)
def test_how_long_each_fact_stays_valid(definition: FactDefinition) -> None:
    """Labs, ECOG, weight and symptoms 28 days; biomarkers and histories of a lifetime without limit."""
    fact_id, days = definition.id, definition.valid_for_days
    if (
        fact_id.endswith(("_uln", "_lln"))
        or fact_id.startswith(("biomarker.", "wish.", "diagnosis.h", "metastases."))
        or fact_id in ("therapy.history", "labs.earlier_results")
    ):
        assert days is None
    elif fact_id.startswith(("labs.", "symptom.")) or fact_id in ("function.ecog", "nutrition.weight_kg"):
        assert days == 28
    else:
        assert days in (None, 28, 56)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.id)
def test_every_claim_of_an_option_cites(option: Option) -> None:
    """Every rule, caution and statement of evidence names its sources, and limits say where they come from."""
    for part in (*option.rules_out, *option.cautions, *option.evidence):
        assert part.cites
        assert all(cite in CONTENT.references for cite in part.cites)
    assert option.limits_cite
    assert option.evidence


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.id)
def test_nobody_is_invented(option: Option) -> None:
    """No page claims a signature that nobody gave."""
    assert option.signed == "not yet signed by a clinician"


def test_every_step_asks_for_known_facts_once() -> None:
    """No fact is asked twice in the short form, and each step has something to ask."""
    asked = [fact for step in CONTENT.steps.steps for fact in step.facts]
    assert len(set(asked)) == len(asked)
    assert all(fact in VOCABULARY for fact in asked)
    assert all(step.facts for step in CONTENT.steps.steps)


def test_every_procedure_that_is_an_option_can_be_told() -> None:
    """Treatments that are no drugs stand among the procedures of a history."""
    drugs = {option.id for option in OPTIONS if option.kind in ("systemic", "supportive", "research")}
    assert {option.id for option in OPTIONS} - drugs <= set(VOCABULARY.procedures)


@pytest.mark.parametrize(
    ("name", "drugs"),
    [
        ("FOLFOX", {"fluorouracil", "leucovorin", "oxaliplatin"}),
        ("mFOLFOX6", {"fluorouracil", "leucovorin", "oxaliplatin"}),
        ("CAPOX", {"capecitabine", "oxaliplatin"}),
        ("XELOX", {"capecitabine", "oxaliplatin"}),
        ("FLOT", {"fluorouracil", "leucovorin", "oxaliplatin", "docetaxel"}),
        ("FOLFIRI", {"fluorouracil", "leucovorin", "irinotecan"}),
        ("5-FU", {"fluorouracil"}),
        ("Keytruda", {"pembrolizumab"}),
        ("OPDIVO", {"nivolumab"}),
        ("Enhertu", {"trastuzumab_deruxtecan"}),
        ("T-DXd", {"trastuzumab_deruxtecan"}),
        ("Herceptin", {"trastuzumab"}),
        ("Cyramza", {"ramucirumab"}),
        ("Lonsurf", {"trifluridine_tipiracil"}),
        ("no such drug", set()),
    ],
)
def test_drugs_are_found_by_the_names_people_use(name: str, drugs: set[str]) -> None:
    """Brands, short names and named combinations."""
    assert set(VOCABULARY.drugs.find(name)) == drugs
    assert VOCABULARY.drugs.find(name.lower()) == VOCABULARY.drugs.find(name)


@pytest.mark.parametrize(
    ("word", "member", "stranger"),
    [
        ("platinum", "oxaliplatin", "docetaxel"),
        ("taxane", "paclitaxel", "cisplatin"),
        ("fluoropyrimidine", "capecitabine", "irinotecan"),
        ("pd1_pdl1", "nivolumab", "ipilimumab"),
        ("systemic_therapy", "trastuzumab", "dexamethasone"),
        ("chemotherapy", "cisplatin", "pembrolizumab"),
        ("cisplatin", "cisplatin", "carboplatin"),
    ],
)
def test_drug_classes(word: str, member: str, stranger: str) -> None:
    """A class holds its drugs, through wider classes too; a drug is a class of itself."""
    members = VOCABULARY.drugs.members(word)
    assert members is not None
    assert member in members
    assert stranger not in members
    assert VOCABULARY.drugs.members("no such class") is None


# --- What is said ---------------------------------------------------------------------------------------------------


def shown_words() -> Iterator[tuple[str, str, str]]:
    """(where, which field, the text) for all that a person may read."""
    for option in OPTIONS:
        yield option.id, "title", option.title
        yield option.id, "summary", option.summary
        yield from ((option.id, "say", rule.say) for rule in option.rules_out)
        for caution in option.cautions:
            yield option.id, "say", caution.say
            yield option.id, "ask", caution.ask
        for statement in option.evidence:
            yield option.id, "claim", statement.claim
            yield option.id, "population", statement.population
        yield from ((option.id, "question", question) for question in option.questions)
        yield from ((option.id, "body", text) for _, text in option.sections)
    for fact in VOCABULARY.values():
        yield fact.id, "label", fact.label
        yield fact.id, "fact question", fact.question
        yield fact.id, "why", fact.why
        yield fact.id, "where", fact.where
        yield from ((fact.id, "says", text) for text in (fact.says_yes, fact.says_no) if text)
        yield from ((fact.id, "choice", choice.words) for choice in fact.choices.values())
    for page in CONTENT.pages.values():
        yield page.id, "title", page.title
        yield page.id, "page", page.body
    for step in CONTENT.steps.steps:
        yield step.id, "step", step.title
        if step.intro:
            yield step.id, "step", step.intro
    for specialty in CONTENT.catalog.specialties.values():
        yield specialty.id, "specialty", f"{specialty.title} {specialty.does}"


WORDS = list(shown_words())

# docs/reference/content.md: what is never said, and the uses that are meant otherwise
NEVER = {
    "a promise to be taken": (r"\byou (?:qualify|are eligible|are ineligible|meet the criteria)\b", r"(?!)"),
    "a ranking": (r"\bbest (?:treatment|option|choice|therapy|drug|method|way)\b|\b(?:first|top) choice for you\b", r"(?!)"),
    "a recommendation": (r"\b(?:we|wayline) (?:recommend|advise|suggest)|\brecommended\b", r"not recommended|never recommend"),
    "a cure": (
        r"\bcur(?:e|es|ed|ing|able)\b",
        r"\b(?:not|no|never|cannot|rarely|seldom|than|without)\b[^.]*\bcur|hepatitis",
    ),
    "a fight": (r"\b(?:fight|fights|fighting|battle|battles|warrior|beat (?:the )?cancer)\b", r"(?!)"),
    "a failure": (r"\bfail(?:ed|s|ing|ure)?\b", r"\b(?:heart|kidney|renal|liver|organ)\b|not your failing"),
    "a wonder": (r"\b(?:breakthrough|miracle|game.?changer|revolutionary|promising)\b", r"(?!)"),
    "an end": (r"\bnothing (?:more|else) can be done\b|\bonly option left\b|\bonly (?:option|chance)\b|\blast resort\b", r"(?!)"),
    "false calm": (
        r"\bthis is normal\b|\bdo not worry\b|\bdon't worry\b|\bnothing to worry\b|\bharmless\b",
        r"\bmany adrenal nodules are harmless\b",
    ),
    "hope as a word": (r"\bhop(?:e|es|eful|efully|ing)\b", r"(?!)"),
    "a guarantee": (r"\bguarantee[ds]?\b|\b100 ?% (?:safe|effective)\b|\bcompletely safe\b", r"(?!)"),
    "one in so many": (r"\b(?:1|one) in (?:\d|two|three|four|five|ten|hundred|a hundred)", r"PD-L1[^.]* tumor cells"),
    "a length of life": (
        r"\b(?:median|average|mean|overall) (?:overall )?survival\b|\b(?:you|people like you) (?:will|would|may|might) live\b"
        r"|\bmonths? to live\b|\blived (?:for )?(?:about |nearly |almost )?\d+(?:\.\d+)? (?:weeks|months|years)\b",
        r"(?!)",
    ),
    "a dose": (r"\b\d+(?:\.\d+)? ?(?:mg|mcg|micrograms?|milligrams?)(?:/(?:kg|m2|m²|day|d))?\b(?!/d)", r"\bsteroid|prednisone"),
    "an order": (
        r"\b(?:stop|start) taking\b|\byou (?:must|need to|should) (?:take|stop|start|have|get)\b",
        r"\bdo not stop taking\b|\byou may wonder if\b",
    ),
    "blame": (r"\byour fault\b|\bbecause you (?:smoke|drink|drank|smoked)\b|\bif only\b", r"\b(?:not|none)\b[^.]* your fault\b"),
    "a chat or a seal": (r"\bHIPAA\b|\bHON(?:code)?\b|\bchat ?bot\b", r"(?!)"),
    "death in hard words": (
        r"\bterminal(?:ly)? (?:ill|illness|cancer|stage|patients?)\b|\bvictims?\b|\bsufferers?\b|\bdeath sentence\b",
        r"(?!)",
    ),
    "other names for the person": (r"\bsubjects?\b|\bthe patient\b|\bnon-?compliant\b", r"(?!)"),
}


@pytest.mark.parametrize("name", list(NEVER))
def test_what_is_never_said(name: str) -> None:
    """No word that promises, ranks, frightens or blames in anything that a person may read."""
    never, meant = NEVER[name]
    said = []
    for where, field, text in WORDS:
        for sentence in sentences(text):
            if re.search(never, sentence, re.IGNORECASE) and not re.search(meant, sentence, re.IGNORECASE):
                said.append(f"{where} ({field}): {sentence}")
    assert said == []


def sentences(text: str) -> list[str]:
    """The sentences of a text, without citations, headings' marks and list marks."""
    plain = re.sub(r"\s*\[@[^\]]*\]", "", text)
    plain = re.sub(r"^\s*(?:#+|[-*]|\d+\.)\s+", "\n\n", plain, flags=re.MULTILINE)
    parts = re.split(r"(?<=[.!?:])[\"')]*\s+|\n\s*\n", plain)
    return [" ".join(part.split()) for part in parts if part.strip()]


def words_in(sentence: str) -> int:
    return len(re.findall(r"[^\s\-–/]*\w[^\s]*", sentence))


FIELDS = [
    "title",
    "summary",
    "say",
    "ask",
    "question",
    "label",
    "fact question",
    "why",
    "where",
    "says",
    "choice",
    "step",
    "claim",
    "population",
]


@pytest.mark.parametrize("field", FIELDS)
def test_sentences_are_short(field: str) -> None:
    """At most 30 words in any sentence, and 15 on average, for somebody who reads in fear and at night."""
    found = [(where, sentence) for where, one, text in WORDS if one == field for sentence in sentences(text)]
    assert found
    assert [f"{where}: {sentence}" for where, sentence in found if words_in(sentence) > 30] == []
    assert mean(words_in(sentence) for _, sentence in found) <= 15


@pytest.mark.parametrize("field", ["body", "page"])
def test_bodies_are_short_too(field: str) -> None:
    """Bodies and pages: at most 30 words a sentence, 15 on average."""
    found = [(where, sentence) for where, one, text in WORDS if one == field for sentence in sentences(text)]
    assert [f"{where}: {sentence}" for where, sentence in found if words_in(sentence) > 30] == []
    assert mean(words_in(sentence) for _, sentence in found) <= 15


@pytest.mark.parametrize("field", ["ask", "question", "fact question"])
def test_questions_are_questions(field: str) -> None:
    """What is to be asked is a question first; what to do about the answer may follow it."""
    assert [f"{where}: {text}" for where, one, text in WORDS if one == field and not re.match(r"[^?.]+(?:\.\d[^?.]*)*\?", text)] == []


@pytest.mark.parametrize("field", ["say", "summary", "claim", "population", "says", "why", "where"])
def test_statements_are_whole_sentences(field: str) -> None:
    """What is said begins with a capital, a digit or a quotation mark, and ends with a full stop."""
    wrong = [
        f"{where}: {text}" for where, one, text in WORDS if one == field and not re.fullmatch(r"[A-Z0-9'\"].*[.!?]['\"]?", text, re.DOTALL)
    ]
    assert wrong == []


def test_us_english_and_plain_signs() -> None:
    """American spelling throughout, no double blanks and no leftover marks of work in progress."""
    british = r"\b(?:tumour|oesophag|centre|colour|haem|anaem|diarrhoea|oedema|ageing|behaviour|litre|metre|organis|recognis|paediatr)\w*"
    wrong = [f"{where}: {text}" for where, _, text in WORDS if re.search(british + r"|TODO|FIXME|XXX|lorem", text, re.IGNORECASE)]
    assert wrong == []
