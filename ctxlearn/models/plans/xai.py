"""xAI: automatic, as long as all requests reach the same server, which a header asks for.

https://docs.x.ai/docs/guides/maximizing-cache-hits
"""

from __future__ import annotations

from ctxlearn.models.plans.base import Arranged, Asked, Plan, messages


class XaiPlan(Plan):
    """The book with a conversation id made from it."""

    keys = ("XAI_API_KEY",)

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question under one conversation."""
        header = {"x-grok-conv-id": asked.digest[:32]}
        return Arranged({"messages": messages(asked.system, asked.question), "extra_headers": header})
