"""What a tab remembers: no other tab sees it, and it goes when the tab is closed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ctxlearn import manifest, settings
from ctxlearn.errors import CtxlearnError
from ctxlearn.history import History
from ctxlearn.manifest import BUNDLED, Corpus
from ui.words import plain

CORPUS = "corpus"  # the name of the language that the tab works with, whichever page it is on
_NEXT = "corpus-next"
_ARRANGED = "arranged"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What of a corpus this tab packs: sections as `--sections` names them, () for all, and the most tokens."""

    sections: tuple[str, ...] = ()
    budget: int | None = None


def arrangement(corpus: Corpus) -> Arrangement:
    """Return how this tab packs a corpus."""
    arranged: dict[Path, Arrangement] = st.session_state.get(_ARRANGED, {})
    return arranged.get(corpus.folder.resolve(), Arrangement())


def arrange(corpus: Corpus, arranged: Arrangement) -> None:
    """Let this tab pack a corpus so from now on, on every page."""
    st.session_state[_ARRANGED] = {**st.session_state.get(_ARRANGED, {}), corpus.folder.resolve(): arranged}


def note_arrangement(corpus: Corpus) -> None:
    """Say that this tab packs only a part of the books, if it does, and let that be undone."""
    arranged = arrangement(corpus)
    if arranged == Arrangement():
        return
    parts = ", ".join(arranged.sections) or "all sections"
    limit = f", at most {arranged.budget:,} tokens" if arranged.budget else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"This tab reads a context of your own: {parts}{limit}."))
        st.button("Read all again", on_click=arrange, args=(corpus, Arrangement()), type="tertiary")


def corpus_name() -> str | None:
    """Return the name of the corpus that this tab works with; None when there is none to choose from.

    A new tab works with what this machine translated last, or else one of a person's own, or else the sample.
    """
    known = manifest.known()
    chosen = st.session_state.get(CORPUS)
    if chosen in known:
        return str(chosen)
    with History(settings.read().ledger) as history:
        newest = history.newest()
    if newest is not None and newest.corpus in known:
        return newest.corpus
    return min(known, key=lambda name: (bool(missing(name)), is_bundled(name), name), default=None)


def is_bundled(name: str) -> bool:
    """Whether a corpus comes with the program."""
    with suppress(CtxlearnError):
        return manifest.find(name).resolve().parent == BUNDLED.resolve()
    return False


def missing(name: str) -> tuple[Path, ...]:
    """Return the books that a corpus names and that are not there; none when it cannot be read at all."""
    with suppress(CtxlearnError):
        return tuple(it.path for it in manifest.open_corpus(name).sources if not it.path.exists())
    return ()


def remember_corpus(name: str) -> None:
    """Let this tab work with a corpus from its next run on."""
    st.session_state[_NEXT] = name  # what a widget shows cannot be changed in the run that has shown it


def next_corpus_name() -> str | None:
    """Return the name of the corpus that the next run works with: the one to be remembered, or the present one."""
    return st.session_state.get(_NEXT) or corpus_name()


def choose_corpus(label: str = "Language") -> Corpus | None:
    """Let the visitor choose a corpus, the same on every page; None when there is none. Raises CorpusError."""
    known = manifest.known()
    if not known:
        return None
    if st.session_state.get(_NEXT) in known:
        st.session_state[CORPUS] = st.session_state[_NEXT]
        del st.session_state[_NEXT]
    # Said anew in every run: a widget that stands on two pages forgets, from one to the next, what the program chose.
    st.session_state[CORPUS] = corpus_name()
    name = st.selectbox(label, known, key=CORPUS, format_func=_named)
    return None if name is None else manifest.open_corpus(name)


def _named(name: str) -> str:
    with suppress(CtxlearnError):
        language = manifest.open_corpus(name).language
        return f"{language.name} ({name})" + (" – books not fetched" if missing(name) else "")
    return name
