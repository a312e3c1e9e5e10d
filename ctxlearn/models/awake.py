"""Keeping a book in a provider's cache while a person thinks, for as long as that costs less than reading it anew.

When the next question will come, if one comes, nobody knows. So at most as much is spent on waiting as reading the book
anew would cost: whatever happens, the whole is never more than twice what one could have known to be best
(Karlin, Manasse, Rudolph and Sleator 1988, the ski rental).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ctxlearn.errors import CtxlearnError
from ctxlearn.models.base import Completion, Model, Request, Usage

EARLY = 0.8  # of a life may pass before the book is asked for again

Price = Callable[[Usage], float | None]
_log = logging.getLogger("ctxlearn")


class StayingAwake:
    """A model that asks its last question's first sentence once more whenever the book is about to leave the cache.

    `life` is for how many seconds an unused book stays there. Without a known price nothing is asked.
    """

    def __init__(self, inner: Model, life: float, price: Price, clock: Callable[[], float] = time.monotonic) -> None:
        self.inner = inner
        self.name = inner.name
        self.life = life
        self.price = price
        self._clock = clock
        self._turn = threading.Condition()
        self._last: tuple[float, Request, Usage] | None = None
        self._left = 0.0  # USD to wait with
        self._closed = False
        self._watch: threading.Thread | None = None

    def complete(self, request: Request) -> Completion:
        """Answer a request, and begin to wait anew."""
        completion = self.inner.complete(request)
        with self._turn:
            self._last = (self._clock(), replace(request, segments=request.segments[:1]), completion.usage)
            self._left = self._anew(completion.usage)
            if self._watch is None:
                self._watch = threading.Thread(target=self._wait, daemon=True)
                self._watch.start()
            self._turn.notify_all()
        return completion

    def close(self) -> None:
        """Wait no longer."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def _anew(self, usage: Usage) -> float:
        """Return what reading the book anew would cost; 0 when that is not known."""
        if not usage.read:
            return 0.0
        return self.price(replace(usage, cached=0, written=usage.read, stored=0, made=0)) or 0.0

    def _wait(self) -> None:
        while (asked := self._due()) is not None:
            spent = None
            try:
                spent = self.price(self.inner.complete(asked).usage)
            except CtxlearnError as error:
                _log.info("%s: not kept in the cache: %s", self.name, error)
            with self._turn:
                self._left -= spent or self._left
                assert self._last is not None
                self._last = (self._clock(), asked, self._last[2])

    def _due(self) -> Request | None:
        """Return what is to be asked when it is time for that; None when no more is to be asked at all."""
        with self._turn:
            while not self._closed:
                assert self._last is not None
                last, asked, usage = self._last
                left = last + EARLY * self.life - self._clock()
                again = self.price(replace(usage, cached=usage.read, written=0, written_1h=0, stored=0))
                if again is None or again > self._left:
                    self._turn.wait()  # for the next question
                elif left > 0:
                    self._turn.wait(left)
                else:
                    return asked
            return None
