"""Who answered a segment, after how many requests, and what its share of them was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ctxlearn import settings
from ctxlearn.export.rows import parameters
from ctxlearn.models import Hosting, open_model
from ctxlearn.models.base import Completion, Usage
from ctxlearn.runs import Ledger, Run, RunSegment
from tests.hosting import answer, book, request, sentences
from tests.standins import StandIn
from tests.standins.wire import Reply, Request
from tests.tiny import TINY, main

BOOK = book(600)
MODEL = "openai/gpt-4.1"


@pytest.fixture(autouse=True)
def _key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")


def complete(server: StandIn, count: int, **hosting: object) -> Completion:
    base = Hosting(f"{server.url}/v1", **{"per_request": 5, "threads": 1, **hosting})  # type: ignore[arg-type]  # as it says
    return open_model(MODEL, settings.read(), hosting=base).complete(request(BOOK, sentences(count)))


def total(completion: Completion) -> Usage:
    """Return what the segments' shares add up to."""
    whole = Usage()
    for it in completion.translations:
        assert it.usage is not None
        whole += it.usage
    return whole


def test_a_segment_names_the_model_that_its_provider_says_answered() -> None:
    with StandIn("openai", answer) as server:
        completion = complete(server, 3)
    assert {(it.model, it.attempts) for it in completion.translations} == {("gpt-4.1", 1)}


def test_the_shares_of_the_segments_add_up_to_what_the_requests_used() -> None:
    with StandIn("openai", answer) as server:
        completion = complete(server, 13)
    assert total(completion) == completion.usage
    assert (completion.usage.read or 0) > 3 * BOOK.tokens


def test_an_answer_from_the_store_took_no_request_and_keeps_its_model() -> None:
    with StandIn("openai", answer) as server:
        complete(server, 3)
        completion = complete(server, 3)
        assert server.counters()["by_kind"]["generate"] == 1
    assert {(it.model, it.attempts, it.usage) for it in completion.translations} == {("gpt-4.1", 0, Usage())}


def test_requests_that_came_to_nothing_and_those_asked_again_alone_are_counted() -> None:
    with StandIn("openai", answer) as server:
        server.faults({"kind": "status", "status": 500, "at": [1]}, {"kind": "answer", "how": "wrong-ids", "at": [2]})
        completion = complete(server, 2)
        assert server.counters()["by_kind"]["generate"] == 4
    assert [it.attempts for it in completion.translations] == [3, 3]
    assert total(completion) == completion.usage


def test_one_sentence_asked_twice_is_charged_to_the_first() -> None:
    twice = (*sentences(1), *(sentences(1)))
    with StandIn("openai", answer) as server:
        model = open_model(MODEL, settings.read(), hosting=Hosting(f"{server.url}/v1"))
        completion = model.complete(request(BOOK, twice))
    assert [it.attempts for it in completion.translations] == [1, 0]
    assert total(completion) == completion.usage


# -- in the ledger


def listened_to(server: StandIn) -> list[dict[str, Any]]:
    """Return what the bodies of requests will be gathered in."""
    bodies: list[dict[str, Any]] = []
    handle = server.wire.handle

    def listening(request: Request) -> Reply:
        bodies.append(json.loads(request.body))
        return handle(request)

    server.wire.handle = listening  # type: ignore[method-assign]  # a provider that keeps a record
    return bodies


def evaluated(
    capsys: pytest.CaptureFixture[str], server: StandIn, home: Path, *options: object
) -> tuple[Run, tuple[RunSegment, ...]]:
    asked = ["--model", MODEL, "--api-base", f"{server.url}/v1", "--direction", "qaa-eng", "--per-request", 3]
    code, out, err = main(capsys, "evaluate", TINY, *asked, *options, "--json", "--allow-unknown-price")
    assert code == 0, err
    with Ledger(home / "ledger.sqlite") as ledger:
        run_id = json.loads(out)["runs"][-1]["run"]
        return ledger.show(run_id), ledger.segments(run_id)


def test_a_run_keeps_who_answered_how_it_was_asked_and_what_each_segment_took(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    with StandIn("openai", answer) as server:
        bodies = listened_to(server)
        run, segments = evaluated(capsys, server, home, "--temperature", 0.25, "--sampling-seed", 123456789)
    assert {(body["temperature"], body["seed"]) for body in bodies} == {(0.25, 123456789)}
    assert run.parameters == {"n": 1, "temperature": 0.25, "seed": 123456789, "per_request": 3}
    assert "|n:1|temp:0.25|seed:123456789|v:" in run.system
    assert run.answered_by == ("gpt-4.1",)
    assert parameters(run) == "n 1, temperature 0.25, seed 123456789, per_request 3"
    assert [(it.model, it.attempts) for it in segments] == [("gpt-4.1", 1)] * 4
    assert sum(it.usage.read or 0 for it in segments if it.usage) == run.usage.read


def test_a_model_is_not_told_a_temperature_that_nobody_asked_for(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    with StandIn("openai", answer) as server:
        bodies = listened_to(server)
        run, _ = evaluated(capsys, server, home)
    assert bodies and not any({"temperature", "seed"} & body.keys() for body in bodies)
    assert run.parameters == {"n": 1, "per_request": 3}


def test_an_answer_at_another_temperature_is_another_answer(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    with StandIn("openai", answer) as server:
        for options in ((), (), ("--temperature", 0), ("--temperature", 1)):
            _, segments = evaluated(capsys, server, home, *options)
        assert server.counters()["by_kind"]["generate"] == 6
    assert [it.attempts for it in segments] == [1] * 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "0.1"], "--temperature and --sampling-seed are for hosted models"),
        (["--temperature", "nan"], "--temperature nan: expected a number from 0 to 2"),
        (["--model", MODEL, "--temperature", "3"], "--temperature 3: expected a number from 0 to 2"),
    ],
)
def test_a_temperature_that_would_mean_nothing_is_refused(
    capsys: pytest.CaptureFixture[str], home: Path, options: list[str], said: str
) -> None:
    code, _, err = main(capsys, "evaluate", TINY, *options)
    assert code == 2
    assert said in err


def test_a_model_of_this_machine_answers_for_itself(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    main(capsys, "evaluate", TINY, "--model", "nearest", "--direction", "qaa-eng")
    with Ledger(home / "ledger.sqlite") as ledger:
        (run,) = ledger.list()
        segments = ledger.segments(run.id)
    assert (run.answered_by, run.parameters) == (("nearest",), {"n": 1})
    assert {(it.model, it.attempts, it.usage) for it in segments} == {("nearest", 1, None)}


# -- shares


@given(some.integers(0, 10**7) | some.none(), some.floats(0, 1e9), some.integers(1, 300))
def test_shares_differ_by_one_token_at_most_and_add_up(read: int | None, stored: float, count: int) -> None:
    shares = [it.read for it in Usage(read=read, stored=stored).shares(count)]
    known = [it for it in shares if it is not None]
    assert len(known) == (0 if read is None else count)
    assert sum(known) == (read or 0)
    assert not known or max(known) - min(known) <= 1
    assert Usage(stored=stored).shares(count)[0].stored == pytest.approx(stored / count)
