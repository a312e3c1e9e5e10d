"""Asking again when a provider cannot now: with jitter, for as long as it says, and not for ever."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ctxlearn.errors import Overloaded
from ctxlearn.models.base import Completion, Model, Problem, Request, Translation, Usage

TRIES = 6
FIRST, LONGEST = 1.0, 60.0  # seconds between tries, doubled from one to the next, where the provider says nothing
PATIENCE = 600.0  # a provider that wants more than this is not waited for
HOPELESS = 4  # requests in a row that came to nothing: the provider is down


class RetryingModel:
    """A model that is asked up to TRIES times; what is asked too early for one thread is for all.

    Only Overloaded is tried again: a wrong key or a book too long will not be right the next time. A request that
    came to nothing is a problem of its segments alone; when HOPELESS in a row do, the last Overloaded is raised.
    """

    def __init__(
        self,
        inner: Model,
        *,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.inner = inner
        self.name = inner.name
        self._sleep = sleep
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._in_vain = 0

    def complete(self, request: Request) -> Completion:
        """Ask until there is an answer. Raises Overloaded when the provider seems down, and all else at once."""
        for number in range(1, TRIES + 1):
            self._wait()
            try:
                completion = self.inner.complete(request)
            except Overloaded as error:
                if number == TRIES or (error.retry_after or 0) > PATIENCE:
                    return self._given_up(request, error, number)
                self._hold(number, error.retry_after)
            else:
                self._in_vain = 0
                return replace(completion, translations=tuple(_later(it, number - 1) for it in completion.translations))
        raise AssertionError("the last try returns or raises")

    def _wait(self) -> None:
        """Wait until the provider may be asked again, and a little, so that not all threads come at the same moment."""
        while (left := self._not_before - self._clock()) > 0:
            self._sleep(left + self._chance())

    def _hold(self, number: int, said: float | None) -> None:
        """Let nobody ask before the time the provider said; if it said none, let this thread wait longer each time."""
        if said is None:
            self._sleep(min(LONGEST, FIRST * 2 ** (number - 1)) * (0.5 + self._chance() / 2))
            return
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + said)

    def _given_up(self, request: Request, error: Overloaded, attempts: int) -> Completion:
        with self._lock:
            self._in_vain += 1
            if self._in_vain >= HOPELESS:
                advice = "go on later: what was answered is kept"
                raise Overloaded(f"{error}; {HOPELESS} requests in a row came to nothing; {advice}")
        problem = Problem("overloaded", str(error))
        nothing = Translation("", "", problem=problem, attempts=attempts, usage=Usage())
        return Completion(tuple(replace(nothing, id=it.id) for it in request.segments), Usage())


def _later(it: Translation, tries: int) -> Translation:
    """Return a translation that came after so many tries in vain."""
    return replace(it, attempts=it.attempts + tries)
