"""Whether, and where, a held-out sentence stands in what the model will read.

A side of a test record leaks when, normalised, it is contained in a record and has at least three words, or when more
than half of its character 12-grams stand in one record. A headword or a gloss by itself is never a leak.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ctxlearn.corpus import TestSet
from ctxlearn.data import Block, Entry, Example, Record
from ctxlearn.igt import unmarked
from ctxlearn.scripts import UNSEGMENTED

GRAM = 12
MIN_WORDS = 3

_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ‘`´](?=\w)")
_NOT_A_WORD = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Leak:
    """One side (a language code) of one held-out record found in one record of a section."""

    test: str
    test_id: str
    side: str
    kind: Literal["contained", "overlap"]
    section: str
    record: str
    place: str


def normalise(text: str) -> str:
    """Return `text` as leaks are compared: NFKC, case folded, no marks or punctuation, single blanks.

    >>> normalise("Ma=he  kara, gonggung-nin!")
    'mahe kara gonggungnin'
    """
    folded = unicodedata.normalize("NFKC", unmarked(unicodedata.normalize("NFKC", text)).casefold())
    return " ".join(_NOT_A_WORD.sub(" ", _APOSTROPHES.sub("", folded)).split())


def words(normalised: str) -> int:
    """Return the number of words of a normalised text; in a script without blanks two characters count as one."""
    dense = len(UNSEGMENTED.findall(normalised))
    return len(UNSEGMENTED.sub(" ", normalised).split()) + (dense + 1) // 2


def find(tests: Iterable[TestSet], sections: Mapping[str, Sequence[Record]]) -> list[Leak]:
    """Return a leak for each side of each test record and each record that it stands in, in the records' order."""
    sides = _Sides(tests)
    return [leak for name, records in sections.items() for leak in sides.leaks_in(name, records)]


def texts(record: Record) -> list[str]:
    """Return the texts of a record in which a held-out sentence could stand; an entry's glosses come first.

    A block's headings are no part of it; they stand over many.
    """
    if isinstance(record, Entry):
        return [sense.description for sense in record.senses] + list(record.notes)
    if isinstance(record, Block) and record.example is None:
        return [record.text]
    example = record if isinstance(record, Example) else record.example
    assert isinstance(example, Example)
    lines = [" ".join(example.analyzed_words), " ".join(example.glosses), example.source]
    return [example.primary_text, example.translated_text, *filter(None, lines)]


@dataclass(frozen=True, slots=True)
class _Side:
    test: str
    test_id: str
    code: str
    text: str


class _Sides:
    """The sides of all test records, indexed by their 12-grams; those too short for one are searched for whole."""

    def __init__(self, tests: Iterable[TestSet]) -> None:
        self.sides = [
            _Side(test.name, item.id, code, normalise(text))
            for test in tests
            for item in test.items
            for code, variants in item.texts.items()
            for text in variants
        ]
        self.by_gram: dict[str, list[int]] = defaultdict(list)
        self.needed: list[int] = []
        self.short: list[int] = []
        for number, side in enumerate(self.sides):
            grams = _grams(side.text)
            self.needed.append(len(grams) // 2 + 1)
            for gram in grams:
                self.by_gram[gram].append(number)
            if not grams and words(side.text) >= MIN_WORDS:
                self.short.append(number)

    def leaks_in(self, section: str, records: Sequence[Record]) -> list[Leak]:
        normalised = [[normalise(text) for text in texts(record)] for record in records]
        found: list[tuple[int, int, str]] = []
        for number, record in enumerate(records):
            found += [(number, side, kind) for side, kind in self._overlaps(record, normalised[number])]
        found += [(number, side, "contained") for number, side in self._short_ones(records, normalised)]
        return [self._leak(section, records[number], side, kind) for number, side, kind in sorted(found)]

    def _overlaps(self, record: Record, fields: list[str]) -> list[tuple[int, str]]:
        known = self.by_gram.keys()
        hits: Counter[int] = Counter()
        for gram in {gram for field in fields for gram in _grams(field) & known}:
            hits.update(self.by_gram[gram])
        return [
            (side, "contained" if any(self.sides[side].text in field for field in fields) else "overlap")
            for side, count in hits.items()
            if count >= self.needed[side] and self._stands_beside(side, record, fields)
        ]

    def _stands_beside(self, side: int, record: Record, fields: list[str]) -> bool:
        """Whether the side, which stands in the record, still does when a gloss by itself does not count."""
        text = self.sides[side].text
        others = _beside_gloss(record, fields, text)
        if others is fields:
            return True
        own = _grams(text)
        return len(own & {gram for field in others for gram in _grams(field)}) >= self.needed[side]

    def _short_ones(self, records: Sequence[Record], normalised: list[list[str]]) -> list[tuple[int, int]]:
        starts, chunks, length = [], [], 0
        for fields in normalised:
            chunk = "\n " + " \n ".join(fields) + " \n"
            starts.append(length)
            chunks.append(chunk)
            length += len(chunk)
        joined = "".join(chunks)
        found = set()
        for side in self.short:
            text = self.sides[side].text
            needle = text if UNSEGMENTED.search(text) else f" {text} "
            position = joined.find(needle)
            while position >= 0:
                number = bisect_right(starts, position) - 1
                others = _beside_gloss(records[number], normalised[number], text)
                if any(needle in f" {field} " for field in others):
                    found.add((number, side))
                position = joined.find(needle, position + 1)
        return sorted(found)

    def _leak(self, section: str, record: Record, side: int, kind: str) -> Leak:
        it = self.sides[side]
        exact: Literal["contained", "overlap"] = "contained" if kind == "contained" else "overlap"
        return Leak(it.test, it.test_id, it.code, exact, section, record.id, record.place)


def _grams(normalised: str) -> set[str]:
    dense = normalised.replace(" ", "")
    return {dense[start : start + GRAM] for start in range(len(dense) - GRAM + 1)}


def _beside_gloss(record: Record, fields: list[str], side: str) -> list[str]:
    """Return the fields in which a side may not stand: all but the glosses of an entry that are the side itself."""
    if not isinstance(record, Entry) or side not in fields[: len(record.senses)]:
        return fields
    return [field for number, field in enumerate(fields) if number >= len(record.senses) or field != side]
