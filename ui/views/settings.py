"""Settings & keys: where data are kept, which models can be asked, and what may be spent."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ctxlearn import cli, manifest, settings, settings_writing
from ctxlearn.commands import doctor, hosting, models
from ctxlearn.settings import FILE, PERIODS, Cap, Settings
from ctxlearn.spending import Spending, Spent
from ui.words import errors_in_words, plain

_PER = {"day": "a day", "month": "a month", "ever": "in all, ever"}


def show() -> None:
    """Show the page."""
    st.title("Settings & keys")
    with errors_in_words():
        here = settings.read()
        left, right = st.columns(2, gap="large")
        with left:
            _limits(here)
        with right:
            _spent(here)
        _places(here)
        _models(here)
        _machine()


# -- what may leave this machine, and what it may cost ----------------------------------------------------------------


def _limits(here: Settings) -> None:
    st.subheader("Limits")
    in_file = settings.in_file(here.home / FILE)
    by_environment = here.local_only and not in_file.local_only
    with st.form("limits"):
        local = st.toggle(
            "Nothing leaves this machine",
            value=here.local_only,
            disabled=by_environment,
            help="No hosted model is asked, whatever a source's policy allows. The embedded model works as ever.",
        )
        if by_environment:
            st.caption("Switched on by the environment variable `CTXLEARN_LOCAL_ONLY`, which no page can change.")
        usd = st.number_input(
            "Spending cap in USD (0: none)",
            min_value=0.0,
            step=5.0,
            value=here.cap.usd if here.cap else 0.0,
            help="Of all that hosted models are asked, by this app and the command line together.",
        )
        per = st.selectbox(
            "The cap is for",
            list(PERIODS),
            index=PERIODS.index(here.cap.per if here.cap else "month"),
            format_func=lambda it: _PER[it],
        )
        if st.form_submit_button("Save", type="primary"):
            cap = Cap(float(usd), per) if usd else None
            settings_writing.change(here.home, local_only=in_file.local_only if by_environment else local, cap=cap)
            st.session_state["settings-saved"] = True
            st.rerun()
    if st.session_state.pop("settings-saved", False):
        st.success("Saved.", icon=":material/check:")


def _spent(here: Settings) -> None:
    st.subheader("Spent")
    with Spending(here.ledger, here.cap) as spending:
        by_period = {per: spending.by_model(per) for per in PERIODS}
    if not by_period["ever"]:
        st.write("Nothing yet: no hosted model was asked. The embedded model costs nothing.")
        return
    rows = [
        {
            "model": model,
            "today": _money(by_period["day"].get(model)),
            "this month": _money(by_period["month"].get(model)),
            "ever": _money(spent),
        }
        for model, spent in by_period["ever"].items()
    ]
    st.dataframe(rows, hide_index=True, alt="What was spent, by model")
    lost = sum(it.lost_usd for it in by_period["ever"].values())
    if lost:
        st.caption(
            f"{hosting.money(lost)} more at most for requests that were cut off and may have been charged.".replace(
                "$", r"\$"
            )
        )


def _money(spent: Spent | None) -> str:
    return hosting.money(spent.cost_usd if spent else 0.0)


# -- where data are kept ----------------------------------------------------------------------------------------------


def _places(here: Settings) -> None:
    st.subheader("Where data are kept")
    st.write("All of it is on this machine. The state folder can be read by you alone.")
    rows = [
        ("Runs, history, corrections, jobs and what was spent", here.ledger),
        ("Packed contexts", here.home / "packs"),
        ("What the embedded model learned", here.home / "learned"),
        ("What hosted models answered", here.home / "answers"),
        ("Files of long jobs", here.home / "jobs"),
        ("These settings", here.home / FILE),
        ("New languages and their books", Path("corpora").absolute()),
        ("The bundled sample language", manifest.BUNDLED.resolve()),
    ]
    st.markdown("\n".join(f"- {what}, {_size(path)}: :gray[{plain(str(path))}]" for what, path in rows))
    st.caption("`ctxlearn forget CORPUS` deletes all traces of a language from the state folder; its own files stay.")


def _size(path: Path) -> str:
    if not path.exists():
        return "nothing yet"
    total = sum(it.stat().st_size for it in ([path] if path.is_file() else path.rglob("*")) if it.is_file())
    return f"{total / 1e6:,.1f} MB"


# -- models and keys --------------------------------------------------------------------------------------------------


def _models(here: Settings) -> None:
    st.subheader("Models and keys")
    st.write(
        "The model **embedded** needs no key, no network and no download. A hosted model needs its provider's key in "
        "an environment variable, set before the app is started; no page shows a key or takes one."
    )
    found = models.listed(cli.parser_of("models").parse_args([]), here, models.tokens_of(None, here))
    keys: dict[str, str] = {}
    for it in found:
        provider = it.price.model.partition("/")[0]
        keys[provider] = (
            f"{it.key_set} is set" if it.key_set else f"set {' or '.join(it.keys)}" if it.keys else "no key needed"
        )
    rows = [
        {
            "model": it.price.model,
            "key": "present" if it.key_set else "not set" if it.keys else "not needed",
            "takes (tokens)": it.price.max_input_tokens,
            "first request": hosting.money(it.first),
            "each further": hosting.money(it.further),
            "1,000 sentences": hosting.money(it.thousand),
        }
        for it in found
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "model": st.column_config.TextColumn(width="medium"),
            "takes (tokens)": st.column_config.NumberColumn(format="localized"),
        },
        alt="Hosted models with their limits and prices",
    )
    st.caption(
        plain(
            "The cheapest model first, for a context of 900,000 tokens; the Context page has a language's own prices."
        )
    )
    with st.expander(f"Keys: {sum(said.endswith('is set') for said in keys.values())} of {len(keys)} providers"):
        st.dataframe(
            [{"provider": name, "key": said} for name, said in sorted(keys.items())],
            hide_index=True,
            alt="Providers, and the variable that holds the key of each",
        )


# -- this machine -----------------------------------------------------------------------------------------------------


def _machine() -> None:
    st.subheader("This machine")
    if st.button("Check what works", icon=":material/health_and_safety:"):
        with st.spinner("Checking …"):
            for it in doctor.results():
                st.text(f"{'✓' if it['ok'] else '✗'} {it['name']}: {it['found']}")
