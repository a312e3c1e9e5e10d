"""The model without each of its ideas: what an idea is worth is how much worse that is.

A new idea is a line of `IDEAS`: its name, and what undoes it, be it constants of the modules below
`ctxlearn.models.embedded`, another effort, less of the material, or less of what was read.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

from benchmarks.embedded.calibration import samples, summary
from benchmarks.embedded.split import measured, split, translated
from ctxlearn.data import Direction
from ctxlearn.models.embedded.candidates import WHOLE, Effort
from ctxlearn.models.embedded.explanations import NOTHING as EXPLAINS_NOTHING
from ctxlearn.models.embedded.learn import VIEWS, WEIGHTS, learn
from ctxlearn.models.embedded.material import Material, gather
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.translate import Corrections, Translator
from ctxlearn.render import Reading
from scoring.base import Measurement
from scoring.significance import compare

TRIALS = 1000  # of the randomisation test
_AFTERWARDS = ("candidates", "consensus", "translate")  # modules whose constants are used after learning alone


@contextlib.contextmanager
def changed(constants: Mapping[str, Any]) -> Iterator[None]:
    """Let constants of the model, `module.NAME`, have other values; AttributeError where there is no such constant."""
    with ExitStack() as stack:
        for name, value in constants.items():
            module, _, constant = name.partition(".")
            there = importlib.import_module(f"ctxlearn.models.embedded.{module}")
            stack.enter_context(mock.patch.object(there, constant, value))
        yield


@dataclass(frozen=True, slots=True)
class Idea:
    """An idea and what the model is without it."""

    name: str
    effort: Effort = WHOLE
    constants: Mapping[str, Any] = field(default_factory=dict)
    material: Callable[[Material], Material] = lambda it: it
    reading: Callable[[Reading], Reading] = lambda it: it

    def undone(self) -> AbstractContextManager[None]:
        """Let the constants be what they are without the idea; AttributeError where there is no such constant."""
        return changed(self.constants)

    @property
    def learns(self) -> bool:
        """Whether a constant is used in learning."""
        return any(name.partition(".")[0] not in _AFTERWARDS for name in self.constants)


# Each piece costs less then: the weight of a piece is the one that was tuned without classes.
_NO_CLASSES = replace(WEIGHTS, class_model=0.0, word=1.4)
IDEAS = (
    Idea("six views vote, not one", WHOLE._replace(views=1)),
    Idea("two aligners, not one", constants={"learn.VIEWS": tuple(it for it in VIEWS if it.aligner == "hmm")}),
    Idea("long sentences read backwards by half of the views", constants={"learn._LONG": 1_000_000}),
    Idea("pieces of words", constants={"learn.VIEWS": tuple(it._replace(source=0, target=0) for it in VIEWS)}),
    Idea("characters joined into words", constants={"subwords._ENOUGH": 1_000_000_000}),
    Idea("several candidates of a view, not its best alone", WHOLE._replace(candidates=1)),
    Idea("a list's shares by its scores", constants={"consensus._SHARPNESS": 0.0}),
    Idea("these shares sharpened", constants={"consensus._SHARPNESS": 1.0}),
    Idea("the nearest pairs say which words fit", WHOLE._replace(examples=0)),
    Idea("the best candidate edited", WHOLE._replace(edits=0)),
    Idea(
        "precision counts more in choosing than in chrF",
        constants={"consensus._CHOOSING": 2.0, "consensus._CHARACTERS_CHOOSING": 2.0},
    ),
    Idea(
        "among characters shorter n-grams and precision count more",
        constants={"consensus._CHARACTERS_LARGEST": 6, "consensus._CHARACTERS_CHOOSING": 1.5},
    ),
    Idea("another order of words", constants={"candidates.WEIGHTS": replace(WEIGHTS, jump=1000.0)}),
    Idea("how phrases follow each other", constants={"learn.WEIGHTS": replace(WEIGHTS, before=0.0, after=0.0)}),
    Idea("sequences of classes of pieces", constants={f"{it}.WEIGHTS": _NO_CLASSES for it in ("learn", "candidates")}),
    Idea("words that no book has count against a candidate", constants={"translate._INVENTED": 0.0}),
    Idea("known words for unknown ones that begin alike, in two views", constants={"translate._NEAR": 2.0}),
    Idea("signs mended that lack their other half", constants={"translate.is_whole": lambda *_: False}),
    Idea("glosses without what only explains", constants={"material.explanations": lambda *_: EXPLAINS_NOTHING}),
    Idea("no gloss that sentences gainsay", constants={"material.translating": lambda pairs, *_: list(pairs)}),
    Idea("the dictionary", material=lambda it: replace(it, lexicon=())),
    Idea("the morphemes of glossed examples as words", material=lambda it: replace(it, glossed=())),
    Idea("what glosses tell of links and parts of words", material=lambda it: replace(it, lines={})),
    Idea("the grammar's glossed examples", reading=lambda it: replace(it, blocks=_prose(it))),
    Idea("the grammar's prose as text", material=lambda it: replace(it, text=())),
)


def _prose(reading: Reading) -> Any:
    return tuple(block for block in reading.blocks if block.example is None)


def measure(name: str, direction: Direction) -> dict[str, Any]:
    """Return what the whole model scores on pairs held out and on each test of a corpus, and what it loses without.

    One learning, without the pairs held out, serves all tests. An idea without which nothing of this corpus changes is
    left out.
    """
    of = split(name)
    tests = {test.name: test.segments(direction) for test in of.tests.values() if test.tests(direction)}
    material = gather(of.reading, direction)
    learned = learn(material)
    translator = Translator(State(learned), Corrections(), WHOLE)
    said, whole, sure = {}, {}, {}
    for test, segments in tests.items():
        said[test], sentences, words = samples(translator, segments)
        whole[test] = measured(said[test], segments, direction)
        sure[test] = {"sentences": summary(sentences), "words": summary(words)}
    found: dict[str, dict[str, Any]] = {}
    for idea in IDEAS:
        with idea.undone():
            less = idea.material(gather(idea.reading(of.reading), direction))
            if not idea.constants and idea.effort == WHOLE and less == material:
                continue
            known = learn(less) if idea.learns or less != material else learned
            made = {test: translated(known, idea.effort, it) for test, it in tests.items()}
        if made == said:
            continue
        found[idea.name] = {
            test: {
                metric: _difference(metric, whole[test][metric], it)
                for metric, it in measured(texts, tests[test], direction).items()
            }
            for test, texts in made.items()
        }
    return {
        "n": {test: len(segments) for test, segments in tests.items()},
        "whole": {test: {metric: it.value() for metric, it in by.items()} for test, by in whole.items()},
        "without": found,
        "confidence": sure,
    }


def _difference(metric: str, whole: Measurement, without: Measurement) -> dict[str, float | bool]:
    it = compare(metric, whole, without, trials=TRIALS)
    return {"difference": it.difference, "low": it.low, "high": it.high, "told": it.told}
