"""Whether a confidence of 0.6 means a chrF of about 60: measured on pairs held out, drawn, and fitted.

    python -m benchmarks.embedded.calibration [--quick] [--folds N] CORPUS…

The maps of `ctxlearn.models.embedded.confidence`, of sentences and of words, are fitted to all corpora together; beside
them stands what they would be worth for each corpus if they were fitted to the others alone. Test sets are looked at
last, and fit nothing.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

import scoring
from benchmarks.embedded.split import HELD, split
from ctxlearn.data import Segment
from ctxlearn.models.base import Translation
from ctxlearn.models.embedded import confidence, translate
from ctxlearn.models.embedded.candidates import QUICK, WHOLE, Effort
from ctxlearn.models.embedded.confidence import Map
from ctxlearn.models.embedded.learn import learn
from ctxlearn.models.embedded.material import gather
from ctxlearn.models.embedded.state import State
from ctxlearn.models.embedded.text import tokens
from ctxlearn.models.embedded.translate import Corrections, Translator

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "confidence.png"
BINS = 10
HEADS = ("test", "n", "confidence", "true", "error without a map", "error", "rank correlation", "elsewhere")
_STEPS = 30  # of Newton's method

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """The sentences, or the words, of one test and direction: what their map sees, and what is true of them.

    `before` is what there is without a map; the truth of a sentence is its chrF, that of a word is whether the
    reference has it.
    """

    by: Map
    odds: Array
    before: Array
    true: Array
    name: str = ""
    test: str = ""


def sampled(name: str, fold: int, effort: Effort) -> Iterator[Sample]:
    """Yield what became of the pairs held out of a corpus, and of its test sets, both ways."""
    of = split(name, fold)
    for direction in of.directions:
        state = State(learn(gather(of.reading, direction)))
        translator = Translator(state, Corrections(), effort)
        for test in of.tests.values():
            if test.tests(direction):
                _, sentences, words = samples(translator, test.segments(direction))
                yield from (
                    replace(it, name=f"{Path(name).name} {direction}", test=test.name) for it in (sentences, words)
                )


def samples(translator: Translator, segments: Sequence[Segment]) -> tuple[list[str], Sample, Sample]:
    """Return the translations of segments, and their sentences and words as samples."""
    seen: list[tuple[float, float]] = []

    def note(agreement: float, known: float) -> float:
        seen.append((agreement, known))
        return agreement * known

    with mock.patch.object(translate, "confidence", note), mock.patch.object(translate, "of_word", float):
        made = [translator.translate(segment, 1) for segment in segments]
    texts = [it.text for it in made]
    chrf = scoring.sentence_scores(texts, [it.references for it in segments], "chrf")
    odds = np.array([confidence.log_odds(confidence.together(*it)) for it in seen])
    before = np.array([agreement * known for agreement, known in seen])
    sentences = Sample(confidence.SENTENCE, odds, before, np.array(chrf) / 100)
    words = [word for it, segment in zip(made, segments, strict=True) for word in _words(it, segment)]
    shares, right = np.array([share for share, _ in words]), np.array([right for _, right in words], float)
    odds = np.array([confidence.log_odds(share) for share in shares])
    return texts, sentences, Sample(confidence.WORD, odds, shares, right)


def _words(made: Translation, segment: Segment) -> Iterator[tuple[float, bool]]:
    """Yield for each word how sure it is, and whether it stands in the reference, each of whose words counts once."""
    left = Counter(token.lower() for token in tokens(segment.references[0]))
    for word in made.words:
        yield word.confidence, left[word.text.lower()] > 0
        left[word.text.lower()] -= 1


def fitted(samples: Sequence[Sample]) -> Map:
    """Return the map that fits best (logistic regression by Newton's method); samples weigh alike."""
    odds, true = (np.concatenate([getattr(it, name) for it in samples]) for name in ("odds", "true"))
    weighs = np.concatenate([np.full(len(it.true), 1 / len(it.true)) for it in samples])
    both = np.stack([np.ones(len(odds)), odds], 1)
    weights = np.zeros(2)
    for _ in range(_STEPS):
        found = mapped(odds, Map(*weights))
        slope = (both * (weighs * found * (1 - found))[:, None]).T @ both
        weights += np.linalg.solve(slope, both.T @ (weighs * (true - found)))
    return Map(*weights.tolist())


def mapped(odds: Array, by: Map) -> Array:
    """Return the confidences that a map gives."""
    return np.asarray(1 / (1 + np.exp(-by.constant - by.slope * odds)))


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


def summary(it: Sample) -> dict[str, float]:
    """Return how a sample's confidences fit, without a map and with it."""
    now = mapped(it.odds, it.by)
    return {
        "n": len(it.true),
        "confidence": float(now.mean()),
        "true": float(it.true.mean()),
        "error without a map": error(it.before, it.true),
        "error": error(now, it.true),
        "rank correlation": rank_correlation(now, it.true),
    }


def row(it: Sample, others: Sequence[Sample]) -> list[str]:
    """Return a sample's summary as cells, the last one the error by a map fitted to other corpora alone."""
    elsewhere = error(mapped(it.odds, fitted(others)), it.true) if others else float("nan")
    n, *found = summary(it).values()
    return [it.name, it.test, f"{n:.0f}", *(f"{value:.3f}" for value in (*found, elsewhere))]


def draw(samples: Sequence[Sample], path: Path) -> None:
    """Draw what is true over mean confidence, a line for each sample, without a map and with it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 9), layout="constrained")
    for place, (title, by, with_map) in enumerate(
        (
            ("sentences, without a map", confidence.SENTENCE, False),
            ("sentences, as it is", confidence.SENTENCE, True),
            ("words, without a map", confidence.WORD, False),
            ("words, as it is", confidence.WORD, True),
        ),
        start=1,
    ):
        axes = figure.add_subplot(2, 2, place)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for it in samples:
            if it.by is by:
                points = np.array(binned(mapped(it.odds, by) if with_map else it.before, it.true))
                axes.plot(points[:, 0], points[:, 1], marker="o", markersize=3, linewidth=1, label=it.name)
        truth = "mean chrF / 100" if by is confidence.SENTENCE else "share in the reference"
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean confidence", ylabel=truth, title=title)
        axes.set_aspect("equal")
    axes.legend(fontsize="small", frameon=False)
    figure.savefig(path, dpi=90)


def main() -> None:
    """Measure what the command line names, print the table and the map that fits best, and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", metavar="CORPUS")
    parser.add_argument("--quick", action="store_true", help="the quick setting; the picture is left as it is")
    parser.add_argument("--folds", type=int, default=1, help=f"so many times {HELD} pairs held out")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else WHOLE
    samples = [it for name in asked.corpora for fold in range(asked.folds) for it in sampled(name, fold, effort)]
    for of, by in (("sentences", confidence.SENTENCE), ("words", confidence.WORD)):
        these = [it for it in samples if it.by is by]
        held = [it for it in these if it.test == "held"]
        print(f"\n| {of} | {' | '.join(HEADS)} |\n{'| --- ' * (len(HEADS) + 1)}|")
        for it in these:
            others = [other for other in held if other.name.split()[0] != it.name.split()[0]]
            print(f"| {' | '.join(row(it, others))} |")
        print(f"\nfitted to all {of} held out:", ", ".join(f"{it:.3f}" for it in fitted(held)))
    if not asked.quick:
        draw([it for it in samples if it.test == "held"], PICTURE)


if __name__ == "__main__":
    main()
