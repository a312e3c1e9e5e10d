"""Whether two systems differ by more than chance: paired bootstrap and paired approximate randomisation.

Both are sacrebleu's (Koehn 2004, https://aclanthology.org/W04-3250; Riezler and Maxwell 2005,
https://aclanthology.org/W05-0908): the same draws from the same seed, and so the same p-values as `sacrebleu
--paired-bs` and `--paired-ar` print. They stand apart from it because here the effect has an interval too, and the
statistics of each segment are extracted once for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from scoring.base import ScoringError, draw, interval

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    from scoring.base import Draws

RESAMPLES = 1000
TRIALS = 10_000
SEED = 12345
LEVEL = 0.05
_AT_ONCE = 500  # trials summed together: 4 MB for a thousand segments

Outcome = Literal["win", "tie", "loss"]


class Measured(Protocol):
    """A system's segments under one metric: what a Measurement and Means have in common."""

    statistics: list[list[float]]

    def value(self) -> float:
        """Return the score of the corpus."""
        ...

    def values(self, sums: NDArray[numpy.float64]) -> list[float]:
        """Return the score of each row of summed statistics."""
        ...

    def resampled(self, draws: Draws) -> list[float]:
        """Return the score of each resample."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the second system is from the first under one metric.

    `difference` is second less first, `low` and `high` its 95 % bootstrap interval; `p_bootstrap` and
    `p_randomisation` are two-sided. Where lower is better, a difference below 0 speaks for the second.
    """

    metric: str
    first: float
    second: float
    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_randomisation: float
    lower_is_better: bool = False

    @property
    def told(self) -> bool:
        """Whether the difference is more than noise: its interval excludes 0, and randomisation has it at p < 0.05.

        Both are asked for because each alone finds one in twenty where there is none, and the bootstrap rather more
        on a few dozen segments.
        """
        return (self.low > 0 or self.high < 0) and self.p_randomisation < LEVEL

    @property
    def gain(self) -> float:
        """The difference as a gain of the second system: above 0 it is the better one."""
        return -self.difference if self.lower_is_better else self.difference


def compare(
    metric: str,
    first: Measured,
    second: Measured,
    *,
    lower_is_better: bool = False,
    resamples: int = RESAMPLES,
    trials: int = TRIALS,
    seed: int = SEED,
) -> Difference:
    """Return how far `second` is from `first`. Raises ScoringError unless both have the same number of segments."""
    if len(first.statistics) != len(second.statistics):
        raise ScoringError(f"{len(first.statistics)} segments and {len(second.statistics)}; they must be the same ones")
    one, two = first.value(), second.value()
    draws = draw(len(first.statistics), resamples, seed)
    changes = [b - a for a, b in zip(first.resampled(draws), second.resampled(draws), strict=True)]
    low, high = interval(changes)
    return Difference(
        metric,
        one,
        two,
        two - one,
        low,
        high,
        p_bootstrap=_bootstrap(changes, abs(two - one)),
        p_randomisation=_p([abs(a - b) for a, b in _shuffled(first, second, trials, seed)], abs(two - one)),
        lower_is_better=lower_is_better,
    )


def outcomes(first: Sequence[float], second: Sequence[float], lower_is_better: bool = False) -> tuple[Outcome, ...]:
    """Return for each segment whether the second system wins it, ties or loses.

    >>> outcomes([10.0, 20.0, 30.0], [15.0, 20.0, 5.0])
    ('win', 'tie', 'loss')
    """
    gains = ((a - b) if lower_is_better else (b - a) for a, b in zip(first, second, strict=True))
    return tuple("tie" if abs(gain) < 1e-9 else "win" if gain > 0 else "loss" for gain in gains)


def _bootstrap(changes: Sequence[float], difference: float) -> float:
    """Return how often resampling alone, shifted to no difference, gives more than was found."""
    sizes = [abs(change) for change in changes]
    mean = sum(sizes) / len(sizes)
    return _p([size - mean for size in sizes], difference)


def _shuffled(first: Measured, second: Measured, trials: int, seed: int) -> Iterator[tuple[float, float]]:
    """Yield the scores of two systems whose segments were swapped by the toss of a coin, once a trial."""
    import numpy

    both = numpy.hstack([numpy.array(each.statistics, dtype=numpy.float64) for each in (first, second)])
    one, two = numpy.hsplit(both.sum(0), 2)
    coins = numpy.random.default_rng(seed).integers(2, size=(trials, len(both)), dtype=bool)
    for start in range(0, trials, _AT_ONCE):
        # What heads do not give, tails do: statistics are counts, and their differences exact.
        heads_of_one, heads_of_two = numpy.hsplit(coins[start : start + _AT_ONCE].astype(numpy.float64) @ both, 2)
        swapped = first.values(heads_of_one + (two - heads_of_two)), second.values((one - heads_of_one) + heads_of_two)
        yield from zip(*swapped, strict=True)


def _p(found: Sequence[float], difference: float) -> float:
    """Return the share of chance results that exceed the difference; one is added, as multeval and sacrebleu do.

    Of no difference at all it is 1, for every result is as large. (sacrebleu prints the least p that there is.)
    """
    if difference == 0:
        return 1.0
    return (sum(value > difference for value in found) + 1) / (len(found) + 1)
