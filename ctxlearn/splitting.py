"""A held-out set drawn from a source's own sentence pairs: whole texts where the pairs say which text they are from.

Sentences of one text speak of one another; a model that has read half of a story is helped with the other half. So a
text is held out whole or not at all. Which are drawn depends on the seed and their names, not on the order of the file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from ctxlearn.corpus import Contents, Part
from ctxlearn.data import Example
from ctxlearn.errors import UsageError
from ctxlearn.igt import is_pair

By = Literal["text", "record"]
BYS: tuple[By, ...] = ("text", "record")

# Behind the name of a text in a record's source: a time, a line or a number ("narr40_15:26", "narr26 182.1").
_LOCATOR = re.compile(r"[\s_:.,-]+\(?\d[\d:._–-]*\)?$")


@dataclass(frozen=True, slots=True)
class Split:
    """What is drawn: ids of `total` pairs of a source, and the texts that they are whole.

    `why` says why it is by records when texts were wanted.
    """

    source: str
    ids: tuple[str, ...]
    total: int
    texts: tuple[str, ...]
    by: By
    seed: int
    why: str = ""

    def file(self) -> str:
        """Return the file of ids that corpus.toml names, with a line above that says what it is."""
        how = f"{len(self.texts)} whole texts" if self.by == "text" else "single records"
        head = f"# {len(self.ids):,} of {self.total:,} sentence pairs of {self.source}, {how}, seed {self.seed}"
        return "\n".join([head, *self.ids, ""])


def split(contents: Contents, source: str, size: int, seed: int = 1, by: By = "text") -> Split:
    """Draw at most `size` pairs of a source of a corpus as it was read. Raises UsageError."""
    part = next((it for it in contents.parts if it.source.id == source), None)
    if part is None:
        known = ", ".join(it.source.id for it in contents.parts)
        raise UsageError(f"no source {source!r}; the known ones are {known}")
    pairs = _pairs(part)
    if not 0 < size <= len(pairs) // 2:
        raise UsageError(
            f"source {source}: {len(pairs):,} sentence pairs, and {size:,} to hold out; "
            "expected from 1 to half of them, for the rest is what a model learns from"
        )
    texts = _texts(pairs)
    why = _why_not(texts, len(pairs)) if by == "text" else ""
    units = texts if by == "text" and not why else {f"id:{name}": [name] for name in pairs}
    drawn = _drawn(units, size, seed)
    held = {name for unit in drawn for name in units[unit]}
    if not held:
        raise UsageError(f"source {source}: no text has {size:,} pairs or fewer; hold out more, or by record")
    return Split(
        source,
        tuple(name for name in pairs if name in held),
        len(pairs),
        tuple(unit.removeprefix("text:") for unit in drawn if unit.startswith("text:")),
        "record" if by == "record" or why else "text",
        seed,
        why,
    )


def text_of(source: str) -> str:
    """Return the name of the text that a record's source is a place in.

    >>> text_of("narr40_15:26"), text_of("narr26 182.1"), text_of("elic_adj19_8"), text_of("overheard")
    ('narr40', 'narr26', 'elic_adj19', 'overheard')
    """
    return _LOCATOR.sub("", source) or source


def _texts(pairs: dict[str, Example]) -> dict[str, list[str]]:
    """Return the ids by text; a pair that names none is one by itself."""
    units: dict[str, list[str]] = {}
    for name, it in pairs.items():
        units.setdefault(f"text:{text_of(it.source)}" if it.source else f"id:{name}", []).append(name)
    return units


def _why_not(units: dict[str, list[str]], total: int) -> str:
    """Return why whole texts cannot be drawn; nothing when they can."""
    named = {name: len(ids) for name, ids in units.items() if name.startswith("text:")}
    if 2 * sum(named.values()) < total:
        return f"{sum(named.values()):,} of {total:,} pairs say which text they are from"
    largest = max(named, key=lambda name: named[name])
    if 2 * named[largest] > total:
        return f"{named[largest]:,} of {total:,} pairs have the same source, {largest.removeprefix('text:')!r}"
    return ""


def _drawn(units: dict[str, list[str]], size: int, seed: int) -> list[str]:
    drawn, left = [], size
    for unit in sorted(units, key=lambda it: hashlib.sha256(f"{seed}\0{it}".encode()).digest()):
        if len(units[unit]) <= left:
            drawn.append(unit)
            left -= len(units[unit])
    return drawn


def size_of(text: str, total: int) -> int:
    """Return how many of `total` a number or a share names. Raises UsageError.

    >>> size_of("150", 1500), size_of("10 %", 1500)
    (150, 150)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    if match is None or (not match[2] and "." in match[1]):
        raise UsageError(f"size {text!r}: expected a number of sentence pairs, such as 150, or a share, such as 10%")
    return round(total * float(match[1]) / 100) if match[2] else int(match[1])


def pairs_by_source(contents: Contents) -> dict[str, int]:
    """Return how many sentence pairs each source has that has any."""
    counts = {part.source.id: len(_pairs(part)) for part in contents.parts}
    return {name: count for name, count in counts.items() if count}


def _pairs(part: Part) -> dict[str, Example]:
    """Return the sentence pairs of a source by id; a list of ids takes one that begins with # for a remark."""
    material = part.material
    glossed = [(it.id, it.example) for it in material.blocks if it.example is not None]
    found = [*((it.id, it) for it in material.examples), *glossed]
    return {name: it for name, it in found if is_pair(it) and not name.startswith("#")}
