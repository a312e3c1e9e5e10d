"""The target language model, smoothed after Kneser and Ney, in the form that thot's decoder reads.

thot interpolates p(w|h) = weight(h)·count(hw)/count(h) + (1 - weight(h))·p(w|h'), and takes weight(h) from a list
by the whole part of count(h). So a history's count is not how often it was seen but says which weight it has, and the
counts of its n-grams are the probabilities times it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

ORDER = 3
_BUCKETS = 100
_BEGIN, _END = "<s>", "</s>"

Gram = tuple[str, ...]


class LanguageModel:
    """The probabilities of a target language's n-grams; `lines` is what thot reads."""

    def __init__(self, sentences: Iterable[Sequence[str]], order: int = ORDER) -> None:
        self._order = order
        self._shares: dict[Gram, float] = {}  # of an n-gram among those of its history, discounts taken off
        self._buckets: dict[Gram, int] = {}  # of a history: what it weighs against the shorter one, in hundredths
        for counts in _levels(sentences, order):
            self._add(counts)
        self._floor = 1.0 / (3 + sum(len(gram) == 1 for gram in self._shares))

    def _add(self, counts: Mapping[Gram, int]) -> None:
        discounts = _discounts(counts)
        total: Counter[Gram] = Counter()
        left: dict[Gram, float] = {}
        for gram, seen in counts.items():
            total[gram[:-1]] += seen
            left[gram[:-1]] = left.get(gram[:-1], 0.0) + seen - discounts[min(seen, 3)]
        for history, rest in left.items():
            self._buckets[history] = min(_BUCKETS - 1, max(1, round(_BUCKETS * rest / total[history])))
        for gram, seen in counts.items():
            self._shares[gram] = (seen - discounts[min(seen, 3)]) / left[gram[:-1]]

    def lines(self) -> list[str]:
        """Return for each n-gram a line: the n-gram, its history's count, its own."""
        lines = []
        for gram, share in sorted(self._shares.items()):
            count = self._buckets[gram[:-1]] + 0.5
            lines.append(f"{' '.join(gram)} {count:.8g} {count * share:.8g}")
        return lines

    def log_probability(self, pieces: Gram) -> float:
        """Return how probable a run of pieces is, wherever it stands."""
        order = self._order
        return sum(math.log(self.probability(pieces[max(0, end - order) : end])) for end in range(1, len(pieces) + 1))

    def probability(self, gram: Gram) -> float:
        """Return how probable the last piece of an n-gram is after those before it."""
        weight = self._buckets.get(gram[:-1], 0) / _BUCKETS
        shorter = self.probability(gram[1:]) if len(gram) > 1 else self._floor
        return weight * self._shares.get(gram, 0.0) + (1 - weight) * shorter


def weights(order: int = ORDER) -> str:
    """Return what thot's file of weights says: the order, how many weights for each, and all of them."""
    listed = " ".join(f"{bucket / _BUCKETS:.4f}" for _ in range(order) for bucket in range(_BUCKETS))
    return f"{order} {_BUCKETS} 1 {listed}\n"


def _levels(sentences: Iterable[Sequence[str]], order: int) -> list[Counter[Gram]]:
    """Return n-gram counts by size; below the largest, in how many contexts to its left each was seen."""
    largest: Counter[Gram] = Counter()
    for sentence in sentences:
        padded = [_BEGIN, *sentence, _END]
        for end in range(2, len(padded) + 1):
            largest[tuple(padded[max(0, end - order) : end])] += 1
    levels = [largest]
    for size in range(order - 1, 0, -1):
        shorter: Counter[Gram] = Counter()
        for gram in levels[0]:
            if len(gram) > size:
                shorter[gram[1:]] += 1
            elif gram[0] == _BEGIN:
                shorter[gram] += largest[gram]
        levels.insert(0, shorter)
    sized = enumerate(levels, start=1)
    return [Counter({gram: n for gram, n in level.items() if len(gram) == size}) for size, level in sized]


def _discounts(counts: Mapping[Gram, int]) -> tuple[float, float, float, float]:
    """Return what to take off counts of 0, 1, 2, and 3 or more (Chen and Goodman 1998)."""
    seen = Counter(counts.values())
    one, two, three, four = (seen[n] or 1 for n in (1, 2, 3, 4))
    base = one / (one + 2 * two)
    found = (1 - 2 * base * two / one, 2 - 3 * base * three / two, 3 - 4 * base * four / three)
    return (0.0, *(min(0.95 * n, max(0.1, value)) for n, value in enumerate(found, start=1)))  # type: ignore[return-value]
