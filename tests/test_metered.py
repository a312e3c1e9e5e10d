from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ctxlearn import costs, settings, tokens
from ctxlearn.costs import Budget
from ctxlearn.errors import CapReached, CtxlearnError, KeyMissing, Overloaded, Refused
from ctxlearn.models import Hosting, prices
from ctxlearn.models.base import Completion, Request, Translation, Usage
from ctxlearn.models.estimate import Gauge, estimate, most
from ctxlearn.models.metered import Meter
from ctxlearn.models.plans import plan
from ctxlearn.models.plans.base import Job, Plan
from ctxlearn.settings import Cap, ModelSettings
from ctxlearn.spending import Spending, Spent
from tests.hosting import answer, book, request, sentences
from tests.standins import StandIn, price_from_row
from tests.standins.wire import Answer
from tests.tiny import PATIENCE, environment

BOOK = book(600)
FAMILIES = {
    "anthropic/claude-sonnet-5-5": ("anthropic", ""),
    "gemini/gemini-2.5-pro": ("gemini", "/v1beta"),
    "openai/gpt-6.1-sol": ("openai", "/v1"),
    "openai/gpt-4.1": ("openai", "/v1"),
    "deepseek/deepseek-v4-flash": ("deepseek", "/v1"),
}
MODEL = "openai/gpt-4.1"


@pytest.fixture(autouse=True)
def _keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("GEMINI", "ANTHROPIC", "OPENAI", "DEEPSEEK"):
        monkeypatch.setenv(f"{provider}_API_KEY", "key")


@pytest.fixture
def spending(home: Path) -> Iterator[Spending]:
    with Spending(settings.read().ledger) as it:
        yield it


def serve(model: str, say: Answer = answer, **options: Any) -> StandIn:
    row = prices._map()[prices._key(model) or ""]
    price = price_from_row(row, 4.5 if model.startswith("gemini") else 0.0)
    return StandIn(FAMILIES[model][0], say, price=price, **options)


def hosting(model: str, server: StandIn, **options: Any) -> Hosting:
    return Hosting(**{"api_base": server.url + FAMILIES[model][1], "per_request": 5, **options})


def bill(server: StandIn) -> float:
    """Return what the provider charges, when all that was kept there has died."""
    server.clock(advance=7200)
    return float(server.counters()["bill_usd"]["total"])


class Scripted:
    """A model that uses what it is told, or raises it."""

    def __init__(self, *answers: Usage | BaseException) -> None:
        self.name = MODEL
        self.plan = plan(Job(MODEL), Path("kept"), str)
        self.answers = list(answers)
        self.asked = 0

    def complete(self, request: Request) -> Completion:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return Completion(tuple(Translation(it.id, "yes") for it in request.segments), answer)


def meter(spending: Spending, model: str = MODEL, **options: Any) -> Meter:
    price = prices.price(model, settings.read())
    return Meter(price, spending, Gauge(model, tokens.counter()), **options)


ONE = request(BOOK, sentences(3))


# -- one request


def test_what_a_request_used_is_entered_and_nothing_stays_reserved(spending: Spending) -> None:
    it = meter(spending)
    it.wrap(Scripted(Usage(read=1000, cached=900, made=10))).complete(ONE)
    assert it.spent() == Spent(usd=round(100 * 2e-6 + 900 * 5e-7 + 10 * 8e-6, 9), requests=1)


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (Overloaded("429"), 0),
        (KeyMissing("401"), 0),
        (Refused("400"), 0),
        (Overloaded("cut off", charged=True), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_only_what_may_have_been_charged_stays_on_the_bill(spending: Spending, error: BaseException, lost: int) -> None:
    it = meter(spending)
    with pytest.raises(type(error)):
        it.wrap(Scripted(error)).complete(ONE)
    spent = it.spent()
    assert (spent.lost, spent.requests, spent.reserved_usd, spent.usd) == (lost, 0, 0, 0)
    assert spent.lost_usd == pytest.approx(0.17 * lost, rel=0.5)


def test_a_request_that_could_pass_the_limit_is_not_made(spending: Spending) -> None:
    model = Scripted()
    with pytest.raises(CapReached):
        meter(spending, limit=0.01).wrap(model).complete(ONE)
    assert model.asked == 0


def test_a_model_without_a_price_is_refused_before_it_is_opened(spending: Spending) -> None:
    with pytest.raises(CapReached, match="--allow-unknown-price"):
        meter(spending, "openai/gpt-6.2-sol")


def test_a_cache_that_charges_what_nobody_knows_is_refused_too(spending: Spending) -> None:
    here = settings.read()
    price = replace(prices.price("gemini/gemini-2.5-pro", here), storage=None)
    model = Scripted()
    model.plan = plan(Job("gemini/gemini-2.5-pro"), here.kept, str)
    with pytest.raises(CapReached, match="price of storage"):
        Meter(price, spending, Gauge(price.model, tokens.counter())).wrap(model)
    Meter(price, spending, Gauge(price.model, tokens.counter()), allow_unknown=True).wrap(model)


def test_an_unknown_price_is_shown_as_unknown_where_it_is_allowed(spending: Spending) -> None:
    it = meter(spending, "openai/gpt-6.2-sol", allow_unknown=True, limit=0.01)
    it.wrap(Scripted(Usage(read=1000, made=10))).complete(ONE)
    assert it.spent() == Spent(requests=1, unpriced=1)
    assert it.spent().cost_usd is None


def test_a_usage_that_is_not_told_costs_no_less_than_was_reserved(spending: Spending) -> None:
    it = meter(spending)
    it.wrap(Scripted(Usage(read=1000, cached=None, made=10))).complete(ONE)
    assert it.spent().cost_usd is None
    assert it.spent().usd == pytest.approx(0.17, rel=0.5)


# -- how a model counts


def test_a_ratio_is_learned_from_the_first_answer_and_kept_for_the_next_job(spending: Spending) -> None:
    it = meter(spending)
    gauge = Gauge(MODEL, tokens.counter(), keep=lambda ratio: spending.learn_ratio(MODEL, ratio))
    ours = gauge.book(ONE) + gauge.question(ONE)
    it.gauge = gauge
    it.wrap(Scripted(Usage(read=round(ours * 1.3), made=10))).complete(ONE)
    assert gauge.is_measured
    assert spending.ratio(MODEL) == pytest.approx(1.3, rel=1e-3)


@pytest.mark.parametrize("usage", [Usage(), Usage(read=None), Usage(read=3), Usage(read=10_000_000)])
def test_nothing_is_learned_from_what_cannot_be(usage: Usage) -> None:
    gauge = Gauge(MODEL, tokens.counter())
    gauge.learn(ONE, usage)
    assert not gauge.is_measured


@pytest.mark.parametrize("model", FAMILIES)
@pytest.mark.parametrize("ratio", [1.0, 1.08, 1.2])
def test_no_request_uses_more_than_is_reserved_for_it(model: str, ratio: float) -> None:
    here = settings.read()
    with serve(model, ratio=ratio) as server:
        asked = plan(Job(model, server.url + FAMILIES[model][1]), here.kept, str)
        usd = prices.price(model, here).cost(most(ONE, Gauge(model, tokens.counter()), asked))
        with costs.opened(model, here, ["open"], hosting(model, server)) as it:
            it.model.complete(ONE)
            cost = it.cost_usd
    assert usd is not None
    assert cost is not None
    assert 0 < cost <= usd


# -- a job


@pytest.mark.parametrize("model", FAMILIES)
def test_the_ledger_says_what_the_provider_charges(model: str) -> None:
    with serve(model) as server:
        with costs.opened(model, settings.read(), ["open"], hosting(model, server)) as it:
            it.model.complete(request(BOOK, sentences(60)))
            spent = it.spent
        assert spent.usd == pytest.approx(bill(server), rel=1e-3)
        assert spent.lost == spent.unpriced == 0


SPOILED = [{"kind": "status", "at": [1]}, {"kind": "expire", "at": [5]}, {"kind": "cut", "at": [1]}]


@pytest.mark.parametrize("faults", SPOILED, ids=[str(it["kind"]) for it in SPOILED])
def test_a_book_laid_down_for_a_request_that_fails_is_on_the_bill(faults: dict[str, Any]) -> None:
    model = "gemini/gemini-2.5-pro"
    with serve(model) as server:
        server.faults(faults)
        with costs.opened(model, settings.read(), ["open"], hosting(model, server)) as it:
            it.model.complete(request(BOOK, sentences(60)))
            spent = it.spent
        charged = bill(server)
        created = server.counters()["caches"]["created"]
    assert created == (2 if faults["kind"] == "expire" else 1)
    assert charged <= (spent.usd + spent.lost_usd) * 1.0001  # storage by two clocks
    if not spent.lost:
        assert spent.usd == pytest.approx(charged, rel=0.1)  # an object that died early was counted for all its life


def forecast(model: str, server: StandIn, asked: Request) -> float:
    here = settings.read()
    with Spending(here.ledger) as it:
        gauge = Gauge(model, tokens.counter(), it.ratio(model))
    its_plan = costs._plan(model, here, hosting(model, server, per_request=20))
    usd = estimate(asked, gauge, its_plan, prices.price(model, here), 1.4).usd
    assert usd is not None
    return usd


@pytest.mark.parametrize("model", FAMILIES)
def test_an_estimate_stands_within_a_tenth_of_the_bill_and_nearer_once_the_model_has_counted(model: str) -> None:
    asked = request(book(3000), sentences(200))
    with serve(model) as server:
        first = forecast(model, server, asked)
        with costs.opened(model, settings.read(), ["open"], hosting(model, server, per_request=20)) as it:
            it.model.complete(asked)
        second = forecast(model, server, asked)
        charged = bill(server)
    assert first == pytest.approx(charged, rel=0.1)
    assert second == pytest.approx(charged, rel=0.02)


FAILING = [
    {"kind": "expire", "every": 7, "after": 4},
    {"kind": "miss", "every": 5, "after": 4},
    {"kind": "cut", "at": [6]},
]


@pytest.mark.parametrize("model", FAMILIES)
@pytest.mark.parametrize("faults", [[], FAILING], ids=["well", "its cache fails"])
def test_a_cap_is_never_passed_whatever_the_cache_does(model: str, faults: list[dict[str, Any]]) -> None:
    limit = 0.05 if "deepseek" in model else 0.3
    with serve(model) as server:
        server.faults(*faults)
        with (
            pytest.raises(CapReached),
            costs.opened(model, settings.read(), ["open"], hosting(model, server), Budget(limit)) as it,
        ):
            it.model.complete(request(BOOK, sentences(800)))
        assert 0 < bill(server) <= limit


def test_the_cap_of_the_settings_holds_for_calls_one_after_another(home: Path) -> None:
    here = replace(settings.read(), cap=Cap(0.3))
    model = "anthropic/claude-sonnet-5-5"
    with serve(model) as server:
        for number in range(40):
            asked = request(BOOK, sentences(10, f"words {number}"))
            try:
                with costs.opened(model, here, ["open"], hosting(model, server)) as it:
                    it.model.complete(asked)
            except CapReached:
                break
        else:
            raise AssertionError("the cap was never reached")
        assert 0 < bill(server) <= 0.3


# -- killed

JOB = """
import sys
from ctxlearn import costs, settings
from ctxlearn.models import Hosting
from tests.hosting import book, request, sentences
hosting = Hosting(api_base=sys.argv[1], per_request=5, threads=4)
with costs.opened("openai/gpt-4.1", settings.read(), ["open"], hosting) as it:
    it.model.complete(request(book(600), sentences(100)))
"""


def test_a_killed_job_shows_what_was_under_way_and_is_paid_again_for_no_more(home: Path) -> None:
    number, killed_off = itertools.count(1), threading.Event()

    def six(prefix: str, tail: str) -> str:
        """Answer six, and no more before the job is killed."""
        if next(number) > 6:
            killed_off.wait(PATIENCE)
        return answer(prefix, tail)

    with serve(MODEL, six) as server:
        base = server.url + "/v1"
        with subprocess.Popen([sys.executable, "-c", JOB, base], env=environment(CTXLEARN_HOME=str(home))) as process:
            while process.poll() is None and server.counters()["requests"] < 8:
                time.sleep(0.02)
            process.kill()
            process.wait()
        killed_off.set()
        here = settings.read()
        with Spending(here.ledger) as spending:
            killed = spending.of_period("ever")
        assert 1 <= killed.lost <= 4
        assert killed.reserved_usd == 0
        with costs.opened(MODEL, here, ["open"], hosting(MODEL, server)) as it:
            done = it.model.complete(request(BOOK, sentences(100)))
            again = it.spent
        assert all(it.problem is None for it in done.translations)
        # What was answered is stored right after it is settled; a kill can come between the two, once a thread.
        assert 20 <= killed.requests + again.requests <= 24


# -- models of this machine


@pytest.mark.parametrize("model", ["embedded", "copy"])
def test_a_model_of_this_machine_costs_exactly_nothing(model: str, home: Path) -> None:
    here = replace(settings.read(), cap=Cap(0.000001), local_only=True)
    with costs.opened(model, here, ["local-only"], budget=Budget(0.0)) as it:
        assert it.cost_usd == 0.0
        assert it.spent == Spent()
    assert not (here.home / "ledger.sqlite").exists()


@pytest.mark.parametrize(
    ("model", "base", "budget", "refused"),
    [
        ("openai/gpt-6.2-sol", None, Budget(), True),
        ("hosted_vllm/qwen", "http://127.0.0.1:9/v1", Budget(), False),
        ("hosted_vllm/qwen", "http://127.0.0.1:9/v1", Budget(1.0), True),
        ("hosted_vllm/qwen", "http://127.0.0.1:9/v1", Budget(1.0, allow_unknown=True), False),
        ("hosted_vllm/qwen", "https://gateway.example.org/v1", Budget(), True),
        ("openai/gpt-6.2-sol", None, Budget(allow_unknown=True), False),
    ],
)
def test_an_unknown_price_is_refused_but_on_ones_own_server(
    home: Path, model: str, base: str | None, budget: Budget, refused: bool
) -> None:
    try:
        with costs.opened(model, settings.read(), ["open"], Hosting(api_base=base), budget):
            pass
    except CapReached as error:
        assert refused
        assert error.exit_code == 5
    else:
        assert not refused


def test_a_price_that_was_set_makes_a_model_known(home: Path) -> None:
    said = ModelSettings(price={"input": 1.0, "output": 2.0})
    here = replace(settings.read(), models={"hosted_vllm/qwen": said})
    with costs.opened("hosted_vllm/qwen", here, ["open"], Hosting(api_base="http://127.0.0.1:9/v1"), Budget(1.0)):
        pass


# -- warming


@pytest.mark.parametrize("model", FAMILIES)
def test_warming_leaves_the_book_in_the_cache_and_says_what_it_cost(model: str) -> None:
    with serve(model) as server:
        it = costs.warm(model, settings.read(), ["open"], request(BOOK, sentences(3)), hosting(model, server))
        assert it.share is not None
        assert it.share > 0.9
        before = server.counters()
        with costs.opened(model, settings.read(), ["open"], hosting(model, server)) as asked:
            asked.model.complete(request(BOOK, sentences(5, "ba sana")))
        after = server.counters()
        assert after["read_tokens"] - before["read_tokens"] > 0.9 * BOOK.tokens
        assert it.spent.usd > 0


def test_nothing_is_laid_down_where_nothing_may_be_kept(home: Path) -> None:
    model = "gemini/gemini-2.5-pro"
    with serve(model) as server:
        base = server.url + "/v1beta"
        here = replace(settings.read(), models={model: ModelSettings("none", base)})
        with costs.opened(model, here, ["no-retention"], hosting(model, server)) as it:
            it.model.complete(request(BOOK, sentences(5)))
        assert server.counters()["caches"]["created"] == 0


def test_an_error_of_a_job_is_raised_and_its_money_is_settled(home: Path) -> None:
    with serve(MODEL, keys=frozenset({"another"})) as server:
        with pytest.raises(CtxlearnError), costs.opened(MODEL, settings.read(), ["open"], hosting(MODEL, server)) as it:
            it.model.complete(ONE)
        assert it._meter is not None
    with Spending(settings.read().ledger) as spending:
        assert spending.of_period("ever") == Spent()


def test_every_plan_says_what_an_estimate_needs() -> None:
    assert {"warm_ups", "per_request", "life", "at_least", "room"} <= set(dir(Plan))
