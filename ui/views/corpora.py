"""Corpora: the languages on this machine and the books each is learned from."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import streamlit as st

from ctxlearn import adding, corpus, packs, settings, splitting
from ctxlearn.changes import Changes, changes, material
from ctxlearn.commands import check
from ctxlearn.context import Context
from ctxlearn.errors import CtxlearnError
from ctxlearn.jobs import Jobs
from ctxlearn.manifest import Corpus
from ctxlearn.splitting import BYS, By
from ui import additions, books, progress, session
from ui.words import errors_in_words, plain


def show() -> None:
    """Show the page."""
    st.title("Corpora")
    with errors_in_words():
        chosen = session.choose_corpus()
        with st.expander("New language", icon=":material/add:", expanded=chosen is None):
            _new()
        if chosen is None:
            return
        _said()
        _about(chosen)
        st.header("Books")
        books.sources(chosen)
        _fetch(chosen)
        st.header("Add a book")
        additions.add(chosen)
        st.header("Held-out sentences")
        _tests(chosen)
        st.header("Read everything")
        _check(chosen)


def _new() -> None:
    with st.form("new-language"):
        left, right = st.columns(2, gap="large")
        name = left.text_input("Language", placeholder="Kalamang")
        code = left.text_input(
            "Its code", placeholder="kgv", help="ISO 639-3 or another BCP 47 tag (glottolog.org has them), or your own."
        )
        contact_name = right.text_input("Its books are written in", value="English")
        contact_code = right.text_input("The code of that", value="eng")
        if not st.form_submit_button("Make it", type="primary"):
            return
    missing = [it for it, value in (("a name", name), ("a code", code)) if not value.strip()]
    if missing or not (contact_name.strip() and contact_code.strip()):
        st.error(f"The language needs {' and '.join(missing) or 'another language that its books are written in'}.")
        return
    with errors_in_words():
        folder = adding.start(name.strip(), code.strip(), contact_name.strip(), contact_code.strip())
        session.remember_corpus(folder.name)
        books.say(f"{name.strip()} is made, in {folder.resolve()}. Now add its first book.")
        st.rerun()


def _said() -> None:
    for text in books.said():
        st.success(plain(text), icon=":material/check:")


def _about(it: Corpus) -> None:
    st.markdown(
        f"**{plain(it.language.name)}** ({plain(it.language.code)}), "
        f"with books in **{plain(it.contact.name)}** ({plain(it.contact.code)})"
    )
    st.caption(plain(str(it.folder.resolve())))
    if session.is_bundled(it.name):
        st.caption("It comes with the program. For a language of your own, make a new one.")


def _fetch(it: Corpus) -> None:
    """Offer to fetch books that are published and are not there yet."""
    lost = [source for source in it.sources if source.origin and not source.path.exists()]
    if lost:
        hosts = ", ".join(dict.fromkeys(urlsplit(origin.url).netloc for each in lost for origin in each.origin))
        text = f"{', '.join(each.id for each in lost)}: published at {hosts}, and not fetched yet."
        st.info(plain(text), icon=":material/cloud_download:")
        if st.button("Fetch them", icon=":material/cloud_download:", help="The same as `ctxlearn get`."):
            with Jobs(settings.read()) as jobs:
                jobs.start(it.folder, ["get", str(it.folder.resolve()), "--json"], "Fetching the books")
            st.rerun()
    progress.show_jobs(it.folder, "get")


# -- held out ---------------------------------------------------------------------------------------------------------


def _tests(it: Corpus) -> None:
    st.write("Sentences to measure by. No model reads them, and no record in which one of them stands is ever packed.")
    if it.tests:
        rows = [
            {
                "name": test.name,
                "from": test.source or (test.path.name if test.path else ""),
                "kind": "drawn from a book" if test.ids else "a file of its own",
                "policy": test.policy,
            }
            for test in it.tests
        ]
        st.dataframe(rows, hide_index=True, alt="Held-out sets")
    if it.sources:
        with st.expander("Hold out some sentences of a book", icon=":material/content_cut:", expanded=not it.tests):
            _split(it)


def _split(it: Corpus) -> None:
    left, middle, right = st.columns(3)
    size = left.text_input("How many", value="10%", help="A number of sentence pairs, such as 150, or a share.")
    seed = middle.number_input("Seed", min_value=0, value=1, help="Another seed draws other sentences.")
    name = right.text_input("Name", value="dev" if all(test.name != "dev" for test in it.tests) else "held-out")
    by: By = st.radio(
        "Drawn by",
        BYS,
        format_func=lambda way: {"text": "whole texts, where the sentences say theirs", "record": "single records"}[
            way
        ],
        horizontal=True,
    )
    source = st.selectbox("From", [source.id for source in it.sources])
    with st.container(horizontal=True):
        preview = st.button("Show what would be drawn")
        draw = st.button("Hold them out", type="primary", icon=":material/content_cut:")
    if not (preview or draw):
        return
    with errors_in_words(), st.spinner("Reading the books …"):
        contents = corpus.read(it)
        total = splitting.pairs_by_source(contents).get(source, 0)
        drawn = splitting.split(contents, source, splitting.size_of(size, total), int(seed), by)
        how = f"{len(drawn.texts):,} whole texts" if drawn.by == "text" else "single records"
        text = f"{len(drawn.ids):,} of {drawn.total:,} sentence pairs of {source}, {how}, seed {drawn.seed}"
        if drawn.why:
            text += f". By record, because {drawn.why}"
        if draw:
            adding.hold_out(it, drawn, name.strip())
            books.say(f"Held out as {name.strip()}: {text}.")
            st.rerun()
        st.info(plain(text))
        if drawn.texts:
            st.text(", ".join(drawn.texts))


# -- reading all of it ------------------------------------------------------------------------------------------------


def _check(it: Corpus) -> None:
    if not it.sources:
        st.text("There is no book yet.")
        return
    st.write("Counts, what could not be read and where, sentences that leak, and how much of the test sets is covered.")
    if st.button("Check", icon=":material/fact_check:", help="The same as `ctxlearn check`."):
        with st.spinner("Reading …"):
            try:
                contents, packed, index = check.examine(str(it.folder))
                since = _since_packed(it, packed)
                report = check.as_dict(contents, packed, index, 0.0)
                st.session_state["checked"] = (str(it.folder.resolve()), report, since)
            except CtxlearnError:
                st.session_state.pop("checked", None)
                raise
    folder, report, since = st.session_state.get("checked", ("", None, None))
    if report is None or folder != str(it.folder.resolve()):
        return
    books.checked(report)
    if since is not None:
        st.markdown(f"**Since {plain(since[0])}, when all of it was last packed:**")
        books.show_changes(since[1])


def _since_packed(it: Corpus, now: Context) -> tuple[str, Changes] | None:
    """Return when the whole of the books was last packed, and what has changed in them since; None when never."""
    names = [section.name for section in now.sections]
    for pack in packs.of_corpus(settings.read().packs, it.folder):
        if pack.budget is None and [section.name for section in pack.sections] == names:
            when = f"{datetime.fromtimestamp(pack.packed / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
            before = material(record for records in pack.records.values() for record in records)
            return when, changes(before, material(record for section in now.sections for record in section.records))
    return None
