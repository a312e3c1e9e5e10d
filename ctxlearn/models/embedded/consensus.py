"""The translation that is most like all others: minimum Bayes risk by chrF over lists of candidates.

Kumar and Byrne 2004. How like one candidate is to another is sacreBLEU's chrF without its rounding: character n-grams
up to six, blanks not counted. A candidate is compared with all others at once: its expected matches are those with the
expected n-grams.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxlearn.models.embedded.arrays import compiled, mixed

_LARGEST = 6
_SHARPNESS = 2.0  # of a list’s shares: 1 gives as much chrF and less BLEU (packed pairs of Kalamang, Japhug, Tarivel)


def ranked(lists: Sequence[Sequence[tuple[float, str]]]) -> list[tuple[float, str]]:
    """Return the distinct texts of several lists of (score, text), best first, each with its expected chrF from 0 to 1.

    A list's texts share a weight of one by their scores, which are logarithms.
    """
    weights: dict[str, float] = {}
    for found in lists:
        best = max(score for score, _ in found)
        shares = [math.exp(_SHARPNESS * (score - best)) for score, _ in found]
        for (_, text), share in zip(found, shares, strict=True):
            weights[text] = weights.get(text, 0.0) + share / sum(shares) / len(lists)
    texts = list(weights)
    expected = expected_chrf(texts, list(weights.values()))
    order = sorted(range(len(texts)), key=lambda n: (-expected[n], -weights[texts[n]], texts[n]))
    return [(expected[n], texts[n]) for n in order]


def expected_chrf(texts: Sequence[str], weights: Sequence[float]) -> list[float]:
    """Return for each text its chrF (0 to 1) against all of them, expected by the weights, whose sum is one."""
    bare = ["".join(text.split()) for text in texts]
    begins = np.zeros(len(bare) + 1, np.int64)
    np.cumsum([len(text) for text in bare], out=begins[1:])
    codes = np.frombuffer("".join(bare).encode("utf-32-le", "surrogatepass"), np.uint32)
    return [float(value) for value in _expected(codes, begins, np.array(weights, float))]


@compiled
def _grams(codes: Any, begins: Any) -> Any:
    """Return the hashes of all n-grams, a second one of a text apart from the first, and where each size's begin."""
    total = 0
    for text in range(len(begins) - 1):
        for size in range(_LARGEST):
            total += max(0, begins[text + 1] - begins[text] - size)
    grams, at = np.empty(total, np.uint64), np.zeros((len(begins), _LARGEST), np.int64)
    many = 0
    for text in range(len(begins) - 1):
        for size in range(_LARGEST):
            at[text, size] = many
            for start in range(begins[text], begins[text + 1] - size):
                gram = np.uint64(size + 1)
                for place in range(start, start + size + 1):
                    gram = mixed(gram ^ (np.uint64(codes[place]) << np.uint64(8)))
                grams[many] = gram
                many += 1
            those = grams[at[text, size] : many]
            those.sort()
            before, seen = np.uint64(0), 0
            for place in range(len(those)):
                gram = those[place]
                seen = seen + 1 if place and gram == before else 0
                those[place] = gram + np.uint64(seen) * np.uint64(0x9E3779B97F4A7C15)
                before = gram
    at[len(begins) - 1, :] = many
    return grams, at


@compiled
def _expected(codes: Any, begins: Any, weights: Any) -> Any:
    grams, at = _grams(codes, begins)
    texts = len(begins) - 1
    wide = 2
    while wide < 2 * len(grams) + 2:
        wide *= 2
    keys, used = np.zeros(wide, np.uint64), np.zeros(wide, np.bool_)
    values, slots = np.zeros(wide), np.empty(len(grams), np.int64)
    sizes = np.zeros(_LARGEST)
    for text in range(texts):
        for size in range(_LARGEST):
            behind = at[text, size + 1] if size + 1 < _LARGEST else at[text + 1, 0]
            sizes[size] += weights[text] * (behind - at[text, size])
            for place in range(at[text, size], behind):
                slot = np.int64(mixed(grams[place]) & np.uint64(wide - 1))
                while used[slot] and keys[slot] != grams[place]:
                    slot = (slot + 1) & (wide - 1)
                keys[slot], used[slot], slots[place] = grams[place], True, slot
                values[slot] += weights[text]
    found = np.zeros(texts)
    for text in range(texts):
        precision, recall, orders = 0.0, 0.0, 0
        for size in range(_LARGEST):
            behind = at[text, size + 1] if size + 1 < _LARGEST else at[text + 1, 0]
            many = behind - at[text, size]
            if many == 0 or sizes[size] < 1e-9:
                continue
            matches = 0.0
            for place in range(at[text, size], behind):
                matches += values[slots[place]]
            precision, recall, orders = precision + matches / many, recall + matches / sizes[size], orders + 1
        if orders and precision + recall > 0:
            found[text] = 5 * precision * recall / (4 * precision + recall) / orders
    return found
