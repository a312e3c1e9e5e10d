"""Arranging a context: sections dropped, reordered and limited, and what that changes before it is used."""

from __future__ import annotations

import streamlit as st

from ctxlearn import costs, packs, settings
from ctxlearn.commands import hosting
from ctxlearn.context import DEFAULT, SECTIONS, parse_section
from ctxlearn.costs import Reading
from ctxlearn.manifest import Corpus
from ctxlearn.packs import Pack
from ctxlearn.render import TITLES
from ui import session
from ui.session import Arrangement
from ui.words import plain

_TRIAL = "trial"


def show_arranging(corpus: Corpus, now: Pack, readings: list[Reading]) -> None:
    """Let the visitor arrange the sections, see what changes, and use that in this tab."""
    with st.form("arranging", border=False):
        wished = _form(corpus, now)
        if st.form_submit_button("See what changes"):
            st.session_state[_TRIAL] = (corpus.name, wished)
    name, trial = st.session_state.get(_TRIAL, ("", Arrangement()))
    used = session.arrangement(corpus)
    if name == corpus.name and trial != used:
        _changes(corpus, now, readings, trial)
    if used != Arrangement():
        st.button("Read all of the books again", on_click=_use, args=(corpus, Arrangement()))


def _form(corpus: Corpus, now: Pack) -> Arrangement:
    """Show the widgets, as the tab has it now, and return what they say."""
    used = session.arrangement(corpus)
    limits = dict(map(parse_section, used.sections or DEFAULT))
    order = [*limits, *(name for name in SECTIONS if name not in limits)]
    sizes = {it.name: it for it in now.sections}
    chosen = []
    for place, name in enumerate(order, 1):
        left, middle, right = st.columns([4, 2, 3], vertical_alignment="bottom")
        size = f", {sizes[name].tokens:,} tokens" if name in sizes else ""
        # The keys hold what is shown first: a form keeps what was chosen in it before.
        key = f"{corpus.name}-{name}-{now.fingerprint}"
        with left:
            about = "Those of the grammar alone; packed by themselves only without it." if name == "glossed" else None
            wanted = st.checkbox(f"{TITLES[name]}{size}", value=name in limits, key=f"wanted-{key}", help=about)
        with middle:
            at = st.number_input("Place", 1, len(SECTIONS), place, key=f"place-{key}")
        with right:
            most = st.number_input(
                "Most tokens (0: all)", min_value=0, value=limits.get(name) or 0, step=1000, key=f"most-{key}"
            )
        if wanted:
            chosen.append((at, place, f"{name}:{most}" if most else name))
    budget = st.number_input(
        "Most tokens in all (0: no limit); what stands last is cut first",
        min_value=0,
        value=used.budget or 0,
        step=1000,
        key=f"budget-{corpus.name}-{now.fingerprint}",
    )
    sections = tuple(text for _, _, text in sorted(chosen))
    return Arrangement(() if sections == DEFAULT else sections or packs.NOTHING, int(budget) or None)


def _changes(corpus: Corpus, now: Pack, readings: list[Reading], trial: Arrangement) -> None:
    here = settings.read()
    with st.spinner("Packing …", show_time=True):
        then = packs.open_pack(here.packs, corpus, budget=trial.budget, sections=trial.sections)
    columns = st.columns(1 + len(readings))
    with columns[0]:
        st.metric("Tokens", f"{then.tokens:,}", f"{then.tokens - now.tokens:+,}", delta_color="off", border=True)
    for column, was in zip(columns[1:], readings, strict=True):
        will = costs.reading(was.model, then, here)
        price = f"{hosting.money(will.cold_usd)} / {hosting.money(will.cached_usd)}"
        before = f"{hosting.money(was.cold_usd)} / {hosting.money(was.cached_usd)} before"
        with column:
            st.metric(
                plain(f"{was.model}: uncached / cached"),
                plain(price),
                plain(before),
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
    st.button("Use this in this tab", type="primary", on_click=_use, args=(corpus, trial))
    st.caption("The app then translates with this context in this tab, on every page; nothing on the disk changes.")


def _use(corpus: Corpus, arranged: Arrangement) -> None:
    session.arrange(corpus, arranged)
    st.session_state.pop(_TRIAL, None)
