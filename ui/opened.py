"""What a tab holds open: its pack, what stands after it, and their indexes; no other tab shares it."""

from __future__ import annotations

from functools import cached_property

import streamlit as st

from ctxlearn import corrections, packs, settings
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

    @cached_property
    def evidence(self) -> Evidence:
        """What speaks of each word."""
        records = {**self.pack.records, "examples": (*self.tail.records, *self.pack.records.get("examples", ()))}
        return Evidence(self.pack.language, self.pack.contact, records)

    @cached_property
    def glosses(self) -> Glosses:
        """What the books call each word."""
        return Glosses(self.pack.records, self.pack.language.code)


def books(corpus: Corpus) -> Books:
    """Return what this tab reads of a corpus, packed now if it is not there. Raises CorpusError, StoreError."""
    here, arranged = settings.read(), session.arrangement(corpus)
    with st.spinner(f"Reading the books of {corpus.language.name} …", show_time=True):
        pack = packs.open_pack(here.packs, corpus, budget=arranged.budget, sections=arranged.sections)
        tail = corrections.tail_of(here.ledger, pack)
    return _books(str(pack.folder), tail.text, pack, tail)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _books(folder: str, tail: str, _pack: Pack, _tail: Tail) -> Books:  # noqa: ARG001  # the key
    return Books(_pack, _tail)
