r"""Examples: numbered as LaTeX does, (9.2), (9.2a), (9.2a.i), and read into blocks, one for each part.

    item ::= (text | gloss | xlist | table | list)*

A text without glosses becomes a paragraph that begins with its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book, roman
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.interlinear import GLOSS_LINES, TRANSLATIONS, Interlinear, without_sources
from ctxlearn.formats.latex.items import EXAMPLE_ENVIRONMENTS, Item, cut
from ctxlearn.formats.latex.references import Target
from ctxlearn.formats.latex.tables import is_list, items, rows
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk

_LABELLED = frozenset(("exi", "exr", "exp", "exig"))
_GLOSSED = frozenset(("exg", "exig", "subg"))
_WELL_FORMED = frozenset(("ok", "OK", "✓", "√"))
_JUDGEMENT = re.compile(r"[*?#%!†°()]+")
_LONGEST_SPEAKER = 6


class Examples:
    """Reads the example environments of one book into blocks; `other` reads an environment that is no example."""

    def __init__(self, book: Book, inline: Inline, other: Callable[[Node], None]) -> None:
        self.book = book
        self.inline = inline
        self.interlinear = Interlinear(book, inline)
        self.other = other

    def environment(self, env: Node, parent: str = "", depth: int = 0) -> None:
        """Read one example environment; `parent` is the number of the example it is part of."""
        before = self.book.here
        if env.text == "gl":
            self.interlinear.expex(env, parent)
            return
        count = letters = 0
        number = parent
        top = parent
        for item in cut(env):
            walk = Walk(item.nodes)
            if item.command in ("sub", "subg"):
                letters += 1
                number = self._lettered(top, 1, letters)
            else:
                count += item.command in ("ex", "exg", "pex")
                letters = 0
                number = top = self._number(item.command, walk, parent, depth, count)
            shown = number or self.book.counters.upcoming("example")
            self.book.here = Target("example", shown)
            self._item(walk, item, number, depth)
            if parent:
                self.book.here = Target("example", parent)
        if not parent:
            self.book.here = before

    def _number(self, command: str, walk: Walk, parent: str, depth: int, count: int) -> str:
        if command in _LABELLED:
            label = self.inline.line(walk.argument(), "plain").strip("().")
            return f"{parent} {label}".strip()
        if not command or command == "sn":
            return parent
        return self._lettered(parent, depth, count) if parent else self.book.counters.next("example")

    def _lettered(self, parent: str, depth: int, count: int) -> str:
        if depth == 1:
            return parent + (chr(ord("a") + count - 1) if count <= 26 else f"-{count}")
        return f"{parent}.{roman(count)}"

    def _item(self, walk: Walk, item: Item, number: str, depth: int) -> None:
        text: list[Node] = []
        lines: list[str] = []
        judgement, speaker = self._option(walk, item, text)
        number = f"{number} {speaker}".strip()
        if item.command in _GLOSSED:
            self.interlinear.gloss(walk, 2, number, judgement, item.line, bare=True)
        while (node := walk.take()) is not None:
            if node.kind == "cmd" and node.text in GLOSS_LINES:
                self._paragraph(text, lines, number, judgement, item.line)
                self.interlinear.gloss(walk, GLOSS_LINES[node.text], number, judgement, node.line)
                self.follow(node.line)
            elif node.kind == "env" and (node.text in commands.TABLES or is_list(node)):
                lines += self._lines(text)
                lines += items(self.inline, node) if is_list(node) else rows(self.inline, node)
            elif node.kind == "env":
                self._paragraph(text, lines, number, judgement, item.line)
                self._inner(node, number, depth)
            elif node.kind == "cmd" and node.text == "label":
                self.inline.label(walk)
            else:
                text.append(node)
        self._paragraph(text, lines, number, judgement, item.line)

    def _option(self, walk: Walk, item: Item, text: list[Node]) -> tuple[str, str]:
        r"""Take the judgement of `\ex[*]` or the speaker of `\ex[A:]`; something longer in the brackets is text."""
        walk.skip_blanks()
        option = walk.option() if item.command and item.command not in _LABELLED else None
        if not option:
            return "", ""
        shown = self.inline.line(option, "plain").removeprefix("^")
        if _JUDGEMENT.fullmatch(shown):
            return shown, ""
        if len(shown) <= _LONGEST_SPEAKER:
            return "", "" if shown in _WELL_FORMED else shown
        text += [*option, Node("text", " ", item.line)]
        return "", ""

    def _inner(self, node: Node, number: str, depth: int) -> None:
        if node.text in EXAMPLE_ENVIRONMENTS:
            self.environment(node, number, depth + 1)
        else:
            self.other(node)

    def _paragraph(self, text: list[Node], lines: list[str], number: str, judgement: str, line: int) -> None:
        """Add the text gathered so far under its number, and begin anew."""
        lines += self._lines(text)
        if lines:
            prefix = f"({number}) {judgement}" if number else judgement
            self.book.paragraph([prefix + lines[0], *lines[1:]], line, "numbered paragraphs")
        lines.clear()
        self.follow(line)

    def _lines(self, nodes: list[Node]) -> list[str]:
        breaks = [_as_break(node) for node in without_sources(nodes)]
        nodes.clear()
        return [line for line in map(clean, self.inline.text(breaks).split("\n")) if line]

    def follow(self, line: int) -> None:
        """Add the footnotes met inside an example, then the examples met inside footnotes."""
        while self.book.notes:
            self.book.paragraph([f"[fn: {self.book.notes.pop(0)}]"], line, "numbered paragraphs")
        while self.book.asides:
            aside = self.book.asides.pop(0)
            self.book.counters.in_footnote = True
            self.other(aside)
            self.book.counters.in_footnote = False


def _as_break(node: Node) -> Node:
    """Return a blank line or a translation's command as a line break, other nodes as they are."""
    breaks = node.kind == "par" or (node.kind == "cmd" and node.text in TRANSLATIONS)
    return Node("break", "", node.line) if breaks else node
