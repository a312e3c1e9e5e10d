"""Mistral: automatic, with a cache key for a good rate of hits.

litellm refuses the key as an argument of its own, so it goes in the body.
https://docs.mistral.ai/capabilities/prompt-caching
"""

from __future__ import annotations

from ctxlearn.models.plans.base import Arranged, Asked, Plan, messages


class MistralPlan(Plan):
    """The book with a cache key."""

    keys = ("MISTRAL_API_KEY",)

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question with the key in the body."""
        body = {"prompt_cache_key": asked.digest[:32]}
        return Arranged({"messages": messages(asked.system, asked.question), "extra_body": body})
