"""What the compiled loops share: hashing, looking up, and drawing numbers at random, alike on every machine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys
from numpy.typing import NDArray

Array = NDArray[Any]
_SHARED = "arrays", "classes", "ngrams", "phrases"  # files whose loops and constants others compile into theirs
Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Return a loop over arrays that numba compiles when it is first called, and keeps beside its source if it may.

    It runs without Python's lock, so that threads work at the same time.
    """
    made: Any = njit(nogil=True)(loop)
    with contextlib.suppress(RuntimeError):  # no folder that may be written to: each process compiles anew
        # `njit(cache=True)` does the same with numba's own class.
        made._cache = _Kept(loop)
    return cast(Loop, made)


@cache
def _stamps() -> tuple[tuple[int, int], ...]:
    """Return when the shared files changed, and their sizes."""
    found = (Path(__file__).with_name(f"{name}.py").stat() for name in _SHARED)
    return tuple((it.st_mtime_ns, it.st_size) for it in found)


class _Kept(FunctionCache):
    """Numba's store of what it compiled, read without first making ready for compiling.

    That is a fifth of the time to a first translation, and not needed where nothing is compiled.
    """

    def __init__(self: Any, loop: Any) -> None:
        super().__init__(loop)  # type: ignore[no-untyped-call]  # numba has no types
        # By itself numba would keep a loop until its own file is another, with those of other files compiled into it.
        self._cache_file._source_stamp = self._cache_file._source_stamp, *_stamps()

    def load_overload(self: Any, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature; if nothing was, None, and everything is ready to compile."""
        rtsys.initialize(target_context)
        try:
            with self._guard_against_spurious_io_errors():
                kept = self._load_overload(sig, target_context)
        except AttributeError:  # it was compiled for a class that another version of this code had
            self.flush()
            kept = None
        if kept is not None:
            return kept
        return FunctionCache.load_overload(self, sig, target_context)  # type: ignore[no-untyped-call]  # as above


@compiled
def mixed(number: Any) -> Any:
    """Return a hash of 64 bits of a number (the finaliser of MurmurHash3)."""
    x = np.uint64(number)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xFF51AFD7ED558CCD)
    x ^= x >> np.uint64(33)
    x *= np.uint64(0xC4CEB9FE1A85EC53)
    return x ^ (x >> np.uint64(33))


@compiled
def hashed(words: Any, start: int, end: int) -> Any:
    """Return a hash of 63 bits of the run of words from `start` to `end`."""
    x = np.uint64(1469598103934665603)
    for at in range(start, end):
        x = (x ^ np.uint64(words[at] + 1)) * np.uint64(1099511628211)
        x ^= x >> np.uint64(29)
    return np.int64(x >> np.uint64(1))


@compiled
def seeded(seed: int) -> Any:
    """Return the state of a generator of random numbers."""
    state = np.empty(1, np.uint64)
    state[0] = mixed(np.uint64(seed)) | np.uint64(1)
    return state


@compiled
def draw(state: Any) -> float:
    """Return a number from 0 to 1, 1 excluded (xorshift, Marsaglia 2003)."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return float((x >> np.uint64(11)) * (1.0 / 9007199254740992.0))


@compiled
def _slot(slots: Any, key: Any) -> int:
    """Return the slot of a key in a hash table (-1 where it is free), or the free one where it would be."""
    slot = np.int64(mixed(key) & np.uint64(len(slots) - 1))
    while slots[slot] >= 0 and slots[slot] != key:
        slot = (slot + 1) & (len(slots) - 1)
    return int(slot)


@compiled
def table(keys: Any) -> tuple[Any, Any]:
    """Return a hash table of unique keys, none below 0: its keys (-1 where free), and the place of each in `keys`."""
    size = 2
    while size < 2 * len(keys):
        size *= 2
    slots, places = np.full(size, -1, np.int64), np.zeros(size, np.int32)
    for place in range(len(keys)):
        slot = _slot(slots, keys[place])
        slots[slot], places[slot] = keys[place], place
    return slots, places


@compiled
def find(slots: Any, places: Any, key: Any) -> int:
    """Return the place of a key, or -1."""
    slot = _slot(slots, key)
    return int(places[slot]) if slots[slot] >= 0 else -1
