"""The stream: tokens as TeX's mouth reads them, where what a macro stands for is put in place of its call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctxlearn.formats.latex.tokens import Node

_FAR = 150  # an option is never longer than this many tokens


@dataclass(slots=True)
class _Frame:
    tokens: Sequence[Node]
    depth: int
    at: int = 0


class Stream:
    """Tokens to be read from the front; `depth` is how many macros deep the last token came from.

    `taken` counts the tokens that were read into arguments, some of them again and again.
    """

    __slots__ = ("_frames", "depth", "taken")

    def __init__(self, tokens: Sequence[Node]) -> None:
        self._frames = [_Frame(tokens, 0)]
        self.depth = 0
        self.taken = 0

    def push(self, tokens: Sequence[Node], depth: int) -> None:
        """Put tokens in front of what is left."""
        self._frames.append(_Frame(tokens, depth))

    def next(self) -> Node | None:
        """Return the next token, or None at the end."""
        while self._frames:
            frame = self._frames[-1]
            if frame.at < len(frame.tokens):
                frame.at += 1
                self.depth = frame.depth
                return frame.tokens[frame.at - 1]
            self._frames.pop()
        return None

    def peek(self) -> Node | None:
        """Return the next token and leave it there."""
        token = self.next()
        if token is not None:
            self._frames[-1].at -= 1
        return token

    def back(self) -> None:
        """Put the token just read back."""
        self._frames[-1].at -= 1

    def ahead(self, count: int) -> Sequence[Node]:
        """Return the next tokens of the same stretch without reading them."""
        if self.peek() is None:
            return ()
        frame = self._frames[-1]
        return frame.tokens[frame.at : frame.at + count]

    def skip_blanks(self) -> None:
        """Read past blanks."""
        while (token := self.peek()) is not None and token.kind == "text" and not token.text.strip():
            self.next()

    def argument(self) -> list[Node]:
        """Read a group and return it without its braces, or a single token or character; nothing before a break."""
        self.skip_blanks()
        token = self.peek()
        if token is None or token.kind in ("close", "par", "cell", "break"):
            return []
        self.next()
        if token.kind == "open":
            return self._to_close()
        text = token.text.lstrip(" ")
        if token.kind == "text" and len(text) > 1:
            self.push((Node("text", text[1:], token.line),), self.depth)
            return [Node("text", text[0], token.line)]
        return [token]

    def _to_close(self) -> list[Node]:
        result: list[Node] = []
        depth = 1
        while (token := self.next()) is not None:
            depth += (token.kind == "open") - (token.kind == "close")
            if not depth:
                break
            result.append(token)
        self.taken += len(result)
        return result

    def option(self) -> list[Node] | None:
        """Read what stands in square brackets next, or nothing; a bracket that is not closed soon opens no option."""
        token = self.peek()
        if token is None or token.text != "[" or token.kind != "text":
            return None
        frame = self._frames[-1]
        depth = 0
        for at in range(frame.at + 1, min(frame.at + _FAR, len(frame.tokens))):
            node = frame.tokens[at]
            depth += (node.kind == "open") - (node.kind == "close")
            if depth < 0 or node.kind == "par":
                break
            if not depth and node.kind == "text" and node.text == "]":
                result = list(frame.tokens[frame.at + 1 : at])
                frame.at = at + 1
                return result
        return None

    def name(self) -> str:
        r"""Read the name of a command that is being defined, `\name` or `{\name}`."""
        self.skip_blanks()
        token = self.peek()
        nodes = self.argument() if token is not None and token.kind in ("open", "cmd") else []
        return nodes[0].text.rstrip("*") if nodes and nodes[0].kind == "cmd" else ""

    def number(self) -> int:
        """Read a digit in square brackets, 0 when there is none."""
        text = "".join(node.text for node in self.option() or []).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0
