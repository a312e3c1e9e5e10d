"""TER, translation edit rate (Snover et al. 2006, https://aclanthology.org/2006.amta-papers.25); lower is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.base import Metric

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric

_SEGMENTED = ("13a", "ko-mecab")  # sacrebleu's TER parts these at their blanks


def _open(tokenizer: str) -> SacrebleuMetric:
    from sacrebleu.metrics.ter import TER as Sacrebleus  # noqa: N811 - sacrebleu's capitals

    if tokenizer == "zh":
        return Sacrebleus(normalized=True, asian_support=True)
    metric = Sacrebleus()
    if tokenizer not in _SEGMENTED:
        metric.tokenizer_signature = "char"
    return metric


def _prepare(text: str, tokenizer: str) -> str:
    """Part the characters of a text without blanks; sacrebleu's support for Asian scripts knows Han only."""
    return text if tokenizer in (*_SEGMENTED, "zh") else " ".join("".join(text.split()))


TER = Metric("ter", _open, _prepare, lower_is_better=True)
