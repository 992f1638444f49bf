"""One item of a trial's criteria as it was read. Apart from the reader, so that what was read can be used without its word patterns."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.trials.expressions import Reading, as_expression

INCLUSION, EXCLUSION, HEADING, FIELD = "inclusion", "exclusion", "heading", "field"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One item as it was read. `kind` is inclusion, exclusion, field or heading; `demand` is None where nothing was understood.

    `expression` says in the criteria language what the item demands of a person; `left_over` holds the words that were not understood, to
    which its `unread(n)` point. `asks_the_team` marks consent, judgement, contraception and the like: things that only the study team can
    settle.
    """

    kind: str
    text: str
    span: tuple[int, int] | None
    demand: Reading | None
    left_over: tuple[str, ...]
    asks_the_team: bool
    under: tuple[str, ...]

    @property
    def expression(self) -> str | None:
        return None if self.demand is None else as_expression(self.demand)

    @property
    def is_read(self) -> bool:
        return self.demand is not None
