r"""Tokens: LaTeX source cut into commands, braces, text and breaks; comments and what is switched off are gone.

    token ::= text | cmd | open | close | math | cell | break | par | param

`text` is a run of characters (`[` and `]` stand alone, a tie is a no-break space), `cmd` a command without its
backslash (with its star), `open`/`close` are braces, `math` is `$`, `cell` is `&`, `break` is `\\`, `par` a blank line,
`param` the number after `#`. Later stages add `group` and `env` nodes, which have children; tokens are those without.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Node(NamedTuple):
    """A token, or (with children) a group or environment; `line` counts over all files of the book (see sources)."""

    kind: str
    text: str
    line: int
    children: tuple[Node, ...] = ()


TIE = "\xa0"
# Private characters that mark references until they are resolved; none may come from the source itself.
_PRIVATE = re.compile("[\ue000-\ue00f]")

_TOKEN = re.compile(
    r"(?P<text>[^\\{}%$&~#\[\]\n]+)"
    r"|(?P<verb>\\verb\*?([^A-Za-z\s*])([^\n]*?)\3)"
    r"|\\(?P<cmd>[A-Za-z]+(?:@[A-Za-z@]*)?(?:\*(?=[\[{\\]))?)(?P<after>[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?)"
    r"|(?P<break>\\\\(?:\*(?!\*))?(?:\[-?[\d.]+ ?(?:pt|ex|em|cm|mm|in|\\[a-z]+)\])?)"
    r"|(?P<open>\{)|(?P<close>\})"
    r"|(?P<bracket>[\[\]])"
    r"|(?P<par>\n(?:[ \t]*\n)+[ \t]*)"
    r"|(?P<newline>\n[ \t]*)"
    r"|(?P<comment>%[^\n]*(?:\n[ \t]*)?)"
    r"|(?P<math>\$\$?)|(?P<cell>&)|(?P<tie>~)"
    r"|\#(?P<param>[1-9])"
    r"|(?P<symbol>\\[^A-Za-z])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_RAW = re.compile(r"\{(verbatim\*?|lstlisting|comment|filecontents\*?)\}")
_FI = re.compile(r"\\fi(?![A-Za-z])")
_SIMPLE = frozenset(("open", "close", "math", "cell", "break", "param"))


def tokenize(text: str, first_line: int = 1) -> list[Node]:
    r"""Return the tokens of `text`, whose first line has the number `first_line`.

    >>> [token.text for token in tokenize("\\gll a~b % two\n{c}")]
    ['gll', 'a\xa0b ', '{', 'c', '}']
    """
    text = _PRIVATE.sub("\ufffd", text)
    tokens: list[Node] = []
    add = tokens.append
    line, at, end = first_line, 0, len(text)
    match_at = _TOKEN.match
    endless: set[str] = set()
    while at < end:
        match = match_at(text, at)
        if match is None:  # a lone backslash at the very end
            break
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "text":
            add(Node("text", match.group(), line))
        elif kind == "after":
            name = match.group("cmd")
            add(Node("cmd", name, line))
            line += match.group("after").count("\n")
            if name in ("begin", "iffalse"):
                skipped, shown = _raw(text, name, at, endless)
                if skipped > at:
                    tokens.pop()
                    if shown:
                        add(Node("text", shown, line))
                    line += text.count("\n", at, skipped)
                    at = skipped
        elif kind in _SIMPLE:
            add(Node(kind, match.group(kind), line))
        else:
            _rare(kind, match, line, text, tokens)
            line += match.group().count("\n")
    return _joined(tokens)


def _rare(kind: str, match: re.Match[str], line: int, text: str, tokens: list[Node]) -> None:
    if kind == "par" or (kind == "comment" and text[match.end() : match.end() + 1] == "\n"):
        tokens.append(Node("par", "", line))
    elif kind == "newline":
        tokens.append(Node("text", " ", line))
    elif kind == "tie":
        tokens.append(Node("text", TIE, line))
    elif kind == "symbol":
        symbol = match.group()[1]
        tokens.append(Node("text", " ", line) if symbol.isspace() else Node("cmd", symbol, line))
    elif kind == "verb":
        tokens.append(Node("text", match.group(4), line))
    elif kind in ("bracket", "other"):
        tokens.append(Node("text", match.group(), line))


def _joined(tokens: list[Node]) -> list[Node]:
    """Put a tie together with the text around it, so that later stages see one run."""
    result: list[Node] = []
    for token in tokens:
        last = result[-1] if result else None
        if last and token.kind == last.kind == "text" and _tied(last.text, token.text):
            result[-1] = Node("text", last.text + token.text, last.line)
        else:
            result.append(token)
    return result


def _tied(before: str, after: str) -> bool:
    return (after == TIE or before.endswith(TIE)) and before not in ("[", "]") and after not in ("[", "]")


def _raw(text: str, name: str, at: int, endless: set[str]) -> tuple[int, str]:
    r"""Return where something read raw (`verbatim`, `comment`, `\iffalse`) ends, and the text that stays of it."""
    if name == "iffalse":
        found = None if name in endless else _FI.search(text, at)
        if not found:
            endless.add(name)
        return (found.end(), "") if found else (at, "")
    match = _RAW.match(text, at)
    if not match or match[1] in endless:
        return at, ""
    closing = f"\\end{{{match[1]}}}"
    stop = text.find(closing, match.end())
    if stop < 0:
        endless.add(match[1])
        return at, ""
    keep = "" if match[1].startswith(("comment", "filecontents")) else text[match.end() : stop]
    return stop + len(closing), keep
