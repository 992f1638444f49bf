"""What a report is read as: plain records, each with the words it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.liver.report_sizes import longest_cm


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open code point offsets in the pasted text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Size:
    """A size as printed: its numbers, its unit (cm or mm) and where it stands."""

    numbers: tuple[float, ...]
    unit: str
    span: Span

    @property
    def longest_diameter_cm(self) -> float:
        """The largest of the numbers, in cm."""
        return longest_cm(self.numbers, self.unit)


@dataclass(frozen=True, slots=True)
class FoundLesion:
    """One tumor of the liver. Several `segments`: the report names several for this one, or it is one of these.

    `near` holds ids of `content/vocabulary/lesion_places.yaml`; `doubts` say why it may be no tumor or may not be meant.
    """

    segments: tuple[str, ...]
    lobe: str | None
    size: Size | None
    near: tuple[tuple[str, Span], ...]
    is_largest: bool
    spans: tuple[Span, ...]
    sentence: Span
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundCount:
    """How many tumors; `at_most` None: the report sets no upper bound."""

    at_least: int
    at_most: int | None
    spans: tuple[Span, ...]
    sentence: Span


@dataclass(frozen=True, slots=True)
class FoundDistribution:
    """`one_lobe` or `both_lobes`, where the report says so in words."""

    value: str
    spans: tuple[Span, ...]
    sentence: Span


@dataclass(frozen=True, slots=True)
class FoundAbsence:
    """The report says that there is no tumor in the liver."""

    spans: tuple[Span, ...]
    sentence: Span


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something that was seen and deliberately not taken, and why, in everyday words."""

    reason: str
    spans: tuple[Span, ...]
    sentence: Span


@dataclass(frozen=True, slots=True)
class ReportReading:
    """All readings of one report, in its order."""

    lesions: tuple[FoundLesion, ...]
    count: tuple[FoundCount, ...]
    distribution: tuple[FoundDistribution, ...]
    absence: tuple[FoundAbsence, ...]
    left_alone: tuple[LeftAlone, ...]
