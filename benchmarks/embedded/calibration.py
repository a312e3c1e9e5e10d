"""Whether a confidence of 0.6 means a chrF of about 60: measured on pairs held out, drawn, and fitted.

    python -m benchmarks.embedded.calibration [--quick] [--folds N] CORPUS…

The map of `ctxlearn.models.embedded.confidence` is fitted to all corpora together; beside it stands what it would be
worth for each corpus if it were fitted to the others alone. Test sets are looked at last, and fit nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

import scoring
from benchmarks.embedded.split import HELD, split
from ctxlearn.data import Segment
from ctxlearn.models.embedded import confidence, translate
from ctxlearn.models.embedded.candidates import QUICK, WHOLE, Effort
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.translate import Corrections, Translator

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "confidence.png"
BINS = 10
_STEPS = 30  # of Newton's method

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """The sentences of one test and direction: what the map sees, how far the candidates agree, and the true chrF."""

    corpus: str
    direction: str
    test: str
    features: Array
    before: Array  # agreement times known words: what there is without a map
    true: Array


def sample(name: str, fold: int, effort: Effort) -> Iterator[Sample]:
    """Yield what became of the pairs held out of a corpus, and of its test sets, both ways."""
    of = split(name, fold)
    for direction in of.directions:
        state = State(learn(gather(of.reading, direction)))
        translator = Translator(state, Corrections(), effort)
        for test in of.tests.values():
            if test.tests(direction):
                yield _sample(name, str(direction), test.name, translator, test.segments(direction))


def _sample(name: str, direction: str, test: str, translator: Translator, segments: Sequence[Segment]) -> Sample:
    seen: list[tuple[float, float]] = []

    def note(agreement: float, known: float) -> float:
        seen.append((agreement, known))
        return agreement * known

    with mock.patch.object(translate, "confidence", note):
        made = [translator.translate(segment, 1) for segment in segments]
    true = scoring.sentence_scores([it.text for it in made], [it.references for it in segments], "chrf")
    features = np.array([confidence.features(*it) for it in seen])
    return Sample(name, direction, test, features, np.array([a * k for a, k in seen]), np.array(true) / 100)


def fitted(samples: Sequence[Sample]) -> Array:
    """Return the weights of the map that fits best (logistic regression on chrF by Newton's method)."""
    features, true = (np.concatenate([getattr(it, name) for it in samples]) for name in ("features", "true"))
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        found = mapped(features, weights)
        slope = (features * (found * (1 - found))[:, None]).T @ features
        weights += np.linalg.solve(slope, features.T @ (true - found))
    return weights


def mapped(features: Array, weights: Sequence[float] | Array) -> Array:
    """Return the confidences that a map gives."""
    return np.asarray(1 / (1 + np.exp(-features @ np.asarray(weights))))


def binned(given: Array, true: Array) -> list[tuple[float, float]]:
    """Return the mean confidence and the mean chrF of each tenth of the sentences, the least sure first."""
    order = np.argsort(given, kind="stable")
    return [(float(given[some].mean()), float(true[some].mean())) for some in np.array_split(order, BINS)]


def error(given: Array, true: Array) -> float:
    """Return the expected calibration error: how far confidence and chrF of a tenth are apart, on average."""
    return float(np.mean([abs(one - other) for one, other in binned(given, true)]))


def rank_correlation(one: Array, other: Array) -> float:
    """Return Spearman's correlation; equal values share their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Array) -> Array:
    _, place, many = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(many) - (many - 1) / 2)[place])


def row(it: Sample, others: Sequence[Sample]) -> list[Any]:
    """Return how a sample's confidences fit: before, by the map as it is, and by one fitted to other corpora alone."""
    now = mapped(it.features, confidence.MAP)
    found: list[Any] = [it.corpus, it.direction, it.test, len(it.true), f"{now.mean():.3f}", f"{it.true.mean():.3f}"]
    elsewhere = mapped(it.features, fitted(others)) if others else now
    found += [f"{error(given, it.true):.3f}" for given in (it.before, now, elsewhere)]
    return [*found, *(f"{rank_correlation(given, it.true):.2f}" for given in (it.before, now))]


def draw(samples: Sequence[Sample], path: Path) -> None:
    """Draw mean chrF over mean confidence, a line for each sample."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    for place, title in enumerate(("without a map", "as it is"), start=1):
        axes = figure.add_subplot(1, 2, place)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for it in samples:
            given = it.before if place == 1 else mapped(it.features, confidence.MAP)
            points = np.array(binned(given, it.true))
            axes.plot(points[:, 0], points[:, 1], marker="o", markersize=3, linewidth=1, label=it.direction)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean confidence", ylabel="mean chrF / 100", title=title)
        axes.set_aspect("equal")
    axes.legend(fontsize="small", frameon=False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure what the command line names, print the table and the map that fits best, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS")
    parser.add_argument("--quick", action="store_true", help="the quick setting; the picture is left as it is")
    parser.add_argument("--folds", type=int, default=1, help=f"so many times {HELD} pairs held out")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else WHOLE
    samples = [it for name in asked.corpora for fold in range(asked.folds) for it in sample(name, fold, effort)]
    held = [it for it in samples if it.test == "held"]
    for it in samples:
        others = [other for other in held if other.corpus != it.corpus]
        print("| " + " | ".join(str(cell) for cell in row(it, others)) + " |")
    print("fitted to all that were held out:", ", ".join(f"{it:.3f}" for it in fitted(held)))
    if not asked.quick:
        draw(held, PICTURE)


if __name__ == "__main__":
    main()
