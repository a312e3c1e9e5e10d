"""The history of translations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ctxlearn import history
from ctxlearn.history import History, Translated
from ctxlearn.models.base import Alternative, Usage

ONE = Translated(
    corpus="toy",
    corpus_path="/toy",
    direction="qaa-eng",
    model="embedded",
    system="model:embedded|…",
    source="Šova 100%_\\",
    text="The “bread”",
    confidence=0.5,
    alternatives=(Alternative("Bread", -1.5),),
    usage=Usage(10, None, 0, 0, 3),
    cost_usd=None,
    seconds=0.25,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_what_was_entered_comes_back_whole_the_newest_first(path: Path) -> None:
    with History(path) as first:
        made = [first.enter(replace(ONE, source=source)) for source in ("a", "b")]
    with History(path) as again:
        assert again.list() == (made[1], made[0])
        assert again.newest() == made[1]
        assert replace(made[0], at="", id=0) == replace(ONE, source="a")
        assert made[0].at.endswith("Z")


@pytest.mark.parametrize("search", ["šOVA", "100%_", "\\", "BREAD"])
def test_a_search_takes_every_sign_as_it_is_and_no_notice_of_capitals(path: Path, search: str) -> None:
    with History(path) as it:
        it.enter(replace(ONE, source="nothing", text="of it"))
        made = it.enter(ONE)
        assert it.list(search=search) == (made,)
        assert it.list("/other", search) == ()


def test_translations_go_one_by_one_or_with_their_corpus(path: Path) -> None:
    with History(path) as it:
        first, second = it.enter(ONE), it.enter(ONE)
        other = it.enter(replace(ONE, corpus_path="/other"))
        it.remove([first.id])
        assert it.list("/toy") == (second,)
        assert it.forget("/toy") == 1
        assert it.list() == (other,)


def test_the_oldest_go_when_there_are_too_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT", 3)
    with History(path) as it:
        for number in range(5):
            it.enter(replace(ONE, source=str(number)))
        assert [found.source for found in it.list()] == ["4", "3", "2"]
