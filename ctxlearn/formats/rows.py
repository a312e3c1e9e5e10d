"""Rows with named columns, whatever they are written in: CSV, TSV, JSON, JSON Lines, each also as a member of a zip.

    .tsv .tab       tab-separated; .csv: the header decides among comma, semicolon and tab (see delimited.py)
    .jsonl .ndjson  an object a line; .json: see json_rows.py

The first row of CSV and TSV names the columns. What a source's `columns` says is applied here: a cell is found under
our name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ctxlearn.errors import FormatError
from ctxlearn.formats.archive import sole_member
from ctxlearn.formats.base import Options, Report, read_text
from ctxlearn.formats.delimited import Broken, csv_rows, tsv_rows
from ctxlearn.formats.json_rows import Cell, json_line_rows, json_rows
from ctxlearn.formats.notebook import Notebook

EXTENSIONS = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".zip")
_SEPARATED = {",": "comma-separated", ";": "semicolon-separated", "\t": "tab-separated"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the physical line it begins on, its cells by column, its number among the rows (from 1).

    A JSON list of values is a tuple; every other cell is a text as the file has it. `number` counts broken rows too, so
    that mending one does not shift the ids of those below.
    """

    line: int
    cells: Mapping[str, Cell]
    number: int = 0


def rows(path: Path, options: Options, required: Sequence[str] = ()) -> tuple[tuple[Row, ...], Report]:
    """Return a table's rows, and the report of those left out: with too few or many cells, or a `required` one empty.

    Raises FormatError when a required or mapped column is not there at all, and CorpusError when the file is not.
    """
    notebook = Notebook(options)
    kept = noted_rows(path, options, required, notebook)
    return kept, notebook.report({"rows": len(kept)})


def noted_rows(path: Path, options: Options, required: Sequence[str], notebook: Notebook) -> tuple[Row, ...]:
    """Return a table's rows as `rows` does, and note in `notebook` what is left out."""
    options = with_member(path, options)
    found = [row for row in _read(path, options, notebook) if not _is_canary(row, path, options, notebook)]
    if not found:
        return ()
    columns = tuple(dict.fromkeys(name for row in found for name in row.cells))
    _check_columns(path, options, columns, required)
    filled = (row for row in found if row.number)
    return tuple(row for row in _renamed(filled, options.columns) if _is_full(row, path, required, notebook))


def _is_canary(row: Row, path: Path, options: Options, notebook: Notebook) -> bool:
    """Whether a row holds nothing but the mark by which a benchmark is found in a model's training data; notes it."""
    found = bool(row.cells) and all("canary" in name.lower() for name in row.cells)
    if found:
        notebook.remark(f"{options.place(path, row.line)}: a benchmark's canary, which is not a record")
    return found


def with_member(path: Path, options: Options) -> Options:
    """Return `options` with the zip member that is meant: the one named, or a zip's only file."""
    if path.suffix.lower() == ".zip" and not options.member:
        return replace(options, member=sole_member(path))
    return options


def file_name(path: Path, options: Options) -> str:
    """Return the name of the file that is read: the zip member's, or the path's own."""
    return Path(options.member).name if options.member else path.name


def _read(path: Path, options: Options, notebook: Notebook) -> Iterator[Row]:
    """Yield the rows; those of a delimited file after a row numbered 0, its header."""
    text = read_text(path, options)
    suffix = Path(file_name(path, options)).suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        yield from _numbered(json_line_rows(text), path, notebook)
    elif suffix == ".json":
        yield from _numbered(json_rows(text, options.place(path), options), path, notebook)
    else:
        yield from _delimited(text, path, options, notebook)


def _numbered(
    found: Iterable[tuple[int, Mapping[str, Cell] | Broken]], path: Path, notebook: Notebook
) -> Iterator[Row]:
    for number, (line, cells) in enumerate(found, start=1):
        if isinstance(cells, Broken):
            notebook.omit(path, line, cells.text, cells.why)
        else:
            yield Row(line, cells, number)


def _delimited(text: str, path: Path, options: Options, notebook: Notebook) -> Iterator[Row]:
    delimiter = "\t" if file_name(path, options).lower().endswith((".tsv", ".tab")) else sniff(text)
    found = tsv_rows(text) if delimiter == "\t" else csv_rows(text, {"delimiter": delimiter})
    filled = ((line, cells) for line, cells in found if isinstance(cells, Broken) or any(cells))
    line, header = next(filled, (1, []))
    if isinstance(header, Broken):
        raise FormatError(header.why, path=options.place(path), line=line, text=header.text)
    if not header:
        raise FormatError("no header row; the first row names the columns", path=options.place(path))
    positions = _positions(header, options.place(path, line), notebook)
    yield Row(line, dict.fromkeys(positions, ""))
    named = ((line, _named(cells, positions, len(header), delimiter)) for line, cells in filled)
    yield from _numbered(named, path, notebook)


def _positions(header: Sequence[str], place: str, notebook: Notebook) -> dict[str, int]:
    """Return where each column stands; of two with one name the first counts."""
    names = [name.strip() for name in header]
    for name, count in Counter(names).items():
        if count > 1 and name:
            notebook.remark(f"{place}: the column {name!r} stands {count} times; the first is read")
    return {name: names.index(name) for name in names if name}


def _named(
    cells: list[str] | Broken, positions: Mapping[str, int], width: int, delimiter: str
) -> dict[str, Cell] | Broken:
    """Return a row's cells by column; empty cells beyond the last column do no harm."""
    if isinstance(cells, Broken):
        return cells
    if len(cells) < width or any(cells[width:]):
        why = f"expected {width} {_SEPARATED[delimiter]} fields, found {len(cells)}"
        return Broken(delimiter.join(cells), why)
    return {name: cells[position] for name, position in positions.items()}


def sniff(text: str) -> str:
    """Return the delimiter that stands most often in the header, quoted cells aside; the comma when none does.

    >>> sniff('"a;b",c;d;e')
    ';'
    """
    header = re.sub(r'"[^"]*"', "", text.lstrip("\n").split("\n", 1)[0])
    return max(_SEPARATED, key=header.count)


def _check_columns(path: Path, options: Options, columns: Sequence[str], required: Sequence[str]) -> None:
    found = ", ".join(map(repr, columns))
    for ours, theirs in options.columns.items():
        if theirs not in columns:
            raise FormatError(f"no column {theirs!r} for {ours!r}; the columns are {found}", path=options.place(path))
    missing = [name for name in required if name not in columns and name not in options.columns]
    if missing:
        remedy = ", ".join(f'{name} = "…"' for name in missing)
        raise FormatError(
            f"no column {missing[0]!r}; the columns are {found}; map them in corpus.toml: columns = {{ {remedy} }}",
            path=options.place(path),
        )


def _renamed(found: Iterable[Row], columns: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows with their mapped cells under our names."""
    theirs = frozenset(columns.values())
    for row in found:
        if not columns:
            yield row
            continue
        cells = {name: cell for name, cell in row.cells.items() if name not in theirs}
        cells |= {ours: row.cells[name] for ours, name in columns.items() if name in row.cells}
        yield replace(row, cells=cells)


def _is_full(row: Row, path: Path, required: Sequence[str], notebook: Notebook) -> bool:
    """Whether every required cell is filled; notes the row when not."""
    empty = [name for name in required if not _filled(row.cells.get(name, ""))]
    if empty:
        shown = ", ".join(first for cell in row.cells.values() if (first := cell if isinstance(cell, str) else cell[0]))
        notebook.omit(path, row.line, shown, f"no {' and no '.join(empty)}")
    return not empty


def _filled(cell: Cell) -> bool:
    return any(part.strip() for part in ((cell,) if isinstance(cell, str) else cell))
