"""The stand-ins' time: a test turns it forward instead of waiting for a cache to expire."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, running `rate` times as fast as the real ones; 0 stands still."""

    def __init__(self, rate: float = 1.0, start: float | None = None) -> None:
        self._lock = threading.Lock()
        self._base = time.time() if start is None else start
        self._since = time.monotonic()
        self._rate = rate

    def now(self) -> float:
        """Return the seconds since the epoch that the servers believe in."""
        with self._lock:
            return self._base + self._rate * (time.monotonic() - self._since)

    def turn(self, advance: float = 0.0, rate: float | None = None) -> float:
        """Move on by `advance` seconds, and run at `rate` from here; returns the new time."""
        now = self.now() + advance
        with self._lock:
            self._base, self._since = now, time.monotonic()
            self._rate = self._rate if rate is None else rate
        return now


def timestamp(seconds: float) -> str:
    """Write `seconds` as Google does.

    >>> timestamp(1.5)
    '1970-01-01T00:00:01.500000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(written: str) -> float:
    """Read an RFC 3339 timestamp.

    >>> seconds_of("1970-01-01T00:00:01.5Z")
    1.5
    """
    return datetime.fromisoformat(written).timestamp()
