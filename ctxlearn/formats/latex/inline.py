"""Inline text: the words of a paragraph, a heading, a table cell or a gloss, with their LaTeX resolved.

There are three modes. `prose` marks emphasis (`*italic*`, `**bold**`) and keeps footnotes in brackets; `plain`
(headings, translations) marks nothing; `words` (lines of interlinear text) besides leaves out subscripts, which label
brackets there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from ctxlearn.data import clean
from ctxlearn.formats.latex import commands
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.commands import names
from ctxlearn.formats.latex.formulas import formula
from ctxlearn.formats.latex.references import mark, upper
from ctxlearn.formats.latex.symbols import ACCENTS, SYMBOLS, TIPA, accented, subscript, superscript
from ctxlearn.formats.latex.tokens import Node
from ctxlearn.formats.latex.walk import Walk, name_of, raw

Mode = Literal["prose", "plain", "words"]

_TYPOGRAPHIC = re.compile(r"---?|``|''|`|'(?!\w)")
_CHARACTERS = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "'": "’"}
_PADDED = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)


def typographic(text: str) -> str:
    r"""Return `text` with LaTeX's dashes and quotes as characters; an apostrophe before a letter stays as it is.

    >>> print(typographic("``it's'' -- `so'"))
    “it's” – ‘so’
    """
    return _TYPOGRAPHIC.sub(lambda match: _CHARACTERS[match.group()], text)


def marked(text: str, mark_with: str) -> str:
    """Return `text` between emphasis marks, its outer blanks outside; as it is when it already begins with one."""
    match = _PADDED.fullmatch(text)
    if not match or not match[2] or match[2].startswith("*"):
        return text
    return f"{match[1]}{mark_with}{match[2]}{mark_with}{match[3]}"


class Call(NamedTuple):
    """A command where it stands: its arguments are next on the walk."""

    walk: Walk
    name: str
    mode: Mode


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
            return handler(self, Call(walk, name.rstrip("*"), mode))
        if name in SYMBOLS:
            return SYMBOLS[name]
        if name.rstrip("*") not in commands.SILENT:
            self.book.unknown[name] += 1
        walk.option()
        return ""

    # Fonts.

    def _italic(self, call: Call) -> str:
        text = self.text(call.walk.argument(), call.mode)
        return marked(text, "*") if call.mode == "prose" else text

    def _bold(self, call: Call) -> str:
        text = self.text(call.walk.argument(), call.mode)
        return marked(text, "**") if call.mode == "prose" else text

    def _small_caps(self, call: Call) -> str:
        return upper(self.text(call.walk.argument(), call.mode))

    def _tipa(self, call: Call) -> str:
        return self.text(call.walk.argument(), call.mode).translate(TIPA)

    def _switch(self, call: Call) -> str:
        """Set what is left of this group, up to the next change of font, in another font."""
        start = call.walk.at
        while (node := call.walk.take()) is not None:
            if node.kind in ("par", "env") or (node.kind == "cmd" and node.text in _SWITCHES):
                call.walk.at -= 1
                break
        text = self.text(call.walk.nodes[start : call.walk.at], call.mode)
        if call.name in commands.SMALL_CAPS_SWITCH:
            return upper(text)
        if call.mode != "prose" or call.name in commands.ROMAN_SWITCH:
            return text
        return marked(text, "**" if call.name in commands.BOLD_SWITCH else "*")

    def _accent(self, call: Call) -> str:
        return accented(call.name, self.text(call.walk.argument(), call.mode))

    def _super(self, call: Call) -> str:
        return superscript(self.text(call.walk.argument(), call.mode).strip())

    def _sub(self, call: Call) -> str:
        text = self.text(call.walk.argument(), call.mode).strip()
        if call.mode == "words" and text:
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
        """Return mathematics as Unicode."""
        plain: Mode = "plain" if mode == "prose" else mode
        return formula(nodes, lambda walk, node: self._command(walk, node, plain))

    # References and citations.

    def _reference(self, call: Call) -> str:
        call.walk.option()
        return mark(commands.REFERENCES[call.name], name_of(call.walk.argument()))

    def _range(self, call: Call) -> str:
        first, last = name_of(call.walk.argument()), name_of(call.walk.argument())
        return f"({mark('number', first)}–{mark('number', last)})"

    def label(self, walk: Walk) -> None:
        """Take up a label, its name next on the walk."""
        self.book.label(name_of(walk.argument()))

    def _label(self, call: Call) -> str:
        self.label(call.walk)
        return ""

    def _citation(self, call: Call) -> str:
        style = commands.CITATIONS[call.name]
        shown: list[str] = []
        while True:
            options = [option for option in (call.walk.option(), call.walk.option()) if option is not None]
            keys = call.walk.group()
            if keys is None:
                break
            notes = [self.line(option, "plain") for option in options]
            before = notes[0] if len(notes) == 2 else ""
            shown.append(self.book.bibliography.cite(style, name_of(keys), before, notes[-1] if notes else ""))
            if not call.name.endswith("s"):
                break
        if style == "paren" and len(shown) > 1:
            return "(" + "; ".join(text[1:-1] for text in shown) + ")"
        return "; ".join(shown)

    # The rest.

    def _footnote(self, call: Call) -> str:
        call.walk.option()
        text = self.line(call.walk.argument(), "prose")
        self.book.counts["footnotes"] += 1
        if call.mode == "prose":
            return f" [fn: {text}]" if text else ""
        self.book.notes.append(text)
        return ""

    def _dropped(self, call: Call) -> str:
        call.walk.pass_by(commands.DROPPED[call.name])
        return ""

    def _kept_after(self, call: Call) -> str:
        call.walk.pass_by(commands.KEPT_AFTER[call.name])
        return ""

    def _newline(self, call: Call) -> str:
        return "\n" if call.mode == "prose" else " "

    def _multicolumn(self, call: Call) -> str:
        call.walk.pass_by("mm")
        return self.text(call.walk.argument(), call.mode)

    def _drawing(self, call: Call) -> str:
        node = call.walk.nodes[call.walk.at - 1]
        call.walk.option()
        what = raw(call.walk.argument())
        self.book.omit(node.line, f"drawing \\{call.name} {what[:60]}".rstrip(), "a picture has no text")
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


ASIDES = names("exe xlist expex linguex gl table figure longtable")


_Handler = Callable[[Inline, Call], str]
_SWITCHES = commands.ITALIC_SWITCH | commands.BOLD_SWITCH | commands.SMALL_CAPS_SWITCH | commands.ROMAN_SWITCH


def _handlers() -> dict[str, _Handler]:
    table: dict[str, _Handler] = {}
    one = Inline  # the methods are private to this module
    for known, handler in (
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
        table.update(dict.fromkeys(known, handler))
    return table


_HANDLERS = _handlers()
