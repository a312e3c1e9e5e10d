"""Who watches the work of this process: a terminal by itself, or the record of a job, which pages read.

Commands tell the watcher how far they are. Where nobody set one, nothing is told to anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Watcher:
    """One who is told how far the work is, and does nothing about it; the base of those who do.

    `earlier` are the ids of runs that this work had finished before it was broken off.
    """

    earlier: Sequence[str] = ()

    def expect(self, total: int) -> None:
        """Be told how much there is to do in all, in segments."""

    def say(self, text: str) -> None:
        """Be told what is being done, or a warning."""

    def advance(self, n: int) -> None:
        """Be told that `n` more are done."""

    def finished(self, run_id: str) -> None:
        """Be told that a run is in the ledger."""


_watchers: list[Watcher] = [Watcher()]


def watcher() -> Watcher:
    """Return who watches now."""
    return _watchers[-1]


@contextmanager
def watched_by(one: Watcher) -> Iterator[None]:
    """Let somebody watch what this process does in the block."""
    _watchers.append(one)
    try:
        yield
    finally:
        _watchers.remove(one)
