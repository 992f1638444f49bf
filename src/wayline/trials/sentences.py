"""From the chunks of a sentence to what it says: lists, negations, exceptions, conditions, permissions.

What is asserted is a reading; what the words did not yield stays in it as `Unread`, placed where it counts: a modifier narrows what it
stands beside, an unknown member of a list stays a member, an exception narrows or widens as its place demands. So a part never speaks for
the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from wayline.facts.vocabulary import Vocabulary
from wayline.trials.chunks import DIAGNOSIS, HOLDS, LIMITS, Sentence
from wayline.trials.diagnoses import Diagnoses
from wayline.trials.expressions import (
    EVERYBODY,
    NOBODY,
    All,
    Literal,
    Opposite,
    Reading,
    Unread,
    agreed,
    all_of,
    any_of,
    as_expression,
    is_fully_unread,
    opposite,
)
from wayline.trials.lexicon import Lexicon
from wayline.trials.limits import Limits
from wayline.trials.treatments import Treatments

# What a sentence does with what it says.
LONGEST_SENTENCE = 400  # chunks; what is longer is no sentence
PLAIN, DEMANDS, RULES_OUT, PERMITS, TELLS = "plain", "demands", "rules out", "permits", "tells"

_ATOMS = frozenset((HOLDS, LIMITS, DIAGNOSIS))
_JOINTS = frozenset(",;&|/")
_SKIPPED = frozenset("fhsgbEF:.-")
_NOT_MALE = Literal('person.sex != "male"')
_MEN = re.compile(r"\b(?:men|man|males?|partners?|both sexes|fathers?|all (?:patients|participants|subjects))\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\([A-Za-z]{0,3}[A-Z][A-Za-z0-9/&.+-]{0,12}\)")
_HOW_MEASURED = re.compile(
    r"\((?:as )?(?:using|by|per|according|calculated|estimated|cockcroft|ckd|mdrd|see|appendix|ctcae|nci|recist|"
    r"fridericia|bazett|measured|self-reported|version|v\d)[^()<>≥≤]{0,80}\)",
    re.IGNORECASE,
)
_WHEN_ASKED = re.compile(
    r"^(?!.*\b(?:without|with|requiring|unless|no|not|if|except|who|and|or|for)\b)\W*(?:as assessed |assessed |"
    r"as measured |measured |obtained |performed )?(?:at|on|by|upon|within|during|"
    r"prior to|before)\b[^;]{0,30}?\b(?:sign\w*|consent|screening|enrol\w*|registration|randomi[sz]ation|study (?:entry|"
    r"start|treatment|drug)|inclusion|baseline|first dose|treatment start|icf)\b[^;]{0,40}$",
    re.IGNORECASE,
)
_TREATING_WORDS = re.compile(
    r"therap|treat|medicat|drug|steroid|agent|antibiotic|surg|interven|anticonvuls|immunosuppress|support|transfus|"
    r"hospital|replace|insulin|edema|symptom|progress|complicat|intravenous|\biv\b",
    re.IGNORECASE,
)
_FOR_THOSE = re.compile(
    r"\W*(?:for|in|if|among|when)\b[^,]{0,90}(?:patients|subjects|participants|individuals|those|women|cancers?|"
    r"carcinomas?|tumou?rs?|cohort|metastas\w+|part|arm|HER2|receiving|prior|known|there)\b[^,]*,",
    re.IGNORECASE,
)
_FOR_THOSE_AT_ONCE = re.compile(
    r"\W*(?:for|in|if) (?:the )?(?:patients|subjects|participants|individuals|those|women|men)\b", re.IGNORECASE
)
_FOR_OTHERS = re.compile(
    r"\b(?:for|in|if) (?:the )?(?:patients|subjects|participants|individuals|those|others)\b|\botherwise\b", re.IGNORECASE
)
_GOVERNING = frozenset({"for", "of", "against", "from", "to", "in", "on"})
# A remark after a limit that may ease it as well as tighten it.
_OPENS_BOTH_WAYS = re.compile(
    r"\b(?:if|unless|except\w*|arms?|cohorts?|phase|parts?|dose[- ]?(?:escalation|expansion|level)|only|allow\w*|"
    r"permit\w*|acceptable|when|in case|"
    r"for (?:the )?(?:patients|subjects|participants|those|children|women|men|phase|part|cohort|arm|HCC)|"
    r"(?:patients|subjects|participants) (?:with|who|in|receiving)|males?|females?|prefer\w*|otherwise|"
    r"original(?:ly)? diagnos\w+|at diagnosis|"
    r"time of (?:initial |original )?diagnosis|adjust\w*|regardless|irrespective|abnormal)\b",
    re.IGNORECASE,
)
_ANATOMICAL = frozenset(
    {
        "cns",
        "peripheral",
        "central",
        "portal",
        "esophageal",
        "gastric",
        "gastrointestinal",
        "upper gastrointestinal",
        "lower gastrointestinal",
        "gi",
        "intestinal",
        "bowel",
        "pulmonary",
        "cardiac",
        "hepatic",
        "sensory",
        "motor",
        "bacterial",
        "viral",
        "fungal",
        "autoimmune",
        "renal",
        "cerebral",
    }
)
_TIME_WORDS = re.compile(
    r"\b(?:within|in the (?:last|past|previous)|during the|prior to|less than|<|≤|<=|up to)\b.*\b(?:days?|weeks?|"
    r"months?|years?)\b|\b(?:days?|weeks?|months?|years?) (?:prior|before)\b",
    re.IGNORECASE,
)
_OF_WOMEN = re.compile(
    r"pregnan|child-?\s?bear|contracept|birth control|breast-?\s?feed|nursing|lactat|menopaus|steril|fertil|reproductive", re.IGNORECASE
)
_ALLOWS = re.compile(r"allow|permi|acceptable|exclu|required|exempt|fine|\bok\b|apply", re.IGNORECASE)
_VERBS = frozenset({"have", "has", "had", "is", "are", "was", "were", "having", "being"})
_OTHER_THAN = re.compile(r"\b(?:other than|within|in|diagnosed)$", re.IGNORECASE)
_UNLESS = re.compile(r"\bunless\b", re.IGNORECASE)
_TELLING = re.compile(
    r"^\W*(?:note\b|nb\b|\*|see\b|refer\b|e\.g|i\.e|for example|this (?:is|includes|criteri)|these include|exceptions?\b|defined as|"
    r"definition|because|since|the following are|examples?\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one sentence says, and what it does with it."""

    deed: str
    reading: Reading


@dataclass(slots=True)
class _Segment:
    joint: str
    start: int
    end: int
    atoms: list[int] = field(default_factory=list)
    is_open: bool = False


class SentenceReader:
    """Reads sentences; made once and used for all."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        self.lexicon = lexicon
        self.vocabulary = vocabulary

    def read(self, text: str, is_demand: bool, is_history: bool = False, is_first: bool = True, is_alone: bool = True) -> Statement:
        """`is_demand` says that a plain sentence stands among what is asked for, not among what rules out."""
        sentence = Sentence.of(text, self.lexicon)
        if len(sentence.chunks) > LONGEST_SENTENCE:
            return Statement(PLAIN, Unread(text))
        Limits(sentence, self.vocabulary, self.lexicon).read()
        Diagnoses(sentence).read()
        Treatments(sentence, is_history).read()
        _Brackets(sentence).settle()
        return _Speech(sentence, is_demand, is_first, is_alone).statement()


class _Brackets:
    """What stands in brackets: the same said again, an abbreviation or an example is dropped; the rest narrows."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence

    def settle(self) -> None:
        sentence = self.sentence
        while (match := re.search(r"\([^()]*\)", sentence.letters)) is not None:
            start, end = match.span()
            inside = match[0][1:-1]
            words = sentence.words(start, end)
            meaning = inside.strip("fhsg,/&|.:-bE")
            if sentence.letters[start - 1 : start] in _ATOMS and start and _OPENS_BOTH_WAYS.search(words) and not inside.startswith("g"):
                sentence.put(start, end, "y", Unread(words))
            elif not meaning or inside.startswith("g") or _ABBREVIATION.fullmatch(words) or _HOW_MEASURED.search(words):
                sentence.drop(start, end)
            elif inside.strip("fh") == LIMITS and sentence.letters[start - 1 : start] == LIMITS and self._same_fact(start):
                sentence.drop(start, end)  # the same limit on another scale: "ECOG 0-2 (Karnofsky 60 or more)"
            elif inside.startswith("|") or (not set(sentence.letters[:start]) & _ATOMS and set(inside) & _ATOMS):
                sentence.drop(end - 1, end)
                sentence.drop(start, start + 1)
            else:
                sentence.put(start, end, "y" if set(inside) & set("pieC") or _OPENS_BOTH_WAYS.search(words) else "m", Unread(words))
        while (lone := re.search(r"[()]", sentence.letters)) is not None:
            sentence.drop(lone.start(), lone.end())

    def _same_fact(self, start: int) -> bool:
        before, inside = (self.sentence.chunks[at].value for at in (start - 1, self.sentence.letters.index(LIMITS, start)))
        facts = [set(re.findall(r"[a-z]+\.[a-z0-9_]+", as_expression(reading))) for reading in (before, inside)]
        return facts[0] == facts[1]


class _Speech:
    """One sentence, read as a speech act."""

    def __init__(self, sentence: Sentence, is_demand: bool, is_first: bool, is_alone: bool) -> None:
        self.sentence = sentence
        self.is_demand = is_demand
        self.is_first = is_first
        self.is_alone = is_alone

    @property
    def letters(self) -> str:
        return self.sentence.letters

    def statement(self) -> Statement:
        if _TELLING.match(self.sentence.text) and "p" not in self.letters and "q" not in self.letters:
            return Statement(TELLS, Unread(self.sentence.text))
        self._part_run_on()
        self._drop_idle_verbs()
        label = re.match(r"[fhs]*(B)[fh]*:", self.letters)
        if label is not None and len(self.letters) > label.end() and self._value(label.start(1)) == NOBODY:
            return Statement(PLAIN, EVERYBODY if self.is_demand else NOBODY)  # "PROSTATE CANCER: ..." asks nothing of people with another
        self._cancers_elsewhere()
        condition = self._condition_before()
        if condition is not None:
            return condition
        label = re.match(r"[fhs]*([AB])[fh]*:", self.letters)
        if label is not None and self.is_demand and len(self.letters) > label.end():
            rest = Unread(self.sentence.words(label.end(), len(self.letters)))
            return Statement(DEMANDS, any_of(opposite(self._value(label.start(1))), rest))
        permit, forbid, oblige = (self.letters.find(letter) for letter in "pqo")
        if permit >= 0:
            return self._permission(permit)
        if (
            forbid >= 0
            and re.search(r"eligible$", self.sentence.words(forbid, forbid + 1), re.IGNORECASE)
            and self.letters[forbid + 1 : forbid + 2] == "h"
        ):
            return Statement(PLAIN, Unread(self.sentence.text))  # "not eligible for surgery" is a judgement on a person, not on the trial
        if forbid >= 0:
            return Statement(RULES_OUT, self._about_women(self._without(forbid), False))
        if oblige >= 0:
            return self._demand(oblige)
        reading = self._assertion(0, len(self.letters), self.is_demand)
        if not self.is_demand and isinstance(reading, Opposite) and _is_illness(reading.part):
            reading = Unread(self.sentence.text)  # "does not have HIV" among what rules out is a slip
        if self.is_demand and "n" not in self.letters:
            reading = self._of_the_ill_only(reading)
        return Statement(PLAIN, self._about_women(reading, self.is_demand))

    def _part_run_on(self) -> None:
        """ "No AIDS No other malignancy": a capital "No" begins the next demand."""
        for at in range(len(self.letters) - 1, 0, -1):
            chunk = self.sentence.chunks[at]
            if chunk.role == "n" and self.sentence.text[chunk.start].isupper() and self.letters[at - 1] not in ";,":
                self.sentence.insert(at, ";")

    def _drop_idle_verbs(self) -> None:
        """ "Eligible" before a noun permits nothing, nor does "allowed" after an "if"."""
        for at, letter in enumerate(self.letters):
            if letter != "p":
                continue
            chunk = self.sentence.chunks[at]
            word = self.sentence.text[chunk.start : chunk.end].lower()
            after = self.letters[at + 1 : at + 2]
            if (word in ("eligible", "acceptable") and after not in ("", "i", "e", ",", ";", ".")) or "i" in self.letters[:at]:
                self.sentence.put(at, at + 1, "w" if "i" not in self.letters[:at] else "f", None)

    def _cancers_elsewhere(self) -> None:
        """Where a cancer is ruled out that nobody here started with, it is a second cancer that is meant."""
        for at, letter in enumerate(self.letters):
            if letter == DIAGNOSIS and at and self.letters[at - 1] == "n" and self.sentence.words(at - 1, at).lower() == "non":
                self.sentence.chunks[at].value = Unread(self.sentence.words(at - 1, at + 1))
                self.sentence.put(at - 1, at, "f", None)
            elif letter == DIAGNOSIS and self._value(at) == NOBODY and (not self.is_demand or set(self.letters[:at]) & set("nq")):
                chunk = self.sentence.chunks[at]
                chunk.value = all_of(Literal("condition.second_cancer"), Unread(self.sentence.text[chunk.start : chunk.end]))

    def _without(self, place: int) -> Reading:
        """All of the sentence but the verb at a place, as what is ruled out."""
        self.sentence.put(place, place + 1, "f", None)
        return self._assertion(0, len(self.letters), False)

    def _condition_before(self) -> Statement | None:
        """ "For patients with breast cancer, ..." asks the rest only of those."""
        comma = self.letters.find(",")
        if comma < 0 and self.is_demand and _FOR_THOSE_AT_ONCE.match(self.sentence.text):
            # "For patients with liver metastases ≤ 5 x ULN" after a limit eases it; what else is asked of some stays open.
            return Statement(PERMITS if "C" in self.letters and not self.is_first else DEMANDS, Unread(self.sentence.text))
        if comma < 0 or not _FOR_THOSE.match(self.sentence.text):
            return None
        if _FOR_OTHERS.search(self.sentence.words(comma + 1, len(self.letters))):
            return Statement(PLAIN, Unread(self.sentence.text))  # one rule for these and another for those
        held = [self._value(at) for at in range(comma) if self.letters[at] in (HOLDS, DIAGNOSIS)]
        is_known = bool(held) and "n" not in self.letters[:comma]
        guard = self._assertion(0, comma, False) if is_known else Unread(self.sentence.words(0, comma))
        rest: Reading = Unread(self.sentence.words(comma + 1, len(self.letters)))
        if not set(self.letters[comma:]) & set("pq"):
            rest = self._assertion(comma + 1, len(self.letters), self.is_demand)
        if self.is_demand:
            return Statement(DEMANDS, any_of(opposite(guard), rest, *([] if held else [guard])))
        return Statement(PLAIN, all_of(guard, rest))

    def _permission(self, place: int) -> Statement:
        """ "X is allowed", "patients with X are eligible if Y", and "no X allowed", which is none."""
        letters = self.letters
        before, after = letters[:place], letters[place + 1 :]
        if re.match(r"[fhsO]*n", before):
            self.sentence.put(place, place + 1, "f", None)
            return Statement(PLAIN, self._assertion(0, len(self.letters), self.is_demand))
        condition = re.search(r"[ie]", after)
        held = [self._value(at) for at in range(place) if letters[at] == HOLDS]
        are_ill = bool(held) and all(_is_illness(one) for one in held)
        if condition is not None and are_ill and not re.search(r"\bor\b|\|", before):
            words = self.sentence.words(place + 1 + condition.start(), len(letters))
            return Statement(DEMANDS, any_of(opposite(all_of(*held)), Unread(words)))
        is_condition = re.search(r"\b(?:is|are|be) eligible|^eligible", self.sentence.words(place, place + 1), re.IGNORECASE)
        if is_condition and any(letters[at] == DIAGNOSIS and self._value(at) == NOBODY for at in range(place)):
            return Statement(PERMITS if not self.is_first else PLAIN, Unread(self.sentence.text))
        if is_condition and set(before) & _ATOMS and not are_ill and self.is_demand and self.is_first and condition is None:
            return Statement(PLAIN, self._assertion(0, place, True))
        if self.is_demand and are_ill and set(before + after) & set("wmr") and not re.search(r"\bor\b", self.sentence.words(0, place)):
            # "Patients with HIV and an undetectable viral load are eligible" speaks of those alone: nobody else has to meet it.
            return Statement(DEMANDS, any_of(opposite(all_of(*held)), Unread(self.sentence.text)))
        is_plain = (
            not set(letters) & set("ioqe")
            and not set(letters) & set("CNV")
            and not set(before) & set(",;-")
            and len(self.sentence.text.split()) <= 30
        )
        is_plain = is_plain and not re.search(r"\binclude|\bonly\b|consult|after\b|discuss", self.sentence.text, re.IGNORECASE)
        if self.is_alone:
            # "Patients with X will be considered" asks for X; "X is allowed" asks for nothing.
            is_plain = is_plain and _ALLOWS.search(self.sentence.words(place, place + 1)) is not None
            return Statement(PERMITS if is_plain else PLAIN, Unread(self.sentence.text))
        allowed = self._assertion(0, place, True) if set(before) & _ATOMS else Unread(self.sentence.text)
        conditions = [Unread(self.sentence.words(place, len(letters)))] if after.strip("fhsgbE:.") else []
        return Statement(PERMITS, all_of(allowed, *conditions))

    def _demand(self, place: int) -> Statement:
        """ "Patients must ..."; "patients with X must ..." asks it only of those."""
        guards = [at for at in range(place) if self.letters[at] in (HOLDS, DIAGNOSIS)]
        limits = [at for at in range(place) if self.letters[at] == LIMITS]
        if guards and not limits and "n" not in self.letters[:place] and re.search(r"s|^[fh]*[AB]", self.letters[:place]):
            rest = self._assertion(place + 1, len(self.letters), True)
            guard = self._assertion(0, place, False)
            return Statement(DEMANDS, self._about_women(any_of(opposite(guard), rest), True))
        self.sentence.put(place, place + 1, "f", None)
        for at, letter in enumerate(self.letters):
            if letter == "o":
                self.sentence.put(at, at + 1, "f", None)
        return Statement(DEMANDS, self._about_women(self._assertion(0, len(self.letters), True), True))

    def _about_women(self, reading: Reading, is_demand: bool) -> Reading:
        """What is asked of women only is asked of no man."""
        if "F" not in self.letters or _MEN.search(self.sentence.text):
            return reading
        if not _OF_WOMEN.search(self.sentence.text):
            is_subject = re.match(r"[fh]*F", self.letters) is not None
            return all_of(reading, _NOT_MALE) if is_demand and is_subject else reading
        if is_demand:
            return any_of(Literal('person.sex == "male"'), reading)
        return all_of(_NOT_MALE, reading)

    def _of_the_ill_only(self, reading: Reading) -> Reading:
        """ "Brain metastases with controlled symptoms", among what is asked for, is asked of those who have them."""
        illnesses = [self._value(at) for at, letter in enumerate(self.letters) if letter == HOLDS and _is_illness(self._value(at))]
        if len(illnesses) != sum(letter in _ATOMS for letter in self.letters) or not illnesses or not isinstance(reading, All):
            return reading
        if "metastases." not in as_expression(any_of(*illnesses)):
            return Unread(self.sentence.text)  # a trial may ask for the illness itself
        return any_of(opposite(any_of(*illnesses)), Unread(self.sentence.text))

    def _value(self, place: int) -> Reading:
        reading: Reading = self.sentence.chunks[place].value
        return reading

    # --- assertions ---

    def _assertion(self, start: int, end: int, is_demand: bool) -> Reading:
        """What chunks `start` to `end` assert. Exceptions and conditions run to the end of the sentence."""
        letters = self.letters
        cut = next((at for at in range(start, end) if letters[at] in "ei" and (set(letters[start:at]) & (_ATOMS | {"w", "m"}))), None)
        if cut is not None:
            main = self._list(start, cut, is_demand)
            words = self.sentence.words(cut, end)
            if set(letters[cut + 1 : end]) & set("ei"):
                return Unread(self.sentence.words(start, end))  # an exception to an exception
            negated = "n" in letters[start:cut] or not is_demand
            are_limits = set(letters[start:cut]) & _ATOMS == {LIMITS}
            if not negated and (letters[cut] == "i" or are_limits or _UNLESS.search(words)):
                return any_of(main, Unread(words))
            others = letters[cut + 1 : end].strip("fhs.,&|")
            if not negated and others and set(others) <= {DIAGNOSIS, ",", "&", "|", "f", "h"}:
                return all_of(main, opposite(self._list(cut + 1, end, True)))  # "solid tumors excluding primary brain tumors"
            if negated and is_demand:  # "no X except Y" denies X and not Y, so the exception widens the demand
                return any_of(main, Unread(words))
            return all_of(main, Unread(words))
        return self._list(start, end, is_demand)

    def _list(self, start: int, end: int, is_demand: bool) -> Reading:
        segments = self._segments(start, end)
        if not segments:
            return Unread(self.sentence.words(start, end)) if end > start else EVERYBODY
        return self._joined(segments, is_demand)

    def _segments(self, start: int, end: int) -> list[_Segment]:
        """The members of a list. A joint inside a modifier ("requiring steroids or surgery") joins no members."""
        letters = self.letters
        edges = [at for at in range(start, end) if letters[at] in _JOINTS]
        segments: list[_Segment] = []
        begin, joint = start, ""
        for edge in [*edges, end]:
            if not letters[begin:edge].strip("fhsgbE:.-"):
                joint += letters[edge : edge + 1] if edge < end else ""
                begin = edge + 1
                continue
            segment = self._segment(joint, begin, edge)
            if segments and self._goes_on(segments[-1], segment):
                segments[-1].end = segment.end
                segments[-1].is_open = segments[-1].is_open or segment.is_open
                if not segments[-1].atoms:
                    segments[-1].atoms = segment.atoms
            else:
                segments.append(segment)
            joint = letters[edge : edge + 1] if edge < end else ""
            begin = edge + 1
        return segments

    def _segment(self, joint: str, start: int, end: int) -> _Segment:
        letters = self.letters
        segment = _Segment(joint, start, end)
        for at in range(start, end):
            if letters[at] in _ATOMS and not segment.is_open:
                segment.atoms.append(at)
            elif letters[at] == "r" and segment.atoms:
                segment.is_open = True
        return segment

    def _goes_on(self, before: _Segment, segment: _Segment) -> bool:
        """Whether a segment is still part of the member before it."""
        letters = self.letters
        if not before.atoms:
            # Adjectives that share the noun to come: "active or prior autoimmune disease".
            is_adjectives = set(letters[before.start : before.end]) <= set("mfhsnOY") and bool(segment.atoms) and segment.joint != ";"
            places = {self.sentence.words(at, at + 1).lower() for at in range(before.start, before.end) if letters[at] == "m"}
            return is_adjectives and not places & _ANATOMICAL
        if segment.joint == ";":
            return False
        first = letters[segment.start : segment.end].lstrip("fgb")[:1]
        if first in ("r",):
            return True
        if first == "h" and not segment.atoms:
            # "or have malabsorption" begins a new member; "or in the last month" goes on.
            words = self.sentence.words(segment.start, segment.end).split(None, 1)
            return before.is_open or not words or words[0].lower() not in _VERBS
        if segment.atoms:
            return False
        if before.is_open:
            return set(letters[segment.start : segment.end]) <= set("mfhNTJCUHbE") or bool(
                _TREATING_WORDS.search(self.sentence.words(segment.start, segment.end))
            )
        return set(letters[segment.start : segment.end]) <= set("fhNTJCUHbEgm") and "m" not in letters[segment.start : segment.end]

    def _joined(self, segments: list[_Segment], is_demand: bool) -> Reading:
        """Members joined as their joints say; a "no" holds for what follows it up to the next limit."""
        readings: list[Reading] = []
        joints = "".join(
            segment.joint[-1:] if set(segment.joint) <= {","} else re.sub(",", "", segment.joint)[-1:] for segment in segments[1:]
        )
        denied: list[Reading] = []
        denied_joints = ""
        is_denying = False
        shared = self._shared_modifier(segments)
        for segment in segments:
            reading, has_no = self._member(segment)
            if shared is not None and segment is not segments[0] and segment.atoms and not self._has_modifier(segment):
                reading = all_of(reading, shared)
            if segment is not segments[-1] and self._may_share_tail(segment):
                later = segments[segments.index(segment) + 1 :]
                tail = self._shared_tail(later)
                reading = reading if tail is None else all_of(reading, tail)
            if has_no:
                is_denying = True
            elif is_denying and (segment.joint == ";" or self._is_new_limit(segment)):
                is_denying = False
            if is_denying:
                denied.append(reading)
                denied_joints += segment.joint if len(denied) > 1 else ""
            else:
                readings.append(reading)
        words = self.sentence.words(segments[0].start, segments[-1].end)
        if denied:
            members = agreed(denied, words) if "&" in denied_joints and "|" not in denied_joints else any_of(*denied)
            readings.append(opposite(members))
            if len(readings) == 1:
                return readings[0]
            return all_of(*readings) if is_demand and "|" not in joints else agreed(readings, words)
        if len(readings) == 1:
            return readings[0]
        if is_demand and len(readings) > 2 and sum(self._is_new_limit(segment) for segment in segments) > 2:
            return self._limits_joined(segments, readings)
        if is_demand and "&" not in joints and all(self._names_cancer(segment) or not segment.atoms for segment in segments):
            return any_of(*readings)
        kinds = set(joints.replace(";", ",").replace("/", "|"))
        last = segments[-1]
        if kinds == {","} and re.search(r"\bor\b", self.sentence.words(last.start, last.end), re.IGNORECASE):
            return any_of(*readings)  # "HIV, hepatitis B or C": the "or" stands inside the last name
        if kinds == {","}:
            return (all_of(*readings) if is_demand else any_of(*readings)) if ";" in joints else agreed(readings, words)
        if "|" in kinds and "&" not in kinds:
            # "Not within 3 weeks of one or 2 weeks of the other" may mean neither.
            return agreed(readings, words) if any(isinstance(reading, Opposite) for reading in readings) else any_of(*readings)
        if "&" in kinds and "|" not in kinds:
            return all_of(*readings) if is_demand else agreed(readings, words)
        return agreed(readings, words)

    def _shared_modifier(self, segments: list[_Segment]) -> Reading | None:
        """ "Uncontrolled diabetes or hypertension": the adjective before the first may be meant for all."""
        lead = re.match(r"[fhs]*(m[fm/|,]*)", self.letters[segments[0].start : segments[0].end])
        if lead is None or len(segments) < 2:
            return None
        return Unread(self.sentence.words(segments[0].start + lead.start(1), segments[0].start + lead.end(1)))

    def _shared_tail(self, later: list[_Segment]) -> Reading | None:
        """ "Major surgery or injury within 4 weeks": a time or a modifier behind a later member may be meant for all before it."""
        for segment in later:
            words = self.sentence.words(segment.start, segment.end)
            after = segment.atoms[-1] + 1 if segment.atoms else segment.start
            if self._has_tail(after, segment.end) or (any(self.letters[at] == HOLDS for at in segment.atoms) and _TIME_WORDS.search(words)):
                return Unread(words)
        return None

    def _has_tail(self, start: int, end: int) -> bool:
        return bool(set(self.letters[start:end]) & set("rJ")) or (start < end and bool(_TIME_WORDS.search(self.sentence.words(start, end))))

    def _may_share_tail(self, segment: _Segment) -> bool:
        """A state or treatment with no time or modifier of its own."""
        if not segment.atoms or any(self.letters[at] != HOLDS for at in segment.atoms):
            return False
        words = self.sentence.words(segment.start, segment.end)
        return not _TIME_WORDS.search(words) and not set(self.letters[segment.atoms[-1] + 1 : segment.end]) & set("rJ")

    def _has_modifier(self, segment: _Segment) -> bool:
        return self._is_new_limit(segment) or "m" in self.letters[segment.start : segment.atoms[0]]

    def _limits_joined(self, segments: list[_Segment], readings: list[Reading]) -> Reading:
        """A row of limits is asked together; an "or" in it joins only its two neighbors ("creatinine ... or clearance ...")."""
        groups: list[list[Reading]] = [[readings[0]]]
        for segment, reading in zip(segments[1:], readings[1:], strict=True):
            if "|" in segment.joint:
                groups[-1].append(reading)
            else:
                groups.append([reading])
        return all_of(*(any_of(*group) for group in groups))

    def _names_cancer(self, segment: _Segment) -> bool:
        return any(self.letters[at] == DIAGNOSIS for at in segment.atoms)

    def _is_new_limit(self, segment: _Segment) -> bool:
        return any(self.letters[at] == LIMITS for at in segment.atoms)

    def _member(self, segment: _Segment) -> tuple[Reading, bool]:
        """One member of a list, and whether a "no" stands before it."""
        letters = self.letters
        if not segment.atoms:
            words = self.sentence.words(segment.start, segment.end)
            return Unread(words), "n" in letters[segment.start : segment.end].lstrip("fhsOY")[:1]
        atoms = self._before_a_no(segment.atoms)
        first, last = atoms[0], atoms[-1]
        lead = letters[segment.start : first]
        has_no = lead.count("n") % 2 == 1
        reading = all_of(*(self._value(at) for at in atoms))
        if len(atoms) > 1 and all(letters[at] == HOLDS for at in atoms):
            reading = agreed([self._value(at) for at in atoms], self.sentence.words(first, last + 1))
        between = "".join(letters[one + 1 : other] for one, other in pairwise(atoms))
        is_limit = all(letters[at] != HOLDS for at in atoms)
        if letters[first] == DIAGNOSIS and self._is_governed(segment.start, first):
            return Unread(self.sentence.words(segment.start, segment.end)), has_no
        unknown_lead = re.sub(r"[fhsgnbE:.F,;|&/-]" if not is_limit else r"[fhsgnbEO:.F,;|&/-]", "", lead)
        trail = letters[last + 1 : segment.end]
        unknown_trail = re.sub(r"[fhsgbE:.F-]", "", trail)
        narrowing: list[Reading] = []
        if unknown_lead:
            if "y" in unknown_lead or (not is_limit and set(unknown_lead) - set("mrOYtz")):
                return Unread(self.sentence.words(segment.start, segment.end)), has_no
            narrowing.append(Unread(self.sentence.words(segment.start, first)))
        if any(_OPENS_BOTH_WAYS.search(self.sentence.words(one + 1, other)) for one, other in pairwise(atoms)):
            return Unread(self.sentence.words(segment.start, segment.end)), has_no
        meant = re.sub(r"[fhsg:.F-]", "", between)
        if meant:
            narrowing.append(Unread(self.sentence.words(first + 1, last)))
        if unknown_trail:
            follows = trail.lstrip("fsgbE:.F-")[:1]
            words = self.sentence.words(last + 1, segment.end)
            if is_limit and (
                "y" in trail or _OPENS_BOTH_WAYS.search(words) or (not self.is_demand and follows in "wms" and words[:1].isupper())
            ):
                return Unread(self.sentence.words(segment.start, segment.end)), has_no
            if is_limit and _WHEN_ASKED.match(words) and "A" not in trail:
                pass
            elif is_limit and set(unknown_trail) <= set("JHTNbC") and "r" not in trail and "C" not in trail:
                pass  # when a value was measured adds nothing to what it must be
            elif not is_limit and follows not in "rhmJyiHlcCtn(":
                return Unread(self.sentence.words(segment.start, segment.end)), has_no
            else:
                narrowing.append(Unread(self.sentence.words(last + 1, segment.end)))
        return all_of(reading, *narrowing), has_no

    def _is_governed(self, start: int, place: int) -> bool:
        """ "Therapies for esophageal cancer": the cancer is not what is spoken of."""
        lead = self.letters[start:place]
        match = re.search(r"[wODM]f*(h)[fh]*$", lead)
        return match is not None and self.sentence.words(start + match.start(1), start + match.end(1)).lower() in _GOVERNING

    def _before_a_no(self, atoms: list[int]) -> list[int]:
        """ "Colorectal cancer with no disease elsewhere", "malignancy other than gastric cancer": the rest only narrows."""
        for number, (one, other) in enumerate(pairwise(atoms), 1):
            if "n" in self.letters[one + 1 : other] or _OTHER_THAN.search(self.sentence.words(one, one + 1)):
                return atoms[:number]
        return atoms


def _is_illness(reading: Reading) -> bool:
    """Whether a reading speaks only of what a person may have beside this cancer, or of its spread to the brain."""
    facts = re.findall(r"[a-z]+\.[a-z0-9_]+", as_expression(reading))
    own = ("condition.", "metastases.brain", "metastases.leptomeningeal", "person.pregnant", "person.breastfeeding", "person.sex")
    return bool(facts) and all(fact.startswith(own) for fact in facts)


def combined(statements: list[Statement], is_demand: bool) -> Reading:
    """What an item of several sentences demands of a person, as a reading that must be YES to clear it.

    A permission widens what is allowed; a sentence that only tells something narrows nothing that is demanded, but may narrow what rules
    out.
    """
    acts = [statement for statement in statements if statement.deed not in (PERMITS, TELLS)]
    permissions = [statement for statement in statements if statement.deed == PERMITS]
    telling = [statement for statement in statements if statement.deed == TELLS]
    if not acts:
        return EVERYBODY if permissions and not telling else Unread(" ".join(_words(statement) for statement in statements))
    demands: list[Reading] = []
    for statement in acts:
        if statement.deed == DEMANDS or (statement.deed == PLAIN and is_demand):
            demands.append(statement.reading)
        else:
            demands.append(opposite(statement.reading))
    widened = [statement.reading for statement in permissions]
    demand = all_of(*demands)
    if is_demand and telling:
        demand = all_of(demand, *(statement.reading for statement in telling))
    elif telling:
        widened += [statement.reading for statement in telling]
    return demand if not widened or is_fully_unread(demand) else any_of(demand, *widened)


def _words(statement: Statement) -> str:
    return statement.reading.words if isinstance(statement.reading, Unread) else ""
