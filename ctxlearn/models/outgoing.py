"""How a book gets into the requests of litellm without being made JSON, and copied, for each question anew.

litellm is given a mark of some fifty characters that stands for the book. In the body that it and the provider's SDK
make of that, the mark is a JSON string; on the way out the book, which was made JSON once, is sent in its place. That
is an event hook of the HTTP client that litellm is lent (https://www.python-httpx.org/advanced/event-hooks/).
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import httpx

from ctxlearn.errors import ModelError

_MARK = re.compile(rb'"ctxlearn-book-([0-9a-f]{32})"')  # no text inside of a JSON string can hold the bare quotes


Message = Mapping[str, Any]


class Insertion:
    """Looks through the requests of an HTTP client on their way out, and puts texts into them; for several threads."""

    def __init__(self, client: httpx.Client) -> None:
        self._texts: dict[bytes, bytes] = {}
        self._sent: set[bytes] = set()
        client.event_hooks = {**client.event_hooks, "request": [*client.event_hooks["request"], self._put_in]}

    @contextmanager
    def shortened(self, messages: Sequence[Message], text: str) -> Iterator[list[Message]]:
        """Lend messages, for one request, in which a mark stands for `text`.

        Raises ModelError when they were sent with the mark. It is the caller that says that they were sent at all, by
        raising nothing.
        """
        name = secrets.token_hex(16)
        key = name.encode()
        short = [_with(message, text, f"ctxlearn-book-{name}") for message in messages]
        if short == messages:  # they refer to the book, or have none
            yield short
            return
        self._texts[key] = _as_json(text)
        try:
            yield short
            if key not in self._sent:
                raise ModelError(
                    "litellm sent a question by another way than ctxlearn knows, and without the book; the answer was "
                    "not used: install the version of litellm that requirements.lock names"
                )
        finally:
            del self._texts[key]
            self._sent.discard(key)

    def _put_in(self, request: httpx.Request) -> None:
        body = request.content
        for mark in _MARK.finditer(body):
            text = self._texts.get(mark[1])
            if text is not None:
                parts = (body[: mark.start()], text, body[mark.end() :])
                request.headers["Content-Length"] = str(sum(len(part) for part in parts))
                request.stream = _Parts(parts)
                self._sent.add(mark[1])
                return


class _Parts(httpx.SyncByteStream):
    """A body that is sent in parts, none of which is copied."""

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts


@lru_cache(maxsize=2)
def _as_json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _with(message: Message, text: str, mark: str) -> Message:
    """Return a message that says `mark` where it said `text`, by itself or as one of its blocks.

    >>> _with({"role": "system", "content": [{"type": "text", "text": "the book"}]}, "the book", "mark")
    {'role': 'system', 'content': [{'type': 'text', 'text': 'mark'}]}
    """
    content = message["content"]
    if content == text:
        return {**message, "content": mark}
    if isinstance(content, list) and any(block.get("text") == text for block in content):
        blocks = [{**block, "text": mark} if block.get("text") == text else block for block in content]
        return {**message, "content": blocks}
    return message
