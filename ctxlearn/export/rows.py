"""A run and a segment as flat rows, for the formats that are tables."""

from __future__ import annotations

from collections.abc import Sequence

from ctxlearn.export.base import Exported
from ctxlearn.runs import Run

Cell = str | int | float | None

OF_RUN = ("run", "status", "corpus", "test", "test_hash", "direction", "model", "system", "context", "tags")
_OF_SEGMENT = ("position", "id", "source", "hypothesis", "problem", "confidence", "answered_by", "attempts")


def segments(items: Sequence[Exported]) -> tuple[list[str], list[list[Cell]]]:
    """Return names and rows: one row a segment, a column for each reference (`reference_1` …) and each score."""
    metrics = list(dict.fromkeys(name for it in items for name in ("chrf++", *it.outside)))
    most = max((len(each.references) for it in items for each in it.segments), default=0)
    references = [f"reference_{number}" for number in range(1, most + 1)]
    names = [*OF_RUN, *_OF_SEGMENT[:3], *references, *_OF_SEGMENT[3:], *(f"score_{metric}" for metric in metrics)]
    rows: list[list[Cell]] = []
    for it in items:
        same = of_run(it)
        for each in it.segments:
            scores = it.scores(each)
            texts = [*each.references, *[None] * (most - len(each.references))]
            problem = f"{each.problem.kind}: {each.problem.text}" if each.problem else None
            rows.append([*same, each.position, each.id, each.source, *texts, each.hypothesis, problem, each.confidence])
            rows[-1] += [each.model or None, each.attempts]
            rows[-1] += [scores.get(metric) for metric in metrics]
    return names, rows


def runs(items: Sequence[Exported]) -> tuple[list[str], list[list[Cell]]]:
    """Return names and rows: one row a run, with value, interval and signature of each score."""
    metrics = list(dict.fromkeys(score.metric for it in items for score in it.run.scores))
    more = ["sections", "answered_by", "parameters", "n", "failed", "started", "finished", "seconds", "cost_usd"]
    parts = ("", "_low", "_high", "_signature")
    names = [*OF_RUN, *more, *(f"{metric}{part}" for metric in metrics for part in parts)]
    rows: list[list[Cell]] = []
    for it in items:
        run = it.run
        row: list[Cell] = [*of_run(it), ", ".join(run.sections), ", ".join(run.answered_by), parameters(run)]
        row += [run.n, run.failed, run.started, run.finished, run.seconds, run.cost_usd]
        found = {score.metric: score for score in run.scores}
        for metric in metrics:
            score = found.get(metric)
            row += [score.value, score.low, score.high, score.signature] if score else [None] * 4
        rows.append(row)
    return names, rows


def parameters(run: Run) -> str:
    """Return what a run's model was asked with, as one text."""
    return ", ".join(f"{name} {value:.15g}" for name, value in run.parameters.items())


def of_run(it: Exported) -> list[Cell]:
    """Return what a row says of its run, under the names of OF_RUN."""
    run = it.run
    same = (run.id, run.status, run.corpus, run.test, run.test_hash, run.direction, run.model, run.system, run.context)
    return [*same, ", ".join(run.tags)]
