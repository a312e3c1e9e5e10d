"""How texts, errors and numbers are put on a page: a text of a book stays a text, whatever marks stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ctxlearn.errors import CtxlearnError, StoreError

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
SAID = (CtxlearnError, OSError)  # what is said in words; all else is a fault of the program
_EMOJI = re.compile(r":(?=(?:[+-]1|100|1234|[\w+-]*[A-Za-z][\w+-]*):)")


def plain(text: str) -> str:
    r"""Return a text for where Streamlit reads Markdown (labels, captions, alerts), so that it is shown as it stands.

    >>> plain("*kali* [at](http://x) <b>")
    '\\*kali\\* \\[at\\]\\(http\\:\\/\\/x\\) \\<b\\>'
    """
    broken = _EMOJI.sub(":\N{WORD JOINER}", text)  # `:word:` is an emoji to Streamlit even behind a backslash
    return _PUNCTUATION.sub(r"\\\1", broken).replace("\n", "  \n")


def say_error(error: Exception) -> None:
    """Show an error in words; what it quotes of a file stands below, in the columns of the file."""
    if isinstance(error, OSError):  # as the command line says it
        error = StoreError(f"{error.filename or 'this machine'}: {error.strerror or error}")
    first, _, quoted = str(error).partition("\n")
    st.error(plain(first), icon=":material/error:")
    if quoted:
        st.code(quoted, language=None)


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Show what goes wrong in the block where it arose; the rest of the page goes on."""
    try:
        yield
    except SAID as error:
        say_error(error)
