"""The target language model, smoothed after Kneser and Ney, in the form that thot's decoder reads.

thot interpolates p(w|h) = weight(h)·count(hw)/count(h) + (1 - weight(h))·p(w|h'), and takes weight(h) from a list by
the whole part of count(h). So a history's count is not how often it was seen but says which weight it has, and the counts
of its n-grams are the probabilities times it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

ORDER = 3
_BUCKETS = 100
_BEGIN, _END = "<s>", "</s>"

Gram = tuple[str, ...]


def learn(sentences: Iterable[Sequence[str]], order: int = ORDER) -> list[str]:
    """Return the lines of the language model of `sentences` (of pieces): an n-gram, its history's count, its own."""
    return [line for counts in _levels(sentences, order) for line in _lines(counts)]


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
    return [Counter({gram: n for gram, n in level.items() if len(gram) == size}) for size, level in enumerate(levels, 1)]


def _lines(counts: Mapping[Gram, int]) -> list[str]:
    discounts = _discounts(counts)
    total: Counter[Gram] = Counter()
    left: dict[Gram, float] = {}
    for gram, seen in counts.items():
        total[gram[:-1]] += seen
        left[gram[:-1]] = left.get(gram[:-1], 0.0) + seen - discounts[min(seen, 3)]
    lines = []
    for gram, seen in sorted(counts.items()):
        history = gram[:-1]
        bucket = min(_BUCKETS - 1, max(1, round(_BUCKETS * left[history] / total[history]))) + 0.5
        share = (seen - discounts[min(seen, 3)]) / left[history]
        lines.append(f"{' '.join(gram)} {bucket:.8g} {bucket * share:.8g}")
    return lines


def _discounts(counts: Mapping[Gram, int]) -> tuple[float, float, float, float]:
    """Return what to take off counts of 0, 1, 2, and 3 or more (Chen and Goodman 1998)."""
    seen = Counter(counts.values())
    one, two, three, four = (seen[n] or 1 for n in (1, 2, 3, 4))
    base = one / (one + 2 * two)
    found = (1 - 2 * base * two / one, 2 - 3 * base * three / two, 3 - 4 * base * four / three)
    return (0.0, *(min(0.95 * n, max(0.1, value)) for n, value in enumerate(found, start=1)))  # type: ignore[return-value]
