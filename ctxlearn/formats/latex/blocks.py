"""Blocks: a file's tree walked from top to bottom into paragraphs, headings, tables, lists and examples."""

from __future__ import annotations

from collections.abc import Sequence

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.balance import HEADINGS
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.examples import Examples
from ctxlearn.formats.latex.floats import Floats, is_float
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.items import EXAMPLE_ENVIRONMENTS
from ctxlearn.formats.latex.references import Target
from ctxlearn.formats.latex.tables import is_list, items, list_items, rows
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk

_HOLDING = commands.FOOTNOTES | commands.BOLD | commands.ITALIC | commands.SMALL_CAPS | {"textcolor", "href", "title"}


class Blocks:
    """Reads trees into one book's blocks."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.inline = Inline(book)
        self.examples = Examples(book, self.inline, self._environment)
        self.floats = Floats(book, self.inline, self.examples.environment)

    def read(self, nodes: Sequence[Node]) -> None:
        """Add the blocks that `nodes` make."""
        walk = Walk(nodes)
        run: list[Node] = []
        previous = ""
        while (node := walk.take()) is not None:
            kind = node.kind
            if kind == "par":
                self._paragraph(run)
            elif kind == "env" and not self._runs_on(node):
                self._paragraph(run)
                self._environment(node)
            elif kind == "group" and node.text == "block" and previous not in _HOLDING:
                self._paragraph(run)
                self.read(node.children)
            elif kind == "cmd" and node.text.rstrip("*") in HEADINGS:
                self._paragraph(run)
                self._heading(node, walk)
            elif kind == "cmd" and node.text == "appendix":
                self._paragraph(run)
                self.book.counters.start_appendix()
            elif kind == "cmd" and node.text == "caption":
                self._paragraph(run)
                self.book.paragraph([self.floats.caption(walk, "figure")], node.line)
            else:
                run.append(node)
            if kind != "text" or node.text.strip():
                previous = node.text.rstrip("*") if kind == "cmd" else ""
        self._paragraph(run)

    def _runs_on(self, node: Node) -> bool:
        """Whether an environment is part of the line it stands in."""
        return node.text.rstrip("*") in commands.MATH

    def _paragraph(self, run: list[Node]) -> None:
        if not run:
            return
        line = next((node.line for node in run if node.kind != "text" or node.text.strip()), run[0].line)
        text = self.inline.text(run)
        run.clear()
        self.book.paragraph(text.split("\n"), line)
        self.examples.follow(line)

    def _heading(self, node: Node, walk: Walk) -> None:
        name = node.text.rstrip("*")
        level = HEADINGS[name]
        walk.skip_blanks()
        walk.option()
        title = self.inline.line(walk.argument(), "plain")
        numbered = self.book.numbered and not node.text.endswith("*") and not name.startswith("add")
        number = self.book.counters.heading(level) if numbered else ""
        if level == 0:
            self.book.counts["chapters"] += self.book.kept
        self.book.heading(level, f"{number} {title}".strip())
        kind = ("appendix" if self.book.counters.appendix else "chapter") if level == 0 else "section"
        self.book.here = Target(kind, number, title)
        self.examples.follow(node.line)

    def _environment(self, node: Node) -> None:
        name = node.text.rstrip("*")
        if name in EXAMPLE_ENVIRONMENTS:
            self.examples.environment(node)
        elif is_float(node):
            self.floats.read(node)
            self.examples.follow(node.line)
        elif name in commands.TABLES:
            self.book.paragraph(rows(self.inline, node), node.line, "tables")
            self.examples.follow(node.line)
        elif is_list(node):
            self._list(node)
        elif name in commands.DRAWINGS:
            self.book.omit(node.line, f"drawing {name}", "a drawing has no running text")
        elif name in commands.MATH:
            self.book.paragraph([self.inline.math(node.children)], node.line)
        else:
            self._transparent(node)

    def _transparent(self, node: Node) -> None:
        """Read what stands in an environment that only sets it differently."""
        walk = Walk(node.children)
        walk.pass_by("om" if node.text.rstrip("*") in commands.SETTING_WITH_ARGUMENTS else "o")
        if node.text.rstrip("*") in HEADINGS:  # \begin{paragraph}{title} is used like the command
            self._heading(Node("cmd", node.text, node.line), walk)
        self.read(walk.rest())

    # Lists.

    def _list(self, env: Node) -> None:
        """Add a list as one block, or, when it holds examples or tables, in pieces around them."""
        lines: list[str] = []
        for number, (label, nodes) in enumerate(list_items(self.inline, env), 1):
            mark = f"{number}." if env.text.startswith(("enumerate", "compactenum")) else "-"
            lead = label or mark
            text: list[Node] = []
            for node in nodes:
                if is_list(node):
                    lines += self._item(lead, text)
                    lead = ""
                    lines += items(self.inline, node, 1)
                elif node.kind == "env" and not self._runs_on(node):
                    lines += self._item(lead, text)
                    lead = ""
                    self.book.paragraph(lines, env.line, "lists")
                    lines = []
                    self._environment(node)
                else:
                    text.append(node)
            lines += self._item(lead, text)
        self.book.paragraph(lines, env.line, "lists")
        self.examples.follow(env.line)

    def _item(self, lead: str, nodes: list[Node]) -> list[str]:
        text = clean(self.inline.text(nodes))
        nodes.clear()
        return [f"{lead} {text}".strip()] if text else []
