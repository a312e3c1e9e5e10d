"""`ctxlearn get`: fetch a corpus's sources from where they are published, and check their sha256."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ctxlearn import watching
from ctxlearn.commands import output

if TYPE_CHECKING:
    from ctxlearn.fetch import Fetcher, Received
    from ctxlearn.manifest import Corpus, Origin, Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    origin: Origin
    state: Literal["fetched", "there", "failed"]
    problem: str | None = None


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("corpus", metavar="CORPUS", help="the corpus whose sources to fetch")
    parser.add_argument("--into", metavar="FOLDER", type=Path, help="copy the corpus to this folder and fetch there")
    kept = "put a file that you have, such as a benchmark's zip, in its place"
    parser.add_argument("--from", dest="given", metavar="FILE", type=Path, help=kept)
    parser.add_argument("--force", action="store_true", help="replace files that are there with another content")
    parser.add_argument("--json", action="store_true", help="print one object instead of lines")


def run(args: argparse.Namespace) -> int:
    """Fetch every file that has an origin; exit code 1 when one could not be fetched, all others are kept."""
    from ctxlearn import manifest

    corpus = manifest.open_corpus(args.corpus)
    if args.into is not None:
        corpus = _copied(corpus, args.into, force=args.force)
    put = None if args.given is None else _put(corpus, args.given, force=args.force)
    outcomes = _fetch_all(corpus, force=args.force)
    if args.json:
        output.as_json({**_object(corpus, outcomes), "put": put and str(put)})
    else:
        print(_summary(corpus, outcomes, put))
    failed = any(outcome.state == "failed" for outcome in _all(outcomes))
    return 1 if failed or _missing(corpus, outcomes) else 0


Outcomes = dict[str, list[Outcome]]  # by source id


def _fetch_all(corpus: Corpus, *, force: bool) -> Outcomes:
    from ctxlearn.fetch import Fetcher, check_writable

    if not any(source.origin for source in corpus.sources):
        return {}
    check_writable(corpus.folder)
    with Fetcher(corpus.folder, force=force) as fetcher:
        return {
            source.id: [_fetch(fetcher, origin) for origin in source.origin]
            for source in corpus.sources
            if source.origin
        }


def _fetch(fetcher: Fetcher, origin: Origin) -> Outcome:
    from ctxlearn.errors import FetchError

    watching.watcher().say(f"fetching {origin.path}")
    try:
        with _progress(origin.path) as received:
            outcome = Outcome(origin, fetcher.fetch(origin, received))
    except FetchError as error:
        outcome = Outcome(origin, "failed", str(error))
    shown = {"fetched": "fetched", "there": "there already", "failed": "failed"}[outcome.state]
    print(f"{origin.path}: {outcome.problem or shown}", file=sys.stderr)
    return outcome


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Received]:
    """Show a bar on stderr when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _size: None
        return
    from tqdm import tqdm

    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, file=sys.stderr) as bar:

        def show(done: int, size: int | None) -> None:
            bar.total = size
            bar.update(done - bar.n)

        yield show


# -- what is said -----------------------------------------------------------------------------------------------------


def _all(outcomes: Outcomes) -> Iterator[Outcome]:
    return (outcome for of_source in outcomes.values() for outcome in of_source)


def _summary(corpus: Corpus, outcomes: Outcomes, put: Path | None) -> str:
    if put is not None and not outcomes:
        return f"{put} is there\nnext: ctxlearn check {corpus.folder}"
    if missing := [path.name for path in _missing(corpus, outcomes)]:
        how = f"`ctxlearn get {corpus.name} --from FILE` puts it there"
        return f"{corpus.name}: {', '.join(missing)} cannot be fetched; {how}"
    if not outcomes:
        return f"{corpus.name}: nothing to fetch: no source in {corpus.file} names an origin"
    lines = [_source_line(source, outcomes[source.id]) for source in corpus.sources if source.id in outcomes]
    failed = sum(outcome.state == "failed" for outcome in _all(outcomes))
    if failed:
        return "\n".join([*lines, f"{failed} failed; run it again: what is there is kept"])
    return "\n".join([*lines, f"next: ctxlearn check {corpus.folder}"])


def _source_line(source: Source, outcomes: list[Outcome]) -> str:
    whole = sum(outcome.state != "failed" for outcome in outcomes)
    said = "; ".join(text for text in (source.licence, source.cite) if text)
    return f"{source.id}: {whole} of {len(outcomes)} files" + (f"; {said}" if said else "")


def _object(corpus: Corpus, outcomes: Outcomes) -> dict[str, object]:
    return {
        "corpus": corpus.name,
        "folder": str(corpus.folder),
        "sources": [
            {
                "id": source.id,
                "licence": source.licence,
                "cite": source.cite,
                "files": [
                    {"path": it.origin.path, "url": it.origin.url, "state": it.state, "problem": it.problem}
                    for it in outcomes[source.id]
                ],
            }
            for source in corpus.sources
            if source.id in outcomes
        ],
    }


# -- a file that a person has -----------------------------------------------------------------------------------------


def _put(corpus: Corpus, file: Path, *, force: bool) -> Path:
    """Copy a file to the place of the corpus's folder where it is expected. Raises UsageError, FetchError."""
    from ctxlearn.errors import FetchError, UsageError
    from ctxlearn.fetch import check_writable

    if not file.is_file():
        raise UsageError(f"--from {file}: no such file")
    expected = _unfetched(corpus)
    fitting = [path for path in expected if path.name == file.name] or expected
    if len(fitting) != 1:
        names = ", ".join(path.name for path in expected) or "none"
        raise UsageError(f"--from {file}: which of the corpus's files is it? It names {names}; give the file its name")
    check_writable(corpus.folder)
    try:
        _copy(file, fitting[0], force=force)
    except OSError as error:
        raise FetchError(f"{error.filename or fitting[0]}: {error.strerror or error}") from error
    return fitting[0]


def _unfetched(corpus: Corpus) -> list[Path]:
    """Return the files of the corpus's folder that its sources and tests name and that have no origin."""
    named = [source.path for source in corpus.sources if not source.origin]
    named += [test.path for test in corpus.tests if test.path is not None]
    return list(dict.fromkeys(path for path in named if path.is_relative_to(corpus.folder)))


def _missing(corpus: Corpus, outcomes: Outcomes) -> list[Path]:
    """Return the archives that must be put there by hand before a corpus of which nothing can be fetched is whole."""
    return [path for path in _unfetched(corpus) if path.suffix == ".zip" and not path.exists() and not outcomes]


# -- a copy of the corpus in another folder ---------------------------------------------------------------------------


def _copied(corpus: Corpus, into: Path, *, force: bool) -> Corpus:
    """Copy to `into` what corpus.toml names and no origin gives, and open the corpus there. Raises FetchError."""
    from ctxlearn import manifest
    from ctxlearn.errors import FetchError

    try:
        into.mkdir(parents=True, exist_ok=True)
        for file in _own_files(corpus):
            _copy(file, into / file.relative_to(corpus.folder), force=force)
    except OSError as error:
        raise FetchError(f"{error.filename or into}: {error.strerror or error}") from error
    return manifest.parse(into / manifest.FILE)


def _own_files(corpus: Corpus) -> list[Path]:
    """Return the files of the corpus's folder that a copy needs; those outside it are not copied."""
    named = [*sorted(corpus.folder.glob("*.ids"))]
    named += [path for test in corpus.tests for path in (test.ids, test.path) if path]
    for source in corpus.sources:
        named += [*source.only, *source.exclude, *([] if source.origin else [source.path])]
    files = [file for path in named for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    inside = [file for file in files if file.resolve().is_relative_to(corpus.folder.resolve())]
    return [corpus.file, *dict.fromkeys(file for file in inside if file.is_relative_to(corpus.folder))]


def _copy(file: Path, target: Path, *, force: bool) -> None:
    from ctxlearn.errors import FetchError
    from ctxlearn.manifest_writing import put

    content = file.read_bytes()
    if target.exists():
        if target.read_bytes() == content:
            return
        if not force:
            raise FetchError(f"{target}: there already with another content; name an empty folder, or add --force")
    target.parent.mkdir(parents=True, exist_ok=True)
    put(target, content)
