"""Learning curves: what the model scores when it reads only a part of a corpus."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, TypeVar

from benchmarks.embedded.split import measured, translated, whole
from ctxlearn.data import Direction
from ctxlearn.models.embedded.candidates import WHOLE
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.material import gather
from ctxlearn.render import Reading

SHARES = (0.1, 0.3, 1.0)
SEED = 11

T = TypeVar("T")


def measure(name: str, direction: Direction) -> dict[str, Any]:
    """Return by share of the material what there was of it, and the scores on each test of a corpus."""
    of = whole(name)
    tests = {test.name: test.segments(direction) for test in of.tests.values() if test.tests(direction)}
    found = {}
    for share in SHARES:
        material = gather(part(of.reading, share), direction)
        learned = learn(material)
        scores = {test: measured(translated(learned, WHOLE, it), it, direction) for test, it in tests.items()}
        found[f"{share:.0%}"] = {
            "pairs": len(material.sentences),
            "lexicon": len(material.lexicon),
            "scores": {test: {metric: it.value() for metric, it in by.items()} for test, by in scores.items()},
        }
    return found


def part(reading: Reading, share: float) -> Reading:
    """Return about a share of the entries, examples and blocks, drawn by chance; a smaller share is within a larger."""
    chance = random.Random(SEED)

    def drawn(records: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(record for record in records if chance.random() < share)

    entries, examples = drawn(reading.entries), drawn(reading.examples)
    return replace(reading, entries=entries, examples=examples, blocks=drawn(reading.blocks))
