"""What a tab asks and was answered, in one object that no ended run leaves half changed.

Streamlit ends a run at its next call, any use of `st.session_state` among them, as soon as the visitor does something
else. A press that only one run knew of would be lost then, and an answer that was paid for with it. So the wish stands
in an object that is changed in place; it is kept until it is answered, and whichever run comes next takes it up. The
run that was ended may still be at it, for the next begins without waiting: one answers, the other waits for the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import streamlit as st

from ctxlearn import models
from ctxlearn.asking import Answer
from ctxlearn.manifest import Corpus
from ui.words import SAID

_ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to begin the next run with, its direction, and the corpus unless it is the present one."""

    text: str
    direction: str
    corpus: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """That the draft be translated: one press, told apart from the next."""

    model: str | None  # the one that was chosen when it was asked for

    def suits(self, model: str) -> bool:
        """Whether a model may answer; one that is paid for must be the one it was asked of."""
        return not models.is_hosted(model) or self.model in (None, model)


@dataclass(slots=True)
class Asked:
    """What is to be translated, and what the last wish gave: an answer, or what went wrong."""

    wish: Wish | None = None
    draft: Draft | None = None  # to begin the next run with
    answer: Answer | None = None
    chosen: str | None = None  # the alternative that is shown in place of the first translation
    error: Exception | None = None
    folder: Path | None = None  # of the corpus that the answer or the error is about
    _turn: Lock = field(default_factory=Lock, repr=False)  # of the run that answers

    def want(self, model: str | None = None, draft: Draft | None = None) -> None:
        """Have the draft translated, or another text in its place, by the model that is chosen."""
        self.wish, self.draft = Wish(model), draft

    def drop(self, wish: Wish) -> None:
        """Forget a wish, unless another has taken its place."""
        if self.wish is wish:
            self.wish = None

    def choose(self, text: str) -> None:
        """Show an alternative in place of the first translation."""
        self.chosen = text

    def show(self, corpus: Corpus, answer: Answer | None, error: Exception | None = None) -> None:
        """Let the tab show an answer, or none."""
        self.answer, self.error, self.chosen = answer, error, None
        self.folder = corpus.folder.resolve()

    def settle(self, wish: Wish, corpus: Corpus, ask: Callable[[], Answer]) -> None:
        """Answer a wish, unless another run has; `ask` must call nothing of Streamlit's."""
        with self._turn:
            if self.wish is not wish:
                return
            try:
                self.show(corpus, None)
                self.show(corpus, ask())
            except SAID as error:
                self.show(corpus, None, error)
            finally:
                self.drop(wish)

    def answered(self, corpus: Corpus) -> Answer | None:
        """Return what was answered last, if it was about that corpus."""
        return self.answer if self.folder == corpus.folder.resolve() else None

    def failed(self, corpus: Corpus) -> Exception | None:
        """Return what went wrong last, if it was about that corpus."""
        return self.error if self.folder == corpus.folder.resolve() else None


def asked() -> Asked:
    """Return what this tab asks and was answered."""
    found: Asked = st.session_state.setdefault(_ASKED, Asked())
    return found
