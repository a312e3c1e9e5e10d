"""OpenRouter: as the provider behind it wants it; Anthropic's mark for those that need one.

https://openrouter.ai/docs/features/prompt-caching
"""

from __future__ import annotations

from ctxlearn.models.plans.anthropic import FIVE_MINUTES, HOUR, cache_control, is_long
from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan, marked, messages
from ctxlearn.models.plans.openai import has_breakpoints

_TAKES_A_MARK = ("anthropic/", "google/gemini", "minimax/", "z-ai/")


class OpenRouterPlan(Plan):
    """The book, marked where the provider behind understands a mark."""

    keys = ("OPENROUTER_API_KEY",)

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        provider, _, name = job.bare.partition("/")
        self.mark: dict[str, object] = {}
        if job.bare.startswith(_TAKES_A_MARK):
            self.mark, self.hour = cache_control(job), is_long(job)
            self.life = HOUR if self.hour else FIVE_MINUTES
        elif provider == "openai" and has_breakpoints(name):
            self.mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question."""
        book = marked(asked.system, self.mark) if self.mark else asked.system
        options = (
            {"extra_body": {"prompt_cache_options": {"mode": "explicit"}}}
            if "prompt_cache_breakpoint" in self.mark
            else {}
        )
        return Arranged({"messages": messages(book, asked.question), **options})
