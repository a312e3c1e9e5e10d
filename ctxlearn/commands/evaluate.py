"""`ctxlearn evaluate`: translate held-out test sets, score them, and enter the runs in the ledger."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn.commands import output
from ctxlearn.errors import ThresholdError, UsageError

if TYPE_CHECKING:
    from ctxlearn.corpus import TestSet
    from ctxlearn.evaluate import Plan
    from ctxlearn.manifest import Corpus
    from ctxlearn.protocols.base import Comparison, Protocol
    from ctxlearn.runs import Run
    from ctxlearn.settings import Settings


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--test", metavar="NAME|FILE", help="a declared test set, or a table (default: all declared)", **many
    )
    parser.add_argument("--direction", metavar="D", help="such as kgv-eng (default: both)", **many)
    parser.add_argument("--model", metavar="M", help="embedded (default) or a floor", **many)
    parser.add_argument(
        "--sections", type=output.names, metavar="S", help="dictionary,examples,glossed,grammar,text", **many
    )
    parser.add_argument("--budget", type=output.positive, metavar="N", help="most tokens to pack")
    parser.add_argument(
        "--limit", type=output.positive, metavar="N", help="only the first N segments; for trying things out"
    )
    parser.add_argument(
        "--threads", type=output.positive, default=1, metavar="N", help="threads to learn and translate with"
    )
    parser.add_argument("--max-cost", type=float, metavar="USD", help="most to spend; local models cost nothing")
    parser.add_argument(
        "--fail-under", metavar="METRIC=X", help="exit 4 when a run scores below, such as chrf=40", **many
    )
    parser.add_argument(
        "--protocol", metavar="P", help="score as a benchmark does, beside its published numbers: mtob or zhuangbench"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Make a run for each combination; raises ThresholdError when one scores below a threshold."""
    from ctxlearn import manifest, settings
    from ctxlearn.commands import published
    from ctxlearn.evaluate import evaluate
    from ctxlearn.runs import Ledger

    here = settings.read()
    corpus = manifest.open_corpus(args.corpus)
    thresholds = [_threshold(text) for text in args.fail_under]
    protocol = _protocol(args.protocol, corpus)
    plans = list(_plans(args, corpus, here))
    if not plans:
        raise UsageError(f"no test of {corpus.file} is for {', '.join(args.direction)}")
    runs: list[Run] = []
    beside: list[Comparison] = []
    with Ledger(here.ledger) as ledger:
        for plan in plans:
            what = f"{plan.test.name} {plan.direction} {plan.model}"
            with output.progress(len(plan.segments), what) as bar:
                runs.append(evaluate(plan, here, ledger, threads=args.threads, advance=bar.update))
            if protocol is not None:
                beside.append(published.compare(protocol, runs[-1], ledger.segments(runs[-1].id), plan.test))
            if not args.json:
                print(text(runs[-1]), *(published.text(it, plan.model) for it in beside[-1:]), sep="\n", flush=True)
    if args.json:
        shown = [as_dict(it) for it in runs]
        for one, it in zip(shown, beside, strict=False):  # no protocol, nothing beside
            one["protocol"] = published.as_dict(it)
        output.as_json({"runs": shown})
    _check(runs, thresholds)
    return 3 if any(it.failed for it in runs) else 0


def _plans(args: argparse.Namespace, corpus: Corpus, here: Settings) -> Iterator[Plan]:
    from ctxlearn import models, packs
    from ctxlearn.data import Direction
    from ctxlearn.evaluate import Plan

    names = args.model or ["embedded"]
    for name in names:
        models.check_name(name)
    directions = [Direction.parse(text, corpus.codes) for text in args.direction] or list(corpus.directions)
    declared = {test.name for test in corpus.tests}
    files = [_read_test(corpus, name) for name in dict.fromkeys(args.test) if name not in declared]
    if not (args.test or declared):
        raise UsageError(f"{corpus.file}: no [[test]]; declare one, or give --test FILE.tsv")
    for sections in args.sections or [()]:
        pack = packs.open_pack(here.packs, corpus, budget=args.budget, sections=sections, tests=files)
        tests = [test for test in pack.tests if not args.test or test.name in args.test] + files
        for test, direction, name in itertools.product(tests, directions, names):
            if test.tests(direction):
                yield Plan(corpus, pack, test, direction, name, sections, args.limit)


def _protocol(name: str | None, corpus: Corpus) -> Protocol | None:
    from ctxlearn import protocols
    from ctxlearn.protocols import base

    if name is None:
        return None
    protocol = protocols.get(name)
    base.check(protocol, corpus.codes)
    return protocol


def _read_test(corpus: Corpus, name: str) -> TestSet:
    from ctxlearn import corpus as reading
    from ctxlearn.manifest import Test

    if not Path(name).is_file():
        known = ", ".join(test.name for test in corpus.tests) or "there are none"
        raise UsageError(f"test {name!r}: no such file, and {corpus.file} declares no such test (it declares: {known})")
    return reading.read_test(corpus, Test(name=Path(name).name, path=Path(name)))


def _threshold(text: str) -> tuple[str, float]:
    from scoring import METRICS

    metric, _, value = text.partition("=")
    try:
        if metric not in METRICS or not isfinite(float(value)):
            raise ValueError
        return metric, float(value)
    except ValueError as error:
        raise UsageError(f"--fail-under {text!r}: expected METRIC=X with a metric of {', '.join(METRICS)}") from error


def _check(runs: Sequence[Run], thresholds: Sequence[tuple[str, float]]) -> None:
    from scoring import METRICS

    for it, (metric, least) in itertools.product(runs, thresholds):
        value = next(score.value for score in it.scores if score.metric == metric)
        if (value > least) if METRICS[metric].lower_is_better else (value < least):
            raise ThresholdError(
                f"run {it.id} ({it.test} {it.direction} {it.model}): {metric} {value:.2f}, expected {least}"
            )


def as_dict(run: Run) -> dict[str, object]:
    """Return a run as `evaluate --json` shows it."""
    scores = {it.metric: output.fields(it, "metric") for it in run.scores}
    return {
        "run": run.id,
        "corpus": run.corpus,
        "test": run.test,
        "direction": run.direction,
        "system": run.system,
        "model": run.model,
        "sections": list(run.sections),
        "n": run.n,
        "failed": run.failed,
        "status": run.status,
        "started": run.started,
        "tags": list(run.tags),
        "scores": scores,
        "floors": run.floors,
        "leaks": run.leaks,
        "coverage": run.coverage,
        "usage": output.usage(run.usage),
        "cost_usd": run.cost_usd,
        "seconds": run.seconds,
    }


def text(run: Run) -> str:
    """Return a run as a table for a person: its scores with intervals, the floors beside them, the signatures below."""
    head = f"{run.corpus} {run.test} {run.direction}: {output.counted(run.n, 'segment')}, {run.model}"
    rows: list[list[object]] = [["", "score", "95 % interval", *run.floors]]
    for it in run.scores:
        between = f"{it.low:.1f} – {it.high:.1f}" if it.low is not None and it.high is not None else ""
        floors = [f"{floor[it.metric]:.1f}" if it.metric in floor else "" for floor in run.floors.values()]
        rows.append([_name(it.metric), f"{it.value:.2f}", between, *floors])
    lines = [head, output.table(rows, right=range(1, len(rows[0]))) if run.scores else f"({run.status}, no scores)"]
    if run.failed:
        lines.append(f"{run.failed} of {run.n} segments failed and count as empty")
    if run.coverage:
        lines.append(
            f"words of the source known: {run.coverage['types']:.0%} of types, {run.coverage['tokens']:.0%} of tokens"
        )
    removed = run.leaks.get("removed")
    if isinstance(removed, int) and removed:
        lines.append(
            f"{output.counted(removed, 'record')} left out of the context: a sentence of this test stands there"
        )
    lines += [f"{_name(it.metric)}: {it.signature}" for it in run.scores]
    return "\n".join([*lines, f"system: {run.system}", f"run {run.id}, {run.seconds or 0:.1f} s", ""])


def _name(metric: str) -> str:
    import scoring

    return scoring.title(metric)
