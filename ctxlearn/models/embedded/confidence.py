"""How sure a translation is, and each of its words: the chrF, from 0 to 1, that it may be expected to have.

What candidates and neighbours say of a sentence and of its words is turned into what was found for sentence pairs held
out, by logistic maps of two numbers that hold for every language. They are fitted, and how well
they fit is measured, by `python -m benchmarks.embedded.calibration`.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Map(NamedTuple):
    """A logistic map: what is added, and what the logarithm of the odds is multiplied by."""

    constant: float
    slope: float


# Of 300 pairs each held out of Kalamang, Zhuang and the sample language, both ways.
SENTENCE = Map(-0.16, 0.98)
WORD = Map(-0.55, 0.67)
_LEAST, _MOST = 0.02, 0.95  # a few candidates agree wholly and are as often wrong
_UNKNOWN = 0.7  # what agreement is worth where hardly a word is known: it is about what was taken over, too


def confidence(agreement: float, known: float) -> float:
    """Return how sure a translation is, by the chrF expected of it by its candidates and the share of known words.

    Where no word is known nothing is: 0.

    >>> round(confidence(0.9, 1.0), 2), round(confidence(0.9, 0.5), 2), confidence(0.9, 0.0)
    (0.88, 0.73, 0.0)
    """
    return mapped(SENTENCE, together(agreement, known)) if known else 0.0


def together(agreement: float, known: float) -> float:
    """Return agreement and known words as one number."""
    return agreement * (_UNKNOWN + (1 - _UNKNOWN) * known)


def of_word(share: float) -> float:
    """Return how probable it is that a word is right which a share of the candidates have.

    >>> round(of_word(0.95), 2), round(of_word(0.5), 2), round(of_word(0.05), 2)
    (0.81, 0.37, 0.07)
    """
    return mapped(WORD, share)


def mapped(by: Map, share: float) -> float:
    """Return the confidence that a map gives."""
    return 1 / (1 + math.exp(-by.constant - by.slope * log_odds(share)))


def log_odds(share: float) -> float:
    """Return the logarithm of a share's odds, within bounds."""
    bounded = min(max(share, _LEAST), _MOST)
    return math.log(bounded / (1 - bounded))
