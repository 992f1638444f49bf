"""The page of questions as a form: words that were edited, ticked, added, moved and removed.

Every button saves everything else that was changed on the page, so nothing typed is lost. What a page from an old tab never touched is
left as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from wayline.options.visit_questions import LONGEST_KEPT_CHARACTERS, MOST_KEPT, KeptQuestion

UP, DOWN, REMOVE = "up", "down", "remove"


@dataclass
class QuestionsForm:
    """What was posted: `kept` as it would be stored, with `errors` by place ("own", "full", or the key of a question).

    `moved` is the key of the question that was moved, so that the page opens again where it stands.
    """

    kept: list[KeptQuestion]
    own: str = ""
    ticked: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    moved: int | None = None

    def add(self, question_id: str | None, words: str) -> None:
        """Keep one more, at the end; one that came from the same place is kept once."""
        if question_id is None or all(one.id != question_id for one in self.kept):
            self.kept.append(KeptQuestion(max((one.key for one in self.kept), default=0) + 1, question_id, words))

    def check_room(self) -> None:
        if len(self.kept) > MOST_KEPT:
            self.errors["full"] = f"You can keep {MOST_KEPT} questions. Please remove some first, or keep fewer of these."


def one_line(text: str) -> str:
    """What was typed as one line of printable text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def form_from(post: QueryDict, kept: Sequence[KeptQuestion], words_of: dict[str, str]) -> QuestionsForm:
    """The page as it was sent. `words_of` holds the words of each question that may be ticked, by id."""
    act, _, acted_on = post.get("do", "").partition("-")
    form = QuestionsForm([])
    for one in kept:
        if act == REMOVE and acted_on == str(one.key):
            continue
        form.kept.append(KeptQuestion(one.key, one.id, _edited(post, one, form.errors)))
    form.moved = _move(form.kept, act, acted_on)
    _keep_words_of_removed(post, form, {one.key for one in kept}, acted_on if act == REMOVE else "")
    form.ticked = [ticked for ticked in post.getlist("keep") if ticked in words_of]
    for ticked in form.ticked:
        form.add(ticked, words_of[ticked])
    form.own = one_line(post.get("own", ""))
    if len(form.own) > LONGEST_KEPT_CHARACTERS:
        form.errors["own"] = _too_long(form.own)
    elif form.own:
        form.add(None, form.own)
    form.check_room()
    return form


def typed_words(post: QueryDict | None, one: KeptQuestion) -> str:
    """The words as they were typed; those that are stored, where this tab never changed what it showed."""
    typed = None if post is None else post.get(f"words-{one.key}")
    if post is None or typed is None or one_line(typed) == one_line(post.get(f"was-{one.key}", "")):
        return one.words
    return one_line(typed)


def _edited(post: QueryDict, one: KeptQuestion, errors: dict[str, str]) -> str:
    words = typed_words(post, one)
    if words == one.words:
        return words
    if not words:
        errors[str(one.key)] = "This question is empty. Write some words, or press Remove."
    elif len(words) > LONGEST_KEPT_CHARACTERS:
        errors[str(one.key)] = _too_long(words)
    return words


def _too_long(words: str) -> str:
    return f"That is {len(words)} characters long. A question has room for {LONGEST_KEPT_CHARACTERS}."


def _move(kept: list[KeptQuestion], act: str, acted_on: str) -> int | None:
    """Move one question up or down; returns its key where there was one to move."""
    place = next((place for place, one in enumerate(kept) if str(one.key) == acted_on), None)
    goal = None if place is None else place - 1 if act == UP else place + 1 if act == DOWN else None
    if place is not None and goal is not None and 0 <= goal < len(kept):
        kept[place], kept[goal] = kept[goal], kept[place]
        return kept[goal].key
    return None


def _keep_words_of_removed(post: QueryDict, form: QuestionsForm, keys: set[int], removed: str) -> None:
    """Words that were edited in this tab, of a question that another tab has removed meanwhile: they are kept as a new one."""
    for name in post:
        key = name.removeprefix("words-")
        if name == key or key == removed or not key.isdecimal() or key in map(str, keys):
            continue
        words = one_line(post.get(name, ""))
        if words and words != one_line(post.get(f"was-{key}", "")) and len(words) <= LONGEST_KEPT_CHARACTERS:
            form.add(None, words)
