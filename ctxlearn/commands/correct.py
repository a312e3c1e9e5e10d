"""`ctxlearn correct`: propose a correction, list what was proposed, accept it into the context's tail."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctxlearn.commands import output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.corrections import Correction, Corrections
    from ctxlearn.manifest import Corpus
    from ctxlearn.packs import Pack


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("source", metavar="SOURCE", nargs="?", help="a sentence; without one, corrections are listed")
    parser.add_argument("target", metavar="TARGET", nargs="?", help="what its translation should be")
    parser.add_argument("--to", metavar="CODE", help="the language of TARGET (default: the one SOURCE is not in)")
    parser.add_argument("--by", metavar="NAME", help="who says so (default: the name you are logged in under)")
    parser.add_argument("--now", action="store_true", help="accept it at once")
    parser.add_argument(
        "--accept", action="append", default=[], metavar="ID", help="let every model read it from now on"
    )
    parser.add_argument("--reject", action="append", default=[], metavar="ID", help="let no model read it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Propose, accept and reject, whatever is asked for; else list."""
    from ctxlearn import manifest, packs, settings
    from ctxlearn.corrections import Corrections

    if args.source is not None and args.target is None:
        raise UsageError("correct: SOURCE without TARGET; expected a sentence and its translation, or neither")
    output.check_texts(filter(None, (args.source, args.target, args.by)))
    here = settings.read()
    corpus = manifest.open_corpus(args.corpus)
    pack = packs.open_pack(here.packs, corpus)
    with Corrections(here.ledger, corpus.folder) as kept:
        found = _proposed(args, corpus, pack, kept) if args.source is not None else []
        found += [kept.accept(name, pack.tests) for name in args.accept]
        found += [kept.reject(name) for name in args.reject]
        shown: Sequence[Correction] = found or kept.list()
    if args.json:
        output.as_json({"corpus": corpus.name, "corrections": [output.fields(it) for it in shown]})
    else:
        print(_table(shown, corpus) if shown else "no corrections")
    return 0


def _proposed(args: argparse.Namespace, corpus: Corpus, pack: Pack, kept: Corrections) -> list[Correction]:
    from ctxlearn import settings
    from ctxlearn.translate import guess_source

    language, contact = corpus.codes
    if args.to is not None and args.to not in corpus.codes:
        raise UsageError(f"--to {args.to!r}: expected {language} or {contact}")
    source = guess_source(args.source, pack) if args.to is None else ""
    into_language = args.to == language or source == contact
    pair = (args.target, args.source) if into_language else (args.source, args.target)
    author = args.by or settings.person()
    if not author:
        raise UsageError("correct: who says so? give a name with --by")
    made = kept.propose(corpus, pack.tests, pair, author)
    return [kept.accept(made.id, pack.tests) if args.now and made.status == "proposed" else made]


def _table(found: Sequence[Correction], corpus: Corpus) -> str:
    rows: list[list[object]] = [["id", "status", *corpus.codes, "by", "on"]]
    rows += [[it.id, it.status, it.primary_text, it.translated_text, it.author, it.proposed[:10]] for it in found]
    return output.table(rows)
