"""Laying the book down at a provider once, and referring to it: a question then is a few hundred bytes."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol

from ctxlearn.errors import ModelError, Refused
from ctxlearn.models.base import Usage
from ctxlearn.models.failures import failure
from ctxlearn.models.plans.base import Asked, Job, Plan
from ctxlearn.models.plans.kept import Kept, Shelf

_log = logging.getLogger("ctxlearn")
_TIMEOUT = 600.0  # laying down a million tokens takes minutes


class Objects(Protocol):
    """What a provider lets be laid down; `life` is for how many seconds, from the last time it was asked for."""

    life: float

    def make(self, asked: Asked) -> Kept:
        """Lay the system text down. Raises ModelError, BudgetError."""
        ...

    def extend(self, kept: Kept) -> Kept:
        """Let it live for another `life` from now. Raises Refused when it is gone."""
        ...

    def delete(self, kept: Kept) -> bool:
        """Delete it; False when it was gone already."""
        ...


class LaidPlan(Plan):
    """A plan with its objects on a shelf that all processes share."""

    def __init__(self, job: Job, shelf: Shelf, objects: Objects) -> None:
        super().__init__(job)
        self.shelf = shelf
        self.objects = objects
        self._mine: set[str] = set()

    def obtain(self, asked: Asked) -> tuple[Kept, Usage]:
        """Return the object that holds the book, and what getting it used. Raises ModelError, BudgetError."""
        key = hashlib.sha256(f"{self.job.model}\0{self.job.api_base}\0{asked.digest}".encode()).hexdigest()[:32]
        kept, usage = self.shelf.obtain(key, self.objects.life, lambda: self.objects.make(asked), self.objects.extend)
        self._mine.add(key)
        return kept, usage

    def lost(self, handle: str) -> None:
        """Forget an object that the provider no longer has."""
        for key in tuple(self._mine):
            self.shelf.drop(key, handle)

    def close(self) -> Usage:
        """Delete this job's objects unless they are to stay; return the storage that was counted and is not needed."""
        return Usage() if self.job.keep else self._delete()

    def _delete(self) -> Usage:
        """Delete this job's objects; one that cannot be deleted now stays noted, which is said."""
        saved = Usage()
        for key in tuple(self._mine):
            try:
                kept = self.shelf.delete(key, self.objects.delete)
            except ModelError as error:
                _log.warning("not deleted: %s; `ctxlearn cache clear provider` tries again", error)
                continue
            if kept is not None:
                saved += Usage(stored=-kept.tokens * max(0.0, kept.expires - time.time()))
        return saved


def ask(model: str, method: str, url: str, headers: Mapping[str, str], **body: Any) -> dict[str, Any]:
    """Send a request about an object and return the JSON that it is answered with. Raises what `failure` returns."""
    import httpx  # late: 80 ms

    try:
        answer = httpx.request(method, url, headers=dict(headers), timeout=_TIMEOUT, **body)
        said = answer.json() if answer.content else {}
    except httpx.HTTPError as error:
        sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        raise failure(model, None, str(error) or type(error).__name__, sent=sent) from error
    except ValueError as error:
        raise failure(model, answer.status_code, f"not JSON: {answer.text[:100]!r}", answer.headers) from error
    if not 200 <= answer.status_code < 300:
        raise failure(model, answer.status_code, answer.text, answer.headers)
    if not isinstance(said, dict):
        raise failure(model, None, f"not a JSON object: {answer.text[:100]!r}")
    return said


def name_of(model: str, field: str, said: Mapping[str, Any]) -> str:
    """Return the name that a provider gave an object that it made. Raises Overloaded when it gave none."""
    name = said.get(field)
    if not isinstance(name, str) or not name:
        raise failure(model, None, f"an object was made, but no {field!r} said under which it is known")
    return name


def delete(model: str, url: str, headers: Mapping[str, str]) -> bool:
    """Delete an object; False when it was gone already."""
    try:
        ask(model, "DELETE", url, headers)
    except Refused:
        return False
    return True
