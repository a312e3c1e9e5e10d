"""`ctxlearn compare`: which of two runs is better, by how much, and whether that is more than noise."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ctxlearn.commands import output

if TYPE_CHECKING:
    from ctxlearn.compare import Change, Comparison


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("first", metavar="RUN", help="a run's id, or as much of it as tells it apart")
    parser.add_argument("second", metavar="RUN", help="the run to compare it with")
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="M",
        help="bleu, chrf, chrf++, ter, or the name of imported scores (default: all computed here that are quick)",
    )
    parser.add_argument(
        "--normalise", action="store_true", help="compare the texts in one orthography: case, apostrophes, dashes"
    )
    parser.add_argument("--segments", type=output.positive, default=10, metavar="N", help="the N that changed most")
    parser.add_argument("--resamples", type=output.positive, default=1000, metavar="N", help="of the paired bootstrap")
    parser.add_argument(
        "--trials", type=output.positive, default=10_000, metavar="N", help="of the approximate randomisation"
    )
    parser.add_argument("--seed", type=int, default=12345, metavar="N", help="of both (default: sacrebleu's, 12345)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what the numbers say, the numbers, and the segments that changed most."""
    from ctxlearn import settings
    from ctxlearn.compare import compare
    from ctxlearn.errors import UsageError
    from ctxlearn.runs import Ledger

    output.check_texts([args.first, args.second, *args.metric])
    if args.seed < 0:
        raise UsageError(f"--seed {args.seed}: expected 0 or more")
    with Ledger(settings.read().ledger) as ledger:
        found = compare(
            ledger,
            args.first,
            args.second,
            args.metric,
            normalised=args.normalise,
            resamples=args.resamples,
            trials=args.trials,
            seed=args.seed,
        )
    for remark in found.remarks:
        output.warn(remark)
    if args.json:
        output.as_json(as_dict(found, args.segments))
    else:
        print(text(found, args.segments))
    return 0


def as_dict(it: Comparison, segments: int) -> dict[str, object]:
    """Return a comparison as `--json` shows it, with the segments that changed most."""
    return {
        "first": it.first.id,
        "second": it.second.id,
        "sentence": it.sentence,
        "n": it.first.n,
        "metrics": {
            each.metric: {**output.fields(each, "metric"), "told": each.told, "gain": each.gain}
            for each in it.differences
        },
        "segments": {"wins": it.wins, "ties": it.ties, "losses": it.losses},
        "changed": [{**output.fields(each), "references": list(each.references)} for each in it.changes[:segments]],
        "remarks": list(it.remarks),
        "signature": it.how,
    }


def text(it: Comparison, segments: int) -> str:
    """Return a comparison for a person."""
    import scoring
    from ctxlearn.compare import p_value, signed

    rows: list[list[object]] = [
        ["", "first", "second", "difference", "95 % interval", "p bootstrap", "p randomisation", "told apart"]
    ]
    rows += [
        [
            scoring.title(each.metric),
            f"{each.first:.2f}",
            f"{each.second:.2f}",
            signed(each.difference),
            f"{signed(each.low)} – {signed(each.high)}",
            p_value(each.p_bootstrap).removeprefix("= "),
            p_value(each.p_randomisation).removeprefix("= "),
            "yes" if each.told else "no",
        ]
        for each in it.differences
    ]
    lines = [
        it.sentence,
        "",
        *(f"{name} {run.id}: {run.model}, {run.system}" for name, run in (("first ", it.first), ("second", it.second))),
        f"{it.first.corpus} {it.first.test} {it.first.direction}: {output.counted(it.first.n, 'segment')}; "
        f"the second run wins {it.wins:,}, ties {it.ties:,} and loses {it.losses:,} (by chrF++)",
        "",
        output.table(rows, right=range(1, 7)),
        f"paired tests: {it.how}",
    ]
    shown = [each for each in it.changes[:segments] if each.gain]
    if shown:
        lines += ["", "changed most:"]
    return "\n".join([*lines, *(line for each in shown for line in _change(each))])


def _change(it: Change) -> list[str]:
    from ctxlearn.compare import signed

    return [
        f"{it.id}  chrF++ {it.first_score:.1f} → {it.second_score:.1f} ({signed(it.gain)})",
        f"  source     {it.source}",
        *(f"  reference  {reference}" for reference in it.references),
        f"  first      {it.first}",
        f"  second     {it.second}",
    ]
