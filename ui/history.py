"""The history of this machine on a page: earlier translations, to search, show again and delete."""

from __future__ import annotations

import streamlit as st

from ctxlearn import settings
from ctxlearn.history import History, Translated
from ctxlearn.manifest import Corpus

MOST = 200  # translations that are listed; a search finds the others


def show_history(corpus: Corpus) -> Translated | None:
    """Show earlier translations of a corpus; return the one that is to be shown again, if any."""
    search = st.text_input("Search", key="history-search", persist_state="session", placeholder="in both languages")
    with History(settings.read().ledger) as history:
        found = history.list(str(corpus.folder.resolve()), (search or "").strip(), MOST)
    if not found:
        st.caption("Nothing yet." if not search else "Nothing that has this in it.")
        return None
    rows = [
        {
            "when": it.at.replace("T", " ").removesuffix("Z")[:16],
            "direction": it.direction,
            "text": it.source,
            "translation": it.text,
            "model": it.model,
            "confidence": None if it.confidence is None else round(it.confidence, 2),
        }
        for it in found
    ]
    picked = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"history-{corpus.name}-{found[0].id}-{len(found)}",
        column_config={
            "text": st.column_config.TextColumn(width="medium"),
            "translation": st.column_config.TextColumn(width="medium"),
            "confidence": st.column_config.NumberColumn(format="percent"),
        },
        alt="Earlier translations, the newest first",
    )
    if len(found) == MOST:
        st.caption(f"The newest {MOST} are listed; a search finds older ones.")
    chosen = [found[row] for row in picked["selection"]["rows"] if row < len(found)]
    with st.container(horizontal=True):
        again = st.button("Show again", disabled=not chosen, help="Choose a line by the box at its left")
        if st.button("Delete", disabled=not chosen):
            with History(settings.read().ledger) as history:
                history.remove(it.id for it in chosen)
            st.rerun()
    return chosen[0] if again else None
