"""Anthropic: one explicit breakpoint at the end of the book, for five minutes or an hour.

Each hit renews the life, so that five minutes serve a job whose requests follow each other; a job longer than that
gets an hour, whose write costs 2 × instead of 1.25 × the input price, and then stands a pause of the provider without
being written anew.
https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from __future__ import annotations

from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan, marked, messages

FIVE_MINUTES, HOUR = 300, 3600


def cache_control(job: Job) -> dict[str, object]:
    """Return the mark of a job's breakpoint.

    >>> cache_control(Job("anthropic/claude-sonnet-5-5", seconds=1200))
    {'cache_control': {'type': 'ephemeral', 'ttl': '1h'}}
    """
    long = job.seconds is not None and job.seconds > FIVE_MINUTES
    return {"cache_control": {"type": "ephemeral", **({"ttl": "1h"} if long else {})}}


class AnthropicPlan(Plan):
    """The book marked with one breakpoint; the question after it is never written."""

    keys = ("ANTHROPIC_API_KEY",)
    at_least = 4096  # of the oldest models with a million tokens; newer ones from 512

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.mark = cache_control(job)
        self.life = HOUR if "ttl" in str(self.mark) else FIVE_MINUTES

    def arrange(self, asked: Asked) -> Arranged:
        """Return the marked book and the question."""
        return Arranged({"messages": messages(marked(asked.system, self.mark), asked.question)})
