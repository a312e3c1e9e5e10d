"""Interlinear glossed text: what the marks of the Leipzig Glossing Rules mean for a line of words.

Rules 2, 4A, 9 and 10: `-` parts affixes, `=` clitics, `~` reduplication, `<…>` holds an infix. A word and its gloss
carry the same marks, which is how a hyphen of the spelling is told from a mark.
"""

from __future__ import annotations

import re

from ctxlearn.data import Example, clean

MARKS = "-=~<>"
_MARK = re.compile(r"[=~<>-]")
_BEFORE_PUNCTUATION = re.compile(r" +([.,;:!?…)\]’”»])(?=\s|$)")


def surface(words: tuple[str, ...], glosses: tuple[str, ...] = ()) -> str:
    """Return the plain sentence that a line of analysed words spells.

    A mark goes when the word's gloss carries one too, or when words and glosses cannot be told to belong together.

    >>> surface(("ka=at=a", "gonggung=nin", "."), ("2SG=OBJ=FOC", "call=NEG", "."))
    'kaata gonggungnin.'
    >>> surface(("mu-mu", "he"), ("slowly", "IAM"))
    'mu-mu he'
    """
    paired = len(words) == len(glosses)
    plain = [
        word if paired and not _MARK.search(glosses[i]) and "=" not in word else _MARK.sub("", word)
        for i, word in enumerate(words)
    ]
    text = clean(" ".join(plain).replace("_", " "))
    return _BEFORE_PUNCTUATION.sub(r"\1", text)


def unmarked(text: str) -> str:
    """Return `text` without the morpheme marks that join letters, as leak checks compare it.

    >>> unmarked("ka=at=a well-known - so")
    'kaata wellknown - so'
    """
    return re.sub(r"(?<=\w)[-=~<>](?=\w)", "", text)


def is_pair(example: Example) -> bool:
    """Whether an example can serve as a sentence pair: both sides there, and not marked as ill-formed."""
    return bool(example.primary_text and example.translated_text and not example.judgement)
