"""Facts that follow from other facts, each with its inputs and the source of its formula.

The numbers stand in `content/vocabulary/formulas.yaml`. Every derivation is sound: filling in a missing input can only narrow its
value. Where an input is missing the result is left as wide as the inputs allow, or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from wayline.facts.courses import Course, Listing
from wayline.facts.findings import Derivation, Value, oldest
from wayline.facts.lesions import LARGE_VESSELS, LEFT_LOBE, RIGHT_LOBE, Lesion
from wayline.facts.values import DateRange, NumberRange, tidy

if TYPE_CHECKING:
    from wayline.facts.situation import Situation

OTHER_SITES = tuple(f"metastases.{site}" for site in ("lung", "bone", "brain", "peritoneum", "distant_nodes", "adrenal", "other"))
STAGE_FOUR = frozenset({"4a", "4b"})


@dataclass(frozen=True)
class Rule:
    """How one fact follows from others. `inputs` are told or themselves derived."""

    inputs: tuple[str, ...]
    derive: Callable[[Situation], Derivation | None]


def _dates(situation: Situation, *fact_ids: str) -> DateRange | None:
    """The date of the oldest of the facts that are used."""
    findings = (situation.finding(fact_id) for fact_id in fact_ids)
    return oldest(finding.date for finding in findings if finding.value is not None)


def _missing(situation: Situation, *fact_ids: str) -> tuple[str, ...]:
    """What would have to be told to know all of these facts."""
    needs: list[str] = []
    for fact_id in fact_ids:
        needs += [need for need in situation.finding(fact_id).needs if need not in needs]
    return tuple(needs)


# --- The person ---------------------------------------------------------------------------------------------------


def _primary(situation: Situation) -> Derivation:
    """Every situation is of the cancer that the content is about: the first choice of the vocabulary."""
    return Derivation(frozenset({situation.vocabulary["diagnosis.primary"].single_choices[0]}))


def _age(situation: Situation) -> Derivation | None:
    """Completed years since the birth date."""
    born = situation.value("person.birth_date")
    if not isinstance(born, DateRange):
        return None
    today = situation.as_of

    def years(birthday: date) -> int:
        return max(0, today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day)))

    return Derivation(NumberRange(years(born.last), years(born.first)), () if born.is_exact else ("person.birth_date",))


# --- The cancer ---------------------------------------------------------------------------------------------------


def _liver_metastases(situation: Situation) -> Derivation | None:
    """Tumors of this cancer in the liver are liver metastases."""
    count = situation.number("liver.lesion_count")
    return Derivation(True) if count is not None and count.low >= 1 else None


def _outside_liver(situation: Situation) -> Derivation | None:
    """Spread anywhere else: yes as soon as one site is, no when every site is known to be free."""
    sites = [situation.value(site) for site in OTHER_SITES]
    if True in sites:
        return Derivation(True)
    return Derivation(False) if all(site is False for site in sites) else None


def _stage(situation: Situation) -> Derivation | None:
    """Stage four follows from any metastasis, distant nodes included (AJCC, 8th edition: M1)."""
    sites = ("metastases.liver", "metastases.outside_liver", "metastases.leptomeningeal", *OTHER_SITES)
    if any(situation.value(site) is True for site in sites):
        return Derivation(STAGE_FOUR, ("diagnosis.stage",))
    return None


def _cps(situation: Situation) -> Derivation | None:
    """The combined score counts the tumor cells of the tumor proportion score and more, so it is never below it."""
    proportion = situation.number("biomarker.pdl1_tps")
    if proportion is None or proportion.low <= 0:
        return None
    return Derivation(
        NumberRange(proportion.low, situation.vocabulary["biomarker.pdl1_cps"].highest, proportion.low_open), ("biomarker.pdl1_cps",)
    )


def _her2(situation: Situation) -> Derivation | None:
    """HER2 from its two tests: 3+ is positive, 0 and 1+ negative, 2+ as its ISH says (ASCO/CAP for gastroesophageal cancer)."""
    staining = situation.value("biomarker.her2_ihc")
    if not isinstance(staining, frozenset):
        return None
    ish = situation.value("biomarker.her2_ish") or frozenset({"positive", "negative"})
    results = frozenset("positive" if s == "3" or (s == "2" and i == "positive") else "negative" for s, i in product(staining, ish))
    if len(results) == 1:
        return Derivation(results)
    return Derivation(None, ("biomarker.her2_ish",) if staining == {"2"} else ("biomarker.her2_ihc",))


# --- Lesions ------------------------------------------------------------------------------------------------------


def _lesions(situation: Situation) -> Listing[Lesion] | None:
    value = situation.value("liver.lesions")
    return value if isinstance(value, Listing) else None


def _from_lesions(situation: Situation, value: Value | None, fact_id: str) -> Derivation:
    """A derivation from the lesion list; where the list is stale, a newer one is what is needed."""
    finding = situation.finding("liver.lesions")
    if value is None:
        return Derivation(None, (fact_id,))
    return Derivation(value, (fact_id,), finding.date)


def _lesion_count(situation: Situation) -> Derivation | None:
    lesions = _lesions(situation)
    if lesions is None:
        return None
    return _from_lesions(situation, NumberRange(len(lesions), len(lesions) if lesions.complete else math.inf), "liver.lesion_count")


def _largest(situation: Situation) -> Derivation | None:
    """The longest diameter of the largest lesion, in cm."""
    lesions = _lesions(situation)
    if not lesions:
        return None
    sizes = [lesion.diameter_cm for lesion in lesions if lesion.diameter_cm is not None]
    if not sizes:
        return _from_lesions(situation, None, "liver.largest_cm")
    low = max(size.low for size in sizes)
    low_open = any(size.low_open for size in sizes if size.low == low)  # one that is surely larger makes the largest so
    high = max(size.high for size in sizes)
    high_open = all(size.high_open for size in sizes if size.high == high)
    if len(sizes) < len(lesions) or not lesions.complete:
        high, high_open = math.inf, False
    return _from_lesions(situation, NumberRange(low, high, low_open, high_open), "liver.largest_cm")


def _distribution(situation: Situation) -> Derivation | None:
    """Segments 5 to 8 are the right lobe, 2 to 4b the left; segment 1 counts for neither."""
    lesions = _lesions(situation)
    if not lesions:
        return None
    segments = {lesion.segment for lesion in lesions}
    left, right = bool(segments & LEFT_LOBE), bool(segments & RIGHT_LOBE)
    if left and right:
        return _from_lesions(situation, frozenset({"both_lobes"}), "liver.distribution")
    # Tumors in segment 1 alone lie in no lobe, and so not in both: one tumor more in a lobe changes nothing then.
    one_lobe = lesions.complete and "unknown" not in segments
    return _from_lesions(situation, frozenset({"one_lobe"}) if one_lobe else None, "liver.distribution")


def _near(structures: frozenset[str], fact_id: str) -> Callable[[Situation], Derivation | None]:
    def derive(situation: Situation) -> Derivation | None:
        lesions = _lesions(situation)
        if lesions is None:
            return None
        if any(lesion.near is not None and lesion.near & structures for lesion in lesions):
            return _from_lesions(situation, True, fact_id)
        all_told = lesions.complete and all(lesion.near is not None for lesion in lesions)
        return _from_lesions(situation, False if all_told else None, fact_id)

    return derive


# --- Liver function -----------------------------------------------------------------------------------------------

CHILD_PUGH_PARTS = ("labs.bilirubin", "labs.albumin", "labs.inr", "liver.ascites", "liver.encephalopathy")


_CHILD_PUGH_BANDS = {"labs.bilirubin": "bilirubin_mg_per_dl", "labs.albumin": "albumin_g_per_dl", "labs.inr": "inr"}


def child_pugh_points_of_parts(situation: Situation) -> dict[str, NumberRange]:
    """One to three points for each of the five parts (Pugh 1973): every number of points that is possible."""
    return {part: _points_of_part(situation, part) for part in CHILD_PUGH_PARTS}


def _points_of_part(situation: Situation, part: str) -> NumberRange:
    if part in _CHILD_PUGH_BANDS:
        return situation.vocabulary.formulas.bands[_CHILD_PUGH_BANDS[part]].points(situation.number(part))
    # none, slight or grade 1-2, moderate or grade 3-4: one, two, three points
    rank = situation.vocabulary[part].rank
    grades = [rank[grade] + 1 for grade in situation.value(part) or rank]
    return NumberRange(min(grades), max(grades))


def _child_pugh_points(situation: Situation) -> Derivation | None:
    """The sum of the points of all parts. Missing parts leave a range."""
    parts = child_pugh_points_of_parts(situation).values()
    needs = _missing(situation, *CHILD_PUGH_PARTS)
    if all(situation.value(part) is None for part in CHILD_PUGH_PARTS):
        return Derivation(None, needs)
    points = NumberRange(sum(part.low for part in parts), sum(part.high for part in parts))
    return Derivation(points, needs, _dates(situation, *CHILD_PUGH_PARTS))


def _child_pugh(situation: Situation) -> Derivation | None:
    """Child-Pugh class from the points: A 5-6, B 7-9, C 10-15."""
    finding = situation.finding("liver.child_pugh_points")
    points = situation.number("liver.child_pugh_points")
    if points is None:
        return Derivation(None, finding.needs)
    limits = situation.vocabulary.formulas.constants["child_pugh"]
    a, b = limits["class_a_up_to_points"], limits["class_b_up_to_points"]
    bands = {"A": NumberRange(-math.inf, a), "B": NumberRange(a, b, low_open=True), "C": NumberRange(b, math.inf, low_open=True)}
    return Derivation(frozenset(name for name, band in bands.items() if points.meets(band)), finding.needs, finding.date)


def _albi_score(situation: Situation) -> Derivation | None:
    """ALBI = 0.66 log10(bilirubin, umol/L) - 0.085 albumin, g/L (Johnson, JCO 2015)."""
    bilirubin, albumin = situation.number("labs.bilirubin"), situation.number("labs.albumin")
    needs = _missing(situation, "labs.bilirubin", "labs.albumin")
    if bilirubin is None or albumin is None or bilirubin.low <= 0:
        return Derivation(None, needs or ("labs.bilirubin",))
    numbers = situation.vocabulary.formulas.constants["albi"]

    def score(bilirubin_mg_per_dl: float, albumin_g_per_dl: float) -> float:
        bilirubin_umol_per_l = bilirubin_mg_per_dl * numbers["umol_per_l_in_mg_per_dl_bilirubin"]
        albumin_g_per_l = albumin_g_per_dl * numbers["g_per_l_in_g_per_dl_albumin"]
        return numbers["bilirubin_factor"] * math.log10(bilirubin_umol_per_l) + numbers["albumin_factor"] * albumin_g_per_l

    return Derivation(_spread(score, bilirubin, albumin), needs, _dates(situation, "labs.bilirubin", "labs.albumin"))


def _albi_grade(situation: Situation) -> Derivation | None:
    finding = situation.finding("liver.albi_score")
    score = situation.number("liver.albi_score")
    if score is None:
        return Derivation(None, finding.needs)
    numbers = situation.vocabulary.formulas.constants["albi"]
    first, second = numbers["grade_1_up_to"], numbers["grade_2_up_to"]
    bands = {
        "1": NumberRange(-math.inf, first),
        "2": NumberRange(first, second, low_open=True),
        "3": NumberRange(second, math.inf, low_open=True),
    }
    return Derivation(frozenset(grade for grade, band in bands.items() if score.meets(band)), finding.needs, finding.date)


# --- Kidney function ----------------------------------------------------------------------------------------------


def _female_and_male(situation: Situation) -> list[str]:
    """The forms of a sex-dependent formula that may apply; both where the registered sex does not decide."""
    sex = situation.value("person.sex") or frozenset({"female", "male"})
    return ["female", "male"] if "intersex" in sex else sorted(sex)


def _creatinine_clearance(situation: Situation) -> Derivation | None:
    """Creatinine clearance in mL/min by Cockcroft and Gault (1976)."""
    inputs = ("person.age", "nutrition.weight_kg", "labs.creatinine", "person.sex")
    age, weight, creatinine = (situation.number(fact_id) for fact_id in inputs[:3])
    needs = _missing(situation, *inputs)
    if age is None or weight is None or creatinine is None or creatinine.low <= 0:
        return Derivation(None, needs or ("labs.creatinine",))
    numbers = situation.vocabulary.formulas.constants["cockcroft_gault"]
    ranges = []
    for sex in _female_and_male(situation):
        factor = numbers["female_factor"] if sex == "female" else 1.0

        def clearance(years: float, kilograms: float, mg_per_dl: float, factor: float = factor) -> float:
            return max(0.0, numbers["age_minuend"] - years) * kilograms / (numbers["divisor"] * mg_per_dl) * factor

        ranges.append(_spread(clearance, age, weight, creatinine))
    return Derivation(_hull(ranges), needs, _dates(situation, *inputs))


def _egfr(situation: Situation) -> Derivation | None:
    """Estimated filtration rate in mL/min/1.73 m2 by CKD-EPI 2021 (creatinine, without race)."""
    inputs = ("person.age", "labs.creatinine", "person.sex")
    age, creatinine = situation.number("person.age"), situation.number("labs.creatinine")
    needs = _missing(situation, *inputs)
    if age is None or creatinine is None or creatinine.low <= 0:
        return Derivation(None, needs or ("labs.creatinine",))
    numbers = situation.vocabulary.formulas.constants["ckd_epi_2021"]
    ranges = []
    for sex in _female_and_male(situation):
        kappa, alpha, factor = (numbers[f"{sex}_{word}"] for word in ("kappa", "alpha", "factor"))

        def rate(years: float, mg_per_dl: float, kappa: float = kappa, alpha: float = alpha, factor: float = factor) -> float:
            ratio = mg_per_dl / kappa
            shape = min(ratio, 1) ** alpha * max(ratio, 1) ** numbers["exponent"]
            return float(numbers["factor"] * shape * numbers["age_base"] ** years * factor)

        ranges.append(_spread(rate, age, creatinine))
    return Derivation(_hull(ranges), needs, _dates(situation, *inputs))


def _spread(formula: Callable[..., float], *ranges: NumberRange) -> NumberRange | None:
    """The range of a formula that rises or falls with each of its inputs: its ends lie at the inputs' ends.

    Open ends are taken as closed, which can only widen the result.
    """
    results = [formula(*corner) for corner in product(*((one.low, one.high) for one in ranges)) if all(map(math.isfinite, corner))]
    bounded = all(math.isfinite(one.low) and math.isfinite(one.high) for one in ranges)
    if not bounded or not results:
        return None
    return NumberRange(tidy(min(results)), tidy(max(results)))


def _hull(ranges: list[NumberRange | None]) -> NumberRange | None:
    hull: NumberRange | None = None
    for one in ranges:
        if one is None:
            return None
        hull = one if hull is None else hull.hull(one)
    return hull


# --- Treatment so far ---------------------------------------------------------------------------------------------


def _history(situation: Situation) -> Listing[Course] | None:
    value = situation.value("therapy.history")
    return value if isinstance(value, Listing) else None


def is_systemic(situation: Situation, course: Course) -> bool | None:
    """Whether a course holds a drug against the cancer; None where its drugs are not in the dictionary."""
    drugs = situation.vocabulary.drugs.drugs
    if any(drugs[drug].systemic for drug in course.drugs):
        return True
    return None if course.unknown_drugs else False


def _lines(situation: Situation) -> Derivation | None:
    """Lines of palliative systemic treatment so far; the counting rule is docs/adr/0006."""
    history = _history(situation)
    if history is None:
        return None
    low = high = 0
    for course in history:
        systemic = is_systemic(situation, course)
        counts = _counts_as_line(situation, course, history) if systemic is not False else False
        low += counts is True and systemic is True
        high += counts is not False
    return Derivation(NumberRange(low, high if history.complete else math.inf), ("therapy.lines",))


def _counts_as_line(situation: Situation, course: Course, history: Listing[Course]) -> bool | None:
    """Whether a systemic course counts as a line; None where what is told leaves both possible."""
    if course.intent == "palliative":
        return True
    if course.ended_because == "progression" or (course.ended_because is None and course.best_response == "progression"):
        return True  # it grew during or at the end of the course, whatever its intent
    if course.intent is None or course.end is None or course.best_response == "progression":
        return None  # its purpose or its end is not told, or its end and its response do not go together
    numbers = situation.vocabulary.formulas.constants["lines_of_therapy"]
    window = int(numbers["days_after_curative_treatment"])
    # Palliative treatment starts because the cancer is back: its start dates the return.
    others = [(other, is_systemic(situation, other)) for other in history if other is not course]
    gaps = [_days_between(course.end, other.start) for other, systemic in others if systemic is True and other.intent == "palliative"]
    if any(gap is not None and gap.low >= 0 and gap.high <= window for gap in gaps):
        return True
    maybe_palliative = any(
        systemic is not False and other.intent in (None, "palliative") and not (systemic is True and other.intent)
        for other, systemic in others
    )
    if course.ended_because is None or not history.complete or maybe_palliative or None in gaps:
        return None  # it may have ended because of growth, or something that is not told may date the return
    if gaps:
        return False if all(gap.low > window or gap.high < 0 for gap in gaps if gap is not None) else None
    since_end = course.end.days_before(situation.as_of)
    if since_end.low > window + int(numbers["longest_untreated_days"]):
        return False  # nobody is left untreated so long after a return: it came later
    setting = situation.value("diagnosis.setting")
    if setting == {"recurrence"}:
        # It is back and not treated yet; when it came back is known only while the window is still open.
        return True if since_end.high <= window else None
    return False if setting == {"at_diagnosis"} else None


def _days_between(earlier: DateRange, later: DateRange | None) -> NumberRange | None:
    if later is None:
        return None
    return NumberRange((later.first - earlier.last).days, (later.last - earlier.first).days)


_STATUS_OF_RESPONSE = {
    "complete": frozenset({"responding"}),
    "partial": frozenset({"responding"}),
    "stable": frozenset({"stable"}),
    "progression": frozenset({"progressing"}),
}


def _status(situation: Situation) -> Derivation | None:
    """How the cancer is doing: from the last course, its ending, else its best response while on it."""
    history = _history(situation)
    if history is None or not history.complete:
        return None
    kinds = [(course, is_systemic(situation, course)) for course in history]
    certain = [course for course, systemic in kinds if systemic is True]
    courses = [course for course, systemic in kinds if systemic is not False]
    # A course of unknown drugs may turn out to be none against the cancer: then the one before it, or no course, was the last.
    statuses = frozenset() if certain else frozenset({"not_assessed"})
    last = [course for course in courses if not any(_is_before(course, other) for other in certain if other is not course)]
    for course in last:
        status = _status_after(course, situation.value("therapy.now"))
        if status is None:
            return Derivation(None, ("disease.status",))
        statuses |= status
    return Derivation(statuses, ("disease.status",))


def _status_after(course: Course, on_treatment_now: object) -> frozenset[str] | None:
    still_on_it = course.end is None and on_treatment_now is True
    if still_on_it and course.ended_because is not None:
        return None  # it ended, yet treatment goes on: with what, the list does not say
    if course.ended_because == "progression" or course.best_response == "progression":
        return frozenset({"progressing"})
    # After the end of a course its best response says nothing about today: the cancer may have grown since.
    return _STATUS_OF_RESPONSE[course.best_response] if still_on_it and course.best_response else None


def _is_before(course: Course, other: Course) -> bool:
    """Whether a course certainly came before another."""
    return course.start is not None and other.start is not None and course.start.last < other.start.first


DERIVATIONS: dict[str, Rule] = {
    "diagnosis.primary": Rule((), _primary),
    "person.age": Rule(("person.birth_date",), _age),
    "metastases.liver": Rule(("liver.lesion_count",), _liver_metastases),
    "metastases.outside_liver": Rule(OTHER_SITES, _outside_liver),
    "diagnosis.stage": Rule(("metastases.liver", "metastases.outside_liver", "metastases.leptomeningeal", *OTHER_SITES), _stage),
    "biomarker.her2": Rule(("biomarker.her2_ihc", "biomarker.her2_ish"), _her2),
    "biomarker.pdl1_cps": Rule(("biomarker.pdl1_tps",), _cps),
    "liver.lesion_count": Rule(("liver.lesions",), _lesion_count),
    "liver.largest_cm": Rule(("liver.lesions",), _largest),
    "liver.distribution": Rule(("liver.lesions",), _distribution),
    "liver.near_large_vessel": Rule(("liver.lesions",), _near(LARGE_VESSELS, "liver.near_large_vessel")),
    "liver.near_bile_duct": Rule(("liver.lesions",), _near(frozenset({"bile_duct"}), "liver.near_bile_duct")),
    "liver.child_pugh_points": Rule(CHILD_PUGH_PARTS, _child_pugh_points),
    "liver.child_pugh": Rule(("liver.child_pugh_points",), _child_pugh),
    "liver.albi_score": Rule(("labs.bilirubin", "labs.albumin"), _albi_score),
    "liver.albi_grade": Rule(("liver.albi_score",), _albi_grade),
    "labs.creatinine_clearance": Rule(("person.age", "nutrition.weight_kg", "labs.creatinine", "person.sex"), _creatinine_clearance),
    "labs.egfr": Rule(("person.age", "labs.creatinine", "person.sex"), _egfr),
    "therapy.lines": Rule(("therapy.history", "diagnosis.setting"), _lines),
    "disease.status": Rule(("therapy.history", "therapy.now"), _status),
}


@cache
def resting_on(fact_id: str) -> frozenset[str]:
    """Every derived fact whose value may change when this fact does."""
    direct = {
        derived
        for derived, rule in DERIVATIONS.items()
        if fact_id in rule.inputs or (fact_id.endswith("_uln") and fact_id[:-4] in rule.inputs)
    }
    if fact_id.endswith("_uln"):
        direct.add(fact_id[:-4])  # a lab told as a multiple gets its value from the limit
    return frozenset(direct).union(*(resting_on(derived) for derived in direct))
