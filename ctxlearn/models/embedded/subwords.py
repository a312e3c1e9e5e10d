"""Subwords: words cut into pieces that sentencepiece's unigram model learned from the context.

Where a script does not part words, characters that follow each other are cut as one, into pieces that may be words of
several characters; where fewer pieces are asked for than there are characters, they stay characters.
"""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, groupby, repeat
from types import MappingProxyType
from typing import Any

import sentencepiece

from ctxlearn.models.embedded.text import is_number, is_word, kind, tokens

START = "▁"  # begins a word
_LEAST = 64  # pieces beside the letters
_FEW = 50  # different words: fewer stay whole
_ENOUGH = 50  # characters for each piece of several: of a little text whole sentences would become such pieces
# What sentencepiece reads as something of their own, and the private letters that stand for it in between.
_SPECIAL = dict(zip("<>|" + START, "\ue000\ue001\ue002\ue003", strict=True))
_HIDE = str.maketrans(_SPECIAL)
_HIDDEN = re.compile(f"[{''.join(_SPECIAL.values())}]")
_SHOW = str.maketrans({private: char for char, private in _SPECIAL.items()})


def words(text: str) -> list[str]:
    """Return the tokens of a text as they are learned and decoded."""
    return [plain(token) for token in tokens(text)]


def plain(token: str) -> str:
    """Return a token lower-cased, and without what means anything to sentencepiece."""
    return token.lower().translate(_HIDE)


def runs(sentence: Iterable[str]) -> Iterator[str]:
    """Yield the words of a sentence, characters that follow each other as one."""
    for unparted, found in groupby(sentence, key=_is_character):
        if unparted:
            yield "".join(found)
        else:
            yield from found


def _is_character(word: str) -> bool:
    return kind(word[0]) == "c"


class Subwords:
    """Cuts words into pieces; the first piece of a word, and each piece of characters, begins with `START`.

    Numbers and signs stay whole.
    """

    def __init__(self, model: bytes = b"") -> None:
        self.model = model
        self._known: dict[str, Sequence[str]] = {}

    def cut(self, sentence: Iterable[str]) -> list[str]:
        """Return the pieces of the words of a sentence."""
        return [piece for word in runs(sentence) for piece in self._pieces(word)]

    def cut_each(self, words: Sequence[str]) -> list[Sequence[str]]:
        """Return the pieces of each of many words or runs of characters; sentencepiece is asked once."""
        asked = [word for word in words if _has_pieces(word)] if self.model else []
        found = _processor(self.model).encode(list(map(_marked, asked)), out_type=str, num_threads=1) if asked else []
        known = dict(zip(asked, found, strict=True))
        return [self._of(word, known[word]) if word in known else self._pieces(word) for word in words]

    def _pieces(self, word: str) -> Sequence[str]:
        pieces = self._known.get(word)
        if pieces is None:
            pieces = self._cut_word(word)
            if not _is_character(word):  # hardly two runs are the same: they are not kept
                self._known[word] = pieces
        return pieces

    def _cut_word(self, word: str) -> Sequence[str]:
        if self.model and _has_pieces(word):
            return self._of(word, _processor(self.model).encode(_marked(word), out_type=str))
        return [START + token for token in tokens(word)] if _is_character(word) else (START + word,)

    def _of(self, word: str, found: Sequence[str]) -> Sequence[str]:
        """Return the pieces of a word, or of a run of characters, from what sentencepiece found."""
        if not _is_character(word):
            return tuple(found) if "".join(found) == START + word else (START + word,)
        processor, cut = _processor(self.model), list[str]()
        for piece in found:
            if kind(piece[0]) == "m" and cut:
                cut[-1] += piece  # a mark stays with its character
            else:
                cut += [piece] if processor.piece_to_id(piece) != processor.unk_id() else tokens(piece)
        return [START + piece for piece in cut]


def _has_pieces(word: str) -> bool:
    return is_word(word) and not is_number(word)


def _marked(word: str) -> str:
    """Return a word as sentencepiece knows it."""
    return word if _is_character(word) else START + word


@lru_cache(maxsize=32)
def _processor(model: bytes) -> Any:
    """Return what cuts by a model; views share it, and reading one takes a first translation milliseconds."""
    return sentencepiece.SentencePieceProcessor(model_proto=model)


@lru_cache(maxsize=4096)  # the views agree on many a translation
def joined(pieces: str) -> tuple[str, ...]:
    """Return the words that pieces, one behind the other, make up."""
    return tuple(chain.from_iterable(map(_words_of, filter(None, pieces.split(START)))))


def shown(words: Sequence[str]) -> Sequence[str]:
    """Return words with what was hidden from sentencepiece."""
    text = " ".join(words)
    return text.translate(_SHOW).split(" ") if _HIDDEN.search(text) else words


@lru_cache(maxsize=65536)
def _words_of(piece: str) -> tuple[str, ...]:
    return tuple(shown(tokens(piece) if len(piece) > 1 and kind(piece[0]) in "cp" else (piece,)))


def counted(sentences: Iterable[Iterable[str]]) -> dict[str, int]:
    """Return how often each word, or run of characters, that can be cut occurs in sentences of `runs`."""
    counts = Counter(word for sentence in sentences for word in sentence)
    return {word: count for word, count in counts.items() if _has_pieces(word)}


def vocabulary(counts: Mapping[str, int], size: int) -> int:
    """Return how many pieces are learned of words where about `size` are asked for: none when the words are too few."""
    if size <= 0 or len(counts) < _FEW:
        return 0
    letters = len({char for word in counts for char in word})
    return min(max(size, letters + _LEAST), _most_pieces(counts, letters))


def learn(
    counts: Mapping[str, int], pieces: int, parted: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> Subwords:
    """Return subwords with a `vocabulary` of pieces, learned from words by how often they occur; if 0, whole words.

    From words that are `parted`, no piece is learned across two of their parts.
    """
    if not pieces:
        return Subwords()
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_repeated(counts, parted),
            model_writer=model,
            model_type="unigram",
            vocab_size=pieces,
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            num_threads=1,
            num_sub_iterations=1,  # of expectation and maximisation a round: two are no better and slower
            minloglevel=2,
            max_sentence_length=65536,
            bos_id=-1,
            eos_id=-1,
        )
    except RuntimeError:
        return Subwords()  # fewer pieces than letters can be had from so few words: they stay whole
    return Subwords(model.getvalue())


def _most_pieces(counts: Mapping[str, int], letters: int) -> int:
    """Return how many pieces there can be: without limit where most words are parted."""
    unparted = sum(len(word) * count for word, count in counts.items() if _is_character(word))
    parted = sum(len(word) * count for word, count in counts.items()) - unparted
    return sys.maxsize if parted >= unparted else 1 + letters + unparted // _ENOUGH


def _repeated(counts: Mapping[str, int], parted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each word as often as it occurs, in a fixed order: several to a line, after a blank each.

    Characters, and what is not the first part of a word, have a line of their own, without a blank.
    """
    for word, count in sorted(counts.items()):
        if _is_character(word):
            yield from repeat(word, count)
            continue
        first, *others = parted.get(word, (word,))
        for start in range(0, count, 500):
            yield f" {first}" * min(500, count - start)
        for part in others:
            yield from repeat(part, count)
