"""Grammars and texts in Markdown or plain text: one file, or a folder's files in the order of their names.

A paragraph, list, table or piece of code is a block under its headings. A quote, a piece of code or a numbered
paragraph that has the lines of an interlinear example is one:

    > (3) tari-n mola-ke          the number is optional, and so is a line above with the plain sentence
    > dog-ERG fish-ACC
    > 'The dog eats the fish.' [tale 12]

`(@)` and `(@name)` are numbered in order, and `(@name)` in a text becomes that number, as in Pandoc. A plain text
(`.txt`) of the kind `text` has no marks: it is paragraphs, or lines where it has no blank line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ctxlearn.data import Block, Example, clean
from ctxlearn.errors import FormatError
from ctxlearn.formats.base import Format, Material, Options, read_text
from ctxlearn.formats.glossed import Piece, looks_glossed, pieces
from ctxlearn.formats.markdown_chunks import Chunk, chunks
from ctxlearn.formats.notebook import Notebook

EXTENSIONS = (".md", ".markdown", ".txt")

_EMPHASIS = re.compile(r"(\*\*|\*|__|_)(?=\S)([^*_]+)(?<=\S)\1$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:[ \t]+\"[^\"]*\")?\)")
_SMALL_CAPS = re.compile(r"\[([^\[\]]+)\]\{\.(?:smallcaps|sc)\}")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_NUMBERED = re.compile(r"^((?:[ \t]*>)?[ \t]*)\(@([\w-]*)\)", re.MULTILINE)
_REFERENCE = re.compile(r"\(@([\w-]+)\)|(?<![\w@])@([\w-]+)")


@dataclass(slots=True)
class _Numbering:
    """The numbers of `(@)` and `(@name)`, counted over all files."""

    count: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def number(self, text: str) -> str:
        """Return `text` with numbers where lines begin with `(@…)`."""
        return _NUMBERED.sub(self._next, text)

    def _next(self, match: re.Match[str]) -> str:
        self.count += 1
        if match[2]:
            self.names.setdefault(match[2], f"({self.count})")
        return f"{match[1]}({self.count})"

    def resolve(self, text: str) -> str:
        """Return `text` with the references to numbered examples resolved."""
        return (
            _REFERENCE.sub(lambda match: self.names.get(match[1] or match[2], match[0]), text) if self.names else text
        )


def recognise(path: Path) -> bool:
    """Whether the name ends as a text's does, or the folder holds such files."""
    return bool(_files(path))


def read(path: Path, options: Options) -> Material:
    """Read one file, or each of a folder. Raises FormatError when there is none."""
    files = [path] if options.member else _files(path)
    if not files:
        raise FormatError(f"expected a folder with {', '.join(EXTENSIONS)} files", path=path)
    numbering = _Numbering()
    texts = [(file, numbering.number(read_text(file, options))) for file in files]
    notebook = Notebook(options)
    counts = Counter({"headings": 0, "paragraphs": 0, "examples": 0, "tables": 0})
    blocks: list[Block] = []
    for file, text in texts:
        name = _name(file, path, options)
        found = _plain_blocks(text) if _is_plain(name, options) else _blocks(numbering.resolve(text), counts)
        for number, (line, block) in enumerate(found, start=1):
            place = options.place(file, line)
            blocks.append(
                _placed(block, notebook.unique(f"{Path(name).with_suffix('').as_posix()}:{number:04}", place), place)
            )
    notebook.uneven(block.example for block in blocks if block.example)
    counts["examples"] = sum(block.example is not None for block in blocks)
    counts["paragraphs"] = len(blocks) - counts["examples"] - counts["tables"]
    return Material(blocks=tuple(blocks), report=notebook.report(dict(counts)))


def _files(path: Path) -> list[Path]:
    """Return the files to read, a folder's in the order of their names."""
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return [file for file in found if file.suffix.lower() in EXTENSIONS and file.is_file()]


def _name(file: Path, path: Path, options: Options) -> str:
    """Return a file's name as ids begin with it: in a folder with the folders below that."""
    if options.member:
        return Path(options.member).name
    return file.relative_to(path).as_posix() if file != path else file.name


def _is_plain(name: str, options: Options) -> bool:
    return options.kind == "text" and name.lower().endswith(".txt")


def _placed(block: Block, identifier: str, place: str) -> Block:
    """Return a block, and the example in it, with its id and place."""
    example = replace(block.example, id=identifier, place=place) if block.example else None
    return replace(block, example=example, id=identifier, place=place)


def _plain_blocks(text: str) -> Iterator[tuple[int, Block]]:
    """Yield the paragraphs of a plain text, or its lines where it has no blank one."""
    lines = text.strip("\n").split("\n")
    first = len(text) - len(text.lstrip("\n"))
    by_line = all(map(str.strip, lines))
    group: list[str] = []
    for number, line in enumerate((*lines, ""), start=first + 1):
        if group and (by_line or not line.strip()):
            yield number - len(group), Block(clean(" ".join(group)))
            group = []
        if clean(line):
            group.append(line)


def _blocks(text: str, counts: Counter[str]) -> Iterator[tuple[int, Block]]:
    """Yield the blocks of a page in Markdown with their lines; counts headings and tables."""
    headings: list[tuple[int, str]] = []
    for chunk in chunks(text):
        if chunk.kind == "heading":
            counts["headings"] += 1
            above = [heading for heading in headings if heading[0] < chunk.level]
            headings = [*above, (chunk.level, clean(_inline(chunk.lines[0])))]
            continue
        path = tuple(title for _, title in headings if title)
        for offset, block in _records(chunk):
            counts["tables"] += chunk.kind == "table"
            yield chunk.line + offset, replace(block, headings=path)


def _records(chunk: Chunk) -> Iterator[tuple[int, Block]]:
    """Yield what a piece of a page holds: text, or examples and what stands between them."""
    if chunk.kind in ("table", "list"):
        found: Iterable[Piece] = [Piece(0, chunk.lines)]
    else:
        lines = chunk.lines if chunk.kind == "code" else tuple(map(_example_line, chunk.lines))
        found = list(pieces(lines))
        if chunk.kind == "paragraph" and not all(_is_sure(piece.example) for piece in found):
            found = [Piece(0, chunk.lines)]
    for piece in found:
        text = "" if piece.example else _text(piece.lines, chunk)
        if piece.example or text:
            yield piece.offset, Block(text, piece.example)


def _is_sure(example: Example | None) -> bool:
    """Whether lines outside a quote are an example: numbered and, where unequally glossed, clearly glossed."""
    if example is None or not example.number:
        return False
    return len(example.analyzed_words) == len(example.glosses) or looks_glossed(example.glosses)


def _text(lines: Iterable[str], chunk: Chunk) -> str:
    """Return the text of a block: prose as one line, anything else in its lines."""
    inner = [clean(line if chunk.kind == "code" else _inline(line)) for line in lines]
    separator = " " if chunk.kind in ("paragraph", "quote") else "\n"
    return separator.join(filter(None, inner))


def _inline(line: str) -> str:
    r"""Return a line without hard breaks, link targets and escapes.

    >>> _inline("see [ch. 3](03.md) on [erg]{.smallcaps}\\")
    'see ch. 3 on ERG'
    """
    line = _SMALL_CAPS.sub(lambda match: match[1].upper(), _LINK.sub(r"\1", _unbroken(line)))
    return _ESCAPE.sub(r"\1", line)


def _unbroken(line: str) -> str:
    """Return a line without the two blanks or the backslash of a hard break."""
    return line.rstrip(" \t").removesuffix("\\")


def _example_line(line: str) -> str:
    """Return a line that may be of an example, without emphasis around the whole and a line block's mark too."""
    line = _unbroken(line).removeprefix("| ")
    return _inline(_EMPHASIS.sub(r"\2", line) if _EMPHASIS.match(line) else line)


FORMAT = Format(
    name="markdown",
    about="grammars and texts in Markdown or plain text",
    kinds=frozenset({"grammar", "text"}),
    extensions=EXTENSIONS,
    recognise=recognise,
    read=read,
)
