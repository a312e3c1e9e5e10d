"""`ctxlearn models`: list hosted models with their limits, their prices for a corpus, and whether there is a key."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ctxlearn.commands import hosting, output

if TYPE_CHECKING:
    from ctxlearn.models.prices import Price
    from ctxlearn.settings import Settings

LARGE = 400_000  # tokens; a model that takes less is listed only with --all, or when the corpus fits it
SENTENCES, QUESTION, ANSWER = 20, 1_000, 1_000  # a request, and its tokens without the context
_VERTEX = ("VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT")
THOUSAND = 1_000 // SENTENCES  # requests


def register(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("corpus", metavar="CORPUS", nargs="?", help="a corpus to price; without one, a million tokens")
    parser.add_argument("--provider", metavar="P", help="only this provider's models")
    parser.add_argument(
        "--all", action="store_true", help="also small models, unpriced and withdrawn ones, and every further name"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """List the models, the cheapest first."""
    from ctxlearn import settings

    here = settings.read()
    tokens = tokens_of(args.corpus, here)
    lines = listed(args, here, tokens)
    if args.json:
        output.as_json({"corpus": args.corpus, "tokens": tokens, "models": [_as_dict(it) for it in lines]})
        return 0
    rows: list[list[object]] = [["model", "takes", "fits", "first request", "each further", "1,000 sentences", "key"]]
    rows += [[name, "any", "yes", "$0.00", "$0.00", "$0.00", "none needed"] for name in ("embedded", "embedded-quick")]
    rows += [_row(it) for it in lines]
    print(output.table(rows, right=(1, 3, 4, 5)))
    print(f"\nPrices, litellm's or those of settings.toml, are for a context of {tokens:,} tokens as ctxlearn counts")
    print(f"them and {SENTENCES} sentences a request. What a model thinks before it answers comes on top.")
    return 0


def listed(args: argparse.Namespace, here: Settings, tokens: int) -> list[Line]:
    """Return the models that the options name, for a context of so many tokens, the cheapest first."""
    lines = sorted(_lines(args, here, tokens), key=lambda it: (it.thousand is None, it.thousand, it.price.model))
    return lines if args.all else list(_once(lines))


@dataclass(frozen=True, slots=True)
class Line:
    """One model: its price, its tokens for the context, what requests cost, and the key that it needs."""

    price: Price
    book: int
    first: float | None
    further: float | None
    keys: tuple[str, ...]
    key_set: str | None

    @property
    def fits(self) -> bool | None:
        """Whether the context fits; None when the model's limit is not known."""
        most = self.price.max_input_tokens
        return None if most is None else self.book + QUESTION < most

    @property
    def thousand(self) -> float | None:
        """What a thousand sentences cost in USD; None when that is not known."""
        return None if self.first is None or self.further is None else self.first + (THOUSAND - 1) * self.further


def tokens_of(corpus: str | None, here: Settings) -> int:
    """Return how many tokens the context of a corpus has; without one, those of a large book."""
    if corpus is None:
        return 900_000
    from ctxlearn import manifest, packs

    return packs.open_pack(here.packs, manifest.open_corpus(corpus)).tokens


def _lines(args: argparse.Namespace, here: Settings, tokens: int) -> Iterator[Line]:
    from ctxlearn.errors import UsageError
    from ctxlearn.models import plans, prices

    if args.provider is not None and args.provider not in plans.PROVIDERS:
        raise UsageError(f"provider {args.provider!r}: the known ones are {', '.join(plans.PROVIDERS)}")
    for provider in [args.provider] if args.provider else plans.PROVIDERS:
        for price in prices.prices(provider, here):
            line = _line(price, tokens)
            if args.all or _is_of_interest(line):
                yield line


def _once(lines: Sequence[Line]) -> Iterator[Line]:
    """Yield one of the names (regions, dates) of what costs and takes the same at one provider: the shortest."""
    best: dict[tuple[object, ...], Line] = {}
    for it in lines:
        same = (it.price.model.partition("/")[0], it.price.max_input_tokens, it.first, it.further)
        if same not in best or len(it.price.model) < len(best[same].price.model):
            best[same] = it
    yield from best.values()


def _is_of_interest(line: Line) -> bool:
    price = line.price
    withdrawn = price.deprecated and price.deprecated < f"{datetime.now(UTC):%Y-%m-%d}"
    large = (price.max_input_tokens or 0) >= LARGE or bool(line.fits)
    asked = price.is_supported and line.thousand is not None
    return large and asked and not withdrawn and not price.model.partition("/")[2].startswith("ft:")


def _line(price: Price, tokens: int) -> Line:
    from ctxlearn import settings
    from ctxlearn.models import plans
    from ctxlearn.models.estimate import Expected, Kind, expected_ratio

    book = round(tokens * expected_ratio(price.model))
    expected = Expected(book, QUESTION, ANSWER)
    provider = price.model.partition("/")[0]
    keys = keys_of(provider)
    kind = Kind(stored_for=300.0) if provider in plans.GOOGLE and "gemini" in price.model else Kind()
    first, further = price.cost(expected.cold(kind)), price.cost(expected.warm())
    return Line(price, book, first, further, keys, settings.name_set(*keys))


def keys_of(provider: str) -> tuple[str, ...]:
    """Return the variables any one of which holds a provider's key."""
    from ctxlearn.models import plans
    from ctxlearn.models.plans.gemini import GeminiPlan

    if provider in plans.GOOGLE:
        return GeminiPlan.keys if provider == "gemini" else _VERTEX
    return plans.PLANS[provider].keys or plans.KEYS.get(provider, ())


def _row(it: Line) -> list[object]:
    takes = "unknown" if it.price.max_input_tokens is None else f"{it.price.max_input_tokens:,}"
    fits = {None: "unknown", True: "yes", False: "no"}[it.fits] if it.price.is_supported else "not supported"
    key = it.key_set or (f"{it.keys[0]} is not set" if it.keys else "none needed")
    costs = [hosting.money(usd) for usd in (it.first, it.further, it.thousand)]
    return [it.price.model, takes, fits, *costs, key]


def _as_dict(it: Line) -> dict[str, object]:
    rates = it.price.rates
    return {
        "model": it.price.model,
        "max_input_tokens": it.price.max_input_tokens,
        "max_output_tokens": it.price.max_output_tokens,
        "fits": it.fits,
        "supported": it.price.is_supported,
        "tokens": it.book,
        "first_request_usd": it.first,
        "further_request_usd": it.further,
        "thousand_sentences_usd": it.thousand,
        "usd_per_token": output.fields(rates),
        "tiers": [{"above": above, **output.fields(tier)} for above, tier in it.price.tiers],
        "storage_usd_per_token_second": it.price.storage,
        "deprecated": it.price.deprecated or None,
        "remarks": list(it.price.remarks),
        "key": {"variables": list(it.keys), "set": it.key_set},
    }
