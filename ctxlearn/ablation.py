"""What each part of the books is worth: the contexts of the standard grid, from nothing to everything.

    nothing                 the names of the two languages
    dictionary · examples · dictionary + examples
    + half the grammar      and so much as a budget packs of it that ends at half of the grammar's tokens: its first
                            blocks, and the glossed examples of the rest
    + the grammar           all of it
    + texts                 where the corpus has any
    retrieved only          of all that, the records alone that the evidence names for a word of the test's source side;
                            one context for the whole test set, as if somebody had looked up every word beforehand

Each is packed, and cleared of leaks, as any other context. References are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ctxlearn import packs
from ctxlearn.corpus import TestSet
from ctxlearn.data import Direction, Segment
from ctxlearn.manifest import Corpus
from ctxlearn.packs import NOTHING, Pack, Query

_PAIRS = ("dictionary", "examples")
_BOOKS = (*_PAIRS, "grammar")
_ALL = (*_BOOKS, "text")


@dataclass(frozen=True, slots=True)
class Cell:
    """One context of the grid; `same_as` names the earlier one that it does not differ from in this corpus."""

    name: str
    pack: Pack
    same_as: str = ""


def grid(
    home: Path, corpus: Corpus, direction: Direction, segments: Sequence[Segment], tests: Sequence[TestSet] = ()
) -> tuple[Cell, ...]:
    """Return the contexts of the grid for these segments, packed; `tests` are held out beside the corpus's own."""
    first: dict[str, str] = {}
    cells = []
    for name, pack in _packed(home, corpus, direction, segments, tests):
        earlier = first.setdefault(pack.fingerprint, name)
        cells.append(Cell(name, pack, earlier if earlier != name else ""))
    return tuple(cells)


def _packed(
    home: Path, corpus: Corpus, direction: Direction, segments: Sequence[Segment], tests: Sequence[TestSet]
) -> Iterator[tuple[str, Pack]]:
    def packed(sections: Sequence[str], budget: int | None = None, query: Query | None = None) -> Pack:
        return packs.open_pack(home, corpus, budget=budget, sections=sections, tests=tests, query=query)

    yield "nothing", packed(NOTHING)
    yield "dictionary", packed(["dictionary"])
    yield "examples", packed(["examples"])
    yield "dictionary + examples", packed(_PAIRS)
    books, everything = packed(_BOOKS), packed(_ALL)
    grammar = next(it.tokens for it in books.sections if it.name == "grammar")
    if grammar:
        yield "+ half the grammar", packed(_BOOKS, budget=books.tokens - grammar // 2)
        yield "+ the grammar", books
    if everything.fingerprint != books.fingerprint:
        yield "+ texts", everything
    yield "retrieved only", packed(_ALL, query=Query(direction.source, tuple(it.source for it in segments)))
