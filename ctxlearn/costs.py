"""A model opened for a job, within its policy and its money: whatever asks a model asks here for it.

A model of this machine costs nothing and has no policy to keep. A hosted one is opened only when the policies of what
it would be sent allow its destination and its price is known; and it is asked within the caps. All that is looked at
before a socket is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ctxlearn import models, policy, tokens
from ctxlearn.data import Direction, Example, Policy, Segment
from ctxlearn.models import Hosting
from ctxlearn.models.base import Model, Prefix, Request, Usage
from ctxlearn.packs import Pack
from ctxlearn.policy import Destination
from ctxlearn.settings import Settings
from ctxlearn.spending import Spending, Spent, new_job

if TYPE_CHECKING:
    from ctxlearn.models.estimate import Estimate, Gauge
    from ctxlearn.models.metered import Meter
    from ctxlearn.models.plans.base import Plan
    from ctxlearn.models.prices import Price

_MANY = 400  # example sentences say well enough how much longer one language is than the other


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call of a command may spend: the most in USD, and whether what has no known price is let pass.

    `job` is the name under which all that the call spends is added up.
    """

    limit: float | None = None
    allow_unknown: bool = False
    job: str = ""


class Opened:
    """A model, and what it has spent since it was opened; after it was closed, too."""

    def __init__(self, model: Model, meter: Meter | None = None) -> None:
        self.model = model
        self._meter = meter
        self._before = meter.spent() if meter is not None else Spent()
        self._in_all: Spent | None = None

    def close(self) -> None:
        """Close the model, and enter what that saves: what lay at the provider and is given up."""
        if self._meter is not None and self._in_all is None:
            self._meter.credit(models.close(self.model))
            self._in_all = self.spent

    @property
    def spent(self) -> Spent:
        """What was spent, and what was lost, since the model was opened."""
        if self._in_all is not None:
            return self._in_all
        if self._meter is None:
            return Spent()
        now, before = self._meter.spent(), self._before
        return Spent(
            now.usd - before.usd,
            now.requests - before.requests,
            now.unpriced - before.unpriced,
            now.lost - before.lost,
            now.lost_usd - before.lost_usd,
            now.reserved_usd,
        )

    @property
    def cost_usd(self) -> float | None:
        """What was spent in USD: 0.0 with a model of this machine, None when some of it has no known price."""
        cost = self.spent.cost_usd
        return None if cost is None else round(cost, 9)


@contextmanager
def opened(
    name: str,
    settings: Settings,
    policies: Iterable[Policy],
    hosting: Hosting | None = None,
    budget: Budget | None = None,
    *,
    threads: int = 1,
) -> Iterator[Opened]:
    """Open a model for as long as the block lasts; `policies` are those of all that it will be sent.

    Raises PolicyError, CapReached, KeyMissing, UsageError.
    """
    hosting, budget = at_server(name, hosting), budget or Budget()
    models.check_name(name)
    if not models.is_hosted(name):
        yield Opened(models.open_model(name, settings, threads))
        return
    policies = tuple(policies)
    policy.check(policies, Destination(name, hosting.api_base), settings)
    lies = policy.may_lie_at_provider(policies)
    with Spending(settings.ledger, settings.cap) as spending:
        meter = _meter(name, settings, spending, hosting, budget)
        model = models.open_model(name, settings, threads, _as_allowed(hosting, lies, meter))
        with closing(Opened(model, meter)) as it:
            yield it


def _as_allowed(hosting: Hosting, lies: bool, meter: Meter) -> Hosting:
    """Return how to ask; where the policy wants nothing kept, no file or cache object is laid down at the provider."""
    return replace(hosting, keep=hosting.keep and lies, references=hosting.references and lies, meter=meter)


def _meter(name: str, settings: Settings, spending: Spending, hosting: Hosting, budget: Budget) -> Meter:
    from ctxlearn.models import prices
    from ctxlearn.models.estimate import Gauge
    from ctxlearn.models.metered import Meter

    gauge = Gauge(name, tokens.counter(), spending.ratio(name), lambda ratio: spending.learn_ratio(name, ratio))
    capped = budget.limit is not None or spending.cap is not None
    return Meter(
        prices.price(name, settings),
        spending,
        gauge,
        limit=budget.limit,
        allow_unknown=budget.allow_unknown or (not capped and is_own_server(name, hosting.api_base)),
        job=budget.job or new_job(),
    )


def at_server(name: str, hosting: Hosting | None) -> Hosting:
    """Return how to ask, with the server that was given or that the environment names. Raises UsageError."""
    hosting = hosting or Hosting()
    if not models.is_hosted(name):
        return hosting
    from ctxlearn.models import plans

    base = hosting.api_base or plans.server(name)
    if base is not None:
        policy.check_server(base)
    return replace(hosting, api_base=base)


def is_own_server(name: str, api_base: str | None) -> bool:
    """Whether a model is served on this machine or its own network, where nobody sends a bill for tokens.

    >>> is_own_server("hosted_vllm/qwen", "http://127.0.0.1:8000/v1"), is_own_server("openai/gpt-6-sol", None)
    (True, False)
    """
    return Destination(name, api_base).own_host is not None


# -- what it can read -------------------------------------------------------------------------------------------------


def fitting(name: str, settings: Settings, open_pack: Callable[[int | None], Pack], budget: int | None = None) -> Pack:
    """Return the pack that `open_pack` makes within a budget in tokens: the one given, else what the model can read.

    What is left out for the model's sake is counted in the pack, as with every budget.
    """
    if budget is not None:
        return open_pack(budget)
    pack, most = open_pack(None), room(name, settings)
    return pack if most is None or pack.tokens <= most else open_pack(most)


def room(name: str, settings: Settings) -> int | None:
    """Return how many of our tokens a context may have for a model; None when it has no limit, or none is known.

    That is its limit less the longest question and answer, by a ratio of its family that never changes: a ratio that
    was measured would change the context from one call to the next, and a changed context is read anew.
    """
    if not models.is_hosted(name):
        return None
    from ctxlearn.models import prices
    from ctxlearn.models.estimate import room_for_a_book

    limit = prices.price(name, settings).max_input_tokens
    return None if limit is None else room_for_a_book(name, limit)


# -- before anything is asked -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """What one section of a context costs: in every request that finds nothing cached, and in every one that does."""

    name: str
    tokens: int
    cold_usd: float | None
    cached_usd: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a job will take with a hosted model; `answered` segments are in the store of answers and cost nothing."""

    model: str
    segments: int
    answered: int
    estimate: Estimate
    price: Price
    sections: tuple[Section, ...]

    @property
    def fits(self) -> bool | None:
        """Whether a request fits the model; None when its limit is not known."""
        most = self.price.max_input_tokens
        return None if most is None else self.estimate.book < most


def forecast(
    name: str,
    pack: Pack,
    direction: Direction,
    segments: Sequence[Segment],
    settings: Settings,
    hosting: Hosting | None = None,
    *,
    n: int = 1,
    tail: str = "",
) -> Forecast:
    """Return what it will take to translate segments with a hosted model, corrections in the `tail` read with each.

    Nothing is asked. Raises UsageError.
    """
    from ctxlearn.models import prices
    from ctxlearn.models.estimate import Gauge, estimate

    hosting = at_server(name, hosting)
    plan = _plan(name, settings, hosting)
    with Spending(settings.ledger) as spending:
        gauge = Gauge(name, tokens.counter(), spending.ratio(name))
    price = prices.price(name, settings)
    request = Request(Prefix(pack.prefix, pack.tokens, pack.fingerprint), direction, tuple(segments), tail, n=n)
    asked = _unanswered(name, request, plan, settings, hosting)
    found = estimate(asked, gauge, plan, price, lengthening(pack, direction))
    sections = tuple(_sections(pack, gauge.ratio, price))
    return Forecast(name, len(segments), len(segments) - len(asked.segments), found, price, sections)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a context takes a model: tokens as it counts them, and USD where nothing and where all is cached.

    `most` is what it takes in one request; None when no limit is known, as of the models of this machine.
    """

    model: str
    tokens: int
    most: int | None
    cold_usd: float | None
    cached_usd: float | None
    sections: tuple[Section, ...]

    @property
    def share(self) -> float | None:
        """How much of the model's limit the context takes."""
        return self.tokens / self.most if self.most else None


def reading(name: str, pack: Pack, settings: Settings) -> Reading:
    """Return what it takes a model to read a pack. Nothing is asked. Raises UsageError."""
    models.check_name(name)
    if not models.is_hosted(name):
        free = tuple(Section(it.name, it.tokens, 0.0, 0.0) for it in pack.sections)
        return Reading(name, pack.tokens, None, 0.0, 0.0, free)
    from ctxlearn.models import prices
    from ctxlearn.models.estimate import expected_ratio

    with Spending(settings.ledger) as spending:
        ratio = spending.ratio(name) or expected_ratio(name)
    price = prices.price(name, settings)
    whole = _section("", pack.tokens, pack, ratio, price)
    return Reading(
        name,
        whole.tokens,
        price.max_input_tokens,
        whole.cold_usd,
        whole.cached_usd,
        tuple(_sections(pack, ratio, price)),
    )


def _plan(name: str, settings: Settings, hosting: Hosting, token: Callable[[], str] = str) -> Plan:
    from ctxlearn.models import plans
    from ctxlearn.models.plans.base import Job

    seconds = models._seconds(hosting)
    job = Job(name, hosting.api_base, seconds, hosting.keep, hosting.references)
    plan = plans.plan(job, settings.kept, token)
    plan.per_request = hosting.per_request or plan.per_request
    return plan


def _unanswered(name: str, request: Request, plan: Plan, settings: Settings, hosting: Hosting) -> Request:
    """Return the request with each segment once that the store of answers does not have."""
    from ctxlearn.models.cached import Answers, Keys

    keys, store = Keys(name, hosting.api_base, plan.per_request), Answers(settings.answers)
    by_key = {keys.of(request, segment): segment for segment in request.segments if segment.source.strip()}
    try:
        return replace(request, segments=tuple(it for key, it in by_key.items() if store.find(key) is None))
    finally:
        store.close()


def _sections(pack: Pack, ratio: float, price: Price) -> Iterator[Section]:
    for section in pack.sections:
        yield _section(section.name, section.tokens, pack, ratio, price)


def _section(name: str, ours: int, pack: Pack, ratio: float, price: Price) -> Section:
    rates = price.of(round(pack.tokens * ratio))
    cached = rates.input if rates.cached is None else rates.cached
    count = round(ours * ratio)
    return Section(name, count, _times(count, rates.input), _times(count, cached))


def _times(count: int, usd: float | None) -> float | None:
    return None if usd is None else count * usd


def lengthening(pack: Pack, direction: Direction) -> float:
    """Return how many tokens a translation has for one of its source, in the example sentences of the books."""
    found = [it for records in pack.records.values() for it in records if isinstance(it, Example)][:_MANY]
    count = tokens.counter()
    theirs = sum(count(it.primary_text) for it in found)
    ours = sum(count(it.translated_text) for it in found)
    if not (theirs and ours):
        return 1.0
    return ours / theirs if direction.source == pack.language.code else theirs / ours


# -- warming ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Warmed:
    """What warming a provider's cache took: requests, and the share of the last that was read from there.

    `share` is None where the provider does not say; `life` is for how many seconds the book stays when it is not used.
    """

    requests: int
    share: float | None
    life: float | None
    usage: Usage
    spent: Spent


def warm(
    name: str,
    settings: Settings,
    policies: Iterable[Policy],
    request: Request,
    hosting: Hosting | None = None,
    budget: Budget | None = None,
) -> Warmed:
    """Put the book of a request into the provider's cache, and look whether it is there; what lies there stays.

    Its segments are asked one by one, for some providers keep only what different requests have in common. The store
    of answers is passed by. Raises what `opened` raises, and ModelError.
    """
    from ctxlearn.models import plans
    from ctxlearn.models.hosted import HostedModel, vertex_token
    from ctxlearn.models.retrying import RetryingModel

    hosting, policies = at_server(name, hosting), tuple(policies)
    policy.check(policies, Destination(name, hosting.api_base), settings)
    with Spending(settings.ledger, settings.cap) as spending:
        meter = _meter(name, settings, spending, hosting, budget or Budget())
        allowed = _as_allowed(hosting, policy.may_lie_at_provider(policies), meter)
        plan = _plan(name, settings, allowed, vertex_token)
        plans.check_key(plan)
        provider = HostedModel(plan, hosting.timeout)
        model = RetryingModel(meter.wrap(provider))
        usage, last = Usage(), Usage()
        try:
            for number in range(plan.warm_ups + 1):
                segment = request.segments[number % len(request.segments)]
                last = model.complete(replace(request, segments=(segment,))).usage
                usage += last
        finally:
            provider.disconnect()
        return Warmed(plan.warm_ups + 1, _share(last, meter.gauge, request), plan.life, usage, meter.spent())


def _share(usage: Usage, gauge: Gauge, request: Request) -> float | None:
    """Return the share of the book that a request read from the cache."""
    if usage.cached is None or not usage.read:
        return None
    return min(1.0, usage.cached / gauge.theirs(gauge.book(request)))
