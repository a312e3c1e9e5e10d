"""`ctxlearn add`: read a file, show what came of it, and enter it in corpus.toml as a source or a test set."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn.commands import output, report

if TYPE_CHECKING:
    from ctxlearn.corpus import Part, TestSet
    from ctxlearn.data import Kind
    from ctxlearn.errors import CorpusError, FormatError
    from ctxlearn.formats.base import Format
    from ctxlearn.manifest import Corpus, Source
    from ctxlearn.manifest_writing import Value

PREVIEW = 3  # records shown of each kind
WIDTH = 110  # characters of a previewed line
POLICY_NOTE = "no --policy was given, so it is local-only: no hosted model will read it; open and no-retention allow more"


@dataclass(frozen=True, slots=True)
class Addition:
    """One table to enter in corpus.toml, and what reading its file gave."""

    table: str
    fields: dict[str, Value]
    found: Mapping[str, Any]
    preview: list[str]
    report: list[str]


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    from ctxlearn.data import KINDS, POLICIES

    add = parser.add_argument
    add("corpus", metavar="CORPUS", help="the corpus to add to")
    add("files", metavar="FILE", type=Path, nargs="+", help="a file or a folder; each becomes a source")
    add("--kind", choices=KINDS, help="what it is (default: guessed from the format and the columns)")
    add("--format", default="", help="its format (default: recognised)")
    add("--policy", choices=POLICIES, help="may a hosted model read it, and keep it? (default: local-only)")
    add("--id", default="", help="the source's id (default: the file's name without its ending)")
    add("--licence", default="", help="its licence, such as 'CC BY 4.0'")
    add("--cite", default="", help="how to cite it")
    add("--column", action="append", default=[], metavar="OURS=THEIRS", help="a column by our name and the file's")
    add("--headwords", default="", metavar="CODE", help="the language of a dictionary's headwords (default: the new one)")
    add("--table", action="append", default=[], metavar="NAME", help="which tables of the file to read (default: all)")
    add("--member", default="", metavar="NAME", help="which file of a zip to read")
    add("--password-env", default="", metavar="VARIABLE", help="the environment variable that holds the zip's password")
    add("--test", default="", metavar="NAME", help="enter the file as the held-out test set NAME, not as a source")
    add("--dry-run", action="store_true", help="show what would be entered, write nothing")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Read all files first; corpus.toml is written only when every one of them could be read."""
    from ctxlearn import manifest, manifest_writing
    from ctxlearn.errors import UsageError

    corpus = manifest.open_corpus(args.corpus)
    if len(args.files) > 1 and (args.id or args.test):
        raise UsageError("--id and --test name one thing; give one FILE with them")
    additions: list[Addition] = []
    for path in args.files:
        additions.append(_test(corpus, path, args) if args.test else _source(corpus, path, args, additions))
    tables = [manifest_writing.table(it.table, it.fields) for it in additions]
    if not args.dry_run:
        manifest_writing.append(corpus.file, tables)
    if args.json:
        output.as_json(_object(corpus, additions, written=not args.dry_run))
    else:
        _show(corpus, additions, tables, written=not args.dry_run)
    return 0


# -- a source ---------------------------------------------------------------------------------------------------------


def _source(corpus: Corpus, path: Path, args: argparse.Namespace, others: Sequence[Addition]) -> Addition:
    from ctxlearn.errors import CorpusError

    _check_new(corpus, path, [it.fields["path"] for it in others])
    part = _read(corpus, _described(corpus, path, args, [it.fields["id"] for it in others]), args.kind)
    material, lines = part.material, report.lines(part)
    if not (material.entries or material.examples or material.blocks):
        raise CorpusError("\n".join([f"{path}: no record could be read; nothing was added", *lines]))
    if args.kind is None:
        lines.append(f"  note: {part.source.kind} is a guess; --kind says otherwise")
    if args.policy is None:
        lines.append(f"  note: {POLICY_NOTE}")
    return Addition("source", _fields(corpus, part.source), report.as_object(part), _preview(part), lines)


def _check_new(corpus: Corpus, path: Path, others: Sequence[Value]) -> None:
    from ctxlearn.errors import UsageError

    if not path.exists():
        raise UsageError(f"{path}: no such file or folder")
    known = [it.path.resolve() for it in (*corpus.sources, *corpus.tests) if it.path is not None]
    if path.resolve() in known or _written(corpus, path) in others:
        raise UsageError(f"{path}: stands in {corpus.file} already; what is said of it is changed there")


def _described(corpus: Corpus, path: Path, args: argparse.Namespace, others: Sequence[Value]) -> Source:
    """Return the source as the options describe it; kind and format may still be unknown."""
    from ctxlearn.manifest import Source

    return Source(
        id=_id(corpus, path, args.id, others),
        kind="dictionary",
        path=corpus.folder / _written(corpus, path),
        format=args.format,
        policy=args.policy or "local-only",
        licence=args.licence,
        cite=args.cite,
        member=args.member,
        password_env=args.password_env,
        tables=tuple(args.table),
        columns=_columns(args.column),
        headwords=args.headwords,
    )


def _id(corpus: Corpus, path: Path, given: str, others: Sequence[Value]) -> str:
    """Return the id given, else the file's name, with its ending only when the name alone is taken."""
    from ctxlearn.errors import UsageError

    taken = {source.id for source in corpus.sources} | set(map(str, others))
    name = path.resolve()
    for choice in (given,) if given else (name.stem, name.name):
        if choice not in taken:
            return choice
    raise UsageError(f"source id {given or name.name!r} stands in {corpus.file} already; give another with --id")


def _columns(given: Sequence[str]) -> dict[str, str]:
    from ctxlearn.errors import UsageError

    pairs = [text.partition("=") for text in given]
    for ours, sign, theirs in pairs:
        if not (ours and theirs):
            raise UsageError(f"--column {ours + sign + theirs!r}: expected OURS=THEIRS, such as gloss=English")
    return {ours: theirs for ours, _, theirs in pairs}


def _written(corpus: Corpus, path: Path) -> str:
    """Return a path as corpus.toml has it: relative in the corpus's folder, else as it was given, absolute or not."""
    given, folder = Path(os.path.abspath(path)), Path(os.path.abspath(corpus.folder))
    if given.is_relative_to(folder):
        return given.relative_to(folder).as_posix()
    if path.is_absolute():
        return str(path)
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return str(given)


# -- reading it -------------------------------------------------------------------------------------------------------


def _read(corpus: Corpus, source: Source, kind: Kind | None) -> Part:
    """Read a source as the kind given, else as the first kind that it can be read as. Raises CorpusError."""
    from ctxlearn import corpus as reading
    from ctxlearn.errors import FormatError

    failed: dict[Kind, FormatError] = {}
    for choice, form in _ways(source, kind):
        it = replace(source, kind=choice, format=form.name)
        try:
            return reading.Part(it, form.read(it.path, reading.options(corpus, it)))
        except FormatError as error:
            failed[choice] = error
    raise _unreadable(source, failed)


def _ways(source: Source, kind: Kind | None) -> list[tuple[Kind, Format]]:
    """Return the kinds that the file may be, each with the format it would be read as; at least one. Raises CorpusError."""
    from ctxlearn import formats
    from ctxlearn.data import KINDS
    from ctxlearn.errors import FormatError, UsageError

    kinds = (kind,) if kind else KINDS
    if source.format:
        form = formats.get(source.format)
        if kind and kind not in form.kinds:
            raise UsageError(f"--format {form.name} holds {' or '.join(sorted(form.kinds))}, not {kind!r}")
        return [(choice, form) for choice in kinds if choice in form.kinds]
    ways: list[tuple[Kind, Format]] = []
    for choice in kinds:
        with suppress(FormatError):
            ways.append((choice, formats.recognise(source.path, choice, source.member)))
    return ways or [(kinds[0], formats.recognise(source.path, kinds[0], source.member))]


def _unreadable(source: Source, failed: Mapping[Kind, FormatError]) -> CorpusError:
    """Return one error for all the kinds that were tried."""
    from ctxlearn.errors import CorpusError

    messages = list(dict.fromkeys(map(str, failed.values())))
    if len(messages) == 1:
        return CorpusError(f"{messages[0]}\nnothing was added")
    shown = "\n".join(f"as {kind}: {error}" for kind, error in failed.items())
    remedy = "--kind says what it is, --column OURS=THEIRS what its columns are called"
    return CorpusError(f"{source.path}: what kind of source is it? {remedy}\n{shown}\nnothing was added")


def _fields(corpus: Corpus, source: Source) -> dict[str, Value]:
    """Return a source's fields as corpus.toml has them, in a person's order."""
    return {
        "id": source.id,
        "kind": source.kind,
        "path": _written(corpus, source.path),
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


# -- a test set -------------------------------------------------------------------------------------------------------


def _test(corpus: Corpus, path: Path, args: argparse.Namespace) -> Addition:
    from ctxlearn import corpus as reading
    from ctxlearn.errors import UsageError
    from ctxlearn.manifest import Test

    _check_new(corpus, path, ())
    if args.test in [test.name for test in corpus.tests]:
        raise UsageError(f"test {args.test!r} stands in {corpus.file} already; give another name")
    needless = [name for name in ("kind", "format", "id", "licence", "cite", "headwords", "table") if getattr(args, name)]
    if needless:
        raise UsageError(f"--{needless[0]} is not for a test set; it is a table with a column for each language code")
    test = Test(
        name=args.test,
        path=corpus.folder / _written(corpus, path),
        policy=args.policy or "local-only",
        member=args.member,
        password_env=args.password_env,
        columns=_columns(args.column),
    )
    found = reading.read_test(corpus, test)
    lines = [f"{test.name} (test set, {test.policy}): {report.counts({'sentences': len(found.items)})}"]
    if args.policy is None:
        lines.append(f"  note: {POLICY_NOTE}")
    fields: dict[str, Value] = {
        "name": test.name,
        "path": _written(corpus, path),
        "policy": test.policy,
        "member": test.member,
        "password_env": test.password_env,
        "columns": test.columns or {},
    }
    count = {"name": test.name, "policy": test.policy, "read": {"sentences": len(found.items)}}
    return Addition("test", fields, count, _pairs(corpus, found), lines)


# -- what is shown ----------------------------------------------------------------------------------------------------


def _preview(part: Part) -> list[str]:
    """Return the first records of each kind as a model would read them."""
    from ctxlearn import render

    material = part.material
    firsts = [records[:PREVIEW] for records in (material.entries, material.examples, material.blocks)]
    lines = [line for records in firsts for line in "".join(render.pieces(records)).split("\n") if line]
    return [_short(line) for line in lines]


def _pairs(corpus: Corpus, test: TestSet) -> list[str]:
    return [_short(" | ".join(item.texts[code][0] for code in corpus.codes)) for item in test.items[:PREVIEW]]


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _show(corpus: Corpus, additions: Sequence[Addition], tables: Sequence[str], *, written: bool) -> None:
    for it in additions:
        print("\n".join([*it.report, "  it begins:", *(f"    {line}" for line in it.preview)]))
    print(f"{'added to' if written else 'not written, as --dry-run says, to'} {corpus.file}:\n")
    print("\n".join(tables), end="")
    if written:
        print(f"\nnext: ctxlearn check {corpus.folder}")


def _object(corpus: Corpus, additions: Sequence[Addition], *, written: bool) -> dict[str, Any]:
    added = [{"table": it.table, "fields": it.fields, **it.found, "preview": it.preview} for it in additions]
    return {"corpus": corpus.name, "file": str(corpus.file), "written": written, "added": added}
