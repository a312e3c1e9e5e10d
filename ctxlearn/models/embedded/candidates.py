"""What each view makes of a sentence: its best translations, corrections put in where they belong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import NamedTuple

import numpy as np

from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.consensus import Words
from ctxlearn.models.embedded.decode import Costs, Options, search, spans
from ctxlearn.models.embedded.learn import WEIGHTS
from ctxlearn.models.embedded.phrases import LONGEST
from ctxlearn.models.embedded.state import View
from ctxlearn.models.embedded.subwords import START, Subwords, joined

_SURE = 10.0  # the score of a correction's option: above all that was counted

_Piece = tuple[str, int]  # and its number in the view, -1 for one that was never seen


class Effort(NamedTuple):
    """How much is tried: views, hypotheses kept of a kind, candidates of each view, edits of the best one, examples."""

    views: int
    beam: int
    candidates: int
    edits: int
    examples: int


WHOLE = Effort(views=6, beam=30, candidates=30, edits=4, examples=300)
# On packed pairs held out of Kalamang (all of it, and MTOB's part), Zhuang, Japhug and the sample language, seven sets:
# 0.5 of chrF less (1.5 at most) and as much BLEU, two and a half times as fast.
QUICK = Effort(views=6, beam=8, candidates=8, edits=2, examples=80)
LEAST = Effort(views=1, beam=8, candidates=10, edits=0, examples=0)


class Decoder:
    """One view made ready: words in, (score, words) out. `corrections` say what runs of words must become."""

    def __init__(self, view: View, corrections: Mapping[tuple[str, ...], Sequence[str]]) -> None:
        self._source = Subwords(view.source_pieces)
        target = Subwords(view.target_pieces)
        self._step = -1 if view.backwards else 1
        fit = (words for words in corrections if 0 < len(self._source.cut(words)) <= LONGEST)
        self._corrected = {words: meant for words in fit if (meant := target.cut(corrections[words]))}
        self._numbers = {piece: number for number, piece in enumerate(view.source)}
        self._names = list(view.target)
        self._model = view.model
        self._classed = view.classed
        self._longest = max(map(len, self._corrected), default=0)  # words
        self._corrections = {words: option for option, words in enumerate(self._corrected, len(view.options.scores))}
        self._phrases: dict[int, str] = {}  # the pieces of options, as far as they were asked for
        self._options = self._with_corrections(view.options)

    def _with_corrections(self, options: Options) -> Options:
        if not self._corrected:
            return options
        numbers = {name: number for number, name in enumerate(self._names)}
        self._names += [""] * (self._model.kinds - len(self._names))  # from here on the language model knows no word
        for piece in (piece for meant in self._corrected.values() for piece in meant):
            if piece not in numbers:
                numbers[piece] = len(self._names)
                self._names.append(piece)
        sizes = [len(meant) for meant in self._corrected.values()]
        words = [numbers[piece] for meant in self._corrected.values() for piece in meant[:: self._step]]
        return options._replace(
            words=_more(options.words, words),
            starts=_more(options.starts, len(options.words) + np.cumsum(sizes) - sizes),
            sizes=_more(options.sizes, sizes),
            scores=_more(options.scores, [_SURE] * len(sizes)),
            alone=_more(options.alone, [0.0] * len(sizes)),
            facing=np.concatenate((options.facing, np.zeros((len(sizes), 6), np.float32))),
        )

    def __call__(self, words: Sequence[str], names: Mapping[str, str], effort: Effort) -> Iterator[tuple[float, Words]]:
        """Yield the best translations of a sentence, the best one first.

        The words among `names` are taken over, but for the ending that stands there.
        """
        forwards, corrected = self._cut(words, names)
        pieces = forwards[:: self._step]
        source = np.array([number for _, number in pieces], np.int32)
        options = self._options
        ranges = spans(source, options.slots, options.places, options.begins)
        for place, size, option in corrected:
            at = place if self._step > 0 else len(pieces) - place - size
            for start in range(max(0, at - LONGEST + 1), at + size):
                ranges[start, max(0, at - start) :] = 0
            ranges[at, size - 1] = option, option + 1
        costs = Costs(WEIGHTS.language_model, WEIGHTS.jump, WEIGHTS.unknown, effort.beam, WEIGHTS.class_model)
        many, scores, found = search(source, ranges, options, self._model, self._classed, costs, effort.candidates)
        # A piece that was seen, but never by itself with a translation, is left out, not taken over.
        taken_over = {-1 - at: piece if number < 0 else "" for at, (piece, number) in enumerate(pieces)}
        said = {**taken_over, -1 - len(pieces): ""}  # the last one stands where the sentence ends
        said |= {option: self._said(option) for option in set(found[:many].ravel().tolist()) if option >= 0}
        for score, chosen in zip(scores[:many].tolist(), found[:many].tolist(), strict=True):
            yield score, joined("".join(map(said.__getitem__, chosen[:: self._step])))

    def has_pieces_of(self, word: str) -> bool:
        """Whether every piece of a word was seen."""
        return all(number >= 0 for _, number in self._pieces([word]))

    def _said(self, option: int) -> str:
        if option not in self._phrases:
            start, size = self._options.starts[option], self._options.sizes[option]
            numbers = self._options.words[start : start + size][:: self._step].tolist()
            self._phrases[option] = "".join([self._names[number] for number in numbers])
        return self._phrases[option]

    def _cut(self, words: Sequence[str], names: Mapping[str, str]) -> tuple[list[_Piece], list[tuple[int, int, int]]]:
        """Return the pieces of a sentence, and the place, size and option of each correction in them."""
        pieces: list[_Piece] = []
        corrected, done = [], 0
        for start, behind in self._corrections_in(words):
            pieces.extend(self._cut_around(words[done:start], names))
            at, done = len(pieces), behind
            pieces += self._pieces(words[start:behind])
            corrected.append((at, len(pieces) - at, self._corrections[tuple(words[start:behind])]))
        return [*pieces, *self._cut_around(words[done:], names)], corrected

    def _cut_around(self, words: Sequence[str], names: Mapping[str, str]) -> Iterator[_Piece]:
        for taken_over, found in groupby(words, names.__contains__):
            if taken_over:
                yield from chain.from_iterable(self._name(word, names[word]) for word in found)
            else:
                yield from self._pieces(found)

    def _pieces(self, words: Iterable[str]) -> list[_Piece]:
        return [(piece, self._numbers.get(piece, -1)) for piece in self._source.cut(words)]

    def _name(self, name: str, ending: str) -> list[_Piece]:
        """Return a name as a piece never seen, and the pieces of its ending."""
        pieces = self._pieces([name])
        for at in range(1, len(pieces)):
            if "".join(piece for piece, _ in pieces[at:]) == ending:
                return [("".join(piece for piece, _ in pieces[:at]), -1), *pieces[at:]]
        return [(START + name, -1)]

    def _corrections_in(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Return where corrections begin and end in a sentence; the longest one goes first, and none overlaps it."""
        found, taken = [], np.zeros(len(words), bool)
        for size in range(min(self._longest, len(words)), 0, -1):
            for at in range(len(words) - size + 1):
                if tuple(words[at : at + size]) in self._corrections and not taken[at : at + size].any():
                    taken[at : at + size] = True
                    found.append((at, at + size))
        return sorted(found)


def _more(array: Array, values: Sequence[float] | Array) -> Array:
    return np.concatenate((array, np.array(values, array.dtype)))
