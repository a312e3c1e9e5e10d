"""Macros: the book's own definitions are read and expanded, as far as they are plain LaTeX.

    definition ::= (\\newcommand | \\renewcommand | ...) [*] name [ "[" n "]" [ "[" default "]" ] ] body
                 | \\def name #1#2... body | \\let name [=] name | \\newenvironment name ["[" n "]"] begin end
                 | \\NewDocumentCommand name spec body | \\newfontfamily name ...

A body that programs TeX (`\\expandafter`, `\\if...`) cannot be followed: such a macro keeps its arguments as text. A macro
that calls itself, or a book whose macros make it many times longer, is stopped by a depth and a budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctxlearn.formats.latex.balance import HEADINGS
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
_FONTS = ("newfontfamily", "newfontface")
# What the converter itself understands better than a redefinition made for the printed page.
_KEPT = frozenset(
    (
        *HEADINGS,
        *"begin end label ref pageref footnote caption ex ea z eal zl exi gll glll glt trans item jambox citet citep cite "
        "parencite textcite citealt citealp citeauthor citeyear Cref cref autoref sectref tabref figref REF xref textit "
        "textbf textsc emph is il ia isi ili par input include newcommand renewcommand def".split(),
    )
)
_PROGRAMMING = frozenset(
    "expandafter csname ifx ifnum ifdim ifcase ifstrempty ifthenelse futurelet catcode let def edef gdef xdef newcommand "
    "renewcommand noexpand makeatletter unexpanded romannumeral @ifnextchar @ifstar loop else fi".split()
)


@dataclass(frozen=True, slots=True)
class Macro:
    """What a command stands for: `arity` arguments, of which the first has a default when `default` is given."""

    arity: int
    body: tuple[Node, ...]
    default: tuple[Node, ...] | None = None


@dataclass(slots=True)
class _Frame:
    tokens: list[Node] | tuple[Node, ...]
    depth: int
    at: int = 0


@dataclass(slots=True)
class Macros:
    """The book's macros so far. `notes` are what could not be followed, with how often."""

    macros: dict[str, Macro] = field(default_factory=dict)
    endings: dict[str, Macro] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    _frames: list[_Frame] = field(default_factory=list)
    _budget: int = 0

    def expand(self, tokens: list[Node]) -> list[Node]:
        """Return `tokens` without definitions and with the macros known so far replaced by what they stand for."""
        self._frames = [_Frame(tokens, 0)]
        self._budget = 4 * len(tokens) + 200_000
        result: list[Node] = []
        while self._frames:
            frame = self._frames[-1]
            if frame.at >= len(frame.tokens):
                self._frames.pop()
                continue
            token = frame.tokens[frame.at]
            frame.at += 1
            if token.kind != "cmd" or not self._replace(token, frame.depth):
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
        elif name in ("def", "gdef", "edef", "xdef"):
            self._define_plain()
        elif name == "let":
            self._define_alias()
        elif name in _FONTS:
            self._set(self._name(), Macro(0, ()))
            self._option(), self._argument()
        elif name in ("newenvironment", "renewenvironment"):
            self._define_environment()
        else:
            return False
        return True

    def _call(self, name: str, macro: Macro, token: Node, depth: int) -> bool:
        if depth >= MAX_DEPTH or self._budget <= 0:
            self._note(f"macro \\{name} was not expanded any further (it calls itself, or grows too long)")
            return True
        arguments: list[list[Node]] = []
        for number in range(macro.arity):
            if number == 0 and macro.default is not None:
                option = self._option()
                arguments.append(list(macro.default) if option is None else option)
            else:
                arguments.append(self._argument())
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
        self._frames.append(_Frame(filled, depth + 1))

    def _environment(self, which: str, token: Node, depth: int) -> bool:
        frame = self._frames[-1]
        ahead = frame.tokens[frame.at : frame.at + 3]
        if [node.kind for node in ahead] != ["open", "text", "close"]:
            return False
        table = self.macros if which == "begin" else self.endings
        key = f"{which} {ahead[1].text}" if which == "begin" else ahead[1].text
        if key not in table:
            return False
        frame.at += 3
        return self._call(key, table[key], token, depth)

    # Definitions.

    def _define(self, override: bool) -> None:
        name = self._name()
        arity = self._number()
        default = self._option() if arity else None
        self._set(name, Macro(arity, tuple(self._argument()), None if default is None else tuple(default)), override)

    def _define_document(self, override: bool) -> None:
        name = self._name()
        spec = "".join(node.text for node in self._argument()).replace(" ", "").replace("+", "")
        body = tuple(self._argument())
        optional = spec[:1] in ("o", "O")
        if spec.lstrip("oO{}").strip("m") or len(spec) > 12:
            self._note(f"macro \\{name} has an argument list that cannot be followed: {spec}")
            return
        self._set(name, Macro(spec.count("m") + optional, body, () if optional else None), override)

    def _define_plain(self) -> None:
        name = self._name()
        arity = 0
        while (token := self._next()) is not None and token.kind != "open":
            if token.kind == "par":
                return
            arity += token.kind == "param"
            if token.kind != "param" and token.text.strip():
                self._note(f"macro \\{name} has delimited arguments, which cannot be followed")
                self._argument()
                return
        if token is not None:
            self._frames[-1].at -= 1
        self._set(name, Macro(arity, tuple(self._argument())))

    def _define_alias(self) -> None:
        name = self._name()
        token = self._next()
        if token is not None and token.text.strip() in ("=", ""):
            token = self._next()
        if token is not None and token.kind == "cmd" and token.text != name:
            self._set(name, self.macros.get(token.text) or Macro(0, (token,)))

    def _define_environment(self) -> None:
        name = "".join(node.text for node in self._argument())
        arity = self._number()
        default = self._option() if arity else None
        opening, closing = tuple(self._argument()), tuple(self._argument())
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

    # Reading on from where the expansion stands.

    def _next(self) -> Node | None:
        while self._frames:
            frame = self._frames[-1]
            if frame.at < len(frame.tokens):
                frame.at += 1
                return frame.tokens[frame.at - 1]
            if len(self._frames) == 1:
                return None
            self._frames.pop()
        return None

    def _peek(self) -> Node | None:
        token = self._next()
        if token is not None:
            self._frames[-1].at -= 1
        return token

    def _skip_blanks(self) -> None:
        while (token := self._peek()) is not None and token.kind == "text" and not token.text.strip():
            self._next()

    def _name(self) -> str:
        self._skip_blanks()
        token = self._peek()
        nodes = self._argument() if token is not None and token.kind in ("open", "cmd") else []
        return nodes[0].text.rstrip("*") if nodes and nodes[0].kind == "cmd" else ""

    def _number(self) -> int:
        text = "".join(node.text for node in self._option() or []).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0

    def _argument(self) -> list[Node]:
        """Return the tokens of the next group, without its braces, or the next single token or character."""
        self._skip_blanks()
        token = self._peek()
        if token is None or token.kind in ("close", "par", "cell", "break"):
            return []
        self._next()
        if token.kind == "open":
            return self._to_close()
        text = token.text.lstrip(" ")
        if token.kind == "text" and len(text) > 1:
            self._frames.append(_Frame((Node("text", text[1:], token.line),), self._frames[-1].depth))
            return [Node("text", text[0], token.line)]
        return [token]

    def _to_close(self) -> list[Node]:
        result: list[Node] = []
        depth = 1
        while (token := self._next()) is not None:
            depth += (token.kind == "open") - (token.kind == "close")
            if not depth:
                break
            result.append(token)
        self._budget -= len(result) // 4
        return result

    def _option(self) -> list[Node] | None:
        """Return what stands in square brackets next, or None; a bracket that is not closed soon is no option."""
        token = self._peek()
        if token is None or token.text != "[" or token.kind != "text":
            return None
        frame = self._frames[-1]
        depth = 0
        for at in range(frame.at + 1, min(frame.at + 400, len(frame.tokens))):
            node = frame.tokens[at]
            depth += (node.kind == "open") - (node.kind == "close")
            if depth < 0 or node.kind == "par":
                break
            if not depth and node.kind == "text" and node.text == "]":
                result = list(frame.tokens[frame.at + 1 : at])
                frame.at = at + 1
                return result
        return None
