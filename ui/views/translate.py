"""Translate: words, sentences and files, and what in the books speaks for each word."""

from __future__ import annotations

import streamlit as st

from ctxlearn import asking, manifest, settings
from ctxlearn.asking import Answer, Question
from ctxlearn.data import Direction
from ctxlearn.history import History, Translated
from ctxlearn.manifest import Corpus
from ctxlearn.translate import guess_source
from ui import answer, blocks, correcting, documents, history, model_choice, opened, session
from ui.model_choice import Choice
from ui.opened import Books
from ui.words import errors_in_words, plain

DRAFT = "draft"
_NEXT = "next"  # a draft and a direction that the next run begins with
_WELCOMED = "welcomed"  # whether the welcome stands on the page
SAMPLE = "tarivel"
_SENTENCES = {0: "Nokalum dazeñin.", 1: "The old woman is sleeping."}  # by the number of the sample's direction
_ALTERNATIVES = 4  # translations asked for, the first included
_TABS = ("Why", "Whole file", "Corrections", "History")


def show() -> None:
    """Show the page."""
    st.title("Translate")
    with errors_in_words():
        with History(settings.read().ledger) as past:
            newest = past.newest()
        if newest is None and all(session.is_bundled(name) for name in manifest.known()):
            _welcome()
        _begin_with_next()
        _page(newest)


def _welcome() -> None:
    """Offer the sample language to somebody who has nothing set up; one click translates."""
    if st.session_state.get(session.ASK) or answer.ANSWER in st.session_state or session.missing(SAMPLE):
        return
    st.session_state[_WELCOMED] = True
    with st.container(border=True):
        st.markdown(
            "**Nothing is set up yet, and nothing needs to be.** Tarivel, a language made up for this program, is here "
            "with its dictionary, grammar and sentences. The model learns it now, on this machine, and translates:"
        )
        with st.container(horizontal=True):
            for number, sentence in _SENTENCES.items():
                st.button(sentence, key=f"sample-{number}", on_click=_sample, args=(number,), type="primary")
        st.caption("Your own language: the page Corpora takes its dictionary, grammar and sentences.")


def _sample(number: int) -> None:
    session.remember_corpus(SAMPLE)
    _go_on_with(_SENTENCES[number], str(manifest.open_corpus(SAMPLE).directions[number]), ask=True)


def _page(newest: Translated | None) -> None:
    left, middle, right = st.columns([4, 4, 4], vertical_alignment="bottom")
    with left:
        corpus = session.choose_corpus()
    if corpus is None:
        st.info("There is no language here yet; the page Corpora makes one.")
        return
    if not _has_books(corpus):
        return
    books = opened.books(corpus)
    with middle:
        direction = _choose_direction(corpus, newest)
    with right:
        policies = [books.pack.policy, *books.tail.policies]
        choice = model_choice.choose_model(settings.read(), policies, books.pack.tokens, newest)
    session.note_arrangement(corpus)
    _both_sides(corpus, books, direction, choice)
    _below(corpus, books, direction, choice)


def _has_books(corpus: Corpus) -> bool:
    name = plain(corpus.language.name)
    if not corpus.sources:
        st.info(f"{name} has no books yet; the page Corpora takes its dictionary, grammar and sentences.")
        return False
    gone = session.missing(corpus.name)
    if gone:
        st.info(
            f"The books of {name} are not here ({plain(gone[0].name)}, for one). Where they are published, "
            f"`ctxlearn get {corpus.name}` fetches them."
        )
    return not gone


# -- the two sides ----------------------------------------------------------------------------------------------------


def _choose_direction(corpus: Corpus, newest: Translated | None) -> Direction:
    names = {corpus.language.code: corpus.language.name, corpus.contact.code: corpus.contact.name}
    ways = {str(it): it for it in corpus.directions}
    key = _direction_key(corpus)
    if st.session_state.get(key) not in ways:
        of_this = newest is not None and newest.corpus_path == str(corpus.folder.resolve())
        st.session_state[key] = newest.direction if newest is not None and of_this else next(iter(ways))
    chosen = st.selectbox(
        "Direction",
        list(ways),
        key=key,
        format_func=lambda it: f"{names[ways[it].source]} → {names[ways[it].target]}",
        persist_state="session",
    )
    return ways[chosen or next(iter(ways))]


def _direction_key(corpus: Corpus) -> str:
    return f"direction-{corpus.name}"


def _both_sides(corpus: Corpus, books: Books, direction: Direction, choice: Choice) -> None:
    names = {corpus.language.code: corpus.language.name, corpus.contact.code: corpus.contact.name}
    left, right = st.columns(2, gap="large")
    with left:
        draft = st.text_area(
            f"Text in {plain(names[direction.source])}",
            key=DRAFT,
            height=180,
            placeholder="A word, a sentence, or several lines. Ctrl+Enter translates.",
            persist_state="session",
            on_change="ignore",  # what is typed is sent with the button that is pressed; nothing runs meanwhile
        )
        with st.container(horizontal=True):
            pressed = st.button("Translate", type="primary", shortcut="Ctrl+Enter", icon=":material/translate:")
            shown = answer.answered(corpus)
            st.button("Swap", on_click=_swap, args=(corpus, direction))
            st.button("Clear", on_click=_clear)
        _other_way(corpus, books, direction, draft or "")
    with right:
        blocks.label(names[direction.target])
        if pressed or st.session_state.pop(session.ASK, False):
            with errors_in_words():
                _ask(corpus, books, direction, choice, draft or "")
            shown = answer.answered(corpus)
        with st.container(border=True, key="result"):
            answer.show_result(corpus, books, shown, draft or "")


def _ask(corpus: Corpus, books: Books, direction: Direction, choice: Choice, text: str) -> None:
    """Translate the draft; the tab shows no earlier answer when that fails."""
    answer.remember(None)
    question = Question(corpus.name, books.pack, books.tail, direction, choice.model, text, _ALTERNATIVES)
    with st.spinner("Translating … a new language is learned first, once", show_time=True):
        answer.remember(asking.ask(question, settings.read(), choice.hosting, choice.budget))
    if st.session_state.pop(_WELCOMED, False):
        st.rerun()  # without the welcome


def _other_way(corpus: Corpus, books: Books, direction: Direction, text: str) -> None:
    """Offer the other direction for a text that seems to be in the other language."""
    if len(text.split()) < 2 or guess_source(text, books.pack) == direction.source:
        return
    name = corpus.contact.name if direction.source == corpus.language.code else corpus.language.name
    st.button(
        plain(f"This looks like {name}: translate the other way"),
        key="other-way",
        type="tertiary",
        on_click=_go_on_with,
        args=(text, str(direction.reversed())),
        kwargs={"ask": True},
    )


def _swap(corpus: Corpus, direction: Direction) -> None:
    shown = answer.answered(corpus)
    text = answer.shown_text(shown.translated) if shown is not None else st.session_state.get(DRAFT, "")
    answer.remember(None)
    _go_on_with(text, str(direction.reversed()))


def _clear() -> None:
    answer.remember(None)
    st.session_state[DRAFT] = ""


def _go_on_with(text: str, direction: str, *, ask: bool = False) -> None:
    """Let the next run begin with a text and a direction, and translate it at once if it is asked for."""
    st.session_state[_NEXT] = (text, direction)
    st.session_state[session.ASK] = ask


def _begin_with_next() -> None:
    text, direction = st.session_state.pop(_NEXT, (None, None))
    if text is not None:
        st.session_state[DRAFT] = text
        st.session_state[f"direction-{session.next_corpus_name()}"] = direction


# -- below ------------------------------------------------------------------------------------------------------------


def _below(corpus: Corpus, books: Books, direction: Direction, choice: Choice) -> None:
    tabs = dict(zip(_TABS, st.tabs(_TABS, key="below", on_change="rerun"), strict=True))
    if tabs["Why"].open:
        with tabs["Why"]:
            answer.show_evidence(corpus, books, answer.answered(corpus))
    if tabs["Whole file"].open:
        with tabs["Whole file"], errors_in_words():
            documents.show_documents(corpus, books, direction, choice)
    if tabs["Corrections"].open:
        with tabs["Corrections"], errors_in_words():
            correcting.show_corrections(corpus, books)
    if tabs["History"].open:
        with tabs["History"], errors_in_words():
            again = history.show_history(corpus)
            if again is not None:
                answer.remember(Answer(again))
                _go_on_with(again.source, again.direction)
                st.rerun()
