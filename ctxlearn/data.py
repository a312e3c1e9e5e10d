"""The nouns: frozen records under the names of CLDF and the Leipzig Glossing Rules.

Texts in a record are clean: NFC, no line break, no tab, no blank at either end, no two blanks in a row; `clean` makes
them so. Only a block's text may hold line breaks (a table, a list), never a blank line. A word of an interlinear line
never holds a blank (several words under one gloss are joined with `_`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from ctxlearn.errors import UsageError

Kind = Literal["dictionary", "grammar", "parallel", "text"]
Policy = Literal["open", "no-retention", "local-only"]

KINDS: tuple[Kind, ...] = ("dictionary", "grammar", "parallel", "text")
POLICIES: tuple[Policy, ...] = ("open", "no-retention", "local-only")  # from the freest to the strictest

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029\ufeff]+")


def clean(text: str) -> str:
    r"""Return `text` in NFC as one line without needless blanks or control characters.

    >>> clean("  ma\the\n")
    'ma he'
    """
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its name and its code (a BCP 47 tag, or what the corpus calls it)."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Direction:
    """From one language code to another, printed `kgv-eng`."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    def reversed(self) -> Direction:
        """Return the other way round."""
        return Direction(self.target, self.source)

    @classmethod
    def parse(cls, text: str, codes: tuple[str, str]) -> Direction:
        """Return the direction that `text` names among the two that join `codes`.

        Codes may hold hyphens themselves. Raises UsageError.

        >>> str(Direction.parse("eng-kgv", ("kgv", "eng")))
        'eng-kgv'
        """
        one, two = codes
        for direction in (cls(one, two), cls(two, one)):
            if text == str(direction):
                return direction
        raise UsageError(f"direction {text!r}: expected {one}-{two} or {two}-{one}")


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of an entry: its description in the other language, and the ids of its examples."""

    description: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A dictionary entry with its senses; `language` is the code of the headword's language.

    `variants` are other forms of the headword; `notes` are short labelled remarks ("synonym: kalis", "from Malay").
    `place` says where it stands (`entries.csv:12`); it is shown, never packed.
    """

    headword: str
    senses: tuple[Sense, ...]
    part_of_speech: str = ""
    variants: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: str = ""
    id: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its translation; with `analyzed_words` and `glosses` it is interlinear glossed text.

    `analyzed_words` carry morpheme marks (`=`, `-`, `~`); `glosses` need not be as many as they are (books have gaps).
    `judgement` is the mark before an ill-formed or doubtful example, made of `*?#%!`; such an example is never a
    sentence pair. `number` is the book's, in round brackets: `(9.2a)`; `source` the recording or text it is from.
    """

    primary_text: str
    translated_text: str
    analyzed_words: tuple[str, ...] = ()
    glosses: tuple[str, ...] = ()
    judgement: str = ""
    number: str = ""
    source: str = ""
    id: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a grammar or a text under its headings: a paragraph or table (`text`), or a glossed example.

    Exactly one of `text` and `example` is given. `headings` run from the chapter down.
    """

    text: str = ""
    example: Example | None = None
    headings: tuple[str, ...] = ()
    id: str = ""
    place: str = ""


Record = Entry | Example | Block


@dataclass(frozen=True, slots=True)
class Segment:
    """What is to be translated, with its references where they are known; at least one in a test set."""

    id: str
    source: str
    references: tuple[str, ...] = ()
