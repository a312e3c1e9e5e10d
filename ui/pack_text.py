"""The text of a context: searched, read page by page exactly as a model reads it, and compared with another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

import streamlit as st

from ctxlearn import evidence, packs, render, settings
from ctxlearn.changes import changes, material
from ctxlearn.formats.base import Material
from ctxlearn.manifest import Corpus
from ctxlearn.packs import Pack
from ui import blocks
from ui.words import plain

_FOUND = 50  # records of a search that are shown
_LINES = 200  # of a page
_DIFFERENCES = 100  # records of a kind that are shown


def show_search(pack: Pack) -> None:
    """Find records by a text that stands in them."""
    sought = (st.text_input("Search in the records", key="context-search", persist_state="session") or "").strip()
    if not sought:
        return
    found = list(islice(evidence.search(pack.records, sought), _FOUND + 1))
    if not found:
        st.caption("Nothing that has this in it. What a budget or a leak keeps out cannot be found here.")
        return
    more = f"More than {_FOUND} records; the first are shown." if len(found) > _FOUND else f"{len(found)} found."
    st.caption(more)
    blocks.records(found[:_FOUND])


def show_text(corpus: Corpus, pack: Pack) -> None:
    """Show the exact text, page by page, and let it be downloaded."""
    sections = render.read_sections(pack.prefix)
    titles = {it.name: it.title for it in pack.sections if it.name in sections}
    name = st.selectbox("Section", ["", *titles], format_func=lambda it: titles.get(it, "The whole text"))
    lines = (sections[name] if name else pack.prefix).splitlines()
    pages = max(1, -(-len(lines) // _LINES))
    st.caption(f"{len(lines):,} lines; a page has {_LINES}.")
    page = st.pagination(pages, key=f"page-{name}-{pack.fingerprint}") if pages > 1 else 1
    st.code("\n".join(lines[(page - 1) * _LINES : page * _LINES]), language=None, wrap_lines=True, height=500)
    st.download_button(
        "Download the whole text",
        pack.prefix,
        file_name=f"{corpus.name}.{pack.fingerprint[:8]}.txt",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
    )


def show_difference(corpus: Corpus, pack: Pack) -> None:
    """Compare this pack with another one that is kept of the corpus."""
    others = [it for it in packs.of_corpus(settings.read().packs, corpus.folder) if it.fingerprint != pack.fingerprint]
    if not others:
        st.caption("There is no other pack of this language yet: one comes of changed books or sections.")
        return
    which = st.selectbox("What changed since the pack", range(len(others)), format_func=lambda it: _named(others[it]))
    other = others[which or 0]
    found = changes(_material(other), _material(pack))
    st.caption(
        f"{pack.tokens - other.tokens:+,} tokens; {found.same:,} records are the same, {len(found.added):,} came, "
        f"{len(found.removed):,} went, {len(found.altered):,} say something else."
    )
    _texts("Added", found.added)
    _texts("Gone", found.removed)
    _texts("Changed", [f"{before}\n→ {after}" for before, after in found.altered])


def _named(pack: Pack) -> str:
    at = datetime.fromtimestamp(pack.packed / 1e9, UTC)
    sections = ", ".join(it.name for it in pack.sections if it.records)
    return f"{at:%Y-%m-%d %H:%M}, {pack.tokens:,} tokens, {sections}, {pack.fingerprint[:8]}"


def _material(pack: Pack) -> Material:
    return material(record for kept in pack.records.values() for record in kept)


def _texts(title: str, texts: Sequence[str]) -> None:
    if not texts:
        return
    with st.expander(f"{title}: {len(texts):,}", expanded=len(texts) <= 10):
        st.code("\n".join(texts[:_DIFFERENCES]), language=None, wrap_lines=True)
        if len(texts) > _DIFFERENCES:
            st.caption(plain(f"The first {_DIFFERENCES} of {len(texts):,}."))
