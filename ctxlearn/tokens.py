"""How many tokens a text has, counted offline."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ctxlearn import settings

Count = Callable[[str], int]

ENCODING = "o200k_base"


@cache
def counter(encoding: str = ENCODING) -> Count:
    """Return a function that counts tokens in tiktoken's `encoding`; its files are those bundled with litellm."""
    settings.point_tiktoken_at_bundled_files()
    import tiktoken  # late: 40 ms that a translation from a stored pack does not need

    encode = tiktoken.get_encoding(encoding).encode_ordinary

    def count(text: str) -> int:
        return len(encode(text))

    return count
