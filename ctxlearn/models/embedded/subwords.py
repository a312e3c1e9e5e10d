"""Subwords: words cut into pieces that sentencepiece's unigram model learned from the context."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import sentencepiece

from ctxlearn.models.embedded.text import is_word, kind, tokens

START = "▁"  # begins a word
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


class Subwords:
    """Cuts words into pieces; the first piece of a word begins with `START`. Characters and signs stay whole."""

    def __init__(self, model: bytes = b"") -> None:
        self.model = model
        self._known: dict[str, tuple[str, ...]] = {}

    def cut(self, sentence: Iterable[str]) -> list[str]:
        """Return the pieces of the words of a sentence."""
        return [piece for word in sentence for piece in self._pieces(word)]

    def _pieces(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            self._known[word] = tuple(self._cut_word(word))
        return self._known[word]

    def _cut_word(self, word: str) -> list[str]:
        if not self.model or not is_word(word) or kind(word[0]) == "c":
            return [START + word]
        pieces: list[str] = _processor(self.model).encode(word, out_type=str)
        return pieces if "".join(pieces) == START + word else [START + word]


@lru_cache(maxsize=32)
def _processor(model: bytes) -> Any:
    """Return what cuts by a model; views share it, and reading one takes a first translation milliseconds."""
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def joined(pieces: Sequence[str]) -> list[str]:
    """Return the words that pieces make up."""
    text = "".join(pieces)
    made = [word for word in text.split(START) if word]
    return [word.translate(_SHOW) for word in made] if _HIDDEN.search(text) else made


def learn(sentences: Iterable[Sequence[str]], size: int) -> Subwords:
    """Return subwords of about `size` pieces learned from sentences of words; whole words when these are too few."""
    counts = Counter(word for sentence in sentences for word in sentence if is_word(word) and kind(word[0]) != "c")
    letters = {char for word in counts for char in word}
    if size <= 0 or len(counts) < 50:
        return Subwords()
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_repeated(counts),
            model_writer=model,
            model_type="unigram",
            vocab_size=max(size, len(letters) + 64),
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="identity",
            num_threads=1,
            minloglevel=2,
            max_sentence_length=65536,
            bos_id=-1,
            eos_id=-1,
        )
    except RuntimeError:
        return Subwords()  # fewer pieces than letters can be had from so few words: they stay whole
    return Subwords(model.getvalue())


def _repeated(counts: Counter[str]) -> Iterator[str]:
    """Yield each word as often as it occurs, in a fixed order, several to a line."""
    for word, count in sorted(counts.items()):
        for start in range(0, count, 500):
            yield " ".join([word] * min(500, count - start))
