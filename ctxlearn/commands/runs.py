"""`ctxlearn runs`: list, show, follow, tag, delete and export evaluation runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ctxlearn.commands import exporting, keeping, output, trend
from ctxlearn.commands.evaluate import as_dict, text
from ctxlearn.errors import UsageError

if TYPE_CHECKING:
    from ctxlearn.runs import Ledger, Run, RunSegment


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        default="list",
        metavar="ACTION",
        help="list (default) | show RUN | trend [CORPUS] | export RUN… | context RUN | tag RUN TAG… | rm RUN… | "
        "import-scores RUN FILE.tsv",
    )
    parser.add_argument("names", nargs="*", metavar="RUN", help="a run's id, or as much of it as tells it apart")
    parser.add_argument("--corpus", metavar="NAME", help="only this corpus's runs (list, trend)")
    parser.add_argument(
        "--normalise",
        action="store_true",
        help="also the scores of the texts in one orthography: case, apostrophes, dashes (show, export)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for action in (trend, exporting, keeping):
        action.register(parser)


def run(args: argparse.Namespace) -> int:
    """Do what the action says with the ledger."""
    from ctxlearn import settings
    from ctxlearn.runs import Ledger

    output.check_texts([*args.names, args.corpus or ""])
    with Ledger(settings.read().ledger) as ledger:
        return ACTIONS[args.action](args, ledger)


def _list(args: argparse.Namespace, ledger: Ledger) -> int:
    """List the runs, the newest first."""
    if args.names:
        raise UsageError(f"runs list: unexpected {args.names[0]!r}; one corpus's runs are listed by --corpus NAME")
    runs = ledger.list(args.corpus)
    if args.json:
        output.as_json({"runs": [as_dict(it) for it in runs]})
        return 0
    rows: list[list[object]] = [
        ["run", "started", "corpus", "test", "direction", "model", "n", "BLEU", "chrF", "chrF++", "status", "tags"]
    ]
    for it in runs:
        values = {score.metric: f"{score.value:.1f}" for score in it.scores}
        scores = [values.get(metric, "") for metric in ("bleu", "chrf", "chrf++")]
        what = [it.id, it.started[:16], it.corpus, it.test, it.direction, it.model, it.n]
        rows.append([*what, *scores, it.status, ", ".join(it.tags)])
    print(output.table(rows, right=(6, 7, 8, 9)) if runs else "no runs yet; `ctxlearn evaluate CORPUS` makes one")
    return 0


def _show(args: argparse.Namespace, ledger: Ledger) -> int:
    """Show a run with its segments, the worst first."""
    if len(args.names) != 1:
        raise UsageError("runs show: which run? `ctxlearn runs list` shows them all")
    found = ledger.show(args.names[0])
    segments, outside = ledger.segments(found.id), ledger.outside_scores(found.id)
    if args.normalise and found.status == "done":
        from ctxlearn.export import with_normalised

        found = with_normalised(found, segments)
    if args.json:
        output.as_json({**as_dict(found), "segments": [_segment(it, outside) for it in segments]})
    else:
        _print(found, segments, outside)
    return 0


def _print(found: Run, segments: tuple[RunSegment, ...], outside: Mapping[str, tuple[float, ...]]) -> None:
    from ctxlearn.runs import worst_first

    print(text(found))
    for it in worst_first(segments):
        print(
            f"{it.id}  chrF++ {it.score or 0:.1f}"
            + "".join(f"  {metric} {values[it.position]:.4g}" for metric, values in outside.items())
            + (f"  {it.problem.kind}: {it.problem.text}" if it.problem else "")
        )
        print(f"  source     {it.source}\n  hypothesis {it.hypothesis}")
        print("\n".join(f"  reference  {reference}" for reference in it.references))


def _segment(it: RunSegment, outside: Mapping[str, tuple[float, ...]]) -> dict[str, object]:
    return {
        "id": it.id,
        "source": it.source,
        "references": list(it.references),
        "hypothesis": it.hypothesis,
        "confidence": it.confidence,
        "chrf++": it.score,
        **{metric: values[it.position] for metric, values in outside.items()},
        "problem": None if it.problem is None else output.fields(it.problem),
        "answered_by": it.model or None,
        "attempts": it.attempts,
        "usage": None if it.usage is None else output.usage(it.usage),
        "coverage": it.coverage,
    }


ACTIONS = {
    "list": _list,
    "show": _show,
    "trend": trend.run,
    "export": exporting.run,
    "context": exporting.context,
    "tag": keeping.tag,
    "rm": keeping.remove,
    "import-scores": keeping.import_scores,
}
