"""A CLDF data set as its metadata describe it: which of its tables and columns hold what we read.

Tables are known by `dc:conformsTo` and columns by `propertyUrl`. The ontology has no term for some things that
dictionaries have; their columns are known by foreign keys and by usual names, and `columns` in corpus.toml has the last
word.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ctxlearn.data import clean
from ctxlearn.errors import CorpusError, FormatError
from ctxlearn.formats.base import Options
from ctxlearn.formats.csvw import Column, Row, Sheet, Table, Value, read_metadata, read_table
from ctxlearn.formats.notebook import Notebook

ENTRIES, SENSES, EXAMPLES, LANGUAGES = "EntryTable", "SenseTable", "ExampleTable", "LanguageTable"
TABLES = {"entries": ENTRIES, "examples": EXAMPLES}  # what `tables` in corpus.toml may name


@dataclass(frozen=True, slots=True)
class Field:
    """What one of our column names means: a property of a table, or a column by one of its `usual` names."""

    table: str
    term: str
    names: frozenset[str] = frozenset()


# What `columns` in corpus.toml may map.
FIELDS: Mapping[str, Field] = {
    "headword": Field(ENTRIES, "headword"),
    "part_of_speech": Field(ENTRIES, "partOfSpeech"),
    "variants": Field(ENTRIES, "", frozenset({"variantform", "variant", "alternativeform"})),
    "etymology": Field(ENTRIES, "", frozenset({"etymology", "etymon"})),
    "source_language": Field(ENTRIES, "", frozenset({"sourcelanguage", "borrowedfrom", "donorlanguage"})),
    "gloss": Field(SENSES, "description", frozenset({"definition", "meaning"})),
    "scientific_name": Field(SENSES, "", frozenset({"scientificname"})),
    "example": Field(EXAMPLES, "primaryText"),
    "analyzed_words": Field(EXAMPLES, "analyzedWord"),
    "glosses": Field(EXAMPLES, "gloss"),
    "translation": Field(EXAMPLES, "translatedText"),
    "judgement": Field(EXAMPLES, "grammaticalityJudgement"),
    "source": Field(EXAMPLES, "source", frozenset({"source", "recording", "corpusreference"})),
}
_POINTERS = {
    ENTRIES: ("entryReference", "entryid"),
    SENSES: ("senseReference", "senseid"),
    EXAMPLES: ("exampleReference", "exampleid"),
}


def usual(name: str) -> str:
    """Return a column's name as usual names are compared: its letters in lower case, without a final `s`.

    >>> usual("Variant_Form(s)")
    'variantform'
    """
    return re.sub(r"[^a-z]", "", name.lower().replace("(s)", "")).removesuffix("s")


@dataclass(frozen=True, slots=True)
class Module:
    """The tables of a data set that are read, and the account of them; `foreign` are other languages' ids in it."""

    options: Options
    notebook: Notebook
    sheets: Mapping[str, Sheet]
    foreign: frozenset[str] = frozenset()
    used: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def rows(self, kind: str) -> tuple[Row, ...]:
        """Return a table's rows; none where the data set has no such table."""
        return self.sheets[kind].rows if kind in self.sheets else ()

    def use(self, kind: str, column: Column | None) -> Column | None:
        """Return `column`, remembered as one that is read."""
        if column:
            self.used[kind].add(column.name)
        return column

    def id_column(self, kind: str) -> Column | None:
        """Return the column of a table's ids."""
        return self.use(kind, self.sheets[kind].column("id")) if kind in self.sheets else None

    def home(self, name: str) -> str:
        """Return the kind of table that holds one of our fields; without a table of senses entries hold the glosses."""
        kind = FIELDS[name].table
        return ENTRIES if kind == SENSES and SENSES not in self.sheets else kind

    def field(self, name: str) -> Column | None:
        """Return the column of one of our fields. Raises FormatError when corpus.toml names one that is not there."""
        kind, wanted = self.home(name), FIELDS[name]
        sheet = self.sheets.get(kind)
        if sheet is None:
            return None
        theirs = self.options.columns.get(name)
        if theirs is None:
            by_name = (
                c for c in sheet.columns if not c.term and {usual(t) for t in (c.name, *c.titles)} & wanted.names
            )
            return self.use(kind, (sheet.column(wanted.term) if wanted.term else None) or next(by_name, None))
        column = next((column for column in sheet.columns if column.name == theirs), None)
        if column is None:
            found = ", ".join(repr(column.name) for column in sheet.columns)
            place = self.options.place(sheet.table.path)
            raise FormatError(f"no column {theirs!r} for {name!r}; the columns are {found}", path=place)
        return self.use(kind, column)

    def fields(self, kind: str) -> dict[str, Column | None]:
        """Return the columns of all our fields that a table holds."""
        return {name: self.field(name) for name in FIELDS if self.home(name) == kind}

    def pointers(self, kind: str, target: str) -> list[Column]:
        """Return the columns of one table that point into another: by property, by usual name, else by foreign key."""
        if kind not in self.sheets:
            return []
        columns = self.sheets[kind].columns
        term, name = _POINTERS[target]
        found = [c for c in columns if c.term == term] or [c for c in columns if usual(c.name) == name]
        found = found or [c for c in columns if target in self.sheets and c.target == self.sheets[target].table.url]
        return [column for column in found if self.use(kind, column)]

    def is_foreign(self, kind: str, row: Row) -> bool:
        """Whether a row is in another language than ours."""
        return bool(self.foreign) and text(row, self.sheets[kind].column("languageReference")) in self.foreign

    def place(self, kind: str, row: Row) -> str:
        """Return where a row stands."""
        return self.options.place(self.sheets[kind].table.path, row.line)

    def omit(self, kind: str, row: Row, what: str, why: str) -> None:
        """Note what of a row did not become a record."""
        self.notebook.omit(self.sheets[kind].table.path, row.line, what, why)

    def identify(self, kind: str, row: Row) -> str:
        """Return a row's id; without one, its file's name and its line."""
        given = text(row, self.id_column(kind)) or f"{self.sheets[kind].table.path.stem}:{row.line}"
        return self.notebook.unique(given, self.place(kind, row))

    def note_unread(self) -> None:
        """Note the columns, and the rows in other languages, that nothing was read from."""
        for kind in (ENTRIES, SENSES, EXAMPLES):
            if kind not in self.sheets:
                continue
            sheet, read = self.sheets[kind], {*self.used[kind]}
            read |= {c.name for c in sheet.columns if c.term in ("id", "languageReference", "metaLanguageReference")}
            cells = Counter(
                name for row in sheet.rows for name, value in row.values.items() if value and name not in read
            )
            self.notebook.unread(self.options.place(sheet.table.path), cells)
            if others := sum(self.is_foreign(kind, row) for row in sheet.rows):
                self.notebook.remark(f"{self.options.place(sheet.table.path)}: {others:,} rows are in other languages")


def cell(row: Row, column: Column | None) -> Value:
    """Return what a row has in a column; nothing where there is no such column."""
    return row.values.get(column.name, "") if column else ""


def parts(row: Row, column: Column | None) -> tuple[str, ...]:
    """Return the values of a cell, also of one that is not a list, cleaned."""
    value = cell(row, column)
    return tuple(filter(None, map(clean, (value,) if isinstance(value, str) else value)))


def text(row: Row, column: Column | None) -> str:
    """Return a cell as one clean text."""
    return "; ".join(parts(row, column))


def metadata_files(folder: Path) -> list[Path]:
    """Return the metadata files of a data set's folder, or of the folder `cldf` in it, where repositories keep it."""
    return sorted(folder.glob("*metadata.json")) or sorted(folder.glob("cldf/*metadata.json"))


def start_of(path: Path) -> bytes:
    """Return the beginning of a metadata file, where it says what it conforms to. Raises CorpusError."""
    try:
        with path.open("rb") as file:
            return file.read(1 << 20)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror or error}; is the path in corpus.toml right?") from error


def open_module(path: Path, options: Options) -> Module:
    """Read the tables that are wanted of a data set, given by its folder or its metadata file. Raises FormatError."""
    metadata = _metadata(path)
    unknown = [name for name in options.columns if name not in FIELDS]
    if unknown:
        known = ", ".join(FIELDS)
        raise FormatError(f"columns: no field {unknown[0]!r}; the fields of CLDF are {known}", path=options.place(path))
    described: dict[str, Table] = {}
    for table in read_metadata(metadata, options):
        described.setdefault(table.kind, table)
    wanted = _wanted(described, metadata, options)
    sheets = {kind: read_table(table, options) for kind, table in described.items() if kind in wanted}
    notebook = Notebook(options)
    for sheet in sheets.values():
        for line, broken in sheet.broken:
            notebook.omit(sheet.table.path, line, broken.text, broken.why)
    return Module(options, notebook, sheets, _foreign(sheets, options))


def _metadata(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = metadata_files(path)
    if len(found) > 1:
        found = [file for file in found if b"terms.rdf#Dictionary" in start_of(file)]
    if len(found) != 1:
        what = f"{len(found)} metadata files of a dictionary" if found else "no metadata file of a dictionary"
        raise FormatError(f"{what}; name the one that is meant as the path", path=path)
    return found[0]


def _wanted(described: Mapping[str, Table], metadata: Path, options: Options) -> set[str]:
    """Return the kinds of table to read. Raises FormatError when one that is needed is not described."""
    place = options.place(metadata)
    unknown = [name for name in options.tables if name not in TABLES]
    if unknown:
        raise FormatError(f"tables: expected 'entries' or 'examples', found {unknown[0]!r}", path=place)
    asked = {TABLES[name] for name in options.tables} or {EXAMPLES if options.kind == "parallel" else ENTRIES}
    missing = sorted(asked - described.keys())
    if missing:
        known = ", ".join(sorted(filter(None, described))) or "no table of CLDF"
        raise FormatError(f"no {missing[0]}; it describes {known}", path=place)
    if not options.tables:
        asked.add(EXAMPLES)
    return asked | {LANGUAGES} | ({SENSES} if ENTRIES in asked else set())


def _foreign(sheets: Mapping[str, Sheet], options: Options) -> frozenset[str]:
    """Return the ids of the data set's other languages, where it tells several apart and ours is among them."""
    ours = _own_ids(sheets.get(LANGUAGES), options)
    found: set[str] = set()
    for kind in (ENTRIES, EXAMPLES):
        if kind in sheets:
            column = sheets[kind].column("languageReference")
            found |= {text(row, column) for row in sheets[kind].rows}
    return frozenset(found - ours - {""}) if found & ours else frozenset()


def _own_ids(languages: Sheet | None, options: Options) -> set[str]:
    """Return the ids that the new language has in the data set."""
    ours = {options.language.code, options.language.name}
    if languages is None:
        return ours
    names = [languages.column(term) for term in ("id", "name", "iso639P3code", "glottocode")]
    return ours | {text(row, names[0]) for row in languages.rows if ours & {text(row, name) for name in names}}
