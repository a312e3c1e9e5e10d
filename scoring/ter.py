"""TER, translation edit rate (Snover et al. 2006, https://aclanthology.org/2006.amta-papers.25); lower is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scoring.base import Metric, References
from scoring.tokenizers import choose

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric as SacrebleuMetric

_SEGMENTED = ("13a", "ko-mecab")  # sacrebleu's TER parts these at their blanks


def _open(tokenizer: str) -> SacrebleuMetric:
    from scoring.edits import QuickTER

    if tokenizer == "zh":
        return QuickTER(normalized=True, asian_support=True)
    metric = QuickTER()
    if tokenizer not in _SEGMENTED:
        metric.tokenizer_signature = "char"
    return metric


def _prepare(text: str, tokenizer: str) -> str:
    """Part the characters of a text without blanks; sacrebleu's support for Asian scripts knows Han only."""
    return text if tokenizer in (*_SEGMENTED, "zh") else " ".join("".join(text.split()))


def pairs(hypotheses: Sequence[str], references: References, language: str) -> int:
    """Return how many pairs of words TER looks at, of one hypothesis and one reference each: its time goes by that.

    >>> pairs(["a cat sat"], [["the cat"]], "eng"), pairs(["我去"], [["我要去"]], "zh")
    (6, 6)
    """
    tokenizer = choose(language, references)

    def count(text: str) -> int:
        return len(text.split()) if tokenizer in _SEGMENTED else len("".join(text.split()))

    texts = zip(hypotheses, references, strict=True)
    return sum(count(text) * sum(map(count, several)) for text, several in texts)


TER = Metric("ter", _open, _prepare, lower_is_better=True)
