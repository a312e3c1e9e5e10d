from __future__ import annotations

import threading

from ctxlearn.errors import Overloaded
from ctxlearn.models.awake import StayingAwake
from ctxlearn.models.base import Completion, Request, Translation, Usage
from tests.hosting import book, request, sentences
from tests.tiny import PATIENCE

BOOK = book(5)


class Asked:
    """A model that counts what it is asked, and lets a test wait for that."""

    name = "asked"

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.came = threading.Semaphore(0)
        self.broken = False

    def complete(self, request: Request) -> Completion:
        self.asked.append(request)
        self.came.release()
        if self.broken and len(self.asked) > 1:
            raise Overloaded("busy")
        return Completion(tuple(Translation(it.id, it.source) for it in request.segments), Usage(1000, 1000, 0, 0, 5))

    def waits(self, seconds: float = PATIENCE) -> bool:
        return self.came.acquire(timeout=seconds)


def price(usage: Usage) -> float | None:
    """A token read from the cache costs a fifth of one that is not."""
    assert usage.read is not None and usage.cached is not None
    return (usage.read - usage.cached) * 1.0 + usage.cached * 0.2


def unknown(usage: Usage) -> float | None:
    return None


def test_no_more_is_spent_on_waiting_than_reading_anew_would_cost() -> None:
    inner = Asked()
    model = StayingAwake(inner, 0.01, price)
    model.complete(request(BOOK, sentences(3)))
    assert all(inner.waits() for _ in range(6))
    assert not inner.waits(0.1)
    assert [len(it.segments) for it in inner.asked] == [3, 1, 1, 1, 1, 1]
    model.complete(request(BOOK, sentences(3)))
    assert all(inner.waits() for _ in range(6))
    model.close()


def test_before_the_end_of_its_life_nothing_is_asked() -> None:
    inner = Asked()
    model = StayingAwake(inner, 3600, price)
    model.complete(request(BOOK, sentences(3)))
    assert inner.waits() and not inner.waits(0.1)
    model.close()


def test_without_a_price_or_after_an_error_nothing_more_is_asked() -> None:
    inner = Asked()
    StayingAwake(inner, 0.01, unknown).complete(request(BOOK, sentences(1)))
    assert inner.waits() and not inner.waits(0.1)
    broken = Asked()
    broken.broken = True
    StayingAwake(broken, 0.01, price).complete(request(BOOK, sentences(1)))
    assert broken.waits() and broken.waits() and not broken.waits(0.1)
