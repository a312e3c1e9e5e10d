"""Anchors: which words of a translation the morphemes of glossed examples stand for, as far as their glosses tell.

Glosses are words of the contact language, or categories, few and often seen: they are far easier to align with a
translation than the words that they explain. What is linked so is told to the aligner of the sentences beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from ctxlearn.models.embedded.align import Text, align, gridded, numbered, words_of_types
from ctxlearn.models.embedded.arrays import Array, compiled
from ctxlearn.models.embedded.glossed import Morpheme
from ctxlearn.models.embedded.text import is_word, likeness

_TOLD = 20.0  # how many times as probable as others a link is that glosses tell
_ALIKE = 0.75  # how much of a gloss and a word their common beginning is, for these to mean the same
_LEAST = 3  # letters of that beginning, unless both are the same
_SAME = 1000.0  # how many times as probable their link is then
_LARGEST = 10_000  # pairs of a gloss and a word: of a longer example nothing is told

Glossed = Mapping[int, Sequence[Morpheme]]
Words = Sequence[Sequence[str]]


class Anchors(NamedTuple):
    """Which letters of the sources belong to which of the targets: rows of (pair, begin, end, begin, end)."""

    rows: Array

    def prior(self, source: Text, target: Text, grids: Array, source_sizes: Array, target_sizes: Array) -> Array:
        """Return what each cell of the grids of such pairs is worth beforehand; nothing where nothing is told.

        The sizes are the letters of each kind of piece. A piece belongs to an anchor with more than half of its
        letters.
        """
        if not len(self.rows):
            return np.zeros(0, np.float32)
        prior = np.ones(grids[-1], np.float32)
        sides = (source.begins, _ends(source, source_sizes), target.begins, _ends(target, target_sizes))
        _tell(self.rows, *sides, grids, prior)
        return prior


NO_ANCHORS = Anchors(np.zeros((0, 5), np.int64))


def anchors(glossed: Glossed, words: Words, *, turned: bool) -> Anchors:
    """Return what the glosses of sentences tell, by the sentences' numbers, of their translations' words.

    The language stands first in a row, or, if `turned`, the contact language.
    """
    said = {n: [word for it in found for word in it.said] for n, found in glossed.items()}
    heard = {n: [word for word in words[n] if is_word(word)] for n in glossed}
    fit = [n for n in glossed if 0 < len(said[n]) * len(heard[n]) <= _LARGEST]
    if not fit:
        return NO_ANCHORS
    (glosses, one), (translations, other) = _text(said[n] for n in fit), _text(heard[n] for n in fit)
    grids = gridded(one, other)
    worth = _worth(glosses, translations, *words_of_types(one, other, grids))
    links = align(one, other, grids, prior=worth[grids.types])
    rows = []
    for place, n in enumerate(fit):
        cells = links[grids.begins[place] : grids.begins[place + 1]].reshape(len(said[n]), len(heard[n]))
        of_gloss = [(it.begin, it.end) for it in glossed[n] for _ in it.said]
        ends = np.cumsum([len(word) for word in words[n]]).tolist()
        of_word = [(end - len(word), end) for word, end in zip(words[n], ends, strict=True) if is_word(word)]
        for i, j in np.argwhere(cells):
            rows.append((n, *of_word[j], *of_gloss[i]) if turned else (n, *of_gloss[i], *of_word[j]))
    return Anchors(np.array(sorted(set(rows)), np.int64).reshape(-1, 5))


def _text(sentences: Iterable[Sequence[str]]) -> tuple[list[str], Text]:
    """Return the words that sentences have, and the sentences as their numbers."""
    listed = list(sentences)
    words = sorted(set(chain.from_iterable(listed)))
    return words, numbered(listed, {word: number for number, word in enumerate(words)})


def _worth(glosses: Sequence[str], words: Sequence[str], one: Array, other: Array) -> Array:
    """Return what links of glosses and words, by number, are worth beforehand: more where both begin the same."""
    worth = np.ones(len(one), np.float32)
    beginnings = {beginning: n for n, beginning in enumerate({it[:_LEAST] for it in (*glosses, *words)})}
    of_gloss, of_word = (np.array([beginnings[it[:_LEAST]] for it in texts]) for texts in (glosses, words))
    for place in np.flatnonzero(of_gloss[one] == of_word[other]):
        if likeness(glosses[one[place]], words[other[place]]) >= _ALIKE:
            worth[place] = _SAME
    return worth


def _ends(text: Text, sizes: Array) -> Array:
    """Return the letters of each sentence up to the end of each of its pieces."""
    ends = np.append(0, np.cumsum(sizes[text.words]))
    return np.asarray(ends[1:] - np.repeat(ends[text.begins[:-1]], np.diff(text.begins)))


@compiled
def _tell(rows: Any, starts: Any, ends: Any, others: Any, other_ends: Any, grids: Any, prior: Any) -> None:
    for pair, begin, end, other_begin, other_end in rows:
        length = others[pair + 1] - others[pair]
        for i in range(starts[pair], starts[pair + 1]):
            first = ends[i - 1] if i > starts[pair] else 0
            if 2 * (min(ends[i], end) - max(first, begin)) <= ends[i] - first:
                continue
            for j in range(others[pair], others[pair + 1]):
                first = other_ends[j - 1] if j > others[pair] else 0
                if 2 * (min(other_ends[j], other_end) - max(first, other_begin)) > other_ends[j] - first:
                    prior[grids[pair] + (i - starts[pair]) * length + j - others[pair]] = _TOLD
