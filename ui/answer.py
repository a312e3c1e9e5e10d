"""The result of a translation: the text, how sure the model is, what speaks for each word, what it took."""

from __future__ import annotations

import streamlit as st

from ctxlearn import models, settings
from ctxlearn.asking import Answer
from ctxlearn.commands import hosting
from ctxlearn.data import Direction
from ctxlearn.history import Translated
from ctxlearn.manifest import Corpus
from ui import blocks, correcting
from ui.asked import asked
from ui.copying import copy_button
from ui.opened import Books
from ui.words import plain


def shown_text(it: Translated) -> str:
    """Return the translation, or the alternative that was chosen in its place."""
    chosen = asked().chosen
    return it.text if chosen is None else chosen


def show_result(corpus: Corpus, books: Books, answer: Answer | None, draft: str) -> None:
    """Show the side with the result."""
    if answer is None:
        st.caption("The translation appears here.")
        return
    it = answer.translated
    direction = Direction.parse(it.direction, corpus.codes)
    text = shown_text(it)
    if draft.strip() != it.source:
        st.caption("Of an earlier text; press Translate for this one.")
    blocks.text(text or "–", direction.target)
    for number, problem in answer.problems:
        where = f"line {number}: " if "\n" in it.source else ""
        st.warning(plain(f"{where}{problem.kind}: {problem.text}"), icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="center"):
        copy_button(text, key="copy-result")
        correcting.correct_button(corpus, books, it, text)
    st.caption(plain(_origin(corpus, books, it, text)))
    _alternatives(it, text, direction.target)


def _origin(corpus: Corpus, books: Books, it: Translated, text: str) -> str:
    """Return whose translation it is, so that no machine's is taken for a person's."""
    correction = correcting.correction_of(books, it, text, corpus)
    if correction is not None:
        return f"As {correction.author} corrected it, {correction.proposed[:10]}."
    sure = "" if it.confidence is None else f" Confidence {it.confidence:.0%}."
    return f"Machine translation by {it.model}, checked by nobody.{sure}"


def _alternatives(it: Translated, shown: str, code: str) -> None:
    others = [text for text in dict.fromkeys((it.text, *(other.text for other in it.alternatives))) if text != shown]
    if not others:
        return
    choose, scores = asked().choose, {other.text: other.score for other in it.alternatives}
    st.markdown("**Alternatives**")
    for number, text in enumerate(others):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.button("Use", key=f"use-{number}", on_click=choose, args=(text,), help="Shows it in place of the other")
            blocks.other(text, shown, code, f"score {scores[text]:.2f}" if text in scores else "the first choice")


# -- why --------------------------------------------------------------------------------------------------------------


def show_evidence(corpus: Corpus, books: Books, answer: Answer | None) -> None:
    """Show what in the books speaks of each word of the text and of its translation, and what asking took."""
    if answer is None:
        st.caption("For each word of the text and of its translation, what in the books speaks of it.")
        return
    it = answer.translated
    direction, text = Direction.parse(it.direction, corpus.codes), shown_text(it)
    out_of_it = direction.source == corpus.language.code
    glossed = books.glosses.of(it.source if out_of_it else text)
    if any(word.gloss for word in glossed):
        st.markdown(f"**{plain(corpus.language.name)}, word by word**")
        blocks.gloss_line(glossed)
    left, right = st.columns(2, gap="large")
    with left:
        _words(books, it.source, direction.source, "text", source=True)
    with right:
        _words(books, text, direction.target, "translation", source=False)
    st.caption(plain(taken(it)))


def _words(books: Books, text: str, code: str, what: str, *, source: bool) -> None:
    found = books.evidence.of(text, code, "source" if source else "target")
    unattested = sum(not it.attested for it in found)
    st.markdown(f"**Words of the {what}**")
    st.caption(
        f"{len(found)} words; all stand in the books in this form."
        if not unattested
        else f"{len(found)} words; {unattested} of them not in this form in the books."
    )
    blocks.evidence(found, code)


def taken(it: Translated) -> str:
    """Return what a translation took: tokens read, how many of them were cached, the price, the time."""
    usage, parts = it.usage, []
    if usage.read is not None:
        of = ""
        if models.is_hosted(it.model):
            from ctxlearn.models import prices  # late: hosted models alone have a limit

            most = prices.price(it.model, settings.read()).max_input_tokens
            of = f" of {short(most)}" if most else ""
        parts.append(f"{short(usage.read)}{of} tokens read")
        known = "cached" if models.is_hosted(it.model) else "learned before"
        parts.append(f"{known}: {'unknown' if usage.cached is None else short(usage.cached)}")
    parts += [hosting.money(it.cost_usd), f"{it.seconds:.2f} s"]
    return f"{', '.join(parts)}. {it.system}"


def short(count: int) -> str:
    """Return a number of tokens as people say it.

    >>> short(318_400), short(1_000_000), short(950)
    ('318k', '1M', '950')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)
