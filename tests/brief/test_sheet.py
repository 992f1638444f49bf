"""What stands on the sheet, and what never does: tables of situations, in the words that a person reads."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.brief.situations import CASES, DIARY, LONG_DIARY, LONG_QUESTIONS, QUESTIONS, everything, name_of
from tests.helpers import situation_of
from tests.unit.test_content import NEVER, sentences
from wayline.brief.parts import Listed, Pairs, Rows, Sheet, Words
from wayline.brief.plain_text import sheet_text
from wayline.brief.sheet import NO_COPY, PARTS, Choices, Line, Studies, cut, make_sheet, one_line
from wayline.brief.studies import StudyOnSheet
from wayline.diary.flags import flags_for
from wayline.facts.case import load_case
from wayline.facts.vocabulary import within_a_sentence
from wayline.library import Library, library
from wayline.options.matching import matches_for
from wayline.options.visit_questions import LONGEST_KEPT_CHARACTERS

LITTLE = {"person.age": 58, "metastases.liver": True, "symptom.dysphagia": 2}
FEW_SHOWN = Studies(
    tuple(StudyOnSheet(f"NCT0000000{number}", "A study of a drug", "About 12 miles away.", "Not known yet: HER2.") for number in range(3)),
    more=4,
    too_old=2,
    copied="Open by the copy of the public registry of Nov 18, 2026 (2 days old).",
    facts={"biomarker.her2": 31},
)


def made(content: Library, facts: dict[str, Any] | None = None, **more: Any) -> Sheet:
    return make_sheet(situation_of(LITTLE if facts is None else facts), content, **more)


@cache
def of_person(path: Path) -> Sheet:
    """A named person's sheet with everything on it but figures about outlook."""
    situation = load_case(path, library().vocabulary)
    return make_sheet(situation, library(), questions=QUESTIONS, diary=DIARY, trials=FEW_SHOWN)


def pairs(sheet: Sheet) -> dict[str, str]:
    """Every titled line of the sheet."""
    return {
        title: words for section in sheet.sections for block in section.blocks if isinstance(block, Pairs) for title, words in block.pairs
    }


def items(sheet: Sheet, section_id: str) -> list[str]:
    """The lines of a section's lists, each with its lead."""
    blocks = [block for section in sheet.sections if section.id == section_id for block in section.blocks]
    return [f"{item.lead} {item.text}".strip() for block in blocks if isinstance(block, Listed) for item in block.items]


def titles(sheet: Sheet, section_id: str) -> list[str]:
    """What stands above the lists of a section."""
    return [block.title for section in sheet.sections if section.id == section_id for block in section.blocks if isinstance(block, Listed)]


def words(sheet: Sheet, section_id: str) -> str:
    blocks = [block for section in sheet.sections if section.id == section_id for block in section.blocks]
    return " ".join(block.text for block in blocks if isinstance(block, Words))


def sections(sheet: Sheet) -> list[str]:
    return [section.id for section in sheet.sections]


def whole(sheet: Sheet) -> str:
    """All words of the sheet, in one line."""
    return " ".join(sheet_text(sheet).split())


# --- What is known, and what is not ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "title", "says"),
    [
        ({"metastases.liver": True, "metastases.lung": False}, "Where it has spread", "Yes: liver. Not known: bones, brain,"),
        ({"metastases.liver": True, "metastases.lung": False}, "Where it has spread", "Told as no: lungs."),
        ({}, "Where it has spread", "Not known: liver, lungs, bones, brain, lining of the belly"),
        ({"diagnosis.histology": "squamous", "diagnosis.stage": 4}, "The cancer", "stage: 4, with a or b not known. Not known: place."),
        ({"biomarker.her2_ihc": 2}, "Tumor tests", "HER2 stain (IHC): 2+. Not known: HER2, PD-L1 (CPS)"),
        ({"biomarker.her2_ihc": 3}, "Tumor tests", "HER2: positive; HER2 stain (IHC): 3+."),
        ({"biomarker.pdl1_cps": {"at_least": 1}}, "Tumor tests", "PD-L1 (CPS): 1 or more."),
        ({"liver.lesion_count": {"value": 3, "date": "2026-11-02"}}, "In the liver", "Number of tumors: 3 (Nov 2, 2026)."),
        ({"metastases.liver": False}, "In the liver", None),
        ({}, "How active I am (ECOG)", "Not known."),
        ({"function.ecog": {"one_of": [1, 2]}}, "How active I am (ECOG)", "1, no hard physical work, but walking and light work or 2,"),
        ({"nutrition.weight_kg": 82}, "Weight", "82 kg (181 lb). Not known: weight loss in 6 months."),
        ({"therapy.history": []}, "Treatment so far", "no cancer treatment so far"),
        ({"therapy.history": {"items": [], "complete": False}}, "Treatment so far", "the list of treatments may have gaps"),
        ({"condition.blood_thinner": True}, "Other illnesses", "Yes: blood thinner."),
        ({"symptom.pain": "none", "symptom.fever": "mild"}, "How I feel", "Fever: mild. Told as no: pain."),
        ({"esophagus.fistula": True}, "Swallowing", "Yes: hole to the airway."),
    ],
)
def test_a_row_of_what_is_known(content: Library, facts: dict[str, Any], title: str, says: str | None) -> None:
    """Told, told as no, and not known, each in its own sentence."""
    row = pairs(made(content, facts)).get(title)
    assert (row is None) if says is None else (row is not None and says.lower() in row.lower())


def test_unknown_is_never_printed_as_no(content: Library) -> None:
    """Of somebody of whom nearly nothing is told, nothing is told as no, and what matters most is said to be not known."""
    text = whole(made(content))
    assert "Told as no" not in text
    assert "told as no" not in text
    for fact in ("cell type", "HER2", "PD-L1 (CPS)", "lungs", "pain", "DPYD"):
        assert any(re.search(rf"Not known: .*{re.escape(fact)}", row) for row in pairs(made(content)).values()), fact


def test_treatments_of_the_past(content: Library) -> None:
    """The newest first, with dates, why each ended and what it did; what is not told is left out, not made up."""
    history = [
        {"drugs": ["cisplatin"], "intent": "definitive", "start": "2025-01", "end": "2025-03", "ended_because": "completed"},
        {"drugs": ["paclitaxel", "Zzz 7"], "intent": "palliative", "start": "2026-02-01", "best_response": "partial"},
    ]
    row = pairs(made(content, {"therapy.history": history}))["Treatment so far"]
    assert "Paclitaxel, Zzz 7 (for cancer that has spread), from Feb 1, 2026 on, on it the cancer shrank" in row
    assert "cisplatin (meant to cure), Jan 2025 to Mar 2025, completed" in row
    assert row.index("Paclitaxel") < row.index("cisplatin")


@pytest.mark.parametrize(
    ("lab", "result", "lab_range", "day"),
    [
        ({"labs.alt": {"value": 31, "date": "2026-11-16"}, "labs.alt_uln": 45}, "31 U/L", "up to 45 U/L", "Nov 16, 2026"),
        ({"labs.alt": {"value": 31, "date": "2026-11-16"}}, "31 U/L", "not told", "Nov 16, 2026"),
        ({"labs.alt": 31, "labs.alt_lln": 7, "labs.alt_uln": 45}, "31 U/L", "7 to 45 U/L", "day not told"),
        ({"labs.alt": {"times_uln": 2.1}}, "2.1 times the lab's upper limit", "not told", "day not told"),
        ({"labs.alt": {"value": 31, "date": "2026-08-01"}}, "31 U/L", "not told", "Aug 1, 2026, too old"),
    ],
)
def test_a_blood_test(content: Library, lab: dict[str, Any], result: str, lab_range: str, day: str) -> None:
    """With its unit, the range that its own lab prints, and its day. No usual range stands in for one that was not told."""
    (table,) = [block for section in made(content, lab).sections for block in section.blocks if isinstance(block, Rows)]
    assert table.rows == (("ALT", result, lab_range, day),)


def test_contradictions_and_old_values_are_shown_as_such(content: Library) -> None:
    """Both values of a contradiction; an old value with its day, and that it needs a newer one."""
    facts = {
        "liver.lesion_count": 5,
        "liver.lesions": [{"segment": 6, "diameter_cm": 2}],
        "labs.bilirubin": {"value": 0.7, "date": "2026-08-18"},
        "symptom.dysphagia": {"value": 1, "date": "2026-08-18"},
    }
    found = pairs(made(content, facts))
    assert "Number of tumors in the liver: told: 5; from other facts: 1" in found["Please check, these differ"]
    assert "please check" in found["In the liver"]
    assert found["Too old, needs a newer result"] == "Bilirubin (Aug 18, 2026)."
    assert "(of Aug 18, 2026: needs a newer result)" in found["Swallowing"]


def test_facts_without_a_place_are_counted(content: Library) -> None:
    """Nothing told is dropped in silence."""
    assert pairs(made(content, LITTLE | {"person.country": "US", "consent.contraception": True}))["Also told"] == "2 more answers."
    assert "Also told" not in pairs(made(content))


# --- What to ask, treatments, studies -------------------------------------------------------------------------------


def test_what_to_ask_first_says_how_much_it_would_settle_and_why(content: Library) -> None:
    """Treatments, and studies where there is a copy of the registry."""
    first = items(made(content, trials=FEW_SHOWN), "ask")
    assert re.match(r"How active I am \(ECOG\): \d+ treatments hang on this\.", first[0])
    assert any(re.match(r"HER2: \d+ treatments and 31 studies hang on this\. Drugs that aim at HER2", one) for one in first)
    assert not re.search(r"stud[^.]* hangs? on this", " ".join(items(made(content), "ask")))


def test_what_speaks_of_time_left_is_never_asked_or_printed(content: Library) -> None:
    """Not as a fact, not as a reason, not as something missing."""
    text = whole(made(content, LITTLE | {"condition.life_expectancy_months": {"below": 1}, "function.ecog": 4}))
    assert "xpectancy" not in text
    assert "month" not in text.replace("6 months", "")


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_every_fitting_treatment_stands_with_a_reason(content: Library, path: Path) -> None:
    """For each person: every option that fits is named, and those that depend are all counted."""
    sheet = of_person(path)
    matches = matches_for(load_case(path, content.vocabulary), content.catalog).matches
    listed = " ".join(items(sheet, "options")).lower()
    for match in matches:
        if match.verdict == "fits":
            assert match.option.title.lower() in listed
    depends = [match for match in matches if match.verdict == "depends"]
    named = [words for title, words in pairs(sheet).items() if title.startswith("Depends on")]
    counted = sum(int(number) for one in named for number in re.findall(r"and (\d+) more", one))
    counted += sum(int(number) for number in re.findall(r"(\d+) (?:more )?treatments? depend", words(sheet, "options")))
    shown = sum(match.option.title.lower() in " ".join(named).lower() for match in depends)
    assert counted + shown >= len(depends)
    assert "not advice, and in no order of worth" in words(sheet, "options") or not items(sheet, "options")


def test_studies_with_their_open_questions(content: Library) -> None:
    """How old the copy is, what is not printed, and what was too old to be believed."""
    sheet = made(content, trials=FEW_SHOWN)
    assert "2 days old" in words(sheet, "studies")
    assert "4 more studies may be asked about" in words(sheet, "studies")
    assert "2 records too old to say that the study is open" in words(sheet, "studies")
    assert items(sheet, "studies")[0] == "NCT00000000: A study of a drug. About 12 miles away. Not known yet: HER2."


@pytest.mark.parametrize(
    ("trials", "says"),
    [
        (None, NO_COPY),
        (Studies(note="Being read."), "Being read."),
        (Studies(copied="Copy of today."), "No study is known to be open"),
    ],
)
def test_without_studies_it_says_why(content: Library, trials: Studies | None, says: str) -> None:
    """An empty list is told as what it is."""
    sheet = made(content, trials=trials)
    assert says in words(sheet, "studies")
    assert items(sheet, "studies") == []


# --- What is the person's own ---------------------------------------------------------------------------------------


def test_goals_stand_in_the_persons_order(content: Library) -> None:
    """With how far they would go."""
    facts = {"wish.goals": ["swallow_better", "live_longer"], "wish.travel_miles": 150}
    said = pairs(made(content, facts))["What matters most to me"]
    assert said == "In my order, 1. to swallow better; 2. to live longer. I would travel 150 miles."
    assert "What matters most to me" not in pairs(made(content))


def test_five_questions_stand_first(content: Library) -> None:
    """The sixth follows at the end, under its own number."""
    sheet = made(content, questions=QUESTIONS)
    assert items(sheet, "mine") == list(QUESTIONS[:5])
    assert items(sheet, "more-questions") == [QUESTIONS[5]]
    assert sections(sheet).index("mine") < sections(sheet).index("known") < sections(sheet).index("more-questions")


def test_a_raised_flag_stands_first(content: Library) -> None:
    """In fixed words, the most urgent act first, before everything else; it cannot be left out."""
    facts = LITTLE | {"symptom.vomiting_blood": True, "nutrition.weight_loss_percent": 12}
    sheet = made(content, facts, questions=QUESTIONS, choices=Choices(leave_out=frozenset(PARTS)))
    assert sections(sheet) == ["signs"]
    assert titles(sheet, "signs")[0] == "Call 911 now:"
    assert titles(sheet, "signs")[-1] == "Tell your team at the next contact:"
    assert items(sheet, "signs")[0] == f"Throwing up blood. {content.flags['vomiting_blood'].say}"


def test_each_sign_has_a_line_of_its_own(content: Library) -> None:
    """With a bold title; of one act, bleeding, breathing and the chest come first, in the order of the plan."""
    told = dict.fromkeys(("fainting", "confusion", "chest_pain", "vomiting_blood", "coughing_blood", "sudden_leg_weakness"), True)
    facts = {f"symptom.{name}": _worst(content, f"symptom.{name}") for name in told}
    sheet = made(content, LITTLE | facts | {"symptom.breathlessness": "severe"})
    block = next(block for block in sheet.sections[0].blocks if isinstance(block, Listed))
    raised = {one.flag.id: one for one in flags_for(situation_of(LITTLE | facts | {"symptom.breathlessness": "severe"}), content.flags)}
    first = [flag_id for flag_id in content.sheet_plan.signs_first if flag_id in raised and raised[flag_id].act == "call_911"]
    assert len(first) >= 4
    assert [item.lead for item in block.items[: len(first)]] == [f"{content.flags[flag_id].title}." for flag_id in first]
    assert all(item.text for item in block.items)


def _worst(content: Library, fact_id: str) -> Any:
    definition = content.vocabulary[fact_id]
    return True if definition.kind == "yes_no" else definition.choice_value(definition.single_choices[-1])


@pytest.mark.parametrize("fact_id", sorted(library().sheet_plan.private))
@pytest.mark.parametrize("is_true", [True, False])
def test_what_is_private_is_printed_only_when_asked_for(content: Library, fact_id: str, is_true: bool) -> None:
    """Neither as a sign, nor in a row, nor counted; and nothing says that something was left out."""
    facts = LITTLE | {fact_id: is_true}
    label = content.vocabulary[fact_id].label.lower()
    without, never_told = made(content, facts), made(content)
    assert whole(without) == whole(never_told)
    text = whole(made(content, facts, choices=Choices(private=True))).lower()
    assert within_a_sentence(content.sheet_plan.heading(content.vocabulary[fact_id])).lower() in text
    assert ("988" in text) == is_true
    assert label not in whole(without).lower()


@pytest.mark.parametrize("outlook", [True, False])
@pytest.mark.parametrize("size", [14, 18])
@pytest.mark.parametrize("path", CASES[::4], ids=name_of)
def test_own_questions_stand_whole(content: Library, path: Path, size: int, outlook: bool) -> None:
    """Five of some thirty words each, also beside figures about groups and in large type: other things give way first."""
    asked = [f"{number}. {'Why is it so ' * 12}"[:160].rstrip() + "?" for number in range(5)]
    sheet = make_sheet(
        load_case(path, content.vocabulary), content, questions=asked, trials=FEW_SHOWN, choices=Choices(size=size, outlook=outlook)
    )
    assert [item for item in items(sheet, "mine") if item in asked] == asked


@pytest.mark.parametrize("path", CASES[::4], ids=name_of)
def test_the_longest_own_questions_stand_whole_where_nothing_presses(content: Library, path: Path) -> None:
    """As long as a question can be kept."""
    asked = [f"{number}. {'Why is it so ' * 30}"[: LONGEST_KEPT_CHARACTERS - 1].rstrip() + "?" for number in range(5)]
    sheet = make_sheet(load_case(path, content.vocabulary), content, questions=asked, diary=DIARY, trials=FEW_SHOWN)
    assert [item for item in items(sheet, "mine") if item in asked] == asked


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_a_sheet_is_in_words(path: Path) -> None:
    """No bare mark such as "+3", no "would settle", and the person speaks."""
    text = whole(of_person(path))
    assert not re.search(r"\+\d+ (?:more|reason|told|answer|that|to bear)|\+\d+\.", text)
    assert "would settle" not in text
    assert "How active you are" not in text


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_that_is_left_out_is_named(content: Library, part: str) -> None:
    """What the person leaves out is gone, and the sheet says so."""
    facts = LITTLE | {"wish.goals": ["feel_better"], "symptom.pain": "mild", "labs.albumin": 3.9}
    full = made(content, facts, questions=QUESTIONS, diary=DIARY)
    less = made(content, facts, questions=QUESTIONS, diary=DIARY, choices=Choices(leave_out=frozenset({part})))
    assert less.foot[-1] == f"Left out by my choice: {PARTS[part]}."
    assert whole(less) != whole(full)
    traces = {"goals": "To feel better", "questions": QUESTIONS[0], "known": "soft food", "feelings": "Pain: mild", "tests": "3.9 g/dL"}
    traces |= {"ask": "hang on this", "options": "Palliative care", "studies": "registry of studies", "trend": "83.2 kg"}
    assert traces[part] in whole(full)
    assert traces[part] not in whole(less)


def test_the_line(content: Library) -> None:
    """Its number and hours, where there is a line."""
    assert made(content, line=Line("1-800-555-0100", "9 to 5 ET")).line == "Survivor line: 1-800-555-0100, 9 to 5 ET"
    assert made(content, line=Line("")).line == ""


# --- Figures about outlook ------------------------------------------------------------------------------------------


def outlook_phrases(content: Library) -> list[str]:
    """Everything by which a figure of the outlook could be told."""
    found = []
    for group in content.outlook.groups:
        found += [group.title, f"{group.alive_of_100} of 100", f"{100 - group.alive_of_100} had died"]
        found += [f"{group.compared.alive_of_100} of 100"] if group.compared else []
        found += ["{} to {} months".format(*group.half_lived_months)] if group.half_lived_months else []
    return found


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_no_outlook_figure_unless_ticked(content: Library, path: Path) -> None:
    """Not one of the published figures, nor anything of the kind."""
    text = whole(of_person(path))
    for phrase in outlook_phrases(content):
        assert phrase not in text
    assert not re.search(r"of 100\b|alive|had died|half lived|survival|prognosis", text, re.IGNORECASE)


@pytest.mark.parametrize("size", [14, 18])
def test_ticked_figures_are_those_of_groups(content: Library, size: int) -> None:
    """Each with its group, its years, its range and what came later; those without room are counted."""
    sheet = made(content, choices=Choices(outlook=True, size=size))
    listed = items(sheet, "outlook")
    assert len(listed) >= 2
    for group, line in zip(content.outlook.groups, listed, strict=False):
        assert line.startswith(f"{group.title} ({group.years}): After {group.after}, {group.alive_of_100} of 100 were alive")
        assert group.half_lived_months is None or "{} to {} months".format(*group.half_lived_months) in line
        assert group.since_then is None or group.since_then in line
    hidden = len(content.outlook.groups) - len(listed)
    assert (f"{hidden} more group" in words(sheet, "outlook")) == (hidden > 0)
    assert "about groups of people in the past, not about me" in words(sheet, "outlook")


# --- Never said, never overflowing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*CASES, None], ids=lambda path: name_of(path) if path else "with figures")
def test_no_forbidden_words(content: Library, path: Path | None) -> None:
    """What must never be said on the site is not said on paper either."""
    said = sentences(whole(of_person(path) if path else made(content, choices=Choices(outlook=True))))
    for never, meant in NEVER.values():
        for sentence in said:
            assert not re.search(never, sentence, re.IGNORECASE) or re.search(meant, sentence, re.IGNORECASE), sentence


@pytest.mark.parametrize("is_bad", [True, False])
@pytest.mark.parametrize("size", [14, 18])
def test_what_has_no_room_is_counted(content: Library, is_bad: bool, size: int) -> None:
    """With everything told and everything asked, each list that is cut says how many more there are."""
    sheet = make_sheet(
        everything(is_bad=is_bad), content, questions=LONG_QUESTIONS, diary=LONG_DIARY, trials=FEW_SHOWN, choices=Choices(size=size)
    )
    shown = len(items(sheet, "mine")) + len(items(sheet, "more-questions"))
    assert f"{40 - shown} more questions in my own list" in words(sheet, "mine")
    assert "A question that ends with … is longer in my own list." in words(sheet, "mine")
    if is_bad:
        signs = items(sheet, "signs")
        raised = len(content.flags)
        counted = sum(int(number) for line in signs for number in re.findall(r"and (\d+) more signs", line))
        named = sum(flag.title in " ".join(signs) for flag in content.flags.values())
        assert counted + named <= raised
        assert named >= 4
        assert counted > 0


def test_only_two_sizes(content: Library) -> None:
    with pytest.raises(ValueError, match="14 or 18"):
        made(content, choices=Choices(size=16))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\tc", "a b c"),
        ("  a   b ", "a b"),
        ("a\u202eb\u2066c\u200fd", "a b c d"),
        ("a\x00b", "a b"),
        ("Żółć ąę", "Żółć ąę"),
        ("", ""),
    ],
)
def test_own_words_in_one_line(text: str, line: str) -> None:
    """Without breaks, control signs and signs that turn the reading direction; letters stay."""
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two …"),
        ("x" * 20, 10, "x" * 8 + " …"),
    ],
)
def test_a_cut_is_marked(text: str, most: int, short: str) -> None:
    assert cut(text, most) == short
    assert len(short) <= max(most, len(text))


def test_every_fact_that_may_be_told_has_a_place_or_is_counted(content: Library) -> None:
    """The plan names only facts of the vocabulary, each once, and leaves out only what is counted or never printed."""
    plan = content.sheet_plan
    listed = [fact for row in plan.rows for fact in row.facts]
    assert len(listed) == len(set(listed))
    assert not plan.never & plan.facts
    for fact_id, definition in content.vocabulary.items():
        if definition.group in ("symptom", "condition", "biomarker", "metastases") and fact_id != "metastases.outside_liver":
            assert fact_id in plan.facts | plan.never, fact_id
