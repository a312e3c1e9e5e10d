"""`ctxlearn runs`: list and show evaluation runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ctxlearn.commands import output
from ctxlearn.commands.evaluate import as_dict, text
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.runs import Run, RunSegment


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("action", nargs="?", choices=("list", "show"), default="list")
    parser.add_argument("run", nargs="?", metavar="RUN", help="a run's id, or as much of it as tells it apart")
    parser.add_argument("--corpus", metavar="NAME", help="list only this corpus's runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """List the runs, the newest first, or show one with its segments, the worst first."""
    from ctxlearn import settings
    from ctxlearn.runs import Ledger

    with Ledger(settings.read().ledger) as ledger:
        if args.action == "list":
            _list(ledger.list(args.corpus), args.json)
            return 0
        if not args.run:
            raise UsageError("runs show: which run? `ctxlearn runs list` shows them all")
        found = ledger.show(args.run)
        _show(found, ledger.segments(found.id), args.json)
    return 0


def _list(runs: tuple[Run, ...], json: bool) -> None:
    if json:
        output.as_json({"runs": [as_dict(it) for it in runs]})
        return
    rows: list[list[object]] = [
        ["run", "started", "corpus", "test", "direction", "model", "n", "BLEU", "chrF", "chrF++", "status"]
    ]
    for it in runs:
        values = {score.metric: f"{score.value:.1f}" for score in it.scores}
        scores = [values.get(metric, "") for metric in ("bleu", "chrf", "chrf++")]
        rows.append([it.id, it.started[:16], it.corpus, it.test, it.direction, it.model, it.n, *scores, it.status])
    print(output.table(rows, right=(6, 7, 8, 9)) if runs else "no runs yet; `ctxlearn evaluate CORPUS` makes one")


def _show(found: Run, segments: tuple[RunSegment, ...], json: bool) -> None:
    if json:
        output.as_json({**as_dict(found), "segments": [_segment(it) for it in segments]})
        return
    print(text(found))
    for it in sorted(segments, key=lambda it: (it.score is not None, it.score or 0)):
        print(
            f"{it.id}  chrF++ {it.score or 0:.1f}" + (f"  {it.problem.kind}: {it.problem.text}" if it.problem else "")
        )
        print(f"  source     {it.source}\n  hypothesis {it.hypothesis}")
        print("\n".join(f"  reference  {reference}" for reference in it.references))


def _segment(it: RunSegment) -> dict[str, object]:
    return {
        "id": it.id,
        "source": it.source,
        "references": list(it.references),
        "hypothesis": it.hypothesis,
        "confidence": it.confidence,
        "chrf++": it.score,
        "problem": None if it.problem is None else output.fields(it.problem),
    }
