"""The phrase table: what runs of source pieces were translated as, and the parts of a score (Koehn et al. 2003)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.align import Grids, Text, words_of_types
from ctxlearn.models.embedded.arrays import Array, compiled, hashed
from ctxlearn.models.embedded.orientations import orientations, smoothed

LONGEST = 8  # pieces of a source phrase
_LONGEST_TARGET = 10
_MOST_RUNS = 4_000_000  # of a context: 22,000 sentence pairs have 800,000
_LEAST = 1e-4  # a lexical probability is never less
_DISCOUNT = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a score is worth, in the order of a table's columns; from `language_model` on, the decoder's.

    Tuned together on packed pairs held out of Kalamang (300, both ways; the mean of the two), for chrF plus
    0.4 of BLEU, after a round on Kalamang, Zhuang, Japhug and the bundled language; `word`, `class_model`, `jump` and
    the orientations later, coarsely, on pairs held out of all of these. Better ones are looked for by
    `python -m benchmarks.embedded.tuning`.
    """

    forward: float = 0.408
    backward: float = 0.285
    lexical_forward: float = 0.195
    lexical_backward: float = 0.2
    phrase: float = -0.95
    word: float = 1.7
    lexicon: float = -0.4  # a pair that the dictionary has and no sentence
    language_model: float = 0.385
    class_model: float = 0.2
    jump: float = 0.12  # a piece jumped over
    before: float = 0.3  # the orientation to the block before
    after: float = 0.2  # and to the one after
    swap: float = 0.4  # how much of these two counts where blocks are swapped
    unknown: float = -10.0  # a piece taken over

    def columns(self) -> Array:
        """Return the weights of a table's columns."""
        return np.array(
            [
                self.forward,
                self.backward,
                self.lexical_forward,
                self.lexical_backward,
                self.phrase,
                self.word,
                self.lexicon,
            ],
            np.float32,
        )

    def orientations(self) -> Array:
        """Return the weights of a table's orientations."""
        ways = np.array([1.0, self.swap, 1.0])
        return np.concatenate((self.before * ways, self.after * ways)).astype(np.float32)


class Table(NamedTuple):
    """Phrase pairs, those of one source phrase together; `sources` are hashes, `begins` where the pairs of each stand.

    A pair's target is `words[starts[n] : starts[n] + sizes[n]]`; `parts` has a row of score parts for each pair, and
    `orientations` the logarithms for (before, after) times (on in order, swapped, elsewhere).
    """

    sources: Array
    begins: Array
    words: Array
    starts: Array
    sizes: Array
    parts: Array
    orientations: Array


def table(source: Text, target: Text, grids: Grids, links: Array, lexical: Array) -> Table:
    """Return the phrase table of linked sentence pairs; `lexical` says which pairs are a dictionary's."""
    runs = extract(source.begins, target.begins, grids.begins, links)
    facing = orientations(runs, source.begins, target.begins, grids.begins, links)
    hashes = _hashes(runs, source.words, source.begins, target.words, target.begins)
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    runs, facing, hashes = runs[order], facing[order], hashes[order]
    new = np.ones(len(runs), bool)
    new[1:] = (hashes[1:] != hashes[:-1]).any(1)
    firsts, pair = np.nonzero(new)[0], np.cumsum(new) - 1
    seen = np.bincount(pair).astype(float)
    forward, backward = _lexical(runs, source, target, grids, links)
    sources, begins, of_source = np.unique(hashes[firsts, 0], return_index=True, return_inverse=True)
    _, of_target = np.unique(hashes[firsts, 1], return_inverse=True)
    sizes = runs[firsts, 4] - runs[firsts, 3]
    parts = [
        np.log((seen - _DISCOUNT) / np.bincount(of_source, seen)[of_source]),
        np.log((seen - _DISCOUNT) / np.bincount(of_target, seen)[of_target]),
        np.maximum.reduceat(forward, firsts),
        np.maximum.reduceat(backward, firsts),
        np.ones(len(firsts)),
        sizes,
        np.bincount(pair, lexical[runs[:, 0]]) == seen,
    ]
    return Table(
        sources,
        np.append(begins, len(firsts)).astype(np.int64),
        target.words,
        target.begins[runs[firsts, 0]] + runs[firsts, 3],
        sizes.astype(np.int32),
        np.stack(parts, 1).astype(np.float32),
        np.concatenate([smoothed(facing[:, side], pair, of_source) for side in (0, 1)], 1).astype(np.float32),
    )


def extract(starts: Array, others: Array, grid: Array, links: Array, most: int = _MOST_RUNS) -> Array:
    """Return (pair, start, end, start, end) of every two runs whose links stay inside; ends are exclusive.

    Words without a link at the edges of the target run may belong to it or not. A short pair, such as a dictionary's,
    counts as a whole even where no word was linked. Where there are more than `most`, as in a long text badly
    aligned, fewer words without a link belong to a target run, in the end none.
    """
    none = np.empty((0, 5), np.int32)
    for free in (_LONGEST_TARGET, 1, 0):
        many = _runs(starts, others, grid, links, free, none)
        if many <= most:
            break
    runs = np.empty((many, 5), np.int32)
    _runs(starts, others, grid, links, free, runs)
    return runs


@compiled
def _runs(starts: Any, others: Any, grid: Any, all_links: Any, free: int, found: Any) -> int:
    """Write the runs into `found`, as many as it has room for, and return how many there are."""
    many = 0
    for pair in range(len(starts) - 1):
        size, length = starts[pair + 1] - starts[pair], others[pair + 1] - others[pair]
        links = all_links[grid[pair] : grid[pair + 1]].reshape(size, length)
        linked = np.zeros(length, np.bool_)
        lowest, highest = np.full(length, size), np.full(length, -1)
        for i in range(size):
            for j in range(length):
                if links[i, j]:
                    linked[j] = True
                    lowest[j], highest[j] = min(lowest[j], i), max(highest[j], i)
        whole = size <= LONGEST and length <= _LONGEST_TARGET and size > 0 and length > 0
        for start in range(size):
            low, high = length, -1
            for end in range(start + 1, min(start + LONGEST, size) + 1):
                for j in range(length):
                    if links[end - 1, j]:
                        low, high = min(low, j), max(high, j)
                if high < 0 or high - low >= _LONGEST_TARGET:
                    continue
                inside = True
                for j in range(low, high + 1):
                    if linked[j] and (lowest[j] < start or highest[j] >= end):
                        inside = False
                if not inside:
                    continue
                first = low
                while first >= max(0, low - free) and (first == low or not linked[first]):
                    last = high
                    behind = min(length, first + _LONGEST_TARGET, high + free + 1)
                    while last < behind and (last == high or not linked[last]):
                        if many < len(found):
                            found[many] = (pair, start, end, first, last + 1)
                        many += 1
                        if start == 0 and end == size and first == 0 and last + 1 == length:
                            whole = False
                        last += 1
                    first -= 1
        if whole:
            if many < len(found):
                found[many] = (pair, 0, size, 0, length)
            many += 1
    return many


@compiled
def _hashes(runs: Any, source: Any, starts: Any, target: Any, others: Any) -> Any:
    made = np.empty((len(runs), 2), np.int64)
    for n in range(len(runs)):
        pair, start, end, first, last = runs[n]
        made[n, 0] = hashed(source, starts[pair] + start, starts[pair] + end)
        made[n, 1] = hashed(target, others[pair] + first, others[pair] + last)
    return made


def _lexical(runs: Array, source: Text, target: Text, grids: Grids, links: Array) -> tuple[Array, Array]:
    """Return the logarithms of how probable each run's words are from those they are linked to, both ways."""
    joint = np.bincount(grids.types, links, grids.kinds)
    word = words_of_types(source, target, grids)
    free_source, free_target = _free(source, target, links)
    of_source = np.bincount(word[0], joint, source.kinds) + free_source
    of_target = np.bincount(word[1], joint, target.kinds) + free_target
    forward = joint / np.maximum(1, of_source)[word[0]]
    backward = joint / np.maximum(1, of_target)[word[1]]
    none_target, none_source = free_target / max(1, free_target.sum()), free_source / max(1, free_source.sum())
    one, other = _lexical_runs(
        runs, source.words, source.begins, target.words, target.begins, grids.begins, grids.types, links,
        forward, backward, none_target, none_source,
    )  # fmt: skip
    return one, other


def _free(source: Text, target: Text, links: Array) -> tuple[Array, Array]:
    """Return how often each word of either side has no link."""
    free = _free_words(source.begins, target.begins, links, len(source.words), len(target.words))
    return tuple(  # type: ignore[return-value]  # two of them
        np.bincount(text.words, lonely, text.kinds) for text, lonely in zip((source, target), free, strict=True)
    )


@compiled
def _free_words(starts: Any, others: Any, links: Any, source_words: int, target_words: int) -> Any:
    source, target = np.ones(source_words, np.bool_), np.ones(target_words, np.bool_)
    cell = 0
    for pair in range(len(starts) - 1):
        for i in range(starts[pair], starts[pair + 1]):
            for j in range(others[pair], others[pair + 1]):
                if links[cell]:
                    source[i] = target[j] = False
                cell += 1
    return source, target


@compiled
def _lexical_runs(
    runs: Any, source: Any, starts: Any, target: Any, others: Any, grid: Any, types: Any, links: Any,
    forward: Any, backward: Any, none_target: Any, none_source: Any,
) -> Any:  # fmt: skip
    one, other = np.zeros(len(runs)), np.zeros(len(runs))
    for n in range(len(runs)):
        pair, start, end, first, last = runs[n]
        length = others[pair + 1] - others[pair]
        for j in range(first, last):
            many, total = 0, 0.0
            for i in range(start, end):
                cell = grid[pair] + i * length + j
                if links[cell]:
                    many, total = many + 1, total + forward[types[cell]]
            one[n] += np.log(max(_LEAST, total / many if many else none_target[target[others[pair] + j]]))
        for i in range(start, end):
            many, total = 0, 0.0
            for j in range(first, last):
                cell = grid[pair] + i * length + j
                if links[cell]:
                    many, total = many + 1, total + backward[types[cell]]
            other[n] += np.log(max(_LEAST, total / many if many else none_source[source[starts[pair] + i]]))
    return one, other
