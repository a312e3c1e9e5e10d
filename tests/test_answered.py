"""Who answered a segment, after how many requests, and what its share of them was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ctxlearn import settings
from ctxlearn.models import Hosting, open_model
from ctxlearn.models.base import Completion, Usage
from tests.hosting import answer, book, request, sentences
from tests.standins import StandIn

BOOK = book(600)
MODEL = "openai/gpt-6.1-sol"


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
    assert {(it.model, it.attempts) for it in completion.translations} == {("gpt-6.1-sol", 1)}


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
    assert {(it.model, it.attempts, it.usage) for it in completion.translations} == {("gpt-6.1-sol", 0, Usage())}


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


@given(some.integers(0, 10**7) | some.none(), some.floats(0, 1e9), some.integers(1, 300))
def test_shares_differ_by_one_token_at_most_and_add_up(read: int | None, stored: float, count: int) -> None:
    shares = [it.read for it in Usage(read=read, stored=stored).shares(count)]
    known = [it for it in shares if it is not None]
    assert len(known) == (0 if read is None else count)
    assert sum(known) == (read or 0)
    assert not known or max(known) - min(known) <= 1
    assert Usage(stored=stored).shares(count)[0].stored == pytest.approx(stored / count)
