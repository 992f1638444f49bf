"""Reading what treatment a sentence speaks of: had before, had lately, going on, progressed on, never had."""

from __future__ import annotations

import re

from wayline.trials.chunks import HOLDS, LIMITS, Sentence
from wayline.trials.expressions import Literal, Reading, Unread, all_of, any_of, opposite
from wayline.trials.lexicon import RADIATION_PROCEDURES, State, Treatment

_LIST = r"D(?:[fh]{0,2}(?:[,/|&(]{1,2}[fhO]{0,3}|[fh]?)D\)?)*"
_WINDOW = re.compile(r"(?:H|C)[fhC(]{0,3}N(?:f?[-|/]f?N)?f?T[\)]?(?:[fhb]{0,4}[bHE][fhE]{0,4}|[fh]*E)?")
_SINCE = re.compile(r"(?:C|f)?[fh]{0,2}N(?:f?[-|]f?N)?f?T[fh]{0,3}[bE]?[fhb]{0,3}[E]?")
_AGENT = re.compile(
    r"(?:target\w*|inhibitor\w*|antagonist\w*|agonist\w*|adcs?|antibod\w+|directed|[a-z]*\d[\w.-]*|[A-Z]{2,}[\w-]*|\w+(?:mab|nib|tide|parib|ciclib|lisib|tecan|platin|taxel))",
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
        sentence.each(re.compile(rf"v[fhO]*(?:(?P<lines>V)[fhO]*)?(?:{_LIST}t?|R[fhO]*t?)"), self._progressed)
        sentence.each(re.compile(rf"z[fhO]*{_LIST}[fh]*t?J?|t?D?[fh]?z(?=$|[,.;)f])"), self._naive)
        sentence.each(re.compile(rf"J[fhbE]*[O][fhO]*{_LIST}t?"), self._had)
        sentence.each(re.compile(rf"Y[fhOY]*{_LIST}[fh]*t?"), self._now)
        sentence.each(re.compile(rf"O[fhOtm]*?{_LIST}[fh(]*t?(?:[fh(m]*J\)?)?"), self._had)
        sentence.each(re.compile(rf"{_LIST}[fh]*t?[fhm(]*J\)?"), self._had)
        sentence.each(re.compile(rf"n[fhm]*t?{_LIST}[fh]*t?"), self._after_no)
        sentence.each(re.compile(r"O[fhOm]*[wmNf-]{1,10}(?:D|(?=$|[,.;|&)(]))"), self._unknown_agent)
        if self.is_history:
            sentence.each(re.compile(rf"{_LIST}[fh]*t?"), self._had)

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
                    sentence.put(match.start(), match.end(), "J", ("since", self._days(chunks)))
                continue
            sentence.put(match.start(), match.end(), "J", ("within", self._days(chunks)))

    @staticmethod
    def _days(chunks: list[object]) -> int:
        numbers = [chunk.value for chunk in chunks if chunk.role == "N"]  # type: ignore[attr-defined]
        unit = next(chunk.value for chunk in chunks if chunk.role == "T")  # type: ignore[attr-defined]
        return min(int(max(numbers) * unit + 0.5), 36_500)

    def _dated_states(self) -> None:
        """A state with a window: by its own date where there is one, else the window narrows it."""
        sentence = self.sentence
        sentence.each(re.compile(r"K(?:[fhwm]{0,3}[fh(]*J\)?)?"), self._state)

    def _state(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        chunks = self.sentence.chunks[start:end]
        state: State = chunks[0].value
        window = next((chunk.value for chunk in chunks if chunk.role == "J"), None)
        if window is None or any(chunk.role in "wm" for chunk in chunks) or window[0] == "since":
            return start + 1, HOLDS, state.reading
        if state.date_fact is None:
            return end, HOLDS, all_of(state.reading, Unread(self.sentence.words(start + 1, end)))
        within = Literal(f"within({state.date_fact}, {window[1]})")
        if isinstance(state.reading, Literal) and state.reading.text.startswith("within("):
            return end, HOLDS, within
        return end, HOLDS, all_of(state.reading, any_of(within, Unread(self.sentence.words(start + 1, end))))

    # --- treatments ---

    def _progressed(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """Grew on it: certain where a course ended because the cancer grew, impossible where it was never given."""
        chunks = self.sentence.chunks[start:end]
        words = self.sentence.words(start, end)
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        lines = [chunk.value for chunk in chunks if chunk.role == "V"]
        named = [name for treatment in treatments for name in (treatment.names or ("systemic_therapy",)) if treatment.kind != "radiation"] or ["systemic_therapy"]
        if any(treatment.kind == "radiation" for treatment in treatments):
            return end, HOLDS, all_of(any_of(had_treatment(treatments[0]), Literal('had("systemic_therapy")')), Unread(words))
        exhausted = re.search(r"exhaust|\ball\b|standard|available|approved", words, re.IGNORECASE)
        had = [Literal(f'had("{name}")') for name in named]
        ended: list[Reading] = [Literal(f'had("{name}", ended_because="progression")') for name in named]
        certain: Reading = Unread(words) if exhausted and re.search(r"exhaust|\ball\b", words, re.IGNORECASE) else any_of(*ended, Unread(words))
        is_all = any(treatment.kind == "combination" for treatment in treatments)
        reading = all_of(all_of(*had) if is_all else any_of(*had), certain)
        return end, HOLDS, all_of(*lines, reading)

    def _naive(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        chunks = self.sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        window = next((chunk.value for chunk in chunks if chunk.role == "J"), None)
        intent = next((chunk.value for chunk in chunks if chunk.role == "t"), None)
        if not treatments:
            treatments = [Treatment((), "any")]
        end, setting, intent = self._setting(end, intent)
        return end, HOLDS, opposite(all_of(any_of(*(had_treatment(one, intent, window) for one in treatments)), *setting))

    def _setting(self, end: int, intent: str | None) -> tuple[int, list[Reading], str | None]:
        """ "For metastatic gastric cancer" after a treatment: the cancer it was given for, and that it was given for advanced disease."""
        letters, chunks = self.sentence.letters, self.sentence.chunks
        match = re.compile(r"[fh]*hf*V").match(letters, end)
        if match is None:
            return end, [], intent
        words = self.sentence.words(end, match.end())
        if not words.lower().startswith(("for", "of", "against")):
            return end, [], intent
        is_advanced = re.search(r"metasta|advanced|unresect|recurren|stage iv", words, re.IGNORECASE)
        return match.end(), [chunks[match.end() - 1].value], "palliative" if is_advanced and intent is None else intent

    def _now(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """Going on now: nothing is, or this was never given, settles it; which of several is going on, the facts do not say."""
        chunks = self.sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        if any(not self._is_against_cancer(treatment) for treatment in treatments):
            return None
        words = self.sentence.words(start, end)
        given: Reading = any_of(*(had_treatment(one) for one in treatments))
        return end, HOLDS, all_of(Literal("therapy.now"), given, Unread(words))

    def _had(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        sentence = self.sentence
        chunks = sentence.chunks[start:end]
        treatments = [chunk.value for chunk in chunks if chunk.role == "D"]
        letters = sentence.letters[start:end]
        if any(not self._is_against_cancer(treatment) for treatment in treatments):
            return None
        intent = next((chunk.value for chunk in chunks if chunk.role == "t"), None)
        window = next((chunk.value for chunk in chunks if chunk.role == "J"), None)
        narrowed = [Unread(sentence.words(start, end))] if re.search(r"m", letters) and not re.search(r"^O?m*", letters[:1]) else []
        readings = [had_treatment(one, intent, window) for one in treatments]
        joints = set(re.findall(r"[,/|&]", letters))
        if "&" in joints and "|" not in joints and len(readings) > 1:
            reading: Reading = any_of(all_of(*readings), all_of(any_of(*readings), Unread(sentence.words(start, end))))
        else:
            reading = any_of(*readings)
        if window is None:
            after, setting, intent = self._setting(end, intent)
            if setting:
                return after, HOLDS, all_of(any_of(*(had_treatment(one, intent) for one in treatments)), *setting, *narrowed)
        return end, HOLDS, all_of(reading, *narrowed)

    def _after_no(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """ "No chemotherapy": the no stays, the treatment after it counts as had."""
        sentence = self.sentence
        first = next(place for place in range(start, end) if sentence.chunks[place].role in "Dt")
        treatments = [chunk.value for chunk in sentence.chunks[first:end] if chunk.role == "D"]
        if any(not self._is_against_cancer(treatment) for treatment in treatments):
            return None
        intent = next((chunk.value for chunk in sentence.chunks[first:end] if chunk.role == "t"), None)
        sentence.put(first, end, HOLDS, any_of(*(had_treatment(one, intent) for one in treatments)))
        return start + 1, "n", Unread("")

    def _unknown_agent(self, start: int, end: int) -> tuple[int, str, Reading] | None:
        """A drug or target that the dictionary does not hold: nobody had it whose every drug is known and in usual care."""
        words = self.sentence.words(start, end)
        rest = words.split(None, 1)[-1]
        if _AGENT.search(rest) is None or re.search(r"vaccin|surg|transfus|transplant|allerg|steroid|toxic|adverse|infect|inhibitors? of cyp|cyp|trial|study|investigational|device|herbal|supplement", words, re.IGNORECASE):
            return None
        return end, HOLDS, all_of(Literal('had("investigational")'), Unread(words))

    @staticmethod
    def _is_against_cancer(treatment: Treatment) -> bool:
        return treatment.kind != "drug" or not set(treatment.names) & _SUPPORTIVE


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
    """That a treatment was had, in a setting, within or not within so many days ("at least 4 weeks since" is read as not within)."""
    arguments = f', intent="{intent}"' if intent else ""
    if window is not None:
        days = window[1] if window[0] == "within" else max(0, window[1] - 1)
        arguments += f", within_days={days}"
    names: tuple[str, ...] = treatment.names
    if treatment.kind in ("radiation", "chemoradiation", "any"):
        radiation = any_of(*(Literal(f'had("{name}"{arguments})') for name in RADIATION_PROCEDURES))
        if treatment.kind == "radiation":
            reading: Reading = radiation
        elif treatment.kind == "any":
            reading = any_of(Literal(f'had("systemic_therapy"{arguments})'), radiation)
        else:
            reading = all_of(Literal(f'had("chemotherapy"{arguments})'), radiation)
    elif treatment.kind == "combination":
        reading = all_of(*(Literal(f'had("{name}"{arguments})') for name in names))
    else:
        reading = any_of(*(Literal(f'had("{name}"{arguments})') for name in names))
    return opposite(reading) if window is not None and window[0] == "since" else reading
