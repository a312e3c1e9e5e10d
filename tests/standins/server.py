"""The loopback server around a wire format: HTTP/1.1 with keep-alive, faults on the way in and out, and the controls.

GET  /__standin__/counters   everything counted, as JSON
GET  /__standin__/arrivals   every request in the order of arrival
POST /__standin__/faults     {"rules": [...], "seed": 0}: the script from here on, see faults.py
POST /__standin__/clock      {"advance": seconds, "rate": 0}: turn the time forward; answers {"now": …}
POST /__standin__/speed      {"latency": seconds, "prefill": tokens a second}
POST /__standin__/expire     expire every cache
POST /__standin__/reset      count anew
"""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.standins.anthropic import Anthropic
from tests.standins.bedrock import Bedrock
from tests.standins.billing import Ledger, Price
from tests.standins.clock import Clock
from tests.standins.faults import Fault, Script, fault_from
from tests.standins.gemini import Gemini
from tests.standins.openai import OpenAI
from tests.standins.rules import FLAVOURS as OPENAI_FLAVOURS
from tests.standins.spoiling import HOOKS, Hook
from tests.standins.texts import Texts
from tests.standins.tokens import Tokenizer
from tests.standins.wire import Answer, Engine, RefusedError, Reply, Request, Speed, Wire

FLAVOURS = ("anthropic", "bedrock", "gemini", *OPENAI_FLAVOURS)
CONTROL = "/__standin__/"
BROKEN_OFF = ("cut", "reset")
_MESSAGES = {
    401: "Incorrect API key provided.",
    429: "Rate limit reached.",
    500: "Internal error.",
    503: "The model is overloaded.",
    529: "Overloaded",
}


def echo(prefix: str, tail: str) -> str:
    """Answer with the question."""
    return tail


class StandIn:
    """A running stand-in of one flavour; a context manager that stops it.

    `answer` makes the assistant's text of the prompt's prefix and its tail (the last user message, after the last cache
    mark). `ratio` is that of the tokenizer to cl100k_base. `context` and `max_body` replace the provider's limits,
    `keys` the API keys it takes (any when not given). `hooks` are ways to spoil an answer besides spoiling.py.
    """

    def __init__(
        self,
        flavour: str,
        answer: Answer = echo,
        *,
        price: Price | None = None,
        ratio: float = 1.08,
        context: int | None = None,
        max_body: int | None = None,
        keys: frozenset[str] | None = None,
        hooks: Mapping[str, Hook] | None = None,
        clock: Clock | None = None,
        port: int = 0,
        **options: Any,
    ) -> None:
        texts = Texts(Tokenizer(ratio))
        known = {**HOOKS, **(hooks or {})}
        self.engine = Engine(answer, clock or Clock(), texts, Ledger(price or Price()), hooks=known)
        self.wire = _wire(flavour, self.engine, context, keys, options)
        self.max_body = max_body or self.wire.max_body
        self._server = _Server(("127.0.0.1", port), self)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving, and close every connection."""
        self.engine.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def faults(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Let requests go wrong by these rules from here on; none for no faults. See faults.py."""
        read = [fault_from(rule) for rule in rules]
        if unknown := {rule.how for rule in read if rule.kind == "answer"} - set(self.engine.hooks):
            raise ValueError(f"no hook {', '.join(sorted(unknown))}; known are {', '.join(self.engine.hooks)}")
        self.engine.script = Script(read, seed)

    def clock(self, advance: float = 0.0, rate: float | None = None) -> float:
        """Turn the server's time forward, or let it run at another rate; returns the time."""
        return self.engine.clock.turn(advance, rate)

    def speed(self, latency: float = 0.0, prefill: float | None = None) -> None:
        """Let each response take real time: `latency` seconds, and the uncached tokens at `prefill` a second."""
        self.engine.speed = Speed(latency, prefill)

    def expire(self) -> None:
        """Expire every cache now."""
        self.wire.forget()

    def reset(self) -> None:
        """Count anew; caches stay."""
        self.engine.ledger.clear()

    def counters(self) -> dict[str, Any]:
        """Return everything counted: requests, bytes, tokens, caches, storage and the bill."""
        return self.engine.ledger.summary(self.wire.storage()) | {
            "caches": self.wire.caches(),
            "now": self.engine.clock.now(),
            "cpu_seconds": time.process_time(),
        }

    def arrivals(self) -> list[dict[str, Any]]:
        """Return every request in the order of arrival."""
        return self.engine.ledger.listed()


def _wire(
    flavour: str, engine: Engine, context: int | None, keys: frozenset[str] | None, options: dict[str, Any]
) -> Wire:
    if flavour == "anthropic":
        return Anthropic(engine, context, keys, **options)
    if flavour == "bedrock":
        return Bedrock(engine, context, keys, **options)
    if flavour == "gemini":
        return Gemini(engine, context, keys, **options)
    if flavour in OPENAI_FLAVOURS:
        return OpenAI(engine, context, keys, flavour, **options)
    raise ValueError(f"no flavour {flavour!r}; known are {', '.join(FLAVOURS)}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], standin: StandIn) -> None:
        self.standin = standin
        self._open: set[socket.socket] = set()
        self._lock = threading.Condition()
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)
                self._lock.notify_all()

    def close_connections(self) -> None:
        """Shut every connection, and wait for their threads to see it."""
        with self._lock:
            for connection in self._open:
                _shut(connection)
            self._lock.wait_for(lambda: not self._open, timeout=2)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; all else is a bug here and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 1 << 16
    server: _Server
    raw_requestline: bytes

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the base class's
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
        elif self.path.startswith(CONTROL):
            self._deliver(_written(control(self.server.standin, self.command, self.path[len(CONTROL) :], body)))
        else:
            self._serve(body)

    def _serve(self, body: bytes) -> None:
        standin = self.server.standin
        engine, parts = standin.engine, urlsplit(self.path)
        path = unquote(parts.path)
        kind = standin.wire.kind(self.command, path)
        arrival = engine.ledger.arrive(kind, path, engine.clock.now(), self._head_size() + len(body))
        fault = engine.script.draw(kind, arrival.number)
        if fault is not None:
            engine.ledger.fault(arrival, fault.name)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query))
        status, answer = 0, b""
        try:
            reply = self._reply(Request(self.command, path, query, headers, body, arrival, fault))
            if reply is not None:
                status, answer = reply.status, _written(reply, fault)
        finally:
            engine.ledger.leave(arrival, status, len(answer))
        if answer and not self._deliver(answer, fault):
            engine.ledger.lose()

    def _reply(self, request: Request) -> Reply | None:
        """Return what to answer, or None after a silence that ends in a closed connection."""
        standin, fault = self.server.standin, request.fault
        wire = standin.wire
        if fault is not None and fault.kind == "hang":
            self._hang(fault.seconds)
            return None
        if fault is not None and fault.kind == "status":
            message = fault.message or _MESSAGES.get(fault.status, "Something went wrong.")
            return wire.error(fault.status, message, retry_after=fault.retry_after)
        if fault is not None and fault.kind == "slow":
            standin.engine.stopped.wait(fault.seconds)
        if fault is not None and fault.kind == "expire":
            wire.forget()
        if len(request.body) > standin.max_body:
            return wire.error(413, f"Request exceeds the maximum size of {standin.max_body} bytes")
        try:
            return wire.handle(request)
        except RefusedError as refused:
            return wire.error(refused.status, refused.message, refused.code)

    def _hang(self, seconds: float) -> None:
        """Say nothing until the client has gone, or `seconds` are over."""
        self.close_connection = True
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.server.standin.engine.stopped.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _deliver(self, answer: bytes, fault: Fault | None = None) -> bool:
        """Send an answer, and break off if `fault` says so; returns whether the client was still there."""
        try:
            self.connection.sendall(answer)
        except OSError:
            self.close_connection = True
            return False
        if fault is not None and fault.kind in BROKEN_OFF:
            self._break_off(fault.kind == "reset")
        return True

    def _break_off(self, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())  # without the orderly end that the server would send first

    def _head_size(self) -> int:
        return len(self.raw_requestline) + sum(len(name) + len(value) + 4 for name, value in self.headers.items()) + 2

    def _body(self) -> bytes | None:
        """Return the request's body; None if the client went away in the middle."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        return body if len(body) == length else None

    def _chunks(self) -> bytes | None:
        pieces = []
        while True:
            line = self.rfile.readline(64).split(b";")[0].strip()
            if not line:
                return None
            size = int(line, 16)
            pieces.append(self.rfile.read(size))
            self.rfile.readline(8)
            if not size:
                return b"".join(pieces)


def _written(reply: Reply, fault: Fault | None = None) -> bytes:
    """Return the bytes of a response, or as many of them as `fault` lets through."""
    spoiling = fault.kind if fault is not None else ""
    body = json.dumps(reply.payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if spoiling == "broken-json":
        body = body[: len(body) * 2 // 3]
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
    phrase = http.client.responses.get(reply.status, "")
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + (body[: len(body) // 2] if spoiling in BROKEN_OFF else body)


def control(standin: StandIn, method: str, action: str, body: bytes) -> Reply:
    """Do what a request under /__standin__/ asks."""
    try:
        wish = json.loads(body) if body else {}
        return Reply(200, _act(standin, method, action.partition("?")[0], wish))
    except (KeyError, TypeError, ValueError) as exc:
        return Reply(400, {"error": f"{type(exc).__name__}: {exc}"})


def _act(standin: StandIn, method: str, action: str, wish: dict[str, Any]) -> Any:
    if method == "GET":
        return {"counters": standin.counters, "arrivals": standin.arrivals}[action]()
    if action == "faults":
        standin.faults(*wish.get("rules", ()), seed=wish.get("seed", 0))
    elif action == "clock":
        return {"now": standin.clock(**wish)}
    elif action == "speed":
        standin.speed(**wish)
    else:
        {"expire": standin.expire, "reset": standin.reset}[action]()
    return {}
