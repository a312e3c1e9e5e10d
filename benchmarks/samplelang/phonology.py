"""How Tarivel joins morphemes: vowel harmony, softening of final stops, and consonants that fit what they follow.

A suffix is written with capitals where its sound depends on what stands before it:

    A   a after a dark vowel (a o u), e after a light one (e i)      -rA    yo-ra, mel-re
    U   u after a dark vowel, i after a light one                    -lU    tolu-lu, peti-li
    D   t after a voiceless consonant, else d                        -DA
    G   k after a voiceless consonant, else g                        -GU
    B   p after a voiceless consonant, else b                        -BAr
    V   v after a vowel, p after a voiceless consonant, else b       -VA
    L   n after l, else l                                            -LU
    (A) only after a consonant; (h) only after a vowel               -(A)k, -(h)Al
    I   i after a consonant, y after a vowel                         -I
"""

from __future__ import annotations

import re
from typing import NamedTuple

VOWELS = frozenset("aeiou")
DARK = frozenset("aou")
VOICELESS = frozenset("ptksšh")
SOFT = {"p": "b", "t": "d", "k": "g"}
LETTERS = "abdeghiklmnñoprsštuvyz"

_UNIT = re.compile(r"\(\w+\)|\w")
_FITTED = {"D": ("t", "d"), "G": ("k", "g"), "B": ("p", "b")}


class Joined(NamedTuple):
    """What two morphemes are once they stand side by side."""

    base: str
    suffix: str


def is_dark(base: str) -> bool:
    """Whether suffixes take their dark vowels after `base`: its last vowel decides.

    >>> is_dark("tamu"), is_dark("sovi")
    (True, False)
    """
    last = next((letter for letter in reversed(base.lower()) if letter in VOWELS), "a")
    return last in DARK


def shape(base: str, suffix: str) -> str:
    """Return the form that the underlying `suffix` has after `base`.

    >>> shape("tamu", "VA"), shape("neš", "VA"), shape("kel", "LU")
    ('va', 'pe', 'ni')
    """
    made = ""
    for unit in _UNIT.findall(suffix):
        before = (base + made)[-1].lower()
        if unit.startswith("("):
            wanted = before in VOWELS if unit == "(h)" else before not in VOWELS
            unit = unit[1:-1] if wanted else ""
        made += _letter(unit, base + made, before)
    return made


def _letter(unit: str, base: str, before: str) -> str:
    if unit in _FITTED:
        return _FITTED[unit][before not in VOICELESS]
    match unit:
        case "A":
            return "a" if is_dark(base) else "e"
        case "U":
            return "u" if is_dark(base) else "i"
        case "V":
            return "v" if before in VOWELS else "p" if before in VOICELESS else "b"
        case "L":
            return "n" if before == "l" else "l"
        case "I":
            return "y" if before in VOWELS else "i"
    return unit


def join(base: str, suffix: str, *, hard: bool = False) -> Joined:
    """Join `base` and an underlying suffix; a final p, t, k softens before a vowel unless the base is `hard` (a loan).

    >>> join("sat", "(h)Al")
    Joined(base='sad', suffix='al')
    >>> join("papir", "(A)k")
    Joined(base='papir', suffix='ek')
    """
    shaped = shape(base, suffix)
    if shaped and shaped[0] in VOWELS and base[-1] in SOFT and not hard:
        base = base[:-1] + SOFT[base[-1]]
    return Joined(base, shaped)
