"""Walking along a list of nodes, taking a command's arguments on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ctxlearn.formats.latex.tokens import Node

_FAR = 120  # an option is never longer than this many nodes


class Walk:
    """A place in a sequence of nodes that moves on as nodes and arguments are taken."""

    __slots__ = ("at", "nodes")

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = list(nodes)
        self.at = 0

    def take(self) -> Node | None:
        """Return the next node, or None at the end."""
        if self.at >= len(self.nodes):
            return None
        self.at += 1
        return self.nodes[self.at - 1]

    def rest(self) -> Sequence[Node]:
        """Take all that is left."""
        rest = self.nodes[self.at :]
        self.at = len(self.nodes)
        return rest

    def skip_blanks(self) -> None:
        """Pass by blanks."""
        while self.at < len(self.nodes):
            node = self.nodes[self.at]
            if node.kind != "text" or node.text.strip():
                return
            self.at += 1

    def argument(self) -> Sequence[Node]:
        """Take a group's nodes, or one node (of a text its first character); nothing before a break."""
        start = self.at
        self.skip_blanks()
        if self.at >= len(self.nodes) or self.nodes[self.at].kind in ("par", "cell", "break", "env"):
            self.at = start
            return ()
        node = self.nodes[self.at]
        self.at += 1
        if node.kind == "group":
            return node.children
        text = node.text.lstrip(" ")
        if node.kind == "text" and len(text) > 1:
            self.at -= 1
            self.nodes[self.at] = Node("text", text[1:], node.line)
            return (Node("text", text[0], node.line),)
        return (node,)

    def group(self) -> Sequence[Node] | None:
        """Take a group's nodes if one is next."""
        start = self.at
        self.skip_blanks()
        if self.at < len(self.nodes) and self.nodes[self.at].kind == "group":
            self.at += 1
            return self.nodes[self.at - 1].children
        self.at = start
        return None

    def option(self) -> Sequence[Node] | None:
        """Take what stands in square brackets next, or nothing."""
        nodes, at = self.nodes, self.at
        if at >= len(nodes) or nodes[at].kind != "text" or nodes[at].text != "[":
            return None
        depth = 0
        for end in range(at, min(at + _FAR, len(nodes))):
            node = nodes[end]
            if node.kind == "par":
                return None
            if node.kind == "text" and node.text in ("[", "]"):
                depth += 1 if node.text == "[" else -1
                if not depth:
                    self.at = end + 1
                    return nodes[at + 1 : end]
        return None

    def pass_by(self, spec: str) -> None:
        """Take arguments without looking: `m` in braces (if there), `o` in square brackets."""
        for letter in spec:
            if letter == "m":
                self.option()
                self.group()
            else:
                self.option()


def raw(nodes: Iterable[Node]) -> str:
    """Return nodes as they were written, near enough for a label, a key or a number."""
    parts: list[str] = []
    for node in nodes:
        if node.kind == "group":
            parts.append("{" + raw(node.children) + "}")
        elif node.kind == "cmd":
            parts.append(node.text if node.text in ("_", "&", "#", "%") else "\\" + node.text)
        elif node.kind not in ("env", "par"):
            parts.append(node.text)
    return "".join(parts)


def name_of(nodes: Iterable[Node]) -> str:
    """Return a label or key: as written, its blanks made one.

    >>> name_of([Node("text", " sec:a ", 1), Node("text", "b", 1)])
    'sec:a b'
    """
    return " ".join(raw(nodes).split())
