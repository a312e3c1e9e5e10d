"""BLEU (Papineni et al. 2002, https://aclanthology.org/P02-1040)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scoring.base import Metric

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric


def _open(tokenizer: str, *, lowercase: bool = False) -> SacrebleuMetric:
    from sacrebleu.metrics.bleu import BLEU as Sacrebleus  # noqa: N811 - sacrebleu's capitals

    # `force` only keeps sacrebleu from warning of text that looks tokenized.
    return Sacrebleus(lowercase=lowercase, tokenize=tokenizer, force=True)


BLEU = Metric("bleu", _open)
BLEU_LOWERCASED = Metric("bleu", partial(_open, lowercase=True))
