"""One's own server (vLLM, SGLang, llama.cpp, Ollama, LM Studio …): they keep a repeated beginning by themselves.

So all depends on the same bytes first. vLLM keeps the books of different people apart by a salt. A server with few
slots (llama.cpp) has the book only in the slot that read it, so that requests at the same time would read it once
each: one at a time there, unless asked otherwise. Many do not say how much they read from their cache; that is then
unknown.
"""

from __future__ import annotations

from ctxlearn.models.plans.base import Arranged, Asked, Plan, messages


class SelfHostedPlan(Plan):
    """The book as it is, one request at a time; no key needed."""

    per_request = 8
    threads = 1
    at_least = 1
    life = None
    room = 0
    reports = False


class VllmPlan(SelfHostedPlan):
    """The book with a salt of its own; every request finds it, so many may be under way."""

    threads = 8

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question with the salt."""
        body = {"cache_salt": asked.digest[:32]}
        return Arranged({"messages": messages(asked.system, asked.question), "extra_body": body})
