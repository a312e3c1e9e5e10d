from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from ctxlearn.models import prices
from ctxlearn.models.base import Usage
from ctxlearn.models.prices import Price, Rates, price
from ctxlearn.settings import ModelSettings, Settings
from tests.tiny import environment

HERE = Settings(Path("state"))
M = 1_000_000

# By hand, from the rows of litellm's map and the providers' price pages; USD.
BY_HAND = [
    ("anthropic/claude-sonnet-5-5", Usage(read=900_100, written=900_000, made=50), 900_000 * 2.5 + 100 * 2 + 50 * 10),
    ("anthropic/claude-sonnet-5-5", Usage(read=900_100, cached=900_000, made=50), 900_000 * 0.1 + 100 * 2 + 50 * 10),
    ("anthropic/claude-sonnet-5-5", Usage(read=900_000, written=900_000, written_1h=900_000), 900_000 * 4),
    ("anthropic/claude-haiku-5-5", Usage(read=100_000, cached=90_000), 90_000 * 0.01 + 10_000 * 0.1),
    ("anthropic/claude-haiku-5-5", Usage(read=100_001, cached=90_000), 90_000 * 0.05 + 10_001 * 0.5),
    ("openai/gpt-6.1-sol", Usage(read=272_000, written=270_000, made=10), 270_000 * 2.5 + 2_000 * 2 + 10 * 10),
    ("openai/gpt-6.1-sol", Usage(read=272_001, cached=270_000, made=10), 270_000 * 0.2 + 2_001 * 4 + 10 * 15),
    ("openai/gpt-4.1", Usage(read=1_000, cached=500, made=10), 500 * 0.5 + 500 * 2 + 10 * 8),
    ("gemini/gemini-2.5-pro", Usage(read=200_000, cached=150_000, made=10), 150_000 * 0.125 + 50_000 * 1.25 + 10 * 10),
    ("gemini/gemini-2.5-pro", Usage(read=200_001, cached=150_000, made=10), 150_000 * 0.25 + 50_001 * 2.5 + 10 * 15),
    # An object of 150,000 tokens laid down for an hour, and a request that reads it: neither passes 200,000.
    (
        "gemini/gemini-2.5-pro",
        Usage(read=300_100, cached=150_000, written=150_000, stored=150_000 * 3600, made=10),
        150_000 * 1.25 + 150_000 * 4.5 + 150_000 * 0.125 + 100 * 1.25 + 10 * 10,
    ),
    ("gemini/gemini-2.5-pro", Usage(stored=-1_000 * 3600), -1_000 * 4.5),
    ("deepseek/deepseek-v4-flash", Usage(read=1000, cached=900, made=10), 900 * 0.006 + 100 * 0.3 + 10 * 1.2),
    ("deepseek/deepseek-v4-flash", Usage(read=1000, written=1000), 1000 * 0.3),
    ("vertex_ai/gemini-2.5-pro", Usage(read=1000, made=10), 1000 * 1.25 + 10 * 10),
    ("dashscope/qwen-flash", Usage(read=256_001, made=10), 256_001 * 0.25 + 10 * 2),
]


@pytest.mark.parametrize(("model", "usage", "micro_usd"), BY_HAND)
def test_what_is_charged_is_as_reckoned_by_hand(model: str, usage: Usage, micro_usd: float) -> None:
    cost = price(model, HERE).cost(usage)
    assert cost is not None
    assert isclose(cost, micro_usd / M, rel_tol=1e-9)


@pytest.mark.parametrize(
    "model",
    [
        "openai/gpt-6.2-sol",  # litellm prices it 0, by a pattern
        "anthropic/claude-opus-6",
        "gemini/gemini-9-pro",
        "openai/claude-sonnet-5-5",  # another's
        "gemini/gemini-exp-1206",  # 0 in the map
        "hosted_vllm/qwen",
        "ollama_chat/llama3",
        "openai/sample_spec",
        "sample_spec",
        "openai/fallback_generalizations",
        "openai/",
        "",
    ],
)
def test_a_price_that_is_not_there_is_unknown_and_never_zero(model: str) -> None:
    found = price(model, HERE)
    assert not found.is_known
    assert found.cost(Usage(read=1000, made=10)) is None


@pytest.mark.parametrize("field", ["read", "cached", "written", "written_1h", "made", "stored"])
def test_a_count_that_is_not_known_makes_the_cost_unknown(field: str) -> None:
    known = price("gemini/gemini-2.5-pro", HERE)
    assert known.cost(Usage(read=10, made=10)) is not None
    assert known.cost(replace(Usage(read=10, made=10), **{field: None})) is None


def test_storage_without_a_price_is_unknown() -> None:
    known = replace(price("gemini/gemini-2.5-pro", HERE), storage=None)
    assert known.cost(Usage(read=10)) is not None
    assert known.cost(Usage(read=10, written=10, stored=600.0)) is None


def test_an_hour_in_the_cache_without_a_price_is_unknown() -> None:
    known = price("openai/gpt-6.1-sol", HERE)
    assert known.cost(Usage(read=10, written=10, written_1h=10)) is None


ROWS: list[tuple[dict[str, Any], Rates, str]] = [
    ({"input_cost_per_token": "2e-6", "output_cost_per_token": 1e-5}, Rates(None, 1e-5), "input_cost_per_token"),
    ({"input_cost_per_token": -1.0, "output_cost_per_token": 1e-5}, Rates(None, 1e-5), "input_cost_per_token"),
    ({"input_cost_per_token": True, "output_cost_per_token": 1e-5}, Rates(None, 1e-5), "input_cost_per_token"),
    ({"input_cost_per_token": float("nan"), "output_cost_per_token": 1e-5}, Rates(None, 1e-5), "input_cost_per_token"),
    ({"input_cost_per_token": 2.0, "output_cost_per_token": 1e-5}, Rates(None, 1e-5), "no price of a token"),
    (
        {"input_cost_per_token": 2e-6, "output_cost_per_token": 1e-5, "cache_read_input_token_cost": 3e-6},
        Rates(2e-6, 1e-5),
        "cache_read",
    ),
    (
        {"input_cost_per_token": 2e-6, "output_cost_per_token": 1e-5, "cache_creation_input_token_cost": 1e-6},
        Rates(2e-6, 1e-5),
        "cache_creation",
    ),
]


@pytest.mark.parametrize(("row", "rates", "remark"), ROWS)
def test_what_of_a_row_cannot_be_is_left_out_and_said(row: dict[str, Any], rates: Rates, remark: str) -> None:
    found = prices._row("openai/x", row, "x")
    assert found.rates == rates
    assert any(remark in it for it in found.remarks)


def test_every_row_of_the_map_is_read_and_none_is_free() -> None:
    for name, row in prices._map().items():
        found = prices._row(name, row, name)
        for rates in (found.rates, *(tier for _, tier in found.tiers)):
            assert all(usd is None or usd > 0 for usd in (rates.input, rates.output, rates.cached, rates.written))
            assert rates.cached is None or rates.input is None or rates.cached <= rates.input
        assert [above for above, _ in found.tiers] == sorted(above for above, _ in found.tiers)


def test_every_model_of_a_provider_is_listed_by_the_name_that_finds_it() -> None:
    listed = list(prices.prices("anthropic", HERE))
    assert {it.model for it in listed} >= {"anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-5-5"}
    assert all(price(it.model, HERE) == it for it in listed)


def test_what_a_person_has_set_comes_first_and_drops_tiers_that_do_not_go_with_it() -> None:
    said = ModelSettings(price={"input": 1.0, "storage": 2.0, "max_input_tokens": 5000.0}, tiers={100: {"output": 9.0}})
    found = price("gemini/gemini-2.5-pro", replace(HERE, models={"gemini/gemini-2.5-pro": said}))
    assert found.rates.input == 1e-6
    assert found.rates.output == 1e-5
    assert found.max_input_tokens == 5000
    assert found.cost(Usage(stored=3600.0 * M)) == pytest.approx(2.0)
    assert found.of(100) == found.rates
    assert found.of(101) == replace(found.rates, output=9e-6)
    said = ModelSettings(price={"input": 1.0})
    assert price("gemini/gemini-2.5-pro", replace(HERE, models={"gemini/gemini-2.5-pro": said})).tiers == ()


def test_a_model_that_nobody_knows_can_be_given_a_price() -> None:
    said = ModelSettings(price={"input": 1.0, "output": 2.0})
    found = price("hosted_vllm/qwen", replace(HERE, models={"hosted_vllm/qwen": said}))
    assert found.cost(Usage(read=M, made=M)) == pytest.approx(3.0)


COUNT = st.integers(0, 2_000_000)


@limits(max_examples=200)
@given(COUNT, COUNT, COUNT, st.sampled_from(sorted({model for model, _, _ in BY_HAND})))
def test_reading_from_the_cache_is_never_dearer_than_reading_anew(book: int, rest: int, made: int, model: str) -> None:
    known = price(model, HERE)
    fresh = known.cost(Usage(read=book + rest, made=made))
    cached = known.cost(Usage(read=book + rest, cached=book, made=made))
    written = known.cost(Usage(read=book + rest, written=book, made=made))
    assert fresh is not None
    assert cached is not None
    assert written is not None
    assert 0 <= cached <= fresh + 1e-9
    assert fresh <= written + 1e-9


def test_prices_are_read_without_importing_litellm_or_opening_a_socket() -> None:
    program = (
        "import socket, sys; socket.socket = None\n"
        "from pathlib import Path\n"
        "from ctxlearn.models import prices\n"
        "from ctxlearn.settings import Settings\n"
        "assert prices.price('openai/gpt-4.1', Settings(Path('x'))).is_known\n"
        "assert 'litellm' not in sys.modules and 'httpx' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env=environment())


def test_the_cost_of_nothing_is_nothing() -> None:
    assert price("openai/gpt-4.1", HERE).cost(Usage()) == 0.0
    assert Price("x").cost(Usage(read=1)) is None
