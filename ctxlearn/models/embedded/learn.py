"""Learning: from the material of a context to what the decoder needs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ctxlearn.models.embedded import ngrams, phrases, subwords
from ctxlearn.models.embedded.align import align
from ctxlearn.models.embedded.material import Material
from ctxlearn.models.embedded.phrases import Weights
from ctxlearn.models.embedded.state import Learned, View
from ctxlearn.models.embedded.text import final_marks, is_word, split_final, study

VIEWS = ((2000, 2500),)  # pieces of the source language, of the target language
WEIGHTS = Weights()
_OPTIONS = 10  # translations kept of a source phrase

Words = Sequence[Sequence[str]]


@cache
def version() -> str:
    """Return a hash of the code that learns: what other code has learned is learned again."""
    digest = hashlib.sha256()
    for name in ("align", "learn", "material", "ngrams", "phrases", "state", "subwords", "text"):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:8]


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
        Counter(word for words in source for word in words if is_word(word)),
    )


def _view(source: Words, target: Words, text: Words, source_size: int, target_size: int) -> View:
    source_pieces, target_pieces = subwords.learn(source, source_size), subwords.learn(target, target_size)
    cut_source = [source_pieces.cut(words) for words in source]
    cut_target = [target_pieces.cut(words) for words in target]
    counts = phrases.count(cut_source, cut_target, align(cut_source, cut_target))
    language_model = ngrams.LanguageModel([*cut_target, *(target_pieces.cut(words) for words in text)])
    table = phrases.table(counts, WEIGHTS.discount)
    entries = list(phrases.best(table, WEIGHTS, _OPTIONS, language_model.log_probability))
    return View(source_pieces.model, target_pieces.model, entries, language_model.lines(), ngrams.weights())
