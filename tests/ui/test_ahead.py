"""What is loaded ahead of the first translation: what is learned already, once, and nothing is learned for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctxlearn import manifest, packs, settings
from ctxlearn.corrections import Tail
from ctxlearn.data import Direction
from tests.tiny import copy_of_tiny, main
from ui import ahead
from ui.opened import Books

OUT = Direction("qaa", "eng")


@pytest.fixture
def books(tmp_path: Path, home: Path) -> Books:
    here, corpus = settings.read(), manifest.open_corpus(str(copy_of_tiny(tmp_path)))
    return Books(packs.open_pack(here.packs, corpus), Tail())


def loaded(books: Books) -> bool:
    """Get ready, wait until all is loaded, and return whether anything was."""
    loader = ahead.get_ready(books, OUT, settings.read())
    if loader is not None:
        loader.join()
    return loader is not None


def test_the_indexes_of_the_books_are_there_and_no_language_is_learned_unasked(books: Books) -> None:
    assert loaded(books)
    assert vars(books).keys() >= {"_evidence", "_glosses"}
    assert list(settings.read().learned.iterdir()) == []


def test_a_context_is_loaded_once_for_all_tabs(books: Books, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(capsys, "translate", books.pack.corpus, "--to", "eng", "Mola gona.")[0] == 0
    assert [loaded(books), loaded(books)] == [True, False]


def test_what_cannot_be_loaded_is_left_for_when_it_is_asked_for(books: Books) -> None:
    (books.pack.folder / "records.json").unlink()
    assert loaded(books)  # and the thread ended without a traceback, which pytest would make a failure
