"""What a tab asks and was answered: kept until it is answered, answered once."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from ctxlearn import manifest
from ctxlearn.asking import Answer
from ctxlearn.errors import UsageError
from ctxlearn.history import Translated
from ctxlearn.manifest import Corpus
from tests.tiny import TINY
from ui.asked import Asked, Wish


@pytest.fixture
def toy() -> Corpus:
    return manifest.open_corpus(str(TINY))


def answer(corpus: Corpus) -> Answer:
    return Answer(Translated("toy", str(corpus.folder), "qaa-eng", "embedded", "model:embedded", "Tari.", "Dog."))


def test_a_wish_stands_until_it_is_answered(toy: Corpus) -> None:
    it = Asked()
    it.want("embedded")
    assert it.wish is not None
    it.settle(it.wish, toy, lambda: answer(toy))
    assert it.wish is None
    assert it.answered(toy) is not None


def test_of_several_runs_that_come_upon_a_wish_one_answers_it(toy: Corpus) -> None:
    it, calls, begun, may_end = Asked(), [], Event(), Event()

    def ask() -> Answer:
        calls.append(1)
        begun.set()
        assert may_end.wait(10)
        return answer(toy)

    it.want("embedded")
    assert it.wish is not None
    runs = [Thread(target=it.settle, args=(it.wish, toy, ask)) for _ in range(4)]
    for run in runs:
        run.start()
    assert begun.wait(10)
    may_end.set()
    for run in runs:
        run.join()
    assert calls == [1]
    assert it.answered(toy) is not None


def test_a_press_while_an_earlier_one_is_answered_is_not_lost(toy: Corpus) -> None:
    it, calls = Asked(), []

    def first() -> Answer:
        it.want("embedded")  # pressed again meanwhile
        calls.append("first")
        return answer(toy)

    def second() -> Answer:
        calls.append("second")
        return answer(toy)

    it.want("embedded")
    assert it.wish is not None
    it.settle(it.wish, toy, first)
    assert it.wish is not None
    it.settle(it.wish, toy, second)
    assert it.wish is None
    assert calls == ["first", "second"]


def test_a_failure_answers_a_wish_too_and_is_kept_to_be_said(toy: Corpus) -> None:
    it = Asked()
    it.want("embedded")
    assert it.wish is not None

    def ask() -> Answer:
        raise UsageError("there is nothing to translate yet")

    it.settle(it.wish, toy, ask)
    assert it.wish is None
    assert "nothing to translate" in str(it.failed(toy))
    it.show(toy, answer(toy))
    assert it.failed(toy) is None


def test_a_model_that_is_paid_for_is_asked_only_for_what_was_asked_of_it() -> None:
    of_embedded = Wish("embedded")
    assert of_embedded.suits("embedded")
    assert not of_embedded.suits("anthropic/claude-sonnet-5-5")
    assert of_embedded.suits("copy")
    assert Wish("anthropic/claude-sonnet-5-5").suits("anthropic/claude-sonnet-5-5")


def test_what_was_answered_about_another_corpus_is_not_shown(toy: Corpus) -> None:
    it = Asked()
    it.show(toy, answer(toy))
    assert it.answered(manifest.open_corpus("tarivel")) is None
