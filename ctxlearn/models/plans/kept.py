"""Objects that lie at a provider and cost by the hour: made once across threads and processes, and never forgotten.

Each has a file in a folder of the state folder that says what it is and until when it lives; whoever makes, extends
or deletes it holds a lock beside that file. A process that is killed between the provider's answer and its note of it
leaves an object that nobody knows; it dies at the end of its short life.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ctxlearn.errors import Refused
from ctxlearn.models.base import Usage


@dataclass(frozen=True, slots=True)
class Kept:
    """An object at a provider: its name there, the model and server it is for, its tokens, and when it dies (epoch)."""

    name: str
    model: str
    api_base: str | None
    fingerprint: str
    tokens: int
    expires: float

    def until(self, expires: float) -> Kept:
        """Return it with another end."""
        return replace(self, expires=expires)


class Shelf:
    """The objects that are known of, one file each in `folder`; safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def obtain(
        self, key: str, life: float, make: Callable[[], Kept], extend: Callable[[Kept], Kept]
    ) -> tuple[Kept, Usage]:
        """Return the object of `key` with at least half of its `life` before it, and what getting it used."""
        kept = self._known.get(key)
        if kept is not None and kept.expires - time.time() > life / 2:
            return kept, Usage()
        with self._lock, self._locked(key):
            kept, usage = self._renewed(self._read(key), life, make, extend)
            self._write(key, kept)
            return kept, usage

    def _renewed(
        self, kept: Kept | None, life: float, make: Callable[[], Kept], extend: Callable[[Kept], Kept]
    ) -> tuple[Kept, Usage]:
        left = 0.0 if kept is None else kept.expires - time.time()
        if kept is not None and left > life / 2:
            return kept, Usage()
        if kept is not None and left > 5:  # alive for longer than asking for more takes
            try:
                longer = extend(kept)
                return longer, Usage(stored=kept.tokens * (longer.expires - kept.expires))
            except Refused:  # gone already
                pass
        made = make()
        stored = made.tokens * (made.expires - time.time())
        return made, Usage(read=made.tokens, written=made.tokens, stored=stored)

    def drop(self, key: str, name: str = "") -> Kept | None:
        """Forget the object of `key`, if it is still the one called `name` or no name is given; return it."""
        with self._lock, self._locked(key):
            kept = self._read(key)
            if kept is None or (name and kept.name != name):
                self._known.pop(key, None)
                return None
            self._known.pop(key, None)
            self._path(key).unlink(missing_ok=True)
            return kept

    def delete(self, key: str, delete: Callable[[Kept], object]) -> Kept | None:
        """Delete the object of `key` by `delete`, forget and return it; when that raises, it stays noted."""
        with self._lock, self._locked(key):
            kept = self._read(key)
            if kept is not None:
                delete(kept)
            self._known.pop(key, None)
            self._path(key).unlink(missing_ok=True)
            return kept

    def all(self) -> Iterator[tuple[str, Kept]]:
        """Yield every object that has not died, with its key."""
        for path in sorted(self.folder.glob("*.json")):
            kept = self._read_file(path)
            if kept is not None and kept.expires > time.time():
                yield path.stem, kept

    def _read(self, key: str) -> Kept | None:
        return self._read_file(self._path(key))

    def _read_file(self, path: Path) -> Kept | None:
        try:
            return Kept(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # none, or not what was written
            return None

    def _write(self, key: str, kept: Kept) -> None:
        new = self._path(key).with_suffix(".new")
        new.write_text(json.dumps(asdict(kept)), encoding="utf-8")
        new.replace(self._path(key))
        self._known[key] = kept

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock of a key against other processes; it falls when the process ends, however that ends."""
        with self._path(key).with_suffix(".lock").open("a+b") as file:
            _lock(file.fileno())
            try:
                yield
            finally:
                _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # ten seconds have passed
                continue

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
