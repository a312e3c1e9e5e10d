"""Scores of hypotheses against references: BLEU, chrF, chrF++ and TER, with intervals and signatures; knows nobody.

`METRICS` is the table of metrics. Importing this package is cheap; the first score imports sacrebleu.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from scoring.orthography import SIGNATURE, normalise
from scoring.ter import TER
from scoring.tokenizers import choose

__all__ = [
    "METRICS",
    "NORMALISED",
    "LengthMismatch",
    "MissingReference",
    "Score",
    "ScoringError",
    "measure",
    "normalised_score",
    "score",
    "sentence_scores",
    "title",
]

NORMALISED = "-norm"  # ends the name of a metric over normalised texts
_TITLES = {"bleu": "BLEU", "chrf": "chrF", "chrf++": "chrF++", "ter": "TER"}

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
    measured = measure(hypotheses, references, language, metrics)
    draws = draw(len(hypotheses), bootstrap, seed)
    return tuple(each.score(draws, seed) for each in measured)


def normalised_score(
    hypotheses: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str] = tuple(METRICS),
    bootstrap: int = 1000,
    seed: int = 12345,
) -> tuple[Score, ...]:
    """Return what `score` does, for the texts in one orthography; name and signature say so.

    It stands beside the raw score: it forgives apostrophes, dashes, case and composed letters, and nothing else.
    """
    check(hypotheses, references)
    texts = [normalise(text) for text in hypotheses]
    theirs = [[normalise(reference) for reference in several] for several in references]
    return tuple(
        replace(it, metric=it.metric + NORMALISED, signature=f"{it.signature}|{SIGNATURE}")
        for it in score(texts, theirs, language, metrics, bootstrap, seed)
    )


def measure(
    hypotheses: Sequence[str], references: References, language: str, metrics: Sequence[str] = tuple(METRICS)
) -> tuple[Measurement, ...]:
    """Return the statistics of every segment under each of `metrics`. Raises ScoringError as `score` does."""
    check(hypotheses, references)
    tokenizer = choose(language, references)
    return tuple(_measure(name, hypotheses, references, tokenizer) for name in metrics)


def sentence_scores(hypotheses: Sequence[str], references: References, metric: str = "chrf++") -> tuple[float, ...]:
    """Return a score for each segment by itself, to sort segments by. Raises ScoringError as `score` does."""
    check(hypotheses, references)
    return tuple(_measure(metric, hypotheses, references, choose("", references)).segment_values())


def title(metric: str) -> str:
    """Return a metric's name as the field writes it.

    >>> title("chrf++"), title("bleu-norm"), title("COMET")
    ('chrF++', 'BLEU (normalised)', 'COMET')
    """
    plain = metric.removesuffix(NORMALISED)
    return _TITLES.get(plain, plain) + (" (normalised)" if plain != metric else "")


def _measure(name: str, hypotheses: Sequence[str], references: References, tokenizer: str) -> Measurement:
    if name not in METRICS:
        raise ScoringError(f"no metric {name!r}; the known ones are {', '.join(METRICS)}")
    return Measurement(METRICS[name], hypotheses, references, tokenizer)
