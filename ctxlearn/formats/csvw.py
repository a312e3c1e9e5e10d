"""Tables as the W3C's CSV on the Web has them: metadata in JSON that name CSV files, their columns and dialects.

Read are, of a table: `url` (with `.zip` behind it where only that is there), `dc:conformsTo`, `dialect`, `tableSchema`
with `columns` and `foreignKeys`; of a column: `name`, `titles`, `propertyUrl`, `separator`, `null`, `default`,
`virtual`, inherited as the standard says (Metadata Vocabulary for Tabular Data, section 5.7). The header of a CSV file
overrides the metadata: a column that only one of the two names is read as far as it goes.
"""

from __future__ import annotations

import csv
import json
import os.path
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ctxlearn.errors import FormatError
from ctxlearn.formats.archive import sole_member
from ctxlearn.formats.base import Options, read_bytes, read_text
from ctxlearn.formats.delimited import Broken, Dialect, csv_rows

Value = str | tuple[str, ...]

_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODINGS = {"utf-8-bom": "utf-8-sig"}  # R's name for it


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `term` is its property in the ontology (`headword`), `target` the url of the table it points into."""

    name: str
    term: str = ""
    titles: tuple[str, ...] = ()
    separator: str = ""
    null: tuple[str, ...] = ("",)
    default: str = ""
    virtual: bool = False
    target: str = ""

    def value(self, cell: str) -> Value:
        """Return what a cell holds: a tuple in a column with a separator; nothing (`""`, `()`) for a null."""
        cell = cell or self.default
        if not self.separator:
            return "" if cell in self.null else cell
        if not cell or cell in self.null:
            return ()
        return tuple("" if part in self.null else part for part in cell.split(self.separator))


@dataclass(frozen=True, slots=True)
class Table:
    """One table: `kind` is what it conforms to (`EntryTable`), `path` the file that holds it."""

    url: str
    kind: str
    path: Path
    columns: tuple[Column, ...]
    dialect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the physical line that it begins on, its values by column name."""

    line: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as its file has it: the columns that can hold something, the rows, and the lines that cannot be read."""

    table: Table
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    broken: tuple[tuple[int, Broken], ...]

    def column(self, *terms: str) -> Column | None:
        """Return the first column of one of these properties, if there is one."""
        return next((column for column in self.columns if column.term in terms), None)


def read_metadata(path: Path, options: Options) -> tuple[Table, ...]:
    """Return the tables that a metadata file describes. Raises FormatError."""
    text = read_text(path, options)
    try:
        group = json.loads(text, parse_int=_number)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1]
        place = options.place(path)
        raise FormatError(
            f"not JSON: {error.msg}", path=place, line=error.lineno, text=line, column=error.colno - 1
        ) from error
    except RecursionError as error:
        raise FormatError("nested too deeply to be metadata", path=options.place(path)) from error
    group = _object(group)
    described = _objects(group.get("tables")) or ([group] if "url" in group else [])
    return tuple(_table(table, group, path, options) for table in described)


def _number(digits: str) -> int | str:
    """Return a number of the metadata; one too long to be meant stays text."""
    return int(digits) if len(digits) < 19 else digits


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _string(value: Any) -> str:
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else ""


def _strings(value: Any) -> tuple[str, ...]:
    """Return the texts of a value that may be one text, a list of them, or lists by language."""
    if isinstance(value, dict):
        return tuple(text for part in value.values() for text in _strings(part))
    return tuple(map(_string, value)) if isinstance(value, list) else (_string(value),) if value is not None else ()


def _table(table: Mapping[str, Any], group: Mapping[str, Any], path: Path, options: Options) -> Table:
    schema = _object(table.get("tableSchema"))
    targets = dict(_targets(schema))
    columns = [
        _column(column, number, (column, schema, table, group), targets)
        for number, column in enumerate(_objects(schema.get("columns")), start=1)
    ]
    url = _string(table.get("url"))
    kind = _string(table.get("dc:conformsTo")).rpartition("#")[2]
    dialect = _object(table.get("dialect")) or _object(group.get("dialect"))
    return Table(url, kind, _locate(url, path, options), tuple(columns), dialect)


def _targets(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each column that alone is a foreign key, and the url of the table that it points into."""
    for key in _objects(schema.get("foreignKeys")):
        names = _strings(key.get("columnReference"))
        resource = _string(_object(key.get("reference")).get("resource"))
        if len(names) == 1 and resource:
            yield names[0], resource


def _column(
    column: Mapping[str, Any], number: int, chain: Sequence[Mapping[str, Any]], targets: Mapping[str, str]
) -> Column:
    titles = tuple(filter(None, _strings(column.get("titles"))))
    name = _string(column.get("name")) or (titles[0] if titles else f"_col.{number}")
    return Column(
        name,
        term=_string(column.get("propertyUrl")).rpartition("#")[2],
        titles=titles,
        separator=_string(_inherited("separator", chain)),
        null=_strings(_inherited("null", chain)) or ("",),
        default=_string(_inherited("default", chain)),
        virtual=column.get("virtual") is True,
        target=targets.get(name, ""),
    )


def _inherited(name: str, chain: Sequence[Mapping[str, Any]]) -> Any:
    return next((description[name] for description in chain if description.get(name) is not None), None)


def _locate(url: str, metadata: Path, options: Options) -> Path:
    """Return the file of a table; one outside the metadata's folder is refused, for it is no part of the data set."""
    folder = Path(os.path.normpath(metadata.parent))
    path = Path(os.path.normpath(folder / unquote(url)))
    within = path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts
    if not url or not within or "\0" in unquote(url):
        raise FormatError(f"expected the url of a table in this folder, found {url!r}", path=options.place(metadata))
    return path


def read_table(table: Table, options: Options) -> Sheet:
    """Read a table's file. Raises FormatError, CorpusError."""
    cells = _cells(table, options)
    placed = list(enumerate(_real(table)))
    width = 0
    if _has_header(table):
        line, header = next(cells, (1, []))
        if isinstance(header, Broken):
            raise FormatError(header.why, path=options.place(table.path), line=line, text=header.text)
        width, placed = len(header), list(_headed(header, table))
    columns = [column for _, column in placed]
    constant = [column for column in table.columns if column not in columns and column.default]
    given = {column.name: column.value("") for column in constant}
    rows: list[Row] = []
    broken: list[tuple[int, Broken]] = []
    for line, row in cells:
        if isinstance(row, Broken):
            broken.append((line, row))
        elif width and len(row) != width:
            broken.append((line, Broken(" ".join(row), f"expected {width} fields, found {len(row)}")))
        else:
            values = {column.name: column.value(row[number]) for number, column in placed if number < len(row)}
            rows.append(Row(line, given | values))
    return Sheet(table, (*columns, *constant), tuple(rows), tuple(broken))


def _has_header(table: Table) -> bool:
    return table.dialect.get("header", True) is not False


def _real(table: Table) -> list[Column]:
    return [column for column in table.columns if not column.virtual]


def _headed(header: Sequence[str], table: Table) -> Iterator[tuple[int, Column]]:
    """Yield the number and the description of each column of the file; of two with one name the first counts."""
    seen = set()
    for number, name in enumerate(header):
        described = next((c for c in _real(table) if name == c.name or name in c.titles), Column(name))
        if name and described.name not in seen:
            seen.add(described.name)
            yield number, described


def _cells(table: Table, options: Options) -> Iterator[tuple[int, list[str] | Broken]]:
    """Yield the rows of the file as the dialect has them, without comments and blank rows."""
    dialect = table.dialect
    comment = dialect.get("commentPrefix", "#")
    skipped = _count(dialect.get("skipRows"), 0)
    heads = _count(dialect.get("headerRowCount"), 1) if _has_header(table) else 0
    wanted = csv_rows(_file_text(table, options), _python_dialect(table, options))
    number = 0
    for line, cells in wanted:
        if not isinstance(cells, Broken):
            if line <= skipped or not any(cells) or (comment and cells[0].startswith(str(comment))):
                continue
            cells = [_trimmed(cell, dialect.get("trim")) for cell in cells[_count(dialect.get("skipColumns"), 0) :]]
        number += 1
        if not 1 < number <= heads:  # of several header rows the first names the columns
            yield line, cells


def _count(value: Any, default: int) -> int:
    return value if isinstance(value, int) and 0 <= value < 1_000_000 else default


def _trimmed(cell: str, trim: Any) -> str:
    if trim in (True, "true"):
        return cell.strip()
    return cell.lstrip() if trim == "start" else cell.rstrip() if trim == "end" else cell


def _python_dialect(table: Table, options: Options) -> Dialect:
    given = table.dialect
    double = given.get("doubleQuote", True) is not False
    quote = given.get("quoteChar", '"')
    dialect = Dialect(
        delimiter=given.get("delimiter", ","),
        quotechar=quote,
        quoting=csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL,
        doublequote=double,
        escapechar=None if double else "\\",
        skipinitialspace=given.get("skipInitialSpace") is True,
    )
    try:
        csv.reader([], **dialect)
    except (TypeError, ValueError, csv.Error) as error:
        raise FormatError(f"its dialect cannot be read: {error}", path=options.place(table.path)) from error
    return dialect


def _file_text(table: Table, options: Options) -> str:
    """Return the text of a table's file, out of the zip beside it where there is only that."""
    path = table.path
    zipped = path.with_name(path.name + ".zip")
    if not _is_file(path) and _is_file(zipped):
        options = replace(options, member=sole_member(zipped, path.name))
        path = zipped
    encoding = _string(table.dialect.get("encoding")).lower() or "utf-8"
    encoding = _ENCODINGS.get(encoding, encoding)
    if encoding in ("utf-8", "utf8", "utf-8-sig", "utf-16"):
        return read_text(path, options)
    try:
        text = read_bytes(path, options).decode(encoding)
    except (LookupError, UnicodeError, ValueError) as error:
        raise FormatError(f"cannot be read as {encoding!r}: {error}", path=options.place(path)) from error
    return _SURROGATE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be read
        return False
