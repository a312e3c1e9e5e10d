"""What a tab remembers: no other tab sees it, and it goes when the tab is closed."""

from __future__ import annotations

import streamlit as st

from ctxlearn import manifest
from ctxlearn.manifest import Corpus

CORPUS = "corpus"  # the name of the language that the tab works with, whichever page it is on
_NEXT = "corpus-next"


def corpus_name() -> str | None:
    """Return the name of the corpus that this tab works with; None when there is none to choose from."""
    known = manifest.known()
    chosen = st.session_state.get(CORPUS)
    return chosen if chosen in known else next(iter(known), None)


def remember_corpus(name: str) -> None:
    """Let this tab work with a corpus from its next run on."""
    st.session_state[_NEXT] = name  # what a widget shows cannot be changed in the run that has shown it


def choose_corpus(label: str = "Language") -> Corpus | None:
    """Let the visitor choose a corpus, the same on every page; None when there is none. Raises CorpusError."""
    known = manifest.known()
    if not known:
        return None
    if st.session_state.get(_NEXT) in known:
        st.session_state[CORPUS] = st.session_state.pop(_NEXT)
    if st.session_state.get(CORPUS) not in known:
        st.session_state[CORPUS] = corpus_name()
    name = st.selectbox(label, known, key=CORPUS, persist_state="session")
    return None if name is None else manifest.open_corpus(name)
