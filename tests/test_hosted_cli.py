"""The command line with hosted models, from the corpus to the bill, against stand-ins on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ctxlearn.models import prices
from tests.hosting import answer, translated
from tests.standins import StandIn, price_from_row
from tests.tiny import TINY, main, started

Capture = pytest.CaptureFixture[str]
GEMINI, CLAUDE, GPT, OWN = "gemini/gemini-2.5-pro", "anthropic/claude-sonnet-5-5", "openai/gpt-4.1", "openai/own"
TEXTS = [f"ma kelo nomo {number}" for number in range(30)]


@pytest.fixture(autouse=True)
def _keys(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("GEMINI", "ANTHROPIC", "OPENAI"):
        monkeypatch.setenv(f"{provider}_API_KEY", "key")


def serve(model: str, **options: Any) -> StandIn:
    flavour = {GEMINI: "gemini", CLAUDE: "anthropic", GPT: "openai"}[model]
    price = price_from_row(prices._map()[prices._key(model) or ""], 4.5 if model == GEMINI else 0.0)
    return StandIn(flavour, answer, price=price, **options)


def base(model: str, server: StandIn) -> str:
    return server.url + {GEMINI: "/v1beta", CLAUDE: "", GPT: "/v1", OWN: "/v1"}[model]


def bill(server: StandIn) -> float:
    server.clock(advance=7200)
    return float(server.counters()["bill_usd"]["total"])


def translate(model: str, server: StandIn, *more: object) -> list[object]:
    return ["translate", "tarivel", "--to", "eng", "--model", model, "--api-base", base(model, server), *more]


@pytest.mark.parametrize("model", [GEMINI, CLAUDE, GPT])
def test_a_translation_costs_what_the_provider_charges_and_once(model: str, capsys: Capture) -> None:
    with serve(model) as server:
        code, out, err = main(capsys, *translate(model, server, "--json", "--no-keep", "--per-request", 5, *TEXTS))
        said, charged = json.loads(out), bill(server)
        counters = server.counters()
        command = translate(model, server, "--json", *TEXTS, "--per-request", 5)
    assert (code, [it["hypothesis"] for it in said["results"]]) == (0, [translated(text) for text in TEXTS])
    assert said["usage"]["read"] == counters["input_tokens"]
    assert said["usage"]["cached"] == counters["read_tokens"] > 0
    assert said["cost_usd"] == pytest.approx(charged, rel=0.01)
    assert counters["caches"].get("live", 0) == 0
    assert f"{counters['by_kind']['generate']} requests" in err
    code, out, err = main(capsys, *command)  # the server is gone: all of it is in the store
    assert (code, json.loads(out)["cost_usd"], err) == (0, 0.0, "")
    assert [it["hypothesis"] for it in json.loads(out)["results"]] == [translated(text) for text in TEXTS]


def test_an_estimate_is_asked_of_nobody_and_stands_within_a_tenth_of_the_bill(capsys: Capture) -> None:
    texts = [f"ta miro {number} velan" for number in range(200)]
    with serve(CLAUDE) as server:
        code, out, _ = main(capsys, *translate(CLAUDE, server, "--dry-run", "--json", *texts))
        forecast = json.loads(out)
        assert (code, server.counters()["requests"]) == (0, 0)
        code, out, _ = main(capsys, *translate(CLAUDE, server, "--json", *texts))
        charged = bill(server)
    assert forecast["requests"] == 10
    assert forecast["cost_usd"] == pytest.approx(charged, rel=0.1)
    assert forecast["cost_uncached_usd"] > 3 * forecast["cost_usd"]


def test_a_higher_rate_for_long_requests_is_said_before_it_is_paid(home: Path, capsys: Capture) -> None:
    home.mkdir(mode=0o700)
    rates = "input = 2\noutput = 8\ntiers = [{above = 20_000, input = 4}]"
    (home / "settings.toml").write_text(f'[models."{GPT}".price]\n{rates}\n')
    code, out, _ = main(capsys, "translate", "tarivel", "--to", "eng", "--model", GPT, "--dry-run", TEXTS[0])
    assert (code, "more than 20,000 tokens are charged at a higher rate" in out) == (0, True)
    assert "$0.2" in out  # 51,300 tokens at 4 USD a million
    listed = json.loads(main(capsys, "models", "tarivel", "--provider", "openai", "--json", "--all")[1])["models"]
    (line,) = (it for it in listed if it["model"] == GPT)
    assert line["tiers"][0]["above"] == 20_000
    assert line["first_request_usd"] == pytest.approx(4e-6 * (line["tokens"] + 1000) + 8e-6 * 1000)


def test_what_lies_at_a_provider_is_listed_and_deleted_on_request(capsys: Capture) -> None:
    with serve(GEMINI) as server:
        code, out, _ = main(capsys, "warm", "tarivel", "--model", GEMINI, "--api-base", base(GEMINI, server), "--json")
        assert (code, json.loads(out)["cached_share"] > 0.95) == (0, True)
        (kept,) = json.loads(main(capsys, "cache", "--json")[1])["provider"]
        assert (kept["model"], kept["seconds_left"] > 250) == (GEMINI, True)
        assert server.counters()["caches"]["live"] == 1
        assert main(capsys, "cache", "clear", "provider", "--json")[:2] == (0, '{\n  "provider": 1\n}\n')
        assert server.counters()["caches"] == {"created": 1, "deleted": 1, "expired": 0, "live": 0}
    assert json.loads(main(capsys, "cache", "--json")[1])["provider"] == []


def test_a_cap_ends_a_call_with_exit_code_5_and_keeps_what_was_answered(capsys: Capture) -> None:
    with serve(GPT) as server:
        command = translate(GPT, server, "--tsv", "--per-request", 1, "--parallel", 1, *TEXTS)
        code, _, err = main(capsys, *command, "--max-cost", 0.0001)
        assert (code, server.counters()["requests"]) == (5, 0)
        assert "would pass --max-cost of $0.0001" in err
        code, _, err = main(capsys, *command, "--max-cost", 0.6)
        done = server.counters()["by_kind"]["generate"]
        assert (code, 0 < done < 30, bill(server) <= 0.6) == (5, True, True)
        assert main(capsys, *command)[0] == 0
        assert server.counters()["by_kind"]["generate"] == 30


def test_calls_at_the_same_time_stay_under_the_cap_of_the_settings(home: Path, tmp_path: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "settings.toml").write_text("[spending]\ncap = 0.8\n")
    with serve(GPT) as server:
        server.speed(latency=0.05)
        calls = []
        for number in range(2):
            file = tmp_path / f"{number}.txt"
            file.write_text("".join(f"{text} {number}\n" for text in TEXTS))
            calls.append(started(*translate(GPT, server, "-i", file, "--per-request", 1)))
        ends = [(*call.communicate(), call.returncode) for call in calls]
        charged, requests = bill(server), server.counters()["by_kind"]["generate"]
    assert any(code == 5 for *_, code in ends), ends
    assert all(code in (0, 5) for *_, code in ends), ends
    assert 0 < charged <= 0.8 and 3 < requests < 60


def test_no_more_is_packed_than_the_model_reads(home: Path, capsys: Capture) -> None:
    home.mkdir(mode=0o700)
    (home / "settings.toml").write_text(f'[models."{GPT}".price]\nmax_input_tokens = 40000\n')
    with serve(GPT, context=40_000) as server:
        code, out, err = main(capsys, *translate(GPT, server, "--json", "--allow-unknown-price", TEXTS[0]))
    tokens = int(json.loads(out)["system"].partition("|tok:")[2].partition("|")[0])
    assert (code, 15_000 < tokens < 20_000) == (0, True)
    assert f"{GPT} cannot read all: " in err
    packed = json.loads(main(capsys, "pack", "tarivel", "--model", GPT, "--json")[1])
    assert (packed["tokens"], packed["budget"] >= tokens) == (tokens, True)
    assert json.loads(main(capsys, "pack", "tarivel", "--json")[1])["budget"] is None
    assert main(capsys, *translate(CLAUDE, server, "--dry-run", TEXTS[0]))[2] == ""


def test_a_model_that_is_asked_in_another_way_is_named_as_not_supported(capsys: Capture) -> None:
    code, _, err = main(capsys, "translate", "tarivel", "ma", "--to", "eng", "--model", "openai/gpt-5.5-pro")
    assert (code, "'responses'" in err) == (2, True)
    listed = json.loads(main(capsys, "models", "--provider", "openai", "--all", "--json")[1])["models"]
    assert {it["model"]: it["supported"] for it in listed}["openai/gpt-5.5-pro"] is False
    usual = json.loads(main(capsys, "models", "--provider", "openai", "--json")[1])["models"]
    assert usual and all(it["supported"] for it in usual)


@pytest.fixture
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL", "GEMINI_API_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_no_servers")
@pytest.mark.parametrize("model", [GEMINI, CLAUDE, GPT])
@pytest.mark.parametrize(
    "command",
    [("translate", TINY, "tari"), ("evaluate", TINY), ("warm", TINY)],
    ids=["translate", "evaluate", "warm"],
)
def test_what_may_not_be_kept_is_refused_with_exit_code_6(
    command: tuple[object, ...], model: str, capsys: Capture
) -> None:
    code, out, err = main(capsys, *command, "--model", model)
    assert (code, out) == (6, "")
    assert 'retention = "none"' in err


def test_an_evaluation_says_what_it_cost_and_at_which_server_it_was_made(capsys: Capture) -> None:
    with serve(GPT) as server:
        command = ["evaluate", "tarivel", "--direction", "qtv-eng", "--limit", 12, "--json", "--model", GPT]
        code, out, _ = main(capsys, *command, "--api-base", base(GPT, server))
        charged = bill(server)
    (run,) = json.loads(out)["runs"]
    assert (code, run["n"], run["failed"]) == (0, 12, 0)
    assert run["cost_usd"] == pytest.approx(charged, rel=1e-6)
    assert f"|at:127.0.0.1:{server.port}|" in run["system"]


def test_the_server_that_the_environment_names_is_the_one_that_is_judged_and_asked(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["translate", TINY, "tari", "--to", "eng", "--model", GPT, "--json"]
    with serve(GPT) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", base(GPT, server))
        code, out, _ = main(capsys, *command)
        assert (code, json.loads(out)["results"][0]["hypothesis"]) == (0, translated("tari"))
        assert server.counters()["requests"] == 1
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example.org/v1")
    code, _, err = main(capsys, *command)
    assert (code, "at https://gateway.example.org/v1" in err) == (6, True)


@pytest.mark.parametrize(
    "url",
    ["http://name:s3cret@127.0.0.1/v1", "https://x.example.org/v1?key=s3cret", "ftp://x", "127.0.0.1:80", "http://"],
)
def test_a_server_with_a_password_in_its_address_is_refused_and_the_password_not_shown(
    url: str, capsys: Capture
) -> None:
    code, out, err = main(capsys, "translate", TINY, "tari", "--to", "eng", "--model", GPT, "--api-base", url)
    assert (code, out) == (2, "")
    assert "server" in err and "s3cret" not in err


def test_a_half_done_file_is_not_taken_up_at_another_server(capsys: Capture, tmp_path: Path) -> None:
    texts = tmp_path / "in.txt"
    texts.write_text("".join(f"{text}\n" for text in TEXTS))
    output = tmp_path / "out.txt"
    with serve(GPT) as one, serve(GPT) as other:
        main(capsys, *translate(GPT, one, "-i", texts, "-o", output, "--max-cost", 0.2, "--per-request", 1))
        assert not output.exists()
        assert main(capsys, *translate(GPT, other, "-i", texts, "-o", output, "--per-request", 15))[0] == 0
        assert other.counters()["by_kind"]["generate"] == 2
    assert output.read_text().splitlines() == [translated(text) for text in TEXTS]
