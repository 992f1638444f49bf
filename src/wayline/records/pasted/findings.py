"""What a pasted report is read as: single facts with the words they rest on, and what was left alone with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wayline.liver.report_findings import LeftAlone, ReportReading, Span

__all__ = ["LeftAlone", "PastedFinding", "PastedReading", "Span"]


@dataclass(frozen=True, slots=True)
class PastedFinding:
    """One value of one fact as the text tells it.

    `told` is the value in the form of a case file, with its unit and without its day. `lower_limit` and `upper_limit` are the ends of the
    range that a lab prints beside a result, in the result's unit. `date` is the day of the sample, where the text tells one for it.
    `doubts` say why the reading may be wrong, in everyday words.
    """

    fact_id: str
    told: dict[str, Any]
    spans: tuple[Span, ...]
    doubts: tuple[str, ...] = ()
    date: str | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None

    @property
    def same(self) -> tuple[str, str, str | None, float | None, float | None]:
        """What two findings share that say the same."""
        return (self.fact_id, repr(sorted(self.told.items())), self.date, self.lower_limit, self.upper_limit)


@dataclass(frozen=True)
class PastedReading:
    """All readings of one text, in its order. `doubts` are of the whole text; `liver` is what the reader of scan reports makes of it."""

    findings: tuple[PastedFinding, ...]
    left_alone: tuple[LeftAlone, ...]
    doubts: tuple[str, ...] = ()
    liver: ReportReading = field(default_factory=lambda: ReportReading((), (), (), (), ()))

    @property
    def tells_of_the_liver(self) -> bool:
        """Whether the text speaks of tumors in the liver, which are confirmed on the page on the liver."""
        return bool(self.liver.lesions or self.liver.count or self.liver.distribution or self.liver.absence)
