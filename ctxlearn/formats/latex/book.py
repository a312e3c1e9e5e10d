"""The book as it is being read: what all stages share, the counters LaTeX keeps, and where a line stands."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ctxlearn.data import Block, Example, clean
from ctxlearn.formats.base import Omission, Options
from ctxlearn.formats.latex.bibliography import Bibliography
from ctxlearn.formats.latex.references import References, Target
from ctxlearn.formats.latex.tokens import Node

DEEPEST = 4  # headings below this are not numbered (langscibook's secnumdepth)


_ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")


def roman(number: int) -> str:
    """Return a small Roman number, as lists within examples have it (above 39 the number as it is).

    >>> roman(14)
    'xiv'
    """
    return "x" * (number // 10) + _ROMAN[number % 10] if number < 40 else str(number)


@dataclass(slots=True)
class Lines:
    """Which file and line a line number over the whole book is."""

    starts: list[int] = field(default_factory=list)
    files: list[tuple[Path, int]] = field(default_factory=list)
    after: int = 1

    def add(self, path: Path, first: int, count: int) -> int:
        """Take in `count` lines of a file from its line `first`, and return the number of the first over the book."""
        start = self.after
        self.starts.append(start)
        self.files.append((path, first))
        self.after = start + count + 1
        return start

    def where(self, line: int) -> tuple[Path, int]:
        """Return the file and the line in it."""
        i = max(0, bisect_right(self.starts, line) - 1)
        path, first = self.files[i]
        return path, first + max(0, line - self.starts[i])


@dataclass(slots=True)
class Counters:
    """LaTeX's counters: the headings' numbers from the chapter down, and what is numbered within a chapter."""

    sections: list[int] = field(default_factory=lambda: [0] * (DEEPEST + 1))
    chapter: str = ""
    within: Counter[str] = field(default_factory=Counter)
    appendix: bool = False
    in_footnote: bool = False

    def heading(self, level: int) -> str:
        """Count a heading on and return its number: `9`, `9.2`, `A.1`."""
        if level > DEEPEST:
            return ""
        self.sections[level] += 1
        self.sections[level + 1 :] = [0] * (DEEPEST - level)
        if level == 0:
            number = self.sections[0]
            self.chapter = chr(ord("A") + (number - 1) % 26) if self.appendix else str(number)
            self.within.clear()
        rest = ".".join(str(number) for number in self.sections[1 : level + 1])
        return ".".join(part for part in (self.chapter, rest) if part)

    def start_appendix(self) -> None:
        """Begin the appendices, whose chapters have letters."""
        self.appendix = True
        self.sections = [0] * (DEEPEST + 1)

    def next(self, what: str) -> str:
        """Count a table, figure or example on and return its number within the chapter."""
        if self.in_footnote and what == "example":  # langsci numbers these apart: (i), (ii)
            self.within["footnote example"] += 1
            return roman(self.within["footnote example"])
        self.within[what] += 1
        return self._numbered(self.within[what])

    def upcoming(self, what: str) -> str:
        """Return the number that the next one will have."""
        return self._numbered(self.within[what] + 1)

    def _numbered(self, number: int) -> str:
        return f"{self.chapter}.{number}" if self.chapter else str(number)


@dataclass(slots=True)
class Book:
    """Everything that is gathered while a book is read."""

    options: Options
    lines: Lines = field(default_factory=Lines)
    counters: Counters = field(default_factory=Counters)
    references: References = field(default_factory=References)
    bibliography: Bibliography = field(default_factory=Bibliography)
    blocks: list[Block] = field(default_factory=list)
    left_out: list[Omission] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    unequal: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    here: Target = field(default_factory=lambda: Target("section", ""))
    asides: list[Node] = field(default_factory=list)  # environments met inside a line of text, to follow after it
    notes: list[str] = field(default_factory=list)  # footnotes met inside an example, to follow after it
    stem: str = ""
    serials: Counter[str] = field(default_factory=Counter)
    kept: bool = True  # False while something is read for its labels only
    numbered: bool = True  # False in the front matter, whose headings have no numbers

    def place(self, line: int) -> str:
        """Return where a line stands, as it is shown to a person."""
        path, number = self.lines.where(line)
        return self.options.place(path, number)

    def label(self, name: str) -> None:
        """Let a label name what is being counted here; a second label of the same name is not heard."""
        if name:
            self.references.targets.setdefault(name, self.here)

    def omit(self, line: int, what: str, why: str, deliberate: bool = True) -> None:
        """Say that something was left out; not deliberate when it is broken."""
        if self.kept:
            self.left_out.append(Omission(self.place(line), what, why, deliberate))

    def heading(self, level: int, text: str) -> None:
        """Begin a chapter or section under its heading."""
        self.headings = [(other, title) for other, title in self.headings if other < level]
        self.headings.append((level, text))

    def paragraph(self, lines: Sequence[str], line: int, kind: str = "paragraphs") -> None:
        """Add a block of text, if there is any."""
        text = "\n".join(filter(None, map(clean, lines)))
        if text:
            self._add(Block(text=text, headings=self._path(), id=self._id(), place=self.place(line)), kind)

    def example(self, example: Example) -> None:
        """Add a glossed example; its id and place are the block's."""
        self._add(Block(example=example, headings=self._path(), id=example.id, place=example.place), "glossed examples")

    def _add(self, block: Block, kind: str) -> None:
        if self.kept:
            self.blocks.append(block)
            self.counts[kind] += 1

    def _path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.headings if title)

    def _id(self) -> str:
        self.serials[self.stem] += 1
        return f"{self.stem}:{self.serials[self.stem]:04}"

    def next_id(self) -> str:
        """Return the id of the next record of this file."""
        return self._id()
