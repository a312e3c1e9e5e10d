"""How a stand-in counts tokens: not as the client does, so that its estimates meet another tokenizer's bill."""

from __future__ import annotations

import math

from ctxlearn import tokens

ENCODING = "cl100k_base"


class Tokenizer:
    """Tokens of cl100k_base, times a ratio, rounded up."""

    def __init__(self, ratio: float = 1.08) -> None:
        self.ratio = ratio
        self._count = tokens.counter(ENCODING)

    def __call__(self, text: str) -> int:
        return math.ceil(self._count(text) * self.ratio)

    def cut(self, text: str, limit: int) -> str:
        """Return the longest beginning of `text` that has at most `limit` tokens; what an output limit leaves."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self(text[:middle]) <= limit else (low, middle - 1)
        return text[:low]
