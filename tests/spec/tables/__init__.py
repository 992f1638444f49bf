"""Tables of what expressions mean.

Each module holds TABLES: titles and their rows. A row is (facts as in a case file, expression, expected answer); the answer is "yes", "no"
or "unknown". The case's day is helpers.TODAY; `days_ago(28)` writes the day 28 days before it. Nothing here knows an engine.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

Row = tuple[dict[str, Any], str, str]
Tables = dict[str, list[Row]]


def all_tables() -> dict[str, Tables]:
    """Every module's tables, by the module's name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").TABLES for name in names}
