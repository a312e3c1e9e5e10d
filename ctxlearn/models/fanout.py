"""Many requests about one book: the first alone, then a look whether the provider kept the book, then all together.

A provider has a book in its cache only once a first request is answered; requests sent together before that pay for
reading it once each. And a cache that silently fails makes a job ten times dearer, so the rest starts only when a
request has shown that it read the book from there, or after a warning with the price of going on; with a cap on the
cost, not even then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue

from ctxlearn import prompt
from ctxlearn.errors import CapReached
from ctxlearn.models.base import Completion, Model, Request, Translation, Usage
from ctxlearn.models.plans.base import Plan

HIT = 0.95  # of the book's tokens read from the cache
MISSES = 3  # in a row, once the rest is under way, are no chance
ROUNDS = 8  # requests a thread in one call, so that threads rarely wait for the slowest

Price = Callable[[Usage], float | None]
_log = logging.getLogger("ctxlearn")


@dataclass(slots=True)
class _Warmth:
    """What is known of a book at the provider; `misses` are those since the last hit."""

    asked: int = 0
    warm: bool = False
    misses: int = 0
    last: float = 0.0


class FanOut:
    """A model that takes many segments and asks them in groups, several groups at the same time.

    `per_request` and `threads` are the plan's when not given. `price` says what a usage costs, if that is known;
    `capped` that there is a limit to it. `at_once` is how many segments it likes to be given together. `close` gives
    up what lies at the provider, unless that is to stay (the plan's own when not given).
    """

    def __init__(
        self,
        inner: Model,
        plan: Plan,
        *,
        per_request: int | None = None,
        threads: int | None = None,
        price: Price | None = None,
        capped: bool = False,
        close: Callable[[], Usage] | None = None,
    ) -> None:
        self.inner = inner
        self.name = inner.name
        self.plan = plan
        self.per_request = per_request or plan.per_request
        self.threads = threads or plan.threads
        self.price = price
        self.capped = capped
        self._close = close or plan.close
        self.at_once = self.per_request * self.threads * ROUNDS
        self._warmth: dict[str, _Warmth] = {}
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Completion:
        """Ask all groups, alone at first. Raises CapReached when the cache fails under a cap, and all a request raises.

        An error ends the call only after what was under way has come back, so that it can be kept.
        """
        parts = [replace(request, segments=group) for group in prompt.groups(request.segments, self.per_request)]
        done: list[Completion] = []
        while len(done) < len(parts) and not self._is_warm(request):
            with self._lock:  # others that share this model wait for the same book
                done.append(self.inner.complete(parts[len(done)]))
                self._note(parts[len(done) - 1], done[-1].usage, len(parts) - len(done))
        done += self._together(parts[len(done) :])
        answers: list[Translation] = []
        usage = Usage()
        for completion in done:
            answers += completion.translations
            usage += completion.usage
        return Completion(tuple(answers), usage)

    # -- warm?

    def _is_warm(self, request: Request) -> bool:
        warmth = self._warmth.setdefault(request.prefix.fingerprint, _Warmth())
        if self.plan.life is not None and warmth.asked and time.monotonic() - warmth.last > self.plan.life:
            warmth.asked, warmth.warm = 0, False
        return warmth.warm

    def _note(self, part: Request, usage: Usage, left: int) -> None:
        """Take in what a request says of the cache; warn, or stop, when it did not read the book from there."""
        warmth = self._warmth[part.prefix.fingerprint]
        if usage.read == 0:  # it came to nothing and says nothing
            return
        warmth.asked += 1
        warmth.last = time.monotonic()
        share = self._share(part, usage)
        if share is not None and share >= HIT:
            warmth.warm, warmth.misses = True, 0
        elif warmth.warm:
            warmth.misses += share is not None
            if warmth.misses == MISSES:
                self._warn(part, usage, share, left)
        elif warmth.asked > self.plan.warm_ups:
            warmth.warm, warmth.misses = True, MISSES  # as warm as it gets, and said once
            self._warn(part, usage, share, left)

    def _share(self, part: Request, usage: Usage) -> float | None:
        """Return the share of the book that was read from the cache; None when the provider does not say."""
        if usage.read is None or usage.cached is None:
            return None
        book, question = len(prompt.system_text(part.prefix)), len(prompt.question(part))
        return usage.cached / (usage.read * book / (book + question))

    def _warn(self, part: Request, usage: Usage, share: float | None, left: int) -> None:
        if share is None:
            _log.info("%s does not say what it reads from its cache; its cost is unknown", self.name)
            return
        if left == 0:
            return
        price, hoped = self._prices(usage)
        going_on = f"; the {left} requests left cost about ${left * price:.2f}" if price is not None else ""
        instead = f" instead of ${left * hoped:.2f}" if price is not None and hoped is not None else ""
        read = f"{self.name} read {share:.0%} of the book from its cache"
        message = f"{read}: {self._reason(part, usage)}{going_on}{instead}"
        if self.capped and not self._is_short(part):  # a short book was not expected there, by the estimate either
            raise CapReached(f"{message}; stopped, as there is a cap on the cost; without --max-cost it would go on")
        _log.warning("%s", message)

    def _reason(self, part: Request, usage: Usage) -> str:
        if self._is_short(part):
            return f"{part.prefix.tokens:,} tokens are too few, it keeps books from {self.plan.at_least:,} tokens on"
        if usage.written:
            return "it wrote the book anew, so that it lost it, or another of its machines was asked"
        return "it kept nothing of the request before, or another of its machines was asked"

    def _is_short(self, part: Request) -> bool:
        return part.prefix.tokens < self.plan.at_least * 1.1  # our count is not the provider's

    def _prices(self, usage: Usage) -> tuple[float | None, float | None]:
        """Return the price of a request like this one, and that of one that reads all from the cache."""
        if self.price is None:
            return None, None
        return self.price(usage), self.price(replace(usage, cached=usage.read, written=0, written_1h=0, stored=0))

    # -- together

    def _together(self, parts: Sequence[Request]) -> list[Completion]:
        """Ask the parts from several threads; return the completions in their order, or raise the first error."""
        if len(parts) < 2:
            return self._alone(parts)
        answered: SimpleQueue[tuple[int, Completion | BaseException]] = SimpleQueue()
        stop = threading.Event()
        workers = self._start(parts, answered, stop)
        done: dict[int, Completion] = {}
        try:
            while len(done) < len(parts):
                number, answer = answered.get()
                if isinstance(answer, BaseException):
                    raise answer
                done[number] = answer
                self._note(parts[number], answer.usage, len(parts) - len(done))
        except KeyboardInterrupt:
            stop.set()
            raise
        except BaseException:
            stop.set()
            for worker in workers:  # what is under way is paid for; let it be kept
                worker.join()
            raise
        return [done[number] for number in range(len(parts))]

    def _alone(self, parts: Sequence[Request]) -> list[Completion]:
        done = [self.inner.complete(part) for part in parts]
        for part, completion in zip(parts, done, strict=True):
            self._note(part, completion.usage, 0)
        return done

    def _start(
        self,
        parts: Sequence[Request],
        answered: SimpleQueue[tuple[int, Completion | BaseException]],
        stop: threading.Event,
    ) -> list[threading.Thread]:
        numbers = iter(range(len(parts)))
        lock = threading.Lock()

        def work() -> None:
            for number in _taken(numbers, lock, stop):
                try:
                    answered.put((number, self.inner.complete(parts[number])))
                except BaseException as error:  # noqa: BLE001  # raised again by the thread that waits for it
                    answered.put((number, error))

        # Daemons, so that Ctrl-C need not wait for a provider that hangs.
        workers = [threading.Thread(target=work, daemon=True) for _ in range(min(self.threads, len(parts)))]
        for worker in workers:
            worker.start()
        return workers

    def close(self) -> Usage:
        """Give up what lies at the provider, unless it is to stay; return what that saves."""
        closing = getattr(self.inner, "close", None)
        if closing is not None:
            closing()
        return self._close()


def _taken(numbers: Iterator[int], lock: threading.Lock, stop: threading.Event) -> Iterator[int]:
    """Yield numbers that no other thread takes, until there are none or all is to stop."""
    while not stop.is_set():
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        yield number
