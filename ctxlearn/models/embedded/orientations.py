"""Orientations: whether a phrase is in order with the block before it and the one behind, swapped, or elsewhere.

Lexicalised reordering by blocks of any length (Galley and Manning 2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ctxlearn.models.embedded.arrays import Array, compiled

_END, _END_SWAPPED, _BEGIN, _BEGIN_SWAPPED = (np.uint8(1 << bit) for bit in range(4))  # corners of blocks
_TOWARDS_COMMON = 2.0  # what an orientation seen for one phrase pair is smoothed by
_FREE = 10  # words without a link that a block may take along at either end of its target


@compiled
def orientations(runs: Any, starts: Any, others: Any, grid: Any, all_links: Any) -> Any:
    """Return how each run stands to the blocks before and after it: 0 in order, 1 swapped, 2 elsewhere.

    A block is a run of any length (Galley and Manning 2008). Runs of a sentence pair must follow each other.
    """
    facing = np.full((len(runs), 2), 2, np.int8)
    corners, known = np.zeros((1, 1), np.uint8), -1
    for n in range(len(runs)):
        pair, start, end, first, last = runs[n]
        if pair != known:
            size, length = starts[pair + 1] - starts[pair], others[pair + 1] - others[pair]
            corners, known = _corners(all_links[grid[pair] : grid[pair + 1]].reshape(size, length)), pair
        if corners[start, first] & _END:
            facing[n, 0] = 0
        elif corners[end, first] & _END_SWAPPED:
            facing[n, 0] = 1
        if corners[end, last] & _BEGIN:
            facing[n, 1] = 0
        elif corners[start, last] & _BEGIN_SWAPPED:
            facing[n, 1] = 1
    return facing


@compiled
def _corners(links: Any) -> Any:
    """Return for each place in source and target which corners of blocks lie there, as bits.

    `_END` and `_END_SWAPPED`: a block that ends there in the target, and ends or begins there in the source; `_BEGIN`
    and `_BEGIN_SWAPPED`: one that begins there in the target, and begins or ends there in the source.
    """
    size, length = links.shape
    corners = np.zeros((size + 1, length + 1), np.uint8)
    corners[0, 0], corners[size, length] = _END, _BEGIN  # a sentence is in order with its edges
    lowest, highest = np.full(length, size), np.full(length, -1)  # what a target word is linked to
    left, right = np.full(size, length), np.full(size, -1)  # and a source word
    for i in range(size):
        for j in range(length):
            if links[i, j]:
                lowest[j], highest[j] = min(lowest[j], i), max(highest[j], i)
                left[i], right[i] = min(left[i], j), max(right[i], j)
    for start in range(size):
        first, last = length, -1
        low, high = size, -1  # what the target words from the first to the last are linked to
        for end in range(start + 1, size + 1):
            if right[end - 1] >= 0 and first > last:
                first, last = left[end - 1], left[end - 1] - 1
            while first > left[end - 1]:
                first -= 1
                low, high = min(low, lowest[first]), max(high, highest[first])
            while last < right[end - 1]:
                last += 1
                low, high = min(low, lowest[last]), max(high, highest[last])
            if low < start:
                break
            if first <= last and high < end:
                _mark(corners, highest, start, end, first, last + 1)
    return corners


@compiled
def _mark(corners: Any, highest: Any, start: int, end: int, first: int, last: int) -> None:
    """Mark the corners of a block, and of the blocks that it makes with words beside it that have no link."""
    length = len(highest)
    for at in range(first, max(-1, first - _FREE - 1), -1):
        if at < first and highest[at] >= 0:
            break
        corners[start, at] |= _BEGIN
        corners[end, at] |= _BEGIN_SWAPPED
    for at in range(last, min(length, last + _FREE) + 1):
        if at > last and highest[at - 1] >= 0:
            break
        corners[end, at] |= _END
        corners[start, at] |= _END_SWAPPED


def smoothed(facing: Array, pair: Array, of_source: Array) -> Array:
    """Return the logarithms of each pair's orientations, smoothed by its source phrase's, and these by all."""
    seen = np.stack([np.bincount(pair, facing == way, len(of_source)) for way in range(3)], 1)
    common = (seen.sum(0) + 1) / (seen.sum() + 3)
    of_phrase = np.stack([np.bincount(of_source, seen[:, way]) for way in range(3)], 1) + _TOWARDS_COMMON * common
    of_phrase /= of_phrase.sum(1, keepdims=True)
    mixed = seen + _TOWARDS_COMMON * of_phrase[of_source]
    return np.asarray(np.log(mixed / mixed.sum(1, keepdims=True)))
