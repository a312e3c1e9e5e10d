"""The money of a job with a hosted model: a meter that every single request goes through.

Reserved before a request is the most it can cost: the book read anew, for a cache can fail without a word, and the
longest answer. What it really used is entered after it. So a cap holds also when the provider's cache does not.
"""

from __future__ import annotations

from ctxlearn.errors import CapReached, CtxlearnError, Overloaded
from ctxlearn.models.base import Completion, Model, Request, Usage
from ctxlearn.models.estimate import Expected, Facts, Gauge, Kind, most
from ctxlearn.models.prices import Price
from ctxlearn.spending import Reservation, Spending, Spent, new_job


class Meter:
    """What a job may spend and has spent; it satisfies models.Meter.

    `limit` is the most in USD (--max-cost). With `allow_unknown` requests of unknown price pass; else the meter refuses
    them all at once, by CapReached.
    """

    def __init__(
        self,
        price: Price,
        spending: Spending,
        gauge: Gauge,
        *,
        limit: float | None = None,
        allow_unknown: bool = False,
        job: str = "",
    ) -> None:
        self.model = price.model
        self.known = price
        self.spending = spending
        self.gauge = gauge
        self.limit = limit
        self.allow_unknown = allow_unknown
        self.job = job or new_job()
        self.capped = limit is not None or spending.cap is not None
        if not (price.is_known or allow_unknown):
            raise CapReached(unknown(price.model))

    def wrap(self, model: Model) -> Model:
        """Return the model with a price on each of its requests; `model.plan` says how it will be charged.

        Raises CapReached when something that it will be charged for has no known price.
        """
        plan: Facts = model.plan  # type: ignore[attr-defined]  # a hosted model has one
        once = Expected(1, 1, 1).cold(Kind.of(plan))
        if self.known.is_known and self.known.cost(once) is None and not self.allow_unknown:
            raise CapReached(unknown(self.model, "storage" if once.stored else "written_1h"))
        return Metered(model, self, plan)

    def price(self, usage: Usage) -> float | None:
        """Return what a usage costs in USD; None when that is not known."""
        return self.known.cost(usage)

    def reserve(self, request: Request, plan: Facts) -> Reservation:
        """Set aside the most that a request can cost. Raises CapReached."""
        usd = self.price(most(request, self.gauge, plan))
        return self.spending.reserve(self.job, self.model, usd, self.limit, uncounted=self.allow_unknown)

    def settle(self, held: Reservation, request: Request, usage: Usage) -> None:
        """Enter what a request really used, and learn from it how the model counts."""
        self.spending.settle(held, self.price(usage))
        self.gauge.learn(request, usage)

    def credit(self, usage: Usage) -> None:
        """Enter what was used, or is not used after all, besides the requests: what models.close returns."""
        usd = self.price(usage)
        if usd:
            self.spending.credit(self.job, self.model, usd)

    def spent(self) -> Spent:
        """Return what the job has spent so far."""
        return self.spending.of_job(self.job)


class Metered:
    """A model whose every request is reserved for, made, and settled."""

    def __init__(self, inner: Model, meter: Meter, plan: Facts) -> None:
        self.inner = inner
        self.name = inner.name
        self.meter = meter
        self.plan = plan

    def complete(self, request: Request) -> Completion:
        """Ask, within the caps. Raises CapReached before anything is asked, and what the model raises."""
        held = self.meter.reserve(request, self.plan)
        try:
            completion = self.inner.complete(request)
        except BaseException as error:
            self._fail(held, error)
            raise
        self.meter.settle(held, request, completion.usage)
        return completion

    def _fail(self, held: Reservation, error: BaseException) -> None:
        """Enter what a request that failed was charged, as far as that is known, or may have been."""
        spending = self.meter.spending
        if (isinstance(error, Overloaded) and error.charged) or not isinstance(error, CtxlearnError):
            spending.lose(held)  # after Ctrl-C, too, it may be answered
        else:
            spending.release(held)
        unpaid = getattr(self.inner, "unpaid", None)
        if unpaid is not None:
            self.meter.credit(unpaid())


def unknown(model: str, what: str = "input and output") -> str:
    """Return what to say of a model without a known price."""
    return (
        f"{model}: the price of {what} is not known, so that nobody can say what this costs; give it in settings.toml "
        f'under [models."{model}".price], or go on with --allow-unknown-price'
    )
