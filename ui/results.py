"""One run on a page: its scores with intervals and signatures, what they depend on, and its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

import scoring
from ctxlearn import review, wording
from ctxlearn.commands import hosting
from ctxlearn.review import ORDERS, Reviewed, Wanted
from ctxlearn.runs import Ledger, Run
from scoring import METRICS, Score
from ui.words import plain

PAGE = 10  # sentences at once


def show_run(ledger: Ledger, run: Run) -> None:
    """Show a run: cards, what a reader has to know, and its sentences."""
    _badges(run)
    _cards(run)
    if run.status == "done":
        _beside(run)
    _sentences(ledger, run)


# -- the whole --------------------------------------------------------------------------------------------------------


def _badges(run: Run) -> None:
    with st.container(horizontal=True, gap="small"):
        st.badge(f"{run.n:,} sentences", icon=":material/format_list_numbered:", color="gray")
        st.badge(plain(run.direction), icon=":material/arrow_forward:", color="gray")
        st.badge(plain(run.model), icon=":material/smart_toy:", color="gray")
        removed = run.leaks.get("removed") or 0
        st.badge(
            f"{removed} leaking records left out" if removed else "no leaks",
            icon=":material/shield:",
            color="blue" if removed else "green",
            help="Records in which a held-out sentence stands are never put into the context.",
        )
        if "tokens" in run.coverage:
            share = float(str(run.coverage["tokens"]))
            st.badge(f"{share:.0%} of words in the books", icon=":material/menu_book:", color="gray")
        if run.failed:
            st.badge(f"{run.failed} failed, counted as empty", icon=":material/warning:", color="orange")
        st.badge(f"{run.seconds or 0:,.1f} s", icon=":material/timer:", color="gray")
        st.badge(plain(hosting.money(run.cost_usd)), icon=":material/payments:", color="gray")


def _cards(run: Run) -> None:
    if not run.scores:
        st.info(f"This run is {run.status} and has no scores: they are computed from all sentences at the end.")
        return
    for first in range(0, len(run.scores), 4):
        for place, it in zip(st.columns(4), run.scores[first : first + 4], strict=False):
            with place, st.container(border=True):
                _card(run, it)


def _card(run: Run, it: Score) -> None:
    lower = it.metric in METRICS and METRICS[it.metric].lower_is_better
    between = None if it.low is None or it.high is None else f"{it.low:.1f} – {it.high:.1f} (95 %, n = {run.n:,})"
    st.metric(
        f"{plain(scoring.title(it.metric))} ({'lower' if lower else 'higher'} is better)",
        f"{it.value:.2f}",
        delta=between,
        delta_color="off",
        delta_arrow="off",
    )
    st.code(it.signature, language=None, wrap_lines=True)


def _beside(run: Run) -> None:
    """Show what the scores are to be seen beside: chance, the floors, and the parts of the test set."""
    chrf = next((it for it in run.scores if it.metric == "chrf"), None)
    if chrf is not None and chrf.low is not None and chrf.high is not None:
        half = (chrf.high - chrf.low) / 2
        st.caption(
            f"n = {run.n:,}: ± {half:.1f} chrF by chance. Two runs that differ by less can seldom be told apart; "
            "the Runs page compares them sentence by sentence."
        )
    left, right = st.columns(2, gap="large")
    with left, st.expander("Beside the baselines"):
        _floors(run)
    with right, st.expander("By coverage and by length"):
        _slices(run.coverage.get("slices"))
    with st.expander("What made it"):
        st.text("The system's signature, and the context it read:")
        st.code(run.system, language=None, wrap_lines=True)
        st.text(f"run {run.id}, begun {run.started}; sections {', '.join(run.sections) or 'none'}")
        st.text("; ".join(f"{name} {value}" for name, value in run.versions.items()))


def _floors(run: Run) -> None:
    own = {it.metric: it.value for it in run.scores}
    rows = [{"": run.model, **{scoring.title(it): round(own[it], 1) for it in ("bleu", "chrf", "chrf++") if it in own}}]
    rows += [
        {"": name, **{scoring.title(metric): round(value, 1) for metric, value in floor.items()}}
        for name, floor in run.floors.items()
    ]
    st.dataframe(rows, hide_index=True, alt="Scores of this run and of the baselines")
    st.caption(
        "copy: the source itself; word-for-word: the dictionary; nearest: the most similar example's translation."
    )


def _slices(slices: Any) -> None:
    rows = [
        {
            "by": kind,
            "sentences with": it["slice"],
            "n": it["n"],
            "chrF": round(it["scores"]["chrf"]["value"], 1),
            "95 %": _between(it["scores"]["chrf"]),
        }
        for kind, parts in (slices or {}).items()
        for it in parts
    ]
    if rows:
        st.dataframe(rows, hide_index=True, alt="chrF of parts of the test set")
    else:
        st.text("Not counted for this run.")


def _between(score: Mapping[str, Any]) -> str:
    return "" if score["low"] is None else f"{score['low']:.1f} – {score['high']:.1f}"


# -- the sentences ----------------------------------------------------------------------------------------------------


def _sentences(ledger: Ledger, run: Run) -> None:
    segments = ledger.segments(run.id)
    st.subheader("Sentences")
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    text = left.text_input("Search in sources, translations and references", key=f"search-{run.id}")
    order = middle.selectbox(
        "Order", ORDERS, format_func=lambda it: f"{it} first" if it != "test set" else "as they stand"
    )
    at_most = right.slider("chrF++ at most", 0, 100, 100, key=f"at-most-{run.id}")
    kinds = st.pills(
        "Only those with",
        ["a problem", "a leak left out", "unknown words"],
        selection_mode="multi",
        key=f"kinds-{run.id}",
    )
    wanted = Wanted(
        text,
        at_most if at_most < 100 else None,
        "a problem" in kinds,
        "a leak left out" in kinds,
        "unknown words" in kinds,
    )
    found = review.review(run, segments, wanted, order)
    pages = max(1, -(-len(found) // PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{len(found):,} of {len(segments):,} sentences", width="stretch")
        page = st.pagination(pages, key=f"page-{run.id}-{order}-{wanted}") if pages > 1 else 1
    for it in found[(page - 1) * PAGE : page * PAGE]:
        _sentence(it)
    if found:
        st.caption(
            "In a translation, :red[~~struck out~~] is what the first reference has not, and :green[**＋bold**] "
            "what it has instead."
        )


def _sentence(it: Reviewed) -> None:
    segment = it.segment
    with st.container(border=True):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{plain(segment.id)}**", width="content")
            st.badge(f"chrF++ {segment.score or 0:.1f}", color="gray")
            if segment.confidence is not None:
                st.badge(f"confidence {segment.confidence:.0%}", color="gray")
            if it.covered is not None:
                st.badge(f"{it.covered:.0%} of its words in the books", color="green" if it.covered == 1 else "orange")
            if it.leaks:
                st.badge(plain(f"was in {', '.join(it.leaks)}; left out"), icon=":material/shield:", color="blue")
        if segment.problem is not None:
            st.warning(plain(f"{segment.problem.kind}: {segment.problem.text}"), icon=":material/warning:")
        lines(
            [
                ("source", plain(segment.source)),
                ("translation", marked(segment.hypothesis, segment.references[0]) or "(nothing)"),
                *(("reference", plain(it)) for it in segment.references),
            ]
        )


def lines(wordings: Iterable[tuple[str, str]]) -> None:
    """Show wordings of a sentence, each as Markdown behind what it is."""
    st.markdown("  \n".join(f":gray[{name}]  {text}" for name, text in wordings))


def marked(translation: str, reference: str) -> str:
    """Return a translation as Markdown, with what differs from its reference marked by more than a colour."""
    pieces: list[str] = []
    for it in wording.differences(translation, reference):
        text = plain(it.text)
        if it.whose == "translation":
            text = f":red[~~{text}~~]"
        elif it.whose == "reference":
            text = f":green[**＋{text}**]"
        before = pieces and (it.apart or it.whose == "reference")  # what stands instead of something stands beside it
        pieces.append(f" {text}" if before else text)
    return "".join(pieces)
