"""How hard Hypothesis tries: `ci` is the same small set on every run; WAYLINE_DEEP=1 tries many new ones."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_BOTH = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]}

settings.register_profile("ci", max_examples=100, derandomize=True, database=None, **_BOTH)
settings.register_profile("deep", max_examples=20_000, database=None, **_BOTH)
settings.load_profile("deep" if os.environ.get("WAYLINE_DEEP") == "1" else "ci")
