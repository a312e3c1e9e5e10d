"""References: labels are gathered over the whole book, and only then is each reference written out.

Until then a reference stands in the text between private characters: START style SEPARATOR label END.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

START, SEPARATOR, END = "\ue000", "\ue002", "\ue001"
_MARK = re.compile(f"{START}([^{SEPARATOR}{END}]*){SEPARATOR}([^{END}]*){END}")
_WORDS = {"section": "§", "chapter": "Chapter ", "appendix": "Appendix ", "table": "Table ", "figure": "Figure "}


@dataclass(frozen=True, slots=True)
class Target:
    """What a label stands at: its kind (section, table, example …), its number, and a heading's title."""

    kind: str
    number: str
    title: str = ""


def mark(style: str, label: str) -> str:
    """Return the mark that stands for a reference until it is resolved."""
    return f"{START}{style}{SEPARATOR}{label}{END}"


def upper(text: str) -> str:
    """Return `text` in capitals, the references in it untouched.

    >>> upper("see " + mark("number", "x")) == "SEE " + mark("number", "x")
    True
    """
    if START not in text:
        return text.upper()
    result, at = [], 0
    for match in _MARK.finditer(text):
        result += [text[at : match.start()].upper(), match.group()]
        at = match.end()
    return "".join(result) + text[at:].upper()


@dataclass(slots=True)
class References:
    """The labels of a book, and the references that found none (label → how often)."""

    targets: dict[str, Target] = field(default_factory=dict)
    unresolved: dict[str, int] = field(default_factory=dict)
    resolved: int = 0

    def resolve(self, text: str) -> str:
        """Return `text` with its references written out."""
        return _MARK.sub(self._write, text) if START in text else text

    def _write(self, match: re.Match[str]) -> str:
        style, labels = match[1], match[2]
        shown = [self._one(style, label.strip()) for label in labels.split(",") if label.strip()]
        return ", ".join(shown)

    def _one(self, style: str, label: str) -> str:
        target = self.targets.get(label)
        if target is None:
            self.unresolved[label] = self.unresolved.get(label, 0) + 1
            return "(?)" if style == "paren" else "?"
        self.resolved += 1
        return _STYLES[style](target) if style in _STYLES else _named(target, style)


def _named(target: Target, style: str) -> str:
    return f"{_WORDS.get(style, '')}{target.number or target.title}"


def _auto(target: Target) -> str:
    if target.kind in _WORDS:
        return _named(target, target.kind)
    return f"({target.number})" if target.kind == "example" else target.number


_STYLES: dict[str, Callable[[Target], str]] = {
    "number": lambda target: target.number or target.title,
    "paren": lambda target: f"({target.number})",
    "title": lambda target: target.title or target.number,
    "auto": _auto,
    "page": _auto,  # pages are the printed book's; what stands there is named instead
}
