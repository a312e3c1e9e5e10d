"""`ctxlearn runs trend`: a score over time, with marks where context, model or version changed."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import scoring
from ctxlearn.commands import output
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.runs import Ledger
    from ctxlearn.trend import Point, Series


def register(parser: argparse.ArgumentParser) -> None:
    """Add the options of this action."""
    group = parser.add_argument_group("trend")
    group.add_argument("--metric", metavar="M", help="the score to follow (default: chrf); for import-scores, its name")
    group.add_argument("--test", metavar="NAME", default="", help="only runs on this test set")
    group.add_argument("--direction", metavar="D", default="", help="only runs in this direction, such as kgv-eng")
    group.add_argument("--model", metavar="M", default="", help="only runs of this model")
    group.add_argument("--png", type=Path, metavar="FILE", help="write the plot to a file")


def run(args: argparse.Namespace, ledger: Ledger) -> int:
    """Print a plot and a table for each series; with --png, draw them into a file as well."""
    from ctxlearn.trend import trend

    if len(args.names) > 1:
        raise UsageError(f"runs trend: one corpus or none, not {', '.join(args.names)}")
    if args.png is not None:
        output.check_target(args.png)
    runs = ledger.list(args.names[0] if args.names else args.corpus)
    metric = args.metric or "chrf"
    series = trend(runs, metric, test=args.test, direction=args.direction, model=args.model)
    if not series:
        known = ", ".join(sorted({score.metric for it in runs for score in it.scores}))
        there = f"the runs have {known}" if known else "there are no runs"
        raise UsageError(f"no finished run with a {metric} score fits; {there}")
    if args.png is not None:
        from ctxlearn.plots import trend_png

        output.write_whole(args.png, trend_png(series))
    if args.json:
        output.as_json({"metric": metric, "series": [as_dict(each) for each in series]})
    else:
        print("\n\n".join(text(each) for each in series))
    return 0


def as_dict(it: Series) -> dict[str, object]:
    """Return a series as `--json` shows it."""
    return {
        **it.panel._asdict(),
        "model": it.model,
        "points": [
            {
                "run": point.run.id,
                "started": point.run.started,
                **output.fields(point.score, "metric"),
                "marks": [output.fields(mark) for mark in point.marks],
                "tags": list(point.run.tags),
            }
            for point in it.points
        ],
    }


def text(it: Series) -> str:
    """Return a series as a plot and a table for a person."""
    from ctxlearn.plots import terminal

    panel = it.panel
    head = (
        f"{panel.corpus} {panel.test} ({panel.test_hash[:8]}) {panel.direction}: "
        f"{output.counted(panel.n, 'segment')}, {it.model}, {scoring.title(it.metric)}"
    )
    rows: list[list[object]] = [["run", "started", "score", "95 % interval", "change", "changed since the run before"]]
    before = None
    for point in it.points:
        rows.append(_row(point, before))
        before = point
    width = shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100
    return "\n".join([head, terminal(it, width), output.table(rows, right=(2, 3, 4))])


def _row(point: Point, before: Point | None) -> list[object]:
    from ctxlearn.compare import signed

    score = point.score
    between = f"{score.low:.1f} – {score.high:.1f}" if score.low is not None and score.high is not None else ""
    change = signed(score.value - before.score.value) if before is not None else ""
    marks = "; ".join([*(mark.text for mark in point.marks), *(f"tag {tag}" for tag in point.run.tags)])
    return [point.run.id, point.run.started[:16], f"{score.value:.2f}", between, change, marks]
