"""Floats: tables and figures with captions, as one block that begins `Table 9.1: …`; drawings are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.items import EXAMPLE_ENVIRONMENTS
from ctxlearn.formats.latex.references import Target
from ctxlearn.formats.latex.tables import is_list, items, rows
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk

_CAPTIONS = frozenset(("caption", "captionof"))
# A long table's head and foot on its further pages: `\endfirsthead head \endhead foot \endfoot`.
_LONG_PARTS = ("endfirsthead", "endhead", "endfoot", "endlastfoot")


def is_float(node: Node) -> bool:
    """Whether an environment is a float, or a table that carries a caption of its own."""
    name = node.text.rstrip("*")
    return name in commands.FLOATS or (name in commands.TABLES and any(map(_is_caption, node.children)))


def _is_caption(node: Node) -> bool:
    return node.kind == "cmd" and node.text.rstrip("*") in _CAPTIONS


class Floats:
    """Reads the floats of one book; `example` reads an example that stands in one."""

    def __init__(self, book: Book, inline: Inline, example: Callable[[Node], None]) -> None:
        self.book = book
        self.inline = inline
        self.example = example

    def read(self, env: Node) -> None:
        """Add a float as one block: its captions, then its rows and lines."""
        before = self.book.here
        kind = "figure" if "igure" in env.text else "table"
        own_table = env.text.rstrip("*") in commands.TABLES
        nodes = _first_page(env.children) if own_table else _opened(env.children)
        if any(map(_is_caption, nodes)):
            self.book.here = Target(kind, self.book.counters.upcoming(kind))
        captions, rest = self._captions(nodes, kind)
        examples = [node for node in rest if node.kind == "env" and node.text in EXAMPLE_ENVIRONMENTS]
        if own_table:
            body = rows(self.inline, env._replace(children=tuple(rest)))
        else:
            body = self._lines([node for node in rest if node not in examples], kind)
        what = "tables" if kind == "table" or any(" | " in line for line in body) else "figures"
        self.book.paragraph([*captions, *body], env.line, what)
        for node in examples:
            self.example(node)
        self.book.here = before

    def caption(self, walk: Walk, kind: str, starred: bool = False) -> str:
        """Take a caption's argument and return it with its number."""
        walk.skip_blanks()
        walk.option()
        argument = walk.argument()
        number = "" if starred else self.book.counters.next(kind)
        if number:
            self.book.here = Target(kind, number)
        text = self.inline.line(argument)
        word = "Table" if kind == "table" else "Figure"
        return f"{word} {number}: {text}" if number else text

    def _captions(self, nodes: Sequence[Node], kind: str) -> tuple[list[str], list[Node]]:
        """Return the captions written out, and the nodes without them; labels are taken up on the way."""
        captions: list[str] = []
        rest: list[Node] = []
        walk = Walk(nodes)
        if not nodes or nodes[0].kind == "text":
            walk.option()
        while (node := walk.take()) is not None:
            if _is_caption(node):
                if node.text == "captionof":
                    walk.argument()
                captions.append(self.caption(walk, kind, node.text.endswith("*")))
            elif node.kind == "cmd" and node.text == "label":
                self.inline.label(walk)
            else:
                rest.append(node)
        return captions, rest

    def _lines(self, nodes: Sequence[Node], kind: str) -> list[str]:
        lines: list[str] = []
        text: list[Node] = []
        for node in nodes:
            if node.kind == "env":
                lines += self._text(text)
                lines += self._environment(node, kind)
            else:
                text.append(node)
        return lines + self._text(text)

    def _text(self, nodes: list[Node]) -> list[str]:
        text = self.inline.text([Node("break", "", node.line) if node.kind == "par" else node for node in nodes])
        nodes.clear()
        return [line for line in map(clean, text.split("\n")) if line]

    def _environment(self, node: Node, kind: str) -> list[str]:
        name = node.text.rstrip("*")
        if name in commands.TABLES:
            return rows(self.inline, node)
        if is_list(node):
            return items(self.inline, node)
        if name in commands.DRAWINGS and name not in commands.FLOATS:
            what = f"drawing {name} of {kind} {self.book.here.number}"
            self.book.omit(node.line, what, "a drawing has no running text")
            return []
        return self._lines(_opened(node.children), kind)


def _opened(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes with the groups that hold tables or drawings opened, and a caption's own group kept."""
    result: list[Node] = []
    previous = ""
    for node in nodes:
        if node.kind == "group" and node.text == "block" and previous not in (_CAPTIONS | commands.FOOTNOTES):
            result += _opened(node.children)
        elif node.kind == "env" and node.text in commands.SETTING:
            walk = Walk(node.children)
            walk.pass_by("om" if node.text in commands.SETTING_WITH_ARGUMENTS else "o")
            result += _opened(walk.rest())
        else:
            result.append(node)
        if node.kind != "text" or node.text.strip():
            previous = node.text.rstrip("*") if node.kind == "cmd" else ""
    return result


def _first_page(nodes: Sequence[Node]) -> list[Node]:
    """Return a long table's nodes without the head and foot that only its further pages repeat."""
    marks = [i for i, node in enumerate(nodes) if node.kind == "cmd" and node.text in _LONG_PARTS]
    first = next((i for i in marks if nodes[i].text == "endfirsthead"), None)
    if first is None:
        return list(nodes)
    return [*nodes[:first], *nodes[marks[-1] + 1 :]]
