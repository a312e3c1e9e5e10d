"""Delimited text: rows of cells with the physical line that each begins on.

CSV (RFC 4180; any one-character delimiter): a cell may stand in quotes and then hold delimiters, line breaks and
doubled quotes. A row that breaks this is named, and reading goes on with the next line, so that one forgotten quote
costs one line.

TSV: a cell is what stands between two tabs. A quote is a character like any other, for people write TSV by hand and
sentences begin with quotes; only a cell that is quoted properly from its first to its last character loses its quotes,
as spreadsheets write it. Such a cell may hold tabs or line breaks where the row has its right number of cells only so,
but not both at once: a quote that opens in one row's last cell and closes in the next row's first would look like that.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict

MAX_CELL_LINES = 50  # no cell of a TSV runs on for longer; an unclosed quote would otherwise search the whole file

_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"')
_CELL = re.compile(r'("[^"]*(?:""[^"]*)*")(?=[\t\n]|\Z)|[^\t\n]*')


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands where a row was expected, and what is wrong with it."""

    text: str
    why: str


class Dialect(TypedDict, total=False):
    """What the csv module is told about a file."""

    delimiter: str
    quotechar: str | None
    doublequote: bool
    escapechar: str | None
    skipinitialspace: bool
    quoting: Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE


def csv_rows(text: str, dialect: Dialect) -> Iterator[tuple[int, list[str] | Broken]]:
    """Yield each row's line and cells; a blank line is a row without cells."""
    # Not splitlines: it would also part a cell at a form feed or U+2028.
    lines = [line + "\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    start = 0
    while start < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(start, len(lines))), strict=True, **dialect)
        first = start
        try:
            for cells in reader:
                yield first + 1, cells
                first = start + reader.line_num
            return
        except csv.Error as error:
            yield first + 1, Broken(lines[first].rstrip("\n"), _explain(str(error)))
            start = first + 1


def _explain(error: str) -> str:
    """Say what the csv module means.

    >>> _explain("unexpected end of data")
    'a quote that opens on this line is not closed'
    """
    if "end of data" in error:
        return "a quote that opens on this line is not closed"
    if "field limit" in error:
        return f"a cell of more than {csv.field_size_limit():,} characters; is a quote on this line not closed?"
    if "expected after" in error:
        return "text after a closing quote; a quote inside a quoted cell is written twice"
    return error


def tsv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    r"""Yield each row's line and cells; the first row says how many cells there should be.

    >>> list(tsv_rows('a\tb\n"He," she said\t"x"'))
    [(1, ['a', 'b']), (2, ['"He," she said', 'x'])]
    """
    lines = text.removesuffix("\n").split("\n") if text else []
    width, position = 0, 0
    while position < len(lines):
        cells, taken = lines[position].split("\t"), 1
        if '"' in lines[position]:
            cells, taken = _with_quotes(lines, position, width)
        yield position + 1, cells
        width = width or len(cells)
        position += taken


def _with_quotes(lines: list[str], position: int, width: int) -> tuple[list[str], int]:
    """Return the cells of the row that begins at `position`, and how many lines it takes."""
    literal = lines[position].split("\t")
    if all(map(_is_closed, literal)) and len(literal) == (width or len(literal)):
        return [_unquoted(cell) for cell in literal], 1
    quoted = _read_quoted("\n".join(lines[position : position + MAX_CELL_LINES]))
    if quoted and len(quoted[0]) == (width or len(quoted[0])):
        return quoted
    return [_unquoted(cell) for cell in literal], 1


def _is_closed(cell: str) -> bool:
    return not cell.startswith('"') or _QUOTED.fullmatch(cell) is not None


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') and _QUOTED.fullmatch(cell) else cell


def _read_quoted(text: str) -> tuple[list[str], int] | None:
    """Return the first row of `text`, read with quotes that may hold tabs or line breaks; None when one holds both."""
    cells: list[str] = []
    position = 0
    while match := _CELL.match(text, position):
        if match[1] and "\n" in match[1] and "\t" in match[1]:
            return None
        cells.append(_unquoted(match[0]))
        position = match.end()
        if text[position : position + 1] != "\t":
            break
        position += 1
    return cells, text.count("\n", 0, position) + 1
