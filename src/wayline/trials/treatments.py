"""Reading what treatment a sentence speaks of: had before, had lately, going on, progressed on, never had."""

from __future__ import annotations

import re

from wayline.trials.chunks import HOLDS, Chunk, Sentence
from wayline.trials.expressions import Literal, Opposite, Reading, Unread, agreed, all_of, any_of, opposite
from wayline.trials.lexicon import LOCAL_PROCEDURES, RADIATION_PROCEDURES, State, Treatment

# Quantifiers that give nothing back (*+) and bounds keep the reading of any text short.
_LIST = r"D(?:(?:[fh]{0,2}[,/|&(]{1,2}[fhO]{0,3}|[fh]{0,3})D\)?)*+"
_WINDOW = re.compile(r"(?:H|C)[fhC(]{0,3}N(?:f?[-|/]f?N)?f?T[\)]?(?:[fhb]{0,4}[bHE][fhE]{0,4}|[fh]*E)?")
# What is still to come, or could not be given, was not had.
_NOT_HAD_YET = re.compile(
    r"\b(?:amenable to|candidates? for|eligible for|eligibility for|suitable for|unsuitable for|plan\w*|schedul\w*|"
    r"intend\w*|intent\w*|will|to receive|appropriate for|indicat\w+ (?:for|to)|intoleran\w+|allerg\w+(?: reactions?)?|"
    r"hypersensitiv\w+|"
    r"able to|anticipat\w+|need for|requir\w*|refus\w+|declin\w+|unfit for|fit for|benefit from|response to|"
    r"toxicity (?:of|to|from|related to)|receiving the|undergo)\s+(?:[\w/-]+\s+){0,3}$",
    re.IGNORECASE,
)
_PROGRESSED = re.compile(
    rf"(?:d[fh]{{0,2}})?v[fhO]{{0,10}}(?:NT[fhbEO]{{0,8}})?(?:V[fhO]{{0,10}})?(?:C?N[fhO]{{0,4}})?(?:[mNwR&|]{{0,4}}[fhO]{{0,10}})?"
    rf"(?:{_LIST}t?R?|R[fhO]{{0,10}}t?|E|(?<=O)(?=$|[,.;)]))"
)
# "Progressed on standard therapy": treatment that was given before, not "treatment" as the study's own beginning.
_EARLIER_TREATMENT = re.compile(
    r"\b(?:standard|prior|previous|earlier|last|latest|most recent|conventional|existing|salvage|(?:front|first)[- ]?line|up[- ]?front)\b"
    r"(?:[ -](?!the\b|start|first)[\w-]+){0,4}[ -](?:therap(?:y|ies)|treatments?)$",
    re.IGNORECASE,
)
_ONLY_THE_CANCER = re.compile(r"[fhsriOodSB&|,(]*")
_OF_SOMETHING_ELSE = re.compile(r"[fh]*h[fh]*[^fhBdSO.,;)]")
_NOT_RECEIVED = re.compile(rf"(z)[fhOm]{{0,10}}(t?[fh]{{0,10}}{_LIST}(?:[fh]{{0,10}}t)?(?:[fhm(]{{0,10}}J)?)")
_NAIVE = re.compile(r"t?D?[fh]?z(?=$|[,.;)&|])")
_SINCE = re.compile(rf"J[fhbEOm]{{0,10}}t?[fh|t]{{0,10}}{_LIST}t?")
_GOING_ON = re.compile(rf"Y[fhOYm]{{0,10}}{_LIST}(?:[fh]{{0,10}}t)?")
_RECEIVED = re.compile(rf"O[fhOtm]{{0,10}}?{_LIST}(?:[fh(]{{0,10}}t)?(?:[fh(m]{{0,10}}J\)?)?")
_LATELY = re.compile(rf"{_LIST}(?:[fh]{{0,10}}t)?[fhm(]{{0,10}}J\)?")
_NO_TREATMENT = re.compile(rf"([nq])[fhmO]{{0,10}}(t?[fh]{{0,10}}{_LIST}(?:[fh]{{0,10}}t)?)")
_SIDE_EFFECT = re.compile(rf"I[fhmrwlNC]{{0,6}}?[fhOmr]{{0,10}}{_LIST}")
_RECEIVED_UNKNOWN = re.compile(r"O[fhOm]{0,10}[wmNf-]{1,10}(?:D|(?=$|[,.;|&)(]))")
_TREATMENT = re.compile(rf"{_LIST}(?:[fh]{{0,10}}t)?")
_STATE = re.compile(r"K(?:[fhwm]{0,3}[fh(]*J\)?)?")
_AGENT = re.compile(
    r"(?:target\w*|inhibitor\w*|antagonist\w*|agonist\w*|adcs?|antibod\w+|directed|\b[A-Za-z]{1,6}-?\d[\w.-]*|4-1BB|"
    r"[A-Z]{2,}[\w-]*|\w+(?:mab|nib|tide|parib|ciclib|lisib|tecan|platin|taxel|trexate|rubicin|zomib|domide|bine|dine|"
    r"stat|sertib|fosfamide|mustine|limus))",
)


_RECOVERED = re.compile(
    r"[\s,]*(?:and|with)\s+(?:(?:has|have|must have|must be|fully|full|adequate(?:ly)?)\s+)*recover\w*[^.;]*", re.IGNORECASE
)
_HALF_LIVES = re.compile(
    r"[\s,(]*(?:or|and)\s+(?:within\s+)?(?:approximately\s+|at least\s+)?[\w.]+\s*(?:x|×|"
    r"times)?\s*(?:the\s+)?(?:\w+\s+){0,2}(?:half[- ]li\w+|t\s?1/2)"
    r"(?:[^.;]{0,70}?(?:shorter|longer|greater|less)\b)?[^.;,)]{0,30}\)?",
    re.IGNORECASE,
)


class Treatments:
    """Reads the treatments of one sentence in place. `under` tells whether a heading already says "prior therapy"."""

    def __init__(self, sentence: Sentence, is_history: bool) -> None:
        self.sentence = sentence
        self.is_history = is_history

    def read(self) -> None:
        self._windows()
        self._dated_states()
        sentence = self.sentence
        self._pretreated()
        if any(role in sentence.letters for role in "DRvz"):
            sentence.each(_SIDE_EFFECT, self._side_effect)
            sentence.each(_PROGRESSED, self._progressed)
            self._denied(_NOT_RECEIVED)
            sentence.each(_NAIVE, self._naive)
            sentence.each(_SINCE, self._had)
            sentence.each(_GOING_ON, self._now)
            sentence.each(_RECEIVED, self._had)
            sentence.each(_LATELY, self._had)
            self._denied(_NO_TREATMENT)
        if "O" in sentence.letters:
            sentence.each(_RECEIVED_UNKNOWN, self._unknown_agent)
        if self.is_history:
            sentence.each(_TREATMENT, self._had)
        for match in re.finditer("z", sentence.letters):  # "has not received more than two lines", "no prior stroke"
            if not re.search(r"na[iï]ve|untreated|previously treated", sentence.words(*match.span()), re.IGNORECASE):
                sentence.put(match.start(), match.end(), "n", None)

    # --- time ---

    def _windows(self) -> None:
        """ "within 4 weeks (28 days) before the first dose" becomes one chunk with its days; so does "at least 4 weeks since"."""
        sentence = self.sentence
        place = 0
        while (match := _WINDOW.search(sentence.letters, place)) is not None:
            place = match.start() + 1
            chunks = sentence.chunks[match.start() : match.end()]
            if chunks[0].role == "C" and (chunks[0].value not in ("<", "<=") or not re.search(r"[bEH]", match[0])):
                if chunks[0].value in (">=", ">") and re.search(r"[bE]", match[0]):
                    sentence.put(
                        match.start(), match.end(), "J", ("since" if chunks[0].value == ">=" else "longer since", self._days(chunks))
                    )
                continue
            sentence.put(match.start(), match.end(), "J", ("within", self._days(chunks)))

    @staticmethod
    def _days(chunks: list[Chunk]) -> int:
        numbers = [chunk.value for chunk in chunks if chunk.role == "N"]
        unit = next(chunk.value for chunk in chunks if chunk.role == "T")
        return min(int(max(numbers) * unit + 0.5), 36_500)

    def _dated_states(self) -> None:
        """A state with a window: by its own date where there is one, else the window narrows it."""
        sentence = self.sentence
        sentence.each(_STATE, self._state)

    def _state(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        chunks = self.sentence.chunks[start:end]
        state: State = chunks[0].value
        window = next((chunk.value for chunk in chunks if chunk.role == "J"), None)
        if window is None or any(chunk.role in "wm" for chunk in chunks) or window[0] != "within":
            elsewhere = [
                self.sentence.words(at, at + 1)
                for at, letter in enumerate(self.sentence.letters)
                if letter == "J" and not start <= at < end
            ]
            narrowed = [Unread(elsewhere[0])] if elsewhere else []  # a time that may be meant for this state too
            return start + 1, HOLDS, all_of(state.reading, *narrowed)
        if state.date_fact is None:
            return end, HOLDS, all_of(state.reading, Unread(self.sentence.words(start + 1, end)))
        within = Literal(f"within({state.date_fact}, {window[1]})")
        if isinstance(state.reading, Literal) and state.reading.text.startswith("within("):
            return end, HOLDS, within
        return end, HOLDS, all_of(state.reading, any_of(within, Unread(self.sentence.words(start + 1, end))))

    # --- treatments ---

    def _pretreated(self) -> None:
        """ "Previously treated esophageal cancer": before a diagnosis it is a demand of its own, elsewhere an adjective."""
        sentence = self.sentence
        for place, letter in enumerate(sentence.letters):
            if letter != "M":
                continue
            stands_alone = re.match(r"M[fh]*(?:B|$|[,.;])", sentence.letters[place:]) and "K" not in sentence.letters[:place]
            if stands_alone:
                sentence.put(place, place + 1, HOLDS, had_treatment(Treatment((), "any")))
            else:
                sentence.put(place, place + 1, "m", None)

    def _side_effect(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """Side effects of a treatment: nobody has them who never had it."""
        sentence = self.sentence
        treatments = [chunk.value for chunk in sentence.chunks[start:end] if chunk.role == "D"]
        words = sentence.words(start, end)
        if re.search(r"\b(?:study|investigational product|surg\w+)\b", words, re.IGNORECASE):
            return None
        return end, HOLDS, all_of(any_of(*(had_treatment(one) for one in treatments)), Unread(words))

    def _progressed(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """Grew on it: certain where a course ended because the cancer grew, impossible where it was never given."""
        chunks = self.sentence.chunks[start:end]
        words = self.sentence.words(start, end)
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        lines = [chunk.value for chunk in chunks if chunk.role == "V"]
        if any(chunk.role == "C" and chunk.value not in (">=", ">") for chunk in chunks):
            return None  # "on at most one treatment" asks nobody to have had it
        is_general = chunks[-1].role in ("E", "O") or any(treatment.kind == "any" for treatment in treatments)
        if is_general and not self._speaks_of_the_cancer(start, end):
            return None
        if chunks[-1].role in ("E", "O"):
            if not _EARLIER_TREATMENT.search(words) or re.search(r"\b(?:before|prior to)\b", words, re.IGNORECASE):
                return None
            return end, HOLDS, all_of(*lines, had_treatment(Treatment((), "any")), Unread(words))
        if any(treatment.kind == "radiation" for treatment in treatments):
            return end, HOLDS, all_of(any_of(had_treatment(treatments[0]), Literal('had("systemic_therapy")')), Unread(words))
        named = [name for treatment in treatments for name in treatment.names] or ["systemic_therapy"]
        had = self._listed(start, end, None, None) if treatments else Literal('had("systemic_therapy")')
        is_narrowed = set(self.sentence.letters[start:end]) & set("mNw") or re.search(r"exhaust|\ball\b", words, re.IGNORECASE)
        ended = all_of(*(Literal(f'had("{name}", ended_because="progression")') for name in named))
        reading = all_of(had, Unread(words) if is_narrowed else any_of(ended, Unread(words)))
        return end, HOLDS, all_of(*lines, reading)

    def _speaks_of_the_cancer(self, start: int, end: int) -> bool:
        """Whether "standard treatment" may be of the cancer. Of an ascites, an infection, a pain, it is any treatment of that."""
        letters = self.sentence.letters
        return _ONLY_THE_CANCER.fullmatch(letters[:start]) is not None and _OF_SOMETHING_ELSE.match(letters[end:]) is None

    def _naive(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """ "Treatment-naive", "chemotherapy-naive", "previously untreated"."""
        words = self.sentence.words(start, end)
        if not re.search(r"na[iï]ve|untreated|not previously treated", words, re.IGNORECASE) or (
            words.lower() == "untreated" and end < len(self.sentence.chunks) - 1
        ):
            return None
        chunks = self.sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"] or [Treatment((), "any")]
        intent = next((chunk.value for chunk in chunks if chunk.role == "t"), None)
        return end, HOLDS, opposite(any_of(*(had_treatment(one, intent) for one in treatments)))

    def _denied(self, pattern: re.Pattern[str]) -> None:
        """ "No chemotherapy", "has not received platinum": the no stays, and the treatment after it counts as had."""
        sentence = self.sentence
        place = 0
        while (match := pattern.search(sentence.letters, place)) is not None:
            place = match.start() + 1
            made = self._had(*match.span(2))
            if made is not None:
                word = sentence.words(*match.span(1))
                reading = all_of(made[2], Unread(word)) if re.search(r"recover|resol", word, re.IGNORECASE) else made[2]
                sentence.put(match.start(2), made[0], made[1], reading)
                sentence.put(match.start(1), match.end(1), "q" if match[1] == "q" else "n", None)

    def _setting(self, end: int, intent: str | None) -> tuple[int, list[Reading], str | None]:
        """ "For metastatic gastric cancer" after a treatment: the cancer it was given for, and that it was given for advanced disease."""
        letters, chunks = self.sentence.letters, self.sentence.chunks
        begin = len(letters[:end].rstrip("fh"))
        match = re.compile(r"[fh]*hf*[VB]").match(letters, begin)
        if match is None:
            return end, [], intent
        words = self.sentence.words(begin, match.end())
        if not words.lower().startswith(("for", "of", "against")):
            return end, [], intent
        is_advanced = re.search(r"metasta|advanced|unresect|recurren|stage iv", words, re.IGNORECASE)
        return match.end(), [chunks[match.end() - 1].value], "palliative" if is_advanced and intent is None else intent

    def _now(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """Going on now: something is, and this was given up to today."""
        chunks = self.sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        if any(not self._is_against_cancer(treatment) for treatment in treatments):
            return None
        words = self.sentence.words(start, end)
        given: Reading = any_of(*(had_treatment(one, None, ("within", 0)) for one in treatments))
        narrowed = [Unread(words)] if any(self._narrows(chunk) for chunk in chunks) else []
        return end, HOLDS, all_of(Literal("therapy.now"), given, *narrowed)

    def _narrows(self, chunk: Chunk) -> bool:
        words = self.sentence.text[chunk.start : chunk.end].lower()
        return chunk.role == "m" and words not in _NEUTRAL

    def _had(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        sentence = self.sentence
        chunks = sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        letters = sentence.letters[start:end]
        if any(not self._is_against_cancer(treatment) for treatment in treatments):
            return None
        if _NOT_HAD_YET.search(sentence.text[: chunks[0].start]):
            return None
        intent = next((chunk.value for chunk in chunks if chunk.role == "t"), None)
        window = next((chunk.value for chunk in chunks if chunk.role == "J"), None)
        narrowed: list[Reading] = [Unread(sentence.text[chunk.start : chunk.end]) for chunk in chunks if self._narrows(chunk)]
        if window is None:
            end, setting, intent = self._setting(end, intent)
            narrowed += setting
        reading = self._listed(start, start + len(letters), intent, window)
        if window is not None:
            end, reading = self._half_lives(end, reading)
            end, reading = self._recovered(end, reading, treatments)
        return end, HOLDS, all_of(reading, *narrowed)

    def _listed(self, start: int, end: int, intent: str | None, window: tuple[str, int] | None) -> Reading:
        """Treatments in a list; two side by side ("anti-PD-1 antibody") are one, and an "and" between two leaves open what is meant."""
        is_since = window is not None and window[0] != "within"
        counted = window if window is None or not is_since else ("within", window[1] - (window[0] == "since"))
        groups: list[list[Reading]] = [[]]
        joints = ""
        for chunk in self.sentence.chunks[start:end]:
            if chunk.role in ",/|&" and groups[-1]:
                groups.append([])
                joints += chunk.role
            elif chunk.role == "D":
                groups[-1].append(had_treatment(chunk.value, intent, counted))
        readings = [all_of(*group) for group in groups if group]
        if "&" in joints and "|" not in joints and len(readings) > 1:
            given = agreed(readings, self.sentence.words(start, end))
        else:
            given = any_of(*readings)
        return opposite(given) if is_since else given

    def _recovered(self, end: int, reading: Reading, treatments: list[Treatment]) -> tuple[int, Reading]:
        """ "And recovered" after a pause: who never had the treatment has nothing to recover from."""
        sentence = self.sentence
        match = _RECOVERED.match(sentence.text[sentence.chunks[end - 1].end :])
        if match is None or not isinstance(reading, Opposite):
            return end, reading
        finish = sentence.chunks[end - 1].end + match.end()
        while end < len(sentence.chunks) and sentence.chunks[end].start < finish:
            end += 1
        not_recovered = all_of(any_of(*(had_treatment(one) for one in treatments)), Unread(match[0].strip(" ,")))
        return end, opposite(any_of(reading.part, not_recovered))

    def _half_lives(self, end: int, reading: Reading) -> tuple[int, Reading]:
        """ "Or 5 half-lives, whichever is shorter" after a window: the window then decides only one way."""
        sentence = self.sentence
        rest = sentence.text[sentence.chunks[end - 1].end :]
        match = _HALF_LIVES.match(rest)
        if match is None:
            return end, reading
        finish = sentence.chunks[end - 1].end + match.end()
        while end < len(sentence.chunks) and sentence.chunks[end].start < finish:
            end += 1
        words = Unread(match[0].strip(" ,("))
        if "short" in match[0] or "less" in match[0]:
            return end, all_of(reading, words)
        return end, any_of(reading, words) if "long" in match[0] else any_of(all_of(reading, words), all_of(opposite(reading), words))

    def _unknown_agent(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """A drug or target that the dictionary does not hold: nobody had it whose every drug is known and in usual care."""
        words = self.sentence.words(start, end)
        rest = words.split(None, 1)[-1]
        if _AGENT.search(rest) is None or re.search(
            r"vaccin|surg|transfus|transplant|factor|coagul|paracentesis|drain|biops|stent|puncture|procedure|proton|pump|reuptake|"
            r"monoamine|enzyme|channel|receptor blocker|allerg|steroid|toxic|adverse|infect|inhibitors? of cyp|cyp|"
            r"trial|study|investigational|device|herbal|supplement",
            words,
            re.IGNORECASE,
        ):
            return None
        return end, HOLDS, all_of(Literal('had("investigational")'), Unread(words))

    @staticmethod
    def _is_against_cancer(treatment: Treatment) -> bool:
        return treatment.kind != "drug" or not set(treatment.names) & _SUPPORTIVE


# Adjectives that change nothing about which treatment is meant.
_NEUTRAL = frozenset({"prior", "previous", "past", "other", "another", "additional", "systemic", "primary", "secondary", "suspected"})
_SUPPORTIVE = frozenset(
    {
        "corticosteroid",
        "anticoagulant",
        "vitamin_k_antagonist",
        "direct_oral_anticoagulant",
        "low_molecular_weight_heparin",
        "bone_modifying_agent",
        "bisphosphonate",
        "antidiarrheal",
        "antiseizure_medicine",
        "growth_factor",
        "erythropoietin",
        "photosensitizer",
    }
)


def had_treatment(treatment: Treatment, intent: str | None = None, window: tuple[str, int] | None = None) -> Reading:
    """That a treatment was had, in a setting, within so many days."""
    arguments = f', intent="{intent}"' if intent else ""
    if window is not None:
        arguments += f", within_days={max(0, window[1])}"
    names: tuple[str, ...] = treatment.names
    if treatment.kind in ("radiation", "some_radiation", "chemoradiation", "any"):
        radiation = any_of(*(Literal(f'had("{name}"{arguments})') for name in RADIATION_PROCEDURES))
        if treatment.kind == "radiation":
            reading: Reading = radiation
        elif treatment.kind == "some_radiation":
            reading = all_of(radiation, Unread("radiation of one kind or place"))
        elif treatment.kind == "any":
            local = any_of(*(Literal(f'had("{name}"{arguments})') for name in LOCAL_PROCEDURES))
            reading = any_of(Literal(f'had("systemic_therapy"{arguments})'), radiation, local)
        else:
            reading = all_of(Literal(f'had("chemotherapy"{arguments})'), radiation)
    elif treatment.kind == "combination":
        reading = all_of(*(Literal(f'had("{name}"{arguments})') for name in names))
    else:
        reading = any_of(*(Literal(f'had("{name}"{arguments})') for name in names))
    return reading
