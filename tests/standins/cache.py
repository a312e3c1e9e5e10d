"""The providers' prompt caches, as they are documented: what a request reads from them, and what it writes.

Three kinds: entries at marked ends of blocks (Anthropic, OpenAI since gpt-5.6), the longest common beginning (OpenAI
before, Gemini's implicit cache, vLLM, llama.cpp), and the same with whole stored units only (DeepSeek). Looking up and
writing are two steps, because an entry can be read only after the response that wrote it has begun.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from tests.standins.texts import Text
from tests.standins.tokens import Tokenizer

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_EXACT = 20_000  # characters up to which a part of a text is counted, not estimated


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a prompt; `life` is that of a cache entry asked for at its end, `overhead` its wrapping's tokens."""

    role: str
    text: Text
    life: float | None = None
    overhead: int = 0

    @property
    def tokens(self) -> int:
        """The tokens a provider counts for it."""
        return self.text.tokens + self.overhead


@dataclass(frozen=True, slots=True)
class Plan:
    """What one request reads from the cache and writes to it; `settle` makes the writing visible to others."""

    total: int
    read: int = 0
    written: int = 0
    written_long: int = 0
    settle: Callable[[float], object] = id  # nothing to do

    @property
    def fresh(self) -> int:
        """The tokens that have to be computed."""
        return self.total - self.read


def totals(blocks: Sequence[Block]) -> list[int]:
    """Return the tokens up to the end of each block."""
    return list(accumulate(block.tokens for block in blocks))


def chain(blocks: Iterable[Block]) -> list[bytes]:
    """Return a hash of the prompt up to the end of each block."""
    digests, last = [], b""
    for block in blocks:
        last = hashlib.sha256(last + block.role.encode() + block.text.digest).digest()
        digests.append(last)
    return digests


@dataclass(slots=True)
class _Entry:
    life: float
    expires: float


class BreakpointCache:
    """Entries at the ends of marked blocks: a prefix is found there or not at all, to the byte."""

    def __init__(self, minimum: int, long_life: float = HOUR) -> None:
        self._minimum = minimum
        self._long = long_life
        self._lock = threading.Lock()
        self._entries: dict[Hashable, _Entry] = {}

    def plan(
        self, scope: str, blocks: Sequence[Block], readable: Iterable[int], writable: Sequence[int], now: float
    ) -> Plan:
        """Look at the ends of the blocks `readable`; those of `writable` after the longest hit are to be written."""
        sums, keys = totals(blocks), [(scope, digest) for digest in chain(blocks)]
        with self._lock:
            hit = max((place for place in readable if self._alive(keys[place], now)), default=-1)
        read = sums[hit] if hit >= 0 else 0
        ends = [place for place in writable if place > hit and sums[place] >= self._minimum]
        short, long = self._written(blocks, sums, read, ends)

        def settle(now: float) -> None:
            with self._lock:
                self._refresh([keys[hit]] if hit >= 0 else [], now)
                for place in ends:
                    life = blocks[place].life or 0.0
                    self._entries[keys[place]] = _Entry(life, now + life)

        return Plan(sums[-1] if sums else 0, read, short, long, settle)

    def forget(self) -> int:
        """Expire every entry; returns how many there were."""
        with self._lock:
            count = len(self._entries)
            self._entries.clear()
        return count

    def _alive(self, key: Hashable, now: float) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.expires > now

    def _refresh(self, keys: Iterable[Hashable], now: float) -> None:
        for entry in (self._entries[key] for key in keys if key in self._entries):
            entry.expires = max(entry.expires, now + entry.life)

    def _written(self, blocks: Sequence[Block], sums: Sequence[int], read: int, ends: Sequence[int]) -> tuple[int, int]:
        short, long, position = 0, 0, read
        for place in ends:
            if (blocks[place].life or 0.0) >= self._long:
                long += sums[place] - position
            else:
                short += sums[place] - position
            position = sums[place]
        return short, long


@dataclass(slots=True)
class _Stored:
    blocks: tuple[Block, ...]
    expires: float
    units: set[int] = field(default_factory=set)


class PrefixCache:
    """The longest beginning that a request shares with an earlier one, in steps of `step` tokens from `minimum` on.

    With `units`, a beginning is found only if it has been stored whole: an earlier request's full prompt, or what two
    earlier requests had in common; so the third request with the same context is the first to read it.
    """

    def __init__(self, tokenizer: Tokenizer, minimum: int, step: int, units: bool = False, kept: int = 16) -> None:
        self._count = tokenizer
        self._minimum, self._step, self._units, self._kept = max(minimum, step), step, units, kept
        self._lock = threading.Lock()
        self._groups: OrderedDict[tuple[str, bytes], deque[_Stored]] = OrderedDict()

    def plan(self, scope: str, blocks: Sequence[Block], life: float, now: float) -> Plan:
        """Look for the longest beginning of `blocks` that is cached; all of it is to be written, free of charge."""
        total = sum(block.tokens for block in blocks)
        key = (scope, chain(blocks[:-1])[-1] if len(blocks) > 1 else b"")
        with self._lock:
            known = [one for one in self._candidates(scope, key) if one.expires > now]
        shared = [(min(self._shared(blocks, one.blocks), total - 1), one) for one in known]
        reads = [(self._readable(common, one), one) for common, one in shared]
        read, source = max(reads, key=lambda pair: pair[0], default=(0, None))
        common = self._floor(max((common for common, _ in shared), default=0))

        def settle(now: float) -> None:
            with self._lock:
                if read and source is not None:
                    source.expires = max(source.expires, now + life)
                self._store(key, _Stored(tuple(blocks), now + life, {total, common}))

        return Plan(total, read, settle=settle)

    def forget(self) -> int:
        """Expire everything; returns how many prompts there were."""
        with self._lock:
            count = sum(map(len, self._groups.values()))
            self._groups.clear()
        return count

    def _candidates(self, scope: str, key: tuple[str, bytes]) -> list[_Stored]:
        """Return the prompts that share all but the last block, and the newest of every other group."""
        others = [group[-1] for name, group in self._groups.items() if name != key and name[0] == scope]
        return [*self._groups.get(key, ()), *others]

    def _store(self, key: tuple[str, bytes], stored: _Stored) -> None:
        group = self._groups.setdefault(key, deque(maxlen=self._kept))
        group.append(stored)
        self._groups.move_to_end(key)
        while len(self._groups) > 4 * self._kept:
            self._groups.popitem(last=False)

    def _readable(self, common: int, stored: _Stored) -> int:
        if self._units:
            common = max((unit for unit in stored.units if unit <= common), default=0)
        return self._floor(common)

    def _floor(self, tokens: int) -> int:
        whole = tokens - tokens % self._step
        return whole if whole >= self._minimum else 0

    def _shared(self, blocks: Sequence[Block], others: Sequence[Block]) -> int:
        tokens = 0
        for one, other in zip(blocks, others, strict=False):
            if one.role != other.role:
                return tokens
            if one.text.digest != other.text.digest:
                return tokens + self._shared_part(one, other.text.string)
            tokens += one.tokens
        return tokens

    def _shared_part(self, block: Block, other: str) -> int:
        text = block.text
        length = shared_length(text.string, other)
        if length <= _EXACT:
            return block.overhead + min(self._count(text.string[:length]), text.tokens)
        return block.overhead + text.tokens * length // len(text.string)


def shared_length(one: str, other: str) -> int:
    """Return how many characters two texts share at the beginning.

    >>> shared_length("abcd", "abxd")
    2
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low
