"""The one seam between a request and whatever answers it: `Model.complete(request) -> Completion`.

The embedded model, the floors, every hosted model, and the wrappers that cache, retry or meter are all Models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ctxlearn.data import Direction, Segment

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request; None is unknown, never 0 for unknown.

    `read` counts all input tokens, those `cached` (read from the provider's cache) and those `written` to it included;
    `written_1h` are those of the written that are to stay for an hour, which some providers price apart; `stored` is
    token-seconds of provider storage, less than 0 when storage that was counted already is given up early.
    """

    read: int | None = 0
    cached: int | None = 0
    written: int | None = 0
    stored: float | None = 0
    made: int | None = 0
    written_1h: int | None = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            _sum(self.read, other.read),
            _sum(self.cached, other.cached),
            _sum(self.written, other.written),
            _sum(self.stored, other.stored),
            _sum(self.made, other.made),
            _sum(self.written_1h, other.written_1h),
        )

    def shares(self, count: int) -> tuple[Usage, ...]:
        """Return this usage in `count` shares, as equal as whole tokens can be, which add up to it.

        >>> [it.read for it in Usage(read=8, cached=None).shares(3)]
        [3, 3, 2]
        """
        columns = [_parted(getattr(self, name), count) for name in self.__slots__]
        return tuple(Usage(*row) for row in zip(*columns, strict=True))


def _sum(one: N | None, two: N | None) -> N | None:
    return None if one is None or two is None else one + two


def _parted(whole: float | None, count: int) -> list[Any]:
    if not isinstance(whole, int):
        return [None if whole is None else whole / count] * count
    least, more = divmod(whole, count)
    return [least + (number < more) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another translation of the same segment, with the model's score for it (higher is better)."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a translation, and how probable it is that it is right, from 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a segment has no translation: `kind` is refused, malformed, truncated, overloaded, too-long …"""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What a model made of one segment; with a `problem`, `text` is empty. `confidence` runs from 0 to 1.

    Of a hosted model, `model` is the id that answered, as its provider says, `attempts` how many requests it took (0:
    it was in the store of answers), and `usage` the segment's share of those requests. `words` are the text's, in their
    order, where a model says how sure each is.
    """

    id: str
    text: str
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    problem: Problem | None = None
    model: str = ""
    attempts: int = 1
    usage: Usage | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefix:
    """The packed context as a model reads it: its text, its length in tokens, and its fingerprint (sha256, hex)."""

    text: str
    tokens: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Request:
    """Segments to translate after a context: `prefix` (stable), `tail` (corrections since), `hints` by segment id.

    `n` alternatives are asked for; `sampling` holds what else the model should be told (temperature, seed). `sample`
    tells one of several askings of the same thing from the others: a stored answer to one is none to another. It is
    not sent.
    """

    prefix: Prefix
    direction: Direction
    segments: tuple[Segment, ...]
    tail: str = ""
    hints: Mapping[str, str] = field(default_factory=dict)
    n: int = 1
    sampling: Mapping[str, float] = field(default_factory=dict)
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """One translation for each segment of the request, in its order, and what it took."""

    translations: tuple[Translation, ...]
    usage: Usage


def at_once(model: Model) -> int:
    """Return how many segments a model likes to be given in one request: what it can work on at the same time."""
    return int(getattr(model, "at_once", 64))


def server(model: Model) -> str | None:
    """Return the address of the server that a model was opened at; None for its provider's own, and on this machine."""
    return getattr(model, "server", None)


class Model(Protocol):
    """Whatever translates: `name` is what `--model` says."""

    name: str

    def complete(self, request: Request) -> Completion:
        """Translate every segment of `request`, a Problem for one that cannot be. Raises ModelError if none can."""
        ...
