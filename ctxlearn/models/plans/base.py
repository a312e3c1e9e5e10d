"""What a plan is: how one family of providers is asked, so that the book is paid for once.

Every request is the same system text (instructions and book), then a question. A plan says with which arguments of
litellm.completion the provider keeps the first in its cache. It knows nothing of what stands in either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ctxlearn.models.base import Usage


@dataclass(frozen=True, slots=True)
class Job:
    """What is known before the first request: the model by litellm's name, its server, and how long all will take.

    `seconds` is None when that is not known (somebody types). `keep` says whether what lies at the provider may stay
    there for the next job, `references` whether anything may lie there between requests at all.
    """

    model: str
    api_base: str | None = None
    seconds: float | None = None
    keep: bool = True
    references: bool = True

    @property
    def bare(self) -> str:
        """The model's name without its provider."""
        return self.model.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the system text, its sha256 and length in tokens, the book's fingerprint, and the question."""

    system: str
    digest: str
    tokens: int
    fingerprint: str
    question: str


@dataclass(frozen=True, slots=True)
class Arranged:
    """How to ask: arguments for litellm, what arranging it used, and the object at the provider that it refers to."""

    arguments: Mapping[str, Any]
    usage: Usage = field(default_factory=Usage)
    handle: str = ""


class Plan:
    """The book first, as plain text: enough wherever a provider finds a repeated beginning by itself.

    `warm_ups` requests are made alone before a hit can be expected; `life` is for how many seconds an unused book
    stays cached; `at_least` is how many tokens are cached at all; `room` is added to the answer's limit for what the
    model thinks; with `hour` what is written is asked to stay for an hour, which some price apart.
    """

    keys: tuple[str, ...] = ()  # variables, any one of which holds the key
    warm_ups = 1
    per_request = 20
    threads = 8
    life: float | None = 300
    at_least = 1024
    room = 16_000
    hour = False
    reports = True  # says how much it read from its cache
    stores = False  # keeps the book as an object that costs by the hour

    def __init__(self, job: Job) -> None:
        self.job = job

    def arrange(self, asked: Asked) -> Arranged:
        """Return how to ask. Raises ModelError where that needs the provider."""
        return Arranged({"messages": messages(asked.system, asked.question)})

    def lost(self, handle: str) -> None:
        """Take note that the provider no longer has the object `handle`."""

    def close(self) -> Usage:
        """Give up what lies at the provider for this job, when it is not to be kept; return what that saves."""
        return Usage()


def messages(system: object, question: str) -> list[dict[str, object]]:
    """Return the two messages of a request.

    >>> messages("the book", "a question")
    [{'role': 'system', 'content': 'the book'}, {'role': 'user', 'content': 'a question'}]
    """
    return [{"role": "system", "content": system}, {"role": "user", "content": question}]


def marked(text: str, mark: Mapping[str, object]) -> list[dict[str, object]]:
    """Return a text as the one block of a message, with a cache mark on it.

    >>> marked("the book", {"cache_control": {"type": "ephemeral"}})
    [{'type': 'text', 'text': 'the book', 'cache_control': {'type': 'ephemeral'}}]
    """
    return [{"type": "text", "text": text, **mark}]
