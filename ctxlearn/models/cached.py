"""Answers kept on disk, so that nothing is paid for twice: a killed job is simply run again.

The file is an SQLite one that others may have written to, so nothing in it is ever executed: diskcache by itself
would unpickle a row that says it is a pickle (CVE-2025-69872). Here keys and values are text, and everything else is
refused.

Two models share the file: `Remembering` looks up before anything is asked, `Keeping` stands next to the provider and
stores each answer as it comes. A sentence is looked up by itself: which others were asked with it is not in its key,
only how many might be. Problems are never stored.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_PICKLE, MODE_RAW

from ctxlearn import prompt
from ctxlearn.data import Segment
from ctxlearn.errors import StoreError
from ctxlearn.models.base import Alternative, Completion, Model, Request, Translation, Usage, at_once

_FORMAT = 1


# ruff: noqa: ARG002  # diskcache says what its methods take


class _TextOnly(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Keys and values that are text, in the SQLite file itself; a row that is anything else is not read."""

    def put(self, key: object) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise TypeError(f"a key is text, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if not raw or not isinstance(key, str):
            raise StoreError("a row of the stored answers is not ctxlearn's own; `ctxlearn cache clear` deletes them")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, str]:
        if not isinstance(value, str) or read:
            raise TypeError(f"a value is text, not {type(value).__name__}")
        return 0, MODE_RAW, None, value

    def fetch(self, mode: int, filename: object, value: object, read: bool) -> str:
        if mode == MODE_PICKLE or mode != MODE_RAW or filename is not None or not isinstance(value, str):
            return ""  # no answer: it is asked anew and written over
        return value


class Answers:
    """The store of answers in `folder`, opened when first used; safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: Any = None

    def find(self, key: str) -> Translation | None:
        """Return the answer of a key, under an id that its asker will replace. Raises StoreError."""
        with self._explained():
            return _read(self._open().get(key, ""))

    def keep(self, answers: Mapping[str, Translation], *, context: str) -> None:
        """Store answers for good; `context` is the fingerprint under which they can be forgotten. Raises StoreError."""
        with self._explained(), self._open().transact(retry=True):
            for key, answer in answers.items():
                self._open().set(key, _write(answer), tag=context)

    def info(self) -> tuple[int, int]:
        """Return how many answers there are, and the bytes they take on the disk."""
        with self._explained():
            cache = self._open()
            return len(cache), cache.volume()

    def clear(self) -> int:
        """Delete all answers; return how many there were."""
        with self._explained():
            return int(self._open().clear(retry=True))

    def forget(self, contexts: Iterable[str]) -> int:
        """Delete the answers given after these contexts, and their traces in the file; return how many there were."""
        with self._explained():
            cache = self._open()
            count = sum(int(cache.evict(context, retry=True)) for context in contexts)
            if count:
                cache._sql("VACUUM")
            return count

    def close(self) -> None:
        """Close the file."""
        if self._cache is not None:
            self._cache.close()

    def _open(self) -> Any:
        if self._cache is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            self._cache = diskcache.Cache(
                str(self.folder),
                timeout=30,
                disk=_TextOnly,
                eviction_policy="none",
                cull_limit=0,
                size_limit=2**62,
                sqlite_secure_delete=1,
                tag_index=1,
            )
        return self._cache

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, diskcache.Timeout, OSError) as error:
            advice = "see whether the disk is full; a damaged store can be deleted, then its answers are paid anew"
            raise StoreError(f"{self.folder}: the store of answers cannot be used: {error}; {advice}") from error


def _write(answer: Translation) -> str:
    others = [[it.text, it.score] for it in answer.alternatives]
    stored = {"text": answer.text, "confidence": answer.confidence, "alternatives": others, "model": answer.model}
    return json.dumps({**stored, "when": int(time.time())}, ensure_ascii=False)


def _read(stored: object) -> Translation | None:
    """Return what `_write` wrote; None for anything else."""
    try:
        value = json.loads(str(stored))
        others = tuple(Alternative(str(text), float(score)) for text, score in value["alternatives"])
        confidence = value["confidence"]
        known = confidence is None or isinstance(confidence, float)
        if isinstance(value["text"], str) and value["text"] and known:
            model = str(value.get("model", ""))  # answers stored by earlier versions name none
            return Translation("", value["text"], confidence, others, model=model)
    except (ValueError, KeyError, TypeError):
        pass
    return None


class Keys:
    """What an answer is stored under: everything that can change it, and nothing else."""

    def __init__(self, model: str, api_base: str | None, per_request: int) -> None:
        self.server = api_base
        self._fixed = [_FORMAT, model, api_base, per_request, prompt.version()]

    def of(self, request: Request, segment: Segment) -> str:
        """Return the key of one segment of a request; its id and those of its neighbours are not in it."""
        asked = [
            request.prefix.fingerprint,
            request.tail,
            str(request.direction),
            request.n,
            sorted(request.sampling.items()),
            segment.source,
            request.hints.get(segment.id, ""),
            *([request.sample] if request.sample else []),
        ]
        return hashlib.sha256(json.dumps([*self._fixed, *asked]).encode()).hexdigest()


class Remembering:
    """A model that first looks whether it was asked before, and asks for the same sentence once."""

    def __init__(self, inner: Model, store: Answers, keys: Keys) -> None:
        self.inner = inner
        self.name = inner.name
        self.at_once = at_once(inner)
        self.server = keys.server
        self.per_request = getattr(inner, "per_request", None)
        self.store = store
        self.keys = keys

    def complete(self, request: Request) -> Completion:
        """Answer what is known from the disk, without cost, and ask for the rest."""
        keys = [self.keys.of(request, it) for it in request.segments]
        found = ((key, self.store.find(key)) for key in dict.fromkeys(keys))
        known = {key: _unasked(answer) for key, answer in found if answer is not None}
        missing = {key: it for key, it in zip(keys, request.segments, strict=True) if key not in known}
        usage = Usage()
        if missing:
            completion = self.inner.complete(replace(request, segments=tuple(missing.values())))
            known |= zip(missing, completion.translations, strict=True)
            usage = completion.usage
        return Completion(tuple(_in_order(request.segments, keys, known)), usage)

    def close(self) -> Usage:
        """Close the file and what is below."""
        self.store.close()
        close = getattr(self.inner, "close", None)
        return close() if close is not None else Usage()


def _in_order(
    segments: Iterable[Segment], keys: Iterable[str], known: Mapping[str, Translation]
) -> Iterator[Translation]:
    """Yield the answer of each segment; what asking took is the first one's of those with one sentence."""
    given: set[str] = set()
    for segment, key in zip(segments, keys, strict=True):
        answer = _unasked(known[key]) if key in given else known[key]
        yield replace(answer, id=segment.id)
        given.add(key)


def _unasked(answer: Translation) -> Translation:
    return replace(answer, attempts=0, usage=Usage())


class Keeping:
    """A model whose translations are stored the moment they are there."""

    def __init__(self, inner: Model, store: Answers, keys: Keys) -> None:
        self.inner = inner
        self.name = inner.name
        self.store = store
        self.keys = keys

    def complete(self, request: Request) -> Completion:
        """Ask, and store every translation without a problem."""
        completion = self.inner.complete(request)
        answered = zip(request.segments, completion.translations, strict=True)
        good = {self.keys.of(request, segment): answer for segment, answer in answered if answer.problem is None}
        if good:
            self.store.keep(good, context=request.prefix.fingerprint)
        return completion
