"""Kleene's tables for AND, OR and NOT, to be checked by eye. T is yes, F is no, a blank is unknown."""

from __future__ import annotations

AND = """
     left  |  right |  left and right
    -------+--------+-----------------
       T   |   T    |   T
       T   |        |
       T   |   F    |   F
           |   T    |
           |        |
           |   F    |   F
       F   |   T    |   F
       F   |        |   F
       F   |   F    |   F
"""

OR = """
     left  |  right |  left or right
    -------+--------+----------------
       T   |   T    |   T
       T   |        |   T
       T   |   F    |   T
           |   T    |   T
           |        |
           |   F    |
       F   |   T    |   T
       F   |        |
       F   |   F    |   F
"""

NOT = """
     value |  not value
    -------+------------
       T   |   F
           |
       F   |   T
"""

_ANSWERS = {"T": "yes", "": "unknown", "F": "no"}


def rows(table: str) -> list[tuple[str, ...]]:
    """The rows of a table as "yes", "no" and "unknown", without its heading."""
    return [tuple(_ANSWERS[cell.strip()] for cell in line.split("|")) for line in table.strip("\n").splitlines()[2:]]
