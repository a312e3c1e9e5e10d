"""What every measurement starts from: a corpus packed without some of its own sentence pairs, which are a test then.

Choices about the model are made by such pairs; the test sets that a corpus declares are looked at for the report only.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import scoring
from ctxlearn import context, corpus, leaks, manifest, render, tokens
from ctxlearn.corpus import Contents, Item, TestSet
from ctxlearn.data import Direction, Segment
from ctxlearn.models.embedded.candidates import Effort
from ctxlearn.models.embedded.state import Learned, State
from ctxlearn.models.embedded.translate import Corrections, Translator
from ctxlearn.render import Reading
from scoring.base import Measurement

HELD = 300  # pairs held out, or a fifth of those that may be, where that is less
SEED = 7
_WORDS = 3  # a shorter pair is no sentence
_METRICS = ("chrf", "bleu", "chrf++")


@dataclass(frozen=True, slots=True)
class Split:
    """A packed corpus read back, its length, and test sets that nothing of it leaks: its own, and pairs held out."""

    reading: Reading
    prefix: str
    tokens: int
    directions: tuple[Direction, Direction]
    tests: Mapping[str, TestSet]


def whole(name: str) -> Split:
    """Return a corpus as it is packed, with its own test sets alone."""
    contents = corpus.read(manifest.open_corpus(name))
    return _packed(contents, ())


def split(name: str, fold: int = 0) -> Split:
    """Return a corpus packed without the pairs of a fold, which are the test `held`; no two folds have one in common.

    What leaks a pair held out is taken out with it, as it is for any test set.
    """
    contents = corpus.read(manifest.open_corpus(name))
    items = _items(_packed(contents, ()).reading)
    random.Random(SEED).shuffle(items)
    many = min(HELD, len(items) // 5)
    return _packed(contents, (TestSet("held", tuple(items[fold * many : (fold + 1) * many])),))


def _packed(contents: Contents, held: Sequence[TestSet]) -> Split:
    packed = context.pack(contents, tokens.counter(), tests=held)
    tests = {test.name: test for test in (*contents.tests, *held)}
    return Split(render.read(packed.prefix), packed.prefix, packed.tokens, contents.corpus.directions, tests)


def _items(reading: Reading) -> list[Item]:
    """Return the distinct pairs of a context that are sentences."""
    language, contact = reading.language.code, reading.contact.code
    found: dict[str, Item] = {}
    for example in reading.pairs():
        text = leaks.normalise(example.primary_text)
        if leaks.words(text) >= _WORDS and text not in found:
            texts = {language: (example.primary_text,), contact: (example.translated_text,)}
            found[text] = Item(f"held-{len(found)}", texts)
    return list(found.values())


def translated(learned: Learned, effort: Effort, segments: Sequence[Segment]) -> list[str]:
    """Return the translations of segments by what was learned."""
    translator = Translator(State(learned), Corrections(), effort)
    return [translator.translate(segment, 1).text for segment in segments]


def measured(hypotheses: Sequence[str], segments: Sequence[Segment], direction: Direction) -> dict[str, Measurement]:
    """Return hypotheses measured against the segments' references, by metric."""
    references = [segment.references for segment in segments]
    found = scoring.measure(hypotheses, references, direction.target, _METRICS)
    return dict(zip(_METRICS, found, strict=True))
