"""Runs: scores over time, and two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

import scoring
from ctxlearn import settings
from ctxlearn.commands import hosting
from ctxlearn.compare import Change, Comparison, compare, p_value, signed
from ctxlearn.export import FORMATS, export, gather
from ctxlearn.runs import Ledger, Run
from ctxlearn.trend import Series, trend
from ui import charts, results, session
from ui.words import errors_in_words, plain

ALL = "all languages"
PAGE = 10  # sentences at once
_ABLATION = "ablation: "  # how `evaluate --ablate` tags its runs


def show() -> None:
    """Show the page."""
    st.title("Runs")
    with errors_in_words(), Ledger(settings.read().ledger) as ledger:
        every = ledger.list()
        if not every:
            st.info("No run yet. The Evaluate page makes one; with the embedded model it costs nothing.")
            return
        runs = _of_language(every)
        _trend(runs)
        _comparison(ledger, [it for it in runs if it.status == "done"])
        _list(ledger, runs)


def _of_language(every: Sequence[Run]) -> list[Run]:
    names = [ALL, *sorted({it.corpus for it in every})]
    mine = session.corpus_name()
    chosen = st.selectbox("Language", names, index=names.index(mine) if mine in names else 0, key="runs-language")
    return [it for it in every if chosen in (ALL, it.corpus)]


def named(run: Run) -> str:
    """Return what tells a run from others."""
    chrf = next((f"chrF {it.value:.1f}" for it in run.scores if it.metric == "chrf"), run.status)
    return " · ".join([run.id, run.model, chrf, *run.tags, run.test, run.direction])


# -- over time --------------------------------------------------------------------------------------------------------


def _trend(runs: Sequence[Run]) -> None:
    st.header("Over time")
    if any(it.tags and it.tags[0].startswith(_ABLATION) for it in runs) and not st.toggle(
        "With the runs of ablations", help="They read parts of the books, so their scores go up and down."
    ):
        runs = [it for it in runs if not any(tag.startswith(_ABLATION) for tag in it.tags)]
    metrics = list(dict.fromkeys(score.metric for it in runs for score in it.scores))
    if not metrics:
        st.info("No finished run yet.")
        return
    first = metrics.index("chrf") if "chrf" in metrics else 0
    left, right = st.columns(2)
    metric = left.selectbox("Score", metrics, index=first, format_func=scoring.title)
    found = trend(runs, metric)
    panels = list(dict.fromkeys(it.panel for it in found))
    panel = right.selectbox(
        "Test set and direction",
        panels,
        format_func=lambda it: f"{it.corpus}: {it.test} {it.direction}, {it.n:,} sentences ({it.test_hash[:6]})",
        help="Only runs on the same sentences, one way, can be compared.",
    )
    shown = [it for it in found if it.panel == panel]
    charts.trend(shown)
    for series in shown:
        st.text(_summary(series))
    with st.expander("The same as a table", expanded=len(shown) == 1 and len(shown[0].points) < 8):
        st.dataframe(
            [row for series in shown for row in _rows(series)],
            hide_index=True,
            column_config={"changed since the run before": st.column_config.TextColumn(width="large")},
            alt=f"{scoring.title(metric)} of each run, and what changed",
        )


def _summary(series: Series) -> str:
    name, points = scoring.title(series.metric), series.points
    last = points[-1].score.value
    if len(points) == 1:
        return f"{series.model}: one run, {name} {last:.1f}."
    step = signed(last - points[-2].score.value)
    marks = "; ".join(mark.text for mark in points[-1].marks) or "nothing that is recorded"
    text = f"{series.model}: {len(points)} runs, {name} {points[0].score.value:.1f} at first and {last:.1f} last"
    return f"{text}; {step} since the run before, where this changed: {marks}."


def _rows(series: Series) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    before = None
    for it in series.points:
        low, high = it.score.low, it.score.high
        rows.append(
            {
                "run": it.run.id,
                "begun": it.run.started[:16].replace("T", " "),
                "model": series.model,
                "score": f"{it.score.value:.2f}",
                "95 %": "" if low is None or high is None else f"{low:.1f} – {high:.1f}",
                "change": "" if before is None else signed(it.score.value - before),
                "changed since the run before": "; ".join(mark.text for mark in it.marks),
                "tags": ", ".join(it.run.tags),
            }
        )
        before = it.score.value
    return rows


# -- two runs ---------------------------------------------------------------------------------------------------------


def _comparison(ledger: Ledger, runs: Sequence[Run]) -> None:
    st.header("Two runs side by side")
    pairs = {it.id: [other for other in runs if _may_be_compared(it, other)] for it in runs}
    fit = [it for it in runs if pairs[it.id]]
    if not fit:
        st.info("Two finished runs on the same sentences, in the same direction, can be compared. There are none yet.")
        return
    left, right = st.columns(2)
    second = left.selectbox("This run", fit, format_func=named, key="compare-second")
    first = right.selectbox("beside this one", pairs[second.id], format_func=named, key=f"compare-first-{second.id}")
    with errors_in_words(), st.spinner("Comparing …"):
        _show_comparison(compare(ledger, first.id, second.id))


def _may_be_compared(one: Run, other: Run) -> bool:
    same = (one.corpus, one.test, one.test_hash, one.direction, one.n)
    return one.id != other.id and same == (other.corpus, other.test, other.test_hash, other.direction, other.n)


def _show_comparison(it: Comparison) -> None:
    sentence = f"{it.sentence[:1].upper()}{it.sentence[1:]}."
    told = any(each.told for each in it.differences)
    (st.success if told else st.info)(plain(sentence), icon=":material/balance:")
    for remark in it.remarks:
        st.warning(plain(remark), icon=":material/info:")
    st.dataframe(
        [
            {
                "": scoring.title(each.metric),
                f"run {it.first.id}": f"{each.first:.2f}",
                f"run {it.second.id}": f"{each.second:.2f}",
                "difference": signed(each.difference),
                "95 %": f"{signed(each.low)} – {signed(each.high)}",
                "p": p_value(each.p_randomisation).removeprefix("= "),
            }
            for each in it.differences
        ],
        hide_index=True,
        alt="Scores of both runs with their differences",
    )
    st.markdown(
        "\n".join(
            f"- **{scoring.title(each.metric)}** {chance(each.p_randomisation, each.told)}" for each in it.differences
        )
    )
    st.caption(
        f"Run {it.second.id} is better on {it.wins:,} sentences, worse on {it.losses:,}, and as good on {it.ties:,} "
        f"(by chrF++). Paired tests: {plain(it.how)}"
    )
    _changed(it)


def chance(p: float, told: bool) -> str:
    """Return what a p-value says, in words.

    >>> chance(0.0001, True), chance(0.25, False)
    ('told apart: by chance alone, fewer than 1 in 1,000 tries differ so much', \
'not told apart: by chance alone, about 25 in 100 tries differ so much')
    """
    head = "told apart" if told else "not told apart"
    if p < 0.001:
        return f"{head}: by chance alone, fewer than 1 in 1,000 tries differ so much"
    share = f"{p * 100:.0f} in 100" if p >= 0.01 else f"{p * 1000:.0f} in 1,000"
    return f"{head}: by chance alone, about {share} tries differ so much"


def _changed(it: Comparison) -> None:
    changes = [each for each in it.changes if each.first != each.second]
    with st.expander(f"The {len(changes):,} sentences that differ, most changed first"):
        pages = max(1, -(-len(changes) // PAGE))
        page = st.pagination(pages, key=f"changes-{it.first.id}-{it.second.id}") if pages > 1 else 1
        for each in changes[(page - 1) * PAGE : page * PAGE]:
            _change(it, each)


def _change(it: Comparison, each: Change) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"**{plain(each.id)}**", width="content")
            colour = "green" if each.gain > 0 else "orange" if each.gain < 0 else "gray"
            gain = f"chrF++ {each.first_score:.1f} → {each.second_score:.1f} ({signed(each.gain)})"
            st.badge(gain, color=colour)  # type: ignore[arg-type]  # one of three of its colours
        results.lines(
            [
                ("source", plain(each.source)),
                (f"run {it.first.id}", results.marked(each.first, each.references[0])),
                (f"run {it.second.id}", results.marked(each.second, each.references[0])),
                *(("reference", plain(reference)) for reference in each.references),
            ]
        )


# -- all of them ------------------------------------------------------------------------------------------------------


def _list(ledger: Ledger, runs: Sequence[Run]) -> None:
    st.header("All runs")
    several = len({it.corpus for it in runs}) > 1
    order = ["run", "begun", *(["language"] if several else []), *_COLUMNS]
    rows = [_row(it) for it in runs]
    st.dataframe(rows, hide_index=True, column_order=order, alt="All runs with their scores")
    ids = {it.id: it for it in runs}
    chosen = st.multiselect(
        "Runs to export, tag or delete", ids, format_func=lambda it: named(ids[it]), key="chosen-runs"
    )
    if not chosen:
        return
    left, middle, right = st.columns(3, gap="large")
    with left, errors_in_words():
        _export(ledger, chosen)
    with middle, errors_in_words():
        _tag(ledger, chosen)
    with right, errors_in_words():
        _delete(ledger, chosen)


_COLUMNS = ("test", "direction", "model", "n", "BLEU", "chrF", "chrF++", "TER", "price", "status", "tags")


def _row(run: Run) -> dict[str, object]:
    values = {it.metric: f"{it.value:.1f}" for it in run.scores}
    return {
        "run": run.id,
        "begun": run.started[:16].replace("T", " "),
        "language": run.corpus,
        "test": run.test,
        "direction": run.direction,
        "model": run.model,
        "n": run.n,
        **{scoring.title(metric): values.get(metric, "") for metric in ("bleu", "chrf", "chrf++", "ter")},
        "price": hosting.money(run.cost_usd),
        "status": run.status,
        "tags": ", ".join(run.tags),
    }


def _export(ledger: Ledger, chosen: Sequence[str]) -> None:
    name = st.selectbox("Format", list(FORMATS), help="tmx and tsv: translations; md, html and latex: a report")
    written = export(gather(ledger, chosen), name)
    for remark in written.remarks:
        st.caption(plain(remark))
    # As bytes of no type, so that no browser opens an HTML report as a page of this app.
    st.download_button(
        "Download",
        written.content,
        file_name=f"{chosen[0]}{'-and-more' if len(chosen) > 1 else ''}{FORMATS[name].suffix}",
        mime="application/octet-stream",
        icon=":material/download:",
    )


def _tag(ledger: Ledger, chosen: Sequence[str]) -> None:
    tag = st.text_input("Tag", placeholder="such as: after the new dictionary")
    with st.container(horizontal=True):
        add = st.button("Add tag", icon=":material/label:", disabled=not tag)
        take = st.button("Take it off", disabled=not tag)
    if add or take:
        for run_id in chosen:
            ledger.tag(run_id, [tag], remove=take)
        st.rerun()


def _delete(ledger: Ledger, chosen: Sequence[str]) -> None:
    many = f"{len(chosen)} runs" if len(chosen) > 1 else "this run"
    sure = st.checkbox(f"Yes, delete {many} for good", key=f"sure-{'-'.join(chosen)}")
    if st.button("Delete", icon=":material/delete:", disabled=not sure):
        for run_id in chosen:
            ledger.remove(run_id)
        st.rerun()
