"""Amazon Bedrock: a cache point after the book, for the models that take one (litellm writes it from Anthropic's mark).

https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
"""

from __future__ import annotations

from ctxlearn.models.plans.anthropic import FIVE_MINUTES, HOUR, cache_control, is_long
from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan, marked, messages

_TAKES_A_POINT = ("anthropic.claude", "amazon.nova")


class BedrockPlan(Plan):
    """The book with a cache point; an hour only where the model knows it."""

    keys = ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN")
    at_least = 4096

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.hour = is_long(job) and "claude" in job.model
        self.mark = cache_control(job if self.hour else Job(job.model))
        self.life = HOUR if self.hour else FIVE_MINUTES

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question, the book marked where that is understood."""
        takes = any(name in self.job.model for name in _TAKES_A_POINT)
        book = marked(asked.system, self.mark) if takes else asked.system
        return Arranged({"messages": messages(book, asked.question)})
