"""Several runs of one system: how far its scores spread from run to run, beside what the choice of sentences does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from ctxlearn.runs import Run, RunSegment


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over several runs: the mean, the standard deviation of the sample, the least and the most."""

    metric: str
    runs: int
    mean: float
    sd: float
    least: float
    most: float


def spread(runs: Sequence[Run]) -> tuple[Spread, ...]:
    """Return the spread of each metric over two runs or more."""
    values = {it.metric: [score.value for run in runs for score in run.scores if score.metric == it.metric]
              for it in runs[0].scores}  # fmt: skip
    return tuple(
        Spread(metric, len(found), fmean(found), stdev(found), min(found), max(found))
        for metric, found in values.items()
    )


def are_same(runs: Iterable[Sequence[RunSegment]]) -> bool:
    """Whether every run gave the same translations."""
    return len({tuple(it.hypothesis for it in segments) for segments in runs}) == 1
