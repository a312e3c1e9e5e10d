r"""Tables and lists: rows of cells and items, kept as lines that can be read.

tabular ::= row ("\\" row)*      row ::= cell ("&" cell)*        (tabbing: `\>` and `\=` for `&`, `\kill` for no row)
list    ::= ("\item" ["[" label "]"] text)*
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk, raw

_TABS = frozenset((">", "=", "<", "+", "'"))
_WIDTHS = {"tabularx": "omm", "tabulary": "omm", "xltabular": "omm", "tabular*": "omm"}


def rows(inline: Inline, env: Node) -> list[str]:
    """Return a table's rows as `a | b | c`, without the empty ones."""
    name = env.text
    nodes = list(_specified(env))
    if name == "tabbing":
        nodes = [Node("cell", "&", node.line) if node.kind == "cmd" and node.text in _TABS else node for node in nodes]
    lines = []
    for row in _split(nodes, "break"):
        kills = [i for i, node in enumerate(row) if node.kind == "cmd" and node.text == "kill"]
        row = row[kills[-1] + 1 :] if kills else row
        cells = [cell for part in _split(row, "cell") for cell in _cells(inline, part)]
        if any(cells):
            lines.append(" | ".join(cells).strip())
    return lines


def _specified(env: Node) -> Sequence[Node]:
    """Return a table's nodes without what says how its columns are set."""
    walk = Walk(env.children)
    if env.text != "tabbing":
        walk.pass_by(_WIDTHS.get(env.text, "om"))
    return walk.rest()


def _split(nodes: Sequence[Node], kind: str) -> Iterator[list[Node]]:
    part: list[Node] = []
    for node in nodes:
        if node.kind == kind or (kind == "break" and node.kind == "cmd" and node.text in ("cr", "tabularnewline")):
            yield part
            part = []
        else:
            part.append(node)
    yield part


def _cells(inline: Inline, nodes: Sequence[Node]) -> list[str]:
    """Return the cell that nodes make, and the empty ones that it spans."""
    walk = Walk(nodes)
    walk.skip_blanks()
    span = 1
    node = walk.take()
    if node is not None and node.kind == "cmd" and node.text == "multicolumn":
        number = raw(walk.argument()).strip()
        span = min(int(number), 30) if number.isascii() and number.isdigit() else 1
    text = clean(inline.text(nodes, "prose"))
    return [text] + [""] * (span - 1)


def items(inline: Inline, env: Node, depth: int = 0) -> list[str]:
    """Return a list's items as lines, a dash before the nested ones for each level."""
    lines: list[str] = []
    for number, (label, nodes) in enumerate(list_items(inline, env), 1):
        mark = f"{number}." if env.text.startswith(("enumerate", "compactenum")) else "-"
        inner = [node for node in nodes if is_list(node)]
        text = clean(inline.text([node for node in nodes if not is_list(node)]))
        if text or label:
            lines.append("- " * depth + f"{label or mark} {text}".rstrip())
        for nested in inner:
            lines += items(inline, nested, depth + 1)
    return lines


def is_list(node: Node) -> bool:
    """Whether a node is a list."""
    return node.kind == "env" and node.text.rstrip("*") in commands.LISTS


def list_items(inline: Inline, env: Node) -> Iterator[tuple[str, list[Node]]]:
    """Yield each item's label and nodes; what stands before the first item is passed by when it is blank."""
    walk = Walk(env.children)
    walk.option()
    label, nodes, begun = "", list[Node](), False
    while (node := walk.take()) is not None:
        if node.kind == "cmd" and node.text == "item":
            if begun or any(other.kind != "text" or other.text.strip() for other in nodes):
                yield label, nodes
            option = walk.option()
            label, nodes, begun = inline.line(option) if option else "", [], True
        else:
            nodes.append(node)
    yield label, nodes
