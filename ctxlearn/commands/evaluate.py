"""`ctxlearn evaluate`: translate held-out test sets, score them, and enter the runs in the ledger."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctxlearn import watching
from ctxlearn.commands import hosting, output
from ctxlearn.errors import ThresholdError, UsageError

if TYPE_CHECKING:
    from ctxlearn.commands.planning import Row
    from ctxlearn.evaluate import Plan
    from ctxlearn.manifest import Corpus
    from ctxlearn.protocols.base import Comparison, Protocol
    from ctxlearn.runs import Ledger, Run
    from ctxlearn.settings import Settings


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS")
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument(
        "--test", metavar="NAME|FILE", help="a declared test set, or a table (default: all declared)", **many
    )
    parser.add_argument("--direction", metavar="D", help="such as kgv-eng (default: both)", **many)
    parser.add_argument("--model", metavar="M", help=hosting.MODEL_HELP, **many)
    parser.add_argument(
        "--human",
        type=Path,
        metavar="FILE",
        help="measure translations that somebody made: lines in order, or a table with `id` and `translation`",
        **many,
    )
    parser.add_argument(
        "--name", metavar="NAME", help="who made those of --human, in the same order (default: the file's name)", **many
    )
    sections = "dictionary,examples,glossed,grammar,text, or nothing"
    parser.add_argument("--sections", type=output.names, metavar="S", help=sections, **many)
    parser.add_argument(
        "--ablate",
        action="store_true",
        help="a run for each context of the standard grid, from nothing to all the books, in one table",
    )
    parser.add_argument("--budget", type=output.positive, metavar="N", help="most tokens to pack")
    parser.add_argument(
        "--limit", type=output.positive, metavar="N", help="only the first N segments; for trying things out"
    )
    parser.add_argument(
        "--repeat", type=output.positive, default=1, metavar="N", help="make each run N times and say how scores spread"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="begin anew where a run was cut off (default: go on with it)"
    )
    parser.add_argument(
        "--threads", type=output.positive, default=1, metavar="N", help="threads to learn and translate with"
    )
    parser.add_argument(
        "--fail-under", metavar="METRIC=X", help="exit 4 when a run scores below, such as chrf=40", **many
    )
    parser.add_argument(
        "--protocol", metavar="P", help="score as a benchmark does, beside its published numbers: mtob or zhuangbench"
    )
    parser.add_argument(
        "--normalise",
        action="store_true",
        help="also the scores of the texts in one orthography: case, apostrophes, dashes",
    )
    parser.add_argument("--temperature", type=float, metavar="T", help="of a hosted model (default: its provider's)")
    parser.add_argument("--sampling-seed", type=int, metavar="N", help="of a hosted model, where it takes one")
    parser.add_argument("--dry-run", action="store_true", help="say what would be run and what it would cost")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    hosting.register(parser)


def run(args: argparse.Namespace) -> int:
    """Make a run for each combination; raises ThresholdError when one scores below a threshold."""
    from ctxlearn import manifest, settings
    from ctxlearn.commands import planning
    from ctxlearn.runs import Ledger

    if args.ablate and (args.sections or args.budget):
        raise UsageError("--ablate has sections and budgets of its own; take --sections and --budget away")
    here = settings.read()
    corpus = manifest.open_corpus(args.corpus)
    thresholds = [_threshold(text, _metrics(args)) for text in args.fail_under]
    protocol = _protocol(args.protocol, corpus)
    tables = list(planning.tables(args, corpus, here))
    if not tables:
        raise UsageError(f"no test of {corpus.file} is for {', '.join(args.direction)}")
    if args.dry_run:
        return _estimate(tables, args, here)
    with Ledger(here.ledger) as ledger:
        session = _Session(args, here, ledger, protocol)
        watching.watcher().expect(session.size(tables))
        for table in tables:
            session.make(table)
    if args.json:
        output.as_json(session.shown)
    _check(session.runs, thresholds)
    return 3 if any(it.failed for it in session.runs) else 0


def _estimate(tables: Sequence[Sequence[Row]], args: argparse.Namespace, here: Settings) -> int:
    from ctxlearn.commands import estimating

    found = estimating.estimates(tables, args, here)
    output.as_json(estimating.as_dict(found)) if args.json else print(estimating.text(found))
    return 0


class _Session:
    """One call of the command: the runs that it made, and the JSON object that shows them."""

    def __init__(self, args: argparse.Namespace, here: Settings, ledger: Ledger, protocol: Protocol | None) -> None:
        self.args = args
        self.here = here
        self.ledger = ledger
        self.protocol = protocol
        self.budget = hosting.budget(args)
        self.runs: list[Run] = []
        self.shown: dict[str, list[dict[str, object]]] = {"runs": []}

    def size(self, tables: Sequence[Sequence[Row]]) -> int:
        """Return how many segments there are to translate in all."""
        rows = [row for table in tables for row in table if not row.same_as]
        return sum(len(row.plan.segments) * (1 if row.plan.written else self.args.repeat) for row in rows)

    def make(self, table: Sequence[Row]) -> None:
        """Make the runs of a table; they are printed as they are done, or, of the grid, all at once."""
        from ctxlearn.commands import ablating

        for row in table:
            if not row.same_as:
                self._make(row)
            if not (self.args.ablate or self.args.json):
                print("\n".join(self._text(row)), flush=True)
        if self.args.ablate:
            self.shown.setdefault("ablation", []).append(ablating.as_dict(table))
        if self.args.ablate and not self.args.json:
            print("\n".join(self._ablation_text(table)), flush=True)

    def _make(self, row: Row) -> None:
        """Make a row's runs."""
        from ctxlearn.commands import ablating
        from ctxlearn.evaluate import Manner, evaluate

        plan = row.plan
        times = 1 if plan.written else self.args.repeat
        asked = hosting.hosting(self.args, len(plan.segments))
        manner = Manner(
            self.args.threads,
            asked,
            self.budget,
            fresh=self.args.fresh,
            repeated=times > 1,
            normalised=self.args.normalise,
        )
        earlier = _earlier(plan, self.ledger)
        for number in range(1, times + 1):
            if earlier:
                row.runs.append(earlier.pop(0))
                watching.watcher().advance(len(plan.segments))
                self.shown["runs"].append(self._as_dict(row, row.runs[-1]))
                continue
            what = [plan.test.name, str(plan.direction), plan.model, row.name, f"{number}/{times}" if times > 1 else ""]
            with output.progress(len(plan.segments), " ".join(filter(None, what))) as bar:
                made = evaluate(plan, self.here, self.ledger, manner, resumed=_say_resumed, advance=bar.update)
            if self.args.ablate and not plan.written:
                made = self.ledger.tag(made.id, [f"ablation: {row.name}"])
            row.runs.append(made)
            watching.watcher().finished(made.id)
            self.shown["runs"].append(self._as_dict(row, made))
        self.runs += row.runs
        if times > 1:
            self.shown.setdefault("repeats", []).append(ablating.spread_dict(row, self.ledger))

    def _as_dict(self, row: Row, made: Run) -> dict[str, object]:
        """Return a run as the JSON object shows it: with the coverage of each segment, and under its protocol."""
        from ctxlearn.commands import published

        segments = [{"id": it.id, **(it.coverage or {})} for it in self.ledger.segments(made.id)]
        shown = as_dict(made) | {"coverage": {**made.coverage, "segments": segments}}
        beside = self._beside(row, made)
        return shown if beside is None else {**shown, "protocol": published.as_dict(beside)}

    def _beside(self, row: Row, made: Run) -> Comparison | None:
        from ctxlearn.commands import published

        if self.protocol is None:
            return None
        return published.compare(self.protocol, made, self.ledger.segments(made.id), row.plan.test)

    def _text(self, row: Row) -> Iterator[str]:
        """Yield what a person sees of a row: its first run whole, and how far the others are from it."""
        from ctxlearn.commands import ablating

        yield text(row.runs[0])
        yield from self._beside_text(row)
        if len(row.runs) > 1:
            yield ablating.spread_text(row, self.ledger)

    def _ablation_text(self, table: Sequence[Row]) -> Iterator[str]:
        from ctxlearn.commands import ablating

        yield ablating.text(table)
        if any(len(row.runs) > 1 for row in table):
            yield ablating.spreads_text(table, self.ledger)
        for row in table:
            yield from self._beside_text(row)

    def _beside_text(self, row: Row) -> Iterator[str]:
        from ctxlearn.commands import published

        beside = self._beside(row, row.runs[0]) if row.runs else None
        if beside is not None:
            yield published.text(beside, " ".join(filter(None, [row.plan.model, row.name])))


def _earlier(plan: Plan, ledger: Ledger) -> list[Run]:
    """Return the runs of a plan that this work had finished before it was broken off."""
    from ctxlearn.versions import versions

    wanted = (plan.test.sha256, str(plan.direction), plan.model, plan.pack.fingerprint, versions(plan.model))
    found = []
    for run_id in watching.watcher().earlier:
        with suppress(UsageError):  # somebody may have deleted it since
            run = ledger.show(run_id)
            made = (run.test_hash, run.direction, run.model, run.context, run.versions)
            sampling = {name: run.parameters[name] for name in ("temperature", "seed") if name in run.parameters}
            corrected = plan.tail.mark in run.system if plan.tail.mark else "|tail:" not in run.system
            if run.status == "done" and corrected and (made, sampling) == (wanted, plan.sampling):
                found.append(run)
    return found


def _say_resumed(run: Run, done: int) -> None:
    output.warn(
        f"run {run.id} was cut off; it goes on after {done} of {run.n} segments (--fresh would begin a new one)"
    )


def _protocol(name: str | None, corpus: Corpus) -> Protocol | None:
    from ctxlearn import protocols
    from ctxlearn.protocols import base

    if name is None:
        return None
    protocol = protocols.get(name)
    base.check(protocol, corpus.codes)
    return protocol


def _metrics(args: argparse.Namespace) -> list[str]:
    """Return the names of the scores that the runs will have."""
    from scoring import METRICS, NORMALISED

    return [*METRICS, *(name + NORMALISED for name in METRICS if args.normalise)]


def _threshold(text: str, metrics: Sequence[str]) -> tuple[str, float]:
    metric, _, value = text.partition("=")
    try:
        if metric not in metrics or not isfinite(float(value)):
            raise ValueError
        return metric, float(value)
    except ValueError as error:
        raise UsageError(f"--fail-under {text!r}: expected METRIC=X with a metric of {', '.join(metrics)}") from error


def _check(runs: Sequence[Run], thresholds: Sequence[tuple[str, float]]) -> None:
    from scoring import METRICS, NORMALISED

    for it, (metric, least) in itertools.product(runs, thresholds):
        value = next(score.value for score in it.scores if score.metric == metric)
        if (value > least) if METRICS[metric.removesuffix(NORMALISED)].lower_is_better else (value < least):
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
        "answered_by": list(run.answered_by),
        "parameters": dict(run.parameters),
        "test_hash": run.test_hash,
        "context": run.context,
        "versions": dict(run.versions),
        "sections": list(run.sections),
        "n": run.n,
        "failed": run.failed,
        "status": run.status,
        "started": run.started,
        "finished": run.finished,
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
    lines += _coverage_lines(run.coverage)
    removed = run.leaks.get("removed")
    if isinstance(removed, int) and removed:
        lines.append(
            f"{output.counted(removed, 'record')} left out of the context: a sentence of this test stands there"
        )
    lines += [f"{_name(it.metric)}: {it.signature}" for it in run.scores]
    lines += [f"system: {run.system}", *_asked_lines(run)]
    return "\n".join([*lines, f"run {run.id}, {run.seconds or 0:.1f} s", ""])


def _asked_lines(run: Run) -> Iterator[str]:
    """Yield who answered and what was asked, where the system's signature does not say it."""
    if set(run.answered_by) - {run.model}:
        yield f"answered by {', '.join(run.answered_by)}"
    if "per_request" in run.parameters:
        yield f"at most {output.counted(int(run.parameters['per_request']), 'segment')} a request"
    if "corrections" in run.parameters:
        read = output.counted(int(run.parameters["corrections"]), "accepted correction")
        yield f"read after the context: {read}, none of a held-out sentence"


def _coverage_lines(coverage: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is known of the source's words, and what that, and the length of a segment, do to chrF."""
    if not coverage:
        return
    line = f"words of the source known: {coverage['types']:.0%} of types, {coverage['tokens']:.0%} of tokens"
    if "parts" in coverage:
        own, parts = coverage["surface"]["tokens"], coverage["parts"]["tokens"]
        line += (
            f" ({own['dictionary']:.0%} in the dictionary, {own['examples']:.0%} in examples; "
            f"{parts['either']:.0%} with parts of words)"
        )
    yield line
    for kind, slices in coverage.get("slices", {}).items():
        found = [f"{it['slice']} {it['scores']['chrf']['value']:.1f} (n={it['n']})" for it in slices]
        yield f"chrF by {kind}: {', '.join(found)}"


def _name(metric: str) -> str:
    import scoring

    return scoring.title(metric)
