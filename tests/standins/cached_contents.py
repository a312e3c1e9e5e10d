"""Google's cache objects: what they hold, how long they live, and what their storage comes to."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from tests.standins.cache import Block
from tests.standins.clock import timestamp
from tests.standins.wire import RefusedError


@dataclass(frozen=True, slots=True)
class CachedContent:
    """One cache object; times are in seconds of the server's clock."""

    name: str
    model: str
    display_name: str
    blocks: tuple[Block, ...]
    created: float
    updated: float
    expires: float
    deleted: float | None = None

    @property
    def tokens(self) -> int:
        """The tokens stored."""
        return sum(block.tokens for block in self.blocks)

    def live(self, now: float) -> bool:
        """Whether it can still be read."""
        return self.deleted is None and now < self.expires

    def stored(self, now: float) -> float:
        """Return the token-seconds of storage until `now`."""
        end = min(now, self.expires, now if self.deleted is None else self.deleted)
        return self.tokens * max(0.0, end - self.created)

    def rendered(self) -> dict[str, Any]:
        """Return it as JSON has it; the content itself is never given back."""
        return {
            "name": self.name,
            "model": self.model,
            "displayName": self.display_name,
            "createTime": timestamp(self.created),
            "updateTime": timestamp(self.updated),
            "expireTime": timestamp(self.expires),
            "usageMetadata": {"totalTokenCount": self.tokens},
        }


@dataclass(slots=True)
class Shelf:
    """All cache objects there ever were; those past use are kept for the bill."""

    objects: dict[str, CachedContent] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str, now: float) -> CachedContent:
        """Return a live object; Google answers a lost one like another's: 403."""
        with self.lock:
            found = self.objects.get(name)
        if found is None or not found.live(now):
            raise RefusedError(403, "CachedContent not found (or permission denied)")
        return found

    def put(self, content: CachedContent) -> CachedContent:
        """Keep an object, or its new state."""
        with self.lock:
            self.objects[content.name] = content
        return content

    def all(self) -> list[CachedContent]:
        """Return the objects in the order of their creation."""
        with self.lock:
            return list(self.objects.values())
