r"""Interlinear examples: the lines of a gloss command and what follows them become one glossed example.

gloss ::= (\gll line \\ line | \glll line \\ line \\ line) \\ \glt translation [\jambox*{source}]
expex ::= \begingl [\glpreamble text //] \gla line // \glb line // [\glc line //] \glft translation // \endgl
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ctxlearn.data import Example, clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.glosses import arrange, translation, words
from ctxlearn.formats.latex.inline import Inline
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.tree import EXAMPLES
from ctxlearn.formats.latex.walk import Walk
from ctxlearn.igt import surface

GLOSS_LINES = {"gll": 2, "glll": 3, "gllll": 4, "glx": 2, "gls": 2, "gl": 1, "glllll": 5}
TRANSLATIONS = frozenset(("glt", "trans", "glft", "tr", "glend"))
_SOURCES = frozenset(("jambox", "hfillcite", "source"))
_EXPEX_LINES = ("gla", "glb", "glc", "gld")
_EXPEX_PARTS = frozenset((*_EXPEX_LINES, "glft", "glpreamble"))


@dataclass(slots=True)
class _Found:
    """What has been read of a glossed example."""

    lines: list[list[str]]
    translation: str = ""
    source: str = ""
    said: bool = False  # whether a translation line was there


class Interlinear:
    """Reads the glossed examples of one book."""

    def __init__(self, book: Book, inline: Inline) -> None:
        self.book = book
        self.inline = inline

    def gloss(self, walk: Walk, count: int, number: str, judgement: str, line: int, bare: bool = False) -> None:
        """Read `count` lines and the translation after them; `bare` when no command announces that (linguex)."""
        found = _Found([])
        current: list[Node] = []
        while len(found.lines) < count and (node := walk.take()) is not None:
            if node.kind == "break":
                found.lines.append(self._words(current, found))
                current = []
            elif _ends_lines(node):
                walk.at -= 1
                break
            else:
                current.append(node)
        if current:
            found.lines.append(self._words(current, found))
        self._translation(walk, found, bare)
        self._emit(found, number, judgement, line)

    def expex(self, env: Node, number: str) -> None:
        r"""Read what stands between expex's `\begingl` and `\endgl`."""
        parts: dict[str, list[Node]] = {}
        name = ""
        for node in env.children:
            if node.kind == "cmd" and node.text in _EXPEX_PARTS:
                name = node.text
                parts[name] = []
            elif name:
                parts[name].append(node)
        preamble = self.inline.line(parts.get("glpreamble", ())).removesuffix("//")
        self.book.paragraph([f"({number}) {preamble}" if preamble else ""], env.line, "numbered paragraphs")
        rows = [words(self.inline, parts[name]) for name in _EXPEX_LINES if name in parts]
        found = _Found([[word.removesuffix("//") for word in row if word.strip("/")] for row in rows])
        free = self.inline.line(without_sources(parts.get("glft", ())), "plain").removesuffix("//").strip()
        found.translation, found.source = translation(free)
        self._emit(found, number, "", env.line)

    def _words(self, nodes: Sequence[Node], found: _Found) -> list[str]:
        walk = Walk(nodes)
        rest: list[Node] = []
        while (node := walk.take()) is not None:
            if _is_source(node):
                self._source(walk, found)
            elif node.kind == "cmd" and node.text == "label":
                self.inline.label(walk)
            else:
                rest.append(node)
        return words(self.inline, rest)

    def _source(self, walk: Walk, found: _Found) -> None:
        walk.option()
        label = _unbracketed(self.inline.line(walk.argument(), "plain"))
        found.source = "; ".join(filter(None, (found.source, label)))

    def _translation(self, walk: Walk, found: _Found, bare: bool) -> None:
        """Read what follows the glosses, up to the next gloss, sub-example or blank line."""
        parts: list[Node] = []
        while (node := walk.take()) is not None:
            begun = any(part.kind != "text" or part.text.strip() for part in parts[:8])
            if _ends_translation(node) or (node.kind == "par" and begun and (found.said or bare)):
                walk.at -= 1
                break
            if node.kind == "cmd" and node.text in TRANSLATIONS:
                found.said = True
            elif _is_source(node):
                self._source(walk, found)
            else:
                parts.append(node)
        found.translation, source = translation(self.inline.line(parts, "plain"))
        found.source = "; ".join(filter(None, (_unbracketed(source), found.source)))

    def _emit(self, found: _Found, number: str, judgement: str, line: int) -> None:
        shown = f"({number})" if number else ""
        rows = [row for row in found.lines if row]
        if not rows:
            what = f"example {shown}".rstrip()
            self.book.omit(line, what, "its interlinear lines are empty or broken off", deliberate=False)
            self.book.paragraph([f"{shown} {found.translation}".strip()] if found.translation else [], line)
            return
        lines = arrange(rows)
        spelled = clean(" ".join(lines.surface).replace("_", " "))
        said = spelled or surface(lines.words, lines.glosses)
        place = self.book.place(line)
        if len(lines.words) != len(lines.glosses) and self.book.kept:
            self.book.unequal.append(f"{shown} {place}".strip())
        example = Example(said, found.translation, lines.words, lines.glosses)
        self.book.example(
            replace(
                example,
                judgement=judgement or lines.judgement,
                number=shown,
                source=found.source,
                id=self.book.next_id(),
                place=place,
            )
        )
        for row in lines.further:
            self.book.paragraph([f"{shown} further line: {' '.join(row)}".strip()], line, "numbered paragraphs")


def _ends_lines(node: Node) -> bool:
    if node.kind == "cmd":
        return node.text in TRANSLATIONS or node.text in GLOSS_LINES
    return node.kind == "env" and node.text in EXAMPLES


def _ends_translation(node: Node) -> bool:
    if node.kind == "cmd":
        return node.text in GLOSS_LINES
    return node.kind == "env" and (node.text in EXAMPLES or node.text in commands.TABLES)


def _is_source(node: Node) -> bool:
    return node.kind == "cmd" and node.text.rstrip("*") in _SOURCES


def without_sources(nodes: Sequence[Node]) -> list[Node]:
    r"""Return nodes with a `\jambox` as plain text after a blank."""
    return [Node("text", " ", node.line) if _is_source(node) else node for node in nodes]


def _unbracketed(text: str) -> str:
    """Return a source's label without the brackets around the whole of it."""
    if text[:1] + text[-1:] in ("[]", "()", "{}") and not set(text[1:-1]) & set("[](){}"):
        return text[1:-1].strip()
    return text
