"""Parts of a record, keys and what they open, in words for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wayline.library import library
from wayline.web import lockbox

PART_WORDS = {
    lockbox.SITUATION: "your answers about your situation",
    lockbox.DIARY: "your diary",
    lockbox.QUESTIONS: "your questions for the visit",
    lockbox.STUDIES: "the studies that you set aside",
    lockbox.WAITING: "what was read from records and waits for you",
    lockbox.SHEET: "your choices for the printed page",
    lockbox.LEDGER: "the list of your keys",
}
TOPIC_WORDS = {
    "situation": "Your situation: all you told, with treatments and the liver",
    "diary": "Your diary",
    "questions": "Your questions for the visit",
    "studies": "Studies that you set aside",
}
OUTLOOK_WORDS = "A link to the “How long?” pages"
IDLE_WORDS = {15: "15 minutes", 60: "1 hour", 1440: "1 day"}


def private_topic() -> str:
    """What is shared only when it is ticked by itself: "Thoughts of ending your life, if you told of any"."""
    return f"{library().sheet_plan.private_words}, if you told of any"


def part_words(parts: Iterable[str]) -> list[str]:
    return [PART_WORDS[part] for part in parts]


def damage_shown(parts: Sequence[str]) -> dict[str, Any]:
    """What the page on damaged parts needs. Where no part opens, the key itself opens nothing, and only erasing is left."""
    return {
        "damaged_words": part_words(parts),
        "damaged_pairs": [(part, PART_WORDS[part]) for part in parts],
        "can_begin_anew": not set(lockbox.PARTS) <= set(parts),
        "gives_up_keys": lockbox.LEDGER in parts,
    }
