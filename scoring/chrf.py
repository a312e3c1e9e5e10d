"""chrF (Popović 2015, https://aclanthology.org/W15-3049) and chrF++ (Popović 2017, https://aclanthology.org/W17-4770)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scoring.base import Metric

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric


def _open(_: str, *, word_order: int, lowercase: bool = False) -> SacrebleuMetric:
    from sacrebleu.metrics.chrf import CHRF as Sacrebleus  # noqa: N811 - sacrebleu's capitals

    return Sacrebleus(word_order=word_order, lowercase=lowercase)


CHRF = Metric("chrf", partial(_open, word_order=0))
CHRF_PLUS_PLUS = Metric("chrf++", partial(_open, word_order=2))
CHRF_LOWERCASED = Metric("chrf", partial(_open, word_order=0, lowercase=True))
CHRF_PLUS_PLUS_LOWERCASED = Metric("chrf++", partial(_open, word_order=2, lowercase=True))
