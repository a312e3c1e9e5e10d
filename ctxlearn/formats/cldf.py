"""CLDF: dictionaries and examples as Cross-Linguistic Data Formats 1.3 (https://cldf.clld.org) keep them.

    EntryTable    id, headword, partOfSpeech, languageReference
    SenseTable    id, description, entryReference
    ExampleTable  id, primaryText, analyzedWord, gloss, translatedText, languageReference; and what points to senses

An entry's notes are its relations to others ("synonym: dari"), its origin ("from Dutch hond") and its scientific
name. Morphemes that stand apart in an example are joined into words. How tables and columns are found: cldf_module.py.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from ctxlearn.data import Entry, Example, Sense, clean
from ctxlearn.errors import CorpusError
from ctxlearn.formats.base import Format, Material, Options
from ctxlearn.formats.cldf_module import (
    ENTRIES,
    EXAMPLES,
    SENSES,
    Module,
    cell,
    metadata_files,
    open_module,
    parts,
    start_of,
    text,
    usual,
)
from ctxlearn.formats.csvw import Column, Row
from ctxlearn.formats.glossed import joined, judged
from ctxlearn.igt import surface

Columns = Mapping[str, Column | None]
Links = dict[str, list[str]]  # by the id of a sense or an entry
Noted = list[tuple[str, Column]]  # labels, and the columns whose cells they stand before

# Columns without a term whose cells are worth a note, by their usual names; columns that point to entries are too.
_NOTED = frozenset({"synonym", "antonym", "mainentry", "contain", "crossreference", "literalmeaning", "usage"})


def recognise(path: Path) -> bool:
    """Whether `path` is a metadata file that names CLDF, or a folder with one."""
    found = [path] if path.name.endswith("metadata.json") and path.is_file() else metadata_files(path)
    try:
        return any(b"cldf.clld.org" in start_of(file) for file in found)
    except CorpusError:
        return False


def read(path: Path, options: Options) -> Material:
    """Read a data set by its metadata. Raises FormatError when it has not the tables that are wanted."""
    module = open_module(path, options)
    by_sense: Links = defaultdict(list)
    by_entry: Links = defaultdict(list)
    examples = tuple(_examples(module, by_sense, by_entry)) if EXAMPLES in module.sheets else ()
    entries = tuple(_entries(module, by_sense, by_entry)) if ENTRIES in module.sheets else ()
    module.notebook.uneven(examples)
    module.note_unread()
    counts = {"entries": len(entries), "senses": sum(len(e.senses) for e in entries), "examples": len(examples)}
    return Material(entries, examples, report=module.notebook.report(counts))


def _examples(module: Module, by_sense: Links, by_entry: Links) -> Iterator[Example]:
    """Yield the examples, and enter in the two tables what they point to."""
    columns = module.fields(EXAMPLES)
    links = [
        (pointer, table)
        for kind, table in ((SENSES, by_sense), (ENTRIES, by_entry))
        for pointer in module.pointers(EXAMPLES, kind)
    ]
    for row in module.rows(EXAMPLES):
        if module.is_foreign(EXAMPLES, row):
            continue
        example = _example(row, columns, module)
        if example:
            yield example
            for pointer, table in links:
                for target in parts(row, pointer):
                    table[target].append(example.id)


def _example(row: Row, columns: Columns, module: Module) -> Example | None:
    words, glosses = joined(_morphemes(row, columns["analyzed_words"]), _morphemes(row, columns["glosses"]))
    mark, primary = judged(text(row, columns["example"]) or surface(words, glosses))
    translated = text(row, columns["translation"])
    if not primary or not translated:
        module.omit(EXAMPLES, row, primary or translated, "no translation" if primary else "no sentence")
        return None
    return Example(
        primary,
        translated,
        words,
        glosses,
        judgement=text(row, columns["judgement"]) or mark,
        source=text(row, columns["source"]),
        id=module.identify(EXAMPLES, row),
        place=module.place(EXAMPLES, row),
    )


def _morphemes(row: Row, column: Column | None) -> list[str]:
    """Return the parts of an interlinear line; empty ones too, for they keep words and glosses abreast."""
    value = cell(row, column)
    return value.split() if isinstance(value, str) else list(value)


def _entries(module: Module, by_sense: Links, by_entry: Links) -> Iterator[Entry]:
    columns, identifier = module.fields(ENTRIES), module.id_column(ENTRIES)
    headwords = _headwords(module, columns["headword"], identifier)
    noted = {kind: _noted(module, kind) for kind in (ENTRIES, SENSES)}
    senses, notes = _senses(module, headwords, by_sense, noted[SENSES])
    seen: set[str] = set()
    for row in module.rows(ENTRIES):
        key, headword = text(row, identifier), text(row, columns["headword"])
        no_sense = "no sense" if key not in seen else f"the id {key!r} stood before; that entry has the senses"
        seen.add(key)
        own = senses.pop(key, [])  # of two entries with one id the first has the senses
        if module.is_foreign(ENTRIES, row):
            continue
        if not headword or not own:
            module.omit(ENTRIES, row, headword or key, no_sense if headword else "no headword")
            continue
        own[0] = Sense(own[0].description, tuple(dict.fromkeys((*own[0].examples, *by_entry.get(key, ())))))
        remarks = [
            *_origin(row, columns),
            *_notes(row, noted[ENTRIES], headwords, ENTRIES, module),
            *notes.pop(key, []),
        ]
        yield Entry(
            headword,
            tuple(own),
            part_of_speech=text(row, columns["part_of_speech"]),
            variants=tuple(filter(None, map(clean, re.split(r"\s*;\s*", text(row, columns["variants"]))))),
            notes=tuple(dict.fromkeys(remarks)),
            language=module.options.headwords or module.options.language.code,
            id=module.identify(ENTRIES, row),
            place=module.place(ENTRIES, row),
        )


def _headwords(module: Module, column: Column | None, identifier: Column | None) -> dict[str, str]:
    """Return the headword of each entry, and of each sense, by id; of two rows with one id the first counts."""
    found = {text(row, identifier): text(row, column) for row in reversed(module.rows(ENTRIES))}
    own, pointers = module.id_column(SENSES), module.pointers(SENSES, ENTRIES)
    by_sense = {text(row, own): found.get(text(row, pointers[0]), "") for row in module.rows(SENSES) if pointers}
    return {key: headword for key, headword in (by_sense | found).items() if key and headword}


def _senses(
    module: Module, headwords: Mapping[str, str], by_sense: Links, noted: Noted
) -> tuple[dict[str, list[Sense]], Links]:
    """Return each entry's senses and the notes that stand with them, by the entry's id."""
    senses: dict[str, list[Sense]] = defaultdict(list)
    notes: Links = defaultdict(list)
    kind = module.home("gloss")
    description, scientific = module.field("gloss"), module.field("scientific_name")
    identifier = module.id_column(kind)
    pointers = module.pointers(SENSES, ENTRIES) if kind == SENSES else [identifier]
    known = {text(row, module.id_column(ENTRIES)) for row in module.rows(ENTRIES)}
    to_examples = module.pointers(kind, EXAMPLES) if EXAMPLES in module.sheets else []
    for row in module.rows(kind):
        gloss, key = text(row, description), text(row, identifier)
        entries = [entry for pointer in pointers for entry in parts(row, pointer)]
        for entry in entries or [""]:
            if entry not in known:
                module.omit(kind, row, gloss, f"no entry {entry!r}")
        if not gloss:
            module.omit(kind, row, key, "no description")
            continue
        examples = [*by_sense.get(key, ()), *(target for pointer in to_examples for target in parts(row, pointer))]
        remarks = [f"scientific name: {name}" for name in parts(row, scientific)]
        remarks += _notes(row, noted, headwords, kind, module) if kind == SENSES else []
        for entry in entries:
            senses[entry].append(Sense(gloss, tuple(dict.fromkeys(examples))))
            notes[entry] += remarks
    return senses, notes


def _noted(module: Module, kind: str) -> Noted:
    """Return the columns of a table that become notes: those that point to other entries, and some by name."""
    if kind not in module.sheets:
        return []
    urls = {module.sheets[target].table.url for target in (ENTRIES, SENSES) if target in module.sheets}
    to_own_entry = module.pointers(SENSES, ENTRIES) if kind == SENSES else []
    found = [
        column
        for column in module.sheets[kind].columns
        if (column.target in urls or (not column.term and usual(column.name) in _NOTED)) and column not in to_own_entry
    ]
    return [(_label(column.name), column) for column in found if module.use(kind, column)]


def _label(name: str) -> str:
    """Return how a note of a column begins.

    >>> _label("Main_Entry"), _label("Entry_IDs")
    ('main entry', 'see also')
    """
    return "see also" if usual(name).endswith("id") else clean(name.replace("_", " ")).lower()


def _notes(row: Row, noted: Noted, headwords: Mapping[str, str], kind: str, module: Module) -> list[str]:
    """Return a row's notes, ids in them resolved to headwords; those that point nowhere are reported."""
    notes = []
    for label, column in noted:
        values = parts(row, column)
        lost = [value for value in values if value not in headwords] if column.target else []
        for value in lost:
            module.omit(kind, row, value, f"{column.name}: no entry of this id")
        shown = [headwords.get(value, value) for value in values if value not in lost]
        if shown:
            notes.append(f"{label}: {', '.join(shown)}")
    return notes


def _origin(row: Row, columns: Columns) -> list[str]:
    etymon, language = text(row, columns["etymology"]), text(row, columns["source_language"])
    if language:
        return [f"from {language} {etymon}".strip()]
    return [f"etymology: {etymon}"] if etymon else []


FORMAT = Format(
    name="cldf",
    about="CLDF dictionaries and examples, by their metadata file",
    kinds=frozenset({"dictionary", "parallel"}),
    extensions=("-metadata.json",),
    recognise=recognise,
    read=read,
)
