"""How many edits TER counts between a hypothesis and a reference: sacrebleu's number, found for many shifts at once.

sacrebleu measures the edit distance of every shift that it tries by itself, cell by cell: a third of a second for a
sentence of fifty characters. Here all shifts of a round are measured together, twenty to fifty times as fast. What is
tried, in which order, how far from the diagonal is looked (the beam) and which shift wins are Tercom's rules as
sacrebleu's `lib_ter` has them, whose helpers and limits are used; tests/test_ter.py holds the two against each other.

Imported by the first TER only: it brings sacrebleu and numpy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy
from numpy.typing import NDArray
from sacrebleu.metrics import lib_ter
from sacrebleu.metrics.ter import TER

Costs = NDArray[numpy.int32]

# What sacrebleu says of words holds of their numbers as well.
_Numbers = Sequence[int]
_perform_shift: Callable[[_Numbers, int, int, int], list[int]] = lib_ter._perform_shift  # type: ignore[assignment]
_pairs: Callable[[_Numbers, _Numbers], Iterator[tuple[int, int, int]]] = lib_ter._find_shifted_pairs  # type: ignore[assignment]

_FAR = 1 << 28  # the cost of a cell beyond the beam
_SHORT = 200  # cells up to which sacrebleu itself is as quick


@dataclass(frozen=True, slots=True)
class Shift:
    """`length` words from `start` on, moved to `target`."""

    start: int
    length: int
    target: int

    @property
    def first(self) -> int:
        """The first word that may be another one afterwards."""
        return min(self.start, self.target)

    @property
    def rank(self) -> tuple[int, int, int]:
        """What decides between shifts that save as much: the highest wins."""
        return self.length, -self.start, -self.target

    def applied(self, words: Sequence[int]) -> list[int]:
        """Return the words in their new order."""
        return [*_perform_shift(words, self.start, self.length, self.target)]


class QuickTER(TER):
    """sacrebleu's TER, whose edits are counted here."""

    def _compute_segment_statistics(self, hypothesis: str, ref_kwargs: dict[str, list[list[str]]]) -> list[float]:
        """Return the fewest edits to any reference, and the references' mean length."""
        words, references = hypothesis.split(), ref_kwargs["ref_words"]
        fewest = min(edits(words, reference) for reference in references)
        return [fewest, sum(map(len, references)) / len(references)]


def edits(hypothesis: Sequence[str], reference: Sequence[str]) -> int:
    """Return the shifts and the edit distance after them, as `lib_ter.translation_edit_rate` counts them."""
    if len(hypothesis) * len(reference) <= _SHORT:
        return lib_ter.translation_edit_rate([*hypothesis], [*reference])[0]
    numbers: dict[str, int] = {}
    words, target = ([numbers.setdefault(word, len(numbers)) for word in side] for side in (hypothesis, reference))
    table = Table(words, target)
    shifts = checked = 0
    while True:
        tried = _tried(table, lib_ter._MAX_SHIFT_CANDIDATES - checked)
        checked += len(tried)
        better = table.best(tried) if checked < lib_ter._MAX_SHIFT_CANDIDATES else None
        if better is None:
            return shifts + table.distance
        shifts += 1
        table = Table(better.applied(table.words), target, table.rows[: better.first + 1])


class Table:
    """The costs of rewriting the first words of a hypothesis into the first words of a reference, within the beam.

    `rows` are the first ones, where they are known from another order of the words.
    """

    def __init__(self, words: Sequence[int], reference: Sequence[int], rows: Sequence[Costs] = ()) -> None:
        self.words = words
        self.reference = reference
        self._reference = numpy.array(reference, dtype=numpy.int32)
        self._columns = numpy.arange(len(reference) + 1, dtype=numpy.int32)
        self._beams = [*_beams(len(words), len(reference))]
        self.rows = [*rows] or [self._columns]
        for number in range(len(self.rows) - 1, len(words)):
            word = numpy.array([[words[number]]], dtype=numpy.int32)
            self.rows.append(self._next(number, self.rows[-1][None], word)[0])

    @property
    def distance(self) -> int:
        """The edit distance."""
        return int(self.rows[-1][-1])

    @cached_property
    def trace(self) -> str:
        """How the reference is rewritten into the hypothesis, in lib_ter's letters; of equal ways its first choice."""
        i, j, rows = len(self.words), len(self.reference), self.rows
        found: list[str] = []
        while i or j:
            same = bool(i and j) and self.words[i - 1] == self.reference[j - 1]
            if i and j and rows[i][j] == rows[i - 1][j - 1] + (not same):
                found.append(lib_ter._OP_NOP if same else lib_ter._OP_SUB)
                i, j = i - 1, j - 1
            elif i and rows[i][j] == rows[i - 1][j] + 1:
                found.append(lib_ter._OP_DEL)
                i -= 1
            else:
                found.append(lib_ter._OP_INS)
                j -= 1
        return "".join(reversed(found)).translate(lib_ter._FLIP_OPS)

    def best(self, tried: Sequence[Shift]) -> Shift | None:
        """Return the shift that saves most, of equal ones that of the highest rank; None when none saves anything."""
        after = self._distances(tried)
        least = min(after, default=self.distance)
        if least >= self.distance:
            return None
        return max((it for it, cost in zip(tried, after, strict=True) if cost == least), key=lambda it: it.rank)

    def _distances(self, tried: Sequence[Shift]) -> list[int]:
        """Return the edit distance after each shift; up to its first moved word its rows are those of this table."""
        order = sorted(range(len(tried)), key=lambda number: tried[number].first)
        firsts = [tried[number].first for number in order]
        words = numpy.array([tried[number].applied(self.words) for number in order], dtype=numpy.int32)
        rows = numpy.empty((len(tried), len(self.reference) + 1), dtype=numpy.int32)
        begun = 0
        for number in range(firsts[0] if firsts else len(self.words), len(self.words)):
            while begun < len(firsts) and firsts[begun] <= number:
                rows[begun] = self.rows[number]
                begun += 1
            rows[:begun] = self._next(number, rows[:begun], words[:begun, number : number + 1])
        return [after for _, after in sorted(zip(order, rows[:, -1].tolist(), strict=True))]

    def _next(self, number: int, before: Costs, words: Costs) -> Costs:
        """Return the rows of the words at `number` that follow these rows: (hypotheses, words of the reference + 1)."""
        start, end = self._beams[number]
        least = max(start, 1)
        here = before[:, start:end] + 1  # deletions
        replaced = here[:, least - start :]
        numpy.minimum(
            replaced, before[:, least - 1 : end - 1] + (words != self._reference[least - 1 : end - 1]), out=replaced
        )
        # Insertions: a cell costs what one to its left does, and the steps between.
        columns = self._columns[start:end]
        after = numpy.full(before.shape, _FAR, dtype=numpy.int32)
        after[:, start:end] = numpy.minimum.accumulate(here - columns, axis=1) + columns
        return after


def _beams(words: int, reference: int) -> Iterator[tuple[int, int]]:
    """Yield the columns of each row that are looked at: around a diagonal that goes from corner to corner."""
    slope = reference / words
    width = lib_ter._BEAM_WIDTH
    if width < slope / 2:
        width = math.ceil(slope / 2 + width)
    for number in range(1, words + 1):
        middle = math.floor(number * slope)
        yield max(0, middle - width), reference + 1 if number == words else min(reference + 1, middle + width)


def _tried(table: Table, most: int) -> list[Shift]:
    """Return the shifts that may bring words to where the reference has the same ones, `most` or a few more of them."""
    align, wrong_there, wrong_here = lib_ter.trace_to_alignment(table.trace)
    found: list[Shift] = []
    for start, there, length in _pairs(table.words, table.reference):
        if (
            any(wrong_here[start : start + length])
            and any(wrong_there[there : there + length])
            and not start <= align[there] < start + length
        ):
            found += (Shift(start, length, target) for target in _targets(align, there, length))
            if len(found) >= most:
                break
    return found


def _targets(align: dict[int, int], there: int, length: int) -> Iterator[int]:
    """Yield the places, each once, in front of which words may be put that the reference has from `there` on."""
    before = -1
    for place in range(there - 1, there + length):
        if place != -1 and place not in align:
            return  # past the reference
        target = 0 if place == -1 else align[place] + 1
        if target != before:
            yield target
        before = target
