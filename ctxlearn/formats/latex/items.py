r"""Items: an example environment cut into its numbered parts, whichever package writes them.

exe     ::= (\ex ["[" judgement "]"] item | \exi{label} item | \sn item)*        (gb4e; xlist alike)
expex   ::= \ex item \xe | \pex (\a item)* \xe
linguex ::= (\ex. | \exg. | \a. | \b. | \ag. | \bg.) item
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.commands import names
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.tree import EXAMPLES
from ctxlearn.formats.latex.walk import Walk

EXAMPLE_ENVIRONMENTS = EXAMPLES | {"expex", "linguex", "gl"}
_STARTS = frozenset(("ex", "exi", "exr", "exp", "sn", "pex", "exg", "exig"))
_LETTERS = names("a b c d e f ag bg cg dg eg fg")
_HOLDING = commands.FOOTNOTES | commands.BOLD | commands.ITALIC | {"parbox", "jambox"}


@dataclass(frozen=True, slots=True)
class Item:
    """A command with what belongs to it; without one (`command` empty) what stands before the first.

    A lettered part of linguex or expex has the command `sub`, with glosses of its own `subg`.
    """

    command: str
    line: int
    nodes: Sequence[Node]


def cut(env: Node) -> Iterator[Item]:
    """Yield the items of an example environment."""
    walk = Walk(list(_opened(env.children)))
    walk.option()
    command, line, nodes = "", env.line, list[Node]()
    while (node := walk.take()) is not None:
        starts = _start(node, walk, env.text)
        if starts:
            yield from _begun(command, line, nodes)
            command, line, nodes = starts, node.line, []
        else:
            nodes.append(node)
    yield from _begun(command, line, nodes)


def _begun(command: str, line: int, nodes: list[Node]) -> Iterator[Item]:
    if command or any(node.kind not in ("text", "par") or node.text.strip() for node in nodes):
        yield Item(command, line, nodes)


def _opened(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield nodes with the groups around whole examples opened; a footnote's group stays."""
    previous = ""
    for node in nodes:
        if node.kind == "group" and node.text == "block" and previous not in _HOLDING:
            yield from _opened(node.children)
        elif node.kind == "env" and node.text in commands.SETTING:
            walk = Walk(node.children)
            walk.pass_by("om" if node.text in commands.SETTING_WITH_ARGUMENTS else "o")
            yield from _opened(walk.rest())
        else:
            yield node
        if node.kind != "text" or node.text.strip():
            previous = node.text.rstrip("*") if node.kind == "cmd" else ""


def _start(node: Node, walk: Walk, environment: str) -> str:
    """Return the command that a node begins an item with, or `` when it begins none."""
    if node.kind != "cmd":
        return ""
    if environment == "linguex":
        return _dotted(node, walk)
    if environment == "expex" and node.text == "a":
        return "sub"
    return node.text if node.text in _STARTS else ""


def _dotted(node: Node, walk: Walk) -> str:
    """Return linguex's command, which ends in a dot; the dot is taken off the text after it."""
    following = walk.nodes[walk.at] if walk.at < len(walk.nodes) else None
    if following is None or following.kind != "text" or not following.text.startswith("."):
        return ""
    if node.text not in _STARTS and node.text not in _LETTERS:
        return ""
    walk.nodes[walk.at] = Node("text", following.text[1:], following.line)
    if node.text in _LETTERS:
        return "subg" if len(node.text) == 2 else "sub"
    return node.text
