"""What a score and a metric are, and how a corpus is measured; apart, because every metric is measured in the same way.

The numbers are sacrebleu's (Post 2018, https://aclanthology.org/W18-6319): each metric extracts statistics from each
segment once, and a score is computed from their sum, for the corpus and for every bootstrap resample alike.
sacrebleu and numpy are imported by the first measurement, not with this module (0.2 s).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray
    from sacrebleu.metrics.base import Metric as SacrebleuMetric

    Draws = NDArray[numpy.int64]

References = Sequence[Sequence[str]]  # one sequence of references a segment; segments may have unequal numbers of them


class ScoringError(ValueError):
    """Texts that cannot be scored."""


class LengthMismatch(ScoringError):  # noqa: N818 - says what is wrong, as its kin do
    """Not as many hypotheses as segments with references."""


class MissingReference(ScoringError):  # noqa: N818 - says what is wrong, as its kin do
    """A segment has no reference, or only empty ones."""


@dataclass(frozen=True, slots=True)
class Score:
    """A metric's value for a corpus, its 95 % bootstrap interval, and the signature that lets others compute it again.

    `low` and `high` are None when no resamples were asked for.
    """

    metric: str
    value: float
    low: float | None
    high: float | None
    signature: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by its name; `open` gives sacrebleu's metric for a tokenizer's name, `prepare` spells a text for it."""

    name: str
    open: Callable[[str], SacrebleuMetric]
    prepare: Callable[[str, str], str] | None = None
    lower_is_better: bool = False

    def prepared(self, texts: Sequence[str], tokenizer: str) -> list[str]:
        """Return the texts as sacrebleu's metric is to read them."""
        return [self.prepare(text, tokenizer) for text in texts] if self.prepare else [*texts]


class Measurement:
    """The statistics of every segment under one metric, from which scores of the corpus or of any resample follow."""

    def __init__(self, metric: Metric, hypotheses: Sequence[str], references: References, tokenizer: str) -> None:
        self.metric = metric
        self._sacrebleu = metric.open(tokenizer)
        self.statistics: list[list[float]] = self._sacrebleu._extract_corpus_statistics(
            metric.prepared(hypotheses, tokenizer),
            _streams([metric.prepared(several, tokenizer) for several in references]),
        )

    def value(self) -> float:
        """Return the score of the corpus, the same as sacrebleu's to the last digit."""
        return float(self._sacrebleu._aggregate_and_compute(self.statistics).score)

    def segment_values(self) -> list[float]:
        """Return the score of each segment by itself."""
        return [float(self._sacrebleu._aggregate_and_compute([one]).score) for one in self.statistics]

    def values(self, sums: NDArray[numpy.float64]) -> list[float]:
        """Return the score of each row of summed statistics, (rows, statistics)."""
        return [float(self._sacrebleu._compute_score_from_stats(row).score) for row in sums.tolist()]

    def resampled(self, draws: Draws) -> list[float]:
        """Return the score of each resample; a row of `draws` is the segments of one, by their numbers."""
        import numpy

        table = numpy.array(self.statistics, dtype=numpy.float64)
        return self.values(numpy.array([table[row].sum(0) for row in draws]))

    def score(self, draws: Draws, seed: int) -> Score:
        """Return the score of the corpus with the interval that `draws` give; without draws there is no interval."""
        low, high = interval(self.resampled(draws)) if len(draws) else (None, None)
        return Score(self.metric.name, self.value(), low, high, self.signature(len(draws), seed))

    def signature(self, resamples: int = 0, seed: int = 0) -> str:
        """Return sacrebleu's signature, with the number of resamples and the seed when there were any."""
        self._sacrebleu.n_bootstrap, self._sacrebleu.seed = (resamples, str(seed)) if resamples else (None, None)
        return str(self._sacrebleu.get_signature())


def draw(segments: int, resamples: int, seed: int) -> Draws:
    """Return the segments of each resample, drawn as sacrebleu draws them, with replacement: (resamples, segments)."""
    import numpy

    return numpy.random.default_rng(seed).choice(segments, size=(resamples, segments), replace=True)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % percentile interval of resampled scores (Koehn 2004, https://aclanthology.org/W04-3250).

    The bounds are the order statistics that sacrebleu takes, of which it prints only half the distance. The interval
    need not lie evenly around the corpus's own score, and for few segments it may not hold it.

    >>> interval([float(n) for n in range(1000)])
    (25.0, 974.0)
    """
    ordered = sorted(values)
    cut = len(ordered) // 40
    return ordered[cut], ordered[-cut - 1]


def check(hypotheses: Sequence[str], references: References) -> None:
    """Raise a ScoringError unless there is a hypothesis for every segment and a reference for every hypothesis.

    sacrebleu 2.6 cuts unequal lengths to the shorter in silence. An empty hypothesis is one; it scores as empty.
    """
    if len(hypotheses) != len(references):
        raise LengthMismatch(f"{len(hypotheses)} hypotheses for {len(references)} segments with references")
    if not hypotheses:
        raise ScoringError("nothing to score: 0 hypotheses")
    for number, several in enumerate(references, 1):
        if not any(reference.strip() for reference in several):
            found = "only empty references" if several else "no reference"
            raise MissingReference(f"segment {number} of {len(references)} has {found}")


def _streams(references: References) -> list[list[str]]:
    """Return the references as sacrebleu wants them: all first ones, all second ones …, None where one lacks."""
    most = max(len(several) for several in references)
    streams = [[several[n] if n < len(several) else None for several in references] for n in range(most)]
    return cast("list[list[str]]", streams)  # sacrebleu's annotations leave out the None that its documentation allows
