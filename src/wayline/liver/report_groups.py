"""A sentence's items parted into groups: one thing that is told of (a lesion, a node, the spleen) and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wayline.liver.report_mentions import Item

LIVER, OTHER = "liver", "other"
_REACH = 12  # items: no noun phrase is longer
_ORGANS = {"other_organs", "places"}
_LIVER_WORDS = {"liver_nouns", "liver_adjectives"}
# What may stand before a noun in its own phrase: "two ill defined 2.4 cm segment 6 liver lesions".
_BEFORE_NOUN = {
    *(
        "word",
        "size",
        "segment",
        "lobe",
        "largest",
        "another",
        "number",
        "many",
        "single",
        "small",
        "doubt",
        "about",
        "at_least",
        "more_than",
    ),
    *(
        "fewer_than",
        "at_most",
        "liver_nouns",
        "liver_adjectives",
        "other_organs",
        "places",
        "placed_by",
        "neutral",
        "each",
        "gone",
        "changed",
    ),
    *("stands_for", "both_lobes", "earlier", "diseases"),
}
_NOUNS = {"tumor", "benign"}
_OPENS_PHRASE = {"articles", "none", "these"}
_STANDS_ALONE_BEFORE = {
    "size",
    "is_measured",
    "prepositions",
    "sign",
    "next_to",
    "segment",
    "lobe",
    "stops",
    "and",
    "now",
    "was_measured",
    "at_most",
    "about",
    "placed_by",
}
# "consistent with multiple hepatic metastases"
_BETWEEN_LINK_AND_NAME = {"word", "articles", "number", "many", "single", "largest", "diseases", "each", *_LIVER_WORDS}
_RELATIONS = {"next_to", "apart_from"}


@dataclass(frozen=True, slots=True)
class Group:
    """Items `first` to `last` (exclusive) of a sentence; `head` is the place of its noun, `phrase` that where the noun's phrase begins."""

    first: int
    last: int
    head: int | None
    phrase: int


class Grouping:
    """Finds the nouns of a sentence and parts it between them."""

    def __init__(self, items: Sequence[Item], texts: Sequence[str]) -> None:
        self.items, self.texts = items, texts
        self.named: list[int] = []  # nouns that only name the thing before them: "lesion, consistent with metastasis"
        self.groups = list(self._groups())

    def kind(self, place: int) -> str:
        return self.items[place].kind if 0 <= place < len(self.items) else ""

    def text(self, place: int) -> str:
        if not 0 <= place < len(self.items):
            return ""
        item = self.items[place]
        return self.texts[item.first] if item.last == item.first + 1 else " ".join(self.texts[item.first : item.last])

    def kinds(self, places: Iterable[int]) -> set[str]:
        return {self.kind(place) for place in places}

    def _groups(self) -> Iterable[Group]:
        heads = self._heads()
        if not heads:
            return [Group(0, len(self.items), None, 0)]
        phrases = [self.phrase_start(head, heads[number - 1] + 1 if number else 0) for number, head in enumerate(heads)]
        firsts = [0] + [self._clause_start(phrases[number], heads[number - 1] + 1) for number in range(1, len(heads))]
        lasts = [*firsts[1:], len(self.items)]
        groups = [Group(first, last, head, phrase) for first, last, head, phrase in zip(firsts, lasts, heads, phrases, strict=True)]
        if "benign" in self.kinds(range(len(self.items))):
            return groups
        return [part for group in groups for part in self._parted(group)]

    def _parted(self, group: Group) -> list[Group]:
        """ "One lesion lies in segment 6, 2 cm; in segment 7 are 8 mm": what follows the semicolon is another."""
        if group.head is None or self.kind(group.head) != "tumor" or self.items[group.head].value.many:
            return [group]
        for place in range(group.head + 1, group.last):
            if self.text(place) == ";":
                before, after = self.kinds(range(group.first, place)), self.kinds(range(place + 1, group.last))
                if "segment" in before and {"segment", "size"} <= after:
                    return [Group(group.first, place, group.head, group.phrase), Group(place + 1, group.last, None, place + 1)]
                return [group]
        return [group]

    def phrase_start(self, head: int, lowest: int) -> int:
        at = head
        while at > max(lowest, head - _REACH) and self.kind(at - 1) in _BEFORE_NOUN:
            at -= 1
        if at > lowest and self.kind(at - 1) in _OPENS_PHRASE:
            at -= 1
            if at > lowest and self.kind(at - 1) in {"none", "largest"}:
                at -= 1
        return at

    def _clause_start(self, phrase: int, lowest: int) -> int:
        """The phrase's start, or that of "in segment 7" before it in ", in segment 7 there is a 1.8 cm lesion"."""
        for at in range(phrase - 1, max(lowest, phrase - _REACH) - 1, -1):
            if self.kind(at) == "size":
                break
            if (self.text(at) in {",", ";", "|"} or self.kind(at) in {"and", "but"}) and self.kind(at + 1) == "prepositions":
                return at + 1
        return phrase

    # Which items are nouns that something is told of

    def _heads(self) -> list[int]:
        candidates = [place for place in range(len(self.items)) if self._may_be_head(place)]
        tumors = [place for place in candidates if self.kind(place) == "tumor"]
        heads: list[int] = []
        for place in candidates:
            if self._is_head(place, heads, tumors):
                heads.append(place)
        return heads

    def _may_be_head(self, place: int) -> bool:
        kind = self.kind(place)
        if kind in _NOUNS:
            return self.kind(place + 1) not in _NOUNS
        if kind in _ORGANS or kind in {"liver_nouns", "diseases"}:
            return not self._stands_before_noun(place)
        if kind == "lobe":
            before = place - 1
            while self.kind(before) in {"articles", "largest"}:
                before -= 1
            return self.kind(place + 1) == "is_measured" and self.kind(before) not in {"prepositions", "next_to", "changed"}
        if kind in {"another", "stands_for", "largest"} or (kind == "number" and self.items[place].value == 1):
            return self._stands_alone(place)
        return False

    def _stands_before_noun(self, place: int) -> bool:
        if self.items[place].kind == "liver_nouns" and self.kind(place + 1) in {"segment", "lobe"}:
            return True
        for at in range(place + 1, min(place + _REACH, len(self.items))):
            if self.kind(at) in _NOUNS:
                return True
            if self.kind(at) not in {
                "word",
                "size",
                "segment",
                "lobe",
                "doubt",
                "small",
                "liver_adjectives",
                "liver_nouns",
                "neutral",
                "largest",
                "diseases",
                *_ORGANS,
            }:
                return False
        return False

    def _stands_alone(self, place: int) -> bool:
        """ "the largest in segment 7": no noun behind it."""
        for at in range(place + 1, min(place + _REACH, len(self.items))):
            kind = self.kind(at)
            if kind in _NOUNS or kind in _ORGANS:
                return False
            if kind not in {
                "size",
                "segment",
                "lobe",
                "another",
                "stands_for",
                "small",
                "liver_adjectives",
                "word",
                "largest",
                "number",
                "doubt",
            }:
                break
        follows = self.kind(place + 1)
        if self.text(place + 1) == "than":
            return False
        if self._is_of_noun(place):
            return False
        if self.text(place).endswith((" one", " ones")):
            return True
        if (
            self.text(place) in {"former", "latter"}
            and self.kind(place - 1) == "articles"
            and self.kind(place - 2) in {"prepositions", "next_to"}
        ):
            return False  # "like the latter"
        if self.kind(place) == "number":
            return follows in {"size", "is_measured", "prepositions", "next_to", "stops", "segment"} and self.text(place + 1) != "of"
        if self.kind(place) == "another" and follows == "sign" and self.text(place + 1) != ":":
            return False
        return not follows or follows in _STANDS_ALONE_BEFORE or self.text(place + 1) == "are"

    def _is_of_noun(self, place: int) -> bool:
        """ "the largest of four metastases"."""
        if self.text(place + 1) != "of":
            return False
        at = place + 2
        while at < place + _REACH and self.kind(at) in {"articles", "these", "number", "word", "many", *_LIVER_WORDS}:
            at += 1
        return self.kind(at) in _NOUNS

    def _is_head(self, place: int, heads: list[int], tumors: list[int]) -> bool:
        kind = self.kind(place)
        lowest = heads[-1] + 1 if heads else 0
        start = self.phrase_start(place, lowest)
        before = self.kind(start - 1)
        if kind in _NOUNS and heads and self._names_earlier(place, lowest):
            self.named.append(place)
            return False
        if kind == "benign":
            if heads and "none" in self.kinds(range(start, place)):
                return False
            others = [tumor for tumor in tumors if tumor != place]
            return not (others and before in {"prepositions", *_RELATIONS})
        if kind == "tumor":
            if self.text(place) == "nodular enhancement" and heads and "none" not in self.kinds(range(start - 1, place)):
                return False  # how the tumor before it looks
            if heads and before in _RELATIONS:
                # "next to another metastasis in segment 5": one more, where the first has a segment of its own
                after, own = range(place + 1, place + 4), range(max(lowest, start - _REACH), start)
                return "segment" in self.kinds(after) and "segment" in self.kinds(own)
            return True
        if kind == "diseases":
            return before not in {"prepositions", "names_it", "compared_with"} and not tumors
        if kind in _ORGANS or kind == "liver_nouns":
            return not self._is_dependent(place, lowest)
        return True

    def _names_earlier(self, place: int, lowest: int) -> bool:
        """Whether the noun names what was told of before: "lesion measuring 2.4 cm, likely metastasis"."""
        if self.is_bracketed(place) or self._is_apposed(place):
            return True
        link = place - 1
        while link >= lowest and place - link < _REACH and self.kind(link) in _BETWEEN_LINK_AND_NAME:
            link -= 1
        if link < lowest or self.kind(link) not in {"names_it", "doubt"}:
            return False
        first = link
        while first > lowest and self.kind(first - 1) in {"names_it", "doubt"}:
            first -= 1
        before = self.kind(first - 1)
        if before in {"articles", "size", "number", "many", "single", "another", "small", "none"} and self._is_adjective(link):
            return False  # "and a 1.2 cm suspicious lesion" is one more
        if before == "and" or self.text(first - 1) == ";":
            # "... and likely metastasis in segment 7": one more, where it has a place or size of its own.
            return not {"size", "segment"} & self.kinds(range(place + 1, min(place + 6, len(self.items))))
        return True

    def is_bracketed(self, place: int) -> bool:
        """ "segment 2 (cyst)"."""
        first = place - 1
        while self.kind(first) in {"word", "doubt", "articles", "names_it"} and first > place - _REACH:
            first -= 1
        return self.text(first) in {"(", "["} and self.text(place + 1) in {")", "]"}

    def _is_apposed(self, place: int) -> bool:
        """ "lesion in segment 4a, hemangioma versus metastasis": a bare singular noun behind a comma."""
        bare = self.kind(place) == "benign" and self.text(place - 1) in {",", "-", ":"} and not self.text(place).endswith("s")
        return bare and self.kind(place + 1) in {"", "doubt", "compared_with"} | (
            {"sign"} if self.text(place + 1) in {".", ",", ";", ")"} else set()
        )

    def _is_adjective(self, link: int) -> bool:
        """ "suspicious", "possible" before a noun, unlike "suspicious for"."""
        return self.items[link].last == self.items[link].first + 1

    def _is_dependent(self, place: int, lowest: int) -> bool:
        """Whether an organ only tells where: "in the spleen", "adjacent to the gallbladder and IVC"."""
        follows = self.kind(place + 1)
        at = place - 1
        if self.text(at) in {"left", "right"} and self.kind(at - 1) == "tumor" and follows != "is_measured":
            return True  # "nodule left lung"
        crossed = False
        while at >= lowest and place - at < _REACH:
            kind = self.kind(at)
            if kind in {"prepositions", "names_it", "compared_with", "these", *_RELATIONS}:
                return not (crossed and follows in {"is_measured", "size"})
            if kind == "and" or self.text(at) in {",", "/"}:
                crossed = True
            elif kind not in {"articles", "word", "lobe", "both_lobes", "largest", *_ORGANS, *_LIVER_WORDS}:
                return False
            at -= 1
        return False

    # Which organ a group is about

    def organ(self, group: Group) -> str | None:
        """What the group's own words say: "liver", "other", or None where they say nothing."""
        head = group.head
        if head is not None and self.kind(head) in {"liver_nouns", "lobe"}:
            return LIVER
        if head is not None and self.kind(head) in _ORGANS:
            return OTHER
        noun = len(self.items) if head is None else head
        found = self._last_organ(range(group.phrase, min(noun, group.last))) if head is not None else None
        if found is None:
            found = self._first_organ(range(group.first if head is None else head + 1, group.last))
        if found is None and head is not None:
            found = self._last_organ(range(group.first, group.phrase))
        return found

    def says_liver(self, group: Group) -> bool:
        return bool(self.kinds(range(group.first, group.last)) & _LIVER_WORDS)

    def _last_organ(self, places: range) -> str | None:
        found = None
        for place in places:
            organ = self._organ_at(place)
            found = organ or found
        return found

    def _first_organ(self, places: range) -> str | None:
        for place in places:
            organ = self._organ_at(place)
            if organ:
                return organ
        return None

    def _organ_at(self, place: int) -> str | None:
        kind = self.kind(place)
        if kind == "lobe" and self._is_lobe_of_other(place):
            return OTHER
        if kind in _LIVER_WORDS or kind in {"segment", "lobe", "both_lobes"}:
            return LIVER
        if kind in _ORGANS and not self.relation_of(place):
            return OTHER
        return None

    def _is_lobe_of_other(self, place: int) -> bool:
        """ "the left lobe of the thyroid"."""
        at = place + 1
        while self.kind(at) in {"articles", "prepositions"} and at < place + 4:
            at += 1
        return at > place + 1 and self.text(place + 1).startswith("of") and self.kind(at) == "other_organs"

    def relation_of(self, place: int) -> str:
        """The kind of the relation that leads to an organ ("next_to", "apart_from"), or an empty string."""
        for at in range(place - 1, max(place - _REACH, -1), -1):
            kind = self.kind(at)
            if kind in {*_RELATIONS, "compared_with"}:
                if self.text(at) in {"at", "at the"} and self.kind(place) == "other_organs":
                    return ""  # "a mass at the cardia" is one of it
                return self._relation(at)
            if kind not in {
                "articles",
                "word",
                "and",
                "places",
                "other_organs",
                "lobe",
                "largest",
                "placed_by",
                "liver_adjectives",
                "liver_nouns",
                "prepositions",
                "each",
            } and self.text(at) not in {",", "/", "("}:
                return ""
            if kind == "prepositions" and self.text(at) not in {"to", "of", "on", "the"}:
                return ""
        return ""

    def _relation(self, at: int) -> str:
        if self.kind(at) != "next_to":
            return "apart_from"
        # "not abutting", "without contact with": never record a no as a yes.
        for before in range(at - 1, max(at - 4, -1), -1):
            if self.kind(before) == "none" or self.kind(before) == "apart_from":
                # "abutting but not invading": next to it all the same.
                linked = self.kind(before - 1) in {"but", "and"} or self.text(before - 1) == ","
                return (
                    "next_to" if linked and self.kind(before - 2) == "next_to" and self._relation(before - 2) == "next_to" else "apart_from"
                )
            if self.kind(before) not in {"word", "and", "next_to", "stops", "articles", "doubt"}:
                break
        return "next_to"
