"""`ctxlearn add`: read a file, show what came of it, and enter it in corpus.toml as a source or a test set."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn.commands import output, report
from ctxlearn.data import KINDS, POLICIES

if TYPE_CHECKING:
    from ctxlearn.corpus import Part, TestSet
    from ctxlearn.manifest import Corpus
    from ctxlearn.manifest_writing import Value

PREVIEW = 3  # records shown of each kind, in so many lines at most
PREVIEW_LINES = 6
WIDTH = 110  # characters of a previewed line
POLICY_NOTE = "local-only, as no --policy was given: no hosted model will read it; open and no-retention allow more"

NOT_OF_TESTS = ("kind", "format", "id", "licence", "cite", "headwords", "table")


@dataclass(frozen=True, slots=True)
class Addition:
    """One table to enter in corpus.toml, and what reading its file gave."""

    table: str
    fields: Mapping[str, Value]
    found: Mapping[str, Any]
    preview: Sequence[str]
    report: Sequence[str]


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("corpus", metavar="CORPUS", help="the corpus to add to")
    add("files", metavar="FILE", type=Path, nargs="+", help="a file or a folder; each becomes a source")
    add("--kind", choices=KINDS, help="what it is (default: the first of these that it can be read as)")
    add("--format", default="", help="its format (default: recognised)")
    add("--policy", choices=POLICIES, help="may a hosted model read it, and keep it? (default: local-only)")
    add("--id", default="", help="the source's id (default: the file's name without its ending)")
    add("--licence", default="", help="its licence, such as 'CC BY 4.0'")
    add("--cite", default="", help="how to cite it")
    add("--column", action="append", default=[], metavar="OURS=THEIRS", help="a column by our name and the file's")
    add("--headwords", default="", metavar="CODE", help="the language of a dictionary's headwords (default: the new)")
    add("--table", action="append", default=[], metavar="NAME", help="which tables of the file to read (default: all)")
    add("--member", default="", metavar="NAME", help="which file of a zip to read")
    add("--password-env", default="", metavar="VARIABLE", help="the environment variable that holds the zip's password")
    add("--test", default="", metavar="NAME", help="enter the file as the held-out test set NAME, not as a source")
    add("--dry-run", action="store_true", help="show what would be entered, write nothing")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Read all files first; corpus.toml is written only when every one of them could be read."""
    from ctxlearn import adding, manifest, manifest_writing
    from ctxlearn.errors import UsageError

    corpus = manifest.open_corpus(args.corpus)
    if len(args.files) > 1 and (args.id or args.test):
        raise UsageError("--id and --test name one thing; give one FILE with them")
    additions: list[Addition] = []
    for path in dict.fromkeys(args.files):
        adding.check_new(corpus, path)
        taken = [str(it.fields["id"]) for it in additions]
        additions.append(_test(corpus, path, args) if args.test else _source(corpus, path, args, taken))
    tables = [manifest_writing.table(it.table, it.fields) for it in additions]
    if not args.dry_run:
        manifest_writing.append(corpus.file, tables)
    if args.json:
        output.as_json(_object(corpus, additions, written=not args.dry_run))
    else:
        _show(corpus, additions, tables, written=not args.dry_run)
    return 0


def _source(corpus: Corpus, path: Path, args: argparse.Namespace, taken: Sequence[str]) -> Addition:
    from ctxlearn import adding
    from ctxlearn.errors import CorpusError
    from ctxlearn.manifest import Source

    draft = Source(
        id=args.id or adding.free_id(corpus, path, taken),
        kind="text",
        path=corpus.folder / adding.written(corpus, path),
        format=args.format,
        licence=args.licence,
        cite=args.cite,
        tables=tuple(args.table),
        headwords=args.headwords,
        **_common(args),
    )
    part = adding.read(corpus, draft, args.kind)
    lines = [*report.lines(part), *_notes(args, part.source.kind)]
    if not (part.material.entries or part.material.examples or part.material.blocks):
        raise CorpusError("\n".join([f"{path}: no record could be read; nothing was added", *lines]))
    found = report.as_object(part)
    return Addition("source", adding.fields_of_source(corpus, part.source), found, preview(part), lines)


def _test(corpus: Corpus, path: Path, args: argparse.Namespace) -> Addition:
    from ctxlearn import adding
    from ctxlearn import corpus as reading
    from ctxlearn.errors import UsageError
    from ctxlearn.manifest import Test

    needless = [name for name in NOT_OF_TESTS if getattr(args, name)]
    if needless:
        raise UsageError(f"--{needless[0]} is not for a test set, a table with a column for each language code")
    test = Test(name=args.test, path=corpus.folder / adding.written(corpus, path), **_common(args))
    found = reading.read_test(corpus, test)
    count = {"sentences": len(found.items)}
    lines = [f"{test.name} (test set, {test.policy}): {report.counts(count)}", *_notes(args)]
    fields = adding.fields_of_test(corpus, test, path)
    return Addition("test", fields, {"policy": test.policy, "read": count}, _pairs(corpus, found), lines)


def _common(args: argparse.Namespace) -> dict[str, Any]:
    """Return the fields that a source and a test set share."""
    return {
        "policy": args.policy or "local-only",
        "member": args.member,
        "password_env": args.password_env,
        "columns": _columns(args.column),
    }


def _columns(given: Sequence[str]) -> dict[str, str]:
    from ctxlearn.errors import UsageError

    pairs = [text.partition("=") for text in given]
    for ours, sign, theirs in pairs:
        if not (ours and theirs):
            raise UsageError(f"--column {ours + sign + theirs!r}: expected OURS=THEIRS, such as gloss=English")
    return {ours: theirs for ours, _, theirs in pairs}


# -- what is shown ----------------------------------------------------------------------------------------------------


def _notes(args: argparse.Namespace, kind: str = "") -> list[str]:
    guess = [f"  note: {kind} is a guess; --kind says otherwise"] if kind and args.kind is None else []
    return guess + ([] if args.policy else [f"  note: {POLICY_NOTE}"])


def preview(part: Part) -> list[str]:
    """Return the first records of each kind as a model would read them."""
    from ctxlearn import render

    material = part.material
    lines: list[str] = []
    for records in (material.entries, material.examples, material.blocks):
        text = "".join(render.pieces(records[:PREVIEW]))
        lines += [_short(line) for line in text.split("\n") if line][:PREVIEW_LINES]
    return lines


def _pairs(corpus: Corpus, test: TestSet) -> list[str]:
    return [_short(" | ".join(item.texts[code][0] for code in corpus.codes)) for item in test.items[:PREVIEW]]


def _short(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _show(corpus: Corpus, additions: Sequence[Addition], tables: Sequence[str], *, written: bool) -> None:
    for it in additions:
        print("\n".join([*it.report, "  it begins:", *(f"    {line}" for line in it.preview)]))
    print(f"{'added to' if written else 'would be added to'} {corpus.file}:\n")
    print("\n".join(tables), end="")
    if written:
        print(f"\nnext: ctxlearn check {corpus.folder}")


def _object(corpus: Corpus, additions: Sequence[Addition], *, written: bool) -> dict[str, Any]:
    added = [
        {
            "table": it.table,
            "fields": {name: value for name, value in it.fields.items() if value},
            **it.found,
            "preview": it.preview,
        }
        for it in additions
    ]
    return {"corpus": corpus.name, "file": str(corpus.file), "written": written, "added": added}
