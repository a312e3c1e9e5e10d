r"""Macros: the book's own definitions are read and expanded, as far as they are plain LaTeX.

    definition ::= (\newcommand | \renewcommand | ...) [*] name [ "[" n "]" [ "[" default "]" ] ] body
                 | \def name #1#2... body | \let name [=] name | \newenvironment name ["[" n "]"] begin end
                 | \NewDocumentCommand name spec body | \newfontfamily name ...

A body that programs TeX (`\expandafter`, `\if...`) cannot be followed: such a macro keeps its arguments as text. A
macro that calls itself, or a book whose macros make it many times longer, is stopped by a depth and a budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctxlearn.formats.latex.balance import HEADINGS
from ctxlearn.formats.latex.commands import names
from ctxlearn.formats.latex.stream import Stream
from ctxlearn.formats.latex.tokens import Node

MAX_DEPTH = 60
_DEFINERS = {
    "newcommand": True,
    "renewcommand": True,
    "providecommand": False,
    "DeclareRobustCommand": True,
    "newrobustcmd": True,
    "renewrobustcmd": True,
}
_DOCUMENT = {
    "NewDocumentCommand": True,
    "RenewDocumentCommand": True,
    "DeclareDocumentCommand": True,
    "ProvideDocumentCommand": False,
}
# What the converter itself understands better than a redefinition made for the printed page.
_KEPT = frozenset(HEADINGS) | names(
    """begin end label ref pageref footnote caption ex ea z eal zl exi gll glll glt trans item jambox citet
    citep cite parencite textcite citealt citealp citeauthor citeyear Cref cref autoref sectref tabref figref
    REF xref textit textbf textsc emph is il ia isi ili par input include newcommand renewcommand def"""
)
_PROGRAMMING = names(
    """expandafter csname ifx ifnum ifdim ifcase ifstrempty ifthenelse futurelet catcode let def edef gdef xdef
    newcommand renewcommand noexpand makeatletter unexpanded romannumeral @ifnextchar @ifstar loop else fi"""
)


@dataclass(frozen=True, slots=True)
class Macro:
    """What a command stands for: `arity` arguments, of which the first has a default when `default` is given."""

    arity: int
    body: tuple[Node, ...]
    default: tuple[Node, ...] | None = None


@dataclass(slots=True)
class Macros:
    """The book's macros so far. `notes` are what could not be followed, with how often."""

    macros: dict[str, Macro] = field(default_factory=dict)
    endings: dict[str, Macro] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    _stream: Stream = field(default_factory=lambda: Stream(()))
    _budget: int = 0

    def expand(self, tokens: list[Node]) -> list[Node]:
        """Return `tokens` without definitions and with the macros known so far replaced by what they stand for."""
        self._stream = Stream(tokens)
        self._budget = 4 * len(tokens) + 200_000
        result: list[Node] = []
        read = self._stream.next
        while (token := read()) is not None:
            if token.kind != "cmd" or not self._replace(token, self._stream.depth):
                result.append(token)
        return result

    def _replace(self, token: Node, depth: int) -> bool:
        """Put in place of a command what it stands for; False when it stands for itself."""
        name = token.text.rstrip("*")
        if name in self.macros:
            return self._call(name, self.macros[name], token, depth)
        if name in ("begin", "end"):
            return self._environment(name, token, depth)
        if name in _DEFINERS:
            self._define(_DEFINERS[name])
        elif name in _DOCUMENT:
            self._define_document(_DOCUMENT[name])
        elif name in _PLAIN:
            _PLAIN[name](self)
        else:
            return False
        return True

    def _call(self, name: str, macro: Macro, token: Node, depth: int) -> bool:
        if depth >= MAX_DEPTH:
            self._note(f"macro \\{name} calls itself and was left out from there on")
            self.macros[name] = Macro(0, ())
            return True
        if self._budget <= self._stream.taken // 4:
            self._note("macros that make the text many times longer were not expanded any further")
            return True
        arguments: list[list[Node]] = []
        for number in range(macro.arity):
            if number == 0 and macro.default is not None:
                option = self._stream.option()
                arguments.append(list(macro.default) if option is None else option)
            else:
                arguments.append(self._stream.argument())
        self._push(macro.body, arguments, token.line, depth)
        return True

    def _push(self, body: tuple[Node, ...], arguments: list[list[Node]], line: int, depth: int) -> None:
        filled: list[Node] = []
        for node in body:
            if node.kind != "param":
                filled.append(Node(node.kind, node.text, line))
            elif int(node.text) <= len(arguments):
                filled.extend(arguments[int(node.text) - 1])
        self._budget -= len(filled) + 1
        self._stream.push(filled, depth + 1)

    def _environment(self, which: str, token: Node, depth: int) -> bool:
        ahead = self._stream.ahead(3)
        if [node.kind for node in ahead] != ["open", "text", "close"]:
            return False
        table = self.macros if which == "begin" else self.endings
        key = f"{which} {ahead[1].text}" if which == "begin" else ahead[1].text
        if key not in table:
            return False
        self._stream.argument()
        return self._call(key, table[key], token, depth)

    # Definitions.

    def _define(self, override: bool) -> None:
        name = self._stream.name()
        arity = self._stream.number()
        default = self._stream.option() if arity else None
        self._set(
            name, Macro(arity, tuple(self._stream.argument()), None if default is None else tuple(default)), override
        )

    def _define_document(self, override: bool) -> None:
        name = self._stream.name()
        spec = "".join(node.text for node in self._stream.argument()).replace(" ", "").replace("+", "")
        body = tuple(self._stream.argument())
        optional = spec[:1] in ("o", "O")
        if spec.lstrip("oO{}").strip("m") or len(spec) > 12:
            self._note(f"macro \\{name} has an argument list that cannot be followed: {spec}")
            return
        self._set(name, Macro(spec.count("m") + optional, body, () if optional else None), override)

    def _define_plain(self) -> None:
        name = self._stream.name()
        arity = 0
        while (token := self._stream.next()) is not None and token.kind != "open":
            if token.kind == "par":
                return
            arity += token.kind == "param"
            if token.kind != "param" and token.text.strip():
                self._note(f"macro \\{name} has delimited arguments, which cannot be followed")
                self._stream.argument()
                return
        if token is not None:
            self._stream.back()
        self._set(name, Macro(arity, tuple(self._stream.argument())))

    def _define_alias(self) -> None:
        name = self._stream.name()
        token = self._stream.next()
        if token is not None and token.text.strip() in ("=", ""):
            token = self._stream.next()
        if token is not None and token.kind == "cmd" and token.text != name:
            self._set(name, self.macros.get(token.text) or Macro(0, (token,)))

    def _define_font(self) -> None:
        self._set(self._stream.name(), Macro(0, ()))
        self._stream.option()
        self._stream.argument()

    def _define_environment(self) -> None:
        name = "".join(node.text for node in self._stream.argument())
        arity = self._stream.number()
        default = self._stream.option() if arity else None
        opening, closing = tuple(self._stream.argument()), tuple(self._stream.argument())
        self._set(f"begin {name}", Macro(arity, opening, None if default is None else tuple(default)))
        if f"begin {name}" in self.macros:
            self.endings[name] = Macro(0, closing)

    def _set(self, name: str, macro: Macro, override: bool = True) -> None:
        if not name or name in _KEPT or (not override and name in self.macros):
            return
        if any(node.kind == "cmd" and node.text in _PROGRAMMING for node in macro.body):
            self._note(f"macro \\{name} programs TeX; its arguments are kept as text")
            body = tuple(Node("param", str(number + 1), 0) for number in range(macro.arity))
            macro = Macro(macro.arity, body, macro.default)
        self.macros[name] = macro

    def _note(self, note: str) -> None:
        self.notes[note] = self.notes.get(note, 0) + 1


_PLAIN = {
    **dict.fromkeys(("def", "gdef", "edef", "xdef"), Macros._define_plain),
    **dict.fromkeys(("newfontfamily", "newfontface"), Macros._define_font),
    **dict.fromkeys(("newenvironment", "renewenvironment"), Macros._define_environment),
    "let": Macros._define_alias,
}
