"""Inline text: the words of a paragraph, a heading, a table cell or a gloss, with their LaTeX resolved.

There are three modes. `prose` marks emphasis (`*italic*`, `**bold**`) and keeps footnotes in brackets; `plain` (headings,
translations) marks nothing; `words` (lines of interlinear text) besides leaves out subscripts, which label brackets there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.references import mark, upper
from ctxlearn.formats.latex.symbols import ACCENTS, SYMBOLS, TIPA, accented, subscript, superscript
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk, name_of, raw

Mode = Literal["prose", "plain", "words"]

_TYPOGRAPHIC = re.compile(r"---?|``|''|`|'(?!\w)")
_CHARACTERS = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "'": "’"}
_PADDED = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


def typographic(text: str) -> str:
    """Return `text` with LaTeX's dashes and quotes as characters; an apostrophe before a letter stays as it is.

    >>> typographic("``it's'' -- `so'")
    '“it\\'s” – ‘so’'
    """
    return _TYPOGRAPHIC.sub(lambda match: _CHARACTERS[match.group()], text)


def marked(text: str, mark_with: str) -> str:
    """Return `text` between emphasis marks, its outer blanks outside; as it is when it already begins with one."""
    match = _PADDED.fullmatch(text)
    if not match or not match[2] or match[2].startswith("*"):
        return text
    return f"{match[1]}{mark_with}{match[2]}{mark_with}{match[3]}"


class Inline:
    """Writes nodes out as text, for one book."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def text(self, nodes: Sequence[Node], mode: Mode = "prose") -> str:
        """Return the text of `nodes`; a line break of the source stays one in prose."""
        walk = Walk(nodes)
        parts: list[str] = []
        while (node := walk.take()) is not None:
            kind = node.kind
            if kind == "text":
                parts.append(typographic(node.text))
            elif kind == "cmd":
                parts.append(self._command(walk, node, mode))
            elif kind == "group":
                parts.append(self.text(node.children, mode))
            elif kind == "env":
                parts.append(self._environment(node, mode))
            else:
                parts.append(self._mark(walk, kind, node, mode))
        return "".join(parts)

    def line(self, nodes: Sequence[Node], mode: Mode = "prose") -> str:
        """Return the text of `nodes` as one clean line."""
        return clean(self.text(nodes, mode))

    def _mark(self, walk: Walk, kind: str, node: Node, mode: Mode) -> str:
        if kind == "math":
            return self._math(walk, mode)
        if kind == "param":
            return f"#{node.text}"
        return "\n" if kind == "break" and mode == "prose" else " "

    def _command(self, walk: Walk, node: Node, mode: Mode) -> str:
        name = node.text
        handler = _HANDLERS.get(name) or _HANDLERS.get(name.rstrip("*"))
        if handler is not None:
            return handler(self, walk, name.rstrip("*"), mode)
        if name in SYMBOLS:
            return SYMBOLS[name]
        if name.rstrip("*") not in commands.SILENT:
            self.book.unknown[name] += 1
        walk.option()
        return ""

    # Fonts.

    def _italic(self, walk: Walk, name: str, mode: Mode) -> str:
        text = self.text(walk.argument(), mode)
        return marked(text, "*") if mode == "prose" else text

    def _bold(self, walk: Walk, name: str, mode: Mode) -> str:
        text = self.text(walk.argument(), mode)
        return marked(text, "**") if mode == "prose" else text

    def _small_caps(self, walk: Walk, name: str, mode: Mode) -> str:
        return upper(self.text(walk.argument(), mode))

    def _tipa(self, walk: Walk, name: str, mode: Mode) -> str:
        return self.text(walk.argument(), mode).translate(TIPA)

    def _switch(self, walk: Walk, name: str, mode: Mode) -> str:
        """Set what is left of this group, up to the next change of font, in another font."""
        start = walk.at
        nodes = walk.rest()
        for i, node in enumerate(nodes):
            if node.kind in ("par", "env") or (node.kind == "cmd" and node.text in _SWITCHES):
                walk.at = start + i
                nodes = nodes[:i]
                break
        text = self.text(nodes, mode)
        if name in commands.SMALL_CAPS_SWITCH:
            return upper(text)
        if mode != "prose" or name in commands.ROMAN_SWITCH:
            return text
        return marked(text, "**" if name in commands.BOLD_SWITCH else "*")

    def _accent(self, walk: Walk, name: str, mode: Mode) -> str:
        return accented(name, self.text(walk.argument(), mode))

    def _super(self, walk: Walk, name: str, mode: Mode) -> str:
        return superscript(self.text(walk.argument(), mode).strip())

    def _sub(self, walk: Walk, name: str, mode: Mode) -> str:
        text = self.text(walk.argument(), mode).strip()
        if mode == "words" and text:
            self.book.counts["labels below words left out"] += 1
            return ""
        return subscript(text) if text else ""

    # Mathematics: `^` and `_` raise and lower what follows.

    def _math(self, walk: Walk, mode: Mode) -> str:
        start = walk.at
        while (node := walk.take()) is not None:
            if node.kind == "math":
                return self.math(walk.nodes[start : walk.at - 1], mode)
            if node.kind in ("par", "break", "cell"):
                break
        walk.at = start
        return "$"

    def math(self, nodes: Sequence[Node], mode: Mode = "plain") -> str:
        """Return mathematics as Unicode, near enough to be read."""
        walk = Walk(nodes)
        parts: list[str] = []
        script: Callable[[str], str] | None = None
        while (node := walk.take()) is not None:
            if node.kind == "text":
                items = ["′" if character == "'" else character for character in node.text]
            else:
                walk.at -= 1
                items = [self._math_item(walk, mode)]
            for item in items:
                if script is None and item in ("^", "_"):
                    script = superscript if item == "^" else subscript
                elif script is None or not item.strip():
                    parts.append(item)
                else:
                    parts.append(script(item.strip()))
                    script = None
        return "".join(parts)

    def _math_item(self, walk: Walk, mode: Mode) -> str:
        node = walk.take()
        if node is None:
            return ""
        if node.kind == "cmd" and node.text in ("frac", "dfrac", "tfrac"):
            return f"{self.math(walk.argument())}/{self.math(walk.argument())}"
        if node.kind == "cmd":
            return self._command(walk, node, "plain" if mode == "prose" else mode)
        return self.math(node.children, mode) if node.kind == "group" else node.text

    # References and citations.

    def _reference(self, walk: Walk, name: str, mode: Mode) -> str:
        style = commands.REFERENCES[name]
        walk.option()
        first = name_of(walk.argument())
        return mark(style, first)

    def _range(self, walk: Walk, name: str, mode: Mode) -> str:
        first, last = name_of(walk.argument()), name_of(walk.argument())
        return f"({mark('number', first)}–{mark('number', last)})"

    def _label(self, walk: Walk, name: str, mode: Mode) -> str:
        self.book.label(name_of(walk.argument()))
        return ""

    def _citation(self, walk: Walk, name: str, mode: Mode) -> str:
        style = commands.CITATIONS[name]
        shown: list[str] = []
        while True:
            options = [option for option in (walk.option(), walk.option()) if option is not None]
            keys = walk.group()
            if keys is None:
                break
            notes = [self.line(option, "plain") for option in options]
            before = notes[0] if len(notes) == 2 else ""
            shown.append(self.book.bibliography.cite(style, name_of(keys), before, notes[-1] if notes else ""))
            if not name.endswith("s"):
                break
        if style == "paren" and len(shown) > 1:
            return "(" + "; ".join(text[1:-1] for text in shown) + ")"
        return "; ".join(shown)

    # The rest.

    def _footnote(self, walk: Walk, name: str, mode: Mode) -> str:
        walk.option()
        text = self.line(walk.argument(), "prose")
        self.book.counts["footnotes"] += 1
        if mode == "prose":
            return f" [fn: {text}]" if text else ""
        self.book.notes.append(text)
        return ""

    def _dropped(self, walk: Walk, name: str, mode: Mode) -> str:
        walk.pass_by(commands.DROPPED[name])
        return ""

    def _kept_after(self, walk: Walk, name: str, mode: Mode) -> str:
        walk.pass_by(commands.KEPT_AFTER[name])
        return ""

    def _newline(self, walk: Walk, name: str, mode: Mode) -> str:
        return "\n" if mode == "prose" else " "

    def _multicolumn(self, walk: Walk, name: str, mode: Mode) -> str:
        walk.pass_by("mm")
        return self.text(walk.argument(), mode)

    def _drawing(self, walk: Walk, name: str, mode: Mode) -> str:
        node = walk.nodes[walk.at - 1]
        walk.option()
        what = raw(walk.argument())
        self.book.omit(node.line, f"drawing \\{name} {what[:60]}".rstrip(), "a picture has no text")
        return ""

    def _environment(self, node: Node, mode: Mode) -> str:
        """Write an environment that stands inside a line: cells and items one after another, examples after it."""
        name = node.text.rstrip("*")
        if name in commands.MATH:
            return f" {self.math(node.children)} "
        if name in commands.DRAWINGS:
            self.book.omit(node.line, f"drawing {name}", "a drawing has no running text")
            return ""
        if name in ASIDES:
            self.book.asides.append(node)
            return ""
        walk = Walk(node.children)
        if name in commands.TABLES:
            walk.pass_by("omm" if name in ("tabularx", "tabulary") else "om")
        rest = [other for other in walk.rest() if not (other.kind == "cmd" and other.text in ("=", ">"))]
        text = self.text(rest, "plain" if mode == "prose" and name in commands.TABLES else mode)
        return f" {text} "


ASIDES = frozenset("exe xlist expex linguex gl table figure longtable".split())


_Handler = Callable[[Inline, Walk, str, Mode], str]
_SWITCHES = commands.ITALIC_SWITCH | commands.BOLD_SWITCH | commands.SMALL_CAPS_SWITCH | commands.ROMAN_SWITCH


def _handlers() -> dict[str, _Handler]:
    table: dict[str, _Handler] = {}
    one = Inline  # the methods are private to this module
    for names, handler in (
        (commands.DROPPED, one._dropped),
        (commands.KEPT_AFTER, one._kept_after),
        (ACCENTS, one._accent),
        (commands.DRAWING_COMMANDS, one._drawing),
        (commands.ITALIC, one._italic),
        (commands.BOLD, one._bold),
        (commands.SMALL_CAPS, one._small_caps),
        (_SWITCHES, one._switch),
        (commands.REFERENCES, one._reference),
        (commands.CITATIONS, one._citation),
        (commands.FOOTNOTES, one._footnote),
        (("textsuperscript", "textsuper"), one._super),
        (("textsubscript", "textsub"), one._sub),
        (("multicolumn",), one._multicolumn),
        (("label",), one._label),
        (("newline",), one._newline),
        (("xxref", "crefrange", "Crefrange"), one._range),
        (("textipa",), one._tipa),
    ):
        table.update(dict.fromkeys(names, handler))
    return table


_HANDLERS = _handlers()
