"""The sheet for a visit: what is known, what is not, what to ask. One page, at most two, in 14 or 18 points.

Composed as plain words in sections, so that every form (PDF, page, text) says the same in the same order. What has no room is never dropped
in silence: it is counted, and the sheet says where it stands. Nothing here knows a clock, a network or a file format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wayline.brief.fitting import fits_two_pages, fullest, lines_of, may_fit
from wayline.brief.known import (
    NOT_TOLD,
    BloodTest,
    Row,
    Trouble,
    also_known,
    blood_tests_of,
    rows_of,
    short_day,
    trouble_of,
)
from wayline.brief.parts import Block, Item, Listed, Pairs, Rows, Section, Sheet, Sparks, Words
from wayline.brief.studies import MOST_STUDIES, Studies, StudyOnSheet
from wayline.brief.trends import Trend, trends_of
from wayline.diary.flags import ACTS, URGENCY, Flag, RaisedFlag, flags_for
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange
from wayline.facts.vocabulary import within_a_sentence
from wayline.guide.outlook import Group
from wayline.guide.sheet_plan import SheetPlan
from wayline.library import Library
from wayline.logic.evaluation import Reason
from wayline.logic.wording import value_in_words
from wayline.options.catalog import DEPENDS, FITS
from wayline.options.matching import ALWAYS_KNOWN, OptionMatch, matches_for
from wayline.options.visit_questions import LONGEST_KEPT_CHARACTERS
from wayline.report import FactToAsk, facts_to_ask

SIZES = (14, 18)
FIRST_QUESTIONS = 5
_STEPS_LOOKED_BACK = 7
NO_COPY = "There is no copy of the registry of studies here. Ask the team which studies are open."
# The parts that a person may leave out. Signs that need a call are always printed.
PARTS = {
    "goals": "What matters most to me",
    "questions": "My questions",
    "known": "What is known",
    "feelings": "How I feel, and other illnesses",
    "tests": "Blood tests",
    "ask": "What is not known, and what to ask first",
    "options": "Treatments worth asking about",
    "studies": "Studies",
    "trend": "Swallowing and weight over time",
}
FEELINGS = frozenset({"Other illnesses", "How I feel"})
_LONGEST_LINE_NUMBER = 56
_FEW_SIGNS = 4


@dataclass(frozen=True)
class Line:
    """The survivor line: its number, and its hours in words ("" where they are not told)."""

    number: str
    hours: str = ""


@dataclass(frozen=True)
class Choices:
    """What the person chose for this sheet. `outlook` and `private` are asked anew for every sheet and never kept."""

    leave_out: frozenset[str] = frozenset()
    outlook: bool = False
    private: bool = False
    size: int = SIZES[0]


@dataclass(frozen=True)
class _Material:
    """All that could be printed, before anything is left out for want of room."""

    situation: Situation
    content: Library
    plan: SheetPlan
    flags: tuple[RaisedFlag, ...]
    matches: tuple[OptionMatch, ...]
    asking: tuple[FactToAsk, ...]
    rows: tuple[Row, ...]
    tests: tuple[BloodTest, ...]
    trouble: Trouble
    studies: Studies | None
    questions: tuple[str, ...]
    trends: tuple[Trend, ...]
    line: Line | None
    choices: Choices


@dataclass(frozen=True)
class _Room:
    """How much of each part is printed. The fields stand in no order; `_LESS` says what gives way first."""

    more_questions: int = 15
    noes: int = 12
    kept_noes: int = 12
    depends: int = 12
    depends_named: int = 8
    reasons: int = 3
    cautions: int = 2
    fits: int = 12
    ask: int = 8
    ask_whys: int = 8
    tests_table: bool = True
    tests: int = 12
    studies: int = MOST_STUDIES
    study_letters: int = 110
    study_questions: bool = True
    trend_days: int = 6
    told: int = 14
    yes: int = 20
    missing: int = 12
    flag_says: int = 12
    flag_titles: int = 20
    rows: int = 12
    also_fitting: int = 20
    stale: int = 10
    conflicts: int = 6
    first_questions: int = FIRST_QUESTIONS
    question_letters: int = LONGEST_KEPT_CHARACTERS
    groups: int = 8
    trend_lines: int = 2  # 2: drawn, with words; 1: words; 0: only how many days


# What gives way when the page is full, step by step: first what says least, last what may not be missing. The person's own words are
# cut only when nothing else is left that could give way, but for the titles of signs that need a call.
_LESS: tuple[tuple[str, int], ...] = (
    ("noes", 8), ("depends", 8), ("depends_named", 6), ("tests_table", 0), ("ask_whys", 5), ("trend_days", 4), ("reasons", 2),
    ("noes", 5), ("tests", 10), ("ask", 6), ("fits", 9), ("depends", 5), ("cautions", 1), ("ask_whys", 3), ("noes", 3), ("reasons", 1),
    ("depends_named", 3), ("told", 10), ("fits", 7), ("stale", 6), ("depends", 3), ("study_letters", 80), ("noes", 1), ("ask", 5),
    ("trend_days", 3), ("tests", 8), ("studies", 4), ("noes", 0), ("depends_named", 2), ("ask_whys", 2), ("cautions", 0), ("studies", 3),
    ("flag_says", 8), ("flag_says", 4), ("depends", 1), ("fits", 6), ("missing", 8), ("ask_whys", 1), ("tests", 6), ("told", 7),
    ("groups", 6), ("study_letters", 60), ("depends", 0), ("kept_noes", 5), ("trend_days", 2), ("ask", 4), ("studies", 2), ("ask_whys", 0),
    ("flag_says", 2), ("stale", 3), ("conflicts", 4), ("missing", 5), ("yes", 12), ("ask", 3), ("kept_noes", 0), ("more_questions", 10),
    ("fits", 5), ("groups", 4), ("tests", 5), ("told", 5), ("flag_says", 1), ("study_questions", 0), ("more_questions", 6), ("fits", 4),
    ("studies", 1), ("conflicts", 2), ("told", 4), ("missing", 4), ("yes", 8), ("trend_lines", 1), ("tests", 4), ("flag_says", 0),
    ("ask", 2), ("more_questions", 3), ("fits", 3), ("groups", 3), ("stale", 1), ("studies", 0), ("told", 3), ("missing", 3),
    ("tests", 3), ("conflicts", 1), ("reasons", 0), ("more_questions", 0), ("yes", 5), ("fits", 2), ("fits", 1), ("told", 2),
    ("tests", 1), ("groups", 2), ("ask", 1), ("missing", 2), ("told", 1), ("yes", 3), ("trend_lines", 0), ("groups", 1), ("yes", 2),
    ("missing", 1), ("tests", 0), ("yes", 1), ("rows", 8), ("also_fitting", 6), ("rows", 5), ("also_fitting", 3), ("rows", 3),
    ("rows", 2), ("groups", 0), ("question_letters", 240), ("question_letters", 160), ("flag_titles", 12), ("question_letters", 110),
    ("flag_titles", 8), ("question_letters", 80), ("first_questions", 4), ("flag_titles", 6), ("first_questions", 3),
    ("question_letters", 60), ("flag_titles", 4), ("question_letters", 40), ("first_questions", 2), ("flag_titles", 3),
    ("flag_titles", 2), ("flag_titles", 1),
)  # fmt: skip


def make_sheet(
    situation: Situation,
    content: Library,
    *,
    trials: Studies | None = None,
    questions: Sequence[str] = (),
    diary: Sequence[Mapping[str, Any]] = (),
    line: Line | None = None,
    choices: Choices = Choices(),
    flags: Sequence[RaisedFlag] | None = None,
    fits: Callable[[Sheet], bool] = fits_two_pages,
) -> Sheet:
    """The sheet for one person as of the situation's day.

    `questions` are the person's own choice in their order: the first five stand first. `diary` holds entries such as
    `{"date": "2026-11-30", "facts": {"symptom.dysphagia": 2}}`. `flags` are the raised ones, the most urgent first; without them
    those that the situation raises. `fits` says whether a sheet fits on two pages of US Letter; the fullest one
    that does is taken. What is private (`content/sheet.yaml`) stands on it only where the choices say so. Choices of a size that is not 14
    or 18 raise ValueError.
    """
    if choices.size not in SIZES:
        raise ValueError("a sheet is printed in 14 or 18 points")
    material = _material(situation, content, trials, questions, diary, line, choices, flags)
    rooms = [_Room()]
    for name, value in _LESS:
        less: dict[str, Any] = {name: bool(value) if isinstance(getattr(rooms[-1], name), bool) else value}
        rooms.append(replace(rooms[-1], **less))
    sheets: dict[int, Sheet] = {}

    def at(place: int) -> Sheet:
        if place not in sheets:
            sheets[place] = _composed(material, rooms[place])
        return sheets[place]

    guess = fits_two_pages if fits is fits_two_pages else may_fit
    place = fullest(len(rooms), lambda place: guess(at(place)), len(rooms) // 2)
    if fits is not fits_two_pages:
        place = fullest(len(rooms), lambda place: fits(at(place)), place)
    return _with_room_given_back(material, rooms, place, at, fits)


def _with_room_given_back(
    material: _Material, rooms: Sequence[_Room], place: int, at: Callable[[int], Sheet], fits: Callable[[Sheet], bool]
) -> Sheet:
    """A step may free more than was needed: of the last steps before the one that did it, those are taken back that still fit."""
    best, room = at(place), rooms[place]
    if place == 0:
        return best
    too_many = lines_of(at(place - 1))
    for step in range(place - 2, max(place - _STEPS_LOOKED_BACK, -1), -1):
        name = _LESS[step][0]
        given = replace(room, **{name: getattr(rooms[step], name)})
        tried = _composed(material, given)
        if lines_of(tried) < too_many and fits(tried):
            best, room = tried, given
    return best


def _material(
    situation: Situation,
    content: Library,
    trials: Studies | None,
    questions: Sequence[str],
    diary: Sequence[Mapping[str, Any]],
    line: Line | None,
    choices: Choices,
    flags: Sequence[RaisedFlag] | None,
) -> _Material:
    plan = content.sheet_plan
    flags = flags_for(situation, content.flags) if flags is None else flags
    if not choices.private:
        situation = without_private(situation, plan)
        flags = [one for one in flags if not one.flag.raised.rests_on & plan.private]
    matched = matches_for(situation, content.catalog)
    asking = facts_to_ask(matched, None if trials is None else trials.facts)
    return _Material(
        situation,
        content,
        plan,
        tuple(sorted(flags, key=lambda one: (URGENCY[one.act], _place_of(one.flag, plan)))),
        matched.matches,
        tuple(one for one in asking if one.fact not in plan.never),
        rows_of(situation, plan),
        blood_tests_of(situation, plan),
        trouble_of(situation, plan),
        trials,
        tuple(text for text in (one_line(question) for question in questions) if text),
        trends_of(situation, diary, plan),
        line,
        choices,
    )


def without_private(situation: Situation, plan: SheetPlan) -> Situation:
    """The same person without what is printed and shared only when they ask for it."""
    told = {fact_id: told for fact_id, told in situation.told.items() if fact_id not in plan.private}
    return Situation(situation.vocabulary, situation.as_of, told)


def _place_of(flag: Flag, plan: SheetPlan) -> int:
    return plan.signs_first.index(flag.id) if flag.id in plan.signs_first else len(plan.signs_first)


def one_line(text: str) -> str:
    """A person's own text in one line: without line breaks, control characters, and marks that turn the direction of reading."""
    kept = "".join(" " if letter.isspace() or not letter.isprintable() else letter for letter in text)
    return " ".join(kept.split())


def cut(text: str, most: int) -> str:
    """A text with at most so many letters, cut between words, with a mark that it was cut."""
    if len(text) <= most:
        return text
    beginning = text[: most - 2]
    spaced = beginning.rsplit(" ", 1)[0] if " " in beginning[most // 2 :] else beginning
    return f"{spaced.rstrip(' ,;:.(')} …"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 study`, `3 studies`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _composed(material: _Material, room: _Room) -> Sheet:
    left_out = material.choices.leave_out
    sections = [
        _signs(material, room),
        _mine(material, room),
        _known(material, room),
        None if "ask" in left_out else _ask(material, room),
        None if "options" in left_out else _options(material, room),
        None if "studies" in left_out else _studies(material, room),
        None if "trend" in left_out else _trends(material, room),
        None if "questions" in left_out else _more_questions(material, room),
        _outlook(material, room) if material.choices.outlook else None,
    ]
    as_of = material.situation.as_of
    return Sheet(
        title="For my visit",
        day=as_of,
        day_in_words=short_day(DateRange.exactly(as_of)),
        person=_person(material.situation),
        size=material.choices.size,
        sections=tuple(section for section in sections if section is not None),
        line=_line(material.line),
        foot=_foot(material),
    )


def _person(situation: Situation) -> str:
    """`61, male`, as far as that is told. No name is asked for."""
    parts = []
    for fact_id in ("person.age", "person.sex"):
        shown = situation.finding(fact_id).shown
        if shown is not None:
            parts.append(value_in_words(situation.vocabulary[fact_id], shown).removesuffix(" years"))
    return ", ".join(parts)


def _line(line: Line | None) -> str:
    if line is None or not line.number:
        return ""
    hours = f", {line.hours}" if line.hours else ""
    return cut(one_line(f"Survivor line: {line.number}{hours}"), _LONGEST_LINE_NUMBER)


def _foot(material: _Material) -> tuple[str, ...]:
    left_out = [title for part, title in PARTS.items() if part in material.choices.leave_out]
    words = [
        "Made with Wayline from what I told. It informs and gives no advice. No list is in order of worth. No clinician has checked it. "
        "Where it says how many more there are, they stand in my full list."
    ]
    words += [f"Left out by my choice: {'; '.join(left_out)}."] if left_out else []
    return tuple(words)


def _noes(row: Row, room: _Room) -> int:
    return room.kept_noes if row.keeps_noes else room.noes


def _more(number: int, words: str = "more") -> str:
    """What has no room: `, and 3 more`. The foot of the sheet says where it stands."""
    return f", and {number} {words}" if number > 0 else ""


def _signs(material: _Material, room: _Room) -> Section | None:
    """Every raised flag under its act, in a line of its own.

    Where there is little room, the last stand by their titles alone, many of them together in one line; of very many under one act the
    last are counted.
    """
    says = room.flag_says
    listed = []
    for act, words in ACTS.items():
        raised = [one.flag for one in material.flags if one.act == act]
        items = [Item(flag.say, f"{_titled(flag)}.") for flag in raised[:says]]
        bare = raised[len(items) :]
        says -= len(items)
        named = bare[: max(1, room.flag_titles - len(items))]
        if len(bare) == len(named) <= _FEW_SIGNS:
            items += [Item("", f"{_titled(flag)}.") for flag in named]
        elif bare:
            titles = "; ".join(map(_titled, named))
            items.append(Item("", f"{titles}{_more(len(bare) - len(named), 'more signs')}."))
        listed += [Listed(tuple(items), title=f"{words}:")] if items else []
    return Section("signs", "First: signs that need a call or a word", tuple(listed)) if listed else None


def _titled(flag: Flag) -> str:
    return f"{flag.title} (call or text {flag.also_call} too)" if flag.also_call else flag.title


def _mine(material: _Material, room: _Room) -> Section | None:
    """The person's goals in their order, and their first questions."""
    left_out = material.choices.leave_out
    blocks: list[Block] = [] if "goals" in left_out else _goals(material)
    blocks += [] if "questions" in left_out else _questions(material, room)
    return Section("mine", "What matters to me, and my questions", tuple(blocks), ("wish.goals", "wish.travel_miles")) if blocks else None


def _goals(material: _Material) -> list[Block]:
    situation = material.situation
    definition = situation.vocabulary["wish.goals"]
    goals: Any = situation.finding("wish.goals").shown
    parts = []
    if goals is not None and goals.items:
        words = [definition.choices[goal].words for goal in goals.items]
        parts.append(f"in my order, {'; '.join(f'{place}. {one}' for place, one in enumerate(words, 1))}" if len(words) > 1 else words[0])
    miles = situation.finding("wish.travel_miles").shown
    if miles is not None:
        parts.append(f"I would travel {value_in_words(situation.vocabulary['wish.travel_miles'], miles)}")
    return [Pairs((("What matters most to me", f"{_sentence('. '.join(map(_sentence, parts)))}."),))] if parts else []


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _questions(material: _Material, room: _Room) -> list[Block]:
    asked = material.questions
    if not asked:
        return []
    shown = asked[: room.first_questions]
    blocks: list[Block] = [Listed(tuple(Item(cut(question, room.question_letters)) for question in shown), is_ordered=True)]
    notes = []
    if any(len(question) > room.question_letters for question in asked[: len(shown) + _more_shown(material, room)]):
        notes.append("A question that ends with … is longer in my own list.")
    more = len(asked) - len(shown) - _more_shown(material, room)
    notes += [f"{_counted_more(more, 'question')} in my own list."] if more > 0 else []
    return [*blocks, Words(" ".join(notes))] if notes else blocks


def _more_shown(material: _Material, room: _Room) -> int:
    return max(0, min(room.more_questions, len(material.questions) - room.first_questions))


def _more_questions(material: _Material, room: _Room) -> Section | None:
    shown = material.questions[room.first_questions :][: room.more_questions]
    if not shown:
        return None
    items = tuple(Item(cut(question, room.question_letters)) for question in shown)
    return Section("more-questions", "More questions", (Listed(items, is_ordered=True, first=room.first_questions + 1),))


def _known(material: _Material, room: _Room) -> Section | None:
    """What is told, what contradicts itself, what is too old, and the blood tests."""
    left_out = material.choices.leave_out
    rows = [row for row in material.rows if ("feelings" if row.title in FEELINGS else "known") not in left_out]
    pairs = [(row.title, text) for row in rows if (text := _row_text(row, room))]
    if len(pairs) > room.rows:
        pairs = [*pairs[: room.rows], ("Also told of", f"{', '.join(within_a_sentence(title) for title, _ in pairs[room.rows :])}.")]
    table: list[Block] = []
    if "tests" not in left_out and material.tests:
        if room.tests_table:
            shown = tuple((one.title, one.result, one.range, one.day) for one in material.tests[: room.tests])
            more = len(material.tests) - len(shown)
            table = [Rows(("Blood test", "Result", "Lab’s own range", "Day"), shown)]
            table += [Words(f"And {_counted_more(more, 'result')}.")] if more else []
        else:
            pairs.append(("Blood tests", _tests_text(material.tests, room)))
    if "known" not in left_out:
        pairs += _check(material.trouble, room)
        others = also_known(material.situation, material.plan)
        words = [_counted_more(others, "answer")] if others else []
        noes = sum(len(row.noes) for row in rows if not _noes(row, room))
        words += [f"{_counted_more(noes, 'thing')} told as no"] if noes else []
        pairs += [("Also told", f"{', and '.join(words)}.")] if words else []
    if not pairs and not table:
        return None
    facts = tuple(fact for fact in material.situation.told if fact in material.plan.facts)
    return Section("known", "What I know so far", (*([Pairs(tuple(pairs))] if pairs else []), *table), facts)


def _row_text(row: Row, room: _Room) -> str:
    """What is told, then what is not known, then what is told as no: three sentences that cannot be taken for each other."""
    parts = []
    if row.told:
        parts.append(f"{'; '.join(row.told[: room.told])}{_more(len(row.told) - room.told)}.")
    if row.yes:
        parts.append(f"Yes: {', '.join(row.yes[: room.yes])}{_more(len(row.yes) - room.yes)}.")
    if row.missing:
        named = ", ".join(row.missing[: room.missing])
        parts.append(f"Not known: {named}{_more(len(row.missing) - room.missing)}." if named else "Not known.")
    noes = _noes(row, room)
    if row.noes and noes:
        parts.append(f"Told as no: {', '.join(row.noes[:noes])}{_more(len(row.noes) - noes)}.")
    return " ".join(map(_sentence, parts))


def _tests_text(tests: Sequence[BloodTest], room: _Room) -> str:
    shown = tests[: room.tests]
    days: dict[str, list[str]] = {}
    for one in shown:
        ranged = "" if one.range == NOT_TOLD else f" (lab’s own range {one.range})"
        days.setdefault(one.day, []).append(f"{one.title} {one.result}{ranged}")
    parts = [f"{_sentence(day)}: {'; '.join(results)}." for day, results in days.items()]
    more = len(tests) - len(shown)
    parts += [f"And {_counted_more(more, 'result')}." if shown else f"{counted(more, 'result')} in my full list."] if more else []
    if shown and all(one.range == NOT_TOLD for one in shown):
        parts.append("The lab’s own ranges were not told.")
    elif any(one.range == NOT_TOLD for one in shown):
        parts.append("Where no range stands, the lab’s own was not told.")
    return " ".join(parts)


def _check(trouble: Trouble, room: _Room) -> list[tuple[str, str]]:
    pairs = []
    if trouble.conflicts:
        more = _more(len(trouble.conflicts) - room.conflicts, "more that differ")
        pairs.append(("Please check, these differ", f"{'. '.join(trouble.conflicts[: room.conflicts])}{more}."))
    if trouble.stale:
        more = _more(len(trouble.stale) - room.stale)
        pairs.append(("Too old, needs a newer result", f"{_sentence('; '.join(trouble.stale[: room.stale]))}{more}."))
    return pairs


def _ask(material: _Material, room: _Room) -> Section:
    """Missing facts by how much each alone would settle, and why each matters."""
    asking, vocabulary = material.asking, material.content.vocabulary
    heading = "Not known yet: what to ask first"
    if not asking:
        return Section("ask", heading, (Words("No single missing fact would settle another treatment."),))
    items = []
    for place, one in enumerate(asking[: room.ask]):
        definition = vocabulary[one.fact]
        finding = material.situation.finding(one.fact)
        state = f" ({finding.why})" if finding.why and finding.shown is not None else ""
        why = f" {definition.why}" if place < room.ask_whys else ""
        items.append(Item(f"{_settled(one)} on this.{why}", f"{material.plan.heading(definition)}{state}:"))
    more = len(asking) - len(items)
    blocks: list[Block] = [Listed(tuple(items), is_ordered=True)]
    blocks += [Words(f"Something hangs on {_counted_more(more, 'thing')} that {'is' if more == 1 else 'are'} not known.")] if more else []
    return Section("ask", heading, tuple(blocks))


def _settled(one: FactToAsk) -> str:
    parts = [counted(one.options, "treatment")] if one.options else []
    parts += [counted(one.trials, "study", "studies")] if one.trials else []
    return f"{' and '.join(parts)} {'hangs' if one.options + (one.trials or 0) == 1 else 'hang'}"


def _counted_more(number: int, one: str, many: str | None = None) -> str:
    """`1 more question`, `3 more questions`."""
    return counted(number, f"more {one}", None if many is None else f"more {many}")


def _options(material: _Material, room: _Room) -> Section:
    """What fits, each with its reason; then what depends on one missing thing; then how many depend on more."""
    fitting = [match for match in material.matches if match.verdict == FITS]
    special = [match for match in fitting if [one.fact for one in match.because] != [ALWAYS_KNOWN]]
    uses = Counter(one.fact for match in special for one in match.because)
    items = [_fitting(match, uses, room, material) for match in special[: room.fits]]
    if len(special) > room.fits:
        names = [within_a_sentence(match.option.title) for match in special[room.fits :]]
        listed = f"{', '.join(names[: room.also_fitting])}{_more(len(names) - room.also_fitting)}"
        items.append(Item(f"{listed}. For reasons, see my full list.", "Also fitting:"))
    for_everybody = [match.option.title for match in fitting if match not in special]
    items += [Item(f"{'; '.join(for_everybody)}.", "For everybody with this cancer, at any time:")] if for_everybody else []
    opening = "To talk about; not advice, and in no order of worth."
    if not items:
        opening = "Nothing fits by what is known so far. Most depends on something that is not known."
    blocks: list[Block] = [Words(opening), *([Listed(tuple(items))] if items else []), *_depending(material, room)]
    return Section("options", PARTS["options"], tuple(blocks))


def _fitting(match: OptionMatch, uses: Mapping[str, int], room: _Room, material: _Material) -> Item:
    # The reasons that fewest treatments share say most about this one, so they stand where there is room for few.
    reasons = [one for one in match.because if one.fact not in material.plan.never]
    chosen = sorted(reasons, key=lambda one: uses[one.fact])[: room.reasons]
    parts = [" ".join(_as_i_say(one, material) for one in reasons if one in chosen)]
    hidden = len(reasons) - len(chosen)
    if hidden and chosen:
        parts.append(f"And {_counted_more(hidden, 'reason')}.")
    elif hidden:
        parts.append(f"{counted(hidden, 'reason')} in my full list.")
    cautions = [one.say for one in match.cautions]
    parts += [f"Bear in mind: {' '.join(cautions[: room.cautions])}"] if cautions and room.cautions else []
    hidden = len(cautions) - room.cautions
    parts += [f"{_counted_more(hidden, 'thing') if room.cautions else counted(hidden, 'thing')} to bear in mind."] if hidden > 0 else []
    return Item(" ".join(part for part in parts if part), f"{match.option.title}:")


def _as_i_say(reason: Reason, material: _Material) -> str:
    """A reason in the sheet's own words for its fact."""
    definition = material.content.vocabulary.get(reason.fact)
    return reason.text if definition is None else reason.text.replace(definition.label, material.plan.heading(definition))


def _depending(material: _Material, room: _Room) -> list[Block]:
    depending = [match for match in material.matches if match.verdict == DEPENDS]
    by_fact: dict[str, list[str]] = {}
    for match in depending:
        if len(match.missing) == 1 and match.missing[0].fact not in material.plan.never:
            by_fact.setdefault(match.missing[0].fact, []).append(within_a_sentence(match.option.title))
    ranked = sorted(by_fact, key=lambda fact: -len(by_fact[fact]))[: room.depends]
    pairs = []
    for fact in ranked:
        names = by_fact[fact]
        title = f"Depends on {within_a_sentence(material.plan.heading(material.content.vocabulary[fact]))}"
        pairs.append((title, f"{', '.join(names[: room.depends_named])}{_more(len(names) - room.depends_named)}."))
    rest = len(depending) - sum(len(by_fact[fact]) for fact in ranked)
    blocks: list[Block] = [Pairs(tuple(pairs))] if pairs else []
    if rest:
        words = _counted_more(rest, "treatment") if pairs else counted(rest, "treatment")
        hang, stand = ("depends", "It stands") if rest == 1 else ("depend", "They stand")
        blocks.append(Words(f"{words} {hang} on {'other things' if pairs else 'things that are not known'}. {stand} in my full list."))
    return blocks


def _studies(material: _Material, room: _Room) -> Section:
    studies = material.studies
    if studies is None or studies.note:
        note = NO_COPY if studies is None else studies.note
        return Section("studies", "Studies to ask about", (Words(note),))
    shown = studies.shown[: room.studies]
    more = len(studies.shown) - len(shown) + studies.more
    words = [studies.copied, "One may have closed since: call first."]
    words += [] if shown or more else ["No study is known to be open that no rule stands against."]
    words += [f"{(_counted_more if shown else counted)(more, 'study', 'studies')} may be asked about."] if more else []
    words += [f"Left out: {counted(studies.too_old, 'record')} too old to say that the study is open."] if studies.too_old else []
    items = tuple(_study(one, room) for one in shown)
    return Section("studies", "Studies to ask about", (Words(" ".join(words)), *([Listed(items)] if items else [])))


def _study(study: StudyOnSheet, room: _Room) -> Item:
    title = cut(study.title, room.study_letters)
    parts = [title if title.endswith(("…", ".", "?")) else f"{title}.", study.note, study.open_questions if room.study_questions else ""]
    return Item(" ".join(part for part in parts if part), f"{study.nct_id}:")


def _trends(material: _Material, room: _Room) -> Section | None:
    if not material.trends:
        return None
    if room.trend_lines == 1:
        return Section(
            "trend", PARTS["trend"], tuple(Words(trend.words(room.trend_days)) for trend in material.trends), material.plan.trends
        )
    if not room.trend_lines:
        days = " ".join(f"{trend.title}: {len(trend.points)} days." for trend in material.trends)
        return Section("trend", PARTS["trend"], (Words(days),))
    blocks = tuple(
        Sparks(trend, " ".join(part for part in (trend.words(room.trend_days), trend.scale) if part)) for trend in material.trends
    )
    return Section("trend", PARTS["trend"], blocks, material.plan.trends)


def _outlook(material: _Material, room: _Room) -> Section:
    """The published figures of groups, because the person ticked them for this sheet. Never about one person."""
    groups = material.content.outlook.groups
    items = tuple(_group(group) for group in groups[: room.groups])
    more = len(groups) - len(items)
    opening = "I asked for these. They are about groups of people in the past, not about me."
    opening += f" {_counted_more(more, 'group') if items else counted(more, 'group')} on the page “How long?”." if more else ""
    return Section("outlook", "Figures about groups", (Words(opening), Listed(items)))


def _group(group: Group) -> Item:
    text = f"After {group.after}, {group.alive_of_100} of 100 were alive, and {100 - group.alive_of_100} had died."
    if group.compared is not None:
        text += f" {group.compared.title}: {group.compared.alive_of_100} of 100 alive."
    if group.half_lived_months is not None:
        low, high = group.half_lived_months
        text += f" Half lived longer than {low if low == high else f'{low} to {high}'} months, half shorter."
    text += f" Since then: {group.since_then}" if group.since_then else ""
    return Item(text, f"{group.title} ({group.years}):")


__all__ = ["PARTS", "SIZES", "Choices", "Line", "Sheet", "Studies", "make_sheet"]
