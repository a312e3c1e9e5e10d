"""Evaluate: translate held-out sentences and score them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

import scoring
from ctxlearn import cli, models, settings
from ctxlearn.commands import estimating, hosting, planning
from ctxlearn.commands.estimating import Estimate
from ctxlearn.context import SECTIONS
from ctxlearn.jobs import Job, Jobs
from ctxlearn.manifest import Corpus
from ctxlearn.runs import Ledger, Run
from ui import model_choice, progress, results, session
from ui.words import errors_in_words, plain

_CONTEXTS = {
    "all": "All the books",
    "sections": "Only some sections",
    "ablation": "Ablation: one run for each part of the books",
}

_COUNTS = {name: st.column_config.NumberColumn(format="localized") for name in ("tokens", "sentences")}


def show() -> None:
    """Show the page."""
    st.title("Evaluate")
    with errors_in_words():
        corpus = session.choose_corpus()
        if corpus is None:
            st.info("There is no language here yet; the Corpora page makes one.")
            return
        if not corpus.tests:
            st.info(
                f"{plain(corpus.language.name)} has no held-out sentences to measure by. "
                "The Corpora page holds some out, or takes a file of them."
            )
            return
        with st.expander("New run", icon=":material/add:", expanded=not _runs(corpus)):
            _new(corpus)
        progress.show_jobs(corpus.folder, "evaluate", _ablation)
        _results(corpus)


# -- starting ---------------------------------------------------------------------------------------------------------


def _new(corpus: Corpus) -> None:
    arguments = _chosen(corpus)
    hosted = [it for it in _values(arguments, "--model") if models.is_hosted(it)]
    if not hosted:
        st.text("It costs nothing, and nothing leaves this machine.")
        _start(corpus, arguments, "Start")
        return
    if st.button("Estimate the price", type="primary"):
        with errors_in_words(), st.spinner("Packing the context and looking prices up …"):
            st.session_state["estimate"] = (arguments, _estimates(corpus, arguments))
    known = st.session_state.get("estimate")
    if known is None or known[0] != arguments:  # what is chosen has changed since
        st.caption("A hosted model costs money: first the estimate, then the start. Nothing is asked by estimating.")
        return
    _show_estimates(known[1])
    cost = estimating.total(known[1])
    about = "at an unknown price" if cost is None else f"for about {hosting.money(cost)}"
    _start(corpus, arguments, f"Start {about}")


def _chosen(corpus: Corpus) -> list[str]:
    """Return the call of the command line that the widgets say."""
    left, right = st.columns(2, gap="large")
    with left:
        names = [it.name for it in corpus.tests]
        tests = st.multiselect("Test sets", names, default=names, key=f"tests-{corpus.name}")
        both = [str(it) for it in corpus.directions]
        directions = st.multiselect("Directions", both, default=both, key=f"directions-{corpus.name}")
        chosen = st.multiselect(
            "Models",
            [*model_choice.LOCAL, *model_choice.offered(settings.read(), [], 0)],
            default=["embedded"],
            format_func=lambda it: model_choice.LOCAL.get(it, it),
            accept_new_options=True,
            help="Hosted ones are listed when their key is set; any other can be typed by litellm's name, such as "
            "anthropic/claude-sonnet-5. The Settings page lists them with their prices.",
        )
        hosted = [it for it in chosen if models.is_hosted(it)]
        base = _server() if hosted else ""
        unknown = bool(hosted) and st.toggle("Ask although nobody knows the price")
    with right:
        context = st.radio("What they read", list(_CONTEXTS), format_func=lambda it: _CONTEXTS[it])
        sections = st.multiselect("Sections", SECTIONS, default=["dictionary"]) if context == "sections" else []
        limit = st.number_input("Only the first sentences (0: all)", min_value=0, step=10)
        repeat = st.number_input("How often each run is made", min_value=1, max_value=20)
        cost = st.number_input("Most to spend, in USD (0: only the cap of the settings)", min_value=0.0, step=1.0)
    call = ["evaluate", str(corpus.folder.resolve()), "--json"]
    many = (("--test", tests), ("--direction", directions), ("--model", chosen))
    call += [part for name, values in many for value in values for part in (name, value)]
    if context == "ablation":
        call.append("--ablate")
    if base:
        call += ["--api-base", base]
    if unknown:
        call.append("--allow-unknown-price")
    if sections:
        call += ["--sections", ",".join(it for it in SECTIONS if it in sections)]
    plain_options = (("--limit", int(limit)), ("--repeat", int(repeat) if repeat > 1 else 0), ("--max-cost", cost))
    return call + [part for name, value in plain_options if value for part in (name, str(value))]


def _server() -> str:
    return st.text_input(
        "Server",
        help="For a model served by yourself, such as http://127.0.0.1:8000/v1; empty is the provider's own.",
    ).strip()


def _values(arguments: Sequence[str], option: str) -> list[str]:
    return [value for name, value in itertools.pairwise(arguments) if name == option]


def _estimates(corpus: Corpus, arguments: Sequence[str]) -> list[Estimate]:
    here = settings.read()
    args = cli.parser_of("evaluate").parse_args(arguments[1:])
    return estimating.estimates(list(planning.tables(args, corpus, here)), args, here)


def _show_estimates(found: Sequence[Estimate]) -> None:
    rows = [
        {
            "context": it.name or "as chosen",
            "test": it.test,
            "direction": it.direction,
            "model": it.model,
            "tokens": it.tokens,
            "sentences": it.segments,
            "runs": it.runs,
            "price": f"as {it.same_as}" if it.same_as else hosting.money(it.cost_usd),
            "fits": {None: "", True: "yes", False: "no: too long for the model"}[it.fits],
        }
        for it in found
    ]
    st.dataframe(rows, hide_index=True, column_config=_COUNTS, alt="What each run would cost")
    cap = settings.read().cap
    if cap is not None:
        st.caption(
            plain(f"The spending cap is {hosting.money(cap.usd)} a {cap.per}; a run stops before it would pass it.")
        )


def _start(corpus: Corpus, arguments: list[str], label: str) -> None:
    missing = [name for name in ("--test", "--direction", "--model") if name not in arguments]
    if missing:
        st.caption("Choose at least one test set, one direction and one model.")
    if st.button(plain(label), type="primary", icon=":material/play_arrow:", disabled=bool(missing), key="start"):
        what = "Ablation" if "--ablate" in arguments else "Evaluation"
        title = f"{what}: {', '.join(_values(arguments, '--model'))}; {', '.join(_values(arguments, '--test'))}"
        with Jobs(settings.read()) as jobs:
            jobs.start(corpus.folder, arguments, title)
        st.rerun()


# -- what came of it --------------------------------------------------------------------------------------------------


def _ablation(job: Job) -> None:
    """Show the table of an ablation: what each part of the books is worth."""
    if "--ablate" not in job.arguments:
        return
    for table in json.loads(job.result.read_text(encoding="utf-8")).get("ablation", []):
        st.markdown(f"**{plain(table['test'])} {plain(table['direction'])}**, {table['n']:,} sentences")
        st.dataframe(
            [_cell(it) for it in table["cells"]],
            hide_index=True,
            column_config=_COUNTS,
            alt=f"Scores of {table['test']} {table['direction']} by what was read",
        )


def _cell(it: dict[str, Any]) -> dict[str, object]:
    scores = {
        scoring.title(metric): f"{it['scores'][metric]['value']:.1f}" if metric in it["scores"] else ""
        for metric in ("chrf", "bleu", "chrf++")
    }
    chrf = it["scores"].get("chrf")
    between = "" if chrf is None or chrf["low"] is None else f"{chrf['low']:.1f} – {chrf['high']:.1f}"
    name = it["cell"] + (f" (the same as {it['same_as']})" if it["same_as"] else "")
    return {"what is read": name, "model": it["model"], "tokens": it["tokens"], **scores, "chrF, 95 %": between}


def _runs(corpus: Corpus) -> list[Run]:
    path = str(corpus.folder.resolve())
    with Ledger(settings.read().ledger) as ledger:
        return [it for it in ledger.list(corpus.name) if it.corpus_path == path]


def _results(corpus: Corpus) -> None:
    found = {it.id: it for it in _runs(corpus) if it.status != "running"}
    if not found:
        st.info("No run yet. Open “New run” and press Start: with the embedded model it costs nothing.")
        return
    st.subheader("Results")
    asked = st.query_params.get("run", "")
    ids = list(found)
    chosen = st.selectbox(
        "Run",
        ids,
        index=ids.index(asked) if asked in found else next((n for n, it in enumerate(ids) if found[it].scores), 0),
        format_func=lambda it: _named(found[it]),
        key=f"run-{corpus.name}-{ids[0]}",
    )
    with Ledger(settings.read().ledger) as ledger:
        results.show_run(ledger, found[chosen])


def _named(run: Run) -> str:
    chrf = next((f"chrF {it.value:.1f}" for it in run.scores if it.metric == "chrf"), run.status)
    parts = [run.started[:16].replace("T", " "), run.test, run.direction, run.model, chrf, *run.tags]
    return " · ".join(parts)
