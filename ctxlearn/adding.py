"""How a file becomes a source of a corpus: what kind it is, whether it can be read, and what corpus.toml says of it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ctxlearn import formats, manifest_writing, uploads
from ctxlearn.corpus import Part, TestSet, options, read_test
from ctxlearn.data import KINDS, Kind, Language, Policy
from ctxlearn.errors import CorpusError, FormatError, UsageError
from ctxlearn.formats import cldf, rows, table
from ctxlearn.formats.base import Format
from ctxlearn.manifest import FILE, Corpus, Source, Test
from ctxlearn.manifest_writing import Value
from ctxlearn.splitting import Split
from ctxlearn.uploads import Upload


def read(corpus: Corpus, source: Source, kind: Kind | None) -> Part:
    """Read a source as the kind given, else as the first kind that it can be read as; its own kind does not count.

    What is given back knows its kind and format. Raises CorpusError, also when no record could be read.
    """
    failed: dict[Kind, FormatError] = {}
    for choice, form in _ways(source, kind):
        it = replace(source, kind=choice, format=form.name)
        try:
            return Part(it, form.read(it.path, options(corpus, it)))
        except FormatError as error:
            failed[choice] = error
    raise _unreadable(source, failed)


def _ways(source: Source, kind: Kind | None) -> list[tuple[Kind, Format]]:
    """Return the kinds that the file may be, each with the format it would be read as; at least one."""
    kinds = (kind,) if kind else KINDS
    if source.format:
        form = formats.get(source.format)
        if kind and kind not in form.kinds:
            raise UsageError(f"the format {form.name} holds {' or '.join(sorted(form.kinds))}, not {kind!r}")
        return [(choice, form) for choice in kinds if choice in form.kinds]
    ways: list[tuple[Kind, Format]] = []
    for choice in kinds:
        with suppress(FormatError):
            ways.append((choice, formats.recognise(source.path, choice, source.member)))
    return ways or [(kinds[0], formats.recognise(source.path, kinds[0], source.member))]


def _unreadable(source: Source, failed: Mapping[Kind, FormatError]) -> CorpusError:
    """Return one error for all the kinds that were tried."""
    messages = list(dict.fromkeys(map(str, failed.values())))
    if len(messages) == 1:
        return CorpusError(f"{messages[0]}\nnothing was added")
    shown = "\n".join(f"as {kind}: {error}" for kind, error in failed.items())
    remedy = "--kind says what it is, --column OURS=THEIRS what its columns are called"
    return CorpusError(f"{source.path}: what kind of source is it? {remedy}\n{shown}\nnothing was added")


# -- files that a browser sent ----------------------------------------------------------------------------------------

TEST = "test set"  # what an uploaded file may be beside a source


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a file, and reading it cannot tell."""

    name: str
    policy: Policy
    licence: str = ""
    cite: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def trial(corpus: Corpus, name: str, content: bytes, draft: Source, kind: str) -> Part | TestSet:
    """Read an uploaded file as the source it would be, or, with the kind TEST, as a test set; nothing is kept of it.

    Messages and places name the file as the person does. An empty `kind` finds out. Raises CorpusError, UsageError.
    """
    with uploads.at_hand(name, content) as upload:
        try:
            if kind == TEST:
                return read_test(corpus, Test(draft.id, upload.path, columns=draft.columns))
            part = read(corpus, replace(draft, path=upload.path), next((it for it in KINDS if it == kind), None))
        except CorpusError as error:
            raise CorpusError(upload.named(str(error)).removesuffix("\nnothing was added")) from error
        report = part.material.report
        report = replace(
            report,
            left_out=tuple(replace(it, place=upload.named(it.place)) for it in report.left_out),
            remarks=(
                *map(upload.named, report.remarks),
                *(f"{it}: in the archive, and no reader knows it" for it in upload.ignored),
            ),
        )
        material = part.material
        if not (material.entries or material.examples or material.blocks):
            raise CorpusError(f"{upload.name}: no record could be read")
        return replace(part, material=replace(material, report=report))


def enter(corpus: Corpus, name: str, content: bytes, read: Part | TestSet, said: Said) -> Upload:
    """Keep an uploaded file in the corpus's folder, and enter it in corpus.toml as it was read by `trial`.

    Raises CorpusError, UsageError, StoreError.
    """
    upload = uploads.keep(corpus.folder, name, content)
    check_new(corpus, upload.path)
    if isinstance(read, TestSet):
        test = Test(said.name, upload.path, policy=said.policy, columns=said.columns)
        kind, fields = "test", fields_of_test(corpus, test, upload.path)
    else:
        source = replace(
            read.source, id=said.name, path=upload.path, policy=said.policy, licence=said.licence, cite=said.cite
        )
        kind, fields = "source", fields_of_source(corpus, source)
    manifest_writing.append(corpus.file, [manifest_writing.table(kind, fields)])
    return upload


# -- a table's columns ------------------------------------------------------------------------------------------------

# What people call a column that we call so, beside the names of the two languages.
_CALLED = {
    "headword": ("lexeme", "lemma", "word", "entry", "form", "lx", "lexical unit", "citation form"),
    "gloss": ("definition", "meaning", "sense", "translation", "ge", "de", "description"),
    "part_of_speech": ("pos", "ps", "part of speech", "category", "word class", "grammatical info"),
    "example": ("example sentence", "sentence", "xv"),
    "translation": ("example translation", "sentence translation", "xe", "free translation"),
    "source": ("text", "reference", "recording", "speaker"),
    "id": ("key", "no", "number", "nr"),
}


def columns(corpus: Corpus, name: str, content: bytes) -> tuple[str, ...]:
    """Return what the columns of an uploaded table are called, in its order; none when it is no table.

    Raises CorpusError, UsageError.
    """
    with uploads.at_hand(name, content) as upload:
        if not table.recognise(upload.path) or cldf.recognise(upload.path):
            return ()
        try:
            found, _ = rows.rows(upload.path, options(corpus, Test("", upload.path)))
        except CorpusError as error:
            raise CorpusError(upload.named(str(error))) from error
    return tuple(dict.fromkeys(name for row in found for name in row.cells))


def kind_of(theirs: Collection[str], said: str, corpus: Corpus) -> Kind:
    """Return what a table with these columns is: the kind that was said, or the first whose columns are there."""
    if said == TEST:
        return "parallel"
    for kind in ("dictionary", "parallel", "text"):
        required, _ = table.columns(kind, *corpus.codes)
        if said == kind or (not said and set(required) <= {*theirs, *guessed(theirs, kind, corpus)}):
            return kind
    return "dictionary"


def guessed(theirs: Collection[str], kind: Kind, corpus: Corpus) -> dict[str, str]:
    """Return which of a table's columns are probably meant by ours, where they are not called so already."""
    required, optional = table.columns(kind, *corpus.codes)
    named = {corpus.language.code: corpus.language.name, corpus.contact.code: corpus.contact.name}
    also = {"headword": (corpus.language.name,), "gloss": (corpus.contact.name,)}
    free = {name.casefold().strip(): name for name in theirs if name not in (*required, *optional)}
    found: dict[str, str] = {}
    for ours in (*required, *optional):
        if ours in theirs:
            continue
        calls = (ours, ours.replace("_", " "), named.get(ours, ours), *also.get(ours, ()), *_CALLED.get(ours, ()))
        name = next((free.pop(it.casefold()) for it in calls if it.casefold() in free), None)
        if name is not None:
            found[ours] = name
    return found


# -- what corpus.toml will say ----------------------------------------------------------------------------------------


def start(name: str, code: str, contact_name: str, contact_code: str) -> Path:
    """Make a corpus below ./corpora, in a folder called after the language, and return the folder.

    Raises UsageError, CorpusError.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    folder = Path("corpora") / (re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or code.lower())
    text = manifest_writing.new(Language(name, code), Language(contact_name, contact_code))
    manifest_writing.make(folder / FILE, text)
    return folder


def check_new(corpus: Corpus, path: Path) -> None:
    """Raise UsageError when a file is not there, or stands in corpus.toml already."""
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    known = [it.path for it in corpus.sources] + [it.path for it in corpus.tests if it.path is not None]
    if path.resolve() in [it.resolve() for it in known]:
        raise UsageError(f"{path}: stands in {corpus.file} already; what is said of it is changed there")


def free_id(corpus: Corpus, path: Path, others: Collection[str] = ()) -> str:
    """Return an id for a source: its file's name, with the ending only when that alone is taken. Raises UsageError."""
    taken = {source.id for source in corpus.sources} | set(others)
    name = path.resolve()
    for choice in (name.stem, name.name):
        if choice and choice not in taken:
            return choice
    raise UsageError(f"source id {name.name!r} stands in {corpus.file} already; give another with --id")


def written(corpus: Corpus, path: Path) -> str:
    """Return a path as corpus.toml has it: relative in the corpus's folder, else as it was given, absolute or not."""
    folder, given = corpus.folder.absolute(), Path(os.path.normpath(path.absolute()))
    if given.is_relative_to(os.path.normpath(folder)):
        return given.relative_to(os.path.normpath(folder)).as_posix()
    if path.is_absolute():
        return str(path)
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(given)


def fields_of_source(corpus: Corpus, source: Source) -> dict[str, Value]:
    """Return the fields of a `[[source]]`, in the order in which a person reads them."""
    return {
        "id": source.id,
        "kind": source.kind,
        "path": written(corpus, source.path),
        "format": source.format,
        "policy": source.policy,
        "licence": source.licence,
        "cite": source.cite,
        "member": source.member,
        "password_env": source.password_env,
        "tables": source.tables,
        "columns": source.columns or {},
        "headwords": source.headwords,
    }


def fields_of_split(split: Split, name: str, policy: Policy) -> dict[str, Value]:
    """Return the fields of a `[[test]]` that is drawn from a source."""
    return {"name": name, "ids": f"{name}.ids", "source": split.source, "policy": policy}


def hold_out(corpus: Corpus, split: Split, name: str) -> None:
    """Write the ids of a split beside corpus.toml, and enter it there as a test set. Raises UsageError, CorpusError."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise UsageError(f"test set {name!r}: expected a name of letters, digits, - and _, for a file is called so")
    path = corpus.folder / f"{name}.ids"
    if path.exists() or name in {it.name for it in corpus.tests}:
        raise UsageError(f"test set {name!r}: there already in {corpus.folder}; choose another name")
    policy = next(it.policy for it in corpus.sources if it.id == split.source)
    manifest_writing.put(path, split.file().encode())
    try:
        manifest_writing.append(corpus.file, [manifest_writing.table("test", fields_of_split(split, name, policy))])
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def fields_of_test(corpus: Corpus, test: Test, path: Path) -> dict[str, Value]:
    """Return the fields of a `[[test]]` that stands in a file of its own."""
    return {
        "name": test.name,
        "path": written(corpus, path),
        "policy": test.policy,
        "member": test.member,
        "password_env": test.password_env,
        "columns": test.columns or {},
    }
