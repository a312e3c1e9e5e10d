from __future__ import annotations

import threading

import pytest

from ctxlearn.errors import CtxlearnError, KeyMissing, Overloaded, Refused
from ctxlearn.models.base import Completion, Request, Translation, Usage
from ctxlearn.models.failures import failure, retry_after
from ctxlearn.models.retrying import HOPELESS, TRIES, RetryingModel
from tests.hosting import book, request, sentences

BOOK = book(5)


class Moody:
    """A model that fails as told, one error a request, and then answers."""

    name = "moody"

    def __init__(self, *errors: CtxlearnError) -> None:
        self.errors = list(errors)
        self.asked = 0

    def complete(self, request: Request) -> Completion:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return Completion(tuple(Translation(it.id, it.source) for it in request.segments), Usage(read=10))


class Clock:
    """A time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


def retrying(model: Moody, clock: Clock) -> RetryingModel:
    return RetryingModel(model, sleep=clock.sleep, clock=lambda: clock.now, chance=lambda: 0.5)


def test_a_busy_provider_is_asked_again_after_longer_and_longer_waits() -> None:
    model, clock = Moody(*[Overloaded("busy")] * 4), Clock()
    completion = retrying(model, clock).complete(request(BOOK, sentences(2)))
    assert [it.text for it in completion.translations] == [it.source for it in sentences(2)]
    assert clock.slept == [0.75, 1.5, 3.0, 6.0]


def test_what_the_provider_says_about_waiting_is_honoured_and_holds_for_every_thread() -> None:
    model, clock = Moody(Overloaded("busy", 20.0)), Clock()
    several = retrying(model, clock)
    several.complete(request(BOOK, sentences(1)))
    assert clock.now >= 20
    model.errors = [Overloaded("busy", 30.0)]
    woken = threading.Thread(target=several.complete, args=[request(BOOK, sentences(1))])
    woken.start()
    woken.join()
    assert clock.now >= 50


@pytest.mark.parametrize("error", [KeyMissing("no key"), Refused("no")])
def test_what_will_not_be_right_the_next_time_is_not_asked_again(error: CtxlearnError) -> None:
    model, clock = Moody(error), Clock()
    with pytest.raises(type(error)):
        retrying(model, clock).complete(request(BOOK, sentences(1)))
    assert model.asked == 1 and clock.slept == []


def test_a_request_that_comes_to_nothing_is_a_problem_of_its_own_segments() -> None:
    model, clock = Moody(*[Overloaded("busy")] * TRIES), Clock()
    completion = retrying(model, clock).complete(request(BOOK, sentences(3)))
    assert [it.problem and it.problem.kind for it in completion.translations] == ["overloaded"] * 3
    assert completion.usage == Usage()


def test_a_provider_that_wants_to_be_left_alone_for_an_hour_is_not_waited_for() -> None:
    model, clock = Moody(Overloaded("busy", 3600.0)), Clock()
    assert retrying(model, clock).complete(request(BOOK, sentences(1))).translations[0].problem is not None
    assert clock.slept == []


def test_a_provider_that_is_down_ends_the_job() -> None:
    model, clock = Moody(*[Overloaded("down", 3600.0)] * HOPELESS), Clock()
    several = retrying(model, clock)
    for _ in range(HOPELESS - 1):
        several.complete(request(BOOK, sentences(1)))
    with pytest.raises(Overloaded, match="what was answered is kept"):
        several.complete(request(BOOK, sentences(1)))


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (429, "slow down", "Overloaded"),
        (529, "overloaded_error", "Overloaded"),
        (None, "connection reset", "Overloaded"),
        (200, "half an answer", "Overloaded"),
        (401, "who are you", "KeyMissing"),
        (400, "API key not valid. Please pass a valid API key.", "KeyMissing"),
        (429, '{"error": {"code": "insufficient_quota"}}', "Refused"),
        (402, "no credit", "Refused"),
        (404, "no such model", "Refused"),
        (400, "temperature is not supported", "Refused"),
        (400, "prompt is too long: 1200000 tokens > 1000000 maximum", "BudgetError"),
        (413, "Request exceeds the maximum size", "BudgetError"),
    ],
)
def test_an_error_is_what_its_status_and_words_say(status: int | None, text: str, expected: str) -> None:
    error = failure("a/b", status, text)
    assert type(error).__name__ == expected
    assert str(error).startswith("a/b: ")


def test_the_time_to_wait_is_read_in_every_way_it_is_given() -> None:
    assert retry_after("", {"retry-after": "1.5"}) == 1.5
    assert (retry_after("", {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0.0
    assert retry_after("", {"retry-after": "soon"}) is None
