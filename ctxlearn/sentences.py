"""A person's file of sentences: lines of text, or a column of a table (TSV, CSV, XLSX), and what they become.

What a file is, its content says; only among texts the name's ending tells lines from a table. The first row of a table
names its columns. A workbook's first sheet is read, and all else in it stays.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from ctxlearn.errors import FormatError, UsageError
from ctxlearn.export.base import for_xml, one_line
from ctxlearn.export.xlsx import MOST_CHARACTERS
from ctxlearn.formats.base import BROKEN_ZIP, MAX_MEMBER_BYTES, MAX_MEMBER_RATIO
from ctxlearn.formats.delimited import Broken, csv_rows, tsv_rows
from ctxlearn.formats.rows import sniff

if TYPE_CHECKING:
    from ctxlearn.translate import Hypothesis

Kind = Literal["txt", "tsv", "csv", "xlsx"]

ADDED = ("translation", "confidence", "problem", "translated by")
_ZIP = b"PK\x03\x04"
_TABLES: dict[str, Kind] = {".tsv": "tsv", ".tab": "tsv", ".csv": "csv"}


@dataclass(frozen=True, slots=True)
class Sentences:
    """A file as it was read: its rows without the header; those of a text have one cell, and there is no header."""

    name: str
    kind: Kind
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: bytes
    delimiter: str = "\t"

    def column(self, name: str = "") -> int:
        """Return where a column stands; without a name, the only one there is. Raises UsageError."""
        if self.kind == "txt" or (not name and len(self.header) == 1):
            return 0
        if name not in self.header:
            known = ", ".join(map(repr, self.header))
            found = f"no column {name!r}" if name else "which column is to be translated?"
            raise UsageError(f"{self.name}: {found}; the columns are {known}")
        return self.header.index(name)

    def texts(self, column: str = "") -> list[str]:
        """Return the sentences of a column, a text for each row. Raises UsageError."""
        at = self.column(column)
        return [row[at] for row in self.rows]

    def translated(self, hypotheses: Sequence[Hypothesis], system: str) -> bytes:
        """Return the file with the translations: a text line for line, a table with columns that say whose they are."""
        if self.kind == "txt":
            return "".join(f"{one_line(it.text)}\n" for it in hypotheses).encode()
        names: list[str | float] = [_free(name, self.header) for name in ADDED]
        added = [names, *(_added(it, system) for it in hypotheses)]
        if self.kind == "xlsx":
            return _workbook_with(self.data, len(self.header), added)
        rows = [self.header, *self.rows]
        whole = [[*row, *map(str, more)] for row, more in zip(rows, added, strict=True)]
        return "".join(_line(row, self.delimiter) for row in whole).encode()


def read(name: str, data: bytes) -> Sentences:
    """Return a file of sentences. Raises FormatError."""
    if data.startswith(_ZIP):
        header, *rows = _sheet(name, data) or [()]
        return Sentences(name, "xlsx", header, tuple(rows), data)
    text = _text(name, data)
    kind = _TABLES.get(PurePath(name).suffix.lower(), "txt")
    if kind == "txt":
        return Sentences(name, "txt", (), tuple((line,) for line in _lines(text)), data)
    delimiter = "\t" if kind == "tsv" else sniff(text)
    header, *rows = list(_table(name, text, kind, delimiter)) or [()]
    return Sentences(name, kind, header, tuple(rows), data, delimiter)


def _added(it: Hypothesis, system: str) -> list[str | float]:
    if not it.source.strip():
        return [""] * len(ADDED)
    confidence = "" if it.confidence is None else round(it.confidence, 3)
    problem = "" if it.problem is None else f"{it.problem.kind}: {it.problem.text}"
    return [it.text, confidence, problem, f"machine ({system})"]


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name for a new column.

    >>> _free("translation", ["id", "translation"])
    'translation 2'
    """
    names = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    return next(it for it in names if it not in taken)


# -- texts ------------------------------------------------------------------------------------------------------------


def _text(name: str, data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"byte 0x{data[error.start]:02x} is not UTF-8; expected a text, a table or a workbook (.xlsx)"
        raise FormatError(found, path=name, line=line) from error
    if "\0" in text:
        raise FormatError("holds NUL; expected a text, a table or a workbook (.xlsx)", path=name)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _table(name: str, text: str, kind: Kind, delimiter: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows, the header first, each with as many cells as that; a blank line is no row."""
    width = 0
    for line, cells in tsv_rows(text) if kind == "tsv" else csv_rows(text, {"delimiter": delimiter}):
        if isinstance(cells, Broken):
            raise FormatError(cells.why, path=name, line=line, text=cells.text)
        if not any(cell.strip() for cell in cells):
            continue
        width = width or len(cells)
        if len(cells) > width and any(cells[width:]):
            found = f"expected {width} cells, found {len(cells)}"
            raise FormatError(found, path=name, line=line, text=delimiter.join(cells))
        yield (*cells[:width], *[""] * (width - len(cells)))


def _line(cells: Sequence[str], delimiter: str) -> str:
    """Return a row as the readers of tables take it: a cell with a quote, a break or a delimiter in it is quoted."""
    quoted = ['"' + cell.replace('"', '""') + '"' if _needs_quotes(cell, delimiter) else cell for cell in cells]
    return delimiter.join(quoted) + "\n"


def _needs_quotes(cell: str, delimiter: str) -> bool:
    """Whether a cell is quoted; inside one of a TSV a quote is a character like any other."""
    return cell.startswith('"') or any(it in cell for it in (delimiter, "\n", *('"' * (delimiter != "\t"))))


# -- workbooks --------------------------------------------------------------------------------------------------------


def _sheet(name: str, data: bytes) -> list[tuple[str, ...]]:
    """Return the first sheet's rows down to the last that is not empty, each as wide as the first."""
    book = _workbook(name, data, values=True)
    rows = [tuple("" if cell is None else str(cell) for cell in row) for row in book.worksheets[0].values]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max((at for at, cell in enumerate(rows[0], 1) if cell), default=0) if rows else 0
    return [(*row[:width], *[""] * (width - len(row))) for row in rows]


def _workbook(name: str, data: bytes, *, values: bool = False) -> Any:
    """Open a workbook, unless it unpacks to more than an honest one does; with `values`, formulas are their results."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise FormatError("a zip, but not a workbook (.xlsx)", path=name)
        size = sum(it.file_size for it in members)
        if size > min(MAX_MEMBER_BYTES, MAX_MEMBER_RATIO * max(len(data), 1000)):
            raise FormatError(f"unpacks to {size:,} bytes from {len(data):,}; that is how a zip bomb looks", path=name)
        return load_workbook(io.BytesIO(data), data_only=values, keep_links=False)
    except (*BROKEN_ZIP, KeyError, TypeError, AttributeError, InvalidFileException, SyntaxError) as error:
        # SyntaxError: XML's parser raises a kind of it; the others come of workbooks with parts missing
        raise FormatError(f"not a workbook that can be read: {error}", path=name) from error


def _workbook_with(data: bytes, width: int, added: Sequence[Sequence[str | float]]) -> bytes:
    """Return a workbook with further columns at the right of its first sheet; all else in it stays as it was."""
    book = _workbook("", data)
    sheet = book.worksheets[0]
    width = max(width, sheet.max_column)  # what stands there without a name stays, too
    for at, row in enumerate(added, 1):
        for offset, value in enumerate(row, 1):
            cell = sheet.cell(at, width + offset)
            if isinstance(value, str):
                cell.value = for_xml(value)[:MOST_CHARACTERS]
                cell.data_type = "s"  # whatever it begins with
            else:
                cell.value = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
