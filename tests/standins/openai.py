"""OpenAI's wire format (chat/completions, responses, models), and those who speak it with cache rules of their own."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.standins.cache import DAY, HOUR, MINUTE, Block, BreakpointCache, Plan, PrefixCache
from tests.standins.rules import FLAVOURS, Rules
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

WRITTEN, MATCHED = 4, 80  # breakpoints that a request writes at most, and that are looked at
_MACHINES = 4
_ROUTED = 1024  # characters at the beginning that choose the machine
_LIVES = {"5m": 5 * MINUTE, "1h": HOUR}
_ERRORS = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}


class OpenAI(Wire):
    """Chat completions, and responses with their memory. `per_minute` is how many requests one machine takes."""

    max_body = 64 << 20

    def __init__(
        self,
        engine: Engine,
        context: int | None = None,
        keys: frozenset[str] | None = None,
        flavour: str = "openai",
        per_minute: int | None = None,
    ) -> None:
        super().__init__(engine, context, keys)
        self.flavour = flavour
        self._per_minute = per_minute
        self._lock = threading.Lock()
        self._breakpoints: dict[int, BreakpointCache] = {}
        self._prefixes: dict[tuple[int, int, bool, int], PrefixCache] = {}
        self._minutes: Counter[tuple[str, int]] = Counter()
        self._turn = itertools.count()
        self._responses: dict[str, tuple[Block, ...]] = {}

    def kind(self, method: str, path: str) -> str:
        generates = method == "POST" and path.endswith(("/chat/completions", "/responses"))
        return "generate" if generates else "other"

    def handle(self, request: Request) -> Reply:
        key = self._key(request)
        if request.path.endswith("/models"):
            return Reply(200, {"object": "list", "data": [{"id": self.flavour, "object": "model"}]})
        if self.kind(request.method, request.path) == "generate":
            return self._generate(key, request)
        if request.method == "DELETE" and (identifier := request.path.rpartition("/")[2]) in self._responses:
            del self._responses[identifier]
            return Reply(200, {"id": identifier, "object": "response", "deleted": True})
        raise RefusedError(404, f"Invalid URL ({request.method} {request.path})")

    def error(self, status: int, message: str, code: str = "", retry_after: float | None = None) -> Reply:
        other = ("server_error" if status >= 500 else "invalid_request_error", "")
        kind, usual = _ERRORS.get(status, other)
        error = {"message": message, "type": kind, "param": None, "code": code or usual or None}
        headers = {"x-request-id": f"req_{secrets.token_hex(8)}"} | retry_headers(retry_after)
        return Reply(status, {"error": error}, headers)

    def forget(self) -> None:
        for marked in self._breakpoints.values():
            marked.forget()
        for common in self._prefixes.values():
            common.forget()

    def _key(self, request: Request) -> str:
        key = bearer(request.headers) or request.headers.get("api-key", "")
        open_to_all = self.flavour in ("vllm", "llama") and self.keys is None
        if not self.accepted(key) and not open_to_all:
            raise RefusedError(401, "Incorrect API key provided." if key else "You didn't provide an API key.")
        return key

    def _generate(self, key: str, request: Request) -> Reply:
        body = self.parse(request)
        model = of(str, body.get("model"), "model")
        rules = FLAVOURS[self.flavour](model)
        if body.get("stream"):
            raise RefusedError(400, "stream: this stand-in does not stream")
        chat = request.path.endswith("/chat/completions")
        blocks, tail = _Reader(self, request, rules).blocks(body, chat)
        earlier = self._earlier(body) if not chat else ()
        prompt = Prompt(model, (*earlier, *blocks), len(earlier) + tail, _limit(body))
        _check_fields(body, rules)
        self._check_room(prompt, rules)
        scope = self._scope(key, prompt, body, request, rules)
        outcome = self.engine.complete(request, prompt, lambda now: self._plan(scope, prompt, body, rules, now))
        rendered = _chat if chat else self._response
        return Reply(200, rendered(body, prompt, outcome) | _usage(outcome, rules, request, chat))

    def _earlier(self, body: Mapping[str, Any]) -> tuple[Block, ...]:
        """Return the blocks of the response that this one goes on from."""
        previous = optional(str, body.get("previous_response_id"), "previous_response_id")
        if previous is None:
            return ()
        if previous not in self._responses:
            raise RefusedError(400, f"Previous response with id {previous!r} not found.", "previous_response_not_found")
        return self._responses[previous]

    def _check_room(self, prompt: Prompt, rules: Rules) -> None:
        window = self.context or rules.context
        if prompt.tokens > window:
            said = f"{window} tokens. However, your messages resulted in {prompt.tokens} tokens. Please reduce"
            whole = f"This model's maximum context length is {said} the length of the messages."
            raise RefusedError(400, whole, "context_length_exceeded")

    def _scope(self, key: str, prompt: Prompt, body: Mapping[str, Any], request: Request, rules: Rules) -> str:
        """Return the machine that gets the request, as far as the cache is concerned."""
        stable = hashlib.sha256(prompt.blocks[0].text.string[:_ROUTED].encode("utf-8", "surrogatepass")).hexdigest()
        wanted = str(body.get(rules.sticky) or request.headers.get(rules.sticky, "")) if rules.sticky else ""
        if rules.sticky and not wanted:
            wanted = f"machine {next(self._turn) % _MACHINES}"
        wanted = wanted or str(body.get("prompt_cache_key") or body.get("cache_salt") or "")
        route = f"{key} {prompt.model} {stable} {wanted}"
        return f"{route} {self._overflow(route)}"

    def _overflow(self, route: str) -> int:
        if self._per_minute is None:
            return 0
        minute = (route, int(self.engine.clock.now() // MINUTE))
        with self._lock:
            self._minutes[minute] += 1
            return (self._minutes[minute] - 1) // self._per_minute

    def _plan(self, scope: str, prompt: Prompt, body: Mapping[str, Any], rules: Rules, now: float) -> Plan:
        blocks = prompt.blocks
        if rules.caching in ("prefix", "units"):
            life = DAY if body.get("prompt_cache_retention") == "24h" else rules.life
            return self._prefix_cache(rules).plan(scope, blocks, life, now)
        cache = self._breakpoints.setdefault(rules.minimum, BreakpointCache(rules.minimum))
        marks = [place for place, block in enumerate(blocks) if block.life is not None]
        if rules.caching == "anthropic":
            return cache.plan(scope, blocks, marks, marks[-WRITTEN:], now)
        options = optional(dict, body.get("prompt_cache_options"), "prompt_cache_options") or {}
        if options.get("mode", "implicit") == "explicit":
            return cache.plan(scope, blocks, marks[-MATCHED:], marks[-WRITTEN:], now)
        last = len(blocks) - 1
        ends = [*[mark for mark in marks if mark != last][1 - WRITTEN :], last]
        blocks = (*blocks[:-1], Block(blocks[-1].role, blocks[-1].text, rules.life, blocks[-1].overhead))
        return cache.plan(scope, blocks, [*marks, last][-MATCHED:], ends, now)

    def _prefix_cache(self, rules: Rules) -> PrefixCache:
        name = (rules.minimum, rules.step, rules.caching == "units", rules.kept)
        return self._prefixes.setdefault(name, PrefixCache(self.engine.texts.tokenizer, *name))

    def _response(self, body: Mapping[str, Any], prompt: Prompt, outcome: Outcome) -> dict[str, Any]:
        identifier = f"resp_{secrets.token_hex(16)}"
        if body.get("store", True):
            said = Block("assistant", self.engine.texts.of(outcome.text), overhead=3)
            skipped = 1 if body.get("instructions") else 0  # a response's instructions are not carried on
            self._responses[identifier] = (*prompt.blocks[skipped:], said)
        return _response_object(identifier, prompt.model, outcome)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the blocks of a request's messages."""

    wire: OpenAI
    request: Request
    rules: Rules

    def blocks(self, body: Mapping[str, Any], chat: bool) -> tuple[list[Block], int]:
        """Return the blocks in cache order, and where the last message's question begins."""
        blocks = list(self._described(body))
        if not chat and (instructions := body.get("instructions")):
            blocks.insert(0, Block("system", self.wire.text(instructions, self.request, "instructions"), overhead=3))
        messages = body.get("messages" if chat else "input")
        if isinstance(messages, str) and not chat:
            messages = [{"role": "user", "content": messages}]
        tail = len(blocks)
        for number, message in enumerate(of(list, messages, "messages")):
            tail = len(blocks)
            blocks += self._message(of(dict, message, f"messages[{number}]"), number)
        if not blocks:
            raise RefusedError(400, "Invalid 'messages': empty array.")
        marked = (place + 1 for place, block in enumerate(blocks[:-1]) if block.life is not None)
        return blocks, max([tail, *marked])

    def _described(self, body: Mapping[str, Any]) -> Iterator[Block]:
        for name in ("tools", "response_format"):
            if body.get(name):
                yield Block(name, self.wire.engine.texts.of(json.dumps(body[name])))

    def _message(self, message: Mapping[str, Any], number: int) -> Iterator[Block]:
        role, content = of(str, message.get("role"), "role"), message.get("content")
        if self.rules.system_first and role == "system" and number:
            raise RefusedError(400, "System message must be at the beginning.")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for place, part in enumerate(of(list, content, f"messages[{number}].content")):
            written = of(dict, part, "content").get("text")
            text = self.wire.text(written, self.request, f"messages[{number}].content.text")
            yield Block(role, text, self._life(part), 0 if place else 3)

    def _life(self, part: Mapping[str, Any]) -> float | None:
        for name in ("prompt_cache_breakpoint", "cache_control"):
            if name in part and name in self.rules.refuses:
                raise RefusedError(400, f"Unknown parameter: 'messages.content.{name}'.", "unknown_parameter")
        mark = part.get("cache_control" if self.rules.caching == "anthropic" else "prompt_cache_breakpoint")
        if mark is None or self.rules.caching not in ("breakpoints", "anthropic"):
            return None
        if self.rules.caching == "anthropic":
            return _LIVES.get(of(dict, mark, "cache_control").get("ttl", "5m"), 5 * MINUTE)
        return self.rules.life


def _check_fields(body: Mapping[str, Any], rules: Rules) -> None:
    for name in rules.refuses:
        if body.get(name) is not None:
            said = f"Unsupported parameter: '{name}' is not supported with this model."
            raise RefusedError(400, said, "unsupported_parameter")
    options = optional(dict, body.get("prompt_cache_options"), "prompt_cache_options") or {}
    if options.get("mode", "implicit") not in ("implicit", "explicit") or options.get("ttl", "30m") != "30m":
        raise RefusedError(400, f"Invalid value for 'prompt_cache_options': {options}", "invalid_value")


def _limit(body: Mapping[str, Any]) -> int | None:
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    return next((of(int, body[name], name) for name in names if body.get(name) is not None), None)


def _chat(body: Mapping[str, Any], prompt: Prompt, outcome: Outcome) -> dict[str, Any]:
    refused = outcome.finish == "refusal"
    content, refusal = (None, outcome.text) if refused else (outcome.text, None)
    said = {"role": "assistant", "content": content, "refusal": refusal}
    finish = "stop" if refused else outcome.finish
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": 0,
        "model": prompt.model,
        "service_tier": "default",
        "choices": [{"index": 0, "message": said, "logprobs": None, "finish_reason": finish}],
    }


def _response_object(identifier: str, model: str, outcome: Outcome) -> dict[str, Any]:
    cut = outcome.finish == "length"
    said: dict[str, Any] = {"type": "output_text", "text": outcome.text, "annotations": []}
    if outcome.finish == "refusal":
        said = {"type": "refusal", "refusal": outcome.text}
    message = {"type": "message", "id": f"msg_{secrets.token_hex(12)}", "role": "assistant", "content": [said]}
    return {
        "id": identifier,
        "object": "response",
        "created_at": 0,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "model": model,
        "output": [message | {"status": "incomplete" if cut else "completed"}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "metadata": {},
    }


def _usage(outcome: Outcome, rules: Rules, request: Request, chat: bool) -> dict[str, Any]:
    """Return the usage, with the cached tokens as this server tells them."""
    plan = outcome.plan
    read, made = ("prompt_tokens", "completion_tokens") if chat else ("input_tokens", "output_tokens")
    usage: dict[str, Any] = {read: plan.total, made: outcome.output, "total_tokens": plan.total + outcome.output}
    if not chat:
        usage["output_tokens_details"] = {"reasoning_tokens": 0}
    if rules.reports == "deepseek":
        usage |= {"prompt_cache_hit_tokens": plan.read, "prompt_cache_miss_tokens": plan.total - plan.read}
    if rules.reports != "none":
        usage[f"{read}_details"] = {"cached_tokens": plan.read}
    if rules.caching in ("breakpoints", "anthropic"):
        usage[f"{read}_details"]["cache_write_tokens"] = plan.written + plan.written_long
    if rules.reports == "llama":
        timings = {"cache_n": plan.read, "prompt_n": plan.fresh, "predicted_n": outcome.output}
        return {"usage": usage, "timings": timings}
    return {"usage": usage | ({"cost": request.arrival.usd} if "/api/v1/" in request.path else {})}
