"""Scores of parts of a test set: by how much of a segment stands in the books, and by its length.

The parts are fixed, so that those of two runs are the same ones. The statistics of every segment are extracted once,
for the whole and for each part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

from scoring.base import Measurement, Score, draw, interval

if TYPE_CHECKING:
    from ctxlearn.coverage import Word

METRICS = ("bleu", "chrf", "chrf++")
WITH_INTERVAL = ("chrf",)  # BLEU of a dozen segments says little, and its resamples take half a second a part

# A part's name and the least that is in it; it ends where the next one begins.
COVERAGE = (("under 50 %", -inf), ("50 – 74 %", 0.5), ("75 – 99 %", 0.75), ("100 %", 1.0))
LENGTH = (("1 – 4 words", -inf), ("5 – 9 words", 5.0), ("10 – 19 words", 10.0), ("20 words and more", 20.0))


def slices(words: Sequence[Sequence[Word]], measured: Sequence[Measurement], seed: int = 12345) -> dict[str, object]:
    """Return the scores of the segments by coverage (surface, anywhere in the books) and by length; empty parts not."""
    from ctxlearn.coverage import share

    chosen = [it for it in measured if it.metric.name in METRICS]
    kinds: Mapping[str, tuple[Sequence[float], Sequence[tuple[str, float]]]] = {
        "coverage": ([share(each) for each in words], COVERAGE),
        "length": ([len(each) for each in words], LENGTH),
    }
    return {kind: _sliced(values, parts, chosen, seed) for kind, (values, parts) in kinds.items()}


def _sliced(
    values: Sequence[float], parts: Sequence[tuple[str, float]], measured: Sequence[Measurement], seed: int
) -> list[dict[str, object]]:
    ends = [*(least for _, least in parts[1:]), inf]
    found = []
    for (name, least), end in zip(parts, ends, strict=True):
        members = [number for number, value in enumerate(values) if least <= value < end]
        if members:
            scores = {it.metric.name: _fields(_score(it, members, seed)) for it in measured}
            found.append({"slice": name, "n": len(members), "scores": scores})
    return found


def _score(measurement: Measurement, members: Sequence[int], seed: int) -> Score:
    import numpy

    table = numpy.array(measurement.statistics, dtype=numpy.float64)
    value = measurement.values(table[list(members)].sum(0)[None, :])[0]
    if measurement.metric.name not in WITH_INTERVAL:
        return Score(measurement.metric.name, value, None, None, measurement.signature())
    draws = numpy.array(members)[draw(len(members), 1000, seed)]
    low, high = interval(measurement.resampled(draws))
    return Score(measurement.metric.name, value, low, high, measurement.signature(1000, seed))


def _fields(score: Score) -> dict[str, object]:
    return {"value": score.value, "low": score.low, "high": score.high, "signature": score.signature}
