"""Anthropic's wire format: /v1/messages, /v1/messages/count_tokens and /v1/files, with explicit cache breakpoints."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

from tests.standins.cache import HOUR, MINUTE, Block, BreakpointCache, Plan
from tests.standins.texts import Text
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

BREAKPOINTS, LOOK_BACK = 4, 20
_LIVES = {"5m": 5 * MINUTE, "1h": HOUR}
_MINIMA = (
    (r"opus-4-[56]|haiku-4-5", 4096),
    (r"opus-4-7", 2048),
    (r"opus-4-8|sonnet-(4|5$)", 1024),
)
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_STOPS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


def minimum(model: str) -> int:
    """Return the fewest tokens a cache entry of `model` has.

    >>> minimum("claude-sonnet-5-5"), minimum("claude-sonnet-5"), minimum("claude-haiku-4-5")
    (512, 1024, 4096)
    """
    return next((tokens for pattern, tokens in _MINIMA if re.search(pattern, model)), 512)


class Anthropic(Wire):
    """The Messages API."""

    max_body = 32 << 20

    def __init__(self, engine: Engine, context: int | None = None, keys: frozenset[str] | None = None) -> None:
        super().__init__(engine, context, keys)
        self._caches: dict[int, BreakpointCache] = {}
        self._files: dict[str, Text] = {}

    def kind(self, method: str, path: str) -> str:
        if path.endswith("/messages") and method == "POST":
            return "generate"
        return "count" if path.endswith("/count_tokens") else "file" if "/files" in path else "other"

    def handle(self, request: Request) -> Reply:
        key = self._key(request)
        kind = self.kind(request.method, request.path)
        if kind == "file":
            return self._file(request)
        if kind == "other":
            raise RefusedError(404, f"Not found: {request.path}")
        body = self.parse(request)
        prompt = self._prompt(body, request)
        if kind == "count":
            return Reply(200, {"input_tokens": prompt.tokens})
        return self._message(body, key, prompt, request)

    def error(self, status: int, message: str, code: str = "", retry_after: float | None = None) -> Reply:
        kind = code or _ERRORS.get(status, "api_error")
        identifier = f"req_{secrets.token_hex(12)}"
        payload = {"type": "error", "error": {"type": kind, "message": message}, "request_id": identifier}
        return Reply(status, payload, {"request-id": identifier} | retry_headers(retry_after))

    def forget(self) -> None:
        for cache in self._caches.values():
            cache.forget()

    def _key(self, request: Request) -> str:
        key = request.headers.get("x-api-key") or bearer(request.headers)
        if not self.accepted(key):
            raise RefusedError(401, "invalid x-api-key" if key else "x-api-key header is required")
        if "anthropic-version" not in request.headers:
            raise RefusedError(400, "anthropic-version: header is required")
        return key

    def _message(self, body: dict[str, Any], key: str, prompt: Prompt, request: Request) -> Reply:
        if body.get("stream"):
            raise RefusedError(400, "stream: this stand-in does not stream")
        self._check_room(prompt)
        marks = [place for place, block in enumerate(prompt.blocks) if block.life is not None]
        least = minimum(prompt.model)
        cache = self._caches.setdefault(least, BreakpointCache(least))
        readable = {place for mark in marks for place in range(max(0, mark - LOOK_BACK + 1), mark + 1)}

        def planned(now: float) -> Plan:
            return cache.plan(f"{key} {prompt.model}", prompt.blocks, readable, marks, now)

        return Reply(200, _rendered(prompt.model, self.engine.complete(request, prompt, planned)))

    def _check_room(self, prompt: Prompt) -> None:
        window = self.context or 1_000_000
        if prompt.tokens > window:
            raise RefusedError(400, f"prompt is too long: {prompt.tokens} tokens > {window} maximum")
        if prompt.limit is not None and prompt.tokens + prompt.limit > window:
            said = f"{prompt.tokens} + {prompt.limit} > {window}, decrease input length or `max_tokens`"
            raise RefusedError(400, f"input length and `max_tokens` exceed context limit: {said}")

    def _prompt(self, body: dict[str, Any], request: Request) -> Prompt:
        model = of(str, body.get("model"), "model")
        blocks = list(self._tools(body))
        blocks += self._content("system", body.get("system", []), request, "system")
        tail = len(blocks)
        for number, message in enumerate(of(list, body.get("messages"), "messages")):
            where = f"messages.{number}"
            role = of(str, of(dict, message, where).get("role"), f"{where}.role")
            tail = len(blocks)
            blocks += self._content(role, message.get("content"), request, where, overhead=4)
        tail = max([tail, *(place + 1 for place, block in enumerate(blocks[:-1]) if block.life is not None)])
        limit = optional(int, body.get("max_tokens"), "max_tokens")
        if limit is None and self.kind(request.method, request.path) == "generate":
            raise RefusedError(400, "max_tokens: Field required")
        if "cache_control" in body and blocks:
            last = blocks[-1]
            blocks[-1] = Block(last.role, last.text, _life(body["cache_control"]), last.overhead)
        _check_marks(blocks)
        return Prompt(model, tuple(blocks), tail, limit)

    def _tools(self, body: dict[str, Any]) -> Iterator[Block]:
        for tool in optional(list, body.get("tools"), "tools") or []:
            mark = of(dict, tool, "tools").get("cache_control")
            described = json.dumps({name: value for name, value in tool.items() if name != "cache_control"})
            yield Block("tools", self.engine.texts.of(described), None if mark is None else _life(mark))

    def _content(self, role: str, content: object, request: Request, where: str, overhead: int = 0) -> Iterator[Block]:
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for number, part in enumerate(of(list, content, f"{where}.content")):
            yield self._block(role, of(dict, part, f"{where}.content.{number}"), request, 0 if number else overhead)

    def _block(self, role: str, part: dict[str, Any], request: Request, overhead: int = 0) -> Block:
        mark = part.get("cache_control")
        text = self._text(part, request)
        if mark is not None and not text.string:
            raise RefusedError(400, "cache_control cannot be set for empty text blocks")
        return Block(role, text, None if mark is None else _life(mark), overhead)

    def _text(self, part: dict[str, Any], request: Request) -> Text:
        if part.get("type") != "document":
            return self.text(part.get("text"), request, "text")
        source = of(dict, part.get("source"), "source")
        if source.get("type") == "text":
            return self.text(source.get("data"), request, "source.data")
        if source.get("type") == "file" and source.get("file_id") in self._files:
            return self._files[source["file_id"]]
        raise RefusedError(404, f"File not found: {source.get('file_id')}")

    def _file(self, request: Request) -> Reply:
        if "files-api-2025-04-14" not in request.headers.get("anthropic-beta", ""):
            raise RefusedError(404, "Not found: the files API needs its beta header")
        identifier = request.path.rpartition("/files")[2].strip("/")
        if request.method == "POST":
            return self._upload(request)
        if request.method == "DELETE" and identifier in self._files:
            del self._files[identifier]
            return Reply(200, {"id": identifier, "type": "file_deleted"})
        if not identifier:
            listed = [_file_object(name, text) for name, text in self._files.items()]
            return Reply(200, {"data": listed, "has_more": False})
        if identifier in self._files:
            return Reply(200, _file_object(identifier, self._files[identifier]))
        raise RefusedError(404, f"File not found: {identifier}")

    def _upload(self, request: Request) -> Reply:
        head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        parts = message_from_bytes(head + request.body, policy=policy.HTTP).walk()
        files = [part.get_payload(decode=True) for part in parts if part.get_filename()]
        if not files or not isinstance(files[0], bytes):
            raise RefusedError(400, "file: Field required")
        name = f"file_{secrets.token_hex(12)}"
        self._files[name] = self.engine.texts.of(files[0].decode("utf-8", "replace"))
        return Reply(200, _file_object(name, self._files[name]))


def _file_object(name: str, text: Text) -> dict[str, Any]:
    size = len(text.string.encode("utf-8", "surrogatepass"))
    return {
        "id": name,
        "type": "file",
        "filename": "context.txt",
        "mime_type": "text/plain",
        "size_bytes": size,
        "created_at": "2026-01-01T00:00:00Z",
        "downloadable": False,
    }


def _life(mark: object) -> float:
    """Return the seconds that a cache_control asks for."""
    control = of(dict, mark, "cache_control")
    if control.get("type") != "ephemeral":
        raise RefusedError(400, f"cache_control.type: expected 'ephemeral', found {control.get('type')!r}")
    if control.get("ttl", "5m") not in _LIVES:
        raise RefusedError(400, f"cache_control.ttl: expected '5m' or '1h', found {control.get('ttl')!r}")
    return _LIVES[control.get("ttl", "5m")]


def _check_marks(blocks: list[Block]) -> None:
    lives = [block.life for block in blocks if block.life is not None]
    if len(lives) > BREAKPOINTS:
        said = f"A maximum of {BREAKPOINTS} blocks with cache_control may be provided. Found {len(lives)}."
        raise RefusedError(400, said)
    if lives != sorted(lives, reverse=True):
        raise RefusedError(400, "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")


def _rendered(model: str, outcome: Outcome) -> dict[str, Any]:
    plan = outcome.plan
    written = plan.written + plan.written_long
    return {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": outcome.text}] if outcome.text else [],
        "stop_reason": _STOPS[outcome.finish],
        "stop_sequence": None,
        "usage": {
            "input_tokens": plan.total - plan.read - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": plan.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": plan.written,
                "ephemeral_1h_input_tokens": plan.written_long,
            },
            "output_tokens": outcome.output,
            "service_tier": "standard",
        },
    }
