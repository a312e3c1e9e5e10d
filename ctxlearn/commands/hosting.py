"""What the commands that ask a hosted model have in common: their options, and how money is shown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from ctxlearn.commands import output

if TYPE_CHECKING:
    from ctxlearn.corpus import TestSet
    from ctxlearn.corrections import Tail
    from ctxlearn.costs import Budget, Forecast
    from ctxlearn.manifest import Corpus
    from ctxlearn.models import Hosting
    from ctxlearn.packs import Pack
    from ctxlearn.settings import Settings
    from ctxlearn.spending import Spent

MODEL_HELP = (
    "embedded (default), embedded-quick, a floor (copy, word-for-word, nearest), "
    "or a hosted one by litellm's name, such as anthropic/claude-sonnet-5-5"
)


def register(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("hosted models")
    group.add_argument("--api-base", metavar="URL", help="the server to ask, instead of the provider's own")
    group.add_argument("--max-cost", type=usd, metavar="USD", help="most to spend; models of this machine cost nothing")
    group.add_argument(
        "--allow-unknown-price", action="store_true", help="ask a model although nobody knows what it costs"
    )
    group.add_argument(
        "--per-request", type=output.positive, metavar="N", help="sentences a request (default: by the model)"
    )
    group.add_argument(
        "--parallel", type=output.positive, metavar="N", help="requests at the same time (default: by the model)"
    )
    group.add_argument(
        "--timeout", type=usd, metavar="S", help="seconds to wait for an answer (default: by the context's length)"
    )
    group.add_argument(
        "--no-keep", action="store_true", help="leave no cached context at the provider when the job is done"
    )


def hosting(args: argparse.Namespace, sentences: int | None = None) -> Hosting:
    """Return how to ask a hosted model, for that many sentences."""
    from ctxlearn.models import Hosting

    return Hosting(
        api_base=args.api_base,
        per_request=args.per_request,
        threads=args.parallel,
        timeout=args.timeout,
        sentences=sentences,
        keep=not args.no_keep,
    )


def budget(args: argparse.Namespace) -> Budget:
    """Return what this call may spend; make it once a call."""
    from ctxlearn.costs import Budget
    from ctxlearn.spending import new_job

    return Budget(args.max_cost, args.allow_unknown_price, new_job())


def pack(
    model: str,
    corpus: Corpus,
    here: Settings,
    budget: int | None,
    sections: Sequence[str],
    tests: Sequence[TestSet] = (),
) -> Pack:
    """Return the pack that a model is given: within a budget, or else as much as it can read, which is said."""
    from ctxlearn import costs, packs

    def packed(budget: int | None) -> Pack:
        return packs.open_pack(here.packs, corpus, budget=budget, sections=sections, tests=tests)

    found = costs.fitting(model, here, packed, budget)
    if budget is None and (said := left_out_text(model, found)):
        output.warn(f"{said}; `ctxlearn pack --model` shows which sections")
    return found


def left_out_text(model: str, pack: Pack) -> str:
    """Return that a model cannot read all of the books, for a pack as large as it can read; empty when it can."""
    left_out = sum(section.left_out for section in pack.sections)
    return f"{model} cannot read all: {output.counted(left_out, 'record')} of the books stayed out" if left_out else ""


def tail(here: Settings, pack: Pack, tests: Sequence[TestSet] = ()) -> Tail:
    """Return the accepted corrections; say which of them a test set holds out."""
    from ctxlearn import corrections

    found = corrections.tail_of(here.ledger, pack, tests)
    for it in found.held_back:
        output.warn(f"correction {it.id} is left out: its sentence is held out now")
    return found


def usd(text: str) -> float:
    """Return a number from 0 on, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return value


def money(amount: float | None) -> str:
    """Return an amount in USD as people write it, or that it is unknown.

    >>> money(1234.5), money(None)
    ('$1,234.50', 'unknown')
    """
    from ctxlearn.spending import in_usd  # late: most calls speak of no money

    return "unknown" if amount is None else in_usd(amount)


def spent_text(spent: Spent) -> str:
    """Return what a job has spent, for stderr."""
    text = f"{money(spent.cost_usd)} for {output.counted(spent.requests, 'request')}"
    if spent.unpriced and spent.usd:
        text += f", {money(spent.usd)} at most as far as prices are known"
    if spent.lost:
        text += f"; {money(spent.lost_usd)} more at most for {spent.lost} that were cut off and may have been charged"
    return text


def spent_dict(spent: Spent) -> dict[str, object]:
    """Return what was spent, as JSON shows it."""
    return {
        "cost_usd": spent.cost_usd,
        "requests": spent.requests,
        "unpriced_requests": spent.unpriced,
        "lost_requests": spent.lost,
        "lost_usd": spent.lost_usd,
        "reserved_usd": spent.reserved_usd,
    }


# -- a dry run --------------------------------------------------------------------------------------------------------


def forecast_dict(it: Forecast) -> dict[str, object]:
    """Return a forecast, as `--dry-run --json` shows it."""
    estimate = it.estimate
    return {
        "model": it.model,
        "segments": it.segments,
        "answered": it.answered,
        "requests": estimate.requests,
        "fits": it.fits,
        "max_input_tokens": it.price.max_input_tokens,
        "tokens": {"context": estimate.book, "questions": estimate.questions, "answers": estimate.answers},
        "tokens_measured": estimate.is_measured,
        "cost_usd": estimate.usd,
        "cost_uncached_usd": estimate.cold_usd,
        "first_request_usd": estimate.first_usd,
        "thinking_usd": estimate.thinking_usd,
        "sections": [output.fields(section) for section in it.sections],
    }


def forecast_text(it: Forecast) -> str:
    """Return a forecast for a person."""
    estimate = it.estimate
    counted = "as it counted them before" if estimate.is_measured else "estimated; its first answer will correct that"
    rows: list[list[object]] = [["section", "tokens", "uncached", "cached"]]
    rows += [[part.name, part.tokens, money(part.cold_usd), money(part.cached_usd)] for part in it.sections]
    lines = [
        f"{output.counted(it.segments, 'segment')}, {it.answered:,} of them answered before; "
        f"{output.counted(estimate.requests, 'request')} to {it.model}",
        f"tokens: {estimate.book:,} of context in each request, {estimate.questions:,} of questions and "
        f"{estimate.answers:,} of answers in all ({counted})",
        f"cost: {money(estimate.usd)} with the context cached ({money(estimate.first_usd)} of it for the first "
        f"request), {money(estimate.cold_usd)} without; up to {money(estimate.thinking_usd)} more for what it thinks",
        "what the sections add to each request:",
        output.table(rows, right=(1, 2, 3)),
    ]
    if it.fits is False:
        lines.append(
            f"the context does not fit: {it.model} takes {it.price.max_input_tokens:,} tokens; pack less with --budget"
        )
    tiers = [above for above, _ in it.price.tiers if above < estimate.book]
    if tiers:
        lines.append(f"requests of more than {max(tiers):,} tokens are charged at a higher rate, which is counted in")
    return "\n".join(lines)
