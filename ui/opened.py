"""What is held open for the tabs: packs, what stands after each, and their indexes.

All tabs of the app see the same books and the same corrections, so those that read the same share one index. Nothing
that a person typed or was answered is in it.
"""

from __future__ import annotations

import threading
from functools import cached_property

import streamlit as st

from ctxlearn import corrections, costs, packs, settings
from ctxlearn.corrections import Tail
from ctxlearn.evidence import Evidence
from ctxlearn.glossing import Glosses
from ctxlearn.manifest import Corpus
from ctxlearn.packs import Pack
from ui import session


class Books:
    """A pack with the corrections after it; the indexes are made when they are first asked for."""

    def __init__(self, pack: Pack, tail: Tail) -> None:
        self.pack = pack
        self.tail = tail
        self._making = threading.Lock()  # who asks while an index is being made waits for it

    @property
    def evidence(self) -> Evidence:
        """What speaks of each word."""
        with self._making:
            return self._evidence

    @property
    def glosses(self) -> Glosses:
        """What the books call each word."""
        with self._making:
            return self._glosses

    @cached_property
    def _evidence(self) -> Evidence:
        return Evidence(self.pack.language, self.pack.contact, self.tail.after(self.pack.records))

    @cached_property
    def _glosses(self) -> Glosses:
        return Glosses(self.pack.records, self.pack.language.code)


def books(corpus: Corpus, model: str = "embedded") -> Books:
    """Return what a tab reads of a corpus, or as much of it as a model can; packed now if it is not there.

    Raises CorpusError, StoreError.
    """
    here, arranged = settings.read(), session.arrangement(corpus)

    def packed(budget: int | None) -> Pack:
        return packs.open_pack(here.packs, corpus, budget=budget, sections=arranged.sections)

    with st.spinner(f"Reading the books of {corpus.language.name} …", show_time=True):
        pack = costs.fitting(model, here, packed, arranged.budget)
        tail = corrections.tail_of(here.ledger, pack)
    said = tuple(tuple(it.id for it in part) for part in (tail.corrections, tail.held_back))
    return _books(str(pack.folder), said, pack, tail)


@st.cache_resource(max_entries=8, show_spinner=False)
def _books(folder: str, said: tuple[tuple[str, ...], ...], _pack: Pack, _tail: Tail) -> Books:  # noqa: ARG001  # the key
    return Books(_pack, _tail)
