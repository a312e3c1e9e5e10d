"""Amazon Bedrock's Converse: cache points after a block, a usage that leaves out what the cache did, and a signature.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and
…/userguide/prompt-caching.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.standins.anthropic import BREAKPOINTS, LOOK_BACK, minimum
from tests.standins.cache import HOUR, MINUTE, Block, BreakpointCache, Plan
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

NOVA_LEAST = 1000  # tokens
_PATH = re.compile(r"^/model/([^/]+)/converse$")
_LIVES = {"5m": 5 * MINUTE, "1h": HOUR}
_ERRORS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
_STOPS = {"stop": "end_turn", "length": "max_tokens", "refusal": "content_filtered"}


class Bedrock(Wire):
    """The runtime of Bedrock, by a bearer token or a signed request; the signature's hash of the body is checked."""

    max_body = 25 << 20

    def __init__(self, engine: Engine, context: int | None = None, keys: frozenset[str] | None = None) -> None:
        super().__init__(engine, context, keys)
        self._caches: dict[int, BreakpointCache] = {}

    def kind(self, method: str, path: str) -> str:
        return "generate" if method == "POST" and _PATH.match(path) else "other"

    def handle(self, request: Request) -> Reply:
        found = _PATH.match(request.path)
        if found is None:
            raise RefusedError(404, f"Unknown operation: {request.path}")
        key = self._key(request)
        body = self.parse(request)
        prompt = self._prompt(found[1], body, request)
        if prompt.tokens > (window := self.context or 1_000_000):
            raise RefusedError(400, f"Input is too long for requested model: {prompt.tokens} tokens > {window}")
        marks = [place for place, block in enumerate(prompt.blocks) if block.life is not None]
        readable = {place for mark in marks for place in range(max(0, mark - LOOK_BACK + 1), mark + 1)}
        least = minimum(prompt.model) if "claude" in prompt.model else NOVA_LEAST
        cache = self._caches.setdefault(least, BreakpointCache(least))

        def planned(now: float) -> Plan:
            return cache.plan(f"{key} {prompt.model}", prompt.blocks, readable, marks, now)

        return Reply(200, _rendered(self.engine.complete(request, prompt, planned)))

    def error(self, status: int, message: str, code: str = "", retry_after: float | None = None) -> Reply:
        kind = code or _ERRORS.get(status, "InternalServerException")
        return Reply(status, {"message": message}, {"x-amzn-ErrorType": kind} | retry_headers(retry_after))

    def forget(self) -> None:
        for cache in self._caches.values():
            cache.forget()

    def _key(self, request: Request) -> str:
        """Return who asks: the bearer's token, or the key id of a signature."""
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/", request.headers.get("authorization", ""))
        key = signed[1] if signed else bearer(request.headers)
        if not self.accepted(key):
            raise RefusedError(403, "The security token included in the request is invalid.")
        said = request.headers.get("x-amz-content-sha256")
        if said is not None and said != hashlib.sha256(request.body).hexdigest():
            raise RefusedError(403, "The request signature we calculated does not match the signature you provided.")
        return key

    def _prompt(self, model: str, body: dict[str, Any], request: Request) -> Prompt:
        blocks = list(self._content("system", body.get("system", []), request))
        tail = len(blocks)
        for message in of(list, body.get("messages"), "messages"):
            role = of(str, of(dict, message, "messages").get("role"), "role")
            tail = len(blocks)
            blocks += self._content(role, message.get("content"), request)
        if sum(block.life is not None for block in blocks) > BREAKPOINTS:
            raise RefusedError(400, f"You can specify at most {BREAKPOINTS} cache points.")
        if "claude" not in model and any(block.life == HOUR for block in blocks):
            raise RefusedError(400, f"extraneous key [ttl] is not permitted for {model}")
        limits = optional(dict, body.get("inferenceConfig"), "inferenceConfig") or {}
        return Prompt(model, tuple(blocks), tail, optional(int, limits.get("maxTokens"), "maxTokens"))

    def _content(self, role: str, content: object, request: Request) -> Iterator[Block]:
        """Yield the blocks of text; a cache point belongs to the one before it."""
        last: Block | None = None
        for part in of(list, content, "content"):
            point = of(dict, part, "content").get("cachePoint")
            if point is None:
                if last is not None:
                    yield last
                last = Block(role, self.text(part.get("text"), request, "text"))
            elif last is None:
                raise RefusedError(400, "A cache point needs a block before it.")
            else:
                last = replace(last, life=_life(of(dict, point, "cachePoint")))
        if last is not None:
            yield last


def _life(point: dict[str, Any]) -> float:
    if point.get("type") != "default" or point.get("ttl", "5m") not in _LIVES:
        raise RefusedError(400, f"cachePoint: expected type 'default' and ttl '5m' or '1h', found {point!r}")
    return _LIVES[point.get("ttl", "5m")]


def _rendered(outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    written = plan.written + plan.written_long
    details = [{"ttl": "5m", "inputTokens": plan.written}, {"ttl": "1h", "inputTokens": plan.written_long}]
    fresh = plan.total - plan.read - written
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": outcome.text}] if outcome.text else []}},
        "stopReason": _STOPS[outcome.finish],
        "usage": {
            "inputTokens": fresh,
            "outputTokens": outcome.output,
            "totalTokens": fresh + outcome.output,
            "cacheReadInputTokens": plan.read,
            "cacheWriteInputTokens": written,
            "cacheDetails": [it for it in details if it["inputTokens"]],
        },
        "metrics": {"latencyMs": 1},
    }
