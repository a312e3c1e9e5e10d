"""What hosted models cost: rows of the price map that litellm ships, checked, and what a person has set instead.

The map is read as the JSON file that it is, without importing litellm and without the network. A price of 0, or none,
is *unknown*, never free: litellm itself prices a model that it does not know, but whose name looks familiar, at 0. A
row is found by the model's full name, or by the name without its provider when it is that provider's; by nothing else.
Rates by the hour of the day (DeepSeek's nights) are not taken: what is entered is then too much, never too little.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from ctxlearn.errors import StoreError, UsageError
from ctxlearn.models.base import Usage
from ctxlearn.settings import LIMITS, ModelSettings, Settings

_PROVIDER, _SAMPLE = "litellm_provider", "sample_spec"  # the sample explains the fields
MILLION = 1_000_000
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per token of each kind; None is unknown. `batch_…` are those of a provider's batches."""

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    written: float | None = None
    written_1h: float | None = None
    reasoning: float | None = None
    batch_input: float | None = None
    batch_output: float | None = None

    def cost(self, usage: Usage) -> float | None:
        """Return what the tokens of one request cost; None when a price or a count that matters is unknown.

        What is read from the cache or written to it without a price of its own costs what fresh input costs: no
        provider asks more for the one, and those that ask more for the other say so.
        """
        read, cached, written, made = usage.read, usage.cached, usage.written, usage.made
        hour = usage.written_1h
        if read is None or cached is None or written is None or made is None or hour is None:
            return None
        if self.input is None or self.output is None:
            return None
        if hour and self.written_1h is None:
            return None
        fresh = max(0, read - cached - written)
        return (
            fresh * self.input
            + cached * (self.input if self.cached is None else self.cached)
            + max(0, written - hour) * (self.input if self.written is None else self.written)
            + hour * (self.written_1h or 0)
            + made * max(self.output, self.reasoning or 0)  # which were thought, no usage says
        )


@dataclass(frozen=True, slots=True)
class Price:
    """What is known of a model: its rates, and its limits in tokens.

    `tiers` are rates by the number of input tokens above which all of a request is charged by them, the lowest first;
    `storage` is USD per token and second; `keeps_from` is the fewest tokens that its provider caches; `mode` says what
    it is asked by, "chat" or something that ctxlearn does not speak; `remarks` say what of the row was not taken, and
    why.
    """

    model: str
    rates: Rates = Rates()
    tiers: tuple[tuple[int, Rates], ...] = ()
    storage: float | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    keeps_from: int | None = None
    deprecated: str = ""
    mode: str = "chat"
    remarks: tuple[str, ...] = ()

    @property
    def is_supported(self) -> bool:
        """Whether ctxlearn can ask the model."""
        return self.mode == "chat"

    @property
    def is_known(self) -> bool:
        """Whether input and output have a price."""
        return self.rates.input is not None and self.rates.output is not None

    def of(self, tokens: int) -> Rates:
        """Return the rates of a request with that many input tokens."""
        return next((rates for above, rates in reversed(self.tiers) if tokens > above), self.rates)

    def cost(self, usage: Usage) -> float | None:
        """Return what one request cost in USD; None when that is unknown.

        Where something was stored, what was written was laid down by a request of its own.
        """
        if not usage.stored:
            return self.of(usage.read or 0).cost(usage) if usage.stored is not None else None
        if self.storage is None or usage.read is None or usage.written is None:
            return None
        laid = Usage(read=usage.written, written=usage.written, written_1h=usage.written_1h)
        asked = replace(usage, read=usage.read - usage.written, written=0, written_1h=0, stored=0)
        costs = (self.of(usage.written).cost(laid), self.of(asked.read or 0).cost(asked))
        return None if None in costs else sum(filter(None, costs)) + usage.stored * self.storage


# -- looking up -------------------------------------------------------------------------------------------------------


def price(model: str, settings: Settings) -> Price:
    """Return what is known of a model's price, by litellm's name for it; what a person has set comes first.

    Raises UsageError for one that cannot be asked in a chat.
    """
    name = _key(model)
    known = _row(model, _map().get(name, {}) if name else {}, name or "")
    if not known.is_supported:
        raise UsageError(f"{model}: is asked by {known.mode!r}, which ctxlearn does not speak; see `ctxlearn models`")
    return _overridden(known, settings.models.get(model, ModelSettings()))


def prices(provider: str, settings: Settings) -> Iterator[Price]:
    """Yield what is known of every model of a provider that writes text, by its full name."""
    for key, row in _map().items():
        if row.get("mode") in ("chat", "responses", "completion") and _belongs(row, provider):
            model = key if key.startswith(f"{provider}/") else f"{provider}/{key}"
            if _key(model) == key:
                yield _overridden(_row(model, row, key), settings.models.get(model, ModelSettings()))


def _key(model: str) -> str | None:
    """Return the key of a model's row in the map; None when it has none."""
    rows = _map()
    provider, _, bare = model.partition("/")
    if model in rows:
        return model
    return bare if bare in rows and _belongs(rows[bare], provider) else None


def _belongs(row: Mapping[str, Any], provider: str) -> bool:
    """Whether a row is of a provider: `vertex_ai` has rows as `vertex_ai-anthropic_models`, too."""
    said = str(row[_PROVIDER])
    return said == provider or said.startswith(f"{provider}-") or (provider == "bedrock" and said == "bedrock_converse")


@cache
def _map() -> dict[str, dict[str, Any]]:
    """Return the rows of litellm's map, without those that are no model's. Raises StoreError."""
    path = _file()
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: {error}; litellm is damaged, install it anew") from error
    return {name: row for name, row in rows.items() if name != _SAMPLE and isinstance(row, dict) and _PROVIDER in row}


def _file() -> Path:
    spec = importlib.util.find_spec("litellm")  # finds it without importing it
    if spec is None or spec.origin is None:
        raise StoreError("litellm is not installed; `pip install ctxlearn` brings it, and with it the prices of models")
    return Path(spec.origin).parent / "model_prices_and_context_window_backup.json"


# -- reading a row ----------------------------------------------------------------------------------------------------

_FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached": "cache_read_input_token_cost",
    "written": "cache_creation_input_token_cost",
    "written_1h": "cache_creation_input_token_cost_above_1hr",
    "reasoning": "output_cost_per_reasoning_token",
    "batch_input": "input_cost_per_token_batches",
    "batch_output": "output_cost_per_token_batches",
}
_TIER = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_DEAREST = 0.01  # USD per token: ten times what the dearest model ever cost; beyond, a row has another unit

# USD per million tokens and hour, by the beginning of a Gemini's name; the map has no such field. What
# https://ai.google.dev/gemini-api/docs/pricing says, as it was quoted in public in 2026 (3.8 Flash: 0.50 until the end
# of that year). Of other models it is unknown until settings.toml says it.
_STORAGE = {
    "gemini-2.5-pro": 4.5,
    "gemini-2.5-flash": 1.0,
    "gemini-3-pro": 4.5,
    "gemini-3.1-pro": 4.5,
    "gemini-3-flash": 1.0,
    "gemini-3.8-flash": 1.0,
}


def _row(model: str, row: Mapping[str, Any], key: str) -> Price:
    reader = _Reader(row)
    base, tiers = reader.ranges() if "tiered_pricing" in row else reader.suffixed()
    return Price(
        model,
        base,
        tiers,
        _storage(key),
        reader.count("max_input_tokens"),
        reader.count("max_output_tokens"),
        reader.count("prompt_cache_min_tokens"),
        str(row.get("deprecation_date", "")),
        str(row.get("mode", "chat")),
        tuple(reader.remarks),
    )


def _storage(key: str) -> float | None:
    bare = key.rpartition("/")[2]
    return next((usd / MILLION / HOUR for name, usd in _STORAGE.items() if bare.startswith(name)), None)


class _Reader:
    """Takes numbers out of a row; `remarks` say what it did not take."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.remarks: list[str] = []

    def suffixed(self) -> tuple[Rates, tuple[tuple[int, Rates], ...]]:
        """Return the rates and the tiers of a row whose fields end in `_above_200k_tokens` and the like."""
        base = self.rates(self.row)
        above = sorted(int(match[1]) for name in self.row if (match := _TIER.fullmatch(name)))
        return base, tuple((n * 1000, self.rates(self.row, f"_above_{n}k_tokens", base)) for n in above)

    def ranges(self) -> tuple[Rates, tuple[tuple[int, Rates], ...]]:
        """Return the rates and the tiers of a row with a list of ranges (Qwen's)."""
        found = []
        for part in self.row["tiered_pricing"]:
            try:
                found.append((int(part["range"][0]), self.rates(part)))
            except (KeyError, IndexError, TypeError, ValueError):
                self.remarks.append(f"tiered_pricing: {part!r} has no range")
        found.sort(key=lambda tier: tier[0])
        return (found[0][1], tuple(found[1:])) if found else (Rates(), ())

    def rates(self, row: Mapping[str, Any], suffix: str = "", base: Rates | None = None) -> Rates:
        """Return the rates of the fields with a suffix; what is not given there is as in `base`."""
        given = {name: self.usd(row, column + suffix) for name, column in _FIELDS.items()}
        return self.checked(replace(base or Rates(), **{name: usd for name, usd in given.items() if usd}), suffix)

    def checked(self, rates: Rates, suffix: str) -> Rates:
        """Return rates without what cannot be: a cache dearer to read, or cheaper to write, than fresh input."""
        least = rates.input or 0.0
        wrong = {
            "cached": rates.cached is not None and rates.cached > least,
            "written": rates.written is not None and rates.written < least,
            "written_1h": rates.written_1h is not None and rates.written_1h < (rates.written or least),
        }
        names = [name for name, it_is in wrong.items() if it_is and rates.input is not None]
        self.remarks += [f"{_FIELDS[name]}{suffix} does not go with {_FIELDS['input']}{suffix}" for name in names]
        return replace(rates, **dict.fromkeys(names))

    def usd(self, row: Mapping[str, Any], name: str) -> float | None:
        value = self.number(row, name)
        if value is not None and value > _DEAREST:
            self.remarks.append(f"{name} = {value!r} is no price of a token")
            return None
        return value

    def count(self, name: str) -> int | None:
        value = self.number(self.row, name)
        return None if value is None else int(value)

    def number(self, row: Mapping[str, Any], name: str) -> float | None:
        """Return a number above 0. A text is no number; 0 says that it is not known."""
        value = row.get(name)
        if value is None or (value == 0 and not isinstance(value, str)):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
            self.remarks.append(f"{name} = {value!r} is no number above 0")
            return None
        return float(value)


# -- what a person has set --------------------------------------------------------------------------------------------


def _overridden(known: Price, said: ModelSettings) -> Price:
    """Return a price with what settings.toml says of it, which is right whatever else is known."""
    given = dict(said.price)
    storage = given.pop("storage", None)
    limits: dict[str, Any] = {name: int(given.pop(name)) for name in LIMITS if name in given}
    rates = _per_token(known.rates, given)
    tiers = known.tiers if not given else ()  # the map's tiers do not go with other prices
    if said.tiers:
        tiers = tuple((above, _per_token(rates, usd)) for above, usd in sorted(said.tiers.items()))
    price = replace(known, rates=rates, tiers=tiers, **limits)
    return price if storage is None else replace(price, storage=storage / MILLION / HOUR)


def _per_token(rates: Rates, per_million: Mapping[str, float]) -> Rates:
    return replace(rates, **{name: usd / MILLION for name, usd in per_million.items()})
