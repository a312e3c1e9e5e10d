"""What the three wire formats share: requests and replies, the fields of a JSON body, and the answering of a prompt."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.standins.billing import Arrival, Ledger
from tests.standins.cache import Block, Plan
from tests.standins.clock import Clock
from tests.standins.faults import Fault, Script
from tests.standins.spoiling import HOOKS, Hook, Spoiled
from tests.standins.texts import Text, Texts

Answer = Callable[[str, str], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a wire sees it; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    arrival: Arrival
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, a JSON payload, and headers besides the usual ones."""

    status: int
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """A request that the provider turns down; `code` is its own word for why."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request's blocks in cache order: from `tail` on the question; `limit` is the most tokens to answer with."""

    model: str
    blocks: tuple[Block, ...]
    tail: int
    limit: int | None = None

    @property
    def tokens(self) -> int:
        """The input tokens."""
        return sum(block.tokens for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model said, why it stopped (stop, length, refusal), and what that took."""

    text: str
    finish: str
    plan: Plan
    output: int


@dataclass(slots=True)
class Speed:
    """How long a response takes, in real seconds: a constant, and the uncached tokens at `prefill` a second."""

    latency: float = 0.0
    prefill: float | None = None

    def wait(self, plan: Plan) -> float:
        """Return the seconds until the response begins."""
        return self.latency + (plan.fresh / self.prefill if self.prefill else 0.0)


@dataclass(slots=True)
class Engine:
    """What a wire answers with: the time, the texts, the books, the faults to come, and the model itself."""

    answer: Answer
    clock: Clock
    texts: Texts
    ledger: Ledger
    speed: Speed = field(default_factory=Speed)
    hooks: dict[str, Hook] = field(default_factory=lambda: dict(HOOKS))
    script: Script = field(default_factory=Script)
    stopped: threading.Event = field(default_factory=threading.Event)

    def complete(self, request: Request, prompt: Prompt, planned: Callable[[float], Plan]) -> Outcome:
        """Answer `prompt`, with the cache used as `planned` says, and charge for it."""
        missing = request.fault is not None and request.fault.kind == "miss"
        plan = Plan(prompt.tokens) if missing else planned(self.clock.now())
        self.stopped.wait(self.speed.wait(plan))
        plan.settle(self.clock.now())
        spoiled = self._spoil(request.fault, self._say(prompt, request.arrival))
        text, finish = self._within(spoiled, prompt.limit)
        output = self.texts.tokenizer(text)
        self.ledger.charge(request.arrival, plan, output)
        return Outcome(text, finish, plan, output)

    def _say(self, prompt: Prompt, arrival: Arrival) -> str:
        before, after = prompt.blocks[: prompt.tail], prompt.blocks[prompt.tail :]
        arrival.tail = after[-1].text.digest.hex()[:16] if after else ""
        return self.answer(_joined(before), _joined(after))

    def _spoil(self, fault: Fault | None, text: str) -> Spoiled:
        if fault is None or fault.kind != "answer":
            return Spoiled(text)
        return self.hooks[fault.how](text)

    def _within(self, spoiled: Spoiled, limit: int | None) -> tuple[str, str]:
        tokenizer = self.texts.tokenizer
        if limit is None or tokenizer(spoiled.text) <= limit:
            return spoiled.text, spoiled.finish
        return tokenizer.cut(spoiled.text, limit), "length"


def _joined(blocks: Sequence[Block]) -> str:
    """Join texts with a blank line between; one alone is not copied."""
    return blocks[0].text.string if len(blocks) == 1 else "\n\n".join(block.text.string for block in blocks)


class Wire(ABC):
    """One provider's format. `context` replaces every model's own limit on input tokens."""

    max_body: int
    long_life = 3600.0

    def __init__(self, engine: Engine, context: int | None = None, keys: frozenset[str] | None = None) -> None:
        self.engine = engine
        self.context = context
        self.keys = keys

    @abstractmethod
    def kind(self, method: str, path: str) -> str:
        """Return what a request is about: generate, cache, count, file or other."""

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """Answer a request. Raises RefusedError."""

    @abstractmethod
    def error(self, status: int, message: str, code: str = "", retry_after: float | None = None) -> Reply:
        """Write an error as the provider does."""

    @abstractmethod
    def forget(self) -> None:
        """Expire every cache."""

    def caches(self) -> dict[str, int]:
        """Return how many cache objects were created, deleted, expired, and are live."""
        return {}

    def storage(self) -> float:
        """Return the token-seconds of cache storage until now."""
        return 0.0

    def parse(self, request: Request) -> dict[str, Any]:
        """Return the body, an object."""
        try:
            body = self.engine.texts.parse(request.body)
        except ValueError as exc:
            raise RefusedError(400, f"We could not parse the JSON body of your request: {exc}") from None
        return of(dict, body, "the request")

    def text(self, value: object, request: Request, where: str) -> Text:
        """Return a string of a parsed body as a Text."""
        return self.engine.texts.of(of(str, value, where), request.body)

    def accepted(self, key: str) -> bool:
        """Whether an API key opens this server."""
        return bool(key) if self.keys is None else key in self.keys


def of(kind: type[T], value: object, where: str) -> T:
    """Return `value` if it is a `kind`; raises RefusedError as a provider does for a field of the wrong type."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RefusedError(400, f"{where}: expected {kind.__name__}, found {type(value).__name__}")
    return value


def optional(kind: type[T], value: object, where: str) -> T | None:
    """Return `value` if it is a `kind` or None."""
    return None if value is None else of(kind, value, where)


def bearer(headers: Mapping[str, str]) -> str:
    """Return the token of an Authorization header, or an empty string."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def retry_headers(seconds: float | None) -> dict[str, str]:
    """Return a Retry-After header, in whole seconds where they are whole."""
    return {} if seconds is None else {"Retry-After": f"{seconds:g}"}
