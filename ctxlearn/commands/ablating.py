"""How several runs are shown together: the table of an ablation, and the spread of runs that were repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import scoring
from ctxlearn import models
from ctxlearn.commands import hosting, output

if TYPE_CHECKING:
    from ctxlearn.commands.planning import Row
    from ctxlearn.repeats import Spread
    from ctxlearn.runs import Ledger, Run
    from scoring import Score

_METRICS = ("chrf", "bleu", "chrf++")
_FLOOR = "chrf"
_SPREAD = ("mean", "sd", "least – most")


def as_dict(rows: Sequence[Row]) -> dict[str, object]:
    """Return an ablation as `evaluate --ablate --json` shows it; a cell that was not run names the one it is like."""
    plan = rows[0].plan
    return {
        "corpus": plan.corpus.name,
        "test": plan.test.name,
        "direction": str(plan.direction),
        "n": len(plan.segments),
        "cells": [_cell(row) for row in rows],
    }


def _cell(row: Row) -> dict[str, object]:
    written = row.plan.written is not None
    run = row.runs[0] if row.runs else None
    return {
        "cell": row.name,
        "same_as": row.same_as or None,
        "model": row.plan.model,
        "sections": [] if written else [it.name for it in row.plan.pack.sections if it.records],
        "tokens": 0 if written else row.plan.pack.tokens,
        "run": run.id if run else None,
        "runs": [it.id for it in row.runs],
        "scores": {it.metric: output.fields(it, "metric") for it in run.scores} if run else {},
        "floors": run.floors if run else {},
        "usage": output.usage(run.usage) if run else None,
        "cost_usd": run.cost_usd if run else None,
        "seconds": run.seconds if run else None,
    }


def text(rows: Sequence[Row]) -> str:
    """Return an ablation as one table for a person; below it stand the signatures, and what a reader has to know."""
    plan = rows[0].plan
    several = _several(rows)
    floors = list(dict.fromkeys(name for row in rows for run in row.runs for name in run.floors))
    metrics = _shown_metrics(rows)
    heads = [*map(scoring.title, metrics), *(f"{name} {scoring.title(_FLOOR)}" for name in floors), "price", "run"]
    table: list[list[object]] = [["context", "tokens", *heads]]
    table += [_line(row, metrics, floors, several) for row in rows]
    first = next(row.runs[0] for row in rows if row.runs)
    return "\n".join(
        [
            f"{plan.corpus.name} {plan.test.name} {plan.direction}: {output.counted(first.n, 'segment')}, "
            + ", ".join(dict.fromkeys(row.plan.model for row in rows)),
            output.table(table, right=range(1, len(heads) + 1)),
            *_failures(rows, several),
            "in brackets the 95 % interval; whether two rows differ by more than chance: ctxlearn compare RUN RUN",
            *(f"{scoring.title(it.metric)}: {it.signature}" for it in first.scores if it.metric in metrics),
            "",
        ]
    )


def _shown_metrics(rows: Sequence[Row]) -> list[str]:
    """Return the metrics of an ablation's columns; the first also in one orthography, where the runs have that."""
    there = {it.metric for row in rows for run in row.runs for it in run.scores}
    return [*_METRICS, *({_METRICS[0] + scoring.NORMALISED} & there)]


def _several(rows: Sequence[Row]) -> bool:
    """Whether more than one model is in the table, so that each row has to say whose it is."""
    return len({row.plan.model for row in rows if not row.plan.written}) > 1


def _named(row: Row, several: bool) -> str:
    return f"{row.name}, {row.plan.model}" if several and not row.plan.written else row.name


def _failures(rows: Sequence[Row], several: bool) -> Iterator[str]:
    for row in rows:
        if row.runs and row.runs[0].failed:
            run = row.runs[0]
            yield f"{_named(row, several)}: {run.failed} of {run.n} segments failed and count as empty"


def _line(row: Row, metrics: Sequence[str], floors: Sequence[str], several: bool) -> list[object]:
    name = _named(row, several)
    tokens: object = "" if row.plan.written else row.plan.pack.tokens
    if not row.runs:
        return [name, tokens, f"as {row.same_as}", *[""] * (len(metrics) + len(floors) + 1)]
    run = row.runs[0]
    scores = {it.metric: _shown(it) for it in run.scores}
    beside = [f"{run.floors[floor][_FLOOR]:.1f}" if floor in run.floors else "" for floor in floors]
    return [name, tokens, *(scores[metric] for metric in metrics), *beside, hosting.money(run.cost_usd), run.id]


def _shown(score: Score) -> str:
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} ({score.low:.1f} – {score.high:.1f})"


# -- repeated runs ----------------------------------------------------------------------------------------------------


def spread_dict(row: Row, ledger: Ledger) -> dict[str, object]:
    """Return how the scores of a row's runs spread, as `evaluate --repeat N --json` shows it."""
    from ctxlearn import repeats

    plan = row.plan
    found = {it.metric: output.fields(it, "metric", "runs") for it in repeats.spread(row.runs)}
    return {
        "test": plan.test.name,
        "direction": str(plan.direction),
        "model": plan.model,
        "cell": row.name or None,
        "runs": [it.id for it in row.runs],
        "same_translations": _are_same(row.runs, ledger),
        "scores": found,
    }


def spread_text(row: Row, ledger: Ledger) -> str:
    """Return how the scores of a row's runs spread, for a person."""
    from ctxlearn import repeats

    table: list[list[object]] = [[f"{len(row.runs)} runs", *_SPREAD]]
    table += [[scoring.title(it.metric), *_spread(it)] for it in repeats.spread(row.runs)]
    lines = [output.table(table, right=range(1, 4)), *_sameness([row], ledger)]
    return "\n".join([*lines, f"runs {', '.join(it.id for it in row.runs)}", ""])


def spreads_text(rows: Sequence[Row], ledger: Ledger) -> str:
    """Return how the scores of an ablation's rows spread under the first metric, for a person."""
    from ctxlearn import repeats

    several = _several(rows)
    repeated = [row for row in rows if len(row.runs) > 1]
    table: list[list[object]] = [[f"{scoring.title(_METRICS[0])} of {len(repeated[0].runs)} runs", *_SPREAD]]
    for row in repeated:
        found = next(it for it in repeats.spread(row.runs) if it.metric == _METRICS[0])
        table.append([_named(row, several), *_spread(found)])
    return "\n".join([output.table(table, right=range(1, 4)), *_sameness(repeated, ledger), ""])


def _spread(it: Spread) -> list[object]:
    return [f"{it.mean:.2f}", f"{it.sd:.2f}", f"{it.least:.2f} – {it.most:.2f}"]


def _sameness(rows: Sequence[Row], ledger: Ledger) -> list[str]:
    """Return what to say when no run differs from the others of its row."""
    if not all(_are_same(row.runs, ledger) for row in rows):
        return []
    names = [name for name in dict.fromkeys(row.plan.model for row in rows) if not models.is_hosted(name)]
    why = f"; {' and '.join(names)} {'is' if len(names) == 1 else 'are'} deterministic" if names else ""
    return [f"every run gave the same translations{why}"]


def _are_same(runs: Sequence[Run], ledger: Ledger) -> bool:
    from ctxlearn import repeats

    return repeats.are_same(ledger.segments(run.id) for run in runs)
