"""Where two wordings of a sentence differ, word by word: a translation against its reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ctxlearn.scripts import MARKS, UNSEGMENTED

# A word, one letter of a script without blanks, or one other mark.
_TOKEN = re.compile(rf"{UNSEGMENTED.pattern}|[\w{MARKS}'’-]+|\S")
_BLANK = re.compile(r"\s")


Whose = Literal["both", "translation", "reference"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that both have, that only the translation has, or only the reference.

    It stands `apart` when a blank is before it.
    """

    text: str
    whose: Whose
    apart: bool = False


def differences(translation: str, reference: str) -> tuple[Piece, ...]:
    """Return both wordings as one row of pieces; case does not count as a difference.

    >>> [(it.text, it.whose) for it in differences("He sees a dog.", "he saw a dog.")]
    [('He', 'both'), ('sees', 'translation'), ('saw', 'reference'), ('a dog.', 'both')]
    """
    ours, theirs = _tokens(translation), _tokens(reference)
    matcher = SequenceMatcher(None, [it.casefold() for it, _ in ours], [it.casefold() for it, _ in theirs], False)
    return tuple(_pieces(ours, theirs, matcher))


def _pieces(
    ours: list[tuple[str, bool]], theirs: list[tuple[str, bool]], matcher: SequenceMatcher[str]
) -> Iterator[Piece]:
    for kind, first, last, begin, end in matcher.get_opcodes():
        if kind == "equal":
            yield _piece(ours[first:last], "both")
            continue
        if last > first:
            yield _piece(ours[first:last], "translation")
        if end > begin:
            yield _piece(theirs[begin:end], "reference")


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Return the words, and whether a blank stands before each."""
    return [(it[0], bool(_BLANK.match(text[it.start() - 1 : it.start()]))) for it in _TOKEN.finditer(text)]


def _piece(tokens: list[tuple[str, bool]], whose: Whose) -> Piece:
    text = "".join(f" {it}" if blank and number else it for number, (it, blank) in enumerate(tokens))
    return Piece(text, whose, tokens[0][1])
