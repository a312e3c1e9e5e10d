"""A gloss line under a sentence of the language: for each word what the books call it, found by code.

A word is glossed as a glossed example of the books does it, where one has just this form; else by the entry of which it
is the headword or a variant; else by the entry whose headword it begins or ends with, and then what is left of it
stands beside the gloss as it is: `waraik` with an entry `wara` "bread" is `bread-ik`. What the books do not explain so
has no gloss.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ctxlearn.data import Block, Entry, Example, Record
from ctxlearn.evidence import fold, stem, tokens
from ctxlearn.igt import MARKS, surface

How = Literal["example", "entry", "stem", ""]

LONGEST = 24  # characters of a gloss under a word; a dictionary's definition is cut at its first comma


@dataclass(frozen=True, slots=True)
class Glossed:
    """A word of a sentence with its gloss, and where that is from; '' for a word that the books do not explain."""

    word: str
    gloss: str
    how: How


class Glosses:
    """What the records of a context call the words of its language, whose code is `code`."""

    def __init__(self, sections: Mapping[str, Sequence[Record]], code: str) -> None:
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        self._entries: dict[str, str] = {}
        for record in (record for records in sections.values() for record in records):
            if isinstance(record, Entry):
                self._enter(record, code)
            for word, gloss in _interlinear(record):
                counted[fold(word)][gloss] += 1
        self._examples = {word: found.most_common(1)[0][0] for word, found in counted.items()}

    def of(self, text: str) -> list[Glossed]:
        """Return the words of a sentence with their glosses."""
        return [self._glossed(word) for word in tokens(text, self._entries)]

    def _enter(self, entry: Entry, code: str) -> None:
        if entry.language not in ("", code) or not entry.senses:
            return
        for form in (entry.headword, *entry.variants):
            self._entries.setdefault(fold(form.strip(MARKS)), shortened(entry.senses[0].description))

    def _glossed(self, word: str) -> Glossed:
        form = fold(word)
        if form in self._examples:
            return Glossed(word, self._examples[form], "example")
        if form in self._entries:
            return Glossed(word, self._entries[form], "entry")
        part = stem(form, self._entries)
        if part is None:
            return Glossed(word, "", "")
        pieces = (form[: part.start], self._entries[form[part]], form[part.stop :])
        return Glossed(word, "-".join(filter(None, pieces)), "stem")


def shortened(description: str) -> str:
    """Return a dictionary's definition as a gloss: up to its first comma or bracket, blanks as dots.

    >>> shortened("tree trunk, base (of a tree)")
    'tree.trunk'
    """
    first = description
    for mark in ",;:(":
        first = first.split(mark, 1)[0].strip() or first
    words = first.split()
    while len(words) > 1 and len(".".join(words)) > LONGEST:
        words.pop()
    return ".".join(words)


def _interlinear(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the words of a glossed example, as they are spelt, with their glosses; none when the lines do not match."""
    example = record.example if isinstance(record, Block) else record
    if not isinstance(example, Example) or len(example.analyzed_words) != len(example.glosses) or example.judgement:
        return
    for word, gloss in zip(example.analyzed_words, example.glosses, strict=True):
        for spelt in tokens(surface((word,), (gloss,)))[:1]:
            yield spelt, gloss
