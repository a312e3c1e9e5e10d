"""What changed in a book between two readings of it: records that came, went, or say something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ctxlearn import render
from ctxlearn.data import Block, Entry, Example, Record
from ctxlearn.formats.base import Material


@dataclass(frozen=True, slots=True)
class Changes:
    """Records as a model reads them: `altered` ones before and after, and how many are the `same`."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    altered: tuple[tuple[str, str], ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.altered)


def changes(before: Material, after: Material) -> Changes:
    """Return what changed. A record is told by its words, not by its id, which often is no more than its line.

    An entry is the same one when its headword is, a sentence when its own side is; a paragraph comes or goes.
    """
    old, new = _texts(before), _texts(after)
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    removed, added = [*gone.elements()], [*come.elements()]
    altered = []
    by_key: dict[tuple[str, str], list[tuple[tuple[str, str], str]]] = {}
    for it in removed:
        by_key.setdefault(it[0], []).append(it)
    for it in [*added]:
        if it[0][1] and by_key.get(it[0]):
            was = by_key[it[0]].pop(0)
            removed.remove(was)
            added.remove(it)
            altered.append((was[1], it[1]))
    same = sum((Counter(old) & Counter(new)).values())
    return Changes(tuple(text for _, text in added), tuple(text for _, text in removed), tuple(altered), same)


def material(records: Iterable[Record]) -> Material:
    """Return records of any kind, such as those of a pack, as those of one source."""
    every = [*records]
    return Material(
        tuple(it for it in every if isinstance(it, Entry)),
        tuple(it for it in every if isinstance(it, Example)),
        tuple(it for it in every if isinstance(it, Block)),
    )


def _texts(found: Material) -> list[tuple[tuple[str, str], str]]:
    records: tuple[Record, ...] = (*found.entries, *found.examples, *found.blocks)
    return [(_key(it), _text(it)) for it in records]


def _key(record: Record) -> tuple[str, str]:
    if isinstance(record, Entry):
        return "entry", record.headword
    if isinstance(record, Example):
        return "example", record.primary_text
    return "block", record.example.primary_text if record.example else ""


def _text(record: Record) -> str:
    if isinstance(record, Entry):
        return render.write_entry(record).strip()
    if isinstance(record, Example):
        return render.write_example(record).strip()
    return render.write_block(record).strip()
