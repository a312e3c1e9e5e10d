"""Google's wire format: generateContent, countTokens and the cachedContents objects, of AI Studio and Vertex."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.standins.cache import HOUR, MINUTE, Block, Plan, PrefixCache
from tests.standins.cached_contents import CachedContent, Shelf
from tests.standins.clock import seconds_of
from tests.standins.wire import (
    Engine,
    Outcome,
    Prompt,
    RefusedError,
    Reply,
    Request,
    Wire,
    bearer,
    of,
    optional,
    retry_headers,
)

WINDOW = 1_048_576
_METHOD = re.compile(r"models/([^/:]+):(generateContent|countTokens|streamGenerateContent)$")
_OBJECTS = re.compile(r"/((?:projects/[^/]+/locations/[^/]+/)?cachedContents)(?:/([^/]+))?$")
_LITELLM_OBJECTS = re.compile(r"models/[^/:]+:cachedContents$")  # where litellm's own caching looks behind an api_base
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


def minimum(model: str) -> int:
    """Return the fewest tokens that `model` caches.

    >>> minimum("gemini-2.5-pro"), minimum("gemini-3.1-pro-preview")
    (2048, 4096)
    """
    return 2048 if "gemini-2" in model else 4096


class Gemini(Wire):
    """The generative language API; `implicit` caching is on, as it is for all models since 2.5."""

    max_body = 20 << 20

    def __init__(
        self, engine: Engine, context: int | None = None, keys: frozenset[str] | None = None, implicit: bool = True
    ) -> None:
        super().__init__(engine, context, keys)
        self._shelf = Shelf()
        self._implicit = implicit
        self._prefixes: dict[int, PrefixCache] = {}

    def kind(self, method: str, path: str) -> str:
        if (found := _METHOD.search(path)) and method == "POST":
            return "count" if found[2] == "countTokens" else "generate"
        return "cache" if _OBJECTS.search(path) or _LITELLM_OBJECTS.search(path) else "other"

    def handle(self, request: Request) -> Reply:
        key = self._key(request)
        if found := _METHOD.search(request.path):
            return self._model(found[1], found[2], key, request)
        if found := _OBJECTS.search(request.path):
            return self._cached_contents(found[1], found[2], request)
        if _LITELLM_OBJECTS.search(request.path):
            return self._cached_contents("cachedContents", None, request)
        raise RefusedError(404, f"Requested entity was not found: {request.path}")

    def error(self, status: int, message: str, code: str = "", retry_after: float | None = None) -> Reply:
        details: list[dict[str, str]] = []
        if code:
            details.append({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code})
        if retry_after is not None:
            details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after:g}s"})
        error = {"code": status, "message": message, "status": _STATUSES.get(status, "UNKNOWN"), "details": details}
        return Reply(status, {"error": error}, retry_headers(retry_after))

    def forget(self) -> None:
        now = self.engine.clock.now()
        for content in self._shelf.all():
            self._shelf.put(replace(content, expires=min(now, content.expires)))
        for cache in self._prefixes.values():
            cache.forget()

    def caches(self) -> dict[str, int]:
        now, everything = self.engine.clock.now(), self._shelf.all()
        live = sum(one.live(now) for one in everything)
        deleted = sum(one.deleted is not None for one in everything)
        expired = len(everything) - live - deleted
        return {"created": len(everything), "deleted": deleted, "expired": expired, "live": live}

    def storage(self) -> float:
        now = self.engine.clock.now()
        return sum(one.stored(now) for one in self._shelf.all())

    def _key(self, request: Request) -> str:
        key = request.headers.get("x-goog-api-key") or request.query.get("key") or bearer(request.headers)
        if not key:
            raise RefusedError(403, "Method doesn't allow unregistered callers (callers without established identity).")
        if not self.accepted(key):
            raise RefusedError(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")
        return key

    def _model(self, model: str, method: str, key: str, request: Request) -> Reply:
        body = self.parse(request)
        if method == "countTokens":
            inner = optional(dict, body.get("generateContentRequest"), "generateContentRequest") or body
            tokens = sum(block.tokens for block in self._blocks(inner, request))
            return Reply(200, {"totalTokens": tokens, "promptTokensDetails": _details(tokens)})
        if method == "streamGenerateContent":
            raise RefusedError(400, "this stand-in does not stream")
        return self._generate(model, body, key, request)

    def _generate(self, model: str, body: dict[str, Any], key: str, request: Request) -> Reply:
        name = optional(str, _either(body, "cachedContent"), "cachedContent")
        cached = None if name is None else self._referenced(name, model, body)
        blocks = (*(cached.blocks if cached else ()), *self._blocks(body, request))
        last = len(of(list, of(list, body.get("contents"), "contents")[-1].get("parts"), "parts"))
        prompt = Prompt(model, blocks, len(blocks) - last, _output_limit(body))
        if prompt.tokens > (window := self.context or WINDOW):
            said = f"The input token count ({prompt.tokens}) exceeds the maximum number of tokens allowed ({window})."
            raise RefusedError(400, said)

        def planned(now: float) -> Plan:
            if cached is not None:
                return Plan(prompt.tokens, cached.tokens)
            return self._implicit_plan(f"{key} {model}", prompt, now)

        outcome = self.engine.complete(request, prompt, planned)
        return Reply(200, _rendered(model, outcome, cached is not None))

    def _referenced(self, name: str, model: str, body: dict[str, Any]) -> CachedContent:
        cached = self._shelf.get(name, self.engine.clock.now())
        if _bare(cached.model) != model:
            said = f"GenerateContent request (models/{model}) and CachedContent ({cached.model}) has to be the same."
            raise RefusedError(400, f"Model used by {said}")
        if any(_either(body, field) for field in ("systemInstruction", "tools", "toolConfig")):
            said = "setting system_instruction, tools or tool_config."
            raise RefusedError(400, f"CachedContent can not be used with GenerateContent request {said}")
        return cached

    def _implicit_plan(self, scope: str, prompt: Prompt, now: float) -> Plan:
        least = minimum(prompt.model)
        if not self._implicit:
            return Plan(prompt.tokens)
        cache = self._prefixes.setdefault(least, PrefixCache(self.engine.texts.tokenizer, least, 1))
        return cache.plan(scope, prompt.blocks, HOUR, now)

    def _cached_contents(self, collection: str, identifier: str | None, request: Request) -> Reply:
        now = self.engine.clock.now()
        if identifier is None:
            return self._create(collection, request, now) if request.method == "POST" else self._list(request, now)
        content = self._shelf.get(f"{collection}/{identifier}", now)
        if request.method == "DELETE":
            self._shelf.put(replace(content, deleted=now))
            return Reply(200, {})
        if request.method == "PATCH":
            body = self.parse(request)
            content = self._shelf.put(replace(content, updated=now, expires=_expiry(body, now, content.expires)))
        return Reply(200, content.rendered())

    def _create(self, collection: str, request: Request, now: float) -> Reply:
        body = self.parse(request)
        model = of(str, body.get("model"), "model")
        blocks = tuple(self._blocks(body, request))
        tokens, least = sum(block.tokens for block in blocks), minimum(model)
        if tokens < least:
            said = f"total_token_count={tokens}, min_total_token_count={least}"
            raise RefusedError(400, f"Cached content is too small. {said}")
        if tokens > (window := self.context or WINDOW):
            said = f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window})."
            raise RefusedError(400, said)
        expires = _expiry(body, now, now + HOUR)
        plan = Plan(tokens, written=tokens)
        self.engine.stopped.wait(self.engine.speed.wait(plan))
        name = f"{collection}/{secrets.token_hex(10)}"
        shown = optional(str, _either(body, "displayName"), "displayName") or ""
        content = self._shelf.put(CachedContent(name, model, shown, blocks, now, now, expires))
        self.engine.ledger.charge(request.arrival, plan, 0)
        return Reply(200, content.rendered())

    def _list(self, request: Request, now: float) -> Reply:
        live = [one for one in self._shelf.all() if one.live(now)]
        start = int(request.query.get("pageToken") or 0)
        size = min(int(request.query.get("pageSize") or 50), 1000)
        shown = [one.rendered() for one in live[start : start + size]]
        page: dict[str, Any] = {"cachedContents": shown} if shown else {}
        return Reply(200, page | ({"nextPageToken": str(start + size)} if start + size < len(live) else {}))

    def _blocks(self, body: dict[str, Any], request: Request) -> Iterator[Block]:
        system = optional(dict, _either(body, "systemInstruction"), "systemInstruction")
        if system is not None:
            yield from self._parts("system", system, request)
        if tools := body.get("tools"):
            yield Block("tools", self.engine.texts.of(str(tools)))
        for content in optional(list, body.get("contents"), "contents") or []:
            yield from self._parts(str(of(dict, content, "contents").get("role", "user")), content, request)

    def _parts(self, role: str, content: dict[str, Any], request: Request) -> Iterator[Block]:
        parts = content.get("parts")
        for part in of(list, [parts] if isinstance(parts, dict) else parts, "parts"):
            yield Block(role, self.text(of(dict, part, "parts").get("text"), request, "parts.text"))


def _either(body: dict[str, Any], camel: str) -> Any:
    """Return a field by its name in camelCase, or in the snake_case that Google takes as well."""
    return body.get(camel, body.get(re.sub(r"[A-Z]", lambda found: "_" + found[0].lower(), camel)))


def _bare(model: str) -> str:
    return model.rpartition("/")[2]


def _output_limit(body: dict[str, Any]) -> int | None:
    config = optional(dict, _either(body, "generationConfig"), "generationConfig") or {}
    return optional(int, config.get("maxOutputTokens", config.get("max_output_tokens")), "maxOutputTokens")


def _expiry(body: dict[str, Any], now: float, otherwise: float) -> float:
    """Return when a cache object expires: by its `ttl` ("300s", at least a minute) or its `expireTime`."""
    ttl, until = body.get("ttl"), _either(body, "expireTime")
    if isinstance(until, str):
        return _parsed(until)
    if ttl is None:
        return otherwise
    if not isinstance(ttl, str) or not re.fullmatch(r"\d+(\.\d+)?s", ttl):
        raise RefusedError(400, f"Invalid value at 'cached_content.ttl': {ttl!r}; expected seconds, such as '300s'")
    if float(ttl[:-1]) < MINUTE:
        raise RefusedError(400, f"ttl {ttl} is below the minimum of 60s")
    return now + float(ttl[:-1])


def _parsed(written: str) -> float:
    try:
        return seconds_of(written)
    except ValueError:
        raise RefusedError(400, f"Invalid value at 'cached_content.expire_time': {written!r}") from None


def _details(tokens: int) -> list[dict[str, Any]]:
    return [{"modality": "TEXT", "tokenCount": tokens}]


def _rendered(model: str, outcome: Outcome, explicit: bool) -> dict[str, Any]:
    plan = outcome.plan
    usage: dict[str, Any] = {
        "promptTokenCount": plan.total,
        "candidatesTokenCount": outcome.output,
        "totalTokenCount": plan.total + outcome.output,
        "promptTokensDetails": _details(plan.total),
    }
    if plan.read:
        usage["cachedContentTokenCount"] = plan.read
    if plan.read and explicit:
        usage["cacheTokensDetails"] = _details(plan.read)
    common = {"usageMetadata": usage, "modelVersion": model, "responseId": secrets.token_urlsafe(12)}
    if outcome.finish == "refusal":
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}} | common
    content = {"parts": [{"text": outcome.text}] if outcome.text else [], "role": "model"}
    return {"candidates": [{"content": content, "finishReason": _FINISHES[outcome.finish], "index": 0}]} | common
