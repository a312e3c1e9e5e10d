"""What a tab asks and was answered: kept until it is answered, answered once."""

from __future__ import annotations

import pytest

from ctxlearn import manifest
from ctxlearn.asking import Answer
from ctxlearn.errors import UsageError
from ctxlearn.history import Translated
from ctxlearn.manifest import Corpus
from tests.tiny import TINY
from ui.asked import Asked


@pytest.fixture
def toy() -> Corpus:
    return manifest.open_corpus(str(TINY))


def answer(corpus: Corpus) -> Answer:
    return Answer(Translated("toy", str(corpus.folder), "qaa-eng", "embedded", "model:embedded", "Tari.", "Dog."))


def test_a_wish_stands_until_it_is_answered_and_is_answered_once(toy: Corpus) -> None:
    it, calls = Asked(), []

    def ask() -> Answer:
        calls.append(1)
        return answer(toy)

    it.want("embedded")
    assert it.wants("embedded")
    it.settle(toy, ask)
    assert not it.wants("embedded")
    assert it.answered(toy) is not None
    assert calls == [1]


def test_a_failure_answers_a_wish_too_and_is_kept_to_be_said(toy: Corpus) -> None:
    it = Asked()
    it.want("embedded")

    def ask() -> Answer:
        raise UsageError("there is nothing to translate yet")

    it.settle(toy, ask)
    assert not it.wanted
    assert "nothing to translate" in str(it.failed(toy))
    it.show(toy, answer(toy))
    assert it.failed(toy) is None


def test_a_model_that_is_paid_for_is_asked_only_for_what_was_asked_of_it() -> None:
    it = Asked()
    it.want("embedded")
    assert not it.wants("anthropic/claude-sonnet-5-5")
    assert it.wants("copy")
    it.want("anthropic/claude-sonnet-5-5")
    assert it.wants("anthropic/claude-sonnet-5-5")


def test_what_was_answered_about_another_corpus_is_not_shown(toy: Corpus) -> None:
    it = Asked()
    it.show(toy, answer(toy))
    assert it.answered(manifest.open_corpus("tarivel")) is None
