"""Learning: from the material of a context to what the decoder needs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ctxlearn.models.embedded import arrays, decode, ngrams, phrases, subwords
from ctxlearn.models.embedded.align import Text, align, numbered
from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.material import Material
from ctxlearn.models.embedded.phrases import Weights
from ctxlearn.models.embedded.state import Learned, View
from ctxlearn.models.embedded.subwords import Subwords
from ctxlearn.models.embedded.text import Writing, final_marks, is_word, names, split_final, study


class Cut(NamedTuple):
    """How a view is made: about how many pieces each language is cut into, and how they are aligned."""

    source: int
    target: int
    aligner: str


# The quick setting uses the first ones.
VIEWS = tuple(Cut(*sizes, kind) for kind in ("hmm", "ibm1") for sizes in ((2000, 2500), (1000, 1200), (4000, 4000)))
WEIGHTS = Weights()
_LEARNS = (
    "align", "arrays", "decode", "glossed", "learn", "material", "ngrams", "notation", "phrases", "state", "subwords",
    "text",
)  # fmt: skip
_LARGE = 4_000_000  # pairs of words in sentence pairs: above, the second aligner's views would take too long
_OPTIONS = 20  # translations kept of a source phrase

Words = Sequence[Sequence[str]]


@cache
def version() -> str:
    """Return a hash of the code that learns: what other code has learned is learned again."""
    digest = hashlib.sha256()
    for name in _LEARNS:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:8]


def learn(material: Material) -> Learned:
    """Return everything learned from the material, for one direction."""
    pairs = material.pairs()
    source, target = ([subwords.words(split_final(pair[side])[0]) for pair in pairs] for side in (0, 1))
    kept = [n for n, (one, other) in enumerate(zip(source, target, strict=True)) if one and other]
    lexical = np.array([n >= len(material.sentences) for n in kept], float)
    source, target = [source[n] for n in kept], [target[n] for n in kept]
    text = [words for line in material.text if (words := subwords.words(line))]
    return Learned(
        list(_views(source, target, text, lexical)),
        _writing(material),
        final_marks(material.written),
        Counter(word for words in source for word in words if is_word(word)),
    )


def _writing(material: Material) -> Writing:
    pairs = material.sentences or material.lexicon
    every = study((target for _, target in pairs), names(material.pairs()))
    return replace(every, capital=study(target for _, target in material.written or pairs).capital)


def _views(source: Words, target: Words, text: Words, lexical: Array) -> list[View]:
    """Return the views that differ, only the first aligner's of a very large context.

    A language of few words or of characters is cut alike whatever was asked for.
    """
    large = sum(len(one) * len(other) for one, other in zip(source, target, strict=True)) > _LARGE
    made: dict[tuple[bytes, bytes, str], View] = {}
    sources = {size: subwords.learn(source, size) for size in {cut.source for cut in VIEWS}}
    targets = {size: subwords.learn(target, size) for size in {cut.target for cut in VIEWS}}
    for cut in VIEWS if source else ():
        if large and cut.aligner != VIEWS[0].aligner:
            continue
        pieces = sources[cut.source], targets[cut.target]
        name = (pieces[0].model, pieces[1].model, cut.aligner)
        if name not in made:
            made[name] = _view(source, target, text, lexical, *pieces, cut.aligner)
    return list(made.values())


def _view(
    source: Words, target: Words, text: Words, lexical: Array, source_pieces: Subwords, target_pieces: Subwords, by: str
) -> View:
    cut_source = [source_pieces.cut(words) for words in source]
    cut_target = [target_pieces.cut(words) for words in target]
    cut_text = [target_pieces.cut(words) for words in text]
    source_names = sorted({piece for pieces in cut_source for piece in pieces})
    target_names = sorted({piece for cut in (cut_target, cut_text) for pieces in cut for piece in pieces})
    one = numbered(cut_source, {piece: n for n, piece in enumerate(source_names)})
    numbers = {piece: n for n, piece in enumerate(target_names)}
    other, prose = numbered(cut_target, numbers), numbered(cut_text, numbers)
    grids, links = align(one, other, by)
    table = phrases.table(one, other, grids, links, lexical)
    model = ngrams.learn([*_sentences(other), *_sentences(prose)], len(target_names))
    options = decode.options(table, model, WEIGHTS, _OPTIONS, *arrays.table(table.sources))
    return View(source_pieces.model, target_pieces.model, source_names, target_names, options, model)


def _sentences(text: Text) -> list[Array]:
    return np.split(text.words, text.begins[1:-1]) if len(text.begins) > 1 else []
