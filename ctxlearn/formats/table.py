"""Tables: word lists, sentence pairs and sentences in CSV, TSV, JSON and JSON Lines, each also as a member of a zip.

    dictionary  headword, gloss; also part_of_speech, id, example with translation
    parallel    a column for each language code; also id, source
    text        a column for the new language's code; also id

Several glosses are parted by `;` or are a JSON list; each is a sense. `example` is always in the new language and
`translation` in the contact language, also where the headwords are in the contact language (`headwords` in
corpus.toml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from ctxlearn.data import Block, Entry, Example, Kind, Sense, clean
from ctxlearn.errors import FormatError
from ctxlearn.formats.base import Format, Material, Options
from ctxlearn.formats.json_rows import Cell
from ctxlearn.formats.notebook import Notebook
from ctxlearn.formats.rows import EXTENSIONS, Row, file_name, noted_rows, with_member


@dataclass(frozen=True, slots=True)
class _Source:
    """The file that is read, and the account of it."""

    path: Path
    options: Options
    notebook: Notebook

    def place(self, row: Row) -> str:
        return self.options.place(self.path, row.line)

    def identify(self, row: Row) -> str:
        """Return the row's id; without one, the file's name without its ending and the row's number."""
        given = _text(row, "id") or f"{Path(file_name(self.path, self.options)).stem}:{row.number}"
        return self.notebook.unique(given, self.place(row))


def recognise(path: Path) -> bool:
    """Whether the name ends as a table's does."""
    return path.suffix.lower() in EXTENSIONS and path.is_file()


def read(path: Path, options: Options) -> Material:
    """Read a table as what `options.kind` says it is. Raises FormatError when a column that this needs is not there."""
    if options.kind not in _READERS:
        raise FormatError(f"a table is a dictionary, parallel or text source, not {options.kind!r}", path=path)
    options = with_member(path, options)
    return _READERS[options.kind](_Source(path, options, Notebook(options)))


def _read_dictionary(source: _Source) -> Material:
    found = _rows(source)
    entries, examples = [], []
    for row in found:
        identifier = source.identify(row)
        own = list(_examples(row, identifier, source))
        entry = _entry(row, identifier, tuple(example.id for example in own), source)
        if entry is None:
            continue
        entries.append(entry)
        examples += own
    senses = sum(len(entry.senses) for entry in entries)
    counts = {"entries": len(entries), "senses": senses, "examples": len(examples)}
    return Material(tuple(entries), tuple(examples), report=source.notebook.report(counts))


def _entry(row: Row, identifier: str, examples: tuple[str, ...], source: _Source) -> Entry | None:
    """Return the row's entry, its examples under its first sense; None when nothing is left of headword or gloss."""
    headword, *variants = _texts(row, "headword") or [""]
    glosses = _glosses(row.cells["gloss"])
    if not headword or not glosses:
        source.notebook.omit(source.path, row.line, headword, "no headword" if not headword else "no gloss")
        return None
    senses = [Sense(gloss, () if number else examples) for number, gloss in enumerate(glosses)]
    language = source.options.headwords or source.options.language.code
    return Entry(
        headword=headword,
        senses=tuple(senses),
        part_of_speech=_text(row, "part_of_speech"),
        variants=tuple(variants),
        language=language,
        id=identifier,
        place=source.place(row),
    )


def _glosses(cell: Cell) -> list[str]:
    """Return the glosses of a cell: a list's items, a text's parts between semicolons.

    >>> _glosses("dog; hound ;")
    ['dog', 'hound']
    """
    parts = cell.split(";") if isinstance(cell, str) else cell
    return [gloss for part in parts if (gloss := clean(part))]


def _examples(row: Row, entry: str, source: _Source) -> Iterator[Example]:
    pairs = zip_longest(_texts(row, "example"), _texts(row, "translation"), fillvalue="")
    for number, (primary, translated) in enumerate(pairs, start=1):
        if not primary or not translated:
            why = f"an example without {'its translation' if primary else 'a sentence'}"
            source.notebook.omit(source.path, row.line, primary or translated, why)
            continue
        identifier = source.notebook.unique(f"{entry}.{number}", source.place(row))
        yield Example(primary, translated, id=identifier, place=source.place(row))


def _read_parallel(source: _Source) -> Material:
    ours, theirs = source.options.language.code, source.options.contact.code
    examples = []
    for row in _rows(source):
        primary, translated = _text(row, ours), _text(row, theirs)
        if not primary or not translated:
            source.notebook.omit(source.path, row.line, primary or translated, f"no {theirs if primary else ours}")
            continue
        identifier = source.identify(row)
        examples.append(
            Example(primary, translated, source=_text(row, "source"), id=identifier, place=source.place(row))
        )
    return Material(examples=tuple(examples), report=source.notebook.report({"examples": len(examples)}))


def _read_text(source: _Source) -> Material:
    code = source.options.language.code
    blocks = []
    for row in _rows(source):
        text = _text(row, code)
        if text:
            blocks.append(Block(text, id=source.identify(row), place=source.place(row)))
    return Material(blocks=tuple(blocks), report=source.notebook.report({"paragraphs": len(blocks)}))


def columns(kind: Kind, language: str, contact: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return our names of the columns that a table of that kind must have, and of those it may have."""
    return {
        "dictionary": (("headword", "gloss"), ("part_of_speech", "id", "example", "translation")),
        "parallel": ((language, contact), ("id", "source")),
    }.get(kind, ((language,), ("id",)))


def _rows(source: _Source) -> tuple[Row, ...]:
    """Return the rows, having noted the columns that are neither required nor known."""
    options = source.options
    required, known = columns(options.kind, options.language.code, options.contact.code)
    found = noted_rows(source.path, source.options, required, source.notebook)
    cells = Counter(name for row in found for name, cell in row.cells.items() if cell)
    unread = {name: count for name, count in cells.items() if name not in (*required, *known)}
    source.notebook.unread(source.options.place(source.path), unread)
    return found


def _text(row: Row, name: str) -> str:
    return "; ".join(_texts(row, name))


def _texts(row: Row, name: str) -> list[str]:
    cell = row.cells.get(name, "")
    return [text for part in ((cell,) if isinstance(cell, str) else cell) if (text := clean(part))]


_READERS: dict[Kind, Callable[[_Source], Material]] = {
    "dictionary": _read_dictionary,
    "parallel": _read_parallel,
    "text": _read_text,
}

FORMAT = Format(
    name="table",
    about="word lists, sentence pairs and sentences in CSV, TSV, JSON, JSON Lines, also in a zip",
    kinds=frozenset(_READERS),
    extensions=EXTENSIONS,
    recognise=recognise,
    read=read,
)
