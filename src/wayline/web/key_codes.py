"""Codes to write down: a key in 32 letters and digits, in groups of four, with a last one that tells a slip of the pen.

The letters are Crockford's (no I, L, O, U). 31 of them carry 155 random bits. The last is their sum over the field of 32 elements, each
times another power of x, so that every single wrong character and every two neighbors in the wrong order are noticed.
"""

from __future__ import annotations

import secrets

from wayline.web.sealing import FORM_2, derived

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 32
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LEFT_OUT = str.maketrans("", "", " \t\r\n\xa0-‐‑–—_.·")
_OVERFLOW, _FIELD = 0b100000, 0b100101  # x^5 + x^2 + 1


class CodeSlipError(ValueError):
    """What was typed is no code; the text says what to look at."""


def new_code() -> str:
    """A code that nobody has had before, in groups: `7KQ2-...`."""
    return in_groups("".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS - 1)))


def in_groups(characters: str) -> str:
    """31 characters with their check character, in groups of four."""
    whole = characters + _check(characters)
    return "-".join(whole[first : first + 4] for first in range(0, CHARACTERS, 4))


def key_of(typed: str) -> bytes:
    """The key that a code stands for. Case, blanks and dashes do not count; O is read as 0, I and L as 1. CodeSlipError in words."""
    code = typed.upper().translate(_LEFT_OUT).translate(_FORGIVEN)
    wrong = next((one for one in code if one not in ALPHABET), None)
    if not code:
        raise CodeSlipError("Please type the code.")
    if wrong == "U":
        raise CodeSlipError("A code has no letter U. Is it a V?")
    if wrong is not None:
        raise CodeSlipError("A code has only letters and digits. Please look at it again.")
    if len(code) != CHARACTERS:
        missing = CHARACTERS - len(code)
        words = f"{missing} {'is' if missing == 1 else 'are'} missing" if missing > 0 else f"these are {-missing} too many"
        raise CodeSlipError(f"A code has {CHARACTERS} letters and digits; {words}.")
    if _check(code[:-1]) != code[-1]:
        raise CodeSlipError("One of the letters or digits is not right, or two are in the wrong order. Please compare them one by one.")
    return derived(code.encode("ascii"), FORM_2 + b" code")


def _check(characters: str) -> str:
    total = 0
    for one in characters:
        total = _times_x(total ^ ALPHABET.index(one))
    return ALPHABET[total]


def _times_x(element: int) -> int:
    doubled = element << 1
    return doubled ^ _FIELD if doubled & _OVERFLOW else doubled
