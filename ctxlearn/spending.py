"""Money: what is reserved before a request goes out, what it was charged, and the caps that both stay under.

Reserving asks and notes in one transaction, so that threads and processes together never pass a cap: what was charged,
what is under way at its dearest, and what was lost never add up to more. What is under way when a process is killed may
have been charged or not; it counts as charged from then on, and is shown as lost.

Amounts are whole nanodollars, rounded up, so that a sum is a sum.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Self

from ctxlearn.errors import CapReached
from ctxlearn.processes import is_gone, this_process
from ctxlearn.settings import Cap, Period
from ctxlearn.store import Store

NANO = 1_000_000_000
_PAUSE, _LONGEST = 0.01, 0.5  # seconds between two looks whether others are done
_LOOKS = 7200  # an hour
_PATIENCE = 60  # seconds for a turn at the file: many threads and processes write to it

_DAYS = {"day": 10, "month": 7, "ever": 0}  # how much of 2026-11-22 two days of a period have in common


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in USD, and what may have been besides.

    `unpriced` requests have no known price; `lost` ones were cut off, by a kill or on the way, and may have been
    charged up to `lost_usd`; those under way now have `reserved_usd` set aside.
    """

    usd: float = 0.0
    requests: int = 0
    unpriced: int = 0
    lost: int = 0
    lost_usd: float = 0.0
    reserved_usd: float = 0.0

    @property
    def cost_usd(self) -> float | None:
        """What was spent, or None when some of it has no known price."""
        return None if self.unpriced else self.usd


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one request; `nanodollars` is None when its price is unknown."""

    id: int
    job: str
    model: str
    nanodollars: int | None


class _Busy(Exception):  # noqa: N818  # no error, and seen by nobody
    """There is room under the cap, but others have set it aside for what they have under way."""


class Spending:
    """The book of all money, in the state folder's SQLite file; a context manager, for several threads.

    `cap` is the one of settings.toml. Every method may raise StoreError.
    """

    def __init__(
        self,
        path: Path,
        cap: Cap | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.cap = cap
        self._store = Store(path, _PATIENCE, shared=True)
        self._turn = threading.Lock()
        self._sleep = sleep
        self._now = now
        self._process = this_process()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._store.close()

    # -- one request

    def reserve(
        self, job: str, model: str, usd: float | None, limit: float | None = None, *, uncounted: bool = False
    ) -> Reservation:
        """Set aside the most that a request can cost, under the job's `limit` and the cap; None is unknown.

        While only what others have under way stands in the way, their end is waited for. A request of unknown price
        passes where it may go `uncounted`. Raises CapReached.
        """
        amount = None if usd is None else _up(usd)
        checked = not (uncounted and amount is None)
        for pause in _pauses():
            try:
                return self._reserve(job, model, amount, limit, checked)
            except _Busy:
                self._sleep(pause)
        raise CapReached(
            f"{model}: what others have under way would pass the cap with it, and does not end; `ctxlearn cache info` "
            "shows it"
        )

    def _reserve(self, job: str, model: str, amount: int | None, limit: float | None, checked: bool) -> Reservation:
        day = self._day()
        with self._turn, self._store.writing() as connection:
            self._collect(connection)
            if checked:
                self._check(connection, job, model, amount, limit)
            row = (self._process, job, model, day, amount)
            query = "INSERT INTO reservation (process, job, model, day, nanodollars) VALUES (?, ?, ?, ?, ?)"
            number = connection.execute(query, row).lastrowid
        assert number is not None
        return Reservation(number, job, model, amount)

    def settle(self, held: Reservation, usd: float | None) -> None:
        """Enter what a request was charged instead of what was reserved for it; None is unknown."""
        if usd is None:
            # Where only the usage is unknown, it cost no more than was set aside.
            self._enter(held, requests=1, unpriced=1, nanodollars=held.nanodollars or 0)
        else:
            self._enter(held, requests=1, nanodollars=_up(usd))

    def release(self, held: Reservation) -> None:
        """Give back what was reserved for a request that the provider did not take."""
        self._enter(held)

    def lose(self, held: Reservation) -> None:
        """Enter a request that was cut off: it may have been charged as much as was reserved."""
        self._enter(held, lost=1, lost_nanodollars=held.nanodollars or 0)

    def credit(self, job: str, model: str, usd: float) -> None:
        """Enter what is charged, or less than 0 what is not after all, without a request: storage given up early."""
        with self._turn, self._store.writing() as connection:
            _bill(connection, (self._day(), job, model), {"nanodollars": _up(usd)})

    def _enter(self, held: Reservation, **amounts: int) -> None:
        with self._turn, self._store.writing() as connection:
            deleted = connection.execute("DELETE FROM reservation WHERE id = ? AND job = ?", (held.id, held.job))
            if deleted.rowcount and amounts:
                _bill(connection, (self._day(), held.job, held.model), amounts)

    # -- sums

    def of_job(self, job: str) -> Spent:
        """Return what a job has spent so far."""
        with self._turn, self._store.writing() as connection:
            self._collect(connection)
            return _sum(connection, job=job)

    def of_period(self, per: Period) -> Spent:
        """Return what was spent in this day, in this month, or ever."""
        with self._turn, self._store.writing() as connection:
            self._collect(connection)
            return _sum(connection, since=self._since(per))

    def by_model(self, per: Period) -> dict[str, Spent]:
        """Return what was spent on each model in this day, in this month, or ever."""
        since = self._since(per)
        with self._turn, self._store.writing() as connection:
            self._collect(connection)
            found = connection.execute(
                "SELECT model FROM bill WHERE day >= ? UNION SELECT model FROM reservation ORDER BY 1", (since,)
            ).fetchall()
            return {row["model"]: _sum(connection, since=since, model=row["model"]) for row in found}

    def _since(self, per: Period) -> str:
        return self._day()[: _DAYS[per]]

    def _day(self) -> str:
        return f"{self._now():%Y-%m-%d}"

    # -- how a model counts tokens

    def ratio(self, model: str) -> float | None:
        """Return how many tokens a model counts for one of ours, as it was last measured; None when it was not."""
        with self._turn:
            rows = self._store.read("SELECT ratio FROM tokenizer WHERE model = ?", model)
        return float(rows[0]["ratio"]) if rows else None

    def learn_ratio(self, model: str, ratio: float) -> None:
        """Keep a measured ratio for the next estimate."""
        query = "INSERT INTO tokenizer VALUES (?, ?) ON CONFLICT DO UPDATE SET ratio = excluded.ratio"
        with self._turn, self._store.writing() as connection:
            connection.execute(query, (model, ratio))

    # -- inside a transaction

    def _collect(self, connection: sqlite3.Connection) -> None:
        """Enter as lost what processes that are gone had under way."""
        rows = connection.execute("SELECT * FROM reservation WHERE process != ?", (self._process,)).fetchall()
        gone = {process for process in {row["process"] for row in rows} if is_gone(process)}
        for row in rows:
            if row["process"] in gone:
                connection.execute("DELETE FROM reservation WHERE id = ?", (row["id"],))
                amounts = {"lost": 1, "lost_nanodollars": row["nanodollars"] or 0}
                _bill(connection, (row["day"], row["job"], row["model"]), amounts)

    def _check(
        self, connection: sqlite3.Connection, job: str, model: str, amount: int | None, limit: float | None
    ) -> None:
        """Raise CapReached when a request may not be made, _Busy when it may not be made yet."""
        caps = []
        if limit is not None:
            caps.append((limit, _sum(connection, job=job), "--max-cost"))
        if self.cap is not None:
            per = self.cap.per
            name = "the spending cap of settings.toml" + ("" if per == "ever" else f" for a {per}")
            caps.append((self.cap.usd, _sum(connection, since=self._since(per)), name))
        for usd, spent, name in caps:
            _check_cap(model, amount, usd, spent, name)


def _check_cap(model: str, amount: int | None, limit: float, spent: Spent, name: str) -> None:
    if amount is None:
        raise CapReached(
            f"{model}: its price is not known, so that {name} of {in_usd(limit)} cannot be kept; give the price in "
            f'settings.toml under [models."{model}".price]'
        )
    used = _up(spent.usd) + _up(spent.lost_usd)
    most = int(limit * NANO)
    if used + amount > most:
        lost = f", {in_usd(spent.lost_usd)} of it perhaps, for what was cut off" if spent.lost else ""
        raise CapReached(
            f"{model}: {in_usd(used / NANO)} are spent{lost}, and the next request could cost {in_usd(amount / NANO)}, "
            f"which would pass {name} of {in_usd(limit)}; what was answered is kept: call again with a higher one"
        )
    if used + _up(spent.reserved_usd) + amount > most:
        raise _Busy


def _sum(connection: sqlite3.Connection, *, since: str = "", **of: str) -> Spent:
    """Return the sum of the bills from a day on, of a job or a model; what is under way counts whenever it began."""
    columns = ("nanodollars", "requests", "unpriced", "lost", "lost_nanodollars")
    which = " AND ".join(["TRUE", *(f"{name} = ?" for name in of)])
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in columns)
    query = f"SELECT {sums} FROM bill WHERE {which} AND day >= ?"
    nano, requests, unpriced, lost, lost_nano = connection.execute(query, (*of.values(), since)).fetchone()
    query = f"SELECT coalesce(sum(nanodollars), 0) FROM reservation WHERE {which}"
    reserved = connection.execute(query, tuple(of.values())).fetchone()[0]
    return Spent(nano / NANO, requests, unpriced, lost, lost_nano / NANO, reserved / NANO)


def _bill(connection: sqlite3.Connection, key: tuple[str, str, str], amounts: dict[str, int]) -> None:
    """Add to the bill of a day, a job and a model."""
    connection.execute("INSERT INTO bill (day, job, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", key)
    changes = ", ".join(f"{name} = {name} + ?" for name in amounts)
    connection.execute(f"UPDATE bill SET {changes} WHERE day = ? AND job = ? AND model = ?", (*amounts.values(), *key))


def _pauses() -> Iterator[float]:
    pause = _PAUSE
    for _ in range(_LOOKS):
        yield pause
        pause = min(_LONGEST, pause * 2)


def new_job() -> str:
    """Return a name for one call of the program, under which its spending is added up."""
    return secrets.token_hex(8)


def _up(usd: float) -> int:
    """Return whole nanodollars, rounded up, unless that is only the noise of the division."""
    return ceil(round(usd * NANO, 3))


def in_usd(amount: float) -> str:
    """Return an amount as people write it: with cents, or with two figures of what is less than ten of them.

    >>> in_usd(1234.5), in_usd(0.00042), in_usd(0.000001), in_usd(0.0)
    ('$1,234.50', '$0.00042', '$0.000001', '$0.00')
    """
    return f"${amount:,.2f}" if amount >= 0.0995 or amount == 0 else f"${Decimal(f'{amount:.2g}'):f}"
