"""The list of signs and acts that a clinician will sign says what the rules do."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.helpers import CHECKOUT
from wayline.diary.flags import ACTS
from wayline.library import library

DOCUMENT = (CHECKOUT / "docs" / "safety" / "flags.md").read_text(encoding="utf-8")
SHORT = dict(zip(ACTS, ("911", "now", "today", "tell"), strict=True))
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.splitlines() if line.startswith("| ") and "`" in line]


def test_every_flag_stands_in_the_list_and_no_other() -> None:
    named = {flag_id for row in ROWS for flag_id in re.findall(r"`(\w+)`", row[3])}
    assert named == set(library().flags)


def test_the_acts_of_each_row_are_those_of_its_flags() -> None:
    """In the order of urgency, all that the flags of the row may take and no other."""
    assert len(ROWS) > 70
    wrong = defaultdict(list)
    for row in ROWS:
        flags = [library().flags[flag_id] for flag_id in re.findall(r"`(\w+)`", row[3])]
        taken = [SHORT[act] for act in ACTS if any(rule.act == act for flag in flags for rule in flag.acts)]
        if row[2] != ", ".join(taken):
            wrong[row[0]].append((row[2], taken))
    assert not wrong
