r"""Balance: braces repaired on the spot, so that every later stage may count on pairs.

A brace left open is closed at the next boundary (blank line, heading, `\begin`, `\end`, `\ex`, `\item`); a closing
brace without its partner is dropped. Which is which is decided within the innermost environment: an `\end` or a heading
ends every brace opened since its `\begin`.
"""

from __future__ import annotations

from ctxlearn.formats.latex.commands import BOLD, CITATIONS, ITALIC, REFERENCES, SMALL_CAPS
from ctxlearn.formats.latex.tokens import Node

HEADINGS = {
    "chapter": 0,
    "addchap": 0,
    "section": 1,
    "addsec": 1,
    "subsection": 2,
    "subsubsection": 3,
    "subsubsubsection": 4,
    "paragraph": 4,
    "subparagraph": 5,
}
_OPENERS = frozenset(("ea", "eal"))
_BOUNDARIES = frozenset((*HEADINGS, *(f"{name}*" for name in HEADINGS), "begin", "end", "ex", "item", *_OPENERS, "z"))
# Commands whose argument TeX ends at a blank line at the latest.
_SHORT = ITALIC | BOLD | SMALL_CAPS | frozenset((*REFERENCES, *CITATIONS, "label", "href", "textcolor"))
_HEADINGS = frozenset((*HEADINGS, *(f"{name}*" for name in HEADINGS)))


def environment(tokens: list[Node], i: int) -> str:
    r"""Return the name after the `\begin` or `\end` at `i`, or `` when there is none."""
    ahead = tokens[i + 1 : i + 4]
    return ahead[1].text.strip() if [token.kind for token in ahead] == ["open", "text", "close"] else ""


def balance(tokens: list[Node], definitions: bool = False) -> tuple[list[Node], list[tuple[int, str]]]:
    """Return the tokens with every brace paired, and the faults as (line, what).

    In a file of `definitions` only braces count: there a macro may open an environment that another one closes.
    """
    unclosed, stray = _unpaired(tokens, definitions)
    if not unclosed and not stray:
        return tokens, []
    faults = [(tokens[i].line, "a brace is opened and not closed") for i in unclosed]
    faults += [(tokens[i].line, "a brace is closed that was not opened") for i in stray]
    return _repaired(tokens, unclosed, stray), sorted(faults)


def _unpaired(tokens: list[Node], definitions: bool) -> tuple[set[int], set[int]]:
    unclosed: set[int] = set()
    stray: set[int] = set()
    stack: list[tuple[str, int]] = []  # ("", index) for a brace, (name, index) for an environment
    counts: dict[str, int] = {}

    def pop_to(name: str) -> None:
        while stack:
            top, index = stack.pop()
            if not top:
                unclosed.add(index)
                continue
            counts[top] -= 1
            if top == name:
                return

    def push(name: str, i: int) -> None:
        stack.append((name, i))
        counts[name] = counts.get(name, 0) + 1

    for i, token in enumerate(tokens):
        kind = token.kind
        if kind == "open":
            stack.append(("", i))
        elif kind == "close":
            if stack and not stack[-1][0]:
                stack.pop()
            else:
                stray.add(i)
        elif kind == "par":
            while stack and not stack[-1][0] and tokens[stack[-1][1] - 1].text in _SHORT and stack[-1][1]:
                unclosed.add(stack.pop()[1])
        elif kind == "cmd" and token.text in _BOUNDARIES and not definitions:
            name = environment(tokens, i) if token.text in ("begin", "end") else "ea"
            if token.text in _OPENERS or (token.text == "begin" and name):
                push(name, i)
            elif token.text in ("end", "z") and counts.get(name, 0):
                pop_to(name)
            elif token.text in _HEADINGS:
                pop_to("")
    unclosed.update(i for name, i in stack if not name)
    return unclosed, stray


def _repaired(tokens: list[Node], unclosed: set[int], stray: set[int]) -> list[Node]:
    result: list[Node] = []
    stack: list[bool] = []  # of the open braces: whether it is one that must be closed here
    for i, token in enumerate(tokens):
        if token.kind == "par" or (token.kind == "cmd" and token.text in _BOUNDARIES):
            while stack and stack[-1]:
                stack.pop()
                result.append(Node("close", "}", token.line))
        if i in stray:
            continue
        if token.kind == "open":
            stack.append(i in unclosed)
        elif token.kind == "close" and stack:
            stack.pop()
        result.append(token)
    result.extend(Node("close", "}", tokens[-1].line) for _ in stack)
    return result
