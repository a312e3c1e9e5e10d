"""Which words a translation has, told by the pairs that are most like the sentence: kernel ridge regression.

Wang, Shawe-Taylor and Szedmak 2007. The phrase tables see a few words at a time; this sees the sentence as a whole: its
words, each two that follow each other, and four letters of a word at a time. Nothing is fitted beforehand: for each
sentence the regression is solved over the pairs that are most like it, whose weights say what their translations count.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array, compiled, mixed

_LETTERS = 4  # of a word, its beginning and end counted, that are one feature
_RIDGE = 1.0
_NEAREST = 50  # pairs whose targets are given as they are
_STEPS = 15  # of the conjugate gradient; it has converged before to what makes no difference

Words = Sequence[str]


class Examples(NamedTuple):
    """Pairs as regression reads them: the features of each source, what each target says, and who has a feature.

    A feature that one pair alone has tells nothing of another sentence and is not kept.
    """

    keys: Array  # hashes of the features, ascending
    rarity: Array  # of each feature: the logarithm of one through its share of the pairs
    begins: Array  # where the features of each pair begin
    features: Array
    scales: Array  # of each pair: one through the length of its vector
    holders: Array  # where the pairs that have a feature begin
    pairs: Array
    starts: Array  # where the words of each target begin
    words: Array  # numbers of words


def learn(source: Sequence[Words], target: Sequence[Words]) -> tuple[Examples, list[str]]:
    """Return pairs as regression reads them, and the words of the targets by number."""
    names = sorted({word for words in target for word in words})
    numbers = {word: number for number, word in enumerate(names)}
    found, at = _features(*_coded(source))
    keys, counts = np.unique(found, return_counts=True)
    keys, rarity = keys[counts > 1], np.log(max(len(source), 1) / counts[counts > 1])
    places = np.searchsorted(keys, found)
    kept = np.zeros(len(found), bool)
    kept[places < len(keys)] = keys[places[places < len(keys)]] == found[places < len(keys)]
    begins = np.concatenate(([0], np.cumsum(kept)))[at]
    features = places[kept].astype(np.int32)
    pair = np.repeat(np.arange(len(source), dtype=np.int32), np.diff(begins))
    lengths = np.sqrt(np.bincount(pair, rarity[features] ** 2, len(source)))
    order = np.argsort(features, kind="stable")
    read = Examples(
        keys,
        rarity.astype(np.float32),
        begins,
        features,
        (1 / np.maximum(lengths, 1e-9)).astype(np.float32),
        np.searchsorted(features[order], np.arange(len(keys) + 1)),
        pair[order],
        np.cumsum([0, *map(len, target)]),
        np.array([numbers[word] for words in target for word in words], np.int32),
    )
    return read, names


class Neighbours(NamedTuple):
    """What the translations of the nearest sentences say: how probable words are, and the weightiest translations."""

    said: dict[str, float]
    nearest: list[tuple[float, tuple[str, ...]]]


def neighbours(it: Examples, names: Words, words: Words, most: int, asked: Iterable[str]) -> Neighbours:
    """Return what up to `most` pairs that are like a sentence say of its translation, by the weights of regression.

    How probable a word is is told of those that are `asked` for.
    """
    chosen, weights = alike(it, words, most)
    said = _said(chosen, weights, it, len(names))
    nearest = []
    for place in np.argsort(-np.abs(weights), kind="stable")[:_NEAREST]:
        start, end = it.starts[chosen[place]], it.starts[chosen[place] + 1]
        nearest.append((float(weights[place]), tuple([names[number] for number in it.words[start:end].tolist()])))
    return Neighbours({word: _told(word, said, names) for word in asked}, nearest)


def _told(word: str, said: Array, names: Words) -> float:
    place = bisect_left(names, word)  # they are sorted
    return float(said[place]) if place < len(names) and names[place] == word else 0.0


def alike(it: Examples, words: Words, most: int) -> tuple[Array, Array]:
    """Return up to `most` pairs that are like a sentence, by number, and their weights."""
    if not most or not len(it.keys):
        return np.zeros(0, np.int64), np.zeros(0)
    found, _ = _features(*_coded([words]))
    places = np.minimum(np.searchsorted(it.keys, found), len(it.keys) - 1)
    likeness = _likeness(places[it.keys[places] == found], it)
    chosen = np.flatnonzero(likeness)
    if most < len(chosen):
        chosen = np.sort(chosen[np.argpartition(-likeness[chosen], most)[:most]])
    return chosen, _solved(chosen, likeness[chosen], it)


# -- features ---------------------------------------------------------------------------------------------------------


def _coded(texts: Iterable[Words]) -> tuple[Array, Array, Array]:
    """Return the letters of texts, where each word begins, and where each text's words do."""
    listed = [list(text) for text in texts]
    words = list(chain.from_iterable(listed))
    codes = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes, np.cumsum([0, *map(len, words)]), np.cumsum([0, *map(len, listed)])


@compiled
def _features(codes: Any, starts: Any, begins: Any) -> Any:
    """Return the hashes of the features of each text, each once, ascending, and where a text's begin."""
    most = len(codes) + 5 * len(starts) + len(begins)
    found, at = np.empty(most, np.uint64), np.zeros(len(begins), np.int64)
    many = 0
    for text in range(len(begins) - 1):
        before, first = np.uint64(0), many
        for word in range(begins[text], begins[text + 1]):
            start, end = starts[word], starts[word + 1]
            whole = np.uint64(1)
            for place in range(start, end):
                whole = mixed(whole ^ (np.uint64(codes[place]) << np.uint64(8)))
            found[many] = whole
            found[many + 1] = mixed(before ^ mixed(whole + np.uint64(2)))
            many += 2
            before = whole
            for place in range(start - 1, end + 2 - _LETTERS):
                gram = np.uint64(3)
                for letter in range(place, place + _LETTERS):
                    code = np.uint64(codes[letter]) if start <= letter < end else np.uint64(0)
                    gram = mixed(gram ^ (code << np.uint64(8)))
                found[many] = gram
                many += 1
        found[many] = mixed(before ^ np.uint64(4))  # the last word is the last
        many += 1
        those = found[first:many]
        those.sort()
        many = first + 1
        for place in range(1, len(those)):
            if those[place] != found[many - 1]:
                found[many] = those[place]
                many += 1
        at[text + 1] = many
    return found[:many], at


# -- the regression ---------------------------------------------------------------------------------------------------


@compiled
def _likeness(features: Any, it: Any) -> Any:
    """Return the cosine of a sentence's features and those of each pair."""
    found, square = np.zeros(len(it.scales), np.float32), 0.0
    for feature in features:
        square += it.rarity[feature] ** 2
        for place in range(it.holders[feature], it.holders[feature + 1]):
            found[it.pairs[place]] += it.rarity[feature] ** 2
    scale = np.float32(1 / np.sqrt(max(square, 1e-18)))
    for pair in range(len(found)):
        found[pair] *= it.scales[pair] * scale
    return found


@compiled
def _solved(chosen: Any, likeness: Any, it: Any) -> Any:
    """Return the weights of the pairs, by conjugate gradients: (their likenesses + ridge) times weights = likeness."""
    begins, features, values, own = _shared(chosen, it)
    seen = np.empty(len(features))
    weights, left = np.zeros(len(chosen)), likeness.astype(np.float64)
    way, square = left.copy(), (left * left).sum()
    for _ in range(_STEPS):
        if square < 1e-12:
            break
        seen[:] = 0.0
        for n in range(len(chosen)):
            for place in range(begins[n], begins[n + 1]):
                seen[features[place]] += way[n] * values[place]
        turned = (_RIDGE + own) * way
        for n in range(len(chosen)):
            for place in range(begins[n], begins[n + 1]):
                turned[n] += seen[features[place]] * values[place]
        step = square / (way * turned).sum()
        weights += step * way
        left -= step * turned
        rest = (left * left).sum()
        way = left + rest / square * way
        square = rest
    return weights


@compiled
def _shared(chosen: Any, it: Any) -> Any:
    """Return the features that several of the chosen pairs have, numbered anew, and what the others add to a square.

    Where those of each pair begin, their numbers, and what each is worth in the pair.
    """
    holders, most = np.zeros(len(it.keys), np.int32), 0
    for pair in chosen:
        most += it.begins[pair + 1] - it.begins[pair]
        for place in range(it.begins[pair], it.begins[pair + 1]):
            holders[it.features[place]] += 1
    numbers, kinds = holders, 0  # below 0: the number that a feature has got
    begins, own = np.zeros(len(chosen) + 1, np.int64), np.zeros(len(chosen))
    features, values, many = np.empty(most, np.int32), np.empty(most), 0
    for n in range(len(chosen)):
        pair = chosen[n]
        for place in range(it.begins[pair], it.begins[pair + 1]):
            feature = it.features[place]
            worth = np.float64(it.rarity[feature]) * it.scales[pair]
            if numbers[feature] == 1:
                own[n] += worth * worth
                continue
            if numbers[feature] > 0:
                kinds += 1
                numbers[feature] = -kinds
            features[many], values[many] = -1 - numbers[feature], worth
            many += 1
        begins[n + 1] = many
    return begins, features[:many], values[:many], own


@compiled
def _said(chosen: Any, weights: Any, it: Any, kinds: Any) -> Any:
    """Return for each word the sum of the weights of the pairs whose targets have it."""
    found, last = np.zeros(kinds), np.full(kinds, -1)
    for n in range(len(chosen)):
        for place in range(it.starts[chosen[n]], it.starts[chosen[n] + 1]):
            if last[it.words[place]] != n:
                found[it.words[place]] += weights[n]
                last[it.words[place]] = n
    return found
