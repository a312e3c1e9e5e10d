"""LaTeX grammars, of the Language Science Press kind and near it: examples, tables, references over a whole book.

The stages, one file each, and this module joins them:

    sources → tokens → balance → macros → tree → blocks (headings, examples, tables, inline text) → references

Every stage takes time in proportion to its input and stops at nothing: braces and environments that do not pair are
mended at the next paragraph, environment or heading and named in the report, as are macros nobody knows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from ctxlearn.data import Block, Example, clean
from ctxlearn.errors import FormatError
from ctxlearn.formats.base import Format, Material, Omission, Options, Report, read_text
from ctxlearn.formats.latex.balance import balance
from ctxlearn.formats.latex.blocks import Blocks
from ctxlearn.formats.latex.book import Book
from ctxlearn.formats.latex.macros import Macros
from ctxlearn.formats.latex.sources import Sources, Unit, find, is_tex
from ctxlearn.formats.latex.tokens import Node, tokenize
from ctxlearn.formats.latex.tree import build

_SHOWN = 40  # so many names are listed in a remark; the rest is counted


def read(path: Path, options: Options) -> Material:
    """Read a grammar: a folder with a main.tex, a folder of .tex files, or one .tex file.

    Raises FormatError when there is nothing to read, CorpusError when a file cannot be opened.
    """
    sources = find(path, options)
    book = Book(options)
    macros = Macros()
    for file in sources.bibliographies:
        book.bibliography.add(_bibliography(file, options, book))
    blocks = Blocks(book)
    for unit in sources.units:
        _read_unit(unit, book, macros, blocks)
    book.left_out += sources.unreadable
    for file in sources.word_lists:
        why = "a word list belongs to the dictionary; name the file as a source of its own to read it"
        book.left_out.append(Omission(options.place(file), f"word list {file.stem}", why, True))
    resolved = tuple(
        block for block in (_resolved(block, book) for block in book.blocks) if block.text or block.example
    )
    return Material(blocks=resolved, report=_report(book, macros, sources))


def _bibliography(file: Path, options: Options, book: Book) -> str:
    try:
        return read_text(file, replace(options, member=""))
    except FormatError as error:
        book.remarks.append(f"bibliography left out: {error}")
        return ""


def _read_unit(unit: Unit, book: Book, macros: Macros, blocks: Blocks) -> None:
    definitions = unit.use == "definitions"
    tokens: list[Node] = []
    for piece in unit.pieces:
        start = book.lines.add(piece.path, piece.line, piece.text.count("\n") + 1)
        tokens += tokenize(piece.text, start)
    if not tokens:
        return
    tokens, faults = balance(tokens, definitions)
    tokens = macros.expand(tokens)
    if definitions:
        _note_faults(faults, book)
        return
    nodes, more = build(tokens)
    book.kept, book.numbered = unit.use in ("text", "abbreviations"), unit.use == "text"
    _note_faults(faults + more, book)
    book.stem = unit.pieces[0].path.stem
    blocks.read(nodes)
    if not book.kept:
        _note_left_out(unit, book)
    book.kept = book.numbered = True


def _note_faults(faults: list[tuple[int, str]], book: Book) -> None:
    book.remarks += [f"{book.place(line)}: {what}; mended at the next boundary" for line, what in sorted(faults)]


def _note_left_out(unit: Unit, book: Book) -> None:
    piece = unit.pieces[0]
    if any(part.text.strip() for part in unit.pieces) and piece.path.stem != "main":
        what = "front matter" if unit.use == "front" else "back matter"
        place = book.options.place(piece.path, piece.line)
        book.left_out.append(Omission(place, f"{what} {piece.path.stem}", "it does not describe the language", True))


def _resolved(block: Block, book: Book) -> Block:
    """Return a block with its references written out."""
    resolve = book.references.resolve
    headings = tuple(filter(None, (clean(resolve(heading)) for heading in block.headings)))
    if block.example is None:
        lines = (clean(resolve(line)) for line in block.text.split("\n"))
        return replace(block, text="\n".join(filter(None, lines)), headings=headings)
    return replace(block, example=_resolved_example(block.example, book), headings=headings)


def _resolved_example(example: Example, book: Book) -> Example:
    resolve = book.references.resolve
    return replace(
        example,
        primary_text=clean(resolve(example.primary_text)),
        translated_text=clean(resolve(example.translated_text)),
        analyzed_words=tuple(clean(resolve(word)).replace(" ", "_") or "_" for word in example.analyzed_words),
        glosses=tuple(clean(resolve(gloss)).replace(" ", "_") or "_" for gloss in example.glosses),
        source=clean(resolve(example.source)),
    )


def _report(book: Book, macros: Macros, sources: Sources) -> Report:
    read = {name: book.counts[name] for name in sorted(book.counts)}
    read["cross-references"] = book.references.resolved
    remarks = list(book.remarks)
    remarks += [f"{note}: {count} times" if count > 1 else note for note, count in sorted(macros.notes.items())]
    for names, what in (
        (sources.absent, "files that the book names and that are not there"),
        (_counted(book.unknown, "\\"), "macros not known, their arguments kept as text"),
        (_counted(book.references.unresolved), "references to labels that are nowhere in these files"),
        (_counted(book.bibliography.missing), "citations of works not in the bibliography"),
        (book.unequal, "examples whose words and glosses are not equally many"),
    ):
        if names:
            remarks.append(f"{what}: {len(names)} ({_listed(names)})")
    return Report(read=read, left_out=tuple(book.left_out), remarks=tuple(remarks))


def _counted(names: dict[str, int] | Counter[str], lead: str = "") -> list[str]:
    return [f"{lead}{name} {count}" for name, count in sorted(names.items(), key=lambda item: (-item[1], item[0]))]


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


FORMAT = Format(
    name="latex",
    about="LaTeX grammar or text (gb4e, langsci, linguex, expex): a .tex file or a book's folder",
    kinds=frozenset({"grammar", "text"}),
    extensions=(".tex",),
    recognise=is_tex,
    read=read,
)
