"""What the tabs share of the books that all of them see, and when it is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ctxlearn import corpus, manifest, settings
from ctxlearn.corrections import Corrections
from tests.tiny import PATIENCE, change, copy_of_tiny
from ui.opened import Books

SCRIPT = """
import streamlit as st
from ctxlearn import manifest
from ui import opened
st.session_state["books"] = opened.books(manifest.open_corpus("toy"))
"""


@pytest.fixture(autouse=True)
def toy(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return copy_of_tiny(tmp_path / "corpora")


def of_a_new_tab() -> Books:
    page = AppTest.from_string(SCRIPT, default_timeout=PATIENCE).run()
    assert not page.exception, page.exception
    found: Books = page.session_state["books"]
    return found


def accepted(pair: tuple[str, str], author: str) -> str:
    it = manifest.open_corpus("toy")
    with Corrections(settings.read().ledger, it.folder) as kept:
        made = kept.propose(it, corpus.read(it).tests, pair, author)
        return kept.accept(made.id, ()).id


def test_tabs_that_read_the_same_share_one_index() -> None:
    assert of_a_new_tab() is of_a_new_tab()


def test_changed_books_and_other_corrections_are_read_anew(toy: Path) -> None:
    first = of_a_new_tab()
    anna = accepted(("Pokin zorbu kesu.", "The man drinks tea."), "Anna")
    second = of_a_new_tab()
    with Corrections(settings.read().ledger, toy) as kept:
        kept.reject(anna)
    accepted(("Pokin zorbu kesu.", "The man drinks tea."), "Ben")  # the same words, but not Anna's
    third = of_a_new_tab()
    change(toy / "sentences.tsv", "Pokin tarike kesu.", "Pokin molake kesu.")
    fourth = of_a_new_tab()
    assert [[it.author for it in one.tail.corrections] for one in (first, second, third, fourth)] == [
        [],
        ["Anna"],
        ["Ben"],
        ["Ben"],
    ]
    assert fourth.pack.fingerprint != third.pack.fingerprint
