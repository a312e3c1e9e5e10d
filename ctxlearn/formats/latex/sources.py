r"""Sources: which files make up a book, in what order, and what of them is read.

    book ::= main.tex, whose preamble defines macros and whose body names the chapters by \include and \input

Without a main.tex every .tex file of the folder is read, by name. A single chapter's file finds the macros and the
bibliography of its book beside it or one folder up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats.base import Omission, Options, read_text

Use = Literal["text", "definitions", "front", "abbreviations", "back"]

_COMMENT = r"(?<!\\)(?:\\\\)*(?P<comment>%[^\n]*)"
_FILE = r"\\(?:include|input|subfile)\b\s*\{(?P<file>[^{}\n]*)\}"
_INCLUDE = re.compile(f"{_COMMENT}|{_FILE}")
_TURNS: dict[str, Use] = {"frontmatter": "front", "mainmatter": "text", "appendix": "text", "backmatter": "back"}
_CUT = re.compile(rf"{_COMMENT}|{_FILE}|\\(?P<turn>{'|'.join(_TURNS)})\b|(?P<document>\\begin\{{document\}})")
_FRONT = re.compile(r"acknowledg|preface|dedicat|title|summary|foreword|copyright|cover|toc", re.IGNORECASE)
_ABBREVIATIONS = re.compile(r"abbr|symbol|gloss(?:es|ing)", re.IGNORECASE)
_WORD_LIST = re.compile(r"^(?:glossary|word-?_?list|lexicon|dictionary|vocabulary)$", re.IGNORECASE)
_BACK = re.compile(r"^(?:backmatter|index|indices|bibliography|references|biblio)$", re.IGNORECASE)
_LOCAL = re.compile(r"^local|command|macro|preamble|package|hyphenation|metadata|settings|newcom", re.IGNORECASE)
MAX_FILES = 2000
MAX_NESTING = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one file, from its line `line` on."""

    path: Path
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Pieces that are read together, and what for: their text, their macros only, or only their labels."""

    pieces: tuple[Piece, ...]
    use: Use


@dataclass(slots=True)
class Sources:
    """The units of a book in reading order, its bibliography files, and the files that are not read and why."""

    units: list[Unit] = field(default_factory=list)
    bibliographies: list[Path] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    word_lists: list[Path] = field(default_factory=list)
    unreadable: list[Omission] = field(default_factory=list)


def find(path: Path, options: Options) -> Sources:
    """Return the units of the book at `path`, a folder or a .tex file.

    Raises FormatError when there is nothing to read, CorpusError when a file cannot be opened.
    """
    sources = Sources()
    if not path.is_dir():
        if not options.member:
            _beside(path, options, sources)
        _main(path, path.parent, options, sources) if _is_book(path, options) else _plain(path, options, sources)
        return sources
    sources.bibliographies = sorted(path.glob("*.bib"))
    main = path / "main.tex"
    if main.is_file():
        _main(main, path, options, sources)
        return sources
    files = sorted(file for file in path.rglob("*.tex") if file.is_file())[:MAX_FILES]
    if not files:
        raise FormatError("no .tex file in this folder", path=options.place(path))
    for file in sorted(files, key=lambda file: (not _LOCAL.search(file.stem), file)):
        _plain(file, options, sources)
    return sources


def _is_book(path: Path, options: Options) -> bool:
    return "\\begin{document}" in read_text(path, options)


def _beside(path: Path, options: Options, sources: Sources) -> None:
    """Take in the macros and bibliographies that stand beside a single file, or one folder up."""
    for folder in (path.parent.parent, path.parent):
        sources.bibliographies += sorted(folder.glob("*.bib"))
        for file in sorted(folder.glob("local*.tex")):
            if file != path:
                _plain(file, options, sources)


def _plain(path: Path, options: Options, sources: Sources) -> None:
    use: Use = "definitions" if _LOCAL.search(path.stem) else "text"
    sources.units.append(Unit(tuple(_spliced(path, options, sources, path.parent, 0)), use))


def _main(path: Path, root: Path, options: Options, sources: Sources) -> None:
    """Cut a main file at what it includes and where its parts begin; its preamble is read for its macros only."""
    text = read_text(path, options)
    use: Use = "definitions" if "\\begin{document}" in text else "text"
    at = 0
    for match in _CUT.finditer(text):
        if match["comment"] is not None:
            continue
        _stretch(sources, path, text, at, match.start(), use)
        at = match.end()
        if match["file"] is not None:
            _included(match["file"].strip(), use, root, options, sources)
        elif match["turn"] is not None:
            use = use if use == "definitions" else _TURNS[match["turn"]]
            at = match.start()  # the command itself is read too: \appendix counts chapters anew
        else:
            use = "text"
    _stretch(sources, path, text, at, len(text), use)


def _stretch(sources: Sources, path: Path, text: str, at: int, end: int, use: Use) -> None:
    if text[at:end].strip():
        sources.units.append(Unit((Piece(path, text.count("\n", 0, at) + 1, text[at:end]),), use))


def _use_of(stem: str, use: Use) -> Use:
    """Return what a file is read for, by its name and by the part of the book that includes it."""
    if use == "definitions" or (_LOCAL.search(stem) and not _ABBREVIATIONS.search(stem)):
        return "definitions"
    if _BACK.search(stem):
        return "back"
    if use == "front":
        return "abbreviations" if _ABBREVIATIONS.search(stem) else "front"
    return "front" if _FRONT.search(stem) and use == "text" and stem[:1].isalpha() else use


def _included(name: str, use: Use, root: Path, options: Options, sources: Sources) -> None:
    found = _resolve(name, root, root)
    if found is None:
        sources.absent.append(name)
    elif _WORD_LIST.search(found.stem):
        sources.word_lists.append(found)
    else:
        sources.units.append(Unit(tuple(_spliced(found, options, sources, root, 0)), _use_of(found.stem, use)))


def _resolve(name: str, root: Path, folder: Path) -> Path | None:
    r"""Return the file that `\input{name}` means; one outside the book is not read."""
    for base in (root, folder):
        for candidate in (base / name, base / f"{name}.tex"):
            try:
                inside = candidate.resolve().is_relative_to(root.resolve())
                if inside and candidate.is_file():
                    return candidate
            except (OSError, ValueError):
                continue
    return None


def _spliced(path: Path, options: Options, sources: Sources, root: Path, depth: int) -> Iterator[Piece]:
    """Yield a file's text with what it inputs in place."""
    try:
        text = read_text(path, options)
    except FormatError as error:
        why = str(error).splitlines()[0]
        sources.unreadable.append(Omission(options.place(path), f"file {path.name}", why))
        return
    at, line = 0, 1
    for match in _INCLUDE.finditer(text):
        if match["comment"] is not None:
            continue
        before = text[at : match.start()]
        yield Piece(path, line, before)
        line += text.count("\n", at, match.end())
        at = match.end()
        found = _resolve(match["file"].strip(), root, path.parent)
        if found is not None and _WORD_LIST.search(found.stem):
            sources.word_lists.append(found)
        elif found is None or depth >= MAX_NESTING or found == path:
            sources.absent.append(match["file"].strip())
        else:
            yield from _spliced(found, options, sources, root, depth + 1)
    yield Piece(path, line, text[at:])


def is_tex(path: Path) -> bool:
    """Whether `path` is a .tex file, or a folder that holds one."""
    try:
        if path.is_dir():
            return (path / "main.tex").is_file() or next(path.glob("*.tex"), None) is not None
        return path.suffix.lower() in (".tex", ".ltx") and path.is_file()
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror or error}") from error
