"""Gemini, by AI Studio and by Vertex: the book is laid down at Google once, and every question refers to it by name.

A cachedContents object costs its tokens once, and then storage by the hour, until it is deleted or its life ends. It is
given a short life and more while it is in use, so that what is left over at the end of a job is minutes. litellm would
make such an object too, but counts and hashes the whole book for every question and can make several at once.
https://ai.google.dev/api/caching,
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/context-cache/context-cache-overview
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ctxlearn.models.plans.base import Arranged, Asked, Job, messages
from ctxlearn.models.plans.kept import Kept, Shelf
from ctxlearn.models.plans.laid import LaidPlan, ask, delete, name_of

STUDIO = "https://generativelanguage.googleapis.com/v1beta"
LIFE = 300.0  # seconds, renewed when half of them are gone
_JSON = {"response_format": {"type": "json_object"}}

Headers = Callable[[], Mapping[str, str]]


class GeminiPlan(LaidPlan):
    """One object for the book on the shelf; a question of a few hundred bytes refers to it."""

    keys: tuple[str, ...] = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    life = LIFE
    stores = True

    def __init__(self, job: Job, shelf: Shelf, objects: CachedContents) -> None:
        super().__init__(job, shelf, objects)
        self.at_least = 2048 if "gemini-2" in job.model else 4096

    def arrange(self, asked: Asked) -> Arranged:
        """Return a question that refers to the book, or both together where the book is short or may not lie there."""
        if asked.tokens < self.at_least * 1.2 or not self.job.references:  # our count is not Google's
            return Arranged({"messages": messages(asked.system, asked.question), **_JSON})
        kept, usage = self.obtain(asked)
        question = [{"role": "user", "content": asked.question}]
        return Arranged({"messages": question, "cached_content": kept.name, **_JSON}, usage, kept.name)


class CachedContents:
    """Google's cachedContents below `base`; `name` is the model as Google calls it there."""

    life = LIFE

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
            "ttl": f"{LIFE:.0f}s",
        }
        said = ask(self.job.model, "POST", f"{self.base}/cachedContents", self.headers(), json=body)
        counted = said.get("usageMetadata") or {}
        tokens = int(counted.get("totalTokenCount") or asked.tokens)
        name = name_of(self.job.model, "name", said)
        return Kept(name, self.job.model, self.job.api_base, asked.fingerprint, tokens, _end(said))

    def extend(self, kept: Kept) -> Kept:
        """Give an object another LIFE from now. Raises Refused when it is gone."""
        body = {"ttl": f"{LIFE:.0f}s"}
        return kept.until(_end(ask(self.job.model, "PATCH", self._url(kept), self.headers(), json=body)))

    def delete(self, kept: Kept) -> bool:
        """Delete an object; False when it was gone already."""
        return delete(self.job.model, self._url(kept), self.headers())

    def _url(self, kept: Kept) -> str:
        return f"{self.base}/cachedContents/{kept.name.rpartition('/')[2]}"


def _end(said: Mapping[str, Any]) -> float:
    """Return when an object dies; LIFE from now, should the provider's clock be ahead of ours."""
    try:
        end = datetime.fromisoformat(said["expireTime"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return time.time() + LIFE
    return min(end, time.time() + LIFE)


def studio(job: Job, shelf: Shelf, key: Callable[[], str]) -> GeminiPlan:
    """Return the plan for AI Studio."""
    headers: Headers = lambda: {"x-goog-api-key": key()}  # noqa: E731  # typed so
    return GeminiPlan(job, shelf, CachedContents(job, job.api_base or STUDIO, f"models/{job.bare}", headers))


def vertex(job: Job, shelf: Shelf, place: tuple[str, str], token: Callable[[], str]) -> GeminiPlan:
    """Return the plan for Vertex in a project and location."""
    project, location = place
    host = "aiplatform.googleapis.com" if location == "global" else f"{location}-aiplatform.googleapis.com"
    where = f"projects/{project}/locations/{location}"
    base = f"{(job.api_base or f'https://{host}').rstrip('/')}/v1/{where}"
    headers: Headers = lambda: {"authorization": f"Bearer {token()}"}  # noqa: E731  # typed so
    name = f"{where}/publishers/google/models/{job.bare}"
    plan = GeminiPlan(job, shelf, CachedContents(job, base, name, headers))
    plan.keys = ()
    return plan
