"""What each view makes of a sentence: its best translations as pieces, corrections put in where they belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.decode import Costs, Options, search, spans
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.phrases import LONGEST
from ctxlearn.models.embedded.state import View
from ctxlearn.models.embedded.subwords import Subwords

_SURE = 10.0  # the score of a correction's option: above all that was counted

Pieces = tuple[str, ...]


class Effort(NamedTuple):
    """How much is tried: how many views, hypotheses kept of a kind, candidates of each view."""

    views: int
    beam: int
    candidates: int


WHOLE = Effort(views=6, beam=20, candidates=30)
QUICK = Effort(views=1, beam=8, candidates=10)


class Decoder:
    """One view made ready: words in, (score, pieces) out. `corrections` say what runs of words must become."""

    def __init__(self, view: View, corrections: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        self.source = Subwords(view.source_pieces)
        target = Subwords(view.target_pieces)
        cut = {tuple(self.source.cut(words)): target.cut(meant) for words, meant in corrections.items()}
        self._corrected = {words: meant for words, meant in cut.items() if 0 < len(words) <= LONGEST and meant}
        self._numbers = {piece: number for number, piece in enumerate(view.source)}
        self._names = list(view.target)
        self._model = view.model
        self._first = len(view.options.scores)  # the first correction's option
        self._options = self._with_corrections(view.options)

    def _with_corrections(self, options: Options) -> Options:
        if not self._corrected:
            return options
        numbers = {name: number for number, name in enumerate(self._names)}
        unheard = self._model.kinds  # numbers from here on are words that the language model has never seen
        for meant in self._corrected.values():
            for piece in meant:
                if piece not in numbers:
                    numbers[piece] = unheard + sum(number >= unheard for number in numbers.values())
        self._names += [""] * (unheard - len(self._names)) + [name for name, n in numbers.items() if n >= unheard]
        sizes = [len(meant) for meant in self._corrected.values()]
        words = [numbers[piece] for meant in self._corrected.values() for piece in meant]
        return options._replace(
            words=_more(options.words, words),
            starts=_more(options.starts, len(options.words) + np.cumsum(sizes) - sizes),
            sizes=_more(options.sizes, sizes),
            scores=_more(options.scores, [_SURE] * len(sizes)),
            alone=_more(options.alone, [0.0] * len(sizes)),
            facing=np.concatenate((options.facing, np.zeros((len(sizes), 6), np.float32))),
        )

    def __call__(self, pieces: Sequence[str], effort: Effort) -> Iterator[tuple[float, Pieces]]:
        """Yield the best translations of a sentence of pieces, the best one first."""
        source = np.array([self._numbers.get(piece, -1) for piece in pieces], np.int32)
        options = self._options
        ranges = self._corrections_in(pieces, spans(source, options.slots, options.places, options.begins))
        costs = Costs(WEIGHTS.language_model, WEIGHTS.jump, WEIGHTS.unknown, effort.beam)
        many, scores, found = search(source, ranges, options, self._model, costs, effort.candidates)
        for score, chosen in zip(scores[:many], found[:many], strict=True):
            yield float(score), tuple(piece for option in chosen for piece in self._said(int(option), pieces))

    def _said(self, option: int, pieces: Sequence[str]) -> Iterator[str]:
        if option >= 0:
            start = self._options.starts[option]
            yield from (self._names[n] for n in self._options.words[start : start + self._options.sizes[option]])
        elif -1 - option < len(pieces) and pieces[-1 - option] not in self._numbers:
            yield pieces[-1 - option]  # one that was seen, but never by itself with a translation, is left out

    def _corrections_in(self, pieces: Sequence[str], ranges: Array) -> Array:
        """Give a correction's run its option, and no option to whatever holds the run or a part of it."""
        for number, run in enumerate(self._corrected, self._first):
            for at in range(len(pieces) - len(run) + 1):
                if tuple(pieces[at : at + len(run)]) != run:
                    continue
                for start in range(max(0, at - LONGEST + 1), at + len(run)):
                    for end in range(max(start, at) + 1, min(start + LONGEST, len(pieces)) + 1):
                        holds = start <= at and end >= at + len(run)
                        if holds and (start, end) != (at, at + len(run)):
                            ranges[start, end - start - 1] = 0
                ranges[at, len(run) - 1] = number, number + 1
        return ranges


def _more(array: Array, values: Sequence[float] | Array) -> Array:
    return np.concatenate((array, np.array(values, array.dtype)))
