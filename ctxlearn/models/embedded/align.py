"""Word alignment by Gibbs sampling, run both ways and symmetrised (Östling and Tiedemann 2016; Koehn et al. 2003).

A sentence pair is a grid of cells, one for each word of the source and of the target. A sampler walks over the target
words again and again and draws for each the source word that it comes from, or none, from what all other words say.
The last sweeps' probabilities are added up; the likelier link of each word, both ways, is grown into the alignment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array, compiled, draw, seeded

SAMPLERS = 2  # of each way; more bring nothing that can be measured
_VISITS = 50_000_000  # of cells by one sampler at most: what is larger is swept less often
_LEAST_SWEEPS = 8
_SWEEPS = {"hmm": (8, 8, 16), "ibm1": (32, 0, 0)}  # alone, with jumps, with fertilities as well
_KEPT = 0.25  # the share of the sweeps whose probabilities count
_NONE = 0.1  # how probable it is that a word comes from none
_FEW = 1e-4  # what is added to a count: small, for a word has few translations
_FEW_NONE = 1e-3
_FERTILITY = 5.0  # what the prior of fertilities weighs
_WIDEST = 20  # jumps beyond are counted together
_MOST = 8  # fertilities beyond are counted together


class Text(NamedTuple):
    """Sentences as numbers: those of sentence k stand from `begins[k]` to `begins[k + 1]`; `kinds` of words."""

    words: Array
    begins: Array
    kinds: int


class Grids(NamedTuple):
    """The cells of all sentence pairs: cell (i, j) of pair k stands at `begins[k] + i * length + j`."""

    begins: Array
    types: Array  # for each cell the number of its pair of words
    kinds: int


def numbered(sentences: Sequence[Sequence[str]], numbers: Mapping[str, int]) -> Text:
    """Return sentences of words as numbers."""
    begins = np.zeros(len(sentences) + 1, np.int64)
    np.cumsum([len(sentence) for sentence in sentences], out=begins[1:])
    words = np.fromiter((numbers[word] for sentence in sentences for word in sentence), np.int32, begins[-1])
    return Text(words, begins, len(numbers))


NOTHING = np.zeros(0, np.float32)


def align(
    source: Text, target: Text, grids: Grids, kind: str = "hmm", samplers: int = SAMPLERS, prior: Array = NOTHING
) -> Array:
    """Return which cells of the grids of all sentence pairs are linked; `kind` is hmm or ibm1.

    `prior` says what a link of each cell is worth before anything was seen, if anything is known; 1 is usual.
    """
    sweeps = _sweeps(kind, len(grids.types))
    ways: list[Array] = []
    turned = grids._replace(types=_turned(source.begins, target.begins, *grids[:2]))
    told = _turned(source.begins, target.begins, grids.begins, prior) if len(prior) else prior
    for number, (one, other, cells, worth) in enumerate(
        ((source, target, turned, told), (target, source, grids, prior))
    ):
        found = np.zeros(len(grids.types))
        for sampler in range(samplers):
            _sample(*one, *other, *cells, worth, *sweeps, 100 * number + sampler + 1, found)
        ways.append(found)
    links: Array = _symmetrise(source.begins, target.begins, grids.begins, ways[0], ways[1], samplers * sweeps[3])
    return links


def _sweeps(kind: str, cells: int) -> tuple[int, int, int, int]:
    """Return the sweeps of each stage, and how many of the last ones count."""
    stages = _SWEEPS[kind]
    share = min(1.0, max(_LEAST_SWEEPS, _VISITS / max(1, cells)) / sum(stages))
    alone, jumps, fertile = (round(share * sweeps) for sweeps in stages)
    return alone, jumps, fertile, max(1, round(_KEPT * (alone + jumps + fertile)))


def gridded(source: Text, target: Text) -> Grids:
    """Return the grids of sentence pairs; types are numbered as the cells first have them.

    Most pairs of words are seen once: so numbered, what is counted of them lies in the order of the cells, and a
    sampler of a large text takes two thirds of the time.
    """
    begins = np.zeros(len(source.begins), np.int64)
    np.cumsum(np.diff(source.begins) * np.diff(target.begins), out=begins[1:])
    keys = _keys(source.words, source.begins, target.words, target.begins, begins, target.kinds)
    _, first, types = np.unique(keys, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), np.int32)
    numbers[np.argsort(first)] = np.arange(len(first))
    return Grids(begins, numbers[types], len(first))


@compiled
def _keys(source: Any, starts: Any, target: Any, others: Any, begins: Any, kinds: int) -> Any:
    keys = np.empty(begins[-1], np.int64)
    cell = 0
    for pair in range(len(starts) - 1):
        for i in range(starts[pair], starts[pair + 1]):
            for j in range(others[pair], others[pair + 1]):
                keys[cell] = np.int64(source[i]) * kinds + target[j]
                cell += 1
    return keys


def words_of_types(source: Text, target: Text, grids: Grids) -> Array:
    """Return the words of each type of cell: those of the source in the first row, of the target in the second."""
    found = np.zeros((2, grids.kinds), np.int64)
    found[:, grids.types] = _words_of_cells(source.words, source.begins, target.words, target.begins, grids.begins)
    return found


@compiled
def _words_of_cells(source: Any, starts: Any, target: Any, others: Any, grid: Any) -> Any:
    rows, columns = np.empty(grid[-1], np.int32), np.empty(grid[-1], np.int32)
    cell = 0
    for pair in range(len(starts) - 1):
        for i in range(starts[pair], starts[pair + 1]):
            for j in range(others[pair], others[pair + 1]):
                rows[cell], columns[cell] = source[i], target[j]
                cell += 1
    return rows, columns


@compiled
def _turned(starts: Any, others: Any, grid: Any, values: Any) -> Any:
    """Return the values of grids with a row for each target word."""
    turned = np.empty_like(values)
    for pair in range(len(starts) - 1):
        size, length = starts[pair + 1] - starts[pair], others[pair + 1] - others[pair]
        cells = slice(grid[pair], grid[pair + 1])
        turned[cells].reshape(length, size)[:] = values[cells].reshape(size, length).T
    return turned


@compiled
def _prior(fertility: int) -> float:
    """Return how probable a fertility is before anything was seen: mostly one, seldom many."""
    if fertility == 0:
        return 0.2
    return float(0.55 if fertility == 1 else 0.18 * 0.3 ** (fertility - 2))


@compiled
def _bucket(jump: int) -> int:
    return min(max(jump, -_WIDEST), _WIDEST) + _WIDEST


@compiled
def _sample(
    source: Any,
    starts: Any,
    source_kinds: int,
    target: Any,
    others: Any,
    target_kinds: int,
    grid: Any,
    types: Any,
    type_kinds: int,
    prior: Any,
    alone: int,
    jumping: int,
    fertile: int,
    kept: int,
    seed: int,
    found: Any,
) -> None:
    """Add to `found` how probable each cell is in the last `kept` sweeps; the grids have a row for each target word."""
    random = seeded(seed)
    joint, of_source = np.zeros(type_kinds), np.zeros(source_kinds)
    shares = np.full(source_kinds, (1 - _NONE) / (_FEW * target_kinds))  # what a count for a source word is worth
    from_none, nones = np.zeros(target_kinds), 0.0
    jumps, fertility = np.zeros(2 * _WIDEST + 1), np.zeros((source_kinds, _MOST + 1))
    jumped = 0.0
    longest = 1
    for pair in range(len(starts) - 1):
        longest = max(longest, starts[pair + 1] - starts[pair])
    children, chances = np.zeros(longest, np.int32), np.empty(longest + 1)
    fertilities = np.array([_FERTILITY * _prior(many) for many in range(_MOST + 2)])
    links = np.full(len(target), -1, np.int32)
    total = alone + jumping + fertile
    for sweep in range(-1, total):  # the first one draws at random
        if sweep == alone or sweep == alone + jumping:
            jumps[:], fertility[:, :], jumped = 0.0, 0.0, 0.0
            for pair in range(len(starts) - 1):
                first, size, before = starts[pair], starts[pair + 1] - starts[pair], -1
                children[:size] = 0
                for j in range(others[pair], others[pair + 1]):
                    if links[j] >= 0:
                        jumps[_bucket(links[j] - before)] += 1
                        jumped += 1
                        before = links[j]
                        children[before] += 1
                jumps[_bucket(size - before)] += 1
                jumped += 1
                for i in range(size):
                    fertility[source[first + i], min(children[i], _MOST)] += 1
        for pair in range(len(starts) - 1):
            first, size = starts[pair], starts[pair + 1] - starts[pair]
            start, length = others[pair], others[pair + 1] - others[pair]
            if size == 0 or length == 0:
                continue
            if sweep >= alone + jumping:
                children[:size] = 0
                for j in range(length):
                    if links[start + j] >= 0:
                        children[links[start + j]] += 1
            before = -1
            for j in range(length):
                word, old, after = target[start + j], links[start + j], size
                row = grid[pair] + j * size
                if sweep >= alone:
                    for later in range(j + 1, length):
                        if links[start + later] >= 0:
                            after = links[start + later]
                            break
                skip = _bucket(after - before)
                if sweep >= 0 and old >= 0:
                    joint[types[row + old]] -= 1
                    of_source[source[first + old]] -= 1
                    shares[source[first + old]] = (1 - _NONE) / (of_source[source[first + old]] + _FEW * target_kinds)
                    if sweep >= alone:
                        jumps[_bucket(old - before)] -= 1
                        jumps[_bucket(after - old)] -= 1
                        jumps[skip] += 1
                        jumped -= 1
                    if sweep >= alone + jumping:
                        fertility[source[first + old], min(children[old], _MOST)] -= 1
                        children[old] -= 1
                        fertility[source[first + old], min(children[old], _MOST)] += 1
                elif sweep >= 0:
                    from_none[word] -= 1
                    nones -= 1
                # All are multiplied by what each would have to be divided by.
                none = _NONE * size
                if sweep < 0:
                    chances[:size] = 1 - _NONE
                else:
                    none *= (from_none[word] + _FEW_NONE) / (nones + _FEW_NONE * target_kinds)
                    for i in range(size):
                        chances[i] = (joint[types[row + i]] + _FEW) * shares[source[first + i]]
                if sweep >= alone:
                    none *= (jumps[skip] + 0.5) * (jumped + _WIDEST + 0.5) / size
                    for i in range(size):
                        chances[i] *= (jumps[_bucket(i - before)] + 0.5) * (jumps[_bucket(after - i)] + 0.5)
                if sweep >= alone + jumping:
                    for i in range(size):
                        other, now = source[first + i], min(children[i], _MOST)
                        chances[i] *= fertility[other, min(now + 1, _MOST)] + fertilities[now + 1]
                        chances[i] /= fertility[other, now] + fertilities[now]
                if len(prior):
                    for i in range(size):
                        chances[i] *= prior[row + i]
                whole = none
                for i in range(size):
                    whole += chances[i]
                if sweep >= total - kept:
                    for i in range(size):
                        found[row + i] += chances[i] * (1 / whole)
                left, i = draw(random) * whole, 0
                while i < size and left >= chances[i]:
                    left -= chances[i]
                    i += 1
                if i == size:
                    links[start + j] = -1
                    from_none[word] += 1
                    nones += 1
                    continue
                links[start + j] = i
                joint[types[row + i]] += 1
                of_source[source[first + i]] += 1
                shares[source[first + i]] = (1 - _NONE) / (of_source[source[first + i]] + _FEW * target_kinds)
                if sweep >= alone:
                    jumps[skip] -= 1
                    jumps[_bucket(i - before)] += 1
                    jumps[_bucket(after - i)] += 1
                    jumped += 1
                    before = i
                if sweep >= alone + jumping:
                    fertility[source[first + i], min(children[i], _MOST)] -= 1
                    children[i] += 1
                    fertility[source[first + i], min(children[i], _MOST)] += 1


@compiled
def _symmetrise(starts: Any, others: Any, grid: Any, forward: Any, backward: Any, whole: float) -> Any:
    links = np.zeros(grid[-1], np.bool_)
    for pair in range(len(starts) - 1):
        size, length = starts[pair + 1] - starts[pair], others[pair + 1] - others[pair]
        cells = slice(grid[pair], grid[pair + 1])
        one = _likeliest(forward[cells].reshape(length, size), whole).T
        other = _likeliest(backward[cells].reshape(size, length), whole)
        grow(one, other, links[cells].reshape(size, length))
    return links


@compiled
def _likeliest(chances: Any, whole: float) -> Any:
    """Return for each row its likeliest cell, unless none is likelier still."""
    best = np.zeros(chances.shape, np.bool_)
    for i in range(chances.shape[0]):
        total, most, at = 0.0, 0.0, -1
        for j in range(chances.shape[1]):
            total += chances[i, j]
            if chances[i, j] > most:
                most, at = chances[i, j], j
        if at >= 0 and most > whole - total:
            best[i, at] = True
    return best


@compiled
def grow(forward: Any, backward: Any, links: Any) -> None:
    """Fill `links`: where both ways agree, their neighbours in either, and what is free on both sides."""
    size, length = links.shape
    rows, columns = np.zeros(size, np.bool_), np.zeros(length, np.bool_)
    for i in range(size):
        for j in range(length):
            if forward[i, j] and backward[i, j]:
                links[i, j] = rows[i] = columns[j] = True
    fresh = True
    while fresh:
        fresh = False
        for i in range(size):
            for j in range(length):
                if not links[i, j]:
                    continue
                for x in range(max(0, i - 1), min(size, i + 2)):
                    for y in range(max(0, j - 1), min(length, j + 2)):
                        either = forward[x, y] or backward[x, y]
                        if either and not links[x, y] and not (rows[x] and columns[y]):
                            links[x, y] = rows[x] = columns[y] = fresh = True
    for way in range(2):
        for i in range(size):
            for j in range(length):
                if (forward[i, j] if way == 0 else backward[i, j]) and not rows[i] and not columns[j]:
                    links[i, j] = rows[i] = columns[j] = True
