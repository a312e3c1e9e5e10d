"""How sure a translation is: the chrF, from 0 to 1, that it may be expected to have.

The candidates of a sentence agree more than they are right: what they say of each other is turned into what was found
for sentence pairs held out, by a logistic map with three numbers that hold for every language. They are fitted, and how
well they fit is measured, by `python -m benchmarks.embedded.calibration`.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Map(NamedTuple):
    """The weights of a constant, of how much the candidates agree, and of the share of known words."""

    constant: float
    agreement: float
    known: float


# Of 300 pairs each held out of Kalamang, Zhuang and the sample language, both ways.
MAP = Map(-1.165, 0.664, 0.533)
_LEAST, _MOST = 0.02, 0.95  # a few candidates agree wholly and are as often wrong


def confidence(agreement: float, known: float) -> float:
    """Return how sure a translation is, by the chrF expected of it by its candidates and the share of known words.

    Where no word is known nothing is: 0.

    >>> round(confidence(0.9, 1.0), 2), round(confidence(0.3, 0.5), 2), confidence(0.9, 0.0)
    (0.7, 0.19, 0.0)
    """
    if not known:
        return 0.0
    return 1 / (1 + math.exp(-sum(weight * it for weight, it in zip(MAP, features(agreement, known), strict=True))))


def features(agreement: float, known: float) -> tuple[float, float, float]:
    """Return what the map weighs."""
    share = min(max(agreement, _LEAST), _MOST)
    return 1.0, math.log(share / (1 - share)), known
