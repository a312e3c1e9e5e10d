"""Translate: words, sentences and files, and what in the books speaks for each word."""

from __future__ import annotations

import streamlit as st

from ctxlearn import asking, costs, manifest, settings
from ctxlearn.asking import Answer, Question
from ctxlearn.commands import hosting
from ctxlearn.data import Direction
from ctxlearn.history import History, Translated
from ctxlearn.manifest import Corpus
from ctxlearn.translate import guess_source
from ui import ahead, answer, blocks, correcting, documents, history, model_choice, opened, session
from ui.asked import Draft, Wish, asked
from ui.model_choice import Choice
from ui.opened import Books
from ui.words import errors_in_words, plain, say_error

DRAFT = "draft"
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
        _begin_with_draft()
        _page(newest)


def _welcome() -> None:
    """Offer the sample language to somebody who has nothing set up; one click translates."""
    it = asked()
    if it.wish is not None or it.folder is not None or session.missing(SAMPLE):
        return
    ways = manifest.open_corpus(SAMPLE).directions
    st.session_state[_WELCOMED] = True
    with st.container(border=True):
        st.markdown(
            "**Nothing is set up yet, and nothing needs to be.** Tarivel, a language made up for this program, is here "
            "with its dictionary, grammar and sentences. The model learns it now, on this machine, and translates:"
        )
        with st.container(horizontal=True):
            for number, sentence in _SENTENCES.items():
                draft = Draft(sentence, str(ways[number]), SAMPLE)
                st.button(sentence, key=f"sample-{number}", on_click=it.want, args=(None, draft), type="primary")
        st.caption("Your own language: the page Corpora takes its dictionary, grammar and sentences.")


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
    if choice.is_hosted:
        books = opened.books(corpus, choice.model)
        _say_what_it_takes(corpus, books, choice)
    _both_sides(corpus, books, direction, choice)
    _below(corpus, books, direction, choice)
    if choice.model == "embedded":
        ahead.get_ready(books, direction, settings.read())


def _say_what_it_takes(corpus: Corpus, books: Books, choice: Choice) -> None:
    """Say what a text costs before it is asked for, and what of the books a hosted model cannot read."""
    it = costs.reading(choice.model, books.pack, settings.read())
    of = f" of {answer.short(it.most)}" if it.most else ""
    price = f"{hosting.money(it.cold_usd)} uncached, {hosting.money(it.cached_usd)} cached, and the answer"
    st.caption(plain(f"Each text sends {answer.short(it.tokens)}{of} tokens to {choice.model}: {price}."))
    left_out = hosting.left_out_text(choice.model, books.pack)
    if left_out and session.arrangement(corpus).budget is None:
        st.info(plain(f"{left_out}, so that the rest fits. The page Context says what stands in each section."))


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
    here = asked()
    left, right = st.columns(2, gap="large")
    with left:
        area, row = st.container(), st.container(horizontal=True)
        with row:  # first, so that its key is heard as soon as there is a text to press it in
            st.button(
                "Translate",
                type="primary",
                shortcut="Ctrl+Enter",
                icon=":material/translate:",
                on_click=here.want,
                args=(choice.model,),
            )
            st.button("Swap", on_click=_swap, args=(corpus, direction))
            st.button("Clear", on_click=_clear, args=(corpus,))
        draft = area.text_area(
            f"Text in {plain(names[direction.source])}",
            key=DRAFT,
            height=180,
            placeholder="A word, a sentence, or several lines. Ctrl+Enter translates.",
            persist_state="session",
            on_change="ignore",  # what is typed is sent with the button that is pressed; nothing runs meanwhile
        )
        _other_way(corpus, books, direction, choice.model, draft or "")
    with right:
        blocks.label(names[direction.target])
        wish = here.wish
        if wish is not None and wish.suits(choice.model):
            _ask(wish, corpus, books, direction, choice, draft or "")
        elif wish is not None:
            here.drop(wish)
        error = here.failed(corpus)
        if error is not None:
            say_error(error)
        with st.container(border=True, key="result"):
            answer.show_result(corpus, books, here.answered(corpus), draft or "")


def _ask(wish: Wish, corpus: Corpus, books: Books, direction: Direction, choice: Choice, text: str) -> None:
    """Translate the draft; the tab shows no earlier answer when that fails."""
    question = Question(corpus.name, books.pack, books.tail, direction, choice.model, text, _ALTERNATIVES)
    here = settings.read()
    with st.spinner("Translating … a new language is learned first, once", show_time=True):
        asked().settle(wish, corpus, lambda: asking.ask(question, here, choice.hosting, choice.budget))
    if st.session_state.pop(_WELCOMED, False):
        st.rerun()  # without the welcome


def _other_way(corpus: Corpus, books: Books, direction: Direction, model: str, text: str) -> None:
    """Offer the other direction for a text that seems to be in the other language."""
    if len(text.split()) < 2 or guess_source(text, books.pack) == direction.source:
        return
    name = corpus.contact.name if direction.source == corpus.language.code else corpus.language.name
    st.button(
        plain(f"This looks like {name}: translate the other way"),
        key="other-way",
        type="tertiary",
        on_click=asked().want,
        args=(model, Draft(text, str(direction.reversed()))),
    )


def _swap(corpus: Corpus, direction: Direction) -> None:
    here = asked()
    shown = here.answered(corpus)
    text = answer.shown_text(shown.translated) if shown is not None else st.session_state.get(DRAFT, "")
    here.show(corpus, None)
    here.draft = Draft(text, str(direction.reversed()))


def _clear(corpus: Corpus) -> None:
    st.session_state[DRAFT] = ""
    asked().show(corpus, None)


def _begin_with_draft() -> None:
    """Put the draft that is to be begun with where the page's fields find it."""
    here = asked()
    draft = here.draft
    if draft is None:
        return
    if draft.corpus is not None:
        session.remember_corpus(draft.corpus)
    st.session_state[DRAFT] = draft.text
    st.session_state[f"direction-{session.next_corpus_name()}"] = draft.direction
    here.draft = None  # at the end: a run that is ended before is taken up by the next


# -- below ------------------------------------------------------------------------------------------------------------


def _below(corpus: Corpus, books: Books, direction: Direction, choice: Choice) -> None:
    tabs = dict(zip(_TABS, st.tabs(_TABS, key="below", on_change="rerun"), strict=True))
    if tabs["Why"].open:
        with tabs["Why"]:
            answer.show_evidence(corpus, books, asked().answered(corpus))
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
                here = asked()
                here.draft = Draft(again.source, again.direction)
                here.show(corpus, Answer(again))
                st.rerun()
