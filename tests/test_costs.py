"""The commands around money, as processes of their own, and what they say before anything is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctxlearn import costs, manifest, packs, settings
from ctxlearn.commands import hosting
from ctxlearn.data import Segment
from ctxlearn.models import Hosting
from ctxlearn.packs import Pack
from ctxlearn.settings import Settings
from tests.standins import StandIn
from tests.tiny import TINY, called, copy_of_tiny

MODEL = "anthropic/claude-sonnet-5-5"


def opened(folder: Path) -> tuple[Settings, Pack]:
    here = settings.read()
    return here, packs.open_pack(here.packs, manifest.open_corpus(str(folder)))


def test_a_forecast_names_tokens_prices_and_sections(home: Path) -> None:
    here, pack = opened(TINY)
    direction = manifest.open_corpus(str(TINY)).directions[0]
    segments = [Segment(str(number), f"ma he {number}") for number in range(50)]
    found = costs.forecast(MODEL, pack, direction, segments, here, Hosting(per_request=10))
    shown = hosting.forecast_dict(found)
    assert (shown["segments"], shown["answered"], shown["requests"], shown["fits"]) == (50, 0, 5, True)
    assert [it.name for it in found.sections] == [it.name for it in pack.sections]
    cold, cached = shown["cost_uncached_usd"], shown["cost_usd"]
    assert isinstance(cold, float)
    assert isinstance(cached, float)
    assert cached > 0
    assert sum(it.cold_usd or 0 for it in found.sections) < cold
    assert "with the context cached" in hosting.forecast_text(found)


def test_a_forecast_of_an_unknown_price_says_so(home: Path) -> None:
    here, pack = opened(TINY)
    direction = manifest.open_corpus(str(TINY)).directions[0]
    own = Hosting(api_base="http://127.0.0.1:8000/v1")
    found = costs.forecast("hosted_vllm/qwen", pack, direction, [Segment("1", "ma he")], here, own)
    assert found.fits is None
    assert hosting.forecast_dict(found)["cost_usd"] is None
    assert "cost: unknown" in hosting.forecast_text(found)


def test_each_way_is_as_much_longer_as_the_other_is_shorter(home: Path) -> None:
    _, pack = opened(TINY)
    there, back = (costs.lengthening(pack, it) for it in manifest.open_corpus(str(TINY)).directions)
    assert there * back == pytest.approx(1.0)


def test_models_are_listed_with_limit_price_and_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a secret")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, out, _ = called("models", TINY, "--json")
    assert code == 0
    assert "a secret" not in out
    found = {it["model"]: it for it in json.loads(out)["models"]}
    assert found[MODEL]["fits"] is True
    assert found[MODEL]["key"] == {"variables": ["ANTHROPIC_API_KEY"], "set": "ANTHROPIC_API_KEY"}
    assert found["openai/gpt-6.1-sol"]["key"]["set"] is None
    assert found[MODEL]["further_request_usd"] < found[MODEL]["first_request_usd"]


def test_models_of_one_provider_can_be_asked_for(home: Path) -> None:
    code, out, _ = called("models", "--provider", "gemini")
    assert code == 0
    assert "gemini/gemini-2.5-pro" in out
    assert "openai/" not in out
    code, _, err = called("models", "--provider", "nobody")
    assert code == 2
    assert "the known ones are" in err


def test_warming_the_embedded_model_costs_nothing(home: Path) -> None:
    code, out, _ = called("warm", TINY, "--json")
    assert code == 0
    assert json.loads(out)["cost_usd"] == 0.0
    assert any((home / "learned").iterdir())


def test_warming_a_provider_obeys_the_policy_and_the_cap(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    corpus = copy_of_tiny(tmp_path)
    text = (corpus / "corpus.toml").read_text(encoding="utf-8")
    (corpus / "corpus.toml").write_text(text.replace('policy = "open"', 'policy = "local-only"'), encoding="utf-8")
    code, _, err = called("warm", corpus, "--model", MODEL)
    assert (code, "may not leave this machine" in err) == (6, True)
    with StandIn("anthropic") as server:
        code, out, err = called("warm", corpus, "--model", MODEL, "--api-base", server.url, "--json")
        assert code == 0, err
        assert json.loads(out)["requests"] == 2
        assert server.counters()["requests"] == 2
        code, _, err = called("warm", corpus, "--model", MODEL, "--api-base", server.url, "--max-cost", "0.00001")
        assert (code, "--max-cost" in err) == (5, True)
        assert server.counters()["requests"] == 2


def test_what_is_kept_is_shown_and_cleared(home: Path) -> None:
    called("warm", TINY)
    code, out, _ = called("cache", "--json")
    assert code == 0
    info = json.loads(out)
    assert (info["packs"]["count"], info["learned"]["count"], info["answers"]["count"]) == (1, 1, 0)
    assert info["spent"]["ever"]["cost_usd"] == 0.0
    assert called("cache", "clear", "learned", "--json")[1] == '{\n  "learned": 1\n}\n'
    assert called("cache", "clear")[0] == 0
    assert json.loads(called("cache", "info", "--json")[1])["packs"]["count"] == 0
    assert called("cache", "clear", "everything")[0] == 2


def test_settings_that_cannot_be_used_end_every_command_with_file_and_line(home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_text("[spending]\ncap = 'all'\n")
    for command in (("cache",), ("models",), ("warm", TINY)):
        code, _, err = called(*command)
        assert (code, f"{home / 'settings.toml'}:2: " in err) == (2, True)


def test_an_amount_is_a_number_from_nothing_on() -> None:
    for wrong in ("-1", "nan", "inf", "five"):
        assert called("warm", TINY, "--max-cost", wrong)[0] == 2
