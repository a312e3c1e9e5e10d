"""Learning: from the material of a context to what the decoder needs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ctxlearn.models.embedded import arrays, classes, decode, ngrams, phrases, punctuation, regression, subwords
from ctxlearn.models.embedded.align import Grids, Text, align, gridded, numbered
from ctxlearn.models.embedded.anchors import NO_ANCHORS, Anchors, anchors
from ctxlearn.models.embedded.arrays import Array
from ctxlearn.models.embedded.classes import ClassModel
from ctxlearn.models.embedded.glossed import parted, placed
from ctxlearn.models.embedded.material import Material
from ctxlearn.models.embedded.ngrams import LanguageModel
from ctxlearn.models.embedded.phrases import Weights
from ctxlearn.models.embedded.state import Learned, View
from ctxlearn.models.embedded.subwords import Subwords
from ctxlearn.models.embedded.text import Writing, final_marks, is_number, is_word, names, split_final, study


class Cut(NamedTuple):
    """How a view is made: about how many pieces each language is cut into, how they are aligned, which way read."""

    source: int
    target: int
    aligner: str
    backwards: bool = False


# Where little is tried, the first ones are used.
VIEWS = tuple(Cut(*sizes, kind) for kind in ("hmm", "ibm1") for sizes in ((2000, 2500), (1000, 1200), (4000, 4000)))
WEIGHTS = Weights()
_LEARNS = (
    "align", "anchors", "arrays", "classes", "decode", "explanations", "glossed", "learn", "material", "ngrams",
    "notation", "orientations", "phrases", "punctuation", "regression", "state", "subwords", "text",
)  # fmt: skip
_LONG = 15  # words of a sentence on average
_LARGE = 4_000_000  # pairs of words in sentence pairs: above, more than the first three views would take too long
_OPTIONS = 20  # translations kept of a source phrase

Words = Sequence[Sequence[str]]
Parted = Mapping[str, Sequence[str]]


@cache
def version() -> str:
    """Return a hash of the code that learns: what other code has learned is learned again."""
    digest = hashlib.sha256()
    for name in _LEARNS:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:8]


def learn(material: Material) -> Learned:
    """Return everything learned from the material, for one direction."""
    it = _pairs(material)
    return Learned(
        list(_views(it)),
        _writing(material),
        punctuation.study(target for _, target in material.sentences),
        _final_marks(material),
        Counter(word for words in it.source for word in words if is_word(word)),
        *regression.learn(it.source, it.target),
    )


class _Pairs(NamedTuple):
    """What is learned from, as words: pairs, texts of the target language, and what is known of them beforehand."""

    source: Words
    target: Words
    prose: Words
    lexical: Array  # which pairs are a dictionary's
    anchors: Anchors
    parted: tuple[Parted, Parted]  # words of each language, in their morphemes


def _pairs(material: Material) -> _Pairs:
    pairs = material.pairs()
    source, target = ([subwords.words(split_final(pair[side])[0]) for pair in pairs] for side in (0, 1))
    # A number may stand for itself, whatever the sentences say.
    numbers = sorted({word for words in source for word in words if is_number(word)})
    source, target = [*source, *([number] for number in numbers)], [*target, *([number] for number in numbers)]
    kept = [n for n, (one, other) in enumerate(zip(source, target, strict=True)) if one and other]
    lexical = np.array([n >= len(material.sentences) for n in kept], float)
    source, target = [source[n] for n in kept], [target[n] for n in kept]
    prose = [words for line in material.text if (words := subwords.words(line))]
    own, contact = (target, source) if material.turned else (source, target)
    known = {n: line for n, pair in enumerate(material.sentences) if (line := material.lines.get(pair))}
    glossed = {at: placed(own[at], known[n]) for at, n in enumerate(kept) if n in known}
    cuts: tuple[Parted, Parted] = (parted((own[at], found) for at, found in glossed.items()), {})
    return _Pairs(
        source,
        target,
        prose,
        lexical,
        anchors(glossed, contact, turned=material.turned),
        cuts[::-1] if material.turned else cuts,
    )


def _writing(material: Material) -> Writing:
    pairs = material.sentences or material.lexicon
    every, written = study((target for _, target in pairs), names(material.pairs())), material.written or pairs
    return every if written == pairs else replace(every, capital=study(target for _, target in written).capital)


def _final_marks(material: Material) -> dict[str, str]:
    """Return what last marks become: by how it is written; what stands for none, by the sentences that have none."""
    unmarked = (pair for pair in material.sentences if not split_final(pair[0])[1])
    return final_marks(unmarked) | final_marks(pair for pair in material.written if split_final(pair[0])[1])


def _cuts(source: Words, target: Words, lexical: Array) -> Iterable[Cut]:
    """Return how the views of such pairs are made.

    The second aligner knows no order of words: a help where sentences are short, and wrong too often where they are
    long. There its views have the first one's links, and read both languages backwards.
    """
    first = [cut for cut in VIEWS if cut.aligner == VIEWS[0].aligner]
    sizes = np.array([(len(one), len(other)) for one, other in zip(source, target, strict=True)]).reshape(-1, 2)
    if sizes.prod(1).sum() > _LARGE:
        return first
    sentences = sizes[lexical == 0]
    if len(sentences) and sentences.mean() > _LONG:
        return [*first, *(cut._replace(backwards=True) for cut in first)]
    return VIEWS


def _views(it: _Pairs) -> list[View]:
    """Return the views that differ: a language of few words is cut alike whatever was asked for."""
    sources = _cuts_of({cut.source for cut in VIEWS}, it.parted[0], it.source)
    targets = _cuts_of({cut.target for cut in VIEWS}, it.parted[1], it.target, it.prose)
    models: dict[tuple[bytes, bool], tuple[LanguageModel, ClassModel]] = {}  # what views share is made once
    grids: dict[tuple[bytes, bytes], Grids] = {}
    links: dict[tuple[bytes, bytes, str], Array] = {}
    made: dict[tuple[bytes, bytes, str, bool], View] = {}
    for cut in _cuts(it.source, it.target, it.lexical) if it.source else ():
        told = cut.aligner == VIEWS[0].aligner  # of glosses; the other views are not, so that they differ more
        one, other = sources[told][cut.source], targets[told][cut.target]
        both = one.pieces, other.pieces
        if both not in grids:
            grids[both] = gridded(one.texts[0], other.texts[0])
        if (*both, cut.aligner) not in links:
            links[*both, cut.aligner] = _links(one, other, grids[both], cut.aligner, it.anchors if told else NO_ANCHORS)
        if (other.pieces, cut.backwards) not in models:
            models[other.pieces, cut.backwards] = _models(other, backwards=cut.backwards)
        if (*both, *cut[2:]) not in made:
            linked = _Linked(one.texts[0], other.texts[0], grids[both], links[*both, cut.aligner])
            if cut.backwards:
                linked = linked.backwards()
            view = _view(one, other, linked, it.lexical, *models[other.pieces, cut.backwards])
            made[*both, *cut[2:]] = replace(view, backwards=cut.backwards)
    return list(made.values())


def _links(source: _Side, target: _Side, grids: Grids, aligner: str, told: Anchors) -> Array:
    texts = source.texts[0], target.texts[0]
    return align(*texts, grids, aligner, prior=told.prior(*texts, grids.begins, source.sizes(), target.sizes()))


def _view(
    source: _Side, target: _Side, linked: _Linked, lexical: Array, model: LanguageModel, classed: ClassModel
) -> View:
    table = phrases.table(*linked, lexical)
    options = decode.options(table, model, classed, WEIGHTS, _OPTIONS, *arrays.table(table.sources))
    return View(source.pieces, target.pieces, source.names, target.names, options, model, classed)


def _models(target: _Side, *, backwards: bool) -> tuple[LanguageModel, ClassModel]:
    words = [_reversed(text.words, text.begins) if backwards else text.words for text in target.texts]
    sizes = np.concatenate([np.diff(text.begins) for text in target.texts])
    text = Text(np.concatenate(words), np.append(0, np.cumsum(sizes)), len(target.names))
    return ngrams.learn(text), classes.learn(text)


class _Linked(NamedTuple):
    """Sentence pairs cut one way, and which cells of their grids are linked."""

    source: Text
    target: Text
    grids: Grids
    links: Array

    def backwards(self) -> _Linked:
        """Return the same pairs with the last piece first."""
        source, target, grids, links = self
        return _Linked(
            source._replace(words=_reversed(source.words, source.begins)),
            target._replace(words=_reversed(target.words, target.begins)),
            grids._replace(types=_reversed(grids.types, grids.begins)),
            _reversed(links, grids.begins),
        )


def _reversed(values: Array, begins: Array) -> Array:
    """Return each of the stretches that begin at `begins` with its last value first."""
    ends = np.repeat(begins[:-1] + begins[1:] - 1, np.diff(begins))
    return values[ends - np.arange(len(values))]


# -- what is cut into pieces ------------------------------------------------------------------------------------------


class _Side(NamedTuple):
    """One language cut one way: how, the pieces that there are, and its texts as numbers of pieces."""

    pieces: bytes  # sentencepiece's model
    names: list[str]
    texts: list[Text]

    def sizes(self) -> Array:
        """Return how many letters each piece has."""
        return np.array([len(name) - name.startswith(subwords.START) for name in self.names], np.int64)


class _Counted(NamedTuple):
    """Texts of one language as numbers of words, and how often the words of the first of them occur."""

    words: list[str]
    texts: list[Text]
    counts: Mapping[str, int]


def _cuts_of(sizes: Collection[int], parted: Parted, *texts: Words) -> tuple[dict[int, _Side], dict[int, _Side]]:
    """Return texts cut into about so many pieces, without knowing how words are parted, and knowing it."""
    runs = [[list(subwords.runs(sentence)) for sentence in text] for text in texts]
    numbers = {word: n for n, word in enumerate(dict.fromkeys(word for text in runs for it in text for word in it))}
    known = _Counted(list(numbers), [numbered(text, numbers) for text in runs], subwords.counted(runs[0]))
    plain = _cut(sizes, {}, known)
    return plain, _cut(sizes, parted, known) if parted else plain


def _cut(sizes: Collection[int], parted: Parted, it: _Counted) -> dict[int, _Side]:
    asked = {size: subwords.vocabulary(it.counts, size) for size in sizes}
    learned = {pieces: subwords.learn(it.counts, pieces, parted) for pieces in dict.fromkeys(asked.values())}
    made = {model: _side(Subwords(model), it) for model in dict.fromkeys(by.model for by in learned.values())}
    return {size: made[learned[pieces].model] for size, pieces in asked.items()}


def _side(by: Subwords, it: _Counted) -> _Side:
    """Return texts cut into pieces."""
    cut = by.cut_each(it.words)
    names = sorted({piece for pieces in cut for piece in pieces})
    numbers = {piece: n for n, piece in enumerate(names)}
    pieces = numbered(cut, numbers)
    return _Side(by.model, names, [_spelled(text, pieces) for text in it.texts])


def _spelled(text: Text, words: Text) -> Text:
    """Return a text with what stands for each word, `words[n]` for the word n, in its place."""
    sizes = np.diff(words.begins)[text.words]
    ends = np.append(0, np.cumsum(sizes))
    places = np.arange(ends[-1]) + np.repeat(words.begins[text.words] - ends[:-1], sizes)
    return Text(words.words[places], ends[text.begins], words.kinds)
