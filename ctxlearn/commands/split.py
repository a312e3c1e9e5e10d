"""`ctxlearn split`: draw sentences of a source as a held-out test set, by whole texts where they say theirs."""

from __future__ import annotations

import argparse

from ctxlearn.commands import output
from ctxlearn.errors import UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--source", metavar="ID", help="the source to draw from (default: the only one with sentences)")
    parser.add_argument("--name", default="dev", help="what to call the test set (default: dev)")
    parser.add_argument(
        "--size", default="10%", metavar="N|SHARE", help="how many sentence pairs, such as 150 or 5%% (default: 10%%)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed draws others (default: 1)")
    parser.add_argument(
        "--by",
        choices=("text", "record"),
        default="text",
        help="whole texts, where the pairs say which they are from, or single records (default: text)",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would be drawn, write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the ids beside corpus.toml, and the test set into it."""
    from ctxlearn import adding, corpus, manifest, splitting

    opened = manifest.open_corpus(args.corpus)
    contents = corpus.read(opened)
    counts = splitting.pairs_by_source(contents)
    source = args.source or (next(iter(counts)) if len(counts) == 1 else "")
    if not source:
        found = ", ".join(f"{name} ({count:,})" for name, count in counts.items()) or "none"
        raise UsageError(f"draw from which source? --source says it; those with sentence pairs: {found}")
    size = splitting.size_of(args.size, counts.get(source, 0))
    drawn = splitting.split(contents, source, size, args.seed, args.by)
    if not args.dry_run:
        adding.hold_out(opened, drawn, args.name)
    if args.json:
        output.as_json({"corpus": opened.name, "test": args.name, "written": not args.dry_run, **output.fields(drawn)})
    else:
        what = f"{len(drawn.ids):,} of {output.counted(drawn.total, 'sentence pair')} of {source}"
        how = f"{output.counted(len(drawn.texts), 'whole text')}" if drawn.by == "text" else "single records"
        print(f"{what}, {how}, seed {drawn.seed}" + (f" ({drawn.why})" if drawn.why else ""))
        print(f"{'would be ' if args.dry_run else ''}held out as {args.name} in {opened.file}")
    return 0
