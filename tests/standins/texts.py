"""The texts a server has read: each hashed and counted once, and known again in a request's bytes without parsing them.

A request repeats megabytes that were sent before. Parsing them as JSON takes longer than everything else together, and
the client's CPU is measured beside this server. So the JSON literals of long texts are remembered; a body that holds
one has it replaced by a short name before it is parsed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.standins.tokens import Tokenizer

LONG = 16_384  # characters; shorter texts are parsed faster than they are looked for
_HEAD = 256  # bytes of a literal that are searched; the rest is compared in place
_KEPT = 256 << 20  # bytes of literals


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its sha256 and its length in tokens."""

    string: str
    digest: bytes
    tokens: int


@dataclass(frozen=True, slots=True)
class _Literal:
    head: bytes
    body: bytes
    name: str


class Texts:
    """Reads the JSON of requests, and knows long texts again."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._mark = f"<{secrets.token_hex(12)}>"
        self._lock = threading.Lock()
        self._learning = threading.Lock()
        self._long: OrderedDict[str, Text] = OrderedDict()
        self._literals: OrderedDict[bytes, _Literal] = OrderedDict()

    def parse(self, body: bytes) -> Any:
        """Return what `body` says as JSON, long known texts as names that `of` understands. Raises ValueError."""
        return json.loads(self._fold(body))

    def of(self, string: str, body: bytes = b"") -> Text:
        """Return the Text of `string`, which may be a name from `parse`; a long one found in `body` is kept."""
        if string.startswith(self._mark):
            return self._long[string]
        digest = hashlib.sha256(string.encode("utf-8", "surrogatepass")).digest()
        if len(string) < LONG:
            return Text(string, digest, self.tokenizer(string))
        with self._learning:  # many first requests at once count their common text once
            name = f"{self._mark}{digest.hex()}"
            text = self._long.get(name) or Text(string, digest, self.tokenizer(string))
            self._learn(name, text, body)
        return text

    def _fold(self, body: bytes) -> bytes:
        if len(body) < LONG:
            return body
        with self._lock:
            literals = tuple(self._literals.values())
        parts, position = [], 0
        for start, literal in _found(body, literals):
            parts += [body[position:start], b'"', literal.name.encode(), b'"']
            position = start + len(literal.body)
        return b"".join([*parts, body[position:]])

    def _learn(self, name: str, text: Text, body: bytes) -> None:
        for ascii_only in (False, True):
            literal = json.dumps(text.string, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
            if literal[:_HEAD] in body:
                self._keep(_Literal(literal[:_HEAD], literal, name), text)
                return

    def _keep(self, literal: _Literal, text: Text) -> None:
        with self._lock:
            self._long[literal.name] = text
            self._literals[hashlib.sha256(literal.body).digest()] = literal
            while sum(len(one.body) for one in self._literals.values()) > _KEPT and len(self._literals) > 1:
                self._literals.popitem(last=False)
            while len(self._long) > 2 * len(self._literals) + 16:  # a request in progress may still hold an old name
                self._long.popitem(last=False)


def _found(body: bytes, literals: tuple[_Literal, ...]) -> Iterator[tuple[int, _Literal]]:
    """Yield where literals stand in `body`, from left to right, no two overlapping."""
    position = 0
    left = list(literals)
    while left and len(body) - position >= LONG:
        places = [(body.find(one.head, position), one) for one in left]
        left = [one for start, one in places if start >= 0]
        whole = [(start, one) for start, one in places if start >= 0 and body.startswith(one.body, start)]
        if not whole:
            return
        start, literal = min(whole, key=lambda place: place[0])
        yield start, literal
        position = start + len(literal.body)
