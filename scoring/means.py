"""The mean of scores that a segment was given elsewhere (COMET, a person's rating): measured as every metric is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scoring.base import Score, ScoringError, interval

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from scoring.base import Draws


class Means:
    """The scores of every segment, from which the mean of the corpus or of any resample follows.

    `origin` says where the scores come from; it stands in the signature. A statistic is a score, and the 1 that it
    counts for.
    """

    def __init__(self, metric: str, values: Sequence[float], origin: str) -> None:
        if not values:
            raise ScoringError(f"{metric}: nothing to score: 0 segments")
        self.name = metric
        self.origin = origin
        self.statistics: list[list[float]] = [[value, 1.0] for value in values]

    def value(self) -> float:
        """Return the mean of the corpus."""
        return sum(value for value, _ in self.statistics) / len(self.statistics)

    def segment_values(self) -> list[float]:
        """Return the score of each segment, as it was given."""
        return [value for value, _ in self.statistics]

    def values(self, sums: NDArray[numpy.float64]) -> list[float]:
        """Return the mean of each row of summed statistics."""
        return [total / count for total, count in sums.tolist()]

    def resampled(self, draws: Draws) -> list[float]:
        """Return the mean of each resample."""
        import numpy

        return [float(mean) for mean in numpy.array(self.segment_values())[draws].mean(1)]

    def score(self, draws: Draws, seed: int) -> Score:
        """Return the mean with the interval that `draws` give."""
        low, high = interval(self.resampled(draws)) if len(draws) else (None, None)
        return Score(self.name, self.value(), low, high, self.signature(len(draws), seed))

    def signature(self, resamples: int = 0, seed: int = 0) -> str:
        """Return a signature that names the origin, for no one can compute these scores again from here."""
        drawn = f"|bs:{resamples}|seed:{seed}" if resamples else ""
        return f"mean-of-segments|n:{len(self.statistics)}{drawn}|{self.origin}"
