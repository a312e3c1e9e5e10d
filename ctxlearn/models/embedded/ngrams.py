"""The target language model: n-grams smoothed after Kneser and Ney (modified, interpolated; Chen and Goodman 1998).

N-grams are learned as the nodes of a tree, numbered; node 0 is the empty one. What a decoder reads is laid out by
history, those n-grams that something was seen after: each has a hash table of its own for the words that follow. A
decoder asks for many words in few states, so most of what it reads is near to what it has just read.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.align import Text
from ctxlearn.models.embedded.arrays import Array, compiled

ORDER = 3


FOLLOWER = np.dtype([("word", np.int32), ("chance", np.float32), ("state", np.int32)])


class LanguageModel(NamedTuple):
    """What follows each history, and what a history weighs where none of that does; history 0 is the empty one."""

    begins: Array  # where the slots of each history begin, as many as a power of two
    followers: Array  # by slot: a word (-1: none), the logarithm of how probable it is there, the history after it
    backoffs: Array  # by history, logarithms
    shorter: Array  # the history without its first word
    kinds: int  # of words, the two that begin and end a sentence included: they are the last two
    unseen: float  # the logarithm for a word never seen
    start: int  # the state at the beginning of a sentence


def learn(text: Text, order: int = ORDER) -> LanguageModel:
    """Return the model of sentences of words."""
    begin, end, kinds = text.kinds, text.kinds + 1, text.kinds + 2
    sizes = np.diff(text.begins) + 2
    firsts = np.cumsum(sizes) - sizes
    stream = np.full(sizes.sum(), begin, np.int64)
    stream[firsts + sizes - 1] = end
    stream[np.arange(len(text.words)) + np.repeat(2 * np.arange(len(sizes)) + 1, sizes - 2)] = text.words
    place = np.arange(len(stream)) - np.repeat(firsts, sizes)
    tree = _Tree(stream, place, kinds, order)
    chances, backoffs, unseen = tree.probabilities(begin)
    histories, states = tree.histories()
    parents = states[tree.parents[1:]]
    sizes = _sizes(np.bincount(parents, minlength=len(histories)))
    begins = np.append(0, np.cumsum(sizes))
    followers = np.full(begins[-1], np.array((-1, 0.0, 0), FOLLOWER))
    _fill(followers, begins, parents, tree.words[1:], _logarithms(chances[1:]), states[1:])
    shorter = states[tree.shorter[histories]].astype(np.int32)
    backoffs = _logarithms(backoffs[histories])
    model = LanguageModel(begins, followers, backoffs, shorter, kinds, float(np.log(unseen)), 0)
    return model._replace(start=int(step(model, 0, begin)[1]))


def _logarithms(values: Array) -> Array:
    return np.log(np.maximum(values, 1e-12)).astype(np.float32)


def _sizes(followers: Array) -> Array:
    """Return how many slots each history has: a power of two, more than followers, for a search ends at a free one."""
    return np.asarray(2 ** np.ceil(np.log2(followers + followers // 4 + 1)).astype(np.int64))


@compiled
def _slot(followers: Any, begins: Any, history: Any, word: Any) -> int:
    """Return the slot of a word after a history, or the free one where it would be."""
    first = begins[history]
    last = begins[history + 1] - first - 1
    at = np.int64(np.uint64(word) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)) & last
    while followers[first + at].word != word and followers[first + at].word >= 0:
        at = (at + 1) & last
    return int(first + at)


@compiled
def _fill(followers: Any, begins: Any, histories: Any, words: Any, chances: Any, states: Any) -> None:
    for n in range(len(words)):
        slot = _slot(followers, begins, histories[n], words[n])
        followers[slot].word, followers[slot].chance, followers[slot].state = words[n], chances[n], states[n]


class _Tree:
    """The n-grams of a stream of words: for each node its parent, last word, shorter node and how often it was seen."""

    def __init__(self, stream: Array, place: Array, kinds: int, order: int) -> None:
        self.levels = [(0, 1)]  # of each size: the first node, how many
        parents, words, shorter, seen = ([np.array([value])] for value in (-1, -1, 0, len(stream)))
        ends = np.zeros(len(stream), np.int64)  # the node of the n-gram that ends here
        for size in range(1, order + 1):
            first = sum(self.levels[-1])
            before = np.full(len(stream), -1, np.int64)
            before[:] = 0 if size == 1 else np.concatenate(([-1], ends[:-1]))[: len(stream)]
            here = np.nonzero((place >= size - 1) & (before >= 0))[0]
            keys, at, inverse, counts = np.unique(
                before[here] * kinds + stream[here], return_index=True, return_inverse=True, return_counts=True
            )
            shorter.append(ends[here][at])
            ends = np.full(len(stream), -1, np.int64)
            ends[here] = first + inverse
            parents.append(keys // kinds)
            words.append(keys % kinds)
            seen.append(counts)
            self.levels.append((first, len(keys)))
        self.parents, self.words = np.concatenate(parents), np.concatenate(words)
        self.shorter, self.seen = np.concatenate(shorter), np.concatenate(seen)

    def _counts(self, begin: int) -> Array:
        """Return what counts: below the largest size in how many contexts an n-gram was seen, not how often."""
        from_begin = np.zeros(len(self.words), bool)
        contexts = np.zeros(len(self.words))
        for size, (first, many) in enumerate(self.levels[1:], start=1):
            level = slice(first, first + many)
            from_begin[level] = self.words[level] == begin if size == 1 else from_begin[self.parents[level]]
            if size > 1:
                contexts += np.bincount(self.shorter[level], minlength=len(self.words))
        counts = np.where(from_begin, self.seen, contexts)
        first, many = self.levels[-1]
        counts[first : first + many] = self.seen[first : first + many]
        return np.where((self.words == begin) & (self.parents == 0), 0, counts).astype(float)

    def probabilities(self, begin: int) -> tuple[Array, Array, float]:
        """Return for each node its probability and its weight as a history, and the probability of an unseen word."""
        counts = self._counts(begin)
        chances, backoffs = np.zeros(len(counts)), np.ones(len(counts))
        least = 1.0 / (self.levels[1][1] + 1)
        for size, (first, many) in enumerate(self.levels[1:], start=1):
            level = slice(first, first + many)
            of_level, parents = counts[level], self.parents[level]
            taken = _discounts(of_level)[np.minimum(of_level, 3).astype(int)]
            total = np.bincount(parents, of_level, len(counts))
            left = np.bincount(parents, taken, len(counts)) / np.where(total > 0, total, 1)
            lower = least if size == 1 else chances[self.shorter[level]]
            chances[level] = (of_level - taken) / np.where(total > 0, total, 1)[parents] + left[parents] * lower
            backoffs[total > 0] = left[total > 0]
        return chances, backoffs, max(1e-12, float(backoffs[0]) * least)

    def histories(self) -> tuple[Array, Array]:
        """Return the nodes that something was seen after, and for each node which of them is the longest end of it."""
        goes_on = np.zeros(len(self.words), bool)
        goes_on[self.parents[1:]] = goes_on[0] = True
        states = np.arange(len(self.words))
        for _ in self.levels:
            states = np.where(goes_on[states], states, self.shorter[states])
        return np.flatnonzero(goes_on), (np.cumsum(goes_on) - 1)[states]


def _discounts(counts: Array) -> Array:
    """Return what to take off counts of 0, 1, 2, and 3 or more."""
    one, two, three, four = (max(1, int((counts == seen).sum())) for seen in (1, 2, 3, 4))
    base = one / (one + 2 * two)
    found = (1 - 2 * base * two / one, 2 - 3 * base * three / two, 3 - 4 * base * four / three)
    return np.array([0.0, *(min(0.95 * seen, max(0.1, value)) for seen, value in enumerate(found, start=1))])


@compiled
def step(model: Any, state: Any, word: Any) -> Any:
    """Return the logarithm of how probable a word is in a state, and the state after it."""
    total = 0.0
    while True:
        found = model.followers[_slot(model.followers, model.begins, state, word)]
        if found.word >= 0:
            return total + found.chance, found.state
        if state == 0:
            return total + model.unseen, np.int32(0)
        total += model.backoffs[state]
        state = model.shorter[state]
