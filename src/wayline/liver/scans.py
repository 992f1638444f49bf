"""Tumors in the liver over several scans: sums, changes, new ones, and what RECIST 1.1 would call it.

A size that is not known makes a sum unknown: it is never counted as zero. Which tumor is which is told by its name; where names are
missing, nothing is matched by place or size, since two spots can lie in one segment. Sizes are in mm here, as scan reports compare them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from wayline.facts.courses import Listing
from wayline.facts.findings import STALE
from wayline.facts.lesions import Lesion, Scan
from wayline.facts.situation import Situation
from wayline.facts.values import DateRange, tidy
from wayline.liver.scales import Recist, SizeSlip

MM_PER_CM = 10
COMPLETE, PARTIAL, STABLE, PROGRESSION = "complete_response", "partial_response", "stable_disease", "progressive_disease"


@dataclass(frozen=True)
class ScanRow:
    """One scan as it is shown: its day, its tumors, and the sum of their longest diameters in mm (None = not known).

    `is_current`: these are the tumors that rules are held against; the others are earlier scans.
    """

    date: DateRange
    lesions: Listing[Lesion]
    sum_mm: float | None
    is_current: bool
    is_stale: bool

    @property
    def names(self) -> frozenset[str]:
        return frozenset(lesion.name for lesion in self.lesions if lesion.name is not None)

    @property
    def all_named(self) -> bool:
        """Whether every tumor has a name of its own: only then can new ones be told from old ones."""
        return len(self.names) == len(self.lesions)

    def size_mm(self, name: str) -> float | None:
        """The size of a tumor by its name; 0 where a complete list no longer holds it.

        None where it is not known, or where the name is not its own.
        """
        named = [lesion for lesion in self.lesions if lesion.name == name]
        if named:
            return exact_mm(named[0]) if len(named) == 1 else None
        return 0.0 if self.lesions.complete and self.all_named else None


@dataclass(frozen=True)
class Change:
    """From one sum to a later one, in mm and percent. `percent` is None where the first sum was 0."""

    before_mm: float
    after_mm: float

    @property
    def millimeters(self) -> float:
        return tidy(self.after_mm - self.before_mm)

    @property
    def percent(self) -> float | None:
        return tidy(100 * (self.after_mm - self.before_mm) / self.before_mm) if self.before_mm else None


@dataclass(frozen=True)
class RecistReading:
    """What RECIST 1.1 calls the change of the tumors followed: at most so many in one organ, the largest of the first scan.

    `category` is None where it cannot be told; `why_not` says why. `from_first` is what a response is counted from, `from_smallest` growth.
    """

    followed: tuple[str, ...]
    sums_mm: tuple[float | None, ...]
    from_first: Change | None
    from_smallest: Change | None
    category: str | None
    why_not: str | None


@dataclass(frozen=True)
class History:
    """All scans, oldest first, with what changed from the first to the newest, and from the last but one."""

    scans: tuple[ScanRow, ...]
    since_first: Change | None
    since_last: Change | None
    new_names: tuple[str, ...]
    no_longer_seen: tuple[str, ...]
    recist: RecistReading | None


def exact_mm(lesion: Lesion) -> float | None:
    """The longest diameter in mm where it is exactly known."""
    size = lesion.diameter_cm
    return tidy(size.low * MM_PER_CM) if size is not None and size.is_exact else None


def sum_of_longest_diameters_mm(lesions: Listing[Lesion]) -> float | None:
    """The sum of all longest diameters; None where a size is not exactly known or tumors may be missing from the list."""
    sizes = [exact_mm(lesion) for lesion in lesions]
    known = [size for size in sizes if size is not None]
    return tidy(sum(known)) if lesions.complete and len(known) == len(sizes) else None


def history_of(situation: Situation, recist: Recist) -> History:
    """The scans that are told, and how they compare. A list of tumors that has grown old is still one of the scans."""
    scans = _scans(situation)
    sums = [scan.sum_mm for scan in scans]
    return History(
        scans=scans,
        since_first=_change(sums[0], sums[-1]) if len(scans) > 1 else None,
        since_last=_change(sums[-2], sums[-1]) if len(scans) > 2 else None,
        new_names=_new_names(scans),
        no_longer_seen=_no_longer_seen(scans),
        recist=_recist(scans, recist) if len(scans) > 1 else None,
    )


def _scans(situation: Situation) -> tuple[ScanRow, ...]:
    told = situation.finding("liver.earlier_scans").shown
    scans = list(told) if isinstance(told, Listing) else []
    rows = [_row(scan, False, False) for scan in scans if isinstance(scan, Scan)]
    current = situation.finding("liver.lesions")
    listed: Any = current.shown
    if isinstance(listed, Listing):
        dated = current.date or DateRange.exactly(situation.as_of)
        rows.append(_row(Scan(dated, listed), True, current.state == STALE))
    # The day of a scan may be a month: it is ordered by its first day, and what it is compared with says so.
    return tuple(sorted(rows, key=lambda row: (row.date.first, row.is_current)))


def _row(scan: Scan, is_current: bool, is_stale: bool) -> ScanRow:
    return ScanRow(scan.date, scan.lesions, sum_of_longest_diameters_mm(scan.lesions), is_current, is_stale)


def _change(before: float | None, after: float | None) -> Change | None:
    return None if before is None or after is None else Change(before, after)


def _new_names(scans: tuple[ScanRow, ...]) -> tuple[str, ...]:
    """Names on the newest scan that no earlier one has: new only where every earlier list is complete and wholly named."""
    if len(scans) < 2 or not all(scan.lesions.complete and scan.all_named for scan in scans[:-1]):
        return ()
    before = frozenset[str]().union(*(scan.names for scan in scans[:-1]))
    return tuple(sorted(scans[-1].names - before))


def _no_longer_seen(scans: tuple[ScanRow, ...]) -> tuple[str, ...]:
    if len(scans) < 2 or not (scans[-1].lesions.complete and scans[-1].all_named):
        return ()
    before = frozenset[str]().union(*(scan.names for scan in scans[:-1]))
    return tuple(sorted(before - scans[-1].names))


def _recist(scans: tuple[ScanRow, ...], recist: Recist) -> RecistReading:
    """Eisenhauer and others 2009: targets are chosen on the first scan; response counts from it, growth from the smallest sum so far."""
    first, newest = scans[0], scans[-1]
    followed = _followed(first, recist)
    sums = tuple(_sum_of(scan, followed) if followed else None for scan in scans)
    new = _new_names(scans)
    why_not = _why_no_category(scans, followed, sums, new)
    if why_not is not None:
        return RecistReading(followed, sums, None, None, None, why_not)
    if new and sums[-1] is None:
        return RecistReading(followed, sums, None, None, PROGRESSION, None)
    smallest = min(one for one in sums[:-1] if one is not None)
    from_first, from_smallest = _change(sums[0], sums[-1]), _change(smallest, sums[-1])
    assert from_first is not None
    assert from_smallest is not None
    return RecistReading(followed, sums, from_first, from_smallest, _category(from_first, from_smallest, bool(new), newest, recist), None)


def _followed(first: ScanRow, recist: Recist) -> tuple[str, ...]:
    sized = [(size, name) for name in first.names if (size := first.size_mm(name)) is not None]
    measurable = sorted((one for one in sized if one[0] >= recist.measurable_from_mm), key=lambda one: (-one[0], one[1]))
    return tuple(name for _, name in measurable[: recist.followed_in_one_organ])


def _sum_of(scan: ScanRow, names: Iterable[str]) -> float | None:
    sizes = [scan.size_mm(name) for name in names]
    known = [size for size in sizes if size is not None]
    return tidy(sum(known)) if len(known) == len(sizes) else None


def _why_no_category(
    scans: tuple[ScanRow, ...], followed: tuple[str, ...], sums: tuple[float | None, ...], new: tuple[str, ...]
) -> str | None:
    if not all(earlier.date.last < later.date.first for earlier, later in pairwise(scans)):
        return "The days of the scans do not say which one came first."
    if new:
        return None  # a new tumor decides, whatever the sums say
    if not followed:
        return "No tumor of the first scan has both a name and an exact size that is large enough to follow."
    if not all(scan.lesions.complete and scan.all_named for scan in scans):
        return "Whether there are new tumors is not known: a list may have gaps, or a tumor has no name."
    if any(one is None for one in sums):
        return "The size of a tumor that is followed is not exactly known on every scan."
    return None


def _category(from_first: Change, from_smallest: Change, has_new: bool, newest: ScanRow, recist: Recist) -> str:
    grown_by = from_smallest.percent
    grown_enough = grown_by is None or grown_by >= recist.progression_larger_by_percent
    if has_new or (grown_enough and from_smallest.millimeters >= recist.progression_larger_by_mm):
        return PROGRESSION
    if not newest.lesions.items:
        return COMPLETE
    smaller_by = from_first.percent
    if smaller_by is not None and -smaller_by >= recist.partial_response_smaller_by_percent:
        return PARTIAL
    return STABLE


@dataclass(frozen=True)
class Slip:
    """A size that may be in the wrong unit: what it would be in the other one, and why it is asked about."""

    told_cm: float
    meant_cm: float
    why: str

    @property
    def told_in_words(self) -> str:
        return f"{self.told_cm:g} cm"

    @property
    def meant_in_words(self) -> str:
        return f"{self.meant_cm:g} cm"


def size_slip(size_cm: float, others_cm: Iterable[float], earlier_cm: float | None, slip: SizeSlip) -> Slip | None:
    """Whether a size should be asked about: cm written for mm, or mm for cm. Nothing is changed here.

    `others_cm` are the other tumors of the same scan, `earlier_cm` the same tumor on the scan before.
    """
    if size_cm <= 0:
        return None  # no unit makes a tumor of it
    tenth, tenfold = tidy(size_cm / MM_PER_CM), tidy(size_cm * MM_PER_CM)
    if size_cm > slip.ask_above_cm:
        return Slip(size_cm, tenth, f"A tumor of {size_cm:g} cm would fill most of a liver.")
    compared = [(earlier_cm, "the same tumor on the scan before")] if earlier_cm else []
    largest = max(others_cm, default=None)
    compared += [(largest, "the largest of the other tumors")] if largest and earlier_cm is None else []
    for other, words in compared:
        if other is not None and slip.ten_times_from <= size_cm / other <= slip.ten_times_up_to:
            return Slip(size_cm, tenth, f"{size_cm:g} cm is about ten times as large as {words} ({other:g} cm).")
        if earlier_cm is not None and other and slip.ten_times_from <= other / size_cm <= slip.ten_times_up_to:
            return Slip(size_cm, tenfold, f"{size_cm:g} cm is about a tenth of {words} ({other:g} cm).")
    return None
