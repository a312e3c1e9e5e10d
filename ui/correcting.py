"""Corrections on a page: saying what a sentence should have been, and deciding on what others said."""

from __future__ import annotations

import streamlit as st

from ctxlearn import models, settings
from ctxlearn.corrections import Correction, Corrections
from ctxlearn.data import Direction
from ctxlearn.history import Translated
from ctxlearn.manifest import Corpus
from ui.asked import asked
from ui.opened import Books
from ui.words import errors_in_words, plain

AUTHOR = "author"
_OPEN, _DONE = "correcting-open", "correcting-done"
_ICONS = {"proposed": ":material/edit_note:", "accepted": ":material/check:", "packed": ":material/inventory_2:"}


def correct_button(corpus: Corpus, books: Books, it: Translated, text: str) -> None:
    """Let the visitor correct a translation: one button opens the form, the form enters a proposal."""
    if st.session_state.pop(_DONE, False):
        st.session_state[_OPEN] = False
    with (
        st.popover("Correct", icon=":material/edit:", key=_OPEN, on_change="rerun"),
        st.form("correcting", border=False),
    ):
        st.session_state.setdefault(AUTHOR, settings.person())
        better = st.text_area("What it should be", value=text, key=f"better-{it.id}-{text}", height=100)
        author = st.text_input("Who says so", key=AUTHOR, persist_state="session")
        st.caption("An accepted correction counts from the next translation on; it enters the books at the next pack.")
        with st.container(horizontal=True):
            proposed = st.form_submit_button("Propose")
            accepted = st.form_submit_button("Correct now", type="primary")
        if proposed or accepted:
            with errors_in_words():
                _enter(corpus, books, it, text, (better or "", author or ""), now=accepted)
                st.session_state[_DONE] = True
                if accepted and not models.is_hosted(it.model):  # which is paid for
                    asked().want(it.model)
                st.rerun()


def correction_of(books: Books, it: Translated, text: str, corpus: Corpus) -> Correction | None:
    """Return the accepted correction that a translation repeats, if it does."""
    pair = _pair(corpus, it, text)
    found = (one for one in books.tail.corrections if (one.primary_text, one.translated_text) == pair)
    return next(found, None)


def _pair(corpus: Corpus, it: Translated, text: str) -> tuple[str, str]:
    out_of_it = Direction.parse(it.direction, corpus.codes).source == corpus.language.code
    return (it.source, text) if out_of_it else (text, it.source)


def _enter(corpus: Corpus, books: Books, it: Translated, machine: str, said: tuple[str, str], *, now: bool) -> None:
    better, author = said
    pair, tests = _pair(corpus, it, better), books.pack.tests
    with Corrections(settings.read().ledger, corpus.folder) as kept:
        made = kept.propose(corpus, tests, pair, author or "unknown", machine=machine, system=it.system)
        if now and made.status == "proposed":
            made = kept.accept(made.id, tests)
    words = "counts from the next translation on" if made.status == "accepted" else "is proposed"
    st.toast(plain(f"“{better}” {words}."), icon=_ICONS[made.status])


def show_corrections(corpus: Corpus, books: Books) -> None:
    """Show all corrections of a corpus, with buttons for what can be decided."""
    with Corrections(settings.read().ledger, corpus.folder) as kept:
        found = kept.list()
    if not found:
        st.caption("None yet. “Correct” beside a translation says what it should have been.")
        return
    held = {it.id for it in books.tail.held_back}
    st.caption(
        f"{len(books.tail.corrections)} in the tail: every model reads them after the context, whose cached part stays."
    )
    for it in reversed(found):
        _correction(corpus, books, it, held_back=it.id in held)


def _correction(corpus: Corpus, books: Books, it: Correction, *, held_back: bool) -> None:
    with st.container(border=True, key=f"correction-{it.id}"):
        st.text(f"{it.primary_text}\n{it.translated_text}")
        with st.container(horizontal=True, vertical_alignment="center"):
            status = "held out now, so no model reads it" if held_back else it.status
            was = f"; the machine had said “{it.machine}”" if it.machine else ""
            st.caption(plain(f"{status}; by {it.author}, {it.proposed[:10]}{was}"))
            if it.status in ("proposed", "rejected"):
                _decision(corpus, books, it, "Accept")
            if it.status in ("proposed", "accepted"):
                _decision(corpus, books, it, "Reject")


def _decision(corpus: Corpus, books: Books, it: Correction, what: str) -> None:
    if st.button(what, key=f"{what}-{it.id}"):
        with errors_in_words(), Corrections(settings.read().ledger, corpus.folder) as kept:
            if what == "Accept":
                kept.accept(it.id, books.pack.tests)
            else:
                kept.reject(it.id)
            st.rerun()
