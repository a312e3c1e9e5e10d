"""`ctxlearn runs export` and `context`: runs as a file for programs, people or a paper, and what a run had read."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ctxlearn.commands import output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.runs import Ledger


def register(parser: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    group = parser.add_argument_group("export, context")
    group.add_argument(
        "--format", metavar="F", help="jsonl, tsv, xlsx, tmx, or a report: md, html, latex (default: by -o, else jsonl)"
    )
    group.add_argument("-o", "--out", type=Path, metavar="FILE", help="write here, not to stdout")


def run(args: argparse.Namespace, ledger: Ledger) -> int:
    """Write the runs that were named; what a format cannot hold is said on stderr."""
    from ctxlearn.export import FORMATS, by_suffix, export, gather

    if not args.names:
        raise UsageError("runs export: which runs? `ctxlearn runs list` shows them all")
    name = args.format or (args.out and by_suffix(args.out)) or "jsonl"
    if args.out is not None:
        output.check_target(args.out)
    elif name in FORMATS and not FORMATS[name].text and sys.stdout.isatty():
        raise UsageError(f"runs export: {name} is no text for a terminal; give -o FILE{FORMATS[name].suffix}")
    written = export(gather(ledger, args.names, normalised=args.normalise), name)
    _write(args.out, written.content)
    for remark in written.remarks:
        output.warn(remark)
    return 0


def context(args: argparse.Namespace, ledger: Ledger) -> int:
    """Write the text that a run's model had read, byte by byte."""
    if len(args.names) != 1:
        raise UsageError("runs context: of which run? `ctxlearn runs list` shows them all")
    if args.out is not None:
        output.check_target(args.out)
    _write(args.out, ledger.context(ledger.show(args.names[0]).context).text.encode())
    return 0


def _write(path: Path | None, content: bytes) -> None:
    if path is not None:
        output.write_whole(path, content)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
