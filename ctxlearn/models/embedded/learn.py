"""Learning: from the material of a context to what the decoder needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ctxlearn.models.embedded import ngrams, phrases, subwords
from ctxlearn.models.embedded.align import align
from ctxlearn.models.embedded.material import Material
from ctxlearn.models.embedded.phrases import Weights
from ctxlearn.models.embedded.state import Learned, View
from ctxlearn.models.embedded.text import final_marks, split_final, study

VERSION = "1"  # changes whenever the same context would be learned differently
VIEWS = ((2000, 2500),)  # pieces of the source language, of the target language
WEIGHTS = Weights()
_OPTIONS = 20  # translations kept of a source phrase

Words = Sequence[Sequence[str]]


def learn(material: Material) -> Learned:
    """Return everything learned from the material, for one direction."""
    pairs = [*material.sentences, *material.lexicon]
    source, target = ([subwords.words(split_final(pair[side])[0]) for pair in pairs] for side in (0, 1))
    kept = [n for n, (one, other) in enumerate(zip(source, target, strict=True)) if one and other]
    source, target = [source[n] for n in kept], [target[n] for n in kept]
    text = [subwords.words(line) for line in material.text]
    return Learned(
        [_view(source, target, text, *sizes) for sizes in VIEWS],
        study(target for _, target in material.sentences or material.lexicon),
        final_marks(material.sentences),
        _words(zip(source, target, strict=True), len(material.sentences)),
    )


def _view(source: Words, target: Words, text: Words, source_size: int, target_size: int) -> View:
    source_pieces, target_pieces = subwords.learn(source, source_size), subwords.learn(target, target_size)
    cut_source = [source_pieces.cut(words) for words in source]
    cut_target = [target_pieces.cut(words) for words in target]
    counts = phrases.count(cut_source, cut_target, align(cut_source, cut_target))
    entries = list(phrases.best(phrases.table(counts, WEIGHTS.discount), WEIGHTS, _OPTIONS))
    grams = ngrams.learn([*cut_target, *(target_pieces.cut(words) for words in text)])
    return View(source_pieces.model, target_pieces.model, entries, grams, ngrams.weights())


def _words(pairs: Iterable[tuple[Sequence[str], Sequence[str]]], sentences: int) -> dict[str, tuple[str, ...]]:
    """Return the single words of the dictionary with their translations, the first first."""
    found: dict[str, dict[str, None]] = {}
    for number, (source, target) in enumerate(pairs):
        if number >= sentences and len(source) == 1:
            found.setdefault(source[0], {})[" ".join(target)] = None
    return {word: tuple(targets) for word, targets in found.items()}
