"""`ctxlearn pack`: write the context that a model would read."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ctxlearn.commands import hosting, output

if TYPE_CHECKING:
    from ctxlearn import packs
    from ctxlearn.manifest import Corpus
    from ctxlearn.settings import Settings


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--model", default="embedded", metavar="M", help="the model to pack for (default: embedded)")
    parser.add_argument("--budget", type=output.positive, metavar="N", help="most tokens (default: the model's limit)")
    parser.add_argument(
        "--sections",
        type=output.names,
        default=(),
        metavar="S",
        help="dictionary,examples,glossed,grammar,text; packed in the order given, `grammar:50000` to that many tokens",
    )
    parser.add_argument(
        "--out", type=Path, metavar="F", help="write the context to F (- for stdout), as a model reads it"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Pack, report, and write the text where asked to."""
    from ctxlearn import manifest, models, settings

    start = time.perf_counter()
    here = settings.read()
    models.check_name(args.model)
    if args.out and args.out != Path("-"):
        output.check_target(args.out)
    corpus = _with_corrections(here, manifest.open_corpus(args.corpus))
    pack = hosting.pack(args.model, corpus, here, args.budget, args.sections)
    seconds = round(time.perf_counter() - start, 3)
    if args.out == Path("-"):
        sys.stdout.write(pack.prefix)
    elif args.out:
        output.write_whole(args.out, pack.prefix)
    if args.json:
        output.as_json(summary(pack, seconds))
    else:
        print(text(pack, seconds), file=sys.stderr if args.out == Path("-") else sys.stdout)
    return 0


def _with_corrections(here: Settings, corpus: Corpus) -> Corpus:
    """Make a source of the corrections that were accepted since the last pack, if there are any; return the corpus."""
    from ctxlearn import corpus as reading
    from ctxlearn import manifest
    from ctxlearn.corrections import FILE, Corrections
    from ctxlearn.errors import CorpusError

    if not here.ledger.exists():  # as it stays where nobody asks for more than a pack
        return corpus
    with Corrections(here.ledger, corpus.folder) as found:
        if not found.list("accepted"):
            return corpus
        try:
            moved = found.into_sources(corpus, reading.read(corpus).tests)
        except CorpusError as error:
            output.warn(str(error))
            return corpus
    output.warn(f"{output.counted(len(moved), 'correction')} written into {corpus.folder / FILE}, which is packed")
    return manifest.parse(corpus.file)


def summary(pack: packs.Pack, seconds: float) -> dict[str, object]:
    """Return a pack as `pack --json` shows it."""
    return {
        "fingerprint": pack.fingerprint,
        "tokens": pack.tokens,
        "budget": pack.budget,
        "policy": pack.policy,
        "sections": [output.fields(section) for section in pack.sections],
        "leaks": {"removed": pack.removed, "items": [output.fields(leak) for leak in pack.leaks]},
        "problems": pack.problems,
        "seconds": seconds,
    }


def text(pack: packs.Pack, seconds: float) -> str:
    """Return a pack as a table for a person."""
    rows: list[list[object]] = [["section", "records", "tokens", "left out"]]
    rows += [[it.title, it.records, it.tokens, it.left_out] for it in pack.sections if it.records or it.left_out]
    rows += [["in all", sum(it.records for it in pack.sections), pack.tokens, sum(it.left_out for it in pack.sections)]]
    lines = [output.table(rows, right=(1, 2, 3))]
    if pack.leaks:
        lines.append(f"{output.counted(pack.removed, 'record')} taken out: a held-out sentence stands there")
    if pack.problems:
        broken = output.counted(pack.problems, "thing")
        lines.append(f"{broken} in the sources could not be read; `ctxlearn check` lists what and where")
    lines.append(f"context {pack.fingerprint[:8]}, policy {pack.policy}, {seconds:.2f} s")
    return "\n".join(lines)
