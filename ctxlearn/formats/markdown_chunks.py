"""Markdown cut into the pieces that a page is made of, each with its first line.

    heading    `# Nouns`, `Nouns` over `===` or `---`
    table      lines with `|`, the second `|---|---|`; or all lines beginning with `|`
    list       lines that begin with `-`, `*`, `+` or a number; an item that goes on below is one line
    quote      lines that begin with `>`
    code       lines between ``` or ~~~, or set in by four blanks
    paragraph  any other lines up to a blank one

YAML between `---` at the top, HTML comments, link definitions and thematic breaks are no pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

ChunkKind = Literal["heading", "table", "list", "quote", "code", "paragraph"]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_COMMENT = re.compile(r"<!--(?:[^<-]|-(?!->)|<(?!!--))*-->")  # none holds another, so that open ones cost no time
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t](.*))?$")
_CLOSING = re.compile(r"(?:^|(?<=[ \t]))#+$")
_ATTRIBUTES = re.compile(r"\{[#.][^{}]*\}$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INDENTED = re.compile(r"(?: {4}|\t)(.*)")
_QUOTE = re.compile(r" {0,3}>[ \t]?(.*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,4}[.)])[ \t]+\S")
_BREAK = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$")
_LINK = re.compile(r" {0,3}\[[^\]]+\]:[ \t]+\S+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece: its kind, the line that it begins on, its lines without their marks; `level` is a heading's."""

    kind: ChunkKind
    line: int
    lines: tuple[str, ...]
    level: int = 0


def chunks(text: str) -> Iterator[Chunk]:
    r"""Yield the pieces of a text.

    >>> [(chunk.kind, chunk.line) for chunk in chunks("# Nouns\n\nA noun is\na word.\n\n> tari kesu")]
    [('heading', 1), ('paragraph', 3), ('quote', 6)]
    """
    lines = _blanked(text).split("\n")
    position = 0
    while position < len(lines):
        if not lines[position].strip():
            position += 1
            continue
        chunk, position = _next(lines, position)
        if chunk and any(map(str.strip, chunk.lines)):
            yield chunk


def _blanked(text: str) -> str:
    """Return `text` without front matter and comments, its lines numbered as before."""

    def line_breaks(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n")

    return _COMMENT.sub(line_breaks, _FRONT_MATTER.sub(line_breaks, text))


def _next(lines: list[str], start: int) -> tuple[Chunk | None, int]:
    """Return the piece that begins at `start`, None for what is no piece, and where the next may begin."""
    line = lines[start]
    if heading := _HEADING.match(line):
        return _heading(heading[2] or "", len(heading[1]), start), start + 1
    if fence := _FENCE.match(line):
        return _fenced(lines, start, fence[1])
    if _BREAK.match(line) or _LINK.match(line):
        return None, start + 1
    if _QUOTE.match(line):
        return _marked(lines, start, "quote", _QUOTE)
    if _INDENTED.match(line):
        return _marked(lines, start, "code", _INDENTED)
    if _is_table(lines, start):
        end = _end(lines, start, lambda n: "|" in lines[n])
        return Chunk("table", start + 1, tuple(lines[start:end])), end
    if _ITEM.match(line):
        end = _end(lines, start, lambda n: not _interrupts(lines[n]))
        return Chunk("list", start + 1, _items(lines[start:end])), end
    return _paragraph(lines, start)


def _heading(text: str, level: int, start: int) -> Chunk:
    title = _ATTRIBUTES.sub("", _CLOSING.sub("", text.strip()).strip()).strip()
    return Chunk("heading", start + 1, (title,), level)


def _fenced(lines: list[str], start: int, fence: str) -> tuple[Chunk, int]:
    """Return what stands between two fences; an open fence ends with the text."""
    closing = re.compile(rf" {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    end = _end(lines, start + 1, lambda n: not closing.match(lines[n]), blank_too=True)
    return Chunk("code", start + 2, tuple(lines[start + 1 : end])), end + 1


def _marked(lines: list[str], start: int, kind: ChunkKind, pattern: re.Pattern[str]) -> tuple[Chunk, int]:
    end = _end(lines, start, lambda n: bool(pattern.match(lines[n])))
    inner = tuple(match[1] for line in lines[start:end] if (match := pattern.match(line)))
    return Chunk(kind, start + 1, inner), end


def _is_table(lines: list[str], start: int) -> bool:
    if "|" not in lines[start]:
        return False
    below = lines[start + 1] if start + 1 < len(lines) else ""
    return lines[start].lstrip().startswith("|") or ("|" in below and bool(_DELIMITER.match(below.strip())))


def _items(lines: list[str]) -> tuple[str, ...]:
    """Return the items of a list, each as one line."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += f" {line.strip()}"
    return tuple(items)


def _paragraph(lines: list[str], start: int) -> tuple[Chunk, int]:
    """Return a paragraph, or the heading that it is when it stands over a line of `=` or `-`."""
    end = _end(lines, start + 1, lambda n: not _interrupts(lines[n]) and not _UNDERLINE.match(lines[n]))
    if end < len(lines) and (underline := _UNDERLINE.match(lines[end])):
        return _heading(" ".join(map(str.strip, lines[start:end])), 1 if underline[1][0] == "=" else 2, start), end + 1
    return Chunk("paragraph", start + 1, tuple(lines[start:end])), end


def _interrupts(line: str) -> bool:
    """Whether a line ends the paragraph or list above it though no blank line stands between."""
    return any(pattern.match(line) for pattern in (_HEADING, _FENCE, _QUOTE, _BREAK))


def _end(lines: list[str], start: int, goes_on: Callable[[int], bool], *, blank_too: bool = False) -> int:
    """Return the first line from `start` at which something does not go on, or that is blank."""
    while start < len(lines) and (blank_too or lines[start].strip()) and goes_on(start):
        start += 1
    return start
