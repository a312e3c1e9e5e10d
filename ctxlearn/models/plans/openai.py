"""OpenAI: an explicit breakpoint where the model has them, and one cache key for the book.

From gpt-5.6 on a prefix is found again only where a breakpoint stands; the default one stands after the last message
and would write the whole book with every question. Older models find the longest common beginning by themselves, and
answer 400 to a breakpoint. https://developers.openai.com/api/docs/guides/prompt-caching
"""

from __future__ import annotations

import re

from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan, marked, messages

_NAME = re.compile(r"(?:ft:)?(?:gpt-(\d+)(?:\.(\d+))?|o\d|chatgpt|daybreak|gpt-daybreak)")
_BREAKPOINTS_FROM = (5, 6)


def is_openai(bare: str) -> bool:
    """Whether a model name is one of OpenAI's own, so that a server that has it is OpenAI or stands before it."""
    return _NAME.match(bare) is not None


def has_breakpoints(bare: str) -> bool:
    """Whether a model takes explicit breakpoints.

    >>> [has_breakpoints(name) for name in ("gpt-4.1", "gpt-5.5", "gpt-5.6-sol", "gpt-6-luna")]
    [False, False, True, True]
    """
    match = _NAME.match(bare)
    return bool(match and match[1]) and (int(match[1]), int(match[2] or 0)) >= _BREAKPOINTS_FROM  # type: ignore[index]


class OpenAIPlan(Plan):
    """The book with a cache key and, from gpt-5.6 on, a breakpoint at its end."""

    keys = ("OPENAI_API_KEY",)
    threads = 4  # more than some 15 requests a minute go to further machines, which have not the book

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.breakpoints = has_breakpoints(job.bare)
        self.life = 1800 if self.breakpoints else 300

    def arrange(self, asked: Asked) -> Arranged:
        """Return book and question, with what keeps the book cached."""
        common = {"prompt_cache_key": asked.digest[:32], "response_format": {"type": "json_object"}}
        if not self.breakpoints:
            return Arranged({"messages": messages(asked.system, asked.question), **common})
        book = marked(asked.system, {"prompt_cache_breakpoint": {"mode": "explicit"}})
        options = {"prompt_cache_options": {"mode": "explicit"}}
        return Arranged({"messages": messages(book, asked.question), **common, **options})
