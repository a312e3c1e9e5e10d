"""Scores of hypotheses against references: BLEU, chrF, chrF++ and TER, with intervals and signatures; knows nobody.

`METRICS` is the table of metrics. Importing this package is cheap; the first score imports sacrebleu.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoring.base import (
    LengthMismatch,
    Measurement,
    Metric,
    MissingReference,
    References,
    Score,
    ScoringError,
    check,
    draw,
)
from scoring.bleu import BLEU
from scoring.chrf import CHRF, CHRF_PLUS_PLUS
from scoring.ter import TER
from scoring.tokenizers import choose

__all__ = ["METRICS", "LengthMismatch", "MissingReference", "Score", "ScoringError", "score", "sentence_scores"]

METRICS: dict[str, Metric] = {
    "bleu": BLEU,
    "chrf": CHRF,
    "chrf++": CHRF_PLUS_PLUS,
    "ter": TER,
}


def score(
    hypotheses: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str] = tuple(METRICS),
    bootstrap: int = 1000,
    seed: int = 12345,
) -> tuple[Score, ...]:
    """Return the score of `hypotheses` against `references` under each of `metrics`, in their order.

    A segment has one reference or several. `language` is the target's code; it chooses the tokenizer. The 95 %
    intervals come from `bootstrap` resamples of the segments (0: no intervals), the same for each metric. Raises
    ScoringError: LengthMismatch, MissingReference, or for a metric that there is not.
    """
    check(hypotheses, references)
    tokenizer = choose(language, references)
    draws = draw(len(hypotheses), bootstrap, seed)
    return tuple(_measure(name, hypotheses, references, tokenizer).score(draws, seed) for name in metrics)


def sentence_scores(hypotheses: Sequence[str], references: References, metric: str = "chrf++") -> tuple[float, ...]:
    """Return a score for each segment by itself, to sort segments by. Raises ScoringError as `score` does."""
    check(hypotheses, references)
    return tuple(_measure(metric, hypotheses, references, choose("", references)).segment_values())


def _measure(name: str, hypotheses: Sequence[str], references: References, tokenizer: str) -> Measurement:
    if name not in METRICS:
        raise ScoringError(f"no metric {name!r}; the known ones are {', '.join(METRICS)}")
    return Measurement(METRICS[name], hypotheses, references, tokenizer)
