"""A file that is to be a book: what it is read as, what a person says of it, and how it is entered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ctxlearn import adding, formats, uploads
from ctxlearn.commands import report
from ctxlearn.commands.add import preview
from ctxlearn.corpus import Part, TestSet
from ctxlearn.errors import CtxlearnError
from ctxlearn.formats import table
from ctxlearn.manifest import Corpus, Source
from ui import books
from ui.words import errors_in_words, plain, say_error

_KIND = {
    "": "find out",
    "dictionary": "dictionary or word list",
    "grammar": "grammar",
    "parallel": "sentences with translations",
    "text": "texts in the language alone",
    adding.TEST: "held-out sentences, to measure by",
}
_NONE = "(none)"


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a person says of a file that is to be added."""

    kind: str
    columns: Mapping[str, str]
    headwords: str = ""


def add(it: Corpus) -> None:
    """Take files, show what they are read as, and enter them."""
    sent = st.file_uploader(
        "Dictionaries, grammars, sentences",
        type=books.types(),
        accept_multiple_files=True,
        key=f"add-{it.name}-{books.turn(it)}",
        help="A book of several files (LaTeX, CLDF) comes as a zip. Nothing in a file is ever run.",
    )
    about = {form.name: form.about for form in formats.FORMATS.values()}
    st.caption(plain("; ".join(f"{name}: {text}" for name, text in about.items())))
    waiting = [one for one in sent if f"added-{one.file_id}" not in st.session_state]
    for one in waiting:
        with st.container(border=True):
            st.markdown(f"**{plain(uploads.shown_name(one.name))}** ({one.size:,} bytes)")
            with errors_in_words():
                _addition(it, one.name, one.getvalue(), one.file_id, is_last=len(waiting) == 1)


def _addition(it: Corpus, name: str, content: bytes, key: str, *, is_last: bool) -> None:
    kind = st.selectbox("What it is", list(_KIND), format_func=lambda each: _KIND[each], key=f"kind-{key}")
    headwords = ""
    if kind == "dictionary":
        headwords = st.radio(
            "Its headwords are in",
            ["", it.contact.code],
            format_func=lambda code: it.contact.name if code else it.language.name,
            horizontal=True,
            key=f"headwords-{key}",
        )
    columns = _columns(it, name, content, kind, key)
    read = _preview(it, name, content, _Choice(kind, columns, headwords), key)
    if read is not None:
        said = _asked(read, columns, key)
        if said is not None:
            kept = adding.enter(it, name, content, read, said)
            books.say(f"{kept.name} is added as {said.name}, kept as {kept.path.relative_to(it.folder)}.")
            st.session_state.pop(f"read-{key}")
            st.session_state[f"added-{key}"] = True
            if is_last:
                books.next_turn(it)
            st.rerun()


def _columns(it: Corpus, name: str, content: bytes, kind: str, key: str) -> Mapping[str, str]:
    """Let a person say which column of a table is which; a guess stands there first."""
    found: tuple[str, ...] | None = st.session_state.get(f"columns-{key}")
    if found is None:
        found = st.session_state[f"columns-{key}"] = adding.columns(it, name, content)
    with st.expander("Columns" if found else "Columns or markers"):
        if not found:
            text = st.text_area(
                "OURS = THEIRS, one a line", key=f"map-{key}", help="Such as: translation = Translated_Text"
            )
            pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
            return {ours.strip(): theirs.strip() for ours, _, theirs in pairs if ours.strip() and theirs.strip()}
        return _mapped(it, found, kind, key)


def _mapped(it: Corpus, found: Sequence[str], kind: str, key: str) -> Mapping[str, str]:
    as_kind = adding.kind_of(found, kind, it)
    required, optional = table.columns(as_kind, *it.codes)
    guess = adding.guessed(found, as_kind, it)
    st.caption(plain(f"As {_KIND[as_kind]}. The file has: {', '.join(found)}"))
    chosen: dict[str, str] = {}
    for place, ours in zip(st.columns(2) * len((*required, *optional)), (*required, *optional), strict=False):
        options = [_NONE, *found]
        now = guess.get(ours, ours if ours in found else _NONE)
        theirs = place.selectbox(
            ours + (" (needed)" if ours in required else ""),
            options,
            index=options.index(now),
            key=f"column-{key}-{as_kind}-{ours}",
        )
        if theirs not in (_NONE, ours):
            chosen[ours] = theirs
    return chosen


def _preview(it: Corpus, name: str, content: bytes, choice: _Choice, key: str) -> Part | TestSet | None:
    """Read a file as it would be, and show what came of it; it is read again only when something was changed."""
    remembered = st.session_state.get(f"read-{key}")
    if remembered is None or remembered[0] != (it.name, choice):
        with st.spinner("Reading …"):
            try:
                found: Part | TestSet | CtxlearnError = adding.trial(
                    it, name, content, _draft(it, name, choice), choice.kind
                )
            except CtxlearnError as error:
                found = error
        remembered = ((it.name, choice), found)
        st.session_state[f"read-{key}"] = remembered
    read = remembered[1]
    if isinstance(read, CtxlearnError):
        say_error(read)
        return None
    if isinstance(read, TestSet):
        st.markdown(f"Read as **held-out sentences**: {len(read.items):,}")
        st.code(
            "\n".join(" | ".join(item.texts[code][0] for code in it.codes) for item in read.items[:5]), language=None
        )
        return read
    counts = report.counts(read.material.report.read)
    st.markdown(f"Format **{read.source.format}**, read as **{read.source.kind}**: {plain(counts)}")
    st.code("\n".join(preview(read)), language=None)
    books.omissions(report.as_object(read))
    return read


def _draft(it: Corpus, name: str, choice: _Choice) -> Source:
    """Return the source that a file would be, as far as reading it goes."""
    shown = Path(uploads.shown_name(name))
    return Source(adding.free_id(it, shown), "text", it.folder, columns=choice.columns, headwords=choice.headwords)


def _asked(read: Part | TestSet, columns: Mapping[str, str], key: str) -> adding.Said | None:
    """Ask what reading cannot tell; return it when a person has said that the file is to be added."""
    is_test = isinstance(read, TestSet)
    with st.form(f"enter-{key}", border=False):
        left, right = st.columns(2, gap="large")
        with left:
            policy = books.ask_policy(f"policy-{key}")
        with right:
            label = "Name of the held-out set" if is_test else "What to call it"
            called = st.text_input(label, value=read.name if isinstance(read, TestSet) else read.source.id)
            licence = "" if is_test else st.text_input("Licence", placeholder="CC BY 4.0")
            cite = "" if is_test else st.text_input("How to cite it", placeholder="who wrote it, when, where")
        if not st.form_submit_button("Add it", type="primary", icon=":material/add:"):
            return None
    return adding.Said(called.strip(), policy, licence.strip(), cite.strip(), columns)
