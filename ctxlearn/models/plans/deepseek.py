"""DeepSeek: nothing to say, but the book is a unit of its cache only after two requests that share it.

The second request misses and makes the common beginning a unit; from the third on it hits.
https://api-docs.deepseek.com/guides/kv_cache
"""

from __future__ import annotations

from ctxlearn.models.plans.base import Plan


class DeepSeekPlan(Plan):
    """The book as it is, and two warm-ups."""

    keys = ("DEEPSEEK_API_KEY",)
    warm_ups = 2
    life = 3600
    at_least = 64
