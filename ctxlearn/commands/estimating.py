"""`ctxlearn evaluate --dry-run`: what would be run, and what it would cost, before anything is asked."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctxlearn import costs, models, policy
from ctxlearn.commands import hosting, output
from ctxlearn.policy import Destination

if TYPE_CHECKING:
    from ctxlearn.commands.planning import Row
    from ctxlearn.settings import Settings


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one row of a table would take: `cost_usd` for all its runs (None: unknown), and whether the context fits.

    `same_as` names the earlier row whose context it shares; then it is not run.
    """

    name: str
    test: str
    direction: str
    model: str
    tokens: int
    segments: int
    runs: int
    cost_usd: float | None
    fits: bool | None = None
    same_as: str = ""


def estimates(tables: Sequence[Sequence[Row]], args: argparse.Namespace, here: Settings) -> list[Estimate]:
    """Return an estimate for each row, in their order. Raises PolicyError where a model may not be asked."""
    return [_estimate(row, args, here) for table in tables for row in table]


def total(found: Sequence[Estimate]) -> float | None:
    """Return what all would cost; None when one has no known price."""
    known = [it.cost_usd for it in found if it.cost_usd is not None]
    return sum(known) if len(known) == len(found) else None


def _estimate(row: Row, args: argparse.Namespace, here: Settings) -> Estimate:
    plan = row.plan
    runs = 0 if row.same_as else 1 if plan.written else args.repeat
    cost, fits = _cost(row, args, here, runs)
    what = (plan.test.name, str(plan.direction), plan.model)
    tokens = 0 if plan.written else plan.pack.tokens
    return Estimate(row.name, *what, tokens, len(plan.segments), runs, cost, fits, row.same_as)


def _cost(row: Row, args: argparse.Namespace, here: Settings, runs: int) -> tuple[float | None, bool | None]:
    plan = row.plan
    if not runs or plan.written or not models.is_hosted(plan.model):
        return 0.0, None
    asked = hosting.hosting(args, len(plan.segments))
    policy.check(plan.policies, Destination(plan.model, asked.api_base), here)
    found = costs.forecast(plan.model, plan.pack, plan.direction, plan.segments, here, asked, tail=plan.tail.text)
    cost = found.estimate.usd
    return None if cost is None else cost * runs, found.fits


def as_dict(found: Sequence[Estimate]) -> dict[str, object]:
    """Return estimates as `evaluate --dry-run --json` shows them."""
    return {"plans": [output.fields(it) for it in found], "cost_usd": total(found)}


def text(found: Sequence[Estimate]) -> str:
    """Return estimates for a person."""
    rows: list[list[object]] = [["context", "test", "direction", "model", "tokens", "segments", "runs", "cost"]]
    for it in found:
        cost = f"as {it.same_as}" if it.same_as else hosting.money(it.cost_usd)
        cost += " (does not fit the model)" if it.fits is False else ""
        rows.append([it.name, it.test, it.direction, it.model, it.tokens, it.segments, it.runs, cost])
    return f"{output.table(rows, right=(4, 5, 6))}\nin all {hosting.money(total(found))}; nothing was asked"
