"""`ctxlearn runs tag`, `rm` and `import-scores`: what a person adds to the ledger, or takes out of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import scoring
from ctxlearn.commands import output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.runs import Ledger


def register(parser: argparse.ArgumentParser) -> None:
    """Add the options of these actions."""
    parser.add_argument_group("tag").add_argument("--remove", action="store_true", help="take the tags off the run")


def tag(args: argparse.Namespace, ledger: Ledger) -> int:
    """Add tags to a run, or take them off it."""
    if len(args.names) < 2:
        raise UsageError("runs tag: expected a run and at least one tag")
    found = ledger.tag(args.names[0], args.names[1:], remove=args.remove)
    if args.json:
        output.as_json({"run": found.id, "tags": list(found.tags)})
    else:
        print(f"run {found.id}: {', '.join(found.tags) or 'no tags'}")
    return 0


def remove(args: argparse.Namespace, ledger: Ledger) -> int:
    """Delete runs with their segments; all of them are looked up before the first is deleted."""
    if not args.names:
        raise UsageError("runs rm: which run? `ctxlearn runs list` shows them all")
    ids = list(dict.fromkeys(ledger.show(name).id for name in args.names))
    for run_id in ids:
        ledger.remove(run_id)
    if args.json:
        output.as_json({"removed": ids})
    else:
        print("\n".join(f"run {run_id} deleted" for run_id in ids))
    return 0


def import_scores(args: argparse.Namespace, ledger: Ledger) -> int:
    """Enter the segment scores of an outside metric, and print their mean."""
    from ctxlearn import outside

    if len(args.names) != 2 or not args.metric:
        raise UsageError("runs import-scores: expected a run, a file of scores, and --metric with their name")
    score = outside.enter(ledger, args.names[0], args.metric, Path(args.names[1]))
    if args.json:
        output.as_json({"run": ledger.show(args.names[0]).id, "score": output.fields(score)})
    else:
        between = f"95 %: {score.low:.4g} – {score.high:.4g}"
        print(f"{scoring.title(score.metric)} {score.value:.4g} ({between}), {score.signature}")
    return 0
