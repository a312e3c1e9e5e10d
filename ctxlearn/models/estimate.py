"""How many tokens a request will have for a model that counts in its own way, and what a job will cost.

We count with OpenAI's o200k_base; other tokenizers make more of the same text. The ratio is taken from a table by the
family of the model until it was measured: every answer says how many tokens its request really had.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol

from ctxlearn import prompt
from ctxlearn.models.base import Request, Usage
from ctxlearn.models.plans.gemini import GeminiPlan
from ctxlearn.models.prices import Price
from ctxlearn.tokens import Count

# Tokens for one of ours. The first three are o200k_base themselves; of newer ones nobody has said. Old Claudes made
# 1.07 of the Kalamang books, and the newer have a finer tokenizer.
_RATIOS = (
    ("openai/gpt-4o", 1.0),
    ("openai/gpt-4.1", 1.0),
    ("openai/gpt-5", 1.0),
    ("openai/", 1.05),
    ("anthropic/", 1.1),
)
_RATIO = 1.07
_UNMEASURED, _MEASURED = 1.3, 1.01  # how much more than expected a book can have
_ANY_TEXT = 1.25  # short texts differ more from what was measured on a whole book
_WRAPPING = 64  # tokens of roles, marks and schemas that providers add
_ANSWER, _ITEM = 8, 14  # tokens of JSON around an answer, and around each translation in it
_FITS = 1.1  # how much longer than expected a book may turn out; 1.02 where the tokenizer is ours
_LONGEST = 50_000  # tokens of the longest question, its answer, and what is thought before it
_SLACK = 10  # seconds
_LEARN_FROM = 200  # tokens: below, wrapping weighs too much


class Facts(Protocol):
    """What must be known of a provider's plan (models/plans) to say what a request will be charged."""

    warm_ups: int
    per_request: int
    life: float | None
    at_least: int
    room: int
    hour: bool


class Gauge:
    """How a model counts: `ratio` tokens for one of ours; learns from what answers say. For several threads.

    `ratio` is what was measured before, if anything was; `keep` is told what is measured now.
    """

    def __init__(
        self, model: str, count: Count, ratio: float | None = None, keep: Callable[[float], object] = lambda _: None
    ) -> None:
        self.model = model
        self.is_measured = ratio is not None
        self.ratio = ratio if ratio is not None else expected_ratio(model)
        self.count = count
        self._keep = keep
        self._lock = threading.Lock()
        self._instructions: dict[str, int] = {}

    def book(self, request: Request) -> int:
        """Return our count of the text that stays the same from request to request."""
        prefix = request.prefix
        found = self._instructions.get(prefix.fingerprint)
        if found is None:
            around = prompt.system_text(prefix).replace(prefix.text.rstrip("\n"), "", 1)
            found = self._instructions[prefix.fingerprint] = self.count(around)
        return prefix.tokens + found

    def question(self, request: Request) -> int:
        """Return our count of the text that changes."""
        return self.count(prompt.question(request))

    def theirs(self, ours: int, margin: float = 1.0) -> int:
        """Return how many tokens the model will make of what are `ours`."""
        return ceil(ours * self.ratio * margin)

    @property
    def margin(self) -> float:
        """How much more than expected a book can have."""
        return _MEASURED if self.is_measured else _UNMEASURED

    def learn(self, request: Request, usage: Usage) -> None:
        """Take in how many tokens a request really had; a book laid down by itself was counted besides."""
        if usage.read is None or usage.written is None:
            return
        real = usage.read - (usage.written if usage.stored else 0)
        ours = self.book(request) + self.question(request)
        ratio = real / ours
        if ours < _LEARN_FROM or not 0.5 < ratio < 5 or (self.is_measured and abs(ratio / self.ratio - 1) < 0.002):
            return
        with self._lock:
            self.ratio, self.is_measured = ratio, True
        self._keep(ratio)


def expected_ratio(model: str) -> float:
    """Return how many tokens a model will make of one of ours, by its family.

    >>> expected_ratio("openai/gpt-4.1"), expected_ratio("anthropic/claude-sonnet-5-5")
    (1.0, 1.1)
    """
    return next((ratio for beginning, ratio in _RATIOS if model.startswith(beginning)), _RATIO)


# -- one request ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """How a plan's cache is charged: for an `hour`, as an object `stored_for` seconds, or in the usual way."""

    hour: bool = False
    stored_for: float = 0.0

    @classmethod
    def of(cls, plan: Facts) -> Kind:
        """Return the kind of a plan of models/plans."""
        if isinstance(plan, GeminiPlan) and plan.job.references:
            return cls(stored_for=plan.life)
        return cls(hour=plan.hour)


@dataclass(frozen=True, slots=True)
class Expected:
    """Tokens that one request will have: of the book, the question and the answer."""

    book: int
    question: int
    made: int

    def uncached(self) -> Usage:
        """Return the usage when nothing is cached."""
        return Usage(read=self.book + self.question, made=self.made)

    def cold(self, kind: Kind) -> Usage:
        """Return the usage when the book is put into the provider's cache."""
        if kind.stored_for:
            laid = Usage(read=self.book, written=self.book, stored=self.book * kind.stored_for)
            return laid + self.warm()
        hour = self.book if kind.hour else 0
        return replace(self.uncached(), written=self.book, written_1h=hour)

    def warm(self) -> Usage:
        """Return the usage when the book is read from there."""
        return replace(self.uncached(), cached=self.book)


def most(request: Request, gauge: Gauge, plan: Facts) -> Usage:
    """Return the most that a request can use: the book anew, and an answer as long as it may be."""
    expected = Expected(
        gauge.theirs(gauge.book(request), gauge.margin) + _WRAPPING,
        gauge.theirs(gauge.question(request), gauge.margin * _ANY_TEXT) + _WRAPPING,
        prompt.answer_tokens(request) + plan.room,
    )
    if _lies(plan, request.prefix.fingerprint):
        return expected.warm()  # it refers to the object, or fails
    return expected.cold(Kind.of(plan))


def _lies(plan: Facts, fingerprint: str) -> bool:
    """Whether an object with this book lies at the provider for as long as a request takes."""
    if not (isinstance(plan, GeminiPlan) and plan.job.references):
        return False
    until = time.time() + plan.life / 2 + _SLACK
    where = (plan.job.model, plan.job.api_base, fingerprint)
    return any((it.model, it.api_base, it.fingerprint) == where and it.expires > until for _, it in plan.shelf.all())


def room_for_a_book(model: str, limit: int) -> int:
    """Return how many of our tokens a book may have for a model that takes `limit` tokens.

    >>> room_for_a_book("openai/gpt-4.1", 1_047_576), room_for_a_book("anthropic/claude-sonnet-5-5", 1_000_000)
    (978015, 785123)
    """
    ratio = expected_ratio(model)
    left = max(limit - _LONGEST, limit // 2)
    return int(left / (ratio * (_FITS if ratio > 1 else 1.02)))


# -- a job ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job will take: tokens as the model counts them, and USD (None: unknown).

    `book` is read by every one of the `requests`; `questions` and `answers` are those of all together. `cold_usd` is
    the price when nothing is cached, `usd` when the book is cached after the first requests, `first_usd` what of that
    the first request costs, and `thinking_usd` the most that the model may think besides.
    """

    requests: int
    book: int
    questions: int
    answers: int
    cold_usd: float | None
    usd: float | None
    first_usd: float | None
    thinking_usd: float | None
    ratio: float
    is_measured: bool


def estimate(request: Request, gauge: Gauge, plan: Facts, price: Price, lengthening: float = 1.0) -> Estimate:
    """Return what it will take to translate all segments of `request`, which are asked as the plan says.

    `lengthening` is how many tokens a translation has for one of its source.
    """
    parts = [replace(request, segments=group) for group in prompt.groups(request.segments, plan.per_request)]
    expected = [_expected(part, gauge, lengthening) for part in parts]
    kind = Kind.of(plan)
    cached = list(_usages(expected, plan, kind, price.keeps_from or plan.at_least))
    return Estimate(
        requests=len(parts),
        book=expected[0].book if expected else 0,
        questions=sum(it.question for it in expected),
        answers=sum(it.made for it in expected),
        cold_usd=_total(price, [it.uncached() for it in expected]),
        usd=_total(price, cached),
        first_usd=price.cost(cached[0]) if cached else 0.0,
        thinking_usd=_total(price, [Usage(read=it.book, cached=it.book, made=plan.room) for it in expected], made=True),
        ratio=gauge.ratio,
        is_measured=gauge.is_measured,
    )


def _expected(part: Request, gauge: Gauge, lengthening: float) -> Expected:
    ours = sum(gauge.count(segment.source) for segment in part.segments)
    made = _ANSWER + len(part.segments) * _ITEM + gauge.theirs(ours, lengthening) * part.n
    return Expected(gauge.theirs(gauge.book(part)), gauge.theirs(gauge.question(part)), made)


def _usages(expected: Sequence[Expected], plan: Facts, kind: Kind, at_least: int) -> Iterator[Usage]:
    for number, it in enumerate(expected):
        if it.book < at_least:
            yield it.uncached()
        elif number >= (1 if kind.stored_for else plan.warm_ups):
            yield it.warm()
        else:
            yield it.cold(kind)


def _total(price: Price, usages: Sequence[Usage], *, made: bool = False) -> float | None:
    total = 0.0
    for usage in usages:
        usd = price.cost(usage)
        less = price.cost(replace(usage, made=0)) if made else 0.0
        if usd is None or less is None:
            return None
        total += usd - less
    return total
