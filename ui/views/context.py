"""Context: what a model will read of a language, section by section."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from ctxlearn import costs, manifest, settings
from ctxlearn.commands import hosting, output
from ctxlearn.context import SECTIONS
from ctxlearn.corrections import FILE, Corrections
from ctxlearn.costs import Reading
from ctxlearn.manifest import Corpus
from ctxlearn.packs import Pack
from ctxlearn.render import TITLES
from ui import arranging, blocks, model_choice, opened, pack_text, session
from ui.opened import Books
from ui.words import errors_in_words, plain

_TABS = ("Arrange", "Search", "Exact text", "Differences", "Sources", "Taken out")
_CLOSE = 0.9  # of a model's limit, from which on a warning is due


def show() -> None:
    """Show the page."""
    st.title("Context")
    with errors_in_words():
        left, right = st.columns([1, 2], vertical_alignment="bottom")
        with left:
            corpus = session.choose_corpus()
        if corpus is None or not corpus.sources:
            st.info("There are no books here yet; the page Corpora takes them.")
            return
        books = opened.books(corpus)
        with right:
            readings = _readings(books)
        session.note_arrangement(corpus)
        _overview(books)
        _warn(corpus, readings)
        _sections(books.pack, readings)
        _tail(corpus, books)
        _below(corpus, books, readings)


def _readings(books: Books) -> list[Reading]:
    """Let the visitor choose the models to price the context for."""
    here = settings.read()
    offered = model_choice.offered(here, [books.pack.policy, *books.tail.policies], books.pack.tokens)
    names = st.multiselect(
        "Priced for",
        ["embedded", *offered],
        default=["embedded", *offered[:2]],
        accept_new_options=True,
        key=f"priced-{books.pack.language.code}",
        persist_state="session",
        help="Hosted models with a key are listed; any other can be typed, such as anthropic/claude-sonnet-5-5.",
    )
    found = []
    for name in names:
        with errors_in_words():
            found.append(costs.reading(name, books.pack, here))
    return found


# -- at a glance ------------------------------------------------------------------------------------------------------


def _overview(books: Books) -> None:
    pack = books.pack
    shown = (
        ("Tokens", f"{pack.tokens:,}"),
        ("Records", f"{sum(it.records for it in pack.sections):,}"),
        ("Left out", f"{sum(it.left_out for it in pack.sections):,}"),
        ("Policy", pack.policy),
    )
    with blocks.cards("overview"):
        for label, value in shown:
            st.metric(label, plain(value), border=True)
    parts = [(it.name, it.tokens) for it in pack.sections if it.tokens]
    shares = ", ".join(f"{TITLES[name]} {size / max(1, pack.tokens):.0%}" for name, size in parts)
    blocks.bar(parts, shares)
    st.caption(plain(f"{shares}. Context {pack.fingerprint[:12]}, counted as o200k_base does."))


def _warn(corpus: Corpus, readings: list[Reading]) -> None:
    """Say before anything is asked which models the context does not fit, or hardly."""
    for it in readings:
        if it.share is None or it.most is None or it.share < _CLOSE:
            continue
        said = f"{it.model} takes {it.most:,} tokens; the context has {it.tokens:,} as it counts them"
        if it.share < 1:
            st.warning(plain(f"{said}: {1 - it.share:.0%} is left for sentences and answers."))
            continue
        st.error(plain(f"{said}: it does not fit, and nothing would be sent."))
        budget = int(0.95 * it.most / it.tokens * sum(part.tokens for part in it.sections))
        arranged = replace(session.arrangement(corpus), budget=budget)
        st.button(
            plain(f"Limit the context to {budget:,} tokens in this tab"),
            key=f"limit-{it.model}",
            on_click=session.arrange,
            args=(corpus, arranged),
        )


def _sections(pack: Pack, readings: list[Reading]) -> None:
    header = ["Section", "Records", "Tokens", "Share", "Left out"]
    rows = [
        [it.title, f"{it.records:,}", f"{it.tokens:,}", f"{it.tokens / max(1, pack.tokens):.1%}", f"{it.left_out:,}"]
        for it in pack.sections
        if it.records or it.left_out
    ]
    blocks.table(header, rows, right=range(1, len(header)))
    if not readings:
        return
    st.markdown("**What it takes each model, in every request**")
    blocks.table(
        ["Model", "Tokens as it counts", "It takes", "Head-room", "Uncached", "Cached"],
        [_reading(it) for it in readings],
        right=range(1, 6),
    )
    hosted = [it for it in readings if it.most is not None or it.cold_usd != 0]
    if hosted:
        st.markdown("**Of that each section, uncached / cached**")
        titles = [it.title for it in pack.sections if it.records]
        blocks.table(["Model", *titles], [_section_prices(it, pack) for it in hosted], right=range(1, len(titles) + 1))


def _section_prices(reading: Reading, pack: Pack) -> list[str]:
    costs_of = {it.name: it for it in reading.sections}
    found = [costs_of[it.name] for it in pack.sections if it.records]
    return [reading.model, *(f"{hosting.money(it.cold_usd)} / {hosting.money(it.cached_usd)}" for it in found)]


def _reading(it: Reading) -> list[str]:
    limit = "any number" if it.most is None else f"{it.most:,}"
    room = "–" if it.most is None else f"{it.most - it.tokens:,} ({1 - it.tokens / it.most:.0%})"
    return [it.model, f"{it.tokens:,}", limit, room, hosting.money(it.cold_usd), hosting.money(it.cached_usd)]


def _tail(corpus: Corpus, books: Books) -> None:
    """Say which corrections stand after the context, and let the next pack take them in."""
    count = len(books.tail.corrections)
    if not count:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        stands = "stands" if count == 1 else "stand"
        st.markdown(f"{output.counted(count, 'accepted correction')} {stands} after the context, in its tail.")
        pressed = st.button(
            "Pack anew with them",
            help=f"Writes them into {FILE} beside the books. The context changes by that: what models had cached or "
            "learned of it is read anew once.",
        )
    if pressed:
        with Corrections(settings.read().ledger, corpus.folder) as kept:
            kept.into_sources(manifest.parse(corpus.file), books.pack.tests)
        st.rerun()


# -- below ------------------------------------------------------------------------------------------------------------


def _below(corpus: Corpus, books: Books, readings: list[Reading]) -> None:
    tabs = dict(zip(_TABS, st.tabs(_TABS, key="context-below", on_change="rerun"), strict=True))
    shown = {
        "Arrange": lambda: arranging.show_arranging(corpus, books.pack, readings),
        "Search": lambda: pack_text.show_search(books.pack),
        "Exact text": lambda: pack_text.show_text(corpus, books.pack),
        "Differences": lambda: pack_text.show_difference(corpus, books.pack),
        "Sources": lambda: _sources(corpus),
        "Taken out": lambda: _taken_out(books.pack),
    }
    for name, tab in tabs.items():
        if tab.open:
            with tab, errors_in_words():
                shown[name]()


def _sources(corpus: Corpus) -> None:
    header = ["Source", "Kind", "Policy", "Licence", "To be cited as"]
    rows = [[it.id, it.kind, it.policy, it.licence or "not said", it.cite or "–"] for it in corpus.sources]
    rows += [[f"{it.name} (held out)", "test", it.policy, "–", "–"] for it in corpus.tests]
    blocks.table(header, rows)
    st.caption(
        "open: a hosted model may read it. no-retention: only one whose provider keeps nothing. local-only: it never "
        "leaves this machine. The strictest of what is packed rules the whole context."
    )


def _taken_out(pack: Pack) -> None:
    if pack.problems:
        st.warning(
            f"{output.counted(pack.problems, 'thing')} in the sources could not be read; the page Corpora lists them."
        )
    if not pack.leaks:
        st.caption("No record was taken out: no held-out sentence stands in the books.")
        return
    st.caption(
        f"{output.counted(pack.removed, 'record')} taken out, because a held-out sentence stands there; a score would "
        "otherwise measure what was read, not what was learned."
    )
    rows = [
        [f"{it.test}:{it.test_id}", it.side, it.kind, TITLES.get(it.section, it.section), it.place] for it in pack.leaks
    ]
    order = {title: number for number, title in enumerate(TITLES[name] for name in SECTIONS)}
    blocks.table(
        ["Held-out segment", "Side", "How", "Section", "Place"], sorted(rows, key=lambda row: order.get(row[3], 9))
    )
