"""What the requests cost: prices, the ledger of what was used, and the counters a test reads."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from tests.standins.cache import Plan

_MILLION = 1_000_000
_TIER = re.compile(r"(.+)_above_(\d+)k_tokens$")
_KEPT_ARRIVALS = 200_000


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens; a cache write without its own price costs what fresh input costs."""

    input: float = 0.0
    output: float = 0.0
    read: float | None = None
    write: float | None = None
    write_long: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A model's prices; a request of more than `tier_above` input tokens is charged by `tier` as a whole."""

    rates: Rates = Rates()
    tier_above: int | None = None
    tier: Rates | None = None
    storage: float = 0.0  # USD per million tokens and hour

    def of(self, total: int) -> Rates:
        """Return the rates for a request of `total` input tokens."""
        beyond = self.tier is not None and self.tier_above is not None and total > self.tier_above
        return self.tier if beyond and self.tier is not None else self.rates


_FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "read": "cache_read_input_token_cost",
    "write": "cache_creation_input_token_cost",
    "write_long": "cache_creation_input_token_cost_above_1hr",
}


def price_from_row(row: Mapping[str, Any], storage: float = 0.0) -> Price:
    """Return the Price that a row of litellm's price map states; the map knows no storage.

    >>> price_from_row({"input_cost_per_token": 2e-06, "output_cost_per_token": 1e-05}).rates.input
    2.0
    """
    tiers = {int(found[2]) * 1000 for name in row if (found := _TIER.match(name)) and found[1] in _FIELDS.values()}
    if not tiers:
        return Price(_rates(row, ""), storage=storage)
    above = min(tiers)
    return Price(_rates(row, ""), above, _rates(row, f"_above_{above // 1000}k_tokens"), storage)


def _rates(row: Mapping[str, Any], suffix: str) -> Rates:
    found = {name: row.get(column + suffix, row.get(column)) for name, column in _FIELDS.items()}
    return Rates(**{name: round(value * _MILLION, 9) for name, value in found.items() if value is not None})


@dataclass(slots=True)
class Bill:
    """USD, by what they were spent on."""

    input: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    written: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    storage: Decimal = Decimal(0)

    def charge(self, rates: Rates, plan: Plan, output: int) -> Decimal:
        """Add one request; returns what it cost."""
        fresh = plan.total - plan.read - plan.written - plan.written_long
        parts = (
            _usd(fresh, rates.input),
            _usd(plan.read, rates.input if rates.read is None else rates.read),
            _usd(plan.written, rates.input if rates.write is None else rates.write)
            + _usd(plan.written_long, _long(rates)),
            _usd(output, rates.output),
        )
        self.input += parts[0]
        self.cached += parts[1]
        self.written += parts[2]
        self.output += parts[3]
        return sum(parts, Decimal(0))

    def summary(self) -> dict[str, float]:
        """Return the parts and the total, as JSON has them."""
        parts = {name: getattr(self, name) for name in ("input", "cached", "written", "output", "storage")}
        return {name: float(usd) for name, usd in parts.items()} | {"total": float(sum(parts.values()))}


def _long(rates: Rates) -> float:
    return next(rate for rate in (rates.write_long, rates.write, rates.input) if rate is not None)


def _usd(tokens: float, rate: float) -> Decimal:
    return Decimal(str(tokens)) * Decimal(str(rate)) / _MILLION


@dataclass(slots=True)
class Arrival:
    """One request as it came in, and what became of it; `at` is in the server's time."""

    number: int
    kind: str
    path: str
    at: float
    bytes: int
    status: int = 0
    fault: str = ""
    total: int = 0
    read: int = 0
    written: int = 0
    output: int = 0
    usd: float = 0.0
    tail: str = ""


@dataclass(slots=True)
class _Sums:
    requests: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    input_tokens: int = 0
    read_tokens: int = 0
    written_tokens: int = 0
    written_long_tokens: int = 0
    output_tokens: int = 0
    undelivered: int = 0  # answers whose client had visibly gone: made and billed, never read
    concurrency: int = 0
    concurrency_max: int = 0


@dataclass(slots=True)
class Ledger:
    """Everything a stand-in counts."""

    price: Price
    sums: _Sums = field(default_factory=_Sums)
    bill: Bill = field(default_factory=Bill)
    by_kind: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    arrivals: list[Arrival] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self, kind: str, path: str, at: float, size: int) -> Arrival:
        """Note a request on its arrival; numbers count each kind from 1."""
        with self.lock:
            self.by_kind[kind] += 1
            sums = self.sums
            sums.requests += 1
            sums.bytes_received += size
            sums.concurrency += 1
            sums.concurrency_max = max(sums.concurrency_max, sums.concurrency)
            arrival = Arrival(self.by_kind[kind], kind, path, at, size)
            if len(self.arrivals) < _KEPT_ARRIVALS:
                self.arrivals.append(arrival)
        return arrival

    def charge(self, arrival: Arrival, plan: Plan, output: int) -> None:
        """Put a request that was computed on the bill."""
        with self.lock:
            sums = self.sums
            sums.input_tokens += plan.total
            sums.read_tokens += plan.read
            sums.written_tokens += plan.written
            sums.written_long_tokens += plan.written_long
            sums.output_tokens += output
            arrival.total, arrival.read, arrival.output = plan.total, plan.read, output
            arrival.written = plan.written + plan.written_long
            arrival.usd = float(self.bill.charge(self.price.of(plan.total), plan, output))

    def leave(self, arrival: Arrival, status: int, size: int) -> None:
        """Note what a request is answered with, just before it is sent; status 0 is none."""
        with self.lock:
            arrival.status = status
            self.by_status[str(status)] += 1
            self.sums.bytes_sent += size
            self.sums.concurrency -= 1

    def lose(self) -> None:
        """Note that an answer could not be sent."""
        with self.lock:
            self.sums.undelivered += 1

    def fault(self, arrival: Arrival, kind: str) -> None:
        """Note that a request was made to go wrong."""
        with self.lock:
            arrival.fault = kind
            self.by_fault[kind] += 1

    def summary(self, storage: float = 0.0) -> dict[str, Any]:
        """Return all counters as JSON has them; `storage` is in token-seconds."""
        with self.lock:
            self.bill.storage = _usd(storage / 3600, self.price.storage)
            counted = {"by_kind": self.by_kind, "by_status": self.by_status, "by_fault": self.by_fault}
            return asdict(self.sums) | {name: dict(found) for name, found in counted.items()} | {
                "storage_token_seconds": storage,
                "bill_usd": self.bill.summary(),
            }

    def listed(self) -> list[dict[str, Any]]:
        """Return the arrivals in their order, as JSON has them."""
        with self.lock:
            return [asdict(arrival) for arrival in self.arrivals]

    def clear(self) -> None:
        """Begin to count anew; what is in progress stays in progress."""
        with self.lock:
            running = self.sums.concurrency
            self.sums, self.bill = _Sums(concurrency=running), Bill()
            for counter in (self.by_kind, self.by_status, self.by_fault):
                counter.clear()
            self.arrivals.clear()
