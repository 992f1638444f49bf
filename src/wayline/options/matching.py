"""Which options fit a situation: one call from a person's facts to explained options and what to ask first."""

from __future__ import annotations

from dataclasses import dataclass

from wayline.facts.situation import Situation
from wayline.facts.truth import NO, UNKNOWN, YES
from wayline.logic.ask_first import AskFirst, ask_first
from wayline.logic.evaluation import Missing, Reason, Verdict, evaluate, still_missing
from wayline.options.catalog import DEPENDS, DOES_NOT_FIT, FITS, Catalog, Caution, Option

# True of every situation, so by itself it explains nothing about one person.
ALWAYS_KNOWN = "diagnosis.primary"
FOR_EVERYBODY = "This is worth asking about for everybody with this cancer, at any time."
CASE_BY_CASE = "There is no clear rule for this one. Teams weigh it case by case."


@dataclass(frozen=True)
class OptionMatch:
    """One option for one person.

    `because` holds the reasons that decided; for `depends`, those that keep it from fitting today. `may_change` says whether the obstacles
    of an option that does not fit could go away. `to_ask` are the questions of cautions whose fact is not known.
    """

    option: Option
    verdict: str
    because: tuple[Reason, ...]
    missing: tuple[Missing, ...]
    cautions: tuple[Caution, ...]
    to_ask: tuple[Caution, ...]
    may_change: bool


@dataclass(frozen=True)
class OptionMatches:
    """All options for one person, in the catalog's order, and the facts that could settle the most of them."""

    matches: tuple[OptionMatch, ...]
    ask_first: tuple[AskFirst, ...]


def matches_for(situation: Situation, catalog: Catalog) -> OptionMatches:
    """Every option's verdict with its reasons, and what to ask first."""
    matches = tuple(match_option(option, situation) for option in catalog.values())
    open_options = [(match.option, [missing.fact for missing in match.missing]) for match in matches if match.verdict == DEPENDS]
    return OptionMatches(matches, tuple(ask_first(situation, open_options)))


def match_option(option: Option, situation: Situation) -> OptionMatch:
    """One option's verdict with its reasons."""
    verdict = option.verdict(situation)
    cautions = [(caution, situation.answer(caution.when)) for caution in option.cautions]
    because, missing, may_change = _reasons(option, situation, verdict)
    return OptionMatch(
        option=option,
        verdict=verdict,
        because=because,
        missing=missing,
        cautions=tuple(caution for caution, truth in cautions if truth is YES),
        to_ask=tuple(caution for caution, truth in cautions if truth is UNKNOWN),
        may_change=may_change,
    )


def _reasons(option: Option, situation: Situation, verdict: str) -> tuple[tuple[Reason, ...], tuple[Missing, ...], bool]:
    if verdict == FITS:
        fits = evaluate(option.fits, situation)
        return _telling(fits) or (Reason(FOR_EVERYBODY, ALWAYS_KNOWN, False),), (), fits.may_change
    if verdict == DOES_NOT_FIT:
        return _against(option, situation)
    return _open(option, situation)


def _against(option: Option, situation: Situation) -> tuple[tuple[Reason, ...], tuple[Missing, ...], bool]:
    """Why an option does not fit: what rules it out, in the option's own words, else what lies outside its wider gate."""
    reasons: dict[str, Reason] = {}
    may_change = True
    for rule in option.rules_out:
        if situation.answer(rule.when) is YES:
            verdict = evaluate(rule.when, situation)
            may_change = may_change and verdict.may_change
            fact = verdict.because[0].fact if verdict.because else rule.when.fact_ids[0]
            reasons[rule.say] = Reason(rule.say, fact, verdict.may_change)
            reasons |= {reason.text: reason for reason in _telling(verdict)}
    if not reasons:
        verdict = evaluate(option.fits if option.depends is None else option.depends, situation)
        reasons = {reason.text: reason for reason in _telling(verdict)}
        may_change = verdict.may_change
    return tuple(reasons.values()), (), may_change


def _open(option: Option, situation: Situation) -> tuple[tuple[Reason, ...], tuple[Missing, ...], bool]:
    """Why an option is neither: what keeps it from fitting today, and what is not known."""
    reasons: dict[str, Reason] = {}
    missing: dict[str, Missing] = {}
    for rule in option.rules_out:
        if situation.answer(rule.when) is UNKNOWN:
            missing |= {one.fact: one for one in evaluate(rule.when, situation).missing}
    fits = evaluate(option.fits, situation)
    missing = {one.fact: one for one in fits.missing} | missing
    if fits.truth is NO:
        reasons = {reason.text: reason for reason in _telling(fits)}
        if option.depends is not None:
            wider = evaluate(option.depends, situation)
            missing |= {one.fact: one for one in (*still_missing(option.fits, situation), *wider.missing) if one.fact not in missing}
    if not reasons and not missing:
        reasons[CASE_BY_CASE] = Reason(CASE_BY_CASE, ALWAYS_KNOWN, False)
    return tuple(reasons.values()), tuple(missing.values()), True


def _telling(verdict: Verdict) -> tuple[Reason, ...]:
    """The reasons that say something about this person. What somebody does not wish is no obstacle to name."""
    return tuple(reason for reason in verdict.because if reason.fact != ALWAYS_KNOWN and not reason.fact.startswith("wish."))
