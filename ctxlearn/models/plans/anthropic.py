"""Anthropic: one explicit breakpoint at the end of the book, for five minutes or an hour.

Each hit renews the life, so that five minutes serve a job whose requests follow each other; a job longer than that gets
an hour, whose write costs 2 × instead of 1.25 × the input price, and then stands a pause of the provider without being
written anew. A large book is uploaded as a file, and every question refers to it: the same tokens for the price,
but not megabytes for each question. https://platform.claude.com/docs/en/build-with-claude/prompt-caching and …/files
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ctxlearn.models.base import Usage
from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan, marked, messages
from ctxlearn.models.plans.kept import Kept, Shelf
from ctxlearn.models.plans.laid import LaidPlan, ask, delete, name_of

API = "https://api.anthropic.com"
FIVE_MINUTES, HOUR = 300, 3600
LARGE = 200_000  # characters; a smaller book is sent faster than it is uploaded
_AT_LEAST = 4096  # tokens, of the oldest models with a million; newer ones from 512
_FILES = {"anthropic-version": "2023-06-01", "anthropic-beta": "files-api-2025-04-14"}


def cache_control(job: Job) -> dict[str, object]:
    """Return the mark of a job's breakpoint.

    >>> cache_control(Job("anthropic/claude-sonnet-5-5", seconds=1200))
    {'cache_control': {'type': 'ephemeral', 'ttl': '1h'}}
    """
    return {"cache_control": {"type": "ephemeral", **({"ttl": "1h"} if is_long(job) else {})}}


def is_long(job: Job) -> bool:
    """Whether a book is to stay for an hour, as the job takes longer than five minutes."""
    return job.seconds is not None and job.seconds > FIVE_MINUTES


class AnthropicPlan(Plan):
    """The book marked with one breakpoint; the question after it is never written."""

    keys: tuple[str, ...] = ("ANTHROPIC_API_KEY",)
    at_least = _AT_LEAST

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.mark = cache_control(job)
        self.hour = is_long(job)
        self.life = HOUR if self.hour else FIVE_MINUTES

    def arrange(self, asked: Asked) -> Arranged:
        """Return the marked book and the question."""
        return Arranged({"messages": messages(marked(asked.system, self.mark), asked.question)})


class VertexClaudePlan(AnthropicPlan):
    """The same at Google, whose own credentials open it."""

    keys = ()


class AnthropicFilePlan(LaidPlan):
    """The book as an uploaded file with one breakpoint after it; the file is deleted when the job ends."""

    keys = ("ANTHROPIC_API_KEY",)
    at_least = _AT_LEAST

    def __init__(self, job: Job, shelf: Shelf, key: Callable[[], str]) -> None:
        super().__init__(job, shelf, Files(job, key))
        self.inline = AnthropicPlan(job)
        self.mark, self.hour, self.life = self.inline.mark, self.inline.hour, self.inline.life

    def arrange(self, asked: Asked) -> Arranged:
        """Return a question that refers to the file, or the two together where the book is small."""
        if len(asked.system) < LARGE:
            return self.inline.arrange(asked)
        kept, usage = self.obtain(asked)
        book = {"type": "file", "file": {"file_id": kept.name, "format": "text/plain"}, **self.mark}
        content = [book, {"type": "text", "text": asked.question}]
        return Arranged({"messages": [{"role": "user", "content": content}]}, usage, kept.name)

    def close(self) -> Usage:
        """Delete the files, which nothing else would ever do; what was cached of them stays for its life."""
        return self._delete()


class Files:
    """Anthropic's Files API. A file lives until it is deleted, and costs nothing by itself."""

    life = 30 * 86_400.0

    def __init__(self, job: Job, key: Callable[[], str]) -> None:
        self.job = job
        self.base = f"{(job.api_base or API).rstrip('/')}/v1/files"
        self.key = key

    def make(self, asked: Asked) -> Kept:
        """Upload the system text. Raises ModelError, BudgetError."""
        file = ("book.txt", asked.system.encode(), "text/plain")
        said = ask(self.job.model, "POST", self.base, self._headers(), files={"file": file})
        end = time.time() + self.life
        name = name_of(self.job.model, "id", said)
        return Kept(name, self.job.model, self.job.api_base, asked.fingerprint, 0, end)

    def extend(self, kept: Kept) -> Kept:
        """Return a file as it is, for longer."""
        return kept.until(time.time() + self.life)

    def delete(self, kept: Kept) -> bool:
        """Delete a file; False when it was gone already."""
        return delete(self.job.model, f"{self.base}/{kept.name}", self._headers())

    def _headers(self) -> dict[str, str]:
        return {**_FILES, "x-api-key": self.key()}
