"""Whole files on a page: a file of sentences goes in, a job translates it, the file with its translations comes out."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePath

import streamlit as st

from ctxlearn import costs, sentences, settings
from ctxlearn.commands import hosting, output
from ctxlearn.data import Direction, Segment
from ctxlearn.jobs import Job, Jobs
from ctxlearn.manifest import Corpus
from ctxlearn.sentences import Sentences
from ui import progress, session
from ui.model_choice import Choice
from ui.opened import Books
from ui.words import errors_in_words

_TYPES = ["txt", "tsv", "csv", "xlsx"]
_MIME = {
    "txt": "text/plain",
    "tsv": "text/tab-separated-values",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MOST = 50  # MB; a hundred thousand long sentences
_SHOWN = 5  # sentences of a file, before it is translated


def show_documents(corpus: Corpus, books: Books, direction: Direction, choice: Choice) -> None:
    """Let the visitor translate a file, and show what became of earlier ones."""
    sent = st.file_uploader(
        "A text with a sentence a line, or a table (TSV, CSV, XLSX) whose first row names its columns",
        type=_TYPES,
        max_upload_size=_MOST,
        key="document",
    )
    if sent is not None:
        with errors_in_words():
            _offer(corpus, books, direction, choice, sentences.read(sent.name, sent.getvalue()))
    progress.show_jobs(corpus.folder, "translate", _download)


def _offer(corpus: Corpus, books: Books, direction: Direction, choice: Choice, it: Sentences) -> None:
    """Show what is in a file, what translating it would cost, and the button that starts it."""
    column = ""
    if it.kind != "txt":
        own = it.header.index(direction.source) if direction.source in it.header else 0
        column = str(st.selectbox("Column to translate", it.header, index=own, key="column"))
    texts = it.texts(column)
    filled = [text for text in texts if text.strip()]
    names = {corpus.language.code: corpus.language.name, corpus.contact.code: corpus.contact.name}
    way = f"{names[direction.source]} → {names[direction.target]}"
    st.text(f"{output.counted(len(filled), 'sentence')}, {way}; it begins:")
    st.code("\n".join(filled[:_SHOWN]) or "(nothing)", language=None, wrap_lines=True)
    if choice.is_hosted:
        _price(books, direction, choice, filled)
    if st.button("Translate the file", type="primary", icon=":material/play_arrow:", disabled=not filled):
        with Jobs(settings.read()) as jobs:
            jobs.start(
                corpus.folder,
                lambda folder: _arguments(corpus, direction, choice, folder, it.kind, column),
                title=f"{PurePath(it.name).name}, {way}",
                files={f"source.{it.kind}": it.data},
            )
        st.rerun()


def _price(books: Books, direction: Direction, choice: Choice, texts: list[str]) -> None:
    segments = [Segment(str(number), text) for number, text in enumerate(texts)]
    found = costs.forecast(
        choice.model, books.pack, direction, segments, settings.read(), choice.hosting, tail=books.tail.text
    )
    st.code(hosting.forecast_text(found), language=None, wrap_lines=True)


def _arguments(corpus: Corpus, direction: Direction, choice: Choice, folder: Path, kind: str, column: str) -> list[str]:
    """Return the call of the command line that a file's translation is."""
    arranged = session.arrangement(corpus)
    call = ["translate", str(corpus.folder.resolve()), "--to", direction.target, *choice.arguments()]
    call += ["--input", str(folder / f"source.{kind}"), "--output", str(folder / f"translation.{kind}")]
    if kind != "txt":
        call += ["--column", column]
    if arranged.sections:
        call += ["--sections", ",".join(arranged.sections)]
    return [*call, *(["--budget", str(arranged.budget)] if arranged.budget else [])]


def _download(job: Job) -> None:
    """Offer the file that a job has made, under the name of what it was made from."""
    options = dict(itertools.pairwise(job.arguments))
    made = Path(options["--output"])
    kind = made.suffix.removeprefix(".")
    stem = PurePath(job.title.rpartition(", ")[0]).stem or "translation"
    st.download_button(
        "Download the translation",
        made.read_bytes,  # read when it is asked for
        file_name=f"{stem}.{options['--to']}.machine.{kind}",
        mime=_MIME[kind],
        key=f"download-{job.id}",
        icon=":material/download:",
        on_click="ignore",
    )
