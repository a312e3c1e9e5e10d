"""The floors that every system is measured against: copy the source, look up each word, take over the nearest example.

They read the context, and nothing else, as the embedded model does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest

from ctxlearn import render
from ctxlearn.data import Direction, Segment
from ctxlearn.errors import ModelError
from ctxlearn.models.base import Alternative, Completion, Prefix, Problem, Request, Translation, Usage
from ctxlearn.models.embedded.material import Pair, gather
from ctxlearn.models.embedded.text import Writing, final_marks, is_word, split_final, study, tokens

_LIKE_ENOUGH = 0.5  # a word shares half of its trigrams with the one looked up in its stead


class CopyModel:
    """The source itself as its translation."""

    name = "copy"

    def complete(self, request: Request) -> Completion:
        """Return every segment as it is."""
        return _answer(request, lambda segment: Translation(segment.id, segment.source))


class WordForWordModel:
    """The dictionary's first sense for each word."""

    name = "word-for-word"

    def complete(self, request: Request) -> Completion:
        """Translate word by word. Raises ModelError when the context is of other languages."""
        lexicon = _lexicon(request.prefix, request.tail, request.direction)
        return _answer(request, lambda segment: lexicon.translate(segment))


class NearestModel:
    """The translation of the example whose source side is most like the segment."""

    name = "nearest"

    def complete(self, request: Request) -> Completion:
        """Take over what is nearest. Raises ModelError when the context is of other languages."""
        memory = _memory(request.prefix, request.tail, request.direction)
        return _answer(request, lambda segment: memory.translate(segment, request.n))


def _answer(request: Request, translate: Callable[[Segment], Translation]) -> Completion:
    translations = tuple(translate(segment) for segment in request.segments)
    made = sum(len(translation.text.split()) for translation in translations)
    return Completion(translations, Usage(read=request.prefix.tokens, made=made))


# -- what the context holds -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Sentences and dictionary of a context seen from one direction, source first."""

    sentences: tuple[Pair, ...]
    lexicon: tuple[Pair, ...]


@lru_cache(maxsize=4)
def _reading(prefix: Prefix) -> render.Reading:
    return render.read(prefix.text)


@lru_cache(maxsize=4)
def _pairs(prefix: Prefix, tail: str, direction: Direction) -> _Pairs:
    """Return what the context and its tail hold for `direction`; what the tail says comes first."""
    reading = _reading(prefix)
    codes = (reading.language.code, reading.contact.code)
    if direction not in (Direction(*codes), Direction(*codes).reversed()):
        raise ModelError(f"the context is of {codes[0]} and {codes[1]}, and cannot serve {direction}")
    sections = render.read_sections(tail)
    entries = (*render.read_entries(sections.get("dictionary", "")), *reading.entries)
    examples = (*render.read_examples(sections.get("examples", "")), *reading.examples)
    whole = render.Reading(reading.language, reading.contact, entries, examples, reading.blocks)
    material = gather(whole, direction)
    return _Pairs(material.sentences, material.lexicon)


# -- likeness ---------------------------------------------------------------------------------------------------------


class _Index:
    """Texts by their character trigrams, to find those most like another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sizes: list[int] = []
        self._postings: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            grams = _trigrams(text)
            self._sizes.append(len(grams))
            for gram in grams:
                self._postings.setdefault(gram, []).append(number)

    def nearest(self, text: str, n: int) -> list[tuple[int, float]]:
        """Return the numbers of at most `n` texts with their Dice coefficients, the most alike first, ties in order."""
        grams = _trigrams(text)
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(self._postings.get(gram, ()))
        dice = ((-2 * count / (len(grams) + self._sizes[number]), number) for number, count in shared.items())
        return [(number, -negative) for negative, number in nsmallest(n, dice)]


def _trigrams(text: str) -> dict[str, None]:
    """Return the trigrams of a text once each, in order (a set's order would differ between processes)."""
    padded = f"  {text.lower()}  "
    return dict.fromkeys(padded[i : i + 3] for i in range(len(padded) - 2))


# -- word for word ----------------------------------------------------------------------------------------------------


class _Lexicon:
    """The words of a dictionary by their tokens, and how the target language is written."""

    def __init__(self, words: Mapping[tuple[str, ...], str], writing: Writing, marks: Mapping[str, str]) -> None:
        self._words = words
        self._writing = writing
        self._marks = marks
        self._longest = max(map(len, words), default=0)
        self._single = [key[0] for key in words if len(key) == 1]
        self._index = _Index(self._single)

    def translate(self, segment: Segment) -> Translation:
        """Return the segment word by word; the confidence is the share of its words that are in the dictionary."""
        body, mark = split_final(segment.source)
        found = [*self._look_up([token.lower() for token in tokens(body)])]
        written = [token for _, target in found for token in tokens(target)]
        text = self._writing.write(written) + (self._marks.get(mark, mark) if mark else "")
        known = [attested for attested, target in found if is_word(target)]
        return Translation(segment.id, text, confidence=sum(known) / len(known) if known else None)

    def _look_up(self, source: Sequence[str]) -> Iterator[tuple[bool, str]]:
        """Yield, for the longest known word at each place, whether it is known, and its translation or itself."""
        at = 0
        while at < len(source):
            lengths = range(min(self._longest, len(source) - at), 0, -1)
            length = next((length for length in lengths if tuple(source[at : at + length]) in self._words), 0)
            if length:
                yield True, self._words[tuple(source[at : at + length])]
            else:
                yield False, self._alike(source[at])
            at += length or 1

    def _alike(self, word: str) -> str:
        """Return the translation of the word most like an unknown one, if any is like it, else the word."""
        for number, dice in self._index.nearest(word, 1) if is_word(word) else ():
            if dice >= _LIKE_ENOUGH:
                return self._words[(self._single[number],)]
        return word


@lru_cache(maxsize=4)
def _lexicon(prefix: Prefix, tail: str, direction: Direction) -> _Lexicon:
    pairs = _pairs(prefix, tail, direction)
    words: dict[tuple[str, ...], str] = {}
    for source, target in pairs.lexicon:
        key = tuple(token.lower() for token in tokens(source))
        if key:
            words.setdefault(key, target.lower())
    return _Lexicon(words, study(target for _, target in pairs.sentences), final_marks(pairs.sentences))


# -- the nearest example ----------------------------------------------------------------------------------------------


class _Memory:
    """Sentence pairs, to be found by their source side."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._index = _Index([source for source, _ in pairs])

    def translate(self, segment: Segment, n: int) -> Translation:
        """Return the nearest example's translation, and those of the next `n` - 1 as alternatives."""
        if not self._pairs:
            return Translation(segment.id, "", problem=Problem("no-examples", "the context holds no sentence pair"))
        near = self._index.nearest(segment.source, max(n, 1)) or [(0, 0.0)]
        best, *others = [Alternative(self._pairs[number][1], dice) for number, dice in near]
        return Translation(segment.id, best.text, confidence=best.score, alternatives=tuple(others))


@lru_cache(maxsize=4)
def _memory(prefix: Prefix, tail: str, direction: Direction) -> _Memory:
    return _Memory(_pairs(prefix, tail, direction).sentences)
