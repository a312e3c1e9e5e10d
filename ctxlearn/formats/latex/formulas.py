"""Formulas: mathematics written as Unicode, near enough to be read.

formula ::= (character | command | group | ("^" | "_") one of these)*
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctxlearn.formats.latex.symbols import subscript, superscript
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk

# Writes out a command, its arguments next on the walk.
Command = Callable[[Walk, Node], str]
_FRACTIONS = frozenset(("frac", "dfrac", "tfrac"))


def formula(nodes: Sequence[Node], command: Command) -> str:
    r"""Return a formula as text: `x^{2}` as `x²`, `\frac{1}{2}` as `1/2`."""
    walk = Walk(nodes)
    parts: list[str] = []
    script: Callable[[str], str] | None = None
    while (node := walk.take()) is not None:
        for item in _items(node, walk, command):
            if script is None and item in ("^", "_"):
                script = superscript if item == "^" else subscript
            elif script is None or not item.strip():
                parts.append(item)
            else:
                parts.append(script(item.strip()))
                script = None
    return "".join(parts)


def _items(node: Node, walk: Walk, command: Command) -> list[str]:
    if node.kind == "text":
        return ["′" if character == "'" else character for character in node.text]
    if node.kind == "group":
        return [formula(node.children, command)]
    if node.kind != "cmd":
        return [node.text if node.kind != "env" else formula(node.children, command)]
    if node.text in _FRACTIONS:
        return [f"{formula(walk.argument(), command)}/{formula(walk.argument(), command)}"]
    return [command(walk, node)]
