"""Gemini, by AI Studio and by Vertex: the book is laid down at Google once, and every question refers to it by name.

A cachedContents object costs its tokens once, and then storage by the hour, until it is deleted or its life ends. It
is given a short life and more while it is in use, so that what is left over at the end of a job is minutes. litellm
would make such an object too, but counts and hashes the whole book for every question and can make several at once.
https://ai.google.dev/api/caching, https://cloud.google.com/vertex-ai/generative-ai/docs/context-cache/context-cache-overview
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ctxlearn.errors import Refused
from ctxlearn.models.base import Usage
from ctxlearn.models.failures import failure
from ctxlearn.models.plans.base import Arranged, Asked, Job, Plan
from ctxlearn.models.plans.kept import Kept, Shelf

STUDIO = "https://generativelanguage.googleapis.com/v1beta"
LIFE = 300  # seconds, renewed when half of them are gone
_TIMEOUT = 600.0  # laying down a million tokens takes minutes

Headers = Callable[[], Mapping[str, str]]


class GeminiPlan(Plan):
    """One object for the book on the shelf; a question of a few hundred bytes refers to it."""

    keys: tuple[str, ...] = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    life = LIFE
    options: Mapping[str, Any] = {"response_format": {"type": "json_object"}}

    def __init__(self, job: Job, shelf: Shelf, objects: Objects) -> None:
        super().__init__(job)
        self.at_least = 2048 if "gemini-2" in job.model else 4096
        self.shelf = shelf
        self.objects = objects
        self._mine: set[str] = set()

    def arrange(self, asked: Asked) -> Arranged:
        """Return a question that refers to the book, which is laid down when it is not there; a short one is sent along."""
        if asked.tokens < self.at_least * 1.2:  # our count is not Google's
            return super().arrange(asked)
        key = hashlib.sha256(f"{self.job.model}\0{self.job.api_base}\0{asked.digest}".encode()).hexdigest()[:32]
        kept, usage = self.shelf.obtain(key, LIFE, lambda: self.objects.make(asked), self.objects.extend)
        self._mine.add(key)
        question = [{"role": "user", "content": asked.question}]
        return Arranged({"messages": question, "cached_content": kept.name, **self.options}, usage, kept.name)

    def lost(self, handle: str) -> None:
        """Forget an object that Google no longer has."""
        for key in tuple(self._mine):
            self.shelf.drop(key, handle)

    def close(self) -> Usage:
        """Delete this job's objects unless they are to stay; return the storage that was counted and is not needed."""
        if self.job.keep:
            return Usage()
        saved = Usage()
        for key in tuple(self._mine):
            kept = self.shelf.drop(key)
            if kept is not None:
                self.objects.delete(kept)
                saved += Usage(stored=-kept.tokens * max(0.0, kept.expires - time.time()))
        return saved


class Objects:
    """Google's cachedContents of one server; `name` is the model as Google calls it there."""

    def __init__(self, job: Job, base: str, name: str, headers: Headers) -> None:
        self.job = job
        self.base = base.rstrip("/")
        self.name = name
        self.headers = headers

    def make(self, asked: Asked) -> Kept:
        """Lay the system text down. Raises ModelError, BudgetError."""
        body = {
            "model": self.name,
            "displayName": asked.digest[:40],
            "systemInstruction": {"parts": [{"text": asked.system}]},
            "ttl": f"{LIFE}s",
        }
        said = self._ask("POST", f"{self.base}/cachedContents", body)
        tokens = int(said.get("usageMetadata", {}).get("totalTokenCount", asked.tokens))
        return Kept(said["name"], self.job.model, self.job.api_base, asked.fingerprint, tokens, _end(said))

    def extend(self, kept: Kept) -> Kept:
        """Give an object another LIFE from now. Raises Refused when it is gone."""
        return kept.until(_end(self._ask("PATCH", self._url(kept), {"ttl": f"{LIFE}s"})))

    def delete(self, kept: Kept) -> bool:
        """Delete an object; False when it was gone already."""
        try:
            self._ask("DELETE", self._url(kept))
        except Refused:
            return False
        return True

    def _url(self, kept: Kept) -> str:
        return f"{self.base}/cachedContents/{kept.name.rpartition('/')[2]}"

    def _ask(self, method: str, url: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        import httpx  # late: 80 ms

        try:
            answer = httpx.request(method, url, json=body, headers=dict(self.headers()), timeout=_TIMEOUT)
            said = answer.json() if answer.content else {}
        except httpx.HTTPError as error:
            raise failure(self.job.model, None, str(error) or type(error).__name__) from error
        except ValueError as error:
            raise failure(self.job.model, None, f"not JSON: {answer.text[:100]!r}") from error
        if answer.status_code >= 400:
            raise failure(self.job.model, answer.status_code, answer.text, answer.headers)
        return dict(said)


def _end(said: Mapping[str, Any]) -> float:
    """Return when an object dies; ours, should the provider's clock differ much."""
    try:
        end = datetime.fromisoformat(said["expireTime"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time() + LIFE
    return min(end, time.time() + LIFE)


def studio(job: Job, shelf: Shelf, key: Callable[[], str]) -> GeminiPlan:
    """Return the plan for AI Studio."""
    objects = Objects(job, job.api_base or STUDIO, f"models/{job.bare}", lambda: {"x-goog-api-key": key()})
    return GeminiPlan(job, shelf, objects)


def vertex(job: Job, shelf: Shelf, place: tuple[str, str], token: Callable[[], str]) -> GeminiPlan:
    """Return the plan for Vertex in a project and location."""
    project, location = place
    host = "aiplatform.googleapis.com" if location == "global" else f"{location}-aiplatform.googleapis.com"
    where = f"projects/{project}/locations/{location}"
    base = f"{(job.api_base or f'https://{host}').rstrip('/')}/v1/{where}"
    headers: Headers = lambda: {"authorization": f"Bearer {token()}"}  # noqa: E731  # typed so
    plan = GeminiPlan(job, shelf, Objects(job, base, f"{where}/publishers/google/models/{job.bare}", headers))
    plan.keys = ()
    return plan
