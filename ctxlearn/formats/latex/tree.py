r"""The tree: tokens put into groups and environments, with the short forms of examples made into environments.

    node ::= token | group | env
    group ::= "{" node* "}"        (text "block" when something of its own lines stands in it)
    env   ::= \begin{name} node* \end{name} | \ea node* \z | \eal node* \zl | \ex. node* par | \ex node* \xe
            | \begingl node* \endgl

An `\end` closes what was left open inside its environment; one without a `\begin` is dropped; a heading closes all.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctxlearn.formats.latex.balance import HEADINGS, environment
from ctxlearn.formats.latex.commands import names
from ctxlearn.formats.latex.tokens import Node

MAX_DEPTH = 40  # deeper groups are opened out: the later stages recurse
EXAMPLES = names("exe xlist xlista xlisti xlistn xlistA xlistI subexamples covexamples")
TRANSPARENT = names("document sloppypar landscape multicols refsection otherlanguage")
_BLOCKY = frozenset((*HEADINGS, "ex", "exi", "gll", "glll", "gllll", "glt", "trans", "item", "caption"))
_LINGUEX = frozenset(("ex", "exg", "exi", "exig", "exa", "exga"))


@dataclass(slots=True)
class _Open:
    kind: str
    name: str
    line: int
    children: list[Node] = field(default_factory=list)
    block: bool = False


@dataclass(slots=True)
class _Builder:
    tokens: list[Node]
    expex: bool
    stack: list[_Open] = field(default_factory=lambda: [_Open("root", "", 0)])
    faults: list[tuple[int, str]] = field(default_factory=list)
    flattened: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def open(self, kind: str, name: str, line: int) -> None:
        if len(self.stack) >= MAX_DEPTH:
            if not self.flattened:
                self.faults.append((line, f"groups nested deeper than {MAX_DEPTH}"))
            self.flattened += kind == "group"
            return
        self.stack.append(_Open(kind, name, line))
        self.names[name] = self.names.get(name, 0) + 1

    def shut(self) -> None:
        top = self.stack.pop()
        self.names[top.name] -= 1
        self.flattened = 0
        text = top.name if top.kind == "env" else "block" if top.block else ""
        self.add(Node(top.kind, text, top.line, tuple(top.children)), top.block or top.kind == "env")

    def add(self, node: Node, block: bool = False) -> None:
        top = self.stack[-1]
        top.children.append(node)
        if block:
            top.block = True

    def close_to(self, names: tuple[str, ...], line: int) -> None:
        """Close the innermost environment of one of `names`, and what is open inside; without any, say so."""
        if not any(self.names.get(name) for name in names):
            if names[0] not in TRANSPARENT:
                self.faults.append((line, f"\\end{{{names[0]}}} without its \\begin"))
            return
        while self.stack[-1].name not in names:
            top = self.stack[-1]
            if top.kind == "env":
                self.faults.append((top.line, f"\\begin{{{top.name}}} is not closed"))
            self.shut()
        self.shut()

    def close_all(self) -> None:
        while len(self.stack) > 1:
            top = self.stack[-1]
            if top.kind == "env" and top.name != "linguex":
                self.faults.append((top.line, f"\\begin{{{top.name}}} is not closed"))
            self.shut()

    def in_example(self) -> bool:
        return any(self.names.get(name) for name in ("exe", "xlist", "expex", "linguex"))


def build(tokens: list[Node]) -> tuple[tuple[Node, ...], list[tuple[int, str]]]:
    """Return the nodes that balanced, expanded `tokens` make, and the faults as (line, what)."""
    expex = any(token.kind == "cmd" and token.text == "xe" for token in tokens)
    builder = _Builder(tokens, expex)
    at, end = 0, len(tokens)
    while at < end:
        at += _step(builder, tokens[at], at)
    builder.close_all()
    return tuple(builder.stack[0].children), builder.faults


def _step(builder: _Builder, token: Node, at: int) -> int:
    """Take the token at `at` into the tree and return how many tokens that used up."""
    kind = token.kind
    if kind == "open":
        builder.open("group", "{", token.line)
    elif kind == "close":
        if builder.flattened:
            builder.flattened -= 1
        elif builder.stack[-1].kind == "group":
            builder.shut()
    elif kind == "cmd":
        return _command(builder, token, at)
    elif kind == "par":
        if builder.names.get("linguex"):
            builder.close_to(("linguex",), token.line)
        builder.add(token, True)
    else:
        builder.add(token)
    return 1


def _command(builder: _Builder, token: Node, at: int) -> int:
    name = token.text
    if name in ("begin", "end"):
        which = environment(builder.tokens, at)
        if not which:
            return 1
        if which.rstrip("*") in TRANSPARENT:
            return 4
        if name == "begin":
            builder.open("env", which, token.line)
        else:
            builder.close_to((which,), token.line)
        return 4
    if name.rstrip("*") in HEADINGS:
        builder.close_all()
    elif _shorthand(builder, token, at):
        return 1
    builder.add(token, name.rstrip("*") in _BLOCKY)
    return 1


def _shorthand(builder: _Builder, token: Node, at: int) -> bool:
    """Whether the command opens or closes an example environment under another name; it is done then."""
    name, line = token.text, token.line
    if name in ("ea", "eal"):
        builder.open("env", "xlist" if builder.in_example() else "exe", line)
        builder.add(Node("cmd", "ex", line), True)
        if name == "eal":
            builder.open("env", "xlist", line)
    elif name in ("z", "zl", "zlast"):
        if name == "zl":
            builder.close_to(("xlist",), line)
        builder.close_to(("exe", "xlist") if name != "zlast" else ("exe",), line)
    elif name == "begingl":
        builder.open("env", "gl", line)
    elif name == "endgl":
        builder.close_to(("gl",), line)
    elif name == "xe":
        builder.close_to(("expex",), line)
    elif name in ("ex", "pex", *_LINGUEX) and not builder.in_example():
        dotted = builder.tokens[at + 1 : at + 2]
        if name in _LINGUEX and dotted and dotted[0].kind == "text" and dotted[0].text.startswith("."):
            builder.open("env", "linguex", line)
        elif builder.expex and name in ("ex", "pex"):
            builder.open("env", "expex", line)
        builder.add(token, True)
    else:
        return False
    return True
